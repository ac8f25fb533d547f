/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card's 24 PIV slots as we know them. Our card tells of all at once (keystore_take); of another's, what is asked of it is
 * asked once, when it is first needed. It is kept until the card goes, tells otherwise, or we change it ourselves. No
 * certificate of ours is read before someone wants to know what is in it. CKA_ID is the slot's number here plus one, where the
 * card keeps no other.
 */
#ifndef COUNTERSIGN_PKCS11_KEYSTORE_H
#define COUNTERSIGN_PKCS11_KEYSTORE_H

#include "base/bytes.h"
#include "base/piv.h"
#include "cardclient/inventory.h"
#include "cardclient/piv.h"
#include "pkcs11/card_attributes.h"
#include "pkcs11/pubkey.h"

#define KEYSTORE_SLOTS 24u

struct token;

struct key_slot {
	bool key_known, has_key;
	bool foreign; /* has a key of a kind that we do not know: it is not shown, nor written over */
	enum piv_alg alg;
	struct cc_piv_policy policy;
	enum piv_origin origin;
	uint8_t *spki; /* owned; NULL where the card did not tell it */
	size_t spki_len;
	struct card_attributes attributes; /* of the key, both halves */
	bool certificate_known, has_certificate;
	uint8_t *certificate; /* owned; NULL where it has not been read yet */
	size_t certificate_len;
	bool digest_told;
	uint8_t digest[32]; /* SHA-256 of the object that holds the certificate */
	struct card_attributes certificate_attributes;
};

struct keystore {
	struct key_slot slots[KEYSTORE_SLOTS];
	bool no_metadata; /* the card has no GET METADATA: there is a key where there is a certificate */
};

/* The key reference, and the name that PIV has for the slot: "PIV Authentication". index is below
 * KEYSTORE_SLOTS. */
uint8_t keystore_ref(size_t index);
const char *keystore_name(size_t index);

/* Each returns CS_OK, with *there saying whether the slot has it, or an error of the card. */
CS_MUST_CHECK enum cs_err keystore_has_key(struct token *token, size_t index, bool *there);
CS_MUST_CHECK enum cs_err keystore_has_certificate(struct token *token, size_t index, bool *there);
CS_MUST_CHECK enum cs_err keystore_has_public(struct token *token, size_t index, bool *there);
/* Whether a new key would take the place of one, of those too that are not shown. */
CS_MUST_CHECK enum cs_err keystore_occupied(struct token *token, size_t index, bool *occupied);

enum keystore_part { KEYSTORE_KEYS = 1, KEYSTORE_CERTIFICATES = 2 };

/* Finds out about all slots in one transaction; which: bits of enum keystore_part. */
CS_MUST_CHECK enum cs_err keystore_load(struct token *token, unsigned which);

/* The certificate (DER), borrowed until it is changed. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err keystore_certificate(struct token *token, size_t index, struct cs_view *out);
/* SubjectPublicKeyInfo: of the key, or where the card does not tell it, of the certificate. CS_ERR_NOT_FOUND.
 */
CS_MUST_CHECK enum cs_err keystore_spki(struct token *token, size_t index, struct cs_view *out);
/* The algorithm of the key. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err keystore_alg(struct token *token, size_t index, enum piv_alg *out);

/* By what is known: the slot's PIN policy, with PIV's own where the card tells none. */
enum piv_pin_policy keystore_pin_policy(const struct token *token, size_t index);

/* ---- from INVENTORY ---- */

/* A slot of which nothing is told after this has nothing. */
void keystore_all_told(struct keystore *keys);
/* An entry that is neither a slot's key nor its certificate is left alone. CS_ERR_MEMORY, CS_ERR_MALFORMED. */
CS_MUST_CHECK enum cs_err keystore_take(struct keystore *keys, const struct cc_entry *entry);
/* now is as fresh from here on, with what was read already of certificates that are still the same; fresh is then empty. */
void keystore_replace(struct keystore *now, struct keystore *fresh);

/* After a change on the card. drop: nothing is known, it is asked for when it is needed. A key that is new, or gone, has no
 * attributes; a certificate that is written over keeps them; der empty: it was deleted. */
CS_MUST_CHECK enum cs_err keystore_set_key(struct token *token, size_t index, const struct cc_piv_public *key,
					   struct cc_piv_policy policy, enum piv_origin origin);
void keystore_no_key(struct token *token, size_t index);
void keystore_drop_key(struct token *token, size_t index);
CS_MUST_CHECK enum cs_err keystore_set_certificate(struct token *token, size_t index, struct cs_view der);
void keystore_drop_certificate(struct token *token, size_t index);
void keystore_free(struct keystore *keys);

/* ---- of one slot: what the card told of it ---- */

/* key: NULL where the card told no public key. */
CS_MUST_CHECK enum cs_err key_slot_set(struct key_slot *slot, enum piv_alg alg, const struct cc_piv_public *key,
				       struct cc_piv_policy policy, enum piv_origin origin);
/* A certificate that does not parse is not shown; it does not hide the others either. */
CS_MUST_CHECK enum cs_err key_slot_keep_certificate(struct key_slot *slot, struct cs_view der);

#endif
