/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A card of the countersign profile as a USB token, in a process of its own.
 */
#ifndef COUNTERSIGN_TESTS_LIB_USB_CARD_H
#define COUNTERSIGN_TESTS_LIB_USB_CARD_H

#include <stdbool.h>
#include <sys/types.h>

/* A port of 127.0.0.1 that is free now; 0: there is none. */
unsigned usb_card_port(void);

struct usb_card {
	const char *program, *image; /* countersign-card */
	const char *udc;	     /* the device port; NULL: USB/IP, on port, of this computer alone */
	unsigned port;
	const char *button;   /* NULL: touches are there at once */
	const char *keyboard; /* the credential of which it types codes; NULL: none */
	bool init;	      /* the image is made anew */
};

/* Below 0: there is no process more. */
pid_t usb_card_start(const struct usb_card *card);

#endif
