/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OCRA on the card: the vectors of RFC 6287 through card_transmit, each kind of input against a message built
 * by hand, and the counter.
 */
#include "tests/unit/oath_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/tlv.h"
#include "tests/unit/ocra_vectors.h"

#define NAME "ocra"

static uint8_t hash_code(enum cs_hash hash)
{
	return hash == CS_SHA1	   ? YKOATH_HASH_SHA1
	       : hash == CS_SHA256 ? YKOATH_HASH_SHA256
				   : YKOATH_HASH_SHA512;
}

/* PUT; type_hash, digits and key as the suite wants them. */
static uint16_t put_suite(const char *text, uint64_t counter)
{
	uint8_t options[100];
	char key[sizeof(OCRA_RFC_KEY)];
	struct cs_writer w = CS_WRITER_OF(options);
	struct cs_ocra_suite suite;

	assert_int_equal(cs_ocra_suite_parse(cs_view_string(text), &suite), CS_OK);
	cs_tlv_write(&w, YKOATH_TAG_SUITE, cs_view_string(text));
	cs_tlv_write_header(&w, YKOATH_TAG_IMF, 8);
	cs_write_u64(&w, counter);
	memcpy(key, OCRA_RFC_KEY, sizeof key);
	key[cs_hash_size(suite.hash)] = '\0';
	return otp_put(NAME, YKOATH_TYPE_OCRA | hash_code(suite.hash), (uint8_t)suite.digits, key,
		       cs_writer_view(&w));
}

struct inputs {
	struct cs_view question, pin_digest, session, time; /* without bytes: not sent */
};

static uint16_t ocra(const struct inputs *in, uint8_t p2)
{
	const struct {
		uint32_t tag;
		struct cs_view value;
	} elements[] = {{YKOATH_TAG_QUESTION, in->question},
			{YKOATH_TAG_PIN_DIGEST, in->pin_digest},
			{YKOATH_TAG_SESSION, in->session},
			{YKOATH_TAG_TIME, in->time}};
	uint8_t body[1024];
	struct cs_writer w = CS_WRITER_OF(body);

	cs_tlv_write(&w, YKOATH_TAG_NAME, CS_VIEW_TEXT(NAME));
	for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++)
		if (elements[i].value.len)
			cs_tlv_write(&w, elements[i].tag, elements[i].value);
	assert_int_equal(cs_writer_done(&w), CS_OK);
	return otp_command(YKOATH_INS_OCRA, 0, p2, cs_writer_view(&w));
}

/* The inputs that the RFC's vectors have beside the question. */
static struct inputs rfc_inputs(const char *text, const char *question)
{
	static uint8_t digest[CS_HASH_MAX], time[8];
	struct cs_writer w = CS_WRITER_OF(time);
	struct inputs in = {.question = cs_view_string(question)};
	struct cs_ocra_suite suite;

	assert_int_equal(cs_ocra_suite_parse(cs_view_string(text), &suite), CS_OK);
	cs_write_u64(&w, OCRA_RFC_TIME);
	if (suite.time_step)
		in.time = CS_VIEW_OF(time);
	if (suite.pin_hash) {
		assert_int_equal(
		    otp->crypto.digest(otp->crypto.ctx, suite.pin_hash, CS_VIEW_TEXT(OCRA_RFC_PIN), digest),
		    CS_OK);
		in.pin_digest = cs_view(digest, cs_hash_size(suite.pin_hash));
	}
	return in;
}

static const char *ocra_code(const struct inputs *in)
{
	assert_int_equal(ocra(in, 1), CS_SW_OK);
	return otp_code_text(otp_found(YKOATH_TAG_TRUNCATED_RESPONSE));
}

static void the_answers_are_those_of_rfc_6287(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCRA_GROUPS; i++) {
		const struct ocra_group *group = &ocra_groups[i];

		/* The counter is the card's own: from the first vector's on it goes up by one. */
		assert_int_equal(put_suite(group->suite, group->vectors[0].counter), CS_SW_OK);
		for (size_t j = 0; j < group->count; j++) {
			struct inputs in = rfc_inputs(group->suite, group->vectors[j].question);

			assert_string_equal(ocra_code(&in), group->vectors[j].answer);
		}
	}
}

/* ---- every kind of input, against the message written out ---- */

#define QUESTION_LEN 128u

struct shape {
	const char *suite;
	const char *question;
	const char *question_hex; /* as it stands in the message (RFC 6287, 5.1), without its padding */
	enum cs_hash hash, pin_hash;
	size_t session_len, session_sent;
	bool counter, time;
};

static const struct shape shapes[] = {
    {.suite = "OCRA-1:HOTP-SHA1-0:QN08", .question = "12345678", .question_hex = "BC614E", .hash = CS_SHA1},
    {.suite = "OCRA-1:HOTP-SHA1-0:QN64", .question = "255", .question_hex = "FF", .hash = CS_SHA1},
    {.suite = "OCRA-1:HOTP-SHA256-0:QA64", .question = "aZ09", .question_hex = "615A3039", .hash = CS_SHA256},
    {.suite = "OCRA-1:HOTP-SHA512-0:QH40", .question = "0a1B2c", .question_hex = "0A1B2C", .hash = CS_SHA512},
    {.suite = "OCRA-1:HOTP-SHA512-0:QH40", .question = "abc", .question_hex = "ABC0", .hash = CS_SHA512},
    {.suite = "OCRA-1:HOTP-SHA256-0:C-QA08",
     .question = "AAAA",
     .question_hex = "41414141",
     .hash = CS_SHA256,
     .counter = true},
    {.suite = "OCRA-1:HOTP-SHA1-0:QA08-PSHA1",
     .question = "AAAA",
     .question_hex = "41414141",
     .hash = CS_SHA1,
     .pin_hash = CS_SHA1},
    {.suite = "OCRA-1:HOTP-SHA1-0:QA08-PSHA256",
     .question = "AAAA",
     .question_hex = "41414141",
     .hash = CS_SHA1,
     .pin_hash = CS_SHA256},
    {.suite = "OCRA-1:HOTP-SHA1-0:QA08-PSHA512",
     .question = "AAAA",
     .question_hex = "41414141",
     .hash = CS_SHA1,
     .pin_hash = CS_SHA512},
    {.suite = "OCRA-1:HOTP-SHA1-0:QA08-S",
     .question = "AAAA",
     .question_hex = "41414141",
     .hash = CS_SHA1,
     .session_len = 64,
     .session_sent = 64},
    {.suite = "OCRA-1:HOTP-SHA1-0:QA08-S128",
     .question = "AAAA",
     .question_hex = "41414141",
     .hash = CS_SHA1,
     .session_len = 128,
     .session_sent = 5},
    {.suite = "OCRA-1:HOTP-SHA512-0:QA08-S512",
     .question = "AAAA",
     .question_hex = "41414141",
     .hash = CS_SHA512,
     .session_len = 512,
     .session_sent = 512},
    {.suite = "OCRA-1:HOTP-SHA1-0:QA08-T30S",
     .question = "AAAA",
     .question_hex = "41414141",
     .hash = CS_SHA1,
     .time = true},
    {.suite = "OCRA-1:HOTP-SHA1-0:QA08-T48H",
     .question = "AAAA",
     .question_hex = "41414141",
     .hash = CS_SHA1,
     .time = true},
    {.suite = "OCRA-1:HOTP-SHA512-0:C-QA64-PSHA512-S256-T1M",
     .question = "AAAABBBB",
     .question_hex = "4141414142424242",
     .hash = CS_SHA512,
     .pin_hash = CS_SHA512,
     .session_len = 256,
     .session_sent = 200,
     .counter = true,
     .time = true},
};

#define COUNTER 0x0102030405060708u
#define TIME	0x00000000012345ABu

/* The 75 that the card has to answer: 00 for "no digits", and the HMAC. */
static void expected(const struct shape *shape, const struct inputs *in, uint8_t *value)
{
	uint8_t message[1024], question[64];
	struct cs_writer w = CS_WRITER_OF(message);
	struct cs_view q = fixture_hex(shape->question_hex, question, sizeof question);

	cs_write_view(&w, cs_view_string(shape->suite));
	cs_write_u8(&w, 0);
	if (shape->counter)
		cs_write_u64(&w, COUNTER);
	cs_write_view(&w, q);
	cs_write_fill(&w, 0, QUESTION_LEN - q.len);
	cs_write_view(&w, in->pin_digest);
	cs_write_fill(&w, 0, shape->session_len - shape->session_sent);
	cs_write_view(&w, in->session);
	cs_write_view(&w, in->time);
	assert_int_equal(cs_writer_done(&w), CS_OK);
	value[0] = 0;
	assert_int_equal(otp->crypto.hmac(otp->crypto.ctx, shape->hash,
					  cs_view(OCRA_RFC_KEY, cs_hash_size(shape->hash)),
					  cs_writer_view(&w), value + 1),
			 CS_OK);
}

static void every_kind_of_input_goes_in_where_the_suite_says(void **state)
{
	uint8_t fill[512], time[8], value[1 + CS_HASH_MAX];
	struct cs_writer w = CS_WRITER_OF(time);

	(void)state;
	for (size_t i = 0; i < sizeof fill; i++)
		fill[i] = (uint8_t)(i * 7 + 1);
	cs_write_u64(&w, TIME);
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		const struct shape *shape = &shapes[i];
		struct inputs in = {.question = cs_view_string(shape->question),
				    .pin_digest = cs_view(fill, cs_hash_size(shape->pin_hash)),
				    .session = cs_view(fill, shape->session_sent)};

		if (shape->time)
			in.time = CS_VIEW_OF(time);
		assert_int_equal(put_suite(shape->suite, COUNTER), CS_SW_OK);
		expected(shape, &in, value);
		assert_int_equal(ocra(&in, 1), CS_SW_OK);
		assert_true(cs_view_equal(otp_found(YKOATH_TAG_FULL_RESPONSE),
					  cs_view(value, 1 + cs_hash_size(shape->hash))));
	}
}

/* ---- what is refused ---- */

static void inputs_that_the_suite_does_not_name_or_misses_are_refused(void **state)
{
	static const char suite[] = "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1";
	static const uint8_t zeros[64];
	struct inputs good, bad;

	(void)state;
	assert_int_equal(put_suite(suite, 0), CS_SW_OK);
	good = rfc_inputs(suite, "12345678");
	bad = good;
	bad.pin_digest = CS_VIEW_EMPTY;
	assert_int_equal(ocra(&bad, 1), CS_SW_WRONG_DATA);
	bad.pin_digest = cs_view(zeros, 32);
	assert_int_equal(ocra(&bad, 1), CS_SW_WRONG_DATA);
	bad = good;
	bad.session = cs_view(zeros, 8);
	assert_int_equal(ocra(&bad, 1), CS_SW_WRONG_DATA);
	bad = good;
	bad.time = cs_view(zeros, 8);
	assert_int_equal(ocra(&bad, 1), CS_SW_WRONG_DATA);
	bad = good;
	bad.question = CS_VIEW_EMPTY;
	assert_int_equal(ocra(&bad, 1), CS_SW_WRONG_DATA);
	bad.question = CS_VIEW_TEXT("12345678901234567");
	assert_int_equal(ocra(&bad, 1), CS_SW_WRONG_DATA);
	bad.question = CS_VIEW_TEXT("12ab");
	assert_int_equal(ocra(&bad, 1), CS_SW_WRONG_DATA);
	assert_int_equal(ocra(&good, 2), CS_SW_WRONG_P1P2);
	assert_int_equal(otp_named(YKOATH_INS_OCRA, "none", NULL), CS_SW_REFERENCE_UNUSABLE);
	assert_int_equal(otp_command(YKOATH_INS_OCRA, 0, 1, CS_VIEW_TEXT("\x71")), CS_SW_WRONG_DATA);
	/* None of it has moved the counter: this is the RFC's code for 0. */
	assert_string_equal(ocra_code(&good), "65347737");
}

static void a_touch_is_asked_for_only_when_all_else_is_right(void **state)
{
	static const uint8_t options[] = {YKOATH_TAG_SUITE,
					  23,
					  'O',
					  'C',
					  'R',
					  'A',
					  '-',
					  '1',
					  ':',
					  'H',
					  'O',
					  'T',
					  'P',
					  '-',
					  'S',
					  'H',
					  'A',
					  '1',
					  '-',
					  '6',
					  ':',
					  'Q',
					  'N',
					  '0',
					  '8',
					  YKOATH_TAG_PROPERTIES,
					  1,
					  2};
	struct inputs bad = {.question = CS_VIEW_TEXT("x")}, good = {.question = CS_VIEW_TEXT("00000000")};

	(void)state;
	assert_int_equal(otp_put(NAME, YKOATH_TYPE_OCRA | 1, 6, SEED20, CS_VIEW_OF(options)), CS_SW_OK);
	assert_int_equal(ocra(&bad, 1), CS_SW_WRONG_DATA);
	assert_int_equal(otp->touches, 0);
	assert_int_equal(ocra(&good, 1), CS_SW_CONDITIONS);
	otp->touch_says = CS_OK;
	assert_string_equal(ocra_code(&good), "237653");
	assert_int_equal(otp->touches, 2);
}

static void a_suite_belongs_to_ocra_and_decides_hash_and_digits(void **state)
{
	static const char text[] = "OCRA-1:HOTP-SHA256-8:QA08";
	uint8_t options[100], twice[70];
	struct cs_writer w = CS_WRITER_OF(options), t = CS_WRITER_OF(twice);
	struct cs_view suite;

	(void)state;
	cs_tlv_write(&w, YKOATH_TAG_SUITE, cs_view_string(text));
	suite = cs_writer_view(&w);
	assert_int_equal(otp_put(NAME, YKOATH_TYPE_OCRA | 1, 8, SEED32, suite), CS_SW_WRONG_DATA);
	assert_int_equal(otp_put(NAME, YKOATH_TYPE_OCRA | 2, 6, SEED32, suite), CS_SW_WRONG_DATA);
	assert_int_equal(otp_put(NAME, YKOATH_TYPE_TOTP | 2, 8, SEED32, suite), CS_SW_WRONG_DATA);
	assert_int_equal(otp_put(NAME, YKOATH_TYPE_OCRA | 2, 8, SEED32, CS_VIEW_EMPTY), CS_SW_WRONG_DATA);
	cs_tlv_write(&t, YKOATH_TAG_SUITE, CS_VIEW_TEXT("OCRA-1:HOTP-SHA256-8:QA99"));
	assert_int_equal(otp_put(NAME, YKOATH_TYPE_OCRA | 2, 8, SEED32, cs_writer_view(&t)),
			 CS_SW_WRONG_DATA);
	assert_int_equal(otp_put(NAME, YKOATH_TYPE_OCRA | 2, 8, SEED32, suite), CS_SW_OK);
}

/* ---- hosts that know no OCRA ---- */

/* Properties and digits, and what was drawn when it was made. */
static bool is_described(struct cs_view element, const char what[2])
{
	return element.len == 2 + YKOATH_UNIQUE_LEN && memcmp(element.ptr, what, 2) == 0;
}

static void lists_for_other_hosts_leave_it_out_and_ours_tells_all(void **state)
{
	static const uint8_t all[] = {YKOATH_TAG_CHALLENGE, 8, 0, 0, 0, 0, 0, 0, 0, 1};
	static const char suite[] = "OCRA-1:HOTP-SHA1-6:QN08";

	(void)state;
	assert_int_equal(put_suite(suite, 0), CS_SW_OK);
	assert_int_equal(otp_hotp("h"), CS_SW_OK);
	assert_int_equal(otp_listed(), 1);
	assert_int_equal(otp_command(YKOATH_INS_CALCULATE_ALL, 0, 1, CS_VIEW_OF(all)), CS_SW_OK);
	assert_int_equal(otp->data.len, 2 + 1 + 2 + 1);
	assert_int_equal(otp_named(YKOATH_INS_CALCULATE, NAME, NULL), CS_SW_FUNCTION_UNSUPPORTED);
	assert_int_equal(otp_calculate(NAME, CS_VIEW_OF(all), 1), CS_SW_FUNCTION_UNSUPPORTED);
	assert_int_equal(otp_command(YKOATH_INS_LIST_ALL, 0, 0, CS_VIEW_EMPTY), CS_SW_OK);
	struct cs_reader r = cs_reader_of(otp->data);
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_NAME_LIST), CS_VIEW_TEXT("\x31" NAME)));
	assert_true(is_described(cs_tlv_expect(&r, YKOATH_TAG_PROPERTIES), "\0\6"));
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_SUITE), cs_view_string(suite)));
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_NAME_LIST), CS_VIEW_TEXT("\x11h")));
	assert_true(is_described(cs_tlv_expect(&r, YKOATH_TAG_PROPERTIES), "\0\6"));
	assert_int_equal(cs_reader_done(&r), CS_OK);
	assert_int_equal(otp_named(YKOATH_INS_RENAME, NAME, "other"), CS_SW_OK);
	assert_int_equal(otp_named(YKOATH_INS_DELETE, "other", NULL), CS_SW_OK);
}

static void a_list_of_the_longest_names_and_suites_fits_one_answer(void **state)
{
	static const char suite[] = "OCRA-1:HOTP-SHA512-10:C-QA64-PSHA512-S512-T59S";
	uint8_t options[100];
	char name[YKOATH_NAME_MAX + 1];
	struct cs_writer w = CS_WRITER_OF(options);

	(void)state;
	otp_flash(64);
	cs_tlv_write(&w, YKOATH_TAG_SUITE, cs_view_string(suite));
	for (unsigned i = 0; i < 255; i++) {
		snprintf(name, sizeof name, "%064u", i);
		assert_int_equal(
		    otp_put(name, YKOATH_TYPE_OCRA | YKOATH_HASH_SHA512, 10, SEED64, cs_writer_view(&w)),
		    CS_SW_OK);
	}
	assert_int_equal(otp_command(YKOATH_INS_LIST_ALL, 0, 0, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(otp->data.len, 255 * (2 + 65 + 4 + YKOATH_UNIQUE_LEN + 2 + strlen(suite)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, otp_setup, otp_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_answers_are_those_of_rfc_6287),
	    TEST(every_kind_of_input_goes_in_where_the_suite_says),
	    TEST(inputs_that_the_suite_does_not_name_or_misses_are_refused),
	    TEST(a_touch_is_asked_for_only_when_all_else_is_right),
	    TEST(a_suite_belongs_to_ocra_and_decides_hash_and_digits),
	    TEST(lists_for_other_hosts_leave_it_out_and_ours_tells_all),
	    TEST(a_list_of_the_longest_names_and_suites_fits_one_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
