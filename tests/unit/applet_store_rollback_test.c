/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The record store beside a counter outside its flash: a flash put back to an older state is refused,
 * whatever the change was and wherever power was cut in it; and power cuts alone never make a good one look
 * old.
 */
#include "applet/store_internal.h"
#include "tests/unit/store_fixture.h"

static struct flash_ram *ram;
static struct store st;

static int begin(void **state)
{
	(void)state;
	ram = flash_ram_new(2048, 16, 8);
	if (ram == NULL)
		return -1;
	flash_ram_counter_add(ram);
	return fixture_open(&st, ram) == CS_OK ? 0 : -1;
}

static int end(void **state)
{
	bool clean = flash_ram_counted(ram).violations == 0;

	(void)state;
	flash_ram_free(ram);
	return clean ? 0 : -1;
}

/* What is on the flash, to be put back later. */
static uint8_t *image_take(struct flash_ram *from)
{
	uint8_t *image = malloc(flash_ram_size(from));

	assert_non_null(image);
	memcpy(image, flash_ram_bytes(from), flash_ram_size(from));
	return image;
}

static enum cs_err image_try(struct flash_ram *at, const uint8_t *image)
{
	static struct store tried;

	memcpy(flash_ram_bytes(at), image, flash_ram_size(at));
	return fixture_open(&tried, at);
}

/* ---- changes ---- */

static enum cs_err put_first(struct store *s)
{
	return fixture_put(s, 1, 40, 9);
}

static enum cs_err put_over_pages(struct store *s)
{
	return fixture_put(s, 3, 3000, 9);
}

static enum cs_err remove_one(struct store *s)
{
	return store_delete(s, 1);
}

static enum cs_err remove_range(struct store *s)
{
	return store_delete_range(s, 1, 2);
}

static enum cs_err apply_two(struct store *s)
{
	const struct store_change changes[] = {{.id = 1, .remove = true},
					       {.id = 4, .value = CS_VIEW_TEXT("four")}};

	return store_apply(s, changes, 2);
}

static enum cs_err format(struct store *s)
{
	return store_format(s, s->flash, &fixture_crypto, fixture_device_key);
}

typedef enum cs_err change(struct store *s);
static change *const all_changes[] = {put_first, put_over_pages, remove_one, remove_range, apply_two, format};
#define CHANGES (sizeof(all_changes) / sizeof(all_changes[0]))

static void prepare(void)
{
	assert_int_equal(fixture_put(&st, 1, 40, 1), CS_OK);
	assert_int_equal(fixture_put(&st, 2, 40, 2), CS_OK);
}

static void the_state_before_any_kind_of_change_is_refused_after_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHANGES; i++) {
		uint8_t *before, *after;

		prepare();
		before = image_take(ram);
		assert_int_equal(all_changes[i](&st), CS_OK);
		after = image_take(ram);
		assert_int_equal(image_try(ram, before), CS_ERR_ROLLBACK);
		assert_int_equal(image_try(ram, after), CS_OK);
		assert_int_equal(fixture_open(&st, ram), CS_OK);
		free(before);
		free(after);
	}
}

static void every_older_state_of_a_long_life_is_refused(void **state)
{
	enum { STATES = 300 };
	uint8_t *images[STATES];

	(void)state;
	for (size_t i = 0; i < STATES; i++) {
		images[i] = image_take(ram);
		assert_int_equal(fixture_put(&st, (uint16_t)(1 + i % 5), 8 + i % 90, (uint8_t)i), CS_OK);
		if (i % 11 == 0)
			assert_int_equal(fixture_open(&st, ram), CS_OK);
	}
	for (size_t i = 0; i < STATES; i++) {
		assert_int_equal(image_try(ram, images[i]), CS_ERR_ROLLBACK);
		free(images[i]);
	}
}

/* Collection writes what is there already: it has nothing to count. */
static void each_change_raises_the_counter_once_and_collection_does_not(void **state)
{
	uint64_t before = flash_ram_counter(ram);

	(void)state;
	assert_int_equal(fixture_put(&st, 9, 1500, 1), CS_OK);
	for (unsigned i = 0; i < 500; i++)
		assert_int_equal(fixture_put(&st, 1, 100, (uint8_t)i), CS_OK);
	assert_int_equal(store_delete(&st, 77), CS_OK); /* was not there */
	assert_true(st.tail > 1);
	assert_int_equal(flash_ram_counter(ram) - before, 501);
	assert_int_equal(flash_ram_counted(ram).raises, flash_ram_counter(ram));
}

/* ---- power ---- */

/* The change is cut at its n-th operation; then an attacker tries what was there before. False where the
 * change came to its end. */
static bool cut_and_put_back(change *what, uint64_t n, enum flash_tear tear)
{
	struct flash_ram *copy = flash_ram_clone(ram);
	static struct store s;
	uint8_t *before = image_take(ram), *after;
	uint64_t counter = flash_ram_counter(ram);
	enum cs_err err;
	bool cut;

	s = st;
	s.flash = flash_ram_flash(copy);
	flash_ram_cut_at(copy, n, tear, n);
	err = what(&s);
	cut = flash_ram_is_cut(copy);
	flash_ram_power_on(copy);
	after = image_take(copy);
	assert_int_equal(err == CS_OK, !cut);
	if (flash_ram_counter(copy) != counter) /* raised: the change is there for good */
		assert_int_equal(image_try(copy, before), CS_ERR_ROLLBACK);
	assert_int_equal(image_try(copy, after), CS_OK); /* a power cut alone is no rollback */
	if (fixture_open(&s, copy) == CS_OK && s.stamp != st.stamp)
		assert_int_equal(image_try(copy, before), CS_ERR_ROLLBACK); /* seen once: no way back */
	if (!cut)
		assert_int_equal(flash_ram_counter(copy), counter + 1);
	assert_int_equal(flash_ram_counted(copy).violations, 0);
	flash_ram_free(copy);
	free(before);
	free(after);
	return cut;
}

static void power_cuts_neither_make_a_good_flash_old_nor_an_old_one_good(void **state)
{
	size_t cuts = 0;

	(void)state;
	prepare();
	for (size_t i = 0; i < CHANGES; i++) {
		for (enum flash_tear tear = 0; tear < FLASH_TEAR_COUNT; tear++) {
			for (uint64_t n = 1; cut_and_put_back(all_changes[i], n, tear); n++)
				cuts++;
		}
	}
	assert_true(cuts > 100);
}

/* Power goes after the change is durable, in the raise; and again and again in the raise at the next opens.
 */
static void a_change_whose_raise_was_cut_is_completed_at_the_next_open(void **state)
{
	struct model_value new = {true, 40, 9};
	uint64_t counter;

	(void)state;
	prepare();
	counter = flash_ram_counter(ram);
	flash_ram_cut_at(ram, 3, FLASH_TEAR_NOTHING, 1); /* program, sync, raise */
	assert_int_equal(put_first(&st), CS_ERR_IO);
	assert_int_equal(flash_ram_counted(ram).raises, counter + 1);
	for (int i = 0; i < 3; i++) {
		flash_ram_power_on(ram);
		assert_int_equal(flash_ram_counter(ram), counter);
		flash_ram_cut_at(ram, 2, FLASH_TEAR_NOTHING, 1); /* sync, raise */
		assert_int_equal(fixture_open(&st, ram), CS_ERR_IO);
	}
	flash_ram_power_on(ram);
	assert_int_equal(fixture_open(&st, ram), CS_OK);
	assert_int_equal(flash_ram_counter(ram), counter + 1);
	assert_true(fixture_holds(&st, 1, &new));
}

static void the_newest_change_cannot_be_cut_off(void **state)
{
	uint32_t from;

	(void)state;
	prepare();
	from = st.head.offset;
	assert_int_equal(put_first(&st), CS_OK);
	memset(flash_ram_bytes(ram) + store_flash_page(&st, st.head.page) * 2048 + from, 0xFF, 2048 - from);
	assert_int_equal(fixture_open(&st, ram), CS_ERR_ROLLBACK);
}

/* Without a counter this is the one damage that cannot be told from a write that power loss interrupted. */
static void a_bit_that_flips_in_the_newest_change_is_seen(void **state)
{
	size_t from, to;

	(void)state;
	prepare();
	from = store_flash_page(&st, st.head.page) * 2048 + st.head.offset;
	assert_int_equal(put_first(&st), CS_OK);
	to = store_flash_page(&st, st.head.page) * 2048 + st.head.offset - 6; /* all but the padding */
	for (size_t bit = from * 8; bit < to * 8; bit += 5) {
		flash_ram_bytes(ram)[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(fixture_open(&st, ram), CS_OK);
		flash_ram_bytes(ram)[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(fixture_open(&st, ram), CS_OK);
}

/* ---- counters that come and go ---- */

static void a_store_that_had_no_counter_takes_a_new_one_and_is_bound_to_it(void **state)
{
	struct flash_ram *plain = flash_ram_new(2048, 16, 8), *bound;
	uint8_t *before;

	(void)state;
	assert_int_equal(fixture_open(&st, plain), CS_OK);
	assert_int_equal(fixture_put(&st, 1, 40, 1), CS_OK);
	before = image_take(plain);
	bound = flash_ram_clone(plain);
	flash_ram_counter_add(bound);
	assert_int_equal(fixture_open(&st, bound), CS_OK);
	assert_true(fixture_holds(&st, 1, &(struct model_value){true, 40, 1}));
	assert_int_equal(put_first(&st), CS_OK);
	assert_int_equal(flash_ram_counter(bound), 1);
	memcpy(flash_ram_bytes(plain), flash_ram_bytes(bound), flash_ram_size(bound));
	assert_int_equal(fixture_open(&st, plain), CS_ERR_ROLLBACK); /* without its counter */
	assert_int_equal(image_try(bound, before), CS_ERR_ROLLBACK);
	free(before);
	flash_ram_free(plain);
	flash_ram_free(bound);
}

static void a_counter_that_was_set_back_or_is_another_ones_is_refused(void **state)
{
	struct flash_ram *other = flash_ram_new(2048, 16, 8);

	(void)state;
	prepare();
	flash_ram_counter_add(other); /* reads 0 */
	memcpy(flash_ram_bytes(other), flash_ram_bytes(ram), flash_ram_size(ram));
	assert_int_equal(fixture_open(&st, other), CS_ERR_ROLLBACK);
	flash_ram_free(other);
}

static void a_blank_flash_beside_a_used_counter_is_formatted_and_goes_on(void **state)
{
	uint8_t *before;
	uint64_t counter;

	(void)state;
	prepare();
	before = image_take(ram);
	counter = flash_ram_counter(ram);
	memset(flash_ram_bytes(ram), 0xFF, flash_ram_size(ram));
	assert_int_equal(fixture_open(&st, ram), CS_OK);
	assert_int_equal(st.count, 0);
	assert_int_equal(flash_ram_counter(ram), counter + 1);
	assert_int_equal(image_try(ram, before), CS_ERR_ROLLBACK);
	free(before);
}

static enum cs_err last_value(void *ctx, uint64_t *value)
{
	(void)ctx;
	*value = STORE_STAMP_MAX - 1;
	return CS_OK;
}

static enum cs_err raise_any(void *ctx, uint64_t value)
{
	(void)ctx;
	return value == STORE_STAMP_MAX ? CS_OK : CS_ERR_IO;
}

static void a_counter_at_its_end_lets_nothing_more_be_written(void **state)
{
	struct flash flash = *flash_ram_flash(ram);

	(void)state;
	flash.counter_read = last_value;
	flash.counter_raise = raise_any;
	memset(flash_ram_bytes(ram), 0xFF, flash_ram_size(ram));
	assert_int_equal(store_open(&st, &flash, &fixture_crypto, fixture_device_key), CS_OK);
	assert_int_equal(put_first(&st), CS_ERR_FULL);
	assert_int_equal(remove_range(&st), CS_ERR_FULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(the_state_before_any_kind_of_change_is_refused_after_it),
	    TEST(every_older_state_of_a_long_life_is_refused),
	    TEST(each_change_raises_the_counter_once_and_collection_does_not),
	    TEST(power_cuts_neither_make_a_good_flash_old_nor_an_old_one_good),
	    TEST(a_change_whose_raise_was_cut_is_completed_at_the_next_open),
	    TEST(the_newest_change_cannot_be_cut_off),
	    TEST(a_bit_that_flips_in_the_newest_change_is_seen),
	    TEST(a_store_that_had_no_counter_takes_a_new_one_and_is_bound_to_it),
	    TEST(a_counter_that_was_set_back_or_is_another_ones_is_refused),
	    TEST(a_blank_flash_beside_a_used_counter_is_formatted_and_goes_on),
	    TEST(a_counter_at_its_end_lets_nothing_more_be_written),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
