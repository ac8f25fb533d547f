/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Calls of all functions that take a template, each with the mechanism, the key and the template with which
 * it does what it is there for: so what one attribute more makes of it is that attribute's doing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "tests/lib/p11_token.h"
#include "tests/unit/pkcs11_arguments.h"

#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))
#define ATTRIBUTES_MAX 8u
#define CIPHERTEXT_MAX 1600u

static CK_BYTE p256[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
static CK_BYTE text[] = "text";
static CK_BYTE number32[32] = {[31] = 7}, nonce[12], tag[16];
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_ULONG sixteen = 16, generic = CKK_GENERIC_SECRET, aes_type = CKK_AES, ec = CKK_EC, hotp = CKK_HOTP,
		x509 = CKC_X_509;
static CK_ULONG data_class = CKO_DATA, certificate_class = CKO_CERTIFICATE, public_class = CKO_PUBLIC_KEY,
		private_class = CKO_PRIVATE_KEY, secret_class = CKO_SECRET_KEY, otp_class = CKO_OTP_KEY;

#define OF(object) &(object), sizeof(object)
#define SECRET_KEY(type)                                                                                     \
	{CKA_CLASS, OF(secret_class)}, {CKA_KEY_TYPE, OF(type)},                                             \
	{                                                                                                    \
		CKA_TOKEN, OF(no)                                                                            \
	}
#define TEMPLATE(f, a, t) put(f, a, 0, t, COUNT(t))

/* Where the nth argument of this kind stands. */
static size_t place(const struct function *f, char kind, unsigned nth)
{
	const char *at = strchr(f->kinds, kind);

	for (; at != NULL && nth > 0; nth--)
		at = strchr(at + 1, kind);
	assert_non_null(at);
	return (size_t)(at - f->kinds);
}

static void put(const struct function *f, union argument *a, unsigned nth, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	size_t at = place(f, 't', nth);

	a[at].pointer = block_of(t, n * sizeof(*t));
	a[at + 1].number = n;
}

static void put_key(const struct function *f, union argument *a, CK_OBJECT_HANDLE key)
{
	a[place(f, 'k', 0)].number = key;
}

static void put_mechanism(const struct function *f, union argument *a, CK_MECHANISM_TYPE type,
			  const void *parameter, CK_ULONG len)
{
	a[place(f, 'm', 0)].pointer = mechanism_of(type, parameter, len);
}

static void put_bytes(const struct function *f, union argument *a, const CK_BYTE *bytes, CK_ULONG len)
{
	size_t at = place(f, 'b', 0);

	a[at].pointer = block_of(bytes, len);
	a[at + 1].number = len;
}

/* ---- objects ---- */

static void create_data(const struct function *f, union argument *a)
{
	const CK_ATTRIBUTE t[] = {
	    {CKA_CLASS, OF(data_class)}, {CKA_TOKEN, OF(no)}, {CKA_VALUE, text, sizeof(text)}};

	TEMPLATE(f, a, t);
}

/* By itself, of any key. */
static CK_ULONG certificate_der(CK_BYTE *der, size_t size)
{
	EVP_PKEY *signer = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	int len;

	assert_int_equal(ASN1_TIME_set_string(X509_getm_notBefore(x), "260101000000Z"), 1);
	assert_int_equal(ASN1_TIME_set_string(X509_getm_notAfter(x), "270101000000Z"), 1);
	assert_int_equal(X509_set_pubkey(x, signer), 1);
	assert_true(X509_sign(x, signer, EVP_sha256()) > 0);
	len = i2d_X509(x, NULL);
	assert_in_range(len, 1, size);
	(void)i2d_X509(x, &der);
	X509_free(x);
	EVP_PKEY_free(signer);
	return (CK_ULONG)len;
}

static void create_certificate(const struct function *f, union argument *a)
{
	static CK_BYTE der[1024];
	static CK_ULONG len;
	CK_ATTRIBUTE t[] = {{CKA_CLASS, OF(certificate_class)},
			    {CKA_CERTIFICATE_TYPE, OF(x509)},
			    {CKA_TOKEN, OF(no)},
			    {CKA_VALUE, der, 0}};

	if (len == 0)
		len = certificate_der(der, sizeof(der));
	t[3].ulValueLen = len;
	TEMPLATE(f, a, t);
}

/* In an OCTET STRING. */
static CK_ATTRIBUTE point(CK_BYTE room[80])
{
	CK_ATTRIBUTE t = {CKA_EC_POINT, room, 80};

	assert_int_equal(C_GetAttributeValue(session, key_for(VERIFYING), &t, 1), CKR_OK);
	return t;
}

static void create_public(const struct function *f, union argument *a)
{
	static CK_BYTE room[80];
	const CK_ATTRIBUTE t[] = {{CKA_CLASS, OF(public_class)},
				  {CKA_KEY_TYPE, OF(ec)},
				  {CKA_TOKEN, OF(no)},
				  {CKA_EC_PARAMS, p256, sizeof(p256)},
				  point(room)};

	TEMPLATE(f, a, t);
}

/* The token's, which alone has such. */
static void create_private(const struct function *f, union argument *a)
{
	static const CK_ATTRIBUTE t[] = {{CKA_CLASS, OF(private_class)},
					 {CKA_KEY_TYPE, OF(ec)},
					 {CKA_TOKEN, OF(yes)},
					 {CKA_EC_PARAMS, p256, sizeof(p256)},
					 {CKA_VALUE, number32, sizeof(number32)}};

	TEMPLATE(f, a, t);
}

static void create_secret(const struct function *f, union argument *a)
{
	static const CK_ATTRIBUTE t[] = {SECRET_KEY(generic), {CKA_VALUE, number32, 16}};

	TEMPLATE(f, a, t);
}

static void create_otp(const struct function *f, union argument *a)
{
	static const CK_ATTRIBUTE t[] = {{CKA_CLASS, OF(otp_class)},
					 {CKA_KEY_TYPE, OF(hotp)},
					 {CKA_TOKEN, OF(no)},
					 {CKA_LABEL, text, 4},
					 {CKA_VALUE, number32, 20}};

	TEMPLATE(f, a, t);
}

static void of_session_key(const struct function *f, union argument *a)
{
	static const CK_ATTRIBUTE t[] = {{CKA_LABEL, text, 4}};

	put_key(f, a, key_for(ENCRYPTING_MESSAGES));
	TEMPLATE(f, a, t);
}

static void of_card_key(const struct function *f, union argument *a)
{
	static const CK_ATTRIBUTE t[] = {{CKA_LABEL, text, 4}};

	put_key(f, a, key_for(SIGNING));
	TEMPLATE(f, a, t);
}

static void read_label(const struct function *f, union argument *a)
{
	CK_ATTRIBUTE t[] = {{CKA_LABEL, block(OUT_LEN), OUT_LEN}};

	put_key(f, a, key_for(SIGNING));
	TEMPLATE(f, a, t);
}

static void find_private(const struct function *f, union argument *a)
{
	static const CK_ATTRIBUTE t[] = {{CKA_CLASS, OF(private_class)}};

	TEMPLATE(f, a, t);
}

/* ---- keys ---- */

static void generate_key(const struct function *f, union argument *a)
{
	static const CK_ATTRIBUTE t[] = {{CKA_TOKEN, OF(no)}, {CKA_VALUE_LEN, OF(sixteen)}};

	put_mechanism(f, a, CKM_AES_KEY_GEN, NULL, 0);
	TEMPLATE(f, a, t);
}

static void generate_pair(const struct function *f, union argument *a)
{
	static const CK_ATTRIBUTE t[] = {{CKA_EC_PARAMS, p256, sizeof(p256)}, {CKA_TOKEN, OF(yes)}};
	static const CK_ATTRIBUTE of_private[] = {{CKA_TOKEN, OF(yes)}};

	put_mechanism(f, a, CKM_EC_KEY_PAIR_GEN, NULL, 0);
	TEMPLATE(f, a, t);
	put(f, a, 1, of_private, COUNT(of_private));
}

static CK_OBJECT_HANDLE secret_to_wrap(void)
{
	CK_ATTRIBUTE t[] = {SECRET_KEY(generic), {CKA_VALUE, number32, 16}, {CKA_EXTRACTABLE, OF(yes)}};
	CK_OBJECT_HANDLE made;

	assert_int_equal(C_CreateObject(session, t, COUNT(t), &made), CKR_OK);
	return made;
}

static void unwrap(const struct function *f, union argument *a)
{
	static const CK_ATTRIBUTE t[] = {SECRET_KEY(aes_type)};
	CK_OBJECT_HANDLE kek = key_for(ENCRYPTING_MESSAGES), secret = secret_to_wrap();
	CK_MECHANISM m = {CKM_AES_KEY_WRAP, NULL, 0};
	CK_BYTE wrapped[64];
	CK_ULONG len = sizeof(wrapped);

	assert_int_equal(C_WrapKey(session, &m, kek, secret, wrapped, &len), CKR_OK);
	assert_int_equal(C_DestroyObject(session, secret), CKR_OK);
	put_mechanism(f, a, m.mechanism, NULL, 0);
	put_key(f, a, kek);
	put_bytes(f, a, wrapped, len);
	TEMPLATE(f, a, t);
}

static void unwrap_authenticated(const struct function *f, union argument *a)
{
	static const CK_ATTRIBUTE t[] = {SECRET_KEY(aes_type)};
	CK_OBJECT_HANDLE kek = key_for(ENCRYPTING_MESSAGES), secret = secret_to_wrap();
	CK_GCM_MESSAGE_PARAMS p = {nonce, sizeof(nonce), 0, CKG_NO_GENERATE, tag, 8 * sizeof(tag)};
	CK_MECHANISM m = {CKM_AES_GCM, &p, sizeof(p)};
	size_t associated = place(f, 'b', 1);
	CK_BYTE wrapped[64];
	CK_ULONG len = sizeof(wrapped);

	assert_int_equal(C_WrapKeyAuthenticated(session, &m, kek, secret, a[associated].pointer,
						a[associated + 1].number, wrapped, &len),
			 CKR_OK);
	assert_int_equal(C_DestroyObject(session, secret), CKR_OK);
	put_mechanism(f, a, m.mechanism, &p, sizeof(p));
	put_key(f, a, kek);
	put_bytes(f, a, wrapped, len);
	TEMPLATE(f, a, t);
}

static void derive(const struct function *f, union argument *a)
{
	static const CK_ATTRIBUTE t[] = {SECRET_KEY(generic), {CKA_VALUE_LEN, OF(sixteen)}};
	static CK_BYTE room[80];
	CK_ATTRIBUTE other = point(room);
	CK_ECDH1_DERIVE_PARAMS p = {CKD_NULL, 0, NULL, other.ulValueLen, other.pValue};

	put_mechanism(f, a, CKM_ECDH1_DERIVE, &p, sizeof(p));
	put_key(f, a, key_for(SIGNING));
	TEMPLATE(f, a, t);
}

static void encapsulate(const struct function *f, union argument *a)
{
	static const CK_ATTRIBUTE t[] = {SECRET_KEY(generic)};
	CK_ULONG len = CIPHERTEXT_MAX;

	put_mechanism(f, a, CKM_ML_KEM, NULL, 0);
	put_key(f, a, key_for_kem(true));
	a[place(f, 'o', 0)].pointer = block(CIPHERTEXT_MAX);
	a[place(f, 'l', 0)].pointer = block_of(&len, sizeof(len));
	TEMPLATE(f, a, t);
}

static void decapsulate(const struct function *f, union argument *a)
{
	static CK_ATTRIBUTE t[] = {SECRET_KEY(generic)};
	CK_MECHANISM m = {CKM_ML_KEM, NULL, 0};
	CK_BYTE ciphertext[CIPHERTEXT_MAX];
	CK_ULONG len = sizeof(ciphertext);
	CK_OBJECT_HANDLE made;

	assert_int_equal(
	    C_EncapsulateKey(session, &m, key_for_kem(true), t, COUNT(t), ciphertext, &len, &made), CKR_OK);
	assert_int_equal(C_DestroyObject(session, made), CKR_OK);
	put_mechanism(f, a, CKM_ML_KEM, NULL, 0);
	put_key(f, a, key_for_kem(false));
	put_bytes(f, a, ciphertext, len);
	TEMPLATE(f, a, t);
}

/* ---- the table ---- */

const struct whole wholes[] = {
    {"C_CreateObject", "data", 0, create_data},
    {"C_CreateObject", "a certificate", 0, create_certificate},
    {"C_CreateObject", "a public key", 0, create_public},
    {"C_CreateObject", "a private key", 0, create_private},
    {"C_CreateObject", "a secret key", 0, create_secret},
    {"C_CreateObject", "a one-time password's key", 0, create_otp},
    {"C_CopyObject", "a secret key", 0, of_session_key},
    {"C_SetAttributeValue", "a secret key", 0, of_session_key},
    {"C_SetAttributeValue", "a private key", 0, of_card_key},
    {"C_GetAttributeValue", "a private key", 0, read_label},
    {"C_FindObjectsInit", "private keys", 0, find_private},
    {"C_GenerateKey", "AES", 0, generate_key},
    {"C_GenerateKeyPair", "EC, the public half", 0, generate_pair},
    {"C_GenerateKeyPair", "EC, the private half", 1, generate_pair},
    {"C_UnwrapKey", "AES", 0, unwrap},
    {"C_UnwrapKeyAuthenticated", "AES", 0, unwrap_authenticated},
    {"C_DeriveKey", "ECDH", 0, derive},
    {"C_EncapsulateKey", "ML-KEM", 0, encapsulate},
    {"C_DecapsulateKey", "ML-KEM", 0, decapsulate},
};

const size_t whole_count = COUNT(wholes);

const struct function *whole_right(const struct whole *w, union argument *a)
{
	const struct function *f = functions;

	while (f < functions + function_count && strcmp(f->name, w->name) != 0)
		f++;
	assert_true(f < functions + function_count);
	if (key_for_kem(true) == 0 && (w->fill == encapsulate || w->fill == decapsulate))
		return NULL;
	all_right(f, a);
	w->fill(f, a);
	return f;
}

void whole_add(const struct whole *w, const struct function *f, union argument *a, CK_ATTRIBUTE more)
{
	size_t at = place(f, 't', w->at);
	CK_ATTRIBUTE t[ATTRIBUTES_MAX];
	CK_ULONG n = a[at + 1].number;

	assert_true(n < ATTRIBUTES_MAX);
	memcpy(t, a[at].pointer, n * sizeof(*t));
	t[n] = more;
	put(f, a, w->at, t, n + 1);
}

void whole_undo(const struct function *f, const union argument *a)
{
	CK_BYTE id = P11_KEY_ONCE;
	CK_ATTRIBUTE was[] = {{CKA_ID, &id, 1}, {CKA_LABEL, NULL, 0}};

	for (size_t i = 0; f->kinds[i] != '\0'; i++) {
		CK_OBJECT_HANDLE made;

		if (f->kinds[i] != 'h')
			continue;
		memcpy(&made, a[i].pointer, sizeof(made));
		/* Of a pair the public half goes with the private one, or the other way round. */
		(void)C_DestroyObject(session, made);
	}
	if (strcmp(f->name, "C_SetAttributeValue") == 0 && a[1].number == key_for(SIGNING))
		assert_int_equal(C_SetAttributeValue(session, key_for(SIGNING), was, COUNT(was)), CKR_OK);
	(void)C_SessionCancel(session, ~0UL);
}
