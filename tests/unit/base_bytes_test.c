/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Views, readers, writers, wiping, comparing, and the text of errors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/secret.h"

static const uint8_t fifteen[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void integers_are_big_endian_both_ways(void **state)
{
	uint8_t buf[15];
	struct cs_reader r = cs_reader_of(CS_VIEW_OF(fifteen));
	struct cs_writer w = CS_WRITER_OF(buf);

	(void)state;
	cs_write_u8(&w, cs_read_u8(&r));
	cs_write_u16(&w, cs_read_u16(&r));
	cs_write_u32(&w, cs_read_u32(&r));
	uint64_t last = cs_read_u64(&r);
	assert_true(last == 0x08090A0B0C0D0E0Fu);
	cs_write_u64(&w, last);
	assert_int_equal(cs_reader_done(&r), CS_OK);
	assert_int_equal(cs_writer_done(&w), CS_OK);
	assert_true(cs_view_equal(cs_writer_view(&w), CS_VIEW_OF(fifteen)));
}

static void a_reader_that_failed_yields_nothing_any_more(void **state)
{
	struct cs_reader r = cs_reader_of(cs_view(fifteen, 3));
	uint8_t copy[2] = {0xAA, 0xAA};

	(void)state;
	assert_int_equal(cs_read_u8(&r), 1);
	assert_int_equal(cs_read_u32(&r), 0); /* too long: fails */
	assert_int_equal(cs_read_u8(&r), 0);  /* would have fitted */
	assert_int_equal(cs_read_view(&r, 1).len, 0);
	assert_int_equal(cs_read_view(&r, 0).len, 0);
	assert_int_equal(cs_read_rest(&r).len, 0);
	assert_false(cs_reader_more(&r));
	cs_read_copy(&r, copy, sizeof(copy));
	assert_int_equal(copy[0] | copy[1], 0);
	assert_int_equal(cs_reader_done(&r), CS_ERR_MALFORMED);
}

static void a_tail_is_rejected(void **state)
{
	struct cs_reader r = cs_reader_of(cs_view(fifteen, 3));

	(void)state;
	(void)cs_read_u16(&r);
	assert_true(cs_reader_more(&r));
	assert_int_equal(cs_reader_done(&r), CS_ERR_MALFORMED);
	assert_int_equal(cs_read_u8(&r), 3);
	assert_int_equal(cs_reader_done(&r), CS_OK);
}

static void lengths_near_the_end_of_memory_do_not_wrap(void **state)
{
	uint8_t buf[4];
	struct cs_reader r = cs_reader_of(cs_view(fifteen, 3));
	struct cs_writer w = CS_WRITER_OF(buf);

	(void)state;
	(void)cs_read_u8(&r);
	assert_int_equal(cs_read_view(&r, SIZE_MAX).len, 0);
	assert_int_equal(cs_reader_done(&r), CS_ERR_MALFORMED);
	cs_write_u8(&w, 1);
	assert_null(cs_write_space(&w, SIZE_MAX));
	assert_int_equal(cs_writer_done(&w), CS_ERR_NO_SPACE);
}

static void readers_of_nothing_and_of_the_rest(void **state)
{
	struct cs_reader r = cs_reader_of(CS_VIEW_EMPTY);
	uint8_t copy[3];

	(void)state;
	assert_int_equal(cs_read_rest(&r).len, 0);
	assert_int_equal(cs_read_view(&r, 0).len, 0);
	cs_read_copy(&r, copy, 0);
	assert_int_equal(cs_reader_done(&r), CS_OK);
	r = cs_reader_of(CS_VIEW_OF(fifteen));
	cs_read_copy(&r, copy, 3);
	assert_memory_equal(copy, fifteen, 3);
	assert_ptr_equal(cs_read_rest(&r).ptr, fifteen + 3);
	assert_int_equal(cs_reader_done(&r), CS_OK);
	cs_reader_fail(&r);
	assert_int_equal(cs_reader_done(&r), CS_ERR_MALFORMED);
}

/* memcpy may not be given NULL, not even for no bytes. */
static void an_empty_view_within_the_input_says_where_it_stands(void **state)
{
	(void)state;
	static const uint8_t in[] = {0x80, 0x00, 0x81, 0x01, 0xAA};
	struct cs_reader r = cs_reader_of(CS_VIEW_OF(in));

	struct cs_view none = cs_read_view(&r, 0);
	assert_ptr_equal(none.ptr, in);
	assert_int_equal(none.len, 0);
	(void)cs_read_rest(&r);
	assert_ptr_equal(cs_read_rest(&r).ptr, in + sizeof(in));
	assert_int_equal(cs_reader_done(&r), CS_OK);
}

static void a_writer_that_failed_writes_nothing_any_more(void **state)
{
	uint8_t buf[4] = {0xEE, 0xEE, 0xEE, 0xEE};
	struct cs_writer w = cs_writer_of(buf, 3);

	(void)state;
	cs_write_u16(&w, 0x0102);
	cs_write_u16(&w, 0x0304); /* too long: fails */
	cs_write_u8(&w, 5);	  /* would have fitted */
	cs_write_fill(&w, 6, 1);
	cs_write_view(&w, cs_view(fifteen, 1));
	assert_memory_equal(buf, "\x01\x02\xEE\xEE", 4);
	assert_int_equal(cs_writer_view(&w).len, 0);
	assert_int_equal(cs_writer_done(&w), CS_ERR_NO_SPACE);
}

static void a_writer_fills_its_capacity_and_no_more(void **state)
{
	uint8_t buf[5];
	struct cs_writer w = cs_writer_of(buf, 4);

	(void)state;
	buf[4] = 0xEE;
	cs_write_fill(&w, 0x55, 2);
	uint8_t *space = cs_write_space(&w, 2);
	assert_ptr_equal(space, buf + 2);
	space[0] = space[1] = 0x66;
	cs_write_view(&w, CS_VIEW_EMPTY);
	cs_write_fill(&w, 0x77, 0);
	assert_int_equal(cs_writer_done(&w), CS_OK);
	assert_memory_equal(buf, "\x55\x55\x66\x66\xEE", 5);
	cs_writer_fail(&w);
	assert_int_equal(cs_writer_done(&w), CS_ERR_NO_SPACE);
	/* a writer without room takes nothing, and nothing is no failure */
	w = cs_writer_of(NULL, 0);
	cs_write_view(&w, CS_VIEW_EMPTY);
	assert_int_equal(cs_writer_done(&w), CS_OK);
	cs_write_u8(&w, 1);
	assert_int_equal(cs_writer_done(&w), CS_ERR_NO_SPACE);
}

static void views_compare_by_length_and_bytes(void **state)
{
	(void)state;
	assert_true(cs_view_equal(CS_VIEW_EMPTY, cs_view(fifteen, 0)));
	assert_true(cs_view_equal(cs_view_string("abc"), CS_VIEW_TEXT("abc")));
	assert_false(cs_view_equal(CS_VIEW_TEXT("abc"), CS_VIEW_TEXT("abcd")));
	assert_false(cs_view_equal(CS_VIEW_TEXT("abc"), CS_VIEW_TEXT("abd")));
	assert_true(cs_view_starts_with(CS_VIEW_TEXT("abc"), CS_VIEW_TEXT("ab")));
	assert_true(cs_view_starts_with(CS_VIEW_TEXT("abc"), CS_VIEW_EMPTY));
	assert_true(cs_view_starts_with(CS_VIEW_EMPTY, CS_VIEW_EMPTY));
	assert_false(cs_view_starts_with(CS_VIEW_TEXT("ab"), CS_VIEW_TEXT("abc")));
}

static void secrets_are_wiped_whole_and_compared_whole(void **state)
{
	uint8_t secret[4] = {1, 2, 3, 4};

	(void)state;
	assert_true(cs_equal_ct(secret, fifteen, 4));
	assert_true(cs_equal_ct(secret, NULL, 0));
	for (size_t i = 0; i < sizeof(secret); i++) {
		secret[i] ^= 0x80;
		assert_false(cs_equal_ct(secret, fifteen, 4));
		secret[i] ^= 0x80;
	}
	cs_wipe(secret, 3);
	assert_memory_equal(secret, "\0\0\0\x04", 4);
	cs_wipe(NULL, 0);
}

static void every_error_has_a_text_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < CS_ERR_COUNT; i++) {
		assert_non_null(cs_err_text((enum cs_err)i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(cs_err_text((enum cs_err)i), cs_err_text((enum cs_err)j));
	}
	assert_string_equal(cs_err_text(CS_ERR_BLOCKED), "no tries left");
	assert_string_equal(cs_err_text(CS_ERR_COUNT), "unknown error");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(integers_are_big_endian_both_ways),
	    cmocka_unit_test(a_reader_that_failed_yields_nothing_any_more),
	    cmocka_unit_test(a_tail_is_rejected),
	    cmocka_unit_test(lengths_near_the_end_of_memory_do_not_wrap),
	    cmocka_unit_test(readers_of_nothing_and_of_the_rest),
	    cmocka_unit_test(an_empty_view_within_the_input_says_where_it_stands),
	    cmocka_unit_test(a_writer_that_failed_writes_nothing_any_more),
	    cmocka_unit_test(a_writer_fills_its_capacity_and_no_more),
	    cmocka_unit_test(views_compare_by_length_and_bytes),
	    cmocka_unit_test(secrets_are_wiped_whole_and_compared_whole),
	    cmocka_unit_test(every_error_has_a_text_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
