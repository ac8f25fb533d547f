/* SPDX-License-Identifier: BSD-2-Clause
 *
 * FunctionFS (Linux, Documentation/usb/functionfs.rst): the kernel's door for a USB function that is a process. What the script
 * countersign-gadget has set up for a UDC (the board's USB device controller) is found by the UDC's name.
 */
#ifndef COUNTERSIGN_APPLET_PORT_FFS_H
#define COUNTERSIGN_APPLET_PORT_FFS_H

#include <linux/aio_abi.h>

#include "applet/port/gadget.h"

/* Behind each: the UDC's name. */
#define FFS_MOUNTS  "/run/countersign-gadget/"
#define FFS_GADGETS "/sys/kernel/config/usb_gadget/countersign-"

struct ffs {
	int ep0, pipe[GADGET_PIPES]; /* ep0 is -1 where this is none, the keyboard's pipe where there is no keyboard */
	int serial, udc; /* the gadget's files in configfs, for writing */
	char name[64];
	/* of the process that calls ffs_begin */
	aio_context_t aio;
	int ended; /* an eventfd: transfers have ended */
	struct iocb transfer[GADGET_PIPES];
};

#define FFS_NONE {.ep0 = -1, .pipe = {-1, -1, -1, -1}, .serial = -1, .udc = -1, .ended = -1}

/* Opens what is set up for the UDC of this name, and says what the token is: with a keyboard, or without. CS_ERR_ARG: that is no name;
 * CS_ERR_NOT_FOUND: nothing is set up for it; CS_ERR_DENIED; CS_ERR_BUSY: another process is its token; CS_ERR_IO (errno). */
CS_MUST_CHECK enum cs_err ffs_open(const char *udc, bool keyboard, struct ffs *out);
void ffs_close(struct ffs *ffs);

/* Makes ready for transfers, in the process that makes them, and plugs the token in under that serial number. CS_ERR_IO
 * (errno). */
CS_MUST_CHECK enum cs_err ffs_plug_in(struct ffs *ffs, uint32_t serial);

/* What ffs does for a gadget; ctx is a struct ffs. */
struct gadget_io ffs_io(struct ffs *ffs);

/* ep0, or ended, is readable: tells the gadget. CS_ERR_REMOVED: the card has gone; CS_ERR_IO (errno): FunctionFS has. */
CS_MUST_CHECK enum cs_err ffs_read_event(const struct ffs *ffs, struct gadget *g, uint64_t now_ms);
CS_MUST_CHECK enum cs_err ffs_read_ended(const struct ffs *ffs, struct gadget *g, uint64_t now_ms);

/* The descriptors and the strings that ep0 is told first; lengths are at most FFS_HELLO_MAX. */
#define FFS_HELLO_MAX 300u
void ffs_write_descriptors(struct cs_writer *w, bool keyboard);
void ffs_write_strings(struct cs_writer *w);

#endif
