/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_Digest and its kin.
 */
#include "pkcs11/digest.h"

#include "base/secret.h"
#include "pkcs11/attribute.h"
#include "pkcs11/operation.h"
#include "pkcs11/secret.h"

CK_RV digest_init(struct session *session, const CK_MECHANISM *mechanism)
{
	struct operation *op = &session->operations[OP_DIGEST];

	if (mechanism == NULL && op->active) {
		operation_end(op);
		return CKR_OK;
	}
	if (mechanism == NULL)
		return CKR_ARGUMENTS_BAD;
	if (op->active)
		return CKR_OPERATION_ACTIVE;
	op->mechanism = mechanism_find(mechanism->mechanism);
	if (op->mechanism == NULL || op->mechanism->scheme != SCHEME_DIGEST)
		return CKR_MECHANISM_INVALID;
	if (mechanism->ulParameterLen != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	op->hash = hash_by_mechanism(mechanism->mechanism);
	op->digest = hash_start(op->hash);
	op->active = op->digest != NULL;
	return op->active ? CKR_OK : CKR_FUNCTION_FAILED;
}

CK_RV digest_update(struct session *session, struct cs_view part)
{
	struct operation *op = &session->operations[OP_DIGEST];
	CK_RV rv = operation_active(session, OP_DIGEST, false);

	if (rv != CKR_OK)
		return rv;
	rv = operation_update(op, part);
	op->updated = true;
	if (rv != CKR_OK)
		operation_end(op);
	return rv;
}

/* A secret key whose value may be seen: a digest of a short one is as good as the value. */
CK_RV digest_key(struct session *session, CK_OBJECT_HANDLE key)
{
	uint8_t value[ATTRIBUTE_MAX];
	struct cs_writer w = CS_WRITER_OF(value);
	struct secret_key secret;
	struct object object;
	CK_RV rv = operation_active(session, OP_DIGEST, false);

	if (rv == CKR_OK)
		rv = object_resolve(session->slot, key, &object);
	if (rv != CKR_OK)
		return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_KEY_HANDLE_INVALID : rv;
	/* Other objects have a CKA_VALUE too. */
	if (object.kind != OBJECT_MEMORY || secret_key_of(session->slot->token, object, &secret) != CKR_OK ||
	    attribute_get(session->slot->token, object, CKA_VALUE, &w) != CKR_OK)
		return CKR_KEY_INDIGESTIBLE;
	rv = digest_update(session, cs_writer_view(&w));
	cs_wipe(value, w.len);
	return rv;
}

static CK_RV complete(struct session *session, struct cs_view data, CK_BYTE_PTR digest, CK_ULONG_PTR len)
{
	struct operation *op = &session->operations[OP_DIGEST];
	CK_RV rv;

	if (output_asks(op->hash->len, digest, len, &rv))
		return rv;
	rv = operation_update(op, data);
	if (rv == CKR_OK && hash_finish(op->digest, digest) != CS_OK)
		rv = CKR_FUNCTION_FAILED;
	if (rv == CKR_OK)
		*len = op->hash->len;
	operation_end(op);
	return rv;
}

CK_RV digest_final(struct session *session, CK_BYTE_PTR digest, CK_ULONG_PTR len)
{
	CK_RV rv = operation_active(session, OP_DIGEST, false);

	return rv == CKR_OK ? complete(session, CS_VIEW_EMPTY, digest, len) : rv;
}

CK_RV digest_once(struct session *session, struct cs_view data, CK_BYTE_PTR digest, CK_ULONG_PTR len)
{
	CK_RV rv = operation_active(session, OP_DIGEST, false);

	if (rv == CKR_OK && session->operations[OP_DIGEST].updated)
		rv = CKR_OPERATION_ACTIVE;
	return rv == CKR_OK ? complete(session, data, digest, len) : rv;
}
