/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Several programs on one USB token: cardclient/usb_link.c over a mock of usb_lib.h, whose device is the
 * device's own CCID (applet/port/ccid.c) with a card that knows a PIN and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "applet/port/ccid.h"
#include "cardclient/usb.h"

#define ATR "\x3B\x80\x01\x81"

static const uint8_t verify[] = {0x00, 0x20, 0x00, 0x80, 0x04, 0x31, 0x32, 0x33, 0x34};
static const uint8_t sign[] = {0x00, 0x87, 0x11, 0x9A, 0x00};

/* The device, and who has it. */
static struct bus {
	struct ccid ccid;
	const struct usb_device *claimed_by;
	struct timespec used;
	uint8_t answer[CCID_MESSAGE_MAX];
	size_t answer_len, answer_read;
	bool proved;
	unsigned powered, messages;
	bool breaks; /* the next read brings a part, and an error */
	uint8_t *read_to;
} bus;

/* ---- the mock of usb_lib.h and usb_claim.c ---- */

static void use(void)
{
	if (++bus.used.tv_nsec == 1000000000L)
		bus.used.tv_nsec = 0;
}

enum cs_err usb_device_open(struct usb_device *d, const char *node, const struct ccid_interface *interface)
{
	(void)node;
	*d = (struct usb_device){.interface = *interface, .fd = 0};
	return CS_OK;
}

void usb_device_close(struct usb_device *d)
{
	usb_release(d);
}

void usb_device_forget(struct usb_device *d)
{
	usb_release(d);
}

enum cs_err usb_claim_wait(struct usb_device *d, const char *node, unsigned ms)
{
	(void)node;
	(void)ms;
	if (bus.claimed_by != NULL)
		return CS_ERR_BUSY;
	bus.claimed_by = d;
	d->claimed = true;
	return CS_OK;
}

void usb_release(struct usb_device *d)
{
	if (bus.claimed_by == d)
		bus.claimed_by = NULL;
	d->claimed = false;
}

uint64_t usb_now_ms(void)
{
	return 0;
}

struct timespec usb_last_used(const struct usb_device *d)
{
	(void)d;
	return bus.used;
}

bool usb_last_used_settled(const struct usb_device *d, struct timespec *out)
{
	*out = usb_last_used(d);
	return true;
}

enum cs_err usb_abort(struct usb_device *d, uint16_t value, unsigned ms)
{
	(void)d;
	(void)value;
	(void)ms;
	return CS_ERR_IO;
}

static struct cs_view execute(struct cs_view command)
{
	bool is_verify = command.ptr[1] == verify[1];

	bus.proved |= is_verify;
	return is_verify || bus.proved ? CS_VIEW_TEXT("\x90\x00") : CS_VIEW_TEXT("\x69\x82");
}

static enum ccid_next power(bool on, struct cs_writer *w)
{
	bus.proved = false;
	bus.powered += on;
	return ccid_powered(&bus.ccid, on ? CS_VIEW_TEXT(ATR) : CS_VIEW_EMPTY, w);
}

enum cs_err usb_send(struct usb_device *d, struct cs_view bytes, unsigned ms)
{
	struct cs_writer w = CS_WRITER_OF(bus.answer);
	size_t packet = d->interface.packet_in;
	enum ccid_next next = CCID_IDLE;

	(void)ms;
	assert_ptr_equal(bus.claimed_by, d);
	use();
	bus.messages++;
	for (size_t at = 0; at < bytes.len; at += packet) {
		size_t len = bytes.len - at < packet ? bytes.len - at : packet;
		next = ccid_receive(&bus.ccid, cs_view(bytes.ptr + at, len), len < packet, &w);
	}
	if (next == CCID_EXECUTE)
		next = ccid_executed(&bus.ccid, execute(ccid_command(&bus.ccid)), &w);
	else if (next == CCID_POWER_ON || next == CCID_POWER_OFF)
		next = power(next == CCID_POWER_ON, &w);
	assert_int_equal(next, CCID_SEND);
	bus.answer_len = cs_writer_view(&w).len;
	bus.answer_read = 0;
	return CS_OK;
}

enum cs_err usb_receive(struct usb_device *d, uint8_t *to, size_t len, unsigned ms, size_t *got)
{
	size_t there = bus.answer_len - bus.answer_read;

	(void)ms;
	assert_ptr_equal(bus.claimed_by, d);
	use();
	*got = there < len ? there : len;
	memcpy(to, bus.answer + bus.answer_read, *got);
	bus.answer_read += *got;
	bus.read_to = to;
	if (!bus.breaks)
		return *got > 0 ? CS_OK : CS_ERR_TIMEOUT;
	bus.breaks = false;
	return CS_ERR_REMOVED;
}

/* ---- programs ---- */

static int setup(void **state)
{
	(void)state;
	memset(&bus, 0, sizeof(bus));
	ccid_init(&bus.ccid);
	return clock_gettime(CLOCK_REALTIME, &bus.used);
}

static void *connect_packets(uint16_t packet)
{
	const struct usb_slot slot = {.interface = {.packet_in = packet,
						    .packet_out = packet,
						    .slots = 1,
						    .voltages = 7,
						    .features = CCID_FEATURES,
						    .message_max = CCID_MESSAGE_MAX}};
	uint8_t atr[CC_ATR_MAX];
	struct cs_writer w = CS_WRITER_OF(atr);
	void *link = NULL;

	assert_int_equal(usb_link_connect(&slot, &link, &w), CS_OK);
	assert_true(cs_view_equal(cs_writer_view(&w), CS_VIEW_TEXT(ATR)));
	return link;
}

static void *connect_link(void)
{
	return connect_packets(64);
}

/* As card.c does. */
static void begin(void *link)
{
	enum cs_err err = usb_link_begin(link);

	if (err == CS_ERR_STATE) {
		assert_int_equal(usb_link_reconnect(link), CS_OK);
		err = usb_link_begin(link);
	}
	assert_int_equal(err, CS_OK);
}

static unsigned command(void *link, struct cs_view apdu)
{
	uint8_t got[16];
	struct cs_writer w = CS_WRITER_OF(got);

	assert_int_equal(usb_link_transmit(link, apdu, &w), CS_OK);
	assert_int_equal(w.len, 2);
	return (unsigned)got[0] << 8 | got[1];
}

static unsigned in_transaction(void *link, struct cs_view apdu)
{
	begin(link);
	unsigned sw = command(link, apdu);
	usb_link_end(link);
	return sw;
}

/* ---- tests ---- */

static void a_pin_that_one_program_proved_is_not_another_s_that_was_connected_before(void **state)
{
	void *a = connect_link(), *b = connect_link();

	(void)state;
	assert_int_equal(in_transaction(a, CS_VIEW_OF(verify)), 0x9000);
	assert_int_equal(in_transaction(a, CS_VIEW_OF(sign)), 0x9000);
	assert_int_equal(in_transaction(b, CS_VIEW_OF(sign)), 0x6982);
	/* Nor is it the first one's any more, who is told so before his command is sent. */
	assert_int_equal(usb_link_begin(a), CS_ERR_STATE);
	assert_int_equal(in_transaction(a, CS_VIEW_OF(sign)), 0x6982);
	usb_link_disconnect(a);
	usb_link_disconnect(b);
}

static void nor_for_a_command_of_its_own(void **state)
{
	void *a = connect_link(), *b = connect_link();
	uint8_t got[16];
	struct cs_writer w = CS_WRITER_OF(got);

	(void)state;
	assert_int_equal(in_transaction(a, CS_VIEW_OF(verify)), 0x9000);
	assert_int_equal(usb_link_transmit(b, CS_VIEW_OF(sign), &w), CS_ERR_STATE);
	assert_int_equal(usb_link_reconnect(b), CS_OK);
	assert_int_equal(command(b, CS_VIEW_OF(sign)), 0x6982);
	usb_link_disconnect(a);
	usb_link_disconnect(b);
}

static void a_program_that_leaves_takes_its_pin_with_it(void **state)
{
	void *a = connect_link();

	(void)state;
	assert_int_equal(in_transaction(a, CS_VIEW_OF(verify)), 0x9000);
	assert_true(bus.proved);
	usb_link_disconnect(a);
	assert_false(bus.proved);
	assert_false(bus.ccid.on);
	assert_null(bus.claimed_by);
}

static void also_out_of_a_transaction(void **state)
{
	void *a = connect_link();

	(void)state;
	begin(a);
	assert_int_equal(command(a, CS_VIEW_OF(verify)), 0x9000);
	usb_link_disconnect(a);
	assert_false(bus.proved);
	assert_null(bus.claimed_by);
}

static void but_not_another_s(void **state)
{
	void *a = connect_link(), *b = connect_link();

	(void)state;
	assert_int_equal(in_transaction(a, CS_VIEW_OF(verify)), 0x9000);
	assert_int_equal(in_transaction(b, CS_VIEW_OF(verify)), 0x9000);
	usb_link_disconnect(a);
	assert_int_equal(in_transaction(b, CS_VIEW_OF(sign)), 0x9000);
	/* Nor does one that comes to its end while another is at work. */
	void *c = connect_link();
	begin(b);
	usb_link_disconnect(c);
	assert_int_equal(command(b, CS_VIEW_OF(verify)), 0x9000);
	usb_link_end(b);
	usb_link_disconnect(b);
	assert_false(bus.proved);
}

static void a_reset_that_is_asked_for_ends_what_was_proved_and_not_the_transaction(void **state)
{
	void *a = connect_link();
	unsigned powered = bus.powered;

	(void)state;
	begin(a);
	assert_int_equal(command(a, CS_VIEW_OF(verify)), 0x9000);
	assert_int_equal(usb_link_reset(a), CS_OK);
	assert_int_equal(bus.powered, powered + 1);
	assert_int_equal(command(a, CS_VIEW_OF(sign)), 0x6982);
	assert_non_null(bus.claimed_by);
	usb_link_end(a);
	assert_int_equal(in_transaction(a, CS_VIEW_OF(verify)), 0x9000);
	usb_link_disconnect(a);
}

static void the_one_program_of_a_card_sends_no_message_that_is_no_command(void **state)
{
	void *a = connect_link();
	unsigned before = bus.messages, powered = bus.powered;

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(in_transaction(a, CS_VIEW_OF(verify)), 0x9000);
	assert_int_equal(bus.messages, before + 10);
	assert_int_equal(bus.powered, powered);
	usb_link_disconnect(a);
}

/* A bus reset, of which its node tells nothing: after a suspend. */
static void a_card_that_lost_its_power_meanwhile_is_told_of_before_a_command_is_sent(void **state)
{
	void *a = connect_link();

	(void)state;
	bus.used.tv_sec -= 60;
	assert_int_equal(in_transaction(a, CS_VIEW_OF(verify)), 0x9000);
	ccid_wipe(&bus.ccid);
	bus.proved = false;
	assert_int_equal(usb_link_begin(a), CS_ERR_STATE);
	assert_int_equal(in_transaction(a, CS_VIEW_OF(sign)), 0x6982);
	usb_link_disconnect(a);
}

static void and_one_that_loses_it_in_a_transaction_is_gone(void **state)
{
	void *a = connect_link();
	uint8_t got[16];
	struct cs_writer w = CS_WRITER_OF(got);

	(void)state;
	begin(a);
	ccid_wipe(&bus.ccid);
	assert_int_equal(usb_link_transmit(a, CS_VIEW_OF(sign), &w), CS_ERR_REMOVED);
	usb_link_disconnect(a);
}

static void an_end_after_a_command_that_ended_the_transaction_notes_no_other_s_use_for_ours(void **state)
{
	void *a = connect_link(), *b = connect_link();
	uint8_t got[16];
	struct cs_writer w = CS_WRITER_OF(got);

	(void)state;
	begin(a);
	bus.breaks = true;
	assert_int_equal(usb_link_transmit(a, CS_VIEW_OF(sign), &w), CS_ERR_REMOVED);
	assert_int_equal(in_transaction(b, CS_VIEW_OF(verify)), 0x9000);
	usb_link_end(a);
	assert_int_equal(usb_link_begin(a), CS_ERR_STATE);
	assert_int_equal(in_transaction(a, CS_VIEW_OF(sign)), 0x6982);
	usb_link_disconnect(a);
	usb_link_disconnect(b);
}

static void messages_come_whole_in_packets_that_are_shorter_than_their_header(void **state)
{
	void *a = connect_packets(8);

	(void)state;
	assert_int_equal(in_transaction(a, CS_VIEW_OF(verify)), 0x9000);
	usb_link_disconnect(a);
}

static void what_a_read_brought_that_failed_is_wiped(void **state)
{
	static const uint8_t nothing[12];
	void *a = connect_link();
	uint8_t got[16];
	struct cs_writer w = CS_WRITER_OF(got);

	(void)state;
	begin(a);
	bus.breaks = true;
	assert_int_equal(usb_link_transmit(a, CS_VIEW_OF(verify), &w), CS_ERR_REMOVED);
	assert_memory_equal(bus.read_to, nothing, sizeof(nothing));
	usb_link_disconnect(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(a_pin_that_one_program_proved_is_not_another_s_that_was_connected_before,
				   setup),
	    cmocka_unit_test_setup(nor_for_a_command_of_its_own, setup),
	    cmocka_unit_test_setup(a_program_that_leaves_takes_its_pin_with_it, setup),
	    cmocka_unit_test_setup(also_out_of_a_transaction, setup),
	    cmocka_unit_test_setup(but_not_another_s, setup),
	    cmocka_unit_test_setup(a_reset_that_is_asked_for_ends_what_was_proved_and_not_the_transaction,
				   setup),
	    cmocka_unit_test_setup(the_one_program_of_a_card_sends_no_message_that_is_no_command, setup),
	    cmocka_unit_test_setup(a_card_that_lost_its_power_meanwhile_is_told_of_before_a_command_is_sent,
				   setup),
	    cmocka_unit_test_setup(and_one_that_loses_it_in_a_transaction_is_gone, setup),
	    cmocka_unit_test_setup(
		an_end_after_a_command_that_ended_the_transaction_notes_no_other_s_use_for_ours, setup),
	    cmocka_unit_test_setup(messages_come_whole_in_packets_that_are_shorter_than_their_header, setup),
	    cmocka_unit_test_setup(what_a_read_brought_that_failed_is_wiped, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
