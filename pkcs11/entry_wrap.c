/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Entry points: keys that leave and come encrypted or encapsulated.
 */
#include "pkcs11/entry.h"

#include "pkcs11/kem.h"
#include "pkcs11/wrap.h"

CK_RV C_WrapKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE wrapping_key,
		CK_OBJECT_HANDLE key, CK_BYTE_PTR wrapped, CK_ULONG_PTR wrapped_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, mechanism != NULL && wrapped_len != NULL);

	if (rv == CKR_OK)
		rv = wrap_key(c.session, mechanism, wrapping_key, key, wrapped, wrapped_len);
	return call_end(&c, rv);
}

CK_RV C_UnwrapKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE unwrapping_key,
		  CK_BYTE_PTR wrapped, CK_ULONG wrapped_len, CK_ATTRIBUTE_PTR attributes,
		  CK_ULONG attributes_count, CK_OBJECT_HANDLE_PTR key)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, mechanism != NULL && input_there(wrapped, wrapped_len) && key != NULL);

	if (rv == CKR_OK)
		rv = unwrap_key(c.session, mechanism, unwrapping_key, cs_view(wrapped, wrapped_len),
				attributes, attributes_count, key);
	return call_end(&c, rv);
}

CK_RV C_WrapKeyAuthenticated(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
			     CK_OBJECT_HANDLE wrapping_key, CK_OBJECT_HANDLE key, CK_BYTE_PTR associated,
			     CK_ULONG associated_len, CK_BYTE_PTR wrapped, CK_ULONG_PTR wrapped_len)
{
	struct call c = call_session(session);
	CK_RV rv =
	    call_check(&c, mechanism != NULL && input_ok(associated, associated_len) && wrapped_len != NULL);

	if (rv == CKR_OK)
		rv = wrap_key_authenticated(c.session, mechanism, wrapping_key, key,
					    cs_view(associated, associated_len), wrapped, wrapped_len);
	return call_end(&c, rv);
}

CK_RV C_UnwrapKeyAuthenticated(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
			       CK_OBJECT_HANDLE unwrapping_key, CK_BYTE_PTR wrapped, CK_ULONG wrapped_len,
			       CK_ATTRIBUTE_PTR attributes, CK_ULONG attributes_count, CK_BYTE_PTR associated,
			       CK_ULONG associated_len, CK_OBJECT_HANDLE_PTR key)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, mechanism != NULL && input_there(wrapped, wrapped_len) &&
				      input_ok(associated, associated_len) && key != NULL);

	if (rv == CKR_OK)
		rv = unwrap_key_authenticated(
		    c.session, mechanism, unwrapping_key, cs_view(wrapped, wrapped_len),
		    cs_view(associated, associated_len), attributes, attributes_count, key);
	return call_end(&c, rv);
}

CK_RV C_EncapsulateKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE public_key,
		       CK_ATTRIBUTE_PTR attributes, CK_ULONG attributes_count, CK_BYTE_PTR ciphertext,
		       CK_ULONG_PTR ciphertext_len, CK_OBJECT_HANDLE_PTR key)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, mechanism != NULL && ciphertext_len != NULL &&
				      (key != NULL || ciphertext == NULL));

	if (rv == CKR_OK)
		rv = encapsulate_key(c.session, mechanism, public_key, attributes, attributes_count,
				     ciphertext, ciphertext_len, key);
	return call_end(&c, rv);
}

CK_RV C_DecapsulateKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE private_key,
		       CK_ATTRIBUTE_PTR attributes, CK_ULONG attributes_count, CK_BYTE_PTR ciphertext,
		       CK_ULONG ciphertext_len, CK_OBJECT_HANDLE_PTR key)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, mechanism != NULL && ciphertext != NULL && key != NULL);

	if (rv == CKR_OK)
		rv = decapsulate_key(c.session, mechanism, private_key, cs_view(ciphertext, ciphertext_len),
				     attributes, attributes_count, key);
	return call_end(&c, rv);
}
