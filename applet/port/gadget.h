/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The token as a function of a Linux USB device: between what FunctionFS tells (events of the bus, ends of transfers) and the
 * bridge. The system calls are ffs.h's; here is when to make them, and what is in the packets.
 */
#ifndef COUNTERSIGN_APPLET_PORT_GADGET_H
#define COUNTERSIGN_APPLET_PORT_GADGET_H

#include "applet/port/usb_bridge.h"
#include "applet/port/usb_device.h"

/* FunctionFS's ep1, ep2 and ep3. */
enum gadget_pipe { GADGET_OUT, GADGET_IN, GADGET_NOTICE, GADGET_PIPES };

/* Where a driver has no transfer for us. False: the pipe is dead, until the bus tells the next event. */
struct gadget_io {
	/* Begins to read len bytes from the host. space stays as it is until gadget_ended. */
	bool (*fetch)(void *ctx, uint8_t *space, size_t len);
	/* Begins to send bytes, which are copied; none: an empty packet. */
	bool (*send)(void *ctx, enum gadget_pipe pipe, struct cs_view bytes);
	/* Ends the control request that gadget_event was told of, one with no data, or with a stall. in: its direction is to the
	 * host. */
	void (*answer)(void *ctx, bool in, bool stall);
	/* wMaxPacketSize of the bulk pipes, at the speed that the bus has now. */
	size_t (*packet_max)(void *ctx);
	void *ctx;
};

struct gadget_transfer {
	bool begun; /* its end is still to be told */
	bool stale; /* it is of before the last reset of the bus: its end is all that counts */
	size_t asked;
};

struct gadget {
	struct usb_bridge *bridge; /* borrowed */
	struct gadget_io io;
	struct usb_device device; /* for control requests */
	bool up;	/* the host has configured us: the pipes work */
	bool empty_due; /* the message that went filled its last packet: an empty one has to end it */
	bool dead;	/* a pipe failed; nothing more until the next event */
	size_t packet_max;
	struct gadget_transfer transfer[GADGET_PIPES];
	uint8_t packet[CCID_MESSAGE_MAX];
};

void gadget_init(struct gadget *g, struct usb_bridge *bridge, const struct gadget_io *io);

/* What FunctionFS's ep0 tells: type is enum usb_functionfs_event_type, setup the request of FUNCTIONFS_SETUP.
 * CS_ERR_REMOVED: the card has gone. */
CS_MUST_CHECK enum cs_err gadget_event(struct gadget *g, uint8_t type, const uint8_t setup[USB_SETUP_LEN]);

/* A transfer has ended: result is its bytes, or a negative errno. CS_ERR_REMOVED. */
CS_MUST_CHECK enum cs_err gadget_ended(struct gadget *g, enum gadget_pipe pipe, long result, uint64_t now_ms);

/* Begins what there is to transfer. To be called behind all others, and when the bridge may have a message. */
void gadget_pump(struct gadget *g);

#endif
