/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Transfers of the pipes.
 *
 *   down --ENABLE--> up --DISABLE, UNBIND--> down          up --ENABLE (the bus was reset)--> up
 *
 * Invariants: (1) of each pipe one transfer at most is begun. (2) What a transfer brings that was begun
 * before the last reset reaches nobody. (3) Behind a message that fills its last packet an empty one is sent
 * before the next message. (4) The host is asked for more only while there is room for all that may be
 * answered meanwhile; so one that sends and does not fetch waits. (5) The kernel says ENABLE once for each
 * interface, and ends what is under way on all pipes before it does; so with two of them transfers begin
 * when the second word must have come, and while no word waits to be heard: else one that began between
 * them, and is good, would be of before a reset. (6) A key that goes down and that the host has not fetched
 * in time is taken back, since it may sleep; that none is down is left for it to fetch, harmless at any time,
 * and until it does it does not listen.
 */
#include "applet/port/gadget.h"

#include <errno.h>
#include <linux/usb/functionfs.h>
#include <string.h>

#include "base/secret.h"

#define SETTLE_MS 10u /* invariant 5; the two are microseconds apart */

void gadget_init(struct gadget *g, struct usb_bridge *bridge, bool keyboard, const struct gadget_io *io)
{
	memset(g, 0, sizeof(*g));
	g->bridge = bridge;
	g->io = *io;
	g->device.id.keyboard = keyboard;
}

static enum cs_err bus_reset(struct gadget *g, bool up, uint64_t now_ms)
{
	for (unsigned i = 0; i < GADGET_PIPES; i++)
		g->transfer[i].stale = g->transfer[i].begun;
	g->up = up;
	g->asleep = false;
	g->dead = false;
	g->empty_due = false;
	usb_device_configure(&g->device, up);
	hid_keyboard_wipe(&g->keyboard);
	g->settled_ms = g->device.id.keyboard ? now_ms + SETTLE_MS : now_ms;
	if (up)
		g->packet_max = g->io.packet_max(g->io.ctx);
	return usb_bridge_reset(g->bridge, up);
}

/* The kernel answers the standard requests, but for the descriptors that are an interface's own. */
static bool is_ours(const uint8_t setup[USB_SETUP_LEN])
{
	return (setup[0] & USB_TYPE_MASK) == USB_TYPE_CLASS ||
	       (setup[0] == (USB_DIR_IN | USB_RECIP_INTERFACE) && setup[1] == USB_REQ_GET_DESCRIPTOR);
}

/* An ABORT. CS_ERR_ARG: there is no such slot; CS_ERR_FULL; CS_ERR_REMOVED. */
static enum cs_err abort_slot(struct gadget *g, uint16_t value, size_t len)
{
	return len > 0 ? CS_ERR_ARG : usb_bridge_abort(g->bridge, value);
}

/* The lamps come behind the request, in the first byte. */
static void take_lamps(struct gadget *g, size_t len)
{
	uint8_t lamps[USB_CONTROL_MAX];

	if (len == 0 || len > sizeof(lamps))
		g->io.answer(g->io.ctx, false, true, CS_VIEW_EMPTY);
	else if (g->io.take(g->io.ctx, lamps, len))
		hid_keyboard_leds(&g->keyboard, lamps[0]);
}

static enum cs_err control(struct gadget *g, const uint8_t setup[USB_SETUP_LEN])
{
	uint8_t bytes[USB_CONTROL_MAX];
	struct cs_writer w = CS_WRITER_OF(bytes);
	struct usb_outcome outcome = {.stall = true, .event = USB_NOTHING};
	bool in = (setup[0] & USB_DIR_IN) != 0;
	size_t len = (size_t)(setup[6] | setup[7] << 8);
	enum cs_err err = CS_OK;

	if (is_ours(setup))
		outcome = usb_device_control(&g->device, setup, &w);
	if (!outcome.stall && outcome.event == USB_LEDS) {
		take_lamps(g, len);
		return CS_OK;
	}
	if (!outcome.stall && outcome.event == USB_ABORT)
		err = abort_slot(g, outcome.value, len);
	else if (!in && len > 0)
		err = CS_ERR_ARG; /* no other request has data for us */
	if (err == CS_ERR_ARG || err == CS_ERR_FULL) {
		outcome.stall = true;
		err = CS_OK;
	}
	g->io.answer(g->io.ctx, in, outcome.stall, outcome.stall ? CS_VIEW_EMPTY : cs_writer_view(&w));
	return err;
}

enum cs_err gadget_event(struct gadget *g, uint8_t type, const uint8_t setup[USB_SETUP_LEN], uint64_t now_ms)
{
	switch (type) {
	case FUNCTIONFS_ENABLE:
		return bus_reset(g, true, now_ms);
	case FUNCTIONFS_DISABLE:
	case FUNCTIONFS_UNBIND:
		return bus_reset(g, false, now_ms);
	case FUNCTIONFS_SETUP:
		return control(g, setup);
	case FUNCTIONFS_SUSPEND:
	case FUNCTIONFS_RESUME: /* nothing changes for the card */
		g->asleep = type == FUNCTIONFS_SUSPEND;
		return CS_OK;
	default:
		return CS_OK; /* bound */
	}
}

static enum cs_err received(struct gadget *g, long result, uint64_t now_ms)
{
	size_t asked = g->transfer[GADGET_OUT].asked, got = result > 0 ? (size_t)result : 0;
	bool last = got < asked || got % g->packet_max != 0;
	enum cs_err err;

	if (got > asked)
		got = asked;
	err = usb_bridge_receive(g->bridge, cs_view(g->packet, got), last, now_ms);
	cs_wipe(g->packet, got);
	return err == CS_ERR_FULL ? CS_OK : err; /* invariant 4: it is not */
}

static void sent(struct gadget *g, enum gadget_pipe pipe)
{
	size_t len = g->transfer[pipe].asked;

	if (pipe == GADGET_NOTICE)
		g->bridge->notice = false;
	else if (pipe == GADGET_KEYBOARD)
		return; /* what comes next it knows itself */
	else if (len == 0)
		g->empty_due = false;
	else {
		g->empty_due = len % g->packet_max == 0;
		usb_bridge_sent(g->bridge, len);
	}
}

enum cs_err gadget_ended(struct gadget *g, enum gadget_pipe pipe, long result, uint64_t now_ms)
{
	struct gadget_transfer *t = &g->transfer[pipe];
	bool stale = t->stale;

	t->begun = t->stale = false;
	if (stale || !g->up) {
		if (pipe == GADGET_OUT)
			cs_wipe(g->packet, sizeof(g->packet));
		return CS_OK;
	}
	/* More came than was asked for: of a message whose length is not its own. */
	if (result < 0 && !(result == -EOVERFLOW && pipe == GADGET_OUT)) {
		g->dead = true;
		return CS_OK;
	}
	if (pipe == GADGET_OUT)
		return received(g, result, now_ms);
	sent(g, pipe);
	return CS_OK;
}

/* ---- beginning ---- */

static bool idle(const struct gadget *g, enum gadget_pipe pipe)
{
	return g->up && !g->dead && !g->transfer[pipe].begun;
}

static void begun(struct gadget *g, enum gadget_pipe pipe, bool done, size_t len)
{
	g->transfer[pipe] = (struct gadget_transfer){.begun = done, .asked = len};
	if (!done)
		g->dead = true;
}

static void pump_out(struct gadget *g)
{
	size_t len = ccid_wanted(&g->bridge->ccid, g->packet_max);

	if (idle(g, GADGET_OUT) && usb_bridge_has_room(g->bridge))
		begun(g, GADGET_OUT, g->io.fetch(g->io.ctx, g->packet, len), len);
}

static void pump_in(struct gadget *g)
{
	struct cs_view message = g->empty_due ? CS_VIEW_EMPTY : usb_bridge_message(g->bridge);

	if (idle(g, GADGET_IN) && (g->empty_due || message.len > 0))
		begun(g, GADGET_IN, g->io.send(g->io.ctx, GADGET_IN, message), message.len);
}

static void pump_notice(struct gadget *g)
{
	uint8_t notice[CCID_NOTICE_LEN];
	struct cs_writer w = CS_WRITER_OF(notice);

	if (!idle(g, GADGET_NOTICE) || !g->bridge->notice)
		return;
	ccid_notice(&w);
	begun(g, GADGET_NOTICE, g->io.send(g->io.ctx, GADGET_NOTICE, cs_writer_view(&w)), w.len);
}

/* How long a key that is down may stay with the host: -1, for ever. */
static int key_timeout(const struct gadget *g, uint64_t now_ms)
{
	const struct gadget_transfer *t = &g->transfer[GADGET_KEYBOARD];
	uint64_t until_ms = g->report_ms + HID_FETCH_WAIT_MS;

	if (!t->begun || t->stale || !g->key_down)
		return -1;
	return until_ms > now_ms ? (int)(until_ms - now_ms) : 0;
}

static void take_back(struct gadget *g, uint64_t now_ms)
{
	if (key_timeout(g, now_ms) != 0)
		return;
	g->transfer[GADGET_KEYBOARD].stale = true;
	g->io.cancel(g->io.ctx, GADGET_KEYBOARD);
}

static void pump_keyboard(struct gadget *g, uint64_t now_ms)
{
	static const uint8_t no_key[HID_REPORT_LEN];
	uint8_t report[HID_REPORT_LEN];

	take_back(g, now_ms);

	if (!idle(g, GADGET_KEYBOARD) || !hid_keyboard_next(&g->keyboard, now_ms, report))
		return;
	g->key_down = !cs_view_equal(CS_VIEW_OF(report), CS_VIEW_OF(no_key));
	g->report_ms = now_ms;
	begun(g, GADGET_KEYBOARD, g->io.send(g->io.ctx, GADGET_KEYBOARD, CS_VIEW_OF(report)), sizeof(report));
	cs_wipe(report, sizeof(report));
}

void gadget_pump(struct gadget *g, uint64_t now_ms)
{
	if (now_ms < g->settled_ms || g->io.event_waits(g->io.ctx))
		return;
	pump_out(g);
	pump_in(g);
	pump_notice(g);
	pump_keyboard(g, now_ms);
}

int gadget_timeout(const struct gadget *g, uint64_t now_ms)
{
	int text = hid_keyboard_timeout(&g->keyboard, now_ms), key = key_timeout(g, now_ms);

	if (g->up && now_ms < g->settled_ms)
		return (int)(g->settled_ms - now_ms);
	return text >= 0 && (key < 0 || text < key) ? text : key;
}

bool gadget_keyboard_listens(const struct gadget *g)
{
	return idle(g, GADGET_KEYBOARD) && !g->asleep && g->device.id.keyboard;
}
