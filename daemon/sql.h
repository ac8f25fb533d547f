/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A thin layer over SQL databases: a connection, prepared statements by their number in a table, parameters,
 * rows, transactions. SQLite (sql_sqlite.c) and PostgreSQL (sql_postgresql.c) stand below it, and nothing
 * above knows which: statements are written once, in the SQL that both understand, with parameters $1, $2,
 * ...
 *
 * What both must hold:
 *  1. When sql_commit has answered CS_OK, what was changed survives kill -9, loss of power, and, where the
 *     server has a synchronous standby, the loss of the server. SQLite: WAL with synchronous=FULL.
 * PostgreSQL: synchronous_commit is on or remote_apply, whatever anyone has set, and a commit whose wait for
 * the standby was called off has not been acknowledged.
 *  2. A write transaction of SQLite has the file to itself. PostgreSQL runs with READ COMMITTED, which
 * suffices for these reasons: what is decided from a row that is read is decided after that row was locked
 * (the statement's text for PostgreSQL says FOR NO KEY UPDATE), and each later statement sees what was
 * committed before it began; and what must happen only once is one UPDATE whose WHERE has the condition,
 * which PostgreSQL checks again on the newest version of the row after it has waited for the lock.
 * SERIALIZABLE would add nothing to that but transactions to repeat.
 *  3. Who cannot go on because others hold locks the other way round hears CS_ERR_BUSY: roll back, begin
 * again.
 *
 * Errors: CS_ERR_BUSY (see 3); CS_ERR_TIMEOUT others held a lock for too long; CS_ERR_FULL the disk;
 * CS_ERR_CORRUPT the file is damaged, or a row breaks a rule of the schema (statements avoid that where it
 * can happen by itself: ON CONFLICT DO NOTHING, then look at changed); CS_ERR_MEMORY; CS_ERR_IO anything
 * else. After any of them the transaction is of no further use.
 */
#ifndef COUNTERSIGN_DAEMON_SQL_H
#define COUNTERSIGN_DAEMON_SQL_H

#include <stdint.h>

#include "base/bytes.h"

#define SQL_PARAMETERS_MAX 21

struct sql;	      /* a connection */
struct sql_statement; /* one of its prepared statements */

enum sql_dialect { SQL_SQLITE, SQL_POSTGRESQL };

/* A statement: text for both, then what PostgreSQL gets after it (locks, where SQLite has the file to
 * itself); NULL: nothing. */
struct sql_text {
	const char *text, *postgresql;
};

/* Where a database is: the path of a SQLite file, or postgresql:..., which is libpq's URI
 * (postgresql://host/name) or what follows the colon as libpq's keywords and values. */
enum sql_dialect sql_dialect_of(const char *where);

/* Makes a new, empty SQLite file, mode 0600; a server's database is there already. CS_ERR_EXISTS. */
CS_MUST_CHECK enum cs_err sql_create(const char *where);
/* CS_ERR_NOT_FOUND: no such file. A server that cannot be reached is CS_ERR_IO, and the log says why. */
CS_MUST_CHECK enum cs_err sql_open(const char *where, struct sql **out);
void sql_close(struct sql *sql);

/* Prepares all statements of a table; sql_statement takes their number in it. The texts are borrowed. */
CS_MUST_CHECK enum cs_err sql_prepare(struct sql *sql, const struct sql_text *texts, size_t count);

enum sql_dialect sql_dialect(const struct sql *sql);
/* What the database said to the last failure, for the log. Borrowed until the next call. */
const char *sql_error_text(const struct sql *sql);
/* How long a server may take for an answer; one that takes longer is lost. 15 s where nothing is said. A
 * migration (sql_execute) may take any time. Yields what held before. */
unsigned sql_wait_at_most(struct sql *sql, unsigned milliseconds);
/* The connection is gone for good, or the schema is not the one that sql_expect has named: nothing but
 * sql_close is of use. */
bool sql_lost(const struct sql *sql);
/* Since sql_begin, what holds the database has failed: its disk is full, cannot be written or read, or holds
 * what is no database. Not so where others held a lock, memory was short, or a statement was refused. */
bool sql_broken(const struct sql *sql);

/* The schema's version: 0 where nothing was ever made here. CS_ERR_UNSUPPORTED: the file is someone else's.
 */
CS_MUST_CHECK enum cs_err sql_version(struct sql *sql, int64_t *out);
CS_MUST_CHECK enum cs_err sql_version_set(struct sql *sql, int64_t version);
/* From now on each transaction looks whether the schema is of this version still, and fails where another
 * program has migrated it meanwhile: with sql_lost, and CS_ERR_UNSUPPORTED. While it is open nobody who has
 * called sql_alone first can change that. */
CS_MUST_CHECK enum cs_err sql_expect(struct sql *sql, int64_t version);
/* In a transaction that migrates: waits for those that are open and have looked. */
CS_MUST_CHECK enum cs_err sql_alone(struct sql *sql);
/* Runs statements parted by semicolons, that yield no rows and have no parameters. */
CS_MUST_CHECK enum cs_err sql_execute(struct sql *sql, const char *text);
/* A whole copy, as of now, in a new file (SQLite alone; else CS_ERR_UNSUPPORTED), on disk when it returns.
 * Not within a transaction. */
CS_MUST_CHECK enum cs_err sql_copy(struct sql *sql, const char *path);

/* Where it fails the transaction may be open all the same: sql_rollback ends it. */
CS_MUST_CHECK enum cs_err sql_begin(struct sql *sql);
/* CS_ERR_IO: whether it was committed is not known; where sql_lost is not true it is undone until a crash. */
CS_MUST_CHECK enum cs_err sql_commit(struct sql *sql);
/* Ends a transaction, where one is open. */
void sql_rollback(struct sql *sql);

/* ---- statements ---- */

/* The statement, ready to be run anew: all parameters are NULL. */
struct sql_statement *sql_statement(struct sql *sql, size_t index);
/* Parameter $n. Texts and bytes are borrowed until the statement is reset or has run. */
void sql_bind_number(struct sql_statement *statement, unsigned n, int64_t value);
void sql_bind_text(struct sql_statement *statement, unsigned n, const char *text);
void sql_bind_bytes(struct sql_statement *statement, unsigned n, struct cs_view bytes);

/* Runs what yields no rows; changed, if not NULL, gets the number of rows it changed. */
CS_MUST_CHECK enum cs_err sql_run(struct sql_statement *statement, int64_t *changed);
/* The same where nobody asks for changed: a server is not waited for, and an error of it comes with a later
 * call of the transaction, sql_commit at the latest. */
CS_MUST_CHECK enum cs_err sql_run_soon(struct sql_statement *statement);
/* Steps to the first row, and to the next: CS_OK; CS_ERR_NOT_FOUND at the end (it is reset then, as after an
 * error). */
CS_MUST_CHECK enum cs_err sql_step(struct sql_statement *statement);
void sql_reset(struct sql_statement *statement);

/* Columns of the row, counted from 0. A NULL is 0, "" and no bytes. */
int64_t sql_number(const struct sql_statement *statement, int column);
bool sql_is_null(const struct sql_statement *statement, int column);
/* Copies a text, cut where it is too long for cap bytes. */
void sql_copy_text(const struct sql_statement *statement, int column, char *out, size_t cap);
/* Borrowed until the next step. */
struct cs_view sql_bytes(const struct sql_statement *statement, int column);

#endif
