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

/* Starts program (countersign-card) with its image, made anew where init says so: on the device port udc, or where that is NULL
 * for USB/IP on port, of this computer alone. Below 0: there is no process more. */
pid_t usb_card_start(const char *program, const char *image, const char *udc, unsigned port, bool init);

#endif
