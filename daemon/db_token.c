/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tokens in the database.
 */
#include <string.h>

#include "daemon/db_sql.h"

/* Copies what seal or password made, where it fits. */
static bool db_token_bytes(struct cs_view bytes, uint8_t *out, size_t cap, size_t *len)
{
	if (bytes.len > cap)
		return false;
	if (bytes.len)
		memcpy(out, bytes.ptr, bytes.len);
	*len = bytes.len;
	return true;
}

enum cs_err db_token_row(struct sql_statement *s, struct db_token *out)
{
	if (!db_token_bytes(sql_bytes(s, 7), out->sealed, sizeof(out->sealed), &out->sealed_len) ||
	    !db_token_bytes(sql_bytes(s, 19), out->pin_hash, sizeof(out->pin_hash), &out->pin_hash_len) ||
	    !db_token_bytes(sql_bytes(s, 23), out->fingerprint, sizeof(out->fingerprint),
			    &out->fingerprint_len))
		return CS_ERR_CORRUPT;
	sql_copy_text(s, 0, out->id, sizeof(out->id));
	out->user_id = sql_number(s, 1);
	sql_copy_text(s, 2, out->user, sizeof(out->user));
	out->type = (enum verify_type)sql_number(s, 3);
	out->hash = (enum cs_hash)sql_number(s, 4);
	out->digits = (unsigned)sql_number(s, 5);
	out->period = (uint32_t)sql_number(s, 6);
	out->next = (uint64_t)sql_number(s, 8);
	out->drift = (int32_t)sql_number(s, 9);
	out->state = (enum db_token_state)sql_number(s, 10);
	sql_copy_text(s, 11, out->label, sizeof(out->label));
	out->created = (uint64_t)sql_number(s, 12);
	out->spent = (uint64_t)sql_number(s, 13);
	out->count = (uint32_t)sql_number(s, 14);
	out->expires = (uint64_t)sql_number(s, 15);
	sql_copy_text(s, 16, out->suite, sizeof(out->suite));
	sql_copy_text(s, 17, out->destination, sizeof(out->destination));
	out->pin = (enum verify_pin)sql_number(s, 18);
	out->budget.failures = (uint32_t)sql_number(s, 20);
	out->budget.last = (uint64_t)sql_number(s, 21);
	out->budget.until = (uint64_t)sql_number(s, 22);
	sql_copy_text(s, 24, out->serial, sizeof(out->serial));
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
	sql_bind_number(s, 10, (int64_t)token->state);
	sql_bind_text(s, 11, token->label);
	sql_bind_number(s, 12, (int64_t)token->created);
	sql_bind_number(s, 13, token->count);
	sql_bind_number(s, 14, (int64_t)token->expires);
	sql_bind_text(s, 15, token->suite);
	sql_bind_text(s, 16, token->destination);
	sql_bind_number(s, 17, (int64_t)token->pin);
	if (token->pin_hash_len)
		sql_bind_bytes(s, 18, cs_view(token->pin_hash, token->pin_hash_len));
	sql_bind_number(s, 19, DB_USER_TOKENS_MAX);
	if (token->fingerprint_len)
		sql_bind_bytes(s, 20, cs_view(token->fingerprint, token->fingerprint_len));
	sql_bind_text(s, 21, token->serial);
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

bool db_token_is_in_use(const struct db_token *token, uint64_t now)
{
	return token->state == DB_TOKEN_ACTIVE && (!token->expires || token->expires > now);
}

/* Of a full list the last one that is not in use is left out for another one. False where all of them are. */
static bool db_token_room(struct db_token out[DB_USER_TOKENS_MAX], uint64_t now)
{
	size_t i = DB_USER_TOKENS_MAX;

	while (i > 0 && db_token_is_in_use(&out[i - 1], now))
		i--;
	if (i == 0)
		return false;
	memmove(&out[i - 1], &out[i], (DB_USER_TOKENS_MAX - i) * sizeof(out[0]));
	return true;
}

enum cs_err db_token_of_user(struct db *db, const struct db_user *user, uint64_t now,
			     struct db_token out[DB_USER_TOKENS_MAX], size_t *count)
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_OF_USER);
	struct db_token row;
	enum cs_err err = CS_OK;
	size_t found = 0;

	sql_bind_number(s, 1, user->id);
	sql_bind_text(s, 2, user->name);
	while (!err && (err = sql_step(s)) == CS_OK) {
		if (found < DB_USER_TOKENS_MAX) {
			err = db_token_row(s, &out[found++]);
			continue;
		}
		err = db_token_row(s, &row);
		if (!err && db_token_is_in_use(&row, now) && db_token_room(out, now))
			out[DB_USER_TOKENS_MAX - 1] = row;
	}
	sql_reset(s);
	*count = found;
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_token_in_use(struct db *db, int64_t user_id, uint64_t now, uint32_t *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_IN_USE);

	sql_bind_number(s, 1, user_id);
	sql_bind_number(s, 2, (int64_t)now);
	enum cs_err err = sql_step(s);
	if (!err)
		*out = (uint32_t)sql_number(s, 0);
	sql_reset(s);
	return err;
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

enum cs_err db_token_hold(struct db *db, struct cs_view fingerprint)
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_HOLD);
	enum cs_err err = CS_OK;

	sql_bind_bytes(s, 1, fingerprint);
	while (!err)
		err = sql_step(s);
	sql_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_token_twin(struct db *db, const struct db_token *token, uint64_t now,
			  char twin[DB_TOKEN_ID_SIZE])
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_TWIN);

	if (token->fingerprint_len)
		sql_bind_bytes(s, 1, cs_view(token->fingerprint, token->fingerprint_len));
	sql_bind_text(s, 2, token->id);
	sql_bind_number(s, 3, (int64_t)token->type);
	sql_bind_number(s, 4, (int64_t)now);
	enum cs_err err = sql_step(s);
	if (!err)
		sql_copy_text(s, 0, twin, DB_TOKEN_ID_SIZE);
	sql_reset(s);
	return err;
}

enum cs_err db_token_unmarked(struct db *db, const char *after, struct db_token *out, size_t cap,
			      size_t *count)
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_UNMARKED);
	enum cs_err err = CS_OK;
	size_t found = 0;

	sql_bind_text(s, 1, after);
	sql_bind_number(s, 2, (int64_t)cap);
	while (!err && (err = sql_step(s)) == CS_OK)
		err = db_token_row(s, &out[found++]);
	sql_reset(s);
	*count = found;
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_token_mark(struct db *db, const char *id, struct cs_view fingerprint)
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_MARK);

	sql_bind_text(s, 1, id);
	sql_bind_bytes(s, 2, fingerprint);
	enum cs_err err = sql_run(s, NULL);
	if (err)
		return err;
	s = db_statement(db, DB_SQL_TOKEN_LEVEL);
	sql_bind_bytes(s, 1, fingerprint);
	return sql_run(s, NULL);
}

enum cs_err db_token_accept(struct db *db, const char *id, const struct verify_decision *decision)
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_ACCEPT);

	sql_bind_text(s, 1, id);
	sql_bind_number(s, 2, (int64_t)decision->next);
	sql_bind_number(s, 3, decision->drift);
	sql_bind_number(s, 4, (int64_t)decision->at);
	sql_bind_number(s, 5, (int64_t)decision->spends);
	return db_run_one(s, CS_ERR_STATE);
}

enum cs_err db_token_set_state(struct db *db, const char *id, enum db_token_state state)
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_SET_STATE);

	sql_bind_text(s, 1, id);
	sql_bind_number(s, 2, (int64_t)state);
	return db_run_one(s, CS_ERR_NOT_FOUND);
}

enum cs_err db_token_set_pin(struct db *db, const struct db_token *token)
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_SET_PIN);

	sql_bind_text(s, 1, token->id);
	sql_bind_number(s, 2, (int64_t)token->pin);
	if (token->pin_hash_len)
		sql_bind_bytes(s, 3, cs_view(token->pin_hash, token->pin_hash_len));
	return db_run_one(s, CS_ERR_NOT_FOUND);
}

enum cs_err db_token_set_expires(struct db *db, const char *id, uint64_t expires)
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_SET_EXPIRES);

	sql_bind_text(s, 1, id);
	sql_bind_number(s, 2, (int64_t)expires);
	return db_run_one(s, CS_ERR_NOT_FOUND);
}

enum cs_err db_token_delete(struct db *db, const char *id)
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_CHALLENGES_REMOVE);

	sql_bind_text(s, 1, id);
	enum cs_err err = sql_run(s, NULL);
	if (err)
		return err;
	s = db_statement(db, DB_SQL_TOKEN_DELETE);
	sql_bind_text(s, 1, id);
	return db_run_one(s, CS_ERR_STATE);
}
