/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PIN and PUK: states, tries, rules, and what a store that fails may not give away.
 */
#include "tests/unit/card_fixture.h"

#include "applet/pin.h"

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

static void the_countersign_profile_refuses_trivial_pins(void **state)
{
	struct fixture *f = *state;
	static const char *const refused[] = {
	    "00240080 10 313233343536FFFF 313131313131FFFF", "00240080 10 313233343536FFFF 3132333435363738",
	    "00240080 10 313233343536FFFF 393837363534FFFF", "00240080 10 313233343536FFFF 616263646566FFFF",
	    "00240080 10 313233343536FFFF 343536310033FFFF", "00240080 10 313233343536FFFF 34353631E4B6FFFF",
	};

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		fixture_expect(f, refused[i], CS_SW_WRONG_DATA);
	fixture_expect(f, "00200080", 0x63C3);
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

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_selected, fixture_teardown)
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
	    cmocka_unit_test_setup_teardown(the_countersign_profile_refuses_trivial_pins, setup_countersign,
					    fixture_teardown),
	    CASE(a_failing_store_never_yields_a_free_try),
	    CASE(a_store_that_fails_verifies_nobody),
	    CASE(set_retries_needs_pin_and_management_key_and_restores_the_factory_s_pins),
	    CASE(metadata_tell_default_pins_and_tries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
