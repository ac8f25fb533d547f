/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Checkpoints of the audit log in the database, and the name that they have for it.
 */
#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "daemon/db_sql.h"

#define INSTALLATION_TEXT (2u * CS_CHECKPOINT_INSTALLATION_LEN + 1u)

enum cs_err db_audit_root(struct db *db, uint64_t *sequence)
{
	struct sql_statement *s = db_statement(db, DB_SQL_AUDIT_ROOT);

	enum cs_err err = sql_step(s);
	if (!err || err == CS_ERR_NOT_FOUND)
		*sequence = err ? 0 : (uint64_t)sql_number(s, 0);
	sql_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

static enum cs_err installation_find(struct db *db, uint8_t id[CS_CHECKPOINT_INSTALLATION_LEN])
{
	struct sql_statement *s = db_statement(db, DB_SQL_INSTALLATION_FIND);
	struct cs_writer w = cs_writer_of(id, CS_CHECKPOINT_INSTALLATION_LEN);
	char text[INSTALLATION_TEXT];

	enum cs_err err = sql_step(s);
	if (err)
		return err;
	sql_copy_text(s, 0, text, sizeof(text));
	sql_reset(s);
	return cs_hex_decode(cs_view_string(text), &w) ||
		       cs_writer_view(&w).len != CS_CHECKPOINT_INSTALLATION_LEN
		   ? CS_ERR_CORRUPT
		   : CS_OK;
}

enum cs_err db_installation(struct db *db, uint8_t id[CS_CHECKPOINT_INSTALLATION_LEN])
{
	struct sql_statement *s = db_statement(db, DB_SQL_INSTALLATION_ADD);
	uint8_t bytes[CS_CHECKPOINT_INSTALLATION_LEN];
	char text[INSTALLATION_TEXT];

	enum cs_err err = installation_find(db, id);
	if (err != CS_ERR_NOT_FOUND)
		return err;
	err = seal_random(bytes, sizeof(bytes));
	if (err)
		return err;
	cs_hex_encode(CS_VIEW_OF(bytes), text);
	sql_bind_text(s, 1, text);
	err = sql_run(s, NULL);
	return err ? err : installation_find(db, id);
}

enum cs_err db_checkpoint_add(struct db *db, const struct db_checkpoint *checkpoint)
{
	struct sql_statement *s = db_statement(db, DB_SQL_CHECKPOINT_ADD);

	sql_bind_number(s, 1, (int64_t)checkpoint->sequence);
	sql_bind_number(s, 2, (int64_t)checkpoint->time_ms);
	sql_bind_bytes(s, 3, CS_VIEW_OF(checkpoint->hash));
	sql_bind_text(s, 4, checkpoint->text);
	sql_bind_bytes(s, 5, cs_view(checkpoint->signature, checkpoint->signature_len));
	return sql_run(s, NULL);
}

static enum cs_err checkpoint_row(struct sql_statement *s, struct db_checkpoint *out)
{
	struct cs_view hash = sql_bytes(s, 2), signature = sql_bytes(s, 4);

	if (hash.len != AUDIT_HASH_LEN || signature.len > CS_CHECKPOINT_SIGNATURE_MAX)
		return CS_ERR_CORRUPT;
	out->sequence = (uint64_t)sql_number(s, 0);
	out->time_ms = (uint64_t)sql_number(s, 1);
	memcpy(out->hash, hash.ptr, AUDIT_HASH_LEN);
	sql_copy_text(s, 3, out->text, sizeof(out->text));
	out->signature_len = signature.len;
	if (signature.len)
		memcpy(out->signature, signature.ptr, signature.len);
	return CS_OK;
}

static enum cs_err checkpoint_one(struct sql_statement *s, struct db_checkpoint *out)
{
	enum cs_err err = sql_step(s);
	if (!err)
		err = checkpoint_row(s, out);
	sql_reset(s);
	return err;
}

enum cs_err db_checkpoint_find(struct db *db, uint64_t sequence, struct db_checkpoint *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_CHECKPOINT_FIND);

	sql_bind_number(s, 1, (int64_t)sequence);
	return checkpoint_one(s, out);
}

enum cs_err db_checkpoint_last(struct db *db, struct db_checkpoint *out)
{
	return checkpoint_one(db_statement(db, DB_SQL_CHECKPOINT_LAST), out);
}

enum cs_err db_checkpoint_up_to(struct db *db, uint64_t sequence, uint64_t before_ms,
				struct db_checkpoint *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_CHECKPOINT_UP_TO);

	sql_bind_number(s, 1, (int64_t)sequence);
	sql_bind_number(s, 2, (int64_t)before_ms);
	return checkpoint_one(s, out);
}

enum cs_err db_checkpoint_remove(struct db *db, uint64_t before)
{
	struct sql_statement *s = db_statement(db, DB_SQL_CHECKPOINT_REMOVE);

	sql_bind_number(s, 1, (int64_t)before);
	return sql_run(s, NULL);
}

static enum cs_err checkpoint_each(struct sql_statement *s, db_checkpoint_fn *each, void *ctx)
{
	struct db_checkpoint row;
	enum cs_err err = CS_OK;

	while (!err && (err = sql_step(s)) == CS_OK) {
		err = checkpoint_row(s, &row);
		if (!err)
			each(ctx, &row);
	}
	sql_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_checkpoint_list(struct db *db, uint64_t after, uint32_t limit, db_checkpoint_fn *each,
			       void *ctx)
{
	struct sql_statement *s = db_statement(db, DB_SQL_CHECKPOINT_LIST);

	sql_bind_number(s, 1, (int64_t)after);
	sql_bind_number(s, 2, limit);
	return checkpoint_each(s, each, ctx);
}

enum cs_err db_checkpoint_held(struct db *db, uint32_t limit, db_checkpoint_fn *each, void *ctx)
{
	struct sql_statement *s = db_statement(db, DB_SQL_CHECKPOINT_HELD);

	sql_bind_number(s, 1, limit);
	return checkpoint_each(s, each, ctx);
}

enum cs_err db_checkpoint_exported(struct db *db, uint64_t sequence)
{
	struct sql_statement *s = db_statement(db, DB_SQL_CHECKPOINT_EXPORTED);

	sql_bind_number(s, 1, (int64_t)sequence);
	return sql_run(s, NULL);
}
