/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The OATH application, through card_transmit, on a flash in memory. Codes are checked against the vectors of
 * RFC 4226 (appendix D) and RFC 6238 (appendix B).
 */
#include "tests/unit/oath_fixture.h"

#include <stdio.h>
#include <string.h>

#include "applet/oath_credential.h"
#include "base/tlv.h"

static void select_tells_version_and_salt_and_asks_nothing_where_no_code_is_set(void **state)
{
	(void)state;
	uint8_t salt[YKOATH_SALT_LEN];
	assert_int_equal(otp_found(YKOATH_TAG_VERSION).len, 3);
	assert_int_equal(otp_found(YKOATH_TAG_VERSION).ptr[0], 5);
	assert_int_equal(otp_found(YKOATH_TAG_NAME).len, sizeof salt);
	assert_int_equal(otp_found(YKOATH_TAG_CHALLENGE).len, 0);
	memcpy(salt, otp_found(YKOATH_TAG_NAME).ptr, sizeof salt);
	card_reset(&otp->card);
	assert_int_equal(otp_command(YKOATH_INS_LIST, 0, 0, CS_VIEW_EMPTY), CS_SW_WRONG_INS);
	assert_int_equal(otp_open(), CS_SW_OK);
	assert_memory_equal(otp_found(YKOATH_TAG_NAME).ptr, salt, sizeof salt);
}

static void hotp_codes_are_those_of_rfc_4226(void **state)
{
	(void)state;
	assert_int_equal(otp_hotp("rfc"), CS_SW_OK);
	for (size_t i = 0; i < OTP_RFC4226_COUNT; i++)
		assert_string_equal(otp_hotp_code("rfc"), otp_rfc4226[i]);
}

static void the_first_counter_can_be_given(void **state)
{
	(void)state;
	static const uint8_t imf[] = {YKOATH_TAG_IMF, 4, 0, 0, 0, 7};
	assert_int_equal(otp_put("imf", YKOATH_TYPE_HOTP | YKOATH_HASH_SHA1, 6, SEED20, CS_VIEW_OF(imf)),
			 CS_SW_OK);
	assert_string_equal(otp_hotp_code("imf"), otp_rfc4226[7]);
	assert_string_equal(otp_hotp_code("imf"), otp_rfc4226[8]);
}

static void after_the_last_counter_the_first_does_not_come_again(void **state)
{
	(void)state;
	static const uint8_t imf[] = {YKOATH_TAG_IMF, 8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE};
	assert_int_equal(otp_put("end", YKOATH_TYPE_HOTP | YKOATH_HASH_SHA1, 6, SEED20, CS_VIEW_OF(imf)),
			 CS_SW_OK);
	assert_int_equal(otp_calculate("end", CS_VIEW_EMPTY, 1), CS_SW_OK);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(otp_calculate("end", CS_VIEW_EMPTY, 1), CS_SW_CONDITIONS);
}

static void totp_codes_are_those_of_rfc_6238(void **state)
{
	(void)state;
	static const struct {
		uint64_t time;
		const char *sha1, *sha256, *sha512;
	} rfc6238[] = {
	    {59, "94287082", "46119246", "90693936"},
	    {1111111109, "07081804", "68084774", "25091201"},
	    {1111111111, "14050471", "67062674", "99943326"},
	    {1234567890, "89005924", "91819424", "93441116"},
	    {2000000000, "69279037", "90698825", "38618901"},
	    {20000000000, "65353130", "77737706", "47863826"},
	};
	assert_int_equal(otp_put("1", YKOATH_TYPE_TOTP | YKOATH_HASH_SHA1, 8, SEED20, CS_VIEW_EMPTY),
			 CS_SW_OK);
	assert_int_equal(otp_put("256", YKOATH_TYPE_TOTP | YKOATH_HASH_SHA256, 8, SEED32, CS_VIEW_EMPTY),
			 CS_SW_OK);
	assert_int_equal(otp_put("512", YKOATH_TYPE_TOTP | YKOATH_HASH_SHA512, 8, SEED64, CS_VIEW_EMPTY),
			 CS_SW_OK);
	for (size_t i = 0; i < sizeof rfc6238 / sizeof rfc6238[0]; i++) {
		uint64_t step = cs_totp_step(rfc6238[i].time, 0, 30);
		assert_string_equal(otp_totp_code("1", step), rfc6238[i].sha1);
		assert_string_equal(otp_totp_code("256", step), rfc6238[i].sha256);
		assert_string_equal(otp_totp_code("512", step), rfc6238[i].sha512);
	}
}

static void a_full_response_is_the_whole_hmac(void **state)
{
	(void)state;
	/* RFC 2202 has no such key; the HMAC for counter 0 is in RFC 4226, appendix D. */
	static const uint8_t want[] = {6,    0xcc, 0x93, 0xcf, 0x18, 0x50, 0x8d, 0x94, 0x93, 0x4c, 0x64,
				       0xb6, 0x5d, 0x8b, 0xa7, 0x66, 0x7f, 0xb7, 0xcd, 0xe4, 0xb0};
	static const uint8_t zero[8] = {0};
	assert_int_equal(otp_put("t", YKOATH_TYPE_TOTP | YKOATH_HASH_SHA1, 6, SEED20, CS_VIEW_EMPTY),
			 CS_SW_OK);
	assert_int_equal(otp_calculate("t", CS_VIEW_OF(zero), 0), CS_SW_OK);
	assert_true(cs_view_equal(otp_found(YKOATH_TAG_FULL_RESPONSE), CS_VIEW_OF(want)));
}

static void putting_a_name_again_replaces_it_and_its_counter(void **state)
{
	(void)state;
	assert_int_equal(otp_hotp("a"), CS_SW_OK);
	assert_string_equal(otp_hotp_code("a"), otp_rfc4226[0]);
	assert_int_equal(otp_hotp("a"), CS_SW_OK);
	assert_int_equal(otp_listed(), 1);
	assert_string_equal(otp_hotp_code("a"), otp_rfc4226[0]);
}

static void renaming_keeps_key_and_counter_and_takes_nobodys_name(void **state)
{
	(void)state;
	assert_int_equal(otp_hotp("a"), CS_SW_OK);
	assert_int_equal(otp_hotp("b"), CS_SW_OK);
	assert_string_equal(otp_hotp_code("a"), otp_rfc4226[0]);
	assert_int_equal(otp_named(YKOATH_INS_RENAME, "a", "b"), CS_SW_WRONG_DATA);
	assert_int_equal(otp_named(YKOATH_INS_RENAME, "none", "c"), CS_SW_REFERENCE_UNUSABLE);
	assert_int_equal(otp_named(YKOATH_INS_RENAME, "a", ""), CS_SW_WRONG_DATA);
	assert_int_equal(otp_named(YKOATH_INS_RENAME, "a", SEED64 "5"), CS_SW_WRONG_DATA);
	assert_int_equal(otp_named(YKOATH_INS_RENAME, "a", "c"), CS_SW_OK);
	assert_string_equal(otp_hotp_code("c"), otp_rfc4226[1]);
	assert_string_equal(otp_hotp_code("a"), "");
	assert_string_equal(otp_hotp_code("b"), otp_rfc4226[0]);
}

/* Of the only credential, as LIST ALL tells it. False: it has none. */
static bool unique_of_one(uint8_t unique[YKOATH_UNIQUE_LEN])
{
	struct cs_view value;

	assert_int_equal(otp_command(YKOATH_INS_LIST_ALL, 0, 0, CS_VIEW_EMPTY), CS_SW_OK);
	value = otp_found(YKOATH_TAG_PROPERTIES);
	if (value.len == 2)
		return false;
	assert_int_equal(value.len, 2 + YKOATH_UNIQUE_LEN);
	memcpy(unique, value.ptr + 2, YKOATH_UNIQUE_LEN);
	return true;
}

static void what_is_drawn_for_a_credential_stays_until_it_is_put_anew(void **state)
{
	uint8_t first[YKOATH_UNIQUE_LEN], now[YKOATH_UNIQUE_LEN];

	(void)state;
	assert_int_equal(otp_hotp("a"), CS_SW_OK);
	assert_true(unique_of_one(first));
	assert_string_equal(otp_hotp_code("a"), otp_rfc4226[0]);
	assert_int_equal(otp_named(YKOATH_INS_RENAME, "a", "b"), CS_SW_OK);
	assert_int_equal(fixture_power_cycle(otp), CS_OK);
	assert_int_equal(otp_open(), CS_SW_OK);
	assert_true(unique_of_one(now));
	assert_memory_equal(now, first, sizeof(first));
	assert_int_equal(otp_hotp("b"), CS_SW_OK);
	assert_true(unique_of_one(now));
	assert_memory_not_equal(now, first, sizeof(first));
}

/* An earlier version drew nothing. */
static void a_record_of_an_earlier_version_is_used_as_it_is(void **state)
{
	static const uint8_t old[] = {1,   0x11, 6,   0,   0,	0,   0,	  0,   0,   0,	 0,   0,
				      1,   'a',	 '1', '2', '3', '4', '5', '6', '7', '8', '9', '0',
				      '1', '2',	 '3', '4', '5', '6', '7', '8', '9', '0'};
	uint8_t unique[YKOATH_UNIQUE_LEN];

	(void)state;
	assert_int_equal(store_put(&otp->card.store, RECORD_OATH_CREDENTIAL_FIRST, CS_VIEW_OF(old)), CS_OK);
	for (unsigned i = 0; i < 3; i++) {
		assert_string_equal(otp_hotp_code("a"), otp_rfc4226[i]);
		assert_false(unique_of_one(unique));
	}
	assert_int_equal(otp_hotp("a"), CS_SW_OK);
	assert_true(unique_of_one(unique));
}

static void a_deleted_credential_is_gone(void **state)
{
	(void)state;
	assert_int_equal(otp_hotp("a"), CS_SW_OK);
	assert_int_equal(otp_named(YKOATH_INS_DELETE, "b", NULL), CS_SW_REFERENCE_UNUSABLE);
	assert_int_equal(otp_named(YKOATH_INS_DELETE, "a", NULL), CS_SW_OK);
	assert_int_equal(otp_listed(), 0);
	assert_int_equal(otp_calculate("a", CS_VIEW_EMPTY, 1), CS_SW_REFERENCE_UNUSABLE);
}

static void a_put_that_is_not_right_leaves_nothing(void **state)
{
	(void)state;
	static const struct {
		uint16_t sw;
		size_t len;
		uint8_t body[40];
	} bad[] = {
	    {CS_SW_WRONG_DATA, 1, {0x71}},
	    {CS_SW_WRONG_DATA, 2, {0x71, 0x00}},
	    {CS_SW_WRONG_DATA, 3, {0x71, 0x01, 'a'}},
	    {CS_SW_WRONG_DATA, 5, {0x71, 0x01, 'a', 0x73, 0x00}},
	    {CS_SW_WRONG_DATA, 20, {0x71, 0x01, 'a', 0x73, 0x0F, 0x21, 6, 1}},	/* a key of 13 bytes */
	    {CS_SW_WRONG_DATA, 21, {0x71, 0x01, 'a', 0x73, 0x10, 0x31, 6, 1}},	/* no such type */
	    {CS_SW_WRONG_DATA, 21, {0x71, 0x01, 'a', 0x73, 0x10, 0x24, 6, 1}},	/* no such hash */
	    {CS_SW_WRONG_DATA, 21, {0x71, 0x01, 'a', 0x73, 0x10, 0x21, 5, 1}},	/* digits */
	    {CS_SW_WRONG_DATA, 21, {0x71, 0x01, 'a', 0x73, 0x10, 0x21, 11, 1}}, /* digits */
	    {CS_SW_WRONG_DATA, 22, {0x71, 0x01, 'a', 0x73, 0x10, 0x21, 6, 1}},	/* a tail */
	    {CS_SW_WRONG_DATA, 20, {0x71, 0x01, 'a', 0x73, 0x10, 0x21, 6, 1}},	/* cut off */
	    {CS_SW_WRONG_DATA, 22, {0x71, 0x01, 'a', 0x73, 0x10, 0x21, 6, 1, [21] = 0x78}},
	    {CS_SW_WRONG_DATA,
	     23,
	     {0x71, 0x01, 'a', 0x73, 0x10, 0x21, 6, 1, [21] = 0xC1}}, /* an empty suite */
	    {CS_SW_WRONG_DATA, 24, {0x71, 0x01, 'a', 0x73, 0x10, 0x11, 6, 1, [21] = 0x7A, 0x01, 0x00}},
	    {CS_SW_FUNCTION_UNSUPPORTED, 23, {0x71, 0x01, 'a', 0x73, 0x10, 0x21, 6, 1, [21] = 0x78, 0x01}},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(otp_command(YKOATH_INS_PUT, 0, 0, cs_view(bad[i].body, bad[i].len)),
				 bad[i].sw);
	assert_int_equal(otp_command(YKOATH_INS_PUT, 0, 0, CS_VIEW_EMPTY), CS_SW_WRONG_LENGTH);
	assert_int_equal(otp_put(SEED64 "5", YKOATH_TYPE_TOTP | 1, 6, SEED20, CS_VIEW_EMPTY),
			 CS_SW_WRONG_DATA);
	assert_int_equal(otp_put("a", YKOATH_TYPE_TOTP | 1, 6, SEED64 "5", CS_VIEW_EMPTY), CS_SW_WRONG_DATA);
	assert_int_equal(otp_listed(), 0);
}

static void a_credential_that_wants_a_touch_gives_no_code_without_one(void **state)
{
	(void)state;
	static const uint8_t property[] = {YKOATH_TAG_PROPERTY, YKOATH_PROPERTY_TOUCH};
	static const uint8_t step[8] = {0};
	assert_int_equal(otp_put("t", YKOATH_TYPE_TOTP | 1, 6, SEED20, CS_VIEW_OF(property)), CS_SW_OK);
	assert_int_equal(otp_put("h", YKOATH_TYPE_HOTP | 1, 6, SEED20, CS_VIEW_OF(property)), CS_SW_OK);
	assert_int_equal(otp_calculate("t", CS_VIEW_OF(step), 1), CS_SW_CONDITIONS);
	assert_int_equal(otp_calculate("h", CS_VIEW_EMPTY, 1), CS_SW_CONDITIONS);
	otp->touch_says = CS_OK;
	otp->touches = 0;
	assert_string_equal(otp_totp_code("t", 0), otp_rfc4226[0]);
	assert_string_equal(otp_hotp_code("h"), otp_rfc4226[0]);
	assert_int_equal(otp->touches, 2);
	otp->platform.user_presence = NULL;
	assert_int_equal(otp_calculate("t", CS_VIEW_OF(step), 1), CS_SW_CONDITIONS);
}

static void calculate_all_marks_what_it_does_not_compute(void **state)
{
	(void)state;
	static const uint8_t property[] = {YKOATH_TAG_PROPERTY, YKOATH_PROPERTY_TOUCH};
	static const uint8_t body[] = {YKOATH_TAG_CHALLENGE, 8, 0, 0, 0, 0, 0, 0, 0, 1};
	assert_int_equal(otp_put("totp", YKOATH_TYPE_TOTP | 1, 6, SEED20, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(otp_put("touch", YKOATH_TYPE_TOTP | 1, 7, SEED20, CS_VIEW_OF(property)), CS_SW_OK);
	assert_int_equal(otp_hotp("hotp"), CS_SW_OK);
	assert_int_equal(otp_command(YKOATH_INS_CALCULATE_ALL, 0, 1, CS_VIEW_OF(body)), CS_SW_OK);
	struct cs_reader r = cs_reader_of(otp->data);
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_NAME), CS_VIEW_TEXT("totp")));
	assert_string_equal(otp_code_text(cs_tlv_expect(&r, YKOATH_TAG_TRUNCATED_RESPONSE)), otp_rfc4226[1]);
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_NAME), CS_VIEW_TEXT("touch")));
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_TOUCH), CS_VIEW_TEXT("\7")));
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_NAME), CS_VIEW_TEXT("hotp")));
	assert_true(cs_view_equal(cs_tlv_expect(&r, YKOATH_TAG_HOTP), CS_VIEW_TEXT("\6")));
	assert_int_equal(cs_reader_done(&r), CS_OK);
	assert_string_equal(otp_hotp_code("hotp"), otp_rfc4226[0]);
	assert_int_equal(otp_command(YKOATH_INS_CALCULATE_ALL, 0, 2, CS_VIEW_OF(body)), CS_SW_WRONG_P1P2);
	assert_int_equal(otp_command(YKOATH_INS_CALCULATE_ALL, 0, 1, cs_view(body, 2)), CS_SW_WRONG_DATA);
}

static void two_hundred_and_fifty_five_credentials_fit_and_no_more(void **state)
{
	(void)state;
	static const uint8_t body[] = {YKOATH_TAG_CHALLENGE, 8, 0, 0, 0, 0, 0, 0, 0, 1};
	char name[YKOATH_NAME_MAX + 1];
	otp_flash(64);
	for (unsigned i = 0; i < OATH_CREDENTIALS_MAX; i++) {
		snprintf(name, sizeof name, "%064u", i);
		assert_int_equal(
		    otp_put(name, YKOATH_TYPE_TOTP | YKOATH_HASH_SHA512, 6, SEED64, CS_VIEW_EMPTY), CS_SW_OK);
	}
	assert_int_equal(otp_hotp("one more"), CS_SW_NO_SPACE);
	assert_int_equal(otp_listed(), OATH_CREDENTIALS_MAX);
	assert_int_equal(otp_put(name, YKOATH_TYPE_HOTP | 1, 6, SEED20, CS_VIEW_EMPTY), CS_SW_OK);
	assert_string_equal(otp_hotp_code(name), otp_rfc4226[0]);
	assert_int_equal(otp_put(name, YKOATH_TYPE_TOTP | YKOATH_HASH_SHA512, 6, SEED64, CS_VIEW_EMPTY),
			 CS_SW_OK);
	assert_int_equal(otp_command(YKOATH_INS_CALCULATE_ALL, 0, 0, CS_VIEW_OF(body)), CS_SW_OK);
	assert_int_equal(otp->data.len, OATH_CREDENTIALS_MAX * (2 + YKOATH_NAME_MAX + 2 + 1 + 64));
	assert_int_equal(otp_named(YKOATH_INS_DELETE, name, NULL), CS_SW_OK);
	assert_int_equal(otp_hotp("one more"), CS_SW_OK);
}

static void a_long_list_is_fetched_with_send_remaining(void **state)
{
	(void)state;
	struct cs_apdu list = {.ins = YKOATH_INS_LIST, .ne = 256};
	struct cs_apdu more = {.ins = YKOATH_INS_SEND_REMAINING, .ne = 256};
	struct cs_apdu get_response = {.ins = ISO_INS_GET_RESPONSE, .ne = 256};
	char name[8];
	for (unsigned i = 0; i < 60; i++) {
		snprintf(name, sizeof name, "%06u", i);
		assert_int_equal(otp_hotp(name), CS_SW_OK);
	}
	size_t len = 0;
	uint16_t sw = otp_send(&list);
	for (; (sw & 0xFF00) == CS_SW_BYTES_LEFT; sw = otp_send(&more))
		len += otp->data.len;
	assert_int_equal(sw, CS_SW_OK);
	assert_int_equal(len + otp->data.len, 60 * 9);
	assert_int_equal(otp_send(&list) & 0xFF00, CS_SW_BYTES_LEFT);
	assert_int_not_equal(otp_send(&get_response) & 0xFF00, CS_SW_BYTES_LEFT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, otp_setup, otp_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(select_tells_version_and_salt_and_asks_nothing_where_no_code_is_set),
	    TEST(hotp_codes_are_those_of_rfc_4226),
	    TEST(the_first_counter_can_be_given),
	    TEST(after_the_last_counter_the_first_does_not_come_again),
	    TEST(totp_codes_are_those_of_rfc_6238),
	    TEST(a_full_response_is_the_whole_hmac),
	    TEST(putting_a_name_again_replaces_it_and_its_counter),
	    TEST(renaming_keeps_key_and_counter_and_takes_nobodys_name),
	    TEST(what_is_drawn_for_a_credential_stays_until_it_is_put_anew),
	    TEST(a_record_of_an_earlier_version_is_used_as_it_is),
	    TEST(a_deleted_credential_is_gone),
	    TEST(a_put_that_is_not_right_leaves_nothing),
	    TEST(a_credential_that_wants_a_touch_gives_no_code_without_one),
	    TEST(calculate_all_marks_what_it_does_not_compute),
	    TEST(two_hundred_and_fifty_five_credentials_fit_and_no_more),
	    TEST(a_long_list_is_fetched_with_send_remaining),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
