/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kinds of cases that Project Wycheproof tries of ECDSA, of SM2 with what it has of its own: a sum that
 * must not be zero, an identity that is signed, a private key that must not be n - 1.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "pkcs11/pkcs11_countersign.h"
#include "tests/unit/pkcs11_session.h"

#define session p11_session
#define HALF	32u

#define SM2 "06082a811ccf5501822d"
/* The order of the group is N 23. */
#define N      "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d541"
#define ZEROS  "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES   "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define G_X    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
#define G_Y    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
#define P256_X "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define P256_Y "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"

static CK_BYTE text[] = "a message";
static struct pair pair;

static int make(void **state)
{
	if (p11_session_make(state) != 0)
		return -1;
	return p11_pair(CKM_EC_KEY_PAIR_GEN, SM2, 0, &pair) == CKR_OK ? 0 : -1;
}

static void sign(CK_MECHANISM *m, CK_BYTE *data, CK_ULONG len, CK_BYTE signature[2 * HALF])
{
	CK_ULONG signature_len = 2 * HALF;

	assert_int_equal(p11_make(m, pair.private, data, len, signature, &signature_len), CKR_OK);
	assert_int_equal(signature_len, 2 * HALF);
}

static CK_RV check(CK_MECHANISM *m, CK_BYTE *data, CK_ULONG len, CK_BYTE signature[2 * HALF])
{
	return p11_check(m, pair.public, data, len, signature, 2 * HALF);
}

/* out = n - in */
static void negative(const CK_BYTE in[HALF], CK_BYTE out[HALF])
{
	struct bytes n = hex(N "23");
	int borrow = 0;

	for (size_t i = HALF; i-- > 0;) {
		int digit = n.at[i] - in[i] - borrow;

		borrow = digit < 0 ? 1 : 0;
		out[i] = (CK_BYTE)digit;
	}
	assert_int_equal(borrow, 0);
}

/* GB/T 32918.2, 7.1: with r + s = n the key would have no part in it. */
static void a_signature_s_sum_is_not_zero(void **state)
{
	CK_MECHANISM m = {CKM_COUNTERSIGN_SM2_SM3, NULL, 0}, raw = {CKM_COUNTERSIGN_SM2, NULL, 0};
	CK_BYTE right[2 * HALF], wrong[2 * HALF], e[HALF] = {0};

	(void)state;
	for (int i = 0; i < 8; i++) {
		sign(&m, text, sizeof(text), right);
		memcpy(wrong, right, sizeof(wrong));
		negative(right, wrong + HALF);
		assert_int_equal(check(&m, text, sizeof(text), wrong), CKR_SIGNATURE_INVALID);
		memcpy(wrong, right, sizeof(wrong));
		negative(right + HALF, wrong);
		assert_int_equal(check(&m, text, sizeof(text), wrong), CKR_SIGNATURE_INVALID);
		/* Nor is the other sign of s another form, as it is of ECDSA. */
		memcpy(wrong, right, sizeof(wrong));
		negative(right + HALF, wrong + HALF);
		assert_int_equal(check(&m, text, sizeof(text), wrong), CKR_SIGNATURE_INVALID);
		/* With e = 0 and s = n - r the point is infinity or s G alone. */
		memcpy(wrong, right, HALF);
		negative(right, wrong + HALF);
		assert_int_equal(check(&raw, e, sizeof(e), wrong), CKR_SIGNATURE_INVALID);
	}
}

static void digests_at_the_edges_are_signed_as_they_are(void **state)
{
	static const char *const digests[] = {ZEROS, ONES, N "22", N "23", N "24"};
	CK_MECHANISM raw = {CKM_COUNTERSIGN_SM2, NULL, 0};
	CK_BYTE signature[2 * HALF];

	(void)state;
	for (size_t i = 0; i < COUNT(digests); i++) {
		struct bytes e = hex(digests[i]);

		sign(&raw, e.at, e.len, signature);
		assert_int_equal(check(&raw, e.at, e.len, signature), CKR_OK);
		for (size_t byte = 0; byte < HALF; byte += HALF - 1) {
			e.at[byte] ^= 1;
			assert_int_equal(check(&raw, e.at, e.len, signature), CKR_SIGNATURE_INVALID);
			e.at[byte] ^= 1;
		}
	}
}

static void an_identity_is_signed_in_each_byte(void **state)
{
	static const CK_BYTE common[] = "1234567812345678";
	CK_BYTE identity[64], signature[2 * HALF];
	CK_MECHANISM none = {CKM_COUNTERSIGN_SM2_SM3, NULL, 0};
	CK_MECHANISM named = {CKM_COUNTERSIGN_SM2_SM3, identity, sizeof(common) - 1};

	(void)state;
	memset(identity, 0, sizeof(identity));
	memcpy(identity, common, sizeof(common));
	/* Who says none means the one that all use. */
	sign(&none, text, sizeof(text), signature);
	assert_int_equal(check(&named, text, sizeof(text), signature), CKR_OK);
	for (size_t i = 0; i < sizeof(common) - 1; i++) {
		identity[i] ^= 0x20;
		assert_int_equal(check(&named, text, sizeof(text), signature), CKR_SIGNATURE_INVALID);
		identity[i] ^= 0x20;
	}
	named.ulParameterLen--;
	assert_int_equal(check(&named, text, sizeof(text), signature), CKR_SIGNATURE_INVALID);
	named.ulParameterLen += 2; /* a zero behind */
	assert_int_equal(check(&named, text, sizeof(text), signature), CKR_SIGNATURE_INVALID);
	/* What moves from the identity to the message is not signed by either. */
	named.ulParameterLen = 8;
	sign(&named, text, sizeof(text), signature);
	named.ulParameterLen = 7;
	assert_int_equal(check(&named, text, sizeof(text), signature), CKR_SIGNATURE_INVALID);
}

/* A digest of the message alone, or by another hash, is another e. */
static void a_digest_without_the_identity_is_another(void **state)
{
	CK_MECHANISM m = {CKM_COUNTERSIGN_SM2_SM3, NULL, 0}, raw = {CKM_COUNTERSIGN_SM2, NULL, 0};
	static const char *const hashes[] = {"SM3", "SHA256"};
	CK_BYTE signature[2 * HALF], digest[HALF];

	(void)state;
	for (size_t i = 0; i < COUNT(hashes); i++) {
		assert_int_equal(
		    EVP_Digest(text, sizeof(text), digest, NULL, EVP_get_digestbyname(hashes[i]), NULL), 1);
		sign(&raw, digest, sizeof(digest), signature);
		assert_int_equal(check(&m, text, sizeof(text), signature), CKR_SIGNATURE_INVALID);
		sign(&m, text, sizeof(text), signature);
		assert_int_equal(check(&raw, digest, sizeof(digest), signature), CKR_SIGNATURE_INVALID);
	}
}

/* ---- keys ---- */

static CK_RV import(const char *scalar, struct pair *made)
{
	CK_KEY_TYPE type = CKK_EC;
	struct bytes params = hex(SM2), value = hex(scalar);
	CK_ATTRIBUTE a[] = {{CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_EC_PARAMS, params.at, params.len},
			    {CKA_VALUE, value.at, value.len}};

	return p11_import(a, 3, made);
}

/* GB/T 32918.1, 6.1: from 1 to n - 2, since 1 + d has an inverse then. */
static void a_private_key_is_in_its_range(void **state)
{
	static const char *const right[] = {
	    "0000000000000000000000000000000000000000000000000000000000000001", N "21"};
	static const char *const wrong[] = {ZEROS, N "22", N "23", N "24", ONES};
	CK_MECHANISM m = {CKM_COUNTERSIGN_SM2_SM3, NULL, 0};
	CK_BYTE signature[2 * HALF];
	struct pair made;

	(void)state;
	for (size_t i = 0; i < COUNT(right); i++) {
		CK_ULONG len = sizeof(signature);

		assert_int_equal(import(right[i], &made), CKR_OK);
		assert_int_equal(p11_make(&m, made.private, text, sizeof(text), signature, &len), CKR_OK);
		assert_int_equal(p11_check(&m, made.public, text, sizeof(text), signature, len), CKR_OK);
		assert_int_equal(C_DestroyObject(session, made.private), CKR_OK);
	}
	for (size_t i = 0; i < COUNT(wrong); i++) {
		if (import(wrong[i], &made) != CKR_ATTRIBUTE_VALUE_INVALID)
			fail_msg("%s is taken for a private key", wrong[i]);
	}
}

/* With a point that is a key: refused when it is brought, or when it is used. */
static CK_RV verify_by(const char *point)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_MECHANISM m = {CKM_COUNTERSIGN_SM2_SM3, NULL, 0};
	struct bytes params = hex(SM2), value = hex(point);
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_EC_PARAMS, params.at, params.len},
			    {CKA_EC_POINT, value.at, value.len}};
	CK_BYTE signature[2 * HALF];
	CK_OBJECT_HANDLE key;
	CK_RV rv = C_CreateObject(session, a, 4, &key);

	if (rv != CKR_OK)
		return rv;
	sign(&m, text, sizeof(text), signature);
	rv = p11_check(&m, key, text, sizeof(text), signature, sizeof(signature));
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	return rv;
}

static void points_that_are_on_no_curve_or_another_one_verify_nothing(void **state)
{
	static const char *const points[] = {
	    "040100",
	    "00",
	    "044104" ZEROS ZEROS,
	    "044104" ONES ONES,
	    "044104" P256_X P256_Y,
	    "044104" G_X G_X,
	    "044104" G_Y G_X,
	    "044106" G_X G_Y, /* hybrid */
	    "044004" G_X "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0",
	    "044204" G_X G_Y "00",
	    "044105" G_X G_Y,
	    ("042102" ONES),
	};

	(void)state;
	/* A point of the curve is somebody's key, and not of who signed. */
	assert_int_equal(verify_by("044104" G_X G_Y), CKR_SIGNATURE_INVALID);
	for (size_t i = 0; i < COUNT(points); i++) {
		CK_RV rv = verify_by(points[i]);

		if (rv == CKR_OK || rv == CKR_SIGNATURE_INVALID)
			fail_msg("%s is taken for a public key: %#lx", points[i], rv);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_signature_s_sum_is_not_zero),
	    cmocka_unit_test(digests_at_the_edges_are_signed_as_they_are),
	    cmocka_unit_test(an_identity_is_signed_in_each_byte),
	    cmocka_unit_test(a_digest_without_the_identity_is_another),
	    cmocka_unit_test(a_private_key_is_in_its_range),
	    cmocka_unit_test(points_that_are_on_no_curve_or_another_one_verify_nothing),
	};

	return cmocka_run_group_tests_name("pkcs11_sm2", tests, make, p11_session_end);
}
