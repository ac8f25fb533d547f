/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The outbox in the database.
 */
#include <string.h>

#include "daemon/db_outbox.h"
#include "daemon/db_sql.h"

enum cs_err db_outbox_add(struct db *db, const struct db_message *message)
{
	struct sql_statement *s = db_statement(db, DB_SQL_OUTBOX_ADD);

	sql_bind_text(s, 1, message->id);
	sql_bind_text(s, 2, message->kind);
	sql_bind_text(s, 3, message->user);
	sql_bind_text(s, 4, message->destination);
	sql_bind_bytes(s, 5, cs_view(message->sealed, message->sealed_len));
	sql_bind_number(s, 6, (int64_t)message->created);
	sql_bind_number(s, 7, (int64_t)message->expires);
	return db_run_one(s, CS_ERR_EXISTS);
}

/* CS_ERR_CORRUPT. */
static enum cs_err outbox_read(const struct sql_statement *s, struct db_message *out)
{
	struct cs_view sealed = sql_bytes(s, 4);

	if (sealed.len > sizeof(out->sealed))
		return CS_ERR_CORRUPT;
	sql_copy_text(s, 0, out->id, sizeof(out->id));
	sql_copy_text(s, 1, out->kind, sizeof(out->kind));
	sql_copy_text(s, 2, out->user, sizeof(out->user));
	sql_copy_text(s, 3, out->destination, sizeof(out->destination));
	if (sealed.len)
		memcpy(out->sealed, sealed.ptr, sealed.len);
	out->sealed_len = sealed.len;
	out->created = (uint64_t)sql_number(s, 5);
	out->expires = (uint64_t)sql_number(s, 6);
	out->attempts = (uint32_t)sql_number(s, 7);
	return CS_OK;
}

enum cs_err db_outbox_list(struct db *db, uint32_t limit, db_message_fn *each, void *ctx)
{
	struct sql_statement *s = db_statement(db, DB_SQL_OUTBOX_LIST);
	struct db_message row;
	enum cs_err err, read = CS_OK;

	sql_bind_number(s, 1, limit);
	while ((err = sql_step(s)) == CS_OK && (read = outbox_read(s, &row)) == CS_OK)
		each(ctx, &row);
	sql_reset(s);
	return read ? read : err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

/* The one row of a statement that is bound. */
static enum cs_err outbox_one(struct sql_statement *s, struct db_message *out)
{
	enum cs_err err = sql_step(s);

	if (!err)
		err = outbox_read(s, out);
	sql_reset(s);
	return err;
}

enum cs_err db_outbox_due(struct db *db, uint64_t now, struct db_message *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_OUTBOX_DUE);

	sql_bind_number(s, 1, (int64_t)now);
	return outbox_one(s, out);
}

enum cs_err db_outbox_find(struct db *db, const char *id, struct db_message *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_OUTBOX_FIND);

	sql_bind_text(s, 1, id);
	return outbox_one(s, out);
}

enum cs_err db_outbox_take(struct db *db, const struct db_message *message, uint64_t due, bool *taken)
{
	struct sql_statement *s = db_statement(db, DB_SQL_OUTBOX_TAKE);
	int64_t changed;

	sql_bind_text(s, 1, message->id);
	sql_bind_number(s, 2, message->attempts);
	sql_bind_number(s, 3, (int64_t)due);
	enum cs_err err = sql_run(s, &changed);
	if (!err)
		*taken = changed == 1;
	return err;
}

enum cs_err db_outbox_bury(struct db *db, const char *id, const char *reason)
{
	static const uint8_t nothing[1];
	struct sql_statement *s = db_statement(db, DB_SQL_OUTBOX_BURY);

	sql_bind_text(s, 1, id);
	sql_bind_bytes(s, 2, cs_view(nothing, 0));
	sql_bind_text(s, 3, reason);
	return db_run_one(s, CS_ERR_NOT_FOUND);
}

enum cs_err db_outbox_purge(struct db *db, uint64_t before)
{
	struct sql_statement *s = db_statement(db, DB_SQL_OUTBOX_PURGE);

	sql_bind_number(s, 1, (int64_t)before);
	return sql_run(s, NULL);
}

enum cs_err db_outbox_remove(struct db *db, const char *id)
{
	struct sql_statement *s = db_statement(db, DB_SQL_OUTBOX_REMOVE);

	sql_bind_text(s, 1, id);
	return db_run_one(s, CS_ERR_NOT_FOUND);
}
