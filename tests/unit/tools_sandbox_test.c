/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The process that takes others' token files apart: it can answer, and nothing else; and what it answers is
 * not believed.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/import_sandbox.h"

static bool count_take(void *ctx, const struct import_record *record)
{
	size_t *count = ctx;

	(void)record;
	return ++*count < 3;
}

static enum cs_err run(import_parse_fn *parse, struct cs_view file, size_t *count, struct import_fault *fault)
{
	struct import_job job = {.file = file, .take = count_take, .ctx = count};
	enum cs_err err;

	*count = 0;
	err = import_sandboxed(parse, &job);
	*fault = job.fault;
	return err;
}

#define HEAD "secret\n"
#define ROW  "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n"

static void records_faults_and_the_end_come_through_the_pipe(void **state)
{
	struct import_fault fault;
	size_t count;

	(void)state;
	assert_int_equal(run(import_csv, CS_VIEW_TEXT(HEAD ROW ROW), &count, &fault), CS_OK);
	assert_int_equal(count, 2);
	assert_int_equal(run(import_csv, CS_VIEW_TEXT(HEAD ROW "!\n"), &count, &fault), CS_ERR_MALFORMED);
	assert_int_equal(count, 1);
	assert_int_equal(fault.line, 3);
	assert_non_null(strstr(fault.what, "column secret"));
}

static void who_has_enough_ends_the_process(void **state)
{
	struct import_fault fault;
	size_t count;

	(void)state;
	assert_int_equal(run(import_csv, CS_VIEW_TEXT(HEAD ROW ROW ROW ROW ROW ROW), &count, &fault),
			 CS_ERR_CANCELLED);
	assert_int_equal(count, 3);
}

/* ---- parsers that are no longer ours ---- */

static enum cs_err parse_and_crash(struct import_job *job)
{
	(void)job;
	(void)raise(SIGKILL);
	abort();
}

static enum cs_err parse_and_lie(struct import_job *job)
{
	struct import_record record;

	import_record_init(&record, IMPORT_TOTP, 1);
	record.seed_len = 4096;
	(void)job->take(job->ctx, &record);
	return CS_OK;
}

static enum cs_err parse_and_shout(struct import_job *job)
{
	memset(job->fault.what, 0x1B, sizeof job->fault.what);
	return CS_ERR_MALFORMED;
}

static void what_a_lost_process_says_is_not_believed(void **state)
{
	struct import_fault fault;
	size_t count;

	(void)state;
	assert_int_equal(run(parse_and_crash, CS_VIEW_TEXT("x"), &count, &fault), CS_ERR_IO);
	assert_non_null(strstr(fault.what, "without a word"));
	assert_int_equal(run(parse_and_lie, CS_VIEW_TEXT("x"), &count, &fault), CS_ERR_IO);
	assert_int_equal(count, 0);
	assert_int_equal(run(parse_and_shout, CS_VIEW_TEXT("x"), &count, &fault), CS_ERR_MALFORMED);
	assert_int_equal(strlen(fault.what), IMPORT_FAULT_SIZE - 1);
	assert_int_equal(strspn(fault.what, "?"), IMPORT_FAULT_SIZE - 1);
}

/* ---- what is left to it ---- */

/* Bits of what a parser got that it must not get. */
static enum cs_err parse_and_look_around(struct import_job *job)
{
	struct import_record record;
	unsigned got = 0;

	got |= open("/etc/passwd", O_RDONLY) >= 0 ? 1u : 0;
	got |= open("/dev/null", O_WRONLY) >= 0 ? 2u : 0;
	got |= socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 4u : 0;
	got |= socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 8u : 0;
	got |= write(STDOUT_FILENO, "", 0) == 0 || write(STDERR_FILENO, "", 0) == 0 ? 16u : 0;
	got |= kill(getppid(), 0) == 0 ? 32u : 0;
	got |= mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ? 64u
													 : 0;
	got |= syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) >= 0 ? 128u : 0;
	got |= mmap(NULL, (size_t)3 << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ? 256u
													: 0;
	import_record_init(&record, IMPORT_TOTP, 1);
	record.seed_len = 20;
	record.counter = got;
	return job->take(job->ctx, &record) ? CS_OK : CS_ERR_CANCELLED;
}

static bool got_take(void *ctx, const struct import_record *record)
{
	uint64_t *got = ctx;

	*got = record->counter;
	return true;
}

static enum cs_err parse_and_execute(struct import_job *job)
{
	char *const none[] = {NULL};

	(void)job;
	(void)execve("/bin/true", none, none);
	return CS_OK;
}

static bool confined_build(void)
{
	int ends[2], how = 0;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0)
		_exit(import_confine(ends[1]) == CS_ERR_UNSUPPORTED ? 1 : 0);
	assert_int_equal(waitpid(pid, &how, 0), pid);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

static void no_file_no_socket_no_process_no_code_is_left_to_it(void **state)
{
	uint64_t got = UINT64_MAX;
	struct import_job job = {.file = CS_VIEW_TEXT("x"), .take = got_take, .ctx = &got};
	struct import_fault fault;
	size_t count;

	(void)state;
	if (!confined_build()) {
		print_message("# a program with a sanitizer is not confined: it needs more than is left\n");
		skip();
	}
	assert_int_equal(import_sandboxed(parse_and_look_around, &job), CS_OK);
	assert_int_equal(got, 0);
	assert_int_equal(run(parse_and_execute, CS_VIEW_TEXT("x"), &count, &fault), CS_ERR_IO);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(records_faults_and_the_end_come_through_the_pipe),
	    cmocka_unit_test(who_has_enough_ends_the_process),
	    cmocka_unit_test(what_a_lost_process_says_is_not_believed),
	    cmocka_unit_test(no_file_no_socket_no_process_no_code_is_left_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
