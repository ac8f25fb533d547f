/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The filter of the process that faces the USB host, as the kernel of each board would run it: exported, and
 * its program executed here on system calls of that architecture.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/usb/functionfs.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "applet/port/usb_filter.h"

#define SELF	    4711
#define PROGRAM_MAX 1024u

struct program {
	struct sock_filter code[PROGRAM_MAX];
	size_t len;
};

static void export_for(uint32_t arch, struct program *program)
{
	scmp_filter_ctx filter = usb_filter_new(arch, SELF);
	FILE *file = tmpfile();

	assert_non_null(filter);
	assert_non_null(file);
	assert_int_equal(seccomp_export_bpf(filter, fileno(file)), 0);
	seccomp_release(filter);
	rewind(file);
	program->len = fread(program->code, sizeof(program->code[0]), PROGRAM_MAX, file);
	assert_in_range(program->len, 1, PROGRAM_MAX - 1);
	(void)fclose(file);
}

static bool jumps(const struct sock_filter *c, uint32_t a)
{
	switch (BPF_OP(c->code)) {
	case BPF_JEQ:
		return a == c->k;
	case BPF_JGT:
		return a > c->k;
	case BPF_JGE:
		return a >= c->k;
	case BPF_JSET:
		return (a & c->k) != 0;
	default:
		fail_msg("jump %#x", c->code);
		return false;
	}
}

/* What the program says of a call: SECCOMP_RET_... */
static uint32_t verdict(const struct program *program, const struct seccomp_data *call)
{
	uint32_t a = 0;

	for (size_t at = 0; at < program->len; at++) {
		const struct sock_filter *c = &program->code[at];
		switch (BPF_CLASS(c->code)) {
		case BPF_LD:
			assert_in_range(c->k, 0, sizeof(*call) - sizeof(a));
			memcpy(&a, (const uint8_t *)call + c->k, sizeof(a));
			break;
		case BPF_ALU:
			assert_int_equal(c->code, BPF_ALU | BPF_AND | BPF_K);
			a &= c->k;
			break;
		case BPF_JMP:
			if (BPF_OP(c->code) == BPF_JA)
				at += c->k;
			else
				at += jumps(c, a) ? c->jt : c->jf;
			break;
		case BPF_RET:
			return c->k;
		default:
			fail_msg("instruction %#x", c->code);
		}
	}
	fail_msg("the program has no end");
	return 0;
}

#define REFUSED (SECCOMP_RET_ERRNO | EPERM)

struct arch {
	uint32_t arch;
	const char *name;
};

static const struct arch boards[] = {
    {SCMP_ARCH_ARM, "ARM"}, {SCMP_ARCH_AARCH64, "AArch64"}, {SCMP_ARCH_X86_64, "x86-64"}};

static uint32_t verdict_on(const struct program *program, const struct arch *board, const char *name,
			   uint64_t arg0, uint64_t arg1, uint64_t arg2)
{
	const struct seccomp_data call = {.arch = board->arch,
					  .nr = seccomp_syscall_resolve_name_arch(board->arch, name),
					  .args = {arg0, arg1, arg2}};

	if (call.nr < 0)
		fail_msg("%s has no %s", board->name, name);
	return verdict(program, &call);
}

/* What the C libraries of Debian 12 and 13 make of the functions that the process calls: where there are two,
 * the second is that of a clock that outlives 2038. The time of day is the 32-bit library's last resort. */
static const struct {
	const char *function;
	const char *on_arm[2], *on_64[2];
} served_by[] = {
    {"recv", {"recv"}, {"recvfrom"}},
    {"send", {"send"}, {"sendto"}},
    {"read", {"read"}, {"read"}},
    {"write", {"write", "writev"}, {"write", "writev"}},
    {"accept4", {"accept4"}, {"accept4"}},
    {"setsockopt", {"setsockopt"}, {"setsockopt"}},
    {"close", {"close"}, {"close"}},
    {"poll", {"poll", "ppoll_time64"}, {"ppoll"}},
    {"a wait that a stop interrupted", {"restart_syscall"}, {"restart_syscall"}},
    {"clock_gettime", {"clock_gettime", "clock_gettime64"}, {"clock_gettime"}},
    {"malloc", {"mmap2", "brk"}, {"mmap", "brk"}},
    {"free", {"munmap", "madvise"}, {"munmap", "madvise"}},
    {"realloc", {"mremap"}, {"mremap"}},
    {"a transfer begun", {"io_submit"}, {"io_submit"}},
    {"one taken back", {"io_cancel"}, {"io_cancel"}},
    {"a transfer ended", {"io_getevents"}, {"io_getevents"}},
    {"all transfers ended", {"io_destroy"}, {"io_destroy"}},
    {"a signal's end", {"rt_sigreturn", "sigreturn"}, {"rt_sigreturn"}},
    {"_exit", {"exit_group", "exit"}, {"exit_group", "exit"}},
    {"abort", {"rt_sigprocmask", "gettid"}, {"rt_sigprocmask", "getpid"}},
};

static void what_the_process_calls_is_allowed_on_each_board(void **state)
{
	struct program program;

	(void)state;
	for (size_t i = 0; i < sizeof(boards) / sizeof(boards[0]); i++) {
		export_for(boards[i].arch, &program);
		for (size_t n = 0; n < sizeof(served_by) / sizeof(served_by[0]); n++) {
			const char *const *calls =
			    boards[i].arch == SCMP_ARCH_ARM ? served_by[n].on_arm : served_by[n].on_64;
			for (size_t k = 0; k < 2 && calls[k]; k++)
				if (verdict_on(&program, &boards[i], calls[k], 0, 0, 0) != SECCOMP_RET_ALLOW)
					fail_msg("%s: %s, by %s, is refused", boards[i].name,
						 served_by[n].function, calls[k]);
		}
	}
}

static void what_it_does_not_call_is_refused_or_its_end_on_each_board(void **state)
{
	static const char *const refused[] = {"openat", "unlinkat", "clone",   "mprotect", "kill",
					      "setns",	"mount",    "sendmsg", "setuid",   "prctl"};
	static const char *const fatal[] = {"execve", "execveat", "ptrace",	      "socket",
					    "bind",   "connect",  "process_vm_readv", "process_vm_writev"};
	struct program program;

	(void)state;
	for (size_t i = 0; i < sizeof(boards) / sizeof(boards[0]); i++) {
		export_for(boards[i].arch, &program);
		for (size_t n = 0; n < sizeof(refused) / sizeof(refused[0]); n++)
			assert_int_equal(verdict_on(&program, &boards[i], refused[n], 0, 0, 0), REFUSED);
		for (size_t n = 0; n < sizeof(fatal) / sizeof(fatal[0]); n++)
			assert_int_equal(verdict_on(&program, &boards[i], fatal[n], 0, 0, 0),
					 SECCOMP_RET_KILL_PROCESS);
	}
}

static void memory_with_code_another_ioctl_and_another_process_are_refused_on_each_board(void **state)
{
	struct program program;

	(void)state;
	for (size_t i = 0; i < sizeof(boards) / sizeof(boards[0]); i++) {
		const struct arch *board = &boards[i];
		const char *map = board->arch == SCMP_ARCH_ARM ? "mmap2" : "mmap";
		export_for(board->arch, &program);
		assert_int_equal(verdict_on(&program, board, map, 0, 4096, PROT_READ | PROT_WRITE),
				 SECCOMP_RET_ALLOW);
		assert_int_equal(verdict_on(&program, board, map, 0, 4096, PROT_READ | PROT_EXEC), REFUSED);
		assert_int_equal(verdict_on(&program, board, "ioctl", 3, FUNCTIONFS_ENDPOINT_DESC, 0),
				 SECCOMP_RET_ALLOW);
		assert_int_equal(verdict_on(&program, board, "ioctl", 3, 0x5412, 0), REFUSED);
		assert_int_equal(verdict_on(&program, board, "tgkill", SELF, SELF, 6), SECCOMP_RET_ALLOW);
		assert_int_equal(verdict_on(&program, board, "tgkill", SELF + 1, SELF + 1, 9), REFUSED);
	}
}

static void a_call_of_another_architecture_is_the_end(void **state)
{
	struct program program;
	const struct seccomp_data call = {.arch = SCMP_ARCH_X86, .nr = 3};
	uint32_t said;

	(void)state;
	export_for(SCMP_ARCH_X86_64, &program);
	said = verdict(&program, &call) & SECCOMP_RET_ACTION_FULL;
	assert_true(said == SECCOMP_RET_KILL_PROCESS || said == SECCOMP_RET_KILL_THREAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_process_calls_is_allowed_on_each_board),
	    cmocka_unit_test(what_it_does_not_call_is_refused_or_its_end_on_each_board),
	    cmocka_unit_test(memory_with_code_another_ioctl_and_another_process_are_refused_on_each_board),
	    cmocka_unit_test(a_call_of_another_architecture_is_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
