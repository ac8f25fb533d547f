/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card's 24 PIV slots as we know them: what is asked of the card is asked once, when it is first needed,
 * and kept until the card goes or we change it ourselves. CKA_ID is the slot's number here plus one.
 */
#ifndef COUNTERSIGN_PKCS11_KEYSTORE_H
#define COUNTERSIGN_PKCS11_KEYSTORE_H

#include "base/bytes.h"
#include "base/piv.h"
#include "cardclient/csgn.h"
#include "cardclient/piv.h"
#include "pkcs11/pubkey.h"

#define KEYSTORE_SLOTS 24u

struct token;

struct key_slot {
	bool key_known, has_key;
	bool foreign; /* has a key that we have no mechanism for: it is not shown, nor written over */
	enum piv_alg alg;
	struct cc_piv_policy policy;
	enum piv_origin origin;
	uint8_t *spki; /* owned; NULL where the card did not tell it */
	size_t spki_len;
	bool certificate_known, has_certificate;
	uint8_t *certificate; /* owned; NULL where it has not been read yet */
	size_t certificate_len;
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

/* What the card told of its contents at once: nothing more need be asked of empty slots. */
void keystore_learn(struct token *token, const struct cc_csgn_contents *contents);

/* After a change on the card. */
CS_MUST_CHECK enum cs_err keystore_set_key(struct token *token, size_t index, const struct cc_piv_public *key,
					   struct cc_piv_policy policy, enum piv_origin origin);
void keystore_drop_key(struct token *token, size_t index);
void keystore_drop_certificate(struct token *token, size_t index);
void keystore_free(struct keystore *keys);

#endif
