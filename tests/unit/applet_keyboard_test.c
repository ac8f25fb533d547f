/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a touch of the keyboard's button makes of a credential, and what the device says of the keyboard on
 * USB.
 */
#include "tests/unit/oath_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <unistd.h>

#include "applet/port/hid_host.h"
#include "applet/port/keyboard.h"
#include "applet/port/usb_device.h"

static struct slot slot;
static struct presence presence;
static struct keyboard *keyboard;
static int host_fd = -1, other;
static uint64_t unix_s, now_ms;
static bool clock_good;
static uint8_t texts; /* that came to the process that faces the host */

static int kernel_says; /* of its clock */

int __wrap_adjtimex(struct timex *t);

int __wrap_adjtimex(struct timex *t)
{
	assert_int_equal(t->modes, 0); /* a question */
	return kernel_says;
}

static bool clock_of_test(uint64_t *now)
{
	*now = unix_s;
	return clock_good;
}

static uint64_t never(void *ctx)
{
	(void)ctx;
	return 0;
}

static enum cs_err touched(void *ctx, const char *why, bool wait)
{
	(void)ctx;
	return presence_ask(&presence, why, wait);
}

/* What the process that faces the host says. */
static void say(uint8_t word)
{
	assert_int_equal(send(host_fd, &word, 1, 0), 1);
}

static void press(void)
{
	keyboard_press(keyboard, now_ms);
}

static void keyboard_of(const char *credential, bool enter)
{
	const struct keyboard_settings settings = {credential, enter};
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	keyboard = malloc(sizeof(*keyboard));
	assert_non_null(keyboard);
	keyboard_init(keyboard, &settings, &slot, pair[0]);
	keyboard->clock = clock_of_test;
	host_fd = pair[1];
	texts = 0;
	say(HID_HOST_READY);
}

static int setup(void **state)
{
	if (otp_setup(state) != 0 || presence_init(&presence, "never", NULL, never) != CS_OK)
		return -1;
	slot_init(&slot, &otp->card, &presence);
	slot_join(&slot, &other);
	otp->platform.user_presence = touched;
	unix_s = 1111111109;
	clock_good = true;
	return 0;
}

static int teardown(void **state)
{
	close(keyboard->fd);
	close(host_fd);
	keyboard_close(keyboard);
	free(keyboard);
	return otp_teardown(state);
}

/* NULL: nothing was typed. */
static void assert_typed(const char *text)
{
	char got[32] = "";
	ssize_t len = recv(host_fd, got, sizeof(got) - 1, MSG_DONTWAIT);

	assert_int_equal(len, text ? (ssize_t)strlen(text) : -1);
	assert_string_equal(got, text ? text : "");
	if (text) {
		texts = (texts + 1) & HID_HOST_TEXTS;
		say(texts);
		say(HID_HOST_READY | texts);
	}
}

static void each_touch_types_the_next_code_and_enter(void **state)
{
	char want[CS_OATH_CODE_MAX + 1];

	(void)state;
	assert_int_equal(otp_hotp("bank"), CS_SW_OK);
	keyboard_of("bank", true);
	for (size_t i = 0; i < OTP_RFC4226_COUNT; i++) {
		press();
		snprintf(want, sizeof(want), "%s\n", otp_rfc4226[i]);
		assert_typed(want);
	}
	assert_typed(NULL);
}

static void without_enter_the_code_is_all(void **state)
{
	(void)state;
	assert_int_equal(otp_hotp("bank"), CS_SW_OK);
	keyboard_of("bank", false);
	press();
	assert_typed("755224");
}

/* RFC 6238, appendix B: at 1111111109 seconds the SHA-1 code of eight digits is 07081804. */
static void a_totp_code_is_that_of_the_clock_and_of_the_names_period(void **state)
{
	(void)state;
	assert_int_equal(otp_put("shop", 0x21, 8, SEED20, CS_VIEW_EMPTY), CS_SW_OK);
	keyboard_of("shop", false);
	press();
	assert_typed("07081804");
	unix_s = 1234567890;
	press();
	assert_typed("89005924");
}

static void another_period_is_heeded(void **state)
{
	(void)state;
	assert_int_equal(otp_put("60/shop", 0x21, 8, SEED20, CS_VIEW_EMPTY), CS_SW_OK);
	keyboard_of("60/shop", false);
	unix_s = 1111111109ull * 2;
	press();
	assert_typed("07081804");
}

static void a_clock_that_nobody_set_gives_no_totp_and_hotp_all_the_same(void **state)
{
	(void)state;
	assert_int_equal(otp_put("shop", 0x21, 8, SEED20, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(otp_hotp("bank"), CS_SW_OK);
	clock_good = false;
	keyboard_of("shop", false);
	press();
	assert_typed(NULL);
	keyboard->settings.credential = "bank";
	press();
	assert_typed("755224");
}

static void a_clock_is_synchronised_where_the_kernel_says_so_and_not_where_it_may_not_be_asked(void **state)
{
	static const int good[] = {TIME_OK, TIME_INS, TIME_DEL, TIME_OOP, TIME_WAIT},
			 bad[] = {TIME_ERROR, -1};
	uint64_t now;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		kernel_says = good[i];
		now = 0;
		assert_true(keyboard_clock(&now));
		assert_int_not_equal(now, 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		kernel_says = bad[i];
		assert_false(keyboard_clock(&now));
	}
}

static void a_credential_that_wants_a_touch_has_had_it(void **state)
{
	static const uint8_t touch[] = {YKOATH_TAG_PROPERTY, YKOATH_PROPERTY_TOUCH};

	(void)state;
	assert_int_equal(otp_put("bank", 0x11, 6, SEED20, CS_VIEW_OF(touch)), CS_SW_OK);
	keyboard_of("bank", false);
	press();
	assert_typed("755224");
	/* And nobody else's command has. */
	assert_string_equal(otp_hotp_code("bank"), "");
}

static void an_application_with_an_access_code_refuses(void **state)
{
	(void)state;
	assert_int_equal(otp_hotp("bank"), CS_SW_OK);
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	keyboard_of("bank", false);
	press();
	assert_typed(NULL);
}

static void a_credential_that_wants_the_pin_refuses_though_another_channel_has_it(void **state)
{
	static const uint8_t pin[] = {YKOATH_TAG_PROPERTIES, 1, YKOATH_PROPERTY_PIN};

	(void)state;
	assert_int_equal(otp_put("bank", 0x11, 6, SEED20, CS_VIEW_OF(pin)), CS_SW_OK);
	fixture_expect(otp, SELECT_PIV, CS_SW_OK);
	fixture_expect(otp, VERIFY_PIN, CS_SW_OK);
	assert_int_equal(otp_open(), CS_SW_OK);
	keyboard_of("bank", false);
	press();
	assert_typed(NULL);
	assert_int_equal(otp_open(), CS_SW_OK);
}

static void a_name_that_is_not_there_types_nothing(void **state)
{
	(void)state;
	assert_int_equal(otp_hotp("bank"), CS_SW_OK);
	keyboard_of("ban", false);
	press();
	assert_typed(NULL);
	keyboard->settings.credential = "bank2";
	press();
	assert_typed(NULL);
	assert_string_equal(otp_hotp_code("bank"), otp_rfc4226[0]);
}

static void nobodys_selection_is_disturbed_and_no_channel_stays_open(void **state)
{
	(void)state;
	assert_int_equal(otp_hotp("bank"), CS_SW_OK);
	fixture_expect(otp, SELECT_PIV, CS_SW_OK);
	fixture_expect(otp, VERIFY_PIN, CS_SW_OK);
	keyboard_of("bank", false);
	for (unsigned i = 0; i < 8; i++)
		press();
	fixture_expect(otp, "00200080", CS_SW_OK); /* PIV is selected, the PIN verified */
	fixture_expect_data(otp, "0070000001", "01");
}

static void with_all_channels_taken_nothing_is_typed(void **state)
{
	(void)state;
	assert_int_equal(otp_hotp("bank"), CS_SW_OK);
	for (unsigned i = 0; i < 3; i++)
		fixture_expect(otp, "0070000001", CS_SW_OK);
	keyboard_of("bank", false);
	press();
	assert_typed(NULL);
}

static void while_another_holds_the_card_one_touch_waits(void **state)
{
	uint8_t answer[2], begin = SLOT_BEGIN, end = SLOT_END;
	struct cs_writer w = CS_WRITER_OF(answer);

	(void)state;
	assert_int_equal(otp_hotp("bank"), CS_SW_OK);
	keyboard_of("bank", false);
	assert_int_equal(slot_exchange(&slot, &other, cs_view(&begin, 1), &w), CS_OK);
	press();
	press();
	assert_typed(NULL);
	assert_int_equal(slot_exchange(&slot, &other, cs_view(&end, 1), &w), CS_OK);
	keyboard_step(keyboard, now_ms);
	assert_typed("755224");
	keyboard_step(keyboard, now_ms);
	assert_typed(NULL);
}

static void a_touch_that_waited_too_long_types_nothing(void **state)
{
	uint8_t answer[2], begin = SLOT_BEGIN, end = SLOT_END;
	struct cs_writer w = CS_WRITER_OF(answer);

	(void)state;
	assert_int_equal(otp_hotp("bank"), CS_SW_OK);
	keyboard_of("bank", false);
	assert_int_equal(slot_exchange(&slot, &other, cs_view(&begin, 1), &w), CS_OK);
	press();
	now_ms += KEYBOARD_PRESS_MS + 1;
	assert_int_equal(slot_exchange(&slot, &other, cs_view(&end, 1), &w), CS_OK);
	keyboard_step(keyboard, now_ms);
	assert_typed(NULL);
	press();
	assert_typed("755224");
}

static void where_no_host_listens_a_touch_makes_no_code(void **state)
{
	(void)state;
	assert_int_equal(otp_hotp("bank"), CS_SW_OK);
	keyboard_of("bank", false);
	say(0);
	for (int i = 0; i < 3; i++)
		press();
	keyboard_step(keyboard, now_ms);
	assert_typed(NULL);
	say(HID_HOST_READY);
	keyboard_step(keyboard, now_ms); /* nor does one that was made before */
	assert_typed(NULL);
	press();
	assert_typed(otp_rfc4226[0]);
}

static void a_host_that_left_while_the_card_was_busy_gets_no_code(void **state)
{
	uint8_t answer[2], begin = SLOT_BEGIN, end = SLOT_END;
	struct cs_writer w = CS_WRITER_OF(answer);

	(void)state;
	assert_int_equal(otp_hotp("bank"), CS_SW_OK);
	keyboard_of("bank", false);
	assert_int_equal(slot_exchange(&slot, &other, cs_view(&begin, 1), &w), CS_OK);
	press();
	say(0);
	assert_int_equal(slot_exchange(&slot, &other, cs_view(&end, 1), &w), CS_OK);
	keyboard_step(keyboard, now_ms);
	assert_typed(NULL);
	say(HID_HOST_READY);
	press();
	assert_typed(otp_rfc4226[0]);
}

static void touches_while_a_code_is_typed_make_none(void **state)
{
	char got[32];

	(void)state;
	assert_int_equal(otp_hotp("bank"), CS_SW_OK);
	keyboard_of("bank", false);
	press();
	press();
	say(HID_HOST_READY); /* is of before the code came there */
	press();
	say(1);
	press();
	assert_int_equal(recv(host_fd, got, sizeof(got), MSG_DONTWAIT), 6);
	assert_typed(NULL);
	say(HID_HOST_READY | 1);
	press();
	assert_int_equal(recv(host_fd, got, sizeof(got), MSG_DONTWAIT), 6);
	assert_memory_equal(got, otp_rfc4226[1], 6);
}

static void a_line_that_closed_or_babbles_is_no_host(void **state)
{
	(void)state;
	assert_int_equal(otp_hotp("bank"), CS_SW_OK);
	keyboard_of("bank", false);
	for (int i = 0; i < 70; i++)
		say(HID_HOST_READY);
	press();
	assert_typed(NULL);
	close(keyboard->fd);
	keyboard->fd = dup(host_fd);
	close(host_fd);
	host_fd = -1;
	keyboard_step(keyboard, now_ms);
	assert_int_equal(keyboard->told, 0);
}

static void the_process_that_faces_the_host_says_when_a_text_would_be_typed(void **state)
{
	struct hid_keyboard hid = {.leds = HID_LED_NUMLOCK};
	struct hid_host line = {.fd = -1};
	uint8_t report[HID_REPORT_LEN], word = 0xFF;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	line.fd = pair[1];
	hid_host_tell(&line, &hid, false, 0);
	assert_int_equal(recv(pair[0], &word, 1, MSG_DONTWAIT), -1);
	hid_host_tell(&line, &hid, true, 0);
	hid_host_tell(&line, &hid, true, 0);
	assert_int_equal(recv(pair[0], &word, 1, MSG_DONTWAIT), 1);
	assert_int_equal(word, HID_HOST_READY);
	assert_int_equal(recv(pair[0], &word, 1, MSG_DONTWAIT), -1);
	assert_int_equal(send(pair[0], "7", 1, 0), 1);
	hid_host_read(&line, &hid, true, 0);
	hid_host_tell(&line, &hid, true, 0);
	assert_int_equal(recv(pair[0], &word, 1, MSG_DONTWAIT), 1);
	assert_int_equal(word, 1);
	assert_true(hid_keyboard_next(&hid, 0, report));
	assert_true(hid_keyboard_next(&hid, 0, report));
	hid_host_tell(&line, &hid, true, 0);
	assert_int_equal(recv(pair[0], &word, 1, MSG_DONTWAIT), 1);
	assert_int_equal(word, HID_HOST_READY | 1);
	hid_host_tell(&line, &hid, false, 0); /* suspended */
	assert_int_equal(recv(pair[0], &word, 1, MSG_DONTWAIT), 1);
	assert_int_equal(word, 1);
	assert_int_equal(send(pair[0], "8", 1, 0), 1);
	hid_host_read(&line, &hid, false, 0);
	assert_true(hid_keyboard_idle(&hid));
	hid_host_tell(&line, &hid, true, 0);
	assert_int_equal(recv(pair[0], &word, 1, MSG_DONTWAIT), 1);
	assert_int_equal(word, HID_HOST_READY | 2);
	close(pair[0]);
	close(pair[1]);
}

/* ---- what the host is told ---- */

static struct usb_outcome ask(struct usb_device *device, const char *setup_hex, struct cs_writer *in)
{
	uint8_t bytes[USB_SETUP_LEN];

	assert_int_equal(fixture_hex(setup_hex, bytes, sizeof(bytes)).len, USB_SETUP_LEN);
	return usb_device_control(device, bytes, in);
}

static struct cs_view told(struct usb_device *device, const char *setup_hex)
{
	static uint8_t data[USB_CONTROL_MAX];
	struct cs_writer in = CS_WRITER_OF(data);

	assert_false(ask(device, setup_hex, &in).stall);
	return cs_writer_view(&in);
}

static struct usb_outcome outcome_of(struct usb_device *device, const char *setup_hex)
{
	uint8_t data[USB_CONTROL_MAX];
	struct cs_writer in = CS_WRITER_OF(data);

	return ask(device, setup_hex, &in);
}

#define SET_CONFIGURATION "0009010000000000"
#define GET_CONFIGURATION "80060002 0000FF00"
#define GET_HID		  "81060021 0100FF00"
#define GET_HID_REPORT	  "81060022 0100FF00"
#define SET_LEDS	  "21090002 01000100"
#define SET_IDLE_OF(ms)	  "210A00" ms "01000000"
#define GET_IDLE	  "A1020000 01000100"
#define SET_BOOT	  "210B0000 01000000"
#define GET_PROTOCOL	  "A1030000 01000100"
#define GET_INPUT	  "A1010001 01000800"
#define GET_INTERFACE_1	  "810A0000 01000100"
#define SET_INTERFACE_1	  "010B0000 01000000"
#define HALT_KEYBOARD	  "02030000 84000000"

static void with_a_keyboard_there_is_a_second_interface(void **state)
{
	struct usb_device device = {.id = {.keyboard = true}, .speed = USB_HIGH};
	struct cs_view all = told(&device, GET_CONFIGURATION), report;
	size_t at = 0, pipes = 0, faces = 0;

	(void)state;
	assert_int_equal(all.len, USB_CONFIGURATION_LEN + USB_KEYBOARD_LEN);
	assert_int_equal(all.ptr[2] | all.ptr[3] << 8, all.len);
	assert_int_equal(all.ptr[4], 2);
	for (; at < all.len; at += all.ptr[at]) {
		assert_int_not_equal(all.ptr[at], 0);
		faces += all.ptr[at + 1] == USB_INTERFACE;
		pipes += all.ptr[at + 1] == USB_ENDPOINT;
	}
	assert_int_equal(at, all.len);
	assert_int_equal(faces, 2);
	assert_int_equal(pipes, 4);
	assert_false(outcome_of(&device, SET_CONFIGURATION).stall);
	report = told(&device, GET_HID_REPORT);
	assert_int_equal(report.len, 63);
	assert_int_equal(report.ptr[report.len - 1], 0xC0);
	assert_int_equal(told(&device, GET_HID).ptr[7], report.len);
}

static void its_requests_are_answered(void **state)
{
	struct usb_device device = {.id = {.keyboard = true}, .speed = USB_FULL};

	(void)state;
	assert_true(outcome_of(&device, SET_LEDS).stall); /* it is not configured */
	assert_false(outcome_of(&device, SET_CONFIGURATION).stall);
	assert_int_equal(outcome_of(&device, SET_LEDS).event, USB_LEDS);
	assert_int_equal(told(&device, GET_PROTOCOL).ptr[0], 1);
	assert_false(outcome_of(&device, SET_BOOT).stall);
	assert_int_equal(told(&device, GET_PROTOCOL).ptr[0], 0);
	assert_false(outcome_of(&device, SET_IDLE_OF("7D")).stall);
	assert_int_equal(told(&device, GET_IDLE).ptr[0], 0x7D);
	assert_int_equal(told(&device, GET_INPUT).len, 8);
	assert_int_equal(told(&device, GET_INTERFACE_1).ptr[0], 0);
	assert_false(outcome_of(&device, HALT_KEYBOARD).stall);
	assert_true(usb_device_halted(&device, USB_KEYBOARD_IN));
	assert_int_equal(outcome_of(&device, SET_INTERFACE_1).event,
			 USB_NOTHING); /* the reader is not disturbed */
	assert_false(usb_device_halted(&device, USB_KEYBOARD_IN));
}

static void without_one_none_of_them_is_there(void **state)
{
	static const char *const requests[] = {
	    GET_HID,	  GET_HID_REPORT, SET_LEDS,	   SET_IDLE_OF("00"), GET_IDLE,	    SET_BOOT,
	    GET_PROTOCOL, GET_INPUT,	  GET_INTERFACE_1, SET_INTERFACE_1,   HALT_KEYBOARD};
	struct usb_device device = {.speed = USB_HIGH};

	(void)state;
	assert_int_equal(told(&device, GET_CONFIGURATION).len, USB_CONFIGURATION_LEN);
	assert_false(outcome_of(&device, SET_CONFIGURATION).stall);
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		assert_true(outcome_of(&device, requests[i]).stall);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
	    CASE(each_touch_types_the_next_code_and_enter),
	    CASE(without_enter_the_code_is_all),
	    CASE(a_totp_code_is_that_of_the_clock_and_of_the_names_period),
	    CASE(another_period_is_heeded),
	    CASE(a_clock_that_nobody_set_gives_no_totp_and_hotp_all_the_same),
	    cmocka_unit_test(
		a_clock_is_synchronised_where_the_kernel_says_so_and_not_where_it_may_not_be_asked),
	    CASE(a_credential_that_wants_a_touch_has_had_it),
	    CASE(an_application_with_an_access_code_refuses),
	    CASE(a_credential_that_wants_the_pin_refuses_though_another_channel_has_it),
	    CASE(a_name_that_is_not_there_types_nothing),
	    CASE(nobodys_selection_is_disturbed_and_no_channel_stays_open),
	    CASE(with_all_channels_taken_nothing_is_typed),
	    CASE(while_another_holds_the_card_one_touch_waits),
	    CASE(a_touch_that_waited_too_long_types_nothing),
	    CASE(where_no_host_listens_a_touch_makes_no_code),
	    CASE(a_host_that_left_while_the_card_was_busy_gets_no_code),
	    CASE(touches_while_a_code_is_typed_make_none),
	    CASE(a_line_that_closed_or_babbles_is_no_host),
	    cmocka_unit_test(the_process_that_faces_the_host_says_when_a_text_would_be_typed),
	    cmocka_unit_test(with_a_keyboard_there_is_a_second_interface),
	    cmocka_unit_test(its_requests_are_answered),
	    cmocka_unit_test(without_one_none_of_them_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
