/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ML-DSA's mu is SHAKE256(tr || domain || length of context || context || message or digest), tr the digest
 * of the public key: the host makes it, of a message as long as it may be, and the card signs it. SM2's e is
 * SM3(Z || message), Z the digest of identity, curve and public key. Invariants:
 *   1. Who signs, and with which key, is in what is signed.
 *   2. A length that its field cannot tell is refused.
 */
#include "pkcs11/dsa.h"

#include <string.h>

#include "pkcs11/attribute.h"
#include "pkcs11/operation.h"
#include "pkcs11/token.h"

#define TR_LEN	    64u
#define CONTEXT_MAX 255u
#define DOMAIN_PURE ((uint8_t)0)
#define DOMAIN_HASH ((uint8_t)1)

#define SM2_IDENTITY_MAX 8191u /* bytes: its length in bits has two */

/* 2.16.840.1.101.3.4.2.x */
#define OID_HASH 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02

static const struct prehash {
	CK_MECHANISM_TYPE hash;
	uint8_t oid_last;
} prehashes[] = {
    {CKM_SHA256, 1},
    {CKM_SHA384, 2},
    {CKM_SHA512, 3},
    {CKM_SHA224, 4},
    {CKM_SHA3_224, 7},
    {CKM_SHA3_256, 8},
    {CKM_SHA3_384, 9},
    {CKM_SHA3_512, 10},
    {CKM_HASH_ML_DSA_SHAKE128, 11},
    {CKM_HASH_ML_DSA_SHAKE256, 12},
};

static const struct prehash *prehash_of(CK_MECHANISM_TYPE hash)
{
	for (size_t i = 0; i < sizeof(prehashes) / sizeof(prehashes[0]); i++) {
		if (prehashes[i].hash == hash)
			return &prehashes[i];
	}
	return NULL;
}

/* The point or raw key of the operation's object; it borrows from buffer or the token. */
static CK_RV public_of(struct token *token, const struct operation *op, uint8_t *buffer,
		       struct cs_view *point)
{
	struct cs_view spki;
	struct pubkey key;
	CK_RV rv = attribute_public_key(token, op->key.object, buffer, &spki);

	if (rv != CKR_OK)
		return rv;
	if (pubkey_parse(spki, &key) != CS_OK)
		return CKR_KEY_TYPE_INCONSISTENT;
	*point = key.point;
	return CKR_OK;
}

/* ---- ML-DSA ---- */

/* CK_SIGN_ADDITIONAL_CONTEXT, which may be left out, or with the digest's name in it. */
static CK_RV read_context(struct operation *op, const CK_MECHANISM *m,
			  CK_HASH_SIGN_ADDITIONAL_CONTEXT *context)
{
	bool named = op->mechanism->scheme == SCHEME_HASH_ML_DSA && op->mechanism->hash == CKM_NONE;
	size_t len = named ? sizeof(*context) : sizeof(CK_SIGN_ADDITIONAL_CONTEXT);

	memset(context, 0, sizeof(*context));
	context->hash = op->mechanism->hash;
	if (m->ulParameterLen == 0 && !named)
		return CKR_OK;
	if (m->pParameter == NULL || m->ulParameterLen != len)
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(context, m->pParameter, len);
	if (context->ulContextLen > CONTEXT_MAX || (context->pContext == NULL && context->ulContextLen > 0))
		return CKR_MECHANISM_PARAM_INVALID;
	/* The card's signatures are hedged; who verifies does not mind. */
	if (op->decrypts && context->hedgeVariant != CKH_HEDGE_PREFERRED &&
	    context->hedgeVariant != CKH_HEDGE_REQUIRED)
		return CKR_MECHANISM_PARAM_INVALID;
	return CKR_OK;
}

static CK_RV digest_of_key(struct token *token, const struct operation *op, uint8_t tr[TR_LEN])
{
	uint8_t spki[PUBKEY_SPKI_MAX];
	EVP_MD_CTX *shake;
	struct cs_view key;
	CK_RV rv = public_of(token, op, spki, &key);

	if (rv != CKR_OK)
		return rv;
	shake = hash_start(hash_shake256());
	if (shake == NULL || hash_update(shake, key) != CS_OK || hash_squeeze(shake, tr, TR_LEN) != CS_OK)
		rv = CKR_FUNCTION_FAILED;
	hash_free(shake);
	return rv;
}

static CK_RV write_prefix(struct token *token, struct operation *op, uint8_t domain, struct cs_view context)
{
	const uint8_t head[] = {domain, (uint8_t)context.len};
	uint8_t tr[TR_LEN];
	CK_RV rv = digest_of_key(token, op, tr);

	if (rv == CKR_OK)
		rv = buffer_append(&op->prefix, CS_VIEW_OF(tr), SIZE_MAX);
	if (rv == CKR_OK)
		rv = buffer_append(&op->prefix, CS_VIEW_OF(head), SIZE_MAX);
	return rv == CKR_OK ? buffer_append(&op->prefix, context, SIZE_MAX) : rv;
}

static CK_RV ml_dsa_begin(struct token *token, struct operation *op, const CK_MECHANISM *m, bool message_only)
{
	bool pure = op->mechanism->scheme == SCHEME_ML_DSA;
	CK_HASH_SIGN_ADDITIONAL_CONTEXT context;
	CK_RV rv = read_context(op, m, &context);

	if (rv != CKR_OK)
		return rv;
	if (message_only && !pure)
		return CKR_MECHANISM_INVALID;
	if (message_only)
		return context.ulContextLen == 0 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
	/* A digest that the caller brings has the name of a mechanism, which SHAKE's have not. */
	op->hash = pure ? hash_shake256() : hash_of_ml_dsa(op->mechanism->hash);
	if (op->hash == NULL)
		op->hash = hash_by_mechanism(context.hash);
	if (op->hash == NULL || (!pure && prehash_of(context.hash) == NULL))
		return CKR_MECHANISM_PARAM_INVALID;
	rv = write_prefix(token, op, pure ? DOMAIN_PURE : DOMAIN_HASH,
			  cs_view(context.pContext, context.ulContextLen));
	/* The caller's digest is kept as it comes. */
	if (rv != CKR_OK || (!pure && op->mechanism->hash == CKM_NONE))
		return rv;
	return operation_digest(op);
}

/* A digest goes behind the prefix, after the name of what it is a digest by. */
static CK_RV mu_of_digest(const struct operation *op, struct cs_view digest, uint8_t *mu)
{
	const uint8_t oid[] = {OID_HASH, prehash_of(op->hash->mechanism)->oid_last};
	EVP_MD_CTX *shake;
	CK_RV rv = CKR_OK;

	if (digest.len != op->hash->len)
		return CKR_DATA_LEN_RANGE;
	shake = hash_start(hash_shake256());
	if (shake == NULL || hash_update(shake, buffer_view(&op->prefix)) != CS_OK ||
	    hash_update(shake, CS_VIEW_OF(oid)) != CS_OK || hash_update(shake, digest) != CS_OK ||
	    hash_squeeze(shake, mu, PIV_MLDSA_MU_LEN) != CS_OK)
		rv = CKR_FUNCTION_FAILED;
	hash_free(shake);
	return rv;
}

CK_RV dsa_mu(struct operation *op, uint8_t mu[PIV_MLDSA_MU_LEN])
{
	uint8_t digest[HASH_MAX];
	enum cs_err err;

	if (op->mechanism->scheme == SCHEME_ML_DSA)
		return hash_squeeze(op->digest, mu, PIV_MLDSA_MU_LEN) == CS_OK ? CKR_OK : CKR_FUNCTION_FAILED;
	if (op->digest == NULL)
		return mu_of_digest(op, buffer_view(&op->data), mu);
	err =
	    op->hash->xof ? hash_squeeze(op->digest, digest, op->hash->len) : hash_finish(op->digest, digest);
	if (err != CS_OK)
		return CKR_FUNCTION_FAILED;
	return mu_of_digest(op, cs_view(digest, op->hash->len), mu);
}

/* ---- SM2 ---- */

/* a, b and the generator of the recommended curve (GB/T 32918.5). */
static const uint8_t sm2_curve[] = {
    0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFC,
    0x28, 0xE9, 0xFA, 0x9E, 0x9D, 0x9F, 0x5E, 0x34, 0x4D, 0x5A, 0x9E, 0x4B, 0xCF, 0x65, 0x09, 0xA7,
    0xF3, 0x97, 0x89, 0xF5, 0x15, 0xAB, 0x8F, 0x92, 0xDD, 0xBC, 0xBD, 0x41, 0x4D, 0x94, 0x0E, 0x93,
    0x32, 0xC4, 0xAE, 0x2C, 0x1F, 0x19, 0x81, 0x19, 0x5F, 0x99, 0x04, 0x46, 0x6A, 0x39, 0xC9, 0x94,
    0x8F, 0xE3, 0x0B, 0xBF, 0xF2, 0x66, 0x0B, 0xE1, 0x71, 0x5A, 0x45, 0x89, 0x33, 0x4C, 0x74, 0xC7,
    0xBC, 0x37, 0x36, 0xA2, 0xF4, 0xF6, 0x77, 0x9C, 0x59, 0xBD, 0xCE, 0xE3, 0x6B, 0x69, 0x21, 0x53,
    0xD0, 0xA9, 0x87, 0x7C, 0xC6, 0x2A, 0x47, 0x40, 0x02, 0xDF, 0x32, 0xE5, 0x21, 0x39, 0xF0, 0xA0,
};

static CK_RV sm2_begin(struct token *token, struct operation *op, const CK_MECHANISM *m)
{
	struct cs_view identity = cs_view(m->pParameter, m->ulParameterLen), point;
	uint8_t spki[PUBKEY_SPKI_MAX], z[PIV_SM2_DIGEST_LEN], bits[2];
	CK_RV rv;

	if (identity.len == 0)
		identity = CS_VIEW_TEXT("1234567812345678");
	if (identity.ptr == NULL || identity.len > SM2_IDENTITY_MAX)
		return CKR_MECHANISM_PARAM_INVALID;
	bits[0] = (uint8_t)(identity.len * 8 >> 8);
	bits[1] = (uint8_t)(identity.len * 8);
	rv = public_of(token, op, spki, &point);
	if (rv == CKR_OK) {
		const struct cs_view parts[] = {CS_VIEW_OF(bits), identity, CS_VIEW_OF(sm2_curve),
						cs_view(point.ptr + 1, point.len - 1)};

		if (hash_digest(hash_sm3(), parts, sizeof(parts) / sizeof(parts[0]), z) != CS_OK)
			rv = CKR_FUNCTION_FAILED;
	}
	if (rv == CKR_OK)
		rv = buffer_append(&op->prefix, CS_VIEW_OF(z), SIZE_MAX);
	op->hash = hash_sm3();
	return rv == CKR_OK ? operation_digest(op) : rv;
}

CK_RV dsa_begin(struct token *token, struct operation *op, const CK_MECHANISM *m, bool message_only)
{
	if (op->mechanism->scheme == SCHEME_SM2_SM3)
		return sm2_begin(token, op, m);
	return ml_dsa_begin(token, op, m, message_only);
}
