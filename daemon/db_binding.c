/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates of users, and the nonces that their keys have signed, in the database.
 */
#include <string.h>

#include "daemon/db_sql.h"

#define NONCE_KEPT 86400 /* seconds after its end: another daemon's clock may be behind */

enum cs_err db_binding_add(struct db *db, const struct db_binding *binding)
{
	struct sql_statement *s = db_statement(db, DB_SQL_BINDING_ADD);

	sql_bind_bytes(s, 1, CS_VIEW_OF(binding->fingerprint));
	sql_bind_number(s, 2, binding->user_id);
	sql_bind_text(s, 3, binding->label);
	sql_bind_number(s, 4, (int64_t)binding->created);
	enum cs_err err = db_run_one(s, CS_ERR_EXISTS);
	return err ? err : db_user_set_bound_only(db, binding->user_id, true);
}

static enum cs_err db_binding_row(struct sql_statement *s, struct db_binding *out)
{
	struct cs_view fingerprint = sql_bytes(s, 0);

	if (fingerprint.len != sizeof(out->fingerprint))
		return CS_ERR_CORRUPT;
	memcpy(out->fingerprint, fingerprint.ptr, fingerprint.len);
	out->user_id = sql_number(s, 1);
	sql_copy_text(s, 2, out->user, sizeof(out->user));
	sql_copy_text(s, 3, out->label, sizeof(out->label));
	out->created = (uint64_t)sql_number(s, 4);
	return CS_OK;
}

enum cs_err db_binding_find(struct db *db, const uint8_t fingerprint[DB_FINGERPRINT_LEN],
			    struct db_binding *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_BINDING_FIND);

	sql_bind_bytes(s, 1, cs_view(fingerprint, DB_FINGERPRINT_LEN));
	enum cs_err err = sql_step(s);
	if (!err)
		err = db_binding_row(s, out);
	sql_reset(s);
	return err;
}

enum cs_err db_binding_count(struct db *db, int64_t user, uint32_t *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_BINDING_COUNT);

	sql_bind_number(s, 1, user);
	enum cs_err err = sql_step(s);
	if (!err)
		*out = (uint32_t)sql_number(s, 0);
	sql_reset(s);
	return err;
}

enum cs_err db_binding_list(struct db *db, int64_t user, struct cs_view after, uint32_t limit,
			    db_binding_fn *each, void *ctx)
{
	struct sql_statement *s = db_statement(db, user ? DB_SQL_BINDING_LIST_USER : DB_SQL_BINDING_LIST);
	struct db_binding row;
	enum cs_err err = CS_OK;

	sql_bind_bytes(s, 1, after.len ? after : CS_VIEW_TEXT("")); /* bytes, though none of them */
	sql_bind_number(s, 2, limit);
	if (user)
		sql_bind_number(s, 3, user);
	while (!err && (err = sql_step(s)) == CS_OK) {
		err = db_binding_row(s, &row);
		if (!err)
			each(ctx, &row);
	}
	sql_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_binding_remove(struct db *db, const uint8_t fingerprint[DB_FINGERPRINT_LEN])
{
	struct sql_statement *s = db_statement(db, DB_SQL_BINDING_REMOVE);

	sql_bind_bytes(s, 1, cs_view(fingerprint, DB_FINGERPRINT_LEN));
	return db_run_one(s, CS_ERR_NOT_FOUND);
}

/* ---- nonces ---- */

enum cs_err db_nonce_spend(struct db *db, const uint8_t nonce[DB_NONCE_LEN], uint64_t expires, uint64_t now)
{
	struct sql_statement *purge = db_statement(db, DB_SQL_NONCE_PURGE);

	sql_bind_number(purge, 1, (int64_t)now - NONCE_KEPT);
	enum cs_err err = sql_run(purge, NULL);
	if (err)
		return err;
	struct sql_statement *s = db_statement(db, DB_SQL_NONCE_ADD);
	sql_bind_bytes(s, 1, cs_view(nonce, DB_NONCE_LEN));
	sql_bind_number(s, 2, (int64_t)expires);
	return db_run_one(s, CS_ERR_EXISTS);
}

enum cs_err db_nonce_spent(struct db *db, const uint8_t nonce[DB_NONCE_LEN], bool *spent)
{
	struct sql_statement *s = db_statement(db, DB_SQL_NONCE_FIND);

	sql_bind_bytes(s, 1, cs_view(nonce, DB_NONCE_LEN));
	enum cs_err err = sql_step(s);
	sql_reset(s);
	*spent = !err;
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}
