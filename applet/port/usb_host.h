/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The process that faces the USB host. It is made before the card's memory is opened, so that it has none of its secrets: what
 * a host sends is read here, and comes to the card as the frames of one more user.
 */
#ifndef COUNTERSIGN_APPLET_PORT_USB_HOST_H
#define COUNTERSIGN_APPLET_PORT_USB_HOST_H

#include "applet/port/ffs.h"
#include "applet/port/vhci.h"

/* How hosts come. */
struct usb_host {
	int listen_fd; /* USB/IP: listens; or -1 */
	struct vhci vhci; /* attach_fd -1: not that */
	struct ffs ffs;	  /* ep0 -1: not that */
	struct usb_identity id; /* the serial is told when the card is there */
	int keyboard_fd; /* the keyboard's line (hid_host.h); -1: there is no keyboard */
	enum usb_speed speed;
};

/* Serves hosts, one at a time, until the card's end of card_fd closes (0), or there is no host any more (1, with a reason on
 * stderr): the process's exit status. The first four bytes on card_fd are the card's serial number. */
int usb_host_run(struct usb_host *host, int card_fd);

#endif
