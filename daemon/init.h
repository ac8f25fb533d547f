/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersignd --init: everything that a daemon needs before its first start.
 */
#ifndef COUNTERSIGN_DAEMON_INIT_H
#define COUNTERSIGN_DAEMON_INIT_H

#include "daemon/config.h"

/* Makes the state directory (mode 0700) where it is not there, and in it: sealing key, TLS key and
 * certificate, the first administrator's credential (mode 0600), database. Nothing that exists is replaced:
 * CS_ERR_EXISTS, and nothing was made. After any other failure what had been made is removed. error gets a
 * sentence. Made by root for a configured user, all belongs to that user. */
CS_MUST_CHECK enum cs_err init_run(const struct config *config, char error[CONFIG_ERROR_MAX]);

#endif
