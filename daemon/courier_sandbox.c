/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Courier's walls. It resolves names and speaks with strangers, through libraries that read what is
 * configured for them: so it may read /etc, libraries and the system's certificates, and nothing else; write
 * nothing; run nothing; listen nowhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/courier.h"

#define COURIER_READ ((uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR))
#define COURIER_NONE                                                                                         \
	((uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |                             \
		    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                         \
		    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |                             \
		    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |                             \
		    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |                           \
		    LANDLOCK_ACCESS_FS_MAKE_SYM))

static const char *const courier_readable[] = {"/etc", "/usr/lib", "/lib", "/usr/share/ca-certificates",
					       "/run/systemd/resolve"};

/* A kernel without Landlock is none to refuse service on: the calls below are still refused. */
static void courier_files(void)
{
	const struct landlock_ruleset_attr attr = {.handled_access_fs = COURIER_READ | COURIER_NONE};
	long ruleset = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (ruleset < 0)
		return;
	for (size_t i = 0; i < sizeof(courier_readable) / sizeof(courier_readable[0]); i++) {
		struct landlock_path_beneath_attr rule = {
		    .allowed_access = COURIER_READ,
		    .parent_fd = open(courier_readable[i], O_PATH | O_CLOEXEC),
		};
		if (rule.parent_fd < 0)
			continue;
		(void)syscall(SYS_landlock_add_rule, (int)ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
		(void)close(rule.parent_fd);
	}
	(void)syscall(SYS_landlock_restrict_self, (int)ruleset, 0);
	(void)close((int)ruleset);
}

enum cs_err courier_sandbox(void)
{
	static const int refused[] = {SCMP_SYS(execve),
				      SCMP_SYS(execveat),
				      SCMP_SYS(ptrace),
				      SCMP_SYS(listen),
				      SCMP_SYS(accept),
				      SCMP_SYS(accept4),
				      SCMP_SYS(mount),
				      SCMP_SYS(chroot),
				      SCMP_SYS(unshare),
				      SCMP_SYS(setns),
				      SCMP_SYS(setuid),
				      SCMP_SYS(setgid),
				      SCMP_SYS(process_vm_readv),
				      SCMP_SYS(process_vm_writev),
				      SCMP_SYS(bpf),
				      SCMP_SYS(keyctl),
				      SCMP_SYS(perf_event_open),
				      SCMP_SYS(io_uring_setup),
				      SCMP_SYS(userfaultfd)};
	bool done = true;

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	courier_files();
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	if (!filter)
		return CS_ERR_IO;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		done = done && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused[i], 0) == 0;
	done = done && seccomp_load(filter) == 0;
	seccomp_release(filter);
	return done ? CS_OK : CS_ERR_IO;
}
