/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The Unix socket: made before privileges go, asked for its peers' accounts afterwards.
 */
#include "daemon/front_local.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/log.h"

#define BACKLOG 1024
/* What a user namespace calls each account that it does not have (user_namespaces(7)). */
#define UID_OVERFLOW 65534u

static enum cs_err user_add(struct front_local *local, uid_t uid)
{
	if (local->count == FRONT_LOCAL_USERS_MAX) {
		log_line(LOG_LEVEL_ERROR, "socket_users names more than %u accounts",
			 FRONT_LOCAL_USERS_MAX - 2u);
		return CS_ERR_FULL;
	}
	local->users[local->count++] = uid;
	return CS_OK;
}

static enum cs_err user_add_name(struct front_local *local, const char *name)
{
	const struct passwd *account = getpwnam(name);

	if (account == NULL) {
		log_line(LOG_LEVEL_ERROR, "socket_users: there is no account %s", name);
		return CS_ERR_NOT_FOUND;
	}
	return user_add(local, account->pw_uid);
}

static enum cs_err user_admit(struct front_local *local, const char *name)
{
	const struct passwd *account = getpwnam(name);

	if (account != NULL && account->pw_uid == UID_OVERFLOW) {
		log_line(
		    LOG_LEVEL_ERROR,
		    "socket_users: %s (uid %u) may be anybody in a user namespace; name an account of the "
		    "program's own",
		    name, UID_OVERFLOW);
		return CS_ERR_ARG;
	}
	return user_add_name(local, name);
}

enum cs_err front_local_users(const struct config *config, struct front_local *out)
{
	char names[CONFIG_TEXT_MAX];
	char *rest = names;
	enum cs_err err;

	memset(out, 0, sizeof *out);
	(void)snprintf(names, sizeof names, "%s", config->socket_users);
	err = user_add(out, 0);
	if (err == CS_OK) {
		err = geteuid() == 0 && config->user[0] != '\0' ? user_add_name(out, config->user)
								: user_add(out, geteuid());
	}
	for (char *name = strsep(&rest, " "); name != NULL && err == CS_OK; name = strsep(&rest, " ")) {
		if (name[0] != '\0') {
			err = user_admit(out, name);
		}
	}
	return err;
}

/* Takes away a socket that nobody listens on any more. False where somebody does, or it is no socket. */
static bool leftover_remove(const struct sockaddr_un *address)
{
	struct stat st;
	bool alive;
	int fd;

	if (lstat(address->sun_path, &st) != 0) {
		return errno == ENOENT;
	}
	if (!S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return false;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return false;
	}
	alive = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno != ECONNREFUSED;
	(void)close(fd);
	if (alive) {
		errno = EADDRINUSE;
		return false;
	}
	return unlink(address->sun_path) == 0;
}

/* Binds with mode 0666 from the first moment. A chmod by name would follow whatever the owner of the
 * directory had put there meanwhile, with root's rights. Nobody else makes files yet: the process has one
 * thread. */
static bool socket_bind(int fd, const struct sockaddr_un *address)
{
	const mode_t before = umask(0111);
	bool bound = bind(fd, (const struct sockaddr *)address, sizeof *address) == 0;

	(void)umask(before);
	return bound;
}

int front_local_open(const struct config *config)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int len = snprintf(address.sun_path, sizeof address.sun_path, "%s", config->socket);
	int fd = -1;

	errno = ENAMETOOLONG;
	if (len > 0 && (size_t)len < sizeof address.sun_path && leftover_remove(&address)) {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	}
	/* Whom the mode lets in, front_local_allows still looks at. */
	if (fd < 0 || !socket_bind(fd, &address) || listen(fd, BACKLOG) != 0) {
		log_line(
		    LOG_LEVEL_ERROR,
		    "cannot listen on socket %s: %s; its directory must exist, and nothing else be there",
		    config->socket, strerror(errno));
		if (fd >= 0) {
			(void)close(fd);
		}
		return -1;
	}
	log_line(LOG_LEVEL_NOTICE, "listening for local programs on %s", config->socket);
	return fd;
}

bool front_local_allows(const struct front_local *local, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || len != sizeof peer) {
		return false;
	}
	for (size_t i = 0; i < local->count; i++) {
		if (local->users[i] == peer.uid) {
			return true;
		}
	}
	return false;
}
