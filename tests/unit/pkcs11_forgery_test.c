/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kinds of cases that Project Wycheproof tries, of what the module verifies and opens itself: RSA
 * signatures whose block is almost right, MACs that are almost right, wrapped keys whose check value or
 * padding is not. docs/COMPATIBILITY says which tests have its other kinds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "tests/unit/pkcs11_session.h"

#define session p11_session
#define K	256u /* bytes of the modulus */

#define SHA256_TEXT                                                                                          \
	"b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9" /* of "hello world"               \
									    */
#define INFO "3031300d060960864801650304020105000420" SHA256_TEXT
#define KEK  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static CK_BYTE text[] = "hello world";
static EVP_PKEY *rsa;
static CK_OBJECT_HANDLE rsa_public;

static void number_of(const char *name, CK_BYTE *out, size_t len)
{
	BIGNUM *n = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(rsa, name, &n), 1);
	assert_int_equal(BN_bn2binpad(n, out, (int)len), (int)len);
	BN_free(n);
}

static int make(void **state)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_RSA;
	CK_BYTE n[K], e[3];
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_KEY_TYPE, &type, sizeof(type)},
				   {CKA_MODULUS, n, sizeof(n)},
				   {CKA_PUBLIC_EXPONENT, e, sizeof(e)}};

	rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)(8 * K));
	if (rsa == NULL || p11_session_make(state) != 0)
		return -1;
	number_of(OSSL_PKEY_PARAM_RSA_N, n, sizeof(n));
	number_of(OSSL_PKEY_PARAM_RSA_E, e, sizeof(e));
	return C_CreateObject(session, template, 4, &rsa_public) == CKR_OK ? 0 : -1;
}

static int end(void **state)
{
	EVP_PKEY_free(rsa);
	return p11_session_end(state);
}

/* A block to the power of the private exponent, or back. */
static void power(bool private, const CK_BYTE in[K], CK_BYTE out[K])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(rsa, NULL);
	size_t len = K;

	assert_int_equal(private ? EVP_PKEY_decrypt_init(ctx) : EVP_PKEY_encrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
	assert_int_equal(
	    private ? EVP_PKEY_decrypt(ctx, out, &len, in, K) : EVP_PKEY_encrypt(ctx, out, &len, in, K), 1);
	assert_int_equal(len, K);
	EVP_PKEY_CTX_free(ctx);
}

static CK_RV verify(CK_MECHANISM *m, const CK_BYTE *signature, CK_ULONG len)
{
	CK_BYTE copy[K + 1];

	memcpy(copy, signature, len);
	return p11_check(m, rsa_public, text, sizeof(text) - 1, copy, len);
}

/* ---- libcrypto's errors ---- */

/* The program's own queue: it may ask next whether a call of its own failed. */
static void what_libcrypto_says_of_a_forgery_stays_in_the_module(void **state)
{
	CK_MECHANISM m = {CKM_SHA256_RSA_PKCS, NULL, 0}, pad = {CKM_AES_CBC_PAD, NULL, 0};
	CK_BYTE signature[K] = {1}, wrapped[32] = {0}, iv[16] = {0};
	CK_OBJECT_HANDLE kek = p11_key(CKK_AES, KEK), made;

	(void)state;
	pad.pParameter = iv;
	pad.ulParameterLen = sizeof(iv);
	for (int own = 0; own < 2; own++) {
		ERR_clear_error();
		if (own != 0)
			ERR_raise(ERR_LIB_USER, 7);
		assert_int_equal(verify(&m, signature, sizeof(signature)), CKR_SIGNATURE_INVALID);
		assert_int_not_equal(
		    C_UnwrapKey(session, &pad, kek, wrapped, sizeof(wrapped), NULL, 0, &made), CKR_OK);
		if (own != 0)
			assert_int_equal(ERR_GET_REASON(ERR_get_error()), 7);
		assert_int_equal(ERR_peek_error(), 0);
	}
}

/* ---- PKCS #1 v1.5 ---- */

/* 00 01 FF...FF 00 and what is signed, or almost. */
static const struct block {
	const char *what, *info,
	    *behind; /* hexadecimal; behind: as much of FF as fits stands before 00 in any case */
	size_t at;   /* the byte of the block that is changed */
	CK_BYTE by;
} blocks[] = {
    {"the first byte is one", INFO, "", 0, 1},
    {"the block's type is 0", INFO, "", 1, 1},
    {"the block's type is 2", INFO, "", 1, 3},
    {"the first byte of the padding is not FF", INFO, "", 2, 1},
    {"a byte amid the padding is zero", INFO, "", 100, 0xFF},
    {"the last byte of the padding is not FF", INFO, "", K - 53, 0x80},
    {"no zero ends the padding", INFO, "", K - 52, 0xFF},
    {"the digest is another", INFO, "", K - 1, 1},
    {"something stands behind", INFO, "00", 0, 0},
    {"much stands behind", INFO, KEK KEK KEK, 0, 0},
    {"the hash is named without NULL",
     "302f300b0609608648016503040201"
     "0420" SHA256_TEXT,
     "", 0, 0},
    {"NULL has contents", "3032300e06096086480165030402010501000420" SHA256_TEXT, "", 0, 0},
    {"a length is in its long form", "308131300d060960864801650304020105000420" SHA256_TEXT, "", 0, 0},
    {"an inner length is in its long form", "303230810d060960864801650304020105000420" SHA256_TEXT, "", 0, 0},
    {"a length is indefinite", "3080300d060960864801650304020105000420" SHA256_TEXT "0000", "", 0, 0},
    {"the hash is another of that length",
     "3031300d06096086480165030402080500"
     "0420" SHA256_TEXT,
     "", 0, 0},
    {"the hash is SHA-1 by name", "302d300906052b0e03021a05000420" SHA256_TEXT, "", 0, 0},
    {"the digest is longer by a zero", "3032300d060960864801650304020105000421" SHA256_TEXT "00", "", 0, 0},
    {"the digest is alone", SHA256_TEXT, "", 0, 0},
    {"there is an element more", "3033300d060960864801650304020105000420" SHA256_TEXT "0500", "", 0, 0},
    {"the sequence is a set", "3131300d060960864801650304020105000420" SHA256_TEXT, "", 0, 0},
};

static void write_block(const struct block *b, CK_BYTE out[K])
{
	struct bytes info = hex(b->info), behind = hex(b->behind);
	size_t begin = K - info.len - behind.len;

	memset(out, 0xFF, K);
	out[0] = 0;
	out[1] = 1;
	out[begin - 1] = 0;
	memcpy(out + begin, info.at, info.len);
	memcpy(out + begin + info.len, behind.at, behind.len);
	out[b->at] ^= b->by;
}

static void a_signature_s_block_is_right_in_each_byte(void **state)
{
	static const struct block good = {"nothing", INFO, "", 0, 0};
	CK_MECHANISM m = {CKM_SHA256_RSA_PKCS, NULL, 0};
	CK_BYTE block[K], signature[K];

	(void)state;
	write_block(&good, block);
	power(true, block, signature);
	assert_int_equal(verify(&m, signature, K), CKR_OK);
	for (size_t i = 0; i < COUNT(blocks); i++) {
		write_block(&blocks[i], block);
		power(true, block, signature);
		if (verify(&m, signature, K) != CKR_SIGNATURE_INVALID)
			fail_msg("%s: the signature is not refused", blocks[i].what);
	}
}

/* Numbers that are none of the modulus, and lengths that no signature has. */
static void assert_numbers_refused(CK_MECHANISM *m, const CK_BYTE right[K])
{
	CK_BYTE wrong[K + 1] = {0};

	assert_int_equal(verify(m, wrong, K), CKR_SIGNATURE_INVALID);
	wrong[K - 1] = 1;
	assert_int_equal(verify(m, wrong, K), CKR_SIGNATURE_INVALID);
	number_of(OSSL_PKEY_PARAM_RSA_N, wrong, K);
	assert_int_equal(verify(m, wrong, K), CKR_SIGNATURE_INVALID);
	wrong[K - 1] -= 1;
	assert_int_equal(verify(m, wrong, K), CKR_SIGNATURE_INVALID);
	memset(wrong, 0xFF, K);
	assert_int_equal(verify(m, wrong, K), CKR_SIGNATURE_INVALID);
	memcpy(wrong + 1, right, K);
	wrong[0] = 0;
	assert_int_equal(verify(m, wrong, K + 1), CKR_SIGNATURE_LEN_RANGE);
	assert_int_equal(verify(m, right, K - 1), CKR_SIGNATURE_LEN_RANGE);
	assert_int_equal(verify(m, right, 0), CKR_SIGNATURE_LEN_RANGE);
}

static void numbers_that_are_no_rsa_signature_are_refused(void **state)
{
	static const struct block good = {"nothing", INFO, "", 0, 0};
	CK_MECHANISM m = {CKM_SHA256_RSA_PKCS, NULL, 0};
	CK_BYTE block[K], signature[K];

	(void)state;
	write_block(&good, block);
	power(true, block, signature);
	assert_numbers_refused(&m, signature);
}

/* ---- PSS ---- */

static void sign_pss(int salt, CK_BYTE signature[K])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key = NULL;
	size_t len = K;

	assert_int_equal(EVP_DigestSignInit(ctx, &key, EVP_sha256(), NULL, rsa), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(key, salt), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &len, text, sizeof(text) - 1), 1);
	EVP_MD_CTX_free(ctx);
}

static void a_pss_signature_is_of_its_parameters_and_right_in_each_byte(void **state)
{
	/* The first bytes of the padding, the 01 behind it, salt, hash, and BC. */
	static const size_t places[] = {1,	2,     100,  K - 1 - 32 - 32 - 2, K - 1 - 32 - 32 - 1, K - 34,
					K - 33, K - 2, K - 1};
	static const int salts[] = {0, 1, 20, 31, 33, 48, 64};
	CK_RSA_PKCS_PSS_PARAMS right = {CKM_SHA256, CKG_MGF1_SHA256, 32},
			       mask = {CKM_SHA256, CKG_MGF1_SHA1, 32};
	CK_MECHANISM m = {CKM_SHA256_RSA_PKCS_PSS, &right, sizeof(right)},
		     masked = {CKM_SHA256_RSA_PKCS_PSS, &mask, sizeof(mask)};
	CK_BYTE block[K], signature[K], wrong[K];

	(void)state;
	sign_pss(32, signature);
	assert_int_equal(verify(&m, signature, K), CKR_OK);
	assert_int_equal(verify(&masked, signature, K), CKR_SIGNATURE_INVALID);
	assert_numbers_refused(&m, signature);
	power(false, signature, block);
	assert_int_equal(block[K - 1], 0xBC);
	for (size_t i = 0; i < COUNT(places); i++) {
		block[places[i]] ^= 0x10;
		power(true, block, wrong);
		if (verify(&m, wrong, K) != CKR_SIGNATURE_INVALID)
			fail_msg("byte %zu is another, and the signature is not refused", places[i]);
		block[places[i]] ^= 0x10;
	}
	for (size_t i = 0; i < COUNT(salts); i++) {
		sign_pss(salts[i], signature);
		assert_int_equal(verify(&m, signature, K), CKR_SIGNATURE_INVALID);
		right.sLen = (CK_ULONG)salts[i];
		assert_int_equal(verify(&m, signature, K), CKR_OK);
		right.sLen = 32;
	}
}

/* ---- MACs ---- */

static void a_mac_is_right_in_each_bit(void **state)
{
	static const struct {
		CK_MECHANISM_TYPE type;
		CK_KEY_TYPE key;
		CK_ULONG len;
	} kinds[] = {{CKM_SHA_1_HMAC, CKK_GENERIC_SECRET, 20},
		     {CKM_SHA256_HMAC, CKK_GENERIC_SECRET, 32},
		     {CKM_SHA512_HMAC, CKK_GENERIC_SECRET, 64},
		     {CKM_AES_CMAC, CKK_AES, 16}};

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		CK_MECHANISM m = {kinds[i].type, NULL, 0};
		CK_OBJECT_HANDLE key = p11_key(kinds[i].key, KEK);
		CK_BYTE mac[65] = {0}, wrong[65];
		CK_ULONG len = sizeof(mac);

		assert_int_equal(p11_make(&m, key, text, sizeof(text), mac, &len), CKR_OK);
		assert_int_equal(len, kinds[i].len);
		for (CK_ULONG bit = 0; bit < 8 * len; bit++) {
			memcpy(wrong, mac, sizeof(mac));
			wrong[bit / 8] ^= (CK_BYTE)(1 << bit % 8);
			assert_int_equal(p11_check(&m, key, text, sizeof(text), wrong, len),
					 CKR_SIGNATURE_INVALID);
		}
		memset(wrong, 0, sizeof(wrong));
		assert_int_equal(p11_check(&m, key, text, sizeof(text), wrong, len), CKR_SIGNATURE_INVALID);
		memset(wrong, 0xFF, sizeof(wrong));
		assert_int_equal(p11_check(&m, key, text, sizeof(text), wrong, len), CKR_SIGNATURE_INVALID);
		assert_int_equal(p11_check(&m, key, text, sizeof(text), mac, len - 1),
				 CKR_SIGNATURE_LEN_RANGE);
		assert_int_equal(p11_check(&m, key, text, sizeof(text), mac, len + 1),
				 CKR_SIGNATURE_LEN_RANGE);
		assert_int_equal(p11_check(&m, key, text, sizeof(text), mac, 0), CKR_SIGNATURE_LEN_RANGE);
		assert_int_equal(p11_check(&m, key, text, sizeof(text), mac, len), CKR_OK);
	}
}

/* ---- key wrapping ---- */

/* RFC 3394's with any check value: RFC 5649's too, of what is longer than a block. */
static CK_ULONG wrap_with(const char *icv, const struct bytes *plain, CK_BYTE out[128])
{
	EVP_CIPHER *kind = EVP_CIPHER_fetch(NULL, "AES-256-WRAP", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	struct bytes kek = hex(KEK), iv = hex(icv);
	int len = 0;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	assert_int_equal(EVP_EncryptInit_ex2(ctx, kind, kek.at, iv.at, NULL), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, out, &len, plain->at, (int)plain->len), 1);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(kind);
	return (CK_ULONG)len;
}

static CK_RV unwrap(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE kek, CK_BYTE *wrapped, CK_ULONG len)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE generic = CKK_GENERIC_SECRET;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_KEY_TYPE, &generic, sizeof(generic)}};
	CK_MECHANISM m = {type, NULL, 0};
	CK_OBJECT_HANDLE made;

	return C_UnwrapKey(session, &m, kek, wrapped, len, template, 2, &made);
}

static void a_wrapped_key_s_check_value_and_padding_are_right_or_it_is_none(void **state)
{
	static const struct {
		CK_MECHANISM_TYPE type;
		const char *icv, *plain;
		CK_RV rv;
	} cases[] = {
	    {CKM_AES_KEY_WRAP, "a6a6a6a6a6a6a6a6", "000102030405060708090a0b0c0d0e0f", CKR_OK},
	    {CKM_AES_KEY_WRAP, "a6a6a6a6a6a6a6a7", "000102030405060708090a0b0c0d0e0f",
	     CKR_WRAPPED_KEY_INVALID},
	    {CKM_AES_KEY_WRAP, "26a6a6a6a6a6a6a6", "000102030405060708090a0b0c0d0e0f",
	     CKR_WRAPPED_KEY_INVALID},
	    {CKM_AES_KEY_WRAP, "0000000000000000", "000102030405060708090a0b0c0d0e0f",
	     CKR_WRAPPED_KEY_INVALID},
	    {CKM_AES_KEY_WRAP, "a65959a600000010", "000102030405060708090a0b0c0d0e0f",
	     CKR_WRAPPED_KEY_INVALID},
	    {CKM_AES_KEY_WRAP_KWP, "a65959a600000010", "000102030405060708090a0b0c0d0e0f", CKR_OK},
	    {CKM_AES_KEY_WRAP_KWP, "a65959a60000000c", "000102030405060708090a0b00000000", CKR_OK},
	    {CKM_AES_KEY_WRAP_KWP, "a65959a60000000c", "000102030405060708090a0b00000001",
	     CKR_WRAPPED_KEY_INVALID},
	    {CKM_AES_KEY_WRAP_KWP, "a65959a60000000c", "000102030405060708090a0b01000000",
	     CKR_WRAPPED_KEY_INVALID},
	    {CKM_AES_KEY_WRAP_KWP, "a65959a600000008", "00010203040506070000000000000000",
	     CKR_WRAPPED_KEY_INVALID},
	    {CKM_AES_KEY_WRAP_KWP, "a65959a600000011", "000102030405060708090a0b0c0d0e0f",
	     CKR_WRAPPED_KEY_INVALID},
	    {CKM_AES_KEY_WRAP_KWP, "a65959a600000000", "00000000000000000000000000000000",
	     CKR_WRAPPED_KEY_INVALID},
	    {CKM_AES_KEY_WRAP_KWP, "a65959a680000010", "000102030405060708090a0b0c0d0e0f",
	     CKR_WRAPPED_KEY_INVALID},
	    {CKM_AES_KEY_WRAP_KWP, "a65959a700000010", "000102030405060708090a0b0c0d0e0f",
	     CKR_WRAPPED_KEY_INVALID},
	    {CKM_AES_KEY_WRAP_KWP, "a6a6a6a6a6a6a6a6", "000102030405060708090a0b0c0d0e0f",
	     CKR_WRAPPED_KEY_INVALID},
	};
	static const CK_ULONG lengths[] = {0, 1, 7, 8, 9, 17, 20, 23};
	CK_OBJECT_HANDLE kek = p11_key(CKK_AES, KEK);
	CK_BYTE wrapped[128] = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bytes plain = hex(cases[i].plain);
		CK_ULONG len = wrap_with(cases[i].icv, &plain, wrapped);
		CK_RV rv = unwrap(cases[i].type, kek, wrapped, len);

		if (rv != cases[i].rv)
			fail_msg("check value %s, %s: %#lx", cases[i].icv, cases[i].plain, rv);
	}
	for (size_t i = 0; i < COUNT(lengths); i++) {
		assert_int_equal(unwrap(CKM_AES_KEY_WRAP, kek, wrapped, lengths[i]),
				 CKR_WRAPPED_KEY_LEN_RANGE);
		assert_int_equal(unwrap(CKM_AES_KEY_WRAP_KWP, kek, wrapped, lengths[i]),
				 CKR_WRAPPED_KEY_LEN_RANGE);
	}
	assert_int_equal(unwrap(CKM_AES_KEY_WRAP, kek, wrapped, 16), CKR_WRAPPED_KEY_LEN_RANGE);
	assert_int_equal(unwrap(CKM_AES_KEY_WRAP_KWP, kek, wrapped, 16), CKR_WRAPPED_KEY_INVALID);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_libcrypto_says_of_a_forgery_stays_in_the_module),
	    cmocka_unit_test(a_signature_s_block_is_right_in_each_byte),
	    cmocka_unit_test(numbers_that_are_no_rsa_signature_are_refused),
	    cmocka_unit_test(a_pss_signature_is_of_its_parameters_and_right_in_each_byte),
	    cmocka_unit_test(a_mac_is_right_in_each_bit),
	    cmocka_unit_test(a_wrapped_key_s_check_value_and_padding_are_right_or_it_is_none),
	};

	return cmocka_run_group_tests_name("pkcs11_forgery", tests, make, end);
}
