/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading an audit log.
 */
#include "tools/audit_source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/server_http.h"

/* ---- the server ---- */

/* False where take wants no more. */
static bool page_take(const json_t *page, audit_row_fn *take, void *ctx)
{
	struct audit_row row;
	size_t i;
	json_t *object;

	json_array_foreach(json_object_get(page, "entries"), i, object)
	{
		if (!take(ctx, &row, audit_row_of_json(object, &row))) {
			return false;
		}
	}
	return true;
}

enum cli_status audit_walk_server(const struct cli *cli, audit_row_fn *take, void *ctx)
{
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	char *after = NULL;
	bool more = server != NULL;

	while (more) {
		json_t *page = NULL;
		char *next = NULL;

		status = server_page(server, "/v1/audit", after, &page, &next);
		free(after);
		after = next;
		more = status == CLI_DONE && page_take(page, take, ctx) && after != NULL;
		json_decref(page);
	}
	free(after);
	server_close(server);
	return status;
}

/* ---- the database ---- */

enum cli_status audit_walk_database(const struct cli *cli, const char *path, const char *name,
				    audit_row_fn *take, void *ctx)
{
	enum cli_status status = CLI_DONE;
	sqlite3_stmt *rows = NULL;
	sqlite3 *db = NULL;
	struct audit_row row;
	int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL);

	if (rc == SQLITE_OK) {
		rc = audit_row_prepare(db, &rows);
	}
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(rows);
		if (rc == SQLITE_ROW && !take(ctx, &row, audit_row_of_sqlite(rows, &row))) {
			rc = SQLITE_DONE;
		}
	}
	if (rc != SQLITE_DONE) {
		status = cli_fail(cli, CLI_USAGE, "no_database", "%s: %s; name the daemon's database file",
				  name, db != NULL ? sqlite3_errmsg(db) : "out of memory");
	}
	(void)sqlite3_finalize(rows);
	(void)sqlite3_close(db);
	return status;
}

/* ---- an exported log ---- */

enum cli_status audit_walk_log(const struct cli *cli, const char *path, audit_row_fn *take, void *ctx)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	bool more = true;

	if (file == NULL) {
		return cli_fail(cli, CLI_USAGE, "no_log", "%s: %s; name a log that audit export has written",
				path, strerror(errno));
	}
	while (more && (len = getline(&line, &cap, file)) > 0) {
		struct audit_row row;
		json_t *object;
		const size_t end = line[len - 1] == '\n' ? (size_t)len - 1 : (size_t)len;

		more = take(ctx, &row, audit_row_of_line(cs_view(line, end), &object, &row));
		json_decref(object);
	}
	bool failed = ferror(file) != 0;
	free(line);
	if (fclose(file) != 0 || failed) {
		return cli_fail(cli, CLI_USAGE, "no_log", "%s: it cannot be read", path);
	}
	return CLI_DONE;
}

bool audit_chain_step(void *chain, const struct audit_row *row, const char *fault)
{
	return fault != NULL ? audit_chain_break(chain, fault) : audit_chain_take(chain, row);
}

enum cli_status audit_chain_told(const struct cli *cli, const struct audit_chain *chain)
{
	return cli_fail(cli, CLI_REFUSED, "audit_broken",
			"the audit log was tampered with or damaged: entry %" PRIu64
			": %s; compare it with a backup",
			chain->broken_at, chain->fault);
}
