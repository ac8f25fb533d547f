/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The device's side of CCID, message by message. The card is the test's own: what the core asks it to do is
 * looked at, and what it answers is made up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "applet/port/ccid.h"
#include "base/apdu.h"

#define ATR "\x3B\x80\x81\x31\xFE"

#define DATA_BLOCK  0x80u
#define SLOT_STATUS 0x81u
#define PARAMETERS  0x82u
#define ESCAPE	    0x83u
#define RATE	    0x84u
#define OK_ON	    0x00u
#define OK_OFF	    0x01u
#define FAILED_ON   0x40u
#define FAILED_OFF  0x41u
#define FAILED_NONE 0x42u
#define WAIT_ON	    0x80u

struct host {
	struct ccid c;
	uint8_t out[CCID_MESSAGE_MAX];
	struct cs_writer w;
};

static struct cs_writer *room(struct host *h)
{
	h->w = CS_WRITER_OF(h->out);
	return &h->w;
}

static size_t put(uint8_t *message, uint8_t type, size_t length, uint8_t seq, uint16_t level)
{
	const uint8_t header[] = {type,
				  (uint8_t)length,
				  (uint8_t)(length >> 8),
				  (uint8_t)(length >> 16),
				  (uint8_t)(length >> 24),
				  0,
				  seq,
				  0,
				  (uint8_t)level,
				  (uint8_t)(level >> 8)};
	memcpy(message, header, sizeof(header));
	return sizeof(header);
}

/* A whole message in one packet. */
static enum ccid_next tell(struct host *h, uint8_t type, uint8_t seq, uint16_t level, struct cs_view data)
{
	uint8_t message[CCID_MESSAGE_MAX];
	size_t len = put(message, type, data.len, seq, level);

	if (data.len > 0)
		memcpy(message + len, data.ptr, data.len);
	return ccid_receive(&h->c, cs_view(message, len + data.len), true, room(h));
}

static enum ccid_next tell_plain(struct host *h, uint8_t type, uint8_t seq)
{
	return tell(h, type, seq, 0, CS_VIEW_EMPTY);
}

/* What was sent, of this length, is a message of this kind. */
static void sent(const struct host *h, uint8_t type, uint8_t seq, uint8_t status, uint8_t error,
		 size_t length)
{
	assert_int_equal(h->w.len, CCID_HEADER_LEN + length);
	assert_int_equal(h->out[0], type);
	assert_int_equal(h->out[1] | h->out[2] << 8 | h->out[3] << 16 | h->out[4] << 24, length);
	assert_int_equal(h->out[5], 0);
	assert_int_equal(h->out[6], seq);
	assert_int_equal(h->out[7], status);
	assert_int_equal(h->out[8], error);
}

static void sent_data(const struct host *h, uint8_t seq, uint8_t chain, struct cs_view data)
{
	sent(h, DATA_BLOCK, seq, OK_ON, 0, data.len);
	assert_int_equal(h->out[9], chain);
	if (data.len > 0)
		assert_memory_equal(h->out + CCID_HEADER_LEN, data.ptr, data.len);
}

static void power_on(struct host *h)
{
	assert_int_equal(tell_plain(h, 0x62, 1), CCID_POWER_ON);
	assert_int_equal(ccid_powered(&h->c, CS_VIEW_TEXT(ATR), room(h)), CCID_SEND);
	sent_data(h, 1, 0, CS_VIEW_TEXT(ATR));
}

static const uint8_t select_apdu[] = {0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08};

static void begin_command(struct host *h, uint8_t seq)
{
	assert_int_equal(tell(h, 0x6F, seq, 0, CS_VIEW_OF(select_apdu)), CCID_EXECUTE);
	assert_true(cs_view_equal(ccid_command(&h->c), CS_VIEW_OF(select_apdu)));
}

static void still_works(struct host *h, uint8_t seq)
{
	begin_command(h, seq);
	assert_int_equal(ccid_executed(&h->c, CS_VIEW_TEXT("\x90\x00"), room(h)), CCID_SEND);
	sent_data(h, seq, 0, CS_VIEW_TEXT("\x90\x00"));
}

/* ---- power, status, parameters ---- */

static void the_card_is_off_until_it_is_switched_on_and_answers_with_its_atr(void **state)
{
	struct host *h = *state;

	assert_int_equal(tell_plain(h, 0x65, 7), CCID_SEND);
	sent(h, SLOT_STATUS, 7, OK_OFF, 0, 0);
	power_on(h);
	assert_int_equal(tell_plain(h, 0x65, 8), CCID_SEND);
	sent(h, SLOT_STATUS, 8, OK_ON, 0, 0);
	assert_int_equal(tell_plain(h, 0x63, 9), CCID_POWER_OFF);
	assert_int_equal(ccid_powered(&h->c, CS_VIEW_EMPTY, room(h)), CCID_SEND);
	sent(h, SLOT_STATUS, 9, OK_OFF, 0, 0);
}

static void switching_on_a_card_that_is_on_resets_it(void **state)
{
	struct host *h = *state;

	power_on(h);
	power_on(h);
	still_works(h, 2);
}

static void voltages_are_all_the_same_and_what_is_none_is_refused(void **state)
{
	struct host *h = *state;
	uint8_t message[CCID_HEADER_LEN];

	for (uint8_t select = 0; select < 5; select++) {
		(void)put(message, 0x62, 0, select, 0);
		message[7] = select;
		enum ccid_next next = ccid_receive(&h->c, CS_VIEW_OF(message), true, room(h));
		if (select > 3) {
			assert_int_equal(next, CCID_SEND);
			sent(h, DATA_BLOCK, select, FAILED_ON, 7, 0);
			continue;
		}
		assert_int_equal(next, CCID_POWER_ON);
		assert_int_equal(ccid_powered(&h->c, CS_VIEW_TEXT(ATR), room(h)), CCID_SEND);
	}
}

static void the_parameters_are_those_of_t1_and_no_other_protocol_can_be_set(void **state)
{
	struct host *h = *state;
	static const uint8_t t1[] = {0x13, 0x10, 0x00, 0x45, 0x00, 0xFE, 0x00};
	uint8_t message[CCID_HEADER_LEN + sizeof(t1)];

	power_on(h);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(tell_plain(h, i == 0 ? 0x6C : 0x6D, 3), CCID_SEND);
		sent(h, PARAMETERS, 3, OK_ON, 0, sizeof(t1));
		assert_int_equal(h->out[9], 1);
		assert_memory_equal(h->out + CCID_HEADER_LEN, t1, sizeof(t1));
	}
	(void)put(message, 0x61, sizeof(t1), 4, 0);
	memcpy(message + CCID_HEADER_LEN, t1, sizeof(t1));
	assert_int_equal(ccid_receive(&h->c, CS_VIEW_OF(message), true, room(h)), CCID_SEND);
	sent(h, PARAMETERS, 4, FAILED_ON, 7, 0); /* T=0 */
	message[7] = 1;
	assert_int_equal(ccid_receive(&h->c, CS_VIEW_OF(message), true, room(h)), CCID_SEND);
	sent(h, PARAMETERS, 4, OK_ON, 0, sizeof(t1));
	message[1] = 5;
	assert_int_equal(ccid_receive(&h->c, cs_view(message, CCID_HEADER_LEN + 5), true, room(h)),
			 CCID_SEND);
	sent(h, PARAMETERS, 4, FAILED_ON, 1, 0);
}

static void what_this_reader_cannot_do_is_refused_each_in_its_own_kind(void **state)
{
	struct host *h = *state;
	static const uint8_t kinds[][2] = {{0x69, DATA_BLOCK},	{0x6A, SLOT_STATUS}, {0x6B, ESCAPE},
					   {0x6E, SLOT_STATUS}, {0x71, SLOT_STATUS}, {0x73, RATE},
					   {0x00, SLOT_STATUS}, {0xFF, SLOT_STATUS}};

	power_on(h);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		assert_int_equal(tell(h, kinds[i][0], (uint8_t)i, 0, CS_VIEW_TEXT("abc")), CCID_SEND);
		sent(h, kinds[i][1], (uint8_t)i, FAILED_ON, 0, 0);
	}
	still_works(h, 9);
}

static void another_slot_is_not_there(void **state)
{
	struct host *h = *state;
	uint8_t message[CCID_HEADER_LEN];

	(void)put(message, 0x62, 0, 5, 0);
	message[5] = 1;
	assert_int_equal(ccid_receive(&h->c, CS_VIEW_OF(message), true, room(h)), CCID_SEND);
	sent(h, DATA_BLOCK, 5, FAILED_NONE, 5, 0);
}

/* ---- APDUs ---- */

static void an_apdu_goes_to_the_card_and_its_response_back_under_the_same_number(void **state)
{
	struct host *h = *state;

	power_on(h);
	for (unsigned seq = 0; seq < 300; seq++)
		still_works(h, (uint8_t)seq);
}

static void a_card_that_is_off_is_mute(void **state)
{
	struct host *h = *state;

	assert_int_equal(tell(h, 0x6F, 2, 0, CS_VIEW_OF(select_apdu)), CCID_SEND);
	sent(h, DATA_BLOCK, 2, FAILED_OFF, 0xFE, 0);
}

static void an_apdu_in_parts_is_put_together(void **state)
{
	struct host *h = *state;
	static const uint16_t levels[] = {1, 3, 3, 2};
	uint8_t apdu[CCID_COMMAND_MAX];
	size_t at = 0;

	power_on(h);
	for (size_t i = 0; i < sizeof(apdu); i++)
		apdu[i] = (uint8_t)(i * 7 + (i >> 8));
	for (uint8_t i = 0; i < 4; i++) {
		size_t left = sizeof(apdu) - at, len = left < CCID_DATA_MAX ? left : CCID_DATA_MAX;
		if (i == 1)
			len = 0;
		enum ccid_next next = tell(h, 0x6F, i, levels[i], cs_view(apdu + at, len));
		at += len;
		if (i < 3) {
			assert_int_equal(next, CCID_SEND);
			sent_data(h, i, 0x10, CS_VIEW_EMPTY);
		} else {
			assert_int_equal(next, CCID_EXECUTE);
		}
	}
	assert_true(cs_view_equal(ccid_command(&h->c), cs_view(apdu, at)));
}

static void a_part_without_a_beginning_is_refused_and_executes_nothing(void **state)
{
	struct host *h = *state;
	static const uint16_t levels[] = {2, 3, 0x10, 4, 0x0100, 0xFFFF};

	power_on(h);
	for (uint8_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		assert_int_equal(tell(h, 0x6F, i, levels[i], CS_VIEW_OF(select_apdu)), CCID_SEND);
		sent(h, DATA_BLOCK, i, FAILED_ON, 8, 0);
	}
	/* and a new beginning forgets the old one */
	assert_int_equal(tell(h, 0x6F, 1, 1, CS_VIEW_TEXT("lost")), CCID_SEND);
	assert_int_equal(tell(h, 0x6F, 2, 1, cs_view(select_apdu, 3)), CCID_SEND);
	assert_int_equal(tell(h, 0x6F, 3, 2, cs_view(select_apdu + 3, 7)), CCID_EXECUTE);
	assert_true(cs_view_equal(ccid_command(&h->c), CS_VIEW_OF(select_apdu)));
}

static void a_chain_that_was_broken_off_cannot_be_ended(void **state)
{
	struct host *h = *state;

	power_on(h);
	assert_int_equal(tell(h, 0x6F, 1, 1, CS_VIEW_TEXT("lost")), CCID_SEND);
	assert_int_equal(tell(h, 0x6F, 2, 7, CS_VIEW_EMPTY), CCID_SEND);
	sent(h, DATA_BLOCK, 2, FAILED_ON, 8, 0);
	assert_int_equal(tell(h, 0x6F, 3, 2, CS_VIEW_OF(select_apdu)), CCID_SEND);
	sent(h, DATA_BLOCK, 3, FAILED_ON, 8, 0);
	assert_int_equal(tell(h, 0x6F, 4, 1, CS_VIEW_TEXT("lost")), CCID_SEND);
	power_on(h);
	assert_int_equal(tell(h, 0x6F, 5, 2, CS_VIEW_OF(select_apdu)), CCID_SEND);
	sent(h, DATA_BLOCK, 5, FAILED_ON, 8, 0);
}

/* 65 kB is what an extended APDU can say, and more than the card takes; below four bytes it is none. */
static void an_apdu_of_a_length_that_no_card_takes_becomes_one_that_it_refuses(void **state)
{
	struct host *h = *state;
	uint8_t part[CCID_DATA_MAX] = {0x00, 0xDB, 0x3F, 0xFF, 0x00, 0xFF, 0xF0};
	struct cs_apdu apdu;

	power_on(h);
	assert_int_equal(tell(h, 0x6F, 0, 1, CS_VIEW_OF(part)), CCID_SEND);
	for (uint8_t i = 1; i < 21; i++)
		assert_int_equal(tell(h, 0x6F, i, 3, CS_VIEW_OF(part)), CCID_SEND);
	assert_int_equal(tell(h, 0x6F, 21, 2, CS_VIEW_OF(part)), CCID_EXECUTE);
	assert_int_not_equal(cs_apdu_parse(ccid_command(&h->c), &apdu), CS_OK);
	assert_int_equal(ccid_executed(&h->c, CS_VIEW_TEXT("\x67\x00"), room(h)), CCID_SEND);
	for (size_t len = 0; len < 4; len++) {
		assert_int_equal(tell(h, 0x6F, 22, 0, cs_view(part, len)), CCID_EXECUTE);
		assert_true(ccid_command(&h->c).len > 4);
		assert_int_not_equal(cs_apdu_parse(ccid_command(&h->c), &apdu), CS_OK);
		assert_int_equal(ccid_executed(&h->c, CS_VIEW_TEXT("\x67\x00"), room(h)), CCID_SEND);
	}
	still_works(h, 23);
}

static void a_long_response_is_fetched_in_pieces(void **state)
{
	struct host *h = *state;
	static const size_t lengths[] = {
	    CCID_DATA_MAX - 1, CCID_DATA_MAX, CCID_DATA_MAX + 1, 2 * CCID_DATA_MAX, 2 * CCID_DATA_MAX + 1,
	    CARD_RESPONSE_MAX, 65538};
	uint8_t *response = malloc(65538);

	assert_non_null(response);
	for (size_t i = 0; i < 65538; i++)
		response[i] = (uint8_t)(i * 13 + (i >> 8));
	power_on(h);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		size_t at = 0, pieces = (lengths[i] + CCID_DATA_MAX - 1) / CCID_DATA_MAX;
		begin_command(h, 0);
		assert_int_equal(ccid_executed(&h->c, cs_view(response, lengths[i]), room(h)), CCID_SEND);
		for (size_t n = 0; n < pieces; n++) {
			size_t len = n + 1 < pieces ? CCID_DATA_MAX : lengths[i] - at;
			uint8_t chain = (uint8_t)(pieces == 1 ? 0 : n == 0 ? 1 : n + 1 < pieces ? 3 : 2);
			sent_data(h, (uint8_t)n, chain, cs_view(response + at, len));
			at += len;
			if (n + 1 < pieces)
				assert_int_equal(tell(h, 0x6F, (uint8_t)(n + 1), 0x10, CS_VIEW_EMPTY),
						 CCID_SEND);
		}
		/* there is no more of it */
		assert_int_equal(tell(h, 0x6F, 1, 0x10, CS_VIEW_EMPTY), CCID_SEND);
		sent(h, DATA_BLOCK, 1, FAILED_ON, 8, 0);
	}
	free(response);
}

static void a_response_that_is_not_fetched_is_gone_with_the_next_command(void **state)
{
	struct host *h = *state;
	uint8_t response[CCID_DATA_MAX + 9] = {0};

	power_on(h);
	begin_command(h, 1);
	assert_int_equal(ccid_executed(&h->c, CS_VIEW_OF(response), room(h)), CCID_SEND);
	still_works(h, 2);
	assert_int_equal(tell(h, 0x6F, 3, 0x10, CS_VIEW_EMPTY), CCID_SEND);
	sent(h, DATA_BLOCK, 3, FAILED_ON, 8, 0);
	begin_command(h, 4);
	assert_int_equal(ccid_executed(&h->c, CS_VIEW_OF(response), room(h)), CCID_SEND);
	power_on(h);
	assert_int_equal(tell(h, 0x6F, 5, 0x10, CS_VIEW_EMPTY), CCID_SEND);
	sent(h, DATA_BLOCK, 5, FAILED_ON, 8, 0);
}

/* ---- lengths and packets ---- */

static void a_message_in_packets_of_any_size_is_one_and_never_too_much_is_asked_for(void **state)
{
	struct host *h = *state;
	static const size_t packets[] = {8, 16, 32, 64, 512, 1024};
	uint8_t message[CCID_MESSAGE_MAX];

	power_on(h);
	for (size_t p = 0; p < sizeof(packets) / sizeof(packets[0]); p++) {
		for (size_t len = 4; len <= CCID_DATA_MAX; len += len < 1100 ? 1 : 101) {
			size_t total = put(message, 0x6F, len, 3, 0) + len, at = 0;
			enum ccid_next next = CCID_IDLE;
			memset(message + CCID_HEADER_LEN, 0x5A, len);
			while (at < total) {
				size_t wanted = ccid_wanted(&h->c, packets[p]);
				size_t left = total - at;
				assert_int_equal(next, CCID_IDLE);
				assert_true(at < CCID_HEADER_LEN ? wanted == packets[p] : wanted == left);
				size_t take = wanted < left ? wanted : left;
				/* the host's transfer ends with it, or the pipe does not say so */
				next = ccid_receive(&h->c, cs_view(message + at, take),
						    take % packets[p] != 0, room(h));
				at += take;
			}
			assert_int_equal(next, CCID_EXECUTE);
			assert_int_equal(ccid_command(&h->c).len, len);
			assert_int_equal(ccid_wanted(&h->c, packets[p]), packets[p]);
			assert_int_equal(ccid_receive(&h->c, CS_VIEW_EMPTY, true, room(h)), CCID_IDLE);
			assert_int_equal(ccid_executed(&h->c, CS_VIEW_TEXT("\x90\x00"), room(h)), CCID_SEND);
		}
	}
}

static void a_message_shorter_or_longer_than_it_says_is_refused_and_the_next_is_good(void **state)
{
	struct host *h = *state;
	uint8_t message[CCID_HEADER_LEN + 20] = {0};

	power_on(h);
	(void)put(message, 0x6F, 20, 6, 0);
	for (size_t len = CCID_HEADER_LEN; len < sizeof(message); len++) {
		assert_int_equal(ccid_receive(&h->c, cs_view(message, len), true, room(h)), CCID_SEND);
		sent(h, DATA_BLOCK, 6, FAILED_ON, 1, 0);
		still_works(h, 7);
	}
	(void)put(message, 0x6F, 19, 8, 0);
	assert_int_equal(ccid_receive(&h->c, CS_VIEW_OF(message), true, room(h)), CCID_SEND);
	sent(h, DATA_BLOCK, 8, FAILED_ON, 1, 0);
	(void)put(message, 0x65, 20, 9, 0);
	assert_int_equal(ccid_receive(&h->c, CS_VIEW_OF(message), true, room(h)), CCID_SEND);
	sent(h, SLOT_STATUS, 9, FAILED_ON, 1, 0);
	still_works(h, 10);
}

static void fewer_bytes_than_a_header_are_no_message(void **state)
{
	struct host *h = *state;
	uint8_t message[CCID_HEADER_LEN];

	power_on(h);
	(void)put(message, 0x65, 0, 3, 0);
	for (size_t len = 0; len < sizeof(message); len++) {
		assert_int_equal(ccid_receive(&h->c, cs_view(message, len), true, room(h)), CCID_IDLE);
		still_works(h, 4);
	}
}

static void a_message_that_does_not_fit_is_refused_once_and_let_pass(void **state)
{
	struct host *h = *state;
	static const size_t lengths[] = {CCID_DATA_MAX + 1, 4096, 65544, 0xFFFFFFFF};
	uint8_t packet[512] = {0};

	power_on(h);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		size_t at = sizeof(packet), total = CCID_HEADER_LEN + lengths[i];
		(void)put(packet, 0x6F, lengths[i], 3, 0);
		assert_int_equal(ccid_receive(&h->c, CS_VIEW_OF(packet), false, room(h)), CCID_SEND);
		sent(h, DATA_BLOCK, 3, FAILED_ON, 1, 0);
		memset(packet, 0x62, sizeof(packet));
		while (at < total && at < 70000) {
			size_t len = total - at < sizeof(packet) ? total - at : sizeof(packet);
			assert_int_equal(ccid_receive(&h->c, cs_view(packet, len), false, room(h)),
					 CCID_IDLE);
			at += len;
		}
		if (at < total) /* a short packet ends what would never end */
			assert_int_equal(ccid_receive(&h->c, cs_view(packet, 5), true, room(h)), CCID_IDLE);
		still_works(h, 4);
	}
	/* a broken part breaks its chain */
	assert_int_equal(tell(h, 0x6F, 1, 1, CS_VIEW_OF(select_apdu)), CCID_SEND);
	(void)put(packet, 0x6F, CCID_DATA_MAX + 1, 2, 3);
	assert_int_equal(ccid_receive(&h->c, CS_VIEW_OF(packet), true, room(h)), CCID_SEND);
	assert_int_equal(tell(h, 0x6F, 3, 2, CS_VIEW_OF(select_apdu)), CCID_SEND);
	sent(h, DATA_BLOCK, 3, FAILED_ON, 8, 0);
}

/* ---- while the card works ---- */

static void a_host_that_waits_is_asked_for_time_under_the_number_of_what_it_waits_for(void **state)
{
	struct host *h = *state;

	assert_int_equal(ccid_tick(&h->c, room(h)), CCID_IDLE);
	assert_int_equal(tell_plain(h, 0x62, 3), CCID_POWER_ON);
	assert_int_equal(ccid_tick(&h->c, room(h)), CCID_SEND);
	sent(h, DATA_BLOCK, 3, WAIT_ON | OK_OFF, 1, 0);
	assert_int_equal(ccid_powered(&h->c, CS_VIEW_TEXT(ATR), room(h)), CCID_SEND);
	begin_command(h, 4);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ccid_tick(&h->c, room(h)), CCID_SEND);
		sent(h, DATA_BLOCK, 4, WAIT_ON, 1, 0);
	}
	assert_int_equal(ccid_executed(&h->c, CS_VIEW_TEXT("\x90\x00"), room(h)), CCID_SEND);
	sent_data(h, 4, 0, CS_VIEW_TEXT("\x90\x00"));
	assert_int_equal(ccid_tick(&h->c, room(h)), CCID_IDLE);
}

static void a_host_that_did_not_wait_is_told_that_the_card_is_busy(void **state)
{
	struct host *h = *state;
	static const uint8_t kinds[][2] = {{0x62, DATA_BLOCK}, {0x63, SLOT_STATUS}, {0x65, SLOT_STATUS},
					   {0x6F, DATA_BLOCK}, {0x6C, PARAMETERS},  {0x6B, ESCAPE}};

	power_on(h);
	begin_command(h, 4);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		assert_int_equal(tell_plain(h, kinds[i][0], 5), CCID_SEND);
		sent(h, kinds[i][1], 5, FAILED_ON, 0xE0, 0);
	}
	assert_true(cs_view_equal(ccid_command(&h->c), CS_VIEW_OF(select_apdu)));
	assert_int_equal(ccid_executed(&h->c, CS_VIEW_TEXT("\x90\x00"), room(h)), CCID_SEND);
	sent_data(h, 4, 0, CS_VIEW_TEXT("\x90\x00"));
}

static enum ccid_next abort_on_control(struct host *h, uint8_t seq)
{
	enum ccid_next next = CCID_EXECUTE;

	assert_true(ccid_abort(&h->c, (uint16_t)(seq << 8), &next, room(h)));
	return next;
}

static void an_abort_needs_both_pipes_in_either_order(void **state)
{
	struct host *h = *state;

	power_on(h);
	assert_int_equal(abort_on_control(h, 9), CCID_IDLE);
	assert_int_equal(tell_plain(h, 0x72, 9), CCID_SEND);
	sent(h, SLOT_STATUS, 9, OK_ON, 0, 0);
	still_works(h, 10);
	assert_int_equal(tell_plain(h, 0x72, 11), CCID_IDLE);
	assert_int_equal(abort_on_control(h, 11), CCID_SEND);
	sent(h, SLOT_STATUS, 11, OK_ON, 0, 0);
	still_works(h, 12);
}

static void between_the_two_halves_everything_else_fails_as_aborted(void **state)
{
	struct host *h = *state;

	power_on(h);
	assert_int_equal(abort_on_control(h, 9), CCID_IDLE);
	assert_int_equal(tell(h, 0x6F, 10, 0, CS_VIEW_OF(select_apdu)), CCID_SEND);
	sent(h, DATA_BLOCK, 10, FAILED_ON, 0xFF, 0);
	assert_int_equal(tell_plain(h, 0x65, 11), CCID_SEND);
	sent(h, SLOT_STATUS, 11, FAILED_ON, 0xFF, 0);
	assert_int_equal(tell_plain(h, 0x72, 12), CCID_SEND); /* another's */
	sent(h, SLOT_STATUS, 12, FAILED_ON, 0xFF, 0);
	assert_int_equal(tell_plain(h, 0x72, 9), CCID_SEND);
	sent(h, SLOT_STATUS, 9, OK_ON, 0, 0);
	still_works(h, 13);
}

static void a_half_that_was_given_up_is_not_taken_for_another_abort(void **state)
{
	struct host *h = *state;

	power_on(h);
	assert_int_equal(tell_plain(h, 0x72, 3), CCID_IDLE);
	assert_int_equal(abort_on_control(h, 4), CCID_IDLE);
	assert_int_equal(tell_plain(h, 0x72, 4), CCID_SEND);
	sent(h, SLOT_STATUS, 4, OK_ON, 0, 0);
	still_works(h, 5);
}

static void a_command_that_is_aborted_is_answered_at_once_and_its_response_is_never_sent(void **state)
{
	struct host *h = *state;

	for (int order = 0; order < 2; order++) {
		power_on(h);
		begin_command(h, 4);
		assert_false(ccid_aborting(&h->c));
		assert_int_equal(order == 0 ? abort_on_control(h, 5) : tell_plain(h, 0x72, 5), CCID_IDLE);
		assert_true(ccid_aborting(&h->c));
		assert_int_equal(order == 1 ? abort_on_control(h, 5) : tell_plain(h, 0x72, 5), CCID_SEND);
		sent(h, DATA_BLOCK, 4, FAILED_ON, 0xFF, 0);
		assert_int_equal(ccid_tick(&h->c, room(h)), CCID_IDLE);
		assert_int_equal(tell_plain(h, 0x65, 6), CCID_SEND);
		sent(h, SLOT_STATUS, 6, FAILED_ON, 0xFF, 0);
		assert_true(cs_view_equal(ccid_command(&h->c), CS_VIEW_OF(select_apdu)));
		assert_int_equal(ccid_executed(&h->c, CS_VIEW_TEXT("secret\x90\x00"), room(h)), CCID_SEND);
		sent(h, SLOT_STATUS, 5, OK_ON, 0, 0);
		assert_false(ccid_aborting(&h->c));
		assert_int_equal(tell(h, 0x6F, 7, 0x10, CS_VIEW_EMPTY), CCID_SEND);
		sent(h, DATA_BLOCK, 7, FAILED_ON, 8, 0);
		still_works(h, 8);
	}
}

static void a_command_that_ends_between_the_halves_of_an_abort_is_answered_as_aborted(void **state)
{
	struct host *h = *state;

	for (int order = 0; order < 2; order++) {
		power_on(h);
		begin_command(h, 4);
		assert_int_equal(order == 0 ? abort_on_control(h, 5) : tell_plain(h, 0x72, 5), CCID_IDLE);
		assert_int_equal(ccid_executed(&h->c, CS_VIEW_TEXT("\x69\x85"), room(h)), CCID_SEND);
		sent(h, DATA_BLOCK, 4, FAILED_ON, 0xFF, 0);
		assert_false(ccid_fetching(&h->c));
		assert_int_equal(order == 1 ? abort_on_control(h, 5) : tell_plain(h, 0x72, 5), CCID_SEND);
		sent(h, SLOT_STATUS, 5, OK_ON, 0, 0);
		still_works(h, 6);
	}
}

static void an_abort_that_comes_after_the_response_takes_the_rest_of_it(void **state)
{
	struct host *h = *state;
	uint8_t response[CCID_DATA_MAX + 9] = {0};

	power_on(h);
	begin_command(h, 1);
	assert_int_equal(ccid_executed(&h->c, CS_VIEW_OF(response), room(h)), CCID_SEND);
	assert_int_equal(abort_on_control(h, 2), CCID_IDLE);
	assert_int_equal(tell_plain(h, 0x72, 2), CCID_SEND);
	assert_int_equal(tell(h, 0x6F, 3, 0x10, CS_VIEW_EMPTY), CCID_SEND);
	sent(h, DATA_BLOCK, 3, FAILED_ON, 8, 0);
}

static void an_abort_of_another_slot_is_refused(void **state)
{
	struct host *h = *state;
	enum ccid_next next;

	assert_false(ccid_abort(&h->c, 0x0501, &next, room(h)));
	power_on(h);
	still_works(h, 5);
}

static void a_bus_reset_while_the_card_works_leaves_its_command_whole_and_sends_nothing_of_it(void **state)
{
	struct host *h = *state;

	power_on(h);
	begin_command(h, 4);
	ccid_wipe(&h->c);
	assert_true(cs_view_equal(ccid_command(&h->c), CS_VIEW_OF(select_apdu)));
	assert_true(ccid_aborting(&h->c));
	assert_int_equal(ccid_tick(&h->c, room(h)), CCID_IDLE);
	assert_int_equal(tell_plain(h, 0x65, 1), CCID_SEND);
	sent(h, SLOT_STATUS, 1, FAILED_OFF, 0xE0, 0);
	assert_int_equal(ccid_executed(&h->c, CS_VIEW_TEXT("\x90\x00"), room(h)), CCID_IDLE);
	assert_int_equal(tell_plain(h, 0x65, 2), CCID_SEND);
	sent(h, SLOT_STATUS, 2, OK_OFF, 0, 0);
	assert_int_equal(tell_plain(h, 0x62, 3), CCID_POWER_ON);
	ccid_wipe(&h->c);
	assert_int_equal(ccid_powered(&h->c, CS_VIEW_TEXT(ATR), room(h)), CCID_IDLE);
	assert_int_equal(tell_plain(h, 0x65, 4), CCID_SEND);
	sent(h, SLOT_STATUS, 4, OK_OFF, 0, 0);
	power_on(h);
	still_works(h, 5);
}

static void after_a_bus_reset_switching_on_waits_for_what_is_still_under_way(void **state)
{
	struct host *h = *state;

	for (int aborted = 0; aborted < 2; aborted++) {
		power_on(h);
		begin_command(h, 4);
		ccid_wipe(&h->c);
		assert_int_equal(tell_plain(h, 0x62, 7), CCID_IDLE);
		assert_int_equal(ccid_tick(&h->c, room(h)), CCID_SEND);
		sent(h, DATA_BLOCK, 7, WAIT_ON | OK_OFF, 1, 0);
		assert_int_equal(tell_plain(h, 0x62, 8), CCID_SEND);
		sent(h, DATA_BLOCK, 8, FAILED_OFF, 0xE0, 0);
		if (aborted) {
			assert_int_equal(abort_on_control(h, 9), CCID_IDLE);
			assert_int_equal(tell_plain(h, 0x72, 9), CCID_SEND);
			sent(h, DATA_BLOCK, 7, FAILED_OFF, 0xFF, 0);
			assert_int_equal(ccid_executed(&h->c, CS_VIEW_TEXT("\x90\x00"), room(h)), CCID_SEND);
			sent(h, SLOT_STATUS, 9, OK_OFF, 0, 0);
		} else {
			assert_int_equal(ccid_executed(&h->c, CS_VIEW_TEXT("\x90\x00"), room(h)),
					 CCID_POWER_ON);
			assert_int_equal(ccid_powered(&h->c, CS_VIEW_TEXT(ATR), room(h)), CCID_SEND);
			sent_data(h, 7, 0, CS_VIEW_TEXT(ATR));
			still_works(h, 8);
		}
	}
}

static void a_bus_reset_in_the_middle_of_a_message_or_a_chain_forgets_it(void **state)
{
	struct host *h = *state;
	uint8_t message[CCID_HEADER_LEN];

	power_on(h);
	assert_int_equal(tell(h, 0x6F, 1, 1, CS_VIEW_OF(select_apdu)), CCID_SEND);
	(void)put(message, 0x6F, 20, 2, 2);
	assert_int_equal(ccid_receive(&h->c, CS_VIEW_OF(message), false, room(h)), CCID_IDLE);
	ccid_wipe(&h->c);
	power_on(h);
	assert_int_equal(tell(h, 0x6F, 3, 2, CS_VIEW_OF(select_apdu)), CCID_SEND);
	sent(h, DATA_BLOCK, 3, FAILED_ON, 8, 0);
	still_works(h, 4);
}

static void the_end_of_work_that_nobody_began_is_no_news(void **state)
{
	struct host *h = *state;

	assert_int_equal(ccid_executed(&h->c, CS_VIEW_TEXT("\x90\x00"), room(h)), CCID_IDLE);
	assert_int_equal(ccid_powered(&h->c, CS_VIEW_TEXT(ATR), room(h)), CCID_IDLE);
	assert_int_equal(tell_plain(h, 0x65, 4), CCID_SEND);
	sent(h, SLOT_STATUS, 4, OK_OFF, 0, 0);
}

static void the_notice_says_that_a_card_has_come(void **state)
{
	struct host *h = *state;

	ccid_notice(room(h));
	assert_true(cs_view_equal(cs_writer_view(&h->w), CS_VIEW_TEXT("\x50\x03")));
	assert_int_equal(h->w.len, CCID_NOTICE_LEN);
}

static int setup(void **state)
{
	struct host *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	ccid_init(&h->c);
	*state = h;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    CASE(the_card_is_off_until_it_is_switched_on_and_answers_with_its_atr),
	    CASE(switching_on_a_card_that_is_on_resets_it),
	    CASE(voltages_are_all_the_same_and_what_is_none_is_refused),
	    CASE(the_parameters_are_those_of_t1_and_no_other_protocol_can_be_set),
	    CASE(what_this_reader_cannot_do_is_refused_each_in_its_own_kind),
	    CASE(another_slot_is_not_there),
	    CASE(an_apdu_goes_to_the_card_and_its_response_back_under_the_same_number),
	    CASE(a_card_that_is_off_is_mute),
	    CASE(an_apdu_in_parts_is_put_together),
	    CASE(a_part_without_a_beginning_is_refused_and_executes_nothing),
	    CASE(a_chain_that_was_broken_off_cannot_be_ended),
	    CASE(an_apdu_of_a_length_that_no_card_takes_becomes_one_that_it_refuses),
	    CASE(a_long_response_is_fetched_in_pieces),
	    CASE(a_response_that_is_not_fetched_is_gone_with_the_next_command),
	    CASE(a_message_in_packets_of_any_size_is_one_and_never_too_much_is_asked_for),
	    CASE(a_message_shorter_or_longer_than_it_says_is_refused_and_the_next_is_good),
	    CASE(fewer_bytes_than_a_header_are_no_message),
	    CASE(a_message_that_does_not_fit_is_refused_once_and_let_pass),
	    CASE(a_host_that_waits_is_asked_for_time_under_the_number_of_what_it_waits_for),
	    CASE(a_host_that_did_not_wait_is_told_that_the_card_is_busy),
	    CASE(an_abort_needs_both_pipes_in_either_order),
	    CASE(between_the_two_halves_everything_else_fails_as_aborted),
	    CASE(a_half_that_was_given_up_is_not_taken_for_another_abort),
	    CASE(a_command_that_is_aborted_is_answered_at_once_and_its_response_is_never_sent),
	    CASE(a_command_that_ends_between_the_halves_of_an_abort_is_answered_as_aborted),
	    CASE(an_abort_that_comes_after_the_response_takes_the_rest_of_it),
	    CASE(an_abort_of_another_slot_is_refused),
	    CASE(a_bus_reset_while_the_card_works_leaves_its_command_whole_and_sends_nothing_of_it),
	    CASE(after_a_bus_reset_switching_on_waits_for_what_is_still_under_way),
	    CASE(a_bus_reset_in_the_middle_of_a_message_or_a_chain_forgets_it),
	    CASE(the_end_of_work_that_nobody_began_is_no_news),
	    CASE(the_notice_says_that_a_card_has_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
