/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Secret keys of the Countersign application: AES and HMAC, made or imported, used on the card, never given out. One
 * record each, by number.
 */
#ifndef COUNTERSIGN_APPLET_SECRET_KEY_H
#define COUNTERSIGN_APPLET_SECRET_KEY_H

#include "applet/secret.h"

struct secret_key {
	uint8_t algorithm;		  /* enum csgn_secret_algorithm */
	uint8_t origin;			  /* enum piv_origin */
	uint8_t pin_policy, touch_policy; /* never _DEFAULT */
	uint16_t usage;			  /* bits of enum csgn_usage */
	uint8_t number;
	uint8_t len; /* of the key */
	bool sealed; /* bytes has an envelope (secret.h), which the PIN opens; else the key */
	uint8_t held;
	uint8_t bytes[CSGN_SECRET_KEY_MAX + SECRET_OVERHEAD]; /* held of them */
};

/* The record of the key of this number; 0 for a number that none has. */
uint16_t secret_key_record(uint8_t number);

/* CS_ERR_NOT_FOUND. key is the caller's to wipe. */
CS_MUST_CHECK enum cs_err secret_key_load(struct card *card, uint8_t number, struct secret_key *key);

/* Makes a loaded key what it is used as: len bytes of key. channel has passed piv_key_permit. One that was made without
 * the PIN is stored anew, sealed with it. */
CS_MUST_CHECK enum cs_err secret_key_open(struct card *card, const struct channel *channel, struct secret_key *key);

/* The elements of an INVENTORY entry that say what the key is, but not the key. */
CS_MUST_CHECK enum cs_err secret_key_describe(struct card *card, uint8_t number, struct cs_writer *out);

#endif
