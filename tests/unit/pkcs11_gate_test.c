/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What fork waits for in the module, and what it does not wait for.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "pkcs11/gate.h"

#define HANGS_SECONDS 60u /* then what waits for ever is ended, and the program fails */
#define ROUNDS	      100

/* Stands for a lock of libcrypto's. */
static pthread_mutex_t library = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t slow = PTHREAD_MUTEX_INITIALIZER;
/* Of the thread whose turn it is to say so. */
static atomic_bool ready, forked, again;

/* A child did: one is enough to know. */
static bool hung;

static int no_longer_than_hangs(void **state)
{
	(void)state;
	if (hung)
		return -1;
	(void)alarm(HANGS_SECONDS);
	atomic_store(&ready, false);
	atomic_store(&forked, false);
	atomic_store(&again, false);
	return 0;
}

static void await(atomic_bool *flag)
{
	while (!atomic_load(flag))
		(void)sched_yield();
}

/* After the gate's own, which was registered later. */
static void gate_is_passed(void)
{
	atomic_store(&forked, true);
}

/* What the child says; -1: it was not made, or ended in another way. */
static int exit_of(pid_t pid)
{
	int status = -1;

	if (pid <= 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	hung |= WIFSIGNALED(status) != 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* 0: in the child the lock is free, and the gate is open, to forks as well. */
static int child(void)
{
	(void)alarm(HANGS_SECONDS);
	if (pthread_mutex_trylock(&library) != 0)
		return 1;
	if (atomic_load(&again))
		return 2;
	gate_enter();
	gate_leave();
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	return exit_of(pid) == 0 ? 0 : 3;
}

static int fork_and_look(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(child());
	return exit_of(pid);
}

/* Holds the lock until somebody waits for this thread to leave, or does not wait although it is inside. */
static void *stay_inside(void *arg)
{
	gate_enter();
	(void)pthread_mutex_lock(&library);
	atomic_store(&ready, true);
	while (gate_waited_for() == 0 && !atomic_load(&forked))
		(void)sched_yield();
	(void)pthread_mutex_unlock(&library);
	gate_leave();
	return arg;
}

static void a_fork_waits_for_who_is_inside(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, stay_inside, NULL), 0);
	await(&ready);
	assert_int_equal(fork_and_look(), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

/* Calls again as soon as it has left. */
static void *leave_and_come_back(void *arg)
{
	stay_inside(NULL);
	gate_enter();
	atomic_store(&again, true);
	gate_leave();
	return arg;
}

static void nobody_enters_while_a_fork_waits(void **state)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_t thread;

		(void)no_longer_than_hangs(state);
		assert_int_equal(pthread_create(&thread, NULL, leave_and_come_back, NULL), 0);
		await(&ready);
		assert_int_equal(fork_and_look(), 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_true(atomic_load(&again));
	}
}

/* Inside, but away until the fork is made. */
static void *wait_away(void *arg)
{
	bool was_inside;

	gate_enter();
	was_inside = gate_away();
	atomic_store(&ready, true);
	await(&forked);
	gate_back(was_inside);
	gate_leave();
	return arg;
}

static void a_fork_does_not_wait_for_who_is_away(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, wait_away, NULL), 0);
	await(&ready);
	assert_int_equal(fork_and_look(), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

/* The lock is held until the fork is made. */
static void *wait_for_lock(void *arg)
{
	gate_enter();
	atomic_store(&ready, true);
	gate_lock(&slow);
	(void)pthread_mutex_unlock(&slow);
	gate_leave();
	return arg;
}

static void a_fork_does_not_wait_for_who_waits_for_a_lock(void **state)
{
	pthread_t thread;

	(void)state;
	(void)pthread_mutex_lock(&slow);
	assert_int_equal(pthread_create(&thread, NULL, wait_for_lock, NULL), 0);
	await(&ready);
	assert_int_equal(fork_and_look(), 0);
	(void)pthread_mutex_unlock(&slow);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void who_is_not_inside_is_not_brought_in(void **state)
{
	bool was_inside = gate_away();

	(void)state;
	assert_false(was_inside);
	gate_back(was_inside);
	/* It would wait for itself. */
	assert_int_equal(fork_and_look(), 0);
}

static void a_thread_inside_may_fork(void **state)
{
	(void)state;
	gate_enter();
	assert_int_equal(fork_and_look(), 0);
	/* It is inside still. */
	assert_true(gate_away());
	gate_back(true);
	gate_leave();
	assert_false(gate_away());
}

static pthread_barrier_t both_inside;

static void *fork_inside(void *arg)
{
	int *status = arg;

	gate_enter();
	(void)pthread_barrier_wait(&both_inside);
	*status = fork_and_look();
	gate_leave();
	return NULL;
}

static void two_threads_inside_may_fork_at_once(void **state)
{
	(void)state;
	assert_int_equal(pthread_barrier_init(&both_inside, NULL, 2), 0);
	for (int i = 0; i < ROUNDS / 4; i++) {
		int status = -1, other_status = -1;
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, fork_inside, &other_status), 0);
		(void)fork_inside(&status);
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_int_equal(status, 0);
		assert_int_equal(other_status, 0);
	}
	(void)pthread_barrier_destroy(&both_inside);
}

static int register_handlers(void **state)
{
	(void)state;
	if (pthread_atfork(gate_is_passed, NULL, NULL) != 0)
		return -1;
	return pthread_atfork(gate_fork_begins, gate_fork_done, gate_forked);
}

#define TEST(name) cmocka_unit_test_setup(name, no_longer_than_hangs)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_fork_waits_for_who_is_inside),	TEST(nobody_enters_while_a_fork_waits),
	    TEST(a_fork_does_not_wait_for_who_is_away), TEST(a_fork_does_not_wait_for_who_waits_for_a_lock),
	    TEST(who_is_not_inside_is_not_brought_in),	TEST(a_thread_inside_may_fork),
	    TEST(two_threads_inside_may_fork_at_once),
	};

	return cmocka_run_group_tests(tests, register_handlers, NULL);
}
