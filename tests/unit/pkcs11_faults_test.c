/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The module over transports that fail at the worst moment, and threads that come in between.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/piv.h"
#include "pkcs11/pkcs11.h"
#include "pkcs11/slot.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"

static CK_SESSION_HANDLE session;

static int setup(void **state)
{
	(void)state;
	return transport_card_make(CSGN_PROFILE_PIV) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	(void)C_Finalize(NULL);
	slots_set_backend(NULL);
	transport_card_free();
	return 0;
}

static void begin_over(const struct cc_backend *backend)
{
	CK_ULONG n = 0;

	slots_set_backend(backend);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_GetSlotList(CK_TRUE, NULL, &n), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session), CKR_OK);
}

/* ---- a reset while a PIN is compared ---- */

static unsigned verifies;
static bool reset_in_verify;

/* The card has compared the PIN when another program resets it: the answer is lost. */
static enum cs_err verify_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	bool verify = command.len > 5 && command.ptr[1] == ISO_INS_VERIFY;
	enum cs_err err = transport_card.transmit(link, command, response);

	if (!verify)
		return err;
	verifies++;
	if (!reset_in_verify)
		return err;
	reset_in_verify = false;
	transport_card_other_resets();
	return CS_ERR_STATE;
}

static void a_pin_whose_answer_is_lost_is_not_sent_again(void **state)
{
	CK_UTF8CHAR wrong[] = "999999", right[] = "123456";
	static struct cc_backend backend;
	CK_TOKEN_INFO info;

	(void)state;
	backend = transport_card;
	backend.transmit = verify_transmit;
	begin_over(&backend);
	verifies = 0;
	reset_in_verify = true;
	assert_int_equal(C_Login(session, CKU_USER, wrong, 6), CKR_DEVICE_ERROR);
	assert_int_equal(verifies, 1);
	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
	assert_int_equal(info.flags & (CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED), 0);
	assert_int_equal(C_Login(session, CKU_USER, right, 6), CKR_OK);
	assert_int_equal(verifies, 2);
}

/* ---- a change whose answer is lost ---- */

static bool lose_change;

static enum cs_err change_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	bool change = command.len > 5 && command.ptr[1] == ISO_INS_CHANGE_REFERENCE_DATA;
	enum cs_err err = transport_card.transmit(link, command, response);

	if (!change || !lose_change)
		return err;
	lose_change = false;
	transport_card_other_resets();
	return CS_ERR_STATE;
}

static void a_pin_change_whose_answer_is_lost_ends_the_login(void **state)
{
	CK_UTF8CHAR old_pin[] = P11_USER_PIN, new_pin[] = "739251";
	static struct cc_backend backend;
	CK_SESSION_INFO info;

	(void)state;
	backend = transport_card;
	backend.transmit = change_transmit;
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	begin_over(&backend);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	lose_change = true;
	assert_int_equal(C_SetPIN(session, old_pin, sizeof(old_pin) - 1, new_pin, 6), CKR_DEVICE_ERROR);
	assert_int_equal(C_GetSessionInfo(session, &info), CKR_OK);
	assert_int_equal(info.state, CKS_RW_PUBLIC_SESSION);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_KEY_HANDLE_INVALID); /* hidden */
	assert_int_equal(p11_login(session, CKU_USER, "739251"), CKR_OK);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
}

/* ---- a card that lets one wait ---- */

static pthread_mutex_t busy_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t busy_moved = PTHREAD_COND_INITIALIZER;
static bool hold, held, released;

/* Waits, at most two minutes, until it is let go. */
static enum cs_err busy_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	struct timespec end;

	(void)clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 120;
	(void)pthread_mutex_lock(&busy_lock);
	if (hold && !held) {
		held = true;
		(void)pthread_cond_broadcast(&busy_moved);
		while (!released && pthread_cond_timedwait(&busy_moved, &busy_lock, &end) == 0)
			;
		hold = false;
	}
	(void)pthread_mutex_unlock(&busy_lock);
	return transport_card.transmit(link, command, response);
}

static void *log_in_slowly(void *arg)
{
	(void)p11_login(session, CKU_USER, P11_USER_PIN);
	return arg;
}

static void the_list_of_slots_does_not_wait_for_another_thread_s_touch(void **state)
{
	static struct cc_backend backend;
	pthread_t slow;
	CK_ULONG n = 0;
	bool waited;

	(void)state;
	backend = transport_card;
	backend.transmit = busy_transmit;
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	begin_over(&backend);
	hold = true;
	assert_int_equal(pthread_create(&slow, NULL, log_in_slowly, NULL), 0);
	(void)pthread_mutex_lock(&busy_lock);
	while (!held)
		(void)pthread_cond_wait(&busy_moved, &busy_lock);
	(void)pthread_mutex_unlock(&busy_lock);
	assert_int_equal(C_GetSlotList(CK_TRUE, NULL, &n), CKR_OK);
	(void)pthread_mutex_lock(&busy_lock);
	waited = !hold;
	released = true;
	(void)pthread_cond_broadcast(&busy_moved);
	(void)pthread_mutex_unlock(&busy_lock);
	assert_int_equal(pthread_join(slow, NULL), 0);
	assert_false(waited);
	assert_int_equal(n, 1);
}

/* ---- an older look that comes late ---- */

static pthread_mutex_t look_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t look_done = PTHREAD_COND_INITIALIZER;
static pthread_t looker;
static bool slow_look, looked;

static void *look_again(void *arg)
{
	CK_ULONG n = 0;

	(void)C_GetSlotList(CK_FALSE, NULL, &n);
	(void)pthread_mutex_lock(&look_lock);
	looked = true;
	(void)pthread_cond_signal(&look_done);
	(void)pthread_mutex_unlock(&look_lock);
	return arg;
}

/* While the first looker holds what it saw, the card is pulled and put back, and a second one looks. */
static enum cs_err slow_readers(void *state, struct cc_reader *out, size_t max, size_t *count)
{
	enum cs_err err = transport_card.readers(state, out, max, count);
	struct timespec end;

	if (!slow_look)
		return err;
	slow_look = false;
	transport_card_pull();
	transport_card_insert();
	if (pthread_create(&looker, NULL, look_again, NULL) != 0)
		return CS_ERR_IO;
	(void)clock_gettime(CLOCK_REALTIME, &end);
	end.tv_nsec += 50000000;
	end.tv_sec += end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	(void)pthread_mutex_lock(&look_lock);
	while (!looked && pthread_cond_timedwait(&look_done, &look_lock, &end) == 0)
		;
	(void)pthread_mutex_unlock(&look_lock);
	return err;
}

static void an_older_look_at_the_readers_does_not_undo_a_newer_one(void **state)
{
	static struct cc_backend backend;
	struct cc_reader now[CC_READERS_MAX];
	CK_ULONG n = 0;
	size_t count;

	(void)state;
	backend = transport_card;
	backend.readers = slow_readers;
	begin_over(&backend);
	slow_look = true;
	looked = false;
	assert_int_equal(C_GetSlotList(CK_FALSE, NULL, &n), CKR_OK);
	assert_int_equal(pthread_join(looker, NULL), 0);
	assert_int_equal(transport_card.readers(NULL, now, CC_READERS_MAX, &count), CS_OK);
	assert_int_equal(slot_by_id(0)->events, now[0].events);
}

/* ---- a question for a length ---- */

static void asking_how_long_an_update_is_takes_nothing_in(void **state)
{
	CK_MECHANISM raw = {CKM_RSA_X_509, NULL, 0};
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_RSA;
	CK_BYTE modulus[256], exponent[] = {1, 0, 1}, data[256] = {0}, out[256];
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_KEY_TYPE, &type, sizeof(type)},
				   {CKA_MODULUS, modulus, sizeof(modulus)},
				   {CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent)}};
	CK_OBJECT_HANDLE key;
	CK_ULONG len = 77;

	(void)state;
	begin_over(&transport_card);
	memset(modulus, 0xFF, sizeof(modulus));
	data[255] = 2;
	assert_int_equal(C_CreateObject(session, template, 4, &key), CKR_OK);
	assert_int_equal(C_EncryptInit(session, &raw, key), CKR_OK);
	assert_int_equal(C_EncryptUpdate(session, data, sizeof(data), NULL, &len), CKR_OK);
	assert_int_equal(len, 0);
	len = sizeof(out);
	assert_int_equal(C_EncryptUpdate(session, data, sizeof(data), out, &len), CKR_OK);
	assert_int_equal(len, 0);
	len = sizeof(out);
	assert_int_equal(C_EncryptFinal(session, out, &len), CKR_OK);
	assert_int_equal(len, sizeof(out));
	/* 2^65537 mod (2^2048 - 1) = 2^1 */
	assert_int_equal(out[255], 2);
}

/* ---- the officer's logout ---- */

static void an_officer_s_logout_is_one_on_the_card_too(void **state)
{
	/* INIT PIN of our application, by another program on the same channel. */
	static const uint8_t init_pin[] = {0x80, 0x03, 0x00, 0x00, 0x08, 0x91, 0x06,
					   '7',	 '3',  '9',  '2',  '5',	 '1'};

	(void)state;
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_SO, P11_SO_PIN), CKR_OK);
	assert_int_equal(transport_card_other(CS_VIEW_OF(init_pin)), 0x9000);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_not_equal(transport_card_other(CS_VIEW_OF(init_pin)), 0x9000);
}

static int issued(void **state)
{
	(void)state;
	return p11_token_make(&transport_card, &session) ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_pin_whose_answer_is_lost_is_not_sent_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_older_look_at_the_readers_does_not_undo_a_newer_one, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(a_pin_change_whose_answer_is_lost_ends_the_login, issued,
					    teardown),
	    cmocka_unit_test_setup_teardown(the_list_of_slots_does_not_wait_for_another_thread_s_touch,
					    issued, teardown),
	    cmocka_unit_test_setup_teardown(an_officer_s_logout_is_one_on_the_card_too, issued, teardown),
	    cmocka_unit_test_setup_teardown(asking_how_long_an_update_is_takes_nothing_in, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
