/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The audit log in the database. Triggers of the schema refuse to change or delete an entry.
 */
#include <string.h>

#include "daemon/db_sql.h"

enum cs_err db_audit_head(struct db *db, uint64_t *sequence, uint8_t hash[AUDIT_HASH_LEN])
{
	struct sql_statement *s = db_statement(db, DB_SQL_AUDIT_HEAD);

	enum cs_err err = sql_step(s);
	if (err == CS_ERR_NOT_FOUND) {
		*sequence = 0;
		memset(hash, 0, AUDIT_HASH_LEN);
		return CS_OK;
	}
	if (err)
		return err;
	struct cs_view stored = sql_bytes(s, 1);
	if (stored.len == AUDIT_HASH_LEN) {
		*sequence = (uint64_t)sql_number(s, 0);
		memcpy(hash, stored.ptr, AUDIT_HASH_LEN);
	} else {
		err = CS_ERR_CORRUPT;
	}
	sql_reset(s);
	return err;
}

enum cs_err db_audit_lock(struct db *db)
{
	struct sql_statement *s = db_statement(db, DB_SQL_AUDIT_LOCK);

	enum cs_err err = sql_step(s);
	sql_reset(s);
	return err;
}

enum cs_err db_audit_append(struct db *db, const struct audit_entry *entry)
{
	struct sql_statement *s = db_statement(db, DB_SQL_AUDIT_APPEND);
	const char *const texts[] = {entry->actor,  entry->action, entry->user,	   entry->token,
				     entry->result, entry->reason, entry->address, entry->detail};

	sql_bind_number(s, 1, (int64_t)entry->sequence);
	sql_bind_number(s, 2, (int64_t)entry->time_ms);
	for (unsigned i = 0; i < CS_AUDIT_TEXTS; i++)
		sql_bind_text(s, 3 + i, texts[i]);
	sql_bind_bytes(s, 11, CS_VIEW_OF(entry->previous));
	sql_bind_bytes(s, 12, CS_VIEW_OF(entry->hash));
	sql_bind_number(s, 13, entry->format);
	sql_bind_bytes(s, 14, CS_VIEW_OF(entry->salt));
	sql_bind_bytes(s, 15, CS_VIEW_OF(entry->commitment));
	return sql_run_soon(s);
}

static enum cs_err db_audit_row_commitment(struct sql_statement *s, struct audit_entry *out)
{
	struct cs_view salt = sql_bytes(s, 13), commitment = sql_bytes(s, 14);

	out->masked = sql_is_null(s, 13);
	if (commitment.len != AUDIT_HASH_LEN || (!out->masked && salt.len != CS_AUDIT_SALT_LEN))
		return CS_ERR_CORRUPT;
	if (!out->masked)
		memcpy(out->salt, salt.ptr, CS_AUDIT_SALT_LEN);
	memcpy(out->commitment, commitment.ptr, AUDIT_HASH_LEN);
	return CS_OK;
}

enum cs_err db_audit_row(struct sql_statement *s, struct audit_entry *out)
{
	struct cs_view previous = sql_bytes(s, 10), hash = sql_bytes(s, 11);

	if (previous.len != AUDIT_HASH_LEN || hash.len != AUDIT_HASH_LEN)
		return CS_ERR_CORRUPT;
	memset(out, 0, sizeof(*out));
	out->format = (unsigned)sql_number(s, 12);
	out->sequence = (uint64_t)sql_number(s, 0);
	out->time_ms = (uint64_t)sql_number(s, 1);
	sql_copy_text(s, 2, out->actor, sizeof(out->actor));
	sql_copy_text(s, 3, out->action, sizeof(out->action));
	sql_copy_text(s, 4, out->user, sizeof(out->user));
	sql_copy_text(s, 5, out->token, sizeof(out->token));
	sql_copy_text(s, 6, out->result, sizeof(out->result));
	sql_copy_text(s, 7, out->reason, sizeof(out->reason));
	sql_copy_text(s, 8, out->address, sizeof(out->address));
	sql_copy_text(s, 9, out->detail, sizeof(out->detail));
	memcpy(out->previous, previous.ptr, AUDIT_HASH_LEN);
	memcpy(out->hash, hash.ptr, AUDIT_HASH_LEN);
	return out->format == 2 ? db_audit_row_commitment(s, out) : CS_OK;
}

enum cs_err db_audit_list(struct db *db, uint64_t after, uint32_t limit, db_audit_fn *each, void *ctx)
{
	struct sql_statement *s = db_statement(db, DB_SQL_AUDIT_LIST);
	struct audit_entry row;
	enum cs_err err = CS_OK;

	sql_bind_number(s, 1, (int64_t)after);
	sql_bind_number(s, 2, limit);
	while (!err && (err = sql_step(s)) == CS_OK) {
		err = db_audit_row(s, &row);
		if (!err)
			each(ctx, &row);
	}
	sql_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}
