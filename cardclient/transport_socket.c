/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The socket transport: a countersign-card that listens on a Unix socket, in vpcd's framing (docs/PROTOCOL).
 * One reader; its card is present while someone listens. A card that goes away is seen as the end of a
 * connection, one that comes as a change in the socket's directory; nothing is polled.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/secret.h"
#include "cardclient/backend.h"

/* Frames of one byte; all other frames are APDUs. Two are answered. */
enum socket_control {
	SOCKET_POWER_ON = 0x01,
	SOCKET_ATR = 0x04,
	SOCKET_BEGIN = 0x10, /* other clients' frames wait until END, or until this client leaves */
	SOCKET_END = 0x11,
	SOCKET_LOSSES = 0x12, /* answered by four bytes: how often the card has lost its state so far */
			      /* and those of enum cc_control */
};

#define FRAME_MAX     65535u
#define ANSWER_MS     180000 /* longer than any key generation or touch: then the card hangs */
#define READER_PREFIX "Countersign card at "
#define REFUSED_RETRIES                                                                                      \
	100 /* of REFUSED_MS: between bind and listen a socket's file is there and refuses                   \
	     */
#define REFUSED_MS	20
#define NO_DIRECTORY_MS 1000 /* there is nothing that could be watched: look again */

struct socket_state {
	struct sockaddr_un addr;
	int wake; /* eventfd; readable once waits are called off, for good */
};

struct socket_link {
	int fd;
	uint32_t losses; /* of the card's state, that we know of */
};

static enum cs_err socket_open(const char *arg, void **out)
{
	size_t len = strlen(arg);
	struct socket_state *state = calloc(1, sizeof *state);
	if (state == NULL)
		return CS_ERR_MEMORY;
	if (len == 0 || len >= sizeof state->addr.sun_path ||
	    len + sizeof READER_PREFIX > CC_READER_NAME_MAX) {
		free(state);
		return CS_ERR_NO_READER;
	}
	state->addr.sun_family = AF_UNIX;
	memcpy(state->addr.sun_path, arg, len + 1);
	state->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (state->wake < 0) {
		free(state);
		return CS_ERR_IO;
	}
	*out = state;
	return CS_OK;
}

static void socket_close(void *ctx)
{
	struct socket_state *state = ctx;
	close(state->wake);
	free(state);
}

/* A connection to the card, or -1 with errno. */
static int socket_dial(const struct socket_state *state)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&state->addr, sizeof state->addr) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Another process behind the same path, or another file at it, is another card that came: its number differs.
 */
static uint32_t socket_events(const struct socket_state *state, int fd)
{
	struct ucred peer = {.pid = 0};
	socklen_t len = sizeof peer;
	struct stat st = {.st_ino = 0};

	(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	(void)stat(state->addr.sun_path, &st);
	uint64_t mix = (uint64_t)peer.pid * 0x9E3779B97F4A7C15u ^ (uint64_t)st.st_ino * 0xC2B2AE3D27D4EB4Fu ^
		       ((uint64_t)st.st_ctim.tv_sec << 30) ^ (uint64_t)st.st_ctim.tv_nsec;
	return (uint32_t)(mix >> 32) ^ (uint32_t)mix;
}

/* fd: a connection, or -1: no card. */
static void socket_describe(const struct socket_state *state, int fd, struct cc_reader *out)
{
	memset(out, 0, sizeof *out);
	snprintf(out->name, sizeof out->name, READER_PREFIX "%s", state->addr.sun_path);
	out->present = fd >= 0;
	out->events = fd >= 0 ? socket_events(state, fd) : 0;
}

static enum cs_err socket_readers(void *ctx, struct cc_reader *out, size_t max, size_t *count)
{
	struct socket_state *state = ctx;
	*count = 0;
	if (max == 0)
		return CS_ERR_NO_SPACE;
	int fd = socket_dial(state);
	socket_describe(state, fd, out);
	if (fd >= 0)
		close(fd);
	*count = 1;
	return CS_OK;
}

/* Until fd has events, ms are over (-1: never), or waits are called off: CS_ERR_CANCELLED. */
static enum cs_err socket_sleep(const struct socket_state *state, int fd, short events, int ms)
{
	struct pollfd fds[2] = {{.fd = state->wake, .events = POLLIN}, {.fd = fd, .events = events}};
	while (poll(fds, 2, ms) < 0) {
		if (errno != EINTR)
			return CS_ERR_IO;
	}
	return fds[0].revents ? CS_ERR_CANCELLED : CS_OK;
}

/* A descriptor that becomes readable when something happens in the directory of the socket; -1 if there is
 * none. */
static int socket_watch(const struct socket_state *state)
{
	char dir[sizeof state->addr.sun_path];
	memcpy(dir, state->addr.sun_path, sizeof dir);
	char *slash = strrchr(dir, '/');
	if (slash == NULL)
		memcpy(dir, ".", 2);
	else
		slash[slash == dir] = '\0';
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0)
		return -1;
	if (inotify_add_watch(fd, dir, IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF) >=
	    0)
		return fd;
	close(fd);
	return -1;
}

/* Until something listens at the path. */
static enum cs_err socket_await_card(const struct socket_state *state)
{
	enum cs_err err = CS_OK;
	int refused = 0;
	int watch = socket_watch(state);

	while (!err) {
		/* Dialled after the watch began: a card that comes in between is not missed. */
		int fd = socket_dial(state);
		if (fd >= 0) {
			close(fd);
			break;
		}
		bool starting = errno == ECONNREFUSED && refused++ < REFUSED_RETRIES;
		int ms = starting ? REFUSED_MS : watch < 0 ? NO_DIRECTORY_MS : -1;
		err = socket_sleep(state, watch, POLLIN, ms);
		char event[sizeof(struct inotify_event) + 256];
		while (watch >= 0 && read(watch, event, sizeof event) > 0)
			refused = 0;
		if (watch < 0)
			watch = socket_watch(state);
	}
	if (watch >= 0)
		close(watch);
	return err;
}

static enum cs_err socket_wait(void *ctx, const struct cc_reader *known, size_t count)
{
	struct socket_state *state = ctx;
	enum cs_err err = CS_OK;
	bool same = true;

	while (!err && same) {
		struct cc_reader now;
		int fd = socket_dial(state);
		socket_describe(state, fd, &now);
		same = count == 1 && known->present == now.present && known->events == now.events;
		/* The connection says nothing, and ends with the card. */
		if (same && fd >= 0)
			err = socket_sleep(state, fd, POLLRDHUP, -1);
		else if (same)
			err = socket_await_card(state);
		if (fd >= 0)
			close(fd);
	}
	return err;
}

static void socket_wake(void *ctx)
{
	struct socket_state *state = ctx;
	(void)!write(state->wake, &(uint64_t){1}, sizeof(uint64_t));
}

static enum cs_err link_send(struct socket_link *link, struct cs_view frame)
{
	uint8_t header[2] = {(uint8_t)(frame.len >> 8), (uint8_t)frame.len};
	const struct {
		const uint8_t *ptr;
		size_t len;
	} parts[2] = {{header, sizeof header}, {frame.ptr, frame.len}};

	if (frame.len > FRAME_MAX)
		return CS_ERR_LENGTH;
	for (int i = 0; i < 2; i++) {
		for (size_t sent = 0; sent < parts[i].len;) {
			ssize_t n = send(link->fd, parts[i].ptr + sent, parts[i].len - sent,
					 MSG_NOSIGNAL | (i == 0 ? MSG_MORE : 0));
			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				return CS_ERR_REMOVED;
			sent += (size_t)n;
		}
	}
	return CS_OK;
}

/* Exactly len bytes. A card that does not answer in time is as good as gone: its late answer would be taken
 * for the next. */
static enum cs_err link_receive(struct socket_link *link, uint8_t *to, size_t len)
{
	for (size_t got = 0; got < len;) {
		struct pollfd pfd = {.fd = link->fd, .events = POLLIN};
		int ready = poll(&pfd, 1, ANSWER_MS);
		if (ready < 0 && errno == EINTR)
			continue;
		ssize_t n = ready > 0 ? recv(link->fd, to + got, len - got, 0) : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return CS_ERR_REMOVED;
		got += (size_t)n;
	}
	return CS_OK;
}

/* One frame, appended to out. One that does not fit is read all the same, so that the next is found. */
static enum cs_err link_answer(struct socket_link *link, struct cs_writer *out)
{
	uint8_t header[2] = {0}, spill[256];
	enum cs_err err = link_receive(link, header, sizeof header);
	size_t len = (size_t)header[0] << 8 | header[1];
	if (err)
		return err;
	uint8_t *space = cs_write_space(out, len);
	if (space != NULL)
		return link_receive(link, space, len);
	while (!err && len > 0) {
		size_t part = len < sizeof spill ? len : sizeof spill;
		err = link_receive(link, spill, part);
		len -= part;
	}
	cs_wipe(spill, sizeof spill);
	return err ? err : CS_ERR_NO_SPACE;
}

static enum cs_err link_control(struct socket_link *link, uint8_t code)
{
	return link_send(link, cs_view(&code, 1));
}

/* Whether the card's state was lost since the last time this was asked. */
static enum cs_err link_losses(struct socket_link *link, bool *lost)
{
	uint8_t answer[4];
	struct cs_writer w = CS_WRITER_OF(answer);
	enum cs_err err = link_control(link, SOCKET_LOSSES);
	if (!err)
		err = link_answer(link, &w);
	if (!err && cs_writer_view(&w).len != sizeof answer)
		err = CS_ERR_REMOVED; /* no card of ours: nothing it says can be trusted */
	if (err)
		return err;
	struct cs_reader r = cs_reader_of(cs_writer_view(&w));
	uint32_t losses = cs_read_u32(&r);
	*lost = losses != link->losses;
	link->losses = losses;
	return CS_OK;
}

static void socket_disconnect(void *ctx)
{
	struct socket_link *link = ctx;
	close(link->fd);
	free(link);
}

static enum cs_err socket_connect(void *ctx, const char *reader, void **out, struct cs_writer *atr)
{
	struct socket_state *state = ctx;
	struct cc_reader own;

	socket_describe(state, -1, &own);
	if (strcmp(reader, own.name) != 0)
		return CS_ERR_NO_READER;
	struct socket_link *link = calloc(1, sizeof *link);
	if (link == NULL)
		return CS_ERR_MEMORY;
	link->fd = socket_dial(state);
	if (link->fd < 0) {
		free(link);
		return CS_ERR_NO_CARD;
	}
	bool lost;
	enum cs_err err = link_control(link, SOCKET_POWER_ON);
	if (!err)
		err = link_control(link, SOCKET_ATR);
	if (!err)
		err = link_answer(link, atr);
	if (!err)
		err = link_losses(link, &lost);
	if (err) {
		socket_disconnect(link);
		return err == CS_ERR_REMOVED ? CS_ERR_NO_CARD : err;
	}
	*out = link;
	return CS_OK;
}

static void socket_end(void *link)
{
	/* A card that is gone holds no transaction. */
	enum cs_err err = link_control(link, SOCKET_END);
	(void)err;
}

static enum cs_err socket_begin(void *link)
{
	bool lost = false;
	enum cs_err err = link_control(link, SOCKET_BEGIN);
	if (!err)
		err = link_losses(link, &lost);
	if (err || !lost)
		return err;
	socket_end(link);
	return CS_ERR_STATE;
}

static enum cs_err socket_reconnect(void *link)
{
	(void)link; /* the card is ours as before; the loss has been told */
	return CS_OK;
}

static enum cs_err socket_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	enum cs_err err = link_send(link, command);
	return err ? err : link_answer(link, response);
}

/* Over a connection of its own, as another client of the card. */
static enum cs_err socket_ask(void *ctx, uint8_t code, struct cs_writer *answer)
{
	struct socket_link link = {.fd = socket_dial(ctx)};
	if (link.fd < 0)
		return CS_ERR_NO_CARD;
	enum cs_err err = link_control(&link, code);
	if (!err)
		err = link_answer(&link, answer);
	close(link.fd);
	return err == CS_ERR_REMOVED ? CS_ERR_NO_CARD : err;
}

const struct cc_backend cc_backend_socket = {
    .name = "socket",
    .open = socket_open,
    .close = socket_close,
    .forget = socket_close,
    .readers = socket_readers,
    .wait = socket_wait,
    .wake = socket_wake,
    .connect = socket_connect,
    .disconnect = socket_disconnect,
    .forget_link = socket_disconnect,
    .reconnect = socket_reconnect,
    .begin = socket_begin,
    .end = socket_end,
    .transmit = socket_transmit,
    .control = socket_ask,
};
