/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Clock and touch of a card that is a process.
 */
#include "applet/port/platform_host.h"

#include <time.h>

uint64_t platform_host_ms(void *ctx)
{
	(void)ctx;
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
}

static enum cs_err user_presence(void *ctx, const char *why, bool wait)
{
	return presence_ask(ctx, why, wait);
}

static void user_presence_end(void *ctx)
{
	presence_end(ctx);
}

void platform_host_init(struct presence *presence, struct platform *out)
{
	out->ctx = presence;
	out->monotonic_ms = platform_host_ms;
	out->user_presence = user_presence;
	out->user_presence_end = user_presence_end;
}
