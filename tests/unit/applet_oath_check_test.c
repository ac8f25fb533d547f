/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CHECK: the card says of a code whether it is that of a counter that is past, and nothing of those to come.
 */
#include "tests/unit/oath_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/tlv.h"
#include "tests/unit/ocra_vectors.h"

#define COUNTED_SUITE "OCRA-1:HOTP-SHA512-8:C-QN08"

static uint16_t check(const char *name, uint64_t counter, const char *question, const char *code)
{
	uint8_t body[256];
	struct cs_writer w = CS_WRITER_OF(body);

	cs_tlv_write(&w, YKOATH_TAG_NAME, cs_view_string(name));
	cs_tlv_write_header(&w, YKOATH_TAG_IMF, sizeof counter);
	cs_write_u64(&w, counter);
	if (question)
		cs_tlv_write(&w, YKOATH_TAG_QUESTION, cs_view_string(question));
	cs_tlv_write(&w, YKOATH_TAG_CODE, cs_view_string(code));
	assert_int_equal(cs_writer_done(&w), CS_OK);
	return otp_command(YKOATH_INS_CHECK, 0, 0, cs_writer_view(&w));
}

static void codes_that_were_made_are_known_and_those_to_come_are_not(void **state)
{
	(void)state;
	assert_int_equal(otp_hotp("h"), CS_SW_OK);
	for (unsigned made = 0; made < 5; made++) {
		for (unsigned i = 0; i < OTP_RFC4226_COUNT; i++)
			assert_int_equal(check("h", i, NULL, otp_rfc4226[i]),
					 i < made ? CS_SW_OK : CS_SW_WRONG_DATA);
		assert_string_equal(otp_hotp_code("h"), otp_rfc4226[made]);
	}
}

static void a_wrong_code_or_counter_is_refused_and_nothing_moves(void **state)
{
	(void)state;
	assert_int_equal(otp_hotp("h"), CS_SW_OK);
	assert_string_equal(otp_hotp_code("h"), otp_rfc4226[0]);
	assert_string_equal(otp_hotp_code("h"), otp_rfc4226[1]);
	for (int i = 0; i < 40; i++)
		assert_int_equal(check("h", 0, NULL, "755225"), CS_SW_WRONG_DATA);
	assert_int_equal(check("h", 1, NULL, otp_rfc4226[0]), CS_SW_WRONG_DATA);
	assert_int_equal(check("h", 0, NULL, otp_rfc4226[1]), CS_SW_WRONG_DATA);
	assert_int_equal(check("h", UINT64_MAX, NULL, otp_rfc4226[0]), CS_SW_WRONG_DATA);
	assert_int_equal(check("h", 0, NULL, otp_rfc4226[0]), CS_SW_OK);
	assert_int_equal(otp->data.len, 0);
	assert_string_equal(otp_hotp_code("h"), otp_rfc4226[2]);
}

/* RFC 4226, appendix D: the number of counter 0 is 1284755224. */
static void as_many_digits_are_compared_as_are_brought(void **state)
{
	static const char whole[] = "1284755224";

	(void)state;
	assert_int_equal(otp_hotp("h"), CS_SW_OK);
	assert_string_equal(otp_hotp_code("h"), otp_rfc4226[0]);
	for (unsigned digits = 1; digits <= 10; digits++)
		assert_int_equal(check("h", 0, NULL, whole + 10 - digits),
				 digits >= 6 ? CS_SW_OK : CS_SW_WRONG_DATA);
	assert_int_equal(check("h", 0, NULL, "01284755224"), CS_SW_WRONG_DATA);
	assert_int_equal(check("h", 0, NULL, ""), CS_SW_WRONG_DATA);
}

static void only_what_counts_is_checked(void **state)
{
	static const uint8_t no_code[] = {0x71, 1, 'h', 0x7A, 8, 0, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t short_counter[] = {0x71, 1, 'h', 0x7A, 4,	 0,   0,   0,  0,
						0xC8, 6, '7', '5',  '5', '2', '2', '4'};
	static const uint8_t tail[] = {0x71, 1, 'h',  0x7A, 8,	 0,   0,   0,	0,   0,	  0,
				       0,    0, 0xC8, 6,    '7', '5', '5', '2', '2', '4', 0x00};
	uint8_t suite[64];
	struct cs_writer w = CS_WRITER_OF(suite);

	(void)state;
	cs_tlv_write(&w, YKOATH_TAG_SUITE, CS_VIEW_TEXT("OCRA-1:HOTP-SHA1-6:QN08"));
	assert_int_equal(otp_put("t", YKOATH_TYPE_TOTP | 1, 6, SEED20, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(otp_put("q", YKOATH_TYPE_OCRA | 1, 6, SEED20, cs_writer_view(&w)), CS_SW_OK);
	assert_int_equal(otp_hotp("h"), CS_SW_OK);
	assert_string_equal(otp_hotp_code("h"), otp_rfc4226[0]);
	assert_int_equal(check("t", 0, NULL, otp_rfc4226[0]), CS_SW_FUNCTION_UNSUPPORTED);
	assert_int_equal(check("q", 0, "00000000", "237653"), CS_SW_FUNCTION_UNSUPPORTED);
	assert_int_equal(check("none", 0, NULL, otp_rfc4226[0]), CS_SW_REFERENCE_UNUSABLE);
	assert_int_equal(check("", 0, NULL, otp_rfc4226[0]), CS_SW_WRONG_DATA);
	assert_int_equal(check("h", 0, "00000000", otp_rfc4226[0]), CS_SW_WRONG_DATA);
	assert_int_equal(otp_command(YKOATH_INS_CHECK, 0, 0, CS_VIEW_OF(no_code)), CS_SW_WRONG_DATA);
	assert_int_equal(otp_command(YKOATH_INS_CHECK, 0, 0, CS_VIEW_OF(short_counter)), CS_SW_WRONG_DATA);
	assert_int_equal(otp_command(YKOATH_INS_CHECK, 0, 0, CS_VIEW_OF(tail)), CS_SW_WRONG_DATA);
	assert_int_equal(otp_command(YKOATH_INS_CHECK, 0, 1, CS_VIEW_OF(tail)), CS_SW_WRONG_P1P2);
}

/* A counter that is past has answered one question: whoever asked of another would learn an answer that was
 * never given. */
static void of_challenges_nothing_is_said(void **state)
{
	const struct ocra_vector *v = ocra_one_way_with_counter;
	uint8_t options[64];
	struct cs_writer w = CS_WRITER_OF(options);

	(void)state;
	cs_tlv_write(&w, YKOATH_TAG_SUITE, CS_VIEW_TEXT(COUNTED_SUITE));
	cs_tlv_write_header(&w, YKOATH_TAG_IMF, 8);
	cs_write_u64(&w, 9);
	assert_int_equal(otp_put("o", YKOATH_TYPE_OCRA | 3, 8, SEED64, cs_writer_view(&w)), CS_SW_OK);
	assert_int_equal(check("o", v[0].counter, v[0].question, v[0].answer), CS_SW_FUNCTION_UNSUPPORTED);
	assert_int_equal(check("o", v[0].counter, v[0].question, "00000000"), CS_SW_FUNCTION_UNSUPPORTED);
	assert_int_equal(check("o", v[0].counter, NULL, v[0].answer), CS_SW_FUNCTION_UNSUPPORTED);
}

static void who_may_have_no_code_is_told_of_none(void **state)
{
	static const uint8_t bound[] = {YKOATH_TAG_PROPERTIES, 1, YKOATH_PROPERTY_PIN};
	static const uint8_t touched[] = {YKOATH_TAG_PROPERTIES, 1, YKOATH_PROPERTY_TOUCH};

	(void)state;
	assert_int_equal(otp_put("pin", YKOATH_TYPE_HOTP | 1, 6, SEED20, CS_VIEW_OF(bound)), CS_SW_OK);
	assert_int_equal(otp_put("touch", YKOATH_TYPE_HOTP | 1, 6, SEED20, CS_VIEW_OF(touched)), CS_SW_OK);
	fixture_expect(otp, VERIFY_PIN, CS_SW_OK);
	assert_string_equal(otp_hotp_code("pin"), otp_rfc4226[0]);
	assert_int_equal(check("pin", 0, NULL, otp_rfc4226[0]), CS_SW_OK);
	fixture_expect(otp, "0020FF80", CS_SW_OK);
	assert_int_equal(check("pin", 0, NULL, otp_rfc4226[0]), CS_SW_SECURITY_STATUS);
	assert_int_equal(check("pin", 0, NULL, otp_rfc4226[1]), CS_SW_SECURITY_STATUS);

	otp->touch_says = CS_OK;
	assert_string_equal(otp_hotp_code("touch"), otp_rfc4226[0]);
	assert_int_equal(check("touch", 0, NULL, otp_rfc4226[0]), CS_SW_OK);
	otp->touch_says = CS_ERR_TIMEOUT;
	assert_int_equal(check("touch", 0, NULL, otp_rfc4226[0]), CS_SW_CONDITIONS);
	assert_int_equal(check("touch", 0, NULL, "000000"), CS_SW_CONDITIONS);

	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	assert_int_equal(otp_open(), CS_SW_OK);
	assert_int_equal(check("pin", 0, NULL, otp_rfc4226[0]), CS_SW_SECURITY_STATUS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define OATH(test) cmocka_unit_test_setup_teardown(test, otp_setup, otp_teardown)
	    OATH(codes_that_were_made_are_known_and_those_to_come_are_not),
	    OATH(a_wrong_code_or_counter_is_refused_and_nothing_moves),
	    OATH(as_many_digits_are_compared_as_are_brought),
	    OATH(only_what_counts_is_checked),
	    OATH(of_challenges_nothing_is_said),
	    OATH(who_may_have_no_code_is_told_of_none),
	};

	return cmocka_run_group_tests_name("applet_oath_check", tests, NULL, NULL);
}
