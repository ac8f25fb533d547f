/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Data keys in the database.
 */
#include "daemon/db_data_key.h"

#include <string.h>

#include "daemon/db_sql.h"

static const enum db_sql now_statements[DB_HOLDS] = {
    [DB_READ] = DB_SQL_DATA_KEY_NOW, [DB_HELD] = DB_SQL_DATA_KEY_HOLD, [DB_ALONE] = DB_SQL_DATA_KEY_ALONE};

static const struct {
	enum db_sql before, replace, unmark;
} sealed_statements[DB_SEALED_KINDS] = {
    [DB_SEALED_STOCK] = {DB_SQL_RESEAL_STOCK, DB_SQL_RESEAL_STOCK_SET, DB_SQL_ASIDE_STOCK},
    [DB_SEALED_TOKEN] = {DB_SQL_RESEAL_TOKEN, DB_SQL_RESEAL_TOKEN_SET, DB_SQL_ASIDE_TOKEN},
    [DB_SEALED_SIGNING] = {DB_SQL_RESEAL_SIGNING, DB_SQL_RESEAL_SIGNING_SET, DB_SQL_ASIDE_SIGNING},
};

enum cs_err db_data_key_now(struct db *db, enum db_hold hold, uint32_t *number, int64_t *version)
{
	if (hold != DB_HELD || !db->key_held) {
		struct sql_statement *s = db_statement(db, now_statements[hold]);
		enum cs_err err = sql_step(s);
		if (err)
			return err == CS_ERR_NOT_FOUND ? CS_ERR_CORRUPT : err;
		db->key_number = (uint32_t)sql_number(s, 0);
		db->key_version = sql_number(s, 1);
		db->key_held = db->key_held || hold != DB_READ;
		sql_reset(s);
	}
	*number = db->key_number;
	*version = db->key_version;
	return CS_OK;
}

enum cs_err db_data_key_change(struct db *db, uint32_t number, int64_t version)
{
	struct sql_statement *s = db_statement(db, DB_SQL_DATA_KEY_CHANGE);

	sql_bind_number(s, 1, number);
	sql_bind_number(s, 2, version);
	db->key_number = number;
	db->key_version = version;
	return db_run_one(s, CS_ERR_CORRUPT);
}

static enum cs_err data_key_row(const struct sql_statement *s, struct db_data_key *out)
{
	const struct cs_view sealed = sql_bytes(s, 1);

	if (sealed.len > sizeof(out->sealed))
		return CS_ERR_CORRUPT;
	memcpy(out->sealed, sealed.ptr, sealed.len);
	out->sealed_len = sealed.len;
	out->number = (uint32_t)sql_number(s, 0);
	out->created = (uint64_t)sql_number(s, 2);
	out->total = (uint64_t)sql_number(s, 3);
	out->done = (uint64_t)sql_number(s, 4);
	out->unreadable = (uint64_t)sql_number(s, 5);
	out->finished = (uint64_t)sql_number(s, 6);
	return CS_OK;
}

enum cs_err db_data_keys(struct db *db, struct db_data_key out[DB_DATA_KEYS_MAX], size_t *count)
{
	struct sql_statement *s = db_statement(db, DB_SQL_DATA_KEYS);
	enum cs_err err = CS_OK;
	size_t found = 0;

	while (!err && (err = sql_step(s)) == CS_OK)
		err = found < DB_DATA_KEYS_MAX ? data_key_row(s, &out[found++]) : CS_ERR_CORRUPT;
	sql_reset(s);
	*count = found;
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_data_key_add(struct db *db, const struct db_data_key *key)
{
	struct sql_statement *s = db_statement(db, DB_SQL_DATA_KEY_ADD);

	sql_bind_number(s, 1, key->number);
	sql_bind_bytes(s, 2, cs_view(key->sealed, key->sealed_len));
	sql_bind_number(s, 3, (int64_t)key->created);
	sql_bind_number(s, 4, (int64_t)key->total);
	return sql_run(s, NULL);
}

enum cs_err db_data_key_progress(struct db *db, uint32_t number, uint64_t done, uint64_t unreadable)
{
	struct sql_statement *s = db_statement(db, DB_SQL_DATA_KEY_PROGRESS);

	sql_bind_number(s, 1, number);
	sql_bind_number(s, 2, (int64_t)done);
	sql_bind_number(s, 3, (int64_t)unreadable);
	return sql_run(s, NULL);
}

enum cs_err db_data_key_finish(struct db *db, uint32_t number, uint64_t now)
{
	struct sql_statement *s = db_statement(db, DB_SQL_DATA_KEY_FINISH);

	sql_bind_number(s, 1, number);
	sql_bind_number(s, 2, (int64_t)now);
	return db_run_one(s, CS_ERR_STATE);
}

enum cs_err db_data_key_again(struct db *db, uint32_t number, uint64_t total)
{
	struct sql_statement *s = db_statement(db, DB_SQL_DATA_KEY_AGAIN);

	sql_bind_number(s, 1, number);
	sql_bind_number(s, 2, (int64_t)total);
	return db_run_one(s, CS_ERR_STATE);
}

enum cs_err db_data_key_remove(struct db *db, uint32_t number)
{
	struct sql_statement *s = db_statement(db, DB_SQL_DATA_KEY_REMOVE);

	sql_bind_number(s, 1, number);
	return db_run_one(s, CS_ERR_STATE);
}

/* ---- what is sealed under them ---- */

static void reseal_row(const struct sql_statement *s, struct db_reseal *out)
{
	const struct cs_view sealed = sql_bytes(s, 2);

	sql_copy_text(s, 0, out->id, sizeof(out->id));
	out->user = sql_number(s, 1);
	out->sealed_len = sealed.len < sizeof(out->sealed) ? sealed.len : sizeof(out->sealed);
	if (out->sealed_len)
		memcpy(out->sealed, sealed.ptr, out->sealed_len);
}

enum cs_err db_sealed_before(struct db *db, enum db_sealed kind, struct cs_view head, uint32_t limit,
			     struct db_reseal *out, size_t *count)
{
	struct sql_statement *s = db_statement(db, sealed_statements[kind].before);
	enum cs_err err = CS_OK;
	size_t found = 0;

	sql_bind_bytes(s, 1, head);
	sql_bind_number(s, 2, limit);
	while (found < limit && (err = sql_step(s)) == CS_OK)
		reseal_row(s, &out[found++]);
	sql_reset(s);
	*count = found;
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

static enum cs_err sealed_number(struct db *db, enum db_sql sql, struct cs_view head, int64_t *out)
{
	struct sql_statement *s = db_statement(db, sql);

	sql_bind_bytes(s, 1, head);
	enum cs_err err = sql_step(s);
	if (err)
		return err;
	*out = sql_number(s, 0);
	sql_reset(s);
	return CS_OK;
}

enum cs_err db_sealed_count(struct db *db, struct cs_view head, uint64_t *count)
{
	int64_t number = 0;

	enum cs_err err = sealed_number(db, DB_SQL_RESEAL_COUNT, head, &number);
	if (!err)
		*count = (uint64_t)number;
	return err;
}

enum cs_err db_sealed_left(struct db *db, struct cs_view head, bool *left)
{
	int64_t number = 0;

	enum cs_err err = sealed_number(db, DB_SQL_RESEAL_LEFT, head, &number);
	if (err && err != CS_ERR_NOT_FOUND)
		return err;
	*left = !err;
	return CS_OK;
}

enum cs_err db_sealed_aside(struct db *db, struct cs_view head, bool *aside)
{
	struct sql_statement *s = db_statement(db, DB_SQL_ASIDE_LEFT);
	uint8_t bytes[1 + 5];
	struct cs_writer w = CS_WRITER_OF(bytes);

	cs_write_u8(&w, DB_SET_ASIDE);
	cs_write_view(&w, head);
	enum cs_err err = cs_writer_done(&w);
	if (err)
		return err;
	sql_bind_bytes(s, 1, cs_view(bytes, sizeof(bytes) - 1));
	sql_bind_bytes(s, 2, CS_VIEW_OF(bytes));
	err = sql_step(s);
	sql_reset(s);
	*aside = !err;
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_sealed_take_back(struct db *db)
{
	static const uint8_t from[] = {DB_SET_ASIDE}, to[] = {DB_SET_ASIDE + 1};
	enum cs_err err = CS_OK;

	for (unsigned kind = 0; !err && kind < DB_SEALED_KINDS; kind++) {
		struct sql_statement *s = db_statement(db, sealed_statements[kind].unmark);
		sql_bind_bytes(s, 1, CS_VIEW_OF(from));
		sql_bind_bytes(s, 2, CS_VIEW_OF(to));
		err = sql_run(s, NULL);
	}
	return err;
}

enum cs_err db_sealed_replace(struct db *db, enum db_sealed kind, const char *id, struct cs_view sealed)
{
	struct sql_statement *s = db_statement(db, sealed_statements[kind].replace);

	sql_bind_text(s, 1, id);
	sql_bind_bytes(s, 2, sealed);
	return db_run_one(s, CS_ERR_STATE);
}
