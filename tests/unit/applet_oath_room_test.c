/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How much the image that countersign-card makes has room for.
 */
#include "tests/unit/oath_fixture.h"

#include <stdio.h>
#include <string.h>

#include "applet/oath_credential.h"
#include "applet/port/flash_file.h"
#include "base/piv.h"
#include "base/tlv.h"
#include "tests/unit/card_verify.h"

/* Profile piv, PIV selected and the management key authenticated: a key and a long certificate in all 24
 * slots. */
static void fill_piv(void)
{
	static const uint8_t others[] = {0x9A, 0x9C, 0x9D, 0x9E};
	static uint8_t parts_bytes[2048], object[3000 + 16];
	struct cs_writer parts = CS_WRITER_OF(parts_bytes);
	struct public_key *key = verify_rsa_make(&parts);

	for (unsigned i = 0; i < 24; i++) {
		uint8_t slot = i < 4 ? others[i] : (uint8_t)(0x82 + i - 4);
		uint8_t tag = i < 4 ? (const uint8_t[]){0x05, 0x0A, 0x0B, 0x01}[i] : (uint8_t)(0x0D + i - 4);
		struct cs_writer w = CS_WRITER_OF(object);

		assert_int_equal(
		    otp_command(PIV_INS_IMPORT_KEY, PIV_ALG_RSA2048, slot, cs_writer_view(&parts)), CS_SW_OK);
		cs_write_view(&w, CS_VIEW_TEXT("\x5C\x03\x5F\xC1"));
		cs_write_u8(&w, tag);
		cs_tlv_write_header(&w, PIV_TAG_DATA, 3000);
		cs_write_fill(&w, tag, 3000);
		assert_int_equal(otp_command(PIV_INS_PUT_DATA, 0x3F, 0xFF, cs_writer_view(&w)), CS_SW_OK);
	}
	verify_key_free(key);
}

/* The image that countersign-card makes, and the longest records that credentials can have. */
static void
two_hundred_and_fifty_five_of_the_longest_fit_beside_a_key_and_a_certificate_in_each_slot(void **state)
{
	static const char suite[] = "OCRA-1:HOTP-SHA512-10:C-QA64-PSHA512-S512-T59S";
	uint8_t options[80];
	char name[YKOATH_NAME_MAX + 1];
	struct cs_writer w = CS_WRITER_OF(options);

	(void)state;
	cs_tlv_write(&w, YKOATH_TAG_SUITE, cs_view_string(suite));
	cs_tlv_write_u8(&w, YKOATH_TAG_PROPERTIES, YKOATH_PROPERTY_PIN);
	otp_flash(FLASH_FILE_PAGE_COUNT);
	fixture_expect(otp, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(otp);
	fill_piv();
	assert_int_equal(otp_open(), CS_SW_OK);
	for (unsigned i = 0; i < OATH_CREDENTIALS_MAX; i++) {
		snprintf(name, sizeof name, "%064u", i);
		assert_int_equal(
		    otp_put(name, YKOATH_TYPE_OCRA | YKOATH_HASH_SHA512, 10, SEED64, cs_writer_view(&w)),
		    CS_SW_OK);
	}
	assert_int_equal(otp_command(YKOATH_INS_LIST_ALL, 0, 0, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(otp->data.len,
			 OATH_CREDENTIALS_MAX * (2 + 65 + 4 + YKOATH_UNIQUE_LEN + 2 + strlen(suite)));
	print_message("# room for a record of %zu bytes is left\n", store_room(&otp->card.store));
	assert_true(store_room(&otp->card.store) > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		two_hundred_and_fifty_five_of_the_longest_fit_beside_a_key_and_a_certificate_in_each_slot,
		otp_setup, otp_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
