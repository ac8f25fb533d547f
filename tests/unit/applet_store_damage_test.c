/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The record store on a flash that was damaged, or that someone wrote to: what opens is what the store wrote.
 */
#include "applet/store_internal.h"
#include "tests/unit/store_single.h"

/* Of the bits of the flash, every 13th is flipped; fewer where the processor is a slow one. */
#ifndef FLIP_STRIDE
#define FLIP_STRIDE 13
#endif

static void another_device_key_finds_a_store_that_is_not_its_own(void **state)
{
	static const uint8_t other[DEVICE_KEY_LEN] = {9};

	(void)state;
	assert_int_equal(store_open(&st, flash_ram_flash(ram), &fixture_crypto, other), CS_ERR_CORRUPT);
	reopen();
	assert_int_equal(fixture_put(&st, 1, 5000, 1), CS_OK);
	assert_int_equal(store_open(&st, flash_ram_flash(ram), &fixture_crypto, other), CS_ERR_CORRUPT);
	assert_int_equal(store_put(&st, 1, CS_VIEW_EMPTY), CS_ERR_IO);
	reopen();
	assert_value(1, 5000, 1);
	assert_int_equal(store_format(&st, flash_ram_flash(ram), &fixture_crypto, other), CS_OK);
	assert_int_equal(store_open(&st, flash_ram_flash(ram), &fixture_crypto, other), CS_OK);
	assert_int_equal(st.count, 0);
}

static void garbage_is_not_taken_for_a_store_nor_for_a_blank_flash(void **state)
{
	uint8_t *bytes = flash_ram_bytes(ram);
	size_t size = flash_ram_size(ram);

	(void)state;
	memset(bytes, 0, size);
	assert_int_equal(fixture_open(&st, ram), CS_ERR_CORRUPT);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * i >> 3);
	assert_int_equal(fixture_open(&st, ram), CS_ERR_CORRUPT);
	memset(bytes, 0xFF, size);
	bytes[size - 1] = 0xFE;
	assert_int_equal(fixture_open(&st, ram), CS_ERR_CORRUPT);
	bytes[size - 1] = 0xFF;
	assert_int_equal(fixture_open(&st, ram), CS_OK);
}

/* Any single bit, anywhere: the store may open as it was, or not open; it never opens as something else. */
static void a_damaged_bit_never_changes_or_loses_a_record(void **state)
{
	struct model_value one, two = {true, 60, 2}, three = {true, 1500, 3};
	size_t opened = 0;

	(void)state;
	for (uint16_t i = 0; i < 70; i++)
		assert_int_equal(fixture_put(&st, 1, 40, (uint8_t)i), CS_OK);
	one = (struct model_value){true, 40, 69};
	assert_int_equal(fixture_put(&st, 2, 60, 2), CS_OK);
	assert_int_equal(fixture_put(&st, 3, 1500, 3), CS_OK);
	assert_int_equal(fixture_put(&st, 4, 10, 4),
			 CS_OK); /* the last: its loss cannot be told from a torn write */
	for (size_t i = 0; i < 8 * flash_ram_size(ram); i += FLIP_STRIDE) {
		flash_ram_bytes(ram)[i / 8] ^= (uint8_t)(1u << i % 8);
		if (fixture_open(&st, ram) == CS_OK) {
			opened++;
			assert_true(fixture_holds(&st, 1, &one));
			assert_true(fixture_holds(&st, 2, &two));
			assert_true(fixture_holds(&st, 3, &three));
		}
		flash_ram_bytes(ram)[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	assert_true(opened > 0);
	reopen();
}

static void records_moved_or_put_back_within_the_flash_do_not_open(void **state)
{
	uint8_t *bytes = flash_ram_bytes(ram), kept[2048];

	(void)state;
	assert_int_equal(fixture_put(&st, 1, 3000, 1), CS_OK); /* pages 1 and 2 of the log */
	memcpy(kept, bytes + 2 * 2048, sizeof(kept));
	for (uint16_t i = 0; i < 60; i++)
		assert_int_equal(fixture_put(&st, 2, 40, (uint8_t)i), CS_OK);
	memcpy(bytes + 2 * 2048, kept, sizeof(kept)); /* an old state of one page under a newer one */
	assert_int_equal(fixture_open(&st, ram), CS_ERR_CORRUPT);
}

/* A page of the log that power loss voided is begun again, at the same place and with the same number. */
static void entries_of_a_voided_page_do_not_come_back_under_its_new_header(void **state)
{
	const struct model_value one = {true, 40, 1}, two = {true, 40, 2};
	uint8_t kept[2048], *page;
	uint32_t second, end;

	(void)state;
	assert_int_equal(fixture_put(&st, 1, 40, 1), CS_OK);
	reopen(); /* so that the next change begins a page */
	assert_int_equal(fixture_put(&st, 1, 40, 2), CS_OK);
	second = st.head.offset;
	assert_int_equal(fixture_put(&st, 1, 40, 3), CS_OK);
	end = st.head.offset;
	page = flash_ram_bytes(ram) + store_flash_page(&st, st.head.page) * 2048;
	memcpy(kept, page, sizeof(kept));
	memset(page, 0xFF, sizeof(kept)); /* as if its header had been lost in the cut */
	assert_int_equal(fixture_open(&st, ram), CS_OK);
	assert_true(fixture_holds(&st, 1, &one));
	assert_int_equal(fixture_put(&st, 1, 40, 2), CS_OK);
	assert_int_equal(st.head.offset, second);
	memcpy(page + second, kept + second, end - second);
	assert_int_equal(fixture_open(&st, ram), CS_OK);
	assert_true(fixture_holds(&st, 1, &two));
}

/* Three entries of one length on a page, and another page behind them, so that it is whole. */
static uint8_t *three_entries(uint8_t seed, uint32_t at[3])
{
	uint8_t *page;

	for (uint8_t i = 0; i < 3; i++) {
		assert_int_equal(fixture_put(&st, 1, 40, (uint8_t)(seed + i)), CS_OK);
		at[i] = st.head.offset - store_align(&st, STORE_ENTRY_FIXED + 40);
	}
	page = flash_ram_bytes(ram) + store_flash_page(&st, st.head.page) * 2048;
	reopen();
	assert_int_equal(fixture_put(&st, 2, 40, seed), CS_OK);
	return page;
}

static void entries_that_change_places_on_their_page_do_not_open(void **state)
{
	uint8_t first[80], *page;
	uint32_t at[3];

	(void)state;
	page = three_entries(1, at);
	assert_true(at[1] - at[0] <= sizeof(first));
	memcpy(first, page + at[0], at[1] - at[0]);
	memcpy(page + at[0], page + at[1], at[1] - at[0]);
	memcpy(page + at[1], first, at[1] - at[0]);
	assert_int_equal(fixture_open(&st, ram), CS_ERR_CORRUPT);
}

static void a_page_of_a_history_that_power_loss_ended_does_not_fit_into_another(void **state)
{
	uint8_t kept[2048], *page;
	uint32_t at[3];

	(void)state;
	assert_int_equal(fixture_put(&st, 1, 40, 1), CS_OK);
	reopen();
	page = three_entries(10, at);
	memcpy(kept, page, sizeof(kept));
	memset(page, 0xFF, sizeof(kept));
	memset(flash_ram_bytes(ram) + store_flash_page(&st, st.head.page) * 2048, 0xFF, 2048);
	assert_int_equal(fixture_open(&st, ram), CS_OK); /* both pages had been lost */
	assert_ptr_equal(three_entries(20, at), page);
	memcpy(page, kept, sizeof(kept));
	assert_int_equal(fixture_open(&st, ram), CS_ERR_CORRUPT);
}

static void no_nonce_is_used_twice_though_the_same_is_written_at_the_same_place(void **state)
{
	enum { TIMES = 50 };
	uint8_t nonces[TIMES][CRYPTO_AEAD_NONCE_LEN];

	(void)state;
	for (size_t i = 0; i < TIMES; i++) {
		struct flash_ram *copy = flash_ram_clone(ram);
		static struct store same;

		same = st;
		same.flash = flash_ram_flash(copy);
		assert_int_equal(fixture_put(&same, 1, 40, 1), CS_OK);
		memcpy(nonces[i],
		       flash_ram_bytes(copy) + store_flash_page(&st, st.head.page) * 2048 + st.head.offset +
			   2,
		       sizeof(nonces[i]));
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(nonces[i], nonces[j], sizeof(nonces[i]));
		flash_ram_free(copy);
	}
}

#define PROMISE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    PROMISE(another_device_key_finds_a_store_that_is_not_its_own),
	    PROMISE(garbage_is_not_taken_for_a_store_nor_for_a_blank_flash),
	    PROMISE(a_damaged_bit_never_changes_or_loses_a_record),
	    PROMISE(records_moved_or_put_back_within_the_flash_do_not_open),
	    PROMISE(entries_of_a_voided_page_do_not_come_back_under_its_new_header),
	    PROMISE(entries_that_change_places_on_their_page_do_not_open),
	    PROMISE(a_page_of_a_history_that_power_loss_ended_does_not_fit_into_another),
	    PROMISE(no_nonce_is_used_twice_though_the_same_is_written_at_the_same_place),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
