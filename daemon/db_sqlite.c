/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The SQLite database: making it, opening it, transactions, and how statements run. The journal is a
 * write-ahead log with synchronous=FULL: a commit that has returned survives kill -9 and loss of power.
 */
#include "daemon/db_sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "daemon/file.h"

#define DB_BUSY_MS 5000

enum cs_err db_result(int result)
{
	switch (result & 0xFF) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return CS_OK;
	case SQLITE_CONSTRAINT:
		return CS_ERR_EXISTS;
	case SQLITE_FULL:
		return CS_ERR_FULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return CS_ERR_CORRUPT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return CS_ERR_BUSY;
	case SQLITE_NOMEM:
		return CS_ERR_MEMORY;
	default:
		return CS_ERR_IO;
	}
}

const char *db_error_text(const struct db *db)
{
	return sqlite3_errmsg(db->sqlite);
}

sqlite3_stmt *db_statement(struct db *db, enum db_sql sql)
{
	sqlite3_stmt *statement = db->statement[sql];

	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	return statement;
}

enum cs_err db_run(struct db *db, sqlite3_stmt *statement, int *changed)
{
	int result = sqlite3_step(statement);

	(void)sqlite3_reset(statement);
	if (result != SQLITE_DONE)
		return result == SQLITE_ROW ? CS_ERR_STATE : db_result(result);
	if (changed)
		*changed = sqlite3_changes(db->sqlite);
	return CS_OK;
}

enum cs_err db_step(sqlite3_stmt *statement)
{
	int result = sqlite3_step(statement);

	if (result == SQLITE_ROW)
		return CS_OK;
	(void)sqlite3_reset(statement);
	return result == SQLITE_DONE ? CS_ERR_NOT_FOUND : db_result(result);
}

void db_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
	(void)sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT);
}

void db_bind_blob(sqlite3_stmt *statement, int index, struct cs_view bytes)
{
	(void)sqlite3_bind_blob(statement, index, bytes.ptr, (int)bytes.len, SQLITE_TRANSIENT);
}

void db_column_text(sqlite3_stmt *statement, int column, char *out, size_t cap)
{
	const unsigned char *text = sqlite3_column_text(statement, column);

	(void)snprintf(out, cap, "%s", text ? (const char *)text : "");
}

struct cs_view db_column_blob(sqlite3_stmt *statement, int column)
{
	const void *bytes = sqlite3_column_blob(statement, column);

	return cs_view(bytes, bytes ? (size_t)sqlite3_column_bytes(statement, column) : 0);
}

/* The one number that a query yields; -1. */
static int64_t db_number(sqlite3 *sqlite, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int64_t number = -1;

	if (sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return number;
}

/* Opens the file and sets what holds for a connection, not for the file. */
static enum cs_err db_connect(const char *path, struct db *db)
{
	static const char settings[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
				       "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
				       "PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;";

	int result = sqlite3_open_v2(path, &db->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (result == SQLITE_OK) {
		(void)sqlite3_extended_result_codes(db->sqlite, 1);
		(void)sqlite3_busy_timeout(db->sqlite, DB_BUSY_MS);
		(void)sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		result = sqlite3_exec(db->sqlite, settings, NULL, NULL, NULL);
	}
	return db_result(result);
}

enum cs_err db_create(const char *path)
{
	struct db db = {0};
	char version[128];

	enum cs_err err = file_create(path, 0600, CS_VIEW_EMPTY);
	if (err)
		return err;
	(void)snprintf(version, sizeof(version),
		       "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT;", DB_APPLICATION_ID,
		       DB_SCHEMA_VERSION);
	err = db_connect(path, &db);
	if (!err)
		err = db_result(sqlite3_exec(db.sqlite, "BEGIN IMMEDIATE", NULL, NULL, NULL));
	if (!err)
		err = db_result(sqlite3_exec(db.sqlite, db_schema_text, NULL, NULL, NULL));
	if (!err)
		err = db_result(sqlite3_exec(db.sqlite, version, NULL, NULL, NULL));
	(void)sqlite3_close(db.sqlite);
	if (err)
		(void)unlink(path);
	return err;
}

static enum cs_err db_prepare(struct db *db)
{
	if (db_number(db->sqlite, "PRAGMA application_id") != DB_APPLICATION_ID ||
	    db_number(db->sqlite, "PRAGMA user_version") != DB_SCHEMA_VERSION)
		return CS_ERR_UNSUPPORTED;
	for (size_t i = 0; i < DB_SQL_COUNT; i++) {
		int result = sqlite3_prepare_v3(db->sqlite, db_sql_text[i], -1, SQLITE_PREPARE_PERSISTENT,
						&db->statement[i], NULL);
		if (result != SQLITE_OK)
			return db_result(result);
	}
	return CS_OK;
}

enum cs_err db_open(const char *path, struct db **out)
{
	struct db *db;

	if (access(path, F_OK) != 0)
		return CS_ERR_NOT_FOUND;
	db = calloc(1, sizeof(*db));
	if (!db)
		return CS_ERR_MEMORY;
	enum cs_err err = db_connect(path, db);
	if (!err)
		err = db_prepare(db);
	if (err)
		db_close(db);
	else
		*out = db;
	return err;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < DB_SQL_COUNT; i++)
		(void)sqlite3_finalize(db->statement[i]);
	(void)sqlite3_close(db->sqlite);
	free(db);
}

enum cs_err db_begin(struct db *db)
{
	return db_run(db, db_statement(db, DB_SQL_BEGIN), NULL);
}

enum cs_err db_commit(struct db *db)
{
	return db_run(db, db_statement(db, DB_SQL_COMMIT), NULL);
}

void db_rollback(struct db *db)
{
	/* Some failures have rolled back already; then there is nothing to do. */
	if (!sqlite3_get_autocommit(db->sqlite) && db_run(db, db_statement(db, DB_SQL_ROLLBACK), NULL))
		return;
}

enum cs_err db_ping(struct db *db)
{
	sqlite3_stmt *s = db_statement(db, DB_SQL_PING);
	enum cs_err err = db_step(s);

	(void)sqlite3_reset(s);
	return err;
}

/* ---- applications and administrators ---- */

static enum cs_err db_holder_add(struct db *db, enum db_sql sql, const char *name,
				 const uint8_t credential[CREDENTIAL_HASH_LEN], uint64_t now)
{
	sqlite3_stmt *s = db_statement(db, sql);

	db_bind_text(s, 1, name);
	db_bind_blob(s, 2, cs_view(credential, CREDENTIAL_HASH_LEN));
	(void)sqlite3_bind_int64(s, 3, (sqlite3_int64)now);
	return db_run(db, s, NULL);
}

enum cs_err db_application_add(struct db *db, const char *name, const uint8_t credential[CREDENTIAL_HASH_LEN],
			       uint64_t now)
{
	return db_holder_add(db, DB_SQL_APPLICATION_ADD, name, credential, now);
}

enum cs_err db_admin_add(struct db *db, const char *name, const uint8_t credential[CREDENTIAL_HASH_LEN],
			 uint64_t now)
{
	return db_holder_add(db, DB_SQL_ADMIN_ADD, name, credential, now);
}

enum cs_err db_application_list(struct db *db, const char *after, uint32_t limit, db_application_fn *each,
				void *ctx)
{
	sqlite3_stmt *s = db_statement(db, DB_SQL_APPLICATION_LIST);
	struct db_application row;
	enum cs_err err;

	db_bind_text(s, 1, after);
	(void)sqlite3_bind_int64(s, 2, limit);
	while ((err = db_step(s)) == CS_OK) {
		db_column_text(s, 0, row.name, sizeof(row.name));
		row.created = (uint64_t)sqlite3_column_int64(s, 1);
		each(ctx, &row);
	}
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_application_remove(struct db *db, const char *name)
{
	sqlite3_stmt *s = db_statement(db, DB_SQL_APPLICATION_REMOVE);
	int changed = 0;

	db_bind_text(s, 1, name);
	enum cs_err err = db_run(db, s, &changed);
	return !err && changed != 1 ? CS_ERR_NOT_FOUND : err;
}

enum cs_err db_credential_find(struct db *db, enum ipc_role role,
			       const uint8_t credential[CREDENTIAL_HASH_LEN], char name[DB_NAME_SIZE])
{
	sqlite3_stmt *s = db_statement(db, role == IPC_ADMIN ? DB_SQL_ADMIN_FIND : DB_SQL_APPLICATION_FIND);

	db_bind_blob(s, 1, cs_view(credential, CREDENTIAL_HASH_LEN));
	enum cs_err err = db_step(s);
	if (err)
		return err;
	struct cs_view stored = db_column_blob(s, 1);
	if (stored.len != CREDENTIAL_HASH_LEN || !cs_equal_ct(stored.ptr, credential, CREDENTIAL_HASH_LEN))
		err = CS_ERR_NOT_FOUND;
	else
		db_column_text(s, 0, name, DB_NAME_SIZE);
	(void)sqlite3_reset(s);
	return err;
}
