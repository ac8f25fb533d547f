/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What keeper gives up once its files are open: new programs, new network connections, looking at other
 * processes.
 */
#ifndef COUNTERSIGN_DAEMON_KEEPER_SANDBOX_H
#define COUNTERSIGN_DAEMON_KEEPER_SANDBOX_H

#include "base/err.h"

/* Installs a system call filter for the process, for good; the calls given up fail with EPERM. CS_ERR_IO. */
CS_MUST_CHECK enum cs_err keeper_sandbox(void);

#endif
