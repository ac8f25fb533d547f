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
	out->due = (uint64_t)sql_number(s, 8);
	out->dead = sql_number(s, 9) != 0;
	sql_copy_text(s, 10, out->reason, sizeof(out->reason));
	return CS_OK;
}

/* The rows of a statement that is bound. */
static enum cs_err outbox_each(struct sql_statement *s, db_message_fn *each, void *ctx)
{
	struct db_message row;
	enum cs_err err, read = CS_OK;

	while ((err = sql_step(s)) == CS_OK && (read = outbox_read(s, &row)) == CS_OK)
		each(ctx, &row);
	sql_reset(s);
	return read ? read : err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_outbox_page(struct db *db, const char *after, uint32_t limit, db_message_fn *each, void *ctx)
{
	struct sql_statement *s = db_statement(db, DB_SQL_OUTBOX_PAGE);

	sql_bind_text(s, 1, after);
	sql_bind_number(s, 2, limit);
	return outbox_each(s, each, ctx);
}

enum cs_err db_outbox_figures(struct db *db, struct db_outbox_figures *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_OUTBOX_FIGURES);
	enum cs_err err = sql_step(s);

	if (!err)
		*out = (struct db_outbox_figures){.waiting = (uint64_t)sql_number(s, 0),
						  .oldest = (uint64_t)sql_number(s, 1),
						  .dead = (uint64_t)sql_number(s, 2)};
	sql_reset(s);
	return err;
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

static enum cs_err outbox_first(struct db *db, enum db_sql index, uint64_t now, struct db_message *out)
{
	struct sql_statement *s = db_statement(db, index);

	sql_bind_number(s, 1, (int64_t)now);
	return outbox_one(s, out);
}

enum cs_err db_outbox_due(struct db *db, uint64_t now, struct db_message *out)
{
	return outbox_first(db, DB_SQL_OUTBOX_DUE, now, out);
}

enum cs_err db_outbox_hook(struct db *db, const char *url, struct db_message *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_OUTBOX_HOOK);

	sql_bind_text(s, 1, url);
	return outbox_one(s, out);
}

enum cs_err db_outbox_expired(struct db *db, uint64_t now, struct db_message *out)
{
	return outbox_first(db, DB_SQL_OUTBOX_EXPIRED, now, out);
}

enum cs_err db_outbox_find(struct db *db, const char *id, struct db_message *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_OUTBOX_FIND);

	sql_bind_text(s, 1, id);
	return outbox_one(s, out);
}

enum cs_err db_outbox_take(struct db *db, const struct db_message *message, uint64_t until, bool *taken)
{
	struct sql_statement *s = db_statement(db, DB_SQL_OUTBOX_TAKE);
	int64_t changed;

	sql_bind_text(s, 1, message->id);
	sql_bind_number(s, 2, message->attempts);
	sql_bind_number(s, 3, (int64_t)until);
	enum cs_err err = sql_run(s, &changed);
	if (!err)
		*taken = changed == 1;
	return err;
}

/* What changes one row, of a message's and a time; CS_ERR_NOT_FOUND: none. */
static enum cs_err outbox_set(struct db *db, enum db_sql index, const char *id, uint64_t time)
{
	struct sql_statement *s = db_statement(db, index);

	sql_bind_text(s, 1, id);
	sql_bind_number(s, 2, (int64_t)time);
	return db_run_one(s, CS_ERR_NOT_FOUND);
}

enum cs_err db_outbox_put_off(struct db *db, const char *id, uint64_t due)
{
	return outbox_set(db, DB_SQL_OUTBOX_PUT_OFF, id, due);
}

enum cs_err db_outbox_revive(struct db *db, const char *id, uint64_t now)
{
	return outbox_set(db, DB_SQL_OUTBOX_REVIVE, id, now);
}

static const uint8_t outbox_nothing[1];

enum cs_err db_outbox_bury(struct db *db, const char *id, const char *reason, uint64_t now)
{
	struct sql_statement *s = db_statement(db, DB_SQL_OUTBOX_BURY);

	sql_bind_text(s, 1, id);
	sql_bind_number(s, 2, (int64_t)now);
	sql_bind_text(s, 3, reason);
	sql_bind_bytes(s, 4, cs_view(outbox_nothing, 0));
	return db_run_one(s, CS_ERR_NOT_FOUND);
}

enum cs_err db_outbox_purge(struct db *db, uint64_t now, uint64_t before)
{
	struct sql_statement *s = db_statement(db, DB_SQL_OUTBOX_EMPTY);

	sql_bind_number(s, 1, (int64_t)now);
	sql_bind_bytes(s, 2, cs_view(outbox_nothing, 0));
	enum cs_err err = sql_run(s, NULL);
	if (err)
		return err;
	s = db_statement(db, DB_SQL_OUTBOX_PURGE);
	sql_bind_number(s, 1, (int64_t)before);
	return sql_run(s, NULL);
}

enum cs_err db_outbox_remove(struct db *db, const char *id)
{
	struct sql_statement *s = db_statement(db, DB_SQL_OUTBOX_REMOVE);

	sql_bind_text(s, 1, id);
	return db_run_one(s, CS_ERR_NOT_FOUND);
}
