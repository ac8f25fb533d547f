/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How the record store makes room, case by case, on a log that is laid out by hand: each page holds one
 * record that stays and one that the next page makes void. applet_store_model_test.c does it at random.
 */
#include "applet/store_internal.h"
#include "tests/unit/store_single.h"

#define PAGES	  12u	/* laid out, of the flash's 16 */
#define STAYS_LEN 100u	/* of record 2 to PAGES + 1, one a page */
#define VOID_LEN  1656u /* of record 1: the rest of a page */

static uint16_t stays_on(uint64_t page)
{
	return (uint16_t)(page + 1);
}

static void lay_out(void)
{
	for (uint64_t page = 1; page <= PAGES; page++) {
		assert_int_equal(fixture_put(&st, stays_on(page), STAYS_LEN, 1), CS_OK);
		assert_int_equal(fixture_put(&st, 1, VOID_LEN, (uint8_t)page), CS_OK);
		assert_int_equal(st.head.page, page);
		assert_int_equal(store_space_at(&st, &st.head), 0);
	}
	assert_int_equal(st.tail, 1);
}

static uint64_t page_of(uint16_t id)
{
	const struct store_slot *slot = store_index_find(&st, id);

	assert_non_null(slot);
	return store_slot_page(&st, slot);
}

/* Those from this page's on are there, now and after opening again. */
static void assert_stay_from(uint64_t page)
{
	for (; page <= PAGES; page++)
		assert_value(stays_on(page), STAYS_LEN, 1);
	reopen();
	for (page = PAGES; page > 8; page--)
		assert_value(stays_on(page), STAYS_LEN, 1);
}

static void where_there_is_room_nothing_is_collected(void **state)
{
	(void)state;
	lay_out();
	assert_int_equal(store_delete(&st, stays_on(1)), CS_OK);
	assert_int_equal(fixture_put(&st, 1, VOID_LEN, 1), CS_OK);
	assert_int_equal(st.tail, 1);
	assert_stay_from(2);
}

static void where_pages_that_hold_nothing_are_enough_a_note_frees_them_and_nothing_is_moved(void **state)
{
	(void)state;
	lay_out();
	for (uint64_t page = 1; page <= 4; page++)
		assert_int_equal(store_delete(&st, stays_on(page)), CS_OK);
	assert_int_equal(st.tail, 1);
	assert_int_equal(fixture_put(&st, 1, 4000, 1), CS_OK); /* three pages, and as many to move it */
	assert_int_equal(st.tail, 5);
	assert_int_equal(page_of(stays_on(5)), 5);
	assert_stay_from(5);
	assert_value(1, 4000, 1);
}

static void where_they_are_not_enough_what_lives_behind_them_is_moved_at_once(void **state)
{
	(void)state;
	lay_out();
	assert_int_equal(store_delete(&st, stays_on(1)), CS_OK);
	assert_int_equal(st.tail, 1);
	assert_int_equal(fixture_put(&st, 1, 4000, 1), CS_OK);
	assert_int_equal(st.tail, 4);
	assert_true(page_of(stays_on(2)) > PAGES && page_of(stays_on(3)) > PAGES);
	assert_int_equal(page_of(stays_on(4)), 4);
	assert_stay_from(2);
	assert_value(1, 4000, 1);
}

static void where_no_page_is_without_life_it_is_moved_page_by_page(void **state)
{
	(void)state;
	lay_out();
	assert_int_equal(fixture_put(&st, 1, 4000, 1), CS_OK);
	assert_true(st.tail > 1);
	assert_true(page_of(stays_on(1)) > PAGES);
	assert_int_equal(page_of(stays_on(st.tail)), st.tail);
	assert_stay_from(1);
	assert_value(1, 4000, 1);
}

/* The tail may then be a page that begins with the rest of a value: recovery passes that over. */
static void a_page_that_begins_with_the_rest_of_a_dead_value_can_be_where_the_log_begins(void **state)
{
	(void)state;
	assert_int_equal(fixture_put(&st, 1, 4000, 1), CS_OK); /* pages 1 to 3 */
	assert_int_equal(fixture_put(&st, 2, STAYS_LEN, 2), CS_OK);
	assert_int_equal(page_of(2), 3);
	for (uint8_t seed = 3; st.tail == 1; seed++)
		assert_int_equal(fixture_put(&st, 1, 4000, seed), CS_OK);
	assert_int_equal(st.tail, 3);
	assert_int_equal(page_of(2), 3);
	reopen();
	assert_int_equal(st.tail, 3);
	assert_int_equal(st.count, 2);
	assert_value(2, STAYS_LEN, 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(where_there_is_room_nothing_is_collected, begin, end),
	    cmocka_unit_test_setup_teardown(
		where_pages_that_hold_nothing_are_enough_a_note_frees_them_and_nothing_is_moved, begin, end),
	    cmocka_unit_test_setup_teardown(where_they_are_not_enough_what_lives_behind_them_is_moved_at_once,
					    begin, end),
	    cmocka_unit_test_setup_teardown(where_no_page_is_without_life_it_is_moved_page_by_page, begin,
					    end),
	    cmocka_unit_test_setup_teardown(
		a_page_that_begins_with_the_rest_of_a_dead_value_can_be_where_the_log_begins, begin, end),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
