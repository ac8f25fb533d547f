/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reference data and tries.
 *
 *   tries n > 0 --compare: store n-1--> equal: store total --> verified
 *                                   \-> wrong: n-1 left; 0 left: blocked
 *   blocked --new reference data (pin_set_*)--> tries total
 *
 * Invariants:
 * 1. No comparison happens unless the spent try is durable.
 * 2. The tries record is raised only by a comparison that succeeded or together with new reference data.
 * 3. A missing or damaged record counts as no tries.
 */
#include "applet/pin.h"

#include <string.h>

#include "applet/channel.h"
#include "applet/records.h"
#include "base/secret.h"

/* Flags. Unset: the block is of no use, the record keeps the place for one, so that a full card can take a
 * PIN. */
#define FLAG_DEFAULT 0x01u
#define FLAG_UNSET   0x02u

/* Reference record: the block, flags, tries in all. */
#define REFERENCE_LEN (PIV_PIN_LEN + 2u)

struct pin_row {
	uint16_t reference, tries; /* record ids */
	uint16_t security;	   /* what its verification opens */
	uint8_t factory[PIV_PIN_LEN];
};

static const struct pin_row pin_rows[PIN_COUNT] = {
    [PIN_USER] = {RECORD_PIN,
		  RECORD_PIN_TRIES,
		  SECURITY_PIN | SECURITY_PIN_FRESH,
		  {'1', '2', '3', '4', '5', '6', PIV_PIN_PAD, PIV_PIN_PAD}},
    [PIN_PUK] = {RECORD_PUK, RECORD_PUK_TRIES, SECURITY_SO, {'1', '2', '3', '4', '5', '6', '7', '8'}},
};

static enum cs_err tries_load(struct card *card, enum pin pin, uint8_t *tries)
{
	uint8_t value = 0;
	struct cs_writer w = cs_writer_of(&value, 1);
	enum cs_err err = store_get(&card->store, pin_rows[pin].tries, &w);

	if (err && err != CS_ERR_NOT_FOUND)
		return err;
	*tries = value;
	return CS_OK;
}

static enum cs_err tries_store(struct card *card, enum pin pin, uint8_t tries)
{
	return store_put(&card->store, pin_rows[pin].tries, cs_view(&tries, 1));
}

/* CS_ERR_NOT_FOUND where no PIN is set. */
static enum cs_err reference_load(struct card *card, enum pin pin, uint8_t reference[REFERENCE_LEN])
{
	struct cs_writer w = cs_writer_of(reference, REFERENCE_LEN);
	enum cs_err err = store_get(&card->store, pin_rows[pin].reference, &w);

	if (!err && w.len != REFERENCE_LEN)
		err = CS_ERR_CORRUPT;
	if (!err && (reference[PIV_PIN_LEN] & FLAG_UNSET))
		err = CS_ERR_NOT_FOUND;
	return err;
}

static uint8_t tries_of_profile(const struct card *card, enum pin pin)
{
	return pin == PIN_USER ? card->profile.pin_tries : card->profile.puk_tries;
}

enum cs_err pin_info(struct card *card, enum pin pin, struct pin_info *info)
{
	uint8_t reference[REFERENCE_LEN] = {0};
	struct pin_info got = {.tries_total = tries_of_profile(card, pin)};
	enum cs_err err = reference_load(card, pin, reference);

	if (!err) {
		got.set = true;
		got.is_default = (reference[PIV_PIN_LEN] & FLAG_DEFAULT) != 0;
		got.tries_total = reference[PIV_PIN_LEN + 1];
	}
	cs_wipe(reference, sizeof(reference));
	if (err && err != CS_ERR_NOT_FOUND)
		return err;
	err = tries_load(card, pin, &got.tries_left);
	if (!err)
		*info = got;
	return err;
}

/* Number of characters before the padding, or 0 for a block that is not so built. */
static size_t block_length(const uint8_t block[PIV_PIN_LEN])
{
	size_t len = PIV_PIN_LEN;

	while (len && block[len - 1] == PIV_PIN_PAD)
		len--;
	for (size_t i = 0; i < len; i++) {
		if (block[i] == PIV_PIN_PAD)
			return 0;
	}
	return len < PIV_PIN_LEN_MIN ? 0 : len;
}

bool pin_is_empty(const uint8_t block[PIV_PIN_LEN])
{
	for (size_t i = 0; i < PIV_PIN_LEN; i++) {
		if (block[i] != PIV_PIN_PAD)
			return false;
	}
	return true;
}

void pin_revoke(struct card *card, const struct channel *except, enum pin pin)
{
	channels_forget(card, except, pin_rows[pin].security);
}

enum cs_err pin_compare(struct card *card, enum pin pin, const uint8_t block[PIV_PIN_LEN],
			uint8_t *tries_left)
{
	uint8_t reference[REFERENCE_LEN] = {0}, tries = 0;
	enum cs_err err;
	bool equal;

	if (block_length(block) == 0 && !pin_is_empty(block))
		return CS_ERR_MALFORMED;
	err = tries_load(card, pin, &tries);
	if (err)
		return err;
	if (tries == 0)
		return CS_ERR_BLOCKED;
	err = tries_store(card, pin, (uint8_t)(tries - 1));
	if (err)
		return err;
	err = reference_load(card, pin, reference);
	equal = !err && cs_equal_ct(reference, block, PIV_PIN_LEN);
	if (equal) {
		err = tries_store(card, pin, reference[PIV_PIN_LEN + 1]);
	} else if (!err) {
		*tries_left = (uint8_t)(tries - 1);
		err = CS_ERR_WRONG;
		if (*tries_left == 0)
			pin_revoke(card, NULL, pin);
	}
	cs_wipe(reference, sizeof(reference));
	return err;
}

static void records_fill(struct pin_records *rec, struct store_change changes[PIN_CHANGES], enum pin pin,
			 uint8_t flags, uint8_t tries_total)
{
	rec->reference[PIV_PIN_LEN] = flags;
	rec->reference[PIV_PIN_LEN + 1] = tries_total;
	rec->tries[0] = tries_total;
	changes[0] =
	    (struct store_change){.id = pin_rows[pin].reference, .value = CS_VIEW_OF(rec->reference)};
	changes[1] = (struct store_change){.id = pin_rows[pin].tries, .value = CS_VIEW_OF(rec->tries)};
}

void pin_set_block(struct pin_records *rec, struct store_change changes[PIN_CHANGES], enum pin pin,
		   const uint8_t block[PIV_PIN_LEN], uint8_t tries_total)
{
	memcpy(rec->reference, block, PIV_PIN_LEN);
	records_fill(rec, changes, pin, 0, tries_total);
}

void pin_set_default(struct pin_records *rec, struct store_change changes[PIN_CHANGES], enum pin pin,
		     uint8_t tries_total)
{
	memcpy(rec->reference, pin_rows[pin].factory, PIV_PIN_LEN);
	records_fill(rec, changes, pin, FLAG_DEFAULT, tries_total);
}

void pin_set_none(struct pin_records *rec, struct store_change changes[PIN_CHANGES], enum pin pin)
{
	memset(rec->reference, 0, PIV_PIN_LEN);
	records_fill(rec, changes, pin, FLAG_UNSET, 0);
	rec->tries[0] = 0;
}

enum cs_err pin_pad(struct cs_view typed, uint8_t block[PIV_PIN_LEN])
{
	if (typed.len < PIV_PIN_LEN_MIN || typed.len > PIV_PIN_LEN)
		return CS_ERR_MALFORMED;
	memset(block, PIV_PIN_PAD, PIV_PIN_LEN);
	memcpy(block, typed.ptr, typed.len);
	return CS_OK;
}

/* True if each character follows the one before it by the same step of -1, 0 or 1. */
static bool block_is_trivial(const uint8_t *text, size_t len)
{
	int step = text[1] - text[0];

	if (step < -1 || step > 1)
		return false;
	for (size_t i = 2; i < len; i++) {
		if (text[i] - text[i - 1] != step)
			return false;
	}
	return true;
}

enum cs_err pin_rules(const struct profile *profile, const uint8_t block[PIV_PIN_LEN])
{
	size_t len = block_length(block);

	if (len == 0 || len < profile->pin_min)
		return CS_ERR_MALFORMED;
	if (!profile_has(profile, CSGN_RULE_NO_TRIVIAL_PIN))
		return CS_OK;
	for (size_t i = 0; i < len; i++) {
		if (block[i] < 0x20 || block[i] > 0x7E)
			return CS_ERR_MALFORMED;
	}
	return block_is_trivial(block, len) ? CS_ERR_MALFORMED : CS_OK;
}
