/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What logins need of the database: passwords, classes of users, the keys that assertions are signed with.
 */
#include <string.h>

#include "daemon/db_sql.h"

enum cs_err db_user_set_password(struct db *db, int64_t id, struct cs_view stored, bool change)
{
	struct sql_statement *s = db_statement(db, DB_SQL_USER_SET_PASSWORD);

	sql_bind_number(s, 1, id);
	sql_bind_bytes(s, 2, stored);
	sql_bind_number(s, 3, change);
	return db_run_one(s, CS_ERR_NOT_FOUND);
}

enum cs_err db_user_set_class(struct db *db, int64_t id, const char *class_name)
{
	struct sql_statement *s = db_statement(db, DB_SQL_USER_SET_CLASS);

	sql_bind_number(s, 1, id);
	sql_bind_text(s, 2, class_name);
	return db_run_one(s, CS_ERR_NOT_FOUND);
}

enum cs_err db_user_set_bound_only(struct db *db, int64_t id, bool bound_only)
{
	struct sql_statement *s = db_statement(db, DB_SQL_USER_SET_BOUND_ONLY);

	sql_bind_number(s, 1, id);
	sql_bind_number(s, 2, bound_only);
	return db_run_one(s, CS_ERR_NOT_FOUND);
}

/* ---- classes ---- */

static void db_class_row(struct sql_statement *s, struct db_class *out)
{
	sql_copy_text(s, 0, out->name, sizeof(out->name));
	out->factors = (unsigned)sql_number(s, 1);
}

enum cs_err db_class_find(struct db *db, const char *name, struct db_class *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_CLASS_FIND);

	sql_bind_text(s, 1, name);
	enum cs_err err = sql_step(s);
	if (err)
		return err;
	db_class_row(s, out);
	sql_reset(s);
	return CS_OK;
}

enum cs_err db_class_set(struct db *db, const struct db_class *row)
{
	struct sql_statement *s = db_statement(db, DB_SQL_CLASS_SET);

	sql_bind_text(s, 1, row->name);
	sql_bind_number(s, 2, row->factors);
	return sql_run(s, NULL);
}

/* The rows that the statement yields. */
static enum cs_err db_class_rows(struct sql_statement *s, db_class_fn *each, void *ctx)
{
	struct db_class row;
	enum cs_err err;

	while ((err = sql_step(s)) == CS_OK) {
		db_class_row(s, &row);
		each(ctx, &row);
	}
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_class_list(struct db *db, const char *after, uint32_t limit, db_class_fn *each, void *ctx)
{
	struct sql_statement *s = db_statement(db, DB_SQL_CLASS_LIST);

	sql_bind_text(s, 1, after);
	sql_bind_number(s, 2, limit);
	return db_class_rows(s, each, ctx);
}

enum cs_err db_class_used(struct db *db, db_class_fn *each, void *ctx)
{
	return db_class_rows(db_statement(db, DB_SQL_CLASS_USED), each, ctx);
}

/* ---- keys ---- */

enum cs_err db_key_check_add(struct db *db, struct cs_view sealed)
{
	struct sql_statement *s = db_statement(db, DB_SQL_KEY_CHECK_ADD);

	sql_bind_bytes(s, 1, sealed);
	return sql_run(s, NULL);
}

enum cs_err db_key_check_find(struct db *db, struct cs_writer *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_KEY_CHECK_FIND);

	enum cs_err err = sql_step(s);
	if (err)
		return err;
	cs_write_view(out, sql_bytes(s, 0));
	sql_reset(s);
	return cs_writer_done(out) ? CS_ERR_CORRUPT : CS_OK;
}

/* What a key of this table is for. */
enum purpose { PURPOSE_SIGNS = 1, PURPOSE_ENROLS = 2 };

static enum cs_err db_key_add(struct db *db, const struct db_signing_key *key, enum purpose purpose)
{
	struct sql_statement *s = db_statement(db, DB_SQL_SIGNING_KEY_ADD);

	sql_bind_text(s, 1, key->id);
	sql_bind_bytes(s, 2, cs_view(key->sealed, key->sealed_len));
	sql_bind_bytes(s, 3, CS_VIEW_OF(key->public_key));
	sql_bind_number(s, 4, (int64_t)key->created);
	sql_bind_number(s, 5, purpose);
	return db_run_one(s, CS_ERR_EXISTS);
}

static enum cs_err db_signing_key_row(struct sql_statement *s, struct db_signing_key *out)
{
	struct cs_view sealed = sql_bytes(s, 1), point = sql_bytes(s, 2);

	if (sealed.len > sizeof(out->sealed) || point.len != sizeof(out->public_key))
		return CS_ERR_CORRUPT;
	sql_copy_text(s, 0, out->id, sizeof(out->id));
	memcpy(out->sealed, sealed.ptr, sealed.len);
	out->sealed_len = sealed.len;
	memcpy(out->public_key, point.ptr, point.len);
	out->created = (uint64_t)sql_number(s, 3);
	return CS_OK;
}

/* At most max of them. */
static enum cs_err db_key_list(struct db *db, enum purpose purpose, uint64_t since, size_t max,
			       struct db_signing_key *out, size_t *count)
{
	struct sql_statement *s = db_statement(db, DB_SQL_SIGNING_KEYS);
	size_t found = 0;
	enum cs_err err = CS_OK;

	sql_bind_number(s, 1, (int64_t)since);
	sql_bind_number(s, 2, (int64_t)max);
	sql_bind_number(s, 3, purpose);
	while (!err && (err = sql_step(s)) == CS_OK)
		err = db_signing_key_row(s, &out[found++]);
	sql_reset(s);
	*count = found;
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

static enum cs_err db_key_purge(struct db *db, enum purpose purpose, uint64_t before)
{
	struct sql_statement *s = db_statement(db, DB_SQL_SIGNING_KEY_PURGE);

	sql_bind_number(s, 1, (int64_t)before);
	sql_bind_number(s, 2, purpose);
	return sql_run(s, NULL);
}

enum cs_err db_signing_key_add(struct db *db, const struct db_signing_key *key)
{
	return db_key_add(db, key, PURPOSE_SIGNS);
}

enum cs_err db_signing_keys(struct db *db, uint64_t since, struct db_signing_key out[DB_SIGNING_KEYS_MAX],
			    size_t *count)
{
	return db_key_list(db, PURPOSE_SIGNS, since, DB_SIGNING_KEYS_MAX, out, count);
}

enum cs_err db_signing_key_purge(struct db *db, uint64_t before)
{
	return db_key_purge(db, PURPOSE_SIGNS, before);
}

enum cs_err db_enrolment_key_find(struct db *db, struct db_signing_key *out)
{
	size_t count = 0;

	enum cs_err err = db_key_list(db, PURPOSE_ENROLS, 0, 1, out, &count);
	return err || count ? err : CS_ERR_NOT_FOUND;
}

enum cs_err db_enrolment_key_add(struct db *db, const struct db_signing_key *key)
{
	return db_key_add(db, key, PURPOSE_ENROLS);
}

enum cs_err db_enrolment_key_remove(struct db *db)
{
	return db_key_purge(db, PURPOSE_ENROLS, INT64_MAX);
}
