/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Imports in the database, and the stock: tokens that nobody has (yet). What an import stages is stock that
 * is shut away until its one commit; then the tokens of users become tokens, and the others stay in stock,
 * for anyone.
 */
#include <string.h>

#include "daemon/db_sql.h"

/* For what goes through all rows of a file: short of systemd's WatchdogSec, which keeper is silent for. */
#define IMPORT_WAIT_MS 45000u

/* That are discarded in one transaction: some 50 ms on PostgreSQL, for which others' requests wait. */
#define IMPORT_DISCARD_ROWS 250u

static void db_import_row(struct sql_statement *s, struct db_import *out)
{
	sql_copy_text(s, 0, out->id, sizeof(out->id));
	sql_copy_text(s, 1, out->digest, sizeof(out->digest));
	sql_copy_text(s, 2, out->name, sizeof(out->name));
	out->users = (enum db_import_users)sql_number(s, 3);
	out->rows = (uint32_t)sql_number(s, 4);
	out->staged = (uint32_t)sql_number(s, 5);
	out->refused = (uint32_t)sql_number(s, 6);
	out->done = sql_number(s, 7) == 2;
	out->created = (uint64_t)sql_number(s, 8);
	out->assigned = (uint32_t)sql_number(s, 9);
}

enum cs_err db_import_add(struct db *db, const struct db_import *import)
{
	struct sql_statement *s = db_statement(db, DB_SQL_IMPORT_ADD);

	sql_bind_text(s, 1, import->id);
	sql_bind_text(s, 2, import->digest);
	sql_bind_text(s, 3, import->name);
	sql_bind_number(s, 4, (int64_t)import->users);
	sql_bind_number(s, 5, import->rows);
	sql_bind_number(s, 6, (int64_t)import->created);
	return db_run_one(s, CS_ERR_EXISTS);
}

static enum cs_err db_import_get(struct db *db, enum db_sql sql, const char *key, struct db_import *out)
{
	struct sql_statement *s = db_statement(db, sql);

	sql_bind_text(s, 1, key);
	enum cs_err err = sql_step(s);
	if (err)
		return err;
	db_import_row(s, out);
	sql_reset(s);
	return CS_OK;
}

enum cs_err db_import_find(struct db *db, const char *id, struct db_import *out)
{
	return db_import_get(db, DB_SQL_IMPORT_FIND, id, out);
}

enum cs_err db_import_find_digest(struct db *db, const char *digest, struct db_import *out)
{
	return db_import_get(db, DB_SQL_IMPORT_FIND_DIGEST, digest, out);
}

enum cs_err db_import_set(struct db *db, const struct db_import *import)
{
	struct sql_statement *s = db_statement(db, DB_SQL_IMPORT_SET);

	sql_bind_text(s, 1, import->id);
	sql_bind_number(s, 2, import->staged);
	sql_bind_number(s, 3, import->refused);
	return db_run_one(s, CS_ERR_NOT_FOUND);
}

enum cs_err db_import_list(struct db *db, const char *after, uint32_t limit, db_import_fn *each, void *ctx)
{
	struct sql_statement *s = db_statement(db, DB_SQL_IMPORT_LIST);
	struct db_import row;
	enum cs_err err;

	sql_bind_text(s, 1, after);
	sql_bind_number(s, 2, limit);
	while ((err = sql_step(s)) == CS_OK) {
		db_import_row(s, &row);
		each(ctx, &row);
	}
	sql_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

/* A statement whose only parameter is the import. */
static enum cs_err db_import_run(struct db *db, enum db_sql sql, const char *id, int64_t *changed)
{
	struct sql_statement *s = db_statement(db, sql);

	sql_bind_text(s, 1, id);
	return sql_run(s, changed);
}

/* What is left of a row when it goes. */
struct db_discarded {
	char id[DB_TOKEN_ID_SIZE];
	int64_t user; /* 0: none */
	bool made;
};

static enum cs_err db_discard_next(struct db *db, const char *id,
				   struct db_discarded rows[IMPORT_DISCARD_ROWS], size_t *count)
{
	struct sql_statement *s = db_statement(db, DB_SQL_IMPORT_STOCK_NEXT);
	enum cs_err err;

	*count = 0;
	sql_bind_text(s, 1, id);
	sql_bind_number(s, 2, IMPORT_DISCARD_ROWS);
	while ((err = sql_step(s)) == CS_OK && *count < IMPORT_DISCARD_ROWS) {
		struct db_discarded *row = &rows[(*count)++];
		sql_copy_text(s, 0, row->id, sizeof(row->id));
		row->user = sql_number(s, 1);
		row->made = sql_number(s, 2) != 0;
	}
	sql_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

/* A user who was made, some rows of whom are gone: he goes with the last one. */
static enum cs_err db_discard_user(struct db *db, const char *id, int64_t user)
{
	struct sql_statement *s = db_statement(db, DB_SQL_IMPORT_MADE_PASS);

	sql_bind_number(s, 1, user);
	sql_bind_text(s, 2, id);
	enum cs_err err = sql_run(s, NULL);
	if (err)
		return err;
	s = db_statement(db, DB_SQL_IMPORT_USER_HOLD);
	sql_bind_number(s, 1, user);
	err = sql_step(s);
	sql_reset(s);
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_OK : err;
	s = db_statement(db, DB_SQL_IMPORT_USER_REMOVE);
	sql_bind_number(s, 1, user);
	return sql_run(s, NULL);
}

enum cs_err db_import_discard(struct db *db, struct db_import *import, bool *all)
{
	struct db_discarded rows[IMPORT_DISCARD_ROWS];
	size_t count = 0;

	enum cs_err err = db_discard_next(db, import->id, rows, &count);
	for (size_t i = 0; !err && i < count; i++)
		err = db_stock_remove(db, rows[i].id);
	for (size_t i = 0; !err && i < count; i++)
		if (rows[i].made)
			err = db_discard_user(db, import->id, rows[i].user);
	if (err)
		return err;
	*all = count < IMPORT_DISCARD_ROWS;
	if (*all)
		return db_import_run(db, DB_SQL_IMPORT_REMOVE, import->id, NULL);
	import->refused += import->refused == 0;
	return db_import_set(db, import);
}

/* The number that a statement with the import yields. */
static enum cs_err db_import_count(struct sql_statement *s, const char *id, int64_t *out)
{
	sql_bind_text(s, 1, id);
	enum cs_err err = sql_step(s);
	if (!err)
		*out = sql_number(s, 0);
	sql_reset(s);
	return err;
}

enum cs_err db_import_overtaken(struct db *db, const char *id, uint64_t now, uint32_t *count)
{
	const unsigned usual = sql_wait_at_most(db->sql, IMPORT_WAIT_MS);
	int64_t known = 0, overfull = 0;

	enum cs_err err = db_import_count(db_statement(db, DB_SQL_IMPORT_KNOWN), id, &known);
	if (!err) {
		struct sql_statement *s = db_statement(db, DB_SQL_IMPORT_OVERFULL);
		sql_bind_number(s, 2, DB_USER_TOKENS_MAX);
		sql_bind_number(s, 3, (int64_t)now);
		err = db_import_count(s, id, &overfull);
	}
	(void)sql_wait_at_most(db->sql, usual);
	if (!err)
		*count = (uint32_t)(known + overfull);
	return err;
}

enum cs_err db_import_commit(struct db *db, const char *id, uint64_t now, uint32_t *assigned)
{
	const unsigned usual = sql_wait_at_most(db->sql, IMPORT_WAIT_MS);
	struct sql_statement *s = db_statement(db, DB_SQL_IMPORT_TOKENS);
	int64_t count = 0;

	sql_bind_text(s, 1, id);
	sql_bind_number(s, 2, (int64_t)now);
	enum cs_err err = sql_run(s, &count);
	if (!err)
		err = db_import_run(db, DB_SQL_IMPORT_ASSIGNED_REMOVE, id, NULL);
	if (!err) {
		s = db_statement(db, DB_SQL_IMPORT_DONE);
		sql_bind_text(s, 1, id);
		sql_bind_number(s, 2, count);
		err = db_run_one(s, CS_ERR_NOT_FOUND);
	}
	(void)sql_wait_at_most(db->sql, usual);
	if (!err)
		*assigned = (uint32_t)count;
	return err;
}

/* ---- stock ---- */

enum cs_err db_stock_add(struct db *db, const struct db_stock *stock)
{
	struct sql_statement *s = db_statement(db, DB_SQL_STOCK_ADD);
	const struct db_token *token = &stock->token;

	sql_bind_text(s, 1, token->id);
	sql_bind_text(s, 2, stock->import);
	sql_bind_text(s, 3, token->serial);
	if (token->user_id)
		sql_bind_number(s, 4, token->user_id);
	sql_bind_number(s, 5, stock->made_user);
	sql_bind_number(s, 6, (int64_t)token->type);
	sql_bind_number(s, 7, (int64_t)token->hash);
	sql_bind_number(s, 8, (int64_t)token->digits);
	sql_bind_number(s, 9, token->period);
	sql_bind_bytes(s, 10, cs_view(token->sealed, token->sealed_len));
	sql_bind_number(s, 11, (int64_t)token->next);
	sql_bind_text(s, 12, token->label);
	sql_bind_number(s, 13, (int64_t)token->expires);
	sql_bind_text(s, 14, token->suite);
	sql_bind_bytes(s, 15, cs_view(token->fingerprint, token->fingerprint_len));
	return db_run_one(s, CS_ERR_EXISTS);
}

/* Whether a statement with one text or some bytes finds a row. */
static enum cs_err db_stock_there(struct sql_statement *s, bool *there)
{
	enum cs_err err = sql_step(s);

	sql_reset(s);
	*there = !err;
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_stock_seed_known(struct db *db, struct cs_view fingerprint, bool *known)
{
	struct sql_statement *s = db_statement(db, DB_SQL_STOCK_SEED_KNOWN);

	sql_bind_bytes(s, 1, fingerprint);
	return db_stock_there(s, known);
}

enum cs_err db_seed_seen(struct db *db, struct cs_view fingerprint, bool *seen)
{
	struct sql_statement *s = db_statement(db, DB_SQL_SEED_SEEN);

	sql_bind_bytes(s, 1, fingerprint);
	return db_stock_there(s, seen);
}

enum cs_err db_stock_serial_known(struct db *db, const char *serial, bool *known)
{
	struct sql_statement *s = db_statement(db, DB_SQL_STOCK_SERIAL_KNOWN);

	sql_bind_text(s, 1, serial);
	return db_stock_there(s, known);
}

enum cs_err db_stock_user_count(struct db *db, int64_t user, uint64_t now, uint32_t *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_STOCK_USER_COUNT);

	sql_bind_number(s, 1, user);
	sql_bind_number(s, 2, (int64_t)now);
	enum cs_err err = sql_step(s);
	if (!err)
		*out = (uint32_t)sql_number(s, 0);
	sql_reset(s);
	return err;
}

static enum cs_err db_stock_row(struct sql_statement *s, struct db_stock *out)
{
	struct cs_view sealed = sql_bytes(s, 7), fingerprint = sql_bytes(s, 12);
	struct db_token *token = &out->token;

	memset(out, 0, sizeof(*out));
	if (sealed.len > sizeof(token->sealed) || fingerprint.len != sizeof(token->fingerprint))
		return CS_ERR_CORRUPT;
	sql_copy_text(s, 0, token->id, sizeof(token->id));
	sql_copy_text(s, 1, out->import, sizeof(out->import));
	sql_copy_text(s, 2, token->serial, sizeof(token->serial));
	token->type = (enum verify_type)sql_number(s, 3);
	token->hash = (enum cs_hash)sql_number(s, 4);
	token->digits = (unsigned)sql_number(s, 5);
	token->period = (uint32_t)sql_number(s, 6);
	memcpy(token->sealed, sealed.ptr, sealed.len);
	token->sealed_len = sealed.len;
	token->next = (uint64_t)sql_number(s, 8);
	sql_copy_text(s, 9, token->label, sizeof(token->label));
	token->expires = (uint64_t)sql_number(s, 10);
	sql_copy_text(s, 11, token->suite, sizeof(token->suite));
	memcpy(token->fingerprint, fingerprint.ptr, fingerprint.len);
	token->fingerprint_len = fingerprint.len;
	return CS_OK;
}

enum cs_err db_stock_find(struct db *db, const char *key, struct db_stock *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_STOCK_FIND);

	sql_bind_text(s, 1, key);
	enum cs_err err = sql_step(s);
	if (err)
		return err;
	err = db_stock_row(s, out);
	sql_reset(s);
	return err;
}

enum cs_err db_stock_list(struct db *db, const char *after, uint32_t limit, db_stock_fn *each, void *ctx)
{
	struct sql_statement *s = db_statement(db, DB_SQL_STOCK_LIST);
	struct db_stock row;
	enum cs_err err = CS_OK;

	sql_bind_text(s, 1, after);
	sql_bind_number(s, 2, limit);
	while (!err && (err = sql_step(s)) == CS_OK) {
		err = db_stock_row(s, &row);
		if (!err)
			each(ctx, &row);
	}
	sql_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_stock_remove(struct db *db, const char *id)
{
	struct sql_statement *s = db_statement(db, DB_SQL_STOCK_REMOVE);

	sql_bind_text(s, 1, id);
	return db_run_one(s, CS_ERR_NOT_FOUND);
}
