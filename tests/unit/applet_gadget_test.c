/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The token as a function of a Linux gadget: which transfers are begun when, and what becomes of those that
 * the bus ends. The test is FunctionFS and the card; nothing is a kernel's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/usb/functionfs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "applet/port/ffs.h"
#include "applet/port/slot.h"

struct bus {
	struct usb_bridge bridge;
	struct gadget gadget;
	int card; /* the card's end */
	size_t packet_max;
	uint64_t now;
	bool dead, waits; /* transfers cannot be begun; there is an event */
	/* begun by the gadget, and not ended */
	bool fetching, sending, noticing, typing;
	uint8_t *space;
	size_t asked, sent_len;
	uint8_t sent[CCID_MESSAGE_MAX];
	uint8_t report[HID_REPORT_LEN];
	unsigned begun, answers, stalls, cancelled;
	struct cs_view lamps; /* what the host sends behind a request */
	size_t answered_len;
	uint8_t answered[USB_CONTROL_MAX]; /* the last answer */
};

static bool fetch(void *ctx, uint8_t *space, size_t len)
{
	struct bus *b = ctx;

	b->begun++;
	if (b->dead)
		return false;
	assert_false(b->fetching);
	b->fetching = true;
	b->space = space;
	b->asked = len;
	return true;
}

static bool send_in(void *ctx, enum gadget_pipe pipe, struct cs_view bytes)
{
	struct bus *b = ctx;
	bool *begun = pipe == GADGET_IN ? &b->sending : pipe == GADGET_NOTICE ? &b->noticing : &b->typing;

	b->begun++;
	if (b->dead)
		return false;
	assert_false(*begun);
	*begun = true;
	if (pipe == GADGET_NOTICE) {
		assert_true(cs_view_equal(bytes, CS_VIEW_TEXT("\x50\x03")));
		return true;
	}
	if (pipe == GADGET_KEYBOARD) {
		assert_int_equal(bytes.len, sizeof(b->report));
		memcpy(b->report, bytes.ptr, bytes.len);
		return true;
	}
	b->sent_len = bytes.len;
	if (bytes.len > 0)
		memcpy(b->sent, bytes.ptr, bytes.len);
	return true;
}

static void cancel(void *ctx, enum gadget_pipe pipe)
{
	struct bus *b = ctx;

	assert_int_equal(pipe, GADGET_KEYBOARD);
	b->cancelled++;
}

static void answer(void *ctx, bool in, bool stall, struct cs_view data)
{
	struct bus *b = ctx;

	assert_true(data.len == 0 || (in && !stall));
	b->answers++;
	b->stalls += stall;
	b->answered_len = data.len;
	if (data.len > 0)
		memcpy(b->answered, data.ptr, data.len);
}

static bool take(void *ctx, uint8_t *space, size_t len)
{
	struct bus *b = ctx;

	b->answers++;
	if (b->lamps.len != len)
		return false;
	memcpy(space, b->lamps.ptr, len);
	return true;
}

static bool event_waits(void *ctx)
{
	return ((struct bus *)ctx)->waits;
}

static size_t packet_max(void *ctx)
{
	return ((struct bus *)ctx)->packet_max;
}

static int bus_new(void **state, bool keyboard)
{
	struct bus *b = calloc(1, sizeof(*b));
	int pair[2];
	struct gadget_io io = {fetch, send_in, cancel, answer, take, event_waits, packet_max, b};

	assert_non_null(b);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	usb_bridge_init(&b->bridge, pair[0]);
	gadget_init(&b->gadget, &b->bridge, keyboard, &io);
	b->card = pair[1];
	b->packet_max = 64;
	b->now = 1000;
	*state = b;
	return 0;
}

static int setup(void **state)
{
	return bus_new(state, false);
}

static int setup_keyboard(void **state)
{
	return bus_new(state, true);
}

static int teardown(void **state)
{
	struct bus *b = *state;

	close(b->bridge.fd);
	close(b->card);
	free(b);
	return 0;
}

/* ---- the bus ---- */

static void event(struct bus *b, uint8_t type)
{
	static const uint8_t none[USB_SETUP_LEN];

	assert_int_equal(gadget_event(&b->gadget, type, none, b->now), CS_OK);
	gadget_pump(&b->gadget, b->now);
}

static void ended(struct bus *b, enum gadget_pipe pipe, long result)
{
	bool *const flags[GADGET_PIPES] = {&b->fetching, &b->sending, &b->noticing, &b->typing};
	bool *begun = flags[pipe];

	assert_true(*begun);
	*begun = false;
	assert_int_equal(gadget_ended(&b->gadget, pipe, result, b->now), CS_OK);
	gadget_pump(&b->gadget, b->now);
}

/* The host sends a packet or more, in one transfer of ours. */
static void packet(struct bus *b, const uint8_t *bytes, size_t len)
{
	assert_true(b->fetching && len <= b->asked);
	memcpy(b->space, bytes, len);
	ended(b, GADGET_OUT, (long)len);
}

/* A message as hosts send it: filled packets, and a last one that is not, or none behind one that is. */
static void say(struct bus *b, uint8_t type, uint8_t seq, const uint8_t *data, size_t len)
{
	uint8_t message[CCID_MESSAGE_MAX] = {type, (uint8_t)len, (uint8_t)(len >> 8), 0, 0, 0, seq};
	size_t at = 0, all = CCID_HEADER_LEN + len;

	if (len > 0)
		memcpy(message + CCID_HEADER_LEN, data, len);
	while (at < all) {
		size_t n = b->asked < all - at ? b->asked : all - at;
		packet(b, message + at, n);
		at += n;
	}
}

static void fetched(struct bus *b, const void *start, size_t start_len, size_t len)
{
	assert_true(b->sending);
	assert_int_equal(b->sent_len, len);
	assert_memory_equal(b->sent, start, start_len);
	ended(b, GADGET_IN, (long)len);
}

/* ---- the card ---- */

static void card_hears(struct bus *b, struct cs_view frame)
{
	static uint8_t bytes[FRAME_HEADER_LEN + CCID_COMMAND_MAX];

	assert_int_equal(recv(b->card, bytes, FRAME_HEADER_LEN + frame.len, MSG_WAITALL | MSG_DONTWAIT),
			 FRAME_HEADER_LEN + frame.len);
	assert_int_equal(bytes[0] << 8 | bytes[1], frame.len);
	assert_memory_equal(bytes + FRAME_HEADER_LEN, frame.ptr, frame.len);
}

static void card_hears_control(struct bus *b, uint8_t code)
{
	card_hears(b, cs_view(&code, 1));
}

static void card_says(struct bus *b, const uint8_t *bytes, size_t len)
{
	uint8_t frame[FRAME_HEADER_LEN + 4000];

	memcpy(frame + FRAME_HEADER_LEN, bytes, len);
	frame_seal(frame, len);
	assert_int_equal(send(b->card, frame, FRAME_HEADER_LEN + len, MSG_DONTWAIT), FRAME_HEADER_LEN + len);
	assert_int_equal(usb_bridge_read(&b->bridge), CS_OK);
	gadget_pump(&b->gadget, b->now);
}

static void up(struct bus *b)
{
	event(b, FUNCTIONFS_BIND);
	event(b, FUNCTIONFS_ENABLE);
	card_hears_control(b, SLOT_POWER_OFF);
	ended(b, GADGET_NOTICE, 2);
	assert_false(b->noticing);
}

static void on(struct bus *b)
{
	say(b, 0x62, 0, NULL, 0);
	card_hears_control(b, SLOT_RESET);
	card_hears_control(b, SLOT_ATR);
	card_says(b, (const uint8_t *)"\x3B\x80", 2);
	fetched(b, "\x80\x02\0\0\0\0\0\0\0\0\x3B\x80", 12, 12);
}

static void plugged_in(struct bus *b)
{
	up(b);
	on(b);
}

static const uint8_t command[] = {0x00, 0xFD, 0x00, 0x00, 0x00};

static void executing(struct bus *b, uint8_t seq)
{
	say(b, 0x6F, seq, command, sizeof(command));
	card_hears(b, CS_VIEW_OF(command));
}

/* ---- tests ---- */

static void nothing_is_begun_before_the_host_configures_us(void **state)
{
	struct bus *b = *state;

	gadget_pump(&b->gadget, b->now);
	event(b, FUNCTIONFS_BIND);
	event(b, FUNCTIONFS_SUSPEND);
	event(b, FUNCTIONFS_RESUME);
	assert_int_equal(b->begun, 0);
	event(b, FUNCTIONFS_ENABLE);
	assert_true(b->fetching && b->noticing);
	assert_int_equal(b->asked, 64);
}

/* One packet, and then what is missing: never more, which the next message would be swallowed by. */
static void a_pipe_is_asked_for_a_packet_and_then_for_exactly_the_rest(void **state)
{
	static const size_t speeds[] = {64, 512};
	struct bus *b = *state;

	for (size_t s = 0; s < 2; s++) {
		b->packet_max = speeds[s];
		plugged_in(b);
		for (size_t len = speeds[s] - 2; len <= speeds[s] + 2; len++) {
			uint8_t apdu[600] = {0x00, 0xDB, 0x3F, 0xFF, 0x00};
			size_t data = len - CCID_HEADER_LEN;
			assert_int_equal(b->asked, speeds[s]);
			say(b, 0x6F, 1, apdu, data);
			card_hears(b, cs_view(apdu, data));
			card_says(b, (const uint8_t *)"\x90\x00", 2);
			fetched(b, "\x80\x02\0\0\0\0\x01", 7, 12);
		}
		event(b, FUNCTIONFS_DISABLE);
		card_hears_control(b, SLOT_POWER_OFF);
		ended(b, GADGET_OUT, -ESHUTDOWN);
	}
}

static void an_empty_packet_follows_what_fills_its_last_one_and_nothing_else(void **state)
{
	struct bus *b = *state;
	uint8_t response[200] = {0};

	plugged_in(b);
	for (size_t len = 64 - CCID_HEADER_LEN - 1; len <= 64 - CCID_HEADER_LEN + 1; len++) {
		executing(b, 3);
		card_says(b, response, len);
		fetched(b, "\x80", 1, CCID_HEADER_LEN + len);
		assert_int_equal(b->sending, (CCID_HEADER_LEN + len) % 64 == 0);
		if (b->sending)
			fetched(b, "", 0, 0);
		assert_false(b->sending);
	}
}

static void the_empty_packet_comes_before_the_next_message(void **state)
{
	struct bus *b = *state;
	uint8_t response[64 - CCID_HEADER_LEN] = {0};

	plugged_in(b);
	executing(b, 3);
	card_says(b, response, sizeof(response));
	say(b, 0x65, 4, NULL, 0);
	fetched(b, "\x80", 1, 64);
	fetched(b, "", 0, 0);
	fetched(b, "\x81\0\0\0\0\0\x04", 7, 10);
	assert_false(b->sending);
}

static void a_reset_of_the_bus_in_a_command_leaves_nothing_of_it(void **state)
{
	struct bus *b = *state;

	plugged_in(b);
	executing(b, 1);
	say(b, 0x65, 2, NULL, 0);
	assert_true(b->sending && b->fetching);
	event(b, FUNCTIONFS_ENABLE); /* the two events that a reset is come as one, where we are slow */
	card_hears_control(b, SLOT_CANCEL);
	card_hears_control(b, SLOT_POWER_OFF);
	/* what was begun before ends now, with data even */
	memset(b->space, 0x65, 10);
	ended(b, GADGET_OUT, 10);
	ended(b, GADGET_IN, -ESHUTDOWN);
	assert_true(b->fetching);
	assert_int_equal(b->asked, 64);
	card_says(b, (const uint8_t *)"secret\x90\x00", 8);
	assert_false(b->sending);
	ended(b, GADGET_NOTICE, 2);
	on(b);
	executing(b, 1);
}

static void what_a_command_says_after_the_cable_was_pulled_is_nobodys(void **state)
{
	struct bus *b = *state;
	unsigned begun;

	plugged_in(b);
	executing(b, 1);
	event(b, FUNCTIONFS_DISABLE);
	event(b, FUNCTIONFS_UNBIND);
	card_hears_control(b, SLOT_CANCEL);
	card_hears_control(b, SLOT_POWER_OFF);
	card_hears_control(b, SLOT_POWER_OFF);
	ended(b, GADGET_OUT, -ESHUTDOWN);
	begun = b->begun;
	card_says(b, (const uint8_t *)"secret\x90\x00", 8);
	assert_int_equal(b->begun, begun);
	plugged_in(b);
	executing(b, 1);
}

static void a_pipe_that_fails_is_left_alone_until_the_bus_says_something(void **state)
{
	struct bus *b = *state;
	unsigned begun;

	plugged_in(b);
	ended(b, GADGET_OUT, -ESHUTDOWN);
	begun = b->begun;
	gadget_pump(&b->gadget, b->now);
	assert_int_equal(b->begun, begun);
	b->dead = true;
	event(b, FUNCTIONFS_ENABLE);
	card_hears_control(b, SLOT_POWER_OFF);
	begun = b->begun;
	gadget_pump(&b->gadget, b->now);
	assert_int_equal(b->begun, begun);
	b->dead = false;
	plugged_in(b);
}

static void more_than_was_asked_for_is_a_message_whose_length_is_wrong(void **state)
{
	struct bus *b = *state;
	static const uint8_t start[64] = {0x6F, 60, 0, 0, 0, 0, 9};

	plugged_in(b);
	packet(b, start, sizeof(start));
	assert_int_equal(b->asked, 6);
	ended(b, GADGET_OUT, -EOVERFLOW);
	fetched(b, "\x80\0\0\0\0\0\x09\x40\x01", 9, 10);
	assert_int_equal(b->asked, 64);
	executing(b, 10);
}

static void a_host_that_sends_and_does_not_fetch_waits(void **state)
{
	struct bus *b = *state;
	unsigned said = 0;

	plugged_in(b);
	executing(b, 1);
	while (b->fetching && said < 100) {
		say(b, 0x65, 2, NULL, 0);
		said++;
	}
	assert_true(said < USB_BRIDGE_QUEUE);
	card_says(b, (const uint8_t *)"\x90\x00", 2); /* there is room for what was under way */
	fetched(b, "\x81", 1, 10);
	fetched(b, "\x81", 1, 10);
	assert_true(b->fetching);
}

static void control(struct bus *b, const uint8_t bytes[USB_SETUP_LEN], bool stalled)
{
	unsigned answers = b->answers, stalls = b->stalls;

	assert_int_equal(gadget_event(&b->gadget, FUNCTIONFS_SETUP, bytes, b->now), CS_OK);
	gadget_pump(&b->gadget, b->now);
	assert_int_equal(b->answers, answers + 1);
	assert_int_equal(b->stalls, stalls + stalled);
}

static void the_class_has_one_request_and_all_others_are_stalled(void **state)
{
	static const uint8_t abort[USB_SETUP_LEN] = {0x21, 1, 0, 5};
	static const uint8_t wrong[][USB_SETUP_LEN] = {
	    {0x21, 1, 1, 5},		     /* another slot */
	    {0x21, 1, 0, 5, 0, 0, 1, 0},     /* with data */
	    {0xA1, 1, 0, 5},		     /* of the wrong direction */
	    {0xA1, 2, 0, 0, 0, 0, 4, 0},     /* clocks */
	    {0x21, 9, 0, 0},		     /* none of CCID's */
	    {0x81, 6, 0, 0x22, 1, 0, 63, 0}, /* a keyboard's */
	    {0x21, 10, 0, 0, 1},
	    {0x81, 0, 0, 0, 0, 0, 2, 0}, /* the kernel's own */
	    {0x00, 9, 1, 0},
	    {0xC1, 0, 0, 0, 0, 0, 64, 0}, /* a vendor's */
	};
	struct bus *b = *state;

	control(b, abort, true); /* there is no configuration */
	plugged_in(b);
	executing(b, 4);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		control(b, wrong[i], true);
	control(b, abort, false);
	card_hears_control(b, SLOT_CANCEL);
	say(b, 0x72, 5, NULL, 0);
	fetched(b, "\x80\0\0\0\0\0\x04\x40\xFF\0", 10, 10);
	card_says(b, (const uint8_t *)"secret\x90\x00", 8);
	fetched(b, "\x81\0\0\0\0\0\x05\0\0\0", 10, 10);
	assert_false(b->sending);
}

/* ---- a keyboard ---- */

enum { SETTLED_MS = 20 };

static const uint8_t lamps_request[USB_SETUP_LEN] = {0x21, 9, 0, 2, 1, 0, 1, 0};

/* The kernel says ENABLE for the first interface and for the second. */
static void up_with_keyboard(struct bus *b)
{
	event(b, FUNCTIONFS_ENABLE);
	event(b, FUNCTIONFS_ENABLE);
	card_hears_control(b, SLOT_POWER_OFF);
	card_hears_control(b, SLOT_POWER_OFF);
	b->now += SETTLED_MS;
	gadget_pump(&b->gadget, b->now);
	ended(b, GADGET_NOTICE, 2);
}

static void lamps(struct bus *b, const char *first)
{
	b->lamps = cs_view(first, 1);
	control(b, lamps_request, false);
}

static void what_begins_between_the_words_for_two_interfaces_would_be_lost_so_nothing_does(void **state)
{
	struct bus *b = *state;

	event(b, FUNCTIONFS_ENABLE);
	b->now++;
	gadget_pump(&b->gadget, b->now);
	event(b, FUNCTIONFS_ENABLE);
	assert_int_equal(b->begun, 0);
	b->now += (uint64_t)gadget_timeout(&b->gadget, b->now) - 1;
	gadget_pump(&b->gadget, b->now);
	assert_int_equal(b->begun, 0);
	assert_int_equal(gadget_timeout(&b->gadget, b->now), 1);
	b->now++;
	b->waits = true; /* a word that comes late */
	gadget_pump(&b->gadget, b->now);
	assert_int_equal(b->begun, 0);
	b->waits = false;
	gadget_pump(&b->gadget, b->now);
	assert_true(b->fetching && b->noticing && !b->typing);
	assert_int_equal(gadget_timeout(&b->gadget, b->now), -1);
	event(b, FUNCTIONFS_DISABLE);
	assert_int_equal(gadget_timeout(&b->gadget, b->now), -1);
}

#define TEXT(text) text, sizeof(text) - 1

static void the_keyboards_own_requests_are_answered_with_data_or_take_some(void **state)
{
	static const struct {
		uint8_t request[USB_SETUP_LEN];
		const char *start; /* what the answer begins with */
		size_t start_len;
		size_t len;
	} answers[] = {
	    {{0x81, 6, 0, 0x22, 1, 0, 255, 0}, TEXT("\x05\x01\x09\x06\xA1\x01"), 63},
	    {{0x81, 6, 0, 0x22, 1, 0, 3, 0}, TEXT("\x05\x01\x09"), 3},
	    {{0x81, 6, 0, 0x21, 1, 0, 9, 0}, TEXT("\x09\x21\x11\x01\0\x01\x22\x3F"), 9},
	    {{0xA1, 1, 0, 1, 1, 0, 8, 0}, TEXT("\0\0\0\0\0\0\0\0"), 8},
	    {{0x21, 10, 0, 125, 1}, TEXT(""), 0},
	    {{0xA1, 2, 0, 0, 1, 0, 1, 0}, TEXT("\x7D"), 1},
	    {{0x21, 11, 0, 0, 1}, TEXT(""), 0},
	    {{0xA1, 3, 0, 0, 1, 0, 1, 0}, TEXT("\0"), 1},
	};
	static const uint8_t wrong[][USB_SETUP_LEN] = {
	    {0x81, 6, 0, 0x22, 0, 0, 255, 0}, /* of the other interface */
	    {0x81, 6, 0, 0x23, 1, 0, 255, 0}, /* physical */
	    {0x21, 9, 0, 2, 1, 0, 0, 0},      /* lamps without any */
	    {0x21, 9, 0, 2, 1, 0, 0, 1},      /* and with too many */
	    {0x21, 9, 0, 1, 1, 0, 1, 0},      /* of the report that is not for the host to set */
	    {0x21, 10, 0, 0, 1, 0, 1, 0},     /* data that nobody wants */
	    {0x21, 11, 2, 0, 1},	      /* no protocol */
	    {0x81, 10, 0, 0, 1, 0, 1, 0},     /* the kernel's own */
	};
	struct bus *b = *state;

	up_with_keyboard(b);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		control(b, answers[i].request, false);
		assert_int_equal(b->answered_len, answers[i].len);
		assert_memory_equal(b->answered, answers[i].start, answers[i].start_len);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		control(b, wrong[i], true);
	lamps(b, "\x01");
	assert_int_equal(b->gadget.keyboard.leds, HID_LED_NUMLOCK);
	b->lamps = CS_VIEW_EMPTY; /* the host went before they came */
	control(b, lamps_request, false);
	assert_int_equal(b->gadget.keyboard.leds, HID_LED_NUMLOCK);
	event(b, FUNCTIONFS_ENABLE);
	control(b, answers[7].request, false);
	assert_int_equal(b->answered[0], 1);
	control(b, answers[5].request, false);
	assert_int_equal(b->answered[0], 0);
}

static void a_code_is_typed_while_a_command_runs(void **state)
{
	static const uint8_t keys[] = {0x5F, 0, 0x58, 0};
	struct bus *b = *state;

	up_with_keyboard(b);
	on(b);
	lamps(b, "\x01");
	executing(b, 1);
	assert_int_equal(hid_keyboard_type(&b->gadget.keyboard, CS_VIEW_TEXT("7\n"), b->now), CS_OK);
	gadget_pump(&b->gadget, b->now);
	for (size_t i = 0; i < sizeof(keys); i++) {
		assert_int_equal(b->report[2], keys[i]);
		ended(b, GADGET_KEYBOARD, HID_REPORT_LEN);
	}
	assert_false(b->typing);
	card_says(b, (const uint8_t *)"\x90\x00", 2);
	fetched(b, "\x80\x02\0\0\0\0\x01", 7, 12);
}

static void a_code_is_forgotten_when_the_bus_is_reset(void **state)
{
	struct bus *b = *state;

	up_with_keyboard(b);
	lamps(b, "\x01");
	assert_int_equal(hid_keyboard_type(&b->gadget.keyboard, CS_VIEW_TEXT("77"), b->now), CS_OK);
	gadget_pump(&b->gadget, b->now);
	assert_true(b->typing);
	event(b, FUNCTIONFS_ENABLE);
	ended(b, GADGET_KEYBOARD, -ESHUTDOWN);
	b->now += SETTLED_MS;
	gadget_pump(&b->gadget, b->now);
	assert_true(b->fetching && !b->typing);
}

static void a_host_without_numlock_is_waited_for_and_nothing_is_typed(void **state)
{
	struct bus *b = *state;

	up_with_keyboard(b);
	assert_int_equal(hid_keyboard_type(&b->gadget.keyboard, CS_VIEW_TEXT("7"), b->now), CS_OK);
	gadget_pump(&b->gadget, b->now);
	ended(b, GADGET_KEYBOARD, HID_REPORT_LEN);
	ended(b, GADGET_KEYBOARD, HID_REPORT_LEN);
	assert_false(b->typing);
	assert_int_equal(gadget_timeout(&b->gadget, b->now), HID_NUMLOCK_WAIT_MS);
	b->now += HID_NUMLOCK_WAIT_MS;
	gadget_pump(&b->gadget, b->now);
	assert_false(b->typing);
	assert_true(hid_keyboard_idle(&b->gadget.keyboard));
	assert_true(gadget_keyboard_listens(&b->gadget));
}

static void a_host_listens_while_it_is_there_and_awake(void **state)
{
	struct bus *b = *state;

	assert_false(gadget_keyboard_listens(&b->gadget));
	up_with_keyboard(b);
	assert_true(gadget_keyboard_listens(&b->gadget));
	event(b, FUNCTIONFS_SUSPEND);
	assert_false(gadget_keyboard_listens(&b->gadget));
	event(b, FUNCTIONFS_RESUME);
	assert_true(gadget_keyboard_listens(&b->gadget));
	event(b, FUNCTIONFS_SUSPEND);
	event(b, FUNCTIONFS_DISABLE);
	assert_false(gadget_keyboard_listens(&b->gadget));
	event(b, FUNCTIONFS_ENABLE);
	assert_true(gadget_keyboard_listens(&b->gadget));
}

static void
a_key_that_the_host_does_not_fetch_is_taken_back_and_it_listens_again_when_it_fetches(void **state)
{
	struct bus *b = *state;

	up_with_keyboard(b);
	lamps(b, "\x01");
	assert_int_equal(hid_keyboard_type(&b->gadget.keyboard, CS_VIEW_TEXT("77"), b->now), CS_OK);
	gadget_pump(&b->gadget, b->now);
	assert_int_equal(b->report[2], 0x5F);
	assert_int_equal(gadget_timeout(&b->gadget, b->now), HID_FETCH_WAIT_MS);
	b->now += HID_FETCH_WAIT_MS - 1;
	gadget_pump(&b->gadget, b->now);
	assert_int_equal(b->cancelled, 0);
	b->now++;
	assert_true(hid_keyboard_lapse(&b->gadget.keyboard, b->now));
	assert_int_equal(gadget_timeout(&b->gadget, b->now), 0); /* behind the text's own time */
	gadget_pump(&b->gadget, b->now);
	gadget_pump(&b->gadget, b->now);
	assert_int_equal(b->cancelled, 1);
	ended(b, GADGET_KEYBOARD, -ECONNRESET);
	assert_true(b->typing && b->fetching);
	assert_int_equal(b->report[2], 0);
	assert_false(gadget_keyboard_listens(&b->gadget));
	b->now += 2 * HID_FETCH_WAIT_MS;
	gadget_pump(&b->gadget, b->now);
	assert_int_equal(b->cancelled, 1);
	assert_int_equal(gadget_timeout(&b->gadget, b->now), -1);
	ended(b, GADGET_KEYBOARD, HID_REPORT_LEN);
	assert_false(b->typing);
	assert_true(gadget_keyboard_listens(&b->gadget));
}

static void without_the_card_there_is_no_gadget(void **state)
{
	struct bus *b = *state;
	static const uint8_t none[USB_SETUP_LEN];

	plugged_in(b);
	close(b->card);
	assert_int_equal(gadget_event(&b->gadget, FUNCTIONFS_DISABLE, none, b->now), CS_ERR_REMOVED);
	b->card = dup(b->bridge.fd);
}

static uint32_t le32(const uint8_t *b)
{
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static void hello_adds_up(bool keyboard, uint32_t each)
{
	uint8_t bytes[FFS_HELLO_MAX];
	struct cs_writer w = CS_WRITER_OF(bytes);
	size_t at = 20, descriptors = 0;

	ffs_write_descriptors(&w, keyboard);
	assert_int_equal(cs_writer_done(&w), CS_OK);
	assert_int_equal(le32(bytes), FUNCTIONFS_DESCRIPTORS_MAGIC_V2);
	assert_int_equal(le32(bytes + 4), w.len);
	assert_int_equal(le32(bytes + 12), each);
	assert_int_equal(le32(bytes + 16), each);
	for (; at < w.len; at += bytes[at], descriptors++)
		assert_int_not_equal(bytes[at], 0);
	assert_int_equal(at, w.len);
	assert_int_equal(descriptors, 2 * each);
}

static void what_functionfs_is_told_adds_up(void **state)
{
	uint8_t bytes[FFS_HELLO_MAX];
	struct cs_writer w;

	(void)state;
	hello_adds_up(false, 5);
	hello_adds_up(true, 8);
	w = CS_WRITER_OF(bytes);
	ffs_write_strings(&w);
	assert_int_equal(le32(bytes), FUNCTIONFS_STRINGS_MAGIC);
	assert_int_equal(le32(bytes + 4), w.len);
	assert_int_equal(strlen((const char *)bytes + 18) + 19, w.len);
}

/* Behind the three pipes of each speed: a boot keyboard, asked every 8 ms. */
static void functionfs_is_told_of_the_keyboard_at_both_speeds(void **state)
{
	static const uint8_t full[] = {9, 4, 1,	   0,  1, 3, 1, 1,    1, 9, 0x21, 0x11, 1,
				       0, 1, 0x22, 63, 0, 7, 5, 0x84, 3, 8, 0,	  8};
	uint8_t bytes[FFS_HELLO_MAX], high[sizeof(full)];
	struct cs_writer w = CS_WRITER_OF(bytes);
	size_t ccid = 9 + USB_CCID_LEN + 3 * 7, at = 20 + ccid;

	(void)state;
	memcpy(high, full, sizeof(full));
	high[sizeof(full) - 1] = 7; /* 2^(7 - 1) microframes */
	ffs_write_descriptors(&w, true);
	assert_memory_equal(bytes + at, full, sizeof(full));
	at += sizeof(full) + ccid;
	assert_memory_equal(bytes + at, high, sizeof(high));
	assert_int_equal(at + sizeof(high), w.len);
}

static void a_port_that_is_not_set_up_or_no_name_is_told_apart(void **state)
{
	static const char *const none[] = {
	    "",	   ".",
	    "..",  "../../../tmp",
	    "a/b", "a-name-that-is-longer-than-any-controller-of-any-board-can-ever-have"};
	struct ffs ffs;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(ffs_open(none[i], false, &ffs), CS_ERR_ARG);
	assert_int_equal(ffs_open("no-such.udc", true, &ffs), CS_ERR_NOT_FOUND);
	assert_int_equal(ffs.ep0, -1);
}

int main(void)
{
#define CASE(name)     cmocka_unit_test_setup_teardown(name, setup, teardown)
#define KEYBOARD(name) cmocka_unit_test_setup_teardown(name, setup_keyboard, teardown)
	const struct CMUnitTest tests[] = {
	    CASE(nothing_is_begun_before_the_host_configures_us),
	    CASE(a_pipe_is_asked_for_a_packet_and_then_for_exactly_the_rest),
	    CASE(an_empty_packet_follows_what_fills_its_last_one_and_nothing_else),
	    CASE(the_empty_packet_comes_before_the_next_message),
	    CASE(a_reset_of_the_bus_in_a_command_leaves_nothing_of_it),
	    CASE(what_a_command_says_after_the_cable_was_pulled_is_nobodys),
	    CASE(a_pipe_that_fails_is_left_alone_until_the_bus_says_something),
	    CASE(more_than_was_asked_for_is_a_message_whose_length_is_wrong),
	    CASE(a_host_that_sends_and_does_not_fetch_waits),
	    CASE(the_class_has_one_request_and_all_others_are_stalled),
	    KEYBOARD(what_begins_between_the_words_for_two_interfaces_would_be_lost_so_nothing_does),
	    KEYBOARD(the_keyboards_own_requests_are_answered_with_data_or_take_some),
	    KEYBOARD(a_code_is_typed_while_a_command_runs),
	    KEYBOARD(a_code_is_forgotten_when_the_bus_is_reset),
	    KEYBOARD(a_host_without_numlock_is_waited_for_and_nothing_is_typed),
	    KEYBOARD(a_host_listens_while_it_is_there_and_awake),
	    KEYBOARD(a_key_that_the_host_does_not_fetch_is_taken_back_and_it_listens_again_when_it_fetches),
	    CASE(without_the_card_there_is_no_gadget),
	    cmocka_unit_test(what_functionfs_is_told_adds_up),
	    cmocka_unit_test(functionfs_is_told_of_the_keyboard_at_both_speeds),
	    cmocka_unit_test(a_port_that_is_not_set_up_or_no_name_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
