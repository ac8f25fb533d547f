/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The token as a USB/IP device: what its peer is told byte for byte, and that the card behind it is asked for
 * what the peer wants and nothing else. The test is both, the peer and the card's process; the clock is its
 * own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "applet/port/slot.h"
#include "tests/unit/usb_peer.h"

/* ---- descriptors and requests ---- */

static void the_descriptors_add_up_at_both_speeds(void **state)
{
	struct peer *p = *state;

	for (int s = USB_FULL; s <= USB_HIGH; s++) {
		begin(p, (enum usb_speed)s, true);
		struct cs_view device = asked(p, (struct setup){0x80, 6, 0x0100, 0, 64});
		assert_int_equal(device.len, 18);
		assert_int_equal(device.ptr[8] | device.ptr[9] << 8, USB_TEST_VENDOR);
		assert_int_equal(device.ptr[10] | device.ptr[11] << 8, USB_TEST_PRODUCT);
		for (uint16_t type = USB_CONFIGURATION; type <= USB_OTHER_SPEED; type += 5) {
			struct cs_view all = asked(p, (struct setup){0x80, 6, (uint16_t)(type << 8), 0, 255});
			bool high = (s == USB_HIGH) == (type == USB_CONFIGURATION);
			size_t at = 0, pipes = 0;
			assert_int_equal(all.len, USB_CONFIGURATION_LEN);
			assert_int_equal(all.ptr[1], type);
			assert_int_equal(all.ptr[2] | all.ptr[3] << 8, all.len);
			while (at < all.len) {
				if (all.ptr[at + 1] == USB_ENDPOINT && all.ptr[at + 3] == 2)
					assert_int_equal(all.ptr[at + 4] | all.ptr[at + 5] << 8,
							 high ? 512 : 64);
				pipes += all.ptr[at + 1] == USB_ENDPOINT;
				assert_int_not_equal(all.ptr[at], 0);
				at += all.ptr[at];
			}
			assert_int_equal(at, all.len);
			assert_int_equal(pipes, 3);
		}
		assert_int_equal(asked(p, (struct setup){0x80, 6, 0x0600, 0, 10}).len, 10);
	}
}

/* dwFeatures: all that is automatic, and extended commands; dwMaxCCIDMessageLength: 3072. */
static void
the_class_descriptor_says_what_the_reader_does_by_itself_and_how_long_a_message_may_be(void **state)
{
	struct peer *p = *state;
	static const uint8_t wanted[] = {0xFE, 0x00, 0x04, 0x00, 0x00, 0x0C, 0x00, 0x00};
	size_t at = 0;

	struct cs_view all = asked(p, (struct setup){0x80, 6, 0x0200, 0, 255});
	while (at + 1 < all.len && all.ptr[at] != 0 && all.ptr[at + 1] != 0x21)
		at += all.ptr[at];
	assert_true(at + 54 <= all.len);
	assert_int_equal(all.ptr[at], 54);
	assert_memory_equal(all.ptr + at + 40, wanted, sizeof(wanted));
}

static void the_serial_number_is_the_cards(void **state)
{
	struct peer *p = *state;
	static const uint8_t text[] = "\x12\x03"
				      "0\0"
				      "0\0"
				      "C\0"
				      "0\0"
				      "F\0"
				      "F\0"
				      "E\0"
				      "E";

	assert_true(cs_view_equal(asked(p, (struct setup){0x80, 6, 0x0303, 0x0409, 255}), CS_VIEW_OF(text)));
	assert_int_equal(asked(p, (struct setup){0x80, 6, 0x0300, 0, 255}).len, 4);
	assert_int_equal(asked(p, (struct setup){0x80, 6, 0x0302, 0x0409, 2}).len, 2);
	stalled(p, (struct setup){0x80, 6, 0x0304, 0x0409, 255});
}

static void what_the_device_has_not_is_stalled(void **state)
{
	struct peer *p = *state;
	static const struct setup none[] = {
	    {0x80, 6, 0x2100, 0, 54}, {0x80, 6, 0x0400, 0, 9},	{0x80, 0, 0, 1, 2},    {0x80, 8, 0, 1, 1},
	    {0x00, 9, 2, 0, 0},	      {0x00, 1, 1, 0, 0},	{0x00, 3, 1, 0, 0},    {0x81, 10, 0, 0, 1},
	    {0x01, 11, 0, 0, 0},      {0x82, 0, 0, 0x81, 2},	{0x02, 1, 0, 0x82, 0}, {0x21, 1, 0, 0, 0},
	    {0xA1, 2, 0, 0, 4},	      {0xC0, 6, 0x0100, 0, 18}, {0x40, 9, 1, 0, 0},
	};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		stalled(p, none[i]);
	configured(p);
	stalled(p, (struct setup){0x01, 11, 1, 0, 0});
	stalled(p, (struct setup){0x81, 10, 0, 1, 1});
	stalled(p, (struct setup){0x82, 0, 0, 0x84, 2});
	stalled(p, (struct setup){0x02, 3, 0, 0x00, 0});
	stalled(p, (struct setup){0x02, 3, 1, 0x82, 0});
	stalled(p, (struct setup){0xA1, 2, 0, 0, 4});
	stalled(p, (struct setup){0xA1, 3, 0, 0, 4});
}

static void a_configured_device_says_so_and_a_halted_pipe_is_dead_until_it_is_cleared(void **state)
{
	struct peer *p = *state;

	assert_true(cs_view_equal(asked(p, (struct setup){0x80, 8, 0, 0, 1}), CS_VIEW_TEXT("\0")));
	(void)asked(p, (struct setup){0x00, 5, 7, 0, 0});
	configured(p);
	assert_true(cs_view_equal(asked(p, (struct setup){0x80, 8, 0, 0, 1}), CS_VIEW_TEXT("\x01")));
	assert_true(cs_view_equal(asked(p, (struct setup){0x81, 10, 0, 0, 1}), CS_VIEW_TEXT("\0")));
	assert_true(cs_view_equal(asked(p, (struct setup){0x80, 0, 0, 0, 2}), CS_VIEW_TEXT("\0\0")));
	assert_true(cs_view_equal(asked(p, (struct setup){0x81, 0, 0, 0, 2}), CS_VIEW_TEXT("\0\0")));
	(void)asked(p, (struct setup){0x02, 3, 0, USB_BULK_OUT, 0});
	assert_true(
	    cs_view_equal(asked(p, (struct setup){0x82, 0, 0, USB_BULK_OUT, 2}), CS_VIEW_TEXT("\x01\0")));
	assert_true(
	    cs_view_equal(asked(p, (struct setup){0x82, 0, 0, USB_BULK_IN, 2}), CS_VIEW_TEXT("\0\0")));
	(void)answered(p, SUBMITTED, say(p, 0x65, 1, 0, CS_VIEW_EMPTY), EPIPE_STATUS, false);
	(void)asked(p, (struct setup){0x02, 1, 0, USB_BULK_OUT, 0});
	(void)answered(p, SUBMITTED, say(p, 0x65, 1, 0, CS_VIEW_EMPTY), 0, false);
	assert_int_equal(fetch(p).ptr[0], 0x81);
	(void)asked(p, (struct setup){0x01, 11, 0, 0, 0});
	card_was_controlled(p, SLOT_POWER_OFF);
}

static void a_control_transfer_and_its_request_have_to_agree(void **state)
{
	struct peer *p = *state;
	static const uint8_t get_device[] = {0x80, 6, 0, 1, 0, 0, 18, 0};
	uint8_t bytes[USBIP_HEADER];

	(void)submit_bytes(p, bytes, 0x00, 0, get_device, CS_VIEW_EMPTY);
	give(p, bytes, sizeof(bytes));
	(void)answered(p, SUBMITTED, p->seqnum, EPIPE_STATUS, false);
	/* room for fewer bytes than the request asks for */
	(void)submit_bytes(p, bytes, 0x80, 8, get_device, CS_VIEW_EMPTY);
	give(p, bytes, sizeof(bytes));
	(void)answered(p, SUBMITTED, p->seqnum, EPIPE_STATUS, false);
	nothing_more(p);
}

/* ---- attaching ---- */

static void an_operation(uint8_t out[40], uint16_t version, uint16_t code, const char *bus_id)
{
	memset(out, 0, 40);
	out[0] = (uint8_t)(version >> 8);
	out[1] = (uint8_t)version;
	out[2] = (uint8_t)(code >> 8);
	out[3] = (uint8_t)code;
	memcpy(out + 8, bus_id, strlen(bus_id));
}

static void who_asks_for_the_list_gets_it_and_is_sent_away(void **state)
{
	struct peer *p = *state;
	uint8_t request[40];

	begin(p, USB_HIGH, false);
	an_operation(request, 0x0111, 0x8005, "");
	give(p, request, 8);
	assert_int_equal(p->err, CS_ERR_REMOVED);
	assert_int_equal(p->told_len, 8 + 4 + 312 + 4);
	assert_int_equal(told32(p, 0), 0x01110005);
	assert_int_equal(told32(p, 4), 0);
	assert_int_equal(told32(p, 8), 1);
	assert_string_equal((const char *)p->told + 12 + 256, USBIP_BUS_ID);
	assert_int_equal(p->told[8 + 4 + 312], 0x0B);
}

static void the_token_is_imported_by_its_bus_id_alone(void **state)
{
	struct peer *p = *state;
	uint8_t request[40];

	begin(p, USB_HIGH, false);
	an_operation(request, 0x0111, 0x8003, "1-2");
	give(p, request, sizeof(request));
	assert_int_equal(p->err, CS_ERR_REMOVED);
	assert_int_equal(p->told_len, 8);
	assert_int_not_equal(told32(p, 4), 0);
	begin(p, USB_HIGH, false);
	an_operation(request, 0x0111, 0x8003, USBIP_BUS_ID);
	for (size_t i = 0; i < sizeof(request); i++) {
		assert_int_equal(p->told_len, 0);
		give(p, request + i, 1);
		assert_int_equal(p->err, CS_OK);
	}
	assert_int_equal(p->told_len, 8 + 312);
	assert_int_equal(told32(p, 0), 0x01110003);
	assert_int_equal(told32(p, 4), 0);
	p->read = p->told_len;
	configured(p);
}

static void a_peer_that_does_not_attach_the_token_in_its_time_is_sent_away(void **state)
{
	struct peer *p = *state;
	uint8_t request[40];

	begin(p, USB_HIGH, false);
	an_operation(request, 0x0111, 0x8003, USBIP_BUS_ID);
	assert_int_equal(usbip_timeout(&p->usbip, p->now_ms), USBIP_ATTACH_MS);
	p->now_ms += USBIP_ATTACH_MS - 1;
	give(p, request, sizeof(request) - 1); /* nor does one that only begins to ask */
	assert_int_equal(p->err, CS_OK);
	assert_int_equal(usbip_pump(&p->usbip, p->now_ms), CS_OK);
	assert_int_equal(usbip_timeout(&p->usbip, p->now_ms), 1);
	p->now_ms += 1;
	assert_int_equal(usbip_timeout(&p->usbip, p->now_ms), 0);
	assert_int_equal(usbip_pump(&p->usbip, p->now_ms), CS_ERR_TIMEOUT);
	assert_int_equal(p->told_len, 0);
}

static void who_has_attached_the_token_keeps_it_however_long_he_is_silent(void **state)
{
	struct peer *p = *state;
	uint8_t request[40];

	begin(p, USB_HIGH, false);
	an_operation(request, 0x0111, 0x8003, USBIP_BUS_ID);
	p->now_ms += USBIP_ATTACH_MS - 1;
	give(p, request, sizeof(request));
	p->read = p->told_len;
	p->now_ms += 86400000;
	assert_int_equal(usbip_timeout(&p->usbip, p->now_ms), -1);
	assert_int_equal(usbip_pump(&p->usbip, p->now_ms), CS_OK);
	configured(p);
}

static void a_peer_that_breaks_the_protocol_is_sent_away(void **state)
{
	struct peer *p = *state;
	static const struct {
		uint16_t version, code;
	} wrong[] = {{0x0110, 0x8005}, {0x0000, 0x0000}, {0x0111, 0x8004}, {0x0111, 0x0003}};
	uint8_t request[USBIP_HEADER];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		begin(p, USB_HIGH, false);
		an_operation(request, wrong[i].version, wrong[i].code, USBIP_BUS_ID);
		give(p, request, 40);
		assert_int_equal(p->err, CS_ERR_MALFORMED);
		assert_int_equal(p->told_len, 0);
	}
	for (int i = 0; i < 3; i++) {
		begin(p, USB_HIGH, true);
		(void)submit_bytes(p, request, USB_BULK_OUT, i == 2 ? USBIP_OUT_MAX + 1 : 10, NULL,
				   CS_VIEW_EMPTY);
		if (i == 0)
			put32(request, 3);
		if (i == 1)
			put32(request + 12, 2);
		give(p, request, sizeof(request));
		assert_int_equal(p->err, CS_ERR_MALFORMED);
		nothing_more(p);
	}
}

/* ---- transfers ---- */

static void before_it_is_configured_a_device_has_no_pipes(void **state)
{
	struct peer *p = *state;

	(void)answered(p, SUBMITTED, say(p, 0x62, 0, 0, CS_VIEW_EMPTY), EPIPE_STATUS, false);
	(void)answered(p, SUBMITTED, submit(p, USB_BULK_IN, 64, CS_VIEW_EMPTY), EPIPE_STATUS, false);
	configured(p);
	(void)answered(p, SUBMITTED, submit(p, 0x84, 64, CS_VIEW_EMPTY), EPIPE_STATUS, false);
	(void)answered(p, SUBMITTED, submit(p, 0x02, 0, CS_VIEW_EMPTY), EPIPE_STATUS, false);
	card_hears_nothing(p);
}

static void the_host_is_told_once_that_a_card_is_there(void **state)
{
	struct peer *p = *state;
	uint32_t first, second;

	configured(p);
	first = submit(p, USB_INTERRUPT_IN, 8, CS_VIEW_EMPTY);
	second = submit(p, USB_INTERRUPT_IN, 8, CS_VIEW_EMPTY);
	assert_true(cs_view_equal(answered(p, SUBMITTED, first, 0, true), CS_VIEW_TEXT("\x50\x03")));
	nothing_more(p);
	uint32_t seqnum = ask(p, (struct setup){0x00, 9, 0, 0, 0});
	(void)answered(p, SUBMITTED, second, RESET_STATUS, false);
	(void)answered(p, SUBMITTED, seqnum, 0, false);
	nothing_more(p);
}

static void a_command_goes_to_the_card_and_its_response_to_who_waits(void **state)
{
	struct peer *p = *state;
	uint32_t waiting;

	configured(p);
	powered(p);
	waiting = submit(p, USB_BULK_IN, CCID_MESSAGE_MAX, CS_VIEW_EMPTY);
	executing(p, 1);
	nothing_more(p);
	card_answers(p, CS_VIEW_TEXT("\x05\x07\x00\x90\x00"));
	assert_true(cs_view_equal(answered(p, SUBMITTED, waiting, 0, true),
				  CS_VIEW_TEXT("\x80\x05\0\0\0\0\x01\0\0\0\x05\x07\x00\x90\x00")));
	nothing_more(p);
	(void)answered(p, SUBMITTED, say(p, 0x63, 2, 0, CS_VIEW_EMPTY), 0, false);
	card_was_controlled(p, SLOT_POWER_OFF);
	assert_true(cs_view_equal(fetch(p), CS_VIEW_TEXT("\x81\0\0\0\0\0\x02\x01\0\0")));
}

/* A frame of one byte would be a control of the slot: a touch, for one. */
static void no_byte_of_a_host_reaches_the_slot_as_a_control(void **state)
{
	struct peer *p = *state;
	static const uint8_t codes[] = {SLOT_TOUCH, SLOT_BEGIN, SLOT_RESET, SLOT_CANCEL};
	static const uint8_t refused[] = {0, 0, 0, 0, 2, 0};

	configured(p);
	powered(p);
	for (uint8_t i = 0; i < sizeof(codes); i++) {
		(void)answered(p, SUBMITTED, say(p, 0x6F, i, 0, cs_view(&codes[i], 1)), 0, false);
		card_was_told(p, CS_VIEW_OF(refused));
		card_answers(p, CS_VIEW_TEXT("\x67\x00"));
		assert_int_equal(fetch(p).len, CCID_HEADER_LEN + 2);
	}
}

static void a_stream_cut_anywhere_is_the_same_stream(void **state)
{
	struct peer *p = *state;
	uint8_t bytes[3 * USBIP_HEADER + 64];
	const uint8_t message[] = {0x65, 0, 0, 0, 0, 0, 9, 0, 0, 0};
	size_t len = 0;
	uint32_t first = p->seqnum + 2;

	configured(p);
	len += submit_bytes(p, bytes + len, USB_BULK_OUT, sizeof(message), NULL, CS_VIEW_OF(message));
	len += submit_bytes(p, bytes + len, USB_BULK_IN, 64, NULL, CS_VIEW_EMPTY);
	for (size_t cut = 1; cut < len; cut++) {
		give(p, bytes, cut);
		give(p, bytes + cut, len - cut);
		(void)answered(p, SUBMITTED, first, 0, false);
		assert_int_equal(answered(p, SUBMITTED, first + 1, 0, true).len, CCID_HEADER_LEN);
		nothing_more(p);
		p->read = p->told_len = 0;
	}
}

static void a_message_longer_than_the_transfer_goes_on_in_the_next(void **state)
{
	struct peer *p = *state;
	uint8_t response[200];
	size_t at = 0;

	memset(response, 0xAB, sizeof(response));
	configured(p);
	powered(p);
	executing(p, 1);
	card_answers(p, CS_VIEW_OF(response));
	while (at < CCID_HEADER_LEN + sizeof(response)) {
		uint32_t seqnum = submit(p, USB_BULK_IN, 64, CS_VIEW_EMPTY);
		at += answered(p, SUBMITTED, seqnum, 0, true).len;
	}
	assert_int_equal(at, CCID_HEADER_LEN + sizeof(response));
}

static void the_longest_response_comes_through_whole(void **state)
{
	struct peer *p = *state;
	static uint8_t response[CARD_RESPONSE_MAX], got[CARD_RESPONSE_MAX];
	size_t at = 0;

	for (size_t i = 0; i < sizeof(response); i++)
		response[i] = (uint8_t)(i * 11 + (i >> 8));
	configured(p);
	powered(p);
	executing(p, 1);
	card_answers(p, CS_VIEW_OF(response));
	for (uint8_t seq = 2; at < sizeof(response); seq++) {
		struct cs_view m = fetch(p);
		memcpy(got + at, m.ptr + CCID_HEADER_LEN, m.len - CCID_HEADER_LEN);
		at += m.len - CCID_HEADER_LEN;
		p->read = p->told_len = 0;
		if (at < sizeof(response))
			(void)answered(p, SUBMITTED, say(p, 0x6F, seq, 0x10, CS_VIEW_EMPTY), 0, false);
	}
	assert_memory_equal(got, response, sizeof(response));
	card_hears_nothing(p);
}

static void a_transfer_that_waits_can_be_taken_back_and_one_that_was_answered_cannot(void **state)
{
	struct peer *p = *state;
	uint32_t first, second;

	configured(p);
	first = submit(p, USB_BULK_IN, 64, CS_VIEW_EMPTY);
	second = submit(p, USB_BULK_IN, 64, CS_VIEW_EMPTY);
	unlink_transfer(p, first, RESET_STATUS);
	unlink_transfer(p, first, 0);
	(void)answered(p, SUBMITTED, say(p, 0x65, 3, 0, CS_VIEW_EMPTY), 0, false);
	(void)answered(p, SUBMITTED, second, 0, true);
	unlink_transfer(p, second, 0);
}

/* ---- time, abort, loss ---- */

static void a_slow_command_asks_the_host_for_time_each_second(void **state)
{
	struct peer *p = *state;

	assert_int_equal(usb_bridge_timeout(&p->bridge, p->now_ms), -1);
	configured(p);
	powered(p);
	executing(p, 1);
	assert_int_equal(usb_bridge_timeout(&p->bridge, p->now_ms), USB_BRIDGE_TICK_MS);
	for (int i = 0; i < 3; i++) {
		p->now_ms += USB_BRIDGE_TICK_MS - 1;
		assert_int_equal(usb_bridge_tick(&p->bridge, p->now_ms), CS_OK);
		assert_int_equal(usb_bridge_message(&p->bridge).len, 0);
		p->now_ms += 1;
		assert_int_equal(usb_bridge_timeout(&p->bridge, p->now_ms), 0);
		assert_int_equal(usb_bridge_tick(&p->bridge, p->now_ms), CS_OK);
		assert_true(cs_view_equal(fetch(p), CS_VIEW_TEXT("\x80\0\0\0\0\0\x01\x80\x01\0")));
	}
	/* who does not fetch is not told again */
	for (int i = 0; i < 20; i++) {
		p->now_ms += USB_BRIDGE_TICK_MS;
		assert_int_equal(usb_bridge_tick(&p->bridge, p->now_ms), CS_OK);
	}
	assert_int_equal(p->bridge.count, 1);
	card_answers(p, CS_VIEW_TEXT("\x90\x00"));
	assert_int_equal(fetch(p).ptr[7], 0x80);
	assert_int_equal(fetch(p).ptr[7], 0x00);
	assert_int_equal(usb_bridge_timeout(&p->bridge, p->now_ms), -1);
}

static void an_abort_over_both_pipes_ends_the_wait_for_a_command(void **state)
{
	struct peer *p = *state;

	configured(p);
	powered(p);
	executing(p, 4);
	(void)asked(p, (struct setup){0x21, 1, 0x0500, 0, 0});
	card_was_controlled(p, SLOT_CANCEL);
	(void)answered(p, SUBMITTED, say(p, 0x72, 5, 0, CS_VIEW_EMPTY), 0, false);
	assert_true(cs_view_equal(fetch(p), CS_VIEW_TEXT("\x80\0\0\0\0\0\x04\x40\xFF\0")));
	card_hears_nothing(p);
	card_answers(p, CS_VIEW_TEXT("secret\x90\x00"));
	assert_true(cs_view_equal(fetch(p), CS_VIEW_TEXT("\x81\0\0\0\0\0\x05\0\0\0")));
	stalled(p, (struct setup){0x21, 1, 0x0501, 0, 0});
}

static void a_new_configuration_forgets_what_was_under_way_and_logs_out(void **state)
{
	struct peer *p = *state;
	uint32_t waiting;

	configured(p);
	powered(p);
	executing(p, 1);
	waiting = submit(p, USB_BULK_IN, 64, CS_VIEW_EMPTY);
	uint32_t seqnum = ask(p, configure);
	(void)answered(p, SUBMITTED, waiting, RESET_STATUS, false);
	(void)answered(p, SUBMITTED, seqnum, 0, false);
	card_was_controlled(p, SLOT_CANCEL);
	card_was_controlled(p, SLOT_POWER_OFF);
	card_answers(p, CS_VIEW_TEXT("late\x90\x00"));
	nothing_more(p);
	powered(p);
}

static void a_host_that_leaves_logs_out_and_the_next_begins_anew(void **state)
{
	struct peer *p = *state;

	configured(p);
	powered(p);
	executing(p, 1);
	assert_int_equal(usbip_end(&p->usbip), CS_OK);
	card_was_controlled(p, SLOT_CANCEL);
	card_was_controlled(p, SLOT_POWER_OFF);
	begin(p, USB_FULL, true);
	card_answers(p, CS_VIEW_TEXT("late\x90\x00"));
	nothing_more(p);
	(void)answered(p, SUBMITTED, say(p, 0x65, 1, 0, CS_VIEW_EMPTY), EPIPE_STATUS, false);
	configured(p);
	powered(p);
}

static void without_the_card_there_is_no_device(void **state)
{
	struct peer *p = *state;

	configured(p);
	powered(p);
	close(p->card);
	p->card = -1;
	(void)say(p, 0x6F, 1, 0, CS_VIEW_OF(command));
	assert_int_equal(p->err, CS_ERR_REMOVED);
	assert_int_equal(usb_bridge_read(&p->bridge), CS_ERR_REMOVED);
	assert_int_equal(usbip_end(&p->usbip), CS_ERR_REMOVED);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    CASE(the_descriptors_add_up_at_both_speeds),
	    CASE(the_class_descriptor_says_what_the_reader_does_by_itself_and_how_long_a_message_may_be),
	    CASE(the_serial_number_is_the_cards),
	    CASE(what_the_device_has_not_is_stalled),
	    CASE(a_configured_device_says_so_and_a_halted_pipe_is_dead_until_it_is_cleared),
	    CASE(a_control_transfer_and_its_request_have_to_agree),
	    CASE(who_asks_for_the_list_gets_it_and_is_sent_away),
	    CASE(the_token_is_imported_by_its_bus_id_alone),
	    CASE(a_peer_that_does_not_attach_the_token_in_its_time_is_sent_away),
	    CASE(who_has_attached_the_token_keeps_it_however_long_he_is_silent),
	    CASE(a_peer_that_breaks_the_protocol_is_sent_away),
	    CASE(before_it_is_configured_a_device_has_no_pipes),
	    CASE(the_host_is_told_once_that_a_card_is_there),
	    CASE(a_command_goes_to_the_card_and_its_response_to_who_waits),
	    CASE(no_byte_of_a_host_reaches_the_slot_as_a_control),
	    CASE(a_stream_cut_anywhere_is_the_same_stream),
	    CASE(a_message_longer_than_the_transfer_goes_on_in_the_next),
	    CASE(the_longest_response_comes_through_whole),
	    CASE(a_transfer_that_waits_can_be_taken_back_and_one_that_was_answered_cannot),
	    CASE(a_slow_command_asks_the_host_for_time_each_second),
	    CASE(an_abort_over_both_pipes_ends_the_wait_for_a_command),
	    CASE(a_new_configuration_forgets_what_was_under_way_and_logs_out),
	    CASE(a_host_that_leaves_logs_out_and_the_next_begins_anew),
	    CASE(without_the_card_there_is_no_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
