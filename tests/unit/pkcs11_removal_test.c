/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What can go wrong between module and card, at every command of every operation: the card is pulled before
 * or after it has worked, and may be back, or another in its place, before anybody looks; another program
 * resets it or selects another application, the reader fails, the answer is none or nonsense. Each call says
 * something sensible, a PIN is sent once at most, no try is lost that nobody meant, and the module goes on. A
 * function of the standard's is in the table of operations, or is shown to say nothing to the card.
 */
#include "tests/unit/pkcs11_arguments.h"
#include "tests/unit/pkcs11_removal.h"
#include "tests/unit/pkcs11_token.h"

static const struct removal_table ours[] = {
    {removal_session_rows, &removal_session_row_count}, {removal_rows, &removal_row_count},
    {removal_secret_rows, &removal_secret_row_count},	{removal_key_rows, &removal_key_row_count},
    {removal_brought_rows, &removal_brought_row_count}, {removal_otp_rows, &removal_otp_row_count},
    {removal_pad_rows, &removal_pad_row_count}};
static const struct removal_table foreign[] = {
    {removal_foreign_session_rows, &removal_foreign_session_row_count},
    {removal_foreign_rows, &removal_foreign_row_count},
    {removal_foreign_key_rows, &removal_foreign_key_row_count},
    {removal_foreign_otp_rows, &removal_foreign_otp_row_count},
    {removal_pad_rows, &removal_pad_row_count}};
static const struct removal_table oath[] = {{removal_oath_session_rows, &removal_oath_session_row_count},
					    {removal_oath_rows, &removal_oath_row_count}};

#define OF(kind, tables) removal_of(kind, tables, sizeof(tables) / sizeof((tables)[0]))

static int setup(void **state)
{
	OF(REMOVAL_OURS, ours);
	return removal_setup(state);
}

static void a_card_pulled_at_any_command_is_told_and_another_taken_up(void **state)
{
	(void)state;
	removal_every_fault(PULLED_BEFORE, PULLED_AFTER);
}

static void a_card_pulled_and_put_back_within_a_call_is_a_new_one(void **state)
{
	(void)state;
	removal_every_fault(BACK_BEFORE, BACK_AFTER);
}

static void a_card_exchanged_for_another_within_a_call_gets_nothing_of_it(void **state)
{
	(void)state;
	removal_every_fault(EXCHANGED_BEFORE, EXCHANGED_AFTER);
}

static void a_reset_by_another_program_at_any_command_is_lived_with(void **state)
{
	(void)state;
	removal_every_fault(RESET_BEFORE, RESET_AFTER);
}

static void a_reader_that_fails_at_any_command_is_told(void **state)
{
	(void)state;
	removal_every_fault(READER_FAILS_BEFORE, READER_FAILS_AFTER);
}

static void another_program_s_select_at_any_command_is_lived_with(void **state)
{
	(void)state;
	removal_every_fault(OTHER_SELECTS_OATH, OTHER_SELECTS_OURS);
}

static void an_answer_that_is_none_at_any_command_is_told(void **state)
{
	(void)state;
	removal_every_fault(ANSWER_IS_NOTHING, ANSWER_IS_NO_DATA);
}

static void what_is_being_made_is_whole_or_not_there_and_is_made_again(void **state)
{
	(void)state;
	removal_whole(READER_FAILS_AFTER);
}

static void each_operation_works_where_nothing_goes_wrong(void **state)
{
	(void)state;
	removal_right();
}

static void another_program_s_select_or_reset_between_two_calls_changes_nothing(void **state)
{
	(void)state;
	removal_between_calls();
}

static void all_of_it_holds(void)
{
	removal_right();
	removal_every_fault(PULLED_BEFORE, ANSWER_IS_NO_DATA);
	removal_between_calls();
	removal_whole(READER_FAILS_AFTER);
}

static void all_of_it_holds_on_another_vendor_s_card(void **state)
{
	(void)state;
	assert_true(removal_make_foreign());
	OF(REMOVAL_FOREIGN, foreign);
	all_of_it_holds();
}

static void all_of_it_holds_on_a_card_with_oath_alone(void **state)
{
	(void)state;
	assert_true(removal_make_oath());
	OF(REMOVAL_OATH_ALONE, oath);
	all_of_it_holds();
}

static void every_function_that_talks_to_a_card_is_an_operation(void **state)
{
	(void)state;
	for (size_t i = 0; i < function_count; i++) {
		if ((functions[i].talks == CARD) != removal_has_row(functions[i].name))
			fail_msg("%s: its row in pkcs11_arguments_table.c and those in pkcs11_removal_*.c do "
				 "not agree",
				 functions[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_function_that_talks_to_a_card_is_an_operation),
	    cmocka_unit_test(each_operation_works_where_nothing_goes_wrong),
	    cmocka_unit_test(a_card_pulled_at_any_command_is_told_and_another_taken_up),
	    cmocka_unit_test(a_card_pulled_and_put_back_within_a_call_is_a_new_one),
	    cmocka_unit_test(a_card_exchanged_for_another_within_a_call_gets_nothing_of_it),
	    cmocka_unit_test(a_reset_by_another_program_at_any_command_is_lived_with),
	    cmocka_unit_test(a_reader_that_fails_at_any_command_is_told),
	    cmocka_unit_test(another_program_s_select_at_any_command_is_lived_with),
	    cmocka_unit_test(an_answer_that_is_none_at_any_command_is_told),
	    cmocka_unit_test(another_program_s_select_or_reset_between_two_calls_changes_nothing),
	    cmocka_unit_test(what_is_being_made_is_whole_or_not_there_and_is_made_again),
	    cmocka_unit_test(all_of_it_holds_on_another_vendor_s_card),
	    cmocka_unit_test(all_of_it_holds_on_a_card_with_oath_alone),
	};

	return cmocka_run_group_tests(tests, setup, removal_teardown);
}
