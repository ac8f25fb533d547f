/* SPDX-License-Identifier: BSD-2-Clause
 *
 * USB/IP on the device's side.
 *
 *   asked --DEVLIST, USBIP_ATTACH_MS--> told or not, closed
 *         --IMPORT, our bus ID--> attached --SUBMIT, UNLINK ...--> (the stream ends)
 *
 * Invariants: (1) each SUBMIT is answered once, by RET_SUBMIT, or by the RET_UNLINK that took it away. (2)
 * Transfers of one pipe are answered in the order in which they came. (3) What the host sends reaches the
 * bridge only while that has room for the answer; until then the transfer is held, and nothing behind it on
 * its pipe overtakes it.
 */
#include "applet/port/usbip.h"

#include <string.h>

#include "base/secret.h"

#define VERSION 0x0111u

enum { OP_REQ_IMPORT = 0x8003, OP_REP_IMPORT = 0x0003, OP_REQ_DEVLIST = 0x8005, OP_REP_DEVLIST = 0x0005 };
enum { CMD_SUBMIT = 1, CMD_UNLINK = 2, RET_SUBMIT = 3, RET_UNLINK = 4 };

#define OP_HEADER    8u
#define BUS_ID_LEN   32u
#define PATH_LEN     256u
#define PATH	     "/sys/devices/platform/countersign/usb1/1-1"
#define DIRECTION_IN 1u
#define ZERO_PACKET  0x40u /* transfer_flags: an empty packet follows what fills the last one */

/* Linux's errno, negative, as the protocol has them. */
#define STATUS_PIPE  (-32)
#define STATUS_RESET (-104)

struct submit {
	uint32_t seqnum, direction, endpoint, flags, length;
	uint8_t setup[USB_SETUP_LEN];
};

void usbip_init(struct usbip *u, const struct usb_identity *id, enum usb_speed speed,
		struct usb_bridge *bridge, bool attached, uint64_t now_ms)
{
	memset(u, 0, sizeof(*u));
	u->device = (struct usb_device){.id = *id, .speed = speed};
	u->bridge = bridge;
	u->attached = attached;
	u->since_ms = now_ms;
}

uint8_t *usbip_space(struct usbip *u, size_t *room)
{
	*room = sizeof(u->in) - u->have;
	return u->in + u->have;
}

/* ---- before it is attached ---- */

static void write_padded(struct cs_writer *w, const char *text, size_t len)
{
	struct cs_view view = cs_view_string(text);

	cs_write_view(w, view);
	cs_write_fill(w, 0, len - view.len);
}

static void write_device(const struct usbip *u, struct cs_writer *w)
{
	write_padded(w, PATH, PATH_LEN);
	write_padded(w, USBIP_BUS_ID, BUS_ID_LEN);
	cs_write_u32(w, USBIP_BUS);
	cs_write_u32(w, USBIP_DEVICE);
	cs_write_u32(w, (uint32_t)u->device.speed);
	cs_write_u16(w, u->device.id.vendor);
	cs_write_u16(w, u->device.id.product);
	cs_write_u16(w, 0x0100);
	cs_write_fill(w, 0, 3); /* class, subclass, protocol */
	cs_write_u8(w, u->device.configuration);
	cs_write_u8(w, 1);			       /* configurations */
	cs_write_u8(w, u->device.id.keyboard ? 2 : 1); /* interfaces */
}

static void write_op(struct cs_writer *w, uint16_t code, uint32_t status)
{
	cs_write_u16(w, VERSION);
	cs_write_u16(w, code);
	cs_write_u32(w, status);
}

static enum cs_err list(struct usbip *u)
{
	static const uint8_t interfaces[] = {0x0B, 0, 0, 0, 0x03, 1, 1, 0};
	uint8_t reply[OP_HEADER + 4 + 312 + sizeof(interfaces)];
	struct cs_writer w = CS_WRITER_OF(reply);

	write_op(&w, OP_REP_DEVLIST, 0);
	cs_write_u32(&w, 1);
	write_device(u, &w);
	cs_write_view(&w, cs_view(interfaces, u->device.id.keyboard ? 8 : 4));
	u->send(u->ctx, cs_writer_view(&w));
	return CS_ERR_REMOVED;
}

static enum cs_err import(struct usbip *u, struct cs_view bus_id)
{
	uint8_t reply[OP_HEADER + 312], ours[BUS_ID_LEN] = USBIP_BUS_ID;
	struct cs_writer w = CS_WRITER_OF(reply);
	bool found = cs_view_equal(bus_id, CS_VIEW_OF(ours));

	write_op(&w, OP_REP_IMPORT, found ? 0 : 1);
	if (found)
		write_device(u, &w);
	u->send(u->ctx, cs_writer_view(&w));
	u->attached = found;
	return found ? CS_OK : CS_ERR_REMOVED;
}

/* *used: bytes that were taken; 0: not all have come. */
static enum cs_err operation(struct usbip *u, size_t *used)
{
	struct cs_reader r = cs_reader_of(cs_view(u->in, u->have));
	uint16_t version = cs_read_u16(&r), code = cs_read_u16(&r);

	(void)cs_read_u32(&r);
	*used = 0;
	if (u->have < OP_HEADER)
		return CS_OK;
	if (version != VERSION)
		return CS_ERR_MALFORMED;
	if (code == OP_REQ_DEVLIST)
		return list(u);
	if (code != OP_REQ_IMPORT)
		return CS_ERR_MALFORMED;
	if (u->have < OP_HEADER + BUS_ID_LEN)
		return CS_OK;
	*used = OP_HEADER + BUS_ID_LEN;
	return import(u, cs_read_view(&r, BUS_ID_LEN));
}

/* ---- transfers ---- */

static void reply(struct usbip *u, uint32_t kind, uint32_t seqnum, int32_t status, uint32_t actual,
		  struct cs_view data)
{
	uint8_t header[USBIP_HEADER];
	struct cs_writer w = CS_WRITER_OF(header);

	cs_write_u32(&w, kind);
	cs_write_u32(&w, seqnum);
	cs_write_fill(&w, 0, 12); /* device, direction, endpoint: only a request's */
	cs_write_u32(&w, (uint32_t)status);
	cs_write_u32(&w, actual);
	cs_write_fill(&w, 0, USBIP_HEADER - w.len);
	u->send(u->ctx, cs_writer_view(&w));
	if (data.len > 0)
		u->send(u->ctx, data);
}

static void refuse(struct usbip *u, const struct submit *s)
{
	reply(u, RET_SUBMIT, s->seqnum, STATUS_PIPE, 0, CS_VIEW_EMPTY);
}

static struct usbip_transfer waiting_take(struct usbip *u, size_t index)
{
	struct usbip_transfer taken = u->waiting[index];

	u->waiting_count--;
	memmove(&u->waiting[index], &u->waiting[index + 1],
		(u->waiting_count - index) * sizeof(u->waiting[0]));
	return taken;
}

/* The first that waits on the pipe; waiting_count: none. */
static size_t waiting_find(const struct usbip *u, enum usb_endpoint endpoint)
{
	size_t i = 0;

	while (i < u->waiting_count && u->waiting[i].endpoint != endpoint)
		i++;
	return i;
}

static void pump_bulk(struct usbip *u)
{
	struct cs_view message = usb_bridge_message(u->bridge);
	size_t i = waiting_find(u, USB_BULK_IN);

	while (message.len > 0 && i < u->waiting_count) {
		struct usbip_transfer t = waiting_take(u, i);
		size_t len = message.len < t.length ? message.len : t.length;
		reply(u, RET_SUBMIT, t.seqnum, 0, (uint32_t)len, cs_view(message.ptr, len));
		usb_bridge_sent(u->bridge, len);
		message = usb_bridge_message(u->bridge);
		i = waiting_find(u, USB_BULK_IN);
	}
}

static void pump_keyboard(struct usbip *u, uint64_t now_ms)
{
	size_t i = waiting_find(u, USB_KEYBOARD_IN);
	uint8_t report[HID_REPORT_LEN];

	while (i < u->waiting_count && u->waiting[i].length >= sizeof(report) &&
	       hid_keyboard_next(&u->keyboard, now_ms, report)) {
		struct usbip_transfer t = waiting_take(u, i);
		reply(u, RET_SUBMIT, t.seqnum, 0, sizeof(report), CS_VIEW_OF(report));
		i = waiting_find(u, USB_KEYBOARD_IN);
	}
	cs_wipe(report, sizeof(report));
}

bool usbip_keyboard_listens(const struct usbip *u)
{
	return u->device.configuration != 0 && waiting_find(u, USB_KEYBOARD_IN) < u->waiting_count;
}

/* ---- transfers to us ---- */

static enum cs_err out_taken(struct usbip *u, const struct usbip_held *h, struct cs_view data,
			     uint64_t now_ms)
{
	enum cs_err err = usb_bridge_receive(u->bridge, data, h->last, now_ms);

	if (!err)
		reply(u, RET_SUBMIT, h->seqnum, 0, (uint32_t)h->len, CS_VIEW_EMPTY);
	return err;
}

/* False: there is no room to hold it. */
static bool out_hold(struct usbip *u, const struct usbip_held *h, struct cs_view data)
{
	if (u->held_count == USBIP_HELD || h->len > sizeof(u->held_bytes) - u->held_len)
		return false;
	if (h->len > 0)
		memcpy(u->held_bytes + u->held_len, data.ptr, h->len);
	u->held_len += h->len;
	u->held[u->held_count++] = *h;
	return true;
}

static void out_drop(struct usbip *u, size_t index)
{
	size_t at = 0, len = u->held[index].len;

	for (size_t i = 0; i < index; i++)
		at += u->held[i].len;
	u->held_len -= len;
	memmove(u->held_bytes + at, u->held_bytes + at + len, u->held_len - at);
	cs_wipe(u->held_bytes + u->held_len, len);
	u->held_count--;
	memmove(&u->held[index], &u->held[index + 1], (u->held_count - index) * sizeof(u->held[0]));
}

static enum cs_err pump_out(struct usbip *u, uint64_t now_ms)
{
	enum cs_err err = CS_OK;

	while (!err && u->held_count > 0 && usb_bridge_has_room(u->bridge)) {
		struct usbip_held h = u->held[0];

		err = out_taken(u, &h, cs_view(u->held_bytes, h.len), now_ms);
		out_drop(u, 0);
		pump_bulk(u);
	}
	return err;
}

enum cs_err usbip_pump(struct usbip *u, uint64_t now_ms)
{
	uint8_t notice[CCID_NOTICE_LEN];
	struct cs_writer w = CS_WRITER_OF(notice);
	size_t i = waiting_find(u, USB_INTERRUPT_IN);

	if (!u->attached && now_ms >= u->since_ms + USBIP_ATTACH_MS)
		return CS_ERR_TIMEOUT;
	pump_bulk(u);
	pump_keyboard(u, now_ms);
	if (u->bridge->notice && i < u->waiting_count && u->waiting[i].length >= sizeof(notice)) {
		struct usbip_transfer t = waiting_take(u, i);
		ccid_notice(&w);
		reply(u, RET_SUBMIT, t.seqnum, 0, sizeof(notice), CS_VIEW_OF(notice));
		u->bridge->notice = false;
	}
	return pump_out(u, now_ms);
}

int usbip_timeout(const struct usbip *u, uint64_t now_ms)
{
	uint64_t end_ms = u->since_ms + USBIP_ATTACH_MS;

	if (u->attached)
		return hid_keyboard_timeout(&u->keyboard, now_ms);
	return end_ms > now_ms ? (int)(end_ms - now_ms) : 0;
}

/* The pipes are dead, or begin anew: what waits on them is over. */
static enum cs_err pipes_reset(struct usbip *u, bool configured)
{
	while (u->waiting_count > 0) {
		struct usbip_transfer t = waiting_take(u, 0);
		reply(u, RET_SUBMIT, t.seqnum, STATUS_RESET, 0, CS_VIEW_EMPTY);
	}
	while (u->held_count > 0) {
		reply(u, RET_SUBMIT, u->held[0].seqnum, STATUS_RESET, 0, CS_VIEW_EMPTY);
		out_drop(u, 0);
	}
	hid_keyboard_wipe(&u->keyboard);
	return usb_bridge_reset(u->bridge, configured);
}

/* What a control request has changed. */
static enum cs_err obey(struct usbip *u, struct usb_outcome *outcome, struct cs_view data)
{
	enum cs_err err;

	switch (outcome->event) {
	case USB_NOTHING:
		return CS_OK;
	case USB_LEDS:
		outcome->stall = data.len == 0;
		if (data.len > 0)
			hid_keyboard_leds(&u->keyboard, data.ptr[0]);
		return CS_OK;
	case USB_ABORT:
		err = usb_bridge_abort(u->bridge, outcome->value);
		outcome->stall = err == CS_ERR_ARG || err == CS_ERR_FULL;
		return outcome->stall ? CS_OK : err;
	case USB_CONFIGURED:
	case USB_DECONFIGURED:
		return pipes_reset(u, outcome->event == USB_CONFIGURED);
	}
	return CS_OK;
}

static enum cs_err control(struct usbip *u, const struct submit *s, struct cs_view out)
{
	uint8_t data[USB_CONTROL_MAX];
	struct cs_writer in = CS_WRITER_OF(data);
	struct usb_outcome outcome = {.stall = true};
	enum cs_err err = CS_OK;

	/* A request and its transfer have to agree on the direction, and on the length where data come back.
	 */
	if ((s->direction == DIRECTION_IN) == ((s->setup[0] & 0x80) != 0))
		outcome = usb_device_control(&u->device, s->setup, &in);
	if (!outcome.stall)
		err = obey(u, &outcome, out);
	if (outcome.stall || in.len > s->length)
		refuse(u, s);
	else
		reply(u, RET_SUBMIT, s->seqnum, 0, (uint32_t)(in.len + out.len), cs_writer_view(&in));
	return err;
}

static enum cs_err bulk_out(struct usbip *u, const struct submit *s, struct cs_view data, uint64_t now_ms)
{
	const struct usbip_held h = {.seqnum = s->seqnum,
				     .len = data.len,
				     .last = data.len % usb_packet_bulk(u->device.speed) != 0 ||
					     data.len == 0 || (s->flags & ZERO_PACKET) != 0};

	if (u->held_count == 0 && usb_bridge_has_room(u->bridge))
		return out_taken(u, &h, data, now_ms);
	if (!out_hold(u, &h, data))
		refuse(u, s);
	return CS_OK;
}

static void wait_in(struct usbip *u, const struct submit *s, enum usb_endpoint endpoint)
{
	if (u->waiting_count == USBIP_WAITING)
		refuse(u, s);
	else
		u->waiting[u->waiting_count++] = (struct usbip_transfer){
		    .seqnum = s->seqnum, .length = s->length, .endpoint = (uint8_t)endpoint};
}

static enum cs_err submit(struct usbip *u, const struct submit *s, struct cs_view data, uint64_t now_ms)
{
	uint8_t address = (uint8_t)(s->endpoint | (s->direction == DIRECTION_IN ? 0x80u : 0));

	if (s->endpoint == 0)
		return control(u, s, data);
	if (s->endpoint > 0x0F || u->device.configuration == 0 ||
	    usb_device_halted(&u->device, (enum usb_endpoint)address)) {
		refuse(u, s);
		return CS_OK;
	}
	switch (address) {
	case USB_BULK_OUT:
		return bulk_out(u, s, data, now_ms);
	case USB_BULK_IN:
	case USB_INTERRUPT_IN:
	case USB_KEYBOARD_IN:
		if (address == USB_KEYBOARD_IN && !u->device.id.keyboard)
			refuse(u, s);
		else if (s->length > 0)
			wait_in(u, s, (enum usb_endpoint)address);
		else
			reply(u, RET_SUBMIT, s->seqnum, 0, 0, CS_VIEW_EMPTY);
		return CS_OK;
	default:
		refuse(u, s);
		return CS_OK;
	}
}

/* What has been answered cannot be taken back: status 0 says so. */
static void take_back(struct usbip *u, uint32_t seqnum, uint32_t victim)
{
	int32_t status = 0;

	for (size_t i = 0; status == 0 && i < u->held_count; i++) {
		if (u->held[i].seqnum == victim) {
			out_drop(u, i);
			status = STATUS_RESET;
		}
	}
	for (size_t i = 0; status == 0 && i < u->waiting_count; i++) {
		if (u->waiting[i].seqnum == victim) {
			(void)waiting_take(u, i);
			status = STATUS_RESET;
		}
	}
	reply(u, RET_UNLINK, seqnum, status, 0, CS_VIEW_EMPTY);
}

/* *used as of operation. */
static enum cs_err request(struct usbip *u, size_t *used, uint64_t now_ms)
{
	struct cs_reader r = cs_reader_of(cs_view(u->in, u->have));
	uint32_t command = cs_read_u32(&r), device;
	struct submit s = {.seqnum = cs_read_u32(&r)};
	size_t data_len;

	*used = 0;
	if (u->have < USBIP_HEADER)
		return CS_OK;
	device = cs_read_u32(&r);
	s.direction = cs_read_u32(&r);
	s.endpoint = cs_read_u32(&r);
	s.flags = cs_read_u32(&r);
	s.length = cs_read_u32(&r);
	(void)cs_read_view(&r, 12); /* of isochronous and interrupt transfers */
	cs_read_copy(&r, s.setup, sizeof(s.setup));
	(void)device; /* there is one on this connection */
	if (command == CMD_UNLINK) {
		*used = USBIP_HEADER;
		take_back(u, s.seqnum, s.flags); /* seqnum of the victim stands there */
		return CS_OK;
	}
	if (command != CMD_SUBMIT || s.direction > DIRECTION_IN)
		return CS_ERR_MALFORMED;
	data_len = s.direction == DIRECTION_IN ? 0 : s.length;
	if (data_len > USBIP_OUT_MAX)
		return CS_ERR_MALFORMED;
	if (u->have < USBIP_HEADER + data_len)
		return CS_OK;
	*used = USBIP_HEADER + data_len;
	return submit(u, &s, cs_view(u->in + USBIP_HEADER, data_len), now_ms);
}

enum cs_err usbip_received(struct usbip *u, size_t len, uint64_t now_ms)
{
	enum cs_err err = CS_OK;
	size_t used = 1;

	u->have += len;
	while (!err && used > 0) {
		err = u->attached ? request(u, &used, now_ms) : operation(u, &used);
		u->have -= used;
		memmove(u->in, u->in + used, u->have);
		cs_wipe(u->in + u->have, used);
	}
	return err ? err : usbip_pump(u, now_ms);
}

enum cs_err usbip_end(struct usbip *u)
{
	struct usb_bridge *bridge = u->bridge;

	cs_wipe(u, sizeof(*u));
	u->bridge = bridge;
	return usb_bridge_reset(bridge, false);
}
