/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Landlock for files, seccomp for system calls.
 */
#include "daemon/front_sandbox.h"

#include <errno.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sanitizers look into /proc and stop threads when a process ends: what front gives up they need. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAVE_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAVE_SANITIZER 1
#endif
#endif

/* Everything that the first version of Landlock can withhold. */
#define LANDLOCK_ALL_V1                                                                                      \
	((uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |                             \
		    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |                             \
		    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                         \
		    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |                             \
		    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |                             \
		    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |                           \
		    LANDLOCK_ACCESS_FS_MAKE_SYM))

#ifdef HAVE_SANITIZER

enum cs_err front_sandbox_files(void)
{
	return CS_ERR_UNSUPPORTED;
}

enum cs_err front_sandbox_calls(void)
{
	return CS_ERR_UNSUPPORTED;
}

#else

enum cs_err front_sandbox_files(void)
{
	const struct rlimit none = {0, 0};
	const struct landlock_ruleset_attr attr = {.handled_access_fs = LANDLOCK_ALL_V1};
	long ruleset;
	long rc;

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	ruleset = syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
	if (ruleset < 0) {
		return CS_ERR_UNSUPPORTED;
	}
	rc = syscall(SYS_landlock_restrict_self, (int)ruleset, 0);
	(void)close((int)ruleset);
	return rc == 0 ? CS_OK : CS_ERR_UNSUPPORTED;
}

static const int ALLOWED[] = {
    /* sockets that are there already, and those accepted from them */
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(shutdown),
    SCMP_SYS(close),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(fcntl),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    /* waiting */
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(futex),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_yield),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(eventfd2),
    SCMP_SYS(pipe2),
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    /* time, chance, threads that end */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    SCMP_SYS(getrusage),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(tgkill),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* What no fault of front's own can call for. */
static const int FATAL[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(ptrace),
    SCMP_SYS(socket),
    SCMP_SYS(bind),
    SCMP_SYS(connect),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(process_vm_readv),
};

#define PROTECTION_EXECUTE 4u /* PROT_EXEC, as the third argument of mmap and mprotect */

static int rules_add(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp not_code = SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROTECTION_EXECUTE, 0);
	int rc = 0;

	for (size_t i = 0; i < sizeof ALLOWED / sizeof ALLOWED[0] && rc == 0; i++) {
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, ALLOWED[i], 0, NULL);
	}
	for (size_t i = 0; i < sizeof FATAL / sizeof FATAL[0] && rc == 0; i++) {
		rc = seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, FATAL[i], 0, NULL);
	}
	if (rc == 0) {
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &not_code);
	}
	if (rc == 0) {
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &not_code);
	}
	return rc;
}

enum cs_err front_sandbox_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc;

	if (filter == NULL) {
		return CS_ERR_UNSUPPORTED;
	}
	rc = rules_add(filter);
	if (rc == 0) {
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	}
	if (rc == 0) {
		rc = seccomp_load(filter);
	}
	seccomp_release(filter);
	return rc == 0 ? CS_OK : rc == -EINVAL || rc == -EOPNOTSUPP ? CS_ERR_UNSUPPORTED : CS_ERR_IO;
}

#endif
