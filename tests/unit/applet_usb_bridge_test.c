/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the bridge between the USB host and the card keeps of a response: nothing that is not still to be
 * fetched.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "applet/port/usb_bridge.h"

struct bench {
	struct usb_bridge bridge;
	int card; /* the card's end */
};

static const uint8_t command[] = {0x00, 0xFD, 0x00, 0x00, 0x00};
static uint8_t longest[CARD_RESPONSE_MAX];

/* A message of the host, in one packet. */
static void say(struct bench *b, uint8_t type, uint8_t seq, struct cs_view data)
{
	uint8_t message[CCID_HEADER_LEN + sizeof(command)] = {type, (uint8_t)data.len, 0, 0, 0, 0, seq};

	if (data.len > 0)
		memcpy(message + CCID_HEADER_LEN, data.ptr, data.len);
	assert_int_equal(
	    usb_bridge_receive(&b->bridge, cs_view(message, CCID_HEADER_LEN + data.len), true, 0), CS_OK);
}

static void card_answers(struct bench *b, struct cs_view payload)
{
	static uint8_t bytes[FRAME_HEADER_LEN + FRAME_MAX];

	memcpy(bytes + FRAME_HEADER_LEN, payload.ptr, payload.len);
	frame_seal(bytes, payload.len);
	for (size_t at = 0; at < FRAME_HEADER_LEN + payload.len;) {
		ssize_t sent = send(b->card, bytes + at, FRAME_HEADER_LEN + payload.len - at, MSG_DONTWAIT);
		at += sent > 0 ? (size_t)sent : 0;
		assert_int_equal(usb_bridge_read(&b->bridge), CS_OK);
	}
}

static void host_fetches(struct bench *b)
{
	struct cs_view message = usb_bridge_message(&b->bridge);

	assert_true(message.len > 0);
	usb_bridge_sent(&b->bridge, message.len);
}

static void executing(struct bench *b, uint8_t seq)
{
	say(b, 0x6F, seq, CS_VIEW_OF(command));
}

static bool holds_a_response(const struct bench *b)
{
	for (size_t i = 0; i < sizeof(b->bridge.response); i++)
		if (b->bridge.response[i] != 0)
			return true;
	return false;
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	int pair[2];

	if (!b || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return -1;
	usb_bridge_init(&b->bridge, pair[0]);
	b->card = pair[1];
	memset(longest, 0xAB, sizeof(longest));
	say(b, 0x62, 0, CS_VIEW_EMPTY);
	card_answers(b, CS_VIEW_TEXT("\x3B\x80"));
	host_fetches(b);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	close(b->bridge.fd);
	close(b->card);
	free(b);
	return 0;
}

static void a_response_that_fits_into_a_message_is_kept_nowhere_else(void **state)
{
	struct bench *b = *state;

	executing(b, 1);
	card_answers(b, CS_VIEW_TEXT("secret\x90\x00"));
	assert_false(holds_a_response(b));
	host_fetches(b);
}

static void one_that_comes_when_its_command_was_given_up_is_wiped(void **state)
{
	struct bench *b = *state;

	executing(b, 1);
	assert_int_equal(usb_bridge_abort(&b->bridge, 0x0200), CS_OK);
	say(b, 0x72, 2, CS_VIEW_EMPTY);
	host_fetches(b);
	card_answers(b, CS_VIEW_TEXT("secret\x90\x00"));
	assert_false(holds_a_response(b));
}

static void what_is_left_of_one_is_wiped_when_another_command_comes(void **state)
{
	struct bench *b = *state;

	executing(b, 1);
	card_answers(b, CS_VIEW_OF(longest));
	host_fetches(b);
	assert_true(holds_a_response(b));
	executing(b, 2);
	assert_false(holds_a_response(b));
}

static void what_is_left_of_one_is_wiped_when_the_host_goes(void **state)
{
	struct bench *b = *state;

	executing(b, 1);
	card_answers(b, CS_VIEW_OF(longest));
	host_fetches(b);
	assert_true(holds_a_response(b));
	assert_int_equal(usb_bridge_reset(&b->bridge, false), CS_OK);
	assert_false(holds_a_response(b));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    CASE(a_response_that_fits_into_a_message_is_kept_nowhere_else),
	    CASE(one_that_comes_when_its_command_was_given_up_is_wiped),
	    CASE(what_is_left_of_one_is_wiped_when_another_command_comes),
	    CASE(what_is_left_of_one_is_wiped_when_the_host_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
