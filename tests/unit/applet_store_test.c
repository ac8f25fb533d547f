/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The record store's promises, one by one, on a flash that keeps its power. Power cuts:
 * applet_store_cut_test.c; damage: applet_store_damage_test.c.
 */
#include "tests/unit/store_single.h"

static void a_value_of_any_length_comes_back_now_and_after_opening_again(void **state)
{
	static const uint16_t lengths[] = {0, 1, 15, 16, 17, 511, 512, 513, 1024, 2000, 4095, 5000};

	(void)state;
	for (uint16_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		assert_int_equal(fixture_put(&st, 7, lengths[i], (uint8_t)i), CS_OK);
		assert_value(7, lengths[i], (uint8_t)i);
		reopen();
		assert_value(7, lengths[i], (uint8_t)i);
	}
}

static void the_longest_value_is_taken_and_a_longer_one_refused(void **state)
{
	struct flash_ram *big = flash_ram_new(4096, 32, 1);

	(void)state;
	assert_int_equal(fixture_open(&st, big), CS_OK);
	assert_int_equal(fixture_put(&st, 1, STORE_VALUE_MAX, 3), CS_OK);
	assert_int_equal(fixture_put(&st, 1, STORE_VALUE_MAX + 1, 4), CS_ERR_LENGTH);
	assert_value(1, STORE_VALUE_MAX, 3);
	flash_ram_free(big);
}

static void what_was_deleted_is_gone_and_deleting_it_again_is_no_error(void **state)
{
	(void)state;
	assert_int_equal(fixture_put(&st, 5, 100, 1), CS_OK);
	assert_int_equal(store_delete(&st, 5), CS_OK);
	assert_false(store_has(&st, 5));
	assert_int_equal(store_delete(&st, 5), CS_OK);
	reopen();
	assert_false(store_has(&st, 5));
}

static void deleting_a_range_takes_what_is_in_it_and_nothing_else(void **state)
{
	uint16_t id = 0;

	(void)state;
	for (uint16_t i = 10; i <= 20; i++)
		assert_int_equal(fixture_put(&st, i, i, 1), CS_OK);
	assert_int_equal(store_delete_range(&st, 12, 18), CS_OK);
	reopen();
	assert_true(store_next(&st, 1, 0xFFFE, &id));
	assert_int_equal(id, 10);
	assert_true(store_next(&st, 12, 0xFFFE, &id));
	assert_int_equal(id, 19);
	assert_false(store_next(&st, 12, 18, &id));
	assert_value(11, 11, 1);
	assert_value(20, 20, 1);
}

static void ids_outside_their_range_are_refused(void **state)
{
	(void)state;
	assert_int_equal(fixture_put(&st, 0, 1, 1), CS_ERR_ARG);
	assert_int_equal(fixture_put(&st, 0xFFFF, 1, 1), CS_ERR_ARG);
	assert_int_equal(fixture_put(&st, 0xFFFE, 1, 1), CS_OK);
	assert_value(0xFFFE, 1, 1);
}

static void several_changes_come_to_be_together(void **state)
{
	uint8_t a[600], b[40];
	struct store_change changes[] = {
	    {.id = 3, .value = fixture_value(a, sizeof(a), 9)},
	    {.id = 1, .remove = true},
	    {.id = 2, .value = fixture_value(b, sizeof(b), 8)},
	};

	(void)state;
	assert_int_equal(fixture_put(&st, 1, 10, 1), CS_OK);
	assert_int_equal(store_apply(&st, changes, 3), CS_OK);
	reopen();
	assert_false(store_has(&st, 1));
	assert_value(3, 600, 9);
	assert_value(2, 40, 8);
}

static void of_two_changes_to_one_record_the_later_one_holds(void **state)
{
	uint8_t a[20], b[30];
	struct store_change changes[] = {
	    {.id = 3, .value = fixture_value(a, sizeof(a), 9)},
	    {.id = 3, .value = fixture_value(b, sizeof(b), 8)},
	    {.id = 4, .value = fixture_value(a, sizeof(a), 9)},
	    {.id = 4, .remove = true},
	};

	(void)state;
	assert_int_equal(store_apply(&st, changes, 4), CS_OK);
	assert_value(3, 30, 8);
	assert_false(store_has(&st, 4));
	reopen();
	assert_value(3, 30, 8);
	assert_false(store_has(&st, 4));
}

static void a_bad_change_among_good_ones_changes_nothing(void **state)
{
	uint8_t a[20];
	struct store_change changes[] = {
	    {.id = 3, .value = fixture_value(a, sizeof(a), 9)},
	    {.id = 0, .value = fixture_value(a, sizeof(a), 9)},
	};
	struct store_change many[STORE_APPLY_MAX + 1] = {0};

	(void)state;
	assert_int_equal(store_apply(&st, changes, 2), CS_ERR_ARG);
	assert_int_equal(store_apply(&st, many, STORE_APPLY_MAX + 1), CS_ERR_ARG);
	assert_int_equal(store_apply(&st, changes, 0), CS_OK);
	assert_false(store_has(&st, 3));
}

static void a_writer_that_is_too_small_gets_nothing(void **state)
{
	uint8_t small[9];
	struct cs_writer w = CS_WRITER_OF(small);

	(void)state;
	assert_int_equal(fixture_put(&st, 1, 10, 1), CS_OK);
	assert_int_equal(store_get(&st, 1, &w), CS_ERR_NO_SPACE);
	assert_int_equal(store_get(&st, 2, &w), CS_ERR_NOT_FOUND);
}

static void there_are_1024_records_and_no_more(void **state)
{
	struct flash_ram *big = flash_ram_new(4096, 48, 4);

	(void)state;
	assert_int_equal(fixture_open(&st, big), CS_OK);
	for (uint16_t id = STORE_RECORDS_MAX; id > 0; id--)
		assert_int_equal(fixture_put(&st, id, 4, (uint8_t)id), CS_OK);
	assert_int_equal(fixture_put(&st, STORE_RECORDS_MAX + 1, 4, 1), CS_ERR_FULL);
	assert_int_equal(store_room(&st), 0);
	assert_int_equal(fixture_put(&st, 17, 5, 2), CS_OK);
	assert_int_equal(store_open(&st, flash_ram_flash(big), &fixture_crypto, fixture_device_key), CS_OK);
	for (uint16_t id = 1; id <= STORE_RECORDS_MAX; id++)
		assert_value(id, id == 17 ? 5 : 4, id == 17 ? 2 : (uint8_t)id);
	assert_int_equal(store_delete(&st, 3), CS_OK);
	assert_int_equal(fixture_put(&st, STORE_RECORDS_MAX + 1, 4, 1), CS_OK);
	flash_ram_free(big);
}

/* Fills with records of len bytes until there is no room; gives how many there are. */
static uint16_t fill(uint16_t len)
{
	uint16_t id = 1;

	while (store_room(&st) >= len) {
		assert_int_equal(fixture_put(&st, id, len, (uint8_t)id), CS_OK);
		id++;
	}
	assert_int_equal(fixture_put(&st, id, len, 1), CS_ERR_FULL);
	return (uint16_t)(id - 1);
}

static void a_full_store_changes_nothing_more_but_still_replaces_and_deletes(void **state)
{
	uint16_t count = fill(700);

	(void)state;
	assert_true(count >= 8);
	for (uint16_t id = 1; id <= count; id++)
		assert_value(id, 700, (uint8_t)id);
	for (uint16_t round = 0; round < 300; round++) {
		uint16_t id = (uint16_t)(1 + round % count);

		assert_int_equal(fixture_put(&st, id, 700, (uint8_t)(id + round)), CS_OK);
		assert_value(id, 700, (uint8_t)(id + round));
		assert_int_equal(fixture_put(&st, 0x1000, 700, 1), CS_ERR_FULL);
		if (round % 7 == 0)
			reopen();
	}
	for (uint16_t id = 1; id <= count; id++)
		assert_int_equal(store_delete(&st, id), CS_OK);
	assert_int_equal(st.count, 0);
	assert_int_equal(fill(700), count);
}

/* A certificate goes together with the card's identifier, a PIN with its tries. */
static void a_full_store_replaces_a_record_together_with_small_ones(void **state)
{
	static const uint16_t longest[] = {60, 700, 1400, 1900, 2500};

	(void)state;
	for (size_t i = 0; i < sizeof(longest) / sizeof(longest[0]); i++) {
		struct store_change changes[STORE_APPLY_MAX];
		uint8_t small[40] = {0};
		uint16_t count;

		assert_int_equal(store_format(&st, flash_ram_flash(ram), &fixture_crypto, fixture_device_key),
				 CS_OK);
		for (uint16_t id = 1001; id < 1000 + STORE_APPLY_MAX; id++)
			assert_int_equal(store_put(&st, id, CS_VIEW_OF(small)), CS_OK);
		count = fill(longest[i]);
		assert_true(count > 1);
		for (uint16_t round = 0; round < 200; round++) {
			for (uint16_t k = 1; k < STORE_APPLY_MAX; k++)
				changes[k - 1] = (struct store_change){.id = (uint16_t)(1000 + k),
								       .value = CS_VIEW_OF(small)};
			changes[STORE_APPLY_MAX - 1] = (struct store_change){
			    .id = (uint16_t)(1 + round % count),
			    .value = fixture_value(fixture_bytes, longest[i], (uint8_t)round)};
			small[0] = (uint8_t)round;
			assert_int_equal(store_apply(&st, changes, STORE_APPLY_MAX), CS_OK);
			if (round % 9 == 0)
				reopen();
		}
		assert_value((uint16_t)(1 + 199 % count), longest[i], 199);
	}
}

static void a_store_full_of_small_records_still_deletes_a_range(void **state)
{
	uint16_t count = fill(3);

	(void)state;
	reopen();
	assert_int_equal(store_delete_range(&st, 2, count), CS_OK);
	assert_value(1, 3, 1);
	assert_int_equal(st.count, 1);
}

static void the_room_told_is_the_room_there_is(void **state)
{
	static const uint16_t lengths[] = {900, 3, 1800, 40, 511, 700, 8, 2600, 100, 64};
	uint16_t id = 1;

	(void)state;
	for (;;) {
		size_t room = store_room(&st);

		if (room < STORE_VALUE_MAX)
			assert_int_equal(fixture_put(&st, id, room + 1, 1), CS_ERR_FULL);
		assert_int_equal(fixture_put(&st, id, room, 1),
				 room == 0 && !store_has(&st, id) ? CS_ERR_FULL : CS_OK);
		if (room == 0)
			break;
		assert_int_equal(store_delete(&st, id), CS_OK);
		if (lengths[id % 10] > room)
			break;
		assert_int_equal(fixture_put(&st, id, lengths[id % 10], (uint8_t)id), CS_OK);
		id++;
	}
	reopen();
	for (uint16_t i = 1; i < id; i++)
		assert_value(i, lengths[i % 10], (uint8_t)i);
}

static void formatting_leaves_an_empty_store_and_erases_what_was_there(void **state)
{
	uint8_t *bytes = flash_ram_bytes(ram);
	size_t used = 0;

	(void)state;
	(void)fill(500);
	assert_int_equal(store_format(&st, flash_ram_flash(ram), &fixture_crypto, fixture_device_key), CS_OK);
	assert_int_equal(st.count, 0);
	for (size_t i = 0; i < flash_ram_size(ram); i++)
		used += bytes[i] != 0xFF;
	assert_true(used < 128);
	reopen();
	assert_int_equal(st.count, 0);
	assert_int_equal(fixture_put(&st, 1, 10, 1), CS_OK);
	reopen();
	assert_value(1, 10, 1);
}

static void an_impossible_flash_is_refused(void **state)
{
	static const struct {
		uint32_t page_size, page_count, write_size;
	} bad[] = {{1024, 8, 8}, {131072, 8, 8}, {2048, 3, 8}, {2048, 1025, 8},
		   {2048, 8, 0}, {2048, 8, 12},	 {2048, 8, 64}};
	struct flash flash = *flash_ram_flash(ram);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		flash.page_size = bad[i].page_size;
		flash.page_count = bad[i].page_count;
		flash.write_size = bad[i].write_size;
		assert_int_equal(store_open(&st, &flash, &fixture_crypto, fixture_device_key), CS_ERR_ARG);
	}
}

static void each_put_costs_one_program_and_one_sync_while_its_page_has_room(void **state)
{
	struct flash_ram_count before, after;

	(void)state;
	assert_int_equal(fixture_put(&st, 1, 8, 1), CS_OK);
	before = flash_ram_counted(ram);
	assert_int_equal(fixture_put(&st, 1, 8, 2), CS_OK);
	after = flash_ram_counted(ram);
	assert_int_equal(after.programs - before.programs, 1);
	assert_int_equal(after.syncs - before.syncs, 1);
	assert_int_equal(after.erases, before.erases);
	print_message("# a put of 8 bytes programs %u bytes; struct store is %u bytes\n",
		      (unsigned)(after.bytes - before.bytes), (unsigned)sizeof(struct store));
}

#define PROMISE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    PROMISE(a_value_of_any_length_comes_back_now_and_after_opening_again),
	    PROMISE(the_longest_value_is_taken_and_a_longer_one_refused),
	    PROMISE(what_was_deleted_is_gone_and_deleting_it_again_is_no_error),
	    PROMISE(deleting_a_range_takes_what_is_in_it_and_nothing_else),
	    PROMISE(ids_outside_their_range_are_refused),
	    PROMISE(several_changes_come_to_be_together),
	    PROMISE(of_two_changes_to_one_record_the_later_one_holds),
	    PROMISE(a_bad_change_among_good_ones_changes_nothing),
	    PROMISE(a_writer_that_is_too_small_gets_nothing),
	    PROMISE(there_are_1024_records_and_no_more),
	    PROMISE(a_full_store_changes_nothing_more_but_still_replaces_and_deletes),
	    PROMISE(a_full_store_replaces_a_record_together_with_small_ones),
	    PROMISE(a_store_full_of_small_records_still_deletes_a_range),
	    PROMISE(the_room_told_is_the_room_there_is),
	    PROMISE(formatting_leaves_an_empty_store_and_erases_what_was_there),
	    PROMISE(an_impossible_flash_is_refused),
	    PROMISE(each_put_costs_one_program_and_one_sync_while_its_page_has_room),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
