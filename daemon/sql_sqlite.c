/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SQLite below sql.h: one file with a write-ahead log and synchronous=FULL, so that a commit that has
 * returned survives kill -9 and loss of power. A transaction takes the write lock when it begins.
 *
 * The schema's version is PRAGMA user_version, which the first release wrote already; PRAGMA application_id
 * says that the file is ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/sql_backend.h"

#define SQLITE_BUSY_MS	      5000
#define SQLITE_APPLICATION_ID 0x4353474E /* CSGN */

struct connection {
	struct sql sql;
	sqlite3 *sqlite;
	sqlite3_stmt *schema; /* asks for the schema's version; NULL: nobody has said which it is to be */
	int64_t version;
};

static sqlite3 *handle_of(const struct sql *sql)
{
	return ((const struct connection *)sql)->sqlite;
}

/* The kind of a result. That memory or descriptors have run out is no failure of the file, though SQLite
 * calls it one. */
static int lite_kind(sqlite3 *sqlite, int result)
{
	if (result == SQLITE_IOERR_NOMEM)
		return SQLITE_NOMEM;
	if ((result & 0xFF) == SQLITE_CANTOPEN) {
		const int error = sqlite3_system_errno(sqlite);
		if (error == EMFILE || error == ENFILE || error == ENOMEM)
			return SQLITE_NOMEM;
	}
	return result & 0xFF;
}

/* SQLite's result as ours; SQLITE_ROW and SQLITE_DONE are CS_OK. */
static enum cs_err lite_result(sqlite3 *sqlite, int result)
{
	switch (lite_kind(sqlite, result)) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return CS_OK;
	case SQLITE_FULL:
		return CS_ERR_FULL;
	case SQLITE_CONSTRAINT:
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

/* The same, of a connection, which remembers whether the file is to blame. */
static enum cs_err lite_outcome(struct sql *sql, int result)
{
	switch (lite_kind(handle_of(sql), result)) {
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		sql->broken = true;
		break;
	default:
		break;
	}
	return lite_result(handle_of(sql), result);
}

static enum cs_err lite_execute(struct sql *sql, const char *text)
{
	return lite_outcome(sql, sqlite3_exec(handle_of(sql), text, NULL, NULL, NULL));
}

static void lite_close(struct sql *sql)
{
	(void)sqlite3_finalize(((struct connection *)sql)->schema);
	(void)sqlite3_close(handle_of(sql));
	free(sql);
}

static enum cs_err lite_open(const char *where, struct sql **out)
{
	static const char settings[] =
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	    "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
	    "PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;"
	    /* KiB: with two passwords at once (Argon2id, 19 MiB each) keeper stays within 64 MiB. */
	    "PRAGMA cache_size = -8192;";

	if (access(where, F_OK) != 0)
		return CS_ERR_NOT_FOUND;
	struct connection *made = calloc(1, sizeof(*made));
	if (!made)
		return CS_ERR_MEMORY;
	/* Nobody asks how much memory is in use, and counting it takes a lock for each piece. Refused, and of
	 * no consequence, where SQLite is at work already. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	int result = sqlite3_open_v2(where, &made->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (result == SQLITE_OK) {
		(void)sqlite3_extended_result_codes(made->sqlite, 1);
		(void)sqlite3_busy_timeout(made->sqlite, SQLITE_BUSY_MS);
		(void)sqlite3_db_config(made->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		result = sqlite3_exec(made->sqlite, settings, NULL, NULL, NULL);
	}
	const enum cs_err err = lite_result(made->sqlite, result);
	if (err)
		lite_close(&made->sql);
	else
		*out = &made->sql;
	return err;
}

static const char *lite_error_text(const struct sql *sql)
{
	return sqlite3_errmsg(handle_of(sql));
}

static bool lite_lost(const struct sql *sql)
{
	(void)sql;
	return false;
}

/* The one number that a query yields. */
static enum cs_err lite_query(struct sql *sql, const char *query, int64_t *out)
{
	sqlite3_stmt *statement = NULL;

	int result = sqlite3_prepare_v2(handle_of(sql), query, -1, &statement, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_step(statement);
	if (result == SQLITE_ROW)
		*out = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return result == SQLITE_DONE ? CS_ERR_NOT_FOUND : lite_outcome(sql, result);
}

static enum cs_err lite_version(struct sql *sql, int64_t *out)
{
	int64_t application = 0, version = 0, tables = 0;

	enum cs_err err = lite_query(sql, "PRAGMA application_id", &application);
	if (!err)
		err = lite_query(sql, "PRAGMA user_version", &version);
	if (!err)
		err = lite_query(sql, "SELECT count(*) FROM sqlite_schema", &tables);
	if (err)
		return err;
	if (application == SQLITE_APPLICATION_ID ? version <= 0 : tables > 0 || version != 0)
		return CS_ERR_UNSUPPORTED;
	*out = version;
	return CS_OK;
}

static enum cs_err lite_version_set(struct sql *sql, int64_t version)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "PRAGMA application_id = %d; PRAGMA user_version = %lld",
		       SQLITE_APPLICATION_ID, (long long)version);
	return lite_execute(sql, text);
}

/* Has the file's content on disk. */
static enum cs_err lite_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return CS_ERR_IO;
	bool done = fsync(fd) == 0;
	return close(fd) == 0 && done ? CS_OK : CS_ERR_IO;
}

static enum cs_err lite_copy(struct sql *sql, const char *path)
{
	sqlite3_stmt *statement = NULL;

	int result = sqlite3_prepare_v2(handle_of(sql), "VACUUM INTO ?1", -1, &statement, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC);
	if (result == SQLITE_OK)
		result = sqlite3_step(statement);
	(void)sqlite3_finalize(statement);
	return result == SQLITE_DONE ? lite_sync(path) : lite_outcome(sql, result);
}

static enum cs_err lite_expect(struct sql *sql, int64_t version)
{
	struct connection *c = (struct connection *)sql;

	c->version = version;
	return lite_outcome(sql, sqlite3_prepare_v3(c->sqlite, "PRAGMA user_version", -1,
						    SQLITE_PREPARE_PERSISTENT, &c->schema, NULL));
}

/* A write transaction has the file to itself. */
static enum cs_err lite_alone(struct sql *sql)
{
	(void)sql;
	return CS_OK;
}

static enum cs_err lite_begin(struct sql *sql)
{
	const struct connection *c = (const struct connection *)sql;

	enum cs_err err = lite_execute(sql, "BEGIN IMMEDIATE");
	if (err || !c->schema)
		return err;
	const int result = sqlite3_step(c->schema);
	if (result != SQLITE_ROW)
		err = lite_outcome(sql, result);
	else if (sqlite3_column_int64(c->schema, 0) != c->version)
		err = CS_ERR_UNSUPPORTED;
	(void)sqlite3_reset(c->schema);
	sql->outdated = err == CS_ERR_UNSUPPORTED;
	return err;
}

static enum cs_err lite_commit(struct sql *sql)
{
	return lite_execute(sql, "COMMIT");
}

static void lite_rollback(struct sql *sql)
{
	/* Some failures have rolled back already; then there is nothing to do. */
	if (!sqlite3_get_autocommit(handle_of(sql)) && lite_execute(sql, "ROLLBACK"))
		return;
}

/* ---- statements ---- */

static enum cs_err lite_prepare(struct sql_statement *statement, const char *text)
{
	static const char *const names[SQL_PARAMETERS_MAX] = {
	    "$1",  "$2",  "$3",	 "$4",	"$5",  "$6",  "$7",  "$8",  "$9",  "$10", "$11",
	    "$12", "$13", "$14", "$15", "$16", "$17", "$18", "$19", "$20", "$21"};
	sqlite3_stmt *made = NULL;

	int result =
	    sqlite3_prepare_v3(handle_of(statement->sql), text, -1, SQLITE_PREPARE_PERSISTENT, &made, NULL);
	statement->handle = made;
	for (unsigned i = 0; made && i < statement->parameters; i++)
		statement->places[i] = sqlite3_bind_parameter_index(made, names[i]);
	return lite_outcome(statement->sql, result);
}

static void lite_finalize(struct sql_statement *statement)
{
	(void)sqlite3_finalize(statement->handle);
}

/* Takes the values over; those of texts and bytes stay the caller's until the statement is reset. */
static void lite_start(struct sql_statement *statement)
{
	for (unsigned i = 0; i < statement->parameters; i++) {
		const struct sql_value *value = &statement->values[i];
		const int at = statement->places[i];
		switch (value->type) {
		case SQL_NULL:
			(void)sqlite3_bind_null(statement->handle, at);
			break;
		case SQL_NUMBER:
			(void)sqlite3_bind_int64(statement->handle, at, value->number);
			break;
		case SQL_TEXT:
			(void)sqlite3_bind_text(statement->handle, at, (const char *)value->bytes.ptr,
						(int)value->bytes.len, SQLITE_STATIC);
			break;
		case SQL_BYTES:
			/* No bytes, but not NULL either. */
			(void)sqlite3_bind_blob(statement->handle, at,
						value->bytes.ptr ? value->bytes.ptr : (const uint8_t *)"",
						(int)value->bytes.len, SQLITE_STATIC);
			break;
		}
	}
	statement->started = true;
}

static enum cs_err lite_step(struct sql_statement *statement)
{
	if (!statement->started)
		lite_start(statement);
	int result = sqlite3_step(statement->handle);
	return result == SQLITE_DONE ? CS_ERR_NOT_FOUND : lite_outcome(statement->sql, result);
}

/* What was bound is not looked at again: whoever runs the statement binds all of it anew. */
static void lite_reset(struct sql_statement *statement)
{
	(void)sqlite3_reset(statement->handle);
}

static enum cs_err lite_run(struct sql_statement *statement, int64_t *changed)
{
	enum cs_err err = lite_step(statement);

	sql_reset(statement);
	if (err != CS_ERR_NOT_FOUND)
		return err ? err : CS_ERR_ARG;
	if (changed)
		*changed = sqlite3_changes(handle_of(statement->sql));
	return CS_OK;
}

static enum cs_err lite_run_soon(struct sql_statement *statement)
{
	return lite_run(statement, NULL);
}

static int64_t lite_number(const struct sql_statement *statement, int column)
{
	return sqlite3_column_int64(statement->handle, column);
}

static bool lite_is_null(const struct sql_statement *statement, int column)
{
	return sqlite3_column_type(statement->handle, column) == SQLITE_NULL;
}

static struct cs_view lite_bytes(const struct sql_statement *statement, int column)
{
	const void *bytes = sqlite3_column_blob(statement->handle, column);

	return cs_view(bytes, bytes ? (size_t)sqlite3_column_bytes(statement->handle, column) : 0);
}

const struct sql_backend sql_sqlite = {
    .dialect = SQL_SQLITE,
    .open = lite_open,
    .close = lite_close,
    .prepare = lite_prepare,
    .finalize = lite_finalize,
    .error_text = lite_error_text,
    .lost = lite_lost,
    .version = lite_version,
    .version_set = lite_version_set,
    .expect = lite_expect,
    .alone = lite_alone,
    .execute = lite_execute,
    .copy = lite_copy,
    .begin = lite_begin,
    .commit = lite_commit,
    .rollback = lite_rollback,
    .run = lite_run,
    .run_soon = lite_run_soon,
    .step = lite_step,
    .reset = lite_reset,
    .number = lite_number,
    .is_null = lite_is_null,
    .bytes = lite_bytes,
};
