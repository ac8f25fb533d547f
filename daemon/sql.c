/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What SQL connections have in common: parameters, the table of statements, which backend a place belongs to.
 */
#include "daemon/sql.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/file.h"
#include "daemon/sql_backend.h"

#define SQL_STATEMENT_MAX 8192u

static const struct sql_backend *const sql_backends[] = {
    [SQL_SQLITE] = &sql_sqlite,
    [SQL_POSTGRESQL] = &sql_postgresql,
};

enum sql_dialect sql_dialect_of(const char *where)
{
	static const char scheme[] = "postgresql:";

	return strncmp(where, scheme, sizeof(scheme) - 1) == 0 ? SQL_POSTGRESQL : SQL_SQLITE;
}

enum cs_err sql_create(const char *where)
{
	return sql_dialect_of(where) == SQL_SQLITE ? file_create(where, 0600, CS_VIEW_EMPTY) : CS_OK;
}

enum cs_err sql_open(const char *where, struct sql **out)
{
	const struct sql_backend *backend = sql_backends[sql_dialect_of(where)];
	struct sql *sql = NULL;

	enum cs_err err = backend->open(where, &sql);
	if (err)
		return err;
	sql->backend = backend;
	*out = sql;
	return CS_OK;
}

void sql_close(struct sql *sql)
{
	if (!sql)
		return;
	for (size_t i = 0; i < sql->count; i++)
		sql->backend->finalize(&sql->statements[i]);
	free(sql->statements);
	sql->backend->close(sql);
}

/* The highest n of the parameters $n in text. */
static unsigned sql_parameters(const char *text)
{
	unsigned most = 0;

	for (const char *at = strchr(text, '$'); at; at = strchr(at + 1, '$')) {
		unsigned n = (unsigned)strtoul(at + 1, NULL, 10);
		most = n > most ? n : most;
	}
	return most;
}

enum cs_err sql_prepare(struct sql *sql, const struct sql_text *texts, size_t count)
{
	bool server = sql->backend->dialect == SQL_POSTGRESQL;
	char text[SQL_STATEMENT_MAX];

	sql->statements = calloc(count, sizeof(*sql->statements));
	if (!sql->statements)
		return CS_ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		struct sql_statement *statement = &sql->statements[i];
		int len = snprintf(text, sizeof(text), "%s%s", texts[i].text,
				   server && texts[i].postgresql ? texts[i].postgresql : "");
		statement->sql = sql;
		statement->index = i;
		statement->parameters = sql_parameters(text);
		if (len < 0 || (size_t)len >= sizeof(text) || statement->parameters > SQL_PARAMETERS_MAX)
			return CS_ERR_ARG;
		enum cs_err err = sql->backend->prepare(statement, text);
		if (err)
			return err;
		sql->count = i + 1;
	}
	return CS_OK;
}

enum sql_dialect sql_dialect(const struct sql *sql)
{
	return sql->backend->dialect;
}

const char *sql_error_text(const struct sql *sql)
{
	return sql->backend->error_text(sql);
}

unsigned sql_wait_at_most(struct sql *sql, unsigned milliseconds)
{
	const unsigned before = sql->wait_ms;

	sql->wait_ms = milliseconds;
	return before;
}

bool sql_lost(const struct sql *sql)
{
	return sql->outdated || sql->backend->lost(sql);
}

bool sql_broken(const struct sql *sql)
{
	return sql->broken;
}

enum cs_err sql_version(struct sql *sql, int64_t *out)
{
	return sql->backend->version(sql, out);
}

enum cs_err sql_version_set(struct sql *sql, int64_t version)
{
	return sql->backend->version_set(sql, version);
}

enum cs_err sql_expect(struct sql *sql, int64_t version)
{
	return sql->backend->expect(sql, version);
}

enum cs_err sql_alone(struct sql *sql)
{
	return sql->backend->alone(sql);
}

enum cs_err sql_execute(struct sql *sql, const char *text)
{
	return sql->backend->execute(sql, text);
}

enum cs_err sql_copy(struct sql *sql, const char *path)
{
	return sql->backend->copy(sql, path);
}

enum cs_err sql_begin(struct sql *sql)
{
	sql->broken = false;
	return sql->backend->begin(sql);
}

enum cs_err sql_commit(struct sql *sql)
{
	return sql->backend->commit(sql);
}

void sql_rollback(struct sql *sql)
{
	sql->backend->rollback(sql);
}

/* ---- statements ---- */

struct sql_statement *sql_statement(struct sql *sql, size_t index)
{
	struct sql_statement *statement = &sql->statements[index];

	if (statement->started)
		sql_reset(statement);
	memset(statement->values, 0, statement->parameters * sizeof(statement->values[0]));
	return statement;
}

static void sql_bind(struct sql_statement *statement, unsigned n, struct sql_value value)
{
	assert(n >= 1 && n <= statement->parameters && !statement->started);
	statement->values[n - 1] = value;
}

void sql_bind_number(struct sql_statement *statement, unsigned n, int64_t value)
{
	sql_bind(statement, n, (struct sql_value){.type = SQL_NUMBER, .number = value});
}

void sql_bind_text(struct sql_statement *statement, unsigned n, const char *text)
{
	sql_bind(statement, n, (struct sql_value){.type = SQL_TEXT, .bytes = cs_view_string(text)});
}

void sql_bind_bytes(struct sql_statement *statement, unsigned n, struct cs_view bytes)
{
	sql_bind(statement, n, (struct sql_value){.type = SQL_BYTES, .bytes = bytes});
}

enum cs_err sql_run(struct sql_statement *statement, int64_t *changed)
{
	return statement->sql->backend->run(statement, changed);
}

enum cs_err sql_run_soon(struct sql_statement *statement)
{
	return statement->sql->backend->run_soon(statement);
}

enum cs_err sql_step(struct sql_statement *statement)
{
	enum cs_err err = statement->sql->backend->step(statement);

	if (err)
		sql_reset(statement);
	return err;
}

void sql_reset(struct sql_statement *statement)
{
	statement->sql->backend->reset(statement);
	statement->started = false;
}

int64_t sql_number(const struct sql_statement *statement, int column)
{
	return statement->sql->backend->number(statement, column);
}

bool sql_is_null(const struct sql_statement *statement, int column)
{
	return statement->sql->backend->is_null(statement, column);
}

struct cs_view sql_bytes(const struct sql_statement *statement, int column)
{
	return statement->sql->backend->bytes(statement, column);
}

void sql_copy_text(const struct sql_statement *statement, int column, char *out, size_t cap)
{
	struct cs_view text = sql_bytes(statement, column);
	size_t len = text.len < cap ? text.len : cap - 1;

	if (len)
		memcpy(out, text.ptr, len);
	out[len] = '\0';
}
