/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is left to front behind each of its two walls: every deed is done in a process of its own, and where a
 * wall is to keep it from that, in one without walls, too, which shows that it can be done at all.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/front_sandbox.h"

#define NO_WALL	   99
#define SYSTEM_END (128 + SIGSYS)

enum wall { WALL_FILES, WALL_CALLS };

struct deed {
	const char *name;
	bool (*done)(void); /* whether it could be done */
	enum wall wall;	    /* that keeps front from it */
	int fate;	    /* behind it: 0, or how the process ends */
};

static char folder[64], file[80];
static int ends[2] = {-1, -1}; /* of one connection, open since before the walls */

/* ---- what it needs ---- */

static bool speaks_through_what_is_open(void)
{
	char byte = 0;

	return write(ends[0], "x", 1) == 1 && read(ends[1], &byte, 1) == 1 && byte == 'x';
}

/* ---- files ---- */

static bool reads_files(void)
{
	return open(file, O_RDONLY) >= 0;
}

static bool reads_the_systems_files(void)
{
	return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool lists_folders(void)
{
	return open(folder, O_RDONLY | O_DIRECTORY) >= 0;
}

static bool writes_files(void)
{
	return open(file, O_WRONLY) >= 0;
}

static bool makes_files(void)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/made", folder);
	bool done = creat(path, 0600) >= 0;
	(void)unlink(path);
	return done;
}

static bool makes_folders(void)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/made", folder);
	bool done = mkdir(path, 0700) == 0;
	(void)rmdir(path);
	return done;
}

static bool removes_files(void)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/moved", folder);
	return rename(file, path) == 0 && rename(path, file) == 0;
}

/* It ends with 1, as a deed that was done. */
static bool executes(void)
{
	char *const argv[] = {(char *)(uintptr_t) "false", NULL}, *const none[] = {NULL};

	(void)execve("/bin/false", argv, none);
	return false;
}

/* ---- calls ---- */

static bool opens_sockets(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool makes_pairs(void)
{
	int pair[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0;
}

static bool connects(void)
{
	const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

	return connect(ends[0], &nobody, sizeof(nobody)) != 0;
}

static bool forks(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool ends_others(void)
{
	return kill(getppid(), 0) == 0;
}

static bool maps_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool changes_what_memory_is_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED || mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

static const struct deed deeds[] = {
    {"reads files", reads_files, WALL_FILES, 0},
    {"reads the system's files", reads_the_systems_files, WALL_FILES, 0},
    {"lists folders", lists_folders, WALL_FILES, 0},
    {"writes files", writes_files, WALL_FILES, 0},
    {"makes files", makes_files, WALL_FILES, 0},
    {"makes folders", makes_folders, WALL_FILES, 0},
    {"moves files", removes_files, WALL_FILES, 0},
    {"starts a program", executes, WALL_FILES, 0},
    {"reads files", reads_files, WALL_CALLS, 0},
    {"writes files", writes_files, WALL_CALLS, 0},
    {"makes files", makes_files, WALL_CALLS, 0},
    {"starts a program", executes, WALL_CALLS, SYSTEM_END},
    {"opens a socket", opens_sockets, WALL_CALLS, SYSTEM_END},
    {"makes a pair of sockets", makes_pairs, WALL_CALLS, 0},
    {"connects", connects, WALL_CALLS, SYSTEM_END},
    {"forks", forks, WALL_CALLS, 0},
    {"signals other processes", ends_others, WALL_CALLS, 0},
    {"maps code", maps_code, WALL_CALLS, 0},
    {"makes memory code", changes_what_memory_is_code, WALL_CALLS, 0},
};

/* Its exit status; with 128 the signal that ended it. */
static int fate_of(bool (*done)(void), bool files, bool calls)
{
	int how = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || (files && front_sandbox_files()) ||
		    (calls && front_sandbox_calls()))
			_exit(NO_WALL);
		_exit(done());
	}
	assert_int_equal(waitpid(pid, &how, 0), pid);
	return WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
}

static void behind(enum wall wall, const char *missing)
{
	if (fate_of(speaks_through_what_is_open, wall == WALL_FILES, wall == WALL_CALLS) == NO_WALL) {
		print_message("# %s\n", missing);
		skip();
	}
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		if (deeds[i].wall != wall)
			continue;
		int without = fate_of(deeds[i].done, false, false);
		int fate = fate_of(deeds[i].done, wall == WALL_FILES, wall == WALL_CALLS);
		if (without != 1 || fate != deeds[i].fate)
			fail_msg("front %s: %d, and %d without the wall", deeds[i].name, fate, without);
	}
}

static void landlock_keeps_front_from_every_file_and_program(void **state)
{
	(void)state;
	behind(WALL_FILES,
	       "this kernel has no Landlock, or this is a build with a sanitizer, which needs files");
}

static void the_filter_keeps_front_from_files_sockets_and_processes(void **state)
{
	(void)state;
	behind(WALL_CALLS, "a program with a sanitizer has no filter: it needs more than is left");
}

static void behind_both_walls_front_does_what_it_has_to(void **state)
{
	int fate = fate_of(speaks_through_what_is_open, true, true);

	(void)state;
	if (fate == NO_WALL) {
		print_message("# this kernel, or this build with a sanitizer, has not both walls\n");
		skip();
	}
	assert_int_equal(fate, 1);
}

static int place_make(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/countersign-front-%d", (int)getpid());
	(void)snprintf(file, sizeof(file), "%s/file", folder);
	if (mkdir(folder, 0700) != 0)
		return -1;
	int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd >= 0 && close(fd) == 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0
		   ? 0
		   : -1;
}

static int place_end(void **state)
{
	(void)state;
	(void)close(ends[0]);
	(void)close(ends[1]);
	return unlink(file) | rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(landlock_keeps_front_from_every_file_and_program),
	    cmocka_unit_test(the_filter_keeps_front_from_files_sockets_and_processes),
	    cmocka_unit_test(behind_both_walls_front_does_what_it_has_to),
	};

	return cmocka_run_group_tests(tests, place_make, place_end);
}
