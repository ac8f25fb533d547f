/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the process that faces the USB host can still do, tried in a process that has given the rest up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "applet/port/usb_sandbox.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/* A process in the sandbox that does what deed says: its exit status, or 128 + the signal that ended it. */
static int fate_of(int (*deed)(void))
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		unsigned missing;
		_exit(usb_sandbox_enter(&missing) == CS_OK ? deed() : 99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void without_sanitizers(void)
{
	if (!SANITIZED)
		return;
	print_message("# a build with sanitizers keeps files and system calls\n");
	skip();
}

static int opens(void)
{
	return open("/etc/passwd", O_RDONLY) < 0 &&
		       open("/tmp/countersign-sandbox", O_CREAT | O_WRONLY, 0600) < 0
		   ? 0
		   : 1;
}

static int executes(void)
{
	char name[] = "true";
	char *argv[] = {name, NULL};

	execv("/bin/true", argv);
	return 1;
}

static int connects(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? 1 : 2;
}

static int forks(void)
{
	return fork() < 0 && errno == EPERM ? 0 : 1;
}

static int takes_root_back(void)
{
	return setuid(0) < 0 && geteuid() != 0 ? 0 : 1;
}

static int pair[2];

/* What its loop calls, of a host behind a stream. */
static int serves(void)
{
	struct pollfd pfd = {.fd = pair[1], .events = POLLIN};
	struct timespec now;
	uint8_t byte = 0;
	void *memory = malloc(1 << 20);
	bool well = memory && send(pair[0], "x", 1, MSG_NOSIGNAL) == 1 && poll(&pfd, 1, 1000) == 1 &&
		    recv(pair[1], &byte, 1, MSG_DONTWAIT) == 1 && byte == 'x' &&
		    clock_gettime(CLOCK_MONOTONIC, &now) == 0;

	free(memory);
	fputs("# a message on stderr\n", stderr);
	return well ? 0 : 1;
}

static void no_file_is_opened_or_made(void **state)
{
	struct stat st;

	(void)state;
	without_sanitizers();
	assert_int_equal(fate_of(opens), 0);
	assert_int_equal(stat("/tmp/countersign-sandbox", &st), -1);
}

static void who_starts_a_program_or_opens_a_socket_dies(void **state)
{
	(void)state;
	without_sanitizers();
	assert_int_equal(fate_of(executes), 128 + SIGSYS);
	assert_int_equal(fate_of(connects), 128 + SIGSYS);
	assert_int_equal(fate_of(forks), 0);
}

static void an_open_stream_is_served_as_before(void **state)
{
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(fate_of(serves), 0);
	close(pair[0]);
	close(pair[1]);
}

static void without_root(void)
{
	if (geteuid() == 0)
		return;
	print_message("# only root can give root up\n");
	skip();
}

static void root_is_given_up_for_good(void **state)
{
	(void)state;
	without_root();
	assert_int_equal(fate_of(takes_root_back), 0);
}

/* Its parent's end closes the pipe: nobody is left who holds it. */
static void it_ends_with_its_parent_still(void **state)
{
	int alive[2], ready[2], status;
	uint8_t byte;
	pid_t parent;

	(void)state;
	without_root();
	assert_int_equal(pipe(alive) | pipe(ready), 0);
	parent = fork();
	if (parent == 0) {
		pid_t self = getpid();
		unsigned missing;
		if (fork() == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() == self && usb_sandbox_enter(&missing) == CS_OK &&
			    write(ready[1], "x", 1) == 1)
				(void)poll(NULL, 0, -1);
			_exit(0);
		}
		(void)poll(NULL, 0, -1);
		_exit(0);
	}
	close(alive[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(kill(parent, SIGKILL), 0);
	assert_int_equal(waitpid(parent, &status, 0), parent);
	struct pollfd pfd = {.fd = alive[0], .events = POLLIN};
	assert_int_equal(poll(&pfd, 1, 120000), 1);
	assert_int_equal(read(alive[0], &byte, 1), 0);
	close(alive[0]);
	close(ready[0]);
	close(ready[1]);
}

/* One who is not root, with a capability. */
static bool service_with_a_capability(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct one[_LINUX_CAPABILITY_U32S_3] = {
	    {.effective = 1u << CAP_NET_BIND_SERVICE, .permitted = 1u << CAP_NET_BIND_SERVICE}};

	return prctl(PR_SET_KEEPCAPS, 1) == 0 &&
	       setresuid(USB_SANDBOX_NOBODY, USB_SANDBOX_NOBODY, USB_SANDBOX_NOBODY) == 0 &&
	       syscall(SYS_capset, &header, one) == 0;
}

/* The permitted capabilities of a process, in hexadecimal. */
static void permitted(pid_t pid, char out[17])
{
	char name[64], line[256];
	FILE *file;

	(void)snprintf(name, sizeof(name), "/proc/%d/status", (int)pid);
	file = fopen(name, "r");
	assert_non_null(file);
	out[0] = '\0';
	while (fgets(line, sizeof(line), file))
		(void)sscanf(line, "CapPrm: %16s", out);
	(void)fclose(file);
}

static void who_is_not_root_gives_its_capabilities_up_too(void **state)
{
	int ready[2], status;
	unsigned missing;
	uint8_t byte;
	char had[17], has[17];
	pid_t pid;

	(void)state;
	without_root();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ready), 0);
	pid = fork();
	if (pid == 0) {
		bool well = service_with_a_capability() && write(ready[1], "x", 1) == 1 &&
			    read(ready[1], &byte, 1) == 1 && usb_sandbox_enter(&missing) == CS_OK &&
			    write(ready[1], "x", 1) == 1;
		if (well)
			(void)poll(NULL, 0, -1);
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	permitted(pid, had);
	assert_int_equal(write(ready[0], "x", 1), 1);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	permitted(pid, has);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(ready[0]);
	assert_string_equal(had, "0000000000000400");
	assert_string_equal(has, "0000000000000000");
}

/* A kernel that was built without Landlock and without filters. */
static bool kernel_without(void)
{
	scmp_filter_ctx old = seccomp_init(SCMP_ACT_ALLOW);
	const struct scmp_arg_cmp filters = {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = PR_SET_SECCOMP};

	return old && seccomp_rule_add(old, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0) == 0 &&
	       seccomp_rule_add(old, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0) == 0 &&
	       seccomp_rule_add_array(old, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1, &filters) == 0 &&
	       seccomp_load(old) == 0;
}

static void a_kernel_without_filters_is_served_all_the_same_and_what_is_missing_said(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	without_sanitizers();
	pid = fork();
	if (pid == 0) {
		unsigned missing = 0;
		if (!kernel_without())
			_exit(98);
		if (usb_sandbox_enter(&missing) != CS_OK)
			_exit(99);
		_exit((int)missing);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), USB_SANDBOX_FILES | USB_SANDBOX_CALLS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_file_is_opened_or_made),
	    cmocka_unit_test(who_starts_a_program_or_opens_a_socket_dies),
	    cmocka_unit_test(an_open_stream_is_served_as_before),
	    cmocka_unit_test(root_is_given_up_for_good),
	    cmocka_unit_test(it_ends_with_its_parent_still),
	    cmocka_unit_test(who_is_not_root_gives_its_capabilities_up_too),
	    cmocka_unit_test(a_kernel_without_filters_is_served_all_the_same_and_what_is_missing_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
