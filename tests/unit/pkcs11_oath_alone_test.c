/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A card that has the OATH application and no PIV: what it is as a token, and in how many commands.
 */
#include "tests/unit/pkcs11_otp_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/ykoath.h"

static struct cc_backend backend;
static const char *refusal; /* of SELECT, by every application; NULL: by none that is there */
static bool of_piv;	    /* by PIV alone */

static enum cs_err may_refuse(void *link, struct cs_view command, struct cs_writer *response)
{
	static const uint8_t piv[] = {0x00, 0xA4, 0x04, 0x00, 0x09, 0xA0, 0x00, 0x00, 0x03, 0x08};

	if (refusal == NULL || command.ptr[1] != 0xA4 ||
	    (of_piv && !cs_view_starts_with(command, CS_VIEW_OF(piv))))
		return transport_card.transmit(link, command, response);
	/* It has come to the card all the same, and is counted. */
	(void)transport_card.transmit(link, CS_VIEW_OF(((const uint8_t[]){0x00, 0xFF, 0x00, 0x00})),
				      response);
	response->len = 0;
	cs_write_view(response, cs_view(refusal, 2));
	return CS_OK;
}

/* The module's clock; tests of commands do not hang on how long they take. */
static time_t seconds = 1000;

int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	*now = (struct timespec){.tv_sec = seconds};
	return 0;
}

static void open_session(void)
{
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session), CKR_OK);
}

static int setup(void **state)
{
	(void)state;
	refusal = NULL;
	of_piv = false;
	backend = transport_card;
	backend.transmit = may_refuse;
	if (setenv("XDG_CACHE_HOME", "/dev/null/none", 1) != 0 || !transport_card_make(CSGN_PROFILE_PIV))
		return -1;
	transport_card_be(PLAIN_OATH);
	slots_set_backend(&backend);
	return C_Initialize(NULL) == CKR_OK &&
		       C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session) == CKR_OK
		   ? 0
		   : -1;
}

/* As another program finds it. */
static void again(void)
{
	CK_ULONG n = 0;

	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_GetSlotList(CK_TRUE, NULL, &n), CKR_OK);
	assert_int_equal(n, 1);
	open_session();
}

static CK_ULONG find(CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE found[32])
{
	CK_ULONG n = 0;

	assert_int_equal(C_FindObjectsInit(session, template, count), CKR_OK);
	assert_int_equal(C_FindObjects(session, found, 32, &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(session), CKR_OK);
	return n;
}

static CK_ULONG find_class(CK_OBJECT_CLASS class)
{
	CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof(class)};
	CK_OBJECT_HANDLE found[32];

	return find(&template, 1, found);
}

static CK_ULONG class_of(CK_OBJECT_HANDLE object)
{
	CK_ULONG class = CK_UNAVAILABLE_INFORMATION;
	CK_ATTRIBUTE a = {CKA_CLASS, &class, sizeof(class)};

	assert_int_equal(C_GetAttributeValue(session, object, &a, 1), CKR_OK);
	return class;
}

/* ---- the token ---- */

static CK_TOKEN_INFO info(void)
{
	CK_TOKEN_INFO token;

	assert_int_equal(C_GetTokenInfo(0, &token), CKR_OK);
	return token;
}

static void it_says_what_it_is(void **state)
{
	CK_TOKEN_INFO token = info();

	(void)state;
	assert_memory_equal(token.model, "OATH            ", 16);
	assert_memory_equal(token.manufacturerID, "OATH card   ", 12);
	assert_memory_equal(token.label, "OATH ", 5);
	assert_memory_equal(token.label + 5, token.serialNumber, 8);
	assert_memory_not_equal(token.serialNumber, "        ", 8);
	assert_true(token.firmwareVersion.major >= 5);
	assert_int_equal(token.flags, CKF_RNG | CKF_DUAL_CRYPTO_OPERATIONS | CKF_TOKEN_INITIALIZED);
}

static void a_password_is_told_by_the_flags_of_the_users_pin(void **state)
{
	static const CK_FLAGS all = CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED | CKF_USER_PIN_COUNT_LOW |
				    CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED;
	static const CK_FLAGS set = CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED;

	(void)state;
	assert_int_equal(info().flags & all, 0);
	(void)find_class(CKO_OTP_KEY);
	set_password("swordfish");
	/* Of another program's change it hears when it is asked. */
	assert_int_equal(info().flags & all, set);
	assert_int_equal(login("shark"), CKR_PIN_INCORRECT);
	assert_int_equal(info().flags & all, set | CKF_USER_PIN_COUNT_LOW);
	assert_int_equal(login("swordfish"), CKR_OK);
	assert_int_equal(info().flags & all, set);
	assert_in_range(info().ulMinPinLen, 1, 4);
	assert_true(info().ulMaxPinLen >= 64);
}

static void a_card_with_neither_is_no_token_and_is_asked_once(void **state)
{
	static const char *const answers[] = {"\x6A\x82", "\x6D\x00", "\x6E\x00", "\x6A\x81",
					      "\x69\x82", "\x69\x85", "\x69\x99", "\x6A\x80"};
	CK_TOKEN_INFO token;

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		CK_ULONG n = 1;
		unsigned before;

		assert_int_equal(C_Finalize(NULL), CKR_OK);
		refusal = answers[i];
		assert_int_equal(C_Initialize(NULL), CKR_OK);
		before = transport_card_commands();
		for (int round = 0; round < 3; round++) {
			assert_int_equal(C_GetSlotList(CK_TRUE, NULL, &n), CKR_OK);
			assert_int_equal(n, 0);
			assert_int_equal(C_GetTokenInfo(0, &token), CKR_TOKEN_NOT_RECOGNIZED);
		}
		assert_int_equal(transport_card_commands() - before, 2);
	}
}

static void whatever_the_words_in_which_piv_is_refused_the_card_is_one_with_oath(void **state)
{
	static const char *const answers[] = {"\x69\x82", "\x69\x85", "\x69\x99", "\x6A\x80", "\x67\x00"};

	(void)state;
	(void)create(CKK_HOTP, "Bank:alice", SEED20);
	of_piv = true;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		refusal = answers[i];
		again();
		assert_int_equal(find_class(CKO_OTP_KEY), 1);
	}
}

static void a_card_that_fails_is_not_taken_for_one_without_piv(void **state)
{
	CK_TOKEN_INFO token;
	CK_ULONG n = 0;

	(void)state;
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	transport_card_be(PLAIN_PIV_AND_OATH);
	refusal = "\x6F\x00";
	of_piv = true;
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_GetSlotList(CK_TRUE, NULL, &n), CKR_OK);
	assert_int_equal(C_GetTokenInfo(0, &token), CKR_DEVICE_ERROR);
	refusal = NULL;
	assert_int_equal(C_GetTokenInfo(0, &token), CKR_OK);
	assert_memory_equal(token.model, "PIV ", 4);
	open_session();
}

/* ---- keys ---- */

static void its_credentials_are_keys_and_give_passwords(void **state)
{
	CK_ULONG length = 8;
	CK_ATTRIBUTE more = {CKA_OTP_LENGTH, &length, sizeof(length)};
	CK_OTP_PARAM time = param_text(CK_OTP_TIME, "20050318015829");
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "Bank:alice", SEED20), timed;
	char password[PASSWORD_ROOM];

	(void)state;
	assert_int_equal(create_with(CKK_COUNTERSIGN_TOTP, "b", SEED20, &more, 1, &timed), CKR_OK);
	assert_string_equal(hotp(key), rfc4226[0]);
	again();
	assert_int_equal(find_class(CKO_OTP_KEY), 2);
	assert_string_equal(hotp(find_one("Bank:alice")), rfc4226[1]);
	timed = find_one("b");
	assert_int_equal(password_with(CKM_COUNTERSIGN_TOTP, timed, &time, 1, password), CKR_OK);
	assert_string_equal(password, "07081804");
	assert_int_equal(C_DestroyObject(session, timed), CKR_OK);
	assert_int_equal(find_class(CKO_OTP_KEY), 1);
	assert_string_equal(hotp(find_one("Bank:alice")), rfc4226[2]);
}

/* All objects, with class and label of each: the commands from C_Initialize on. */
static unsigned list_all(CK_ULONG otp_keys)
{
	unsigned before = transport_card_commands();
	CK_OBJECT_HANDLE found[32];
	CK_ULONG n, seen = 0;

	again();
	(void)info();
	n = find(NULL, 0, found);
	for (CK_ULONG i = 0; i < n; i++) {
		CK_BYTE label[256];
		CK_ULONG len;

		if (class_of(found[i]) != CKO_OTP_KEY)
			continue;
		assert_int_equal(attribute(found[i], CKA_LABEL, label, &len), CKR_OK);
		seen++;
	}
	assert_int_equal(seen, otp_keys);
	return transport_card_commands() - before;
}

static void a_cold_start_to_all_objects_is_two_selects_and_the_two_lists(void **state)
{
	(void)state;
	(void)create(CKK_HOTP, "a", SEED20);
	(void)create(CKK_COUNTERSIGN_TOTP, "b", SEED20);
	assert_int_equal(list_all(2), 4);
}

static void a_cold_start_of_a_locked_one_is_two_selects_and_one_to_see_that_it_still_is(void **state)
{
	(void)state;
	(void)create(CKK_HOTP, "a", SEED20);
	set_password("swordfish");
	/* One for C_GetTokenInfo, one for the search. */
	assert_int_equal(list_all(0), 4);
}

static void only_a_search_that_may_find_a_key_asks_again(void **state)
{
	static const CK_OBJECT_CLASS others[] = {CKO_CERTIFICATE, CKO_PRIVATE_KEY, CKO_PUBLIC_KEY,
						 CKO_DATA,	  CKO_SECRET_KEY,  CKO_PROFILE};
	CK_OBJECT_HANDLE found[32];
	unsigned before;

	(void)state;
	(void)create(CKK_HOTP, "a", SEED20);
	(void)find(NULL, 0, found);
	before = transport_card_commands();
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		(void)find_class(others[i]);
	assert_int_equal(transport_card_commands(), before);
	(void)find(NULL, 0, found);
	assert_int_equal(transport_card_commands() - before, 3);
	before = transport_card_commands();
	/* SELECT, CALCULATE. */
	assert_string_equal(hotp(find_one("a")), rfc4226[0]);
	assert_int_equal(transport_card_commands() - before, 5);
}

static CK_RV enrol_by_another(void)
{
	if (other("00A4040007A0000005272101") != 0x9000)
		return CKR_DEVICE_ERROR;
	return other("00010000157101617310110601020304050607"
		     "08090A0B0C0D0E") == 0x9000
		   ? CKR_OK
		   : CKR_DEVICE_ERROR;
}

static void what_another_program_enrols_is_found(void **state)
{
	(void)state;
	assert_int_equal(find_class(CKO_OTP_KEY), 0);
	assert_int_equal(enrol_by_another(), CKR_OK);
	assert_int_not_equal(find_one("a"), 0);
}

/* A program that lists the slots, and searches when its user wants something. */
static void what_was_seen_with_the_slots_is_good_for_two_seconds(void **state)
{
	static const time_t waited[] = {0, 1, 2, 3600};

	(void)state;
	(void)create(CKK_HOTP, "b", SEED20);
	for (size_t i = 0; i < sizeof(waited) / sizeof(waited[0]); i++) {
		unsigned before;

		again();
		before = transport_card_commands();
		seconds += waited[i];
		assert_int_equal(find_class(CKO_OTP_KEY), 1);
		assert_int_equal(transport_card_commands() - before, waited[i] < 2 ? 0 : 3);
	}
	again();
	seconds += 2;
	assert_int_equal(enrol_by_another(), CKR_OK);
	assert_int_not_equal(find_one("a"), 0);
	/* The flags likewise: another program may have set a password meanwhile. */
	again();
	set_password("swordfish");
	seconds += 2;
	assert_true((info().flags & CKF_LOGIN_REQUIRED) != 0);
}

/* ---- its password ---- */

static CK_STATE session_state(void)
{
	CK_SESSION_INFO now;

	assert_int_equal(C_GetSessionInfo(session, &now), CKR_OK);
	return now.state;
}

static void the_user_logs_in_with_the_password(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);

	(void)state;
	assert_int_equal(login("swordfish"), CKR_USER_PIN_NOT_INITIALIZED);
	set_password("swordfish");
	again();
	assert_int_equal(find_one("a"), 0);
	assert_int_equal(login("sword"), CKR_PIN_INCORRECT);
	assert_int_equal(login(""), CKR_PIN_INCORRECT);
	assert_int_equal(C_Logout(session), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(login("swordfish"), CKR_OK);
	assert_int_equal(login("swordfish"), CKR_USER_ALREADY_LOGGED_IN);
	assert_int_equal(session_state(), CKS_RW_USER_FUNCTIONS);
	key = find_one("a");
	assert_string_equal(hotp(key), rfc4226[0]);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(session_state(), CKS_RW_PUBLIC_SESSION);
	assert_string_equal(hotp(key), "");
	assert_int_equal(find_one("a"), 0);
}

/* The card has nothing to forget. */
static void a_logout_is_no_line_in_the_trace(void **state)
{
	char path[] = "/tmp/pkcs11_oath_alone_XXXXXX", line[256];
	int fd = mkstemp(path);
	FILE *trace;

	(void)state;
	assert_true(fd >= 0 && close(fd) == 0);
	set_password("swordfish");
	assert_int_equal(setenv("COUNTERSIGN_TRACE", path, 1), 0);
	again();
	assert_int_equal(login("swordfish"), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(unsetenv("COUNTERSIGN_TRACE"), 0);
	again();
	trace = fopen(path, "r");
	assert_non_null(trace);
	assert_non_null(fgets(line, sizeof(line), trace));
	do
		assert_null(strstr(line, "logout"));
	while (fgets(line, sizeof(line), trace) != NULL);
	assert_int_equal(fclose(trace), 0);
	assert_int_equal(remove(path), 0);
}

/* Who has the card after it has to know the password, too. */
static void a_logout_makes_the_card_forget_that_the_password_was_proved(void **state)
{
	static const char list[] = "00A10000";

	(void)state;
	(void)create(CKK_HOTP, "a", SEED20);
	set_password("swordfish");
	again();
	assert_int_equal(login("swordfish"), CKR_OK);
	assert_string_equal(hotp(find_one("a")), rfc4226[0]);
	assert_int_equal(other(list), 0x9000);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(other(list), 0x6982);
}

static void it_forgets_what_the_call_that_names_the_application_has_proved_too(void **state)
{
	(void)state;
	(void)create(CKK_HOTP, "a", SEED20);
	set_password("swordfish");
	again();
	assert_int_equal(unlock("swordfish"), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(find_one("a"), 0);
	opened_until_it_ends("a", "swordfish");
}

static void the_password_is_proved_whatever_the_program_wants_of_libcrypto(void **state)
{
	(void)state;
	set_password("swordfish");
	again();
	transport_card_strange(true);
	assert_null(EVP_MD_fetch(NULL, "SHA256", NULL));
	assert_int_equal(login("swordfish"), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	transport_card_strange(false);
}

static void the_call_that_names_the_application_takes_it_too(void **state)
{
	(void)state;
	(void)create(CKK_HOTP, "a", SEED20);
	set_password("swordfish");
	again();
	assert_int_equal(unlock("shark"), CKR_PIN_INCORRECT);
	assert_int_equal(unlock("swordfish"), CKR_OK);
	assert_int_equal(session_state(), CKS_RW_PUBLIC_SESSION);
	assert_string_equal(hotp(find_one("a")), rfc4226[0]);
}

/* Another program has set another. */
static void a_password_that_has_become_wrong_ends_the_login_and_is_sent_once(void **state)
{
	CK_OBJECT_HANDLE key = create(CKK_HOTP, "a", SEED20);
	char password[PASSWORD_ROOM];
	unsigned before;

	(void)state;
	set_password("swordfish");
	assert_int_equal(login("swordfish"), CKR_OK);
	assert_int_equal(other("00A4040007A0000005272101"), 0x9000);
	assert_int_equal(other("0004DEAD"), 0x9000);
	set_password("marlin");
	assert_int_equal(password_with(CKM_HOTP, key, NULL, 0, password), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(session_state(), CKS_RW_PUBLIC_SESSION);
	before = transport_card_commands();
	for (int i = 0; i < 20; i++)
		assert_string_equal(hotp(key), "");
	/* SELECT alone. */
	assert_int_equal(transport_card_commands() - before, 20);
	for (int i = 0; i < 4; i++)
		assert_int_equal(login("bass"), CKR_PIN_INCORRECT);
	/* After five wrong ones it wants to be waited for: none of the twenty was one. */
	assert_int_equal(login("marlin"), CKR_FUNCTION_REJECTED);
}

static void the_login_ends_with_the_last_session(void **state)
{
	(void)state;
	(void)create(CKK_HOTP, "a", SEED20);
	set_password("swordfish");
	assert_int_equal(login("swordfish"), CKR_OK);
	assert_int_equal(C_CloseSession(session), CKR_OK);
	open_session();
	assert_int_equal(session_state(), CKS_RW_PUBLIC_SESSION);
	assert_int_equal(find_one("a"), 0);
}

static void there_is_no_officer(void **state)
{
	CK_UTF8CHAR pin[] = "12345678", label[32] = "Test";

	(void)state;
	assert_int_equal(C_Login(session, CKU_SO, pin, 8), CKR_USER_TYPE_INVALID);
	assert_int_equal(C_Login(session, CKU_CONTEXT_SPECIFIC, pin, 8), CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_InitPIN(session, pin, 8), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(C_SetPIN(session, pin, 8, pin, 8), CKR_FUNCTION_NOT_SUPPORTED);
	assert_int_equal(C_CloseSession(session), CKR_OK);
	assert_int_equal(C_InitToken(0, pin, 8, label), CKR_FUNCTION_NOT_SUPPORTED);
}

/* ---- PIV is not there ---- */

static void it_has_no_mechanism_of_a_pair_that_it_could_keep(void **state)
{
	static const CK_MECHANISM_TYPE none[] = {
	    CKM_RSA_PKCS_KEY_PAIR_GEN, CKM_RSA_PKCS, CKM_EC_KEY_PAIR_GEN, CKM_ECDSA,
	    CKM_ECDH1_DERIVE,	       CKM_EDDSA,    CKM_ML_DSA,	  CKM_HOTP_KEY_GEN,
	    CKM_COUNTERSIGN_OCRA};
	static const CK_MECHANISM_TYPE some[] = {CKM_HOTP, CKM_COUNTERSIGN_TOTP, CKM_SHA256};
	CK_MECHANISM_TYPE list[128];
	CK_MECHANISM_INFO about;
	CK_ULONG n = 128;

	(void)state;
	assert_int_equal(C_GetMechanismList(0, list, &n), CKR_OK);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_int_equal(C_GetMechanismInfo(0, none[i], &about), CKR_MECHANISM_INVALID);
		for (CK_ULONG j = 0; j < n; j++)
			assert_int_not_equal(list[j], none[i]);
	}
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		assert_int_equal(C_GetMechanismInfo(0, some[i], &about), CKR_OK);
}

static void what_only_piv_could_do_is_refused_without_a_command(void **state)
{
	CK_BYTE params[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07}, value[] = {1, 2, 3};
	CK_MECHANISM pair = {CKM_EC_KEY_PAIR_GEN, NULL, 0}, aes = {CKM_AES_KEY_GEN, NULL, 0};
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ULONG length = 16;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE public[] = {{CKA_EC_PARAMS, params, sizeof(params)}, {CKA_TOKEN, &yes, 1}};
	CK_ATTRIBUTE private[] = {{CKA_TOKEN, &yes, 1}};
	CK_ATTRIBUTE data[] = {
	    {CKA_CLASS, &class, sizeof(class)}, {CKA_TOKEN, &yes, 1}, {CKA_VALUE, value, sizeof(value)}};
	CK_ATTRIBUTE secret[] = {{CKA_TOKEN, &yes, 1}, {CKA_VALUE_LEN, &length, sizeof(length)}};
	CK_OBJECT_HANDLE a, b;
	unsigned before = transport_card_commands();

	(void)state;
	assert_int_equal(C_GenerateKeyPair(session, &pair, public, 2, private, 1, &a, &b),
			 CKR_MECHANISM_INVALID);
	assert_int_equal(C_CreateObject(session, data, 3, &a), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(C_GenerateKey(session, &aes, secret, 2, &a), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(transport_card_commands(), before);
	/* Without CKA_TOKEN they are the session's, and no card's. */
	data[1].pValue = secret[0].pValue = &no;
	assert_int_equal(C_CreateObject(session, data, 3, &a), CKR_OK);
	assert_int_equal(C_GenerateKey(session, &aes, secret, 2, &a), CKR_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, otp_module_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(it_says_what_it_is),
	    TEST(a_password_is_told_by_the_flags_of_the_users_pin),
	    TEST(a_card_with_neither_is_no_token_and_is_asked_once),
	    TEST(whatever_the_words_in_which_piv_is_refused_the_card_is_one_with_oath),
	    TEST(a_card_that_fails_is_not_taken_for_one_without_piv),
	    TEST(its_credentials_are_keys_and_give_passwords),
	    TEST(a_cold_start_to_all_objects_is_two_selects_and_the_two_lists),
	    TEST(a_cold_start_of_a_locked_one_is_two_selects_and_one_to_see_that_it_still_is),
	    TEST(only_a_search_that_may_find_a_key_asks_again),
	    TEST(what_another_program_enrols_is_found),
	    TEST(what_was_seen_with_the_slots_is_good_for_two_seconds),
	    TEST(the_user_logs_in_with_the_password),
	    TEST(a_logout_is_no_line_in_the_trace),
	    TEST(a_logout_makes_the_card_forget_that_the_password_was_proved),
	    TEST(it_forgets_what_the_call_that_names_the_application_has_proved_too),
	    TEST(the_password_is_proved_whatever_the_program_wants_of_libcrypto),
	    TEST(the_call_that_names_the_application_takes_it_too),
	    TEST(a_password_that_has_become_wrong_ends_the_login_and_is_sent_once),
	    TEST(the_login_ends_with_the_last_session),
	    TEST(there_is_no_officer),
	    TEST(it_has_no_mechanism_of_a_pair_that_it_could_keep),
	    TEST(what_only_piv_could_do_is_refused_without_a_command),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
