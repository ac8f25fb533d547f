/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A token in this process.
 */
#include "tests/unit/pkcs11_token.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

CK_SESSION_HANDLE session;

void begin_session(CK_FLAGS flags)
{
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION | flags, NULL, NULL, &session), CKR_OK);
}

CK_RV log_in(CK_USER_TYPE user, const char *pin)
{
	return p11_login(session, user, pin);
}

int token_setup(void **state)
{
	CK_OBJECT_HANDLE found[32];

	(void)state;
	if (!p11_token_make(&transport_card, &session))
		return -1;
	for (CK_ULONG n = find_class(CKO_PRIVATE_KEY, found); n > 0; n--) {
		if (C_DestroyObject(session, found[n - 1]) != CKR_OK)
			return -1;
	}
	return 0;
}

int token_teardown(void **state)
{
	(void)state;
	p11_token_free();
	return 0;
}

CK_RV generate(CK_MECHANISM_TYPE type, CK_ATTRIBUTE *public_template, CK_ULONG public_count,
	       CK_ATTRIBUTE *private_template, CK_ULONG private_count, CK_OBJECT_HANDLE *public_key,
	       CK_OBJECT_HANDLE *private_key)
{
	CK_MECHANISM mechanism = {type, NULL, 0};

	return C_GenerateKeyPair(session, &mechanism, public_template, public_count, private_template,
				 private_count, public_key, private_key);
}

CK_OBJECT_HANDLE make_p256(CK_BYTE id)
{
	CK_BYTE params[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE public_template = {CKA_EC_PARAMS, params, sizeof(params)};
	CK_ATTRIBUTE private_template[] = {{CKA_TOKEN, &yes, 1}, {CKA_ID, &id, 1}};
	CK_OBJECT_HANDLE public_key, private_key;

	assert_int_equal(generate(CKM_EC_KEY_PAIR_GEN, &public_template, 1, private_template, id == 0 ? 1 : 2,
				  &public_key, &private_key),
			 CKR_OK);
	return private_key;
}

CK_ULONG find_all(CK_ATTRIBUTE *attributes, CK_ULONG count, CK_OBJECT_HANDLE found[32])
{
	CK_ULONG n = 0;

	assert_int_equal(C_FindObjectsInit(session, attributes, count), CKR_OK);
	assert_int_equal(C_FindObjects(session, found, 32, &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(session), CKR_OK);
	return n;
}

CK_ULONG find_class(CK_OBJECT_CLASS class, CK_OBJECT_HANDLE found[32])
{
	CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof(class)};

	return find_all(&template, class == CK_UNAVAILABLE_INFORMATION ? 0 : 1, found);
}

/* Kind and place, without the generation between them (pkcs11/object.c). */
#define SAME_PLACE(a, b) ((((a) ^ (b)) & 0xFF000FFFu) == 0)

CK_OBJECT_HANDLE fetch_anew(CK_OBJECT_HANDLE before)
{
	CK_OBJECT_HANDLE found[128];
	CK_ULONG n = 0;

	assert_int_equal(C_FindObjectsInit(session, NULL, 0), CKR_OK);
	assert_int_equal(C_FindObjects(session, found, 128, &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(session), CKR_OK);
	for (CK_ULONG i = 0; i < n; i++) {
		if (SAME_PLACE(found[i], before))
			return found[i];
	}
	fail_msg("nothing is in the place of %lx", before);
	return CK_INVALID_HANDLE;
}

struct cs_view attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	static uint8_t value[2048];
	CK_ATTRIBUTE a = {type, value, sizeof(value)};

	assert_int_equal(C_GetAttributeValue(session, object, &a, 1), CKR_OK);
	return cs_view(value, a.ulValueLen);
}

CK_ULONG attribute_ulong(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	struct cs_view value = attribute(object, type);
	CK_ULONG number;

	assert_int_equal(value.len, sizeof(number));
	memcpy(&number, value.ptr, sizeof(number));
	return number;
}

CK_BBOOL attribute_bool(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	struct cs_view value = attribute(object, type);

	assert_int_equal(value.len, sizeof(CK_BBOOL));
	return value.ptr[0];
}

static void fill(X509 *x, const char *name, bool ca)
{
	static const char constraints[] = "critical,CA:TRUE";
	X509_NAME *n = X509_get_subject_name(x);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, constraints);

	assert_int_equal(
	    X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0), 1);
	assert_int_equal(X509_set_issuer_name(x, n), 1);
	assert_int_equal(X509_set_version(x, 2), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 4711), 1);
	assert_int_equal(ASN1_TIME_set_string(X509_getm_notBefore(x), "240229000000Z"), 1);
	assert_int_equal(ASN1_TIME_set_string(X509_getm_notAfter(x), "20511231235959Z"), 1);
	if (ca)
		assert_int_equal(X509_add_ext(x, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

struct cs_view make_certificate(const char *name, struct cs_view spki, bool ca)
{
	static uint8_t der[CERTIFICATE_MAX];
	const uint8_t *in = spki.ptr;
	uint8_t *out = der;
	EVP_PKEY *signer = EVP_EC_gen("P-256");
	EVP_PKEY *key = spki.len > 0 ? d2i_PUBKEY(NULL, &in, (long)spki.len) : NULL;
	X509 *x = X509_new();
	int len;

	assert_non_null(x);
	fill(x, name, ca);
	assert_int_equal(X509_set_pubkey(x, key != NULL ? key : signer), 1);
	assert_true(X509_sign(x, signer, EVP_sha256()) > 0);
	len = i2d_X509(x, NULL);
	assert_in_range(len, 1, CERTIFICATE_MAX);
	assert_int_equal(i2d_X509(x, &out), len);
	X509_free(x);
	EVP_PKEY_free(key);
	EVP_PKEY_free(signer);
	return cs_view(der, (size_t)len);
}

/* A certificate whose bytes nothing makes fewer. */
struct cs_view make_large_certificate(const char *name, struct cs_view spki, uint8_t *out, size_t room)
{
	static uint8_t filling[LARGE_CERTIFICATE_MIN];
	const unsigned char *in;
	struct cs_view small = make_certificate(name, spki, false);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1);
	EVP_PKEY *signer = EVP_EC_gen("P-256");
	X509 *x;

	in = small.ptr;
	x = d2i_X509(NULL, &in, (long)small.len);
	uint32_t next = 1;
	for (size_t i = 0; i < sizeof(filling); i++) {
		next = next * 1664525u + 1013904223u;
		filling[i] = (uint8_t)(next >> 24);
	}
	assert_int_equal(ASN1_OCTET_STRING_set(value, filling, sizeof(filling)), 1);
	X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value);
	assert_int_equal(X509_add_ext(x, extension, -1), 1);
	assert_true(X509_sign(x, signer, EVP_sha256()) > 0);
	int len = i2d_X509(x, NULL);
	assert_in_range(len, LARGE_CERTIFICATE_MIN, room);
	assert_int_equal(i2d_X509(x, &out), len);
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(oid);
	EVP_PKEY_free(signer);
	X509_free(x);
	return cs_view(out - len, (size_t)len);
}

CK_RV write_certificate(struct cs_view der, CK_BYTE id, CK_OBJECT_HANDLE *object)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE value[LARGE_CERTIFICATE_MAX];
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_CERTIFICATE_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_VALUE, value, der.len},
			    {CKA_ID, &id, 1}};

	memcpy(value, der.ptr, der.len);
	return C_CreateObject(session, a, id == 0 ? 4 : 5, object);
}
