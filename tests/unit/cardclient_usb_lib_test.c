/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When a device was last used: the time of its node, which the kernel notes by a clock of a few milliseconds
 * a tick. A file stands for the node.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cardclient/usb_lib.h"

static void a_use_after_ours_is_noted_at_another_time_however_soon(void **state)
{
	FILE *f = tmpfile();

	(void)state;
	assert_non_null(f);
	const struct usb_device d = {.fd = fileno(f)};
	for (int i = 0; i < 50; i++) {
		struct timespec ours, then;
		assert_int_equal(write(d.fd, "a", 1), 1);
		assert_true(usb_last_used_settled(&d, &ours));
		assert_int_equal(write(d.fd, "b", 1), 1);
		then = usb_last_used(&d);
		assert_false(ours.tv_sec == then.tv_sec && ours.tv_nsec == then.tv_nsec);
	}
	assert_int_equal(fclose(f), 0);
}

static void a_clock_that_does_not_go_on_is_not_waited_for_without_end(void **state)
{
	FILE *f = tmpfile();
	struct timespec ours, times[2];

	(void)state;
	assert_non_null(f);
	const struct usb_device d = {.fd = fileno(f)};
	/* It was set back by an hour since. */
	assert_int_equal(clock_gettime(CLOCK_REALTIME, &times[0]), 0);
	times[0].tv_sec += 3600;
	times[1] = times[0];
	assert_int_equal(futimens(d.fd, times), 0);
	assert_false(usb_last_used_settled(&d, &ours));
	assert_int_equal(fclose(f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_use_after_ours_is_noted_at_another_time_however_soon),
	    cmocka_unit_test(a_clock_that_does_not_go_on_is_not_waited_for_without_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
