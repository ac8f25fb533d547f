/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where an audit log is read from, entry by entry: the server, the daemon's SQLite file or a copy of it, an exported log.
 */
#ifndef COUNTERSIGN_TOOLS_AUDIT_SOURCE_H
#define COUNTERSIGN_TOOLS_AUDIT_SOURCE_H

#include "tools/audit_chain.h"
#include "tools/cli.h"

/* Takes one entry, or hears why what stands in its place is none (row is of no use then). False ends the walk. */
typedef bool audit_row_fn(void *ctx, const struct audit_row *row, const char *fault);

/* CLI_DONE where the walk came to its end, or take ended it. */
enum cli_status audit_walk_server(const struct cli *cli, audit_row_fn *take, void *ctx);
/* name stands for the file in what is told. */
enum cli_status audit_walk_database(const struct cli *cli, const char *path, const char *name, audit_row_fn *take,
				    void *ctx);
/* One JSON object a line. */
enum cli_status audit_walk_log(const struct cli *cli, const char *path, audit_row_fn *take, void *ctx);

/* An audit_row_fn that holds entries against a struct audit_chain. */
bool audit_chain_step(void *chain, const struct audit_row *row, const char *fault);

/* Tells why the chain is broken. Always CLI_REFUSED. */
enum cli_status audit_chain_told(const struct cli *cli, const struct audit_chain *chain);

#endif
