/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The audit log in SQLite. Triggers of the schema refuse to change or delete an entry.
 */
#include <string.h>

#include "daemon/db_sqlite.h"

enum cs_err db_audit_head(struct db *db, uint64_t *sequence, uint8_t hash[AUDIT_HASH_LEN])
{
	sqlite3_stmt *s = db_statement(db, DB_SQL_AUDIT_HEAD);

	enum cs_err err = db_step(s);
	if (err == CS_ERR_NOT_FOUND) {
		*sequence = 0;
		memset(hash, 0, AUDIT_HASH_LEN);
		return CS_OK;
	}
	if (err)
		return err;
	struct cs_view stored = db_column_blob(s, 1);
	if (stored.len == AUDIT_HASH_LEN) {
		*sequence = (uint64_t)sqlite3_column_int64(s, 0);
		memcpy(hash, stored.ptr, AUDIT_HASH_LEN);
	} else {
		err = CS_ERR_CORRUPT;
	}
	(void)sqlite3_reset(s);
	return err;
}

enum cs_err db_audit_append(struct db *db, const struct audit_entry *entry)
{
	sqlite3_stmt *s = db_statement(db, DB_SQL_AUDIT_APPEND);
	const char *const texts[] = {entry->actor,  entry->action, entry->user,	   entry->token,
				     entry->result, entry->reason, entry->address, entry->detail};

	(void)sqlite3_bind_int64(s, 1, (sqlite3_int64)entry->sequence);
	(void)sqlite3_bind_int64(s, 2, (sqlite3_int64)entry->time_ms);
	for (int i = 0; i < (int)CS_AUDIT_TEXTS; i++)
		db_bind_text(s, 3 + i, texts[i]);
	db_bind_blob(s, 11, CS_VIEW_OF(entry->previous));
	db_bind_blob(s, 12, CS_VIEW_OF(entry->hash));
	return db_run(db, s, NULL);
}

static enum cs_err db_audit_row(sqlite3_stmt *s, struct audit_entry *out)
{
	struct cs_view previous = db_column_blob(s, 10), hash = db_column_blob(s, 11);

	if (previous.len != AUDIT_HASH_LEN || hash.len != AUDIT_HASH_LEN)
		return CS_ERR_CORRUPT;
	out->sequence = (uint64_t)sqlite3_column_int64(s, 0);
	out->time_ms = (uint64_t)sqlite3_column_int64(s, 1);
	db_column_text(s, 2, out->actor, sizeof(out->actor));
	db_column_text(s, 3, out->action, sizeof(out->action));
	db_column_text(s, 4, out->user, sizeof(out->user));
	db_column_text(s, 5, out->token, sizeof(out->token));
	db_column_text(s, 6, out->result, sizeof(out->result));
	db_column_text(s, 7, out->reason, sizeof(out->reason));
	db_column_text(s, 8, out->address, sizeof(out->address));
	db_column_text(s, 9, out->detail, sizeof(out->detail));
	memcpy(out->previous, previous.ptr, AUDIT_HASH_LEN);
	memcpy(out->hash, hash.ptr, AUDIT_HASH_LEN);
	return CS_OK;
}

enum cs_err db_audit_list(struct db *db, uint64_t after, uint32_t limit, db_audit_fn *each, void *ctx)
{
	sqlite3_stmt *s = db_statement(db, DB_SQL_AUDIT_LIST);
	struct audit_entry row;
	enum cs_err err = CS_OK;

	(void)sqlite3_bind_int64(s, 1, (sqlite3_int64)after);
	(void)sqlite3_bind_int64(s, 2, limit);
	while (!err && (err = db_step(s)) == CS_OK) {
		err = db_audit_row(s, &row);
		if (!err)
			each(ctx, &row);
	}
	(void)sqlite3_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}
