/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A private key in its slot: one record with algorithm, origin, policies, private and public part.
 */
#ifndef COUNTERSIGN_APPLET_PIV_KEY_H
#define COUNTERSIGN_APPLET_PIV_KEY_H

#include "applet/piv_algorithm.h"

struct piv_key {
	uint8_t algorithm;		  /* enum piv_alg */
	uint8_t origin;			  /* enum piv_origin */
	uint8_t pin_policy, touch_policy; /* never _DEFAULT: resolved when the key is made */
	struct cs_view priv, pub;	  /* as in crypto.h; borrowed: see each function */
	bool sealed;			  /* priv is an envelope (secret.h) */
};

/* The record of a slot for private keys; 0 where slot is not one. */
uint16_t piv_key_record(uint8_t slot);

/* key borrows from card->work until the next use of it. CS_ERR_NOT_FOUND: empty slot, or no such one. */
CS_MUST_CHECK enum cs_err piv_key_load(struct card *card, uint8_t slot, struct piv_key *key);

/* Writers into card->work for the two parts of a new key; its last kept bytes stay free. */
void piv_key_begin(struct card *card, size_t kept, struct cs_writer *priv, struct cs_writer *pub);

/* Puts a key together in card->work as the change for a store_apply, whether its parts were written there
 * (piv_key_begin) or lie elsewhere. What the PIN guards is sealed, but for the attestation key; channel may be NULL
 * (secret.h). Whatever the crypto port remembers of keys is forgotten. */
CS_MUST_CHECK enum cs_err piv_key_change(struct card *card, const struct channel *channel, uint8_t slot,
					 const struct piv_key *key, struct store_change *change);

/* Makes a loaded key's priv what crypto.h takes: opens it where the PIN sealed it, else nothing is to do. channel has
 * passed piv_key_permit, and slot is where the key was loaded from: one that was sealed without the PIN is stored anew,
 * sealed with it. */
CS_MUST_CHECK enum cs_err piv_key_open(struct card *card, const struct channel *channel, uint8_t slot,
				       struct piv_key *key);

/* Seals the key of a slot that an earlier version left bare; nothing for others. CS_ERR_NOT_FOUND; CS_ERR_FULL: it
 * stays as it is. */
CS_MUST_CHECK enum cs_err piv_key_seal(struct card *card, uint8_t slot);

/* The crypto port forgets the keys it remembers: before one is erased, moved or replaced, and without power. */
void piv_keys_forget(struct card *card);

/* PIN and touch policy of a new key: what the elements AA and AB of params ask, else the
 * profile, else the slot's default (9C:
 * PIN always, 9E: never, others: once; touch: never). CS_ERR_MALFORMED; CS_ERR_UNSUPPORTED: a touch that
 * nobody can give. */
CS_MUST_CHECK enum cs_err piv_key_policies(const struct card *card, uint8_t slot, struct cs_view params,
					   struct piv_key *key);

/* Security status for using the key now: CS_OK, CS_ERR_DENIED, or CS_ERR_EXPIRED: the PIN must be changed first. */
CS_MUST_CHECK enum cs_err piv_key_permit(const struct channel *channel, const struct piv_key *key);

#endif
