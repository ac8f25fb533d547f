/* SPDX-License-Identifier: BSD-2-Clause
 *
 * USB/IP (Linux, Documentation/usb/usbip_protocol.rst, version 1.1.1), the side that has the device: bytes of a stream in, bytes
 * out. It exports one device, the token, as bus ID 1-1; a virtual host controller (Linux's vhci_hcd) attaches to it. All that
 * comes is the peer's word, and is believed in nothing: what breaks the protocol ends the connection.
 */
#ifndef COUNTERSIGN_APPLET_PORT_USBIP_H
#define COUNTERSIGN_APPLET_PORT_USBIP_H

#include "applet/port/hid_keyboard.h"
#include "applet/port/usb_bridge.h"
#include "applet/port/usb_device.h"

#define USBIP_BUS_ID   "1-1"
#define USBIP_BUS      1u
#define USBIP_DEVICE   1u
#define USBIP_OUT_MAX  16384u /* bytes of a transfer to us; messages of the CCID have at most 3072 */
#define USBIP_HEADER   48u
#define USBIP_ATTACH_MS 10000u /* for a peer to attach the device, or to have had its list */
#define USBIP_WAITING  32u /* transfers that wait for data, of all pipes; more are stalled */
#define USBIP_HELD     8u  /* transfers to us that wait for room; more, or more bytes than USBIP_OUT_MAX, are stalled */

struct usbip_transfer {
	uint32_t seqnum, length;
	uint8_t endpoint; /* enum usb_endpoint */
};

/* A transfer to us that is not answered yet. */
struct usbip_held {
	uint32_t seqnum;
	size_t len;
	bool last; /* the message ends with it */
};

struct usbip {
	struct usb_device device;
	struct usb_bridge *bridge; /* borrowed */
	struct hid_keyboard keyboard; /* where the device has one */
	/* Takes what goes to the peer, borrowed for the call. */
	void (*send)(void *ctx, struct cs_view bytes);
	void *ctx;
	bool attached; /* the device is the peer's: transfers come */
	uint64_t since_ms; /* the peer is there */
	struct usbip_transfer waiting[USBIP_WAITING];
	size_t waiting_count;
	/* What came while the host had not fetched what was there for it; their bytes one behind the other. */
	struct usbip_held held[USBIP_HELD];
	size_t held_count, held_len;
	uint8_t held_bytes[USBIP_OUT_MAX];
	size_t have;
	uint8_t in[USBIP_HEADER + USBIP_OUT_MAX];
};

/* attached: the peer is a host controller already, which need not ask for the device. */
void usbip_init(struct usbip *u, const struct usb_identity *id, enum usb_speed speed, struct usb_bridge *bridge,
		bool attached, uint64_t now_ms);

/* Where the next bytes of the stream go, and how many fit; then how many came. CS_ERR_MALFORMED: the peer breaks the protocol;
 * CS_ERR_REMOVED: it has had what it asked for (the list of devices), or the card has gone; CS_ERR_TIMEOUT as below. In each case the connection is to
 * be closed. A host that sends and does not fetch is kept waiting, as a device does that has no room. */
uint8_t *usbip_space(struct usbip *u, size_t *room);
CS_MUST_CHECK enum cs_err usbip_received(struct usbip *u, size_t len, uint64_t now_ms);

/* Answers transfers that wait, as far as the bridge has messages, or room. CS_ERR_REMOVED: the card has gone; CS_ERR_TIMEOUT: the peer
 * has not attached the device in its time, which is another's now: the connection is to be closed. usbip_timeout: in how many
 * milliseconds it is to be called, whatever comes; -1: in none. */
CS_MUST_CHECK enum cs_err usbip_pump(struct usbip *u, uint64_t now_ms);
int usbip_timeout(const struct usbip *u, uint64_t now_ms);

/* The host waits for the keyboard's next report: it has not been suspended. */
bool usbip_keyboard_listens(const struct usbip *u);

/* The connection is over. CS_ERR_REMOVED: the card has gone. */
CS_MUST_CHECK enum cs_err usbip_end(struct usbip *u);

#endif
