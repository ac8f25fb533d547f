/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fork while something is half made: the child begins anew, and the parent goes on as if nothing had been.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "pkcs11/pkcs11.h"
#include "pkcs11/pkcs11_countersign.h"
#include "tests/lib/p11_foreign.h"
#include "tests/lib/p11_fork.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"

#define FREE_ID 9u

static CK_SESSION_HANDLE session;

static int setup(void **state)
{
	(void)state;
	return p11_token_make(&transport_card, &session) ? 0 : -1;
}

static int foreign_setup(void **state)
{
	(void)state;
	return p11_foreign_token_make(&transport_card, &session) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	p11_token_free();
	return 0;
}

/* ---- operations ---- */

static CK_OBJECT_HANDLE new_hotp(void)
{
	static CK_OBJECT_CLASS class = CKO_OTP_KEY;
	static CK_KEY_TYPE type = CKK_HOTP;
	static CK_BBOOL yes = CK_TRUE;
	/* RFC 4226, appendix D. */
	CK_BYTE label[] = "Bank:alice", seed[] = "12345678901234567890";
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &yes, sizeof(yes)},
			    {CKA_LABEL, label, sizeof(label) - 1},
			    {CKA_VALUE, seed, sizeof(seed) - 1}};
	CK_OBJECT_HANDLE key;

	assert_int_equal(C_CreateObject(session, a, sizeof(a) / sizeof(a[0]), &key), CKR_OK);
	return key;
}

static void assert_password(const char *want)
{
	CK_BYTE block[512];
	CK_ULONG len = sizeof(block);
	CK_OTP_SIGNATURE_INFO info;

	assert_int_equal(C_Sign(session, NULL, 0, block, &len), CKR_OK);
	memcpy(&info, block, sizeof(info));
	for (CK_ULONG i = 0; i < info.ulCount; i++) {
		if (info.pParams[i].type == CK_OTP_VALUE) {
			assert_int_equal(info.pParams[i].ulValueLen, strlen(want));
			assert_memory_equal(info.pParams[i].pValue, want, strlen(want));
			return;
		}
	}
	fail_msg("there is no password");
}

static void a_child_while_a_one_time_password_is_half_made(void **state)
{
	CK_OTP_PARAMS none = {NULL, 0};
	CK_MECHANISM mechanism = {CKM_HOTP, &none, sizeof(none)};
	CK_OBJECT_HANDLE key = new_hotp();

	(void)state;
	assert_int_equal(C_SignInit(session, &mechanism, key), CKR_OK);
	assert_true(p11_fork_is_well(session));
	assert_password("755224");
	assert_int_equal(C_SignInit(session, &mechanism, key), CKR_OK);
	assert_password("287082");
}

static CK_OBJECT_HANDLE new_aes(void)
{
	static CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	static CK_KEY_TYPE type = CKK_AES;
	static CK_BBOOL yes = CK_TRUE;
	CK_BYTE value[32] = {1, 2, 3};
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_ENCRYPT, &yes, sizeof(yes)},
			    {CKA_DECRYPT, &yes, sizeof(yes)},
			    {CKA_VALUE, value, sizeof(value)}};
	CK_OBJECT_HANDLE key;

	assert_int_equal(C_CreateObject(session, a, sizeof(a) / sizeof(a[0]), &key), CKR_OK);
	return key;
}

static void a_child_while_a_message_is_half_made(void **state)
{
	CK_BYTE iv[12], tag[16] = {0}, header[] = "header", text[] = "of two halves", out[64], back[64];
	CK_GCM_MESSAGE_PARAMS p = {iv, sizeof(iv), 0, CKG_GENERATE_RANDOM, tag, 96};
	CK_MECHANISM mechanism = {CKM_AES_GCM, NULL, 0};
	CK_ULONG none = sizeof(out), len = sizeof(out), back_len = sizeof(back);
	CK_OBJECT_HANDLE key = new_aes();

	(void)state;
	assert_int_equal(C_MessageEncryptInit(session, &mechanism, key), CKR_OK);
	assert_true(p11_fork_is_well(session));
	assert_int_equal(C_EncryptMessageBegin(session, &p, sizeof(p), header, sizeof(header)), CKR_OK);
	assert_int_equal(C_EncryptMessageNext(session, &p, sizeof(p), text, 6, out, &none, 0), CKR_OK);
	assert_true(p11_fork_is_well(session));
	assert_int_equal(C_EncryptMessageNext(session, &p, sizeof(p), text + 6, sizeof(text) - 6, out, &len,
					      CKF_END_OF_MESSAGE),
			 CKR_OK);
	assert_int_equal(C_MessageEncryptFinal(session), CKR_OK);
	assert_int_equal(C_MessageDecryptInit(session, &mechanism, key), CKR_OK);
	assert_int_equal(
	    C_DecryptMessage(session, &p, sizeof(p), header, sizeof(header), out, len, back, &back_len),
	    CKR_OK);
	assert_int_equal(C_MessageDecryptFinal(session), CKR_OK);
	assert_int_equal(back_len, sizeof(text));
	assert_memory_equal(back, text, sizeof(text));
}

/* ---- logins ---- */

static void a_child_while_the_security_officer_is_logged_in(void **state)
{
	CK_UTF8CHAR pin[] = "731946";
	CK_SESSION_INFO info;

	(void)state;
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_SO, P11_SO_PIN), CKR_OK);
	/* In the child the user has the PIN that he had. */
	assert_true(p11_fork_is_well(session));
	assert_int_equal(C_GetSessionInfo(session, &info), CKR_OK);
	assert_int_equal(info.state, CKS_RW_SO_FUNCTIONS);
	assert_int_equal(C_InitPIN(session, pin, sizeof(pin) - 1), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, "731946"), CKR_OK);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
}

static void a_child_while_the_administrator_is_logged_in(void **state)
{
	CK_OBJECT_HANDLE key;
	CK_SESSION_INFO info;

	(void)state;
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	assert_true(p11_fork_is_well(session));
	assert_int_equal(C_GetSessionInfo(session, &info), CKR_OK);
	assert_int_equal(info.state, CKS_RW_SO_FUNCTIONS);
	assert_int_equal(p11_generate(session, FREE_ID, &key), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(p11_generate(session, FREE_ID + 1, &key), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	assert_int_equal(p11_sign_by(session, FREE_ID), CKR_OK);
}

/* ---- waiting ---- */

struct waiter {
	CK_SLOT_ID slot;
	CK_RV rv;
};

static void *wait_for_event(void *arg)
{
	struct waiter *w = arg;

	w->rv = C_WaitForSlotEvent(0, &w->slot, NULL);
	return NULL;
}

static void a_child_while_a_thread_waits_for_a_slot_event(void **state)
{
	struct waiter waiter = {.slot = 99};
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, wait_for_event, &waiter), 0);
	while (transport_card_waiting() == 0)
		(void)sched_yield();
	assert_true(p11_fork_is_well(session));
	/* It waits still. */
	assert_int_equal(transport_card_waiting(), 1);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
	transport_card_pull();
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(waiter.rv, CKR_OK);
	assert_int_equal(waiter.slot, 0);
}

static void finalize_ends_a_wait_in_which_there_was_a_fork(void **state)
{
	struct waiter waiter = {.slot = 99};
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, wait_for_event, &waiter), 0);
	while (transport_card_waiting() == 0)
		(void)sched_yield();
	assert_true(p11_fork_is_well(session));
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(waiter.rv, CKR_CRYPTOKI_NOT_INITIALIZED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define FOREIGN(name)                                                                                        \
	{                                                                                                    \
		"another vendor's card: " #name, name, foreign_setup, teardown, NULL                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_child_while_a_one_time_password_is_half_made),
	    TEST(a_child_while_a_message_is_half_made),
	    TEST(a_child_while_the_security_officer_is_logged_in),
	    TEST(a_child_while_a_thread_waits_for_a_slot_event),
	    TEST(finalize_ends_a_wait_in_which_there_was_a_fork),
	    FOREIGN(a_child_while_a_one_time_password_is_half_made),
	    FOREIGN(a_child_while_a_message_is_half_made),
	    FOREIGN(a_child_while_the_administrator_is_logged_in),
	    FOREIGN(a_child_while_a_thread_waits_for_a_slot_event),
	    FOREIGN(finalize_ends_a_wait_in_which_there_was_a_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
