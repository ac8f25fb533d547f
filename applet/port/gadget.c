/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Transfers of the three pipes.
 *
 *   down --ENABLE--> up --DISABLE, UNBIND--> down          up --ENABLE (the bus was reset)--> up
 *
 * Invariants: (1) of each pipe one transfer at most is begun. (2) What a transfer brings that was begun
 * before the last reset reaches nobody. (3) Behind a message that fills its last packet an empty one is sent
 * before the next message. (4) The host is asked for more only while there is room for all that may be
 * answered meanwhile; so one that sends and does not fetch waits.
 */
#include "applet/port/gadget.h"

#include <errno.h>
#include <linux/usb/functionfs.h>
#include <string.h>

#include "base/secret.h"

void gadget_init(struct gadget *g, struct usb_bridge *bridge, const struct gadget_io *io)
{
	memset(g, 0, sizeof(*g));
	g->bridge = bridge;
	g->io = *io;
}

static enum cs_err bus_reset(struct gadget *g, bool up)
{
	for (unsigned i = 0; i < GADGET_PIPES; i++)
		g->transfer[i].stale = g->transfer[i].begun;
	g->up = up;
	g->dead = false;
	g->empty_due = false;
	g->device.configuration = up;
	if (up)
		g->packet_max = g->io.packet_max(g->io.ctx);
	return usb_bridge_reset(g->bridge, up);
}

/* The kernel has answered the standard requests; what is left is the class's, and none of those has data for
 * us. */
static enum cs_err control(struct gadget *g, const uint8_t setup[USB_SETUP_LEN])
{
	uint8_t data[USB_CONTROL_MAX];
	struct cs_writer in = CS_WRITER_OF(data);
	struct usb_outcome outcome = usb_device_control(&g->device, setup, &in);
	bool to_host = (setup[0] & USB_DIR_IN) != 0, brings = !to_host && (setup[6] | setup[7]) != 0;
	enum cs_err err = CS_OK;

	if (outcome.event != USB_ABORT)
		outcome.stall = true;
	if (!outcome.stall && !brings)
		err = usb_bridge_abort(g->bridge, outcome.value);
	if (err == CS_ERR_ARG || err == CS_ERR_FULL) {
		outcome.stall = true;
		err = CS_OK;
	}
	g->io.answer(g->io.ctx, to_host, outcome.stall || brings);
	return err;
}

enum cs_err gadget_event(struct gadget *g, uint8_t type, const uint8_t setup[USB_SETUP_LEN])
{
	switch (type) {
	case FUNCTIONFS_ENABLE:
		return bus_reset(g, true);
	case FUNCTIONFS_DISABLE:
	case FUNCTIONFS_UNBIND:
		return bus_reset(g, false);
	case FUNCTIONFS_SETUP:
		return control(g, setup);
	default:
		return CS_OK; /* bound, suspended, resumed: nothing changes for the card */
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

void gadget_pump(struct gadget *g)
{
	pump_out(g);
	pump_in(g);
	pump_notice(g);
}
