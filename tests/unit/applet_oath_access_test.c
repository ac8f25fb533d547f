/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The OATH application's access code: set, proved, guessed.
 */
#include "tests/unit/oath_fixture.h"

#include <string.h>

#include "applet/oath_credential.h"
#include "applet/oath_guard.h"

static void an_access_code_is_set_only_by_who_proves_to_have_it(void **state)
{
	(void)state;
	assert_int_equal(otp_code_set(otp_code, false), CS_SW_WRONG_DATA);
	assert_int_equal(otp_open(), CS_SW_OK);
	assert_int_equal(otp_found(YKOATH_TAG_CHALLENGE).len, 0);
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	assert_int_equal(otp_open(), CS_SW_OK);
	assert_int_equal(otp_found(YKOATH_TAG_CHALLENGE).len, 8);
	assert_true(cs_view_equal(otp_found(YKOATH_TAG_ALGORITHM), CS_VIEW_TEXT("\1")));
}

static void a_locked_card_answers_nothing_but_validate_and_reset(void **state)
{
	(void)state;
	static const uint8_t all[] = {YKOATH_TAG_CHALLENGE, 8, 0, 0, 0, 0, 0, 0, 0, 1};
	static const uint8_t nothing[] = {YKOATH_TAG_KEY, 0};
	uint8_t challenge[8];
	assert_int_equal(otp_hotp("a"), CS_SW_OK);
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	otp_challenge(challenge);
	assert_int_equal(otp_command(YKOATH_INS_LIST, 0, 0, CS_VIEW_EMPTY), CS_SW_SECURITY_STATUS);
	assert_int_equal(otp_hotp("b"), CS_SW_SECURITY_STATUS);
	assert_int_equal(otp_named(YKOATH_INS_DELETE, "a", NULL), CS_SW_SECURITY_STATUS);
	assert_int_equal(otp_named(YKOATH_INS_RENAME, "a", "b"), CS_SW_SECURITY_STATUS);
	assert_int_equal(otp_calculate("a", CS_VIEW_EMPTY, 1), CS_SW_SECURITY_STATUS);
	assert_int_equal(otp_command(YKOATH_INS_CALCULATE_ALL, 0, 1, CS_VIEW_OF(all)), CS_SW_SECURITY_STATUS);
	assert_int_equal(otp_command(YKOATH_INS_SET_CODE, 0, 0, CS_VIEW_OF(nothing)), CS_SW_SECURITY_STATUS);
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_SECURITY_STATUS);
}

static void validate_unlocks_and_each_select_locks_again(void **state)
{
	(void)state;
	static const uint8_t wrong[YKOATH_CODE_LEN] = "another one....";
	static const uint8_t nothing[] = {YKOATH_TAG_KEY, 0};
	uint8_t challenge[8], old[8];
	assert_int_equal(otp_hotp("a"), CS_SW_OK);
	assert_int_equal(otp_code_validate(otp_code, (const uint8_t *)"12345678"), CS_SW_REFERENCE_UNUSABLE);
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	otp_challenge(old);
	otp_challenge(challenge);
	assert_memory_not_equal(old, challenge, sizeof old);
	assert_int_equal(otp_code_validate(otp_code, old), CS_SW_WRONG_DATA);
	assert_int_equal(otp_code_validate(wrong, challenge), CS_SW_WRONG_DATA);
	assert_int_equal(otp_command(YKOATH_INS_LIST, 0, 0, CS_VIEW_EMPTY), CS_SW_SECURITY_STATUS);
	assert_int_equal(otp_code_validate(otp_code, challenge), CS_SW_OK);
	assert_int_equal(otp_listed(), 1);
	otp_challenge(challenge);
	assert_int_equal(otp_command(YKOATH_INS_LIST, 0, 0, CS_VIEW_EMPTY), CS_SW_SECURITY_STATUS);
	assert_int_equal(otp_code_validate(otp_code, challenge), CS_SW_OK);
	assert_int_equal(otp_command(YKOATH_INS_SET_CODE, 0, 0, CS_VIEW_OF(nothing)), CS_SW_OK);
	assert_int_equal(otp_open(), CS_SW_OK);
	assert_int_equal(otp_listed(), 1);
}

static void an_empty_response_does_not_unlock(void **state)
{
	(void)state;
	static const uint8_t body[] = {YKOATH_TAG_FULL_RESPONSE, 0, YKOATH_TAG_CHALLENGE, 0};
	uint8_t challenge[8];
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	otp_challenge(challenge);
	assert_int_equal(otp_command(YKOATH_INS_VALIDATE, 0, 0, CS_VIEW_OF(body)), CS_SW_WRONG_DATA);
	assert_int_equal(otp_command(YKOATH_INS_LIST, 0, 0, CS_VIEW_EMPTY), CS_SW_SECURITY_STATUS);
}

static void reset_needs_no_code_and_makes_another_device(void **state)
{
	(void)state;
	uint8_t salt[YKOATH_SALT_LEN], challenge[8];
	assert_int_equal(otp_hotp("a"), CS_SW_OK);
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	otp_challenge(challenge);
	memcpy(salt, otp_found(YKOATH_TAG_NAME).ptr, sizeof salt);
	assert_int_equal(otp_command(YKOATH_INS_RESET, 0, 0, CS_VIEW_EMPTY), CS_SW_WRONG_P1P2);
	assert_int_equal(otp_command(YKOATH_INS_RESET, 0xDE, 0xAD, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(otp_listed(), 0);
	assert_int_equal(otp_open(), CS_SW_OK);
	assert_int_equal(otp_found(YKOATH_TAG_CHALLENGE).len, 0);
	assert_memory_not_equal(otp_found(YKOATH_TAG_NAME).ptr, salt, sizeof salt);
}

/* ---- tries ---- */

static const uint8_t wrong_code[YKOATH_CODE_LEN] = "another one....";

/* Left, in all, seconds to wait: of the last answer. */
static void expect_tries(unsigned left, unsigned wait)
{
	const uint8_t want[] = {(uint8_t)left, OATH_TRIES_MAX, (uint8_t)(wait >> 8), (uint8_t)wait};
	struct cs_view got = otp_found(YKOATH_TAG_TRIES);

	assert_int_equal(got.len, sizeof want);
	assert_memory_equal(got.ptr, want, sizeof want);
}

static void expect_status(unsigned left, unsigned wait)
{
	assert_int_equal(otp_command(YKOATH_INS_STATUS, 0, 0, CS_VIEW_EMPTY), CS_SW_OK);
	expect_tries(left, wait);
}

static uint16_t guess(const uint8_t *code)
{
	uint8_t challenge[8];

	otp_challenge(challenge);
	return otp_code_validate(code, challenge);
}

/* So many wrong ones, each after its wait. */
static void guess_wrong(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		otp->now_ms += OATH_WAIT_MAX_MS;
		assert_int_equal(guess(wrong_code), CS_SW_WRONG_DATA);
	}
}

static void the_tries_left_are_told_by_select_and_status(void **state)
{
	(void)state;
	assert_int_equal(otp_command(YKOATH_INS_STATUS, 0, 0, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(otp->data.len, 0);
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	assert_int_equal(otp_open(), CS_SW_OK);
	expect_tries(OATH_TRIES_MAX, 0);
	guess_wrong(1);
	expect_status(OATH_TRIES_MAX - 1, 0);
	assert_int_equal(otp_open(), CS_SW_OK);
	expect_tries(OATH_TRIES_MAX - 1, 0);
}

static void the_right_code_brings_all_tries_back(void **state)
{
	(void)state;
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	guess_wrong(4);
	expect_status(OATH_TRIES_MAX - 4, 0);
	assert_int_equal(guess(otp_code), CS_SW_OK);
	expect_status(OATH_TRIES_MAX, 0);
}

/* The waits that docs/PROTOCOL promises, in seconds, after 5 wrong codes, 6, ... */
static void from_the_fifth_wrong_code_on_each_further_one_has_to_wait_longer(void **state)
{
	(void)state;
	static const unsigned waits[] = {5, 10, 20, 40, 80, 160, 320, 640, 900, 900};
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	guess_wrong(4);
	expect_status(11, 0);
	for (unsigned i = 0; i < sizeof waits / sizeof waits[0]; i++) {
		assert_int_equal(guess(wrong_code), CS_SW_WRONG_DATA);
		expect_status(10 - i, waits[i]);
		otp->now_ms += waits[i] * 1000 - 1;
		expect_status(10 - i, 1);
		/* Before its time not even the right code is looked at, and nothing is spent. */
		assert_int_equal(guess(otp_code), CS_SW_CONDITIONS);
		expect_status(10 - i, 1);
		otp->now_ms += 1;
		expect_status(10 - i, 0);
	}
	assert_int_equal(guess(otp_code), CS_SW_OK);
}

static void power_on_begins_the_wait_anew(void **state)
{
	(void)state;
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	guess_wrong(6);
	otp->now_ms += 9000;
	expect_status(9, 1);
	card_reset(&otp->card);
	assert_int_equal(otp_open(), CS_SW_OK);
	expect_tries(9, 1);
	assert_int_equal(fixture_power_cycle(otp), CS_OK);
	assert_int_equal(guess(otp_code), CS_SW_CONDITIONS);
	expect_status(9, 10);
	/* A clock that begins at 0 with the power. */
	otp->now_ms = 0;
	assert_int_equal(fixture_power_cycle(otp), CS_OK);
	assert_int_equal(guess(otp_code), CS_SW_CONDITIONS);
	otp->now_ms = 10000;
	assert_int_equal(guess(otp_code), CS_SW_OK);
}

static void after_fifteen_wrong_codes_not_even_the_right_one_is_good(void **state)
{
	(void)state;
	assert_int_equal(otp_hotp("a"), CS_SW_OK);
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	guess_wrong(OATH_TRIES_MAX);
	expect_status(0, 0);
	otp->now_ms += OATH_WAIT_MAX_MS;
	assert_int_equal(guess(otp_code), CS_SW_BLOCKED);
	assert_int_equal(fixture_power_cycle(otp), CS_OK);
	assert_int_equal(guess(otp_code), CS_SW_BLOCKED);
	assert_int_equal(otp_command(YKOATH_INS_LIST, 0, 0, CS_VIEW_EMPTY), CS_SW_SECURITY_STATUS);
	assert_int_equal(otp_command(YKOATH_INS_RESET, 0xDE, 0xAD, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(otp_listed(), 0);
}

static void only_an_officer_whose_pin_is_his_own_unblocks(void **state)
{
	(void)state;
	assert_int_equal(otp_hotp("a"), CS_SW_OK);
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	guess_wrong(OATH_TRIES_MAX);
	assert_int_equal(otp_command(YKOATH_INS_UNBLOCK, 0, 0, CS_VIEW_EMPTY), CS_SW_SECURITY_STATUS);
	fixture_expect(otp, "00200083 08 3132333435363738", CS_SW_OK);
	assert_int_equal(otp_command(YKOATH_INS_UNBLOCK, 0, 0, CS_VIEW_EMPTY), CS_SW_CONDITIONS);
	fixture_expect(otp, SELECT_CSGN, CS_SW_OK);
	fixture_expect(otp, "00240083 10 3132333435363738 3733393430323136", CS_SW_OK);
	assert_int_equal(otp_open(), CS_SW_OK);
	fixture_expect(otp, VERIFY_PIN, CS_SW_OK);
	assert_int_equal(otp_command(YKOATH_INS_UNBLOCK, 0, 0, CS_VIEW_EMPTY), CS_SW_SECURITY_STATUS);
	fixture_expect(otp, "00200083 08 3733393430323136", CS_SW_OK);
	assert_int_equal(otp_command(YKOATH_INS_UNBLOCK, 0, 0, CS_VIEW_EMPTY), CS_SW_OK);
	/* He gives tries, not entry. */
	assert_int_equal(otp_command(YKOATH_INS_LIST, 0, 0, CS_VIEW_EMPTY), CS_SW_SECURITY_STATUS);
	expect_status(OATH_TRIES_MAX, 0);
	assert_int_equal(guess(otp_code), CS_SW_OK);
	assert_int_equal(otp_listed(), 1);
}

static void a_new_code_has_all_tries_and_a_removed_one_none_to_tell(void **state)
{
	(void)state;
	static const uint8_t nothing[] = {YKOATH_TAG_KEY, 0};
	uint8_t challenge[8];
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	otp_challenge(challenge);
	assert_int_equal(otp_code_validate(wrong_code, challenge), CS_SW_WRONG_DATA);
	assert_int_equal(otp_code_validate(otp_code, challenge), CS_SW_OK);
	assert_int_equal(otp_command(YKOATH_INS_SET_CODE, 0, 0, CS_VIEW_OF(nothing)), CS_SW_OK);
	assert_int_equal(otp_command(YKOATH_INS_STATUS, 0, 0, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(otp->data.len, 0);
	assert_int_equal(otp_code_set(wrong_code, true), CS_SW_OK);
	expect_status(OATH_TRIES_MAX, 0);
}

/* A flash that fails before the try is spent: nothing is compared, even the right code opens nothing. */
static void a_try_that_cannot_be_spent_is_no_try(void **state)
{
	(void)state;
	uint8_t challenge[8];
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	otp_challenge(challenge);
	flash_ram_cut_at(otp->flash, 1, FLASH_TEAR_NOTHING, 1);
	assert_int_equal(otp_code_validate(otp_code, challenge), CS_SW_MEMORY_FAILURE);
	assert_int_equal(otp_command(YKOATH_INS_LIST, 0, 0, CS_VIEW_EMPTY), CS_SW_SECURITY_STATUS);
}

/* ---- what is not of its form ---- */

static void put_record(uint16_t id, struct cs_view value)
{
	assert_int_equal(store_put(&otp->card.store, id, value), CS_OK);
}

static void an_access_code_s_damaged_record_opens_nothing(void **state)
{
	(void)state;
	static const uint8_t damaged[YKOATH_CODE_LEN] = {YKOATH_HASH_SHA1};
	uint8_t challenge[8];
	assert_int_equal(otp_hotp("a"), CS_SW_OK);
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	otp_challenge(challenge);
	put_record(RECORD_OATH_CODE, CS_VIEW_OF(damaged));
	assert_int_equal(otp_code_validate(otp_code, challenge), CS_SW_MEMORY_FAILURE);
	assert_int_equal(otp_open(), CS_SW_MEMORY_FAILURE);
	assert_int_equal(otp_command(YKOATH_INS_LIST, 0, 0, CS_VIEW_EMPTY), CS_SW_SECURITY_STATUS);
	assert_int_equal(otp_hotp("b"), CS_SW_SECURITY_STATUS);
}

static void more_tries_than_there_are_count_as_none(void **state)
{
	(void)state;
	static const uint8_t more[] = {OATH_TRIES_MAX + 1};
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	put_record(RECORD_OATH_TRIES, CS_VIEW_OF(more));
	expect_status(0, 0);
	assert_int_equal(guess(otp_code), CS_SW_BLOCKED);
}

static void set_code_takes_nothing_malformed(void **state)
{
	(void)state;
	/* Nothing of 73; cut off; a byte short; a hash that nobody knows; an empty proof; none. */
	static const struct {
		const char *body;
		size_t len;
	} wrong[] = {
	    {"\x74\x00", 2},
	    {"\x73\x11\x21"
	     "0123456789abcde",
	     18},
	    {"\x73\x10\x21"
	     "0123456789abcde\x74\x08"
	     "8 bytes!\x75\x00",
	     30},
	    {"\x73\x11\x2F"
	     "0123456789abcdef\x74\x08"
	     "8 bytes!\x75\x00",
	     31},
	    {"\x73\x11\x21"
	     "0123456789abcdef\x74\x08"
	     "8 bytes!\x75\x00",
	     31},
	    {"\x73\x11\x21"
	     "0123456789abcdef\x74\x08"
	     "8 bytes!",
	     29},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct cs_view body = cs_view(wrong[i].body, wrong[i].len);
		assert_int_equal(otp_command(YKOATH_INS_SET_CODE, 0, 0, body), CS_SW_WRONG_DATA);
	}
	assert_int_equal(otp_open(), CS_SW_OK);
	assert_int_equal(otp_found(YKOATH_TAG_CHALLENGE).len, 0);
	assert_int_equal(otp_listed(), 0);
}

static void where_no_code_is_set_there_is_nothing_to_unblock(void **state)
{
	(void)state;
	fixture_expect(otp, SELECT_CSGN, CS_SW_OK);
	fixture_expect(otp, "00240083 10 3132333435363738 3733393430323136", CS_SW_OK);
	assert_int_equal(otp_open(), CS_SW_OK);
	fixture_expect(otp, "00200083 08 3733393430323136", CS_SW_OK);
	assert_int_equal(otp_command(YKOATH_INS_UNBLOCK, 0, 0, CS_VIEW_EMPTY), CS_SW_REFERENCE_UNUSABLE);
	assert_false(store_has(&otp->card.store, RECORD_OATH_TRIES));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, otp_setup, otp_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_access_code_is_set_only_by_who_proves_to_have_it),
	    TEST(a_locked_card_answers_nothing_but_validate_and_reset),
	    TEST(validate_unlocks_and_each_select_locks_again),
	    TEST(an_empty_response_does_not_unlock),
	    TEST(reset_needs_no_code_and_makes_another_device),
	    TEST(the_tries_left_are_told_by_select_and_status),
	    TEST(the_right_code_brings_all_tries_back),
	    TEST(from_the_fifth_wrong_code_on_each_further_one_has_to_wait_longer),
	    TEST(power_on_begins_the_wait_anew),
	    TEST(after_fifteen_wrong_codes_not_even_the_right_one_is_good),
	    TEST(only_an_officer_whose_pin_is_his_own_unblocks),
	    TEST(a_new_code_has_all_tries_and_a_removed_one_none_to_tell),
	    TEST(a_try_that_cannot_be_spent_is_no_try),
	    TEST(an_access_code_s_damaged_record_opens_nothing),
	    TEST(more_tries_than_there_are_count_as_none),
	    TEST(set_code_takes_nothing_malformed),
	    TEST(where_no_code_is_set_there_is_nothing_to_unblock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
