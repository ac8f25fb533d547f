/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One-time-password keys that are session objects: the side that verifies (PKCS #11 v3.2, 6.54, case 2). No
 * command goes to the card for any of it.
 */
#include "tests/unit/pkcs11_otp_fixture.h"

#include <stdio.h>

#include "tests/unit/ocra_vectors.h"

static CK_RV make(CK_KEY_TYPE type, const char *seed, const CK_ATTRIBUTE *more, CK_ULONG count,
		  CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_CLASS class = CKO_OTP_KEY;
	CK_BYTE seed_bytes[256], label[] = "Server:alice";
	CK_ATTRIBUTE template[16] = {{CKA_CLASS, &class, sizeof(class)},
				     {CKA_KEY_TYPE, &type, sizeof(type)},
				     {CKA_LABEL, label, sizeof(label) - 1},
				     {CKA_VALUE, seed_bytes, strlen(seed)}};

	memcpy(seed_bytes, seed, strlen(seed));
	assert_true(count <= 12);
	if (count > 0)
		memcpy(template + 4, more, count * sizeof(*more));
	return C_CreateObject(session, template, 4 + count, key);
}

static void counter_bytes(uint64_t counter, CK_BYTE out[8])
{
	for (int i = 7; i >= 0; i--, counter >>= 8)
		out[i] = (CK_BYTE)counter;
}

static CK_RV verify(CK_MECHANISM_TYPE mechanism, CK_OBJECT_HANDLE key, CK_OTP_PARAM *params, CK_ULONG count,
		    const char *code)
{
	CK_BYTE bytes[PASSWORD_ROOM];
	CK_RV rv = otp_verify_init(mechanism, key, params, count);

	memcpy(bytes, code, strlen(code));
	return rv == CKR_OK ? C_Verify(session, NULL, 0, bytes, strlen(code)) : rv;
}

static CK_RV verify_hotp(CK_OBJECT_HANDLE key, uint64_t counter, const char *code)
{
	CK_BYTE bytes[8];
	CK_OTP_PARAM param = PARAM(CK_OTP_COUNTER, bytes);

	counter_bytes(counter, bytes);
	return verify(CKM_HOTP, key, &param, 1, code);
}

static void a_code_is_verified_for_the_counter_that_is_given(void **state)
{
	CK_OBJECT_HANDLE key;
	unsigned before = transport_card_commands();

	(void)state;
	assert_int_equal(make(CKK_HOTP, SEED20, NULL, 0, &key), CKR_OK);
	for (unsigned i = RFC4226_COUNT; i-- > 0;) {
		assert_int_equal(verify_hotp(key, i, rfc4226[i]), CKR_OK);
		assert_int_equal(verify_hotp(key, i + 1, rfc4226[i]), CKR_SIGNATURE_INVALID);
	}
	assert_int_equal(verify_hotp(key, 0, "75522"), CKR_SIGNATURE_LEN_RANGE);
	assert_int_equal(transport_card_commands(), before);
}

static void without_a_counter_nothing_is_verified(void **state)
{
	CK_OBJECT_HANDLE key;
	CK_BYTE shorter[7] = {0};
	CK_OTP_PARAM param = PARAM(CK_OTP_COUNTER, shorter);

	(void)state;
	assert_int_equal(make(CKK_HOTP, SEED20, NULL, 0, &key), CKR_OK);
	assert_int_equal(otp_verify_init(CKM_HOTP, key, NULL, 0), CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(otp_verify_init(CKM_HOTP, key, &param, 1), CKR_MECHANISM_PARAM_INVALID);
	/* A counter is checked once for C_Sign too, which it is an option for. */
	assert_int_equal(otp_sign_init(CKM_HOTP, key, &param, 1), CKR_MECHANISM_PARAM_INVALID);
}

static uint64_t told_counter(CK_OBJECT_HANDLE key)
{
	CK_BYTE value[256];
	CK_ULONG len;
	uint64_t counter = 0;

	assert_int_equal(attribute(key, CKA_OTP_COUNTER, value, &len), CKR_OK);
	assert_int_equal(len, 8);
	for (int i = 0; i < 8; i++)
		counter = counter << 8 | value[i];
	return counter;
}

static void signing_counts_where_no_counter_is_given(void **state)
{
	CK_OBJECT_HANDLE key;
	CK_BYTE seven[8], first[8];
	CK_ATTRIBUTE more = {CKA_OTP_COUNTER, first, sizeof(first)};
	CK_OTP_PARAM param = PARAM(CK_OTP_COUNTER, seven);
	char password[PASSWORD_ROOM];
	CK_ULONG len = 0;

	(void)state;
	counter_bytes(2, first);
	counter_bytes(7, seven);
	assert_int_equal(make(CKK_HOTP, SEED20, &more, 1, &key), CKR_OK);
	assert_string_equal(hotp(key), rfc4226[2]);
	assert_int_equal(told_counter(key), 3);
	assert_int_equal(password_with(CKM_HOTP, key, &param, 1, password), CKR_OK);
	assert_string_equal(password, rfc4226[7]);
	assert_int_equal(told_counter(key), 3);
	assert_int_equal(otp_sign_init(CKM_HOTP, key, NULL, 0), CKR_OK);
	assert_int_equal(C_Sign(session, NULL, 0, NULL, &len), CKR_OK);
	assert_int_equal(told_counter(key), 3);
	assert_int_equal(otp_sign_finish(password), CKR_OK);
	assert_string_equal(password, rfc4226[3]);
	assert_int_equal(told_counter(key), 4);
}

static void verifying_by_message_wants_the_counter_and_uses_none_up(void **state)
{
	CK_OBJECT_HANDLE key;
	CK_BYTE zero[8] = {0}, wrong[] = "000000", right[7];
	CK_OTP_PARAM param = PARAM(CK_OTP_COUNTER, zero);
	CK_OTP_PARAMS params = {&param, 1}, none = {NULL, 0};
	CK_MECHANISM bare = {CKM_HOTP, &none, sizeof(none)}, m = {CKM_HOTP, &params, sizeof(params)};

	(void)state;
	memcpy(right, rfc4226[0], sizeof(right));
	assert_int_equal(make(CKK_HOTP, SEED20, NULL, 0, &key), CKR_OK);
	if (C_MessageVerifyInit(session, &m, key) == CKR_MECHANISM_INVALID)
		fail_msg("HOTP verifies no messages");
	assert_int_equal(C_VerifyMessage(session, NULL, 0, NULL, 0, wrong, 6), CKR_SIGNATURE_INVALID);
	assert_int_equal(told_counter(key), 0);
	(void)C_MessageVerifyFinal(session);
	assert_int_equal(C_MessageVerifyInit(session, &m, key), CKR_OK);
	assert_int_equal(C_VerifyMessage(session, NULL, 0, NULL, 0, right, 6), CKR_OK);
	assert_int_equal(told_counter(key), 0);
	assert_int_equal(C_MessageVerifyFinal(session), CKR_OK);
	assert_int_equal(C_MessageVerifyInit(session, &bare, key), CKR_MECHANISM_PARAM_INVALID);
}

static void the_answer_tells_which_counter_it_was(void **state)
{
	CK_OBJECT_HANDLE key;
	CK_BYTE block[512] __attribute__((aligned(8))), zero[8] = {0};
	const CK_OTP_SIGNATURE_INFO *info = (const void *)block;
	CK_ULONG len = sizeof(block);
	bool told = false;

	(void)state;
	assert_int_equal(make(CKK_HOTP, SEED20, NULL, 0, &key), CKR_OK);
	assert_int_equal(otp_sign_init(CKM_HOTP, key, NULL, 0), CKR_OK);
	assert_int_equal(C_Sign(session, NULL, 0, block, &len), CKR_OK);
	for (CK_ULONG i = 0; i < info->ulCount; i++) {
		if (info->pParams[i].type != CK_OTP_COUNTER)
			continue;
		told = true;
		assert_int_equal(info->pParams[i].ulValueLen, 8);
		assert_memory_equal(info->pParams[i].pValue, zero, 8);
	}
	assert_true(told);
}

static void the_last_counter_has_no_next_one(void **state)
{
	CK_OBJECT_HANDLE key;
	CK_BYTE last[8];
	CK_ATTRIBUTE more = {CKA_OTP_COUNTER, last, sizeof(last)};
	char password[PASSWORD_ROOM];

	(void)state;
	counter_bytes(UINT64_MAX, last);
	assert_int_equal(make(CKK_HOTP, SEED20, &more, 1, &key), CKR_OK);
	assert_int_equal(password_with(CKM_HOTP, key, NULL, 0, password), CKR_FUNCTION_FAILED);
	assert_int_equal(told_counter(key), UINT64_MAX);
}

/* RFC 6238, appendix B. */
static void the_codes_of_rfc_6238_are_verified(void **state)
{
	CK_MECHANISM_TYPE hash = CKM_SHA512;
	CK_ULONG length = 8, interval = 30;
	CK_ATTRIBUTE more[] = {{CKA_COUNTERSIGN_OTP_HASH, &hash, sizeof(hash)},
			       {CKA_OTP_LENGTH, &length, sizeof(length)},
			       {CKA_OTP_TIME_INTERVAL, &interval, sizeof(interval)}};
	CK_OTP_PARAM time = param_text(CK_OTP_TIME, "20090213233130");
	CK_OTP_PARAM later = param_text(CK_OTP_TIME, "20090213233200");
	CK_OBJECT_HANDLE key, minute;

	(void)state;
	assert_int_equal(make(CKK_COUNTERSIGN_TOTP, SEED64, more, 3, &key), CKR_OK);
	assert_int_equal(verify(CKM_COUNTERSIGN_TOTP, key, &time, 1, "93441116"), CKR_OK);
	assert_int_equal(verify(CKM_COUNTERSIGN_TOTP, key, &later, 1, "93441116"), CKR_SIGNATURE_INVALID);
	/* A window twice as long has another number. */
	interval = 60;
	assert_int_equal(make(CKK_COUNTERSIGN_TOTP, SEED64, more, 3, &minute), CKR_OK);
	assert_int_equal(verify(CKM_COUNTERSIGN_TOTP, minute, &time, 1, "93441116"), CKR_SIGNATURE_INVALID);
}

static void the_answers_of_rfc_6287_are_verified_with_their_counters(void **state)
{
	char seed[] = OCRA_RFC_KEY, suite[] = "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1";
	CK_ATTRIBUTE more = {CKA_COUNTERSIGN_OCRA_SUITE, suite, sizeof(suite) - 1};
	const struct ocra_vector *vectors = ocra_one_way_with_counter_and_pin;
	CK_OBJECT_HANDLE key;
	CK_BYTE counter[8];

	(void)state;
	seed[32] = '\0';
	assert_int_equal(make(CKK_COUNTERSIGN_OCRA, seed, &more, 1, &key), CKR_OK);
	for (unsigned i = 0; i < 10; i++) {
		CK_OTP_PARAM params[] = {param_text(CK_OTP_CHALLENGE, vectors[i].question),
					 param_text(CK_OTP_PIN, OCRA_RFC_PIN),
					 PARAM(CK_OTP_COUNTER, counter)};
		char password[PASSWORD_ROOM];

		counter_bytes(vectors[i].counter, counter);
		assert_int_equal(verify(CKM_COUNTERSIGN_OCRA, key, params, 3, vectors[i].answer), CKR_OK);
		assert_int_equal(otp_verify_init(CKM_COUNTERSIGN_OCRA, key, params, 2),
				 CKR_MECHANISM_PARAM_INVALID);
		/* Its own counter is as far as the vectors'. */
		assert_int_equal(password_with(CKM_COUNTERSIGN_OCRA, key, params, 2, password), CKR_OK);
		assert_string_equal(password, vectors[i].answer);
	}
}

static void what_a_card_gives_a_server_verifies(void **state)
{
	CK_OBJECT_HANDLE card = create(CKK_HOTP, "a", SEED20), server;

	(void)state;
	assert_int_equal(make(CKK_HOTP, SEED20, NULL, 0, &server), CKR_OK);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(verify_hotp(server, i, hotp(card)), CKR_OK);
}

static void a_sensitive_seed_is_not_told(void **state)
{
	CK_BBOOL on = CK_TRUE;
	CK_ATTRIBUTE more = {CKA_SENSITIVE, &on, 1};
	CK_OBJECT_HANDLE open, secret;
	CK_BYTE value[256];
	CK_ULONG len, number;

	(void)state;
	assert_int_equal(make(CKK_HOTP, SEED20, NULL, 0, &open), CKR_OK);
	assert_int_equal(make(CKK_HOTP, SEED20, &more, 1, &secret), CKR_OK);
	assert_int_equal(attribute(open, CKA_VALUE, value, &len), CKR_OK);
	assert_int_equal(len, 20);
	assert_int_equal(attribute(secret, CKA_VALUE, value, &len), CKR_ATTRIBUTE_SENSITIVE);
	assert_int_equal(attribute(secret, CKA_VALUE_LEN, value, &len), CKR_OK);
	memcpy(&number, value, sizeof(number));
	assert_int_equal(number, 20);
	assert_int_equal(attribute(secret, CKA_OTP_COUNTER_REQUIREMENT, value, &len), CKR_OK);
	memcpy(&number, value, sizeof(number));
	assert_int_equal(number, CK_OTP_PARAM_OPTIONAL);
	assert_int_equal(attribute(secret, CKA_VERIFY, value, &len), CKR_OK);
	assert_int_equal(value[0], CK_TRUE);
	assert_int_equal(attribute(secret, CKA_UNIQUE_ID, value, &len), CKR_OK);
	assert_int_equal(len, 32);
	assert_int_equal(attribute(secret, CKA_OTP_SERVICE_IDENTIFIER, value, &len), CKR_OK);
	assert_memory_equal(value, "Server", 6);
}

static void what_a_session_cannot_have_is_refused(void **state)
{
	CK_BBOOL on = CK_TRUE, off = CK_FALSE;
	CK_ATTRIBUTE touch = {CKA_COUNTERSIGN_OTP_TOUCH, &on, 1}, private = {CKA_PRIVATE, &on, 1};
	CK_ATTRIBUTE no_signing = {CKA_SIGN, &off, 1};
	CK_OBJECT_HANDLE key, found[4];

	(void)state;
	assert_int_equal(make(CKK_HOTP, SEED20, &touch, 1, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(make(CKK_HOTP, SEED20, &private, 1, &key), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(make(CKK_HOTP, "", NULL, 0, &key), CKR_TEMPLATE_INCOMPLETE);
	assert_int_equal(make(CKK_AES, SEED20, NULL, 0, &key), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(make(CKK_HOTP, SEED20, &no_signing, 1, &key), CKR_OK);
	assert_int_equal(otp_sign_init(CKM_HOTP, key, NULL, 0), CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(verify_hotp(key, 0, rfc4226[0]), CKR_OK);
	assert_int_equal(otp_sign_init(CKM_COUNTERSIGN_TOTP, key, NULL, 0), CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(find_otp(NULL, found, 4), 1);
}

static void it_ends_with_its_session_or_before(void **state)
{
	CK_SESSION_HANDLE first = session;
	CK_OBJECT_HANDLE key, second, found[4];
	CK_BYTE code[] = "755224", zero[8] = {0};
	CK_OTP_PARAM param = PARAM(CK_OTP_COUNTER, zero);

	(void)state;
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_OK);
	assert_int_equal(make(CKK_HOTP, SEED20, NULL, 0, &key), CKR_OK);
	assert_int_equal(make(CKK_HOTP, SEED20, NULL, 0, &second), CKR_OK);
	assert_int_equal(otp_verify_init(CKM_HOTP, second, &param, 1), CKR_OK);
	assert_int_equal(C_DestroyObject(session, second), CKR_OK);
	assert_int_equal(C_Verify(session, NULL, 0, code, 6), CKR_KEY_HANDLE_INVALID);
	assert_int_equal(find_otp(NULL, found, 4), 1);
	assert_int_equal(C_CloseSession(session), CKR_OK);
	session = first;
	assert_int_equal(find_otp(NULL, found, 4), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, otp_module_setup, otp_module_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_code_is_verified_for_the_counter_that_is_given),
	    TEST(without_a_counter_nothing_is_verified),
	    TEST(signing_counts_where_no_counter_is_given),
	    TEST(verifying_by_message_wants_the_counter_and_uses_none_up),
	    TEST(the_answer_tells_which_counter_it_was),
	    TEST(the_last_counter_has_no_next_one),
	    TEST(the_codes_of_rfc_6238_are_verified),
	    TEST(the_answers_of_rfc_6287_are_verified_with_their_counters),
	    TEST(what_a_card_gives_a_server_verifies),
	    TEST(a_sensitive_seed_is_not_told),
	    TEST(what_a_session_cannot_have_is_refused),
	    TEST(it_ends_with_its_session_or_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
