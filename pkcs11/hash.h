/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The digests that the module knows, by the names that PKCS #11 has for them, computed by libcrypto in the
 * library context of our own (library.h).
 */
#ifndef COUNTERSIGN_PKCS11_HASH_H
#define COUNTERSIGN_PKCS11_HASH_H

#include <openssl/evp.h>

#include "base/bytes.h"
#include "cardclient/library.h"
#include "pkcs11/pkcs11.h"

#define HASH_MAX	64u /* bytes of the longest digest */
#define HASH_PREFIX_MAX 19u

struct hash {
	CK_MECHANISM_TYPE mechanism;
	CK_RSA_PKCS_MGF_TYPE mgf; /* MGF1 with this digest; 0: it has no name */
	const char *name;	  /* libcrypto's */
	size_t len;
	/* What PKCS #1's DigestInfo has before the digest (RFC 8017, 9.2, note 1). */
	uint8_t prefix[HASH_PREFIX_MAX];
	size_t prefix_len;
	bool xof; /* len bytes are taken of what has no end: hash_squeeze */
};

/* NULL where there is none. Static storage. */
const struct hash *hash_by_mechanism(CK_MECHANISM_TYPE mechanism);
const struct hash *hash_by_mgf(CK_RSA_PKCS_MGF_TYPE mgf);
/* For which PKCS #11 has no name: of SM2 and ML-DSA. */
const struct hash *hash_sm3(void);
const struct hash *hash_shake256(void);
/* Of CKM_HASH_ML_DSA_SHAKE128 and CKM_HASH_ML_DSA_SHAKE256 (FIPS 204, 5.4.1), which is its name here; NULL for others. */
const struct hash *hash_of_ml_dsa(CK_MECHANISM_TYPE mechanism);

/* Digest of the parts, one after the other, into out (hash->len bytes). CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err hash_digest(const struct hash *hash, const struct cs_view *parts, size_t count,
				      uint8_t *out);

/* The first len bytes of what SHAKE yields without end. */
CS_MUST_CHECK enum cs_err hash_squeeze(EVP_MD_CTX *ctx, uint8_t *out, size_t len);

/* A running digest; NULL where libcrypto fails. hash_free takes NULL. */
EVP_MD_CTX *hash_start(const struct hash *hash);
CS_MUST_CHECK enum cs_err hash_update(EVP_MD_CTX *ctx, struct cs_view part);
CS_MUST_CHECK enum cs_err hash_finish(EVP_MD_CTX *ctx, uint8_t *out);
void hash_free(EVP_MD_CTX *ctx);

#endif
