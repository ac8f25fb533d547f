/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pg_restore's script, run by ourselves: its own --single-transaction ends before the audit log has been
 * looked at, and has no room for the entry that tells of the restore. What psql alone understands is left
 * out, and not obeyed.
 */
#include "tools/backup_script.h"

#include <stdlib.h>
#include <string.h>

struct script {
	PGconn *pg;
	FILE *file;
	char *line; /* the last one read, len bytes with its newline */
	size_t cap;
	ssize_t len;
};

static bool script_next(struct script *script)
{
	script->len = getline(&script->line, &script->cap, script->file);
	return script->len > 0;
}

static bool line_begins(const struct script *script, const char *with)
{
	return strncmp(script->line, with, strlen(with)) == 0;
}

/* A line that makes a schema that the database has: public, as a rule, or what was made for the account. */
static bool schema_is_there(struct script *script)
{
	static const char make[] = "CREATE SCHEMA ";
	const size_t begin = sizeof make - 1;

	if (!line_begins(script, make) || (size_t)script->len < begin + sizeof ";\n" ||
	    strcmp(script->line + script->len - 2, ";\n") != 0) {
		return false;
	}
	char *name = strndup(script->line + begin, (size_t)script->len - begin - 2);
	const char *const values[] = {name};
	PGresult *result = PQexecParams(script->pg, "SELECT 1 WHERE to_regnamespace($1) IS NOT NULL", 1, NULL,
					values, NULL, NULL, 0);
	bool there = name != NULL && PQntuples(result) == 1;
	PQclear(result);
	free(name);
	return there;
}

/* \restrict and \unrestrict are psql's. The setting is one that servers before 17 do not know, and pg_restore
 * 17 sets for any. */
static bool line_is_dropped(struct script *script)
{
	return line_begins(script, "\\") ||
	       (line_begins(script, "SET transaction_timeout ") && PQserverVersion(script->pg) < 170000) ||
	       schema_is_there(script);
}

static bool line_ends_copy(const struct script *script)
{
	return strcmp(script->line, "\\.\n") == 0;
}

static bool line_is_copy(const struct script *script)
{
	static const char end[] = " FROM stdin;\n";
	const size_t len = sizeof end - 1;

	return line_begins(script, "COPY ") && (size_t)script->len > len &&
	       strcmp(script->line + script->len - len, end) == 0;
}

/* Statements up to the rows of the next table, or to the end. *copy: rows follow. */
static bool script_statements(struct script *script, bool *copy)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool done = out != NULL;

	*copy = false;
	while (done && !*copy && script_next(script)) {
		*copy = line_is_copy(script);
		if (!line_is_dropped(script)) {
			done = fputs(script->line, out) >= 0;
		}
	}
	if (out != NULL && fclose(out) != 0) {
		done = false;
	}
	if (done) {
		PGresult *result = PQexec(script->pg, text);
		const ExecStatusType status = PQresultStatus(result);

		done = *copy ? status == PGRES_COPY_IN
			     : status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
				   status == PGRES_EMPTY_QUERY;
		PQclear(result);
	}
	free(text);
	return done;
}

/* What the server says of the rows. Where libpq could not even tell it that they end, it goes on waiting for
 * more, and says so as often as it is asked. */
static bool rows_taken(PGconn *pg)
{
	bool done = true, waits = false;
	PGresult *result;

	while (!waits && (result = PQgetResult(pg)) != NULL) {
		waits = PQresultStatus(result) == PGRES_COPY_IN;
		done = done && PQresultStatus(result) == PGRES_COMMAND_OK;
		PQclear(result);
	}
	return done;
}

/* A script that ends among the rows is cut off. */
static bool script_rows(struct script *script)
{
	bool whole = false, done = true;

	while (done && !whole && script_next(script)) {
		whole = line_ends_copy(script);
		done = whole || PQputCopyData(script->pg, script->line, (int)script->len) == 1;
	}
	done = PQputCopyEnd(script->pg, whole ? NULL : "the copy ends here") == 1 && done && whole;
	return rows_taken(script->pg) && done;
}

bool backup_script_run(PGconn *pg, FILE *file)
{
	struct script script = {.pg = pg, .file = file};
	bool copy = true, done = true;

	while (done && copy) {
		done = script_statements(&script, &copy) && (!copy || script_rows(&script));
	}
	free(script.line);
	return done;
}
