/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The event loop of countersign-card: the card's ways to its users, and signals. SIGTERM and SIGINT end it,
 * SIGUSR1 pulls the card out of its vpcd reader, SIGUSR2 puts it back.
 */
#ifndef COUNTERSIGN_APPLET_PORT_SERVE_H
#define COUNTERSIGN_APPLET_PORT_SERVE_H

#include "applet/platform.h"
#include "applet/port/keyboard.h"
#include "applet/port/socket.h"
#include "applet/port/usb_port.h"
#include "applet/port/vpcd.h"

struct serve {
	const struct platform *platform; /* its clock */
	struct presence *presence;	 /* whose waits the loop serves */
	struct socket_port *socket;	 /* NULL: none */
	struct vpcd *vpcd;		 /* NULL: none */
	struct usb_port *usb;		 /* NULL: none */
	struct keyboard *keyboard;	 /* whose button the touches are that nobody asked for; NULL: none */
	/* the loop's own */
	int signal_fd;
	uint32_t signal; /* came, and is to be obeyed; 0: none */
};

/* Blocks the signals that serve_run takes, for the caller to do before it starts anything that could be
 * killed halfway. CS_ERR_IO (errno). */
CS_MUST_CHECK enum cs_err serve_block_signals(void);

/* Runs until a signal ends it: CS_OK. CS_ERR_IO (errno) where the kernel refuses to poll; CS_ERR_REMOVED where the USB side
 * has ended, which says why by itself. */
CS_MUST_CHECK enum cs_err serve_run(struct serve *serve);

#endif
