/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Secret keys: in memory, where libcrypto uses them, and on the card, which gives none out.
 */
#ifndef COUNTERSIGN_PKCS11_SECRET_H
#define COUNTERSIGN_PKCS11_SECRET_H

#include "base/piv.h"
#include "cardclient/csgn.h"
#include "pkcs11/session.h"

#define SECRET_MAX 1024u /* bytes of the longest secret key */

/* A key that the card holds. */
struct card_key {
	uint8_t number; /* 0: it is in memory */
	enum piv_pin_policy pin;
	struct meant meant;
};

struct secret_key {
	struct object object;
	CK_KEY_TYPE type;
	struct card_key card;
	struct cs_view value; /* in memory: borrowed from the object */
};

/* CKR_KEY_HANDLE_INVALID where the object is no secret key, or gone. */
CK_RV secret_key_of(const struct token *token, struct object object, struct secret_key *out);

/* Where a new key's value comes from, for CKA_LOCAL and the like. What is derived of a key that was always sensitive and never
 * extractable is so itself, where its template says that it is (v3.2, 6.3.17). */
enum secret_origin { SECRET_CREATED, SECRET_UNWRAPPED, SECRET_DERIVED, SECRET_DERIVED_OF_HIDDEN, SECRET_GENERATED };

/* A secret key of this value and template, in the session or (CKA_TOKEN) on the card. CKA_VALUE_LEN cuts a derived value, of which the last bytes
 * stay (PKCS #11 v3.2, 6.3.19). Readable unless the template says that it is sensitive or not extractable. */
CK_RV secret_key_new(struct session *session, struct cs_view value, enum secret_origin origin,
		     const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_OBJECT_HANDLE_PTR out);

/* What a template says that no key may be, whatever is unwrapped: told before anything is. */
CK_RV secret_unwrap_check(const struct session *session, const CK_ATTRIBUTE *attributes, CK_ULONG count);

/* C_GenerateKey, and C_CreateObject of secret keys. */
CK_RV generate_key(struct session *session, const CK_MECHANISM *mechanism, const CK_ATTRIBUTE *attributes,
		   CK_ULONG count, CK_OBJECT_HANDLE_PTR out);
CK_RV secret_create(struct session *session, const CK_ATTRIBUTE *attributes, CK_ULONG count,
		    CK_OBJECT_HANDLE_PTR out);

/* The card's operation with a key of its own, how as enum csgn_use, with what its PIN policy demands. What the card
 * refuses as wrong (a MAC, a tag) is CKR_DATA_INVALID. CKR_KEY_HANDLE_INVALID: the number is another key's by now. */
CK_RV secret_use(struct token *token, const struct card_key *key, uint8_t how, const struct cc_secret_use *use);

/* Bytes of a key of this type: whether there can be one of so many. */
bool secret_length_ok(CK_KEY_TYPE type, size_t len);

#define CHECK_VALUE_LEN 3u

/* The key check value (4.10.2): of AES from a block, of others from the SHA-1 digest. */
CK_RV secret_check_value(CK_KEY_TYPE type, struct cs_view key, uint8_t out[CHECK_VALUE_LEN]);

#endif
