/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Challenges in the database.
 */
#include <string.h>

#include "daemon/db_sql.h"

enum cs_err db_challenge_add(struct db *db, const struct db_challenge *challenge)
{
	struct sql_statement *s = db_statement(db, DB_SQL_CHALLENGE_ADD);

	sql_bind_text(s, 1, challenge->id);
	sql_bind_number(s, 2, challenge->user_id);
	sql_bind_text(s, 3, challenge->token);
	sql_bind_text(s, 4, challenge->question);
	sql_bind_text(s, 5, challenge->data);
	if (challenge->mac_len)
		sql_bind_bytes(s, 6, cs_view(challenge->mac, challenge->mac_len));
	sql_bind_number(s, 7, (int64_t)challenge->created);
	sql_bind_number(s, 8, (int64_t)challenge->expires);
	sql_bind_text(s, 9, challenge->application);
	sql_bind_number(s, 10, challenge->known);
	return db_run_one(s, CS_ERR_EXISTS);
}

/* The row that the statement yields, if any. */
static enum cs_err db_challenge_row(struct sql_statement *s, struct db_challenge *out)
{
	enum cs_err err = sql_step(s);
	if (err)
		return err;
	struct cs_view mac = sql_bytes(s, 5);
	sql_copy_text(s, 0, out->id, sizeof(out->id));
	out->user_id = sql_number(s, 1);
	sql_copy_text(s, 2, out->token, sizeof(out->token));
	sql_copy_text(s, 3, out->question, sizeof(out->question));
	sql_copy_text(s, 4, out->data, sizeof(out->data));
	out->mac_len = mac.len == sizeof(out->mac) ? mac.len : 0;
	if (out->mac_len)
		memcpy(out->mac, mac.ptr, mac.len);
	out->created = (uint64_t)sql_number(s, 6);
	out->expires = (uint64_t)sql_number(s, 7);
	out->spent = sql_number(s, 8) != 0;
	sql_copy_text(s, 9, out->application, sizeof(out->application));
	out->known = sql_number(s, 10) != 0;
	sql_reset(s);
	return CS_OK;
}

enum cs_err db_challenge_find(struct db *db, const char *id, struct db_challenge *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_CHALLENGE_FIND);

	sql_bind_text(s, 1, id);
	return db_challenge_row(s, out);
}

enum cs_err db_challenge_open(struct db *db, uint64_t now, struct db_challenge *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_CHALLENGE_OPEN);

	sql_bind_text(s, 1, out->token);
	sql_bind_text(s, 2, out->application);
	sql_bind_text(s, 3, out->data);
	sql_bind_number(s, 4, (int64_t)now);
	return db_challenge_row(s, out);
}

enum cs_err db_challenge_set_question(struct db *db, const struct db_challenge *challenge)
{
	struct sql_statement *s = db_statement(db, DB_SQL_CHALLENGE_SET_QUESTION);

	sql_bind_text(s, 1, challenge->id);
	sql_bind_text(s, 2, challenge->question);
	return db_run_one(s, CS_ERR_BUSY);
}

enum cs_err db_challenge_spend(struct db *db, const char *id)
{
	struct sql_statement *s = db_statement(db, DB_SQL_CHALLENGE_SPEND);

	sql_bind_text(s, 1, id);
	return db_run_one(s, CS_ERR_STATE);
}

enum cs_err db_challenge_count(struct db *db, const char *token, bool known, uint64_t since, uint32_t *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_CHALLENGE_COUNT);

	sql_bind_text(s, 1, token);
	sql_bind_number(s, 2, known);
	sql_bind_number(s, 3, (int64_t)since);
	enum cs_err err = sql_step(s);
	if (!err)
		*out = (uint32_t)sql_number(s, 0);
	sql_reset(s);
	return err;
}

enum cs_err db_challenge_purge(struct db *db, int64_t user, uint64_t before)
{
	struct sql_statement *s = db_statement(db, DB_SQL_CHALLENGE_PURGE);

	sql_bind_number(s, 1, user);
	sql_bind_number(s, 2, (int64_t)before);
	return sql_run(s, NULL);
}

enum cs_err db_challenge_forget(struct db *db, uint64_t before, uint32_t limit, uint32_t *count)
{
	return db_run_slice(db_statement(db, DB_SQL_CHALLENGE_FORGET), before, limit, count);
}
