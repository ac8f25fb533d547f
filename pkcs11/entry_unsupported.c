/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Entry points of what no token of ours does: operations on two things at once, message-based and
 * asynchronous ones, keys that leave, encapsulation. Each says so once it has been entered; what is not
 * supported is no reason to take an invalid session for a valid one.
 */
#include "pkcs11/entry.h"

static CK_RV unsupported(CK_SESSION_HANDLE session)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? CKR_FUNCTION_NOT_SUPPORTED : c.rv);
}

CK_RV C_DigestEncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG part_len,
			    CK_BYTE_PTR encrypted, CK_ULONG_PTR encrypted_len)
{
	(void)part;
	(void)part_len;
	(void)encrypted;
	(void)encrypted_len;
	return unsupported(session);
}

CK_RV C_DecryptDigestUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR encrypted, CK_ULONG encrypted_len,
			    CK_BYTE_PTR part, CK_ULONG_PTR part_len)
{
	(void)encrypted;
	(void)encrypted_len;
	(void)part;
	(void)part_len;
	return unsupported(session);
}

CK_RV C_SignEncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG part_len,
			  CK_BYTE_PTR encrypted, CK_ULONG_PTR encrypted_len)
{
	(void)part;
	(void)part_len;
	(void)encrypted;
	(void)encrypted_len;
	return unsupported(session);
}

CK_RV C_DecryptVerifyUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR encrypted, CK_ULONG encrypted_len,
			    CK_BYTE_PTR part, CK_ULONG_PTR part_len)
{
	(void)encrypted;
	(void)encrypted_len;
	(void)part;
	(void)part_len;
	return unsupported(session);
}

CK_RV C_WrapKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE wrapping_key,
		CK_OBJECT_HANDLE key, CK_BYTE_PTR wrapped, CK_ULONG_PTR wrapped_len)
{
	(void)mechanism;
	(void)wrapping_key;
	(void)key;
	(void)wrapped;
	(void)wrapped_len;
	return unsupported(session);
}

CK_RV C_MessageEncryptInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
	(void)mechanism;
	(void)key;
	return unsupported(session);
}

CK_RV C_EncryptMessage(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
		       CK_BYTE_PTR associated, CK_ULONG associated_len, CK_BYTE_PTR plaintext,
		       CK_ULONG plaintext_len, CK_BYTE_PTR ciphertext, CK_ULONG_PTR ciphertext_len)
{
	(void)parameter;
	(void)parameter_len;
	(void)associated;
	(void)associated_len;
	(void)plaintext;
	(void)plaintext_len;
	(void)ciphertext;
	(void)ciphertext_len;
	return unsupported(session);
}

CK_RV C_EncryptMessageBegin(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
			    CK_BYTE_PTR associated, CK_ULONG associated_len)
{
	(void)parameter;
	(void)parameter_len;
	(void)associated;
	(void)associated_len;
	return unsupported(session);
}

CK_RV C_EncryptMessageNext(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
			   CK_BYTE_PTR plaintext, CK_ULONG plaintext_len, CK_BYTE_PTR ciphertext,
			   CK_ULONG_PTR ciphertext_len, CK_FLAGS flags)
{
	(void)parameter;
	(void)parameter_len;
	(void)plaintext;
	(void)plaintext_len;
	(void)ciphertext;
	(void)ciphertext_len;
	(void)flags;
	return unsupported(session);
}

CK_RV C_MessageEncryptFinal(CK_SESSION_HANDLE session)
{
	return unsupported(session);
}

CK_RV C_MessageDecryptInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
	(void)mechanism;
	(void)key;
	return unsupported(session);
}

CK_RV C_DecryptMessage(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
		       CK_BYTE_PTR associated, CK_ULONG associated_len, CK_BYTE_PTR ciphertext,
		       CK_ULONG ciphertext_len, CK_BYTE_PTR plaintext, CK_ULONG_PTR plaintext_len)
{
	(void)parameter;
	(void)parameter_len;
	(void)associated;
	(void)associated_len;
	(void)ciphertext;
	(void)ciphertext_len;
	(void)plaintext;
	(void)plaintext_len;
	return unsupported(session);
}

CK_RV C_DecryptMessageBegin(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
			    CK_BYTE_PTR associated, CK_ULONG associated_len)
{
	(void)parameter;
	(void)parameter_len;
	(void)associated;
	(void)associated_len;
	return unsupported(session);
}

CK_RV C_DecryptMessageNext(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
			   CK_BYTE_PTR ciphertext, CK_ULONG ciphertext_len, CK_BYTE_PTR plaintext,
			   CK_ULONG_PTR plaintext_len, CK_FLAGS flags)
{
	(void)parameter;
	(void)parameter_len;
	(void)ciphertext;
	(void)ciphertext_len;
	(void)plaintext;
	(void)plaintext_len;
	(void)flags;
	return unsupported(session);
}

CK_RV C_MessageDecryptFinal(CK_SESSION_HANDLE session)
{
	return unsupported(session);
}

CK_RV C_MessageSignInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
	(void)mechanism;
	(void)key;
	return unsupported(session);
}

CK_RV C_SignMessage(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
		    CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR signature, CK_ULONG_PTR signature_len)
{
	(void)parameter;
	(void)parameter_len;
	(void)data;
	(void)data_len;
	(void)signature;
	(void)signature_len;
	return unsupported(session);
}

CK_RV C_SignMessageBegin(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len)
{
	(void)parameter;
	(void)parameter_len;
	return unsupported(session);
}

CK_RV C_SignMessageNext(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
			CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR signature,
			CK_ULONG_PTR signature_len)
{
	(void)parameter;
	(void)parameter_len;
	(void)data;
	(void)data_len;
	(void)signature;
	(void)signature_len;
	return unsupported(session);
}

CK_RV C_MessageSignFinal(CK_SESSION_HANDLE session)
{
	return unsupported(session);
}

CK_RV C_MessageVerifyInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
	(void)mechanism;
	(void)key;
	return unsupported(session);
}

CK_RV C_VerifyMessage(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
		      CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR signature, CK_ULONG signature_len)
{
	(void)parameter;
	(void)parameter_len;
	(void)data;
	(void)data_len;
	(void)signature;
	(void)signature_len;
	return unsupported(session);
}

CK_RV C_VerifyMessageBegin(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len)
{
	(void)parameter;
	(void)parameter_len;
	return unsupported(session);
}

CK_RV C_VerifyMessageNext(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
			  CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR signature, CK_ULONG signature_len)
{
	(void)parameter;
	(void)parameter_len;
	(void)data;
	(void)data_len;
	(void)signature;
	(void)signature_len;
	return unsupported(session);
}

CK_RV C_MessageVerifyFinal(CK_SESSION_HANDLE session)
{
	return unsupported(session);
}

CK_RV C_EncapsulateKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE public_key,
		       CK_ATTRIBUTE_PTR attributes, CK_ULONG attributes_count, CK_BYTE_PTR ciphertext,
		       CK_ULONG_PTR ciphertext_len, CK_OBJECT_HANDLE_PTR key)
{
	(void)mechanism;
	(void)public_key;
	(void)attributes;
	(void)attributes_count;
	(void)ciphertext;
	(void)ciphertext_len;
	(void)key;
	return unsupported(session);
}

CK_RV C_DecapsulateKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE private_key,
		       CK_ATTRIBUTE_PTR attributes, CK_ULONG attributes_count, CK_BYTE_PTR ciphertext,
		       CK_ULONG ciphertext_len, CK_OBJECT_HANDLE_PTR key)
{
	(void)mechanism;
	(void)private_key;
	(void)attributes;
	(void)attributes_count;
	(void)ciphertext;
	(void)ciphertext_len;
	(void)key;
	return unsupported(session);
}

CK_RV C_AsyncComplete(CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR function, CK_ASYNC_DATA_PTR result)
{
	(void)function;
	(void)result;
	return unsupported(session);
}

CK_RV C_AsyncGetID(CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR function, CK_ULONG_PTR id)
{
	(void)function;
	(void)id;
	return unsupported(session);
}

CK_RV C_AsyncJoin(CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR function, CK_ULONG id, CK_BYTE_PTR data,
		  CK_ULONG data_len)
{
	(void)function;
	(void)id;
	(void)data;
	(void)data_len;
	return unsupported(session);
}

CK_RV C_WrapKeyAuthenticated(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
			     CK_OBJECT_HANDLE wrapping_key, CK_OBJECT_HANDLE key, CK_BYTE_PTR associated,
			     CK_ULONG associated_len, CK_BYTE_PTR wrapped, CK_ULONG_PTR wrapped_len)
{
	(void)mechanism;
	(void)wrapping_key;
	(void)key;
	(void)associated;
	(void)associated_len;
	(void)wrapped;
	(void)wrapped_len;
	return unsupported(session);
}

CK_RV C_UnwrapKeyAuthenticated(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
			       CK_OBJECT_HANDLE unwrapping_key, CK_BYTE_PTR wrapped, CK_ULONG wrapped_len,
			       CK_ATTRIBUTE_PTR attributes, CK_ULONG attributes_count, CK_BYTE_PTR associated,
			       CK_ULONG associated_len, CK_OBJECT_HANDLE_PTR key)
{
	(void)mechanism;
	(void)unwrapping_key;
	(void)wrapped;
	(void)wrapped_len;
	(void)attributes;
	(void)attributes_count;
	(void)associated;
	(void)associated_len;
	(void)key;
	return unsupported(session);
}
