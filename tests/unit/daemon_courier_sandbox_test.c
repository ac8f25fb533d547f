/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is left to courier, and what is not: each deed is done in a process of its own, behind its walls.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/courier.h"

#define WITHOUT_CALLS 99
#define WITHOUT_FILES 98

struct deed {
	const char *name;
	bool (*done)(void); /* whether it could be done */
	bool may;
	bool by_files; /* Landlock's to refuse */
};

static char file[64], unix_name[80];

/* ---- what it needs ---- */

static bool reads(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, &byte, 1) >= 0;
}

static bool reads_hosts(void)
{
	return reads("/etc/hosts");
}

static bool resolves(void)
{
	const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	bool done = getaddrinfo("localhost", "443", &hints, &list) == 0 && list;

	if (done)
		freeaddrinfo(list);
	return done;
}

static void *thread(void *ctx)
{
	*(bool *)ctx = resolves();
	return NULL;
}

/* As curl does it. */
static bool resolves_in_a_thread(void)
{
	bool done = false;
	pthread_t id;

	return pthread_create(&id, NULL, thread, &done) == 0 && pthread_join(id, NULL) == 0 && done;
}

static bool speaks_ip(void)
{
	const struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int udp = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return (udp >= 0 || errno == EAFNOSUPPORT) && tcp >= 0 &&
	       (connect(tcp, (const struct sockaddr *)&nobody, sizeof(nobody)) == 0 || errno != EPERM);
}

static bool speaks_through_a_pair(void)
{
	int pair[2];
	char byte = 0;

	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0 &&
	       send(pair[0], "x", 1, MSG_NOSIGNAL) == 1 && recv(pair[1], &byte, 1, 0) == 1 && byte == 'x';
}

/* ---- what nobody may have of it ---- */

static bool reads_other_files(void)
{
	return reads("/etc/passwd") || reads("/etc/shadow") || reads(file);
}

static bool lists_folders(void)
{
	return open("/etc", O_RDONLY | O_DIRECTORY) >= 0 || open("/", O_RDONLY | O_DIRECTORY) >= 0;
}

static bool writes_files(void)
{
	return open(file, O_WRONLY) >= 0 || open("/etc/hosts", O_WRONLY) >= 0 || truncate(file, 0) == 0 ||
	       creat(file, 0600) >= 0;
}

static bool changes_files(void)
{
	return chmod(file, 0644) == 0 || unlink(file) == 0 || rename(file, "/tmp/other") == 0 ||
	       mkdir("/tmp/countersign-courier-folder", 0700) == 0;
}

static bool knocks_at_local_sockets(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int pair[2];

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", unix_name);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd >= 0 || socket(AF_UNIX, SOCK_DGRAM, 0) >= 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0)
		return true;
	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 &&
	       connect(pair[0], (const struct sockaddr *)&address, sizeof(address)) == 0;
}

static bool opens_other_sockets(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0) >= 0 || socket(AF_PACKET, SOCK_RAW, 0) >= 0 ||
	       socket(AF_ALG, SOCK_SEQPACKET, 0) >= 0 || socket(AF_VSOCK, SOCK_STREAM, 0) >= 0;
}

static bool serves(void)
{
	int tcp = socket(AF_INET, SOCK_STREAM, 0);

	return listen(tcp, 1) == 0 || accept(tcp, NULL, NULL) >= 0 || errno == EINVAL;
}

static bool ends_others(void)
{
	return kill(getppid(), 0) == 0 || kill(0, 0) == 0 ||
	       syscall(SYS_tgkill, getppid(), getppid(), 0) == 0;
}

static bool forks(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool maps_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED || mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0 ||
	       mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool becomes_somebody(void)
{
	return setuid(getuid()) == 0 || setgid(getgid()) == 0 || unshare(CLONE_NEWUSER) == 0 ||
	       syscall(SYS_keyctl, 0, 0, 0, 0, 0) >= 0 || errno != EPERM;
}

static bool executes(void)
{
	char *const none[] = {NULL};

	return execve("/bin/true", none, none) == 0;
}

static const struct deed deeds[] = {
    {"reads /etc/hosts", reads_hosts, true, false},
    {"resolves a name", resolves, true, false},
    {"resolves a name in a thread", resolves_in_a_thread, true, false},
    {"speaks IP", speaks_ip, true, false},
    {"speaks through a pair of sockets", speaks_through_a_pair, true, false},
    {"reads other files", reads_other_files, false, true},
    {"lists folders", lists_folders, false, true},
    {"writes files", writes_files, false, false},
    {"changes files", changes_files, false, false},
    {"knocks at local sockets", knocks_at_local_sockets, false, false},
    {"opens sockets of other kinds", opens_other_sockets, false, false},
    {"serves", serves, false, false},
    {"ends other processes", ends_others, false, false},
    {"forks", forks, false, false},
    {"maps code", maps_code, false, false},
    {"becomes somebody else", becomes_somebody, false, false},
};

/* Its exit status; with 128 the signal that ended it. */
static int fate_of(bool (*done)(void), bool by_files)
{
	int how = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		const enum cs_err files = courier_sandbox_files();
		if (courier_sandbox_calls())
			_exit(WITHOUT_CALLS);
		_exit(files && by_files ? WITHOUT_FILES : done());
	}
	assert_int_equal(waitpid(pid, &how, 0), pid);
	return WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
}

static void need_walls(void)
{
	if (fate_of(speaks_ip, false) != WITHOUT_CALLS)
		return;
	print_message("# a program with a sanitizer has no walls: it needs more than is left\n");
	skip();
}

/* Those that Landlock refuses, or those that a filter of system calls does. */
static void require_fates(bool by_files)
{
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		if (deeds[i].by_files != by_files)
			continue;
		int fate = fate_of(deeds[i].done, by_files);
		if (fate != deeds[i].may)
			fail_msg("courier %s: %d", deeds[i].name, fate);
	}
}

static void what_courier_does_it_may_and_nothing_else(void **state)
{
	(void)state;
	need_walls();
	require_fates(false);
}

static void courier_reads_what_resolving_wants_and_no_other_file(void **state)
{
	(void)state;
	need_walls();
	if (fate_of(reads_hosts, true) == WITHOUT_FILES) {
		print_message("# this kernel has no Landlock: what courier reads is not refused\n");
		skip();
	}
	require_fates(true);
}

static void who_starts_a_program_in_it_ends_it(void **state)
{
	(void)state;
	need_walls();
	assert_int_equal(fate_of(executes, false), 128 + SIGSYS);
}

/* ---- a file, and a socket that somebody listens at ---- */

static int listener = -1;

static int place_make(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	(void)state;
	(void)snprintf(file, sizeof(file), "/tmp/countersign-courier-%d", (int)getpid());
	(void)snprintf(unix_name, sizeof(unix_name), "%s.socket", file);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", unix_name);
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd < 0 || close(fd) || bind(listener, (const struct sockaddr *)&address, sizeof(address)) ||
	       listen(listener, 1);
}

static int place_end(void **state)
{
	(void)state;
	(void)close(listener);
	return unlink(file) | unlink(unix_name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_courier_does_it_may_and_nothing_else),
	    cmocka_unit_test(courier_reads_what_resolving_wants_and_no_other_file),
	    cmocka_unit_test(who_starts_a_program_in_it_ends_it),
	};

	return cmocka_run_group_tests(tests, place_make, place_end);
}
