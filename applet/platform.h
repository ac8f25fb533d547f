/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the card core asks of the device it runs on, beside flash (store.h) and cryptography (crypto.h).
 */
#ifndef COUNTERSIGN_APPLET_PLATFORM_H
#define COUNTERSIGN_APPLET_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define DEVICE_KEY_LEN 32u

struct platform {
	void *ctx;
	/* Milliseconds since some point in the past; never goes back. */
	uint64_t (*monotonic_ms)(void *ctx);
	/* Asks for a touch; why is a short English phrase for a display. With wait it returns when there is
	 * an answer: CS_OK, CS_ERR_TIMEOUT, CS_ERR_CANCELLED. Without, it begins to ask, where it has not
	 * begun, and returns at once: CS_ERR_BUSY as long as there is no answer. NULL where the device has no
	 * way to be touched: keys that want a touch are then refused. */
	enum cs_err (*user_presence)(void *ctx, const char *why, bool wait);
	/* Stops asking; a touch that comes now is nobody's. NULL where user_presence never returns
	 * CS_ERR_BUSY. */
	void (*user_presence_end)(void *ctx);
	/* Not 0, the same for the life of the device. */
	uint32_t serial;
	/* Seals the store; never leaves the device. */
	uint8_t device_key[DEVICE_KEY_LEN];
};

#endif
