/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CKM_ECDH1_DERIVE.
 */
#include "pkcs11/derive.h"

#include <string.h>

#include "base/secret.h"
#include "base/tlv.h"
#include "pkcs11/attribute.h"
#include "pkcs11/operation.h"
#include "pkcs11/secret.h"
#include "pkcs11/token.h"

/* The peer's point: bare, or (as many callers have it) in an OCTET STRING (PKCS #11 v3.2, 6.3.17). */
static struct cs_view bare_point(struct cs_view point, enum piv_alg alg)
{
	size_t want = 2 * ((pubkey_alg_bits(alg) + 7) / 8) + 1;
	struct cs_reader r = cs_reader_of(point);
	struct cs_view inner;

	if (point.len == want)
		return point;
	inner = cs_tlv_expect(&r, 0x04);
	return cs_reader_done(&r) == CS_OK && inner.len == want ? inner : CS_VIEW_EMPTY;
}

static CK_RV base_key(struct session *session, CK_OBJECT_HANDLE handle, struct object *object,
		      enum piv_alg *alg)
{
	struct token *token = session->slot->token;
	CK_RV rv = object_resolve(session->slot, handle, object);

	if (rv != CKR_OK)
		return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_KEY_HANDLE_INVALID : rv;
	if (object->kind != OBJECT_PRIVATE)
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	rv = token_rv(token, keystore_alg(token, object->index, alg));
	return rv == CKR_OK && pubkey_alg_type(*alg) != CKK_EC ? CKR_KEY_TYPE_INCONSISTENT : rv;
}

CK_RV derive_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE base,
		 const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_OBJECT_HANDLE_PTR out)
{
	uint8_t secret[CC_PIV_RESULT_MAX];
	struct cs_writer w = CS_WRITER_OF(secret);
	CK_ECDH1_DERIVE_PARAMS params;
	struct object object;
	struct cs_view point;
	enum piv_alg alg;
	CK_RV rv = template_check(attributes, count);

	if (rv != CKR_OK)
		return rv;
	if (mechanism->mechanism != CKM_ECDH1_DERIVE)
		return CKR_MECHANISM_INVALID;
	if (mechanism->pParameter == NULL || mechanism->ulParameterLen != sizeof(params))
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(&params, mechanism->pParameter, sizeof(params));
	if (params.kdf != CKD_NULL || params.ulSharedDataLen != 0 || params.pPublicData == NULL)
		return CKR_MECHANISM_PARAM_INVALID;
	rv = base_key(session, base, &object, &alg);
	if (rv == CKR_OK)
		rv = attribute_allows(session->slot->token, object, mechanism->mechanism);
	if (rv != CKR_OK)
		return rv;
	point = bare_point(cs_view(params.pPublicData, params.ulPublicDataLen), alg);
	if (point.len == 0 || point.ptr[0] != 0x04)
		return CKR_MECHANISM_PARAM_INVALID;
	rv = key_use(session->slot->token, object.index, true, point, &w);
	if (rv == CKR_OK)
		rv = secret_key_new(session, cs_writer_view(&w), SECRET_DERIVED, attributes, count, out);
	cs_wipe(secret, sizeof(secret));
	return rv == CKR_DATA_INVALID ? CKR_MECHANISM_PARAM_INVALID : rv;
}
