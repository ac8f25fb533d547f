/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pg_restore's script against a libpq that is the test's own: which lines a server gets, and an end when
 * libpq cannot even say that the rows end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tools/backup_script.h"

/* ---- libpq ---- */

struct pg_conn {
	int version;
	bool deaf; /* takes no end of rows */
	char ran[512];
	unsigned asked;
};

struct pg_result {
	ExecStatusType status;
};

static PGresult copying = {PGRES_COPY_IN}, finished = {PGRES_COMMAND_OK};

PGresult *PQexec(PGconn *pg, const char *query)
{
	(void)snprintf(pg->ran, sizeof pg->ran, "%s", query);
	return strstr(query, "COPY ") != NULL ? &copying : &finished;
}

PGresult *PQexecParams(PGconn *pg, const char *command, int count, const Oid *types,
		       const char *const *values, const int *lengths, const int *formats, int format)
{
	(void)command, (void)count, (void)types, (void)values, (void)lengths, (void)formats, (void)format;
	(void)pg;
	return &finished;
}

int PQntuples(const PGresult *result)
{
	(void)result;
	return 0;
}

int PQserverVersion(const PGconn *pg)
{
	return pg->version;
}

ExecStatusType PQresultStatus(const PGresult *result)
{
	return result->status;
}

void PQclear(PGresult *result)
{
	(void)result;
}

int PQputCopyData(PGconn *pg, const char *buffer, int len)
{
	(void)pg, (void)buffer, (void)len;
	return 1;
}

int PQputCopyEnd(PGconn *pg, const char *fault)
{
	(void)fault;
	return pg->deaf ? -1 : 1;
}

/* As libpq has it: a connection that waits for rows says so each time. */
PGresult *PQgetResult(PGconn *pg)
{
	assert_true(++pg->asked < 10);
	if (pg->deaf) {
		return &copying;
	}
	return pg->asked == 1 ? &finished : NULL;
}

/* ---- tests ---- */

static bool script_runs(PGconn *pg, const char *text)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	rewind(file);
	bool done = backup_script_run(pg, file);
	(void)fclose(file);
	return done;
}

#define ROWS "COPY public.audit (a) FROM stdin;\n1\n\\.\n"

static void rows_are_taken_up_to_their_end(void **state)
{
	PGconn pg = {.version = 150000};

	(void)state;
	assert_true(script_runs(&pg, ROWS));
	assert_int_equal(pg.asked, 2);
}

static void rows_whose_end_cannot_be_told_are_a_failure_and_no_loop(void **state)
{
	PGconn pg = {.version = 150000, .deaf = true};

	(void)state;
	assert_false(script_runs(&pg, ROWS));
	assert_int_equal(pg.asked, 1);
}

static void a_setting_is_left_out_where_the_server_does_not_know_it(void **state)
{
	static const char script[] = "\\restrict x\nSET transaction_timeout = 0;\nSET row_security = off;\n";
	PGconn old = {.version = 160009}, newer = {.version = 170000};

	(void)state;
	assert_true(script_runs(&old, script));
	assert_string_equal(old.ran, "SET row_security = off;\n");
	assert_true(script_runs(&newer, script));
	assert_string_equal(newer.ran, "SET transaction_timeout = 0;\nSET row_security = off;\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_are_taken_up_to_their_end),
	    cmocka_unit_test(rows_whose_end_cannot_be_told_are_a_failure_and_no_loop),
	    cmocka_unit_test(a_setting_is_left_out_where_the_server_does_not_know_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
