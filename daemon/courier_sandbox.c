/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Courier's walls: Landlock for files, seccomp for system calls. It resolves names and speaks with strangers,
 * through libraries: what those read, and what they call, is all that is left to it.
 *
 * Names are resolved by /etc/hosts and DNS. Modules that nsswitch.conf names beside them are not loaded: that
 * would take all libraries, and code mapped from them.
 *
 * A rule of Landlock is for the file that had the name when it was made. Who replaces resolv.conf by
 * rename(2) leaves courier without: so it looks whether the names still are those files, and ends to be
 * started again.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/courier.h"

/* Sanitizers look into /proc and stop threads when a process ends: what courier gives up they need. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAVE_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAVE_SANITIZER 1
#endif
#endif

#ifdef HAVE_SANITIZER

enum cs_err courier_sandbox_files(void)
{
	return CS_ERR_UNSUPPORTED;
}

enum cs_err courier_sandbox_calls(void)
{
	return CS_ERR_UNSUPPORTED;
}

bool courier_sandbox_stale(void)
{
	return false;
}

#else

/* ---- files ---- */

#define COURIER_READ ((uint64_t)LANDLOCK_ACCESS_FS_READ_FILE)
#define COURIER_NONE                                                                                         \
	((uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |                             \
		    LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR |                            \
		    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |                          \
		    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                              \
		    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                            \
		    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM))

/* What resolving reads, and TLS: files, and folders with all that is in them. */
static const char *const courier_readable[] = {"/etc/resolv.conf",
					       "/etc/hosts",
					       "/etc/host.conf",
					       "/etc/nsswitch.conf",
					       "/etc/gai.conf",
					       "/etc/ssl/certs",
					       "/usr/share/ca-certificates",
					       "/usr/local/share/ca-certificates",
					       "/run/systemd/resolve"};
#define COURIER_READABLE (sizeof(courier_readable) / sizeof(courier_readable[0]))

/* Which files had these names; 0: none. */
static struct {
	dev_t device;
	ino_t inode;
} courier_read[COURIER_READABLE];
static bool courier_confined;

static void courier_allow(int ruleset, size_t i)
{
	struct landlock_path_beneath_attr rule = {
	    .allowed_access = COURIER_READ,
	    .parent_fd = open(courier_readable[i], O_PATH | O_CLOEXEC),
	};
	struct stat st;

	if (rule.parent_fd < 0)
		return;
	if (fstat(rule.parent_fd, &st) == 0 &&
	    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) {
		courier_read[i].device = st.st_dev;
		courier_read[i].inode = st.st_ino;
	}
	(void)close(rule.parent_fd);
}

enum cs_err courier_sandbox_files(void)
{
	const struct landlock_ruleset_attr attr = {.handled_access_fs = COURIER_READ | COURIER_NONE};

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	long ruleset = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return CS_ERR_UNSUPPORTED;
	for (size_t i = 0; i < COURIER_READABLE; i++)
		courier_allow((int)ruleset, i);
	courier_confined = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
			   syscall(SYS_landlock_restrict_self, (int)ruleset, 0) == 0;
	(void)close((int)ruleset);
	return courier_confined ? CS_OK : CS_ERR_UNSUPPORTED;
}

bool courier_sandbox_stale(void)
{
	struct stat st;

	for (size_t i = 0; courier_confined && i < COURIER_READABLE; i++) {
		bool there = stat(courier_readable[i], &st) == 0;
		if (there && (st.st_dev != courier_read[i].device || st.st_ino != courier_read[i].inode))
			return true;
	}
	return false;
}

/* ---- system calls ---- */

static const int courier_calls[] = {
    /* sockets, and the files above */
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(connect),
    SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg),
    SCMP_SYS(shutdown), SCMP_SYS(close), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt), SCMP_SYS(fcntl), SCMP_SYS(fstat), SCMP_SYS(stat), SCMP_SYS(newfstatat),
    SCMP_SYS(statx), SCMP_SYS(lseek),
    /* waiting */
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(futex),
    SCMP_SYS(restart_syscall), SCMP_SYS(sched_yield), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(eventfd2), SCMP_SYS(pipe), SCMP_SYS(pipe2),
    /* memory */
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    /* time, chance, threads and their end */
    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(uname),
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
    SCMP_SYS(getegid), SCMP_SYS(sched_getaffinity), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
    SCMP_SYS(sigaltstack), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction),
    SCMP_SYS(exit), SCMP_SYS(exit_group)};

/* What no fault of courier's own can call for. */
static const int courier_fatal[] = {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace),
				    SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev)};

/* Calls that are allowed with some arguments: count conditions of which each has to hold. */
struct courier_rule {
	int call;
	unsigned count;
	struct scmp_arg_cmp when[2];
};

#define WRITES	  (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)
#define THREAD	  (CLONE_VM | CLONE_THREAD)
#define TYPE_MASK 0xfu /* of a socket's type: the rest are flags */

static int courier_rules(scmp_filter_ctx filter)
{
	const struct courier_rule rules[] = {
	    {SCMP_SYS(socket), 1, {SCMP_A0_64(SCMP_CMP_EQ, AF_INET, 0)}},
	    {SCMP_SYS(socket), 1, {SCMP_A0_64(SCMP_CMP_EQ, AF_INET6, 0)}},
	    /* How curl wakes itself: a pair that leads nowhere else. */
	    {SCMP_SYS(socketpair),
	     2,
	     {SCMP_A0_64(SCMP_CMP_EQ, AF_UNIX, 0), SCMP_A1_64(SCMP_CMP_MASKED_EQ, TYPE_MASK, SOCK_STREAM)}},
	    {SCMP_SYS(sendto), 1, {SCMP_A4_64(SCMP_CMP_EQ, 0, 0)}}, /* where the socket is connected to */
	    {SCMP_SYS(open), 1, {SCMP_A1_64(SCMP_CMP_MASKED_EQ, WRITES, 0)}},
	    {SCMP_SYS(openat), 1, {SCMP_A2_64(SCMP_CMP_MASKED_EQ, WRITES, 0)}},
	    {SCMP_SYS(ioctl), 1, {SCMP_A1_64(SCMP_CMP_EQ, FIONREAD, 0)}},
	    {SCMP_SYS(ioctl), 1, {SCMP_A1_64(SCMP_CMP_EQ, FIONBIO, 0)}},
	    {SCMP_SYS(mmap), 1, {SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)}},
	    {SCMP_SYS(mprotect), 1, {SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)}},
	    {SCMP_SYS(clone), 1, {SCMP_A0_64(SCMP_CMP_MASKED_EQ, THREAD, THREAD)}},
	    {SCMP_SYS(tgkill), 1, {SCMP_A0_64(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)}},
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(courier_calls) / sizeof(courier_calls[0]) && rc == 0; i++)
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, courier_calls[i], 0, NULL);
	for (size_t i = 0; i < sizeof(courier_fatal) / sizeof(courier_fatal[0]) && rc == 0; i++)
		rc = seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, courier_fatal[i], 0, NULL);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]) && rc == 0; i++)
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rules[i].call, rules[i].count,
					    rules[i].when);
	/* Its flags lie in memory, where no filter looks: clone is asked next. */
	if (rc == 0)
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0, NULL);
	return rc;
}

enum cs_err courier_sandbox_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (!filter)
		return CS_ERR_IO;
	bool done = courier_rules(filter) == 0 && seccomp_load(filter) == 0;
	seccomp_release(filter);
	return done ? CS_OK : CS_ERR_IO;
}

#endif
