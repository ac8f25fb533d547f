/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The keyboard: which keys go down and up for a code, and what it does about NumLock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "applet/port/hid_keyboard.h"

#define NUMLOCK 0x53
#define ENTER	0x58

static struct hid_keyboard keyboard;
static uint64_t now;

static int begin(void **state)
{
	(void)state;
	hid_keyboard_wipe(&keyboard);
	now = 5000;
	return 0;
}

/* The next report is of this key alone, 0: of none. */
static void assert_key(uint8_t usage)
{
	uint8_t want[HID_REPORT_LEN] = {0, 0, usage}, got[HID_REPORT_LEN];

	memset(got, 0xAA, sizeof(got));
	assert_true(hid_keyboard_next(&keyboard, now, got));
	assert_memory_equal(got, want, sizeof(want));
}

static void assert_pressed(uint8_t usage)
{
	assert_key(usage);
	assert_key(0);
}

static void assert_nothing(void)
{
	uint8_t report[HID_REPORT_LEN];

	assert_false(hid_keyboard_next(&keyboard, now, report));
}

static enum cs_err type(const char *text)
{
	return hid_keyboard_type(&keyboard, cs_view_string(text), now);
}

static void with_numlock_on_each_digit_is_its_keypad_key_down_and_up(void **state)
{
	static const uint8_t keys[] = {0x59, 0x5A, 0x5B, 0x5C, 0x5D, 0x5E, 0x5F, 0x60, 0x61, 0x62};

	(void)state;
	hid_keyboard_leds(&keyboard, HID_LED_NUMLOCK);
	assert_nothing();
	assert_int_equal(type("1234567890\n"), CS_OK);
	for (size_t i = 0; i < sizeof(keys); i++)
		assert_pressed(keys[i]);
	assert_pressed(ENTER);
	assert_nothing();
}

static void a_digit_twice_goes_up_in_between(void **state)
{
	(void)state;
	hid_keyboard_leds(&keyboard, HID_LED_NUMLOCK);
	assert_int_equal(type("77"), CS_OK);
	assert_key(0x5F);
	assert_key(0);
	assert_key(0x5F);
	assert_key(0);
	assert_nothing();
}

static void with_numlock_off_it_is_switched_on_waited_for_and_switched_off_again(void **state)
{
	(void)state;
	assert_int_equal(type("9"), CS_OK);
	assert_pressed(NUMLOCK);
	assert_nothing();
	assert_int_equal(hid_keyboard_timeout(&keyboard, now), HID_NUMLOCK_WAIT_MS);
	now += HID_NUMLOCK_WAIT_MS - 1;
	assert_nothing();
	assert_int_equal(hid_keyboard_timeout(&keyboard, now), 1);
	hid_keyboard_leds(&keyboard, HID_LED_NUMLOCK | 0x02);
	assert_pressed(0x61);
	assert_pressed(NUMLOCK);
	assert_nothing();
	assert_int_equal(hid_keyboard_timeout(&keyboard, now), -1);
}

static void a_host_that_says_so_before_the_key_is_up_is_heard(void **state)
{
	(void)state;
	assert_int_equal(type("9"), CS_OK);
	assert_key(NUMLOCK);
	hid_keyboard_leds(&keyboard, HID_LED_NUMLOCK);
	assert_key(0);
	assert_pressed(0x61);
	assert_pressed(NUMLOCK);
	assert_nothing();
}

static void a_host_that_says_nothing_to_numlock_gets_nothing(void **state)
{
	(void)state;
	assert_int_equal(type("9"), CS_OK);
	assert_pressed(NUMLOCK);
	now += HID_NUMLOCK_WAIT_MS - 1;
	assert_false(hid_keyboard_lapse(&keyboard, now));
	now += 1;
	assert_int_equal(hid_keyboard_timeout(&keyboard, now), 0);
	assert_nothing();
	assert_true(hid_keyboard_idle(&keyboard));
	hid_keyboard_leds(&keyboard, HID_LED_NUMLOCK);
	assert_nothing();
	assert_int_equal(hid_keyboard_timeout(&keyboard, now), -1);
}

static void what_the_host_does_not_fetch_is_forgotten(void **state)
{
	(void)state;
	hid_keyboard_leds(&keyboard, HID_LED_NUMLOCK);
	assert_int_equal(type("12"), CS_OK);
	assert_int_equal(hid_keyboard_timeout(&keyboard, now), HID_FETCH_WAIT_MS);
	now += HID_FETCH_WAIT_MS - 1;
	assert_false(hid_keyboard_lapse(&keyboard, now));
	now += 1;
	assert_true(hid_keyboard_lapse(&keyboard, now));
	assert_false(hid_keyboard_lapse(&keyboard, now));
	assert_nothing();
	assert_true(hid_keyboard_idle(&keyboard));
	/* Where it stopped with a key down, that goes up, and that is all. */
	assert_int_equal(type("12"), CS_OK);
	now += HID_FETCH_WAIT_MS - 1;
	assert_key(0x59);
	now += HID_FETCH_WAIT_MS - 1;
	assert_false(hid_keyboard_lapse(&keyboard, now));
	now += 600000;
	assert_key(0);
	assert_nothing();
	assert_true(hid_keyboard_idle(&keyboard));
}

static void other_lamps_than_that_of_numlock_do_not_count(void **state)
{
	(void)state;
	hid_keyboard_leds(&keyboard, 0xFE);
	assert_int_equal(type("9"), CS_OK);
	assert_pressed(NUMLOCK);
	hid_keyboard_leds(&keyboard, 0xFE);
	assert_nothing();
}

static void one_text_is_typed_at_a_time(void **state)
{
	(void)state;
	hid_keyboard_leds(&keyboard, HID_LED_NUMLOCK);
	assert_int_equal(type("1"), CS_OK);
	assert_int_equal(type("2"), CS_ERR_BUSY);
	assert_key(0x59);
	assert_int_equal(type("2"), CS_ERR_BUSY);
	assert_key(0);
	assert_int_equal(type("2"), CS_OK);
	assert_pressed(0x5A);
	assert_nothing();
}

static void what_is_no_digit_is_not_typed(void **state)
{
	static const char *const texts[] = {"", "12a4", "1:", "1/", " 1", "12345678901234567"};

	(void)state;
	hid_keyboard_leds(&keyboard, HID_LED_NUMLOCK);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(type(texts[i]), CS_ERR_MALFORMED);
	assert_nothing();
	assert_int_equal(type("1234567890123456"), CS_OK);
}

static void a_reset_of_the_bus_forgets_text_and_lamps(void **state)
{
	(void)state;
	hid_keyboard_leds(&keyboard, HID_LED_NUMLOCK);
	assert_int_equal(type("12"), CS_OK);
	assert_key(0x59);
	hid_keyboard_wipe(&keyboard);
	assert_nothing();
	assert_int_equal(type("3"), CS_OK);
	assert_key(NUMLOCK);
}

static void nothing_of_the_text_stays(void **state)
{
	static const struct hid_keyboard fresh = {.leds = HID_LED_NUMLOCK};

	(void)state;
	hid_keyboard_leds(&keyboard, HID_LED_NUMLOCK);
	assert_int_equal(type("12"), CS_OK);
	assert_pressed(0x59);
	assert_pressed(0x5A);
	assert_memory_equal(keyboard.text, fresh.text, sizeof(fresh.text));
	assert_int_equal(keyboard.len, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(with_numlock_on_each_digit_is_its_keypad_key_down_and_up, begin),
	    cmocka_unit_test_setup(a_digit_twice_goes_up_in_between, begin),
	    cmocka_unit_test_setup(with_numlock_off_it_is_switched_on_waited_for_and_switched_off_again,
				   begin),
	    cmocka_unit_test_setup(a_host_that_says_so_before_the_key_is_up_is_heard, begin),
	    cmocka_unit_test_setup(a_host_that_says_nothing_to_numlock_gets_nothing, begin),
	    cmocka_unit_test_setup(what_the_host_does_not_fetch_is_forgotten, begin),
	    cmocka_unit_test_setup(other_lamps_than_that_of_numlock_do_not_count, begin),
	    cmocka_unit_test_setup(one_text_is_typed_at_a_time, begin),
	    cmocka_unit_test_setup(what_is_no_digit_is_not_typed, begin),
	    cmocka_unit_test_setup(a_reset_of_the_bus_forgets_text_and_lamps, begin),
	    cmocka_unit_test_setup(nothing_of_the_text_stays, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
