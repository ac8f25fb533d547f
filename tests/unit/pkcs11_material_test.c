/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What must not be in the templates of new keys (PKCS #11 v3.2, 4.1.1, and the footnotes of the tables of key
 * attributes), or has to agree with the rest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "tests/unit/pkcs11_session.h"

static CK_BYTE p256[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
static CK_BYTE p384[] = {0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22};
static CK_BYTE named_p256[] = {0x13, 9, 's', 'e', 'c', 'p', '2', '5', '6', 'r', '1'};
static CK_BYTE some[65] = {0x04, 1};
static CK_BYTE f4[] = {0x01, 0x00, 0x01}, padded_f4[] = {0x00, 0x01, 0x00, 0x01}, three[] = {3};
static CK_ULONG bits = 2048, other_bits = 1024, set = CKP_ML_DSA_44, other_set = CKP_ML_DSA_65;
static CK_BBOOL yes = CK_TRUE;

static CK_ULONG keys(CK_OBJECT_CLASS class)
{
	CK_OBJECT_HANDLE first;
	CK_ULONG n = 0;

	assert_int_equal(p11_find(p11_session, class, 0, &n, &first), CKR_OK);
	return n;
}

/* What the public half's template has to have, and one attribute more in either half (type 0: none). */
static CK_RV generate(CK_MECHANISM_TYPE type, CK_ATTRIBUTE asked, CK_ATTRIBUTE in_public,
		      CK_ATTRIBUTE in_private)
{
	CK_MECHANISM mechanism = {type, NULL, 0};
	CK_ATTRIBUTE public[] = {{CKA_TOKEN, &yes, 1}, asked, in_public};
	CK_ATTRIBUTE private[] = {{CKA_TOKEN, &yes, 1}, in_private};
	CK_ULONG before = keys(CKO_PRIVATE_KEY);
	struct pair pair;
	CK_RV rv = C_GenerateKeyPair(p11_session, &mechanism, public, in_public.type != 0 ? 3 : 2, private,
				     in_private.type != 0 ? 2 : 1, &pair.public, &pair.private);

	assert_int_equal(keys(CKO_PRIVATE_KEY), before + (rv == CKR_OK ? 1 : 0));
	if (rv == CKR_OK)
		assert_int_equal(C_DestroyObject(p11_session, pair.private), CKR_OK);
	return rv;
}

static const CK_ATTRIBUTE none = {0, NULL, 0};
static const CK_ATTRIBUTE curve = {CKA_EC_PARAMS, p256, sizeof(p256)};
static const CK_ATTRIBUTE modulus_bits = {CKA_MODULUS_BITS, &bits, sizeof(bits)};

static void a_pair_is_not_made_of_numbers_that_are_given(void **state)
{
	static const CK_ATTRIBUTE_TYPE made[] = {
	    CKA_MODULUS, CKA_PRIVATE_EXPONENT, CKA_PRIME_1,  CKA_PRIME_2, CKA_EXPONENT_1,     CKA_EXPONENT_2,
	    CKA_VALUE,	 CKA_COEFFICIENT,      CKA_EC_POINT, CKA_SEED,	  CKA_PUBLIC_KEY_INFO};

	(void)state;
	for (size_t i = 0; i < COUNT(made); i++) {
		CK_ATTRIBUTE a = {made[i], some, sizeof(some)}, empty = {made[i], NULL, 0};

		assert_int_equal(generate(CKM_EC_KEY_PAIR_GEN, curve, a, none), CKR_TEMPLATE_INCONSISTENT);
		assert_int_equal(generate(CKM_EC_KEY_PAIR_GEN, curve, none, a), CKR_TEMPLATE_INCONSISTENT);
		assert_int_equal(generate(CKM_RSA_PKCS_KEY_PAIR_GEN, modulus_bits, a, none),
				 CKR_TEMPLATE_INCONSISTENT);
		/* Which says nothing. */
		assert_int_equal(generate(CKM_EC_KEY_PAIR_GEN, curve, empty, empty), CKR_OK);
	}
}

static void what_is_asked_for_twice_is_the_same(void **state)
{
	CK_ATTRIBUTE same = {CKA_EC_PARAMS, named_p256, sizeof(named_p256)},
		     other = {CKA_EC_PARAMS, p384, sizeof(p384)};
	CK_ATTRIBUTE same_bits = {CKA_MODULUS_BITS, &bits, sizeof(bits)},
		     wrong_bits = {CKA_MODULUS_BITS, &other_bits, sizeof(other_bits)};
	CK_ATTRIBUTE e = {CKA_PUBLIC_EXPONENT, padded_f4, sizeof(padded_f4)},
		     wrong_e = {CKA_PUBLIC_EXPONENT, three, sizeof(three)};

	(void)state;
	assert_int_equal(generate(CKM_EC_KEY_PAIR_GEN, curve, none, same), CKR_OK);
	assert_int_equal(generate(CKM_EC_KEY_PAIR_GEN, curve, none, other), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(generate(CKM_RSA_PKCS_KEY_PAIR_GEN, modulus_bits, e, same_bits), CKR_OK);
	assert_int_equal(generate(CKM_RSA_PKCS_KEY_PAIR_GEN, modulus_bits, none, wrong_bits),
			 CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(generate(CKM_RSA_PKCS_KEY_PAIR_GEN, modulus_bits, none, wrong_e),
			 CKR_TEMPLATE_INCONSISTENT);
}

static void what_another_kind_of_key_has_is_not_asked_for(void **state)
{
	CK_ATTRIBUTE a_set = {CKA_PARAMETER_SET, &set, sizeof(set)};
	CK_ATTRIBUTE e = {CKA_PUBLIC_EXPONENT, f4, sizeof(f4)};

	(void)state;
	assert_int_equal(generate(CKM_EC_KEY_PAIR_GEN, curve, modulus_bits, none), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(generate(CKM_EC_KEY_PAIR_GEN, curve, e, none), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(generate(CKM_RSA_PKCS_KEY_PAIR_GEN, modulus_bits, curve, none),
			 CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(generate(CKM_EC_KEY_PAIR_GEN, curve, none, a_set), CKR_TEMPLATE_INCONSISTENT);
}

static void a_parameter_set_is_the_same_in_both_halves(void **state)
{
	CK_ATTRIBUTE asked = {CKA_PARAMETER_SET, &set, sizeof(set)},
		     other = {CKA_PARAMETER_SET, &other_set, sizeof(other_set)}, seed = {CKA_SEED, some, 32};
	CK_MECHANISM_INFO info;

	(void)state;
	if (C_GetMechanismInfo(0, CKM_ML_DSA_KEY_PAIR_GEN, &info) != CKR_OK) {
		print_message("# the card core's libcrypto has no ML-DSA\n");
		skip();
	}
	assert_int_equal(generate(CKM_ML_DSA_KEY_PAIR_GEN, asked, none, asked), CKR_OK);
	assert_int_equal(generate(CKM_ML_DSA_KEY_PAIR_GEN, asked, none, other), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(generate(CKM_ML_DSA_KEY_PAIR_GEN, asked, none, seed), CKR_TEMPLATE_INCONSISTENT);
}

/* ---- keys that are brought ---- */

static CK_RV bring_private(CK_ATTRIBUTE more)
{
	static CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	static CK_KEY_TYPE type = CKK_EC;
	CK_BYTE scalar[32] = {1, 2, 3};
	CK_ATTRIBUTE a[] = {
	    {CKA_CLASS, &class, sizeof(class)},	 {CKA_KEY_TYPE, &type, sizeof(type)}, {CKA_TOKEN, &yes, 1},
	    {CKA_EC_PARAMS, p256, sizeof(p256)}, {CKA_VALUE, scalar, sizeof(scalar)}, more};
	CK_ULONG before = keys(CKO_PRIVATE_KEY);
	CK_OBJECT_HANDLE key;
	CK_RV rv = C_CreateObject(p11_session, a, more.type != 0 ? 6 : 5, &key);

	assert_int_equal(keys(CKO_PRIVATE_KEY), before + (rv == CKR_OK ? 1 : 0));
	if (rv == CKR_OK)
		assert_int_equal(C_DestroyObject(p11_session, key), CKR_OK);
	return rv;
}

static void a_private_key_that_is_brought_has_no_numbers_of_another_kind(void **state)
{
	static const CK_ATTRIBUTE_TYPE wrong[] = {CKA_MODULUS,	  CKA_PRIVATE_EXPONENT, CKA_PRIME_1,
						  CKA_PRIME_2,	  CKA_EXPONENT_1,	CKA_SEED,
						  CKA_EXPONENT_2, CKA_PUBLIC_EXPONENT,	CKA_COEFFICIENT};

	(void)state;
	assert_int_equal(bring_private(none), CKR_OK);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		CK_ATTRIBUTE a = {wrong[i], some, sizeof(some)}, empty = {wrong[i], NULL, 0};

		assert_int_equal(bring_private(a), CKR_TEMPLATE_INCONSISTENT);
		assert_int_equal(bring_private(empty), CKR_OK);
	}
	assert_int_equal(bring_private(modulus_bits), CKR_TEMPLATE_INCONSISTENT);
}

/* In a session. */
static CK_RV bring_public(CK_BYTE *modulus, CK_ATTRIBUTE more)
{
	static CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	static CK_KEY_TYPE type = CKK_RSA;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_MODULUS, modulus, 256},
			    {CKA_PUBLIC_EXPONENT, f4, sizeof(f4)},
			    more};
	CK_OBJECT_HANDLE key;
	CK_RV rv = C_CreateObject(p11_session, a, more.type != 0 ? 5 : 4, &key);

	if (rv == CKR_OK)
		assert_int_equal(C_DestroyObject(p11_session, key), CKR_OK);
	return rv;
}

static void what_a_public_key_that_is_brought_says_of_itself_agrees(void **state)
{
	CK_BYTE modulus[256] = {0xC5, 1, [255] = 1};
	CK_ATTRIBUTE wrong_bits = {CKA_MODULUS_BITS, &other_bits, sizeof(other_bits)};
	CK_ATTRIBUTE other = {CKA_PUBLIC_KEY_INFO, NULL, 0};
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	unsigned char *spki = NULL;
	int len = i2d_PUBKEY(key, &spki);

	(void)state;
	assert_true(len > 0);
	assert_int_equal(bring_public(modulus, none), CKR_OK);
	assert_int_equal(bring_public(modulus, modulus_bits), CKR_OK);
	assert_int_equal(bring_public(modulus, wrong_bits), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(bring_public(modulus, other), CKR_OK);
	other.pValue = spki;
	other.ulValueLen = (CK_ULONG)len;
	assert_int_equal(bring_public(modulus, other), CKR_TEMPLATE_INCONSISTENT);
	OPENSSL_free(spki);
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_pair_is_not_made_of_numbers_that_are_given),
	    cmocka_unit_test(what_is_asked_for_twice_is_the_same),
	    cmocka_unit_test(what_another_kind_of_key_has_is_not_asked_for),
	    cmocka_unit_test(a_parameter_set_is_the_same_in_both_halves),
	    cmocka_unit_test(a_private_key_that_is_brought_has_no_numbers_of_another_kind),
	    cmocka_unit_test(what_a_public_key_that_is_brought_says_of_itself_agrees),
	};

	return cmocka_run_group_tests(tests, p11_session_make, p11_session_end);
}
