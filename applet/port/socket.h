/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card's other way to its users: it listens on a Unix socket that only its owner may open, and serves
 * several clients at once (slot.h says how they share the card).
 */
#ifndef COUNTERSIGN_APPLET_PORT_SOCKET_H
#define COUNTERSIGN_APPLET_PORT_SOCKET_H

#include <poll.h>
#include <sys/types.h>

#include "applet/port/link.h"

#define SOCKET_CLIENTS_MAX 32u /* further ones wait in the kernel's queue */

struct socket_port {
	int fd; /* listening; -1 after socket_close */
	const char *path;
	dev_t dev; /* the file we made, so that we remove no other */
	ino_t ino;
	struct slot *slot;
	unsigned depth; /* of socket_step inside socket_step */
	size_t count;
	struct link *clients[SOCKET_CLIENTS_MAX];
};

/* Makes the file, mode 0600; one that a dead process left behind is replaced. path is borrowed.
 * CS_ERR_LENGTH: longer than a socket's path may be; CS_ERR_EXISTS: someone serves it, or it is no socket;
 * CS_ERR_IO (errno). */
CS_MUST_CHECK enum cs_err socket_open(struct socket_port *port, const char *path, struct slot *slot);

/* Drops the clients and removes the file. */
void socket_close(struct socket_port *port);

/* Fills in up to 1 + SOCKET_CLIENTS_MAX entries, and says how many; *block is cleared where poll must not
 * wait. */
size_t socket_poll(struct socket_port *port, struct pollfd *pfds, bool *block);

/* After poll, with what socket_poll filled in. A client that breaks the protocol is told of on stderr and
 * dropped. May be called (with a socket_poll of its own) while a command that it executes waits for a touch. */
void socket_step(struct socket_port *port, const struct pollfd *pfds, size_t count);

#endif
