/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What ends, and what is then gone: a login, a session, a wait, a card.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/piv.h"
#include "cardclient/card.h"
#include "cardclient/csgn.h"
#include "pkcs11/pin.h"
#include "pkcs11/pkcs11.h"
#include "tests/lib/p11_foreign.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"

#define HANGS_SECONDS 120u /* then what waits for ever is ended, and the program fails */

static CK_SESSION_HANDLE session;

static int setup(void **state)
{
	(void)state;
	return p11_token_make(&transport_card, &session) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	p11_token_free();
	return 0;
}

/* ---- logins ---- */

/* What the card answers to a program that only asks whether the PIN is verified; PIV is selected. */
static uint16_t pin_status(void)
{
	static const uint8_t ask[] = {0x00, 0x20, 0x00, 0x80};

	return transport_card_other(CS_VIEW_OF(ask));
}

static void a_logout_leaves_no_pin_in_memory_and_none_verified_on_the_card(void **state)
{
	(void)state;
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
	assert_int_equal(pin_kept(0).len, sizeof(P11_USER_PIN) - 1);
	assert_int_equal(pin_status(), 0x9000);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(pin_kept(0).len, 0);
	assert_int_equal(pin_status() & 0xFFF0, 0x63C0);
}

static void the_last_session_s_end_leaves_none_either(void **state)
{
	CK_SESSION_HANDLE other;

	(void)state;
	assert_int_equal(p11_open(&other), CKR_OK);
	assert_int_equal(C_CloseSession(session), CKR_OK);
	assert_int_equal(pin_status(), 0x9000);
	assert_int_equal(C_CloseSession(other), CKR_OK);
	assert_int_equal(pin_kept(0).len, 0);
	assert_int_equal(pin_status() & 0xFFF0, 0x63C0);
}

static void a_pin_that_is_forgotten_cannot_be_read_where_it_was(void **state)
{
	struct cs_view kept = pin_kept(0);

	(void)state;
	assert_int_equal(kept.len, sizeof(P11_USER_PIN) - 1);
	assert_int_equal(C_Logout(session), CKR_OK);
	for (size_t i = 0; i < sizeof(P11_USER_PIN) - 1; i++)
		assert_int_equal(kept.ptr[i], 0);
}

static void what_began_before_the_logout_sends_nothing_after_it(void **state)
{
	CK_MECHANISM mechanism = {CKM_ECDSA_SHA256, NULL, 0};
	CK_BYTE data[] = "begun", signature[64];
	CK_ULONG n, len = sizeof(signature);
	CK_OBJECT_HANDLE key;
	unsigned commands;

	(void)state;
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, P11_KEY_ONCE, &n, &key), CKR_OK);
	assert_int_equal(C_SignInit(session, &mechanism, key), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	commands = transport_card_commands();
	assert_int_equal(C_Sign(session, data, sizeof(data), signature, &len), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(transport_card_commands(), commands);
}

static void a_private_key_s_handle_is_one_for_the_user_only(void **state)
{
	CK_BBOOL private = CK_FALSE;
	CK_ATTRIBUTE ask = {CKA_PRIVATE, &private, sizeof(private)};
	CK_OBJECT_HANDLE key;
	CK_ULONG n;

	(void)state;
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, P11_KEY_ONCE, &n, &key), CKR_OK);
	assert_int_equal(C_GetAttributeValue(session, key, &ask, 1), CKR_OK);
	assert_int_equal(private, CK_TRUE);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(C_GetAttributeValue(session, key, &ask, 1), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(p11_login(session, CKU_SO, P11_SO_PIN), CKR_OK);
	assert_int_equal(C_GetAttributeValue(session, key, &ask, 1), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	assert_int_equal(C_GetAttributeValue(session, key, &ask, 1), CKR_OK);
}

static void nobody_is_logged_in_beside_someone_else(void **state)
{
	(void)state;
	assert_int_equal(p11_login(session, CKU_SO, P11_SO_PIN), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_USER_ALREADY_LOGGED_IN);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_SO, P11_SO_PIN), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
	assert_int_equal(p11_login(session, CKU_SO, P11_SO_PIN), CKR_USER_ALREADY_LOGGED_IN);
}

/* ---- sessions ---- */

static void a_handle_is_not_given_to_the_next_session(void **state)
{
	CK_SESSION_HANDLE next;
	CK_SESSION_INFO info;

	(void)state;
	assert_int_equal(C_CloseSession(session), CKR_OK);
	assert_int_equal(p11_open(&next), CKR_OK);
	assert_int_not_equal(next, session);
	assert_int_equal(C_GetSessionInfo(session, &info), CKR_SESSION_HANDLE_INVALID);
	assert_int_equal(C_GetSessionInfo(next, &info), CKR_OK);
}

static void no_session_that_only_reads_is_beside_the_security_officer(void **state)
{
	CK_SESSION_HANDLE reader;

	(void)state;
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &reader), CKR_OK);
	assert_int_equal(p11_login(session, CKU_SO, P11_SO_PIN), CKR_SESSION_READ_ONLY_EXISTS);
	assert_int_equal(C_CloseSession(reader), CKR_OK);
	assert_int_equal(p11_login(session, CKU_SO, P11_SO_PIN), CKR_OK);
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &reader),
			 CKR_SESSION_READ_WRITE_SO_EXISTS);
}

/* A card that nobody saw go. */
static void a_look_at_the_slots_ends_the_sessions_of_a_card_that_was_away(void **state)
{
	CK_SESSION_INFO info;
	CK_ULONG n = 0;

	(void)state;
	transport_card_pull();
	transport_card_insert();
	assert_int_equal(C_GetSlotList(CK_TRUE, NULL, &n), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(C_GetSessionInfo(session, &info), CKR_SESSION_HANDLE_INVALID);
	assert_int_equal(pin_kept(0).len, 0);
}

/* ---- a card whose life ends, while a program has it open ---- */

static CK_OBJECT_HANDLE key, otp;

static CK_RV enrol(void)
{
	CK_MECHANISM m = {CKM_HOTP_KEY_GEN, NULL, 0};
	CK_BBOOL yes = CK_TRUE;
	CK_UTF8CHAR label[] = "mail";
	CK_ATTRIBUTE a[] = {{CKA_TOKEN, &yes, 1}, {CKA_LABEL, label, sizeof(label) - 1}};

	return C_GenerateKey(session, &m, a, 2, &otp);
}

static CK_RV make_code(void)
{
	static _Alignas(16) CK_BYTE out[512];
	CK_OTP_PARAMS params = {NULL, 0};
	CK_MECHANISM m = {CKM_HOTP, &params, sizeof(params)};
	CK_ULONG len = sizeof(out);
	CK_RV rv;

	assert_int_equal(C_SessionCancel(session, CKF_SIGN), CKR_OK);
	rv = C_SignInit(session, &m, otp);
	return rv == CKR_OK ? C_Sign(session, NULL, 0, out, &len) : rv;
}

static CK_RV sign_begun(void)
{
	CK_BYTE data[] = "data", signature[64];
	CK_ULONG len = sizeof(signature);

	return C_Sign(session, data, sizeof(data), signature, &len);
}

static CK_RV sign_anew(void)
{
	CK_BYTE signature[64];

	assert_int_equal(C_SessionCancel(session, CKF_SIGN), CKR_OK);
	return p11_sign(session, key, signature);
}

static CK_RV login_anew(void)
{
	assert_int_equal(C_Logout(session), CKR_OK);
	return p11_login(session, CKU_USER, P11_USER_PIN);
}

static CK_RV login_officer(void)
{
	assert_int_equal(C_Logout(session), CKR_OK);
	return p11_login(session, CKU_SO, P11_SO_PIN);
}

static CK_RV set_pin(void)
{
	CK_UTF8CHAR pin[] = P11_USER_PIN, other[] = "628401";

	return C_SetPIN(session, pin, sizeof(pin) - 1, other, sizeof(other) - 1);
}

static CK_RV init_pin(void)
{
	CK_UTF8CHAR pin[] = "628401";

	return C_InitPIN(session, pin, sizeof(pin) - 1);
}

static CK_RV generate(void)
{
	return p11_generate(session, 7, &key);
}

static CK_RV bring(void)
{
	return p11_bring(session, 7, &key);
}

static CK_RV bring_otp(void)
{
	CK_OBJECT_CLASS class = CKO_OTP_KEY;
	CK_KEY_TYPE type = CKK_HOTP;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE seed[] = "12345678901234567890";
	CK_UTF8CHAR label[] = "other";
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &yes, sizeof(yes)},
			    {CKA_LABEL, label, sizeof(label) - 1},
			    {CKA_VALUE, seed, sizeof(seed) - 1}};

	return C_CreateObject(session, a, sizeof(a) / sizeof(a[0]), &otp);
}

static CK_RV rename_otp(void)
{
	CK_UTF8CHAR label[] = "renamed";
	CK_ATTRIBUTE a = {CKA_LABEL, label, sizeof(label) - 1};

	return C_SetAttributeValue(session, otp, &a, 1);
}

static CK_RV destroy_otp(void)
{
	return C_DestroyObject(session, otp);
}

static CK_RV destroy(void)
{
	return C_DestroyObject(session, key);
}

static CK_RV rename_key(void)
{
	CK_UTF8CHAR label[] = "renamed";
	CK_ATTRIBUTE a = {CKA_LABEL, label, sizeof(label) - 1};

	return C_SetAttributeValue(session, key, &a, 1);
}

static CK_RV initialise(void)
{
	CK_UTF8CHAR so[] = P11_SO_PIN, label[32];

	memset(label, ' ', sizeof(label));
	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	return C_InitToken(0, so, sizeof(so) - 1, label);
}

/* CKR_OK: so it says, and there is nothing on it. */
static CK_RV write_protected(void)
{
	CK_TOKEN_INFO info;
	CK_ULONG n = 0;
	CK_RV rv = C_GetTokenInfo(0, &info);

	if (rv == CKR_OK && (info.flags & CKF_WRITE_PROTECTED) == 0)
		return CKR_GENERAL_ERROR;
	if (rv == CKR_OK)
		rv = p11_find(session, CKO_PUBLIC_KEY, 0, &n, &key);
	return rv == CKR_OK && n > 0 ? CKR_GENERAL_ERROR : rv;
}

static CK_RV nothing_found(void)
{
	CK_ULONG n = 0;
	CK_RV rv = p11_find(session, CKO_PUBLIC_KEY, 0, &n, &key);

	return rv == CKR_OK ? write_protected() : rv;
}

static const struct {
	const char *what;
	CK_RV (*call)(void);
	CK_RV rv;
	CK_USER_TYPE who; /* is logged in */
} after_the_end[] = {
    {"C_Sign, begun before", sign_begun, CKR_DEVICE_ERROR, CKU_USER},
    {"C_Sign", sign_anew, CKR_DEVICE_ERROR, CKU_USER},
    {"C_Sign of HOTP", make_code, CKR_DEVICE_ERROR, CKU_USER},
    {"C_Login", login_anew, CKR_DEVICE_ERROR, CKU_USER},
    {"C_Login of the officer", login_officer, CKR_DEVICE_ERROR, CKU_USER},
    {"C_SetPIN", set_pin, CKR_DEVICE_ERROR, CKU_USER},
    {"C_InitToken", initialise, CKR_DEVICE_ERROR, CKU_USER},
    {"C_GenerateKeyPair", generate, CKR_TOKEN_WRITE_PROTECTED, CKU_USER},
    {"C_CreateObject", bring, CKR_TOKEN_WRITE_PROTECTED, CKU_USER},
    {"C_DestroyObject", destroy, CKR_TOKEN_WRITE_PROTECTED, CKU_USER},
    {"C_SetAttributeValue", rename_key, CKR_TOKEN_WRITE_PROTECTED, CKU_USER},
    {"C_CreateObject of HOTP", bring_otp, CKR_TOKEN_WRITE_PROTECTED, CKU_USER},
    {"C_GenerateKey of HOTP", enrol, CKR_TOKEN_WRITE_PROTECTED, CKU_USER},
    {"C_DestroyObject of HOTP", destroy_otp, CKR_TOKEN_WRITE_PROTECTED, CKU_USER},
    {"C_SetAttributeValue of HOTP", rename_otp, CKR_TOKEN_WRITE_PROTECTED, CKU_USER},
    {"C_GetTokenInfo", write_protected, CKR_OK, CKU_USER},
    {"C_FindObjectsInit", nothing_found, CKR_OK, CKU_USER},
    {"C_InitPIN", init_pin, CKR_DEVICE_ERROR, CKU_SO},
    {"C_SetAttributeValue by the officer", rename_key, CKR_TOKEN_WRITE_PROTECTED, CKU_SO},
    {"C_GetTokenInfo by the officer", write_protected, CKR_OK, CKU_SO},
    {"C_FindObjectsInit by the officer", nothing_found, CKR_OK, CKU_SO},
};

/* The security officer, in another program. */
static void terminate(void)
{
	struct cc_context *context = NULL;
	struct cc_card *card = NULL;

	assert_int_equal(cc_context_over(&transport_card, "", &context), CS_OK);
	assert_int_equal(cc_connect(context, "Card core", &card), CS_OK);
	assert_int_equal(cc_csgn_select(card, NULL), CS_OK);
	assert_int_equal(cc_csgn_verify(card, CSGN_REF_SO, cs_view_string(P11_SO_PIN), NULL), CS_OK);
	assert_int_equal(cc_csgn_terminate(card), CS_OK);
	cc_disconnect(card);
	cc_context_free(context);
}

static void have_a_signature_begun(void)
{
	CK_MECHANISM m = {CKM_ECDSA_SHA256, NULL, 0};
	CK_ULONG n = 0;

	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, P11_KEY_ONCE, &n, &key), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(p11_find(session, CKO_OTP_KEY, 0, &n, &otp), CKR_OK);
	assert_int_equal(C_SignInit(session, &m, key), CKR_OK);
}

static void have_the_officer(void)
{
	CK_ULONG n = 0;

	assert_int_equal(p11_login(session, CKU_SO, P11_SO_PIN), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, P11_KEY_ONCE, &n, &key), CKR_OK);
	assert_int_equal(n, 1);
}

/* Each as the first call after it, which is the one that finds it out; with a reset in between or without. */
static void a_card_that_another_program_terminates_fails_and_takes_nothing_more(void **state)
{
	(void)state;
	assert_int_equal(enrol(), CKR_OK);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_true(transport_card_keep());
	for (size_t i = 0; i < 2 * sizeof(after_the_end) / sizeof(after_the_end[0]); i++) {
		CK_RV rv;

		assert_true(transport_card_put_back());
		assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
		if (after_the_end[i / 2].who == CKU_SO)
			have_the_officer();
		else
			have_a_signature_begun();
		terminate();
		if (i % 2 == 1)
			transport_card_other_resets();
		rv = after_the_end[i / 2].call();
		if (rv != after_the_end[i / 2].rv)
			fail_msg("%s%s: %#lx", after_the_end[i / 2].what, i % 2 == 1 ? " after a reset" : "",
				 rv);
		assert_int_equal(C_Finalize(NULL), CKR_OK);
		assert_int_equal(p11_begin(&transport_card, &session), CKR_TOKEN_NOT_RECOGNIZED);
		assert_int_equal(C_Finalize(NULL), CKR_OK);
	}
}

static uint16_t at_select; /* what another vendor's card says of PIV, and 6985 of all else; 0: it lives */

static enum cs_err dead_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	if (at_select == 0)
		return transport_card.transmit(link, command, response);
	cs_write_u16(response, command.ptr[1] == ISO_INS_SELECT ? at_select : 0x6985);
	return CS_OK;
}

/* In whatever words: no object is missing then, no function, and no PIN is wrong. */
static void another_vendor_s_card_that_has_no_piv_any_more_fails(void **state)
{
	static const uint16_t words[] = {0x6283, 0x6285, 0x6982, 0x6985, 0x6A81,
					 0x6A82, 0x6A88, 0x6D00, 0x6E00, 0x6F00};
	static const size_t calls[] = {0, 1, 3, 5}; /* of after_the_end: what needs no management key */
	static struct cc_backend backend;

	(void)state;
	p11_token_free();
	backend = transport_card;
	backend.transmit = dead_transmit;
	at_select = 0;
	assert_true(p11_foreign_token_make(&backend, &session));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		for (size_t k = 0; k < sizeof(calls) / sizeof(calls[0]); k++) {
			CK_RV rv;

			at_select = 0;
			assert_int_equal(C_Finalize(NULL), CKR_OK);
			assert_int_equal(p11_begin(&backend, &session), CKR_OK);
			have_a_signature_begun();
			at_select = words[i];
			rv = after_the_end[calls[k]].call();
			if (rv != CKR_DEVICE_ERROR)
				fail_msg("%s, %04x: %#lx", after_the_end[calls[k]].what, words[i], rv);
		}
	}
	at_select = 0;
}

/* ---- waits ---- */

static pthread_mutex_t inside_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t inside_changed = PTHREAD_COND_INITIALIZER;
static bool inside;

static enum cs_err telling_wait(void *ctx, const struct cc_reader *known, size_t count)
{
	(void)pthread_mutex_lock(&inside_lock);
	inside = true;
	(void)pthread_cond_signal(&inside_changed);
	(void)pthread_mutex_unlock(&inside_lock);
	return transport_card.wait(ctx, known, count);
}

static void *wait_for_event(void *arg)
{
	CK_SLOT_ID slot;

	*(CK_RV *)arg = C_WaitForSlotEvent(0, &slot, NULL);
	return NULL;
}

static void finalize_ends_a_wait_that_has_begun(void **state)
{
	static struct cc_backend telling;
	pthread_t thread;
	CK_RV rv = CKR_OK;

	(void)state;
	telling = transport_card;
	telling.wait = telling_wait;
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&telling, &session), CKR_OK);
	inside = false;
	assert_int_equal(pthread_create(&thread, NULL, wait_for_event, &rv), 0);
	(void)pthread_mutex_lock(&inside_lock);
	while (!inside)
		(void)pthread_cond_wait(&inside_changed, &inside_lock);
	(void)pthread_mutex_unlock(&inside_lock);
	(void)alarm(HANGS_SECONDS);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)alarm(0);
	assert_int_equal(rv, CKR_CRYPTOKI_NOT_INITIALIZED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_logout_leaves_no_pin_in_memory_and_none_verified_on_the_card),
	    TEST(the_last_session_s_end_leaves_none_either),
	    TEST(a_pin_that_is_forgotten_cannot_be_read_where_it_was),
	    TEST(what_began_before_the_logout_sends_nothing_after_it),
	    TEST(a_private_key_s_handle_is_one_for_the_user_only),
	    TEST(nobody_is_logged_in_beside_someone_else),
	    TEST(a_handle_is_not_given_to_the_next_session),
	    TEST(no_session_that_only_reads_is_beside_the_security_officer),
	    TEST(a_look_at_the_slots_ends_the_sessions_of_a_card_that_was_away),
	    TEST(a_card_that_another_program_terminates_fails_and_takes_nothing_more),
	    TEST(another_vendor_s_card_that_has_no_piv_any_more_fails),
	    TEST(finalize_ends_a_wait_that_has_begun),
	};

	return cmocka_run_group_tests_name("pkcs11_ends", tests, NULL, NULL);
}
