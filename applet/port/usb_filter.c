/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which system calls, with which arguments. A call that an architecture does not have adds nothing to its
 * filter.
 */
#include "applet/port/usb_filter.h"

#include <errno.h>
#include <linux/usb/functionfs.h>
#include <stddef.h>
#include <sys/mman.h>

static const int allowed[] = {
    /* the card, and a host behind a stream; recv and send are calls of their own on 32-bit ARM */
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(writev), /* of messages on stderr */
    SCMP_SYS(recv),
    SCMP_SYS(recvfrom),
    SCMP_SYS(send),
    SCMP_SYS(sendto),
    SCMP_SYS(accept4),
    SCMP_SYS(setsockopt),
    SCMP_SYS(close),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(ppoll_time64), /* _time64: the same on 32 bits with a clock that outlives 2038 */
    SCMP_SYS(restart_syscall),
    /* FunctionFS */
    SCMP_SYS(io_submit),
    SCMP_SYS(io_cancel),
    SCMP_SYS(io_getevents),
    SCMP_SYS(io_destroy),
    /* time, memory, the end */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_gettime64),
    SCMP_SYS(gettimeofday), /* 32-bit glibc's last resort for a clock */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* What no fault of our own can call for. */
static const int fatal[] = {
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace),	      SCMP_SYS(socket),
    SCMP_SYS(bind),   SCMP_SYS(connect),  SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
};

/* Memory without code, FunctionFS's question for an endpoint's descriptor, and the signal with which abort
 * ends its own process. */
static int conditions_add(scmp_filter_ctx filter, pid_t self)
{
	const struct scmp_arg_cmp no_code = SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	const struct scmp_arg_cmp descriptor = {
	    .arg = 1, .op = SCMP_CMP_EQ, .datum_a = FUNCTIONFS_ENDPOINT_DESC};
	const struct scmp_arg_cmp itself = {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = (uint32_t)self};
	const struct {
		int call;
		struct scmp_arg_cmp condition;
	} rules[] = {
	    {SCMP_SYS(mmap), no_code},
	    {SCMP_SYS(mmap2), no_code},
	    {SCMP_SYS(ioctl), descriptor},
	    {SCMP_SYS(tgkill), itself},
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]) && rc == 0; i++)
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rules[i].call, 1, &rules[i].condition);
	return rc;
}

static int rules_add(scmp_filter_ctx filter, pid_t self)
{
	int rc = 0;

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]) && rc == 0; i++)
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, allowed[i], 0, NULL);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]) && rc == 0; i++)
		rc = seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, fatal[i], 0, NULL);
	return rc == 0 ? conditions_add(filter, self) : rc;
}

static int arch_set(scmp_filter_ctx filter, uint32_t arch)
{
	int rc;

	if (arch == SCMP_ARCH_NATIVE || arch == seccomp_arch_native())
		return 0;
	rc = seccomp_arch_add(filter, arch);
	return rc == 0 ? seccomp_arch_remove(filter, SCMP_ARCH_NATIVE) : rc;
}

scmp_filter_ctx usb_filter_new(uint32_t arch, pid_t self)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (filter == NULL)
		return NULL;
	if (arch_set(filter, arch) == 0 && rules_add(filter, self) == 0)
		return filter;
	seccomp_release(filter);
	return NULL;
}
