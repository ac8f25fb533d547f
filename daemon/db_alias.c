/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Other names of users in the database.
 */
#include "daemon/db_sql.h"

enum cs_err db_alias_add(struct db *db, const struct db_alias *alias)
{
	struct sql_statement *s = db_statement(db, DB_SQL_ALIAS_ADD);

	sql_bind_text(s, 1, alias->name);
	sql_bind_number(s, 2, alias->user_id);
	sql_bind_number(s, 3, (int64_t)alias->created);
	return db_run_one(s, CS_ERR_EXISTS);
}

static void db_alias_row(struct sql_statement *s, struct db_alias *out)
{
	sql_copy_text(s, 0, out->name, sizeof(out->name));
	out->user_id = sql_number(s, 1);
	sql_copy_text(s, 2, out->user, sizeof(out->user));
	out->created = (uint64_t)sql_number(s, 3);
}

enum cs_err db_alias_find(struct db *db, const char *name, struct db_alias *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_ALIAS_FIND);

	sql_bind_text(s, 1, name);
	enum cs_err err = sql_step(s);
	if (!err)
		db_alias_row(s, out);
	sql_reset(s);
	return err;
}

enum cs_err db_alias_count(struct db *db, int64_t user, uint32_t *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_ALIAS_COUNT);

	sql_bind_number(s, 1, user);
	enum cs_err err = sql_step(s);
	if (!err)
		*out = (uint32_t)sql_number(s, 0);
	sql_reset(s);
	return err;
}

enum cs_err db_alias_list(struct db *db, int64_t user, const char *after, uint32_t limit, db_alias_fn *each,
			  void *ctx)
{
	struct sql_statement *s = db_statement(db, user ? DB_SQL_ALIAS_LIST_USER : DB_SQL_ALIAS_LIST);
	struct db_alias row;
	enum cs_err err;

	sql_bind_text(s, 1, after);
	sql_bind_number(s, 2, limit);
	if (user)
		sql_bind_number(s, 3, user);
	while ((err = sql_step(s)) == CS_OK) {
		db_alias_row(s, &row);
		each(ctx, &row);
	}
	sql_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_alias_remove(struct db *db, const char *name)
{
	struct sql_statement *s = db_statement(db, DB_SQL_ALIAS_REMOVE);

	sql_bind_text(s, 1, name);
	return db_run_one(s, CS_ERR_NOT_FOUND);
}
