/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Beginning and feeding operations.
 */
#include "pkcs11/operation.h"

#include <stdlib.h>
#include <string.h>

#include "pkcs11/attribute.h"
#include "pkcs11/token.h"

static CK_RV pss_params(struct operation *op, const CK_MECHANISM *m)
{
	CK_RSA_PKCS_PSS_PARAMS params;

	if (m->pParameter == NULL || m->ulParameterLen != sizeof(params))
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(&params, m->pParameter, sizeof(params));
	op->hash = hash_by_mechanism(params.hashAlg);
	op->mgf = hash_by_mgf(params.mgf);
	if (op->hash == NULL || op->mgf == NULL || params.sLen > PKCS1_MODULUS_MAX ||
	    (op->mechanism->hash != CKM_NONE && params.hashAlg != op->mechanism->hash))
		return CKR_MECHANISM_PARAM_INVALID;
	op->salt_len = params.sLen;
	return CKR_OK;
}

static CK_RV oaep_params(struct operation *op, const CK_MECHANISM *m)
{
	CK_RSA_PKCS_OAEP_PARAMS params;

	if (m->pParameter == NULL || m->ulParameterLen != sizeof(params))
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(&params, m->pParameter, sizeof(params));
	op->hash = hash_by_mechanism(params.hashAlg);
	op->mgf = hash_by_mgf(params.mgf);
	if (op->hash == NULL || op->mgf == NULL || params.source > CKZ_DATA_SPECIFIED ||
	    (params.pSourceData == NULL) != (params.ulSourceDataLen == 0) ||
	    params.ulSourceDataLen > ATTRIBUTE_MAX)
		return CKR_MECHANISM_PARAM_INVALID;
	if (params.ulSourceDataLen == 0)
		return CKR_OK;
	op->label = malloc(params.ulSourceDataLen);
	if (op->label == NULL)
		return CKR_HOST_MEMORY;
	memcpy(op->label, params.pSourceData, params.ulSourceDataLen);
	op->label_len = params.ulSourceDataLen;
	return CKR_OK;
}

static CK_RV take_params(struct operation *op, const CK_MECHANISM *m)
{
	if (op->mechanism->scheme == SCHEME_PSS)
		return pss_params(op, m);
	if (op->mechanism->scheme == SCHEME_OAEP)
		return oaep_params(op, m);
	if (op->mechanism->hash != CKM_NONE)
		op->hash = hash_by_mechanism(op->mechanism->hash);
	return m->ulParameterLen == 0 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
}

/* SM2's keys are on a curve, and sign otherwise than with ECDSA. */
static bool key_fits(const struct mechanism *m, enum piv_alg alg)
{
	return pubkey_alg_type(alg) == m->key_type && alg != PIV_ALG_SM2;
}

/* Whether this object is a key for this kind of operation, of the mechanism's type. */
static CK_RV check_key(struct token *token, enum operation_kind kind, const struct mechanism *m,
		       struct object object)
{
	uint8_t buffer[PUBKEY_SPKI_MAX];
	struct cs_view spki;
	struct pubkey key;
	enum piv_alg alg;
	enum cs_err err;
	CK_RV rv;

	if (kind == OP_SIGN || kind == OP_DECRYPT) {
		if (object.kind != OBJECT_PRIVATE)
			return CKR_KEY_FUNCTION_NOT_PERMITTED;
		err = keystore_alg(token, object.index, &alg);
		if (err != CS_OK)
			return token_rv(token, err);
		return key_fits(m, alg) ? CKR_OK : CKR_KEY_TYPE_INCONSISTENT;
	}
	rv = attribute_public_key(token, object, buffer, &spki);
	if (rv != CKR_OK)
		return rv;
	return pubkey_parse(spki, &key) == CS_OK && key_fits(m, key.alg) ? CKR_OK : CKR_KEY_TYPE_INCONSISTENT;
}

static CK_RV take_key(struct session *session, enum operation_kind kind, struct operation *op,
		      CK_OBJECT_HANDLE key)
{
	CK_RV rv = object_resolve(session->slot, key, &op->object);

	if (rv == CKR_OBJECT_HANDLE_INVALID)
		return CKR_KEY_HANDLE_INVALID;
	return rv == CKR_OK ? check_key(session->slot->token, kind, op->mechanism, op->object) : rv;
}

CK_RV operation_begin(struct session *session, enum operation_kind kind, CK_FLAGS usage,
		      const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	struct operation *op = &session->operations[kind];
	CK_RV rv = CKR_OK;

	if (mechanism == NULL && op->active) {
		operation_end(op);
		return CKR_OK;
	}
	if (mechanism == NULL)
		return CKR_ARGUMENTS_BAD;
	if (op->active)
		return CKR_OPERATION_ACTIVE;
	op->mechanism = mechanism_find(mechanism->mechanism);
	if (op->mechanism == NULL || (op->mechanism->flags & usage) == 0)
		rv = CKR_MECHANISM_INVALID;
	if (rv == CKR_OK)
		rv = take_key(session, kind, op, key);
	if (rv == CKR_OK)
		rv = take_params(op, mechanism);
	if (rv == CKR_OK && op->mechanism->hash != CKM_NONE) {
		op->digest = hash_start(op->hash);
		rv = op->digest != NULL ? CKR_OK : CKR_FUNCTION_FAILED;
	}
	if (rv != CKR_OK) {
		operation_end(op);
		return rv;
	}
	op->active = true;
	op->recover = (usage & (CKF_SIGN_RECOVER | CKF_VERIFY_RECOVER)) != 0;
	return CKR_OK;
}

CK_RV operation_active(const struct session *session, enum operation_kind kind, bool recover)
{
	const struct operation *op = &session->operations[kind];

	return op->active && op->recover == recover ? CKR_OK : CKR_OPERATION_NOT_INITIALIZED;
}

CK_RV operation_update(struct operation *op, struct cs_view data)
{
	if (op->digest != NULL)
		return hash_update(op->digest, data) == CS_OK ? CKR_OK : CKR_FUNCTION_FAILED;
	if (data.len > sizeof(op->buffer) - op->buffer_len)
		return CKR_DATA_LEN_RANGE;
	if (data.len > 0)
		memcpy(op->buffer + op->buffer_len, data.ptr, data.len);
	op->buffer_len += data.len;
	return CKR_OK;
}

CK_RV operation_message(struct operation *op, uint8_t *out, size_t *len)
{
	size_t prefix = 0;

	if (op->digest == NULL) {
		memcpy(out, op->buffer, op->buffer_len);
		*len = op->buffer_len;
		return CKR_OK;
	}
	if (op->mechanism->scheme == SCHEME_PKCS1) {
		prefix = op->hash->prefix_len;
		memcpy(out, op->hash->prefix, prefix);
	}
	if (hash_finish(op->digest, out + prefix) != CS_OK)
		return CKR_FUNCTION_FAILED;
	*len = prefix + op->hash->len;
	return CKR_OK;
}

CK_RV operation_size(const struct session *session, const struct operation *op, size_t *len)
{
	struct token *token = session->slot->token;
	uint8_t buffer[PUBKEY_SPKI_MAX];
	struct cs_view spki;
	struct pubkey key;
	enum piv_alg alg;
	CK_RV rv = CKR_OK;

	if (op->object.kind == OBJECT_PRIVATE) {
		rv = token_rv(token, keystore_alg(token, op->object.index, &alg));
	} else {
		rv = attribute_public_key(token, op->object, buffer, &spki);
		if (rv == CKR_OK && pubkey_parse(spki, &key) != CS_OK)
			rv = CKR_KEY_TYPE_INCONSISTENT;
		if (rv == CKR_OK)
			alg = key.alg;
	}
	if (rv != CKR_OK)
		return rv;
	*len = (pubkey_alg_bits(alg) + 7) / 8 * (op->mechanism->key_type == CKK_EC ? 2 : 1);
	return CKR_OK;
}

bool output_asks(size_t need, CK_BYTE_PTR out, CK_ULONG_PTR len, CK_RV *rv)
{
	if (out != NULL && *len >= need)
		return false;
	*rv = out == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
	*len = need;
	return true;
}

CK_RV output_bytes(struct cs_view result, CK_BYTE_PTR out, CK_ULONG_PTR len)
{
	CK_RV rv;

	if (output_asks(result.len, out, len, &rv))
		return rv;
	if (result.len > 0)
		memcpy(out, result.ptr, result.len);
	*len = result.len;
	return CKR_OK;
}
