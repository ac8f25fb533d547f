/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Checkpoints of the audit log in a directory, as the daemon exports them (base/checkpoint.h), and the public keys that
 * they must verify with.
 */
#ifndef COUNTERSIGN_TOOLS_AUDIT_CHECKPOINT_H
#define COUNTERSIGN_TOOLS_AUDIT_CHECKPOINT_H

#include "tools/audit_chain.h"
#include "tools/cli.h"

/* Reads every NAME.txt in the directory that begins with "checkpoint-", and NAME.sig beside it, and verifies it with the
 * key that it names, which must be one of those in the PEM file at key_path. Any that does not is an error: CLI_REFUSED;
 * where something cannot be read, or there is none: CLI_USAGE. */
enum cli_status audit_checkpoints_load(const struct cli *cli, const char *directory, const char *key_path,
				       struct audit_checkpoints *out);
void audit_checkpoints_free(struct audit_checkpoints *checkpoints);

#endif
