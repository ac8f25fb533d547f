/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Linux's virtual host controller (the module vhci_hcd): plugs a USB/IP device into this very computer. It wants root, or
 * CAP_SYS_ADMIN over its sysfs files.
 */
#ifndef COUNTERSIGN_APPLET_PORT_VHCI_H
#define COUNTERSIGN_APPLET_PORT_VHCI_H

#include "applet/port/usb_descriptor.h"

#define VHCI_FOLDER "/sys/devices/platform/vhci_hcd.0"

/* A controller's port for the device. */
struct vhci {
	int attach_fd; /* its file for attaching, open for writing */
	unsigned port;
};

/* Finds a free port for a device of full or high speed, in folder (VHCI_FOLDER). CS_ERR_NOT_FOUND: the module is not loaded;
 * CS_ERR_DENIED; CS_ERR_FULL: no port is free; CS_ERR_IO (errno). */
CS_MUST_CHECK enum cs_err vhci_open(const char *folder, struct vhci *out);

/* Plugs in. *fd, owned by the caller: the stream on which the controller sends its transfers; closing it unplugs. CS_ERR_IO
 * (errno), CS_ERR_BUSY: another took the port meanwhile. */
CS_MUST_CHECK enum cs_err vhci_attach(const struct vhci *vhci, enum usb_speed speed, int *fd);
void vhci_close(struct vhci *vhci);

/* Reads the controller's table of ports: the first that is free and not for super speed. False: none is. */
bool vhci_free_port(const char *status, unsigned *port);

#endif
