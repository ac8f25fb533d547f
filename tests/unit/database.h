/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Databases for tests of the daemon: a SQLite file in a directory of its own, and an empty database of a PostgreSQL
 * server of the test's own, which listens on a socket in a directory under /tmp and nowhere else.
 *
 * The server is made when the first test needs it, and goes with the test program, its files too, however that ends.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_DATABASE_H
#define COUNTERSIGN_TESTS_UNIT_DATABASE_H

#include <stdbool.h>

struct database {
	bool server;
	char directory[64]; /* for files of the test too; database_remove expects it empty but for the database */
	char place[160];    /* as db_create and db_open take it; nothing has been made there */
};

/* False where there is no PostgreSQL on this machine, or it does not start: why is on standard output. */
bool database_make(bool server, struct database *out);
bool database_remove(const struct database *database);

/* Runs SQL that yields nothing on a connection of its own, as someone would who may: one text for each. */
bool database_execute(const struct database *database, const char *sqlite, const char *postgresql);

/* Ends the server and removes its files; for a group's teardown. */
int database_server_end(void **state);

#endif
