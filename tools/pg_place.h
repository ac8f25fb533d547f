/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The daemon's database on a PostgreSQL server, as the setting database of countersignd.conf(5) names it: postgresql:, then
 * libpq's keywords and values, or libpq's URI.
 *
 * No secret is taken from the command line, which everybody on the machine may read, or given to one: libpq finds a password
 * in its environment, its password file or its service file, and PostgreSQL's programs get it in theirs.
 */
#ifndef COUNTERSIGN_TOOLS_PG_PLACE_H
#define COUNTERSIGN_TOOLS_PG_PLACE_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "tools/cli.h"

#define PG_NAME_MAX 128u
#define PG_TEXT_MAX 132u /* any name, quoted */

/* Whether the argument names such a place, not a file. */
bool pg_place_is(const char *place);

/* Connects to the server that takes changes. name gets what stands for the database in what is told: no part of the place
 * but the database's name. NULL: an error was told; CLI_USAGE where the place cannot be read or has a secret in it,
 * CLI_UNREACHABLE where nobody answers. */
PGconn *pg_place_open(const struct cli *cli, const char *place, char name[PG_NAME_MAX], enum cli_status *status);

/* How PostgreSQL's programs reach the same database: a connection string for --dbname, without a secret; those are put into
 * this process's environment, for its children. The caller's (free); NULL: out of memory. */
char *pg_place_string(PGconn *pg);

/* Runs statements that have no parameters. False: the connection's error says why. */
bool pg_run(PGconn *pg, const char *text);
/* The first column of the query's one row, cut where it is too long; "" for NULL. */
bool pg_ask(PGconn *pg, const char *query, char out[PG_TEXT_MAX]);
/* Tells the connection's last error, in one line: "NAME: DOING: what the server said". */
enum cli_status pg_fail(const struct cli *cli, const PGconn *pg, const char *name, const char *doing);

#endif
