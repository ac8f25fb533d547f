/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Of which kinds a public key verifies, and which of these do not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/x509.h>

#include "base/host/public_key.h"
#include "tests/unit/pki.h"

static bool verifies(EVP_PKEY *key)
{
	const bool good = cs_public_key_verifies(key);

	EVP_PKEY_free(key);
	return good;
}

static void keys_of_the_usual_kinds_do(void **state)
{
	static const char *const kinds[] = {"P-256", "P-384", "P-521", "ED25519", "RSA2048", "RSA-PSS"};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!verifies(pki_key(kinds[i])))
			fail_msg("%s", kinds[i]);
	}
	assert_true(verifies(EVP_PKEY_Q_keygen(NULL, NULL, "SM2")));
}

static void others_do_not(void **state)
{
	(void)state;
	assert_false(verifies(pki_key("ED448")));
	assert_false(verifies(EVP_PKEY_Q_keygen(NULL, NULL, "X25519")));
	assert_false(verifies(pki_key_of_nobody()));
	assert_false(cs_public_key_verifies(NULL));
}

static void an_rsa_key_wants_an_odd_exponent_of_three_or_more(void **state)
{
	static const struct {
		unsigned long e;
		bool good;
	} rows[] = {{1, false}, {2, false}, {3, true}, {4, false}, {65536, false}, {65537, true}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(verifies(pki_key_rsa("RSA", rows[i].e)), rows[i].good);
		assert_int_equal(verifies(pki_key_rsa("RSA-PSS", rows[i].e)), rows[i].good);
	}
}

static EVP_PKEY *parsed(const uint8_t *der, long len)
{
	return d2i_PUBKEY(NULL, &der, len);
}

/* RFC 3279 (2.3.5) lets a curve be written out, and anybody write one to his own liking. */
static void a_curve_wants_a_name(void **state)
{
	EVP_PKEY *key = pki_key("P-256");
	uint8_t *der = NULL;

	(void)state;
	assert_int_equal(
	    EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT),
	    1);
	const int len = i2d_PUBKEY(key, &der);
	assert_in_range(len, 150, 1024); /* 91 with the name alone */
	EVP_PKEY *again = parsed(der, len);
	assert_non_null(again);
	assert_false(verifies(again));
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

/* The neutral point, for which u1 G alone is looked at, is one byte (SEC 1, 2.3.3). */
static void a_point_is_not_the_neutral_one(void **state)
{
	static const uint8_t der[] = {0x30, 0x19, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
				      0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
				      0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x02, 0x00, 0x00};

	(void)state;
	assert_false(verifies(parsed(der, sizeof(der))));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_of_the_usual_kinds_do),
	    cmocka_unit_test(others_do_not),
	    cmocka_unit_test(an_rsa_key_wants_an_odd_exponent_of_three_or_more),
	    cmocka_unit_test(a_curve_wants_a_name),
	    cmocka_unit_test(a_point_is_not_the_neutral_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
