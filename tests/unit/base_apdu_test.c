/* SPDX-License-Identifier: BSD-2-Clause
 *
 * APDUs: the seven cases, what is malformed, and parse(build(x)) = x.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/apdu.h"
#include "tests/unit/random.h"

static void check_parse(const void *raw, size_t len, size_t data_len, uint32_t ne, bool extended)
{
	struct cs_apdu cmd;

	assert_int_equal(cs_apdu_parse(cs_view(raw, len), &cmd), CS_OK);
	assert_int_equal(cmd.cla, 0x00);
	assert_int_equal(cmd.ins, 0xA4);
	assert_int_equal(cmd.p1, 0x04);
	assert_int_equal(cmd.p2, 0x0C);
	assert_int_equal(cmd.data.len, data_len);
	assert_int_equal(cmd.ne, ne);
	assert_int_equal(cmd.extended, extended);
	if (data_len > 0)
		assert_int_equal(cmd.data.ptr[0], 0xDA);
}

#define H "\x00\xA4\x04\x0C"

static void the_seven_cases_parse(void **state)
{
	(void)state;
	check_parse(H, 4, 0, 0, false);
	check_parse(H "\x08", 5, 0, 8, false);
	check_parse(H "\x02\xDA\x01", 7, 2, 0, false);
	check_parse(H "\x02\xDA\x01\x08", 8, 2, 8, false);
	check_parse(H "\x00\x01\x00", 7, 0, 256, true);
	check_parse(H "\x00\x00\x02\xDA\x01", 9, 2, 0, true);
	check_parse(H "\x00\x00\x02\xDA\x01\x01\x02", 11, 2, 258, true);
}

static void an_le_of_zero_asks_for_the_most(void **state)
{
	(void)state;
	check_parse(H "\x00", 5, 0, 256, false);
	check_parse(H "\x01\xDA\x00", 7, 1, 256, false);
	check_parse(H "\x00\x00\x00", 7, 0, 65536, true);
	check_parse(H "\x00\x00\x01\xDA\x00\x00", 10, 1, 65536, true);
}

static void an_lc_of_zero_is_no_data(void **state)
{
	(void)state;
	check_parse(H "\x00\x08", 6, 0, 8, false);
	check_parse(H "\x00\x00\x00\x01\x00", 9, 0, 256, true);
}

static void lengths_that_do_not_add_up_are_malformed(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} wrong[] = {
	    {"", 0},
	    {H, 1},
	    {H, 3},
	    {H "\x02\xDA", 6},				/* data cut */
	    {H "\x02\xDA\x01\x00\x00", 9},		/* two bytes of Le in a short command */
	    {H "\x00\x00\x01\xDA\x01", 9},		/* one byte of Le in an extended one */
	    {H "\x00\x00\x02\xDA", 8},			/* data cut */
	    {H "\x00\x00\x00\x01", 8},			/* Lc 0 and one byte */
	    {H "\x00\x00\x01\xDA\x01\x00\x00", 11},	/* a tail */
	    {H "\x00\xFF\xFF\xDA\xDA\xDA\xDA\xDA", 12}, /* far more announced than there is */
	};
	struct cs_apdu cmd = {.ins = 42};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(cs_apdu_parse(cs_view(wrong[i].bytes, wrong[i].len), &cmd),
				 CS_ERR_MALFORMED);
	assert_int_equal(cmd.ins, 42);
}

static void check_build(const struct cs_apdu *cmd, const void *want, size_t len)
{
	uint8_t buf[32];
	struct cs_writer w = CS_WRITER_OF(buf);

	assert_int_equal(cs_apdu_build(cmd, &w), CS_OK);
	assert_int_equal(cs_writer_view(&w).len, len);
	assert_memory_equal(buf, want, len);
}

static void commands_are_built_in_the_form_asked_for(void **state)
{
	static const uint8_t data[] = {0xDA, 0x01};
	struct cs_apdu cmd = {.cla = 0x00, .ins = 0xA4, .p1 = 0x04, .p2 = 0x0C};

	(void)state;
	check_build(&cmd, H, 4);
	cmd.extended = true;
	check_build(&cmd, H, 4); /* without length fields there is nothing to extend */
	cmd.ne = 65536;
	check_build(&cmd, H "\x00\x00\x00", 7);
	cmd.data = CS_VIEW_OF(data);
	check_build(&cmd, H "\x00\x00\x02\xDA\x01\x00\x00", 11);
	cmd.ne = 0;
	check_build(&cmd, H "\x00\x00\x02\xDA\x01", 9);
	cmd.extended = false;
	check_build(&cmd, H "\x02\xDA\x01", 7);
	cmd.ne = 256;
	check_build(&cmd, H "\x02\xDA\x01\x00", 8);
}

static void what_does_not_fit_the_form_is_the_callers_error(void **state)
{
	static uint8_t data[CS_APDU_DATA_MAX + 1];
	uint8_t buf[8];
	struct cs_writer w = CS_WRITER_OF(buf);
	struct cs_apdu cmd = {.data = cs_view(data, 256)};

	(void)state;
	assert_int_equal(cs_apdu_build(&cmd, &w), CS_ERR_ARG);
	cmd = (struct cs_apdu){.ne = 257};
	assert_int_equal(cs_apdu_build(&cmd, &w), CS_ERR_ARG);
	cmd = (struct cs_apdu){.ne = 65537, .extended = true};
	assert_int_equal(cs_apdu_build(&cmd, &w), CS_ERR_ARG);
	cmd = (struct cs_apdu){.data = CS_VIEW_OF(data), .extended = true};
	assert_int_equal(cs_apdu_build(&cmd, &w), CS_ERR_ARG);
	assert_int_equal(cs_writer_view(&w).len, 0);
	cmd = (struct cs_apdu){.data = cs_view(data, 4)};
	assert_int_equal(cs_apdu_build(&cmd, &w), CS_ERR_NO_SPACE);
}

static struct cs_apdu random_command(struct test_random *rng, const uint8_t *data)
{
	struct cs_apdu cmd = {
	    .cla = (uint8_t)test_random_u64(rng),
	    .ins = (uint8_t)test_random_u64(rng),
	    .p1 = (uint8_t)test_random_u64(rng),
	    .p2 = (uint8_t)test_random_u64(rng),
	    .extended = test_random_below(rng, 2) == 1,
	};
	size_t data_max = cmd.extended ? CS_APDU_DATA_MAX : CS_APDU_SHORT_DATA_MAX;
	size_t ne_max = cmd.extended ? CS_APDU_NE_MAX : CS_APDU_SHORT_NE_MAX;
	size_t data_len = test_random_below(rng, 4) == 0 ? 0 : 1 + test_random_below(rng, data_max);

	cmd.data = cs_view(data, data_len);
	cmd.ne = test_random_below(rng, 4) == 0 ? 0 : (uint32_t)(1 + test_random_below(rng, ne_max));
	return cmd;
}

static void what_is_built_parses_to_the_same(void **state)
{
	struct test_random rng = test_random_start();
	uint8_t *data = malloc(CS_APDU_DATA_MAX);
	uint8_t *raw = malloc(CS_APDU_COMMAND_MAX);

	(void)state;
	test_random_fill(&rng, data, CS_APDU_DATA_MAX);
	for (int i = 0; i < 2000; i++) {
		struct cs_apdu in = random_command(&rng, data);
		struct cs_apdu out;
		struct cs_writer w = cs_writer_of(raw, CS_APDU_COMMAND_MAX);
		assert_int_equal(cs_apdu_build(&in, &w), CS_OK);
		assert_int_equal(cs_apdu_parse(cs_writer_view(&w), &out), CS_OK);
		assert_int_equal(out.cla, in.cla);
		assert_int_equal(out.ins, in.ins);
		assert_int_equal(out.p1, in.p1);
		assert_int_equal(out.p2, in.p2);
		assert_int_equal(out.ne, in.ne);
		assert_true(cs_view_equal(out.data, in.data));
		if (in.data.len > 0 || in.ne > 0)
			assert_int_equal(out.extended, in.extended);
	}
	free(data);
	free(raw);
}

static void a_response_ends_with_its_status_word(void **state)
{
	struct cs_response r = {.sw = 42};

	(void)state;
	assert_int_equal(cs_response_parse(CS_VIEW_EMPTY, &r), CS_ERR_MALFORMED);
	assert_int_equal(cs_response_parse(CS_VIEW_TEXT("\x90"), &r), CS_ERR_MALFORMED);
	assert_int_equal(r.sw, 42);
	assert_int_equal(cs_response_parse(CS_VIEW_TEXT("\x6A\x82"), &r), CS_OK);
	assert_int_equal(r.sw, 0x6A82);
	assert_int_equal(r.data.len, 0);
	assert_int_equal(cs_response_parse(CS_VIEW_TEXT("\x01\x02\x03\x90\x00"), &r), CS_OK);
	assert_int_equal(r.sw, 0x9000);
	assert_true(cs_view_equal(r.data, CS_VIEW_TEXT("\x01\x02\x03")));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_seven_cases_parse),
	    cmocka_unit_test(an_le_of_zero_asks_for_the_most),
	    cmocka_unit_test(an_lc_of_zero_is_no_data),
	    cmocka_unit_test(lengths_that_do_not_add_up_are_malformed),
	    cmocka_unit_test(commands_are_built_in_the_form_asked_for),
	    cmocka_unit_test(what_does_not_fit_the_form_is_the_callers_error),
	    cmocka_unit_test(what_is_built_parses_to_the_same),
	    cmocka_unit_test(a_response_ends_with_its_status_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
