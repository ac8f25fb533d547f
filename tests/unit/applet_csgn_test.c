/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The Countersign application: initialising, the security officer, the label, the way back to blank.
 */
#include "tests/unit/card_fixture.h"

/* SO PIN 87654301, label "Test" */
#define INITIALIZE "80020000 10 9008 3837363534333031 8404 54657374"
#define VERIFY_SO  "00200083 08 3837363534333031"
#define FACTORY_SO "00200083 08 3132333435363738"
#define INIT_PIN   "80030000 08 9106 343536313233"
/* What INFO says of a profile that was named and no more. */
#define OF_COUNTERSIGN "B003010303 B30100 A012 80010A 810105 820106 8303030303 84020000"
#define OF_PIV	       "B003010303 B30100 A012 800103 810108 820106 8303030303 84020000"
#define A16	       "41414141414141414141414141414141"
#define NEW_PIN	       "00200080 08 343536313233FFFF"

static int setup_selected(void **state)
{
	fixture_setup_countersign(state);
	fixture_expect(*state, SELECT_CSGN, CS_SW_OK);
	return 0;
}

static int setup_piv(void **state)
{
	fixture_setup_piv(state);
	fixture_expect(*state, SELECT_CSGN, CS_SW_OK);
	return 0;
}

static void block_both(struct fixture *f)
{
	for (int i = 0; i < 3; i++)
		fixture_send(f, "00200080 08 373737373737FFFF");
	for (int i = 0; i < 3; i++)
		fixture_send(f, "002C0080 10 373737373737FFFF 343536313233FFFF");
}

static void select_and_info_say_the_same(void **state)
{
	struct fixture *f = *state;
	static const char want[] =
	    "8003050700 810400C0FFEE 820102 830101 8400 8503010303 8603010303 " OF_COUNTERSIGN;

	fixture_expect_data(f, SELECT_CSGN "00", want);
	fixture_expect_data(f, "80010000 00", want);
	fixture_expect(f, "00010000 00", CS_SW_WRONG_CLA);
	fixture_expect(f, "80010100 00", CS_SW_WRONG_P1P2);
}

static void initialising_sets_so_pin_and_label_and_leaves_no_user_pin(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, INITIALIZE, CS_SW_OK);
	fixture_expect_data(
	    f, "80010000 00",
	    "8003050700 810400C0FFEE 820102 830102 840454657374 8503000003 8603010303 " OF_COUNTERSIGN);
	fixture_expect(f, VERIFY_PIN, CS_SW_BLOCKED);
	fixture_expect(f, FACTORY_SO, 0x63C2);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "00200083", CS_SW_OK);
	fixture_expect(f, INIT_PIN, CS_SW_OK);
	fixture_expect_data(
	    f, "80010000 00",
	    "8003050700 810400C0FFEE 820102 830103 840454657374 8503010303 8603010303 " OF_COUNTERSIGN);
	fixture_expect(f, NEW_PIN, CS_SW_OK);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	assert_true(fixture_answer_has(f, "830103 840454657374"));
}

static void initialising_an_owned_card_needs_its_officer(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, INITIALIZE, CS_SW_OK);
	fixture_expect(f, INITIALIZE, CS_SW_SECURITY_STATUS);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, INITIALIZE, CS_SW_OK);
	fixture_expect(f, "00200083", 0x63C3);
}

static void initialising_erases_keys_and_objects(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "0047009A 05 AC03800111 00", CS_SW_OK);
	fixture_expect(f, "00DB3FFF 0A 5C035FC105 5303 700101", CS_SW_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, INITIALIZE, CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00F7009A 00", CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, "00CB3FFF 05 5C035FC105 00", CS_SW_NOT_FOUND);
	fixture_expect(f, "00CB3FFF 05 5C035FC102 00", CS_SW_OK);
	fixture_expect(f, "00F700F9 00", CS_SW_OK);
}

static void initialize_takes_nothing_malformed(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "80020000 0A 9008 3837363534333031", CS_SW_WRONG_DATA);
	fixture_expect(f, "80020000 0A 8404 54657374 84025465", CS_SW_WRONG_DATA);
	fixture_expect(f, "80020000 10 9008 3132333435363738 8404 54657374", CS_SW_WRONG_DATA);
	fixture_expect(f, "80020000 0D 9005 3837363534 8404 54657374", CS_SW_WRONG_DATA);
	fixture_expect(f, "80020000 13 9008 3837363534333031 8404 54657374 820103", CS_SW_WRONG_DATA);
	/* All that is looked for first is there; what follows is cut off. */
	fixture_expect(f, "80020000 1A 8404 54657374 820101 A003 81010A 9008 3837363534333031 B108",
		       CS_SW_WRONG_DATA);
	fixture_expect(f, "80020000 14 9008 3837363534333031 8404 54657374 82020101", CS_SW_WRONG_DATA);
	fixture_expect(f, "80020000 12 9008 3837363534333031 8404 54657374 8205", CS_SW_WRONG_DATA);
	fixture_expect(f, "80020000 14 9008 3837363534333031 8404 54657374 A0038101", CS_SW_WRONG_DATA);
	fixture_expect_data(
	    f, "80010000 00",
	    "8003050700 810400C0FFEE 820102 830101 8400 8503010303 8603010303 " OF_COUNTERSIGN);
}

static void initialize_can_change_the_profile(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "80020000 13 9008 3837363534333031 8404 54657374 820101", CS_SW_OK);
	fixture_expect(f, "80010000 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "820101 830102"));
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, INIT_PIN, CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, NEW_PIN, CS_SW_OK);
	fixture_expect(f, "0047009A 05 AC03800111 00", CS_SW_SECURITY_STATUS);
	fixture_authenticate_management(f);
}

static void only_the_officer_sets_the_user_s_pin(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, INIT_PIN, CS_SW_SECURITY_STATUS);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, INIT_PIN, CS_SW_SECURITY_STATUS);
	fixture_expect(f, FACTORY_SO, CS_SW_OK);
	fixture_expect(f, "80030000 08 9106 313131313131", CS_SW_WRONG_DATA);
	fixture_expect(f, "80030000 08 9206 343536313233", CS_SW_WRONG_DATA);
	fixture_expect(f, INIT_PIN, CS_SW_OK);
	fixture_expect(f, "00200080", 0x63C3);
	fixture_expect(f, NEW_PIN, CS_SW_OK);
}

static void the_officer_changes_his_own_pin(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00240083 10 3132333435363738 3837363534333031", CS_SW_OK);
	fixture_expect(f, FACTORY_SO, 0x63C2);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "0020FF83", CS_SW_OK);
	fixture_expect(f, INIT_PIN, CS_SW_SECURITY_STATUS);
}

static void the_puk_can_give_the_first_pin_as_well(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, INITIALIZE, CS_SW_OK);
	fixture_expect(f, "002C0080 10 3837363534333031 343536313233FFFF", CS_SW_OK);
	fixture_expect(f, NEW_PIN, CS_SW_OK);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	assert_true(fixture_answer_has(f, "830103 840454657374 8503010303"));
}

static void the_puk_and_the_so_pin_have_nothing_to_do_with_each_other(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, INITIALIZE, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "002C0080 10 3131313131313131 343536313233FFFF", 0x63C2);
	fixture_expect(f, "00200083", CS_SW_OK);
	fixture_expect(f, "00200083 08 3737373737373737", 0x63C2);
	fixture_expect(f, INIT_PIN, CS_SW_SECURITY_STATUS);
	fixture_expect(f, "00200083 08 3737373737373737", 0x63C1);
	assert_int_equal(fixture_send(f, "80010000 00"), CS_SW_OK);
	assert_true(fixture_answer_has(f, "8603010203"));
	assert_true(fixture_answer_has(f, "B003010103"));
	/* The value of one may change without the other. */
	fixture_expect(f, "00240083 10 3837363534333031 3837363534333034", CS_SW_OK);
	fixture_expect(f, "002C0080 10 3837363534333034 343536313233FFFF", 0x63C1);
	fixture_expect(f, "002C0080 10 3837363534333031 343536313233FFFF", CS_SW_OK);
	fixture_expect(f, VERIFY_SO, 0x63C2);
}

/* Hosts that know the PUK as the SO PIN are told so at once, and spend no try. */
static void the_puk_verifies_nowhere(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00200081 08 3132333435363738", CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, "00200081", CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, "00200082", CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00200083", CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, "00240083 10 3132333435363738 3837363534333031", CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect_data(f, "00F70081 00", "0101FF 050101 06020303");
}

static void initialize_takes_a_puk_of_its_own(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "80020000 1A 9008 3837363534333031 8404 54657374 B108 3931373332383436", CS_SW_OK);
	fixture_expect(f, "002C0080 10 3837363534333031 343536313233FFFF", 0x63C2);
	fixture_expect(f, "002C0080 10 3931373332383436 343536313233FFFF", CS_SW_OK);
	fixture_expect(f, "00200083 08 3931373332383436", 0x63C2);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "80020000 1A 9008 3837363534333031 8404 54657374 B108 3131313131313131",
		       CS_SW_WRONG_DATA);
	fixture_expect(f, "80020000 17 9008 3837363534333031 8404 54657374 B105 3931373332",
		       CS_SW_WRONG_DATA);
}

static void the_label_is_set_by_user_or_officer(void **state)
{
	struct fixture *f = *state;
	static const char set[] = "80040000 04 84024869";

	fixture_expect(f, set, CS_SW_SECURITY_STATUS);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, set, CS_SW_OK);
	assert_int_equal(fixture_send(f, "80010000 00"), CS_SW_OK);
	assert_true(fixture_answer_has(f, "84024869"));
	fixture_expect(f,
		       "80040000 23 8421 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20",
		       CS_SW_WRONG_LENGTH);
	fixture_expect(f, "80040000 04 85024869", CS_SW_WRONG_DATA);
}

static void personalise_takes_nothing_malformed(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, FACTORY_SO, CS_SW_OK);
	fixture_expect(f, "80070000 05 8C04 416461", CS_SW_WRONG_DATA);
	fixture_expect(f, "80070000 07 8C03 416461 8C04", CS_SW_WRONG_DATA);
	fixture_expect(f, "80070000 43 8C41" A16 A16 A16 A16 "41", CS_SW_WRONG_DATA);
	fixture_expect(f, "80010000 00", CS_SW_OK);
	assert_false(fixture_answer_has(f, "416461"));
	fixture_expect(f, "80070000 05 8C03 416461", CS_SW_OK);
}

static void reset_is_for_the_officer_or_for_a_card_that_nobody_can_open(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, INITIALIZE, CS_SW_OK);
	fixture_expect(f, "8005DEAD", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "80050000", CS_SW_WRONG_P1P2);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "8005DEAD", CS_SW_OK);
	fixture_expect_data(
	    f, "80010000 00",
	    "8003050700 810400C0FFEE 820102 830101 8400 8503010303 8603010303 " OF_COUNTERSIGN);
	block_both(f);
	fixture_expect(f, "8005DEAD", CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, FACTORY_SO, CS_SW_OK);
}

static void the_piv_profile_has_the_application_too(void **state)
{
	struct fixture *f = *state;

	fixture_expect_data(f, "80010000 00",
			    "8003050700 810400C0FFEE 820101 830101 8400 8503010303 8603010303 " OF_PIV);
}

static void the_officer_opens_nothing_in_piv(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, FACTORY_SO, CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "0047009A 05 AC03800111 00", CS_SW_SECURITY_STATUS);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "00200083", 0x63C3);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_selected, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(select_and_info_say_the_same),
	    CASE(initialising_sets_so_pin_and_label_and_leaves_no_user_pin),
	    CASE(initialising_an_owned_card_needs_its_officer),
	    CASE(initialising_erases_keys_and_objects),
	    CASE(initialize_takes_nothing_malformed),
	    CASE(initialize_can_change_the_profile),
	    CASE(only_the_officer_sets_the_user_s_pin),
	    CASE(the_officer_changes_his_own_pin),
	    CASE(the_puk_can_give_the_first_pin_as_well),
	    CASE(the_puk_and_the_so_pin_have_nothing_to_do_with_each_other),
	    CASE(the_puk_verifies_nowhere),
	    CASE(initialize_takes_a_puk_of_its_own),
	    CASE(the_label_is_set_by_user_or_officer),
	    CASE(personalise_takes_nothing_malformed),
	    CASE(reset_is_for_the_officer_or_for_a_card_that_nobody_can_open),
	    cmocka_unit_test_setup_teardown(the_piv_profile_has_the_application_too, setup_piv,
					    fixture_teardown),
	    CASE(the_officer_opens_nothing_in_piv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
