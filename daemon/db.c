/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The database: making it, opening it, migrating it, transactions.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/db_sql.h"
#include "daemon/log.h"

bool db_is_file(const char *where)
{
	return sql_dialect_of(where) == SQL_SQLITE;
}

const char *db_place(const char *where)
{
	return db_is_file(where) ? where : "on the PostgreSQL server";
}

/* One number; the statement is one without parameters. */
static enum cs_err db_count(struct db *db, enum db_sql sql, int64_t *out)
{
	struct sql_statement *s = db_statement(db, sql);

	enum cs_err err = sql_step(s);
	if (!err)
		*out = sql_number(s, 0);
	sql_reset(s);
	return err;
}

/* Another program may have migrated it between the look at its version and this transaction. */
static enum cs_err db_version_alone(struct sql *sql, int64_t *from)
{
	enum cs_err err = sql_alone(sql);

	if (!err && *from)
		err = sql_version(sql, from);
	return !err && *from > db_schema_version() ? CS_ERR_UNSUPPORTED : err;
}

enum cs_err db_migrate(struct sql *sql, int64_t from)
{
	enum cs_err err = sql_begin(sql);

	if (!err)
		err = db_version_alone(sql, &from);
	if (!err && from != db_schema_version())
		err = db_schema_migrate(sql, from, db_schema_version());
	if (!err)
		err = sql_commit(sql);
	if (err)
		sql_rollback(sql);
	return err;
}

/* A schema without an administrator and without an audit entry has been of no use to anybody: an --init that
 * did not come to its end left it on a server. */
static enum cs_err db_require_unused(struct sql *sql)
{
	struct db db = {.sql = sql};
	int64_t administrators;
	uint8_t hash[AUDIT_HASH_LEN];
	uint64_t last;

	enum cs_err err = sql_prepare(sql, db_sql_text, DB_SQL_COUNT);
	if (!err)
		err = db_count(&db, DB_SQL_PING, &administrators);
	if (!err)
		err = db_audit_head(&db, &last, hash);
	return err ? err : administrators || last ? CS_ERR_EXISTS : CS_OK;
}

enum cs_err db_create(const char *where)
{
	struct sql *sql = NULL;
	int64_t version;

	enum cs_err err = sql_create(where);
	if (err)
		return err;
	err = sql_open(where, &sql);
	if (!err)
		err = sql_version(sql, &version);
	if (!err)
		err = version == 0		       ? db_migrate(sql, 0)
		      : version == db_schema_version() ? db_require_unused(sql)
						       : CS_ERR_EXISTS;
	sql_close(sql);
	if (err && db_is_file(where))
		(void)unlink(where);
	return err;
}

/* A copy of a SQLite file under the name FILE.schema-VERSION; one that is there is of this version too, and
 * older.
 */
static enum cs_err db_copy_before(struct sql *sql, const char *where, int64_t version)
{
	char part[PATH_MAX], whole[PATH_MAX];
	int64_t after = version;

	if (snprintf(whole, sizeof(whole), "%s.schema-%lld", where, (long long)version) >=
		(int)sizeof(whole) ||
	    snprintf(part, sizeof(part), "%s.part", whole) >= (int)sizeof(part))
		return CS_ERR_LENGTH;
	(void)unlink(part);
	enum cs_err err = sql_copy(sql, part);
	if (!err)
		err = sql_version(sql, &after);
	if (!err && after != version) /* another program has migrated it, and has made the copy */
		return unlink(part) == 0 ? CS_OK : CS_ERR_IO;
	if (!err && rename(part, whole) != 0)
		err = CS_ERR_IO;
	if (!err) {
		log_line(LOG_LEVEL_NOTICE, "%s: the database as it was before its migration", whole);
		return CS_OK;
	}
	log_line(LOG_LEVEL_ERROR, "%s: no copy before the migration: %s (%s)", whole, cs_err_text(err),
		 sql_error_text(sql));
	(void)unlink(part);
	return err;
}

/* Which older databases are migrated when they are opened. */
enum db_forward { DB_FORWARD_NONE, DB_FORWARD_FILE, DB_FORWARD_ALL };

/* Checks the version, and migrates an older one: a file after a copy; a server, which other daemons may work
 * with, only where asked to. */
static enum cs_err db_bring_forward(struct sql *sql, const char *where, enum db_forward which)
{
	int64_t version;

	enum cs_err err = sql_version(sql, &version);
	if (err || version == db_schema_version())
		return err;
	if (version == 0 || version > db_schema_version())
		return CS_ERR_UNSUPPORTED;
	if (which < (db_is_file(where) ? DB_FORWARD_FILE : DB_FORWARD_ALL))
		return CS_ERR_STATE;
	if (db_is_file(where))
		err = db_copy_before(sql, where, version);
	return err ? err : db_migrate(sql, version);
}

static enum cs_err db_open_which(const char *where, enum db_forward which, bool *gone, struct db **out)
{
	struct db *db = calloc(1, sizeof(*db));

	*gone = false;
	if (!db)
		return CS_ERR_MEMORY;
	enum cs_err err = sql_open(where, &db->sql);
	if (!err)
		err = db_bring_forward(db->sql, where, which);
	if (!err)
		err = sql_prepare(db->sql, db_sql_text, DB_SQL_COUNT);
	if (!err)
		err = sql_expect(db->sql, db_schema_version());
	*gone = db->sql ? db_failed(db, err) : err == CS_ERR_IO || err == CS_ERR_FULL;
	if (err)
		db_close(db);
	else
		*out = db;
	return err;
}

enum cs_err db_open_or_blame(const char *where, bool *gone, struct db **out)
{
	return db_open_which(where, DB_FORWARD_FILE, gone, out);
}

enum cs_err db_open(const char *where, struct db **out)
{
	bool ignored;

	return db_open_which(where, DB_FORWARD_FILE, &ignored, out);
}

enum cs_err db_open_migrating(const char *where, struct db **out)
{
	bool ignored;

	return db_open_which(where, DB_FORWARD_ALL, &ignored, out);
}

enum cs_err db_open_beside(const char *where, struct db **out)
{
	bool ignored;

	return db_open_which(where, DB_FORWARD_NONE, &ignored, out);
}

void db_close(struct db *db)
{
	if (!db)
		return;
	sql_close(db->sql);
	free(db);
}

const char *db_error_text(const struct db *db)
{
	return sql_error_text(db->sql);
}

bool db_lost(const struct db *db)
{
	return sql_lost(db->sql);
}

bool db_broken(const struct db *db)
{
	return sql_broken(db->sql);
}

bool db_failed(const struct db *db, enum cs_err err)
{
	return (err == CS_ERR_IO || err == CS_ERR_FULL) && (db_lost(db) || db_broken(db));
}

enum cs_err db_begin(struct db *db)
{
	db->key_held = false;
	return sql_begin(db->sql);
}

enum cs_err db_commit(struct db *db)
{
	return sql_commit(db->sql);
}

void db_rollback(struct db *db)
{
	sql_rollback(db->sql);
}

enum cs_err db_lock(struct db *db, const char *numbers)
{
	struct sql_statement *s = db_statement(db, DB_SQL_LOCK);

	sql_bind_text(s, 1, numbers);
	enum cs_err err = sql_step(s);
	sql_reset(s);
	return err;
}

/* A statement that only waits. */
static enum cs_err db_wait(struct db *db, enum db_sql sql)
{
	struct sql_statement *s = db_statement(db, sql);

	enum cs_err err = sql_step(s);
	sql_reset(s);
	return err;
}

enum cs_err db_enrolments_lock(struct db *db)
{
	return db_wait(db, DB_SQL_ENROLMENTS_LOCK);
}

enum cs_err db_enrolments_stop(struct db *db)
{
	return db_wait(db, DB_SQL_ENROLMENTS_STOP);
}

enum cs_err db_ping(struct db *db)
{
	int64_t administrators;

	return db_count(db, DB_SQL_PING, &administrators);
}

enum cs_err db_standing(struct db *db, enum db_standing *out)
{
	int64_t number;

	enum cs_err err = db_count(db, DB_SQL_STANDING, &number);
	if (!err)
		*out = (enum db_standing)number;
	return err;
}

enum cs_err db_run_one(struct sql_statement *statement, enum cs_err otherwise)
{
	int64_t changed;

	enum cs_err err = sql_run(statement, &changed);
	return !err && changed != 1 ? otherwise : err;
}

enum cs_err db_run_slice(struct sql_statement *statement, uint64_t time, uint32_t limit, uint32_t *count)
{
	int64_t changed;

	sql_bind_number(statement, 1, (int64_t)time);
	sql_bind_number(statement, 2, limit);
	enum cs_err err = sql_run(statement, &changed);
	if (!err)
		*count = (uint32_t)changed;
	return err;
}
