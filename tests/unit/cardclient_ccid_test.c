/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The host's side of CCID against the device's own (applet/port/ccid.c), message by message, and against
 * messages that no good reader sends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "applet/port/ccid.h"
#include "applet/port/usb_descriptor.h"
#include "cardclient/ccid_descriptor.h"
#include "cardclient/ccid_host.h"

#define ATR	     "\x3B\x80\x81\x31\xFE"
#define RESPONSE_MAX 70000u

#define DATA_BLOCK  0x80u
#define SLOT_STATUS 0x81u

struct reader {
	struct ccid device;
	struct ccid_host host;
	size_t message_max;
	uint8_t to[CCID_MESSAGE_MAX + 10], from[CCID_MESSAGE_MAX];
	uint8_t command[CCID_COMMAND_MAX];
	size_t command_len;
	unsigned messages, waits;
	uint8_t response[RESPONSE_MAX];
	size_t response_len;
	uint8_t got[RESPONSE_MAX];
	struct cs_writer kept;
};

static void fill(uint8_t *bytes, size_t len, unsigned salt)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i * 7 + (i >> 8) + salt);
}

static struct reader *reader_new(size_t message_max)
{
	struct reader *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	ccid_init(&r->device);
	r->message_max = message_max;
	ccid_host_init(&r->host, 0, message_max, 250);
	return r;
}

/* The device gets the message in packets of 64 bytes. */
static enum ccid_next deliver(struct reader *r, struct cs_view message, struct cs_writer *w)
{
	enum ccid_next next = CCID_IDLE;

	for (size_t at = 0; at < message.len; at += 64) {
		size_t len = message.len - at < 64 ? message.len - at : 64;
		assert_int_equal(next, CCID_IDLE);
		next = ccid_receive(&r->device, cs_view(message.ptr + at, len), len < 64, w);
	}
	r->messages++;
	return next;
}

static enum ccid_next work(struct reader *r, enum ccid_next next, struct cs_writer *w)
{
	switch (next) {
	case CCID_EXECUTE: {
		struct cs_view command = ccid_command(&r->device);
		assert_true(command.len <= sizeof(r->command));
		memcpy(r->command, command.ptr, command.len);
		r->command_len = command.len;
		return ccid_executed(&r->device, cs_view(r->response, r->response_len), w);
	}
	case CCID_POWER_ON:
		return ccid_powered(&r->device, CS_VIEW_TEXT(ATR), w);
	case CCID_POWER_OFF:
		return ccid_powered(&r->device, CS_VIEW_EMPTY, w);
	default:
		return next;
	}
}

/* From the first message, which is in w, to the end. */
static enum cs_err run(struct reader *r, struct cs_writer w)
{
	enum ccid_host_next next = CCID_HOST_SEND;
	enum cs_err err = CS_OK;

	while (next == CCID_HOST_SEND) {
		struct cs_writer answer = CS_WRITER_OF(r->from);
		assert_true(cs_writer_view(&w).len <= r->message_max);
		enum ccid_next device = deliver(r, cs_writer_view(&w), &answer);
		for (unsigned i = 0; i < r->waits && device == CCID_EXECUTE; i++) {
			assert_int_equal(ccid_tick(&r->device, &answer), CCID_SEND);
			assert_int_equal(ccid_host_receive(&r->host, cs_writer_view(&answer), &w, &next),
					 CS_OK);
			assert_int_equal(next, CCID_HOST_READ);
			assert_int_equal(ccid_host_patience(&r->host), 1);
			answer = CS_WRITER_OF(r->from);
		}
		assert_int_equal(work(r, device, &answer), CCID_SEND);
		w = CS_WRITER_OF(r->to);
		err = ccid_host_receive(&r->host, cs_writer_view(&answer), &w, &next);
	}
	assert_int_equal(next, CCID_HOST_DONE);
	return err;
}

static struct cs_writer *room(struct reader *r)
{
	r->kept = CS_WRITER_OF(r->got);
	return &r->kept;
}

static void power_on(struct reader *r)
{
	struct cs_writer w = CS_WRITER_OF(r->to);

	ccid_host_power_on(&r->host, 0, room(r), &w);
	assert_int_equal(run(r, w), CS_OK);
	assert_true(cs_view_equal(cs_writer_view(&r->kept), CS_VIEW_TEXT(ATR)));
	assert_int_equal(r->host.icc, CCID_HOST_ACTIVE);
}

static enum cs_err transfer(struct reader *r, const uint8_t *command, size_t len)
{
	struct cs_writer w = CS_WRITER_OF(r->to);

	ccid_host_transfer(&r->host, cs_view(command, len), room(r), &w);
	return run(r, w);
}

/* ---- both ends ---- */

static void the_card_is_switched_on_and_off_and_its_atr_comes(void **state)
{
	struct reader *r = reader_new(CCID_MESSAGE_MAX);
	struct cs_writer w = CS_WRITER_OF(r->to);

	(void)state;
	ccid_host_status(&r->host, &w);
	assert_int_equal(run(r, w), CS_OK);
	assert_int_equal(r->host.icc, CCID_HOST_INACTIVE);
	power_on(r);
	w = CS_WRITER_OF(r->to);
	ccid_host_power_off(&r->host, &w);
	assert_int_equal(run(r, w), CS_OK);
	assert_int_equal(r->host.icc, CCID_HOST_INACTIVE);
	free(r);
}

static void commands_and_responses_of_all_lengths_come_whole_over_messages_of_many_sizes(void **state)
{
	static const size_t sizes[] = {11, 64, 271, 512, CCID_MESSAGE_MAX};
	static const size_t lengths[] = {4,   5,   53,	54,   55,   64,	  118,	261,  262,  501,  502, 503,
					 512, 767, 768, 1024, 3061, 3062, 3063, 3072, 6124, 6125, 7000};
	static uint8_t command[CCID_COMMAND_MAX];

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct reader *r = reader_new(sizes[s]);
		power_on(r);
		for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
			size_t len = lengths[i] < sizeof(command) ? lengths[i] : sizeof(command);
			fill(command, len, (unsigned)i);
			r->response_len = lengths[sizeof(lengths) / sizeof(lengths[0]) - 1 - i];
			fill(r->response, r->response_len, (unsigned)(i + 100));
			assert_int_equal(transfer(r, command, len), CS_OK);
			assert_int_equal(r->command_len, len);
			assert_memory_equal(r->command, command, len);
			assert_int_equal(r->kept.len, r->response_len);
			assert_memory_equal(r->got, r->response, r->response_len);
		}
		free(r);
	}
}

static void a_response_of_64_kilobytes_comes_in_parts(void **state)
{
	static const uint8_t command[] = {0x00, 0xCB, 0x3F, 0xFF, 0x00, 0x00, 0x00};
	struct reader *r = reader_new(CCID_MESSAGE_MAX);

	(void)state;
	power_on(r);
	r->response_len = 65538;
	fill(r->response, r->response_len, 3);
	assert_int_equal(transfer(r, command, sizeof(command)), CS_OK);
	assert_int_equal(r->kept.len, 65538);
	assert_memory_equal(r->got, r->response, 65538);
	free(r);
}

static void a_reader_that_asks_for_time_is_waited_for(void **state)
{
	static const uint8_t command[] = {0x00, 0x47, 0x00, 0x9A, 0x00};
	struct reader *r = reader_new(CCID_MESSAGE_MAX);

	(void)state;
	power_on(r);
	r->waits = 40;
	r->response_len = 2;
	assert_int_equal(transfer(r, command, sizeof(command)), CS_OK);
	assert_int_equal(r->kept.len, 2);
	free(r);
}

static void a_card_that_was_off_before_the_command_did_not_execute_it(void **state)
{
	static const uint8_t command[] = {0x00, 0xA4, 0x04, 0x00};
	struct reader *r = reader_new(CCID_MESSAGE_MAX);
	struct cs_writer w = CS_WRITER_OF(r->to);

	(void)state;
	power_on(r);
	ccid_wipe(&r->device);
	ccid_host_status(&r->host, &w);
	assert_int_equal(run(r, w), CS_OK);
	assert_int_equal(r->host.icc, CCID_HOST_INACTIVE);
	assert_int_equal(transfer(r, command, sizeof(command)), CS_ERR_STATE);
	assert_int_equal(r->command_len, 0);
	free(r);
}

/* That the device never executed it is known here, not to the host. */
static void whether_a_card_that_went_off_executed_the_command_is_not_known(void **state)
{
	static const uint8_t command[] = {0x00, 0xA4, 0x04, 0x00};
	struct reader *r = reader_new(CCID_MESSAGE_MAX);

	(void)state;
	power_on(r);
	ccid_wipe(&r->device);
	assert_int_equal(transfer(r, command, sizeof(command)), CS_ERR_REMOVED);
	free(r);
}

/* Between two parts of an answer. */
static void a_card_that_goes_off_behind_its_first_part_is_gone(void **state)
{
	static const uint8_t command[] = {0x00, 0xCB, 0x3F, 0xFF, 0x00};
	static const uint8_t complaints[] = {0xFE, 0xF3};

	(void)state;
	for (size_t i = 0; i < sizeof(complaints); i++) {
		struct ccid_host h;
		uint8_t to[64], got[16];
		struct cs_writer w = CS_WRITER_OF(to), kept = CS_WRITER_OF(got);
		enum ccid_host_next next;
		ccid_host_init(&h, 0, 64, 99);
		ccid_host_transfer(&h, CS_VIEW_OF(command), &kept, &w);
		const uint8_t first[] = {DATA_BLOCK, 1, 0, 0, 0, 0, h.seq, 0, 0, 1, 0x53};
		w = CS_WRITER_OF(to);
		assert_int_equal(ccid_host_receive(&h, CS_VIEW_OF(first), &w, &next), CS_OK);
		assert_int_equal(next, CCID_HOST_SEND);
		const uint8_t off[] = {DATA_BLOCK, 0, 0, 0, 0, 0, h.seq, 0x41, complaints[i], 0};
		w = CS_WRITER_OF(to);
		assert_int_equal(ccid_host_receive(&h, CS_VIEW_OF(off), &w, &next), CS_ERR_REMOVED);
		assert_int_equal(next, CCID_HOST_DONE);
	}
}

static void a_response_that_does_not_fit_is_read_to_its_end_and_said_not_to(void **state)
{
	static const uint8_t command[] = {0x00, 0xCB, 0x3F, 0xFF, 0x00};
	struct reader *r = reader_new(CCID_MESSAGE_MAX);
	uint8_t small[100];
	struct cs_writer w = CS_WRITER_OF(r->to), few = CS_WRITER_OF(small);

	(void)state;
	power_on(r);
	r->response_len = 7000;
	ccid_host_transfer(&r->host, CS_VIEW_OF(command), &few, &w);
	assert_int_equal(run(r, w), CS_ERR_NO_SPACE);
	assert_false(ccid_fetching(&r->device));
	r->response_len = 2;
	assert_int_equal(transfer(r, command, sizeof(command)), CS_OK);
	free(r);
}

static void what_another_program_left_under_way_is_aborted(void **state)
{
	static const uint8_t command[] = {0x00, 0x47, 0x00, 0x9A, 0x00};
	struct reader *r = reader_new(CCID_MESSAGE_MAX);
	struct cs_writer w = CS_WRITER_OF(r->to), answer = CS_WRITER_OF(r->from);
	enum ccid_host_next next;
	enum ccid_next device;

	(void)state;
	power_on(r);
	ccid_host_transfer(&r->host, CS_VIEW_OF(command), room(r), &w);
	assert_int_equal(deliver(r, cs_writer_view(&w), &answer), CCID_EXECUTE);
	/* Another host finds it so. */
	ccid_host_init(&r->host, 0, CCID_MESSAGE_MAX, 7);
	w = CS_WRITER_OF(r->to);
	ccid_host_status(&r->host, &w);
	assert_int_equal(deliver(r, cs_writer_view(&w), &answer), CCID_SEND);
	assert_int_equal(ccid_host_receive(&r->host, cs_writer_view(&answer), &w, &next), CS_ERR_BUSY);
	assert_int_equal(next, CCID_HOST_DONE);
	answer = CS_WRITER_OF(r->from);
	assert_true(ccid_abort(&r->device, ccid_host_abort_value(&r->host), &device, &answer));
	w = CS_WRITER_OF(r->to);
	ccid_host_abort(&r->host, &w);
	/* The command's answer, which is not ours to have; and when it has ended, the Abort's. */
	assert_int_equal(deliver(r, cs_writer_view(&w), &answer), CCID_SEND);
	assert_int_equal(ccid_host_receive(&r->host, cs_writer_view(&answer), &w, &next), CS_OK);
	assert_int_equal(next, CCID_HOST_READ);
	answer = CS_WRITER_OF(r->from);
	assert_int_equal(ccid_executed(&r->device, CS_VIEW_TEXT("\x90\x00"), &answer), CCID_SEND);
	assert_int_equal(ccid_host_receive(&r->host, cs_writer_view(&answer), &w, &next), CS_OK);
	assert_int_equal(next, CCID_HOST_DONE);
	free(r);
}

/* ---- readers that are not as they should be ---- */

static struct cs_view put(uint8_t *to, uint8_t type, uint8_t seq, const uint8_t status[3], const char *data,
			  size_t len)
{
	const uint8_t header[] = {type, (uint8_t)len, 0, 0, 0, 0, seq, status[0], status[1], status[2]};

	memcpy(to, header, sizeof(header));
	memcpy(to + sizeof(header), data, len);
	return cs_view(to, sizeof(header) + len);
}

struct answer {
	uint8_t type, seq_by, status[3];
	const char *data;
	size_t len;
	enum ccid_host_next next;
	enum cs_err err;
};

/* To a short command, the first of whose answers this is. */
static void expect_answer(const struct answer *a)
{
	static const uint8_t command[] = {0x00, 0xCB, 0x3F, 0xFF, 0x00};
	struct ccid_host h;
	uint8_t to[64], from[64], got[16];
	struct cs_writer w = CS_WRITER_OF(to), kept = CS_WRITER_OF(got);
	enum ccid_host_next next;

	ccid_host_init(&h, 0, 64, 99);
	ccid_host_transfer(&h, CS_VIEW_OF(command), &kept, &w);
	w = CS_WRITER_OF(to);
	struct cs_view message = put(from, a->type, (uint8_t)(h.seq + a->seq_by), a->status, a->data, a->len);
	assert_int_equal(ccid_host_receive(&h, message, &w, &next), a->err);
	assert_int_equal(next, a->next);
}

static void answers_to_others_are_passed_over(void **state)
{
	static const struct answer rows[] = {
	    {DATA_BLOCK, 1, {0, 0, 0}, "\x90\x00", 2, CCID_HOST_READ, CS_OK},
	    {SLOT_STATUS, 0, {0, 0, 0}, "", 0, CCID_HOST_READ, CS_OK},
	    {0x50, 0, {0, 0, 0}, "", 0, CCID_HOST_READ, CS_OK},
	    {DATA_BLOCK, 0, {0, 0, 0}, "\x90\x00", 2, CCID_HOST_DONE, CS_OK},
	};
	struct ccid_host h = {.answer = DATA_BLOCK};
	uint8_t to[64];
	struct cs_writer w = CS_WRITER_OF(to);
	enum ccid_host_next next;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_answer(&rows[i]);
	/* One that is no message, and one whose length is not what came. */
	assert_int_equal(ccid_host_receive(&h, CS_VIEW_TEXT("\x80\x00"), &w, &next), CS_OK);
	assert_int_equal(next, CCID_HOST_READ);
	assert_int_equal(
	    ccid_host_receive(&h, CS_VIEW_TEXT("\x80\x05\x00\x00\x00\x00\x00\x00\x00\x00"), &w, &next),
	    CS_OK);
	assert_int_equal(next, CCID_HOST_READ);
}

static void each_complaint_of_a_reader_is_told_as_pcsc_tells_it(void **state)
{
	static const struct {
		uint8_t icc, error;
		enum cs_err err;
	} rows[] = {
	    {0, 0xFF, CS_ERR_CANCELLED}, {0, 0xFE, CS_ERR_REMOVED},	{1, 0xFE, CS_ERR_REMOVED},
	    {2, 0xFE, CS_ERR_REMOVED},	 {2, 0xE0, CS_ERR_REMOVED},	{0, 0xFD, CS_ERR_REMOVED},
	    {0, 0xFC, CS_ERR_REMOVED},	 {0, 0xFB, CS_ERR_REMOVED},	{0, 0xF8, CS_ERR_REMOVED},
	    {0, 0xF7, CS_ERR_REMOVED},	 {0, 0xF6, CS_ERR_UNSUPPORTED}, {0, 0xF5, CS_ERR_UNSUPPORTED},
	    {0, 0xF4, CS_ERR_REMOVED},	 {0, 0xF3, CS_ERR_STATE},	{0, 0xF2, CS_ERR_BUSY},
	    {0, 0xF0, CS_ERR_TIMEOUT},	 {0, 0xEF, CS_ERR_CANCELLED},	{0, 0xE0, CS_ERR_BUSY},
	    {2, 0x05, CS_ERR_NO_READER}, {0, 0x00, CS_ERR_UNSUPPORTED}, {0, 0x01, CS_ERR_IO},
	    {0, 0xC5, CS_ERR_IO},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct answer a = {DATA_BLOCK, 0, {(uint8_t)(0x40u | rows[i].icc), rows[i].error, 0},
				   "",	       0, CCID_HOST_DONE,
				   rows[i].err};
		expect_answer(&a);
	}
}

static void chains_that_do_not_fit_together_end_the_command(void **state)
{
	static const struct answer rows[] = {
	    {DATA_BLOCK, 0, {0, 0, 2}, "\x90\x00", 2, CCID_HOST_DONE, CS_ERR_MALFORMED},
	    {DATA_BLOCK, 0, {0, 0, 3}, "\x90\x00", 2, CCID_HOST_DONE, CS_ERR_MALFORMED},
	    {DATA_BLOCK, 0, {0, 0, 0x10}, "", 0, CCID_HOST_DONE, CS_ERR_MALFORMED},
	    {DATA_BLOCK, 0, {0, 0, 9}, "\x90\x00", 2, CCID_HOST_DONE, CS_ERR_MALFORMED},
	    /* one that promises more without end, and brings nothing */
	    {DATA_BLOCK, 0, {0, 0, 1}, "", 0, CCID_HOST_DONE, CS_ERR_MALFORMED},
	    {DATA_BLOCK, 0, {0, 0, 1}, "\x01", 1, CCID_HOST_SEND, CS_OK},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_answer(&rows[i]);
}

/* ---- descriptors ---- */

static size_t own_descriptors(uint8_t *to, size_t room_len, enum usb_speed speed)
{
	static const struct usb_identity id = {.vendor = 1, .product = 2, .serial = 3};
	struct cs_writer w = cs_writer_of(to, room_len);

	usb_write_device(&w, &id);
	usb_write_configuration(&w, USB_CONFIGURATION, speed, false);
	assert_int_equal(cs_writer_done(&w), CS_OK);
	return cs_writer_view(&w).len;
}

static void our_token_is_known_by_its_class(void **state)
{
	uint8_t bytes[200];
	struct ccid_interface found[2];
	size_t count, len = own_descriptors(bytes, sizeof(bytes), USB_HIGH);

	(void)state;
	assert_int_equal(ccid_interfaces(cs_view(bytes, len), 1, found, 2, &count), CS_OK);
	assert_int_equal(count, 1);
	assert_int_equal(found[0].slots, 1);
	assert_int_equal(found[0].bulk_out, USB_BULK_OUT);
	assert_int_equal(found[0].bulk_in, USB_BULK_IN);
	assert_int_equal(found[0].packet_in, 512);
	assert_int_equal(found[0].packet_out, 512);
	assert_int_equal(found[0].message_max, CCID_MESSAGE_MAX);
	assert_int_equal(found[0].features, CCID_FEATURES);
	assert_null(ccid_interface_lacks(&found[0]));
	assert_false(ccid_interface_short(&found[0]));
	/* In another configuration there is none. */
	assert_int_equal(ccid_interfaces(cs_view(bytes, len), 2, found, 2, &count), CS_OK);
	assert_int_equal(count, 0);
}

static void descriptors_that_are_cut_or_lie_about_their_length_are_refused_or_empty(void **state)
{
	uint8_t bytes[200];
	struct ccid_interface found[2];
	size_t count, len = own_descriptors(bytes, sizeof(bytes), USB_FULL);

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		enum cs_err err = ccid_interfaces(cs_view(bytes, cut), 1, found, 2, &count);
		assert_true(err == CS_OK || err == CS_ERR_MALFORMED);
		/* Behind the second bulk pipe the reader is whole. */
		assert_int_equal(count, cut == len - 7 ? 1 : 0);
	}
	bytes[18] = 0;
	assert_int_equal(ccid_interfaces(cs_view(bytes, len), 1, found, 2, &count), CS_ERR_MALFORMED);
	assert_int_equal(count, 0);
}

static void readers_that_this_host_cannot_drive_are_refused_by_what_they_lack(void **state)
{
	struct ccid_interface i = {.features = 0x00010030u};

	(void)state;
	assert_non_null(strstr(ccid_interface_lacks(&i), "TPDU"));
	i.features = CCID_FEATURE_SHORT_APDU;
	assert_non_null(strstr(ccid_interface_lacks(&i), "parameters"));
	i.features = CCID_FEATURE_SHORT_APDU | 0x40u;
	assert_null(ccid_interface_lacks(&i));
	assert_true(ccid_interface_short(&i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_card_is_switched_on_and_off_and_its_atr_comes),
	    cmocka_unit_test(commands_and_responses_of_all_lengths_come_whole_over_messages_of_many_sizes),
	    cmocka_unit_test(a_response_of_64_kilobytes_comes_in_parts),
	    cmocka_unit_test(a_reader_that_asks_for_time_is_waited_for),
	    cmocka_unit_test(a_card_that_was_off_before_the_command_did_not_execute_it),
	    cmocka_unit_test(whether_a_card_that_went_off_executed_the_command_is_not_known),
	    cmocka_unit_test(a_card_that_goes_off_behind_its_first_part_is_gone),
	    cmocka_unit_test(a_response_that_does_not_fit_is_read_to_its_end_and_said_not_to),
	    cmocka_unit_test(what_another_program_left_under_way_is_aborted),
	    cmocka_unit_test(answers_to_others_are_passed_over),
	    cmocka_unit_test(each_complaint_of_a_reader_is_told_as_pcsc_tells_it),
	    cmocka_unit_test(chains_that_do_not_fit_together_end_the_command),
	    cmocka_unit_test(our_token_is_known_by_its_class),
	    cmocka_unit_test(descriptors_that_are_cut_or_lie_about_their_length_are_refused_or_empty),
	    cmocka_unit_test(readers_that_this_host_cannot_drive_are_refused_by_what_they_lack),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
