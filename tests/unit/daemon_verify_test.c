/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The decision about a code: the RFCs' vectors, and every case of a small world against a model that is
 * written down as plainly as the header says it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/verify.h"
#include "tests/unit/base_hmac.h"
#include "tests/unit/random.h"

static const struct cs_hmac real = {.fn = libcrypto_hmac};

/* A world with SMALL codes: the code of a position is the position modulo SMALL, so that positions collide.
 */
#define SMALL 5u

static enum cs_err small_hmac(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
			      uint8_t *mac)
{
	(void)ctx;
	(void)key;
	memset(mac, 0, cs_hash_size(hash));
	mac[3] = (uint8_t)(msg.ptr[7] % SMALL); /* offset nibble 0: the number is the first four bytes */
	return CS_OK;
}

static const struct cs_hmac small = {.fn = small_hmac};

static struct cs_view code_text(uint64_t code, char text[8])
{
	(void)snprintf(text, 8, "%06u", (unsigned)(code % 1000000));
	return cs_view(text, 6);
}

static struct verify_decision decide(const struct cs_hmac *hmac, const struct verify_token *token,
				     const struct verify_limits *limits, const char *code, uint64_t now)
{
	struct verify_decision decision;

	assert_int_equal(verify_code(hmac, token, limits, cs_view_string(code), now, &decision), CS_OK);
	return decision;
}

static const struct verify_limits usual = {
    .hotp_window = 10, .totp_window = 1, .totp_drift_limit = 20, .resync_window = 1000};

/* RFC 4226, appendix D. */
static const char *const hotp_codes[] = {"755224", "287082", "359152", "969429", "338314",
					 "254676", "287922", "162583", "399871", "520489"};
static const uint8_t rfc_seed[] = "12345678901234567890123456789012345678901234567890123456789012345678";

static void the_codes_of_rfc_4226_are_accepted_each_once_and_in_order(void **state)
{
	struct verify_token token = {
	    .type = VERIFY_HOTP, .hash = CS_SHA1, .digits = 6, .seed = {rfc_seed, 20}};

	(void)state;
	for (size_t i = 0; i < 10; i++) {
		struct verify_decision d = decide(&real, &token, &usual, hotp_codes[i], 0);
		assert_int_equal(d.outcome, VERIFY_ACCEPTED);
		assert_int_equal(d.at, i);
		token.next = d.next;
		assert_int_equal(decide(&real, &token, &usual, hotp_codes[i], 0).outcome, VERIFY_REPLAY);
	}
}

static void the_codes_of_rfc_6238_are_accepted_at_their_times(void **state)
{
	static const struct {
		uint64_t time;
		const char *code;
		enum cs_hash hash;
		size_t seed_len;
	} vectors[] = {
	    {59, "94287082", CS_SHA1, 20},
	    {59, "46119246", CS_SHA256, 32},
	    {59, "90693936", CS_SHA512, 64},
	    {1111111109, "07081804", CS_SHA1, 20},
	    {1111111109, "68084774", CS_SHA256, 32},
	    {1111111109, "25091201", CS_SHA512, 64},
	    {2000000000, "69279037", CS_SHA1, 20},
	    {20000000000, "65353130", CS_SHA1, 20},
	    {20000000000, "77737706", CS_SHA256, 32},
	    {20000000000, "47863826", CS_SHA512, 64},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct verify_token token = {.type = VERIFY_TOTP,
					     .hash = vectors[i].hash,
					     .digits = 8,
					     .period = 30,
					     .seed = {rfc_seed, vectors[i].seed_len}};
		struct verify_decision d = decide(&real, &token, &usual, vectors[i].code, vectors[i].time);
		assert_int_equal(d.outcome, VERIFY_ACCEPTED);
		assert_int_equal(d.at, vectors[i].time / 30);
		assert_int_equal(d.drift, 0);
		token.next = d.next;
		assert_int_equal(decide(&real, &token, &usual, vectors[i].code, vectors[i].time).outcome,
				 VERIFY_REPLAY);
		assert_int_equal(
		    decide(&real, &token, &usual, vectors[i].code, vectors[i].time + 3600).outcome,
		    VERIFY_REPLAY);
	}
}

/* The header's sentence about HOTP, counted out. */
static void every_case_of_a_small_hotp_world_is_decided_as_the_model_says(void **state)
{
	char text[8];

	(void)state;
	for (uint64_t next = 0; next < 12; next++) {
		for (uint32_t window = 0; window < 7; window++) {
			for (uint64_t code = 0; code <= SMALL; code++) {
				struct verify_limits limits = {.hotp_window = window};
				struct verify_token token = {
				    .type = VERIFY_HOTP, .hash = CS_SHA1, .digits = 6, .next = next};
				uint64_t at = next;
				while (at <= next + window && at % SMALL != code)
					at++;
				bool hit = at <= next + window, replay = false;
				for (uint64_t p = next > window ? next - window - 1 : 0; p < next; p++)
					replay = replay || p % SMALL == code;
				(void)code_text(code, text);
				struct verify_decision d = decide(&small, &token, &limits, text, 0);
				assert_int_equal(d.outcome, hit	     ? VERIFY_ACCEPTED
							    : replay ? VERIFY_REPLAY
								     : VERIFY_WRONG);
				if (hit)
					assert_true(d.at == at && d.next == at + 1);
			}
		}
	}
}

static void require_totp_as_model(uint64_t next, int32_t drift, uint32_t window, uint64_t now_step,
				  uint64_t code)
{
	struct verify_limits limits = {.totp_window = window, .totp_drift_limit = 3};
	struct verify_token token = {
	    .type = VERIFY_TOTP, .hash = CS_SHA1, .digits = 6, .period = 30, .next = next, .drift = drift};
	char text[8];
	int64_t expected = (int64_t)now_step + drift, at = -1;

	expected = expected < 0 ? 0 : expected;
	for (int64_t p = expected + window; p >= 0 && p >= expected - (int64_t)window; p--)
		if (p >= (int64_t)next && (uint64_t)p % SMALL == code)
			at = p;
	(void)code_text(code, text);
	struct verify_decision d = decide(&small, &token, &limits, text, now_step * 30 + 17);
	assert_int_equal(d.outcome == VERIFY_ACCEPTED, at >= 0);
	if (at < 0)
		return;
	int64_t off = at - (int64_t)now_step;
	assert_int_equal(d.at, at);
	assert_int_equal(d.next, at + 1);
	assert_int_equal(d.drift, off > 3 ? 3 : off < -3 ? -3 : off);
}

static void every_case_of_a_small_totp_world_is_decided_as_the_model_says(void **state)
{
	(void)state;
	for (uint64_t next = 0; next < 12; next++)
		for (int32_t drift = -3; drift <= 3; drift++)
			for (uint32_t window = 0; window < 4; window++)
				for (uint64_t now_step = 0; now_step < 12; now_step++)
					for (uint64_t code = 0; code <= SMALL; code++)
						require_totp_as_model(next, drift, window, now_step, code);
}

static void whatever_is_sent_no_position_is_accepted_twice_and_the_mark_never_goes_down(void **state)
{
	struct test_random rng = test_random_start();

	(void)state;
	for (unsigned run = 0; run < 200; run++) {
		struct verify_limits limits = {
		    .hotp_window = 3, .totp_window = 1, .totp_drift_limit = 4, .resync_window = 9};
		struct verify_token token = {
		    .type = run % 2 ? VERIFY_TOTP : VERIFY_HOTP, .hash = CS_SHA1, .digits = 6, .period = 30};
		uint64_t now = 3000;
		for (unsigned turn = 0; turn < 200; turn++) {
			struct verify_decision d;
			char a[8], b[8];
			uint64_t code = test_random_below(&rng, SMALL);
			now += test_random_below(&rng, 40);
			now -= test_random_below(&rng, 20); /* clocks are set back too */
			enum cs_err err =
			    test_random_below(&rng, 4)
				? verify_code(&small, &token, &limits, code_text(code, a), now, &d)
				: verify_resync(&small, &token, &limits, code_text(code, a),
						code_text((code + 1) % SMALL, b), now, &d);
			assert_int_equal(err, CS_OK);
			if (d.outcome != VERIFY_ACCEPTED)
				continue;
			assert_true(d.at >= token.next && d.next == d.at + 1);
			assert_true(d.drift >= -4 && d.drift <= 4);
			token.next = d.next;
			token.drift = d.drift;
		}
	}
}

static void a_resync_finds_two_codes_in_order_and_sets_the_token_behind_them(void **state)
{
	struct verify_token token = {
	    .type = VERIFY_HOTP, .hash = CS_SHA1, .digits = 6, .seed = {rfc_seed, 20}};
	struct verify_limits limits = {.hotp_window = 1, .resync_window = 9};
	struct verify_decision d;

	(void)state;
	assert_int_equal(verify_resync(&real, &token, &limits, cs_view_string(hotp_codes[7]),
				       cs_view_string(hotp_codes[8]), 0, &d),
			 CS_OK);
	assert_int_equal(d.outcome, VERIFY_ACCEPTED);
	assert_int_equal(d.at, 8);
	assert_int_equal(d.next, 9);
	assert_int_equal(verify_resync(&real, &token, &limits, cs_view_string(hotp_codes[8]),
				       cs_view_string(hotp_codes[7]), 0, &d),
			 CS_OK);
	assert_int_equal(d.outcome, VERIFY_WRONG);
	assert_int_equal(verify_resync(&real, &token, &limits, cs_view_string(hotp_codes[7]),
				       cs_view_string(hotp_codes[9]), 0, &d),
			 CS_OK);
	assert_int_equal(d.outcome, VERIFY_WRONG);
}

/* CVE-2019-12887 was a resync that took the counter back. */
static void a_resync_with_codes_below_the_mark_is_refused(void **state)
{
	struct verify_token token = {
	    .type = VERIFY_HOTP, .hash = CS_SHA1, .digits = 6, .seed = {rfc_seed, 20}, .next = 4};
	struct verify_decision d;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(verify_resync(&real, &token, &usual, cs_view_string(hotp_codes[i]),
					       cs_view_string(hotp_codes[i + 1]), 0, &d),
				 CS_OK);
		assert_int_equal(d.outcome, VERIFY_WRONG);
	}
}

static void what_is_not_exactly_the_digits_is_wrong(void **state)
{
	static const char *const wrong[] = {"",	      "75522",	"7552240", "75522 ",
					    " 75522", "+75522", "75522a",  "-55224"};
	struct verify_token token = {
	    .type = VERIFY_HOTP, .hash = CS_SHA1, .digits = 6, .seed = {rfc_seed, 20}};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(decide(&real, &token, &usual, wrong[i], 0).outcome, VERIFY_WRONG);
}

static void at_the_last_position_there_is_nothing_overflows(void **state)
{
	struct verify_limits limits = {.hotp_window = 10, .resync_window = 1000};
	struct verify_token token = {
	    .type = VERIFY_HOTP, .hash = CS_SHA1, .digits = 6, .next = (uint64_t)VERIFY_POSITION_MAX - 1};
	char text[8];

	(void)state;
	(void)code_text(((uint64_t)VERIFY_POSITION_MAX - 1) % 256 % SMALL, text);
	struct verify_decision d = decide(&small, &token, &limits, text, 0);
	assert_int_equal(d.outcome, VERIFY_ACCEPTED);
	assert_int_equal(d.next, VERIFY_POSITION_MAX);
	token.next = d.next;
	assert_int_not_equal(decide(&small, &token, &limits, text, 0).outcome, VERIFY_ACCEPTED);
}

static enum cs_err failing_hmac(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
				uint8_t *mac)
{
	(void)ctx, (void)hash, (void)key, (void)msg, (void)mac;
	return CS_ERR_CRYPTO;
}

static void a_failing_hmac_decides_nothing(void **state)
{
	const struct cs_hmac failing = {.fn = failing_hmac};
	struct verify_token token = {.type = VERIFY_HOTP, .hash = CS_SHA1, .digits = 6};
	struct verify_decision d = {.outcome = VERIFY_REPLAY, .at = 77};

	(void)state;
	assert_int_equal(verify_code(&failing, &token, &usual, cs_view_string("123456"), 0, &d),
			 CS_ERR_CRYPTO);
	assert_true(d.outcome == VERIFY_REPLAY && d.at == 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_codes_of_rfc_4226_are_accepted_each_once_and_in_order),
	    cmocka_unit_test(the_codes_of_rfc_6238_are_accepted_at_their_times),
	    cmocka_unit_test(every_case_of_a_small_hotp_world_is_decided_as_the_model_says),
	    cmocka_unit_test(every_case_of_a_small_totp_world_is_decided_as_the_model_says),
	    cmocka_unit_test(whatever_is_sent_no_position_is_accepted_twice_and_the_mark_never_goes_down),
	    cmocka_unit_test(a_resync_finds_two_codes_in_order_and_sets_the_token_behind_them),
	    cmocka_unit_test(a_resync_with_codes_below_the_mark_is_refused),
	    cmocka_unit_test(what_is_not_exactly_the_digits_is_wrong),
	    cmocka_unit_test(at_the_last_position_there_is_nothing_overflows),
	    cmocka_unit_test(a_failing_hmac_decides_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
