/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_Decrypt, C_Encrypt and C_UnwrapKey.
 */
#include "pkcs11/decrypt.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "pkcs11/attribute.h"
#include "pkcs11/derive.h"
#include "pkcs11/operation.h"
#include "pkcs11/public.h"
#include "pkcs11/token.h"

CK_RV crypt_init(struct session *session, enum operation_kind kind, const CK_MECHANISM *mechanism,
		 CK_OBJECT_HANDLE key)
{
	return operation_begin(session, kind, kind == OP_DECRYPT ? CKF_DECRYPT : CKF_ENCRYPT, mechanism, key);
}

/* block is the card's raw answer; message borrows from it. */
static CK_RV unpad(const struct operation *op, uint8_t *block, size_t len, struct cs_view *message)
{
	struct cs_view label = cs_view(op->label, op->label_len);
	enum cs_err err = CS_OK;

	switch (op->mechanism->scheme) {
	case SCHEME_PKCS1:
		err = pkcs1_unpad_encryption(cs_view(block, len), message);
		break;
	case SCHEME_OAEP:
		err = pkcs1_oaep_decode(op->hash, op->mgf, label, block, len, message);
		break;
	default:
		*message = cs_view(block, len);
	}
	if (err == CS_OK)
		return CKR_OK;
	return err == CS_ERR_CRYPTO ? CKR_FUNCTION_FAILED : CKR_ENCRYPTED_DATA_INVALID;
}

static CK_RV keep_result(struct operation *op, struct cs_view result)
{
	op->result = malloc(result.len > 0 ? result.len : 1);
	if (op->result == NULL)
		return CKR_HOST_MEMORY;
	if (result.len > 0)
		memcpy(op->result, result.ptr, result.len);
	op->result_len = result.len;
	return CKR_OK;
}

static CK_RV decrypt(struct session *session, struct operation *op, size_t size)
{
	uint8_t block[CC_PIV_RESULT_MAX];
	struct cs_writer w = CS_WRITER_OF(block);
	struct cs_view message = CS_VIEW_EMPTY;
	CK_RV rv = op->buffer_len == size ? CKR_OK : CKR_ENCRYPTED_DATA_LEN_RANGE;

	if (rv == CKR_OK)
		rv = key_use(session->slot->token, op->object.index, false, cs_view(op->buffer, size), &w);
	if (rv == CKR_OK && w.len != size)
		rv = CKR_DEVICE_ERROR;
	if (rv == CKR_OK)
		rv = unpad(op, block, size, &message);
	if (rv == CKR_OK)
		rv = keep_result(op, message);
	cs_wipe(block, sizeof(block));
	return rv == CKR_DATA_INVALID ? CKR_ENCRYPTED_DATA_INVALID : rv;
}

static CK_RV encrypt(struct session *session, struct operation *op, size_t size)
{
	uint8_t block[PKCS1_MODULUS_MAX];
	CK_RV rv =
	    public_encrypt(session->slot->token, op, cs_view(op->buffer, op->buffer_len), block, &size);

	return rv == CKR_OK ? keep_result(op, cs_view(block, size)) : rv;
}

/* The result is made once and kept until it fits: the card is asked once. */
static CK_RV complete(struct session *session, enum operation_kind kind, CK_BYTE_PTR out, CK_ULONG_PTR len)
{
	struct operation *op = &session->operations[kind];
	size_t size = 0;
	CK_RV rv = CKR_OK;

	if (op->result == NULL) {
		rv = operation_size(session, op, &size);
		if (rv == CKR_OK)
			rv = kind == OP_DECRYPT ? decrypt(session, op, size) : encrypt(session, op, size);
	}
	if (rv == CKR_OK) {
		rv = output_bytes(cs_view(op->result, op->result_len), out, len);
		if (rv == CKR_BUFFER_TOO_SMALL)
			return rv;
	}
	operation_end(op);
	return rv;
}

/* Before the card is asked, the length of the modulus is all that is known of the result's. */
static bool asks_length(struct session *session, enum operation_kind kind, CK_BYTE_PTR out, CK_ULONG_PTR len,
			CK_RV *rv)
{
	struct operation *op = &session->operations[kind];
	size_t size = op->result_len;

	if (out != NULL)
		return false;
	*rv = op->result != NULL ? CKR_OK : operation_size(session, op, &size);
	if (*rv == CKR_OK)
		*len = size;
	return true;
}

CK_RV crypt_update(struct session *session, enum operation_kind kind, struct cs_view part, CK_BYTE_PTR out,
		   CK_ULONG_PTR len)
{
	struct operation *op = &session->operations[kind];
	CK_RV rv = operation_active(session, kind, false);

	if (rv != CKR_OK)
		return rv;
	/* How long the output of this part would be: it is all at the end, and the part has not been given
	 * yet. */
	if (out == NULL) {
		*len = 0;
		return CKR_OK;
	}
	rv = operation_update(op, part);
	op->updated = true;
	*len = 0;
	if (rv != CKR_OK)
		operation_end(op);
	return rv == CKR_DATA_LEN_RANGE && kind == OP_DECRYPT ? CKR_ENCRYPTED_DATA_LEN_RANGE : rv;
}

CK_RV crypt_final(struct session *session, enum operation_kind kind, CK_BYTE_PTR out, CK_ULONG_PTR len)
{
	CK_RV rv = operation_active(session, kind, false);

	if (rv != CKR_OK || asks_length(session, kind, out, len, &rv))
		return rv;
	return complete(session, kind, out, len);
}

CK_RV crypt_once(struct session *session, enum operation_kind kind, struct cs_view data, CK_BYTE_PTR out,
		 CK_ULONG_PTR len)
{
	struct operation *op = &session->operations[kind];
	CK_RV rv = operation_active(session, kind, false);

	if (rv == CKR_OK && op->updated)
		rv = CKR_OPERATION_ACTIVE;
	if (rv != CKR_OK || asks_length(session, kind, out, len, &rv))
		return rv;
	if (op->result == NULL)
		rv = operation_update(op, data);
	if (rv != CKR_OK) {
		operation_end(op);
		return kind == OP_DECRYPT ? CKR_ENCRYPTED_DATA_LEN_RANGE : rv;
	}
	return complete(session, kind, out, len);
}

CK_RV unwrap_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
		 struct cs_view wrapped, const CK_ATTRIBUTE *attributes, CK_ULONG count,
		 CK_OBJECT_HANDLE_PTR out)
{
	struct operation *op = &session->operations[OP_DECRYPT];
	size_t size = 0;
	CK_RV rv = template_check(attributes, count);

	if (rv == CKR_OK)
		rv = operation_begin(session, OP_DECRYPT, CKF_UNWRAP, mechanism, key);
	if (rv != CKR_OK)
		return rv == CKR_KEY_HANDLE_INVALID ? CKR_UNWRAPPING_KEY_HANDLE_INVALID : rv;
	rv = operation_update(op, wrapped);
	if (rv == CKR_OK)
		rv = operation_size(session, op, &size);
	if (rv == CKR_OK)
		rv = decrypt(session, op, size);
	if (rv == CKR_OK)
		rv = secret_key_new(session, cs_view(op->result, op->result_len), attributes, count, out);
	operation_end(op);
	if (rv == CKR_ENCRYPTED_DATA_INVALID)
		return CKR_WRAPPED_KEY_INVALID;
	return rv == CKR_ENCRYPTED_DATA_LEN_RANGE || rv == CKR_DATA_LEN_RANGE ? CKR_WRAPPED_KEY_LEN_RANGE
									      : rv;
}
