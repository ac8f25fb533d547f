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
#include "tests/unit/ocra_vectors.h"

static const struct cs_hmac hmac = {.fn = libcrypto_hmac};

static void pin_digest(const struct cs_ocra_suite *suite, uint8_t digest[CS_HASH_MAX])
{
	enum cs_hash hash = suite->pin_hash ? suite->pin_hash : CS_SHA1;

	assert_int_equal(libcrypto_digest(NULL, hash, CS_VIEW_TEXT(OCRA_RFC_PIN), digest), CS_OK);
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
		    .time = OCRA_RFC_TIME,
		};
		struct cs_view key = cs_view(OCRA_RFC_KEY, cs_hash_size(suite.hash));
		assert_int_equal(cs_ocra(&hmac, &suite, key, &in, answer), CS_OK);
		assert_string_equal(answer, vectors[i].answer);
	}
}

static void the_answers_are_those_of_rfc_6287(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCRA_GROUPS; i++)
		check_vectors(ocra_groups[i].suite, ocra_groups[i].vectors, ocra_groups[i].count);
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
	return cs_ocra(&hmac, &suite, cs_view(OCRA_RFC_KEY, 20), in, out);
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
	    cmocka_unit_test(the_answers_are_those_of_rfc_6287),
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
