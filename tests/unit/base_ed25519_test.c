/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which public keys of Ed25519 verify.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/ed25519.h"
#include "base/encoding.h"

#define ZEROS_30 "000000000000000000000000000000000000000000000000000000000000"
#define ONES_30	 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static bool verifies(const char *hex)
{
	uint8_t key[CS_ED25519_LEN];
	struct cs_writer w = CS_WRITER_OF(key);

	assert_int_equal(cs_hex_decode(cs_view_string(hex), &w), CS_OK);
	assert_int_equal(cs_writer_view(&w).len, sizeof(key));
	return cs_ed25519_verifies(key);
}

/* Of RFC 8032, 7.1; y is 2 and p - 2, or not far from that of a point of small order. */
static void keys_of_large_order_verify(void **state)
{
	static const char *const keys[] = {
	    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
	    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
	    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
	    "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
	    "02" ZEROS_30 "00",
	    "eb" ONES_30 "7f",
	    "eb" ONES_30 "ff",
	    "ed" ONES_30 "7e",
	    "27e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037b",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_true(verifies(keys[i]));
}

/* The eight points whose order divides 8, in the order of their y. */
static void keys_of_small_order_do_not(void **state)
{
	static const char *const keys[] = {
	    "00" ZEROS_30 "00",
	    "00" ZEROS_30 "80",
	    "01" ZEROS_30 "00",
	    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	    "ec" ONES_30 "7f",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_false(verifies(keys[i]));
}

/* RFC 8032, 5.1.3: x is 0, and has a sign; y is p, p + 1, p + 3 (of a large order) and p + 18. */
static void keys_in_another_form_do_not(void **state)
{
	static const char *const keys[] = {
	    "01" ZEROS_30 "80", "ec" ONES_30 "ff", "ed" ONES_30 "7f", "ed" ONES_30 "ff", "ee" ONES_30 "7f",
	    "ee" ONES_30 "ff",	"f0" ONES_30 "7f", "ff" ONES_30 "7f", "ff" ONES_30 "ff",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_false(verifies(keys[i]));
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(keys_of_large_order_verify),
	    TEST(keys_of_small_order_do_not),
	    TEST(keys_in_another_form_do_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
