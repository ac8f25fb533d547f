/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Digests in the library context of our own.
 */
#include "pkcs11/hash.h"

/* The DER before the digest: SEQUENCE { SEQUENCE { OID, NULL }, OCTET STRING header }. The OIDs of SHA-2
 * and SHA-3 differ in one byte. */
#define NIST_PREFIX(total, oid_last, len)                                                                    \
	{                                                                                                    \
		0x30, total, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,         \
		    oid_last, 0x05, 0x00, 0x04, len                                                          \
	}

/* The standard has none with the truncated digests. */
#define NO_MGF 0u

static const struct hash hashes[] = {
    {CKM_SHA_1,
     CKG_MGF1_SHA1,
     "SHA1",
     20,
     {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A, 0x05, 0x00, 0x04, 0x14},
     15,
     false},
    {CKM_SHA224, CKG_MGF1_SHA224, "SHA224", 28, NIST_PREFIX(0x2D, 0x04, 0x1C), 19, false},
    {CKM_SHA256, CKG_MGF1_SHA256, "SHA256", 32, NIST_PREFIX(0x31, 0x01, 0x20), 19, false},
    {CKM_SHA384, CKG_MGF1_SHA384, "SHA384", 48, NIST_PREFIX(0x41, 0x02, 0x30), 19, false},
    {CKM_SHA512, CKG_MGF1_SHA512, "SHA512", 64, NIST_PREFIX(0x51, 0x03, 0x40), 19, false},
    {CKM_SHA512_224, NO_MGF, "SHA512-224", 28, NIST_PREFIX(0x2D, 0x05, 0x1C), 19, false},
    {CKM_SHA512_256, NO_MGF, "SHA512-256", 32, NIST_PREFIX(0x31, 0x06, 0x20), 19, false},
    {CKM_SHA3_224, CKG_MGF1_SHA3_224, "SHA3-224", 28, NIST_PREFIX(0x2D, 0x07, 0x1C), 19, false},
    {CKM_SHA3_256, CKG_MGF1_SHA3_256, "SHA3-256", 32, NIST_PREFIX(0x31, 0x08, 0x20), 19, false},
    {CKM_SHA3_384, CKG_MGF1_SHA3_384, "SHA3-384", 48, NIST_PREFIX(0x41, 0x09, 0x30), 19, false},
    {CKM_SHA3_512, CKG_MGF1_SHA3_512, "SHA3-512", 64, NIST_PREFIX(0x51, 0x0A, 0x40), 19, false},
};

/* Of no use but to the signatures that are made of them. */
static const struct hash sm3 = {.name = "SM3", .len = 32};
static const struct hash shake256 = {.name = "SHAKE256", .len = 64, .xof = true};
static const struct hash prehashes[] = {
    {.mechanism = CKM_HASH_ML_DSA_SHAKE128, .name = "SHAKE128", .len = 32, .xof = true},
    {.mechanism = CKM_HASH_ML_DSA_SHAKE256, .name = "SHAKE256", .len = 64, .xof = true},
};

const struct hash *hash_by_mechanism(CK_MECHANISM_TYPE mechanism)
{
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		if (hashes[i].mechanism == mechanism)
			return &hashes[i];
	}
	return NULL;
}

const struct hash *hash_by_mgf(CK_RSA_PKCS_MGF_TYPE mgf)
{
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		if (mgf != NO_MGF && hashes[i].mgf == mgf)
			return &hashes[i];
	}
	return NULL;
}

const struct hash *hash_sm3(void)
{
	return &sm3;
}

const struct hash *hash_shake256(void)
{
	return &shake256;
}

const struct hash *hash_of_ml_dsa(CK_MECHANISM_TYPE mechanism)
{
	for (size_t i = 0; i < sizeof(prehashes) / sizeof(prehashes[0]); i++) {
		if (prehashes[i].mechanism == mechanism)
			return &prehashes[i];
	}
	return NULL;
}

EVP_MD_CTX *hash_start(const struct hash *hash)
{
	OSSL_LIB_CTX *lib = cc_library();
	EVP_MD *md = lib != NULL ? EVP_MD_fetch(lib, hash->name, NULL) : NULL;
	EVP_MD_CTX *ctx = md != NULL ? EVP_MD_CTX_new() : NULL;

	if (ctx != NULL && EVP_DigestInit_ex2(ctx, md, NULL) != 1) {
		EVP_MD_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_MD_free(md);
	return ctx;
}

enum cs_err hash_update(EVP_MD_CTX *ctx, struct cs_view part)
{
	if (part.len == 0)
		return CS_OK;
	if (!cc_library_alive())
		return CS_ERR_CRYPTO;
	return EVP_DigestUpdate(ctx, part.ptr, part.len) == 1 ? CS_OK : CS_ERR_CRYPTO;
}

enum cs_err hash_finish(EVP_MD_CTX *ctx, uint8_t *out)
{
	if (!cc_library_alive())
		return CS_ERR_CRYPTO;
	return EVP_DigestFinal_ex(ctx, out, NULL) == 1 ? CS_OK : CS_ERR_CRYPTO;
}

enum cs_err hash_squeeze(EVP_MD_CTX *ctx, uint8_t *out, size_t len)
{
	if (!cc_library_alive())
		return CS_ERR_CRYPTO;
	return EVP_DigestFinalXOF(ctx, out, len) == 1 ? CS_OK : CS_ERR_CRYPTO;
}

void hash_free(EVP_MD_CTX *ctx)
{
	if (ctx != NULL && cc_library_alive())
		EVP_MD_CTX_free(ctx);
}

enum cs_err hash_digest(const struct hash *hash, const struct cs_view *parts, size_t count, uint8_t *out)
{
	EVP_MD_CTX *ctx = hash_start(hash);
	enum cs_err err = ctx != NULL ? CS_OK : CS_ERR_CRYPTO;

	for (size_t i = 0; err == CS_OK && i < count; i++)
		err = hash_update(ctx, parts[i]);
	if (err == CS_OK)
		err = hash_finish(ctx, out);
	hash_free(ctx);
	return err;
}
