/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who holds a credential: applications and administrators.
 */
#include "base/secret.h"
#include "daemon/db_sql.h"

static enum cs_err db_holder_add(struct db *db, enum db_sql sql, const char *name,
				 const uint8_t credential[CREDENTIAL_HASH_LEN], uint64_t now)
{
	struct sql_statement *s = db_statement(db, sql);

	sql_bind_text(s, 1, name);
	sql_bind_bytes(s, 2, cs_view(credential, CREDENTIAL_HASH_LEN));
	sql_bind_number(s, 3, (int64_t)now);
	return db_run_one(s, CS_ERR_EXISTS);
}

enum cs_err db_application_add(struct db *db, const char *name, const uint8_t credential[CREDENTIAL_HASH_LEN],
			       uint64_t now)
{
	return db_holder_add(db, DB_SQL_APPLICATION_ADD, name, credential, now);
}

enum cs_err db_admin_add(struct db *db, const char *name, const uint8_t credential[CREDENTIAL_HASH_LEN],
			 uint64_t now)
{
	return db_holder_add(db, DB_SQL_ADMIN_ADD, name, credential, now);
}

enum cs_err db_application_list(struct db *db, const char *after, uint32_t limit, db_application_fn *each,
				void *ctx)
{
	struct sql_statement *s = db_statement(db, DB_SQL_APPLICATION_LIST);
	struct db_application row;
	enum cs_err err;

	sql_bind_text(s, 1, after);
	sql_bind_number(s, 2, limit);
	while ((err = sql_step(s)) == CS_OK) {
		sql_copy_text(s, 0, row.name, sizeof(row.name));
		row.created = (uint64_t)sql_number(s, 1);
		each(ctx, &row);
	}
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_application_remove(struct db *db, const char *name)
{
	struct sql_statement *s = db_statement(db, DB_SQL_APPLICATION_REMOVE);

	sql_bind_text(s, 1, name);
	return db_run_one(s, CS_ERR_NOT_FOUND);
}

enum cs_err db_credential_find(struct db *db, enum ipc_role role,
			       const uint8_t credential[CREDENTIAL_HASH_LEN], char name[DB_NAME_SIZE])
{
	struct sql_statement *s =
	    db_statement(db, role == IPC_ADMIN ? DB_SQL_ADMIN_FIND : DB_SQL_APPLICATION_FIND);

	sql_bind_bytes(s, 1, cs_view(credential, CREDENTIAL_HASH_LEN));
	enum cs_err err = sql_step(s);
	if (err)
		return err;
	struct cs_view stored = sql_bytes(s, 1);
	if (stored.len != CREDENTIAL_HASH_LEN || !cs_equal_ct(stored.ptr, credential, CREDENTIAL_HASH_LEN))
		err = CS_ERR_NOT_FOUND;
	else
		sql_copy_text(s, 0, name, DB_NAME_SIZE);
	sql_reset(s);
	return err;
}
