/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The command line of countersign-card (countersign-card(1)).
 */
#ifndef COUNTERSIGN_APPLET_PORT_OPTIONS_H
#define COUNTERSIGN_APPLET_PORT_OPTIONS_H

#include "applet/port/keyboard.h"
#include "applet/port/plain.h"
#include "applet/port/usb_port.h"
#include "base/countersign.h"

#define EXIT_USAGE 2

/* Texts are borrowed from argv; NULL where the option was not given. */
struct options {
	const char *image;
	const char *counter;
	const char *vpcd;
	const char *socket;
	const char *touch;
	const char *notify;
	struct usb_settings usb;
	struct keyboard_settings keyboard;
	bool usb_said; /* the identity or the speed was given */
	bool init;
	enum plain plain;
	uint8_t management; /* enum piv_alg; 0: the profile's */
	enum csgn_profile profile;
};

/* EXIT_SUCCESS: go on; -1: all done; else the exit status, of which the reason has been told. */
int options_parse(int argc, char **argv, struct options *o);

/* There is a way to the card: it shall run, and not just be made. */
bool options_serve(const struct options *o);

/* On stderr: what, which (may be empty) and why. */
void complain(const char *what, const char *which, const char *why);

#endif
