/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CCID on one side, frames on the other.
 *
 *   IDLE --IccPowerOn--> POWER_ON --ATR--> IDLE        IDLE --XfrBlock--> EXECUTE --response--> IDLE
 *
 * Invariants: (1) one frame that is answered is with the card at most, so that an answer is that frame's; a
 * reset of the bus does not change that, but only that the answer goes nowhere. (2) The queue keeps the order
 * in which the messages were made.
 */
#include "applet/port/usb_bridge.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "applet/port/slot.h"
#include "base/secret.h"

/* Kept free of the queue: for the answer of what is under way, and that of an ABORT on the control pipe. */
#define QUEUE_SPARE 2u

void usb_bridge_init(struct usb_bridge *b, int fd)
{
	memset(b, 0, sizeof(*b));
	b->fd = fd;
	b->pending = CCID_IDLE;
	ccid_init(&b->ccid);
}

void usb_bridge_wipe(struct usb_bridge *b)
{
	cs_wipe(b, sizeof(*b));
	b->fd = -1;
}

/* ---- to the card ---- */

/* A frame fits into the socket's buffer: the card has taken all but those that wait for their turn. */
static enum cs_err frame_send(struct usb_bridge *b, struct cs_view payload)
{
	size_t len = FRAME_HEADER_LEN + payload.len, at = 0;
	enum cs_err err = CS_OK;

	memcpy(b->frame + FRAME_HEADER_LEN, payload.ptr, payload.len);
	frame_seal(b->frame, payload.len);
	while (!err && at < len) {
		ssize_t sent = send(b->fd, b->frame + at, len - at, MSG_NOSIGNAL);
		if (sent < 0 && errno != EINTR)
			err = CS_ERR_REMOVED;
		else if (sent > 0)
			at += (size_t)sent;
	}
	cs_wipe(b->frame, len);
	return err;
}

static enum cs_err control_send(struct usb_bridge *b, uint8_t code)
{
	return frame_send(b, cs_view(&code, 1));
}

/* ---- to the host ---- */

static struct usb_message *message_new(struct usb_bridge *b, struct cs_writer *w)
{
	struct usb_message *m = &b->queue[(b->first + b->count) % USB_BRIDGE_QUEUE];

	*w = CS_WRITER_OF(m->bytes);
	return m;
}

static void message_keep(struct usb_bridge *b, struct usb_message *m, const struct cs_writer *w)
{
	m->len = w->len;
	m->sent = 0;
	b->count++;
}

static enum cs_err power_on(struct usb_bridge *b)
{
	enum cs_err err = control_send(b, SLOT_RESET);

	b->pending = CCID_POWER_ON;
	return err ? err : control_send(b, SLOT_ATR);
}

/* Nothing is answered to that. */
static enum cs_err power_off(struct usb_bridge *b, struct usb_message *m, struct cs_writer *w)
{
	if (ccid_powered(&b->ccid, CS_VIEW_EMPTY, w) == CCID_SEND)
		message_keep(b, m, w);
	return control_send(b, SLOT_POWER_OFF);
}

/* A command that nobody wants any more does not have to wait for its touch. */
static enum cs_err call_off(struct usb_bridge *b)
{
	if (b->pending != CCID_EXECUTE || b->called_off || !ccid_aborting(&b->ccid))
		return CS_OK;
	b->called_off = true;
	return control_send(b, SLOT_CANCEL);
}

/* Unless the host fetches it piece by piece, it is in a message whole, or nobody's. */
static void response_done(struct usb_bridge *b)
{
	if (ccid_fetching(&b->ccid))
		return;
	cs_wipe(b->response, b->response_len);
	b->response_len = 0;
}

/* Does what the CCID asks for; w has its message, where there is one. */
static enum cs_err obey(struct usb_bridge *b, enum ccid_next next, struct usb_message *m, struct cs_writer *w)
{
	response_done(b);
	switch (next) {
	case CCID_IDLE:
		return CS_OK;
	case CCID_SEND:
		message_keep(b, m, w);
		return CS_OK;
	case CCID_POWER_ON:
		return power_on(b);
	case CCID_POWER_OFF:
		return power_off(b, m, w);
	case CCID_EXECUTE:
		b->pending = CCID_EXECUTE;
		b->called_off = false;
		return frame_send(b, ccid_command(&b->ccid));
	}
	return CS_ERR_ARG;
}

struct cs_view usb_bridge_message(const struct usb_bridge *b)
{
	const struct usb_message *m = &b->queue[b->first];

	return b->count > 0 ? cs_view(m->bytes + m->sent, m->len - m->sent) : CS_VIEW_EMPTY;
}

void usb_bridge_sent(struct usb_bridge *b, size_t len)
{
	struct usb_message *m = &b->queue[b->first];

	m->sent += len;
	if (m->sent < m->len)
		return;
	cs_wipe(m->bytes, m->len);
	b->first = (b->first + 1) % USB_BRIDGE_QUEUE;
	b->count--;
}

/* ---- from the host ---- */

bool usb_bridge_has_room(const struct usb_bridge *b)
{
	return b->count + QUEUE_SPARE < USB_BRIDGE_QUEUE;
}

enum cs_err usb_bridge_receive(struct usb_bridge *b, struct cs_view packet, bool last, uint64_t now_ms)
{
	struct cs_writer w;
	struct usb_message *m;
	enum cs_err err;

	if (b->count == USB_BRIDGE_QUEUE)
		return CS_ERR_FULL;
	if (b->pending == CCID_IDLE)
		b->tick_ms = now_ms + USB_BRIDGE_TICK_MS;
	m = message_new(b, &w);
	err = obey(b, ccid_receive(&b->ccid, packet, last, &w), m, &w);
	return err ? err : call_off(b);
}

enum cs_err usb_bridge_abort(struct usb_bridge *b, uint16_t value)
{
	struct cs_writer w;
	struct usb_message *m;
	enum ccid_next next;
	enum cs_err err;

	if (b->count == USB_BRIDGE_QUEUE)
		return CS_ERR_FULL;
	m = message_new(b, &w);
	if (!ccid_abort(&b->ccid, value, &next, &w))
		return CS_ERR_ARG;
	err = obey(b, next, m, &w);
	return err ? err : call_off(b);
}

enum cs_err usb_bridge_reset(struct usb_bridge *b, bool configured)
{
	enum cs_err err;

	ccid_wipe(&b->ccid);
	while (b->count > 0)
		usb_bridge_sent(b, usb_bridge_message(b).len);
	response_done(b);
	b->notice = configured;
	err = call_off(b);
	return err ? err : control_send(b, SLOT_POWER_OFF);
}

/* ---- from the card ---- */

static enum cs_err answered(struct usb_bridge *b, struct cs_view frame)
{
	enum ccid_next was = b->pending, next;
	bool full = b->count == USB_BRIDGE_QUEUE;
	struct cs_writer w;
	struct usb_message *m;

	if (was == CCID_IDLE || frame.len > sizeof(b->response))
		return CS_ERR_REMOVED; /* this is no card of ours */
	b->pending = CCID_IDLE;
	if (full) /* the host does not fetch: all of its is over, and this answer nobody's */
		ccid_wipe(&b->ccid);
	memcpy(b->response, frame.ptr, frame.len);
	b->response_len = frame.len;
	m = message_new(b, &w);
	if (was == CCID_EXECUTE)
		next = ccid_executed(&b->ccid, cs_view(b->response, frame.len), &w);
	else
		next = ccid_powered(&b->ccid, cs_view(b->response, frame.len), &w);
	response_done(b);
	return full ? CS_ERR_FULL : obey(b, next, m, &w);
}

enum cs_err usb_bridge_read(struct usb_bridge *b)
{
	struct cs_view frame;
	size_t room;
	uint8_t *space = frame_space(&b->in, &room);
	ssize_t got = recv(b->fd, space, room, MSG_DONTWAIT);
	enum cs_err err = CS_OK;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return CS_OK;
	if (got <= 0)
		return CS_ERR_REMOVED;
	frame_received(&b->in, (size_t)got);
	while (!err && frame_next(&b->in, &frame)) {
		err = answered(b, frame);
		frame_consume(&b->in);
	}
	return err;
}

int usb_bridge_timeout(const struct usb_bridge *b, uint64_t now_ms)
{
	if (b->pending == CCID_IDLE)
		return -1;
	return b->tick_ms > now_ms ? (int)(b->tick_ms - now_ms) : 0;
}

enum cs_err usb_bridge_tick(struct usb_bridge *b, uint64_t now_ms)
{
	struct cs_writer w;
	struct usb_message *m;

	if (b->pending == CCID_IDLE || b->tick_ms > now_ms)
		return CS_OK;
	b->tick_ms = now_ms + USB_BRIDGE_TICK_MS;
	/* A host that has not fetched what was sent last does not need to be told to wait. */
	if (b->count > 0)
		return CS_OK;
	m = message_new(b, &w);
	return obey(b, ccid_tick(&b->ccid, &w), m, &w);
}
