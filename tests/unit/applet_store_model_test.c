/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The record store against a model: long random lives on flashes of many shapes, with the power cut now and
 * then; full stores that are cut again and again; and how level the erase counts stay.
 */
#include "applet/port/flash_file.h"
#include "applet/store_internal.h"
#include "tests/unit/random.h"
#include "tests/unit/store_fixture.h"

struct life {
	struct flash_ram *ram;
	struct store st;
	struct model m;
	struct test_random rng;
	size_t full, cuts;
	uint64_t most_pages; /* that one change has begun */
};

static struct life life;

static void life_begin(uint32_t page_size, uint32_t page_count, uint32_t write_size, struct test_random rng)
{
	life = (struct life){.ram = flash_ram_new(page_size, page_count, write_size), .rng = rng};
	assert_non_null(life.ram);
	assert_int_equal(fixture_open(&life.st, life.ram), CS_OK);
}

static void life_end(void)
{
	assert_int_equal(flash_ram_counted(life.ram).violations, 0);
	flash_ram_free(life.ram);
}

/* Power again, and what one change may have made of the store: the record is the old one or the new. */
static void reopen_after_cut(uint16_t id, struct model_value wanted)
{
	struct model_value old = life.m.value[id];

	life.cuts++;
	flash_ram_power_on(life.ram);
	assert_int_equal(fixture_open(&life.st, life.ram), CS_OK);
	if (!fixture_holds(&life.st, id, &old)) {
		assert_true(fixture_holds(&life.st, id, &wanted));
		life.m.value[id] = wanted;
	}
	assert_true(fixture_agrees(&life.st, &life.m));
}

/* ---- what collection costs at most (docs/STORAGE, COLLECTION) ---- */

struct cost {
	struct flash_ram_count before;
	uint64_t void_pages;
};

static struct cost cost_begin(void)
{
	return (struct cost){flash_ram_counted(life.ram), life.st.newest - life.st.head.page};
}

/* A lap at the most: each living page is begun anew once, and those of the change's own value. */
static void require_cost(const struct cost *cost, size_t len)
{
	const struct flash *flash = flash_ram_flash(life.ram);
	struct flash_ram_count now = flash_ram_counted(life.ram);
	uint32_t room = flash->page_size - store_page_start(&life.st), own;
	uint64_t pages, erases = now.erases - cost->before.erases;
	uint64_t operations = now.operations - cost->before.operations;

	own = store_space_is_long(&life.st, (uint32_t)len) ? (uint32_t)(len / (room - 600)) + 2 : 1;
	pages = flash->page_count + own;
	assert_true(erases <= pages + cost->void_pages);
	assert_true(operations <=
		    pages * (5 + room / store_align(&life.st, STORE_ENTRY_FIXED)) + 2 * cost->void_pages + 2);
	if (erases > life.most_pages)
		life.most_pages = erases;
}

/* Puts or, where the value is absent, deletes; with the power cut at the n-th operation if n is not 0. */
static enum cs_err change(uint16_t id, struct model_value wanted, uint64_t n)
{
	enum flash_tear tear = (enum flash_tear)test_random_below(&life.rng, FLASH_TEAR_COUNT);
	struct cost cost = cost_begin();
	enum cs_err err;

	flash_ram_cut_at(life.ram, n, tear, test_random_u64(&life.rng));
	err =
	    wanted.present ? fixture_put(&life.st, id, wanted.len, wanted.seed) : store_delete(&life.st, id);
	require_cost(&cost, wanted.len);
	if (flash_ram_is_cut(life.ram)) {
		reopen_after_cut(id, wanted);
		return err;
	}
	flash_ram_cut_at(life.ram, 0, tear, 0);
	if (err == CS_OK)
		life.m.value[id] = wanted;
	else
		assert_int_equal(err, CS_ERR_FULL);
	return err;
}

static struct model_value value_of(size_t len)
{
	return (struct model_value){true, (uint16_t)len, (uint8_t)test_random_u64(&life.rng)};
}

/* One random change. A record may always be removed, or replaced by one that is no longer. */
static void random_change(size_t longest)
{
	uint16_t id = (uint16_t)(1 + test_random_below(&life.rng, MODEL_IDS - 1));
	struct model_value old = life.m.value[id], new = value_of(test_random_below(&life.rng, 60));
	uint64_t cut = test_random_below(&life.rng, 5) == 0 ? 1 + test_random_below(&life.rng, 25) : 0;
	enum cs_err err;

	if (test_random_below(&life.rng, 6) == 0)
		new.len = (uint16_t)test_random_below(&life.rng, longest + 1);
	if (test_random_below(&life.rng, 7) == 0)
		new = (struct model_value){.present = false};
	err = change(id, new, cut);
	if (err == CS_ERR_FULL) {
		life.full++;
		assert_true(new.present && (!old.present || new.len > old.len));
	}
}

static void a_random_life_agrees_with_the_model_on_every_shape_of_flash(void **state)
{
	static const struct {
		uint32_t page_size, page_count, write_size;
		size_t longest;
	} shape[] = {
	    {2048, 4, 1, 400},	{2048, 4, 32, 1000},  {2048, 5, 8, 1800},
	    {2048, 7, 4, 2500}, {2048, 12, 16, 6000}, {4096, 4, 8, 3000},
	    {4096, 9, 2, 8192}, {4096, 32, 8, 8192},  {65536, 4, 32, 8192},
	};
	struct test_random rng = test_random_start();

	(void)state;
	for (size_t i = 0; i < sizeof(shape) / sizeof(shape[0]); i++) {
		life_begin(shape[i].page_size, shape[i].page_count, shape[i].write_size, rng);
		for (size_t step = 0; step < 1500; step++) {
			random_change(shape[i].longest);
			if (step % 16 == 0)
				assert_true(fixture_agrees(&life.st, &life.m));
			if (test_random_below(&life.rng, 20) == 0)
				assert_int_equal(fixture_open(&life.st, life.ram), CS_OK);
		}
		assert_true(fixture_agrees(&life.st, &life.m));
		print_message("# %u pages of %u, unit %u: %zu cuts, %zu times full, at most %llu pages begun "
			      "in a change\n",
			      (unsigned)shape[i].page_count, (unsigned)shape[i].page_size,
			      (unsigned)shape[i].write_size, life.cuts, life.full,
			      (unsigned long long)life.most_pages);
		rng = life.rng;
		life_end();
	}
}

/* Power that fails in each change, mostly in the middle of collection, may not use up what collection needs.
 */
static void a_full_store_that_is_cut_a_thousand_times_still_replaces_and_deletes(void **state)
{
	static const size_t lengths[] = {40, 700, 1300, 5000, 3};
	struct test_random rng = test_random_start();

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		uint16_t count = 1;

		life_begin(2048, i == 3 ? 24 : 8, 4, rng);
		while (count < MODEL_IDS && change(count, value_of(lengths[i]), 0) == CS_OK)
			count++;
		assert_true(count > 1);
		for (size_t round = 0; round < 1000; round++) {
			uint16_t id = (uint16_t)(1 + test_random_below(&life.rng, count - 1u));

			(void)change(id, value_of(lengths[i]), 1 + test_random_below(&life.rng, 12));
		}
		for (uint16_t id = 1; id < count; id++)
			assert_int_equal(change(id, value_of(lengths[i]), 0), CS_OK);
		for (uint16_t id = 1; id < count; id++)
			assert_int_equal(change(id, (struct model_value){.present = false}, 0), CS_OK);
		assert_int_equal(life.st.count, 0);
		rng = life.rng;
		life_end();
	}
}

/* ---- wear ---- */

static void print_wear(const char *what, uint64_t updates, uint64_t payload)
{
	const struct flash *flash = flash_ram_flash(life.ram);
	struct flash_ram_count c = flash_ram_counted(life.ram);
	uint32_t least = UINT32_MAX, most = 0;

	for (uint32_t page = 0; page < flash->page_count; page++) {
		uint32_t n = flash_ram_erase_count(life.ram, page);

		least = n < least ? n : least;
		most = n > most ? n : most;
	}
	print_message(
	    "# %s: %llu updates, erase counts %u to %u, %.1f bytes programmed for each byte of value, "
	    "%.3f syncs an update\n",
	    what, (unsigned long long)updates, (unsigned)least, (unsigned)most,
	    (double)c.bytes / (double)payload, (double)c.syncs / (double)updates);
	assert_true((most - least) * 10 <= most);
}

static void erase_counts_stay_within_ten_per_cent_over_a_million_updates(void **state)
{
	const uint64_t updates = 1000000;

	(void)state;
	life_begin(2048, 16, 8, (struct test_random){.state = 1});
	for (uint64_t i = 0; i < updates; i++)
		assert_int_equal(fixture_put(&life.st, 1, 8, (uint8_t)i), CS_OK);
	print_wear("a counter alone", updates, 8 * updates);
	life_end();
}

static void update_counted(uint8_t seed)
{
	struct cost cost = cost_begin();

	assert_int_equal(fixture_put(&life.st, 1, 8, seed), CS_OK);
	require_cost(&cost, 8);
}

static void erase_counts_stay_level_beside_records_that_never_change(void **state)
{
	const uint64_t updates = 20000;
	uint16_t id = 2;

	(void)state;
	life_begin(2048, 16, 8, (struct test_random){.state = 1});
	while (store_room(&life.st) >= 600)
		assert_int_equal(fixture_put(&life.st, id++, 600, 7), CS_OK);
	for (uint64_t i = 0; i < updates; i++)
		update_counted((uint8_t)i);
	print_wear("a counter in a full store", updates, 8 * updates);
	while (--id > 1)
		assert_true(fixture_holds(&life.st, id, &(struct model_value){true, 600, 7}));
	life_end();
}

/* Pages without a gap, so that one change may have to move all of them: the most there is to collect. */
static void one_change_never_collects_more_than_a_lap(void **state)
{
	uint16_t id = 2;

	(void)state;
	life_begin(2048, 16, 8, (struct test_random){.state = 1});
	while (store_room(&life.st) >= 40)
		assert_int_equal(fixture_put(&life.st, id++, 40, 7), CS_OK);
	for (uint64_t i = 0; i < 3000; i++)
		update_counted((uint8_t)i);
	print_message("# %u records of 40 bytes, 16 pages: one change has begun %llu of them\n",
		      (unsigned)id - 2, (unsigned long long)life.most_pages);
	assert_true(life.most_pages > 8);
	life_end();
}

/* As a card has it: a default image, half of it certificates and credentials that stay, and a PIN in use. */
static void a_change_beside_a_half_full_image_collects_a_page_or_two(void **state)
{
	uint16_t id = 2;

	(void)state;
	life_begin(FLASH_FILE_PAGE_SIZE, FLASH_FILE_PAGE_COUNT, FLASH_FILE_WRITE_SIZE,
		   (struct test_random){.state = 1});
	while (life.st.live < FLASH_FILE_PAGE_SIZE * FLASH_FILE_PAGE_COUNT / 2) {
		assert_int_equal(fixture_put(&life.st, id, id % 4 == 0 ? 2000 : 100 + id % 60, 7), CS_OK);
		id++;
	}
	for (uint64_t i = 0; i < 30000; i++)
		update_counted((uint8_t)i);
	print_message("# %u records, half of a new image: one change has begun %llu pages\n",
		      (unsigned)id - 2, (unsigned long long)life.most_pages);
	assert_true(life.most_pages <= 4);
	life_end();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_random_life_agrees_with_the_model_on_every_shape_of_flash),
	    cmocka_unit_test(a_full_store_that_is_cut_a_thousand_times_still_replaces_and_deletes),
	    cmocka_unit_test(erase_counts_stay_within_ten_per_cent_over_a_million_updates),
	    cmocka_unit_test(erase_counts_stay_level_beside_records_that_never_change),
	    cmocka_unit_test(one_change_never_collects_more_than_a_lap),
	    cmocka_unit_test(a_change_beside_a_half_full_image_collects_a_page_or_two),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
