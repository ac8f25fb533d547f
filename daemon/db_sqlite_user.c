/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Users and tokens in SQLite.
 */
#include <string.h>

#include "daemon/db_sqlite.h"

static void db_user_row(sqlite3_stmt *s, struct db_user *out)
{
	out->id = sqlite3_column_int64(s, 0);
	db_column_text(s, 1, out->name, sizeof(out->name));
	out->failures = (uint32_t)sqlite3_column_int64(s, 2);
	out->created = (uint64_t)sqlite3_column_int64(s, 3);
}

enum cs_err db_user_add(struct db *db, const char *name, uint64_t now)
{
	sqlite3_stmt *s = db_statement(db, DB_SQL_USER_ADD);

	db_bind_text(s, 1, name);
	(void)sqlite3_bind_int64(s, 2, (sqlite3_int64)now);
	return db_run(db, s, NULL);
}

enum cs_err db_user_find(struct db *db, const char *name, struct db_user *out)
{
	sqlite3_stmt *s = db_statement(db, DB_SQL_USER_FIND);

	db_bind_text(s, 1, name);
	enum cs_err err = db_step(s);
	if (err)
		return err;
	db_user_row(s, out);
	(void)sqlite3_reset(s);
	return CS_OK;
}

enum cs_err db_user_list(struct db *db, const char *after, uint32_t limit, db_user_fn *each, void *ctx)
{
	sqlite3_stmt *s = db_statement(db, DB_SQL_USER_LIST);
	struct db_user row;
	enum cs_err err;

	db_bind_text(s, 1, after);
	(void)sqlite3_bind_int64(s, 2, limit);
	while ((err = db_step(s)) == CS_OK) {
		db_user_row(s, &row);
		each(ctx, &row);
	}
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

static enum cs_err db_user_update(struct db *db, enum db_sql sql, int64_t id)
{
	sqlite3_stmt *s = db_statement(db, sql);

	(void)sqlite3_bind_int64(s, 1, id);
	return db_run(db, s, NULL);
}

enum cs_err db_user_failed(struct db *db, int64_t id)
{
	return db_user_update(db, DB_SQL_USER_FAILED, id);
}

enum cs_err db_user_cleared(struct db *db, int64_t id)
{
	return db_user_update(db, DB_SQL_USER_CLEARED, id);
}

/* ---- tokens ---- */

static enum cs_err db_token_row(sqlite3_stmt *s, struct db_token *out)
{
	struct cs_view sealed = db_column_blob(s, 7);

	if (sealed.len > sizeof(out->sealed))
		return CS_ERR_CORRUPT;
	db_column_text(s, 0, out->id, sizeof(out->id));
	out->user_id = sqlite3_column_int64(s, 1);
	db_column_text(s, 2, out->user, sizeof(out->user));
	out->type = (enum verify_type)sqlite3_column_int(s, 3);
	out->hash = (enum cs_hash)sqlite3_column_int(s, 4);
	out->digits = (unsigned)sqlite3_column_int(s, 5);
	out->period = (uint32_t)sqlite3_column_int64(s, 6);
	out->sealed_len = sealed.len;
	if (sealed.len)
		memcpy(out->sealed, sealed.ptr, sealed.len);
	out->next = (uint64_t)sqlite3_column_int64(s, 8);
	out->drift = sqlite3_column_int(s, 9);
	out->failures = (uint32_t)sqlite3_column_int64(s, 10);
	out->state = (enum db_token_state)sqlite3_column_int(s, 11);
	db_column_text(s, 12, out->label, sizeof(out->label));
	out->created = (uint64_t)sqlite3_column_int64(s, 13);
	return CS_OK;
}

enum cs_err db_token_add(struct db *db, const struct db_token *token)
{
	sqlite3_stmt *s = db_statement(db, DB_SQL_TOKEN_ADD);
	int changed;

	db_bind_text(s, 1, token->id);
	(void)sqlite3_bind_int64(s, 2, token->user_id);
	(void)sqlite3_bind_int(s, 3, (int)token->type);
	(void)sqlite3_bind_int(s, 4, (int)token->hash);
	(void)sqlite3_bind_int(s, 5, (int)token->digits);
	(void)sqlite3_bind_int64(s, 6, token->period);
	db_bind_blob(s, 7, cs_view(token->sealed, token->sealed_len));
	(void)sqlite3_bind_int64(s, 8, (sqlite3_int64)token->next);
	(void)sqlite3_bind_int(s, 9, token->drift);
	(void)sqlite3_bind_int64(s, 10, token->failures);
	(void)sqlite3_bind_int(s, 11, (int)token->state);
	db_bind_text(s, 12, token->label);
	(void)sqlite3_bind_int64(s, 13, (sqlite3_int64)token->created);
	(void)sqlite3_bind_int64(s, 14, DB_USER_TOKENS_MAX);
	enum cs_err err = db_run(db, s, &changed);
	return !err && changed != 1 ? CS_ERR_STATE : err;
}

enum cs_err db_token_find(struct db *db, const char *id, struct db_token *out)
{
	sqlite3_stmt *s = db_statement(db, DB_SQL_TOKEN_FIND);

	db_bind_text(s, 1, id);
	enum cs_err err = db_step(s);
	if (err)
		return err;
	err = db_token_row(s, out);
	(void)sqlite3_reset(s);
	return err;
}

enum cs_err db_token_of_user(struct db *db, int64_t user_id, struct db_token out[DB_USER_TOKENS_MAX],
			     size_t *count)
{
	sqlite3_stmt *s = db_statement(db, DB_SQL_TOKEN_OF_USER);
	enum cs_err err = CS_OK;
	size_t found = 0;

	(void)sqlite3_bind_int64(s, 1, user_id);
	(void)sqlite3_bind_int64(s, 2, DB_USER_TOKENS_MAX);
	while (!err && (err = db_step(s)) == CS_OK)
		err = db_token_row(s, &out[found++]);
	(void)sqlite3_reset(s);
	*count = found;
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_token_list(struct db *db, const char *user, const char *after, uint32_t limit,
			  db_token_fn *each, void *ctx)
{
	sqlite3_stmt *s = db_statement(db, user ? DB_SQL_TOKEN_LIST_USER : DB_SQL_TOKEN_LIST);
	struct db_token row;
	enum cs_err err = CS_OK;

	db_bind_text(s, 1, after);
	(void)sqlite3_bind_int64(s, 2, limit);
	if (user)
		db_bind_text(s, 3, user);
	while (!err && (err = db_step(s)) == CS_OK) {
		err = db_token_row(s, &row);
		if (!err)
			each(ctx, &row);
	}
	(void)sqlite3_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_token_accept(struct db *db, const char *id, const struct verify_decision *decision)
{
	sqlite3_stmt *s = db_statement(db, DB_SQL_TOKEN_ACCEPT);
	int changed;

	db_bind_text(s, 1, id);
	(void)sqlite3_bind_int64(s, 2, (sqlite3_int64)decision->next);
	(void)sqlite3_bind_int(s, 3, decision->drift);
	(void)sqlite3_bind_int64(s, 4, (sqlite3_int64)decision->at);
	enum cs_err err = db_run(db, s, &changed);
	return !err && changed != 1 ? CS_ERR_STATE : err;
}

enum cs_err db_token_failed(struct db *db, const char *id)
{
	sqlite3_stmt *s = db_statement(db, DB_SQL_TOKEN_FAILED);

	db_bind_text(s, 1, id);
	return db_run(db, s, NULL);
}

enum cs_err db_token_set_state(struct db *db, const char *id, enum db_token_state state)
{
	sqlite3_stmt *s = db_statement(db, DB_SQL_TOKEN_SET_STATE);
	int changed;

	db_bind_text(s, 1, id);
	(void)sqlite3_bind_int(s, 2, (int)state);
	enum cs_err err = db_run(db, s, &changed);
	return !err && changed != 1 ? CS_ERR_NOT_FOUND : err;
}
