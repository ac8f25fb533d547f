/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The OATH commands that only cards of ours have, from the host, against the card core in one process.
 */
#include "tests/lib/transport_faulty.h"

#include <openssl/ec.h>
#include <string.h>

#include "cardclient/csgn.h"
#include "cardclient/oath.h"
#include "cardclient/piv.h"
#include "base/host/sealed_seed.h"

#define KEY CS_VIEW_TEXT("12345678901234567890")

static int setup(void **state)
{
	struct cc_oath_info info;

	(void)faulty_card_setup(state, fixture_setup_piv);
	assert_int_equal(cc_oath_select(((struct faulty_card *)*state)->card, &info), CS_OK);
	return 0;
}

/* ---- the access code's tries ---- */

static const uint8_t right[YKOATH_CODE_LEN] = "right", wrong[YKOATH_CODE_LEN] = "wrong";

static enum cs_err try_code(struct cc_card *card, const uint8_t *code, struct cc_oath_info *info)
{
	assert_int_equal(cc_oath_select(card, info), CS_OK);
	return cc_oath_validate(card, info, code);
}

static void wrong_codes_are_counted_waited_for_and_blocked(void **state)
{
	struct faulty_card *t = *state;
	struct cc_oath_info info;
	struct cc_oath_tries tries;

	assert_int_equal(cc_oath_status(t->card, &tries), CS_ERR_NOT_FOUND);
	assert_int_equal(cc_oath_set_code(t->card, right), CS_OK);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(try_code(t->card, wrong, &info), CS_ERR_WRONG);
		assert_true(info.locked && info.has_tries);
		assert_int_equal(info.tries.left, 15 - i);
	}
	assert_int_equal(cc_oath_status(t->card, &tries), CS_OK);
	assert_int_equal(tries.left, 10);
	assert_int_equal(tries.total, 15);
	assert_int_equal(tries.wait_seconds, 5);
	assert_int_equal(try_code(t->card, right, &info), CS_ERR_BUSY);
	assert_int_equal(info.tries.wait_seconds, 5);
	t->fixture->now_ms += 5000;
	assert_int_equal(try_code(t->card, right, &info), CS_OK);
	assert_int_equal(cc_oath_status(t->card, &tries), CS_OK);
	assert_int_equal(tries.left, 15);
	for (unsigned i = 0; i < 15; i++) {
		t->fixture->now_ms += 900000;
		assert_int_equal(try_code(t->card, wrong, &info), CS_ERR_WRONG);
	}
	t->fixture->now_ms += 900000;
	assert_int_equal(try_code(t->card, right, &info), CS_ERR_BLOCKED);
	assert_int_equal(info.tries.left, 0);
}

static void the_security_officer_gives_the_tries_back(void **state)
{
	struct faulty_card *t = *state;
	struct cc_oath_info info;
	struct cc_oath_tries tries;

	assert_int_equal(cc_oath_unblock(t->card), CS_ERR_DENIED);
	assert_int_equal(cc_csgn_verify(t->card, CSGN_REF_SO, CS_VIEW_TEXT("12345678"), NULL), CS_OK);
	assert_int_equal(cc_oath_unblock(t->card), CS_ERR_STATE); /* the factory's */
	assert_int_equal(cc_csgn_select(t->card, NULL), CS_OK);
	assert_int_equal(
	    cc_csgn_change(t->card, CSGN_REF_SO, CS_VIEW_TEXT("12345678"), CS_VIEW_TEXT("73940216"), NULL),
	    CS_OK);
	assert_int_equal(cc_oath_select(t->card, &info), CS_OK);
	assert_int_equal(cc_csgn_verify(t->card, CSGN_REF_SO, CS_VIEW_TEXT("73940216"), NULL), CS_OK);
	assert_int_equal(cc_oath_unblock(t->card), CS_ERR_NOT_FOUND);
	assert_int_equal(cc_oath_set_code(t->card, right), CS_OK);
	assert_int_equal(try_code(t->card, wrong, &info), CS_ERR_WRONG);
	assert_int_equal(cc_oath_unblock(t->card), CS_OK);
	assert_int_equal(cc_oath_status(t->card, &tries), CS_OK);
	assert_int_equal(tries.left, 15);
}

/* ---- credentials ---- */

struct listed {
	struct cc_oath_entry entries[4];
	size_t count;
};

static enum cs_err take(void *ctx, const struct cc_oath_entry *entry)
{
	struct listed *list = ctx;

	assert_true(list->count < 4);
	list->entries[list->count++] = *entry;
	return CS_OK;
}

static void a_credential_bound_to_the_pin_says_so_and_wants_it(void **state)
{
	struct faulty_card *t = *state;
	struct cc_oath_credential c = {.name = CS_VIEW_TEXT("bound"),
				       .type = YKOATH_TYPE_HOTP,
				       .hash = YKOATH_HASH_SHA1,
				       .digits = 6,
				       .key = KEY,
				       .touch = true,
				       .pin = true};
	struct listed all = {0}, codes = {0};
	uint32_t number;
	unsigned digits;
	char code[CS_OATH_CODE_MAX];

	assert_int_equal(cc_oath_put(t->card, &c), CS_OK);
	assert_int_equal(cc_oath_list_all(t->card, take, &all), CS_OK);
	assert_int_equal(all.count, 1);
	assert_string_equal(all.entries[0].name.text, "bound");
	assert_true(all.entries[0].pin && all.entries[0].touch && !all.entries[0].made);
	assert_int_equal(all.entries[0].digits, 6);
	assert_int_equal(cc_oath_calculate_all(t->card, 0, take, &codes), CS_OK);
	assert_true(codes.entries[0].pin && !codes.entries[0].has_code);
	assert_int_equal(cc_oath_calculate(t->card, c.name, 0, &number, &digits), CS_ERR_DENIED);
	assert_int_equal(cc_piv_verify(t->card, CS_VIEW_TEXT("123456"), NULL), CS_OK);
	assert_int_equal(cc_oath_calculate(t->card, c.name, 0, &number, &digits), CS_OK);
	cs_oath_format(number, digits, code);
	assert_string_equal(code, "755224");
}

static void put_ocra(struct cc_card *card, const char *text, struct cs_ocra_suite *suite, uint32_t counter)
{
	assert_int_equal(cs_ocra_suite_parse(cs_view_string(text), suite), CS_OK);
	struct cc_oath_credential c = {.name = CS_VIEW_TEXT("ocra"),
				       .type = YKOATH_TYPE_OCRA,
				       .hash = YKOATH_HASH_SHA1,
				       .digits = suite->digits,
				       .key = KEY,
				       .suite = suite->text,
				       .counter = counter};
	assert_int_equal(cc_oath_put(card, &c), CS_OK);
}

static enum cs_err libcrypto_sha1(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
				  uint8_t *mac)
{
	const struct crypto *crypto = ctx;

	return crypto->hmac(crypto->ctx, hash, key, msg, mac);
}

static void ocra_answers_are_those_of_the_arithmetic(void **state)
{
	static const char *const suites[] = {"OCRA-1:HOTP-SHA1-6:QN08", "OCRA-1:HOTP-SHA1-0:QA08",
					     "OCRA-1:HOTP-SHA1-10:C-QH64-PSHA512-S512-T1M"};
	static const uint8_t pin[64] = {1}, session[512] = {2};
	struct faulty_card *t = *state;
	const struct cs_hmac hmac = {.fn = libcrypto_sha1, .ctx = &t->fixture->crypto};
	struct cs_ocra_suite suite;
	char got[2 * CS_HASH_MAX + 1], want[2 * CS_HASH_MAX + 1];

	for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
		struct cs_ocra_input in = {.counter = 4,
					   .question = CS_VIEW_TEXT("00000000"),
					   .pin_hash = CS_VIEW_OF(pin),
					   .session = CS_VIEW_OF(session),
					   .time = 20000000};

		put_ocra(t->card, suites[i], &suite, 4);
		assert_int_equal(cc_oath_ocra(t->card, CS_VIEW_TEXT("ocra"), &suite, &in, got), CS_OK);
		assert_int_equal(cs_ocra(&hmac, &suite, KEY, &in, want), CS_OK);
		assert_string_equal(got, want);
	}
	struct cs_ocra_input bad = {.question = CS_VIEW_TEXT("zz")};
	assert_int_equal(cc_oath_ocra(t->card, CS_VIEW_TEXT("ocra"), &suite, &bad, got), CS_ERR_ARG);
	bad.question = CS_VIEW_TEXT("00");
	assert_int_equal(cs_ocra_suite_parse(CS_VIEW_TEXT("OCRA-1:HOTP-SHA1-6:QN08"), &suite), CS_OK);
	assert_int_equal(cc_oath_ocra(t->card, CS_VIEW_TEXT("nobody"), &suite, &bad, got), CS_ERR_NOT_FOUND);
}

static void ocra_is_in_the_list_of_ours_and_in_no_other(void **state)
{
	struct faulty_card *t = *state;
	struct listed all = {0}, some = {0};
	struct cs_ocra_suite suite;

	put_ocra(t->card, "OCRA-1:HOTP-SHA1-6:QN08", &suite, 0);
	assert_int_equal(cc_oath_list(t->card, take, &some), CS_OK);
	assert_int_equal(some.count, 0);
	assert_int_equal(cc_oath_list_all(t->card, take, &all), CS_OK);
	assert_int_equal(all.count, 1);
	assert_int_equal(all.entries[0].type, YKOATH_TYPE_OCRA);
	assert_string_equal(all.entries[0].suite, "OCRA-1:HOTP-SHA1-6:QN08");
}

static void a_seed_of_the_cards_reaches_the_server_and_nobody_else(void **state)
{
	struct faulty_card *t = *state;
	uint8_t file[CS_SEALED_SEED_MAX], point_bytes[CS_SEALED_SEED_POINT_MAX], key[YKOATH_KEY_MAX];
	struct cs_writer sealed = CS_WRITER_OF(file), point = CS_WRITER_OF(point_bytes),
			 out = CS_WRITER_OF(key);
	struct cc_oath_credential c = {
	    .name = CS_VIEW_TEXT("made"), .type = YKOATH_TYPE_HOTP, .hash = YKOATH_HASH_SHA256, .digits = 8};
	EVP_PKEY *server = EVP_EC_gen("P-256");
	enum cs_sealed_seed_curve curve;
	struct cs_sealed_seed seed;
	struct listed all = {0};

	assert_int_equal(cs_sealed_seed_server(server, &curve, &point), CS_OK);
	assert_int_equal(cc_oath_generate(t->card, &c, curve, cs_view(point_bytes, 64), &sealed), CS_ERR_ARG);
	assert_int_equal(cc_oath_generate(t->card, &c, curve, cs_writer_view(&point), &sealed), CS_OK);
	assert_int_equal(cs_sealed_seed_parse(cs_writer_view(&sealed), &seed), CS_OK);
	assert_int_equal(cs_sealed_seed_intact(&seed), CS_OK);
	assert_int_equal(cs_sealed_seed_open(&seed, server, &out), CS_OK);
	assert_int_equal(cs_writer_view(&out).len, 32);
	assert_int_equal(cc_oath_list_all(t->card, take, &all), CS_OK);
	assert_true(all.entries[0].made);
	EVP_PKEY_free(server);
}

/* ---- answers that are not right ---- */

static void a_list_that_does_not_parse_is_refused(void **state)
{
	static const struct {
		size_t len;
		uint8_t answer[40];
	} bad[] = {
	    {1, {0x72}},
	    {3, {0x72, 1, 0x21}},
	    {4, {0x72, 2, 0x21, 'a'}},
	    {6, {0x72, 2, 0x21, 'a', 0xC0, 0}},
	    {7, {0x72, 2, 0x21, 'a', 0xC0, 1, 0}},
	    {9, {0x72, 2, 0x21, 'a', 0xC0, 3, 0, 6, 0}},
	    {8, {0x72, 2, 0x21, 0, 0xC0, 2, 0, 6}},
	    {8, {0x72, 2, 0x31, 'a', 0xC0, 2, 0, 6}},
	    {10, {0x72, 2, 0x31, 'a', 0xC0, 2, 0, 6, 0xC1, 0}},
	    {11, {0x72, 2, 0x31, 'a', 0xC0, 2, 0, 6, 0xC1, 1, 0}},
	    {9, {0x72, 2, 0x21, 'a', 0xC0, 2, 0, 6, 0x72}},
	};
	struct listed list;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		memset(&list, 0, sizeof list);
		assert_int_equal(cc_oath_parse_list_all(cs_view(bad[i].answer, bad[i].len), take, &list),
				 CS_ERR_MALFORMED);
	}
}

static void a_credential_with_more_digits_than_a_code_has_is_left_out(void **state)
{
	static const uint8_t listed[] = {0x72, 2, 0x21, 'a', 0xC0, 2, 0, 255,
					 0x72, 2, 0x21, 'b', 0xC0, 2, 0, 10};
	static const uint8_t all[] = {0x71, 1, 'a', 0x77, 1, 11, 0x71, 1, 'b', 0x7C, 1, 10};
	struct listed list = {.count = 0};

	(void)state;
	assert_int_equal(cc_oath_parse_list_all(CS_VIEW_OF(listed), take, &list), CS_OK);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.entries[0].name.text, "b");
	list.count = 0;
	assert_int_equal(cc_oath_parse_all(CS_VIEW_OF(all), take, &list), CS_OK);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.entries[0].name.text, "b");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, faulty_card_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(wrong_codes_are_counted_waited_for_and_blocked),
	    TEST(the_security_officer_gives_the_tries_back),
	    TEST(a_credential_bound_to_the_pin_says_so_and_wants_it),
	    TEST(ocra_answers_are_those_of_the_arithmetic),
	    TEST(ocra_is_in_the_list_of_ours_and_in_no_other),
	    TEST(a_seed_of_the_cards_reaches_the_server_and_nobody_else),
	    cmocka_unit_test(a_list_that_does_not_parse_is_refused),
	    cmocka_unit_test(a_credential_with_more_digits_than_a_code_has_is_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
