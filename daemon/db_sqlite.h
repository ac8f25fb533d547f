/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of the SQLite implementation of db.h share: the statements, prepared when the database is
 * opened, and the translation of SQLite's results.
 */
#ifndef COUNTERSIGN_DAEMON_DB_SQLITE_H
#define COUNTERSIGN_DAEMON_DB_SQLITE_H

#include <sqlite3.h>

#include "daemon/db.h"

enum db_sql {
	DB_SQL_BEGIN,
	DB_SQL_COMMIT,
	DB_SQL_ROLLBACK,
	DB_SQL_PING,
	DB_SQL_USER_ADD,
	DB_SQL_USER_FIND,
	DB_SQL_USER_LIST,
	DB_SQL_USER_FAILED,
	DB_SQL_USER_CLEARED,
	DB_SQL_TOKEN_ADD,
	DB_SQL_TOKEN_FIND,
	DB_SQL_TOKEN_OF_USER,
	DB_SQL_TOKEN_LIST,
	DB_SQL_TOKEN_LIST_USER,
	DB_SQL_TOKEN_ACCEPT,
	DB_SQL_TOKEN_FAILED,
	DB_SQL_TOKEN_SET_STATE,
	DB_SQL_APPLICATION_ADD,
	DB_SQL_APPLICATION_LIST,
	DB_SQL_APPLICATION_REMOVE,
	DB_SQL_APPLICATION_FIND,
	DB_SQL_ADMIN_ADD,
	DB_SQL_ADMIN_FIND,
	DB_SQL_AUDIT_HEAD,
	DB_SQL_AUDIT_APPEND,
	DB_SQL_AUDIT_LIST,
	DB_SQL_COUNT
};

struct db {
	sqlite3 *sqlite;
	sqlite3_stmt *statement[DB_SQL_COUNT];
};

/* The texts of the statements and of the schema (db_schema.c). */
extern const char *const db_sql_text[DB_SQL_COUNT];
extern const char db_schema_text[];
#define DB_SCHEMA_VERSION 1
#define DB_APPLICATION_ID 0x4353474E /* CSGN */

/* The statement, reset and without bindings. */
sqlite3_stmt *db_statement(struct db *db, enum db_sql sql);

/* SQLite's result as ours; SQLITE_ROW and SQLITE_DONE are CS_OK. */
CS_MUST_CHECK enum cs_err db_result(int result);

/* Runs a statement that yields no rows, and resets it. changed, if not NULL, gets the number of rows it
 * changed. CS_ERR_EXISTS where a constraint stood against it. */
CS_MUST_CHECK enum cs_err db_run(struct db *db, sqlite3_stmt *statement, int *changed);

/* Steps to the next row: CS_OK; CS_ERR_NOT_FOUND at the end (the statement is reset then, as after an error).
 */
CS_MUST_CHECK enum cs_err db_step(sqlite3_stmt *statement);

void db_bind_text(sqlite3_stmt *statement, int index, const char *text);
void db_bind_blob(sqlite3_stmt *statement, int index, struct cs_view bytes);
/* Copies a column's text, cut where it is too long for cap bytes. */
void db_column_text(sqlite3_stmt *statement, int column, char *out, size_t cap);
/* The column's bytes, borrowed until the next step. */
struct cs_view db_column_blob(sqlite3_stmt *statement, int column);

#endif
