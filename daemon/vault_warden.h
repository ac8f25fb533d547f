/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The vault's two processes. The worker has somebody else's PKCS#11 module in it and may die of that, or hang; the warden above it
 * has nothing but the two ends: it passes requests and answers on, answers itself where there is no worker to do so, and starts
 * another one, after a pause that doubles each time one does not last.
 *
 *   keeper <--requests, answers--> warden <--the same--> worker, which begins with a word of how the module's start went
 *
 *   starting --its word--> working --ended, or no answer for VAULT_WAIT_MS--> pausing --due--> starting
 *                             |--the token refused the PIN, and ended, or ended in C_Login--> given up: nobody may try that again
 *
 * The first start that fails ends the warden, too: keeper hears why. Both end when keeper does.
 */
#ifndef COUNTERSIGN_DAEMON_VAULT_WARDEN_H
#define COUNTERSIGN_DAEMON_VAULT_WARDEN_H

#include <sys/types.h>

#include "daemon/vault.h"

#define VAULT_MESSAGE_MAX (1u + 2u + 2u * VAULT_DATA_MAX)
#define VAULT_URI_MAX	  4096u /* with its NUL */
#define VAULT_ARGUMENT	  "--vault"
#define VAULT_FD	  3 /* the end towards keeper, or, in the worker, towards the warden */

/* In a process that was just forked from parent: makes fd the only descriptor beside the standard ones, as VAULT_FD. False
 * where that fails, or parent is gone. */
bool vault_process(const char *name, int fd, pid_t parent);

/* An answer of one datagram. */
bool vault_reply(int fd, enum cs_err err, struct cs_view data);

/* The worker's whole life, on VAULT_FD. pin_tried: hsm_watch's. */
_Noreturn void vault_work_for(const char *uri, volatile bool *pin_tried);
/* The warden's, the same. */
_Noreturn void vault_warden(const char *uri);

#endif
