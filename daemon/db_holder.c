/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who holds a credential: applications, and persons (in the table admin, from when all of them were
 * administrators).
 */
#include <string.h>

#include "base/secret.h"
#include "daemon/db_sql.h"

static void db_scope_bind(struct sql_statement *s, const struct scope *scope)
{
	sql_bind_text(s, 2, scope->calls);
	sql_bind_text(s, 3, scope->realms);
	sql_bind_text(s, 4, scope->addresses);
}

static void db_scope_row(const struct sql_statement *s, int column, struct scope *out)
{
	sql_copy_text(s, column, out->calls, sizeof(out->calls));
	sql_copy_text(s, column + 1, out->realms, sizeof(out->realms));
	sql_copy_text(s, column + 2, out->addresses, sizeof(out->addresses));
}

enum cs_err db_application_add(struct db *db, const struct db_application *application,
			       const uint8_t credential[CREDENTIAL_HASH_LEN])
{
	struct sql_statement *s = db_statement(db, DB_SQL_APPLICATION_ADD);

	sql_bind_text(s, 1, application->name);
	db_scope_bind(s, &application->scope);
	sql_bind_bytes(s, 5, cs_view(credential, CREDENTIAL_HASH_LEN));
	sql_bind_number(s, 6, (int64_t)application->created);
	return db_run_one(s, CS_ERR_EXISTS);
}

static void db_application_row(const struct sql_statement *s, struct db_application *out)
{
	sql_copy_text(s, 0, out->name, sizeof(out->name));
	db_scope_row(s, 1, &out->scope);
	out->created = (uint64_t)sql_number(s, 4);
}

enum cs_err db_application_find(struct db *db, const char *name, struct db_application *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_APPLICATION_FIND);

	sql_bind_text(s, 1, name);
	enum cs_err err = sql_step(s);
	if (err)
		return err;
	db_application_row(s, out);
	sql_reset(s);
	return CS_OK;
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
		db_application_row(s, &row);
		each(ctx, &row);
	}
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_application_set_scope(struct db *db, const char *name, const struct scope *scope)
{
	struct sql_statement *s = db_statement(db, DB_SQL_APPLICATION_SET_SCOPE);

	sql_bind_text(s, 1, name);
	db_scope_bind(s, scope);
	return db_run_one(s, CS_ERR_NOT_FOUND);
}

enum cs_err db_application_remove(struct db *db, const char *name)
{
	struct sql_statement *s = db_statement(db, DB_SQL_APPLICATION_REMOVE);

	sql_bind_text(s, 1, name);
	return db_run_one(s, CS_ERR_NOT_FOUND);
}

static enum cs_err db_holder_rotate(struct db *db, enum db_sql sql, const char *name,
				    const uint8_t credential[CREDENTIAL_HASH_LEN])
{
	struct sql_statement *s = db_statement(db, sql);

	sql_bind_text(s, 1, name);
	sql_bind_bytes(s, 2, cs_view(credential, CREDENTIAL_HASH_LEN));
	return db_run_one(s, CS_ERR_NOT_FOUND);
}

enum cs_err db_application_rotate(struct db *db, const char *name,
				  const uint8_t credential[CREDENTIAL_HASH_LEN])
{
	return db_holder_rotate(db, DB_SQL_APPLICATION_ROTATE, name, credential);
}

/* ---- persons ---- */

enum cs_err db_staff_add(struct db *db, const struct db_staff *staff,
			 const uint8_t credential[CREDENTIAL_HASH_LEN])
{
	struct sql_statement *s = db_statement(db, DB_SQL_STAFF_ADD);

	sql_bind_text(s, 1, staff->name);
	sql_bind_bytes(s, 2, cs_view(credential, CREDENTIAL_HASH_LEN));
	sql_bind_number(s, 3, staff->roles);
	sql_bind_number(s, 4, (int64_t)staff->created);
	return db_run_one(s, CS_ERR_EXISTS);
}

static void db_staff_row(const struct sql_statement *s, struct db_staff *out)
{
	sql_copy_text(s, 0, out->name, sizeof(out->name));
	out->roles = (unsigned)sql_number(s, 1);
	out->disabled = sql_number(s, 2) != 0;
	out->created = (uint64_t)sql_number(s, 3);
}

enum cs_err db_staff_find(struct db *db, const char *name, struct db_staff *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_STAFF_FIND);

	sql_bind_text(s, 1, name);
	enum cs_err err = sql_step(s);
	if (err)
		return err;
	db_staff_row(s, out);
	sql_reset(s);
	return CS_OK;
}

enum cs_err db_staff_list(struct db *db, const char *after, uint32_t limit, db_staff_fn *each, void *ctx)
{
	struct sql_statement *s = db_statement(db, DB_SQL_STAFF_LIST);
	struct db_staff row;
	enum cs_err err;

	sql_bind_text(s, 1, after);
	sql_bind_number(s, 2, limit);
	while ((err = sql_step(s)) == CS_OK) {
		db_staff_row(s, &row);
		each(ctx, &row);
	}
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_staff_set_disabled(struct db *db, const char *name, bool disabled)
{
	struct sql_statement *s = db_statement(db, DB_SQL_STAFF_SET_DISABLED);

	sql_bind_text(s, 1, name);
	sql_bind_number(s, 2, disabled);
	return db_run_one(s, CS_ERR_NOT_FOUND);
}

enum cs_err db_staff_rotate(struct db *db, const char *name, const uint8_t credential[CREDENTIAL_HASH_LEN])
{
	return db_holder_rotate(db, DB_SQL_STAFF_ROTATE, name, credential);
}

enum cs_err db_staff_administrators(struct db *db, uint32_t *all, uint32_t *active)
{
	struct sql_statement *s = db_statement(db, DB_SQL_STAFF_ADMINISTRATORS);

	enum cs_err err = sql_step(s);
	if (err)
		return err;
	*all = (uint32_t)sql_number(s, 0);
	*active = (uint32_t)sql_number(s, 1);
	sql_reset(s);
	return CS_OK;
}

/* ---- who calls ---- */

enum cs_err db_caller_find(struct db *db, enum db_caller_by by, const uint8_t shown[CREDENTIAL_HASH_LEN],
			   struct db_caller *out)
{
	static const enum db_sql statements[] = {[DB_BY_APPLICATION] = DB_SQL_APPLICATION_CALLER,
						 [DB_BY_STAFF] = DB_SQL_STAFF_CALLER,
						 [DB_BY_CERTIFICATE] = DB_SQL_CERTIFICATE_CALLER};
	struct sql_statement *s = db_statement(db, statements[by]);

	sql_bind_bytes(s, 1, cs_view(shown, CREDENTIAL_HASH_LEN));
	enum cs_err err = sql_step(s);
	if (err)
		return err;
	struct cs_view stored = sql_bytes(s, 1);
	if (stored.len != CREDENTIAL_HASH_LEN || !cs_equal_ct(stored.ptr, shown, CREDENTIAL_HASH_LEN)) {
		err = CS_ERR_NOT_FOUND;
	} else {
		sql_copy_text(s, 0, out->name, sizeof(out->name));
		out->roles = (unsigned)sql_number(s, 2);
		db_scope_row(s, 3, &out->scope);
		struct cs_view certificate = sql_bytes(s, 6);
		out->certificate_len = certificate.len == DB_FINGERPRINT_LEN ? certificate.len : 0;
		if (out->certificate_len)
			memcpy(out->certificate, certificate.ptr, out->certificate_len);
	}
	sql_reset(s);
	return err;
}

static enum cs_err db_set_certificate(struct db *db, enum db_sql sql, const char *name,
				      struct cs_view fingerprint)
{
	struct sql_statement *s = db_statement(db, sql);

	sql_bind_text(s, 1, name);
	if (fingerprint.len)
		sql_bind_bytes(s, 2, fingerprint);
	return db_run_one(s, CS_ERR_NOT_FOUND);
}

enum cs_err db_staff_set_certificate(struct db *db, const char *name, struct cs_view fingerprint)
{
	return db_set_certificate(db, DB_SQL_STAFF_SET_CERTIFICATE, name, fingerprint);
}

enum cs_err db_application_set_certificate(struct db *db, const char *name, struct cs_view fingerprint)
{
	return db_set_certificate(db, DB_SQL_APPLICATION_SET_CERTIFICATE, name, fingerprint);
}
