/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the process that faces the USB host gives up before it reads the first byte from one: root, files, and the system calls
 * that it does not need. A build with sanitizers keeps the last two: their runtime needs more than the process does.
 */
#ifndef COUNTERSIGN_APPLET_PORT_USB_SANDBOX_H
#define COUNTERSIGN_APPLET_PORT_USB_SANDBOX_H

#include "base/err.h"

#define USB_SANDBOX_NOBODY 65534u /* user and group that root becomes: Debian's nobody and nogroup */

/* Whatever is to be opened is open, and there is one thread. Where the kernel lacks Landlock or seccomp the rest holds. From here
 * on no path can be opened, made or removed, another system call than those of serving open descriptors fails with EPERM, and
 * executing a program, opening a socket or tracing ends the process. The process ends with its parent still. CS_ERR_DENIED: root
 * could not be given up; CS_ERR_IO (errno): the filter was refused. */
CS_MUST_CHECK enum cs_err usb_sandbox_enter(void);

#endif
