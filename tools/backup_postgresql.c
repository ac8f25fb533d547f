/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Backup and restore of a PostgreSQL database. A backup is what pg_dump writes (custom format) of a snapshot,
 * and the chain of the audit log is hashed in that same snapshot. A restore is one transaction: pg_restore's
 * script, the check of the chain, the entry that tells of it.
 */
#include "tools/backup_postgresql.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/audit_postgresql.h"
#include "tools/backup_script.h"
#include "tools/program.h"

/* What begins a file of pg_dump's custom format. */
static const char magic[] = {'P', 'G', 'D', 'M', 'P'};

/* What a server, a database or an account has set must not end what takes as long as it takes. Servers before
 * 17 have no transaction_timeout. */
#define TIMEOUTS_OFF                                                                                         \
	"SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0;"      \
	" SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'"

/* ---- PostgreSQL's programs ---- */

static enum cli_status tool_missing(const struct cli *cli, const char *tool, int fault)
{
	return cli_fail(cli, CLI_USAGE, "no_program",
			"%s does not run: %s; install the package postgresql-client", tool,
			fault == ENOENT ? "it is not in PATH" : strerror(fault));
}

/* Runs one of them to its end. *ended: with status 0; else said is what it complained of. */
static enum cli_status tool_run(const struct cli *cli, const char *const arguments[], bool *ended,
				char said[PROGRAM_SAID_MAX])
{
	struct program program;
	const int fault = program_start(&program, arguments);

	if (fault != 0) {
		return tool_missing(cli, arguments[0], fault);
	}
	*ended = program_end(&program, true, said);
	return CLI_DONE;
}

/* pg_dump saves no database of a server that is newer than itself. */
static enum cli_status dump_check_version(const struct cli *cli, const PGconn *pg)
{
	static const char *const arguments[] = {"pg_dump", "--version", NULL};
	const int server = PQserverVersion(pg) / 10000;
	char line[128], *number;
	struct program program;
	const int fault = program_start(&program, arguments);

	if (fault != 0) {
		return tool_missing(cli, arguments[0], fault);
	}
	number = fgets(line, sizeof line, program.out) != NULL ? strpbrk(line, "0123456789") : NULL;
	(void)program_end(&program, true, NULL);
	if (number == NULL) {
		return tool_missing(cli, arguments[0], ENOEXEC);
	}
	const long release = strtol(number, NULL, 10);
	if (release < server) {
		return cli_fail(
		    cli, CLI_USAGE, "no_program",
		    "pg_dump is of version %ld, older than the server, which is of %d; install the package "
		    "postgresql-client-%d",
		    release, server, server);
	}
	return CLI_DONE;
}

/* Has pg_restore read the whole archive. */
static enum cli_status archive_check(const struct cli *cli, const char *path, const char *name)
{
	const char *const arguments[] = {"pg_restore", "--format=custom", "--file=/dev/null", "--", path,
					 NULL};
	char said[PROGRAM_SAID_MAX], head[sizeof magic];
	bool ended = false;
	FILE *file = fopen(path, "re");

	if (file == NULL) {
		return cli_fail(cli, CLI_USAGE, "no_database",
				"%s: %s; name a copy that server backup has made", name, strerror(errno));
	}
	const bool archive =
	    fread(head, 1, sizeof head, file) == sizeof head && memcmp(head, magic, sizeof head) == 0;
	(void)fclose(file);
	if (!archive) {
		return cli_fail(
		    cli, CLI_USAGE, "no_database",
		    "%s: it is no copy of a PostgreSQL database; name one that server backup has made", name);
	}
	enum cli_status status = tool_run(cli, arguments, &ended, said);
	if (status == CLI_DONE && !ended) {
		status = strstr(said, "unsupported version") != NULL
			     ? cli_fail(cli, CLI_USAGE, "no_program",
					"%s: %s; install the package postgresql-client of the release that "
					"made it, or of a newer one",
					name, said)
			     : cli_fail(cli, CLI_REFUSED, "bad_database",
					"%s: it is damaged: %s; take an older copy", name, said);
	}
	return status;
}

static enum cli_status check_ours(const struct cli *cli, PGconn *pg, const char *name)
{
	char ours[PG_TEXT_MAX];

	if (!pg_ask(pg,
		    "SELECT (to_regclass('schema_version') IS NOT NULL AND to_regclass('audit') IS NOT "
		    "NULL)::int",
		    ours)) {
		return pg_fail(cli, pg, name, "it cannot be read");
	}
	return strcmp(ours, "1") == 0 ? CLI_DONE
				      : cli_fail(cli, CLI_REFUSED, "bad_database",
						 "%s: it is not a database of countersignd", name);
}

/* ---- backup ---- */

/* Nothing that this reads, and nothing that pg_dump does, is later than the snapshot. */
static enum cli_status snapshot_open(const struct cli *cli, PGconn *pg, const char *name,
				     char snapshot[PG_TEXT_MAX])
{
	if (!pg_run(pg, TIMEOUTS_OFF) ||
	    !pg_run(pg, "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY") ||
	    !pg_ask(pg, "SELECT pg_export_snapshot()", snapshot)) {
		return pg_fail(cli, pg, name, "it cannot be read");
	}
	return check_ours(cli, pg, name);
}

/* The daemon's schema alone: what else a server's administrator has put into the database (extensions) could
 * not be put back by the daemon's account. */
static enum cli_status dump_run(const struct cli *cli, PGconn *pg, const char *name, const char *snapshot,
				const char *part)
{
	static const char ours[] =
	    "SELECT quote_ident(nspname) FROM pg_namespace WHERE oid ="
	    " (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('schema_version'))";
	char schema[PG_TEXT_MAX];
	char said[PROGRAM_SAID_MAX], *where = pg_place_string(pg), *database = NULL, *file = NULL,
				     *seen = NULL, *only = NULL;
	enum cli_status status = CLI_USAGE;
	bool ended = false;

	if (!pg_ask(pg, ours, schema)) {
		status = pg_fail(cli, pg, name, "it cannot be read");
	} else if (where == NULL || asprintf(&database, "--dbname=%s", where) < 0 ||
		   asprintf(&file, "--file=%s", part) < 0 || asprintf(&seen, "--snapshot=%s", snapshot) < 0 ||
		   asprintf(&only, "--schema=%s", schema) < 0) {
		status = cli_fail_err(cli, CS_ERR_MEMORY, "copy the database");
	} else {
		const char *const arguments[] = {
		    "pg_dump", "--format=custom", "--no-password", seen, only, file, database, NULL};

		status = tool_run(cli, arguments, &ended, said);
	}
	if (status == CLI_DONE && !ended) {
		status = cli_fail(cli, CLI_USAGE, "copy_failed", "%s: %s; nothing was left of the copy", name,
				  said);
	}
	free(where);
	free(database);
	free(file);
	free(seen);
	free(only);
	return status;
}

enum cli_status backup_postgresql(const struct cli *cli, const char *place, const char *part,
				  struct audit_sum *sum)
{
	char name[PG_NAME_MAX], snapshot[PG_TEXT_MAX];
	enum cli_status status;
	PGconn *pg = pg_place_open(cli, place, name, &status);

	if (pg == NULL) {
		return status;
	}
	status = dump_check_version(cli, pg);
	if (status == CLI_DONE) {
		status = snapshot_open(cli, pg, name, snapshot);
	}
	if (status == CLI_DONE) {
		status = dump_run(cli, pg, name, snapshot, part);
	}
	if (status == CLI_DONE) {
		status = audit_check_postgresql(cli, pg, name, sum);
	}
	PQfinish(pg);
	return status != CLI_DONE ? status : archive_check(cli, part, "the copy");
}

/* ---- restore ---- */

/* A transaction that finds nothing in the database, and nobody at work there. */
static enum cli_status place_claim(const struct cli *cli, PGconn *pg, const char *name)
{
	static const char things[] =
	    "SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
	    " WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS"
	    " (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = "
	    "'e')";
	static const char others[] = "SELECT count(*) FROM pg_stat_activity WHERE datname = "
				     "current_database() AND pid <> pg_backend_pid()"
				     " AND (usename = current_user OR application_name = 'countersignd')";
	char count[PG_TEXT_MAX];

	if (!pg_run(pg, TIMEOUTS_OFF) || !pg_run(pg, "BEGIN") || !pg_ask(pg, things, count)) {
		return pg_fail(cli, pg, name, "it cannot be read");
	}
	if (strcmp(count, "0") != 0) {
		return cli_fail(cli, CLI_USAGE, "exists",
				"%s: tables are there already, and are not replaced; name an empty database",
				name);
	}
	if (!pg_ask(pg, others, count)) {
		return pg_fail(cli, pg, name, "it cannot be read");
	}
	if (strcmp(count, "0") != 0) {
		return cli_fail(cli, CLI_USAGE, "in_use",
				"%s: %s more sessions of its user, or of a daemon, are open; stop the "
				"daemons on it first",
				name, count);
	}
	return CLI_DONE;
}

static enum cli_status script_run(const struct cli *cli, PGconn *pg, const char *name, const char *copy)
{
	const char *const arguments[] = {"pg_restore",
					 "--format=custom",
					 "--no-owner",
					 "--no-privileges",
					 "--no-comments",
					 "--no-tablespaces",
					 "--no-publications",
					 "--no-security-labels",
					 "--file=-",
					 "--",
					 copy,
					 NULL};
	char said[PROGRAM_SAID_MAX];
	struct program program;
	const int fault = program_start(&program, arguments);

	if (fault != 0) {
		return tool_missing(cli, arguments[0], fault);
	}
	const bool taken = backup_script_run(pg, program.out);
	const bool whole = program_end(&program, taken, said);
	if (!taken) {
		return pg_fail(cli, pg, name, "it does not take the copy, and is left empty");
	}
	return whole ? CLI_DONE
		     : cli_fail(cli, CLI_USAGE, "copy_failed", "%s: %s; %s is left empty", copy, said, name);
}

static void warning_keep(void *warning, const PGresult *result)
{
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *said = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (severity != NULL && strcmp(severity, "WARNING") == 0) {
		(void)snprintf(warning, PG_TEXT_MAX, "%s", said != NULL ? said : "it warns");
	}
}

/* It is looked at as the daemon looks at its own commits (daemon/sql_postgresql.c): a transaction that had
 * failed answers ROLLBACK, and a warning is the server's word that it no longer waits for the standby. */
static enum cli_status restore_commit(const struct cli *cli, PGconn *pg, const char *name)
{
	char warning[PG_TEXT_MAX] = "";
	PQnoticeReceiver before = PQsetNoticeReceiver(pg, warning_keep, warning);
	PGresult *result = PQexec(pg, "COMMIT");
	const bool answered = PQresultStatus(result) == PGRES_COMMAND_OK;
	const bool done = answered && strcmp(PQcmdStatus(result), "COMMIT") == 0;

	PQclear(result);
	(void)PQsetNoticeReceiver(pg, before, NULL);
	if (!answered) {
		return pg_fail(cli, pg, name, "whether it has the copy now is not known, look there");
	}
	if (!done) {
		return cli_fail(cli, CLI_USAGE, "no_database",
				"%s: the server rolled it back; it is left empty", name);
	}
	return warning[0] == '\0'
		   ? CLI_DONE
		   : cli_fail(cli, CLI_USAGE, "no_database",
			      "%s: whether it has the copy for good is not known, look there: %s", name,
			      warning);
}

/* What a restore has to say for good, as server_backup.c has it for a file, and the end of it. The script has
 * a search_path of its own; warnings are what restore_commit listens to. */
static enum cli_status restore_end(const struct cli *cli, PGconn *pg, const char *name, struct audit_sum *sum)
{
	static const char settings[] =
	    "RESET ALL; " TIMEOUTS_OFF "; SET client_min_messages = warning;"
	    " SELECT set_config('synchronous_commit', 'on', false)"
	    " WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')";
	char detail[64]; /* as long as the daemon reads them */
	enum cli_status status = CLI_DONE;

	if (!pg_run(pg, settings)) {
		status = pg_fail(cli, pg, name, "it is left empty");
	}
	if (status == CLI_DONE) {
		status = check_ours(cli, pg, name);
	}
	if (status == CLI_DONE) {
		status = audit_check_postgresql(cli, pg, name, sum);
	}
	if (status == CLI_DONE) {
		(void)snprintf(detail, sizeof detail, "from a copy that ends with entry %" PRIu64, sum->last);
		status = audit_append_postgresql(cli, pg, name, "restored", detail, sum);
	}
	return status == CLI_DONE ? restore_commit(cli, pg, name) : status;
}

enum cli_status restore_postgresql(const struct cli *cli, const char *copy, const char *place,
				   char name[PG_NAME_MAX], struct audit_sum *sum)
{
	enum cli_status status = archive_check(cli, copy, copy);
	PGconn *pg = status == CLI_DONE ? pg_place_open(cli, place, name, &status) : NULL;

	if (pg == NULL) {
		return status;
	}
	status = place_claim(cli, pg, name);
	if (status == CLI_DONE) {
		status = script_run(cli, pg, name, copy);
	}
	if (status == CLI_DONE) {
		status = restore_end(cli, pg, name, sum);
	}
	PQfinish(pg);
	return status;
}
