/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PIN, PUK and SO PIN: states, tries, rules, and what a store that fails may not give away.
 */
#include "tests/unit/card_fixture.h"

#include <string.h>

#include "applet/pin.h"
#include "applet/pin_rules.h"
#include "applet/records.h"

#define WRONG_PUK "002C0080 10 3837363534333231 343536313233FFFF"
#define UNBLOCK	  "002C0080 10 3132333435363738 343536313233FFFF"
#define NEW_PIN	  "00200080 08 343536313233FFFF"

static int setup_selected(void **state)
{
	fixture_setup_piv(state);
	fixture_expect(*state, SELECT_PIV, CS_SW_OK);
	return 0;
}

static int setup_countersign(void **state)
{
	fixture_setup_countersign(state);
	fixture_expect(*state, SELECT_PIV, CS_SW_OK);
	return 0;
}

static void a_state_query_costs_nothing_in_both_forms(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 5; i++) {
		fixture_expect(f, "00200080", 0x63C3);
		fixture_expect(f, "0020008000", 0x63C3);
	}
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "00200080", CS_SW_OK);
	fixture_expect(f, "0020008000", CS_SW_OK);
}

static void logging_out_forgets_the_pin(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "0020FF80", CS_SW_OK);
	fixture_expect(f, "00200080", 0x63C3);
	fixture_expect(f, "0020FF80 08 313233343536FFFF", CS_SW_WRONG_LENGTH);
	fixture_expect(f, "00200180", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00200000", CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, "00200081", CS_SW_REFERENCE_NOT_FOUND);
}

static void three_wrong_pins_block_and_the_puk_unblocks(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, WRONG_PIN, 0x63C2);
	fixture_expect(f, WRONG_PIN, 0x63C1);
	fixture_expect(f, WRONG_PIN, 0x63C0);
	fixture_expect(f, VERIFY_PIN, CS_SW_BLOCKED);
	fixture_expect(f, "00200080", CS_SW_BLOCKED);
	fixture_expect(f, UNBLOCK, CS_SW_OK);
	fixture_expect(f, "00200080", 0x63C3);
	fixture_expect(f, VERIFY_PIN, 0x63C2);
	fixture_expect(f, NEW_PIN, CS_SW_OK);
}

static void the_right_pin_brings_the_tries_back(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, WRONG_PIN, 0x63C2);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, WRONG_PIN, 0x63C2);
}

static void a_wrong_pin_ends_what_the_right_one_began(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, WRONG_PIN, 0x63C2);
	fixture_expect(f, "00200080", 0x63C2);
}

static void tries_survive_power_loss(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, WRONG_PIN, 0x63C2);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00200080", 0x63C2);
	fixture_expect(f, WRONG_PIN, 0x63C1);
}

static void a_pin_that_cannot_be_one_costs_no_try(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00200080 08 3132333435FFFFFF", CS_SW_WRONG_DATA);
	fixture_expect(f, "00200080 08 313233FF343536FF", CS_SW_WRONG_DATA);
	fixture_expect(f, "00200080", 0x63C3);
}

/* ykman's reset sends these until PIN and PUK are blocked. */
static void an_empty_pin_costs_a_try(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00200080 08 FFFFFFFFFFFFFFFF", 0x63C2);
	fixture_expect(f, "002C0080 10 FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF", 0x63C2);
	fixture_expect(f, "00240080 10 FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF", 0x63C1);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
}

static void the_puk_blocks_too(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, WRONG_PUK, 0x63C2);
	fixture_expect(f, WRONG_PUK, 0x63C1);
	fixture_expect(f, WRONG_PUK, 0x63C0);
	fixture_expect(f, UNBLOCK, CS_SW_BLOCKED);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
}

static void pin_and_puk_can_be_changed_by_who_knows_them(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00240080 10 363534333231FFFF 343536313233FFFF", 0x63C2);
	fixture_expect(f, "00240080 10 313233343536FFFF 343536313233FFFF", CS_SW_OK);
	fixture_expect(f, "00200080", CS_SW_OK);
	fixture_expect(f, NEW_PIN, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, 0x63C2);
	fixture_expect(f, "00240081 10 3132333435363738 3837363534333231", CS_SW_OK);
	fixture_expect(f, UNBLOCK, 0x63C2);
	fixture_expect(f, WRONG_PUK, CS_SW_OK);
	fixture_expect(f, "00240082 10 3132333435363738 3837363534333231", CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, "00240180 10 313233343536FFFF 343536313233FFFF", CS_SW_WRONG_P1P2);
}

static void a_new_pin_of_a_bad_form_costs_no_try(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00240080 10 363534333231FFFF 31323334FFFFFFFF", CS_SW_WRONG_DATA);
	fixture_expect(f, "002C0080 10 3837363534333231 31323334FFFFFFFF", CS_SW_WRONG_DATA);
	fixture_expect(f, "00200080", 0x63C3);
	fixture_expect(f, WRONG_PUK, 0x63C2);
}

static void the_piv_profile_takes_any_pin(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00240080 10 313233343536FFFF 313131313131FFFF", CS_SW_OK);
}

static enum cs_err rules_say(struct fixture *f, const char *text)
{
	uint8_t block[PIV_PIN_LEN];

	assert_int_equal(pin_pad(cs_view_string(text), block), CS_OK);
	return pin_rules(&f->card.profile, block);
}

static void the_countersign_profile_refuses_trivial_pins(void **state)
{
	struct fixture *f = *state;
	static const char *const trivial[] = {
	    "111111", "11111111", "123456",   "12345678", "987654",  "654321",	 "890123",   "210987",
	    "abcdef", "121212",	  "1212121",  "123123",	  "1231231", "12341234", "47114711", "aabbccdd",
	    "112233", "1122334",  "33221100", "889900",	  "222111",  "112122",	 "11111112", "aaaaab",
	};
	static const char *const fine[] = {"456123",   "132456", "135790", "864213", "112358",
					   "19283746", "Max z ", "4a7b9c", "3-1.4+", "-./+!x",
					   "47114712", "123457", "1234321"};

	for (size_t i = 0; i < sizeof(trivial) / sizeof(trivial[0]); i++) {
		if (rules_say(f, trivial[i]) != CS_ERR_MALFORMED)
			fail_msg("%s is no good PIN", trivial[i]);
	}
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		if (rules_say(f, fine[i]) != CS_OK)
			fail_msg("%s would do", fine[i]);
	}
	assert_int_equal(rules_say(f, "45\x01\x02\x03\x07"), CS_ERR_MALFORMED);
	assert_int_equal(rules_say(f, "4561\xE4\xB6"), CS_ERR_MALFORMED);
}

static void a_pin_against_the_rules_costs_no_try_and_changes_nothing(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00240080 10 313233343536FFFF 313231323132FFFF", CS_SW_WRONG_DATA);
	fixture_expect(f, "00240080 10 363534333231FFFF 313231323132FFFF", CS_SW_WRONG_DATA);
	fixture_expect(f, "002C0080 10 3837363534333231 313231323132FFFF", CS_SW_WRONG_DATA);
	fixture_expect(f, "00240081 10 3837363534333231 3131323233333434", CS_SW_WRONG_DATA);
	fixture_expect(f, "00200080", 0x63C3);
	fixture_expect_data(f, "00F70081 00", "0101FF 050101 06020303");
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "00240080 10 313233343536FFFF 4D6178207A20FFFF", CS_SW_OK);
}

/* The flash fails from the n-th operation on, for each n: no answer may come that was not paid for. */
static void a_failing_store_never_yields_a_free_try(void **state)
{
	struct fixture *f = *state;
	struct pin_info before, after;
	struct pin_match match;

	for (unsigned n = 1; n < 12; n++) {
		static const uint8_t wrong[] = {'6', '5', '4', '3', '2', '1', 0xFF, 0xFF};
		static const uint8_t right[] = {'1', '2', '3', '4', '5', '6', 0xFF, 0xFF};
		enum cs_err err;

		assert_int_equal(pin_info(&f->card, PIN_USER, &before), CS_OK);
		flash_ram_cut_at(f->flash, n, FLASH_TEAR_NOTHING, n);
		err = pin_compare(&f->card, PIN_USER, wrong, &match);
		assert_int_equal(fixture_power_cycle(f), CS_OK);
		assert_int_equal(pin_info(&f->card, PIN_USER, &after), CS_OK);
		assert_true(after.tries_left <= before.tries_left);
		if (err == CS_ERR_WRONG)
			assert_int_equal(after.tries_left, before.tries_left - 1);
		else
			assert_int_equal(err, CS_ERR_IO);
		assert_int_equal(pin_compare(&f->card, PIN_USER, right, &match), CS_OK);
	}
}

static void a_store_that_fails_verifies_nobody(void **state)
{
	struct fixture *f = *state;

	flash_ram_cut_at(f->flash, 1, FLASH_TEAR_NOTHING, 1);
	fixture_expect(f, VERIFY_PIN, CS_SW_MEMORY_FAILURE);
	assert_int_not_equal(fixture_send(f, "00200080"), CS_SW_OK);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	assert_int_not_equal(fixture_send(f, "00200080"), CS_SW_OK);
}

static void set_retries_needs_pin_and_management_key_and_restores_the_factory_s_pins(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00240080 10 313233343536FFFF 343536313233FFFF", CS_SW_OK);
	fixture_expect(f, "0020FF80", CS_SW_OK);
	fixture_expect(f, "00FA0507", CS_SW_SECURITY_STATUS);
	fixture_authenticate_management(f);
	fixture_expect(f, "00FA0507", CS_SW_SECURITY_STATUS);
	fixture_expect(f, NEW_PIN, CS_SW_OK);
	fixture_expect(f, "00FA0007", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00FA1007", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00FA0507", CS_SW_OK);
	fixture_expect(f, "00200080", 0x63C5);
	fixture_expect(f, WRONG_PIN, 0x63C4);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect_data(f, "00F70080 00", "0101FF 050101 06020505");
	fixture_expect(f, WRONG_PUK, 0x63C6);
	fixture_expect_data(f, "00F70081 00", "0101FF 050101 06020706");
}

static void metadata_tell_default_pins_and_tries(void **state)
{
	struct fixture *f = *state;

	fixture_expect_data(f, "00F70080 00", "0101FF 050101 06020303");
	fixture_expect(f, WRONG_PIN, 0x63C2);
	fixture_expect_data(f, "00F70080 00", "0101FF 050101 06020302");
	fixture_expect(f, UNBLOCK, CS_SW_OK);
	fixture_expect_data(f, "00F70080 00", "0101FF 050100 06020303");
}

/* ---- a PIN that must be changed ---- */

#define SIGN(slot) "008711" slot " 0E 7C0C 8200 8108 0102030405060708 00"

/* A key in 9A that wants the PIN, another in 9E that does not; the officer has set the PIN 135790, to be
 * changed. */
static void begin_expired(struct fixture *f)
{
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "0047009A 05 AC03800111 00", CS_SW_OK);
	fixture_expect(f, "0047009C 05 AC03800111 00", CS_SW_OK);
	fixture_expect(f, "0047009E 05 AC03800111 00", CS_SW_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "00200083 08 3132333435363738", CS_SW_OK);
	fixture_expect(f, "80030000 0B 9106 313335373930 B30101", CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
}

#define EXPIRED_PIN "00200080 08 313335373930FFFF"

static void a_pin_that_must_be_changed_verifies_and_opens_no_private_key(void **state)
{
	struct fixture *f = *state;

	begin_expired(f);
	for (int i = 0; i < 2; i++) {
		fixture_expect(f, SIGN("9A"), CS_SW_SECURITY_STATUS);
		fixture_expect(f, EXPIRED_PIN, CS_SW_OK);
		fixture_expect(f, "00200080", CS_SW_OK);
		fixture_expect(f, SIGN("9C"), CS_SW_REFERENCE_UNUSABLE);
		fixture_expect(f, SIGN("9A"), CS_SW_REFERENCE_UNUSABLE);
		fixture_expect(f, SIGN("9E"), CS_SW_OK);
		/* It manages, where the profile lets it, and reads. */
		fixture_expect(f, "00DB3FFF 0A 5C035FC105 5303 700101", CS_SW_OK);
		fixture_expect(f, "00CB3FFF 05 5C035FC109 00", CS_SW_NOT_FOUND);
		/* Hosts are told, also after the power was gone. */
		fixture_expect_data(f, "00F70080 00", "0101FF 050100 06020303 B30101");
		fixture_expect(f, "80010000 00", CS_SW_OK);
		assert_true(fixture_answer_has(f, "B30101"));
		assert_int_equal(fixture_power_cycle(f), CS_OK);
		fixture_expect(f, SELECT_PIV, CS_SW_OK);
	}
}

static void changing_it_to_another_is_what_ends_that(void **state)
{
	struct fixture *f = *state;

	begin_expired(f);
	fixture_expect(f, EXPIRED_PIN, CS_SW_OK);
	fixture_expect(f, "00240080 10 313335373930FFFF 313335373930FFFF", CS_SW_WRONG_DATA);
	fixture_expect(f, SIGN("9A"), CS_SW_REFERENCE_UNUSABLE);
	fixture_expect(f, "00240080 10 313335373930FFFF 393133373238FFFF", CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
	fixture_expect_data(f, "00F70080 00", "0101FF 050100 06020303");
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00200080 08 393133373238FFFF", CS_SW_OK);
	fixture_expect(f, SIGN("9C"), CS_SW_OK);
	/* A PIN that need not be changed may be changed to itself. */
	fixture_expect(f, "00240080 10 393133373238FFFF 393133373238FFFF", CS_SW_OK);
}

static void who_has_the_puk_has_chosen_the_pin_himself(void **state)
{
	struct fixture *f = *state;

	begin_expired(f);
	fixture_expect(f, "002C0080 10 3132333435363738 393133373238FFFF", CS_SW_OK);
	fixture_expect(f, "00200080 08 393133373238FFFF", CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_OK);
}

static void a_wrong_pin_and_logging_out_forget_that_it_must_be_changed_with_the_rest(void **state)
{
	struct fixture *f = *state;

	begin_expired(f);
	fixture_expect(f, EXPIRED_PIN, CS_SW_OK);
	fixture_expect(f, "0020FF80", CS_SW_OK);
	fixture_expect(f, SIGN("9A"), CS_SW_SECURITY_STATUS);
	fixture_expect(f, EXPIRED_PIN, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, 0x63C2);
	fixture_expect(f, SIGN("9A"), CS_SW_SECURITY_STATUS);
}

static void a_profile_makes_every_pin_of_someone_else_s_one_to_be_changed(void **state)
{
	struct fixture *f = *state;

	/* 02: must be changed; 08: the factory's management key */
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "80020000 11 9008 3837363534333031 8400 A003 81010A", CS_SW_OK);
	fixture_expect(f, "00200083 08 3837363534333031", CS_SW_OK);
	fixture_expect(f, "80030000 0B 9106 313335373930 B30100", CS_SW_OK);
	fixture_expect(f, "80010000 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "B30101"));
	fixture_expect(f, "00240080 10 313335373930FFFF 393133373238FFFF", CS_SW_OK);
	fixture_expect(f, "80010000 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "B30100"));
	fixture_expect(f, "8005DEAD", CS_SW_OK);
	fixture_expect(f, "80010000 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "B30101"));
}

/* ---- limits, and whose tries are whose ---- */

static void expect_tries(struct fixture *f, enum pin pin, unsigned left, unsigned total)
{
	struct pin_info info;

	assert_int_equal(pin_info(&f->card, pin, &info), CS_OK);
	assert_int_equal(info.tries_left, left);
	assert_int_equal(info.tries_total, total);
}

/* Software that knows PIN, PUK and 9B makes a card its user's; nobody may then be the officer of it by the
 * PIN in the manual. */
static void a_so_pin_that_nobody_chose_follows_the_puk(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00240080 10 313233343536FFFF 343536313233FFFF", CS_SW_OK);
	fixture_expect(f, "00700001", CS_SW_OK);
	fixture_expect(f, "01A4040007F0435349474E01", CS_SW_OK);
	fixture_expect(f, "01200083 08 3837363534333230", 0x63C2);
	fixture_expect(f, "01200083 08 3132333435363738", CS_SW_OK);
	fixture_expect(f, "01200083 08 3837363534333230", 0x63C2);
	fixture_expect(f, "00240081 10 3132333435363738 3837363534333231", CS_SW_OK);
	expect_tries(f, PIN_SO, 2, 3);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "00200083 08 3132333435363738", 0x63C1);
	fixture_expect(f, "80030000 08 9106 313335373930", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "80020000 0A 9006 393133373238 8400", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "01200083 08 3837363534333231", CS_SW_OK);
	/* on no other channel is who was the officer still it */
	fixture_expect(f, "81030000 08 9106 313335373930", CS_SW_OK);
	/* from now on it is its own */
	fixture_expect(f, "00240081 10 3837363534333231 3837363534333234", CS_SW_OK);
	fixture_expect(f, "00200083 08 3837363534333231", CS_SW_OK);
}

static void an_officer_by_the_factorys_pin_is_none_when_the_puk_has_changed(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00700001", CS_SW_OK);
	fixture_expect(f, "01A4040007F0435349474E01", CS_SW_OK);
	fixture_expect(f, "01200083 08 3132333435363738", CS_SW_OK);
	fixture_expect(f, "00240081 10 3132333435363738 3837363534333231", CS_SW_OK);
	fixture_expect(f, "81030000 08 9106 313335373930", CS_SW_SECURITY_STATUS);
}

static void the_tries_of_each_are_its_own(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, WRONG_PIN, 0x63C2);
	expect_tries(f, PIN_PUK, 3, 3);
	expect_tries(f, PIN_SO, 3, 3);
	fixture_expect(f, "00200083 08 3837363534333231", 0x63C2);
	fixture_expect(f, "00200083 08 3837363534333231", 0x63C1);
	expect_tries(f, PIN_USER, 2, 3);
	expect_tries(f, PIN_PUK, 3, 3);
	fixture_expect(f, "00240081 10 3837363534333231 3837363534333234", 0x63C2);
	expect_tries(f, PIN_USER, 2, 3);
	expect_tries(f, PIN_SO, 1, 3);
	/* A right one gives nobody else's back. */
	fixture_expect(f, "00200083 08 3132333435363738", CS_SW_OK);
	expect_tries(f, PIN_USER, 2, 3);
	expect_tries(f, PIN_PUK, 2, 3);
	expect_tries(f, PIN_SO, 3, 3);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	expect_tries(f, PIN_PUK, 2, 3);
	fixture_expect(f, UNBLOCK, CS_SW_OK);
	expect_tries(f, PIN_PUK, 3, 3);
}

static void limits_are_set_without_giving_a_try_or_changing_a_pin(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "80200000 05 B203 050204", CS_SW_SECURITY_STATUS);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "80200000 05 B203 050204", CS_SW_SECURITY_STATUS);
	fixture_expect(f, WRONG_PIN, 0x63C2);
	fixture_expect(f, "00200083 08 3132333435363738", CS_SW_OK);
	fixture_expect(f, "80200000 05 B203 100204", CS_SW_WRONG_DATA);
	fixture_expect(f, "80200000 05 B303 050204", CS_SW_WRONG_DATA);
	fixture_expect(f, "80200000 06 B204 05020404", CS_SW_WRONG_DATA);
	fixture_expect(f, "80200000 05 B203 050200", CS_SW_OK);
	expect_tries(f, PIN_USER, 2, 5);
	expect_tries(f, PIN_PUK, 2, 2);
	expect_tries(f, PIN_SO, 3, 3);
	fixture_expect(f, "80200000 05 B203 000004", CS_SW_OK);
	expect_tries(f, PIN_SO, 3, 4);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	expect_tries(f, PIN_USER, 2, 5);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	expect_tries(f, PIN_USER, 5, 5);
	fixture_expect(f, "00200083 08 3132333435363738", CS_SW_OK);
	expect_tries(f, PIN_SO, 4, 4);
	/* Blocked stays blocked. */
	for (int i = 0; i < 5; i++)
		fixture_send(f, WRONG_PIN);
	fixture_expect(f, "80200000 05 B203 0F0000", CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_BLOCKED);
	/* A PIN that is set anew has the new limit. */
	fixture_expect(f, "80030000 08 9106 343536313233", CS_SW_OK);
	expect_tries(f, PIN_USER, 15, 15);
}

/* The verifier and the data key of a reference are the device's: the same block gives others each time. */
static void the_same_pin_set_twice_is_two_records(void **state)
{
	struct fixture *f = *state;
	uint8_t record[2][PIN_REFERENCE_LEN];
	struct pin_match match;

	for (int i = 0; i < 2; i++) {
		struct cs_writer w = CS_WRITER_OF(record[i]);

		fixture_expect(f, "00240080 10 313233343536FFFF 313233343536FFFF", CS_SW_OK);
		assert_int_equal(store_get(&f->card.store, RECORD_PIN, &w), CS_OK);
	}
	for (size_t i = 2; i + 8 <= PIN_REFERENCE_LEN; i += 8)
		assert_memory_not_equal(record[0] + i, record[1] + i, 8);
	/* Another device's key makes nothing of it, and neither does another reference's place. */
	f->platform.device_key[0] ^= 1;
	assert_int_equal(pin_compare(&f->card, PIN_USER, pin_factory(PIN_USER), &match), CS_ERR_WRONG);
	f->platform.device_key[0] ^= 1;
	assert_int_equal(pin_compare(&f->card, PIN_USER, pin_factory(PIN_USER), &match), CS_OK);
	assert_int_equal(store_put(&f->card.store, RECORD_PUK, CS_VIEW_OF(record[1])), CS_OK);
	assert_int_equal(pin_compare(&f->card, PIN_PUK, pin_factory(PIN_USER), &match), CS_ERR_WRONG);
}

static void a_damaged_reference_verifies_nobody(void **state)
{
	struct fixture *f = *state;
	uint8_t record[PIN_REFERENCE_LEN];
	struct cs_writer w = CS_WRITER_OF(record);

	assert_int_equal(store_get(&f->card.store, RECORD_PIN, &w), CS_OK);
	assert_int_equal(store_put(&f->card.store, RECORD_PIN, cs_view(record, w.len - 1)), CS_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_MEMORY_FAILURE);
	fixture_expect(f, "00200080", CS_SW_MEMORY_FAILURE);
	/* Not set, but with tries: no more than any other that is not set. */
	memset(record, 0, sizeof(record));
	record[0] = 0x02;
	record[1] = 3;
	assert_int_equal(store_put(&f->card.store, RECORD_PIN, CS_VIEW_OF(record)), CS_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_REFERENCE_NOT_FOUND);
	assert_int_not_equal(fixture_send(f, "00200080"), CS_SW_OK);
}

static void init_pin_and_set_limits_take_nothing_malformed(void **state)
{
	struct fixture *f = *state;
	static const char *const wrong[] = {
	    "80030000 0B 9109 313335373931333537",  "80030000 07 9105 3133353739",
	    "80030000 0B 9106 313335373930 B30102", "80030000 0C 9106 313335373930 B3020101",
	    "80030000 0A 9106 313335373930 B305",   "80200000 05 B203 050210",
	};

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "00200083 08 3132333435363738", CS_SW_OK);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint16_t sw = fixture_send(f, wrong[i]);

		if (sw != CS_SW_WRONG_DATA && sw != CS_SW_WRONG_LENGTH)
			fail_msg("%s answered %04X", wrong[i], sw);
	}
	fixture_expect(f, "00200080", 0x63C3);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "80200000 05 B203 000000", CS_SW_OK);
	fixture_expect(f, "80030000 0B 9106 313335373930 B30100", CS_SW_OK);
	fixture_expect(f, "80010000 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "B30100"));
}

/* Each way out of a comparison but the right one leaves no data key behind. */
static void a_comparison_that_fails_yields_no_data_key(void **state)
{
	static const uint8_t wrong[] = {'6', '5', '4', '3', '2', '1', 0xFF, 0xFF}, none[SECRET_KEY_LEN];
	struct fixture *f = *state;
	struct pin_match match;

	assert_int_equal(pin_compare(&f->card, PIN_USER, pin_factory(PIN_USER), &match), CS_OK);
	assert_memory_not_equal(match.data_key, none, sizeof(none));
	assert_int_equal(pin_compare(&f->card, PIN_USER, wrong, &match), CS_ERR_WRONG);
	assert_memory_equal(match.data_key, none, sizeof(none));
	for (unsigned n = 1; n < 12; n++) {
		enum cs_err err;

		memset(&match, 0xA5, sizeof(match));
		flash_ram_cut_at(f->flash, n, FLASH_TEAR_NOTHING, n);
		err = pin_compare(&f->card, PIN_USER, pin_factory(PIN_USER), &match);
		if (err)
			assert_memory_equal(match.data_key, none, sizeof(none));
		assert_int_equal(fixture_power_cycle(f), CS_OK);
		assert_int_equal(pin_compare(&f->card, PIN_USER, pin_factory(PIN_USER), &match), CS_OK);
	}
}

int main(void)
{
#define CASE(name)	  cmocka_unit_test_setup_teardown(name, setup_selected, fixture_teardown)
#define COUNTERSIGN(name) cmocka_unit_test_setup_teardown(name, setup_countersign, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(a_state_query_costs_nothing_in_both_forms),
	    CASE(logging_out_forgets_the_pin),
	    CASE(three_wrong_pins_block_and_the_puk_unblocks),
	    CASE(the_right_pin_brings_the_tries_back),
	    CASE(a_wrong_pin_ends_what_the_right_one_began),
	    CASE(tries_survive_power_loss),
	    CASE(a_pin_that_cannot_be_one_costs_no_try),
	    CASE(an_empty_pin_costs_a_try),
	    CASE(the_puk_blocks_too),
	    CASE(pin_and_puk_can_be_changed_by_who_knows_them),
	    CASE(a_new_pin_of_a_bad_form_costs_no_try),
	    CASE(the_piv_profile_takes_any_pin),
	    COUNTERSIGN(the_countersign_profile_refuses_trivial_pins),
	    CASE(a_failing_store_never_yields_a_free_try),
	    CASE(a_store_that_fails_verifies_nobody),
	    CASE(set_retries_needs_pin_and_management_key_and_restores_the_factory_s_pins),
	    CASE(metadata_tell_default_pins_and_tries),
	    COUNTERSIGN(a_pin_against_the_rules_costs_no_try_and_changes_nothing),
	    COUNTERSIGN(a_pin_that_must_be_changed_verifies_and_opens_no_private_key),
	    COUNTERSIGN(changing_it_to_another_is_what_ends_that),
	    COUNTERSIGN(who_has_the_puk_has_chosen_the_pin_himself),
	    COUNTERSIGN(a_wrong_pin_and_logging_out_forget_that_it_must_be_changed_with_the_rest),
	    CASE(a_profile_makes_every_pin_of_someone_else_s_one_to_be_changed),
	    CASE(a_so_pin_that_nobody_chose_follows_the_puk),
	    CASE(an_officer_by_the_factorys_pin_is_none_when_the_puk_has_changed),
	    CASE(the_tries_of_each_are_its_own),
	    CASE(limits_are_set_without_giving_a_try_or_changing_a_pin),
	    CASE(the_same_pin_set_twice_is_two_records),
	    CASE(a_damaged_reference_verifies_nobody),
	    CASE(init_pin_and_set_limits_take_nothing_malformed),
	    CASE(a_comparison_that_fails_yields_no_data_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
