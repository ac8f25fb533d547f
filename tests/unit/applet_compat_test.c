/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What hosts that know nothing of this card ask first, byte for byte, and what they need to be answered:
 * Windows' inbox driver, OpenSC, ykman, macOS. What they ask next is in the tests of each command.
 */
#include <string.h>

#include "tests/unit/card_fixture.h"

#define GET_CHUID "00CB3FFF 05 5C035FC102 00"
#define DISCOVERY "7E12 4F0B A000000308000010000100 5F2F02 4000"

static void windows_probes_for_other_cards_are_refused_and_take_nothing_away(void **state)
{
	struct fixture *f = *state;
	static const char *const probes[] = {
	    "00A40400 0B A0000003974349445F0100 00", /* its plug and play application */
	    "00A40400 0B A0000003974254465902 0100", /* GIDS */
	    "00A40400 09 A00000039742544659 00", "00A40400 07 A0000001510000 00", /* a card manager */
	};

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		fixture_expect(f, probes[i], CS_SW_NOT_FOUND);
		fixture_expect(f, "00200080", CS_SW_OK);
	}
	/* The master file, and EF.ATR in it: there are no files. */
	fixture_expect(f, "00A40000 02 3F00 00", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00A4000C 02 3F00", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00A40200 02 2F01 00", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00B00000 00", CS_SW_WRONG_INS);
	fixture_expect(f, "00200080", CS_SW_OK);
}

static void windows_finds_piv_by_nine_bytes(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, "00A40400 09 A00000030800001000 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "4F06 000010000100"));
	assert_true(fixture_answer_has(f, "7907 4F05 A000000308"));
	fixture_expect(f, GET_CHUID, CS_SW_OK);
}

static void the_discovery_object_is_there_whatever_happened(void **state)
{
	struct fixture *f = *state;
	static const char *const between[] = {SELECT_PIV, VERIFY_PIN, WRONG_PIN,
					      WRONG_PIN,  WRONG_PIN,  "0020FF80"};

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	for (size_t i = 0; i < sizeof(between) / sizeof(between[0]); i++) {
		(void)fixture_send(f, between[i]);
		fixture_expect_data(f, "00CB3FFF 03 5C017E 00", DISCOVERY);
		fixture_expect_data(f, "00CB3FFF 00 0003 5C017E 0000", DISCOVERY);
	}
}

static void printed_information_is_refused_before_it_is_missed(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC109 00", CS_SW_SECURITY_STATUS);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC109 00", CS_SW_NOT_FOUND);
}

static void a_state_query_is_answered_in_each_form_that_hosts_send(void **state)
{
	struct fixture *f = *state;
	static const char *const forms[] = {"00200080", "00200080 00", "00200080 000000"};

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		fixture_expect(f, forms[i], 0x63C3);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		fixture_expect(f, forms[i], CS_SW_OK);
}

static void a_compressed_certificate_passes_through_as_it_is(void **state)
{
	struct fixture *f = *state;
	/* 70 {gzip's magic, and what follows}, 71 01, FE */
	static const char contents[] = "70 08 1F8B0800 00000000 71 01 01 FE 00";

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(f);
	fixture_expect(f, "00DB3FFF 16 5C035FC105 530F 70081F8B080000000000 710101 FE00", CS_SW_OK);
	fixture_expect(f, "00CB3FFF 05 5C035FC105 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, contents));
}

static void the_admin_object_of_the_reference_token_s_tools_is_kept(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00CB3FFF 00 0005 5C035FFF00 0000", CS_SW_NOT_FOUND);
	fixture_authenticate_management(f);
	fixture_expect(f, "00DB3FFF 00000C 5C035FFF00 5305 8003810101", CS_SW_OK);
	fixture_expect_data(f, "00CB3FFF 000005 5C035FFF00 0000", "5305 8003810101");
}

static void the_atr_is_not_taken_for_a_contactless_card(void **state)
{
	struct cs_view atr = card_atr();

	(void)state;
	assert_int_equal(atr.ptr[1] >> 4, 0xF); /* ykman: another T0 is NFC */
}

static void a_host_is_told_a_version_with_metadata_and_aes(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_expect(f, "00FD0000 000000", CS_SW_OK); /* 7 bytes: case 2 extended, as ykman sends it */
	assert_int_equal(f->data.len, 3);
	assert_true(f->data.ptr[0] > 5 || (f->data.ptr[0] == 5 && f->data.ptr[1] >= 4));
	fixture_expect(f, "00F80000 000000", CS_SW_OK);
	assert_int_equal(f->data.len, 4);
	assert_false(fixture_answer_has(f, "00000000"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_setup_piv, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(windows_probes_for_other_cards_are_refused_and_take_nothing_away),
	    CASE(windows_finds_piv_by_nine_bytes),
	    CASE(the_discovery_object_is_there_whatever_happened),
	    CASE(printed_information_is_refused_before_it_is_missed),
	    CASE(a_state_query_is_answered_in_each_form_that_hosts_send),
	    CASE(a_compressed_certificate_passes_through_as_it_is),
	    CASE(the_admin_object_of_the_reference_token_s_tools_is_kept),
	    CASE(the_atr_is_not_taken_for_a_contactless_card),
	    CASE(a_host_is_told_a_version_with_metadata_and_aes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
