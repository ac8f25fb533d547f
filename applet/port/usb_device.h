/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The control pipe of the token, for transports where no kernel answers it (Universal Serial Bus 2.0, 9.4; CCID 1.1, 5.3). A
 * pure function: a request in, data or a stall out, and word of what it changed.
 */
#ifndef COUNTERSIGN_APPLET_PORT_USB_DEVICE_H
#define COUNTERSIGN_APPLET_PORT_USB_DEVICE_H

#include "applet/port/usb_descriptor.h"

#define USB_SETUP_LEN	8u
#define USB_CONTROL_MAX 255u /* bytes of the longest answer */

struct usb_device {
	struct usb_identity id;
	enum usb_speed speed;
	uint8_t configuration; /* 0: none */
	uint8_t halted;	       /* bit n: pipe n; the host may halt one */
	uint8_t idle, protocol; /* the keyboard's (HID 1.11, 7.2): kept, and of no effect */
};

/* What the transport has to do besides answering. */
enum usb_event {
	USB_NOTHING,
	USB_CONFIGURED,	  /* (again): all that was under way is over, the card is off, the pipes are good */
	USB_DECONFIGURED, /* as above, and the pipes are dead */
	USB_ABORT,	  /* to ccid_abort, with value; false from there is a stall */
	USB_LEDS	  /* the data that came with it are the keyboard's lamps; none is a stall */
};

struct usb_outcome {
	bool stall;
	enum usb_event event;
	uint16_t value; /* USB_ABORT: wValue */
};

/* setup: the eight bytes. in: where the data of an IN request go, cut to what the host asked for. The only OUT request with data is
 * the one of USB_LEDS. */
struct usb_outcome usb_device_control(struct usb_device *device, const uint8_t setup[USB_SETUP_LEN], struct cs_writer *in);

/* Where somebody else answers SET_CONFIGURATION: it has come. */
void usb_device_configure(struct usb_device *device, uint8_t configuration);

/* endpoint: enum usb_endpoint. */
bool usb_device_halted(const struct usb_device *device, enum usb_endpoint endpoint);

#endif
