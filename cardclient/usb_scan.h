/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which CCID readers are plugged in, from what the kernel tells of each device in sysfs: no device is opened, woken or spoken to, and
 * no rights are needed.
 */
#ifndef COUNTERSIGN_CARDCLIENT_USB_SCAN_H
#define COUNTERSIGN_CARDCLIENT_USB_SCAN_H

#include "cardclient/backend.h"
#include "cardclient/ccid_descriptor.h"

#define USB_PATH_MAX 32u
#define USB_NODE_MAX 64u

/* One slot of a reader. */
struct usb_slot {
	char path[USB_PATH_MAX]; /* where it is plugged in, as the kernel names it, e.g. 1-2.4 */
	char node[USB_NODE_MAX]; /* of its device */
	char name[CC_READER_NAME_MAX]; /* product, serial number or else path, and slot where there are several: not unique */
	uint32_t plugged; /* another number each time that it is plugged in */
	bool usable;	  /* this user may open it */
	struct ccid_interface interface;
	uint8_t slot;
};

struct usb_roots {
	const char *devices; /* /sys/bus/usb/devices */
	const char *nodes;   /* /dev/bus/usb */
	const char *processes; /* /proc */
};

extern const struct usb_roots usb_system;

/* The slots there are, in the order of their paths; *count of them, max at most. *unready: a device is there that the kernel has not
 * configured yet. */
void usb_scan(const struct usb_roots *roots, struct usb_slot *out, size_t max, size_t *count, bool *unready);

/* A program has the slot's interface, or a driver of the kernel's. */
bool usb_slot_claimed(const struct usb_roots *roots, const struct usb_slot *slot);

#endif
