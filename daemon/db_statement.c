/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every statement that runs against the database. What is read so that something is decided from it locks its
 * user's row first, then the token's. A parameter whose type PostgreSQL cannot take from where it stands has
 * a CAST.
 */
#include <stddef.h>

#include "daemon/db_sql.h"

#define TOKEN_COLUMNS                                                                                        \
	"SELECT t.id, t.\"user\", u.name, t.type, t.hash, t.digits, t.period, t.seed, t.next, t.drift,"      \
	" t.failures, t.state, t.label, t.created FROM token t JOIN \"user\" u ON u.id = t.\"user\" "

#define AUDIT_COLUMNS                                                                                        \
	"sequence, time_ms, actor, action, \"user\", token, result, reason, address, detail, previous, hash"

/* Of PostgreSQL's advisory locks (CSGN): the one with this number is for who appends to the audit log, those
 * with this number and another one for what db_lock names. */
#define AUDIT_LOCK "1129531214"

const struct sql_text db_sql_text[DB_SQL_COUNT] = {
    [DB_SQL_PING] = {"SELECT count(*) FROM admin", NULL},
    [DB_SQL_LOCK] = {"SELECT CAST($1 AS TEXT)",
		     " FROM (SELECT count(pg_advisory_xact_lock(" AUDIT_LOCK ", number)) FROM"
		     " unnest(CAST(CAST($1 AS TEXT) AS INTEGER[])) AS number) AS locked"},
    [DB_SQL_USER_ADD] = {"INSERT INTO \"user\" (name, created) VALUES ($1, $2) ON CONFLICT DO NOTHING", NULL},
    [DB_SQL_USER_FIND] = {"SELECT id, name, failures, created FROM \"user\" WHERE name = $1",
			  " FOR NO KEY UPDATE"},
    [DB_SQL_USER_LIST] =
	{"SELECT id, name, failures, created FROM \"user\" WHERE name > $1 ORDER BY name LIMIT $2", NULL},
    [DB_SQL_USER_FAILED] = {"UPDATE \"user\" SET failures = failures + 1 WHERE id = $1", NULL},
    [DB_SQL_USER_CLEARED] = {"UPDATE \"user\" SET failures = 0 WHERE id = $1", NULL},
    [DB_SQL_TOKEN_ADD] = {"INSERT INTO token (id, \"user\", type, hash, digits, period, seed, next, drift, "
			  "failures, state, label, created)"
			  " SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13"
			  " WHERE (SELECT count(*) FROM token WHERE \"user\" = $2) < $14",
			  NULL},
    [DB_SQL_TOKEN_FIND] = {TOKEN_COLUMNS "WHERE t.id = $1", " FOR NO KEY UPDATE OF u, t"},
    [DB_SQL_TOKEN_OF_USER] = {TOKEN_COLUMNS "WHERE t.\"user\" = $1 ORDER BY t.id LIMIT $2", NULL},
    [DB_SQL_TOKEN_LIST] = {TOKEN_COLUMNS "WHERE t.id > $1 ORDER BY t.id LIMIT $2", NULL},
    [DB_SQL_TOKEN_LIST_USER] = {TOKEN_COLUMNS "WHERE t.id > $1 AND u.name = $3 ORDER BY t.id LIMIT $2", NULL},
    [DB_SQL_TOKEN_ACCEPT] = {"UPDATE token SET next = $2, drift = $3, failures = 0"
			     " WHERE id = $1 AND next <= $4 AND state = 1",
			     NULL},
    [DB_SQL_TOKEN_FAILED] = {"UPDATE token SET failures = failures + 1 WHERE id = $1", NULL},
    [DB_SQL_TOKEN_SET_STATE] = {"UPDATE token SET state = $2, failures = CASE WHEN CAST($2 AS BIGINT) = 1 "
				"THEN 0 ELSE failures END WHERE id = $1",
				NULL},
    [DB_SQL_APPLICATION_ADD] =
	{"INSERT INTO application (name, credential, created) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
	 NULL},
    [DB_SQL_APPLICATION_LIST] =
	{"SELECT name, created FROM application WHERE name > $1 ORDER BY name LIMIT $2", NULL},
    [DB_SQL_APPLICATION_REMOVE] = {"DELETE FROM application WHERE name = $1", NULL},
    [DB_SQL_APPLICATION_FIND] = {"SELECT name, credential FROM application WHERE credential = $1", NULL},
    [DB_SQL_ADMIN_ADD] =
	{"INSERT INTO admin (name, credential, created) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", NULL},
    [DB_SQL_ADMIN_FIND] = {"SELECT name, credential FROM admin WHERE credential = $1", NULL},
    [DB_SQL_AUDIT_LOCK] = {"SELECT 1", " FROM pg_advisory_xact_lock(" AUDIT_LOCK ")"},
    [DB_SQL_AUDIT_HEAD] = {"SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1", NULL},
    [DB_SQL_AUDIT_APPEND] = {"INSERT INTO audit (" AUDIT_COLUMNS
			     ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
			     NULL},
    [DB_SQL_AUDIT_LIST] = {"SELECT " AUDIT_COLUMNS
			   " FROM audit WHERE sequence > $1 ORDER BY sequence LIMIT $2",
			   NULL},
};
