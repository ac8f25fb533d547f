/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys on curves: P-256, P-384, P-521, SM2, Ed25519, X25519. Made by the token and brought to it, against
 * libcrypto and against the examples of their standards; and what is no signature, no point, no parameter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/kdf.h>

#include "pkcs11/pkcs11_countersign.h"
#include "tests/lib/transport_card.h"
#include "tests/unit/pkcs11_agree.h"

#define session p11_session

#define P256	"06082a8648ce3d030107"
#define P384	"06052b81040022"
#define P521	"06052b81040023"
#define SM2	"06082a811ccf5501822d"
#define ED25519 "06032b6570"
#define X25519	"06032b656e"

static const struct kind {
	const char *params;
	CK_MECHANISM_TYPE generate, sign, hashed;
	CK_KEY_TYPE type;
	CK_ULONG size; /* of a signature */
	const char *digest;
} kinds[] = {
    {P256, CKM_EC_KEY_PAIR_GEN, CKM_ECDSA, CKM_ECDSA_SHA256, CKK_EC, 64, "SHA256"},
    {P384, CKM_EC_KEY_PAIR_GEN, CKM_ECDSA, CKM_ECDSA_SHA384, CKK_EC, 96, "SHA384"},
    {P521, CKM_EC_KEY_PAIR_GEN, CKM_ECDSA, CKM_ECDSA_SHA512, CKK_EC, 132, "SHA512"},
    {SM2, CKM_EC_KEY_PAIR_GEN, CKM_COUNTERSIGN_SM2, CKM_COUNTERSIGN_SM2_SM3, CKK_EC, 64, "SM3"},
    {ED25519, CKM_EC_EDWARDS_KEY_PAIR_GEN, CKM_EDDSA, CKM_EDDSA, CKK_EC_EDWARDS, 64, NULL},
};

static struct pair pairs[COUNT(kinds)], agreeing[4];

static int make(void **state)
{
	if (p11_session_make(state) != 0)
		return -1;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (p11_pair(kinds[i].generate, kinds[i].params, 0, &pairs[i]) != CKR_OK)
			return -1;
	}
	memcpy(agreeing, pairs, 3 * sizeof(agreeing[0]));
	return p11_pair(CKM_EC_MONTGOMERY_KEY_PAIR_GEN, X25519, 0, &agreeing[3]) == CKR_OK ? 0 : -1;
}

/* r and s to DER, as libcrypto has it; Ed25519's stays. */
static size_t as_libcrypto(const struct kind *kind, const CK_BYTE *raw, uint8_t *out)
{
	ECDSA_SIG *sig;
	unsigned char *der = NULL;
	int half = (int)kind->size / 2, len;

	if (kind->type == CKK_EC_EDWARDS) {
		memcpy(out, raw, kind->size);
		return kind->size;
	}
	sig = ECDSA_SIG_new();
	assert_int_equal(ECDSA_SIG_set0(sig, BN_bin2bn(raw, half, NULL), BN_bin2bn(raw + half, half, NULL)),
			 1);
	len = i2d_ECDSA_SIG(sig, &der);
	assert_true(len > 0);
	memcpy(out, der, (size_t)len);
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	return (size_t)len;
}

static bool libcrypto_accepts(const struct kind *kind, CK_OBJECT_HANDLE public, const CK_BYTE *data,
			      size_t len, const CK_BYTE *signature)
{
	EVP_PKEY *key = p11_public(public);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = EVP_PKEY_CTX_new(key, NULL);
	uint8_t der[160];
	size_t der_len = as_libcrypto(kind, signature, der);
	bool ok;

	/* libcrypto wants to be told whose SM2 signature it is. */
	if (strcmp(kind->params, SM2) == 0) {
		assert_int_equal(EVP_PKEY_CTX_set1_id(pctx, "1234567812345678", 16), 1);
		EVP_MD_CTX_set_pkey_ctx(ctx, pctx);
	}
	assert_int_equal(EVP_DigestVerifyInit_ex(ctx, NULL, kind->digest, NULL, NULL, key, NULL), 1);
	ok = EVP_DigestVerify(ctx, der, der_len, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_CTX_free(pctx);
	EVP_PKEY_free(key);
	return ok;
}

static void ecdsa_takes_digests_of_sha3(void **state)
{
	static const struct {
		CK_MECHANISM_TYPE type;
		const char *digest;
	} sha3[] = {{CKM_ECDSA_SHA3_224, "SHA3-224"},
		    {CKM_ECDSA_SHA3_256, "SHA3-256"},
		    {CKM_ECDSA_SHA3_384, "SHA3-384"},
		    {CKM_ECDSA_SHA3_512, "SHA3-512"}};
	CK_BYTE text[] = "a message of no great length";

	(void)state;
	for (size_t i = 0; i < 3 * COUNT(sha3); i++) {
		struct kind kind = kinds[i % 3];
		CK_MECHANISM m = {sha3[i / 3].type, NULL, 0};
		CK_BYTE signature[160];
		CK_ULONG len = sizeof(signature);

		kind.digest = sha3[i / 3].digest;
		assert_int_equal(p11_make(&m, pairs[i % 3].private, text, sizeof(text), signature, &len),
				 CKR_OK);
		assert_true(libcrypto_accepts(&kind, pairs[i % 3].public, text, sizeof(text), signature));
		assert_int_equal(p11_check(&m, pairs[i % 3].public, text, sizeof(text), signature, len),
				 CKR_OK);
	}
}

static void each_kind_signs_what_libcrypto_and_the_module_accept(void **state)
{
	CK_BYTE text[] = "a message of no great length";

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		CK_MECHANISM m = {kinds[i].hashed, NULL, 0};
		CK_BYTE signature[160];
		CK_ULONG len = sizeof(signature);
		unsigned before;

		assert_int_equal(p11_ulong(pairs[i].private, CKA_KEY_TYPE), kinds[i].type);
		assert_int_equal(p11_ulong(pairs[i].public, CKA_KEY_GEN_MECHANISM), kinds[i].generate);
		assert_int_equal(C_SignInit(session, &m, pairs[i].private), CKR_OK);
		before = transport_card_commands();
		assert_int_equal(C_Sign(session, text, sizeof(text), NULL, &len), CKR_OK);
		assert_int_equal(len, kinds[i].size);
		assert_int_equal(transport_card_commands(), before);
		assert_int_equal(C_Sign(session, text, sizeof(text), signature, &len), CKR_OK);
		assert_int_equal(transport_card_commands(), before + 1);
		assert_true(libcrypto_accepts(&kinds[i], pairs[i].public, text, sizeof(text), signature));
		assert_int_equal(p11_check(&m, pairs[i].public, text, sizeof(text), signature, len), CKR_OK);
		assert_int_equal(p11_check(&m, pairs[i].public, text, 3, signature, len),
				 CKR_SIGNATURE_INVALID);
	}
}

static void parts_and_nothing_at_all_are_signed(void **state)
{
	CK_BYTE text[] = "in parts, some of them empty";

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		CK_MECHANISM m = {kinds[i].hashed, NULL, 0};
		CK_BYTE signature[160];
		CK_ULONG len = sizeof(signature);

		assert_int_equal(C_SignInit(session, &m, pairs[i].private), CKR_OK);
		assert_int_equal(C_SignUpdate(session, text, 9), CKR_OK);
		assert_int_equal(C_SignUpdate(session, NULL, 0), CKR_OK);
		assert_int_equal(C_SignUpdate(session, text + 9, sizeof(text) - 9), CKR_OK);
		assert_int_equal(C_SignFinal(session, signature, &len), CKR_OK);
		assert_true(libcrypto_accepts(&kinds[i], pairs[i].public, text, sizeof(text), signature));
		assert_int_equal(C_VerifyInit(session, &m, pairs[i].public), CKR_OK);
		assert_int_equal(C_VerifyUpdate(session, text, 20), CKR_OK);
		assert_int_equal(C_VerifyUpdate(session, text + 20, sizeof(text) - 20), CKR_OK);
		assert_int_equal(C_VerifyFinal(session, signature, len), CKR_OK);
		len = sizeof(signature);
		assert_int_equal(p11_make(&m, pairs[i].private, NULL, 0, signature, &len), CKR_OK);
		assert_int_equal(p11_check(&m, pairs[i].public, NULL, 0, signature, len), CKR_OK);
	}
}

#define ZEROS_32 "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES_32	 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* The orders of the groups. */
#define N_P256 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define N_P384                                                                                               \
	"ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"
#define N_P521 "01" ONES_32 "fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409"
#define N_SM2  "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123"
/* Little-endian (RFC 8032, 5.1). */
#define L_ED25519 "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"

static const char *const orders[] = {N_P256, N_P384, N_P521, N_SM2, L_ED25519};

static void assert_refused(const struct kind *kind, CK_OBJECT_HANDLE key, const CK_BYTE *signature,
			   CK_ULONG len, CK_RV want)
{
	CK_MECHANISM m = {kind->hashed, NULL, 0};
	CK_BYTE text[] = "text", copy[160];

	memcpy(copy, signature, len);
	assert_int_equal(p11_check(&m, key, text, sizeof(text), copy, len), want);
}

static void numbers_that_no_signature_has_are_refused(void **state)
{
	CK_BYTE text[] = "text";

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		CK_MECHANISM m = {kinds[i].hashed, NULL, 0};
		struct bytes order = hex(orders[i]);
		CK_BYTE right[160], wrong[160];
		CK_ULONG len = sizeof(right), half = kinds[i].size / 2;

		assert_int_equal(order.len, half);
		assert_int_equal(p11_make(&m, pairs[i].private, text, sizeof(text), right, &len), CKR_OK);
		for (CK_ULONG at = 0; at < len; at += half) {
			memcpy(wrong, right, len);
			memset(wrong + at, 0, half);
			assert_refused(&kinds[i], pairs[i].public, wrong, len, CKR_SIGNATURE_INVALID);
			memcpy(wrong + at, order.at, half);
			assert_refused(&kinds[i], pairs[i].public, wrong, len, CKR_SIGNATURE_INVALID);
			memset(wrong + at, 0xFF, half);
			assert_refused(&kinds[i], pairs[i].public, wrong, len, CKR_SIGNATURE_INVALID);
			memcpy(wrong, right, len);
			wrong[at + half - 2] ^= 1;
			assert_refused(&kinds[i], pairs[i].public, wrong, len, CKR_SIGNATURE_INVALID);
		}
		memcpy(wrong, right + half, half);
		memcpy(wrong + half, right, half);
		assert_refused(&kinds[i], pairs[i].public, wrong, len, CKR_SIGNATURE_INVALID);
		memset(wrong, 0, len);
		assert_refused(&kinds[i], pairs[i].public, wrong, len, CKR_SIGNATURE_INVALID);
		assert_refused(&kinds[i], pairs[i].public, right, len - 1, CKR_SIGNATURE_LEN_RANGE);
		assert_refused(&kinds[i], pairs[i].public, right, len + 1, CKR_SIGNATURE_LEN_RANGE);
		assert_refused(&kinds[i], pairs[i].public, right, 0, CKR_SIGNATURE_LEN_RANGE);
	}
}

/* ECDSA's number by itself. */
static bool libcrypto_accepts_number(const struct kind *kind, CK_OBJECT_HANDLE public,
				     const struct bytes *number, const CK_BYTE *signature)
{
	EVP_PKEY *key = p11_public(public);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	uint8_t der[160];
	size_t der_len = as_libcrypto(kind, signature, der);
	bool ok;

	assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
	ok = EVP_PKEY_verify(ctx, der, der_len, number->at, number->len) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok;
}

/* What ECDSA takes for the order and BESIDE: of what is longer than the order its first bits count (FIPS
 * 186-5, 6.4.1), of P-521's 66 bytes all but seven. */
static struct bytes near_order(size_t i, int beside)
{
	struct bytes n = hex(orders[i]);
	unsigned behind = i == 2 ? 7 : 0;

	n.at[n.len - 1] = (CK_BYTE)(n.at[n.len - 1] + beside);
	for (size_t k = 0; k < n.len; k++) {
		unsigned next = k + 1 < n.len ? n.at[k + 1] : 0;

		n.at[k] = (CK_BYTE)((n.at[k] * 256u + next) >> (8 - behind));
	}
	return n;
}

/* Signed as it is; and a signature of another, whichever byte that counts is changed. */
static void try_number(size_t i, struct bytes number)
{
	CK_MECHANISM raw = {CKM_ECDSA, NULL, 0};
	CK_BYTE signature[160];
	CK_ULONG len = sizeof(signature), half = kinds[i].size / 2,
		 counts = number.len < half ? number.len : half;

	assert_int_equal(p11_make(&raw, pairs[i].private, number.at, number.len, signature, &len), CKR_OK);
	assert_int_equal(len, kinds[i].size);
	assert_true(libcrypto_accepts_number(&kinds[i], pairs[i].public, &number, signature));
	assert_int_equal(p11_check(&raw, pairs[i].public, number.at, number.len, signature, len), CKR_OK);
	for (CK_ULONG at = 0; at < number.len; at += number.len - 1) {
		number.at[at] ^= 0x80;
		assert_int_equal(p11_check(&raw, pairs[i].public, number.at, number.len, signature, len),
				 at < counts ? CKR_SIGNATURE_INVALID : CKR_OK);
		assert_int_equal(libcrypto_accepts_number(&kinds[i], pairs[i].public, &number, signature),
				 at >= counts);
		number.at[at] ^= 0x80;
	}
}

static void digests_at_the_edges_are_signed_as_they_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct bytes edges[5] = {near_order(i, -1), near_order(i, 0), near_order(i, 1)};

		edges[3].len = edges[4].len = edges[0].len;
		memset(edges[4].at, 0xFF, edges[4].len);
		for (size_t k = 0; k < COUNT(edges); k++) {
			static const int lengths[] = {0, 1, 2, 14, -1, -2, -12};

			for (size_t n = 0; n < COUNT(lengths); n++) {
				struct bytes number = edges[k];

				number.len = (CK_ULONG)((long)number.len + lengths[n]);
				if (lengths[n] > 0)
					memset(number.at + edges[k].len, 0xA5, (size_t)lengths[n]);
				try_number(i, number);
			}
		}
	}
}

/* S + L is the same number to the curve, and another signature to RFC 8032 (5.1.7). */
static void an_ed25519_signature_has_one_form(void **state)
{
	CK_MECHANISM m = {CKM_EDDSA, NULL, 0};
	struct bytes order = hex(L_ED25519);
	CK_BYTE text[] = "text", signature[64];
	CK_ULONG len = sizeof(signature);
	unsigned carry = 0;

	(void)state;
	assert_int_equal(p11_make(&m, pairs[4].private, text, sizeof(text), signature, &len), CKR_OK);
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)signature[32 + i] + order.at[i];
		signature[32 + i] = (CK_BYTE)carry;
		carry >>= 8;
	}
	assert_int_equal(p11_check(&m, pairs[4].public, text, sizeof(text), signature, len),
			 CKR_SIGNATURE_INVALID);
}

static void a_key_signs_by_its_own_mechanisms_only(void **state)
{
	CK_MECHANISM ecdsa = {CKM_ECDSA, NULL, 0}, eddsa = {CKM_EDDSA, NULL, 0},
		     sm2 = {CKM_COUNTERSIGN_SM2, NULL, 0};
	CK_BYTE e[33] = {1}, signature[160];
	CK_ULONG len = sizeof(signature);

	(void)state;
	assert_int_equal(C_SignInit(session, &ecdsa, pairs[3].private), CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(C_SignInit(session, &sm2, pairs[0].private), CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(C_SignInit(session, &eddsa, pairs[0].private), CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(C_SignInit(session, &ecdsa, pairs[4].private), CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(C_VerifyInit(session, &eddsa, pairs[1].public), CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(p11_make(&sm2, pairs[3].private, e, 33, signature, &len), CKR_DATA_LEN_RANGE);
	assert_int_equal(p11_make(&sm2, pairs[3].private, e, 32, signature, &len), CKR_OK);
	assert_int_equal(p11_check(&sm2, pairs[3].public, e, 32, signature, len), CKR_OK);
	assert_int_equal(p11_check(&sm2, pairs[3].public, e, 31, signature, len), CKR_DATA_LEN_RANGE);
}

static void sm2_binds_the_identity_that_is_its_parameter(void **state)
{
	CK_BYTE alice[] = "alice@example.org", bob[] = "bob@example.org", text[] = "text", signature[64];
	CK_MECHANISM m = {CKM_COUNTERSIGN_SM2_SM3, alice, sizeof(alice)};
	CK_ULONG len = sizeof(signature);

	(void)state;
	assert_int_equal(p11_make(&m, pairs[3].private, text, sizeof(text), signature, &len), CKR_OK);
	assert_int_equal(p11_check(&m, pairs[3].public, text, sizeof(text), signature, len), CKR_OK);
	m = (CK_MECHANISM){CKM_COUNTERSIGN_SM2_SM3, bob, sizeof(bob)};
	assert_int_equal(p11_check(&m, pairs[3].public, text, sizeof(text), signature, len),
			 CKR_SIGNATURE_INVALID);
	m.ulParameterLen = 8192;
	assert_int_equal(C_SignInit(session, &m, pairs[3].private), CKR_MECHANISM_PARAM_INVALID);
}

static void eddsa_is_pure_and_without_a_context(void **state)
{
	CK_BYTE context[] = "context";
	CK_EDDSA_PARAMS p = {CK_FALSE, 0, NULL};
	CK_MECHANISM m = {CKM_EDDSA, &p, sizeof(p)};

	(void)state;
	assert_int_equal(C_SignInit(session, &m, pairs[4].private), CKR_OK);
	assert_int_equal(C_SignInit(session, NULL, 0), CKR_OK);
	p.phFlag = CK_TRUE;
	assert_int_equal(C_SignInit(session, &m, pairs[4].private), CKR_MECHANISM_PARAM_INVALID);
	p = (CK_EDDSA_PARAMS){CK_FALSE, sizeof(context), context};
	assert_int_equal(C_VerifyInit(session, &m, pairs[4].public), CKR_MECHANISM_PARAM_INVALID);
	m.ulParameterLen = 1;
	assert_int_equal(C_SignInit(session, &m, pairs[4].private), CKR_MECHANISM_PARAM_INVALID);
}

/* RFC 8032, 7.1, tests 1 and 2. */
static void an_imported_ed25519_key_signs_as_its_rfc_has_it(void **state)
{
	static const struct {
		const char *seed, *point, *text, *signature;
	} tests[] = {{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		      "0420d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39"
		      "701cf9b46b"
		      "d25bf5f0595bbe24655141438e7a100b"},
		     {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		      "04203d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
		      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f36"
		      "13d0f11d8c"
		      "387b2eaeb4302aeeb00d291612bb0c00"}};
	CK_MECHANISM m = {CKM_EDDSA, NULL, 0};

	(void)state;
	for (size_t i = 0; i < COUNT(tests); i++) {
		struct bytes text = hex(tests[i].text);
		CK_BYTE point[64], signature[64];
		CK_ATTRIBUTE a = {CKA_EC_POINT, point, sizeof(point)};
		CK_ULONG len = sizeof(signature);
		struct pair pair;

		assert_int_equal(p11_import_curve(CKK_EC_EDWARDS, ED25519, tests[i].seed, &pair), CKR_OK);
		assert_int_equal(C_GetAttributeValue(session, pair.public, &a, 1), CKR_OK);
		assert_bytes(point, a.ulValueLen, tests[i].point);
		assert_int_equal(p11_make(&m, pair.private, text.at, text.len, signature, &len), CKR_OK);
		assert_bytes(signature, len, tests[i].signature);
		assert_int_equal(C_DestroyObject(session, pair.private), CKR_OK);
	}
}

static void curves_have_several_names_and_what_is_no_key_is_not_imported(void **state)
{
	struct pair pair;

	(void)state;
	assert_int_equal(p11_import_curve(CKK_EC_EDWARDS, X25519, L_ED25519, &pair), CKR_CURVE_NOT_SUPPORTED);
	assert_int_equal(p11_import_curve(CKK_EC_EDWARDS, ED25519, "00", &pair), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(p11_import_curve(CKK_EC, P256, N_P256, &pair), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(p11_import_curve(CKK_EC, P521, "", &pair), CKR_TEMPLATE_INCOMPLETE);
	assert_int_equal(p11_import_curve(CKK_EC, "06052b8104000a", "01", &pair),
			 CKR_CURVE_NOT_SUPPORTED); /* secp256k1 */
	assert_int_equal(p11_pair(CKM_EC_EDWARDS_KEY_PAIR_GEN, P256, 0, &pair), CKR_CURVE_NOT_SUPPORTED);
	/* By the name of the standard, and by OIDs from before there was one. */
	assert_int_equal(p11_pair(CKM_EC_EDWARDS_KEY_PAIR_GEN, "130c656477617264733235353139", 0, &pair),
			 CKR_OK);
	assert_int_equal(C_DestroyObject(session, pair.private), CKR_OK);
	assert_int_equal(p11_pair(CKM_EC_EDWARDS_KEY_PAIR_GEN, "06092b06010401da470f01", 0, &pair), CKR_OK);
	assert_int_equal(C_DestroyObject(session, pair.private), CKR_OK);
	assert_int_equal(p11_pair(CKM_EC_MONTGOMERY_KEY_PAIR_GEN, "060a2b060104019755010501", 0, &pair),
			 CKR_OK);
	assert_int_equal(C_DestroyObject(session, pair.private), CKR_OK);
	assert_int_equal(p11_pair(CKM_EC_EDWARDS_KEY_PAIR_GEN, "06032b6571", 0, &pair),
			 CKR_CURVE_NOT_SUPPORTED);
	assert_int_equal(p11_pair(CKM_EC_KEY_PAIR_GEN, "", 1, &pair), CKR_TEMPLATE_INCOMPLETE);
}

/* ---- key agreement ---- */

static CK_RV derive(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, CK_ECDH1_DERIVE_PARAMS *p, CK_ULONG len,
		    CK_BYTE *value, CK_ULONG *value_len)
{
	return p11_derive(type, key, p, len, value, AGREE_MAX, value_len);
}

static void kdf(const char *name, const char *digest, const uint8_t *secret, size_t secret_len, uint8_t *out,
		size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, name, NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	char md[16], info[] = "for whom";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, md, 0),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)secret, secret_len),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, sizeof(info)), OSSL_PARAM_END};

	(void)snprintf(md, sizeof(md), "%s", digest);
	assert_int_equal(EVP_KDF_derive(ctx, out, len, params), 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

static const struct {
	CK_EC_KDF_TYPE type;
	const char *name, *digest;
} kdfs[] = {
    {CKD_SHA1_KDF, "X963KDF", "SHA1"},	       {CKD_SHA224_KDF, "X963KDF", "SHA224"},
    {CKD_SHA256_KDF, "X963KDF", "SHA256"},     {CKD_SHA384_KDF, "X963KDF", "SHA384"},
    {CKD_SHA512_KDF, "X963KDF", "SHA512"},     {CKD_SHA3_256_KDF, "X963KDF", "SHA3-256"},
    {CKD_SHA256_KDF_SP800, "SSKDF", "SHA256"}, {CKD_SHA512_KDF_SP800, "SSKDF", "SHA512"},
};

/* OCTET STRING */
static void wrap_in_octets(struct bytes *b)
{
	CK_ULONG head = b->len < 128 ? 2 : 3;

	memmove(b->at + head, b->at, b->len);
	b->at[0] = 0x04;
	b->at[1] = 0x81;
	b->at[head - 1] = (CK_BYTE)b->len;
	b->len += head;
}

static void the_token_agrees_with_libcrypto_on_each_curve(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(agreeing); i++) {
		struct bytes peer = {{0}, 0};
		uint8_t want[256], got[256];
		size_t want_len = p11_agree(agreeing[i].public, &peer, want);
		CK_ECDH1_DERIVE_PARAMS p = {CKD_NULL, 0, NULL, peer.len, peer.at};
		CK_ULONG len = 0;

		assert_int_equal(derive(CKM_ECDH1_DERIVE, agreeing[i].private, &p, 0, got, &len), CKR_OK);
		assert_int_equal(len, want_len);
		assert_memory_equal(got, want, len);
		assert_int_equal(derive(CKM_ECDH1_COFACTOR_DERIVE, agreeing[i].private, &p, 16, got, &len),
				 CKR_OK);
		assert_int_equal(len, 16);
		assert_memory_equal(got, want + want_len - 16, len);
		wrap_in_octets(&peer);
		p.ulPublicDataLen = peer.len;
		assert_int_equal(derive(CKM_ECDH1_DERIVE, agreeing[i].private, &p, 0, got, &len), CKR_OK);
		assert_memory_equal(got, want, want_len);
	}
}

static void assert_no_peer(CK_OBJECT_HANDLE key, const char *point)
{
	struct bytes b = hex(point);
	CK_ECDH1_DERIVE_PARAMS p = {CKD_NULL, 0, NULL, b.len, b.at};
	uint8_t got[256];
	CK_ULONG len;

	assert_int_equal(derive(CKM_ECDH1_DERIVE, key, &p, 0, got, &len), CKR_MECHANISM_PARAM_INVALID);
}

/* What is no point by its form, or on no curve where that is to be computed: the card is not asked. */
static void assert_no_point(CK_OBJECT_HANDLE key, const char *point)
{
	unsigned commands = transport_card_commands();

	assert_no_peer(key, point);
	assert_int_equal(transport_card_commands(), commands);
}

/* From 04 X Y: 02 or 03, and X. */
static void compress(struct bytes *point)
{
	point->at[0] = 0x02 | (point->at[point->len - 1] & 1);
	point->len = (point->len + 1) / 2;
}

static void a_compressed_point_is_the_same_point(void **state)
{
	unsigned refused = 0;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct bytes peer = {{0}, 0};
		uint8_t want[256], got[256];
		size_t want_len = p11_agree(agreeing[i].public, &peer, want);
		CK_ECDH1_DERIVE_PARAMS p = {CKD_NULL, 0, NULL, 0, peer.at};
		CK_ULONG len = 0;

		compress(&peer);
		p.ulPublicDataLen = peer.len;
		assert_int_equal(derive(CKM_ECDH1_DERIVE, agreeing[i].private, &p, 0, got, &len), CKR_OK);
		assert_int_equal(len, want_len);
		assert_memory_equal(got, want, want_len);
		wrap_in_octets(&peer);
		p.ulPublicDataLen = peer.len;
		assert_int_equal(derive(CKM_ECDH1_DERIVE, agreeing[i].private, &p, 0, got, &len), CKR_OK);
		assert_memory_equal(got, want, want_len);
		/* Half of all numbers are on no point. */
		for (CK_BYTE change = 1; change <= 32; change++) {
			CK_RV rv;

			peer.at[peer.len - 1] ^= change;
			rv = derive(CKM_ECDH1_DERIVE, agreeing[i].private, &p, 0, got, &len);
			assert_true(rv == CKR_OK ? memcmp(got, want, want_len) != 0
						 : rv == CKR_MECHANISM_PARAM_INVALID);
			refused += rv != CKR_OK;
			peer.at[peer.len - 1] ^= change;
		}
	}
	assert_true(refused > 10);
	assert_no_point(agreeing[0].private, "05" ONES_32);
	assert_no_point(agreeing[0].private, "02" ONES_32);
}

static void a_public_key_may_come_with_its_point_compressed(void **state)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BYTE text[] = "text", signature[160];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct bytes params = hex(kinds[i].params), point = {{0}, sizeof(point.at)};
		CK_ATTRIBUTE got = {CKA_EC_POINT, point.at, sizeof(point.at)};
		CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
					   {CKA_KEY_TYPE, &type, sizeof(type)},
					   {CKA_EC_PARAMS, params.at, params.len},
					   {CKA_EC_POINT, point.at, 0}};
		CK_MECHANISM m = {kinds[i].hashed, NULL, 0};
		CK_ULONG len = sizeof(signature);
		CK_OBJECT_HANDLE key;

		assert_int_equal(C_GetAttributeValue(session, pairs[i].public, &got, 1), CKR_OK);
		point.len = got.ulValueLen;
		point.len -= point.at[1] == 0x81 ? 3 : 2;
		memmove(point.at, point.at + got.ulValueLen - point.len, point.len);
		compress(&point);
		wrap_in_octets(&point);
		template[3].ulValueLen = point.len;
		assert_int_equal(C_CreateObject(session, template, 4, &key), CKR_OK);
		assert_int_equal(p11_make(&m, pairs[i].private, text, 4, signature, &len), CKR_OK);
		assert_int_equal(p11_check(&m, key, text, 4, signature, len), CKR_OK);
		signature[0] ^= 1;
		assert_int_equal(p11_check(&m, key, text, 4, signature, len), CKR_SIGNATURE_INVALID);
	}
}

static void key_derivation_is_as_libcrypto_has_it(void **state)
{
	CK_BYTE info[] = "for whom";

	(void)state;
	for (size_t i = 0; i < COUNT(agreeing); i++) {
		struct bytes peer = {{0}, 0};
		uint8_t secret[256], want[200], got[256];
		size_t secret_len = p11_agree(agreeing[i].public, &peer, secret);

		for (size_t k = 0; k < COUNT(kdfs); k++) {
			CK_ECDH1_DERIVE_PARAMS p = {kdfs[k].type, sizeof(info), info, peer.len, peer.at};
			CK_ULONG len = 0;

			kdf(kdfs[k].name, kdfs[k].digest, secret, secret_len, want, sizeof(want));
			assert_int_equal(
			    derive(CKM_ECDH1_DERIVE, agreeing[i].private, &p, sizeof(want), got, &len),
			    CKR_OK);
			assert_int_equal(len, sizeof(want));
			assert_memory_equal(got, want, len);
		}
	}
}

static void points_that_are_on_no_curve_or_another_one_agree_on_nothing(void **state)
{
	(void)state;
	assert_no_point(agreeing[0].private, "00"); /* infinity */
	assert_no_peer(agreeing[0].private, "04" ZEROS_32 ZEROS_32);
	assert_no_peer(agreeing[0].private, "04" ONES_32 ONES_32);
	assert_no_peer(agreeing[0].private, "04" N_P256 N_P256);
	/* SM2's generator is on a curve of the same size. */
	assert_no_peer(agreeing[0].private,
		       "0432c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
		       "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0");
	/* Hybrid; a byte too few, too many. */
	assert_no_point(agreeing[0].private,
			"076b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
			"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
	assert_no_point(agreeing[0].private,
			"046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
			"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51");
	assert_no_point(agreeing[1].private,
			"046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
			"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
	/* In an OCTET STRING, and something behind it. */
	assert_no_point(agreeing[0].private,
			"0441046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
			"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f500");
}

static void points_beside_a_curve_agree_on_nothing(void **state)
{
	/* x is the prime, with the y that belongs to 0; and that point itself, which is one. */
	static const struct {
		const char *prime, *zero, *y;
	} odd[] = {
	    {"ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", ZEROS_32,
	     "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"},
	    {"fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000fffffff"
	     "f",
	     ZEROS_32 "00000000000000000000000000000000",
	     "c306610fb0ae5a159cf45c06069f22a6c5eb3641c602d42dea2c4b4f75550793406d80d2b91ad54f9048bd487af1ade"
	     "1"},
	    {"01ff" ONES_32 ONES_32, "0000" ZEROS_32 ZEROS_32,
	     "012df13601594a883ef2d935e44bb90bf4d6619b74e52af7552f97769011c0719eb439cfab2a88d40fe59a2bed1f435"
	     "57169a2d0a2ccd280c607b92bbf51ffe0b078"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(odd); i++) {
		struct bytes peer = {{0}, 0};
		uint8_t secret[256];
		char text[2 * sizeof(peer.at)];
		CK_ECDH1_DERIVE_PARAMS p = {CKD_NULL, 0, NULL, 0, peer.at};
		CK_ULONG len;

		(void)p11_agree(agreeing[i].public, &peer, secret);
		p.ulPublicDataLen = peer.len;
		assert_int_equal(derive(CKM_ECDH1_DERIVE, agreeing[i].private, &p, 0, secret, &len), CKR_OK);
		for (size_t at = peer.len / 2; at < peer.len; at += peer.len / 2) {
			peer.at[at] ^= 1; /* x, y */
			assert_int_equal(derive(CKM_ECDH1_DERIVE, agreeing[i].private, &p, 0, secret, &len),
					 CKR_MECHANISM_PARAM_INVALID);
			peer.at[at] ^= 1;
		}
		(void)snprintf(text, sizeof(text), "04%s%s", odd[i].zero, odd[i].zero);
		assert_no_peer(agreeing[i].private, text);
		(void)snprintf(text, sizeof(text), "04%s%s", odd[i].prime, odd[i].y);
		assert_no_peer(agreeing[i].private, text);
		(void)snprintf(text, sizeof(text), "04%s%s", odd[i].zero, odd[i].prime);
		assert_no_peer(agreeing[i].private, text);
		(void)snprintf(text, sizeof(text), "04%s%s", odd[i].zero, odd[i].y);
		peer = hex(text);
		p.ulPublicDataLen = peer.len;
		assert_int_equal(derive(CKM_ECDH1_DERIVE, agreeing[i].private, &p, 0, secret, &len), CKR_OK);
	}
}

/* RFC 7748, 6.1: what has a low order gives zeros, whatever the key (the eight of them, and their other
 * forms). */
static void x25519_points_of_low_order_agree_on_nothing(void **state)
{
	static const char *const low[] = {
	    ZEROS_32,
	    "0100000000000000000000000000000000000000000000000000000000000000",
	    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(low); i++)
		assert_no_peer(agreeing[3].private, low[i]);
	assert_no_peer(agreeing[3].private, "01");
	assert_no_peer(agreeing[3].private, ZEROS_32 "00");
}

static void derivation_checks_its_parameters(void **state)
{
	struct bytes peer = {{0}, 0};
	uint8_t secret[256], got[256];
	CK_BYTE info[] = "info";
	CK_ECDH1_DERIVE_PARAMS p = {CKD_NULL, sizeof(info), info, 0, peer.at};
	CK_ULONG len;

	(void)state;
	(void)p11_agree(agreeing[0].public, &peer, secret);
	p.ulPublicDataLen = peer.len;
	assert_int_equal(derive(CKM_ECDH1_DERIVE, agreeing[0].private, &p, 0, got, &len),
			 CKR_MECHANISM_PARAM_INVALID);
	p.kdf = 0x7777;
	assert_int_equal(derive(CKM_ECDH1_DERIVE, agreeing[0].private, &p, 0, got, &len),
			 CKR_MECHANISM_PARAM_INVALID);
	p = (CK_ECDH1_DERIVE_PARAMS){CKD_NULL, 0, NULL, peer.len, peer.at};
	assert_int_equal(derive(CKM_ECDH1_DERIVE, agreeing[0].public, &p, 0, got, &len),
			 CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(derive(CKM_ECDH1_DERIVE, agreeing[0].private, &p, 33, got, &len),
			 CKR_KEY_SIZE_RANGE);
	assert_int_equal(derive(CKM_ECDSA, agreeing[0].private, &p, 0, got, &len), CKR_MECHANISM_INVALID);
	p.kdf = CKD_SHA256_KDF;
	assert_int_equal(derive(CKM_ECDH1_DERIVE, agreeing[0].private, &p, 2000, got, &len),
			 CKR_KEY_SIZE_RANGE);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(each_kind_signs_what_libcrypto_and_the_module_accept),
	    TEST(parts_and_nothing_at_all_are_signed),
	    TEST(numbers_that_no_signature_has_are_refused),
	    TEST(digests_at_the_edges_are_signed_as_they_are),
	    TEST(an_ed25519_signature_has_one_form),
	    TEST(a_key_signs_by_its_own_mechanisms_only),
	    TEST(sm2_binds_the_identity_that_is_its_parameter),
	    TEST(eddsa_is_pure_and_without_a_context),
	    TEST(an_imported_ed25519_key_signs_as_its_rfc_has_it),
	    TEST(curves_have_several_names_and_what_is_no_key_is_not_imported),
	    TEST(the_token_agrees_with_libcrypto_on_each_curve),
	    TEST(a_compressed_point_is_the_same_point),
	    TEST(a_public_key_may_come_with_its_point_compressed),
	    TEST(ecdsa_takes_digests_of_sha3),
	    TEST(key_derivation_is_as_libcrypto_has_it),
	    TEST(points_that_are_on_no_curve_or_another_one_agree_on_nothing),
	    TEST(points_beside_a_curve_agree_on_nothing),
	    TEST(x25519_points_of_low_order_agree_on_nothing),
	    TEST(derivation_checks_its_parameters),
	};

	return cmocka_run_group_tests_name("pkcs11_curve", tests, make, p11_session_end);
}
