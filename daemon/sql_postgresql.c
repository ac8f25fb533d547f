/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PostgreSQL below sql.h, through libpq in pipeline mode: statements are prepared on the server, and what
 * sql_run_soon sends is not waited for before the next call that needs an answer.
 *
 * Invariants:
 *  1. sent counts the commands whose results have not been taken; they come in their order, and a sync ends
 * them.
 *  2. Outside of a function that waits (pg_collect), no result that was taken is held but those of
 * statements.
 *  3. Once lost is set it stays: the connection is not made again here. The keeper ends, and the one that is
 *     started after it connects anew, before it gives up the right to (keeper_sandbox.h).
 *  4. No wait for the server, but for a migration, is longer than the connection's wait_ms: one that is
 *     connected and silent is as good as gone.
 *
 * The schema's version is the one row of the table schema_version.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/log.h"
#include "daemon/sql_backend.h"
#include "daemon/sql_postgresql_link.h"

#define PG_SENT_MAX 128u /* not waited for at once: what the server says of them fits its socket's buffer */
#define PG_SCHEMA   "schema" /* divides by zero where the schema is of another version; nothing else does */

#define PG_VERSION_TABLE "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL);"

struct connection {
	struct sql sql;
	PGconn *pg;
	unsigned sent;
	bool open; /* a transaction */
	bool lost, warned, expects;
	char error[512];
};

static struct connection *connection_of(const struct sql *sql)
{
	return (struct connection *)(uintptr_t)sql;
}

/* Keeps the first line of what the server said. */
static void pg_remember(struct connection *c, const char *text)
{
	(void)snprintf(c->error, sizeof(c->error), "%.*s", (int)strcspn(text, "\n"), text);
}

static enum cs_err pg_lose(struct connection *c)
{
	if (!c->lost)
		pg_remember(c, PQerrorMessage(c->pg));
	c->lost = true;
	return CS_ERR_IO;
}

/* The same after a wait that came to nothing. */
static enum cs_err pg_lose_waiting(struct connection *c, bool late)
{
	if (late && !c->lost) {
		(void)snprintf(c->error, sizeof(c->error), "the server has not answered for %u ms",
			       c->sql.wait_ms);
		c->lost = true;
	}
	return pg_lose(c);
}

/* A result that is an error, as ours. */
static enum cs_err pg_failure(struct connection *c, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (!state)
		return pg_lose(c);
	const struct pg_fault *fault = pg_fault_of(state);
	pg_remember(c, fault->text ? fault->text : PQresultErrorMessage(result));
	c->lost = c->lost || fault->lost;
	c->sql.broken = c->sql.broken || fault->broken;
	c->sql.outdated = c->sql.outdated || fault->outdated;
	return fault->err;
}

static void pg_notice(void *ctx, const PGresult *result)
{
	struct connection *c = ctx;
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (!severity || strcmp(severity, "WARNING") != 0)
		return;
	c->warned = true;
	pg_remember(c, PQresultErrorMessage(result));
}

/* ---- sending and taking ---- */

/* Waits for everything that was sent; the last command's result is *last, where all went well. */
static enum cs_err pg_collect(struct connection *c, PGresult **last)
{
	const uint64_t deadline = pg_deadline(c->sql.wait_ms);
	PGresult *kept = NULL;
	enum cs_err err = CS_OK;
	bool late = false;

	if (c->lost || !PQpipelineSync(c->pg))
		return pg_lose(c);
	for (;;) {
		if (!pg_await(c->pg, deadline, &late)) {
			err = pg_lose_waiting(c, late);
			break;
		}
		PGresult *result = PQgetResult(c->pg);
		if (!result) {
			if (PQstatus(c->pg) == CONNECTION_OK && c->sent > 0) {
				c->sent--;
				continue; /* between two commands */
			}
			err = pg_lose(c);
			break;
		}
		ExecStatusType status = PQresultStatus(result);
		if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
			PQclear(kept);
			kept = result;
			continue;
		}
		if (status == PGRES_FATAL_ERROR && !err)
			err = pg_failure(c, result);
		PQclear(result);
		if (status == PGRES_PIPELINE_SYNC || PQstatus(c->pg) != CONNECTION_OK)
			break;
	}
	c->sent = 0;
	if (!err && PQstatus(c->pg) != CONNECTION_OK)
		err = pg_lose(c);
	if (err || !last)
		PQclear(kept);
	else
		*last = kept;
	return err;
}

/* One command without parameters: BEGIN and its like. */
static enum cs_err pg_send(struct connection *c, const char *command)
{
	if (c->lost || !PQsendQueryParams(c->pg, command, 0, NULL, NULL, NULL, NULL, 1))
		return pg_lose(c);
	c->sent++;
	return CS_OK;
}

static void pg_name(const struct sql_statement *statement, char name[16])
{
	(void)snprintf(name, 16, "s%u", (unsigned)statement->index);
}

/* Numbers and texts go as text, whose type the server takes from where they stand; bytes go as they are. */
static enum cs_err pg_send_statement(struct sql_statement *statement)
{
	struct connection *c = connection_of(statement->sql);
	const char *values[SQL_PARAMETERS_MAX];
	int lengths[SQL_PARAMETERS_MAX], formats[SQL_PARAMETERS_MAX];
	char numbers[SQL_PARAMETERS_MAX][24], name[16];

	for (unsigned i = 0; i < statement->parameters; i++) {
		const struct sql_value *value = &statement->values[i];
		values[i] = NULL;
		lengths[i] = (int)value->bytes.len;
		formats[i] = value->type == SQL_BYTES;
		if (value->type == SQL_NUMBER) {
			(void)snprintf(numbers[i], sizeof(numbers[i]), "%" PRId64, value->number);
			values[i] = numbers[i];
		} else if (value->type != SQL_NULL) {
			values[i] = value->bytes.ptr ? (const char *)value->bytes.ptr : "";
		}
	}
	pg_name(statement, name);
	if (c->lost ||
	    !PQsendQueryPrepared(c->pg, name, (int)statement->parameters, values, lengths, formats, 1))
		return pg_lose(c);
	c->sent++;
	statement->started = true;
	return CS_OK;
}

/* ---- the connection ---- */

static void pg_close(struct sql *sql)
{
	struct connection *c = connection_of(sql);

	PQfinish(c->pg);
	free(c);
}

/* What holds for the connection. A commit that was acknowledged must survive its server, whatever the server,
 * the account or the place say. Waiting for another transaction's lock ends after as long as SQLite waits,
 * and a keeper that hangs within a transaction is cut off, so that it holds up no other daemon. */
static enum cs_err pg_settings(struct connection *c)
{
	static const char settings[] = "SET client_min_messages = warning;" /* pg_commit listens to them */
				       "SET lock_timeout = 5000; SET statement_timeout = 0;"
				       "SET idle_in_transaction_session_timeout = 20000;"
				       "SET default_transaction_isolation = 'read committed';"
				       "SELECT set_config('synchronous_commit', 'on', false) WHERE "
				       "current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')";
	bool late = false;

	PGresult *result = pg_query(c->pg, settings, pg_deadline(c->sql.wait_ms), &late);
	bool done = result && PQresultStatus(result) == PGRES_TUPLES_OK && PQenterPipelineMode(c->pg);
	PQclear(result);
	if (!done)
		(void)!pg_lose_waiting(c, late);
	return done ? CS_OK : CS_ERR_IO;
}

static enum cs_err pg_open(const char *where, struct sql **out)
{
	struct connection *made = calloc(1, sizeof(*made));
	enum cs_err err = CS_ERR_IO;

	if (!made)
		return CS_ERR_MEMORY;
	made->sql.wait_ms = SQL_WAIT_MS;
	made->pg = pg_connect(where);
	if (!made->pg || PQstatus(made->pg) != CONNECTION_OK || PQsetnonblocking(made->pg, 1) != 0) {
		pg_remember(made, pg_connect_fault(where, made->pg));
	} else {
		(void)PQsetNoticeReceiver(made->pg, pg_notice, made);
		err = pg_settings(made);
	}
	if (!err) {
		*out = &made->sql;
		return CS_OK;
	}
	log_line(LOG_LEVEL_ERROR, "PostgreSQL: %s", made->error);
	pg_close(&made->sql);
	return err;
}

static const char *pg_error_text(const struct sql *sql)
{
	return connection_of(sql)->error;
}

static bool pg_lost(const struct sql *sql)
{
	return connection_of(sql)->lost;
}

/* Several statements at once are not for a pipeline: it is left for them. Those that yield nothing are a
 * migration's, which takes as long as it takes. */
static enum cs_err pg_simple(struct connection *c, const char *text, PGresult **out)
{
	bool late = false;

	enum cs_err err = c->sent ? pg_collect(c, NULL) : CS_OK;

	if (err)
		return err;
	if (c->lost || !PQexitPipelineMode(c->pg))
		return pg_lose(c);
	PGresult *result = pg_query(c->pg, text, out ? pg_deadline(c->sql.wait_ms) : PG_NO_DEADLINE, &late);
	if (!result)
		return pg_lose_waiting(c, late);
	ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		err = pg_failure(c, result);
	if (err || !out)
		PQclear(result);
	else
		*out = result;
	return PQstatus(c->pg) == CONNECTION_OK && PQenterPipelineMode(c->pg) ? err : pg_lose(c);
}

static enum cs_err pg_execute(struct sql *sql, const char *text)
{
	return pg_simple(connection_of(sql), text, NULL);
}

static enum cs_err pg_version(struct sql *sql, int64_t *out)
{
	PGresult *result = NULL;

	enum cs_err err = pg_simple(connection_of(sql), "SELECT to_regclass('schema_version')", &result);
	if (err)
		return err;
	bool made = !PQgetisnull(result, 0, 0);
	PQclear(result);
	if (!made) {
		*out = 0;
		return CS_OK;
	}
	err = pg_simple(connection_of(sql), "SELECT version FROM schema_version", &result);
	if (err)
		return err;
	if (PQntuples(result) == 1)
		*out = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	else
		err = CS_ERR_UNSUPPORTED;
	PQclear(result);
	return err;
}

static enum cs_err pg_version_set(struct sql *sql, int64_t version)
{
	char text[256];

	(void)snprintf(text, sizeof(text),
		       PG_VERSION_TABLE "DELETE FROM schema_version;"
					"INSERT INTO schema_version VALUES (%" PRId64 ")",
		       version);
	return pg_execute(sql, text);
}

static enum cs_err pg_copy(struct sql *sql, const char *path)
{
	(void)sql;
	(void)path;
	return CS_ERR_UNSUPPORTED;
}

/* The statement fails where the version is another one, so that nobody has to wait for its answer: it comes
 * with the next one of the transaction. */
static enum cs_err pg_expect(struct sql *sql, int64_t version)
{
	struct connection *c = connection_of(sql);
	char text[128];

	(void)snprintf(text, sizeof(text),
		       "SELECT 1 / CAST(version = %" PRId64 " AS INTEGER) FROM schema_version", version);
	if (c->lost || !PQsendPrepare(c->pg, PG_SCHEMA, text, 0, NULL))
		return pg_lose(c);
	c->sent++;
	enum cs_err err = pg_collect(c, NULL);
	c->expects = !err;
	return err;
}

/* Whoever has looked holds a lock on the table until he ends. */
static enum cs_err pg_alone(struct sql *sql)
{
	return pg_execute(sql, PG_VERSION_TABLE "LOCK TABLE schema_version IN ACCESS EXCLUSIVE MODE");
}

static enum cs_err pg_begin(struct sql *sql)
{
	struct connection *c = connection_of(sql);

	c->open = true;
	enum cs_err err = pg_send(c, "BEGIN");
	if (err || !c->expects)
		return err;
	c->sent++;
	return PQsendQueryPrepared(c->pg, PG_SCHEMA, 0, NULL, NULL, NULL, 1) ? CS_OK : pg_lose(c);
}

/* A transaction that had failed answers ROLLBACK. A warning is the server's word that it no longer waits for
 * the standby: what was committed may then be lost with the server, so nobody may be told. */
static enum cs_err pg_commit(struct sql *sql)
{
	struct connection *c = connection_of(sql);
	PGresult *result = NULL;

	c->warned = c->open = false;
	enum cs_err err = pg_send(c, "COMMIT");
	if (!err)
		err = pg_collect(c, &result);
	if (!err && strcmp(PQcmdStatus(result), "COMMIT") != 0)
		err = CS_ERR_IO;
	if (!err && c->warned) {
		c->lost = true;
		err = CS_ERR_IO;
	}
	PQclear(result);
	return err;
}

static void pg_rollback(struct sql *sql)
{
	struct connection *c = connection_of(sql);

	c->open = false;
	if (c->sent && pg_collect(c, NULL) && c->lost)
		return;
	if (c->lost || PQtransactionStatus(c->pg) == PQTRANS_IDLE)
		return;
	if (!pg_send(c, "ROLLBACK"))
		(void)!pg_collect(c, NULL);
}

/* ---- statements ---- */

static enum cs_err pg_prepare(struct sql_statement *statement, const char *text)
{
	struct connection *c = connection_of(statement->sql);
	char name[16];

	pg_name(statement, name);
	if (c->lost || !PQsendPrepare(c->pg, name, text, 0, NULL))
		return pg_lose(c);
	c->sent++;
	return pg_collect(c, NULL);
}

static void pg_reset(struct sql_statement *statement)
{
	PQclear(statement->handle);
	statement->handle = NULL;
}

static enum cs_err pg_step(struct sql_statement *statement)
{
	if (!statement->started) {
		PGresult *result = NULL;
		enum cs_err err = pg_send_statement(statement);
		if (!err)
			err = pg_collect(connection_of(statement->sql), &result);
		if (err)
			return err;
		statement->handle = result;
		statement->row = -1;
	}
	return ++statement->row < PQntuples(statement->handle) ? CS_OK : CS_ERR_NOT_FOUND;
}

static enum cs_err pg_run(struct sql_statement *statement, int64_t *changed)
{
	PGresult *result = NULL;

	enum cs_err err = pg_send_statement(statement);
	if (!err)
		err = pg_collect(connection_of(statement->sql), &result);
	if (!err && changed)
		*changed = strtoll(PQcmdTuples(result), NULL, 10);
	PQclear(result);
	sql_reset(statement);
	return err;
}

static enum cs_err pg_run_soon(struct sql_statement *statement)
{
	const struct connection *c = connection_of(statement->sql);

	if (!c->open || c->sent >= PG_SENT_MAX)
		return pg_run(statement, NULL);
	enum cs_err err = pg_send_statement(statement);
	sql_reset(statement);
	return err;
}

/* Binary results: integers of 2, 4 or 8 bytes, big-endian. */
static int64_t pg_number(const struct sql_statement *statement, int column)
{
	struct cs_view bytes = sql_bytes(statement, column);
	uint64_t value = bytes.len && bytes.ptr[0] & 0x80 ? UINT64_MAX : 0;

	for (size_t i = 0; i < bytes.len; i++)
		value = value << 8 | bytes.ptr[i];
	return (int64_t)value;
}

static bool pg_is_null(const struct sql_statement *statement, int column)
{
	return PQgetisnull(statement->handle, statement->row, column) != 0;
}

static struct cs_view pg_bytes(const struct sql_statement *statement, int column)
{
	return cs_view((const uint8_t *)PQgetvalue(statement->handle, statement->row, column),
		       (size_t)PQgetlength(statement->handle, statement->row, column));
}

const struct sql_backend sql_postgresql = {
    .dialect = SQL_POSTGRESQL,
    .open = pg_open,
    .close = pg_close,
    .prepare = pg_prepare,
    .finalize = pg_reset,
    .error_text = pg_error_text,
    .lost = pg_lost,
    .version = pg_version,
    .version_set = pg_version_set,
    .expect = pg_expect,
    .alone = pg_alone,
    .execute = pg_execute,
    .copy = pg_copy,
    .begin = pg_begin,
    .commit = pg_commit,
    .rollback = pg_rollback,
    .run = pg_run,
    .run_soon = pg_run_soon,
    .step = pg_step,
    .reset = pg_reset,
    .number = pg_number,
    .is_null = pg_is_null,
    .bytes = pg_bytes,
};
