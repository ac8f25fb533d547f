/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server backup and restore of a database on a PostgreSQL server, by PostgreSQL's own programs.
 */
#ifndef COUNTERSIGN_TOOLS_BACKUP_POSTGRESQL_H
#define COUNTERSIGN_TOOLS_BACKUP_POSTGRESQL_H

#include "tools/audit.h"
#include "tools/pg_place.h"

/* Has pg_dump write the database, which may be in use, into the file part, and checks the audit log of the same moment and
 * that pg_restore reads all of the file. Where it fails an error was told. */
enum cli_status backup_postgresql(const struct cli *cli, const char *place, const char *part, struct audit_sum *sum);

/* Puts the copy into the database, which must be empty and nobody's, checks its audit log there, and adds the entry that
 * tells of it: all of it or nothing, whatever happens on the way. name gets what stands for the database. Where it
 * fails an error was told. */
enum cli_status restore_postgresql(const struct cli *cli, const char *copy, const char *place, char name[PG_NAME_MAX],
				   struct audit_sum *sum);

#endif
