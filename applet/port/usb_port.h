/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card's side of its USB: starts the process that faces the host (usb_host.h), and serves it as a user of the slot.
 */
#ifndef COUNTERSIGN_APPLET_PORT_USB_PORT_H
#define COUNTERSIGN_APPLET_PORT_USB_PORT_H

#include <poll.h>
#include <sys/types.h>

#include "applet/port/address.h"
#include "applet/port/link.h"
#include "applet/port/usb_descriptor.h"

#define USBIP_HOST_DEFAULT "127.0.0.1"
#define USBIP_PORT_DEFAULT "3240"

struct usb_settings {
	const char *usbip;  /* where to listen (usbip_address), or NULL */
	const char *gadget; /* the UDC through which to be a token (ffs.h), or NULL */
	bool plug_in;	   /* into this computer, through vhci_hcd */
	struct usb_identity id; /* vendor and product; whether it has a keyboard */
	enum usb_speed speed;
	int button_fd; /* which the process is not to have; -1: there is none */
};

struct usb_port {
	pid_t host; /* the process; 0: none */
	int host_fd; /* a pidfd of it, since its number may be another's when it has ended; -1: the kernel has none */
	int fd;	    /* to it, until usb_port_start */
	int keyboard_fd; /* the keyboard's line (hid_host.h); -1: it has no keyboard */
	struct link *link;
};

/* VID:PID in hexadecimal, four digits each. False: it is none. */
bool usb_identity_parse(const char *text, struct usb_identity *id);

/* ADDR, ADDR:PORT, PORT or :PORT; what is not said, or all of it where text is empty, is as above. Errors as address_find. */
CS_MUST_CHECK enum cs_err usbip_address(const char *text, struct address *out);

/* Listens (and warns where other computers reach that), or finds a port to plug into, and starts the process; to be called before the card's memory is opened. Nothing
 * settled: nothing is done. CS_ERR_MALFORMED, CS_ERR_NOT_FOUND: the address; those of vhci_open; CS_ERR_IO (errno). */
CS_MUST_CHECK enum cs_err usb_port_open(struct usb_port *port, const struct usb_settings *settings);
/* The card is there: from here on hosts are answered. CS_ERR_MEMORY, CS_ERR_REMOVED. */
CS_MUST_CHECK enum cs_err usb_port_start(struct usb_port *port, uint32_t serial, struct slot *slot);
/* Ends the process, and waits for it. */
void usb_port_close(struct usb_port *port);

/* What to poll for; *block becomes false where poll must not. Then, after poll. CS_ERR_REMOVED: the process has ended, which
 * has said why. */
void usb_port_poll(struct usb_port *port, struct pollfd *pfd, bool *block);
CS_MUST_CHECK enum cs_err usb_port_step(struct usb_port *port, short events);

#endif
