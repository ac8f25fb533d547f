/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Checkpoints of the audit log and their times: one text for one meaning, and nothing else is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/checkpoint.h"
#include "base/utc.h"

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const char text[] = "countersign audit checkpoint 1\n"
			   "installation 00112233445566778899aabbccddeeff\n"
			   "entry 12345\n"
			   "hash " HEX64 "\n"
			   "time 2027-01-15T08:00:00.123Z\n"
			   "key " HEX64 "\n";

static void a_checkpoint_is_read_as_it_was_written(void **state)
{
	uint8_t bytes[CS_CHECKPOINT_TEXT_MAX];
	struct cs_writer w = CS_WRITER_OF(bytes);
	struct cs_checkpoint got;

	(void)state;
	assert_int_equal(cs_checkpoint_read(cs_view_string(text), &got), CS_OK);
	assert_int_equal(got.sequence, 12345);
	assert_int_equal(got.time_ms, 1800000000123);
	assert_int_equal(got.hash[31], 0xff);
	assert_int_equal(got.installation[1], 0x11);
	assert_int_equal(cs_checkpoint_write(&got, &w), CS_OK);
	assert_true(cs_view_equal(cs_writer_view(&w), cs_view_string(text)));
}

static void the_largest_checkpoint_fits(void **state)
{
	const struct cs_checkpoint largest = {.sequence = UINT64_MAX, .time_ms = CS_UTC_MAX};
	const struct cs_checkpoint none = {.time_ms = 1};
	uint8_t bytes[CS_CHECKPOINT_TEXT_MAX];
	struct cs_writer w = CS_WRITER_OF(bytes);

	(void)state;
	assert_int_equal(cs_checkpoint_write(&largest, &w), CS_OK);
	assert_int_equal(cs_checkpoint_write(&none, &w), CS_ERR_ARG);
}

static void no_text_with_a_character_missing_or_more_is_a_checkpoint(void **state)
{
	const size_t len = sizeof(text) - 1, digits = (size_t)(strstr(text, "12345") - text);
	char other[sizeof(text) + 1];
	struct cs_checkpoint got;

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		memcpy(other, text, cut);
		memcpy(other + cut, text + cut + 1, len - cut);
		/* One digit less of the entry is another entry's. */
		if (cut < digits || cut >= digits + 5)
			assert_int_equal(cs_checkpoint_read(cs_view(other, len - 1), &got), CS_ERR_MALFORMED);
		assert_int_equal(cs_checkpoint_read(cs_view(text, cut), &got), CS_ERR_MALFORMED);
	}
	(void)snprintf(other, sizeof(other), "%s\n", text);
	assert_int_equal(cs_checkpoint_read(cs_view(other, len + 1), &got), CS_ERR_MALFORMED);
}

static void require_not_read(const char *from, const char *to)
{
	char other[sizeof(text) + 32];
	struct cs_checkpoint got;
	const char *at = strstr(text, from);

	assert_non_null(at);
	(void)snprintf(other, sizeof(other), "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	assert_int_equal(cs_checkpoint_read(cs_view_string(other), &got), CS_ERR_MALFORMED);
}

static void what_could_be_written_in_two_ways_is_read_in_one(void **state)
{
	(void)state;
	require_not_read("entry 12345", "entry 012345");
	require_not_read("entry 12345", "entry 0");
	require_not_read("entry 12345", "entry -12345");
	require_not_read("entry 12345", "entry 12345678901234567890");
	require_not_read("aabb", "AABB");
	require_not_read("checkpoint 1", "checkpoint 2");
	require_not_read("installation ", "installation  ");
	require_not_read("\nentry", "\r\nentry");
	require_not_read(".123Z", ".123z");
	require_not_read("2027-01-15", "2027-02-29");
	require_not_read("T08", "T24");
}

static void require_time(uint64_t ms, const char *want)
{
	uint8_t bytes[CS_UTC_LEN];
	struct cs_writer w = CS_WRITER_OF(bytes);
	uint64_t back = 0;

	assert_int_equal(cs_utc_write(ms, &w), CS_OK);
	assert_true(cs_view_equal(cs_writer_view(&w), cs_view_string(want)));
	assert_int_equal(cs_utc_read(cs_view_string(want), &back), CS_OK);
	assert_int_equal(back, ms);
}

/* The seconds are those that date -u +%s yields. */
static void days_of_the_calendar_are_counted_right(void **state)
{
	(void)state;
	require_time(0, "1970-01-01T00:00:00.000Z");
	require_time(951782399999u, "2000-02-28T23:59:59.999Z");
	require_time(951782400000u, "2000-02-29T00:00:00.000Z");
	require_time(4107542400000u, "2100-03-01T00:00:00.000Z");
	require_time(4107542399999u, "2100-02-28T23:59:59.999Z");
	require_time(1798761600000u, "2027-01-01T00:00:00.000Z");
	require_time(1798761599999u, "2026-12-31T23:59:59.999Z");
	require_time(CS_UTC_MAX, "9999-12-31T23:59:59.999Z");
}

static void every_day_follows_the_one_before(void **state)
{
	uint8_t bytes[CS_UTC_LEN];
	char before[CS_UTC_LEN + 1] = "";
	uint64_t back;

	(void)state;
	for (uint64_t day = 0; day < 150000; day++) {
		struct cs_writer w = CS_WRITER_OF(bytes);
		assert_int_equal(cs_utc_write(day * CS_UTC_DAY_MS, &w), CS_OK);
		assert_true(memcmp(bytes, before, CS_UTC_LEN) > 0);
		memcpy(before, bytes, CS_UTC_LEN);
		assert_int_equal(cs_utc_read_day(cs_view(bytes, CS_UTC_DAY_LEN), &back), CS_OK);
		assert_int_equal(back, day * CS_UTC_DAY_MS);
	}
}

static void there_is_no_time_after_the_year_9999(void **state)
{
	uint8_t bytes[CS_UTC_LEN];
	struct cs_writer w = CS_WRITER_OF(bytes);

	(void)state;
	assert_int_equal(cs_utc_write(CS_UTC_MAX + 1, &w), CS_ERR_ARG);
	assert_int_equal(cs_utc_write(UINT64_MAX, &w), CS_ERR_ARG);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_checkpoint_is_read_as_it_was_written),
	    cmocka_unit_test(the_largest_checkpoint_fits),
	    cmocka_unit_test(no_text_with_a_character_missing_or_more_is_a_checkpoint),
	    cmocka_unit_test(what_could_be_written_in_two_ways_is_read_in_one),
	    cmocka_unit_test(days_of_the_calendar_are_counted_right),
	    cmocka_unit_test(every_day_follows_the_one_before),
	    cmocka_unit_test(there_is_no_time_after_the_year_9999),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
