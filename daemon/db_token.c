/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tokens in the database.
 */
#include <string.h>

#include "daemon/db_sql.h"

static enum cs_err db_token_row(struct sql_statement *s, struct db_token *out)
{
	struct cs_view sealed = sql_bytes(s, 7);

	if (sealed.len > sizeof(out->sealed))
		return CS_ERR_CORRUPT;
	sql_copy_text(s, 0, out->id, sizeof(out->id));
	out->user_id = sql_number(s, 1);
	sql_copy_text(s, 2, out->user, sizeof(out->user));
	out->type = (enum verify_type)sql_number(s, 3);
	out->hash = (enum cs_hash)sql_number(s, 4);
	out->digits = (unsigned)sql_number(s, 5);
	out->period = (uint32_t)sql_number(s, 6);
	out->sealed_len = sealed.len;
	if (sealed.len)
		memcpy(out->sealed, sealed.ptr, sealed.len);
	out->next = (uint64_t)sql_number(s, 8);
	out->drift = (int32_t)sql_number(s, 9);
	out->failures = (uint32_t)sql_number(s, 10);
	out->state = (enum db_token_state)sql_number(s, 11);
	sql_copy_text(s, 12, out->label, sizeof(out->label));
	out->created = (uint64_t)sql_number(s, 13);
	return CS_OK;
}

enum cs_err db_token_add(struct db *db, const struct db_token *token)
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_ADD);

	sql_bind_text(s, 1, token->id);
	sql_bind_number(s, 2, token->user_id);
	sql_bind_number(s, 3, (int64_t)token->type);
	sql_bind_number(s, 4, (int64_t)token->hash);
	sql_bind_number(s, 5, (int64_t)token->digits);
	sql_bind_number(s, 6, token->period);
	sql_bind_bytes(s, 7, cs_view(token->sealed, token->sealed_len));
	sql_bind_number(s, 8, (int64_t)token->next);
	sql_bind_number(s, 9, token->drift);
	sql_bind_number(s, 10, token->failures);
	sql_bind_number(s, 11, (int64_t)token->state);
	sql_bind_text(s, 12, token->label);
	sql_bind_number(s, 13, (int64_t)token->created);
	sql_bind_number(s, 14, DB_USER_TOKENS_MAX);
	return db_run_one(s, CS_ERR_STATE);
}

enum cs_err db_token_find(struct db *db, const char *id, struct db_token *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_FIND);

	sql_bind_text(s, 1, id);
	enum cs_err err = sql_step(s);
	if (err)
		return err;
	err = db_token_row(s, out);
	sql_reset(s);
	return err;
}

enum cs_err db_token_of_user(struct db *db, int64_t user_id, struct db_token out[DB_USER_TOKENS_MAX],
			     size_t *count)
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_OF_USER);
	enum cs_err err = CS_OK;
	size_t found = 0;

	sql_bind_number(s, 1, user_id);
	sql_bind_number(s, 2, DB_USER_TOKENS_MAX);
	while (!err && (err = sql_step(s)) == CS_OK)
		err = db_token_row(s, &out[found++]);
	sql_reset(s);
	*count = found;
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_token_list(struct db *db, const char *user, const char *after, uint32_t limit,
			  db_token_fn *each, void *ctx)
{
	struct sql_statement *s = db_statement(db, user ? DB_SQL_TOKEN_LIST_USER : DB_SQL_TOKEN_LIST);
	struct db_token row;
	enum cs_err err = CS_OK;

	sql_bind_text(s, 1, after);
	sql_bind_number(s, 2, limit);
	if (user)
		sql_bind_text(s, 3, user);
	while (!err && (err = sql_step(s)) == CS_OK) {
		err = db_token_row(s, &row);
		if (!err)
			each(ctx, &row);
	}
	sql_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_token_accept(struct db *db, const char *id, const struct verify_decision *decision)
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_ACCEPT);

	sql_bind_text(s, 1, id);
	sql_bind_number(s, 2, (int64_t)decision->next);
	sql_bind_number(s, 3, decision->drift);
	sql_bind_number(s, 4, (int64_t)decision->at);
	return db_run_one(s, CS_ERR_STATE);
}

enum cs_err db_token_failed(struct db *db, const char *id)
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_FAILED);

	sql_bind_text(s, 1, id);
	return sql_run_soon(s);
}

enum cs_err db_token_set_state(struct db *db, const char *id, enum db_token_state state)
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_SET_STATE);

	sql_bind_text(s, 1, id);
	sql_bind_number(s, 2, (int64_t)state);
	return db_run_one(s, CS_ERR_NOT_FOUND);
}
