/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Issuance profiles: what INITIALIZE's template changes, and that a card of the first format is still one.
 */
#include <string.h>

#include "applet/device.h"
#include "applet/records.h"
#include "tests/unit/card_fixture.h"

/* SO PIN 87654301, no label; what follows is appended. */
#define SO_PIN	  "9008 3837363534333031 8400"
#define VERIFY_SO "00200083 08 3837363534333031"
#define INIT_PIN  "80030000 08 9106 343536313233"
#define NEW_PIN	  "00200080 08 343536313233FFFF"
#define WRONG_SO  "00200083 08 3737373737373737"

static int setup_selected(void **state)
{
	fixture_setup_countersign(state);
	fixture_expect(*state, SELECT_CSGN, CS_SW_OK);
	return 0;
}

static void initialise_and_issue(struct fixture *f, const char *initialize)
{
	fixture_expect(f, initialize, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, INIT_PIN, CS_SW_OK);
}

static void info_has(struct fixture *f, const char *hex)
{
	fixture_expect(f, "80010000 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, hex));
}

static void the_template_says_what_is_otherwise_than_in_the_base(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "80020000 14 " SO_PIN "820101 A003 80010C", CS_SW_OK);
	info_has(f, "820101 830102 8400");
	info_has(f, "A012 80010C 810108 820106 8303030303 84020000");
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00F7009B 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "01010C 02020001 050101"));
}

static void without_a_base_the_template_changes_the_profile_that_the_card_has(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "80020000 11 " SO_PIN "A003 820108", CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "80020000 11 " SO_PIN "A003 80010C", CS_SW_OK);
	info_has(f, "820102 830102 8400");
	info_has(f, "A012 80010C 810105 820108 8303030303 84020000");
}

static void a_profile_stays_through_power_cycles_and_a_reset(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "80020000 20 " SO_PIN "A012 800108 81010C 820107 8303040506 84020302", CS_SW_OK);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	info_has(f, "A012 800108 81010C 820107 8303040506 84020302");
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "8005DEAD", CS_SW_OK);
	info_has(f, "830101 8400 8503010404 8603010505 B003010606 B30100 A012 800108 81010C 820107 "
		    "8303040506 84020302");
}

static void nothing_is_done_for_a_template_with_what_no_card_keeps(void **state)
{
	static const char *const wrong[] = {
	    "800100",	  "800111",   "810110",	  "820105",   "820109",	  "8303000303", "8303031003",
	    "8303030300", "84020400", "84020004", "80020303", "83020303", "8500",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint8_t element[8], bytes[64] = {0x80, CSGN_INS_INITIALIZE};
		struct cs_view e = fixture_hex(wrong[i], element, sizeof(element));
		struct cs_writer w = cs_writer_of(bytes + 4, sizeof(bytes) - 4);
		uint8_t so_pin[16];

		cs_write_u8(&w, (uint8_t)(14 + e.len));
		cs_write_view(&w, fixture_hex(SO_PIN, so_pin, sizeof(so_pin)));
		cs_write_u8(&w, CSGN_TAG_PROFILE_TEMPLATE);
		cs_write_u8(&w, (uint8_t)e.len);
		cs_write_view(&w, e);
		if (fixture_send_view(f, cs_view(bytes, 4 + cs_writer_view(&w).len)) != CS_SW_WRONG_DATA)
			fail_msg("%s was taken", wrong[i]);
		info_has(f, "830101 8400");
	}
}

static void the_shortest_pin_is_the_profile_s(void **state)
{
	struct fixture *f = *state;

	/* the SO PIN obeys the new profile */
	fixture_expect(f, "80020000 0F 9006 383736353430 8400 A003 820108", CS_SW_WRONG_DATA);
	fixture_expect(f, "80020000 11 " SO_PIN "A003 820108", CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, INIT_PIN, CS_SW_WRONG_DATA);
	fixture_expect(f, "80030000 0A 9108 3435363132333839", CS_SW_OK);
	fixture_expect(f, "00240080 10 3435363132333839 34353631323338FF", CS_SW_WRONG_DATA);
	fixture_expect(f, "00240080 10 3435363132333839 3934353631323338", CS_SW_OK);
}

static void the_tries_are_the_profile_s(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "80020000 13 " SO_PIN "A005 8303050203", CS_SW_OK);
	info_has(f, "8503000005 8603010202");
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, INIT_PIN, CS_SW_OK);
	info_has(f, "8503010505 8603010202");
	fixture_expect(f, WRONG_PIN, 0x63C4);
	fixture_expect(f, WRONG_SO, 0x63C2);
	fixture_expect(f, "002C0080 10 3737373737373737 343536313233FFFF", 0x63C1);
	fixture_expect(f, WRONG_SO, 0x63C1);
	fixture_expect(f, WRONG_SO, 0x63C0);
}

static void trivial_pins_are_refused_where_the_profile_says_so(void **state)
{
	struct fixture *f = *state;
	static const char trivial[] = "80030000 08 9106 313233343536";

	initialise_and_issue(f, "80020000 11 " SO_PIN "A003 810104");
	fixture_expect(f, trivial, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, "80020000 11 " SO_PIN "A003 810105", CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	fixture_expect(f, trivial, CS_SW_WRONG_DATA);
}

static void the_pin_stands_for_the_management_key_where_the_profile_says_so(void **state)
{
	struct fixture *f = *state;

	initialise_and_issue(f, "80020000 11 " SO_PIN "A003 810101");
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, NEW_PIN, CS_SW_OK);
	fixture_expect(f, "0047009A 05 AC03800111 00", CS_SW_SECURITY_STATUS);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	initialise_and_issue(f, "80020000 14 " SO_PIN "820101 A003 81010C");
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, NEW_PIN, CS_SW_OK);
	fixture_expect(f, "0047009A 05 AC03800111 00", CS_SW_OK);
	/* whoever manages by PIN could else give himself the factory's PUK */
	fixture_expect(f, "00FA0505", CS_SW_CONDITIONS);
}

static void keys_made_without_a_choice_have_the_profile_s_policies(void **state)
{
	struct fixture *f = *state;

	initialise_and_issue(f, "80020000 12 " SO_PIN "A004 84020302");
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, NEW_PIN, CS_SW_OK);
	fixture_expect(f, "0047009A 05 AC03800111 00", CS_SW_OK);
	fixture_expect(f, "00F7009A 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "010111 02020302"));
	fixture_expect(f, "0047009E 0B AC09800111 AA0101 AB0101 00", CS_SW_OK);
	fixture_expect(f, "00F7009E 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "010111 02020101"));
}

static void open_blank(struct fixture *f, const struct profile *as)
{
	struct profile profile = *as;

	card_close(&f->card);
	flash_ram_free(f->flash);
	f->flash = flash_ram_new(4096, 32, 8);
	assert_non_null(f->flash);
	f->ports.flash = flash_ram_flash(f->flash);
	assert_int_equal(card_open_as(&f->card, &f->ports, &profile), CS_OK);
}

static void every_family_of_the_management_key_can_be_the_first(void **state)
{
	static const struct {
		const char *metadata;
		uint8_t algorithm;
	} rows[] = {
	    {"010103 02020001 050101", PIV_ALG_3DES},
	    {"010108 02020001 050101", PIV_ALG_AES128},
	    {"01010A 02020001 050101", PIV_ALG_AES192},
	    {"01010C 02020001 050101", PIV_ALG_AES256},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct profile profile;

		profile_default(CSGN_PROFILE_PIV, &profile);
		profile.management = rows[i].algorithm;
		open_blank(f, &profile);
		fixture_expect(f, SELECT_PIV, CS_SW_OK);
		fixture_expect_data(f, "00F7009B 00", rows[i].metadata);
		fixture_authenticate_with(f, rows[i].algorithm);
		fixture_expect(f, "0047009A 05 AC03800111 00", CS_SW_OK);
	}
}

/* ---- cards of the first format ---- */

static void put(struct fixture *f, uint16_t id, const char *hex)
{
	uint8_t bytes[64];

	assert_int_equal(store_put(&f->card.store, id, fixture_hex(hex, bytes, sizeof(bytes))), CS_OK);
}

#define ZEROS_8	 "0000000000000000"
#define ZEROS_32 ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8

static size_t length_of(struct fixture *f, uint16_t id)
{
	uint8_t bytes[1024];
	struct cs_writer w = CS_WRITER_OF(bytes);

	assert_int_equal(store_get(&f->card.store, id, &w), CS_OK);
	return cs_writer_view(&w).len;
}

static void a_card_of_the_first_format_is_what_it_was(void **state)
{
	struct fixture *f = *state;

	put(f, RECORD_DEVICE, "01 01 03");
	put(f, RECORD_WIPE, "00000000" ZEROS_8 ZEROS_32);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	info_has(f, "820101 830103");
	info_has(f, "A012 800103 810108 820106 8303030303 84020000");
	/* and its records have the length that later commands count on */
	assert_int_equal(length_of(f, RECORD_DEVICE), DEVICE_RECORD_LEN);
	assert_true(length_of(f, RECORD_WIPE) > 44);
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	info_has(f, "820101 830103");
}

static void an_erasure_that_the_first_format_began_is_completed(void **state)
{
	struct fixture *f = *state;

	put(f, RECORD_DEVICE, "01 02 03");
	put(f, RECORD_WIPE, "02 01 02 3837363534333031 04 54657374" ZEROS_8 ZEROS_8 ZEROS_8 "00000000");
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	info_has(f, "820101 830102 8404 54657374 8503000003");
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
}

static void a_device_record_that_no_card_wrote_is_damage(void **state)
{
	static const char *const wrong[] = {
	    "03 01 02030806030303000000000000000000",
	    "02 01 09030806030303000000000000000000",
	    "02 01 020308060303",
	    "01 02",
	    "00 01 02030806030303000000000000000000",
	};
	struct fixture *f = *state;
	const struct profile profile = f->card.profile;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		open_blank(f, &profile);
		put(f, RECORD_DEVICE, wrong[i]);
		assert_int_equal(fixture_power_cycle(f), CS_ERR_CORRUPT);
	}
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_selected, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(the_template_says_what_is_otherwise_than_in_the_base),
	    CASE(without_a_base_the_template_changes_the_profile_that_the_card_has),
	    CASE(a_profile_stays_through_power_cycles_and_a_reset),
	    CASE(nothing_is_done_for_a_template_with_what_no_card_keeps),
	    CASE(the_shortest_pin_is_the_profile_s),
	    CASE(the_tries_are_the_profile_s),
	    CASE(trivial_pins_are_refused_where_the_profile_says_so),
	    CASE(the_pin_stands_for_the_management_key_where_the_profile_says_so),
	    CASE(keys_made_without_a_choice_have_the_profile_s_policies),
	    CASE(every_family_of_the_management_key_can_be_the_first),
	    CASE(a_card_of_the_first_format_is_what_it_was),
	    CASE(an_erasure_that_the_first_format_began_is_completed),
	    CASE(a_device_record_that_no_card_wrote_is_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
