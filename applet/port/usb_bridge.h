/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Between the pipes of the USB device and the card: speaks CCID to the host, and the frames of slot.h to the card over a
 * stream socket, as one user of it among others. It holds nothing of the card but what goes through it.
 */
#ifndef COUNTERSIGN_APPLET_PORT_USB_BRIDGE_H
#define COUNTERSIGN_APPLET_PORT_USB_BRIDGE_H

#include "applet/port/ccid.h"
#include "applet/port/frame.h"

#define USB_BRIDGE_QUEUE   8u	 /* messages that the host has not fetched */
#define USB_BRIDGE_TICK_MS 1000u /* how often it is asked for time */

struct usb_message {
	size_t len, sent;
	uint8_t bytes[CCID_MESSAGE_MAX];
};

struct usb_bridge {
	int fd; /* borrowed; a stream socket on which a link (link.h) answers */
	struct ccid ccid;
	enum ccid_next pending; /* CCID_POWER_ON: its ATR is to come; CCID_EXECUTE: a response; CCID_IDLE */
	bool called_off;	/* nobody wants the response any more, and the card was told */
	uint64_t tick_ms;	/* when to ask for time next */
	bool notice;		/* that a card is there is still to be told on the interrupt pipe */
	struct usb_message queue[USB_BRIDGE_QUEUE];
	size_t first, count;
	struct frame_reader in;
	uint8_t frame[FRAME_HEADER_LEN + CCID_COMMAND_MAX];
	uint8_t response[CARD_RESPONSE_MAX]; /* of which the host has not fetched all */
	size_t response_len;
};

void usb_bridge_init(struct usb_bridge *b, int fd);
void usb_bridge_wipe(struct usb_bridge *b);

/* The device was configured, or reset, unplugged, deconfigured: the card is switched off, and nothing that was under way is
 * answered. CS_ERR_REMOVED: the card has gone. */
CS_MUST_CHECK enum cs_err usb_bridge_reset(struct usb_bridge *b, bool configured);

/* There is room for the answer to another packet, and for what else may have to be answered meanwhile. A transport takes no
 * packet from a host that does not fetch before that is so. */
bool usb_bridge_has_room(const struct usb_bridge *b);
/* A packet of bulk-OUT (ccid.h). CS_ERR_FULL: there is no room, and nothing was done; CS_ERR_REMOVED. */
CS_MUST_CHECK enum cs_err usb_bridge_receive(struct usb_bridge *b, struct cs_view packet, bool last, uint64_t now_ms);
/* The control pipe's ABORT. CS_ERR_ARG, CS_ERR_FULL: to be stalled. */
CS_MUST_CHECK enum cs_err usb_bridge_abort(struct usb_bridge *b, uint16_t value);

/* What is still to be sent of the first message on bulk-IN, borrowed; empty: none. sent: so many bytes of it went. */
struct cs_view usb_bridge_message(const struct usb_bridge *b);
void usb_bridge_sent(struct usb_bridge *b, size_t len);

/* The card's socket is readable. CS_ERR_REMOVED, CS_ERR_FULL. */
CS_MUST_CHECK enum cs_err usb_bridge_read(struct usb_bridge *b);

/* How long poll may wait, in milliseconds (-1: for ever); and what is due then. */
int usb_bridge_timeout(const struct usb_bridge *b, uint64_t now_ms);
CS_MUST_CHECK enum cs_err usb_bridge_tick(struct usb_bridge *b, uint64_t now_ms);

#endif
