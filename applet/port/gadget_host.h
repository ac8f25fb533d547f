/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The loop of a token that is a function of this computer's own USB device port.
 */
#ifndef COUNTERSIGN_APPLET_PORT_GADGET_HOST_H
#define COUNTERSIGN_APPLET_PORT_GADGET_HOST_H

#include "applet/port/ffs.h"
#include "applet/port/hid_host.h"

/* Serves whoever the port is plugged into. ffs is plugged in. CS_ERR_REMOVED: the card has gone; CS_ERR_IO (errno): the function
 * was taken down. */
CS_MUST_CHECK enum cs_err gadget_host_run(struct ffs *ffs, struct usb_bridge *bridge, struct hid_host *keyboard);

#endif
