/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CCID's messages in frames on a serial line: what is lost or spoilt is noticed, and the next frame is found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "applet/port/ccid_serial.h"

static const uint8_t status_of_slot[CCID_HEADER_LEN] = {0x65, 0, 0, 0, 0, 0, 7, 0, 0, 0};

static struct ccid_serial line;
static uint64_t now;

static int begin(void **state)
{
	(void)state;
	line = (struct ccid_serial){.state = CCID_SERIAL_HUNT};
	now = 1000;
	return 0;
}

/* The event that the last of the bytes makes; none before it may. */
static enum ccid_serial_event take(const uint8_t *bytes, size_t len)
{
	enum ccid_serial_event event = CCID_SERIAL_NOTHING;

	for (size_t i = 0; i < len; i++) {
		assert_int_equal(event, CCID_SERIAL_NOTHING);
		event = ccid_serial_take(&line, bytes[i], now);
	}
	return event;
}

static size_t frame_of(const uint8_t *message, size_t len, uint8_t *frame)
{
	struct cs_writer w = cs_writer_of(frame, CCID_SERIAL_FRAME_MAX);

	ccid_serial_write(&w, cs_view(message, len));
	assert_int_equal(cs_writer_done(&w), CS_OK);
	return cs_writer_view(&w).len;
}

static void assert_message(const uint8_t *message, size_t len)
{
	struct cs_view got = ccid_serial_message(&line);

	assert_int_equal(got.len, len);
	assert_memory_equal(got.ptr, message, len);
}

static void a_frame_is_03_06_message_and_the_xor_of_them(void **state)
{
	static const uint8_t want[] = {0x03, 0x06, 0x65, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0x67};
	uint8_t frame[CCID_SERIAL_FRAME_MAX];

	(void)state;
	assert_int_equal(frame_of(status_of_slot, sizeof(status_of_slot), frame), sizeof(want));
	assert_memory_equal(frame, want, sizeof(want));
	assert_int_equal(take(want, sizeof(want)), CCID_SERIAL_MESSAGE);
	assert_message(status_of_slot, sizeof(status_of_slot));
}

static void messages_of_each_length_up_to_the_longest_come_whole(void **state)
{
	uint8_t message[CCID_MESSAGE_MAX], frame[CCID_SERIAL_FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)(i * 7 + i / 256); /* 03 and 06 among them */
	for (size_t data = 0; data <= CCID_DATA_MAX; data += data < 600 ? 1 : 103) {
		size_t len = CCID_HEADER_LEN + data;

		message[1] = (uint8_t)data;
		message[2] = (uint8_t)(data >> 8);
		message[3] = message[4] = 0;
		assert_int_equal(take(frame, frame_of(message, len, frame)), CCID_SERIAL_MESSAGE);
		assert_message(message, len);
	}
}

static void a_message_longer_than_any_is_broken_at_once(void **state)
{
	static const uint8_t bytes[] = {0x03, 0x06, 0x6F, 0xF7, 0x0B, 0, 0, 0, 1, 0, 0, 0};
	static const uint8_t huge[] = {0x03, 0x06, 0x6F, 0xFF, 0xFF, 0xFF, 0xFF, 0, 1, 0, 0, 0};

	(void)state;
	assert_int_equal(take(bytes, sizeof(bytes)), CCID_SERIAL_BROKEN);
	assert_int_equal(take(huge, sizeof(huge)), CCID_SERIAL_BROKEN);
}

static void each_bit_that_is_changed_is_noticed_and_the_next_frame_comes(void **state)
{
	uint8_t frame[CCID_SERIAL_FRAME_MAX];
	size_t len = frame_of(status_of_slot, sizeof(status_of_slot), frame);

	for (size_t bit = 0; bit < 8 * len; bit++) {
		(void)begin(state);
		frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
		for (size_t i = 0; i < len; i++)
			assert_int_not_equal(ccid_serial_take(&line, frame[i], now), CCID_SERIAL_MESSAGE);
		frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
		now += CCID_SERIAL_GAP_MS;
		assert_int_equal(take(frame, len), CCID_SERIAL_MESSAGE);
		assert_message(status_of_slot, sizeof(status_of_slot));
	}
}

static void a_frame_cut_off_anywhere_ends_with_silence(void **state)
{
	uint8_t frame[CCID_SERIAL_FRAME_MAX];
	size_t len = frame_of(status_of_slot, sizeof(status_of_slot), frame);

	(void)state;
	for (size_t cut = 1; cut < len; cut++) {
		assert_int_equal(take(frame, cut), CCID_SERIAL_NOTHING);
		now += CCID_SERIAL_GAP_MS;
		assert_int_equal(take(frame, len), CCID_SERIAL_MESSAGE);
	}
}

static void a_pause_shorter_than_that_is_none(void **state)
{
	uint8_t frame[CCID_SERIAL_FRAME_MAX];
	size_t len = frame_of(status_of_slot, sizeof(status_of_slot), frame);

	(void)state;
	for (size_t i = 0; i < len - 1; i++) {
		assert_int_equal(ccid_serial_take(&line, frame[i], now), CCID_SERIAL_NOTHING);
		now += CCID_SERIAL_GAP_MS - 1;
	}
	assert_int_equal(ccid_serial_take(&line, frame[len - 1], now), CCID_SERIAL_MESSAGE);
}

static void noise_between_frames_is_passed_over(void **state)
{
	static const uint8_t noise[] = {0x00, 0xFF, 0x06, 0x15, 0x03, 0x00, 0x03, 0x03, 0x03};
	uint8_t frame[CCID_SERIAL_FRAME_MAX];
	size_t len = frame_of(status_of_slot, sizeof(status_of_slot), frame);

	(void)state;
	assert_int_equal(take(noise, sizeof(noise)), CCID_SERIAL_NOTHING);
	assert_int_equal(take(frame, len), CCID_SERIAL_MESSAGE);
}

static void the_wish_for_the_last_frame_again_is_03_15_16(void **state)
{
	static const uint8_t want[] = {0x03, 0x15, 0x16}, spoilt[] = {0x03, 0x15, 0x17};
	uint8_t bytes[CCID_SERIAL_OVERHEAD];
	struct cs_writer w = CS_WRITER_OF(bytes);

	(void)state;
	ccid_serial_write_repeat(&w);
	assert_int_equal(cs_writer_done(&w), CS_OK);
	assert_memory_equal(bytes, want, sizeof(want));
	assert_int_equal(take(want, sizeof(want)), CCID_SERIAL_REPEAT);
	assert_int_equal(take(spoilt, sizeof(spoilt)), CCID_SERIAL_BROKEN);
}

/* Whether what comes in this frame was obeyed before. */
static bool is_again(uint8_t type, uint8_t seq)
{
	const uint8_t message[CCID_HEADER_LEN] = {type, 0, 0, 0, 0, 0, seq};
	uint8_t frame[CCID_SERIAL_FRAME_MAX];

	assert_int_equal(take(frame, frame_of(message, sizeof(message), frame)), CCID_SERIAL_MESSAGE);
	return ccid_serial_is_again(&line);
}

static void a_message_sent_again_is_known_by_its_number_and_nothing_else_is_taken_for_one(void **state)
{
	(void)state;
	assert_false(is_again(0x6F, 0)); /* the first of all */
	assert_true(is_again(0x6F, 0));
	assert_true(is_again(0x6F, 0));
	assert_false(is_again(0x6F, 1));
	assert_true(is_again(0x6F, 1));
	assert_false(is_again(0x6F, 0)); /* 256 messages later, for one */
	for (unsigned seq = 1; seq < 600; seq++) {
		assert_false(is_again(0x6F, (uint8_t)seq));
		assert_true(is_again(0x6F, (uint8_t)seq));
	}
}

static void a_host_that_begins_anew_is_obeyed_whatever_its_first_number_is(void **state)
{
	(void)state;
	assert_false(is_again(0x62, 1));
	assert_false(is_again(0x62, 1));
	assert_true(is_again(0x6F, 1));
	assert_false(is_again(0x62, 1));
	assert_false(is_again(0x6F, 2));
	assert_true(is_again(0x6F, 2));
}

static void noise_and_broken_frames_do_not_make_a_message_that_comes_again_a_new_one(void **state)
{
	static const uint8_t repeat[] = {0x03, 0x15, 0x16}, spoilt[] = {0x03, 0x15, 0x00};
	uint8_t frame[CCID_SERIAL_FRAME_MAX];
	size_t len = frame_of(status_of_slot, sizeof(status_of_slot), frame);

	(void)state;
	assert_false(is_again(0x6F, 9));
	frame[len - 1] ^= 1;
	assert_int_equal(take(frame, len), CCID_SERIAL_BROKEN);
	assert_int_equal(take(spoilt, sizeof(spoilt)), CCID_SERIAL_BROKEN);
	assert_int_equal(take(repeat, sizeof(repeat)), CCID_SERIAL_REPEAT);
	assert_true(is_again(0x6F, 9));
}

/* Knuth's, of TAOCP 3.3.4; its low bits are poor. */
static uint32_t drawn;

static uint32_t draw(uint32_t below)
{
	drawn = drawn * 1664525u + 1013904223u;
	return (drawn >> 8) % below;
}

/* Whatever came before: a frame behind a silence comes. */
static void after_any_bytes_whatever_the_line_recovers(void **state)
{
	const char *given = getenv("COUNTERSIGN_TEST_SEED");
	uint32_t seed = given ? (uint32_t)strtoul(given, NULL, 0) : (uint32_t)time(NULL);
	uint8_t frame[CCID_SERIAL_FRAME_MAX];
	size_t len = frame_of(status_of_slot, sizeof(status_of_slot), frame);

	(void)state;
	print_message("# seed %u\n", seed);
	drawn = seed;
	for (unsigned round = 0; round < 1000; round++) {
		for (uint32_t i = draw(5000); i > 0; i--)
			(void)ccid_serial_take(&line, draw(3) ? (uint8_t)draw(256) : 0x03, now);
		now += CCID_SERIAL_GAP_MS;
		assert_int_equal(take(frame, len), CCID_SERIAL_MESSAGE);
		assert_message(status_of_slot, sizeof(status_of_slot));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(a_frame_is_03_06_message_and_the_xor_of_them, begin),
	    cmocka_unit_test_setup(messages_of_each_length_up_to_the_longest_come_whole, begin),
	    cmocka_unit_test_setup(a_message_longer_than_any_is_broken_at_once, begin),
	    cmocka_unit_test_setup(each_bit_that_is_changed_is_noticed_and_the_next_frame_comes, begin),
	    cmocka_unit_test_setup(a_frame_cut_off_anywhere_ends_with_silence, begin),
	    cmocka_unit_test_setup(a_pause_shorter_than_that_is_none, begin),
	    cmocka_unit_test_setup(noise_between_frames_is_passed_over, begin),
	    cmocka_unit_test_setup(the_wish_for_the_last_frame_again_is_03_15_16, begin),
	    cmocka_unit_test_setup(
		a_message_sent_again_is_known_by_its_number_and_nothing_else_is_taken_for_one, begin),
	    cmocka_unit_test_setup(a_host_that_begins_anew_is_obeyed_whatever_its_first_number_is, begin),
	    cmocka_unit_test_setup(noise_and_broken_frames_do_not_make_a_message_that_comes_again_a_new_one,
				   begin),
	    cmocka_unit_test_setup(after_any_bytes_whatever_the_line_recovers, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
