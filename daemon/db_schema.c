/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The SQLite schema, and every statement that runs against it.
 */
#include "daemon/db_sqlite.h"

/* PRAGMA user_version is DB_SCHEMA_VERSION. type 1 HOTP, 2 TOTP; hash as enum cs_hash; state as enum
 * db_token_state. The checks repeat what keeper has checked: a row that they refuse is a defect, not a user's
 * mistake. */
const char db_schema_text[] =
    "CREATE TABLE user ("
    " id INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE CHECK (length(name) > 0),"
    " failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),"
    " created INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE token ("
    " id TEXT PRIMARY KEY NOT NULL,"
    " user INTEGER NOT NULL REFERENCES user (id),"
    " type INTEGER NOT NULL CHECK (type IN (1, 2)),"
    " hash INTEGER NOT NULL CHECK (hash IN (1, 2, 3, 4)),"
    " digits INTEGER NOT NULL CHECK (digits BETWEEN 6 AND 8),"
    " period INTEGER NOT NULL CHECK (period > 0),"
    " seed BLOB NOT NULL,"
    " next INTEGER NOT NULL CHECK (next >= 0),"
    " drift INTEGER NOT NULL DEFAULT 0,"
    " failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),"
    " state INTEGER NOT NULL CHECK (state IN (1, 2)),"
    " label TEXT NOT NULL DEFAULT '',"
    " created INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX token_user ON token (user, id);"
    /* The high-water mark of a token never goes down, whoever writes. */
    "CREATE TRIGGER token_next BEFORE UPDATE OF next ON token WHEN NEW.next < OLD.next"
    " BEGIN SELECT RAISE(ABORT, 'a token''s next position never goes down'); END;"
    "CREATE TABLE application ("
    " name TEXT PRIMARY KEY NOT NULL,"
    " credential BLOB NOT NULL UNIQUE CHECK (length(credential) = 32),"
    " created INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE admin ("
    " name TEXT PRIMARY KEY NOT NULL,"
    " credential BLOB NOT NULL UNIQUE CHECK (length(credential) = 32),"
    " created INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE audit ("
    " sequence INTEGER PRIMARY KEY CHECK (sequence > 0),"
    " time_ms INTEGER NOT NULL,"
    " actor TEXT NOT NULL,"
    " action TEXT NOT NULL,"
    " user TEXT NOT NULL,"
    " token TEXT NOT NULL,"
    " result TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " address TEXT NOT NULL,"
    " detail TEXT NOT NULL,"
    " previous BLOB NOT NULL CHECK (length(previous) = 32),"
    " hash BLOB NOT NULL CHECK (length(hash) = 32)"
    ") STRICT;"
    "CREATE TRIGGER audit_update BEFORE UPDATE ON audit"
    " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;"
    "CREATE TRIGGER audit_delete BEFORE DELETE ON audit"
    " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;";

#define TOKEN_COLUMNS                                                                                        \
	"SELECT t.id, t.user, u.name, t.type, t.hash, t.digits, t.period, t.seed, t.next, t.drift, "         \
	"t.failures,"                                                                                        \
	" t.state, t.label, t.created FROM token t JOIN user u ON u.id = t.user "

#define AUDIT_COLUMNS                                                                                        \
	"sequence, time_ms, actor, action, user, token, result, reason, address, detail, previous, hash"

const char *const db_sql_text[DB_SQL_COUNT] = {
    [DB_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [DB_SQL_COMMIT] = "COMMIT",
    [DB_SQL_ROLLBACK] = "ROLLBACK",
    [DB_SQL_PING] = "SELECT count(*) FROM admin",
    [DB_SQL_USER_ADD] = "INSERT INTO user (name, created) VALUES (?1, ?2)",
    [DB_SQL_USER_FIND] = "SELECT id, name, failures, created FROM user WHERE name = ?1",
    [DB_SQL_USER_LIST] =
	"SELECT id, name, failures, created FROM user WHERE name > ?1 ORDER BY name LIMIT ?2",
    [DB_SQL_USER_FAILED] = "UPDATE user SET failures = failures + 1 WHERE id = ?1",
    [DB_SQL_USER_CLEARED] = "UPDATE user SET failures = 0 WHERE id = ?1",
    [DB_SQL_TOKEN_ADD] = "INSERT INTO token (id, user, type, hash, digits, period, seed, next, drift, "
			 "failures, state, label, created)"
			 " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13"
			 " WHERE (SELECT count(*) FROM token WHERE user = ?2) < ?14",
    [DB_SQL_TOKEN_FIND] = TOKEN_COLUMNS "WHERE t.id = ?1",
    [DB_SQL_TOKEN_OF_USER] = TOKEN_COLUMNS "WHERE t.user = ?1 ORDER BY t.id LIMIT ?2",
    [DB_SQL_TOKEN_LIST] = TOKEN_COLUMNS "WHERE t.id > ?1 ORDER BY t.id LIMIT ?2",
    [DB_SQL_TOKEN_LIST_USER] = TOKEN_COLUMNS "WHERE t.id > ?1 AND u.name = ?3 ORDER BY t.id LIMIT ?2",
    [DB_SQL_TOKEN_ACCEPT] = "UPDATE token SET next = ?2, drift = ?3, failures = 0"
			    " WHERE id = ?1 AND next <= ?4 AND state = 1",
    [DB_SQL_TOKEN_FAILED] = "UPDATE token SET failures = failures + 1 WHERE id = ?1",
    [DB_SQL_TOKEN_SET_STATE] =
	"UPDATE token SET state = ?2, failures = CASE ?2 WHEN 1 THEN 0 ELSE failures END WHERE id = ?1",
    [DB_SQL_APPLICATION_ADD] = "INSERT INTO application (name, credential, created) VALUES (?1, ?2, ?3)",
    [DB_SQL_APPLICATION_LIST] =
	"SELECT name, created FROM application WHERE name > ?1 ORDER BY name LIMIT ?2",
    [DB_SQL_APPLICATION_REMOVE] = "DELETE FROM application WHERE name = ?1",
    [DB_SQL_APPLICATION_FIND] = "SELECT name, credential FROM application WHERE credential = ?1",
    [DB_SQL_ADMIN_ADD] = "INSERT INTO admin (name, credential, created) VALUES (?1, ?2, ?3)",
    [DB_SQL_ADMIN_FIND] = "SELECT name, credential FROM admin WHERE credential = ?1",
    [DB_SQL_AUDIT_HEAD] = "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1",
    [DB_SQL_AUDIT_APPEND] =
	"INSERT INTO audit (" AUDIT_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [DB_SQL_AUDIT_LIST] =
	"SELECT " AUDIT_COLUMNS " FROM audit WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
};
