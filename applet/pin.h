/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PIN, PUK and SO PIN: reference data and tries. Of a reference the store has no more than what tells whether a block
 * is it: a salted digest under the device key; beside it lies the data key of secret.h, sealed under a second key
 * derived from the block, which a comparison that succeeds opens. The record of the tries is written before a
 * comparison, and again only after one that succeeded: power loss, or a store that fails, costs a try and never gives
 * one.
 */
#ifndef COUNTERSIGN_APPLET_PIN_H
#define COUNTERSIGN_APPLET_PIN_H

#include "applet/card_private.h"

enum pin { PIN_USER, PIN_PUK, PIN_SO, PIN_COUNT };

#define PIN_TRIES_MAX 15u /* 63Cx can say no more */
#define PIN_CHANGES   2u  /* store changes that setting a PIN takes */

#define PIN_SALT_LEN	  16u
#define PIN_VERIFIER_LEN  32u
#define PIN_REFERENCE_LEN (2u + PIN_SALT_LEN + PIN_VERIFIER_LEN + SECRET_KEY_LEN + CRYPTO_AEAD_TAG_LEN)

struct pin_info {
	bool set;	  /* there is reference data */
	bool is_default;  /* it is the factory's */
	bool must_change; /* it verifies, but opens nothing until it was changed */
	uint8_t tries_left, tries_total;
};

/* A SO PIN that is still the factory's has no tries left while the PUK has none: its owner gave away what he knew of, and
 * would leave what everybody knows. Its commands refuse it then; pin_compare, which knows one reference only, does not. */
CS_MUST_CHECK enum cs_err pin_info(struct card *card, enum pin pin, struct pin_info *info);

/* What a comparison finds. Wipe it. */
struct pin_match {
	uint8_t tries_left;		  /* after CS_ERR_WRONG */
	uint8_t tries_total;		  /* these three after CS_OK */
	bool must_change;
	uint8_t data_key[SECRET_KEY_LEN];
};

/* Compares a block, as VERIFY brings it. CS_ERR_WRONG with match->tries_left; CS_ERR_BLOCKED without a comparison;
 * CS_ERR_MALFORMED, without spending a try, for a block that no PIN can have; the store's errors, and then too the
 * block is to be taken as wrong. An empty block spends a try: hosts (ykman's reset) send it to block a PIN on purpose,
 * and SP 800-73-5 part 2 (3.2.1) leaves the choice. */
CS_MUST_CHECK enum cs_err pin_compare(struct card *card, enum pin pin, const uint8_t block[PIV_PIN_LEN],
				      struct pin_match *match);

/* What a verified PIN has opened is closed again on all channels but one (NULL: on all): the PIN was changed there, set
 * anew, or blocked. pin_compare does it when the last try is gone. */
void pin_revoke(struct card *card, const struct channel *except, enum pin pin);

/* Padding and nothing else. */
bool pin_is_empty(const uint8_t block[PIV_PIN_LEN]);

/* The factory's block. */
const uint8_t *pin_factory(enum pin pin);

/* A PIN to be set; the pointers are borrowed for the call. */
struct pin_value {
	const uint8_t *block;	 /* PIV_PIN_LEN bytes, padded */
	const uint8_t *data_key; /* SECRET_KEY_LEN bytes */
	uint8_t tries_total;	 /* 1 to PIN_TRIES_MAX; that many are left then */
	bool must_change;
};

/* The records that a PIN is made of, for a store_apply: the functions below fill changes, which borrow from it. */
struct pin_records {
	uint8_t reference[PIN_REFERENCE_LEN];
	uint8_t tries[1];
};

/* The reference record alone, wherever it is kept. CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err pin_reference(struct card *card, enum pin pin, const struct pin_value *value,
					uint8_t reference[PIN_REFERENCE_LEN]);

/* New reference data, all tries. CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err pin_set(struct card *card, enum pin pin, const struct pin_value *value,
				  struct pin_records *rec, struct store_change changes[PIN_CHANGES]);
/* rec->reference is one already (pin_reference): all its tries. */
void pin_set_reference(struct pin_records *rec, struct store_change changes[PIN_CHANGES], enum pin pin);
/* No reference data: a PIN that is still to be set answers as a blocked one. */
void pin_set_none(struct pin_records *rec, struct store_change changes[PIN_CHANGES], enum pin pin,
		  uint8_t tries_total);
/* Another limit for a PIN that stays as it is. No try is given: there are as many left as before, or as the new limit
 * allows. */
CS_MUST_CHECK enum cs_err pin_set_limit(struct card *card, enum pin pin, uint8_t tries_total,
					struct pin_records *rec, struct store_change changes[PIN_CHANGES]);

/* A block for 6 to 8 bytes as people type them. CS_ERR_MALFORMED for another length. */
CS_MUST_CHECK enum cs_err pin_pad(struct cs_view typed, uint8_t block[PIV_PIN_LEN]);

/* Number of characters before the padding, or 0 for a block that no PIN can have. */
size_t pin_length(const uint8_t block[PIV_PIN_LEN]);

#endif
