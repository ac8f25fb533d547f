/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two buffers beside a socket.
 *
 * 1. Bytes leave and come in their order: nothing is sent while what is held is not, nothing is received
 * while what was is not taken.
 * 2. GnuTLS hears that the socket would block only from the socket itself, so that an edge which the library
 * waits for is never one that was here before.
 */
#include "daemon/front_wire.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define WIRE_IN	   4096u
#define WIRE_HELD  1024u
#define WIRE_PARTS 8

struct front_wire {
	unsigned long *moved;
	int fd;
	bool hold; /* the next record is kept for the one after it */
	size_t at, end, held;
	uint8_t in[WIRE_IN]; /* come, and not taken: at to end */
	uint8_t out[WIRE_HELD];
};

/* Would block, or a fault, is told to GnuTLS by errno. */
static ssize_t wire_pull(gnutls_transport_ptr_t ptr, void *data, size_t len)
{
	struct front_wire *wire = ptr;

	if (wire->at == wire->end) {
		ssize_t got = recv(wire->fd, wire->in, WIRE_IN, 0);

		if (got <= 0) {
			return got;
		}
		wire->at = 0;
		wire->end = (size_t)got;
	}
	if (len > wire->end - wire->at) {
		len = wire->end - wire->at;
	}
	memcpy(data, wire->in + wire->at, len);
	wire->at += len;
	++*wire->moved;
	return (ssize_t)len;
}

static int wire_wait(gnutls_transport_ptr_t ptr, unsigned ms)
{
	struct front_wire *wire = ptr;
	struct pollfd fd = {.fd = wire->fd, .events = POLLIN};

	return wire->at < wire->end ? 1 : poll(&fd, 1, (int)ms);
}

/* Keeps a record that another one follows, if there is room. */
static bool wire_keep(struct front_wire *wire, const giovec_t *parts, int count, size_t len)
{
	const bool keep = wire->hold && wire->held == 0 && len <= WIRE_HELD;

	wire->hold = false;
	for (int i = 0; keep && i < count; i++) {
		memcpy(wire->out + wire->held, parts[i].iov_base, parts[i].iov_len);
		wire->held += parts[i].iov_len;
	}
	return keep;
}

static ssize_t wire_push(gnutls_transport_ptr_t ptr, const giovec_t *parts, int count)
{
	struct front_wire *wire = ptr;
	struct iovec all[WIRE_PARTS + 1] = {{.iov_base = wire->out, .iov_len = wire->held}};
	struct msghdr message = {.msg_iov = all};
	size_t len = 0;

	count = count > WIRE_PARTS ? WIRE_PARTS : count;
	for (int i = 0; i < count; i++) {
		all[i + 1] = (struct iovec){.iov_base = parts[i].iov_base, .iov_len = parts[i].iov_len};
		len += parts[i].iov_len;
	}
	if (wire_keep(wire, parts, count, len)) {
		return (ssize_t)len;
	}
	message.msg_iovlen = (size_t)count + 1;
	ssize_t sent = sendmsg(wire->fd, &message, MSG_NOSIGNAL);

	*wire->moved += sent > 0;
	if (sent < 0 || wire->held == 0) {
		return sent;
	}
	if ((size_t)sent > wire->held) {
		sent -= (ssize_t)wire->held;
		wire->held = 0;
		return sent;
	}
	wire->held -= (size_t)sent;
	memmove(wire->out, wire->out + sent, wire->held);
	errno = EAGAIN;
	return -1;
}

struct front_wire *front_wire_new(gnutls_session_t session, int fd, unsigned long *moved)
{
	struct front_wire *wire = malloc(sizeof *wire);

	if (wire == NULL) {
		return NULL;
	}
	wire->fd = fd;
	wire->moved = moved;
	wire->hold = false;
	wire->at = wire->end = wire->held = 0;
	gnutls_transport_set_ptr(session, wire);
	gnutls_transport_set_pull_function(session, wire_pull);
	gnutls_transport_set_pull_timeout_function(session, wire_wait);
	gnutls_transport_set_vec_push_function(session, wire_push);
	return wire;
}

void front_wire_free(struct front_wire *wire)
{
	free(wire);
}

void front_wire_hold(struct front_wire *wire)
{
	if (wire != NULL) {
		wire->hold = true;
	}
}
