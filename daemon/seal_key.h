/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where the sealing key is kept: in a file of its own, bare, or sealed by a key that never leaves a PKCS#11 token
 * (daemon/hsm.h). With a token, file and database together yield no seed; the token is asked once, at the daemon's start, and
 * may be lost while it runs.
 *
 *   bare    64 hexadecimal digits and a newline: the key
 *   sealed  "pkcs11:", hexadecimal digits and a newline: the key as the token sealed it, for the identity "sealing key"
 *
 * Nobody but the owner may have a right on the file. Errors come with a sentence that names it.
 */
#ifndef COUNTERSIGN_DAEMON_SEAL_KEY_H
#define COUNTERSIGN_DAEMON_SEAL_KEY_H

#include "daemon/config.h"
#include "daemon/seal.h"

/* Makes a new key in config's sealing_key, mode 0600, durably; sealed where config has a sealing_token.
 * CS_ERR_EXISTS, CS_ERR_IO, CS_ERR_CRYPTO, and as seal_key_open of the token. */
CS_MUST_CHECK enum cs_err seal_key_create(const struct config *config, char error[CONFIG_ERROR_MAX]);

/* The key. Forks where there is a token (daemon/vault.h): call it while the process has one thread. CS_ERR_NOT_FOUND;
 * CS_ERR_DENIED where group or others have any right on the file; CS_ERR_MALFORMED: neither form; CS_ERR_STATE: bare where
 * config has a sealing_token, or sealed where it has none; CS_ERR_IO; of the token: as vault_start and vault_open. */
CS_MUST_CHECK enum cs_err seal_key_open(const struct config *config, struct seal_key *out,
					char error[CONFIG_ERROR_MAX]);

/* Puts the key into the form that config asks for: the file's is bare, or sealed by the token of the URI former (NULL: of
 * none). The new file takes the old one's place durably or not at all; daemons that run are not disturbed. note (NULL: none) is
 * called when all else is done, before the file, with whether a token had sealed the key: where it fails, with a sentence, nothing
 * is changed. Behind it CS_ERR_STATE is that the new file is in its place, and not known to be on disk. */
typedef enum cs_err seal_key_note_fn(void *ctx, bool sealed, char error[CONFIG_ERROR_MAX]);
CS_MUST_CHECK enum cs_err seal_key_rewrap(const struct config *config, const char *former, seal_key_note_fn *note,
					  void *ctx, char error[CONFIG_ERROR_MAX]);

#endif
