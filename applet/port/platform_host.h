/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The platform port of a card that is a process: the kernel's monotonic clock, and touches that come from a
 * named pipe, always, or never.
 */
#ifndef COUNTERSIGN_APPLET_PORT_PLATFORM_HOST_H
#define COUNTERSIGN_APPLET_PORT_PLATFORM_HOST_H

#include "applet/platform.h"

#define PLATFORM_HOST_TOUCH_MS 15000 /* how long a touch is waited for */

enum touch_mode { TOUCH_AUTO, TOUCH_NEVER, TOUCH_PIPE };

struct platform_host {
	enum touch_mode mode;
	int fd; /* TOUCH_PIPE: the named pipe; each byte in it is one touch, made before or while we wait */
};

/* touch: "auto", every touch asked for is given at once; "never", none is; else the path of a named pipe,
 * which is made if it is not there. Fills in the functions and ctx of out, which borrow host; serial and
 * device_key are the caller's. CS_ERR_EXISTS: the path is something other than a pipe; CS_ERR_IO (errno). */
CS_MUST_CHECK enum cs_err platform_host_init(struct platform_host *host, const char *touch,
					     struct platform *out);
void platform_host_close(struct platform_host *host);

#endif
