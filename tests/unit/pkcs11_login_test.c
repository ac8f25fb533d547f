/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PINs as PKCS #11 has them (v3.2, 5.5 and 5.6): what each function answers, and that CK_TOKEN_INFO says what
 * is true of the PINs after each event, whoever caused it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/countersign.h"
#include "tests/unit/pkcs11_token.h"

#define USER_FLAGS                                                                                           \
	(CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED | CKF_USER_PIN_TO_BE_CHANGED)
#define SO_FLAGS (CKF_SO_PIN_COUNT_LOW | CKF_SO_PIN_FINAL_TRY | CKF_SO_PIN_LOCKED | CKF_SO_PIN_TO_BE_CHANGED)
#define WRONG	 "000007"

static CK_TOKEN_INFO token_info(void)
{
	CK_TOKEN_INFO info;

	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
	return info;
}

static void user_flags_are(CK_FLAGS flags)
{
	assert_int_equal(token_info().flags & USER_FLAGS, flags);
}

static void so_flags_are(CK_FLAGS flags)
{
	assert_int_equal(token_info().flags & SO_FLAGS, flags);
}

static CK_STATE state_of_session(void)
{
	CK_SESSION_INFO info;

	assert_int_equal(C_GetSessionInfo(session, &info), CKR_OK);
	return info.state;
}

static uint16_t other(const char *command, size_t len)
{
	return transport_card_other(cs_view(command, len));
}

#define OTHER(bytes)	   other(bytes, sizeof(bytes) - 1)
#define OTHER_SELECTS_PIV  "\x00\xA4\x04\x00\x05\xA0\x00\x00\x03\x08"
#define OTHER_SELECTS_CSGN "\x00\xA4\x04\x00\x07\xF0\x43\x53\x49\x47\x4E\x01"
#define OTHER_IS_WRONG                                                                                       \
	"\x00\x20\x00\x80\x08"                                                                               \
	"000007\xFF\xFF"
#define OTHER_UNBLOCKS                                                                                       \
	"\x00\x2C\x00\x80\x10"                                                                               \
	"82918273"                                                                                           \
	"482913\xFF\xFF"
#define OTHER_IS_OFFICER                                                                                     \
	"\x00\x20\x00\x83\x08"                                                                               \
	"82918273"
#define OTHER_SETS_PIN                                                                                       \
	"\x80\x03\x00\x00\x0B\x91\x06"                                                                       \
	"739251"                                                                                             \
	"\xB3\x01\x01"

static void wrong_tries_show_whoever_made_them(void **state)
{
	(void)state;
	assert_int_equal(C_Logout(session), CKR_OK);
	user_flags_are(0);
	assert_int_equal(log_in(CKU_USER, WRONG), CKR_PIN_INCORRECT);
	user_flags_are(CKF_USER_PIN_COUNT_LOW);
	assert_int_equal(OTHER(OTHER_SELECTS_PIV), 0x9000);
	assert_int_equal(OTHER(OTHER_IS_WRONG), 0x63C1);
	user_flags_are(CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY);
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
	user_flags_are(0);
	assert_int_equal(C_Logout(session), CKR_OK);
	for (int i = 0; i < 2; i++)
		assert_int_equal(log_in(CKU_USER, WRONG), CKR_PIN_INCORRECT);
	assert_int_equal(log_in(CKU_USER, WRONG), CKR_PIN_LOCKED);
	user_flags_are(CKF_USER_PIN_LOCKED);
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_PIN_LOCKED);
	so_flags_are(0);
}

static void a_blocked_pin_comes_back_by_puk_and_by_officer(void **state)
{
	CK_UTF8CHAR pin[] = "604182";

	(void)state;
	assert_int_equal(C_Logout(session), CKR_OK);
	for (int i = 0; i < 3; i++)
		(void)log_in(CKU_USER, WRONG);
	assert_int_equal(OTHER(OTHER_SELECTS_PIV), 0x9000);
	assert_int_equal(OTHER(OTHER_UNBLOCKS), 0x9000);
	user_flags_are(0);
	for (int i = 0; i < 3; i++)
		(void)log_in(CKU_USER, WRONG);
	user_flags_are(CKF_USER_PIN_LOCKED);
	assert_int_equal(log_in(CKU_SO, SO_PIN), CKR_OK);
	assert_int_equal(C_InitPIN(session, pin, 6), CKR_OK);
	user_flags_are(0);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(log_in(CKU_USER, "604182"), CKR_OK);
}

static void the_officers_tries_are_his_own(void **state)
{
	(void)state;
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(log_in(CKU_SO, WRONG), CKR_PIN_INCORRECT);
	so_flags_are(CKF_SO_PIN_COUNT_LOW);
	user_flags_are(0);
	assert_int_equal(OTHER(OTHER_SELECTS_CSGN), 0x9000);
	assert_int_equal(OTHER(OTHER_IS_OFFICER), 0x9000);
	so_flags_are(0);
	for (int i = 0; i < 3; i++)
		(void)log_in(CKU_SO, WRONG);
	so_flags_are(CKF_SO_PIN_LOCKED);
	assert_int_equal(log_in(CKU_SO, SO_PIN), CKR_PIN_LOCKED);
	user_flags_are(0);
}

static void a_pin_of_someone_elses_choice_is_to_be_changed(void **state)
{
	CK_UTF8CHAR was[] = "739251", now[] = "604182";

	(void)state;
	(void)make_p256(1);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(OTHER(OTHER_SELECTS_CSGN), 0x9000);
	assert_int_equal(OTHER(OTHER_IS_OFFICER), 0x9000);
	assert_int_equal(OTHER(OTHER_SETS_PIN), 0x9000);
	user_flags_are(CKF_USER_PIN_TO_BE_CHANGED);
	assert_int_equal(log_in(CKU_USER, "739251"), CKR_OK);
	assert_int_equal(p11_sign_by(session, 1), CKR_PIN_EXPIRED);
	assert_int_equal(C_SetPIN(session, was, 6, now, 6), CKR_OK);
	user_flags_are(0);
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
}

/* A card as its maker gives it. */
static void factory_pins_are_to_be_changed(void **state)
{
	CK_UTF8CHAR was[] = "123456", now[] = "604182", so[] = SO_PIN, label[32];

	(void)state;
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_true(transport_card_make(CSGN_PROFILE_PIV));
	assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
	user_flags_are(CKF_USER_PIN_TO_BE_CHANGED);
	so_flags_are(CKF_SO_PIN_TO_BE_CHANGED);
	assert_int_equal(C_SetPIN(session, was, 6, now, 6), CKR_OK);
	user_flags_are(0);
	assert_int_equal(C_CloseSession(session), CKR_OK);
	memset(label, ' ', sizeof(label));
	assert_int_equal(C_InitToken(0, so, 8, label), CKR_OK);
	so_flags_are(0);
}

static void a_pin_that_is_not_set_is_not_a_blocked_one(void **state)
{
	CK_UTF8CHAR so[] = SO_PIN, label[32], pin[] = USER_PIN;

	(void)state;
	assert_int_equal(C_CloseSession(session), CKR_OK);
	memset(label, ' ', sizeof(label));
	assert_int_equal(C_InitToken(0, so, 8, label), CKR_OK);
	assert_false(token_info().flags & CKF_USER_PIN_INITIALIZED);
	begin_session(CKF_RW_SESSION);
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_USER_PIN_NOT_INITIALIZED);
	assert_int_equal(C_InitPIN(session, pin, 6), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(log_in(CKU_SO, SO_PIN), CKR_OK);
	assert_int_equal(C_InitPIN(session, pin, 3), CKR_PIN_LEN_RANGE);
	assert_int_equal(C_InitPIN(session, pin, 6), CKR_OK);
	assert_true(token_info().flags & CKF_USER_PIN_INITIALIZED);
}

static void a_token_is_initialised_by_who_has_its_so_pin_and_no_session_open(void **state)
{
	CK_UTF8CHAR so[] = SO_PIN, wrong[] = "11223345", label[32] = "New";

	(void)state;
	memset(label + 3, ' ', sizeof(label) - 3);
	assert_int_equal(C_InitToken(0, so, 8, label), CKR_SESSION_EXISTS);
	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	assert_int_equal(C_InitToken(0, wrong, 8, label), CKR_PIN_INCORRECT);
	so_flags_are(CKF_SO_PIN_COUNT_LOW);
	assert_int_equal(C_InitToken(0, wrong, 3, label), CKR_PIN_INCORRECT);
	assert_int_equal(C_InitToken(0, so, 8, label), CKR_OK);
	so_flags_are(0);
	assert_memory_equal(token_info().label, label, sizeof(label));
	for (int i = 0; i < 3; i++)
		(void)C_InitToken(0, wrong, 8, label);
	assert_int_equal(C_InitToken(0, so, 8, label), CKR_PIN_LOCKED);
}

static void a_pin_is_set_in_a_session_that_may_write(void **state)
{
	CK_UTF8CHAR was[] = USER_PIN, now[] = "604182", trivial[] = "111111";

	(void)state;
	assert_int_equal(C_CloseSession(session), CKR_OK);
	begin_session(0);
	assert_int_equal(C_SetPIN(session, was, 6, now, 6), CKR_SESSION_READ_ONLY);
	assert_int_equal(C_CloseSession(session), CKR_OK);
	begin_session(CKF_RW_SESSION);
	assert_int_equal(C_SetPIN(session, now, 6, was, 6), CKR_PIN_INCORRECT);
	user_flags_are(CKF_USER_PIN_COUNT_LOW);
	assert_int_equal(C_SetPIN(session, was, 3, now, 6), CKR_PIN_INCORRECT);
	assert_int_equal(C_SetPIN(session, was, 6, now, 3), CKR_PIN_LEN_RANGE);
	assert_int_equal(C_SetPIN(session, was, 6, trivial, 6), CKR_PIN_INVALID);
	user_flags_are(CKF_USER_PIN_COUNT_LOW);
	assert_int_equal(C_SetPIN(session, was, 6, now, 6), CKR_OK);
	user_flags_are(0);
	assert_int_equal(log_in(CKU_USER, "604182"), CKR_OK);
}

static CK_RV log_in_by_name(CK_USER_TYPE user, const char *name)
{
	CK_UTF8CHAR pin[] = USER_PIN, text[16];

	memcpy(text, name, strlen(name));
	return C_LoginUser(session, user, pin, 6, text, strlen(name));
}

/* The token has one user of each type, who has no name. */
static void a_user_has_no_name(void **state)
{
	(void)state;
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(log_in_by_name(CKU_USER, "alice"), CKR_USER_TYPE_INVALID);
	assert_int_equal(log_in_by_name(17, ""), CKR_USER_TYPE_INVALID);
	user_flags_are(0);
	assert_int_equal(log_in_by_name(CKU_USER, ""), CKR_OK);
	assert_int_equal(state_of_session(), CKS_RW_USER_FUNCTIONS);
	assert_int_equal(log_in_by_name(CKU_USER, ""), CKR_USER_ALREADY_LOGGED_IN);
	assert_int_equal(log_in_by_name(CKU_SO, ""), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_USER_NOT_LOGGED_IN);
}

/* Never CKR_PIN_LEN_RANGE: NSS takes that for a token that is broken. */
static void a_pin_of_an_impossible_length_is_a_wrong_one_that_costs_nothing(void **state)
{
	CK_UTF8CHAR long_one[300];
	unsigned before, tried = 0;

	(void)state;
	assert_int_equal(C_Logout(session), CKR_OK);
	memset(long_one, '1', sizeof(long_one));
	before = transport_card_commands();
	assert_int_equal(C_Login(session, CKU_USER, long_one, 0), CKR_PIN_INCORRECT);
	assert_int_equal(C_Login(session, CKU_USER, NULL, 0), CKR_PIN_INCORRECT);
	assert_int_equal(C_Login(session, CKU_USER, long_one, sizeof(long_one)), CKR_PIN_INCORRECT);
	assert_int_equal(transport_card_commands(), before);
	for (CK_ULONG len = 1; len <= 31; len++) {
		if (len < 6 || len > 8) {
			assert_int_equal(C_Login(session, CKU_USER, long_one, len), CKR_PIN_INCORRECT);
			assert_int_equal(C_Login(session, CKU_SO, long_one, len), CKR_PIN_INCORRECT);
			tried += 2;
		}
	}
	/* Its application is selected, and no more. */
	assert_int_equal(transport_card_commands() - before, tried);
	user_flags_are(0);
	so_flags_are(0);
}

static void a_pin_for_the_context_that_cannot_be_costs_nothing_and_leaves_the_login(void **state)
{
	CK_UTF8CHAR long_one[300];
	unsigned before;

	(void)state;
	(void)make_p256(2);
	memset(long_one, '1', sizeof(long_one));
	before = transport_card_commands();
	assert_int_equal(C_Login(session, CKU_CONTEXT_SPECIFIC, long_one, 0), CKR_PIN_INCORRECT);
	assert_int_equal(C_Login(session, CKU_CONTEXT_SPECIFIC, NULL, 0), CKR_PIN_INCORRECT);
	assert_int_equal(C_Login(session, CKU_CONTEXT_SPECIFIC, long_one, sizeof(long_one)),
			 CKR_PIN_INCORRECT);
	assert_int_equal(transport_card_commands(), before);
	for (CK_ULONG len = 1; len <= 48; len++) {
		if (len < 6 || len > 8)
			assert_int_equal(C_Login(session, CKU_CONTEXT_SPECIFIC, long_one, len),
					 CKR_PIN_INCORRECT);
	}
	user_flags_are(0);
	assert_int_equal(state_of_session(), CKS_RW_USER_FUNCTIONS);
	assert_int_equal(log_in(CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OK);
	assert_int_equal(p11_sign_by(session, 2), CKR_OK);
}

static void a_pin_for_the_context_that_blocks_it_ends_the_login(void **state)
{
	(void)state;
	(void)make_p256(2);
	assert_int_equal(log_in(CKU_CONTEXT_SPECIFIC, WRONG), CKR_PIN_INCORRECT);
	assert_int_equal(state_of_session(), CKS_RW_USER_FUNCTIONS);
	assert_int_equal(p11_sign_by(session, 2), CKR_OK); /* by the login, which had not been used yet */
	for (int i = 0; i < 2; i++)
		assert_int_equal(log_in(CKU_CONTEXT_SPECIFIC, WRONG), CKR_PIN_INCORRECT);
	assert_int_equal(log_in(CKU_CONTEXT_SPECIFIC, WRONG), CKR_PIN_LOCKED);
	assert_int_equal(state_of_session(), CKS_RW_PUBLIC_SESSION);
	assert_int_equal(log_in(CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_USER_NOT_LOGGED_IN);
}

static CK_SESSION_HANDLE open_other(void)
{
	CK_SESSION_HANDLE other_session = 0;

	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &other_session), CKR_OK);
	return other_session;
}

static void a_pin_for_the_context_is_the_sessions_in_which_it_was_typed(void **state)
{
	CK_SESSION_HANDLE b;

	(void)state;
	(void)make_p256(2);
	b = open_other();
	for (int round = 0; round < 2; round++) {
		assert_int_equal(log_in(CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OK);
		assert_int_equal(p11_sign_by(b, 2), CKR_USER_NOT_LOGGED_IN);
		assert_int_equal(p11_sign_by(session, 2), CKR_OK);
		assert_int_equal(p11_sign_by(session, 2), CKR_USER_NOT_LOGGED_IN);
	}
	/* Each its own; typed twice it is one use all the same. */
	assert_int_equal(p11_login(b, CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OK);
	assert_int_equal(p11_login(b, CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OK);
	assert_int_equal(log_in(CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OK);
	assert_int_equal(p11_sign_by(b, 2), CKR_OK);
	assert_int_equal(p11_sign_by(session, 2), CKR_OK);
	assert_int_equal(p11_sign_by(b, 2), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(p11_sign_by(session, 2), CKR_USER_NOT_LOGGED_IN);
}

static void a_pin_for_the_context_goes_with_its_session_and_with_the_login(void **state)
{
	CK_SESSION_HANDLE b;

	(void)state;
	(void)make_p256(2);
	b = open_other();
	/* The login's is whose comes first. */
	assert_int_equal(p11_sign_by(b, 2), CKR_OK);
	assert_int_equal(p11_sign_by(session, 2), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(p11_login(b, CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OK);
	assert_int_equal(C_CloseSession(b), CKR_OK);
	b = open_other();
	assert_int_equal(p11_sign_by(b, 2), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(p11_sign_by(session, 2), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(log_in(CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
	assert_int_equal(p11_sign_by(b, 2), CKR_OK);
	assert_int_equal(p11_sign_by(session, 2), CKR_USER_NOT_LOGGED_IN);
}

/* C_DeriveKey and C_UnwrapKey begin no operation, so that none need be active. */
static void a_pin_for_the_context_wants_the_users_login_and_no_operation(void **state)
{
	CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};

	(void)state;
	(void)make_p256(2);
	assert_int_equal(p11_sign_by(session, 2), CKR_OK);
	assert_int_equal(C_DigestInit(session, &sha256), CKR_OK);
	assert_int_equal(log_in(CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OK);
	assert_int_equal(C_SessionCancel(session, CKF_DIGEST), CKR_OK);
	assert_int_equal(p11_sign_by(session, 2), CKR_OK);
	assert_int_equal(log_in(CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OK);
	assert_int_equal(p11_sign_by(session, 2), CKR_OK);
	assert_int_equal(p11_login(session + 1000, CKU_CONTEXT_SPECIFIC, USER_PIN),
			 CKR_SESSION_HANDLE_INVALID);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(log_in(CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(log_in(CKU_SO, SO_PIN), CKR_OK);
	assert_int_equal(log_in(CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_USER_NOT_LOGGED_IN);
	user_flags_are(0);
}

static bool trace_has(const char *path, const char *text)
{
	char all[8192];
	FILE *f = fopen(path, "r");
	size_t n = f != NULL ? fread(all, 1, sizeof(all) - 1, f) : 0;

	all[n] = '\0';
	if (f != NULL)
		(void)fclose(f);
	return strstr(all, text) != NULL;
}

/* C_Logout is CKR_OK all the same: the module forgets. */
static void a_logout_of_which_the_card_could_not_be_told_is_in_the_trace(void **state)
{
	char path[] = "/tmp/pkcs11_login_XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(setenv("COUNTERSIGN_TRACE", path, 1), 0);
	assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_false(trace_has(path, "logout"));
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
	transport_card_pull();
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_true(trace_has(path, " 1 logout -> card removed or reset\n"));
	assert_int_equal(unsetenv("COUNTERSIGN_TRACE"), 0);
	assert_int_equal(unlink(path), 0);
}

static void what_a_token_says_of_itself_beside_its_pins(void **state)
{
	CK_SESSION_HANDLE reader;
	CK_TOKEN_INFO info;
	unsigned before;

	(void)state;
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &reader), CKR_OK);
	info = token_info();
	assert_int_equal(info.ulSessionCount, 2);
	assert_int_equal(info.ulRwSessionCount, 1);
	assert_true(info.ulMaxSessionCount >= info.ulMaxRwSessionCount && info.ulMaxRwSessionCount > 2);
	assert_int_equal(info.ulMinPinLen, 6);
	assert_int_equal(info.ulMaxPinLen, 8);
	assert_int_equal(info.ulTotalPublicMemory, CK_UNAVAILABLE_INFORMATION);
	assert_int_equal(info.ulFreePrivateMemory, CK_UNAVAILABLE_INFORMATION);
	assert_false(info.flags & (CKF_CLOCK_ON_TOKEN | CKF_WRITE_PROTECTED | CKF_RESTORE_KEY_NOT_NEEDED));
	for (size_t i = 0; i < sizeof(info.utcTime); i++)
		assert_int_equal(info.utcTime[i], ' '); /* there is no clock */
	before = transport_card_commands();
	for (int i = 0; i < 100; i++)
		(void)state_of_session();
	assert_int_equal(transport_card_commands(), before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, token_setup, token_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(wrong_tries_show_whoever_made_them),
	    TEST(a_blocked_pin_comes_back_by_puk_and_by_officer),
	    TEST(the_officers_tries_are_his_own),
	    TEST(a_pin_of_someone_elses_choice_is_to_be_changed),
	    TEST(factory_pins_are_to_be_changed),
	    TEST(a_pin_that_is_not_set_is_not_a_blocked_one),
	    TEST(a_token_is_initialised_by_who_has_its_so_pin_and_no_session_open),
	    TEST(a_pin_is_set_in_a_session_that_may_write),
	    TEST(a_user_has_no_name),
	    TEST(a_pin_of_an_impossible_length_is_a_wrong_one_that_costs_nothing),
	    TEST(a_pin_for_the_context_that_cannot_be_costs_nothing_and_leaves_the_login),
	    TEST(a_pin_for_the_context_that_blocks_it_ends_the_login),
	    TEST(a_pin_for_the_context_is_the_sessions_in_which_it_was_typed),
	    TEST(a_pin_for_the_context_goes_with_its_session_and_with_the_login),
	    TEST(a_pin_for_the_context_wants_the_users_login_and_no_operation),
	    TEST(a_logout_of_which_the_card_could_not_be_told_is_in_the_trace),
	    TEST(what_a_token_says_of_itself_beside_its_pins),
	};

	return cmocka_run_group_tests_name("pkcs11_login", tests, NULL, NULL);
}
