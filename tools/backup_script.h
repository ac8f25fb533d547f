/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The script that pg_restore writes of an archive: SQL, with the rows of each table between COPY and a line \.
 */
#ifndef COUNTERSIGN_TOOLS_BACKUP_SCRIPT_H
#define COUNTERSIGN_TOOLS_BACKUP_SCRIPT_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>

/* Runs it to its end, in the transaction that is open. False: the server has refused a part of it, as the connection's
 * error says, and the transaction is of no further use. */
bool backup_script_run(PGconn *pg, FILE *script);

#endif
