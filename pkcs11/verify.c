/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_Verify and its kin.
 */
#include "pkcs11/verify.h"

#include "pkcs11/mac.h"
#include "pkcs11/operation.h"
#include "pkcs11/otp_sign.h"
#include "pkcs11/public.h"
#include "pkcs11/token.h"

#define SIGNATURE_MAX CC_PIV_RESULT_MAX /* bytes of the longest signature there is */

CK_RV verify_init(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, bool recover)
{
	return operation_begin(session, OP_VERIFY, recover ? CKF_VERIFY_RECOVER : CKF_VERIFY, mechanism, key);
}

CK_RV verify_update(struct session *session, struct cs_view part, bool signature_first)
{
	struct operation *op = &session->operations[OP_VERIFY];
	CK_RV rv = operation_active(session, OP_VERIFY, false);

	if (rv == CKR_OK && op->signature_first != signature_first)
		rv = CKR_OPERATION_NOT_INITIALIZED;
	if (rv != CKR_OK)
		return rv;
	rv = operation_update(op, part);
	op->updated = true;
	if (rv != CKR_OK)
		operation_end(op);
	return rv;
}

CK_RV verify_complete(struct session *session, struct operation *op, struct cs_view data,
		      struct cs_view signature)
{
	uint8_t block[PKCS1_MODULUS_MAX];
	struct cs_view message = CS_VIEW_EMPTY;
	size_t size = 0;
	CK_RV rv;

	if (op->mechanism->scheme == SCHEME_OTP)
		return otp_verify(session->slot->token, op, data, signature);
	rv = operation_size(session, op, &size);
	if (rv == CKR_OK && signature.len != size)
		rv = CKR_SIGNATURE_LEN_RANGE;
	if (rv == CKR_OK)
		rv = operation_update(op, data);
	if (rv == CKR_OK && mechanism_symmetric(op->mechanism))
		return mac_check(session->slot->token, op, signature);
	if (rv == CKR_OK)
		rv = operation_message(op, block, &message);
	if (rv == CKR_OK)
		rv = public_verify(session->slot->token, op, message, signature);
	return rv;
}

static CK_RV complete(struct session *session, struct cs_view data, struct cs_view signature)
{
	struct operation *op = &session->operations[OP_VERIFY];
	CK_RV rv = verify_complete(session, op, data, signature);

	operation_end(op);
	return rv;
}

CK_RV verify_final(struct session *session, struct cs_view signature)
{
	CK_RV rv = operation_active(session, OP_VERIFY, false);

	if (rv == CKR_OK && session->operations[OP_VERIFY].signature_first)
		rv = CKR_OPERATION_NOT_INITIALIZED;
	return rv == CKR_OK ? complete(session, CS_VIEW_EMPTY, signature) : rv;
}

CK_RV verify_once(struct session *session, struct cs_view data, struct cs_view signature)
{
	CK_RV rv = operation_active(session, OP_VERIFY, false);

	if (rv == CKR_OK && session->operations[OP_VERIFY].signature_first)
		rv = CKR_OPERATION_NOT_INITIALIZED;
	if (rv == CKR_OK && session->operations[OP_VERIFY].updated)
		rv = CKR_OPERATION_ACTIVE;
	return rv == CKR_OK ? complete(session, data, signature) : rv;
}

CK_RV verify_recover(struct session *session, struct cs_view signature, CK_BYTE_PTR data, CK_ULONG_PTR len)
{
	struct operation *op = &session->operations[OP_VERIFY];
	uint8_t message[PKCS1_MODULUS_MAX];
	size_t size = 0, message_len = 0;
	CK_RV rv = operation_active(session, OP_VERIFY, true);

	if (rv != CKR_OK)
		return rv;
	rv = operation_size(session, op, &size);
	if (rv == CKR_OK && signature.len != size)
		rv = CKR_SIGNATURE_LEN_RANGE;
	if (rv == CKR_OK)
		rv = public_recover(session->slot->token, op, signature, message, &message_len);
	if (rv == CKR_OK) {
		rv = output_bytes(cs_view(message, message_len), data, len);
		if (rv == CKR_BUFFER_TOO_SMALL || data == NULL)
			return rv;
	}
	operation_end(op);
	return rv;
}

CK_RV verify_signature_init(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
			    struct cs_view signature)
{
	struct operation *op = &session->operations[OP_VERIFY];
	CK_RV rv = verify_init(session, mechanism, key, false);

	if (rv != CKR_OK || mechanism == NULL)
		return rv;
	op->signature_first = true;
	rv = buffer_append(&op->signature, signature, SIGNATURE_MAX);
	if (rv != CKR_OK)
		operation_end(op);
	return rv == CKR_DATA_LEN_RANGE ? CKR_SIGNATURE_LEN_RANGE : rv;
}

CK_RV verify_signature_final(struct session *session, struct cs_view data, bool once)
{
	struct operation *op = &session->operations[OP_VERIFY];

	if (!op->active || !op->signature_first)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (once && op->updated)
		return CKR_OPERATION_ACTIVE;
	return complete(session, data, buffer_view(&op->signature));
}
