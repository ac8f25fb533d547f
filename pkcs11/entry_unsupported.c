/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Entry points of what no token of ours does: encapsulation. Each says so once it has been entered; what is
 * not supported is no reason to take an invalid session for a valid one.
 */
#include "pkcs11/entry.h"

static CK_RV unsupported(CK_SESSION_HANDLE session)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? CKR_FUNCTION_NOT_SUPPORTED : c.rv);
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
