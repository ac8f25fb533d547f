/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the keeper's statements look at in SQLite: no more for a million tokens than for a thousand. One that
 * walks a table keeps every verification waiting until it is through.
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

static bool walks(const char *step)
{
	char name[64];

	for (size_t i = 0; i < ROWS(growing); i++) {
		const int len = snprintf(name, sizeof(name), "SCAN %s", growing[i]);
		if (strncmp(step, name, (size_t)len) == 0 && (step[len] == '\0' || step[len] == ' '))
			return true;
	}
	for (size_t i = 0; i < ROWS(no_help); i++)
		if (strstr(step, no_help[i]))
			return true;
	return false;
}

/* The first step of a statement that walks; false: none does. */
static bool walking_step(enum db_sql statement, char *step, size_t size)
{
	static char text[8192];
	const struct sql_text explain = {text, NULL};
	struct sql *sql;
	enum cs_err err = CS_OK;
	bool found = false;

	(void)snprintf(text, sizeof(text), "EXPLAIN QUERY PLAN %s", db_sql_text[statement].text);
	assert_int_equal(sql_open(world.database.place, &sql), CS_OK);
	assert_int_equal(sql_prepare(sql, &explain, 1), CS_OK);
	struct sql_statement *s = sql_statement(sql, 0);
	while (!found && (err = sql_step(s)) == CS_OK) {
		sql_copy_text(s, 3, step, size);
		found = walks(step);
	}
	assert_int_equal(err, found ? CS_OK : CS_ERR_NOT_FOUND);
	sql_close(sql);
	return found;
}

static void no_statement_walks_what_grows(void **state)
{
	char step[256];
	unsigned bad = 0;

	(void)state;
	for (unsigned i = 0; i < DB_SQL_COUNT; i++) {
		const char *why = NULL;
		for (size_t j = 0; j < ROWS(may_walk); j++)
			if (may_walk[j].statement == i)
				why = may_walk[j].why;
		if (walking_step((enum db_sql)i, step, sizeof(step)) == (why != NULL))
			continue;
		print_error("%s: %s\n", why ? why : step, db_sql_text[i].text);
		bad++;
	}
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_SQLITE(no_statement_walks_what_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
