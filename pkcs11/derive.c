/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CKM_ECDH1_DERIVE and its kin.
 */
#include "pkcs11/derive.h"

#include <string.h>

#include "base/secret.h"
#include "pkcs11/attribute.h"
#include "pkcs11/operation.h"
#include "pkcs11/point.h"
#include "pkcs11/secret.h"
#include "pkcs11/token.h"

/* Key derivation (X9.63, and SP 800-56A, which has the counter first). */
static const struct kdf {
	CK_EC_KDF_TYPE type;
	CK_MECHANISM_TYPE hash;
	bool counter_first;
} kdfs[] = {
    {CKD_SHA1_KDF, CKM_SHA_1, false},
    {CKD_SHA224_KDF, CKM_SHA224, false},
    {CKD_SHA256_KDF, CKM_SHA256, false},
    {CKD_SHA384_KDF, CKM_SHA384, false},
    {CKD_SHA512_KDF, CKM_SHA512, false},
    {CKD_SHA3_224_KDF, CKM_SHA3_224, false},
    {CKD_SHA3_256_KDF, CKM_SHA3_256, false},
    {CKD_SHA3_384_KDF, CKM_SHA3_384, false},
    {CKD_SHA3_512_KDF, CKM_SHA3_512, false},
    {CKD_SHA1_KDF_SP800, CKM_SHA_1, true},
    {CKD_SHA224_KDF_SP800, CKM_SHA224, true},
    {CKD_SHA256_KDF_SP800, CKM_SHA256, true},
    {CKD_SHA384_KDF_SP800, CKM_SHA384, true},
    {CKD_SHA512_KDF_SP800, CKM_SHA512, true},
    {CKD_SHA3_224_KDF_SP800, CKM_SHA3_224, true},
    {CKD_SHA3_256_KDF_SP800, CKM_SHA3_256, true},
    {CKD_SHA3_384_KDF_SP800, CKM_SHA3_384, true},
    {CKD_SHA3_512_KDF_SP800, CKM_SHA3_512, true},
};

/* NULL for CKD_NULL too. */
static const struct kdf *kdf_of(CK_EC_KDF_TYPE type)
{
	for (size_t i = 0; i < sizeof(kdfs) / sizeof(kdfs[0]); i++) {
		if (kdfs[i].type == type)
			return &kdfs[i];
	}
	return NULL;
}

static CK_RV stretch(const struct kdf *kdf, struct cs_view secret, struct cs_view info, uint8_t *out,
		     size_t len)
{
	const struct hash *hash = hash_by_mechanism(kdf->hash);
	uint8_t digest[HASH_MAX], counter[4] = {0};
	CK_RV rv = CKR_OK;

	for (size_t at = 0; rv == CKR_OK && at < len; at += hash->len) {
		uint32_t n = (uint32_t)(at / hash->len) + 1;
		size_t part = len - at < hash->len ? len - at : hash->len;
		const struct cs_view parts[] = {kdf->counter_first ? CS_VIEW_OF(counter) : secret,
						kdf->counter_first ? secret : CS_VIEW_OF(counter), info};

		counter[2] = (uint8_t)(n >> 8);
		counter[3] = (uint8_t)n;
		if (hash_digest(hash, parts, sizeof(parts) / sizeof(parts[0]), digest) != CS_OK)
			rv = CKR_FUNCTION_FAILED;
		else
			memcpy(out + at, digest, part);
	}
	cs_wipe(digest, sizeof(digest));
	return rv;
}

static CK_RV base_key(struct session *session, const struct mechanism *m, CK_OBJECT_HANDLE handle,
		      struct meant *key, enum piv_alg *alg)
{
	struct token *token = session->slot->token;
	struct object object;
	CK_RV rv = object_resolve(session->slot, handle, &object);

	if (rv != CKR_OK)
		return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_KEY_HANDLE_INVALID : rv;
	if (object.kind != OBJECT_PRIVATE)
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	*key = place_meant(token, object);
	rv = token_rv(token, keystore_alg(token, object.index, alg));
	return rv == CKR_OK && !mechanism_fits(m, *alg) ? CKR_KEY_TYPE_INCONSISTENT : rv;
}

static CK_RV read_params(const CK_MECHANISM *m, CK_ECDH1_DERIVE_PARAMS *params)
{
	if (m->pParameter == NULL || m->ulParameterLen != sizeof(*params))
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(params, m->pParameter, sizeof(*params));
	if (params->pPublicData == NULL || (params->pSharedData == NULL && params->ulSharedDataLen > 0) ||
	    params->ulSharedDataLen > ATTRIBUTE_MAX)
		return CKR_MECHANISM_PARAM_INVALID;
	if (params->kdf == CKD_NULL)
		return params->ulSharedDataLen == 0 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
	return kdf_of(params->kdf) != NULL ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
}

/* What is to be said of the derived key: the base key is asked, which may take a command, only where it
 * matters. */
static enum secret_origin origin_of(struct token *token, struct object base, const CK_ATTRIBUTE *attributes,
				    CK_ULONG count)
{
	bool hidden = template_bool(attributes, count, CKA_SENSITIVE, false) ||
		      !template_bool(attributes, count, CKA_EXTRACTABLE, true);

	/* The card's keys are both or neither. */
	return hidden && attribute_is_true(token, base, CKA_ALWAYS_SENSITIVE) &&
		       attribute_is_true(token, base, CKA_NEVER_EXTRACTABLE)
		   ? SECRET_DERIVED_OF_HIDDEN
		   : SECRET_DERIVED;
}

/* The key of what was agreed: without derivation its last bytes, with it as many as the template wants. */
static CK_RV make_key(struct session *session, struct object base, const CK_ECDH1_DERIVE_PARAMS *params,
		      struct cs_view agreed, const CK_ATTRIBUTE *attributes, CK_ULONG count,
		      CK_OBJECT_HANDLE_PTR out)
{
	enum secret_origin origin = origin_of(session->slot->token, base, attributes, count);
	CK_ULONG len = template_ulong(attributes, count, CKA_VALUE_LEN, agreed.len);
	struct cs_view info = cs_view(params->pSharedData, params->ulSharedDataLen);
	uint8_t value[SECRET_MAX];
	CK_RV rv;

	if (params->kdf == CKD_NULL)
		return secret_key_new(session, agreed, origin, attributes, count, out);
	if (len == 0 || len > sizeof(value))
		return CKR_KEY_SIZE_RANGE;
	rv = stretch(kdf_of(params->kdf), agreed, info, value, len);
	if (rv == CKR_OK)
		rv = secret_key_new(session, cs_view(value, len), origin, attributes, count, out);
	cs_wipe(value, sizeof(value));
	return rv;
}

CK_RV derive_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE base,
		 const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_OBJECT_HANDLE_PTR out)
{
	const struct mechanism *m = mechanism_find(mechanism->mechanism);
	uint8_t secret[CC_PIV_RESULT_MAX], room[POINT_MAX];
	struct cs_writer w = CS_WRITER_OF(secret);
	CK_ECDH1_DERIVE_PARAMS params;
	struct meant key;
	struct cs_view point;
	enum piv_alg alg;
	CK_RV rv = template_check(attributes, count);

	if (rv == CKR_OK && (m == NULL || m->scheme != SCHEME_ECDH))
		rv = CKR_MECHANISM_INVALID;
	if (rv == CKR_OK)
		rv = read_params(mechanism, &params);
	if (rv == CKR_OK)
		rv = base_key(session, m, base, &key, &alg);
	if (rv == CKR_OK)
		rv = operation_key_may(session->slot->token, key.object, CKA_DERIVE);
	if (rv == CKR_OK)
		rv = attribute_allows(session->slot->token, key.object, mechanism->mechanism);
	if (rv != CKR_OK)
		return rv;
	if (point_read(alg, cs_view(params.pPublicData, params.ulPublicDataLen), room, &point) != CS_OK)
		return CKR_MECHANISM_PARAM_INVALID;
	/* All curves here have the cofactor 1, but X25519's, whose scalars are multiples of it. */
	rv = key_use(session->slot->token, &key, KEY_AGREE, point, &w);
	if (rv == CKR_OK)
		rv = make_key(session, key.object, &params, cs_writer_view(&w), attributes, count, out);
	cs_wipe(secret, sizeof(secret));
	return rv == CKR_DATA_INVALID ? CKR_MECHANISM_PARAM_INVALID : rv;
}
