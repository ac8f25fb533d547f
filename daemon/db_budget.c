/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Budgets in the database: of users and tokens in their rows, of users at addresses that are known for them,
 * and of any other subject by its name. What was read is the condition of what is written.
 */
#include "daemon/db_sql.h"

static void db_budget_row(const struct sql_statement *s, int column, struct budget *out)
{
	out->failures = (uint32_t)sql_number(s, column);
	out->last = (uint64_t)sql_number(s, column + 1);
	out->until = (uint64_t)sql_number(s, column + 2);
}

/* Parameters n to n + 2, and what they replace behind them. */
static void db_budget_bind(struct sql_statement *s, unsigned n, const struct budget *budget)
{
	sql_bind_number(s, n, budget->failures);
	sql_bind_number(s, n + 1, (int64_t)budget->last);
	sql_bind_number(s, n + 2, (int64_t)budget->until);
}

enum cs_err db_user_budget(struct db *db, int64_t id, const struct budget *before, const struct budget *after)
{
	struct sql_statement *s = db_statement(db, DB_SQL_USER_BUDGET);

	sql_bind_number(s, 1, id);
	db_budget_bind(s, 2, after);
	db_budget_bind(s, 5, before);
	return db_run_one(s, CS_ERR_BUSY);
}

enum cs_err db_token_budget(struct db *db, const char *id, const struct budget *before,
			    const struct budget *after)
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_BUDGET);

	sql_bind_text(s, 1, id);
	db_budget_bind(s, 2, after);
	db_budget_bind(s, 5, before);
	return db_run_one(s, CS_ERR_BUSY);
}

enum cs_err db_budget_find(struct db *db, const char *subject, struct budget *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_BUDGET_FIND);

	sql_bind_text(s, 1, subject);
	enum cs_err err = sql_step(s);
	if (err == CS_ERR_NOT_FOUND) {
		*out = (struct budget){0};
		return CS_OK;
	}
	if (!err)
		db_budget_row(s, 0, out);
	sql_reset(s);
	return err;
}

enum cs_err db_budget_set(struct db *db, const char *subject, const struct budget *before,
			  const struct budget *after)
{
	bool none = !before->failures, clear = !after->failures;
	struct sql_statement *s;

	if (none && clear)
		return CS_OK;
	s = db_statement(db, none ? DB_SQL_BUDGET_ADD : clear ? DB_SQL_BUDGET_REMOVE : DB_SQL_BUDGET_SET);
	sql_bind_text(s, 1, subject);
	db_budget_bind(s, 2, clear ? before : after);
	if (!none && !clear)
		db_budget_bind(s, 5, before);
	return db_run_one(s, CS_ERR_BUSY);
}

enum cs_err db_lock_list(struct db *db, const char *after, uint64_t now, uint32_t limit, db_lock_fn *each,
			 void *ctx)
{
	struct sql_statement *s = db_statement(db, DB_SQL_LOCK_LIST);
	struct db_lock row;
	enum cs_err err;

	sql_bind_text(s, 1, after);
	sql_bind_number(s, 2, (int64_t)now);
	sql_bind_number(s, 3, limit);
	while ((err = sql_step(s)) == CS_OK) {
		sql_copy_text(s, 0, row.subject, sizeof(row.subject));
		db_budget_row(s, 1, &row.budget);
		each(ctx, &row);
	}
	sql_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_lock_lift(struct db *db, const char *first, const char *end, int64_t *lifted)
{
	struct sql_statement *s = db_statement(db, DB_SQL_LOCK_LIFT);

	sql_bind_text(s, 1, first);
	sql_bind_text(s, 2, end);
	return sql_run(s, lifted);
}

enum cs_err db_budget_purge(struct db *db, uint64_t before, uint64_t now)
{
	struct sql_statement *s = db_statement(db, DB_SQL_BUDGET_PURGE);

	sql_bind_number(s, 1, (int64_t)before);
	sql_bind_number(s, 2, (int64_t)now);
	return sql_run(s, NULL);
}

/* ---- known addresses ---- */

enum cs_err db_known_find(struct db *db, int64_t user, const char *address, struct db_known *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_KNOWN_FIND);

	sql_bind_number(s, 1, user);
	sql_bind_text(s, 2, address);
	enum cs_err err = sql_step(s);
	if (err)
		return err;
	db_budget_row(s, 0, &out->budget);
	out->seen = (uint64_t)sql_number(s, 3);
	sql_reset(s);
	return CS_OK;
}

enum cs_err db_known_budget(struct db *db, int64_t user, const char *address, const struct budget *before,
			    const struct budget *after)
{
	struct sql_statement *s = db_statement(db, DB_SQL_KNOWN_BUDGET);

	sql_bind_number(s, 1, user);
	sql_bind_text(s, 2, address);
	db_budget_bind(s, 3, after);
	db_budget_bind(s, 6, before);
	return db_run_one(s, CS_ERR_BUSY);
}

enum cs_err db_known_seen(struct db *db, int64_t user, const char *address, uint64_t now)
{
	struct sql_statement *s = db_statement(db, DB_SQL_KNOWN_SEEN);

	sql_bind_number(s, 1, user);
	sql_bind_text(s, 2, address);
	sql_bind_number(s, 3, (int64_t)now);
	enum cs_err err = sql_run(s, NULL);
	if (err)
		return err;
	s = db_statement(db, DB_SQL_KNOWN_KEEP);
	sql_bind_number(s, 1, user);
	sql_bind_number(s, 2, DB_USER_KNOWN_MAX);
	sql_bind_text(s, 3, address);
	return sql_run(s, NULL);
}

enum cs_err db_known_forget(struct db *db, uint64_t seen, uint32_t limit, uint32_t *count)
{
	return db_run_slice(db_statement(db, DB_SQL_KNOWN_FORGET), seen, limit, count);
}
