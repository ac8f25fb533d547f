/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Another user, Landlock for files, seccomp for system calls.
 */
#include "applet/port/usb_sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/landlock.h>
#include <linux/usb/functionfs.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAVE_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define HAVE_SANITIZER 1
#endif
#endif

/* A change of the user clears the wish to die with the parent. */
static enum cs_err root_drop(void)
{
	pid_t parent = getppid();

	if (geteuid() != 0)
		return CS_OK;
	if (setgroups(0, NULL) < 0 ||
	    setresgid(USB_SANDBOX_NOBODY, USB_SANDBOX_NOBODY, USB_SANDBOX_NOBODY) < 0 ||
	    setresuid(USB_SANDBOX_NOBODY, USB_SANDBOX_NOBODY, USB_SANDBOX_NOBODY) < 0)
		return CS_ERR_DENIED;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	return getppid() == parent ? CS_OK : CS_ERR_REMOVED;
}

#ifdef HAVE_SANITIZER

enum cs_err usb_sandbox_enter(void)
{
	return root_drop();
}

#else

/* All that the first version of Landlock can withhold: its rights are bits 0 to 12. */
#define LANDLOCK_ALL_V1 ((uint64_t)LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1)

static void files_drop(void)
{
	const struct rlimit none = {0, 0};
	const struct landlock_ruleset_attr all = {.handled_access_fs = LANDLOCK_ALL_V1};
	long rules;

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	rules = syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	if (rules < 0)
		return;
	(void)syscall(SYS_landlock_restrict_self, (int)rules, 0);
	(void)close((int)rules);
}

static const int allowed[] = {
    /* the card, and a host behind a stream */
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(writev), /* of messages on stderr */
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),
    SCMP_SYS(accept4),
    SCMP_SYS(setsockopt),
    SCMP_SYS(close),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(restart_syscall),
    /* FunctionFS */
    SCMP_SYS(io_submit),
    SCMP_SYS(io_getevents),
    SCMP_SYS(io_destroy),
    /* time, memory, the end */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(tgkill),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* What no fault of our own can call for. */
static const int fatal[] = {
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace),	      SCMP_SYS(socket),
    SCMP_SYS(bind),   SCMP_SYS(connect),  SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
};

static int rules_add(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp no_code = SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	const struct scmp_arg_cmp descriptor = SCMP_A1_32(SCMP_CMP_EQ, FUNCTIONFS_ENDPOINT_DESC);
	int rc = 0;

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]) && rc == 0; i++)
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, allowed[i], 0, NULL);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]) && rc == 0; i++)
		rc = seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, fatal[i], 0, NULL);
	if (rc == 0)
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &no_code);
	if (rc == 0)
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, &descriptor);
	return rc;
}

/* A kernel without filters does without. */
static enum cs_err calls_drop(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc;

	if (filter == NULL)
		return CS_ERR_IO;
	rc = rules_add(filter);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	errno = -rc;
	return rc == 0 || rc == -EINVAL || rc == -EOPNOTSUPP ? CS_OK : CS_ERR_IO;
}

enum cs_err usb_sandbox_enter(void)
{
	enum cs_err err = root_drop();

	if (err)
		return err;
	files_drop();
	return calls_drop();
}

#endif
