/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The tries of the OATH application's access code: a guess costs one, the right code brings all back. After
 * OATH_TRIES_FREE wrong ones in a row each further guess has to wait, twice as long each time; after
 * OATH_TRIES_MAX nothing but UNBLOCK by the security officer, or RESET, helps.
 */
#ifndef COUNTERSIGN_APPLET_OATH_GUARD_H
#define COUNTERSIGN_APPLET_OATH_GUARD_H

#include "applet/card_private.h"

#define OATH_TRIES_MAX	   15u
#define OATH_TRIES_FREE	   5u   /* the wait begins with this many wrong ones */
#define OATH_WAIT_FIRST_MS 5000u   /* after that many; doubled with each further one */
#define OATH_WAIT_MAX_MS   900000u

/* The record of the tries, for a store_apply that sets a code: all of them. */
extern const uint8_t oath_guard_all_tries[1];

struct oath_guard_info {
	uint8_t tries_left; /* 0: blocked */
	uint32_t wait_ms;   /* until a guess is looked at */
};

CS_MUST_CHECK enum cs_err oath_guard_info(struct card *card, struct oath_guard_info *out);

/* Before a comparison: durable when it returns CS_OK. CS_ERR_BLOCKED; CS_ERR_STATE while the wait lasts: both
 * cost nothing, and nothing may be compared. */
CS_MUST_CHECK enum cs_err oath_guard_spend(struct card *card);

/* After a comparison that succeeded, or by whoever may: all tries are back. */
CS_MUST_CHECK enum cs_err oath_guard_restore(struct card *card);

/* Power came on: a wait begins anew. */
void oath_guard_start(struct card *card);

#endif
