/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The system calls that the process which faces the USB host may make, as a filter for seccomp(2). A table, so that it is the
 * same on each architecture: what the C library makes of one function differs among them.
 */
#ifndef COUNTERSIGN_APPLET_PORT_USB_FILTER_H
#define COUNTERSIGN_APPLET_PORT_USB_FILTER_H

#include <seccomp.h>
#include <stdint.h>
#include <sys/types.h>

/* A filter for one architecture (SCMP_ARCH_...; SCMP_ARCH_NATIVE) and for the process self, to be freed with seccomp_release:
 * what is not in the table fails with EPERM, what no fault of our own can call for ends the process. NULL: there is no memory,
 * or libseccomp does not know the architecture. */
scmp_filter_ctx usb_filter_new(uint32_t arch, pid_t self);

#endif
