/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Entry points: message-based operations.
 */
#include "pkcs11/entry.h"

#include "pkcs11/message.h"

static CK_RV init(CK_SESSION_HANDLE session, enum operation_kind kind, const CK_MECHANISM *mechanism,
		  CK_OBJECT_HANDLE key)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? message_init(c.session, kind, mechanism, key) : c.rv);
}

static CK_RV begin(CK_SESSION_HANDLE session, enum operation_kind kind, struct cs_view params,
		   struct cs_view aad)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(params.ptr, params.len) && input_ok(aad.ptr, aad.len));

	return call_end(&c, rv == CKR_OK ? message_begin(c.session, kind, params, aad) : rv);
}

static CK_RV final(CK_SESSION_HANDLE session, enum operation_kind kind)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? message_final(c.session, kind) : c.rv);
}

static bool inputs_ok(struct cs_view a, struct cs_view b, struct cs_view c)
{
	return input_ok(a.ptr, a.len) && input_ok(b.ptr, b.len) && input_ok(c.ptr, c.len);
}

static CK_RV crypt_once(CK_SESSION_HANDLE session, enum operation_kind kind, struct cs_view params,
			struct cs_view aad, struct cs_view in, CK_BYTE_PTR out, CK_ULONG_PTR out_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, inputs_ok(params, aad, in) && out_len != NULL);

	if (rv == CKR_OK)
		rv = message_crypt_once(c.session, kind, params, aad, in, out, out_len);
	return call_end(&c, rv);
}

static CK_RV crypt_next(CK_SESSION_HANDLE session, enum operation_kind kind, struct cs_view params,
			struct cs_view in, CK_BYTE_PTR out, CK_ULONG_PTR out_len, CK_FLAGS flags)
{
	struct call c = call_session(session);
	bool last = (flags & CKF_END_OF_MESSAGE) != 0;
	CK_RV rv = call_check(&c, inputs_ok(params, in, CS_VIEW_EMPTY) && out_len != NULL);

	if (rv == CKR_OK)
		rv = message_crypt_next(c.session, kind, params, in, last, out, out_len);
	return call_end(&c, rv);
}

CK_RV C_MessageEncryptInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
	return init(session, OP_MESSAGE_ENCRYPT, mechanism, key);
}

CK_RV C_EncryptMessage(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
		       CK_BYTE_PTR associated, CK_ULONG associated_len, CK_BYTE_PTR plaintext,
		       CK_ULONG plaintext_len, CK_BYTE_PTR ciphertext, CK_ULONG_PTR ciphertext_len)
{
	return crypt_once(session, OP_MESSAGE_ENCRYPT, cs_view(parameter, parameter_len),
			  cs_view(associated, associated_len), cs_view(plaintext, plaintext_len), ciphertext,
			  ciphertext_len);
}

CK_RV C_EncryptMessageBegin(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
			    CK_BYTE_PTR associated, CK_ULONG associated_len)
{
	return begin(session, OP_MESSAGE_ENCRYPT, cs_view(parameter, parameter_len),
		     cs_view(associated, associated_len));
}

CK_RV C_EncryptMessageNext(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
			   CK_BYTE_PTR plaintext, CK_ULONG plaintext_len, CK_BYTE_PTR ciphertext,
			   CK_ULONG_PTR ciphertext_len, CK_FLAGS flags)
{
	return crypt_next(session, OP_MESSAGE_ENCRYPT, cs_view(parameter, parameter_len),
			  cs_view(plaintext, plaintext_len), ciphertext, ciphertext_len, flags);
}

CK_RV C_MessageEncryptFinal(CK_SESSION_HANDLE session)
{
	return final(session, OP_MESSAGE_ENCRYPT);
}

CK_RV C_MessageDecryptInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
	return init(session, OP_MESSAGE_DECRYPT, mechanism, key);
}

CK_RV C_DecryptMessage(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
		       CK_BYTE_PTR associated, CK_ULONG associated_len, CK_BYTE_PTR ciphertext,
		       CK_ULONG ciphertext_len, CK_BYTE_PTR plaintext, CK_ULONG_PTR plaintext_len)
{
	return crypt_once(session, OP_MESSAGE_DECRYPT, cs_view(parameter, parameter_len),
			  cs_view(associated, associated_len), cs_view(ciphertext, ciphertext_len), plaintext,
			  plaintext_len);
}

CK_RV C_DecryptMessageBegin(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
			    CK_BYTE_PTR associated, CK_ULONG associated_len)
{
	return begin(session, OP_MESSAGE_DECRYPT, cs_view(parameter, parameter_len),
		     cs_view(associated, associated_len));
}

CK_RV C_DecryptMessageNext(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
			   CK_BYTE_PTR ciphertext, CK_ULONG ciphertext_len, CK_BYTE_PTR plaintext,
			   CK_ULONG_PTR plaintext_len, CK_FLAGS flags)
{
	return crypt_next(session, OP_MESSAGE_DECRYPT, cs_view(parameter, parameter_len),
			  cs_view(ciphertext, ciphertext_len), plaintext, plaintext_len, flags);
}

CK_RV C_MessageDecryptFinal(CK_SESSION_HANDLE session)
{
	return final(session, OP_MESSAGE_DECRYPT);
}

CK_RV C_MessageSignInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
	return init(session, OP_MESSAGE_SIGN, mechanism, key);
}

CK_RV C_SignMessage(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
		    CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR signature, CK_ULONG_PTR signature_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(parameter, parameter_len) && input_ok(data, data_len) &&
				      signature_len != NULL);

	if (rv == CKR_OK)
		rv = message_sign(c.session, cs_view(parameter, parameter_len), cs_view(data, data_len),
				  signature, signature_len);
	return call_end(&c, rv);
}

CK_RV C_SignMessageBegin(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len)
{
	return begin(session, OP_MESSAGE_SIGN, cs_view(parameter, parameter_len), CS_VIEW_EMPTY);
}

CK_RV C_SignMessageNext(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
			CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR signature,
			CK_ULONG_PTR signature_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(parameter, parameter_len) && input_ok(data, data_len));

	if (rv == CKR_OK)
		rv = message_sign_next(c.session, cs_view(parameter, parameter_len), cs_view(data, data_len),
				       signature, signature_len);
	return call_end(&c, rv);
}

CK_RV C_MessageSignFinal(CK_SESSION_HANDLE session)
{
	return final(session, OP_MESSAGE_SIGN);
}

CK_RV C_MessageVerifyInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
	return init(session, OP_MESSAGE_VERIFY, mechanism, key);
}

CK_RV C_VerifyMessage(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
		      CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR signature, CK_ULONG signature_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(parameter, parameter_len) && input_ok(data, data_len) &&
				      input_there(signature, signature_len));

	if (rv == CKR_OK)
		rv = message_verify(c.session, cs_view(parameter, parameter_len), cs_view(data, data_len),
				    cs_view(signature, signature_len));
	return call_end(&c, rv);
}

CK_RV C_VerifyMessageBegin(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len)
{
	return begin(session, OP_MESSAGE_VERIFY, cs_view(parameter, parameter_len), CS_VIEW_EMPTY);
}

CK_RV C_VerifyMessageNext(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
			  CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR signature, CK_ULONG signature_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(parameter, parameter_len) && input_ok(data, data_len));

	if (rv == CKR_OK)
		rv = message_verify_next(c.session, cs_view(parameter, parameter_len),
					 cs_view(data, data_len), cs_view(signature, signature_len));
	return call_end(&c, rv);
}

CK_RV C_MessageVerifyFinal(CK_SESSION_HANDLE session)
{
	return final(session, OP_MESSAGE_VERIFY);
}
