/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is done with slots, sessions and PINs. A function that begins to talk to a card, or a new one, needs a
 * row in one of these tables.
 */
#include "tests/unit/pkcs11_removal.h"

#include "tests/lib/p11_foreign.h"
#include "tests/lib/pinpad_mock.h"
#include "tests/unit/pkcs11_token.h"

#define NEW_USER_PIN "739251"
#define NEW_SO_PIN   "71829364"
#define NEW_PUK	     "87051923"
#define NEW_KEY	     "080706050403020108070605040302010807060504030201"

/* ---- slots and sessions ---- */

static CK_RV slot_list_with_tokens(void)
{
	CK_ULONG n = 0;

	return C_GetSlotList(CK_TRUE, NULL, &n);
}

static CK_RV slot_info_of(void)
{
	CK_SLOT_INFO info;

	return C_GetSlotInfo(0, &info);
}

static CK_RV token_info_of(void)
{
	CK_TOKEN_INFO info;

	return C_GetTokenInfo(0, &info);
}

static CK_RV mechanisms(void)
{
	CK_ULONG n = 0;

	return C_GetMechanismList(0, NULL, &n);
}

static CK_RV mechanism(void)
{
	CK_MECHANISM_INFO info;

	return C_GetMechanismInfo(0, CKM_ECDSA, &info);
}

static CK_RV open_one(void)
{
	return p11_open(&session);
}

static CK_RV close_one(void)
{
	return C_CloseSession(session);
}

static CK_RV close_all(void)
{
	return C_CloseAllSessions(0);
}

static CK_RV finalize(void)
{
	return C_Finalize(NULL);
}

/* ---- PINs ---- */

static CK_RV login_right(void)
{
	return p11_login(session, CKU_USER, P11_USER_PIN);
}

static CK_RV login_wrong(void)
{
	return p11_login(session, CKU_USER, "999999");
}

static CK_RV login_officer(void)
{
	return p11_login(session, CKU_SO, P11_SO_PIN);
}

static CK_RV login_by_key(void)
{
	return p11_login(session, CKU_SO, P11_MANAGEMENT_KEY);
}

static CK_RV login_by_puk(void)
{
	return p11_login(session, CKU_SO, P11_PIV_PUK);
}

static CK_RV login_by_wrong_puk(void)
{
	return p11_login(session, CKU_SO, "99999999");
}

static CK_RV login_by_name(void)
{
	CK_UTF8CHAR pin[] = P11_USER_PIN;

	return C_LoginUser(session, CKU_USER, pin, sizeof(pin) - 1, NULL, 0);
}

static CK_RV login_for_context(void)
{
	return p11_login(session, CKU_CONTEXT_SPECIFIC, P11_USER_PIN);
}

static CK_RV login_by_pad(void)
{
	return C_Login(session, CKU_USER, NULL, 0);
}

static CK_RV login_for_context_by_pad(void)
{
	return C_Login(session, CKU_CONTEXT_SPECIFIC, NULL, 0);
}

static CK_RV set_pin_by_pad(void)
{
	return C_SetPIN(session, NULL, 0, NULL, 0);
}

static CK_RV logout(void)
{
	return C_Logout(session);
}

static CK_RV init_pin(void)
{
	CK_UTF8CHAR pin[] = NEW_USER_PIN;

	return C_InitPIN(session, pin, sizeof(pin) - 1);
}

static CK_RV set_user_pin(void)
{
	CK_UTF8CHAR was[] = P11_USER_PIN, pin[] = NEW_USER_PIN;

	return C_SetPIN(session, was, sizeof(was) - 1, pin, sizeof(pin) - 1);
}

static CK_RV set_officer_pin(void)
{
	CK_UTF8CHAR was[] = P11_SO_PIN, pin[] = NEW_SO_PIN;

	return C_SetPIN(session, was, sizeof(was) - 1, pin, sizeof(pin) - 1);
}

static CK_RV set_puk(void)
{
	CK_UTF8CHAR was[] = P11_PIV_PUK, pin[] = NEW_PUK;

	return C_SetPIN(session, was, sizeof(was) - 1, pin, sizeof(pin) - 1);
}

static CK_RV set_management_key(void)
{
	CK_UTF8CHAR was[] = P11_MANAGEMENT_KEY, key[] = NEW_KEY;

	return C_SetPIN(session, was, sizeof(was) - 1, key, sizeof(key) - 1);
}

static CK_RV init_token(void)
{
	CK_UTF8CHAR label[32] = "Anew", pin[] = P11_SO_PIN;

	memset(label + 4, ' ', sizeof(label) - 4);
	return C_InitToken(0, pin, sizeof(pin) - 1, label);
}

/* One of the two PINs is the user's. */
static void either_user_pin(void)
{
	CK_RV rv;

	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	assert_int_equal(p11_open(&session), CKR_OK);
	rv = login_right();
	if (rv == CKR_PIN_INCORRECT)
		rv = p11_login(session, CKU_USER, NEW_USER_PIN);
	assert_int_equal(rv, CKR_OK);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
}

static void either_is_the_officer_s(const char *was, const char *pin)
{
	CK_RV rv;

	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	assert_int_equal(p11_open(&session), CKR_OK);
	rv = p11_login(session, CKU_SO, was);
	if (rv == CKR_PIN_INCORRECT)
		rv = p11_login(session, CKU_SO, pin);
	assert_int_equal(rv, CKR_OK);
}

static void either_officer_pin(void)
{
	either_is_the_officer_s(P11_SO_PIN, NEW_SO_PIN);
}

static void either_puk(void)
{
	either_is_the_officer_s(P11_PIV_PUK, NEW_PUK);
}

static void either_management_key(void)
{
	either_is_the_officer_s(P11_MANAGEMENT_KEY, NEW_KEY);
}

static void initialised_again(void)
{
	CK_UTF8CHAR pin[] = P11_USER_PIN;
	CK_OBJECT_HANDLE key;

	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	assert_int_equal(init_token(), CKR_OK);
	assert_int_equal(p11_open(&session), CKR_OK);
	assert_int_equal(login_officer(), CKR_OK);
	assert_int_equal(C_InitPIN(session, pin, sizeof(pin) - 1), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(login_right(), CKR_OK);
	assert_int_equal(p11_generate(session, P11_KEY_ONCE, &key), CKR_OK);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
}

static CK_RV have_looked(void)
{
	CK_OBJECT_HANDLE first;
	CK_ULONG n = 0;
	CK_RV rv = p11_open(&session);

	for (CK_OBJECT_CLASS class = CKO_DATA; rv == CKR_OK && class <= CKO_SECRET_KEY; class ++)
		rv = p11_find(session, class, 0, &n, &first);
	return rv == CKR_OK ? C_CloseSession(session) : rv;
}

/* ---- all of them ---- */

static CK_RV have_sign_by_pad(void)
{
	CK_RV rv = login_by_pad();

	return rv == CKR_OK ? removal_have_sign() : rv;
}

const struct operation_row removal_session_rows[] = {
    ROW("C_GetSlotList", "with tokens", START_FRESH, NULL, slot_list_with_tokens, .lets_go = true),
    ROW("C_GetSlotInfo", "first look", START_FRESH, NULL, slot_info_of, .lets_go = true),
    ROW("C_GetTokenInfo", "first look", START_FRESH, NULL, token_info_of, .pins = 0),
    ROW("C_GetTokenInfo", "while logged in", START_USER, NULL, token_info_of, .pins = 0),
    ROW("C_GetMechanismList", "first look", START_FRESH, NULL, mechanisms, .pins = 0),
    ROW("C_GetMechanismInfo", "first look", START_FRESH, NULL, mechanism, .pins = 0),
    ROW("C_OpenSession", "first look", START_FRESH, NULL, open_one, .pins = 0),
    ROW("C_CloseSession", "the last", START_USER, NULL, close_one, .lets_go = true),
    ROW("C_CloseAllSessions", "logged in", START_USER, NULL, close_all, .lets_go = true),
    ROW("C_Finalize", "logged in", START_USER, NULL, finalize, .ends_module = true),
    ROW("C_Login", "the user", START_OPEN, NULL, login_right, .pins = 1),
    ROW("C_Login", "the user, wrong", START_OPEN, NULL, login_wrong, .rv = CKR_PIN_INCORRECT, .pins = 1,
	.wrong_pins = 1),
    ROW("C_Login", "the officer", START_OPEN, NULL, login_officer, .pins = 1),
    ROW("C_Login", "for the context", START_USER, removal_have_sign_always, login_for_context, .pins = 1),
    ROW("C_LoginUser", "the user", START_OPEN, NULL, login_by_name, .pins = 1),
    ROW("C_Logout", "the user", START_USER, NULL, logout, .lets_go = true),
    ROW("C_Logout", "the officer", START_OFFICER, NULL, logout, .lets_go = true),
    ROW("C_InitPIN", "by the officer", START_OFFICER, NULL, init_pin, .pins = 1, .changes_pins = true,
	.recover = either_user_pin),
    ROW("C_SetPIN", "the user's", START_USER, NULL, set_user_pin, .pins = 1, .changes_pins = true,
	.recover = either_user_pin),
    ROW("C_SetPIN", "the officer's", START_OFFICER, NULL, set_officer_pin, .pins = 2, .changes_pins = true,
	.recover = either_officer_pin),
    ROW("C_InitToken", "again", START_FRESH, NULL, init_token, .pins = 1, .changes_pins = true, .makes = true,
	.recover = initialised_again),
    ROW("C_InitToken", "of a token that was looked at", START_FRESH, have_looked, init_token, .pins = 1,
	.changes_pins = true, .makes = true, .recover = initialised_again),
};

const size_t removal_session_row_count = sizeof(removal_session_rows) / sizeof(removal_session_rows[0]);

struct pinpad_mock_typing removal_typing = {
    .old_pin = P11_USER_PIN, .new_pin = NEW_USER_PIN, .again = NEW_USER_PIN};

const struct operation_row removal_pad_rows[] = {
    ROW("C_GetTokenInfo", "of a reader with a PIN pad", START_FRESH, NULL, token_info_of, .by_pad = true),
    ROW("C_Login", "the user, on the PIN pad", START_OPEN, NULL, login_by_pad, .pins = 1, .by_pad = true),
    ROW("C_Login", "for the context, on the PIN pad", START_USER, removal_have_sign_always,
	login_for_context_by_pad, .pins = 1, .by_pad = true),
    ROW("C_SetPIN", "the user's, on the PIN pad", START_USER, NULL, set_pin_by_pad, .pins = 1,
	.changes_pins = true, .by_pad = true, .recover = either_user_pin),
    ROW("C_Sign", "after a login on the PIN pad", START_OPEN, have_sign_by_pad, removal_sign, .pins = 0,
	.by_pad = true),
};

const size_t removal_pad_row_count = sizeof(removal_pad_rows) / sizeof(removal_pad_rows[0]);

const struct operation_row removal_foreign_session_rows[] = {
    ROW("C_GetSlotList", "with tokens", START_FRESH, NULL, slot_list_with_tokens, .lets_go = true),
    ROW("C_GetSlotInfo", "first look", START_FRESH, NULL, slot_info_of, .lets_go = true),
    ROW("C_GetTokenInfo", "first look", START_FRESH, NULL, token_info_of, .pins = 0),
    ROW("C_GetMechanismList", "first look", START_FRESH, NULL, mechanisms, .pins = 0),
    ROW("C_GetMechanismInfo", "first look", START_FRESH, NULL, mechanism, .pins = 0),
    ROW("C_OpenSession", "first look", START_FRESH, NULL, open_one, .pins = 0),
    ROW("C_CloseSession", "the last", START_USER, NULL, close_one, .lets_go = true),
    ROW("C_CloseAllSessions", "logged in", START_USER, NULL, close_all, .lets_go = true),
    ROW("C_Finalize", "logged in", START_USER, NULL, finalize, .ends_module = true),
    ROW("C_Login", "the user", START_OPEN, NULL, login_right, .pins = 1),
    ROW("C_Login", "the user, wrong", START_OPEN, NULL, login_wrong, .rv = CKR_PIN_INCORRECT, .pins = 1,
	.wrong_pins = 1),
    ROW("C_Login", "the officer", START_OPEN, NULL, login_by_key, .pins = 0, .by_challenge = true),
    ROW("C_Login", "the officer, by the PUK", START_OPEN, NULL, login_by_puk, .pins = 1,
	.recover = either_puk),
    ROW("C_Login", "the officer, by a wrong PUK", START_OPEN, NULL, login_by_wrong_puk,
	.rv = CKR_PIN_INCORRECT, .pins = 1, .recover = either_puk),
    ROW("C_Login", "for the context", START_USER, removal_have_sign_always, login_for_context, .pins = 1),
    ROW("C_LoginUser", "the user", START_OPEN, NULL, login_by_name, .pins = 1),
    ROW("C_Logout", "the user", START_USER, NULL, logout, .lets_go = true),
    ROW("C_Logout", "the officer", START_ADMIN, NULL, logout, .lets_go = true),
    ROW("C_Logout", "the officer, by the PUK", START_PUK, NULL, logout, .lets_go = true,
	.recover = either_puk),
    ROW("C_InitPIN", "by the PUK", START_PUK, NULL, init_pin, .pins = 1, .changes_pins = true,
	.recover = either_user_pin),
    ROW("C_SetPIN", "the user's", START_USER, NULL, set_user_pin, .pins = 1, .changes_pins = true,
	.recover = either_user_pin),
    ROW("C_SetPIN", "the PUK", START_PUK, NULL, set_puk, .pins = 1, .changes_pins = true,
	.recover = either_puk),
    ROW("C_SetPIN", "the management key", START_ADMIN, NULL, set_management_key, .pins = 0,
	.changes_pins = true, .recover = either_management_key),
    ROW("C_GetTokenInfo", "for the officer", START_PUK, NULL, token_info_of, .pins = 0),
};

const size_t removal_foreign_session_row_count =
    sizeof(removal_foreign_session_rows) / sizeof(removal_foreign_session_rows[0]);

const struct operation_row removal_oath_session_rows[] = {
    ALONE("C_GetSlotList", "with tokens", START_FRESH, NULL, slot_list_with_tokens, .lets_go = true),
    ALONE("C_GetTokenInfo", "first look", START_FRESH, NULL, token_info_of, .pins = 0),
    ALONE("C_GetTokenInfo", "while logged in", START_USER, NULL, token_info_of, .pins = 1),
    ALONE("C_OpenSession", "first look", START_FRESH, NULL, open_one, .pins = 0),
    ALONE("C_CloseSession", "the last", START_USER, NULL, close_one, .lets_go = true),
    ALONE("C_CloseAllSessions", "logged in", START_USER, NULL, close_all, .lets_go = true),
    ALONE("C_Finalize", "logged in", START_USER, NULL, finalize, .ends_module = true),
    ALONE("C_Logout", "the user", START_USER, NULL, logout, .lets_go = true),
    ALONE("C_GetMechanismList", "first look", START_FRESH, NULL, mechanisms, .pins = 0),
    ALONE("C_Login", "the user", START_OPEN, NULL, login_right, .pins = 1, .by_challenge = true),
    ALONE("C_Login", "the user, wrong", START_OPEN, NULL, login_wrong, .rv = CKR_PIN_INCORRECT, .pins = 1,
	  .refuses = true),
    ALONE("C_LoginUser", "the user", START_OPEN, NULL, login_by_name, .pins = 1, .by_challenge = true),
};

const size_t removal_oath_session_row_count =
    sizeof(removal_oath_session_rows) / sizeof(removal_oath_session_rows[0]);
