/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the keeper's statements look at in either database: no more for a million tokens than for a thousand.
 * One that walks a table keeps every verification waiting until it is through.
 *
 * PostgreSQL is asked for the plan that serves whatever the parameters are, and told to walk a table only
 * where it has no other way; a whole index that it reads instead is walked as well.
 */
#include "daemon/db_sql.h"
#include "tests/unit/keeper_world.h"

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))

/* What there are more of with every user, token, login or day; under the names that statements give them. */
static const char *const growing[] = {
    "alias",  "audit", "challenge",  "checkpoint", "report", "c",     "kept", "known", "login_nonce",	  "o",
    "outbox", "s",     "spent_seed", "stock",	   "t",	     "token", "u",    "user",  "user_certificate"};

/* An index by which nearly all rows of a table are one. */
static const char *const no_help[] = {"token_kind (state=?)", "token_kind (state=? AND type=?)", "AUTOMATIC"};

static const struct {
	enum db_sql statement;
	const char *why;
} may_walk[] = {
    {DB_SQL_AUDIT_HEAD, "by its number, from the end: one row"},
    {DB_SQL_CHECKPOINT_LAST, "the same"},
    {DB_SQL_CHECKPOINT_HELD, "as many as are asked for, by an index of those not exported yet"},
    {DB_SQL_OUTBOX_FIGURES, "an outbox holds what is not delivered yet, and what is dead for a time"},
    {DB_SQL_USER_MESSAGES_REMOVE, "an outbox, when a user is deleted"},
};

/* Why it may; NULL: it may not. */
static const char *excuse(enum db_sql statement)
{
	for (size_t i = 0; i < ROWS(may_walk); i++)
		if (may_walk[i].statement == statement)
			return may_walk[i].why;
	return NULL;
}

static bool grows(const char *name, size_t len)
{
	for (size_t i = 0; i < ROWS(growing); i++)
		if (strlen(growing[i]) == len && memcmp(growing[i], name, len) == 0)
			return true;
	return false;
}

/* ---- SQLite ---- */

static bool walks(const char *step)
{
	if (strncmp(step, "SCAN ", 5) == 0 && grows(step + 5, strcspn(step + 5, " ")))
		return true;
	for (size_t i = 0; i < ROWS(no_help); i++)
		if (strstr(step, no_help[i]))
			return true;
	return false;
}

/* The next step of a plan; false: there is none. */
static bool step_next(struct sql_statement *s, int column, char *step, size_t size)
{
	enum cs_err err = sql_step(s);

	if (err == CS_OK)
		sql_copy_text(s, column, step, size);
	else
		assert_int_equal(err, CS_ERR_NOT_FOUND);
	return err == CS_OK;
}

/* The first step of a statement that walks; false: none does. */
static bool walking_step(struct sql *sql, enum db_sql statement, char *step, size_t size)
{
	static char text[8192];
	const struct sql_text explain = {text, NULL};
	bool found = false;

	(void)snprintf(text, sizeof(text), "EXPLAIN QUERY PLAN %s", db_sql_text[statement].text);
	assert_int_equal(sql_prepare(sql, &explain, 1), CS_OK);
	struct sql_statement *s = sql_statement(sql, 0);
	while (!found && step_next(s, 3, step, size))
		found = walks(step);
	return found;
}

/* ---- PostgreSQL ---- */

/* Whether a step that reads like this reads what grows: its name follows the word "on". */
static bool reads(const char *step, const char *how)
{
	const char *at = strstr(step, how), *name = at ? strstr(at, " on ") : NULL;

	if (!name)
		return false;
	name += strlen(" on ");
	name += *name == '"';
	return grows(name, strcspn(name, "\" "));
}

/* Where an index of what grows was read, what is looked for in it must follow, and must narrow it. */
static bool narrows(const char *step)
{
	const char *condition = strstr(step, "Index Cond: ");

	return condition && strcmp(condition, "Index Cond: (state = 1)") != 0;
}

static void prepare_in_server(struct sql *sql, enum db_sql statement, char *explain, size_t size)
{
	static char text[16384];
	const char *more = db_sql_text[statement].postgresql;
	unsigned parameters = 0, number;

	(void)snprintf(text, sizeof(text), "PREPARE plan AS %s%s", db_sql_text[statement].text,
		       more ? more : "");
	for (const char *at = strchr(text, '$'); at; at = strchr(at + 1, '$'))
		if (sscanf(at + 1, "%u", &number) == 1 && number > parameters)
			parameters = number;
	if (sql_execute(sql, text))
		fail_msg("%s: %s", text, sql_error_text(sql));
	int len = snprintf(explain, size, "EXPLAIN (COSTS OFF) EXECUTE plan");
	for (unsigned i = 0; i < parameters; i++)
		len += snprintf(explain + len, size - (size_t)len, "%s", i ? ", NULL" : " (NULL");
	(void)snprintf(explain + len, size - (size_t)len, "%s", parameters ? ")" : "");
}

static bool walking_step_in_server(struct sql *sql, enum db_sql statement, char *step, size_t size)
{
	char explain[512], next[256];
	const struct sql_text text = {explain, NULL};
	bool found = false, index = false, bitmap = false;

	prepare_in_server(sql, statement, explain, sizeof(explain));
	assert_int_equal(sql_prepare(sql, &text, 1), CS_OK);
	struct sql_statement *s = sql_statement(sql, 0);
	while (!found) {
		const bool more = step_next(s, 0, next, sizeof(next));
		found = index && (!more || !narrows(next));
		if (found || !more)
			break;
		(void)snprintf(step, size, "%s", next);
		found = reads(step, "Seq Scan");
		/* A bitmap's table stands above the indexes that it is made of, which do not tell. */
		if (strstr(step, "Bitmap Heap Scan"))
			bitmap = reads(step, "Bitmap Heap Scan");
		index = reads(step, "Index Scan using") || reads(step, "Index Scan Backward using") ||
			reads(step, "Index Only Scan") || (bitmap && strstr(step, "Bitmap Index Scan"));
	}
	return found;
}

/* ---- both ---- */

/* Where PostgreSQL may choose: it goes by what it has counted. */
static bool walks_what_grows(enum db_sql statement, bool may_choose, char *step, size_t size)
{
	struct sql *sql;
	bool found;

	assert_int_equal(sql_open(world.database.place, &sql), CS_OK);
	if (sql_dialect(sql) == SQL_SQLITE) {
		found = walking_step(sql, statement, step, size);
	} else {
		assert_int_equal(sql_execute(sql, "SET plan_cache_mode = force_generic_plan"), CS_OK);
		if (!may_choose)
			assert_int_equal(sql_execute(sql, "SET enable_seqscan = off"), CS_OK);
		found = walking_step_in_server(sql, statement, step, size);
	}
	sql_close(sql);
	return found;
}

static void no_statement_walks_what_grows(void **state)
{
	char step[256];
	unsigned bad = 0;

	(void)state;
	for (unsigned i = 0; i < DB_SQL_COUNT; i++) {
		const char *why = excuse((enum db_sql)i);
		if (walks_what_grows((enum db_sql)i, false, step, sizeof(step)) == (why != NULL))
			continue;
		print_error("%s: %s\n", why ? why : step, db_sql_text[i].text);
		bad++;
	}
	assert_int_equal(bad, 0);
}

/* ---- many that are alike ---- */

static const char filling[] =
    "INSERT INTO \"user\" (name, created) SELECT 'u' || n || '@r' || n % 7, 1 FROM generate_series(1, 10000) "
    "n;"
    "INSERT INTO token (id, \"user\", type, hash, digits, period, seed, next, state, created, fingerprint,"
    " serial) SELECT 't_' || id, id, 1, 1, 6, 30, sha256('x'), 5, 1, 1, sha256(CAST(name AS BYTEA)), 's' || "
    "id"
    " FROM \"user\";"
    "INSERT INTO alias (name, \"user\", created) SELECT 'al' || id, id, 1 FROM \"user\";"
    "INSERT INTO audit (sequence, time_ms, actor, action, \"user\", token, result, reason, address, detail,"
    " previous, hash) SELECT n + (SELECT max(sequence) FROM audit), n, 'a', 'otp_verify', 'u', '', "
    "'accepted',"
    " '', '', '', sha256('x'), sha256('x') FROM generate_series(1, 10000) n;"
    /* of ten messages eight were sent by SMS, and one has been given up */
    "INSERT INTO outbox (id, kind, \"user\", destination, sealed, created, expires, due, dead)"
    " SELECT 'm_' || n, CASE WHEN n % 10 < 8 THEN 'sms' ELSE 'hook' END, 'u' || n || '@r' || n % 7, 'd',"
    " sha256('x'), n, n + 600, n, CASE WHEN n % 10 = 0 THEN 1 ELSE 0 END FROM generate_series(1, 10000) n";

/* Chores. Of the first two PostgreSQL takes it that a row that a change of keys has left is found soon; of
 * the third, at night, that it removes a tenth of the log at once. */
static bool is_chore(enum db_sql statement)
{
	return statement == DB_SQL_RESEAL_LEFT || statement == DB_SQL_ASIDE_LEFT ||
	       statement == DB_SQL_AUDIT_REMOVE;
}

static void of_many_that_are_alike_none_is_walked_to(void **state)
{
	static const char *const filled[] = {"Seq Scan on \"user\"", "Seq Scan on token", "Seq Scan on alias",
					     "Seq Scan on audit", "on outbox"};
	char step[256];
	unsigned bad = 0;

	(void)state;
	assert_true(database_execute(&world.database, NULL, filling));
	assert_true(database_execute(&world.database, NULL, "ANALYZE"));
	for (unsigned i = 0; i < DB_SQL_COUNT; i++) {
		if (is_chore((enum db_sql)i) || excuse((enum db_sql)i) ||
		    !walks_what_grows((enum db_sql)i, true, step, sizeof(step)))
			continue;
		for (size_t j = 0; j < ROWS(filled); j++)
			if (strstr(step, filled[j])) {
				print_error("%s: %s\n", step, db_sql_text[i].text);
				bad++;
			}
	}
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(no_statement_walks_what_grows),
	    IN_POSTGRESQL(of_many_that_are_alike_none_is_walked_to),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
