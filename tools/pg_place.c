/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reaching the daemon's database on a PostgreSQL server.
 */
#include "tools/pg_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char scheme[] = "postgresql:", uri[] = "postgresql://";

bool pg_place_is(const char *place)
{
	return strncmp(place, scheme, sizeof scheme - 1) == 0;
}

/* libpq's URI as it is; what follows postgresql: else. */
static const char *place_string(const char *place)
{
	return strncmp(place, uri, sizeof uri - 1) == 0 ? place : place + sizeof scheme - 1;
}

static bool option_is_secret(const PQconninfoOption *option)
{
	return option->val != NULL && option->val[0] != '\0' && strchr(option->dispchar, '*') != NULL;
}

/* What is wrong with a place; NULL: nothing. Of user:pass@word@host libpq makes a host word@host, of a
 * password with a slash a database: no part of a place is repeated. */
static const char *place_fault(const char *place)
{
	static const char *const never[] = {"host", "port", "dbname"};
	PQconninfoOption *options = PQconninfoParse(place_string(place), NULL);
	const char *fault =
	    options == NULL ? "it cannot be read as libpq's keywords and values or its URI" : NULL;

	for (const PQconninfoOption *option = options; option != NULL && option->keyword != NULL; option++) {
		if (option_is_secret(option)) {
			fault = "a password on a command line can be read by everybody on this machine: "
				"change it, "
				"and leave it to PGPASSFILE, PGSERVICE or PGPASSWORD";
		}
		for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
			if (fault == NULL && strcmp(option->keyword, never[i]) == 0 && option->val != NULL &&
			    strchr(option->val, '@') != NULL) {
				fault = "it cannot be read as it was meant";
			}
		}
	}
	PQconninfoFree(options);
	return fault;
}

PGconn *pg_place_open(const struct cli *cli, const char *place, char name[PG_NAME_MAX],
		      enum cli_status *status)
{
	const char *const keywords[] = {"application_name", "connect_timeout", "target_session_attrs",
					"dbname",	    "client_encoding", NULL};
	const char *const values[] = {"countersign", "15", "read-write", place_string(place), "UTF8", NULL};
	const char *fault = place_fault(place);

	(void)snprintf(name, PG_NAME_MAX, "the PostgreSQL database");
	*status = CLI_DONE;
	if (fault != NULL) {
		*status = cli_fail(cli, CLI_USAGE, "no_database", "%s: %s", name, fault);
		return NULL;
	}
	PGconn *pg = PQconnectdbParams(keywords, values, 1);
	if (PQstatus(pg) == CONNECTION_OK) {
		(void)snprintf(name, PG_NAME_MAX, "the PostgreSQL database %s", PQdb(pg));
		return pg;
	}
	const char *said = PQerrorMessage(pg);
	*status = cli_fail(cli, CLI_UNREACHABLE, "no_answer", "%s: it is not reached: %.*s", name,
			   (int)strcspn(said, "\n"), said);
	PQfinish(pg);
	return NULL;
}

/* keyword='value', as libpq reads it. */
static void option_write(FILE *out, const PQconninfoOption *option)
{
	(void)fprintf(out, " %s='", option->keyword);
	for (const char *c = option->val; *c != '\0'; c++) {
		if (*c == '\'' || *c == '\\') {
			(void)putc('\\', out);
		}
		(void)putc(*c, out);
	}
	(void)putc('\'', out);
}

/* All that holds for the connection, wherever it came from, so that the programs need not look there; a
 * service would bring its password again. */
char *pg_place_string(PGconn *pg)
{
	PQconninfoOption *options = PQconninfo(pg);
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool good = options != NULL && out != NULL;

	for (const PQconninfoOption *option = options; good && option->keyword != NULL; option++) {
		if (option_is_secret(option)) {
			good = option->envvar == NULL || setenv(option->envvar, option->val, 1) == 0;
		} else if (option->val != NULL && option->val[0] != '\0' &&
			   strncmp(option->keyword, "service", 7) != 0 &&
			   strcmp(option->keyword, "client_encoding") != 0) {
			option_write(out, option);
		}
	}
	PQconninfoFree(options);
	if (out != NULL && fclose(out) != 0) {
		good = false;
	}
	if (!good) {
		free(text);
		return NULL;
	}
	return text;
}

bool pg_run(PGconn *pg, const char *text)
{
	PGresult *result = PQexec(pg, text);
	ExecStatusType status = PQresultStatus(result);

	PQclear(result);
	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

bool pg_ask(PGconn *pg, const char *query, char out[PG_TEXT_MAX])
{
	PGresult *result = PQexec(pg, query);
	bool done = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1;

	if (done) {
		(void)snprintf(out, PG_TEXT_MAX, "%s", PQgetvalue(result, 0, 0));
	}
	PQclear(result);
	return done;
}

enum cli_status pg_fail(const struct cli *cli, const PGconn *pg, const char *name, const char *doing)
{
	const char *said = PQerrorMessage(pg);

	return cli_fail(cli, CLI_USAGE, "no_database", "%s: %s: %.*s", name, doing, (int)strcspn(said, "\n"),
			said);
}
