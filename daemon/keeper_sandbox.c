/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keeper's system call filter. It names what is refused, not what is allowed: what SQLite and libcrypto call
 * differs between releases of the C library, and a keeper that stops in the middle of a night helps nobody.
 */
#include "daemon/keeper_sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>

enum cs_err keeper_sandbox(void)
{
	static const int refused[] = {
	    SCMP_SYS(execve),
	    SCMP_SYS(execveat),
	    SCMP_SYS(socket),
	    SCMP_SYS(socketpair),
	    SCMP_SYS(connect),
	    SCMP_SYS(bind),
	    SCMP_SYS(listen),
	    SCMP_SYS(accept),
	    SCMP_SYS(accept4),
	    SCMP_SYS(setuid),
	    SCMP_SYS(setgid),
	    SCMP_SYS(mount),
	    SCMP_SYS(chroot),
	    SCMP_SYS(unshare),
	    SCMP_SYS(setns),
	    SCMP_SYS(process_vm_readv),
	    SCMP_SYS(bpf),
	    SCMP_SYS(keyctl),
	    SCMP_SYS(perf_event_open),
	    SCMP_SYS(process_vm_writev),
	    SCMP_SYS(io_uring_setup),
	};
	bool done = true;

	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	if (!filter)
		return CS_ERR_IO;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		done = done && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused[i], 0) == 0;
	done = done && seccomp_load(filter) == 0;
	seccomp_release(filter);
	return done ? CS_OK : CS_ERR_IO;
}
