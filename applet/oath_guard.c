/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tries of the access code.
 *
 *   tries n --wait over: store n-1, compare--> right: store all
 *                                          \-> wrong: n-1 left, wait(n-1) begins; 0 left: blocked
 *   blocked --UNBLOCK by the officer, RESET--> all tries
 *
 * Invariants:
 * 1. No comparison happens unless the spent try is durable.
 * 2. The record is raised only by a comparison that succeeded, by the officer, or together with a new code.
 * 3. A record that is missing or not of its form counts as no tries.
 * 4. How long to wait follows from the record alone; only when the wait began is kept in memory, and power-on
 *    counts as its beginning. So cutting the power never makes it shorter, though a card knows no time of
 * day.
 */
#include "applet/oath_guard.h"

#include "applet/oath_credential.h"

const uint8_t oath_guard_all_tries[1] = {OATH_TRIES_MAX};

static enum cs_err tries_load(struct card *card, uint8_t *tries)
{
	uint8_t value = 0;
	struct cs_writer w = cs_writer_of(&value, 1);
	enum cs_err err = store_get(&card->store, RECORD_OATH_TRIES, &w);

	if (err && err != CS_ERR_NOT_FOUND)
		return err;
	*tries = value <= OATH_TRIES_MAX ? value : 0;
	return CS_OK;
}

static uint64_t now_ms(const struct card *card)
{
	const struct platform *p = card->ports.platform;
	return p->monotonic_ms(p->ctx);
}

/* How long to wait with so many tries left. */
static uint32_t wait_after(uint8_t tries)
{
	unsigned wrong = OATH_TRIES_MAX - tries;
	uint32_t wait = OATH_WAIT_FIRST_MS;

	if (wrong < OATH_TRIES_FREE)
		return 0;
	for (unsigned i = OATH_TRIES_FREE; i < wrong && wait < OATH_WAIT_MAX_MS; i++)
		wait *= 2;
	return wait < OATH_WAIT_MAX_MS ? wait : OATH_WAIT_MAX_MS;
}

static uint32_t wait_left(const struct card *card, uint8_t tries)
{
	uint64_t passed = now_ms(card) - card->oath_wait_from_ms;
	uint32_t wait = wait_after(tries);

	return passed >= wait ? 0 : wait - (uint32_t)passed;
}

enum cs_err oath_guard_info(struct card *card, struct oath_guard_info *out)
{
	uint8_t tries = 0;
	enum cs_err err = tries_load(card, &tries);

	if (err)
		return err;
	out->tries_left = tries;
	out->wait_ms = tries == 0 ? 0 : wait_left(card, tries);
	return CS_OK;
}

enum cs_err oath_guard_spend(struct card *card)
{
	struct oath_guard_info info;
	enum cs_err err = oath_guard_info(card, &info);
	uint8_t left;

	if (err)
		return err;
	if (info.tries_left == 0)
		return CS_ERR_BLOCKED;
	if (info.wait_ms > 0)
		return CS_ERR_STATE;
	left = (uint8_t)(info.tries_left - 1);
	card->oath_wait_from_ms = now_ms(card);
	return store_put(&card->store, RECORD_OATH_TRIES, cs_view(&left, 1));
}

enum cs_err oath_guard_restore(struct card *card)
{
	return store_put(&card->store, RECORD_OATH_TRIES, CS_VIEW_OF(oath_guard_all_tries));
}

void oath_guard_start(struct card *card)
{
	card->oath_wait_from_ms = now_ms(card);
}
