/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sixteen threads in the module at once, doing everything; also for ThreadSanitizer (make tsan).
 * COUNTERSIGN_TEST_ROUNDS makes it longer.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "pkcs11/pkcs11.h"
#include "pkcs11/slot.h"
#include "tests/lib/p11_foreign.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"
#include "tests/unit/base_hmac.h"
#include "tests/unit/pkcs11_worker.h"

#define THREADS	      16u
#define HANGS_SECONDS 60u /* then what waits for ever is ended, and the program fails */

static CK_SESSION_HANDLE session;
static unsigned long rounds;
static atomic_uint signatures;
static pthread_barrier_t last_round; /* of those whose card comes and goes: it stays for that one */

static bool expected(const struct worker *w, CK_RV rv)
{
	static const CK_RV always[] = {CKR_OK,
				       CKR_USER_ALREADY_LOGGED_IN,
				       CKR_USER_NOT_LOGGED_IN,
				       CKR_KEY_HANDLE_INVALID,
				       CKR_OBJECT_HANDLE_INVALID,
				       CKR_OPERATION_NOT_INITIALIZED,
				       CKR_NO_EVENT};
	static const CK_RV removed[] = {CKR_DEVICE_REMOVED, CKR_TOKEN_NOT_PRESENT,
					CKR_SESSION_HANDLE_INVALID};

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		if (rv == always[i])
			return true;
	}
	for (size_t i = 0; w->shaky && i < sizeof(removed) / sizeof(removed[0]); i++) {
		if (rv == removed[i])
			return true;
	}
	return false;
}

bool went(struct worker *w, const char *where, CK_RV rv)
{
	if (!expected(w, rv) && w->unexpected == CKR_OK) {
		w->unexpected = rv;
		w->where = where;
	}
	return rv == CKR_OK;
}

void wrong(struct worker *w, const char *where)
{
	w->unexpected = CKR_GENERAL_ERROR;
	w->where = where;
}

static void login_and_sign(struct worker *w, CK_SESSION_HANDLE s)
{
	CK_BYTE signature[64];
	CK_OBJECT_HANDLE key, public_key;
	CK_ULONG n = 0;

	(void)went(w, "login", p11_login(s, CKU_USER, P11_USER_PIN));
	if (!went(w, "find", p11_find(s, CKO_PRIVATE_KEY, P11_KEY_ONCE, &n, &key)) || n == 0 ||
	    !went(w, "sign", p11_sign(s, key, signature)))
		return;
	(void)atomic_fetch_add(&signatures, 1);
	if (went(w, "find public", p11_find(s, CKO_PUBLIC_KEY, P11_KEY_ONCE, &n, &public_key)))
		(void)went(w, "verify", p11_verify(s, public_key, signature));
}

static void login_and_out(struct worker *w, CK_SESSION_HANDLE s)
{
	(void)went(w, "login", p11_login(s, CKU_USER, P11_USER_PIN));
	(void)went(w, "sign always", p11_sign_by(s, P11_KEY_ALWAYS));
	(void)went(w, "logout", C_Logout(s));
}

static void make_an_object(struct worker *w, CK_SESSION_HANDLE s)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_UTF8CHAR label[] = "a label", got[16];
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_LABEL, label, sizeof(label)}};
	CK_ATTRIBUTE ask = {CKA_LABEL, got, sizeof(got)};
	CK_OBJECT_HANDLE object;

	if (!went(w, "create", C_CreateObject(s, template, 2, &object)))
		return;
	if (went(w, "get", C_GetAttributeValue(s, object, &ask, 1)) && memcmp(got, label, sizeof(label)) != 0)
		wrong(w, "another object's label");
	(void)went(w, "set", C_SetAttributeValue(s, object, template + 1, 1));
	(void)went(w, "destroy", C_DestroyObject(s, object));
}

static void look_around(struct worker *w, CK_SESSION_HANDLE s)
{
	CK_MECHANISM_TYPE mechanisms[256];
	CK_SESSION_INFO session_info;
	CK_TOKEN_INFO token;
	CK_SLOT_INFO slot;
	CK_SLOT_ID slots[4];
	CK_ULONG n = 4;

	(void)went(w, "slots", C_GetSlotList(w->number % 2 == 0 ? CK_TRUE : CK_FALSE, slots, &n));
	(void)went(w, "slot", C_GetSlotInfo(0, &slot));
	(void)went(w, "token", C_GetTokenInfo(0, &token));
	n = 256;
	(void)went(w, "mechanisms", C_GetMechanismList(0, mechanisms, &n));
	(void)went(w, "session", C_GetSessionInfo(s, &session_info));
	(void)went(w, "event", C_WaitForSlotEvent(CKF_DONT_BLOCK, slots, NULL));
}

static void digest_and_random(struct worker *w, CK_SESSION_HANDLE s)
{
	CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
	CK_BYTE bytes[100], digest[32];
	CK_ULONG len = sizeof(digest);

	(void)went(w, "random", C_GenerateRandom(s, bytes, sizeof(bytes)));
	if (went(w, "digest init", C_DigestInit(s, &sha256)) &&
	    went(w, "digest update", C_DigestUpdate(s, bytes, sizeof(bytes))))
		(void)went(w, "digest final", C_DigestFinal(s, digest, &len));
}

static void leave_things_open(struct worker *w, CK_SESSION_HANDLE s)
{
	CK_MECHANISM mechanism = {CKM_ECDSA_SHA384, NULL, 0};
	CK_OBJECT_HANDLE key;
	CK_ULONG n = 0;

	if (went(w, "find", p11_find(s, CKO_PRIVATE_KEY, P11_KEY_ONCE, &n, &key)) && n > 0)
		(void)went(w, "sign init", C_SignInit(s, &mechanism, key));
	(void)went(w, "find init", C_FindObjectsInit(s, NULL, 0));
}

static worker_action *const general_actions[] = {login_and_sign, make_an_object, look_around,
						 digest_and_random, login_and_out};
#define GENERAL_ACTIONS (sizeof(general_actions) / sizeof(general_actions[0]))

static void *work(void *arg)
{
	struct worker *w = arg;

	for (unsigned long i = 0; i < rounds; i++) {
		CK_SESSION_HANDLE s;

		if (w->shaky && i + 1 == rounds)
			(void)pthread_barrier_wait(&last_round);
		if (!went(w, "open", p11_open(&s)))
			continue;
		for (size_t k = 0; k < w->count; k++)
			w->actions[(k + w->number + i) % w->count](w, s);
		leave_things_open(w, s);
		(void)went(w, "close", C_CloseSession(s));
	}
	return NULL;
}

static void pull(void)
{
	CK_TOKEN_INFO info;

	transport_card_pull();
	(void)C_GetTokenInfo(0, &info);
	transport_card_insert();
	(void)C_GetTokenInfo(0, &info);
}

/* Each does the work of the first, by turns, and begins elsewhere in it. */
static void run_workers(const struct worker *work_of, unsigned long pulls)
{
	static struct worker workers[THREADS];

	assert_int_equal(pthread_barrier_init(&last_round, NULL, THREADS + 1), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = *work_of;
		workers[i].number = i;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (unsigned long i = 0; i < pulls; i++)
		pull();
	if (work_of->shaky)
		(void)pthread_barrier_wait(&last_round);
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
		if (workers[i].unexpected != CKR_OK)
			print_error("thread %u: %s: %#lx\n", i, workers[i].where, workers[i].unexpected);
	}
	(void)pthread_barrier_destroy(&last_round);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(workers[i].unexpected, CKR_OK);
}

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

static void sixteen_threads_do_everything_at_once(void **state)
{
	(void)state;
	atomic_store(&signatures, 0);
	run_workers(&(struct worker){.actions = general_actions, .count = GENERAL_ACTIONS}, 0);
	assert_true(atomic_load(&signatures) > 0);
	(void)p11_login(session, CKU_USER, P11_USER_PIN);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
}

static void sixteen_threads_live_with_a_card_that_comes_and_goes(void **state)
{
	(void)state;
	run_workers(&(struct worker){.actions = general_actions, .count = GENERAL_ACTIONS, .shaky = true},
		    rounds * 4);
	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	assert_int_equal(p11_open(&session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
}

/* Nobody logs out, and so each does all of it. */
static void sixteen_threads_use_keys_of_every_kind_at_once(void **state)
{
	(void)state;
	assert_true(worker_keys_make(session));
	run_workers(&(struct worker){.actions = worker_key_actions, .count = worker_key_action_count}, 0);
	assert_int_equal(worker_keys_done(), THREADS * rounds);
}

static void while_others_log_in_and_out_nothing_else_goes_wrong(void **state)
{
	static worker_action *actions[32];
	size_t n = GENERAL_ACTIONS;

	(void)state;
	assert_in_range(n + worker_key_action_count, 1, 32);
	memcpy(actions, general_actions, sizeof(general_actions));
	memcpy(actions + n, worker_key_actions, worker_key_action_count * sizeof(actions[0]));
	assert_true(worker_keys_make(session));
	run_workers(&(struct worker){.actions = actions, .count = n + worker_key_action_count}, 0);
	(void)p11_login(session, CKU_USER, P11_USER_PIN);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
}

/* ---- another vendor's card ---- */

static void sixteen_threads_use_what_another_vendor_s_card_has_at_once(void **state)
{
	(void)state;
	assert_true(worker_foreign_keys_make(session));
	run_workers(&(struct worker){.actions = worker_foreign_actions, .count = worker_foreign_action_count},
		    0);
	assert_int_equal(worker_keys_done(), THREADS * rounds);
}

static void sixteen_threads_make_and_destroy_keys_of_another_vendor_s_card_at_once(void **state)
{
	static worker_action *const actions[] = {worker_administers, look_around, make_an_object};
	CK_OBJECT_HANDLE key;
	CK_ULONG n = 0;

	(void)state;
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	worker_pairs_begin();
	run_workers(&(struct worker){.actions = actions, .count = 3}, 0);
	assert_int_equal(worker_pairs_done(), THREADS * rounds);
	assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, 0, &n, &key), CKR_OK);
	assert_int_equal(n, 2);
}

/* ---- a card with OATH alone ---- */

static int oath_setup(void **state)
{
	(void)state;
	if (!transport_card_make(CSGN_PROFILE_PIV))
		return -1;
	transport_card_be(PLAIN_OATH);
	return p11_begin(&transport_card, &session) == CKR_OK && worker_oath_make(session) &&
		       p11_oath_password(P11_USER_PIN) && p11_login(session, CKU_USER, P11_USER_PIN) == CKR_OK
		   ? 0
		   : -1;
}

/* The counter from first on, and not after last, whose password comes next; last + 1: none of them. */
static unsigned long next_counter(unsigned long first, unsigned long last)
{
	static const struct cs_hmac hmac = {libcrypto_hmac, NULL};
	char next[7] = "", code[CS_OATH_CODE_MAX];

	assert_int_equal(worker_next_password(session, next), CKR_OK);
	for (unsigned long counter = first; counter <= last; counter++) {
		uint32_t truncated;

		assert_int_equal(
		    cs_hotp(&hmac, CS_SHA1, cs_view_string("12345678901234567890"), counter, &truncated),
		    CS_OK);
		cs_oath_format(truncated, 6, code);
		if (strcmp(code, next) == 0)
			return counter;
	}
	return last + 1;
}

static void sixteen_threads_make_passwords_of_a_card_with_oath_alone_each_of_its_own_counter(void **state)
{
	static worker_action *actions[4] = {look_around, make_an_object};

	(void)state;
	assert_int_equal(worker_oath_action_count, 2);
	memcpy(actions + 2, worker_oath_actions, 2 * sizeof(actions[0]));
	run_workers(&(struct worker){.actions = actions, .count = 4}, 0);
	assert_int_equal(worker_keys_done(), THREADS * rounds);
	assert_int_equal(next_counter(THREADS * rounds, THREADS * rounds), THREADS * rounds);
}

/*
 * A password whose answer was lost is none that was given; none was given twice. In the last round one is
 * made: who logs out first has made his before.
 */
static void and_no_password_is_made_twice_where_the_card_comes_and_goes(void **state)
{
	static worker_action *const actions[] = {worker_logs_in_for_password, look_around};
	unsigned long most = THREADS * rounds;

	(void)state;
	run_workers(&(struct worker){.actions = actions, .count = 2, .shaky = true}, rounds * 4);
	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	assert_int_equal(p11_open(&session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	assert_in_range(worker_passwords_done(), 1, most);
	assert_in_range(next_counter(worker_passwords_done(), most), worker_passwords_done(), most);
}

/* ---- the end, with threads that go on calling ---- */

static atomic_bool stop;

static void *call_without_pause(void *arg)
{
	CK_RV *last = arg;
	CK_TOKEN_INFO info;

	do
		*last = C_GetTokenInfo(0, &info);
	while (*last == CKR_OK && !atomic_load(&stop));
	return NULL;
}

/* Readers that come and come must not keep the writer out. */
static void finalize_gets_its_turn_among_threads_that_call_without_pause(void **state)
{
	pthread_t threads[THREADS];
	CK_RV last[THREADS];

	(void)state;
	atomic_store(&stop, false);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_without_pause, &last[i]), 0);
	(void)alarm(HANGS_SECONDS);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	(void)alarm(0);
	atomic_store(&stop, true);
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_true(last[i] == CKR_CRYPTOKI_NOT_INITIALIZED || last[i] == CKR_OK);
	}
}

static void *wait_again_and_again(void *arg)
{
	CK_RV *bad = arg, rv;
	CK_SLOT_ID slot;

	while (!atomic_load(&stop)) {
		rv = C_WaitForSlotEvent(0, &slot, NULL);
		if (rv != CKR_OK && rv != CKR_CRYPTOKI_NOT_INITIALIZED)
			*bad = rv;
	}
	return NULL;
}

static void *live_and_die(void *arg)
{
	CK_RV *bad = arg, rv;
	CK_ULONG n = 0;

	for (unsigned long i = 0; i < rounds * 10; i++) {
		rv = C_Initialize(NULL);
		if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED)
			*bad = rv;
		rv = C_GetSlotList(CK_FALSE, NULL, &n);
		if (rv != CKR_OK && rv != CKR_CRYPTOKI_NOT_INITIALIZED)
			*bad = rv;
		rv = C_Finalize(NULL);
		if (rv != CKR_OK && rv != CKR_CRYPTOKI_NOT_INITIALIZED)
			*bad = rv;
	}
	return NULL;
}

/* Half of the threads wait for a slot, the others initialise and finalise the module under them. */
static void waiting_races_with_the_module_s_lives_and_nobody_hangs(void **state)
{
	pthread_t threads[THREADS];
	CK_RV bad[THREADS] = {CKR_OK};

	(void)state;
	atomic_store(&stop, false);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
						i < THREADS / 2 ? wait_again_and_again : live_and_die,
						&bad[i]),
				 0);
	for (unsigned i = THREADS / 2; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	atomic_store(&stop, true);
	(void)C_Finalize(NULL);
	for (unsigned i = 0; i < THREADS / 2; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(bad[i], CKR_OK);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define OATH(name) cmocka_unit_test_setup_teardown(name, oath_setup, teardown)
#define FOREIGN(name)                                                                                        \
	{                                                                                                    \
		"another vendor's card: " #name, name, foreign_setup, teardown, NULL                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(sixteen_threads_do_everything_at_once),
	    TEST(sixteen_threads_live_with_a_card_that_comes_and_goes),
	    TEST(sixteen_threads_use_keys_of_every_kind_at_once),
	    TEST(while_others_log_in_and_out_nothing_else_goes_wrong),
	    FOREIGN(sixteen_threads_do_everything_at_once),
	    FOREIGN(sixteen_threads_live_with_a_card_that_comes_and_goes),
	    FOREIGN(sixteen_threads_use_what_another_vendor_s_card_has_at_once),
	    FOREIGN(sixteen_threads_make_and_destroy_keys_of_another_vendor_s_card_at_once),
	    OATH(sixteen_threads_make_passwords_of_a_card_with_oath_alone_each_of_its_own_counter),
	    OATH(and_no_password_is_made_twice_where_the_card_comes_and_goes),
	    TEST(finalize_gets_its_turn_among_threads_that_call_without_pause),
	    TEST(waiting_races_with_the_module_s_lives_and_nobody_hangs),
	};
	const char *wanted = getenv("COUNTERSIGN_TEST_ROUNDS");

	rounds = wanted == NULL ? 10 : strtoul(wanted, NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
