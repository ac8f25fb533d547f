/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Proposals in the database. Every step that one takes is an update that is guarded by the state before it.
 */
#include "daemon/db_sql.h"

enum cs_err db_approval_add(struct db *db, const struct db_approval *approval)
{
	struct sql_statement *s = db_statement(db, DB_SQL_APPROVAL_ADD);

	sql_bind_text(s, 1, approval->id);
	sql_bind_text(s, 2, approval->action);
	sql_bind_text(s, 3, approval->subject);
	sql_bind_text(s, 4, approval->proposer);
	sql_bind_number(s, 5, (int64_t)approval->created);
	sql_bind_number(s, 6, (int64_t)approval->expires);
	return db_run_one(s, CS_ERR_CORRUPT);
}

static void db_approval_row(const struct sql_statement *s, struct db_approval *out)
{
	sql_copy_text(s, 0, out->id, sizeof(out->id));
	sql_copy_text(s, 1, out->action, sizeof(out->action));
	sql_copy_text(s, 2, out->subject, sizeof(out->subject));
	sql_copy_text(s, 3, out->proposer, sizeof(out->proposer));
	sql_copy_text(s, 4, out->approver, sizeof(out->approver));
	out->state = (enum db_approval_state)sql_number(s, 5);
	out->created = (uint64_t)sql_number(s, 6);
	out->expires = (uint64_t)sql_number(s, 7);
}

enum cs_err db_approval_find(struct db *db, const char *id, struct db_approval *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_APPROVAL_FIND);

	sql_bind_text(s, 1, id);
	enum cs_err err = sql_step(s);
	if (err)
		return err;
	db_approval_row(s, out);
	sql_reset(s);
	return CS_OK;
}

enum cs_err db_approval_list(struct db *db, const char *after, uint32_t limit, db_approval_fn *each,
			     void *ctx)
{
	struct sql_statement *s = db_statement(db, DB_SQL_APPROVAL_LIST);
	struct db_approval row;
	enum cs_err err;

	sql_bind_text(s, 1, after);
	sql_bind_number(s, 2, limit);
	while ((err = sql_step(s)) == CS_OK) {
		db_approval_row(s, &row);
		each(ctx, &row);
	}
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

static enum cs_err db_approval_decide(struct db *db, enum db_sql sql, const char *id, const char *by,
				      uint64_t now)
{
	struct sql_statement *s = db_statement(db, sql);

	sql_bind_text(s, 1, id);
	sql_bind_text(s, 2, by);
	sql_bind_number(s, 3, (int64_t)now);
	return db_run_one(s, CS_ERR_STATE);
}

enum cs_err db_approval_grant(struct db *db, const char *id, const char *approver, uint64_t now)
{
	return db_approval_decide(db, DB_SQL_APPROVAL_GRANT, id, approver, now);
}

enum cs_err db_approval_refuse(struct db *db, const char *id, const char *by, uint64_t now)
{
	return db_approval_decide(db, DB_SQL_APPROVAL_REFUSE, id, by, now);
}

static struct sql_statement *approval_is_good(struct db *db, enum db_sql index,
					      const struct db_approval *what, uint64_t now)
{
	struct sql_statement *s = db_statement(db, index);

	sql_bind_text(s, 1, what->id);
	sql_bind_text(s, 2, what->action);
	sql_bind_text(s, 3, what->subject);
	sql_bind_text(s, 4, what->proposer);
	sql_bind_number(s, 5, (int64_t)now);
	return s;
}

enum cs_err db_approval_execute(struct db *db, const struct db_approval *what, uint64_t now)
{
	return db_run_one(approval_is_good(db, DB_SQL_APPROVAL_EXECUTE, what, now), CS_ERR_STATE);
}

enum cs_err db_approval_look(struct db *db, const struct db_approval *what, uint64_t now)
{
	struct sql_statement *s = approval_is_good(db, DB_SQL_APPROVAL_LOOK, what, now);

	enum cs_err err = sql_step(s);
	sql_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_ERR_STATE : err;
}

enum cs_err db_approval_purge(struct db *db, uint64_t before)
{
	struct sql_statement *s = db_statement(db, DB_SQL_APPROVAL_PURGE);

	sql_bind_number(s, 1, (int64_t)before);
	return sql_run(s, NULL);
}
