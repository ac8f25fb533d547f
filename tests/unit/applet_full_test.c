/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A full card, through its commands: what needs more room is answered 6A84 and changes nothing; PINs,
 * counters, replacing, deleting and erasing go on.
 */
#include "tests/unit/card_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/piv.h"
#include "base/tlv.h"
#include "base/ykoath.h"

#define SELECT_OATH  "00A4040007A0000005272101"
#define OBJECT_LEN   900u
#define GENERATE_82  "00470082 05 AC03800111 00"
#define HOTP	     "00010000 1B 7101 61 7316 1106 3132333435363738393031323334353637383930"
#define CALCULATE    "00A20001 03 7101 61 00"
#define NEW_PIN_PAIR "00240080 10 313233343536FFFF 343536313233FFFF"
#define UNBLOCK	     "002C0080 10 3132333435363738 313233343536FFFF"
#define WRONG_PUK    "002C0080 10 3837363534333231 343536313233FFFF"

static unsigned credentials;

/* An object of the retired certificates' tags, of len bytes of seed. */
static uint16_t put_object(struct fixture *f, unsigned n, size_t len, uint8_t seed)
{
	static uint8_t body[4096];
	struct cs_writer w = CS_WRITER_OF(body);
	const uint8_t tag[] = {0x5F, 0xC1, (uint8_t)(0x0D + n)};

	cs_tlv_write(&w, 0x5C, CS_VIEW_OF(tag));
	cs_tlv_write_header(&w, 0x53, len);
	cs_write_fill(&w, seed, len);
	assert_int_equal(cs_writer_done(&w), CS_OK);
	return fixture_command(f, PIV_INS_PUT_DATA, 0x3F, 0xFF, cs_writer_view(&w));
}

static void require_object(struct fixture *f, unsigned n, size_t len, uint8_t seed)
{
	const uint8_t tag[] = {0x5C, 3, 0x5F, 0xC1, (uint8_t)(0x0D + n)};
	struct cs_view value;

	assert_int_equal(fixture_command(f, PIV_INS_GET_DATA, 0x3F, 0xFF, CS_VIEW_OF(tag)), CS_SW_OK);
	assert_int_equal(cs_tlv_find(f->data, 0x53, &value), CS_OK);
	assert_int_equal(value.len, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(value.ptr[i], seed);
}

static uint16_t put_credential(struct fixture *f, unsigned n)
{
	char hex[120];

	(void)snprintf(hex, sizeof(hex),
		       "00010000 1E 7104 63%02X%02X%02X 7316 2106 3132333435363738393031323334353637383930",
		       '0' + n / 100, '0' + n / 10 % 10, '0' + n % 10);
	return fixture_send(f, hex);
}

/* Eight objects, a key, an HOTP credential; then credentials until there is room for none. */
static int setup_full(void **state)
{
	struct fixture *f;
	uint16_t sw = CS_SW_OK;

	if (fixture_setup_piv(state) != 0)
		return -1;
	f = *state;
	card_close(&f->card);
	flash_ram_free(f->flash);
	f->flash = flash_ram_new(2048, 20, 8);
	f->ports.flash = flash_ram_flash(f->flash);
	assert_int_equal(card_open(&f->card, &f->ports, CSGN_PROFILE_PIV), CS_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(f);
	for (unsigned n = 0; n < 8; n++)
		assert_int_equal(put_object(f, n, OBJECT_LEN, (uint8_t)n), CS_SW_OK);
	fixture_expect(f, "0047009E 05 AC03800111 00", CS_SW_OK);
	fixture_expect(f, SELECT_OATH, CS_SW_OK);
	fixture_expect(f, HOTP, CS_SW_OK);
	for (credentials = 0; sw == CS_SW_OK; credentials++)
		sw = put_credential(f, credentials);
	credentials--;
	assert_int_equal(sw, CS_SW_NO_SPACE);
	assert_true(credentials > 20 && credentials < 254);
	return 0;
}

static void manage(struct fixture *f)
{
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(f);
}

static void require_all_there(struct fixture *f)
{
	struct cs_reader r;
	struct cs_tlv t;
	unsigned listed = 0;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	for (unsigned n = 0; n < 8; n++)
		require_object(f, n, OBJECT_LEN, (uint8_t)n);
	fixture_expect(f, SELECT_OATH, CS_SW_OK);
	assert_int_equal(fixture_command(f, YKOATH_INS_LIST, 0, 0, CS_VIEW_EMPTY), CS_SW_OK);
	r = cs_reader_of(f->data);
	while (cs_tlv_read(&r, &t))
		listed++;
	assert_int_equal(listed, credentials + 1);
}

static void a_full_card_answers_6a84_and_is_as_it_was_whatever_is_asked_of_it(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 2; i++) {
		manage(f);
		assert_int_equal(put_object(f, 9, 1000, 1), CS_SW_NO_SPACE);
		assert_int_equal(put_object(f, 0, OBJECT_LEN + 1000, 1), CS_SW_NO_SPACE);
		fixture_expect(f, GENERATE_82, CS_SW_NO_SPACE);
		fixture_expect(f, "00F70082 00", CS_SW_REFERENCE_NOT_FOUND);
		require_all_there(f);
		assert_int_equal(put_credential(f, credentials), CS_SW_NO_SPACE);
		require_all_there(f);
		assert_int_equal(fixture_power_cycle(f), CS_OK);
		require_all_there(f);
	}
}

static void pins_are_verified_blocked_changed_and_unblocked_on_a_full_card(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	for (int i = 0; i < 30; i++) {
		fixture_expect(f, WRONG_PIN, 0x63C2);
		fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	}
	fixture_expect(f, NEW_PIN_PAIR, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, 0x63C2);
	fixture_expect(f, VERIFY_PIN, 0x63C1);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, 0x63C0);
	fixture_expect(f, VERIFY_PIN, CS_SW_BLOCKED);
	fixture_expect(f, UNBLOCK, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	require_all_there(f);
}

static void hotp_counters_go_on_on_a_full_card(void **state)
{
	/* RFC 4226, appendix D */
	static const char *const truncated[] = {"4C93CF18", "41397EEA", "082FEF30", "66EF7655", "61C5938A",
						"33C083D4", "7256C032", "04E5B397", "2823443F", "2679DC69"};
	struct fixture *f = *state;

	fixture_expect(f, SELECT_OATH, CS_SW_OK);
	for (size_t i = 0; i < sizeof(truncated) / sizeof(truncated[0]); i++) {
		fixture_expect(f, CALCULATE, CS_SW_OK);
		assert_true(fixture_answer_has(f, truncated[i]));
	}
	for (int i = 0; i < 300; i++)
		fixture_expect(f, CALCULATE, CS_SW_OK);
	require_all_there(f);
}

static void what_is_replaced_or_deleted_makes_room_on_a_full_card(void **state)
{
	struct fixture *f = *state;

	manage(f);
	for (uint8_t round = 1; round < 20; round++)
		assert_int_equal(put_object(f, 3, OBJECT_LEN, round), CS_SW_OK);
	require_object(f, 3, OBJECT_LEN, 19);
	assert_int_equal(put_object(f, 3, OBJECT_LEN - 100, 3), CS_SW_OK);
	require_object(f, 3, OBJECT_LEN - 100, 3);
	assert_int_equal(put_object(f, 4, 0, 0), CS_SW_OK); /* deleted */
	fixture_expect(f, GENERATE_82, CS_SW_OK);
	fixture_expect(f, SELECT_OATH, CS_SW_OK);
	fixture_expect(f, "00020000 06 7104 63303030", CS_SW_OK);
	assert_int_equal(put_credential(f, 0), CS_SW_OK);
}

static void a_full_card_is_reset(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	for (int i = 0; i < 3; i++) {
		(void)fixture_send(f, WRONG_PIN);
		(void)fixture_send(f, WRONG_PUK);
	}
	fixture_expect(f, "00FB0000", CS_SW_OK);
	manage(f);
	assert_int_equal(put_object(f, 9, 1000, 1), CS_SW_OK);
	fixture_expect(f, GENERATE_82, CS_SW_OK);
	fixture_expect(f, SELECT_OATH, CS_SW_OK);
	fixture_expect(f, CALCULATE, CS_SW_OK); /* OATH is not PIV's to erase */
	fixture_expect(f, "0004DEAD", CS_SW_OK);
	assert_int_equal(put_credential(f, 1), CS_SW_OK);
}

static void the_oath_application_of_a_full_card_is_reset(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_OATH, CS_SW_OK);
	fixture_expect(f, "0004DEAD", CS_SW_OK);
	for (unsigned n = 0; n < credentials; n++)
		assert_int_equal(put_credential(f, n), CS_SW_OK);
}

static void a_full_card_is_initialised_anew(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "80020000 10 9008 3837363534333031 8404 54657374", CS_SW_OK);
	fixture_expect(f, SELECT_OATH, CS_SW_OK);
	fixture_expect(f, "00A10000 00", CS_SW_OK);
	assert_int_equal(f->data.len, 0);
}

int main(void)
{
#define FULL(name) cmocka_unit_test_setup_teardown(name, setup_full, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    FULL(a_full_card_answers_6a84_and_is_as_it_was_whatever_is_asked_of_it),
	    FULL(pins_are_verified_blocked_changed_and_unblocked_on_a_full_card),
	    FULL(hotp_counters_go_on_on_a_full_card),
	    FULL(what_is_replaced_or_deleted_makes_room_on_a_full_card),
	    FULL(a_full_card_is_reset),
	    FULL(the_oath_application_of_a_full_card_is_reset),
	    FULL(a_full_card_is_initialised_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
