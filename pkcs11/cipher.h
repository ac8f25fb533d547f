/* SPDX-License-Identifier: BSD-2-Clause
 *
 * AES with secret keys: ECB, CBC, CBC with the padding of PKCS #7, CTR, GCM, and key wrapping (RFC 3394, RFC 5649).
 *
 * ECB, CBC and CTR yield what they can with each part. GCM and key wrapping keep the parts, and yield all at the
 * end: no plain text leaves that has not been authenticated.
 */
#ifndef COUNTERSIGN_PKCS11_CIPHER_H
#define COUNTERSIGN_PKCS11_CIPHER_H

#include "pkcs11/secret.h"

#define CIPHER_BLOCK	16u
#define CIPHER_DATA_MAX (1u << 26) /* bytes that are kept at most until the end */

/* Whether the scheme is one of this file's. */
bool cipher_scheme(enum scheme scheme);

/* Begins op->cipher (or, for what keeps its parts, op->data_max, op->label, op->iv) for the key. */
CK_RV cipher_begin(struct operation *op, const CK_MECHANISM *mechanism, const struct secret_key *key, bool decrypt);

/* How many bytes another part of len bytes yields; last: and the end. An upper bound where decryption takes
 * padding away. */
size_t cipher_yields(const struct operation *op, size_t len, bool last);

/* Takes the part in and appends what it yields. */
CK_RV cipher_run(struct token *token, struct operation *op, struct cs_view part, struct buffer *out);
/* Appends the rest. CKR_DATA_LEN_RANGE, CKR_ENCRYPTED_DATA_LEN_RANGE, CKR_ENCRYPTED_DATA_INVALID,
 * CKR_AEAD_DECRYPT_FAILED. */
CK_RV cipher_end(struct token *token, struct operation *op, struct buffer *out);

/* ---- gcm.c ---- */

#define GCM_TAG_MAX 16u
#define GCM_IV_MAX  128u

/* One message. */
struct gcm {
	bool decrypt;
	struct cs_view iv, aad, text;
	uint8_t tag[GCM_TAG_MAX]; /* made, or to be checked */
	size_t tag_len;
};

/* Appends what comes out to out. CKR_AEAD_DECRYPT_FAILED: the tag is wrong, and nothing came out.
 * CKR_MECHANISM_PARAM_INVALID, CKR_DATA_LEN_RANGE: the card can't, whose nonces have 12 bytes, whose tags 16. */
CK_RV gcm_run(struct token *token, const struct secret_key *key, struct gcm *gcm, struct buffer *out);
/* Bytes of a tag that SP 800-38D has; 0 where it has none of so many bits. */
size_t gcm_tag_bytes(CK_ULONG bits);
/* Of a key of the card. */
bool gcm_card_takes(size_t iv_len, size_t tag_len);

/* ---- keywrap.c ---- */

/* RFC 3394, with padding RFC 5649. CKR_DATA_LEN_RANGE, CKR_ENCRYPTED_DATA_LEN_RANGE; CKR_ENCRYPTED_DATA_INVALID. */
struct key_wrap {
	bool unwrap, padded;
	struct cs_view iv, text; /* iv empty: the RFC's */
};
/* What keywrap_run says of the length, which needs no key. */
CK_RV keywrap_length(const struct key_wrap *wrap);
CK_RV keywrap_run(const struct secret_key *key, const struct key_wrap *wrap, struct buffer *out);

/* cipher may be NULL. */
void cipher_free(struct cipher *cipher);

#endif
