/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Entry points: encrypting, decrypting, digests, signatures.
 */
#include "pkcs11/entry.h"

#include "pkcs11/decrypt.h"
#include "pkcs11/digest.h"
#include "pkcs11/sign.h"
#include "pkcs11/verify.h"

CK_RV C_EncryptInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? crypt_init(c.session, OP_ENCRYPT, mechanism, key) : c.rv);
}

CK_RV C_Encrypt(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR encrypted,
		CK_ULONG_PTR encrypted_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(data, data_len) && encrypted_len != NULL);

	if (rv == CKR_OK)
		rv = crypt_once(c.session, OP_ENCRYPT, cs_view(data, data_len), encrypted, encrypted_len);
	return call_end(&c, rv);
}

CK_RV C_EncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG part_len, CK_BYTE_PTR encrypted,
		      CK_ULONG_PTR encrypted_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(part, part_len) && encrypted_len != NULL);
	bool taken;

	if (rv == CKR_OK)
		rv = crypt_update(c.session, OP_ENCRYPT, cs_view(part, part_len), encrypted, encrypted_len,
				  &taken);
	return call_end(&c, rv);
}

CK_RV C_EncryptFinal(CK_SESSION_HANDLE session, CK_BYTE_PTR encrypted, CK_ULONG_PTR encrypted_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, encrypted_len != NULL);

	return call_end(&c, rv == CKR_OK ? crypt_final(c.session, OP_ENCRYPT, encrypted, encrypted_len) : rv);
}

CK_RV C_DecryptInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? crypt_init(c.session, OP_DECRYPT, mechanism, key) : c.rv);
}

CK_RV C_Decrypt(CK_SESSION_HANDLE session, CK_BYTE_PTR encrypted, CK_ULONG encrypted_len, CK_BYTE_PTR data,
		CK_ULONG_PTR data_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(encrypted, encrypted_len) && data_len != NULL);

	if (rv == CKR_OK)
		rv = crypt_once(c.session, OP_DECRYPT, cs_view(encrypted, encrypted_len), data, data_len);
	return call_end(&c, rv);
}

CK_RV C_DecryptUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR encrypted, CK_ULONG encrypted_len,
		      CK_BYTE_PTR part, CK_ULONG_PTR part_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(encrypted, encrypted_len) && part_len != NULL);
	bool taken;

	if (rv == CKR_OK)
		rv = crypt_update(c.session, OP_DECRYPT, cs_view(encrypted, encrypted_len), part, part_len,
				  &taken);
	return call_end(&c, rv);
}

CK_RV C_DecryptFinal(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG_PTR part_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, part_len != NULL);

	return call_end(&c, rv == CKR_OK ? crypt_final(c.session, OP_DECRYPT, part, part_len) : rv);
}

CK_RV C_DigestInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? digest_init(c.session, mechanism) : c.rv);
}

CK_RV C_Digest(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR digest,
	       CK_ULONG_PTR digest_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(data, data_len) && digest_len != NULL);

	return call_end(&c, rv == CKR_OK ? digest_once(c.session, cs_view(data, data_len), digest, digest_len)
					 : rv);
}

CK_RV C_DigestUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG part_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(part, part_len));

	return call_end(&c, rv == CKR_OK ? digest_update(c.session, cs_view(part, part_len)) : rv);
}

CK_RV C_DigestKey(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? digest_key(c.session, key) : c.rv);
}

CK_RV C_DigestFinal(CK_SESSION_HANDLE session, CK_BYTE_PTR digest, CK_ULONG_PTR digest_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, digest_len != NULL);

	return call_end(&c, rv == CKR_OK ? digest_final(c.session, digest, digest_len) : rv);
}

CK_RV C_SignInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? sign_init(c.session, mechanism, key, false) : c.rv);
}

CK_RV C_Sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR signature,
	     CK_ULONG_PTR signature_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(data, data_len) && signature_len != NULL);

	if (rv == CKR_OK)
		rv = sign_once(c.session, false, cs_view(data, data_len), signature, signature_len);
	return call_end(&c, rv);
}

CK_RV C_SignUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG part_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(part, part_len));

	return call_end(&c, rv == CKR_OK ? sign_update(c.session, cs_view(part, part_len)) : rv);
}

CK_RV C_SignFinal(CK_SESSION_HANDLE session, CK_BYTE_PTR signature, CK_ULONG_PTR signature_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, signature_len != NULL);

	return call_end(&c, rv == CKR_OK ? sign_final(c.session, signature, signature_len) : rv);
}

CK_RV C_SignRecoverInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? sign_init(c.session, mechanism, key, true) : c.rv);
}

CK_RV C_SignRecover(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR signature,
		    CK_ULONG_PTR signature_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(data, data_len) && signature_len != NULL);

	if (rv == CKR_OK)
		rv = sign_once(c.session, true, cs_view(data, data_len), signature, signature_len);
	return call_end(&c, rv);
}

CK_RV C_VerifyInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? verify_init(c.session, mechanism, key, false) : c.rv);
}

CK_RV C_Verify(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR signature,
	       CK_ULONG signature_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(data, data_len) && input_there(signature, signature_len));

	if (rv == CKR_OK)
		rv = verify_once(c.session, cs_view(data, data_len), cs_view(signature, signature_len));
	return call_end(&c, rv);
}

CK_RV C_VerifyUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG part_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(part, part_len));

	return call_end(&c, rv == CKR_OK ? verify_update(c.session, cs_view(part, part_len), false) : rv);
}

CK_RV C_VerifyFinal(CK_SESSION_HANDLE session, CK_BYTE_PTR signature, CK_ULONG signature_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_there(signature, signature_len));

	return call_end(&c, rv == CKR_OK ? verify_final(c.session, cs_view(signature, signature_len)) : rv);
}

CK_RV C_VerifyRecoverInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? verify_init(c.session, mechanism, key, true) : c.rv);
}

CK_RV C_VerifyRecover(CK_SESSION_HANDLE session, CK_BYTE_PTR signature, CK_ULONG signature_len,
		      CK_BYTE_PTR data, CK_ULONG_PTR data_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_there(signature, signature_len) && data_len != NULL);

	if (rv == CKR_OK)
		rv = verify_recover(c.session, cs_view(signature, signature_len), data, data_len);
	return call_end(&c, rv);
}

CK_RV C_VerifySignatureInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key,
			    CK_BYTE_PTR signature, CK_ULONG signature_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(signature, signature_len));

	if (rv == CKR_OK)
		rv = verify_signature_init(c.session, mechanism, key, cs_view(signature, signature_len));
	return call_end(&c, rv);
}

CK_RV C_VerifySignature(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG data_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(data, data_len));

	if (rv == CKR_OK)
		rv = verify_signature_final(c.session, cs_view(data, data_len), true);
	return call_end(&c, rv);
}

CK_RV C_VerifySignatureUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG part_len)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(part, part_len));

	return call_end(&c, rv == CKR_OK ? verify_update(c.session, cs_view(part, part_len), true) : rv);
}

CK_RV C_VerifySignatureFinal(CK_SESSION_HANDLE session)
{
	struct call c = call_session(session);

	return call_end(&c, c.rv == CKR_OK ? verify_signature_final(c.session, CS_VIEW_EMPTY, false) : c.rv);
}
