/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PIN and PUK: reference data and tries. They are kept as the 8-byte blocks that the wire has, under the
 * store's seal. The record of the tries is written before a comparison, and again only after one that
 * succeeded: power loss, or a store that fails, costs a try and never gives one.
 */
#ifndef COUNTERSIGN_APPLET_PIN_H
#define COUNTERSIGN_APPLET_PIN_H

#include "applet/card_private.h"

enum pin { PIN_USER, PIN_PUK, PIN_COUNT };

#define PIN_TRIES_MAX 15u /* 63Cx can say no more */
#define PIN_CHANGES   2u  /* store changes that setting a PIN takes */

struct pin_info {
	bool set;			 /* there is reference data */
	bool is_default;		 /* it is the factory's */
	uint8_t tries_left, tries_total; /* in all: where none is set, what the profile will give it */
};

CS_MUST_CHECK enum cs_err pin_info(struct card *card, enum pin pin, struct pin_info *info);

/* Compares a block, as VERIFY brings it. CS_ERR_WRONG with *tries_left; CS_ERR_BLOCKED without a comparison;
 * CS_ERR_MALFORMED, without spending a try, for a block that no PIN can have; the store's errors, and then
 * too the block is to be taken as wrong. An empty block spends a try: hosts (ykman's reset) send it to block
 * a PIN on purpose, and SP 800-73-5 part 2 (3.2.1) leaves the choice. */
CS_MUST_CHECK enum cs_err pin_compare(struct card *card, enum pin pin, const uint8_t block[PIV_PIN_LEN],
				      uint8_t *tries_left);

/* What a verified PIN has opened is closed again on all channels but one (NULL: on all): the PIN was changed there, set
 * anew, or blocked. pin_compare does it when the last try is gone. */
void pin_revoke(struct card *card, const struct channel *except, enum pin pin);

/* Padding and nothing else. */
bool pin_is_empty(const uint8_t block[PIV_PIN_LEN]);

/* The records that a PIN is made of, for a store_apply: pin_set_* fills changes, which borrow from it. Wipe
 * it. */
struct pin_records {
	uint8_t reference[PIV_PIN_LEN + 2];
	uint8_t tries[1];
};

/* New reference data, all tries. */
void pin_set_block(struct pin_records *rec, struct store_change changes[PIN_CHANGES], enum pin pin,
		   const uint8_t block[PIV_PIN_LEN], uint8_t tries_total);
void pin_set_default(struct pin_records *rec, struct store_change changes[PIN_CHANGES], enum pin pin,
		     uint8_t tries_total);
/* No reference data: a PIN that is still to be set answers as a blocked one. */
void pin_set_none(struct pin_records *rec, struct store_change changes[PIN_CHANGES], enum pin pin);

/* A block for 6 to 8 bytes as people type them. CS_ERR_MALFORMED for another length. */
CS_MUST_CHECK enum cs_err pin_pad(struct cs_view typed, uint8_t block[PIV_PIN_LEN]);

/* May this block become a PIN? Always: 6 to 8 bytes, then padding. At least as many as the profile
 * asks for; with CSGN_RULE_NO_TRIVIAL_PIN printable ASCII, and not one character repeated nor a run up or
 * down (111111, 123456, 987654).
 * CS_ERR_MALFORMED if not. */
CS_MUST_CHECK enum cs_err pin_rules(const struct profile *profile, const uint8_t block[PIV_PIN_LEN]);

#endif
