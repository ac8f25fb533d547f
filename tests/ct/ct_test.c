/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Constant time, by valgrind's method: what is secret is marked as uninitialised, and memcheck then reports
 * each branch and each address that depends on it. Nothing it reports is an error here but in the tests that
 * plant a leak. What libcrypto does with secrets is its own affair: the crypto port is wrapped, and what
 * leaves it is secret.
 */
#include "tests/unit/oath_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/tlv.h"
#include "daemon/verify.h"
#include "pkcs11/pkcs1.h"
#include "pkcs11/pkcs11.h"
#include "tests/ct/public.h"

static void secret(void *bytes, size_t len)
{
	(void)VALGRIND_MAKE_MEM_UNDEFINED(bytes, len);
}

static void known(const void *bytes, size_t len)
{
	(void)VALGRIND_MAKE_MEM_DEFINED(bytes, len);
}

static unsigned long leaks_before;

static void begin(void)
{
	leaks_before = (unsigned long)VALGRIND_COUNT_ERRORS;
}

static unsigned long leaks(void)
{
	return (unsigned long)VALGRIND_COUNT_ERRORS - leaks_before;
}

#define assert_no_leak() assert_int_equal(leaks(), 0)

/* ---- the crypto port: its keys may be secret, and so is what it yields ---- */

static struct crypto inner;

static enum cs_err secret_hmac(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
			       uint8_t *mac)
{
	uint8_t k[256], m[1024];
	enum cs_err err;

	assert_true(key.len <= sizeof(k) && msg.len <= sizeof(m));
	memcpy(k, key.ptr, key.len);
	memcpy(m, msg.ptr, msg.len);
	known(k, key.len);
	known(m, msg.len);
	err = inner.hmac(ctx, hash, cs_view(k, key.len), cs_view(m, msg.len), mac);
	secret(mac, cs_hash_size(hash));
	return err;
}

static bool is_secret(const uint8_t *bytes, size_t len)
{
	uint8_t bits[64] = {0};

	(void)VALGRIND_GET_VBITS(bytes, bits, len);
	for (size_t i = 0; i < len; i++) {
		if (bits[i])
			return true;
	}
	return false;
}

/* The store's key is not, and what it yields has to be parsed; the PIN's is. */
static enum cs_err secret_open(void *ctx, const uint8_t key[CRYPTO_AEAD_KEY_LEN],
			       const uint8_t nonce[CRYPTO_AEAD_NONCE_LEN], struct cs_view aad,
			       struct cs_view sealed, uint8_t *plain)
{
	uint8_t k[CRYPTO_AEAD_KEY_LEN];
	enum cs_err err;

	memcpy(k, key, sizeof(k));
	known(k, sizeof(k));
	err = inner.aead_open(ctx, k, nonce, aad, sealed, plain);
	if (!err && is_secret(key, CRYPTO_AEAD_KEY_LEN))
		secret(plain, sealed.len - CRYPTO_AEAD_TAG_LEN);
	return err;
}

static enum cs_err secret_block(void *ctx, enum piv_alg cipher, bool encrypt, struct cs_view key,
				const uint8_t *in, uint8_t *out)
{
	uint8_t i[CRYPTO_BLOCK_MAX] = {0};
	size_t len = cipher == PIV_ALG_3DES ? 8 : 16;
	enum cs_err err;

	memcpy(i, in, len);
	known(i, len);
	err = inner.block(ctx, cipher, encrypt, key, i, out);
	secret(out, len);
	return err;
}

static void keep_secrets(struct fixture *f)
{
	inner = f->crypto;
	f->crypto.hmac = secret_hmac;
	f->crypto.aead_open = secret_open;
	f->crypto.block = secret_block;
	begin();
}

static int setup_piv(void **state)
{
	fixture_setup_piv(state);
	fixture_expect(*state, SELECT_PIV, CS_SW_OK);
	return 0;
}

/* ---- that it can fail: leaks that are planted ---- */

static bool leaky_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (volatile size_t i = 0; i < len; i++) {
		if (a[i] != b[i])
			return false;
	}
	return true;
}

static void a_comparison_that_stops_at_the_first_difference_is_caught(void **state)
{
	uint8_t a[8] = "12345678", b[8] = "12345679";

	(void)state;
	begin();
	secret(a, sizeof(a));
	assert_false(leaky_equal(a, b, sizeof(a)));
	assert_true(leaks() > 0);
}

static void a_table_that_is_read_at_a_secret_place_is_caught(void **state)
{
	static volatile uint8_t table[256];
	uint8_t at = 3;

	(void)state;
	begin();
	secret(&at, 1);
	(void)table[at];
	assert_true(leaks() > 0);
}

/* ---- base ---- */

static void secrets_are_compared_without_a_branch(void **state)
{
	uint8_t a[32] = {1}, b[32] = {1}, c[32] = {2};

	(void)state;
	begin();
	secret(a, sizeof(a));
	assert_true(cs_equal_ct(a, b, sizeof(a)));
	assert_false(cs_equal_ct(a, c, sizeof(a)));
	assert_no_leak();
}

static void dynamic_truncation_reads_every_place(void **state)
{
	/* RFC 4226, 5.4 */
	uint8_t mac[20] = {0x1F, 0x86, 0x98, 0x69, 0x0E, 0x02, 0xCA, 0x16, 0x61, 0x85,
			   0x50, 0xEF, 0x7F, 0x19, 0xDA, 0x8E, 0x94, 0x5B, 0x55, 0x5A};
	uint32_t truncated;

	(void)state;
	begin();
	secret(mac, sizeof(mac));
	truncated = cs_oath_truncate(mac, sizeof(mac));
	assert_no_leak();
	known(&truncated, sizeof(truncated));
	assert_int_equal(truncated, 0x50EF7F19);
}

/* ---- the card ---- */

static void a_pin_right_or_wrong_is_compared_without_a_branch(void **state)
{
	struct fixture *f = *state;

	keep_secrets(f);
	fixture_expect(f, WRONG_PIN, 0x63C2);
	fixture_expect(f, VERIFY_PIN, CS_SW_OK);
	fixture_expect(f, "002C0080 10 3837363534333231 343536313233FFFF", 0x63C2);
	assert_no_leak();
	assert_true(is_secret(f->card.channels[0].secret.data_key, SECRET_KEY_LEN));
}

static void an_administrator_s_answer_is_compared_without_a_branch(void **state)
{
	static const uint8_t key[24] = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4,
					5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8};
	struct fixture *f = *state;
	uint8_t answer[12] = {0x7C, 0x0A, PIV_TAG_AUTH_RESPONSE, 0x08};

	keep_secrets(f);
	fixture_expect(f, "0087039B 04 7C028100 00", CS_SW_OK);
	assert_int_equal(
	    fixture_command(f, PIV_INS_AUTHENTICATE, PIV_ALG_3DES, PIV_SLOT_MANAGEMENT, CS_VIEW_OF(answer)),
	    CS_SW_SECURITY_STATUS);
	fixture_expect(f, "0087039B 04 7C028100 00", CS_SW_OK);
	assert_int_equal(
	    inner.block(inner.ctx, PIV_ALG_3DES, true, CS_VIEW_OF(key), f->data.ptr + 4, answer + 4), CS_OK);
	assert_int_equal(
	    fixture_command(f, PIV_INS_AUTHENTICATE, PIV_ALG_3DES, PIV_SLOT_MANAGEMENT, CS_VIEW_OF(answer)),
	    CS_SW_OK);
	assert_no_leak();
}

static uint16_t validate(const uint8_t challenge[8], uint8_t with)
{
	uint8_t body[100], mac[CS_HASH_MAX];
	struct cs_writer w = CS_WRITER_OF(body);

	assert_int_equal(
	    inner.hmac(inner.ctx, CS_SHA1, cs_view(otp_code, YKOATH_CODE_LEN), cs_view(challenge, 8), mac),
	    CS_OK);
	mac[19] ^= with;
	cs_tlv_write(&w, YKOATH_TAG_FULL_RESPONSE, cs_view(mac, 20));
	cs_tlv_write(&w, YKOATH_TAG_CHALLENGE, CS_VIEW_TEXT("of hosts"));
	return otp_command(YKOATH_INS_VALIDATE, 0, 0, cs_writer_view(&w));
}

static void an_access_code_is_compared_without_a_branch(void **state)
{
	uint8_t challenge[8];

	(void)state;
	assert_int_equal(otp_code_set(otp_code, true), CS_SW_OK);
	otp_challenge(challenge);
	keep_secrets(otp);
	assert_int_not_equal(validate(challenge, 1), CS_SW_OK);
	assert_int_equal(validate(challenge, 0), CS_SW_OK);
	assert_no_leak();
}

static void a_code_is_computed_without_a_branch(void **state)
{
	(void)state;
	assert_int_equal(otp_hotp("a"), CS_SW_OK);
	keep_secrets(otp);
	assert_int_equal(otp_calculate("a", CS_VIEW_EMPTY, 1), CS_SW_OK);
	assert_no_leak();
}

/* ---- the server ---- */

static void codes_are_compared_without_a_branch(void **state)
{
	const struct cs_hmac hmac = {.fn = secret_hmac, .ctx = otp->crypto.ctx};
	const struct verify_limits limits = {
	    .hotp_window = 5, .totp_window = 1, .totp_drift_limit = 5, .resync_window = 9};
	struct verify_token token = {
	    .type = VERIFY_HOTP, .hash = CS_SHA1, .digits = 6, .seed = CS_VIEW_TEXT(SEED20)};
	struct verify_decision decision;

	(void)state;
	inner = otp->crypto;
	begin();
	assert_int_equal(verify_code(&hmac, &token, &limits, cs_view_string(otp_rfc4226[3]), 0, &decision),
			 CS_OK);
	assert_int_equal(decision.outcome, VERIFY_ACCEPTED);
	assert_int_equal(decision.at, 3);
	assert_int_equal(verify_code(&hmac, &token, &limits, CS_VIEW_TEXT("000000"), 0, &decision), CS_OK);
	assert_int_equal(decision.outcome, VERIFY_WRONG);
	assert_int_equal(verify_resync(&hmac, &token, &limits, cs_view_string(otp_rfc4226[6]),
				       cs_view_string(otp_rfc4226[7]), 0, &decision),
			 CS_OK);
	assert_int_equal(decision.at, 7);
	assert_no_leak();
}

/* ---- the module: what a card decrypted ---- */

static void a_padding_right_or_wrong_is_taken_off_without_a_branch(void **state)
{
	uint8_t block[256];
	struct cs_view message;

	(void)state;
	begin();
	for (size_t zero_at = 5; zero_at < 250; zero_at += 49) {
		memset(block, 0x55, sizeof(block));
		block[0] = 0;
		block[1] = 2;
		block[zero_at] = 0;
		secret(block, sizeof(block));
		assert_int_equal(pkcs1_unpad_encryption(CS_VIEW_OF(block), &message),
				 zero_at < 10 ? CS_ERR_MALFORMED : CS_OK);
		assert_true(zero_at < 10 || message.len == sizeof(block) - zero_at - 1);
	}
	assert_no_leak();
}

static void oaep_is_taken_off_without_a_branch(void **state)
{
	const struct hash *hash = hash_by_mechanism(CKM_SHA256);
	uint8_t block[256] = {0};
	struct cs_view message;

	(void)state;
	begin();
	secret(block, sizeof(block));
	assert_int_equal(pkcs1_oaep_decode(hash, hash, CS_VIEW_EMPTY, block, sizeof(block), &message),
			 CS_ERR_MALFORMED);
	assert_no_leak();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_comparison_that_stops_at_the_first_difference_is_caught),
	    cmocka_unit_test(a_table_that_is_read_at_a_secret_place_is_caught),
	    cmocka_unit_test(secrets_are_compared_without_a_branch),
	    cmocka_unit_test(dynamic_truncation_reads_every_place),
	    cmocka_unit_test_setup_teardown(a_pin_right_or_wrong_is_compared_without_a_branch, setup_piv,
					    fixture_teardown),
	    cmocka_unit_test_setup_teardown(an_administrator_s_answer_is_compared_without_a_branch, setup_piv,
					    fixture_teardown),
	    cmocka_unit_test_setup_teardown(an_access_code_is_compared_without_a_branch, otp_setup,
					    otp_teardown),
	    cmocka_unit_test_setup_teardown(a_code_is_computed_without_a_branch, otp_setup, otp_teardown),
	    cmocka_unit_test_setup_teardown(codes_are_compared_without_a_branch, otp_setup, otp_teardown),
	    cmocka_unit_test(a_padding_right_or_wrong_is_taken_off_without_a_branch),
	    cmocka_unit_test(oaep_is_taken_off_without_a_branch),
	};

	if (!RUNNING_ON_VALGRIND) {
		puts("1..0 # SKIP it says nothing without valgrind");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
