/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What ends, and what is then gone: a login, a session, a wait, a card.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "pkcs11/pin.h"
#include "pkcs11/pkcs11.h"
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
	    TEST(finalize_ends_a_wait_that_has_begun),
	};

	return cmocka_run_group_tests_name("pkcs11_ends", tests, NULL, NULL);
}
