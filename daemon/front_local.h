/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The local door: a Unix socket on which front serves the same calls without TLS, to processes of the accounts
 * that the configuration names (socket_users) and to no others. The kernel says whose process it is. The
 * credential that a call carries is wanted all the same: the door says who may knock, the credential who it is.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_LOCAL_H
#define COUNTERSIGN_DAEMON_FRONT_LOCAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/config.h"

#define FRONT_LOCAL_USERS_MAX 16u

struct front_local {
	uid_t users[FRONT_LOCAL_USERS_MAX];
	size_t count;
};

/* Root, the daemon's own account, and those that config names. After a line in the log: CS_ERR_NOT_FOUND, one is not an
 * account; CS_ERR_ARG, one is nobody's in particular; CS_ERR_FULL, they are too many. */
CS_MUST_CHECK enum cs_err front_local_users(const struct config *config, struct front_local *out);

/* A listening socket at config->socket, which a former front may have left behind; -1 after a line in the log.
 * Any process may connect; front_local_allows decides. */
int front_local_open(const struct config *config);

/* Whether the process at the other end of the connection fd may stay. */
bool front_local_allows(const struct front_local *local, int fd);

#endif
