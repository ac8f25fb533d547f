/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OATH credentials that are bound to the card's PIN.
 */
#include "tests/unit/oath_fixture.h"

#include <string.h>

#include "applet/oath_credential.h"
#include "base/tlv.h"

static const uint8_t bound[] = {YKOATH_TAG_PROPERTIES, 1, YKOATH_PROPERTY_PIN};
static const uint8_t step[8] = {0};

static int setup(void **state)
{
	if (otp_setup(state) != 0)
		return -1;
	assert_int_equal(otp_put("totp", YKOATH_TYPE_TOTP | 1, 6, SEED20, CS_VIEW_OF(bound)), CS_SW_OK);
	assert_int_equal(otp_put("hotp", YKOATH_TYPE_HOTP | 1, 6, SEED20, CS_VIEW_OF(bound)), CS_SW_OK);
	assert_int_equal(otp_put("free", YKOATH_TYPE_TOTP | 1, 6, SEED20, CS_VIEW_EMPTY), CS_SW_OK);
	return 0;
}

static void a_code_wants_the_pin_verified(void **state)
{
	(void)state;
	assert_int_equal(otp_calculate("totp", CS_VIEW_OF(step), 1), CS_SW_SECURITY_STATUS);
	assert_int_equal(otp_calculate("totp", CS_VIEW_OF(step), 0), CS_SW_SECURITY_STATUS);
	assert_int_equal(otp_calculate("hotp", CS_VIEW_EMPTY, 1), CS_SW_SECURITY_STATUS);
	assert_string_equal(otp_totp_code("free", 0), otp_rfc4226[0]);
	fixture_expect(otp, WRONG_PIN, CS_SW_TRIES_LEFT | 2);
	assert_int_equal(otp_calculate("totp", CS_VIEW_OF(step), 1), CS_SW_SECURITY_STATUS);
	fixture_expect(otp, VERIFY_PIN, CS_SW_OK);
	assert_string_equal(otp_totp_code("totp", 0), otp_rfc4226[0]);
	/* Nothing that was refused has moved the counter. */
	assert_string_equal(otp_hotp_code("hotp"), otp_rfc4226[0]);
	assert_string_equal(otp_hotp_code("hotp"), otp_rfc4226[1]);
}

static void log_out_a_wrong_pin_another_application_and_reset_end_it(void **state)
{
	(void)state;
	fixture_expect(otp, VERIFY_PIN, CS_SW_OK);
	assert_int_equal(otp_open(), CS_SW_OK); /* the same application: kept */
	assert_string_equal(otp_hotp_code("hotp"), otp_rfc4226[0]);
	fixture_expect(otp, "0020FF80", CS_SW_OK);
	assert_string_equal(otp_hotp_code("hotp"), "");
	fixture_expect(otp, VERIFY_PIN, CS_SW_OK);
	fixture_expect(otp, WRONG_PIN, CS_SW_TRIES_LEFT | 2);
	assert_string_equal(otp_hotp_code("hotp"), "");
	fixture_expect(otp, VERIFY_PIN, CS_SW_OK);
	fixture_expect(otp, SELECT_PIV, CS_SW_OK);
	assert_int_equal(otp_open(), CS_SW_OK);
	assert_string_equal(otp_hotp_code("hotp"), "");
	fixture_expect(otp, VERIFY_PIN, CS_SW_OK);
	card_reset(&otp->card);
	assert_int_equal(otp_open(), CS_SW_OK);
	assert_string_equal(otp_hotp_code("hotp"), "");
}

static void the_access_code_and_the_so_pin_do_not_stand_for_the_pin(void **state)
{
	uint8_t challenge[8];

	(void)state;
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	otp_challenge(challenge);
	fixture_expect(otp, VERIFY_PIN, CS_SW_OK);
	assert_int_equal(otp_calculate("totp", CS_VIEW_OF(step), 1), CS_SW_SECURITY_STATUS);
	fixture_expect(otp, "0020FF80", CS_SW_OK);
	assert_int_equal(otp_code_validate(otp_code, challenge), CS_SW_OK);
	assert_int_equal(otp_calculate("totp", CS_VIEW_OF(step), 1), CS_SW_SECURITY_STATUS);
	fixture_expect(otp, "00200083 08 3132333435363738", CS_SW_OK);
	assert_int_equal(otp_calculate("totp", CS_VIEW_OF(step), 1), CS_SW_SECURITY_STATUS);
	fixture_expect(otp, VERIFY_PIN, CS_SW_OK);
	assert_string_equal(otp_totp_code("totp", 0), otp_rfc4226[0]);
}

static void calculate_all_says_that_the_pin_is_wanted_until_it_is_there(void **state)
{
	static const uint8_t all[] = {YKOATH_TAG_CHALLENGE, 8, 0, 0, 0, 0, 0, 0, 0, 0};
	struct cs_reader r;

	(void)state;
	assert_int_equal(otp_command(YKOATH_INS_CALCULATE_ALL, 0, 1, CS_VIEW_OF(all)), CS_SW_OK);
	r = cs_reader_of(otp->data);
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_NAME), CS_VIEW_TEXT("totp")));
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_TOUCH), CS_VIEW_TEXT("\6\x40")));
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_NAME), CS_VIEW_TEXT("hotp")));
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_HOTP), CS_VIEW_TEXT("\6\x40")));
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_NAME), CS_VIEW_TEXT("free")));
	assert_string_equal(otp_code_text(cs_tlv_expect(&r, YKOATH_TAG_TRUNCATED_RESPONSE)), otp_rfc4226[0]);
	assert_int_equal(cs_reader_done(&r), CS_OK);
	fixture_expect(otp, VERIFY_PIN, CS_SW_OK);
	assert_int_equal(otp_command(YKOATH_INS_CALCULATE_ALL, 0, 1, CS_VIEW_OF(all)), CS_SW_OK);
	r = cs_reader_of(otp->data);
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_NAME), CS_VIEW_TEXT("totp")));
	assert_string_equal(otp_code_text(cs_tlv_expect(&r, YKOATH_TAG_TRUNCATED_RESPONSE)), otp_rfc4226[0]);
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_NAME), CS_VIEW_TEXT("hotp")));
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_HOTP), CS_VIEW_TEXT("\6")));
}

static void list_all_tells_it_and_other_hosts_see_an_ordinary_credential(void **state)
{
	(void)state;
	assert_int_equal(otp_listed(), 3);
	assert_int_equal(otp_command(YKOATH_INS_LIST_ALL, 0, 0, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(otp_found(YKOATH_TAG_PROPERTIES).len, 2 + YKOATH_UNIQUE_LEN);
	assert_true(cs_view_starts_with(otp_found(YKOATH_TAG_PROPERTIES), CS_VIEW_TEXT("\x40\6")));
}

static void the_pin_comes_before_the_touch(void **state)
{
	static const uint8_t both[] = {YKOATH_TAG_PROPERTIES, 1, YKOATH_PROPERTY_PIN | YKOATH_PROPERTY_TOUCH};

	(void)state;
	assert_int_equal(otp_put("both", YKOATH_TYPE_TOTP | 1, 6, SEED20, CS_VIEW_OF(both)), CS_SW_OK);
	otp->touch_says = CS_OK;
	assert_int_equal(otp_calculate("both", CS_VIEW_OF(step), 1), CS_SW_SECURITY_STATUS);
	assert_int_equal(otp->touches, 0);
	fixture_expect(otp, VERIFY_PIN, CS_SW_OK);
	assert_string_equal(otp_totp_code("both", 0), otp_rfc4226[0]);
	assert_int_equal(otp->touches, 1);
}

static void the_binding_outlives_renaming_power_and_a_new_pin(void **state)
{
	(void)state;
	assert_int_equal(otp_named(YKOATH_INS_RENAME, "hotp", "other"), CS_SW_OK);
	assert_int_equal(fixture_power_cycle(otp), CS_OK);
	fixture_expect(otp, SELECT_PIV, CS_SW_OK);
	fixture_expect(otp, "00240080 10 313233343536FFFF 373839303132FFFF", CS_SW_OK);
	assert_int_equal(otp_open(), CS_SW_OK);
	assert_string_equal(otp_hotp_code("other"), "");
	fixture_expect(otp, "00200080 08 373839303132FFFF", CS_SW_OK);
	assert_string_equal(otp_hotp_code("other"), otp_rfc4226[0]);
	assert_string_equal(otp_hotp_code("other"), otp_rfc4226[1]);
}

static void no_other_property_can_be_asked_for(void **state)
{
	static const uint8_t odd[] = {YKOATH_TAG_PROPERTIES, 1, YKOATH_PROPERTY_MADE};
	static const uint8_t empty[] = {YKOATH_TAG_PROPERTIES, 0};
	static const uint8_t theirs[] = {YKOATH_TAG_PROPERTY, YKOATH_PROPERTY_PIN};

	(void)state;
	assert_int_equal(otp_put("x", YKOATH_TYPE_TOTP | 1, 6, SEED20, CS_VIEW_OF(odd)), CS_SW_WRONG_DATA);
	assert_int_equal(otp_put("x", YKOATH_TYPE_TOTP | 1, 6, SEED20, CS_VIEW_OF(empty)), CS_SW_WRONG_DATA);
	assert_int_equal(otp_put("x", YKOATH_TYPE_TOTP | 1, 6, SEED20, CS_VIEW_OF(theirs)),
			 CS_SW_FUNCTION_UNSUPPORTED);
	assert_int_equal(otp_listed(), 3);
}

/* ---- on the flash ---- */

/* The record of the credential, the n-th that was put. */
static struct cs_view record_of(unsigned n, uint8_t *buf, size_t cap)
{
	struct cs_writer w = cs_writer_of(buf, cap);

	assert_int_equal(store_get(&otp->card.store, (uint16_t)(RECORD_OATH_CREDENTIAL_FIRST + n), &w),
			 CS_OK);
	return cs_writer_view(&w);
}

static bool has_seed(struct cs_view record)
{
	return memmem(record.ptr, record.len, SEED20, 20) != NULL;
}

static void the_seed_of_a_bound_credential_is_sealed_under_the_pin(void **state)
{
	uint8_t buf[400];

	(void)state;
	assert_false(has_seed(record_of(0, buf, sizeof buf)));
	assert_false(has_seed(record_of(1, buf, sizeof buf)));
	assert_true(has_seed(record_of(2, buf, sizeof buf)));
	/* The card's memory has not got it either, until the PIN is there. */
	assert_int_equal(fixture_power_cycle(otp), CS_OK);
	assert_int_equal(otp_open(), CS_SW_OK);
	otp->card.channels[0].security |= SECURITY_PIN;
	assert_int_equal(otp_calculate("totp", CS_VIEW_OF(step), 1), CS_SW_SECURITY_STATUS);
}

/* Put without the PIN, it is sealed to a public key; its first use makes that a shorter envelope, once. */
static void the_first_use_seals_anew_what_was_put_without_the_pin(void **state)
{
	static const char *const names[] = {"totp", "hotp"};
	uint8_t buf[400];

	(void)state;
	fixture_expect(otp, VERIFY_PIN, CS_SW_OK);
	for (unsigned n = 0; n < 2; n++) {
		size_t before = record_of(n, buf, sizeof buf).len, after;

		assert_int_equal(otp_calculate(names[n], CS_VIEW_OF(step), 1), CS_SW_OK);
		assert_string_equal(otp_code_text(otp_found(YKOATH_TAG_TRUNCATED_RESPONSE)), otp_rfc4226[0]);
		after = record_of(n, buf, sizeof buf).len;
		assert_true(after < before);
		assert_false(has_seed(record_of(n, buf, sizeof buf)));
		assert_int_equal(otp_calculate(names[n], CS_VIEW_OF(step), 1), CS_SW_OK);
		assert_int_equal(record_of(n, buf, sizeof buf).len, after);
	}
	assert_string_equal(otp_hotp_code("hotp"), otp_rfc4226[2]);
	/* Put with the PIN, it is short from the beginning. */
	size_t shorter = record_of(1, buf, sizeof buf).len;
	assert_int_equal(otp_put("new1", YKOATH_TYPE_HOTP | 1, 6, SEED20, CS_VIEW_OF(bound)), CS_SW_OK);
	assert_int_equal(record_of(3, buf, sizeof buf).len, shorter);
}

static void a_pin_that_must_be_changed_gives_no_code(void **state)
{
	(void)state;
	fixture_expect(otp, SELECT_CSGN, CS_SW_OK);
	fixture_expect(otp, "00200083 08 3132333435363738", CS_SW_OK);
	fixture_expect(otp, "80030000 0B 9106 343536313233 B30101", CS_SW_OK);
	assert_int_equal(otp_open(), CS_SW_OK);
	fixture_expect(otp, "00200080 08 343536313233FFFF", CS_SW_OK);
	assert_int_equal(otp_calculate("totp", CS_VIEW_OF(step), 1), CS_SW_CONDITIONS);
	assert_string_equal(otp_hotp_code("hotp"), "");
	fixture_expect(otp, SELECT_PIV, CS_SW_OK);
	fixture_expect(otp, "00240080 10 343536313233FFFF 373839303132FFFF", CS_SW_OK);
	assert_int_equal(otp_open(), CS_SW_OK);
	fixture_expect(otp, "00200080 08 373839303132FFFF", CS_SW_OK);
	assert_string_equal(otp_hotp_code("hotp"), otp_rfc4226[0]);
}

static void a_reset_of_piv_takes_what_is_bound_to_its_pin_and_no_more(void **state)
{
	(void)state;
	fixture_expect(otp, SELECT_PIV, CS_SW_OK);
	for (unsigned i = 0; i < 3; i++) {
		fixture_send(otp, WRONG_PIN);
		fixture_send(otp, "002C0080 10 3030303030303030 3132333435363738");
	}
	fixture_expect(otp, "00FB0000", CS_SW_OK);
	assert_int_equal(otp_open(), CS_SW_OK);
	assert_int_equal(otp_listed(), 1);
	assert_string_equal(otp_totp_code("free", 0), otp_rfc4226[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, otp_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_code_wants_the_pin_verified),
	    TEST(log_out_a_wrong_pin_another_application_and_reset_end_it),
	    TEST(the_access_code_and_the_so_pin_do_not_stand_for_the_pin),
	    TEST(calculate_all_says_that_the_pin_is_wanted_until_it_is_there),
	    TEST(list_all_tells_it_and_other_hosts_see_an_ordinary_credential),
	    TEST(the_pin_comes_before_the_touch),
	    TEST(the_binding_outlives_renaming_power_and_a_new_pin),
	    TEST(no_other_property_can_be_asked_for),
	    TEST(the_seed_of_a_bound_credential_is_sealed_under_the_pin),
	    TEST(the_first_use_seals_anew_what_was_put_without_the_pin),
	    TEST(a_pin_that_must_be_changed_gives_no_code),
	    TEST(a_reset_of_piv_takes_what_is_bound_to_its_pin_and_no_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
