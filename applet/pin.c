/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reference data and tries. A reference record is: flags, tries in all, salt, verifier, the data key sealed.
 * From salt and block HKDF-SHA-256 (RFC 5869, the device key as its salt) makes the verifier and the key that
 * seals.
 *
 *   tries n > 0 --compare: store n-1--> equal: store total --> verified, data key opened
 *                                   \-> wrong: n-1 left; 0 left: blocked
 *   blocked --new reference data (pin_set)--> tries total
 *
 * Invariants:
 * 1. No comparison happens unless the spent try is durable.
 * 2. The tries record is raised only by a comparison that succeeded or together with new reference data.
 * 3. A missing or damaged record counts as no tries.
 * 4. No record holds a block, nor what a block can be had from without trying all of them.
 * 5. Each reference has tries of its own: a comparison with one changes no other's.
 * 6. A data key leaves a reference record only by a comparison that succeeded.
 */
#include "applet/pin.h"

#include <string.h>

#include "applet/records.h"
#include "base/secret.h"

/* Flags. Unset: the rest is of no use, the record keeps the place, so that a full card can take a PIN. */
#define FLAG_DEFAULT	 0x01u
#define FLAG_UNSET	 0x02u
#define FLAG_MUST_CHANGE 0x04u

/* Places in a reference record. */
#define AT_FLAGS    0u
#define AT_TOTAL    1u
#define AT_SALT	    2u
#define AT_VERIFIER (AT_SALT + PIN_SALT_LEN)
#define AT_DATA_KEY (AT_VERIFIER + PIN_VERIFIER_LEN)

struct pin_row {
	uint16_t reference, tries; /* record ids */
	uint8_t number;		   /* the reference's on the wire */
	uint8_t factory[PIV_PIN_LEN];
};

static const struct pin_row pin_rows[PIN_COUNT] = {
    [PIN_USER] = {RECORD_PIN,
		  RECORD_PIN_TRIES,
		  PIV_REF_PIN,
		  {'1', '2', '3', '4', '5', '6', PIV_PIN_PAD, PIV_PIN_PAD}},
    [PIN_PUK] = {RECORD_PUK, RECORD_PUK_TRIES, PIV_REF_PUK, {'1', '2', '3', '4', '5', '6', '7', '8'}},
    [PIN_SO] = {RECORD_SO, RECORD_SO_TRIES, CSGN_REF_SO, {'1', '2', '3', '4', '5', '6', '7', '8'}},
};

const uint8_t *pin_factory(enum pin pin)
{
	return pin_rows[pin].factory;
}

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

static enum cs_err reference_load(struct card *card, enum pin pin, uint8_t reference[PIN_REFERENCE_LEN])
{
	struct cs_writer w = cs_writer_of(reference, PIN_REFERENCE_LEN);
	enum cs_err err = store_get(&card->store, pin_rows[pin].reference, &w);

	return !err && w.len != PIN_REFERENCE_LEN ? CS_ERR_CORRUPT : err;
}

static uint8_t tries_of_profile(const struct card *card, enum pin pin)
{
	const uint8_t tries[PIN_COUNT] = {card->profile.pin_tries, card->profile.puk_tries,
					  card->profile.so_tries};

	return tries[pin];
}

/* What pin_info says of one that opens nothing. */
static enum cs_err info_close(struct card *card, struct pin_info *info)
{
	uint8_t puk_tries = 0;
	enum cs_err err = tries_load(card, PIN_PUK, &puk_tries);

	if (!err && puk_tries == 0)
		info->tries_left = 0;
	return err;
}

enum cs_err pin_info(struct card *card, enum pin pin, struct pin_info *info)
{
	uint8_t reference[PIN_REFERENCE_LEN] = {0};
	struct pin_info got = {.tries_total = tries_of_profile(card, pin)};
	enum cs_err err = reference_load(card, pin, reference);
	uint8_t flags = reference[AT_FLAGS];

	if (!err) {
		got.set = (flags & FLAG_UNSET) == 0;
		got.is_default = (flags & FLAG_DEFAULT) != 0;
		got.must_change = (flags & FLAG_MUST_CHANGE) != 0;
		got.tries_total = reference[AT_TOTAL];
	}
	if (!err || err == CS_ERR_NOT_FOUND)
		err = tries_load(card, pin, &got.tries_left);
	if (!err && pin == PIN_SO && got.is_default)
		err = info_close(card, &got);
	if (!err)
		*info = got;
	return err;
}

/* ---- blocks ---- */

size_t pin_length(const uint8_t block[PIV_PIN_LEN])
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

enum cs_err pin_pad(struct cs_view typed, uint8_t block[PIV_PIN_LEN])
{
	if (typed.len < PIV_PIN_LEN_MIN || typed.len > PIV_PIN_LEN)
		return CS_ERR_MALFORMED;
	memset(block, PIV_PIN_PAD, PIV_PIN_LEN);
	memcpy(block, typed.ptr, typed.len);
	return CS_OK;
}

/* ---- what is derived from a block ---- */

struct derived {
	uint8_t verifier[PIN_VERIFIER_LEN];
	uint8_t key[CRYPTO_AEAD_KEY_LEN];
};

static enum cs_err derive(struct card *card, enum pin pin, const uint8_t salt[PIN_SALT_LEN],
			  const uint8_t block[PIV_PIN_LEN], struct derived *out)
{
	static const uint8_t label[] = "countersign pin 1";
	static const uint8_t info_verify[] = {'v', 'e', 'r', 'i', 'f', 'y', 1};
	static const uint8_t info_seal[] = {'s', 'e', 'a', 'l', 1};
	const struct crypto *crypto = card->ports.crypto;
	uint8_t input[sizeof(label) + 1 + PIN_SALT_LEN + PIV_PIN_LEN], prk[PIN_VERIFIER_LEN];
	struct cs_writer w = CS_WRITER_OF(input);
	enum cs_err err;

	cs_write_view(&w, CS_VIEW_OF(label));
	cs_write_u8(&w, pin_rows[pin].number);
	cs_write_view(&w, cs_view(salt, PIN_SALT_LEN));
	cs_write_view(&w, cs_view(block, PIV_PIN_LEN));
	err = crypto->hmac(crypto->ctx, CS_SHA256, CS_VIEW_OF(card->ports.platform->device_key),
			   CS_VIEW_OF(input), prk);
	if (!err)
		err = crypto->hmac(crypto->ctx, CS_SHA256, CS_VIEW_OF(prk), CS_VIEW_OF(info_verify),
				   out->verifier);
	if (!err)
		err = crypto->hmac(crypto->ctx, CS_SHA256, CS_VIEW_OF(prk), CS_VIEW_OF(info_seal), out->key);
	cs_wipe(input, sizeof(input));
	cs_wipe(prk, sizeof(prk));
	return err;
}

/* The key seals once: each reference has a salt of its own. */
static const uint8_t nonce[CRYPTO_AEAD_NONCE_LEN];

static enum cs_err data_key_open(struct card *card, const struct derived *derived,
				 const uint8_t reference[PIN_REFERENCE_LEN], uint8_t data_key[SECRET_KEY_LEN])
{
	const struct crypto *crypto = card->ports.crypto;

	return crypto->aead_open(crypto->ctx, derived->key, nonce, CS_VIEW_EMPTY,
				 cs_view(reference + AT_DATA_KEY, SECRET_KEY_LEN + CRYPTO_AEAD_TAG_LEN),
				 data_key);
}

/* ---- comparison ---- */

static enum cs_err reference_compare(struct card *card, enum pin pin, const uint8_t block[PIV_PIN_LEN],
				     struct pin_match *match)
{
	uint8_t reference[PIN_REFERENCE_LEN] = {0};
	struct derived derived = {{0}, {0}};
	enum cs_err err = reference_load(card, pin, reference);

	if (!err && (reference[AT_FLAGS] & FLAG_UNSET))
		err = CS_ERR_NOT_FOUND;
	if (!err)
		err = derive(card, pin, reference + AT_SALT, block, &derived);
	if (!err && !cs_equal_ct(derived.verifier, reference + AT_VERIFIER, PIN_VERIFIER_LEN))
		err = CS_ERR_WRONG;
	if (!err)
		err = data_key_open(card, &derived, reference, match->data_key);
	if (!err) {
		match->tries_total = reference[AT_TOTAL];
		match->must_change = (reference[AT_FLAGS] & FLAG_MUST_CHANGE) != 0;
	}
	cs_wipe(&derived, sizeof(derived));
	return err;
}

enum cs_err pin_compare(struct card *card, enum pin pin, const uint8_t block[PIV_PIN_LEN],
			struct pin_match *match)
{
	uint8_t tries = 0;
	enum cs_err err;

	memset(match, 0, sizeof(*match));
	if (pin_length(block) == 0 && !pin_is_empty(block))
		return CS_ERR_MALFORMED;
	err = tries_load(card, pin, &tries);
	if (err)
		return err;
	if (tries == 0)
		return CS_ERR_BLOCKED;
	err = tries_store(card, pin, (uint8_t)(tries - 1));
	if (err)
		return err;
	match->tries_left = (uint8_t)(tries - 1);
	err = reference_compare(card, pin, block, match);
	if (!err)
		err = tries_store(card, pin, match->tries_total);
	else if (match->tries_left == 0)
		pin_revoke(card, NULL, pin);
	if (err)
		cs_wipe(match->data_key, sizeof(match->data_key));
	return err;
}

/* ---- setting ---- */

static void records_fill(struct pin_records *rec, struct store_change changes[PIN_CHANGES], enum pin pin,
			 uint8_t tries)
{
	rec->tries[0] = tries;
	changes[0] =
	    (struct store_change){.id = pin_rows[pin].reference, .value = CS_VIEW_OF(rec->reference)};
	changes[1] = (struct store_change){.id = pin_rows[pin].tries, .value = CS_VIEW_OF(rec->tries)};
}

enum cs_err pin_reference(struct card *card, enum pin pin, const struct pin_value *value,
			  uint8_t reference[PIN_REFERENCE_LEN])
{
	const struct crypto *crypto = card->ports.crypto;
	struct derived derived = {{0}, {0}};
	enum cs_err err = crypto->random(crypto->ctx, reference + AT_SALT, PIN_SALT_LEN);

	reference[AT_FLAGS] = 0;
	if (cs_equal_ct(value->block, pin_rows[pin].factory, PIV_PIN_LEN))
		reference[AT_FLAGS] |= FLAG_DEFAULT;
	if (value->must_change)
		reference[AT_FLAGS] |= FLAG_MUST_CHANGE;
	reference[AT_TOTAL] = value->tries_total;
	if (!err)
		err = derive(card, pin, reference + AT_SALT, value->block, &derived);
	memcpy(reference + AT_VERIFIER, derived.verifier, PIN_VERIFIER_LEN);
	if (!err)
		err = crypto->aead_seal(crypto->ctx, derived.key, nonce, CS_VIEW_EMPTY,
					cs_view(value->data_key, SECRET_KEY_LEN), reference + AT_DATA_KEY);
	cs_wipe(&derived, sizeof(derived));
	return err;
}

enum cs_err pin_set(struct card *card, enum pin pin, const struct pin_value *value, struct pin_records *rec,
		    struct store_change changes[PIN_CHANGES])
{
	enum cs_err err = pin_reference(card, pin, value, rec->reference);

	records_fill(rec, changes, pin, value->tries_total);
	return err;
}

void pin_set_reference(struct pin_records *rec, struct store_change changes[PIN_CHANGES], enum pin pin)
{
	records_fill(rec, changes, pin, rec->reference[AT_TOTAL]);
}

void pin_set_none(struct pin_records *rec, struct store_change changes[PIN_CHANGES], enum pin pin,
		  uint8_t tries_total)
{
	memset(rec->reference, 0, sizeof(rec->reference));
	rec->reference[AT_FLAGS] = FLAG_UNSET;
	rec->reference[AT_TOTAL] = tries_total;
	records_fill(rec, changes, pin, 0);
}

enum cs_err pin_set_limit(struct card *card, enum pin pin, uint8_t tries_total, struct pin_records *rec,
			  struct store_change changes[PIN_CHANGES])
{
	uint8_t tries = 0;
	enum cs_err err = reference_load(card, pin, rec->reference);

	if (!err)
		err = tries_load(card, pin, &tries);
	if (err)
		return err;
	rec->reference[AT_TOTAL] = tries_total;
	records_fill(rec, changes, pin, tries < tries_total ? tries : tries_total);
	return CS_OK;
}
