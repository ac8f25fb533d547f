/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fork in every state of the module: what the child may do, and that the parent goes on as if nothing had
 * been. Each process has a copy of the card, which is in its memory.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cardclient/pcsc.h"
#include "pkcs11/pin.h"
#include "pkcs11/pkcs11.h"
#include "pkcs11/slot.h"
#include "tests/lib/p11_foreign.h"
#include "tests/lib/p11_fork.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"
#include "tests/unit/pkcs11_pause.h"

static CK_SESSION_HANDLE session;

static void fork_and_expect_all_well(void)
{
	assert_true(p11_fork_is_well(session));
}

/* ---- states ---- */

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

static void a_child_of_a_process_that_did_not_initialise(void **state)
{
	(void)state;
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	fork_and_expect_all_well();
	assert_int_equal(C_Initialize(NULL), CKR_OK);
}

static void a_child_while_there_is_no_session(void **state)
{
	(void)state;
	assert_int_equal(C_CloseSession(session), CKR_OK);
	fork_and_expect_all_well();
	assert_int_equal(p11_open(&session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
}

static void a_child_while_nobody_is_logged_in(void **state)
{
	CK_SESSION_INFO info;

	(void)state;
	assert_int_equal(C_Logout(session), CKR_OK);
	fork_and_expect_all_well();
	assert_int_equal(C_GetSessionInfo(session, &info), CKR_OK);
	assert_int_equal(info.state, CKS_RW_PUBLIC_SESSION);
}

static void a_child_while_the_user_is_logged_in(void **state)
{
	(void)state;
	fork_and_expect_all_well();
	assert_int_equal(pin_kept(0).len, sizeof(P11_USER_PIN) - 1);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
}

static void a_child_while_a_signature_is_half_made(void **state)
{
	CK_MECHANISM mechanism = {CKM_ECDSA_SHA256, NULL, 0};
	CK_BYTE data[] = "of two halves", signature[64];
	CK_OBJECT_HANDLE key, public_key;
	CK_ULONG n, len = sizeof(signature);

	(void)state;
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, P11_KEY_ONCE, &n, &key), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, P11_KEY_ONCE, &n, &public_key), CKR_OK);
	assert_int_equal(C_SignInit(session, &mechanism, key), CKR_OK);
	assert_int_equal(C_SignUpdate(session, data, 6), CKR_OK);
	fork_and_expect_all_well();
	assert_int_equal(C_SignUpdate(session, data + 6, sizeof(data) - 6), CKR_OK);
	assert_int_equal(C_SignFinal(session, signature, &len), CKR_OK);
	assert_int_equal(C_VerifyInit(session, &mechanism, public_key), CKR_OK);
	assert_int_equal(C_Verify(session, data, sizeof(data), signature, len), CKR_OK);
}

static void a_child_in_the_middle_of_a_search(void **state)
{
	CK_OBJECT_HANDLE first, second;
	CK_ULONG n = 0;

	(void)state;
	assert_int_equal(C_FindObjectsInit(session, NULL, 0), CKR_OK);
	assert_int_equal(C_FindObjects(session, &first, 1, &n), CKR_OK);
	fork_and_expect_all_well();
	assert_int_equal(C_FindObjects(session, &second, 1, &n), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_not_equal(first, second);
	assert_int_equal(C_FindObjectsFinal(session), CKR_OK);
}

static void a_child_s_child(void **state)
{
	int status = -1;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		transport_card_forked();
		if (C_Initialize(NULL) != CKR_OK || p11_open(&session) != CKR_OK ||
		    p11_login(session, CKU_USER, P11_USER_PIN) != CKR_OK)
			_exit(1);
		fork_and_expect_all_well();
		_exit(p11_sign_by(session, P11_KEY_ONCE) == CKR_OK ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
}

/* As daemons do: what it inherited is closed, and the numbers go to what it opens itself. */
static int child_with_descriptors_of_its_own(const char *path)
{
	enum { OWN = 40 };
	int own[OWN];

	transport_card_forked();
	if (syscall(SYS_close_range, 3u, ~0u, 0u) != 0)
		return 1;
	for (size_t i = 0; i < OWN; i++)
		own[i] = open(path, O_RDONLY);
	if (own[0] != 3 || own[OWN - 1] < 0 || C_Initialize(NULL) != CKR_OK)
		return 2;
	for (size_t i = 0; i < OWN; i++) {
		/* Closed, or the module's by now, which has FD_CLOEXEC. */
		if (fcntl(own[i], F_GETFD) != 0)
			return 3;
	}
	return C_Finalize(NULL) == CKR_OK ? 0 : 4;
}

static void a_child_keeps_what_it_opened_before_its_own_initialize(void **state)
{
	char path[] = "/tmp/pkcs11_fork.XXXXXX";
	int fd = mkstemp(path), status = -1;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	/* A descriptor of the module's own. */
	assert_int_equal(setenv("COUNTERSIGN_TRACE", path, 1), 0);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(p11_open(&session), CKR_OK);
	pid_t pid = fork();
	if (pid == 0)
		_exit(child_with_descriptors_of_its_own(path));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(unsetenv("COUNTERSIGN_TRACE"), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(status, 0);
}

/* ---- another thread in the middle of a call ---- */

static CK_RV call_initialize(void)
{
	return C_Initialize(NULL);
}

static CK_RV call_finalize(void)
{
	return C_Finalize(NULL);
}

static CK_RV call_slots(void)
{
	CK_ULONG n = 0;

	return C_GetSlotList(CK_FALSE, NULL, &n);
}

static CK_RV call_wait(void)
{
	CK_SLOT_ID slot;
	CK_RV rv;

	do
		rv = C_WaitForSlotEvent(0, &slot, NULL);
	while (rv == CKR_OK);
	return rv;
}

static CK_RV call_token(void)
{
	CK_TOKEN_INFO info;

	return C_GetTokenInfo(0, &info);
}

static CK_RV call_sign(void)
{
	return p11_sign_by(session, P11_KEY_ONCE);
}

/* In a transaction, with the PIN before it. */
static CK_RV call_sign_always(void)
{
	return p11_sign_by(session, P11_KEY_ALWAYS);
}

/* The PIN is typed on the reader. */
static CK_RV call_login(void)
{
	return C_Login(session, CKU_USER, NULL, 0);
}

static void finalize(void)
{
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

static void log_out(void)
{
	assert_int_equal(C_Logout(session), CKR_OK);
}

static void put_in_anew(void)
{
	transport_card_pull();
	transport_card_insert();
}

static const struct inside {
	enum pause_place place;
	CK_RV (*call)(void);
	void (*before)(void); /* the call; NULL: nothing */
	CK_RV rv;	      /* of the call, once it goes on */
} insides[] = {
    {PAUSE_OPEN, call_initialize, finalize, CKR_OK},
    {PAUSE_CLOSE, call_finalize, NULL, CKR_OK},
    {PAUSE_DISCONNECT, call_finalize, NULL, CKR_OK},
    {PAUSE_READERS, call_slots, NULL, CKR_OK},
    {PAUSE_WAIT, call_wait, NULL, CKR_CRYPTOKI_NOT_INITIALIZED},
    {PAUSE_CONNECT, call_token, put_in_anew, CKR_OK},
    {PAUSE_RECONNECT, call_sign, transport_card_other_resets, CKR_OK},
    {PAUSE_BEGIN, call_sign_always, NULL, CKR_OK},
    {PAUSE_END, call_sign_always, NULL, CKR_OK},
    {PAUSE_TRANSMIT, call_sign, NULL, CKR_OK},
    {PAUSE_CONTROL, call_login, log_out, CKR_OK},
};

static void begin_over(const struct cc_backend *backend)
{
	(void)C_Finalize(NULL);
	pause_over();
	assert_int_equal(p11_begin(backend, &session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
}

static void fork_inside(const struct inside *inside)
{
	int status = -1;
	pid_t pid;

	if (inside->before != NULL)
		inside->before();
	pause_start(inside->place, inside->call);
	(void)alarm(P11_CHILD_SECONDS);
	pid = fork();
	if (pid == 0) {
		pause_forked();
		_exit(p11_child(session));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)alarm(0);
	pause_over();
	if (inside->place == PAUSE_WAIT)
		assert_int_equal(C_Finalize(NULL), CKR_OK);
	if (status != 0)
		print_error("place %d: status %#x\n", (int)inside->place, (unsigned)status);
	assert_int_equal(pause_join(), inside->rv);
	assert_int_equal(status, 0);
}

static void a_child_while_another_thread_is_inside_the_transport(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(insides) / sizeof(insides[0]); i++) {
		begin_over(&pause_transport);
		fork_inside(&insides[i]);
	}
	begin_over(&pause_transport);
	assert_int_equal(call_sign(), CKR_OK);
}

/* Its number in the system; 0: it has not begun. */
static atomic_int waiter;

static void *call_token_behind(void *arg)
{
	atomic_store(&waiter, (int)syscall(SYS_gettid));
	(void)call_token();
	return arg;
}

/* The state that proc(5) has for a thread of this process: behind the name, which is in parentheses. */
static char thread_state(int thread)
{
	char path[64], line[256] = "";
	const char *name_end;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return '?';
	if (fgets(line, sizeof(line), file) == NULL)
		line[0] = '\0';
	(void)fclose(file);
	name_end = strrchr(line, ')');
	return name_end != NULL && name_end[1] == ' ' ? name_end[2] : '?';
}

/* One thread is in a command, and another one waits for the slot that the first has. */
static void a_fork_does_not_wait_for_who_waits_for_a_slot(void **state)
{
	pthread_t second;
	int status = -1;
	pid_t pid;

	(void)state;
	begin_over(&pause_transport);
	atomic_store(&waiter, 0);
	pause_start(PAUSE_TRANSMIT, call_sign);
	assert_int_equal(pthread_create(&second, NULL, call_token_behind, NULL), 0);
	while (atomic_load(&waiter) == 0 || thread_state(atomic_load(&waiter)) != 'S')
		(void)sched_yield();
	(void)alarm(P11_CHILD_SECONDS);
	pid = fork();
	if (pid == 0) {
		pause_forked();
		_exit(p11_child(session));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)alarm(0);
	pause_over();
	assert_int_equal(pause_join(), CKR_OK);
	assert_int_equal(pthread_join(second, NULL), 0);
	assert_int_equal(status, 0);
}

/* At the next command. */
static bool transmit_forks;
static int status_of_fork;

static enum cs_err forking_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	if (transmit_forks) {
		pid_t pid;

		transmit_forks = false;
		pid = fork();
		if (pid == 0)
			_exit(p11_child(session));
		(void)waitpid(pid, &status_of_fork, 0);
	}
	return transport_card.transmit(link, command, response);
}

static void a_transport_may_fork(void **state)
{
	static struct cc_backend forking;

	(void)state;
	forking = transport_card;
	forking.transmit = forking_transmit;
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&forking, &session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	status_of_fork = -1;
	transmit_forks = true;
	(void)alarm(P11_CHILD_SECONDS);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
	(void)alarm(0);
	assert_int_equal(status_of_fork, 0);
}

/* ---- several forks at once, and the locks of both folders ---- */

/* What a handler of the test does: prepare handlers run last-first. */
static enum handled { NO_FORK, TWO_FORKS, FORK_INSIDE } handled;
static atomic_uint handler_calls;
static atomic_bool second_past, left;

/* Between the module's handler, which keeps others out by now, and fork. The first thread stays here until
 * the second one, for which nobody is kept out any longer than for the first, has got here as well. */
static void hold_first_fork(void)
{
	if (handled != TWO_FORKS)
		return;
	if (atomic_fetch_add(&handler_calls, 1) > 0)
		atomic_store(&second_past, true);
	while (!atomic_load(&second_past))
		(void)sched_yield();
}

/* Before the module's handler and libpcsclite's. The thread in there goes on. */
static void release_inside(void)
{
	if (handled == FORK_INSIDE)
		pause_over();
}

static void *fork_once_more(void *arg)
{
	int status = -1;
	pid_t pid;

	/* Until the first one is there. */
	while (atomic_load(&handler_calls) == 0)
		(void)sched_yield();
	pid = fork();
	if (pid == 0)
		_exit(0);
	(void)waitpid(pid, &status, 0);
	return status == 0 ? arg : NULL;
}

static void *sign_in_thread(void *arg)
{
	(void)call_sign();
	return arg;
}

static void two_threads_that_fork_at_once_leave_the_module_open(void **state)
{
	pthread_t thread;
	void *result = NULL;
	int mark;

	(void)state;
	atomic_store(&handler_calls, 0);
	atomic_store(&second_past, false);
	handled = TWO_FORKS;
	assert_int_equal(pthread_create(&thread, NULL, fork_once_more, &mark), 0);
	fork_and_expect_all_well();
	assert_int_equal(pthread_join(thread, &result), 0);
	handled = NO_FORK;
	assert_ptr_equal(result, &mark);
	/* A thread that did not fork would wait for ever. */
	(void)alarm(P11_CHILD_SECONDS);
	assert_int_equal(pthread_create(&thread, NULL, sign_in_thread, NULL), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)alarm(0);
}

/* As a PC/SC transport does: what libpcsclite must not be forked in has a gate of its own. */
static enum cs_err gated_readers(void *ctx, struct cc_reader *out, size_t max, size_t *count)
{
	enum cs_err err;

	pcsc_gate_enter();
	pause_in(PAUSE_READERS);
	err = transport_card.readers(ctx, out, max, count);
	atomic_store(&left, true);
	pcsc_gate_leave();
	return err;
}

static void a_fork_waits_for_who_is_in_libpcsclite_on_behalf_of_the_module(void **state)
{
	static struct cc_backend gated;
	int status = -1;
	pid_t pid;

	(void)state;
	gated = transport_card;
	gated.readers = gated_readers;
	begin_over(&gated);
	atomic_store(&left, false);
	pause_start(PAUSE_READERS, call_slots);
	handled = FORK_INSIDE;
	pid = fork();
	if (pid == 0)
		_exit(atomic_load(&left) ? 0 : 1);
	handled = NO_FORK;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(pause_join(), CKR_OK);
	assert_int_equal(status, 0);
}

/* As a handler of a signal that comes while the thread waits in libpcsclite does. */
static void a_child_that_was_made_within_a_long_call_of_libpcsclite_comes_out_of_it(void **state)
{
	struct pcsc_long outer, inner;
	int status = -1;
	pid_t pid;

	(void)state;
	pcsc_long_enter(&outer);
	pid = fork();
	if (pid == 0) {
		/* The test's own handler would go on with the other tests here. */
		(void)signal(SIGSEGV, SIG_DFL);
		(void)alarm(P11_CHILD_SECONDS);
		pcsc_long_enter(&inner);
		pcsc_long_leave(&outer);
		pcsc_long_leave(&inner);
		_exit(0);
	}
	pcsc_long_leave(&outer);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Before and after the module registers its own, which C_Initialize does once in a process, and PC/SC its. */
static int register_handlers(void **state)
{
	(void)state;
	slots_set_backend(&transport_card);
	/* Its handler lets one fork at a time through, and so has to be the last one. */
	if (!transport_card_make(CSGN_PROFILE_PIV))
		return -1;
	transport_card_free();
	cc_forks_expect();
	if (pthread_atfork(hold_first_fork, NULL, NULL) != 0 || C_Initialize(NULL) != CKR_OK ||
	    C_Finalize(NULL) != CKR_OK)
		return -1;
	return pthread_atfork(release_inside, NULL, NULL);
}

static atomic_bool stop;
static atomic_uint going;

/* Keeps locks of ours and of libcrypto busy. */
static void *digest_and_look(void *arg)
{
	CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
	CK_BYTE bytes[100] = {0}, digest[32];
	CK_SESSION_HANDLE s;

	(void)atomic_fetch_add(&going, 1);
	while (!atomic_load(&stop) && p11_open(&s) == CKR_OK) {
		CK_ULONG len = sizeof(digest);

		if (C_DigestInit(s, &sha256) == CKR_OK)
			(void)C_Digest(s, bytes, sizeof(bytes), digest, &len);
		(void)call_token();
		(void)p11_sign_by(s, P11_KEY_ONCE);
		(void)C_CloseSession(s);
	}
	return arg;
}

static void children_of_a_process_whose_threads_call_without_pause(void **state)
{
	pthread_t threads[8];

	(void)state;
	atomic_store(&stop, false);
	atomic_store(&going, 0);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, digest_and_look, NULL), 0);
	while (atomic_load(&going) < 8)
		(void)sched_yield();
	for (int i = 0; i < 40; i++)
		fork_and_expect_all_well();
	atomic_store(&stop, true);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
/* Once more, of another vendor's card. */
#define FOREIGN(name)                                                                                        \
	{                                                                                                    \
		"another vendor's card: " #name, name, foreign_setup, teardown, NULL                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(two_threads_that_fork_at_once_leave_the_module_open),
	    TEST(a_fork_waits_for_who_is_in_libpcsclite_on_behalf_of_the_module),
	    TEST(a_child_that_was_made_within_a_long_call_of_libpcsclite_comes_out_of_it),
	    TEST(a_child_of_a_process_that_did_not_initialise),
	    TEST(a_child_while_there_is_no_session),
	    TEST(a_child_while_nobody_is_logged_in),
	    TEST(a_child_keeps_what_it_opened_before_its_own_initialize),
	    TEST(a_child_while_the_user_is_logged_in),
	    TEST(a_child_while_a_signature_is_half_made),
	    TEST(a_child_in_the_middle_of_a_search),
	    TEST(a_child_s_child),
	    TEST(a_child_while_another_thread_is_inside_the_transport),
	    TEST(a_fork_does_not_wait_for_who_waits_for_a_slot),
	    TEST(a_transport_may_fork),
	    TEST(children_of_a_process_whose_threads_call_without_pause),
	    FOREIGN(a_child_of_a_process_that_did_not_initialise),
	    FOREIGN(a_child_while_there_is_no_session),
	    FOREIGN(a_child_while_nobody_is_logged_in),
	    FOREIGN(a_child_while_the_user_is_logged_in),
	    FOREIGN(a_child_while_a_signature_is_half_made),
	    FOREIGN(a_child_in_the_middle_of_a_search),
	    FOREIGN(a_child_s_child),
	    FOREIGN(a_child_while_another_thread_is_inside_the_transport),
	    FOREIGN(a_fork_does_not_wait_for_who_waits_for_a_slot),
	    FOREIGN(a_transport_may_fork),
	    FOREIGN(children_of_a_process_whose_threads_call_without_pause),
	};

	return cmocka_run_group_tests(tests, register_handlers, NULL);
}
