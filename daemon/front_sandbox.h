/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What front gives up before it reads a byte from the network. Where the kernel lacks one of the two, the
 * other still holds. A build with sanitizers does without both: their runtime needs more than front
 * does.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_SANDBOX_H
#define COUNTERSIGN_DAEMON_FRONT_SANDBOX_H

#include "base/err.h"

/* Files: no path can be opened, made or removed from here on (Landlock); no core dumps, no tracing. Before
 * any thread is started. CS_ERR_UNSUPPORTED: the kernel has no Landlock, or it is switched off. Needs
 * no_new_privs. */
CS_MUST_CHECK enum cs_err front_sandbox_files(void);

/* System calls: only those that serving open sockets needs (seccomp), in every thread there is; another one
 * fails with EPERM, and executing a program, opening a socket or tracing ends the process.
 * CS_ERR_UNSUPPORTED, CS_ERR_IO. */
CS_MUST_CHECK enum cs_err front_sandbox_calls(void);

#endif
