/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The record store and a log that opens under its key, but that it would never have written: whatever one
 * entry or header says against the others, the store is not taken for a good one, and a record is not read as
 * something else.
 */
#include "applet/store_internal.h"
#include "tests/unit/store_single.h"

#define COMMITS (STORE_FIRST | STORE_LAST | STORE_SETTLED)

/* An entry behind the last one, sealed as the store seals. */
static void forge(struct store_meta meta, uint32_t data_len)
{
	assert_int_equal(store_entry_write(&st, &meta, data_len), CS_OK);
	assert_int_equal(store_sync(&st), CS_OK);
}

static void assert_refused(void)
{
	static struct store tried;

	assert_int_equal(fixture_open(&tried, ram), CS_ERR_CORRUPT);
}

/* A store with nothing but record 1. */
static void anew(void)
{
	assert_int_equal(store_format(&st, flash_ram_flash(ram), &fixture_crypto, fixture_device_key), CS_OK);
	assert_int_equal(fixture_put(&st, 1, 40, 1), CS_OK);
}

/* ---- values ---- */

struct forged_entry {
	struct store_meta meta;
	uint32_t data_len;
};

static void entries_that_do_not_go_together_are_refused(void **state)
{
	static const struct forged_entry value = {{STORE_VALUE, STORE_FIRST, 5, 0, 600, 0}, 512};
	static const struct forged_entry next[] = {
	    {{STORE_VALUE, STORE_LAST, 6, 512, 600, 0}, 88},  /* of another record */
	    {{STORE_VALUE, STORE_LAST, 5, 500, 600, 0}, 88},  /* of another place in the value */
	    {{STORE_VALUE, STORE_LAST, 5, 512, 601, 0}, 88},  /* of a value of another length */
	    {{STORE_VALUE, STORE_LAST, 5, 512, 600, 0}, 200}, /* with more than is left of it */
	    {{STORE_VALUE, STORE_LAST, 5, 512, 600, 0}, 80},  /* with less, and nothing after it */
	    {{STORE_VALUE, STORE_LAST, 6, 0, 10, 0}, 10},     /* of a value that begins inside it */
	    {{STORE_NOTE, STORE_LAST, 0, 0, 0, 0}, 0},	      /* that commits before it ends */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(next) / sizeof(next[0]); i++) {
		anew();
		forge(value.meta, value.data_len);
		forge(next[i].meta, next[i].data_len);
		assert_refused();
	}
	anew();
	forge(value.meta, value.data_len);
	forge((struct store_meta){STORE_VALUE, STORE_LAST, 5, 512, 600, 0}, 88);
	reopen();
	assert_true(store_has(&st, 5)); /* the one that goes with it */
}

static void an_entry_that_says_what_none_can_is_refused(void **state)
{
	static const struct forged_entry alone[] = {
	    {{STORE_VALUE, COMMITS, 5, 0, STORE_VALUE_MAX + 1, 0}, 512},
	    {{9, COMMITS, 5, 0, 0, 0}, 0},
	    {{STORE_NOTE, COMMITS, 0, 0, 0, 16}, 0}, /* a tail that is no longer there */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++) {
		anew();
		forge(alone[i].meta, alone[i].data_len);
		assert_refused();
	}
}

static void a_tail_before_the_first_page_is_refused(void **state)
{
	(void)state;
	assert_int_equal(st.head.page, STORE_PAGE_FIRST);
	forge((struct store_meta){STORE_NOTE, COMMITS, 0, 0, 0, STORE_PAGE_FIRST}, 0);
	assert_refused();
}

/* ---- pages ---- */

static void a_page_that_says_another_end_of_the_one_before_is_refused(void **state)
{
	static const int32_t off[] = {-8, 8, 80};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(off) / sizeof(off[0]); i++) {
		anew();
		st.cursor.offset = (uint32_t)((int32_t)st.cursor.offset + off[i / 2]);
		assert_int_equal(store_page_begin(&st, false), CS_OK);
		if (i % 2 == 1) /* the page is void, or it counts */
			forge((struct store_meta){STORE_NOTE, COMMITS, 0, 0, 0, 1}, 0);
		assert_refused();
	}
}

static void a_page_that_says_another_last_entry_of_the_one_before_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		anew();
		st.cursor.link[3] ^= 1;
		assert_int_equal(store_page_begin(&st, false), CS_OK);
		if (i == 1)
			forge((struct store_meta){STORE_NOTE, COMMITS, 0, 0, 0, 1}, 0);
		assert_refused();
	}
}

static void a_log_with_no_commit_on_any_page_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(store_page_begin(&st, false), CS_OK);
	assert_refused();
}

static void a_log_whose_first_page_is_not_its_beginning_is_refused(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < st.flash->page_count; i++)
		assert_int_equal(st.flash->erase(st.flash->ctx, i), CS_OK);
	st.cursor = (struct store_cursor){.page = STORE_PAGE_FIRST - 1};
	st.newest = st.cursor.page;
	assert_int_equal(store_page_begin(&st, false), CS_OK);
	assert_refused();
}

/* The header that power loss tore was that of the page behind the last commit, though entries that were cut
 * off stand behind that. */
static void a_torn_header_has_nothing_behind_it(void **state)
{
	struct store_cursor head;
	uint8_t *page;

	(void)state;
	assert_int_equal(fixture_put(&st, 1, 40, 1), CS_OK);
	head = st.head;
	forge((struct store_meta){STORE_VALUE, STORE_FIRST, 5, 0, 600, 0}, 512);
	st.cursor = head;
	assert_int_equal(store_page_begin(&st, false), CS_OK);
	page = flash_ram_bytes(ram) + store_flash_page(&st, st.cursor.page) * 2048;
	page[0] ^= 1;
	page[1000] = 0;
	assert_refused();
	page[1000] = 0xFF;
	reopen();
}

/* A header with one byte changed, sealed again. */
static void header_change(uint8_t *raw, size_t at, uint8_t value)
{
	uint8_t aad[68] = {0}, digest[CS_HASH_MAX];
	struct cs_writer w = cs_writer_of(aad, sizeof(aad));

	raw[at] = value;
	cs_write_view(&w, cs_view(raw, 4));
	cs_write_u32(&w, 0);
	cs_write_view(&w, cs_view(raw + 8, 48));
	cs_write_u32(&w, st.flash->page_size);
	cs_write_u32(&w, st.flash->page_count);
	cs_write_u32(&w, st.flash->write_size);
	assert_int_equal(store_key_derive(&st, raw + 40), CS_OK);
	assert_int_equal(fixture_crypto.aead_seal(fixture_crypto.ctx, st.key, raw + 56, CS_VIEW_OF(aad),
						  CS_VIEW_EMPTY, raw + 68),
			 CS_OK);
	assert_int_equal(fixture_crypto.digest(fixture_crypto.ctx, CS_SHA256,
					       cs_view(raw + 8, STORE_HEADER_LEN - 8), digest),
			 CS_OK);
	memcpy(raw + 4, digest, 4);
}

static void a_header_of_another_version_or_place_is_not_ours(void **state)
{
	uint8_t *raw = flash_ram_bytes(ram) + store_flash_page(&st, STORE_PAGE_FIRST) * 2048;
	static const struct {
		size_t at;
		uint8_t value;
	} change[] = {{8, 1}, {9, 2}, {19, 0}, {19, 2}};

	(void)state;
	for (size_t i = 0; i < sizeof(change) / sizeof(change[0]); i++) {
		uint8_t was = raw[change[i].at];

		header_change(raw, change[i].at, change[i].value);
		assert_refused();
		header_change(raw, change[i].at, was);
	}
	reopen();
}

static void pages_of_two_logs_do_not_make_one(void **state)
{
	uint8_t *raw = flash_ram_bytes(ram) + store_flash_page(&st, STORE_PAGE_FIRST) * 2048;

	(void)state;
	assert_int_equal(store_page_begin(&st, false), CS_OK);
	header_change(raw, 40, (uint8_t)(raw[40] ^ 1)); /* of another salt */
	assert_refused();
}

static void a_page_of_a_lap_before_does_not_stand_for_the_one_that_is_missing(void **state)
{
	uint8_t *raw, kept[2048];

	(void)state;
	raw = flash_ram_bytes(ram) + store_flash_page(&st, 2) * 2048;
	assert_int_equal(store_page_begin(&st, false), CS_OK);
	memcpy(kept, raw, sizeof(kept));
	for (uint16_t i = 0; i < 40 * 20 && st.head.page != 19; i++)
		assert_int_equal(fixture_put(&st, 1, 40, (uint8_t)i), CS_OK);
	assert_int_equal(st.head.page, 19);
	memcpy(raw, kept, sizeof(kept)); /* page 2 for page 18 */
	assert_refused();
}

/* ---- reading ---- */

static void assert_unreadable(struct store_slot slot)
{
	struct cs_writer w = CS_WRITER_OF(fixture_bytes);

	st.index[0] = slot;
	assert_int_equal(store_get(&st, slot.id, &w), CS_ERR_CORRUPT);
	assert_true(w.failed);
}

static void a_record_is_read_only_from_its_own_entries(void **state)
{
	struct store_slot slot, other;

	(void)state;
	assert_int_equal(fixture_put(&st, 1, 600, 1), CS_OK);
	slot = other = st.index[0];
	other.id = 2;
	assert_unreadable(other);
	other = slot;
	other.len = 590;
	assert_unreadable(other);
	other = slot;
	other.offset = (uint16_t)(slot.offset + store_align(&st, STORE_ENTRY_FIXED + STORE_FRAGMENT_MAX));
	assert_unreadable(other); /* where the second half stands */
	other.offset = (uint16_t)st.head.offset;
	assert_unreadable(other); /* where nothing stands */
	forge((struct store_meta){STORE_REMOVE, COMMITS, 1, 0, 600, 0}, 512);
	assert_unreadable(other);
	other.offset = (uint16_t)st.cursor.offset;
	forge((struct store_meta){STORE_VALUE, COMMITS, 1, 0, 600, 0}, 0);
	assert_unreadable(other);
	other.offset = (uint16_t)st.cursor.offset;
	other.len = 20;
	forge((struct store_meta){STORE_VALUE, COMMITS, 1, 0, 20, 0}, 21);
	assert_unreadable(other);
}

static void a_value_is_walked_in_steps_of_any_length(void **state)
{
	static uint8_t want[1300], got[1300];
	struct store_walk walk;

	(void)state;
	assert_int_equal(store_put(&st, 1, fixture_value(want, sizeof(want), 3)), CS_OK);
	for (uint32_t step = 1; step < sizeof(want); step = 3 * step + 1) {
		assert_int_equal(store_walk_begin(&st, &st.index[0], &walk), CS_OK);
		for (uint32_t at = 0; at < sizeof(want); at += step) {
			uint32_t left = (uint32_t)sizeof(want) - at;

			assert_int_equal(store_walk_read(&st, &walk, got + at, left < step ? left : step),
					 CS_OK);
		}
		assert_memory_equal(got, want, sizeof(want));
		memset(got, 0, sizeof(got));
	}
}

/* ---- limits ---- */

static void one_record_more_than_the_store_has_room_for_is_refused(void **state)
{
	(void)state;
	flash_ram_free(ram);
	ram = flash_ram_new(65536, 8, 8);
	assert_non_null(ram);
	assert_int_equal(fixture_open(&st, ram), CS_OK);
	for (uint16_t id = 1; id <= STORE_RECORDS_MAX; id++)
		assert_int_equal(store_put(&st, id, CS_VIEW_TEXT("x")), CS_OK);
	assert_int_equal(store_put(&st, 5000, CS_VIEW_TEXT("x")), CS_ERR_FULL);
	assert_int_equal(store_put(&st, 7, CS_VIEW_TEXT("y")), CS_OK);
	assert_int_equal(store_log_value(&st, 5000, CS_VIEW_TEXT("x"), true), CS_ERR_FULL);
	assert_false(store_has(&st, 5000));
	assert_int_equal(store_sync(&st), CS_OK);
	assert_refused();
}

static void a_plan_that_names_a_record_twice_shrinks_only_where_it_ends_removed(void **state)
{
	const struct store_change twice[] = {{.id = 1, .value = CS_VIEW_TEXT("a")},
					     {.id = 1, .remove = true}};
	const struct store_change put_again[] = {
	    {.id = 1, .remove = true}, {.id = 1, .value = CS_VIEW_TEXT("b")}, {.id = 1, .remove = true}};

	(void)state;
	assert_int_equal(fixture_put(&st, 1, 40, 1), CS_OK);
	assert_int_equal(store_apply(&st, twice, 2), CS_OK);
	assert_false(store_has(&st, 1));
	assert_int_equal(store_apply(&st, put_again, 2), CS_OK);
	reopen();
	assert_true(store_has(&st, 1));
	assert_int_equal(store_apply(&st, put_again, 3), CS_OK);
	reopen();
	assert_false(store_has(&st, 1));
}

static void what_is_not_there_can_be_removed_from_an_empty_store(void **state)
{
	static const struct store_change removals[] = {{.id = 1, .remove = true}, {.id = 2, .remove = true}};

	(void)state;
	assert_int_equal(store_apply(&st, removals, 2), CS_OK);
	reopen();
	assert_int_equal(st.count, 0);
	assert_int_equal(fixture_put(&st, 1, 40, 1), CS_OK);
}

static void a_blank_flash_can_be_formatted(void **state)
{
	(void)state;
	memset(flash_ram_bytes(ram), 0xFF, flash_ram_size(ram));
	assert_int_equal(store_format(&st, flash_ram_flash(ram), &fixture_crypto, fixture_device_key), CS_OK);
	assert_int_equal(fixture_put(&st, 1, 40, 1), CS_OK);
	reopen();
	assert_value(1, 40, 1);
}

static void nothing_stands_behind_the_end_of_a_page(void **state)
{
	struct store_entry e;

	(void)state;
	assert_int_equal(store_entry_read(&st, st.head.page, st.head.tag, 2048 + 8, &e), CS_ERR_NOT_FOUND);
}

/* A long value and the records that follow it on its last page are collected in the log's order, whatever
 * the order of their ids. */
static void a_group_of_several_pages_is_collected_in_the_order_of_the_log(void **state)
{
	static const uint16_t ids[][3] = {{5, 1, 9}, {1, 5, 9}, {9, 5, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		anew();
		assert_int_equal(store_delete(&st, 1), CS_OK);
		assert_int_equal(fixture_put(&st, ids[i][0], 3000, 1), CS_OK);
		assert_int_equal(fixture_put(&st, ids[i][1], 40, 2), CS_OK);
		assert_int_equal(fixture_put(&st, ids[i][2], 50, 3), CS_OK);
		for (uint16_t n = 0; n < 150; n++)
			assert_int_equal(fixture_put(&st, 20, 600, (uint8_t)n), CS_OK);
		reopen();
		assert_value(ids[i][0], 3000, 1);
		assert_value(ids[i][1], 40, 2);
		assert_value(ids[i][2], 50, 3);
	}
}

static void a_range_of_ids_that_are_none_is_refused(void **state)
{
	struct flash odd = *st.flash;

	(void)state;
	assert_int_equal(fixture_put(&st, 1, 40, 1), CS_OK);
	assert_int_equal(store_delete_range(&st, 0, 5), CS_ERR_ARG);
	assert_int_equal(store_delete_range(&st, 1, 0xFFFF), CS_ERR_ARG);
	assert_value(1, 40, 1);
	odd.page_size = 2056;
	odd.write_size = 16;
	assert_int_equal(store_open(&st, &odd, &fixture_crypto, fixture_device_key), CS_ERR_ARG);
	assert_int_equal(store_format(&st, &odd, &fixture_crypto, fixture_device_key), CS_ERR_ARG);
	reopen();
	assert_value(1, 40, 1);
}

static void after_the_last_page_number_there_is_no_page(void **state)
{
	(void)state;
	st.cursor.page = UINT32_MAX;
	assert_int_equal(store_page_begin(&st, false), CS_ERR_IO);
}

#define PROMISE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    PROMISE(entries_that_do_not_go_together_are_refused),
	    PROMISE(an_entry_that_says_what_none_can_is_refused),
	    PROMISE(a_tail_before_the_first_page_is_refused),
	    PROMISE(a_page_that_says_another_end_of_the_one_before_is_refused),
	    PROMISE(a_page_that_says_another_last_entry_of_the_one_before_is_refused),
	    PROMISE(a_log_with_no_commit_on_any_page_is_refused),
	    PROMISE(a_log_whose_first_page_is_not_its_beginning_is_refused),
	    PROMISE(a_torn_header_has_nothing_behind_it),
	    PROMISE(a_header_of_another_version_or_place_is_not_ours),
	    PROMISE(pages_of_two_logs_do_not_make_one),
	    PROMISE(a_page_of_a_lap_before_does_not_stand_for_the_one_that_is_missing),
	    PROMISE(a_record_is_read_only_from_its_own_entries),
	    PROMISE(a_value_is_walked_in_steps_of_any_length),
	    PROMISE(one_record_more_than_the_store_has_room_for_is_refused),
	    PROMISE(a_plan_that_names_a_record_twice_shrinks_only_where_it_ends_removed),
	    PROMISE(what_is_not_there_can_be_removed_from_an_empty_store),
	    PROMISE(a_blank_flash_can_be_formatted),
	    PROMISE(nothing_stands_behind_the_end_of_a_page),
	    PROMISE(a_group_of_several_pages_is_collected_in_the_order_of_the_log),
	    PROMISE(a_range_of_ids_that_are_none_is_refused),
	    PROMISE(after_the_last_page_number_there_is_no_page),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
