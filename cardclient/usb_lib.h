/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bytes to and from one interface of a USB device, by libusb-1.0, which is loaded when it is first needed: a program that reaches
 * its cards through pcscd never has it.
 *
 * libusb is made to be a program's own, not a library's in it: before 1.0.27 it cannot be kept from watching for devices, with a thread
 * and descriptors of which a forked child inherits half. So devices are found without it (usb_scan.h), it is handed an open device,
 * and it is ended before a fork. A fork in the middle of a command (of another thread's) finds it there; the child then closes what it
 * knows of, and leaves the rest alone.
 *
 *   usb_device_open --> open --usb_claim--> claimed --usb_release--> open --usb_device_close-->
 */
#ifndef COUNTERSIGN_CARDCLIENT_USB_LIB_H
#define COUNTERSIGN_CARDCLIENT_USB_LIB_H

#include <time.h>

#include "cardclient/ccid_descriptor.h"

#define USB_INNER_MAX 8u

struct usb_device {
	struct ccid_interface interface;
	int fd;		 /* of the device's node */
	void *handle;	 /* libusb_device_handle; NULL: none now */
	struct usb_device *next;
	bool claimed;
	uint64_t turnless_until_ms; /* somebody kept the turn too long: it does not count (usb_claim.c) */
	bool kernel_had; /* a driver of the kernel's, to be given it back */
	int inner[USB_INNER_MAX]; /* libusb's own descriptors, for a child to close */
	size_t inner_count;
}; /* stays where it is from usb_device_open to usb_device_close */

/* False: there is no libusb-1.0 on this system. */
bool usb_lib_there(void);

/* Registers what has to be done when this process forks: once, by cc_forks_expect. */
void usb_lib_forks_expect(void);

/* Between the two, libusb stays as it is between one device and the next. */
void usb_lib_hold(void);
void usb_lib_drop(void);

/* node: /dev/bus/usb/.... CS_ERR_REMOVED: it is not there. CS_ERR_DENIED: this user may not. CS_ERR_UNSUPPORTED: no libusb.
 * CS_ERR_IO, CS_ERR_MEMORY. */
CS_MUST_CHECK enum cs_err usb_device_open(struct usb_device *d, const char *node, const struct ccid_interface *interface);
/* Releases too. */
void usb_device_close(struct usb_device *d);
/* In a forked child: closes descriptors, and leaves the parent's claim and what libusb has in memory. */
void usb_device_forget(struct usb_device *d);

/* For this process alone. CS_ERR_BUSY: another program, or another part of this one, has the interface now. CS_ERR_REMOVED,
 * CS_ERR_UNSUPPORTED, CS_ERR_MEMORY, CS_ERR_IO. */
CS_MUST_CHECK enum cs_err usb_claim(struct usb_device *d);
void usb_release(struct usb_device *d);

/* While it is claimed. CS_ERR_TIMEOUT: not in ms. CS_ERR_REMOVED: unplugged. CS_ERR_IO: anything else; the pipe was made usable
 * again. usb_receive reads one transfer of len bytes at most, which ends with a packet that is not full. */
CS_MUST_CHECK enum cs_err usb_send(struct usb_device *d, struct cs_view bytes, unsigned ms);
CS_MUST_CHECK enum cs_err usb_receive(struct usb_device *d, uint8_t *to, size_t len, unsigned ms, size_t *got);
/* ABORT on the control pipe (CCID 1.1, 5.3.1). */
CS_MUST_CHECK enum cs_err usb_abort(struct usb_device *d, uint16_t value, unsigned ms);

/* When any program last said anything to the device: the kernel notes it at its node. */
struct timespec usb_last_used(const struct usb_device *d);
/* Waits until the clock that the kernel notes it by has gone on, a few milliseconds, so that whoever uses the device after us is noted
 * at another time. False: it did not. */
bool usb_last_used_settled(const struct usb_device *d, struct timespec *out);

#endif
