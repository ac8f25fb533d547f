/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Listens on a Unix socket and serves its clients.
 *
 * Invariants: (1) clients[0..count) are the links in the order in which socket_poll put them after the
 * listening socket, NULL where a client has gone. (2) Only the outermost socket_step moves them: a command
 * that waits for a touch has the others served by a socket_step inside of its own.
 */
#include "applet/port/socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* A socket file that nobody listens on any more. */
static bool is_stale(const struct sockaddr_un *addr)
{
	struct stat st;
	if (lstat(addr->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	bool refused = connect(fd, (const struct sockaddr *)addr, sizeof *addr) < 0 && errno == ECONNREFUSED;
	close(fd);
	return refused;
}

static enum cs_err bind_private(int fd, const struct sockaddr_un *addr)
{
	mode_t mask = umask(0177);
	int rc = bind(fd, (const struct sockaddr *)addr, sizeof *addr);
	if (rc < 0 && errno == EADDRINUSE && is_stale(addr) && unlink(addr->sun_path) == 0)
		rc = bind(fd, (const struct sockaddr *)addr, sizeof *addr);
	int error = errno;
	umask(mask);
	errno = error;
	if (rc == 0)
		return CS_OK;
	return error == EADDRINUSE ? CS_ERR_EXISTS : CS_ERR_IO;
}

enum cs_err socket_open(struct socket_port *port, const char *path, struct slot *slot)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	if (len == 0 || len >= sizeof addr.sun_path)
		return CS_ERR_LENGTH;
	memcpy(addr.sun_path, path, len + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return CS_ERR_IO;
	struct stat st;
	enum cs_err err = bind_private(fd, &addr);
	if (!err && (listen(fd, SOMAXCONN) < 0 || stat(path, &st) < 0))
		err = CS_ERR_IO;
	if (err) {
		int error = errno;
		close(fd);
		errno = error;
		return err;
	}
	*port =
	    (struct socket_port){.fd = fd, .path = path, .dev = st.st_dev, .ino = st.st_ino, .slot = slot};
	return CS_OK;
}

void socket_close(struct socket_port *port)
{
	struct stat st;
	if (port->fd < 0)
		return;
	while (port->count > 0)
		link_free(port->clients[--port->count]);
	if (stat(port->path, &st) == 0 && st.st_dev == port->dev && st.st_ino == port->ino)
		unlink(port->path);
	close(port->fd);
	port->fd = -1;
}

size_t socket_poll(struct socket_port *port, struct pollfd *pfds, bool *block)
{
	if (port->fd < 0)
		return 0;
	pfds[0] = (struct pollfd){.fd = port->count < SOCKET_CLIENTS_MAX ? port->fd : -1, .events = POLLIN};
	for (size_t i = 0; i < port->count; i++) {
		struct link *link = port->clients[i];
		pfds[1 + i] = (struct pollfd){.fd = -1};
		if (link)
			pfds[1 + i] = (struct pollfd){.fd = link_fd(link), .events = link_events(link)};
		if (link && link_runnable(link))
			*block = false;
	}
	return 1 + port->count;
}

static void accept_one(struct socket_port *port)
{
	int fd = accept4(port->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return; /* it has gone again, or we are out of descriptors: the next poll shows */
	struct link *link = link_new(fd, false, port->slot);
	if (link)
		port->clients[port->count++] = link;
	else
		fprintf(stderr,
			"countersign-card: no memory for another client; its connection was closed\n");
}

static void say(enum cs_err err)
{
	if (err == CS_ERR_MALFORMED)
		fprintf(stderr, "countersign-card: a client sent an empty frame or an unknown control byte; "
				"its connection was closed\n");
	else if (err != CS_ERR_REMOVED)
		fprintf(stderr, "countersign-card: a client's connection failed: %s\n", strerror(errno));
}

static void step_client(struct socket_port *port, size_t i, short events)
{
	struct link *link = port->clients[i];
	enum cs_err err = link ? link_step(link, events) : CS_OK;
	if (!err)
		return;
	say(err);
	link_free(link);
	port->clients[i] = NULL;
}

static void sweep(struct socket_port *port)
{
	size_t kept = 0;
	for (size_t i = 0; i < port->count; i++) {
		if (port->clients[i])
			port->clients[kept++] = port->clients[i];
	}
	port->count = kept;
}

void socket_step(struct socket_port *port, const struct pollfd *pfds, size_t count)
{
	if (count == 0)
		return;
	port->depth++;
	for (size_t i = 0; i + 1 < count; i++)
		step_client(port, i, pfds[1 + i].revents);
	if ((pfds[0].revents & POLLIN) && port->count < SOCKET_CLIENTS_MAX)
		accept_one(port);
	if (--port->depth == 0)
		sweep(port);
}
