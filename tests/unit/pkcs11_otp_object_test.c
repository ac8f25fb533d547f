/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CKO_OTP_KEY objects: what they say of themselves, how they come and go, who may use them, and what they
 * have to do with the rest of the card.
 */
#include "tests/unit/pkcs11_otp_fixture.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/sealed_seed.h"
#include "cardclient/csgn.h"
#include "cardclient/oath.h"

/* ---- the template ---- */

struct expected {
	CK_ATTRIBUTE_TYPE type;
	const void *value; /* NULL: its length is what counts */
	CK_ULONG len;	   /* CK_UNAVAILABLE_INFORMATION: sensitive */
};

static const CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static const CK_ULONG otp_class = CKO_OTP_KEY, hotp_type = CKK_HOTP, totp_type = CKK_COUNTERSIGN_TOTP,
		      none = CK_UNAVAILABLE_INFORMATION, six = 6, sixty = 60, decimal = CK_OTP_FORMAT_DECIMAL,
		      ignored = CK_OTP_PARAM_IGNORED, optional = CK_OTP_PARAM_OPTIONAL,
		      hotp_mechanism = CKM_HOTP, sha1 = CKM_SHA_1;

#define SECRET	   CK_UNAVAILABLE_INFORMATION
#define IS(object) &(object), sizeof(object)
#define TEXT(text) text, sizeof(text) - 1

static const struct expected hotp_template[] = {
    {CKA_CLASS, IS(otp_class)},
    {CKA_TOKEN, IS(yes)},
    {CKA_PRIVATE, IS(no)},
    {CKA_LABEL, TEXT("Bank:alice")},
    {CKA_MODIFIABLE, IS(yes)},
    {CKA_COPYABLE, IS(no)},
    {CKA_DESTROYABLE, IS(yes)},
    {CKA_KEY_TYPE, IS(hotp_type)},
    {CKA_ID, TEXT("Bank:alice")},
    {CKA_START_DATE, "", 0},
    {CKA_END_DATE, "", 0},
    {CKA_DERIVE, IS(no)},
    {CKA_LOCAL, IS(no)},
    {CKA_KEY_GEN_MECHANISM, IS(none)},
    {CKA_ALLOWED_MECHANISMS, IS(hotp_mechanism)},
    {CKA_SENSITIVE, IS(yes)},
    {CKA_ENCRYPT, IS(no)},
    {CKA_DECRYPT, IS(no)},
    {CKA_SIGN, IS(yes)},
    {CKA_VERIFY, IS(yes)},
    {CKA_WRAP, IS(no)},
    {CKA_UNWRAP, IS(no)},
    {CKA_EXTRACTABLE, IS(no)},
    {CKA_ALWAYS_SENSITIVE, IS(no)},
    {CKA_NEVER_EXTRACTABLE, IS(no)},
    {CKA_WRAP_WITH_TRUSTED, IS(no)},
    {CKA_TRUSTED, IS(no)},
    {CKA_VALUE, NULL, SECRET},
    {CKA_VALUE_LEN, IS(none)},
    {CKA_OTP_FORMAT, IS(decimal)},
    {CKA_OTP_LENGTH, IS(six)},
    {CKA_OTP_USER_FRIENDLY_MODE, IS(yes)},
    {CKA_OTP_CHALLENGE_REQUIREMENT, IS(ignored)},
    {CKA_OTP_TIME_REQUIREMENT, IS(ignored)},
    {CKA_OTP_COUNTER_REQUIREMENT, IS(ignored)},
    {CKA_OTP_PIN_REQUIREMENT, IS(ignored)},
    {CKA_OTP_COUNTER, NULL, SECRET},
    {CKA_OTP_TIME, "", 0},
    {CKA_OTP_USER_IDENTIFIER, TEXT("alice")},
    {CKA_OTP_SERVICE_IDENTIFIER, TEXT("Bank")},
    {CKA_OTP_SERVICE_LOGO, "", 0},
    {CKA_OTP_SERVICE_LOGO_TYPE, "", 0},
    {CKA_COUNTERSIGN_OTP_HASH, IS(sha1)},
    {CKA_COUNTERSIGN_OTP_TOUCH, IS(no)},
    {CKA_COUNTERSIGN_OTP_SEALED, "", 0},
};

/* What is not as with HOTP. */
static const struct expected totp_template[] = {
    {CKA_LABEL, TEXT("Bank:alice")},
    {CKA_ID, TEXT("60/Bank:alice")},
    {CKA_KEY_TYPE, IS(totp_type)},
    {CKA_VERIFY, IS(yes)},
    {CKA_OTP_TIME_REQUIREMENT, IS(optional)},
    {CKA_OTP_TIME_INTERVAL, IS(sixty)},
    {CKA_OTP_COUNTER, "", 0},
};

static void expect(CK_OBJECT_HANDLE key, const struct expected *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CK_BYTE value[256];
		CK_ULONG len;
		CK_RV rv = attribute(key, rows[i].type, value, &len);

		if (rv != (rows[i].len == SECRET ? CKR_ATTRIBUTE_SENSITIVE : CKR_OK) || len != rows[i].len ||
		    (rows[i].value != NULL && memcmp(value, rows[i].value, len) != 0))
			fail_msg("attribute %#lx: %#lx, %lu bytes", rows[i].type, rv, len);
	}
}

static void a_key_says_all_that_the_standard_asks_of_it(void **state)
{
	CK_ULONG interval = 60;
	CK_ATTRIBUTE more[] = {{CKA_OTP_TIME_INTERVAL, &interval, sizeof(interval)}};
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "Bank:alice", SEED20), timed;
	CK_BYTE value[256];
	CK_ULONG len;
	unsigned before;

	(void)state;
	before = transport_card_commands();
	expect(key, hotp_template, sizeof(hotp_template) / sizeof(hotp_template[0]));
	assert_int_equal(attribute(key, CKA_OTP_TIME_INTERVAL, value, &len), CKR_ATTRIBUTE_TYPE_INVALID);
	assert_int_equal(attribute(key, CKA_UNIQUE_ID, value, &len), CKR_OK);
	assert_int_equal(len, 49);
	assert_int_equal(transport_card_commands(), before);
	assert_int_equal(create_with(CKK_COUNTERSIGN_TOTP, "Bank:alice", SEED20, more, 1, &timed), CKR_OK);
	expect(timed, totp_template, sizeof(totp_template) / sizeof(totp_template[0]));
}

static void an_ocra_key_says_what_its_suite_wants(void **state)
{
	static const char suite[] = "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1-T1M";
	static const CK_ULONG mandatory = CK_OTP_PARAM_MANDATORY, eight = 8, sha256 = CKM_SHA256;
	static const struct expected rows[] = {
	    {CKA_OTP_CHALLENGE_REQUIREMENT, IS(mandatory)},
	    {CKA_OTP_PIN_REQUIREMENT, IS(mandatory)},
	    {CKA_OTP_TIME_REQUIREMENT, IS(optional)},
	    {CKA_OTP_TIME_INTERVAL, IS(sixty)},
	    {CKA_OTP_LENGTH, IS(eight)},
	    {CKA_OTP_COUNTER, NULL, SECRET},
	    {CKA_COUNTERSIGN_OTP_HASH, IS(sha256)},
	    {CKA_COUNTERSIGN_OCRA_SUITE, TEXT(suite)},
	    {CKA_VERIFY, IS(no)},
	};
	char text[] = "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1-T1M";
	CK_ATTRIBUTE more[] = {{CKA_COUNTERSIGN_OCRA_SUITE, text, sizeof(text) - 1}};
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(create_with(CKK_COUNTERSIGN_OCRA, "a", SEED32, more, 1, &key), CKR_OK);
	expect(key, rows, sizeof(rows) / sizeof(rows[0]));
	/* From the card, too, which a second session of the module's life has to ask. */
	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session), CKR_OK);
	expect(find_one("a"), rows, sizeof(rows) / sizeof(rows[0]));
}

/* ---- coming and going ---- */

/* That of the standard's own example, 6.56.1. */
static void the_standards_own_template_is_taken(void **state)
{
	CK_OBJECT_CLASS class = CKO_OTP_KEY;
	CK_KEY_TYPE type = CKK_HOTP;
	CK_UTF8CHAR label[] = "HOTP secret key object";
	CK_BYTE id[] = {1, 2, 3}, counter[8] = {0}, value[] = SEED20;
	CK_ULONG format = CK_OTP_FORMAT_DECIMAL, length = 6;
	CK_DATE end = {{'2', '0', '9', '9'}, {'1', '2'}, {'3', '1'}};
	CK_BBOOL true_value = CK_TRUE;
	CK_ATTRIBUTE template[] = {
	    {CKA_CLASS, &class, sizeof(class)},
	    {CKA_KEY_TYPE, &type, sizeof(type)},
	    {CKA_END_DATE, &end, sizeof(end)},
	    {CKA_TOKEN, &true_value, sizeof(true_value)},
	    {CKA_SENSITIVE, &true_value, sizeof(true_value)},
	    {CKA_LABEL, label, sizeof(label) - 1},
	    {CKA_SIGN, &true_value, sizeof(true_value)},
	    {CKA_VERIFY, &true_value, sizeof(true_value)},
	    {CKA_ID, id, sizeof(id)},
	    {CKA_OTP_FORMAT, &format, sizeof(format)},
	    {CKA_OTP_LENGTH, &length, sizeof(length)},
	    {CKA_OTP_COUNTER, counter, sizeof(counter)},
	    {CKA_VALUE, value, sizeof(value) - 1},
	};
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(C_CreateObject(session, template, sizeof(template) / sizeof(template[0]), &key),
			 CKR_OK);
	assert_string_equal(hotp(key), rfc4226[0]);
}

static CK_RV create_one(const CK_ATTRIBUTE *more, CK_ULONG count)
{
	CK_OBJECT_HANDLE key;

	return create_with(CKK_COUNTERSIGN_TOTP, "a:b", SEED20, more, count, &key);
}

static void what_the_card_cannot_keep_is_refused(void **state)
{
	CK_ULONG number = 60, five = 5, hexadecimal = CK_OTP_FORMAT_HEXADECIMAL, md5 = CKM_MD5, big = 86401;
	CK_BBOOL off = CK_FALSE, on = CK_TRUE;
	CK_BYTE logo[] = {1}, counter[7] = {0}, name[] = "c", long_name[65];
	const struct {
		CK_ATTRIBUTE attribute;
		CK_RV rv;
	} rows[] = {
	    {{CKA_SENSITIVE, &off, 1}, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_EXTRACTABLE, &on, 1}, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_ENCRYPT, &on, 1}, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_SIGN, &off, 1}, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_OTP_FORMAT, &hexadecimal, sizeof(CK_ULONG)}, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_OTP_LENGTH, &five, sizeof(CK_ULONG)}, CKR_ATTRIBUTE_VALUE_INVALID},
	    {{CKA_OTP_LENGTH, &five, 1}, CKR_ATTRIBUTE_VALUE_INVALID},
	    {{CKA_OTP_SERVICE_LOGO, logo, 1}, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_OTP_USER_IDENTIFIER, name, 1}, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_OTP_COUNTER, counter, 7}, CKR_ATTRIBUTE_VALUE_INVALID},
	    {{CKA_OTP_TIME_INTERVAL, &big, sizeof(CK_ULONG)}, CKR_ATTRIBUTE_VALUE_INVALID},
	    {{CKA_OTP_PIN_REQUIREMENT, &number, sizeof(CK_ULONG)}, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_COUNTERSIGN_OTP_HASH, &md5, sizeof(CK_ULONG)}, CKR_ATTRIBUTE_VALUE_INVALID},
	    {{CKA_COUNTERSIGN_OTP_SERVER, logo, 1}, CKR_ATTRIBUTE_TYPE_INVALID},
	    {{CKA_MODULUS, logo, 1}, CKR_ATTRIBUTE_TYPE_INVALID},
	    {{CKA_VALUE, logo, 1}, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_VALUE_LEN, &five, sizeof(CK_ULONG)}, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_PRIVATE, &on, 1}, CKR_USER_NOT_LOGGED_IN},
	};
	CK_OBJECT_HANDLE key;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CK_RV rv = create_one(&rows[i].attribute, 1);

		if (rv != rows[i].rv)
			fail_msg("row %zu, attribute %#lx: %#lx", i, rows[i].attribute.type, rv);
	}
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[64] = '\0';
	assert_int_equal(create_with(CKK_HOTP, (char *)long_name, SEED20, NULL, 0, &key), CKR_OK);
	assert_int_equal(create_with(CKK_COUNTERSIGN_TOTP, "60/a", SEED20, NULL, 0, &key),
			 CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(create_with(CKK_HOTP, "", SEED20, NULL, 0, &key), CKR_TEMPLATE_INCOMPLETE);
	assert_int_equal(create_with(CKK_HOTP, "a", "", NULL, 0, &key), CKR_TEMPLATE_INCOMPLETE);
	assert_int_equal(create_with(CKK_GENERIC_SECRET, "a", SEED20, NULL, 0, &key),
			 CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(create_with(CKK_COUNTERSIGN_OCRA, "a", SEED20, NULL, 0, &key),
			 CKR_TEMPLATE_INCOMPLETE);
	assert_int_equal(find_otp(NULL, &key, 1), 1);
}

static void service_and_user_make_the_label(void **state)
{
	CK_BYTE service[] = "Bank", user[] = "alice";
	CK_ATTRIBUTE more[] = {{CKA_OTP_SERVICE_IDENTIFIER, service, 4}, {CKA_OTP_USER_IDENTIFIER, user, 5}};
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(create_with(CKK_HOTP, "", SEED20, more, 2, &key), CKR_OK);
	assert_int_equal(find_one("Bank:alice"), key);
	assert_int_equal(create_with(CKK_HOTP, "Bank:bob", SEED20, more, 1, &key), CKR_OK);
	assert_int_equal(create_with(CKK_HOTP, "", SEED20, more, 1, &key), CKR_TEMPLATE_INCOMPLETE);
}

static void a_credential_that_is_there_is_not_replaced(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20), second;

	(void)state;
	assert_string_equal(hotp(key), rfc4226[0]);
	assert_int_equal(create_with(CKK_HOTP, "a", SEED20, NULL, 0, &second), CKR_TEMPLATE_INCONSISTENT);
	assert_string_equal(hotp(key), rfc4226[1]);
}

static void a_session_that_may_only_read_changes_nothing(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20), second;
	CK_SESSION_HANDLE writing = session;
	CK_BYTE label[] = "b";
	CK_ATTRIBUTE change = {CKA_LABEL, label, 1};

	(void)state;
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_OK);
	assert_int_equal(create_with(CKK_HOTP, "b", SEED20, NULL, 0, &second), CKR_SESSION_READ_ONLY);
	assert_int_equal(C_SetAttributeValue(session, key, &change, 1), CKR_SESSION_READ_ONLY);
	assert_int_equal(C_DestroyObject(session, key), CKR_SESSION_READ_ONLY);
	assert_string_equal(hotp(key), rfc4226[0]);
	session = writing;
}

static void a_renamed_credential_keeps_handle_seed_and_counter(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "Bank:alice", SEED20), taken = create(CKK_HOTP, "x", SEED20);
	CK_BYTE label[] = "Bank:bob", user[] = "carol", id[] = "9", other_name[] = "x";
	CK_ATTRIBUTE rename = {CKA_LABEL, label, 8}, part = {CKA_OTP_USER_IDENTIFIER, user, 5};
	CK_ATTRIBUTE fixed = {CKA_ID, id, 1}, clash = {CKA_LABEL, other_name, 1},
		     empty = {CKA_LABEL, NULL, 0};

	(void)state;
	assert_string_equal(hotp(key), rfc4226[0]);
	assert_int_equal(C_SetAttributeValue(session, key, &rename, 1), CKR_OK);
	assert_int_equal(find_one("Bank:bob"), key);
	assert_int_equal(find_one("Bank:alice"), 0);
	assert_string_equal(hotp(key), rfc4226[1]);
	assert_int_equal(C_SetAttributeValue(session, key, &part, 1), CKR_OK);
	assert_int_equal(find_one("Bank:carol"), key);
	assert_string_equal(hotp(key), rfc4226[2]);
	assert_int_equal(C_SetAttributeValue(session, key, &fixed, 1), CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(C_SetAttributeValue(session, key, &empty, 1), CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(C_SetAttributeValue(session, key, &clash, 1), CKR_ATTRIBUTE_VALUE_INVALID);
	/* The name that was given up is free, and whoever takes it is another. */
	assert_int_not_equal(create(CKK_HOTP, "Bank:alice", SEED20), key);
	assert_string_equal(hotp(taken), rfc4226[0]);
}

static void unique_of(CK_OBJECT_HANDLE key, CK_BYTE value[256])
{
	CK_ULONG len;

	memset(value, 0, 256);
	assert_int_equal(attribute(key, CKA_UNIQUE_ID, value, &len), CKR_OK);
	assert_int_equal(len, 49);
}

static void begin_anew(void)
{
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session), CKR_OK);
}

/* The name goes, the credential stays; or the other way round. */
static void a_unique_id_is_the_credential_s_and_not_its_name_s(void **state)
{
	CK_BYTE first[256], second[256], again[256], label[] = "Bank:bob";
	CK_ATTRIBUTE rename = {CKA_LABEL, label, 8};
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "Bank:alice", SEED20);

	(void)state;
	unique_of(key, first);
	assert_int_equal(C_SetAttributeValue(session, key, &rename, 1), CKR_OK);
	unique_of(key, again);
	assert_memory_equal(again, first, 256);
	begin_anew();
	unique_of(find_one("Bank:bob"), again);
	assert_memory_equal(again, first, 256);
	/* The same seed under the same name is enrolled anew. */
	assert_int_equal(C_DestroyObject(session, find_one("Bank:bob")), CKR_OK);
	key = create(CKK_HOTP, "Bank:bob", SEED20);
	unique_of(key, second);
	assert_memory_not_equal(second, first, 256);
	begin_anew();
	unique_of(find_one("Bank:bob"), again);
	assert_memory_equal(again, second, 256);
}

/* PUT by another program writes it over. */
static void a_credential_that_took_the_name_of_the_one_that_was_meant_is_left_alone(void **state)
{
	CK_BYTE first[256], second[256], label[] = "b";
	CK_ATTRIBUTE rename = {CKA_LABEL, label, 1};
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);

	(void)state;
	unique_of(key, first);
	for (int i = 0; i < 2; i++) {
		char password[PASSWORD_ROOM];

		assert_int_equal(otp_sign_init(CKM_HOTP, key, NULL, 0), CKR_OK);
		assert_int_equal(other("00A4040007A0000005272101"), 0x9000);
		assert_int_equal(other("00010000157101617310110601020304050607"
				       "08090A0B0C0D0E"),
				 0x9000);
		assert_int_equal(i == 0 ? C_DestroyObject(session, key)
					: C_SetAttributeValue(session, key, &rename, 1),
				 CKR_OBJECT_HANDLE_INVALID);
		assert_int_equal(otp_sign_finish(password), CKR_KEY_HANDLE_INVALID);
		assert_int_equal(find_one("b"), 0);
		key = find_one("a");
		assert_int_not_equal(key, 0);
		unique_of(key, second);
		assert_memory_not_equal(second, first, 256);
	}
	/* Now it is the one that is meant. */
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	assert_int_equal(find_one("a"), 0);
}

static void a_destroyed_credential_is_gone(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);

	(void)state;
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	assert_int_equal(find_one("a"), 0);
	assert_string_equal(hotp(key), "");
	assert_int_equal(C_DestroyObject(session, key), CKR_OBJECT_HANDLE_INVALID);
}

/* ---- other programs ---- */

static void what_another_program_adds_and_deletes_is_seen(void **state)
{
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(find_one("a"), 0);
	assert_int_equal(other("00A4040007A0000005272101"), 0x9000);
	/* PUT: HOTP, SHA-1, 6 digits, a seed of 14 bytes. */
	assert_int_equal(other("0001000015"
			       "710161"
			       "73101106"
			       "0102030405060708090A0B0C0D0E"),
			 0x9000);
	key = find_one("a");
	assert_int_not_equal(key, 0);
	assert_int_equal(strlen(hotp(key)), 6);
	assert_int_equal(other("00A4040007A0000005272101"), 0x9000);
	assert_int_equal(other("0002000003710161"), 0x9000);
	assert_string_equal(hotp(key), "");
	assert_int_equal(find_one("a"), 0);
}

static CK_OBJECT_HANDLE make_piv_key(void)
{
	CK_BYTE params[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07}, id = 1;
	CK_BBOOL on = CK_TRUE;
	CK_ATTRIBUTE public_template[] = {{CKA_EC_PARAMS, params, sizeof(params)}, {CKA_TOKEN, &on, 1}};
	CK_ATTRIBUTE private_template[] = {{CKA_TOKEN, &on, 1}, {CKA_ID, &id, 1}};
	CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_OBJECT_HANDLE public_key, private_key;

	assert_int_equal(C_GenerateKeyPair(session, &mechanism, public_template, 2, private_template, 2,
					   &public_key, &private_key),
			 CKR_OK);
	return private_key;
}

static CK_RV sign_piv(CK_OBJECT_HANDLE key)
{
	CK_MECHANISM mechanism = {CKM_ECDSA_SHA256, NULL, 0};
	CK_BYTE data[] = "data", signature[64];
	CK_ULONG len = sizeof(signature);
	CK_RV rv = C_SignInit(session, &mechanism, key);

	return rv == CKR_OK ? C_Sign(session, data, sizeof(data), signature, &len) : rv;
}

static unsigned cost_of_signature(CK_OBJECT_HANDLE key)
{
	unsigned before = transport_card_commands();

	assert_int_equal(sign_piv(key), CKR_OK);
	return transport_card_commands() - before;
}

/* Open a channel, SELECT, CALCULATE, close. */
static void a_password_takes_four_commands_and_leaves_piv_as_it_is(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20), private_key;
	unsigned before;

	(void)state;
	assert_int_equal(login(USER_PIN), CKR_OK);
	private_key = make_piv_key();
	assert_int_equal(cost_of_signature(private_key), 1);
	before = transport_card_commands();
	assert_string_equal(hotp(key), rfc4226[0]);
	assert_int_equal(transport_card_commands() - before, 4);
	assert_int_equal(cost_of_signature(private_key), 1);
}

/* Three programs have taken all channels. */
static void without_a_free_channel_the_basic_one_serves(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20), private_key;

	(void)state;
	assert_int_equal(login(USER_PIN), CKR_OK);
	private_key = make_piv_key();
	for (int i = 0; i < 3; i++)
		assert_int_equal(other("0070000001"), 0x9000);
	assert_int_equal(other("0070000001"), 0x6A81);
	assert_string_equal(hotp(key), rfc4226[0]);
	/* SELECT, VERIFY, and the signature. */
	assert_int_equal(cost_of_signature(private_key), 3);
	assert_int_equal(cost_of_signature(private_key), 1);
}

static void searches_for_other_classes_leave_the_application_alone(void **state)
{
	CK_OBJECT_CLASS classes[] = {CKO_CERTIFICATE, CKO_DATA, CKO_PUBLIC_KEY, CKO_SECRET_KEY, 0xCE534353UL};
	CK_OBJECT_HANDLE found[8];
	CK_ULONG n;
	unsigned before = transport_card_commands();

	(void)state;
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		CK_ATTRIBUTE template = {CKA_CLASS, &classes[i], sizeof(classes[i])};

		assert_int_equal(C_FindObjectsInit(session, &template, 1), CKR_OK);
		assert_int_equal(C_FindObjects(session, found, 8, &n), CKR_OK);
		assert_int_equal(C_FindObjectsFinal(session), CKR_OK);
	}
	assert_int_equal(transport_card_commands(), before);
}

static void two_hundred_and_fifty_five_credentials_are_listed_and_no_more_fit(void **state)
{
	static CK_OBJECT_HANDLE found[300];
	CK_OBJECT_HANDLE key = 0;
	char label[65];
	unsigned before;

	(void)state;
	for (int i = 0; i < 255; i++) {
		(void)snprintf(label, sizeof(label), "%064d", i);
		key = create(CKK_HOTP, label, SEED20);
	}
	assert_int_equal(create_with(CKK_HOTP, "one more", SEED20, NULL, 0, &key), CKR_DEVICE_MEMORY);
	assert_int_equal(find_otp(NULL, found, 300), 255);
	before = transport_card_commands();
	assert_int_equal(find_otp(NULL, found, 300), 255);
	assert_int_equal(transport_card_commands() - before, 1);
	assert_string_equal(hotp(find_one(label)), rfc4226[0]);
}

/* ---- who may use them ---- */

static CK_OBJECT_HANDLE create_bound(const char *label)
{
	CK_BBOOL on = CK_TRUE;
	CK_ATTRIBUTE more = {CKA_PRIVATE, &on, 1};
	CK_OBJECT_HANDLE key = 0;

	assert_int_equal(create_with(CKK_HOTP, label, SEED20, &more, 1, &key), CKR_OK);
	return key;
}

static void what_is_bound_to_the_pin_wants_the_login(void **state)
{
	CK_OBJECT_HANDLE key;
	char password[PASSWORD_ROOM];
	CK_BYTE value[256];
	CK_ULONG len;

	(void)state;
	assert_int_equal(login(USER_PIN), CKR_OK);
	key = create_bound("a");
	assert_int_equal(attribute(key, CKA_PRIVATE, value, &len), CKR_OK);
	assert_int_equal(value[0], CK_TRUE);
	assert_string_equal(hotp(key), rfc4226[0]);
	assert_int_equal(otp_sign_init(CKM_HOTP, key, NULL, 0), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(otp_sign_finish(password), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(find_one("a"), 0);
	assert_int_equal(otp_sign_init(CKM_HOTP, key, NULL, 0), CKR_KEY_HANDLE_INVALID);
	assert_int_equal(C_DestroyObject(session, key), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(login(USER_PIN), CKR_OK);
	assert_string_equal(hotp(find_one("a")), rfc4226[1]);
}

static void a_password_of_the_application_opens_it_for_the_session(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);
	unsigned before;

	(void)state;
	assert_int_equal(unlock("swordfish"), CKR_USER_PIN_NOT_INITIALIZED);
	set_password("swordfish");
	/* Its handle is known; what it is good for is not. */
	assert_string_equal(hotp(key), "");
	assert_int_equal(find_one("a"), 0);
	assert_int_equal(unlock("sword"), CKR_PIN_INCORRECT);
	assert_int_equal(unlock(""), CKR_PIN_INCORRECT);
	assert_int_equal(find_one("a"), 0);
	assert_int_equal(unlock("swordfish"), CKR_OK);
	key = find_one("a");
	assert_int_not_equal(key, 0);
	/* With VALIDATE. */
	before = transport_card_commands();
	assert_string_equal(hotp(key), rfc4226[0]);
	assert_int_equal(transport_card_commands() - before, 5);
	/* It is good for the sessions that there are. */
	assert_int_equal(C_CloseSession(session), CKR_OK);
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session), CKR_OK);
	assert_int_equal(find_one("a"), 0);
	assert_string_equal(hotp(key), "");
}

/* The officer, in another program. */
static void set_pin_to_be_changed(void)
{
	struct cc_context *context;
	struct cc_card *card;

	assert_int_equal(cc_context_over(&transport_card, "", &context), CS_OK);
	assert_int_equal(cc_connect(context, "Card core", &card), CS_OK);
	assert_int_equal(cc_csgn_select(card, NULL), CS_OK);
	assert_int_equal(cc_csgn_verify(card, CSGN_REF_SO, CS_VIEW_TEXT(SO_PIN), NULL), CS_OK);
	assert_int_equal(cc_csgn_init_pin(card, CS_VIEW_TEXT(USER_PIN), true), CS_OK);
	cc_disconnect(card);
	cc_context_free(context);
}

static void a_pin_that_must_be_changed_gives_no_password(void **state)
{
	CK_BYTE old_pin[] = USER_PIN, new_pin[] = "739251";
	CK_OBJECT_HANDLE key;
	char password[PASSWORD_ROOM];

	(void)state;
	assert_int_equal(login(USER_PIN), CKR_OK);
	key = create_bound("a");
	set_pin_to_be_changed();
	assert_int_equal(password_with(CKM_HOTP, key, NULL, 0, password), CKR_PIN_EXPIRED);
	assert_int_equal(C_SetPIN(session, old_pin, 6, new_pin, 6), CKR_OK);
	assert_string_equal(hotp(find_one("a")), rfc4226[0]);
}

/* After five wrong ones the card wants to be waited for; one that has become wrong is not tried twice. */
static void a_wrong_password_is_not_tried_again_and_again(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);

	(void)state;
	set_password("swordfish");
	assert_int_equal(unlock("swordfish"), CKR_OK);
	assert_int_equal(other("00A4040007A0000005272101"), 0x9000);
	assert_int_equal(other("0004DEAD"), 0x9000);
	set_password("marlin");
	for (int i = 0; i < 20; i++)
		assert_string_equal(hotp(key), "");
	for (int i = 0; i < 4; i++)
		assert_int_equal(unlock("bass"), CKR_PIN_INCORRECT);
	assert_int_equal(unlock("marlin"), CKR_FUNCTION_REJECTED);
}

/* ---- seeds that the card makes ---- */

static EVP_PKEY *server_key(CK_BYTE *point, size_t *len)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	assert_non_null(key);
	assert_int_equal(EVP_PKEY_get_octet_string_param(key, "pub", point, CS_SEALED_SEED_POINT_MAX, len),
			 1);
	return key;
}

static CK_RV generate(CK_MECHANISM_TYPE type, const CK_ATTRIBUTE *more, CK_ULONG count, CK_OBJECT_HANDLE *key)
{
	CK_BYTE label[] = "made";
	CK_ATTRIBUTE template[8] = {{CKA_LABEL, label, 4}};
	CK_MECHANISM mechanism = {type, NULL, 0};

	assert_true(count <= 7);
	if (count > 0)
		memcpy(template + 1, more, count * sizeof(*more));
	return C_GenerateKey(session, &mechanism, template, 1 + count, key);
}

static void a_seed_that_the_card_makes_leaves_it_sealed_to_the_server(void **state)
{
	static CK_BYTE sealed[CS_SEALED_SEED_MAX];
	static const CK_ULONG mechanism = CKM_HOTP_KEY_GEN, length = 20;
	static const struct expected rows[] = {
	    {CKA_LOCAL, IS(yes)},
	    {CKA_NEVER_EXTRACTABLE, IS(yes)},
	    {CKA_ALWAYS_SENSITIVE, IS(yes)},
	    {CKA_KEY_GEN_MECHANISM, IS(mechanism)},
	    {CKA_VALUE_LEN, IS(length)},
	    {CKA_VALUE, NULL, SECRET},
	};
	CK_BYTE point[CS_SEALED_SEED_POINT_MAX];
	CK_ATTRIBUTE more = {CKA_COUNTERSIGN_OTP_SERVER, point, 0},
		     value = {CKA_COUNTERSIGN_OTP_SEALED, sealed, 0};
	struct cs_sealed_seed seed;
	size_t len = 0;
	EVP_PKEY *server = server_key(point, &len);
	CK_OBJECT_HANDLE key;

	(void)state;
	more.ulValueLen = len;
	assert_int_equal(generate(CKM_HOTP_KEY_GEN, &more, 1, &key), CKR_OK);
	expect(key, rows, sizeof(rows) / sizeof(rows[0]));
	value.ulValueLen = sizeof(sealed);
	assert_int_equal(C_GetAttributeValue(session, key, &value, 1), CKR_OK);
	assert_int_equal(cs_sealed_seed_parse(cs_view(sealed, value.ulValueLen), &seed), CS_OK);
	assert_true(cs_view_equal(seed.name, CS_VIEW_TEXT("made")));
	assert_true(cs_view_equal(seed.server, cs_view(point, len)));
	assert_int_equal(strlen(hotp(key)), 6);
	/* It stays with its key as long as the token is in, whatever else is listed. */
	(void)create(CKK_HOTP, "b", SEED20);
	assert_int_equal(find_one("made"), key);
	value.ulValueLen = sizeof(sealed);
	assert_int_equal(C_GetAttributeValue(session, key, &value, 1), CKR_OK);
	assert_true(value.ulValueLen > 100);
	EVP_PKEY_free(server);
}

static void a_key_can_be_made_that_nobody_else_has(void **state)
{
	CK_ULONG wrong = 21;
	CK_BYTE point[] = {4, 1, 2};
	CK_ATTRIBUTE length = {CKA_VALUE_LEN, &wrong, sizeof(wrong)}, seed = {CKA_VALUE, point, 3};
	CK_ATTRIBUTE server = {CKA_COUNTERSIGN_OTP_SERVER, point, 3};
	CK_OBJECT_HANDLE key;
	char first[16];

	(void)state;
	assert_int_equal(generate(CKM_HOTP_KEY_GEN, &length, 1, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(generate(CKM_HOTP_KEY_GEN, &seed, 1, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(generate(CKM_HOTP_KEY_GEN, &server, 1, &key), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(generate(CKM_HOTP_KEY_GEN, NULL, 0, &key), CKR_OK);
	(void)snprintf(first, sizeof(first), "%s", hotp(key));
	assert_int_equal(strlen(first), 6);
	assert_string_not_equal(hotp(key), first);
	assert_int_equal(generate(CKM_COUNTERSIGN_TOTP_KEY_GEN, NULL, 0, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(C_DestroyObject(session, find_one("made")), CKR_OK);
	assert_int_equal(generate(CKM_COUNTERSIGN_TOTP_KEY_GEN, NULL, 0, &key), CKR_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, otp_module_setup, otp_module_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_key_says_all_that_the_standard_asks_of_it),
	    TEST(an_ocra_key_says_what_its_suite_wants),
	    TEST(the_standards_own_template_is_taken),
	    TEST(what_the_card_cannot_keep_is_refused),
	    TEST(service_and_user_make_the_label),
	    TEST(a_credential_that_is_there_is_not_replaced),
	    TEST(a_session_that_may_only_read_changes_nothing),
	    TEST(a_renamed_credential_keeps_handle_seed_and_counter),
	    TEST(a_unique_id_is_the_credential_s_and_not_its_name_s),
	    TEST(a_credential_that_took_the_name_of_the_one_that_was_meant_is_left_alone),
	    TEST(a_destroyed_credential_is_gone),
	    TEST(what_another_program_adds_and_deletes_is_seen),
	    TEST(a_password_takes_four_commands_and_leaves_piv_as_it_is),
	    TEST(without_a_free_channel_the_basic_one_serves),
	    TEST(searches_for_other_classes_leave_the_application_alone),
	    TEST(two_hundred_and_fifty_five_credentials_are_listed_and_no_more_fit),
	    TEST(what_is_bound_to_the_pin_wants_the_login),
	    TEST(a_password_of_the_application_opens_it_for_the_session),
	    TEST(a_pin_that_must_be_changed_gives_no_password),
	    TEST(a_wrong_password_is_not_tried_again_and_again),
	    TEST(a_seed_that_the_card_makes_leaves_it_sealed_to_the_server),
	    TEST(a_key_can_be_made_that_nobody_else_has),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
