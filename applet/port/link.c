/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Moves frames between a socket and the slot.
 *
 * Invariants: (1) one answer at most is under way, and no frame is executed before it has left; so a peer
 * that does not read its answers stops only itself. (2) A frame that has been executed is no longer in the
 * input. (3) While a frame is executed (it may wait for a touch, and others be served meanwhile) nothing is
 * read but a SLOT_CANCEL that comes next, and the link is not freed: that, or that the peer has gone, calls
 * the touch off.
 */
#include "applet/port/link.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "applet/port/frame.h"
#include "base/secret.h"

struct link {
	int fd;
	bool tcp;
	bool used;
	bool executing;
	bool deaf; /* meanwhile, something other than SLOT_CANCEL came: it waits */
	struct slot *slot;
	struct frame_reader in;
	size_t out_len; /* bytes of out, header included; 0: no answer under way */
	size_t out_sent;
	uint8_t out[FRAME_HEADER_LEN + SLOT_ANSWER_MAX];
};

struct link *link_new(int fd, bool tcp, struct slot *slot)
{
	struct link *link = calloc(1, sizeof *link);
	int flags = fcntl(fd, F_GETFL);
	if (!link || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		free(link);
		close(fd);
		return NULL;
	}
	int on = 1;
	if (tcp)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	link->fd = fd;
	link->tcp = tcp;
	link->slot = slot;
	slot_join(slot, link);
	return link;
}

void link_free(struct link *link)
{
	if (!link)
		return;
	slot_leave(link->slot, link);
	close(link->fd);
	cs_wipe(link, sizeof *link);
	free(link);
}

int link_fd(const struct link *link)
{
	return link->fd;
}

bool link_used(const struct link *link)
{
	return link->used;
}

/* The kernel clears TCP_QUICKACK by itself every now and then, so it is set anew each time we are about to
 * wait. */
static void acknowledge_at_once(const struct link *link)
{
	int on = 1;
	if (link->tcp)
		(void)setsockopt(link->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

short link_events(struct link *link)
{
	struct cs_view frame;
	if (link->executing) /* POLLHUP comes unasked, but not from TCP */
		return (short)((link->tcp ? POLLRDHUP : 0) | (link->deaf ? 0 : POLLIN));
	if (link->out_len > 0)
		return POLLOUT;
	acknowledge_at_once(link);
	return frame_next(&link->in, &frame) ? 0 : POLLIN;
}

/* A SLOT_CANCEL that came together with the frame that is executed. */
static bool cancel_waits(const struct link *link)
{
	static const uint8_t cancel[] = {0, 1, SLOT_CANCEL};
	struct cs_view frame;
	if (!link->executing || !frame_next(&link->in, &frame))
		return false;
	size_t used = FRAME_HEADER_LEN + frame.len;
	return link->in.have >= used + sizeof cancel &&
	       memcmp(link->in.buf + used, cancel, sizeof cancel) == 0;
}

bool link_runnable(const struct link *link)
{
	struct cs_view frame;
	if (cancel_waits(link))
		return true;
	return !link->executing && link->out_len == 0 && frame_next(&link->in, &frame) &&
	       slot_ready(link->slot, link, frame);
}

static enum cs_err receive(struct link *link)
{
	size_t room;
	uint8_t *space = frame_space(&link->in, &room);
	acknowledge_at_once(link);
	ssize_t got = recv(link->fd, space, room, 0);
	if (got > 0) {
		frame_received(&link->in, (size_t)got);
		return CS_OK;
	}
	if (got == 0)
		return CS_ERR_REMOVED;
	if (errno == EAGAIN || errno == EINTR)
		return CS_OK;
	return errno == ECONNRESET ? CS_ERR_REMOVED : CS_ERR_IO;
}

static enum cs_err execute(struct link *link)
{
	struct cs_view frame;
	struct cs_writer w = cs_writer_of(link->out + FRAME_HEADER_LEN, SLOT_ANSWER_MAX);
	if (!frame_next(&link->in, &frame))
		return CS_OK;
	link->executing = true;
	link->deaf = link->in.have > FRAME_HEADER_LEN + frame.len;
	enum cs_err err = slot_exchange(link->slot, link, frame, &w);
	link->executing = false;
	if (err)
		return err;
	frame_consume(&link->in);
	link->used = true;
	struct cs_view answer = cs_writer_view(&w);
	if (answer.len > 0) {
		frame_seal(link->out, answer.len);
		link->out_len = FRAME_HEADER_LEN + answer.len;
		link->out_sent = 0;
	}
	return CS_OK;
}

static enum cs_err transmit(struct link *link)
{
	ssize_t sent =
	    send(link->fd, link->out + link->out_sent, link->out_len - link->out_sent, MSG_NOSIGNAL);
	if (sent < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return CS_OK;
		return errno == EPIPE || errno == ECONNRESET ? CS_ERR_REMOVED : CS_ERR_IO;
	}
	link->out_sent += (size_t)sent;
	if (link->out_sent == link->out_len) {
		cs_wipe(link->out, link->out_len);
		link->out_len = 0;
	}
	return CS_OK;
}

/* Takes a SLOT_CANCEL, whole, if that is what comes next. */
static bool cancel_came(struct link *link)
{
	static const uint8_t cancel[] = {0, 1, SLOT_CANCEL};
	uint8_t came[sizeof cancel];
	ssize_t got = recv(link->fd, came, sizeof came, MSG_PEEK | MSG_DONTWAIT);
	bool is = got == (ssize_t)sizeof came && memcmp(came, cancel, sizeof came) == 0;
	link->deaf = !is;
	return is && recv(link->fd, came, sizeof came, 0) > 0;
}

static void step_executing(struct link *link, short events)
{
	if ((events & (POLLERR | POLLHUP | POLLRDHUP)) || cancel_waits(link) ||
	    ((events & POLLIN) && cancel_came(link)))
		presence_cancel(link->slot->presence);
}

enum cs_err link_step(struct link *link, short events)
{
	enum cs_err err = CS_OK;
	if (link->executing) {
		step_executing(link, events);
		return CS_OK;
	}
	if (link->out_len == 0 && (events & POLLIN))
		err = receive(link);
	else if (events & (POLLERR | POLLHUP | POLLNVAL))
		err = CS_ERR_REMOVED;
	if (!err && link_runnable(link))
		err = execute(link);
	if (!err && link->out_len > 0)
		err = transmit(link);
	return err;
}
