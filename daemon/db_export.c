/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Exports that are under way, in the database.
 */
#include "daemon/db_sql.h"

enum cs_err db_export_add(struct db *db, const struct db_export *added)
{
	struct sql_statement *s = db_statement(db, DB_SQL_EXPORT_ADD);

	sql_bind_text(s, 1, added->id);
	sql_bind_text(s, 2, added->holder);
	sql_bind_text(s, 3, added->realm);
	sql_bind_text(s, 4, added->approval);
	sql_bind_text(s, 5, added->place);
	sql_bind_number(s, 6, (int64_t)added->expires);
	return db_run_one(s, CS_ERR_CORRUPT);
}

enum cs_err db_export_find(struct db *db, struct db_export *found, uint64_t now)
{
	struct sql_statement *s = db_statement(db, DB_SQL_EXPORT_FIND);

	sql_bind_text(s, 1, found->id);
	sql_bind_number(s, 2, found->page);
	sql_bind_text(s, 3, found->holder);
	sql_bind_text(s, 4, found->realm);
	sql_bind_number(s, 5, (int64_t)now);
	enum cs_err err = sql_step(s);
	if (!err) {
		sql_copy_text(s, 0, found->approval, sizeof(found->approval));
		sql_copy_text(s, 1, found->place, sizeof(found->place));
	}
	sql_reset(s);
	return err;
}

enum cs_err db_export_turn(struct db *db, const struct db_export *told, const char *place)
{
	struct sql_statement *s = db_statement(db, DB_SQL_EXPORT_TURN);

	sql_bind_text(s, 1, told->id);
	sql_bind_number(s, 2, told->page);
	sql_bind_text(s, 3, place);
	return db_run_one(s, CS_ERR_STATE);
}

enum cs_err db_export_end(struct db *db, const struct db_export *told)
{
	struct sql_statement *s = db_statement(db, DB_SQL_EXPORT_END);

	sql_bind_text(s, 1, told->id);
	sql_bind_number(s, 2, told->page);
	return db_run_one(s, CS_ERR_STATE);
}

enum cs_err db_export_purge(struct db *db, uint64_t before)
{
	struct sql_statement *s = db_statement(db, DB_SQL_EXPORT_PURGE);

	sql_bind_number(s, 1, (int64_t)before);
	return sql_run(s, NULL);
}
