/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What systemd is told and what its journal is sent, in their own protocols (sd_notify(3), and "Native Journal
 * Protocol" of systemd's documentation): datagrams to a Unix socket. Both are a page of code; libsystemd would
 * bring its compression libraries into the process that has the keys.
 */
#ifndef COUNTERSIGN_DAEMON_JOURNAL_H
#define COUNTERSIGN_DAEMON_JOURNAL_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/bytes.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* ---- the journal ---- */

/* One field: an upper-case name, and a value of any bytes. */
struct journal_field {
	const char *name;
	struct cs_view value;
};

/* A socket towards the journal that listens at name, where standard error goes there (JOURNAL_STREAM says so);
 * else -1. It is made before the process may make none any more. */
int journal_open(const char *name);

/* One entry. False where nobody took it: the caller says it elsewhere. */
bool journal_send(int fd, const struct journal_field *fields, size_t count);

/* ---- notifications ---- */

/* Where they go, from NOTIFY_SOCKET and WATCHDOG_USEC, which are taken out of the environment: children have
 * nothing to notify. */
struct notify {
	struct sockaddr_un address;
	socklen_t address_len; /* 0: nobody wants to hear */
	uint64_t watchdog_ms;  /* 0: no watchdog */
};

void notify_open(struct notify *out);

/* Lines of VARIABLE=value. */
__attribute__((format(printf, 2, 3))) void notify_send(const struct notify *notify, const char *format, ...);

#endif
