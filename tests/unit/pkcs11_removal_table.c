/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is done with objects, and with keys of P-256 and RSA.
 */
#include "tests/unit/pkcs11_removal.h"

#include <stdlib.h>

#include "tests/lib/p11_foreign.h"
#include "tests/unit/pkcs11_token.h"

#define FREE_ID 9u

static CK_BYTE out[4096], sealed[256];
static CK_ULONG certificate_len;
static CK_OBJECT_HANDLE handle, other;

/* An RSA key, something that was encrypted to it, and the certificate of the first key. */
bool removal_objects(void)
{
	CK_ULONG bits = 2048;
	CK_BYTE id = REMOVAL_RSA_ID;
	CK_ATTRIBUTE public_template = {CKA_MODULUS_BITS, &bits, sizeof(bits)};
	CK_ATTRIBUTE private_template = {CKA_ID, &id, 1};
	CK_MECHANISM rsa_gen = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0}, rsa = {CKM_RSA_PKCS, NULL, 0};
	CK_BYTE secret[16] = {0x5A};
	CK_OBJECT_HANDLE public_key, key, object;
	CK_ULONG n, sealed_len = sizeof(sealed);

	return C_GenerateKeyPair(session, &rsa_gen, &public_template, 1, &private_template, 1, &public_key,
				 &key) == CKR_OK &&
	       p11_find(session, CKO_PUBLIC_KEY, P11_KEY_ONCE, &n, &object) == CKR_OK &&
	       write_certificate(make_certificate("Alice", attribute(object, CKA_PUBLIC_KEY_INFO), false),
				 P11_KEY_ONCE, &object) == CKR_OK &&
	       C_EncryptInit(session, &rsa, public_key) == CKR_OK &&
	       C_Encrypt(session, secret, sizeof(secret), sealed, &sealed_len) == CKR_OK;
}

/* ---- objects ---- */

static CK_RV find_one(CK_OBJECT_CLASS class, CK_BYTE id)
{
	CK_ULONG n = 0;
	CK_RV rv = p11_find(session, class, id, &n, &handle);

	return rv == CKR_OK && n == 0 ? CKR_OBJECT_HANDLE_INVALID : rv;
}

static CK_RV have_key(void)
{
	return find_one(CKO_PRIVATE_KEY, P11_KEY_ONCE);
}

static CK_RV have_public_key(void)
{
	return find_one(CKO_PUBLIC_KEY, P11_KEY_ONCE);
}

static CK_RV have_always_key(void)
{
	return find_one(CKO_PRIVATE_KEY, P11_KEY_ALWAYS);
}

static CK_RV have_rsa_key(void)
{
	return find_one(CKO_PRIVATE_KEY, REMOVAL_RSA_ID);
}

static CK_RV have_certificate(void)
{
	return find_one(CKO_CERTIFICATE, P11_KEY_ONCE);
}

/* By what only the certificate itself tells. */
static CK_RV find_by_subject(void)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_BYTE subject[] = {0x30, 0x00};
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_SUBJECT, subject, sizeof(subject)}};

	return C_FindObjectsInit(session, a, 2);
}

static CK_RV read_certificate(void)
{
	CK_ATTRIBUTE a = {CKA_VALUE, out, sizeof(out)};

	return C_GetAttributeValue(session, handle, &a, 1);
}

/* What is asked of a card that need not know the command. */
static CK_RV read_policy(void)
{
	CK_BBOOL always;
	CK_ATTRIBUTE a = {CKA_ALWAYS_AUTHENTICATE, &always, 1};

	return C_GetAttributeValue(session, handle, &a, 1);
}

static CK_RV create_data(void)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_UTF8CHAR label[] = "note";
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_PRIVATE, &no, 1},
			    {CKA_LABEL, label, 4},
			    {CKA_VALUE, label, 4}};

	return C_CreateObject(session, a, 5, &other);
}

/* What a card without it is asked for its key, and refuses, has the PIN sent again. */
static bool certify_rsa(void)
{
	CK_ULONG n = 0;
	CK_OBJECT_HANDLE object;

	return p11_find(session, CKO_PUBLIC_KEY, REMOVAL_RSA_ID, &n, &object) == CKR_OK &&
	       write_certificate(make_certificate("Bob", attribute(object, CKA_PUBLIC_KEY_INFO), false),
				 REMOVAL_RSA_ID, &object) == CKR_OK;
}

bool removal_foreign_make(const struct cc_backend *backend)
{
	CK_UTF8CHAR was[] = P11_PIV_PIN, pin[] = P11_USER_PIN;
	CK_OBJECT_HANDLE object;

	return p11_foreign_make(backend, &session) &&
	       p11_login(session, CKU_SO, P11_MANAGEMENT_KEY) == CKR_OK &&
	       p11_generate(session, P11_KEY_ONCE, &object) == CKR_OK &&
	       p11_generate(session, P11_KEY_ALWAYS, &object) == CKR_OK && removal_objects() &&
	       certify_rsa() && removal_foreign_keys() && create_data() == CKR_OK && removal_otps() &&
	       C_Logout(session) == CKR_OK &&
	       C_SetPIN(session, was, sizeof(was) - 1, pin, sizeof(pin) - 1) == CKR_OK;
}

static CK_RV create_certificate(void)
{
	return write_certificate(cs_view(out, certificate_len), REMOVAL_RSA_ID, &other);
}

static CK_RV certificate_of(CK_BYTE id, const char *name)
{
	struct cs_view der;
	CK_RV rv = find_one(CKO_PUBLIC_KEY, id);

	if (rv != CKR_OK)
		return rv;
	der = make_certificate(name, attribute(handle, CKA_PUBLIC_KEY_INFO), false);
	memcpy(out, der.ptr, der.len);
	certificate_len = der.len;
	return CKR_OK;
}

static CK_RV have_certificate_to_write(void)
{
	return certificate_of(REMOVAL_RSA_ID, "Bob");
}

/* Over the one that is there. */
static CK_RV have_own_certificate(void)
{
	return certificate_of(P11_KEY_ONCE, "Carol");
}

static CK_RV have_first_certificate(void)
{
	return certificate_of(P11_KEY_ALWAYS, "Dave");
}

static CK_RV create_own_certificate(void)
{
	return write_certificate(cs_view(out, certificate_len), P11_KEY_ONCE, &other);
}

/* Where there is none. */
static CK_RV create_first_certificate(void)
{
	return write_certificate(cs_view(out, certificate_len), P11_KEY_ALWAYS, &other);
}

static CK_RV destroy(void)
{
	return C_DestroyObject(session, handle);
}

static CK_RV have_data(void)
{
	CK_RV rv = create_data();

	handle = other;
	return rv;
}

/* That of removal_foreign_make. */
static CK_RV have_note(void)
{
	return removal_find(CKO_DATA, "note", &handle);
}

static CK_RV find_data(void)
{
	return find_one(CKO_DATA, 0);
}

static CK_RV generate_pair(void)
{
	return p11_generate(session, FREE_ID, &other);
}

/* The key first, its names after it. */
static CK_RV generate_named(void)
{
	CK_BYTE params[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07}, id[] = "an ID";
	CK_ATTRIBUTE public_template = {CKA_EC_PARAMS, params, sizeof(params)};
	CK_ATTRIBUTE private_template[] = {{CKA_ID, id, sizeof(id)}, {CKA_LABEL, id, sizeof(id) - 1}};
	CK_MECHANISM m = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_OBJECT_HANDLE public_key;

	return C_GenerateKeyPair(session, &m, &public_template, 1, private_template, 2, &public_key, &other);
}

static CK_RV rename_object(void)
{
	CK_UTF8CHAR label[] = "renamed";
	CK_ATTRIBUTE a = {CKA_LABEL, label, sizeof(label) - 1};

	return C_SetAttributeValue(session, handle, &a, 1);
}

/* To the token, where the first is. */
static CK_RV copy(void)
{
	CK_UTF8CHAR label[] = "second";
	CK_ATTRIBUTE a = {CKA_LABEL, label, sizeof(label) - 1};

	return C_CopyObject(session, handle, &a, 1, &other);
}

/* ---- keys in use ---- */

static CK_RV sign_init(void)
{
	CK_MECHANISM m = {CKM_ECDSA_SHA256, NULL, 0};

	return C_SignInit(session, &m, handle);
}

CK_RV removal_have_sign(void)
{
	CK_RV rv = have_key();

	return rv == CKR_OK ? sign_init() : rv;
}

CK_RV removal_have_sign_always(void)
{
	CK_RV rv = have_always_key();

	return rv == CKR_OK ? sign_init() : rv;
}

static CK_RV have_sign_updated(void)
{
	CK_BYTE data[] = "data";
	CK_RV rv = removal_have_sign();

	return rv == CKR_OK ? C_SignUpdate(session, data, sizeof(data)) : rv;
}

/* A signature that is none is not told from a failure that is no sensible one. */
static CK_RV checked(CK_RV rv, CK_BYTE id)
{
	CK_MECHANISM m = {CKM_ECDSA_SHA256, NULL, 0};
	CK_BYTE data[] = "data";
	CK_OBJECT_HANDLE key;
	CK_ULONG n = 0;

	if (rv != CKR_OK)
		return rv;
	if (p11_find(session, CKO_PUBLIC_KEY, id, &n, &key) != CKR_OK || n != 1 ||
	    C_VerifyInit(session, &m, key) != CKR_OK)
		return CKR_GENERAL_ERROR;
	return C_Verify(session, data, sizeof(data), out, 64) == CKR_OK ? CKR_OK : CKR_GENERAL_ERROR;
}

CK_RV removal_sign(void)
{
	CK_BYTE data[] = "data";
	CK_ULONG len = sizeof(out);

	return checked(C_Sign(session, data, sizeof(data), out, &len), P11_KEY_ONCE);
}

static CK_RV sign_always(void)
{
	CK_BYTE data[] = "data";
	CK_ULONG len = sizeof(out);

	return checked(C_Sign(session, data, sizeof(data), out, &len), P11_KEY_ALWAYS);
}

static CK_RV sign_final(void)
{
	CK_ULONG len = sizeof(out);

	return checked(C_SignFinal(session, out, &len), P11_KEY_ONCE);
}

static CK_RV have_rsa(CK_RV (*init)(CK_SESSION_HANDLE, CK_MECHANISM_PTR, CK_OBJECT_HANDLE))
{
	CK_MECHANISM m = {CKM_RSA_PKCS, NULL, 0};
	CK_RV rv = have_rsa_key();

	return rv == CKR_OK ? init(session, &m, handle) : rv;
}

static CK_RV have_sign_recover(void)
{
	return have_rsa(C_SignRecoverInit);
}

/* What comes out is what the public key gives the data back from. */
static CK_RV sign_recover(void)
{
	CK_MECHANISM m = {CKM_RSA_PKCS, NULL, 0};
	CK_BYTE data[] = "data", back[256];
	CK_ULONG len = sizeof(out), n = sizeof(back);
	CK_OBJECT_HANDLE key;
	CK_RV rv = C_SignRecover(session, data, sizeof(data), out, &len);

	if (rv != CKR_OK)
		return rv;
	if (removal_find_id(CKO_PUBLIC_KEY, REMOVAL_RSA_ID, &key) != CKR_OK ||
	    C_VerifyRecoverInit(session, &m, key) != CKR_OK ||
	    C_VerifyRecover(session, out, len, back, &n) != CKR_OK)
		return CKR_GENERAL_ERROR;
	return n == sizeof(data) && memcmp(back, data, n) == 0 ? CKR_OK : CKR_GENERAL_ERROR;
}

static CK_RV have_decrypt(void)
{
	return have_rsa(C_DecryptInit);
}

static CK_RV decrypt(void)
{
	CK_ULONG len = sizeof(out);
	CK_RV rv = C_Decrypt(session, sealed, sizeof(sealed), out, &len);

	return rv == CKR_OK && (len != 16 || out[0] != 0x5A) ? CKR_GENERAL_ERROR : rv;
}

static CK_RV have_decrypt_updated(void)
{
	CK_ULONG len = sizeof(out);
	CK_RV rv = have_decrypt();

	return rv == CKR_OK ? C_DecryptUpdate(session, sealed, sizeof(sealed), out, &len) : rv;
}

static CK_RV decrypt_final(void)
{
	CK_ULONG len = sizeof(out);

	return C_DecryptFinal(session, out, &len);
}

static CK_RV unwrap(void)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}};
	CK_MECHANISM m = {CKM_RSA_PKCS, NULL, 0};

	return C_UnwrapKey(session, &m, handle, sealed, sizeof(sealed), a, 2, &other);
}

static CK_RV derive(void)
{
	/* The generator of P-256: a point like another. */
	static CK_BYTE point[65] = {0x04, 0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC,
				    0xE6, 0xE5, 0x63, 0xA4, 0x40, 0xF2, 0x77, 0x03, 0x7D, 0x81, 0x2D,
				    0xEB, 0x33, 0xA0, 0xF4, 0xA1, 0x39, 0x45, 0xD8, 0x98, 0xC2, 0x96,
				    0x4F, 0xE3, 0x42, 0xE2, 0xFE, 0x1A, 0x7F, 0x9B, 0x8E, 0xE7, 0xEB,
				    0x4A, 0x7C, 0x0F, 0x9E, 0x16, 0x2B, 0xCE, 0x33, 0x57, 0x6B, 0x31,
				    0x5E, 0xCE, 0xCB, 0xB6, 0x40, 0x68, 0x37, 0xBF, 0x51, 0xF5};
	CK_ECDH1_DERIVE_PARAMS params = {CKD_NULL, 0, NULL, sizeof(point), point};
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}};
	CK_MECHANISM m = {CKM_ECDH1_DERIVE, &params, sizeof(params)};

	return C_DeriveKey(session, &m, handle, a, 2, &other);
}

static CK_RV have_message_sign(void)
{
	CK_MECHANISM m = {CKM_ECDSA_SHA256, NULL, 0};
	CK_RV rv = have_key();

	return rv == CKR_OK ? C_MessageSignInit(session, &m, handle) : rv;
}

static CK_RV sign_message(void)
{
	CK_BYTE data[] = "data";
	CK_ULONG len = sizeof(out);

	return C_SignMessage(session, NULL, 0, data, sizeof(data), out, &len);
}

static CK_RV have_message_sign_begun(void)
{
	CK_RV rv = have_message_sign();

	return rv == CKR_OK ? C_SignMessageBegin(session, NULL, 0) : rv;
}

static CK_RV sign_message_next(void)
{
	CK_BYTE data[] = "data";
	CK_ULONG len = sizeof(out);

	return C_SignMessageNext(session, NULL, 0, data, sizeof(data), out, &len);
}

const struct operation_row removal_rows[] = {
    ROW("C_FindObjectsInit", "certificates by subject", START_OPEN, NULL, find_by_subject, .pins = 0),
    ROW("C_GetAttributeValue", "a certificate", START_OPEN, have_certificate, read_certificate, .pins = 0),
    ROW("C_CreateObject", "data", START_USER, NULL, create_data, .pins = 1, .makes = true),
    ROW("C_CreateObject", "a certificate", START_USER, have_certificate_to_write, create_certificate,
	.pins = 1, .makes = true),
    ROW("C_DestroyObject", "data", START_USER, have_data, destroy, .pins = 1),
    ROW("C_DestroyObject", "a certificate", START_USER, have_certificate, destroy, .pins = 1),
    ROW("C_DestroyObject", "a key", START_USER, have_key, destroy, .pins = 1, .loses_key = true),
    ROW("C_GenerateKeyPair", "P-256", START_USER, NULL, generate_pair, .pins = 1, .makes = true),
    ROW("C_GenerateKeyPair", "with a label", START_USER, NULL, generate_named, .pins = 2, .makes = true),
    ROW("C_SetAttributeValue", "of a key", START_USER, have_key, rename_object, .pins = 1),
    ROW("C_SetAttributeValue", "of data", START_USER, have_data, rename_object, .pins = 1),
    ROW("C_CopyObject", "data", START_USER, have_data, copy, .pins = 1, .makes = true),
    ROW("C_Sign", "by a key that wants the PIN once", START_USER, removal_have_sign, removal_sign, .pins = 1),
    ROW("C_Sign", "by a key that wants it each time", START_USER, removal_have_sign_always, sign_always,
	.pins = 1),
    ROW("C_SignFinal", "ECDSA", START_USER, have_sign_updated, sign_final, .pins = 1),
    ROW("C_SignRecover", "RSA", START_USER, have_sign_recover, sign_recover, .pins = 1),
    ROW("C_Decrypt", "RSA", START_USER, have_decrypt, decrypt, .pins = 1),
    ROW("C_DecryptFinal", "RSA", START_USER, have_decrypt_updated, decrypt_final, .pins = 1),
    ROW("C_UnwrapKey", "RSA", START_USER, have_rsa_key, unwrap, .pins = 1),
    ROW("C_DeriveKey", "ECDH", START_USER, have_key, derive, .pins = 1),
    ROW("C_SignMessage", "ECDSA", START_USER, have_message_sign, sign_message, .pins = 1),
    ROW("C_SignMessageNext", "ECDSA", START_USER, have_message_sign_begun, sign_message_next, .pins = 1),
};

const size_t removal_row_count = sizeof(removal_rows) / sizeof(removal_rows[0]);

const struct operation_row removal_foreign_rows[] = {
    ROW("C_FindObjectsInit", "certificates by subject", START_OPEN, NULL, find_by_subject, .pins = 0),
    ROW("C_FindObjectsInit", "the first key", START_OPEN, NULL, have_public_key, .pins = 0),
    ROW("C_FindObjectsInit", "a certificate", START_OPEN, NULL, have_certificate, .pins = 0),
    ROW("C_GetAttributeValue", "what a key wants", START_USER, have_key, read_policy, .pins = 0),
    ROW("C_CreateObject", "a certificate", START_ADMIN, have_first_certificate, create_first_certificate,
	.pins = 0, .makes = true),
    ROW("C_CreateObject", "a certificate over another", START_ADMIN, have_own_certificate,
	create_own_certificate, .pins = 0),
    ROW("C_DestroyObject", "a certificate", START_ADMIN, have_certificate, destroy, .pins = 0),
    ROW("C_DestroyObject", "a key by its public half", START_ADMIN, have_public_key, destroy, .pins = 0,
	.loses_key = true),
    ROW("C_GenerateKeyPair", "P-256", START_ADMIN, NULL, generate_pair, .pins = 0, .makes = true),
    ROW("C_FindObjectsInit", "data", START_OPEN, NULL, find_data, .pins = 0),
    ROW("C_CreateObject", "data", START_ADMIN, NULL, create_data, .pins = 0, .makes = true),
    ROW("C_DestroyObject", "data", START_ADMIN, have_note, destroy, .pins = 0),
    ROW("C_Sign", "by a key that wants the PIN once", START_USER, removal_have_sign, removal_sign, .pins = 1),
    ROW("C_Sign", "by a key that wants it each time", START_USER, removal_have_sign_always, sign_always,
	.pins = 2),
    ROW("C_SignFinal", "ECDSA", START_USER, have_sign_updated, sign_final, .pins = 1),
    ROW("C_SignRecover", "RSA", START_USER, have_sign_recover, sign_recover, .pins = 1),
    ROW("C_Decrypt", "RSA", START_USER, have_decrypt, decrypt, .pins = 1),
    ROW("C_DecryptFinal", "RSA", START_USER, have_decrypt_updated, decrypt_final, .pins = 1),
    ROW("C_UnwrapKey", "RSA", START_USER, have_rsa_key, unwrap, .pins = 1),
    ROW("C_DeriveKey", "ECDH", START_USER, have_key, derive, .pins = 1),
    ROW("C_SignMessage", "ECDSA", START_USER, have_message_sign, sign_message, .pins = 1),
    ROW("C_SignMessageNext", "ECDSA", START_USER, have_message_sign_begun, sign_message_next, .pins = 1),
};

const size_t removal_foreign_row_count = sizeof(removal_foreign_rows) / sizeof(removal_foreign_rows[0]);
