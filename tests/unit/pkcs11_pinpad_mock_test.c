/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The module with a reader that has a PIN pad, which is a mock (tests/lib/pinpad_mock.h): what programs are
 * told, and that no PIN passes through it. tests/integration/pinpad_mock.sh has the same over PC/SC.
 */
#include "base/piv.h"
#include "tests/lib/pinpad_mock.h"
#include "tests/unit/pkcs11_token.h"

static struct pinpad_mock_typing typing;
static unsigned typed;
static bool lose_answer, lenient;

static enum cs_err mock_control(void *link, uint32_t code, struct cs_view in, struct cs_writer *out)
{
	struct pinpad_mock_result result;
	uint8_t features[24];

	if (code == PINPAD_MOCK_FEATURES) {
		cs_write_view(out, cs_view(features, pinpad_mock_features(features)));
		return CS_OK;
	}
	if (code != PINPAD_MOCK_VERIFY && code != PINPAD_MOCK_MODIFY)
		return CS_ERR_UNSUPPORTED;
	typed++;
	pinpad_mock_run(code == PINPAD_MOCK_MODIFY, in.ptr, in.len, &typing, &result);
	if (result.sw == 0 && lose_answer) {
		lose_answer = false;
		(void)transport_card.transmit(link, cs_view(result.command, result.len), out);
		return CS_ERR_IO;
	}
	if (result.sw == 0)
		return transport_card.transmit(link, cs_view(result.command, result.len), out);
	cs_write_u16(out, result.sw);
	return CS_OK;
}

/* A card that takes the PIN that came before another key was used: it is verified again behind the module's
 * back. */
static enum cs_err lenient_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	static const uint8_t verify[] = {0x00, 0x20, 0x00, 0x80, 0x08, '4', '8',
					 '2',  '9',  '1',  '3',	 0xFF, 0xFF};

	if (lenient && command.ptr[1] == PIV_INS_AUTHENTICATE && command.ptr[3] == PIV_SLOT_SIGNATURE)
		assert_int_equal(transport_card_other(CS_VIEW_OF(verify)), 0x9000);
	return transport_card.transmit(link, command, response);
}

/* A P-256 key of each kind is there; nobody is logged in; the reader has a pad. */
static int pad_setup(void **state)
{
	static struct cc_backend backend;

	if (token_setup(state) != 0)
		return -1;
	(void)make_p256(1);
	(void)make_p256(2);
	backend = transport_card;
	backend.reader_control = mock_control;
	backend.transmit = lenient_transmit;
	lenient = false;
	typing = (struct pinpad_mock_typing){.old_pin = USER_PIN};
	typed = 0;
	return C_Finalize(NULL) == CKR_OK && p11_begin(&backend, &session) == CKR_OK ? 0 : -1;
}

static CK_RV pad_login(CK_USER_TYPE user)
{
	return C_Login(session, user, NULL, 0);
}

static CK_FLAGS token_flags(void)
{
	CK_TOKEN_INFO token;

	assert_int_equal(C_GetTokenInfo(0, &token), CKR_OK);
	return token.flags;
}

static void a_pad_is_a_protected_path_and_none_is_none(void **state)
{
	(void)state;
	assert_true(token_flags() & CKF_PROTECTED_AUTHENTICATION_PATH);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
	assert_false(token_flags() & CKF_PROTECTED_AUTHENTICATION_PATH);
	assert_int_equal(pad_login(CKU_USER), CKR_PIN_INCORRECT);
	assert_int_equal(C_SetPIN(session, NULL, 0, NULL, 0), CKR_ARGUMENTS_BAD);
}

static void who_types_the_pin_on_the_reader_is_logged_in(void **state)
{
	(void)state;
	assert_int_equal(pad_login(CKU_USER), CKR_OK);
	assert_int_equal(typed, 1);
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_not_equal(p11_sign_by(session, 1), CKR_OK);
	typing.old_pin = SO_PIN;
	assert_int_equal(pad_login(CKU_SO), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK); /* a program may still bring it */
	assert_int_equal(typed, 2);
}

static void what_goes_wrong_on_the_reader_is_told_and_costs_what_it_should(void **state)
{
	CK_BYTE empty[1];

	(void)state;
	typing.cancels = true;
	assert_int_equal(pad_login(CKU_USER), CKR_FUNCTION_CANCELED);
	typing = (struct pinpad_mock_typing){.old_pin = USER_PIN, .sleeps = true};
	assert_int_equal(pad_login(CKU_USER), CKR_FUNCTION_REJECTED);
	typing = (struct pinpad_mock_typing){.old_pin = "123"};
	assert_int_equal(pad_login(CKU_USER), CKR_PIN_INCORRECT);
	assert_int_equal(token_flags() & CKF_USER_PIN_COUNT_LOW, 0);
	typed = 0;
	assert_int_equal(C_Login(session, CKU_USER, empty, 0), CKR_PIN_INCORRECT); /* an empty one is one */
	assert_int_equal(typed, 0);
	typing.old_pin = "000007";
	assert_int_equal(pad_login(CKU_USER), CKR_PIN_INCORRECT);
	assert_true(token_flags() & CKF_USER_PIN_COUNT_LOW);
	assert_int_equal(pad_login(CKU_USER), CKR_PIN_INCORRECT);
	assert_true(token_flags() & CKF_USER_PIN_FINAL_TRY);
	assert_int_equal(pad_login(CKU_USER), CKR_PIN_LOCKED);
	assert_true(token_flags() & CKF_USER_PIN_LOCKED);
}

static void a_key_that_wants_the_pin_each_time_is_typed_for_each_time(void **state)
{
	(void)state;
	assert_int_equal(pad_login(CKU_USER), CKR_OK);
	assert_int_equal(p11_sign_by(session, 2), CKR_OK);
	assert_int_equal(p11_sign_by(session, 2), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
	assert_int_equal(pad_login(CKU_CONTEXT_SPECIFIC), CKR_OK);
	assert_int_equal(p11_sign_by(session, 2), CKR_OK);
	assert_int_equal(typed, 2);
}

static void where_the_card_takes_it_a_typed_pin_is_good_behind_another_key(void **state)
{
	(void)state;
	lenient = true;
	assert_int_equal(pad_login(CKU_USER), CKR_OK);
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
	assert_int_equal(p11_sign_by(session, 2), CKR_OK);
	assert_int_equal(p11_sign_by(session, 2), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(typed, 1);
}

/* Which refuses, and costs no login and no try: nobody is asked to type what he was not asked for. */
static void where_the_card_does_not_it_is_typed_for_that_key(void **state)
{
	(void)state;
	assert_int_equal(pad_login(CKU_USER), CKR_OK);
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
	assert_int_equal(p11_sign_by(session, 2), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(typed, 1);
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
	assert_int_equal(token_flags() & CKF_USER_PIN_COUNT_LOW, 0);
	assert_int_equal(pad_login(CKU_CONTEXT_SPECIFIC), CKR_OK);
	assert_int_equal(p11_sign_by(session, 2), CKR_OK);
	assert_int_equal(typed, 2);
}

/* The card has it once: it is for whoever typed last. */
static void what_is_typed_in_two_sessions_is_the_last_one_s(void **state)
{
	CK_SESSION_HANDLE other;

	(void)state;
	assert_int_equal(pad_login(CKU_USER), CKR_OK);
	assert_int_equal(p11_sign_by(session, 2), CKR_OK);
	assert_int_equal(p11_open(&other), CKR_OK);
	assert_int_equal(pad_login(CKU_CONTEXT_SPECIFIC), CKR_OK);
	assert_int_equal(C_Login(other, CKU_CONTEXT_SPECIFIC, NULL, 0), CKR_OK);
	assert_int_equal(p11_sign_by(session, 2), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(p11_sign_by(other, 2), CKR_OK);
	assert_int_equal(p11_sign_by(other, 1), CKR_OK);
	assert_int_equal(typed, 3);
}

/* There is no PIN to send again: a reset of the card ends the login, and nobody is asked to type unasked. */
static void a_reset_by_another_program_ends_a_login_that_was_typed(void **state)
{
	static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08};
	CK_SESSION_INFO info;

	(void)state;
	assert_int_equal(pad_login(CKU_USER), CKR_OK);
	assert_int_equal(transport_card_other(CS_VIEW_OF(select)), 0x9000);
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
	transport_card_other_resets();
	assert_int_equal(p11_sign_by(session, 1), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(C_GetSessionInfo(session, &info), CKR_OK);
	assert_int_equal(info.state, CKS_RW_PUBLIC_SESSION);
	assert_int_equal(typed, 1);
	assert_int_equal(pad_login(CKU_USER), CKR_OK);
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
}

/* Its PIN is verified on a channel that lasts for one password. */
static CK_RV pad_password(CK_OBJECT_HANDLE key, char code[7])
{
	CK_OTP_PARAMS none = {NULL, 0};
	CK_MECHANISM mechanism = {CKM_HOTP, &none, sizeof(none)};
	CK_BYTE block[512] __attribute__((aligned(8)));
	const CK_OTP_SIGNATURE_INFO *info = (const void *)block;
	CK_ULONG len = sizeof(block);
	CK_RV rv = C_SignInit(session, &mechanism, key);

	if (rv == CKR_OK)
		rv = C_Sign(session, NULL, 0, block, &len);
	if (rv == CKR_OK)
		memcpy(code, info->pParams[0].pValue, 6);
	return rv;
}

static void a_one_time_password_that_wants_the_pin_is_typed_for(void **state)
{
	CK_OBJECT_CLASS class = CKO_OTP_KEY;
	CK_KEY_TYPE type = CKK_HOTP;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE label[] = "a", seed[] = "12345678901234567890";
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_KEY_TYPE, &type, sizeof(type)},
				   {CKA_TOKEN, &yes, 1},
				   {CKA_PRIVATE, &yes, 1},
				   {CKA_LABEL, label, 1},
				   {CKA_VALUE, seed, 20}};
	CK_OBJECT_HANDLE key;
	char code[7] = "";

	(void)state;
	assert_int_equal(pad_login(CKU_USER), CKR_OK);
	assert_int_equal(C_CreateObject(session, template, 6, &key), CKR_OK);
	assert_int_equal(typed, 1);
	assert_int_equal(pad_password(key, code), CKR_OK);
	assert_string_equal(code, "755224"); /* RFC 4226, appendix D */
	assert_int_equal(typed, 2);
	typing.old_pin = "000007";
	assert_int_equal(pad_password(key, code), CKR_PIN_INCORRECT);
	typing = (struct pinpad_mock_typing){.old_pin = USER_PIN, .cancels = true};
	assert_int_equal(pad_password(key, code), CKR_FUNCTION_CANCELED);
	typing.cancels = false;
	assert_int_equal(pad_password(key, code), CKR_OK);
	assert_string_equal(code, "287082");
	/* The login, and PIV's state, are as they were. */
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
	assert_int_equal(typed, 5);
}

static void a_pin_is_changed_on_the_reader(void **state)
{
	(void)state;
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
	typing = (struct pinpad_mock_typing){.old_pin = USER_PIN, .new_pin = "739251", .again = "739250"};
	assert_int_equal(C_SetPIN(session, NULL, 0, NULL, 0), CKR_PIN_INVALID);
	typing.again = typing.new_pin;
	assert_int_equal(C_SetPIN(session, NULL, 0, NULL, 0), CKR_OK);
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
	/* The PIN that we had kept is no longer right, and is not sent. */
	transport_card_other_resets();
	assert_int_equal(p11_sign_by(session, 1), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(token_flags() & CKF_USER_PIN_COUNT_LOW, 0);
	assert_int_equal(log_in(CKU_USER, "739251"), CKR_OK);
	typing = (struct pinpad_mock_typing){.old_pin = "739251", .new_pin = "12", .again = "12"};
	assert_int_equal(C_SetPIN(session, NULL, 0, NULL, 0), CKR_PIN_LEN_RANGE);
}

static void a_change_on_the_reader_whose_answer_is_lost_ends_the_login(void **state)
{
	(void)state;
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
	typing = (struct pinpad_mock_typing){.old_pin = USER_PIN, .new_pin = "739251", .again = "739251"};
	lose_answer = true;
	assert_int_equal(C_SetPIN(session, NULL, 0, NULL, 0), CKR_DEVICE_ERROR);
	assert_int_equal(typed, 1);
	/* Neither the old PIN is sent nor is anybody asked for one. */
	transport_card_other_resets();
	assert_int_equal(p11_sign_by(session, 1), CKR_KEY_HANDLE_INVALID); /* hidden */
	assert_int_equal(typed, 1);
	assert_int_equal(token_flags() & CKF_USER_PIN_COUNT_LOW, 0);
	assert_int_equal(log_in(CKU_USER, "739251"), CKR_OK);
}

static void a_change_that_a_program_brings_is_the_login_s_from_then_on(void **state)
{
	CK_UTF8CHAR old_pin[] = USER_PIN, new_pin[] = "739251";

	(void)state;
	assert_int_equal(pad_login(CKU_USER), CKR_OK);
	assert_int_equal(C_SetPIN(session, old_pin, sizeof(old_pin) - 1, new_pin, 6), CKR_OK);
	transport_card_other_resets();
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
	assert_int_equal(typed, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pad_setup, token_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_pad_is_a_protected_path_and_none_is_none),
	    TEST(who_types_the_pin_on_the_reader_is_logged_in),
	    TEST(what_goes_wrong_on_the_reader_is_told_and_costs_what_it_should),
	    TEST(a_key_that_wants_the_pin_each_time_is_typed_for_each_time),
	    TEST(where_the_card_takes_it_a_typed_pin_is_good_behind_another_key),
	    TEST(where_the_card_does_not_it_is_typed_for_that_key),
	    TEST(what_is_typed_in_two_sessions_is_the_last_one_s),
	    TEST(a_reset_by_another_program_ends_a_login_that_was_typed),
	    TEST(a_one_time_password_that_wants_the_pin_is_typed_for),
	    TEST(a_pin_is_changed_on_the_reader),
	    TEST(a_change_on_the_reader_whose_answer_is_lost_ends_the_login),
	    TEST(a_change_that_a_program_brings_is_the_login_s_from_then_on),
	};

	return cmocka_run_group_tests_name("pkcs11_pinpad_mock", tests, NULL, NULL);
}
