/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PIV secure messaging against a host that is written apart from the card, with libcrypto: SP 800-73-5 part
 * 2, section 4.
 */
#include "tests/unit/piv_sm_host.h"

#include <string.h>

#include "applet/records.h"
#include "base/tlv.h"

static void a_card_without_the_key_has_no_secure_messaging(void **state)
{
	struct fixture *f = *state;
	uint8_t point[97];
	size_t len = 0;
	EVP_PKEY *own = host_ephemeral(HOST_CS2, point, &len);

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	assert_false(fixture_answer_has(f, "800127"));
	assert_int_equal(host_send_establish(f, HOST_CS2, 0, cs_view(point, len)), CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, "0CFD0000 0A 8E080000000000000000 00", CS_SW_SM_UNSUPPORTED);
	fixture_expect(f, "00CB3FFF 03 5C017E 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "5F2F02 4000"));
	fixture_expect(f, HOST_CS2->generate, CS_SW_SECURITY_STATUS);
	EVP_PKEY_free(own);
}

static void both_suites_read_verify_and_sign_in_a_session(void **state)
{
	struct fixture *f = *state;
	struct host h;

	for (size_t i = 0; i < 2; i++) {
		const struct host_suite *suite = &host_suites[i];

		host_prepare(f, suite);
		assert_true(fixture_answer_has(f, i ? "80012E" : "800127"));
		fixture_authenticate_management(f);
		fixture_expect(f, "0047009A 05 AC03800111 00", CS_SW_OK);
		card_reset(&f->card);
		fixture_expect(f, SELECT_PIV, CS_SW_OK);
		host_establish(f, suite, &h);
		assert_int_equal(host_command_hex(f, &h, PIV_INS_GET_DATA, 0x3FFF, "5C015E"),
				 CS_SW_NOT_FOUND);
		assert_int_equal(host_command_hex(f, &h, PIV_INS_GET_DATA, 0x3FFF, "5C017E"), CS_SW_OK);
		assert_int_equal(h.len, 20);
		assert_int_equal(host_command_hex(f, &h, ISO_INS_VERIFY, 0x0080, "363534333231FFFF"), 0x63C2);
		assert_int_equal(host_command_hex(f, &h, ISO_INS_VERIFY, 0x0080, "313233343536FFFF"),
				 CS_SW_OK);
		assert_int_equal(host_command(f, &h, ISO_INS_VERIFY, 0x0080, CS_VIEW_EMPTY), CS_SW_OK);
		assert_int_equal(
		    host_command_hex(f, &h, PIV_INS_AUTHENTICATE, 0x119A, "7C08 8200 8104 01020304"),
		    CS_SW_OK);
		assert_int_equal(h.data[0], 0x7C);
		/* data of whole blocks */
		assert_int_equal(host_command_hex(f, &h, ISO_INS_CHANGE_REFERENCE_DATA, 0x0080,
						  "313233343536FFFF 313233343536FFFF"),
				 CS_SW_OK);
	}
}

static void long_objects_come_in_pieces(void **state)
{
	struct fixture *f = *state;
	static uint8_t raw[5000], whole[5000];
	const uint8_t tag[] = {0x5C, 0x03, 0x5F, 0xFF, 0x01};
	const struct cs_apdu cmd = {
	    .ins = PIV_INS_GET_DATA, .p1 = 0x3F, .p2 = 0xFF, .data = CS_VIEW_OF(tag), .ne = 256};
	struct cs_view sealed;
	struct host h;
	size_t len = 0;
	uint16_t sw;

	host_prepare(f, HOST_CS2);
	host_establish(f, HOST_CS2, &h);
	sealed = host_seal(&h, &cmd, raw);
	/* the same as a short command: chained in two pieces */
	uint8_t piece[64] = {0x1C, 0xCB, 0x3F, 0xFF, 10};
	memcpy(piece + 5, sealed.ptr + 7, 10);
	assert_int_equal(fixture_send_view(f, cs_view(piece, 15)), CS_SW_OK);
	size_t rest = sealed.len - 7 - 2 - 10;
	piece[0] = 0x0C;
	piece[4] = (uint8_t)rest;
	memcpy(piece + 5, sealed.ptr + 17, rest);
	piece[5 + rest] = 0;
	sw = fixture_send_view(f, cs_view(piece, 6 + rest));
	while (true) {
		memcpy(whole + len, f->data.ptr, f->data.len);
		len += f->data.len;
		if (sw >> 8 != 0x61)
			break;
		sw = fixture_send(f, len % 2 ? "00C00000 00" : "0CC00000 00");
	}
	assert_int_equal(sw, CS_SW_OK);
	host_open_answer(&h, cs_view(whole, len));
	assert_int_equal(h.sw, CS_SW_OK);
	assert_true(h.len > 300);
	for (size_t i = 0; i < sizeof(f->card.command); i++)
		assert_int_equal(f->card.command[i], 0);
}

static void what_is_not_a_beginning_is_refused(void **state)
{
	struct fixture *f = *state;
	uint8_t point[97];
	size_t len = 0;
	EVP_PKEY *own = host_ephemeral(HOST_CS2, point, &len);
	struct host h;

	host_prepare(f, HOST_CS2);
	assert_int_equal(host_send_establish(f, HOST_CS2, 0x80, cs_view(point, len)), CS_SW_WRONG_DATA);
	assert_int_equal(host_send_establish(f, HOST_CS2, 0, cs_view(point, len - 1)), CS_SW_WRONG_DATA);
	assert_int_equal(host_send_establish(f, HOST_CS7, 0, cs_view(point, len)), CS_SW_WRONG_P1P2);
	point[40] ^= 1; /* not on the curve */
	assert_int_equal(host_send_establish(f, HOST_CS2, 0, cs_view(point, len)), CS_SW_WRONG_DATA);
	assert_int_equal(f->card.channels[0].sm.piv.key_len, 0);
	/* the key does nothing else */
	fixture_expect(f, "00871104 0A 7C08 8200 8104 01020304 00", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00F70004 00", CS_SW_REFERENCE_NOT_FOUND);
	/* nor is it established within itself */
	host_establish(f, HOST_CS2, &h);
	assert_int_equal(host_command_hex(f, &h, PIV_INS_AUTHENTICATE, 0x2704, "7C028200"), CS_SW_CONDITIONS);
	EVP_PKEY_free(own);
}

static struct cs_view sealed_verify(struct host *h, uint8_t raw[5000])
{
	static const uint8_t pin[] = {'1', '2', '3', '4', '5', '6', 0xFF, 0xFF};
	const struct cs_apdu cmd = {.ins = ISO_INS_VERIFY, .p2 = 0x80, .data = CS_VIEW_OF(pin)};

	return host_seal(h, &cmd, raw);
}

static void no_bit_of_a_command_can_be_changed(void **state)
{
	struct fixture *f = *state;
	static uint8_t raw[5000];
	struct host h;

	host_prepare(f, HOST_CS2);
	for (size_t bit = 8; bit < 8u * (7 + 29); bit++) {
		struct cs_view a;
		uint16_t sw;

		if (bit / 8 >= 4 && bit / 8 < 7)
			continue; /* the length: see the next test */
		host_establish(f, HOST_CS2, &h);
		a = sealed_verify(&h, raw);
		raw[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		sw = fixture_send_view(f, a);
		assert_true(sw == CS_SW_SM_INCORRECT || sw == CS_SW_SM_MISSING);
		assert_int_equal(f->card.channels[0].sm.piv.key_len, 0);
		fixture_expect(f, "00200080", 0x63C3);
		fixture_expect(f, "0CFD0000 0A 8E080000000000000000 00", CS_SW_SM_INCORRECT);
	}
}

static void a_command_is_heard_once_whole_and_in_its_order(void **state)
{
	struct fixture *f = *state;
	static uint8_t raw[5000], second[5000];
	struct cs_view a, b;
	struct host h;

	host_prepare(f, HOST_CS2);
	for (size_t lc = 0; lc < 40; lc++) {
		host_establish(f, HOST_CS2, &h);
		memset(raw, 0, sizeof(raw));
		a = sealed_verify(&h, raw);
		if (lc == a.len - 9)
			continue;
		raw[6] = (uint8_t)lc;
		memset(raw + 7 + lc, 0, 2);
		assert_true(fixture_send_view(f, cs_view(raw, 9 + lc)) >> 8 == 0x69);
		assert_int_equal(f->card.channels[0].sm.piv.key_len, 0);
		fixture_expect(f, "00200080", 0x63C3);
	}
	host_establish(f, HOST_CS2, &h);
	a = sealed_verify(&h, raw);
	h.counter++;
	b = sealed_verify(&h, second);
	assert_int_equal(fixture_send_view(f, b), CS_SW_SM_INCORRECT);
	assert_int_equal(fixture_send_view(f, a), CS_SW_SM_INCORRECT);
	fixture_expect(f, "00200080", 0x63C3);
	host_establish(f, HOST_CS2, &h);
	a = sealed_verify(&h, raw);
	assert_int_equal(fixture_send_view(f, a), CS_SW_OK);
	host_open_answer(&h, f->data);
	fixture_expect(f, "0020FF80", CS_SW_OK); /* a plain command in between is none of its business */
	assert_int_equal(fixture_send_view(f, a), CS_SW_SM_INCORRECT);
	fixture_expect(f, "00200080", 0x63C3);
}

/* Both halves of it, from the wire. */
static void a_recorded_session_is_of_no_use(void **state)
{
	struct fixture *f = *state;
	static uint8_t raw[5000], first[400], again[400];
	uint8_t point[97];
	size_t len = 0, first_len;
	EVP_PKEY *own = host_ephemeral(HOST_CS2, point, &len);
	struct host h;
	struct cs_view verify;

	host_prepare(f, HOST_CS2);
	assert_int_equal(host_send_establish(f, HOST_CS2, 0, cs_view(point, len)), CS_SW_OK);
	first_len = f->data.len;
	memcpy(first, f->data.ptr, first_len);
	/* the same host, the same point: other keys */
	memcpy(again, f->card.channels[0].sm.piv.mac, 16);
	assert_int_equal(host_send_establish(f, HOST_CS2, 0, cs_view(point, len)), CS_SW_OK);
	assert_int_equal(f->data.len, first_len);
	assert_memory_not_equal(f->data.ptr, first, first_len);
	assert_memory_not_equal(f->card.channels[0].sm.piv.mac, again, 16);
	host_establish(f, HOST_CS2, &h);
	verify = sealed_verify(&h, raw);
	assert_int_equal(host_send_establish(f, HOST_CS2, 0, cs_view(point, len)), CS_SW_OK);
	assert_int_equal(fixture_send_view(f, verify), CS_SW_SM_INCORRECT);
	fixture_expect(f, "00200080", 0x63C3);
	EVP_PKEY_free(own);
}

static void a_session_ends_with_reset_selection_and_channel(void **state)
{
	struct fixture *f = *state;
	static uint8_t raw[5000];
	struct cs_view a;
	struct host h;

	host_prepare(f, HOST_CS2);
	host_establish(f, HOST_CS2, &h);
	a = sealed_verify(&h, raw);
	fixture_expect(f, "00700000 01", CS_SW_OK);
	fixture_expect(f, "01A40400 05 A000000308", CS_SW_OK);
	raw[0] = 0x0D;
	assert_int_equal(fixture_send_view(f, a), CS_SW_SM_INCORRECT);
	raw[0] = 0x0C;
	assert_int_equal(fixture_send_view(f, a), CS_SW_OK);
	host_establish(f, HOST_CS2, &h);
	a = sealed_verify(&h, raw);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	assert_int_equal(fixture_send_view(f, a), CS_SW_SM_INCORRECT);
	host_establish(f, HOST_CS2, &h);
	a = sealed_verify(&h, raw);
	card_reset(&f->card);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	assert_int_equal(fixture_send_view(f, a), CS_SW_SM_INCORRECT);
	fixture_expect(f, "00200080", 0x63C3);
}

static void the_pairing_code_opens_the_virtual_contact_interface(void **state)
{
	struct fixture *f = *state;
	struct host h;

	host_prepare(f, HOST_CS2);
	fixture_expect(f, "00CB3FFF 03 5C017E 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "5F2F02 4C00"));
	host_establish(f, HOST_CS2, &h);
	assert_int_equal(f->card.channels[0].security, SECURITY_VCI);
	assert_int_equal(host_command_hex(f, &h, ISO_INS_VERIFY, 0x0098, "3132333435363738"),
			 CS_SW_REFERENCE_NOT_FOUND);
	fixture_authenticate_management(f);
	fixture_expect(f, "00DB3FFF 13 5C035FC123 530C 9908 3132333435363738 FE00", CS_SW_OK);
	fixture_expect(f, "00CB3FFF 03 5C017E 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "5F2F02 4800"));
	host_establish(f, HOST_CS2, &h);
	assert_int_equal(f->card.channels[0].security & SECURITY_VCI, 0);
	assert_int_equal(host_command_hex(f, &h, ISO_INS_VERIFY, 0x0098, "3132333435363739"),
			 CS_SW_SECURITY_STATUS);
	assert_int_equal(host_command(f, &h, ISO_INS_VERIFY, 0x0098, CS_VIEW_EMPTY), CS_SW_SECURITY_STATUS);
	assert_int_equal(host_command_hex(f, &h, ISO_INS_VERIFY, 0x0098, "3132333435363738"), CS_SW_OK);
	assert_int_equal(host_command(f, &h, ISO_INS_VERIFY, 0x0098, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(host_command_hex(f, &h, ISO_INS_VERIFY, 0x0098, "31323334353637"),
			 CS_SW_WRONG_LENGTH);
	assert_int_equal(f->card.channels[0].security & SECURITY_VCI, SECURITY_VCI);
	/* not in the clear */
	fixture_expect(f, "00200098 08 3132333435363738", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "0CFD0000 0A 8E080000000000000000 00", CS_SW_SM_INCORRECT);
	assert_int_equal(f->card.channels[0].security & SECURITY_VCI, 0);
}

static void the_key_goes_with_the_cards_content_and_no_command_reads_it(void **state)
{
	struct fixture *f = *state;
	struct host h;

	host_prepare(f, HOST_CS2);
	for (unsigned i = 0; i < 3; i++) {
		(void)fixture_send(f, WRONG_PIN);
		(void)fixture_send(f, "002C0080 10 3635343332313131 363534333231FFFF");
	}
	host_establish(f, HOST_CS2, &h);
	assert_int_equal(host_command(f, &h, PIV_INS_RESET, 0, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(f->card.channels[0].sm.piv.key_len, 0);
	assert_false(store_has(&f->card.store, RECORD_PIV_SM_KEY));
	fixture_expect(f, "00CB3FFF 05 5C035FFF04 00", CS_SW_NOT_FOUND);
}

/* An administrator's session is a closer one: PIV's does not open it, and ends it. */
static void scp03_and_piv_sessions_do_not_mix(void **state)
{
	struct fixture *f = *state;
	struct host h;

	host_prepare(f, HOST_CS2);
	host_establish(f, HOST_CS2, &h);
	fixture_expect(f, "04FD0000 08 0000000000000000", CS_SW_SECURITY_STATUS);
	assert_int_equal(host_command_hex(f, &h, PIV_INS_PUT_DATA, 0x3FFF, "5C035FC1065301AA"),
			 CS_SW_SECURITY_STATUS);
	f->card.channels[0].sm.scp.level = SCP03_ALL;
	f->card.channels[0].security |= SECURITY_SCP;
	fixture_expect(f, "0CFD0000 0A 8E080000000000000000 00", CS_SW_SECURITY_STATUS);
	assert_int_equal(f->card.channels[0].security, 0);
	assert_int_equal(f->card.channels[0].sm.scp.level, 0);
	assert_int_equal(f->card.channels[0].sm.piv.key_len, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup_piv, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(a_card_without_the_key_has_no_secure_messaging),
	    CASE(both_suites_read_verify_and_sign_in_a_session),
	    CASE(long_objects_come_in_pieces),
	    CASE(what_is_not_a_beginning_is_refused),
	    CASE(no_bit_of_a_command_can_be_changed),
	    CASE(a_command_is_heard_once_whole_and_in_its_order),
	    CASE(a_recorded_session_is_of_no_use),
	    CASE(a_session_ends_with_reset_selection_and_channel),
	    CASE(the_pairing_code_opens_the_virtual_contact_interface),
	    CASE(the_key_goes_with_the_cards_content_and_no_command_reads_it),
	    CASE(scp03_and_piv_sessions_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
