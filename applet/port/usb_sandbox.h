/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the process that faces the USB host gives up before it reads the first byte from one: root, capabilities, files, and
 * the system calls that it does not need (usb_filter.h). A build with sanitizers keeps the last two: their runtime needs more than the process does.
 */
#ifndef COUNTERSIGN_APPLET_PORT_USB_SANDBOX_H
#define COUNTERSIGN_APPLET_PORT_USB_SANDBOX_H

#include "base/err.h"

#define USB_SANDBOX_NOBODY 65534u /* user and group that root becomes: Debian's nobody and nogroup */

/* What a kernel cannot withhold: bits of missing. */
#define USB_SANDBOX_FILES 1u /* it has no Landlock */
#define USB_SANDBOX_CALLS 2u /* it has no filters of system calls */

/* Whatever is to be opened is open, and there is one thread. From here on there are no capabilities, no path can be opened, made or
 * removed, another system call than those of serving open descriptors fails with EPERM, and executing a program, opening a socket or
 * tracing ends the process. What the kernel cannot withhold is in *missing, and the rest holds. The process ends with its parent
 * still. CS_ERR_DENIED: root or a capability could not be given up; CS_ERR_IO (errno): the filter was refused. */
CS_MUST_CHECK enum cs_err usb_sandbox_enter(unsigned *missing);

#endif
