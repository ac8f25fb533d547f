/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Users in the database.
 */
#include <string.h>

#include "daemon/db_sql.h"

enum cs_err db_user_row(struct sql_statement *s, struct db_user *out)
{
	struct cs_view password = sql_bytes(s, 7);

	if (password.len > sizeof(out->password))
		return CS_ERR_CORRUPT;
	out->password_len = password.len;
	if (password.len)
		memcpy(out->password, password.ptr, password.len);
	sql_copy_text(s, 6, out->class_name, sizeof(out->class_name));
	out->password_change = sql_number(s, 8) != 0;
	out->bound_only = sql_number(s, 9) != 0;
	out->disabled = sql_number(s, 10) != 0;
	out->id = sql_number(s, 0);
	sql_copy_text(s, 1, out->name, sizeof(out->name));
	out->created = (uint64_t)sql_number(s, 2);
	out->budget.failures = (uint32_t)sql_number(s, 3);
	out->budget.last = (uint64_t)sql_number(s, 4);
	out->budget.until = (uint64_t)sql_number(s, 5);
	return CS_OK;
}

enum cs_err db_user_add(struct db *db, const char *name, uint64_t now)
{
	struct sql_statement *s = db_statement(db, DB_SQL_USER_ADD);

	sql_bind_text(s, 1, name);
	sql_bind_number(s, 2, (int64_t)now);
	return db_run_one(s, CS_ERR_EXISTS);
}

enum cs_err db_user_find(struct db *db, const char *name, struct db_user *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_USER_FIND);

	sql_bind_text(s, 1, name);
	enum cs_err err = sql_step(s);
	if (err)
		return err;
	err = db_user_row(s, out);
	sql_reset(s);
	return err;
}

enum cs_err db_user_list(struct db *db, const char *after, uint32_t limit, db_user_fn *each, void *ctx)
{
	struct sql_statement *s = db_statement(db, DB_SQL_USER_LIST);
	struct db_user row;
	enum cs_err err = CS_OK;

	sql_bind_text(s, 1, after);
	sql_bind_number(s, 2, limit);
	while (!err && (err = sql_step(s)) == CS_OK) {
		err = db_user_row(s, &row);
		if (!err)
			each(ctx, &row);
	}
	sql_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_user_cleared(struct db *db, int64_t id)
{
	struct sql_statement *s = db_statement(db, DB_SQL_USER_CLEARED);

	sql_bind_number(s, 1, id);
	return sql_run_soon(s);
}

static enum cs_err db_user_run(struct db *db, enum db_sql sql, int64_t id)
{
	struct sql_statement *s = db_statement(db, sql);

	sql_bind_number(s, 1, id);
	return sql_run(s, NULL);
}

/* otherwise where the statement counts any. */
static enum cs_err db_user_none(struct db *db, enum db_sql sql, int64_t id, enum cs_err otherwise)
{
	struct sql_statement *s = db_statement(db, sql);
	bool any = false;

	sql_bind_number(s, 1, id);
	enum cs_err err = sql_step(s);
	if (!err)
		any = sql_number(s, 0) != 0;
	sql_reset(s);
	return err ? err : any ? otherwise : CS_OK;
}

enum cs_err db_user_set_disabled(struct db *db, int64_t id, bool disabled)
{
	struct sql_statement *s = db_statement(db, DB_SQL_USER_SET_DISABLED);

	sql_bind_number(s, 1, id);
	sql_bind_number(s, 2, disabled);
	enum cs_err err = db_run_one(s, CS_ERR_NOT_FOUND);
	return err || !disabled ? err : db_user_run(db, DB_SQL_USER_CHALLENGES_REMOVE, id);
}

enum cs_err db_user_delete(struct db *db, const struct db_user *user)
{
	/* What refers to others goes first. */
	static const enum db_sql removals[] = {DB_SQL_USER_CHALLENGES_REMOVE, DB_SQL_USER_KNOWN_REMOVE,
					       DB_SQL_USER_BINDINGS_REMOVE,   DB_SQL_USER_TOKENS_REMOVE,
					       DB_SQL_USER_MESSAGES_REMOVE,   DB_SQL_USER_REMOVE};

	enum cs_err err = db_user_none(db, DB_SQL_USER_STAGED, user->id, CS_ERR_EXISTS);
	if (!err)
		err = db_user_none(db, DB_SQL_USER_UNMARKED, user->id, CS_ERR_STATE);
	for (size_t i = 0; !err && i < sizeof(removals) / sizeof(removals[0]); i++)
		err = db_user_run(db, removals[i], user->id);
	return err;
}
