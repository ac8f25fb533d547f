/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The audit log's chain in a database of the daemon's, checked where it lies, and one entry more.
 */
#ifndef COUNTERSIGN_TOOLS_AUDIT_H
#define COUNTERSIGN_TOOLS_AUDIT_H

#include <stdint.h>

#include "base/audit.h"
#include "tools/audit_chain.h"
#include "tools/cli.h"

/* What a chain that holds comes to. */
struct audit_sum {
	uint64_t entries;
	uint64_t last;			 /* number of the last of them: retention may have removed the first ones */
	uint8_t hash[CS_AUDIT_HASH_LEN]; /* of it; zeros where there is none */
};

/* Hashes every entry in the SQLite file at path again. CLI_REFUSED where the chain does not hold, CLI_USAGE where it
 * cannot be read: an error was told then, about the file called name. */
enum cli_status audit_check_file(const struct cli *cli, const char *path, const char *name, struct audit_sum *out);

/* Appends one entry of the program's own to the chain in the SQLite file at path, which nobody else works with, and
 * brings sum, which audit_check_file yielded for it, up to date. CLI_USAGE where it cannot be written: an error was
 * told then, about the file called name. */
enum cli_status audit_append_file(const struct cli *cli, const char *path, const char *name, const char *action,
				  const char *detail, struct audit_sum *sum);

/* For both databases: what a chain that was walked comes to (CLI_REFUSED, and told, where it does not hold); the program's
 * own entry that follows it, and its hash, which borrows action and detail; that it was written. */
enum cli_status audit_sum_chain(const struct cli *cli, struct audit_chain *chain, struct audit_sum *out);
bool audit_sum_entry(const struct audit_sum *sum, const char *action, const char *detail, struct cs_audit_entry *out,
		      uint8_t hash[CS_AUDIT_HASH_LEN]);
void audit_sum_add(struct audit_sum *sum, const uint8_t hash[CS_AUDIT_HASH_LEN]);

#endif
