/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CKM_HOTP and the mechanisms of its shape: what goes in, what comes out, and what costs a password.
 */
#include "tests/unit/pkcs11_otp_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/ocra_vectors.h"

/* ---- HOTP ---- */

static void the_codes_of_rfc_4226_come_out_in_order(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "Bank:alice", SEED20);

	(void)state;
	for (unsigned i = 0; i < RFC4226_COUNT; i++)
		assert_string_equal(hotp(key), rfc4226[i]);
}

static void the_first_counter_is_the_templates(void **state)
{
	CK_BYTE counter[8] = {0, 0, 0, 0, 0, 0, 0, 7};
	CK_ATTRIBUTE more[] = {{CKA_OTP_COUNTER, counter, sizeof(counter)}};
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(create_with(CKK_HOTP, "late", SEED20, more, 1, &key), CKR_OK);
	assert_string_equal(hotp(key), rfc4226[7]);
	/* Of 64 bits: HOTP of 2^32, as computed with an independent program. */
	memset(counter, 0, sizeof(counter));
	counter[3] = 1;
	assert_int_equal(create_with(CKK_HOTP, "later", SEED20, more, 1, &key), CKR_OK);
	assert_string_equal(hotp(key), "999456");
}

static void asking_for_the_size_and_a_small_buffer_cost_no_code(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);
	CK_ULONG need = 0, len;
	CK_BYTE small[16];
	char password[PASSWORD_ROOM];
	unsigned before;

	(void)state;
	assert_int_equal(otp_sign_init(CKM_HOTP, key, NULL, 0), CKR_OK);
	before = transport_card_commands();
	assert_int_equal(C_Sign(session, NULL, 0, NULL, &need), CKR_OK);
	assert_true(need > sizeof(CK_OTP_SIGNATURE_INFO));
	for (len = 0; len <= sizeof(small); len += 8) {
		CK_ULONG room = len;

		assert_int_equal(C_Sign(session, NULL, 0, small, &room), CKR_BUFFER_TOO_SMALL);
		assert_int_equal(room, need);
	}
	assert_int_equal(transport_card_commands(), before);
	assert_int_equal(otp_sign_finish(password), CKR_OK);
	assert_string_equal(password, rfc4226[0]);
	assert_string_equal(hotp(key), rfc4226[1]);
}

/* The block has just the size that was told; sanitizers watch its end. */
static void the_answer_lies_in_the_one_block_of_the_caller(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_COUNTERSIGN_TOTP, "a", SEED20);
	CK_OTP_PARAM time = param_text(CK_OTP_TIME, "20050318015831");
	CK_ULONG need = 0, seen = 0;
	CK_BYTE *block;
	CK_OTP_SIGNATURE_INFO info;

	(void)state;
	assert_int_equal(otp_sign_init(CKM_COUNTERSIGN_TOTP, key, &time, 1), CKR_OK);
	assert_int_equal(C_Sign(session, NULL, 0, NULL, &need), CKR_OK);
	block = malloc(need);
	assert_non_null(block);
	assert_int_equal(C_Sign(session, NULL, 0, block, &need), CKR_OK);
	memcpy(&info, block, sizeof(info));
	for (CK_ULONG i = 0; i < info.ulCount; i++) {
		const CK_OTP_PARAM *p = &info.pParams[i];
		const CK_BYTE *value = p->pValue;

		assert_true((const CK_BYTE *)(p + 1) <= block + need);
		assert_true(value >= (const CK_BYTE *)(info.pParams + info.ulCount));
		assert_true(value + p->ulValueLen <= block + need);
		assert_int_equal((uintptr_t)value % sizeof(CK_ULONG), 0);
		seen |= 1ul << p->type;
		if (p->type == CK_OTP_TIME)
			assert_memory_equal(value, "20050318015831", 14);
		if (p->type == CK_OTP_VALUE)
			assert_memory_equal(value, "050471", 6);
		if (p->type == CK_OTP_OUTPUT_LENGTH)
			assert_int_equal(*(const CK_ULONG *)p->pValue, 6);
		if (p->type == CK_OTP_OUTPUT_FORMAT)
			assert_int_equal(*(const CK_ULONG *)p->pValue, CK_OTP_FORMAT_DECIMAL);
	}
	assert_int_equal(seen, 1ul << CK_OTP_TIME | 1ul << CK_OTP_VALUE | 1ul << CK_OTP_OUTPUT_LENGTH |
				   1ul << CK_OTP_OUTPUT_FORMAT);
	free(block);
	/* It was one operation. */
	assert_int_equal(C_Sign(session, NULL, 0, NULL, &need), CKR_OPERATION_NOT_INITIALIZED);
}

static void a_block_may_lie_anywhere(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);
	CK_BYTE block[512];
	CK_ULONG len = sizeof(block) - 1;

	(void)state;
	assert_int_equal(otp_sign_init(CKM_HOTP, key, NULL, 0), CKR_OK);
	assert_int_equal(C_Sign(session, NULL, 0, block + 1, &len), CKR_OK);
}

static void sign_final_answers_as_sign_does(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);
	CK_BYTE block[512] __attribute__((aligned(8)));
	const CK_OTP_SIGNATURE_INFO *info = (const void *)block;
	CK_ULONG len = sizeof(block);

	(void)state;
	assert_int_equal(otp_sign_init(CKM_HOTP, key, NULL, 0), CKR_OK);
	assert_int_equal(C_SignFinal(session, block, &len), CKR_OK);
	assert_memory_equal(info->pParams[0].pValue, rfc4226[0], 6);
}

static void data_to_sign_is_refused_and_costs_nothing(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);
	CK_BYTE data[1] = {0}, block[512];
	CK_ULONG len = sizeof(block);

	(void)state;
	assert_int_equal(otp_sign_init(CKM_HOTP, key, NULL, 0), CKR_OK);
	assert_int_equal(C_Sign(session, data, 1, block, &len), CKR_DATA_LEN_RANGE);
	assert_int_equal(otp_sign_init(CKM_HOTP, key, NULL, 0), CKR_OK);
	assert_int_equal(C_SignUpdate(session, data, 1), CKR_DATA_LEN_RANGE);
	assert_int_equal(C_SignFinal(session, block, &len), CKR_OPERATION_NOT_INITIALIZED);
	assert_string_equal(hotp(key), rfc4226[0]);
}

static void a_cancelled_operation_costs_no_code(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);
	CK_ULONG len = 0;

	(void)state;
	assert_int_equal(otp_sign_init(CKM_HOTP, key, NULL, 0), CKR_OK);
	assert_int_equal(C_SessionCancel(session, CKF_SIGN), CKR_OK);
	assert_int_equal(C_Sign(session, NULL, 0, NULL, &len), CKR_OPERATION_NOT_INITIALIZED);
	assert_string_equal(hotp(key), rfc4226[0]);
}

static void as_many_digits_as_are_wanted_are_given(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);
	CK_ULONG length = 8, format = CK_OTP_FORMAT_DECIMAL;
	CK_OTP_PARAM params[] = {PARAM(CK_OTP_OUTPUT_LENGTH, length), PARAM(CK_OTP_OUTPUT_FORMAT, format)};
	char password[PASSWORD_ROOM];

	(void)state;
	/* RFC 4226, appendix D: 1284755224. */
	assert_int_equal(password_with(CKM_HOTP, key, params, 2, password), CKR_OK);
	assert_string_equal(password, "84755224");
	length = 10;
	assert_int_equal(password_with(CKM_HOTP, key, params, 2, password), CKR_OK);
	assert_string_equal(password, "1094287082");
}

/* ---- parameters ---- */

struct wrong {
	const char *what;
	CK_MECHANISM_TYPE mechanism;
	CK_OTP_PARAM_TYPE type;
	const char *value;
	CK_ULONG number; /* where value is NULL */
};

static const struct wrong wrongs[] = {
    {"a next code of a counter", CKM_HOTP, CK_OTP_FLAGS, NULL, CKF_NEXT_OTP},
    {"HOTP without its counter", CKM_HOTP, CK_OTP_FLAGS, NULL, CKF_EXCLUDE_COUNTER},
    {"TOTP without its time", CKM_COUNTERSIGN_TOTP, CK_OTP_FLAGS, NULL, CKF_EXCLUDE_TIME},
    {"an unknown flag", CKM_HOTP, CK_OTP_FLAGS, NULL, 0x40},
    {"flags of another size", CKM_HOTP, CK_OTP_FLAGS, "1", 0},
    {"5 digits", CKM_HOTP, CK_OTP_OUTPUT_LENGTH, NULL, 5},
    {"11 digits", CKM_HOTP, CK_OTP_OUTPUT_LENGTH, NULL, 11},
    {"2^63 digits", CKM_HOTP, CK_OTP_OUTPUT_LENGTH, NULL, 1ul << 63},
    {"a length of another size", CKM_HOTP, CK_OTP_OUTPUT_LENGTH, "", 0},
    {"hexadecimal", CKM_HOTP, CK_OTP_OUTPUT_FORMAT, NULL, CK_OTP_FORMAT_HEXADECIMAL},
    {"binary", CKM_HOTP, CK_OTP_OUTPUT_FORMAT, NULL, CK_OTP_FORMAT_BINARY},
    {"a password in", CKM_HOTP, CK_OTP_VALUE, "123456", 0},
    {"an unknown parameter", CKM_HOTP, 8, "", 0},
    {"a time without seconds", CKM_COUNTERSIGN_TOTP, CK_OTP_TIME, "200503180158", 0},
    {"a thirteenth month", CKM_COUNTERSIGN_TOTP, CK_OTP_TIME, "20051318015809", 0},
    {"a 30th of February", CKM_COUNTERSIGN_TOTP, CK_OTP_TIME, "20050230015809", 0},
    {"a 25th hour", CKM_COUNTERSIGN_TOTP, CK_OTP_TIME, "20050318245809", 0},
    {"a 61st second", CKM_COUNTERSIGN_TOTP, CK_OTP_TIME, "20050318015860", 0},
    {"a time before 1970", CKM_COUNTERSIGN_TOTP, CK_OTP_TIME, "19691231235959", 0},
    {"a time in letters", CKM_COUNTERSIGN_TOTP, CK_OTP_TIME, "2005031801580a", 0},
};

static CK_OTP_PARAM wrong_param(const struct wrong *w, CK_ULONG *number)
{
	*number = w->number;
	return w->value != NULL ? param_text(w->type, w->value) : PARAM(w->type, *number);
}

static void every_wrong_parameter_is_refused_and_costs_nothing(void **state)
{
	CK_OBJECT_HANDLE counter = create(CKK_HOTP, "h", SEED20);
	CK_OBJECT_HANDLE timed = create(CKK_COUNTERSIGN_TOTP, "t", SEED20);
	unsigned before = transport_card_commands();

	(void)state;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		CK_ULONG number;
		CK_OTP_PARAM param = wrong_param(&wrongs[i], &number);
		CK_OBJECT_HANDLE key = wrongs[i].mechanism == CKM_HOTP ? counter : timed;
		CK_RV rv = otp_sign_init(wrongs[i].mechanism, key, &param, 1);

		if (rv != CKR_MECHANISM_PARAM_INVALID)
			fail_msg("%s: %#lx", wrongs[i].what, rv);
	}
	assert_int_equal(transport_card_commands(), before);
	assert_string_equal(hotp(counter), rfc4226[0]);
}

static void parameters_that_are_no_structure_are_refused(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);
	CK_FLAGS flags = CKF_USER_FRIENDLY_OTP;
	CK_OTP_PARAM twice[] = {PARAM(CK_OTP_FLAGS, flags), PARAM(CK_OTP_FLAGS, flags)};
	CK_OTP_PARAM hollow = {CK_OTP_FLAGS, NULL, sizeof(flags)};
	CK_OTP_PARAMS all = {NULL, 0};
	CK_MECHANISM none = {CKM_HOTP, NULL, 0}, shorter = {CKM_HOTP, &all, sizeof(all) - 1};

	(void)state;
	assert_int_equal(otp_sign_init(CKM_HOTP, key, twice, 2), CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(otp_sign_init(CKM_HOTP, key, &hollow, 1), CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(otp_sign_init(CKM_HOTP, key, NULL, 1), CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(otp_sign_init(CKM_HOTP, key, twice, (CK_ULONG)-1), CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(C_SignInit(session, &none, key), CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(C_SignInit(session, &shorter, key), CKR_MECHANISM_PARAM_INVALID);
}

static void what_the_key_ignores_may_be_anything(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);
	CK_FLAGS flags = CKF_EXCLUDE_TIME | CKF_EXCLUDE_CHALLENGE | CKF_EXCLUDE_PIN | CKF_USER_FRIENDLY_OTP;
	CK_OTP_PARAM params[] = {param_text(CK_OTP_TIME, "now"), param_text(CK_OTP_CHALLENGE, "1"),
				 param_text(CK_OTP_PIN, ""), param_text(CK_OTP_COUNTER, "1"),
				 PARAM(CK_OTP_FLAGS, flags)};
	char password[PASSWORD_ROOM];

	(void)state;
	assert_int_equal(password_with(CKM_HOTP, key, params, 5, password), CKR_OK);
	assert_string_equal(password, rfc4226[0]);
}

static void a_mechanism_takes_keys_of_its_type_only(void **state)
{
	CK_OBJECT_HANDLE counter = create(CKK_HOTP, "h", SEED20);
	CK_OBJECT_HANDLE timed = create(CKK_COUNTERSIGN_TOTP, "t", SEED20);

	(void)state;
	assert_int_equal(otp_sign_init(CKM_COUNTERSIGN_TOTP, counter, NULL, 0), CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(otp_sign_init(CKM_HOTP, timed, NULL, 0), CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(otp_sign_init(CKM_COUNTERSIGN_OCRA, timed, NULL, 0), CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(otp_sign_init(CKM_ECDSA, counter, NULL, 0), CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(otp_sign_init(CKM_HOTP, 12345, NULL, 0), CKR_KEY_HANDLE_INVALID);
}

/* ---- TOTP ---- */

struct totp_vector {
	const char *time;
	const char *codes[3]; /* SHA-1, SHA-256, SHA-512 */
};

/* RFC 6238, appendix B. */
static const struct totp_vector rfc6238[] = {
    {"19700101000059", {"94287082", "46119246", "90693936"}},
    {"20050318015829", {"07081804", "68084774", "25091201"}},
    {"20050318015831", {"14050471", "67062674", "99943326"}},
    {"20090213233130", {"89005924", "91819424", "93441116"}},
    {"20330518033320", {"69279037", "90698825", "38618901"}},
    {"26031011113320", {"65353130", "77737706", "47863826"}},
};

static void make_totp(CK_OBJECT_HANDLE keys[3])
{
	static const CK_MECHANISM_TYPE hashes[] = {CKM_SHA_1, CKM_SHA256, CKM_SHA512};
	static const char *const seeds[] = {SEED20, SEED32, SEED64}, *const labels[] = {"1", "256", "512"};
	CK_MECHANISM_TYPE hash;
	CK_ULONG length = 8;
	CK_ATTRIBUTE more[] = {{CKA_COUNTERSIGN_OTP_HASH, &hash, sizeof(hash)},
			       {CKA_OTP_LENGTH, &length, sizeof(length)}};

	for (size_t i = 0; i < 3; i++) {
		hash = hashes[i];
		assert_int_equal(create_with(CKK_COUNTERSIGN_TOTP, labels[i], seeds[i], more, 2, &keys[i]),
				 CKR_OK);
	}
}

static void the_codes_of_rfc_6238_come_out_and_are_verified(void **state)
{
	CK_OBJECT_HANDLE keys[3];
	char password[PASSWORD_ROOM];

	(void)state;
	make_totp(keys);
	for (size_t i = 0; i < 3 * sizeof(rfc6238) / sizeof(rfc6238[0]); i++) {
		const struct totp_vector *v = &rfc6238[i / 3];
		CK_OTP_PARAM time = param_text(CK_OTP_TIME, v->time);

		assert_int_equal(password_with(CKM_COUNTERSIGN_TOTP, keys[i % 3], &time, 1, password),
				 CKR_OK);
		assert_string_equal(password, v->codes[i % 3]);
		assert_int_equal(otp_verify_init(CKM_COUNTERSIGN_TOTP, keys[i % 3], &time, 1), CKR_OK);
		assert_int_equal(C_Verify(session, NULL, 0, (CK_BYTE_PTR)password, 8), CKR_OK);
	}
}

static void the_next_code_is_the_next_windows(void **state)
{
	CK_OBJECT_HANDLE keys[3];
	CK_FLAGS flags = CKF_NEXT_OTP;
	CK_OTP_PARAM params[] = {param_text(CK_OTP_TIME, "20050318015829"), PARAM(CK_OTP_FLAGS, flags)};
	char password[PASSWORD_ROOM];

	(void)state;
	make_totp(keys);
	assert_int_equal(password_with(CKM_COUNTERSIGN_TOTP, keys[0], params, 2, password), CKR_OK);
	assert_string_equal(password, "14050471");
}

/* Now is a window of this length, or of the one before where it has just ended. */
static void without_a_time_the_code_is_of_now(void **state)
{
	CK_ULONG interval = 86400;
	CK_ATTRIBUTE more[] = {{CKA_OTP_TIME_INTERVAL, &interval, sizeof(interval)}};
	CK_OBJECT_HANDLE key;
	CK_OTP_PARAM param;
	char now[PASSWORD_ROOM], before[PASSWORD_ROOM], after[PASSWORD_ROOM], texts[2][16];
	time_t times[2];
	struct tm tm;

	(void)state;
	assert_int_equal(create_with(CKK_COUNTERSIGN_TOTP, "day", SEED20, more, 1, &key), CKR_OK);
	times[0] = time(NULL);
	assert_int_equal(password_with(CKM_COUNTERSIGN_TOTP, key, NULL, 0, now), CKR_OK);
	times[1] = time(NULL);
	for (size_t i = 0; i < 2; i++) {
		assert_non_null(gmtime_r(&times[i], &tm));
		assert_int_equal(strftime(texts[i], sizeof(texts[i]), "%Y%m%d%H%M%S", &tm), 14);
	}
	param = param_text(CK_OTP_TIME, texts[0]);
	assert_int_equal(password_with(CKM_COUNTERSIGN_TOTP, key, &param, 1, before), CKR_OK);
	param = param_text(CK_OTP_TIME, texts[1]);
	assert_int_equal(password_with(CKM_COUNTERSIGN_TOTP, key, &param, 1, after), CKR_OK);
	assert_true(strcmp(now, before) == 0 || strcmp(now, after) == 0);
}

static void a_wrong_code_is_a_wrong_signature(void **state)
{
	CK_OBJECT_HANDLE keys[3];
	CK_OTP_PARAM time = param_text(CK_OTP_TIME, "20050318015829");
	CK_BYTE right[] = "07081804", wrong[] = "07081805";

	(void)state;
	make_totp(keys);
	assert_int_equal(otp_verify_init(CKM_COUNTERSIGN_TOTP, keys[0], &time, 1), CKR_OK);
	assert_int_equal(C_Verify(session, NULL, 0, wrong, 8), CKR_SIGNATURE_INVALID);
	assert_int_equal(C_Verify(session, NULL, 0, right, 8), CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(otp_verify_init(CKM_COUNTERSIGN_TOTP, keys[0], &time, 1), CKR_OK);
	assert_int_equal(C_Verify(session, NULL, 0, right, 7), CKR_SIGNATURE_LEN_RANGE);
	assert_int_equal(otp_verify_init(CKM_COUNTERSIGN_TOTP, keys[0], &time, 1), CKR_OK);
	assert_int_equal(C_Verify(session, right, 8, right, 8), CKR_DATA_LEN_RANGE);
	assert_int_equal(otp_verify_init(CKM_COUNTERSIGN_TOTP, keys[0], &time, 1), CKR_OK);
	assert_int_equal(C_VerifyFinal(session, right, 8), CKR_OK);
}

/* ---- OCRA ---- */

struct ocra_set {
	const char *suite;
	size_t seed_len;
	const struct ocra_vector *vectors;
	size_t count;
};

#define SET(suite, seed_len, vectors)                                                                        \
	{                                                                                                    \
		suite, seed_len, vectors, sizeof(vectors) / sizeof((vectors)[0])                             \
	}

static const struct ocra_set ocra_sets[] = {
    SET("OCRA-1:HOTP-SHA1-6:QN08", 20, ocra_one_way_with_sha1),
    SET("OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1", 32, ocra_one_way_with_counter_and_pin),
    SET("OCRA-1:HOTP-SHA256-8:QN08-PSHA1", 32, ocra_one_way_with_pin),
    SET("OCRA-1:HOTP-SHA512-8:C-QN08", 64, ocra_one_way_with_counter),
    SET("OCRA-1:HOTP-SHA512-8:QN08-T1M", 64, ocra_one_way_with_time),
    SET("OCRA-1:HOTP-SHA256-8:QA08", 32, ocra_mutual_with_sha256_server),
};

static CK_RV create_ocra(const char *label, const char *suite, size_t seed_len, CK_OBJECT_HANDLE *key)
{
	char seed[sizeof(OCRA_RFC_KEY)] = OCRA_RFC_KEY, text[80];
	CK_ATTRIBUTE more[] = {{CKA_COUNTERSIGN_OCRA_SUITE, text, strlen(suite)}};

	memcpy(text, suite, strlen(suite));
	seed[seed_len] = '\0';
	return create_with(CKK_COUNTERSIGN_OCRA, label, seed, more, 1, key);
}

static void answer(const struct ocra_set *set, CK_OBJECT_HANDLE key, const struct ocra_vector *v)
{
	/* The PIN and the time are ignored where the suite names none. */
	CK_BYTE counter[8] = {0, 0, 0, 0, 0, 0, 0, (CK_BYTE)v->counter};
	CK_OTP_PARAM params[] = {param_text(CK_OTP_CHALLENGE, v->question),
				 param_text(CK_OTP_PIN, OCRA_RFC_PIN),
				 param_text(CK_OTP_TIME, "20080325120600"),
				 {CK_OTP_COUNTER, counter, sizeof(counter)}};
	bool counts = strstr(set->suite, ":C-") != NULL;
	char password[PASSWORD_ROOM];

	assert_int_equal(password_with(CKM_COUNTERSIGN_OCRA, key, params, 3, password), CKR_OK);
	assert_string_equal(password, v->answer);
	/* A counter has answered one question, and the card will not say what it would have answered to
	 * others. */
	assert_int_equal(otp_verify_init(CKM_COUNTERSIGN_OCRA, key, params, 4),
			 counts ? CKR_KEY_FUNCTION_NOT_PERMITTED : CKR_OK);
	if (!counts)
		assert_int_equal(C_Verify(session, NULL, 0, (CK_BYTE_PTR)password, strlen(password)), CKR_OK);
}

static void the_answers_of_rfc_6287_come_out_and_are_verified(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ocra_sets) / sizeof(ocra_sets[0]); i++) {
		CK_OBJECT_HANDLE key;
		char label[8];

		(void)snprintf(label, sizeof(label), "%zu", i);
		assert_int_equal(create_ocra(label, ocra_sets[i].suite, ocra_sets[i].seed_len, &key), CKR_OK);
		for (size_t j = 0; j < ocra_sets[i].count; j++)
			answer(&ocra_sets[i], key, &ocra_sets[i].vectors[j]);
	}
}

/* ---- counters that are past ---- */

static CK_RV verify_hotp(CK_OBJECT_HANDLE key, CK_BYTE counter, const char *password)
{
	CK_BYTE bytes[8] = {0, 0, 0, 0, 0, 0, 0, counter}, copy[16];
	CK_OTP_PARAM param = {CK_OTP_COUNTER, bytes, sizeof(bytes)};
	CK_ULONG length = strlen(password);
	CK_OTP_PARAM params[] = {param, PARAM(CK_OTP_OUTPUT_LENGTH, length)};

	memcpy(copy, password, length);
	assert_int_equal(otp_verify_init(CKM_HOTP, key, params, 2), CKR_OK);
	return C_Verify(session, NULL, 0, copy, length);
}

static void the_card_says_which_passwords_it_has_made(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "h", SEED20);

	(void)state;
	assert_string_equal(hotp(key), rfc4226[0]);
	assert_string_equal(hotp(key), rfc4226[1]);
	assert_int_equal(verify_hotp(key, 0, rfc4226[0]), CKR_OK);
	assert_int_equal(verify_hotp(key, 1, rfc4226[1]), CKR_OK);
	assert_int_equal(verify_hotp(key, 0, "1284755224"), CKR_OK); /* RFC 4226, appendix D */
	assert_int_equal(verify_hotp(key, 0, rfc4226[1]), CKR_SIGNATURE_INVALID);
	/* Right, but not made yet: nobody learns that. */
	assert_int_equal(verify_hotp(key, 2, rfc4226[2]), CKR_SIGNATURE_INVALID);
	assert_int_equal(otp_verify_init(CKM_HOTP, key, NULL, 0), CKR_MECHANISM_PARAM_INVALID);
	assert_string_equal(hotp(key), rfc4226[2]);
	assert_int_equal(verify_hotp(key, 2, rfc4226[2]), CKR_OK);
}

static void a_password_bound_to_the_pin_is_checked_after_a_login(void **state)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE private = {CKA_PRIVATE, &yes, 1};
	CK_BYTE counter[8] = {0};
	CK_OTP_PARAM param = {CK_OTP_COUNTER, counter, sizeof(counter)};
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(login(USER_PIN), CKR_OK);
	assert_int_equal(create_with(CKK_HOTP, "h", SEED20, &private, 1, &key), CKR_OK);
	assert_string_equal(hotp(key), rfc4226[0]);
	assert_int_equal(verify_hotp(key, 0, rfc4226[0]), CKR_OK);
	assert_int_equal(verify_hotp(key, 0, rfc4226[1]), CKR_SIGNATURE_INVALID);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(otp_verify_init(CKM_HOTP, key, &param, 1), CKR_KEY_HANDLE_INVALID);
}

static void what_the_suite_names_must_be_there_and_fit(void **state)
{
	CK_OBJECT_HANDLE key, plain;
	CK_OTP_PARAM question = param_text(CK_OTP_CHALLENGE, "12345678");
	CK_OTP_PARAM params[] = {question, param_text(CK_OTP_PIN, OCRA_RFC_PIN),
				 param_text(CK_OTP_COUNTERSIGN_SESSION, "session")};
	CK_OTP_PARAM letters = param_text(CK_OTP_CHALLENGE, "1234567x");
	CK_FLAGS flags = CKF_EXCLUDE_CHALLENGE;
	CK_OTP_PARAM excluding[] = {question, PARAM(CK_OTP_FLAGS, flags)};
	char password[PASSWORD_ROOM];

	(void)state;
	assert_int_equal(create_ocra("a", "OCRA-1:HOTP-SHA1-6:QN08-PSHA1-S064", 20, &key), CKR_OK);
	assert_int_equal(create_ocra("b", "OCRA-1:HOTP-SHA1-6:QN08", 20, &plain), CKR_OK);
	assert_int_equal(otp_sign_init(CKM_COUNTERSIGN_OCRA, plain, NULL, 0), CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(otp_sign_init(CKM_COUNTERSIGN_OCRA, plain, &letters, 1),
			 CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(otp_sign_init(CKM_COUNTERSIGN_OCRA, plain, excluding, 2),
			 CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(otp_sign_init(CKM_COUNTERSIGN_OCRA, key, params, 1), CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(otp_sign_init(CKM_COUNTERSIGN_OCRA, key, params, 2), CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(password_with(CKM_COUNTERSIGN_OCRA, key, params, 3, password), CKR_OK);
	assert_int_equal(strlen(password), 6);
}

static void an_answer_that_is_not_truncated_is_hexadecimal(void **state)
{
	CK_OBJECT_HANDLE key;
	CK_OTP_PARAM question = param_text(CK_OTP_CHALLENGE, "12345678");
	char password[PASSWORD_ROOM];
	CK_BYTE value[256];
	CK_ULONG len, number;

	(void)state;
	assert_int_equal(create_ocra("a", "OCRA-1:HOTP-SHA512-0:QN08", 64, &key), CKR_OK);
	assert_int_equal(password_with(CKM_COUNTERSIGN_OCRA, key, &question, 1, password), CKR_OK);
	assert_int_equal(strlen(password), 128);
	assert_int_equal(strspn(password, "0123456789abcdef"), 128);
	assert_int_equal(attribute(key, CKA_OTP_FORMAT, value, &len), CKR_OK);
	memcpy(&number, value, sizeof(number));
	assert_int_equal(number, CK_OTP_FORMAT_HEXADECIMAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, otp_module_setup, otp_module_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_codes_of_rfc_4226_come_out_in_order),
	    TEST(the_first_counter_is_the_templates),
	    TEST(asking_for_the_size_and_a_small_buffer_cost_no_code),
	    TEST(the_answer_lies_in_the_one_block_of_the_caller),
	    TEST(a_block_may_lie_anywhere),
	    TEST(sign_final_answers_as_sign_does),
	    TEST(data_to_sign_is_refused_and_costs_nothing),
	    TEST(a_cancelled_operation_costs_no_code),
	    TEST(as_many_digits_as_are_wanted_are_given),
	    TEST(every_wrong_parameter_is_refused_and_costs_nothing),
	    TEST(parameters_that_are_no_structure_are_refused),
	    TEST(what_the_key_ignores_may_be_anything),
	    TEST(a_mechanism_takes_keys_of_its_type_only),
	    TEST(the_codes_of_rfc_6238_come_out_and_are_verified),
	    TEST(the_next_code_is_the_next_windows),
	    TEST(without_a_time_the_code_is_of_now),
	    TEST(a_wrong_code_is_a_wrong_signature),
	    TEST(the_answers_of_rfc_6287_come_out_and_are_verified),
	    TEST(the_card_says_which_passwords_it_has_made),
	    TEST(a_password_bound_to_the_pin_is_checked_after_a_login),
	    TEST(what_the_suite_names_must_be_there_and_fit),
	    TEST(an_answer_that_is_not_truncated_is_hexadecimal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
