/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A private key that was changed on its way: what it says of its public half, in PKCS #8 or in its template,
 * is held against what the card made of it, and a key that is another one does not stay.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/bytes.h"
#include "base/tlv.h"
#include "tests/unit/pkcs11_session.h"

#define KEK "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static CK_BBOOL yes = CK_TRUE;
static CK_OBJECT_CLASS private = CKO_PRIVATE_KEY;
static CK_BYTE p256[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
static CK_BYTE oid_ed25519[] = {0x06, 0x03, 0x2B, 0x65, 0x70};

struct encoded {
	CK_BYTE at[8192];
	size_t len;
};

static void encode(EVP_PKEY *key, struct encoded *e)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	unsigned char *out = e->at;
	int len;

	assert_non_null(info);
	len = i2d_PKCS8_PRIV_KEY_INFO(info, NULL);
	assert_in_range(len, 1, sizeof(e->at));
	e->len = (size_t)i2d_PKCS8_PRIV_KEY_INFO(info, &out);
	PKCS8_PRIV_KEY_INFO_free(info);
}

/* Where in the encoding these bytes are. */
static CK_BYTE *place(struct encoded *e, const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i + len <= e->len; i++) {
		if (memcmp(e->at + i, bytes, len) == 0)
			return e->at + i;
	}
	fail_msg("it is not there");
	return NULL;
}

static CK_RV unwrap(struct encoded *e, CK_OBJECT_HANDLE *made)
{
	CK_MECHANISM m = {CKM_AES_KEY_WRAP_KWP, NULL, 0};
	CK_OBJECT_HANDLE kek = p11_key(CKK_AES, KEK);
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &private, sizeof(private)}, {CKA_TOKEN, &yes, 1}};
	CK_BYTE wrapped[8192 + 64];
	CK_ULONG len = sizeof(wrapped);

	assert_int_equal(C_EncryptInit(p11_session, &m, kek), CKR_OK);
	assert_int_equal(C_Encrypt(p11_session, e->at, e->len, wrapped, &len), CKR_OK);
	return C_UnwrapKey(p11_session, &m, kek, wrapped, len, template, 2, made);
}

static CK_ULONG private_keys(void)
{
	CK_OBJECT_HANDLE first;
	CK_ULONG n = 0;

	assert_int_equal(p11_find(p11_session, CKO_PRIVATE_KEY, 0, &n, &first), CKR_OK);
	return n;
}

/* As it is, it comes in; with one bit of these bytes another, not. */
static void assert_a_bit_is_seen(struct encoded *e, CK_BYTE *byte)
{
	CK_OBJECT_HANDLE made;
	CK_ULONG before = private_keys();

	assert_int_equal(unwrap(e, &made), CKR_OK);
	assert_int_equal(C_DestroyObject(p11_session, made), CKR_OK);
	*byte ^= 0x10;
	assert_int_equal(unwrap(e, &made), CKR_WRAPPED_KEY_INVALID);
	assert_int_equal(private_keys(), before);
	*byte ^= 0x10;
}

static EVP_PKEY *new_curve(void)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");

	assert_non_null(key);
	return key;
}

static void scalar_of(EVP_PKEY *key, unsigned char scalar[32])
{
	BIGNUM *n = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &n), 1);
	assert_int_equal(BN_bn2binpad(n, scalar, 32), 32);
	BN_free(n);
}

static void a_scalar_that_is_not_its_point_s_does_not_come_in(void **state)
{
	static const char *const forms[] = {"uncompressed", "compressed"};
	EVP_PKEY *key = new_curve();
	unsigned char scalar[32];
	struct encoded e;

	(void)state;
	scalar_of(key, scalar);
	for (size_t i = 0; i < COUNT(forms); i++) {
		assert_int_equal(
		    EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, forms[i]),
		    1);
		encode(key, &e);
		assert_a_bit_is_seen(&e, place(&e, scalar, sizeof(scalar)) + 31);
	}
	EVP_PKEY_free(key);
}

/* Both are in it where libcrypto wrote it; the seed is what the card takes. */
static void a_seed_that_is_not_its_long_form_s_does_not_come_in(void **state)
{
	static const char *const types[] = {"ML-DSA-44", "ML-DSA-87", "ML-KEM-512", "ML-KEM-1024"};

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, types[i]);
		unsigned char seed[64];
		size_t len = 0;
		struct encoded e;

		if (key == NULL) {
			print_message("# no %s: this libcrypto does not have it\n", types[i]);
			continue;
		}
		assert_int_equal(EVP_PKEY_get_octet_string_param(key, "seed", seed, sizeof(seed), &len), 1);
		encode(key, &e);
		assert_true(e.len > 1000);
		assert_a_bit_is_seen(&e, place(&e, seed, len));
		EVP_PKEY_free(key);
	}
}

static void a_modulus_that_is_not_its_primes_does_not_come_in(void **state)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	unsigned char modulus[256];
	BIGNUM *n = NULL;
	struct encoded e;

	(void)state;
	assert_non_null(key);
	assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
	assert_int_equal(BN_bn2binpad(n, modulus, sizeof(modulus)), sizeof(modulus));
	encode(key, &e);
	assert_a_bit_is_seen(&e, place(&e, modulus, sizeof(modulus)) + 100);
	BN_free(n);
	EVP_PKEY_free(key);
}

/* ---- the public key beside the private one (RFC 5958) ---- */

enum form { IMPLICIT, EXPLICIT };

static void encode_beside(struct cs_view algorithm, struct cs_view private_key, struct cs_view public_key,
			  enum form form, struct encoded *e)
{
	struct cs_writer w = CS_WRITER_OF(e->at);
	size_t all = cs_tlv_begin(&w, 0x30), part;

	cs_tlv_write_u8(&w, 0x02, 1);
	cs_tlv_write(&w, 0x30, algorithm);
	cs_tlv_write(&w, 0x04, private_key);
	part = cs_tlv_begin(&w, form == IMPLICIT ? 0x81 : 0xA1);
	if (form == IMPLICIT) {
		cs_write_u8(&w, 0);
		cs_write_view(&w, public_key);
	} else {
		size_t bits = cs_tlv_begin(&w, 0x03);

		cs_write_u8(&w, 0);
		cs_write_view(&w, public_key);
		cs_tlv_end(&w, bits);
	}
	cs_tlv_end(&w, part);
	cs_tlv_end(&w, all);
	assert_int_equal(cs_writer_done(&w), CS_OK);
	e->len = w.len;
}

static void a_public_key_beside_the_private_one_is_compared_with_it(void **state)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	CK_BYTE inner[34] = {0x04, 0x20};
	unsigned char public[32];
	size_t len = 32;
	struct encoded e;

	(void)state;
	assert_non_null(key);
	assert_int_equal(EVP_PKEY_get_raw_private_key(key, inner + 2, &len), 1);
	assert_int_equal(EVP_PKEY_get_raw_public_key(key, public, &len), 1);
	for (int form = IMPLICIT; form <= EXPLICIT; form++) {
		encode_beside(CS_VIEW_OF(oid_ed25519), CS_VIEW_OF(inner), CS_VIEW_OF(public), (enum form)form,
			      &e);
		assert_a_bit_is_seen(&e, place(&e, inner + 2, 32));
	}
	EVP_PKEY_free(key);
}

/* What is no whole BIT STRING is no public key. */
static void a_public_key_that_is_none_is_not_passed_over(void **state)
{
	static const CK_BYTE wrong[][5] = {
	    {0x81, 3, 0x01, 0x11, 0x22}, /* a bit less than whole bytes */
	    {0x81, 1, 0x00},		 /* nothing in it */
	    {0xA1, 3, 0x03, 0x01, 0x00},
	    {0xA1, 3, 0x04, 0x01, 0x11},
	    {0xA1, 1, 0x03},
	    {0x81, 3, 0x00, 0x11, 0x22}, /* of no curve */
	};
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	CK_OBJECT_HANDLE made;
	CK_ULONG before = private_keys();
	struct encoded e;

	(void)state;
	assert_non_null(key);
	encode(key, &e);
	assert_true(e.at[0] == 0x30 && e.at[1] < 0x70);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct encoded with = e;
		size_t len = 2u + wrong[i][1];

		memcpy(with.at + with.len, wrong[i], len);
		with.len += len;
		with.at[1] = (CK_BYTE)(with.at[1] + len);
		assert_int_equal(unwrap(&with, &made), CKR_WRAPPED_KEY_INVALID);
	}
	assert_int_equal(unwrap(&e, &made), CKR_OK);
	assert_int_equal(C_DestroyObject(p11_session, made), CKR_OK);
	assert_int_equal(private_keys(), before);
	EVP_PKEY_free(key);
}

/* ---- templates ---- */

static CK_RV import(CK_BYTE scalar[32], CK_ATTRIBUTE_TYPE type, void *value, size_t len,
		    CK_OBJECT_HANDLE *made)
{
	static CK_KEY_TYPE ec = CKK_EC;
	CK_ATTRIBUTE a[] = {
	    {CKA_CLASS, &private, sizeof(private)}, {CKA_KEY_TYPE, &ec, sizeof(ec)}, {CKA_TOKEN, &yes, 1},
	    {CKA_EC_PARAMS, p256, sizeof(p256)},    {CKA_VALUE, scalar, 32},	     {type, value, len}};

	return C_CreateObject(p11_session, a, 6, made);
}

static void assert_taken(CK_BYTE scalar[32], CK_ATTRIBUTE_TYPE type, void *value, size_t len)
{
	CK_OBJECT_HANDLE made;

	assert_int_equal(import(scalar, type, value, len, &made), CKR_OK);
	assert_int_equal(C_DestroyObject(p11_session, made), CKR_OK);
}

static void a_template_that_names_another_public_key_is_refused(void **state)
{
	EVP_PKEY *key = new_curve(), *other = new_curve();
	CK_ULONG before = private_keys();
	CK_BYTE scalar[32], wrong[32], point[67] = {0x04, 65};
	unsigned char *spki = NULL;
	CK_OBJECT_HANDLE made;
	size_t len = 0;
	int spki_len;

	(void)state;
	scalar_of(key, scalar);
	scalar_of(other, wrong);
	spki_len = i2d_PUBKEY(key, &spki);
	assert_true(spki_len > 0);
	assert_int_equal(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point + 2, 65, &len),
			 1);
	assert_int_equal(len, 65);
	assert_taken(scalar, CKA_PUBLIC_KEY_INFO, spki, (size_t)spki_len);
	assert_taken(scalar, CKA_EC_POINT, point, 67);
	assert_taken(scalar, CKA_EC_POINT, point + 2, 65);
	assert_taken(scalar, CKA_PUBLIC_KEY_INFO, NULL, 0);
	assert_taken(scalar, CKA_EC_POINT, NULL, 0);
	assert_int_equal(import(wrong, CKA_PUBLIC_KEY_INFO, spki, (size_t)spki_len, &made),
			 CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(import(wrong, CKA_EC_POINT, point, 67, &made), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(import(scalar, CKA_PUBLIC_KEY_INFO, spki, (size_t)spki_len - 1, &made),
			 CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(import(scalar, CKA_EC_POINT, point, 66, &made), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(import(scalar, CKA_MODULUS, point, 66, &made), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(private_keys(), before);
	OPENSSL_free(spki);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_scalar_that_is_not_its_point_s_does_not_come_in),
	    cmocka_unit_test(a_seed_that_is_not_its_long_form_s_does_not_come_in),
	    cmocka_unit_test(a_modulus_that_is_not_its_primes_does_not_come_in),
	    cmocka_unit_test(a_public_key_beside_the_private_one_is_compared_with_it),
	    cmocka_unit_test(a_public_key_that_is_none_is_not_passed_over),
	    cmocka_unit_test(a_template_that_names_another_public_key_is_refused),
	};

	return cmocka_run_group_tests(tests, p11_session_make, p11_session_end);
}
