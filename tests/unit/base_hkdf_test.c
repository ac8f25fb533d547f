/* SPDX-License-Identifier: BSD-2-Clause
 *
 * HKDF against the SHA-256 vectors of RFC 5869, appendix A.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/encoding.h"
#include "base/hkdf.h"
#include "tests/unit/base_hmac.h"

static const struct cs_hmac hmac = {.fn = libcrypto_hmac};

static struct cs_view unhex(const char *hex, uint8_t *buf, size_t cap)
{
	struct cs_writer w = cs_writer_of(buf, cap);

	assert_int_equal(cs_hex_decode(cs_view_string(hex), &w), CS_OK);
	return cs_writer_view(&w);
}

static void check(const char *ikm, const char *salt, const char *info, const char *okm)
{
	uint8_t i[128], s[128], f[128], want[128], got[128];
	struct cs_view expected = unhex(okm, want, sizeof(want));

	assert_int_equal(cs_hkdf(&hmac, unhex(salt, s, sizeof(s)), unhex(ikm, i, sizeof(i)),
				 unhex(info, f, sizeof(f)), got, expected.len),
			 CS_OK);
	assert_memory_equal(got, want, expected.len);
}

static void the_keys_are_those_of_rfc_5869(void **state)
{
	(void)state;
	check("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
	      "f0f1f2f3f4f5f6f7f8f9",
	      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
	check(
	    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4"
	    "f",
	    "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
	    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaea"
	    "f",
	    "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
	    "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfef"
	    "f",
	    "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
	    "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
	check("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
	      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

static enum cs_err failing_hmac(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
				uint8_t *mac)
{
	unsigned *left = ctx;

	return (*left)-- == 0 ? CS_ERR_CRYPTO : libcrypto_hmac(NULL, hash, key, msg, mac);
}

static void a_failing_hmac_leaves_no_part_of_a_key(void **state)
{
	static const uint8_t zeros[40];
	uint8_t out[40];

	(void)state;
	for (unsigned n = 0; n < 3; n++) {
		unsigned left = n;
		const struct cs_hmac failing = {.fn = failing_hmac, .ctx = &left};

		memset(out, 0xAA, sizeof(out));
		assert_int_equal(cs_hkdf(&failing, CS_VIEW_TEXT("salt"), CS_VIEW_TEXT("secret"),
					 CS_VIEW_TEXT("info"), out, sizeof(out)),
				 CS_ERR_CRYPTO);
		assert_memory_equal(out, zeros, sizeof(out));
	}
}

static void what_is_above_the_limits_is_refused(void **state)
{
	static uint8_t out[CS_HKDF_LEN_MAX + 1];

	(void)state;
	assert_int_equal(
	    cs_hkdf(&hmac, CS_VIEW_EMPTY, CS_VIEW_TEXT("x"), CS_VIEW_EMPTY, out, CS_HKDF_LEN_MAX), CS_OK);
	assert_int_equal(cs_hkdf(&hmac, CS_VIEW_EMPTY, CS_VIEW_TEXT("x"), CS_VIEW_EMPTY, out, sizeof(out)),
			 CS_ERR_ARG);
	assert_int_equal(
	    cs_hkdf(&hmac, CS_VIEW_EMPTY, CS_VIEW_TEXT("x"), cs_view(out, CS_HKDF_INFO_MAX + 1), out, 32),
	    CS_ERR_ARG);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_keys_are_those_of_rfc_5869),
	    cmocka_unit_test(a_failing_hmac_leaves_no_part_of_a_key),
	    cmocka_unit_test(what_is_above_the_limits_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
