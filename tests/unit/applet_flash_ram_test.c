/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The RAM flash that other tests believe in: what it may leave behind after power loss is all that a medium
 * may, and no more.
 */
#include "tests/unit/store_fixture.h"

#define UNIT  8u
#define SEEDS 2000u

static const uint8_t zeros[UNIT];

static struct flash_ram *blank(void)
{
	struct flash_ram *ram = flash_ram_new(2048, 4, UNIT);

	assert_non_null(ram);
	return ram;
}

static void program(struct flash_ram *ram, uint32_t page, uint32_t offset, enum cs_err want)
{
	const struct flash *f = flash_ram_flash(ram);

	assert_int_equal(f->program(f->ctx, page, offset, zeros, UNIT), want);
}

static void erase(struct flash_ram *ram, uint32_t page)
{
	const struct flash *f = flash_ram_flash(ram);

	assert_int_equal(f->erase(f->ctx, page), CS_OK);
}

static enum cs_err sync_all(struct flash_ram *ram)
{
	const struct flash *f = flash_ram_flash(ram);

	return f->sync(f->ctx);
}

static bool holds(struct flash_ram *ram, uint32_t page, uint32_t offset, uint8_t byte)
{
	const uint8_t *at = flash_ram_bytes(ram) + page * 2048 + offset;

	for (size_t i = 0; i < UNIT; i++) {
		if (at[i] != byte)
			return false;
	}
	return true;
}

/* Two operations without a sync between: neither, the first, the second, both, and each of them torn. */
static void of_two_operations_before_a_sync_any_may_be_lost(void **state)
{
	unsigned seen[3][3] = {{0}};

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct flash_ram *ram = blank();
		unsigned first, second;

		flash_ram_cut_at(ram, 3, FLASH_TEAR_REORDER, seed);
		program(ram, 0, 0, CS_OK);
		program(ram, 1, 64, CS_OK);
		assert_int_equal(sync_all(ram), CS_ERR_IO);
		first = holds(ram, 0, 0, 0xFF) ? 0 : holds(ram, 0, 0, 0) ? 1 : 2;
		second = holds(ram, 1, 64, 0xFF) ? 0 : holds(ram, 1, 64, 0) ? 1 : 2;
		seen[first][second]++;
		flash_ram_free(ram);
	}
	for (int first = 0; first < 3; first++) {
		for (int second = 0; second < 3; second++)
			assert_true(seen[first][second] > 0);
	}
}

/* An erasure may reach the medium after what was programmed behind it. */
static void operations_before_a_sync_come_in_any_order(void **state)
{
	unsigned erased_last = 0, programmed_last = 0;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct flash_ram *ram = blank();

		program(ram, 0, 0, CS_OK);
		assert_int_equal(sync_all(ram), CS_OK);
		flash_ram_cut_at(ram, 3, FLASH_TEAR_REORDER, seed);
		erase(ram, 0);
		program(ram, 0, 64, CS_OK);
		assert_int_equal(sync_all(ram), CS_ERR_IO);
		if (holds(ram, 0, 0, 0xFF))
			*(holds(ram, 0, 64, 0) ? &programmed_last : &erased_last) += 1;
		flash_ram_free(ram);
	}
	assert_true(erased_last > SEEDS / 20);
	assert_true(programmed_last > SEEDS / 40);
}

static void what_was_synced_is_never_lost(void **state)
{
	(void)state;
	for (int tear = 0; tear < FLASH_TEAR_COUNT; tear++) {
		for (uint64_t seed = 0; seed < 50; seed++) {
			struct flash_ram *ram = blank();

			program(ram, 0, 0, CS_OK);
			assert_int_equal(sync_all(ram), CS_OK);
			flash_ram_cut_at(ram, 1, (enum flash_tear)tear, seed);
			program(ram, 0, 64, CS_ERR_IO);
			assert_true(holds(ram, 0, 0, 0));
			flash_ram_power_on(ram);
			flash_ram_pull(ram, seed);
			assert_true(holds(ram, 0, 0, 0));
			flash_ram_free(ram);
		}
	}
}

/* A process that is killed loses nothing; power loss after that may take what it had not synced. */
static void after_a_kill_the_unsynced_is_seen_and_may_still_be_lost(void **state)
{
	unsigned lost = 0, kept = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct flash_ram *ram = blank(), *copy;

		flash_ram_cut_at(ram, 2, FLASH_TEAR_KILL, seed);
		program(ram, 0, 0, CS_OK);
		program(ram, 0, 64, CS_ERR_IO);
		assert_true(holds(ram, 0, 64, 0xFF));
		flash_ram_power_on(ram);
		copy = flash_ram_clone(ram); /* with what is on its way */
		assert_true(holds(copy, 0, 0, 0));
		flash_ram_pull(copy, seed);
		lost += holds(copy, 0, 0, 0xFF);
		kept += holds(copy, 0, 0, 0);
		assert_int_equal(sync_all(ram), CS_OK);
		flash_ram_pull(ram, seed);
		assert_true(holds(ram, 0, 0, 0));
		flash_ram_free(copy);
		flash_ram_free(ram);
	}
	assert_true(lost > 0 && kept > 0);
}

static void breaches_of_the_contract_are_counted(void **state)
{
	struct flash_ram *ram = blank();
	const struct flash *f = flash_ram_flash(ram);

	(void)state;
	program(ram, 0, 0, CS_OK);
	program(ram, 0, 0, CS_ERR_IO); /* twice */
	program(ram, 0, 4, CS_ERR_IO); /* misaligned */
	program(ram, 0, 2048, CS_ERR_IO);
	program(ram, 4, 0, CS_ERR_IO);
	assert_int_equal(f->erase(f->ctx, 4), CS_ERR_IO);
	assert_int_equal(flash_ram_counted(ram).violations, 5);
	flash_ram_counter_add(ram);
	assert_int_equal(f->counter_raise(f->ctx, 2), CS_OK); /* by more than one */
	assert_int_equal(flash_ram_counted(ram).violations, 6);
	erase(ram, 0);
	program(ram, 0, 0, CS_OK);
	assert_int_equal(flash_ram_counted(ram).violations, 6);
	flash_ram_free(ram);
}

/* Whoever opens the flash after a cut cannot know what an interrupted program has touched. */
static void a_unit_that_a_cut_may_have_touched_is_not_blank(void **state)
{
	(void)state;
	for (int tear = 0; tear < FLASH_TEAR_COUNT; tear++) {
		struct flash_ram *ram = blank();

		flash_ram_cut_at(ram, 1, (enum flash_tear)tear, 1);
		program(ram, 0, 0, CS_ERR_IO);
		flash_ram_power_on(ram);
		program(ram, 0, 0, CS_ERR_IO);
		assert_int_equal(flash_ram_counted(ram).violations, 1);
		flash_ram_free(ram);
	}
}

static void a_raise_that_is_cut_is_done_or_not(void **state)
{
	(void)state;
	for (int tear = 0; tear < FLASH_TEAR_COUNT; tear++) {
		struct flash_ram *ram = blank();
		const struct flash *f = flash_ram_flash(ram);
		uint64_t value = 0;

		flash_ram_counter_add(ram);
		flash_ram_cut_at(ram, 1, (enum flash_tear)tear, 3);
		assert_int_equal(f->counter_raise(f->ctx, 1), CS_ERR_IO);
		assert_int_equal(f->counter_read(f->ctx, &value), CS_ERR_IO);
		flash_ram_power_on(ram);
		assert_int_equal(f->counter_read(f->ctx, &value), CS_OK);
		assert_true(value <= 1);
		assert_true(value == 1 || tear != FLASH_TEAR_WHOLE);
		assert_true(value == 0 || (tear != FLASH_TEAR_NOTHING && tear != FLASH_TEAR_KILL));
		flash_ram_free(ram);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(of_two_operations_before_a_sync_any_may_be_lost),
	    cmocka_unit_test(operations_before_a_sync_come_in_any_order),
	    cmocka_unit_test(what_was_synced_is_never_lost),
	    cmocka_unit_test(after_a_kill_the_unsynced_is_seen_and_may_still_be_lost),
	    cmocka_unit_test(breaches_of_the_contract_are_counted),
	    cmocka_unit_test(a_unit_that_a_cut_may_have_touched_is_not_blank),
	    cmocka_unit_test(a_raise_that_is_cut_is_done_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
