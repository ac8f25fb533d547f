/* SPDX-License-Identifier: BSD-2-Clause
 *
 * BER-TLV: every length form at its edges, what must not parse, and nested writing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/tlv.h"

static void tags_are_the_numbers_their_bytes_spell(void **state)
{
	static const uint8_t in[] = {0x53, 0x00, 0x7F, 0x49, 0x01, 0xAA, 0x5F, 0xC1, 0x05, 0x00};
	struct cs_reader r = cs_reader_of(CS_VIEW_OF(in));
	struct cs_tlv t;

	(void)state;
	assert_true(cs_tlv_read(&r, &t));
	assert_int_equal(t.tag, 0x53);
	assert_int_equal(t.value.len, 0);
	assert_true(cs_tlv_read(&r, &t));
	assert_int_equal(t.tag, 0x7F49);
	assert_int_equal(t.value.len, 1);
	assert_ptr_equal(t.value.ptr, in + 5);
	assert_true(cs_tlv_read(&r, &t));
	assert_int_equal(t.tag, 0x5FC105);
	assert_false(cs_tlv_read(&r, &t));
	assert_int_equal(cs_reader_done(&r), CS_OK);
}

static void what_is_not_a_whole_element_fails_the_reader(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} wrong[] = {
	    {"\x53", 1},		     /* no length */
	    {"\x53\x01", 2},		     /* no value */
	    {"\x53\x80\x00\x00", 4},	     /* indefinite length */
	    {"\x53\x84\x00\x00\x00\x00", 6}, /* five length bytes */
	    {"\x53\xFF", 2},		     /* reserved */
	    {"\x53\x81", 2},		     /* cut in the length */
	    {"\x53\x82\x00", 3},	     /* the same */
	    {"\x53\x83\xFF\xFF\xFF", 5},     /* the longest, with nothing behind it */
	    {"\x5F", 1},		     /* cut in the tag */
	    {"\x5F\xC1", 2},		     /* the same */
	    {"\x5F\xC1\x85\x05\x00", 5},     /* a tag of four bytes */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct cs_reader r = cs_reader_of(cs_view(wrong[i].bytes, wrong[i].len));
		struct cs_tlv t = {.tag = 42};
		assert_false(cs_tlv_read(&r, &t));
		assert_int_equal(t.tag, 42);
		assert_int_equal(cs_reader_done(&r), CS_ERR_MALFORMED);
		assert_false(cs_tlv_read(&r, &t));
	}
}

static void the_end_of_input_is_no_failure(void **state)
{
	struct cs_reader r = cs_reader_of(CS_VIEW_EMPTY);
	struct cs_tlv t;

	(void)state;
	assert_false(cs_tlv_read(&r, &t));
	assert_int_equal(cs_reader_done(&r), CS_OK);
}

static void lengths_longer_than_they_need_to_be_are_accepted(void **state)
{
	static const uint8_t in[] = {0x53, 0x83, 0x00, 0x00, 0x01, 0xAB, 0x54,
				     0x81, 0x00, 0x55, 0x82, 0x00, 0x00};
	struct cs_reader r = cs_reader_of(CS_VIEW_OF(in));

	(void)state;
	struct cs_view value = cs_tlv_expect(&r, 0x53);
	assert_int_equal(value.len, 1);
	assert_int_equal(value.ptr[0], 0xAB);
	assert_int_equal(cs_tlv_expect(&r, 0x54).len, 0);
	assert_int_equal(cs_tlv_expect(&r, 0x55).len, 0);
	assert_int_equal(cs_reader_done(&r), CS_OK);
}

static void expecting_another_tag_fails(void **state)
{
	static const uint8_t in[] = {0x53, 0x01, 0xAB};
	struct cs_reader r = cs_reader_of(CS_VIEW_OF(in));

	(void)state;
	assert_int_equal(cs_tlv_expect(&r, 0x54).len, 0);
	assert_int_equal(cs_reader_done(&r), CS_ERR_MALFORMED);
	r = cs_reader_of(CS_VIEW_EMPTY);
	(void)cs_tlv_expect(&r, 0x53);
	assert_int_equal(cs_reader_done(&r), CS_ERR_MALFORMED);
}

static void finding_looks_at_siblings_and_not_at_children(void **state)
{
	static const uint8_t in[] = {0x7C, 0x03, 0x82, 0x01, 0xAA, 0x82, 0x01, 0xBB, 0x81};
	struct cs_view all = cs_view(in, 8);
	struct cs_view value = CS_VIEW_EMPTY;

	(void)state;
	assert_int_equal(cs_tlv_find(all, 0x82, &value), CS_OK);
	assert_ptr_equal(value.ptr, in + 7);
	assert_int_equal(cs_tlv_find(all, 0x83, &value), CS_ERR_NOT_FOUND);
	/* what comes after the one that was found is not looked at; what comes before is */
	assert_int_equal(cs_tlv_find(CS_VIEW_OF(in), 0x82, &value), CS_OK);
	assert_int_equal(cs_tlv_find(CS_VIEW_OF(in), 0x83, &value), CS_ERR_MALFORMED);
	assert_ptr_equal(value.ptr, in + 7);
}

static void written_elements_have_the_shortest_length_and_read_back(void **state)
{
	static const struct {
		size_t len;
		size_t header;
	} edges[] = {{0, 2},   {1, 2},	   {127, 2},   {128, 3},  {255, 3},
		     {256, 4}, {65535, 4}, {65536, 5}, {70000, 5}};
	static const uint32_t tags[] = {0x53, 0x7F49, 0x5FC105};
	const size_t cap = 80000;
	uint8_t *value = calloc(1, cap);
	uint8_t *direct = malloc(cap);
	uint8_t *nested = malloc(cap);

	(void)state;
	for (size_t i = 0; i < 3 * sizeof(edges) / sizeof(edges[0]); i++) {
		size_t len = edges[i / 3].len;
		uint32_t tag = tags[i % 3];
		struct cs_writer w = cs_writer_of(direct, cap);
		cs_tlv_write(&w, tag, cs_view(value, len));
		assert_int_equal(cs_writer_view(&w).len, edges[i / 3].header + i % 3 + len);
		assert_int_equal(cs_writer_view(&w).len, cs_tlv_size(tag, len));

		struct cs_writer n = cs_writer_of(nested, cs_tlv_size(tag, len));
		size_t mark = cs_tlv_begin(&n, tag);
		cs_write_view(&n, cs_view(value, len));
		cs_tlv_end(&n, mark);
		assert_int_equal(cs_writer_done(&n), CS_OK);
		assert_true(cs_view_equal(cs_writer_view(&n), cs_writer_view(&w)));

		struct cs_reader r = cs_reader_of(cs_writer_view(&w));
		assert_int_equal(cs_tlv_expect(&r, tag).len, len);
		assert_int_equal(cs_reader_done(&r), CS_OK);
	}
	free(value);
	free(direct);
	free(nested);
}

static void a_value_longer_than_the_length_can_say_fails_the_writer(void **state)
{
	uint8_t buf[16];
	struct cs_writer w = CS_WRITER_OF(buf);

	(void)state;
	cs_tlv_write_header(&w, 0x53, 0x1000000);
	assert_int_equal(cs_writer_done(&w), CS_ERR_NO_SPACE);
}

static void nested_elements_move_their_contents_when_the_length_grows(void **state)
{
	uint8_t buf[600];
	struct cs_writer w = CS_WRITER_OF(buf);
	struct cs_view outer;
	struct cs_view inner;

	(void)state;
	size_t first = cs_tlv_begin(&w, 0x7F49);
	cs_tlv_write_u8(&w, 0x80, 0x11);
	size_t second = cs_tlv_begin(&w, 0x81);
	cs_write_fill(&w, 0xEE, 300);
	cs_tlv_end(&w, second);
	cs_tlv_end(&w, first);
	cs_tlv_write_u8(&w, 0x99, 0x22);
	assert_int_equal(cs_writer_done(&w), CS_OK);

	assert_int_equal(cs_tlv_find(cs_writer_view(&w), 0x7F49, &outer), CS_OK);
	assert_int_equal(outer.len, 3 + 4 + 300);
	assert_int_equal(cs_tlv_find(outer, 0x80, &inner), CS_OK);
	assert_int_equal(inner.ptr[0], 0x11);
	assert_int_equal(cs_tlv_find(outer, 0x81, &inner), CS_OK);
	assert_int_equal(inner.len, 300);
	assert_int_equal(inner.ptr[0], 0xEE);
	assert_int_equal(inner.ptr[299], 0xEE);
	assert_int_equal(cs_tlv_find(cs_writer_view(&w), 0x99, &inner), CS_OK);
}

static void an_element_that_does_not_fit_fails_at_every_capacity_below(void **state)
{
	uint8_t buf[3 + 200];

	(void)state;
	for (size_t cap = 0; cap <= sizeof(buf); cap++) {
		struct cs_writer w = cs_writer_of(buf, cap);
		size_t mark = cs_tlv_begin(&w, 0x53);
		cs_write_fill(&w, 1, 200);
		cs_tlv_end(&w, mark);
		assert_int_equal(cs_writer_done(&w), cap == sizeof(buf) ? CS_OK : CS_ERR_NO_SPACE);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tags_are_the_numbers_their_bytes_spell),
	    cmocka_unit_test(what_is_not_a_whole_element_fails_the_reader),
	    cmocka_unit_test(the_end_of_input_is_no_failure),
	    cmocka_unit_test(lengths_longer_than_they_need_to_be_are_accepted),
	    cmocka_unit_test(expecting_another_tag_fails),
	    cmocka_unit_test(finding_looks_at_siblings_and_not_at_children),
	    cmocka_unit_test(written_elements_have_the_shortest_length_and_read_back),
	    cmocka_unit_test(a_value_longer_than_the_length_can_say_fails_the_writer),
	    cmocka_unit_test(nested_elements_move_their_contents_when_the_length_grows),
	    cmocka_unit_test(an_element_that_does_not_fit_fails_at_every_capacity_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
