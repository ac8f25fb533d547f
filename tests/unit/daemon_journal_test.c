/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What systemd and its journal are sent, as their protocols have it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/journal.h"

static void a_field_stands_on_a_line_or_has_its_length_before_it(void **state)
{
	static const uint8_t want[] = "PRIORITY=3\nMESSAGE\n\3\0\0\0\0\0\0\0a\nb\nEMPTY=\n";
	const struct journal_field fields[] = {
	    {"PRIORITY", CS_VIEW_TEXT("3")}, {"MESSAGE", CS_VIEW_TEXT("a\nb")}, {"EMPTY", CS_VIEW_TEXT("")}};
	uint8_t got[256];
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_true(journal_send(pair[0], fields, 3));
	assert_int_equal(recv(pair[1], got, sizeof(got), 0), sizeof(want) - 1);
	assert_memory_equal(got, want, sizeof(want) - 1);
	(void)close(pair[1]);
	assert_false(journal_send(pair[0], fields, 3));
	(void)close(pair[0]);
}

static void an_entry_that_is_too_long_is_not_sent(void **state)
{
	static const uint8_t much[16384];
	const struct journal_field field = {"MESSAGE", CS_VIEW_OF(much)};
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_false(journal_send(pair[0], &field, 1));
	(void)close(pair[0]);
	(void)close(pair[1]);
}

/* A socket that systemd would listen on, with an abstract name, so that no file is left. */
static int systemd_open(char name[64])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int len = snprintf(name, 64, "@countersign-test-%ld", (long)getpid());

	assert_true(fd >= 0);
	memcpy(address.sun_path + 1, name + 1, (size_t)len - 1);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len)),
			 0);
	return fd;
}

static void the_journal_is_used_only_where_standard_error_is_its(void **state)
{
	char name[64], stream[64];
	struct stat st;
	int journal = systemd_open(name);

	(void)state;
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
	assert_int_equal(journal_open(name), -1);
	assert_int_equal(setenv("JOURNAL_STREAM", "1:1", 1), 0);
	assert_int_equal(journal_open(name), -1);
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	assert_int_equal(journal_open("@countersign-test-nobody"), -1);
	int fd = journal_open(name);
	assert_true(fd >= 0);
	(void)close(fd);
	(void)close(journal);
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
}

static void systemd_is_notified_and_children_are_not_told_where(void **state)
{
	struct notify notify;
	char name[64], got[64] = "";
	int systemd = systemd_open(name);

	(void)state;
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	assert_int_equal(setenv("WATCHDOG_USEC", "30000000", 1), 0);
	notify_open(&notify);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_USEC"));
	assert_int_equal(notify.watchdog_ms, 30000);
	notify_send(&notify, "READY=%d\n", 1);
	assert_int_equal(recv(systemd, got, sizeof(got) - 1, 0), 8);
	assert_string_equal(got, "READY=1\n");
	(void)close(systemd);
	notify_send(&notify, "READY=1\n"); /* nobody is there any more */
}

static void another_process_s_watchdog_is_not_ours(void **state)
{
	struct notify notify;

	(void)state;
	assert_int_equal(setenv("NOTIFY_SOCKET", "/run/notify", 1), 0);
	assert_int_equal(setenv("WATCHDOG_USEC", "30000000", 1), 0);
	assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0);
	notify_open(&notify);
	assert_int_equal(notify.watchdog_ms, 0);
	assert_int_not_equal(notify.address_len, 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", "relative", 1), 0);
	notify_open(&notify);
	assert_int_equal(notify.address_len, 0);
	notify_send(&notify, "READY=1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_field_stands_on_a_line_or_has_its_length_before_it),
	    cmocka_unit_test(an_entry_that_is_too_long_is_not_sent),
	    cmocka_unit_test(the_journal_is_used_only_where_standard_error_is_its),
	    cmocka_unit_test(systemd_is_notified_and_children_are_not_told_where),
	    cmocka_unit_test(another_process_s_watchdog_is_not_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
