/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which process initialised the module, as the process itself and its children see it, on a kernel that
 * empties a page for a child, on one that does not, and on one that only says so.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "pkcs11/owner.h"

static enum { AS_IT_IS, REFUSED, IGNORED } advice_is; /* and IGNORED is called well, whatever it is */

/* In libc's place. */
int madvise(void *address, size_t len, int advice)
{
	if (advice_is == AS_IT_IS)
		return (int)syscall(SYS_madvise, address, len, advice);
	if (advice_is == IGNORED)
		return 0;
	errno = EINVAL;
	return -1;
}

/* A child that no handler of fork is told of. */
static pid_t child_of_clone(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

/* It owns nothing until it takes it. */
static int child(void)
{
	if (owner_is_this())
		return 1;
	owner_take();
	return owner_is_this() ? 0 : 2;
}

static bool ends_well(pid_t pid)
{
	int status = -1;

	return waitpid(pid, &status, 0) == pid && status == 0;
}

static bool children_own_nothing(void)
{
	pid_t (*const make[])(void) = {fork, child_of_clone};

	for (size_t i = 0; i < sizeof(make) / sizeof(make[0]); i++) {
		pid_t pid = make[i]();

		if (pid == 0)
			_exit(child());
		if (!ends_well(pid) || !owner_is_this())
			return false;
	}
	return true;
}

/* First, and in a process of its own: there the page is made by a kernel that refuses. */
static void without_a_page_that_is_emptied_a_child_owns_nothing_either(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			advice_is = i == 0 ? REFUSED : IGNORED;
			owner_take();
			_exit(owner_is_this() && children_own_nothing() ? 0 : 1);
		}
		assert_true(ends_well(pid));
	}
}

static bool ending; /* is a process that has taken it */

/* The last of the program's, after all of the module's. */
static void __attribute__((destructor(101))) at_the_end(void)
{
	if (ending)
		_exit(owner_is_this() ? 0 : 1);
}

static void while_it_ends_a_process_owns_what_it_did(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		ending = true;
		owner_take();
		exit(2);
	}
	assert_true(ends_well(pid));
}

static void nobody_owns_it_at_first_and_after_leaving(void **state)
{
	(void)state;
	assert_false(owner_is_this());
	owner_leave();
	assert_false(owner_is_this());
	owner_take();
	assert_true(owner_is_this());
	owner_leave();
	assert_false(owner_is_this());
}

static void a_child_owns_nothing_of_its_parents(void **state)
{
	(void)state;
	owner_take();
	assert_true(children_own_nothing());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_a_page_that_is_emptied_a_child_owns_nothing_either),
	    cmocka_unit_test(while_it_ends_a_process_owns_what_it_did),
	    cmocka_unit_test(nobody_owns_it_at_first_and_after_leaving),
	    cmocka_unit_test(a_child_owns_nothing_of_its_parents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
