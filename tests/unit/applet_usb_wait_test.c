/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A USB/IP peer that sends more than it fetches: it waits, as on a wire where the device has no room, and
 * nothing it does takes the token from other programs.
 */
#include <sys/socket.h>

#include "applet/port/slot.h"
#include "tests/unit/usb_peer.h"

#define ROOM (USB_BRIDGE_QUEUE - 2) /* answers that wait to be fetched, beside two that may come unasked */

/* As many questions as there is room for, of seq 0 and so on, and none of their answers fetched. */
static void fill(struct peer *p)
{
	for (uint8_t seq = 0; seq < ROOM; seq++)
		(void)answered(p, SUBMITTED, say(p, 0x65, seq, 0, CS_VIEW_EMPTY), 0, false);
}

static void a_host_that_sends_and_does_not_fetch_waits_until_it_does(void **state)
{
	struct peer *p = *state;
	uint32_t held[USBIP_HELD];

	configured(p);
	fill(p);
	for (uint8_t i = 0; i < USBIP_HELD; i++) {
		held[i] = say(p, 0x65, (uint8_t)(ROOM + i), 0, CS_VIEW_EMPTY);
		nothing_more(p);
	}
	(void)answered(p, SUBMITTED, say(p, 0x65, 99, 0, CS_VIEW_EMPTY), EPIPE_STATUS, false);
	for (uint8_t seq = 0; seq < ROOM + USBIP_HELD; seq++) {
		assert_int_equal(fetch(p).ptr[6], seq);
		if (seq < USBIP_HELD)
			(void)answered(p, SUBMITTED, held[seq], 0, false);
		nothing_more(p);
	}
	assert_int_equal(usb_bridge_message(&p->bridge).len, 0);
	powered(p);
}

/* Linux sends what a program asks for before it waits: the answers are fetched by reads that came later. */
static void reads_behind_what_is_held_let_it_on(void **state)
{
	struct peer *p = *state;
	uint32_t held, reads[2];

	configured(p);
	fill(p);
	held = say(p, 0x65, 77, 0, CS_VIEW_EMPTY);
	unlink_transfer(p, held, RESET_STATUS);
	held = say(p, 0x65, 78, 0, CS_VIEW_EMPTY);
	for (size_t i = 0; i < 2; i++) {
		reads[i] = submit(p, USB_BULK_IN, 64, CS_VIEW_EMPTY);
		assert_int_equal(answered(p, SUBMITTED, reads[i], 0, true).ptr[6], i);
		if (i == 0)
			(void)answered(p, SUBMITTED, held, 0, false);
	}
	for (uint8_t seq = 2; seq < ROOM; seq++)
		assert_int_equal(fetch(p).ptr[6], seq);
	assert_int_equal(fetch(p).ptr[6], 78);
	nothing_more(p);
}

/* 16 kB in all; a configuration that is set anew ends what is held. */
static void what_is_held_has_a_limit_in_bytes_and_ends_with_the_pipes(void **state)
{
	struct peer *p = *state;
	static const uint8_t many[USBIP_OUT_MAX - CCID_HEADER_LEN];
	uint32_t first, second;

	configured(p);
	fill(p);
	first = say(p, 0x65, 50, 0, CS_VIEW_EMPTY);
	second = submit(p, USB_BULK_OUT, sizeof(many), CS_VIEW_OF(many));
	nothing_more(p);
	(void)answered(p, SUBMITTED, submit(p, USB_BULK_OUT, 1, CS_VIEW_TEXT("x")), EPIPE_STATUS, false);
	uint32_t seqnum = ask(p, configure);
	(void)answered(p, SUBMITTED, first, RESET_STATUS, false);
	(void)answered(p, SUBMITTED, second, RESET_STATUS, false);
	(void)answered(p, SUBMITTED, seqnum, 0, false);
	card_was_controlled(p, SLOT_POWER_OFF);
	nothing_more(p);
	powered(p);
}

static void reads_beyond_those_that_are_kept_are_stalled_and_no_others(void **state)
{
	struct peer *p = *state;
	uint32_t first = p->seqnum + 2;

	configured(p);
	for (unsigned i = 0; i < USBIP_WAITING; i++)
		(void)submit(p, USB_BULK_IN, 64, CS_VIEW_EMPTY);
	nothing_more(p);
	(void)answered(p, SUBMITTED, submit(p, USB_BULK_IN, 64, CS_VIEW_EMPTY), EPIPE_STATUS, false);
	(void)answered(p, SUBMITTED, say(p, 0x65, 3, 0, CS_VIEW_EMPTY), 0, false);
	assert_int_equal(answered(p, SUBMITTED, first, 0, true).ptr[6], 3);
	nothing_more(p);
}

/* An abort's answer included: both find the room that is kept for them. */
static void what_is_under_way_ends_although_nothing_is_fetched(void **state)
{
	struct peer *p = *state;

	configured(p);
	powered(p);
	executing(p, 10);
	for (uint8_t seq = 0; seq < ROOM - 1; seq++)
		(void)answered(p, SUBMITTED, say(p, 0x65, seq, 0, CS_VIEW_EMPTY), 0, false);
	(void)answered(p, SUBMITTED, say(p, 0x72, 20, 0, CS_VIEW_EMPTY), 0, false);
	card_was_controlled(p, SLOT_CANCEL);
	(void)answered(p, SUBMITTED, say(p, 0x65, 30, 0, CS_VIEW_EMPTY), 0, false);
	(void)asked(p, (struct setup){0x21, 1, 20 << 8, 0, 0});
	card_answers(p, CS_VIEW_TEXT("\x69\x85"));
	for (unsigned i = 0; i < ROOM; i++)
		(void)fetch(p);
	assert_true(cs_view_equal(fetch(p), CS_VIEW_TEXT("\x80\0\0\0\0\0\x0A\x40\xFF\0")));
	assert_true(cs_view_equal(fetch(p), CS_VIEW_TEXT("\x81\0\0\0\0\0\x14\0\0\0")));
	nothing_more(p);
}

/* The bridge itself, of a transport that does not wait for room. */
static void an_answer_for_which_there_is_no_room_ends_the_command_all_the_same(void **state)
{
	struct peer *p = *state;
	static const uint8_t question[CCID_HEADER_LEN] = {0x65};

	configured(p);
	powered(p);
	executing(p, 1);
	for (unsigned i = 0; i < USB_BRIDGE_QUEUE; i++)
		assert_int_equal(usb_bridge_receive(&p->bridge, CS_VIEW_OF(question), true, p->now_ms),
				 CS_OK);
	assert_int_equal(usb_bridge_receive(&p->bridge, CS_VIEW_OF(question), true, p->now_ms), CS_ERR_FULL);
	assert_int_equal(send(p->card, "\0\x02\x90\0", 4, 0), 4);
	assert_int_equal(usb_bridge_read(&p->bridge), CS_ERR_FULL);
	begin(p, USB_HIGH, true);
	configured(p);
	powered(p);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    CASE(a_host_that_sends_and_does_not_fetch_waits_until_it_does),
	    CASE(reads_behind_what_is_held_let_it_on),
	    CASE(what_is_held_has_a_limit_in_bytes_and_ends_with_the_pipes),
	    CASE(reads_beyond_those_that_are_kept_are_stalled_and_no_others),
	    CASE(what_is_under_way_ends_although_nothing_is_fetched),
	    CASE(an_answer_for_which_there_is_no_room_ends_the_command_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
