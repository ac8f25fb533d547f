/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The platform port of a card that is a process: the kernel's monotonic clock, and presence.h's touches.
 */
#ifndef COUNTERSIGN_APPLET_PORT_PLATFORM_HOST_H
#define COUNTERSIGN_APPLET_PORT_PLATFORM_HOST_H

#include "applet/platform.h"
#include "applet/port/presence.h"

/* Fills in the functions and ctx of out, which borrow presence; serial and device_key are the caller's. */
void platform_host_init(struct presence *presence, struct platform *out);

/* Milliseconds of the kernel's monotonic clock; ctx is not used. */
uint64_t platform_host_ms(void *ctx);

#endif
