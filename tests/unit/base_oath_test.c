/* SPDX-License-Identifier: BSD-2-Clause
 *
 * HOTP and TOTP against the vectors of their RFCs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/oath.h"
#include "tests/unit/base_hmac.h"

static const struct cs_hmac hmac = {.fn = libcrypto_hmac};

/* RFC 6238, appendix B (with erratum 2866): each hash has a key of its own length. */
static const char rfc_key[] = "1234567890123456789012345678901234567890123456789012345678901234";

static struct cs_view rfc_key_for(enum cs_hash hash)
{
	return cs_view(rfc_key, cs_hash_size(hash));
}

static uint32_t hotp(enum cs_hash hash, uint64_t counter)
{
	uint32_t truncated = 0;

	assert_int_equal(cs_hotp(&hmac, hash, rfc_key_for(hash), counter, &truncated), CS_OK);
	return truncated;
}

static void hotp_agrees_with_rfc_4226_appendix_d(void **state)
{
	static const struct {
		uint32_t truncated;
		const char *code;
	} vectors[] = {
	    {1284755224, "755224"}, {1094287082, "287082"}, {137359152, "359152"},  {1726969429, "969429"},
	    {1640338314, "338314"}, {868254676, "254676"},  {1918287922, "287922"}, {82162583, "162583"},
	    {673399871, "399871"},  {645520489, "520489"},
	};
	char code[CS_OATH_CODE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		uint32_t truncated = hotp(CS_SHA1, i);
		assert_int_equal(truncated, vectors[i].truncated);
		cs_oath_format(truncated, 6, code);
		assert_string_equal(code, vectors[i].code);
	}
}

static void totp_agrees_with_rfc_6238_appendix_b(void **state)
{
	static const struct {
		uint64_t time;
		enum cs_hash hash;
		const char *code;
	} vectors[] = {
	    {59, CS_SHA1, "94287082"},
	    {59, CS_SHA256, "46119246"},
	    {59, CS_SHA512, "90693936"},
	    {1111111109, CS_SHA1, "07081804"},
	    {1111111109, CS_SHA256, "68084774"},
	    {1111111109, CS_SHA512, "25091201"},
	    {1111111111, CS_SHA1, "14050471"},
	    {1111111111, CS_SHA256, "67062674"},
	    {1111111111, CS_SHA512, "99943326"},
	    {1234567890, CS_SHA1, "89005924"},
	    {1234567890, CS_SHA256, "91819424"},
	    {1234567890, CS_SHA512, "93441116"},
	    {2000000000, CS_SHA1, "69279037"},
	    {2000000000, CS_SHA256, "90698825"},
	    {2000000000, CS_SHA512, "38618901"},
	    {20000000000, CS_SHA1, "65353130"},
	    {20000000000, CS_SHA256, "77737706"},
	    {20000000000, CS_SHA512, "47863826"},
	};
	char code[CS_OATH_CODE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		cs_oath_format(hotp(vectors[i].hash, cs_totp_step(vectors[i].time, 0, 30)), 8, code);
		assert_string_equal(code, vectors[i].code);
	}
}

static void truncation_takes_the_bytes_that_the_last_nibble_points_at(void **state)
{
	/* RFC 4226, 5.4 */
	static const uint8_t mac[] = {0x1f, 0x86, 0x98, 0x69, 0x0e, 0x02, 0xca, 0x16, 0x61, 0x85,
				      0x50, 0xef, 0x7f, 0x19, 0xda, 0x8e, 0x94, 0x5b, 0x55, 0x5a};
	uint8_t high[64] = {0};
	char code[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(cs_oath_truncate(mac, sizeof(mac)), 0x50ef7f19);
	cs_oath_format(0x50ef7f19, 6, code);
	assert_string_equal(code, "872921");
	/* the top bit goes, and the nibble of a longer MAC is its own last one */
	high[15] = 0xFF;
	high[18] = 0x01;
	high[63] = 0x0F;
	assert_int_equal(cs_oath_truncate(high, sizeof(high)), 0x7F000001);
}

static void codes_keep_their_leading_zeros_up_to_ten_digits(void **state)
{
	char code[CS_OATH_CODE_MAX];

	(void)state;
	cs_oath_format(7, 6, code);
	assert_string_equal(code, "000007");
	cs_oath_format(0x7FFFFFFF, 10, code);
	assert_string_equal(code, "2147483647");
	cs_oath_format(0x7FFFFFFF, 1, code);
	assert_string_equal(code, "7");
	cs_oath_format(0x7FFFFFFF, 255, code);
	assert_string_equal(code, "2147483647");
}

static void a_time_before_the_epoch_of_the_token_is_step_zero(void **state)
{
	(void)state;
	assert_int_equal(cs_totp_step(99, 100, 30), 0);
	assert_int_equal(cs_totp_step(129, 100, 30), 0);
	assert_int_equal(cs_totp_step(130, 100, 30), 1);
	assert_true(cs_totp_step(UINT64_MAX, 0, 1) == UINT64_MAX);
}

static enum cs_err failing_hmac(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
				uint8_t *mac)
{
	(void)ctx;
	(void)hash;
	(void)key;
	(void)msg;
	(void)mac;
	return CS_ERR_CRYPTO;
}

static void a_failing_hmac_leaves_the_result_untouched(void **state)
{
	static const struct cs_hmac failing = {.fn = failing_hmac};
	uint32_t truncated = 42;

	(void)state;
	assert_int_equal(cs_hotp(&failing, CS_SHA1, CS_VIEW_TEXT("key"), 0, &truncated), CS_ERR_CRYPTO);
	assert_int_equal(cs_hotp(&failing, 0, CS_VIEW_TEXT("key"), 0, &truncated), CS_ERR_ARG);
	assert_int_equal(truncated, 42);
}

static void unknown_hashes_have_no_size(void **state)
{
	(void)state;
	assert_int_equal(cs_hash_size(CS_SHA384), 48);
	assert_int_equal(cs_hash_size(0), 0);
	assert_int_equal(cs_hash_size((enum cs_hash)99), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hotp_agrees_with_rfc_4226_appendix_d),
	    cmocka_unit_test(totp_agrees_with_rfc_6238_appendix_b),
	    cmocka_unit_test(truncation_takes_the_bytes_that_the_last_nibble_points_at),
	    cmocka_unit_test(codes_keep_their_leading_zeros_up_to_ten_digits),
	    cmocka_unit_test(a_time_before_the_epoch_of_the_token_is_step_zero),
	    cmocka_unit_test(a_failing_hmac_leaves_the_result_untouched),
	    cmocka_unit_test(unknown_hashes_have_no_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
