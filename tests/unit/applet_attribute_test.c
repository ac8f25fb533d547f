/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Attributes of objects: who sets them, how long they live, where they go with their object, and what they
 * keep closed.
 */
#include "tests/unit/card_fixture.h"

#include <string.h>

#include "applet/attribute.h"
#include "applet/records.h"
#include "base/tlv.h"

#define GENERATE_9E "0047009E 05 AC03800111 00"
#define SCALAR	    "0620 0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20"
#define LABEL_9E    "80110000 0A 92019E A105 8003616263"
#define PUT_CERT    "00DB3FFF 0C 5C035FC105 5305 7003010203"
#define LABEL_CERT  "80110000 0C 92035FC105 A105 8003616263"
#define OBJECT_30   "80110000 11 92035FFF30 A104 82020001 5304 AABBCCDD"
#define GET_30	    "00CB3FFF 05 5C035FFF30 00"
#define INVENTORY   "80100000 000000"

static int setup(void **state)
{
	return fixture_setup_user(state, SELECT_PIV);
}

static bool told(struct fixture *f, const char *hex)
{
	fixture_expect(f, INVENTORY, CS_SW_OK);
	return fixture_answer_has(f, hex);
}

static void labels_ids_and_flags_are_told_with_their_object(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_9E, CS_SW_OK);
	fixture_expect(f, "80110000 16 92019E A111 8003616263 81020102 82024000 83020304", CS_SW_OK);
	assert_true(told(f, "A111 8003616263 81020102 82024000 83020304"));
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	assert_true(told(f, "A111 8003616263 81020102 82024000 83020304"));
}

static void setting_replaces_all_of_them_and_nothing_takes_them_away(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_9E, CS_SW_OK);
	fixture_expect(f, LABEL_9E, CS_SW_OK);
	fixture_expect(f, "80110000 08 92019E A103 810107", CS_SW_OK);
	assert_true(told(f, "A103 810107"));
	assert_false(fixture_answer_has(f, "8003616263"));
	fixture_expect(f, "80110000 05 92019E A100", CS_SW_OK);
	assert_false(told(f, "A103 810107"));
	assert_false(store_has(&f->card.store, RECORD_ATTRIBUTES_FIRST + PIV_SLOT_CARD_AUTHENTICATION));
}

static void what_is_malformed_or_too_long_is_refused(void **state)
{
	static const char *const wrong[] = {
	    "80110000 06 92019E A101 80",
	    "80110000 07 92019E A102 8400",	     /* an element that is not known */
	    "80110000 0B 92019E A106 800161 800162", /* twice */
	    "80110000 08 92019E A103 820101",	     /* flags of one byte */
	    "80110000 0A 92019E A105 8203000001",
	    "80110000 08 A103 800161 92019E",	       /* the other way round */
	    "80110000 0B 92019E A103 800161 5301AA",   /* contents for a key */
	    "80110000 0C 92035FFF30 A103 800161 5300", /* contents that are none */
	};
	struct fixture *f = *state;
	uint8_t text[3 + 2 + 3 + 65] = {0x92, 0x01, 0x9E, 0xA1, 0x43, 0x80, 0x41};

	fixture_expect(f, GENERATE_9E, CS_SW_OK);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint16_t sw = fixture_send(f, wrong[i]);

		if (sw != CS_SW_WRONG_DATA && sw != CS_SW_WRONG_LENGTH)
			fail_msg("%s: %04X", wrong[i], sw);
	}
	assert_int_equal(
	    fixture_command_cla(f, CSGN_CLA, CSGN_INS_SET_ATTRIBUTES, 0, 0, cs_view(text, 5 + 2 + 65)),
	    CS_SW_WRONG_DATA);
	text[4] = 0x42;
	text[6] = 0x40;
	assert_int_equal(
	    fixture_command_cla(f, CSGN_CLA, CSGN_INS_SET_ATTRIBUTES, 0, 0, cs_view(text, 5 + 2 + 64)),
	    CS_SW_OK);
}

/* BER lets a length be written with zeros before it. */
static void elements_with_long_lengths_are_no_longer_than_others(void **state)
{
	static const uint8_t longest[][2] = {{0x80, 64}, {0x81, 64}, {0x82, 2}, {0x83, 255}};
	struct fixture *f = *state;
	uint8_t elements[CSGN_ATTRIBUTES_MAX + 16], command[sizeof(elements) + 16];
	struct cs_writer e = CS_WRITER_OF(elements), w = CS_WRITER_OF(command);

	for (size_t i = 0; i < 4; i++) {
		cs_write_u8(&e, longest[i][0]);
		cs_write_u8(&e, 0x83);
		cs_write_u16(&e, 0);
		cs_write_u8(&e, longest[i][1]);
		cs_write_fill(&e, 0, longest[i][1]);
	}
	assert_true(cs_writer_view(&e).len > CSGN_ATTRIBUTES_MAX);
	cs_tlv_write(&w, CSGN_TAG_REFERENCE, cs_view((const uint8_t[]){0x5F, 0xFF, 0x30}, 3));
	cs_tlv_write(&w, CSGN_TAG_ATTRIBUTES, cs_writer_view(&e));
	fixture_expect(f, OBJECT_30, CS_SW_OK);
	assert_int_equal(fixture_command_cla(f, CSGN_CLA, CSGN_INS_SET_ATTRIBUTES, 0, 0, cs_writer_view(&w)),
			 CS_SW_WRONG_DATA);
	fixture_expect_data(f, GET_30, "5304 AABBCCDD");
	assert_true(told(f, "80035FFF30 82020004 8320"));
	assert_false(fixture_answer_has(f, "8E02"));
}

static void an_object_that_is_not_there_has_none(void **state)
{
	static const char *const wrong[] = {
	    LABEL_9E,
	    LABEL_CERT,
	    "80110000 0A 920101 A105 8003616263", /* a secret key */
	    "80110000 0A 920121 A105 8003616263", /* the number of none */
	    "80110000 0A 9201F9 A105 8003616263", /* the attestation key is the card's own */
	    "80110000 0B 92029E00 A105 8003616263",
	    "80110000 0C 920300007E A105 8003616263",
	    "80110000 0C 92035FFF01 A105 8003616263",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint16_t sw = fixture_send(f, wrong[i]);

		if (sw != CS_SW_REFERENCE_NOT_FOUND)
			fail_msg("%s: %04X", wrong[i], sw);
	}
}

static void user_officer_and_administrator_may_set_them(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_9E, CS_SW_OK);
	fixture_expect(f, "0020FF80", CS_SW_OK);
	fixture_expect(f, LABEL_9E, CS_SW_SECURITY_STATUS);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, LABEL_9E, CS_SW_SECURITY_STATUS);
	fixture_expect(f, "00200083 08 3132333435363738", CS_SW_OK);
	fixture_expect(f, LABEL_9E, CS_SW_OK);
	/* but contents are what PUT DATA wants them to be */
	fixture_expect(f, OBJECT_30, CS_SW_SECURITY_STATUS);
}

static void trust_is_given_and_what_is_closed_is_changed_by_the_officer_alone(void **state)
{
	struct fixture *f = *state;
	static const char trusted[] = "80110000 09 92019E A104 82020004",
			  closed[] = "80110000 09 92019E A104 82020006";

	fixture_expect(f, GENERATE_9E, CS_SW_OK);
	fixture_expect(f, trusted, CS_SW_SECURITY_STATUS);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "00200083 08 3132333435363738", CS_SW_OK);
	fixture_expect(f, trusted, CS_SW_OK);
	fixture_expect(f, "0020FF83", CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	/* who leaves it as it is may set the others */
	fixture_expect(f, "80110000 0C 92019E A107 800161 82020004", CS_SW_OK);
	fixture_expect(f, closed, CS_SW_OK);
	fixture_expect(f, trusted, CS_SW_CONDITIONS);
	fixture_expect(f, LABEL_9E, CS_SW_CONDITIONS);
	fixture_expect(f, "00200083 08 3132333435363738", CS_SW_OK);
	fixture_expect(f, LABEL_9E, CS_SW_OK);
}

static void what_is_trusted_is_not_written_over_by_the_user(void **state)
{
	struct fixture *f = *state;
	static const char other[] = "00DB3FFF 0C 5C035FC105 5305 7003040506",
			  gone[] = "00DB3FFF 07 5C035FC105 5300", get[] = "00CB3FFF 05 5C035FC105 00",
			  trusted[] = "80110000 0B 92035FC105 A104 82020004";

	fixture_expect(f, PUT_CERT, CS_SW_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "00200083 08 3132333435363738", CS_SW_OK);
	fixture_expect(f, trusted, CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, other, CS_SW_SECURITY_STATUS);
	fixture_expect(f, "80110000 12 92035FC105 A104 82020004 5305 7003040506", CS_SW_SECURITY_STATUS);
	fixture_expect_data(f, get, "5305 7003010203");
	assert_true(told(f, "82020004"));
	/* Others are his, without the trust; and so is the deletion, which takes it along. */
	fixture_expect(f, "80110000 12 92035FC105 A104 82020000 5305 7003040506", CS_SW_OK);
	assert_false(told(f, "A104 82020004"));
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "00200083 08 3132333435363738", CS_SW_OK);
	fixture_expect(f, trusted, CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, gone, CS_SW_OK);
	fixture_expect(f, other, CS_SW_OK);
	assert_false(told(f, "A104 82020004"));
}

static void a_secret_key_is_not_made_trusted_by_the_user(void **state)
{
	struct fixture *f = *state;
	static const char trusted[] = "80120801 06 A104 82020004 00",
			  other[] = "80120801 06 A104 82024000 00";

	fixture_expect(f, trusted, CS_SW_SECURITY_STATUS);
	fixture_expect(f, other, CS_SW_OK);
	assert_true(told(f, "A104 82024000"));
	fixture_expect(f, "80130001", CS_SW_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "00200083 08 3132333435363738", CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, trusted, CS_SW_SECURITY_STATUS);
}

static void a_key_s_go_with_it_and_move_with_it(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_9E, CS_SW_OK);
	fixture_expect(f, LABEL_9E, CS_SW_OK);
	fixture_expect(f, "00F6829E", CS_SW_OK);
	assert_true(told(f, "A105 8003616263"));
	assert_true(store_has(&f->card.store, RECORD_ATTRIBUTES_FIRST + PIV_SLOT_RETIRED_FIRST));
	assert_false(store_has(&f->card.store, RECORD_ATTRIBUTES_FIRST + PIV_SLOT_CARD_AUTHENTICATION));
	/* to a place where others were left: not by us, but the new ones count */
	fixture_expect(f, "00F69E82", CS_SW_OK);
	assert_true(told(f, "A105 8003616263"));
	fixture_expect(f, "00F6FF9E", CS_SW_OK);
	assert_false(store_has(&f->card.store, RECORD_ATTRIBUTES_FIRST + PIV_SLOT_CARD_AUTHENTICATION));
}

static void a_new_key_in_the_slot_has_none_of_the_old_one_s(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, GENERATE_9E, CS_SW_OK);
	fixture_expect(f, LABEL_9E, CS_SW_OK);
	fixture_expect(f, GENERATE_9E, CS_SW_OK);
	assert_false(told(f, "8003616263"));
	fixture_expect(f, LABEL_9E, CS_SW_OK);
	fixture_expect(f, "00FE119E 22 0620 0102030405060708091011121314151617181920212223242526272829303132",
		       CS_SW_OK);
	assert_false(told(f, "8003616263"));
}

/* GENERATE and IMPORT bring them. */
static void a_key_is_made_with_its_own(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "0047009E 13 AC11 800111 A10C 8003616263 810101 82028000 00", CS_SW_OK);
	assert_true(told(f, "A10C 8003616263 810101 82028000"));
	fixture_expect(f, "00FE119E 29" SCALAR "A105 8003646566", CS_SW_OK);
	assert_true(told(f, "A105 8003646566"));
	assert_false(fixture_answer_has(f, "8003616263"));
	fixture_expect(f, "00FE119E 26" SCALAR "A100 AA00", CS_SW_WRONG_DATA);
	fixture_expect(f, "00FE119E 27" SCALAR "AA0101 A100", CS_SW_OK);
	assert_false(store_has(&f->card.store, RECORD_ATTRIBUTES_FIRST + PIV_SLOT_CARD_AUTHENTICATION));
	assert_int_equal(fixture_power_cycle(f), CS_OK);
}

static void a_key_is_not_made_where_its_own_are_refused(void **state)
{
	static const struct {
		const char *command;
		uint16_t sw;
	} wrong[] = {
	    {"0047009E 09 AC07 800111 A102 8400 00", CS_SW_WRONG_DATA},
	    {"0047009E 0D AC0B 800111 A106 800161 800162 00", CS_SW_WRONG_DATA},
	    {"0047009E 08 AC06 800111 A101 80 00", CS_SW_WRONG_DATA},
	    {"0047009E 0B AC09 800111 A104 82020004 00", CS_SW_SECURITY_STATUS}, /* the officer's to give */
	    {"004700F9 0A AC08 800111 A103 800161 00", CS_SW_WRONG_DATA},	 /* the card's own key */
	    {"00FE119E 26" SCALAR "A102 8400", CS_SW_WRONG_DATA},
	    {"00FE119E 28" SCALAR "A104 82020004", CS_SW_SECURITY_STATUS},
	    {"00FE11F9 27" SCALAR "A103 800161", CS_SW_WRONG_DATA},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		fixture_expect(f, wrong[i].command, wrong[i].sw);
		fixture_expect(f, "00F7009E 00", CS_SW_REFERENCE_NOT_FOUND);
	}
}

static void a_certificate_keeps_its_own_when_it_is_renewed(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, PUT_CERT, CS_SW_OK);
	fixture_expect(f, LABEL_CERT, CS_SW_OK);
	fixture_expect(f, "00DB3FFF 0C 5C035FC105 5305 7003040506", CS_SW_OK);
	assert_true(told(f, "8003616263"));
	fixture_expect(f, "00DB3FFF 07 5C035FC105 5300", CS_SW_OK);
	fixture_expect(f, PUT_CERT, CS_SW_OK);
	assert_false(told(f, "8003616263"));
}

static void a_data_object_and_its_attributes_are_written_at_once(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, OBJECT_30, CS_SW_OK);
	fixture_expect_data(f, GET_30, "5304 AABBCCDD");
	fixture_expect(f, "80110000 0F 92035FFF30 A103 800161 5303 010203", CS_SW_OK);
	fixture_expect_data(f, GET_30, "5303 010203");
	assert_true(told(f, "A103 800161"));
	/* a certificate written so changes the CHUID too */
	fixture_expect(f, "00CB3FFF 05 5C035FC102 00", CS_SW_OK);
	{
		uint8_t before[128];
		size_t len = f->data.len;

		memcpy(before, f->data.ptr, len);
		fixture_expect(f, "80110000 11 92035FC105 A103 800161 5305 7003010203", CS_SW_OK);
		fixture_expect(f, "00CB3FFF 05 5C035FC102 00", CS_SW_OK);
		assert_int_equal(f->data.len, len);
		assert_memory_not_equal(before, f->data.ptr, len);
	}
}

static void a_private_object_is_for_who_knows_the_pin(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, OBJECT_30, CS_SW_OK);
	fixture_expect(f, GET_30, CS_SW_OK);
	assert_true(told(f, "80035FFF30 82020004 8320"));
	fixture_expect(f, "0020FF80", CS_SW_OK);
	fixture_expect(f, GET_30, CS_SW_SECURITY_STATUS);
	/* that it is there is told, but not how long it is, nor what it is called */
	assert_true(told(f, "A305 80035FFF30"));
	assert_false(fixture_answer_has(f, "82020001"));
	/* whoever makes it public again makes it readable again */
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "80110000 0B 92035FFF30 A104 82020000", CS_SW_OK);
	fixture_expect(f, "0020FF80", CS_SW_OK);
	fixture_expect(f, GET_30, CS_SW_OK);
}

/* The officer, or who has the management key, would open with the attributes alone what the PIN closes. */
static void what_is_private_is_opened_by_the_pins_holder_alone(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "80110000 11 92035FFF30 A104 82020001 5304 AABBCCDD", CS_SW_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, "00200083 08 3132333435363738", CS_SW_OK);
	fixture_expect(f, "80110000 0B 92035FFF30 A104 82020000", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "80110000 07 92035FFF30 A100", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "80110000 0E 92035FFF30 A107 800161 82020001", CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, GET_30, CS_SW_SECURITY_STATUS);
}

static void there_is_room_for_thirty_two_data_objects_with_attributes(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 32; i++) {
		uint8_t command[] = {0x92, 3, 0x5F,	  0xFF, (uint8_t)(0x30 + i),
				     0xA1, 3, 0x80,	  1,	(uint8_t)('A' + i),
				     0x53, 2, (uint8_t)i, 0x55};

		assert_int_equal(
		    fixture_command_cla(f, CSGN_CLA, CSGN_INS_SET_ATTRIBUTES, 0, 0, CS_VIEW_OF(command)),
		    CS_SW_OK);
	}
	fixture_expect_data(f, "00CB3FFF 05 5C035FFF4F 00", "5302 1F55");
	fixture_expect(f, INVENTORY, CS_SW_OK);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(labels_ids_and_flags_are_told_with_their_object),
	    CASE(setting_replaces_all_of_them_and_nothing_takes_them_away),
	    CASE(what_is_malformed_or_too_long_is_refused),
	    CASE(elements_with_long_lengths_are_no_longer_than_others),
	    CASE(an_object_that_is_not_there_has_none),
	    CASE(user_officer_and_administrator_may_set_them),
	    CASE(trust_is_given_and_what_is_closed_is_changed_by_the_officer_alone),
	    CASE(what_is_trusted_is_not_written_over_by_the_user),
	    CASE(a_secret_key_is_not_made_trusted_by_the_user),
	    CASE(a_key_s_go_with_it_and_move_with_it),
	    CASE(a_new_key_in_the_slot_has_none_of_the_old_one_s),
	    CASE(a_key_is_made_with_its_own),
	    CASE(a_key_is_not_made_where_its_own_are_refused),
	    CASE(a_certificate_keeps_its_own_when_it_is_renewed),
	    CASE(a_data_object_and_its_attributes_are_written_at_once),
	    CASE(a_private_object_is_for_who_knows_the_pin),
	    CASE(what_is_private_is_opened_by_the_pins_holder_alone),
	    CASE(there_is_room_for_thirty_two_data_objects_with_attributes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
