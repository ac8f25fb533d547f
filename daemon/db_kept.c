/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Answers that are kept for who asks again.
 */
#include <string.h>

#include "daemon/db_sql.h"

enum cs_err db_kept_find(struct db *db, struct db_kept *kept, uint64_t since)
{
	struct sql_statement *s = db_statement(db, DB_SQL_KEPT_FIND);

	sql_bind_text(s, 1, kept->holder);
	sql_bind_text(s, 2, kept->key);
	sql_bind_number(s, 3, (int64_t)since);
	enum cs_err err = sql_step(s);
	if (err)
		return err;
	struct cs_view sealed = sql_bytes(s, 0);
	if (sealed.len > sizeof(kept->sealed)) {
		err = CS_ERR_CORRUPT;
	} else {
		memcpy(kept->sealed, sealed.ptr, sealed.len);
		kept->sealed_len = sealed.len;
	}
	sql_reset(s);
	return err;
}

enum cs_err db_kept_set(struct db *db, const struct db_kept *kept)
{
	struct sql_statement *s = db_statement(db, DB_SQL_KEPT_SET);

	sql_bind_text(s, 1, kept->holder);
	sql_bind_text(s, 2, kept->key);
	sql_bind_bytes(s, 3, cs_view(kept->sealed, kept->sealed_len));
	sql_bind_number(s, 4, (int64_t)kept->created);
	return db_run_one(s, CS_ERR_CORRUPT);
}

enum cs_err db_kept_purge(struct db *db, uint64_t before)
{
	struct sql_statement *s = db_statement(db, DB_SQL_KEPT_PURGE);

	sql_bind_number(s, 1, (int64_t)before);
	return sql_run(s, NULL);
}

enum cs_err db_kept_forget(struct db *db, const char *holder)
{
	struct sql_statement *s = db_statement(db, DB_SQL_KEPT_FORGET);

	sql_bind_text(s, 1, holder);
	return sql_run(s, NULL);
}
