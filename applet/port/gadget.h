/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The token as a function of a Linux USB device: between what FunctionFS tells (events of the bus, ends of transfers) and the
 * bridge. The system calls are ffs.h's; here is when to make them, and what is in the packets.
 */
#ifndef COUNTERSIGN_APPLET_PORT_GADGET_H
#define COUNTERSIGN_APPLET_PORT_GADGET_H

#include "applet/port/hid_keyboard.h"
#include "applet/port/usb_bridge.h"
#include "applet/port/usb_device.h"

/* FunctionFS's ep1 to ep4; the last one where there is a keyboard. */
enum gadget_pipe { GADGET_OUT, GADGET_IN, GADGET_NOTICE, GADGET_KEYBOARD, GADGET_PIPES };

/* Where a driver has no transfer for us. False: the pipe is dead, until the bus tells the next event. */
struct gadget_io {
	/* Begins to read len bytes from the host. space stays as it is until gadget_ended. */
	bool (*fetch)(void *ctx, uint8_t *space, size_t len);
	/* Begins to send bytes, which are copied; none: an empty packet. */
	bool (*send)(void *ctx, enum gadget_pipe pipe, struct cs_view bytes);
	/* Takes back what the host has not fetched; gadget_ended is told of its end all the same. */
	void (*cancel)(void *ctx, enum gadget_pipe pipe);
	/* Ends the control request that gadget_event was told of: with data, or none, or with a stall. in: its direction is to
	 * the host; else there are no data. */
	void (*answer)(void *ctx, bool in, bool stall, struct cs_view data);
	/* Ends one that brings len bytes, with them. False: they did not come. */
	bool (*take)(void *ctx, uint8_t *space, size_t len);
	/* gadget_event is to be called, before anything is begun. */
	bool (*event_waits)(void *ctx);
	/* wMaxPacketSize of the bulk pipes, at the speed that the bus has now. */
	size_t (*packet_max)(void *ctx);
	void *ctx;
};

struct gadget_transfer {
	bool begun; /* its end is still to be told */
	bool stale; /* it is of before the last reset of the bus, or was taken back: its end is all that counts */
	size_t asked;
};

struct gadget {
	struct usb_bridge *bridge; /* borrowed */
	struct gadget_io io;
	struct usb_device device; /* for control requests */
	bool up;	/* the host has configured us: the pipes work */
	bool empty_due; /* the message that went filled its last packet: an empty one has to end it */
	bool asleep;	/* the bus is suspended: nobody fetches what the keyboard types */
	bool dead;	/* a pipe failed; nothing more until the next event */
	size_t packet_max;
	uint64_t settled_ms; /* when transfers may begin */
	struct hid_keyboard keyboard;
	bool key_down;	    /* says the keyboard's last report */
	uint64_t report_ms; /* when that was begun to be sent */
	struct gadget_transfer transfer[GADGET_PIPES];
	uint8_t packet[CCID_MESSAGE_MAX];
};

void gadget_init(struct gadget *g, struct usb_bridge *bridge, bool keyboard, const struct gadget_io *io);

/* What FunctionFS's ep0 tells: type is enum usb_functionfs_event_type, setup the request of FUNCTIONFS_SETUP.
 * CS_ERR_REMOVED: the card has gone. */
CS_MUST_CHECK enum cs_err gadget_event(struct gadget *g, uint8_t type, const uint8_t setup[USB_SETUP_LEN], uint64_t now_ms);

/* A transfer has ended: result is its bytes, or a negative errno. CS_ERR_REMOVED. */
CS_MUST_CHECK enum cs_err gadget_ended(struct gadget *g, enum gadget_pipe pipe, long result, uint64_t now_ms);

/* Begins what there is to transfer. To be called behind all others, when the bridge may have a message, and when gadget_timeout
 * is over: that many milliseconds; -1, for ever. */
void gadget_pump(struct gadget *g, uint64_t now_ms);
int gadget_timeout(const struct gadget *g, uint64_t now_ms);

/* A host has configured the keyboard, is awake, and has fetched what was typed last. */
bool gadget_keyboard_listens(const struct gadget *g);

#endif
