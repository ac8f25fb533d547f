/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OCRA against all vectors of RFC 6287, appendix C, and against what is not a suite.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/encoding.h"
#include "base/oath.h"
#include "tests/unit/base_hmac.h"

static const struct cs_hmac hmac = {.fn = libcrypto_hmac};
static const char rfc_key[] = "1234567890123456789012345678901234567890123456789012345678901234";

#define RFC_TIME 0x132d0b6 /* minutes: 25 March 2008, 12:06 */

struct ocra_vector {
	uint64_t counter;
	const char *question;
	const char *answer;
};

static void pin_digest(const struct cs_ocra_suite *suite, uint8_t digest[CS_HASH_MAX])
{
	enum cs_hash hash = suite->pin_hash ? suite->pin_hash : CS_SHA1;

	assert_int_equal(libcrypto_digest(NULL, hash, CS_VIEW_TEXT("1234"), digest), CS_OK);
}

static void check_vectors(const char *suite_text, const struct ocra_vector *vectors, size_t count)
{
	struct cs_ocra_suite suite;
	uint8_t digest[CS_HASH_MAX];
	char answer[2 * CS_HASH_MAX + 1];

	assert_int_equal(cs_ocra_suite_parse(cs_view_string(suite_text), &suite), CS_OK);
	pin_digest(&suite, digest);
	for (size_t i = 0; i < count; i++) {
		struct cs_ocra_input in = {
		    .counter = vectors[i].counter,
		    .question = cs_view_string(vectors[i].question),
		    .pin_hash = cs_view(digest, cs_hash_size(suite.pin_hash)),
		    .time = RFC_TIME,
		};
		struct cs_view key = cs_view(rfc_key, cs_hash_size(suite.hash));
		assert_int_equal(cs_ocra(&hmac, &suite, key, &in, answer), CS_OK);
		assert_string_equal(answer, vectors[i].answer);
	}
}

#define CHECK_VECTORS(suite, vectors) check_vectors(suite, vectors, sizeof(vectors) / sizeof((vectors)[0]))

static void one_way_with_sha1(void **state)
{
	static const struct ocra_vector vectors[] = {
	    {0, "00000000", "237653"}, {0, "11111111", "243178"}, {0, "22222222", "653583"},
	    {0, "33333333", "740991"}, {0, "44444444", "608993"}, {0, "55555555", "388898"},
	    {0, "66666666", "816933"}, {0, "77777777", "224598"}, {0, "88888888", "750600"},
	    {0, "99999999", "294470"},
	};

	(void)state;
	CHECK_VECTORS("OCRA-1:HOTP-SHA1-6:QN08", vectors);
}

static void one_way_with_counter_and_pin(void **state)
{
	static const struct ocra_vector vectors[] = {
	    {0, "12345678", "65347737"}, {1, "12345678", "86775851"}, {2, "12345678", "78192410"},
	    {3, "12345678", "71565254"}, {4, "12345678", "10104329"}, {5, "12345678", "65983500"},
	    {6, "12345678", "70069104"}, {7, "12345678", "91771096"}, {8, "12345678", "75011558"},
	    {9, "12345678", "08522129"},
	};

	(void)state;
	CHECK_VECTORS("OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1", vectors);
}

static void one_way_with_pin(void **state)
{
	static const struct ocra_vector vectors[] = {
	    {0, "00000000", "83238735"}, {0, "11111111", "01501458"}, {0, "22222222", "17957585"},
	    {0, "33333333", "86776967"}, {0, "44444444", "86807031"},
	};

	(void)state;
	CHECK_VECTORS("OCRA-1:HOTP-SHA256-8:QN08-PSHA1", vectors);
}

static void one_way_with_counter(void **state)
{
	static const struct ocra_vector vectors[] = {
	    {0, "00000000", "07016083"}, {1, "11111111", "63947962"}, {2, "22222222", "70123924"},
	    {3, "33333333", "25341727"}, {4, "44444444", "33203315"}, {5, "55555555", "34205738"},
	    {6, "66666666", "44343969"}, {7, "77777777", "51946085"}, {8, "88888888", "20403879"},
	    {9, "99999999", "31409299"},
	};

	(void)state;
	CHECK_VECTORS("OCRA-1:HOTP-SHA512-8:C-QN08", vectors);
}

static void one_way_with_time(void **state)
{
	static const struct ocra_vector vectors[] = {
	    {0, "00000000", "95209754"}, {0, "11111111", "55907591"}, {0, "22222222", "22048402"},
	    {0, "33333333", "24218844"}, {0, "44444444", "36209546"},
	};

	(void)state;
	CHECK_VECTORS("OCRA-1:HOTP-SHA512-8:QN08-T1M", vectors);
}

static void mutual_with_sha256(void **state)
{
	static const struct ocra_vector server[] = {
	    {0, "CLI22220SRV11110", "28247970"}, {0, "CLI22221SRV11111", "01984843"},
	    {0, "CLI22222SRV11112", "65387857"}, {0, "CLI22223SRV11113", "03351211"},
	    {0, "CLI22224SRV11114", "83412541"},
	};
	static const struct ocra_vector client[] = {
	    {0, "SRV11110CLI22220", "15510767"}, {0, "SRV11111CLI22221", "90175646"},
	    {0, "SRV11112CLI22222", "33777207"}, {0, "SRV11113CLI22223", "95285278"},
	    {0, "SRV11114CLI22224", "28934924"},
	};

	(void)state;
	CHECK_VECTORS("OCRA-1:HOTP-SHA256-8:QA08", server);
	CHECK_VECTORS("OCRA-1:HOTP-SHA256-8:QA08", client);
}

static void mutual_with_sha512_and_pin(void **state)
{
	static const struct ocra_vector server[] = {
	    {0, "CLI22220SRV11110", "79496648"}, {0, "CLI22221SRV11111", "76831980"},
	    {0, "CLI22222SRV11112", "12250499"}, {0, "CLI22223SRV11113", "90856481"},
	    {0, "CLI22224SRV11114", "12761449"},
	};
	static const struct ocra_vector client[] = {
	    {0, "SRV11110CLI22220", "18806276"}, {0, "SRV11111CLI22221", "70020315"},
	    {0, "SRV11112CLI22222", "01600026"}, {0, "SRV11113CLI22223", "18951020"},
	    {0, "SRV11114CLI22224", "32528969"},
	};

	(void)state;
	CHECK_VECTORS("OCRA-1:HOTP-SHA512-8:QA08", server);
	CHECK_VECTORS("OCRA-1:HOTP-SHA512-8:QA08-PSHA1", client);
}

static void plain_signature(void **state)
{
	static const struct ocra_vector plain[] = {
	    {0, "SIG10000", "53095496"}, {0, "SIG11000", "04110475"}, {0, "SIG12000", "31331128"},
	    {0, "SIG13000", "76028668"}, {0, "SIG14000", "46554205"},
	};
	static const struct ocra_vector timed[] = {
	    {0, "SIG1000000", "77537423"}, {0, "SIG1100000", "31970405"}, {0, "SIG1200000", "10235557"},
	    {0, "SIG1300000", "95213541"}, {0, "SIG1400000", "65360607"},
	};

	(void)state;
	CHECK_VECTORS("OCRA-1:HOTP-SHA256-8:QA08", plain);
	CHECK_VECTORS("OCRA-1:HOTP-SHA512-8:QA10-T1M", timed);
}

static void a_suite_of_everything_is_read_field_by_field(void **state)
{
	struct cs_ocra_suite s;

	(void)state;
	assert_int_equal(
	    cs_ocra_suite_parse(CS_VIEW_TEXT("OCRA-1:HOTP-SHA512-0:C-QH64-PSHA256-S512-T48H"), &s), CS_OK);
	assert_int_equal(s.hash, CS_SHA512);
	assert_int_equal(s.digits, 0);
	assert_true(s.counter);
	assert_int_equal(s.format, CS_OCRA_HEX);
	assert_int_equal(s.question_max, 64);
	assert_int_equal(s.pin_hash, CS_SHA256);
	assert_int_equal(s.session_len, 512);
	assert_int_equal(s.time_step, 48 * 3600);
}

static void letters_alone_stand_for_their_defaults(void **state)
{
	struct cs_ocra_suite s;

	(void)state;
	assert_int_equal(cs_ocra_suite_parse(CS_VIEW_TEXT("OCRA-1:HOTP-SHA1-10:Q-P-S-T"), &s), CS_OK);
	assert_int_equal(s.digits, 10);
	assert_int_equal(s.format, CS_OCRA_NUMERIC);
	assert_int_equal(s.question_max, 8);
	assert_int_equal(s.pin_hash, CS_SHA1);
	assert_int_equal(s.session_len, 64);
	assert_int_equal(s.time_step, 60);
}

static void what_is_not_a_suite_is_refused_and_changes_nothing(void **state)
{
	static const char *const wrong[] = {
	    "",
	    "OCRA-1",
	    "OCRA-1:",
	    "OCRA-2:HOTP-SHA1-6:QN08",
	    "ocra-1:HOTP-SHA1-6:QN08",
	    "OCRA-1:HOTP-SHA1-6",
	    "OCRA-1:HOTP-SHA1-6:",
	    "OCRA-1:HOTP-SHA1-6:QN08:",
	    "OCRA-1:HOTP-SHA1-6:QN08:X",
	    "OCRA-1:HOTP-SHA1-6:QN08-",
	    "OCRA-1:HOTP-SHA1-6:C",
	    "OCRA-1:HOTP-SHA1-6:C-",
	    "OCRA-1:HOTP-SHA1-6:C-C-QN08",
	    "OCRA-1:HOTP-SHA1-6:QN08-QN08",
	    "OCRA-1:HOTP-SHA1-6:QN08--T1M",
	    "OCRA-1:HOTP-SHA1-6:QN08-T1M-PSHA1",
	    "OCRA-1:HOTP-SHA1-6:PSHA1",
	    "OCRA-1:HOTP-SHA1-6:QN03",
	    "OCRA-1:HOTP-SHA1-6:QN65",
	    "OCRA-1:HOTP-SHA1-6:QN8",
	    "OCRA-1:HOTP-SHA1-6:QX08",
	    "OCRA-1:HOTP-SHA1-6:QN0a",
	    "OCRA-1:HOTP-SHA1-3:QN08",
	    "OCRA-1:HOTP-SHA1-11:QN08",
	    "OCRA-1:HOTP-SHA1-06:QN08",
	    "OCRA-1:HOTP-SHA1-:QN08",
	    "OCRA-1:HOTP-SHA1-6-6:QN08",
	    "OCRA-1:HOTP-SHA384-6:QN08",
	    "OCRA-1:HOTP-MD5-6:QN08",
	    "OCRA-1:TOTP-SHA1-6:QN08",
	    "OCRA-1:HOTP-SHA1-6:QN08-PMD5",
	    "OCRA-1:HOTP-SHA1-6:QN08-S000",
	    "OCRA-1:HOTP-SHA1-6:QN08-S513",
	    "OCRA-1:HOTP-SHA1-6:QN08-S64",
	    "OCRA-1:HOTP-SHA1-6:QN08-T0M",
	    "OCRA-1:HOTP-SHA1-6:QN08-T60S",
	    "OCRA-1:HOTP-SHA1-6:QN08-T49H",
	    "OCRA-1:HOTP-SHA1-6:QN08-T01M",
	    "OCRA-1:HOTP-SHA1-6:QN08-TM",
	    "OCRA-1:HOTP-SHA1-6:QN08-T1",
	    "OCRA-1:HOTP-SHA1-6:QN08-T1D",
	    "OCRA-1:HOTP-SHA1-6:QN08-T99999999999999999999M",
	};
	struct cs_ocra_suite s = {.digits = 77};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (cs_ocra_suite_parse(cs_view_string(wrong[i]), &s) != CS_ERR_MALFORMED)
			fail_msg("taken for a suite: %s", wrong[i]);
	}
	assert_int_equal(s.digits, 77);
}

static void a_suite_of_more_than_64_characters_is_unsupported(void **state)
{
	struct cs_ocra_suite s;
	char text[CS_OCRA_SUITE_MAX + 1];

	(void)state;
	memset(text, '0', sizeof(text));
	assert_int_equal(cs_ocra_suite_parse(CS_VIEW_OF(text), &s), CS_ERR_UNSUPPORTED);
}

static enum cs_err answer(const char *suite_text, const struct cs_ocra_input *in, char *out)
{
	struct cs_ocra_suite suite;

	assert_int_equal(cs_ocra_suite_parse(cs_view_string(suite_text), &suite), CS_OK);
	return cs_ocra(&hmac, &suite, cs_view(rfc_key, 20), in, out);
}

static void questions_outside_their_format_or_length_are_refused(void **state)
{
	static const struct {
		const char *suite;
		const char *question;
	} wrong[] = {
	    {"OCRA-1:HOTP-SHA1-6:QN08", ""},	     {"OCRA-1:HOTP-SHA1-6:QN08", "1234567a"},
	    {"OCRA-1:HOTP-SHA1-6:QN08", "/"},	     {"OCRA-1:HOTP-SHA1-6:QN08", "12345678901234567"},
	    {"OCRA-1:HOTP-SHA1-6:QA08", "pay 10"},   {"OCRA-1:HOTP-SHA1-6:QA08", "\xC3\xA9t\xC3\xA9"},
	    {"OCRA-1:HOTP-SHA1-6:QH08", "1234567g"},
	};
	char out[2 * CS_HASH_MAX + 1] = "untouched";

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct cs_ocra_input in = {.question = cs_view_string(wrong[i].question)};
		assert_int_equal(answer(wrong[i].suite, &in, out), CS_ERR_ARG);
	}
	assert_string_equal(out, "untouched");
}

static void inputs_of_a_wrong_length_are_refused(void **state)
{
	uint8_t bytes[65] = {0};
	char out[2 * CS_HASH_MAX + 1];
	struct cs_ocra_input in = {.question = CS_VIEW_TEXT("12345678"), .pin_hash = cs_view(bytes, 19)};

	(void)state;
	assert_int_equal(answer("OCRA-1:HOTP-SHA1-6:QN08-PSHA1", &in, out), CS_ERR_ARG);
	in.session = cs_view(bytes, 65);
	assert_int_equal(answer("OCRA-1:HOTP-SHA1-6:QN08-S064", &in, out), CS_ERR_ARG);
	in.session = cs_view(bytes, 64);
	assert_int_equal(answer("OCRA-1:HOTP-SHA1-6:QN08-S064", &in, out), CS_OK);
}

/* The message that the HMAC is given, as section 5.1 lays it out. */
struct seen_message {
	uint8_t bytes[1024];
	size_t len;
};

static enum cs_err recording_hmac(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
				  uint8_t *mac)
{
	struct seen_message *seen = ctx;

	(void)key;
	assert_true(msg.len <= sizeof(seen->bytes));
	memcpy(seen->bytes, msg.ptr, msg.len);
	seen->len = msg.len;
	memset(mac, 0xA0, cs_hash_size(hash));
	return CS_OK;
}

static void the_message_is_laid_out_as_the_rfc_says(void **state)
{
	static const char text[] = "OCRA-1:HOTP-SHA512-0:C-QN64-PSHA512-S512-T1H";
	struct seen_message seen;
	const struct cs_hmac recording = {.fn = recording_hmac, .ctx = &seen};
	struct cs_ocra_suite suite;
	uint8_t pin[64];
	char out[2 * CS_HASH_MAX + 1];
	const uint8_t *at = seen.bytes;

	(void)state;
	memset(pin, 0xBB, sizeof(pin));
	struct cs_ocra_input in = {
	    .counter = 0x0102030405060708,
	    .question = CS_VIEW_TEXT("2748"), /* 0xABC: an odd number of digits */
	    .pin_hash = CS_VIEW_OF(pin),
	    .session = CS_VIEW_TEXT("S"),
	    .time = 0x1112131415161718,
	};
	assert_int_equal(
	    cs_ocra_suite_parse(CS_VIEW_TEXT("OCRA-1:HOTP-SHA512-0:C-QN64-PSHA512-S512-T1H"), &suite), CS_OK);
	assert_int_equal(cs_ocra(&recording, &suite, CS_VIEW_TEXT("key"), &in, out), CS_OK);
	assert_int_equal(seen.len, sizeof(text) + 8 + 128 + 64 + 512 + 8);
	assert_memory_equal(at, text, sizeof(text)); /* its NUL is the separator */
	at += sizeof(text);
	assert_memory_equal(at, "\x01\x02\x03\x04\x05\x06\x07\x08\xAB\xC0\x00", 11);
	at += 8 + 128;
	assert_memory_equal(at, pin, 64);
	at += 64 + 511;
	assert_memory_equal(at - 1, "\0S\x11\x12\x13\x14\x15\x16\x17\x18", 10);
	/* digits 0: the whole HMAC */
	assert_int_equal(strlen(out), 128);
	assert_memory_equal(out, "a0a0", 4);
}

static void the_longest_numeric_challenge_pair_fits(void **state)
{
	char nines[2 * CS_OCRA_QUESTION_MAX];
	char out[2 * CS_HASH_MAX + 1];

	(void)state;
	memset(nines, '9', sizeof(nines));
	struct cs_ocra_input in = {.question = CS_VIEW_OF(nines)};
	assert_int_equal(answer("OCRA-1:HOTP-SHA1-6:QN64", &in, out), CS_OK);
	memset(nines, 'f', sizeof(nines));
	assert_int_equal(answer("OCRA-1:HOTP-SHA1-6:QH64", &in, out), CS_OK);
	assert_int_equal(answer("OCRA-1:HOTP-SHA1-6:QA64", &in, out), CS_OK);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_way_with_sha1),
	    cmocka_unit_test(one_way_with_counter_and_pin),
	    cmocka_unit_test(one_way_with_pin),
	    cmocka_unit_test(one_way_with_counter),
	    cmocka_unit_test(one_way_with_time),
	    cmocka_unit_test(mutual_with_sha256),
	    cmocka_unit_test(mutual_with_sha512_and_pin),
	    cmocka_unit_test(plain_signature),
	    cmocka_unit_test(a_suite_of_everything_is_read_field_by_field),
	    cmocka_unit_test(letters_alone_stand_for_their_defaults),
	    cmocka_unit_test(what_is_not_a_suite_is_refused_and_changes_nothing),
	    cmocka_unit_test(a_suite_of_more_than_64_characters_is_unsupported),
	    cmocka_unit_test(questions_outside_their_format_or_length_are_refused),
	    cmocka_unit_test(inputs_of_a_wrong_length_are_refused),
	    cmocka_unit_test(the_message_is_laid_out_as_the_rfc_says),
	    cmocka_unit_test(the_longest_numeric_challenge_pair_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
