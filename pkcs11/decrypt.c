/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_Decrypt, C_Encrypt and their kin.
 */
#include "pkcs11/decrypt.h"

#include "base/secret.h"
#include "pkcs11/cipher.h"
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
	struct cs_view label = buffer_view(&op->label);
	enum cs_err err = CS_OK;

	switch (op->mechanism->scheme) {
	case SCHEME_PKCS1:
		err = pkcs1_unpad_encryption(cs_view(block, len), message);
		break;
	case SCHEME_OAEP:
	case SCHEME_RSA_AES:
		err = pkcs1_oaep_decode(op->hash, op->mgf, label, block, len, message);
		break;
	default:
		*message = cs_view(block, len);
	}
	if (err == CS_OK)
		return CKR_OK;
	return err == CS_ERR_CRYPTO ? CKR_FUNCTION_FAILED : CKR_ENCRYPTED_DATA_INVALID;
}

static CK_RV keep(struct operation *op, struct cs_view result)
{
	return buffer_append(&op->result, result, SIZE_MAX);
}

static CK_RV decrypt(struct session *session, struct operation *op, size_t size)
{
	uint8_t block[CC_PIV_RESULT_MAX];
	struct cs_writer w = CS_WRITER_OF(block);
	struct cs_view message = CS_VIEW_EMPTY;
	CK_RV rv = op->data.len == size ? CKR_OK : CKR_ENCRYPTED_DATA_LEN_RANGE;

	if (rv == CKR_OK)
		rv = key_use(session->slot->token, &op->key, KEY_OPERATE, buffer_view(&op->data), &w);
	if (rv == CKR_OK && w.len != size)
		rv = CKR_DEVICE_ERROR;
	if (rv == CKR_OK)
		rv = unpad(op, block, size, &message);
	if (rv == CKR_OK)
		rv = keep(op, message);
	cs_wipe(block, sizeof(block));
	return rv == CKR_DATA_INVALID ? CKR_ENCRYPTED_DATA_INVALID : rv;
}

static CK_RV encrypt(struct session *session, struct operation *op, size_t size)
{
	uint8_t block[PKCS1_MODULUS_MAX];
	CK_RV rv = public_encrypt(session->slot->token, op, buffer_view(&op->data), block, &size);

	return rv == CKR_OK ? keep(op, cs_view(block, size)) : rv;
}

/* What all the data yields: made once, and kept until it fits, so that the card is asked once. */
CK_RV crypt_result(struct session *session, struct operation *op, struct cs_view data)
{
	struct token *token = session->slot->token;
	size_t size = 0;
	CK_RV rv;

	if (op->has_result)
		return CKR_OK;
	if (mechanism_symmetric(op->mechanism)) {
		rv = cipher_run(token, op, data, &op->result);
		if (rv == CKR_OK)
			rv = cipher_end(token, op, &op->result);
	} else {
		rv = operation_update(op, data);
		if (rv == CKR_OK)
			rv = operation_size(session, op, &size);
		if (rv == CKR_OK)
			rv = op->decrypts ? decrypt(session, op, size) : encrypt(session, op, size);
	}
	if (rv == CKR_DATA_LEN_RANGE && op->decrypts)
		rv = CKR_ENCRYPTED_DATA_LEN_RANGE;
	op->has_result = rv == CKR_OK;
	return rv;
}

/* How long the result will be, at most: what can be told without making it. */
static CK_RV result_size(struct session *session, const struct operation *op, size_t len, size_t *size)
{
	*size = op->result.len;
	if (op->has_result)
		return CKR_OK;
	if (!mechanism_symmetric(op->mechanism))
		return operation_size(session, op, size);
	*size = cipher_yields(op, len, true);
	return CKR_OK;
}

/* A caller without room learns of it before anything is taken in, where the length is known exactly. */
static bool exact(const struct operation *op)
{
	return op->has_result || !op->decrypts;
}

static CK_RV complete(struct session *session, enum operation_kind kind, struct cs_view data, CK_BYTE_PTR out,
		      CK_ULONG_PTR len)
{
	struct operation *op = &session->operations[kind];
	size_t size = 0;
	CK_RV rv = result_size(session, op, data.len, &size);

	if (rv == CKR_OK && (out == NULL || exact(op)) && output_asks(size, out, len, &rv))
		return rv;
	if (rv == CKR_OK)
		rv = crypt_result(session, op, data);
	if (rv == CKR_OK) {
		rv = output_bytes(buffer_view(&op->result), out, len);
		if (rv == CKR_BUFFER_TOO_SMALL)
			return rv;
	}
	operation_end(op);
	return rv;
}

CK_RV crypt_update(struct session *session, enum operation_kind kind, struct cs_view part, CK_BYTE_PTR out,
		   CK_ULONG_PTR len, bool *taken)
{
	struct operation *op = &session->operations[kind];
	struct buffer made = {NULL, 0, 0};
	CK_RV rv = operation_active(session, kind, false);
	bool streams;

	*taken = false;
	if (rv == CKR_OK && op->has_result)
		rv = CKR_OPERATION_ACTIVE;
	if (rv != CKR_OK)
		return rv;
	/* Where nothing comes out before the end, a part needs no room; NULL asks nevertheless. */
	streams = mechanism_symmetric(op->mechanism);
	if (output_asks(streams ? cipher_yields(op, part.len, false) : 0, out, len, &rv))
		return rv;
	rv = streams ? cipher_run(session->slot->token, op, part, &made) : operation_update(op, part);
	op->updated = *taken = true;
	if (rv == CKR_OK)
		rv = output_bytes(buffer_view(&made), out, len);
	buffer_wipe(&made);
	if (rv != CKR_OK)
		operation_end(op);
	return rv == CKR_DATA_LEN_RANGE && kind == OP_DECRYPT ? CKR_ENCRYPTED_DATA_LEN_RANGE : rv;
}

CK_RV crypt_final(struct session *session, enum operation_kind kind, CK_BYTE_PTR out, CK_ULONG_PTR len)
{
	CK_RV rv = operation_active(session, kind, false);

	return rv == CKR_OK ? complete(session, kind, CS_VIEW_EMPTY, out, len) : rv;
}

CK_RV crypt_once(struct session *session, enum operation_kind kind, struct cs_view data, CK_BYTE_PTR out,
		 CK_ULONG_PTR len)
{
	CK_RV rv = operation_active(session, kind, false);

	if (rv == CKR_OK && session->operations[kind].updated)
		rv = CKR_OPERATION_ACTIVE;
	return rv == CKR_OK ? complete(session, kind, data, out, len) : rv;
}
