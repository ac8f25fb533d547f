/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Hexadecimal, and base32 and base64 against RFC 4648, section 10.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/encoding.h"
#include "tests/unit/random.h"

static void hex_of_every_byte_comes_back_in_either_case(void **state)
{
	uint8_t all[256];
	uint8_t back[256];
	char text[513];

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	cs_hex_encode(CS_VIEW_OF(all), text);
	assert_int_equal(strlen(text), 512);
	assert_memory_equal(text, "000102", 6);
	assert_memory_equal(text + 508, "feff", 4);
	struct cs_writer w = CS_WRITER_OF(back);
	assert_int_equal(cs_hex_decode(cs_view_string(text), &w), CS_OK);
	assert_memory_equal(back, all, sizeof(all));
	w = CS_WRITER_OF(back);
	assert_int_equal(cs_hex_decode(CS_VIEW_TEXT("aAbBcCdDeEfF"), &w), CS_OK);
	assert_true(cs_view_equal(cs_writer_view(&w), CS_VIEW_TEXT("\xaa\xbb\xcc\xdd\xee\xff")));
}

static void only_hex_digits_are_hex_digits(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		const uint8_t text[2] = {'0', (uint8_t)c};
		uint8_t out[1];
		struct cs_writer w = CS_WRITER_OF(out);
		bool digit = c != 0 && strchr("0123456789abcdefABCDEF", c) != NULL;
		assert_int_equal(cs_hex_decode(CS_VIEW_OF(text), &w), digit ? CS_OK : CS_ERR_MALFORMED);
	}
	uint8_t out[1];
	struct cs_writer w = CS_WRITER_OF(out);
	assert_int_equal(cs_hex_decode(CS_VIEW_TEXT("123"), &w), CS_ERR_MALFORMED);
	assert_int_equal(cs_hex_decode(CS_VIEW_EMPTY, &w), CS_OK);
	assert_int_equal(cs_hex_decode(CS_VIEW_TEXT("1234"), &w), CS_ERR_NO_SPACE);
}

static void base32_agrees_with_rfc_4648(void **state)
{
	static const struct {
		const char *plain;
		const char *padded;
		const char *bare;
	} vectors[] = {
	    {"", "", ""},
	    {"f", "MY======", "MY"},
	    {"fo", "MZXQ====", "MZXQ"},
	    {"foo", "MZXW6===", "MZXW6"},
	    {"foob", "MZXW6YQ=", "MZXW6YQ"},
	    {"fooba", "MZXW6YTB", "MZXW6YTB"},
	    {"foobar", "MZXW6YTBOI======", "MZXW6YTBOI"},
	};
	char text[CS_BASE32_SIZE(6)];
	uint8_t out[6];

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct cs_view plain = cs_view_string(vectors[i].plain);
		cs_base32_encode(plain, text);
		assert_string_equal(text, vectors[i].bare);
		struct cs_writer w = CS_WRITER_OF(out);
		assert_int_equal(cs_base32_decode(cs_view_string(vectors[i].padded), &w), CS_OK);
		assert_true(cs_view_equal(cs_writer_view(&w), plain));
		w = CS_WRITER_OF(out);
		assert_int_equal(cs_base32_decode(cs_view_string(vectors[i].bare), &w), CS_OK);
		assert_true(cs_view_equal(cs_writer_view(&w), plain));
	}
}

static void seeds_may_be_typed_in_groups_and_in_lower_case(void **state)
{
	uint8_t out[6];
	struct cs_writer w = CS_WRITER_OF(out);

	(void)state;
	assert_int_equal(cs_base32_decode(CS_VIEW_TEXT(" mzxw 6ytb-oi== =="
						       "= = "),
					  &w),
			 CS_OK);
	assert_true(cs_view_equal(cs_writer_view(&w), CS_VIEW_TEXT("foobar")));
}

static void what_is_not_base32_is_refused(void **state)
{
	static const char *const wrong[] = {
	    "M",	 /* a count of digits that cannot be */
	    "MZX",	 /* the same */
	    "MZXW6Y",	 /* the same */
	    "MZ",	 /* bits left over that are not zero */
	    "MY=",	 /* padding that does not fill */
	    "MY=======", /* too much of it */
	    "MY====MY",	 /* padding in the middle */
	    "MZXW6YTB========",
	    "=",
	    "M0======", /* 0, 1, 8 and 9 are no digits */
	    "M1======",
	    "M8======",
	    "MY\tMY",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint8_t out[16];
		struct cs_writer w = CS_WRITER_OF(out);
		if (cs_base32_decode(cs_view_string(wrong[i]), &w) != CS_ERR_MALFORMED)
			fail_msg("taken for base32: %s", wrong[i]);
	}
}

static void base32_of_any_bytes_comes_back(void **state)
{
	struct test_random rng = test_random_start();
	uint8_t in[80];
	uint8_t back[80];
	char text[CS_BASE32_SIZE(80)];

	(void)state;
	for (int i = 0; i < 2000; i++) {
		size_t len = test_random_below(&rng, sizeof(in) + 1);
		test_random_fill(&rng, in, len);
		cs_base32_encode(cs_view(in, len), text);
		assert_int_equal(strlen(text) + 1, CS_BASE32_SIZE(len));
		struct cs_writer w = cs_writer_of(back, len);
		assert_int_equal(cs_base32_decode(cs_view_string(text), &w), CS_OK);
		assert_true(cs_view_equal(cs_writer_view(&w), cs_view(in, len)));
		w = cs_writer_of(back, len == 0 ? 0 : len - 1);
		assert_int_equal(cs_base32_decode(cs_view_string(text), &w),
				 len == 0 ? CS_OK : CS_ERR_NO_SPACE);
	}
}

static void base64_agrees_with_rfc_4648(void **state)
{
	static const char *const vectors[][2] = {
	    {"", ""},
	    {"f", "Zg=="},
	    {"fo", "Zm8="},
	    {"foo", "Zm9v"},
	    {"foob", "Zm9vYg=="},
	    {"fooba", "Zm9vYmE="},
	    {"foobar", "Zm9vYmFy"},
	};
	uint8_t back[8];
	char text[CS_BASE64_SIZE(8)];

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct cs_writer w = CS_WRITER_OF(back);
		cs_base64_encode(cs_view_string(vectors[i][0]), text);
		assert_string_equal(text, vectors[i][1]);
		assert_int_equal(cs_base64_decode(cs_view_string(text), &w), CS_OK);
		assert_true(cs_view_equal(cs_writer_view(&w), cs_view_string(vectors[i][0])));
	}
	struct cs_writer w = CS_WRITER_OF(back);
	assert_int_equal(cs_base64_decode(CS_VIEW_TEXT("\n  Zm9v\r\n\tYg= =\n"), &w), CS_OK);
	assert_true(cs_view_equal(cs_writer_view(&w), CS_VIEW_TEXT("foob")));
}

static void what_is_not_base64_is_refused(void **state)
{
	static const char *const wrong[] = {
	    "Z",      "Zg",	  "Zg=",      "Zh==", "Zm9=",	 "Zm9v=", "Zg==Zg==",
	    "Zg==Zg", "Zm9v====", "Zm9v-_==", "====", "Zm9\x80", "Zg==="};
	uint8_t out[8];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct cs_writer w = CS_WRITER_OF(out);
		if (cs_base64_decode(cs_view_string(wrong[i]), &w) != CS_ERR_MALFORMED)
			fail_msg("taken for base64: %s", wrong[i]);
	}
	struct cs_writer w = cs_writer_of(out, 2);
	assert_int_equal(cs_base64_decode(CS_VIEW_TEXT("Zm9v"), &w), CS_ERR_NO_SPACE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hex_of_every_byte_comes_back_in_either_case),
	    cmocka_unit_test(only_hex_digits_are_hex_digits),
	    cmocka_unit_test(base32_agrees_with_rfc_4648),
	    cmocka_unit_test(seeds_may_be_typed_in_groups_and_in_lower_case),
	    cmocka_unit_test(what_is_not_base32_is_refused),
	    cmocka_unit_test(base32_of_any_bytes_comes_back),
	    cmocka_unit_test(base64_agrees_with_rfc_4648),
	    cmocka_unit_test(what_is_not_base64_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
