/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What retention does to the audit log in the database. The triggers of the schema (db_schema_audit.c) let
 * nothing more be done.
 */
#include "daemon/db_sql.h"

enum cs_err db_retention_cursor(struct db *db, unsigned class, uint64_t *sequence)
{
	struct sql_statement *s = db_statement(db, DB_SQL_RETENTION_FIND);

	sql_bind_number(s, 1, class);
	enum cs_err err = sql_step(s);
	if (!err || err == CS_ERR_NOT_FOUND)
		*sequence = err ? 0 : (uint64_t)sql_number(s, 0);
	sql_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err db_retention_move(struct db *db, unsigned class, uint64_t sequence)
{
	struct sql_statement *s = db_statement(db, DB_SQL_RETENTION_SET);

	sql_bind_number(s, 1, class);
	sql_bind_number(s, 2, (int64_t)sequence);
	return sql_run(s, NULL);
}

enum cs_err db_audit_mask(struct db *db, uint64_t sequence)
{
	struct sql_statement *s = db_statement(db, DB_SQL_AUDIT_MASK);

	sql_bind_number(s, 1, (int64_t)sequence);
	return sql_run_soon(s);
}

enum cs_err db_audit_root_move(struct db *db, uint64_t sequence)
{
	struct sql_statement *s = db_statement(db, DB_SQL_AUDIT_ROOT_MOVE);

	sql_bind_number(s, 1, (int64_t)sequence);
	return db_run_one(s, CS_ERR_STATE);
}

enum cs_err db_audit_remove(struct db *db, uint64_t root, uint32_t limit, int64_t *removed)
{
	struct sql_statement *s = db_statement(db, DB_SQL_AUDIT_REMOVE);

	sql_bind_number(s, 1, (int64_t)root);
	sql_bind_number(s, 2, limit);
	return sql_run(s, removed);
}
