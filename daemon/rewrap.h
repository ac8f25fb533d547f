/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersignd --rewrap-key: the sealing key under another token, or bare, with an entry in the audit log.
 */
#ifndef COUNTERSIGN_DAEMON_REWRAP_H
#define COUNTERSIGN_DAEMON_REWRAP_H

#include "daemon/config.h"

#define REWRAP_NAME_SIZE 27u

/* What the audit log calls the key that a PKCS#11 URI names: "TOKEN/OBJECT", each as the URI spells it and cut short where it
 * is long, '?' for each byte that is not printable ASCII, the key's id where it has no label, "-" for what the URI leaves open;
 * "bare" where uri is NULL or empty. Nothing of the URI's query, which may hold a PIN. */
void rewrap_name(const char *uri, char out[REWRAP_NAME_SIZE]);

/* seal_key_rewrap of config and former. The audit log has it first, committed (action rewrap_key): by whom, from which key to
 * which. Where it cannot be told, or the database is of an older version, nothing is changed; where the file could not be replaced
 * behind it, another entry says so (result failed), but not where it was replaced and is not known to be on disk
 * (CS_ERR_STATE). Forks: what writes to the database does it with the daemon's account. error gets a sentence. */
CS_MUST_CHECK enum cs_err rewrap_run(const struct config *config, const char *former, char error[CONFIG_ERROR_MAX]);

#endif
