/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The audit log in a PostgreSQL database: read through a cursor, in the server's binary form; one entry more.
 */
#include "tools/audit_postgresql.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/audit_source.h"
#include "tools/pg_place.h"

#define ROWS_COLUMNS                                                                                         \
	"sequence, time_ms, actor, action, \"user\", token, result, reason, address, detail, previous, hash"
#define ROWS_TEXTS    2 /* the number of the first text's column */
#define ROWS_PREVIOUS 10
#define ROWS_HASH     11
#define ROWS_FORMAT   12
#define ROWS_SALT     13
#define ROWS_COMMIT   14

/* Newer schemas have more columns, and rows of older ones are of format 1. */
static bool rows_open(PGconn *pg)
{
	char newer[PG_TEXT_MAX];

	return pg_ask(pg,
		      "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('audit')"
		      " AND attname = 'commitment'",
		      newer) &&
	       pg_run(pg, strcmp(newer, "0") != 0
			      ? "DECLARE audit_rows NO SCROLL CURSOR FOR SELECT " ROWS_COLUMNS
				", format, salt, commitment FROM audit ORDER BY sequence"
			      : "DECLARE audit_rows NO SCROLL CURSOR FOR SELECT " ROWS_COLUMNS
				", 1::bigint, NULL::bytea, NULL::bytea FROM audit ORDER BY sequence");
}

static struct cs_view column_bytes(const PGresult *rows, int row, int column)
{
	return PQgetisnull(rows, row, column)
		   ? cs_view(NULL, 0)
		   : cs_view(PQgetvalue(rows, row, column), (size_t)PQgetlength(rows, row, column));
}

/* A BIGINT: eight bytes, the highest first. */
static uint64_t column_number(const PGresult *rows, int row, int column)
{
	struct cs_view bytes = column_bytes(rows, row, column);
	uint64_t number = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		number = number << 8 | bytes.ptr[i];
	}
	return number;
}

static const char *row_read(const PGresult *rows, int row, struct audit_row *out)
{
	struct audit_columns columns = {
	    .sequence = column_number(rows, row, 0),
	    .time_ms = column_number(rows, row, 1),
	    .format = (unsigned)column_number(rows, row, ROWS_FORMAT),
	    .previous = column_bytes(rows, row, ROWS_PREVIOUS),
	    .hash = column_bytes(rows, row, ROWS_HASH),
	    .salt = column_bytes(rows, row, ROWS_SALT),
	    .commitment = column_bytes(rows, row, ROWS_COMMIT),
	};

	for (int i = 0; i < (int)CS_AUDIT_TEXTS; i++) {
		columns.texts[i] = column_bytes(rows, row, ROWS_TEXTS + i);
	}
	return audit_row_of_columns(&columns, out);
}

/* The next thousand. False: the walk has ended, or the server has failed (*failed). */
static bool rows_step(PGconn *pg, struct audit_chain *chain, bool *failed)
{
	PGresult *rows =
	    PQexecParams(pg, "FETCH 1000 FROM audit_rows", 0, NULL, NULL, NULL, NULL, /* binary: */ 1);
	const int count = PQntuples(rows);
	bool more = count > 0;
	struct audit_row row;

	*failed = PQresultStatus(rows) != PGRES_TUPLES_OK;
	for (int i = 0; more && i < count; i++) {
		const char *fault = row_read(rows, i, &row);
		more = audit_chain_step(chain, &row, fault);
	}
	PQclear(rows);
	return more;
}

enum cli_status audit_check_postgresql(const struct cli *cli, PGconn *pg, const char *name,
				       struct audit_sum *out)
{
	struct audit_chain chain = {.checkpoints = NULL};
	bool failed = !rows_open(pg);

	while (!failed && rows_step(pg, &chain, &failed))
		;
	if (failed) {
		return pg_fail(cli, pg, name, "its audit log cannot be read");
	}
	if (!pg_run(pg, "CLOSE audit_rows")) {
		return pg_fail(cli, pg, name, "its audit log cannot be read");
	}
	return audit_sum_chain(cli, &chain, out);
}

static bool entry_insert(PGconn *pg, const struct cs_audit_entry *entry,
			 const uint8_t hash[CS_AUDIT_HASH_LEN])
{
	static const char query[] =
	    "INSERT INTO audit (" ROWS_COLUMNS ") VALUES ($1::bigint, $2::bigint, $3, $4,"
	    " '', '', $5, '', '', $6, $7::bytea, $8::bytea)";
	const struct cs_view texts[] = {entry->actor,
					entry->action,
					entry->result,
					entry->detail,
					cs_view(entry->previous, CS_AUDIT_HASH_LEN),
					cs_view(hash, CS_AUDIT_HASH_LEN)};
	char numbers[2][24];
	const char *values[8] = {numbers[0], numbers[1]};
	int lengths[8] = {0}, formats[8] = {0};

	(void)snprintf(numbers[0], sizeof numbers[0], "%" PRIu64, entry->sequence);
	(void)snprintf(numbers[1], sizeof numbers[1], "%" PRIu64, entry->time_ms);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		values[2 + i] = (const char *)texts[i].ptr;
		lengths[2 + i] = (int)texts[i].len;
		formats[2 + i] = 1; /* its bytes */
	}
	PGresult *result = PQexecParams(pg, query, 8, NULL, values, lengths, formats, 0);
	bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
	PQclear(result);
	return done;
}

enum cli_status audit_append_postgresql(const struct cli *cli, PGconn *pg, const char *name,
					const char *action, const char *detail, struct audit_sum *sum)
{
	struct cs_audit_entry entry;
	uint8_t hash[CS_AUDIT_HASH_LEN];

	if (!audit_sum_entry(sum, action, detail, &entry, hash) || !entry_insert(pg, &entry, hash)) {
		return pg_fail(cli, pg, name, "its audit log takes no entry");
	}
	audit_sum_add(sum, hash);
	return CLI_DONE;
}
