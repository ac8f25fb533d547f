/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Secret keys that come to the token by another way than C_CreateObject and C_GenerateKey, and what is copied
 * to it from the session. Each comes to the session first, so that it is known what the token's does.
 */
#include "tests/unit/pkcs11_removal.h"

#include "tests/unit/pkcs11_token.h"

#define NAME	"brought"
#define KEM_LEN 768u

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_OBJECT_CLASS secret_class = CKO_SECRET_KEY;
static CK_KEY_TYPE aes = CKK_AES;
static CK_ULONG key_len = 16;
static CK_UTF8CHAR name[] = NAME;
static CK_BYTE value[16] = "sixteen bytes o", iv[16] = {1}, nonce[12] = {2}, aad[] = "header", tag[16];
static CK_BYTE sealed[KEM_LEN], want[16];
static CK_ULONG sealed_len;
static CK_OBJECT_HANDLE handle, other;

/* What a key is made by, once with CKA_TOKEN false and then with true. */
typedef CK_RV bring_function(CK_ATTRIBUTE *template, CK_ULONG count);

static CK_RV bring(bring_function *way, CK_BBOOL *token, bool with_len)
{
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &secret_class, sizeof(secret_class)},
				   {CKA_KEY_TYPE, &aes, sizeof(aes)},
				   {CKA_TOKEN, token, 1},
				   {CKA_LABEL, name, sizeof(name) - 1},
				   {CKA_VALUE_LEN, &key_len, sizeof(key_len)}};

	return way(template, with_len ? 5 : 4);
}

static CK_RV encrypt_block(CK_OBJECT_HANDLE key, CK_BYTE out[16])
{
	static CK_BYTE block[16] = "what is asked of";
	CK_MECHANISM ecb = {CKM_AES_ECB, NULL, 0};
	CK_ULONG len = 16;
	CK_RV rv = C_EncryptInit(session, &ecb, key);

	return rv == CKR_OK ? C_Encrypt(session, block, sizeof(block), out, &len) : rv;
}

static CK_RV bring_to_session(CK_RV rv, bring_function *way, bool with_len)
{
	if (rv == CKR_OK)
		rv = bring(way, &no, with_len);
	return rv == CKR_OK ? encrypt_block(other, want) : rv;
}

/* The token's encrypts as the session's did. */
static bool is_the_same(void)
{
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &secret_class, sizeof(secret_class)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_LABEL, name, sizeof(name) - 1}};
	CK_OBJECT_HANDLE found[32];
	CK_BYTE out[16];

	return find_all(a, 3, found) == 1 && encrypt_block(found[0], out) == CKR_OK &&
	       memcmp(out, want, sizeof(want)) == 0;
}

/* ---- agreed on, or encapsulated ---- */

static CK_RV derive(CK_ATTRIBUTE *template, CK_ULONG count)
{
	/* The generator of P-256: a point like another. */
	static CK_BYTE point[65] = {0x04, 0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC,
				    0xE6, 0xE5, 0x63, 0xA4, 0x40, 0xF2, 0x77, 0x03, 0x7D, 0x81, 0x2D,
				    0xEB, 0x33, 0xA0, 0xF4, 0xA1, 0x39, 0x45, 0xD8, 0x98, 0xC2, 0x96,
				    0x4F, 0xE3, 0x42, 0xE2, 0xFE, 0x1A, 0x7F, 0x9B, 0x8E, 0xE7, 0xEB,
				    0x4A, 0x7C, 0x0F, 0x9E, 0x16, 0x2B, 0xCE, 0x33, 0x57, 0x6B, 0x31,
				    0x5E, 0xCE, 0xCB, 0xB6, 0x40, 0x68, 0x37, 0xBF, 0x51, 0xF5};
	CK_ECDH1_DERIVE_PARAMS params = {CKD_NULL, 0, NULL, sizeof(point), point};
	CK_MECHANISM m = {CKM_ECDH1_DERIVE, &params, sizeof(params)};

	return C_DeriveKey(session, &m, handle, template, count, &other);
}

static CK_RV have_derive(void)
{
	return bring_to_session(removal_find_id(CKO_PRIVATE_KEY, P11_KEY_ONCE, &handle), derive, true);
}

static CK_RV derive_to_token(void)
{
	return bring(derive, &yes, true);
}

static CK_RV decapsulate(CK_ATTRIBUTE *template, CK_ULONG count)
{
	CK_MECHANISM m = {CKM_ML_KEM, NULL, 0};

	return C_DecapsulateKey(session, &m, handle, template, count, sealed, sealed_len, &other);
}

static CK_RV encapsulate(CK_ATTRIBUTE *template, CK_ULONG count)
{
	CK_MECHANISM m = {CKM_ML_KEM, NULL, 0};

	sealed_len = KEM_LEN;
	return C_EncapsulateKey(session, &m, handle, template, count, sealed, &sealed_len, &other);
}

static CK_RV have_decapsulate(void)
{
	CK_RV rv = removal_find_id(CKO_PUBLIC_KEY, REMOVAL_KEM_ID, &handle);

	if (rv == CKR_OK)
		rv = bring(encapsulate, &no, true);
	if (rv == CKR_OK)
		rv = removal_find_id(CKO_PRIVATE_KEY, REMOVAL_KEM_ID, &handle);
	return bring_to_session(rv, decapsulate, true);
}

static CK_RV decapsulate_to_token(void)
{
	return bring(decapsulate, &yes, true);
}

/* ---- unwrapped ---- */

static CK_RV seal(CK_RV rv, CK_MECHANISM *m)
{
	sealed_len = sizeof(sealed);
	if (rv == CKR_OK)
		rv = C_EncryptInit(session, m, handle);
	return rv == CKR_OK ? C_Encrypt(session, value, sizeof(value), sealed, &sealed_len) : rv;
}

static CK_RV unwrap_rsa(CK_ATTRIBUTE *template, CK_ULONG count)
{
	CK_MECHANISM m = {CKM_RSA_PKCS, NULL, 0};

	return C_UnwrapKey(session, &m, handle, sealed, sealed_len, template, count, &other);
}

static CK_RV have_unwrap_rsa(void)
{
	CK_MECHANISM m = {CKM_RSA_PKCS, NULL, 0};
	CK_RV rv = seal(removal_find_id(CKO_PUBLIC_KEY, REMOVAL_RSA_ID, &handle), &m);

	if (rv == CKR_OK)
		rv = removal_find_id(CKO_PRIVATE_KEY, REMOVAL_RSA_ID, &handle);
	return bring_to_session(rv, unwrap_rsa, false);
}

static CK_RV unwrap_rsa_to_token(void)
{
	return bring(unwrap_rsa, &yes, false);
}

static CK_RV unwrap_aes(CK_ATTRIBUTE *template, CK_ULONG count)
{
	CK_MECHANISM m = {CKM_AES_CBC_PAD, iv, sizeof(iv)};

	return C_UnwrapKey(session, &m, handle, sealed, sealed_len, template, count, &other);
}

static CK_RV have_unwrap_aes(void)
{
	CK_MECHANISM m = {CKM_AES_CBC_PAD, iv, sizeof(iv)};

	return bring_to_session(seal(removal_find(CKO_SECRET_KEY, "aes", &handle), &m), unwrap_aes, false);
}

static CK_RV unwrap_aes_to_token(void)
{
	return bring(unwrap_aes, &yes, false);
}

static CK_RV unwrap_authenticated(CK_ATTRIBUTE *template, CK_ULONG count)
{
	CK_GCM_MESSAGE_PARAMS message = {nonce, sizeof(nonce), 0, CKG_NO_GENERATE, tag, 128};
	CK_MECHANISM m = {CKM_AES_GCM, &message, sizeof(message)};

	return C_UnwrapKeyAuthenticated(session, &m, handle, sealed, sealed_len, template, count, aad,
					sizeof(aad), &other);
}

/* The tag beside it. */
static CK_RV have_unwrap_authenticated(void)
{
	CK_GCM_PARAMS gcm = {nonce, sizeof(nonce), 96, aad, sizeof(aad), 128};
	CK_MECHANISM m = {CKM_AES_GCM, &gcm, sizeof(gcm)};
	CK_RV rv = seal(removal_find(CKO_SECRET_KEY, "aes", &handle), &m);

	sealed_len = sizeof(value);
	memcpy(tag, sealed + sealed_len, sizeof(tag));
	return bring_to_session(rv, unwrap_authenticated, false);
}

static CK_RV unwrap_authenticated_to_token(void)
{
	return bring(unwrap_authenticated, &yes, false);
}

/* ---- copied ---- */

static CK_RV copy_to_token(void)
{
	CK_ATTRIBUTE a = {CKA_TOKEN, &yes, 1};

	return C_CopyObject(session, handle, &a, 1, &other);
}

static CK_RV have_secret(void)
{
	CK_RV rv = removal_secret(CKK_AES, NAME, CK_FALSE, value, sizeof(value), &handle);

	return rv == CKR_OK ? encrypt_block(handle, want) : rv;
}

static CK_RV have_certificate(void)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BYTE id = REMOVAL_RSA_ID, bytes[CERTIFICATE_MAX];
	CK_RV rv = removal_find_id(CKO_PUBLIC_KEY, id, &handle);
	struct cs_view der;

	if (rv != CKR_OK)
		return rv;
	der = make_certificate("Bob", attribute(handle, CKA_PUBLIC_KEY_INFO), false);
	memcpy(bytes, der.ptr, der.len);
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_CERTIFICATE_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &no, 1},
			    {CKA_VALUE, bytes, der.len},
			    {CKA_ID, &id, 1}};

	return C_CreateObject(session, a, 5, &handle);
}

#define BROUGHT(function_name, text, before, call, ...)                                                      \
	ROW(function_name, text, START_USER, before, call, .makes = true, .done = is_the_same, ##__VA_ARGS__)

/* Where the key that brings it and the one that is brought are the card's, its PIN may be wanted for both. */
const struct operation_row removal_brought_rows[] = {
    BROUGHT("C_DeriveKey", "ECDH to the token", have_derive, derive_to_token, .pins = 1),
    BROUGHT("C_DecapsulateKey", "ML-KEM to the token", have_decapsulate, decapsulate_to_token, .pins = 1,
	    .needs = removal_has_kem),
    BROUGHT("C_UnwrapKey", "RSA to the token", have_unwrap_rsa, unwrap_rsa_to_token, .pins = 1),
    BROUGHT("C_UnwrapKey", "by AES of the card to the token", have_unwrap_aes, unwrap_aes_to_token,
	    .pins = 1),
    BROUGHT("C_UnwrapKeyAuthenticated", "by AES of the card to the token", have_unwrap_authenticated,
	    unwrap_authenticated_to_token, .pins = 1),
    BROUGHT("C_CopyObject", "a secret key of the session to the token", have_secret, copy_to_token,
	    .pins = 1),
    ROW("C_CopyObject", "a certificate of the session to the token", START_USER, have_certificate,
	copy_to_token, .pins = 1, .makes = true),
};

const size_t removal_brought_row_count = sizeof(removal_brought_rows) / sizeof(removal_brought_rows[0]);
