/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the secret keys that a card holds do.
 */
#include "tests/unit/pkcs11_removal.h"

#include "tests/unit/pkcs11_token.h"

#define TEXT 32u

static CK_BYTE seed[] = "12345678901234567890", iv[16] = {1}, nonce[12] = {2}, aad[] = "header";
static CK_BYTE plain[TEXT] = "what a key of the card encrypts";
static CK_OBJECT_HANDLE handle, other;
static CK_BYTE out[1024];

/* What comes out where nothing goes wrong. */
static struct {
	CK_BYTE cbc[TEXT], padded[TEXT + 16], gcm[TEXT + 16], mac[32], wrapped[TEXT];
} right;

/* A result that is another one is no sensible answer. */
static CK_RV same(CK_RV rv, const CK_ULONG *len, const CK_BYTE *want, CK_ULONG want_len)
{
	if (rv != CKR_OK)
		return rv;
	return *len == want_len && memcmp(out, want, want_len) == 0 ? CKR_OK : CKR_GENERAL_ERROR;
}

CK_RV removal_find(CK_OBJECT_CLASS class, const char *name, CK_OBJECT_HANDLE *found)
{
	CK_UTF8CHAR label[16];
	CK_OBJECT_HANDLE all[32];
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_LABEL, label, strlen(name)}};

	memcpy(label, name, strlen(name));
	if (find_all(a, 2, all) != 1)
		return CKR_OBJECT_HANDLE_INVALID;
	*found = all[0];
	return CKR_OK;
}

CK_RV removal_secret(CK_KEY_TYPE type, const char *name, CK_BBOOL token, CK_BYTE *value, CK_ULONG len,
		     CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_UTF8CHAR label[16];
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &token, 1},
			    {CKA_LABEL, label, strlen(name)},
			    {CKA_VALUE, value, len}};

	memcpy(label, name, strlen(name));
	return C_CreateObject(session, a, 5, key);
}

static CK_RV have_aes(void)
{
	return removal_find(CKO_SECRET_KEY, "aes", &handle);
}

/* ---- AES ---- */

static CK_RV begin_with(CK_RV (*init)(CK_SESSION_HANDLE, CK_MECHANISM_PTR, CK_OBJECT_HANDLE),
			CK_MECHANISM_TYPE type, const char *name)
{
	CK_GCM_PARAMS gcm = {nonce, sizeof(nonce), 96, aad, sizeof(aad), 128};
	CK_MECHANISM m = {type, NULL, 0};
	CK_RV rv = removal_find(CKO_SECRET_KEY, name, &handle);

	if (type == CKM_AES_CBC || type == CKM_AES_CBC_PAD)
		m = (CK_MECHANISM){type, iv, sizeof(iv)};
	else if (type == CKM_AES_GCM && init != C_MessageEncryptInit && init != C_MessageDecryptInit)
		m = (CK_MECHANISM){type, &gcm, sizeof(gcm)};
	return rv == CKR_OK ? init(session, &m, handle) : rv;
}

static CK_RV have_encrypt(void)
{
	return begin_with(C_EncryptInit, CKM_AES_CBC, "aes");
}

static CK_RV encrypt(void)
{
	CK_ULONG len = sizeof(out);

	return same(C_Encrypt(session, plain, TEXT, out, &len), &len, right.cbc, TEXT);
}

static CK_RV encrypt_update(void)
{
	CK_ULONG len = sizeof(out);

	return same(C_EncryptUpdate(session, plain, TEXT, out, &len), &len, right.cbc, TEXT);
}

static CK_RV have_encrypt_gcm(void)
{
	return begin_with(C_EncryptInit, CKM_AES_GCM, "aes");
}

static CK_RV encrypt_gcm(void)
{
	CK_ULONG len = sizeof(out);

	return same(C_Encrypt(session, plain, TEXT, out, &len), &len, right.gcm, TEXT + 16);
}

/* One block and a part of the next. */
static CK_RV have_encrypt_updated(void)
{
	CK_ULONG len = sizeof(out);
	CK_RV rv = begin_with(C_EncryptInit, CKM_AES_CBC_PAD, "aes");

	return rv == CKR_OK ? C_EncryptUpdate(session, plain, 20, out, &len) : rv;
}

static CK_RV encrypt_final(void)
{
	CK_ULONG len = sizeof(out);

	return same(C_EncryptFinal(session, out, &len), &len, right.padded + 16, 16);
}

static CK_RV have_decrypt(void)
{
	return begin_with(C_DecryptInit, CKM_AES_CBC, "aes");
}

static CK_RV decrypt(void)
{
	CK_ULONG len = sizeof(out);

	return same(C_Decrypt(session, right.cbc, TEXT, out, &len), &len, plain, TEXT);
}

static CK_RV decrypt_update(void)
{
	CK_ULONG len = sizeof(out);

	return same(C_DecryptUpdate(session, right.cbc, TEXT, out, &len), &len, plain, TEXT);
}

static CK_RV have_decrypt_updated(void)
{
	CK_ULONG len = sizeof(out);
	CK_RV rv = begin_with(C_DecryptInit, CKM_AES_CBC_PAD, "aes");

	return rv == CKR_OK ? C_DecryptUpdate(session, right.padded, TEXT, out, &len) : rv;
}

static CK_RV decrypt_final(void)
{
	CK_ULONG len = sizeof(out);

	return same(C_DecryptFinal(session, out, &len), &len, plain + 16, 4);
}

/* ---- one part to two operations ---- */

static CK_RV and_digest(CK_RV rv)
{
	CK_MECHANISM m = {CKM_SHA256, NULL, 0};

	return rv == CKR_OK ? C_DigestInit(session, &m) : rv;
}

static CK_RV and_mac(CK_RV rv, CK_RV (*init)(CK_SESSION_HANDLE, CK_MECHANISM_PTR, CK_OBJECT_HANDLE))
{
	return rv == CKR_OK ? begin_with(init, CKM_SHA256_HMAC, "mac") : rv;
}

static CK_RV have_digest_encrypt(void)
{
	return and_digest(have_encrypt());
}

static CK_RV digest_encrypt(void)
{
	CK_ULONG len = sizeof(out);

	return same(C_DigestEncryptUpdate(session, plain, TEXT, out, &len), &len, right.cbc, TEXT);
}

static CK_RV have_sign_encrypt(void)
{
	return and_mac(have_encrypt(), C_SignInit);
}

static CK_RV sign_encrypt(void)
{
	CK_ULONG len = sizeof(out);

	return same(C_SignEncryptUpdate(session, plain, TEXT, out, &len), &len, right.cbc, TEXT);
}

static CK_RV have_decrypt_digest(void)
{
	return and_digest(have_decrypt());
}

static CK_RV decrypt_digest(void)
{
	CK_ULONG len = sizeof(out);

	return same(C_DecryptDigestUpdate(session, right.cbc, TEXT, out, &len), &len, plain, TEXT);
}

static CK_RV have_decrypt_verify(void)
{
	return and_mac(have_decrypt(), C_VerifyInit);
}

static CK_RV decrypt_verify(void)
{
	CK_ULONG len = sizeof(out);

	return same(C_DecryptVerifyUpdate(session, right.cbc, TEXT, out, &len), &len, plain, TEXT);
}

/* ---- messages ---- */

static CK_BYTE tag[16];
static CK_GCM_MESSAGE_PARAMS message = {nonce, sizeof(nonce), 0, CKG_NO_GENERATE, tag, 128};

static CK_RV tagged(CK_RV rv)
{
	return rv == CKR_OK && memcmp(tag, right.gcm + TEXT, sizeof(tag)) != 0 ? CKR_GENERAL_ERROR : rv;
}

static CK_RV have_encrypt_message(void)
{
	return begin_with(C_MessageEncryptInit, CKM_AES_GCM, "aes");
}

static CK_RV encrypt_message(void)
{
	CK_ULONG len = sizeof(out);
	CK_RV rv =
	    C_EncryptMessage(session, &message, sizeof(message), aad, sizeof(aad), plain, TEXT, out, &len);

	return tagged(same(rv, &len, right.gcm, TEXT));
}

static CK_RV have_encrypt_message_begun(void)
{
	CK_RV rv = have_encrypt_message();

	return rv == CKR_OK ? C_EncryptMessageBegin(session, &message, sizeof(message), aad, sizeof(aad))
			    : rv;
}

static CK_RV encrypt_message_next(void)
{
	CK_ULONG len = sizeof(out);
	CK_RV rv = C_EncryptMessageNext(session, &message, sizeof(message), plain, TEXT, out, &len,
					CKF_END_OF_MESSAGE);

	return tagged(same(rv, &len, right.gcm, TEXT));
}

static CK_RV have_decrypt_message(void)
{
	memcpy(tag, right.gcm + TEXT, sizeof(tag));
	return begin_with(C_MessageDecryptInit, CKM_AES_GCM, "aes");
}

static CK_RV decrypt_message(void)
{
	CK_ULONG len = sizeof(out);
	CK_RV rv = C_DecryptMessage(session, &message, sizeof(message), aad, sizeof(aad), right.gcm, TEXT,
				    out, &len);

	return same(rv, &len, plain, TEXT);
}

static CK_RV have_decrypt_message_begun(void)
{
	CK_RV rv = have_decrypt_message();

	return rv == CKR_OK ? C_DecryptMessageBegin(session, &message, sizeof(message), aad, sizeof(aad))
			    : rv;
}

static CK_RV decrypt_message_next(void)
{
	CK_ULONG len = sizeof(out);
	CK_RV rv = C_DecryptMessageNext(session, &message, sizeof(message), right.gcm, TEXT, out, &len,
					CKF_END_OF_MESSAGE);

	return same(rv, &len, plain, TEXT);
}

/* ---- MACs ---- */

static CK_RV have_sign(void)
{
	return begin_with(C_SignInit, CKM_SHA256_HMAC, "mac");
}

static CK_RV sign(void)
{
	CK_ULONG len = sizeof(out);

	return same(C_Sign(session, plain, TEXT, out, &len), &len, right.mac, 32);
}

static CK_RV have_sign_updated(void)
{
	CK_RV rv = have_sign();

	return rv == CKR_OK ? C_SignUpdate(session, plain, TEXT) : rv;
}

static CK_RV sign_final(void)
{
	CK_ULONG len = sizeof(out);

	return same(C_SignFinal(session, out, &len), &len, right.mac, 32);
}

static CK_RV have_verify(void)
{
	return begin_with(C_VerifyInit, CKM_SHA256_HMAC, "mac");
}

static CK_RV verify(void)
{
	return C_Verify(session, plain, TEXT, right.mac, 32);
}

static CK_RV verify_wrong(void)
{
	CK_BYTE mac[32] = {0};

	return C_Verify(session, plain, TEXT, mac, sizeof(mac));
}

static CK_RV have_verify_updated(void)
{
	CK_RV rv = have_verify();

	return rv == CKR_OK ? C_VerifyUpdate(session, plain, TEXT) : rv;
}

static CK_RV verify_final(void)
{
	return C_VerifyFinal(session, right.mac, 32);
}

static CK_RV have_verify_message(void)
{
	return begin_with(C_MessageVerifyInit, CKM_SHA256_HMAC, "mac");
}

static CK_RV verify_message(void)
{
	return C_VerifyMessage(session, NULL, 0, plain, TEXT, right.mac, 32);
}

static CK_RV have_verify_message_begun(void)
{
	CK_RV rv = have_verify_message();

	return rv == CKR_OK ? C_VerifyMessageBegin(session, NULL, 0) : rv;
}

static CK_RV verify_message_next(void)
{
	return C_VerifyMessageNext(session, NULL, 0, plain, TEXT, right.mac, 32);
}

static CK_RV have_verify_signature(void)
{
	CK_MECHANISM m = {CKM_SHA256_HMAC, NULL, 0};
	CK_RV rv = removal_find(CKO_SECRET_KEY, "mac", &handle);

	return rv == CKR_OK ? C_VerifySignatureInit(session, &m, handle, right.mac, 32) : rv;
}

static CK_RV verify_signature(void)
{
	return C_VerifySignature(session, plain, TEXT);
}

static CK_RV have_verify_signature_updated(void)
{
	CK_RV rv = have_verify_signature();

	return rv == CKR_OK ? C_VerifySignatureUpdate(session, plain, TEXT) : rv;
}

static CK_RV verify_signature_final(void)
{
	return C_VerifySignatureFinal(session);
}

/* ---- keys that come and go encrypted ---- */

static CK_RV have_wrap(void)
{
	CK_RV rv = removal_secret(CKK_AES, "leaves", CK_FALSE, plain, 16, &other);

	return rv == CKR_OK ? have_aes() : rv;
}

static CK_RV wrap(void)
{
	CK_MECHANISM m = {CKM_AES_CBC_PAD, iv, sizeof(iv)};
	CK_ULONG len = sizeof(out);

	return same(C_WrapKey(session, &m, handle, other, out, &len), &len, right.wrapped, TEXT);
}

static CK_RV wrap_authenticated(void)
{
	CK_MECHANISM m = {CKM_AES_GCM, &message, sizeof(message)};
	CK_ULONG len = sizeof(out);
	CK_RV rv = C_WrapKeyAuthenticated(session, &m, handle, other, aad, sizeof(aad), out, &len);

	/* A stream: of half the text, its first half. */
	return same(rv, &len, right.gcm, 16);
}

static CK_RV value_is(CK_RV rv, const CK_BYTE *want, CK_ULONG want_len)
{
	CK_ATTRIBUTE a = {CKA_VALUE, out, sizeof(out)};

	if (rv == CKR_OK && C_GetAttributeValue(session, other, &a, 1) != CKR_OK)
		return CKR_GENERAL_ERROR;
	return same(rv, &a.ulValueLen, want, want_len);
}

static CK_RV unwrap(void)
{
	CK_MECHANISM m = {CKM_AES_CBC_PAD, iv, sizeof(iv)};
	CK_KEY_TYPE type = CKK_AES;
	CK_ATTRIBUTE a = {CKA_KEY_TYPE, &type, sizeof(type)};

	return value_is(C_UnwrapKey(session, &m, handle, right.wrapped, TEXT, &a, 1, &other), plain, 16);
}

static CK_RV have_unwrap_authenticated(void)
{
	memcpy(tag, right.gcm + TEXT, sizeof(tag));
	return have_aes();
}

static CK_RV unwrap_authenticated(void)
{
	CK_MECHANISM m = {CKM_AES_GCM, &message, sizeof(message)};
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ATTRIBUTE a = {CKA_KEY_TYPE, &type, sizeof(type)};

	return value_is(
	    C_UnwrapKeyAuthenticated(session, &m, handle, right.gcm, TEXT, &a, 1, aad, sizeof(aad), &other),
	    plain, TEXT);
}

/* ---- all of them ---- */

/* Each once, so that it is known what comes out. */
static bool make_right(void)
{
	CK_ULONG cbc = TEXT, padded = TEXT + 16, gcm = TEXT + 16, mac = 32, wrapped = TEXT;
	CK_MECHANISM pad = {CKM_AES_CBC_PAD, iv, sizeof(iv)};

	return have_encrypt() == CKR_OK && C_Encrypt(session, plain, TEXT, right.cbc, &cbc) == CKR_OK &&
	       begin_with(C_EncryptInit, CKM_AES_CBC_PAD, "aes") == CKR_OK &&
	       C_Encrypt(session, plain, 20, right.padded, &padded) == CKR_OK &&
	       have_encrypt_gcm() == CKR_OK && C_Encrypt(session, plain, TEXT, right.gcm, &gcm) == CKR_OK &&
	       have_sign() == CKR_OK && C_Sign(session, plain, TEXT, right.mac, &mac) == CKR_OK &&
	       have_wrap() == CKR_OK &&
	       C_WrapKey(session, &pad, handle, other, right.wrapped, &wrapped) == CKR_OK;
}

bool removal_secrets(void)
{
	return removal_secret(CKK_AES, "aes", CK_TRUE, seed, 16, &other) == CKR_OK &&
	       removal_secret(CKK_SHA256_HMAC, "mac", CK_TRUE, plain, 32, &other) == CKR_OK && make_right();
}

const struct operation_row removal_secret_rows[] = {
    ROW("C_Encrypt", "AES-CBC by the card", START_USER, have_encrypt, encrypt, .pins = 1),
    ROW("C_Encrypt", "AES-GCM by the card", START_USER, have_encrypt_gcm, encrypt_gcm, .pins = 1),
    ROW("C_EncryptUpdate", "AES-CBC by the card", START_USER, have_encrypt, encrypt_update, .pins = 1),
    ROW("C_EncryptFinal", "AES-CBC-PAD by the card", START_USER, have_encrypt_updated, encrypt_final,
	.pins = 1),
    ROW("C_Decrypt", "AES-CBC by the card", START_USER, have_decrypt, decrypt, .pins = 1),
    ROW("C_DecryptUpdate", "AES-CBC by the card", START_USER, have_decrypt, decrypt_update, .pins = 1),
    ROW("C_DecryptFinal", "AES-CBC-PAD by the card", START_USER, have_decrypt_updated, decrypt_final,
	.pins = 1),
    ROW("C_DigestEncryptUpdate", "AES by the card", START_USER, have_digest_encrypt, digest_encrypt,
	.pins = 1),
    ROW("C_SignEncryptUpdate", "AES by the card", START_USER, have_sign_encrypt, sign_encrypt, .pins = 1),
    ROW("C_DecryptDigestUpdate", "AES by the card", START_USER, have_decrypt_digest, decrypt_digest,
	.pins = 1),
    ROW("C_DecryptVerifyUpdate", "AES by the card", START_USER, have_decrypt_verify, decrypt_verify,
	.pins = 1),
    ROW("C_EncryptMessage", "AES-GCM by the card", START_USER, have_encrypt_message, encrypt_message,
	.pins = 1),
    ROW("C_EncryptMessageNext", "AES-GCM by the card", START_USER, have_encrypt_message_begun,
	encrypt_message_next, .pins = 1),
    ROW("C_DecryptMessage", "AES-GCM by the card", START_USER, have_decrypt_message, decrypt_message,
	.pins = 1),
    ROW("C_DecryptMessageNext", "AES-GCM by the card", START_USER, have_decrypt_message_begun,
	decrypt_message_next, .pins = 1),
    ROW("C_Sign", "HMAC by the card", START_USER, have_sign, sign, .pins = 1),
    ROW("C_SignFinal", "HMAC by the card", START_USER, have_sign_updated, sign_final, .pins = 1),
    ROW("C_Verify", "HMAC by the card", START_USER, have_verify, verify, .pins = 1),
    ROW("C_Verify", "a wrong HMAC by the card", START_USER, have_verify, verify_wrong,
	.rv = CKR_SIGNATURE_INVALID, .pins = 2, .refuses = true),
    ROW("C_VerifyFinal", "HMAC by the card", START_USER, have_verify_updated, verify_final, .pins = 1),
    ROW("C_VerifyMessage", "HMAC by the card", START_USER, have_verify_message, verify_message, .pins = 1),
    ROW("C_VerifyMessageNext", "HMAC by the card", START_USER, have_verify_message_begun, verify_message_next,
	.pins = 1),
    ROW("C_VerifySignature", "HMAC by the card", START_USER, have_verify_signature, verify_signature,
	.pins = 1),
    ROW("C_VerifySignatureFinal", "HMAC by the card", START_USER, have_verify_signature_updated,
	verify_signature_final, .pins = 1),
    ROW("C_WrapKey", "by AES of the card", START_USER, have_wrap, wrap, .pins = 1),
    ROW("C_WrapKeyAuthenticated", "by AES of the card", START_USER, have_wrap, wrap_authenticated, .pins = 1),
    ROW("C_UnwrapKey", "by AES of the card", START_USER, have_aes, unwrap, .pins = 1),
    ROW("C_UnwrapKeyAuthenticated", "by AES of the card", START_USER, have_unwrap_authenticated,
	unwrap_authenticated, .pins = 1),
};

const size_t removal_secret_row_count = sizeof(removal_secret_rows) / sizeof(removal_secret_rows[0]);
