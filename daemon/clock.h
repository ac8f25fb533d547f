/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Time, injected: nothing in keeper asks the system for it but through this, so that tests move it.
 */
#ifndef COUNTERSIGN_DAEMON_CLOCK_H
#define COUNTERSIGN_DAEMON_CLOCK_H

#include <stdint.h>

struct clock {
	uint64_t (*now)(void *ctx); /* milliseconds since 1970, UTC */
	void *ctx;
};

static inline uint64_t clock_now(const struct clock *clock)
{
	return clock->now(clock->ctx);
}

/* The system's clock. */
struct clock clock_system(void);

#endif
