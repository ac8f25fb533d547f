/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The highest numbers of revocation lists, in the database.
 */
#include <string.h>

#include "daemon/db_sql.h"

enum cs_err db_crl_find(struct db *db, const uint8_t scope[DB_CRL_SCOPE_LEN],
			uint8_t number[DB_CRL_NUMBER_LEN])
{
	struct sql_statement *s = db_statement(db, DB_SQL_CRL_FIND);

	sql_bind_bytes(s, 1, cs_view(scope, DB_CRL_SCOPE_LEN));
	enum cs_err err = sql_step(s);
	if (err)
		return err;
	struct cs_view found = sql_bytes(s, 0);
	if (found.len == DB_CRL_NUMBER_LEN)
		memcpy(number, found.ptr, found.len);
	else
		err = CS_ERR_CORRUPT;
	sql_reset(s);
	return err;
}

static enum cs_err crl_others(struct db *db, const struct db_crl *crl, int64_t *count)
{
	struct sql_statement *s = db_statement(db, DB_SQL_CRL_OTHERS);

	sql_bind_bytes(s, 1, CS_VIEW_OF(crl->scope));
	enum cs_err err = sql_step(s);
	if (!err)
		*count = sql_number(s, 0);
	sql_reset(s);
	return err;
}

enum cs_err db_crl_set(struct db *db, const struct db_crl *crl)
{
	int64_t others = 0;

	enum cs_err err = crl_others(db, crl, &others);
	if (err)
		return err;
	if (others >= DB_CRLS_MAX)
		return CS_ERR_EXISTS;
	struct sql_statement *s = db_statement(db, DB_SQL_CRL_SET);
	sql_bind_bytes(s, 1, CS_VIEW_OF(crl->scope));
	sql_bind_text(s, 2, crl->issuer);
	sql_bind_bytes(s, 3, CS_VIEW_OF(crl->number));
	return db_run_one(s, CS_ERR_STATE);
}

enum cs_err db_crl_forget(struct db *db, const char *issuer, int64_t *count)
{
	struct sql_statement *s = db_statement(db, DB_SQL_CRL_FORGET);

	sql_bind_text(s, 1, issuer);
	return sql_run(s, count);
}

enum cs_err db_crl_next(struct db *db, char issuer[DB_CRL_ISSUER_SIZE])
{
	struct sql_statement *s = db_statement(db, DB_SQL_CRL_ISSUER);

	sql_bind_text(s, 1, issuer);
	enum cs_err err = sql_step(s);
	if (!err)
		sql_copy_text(s, 0, issuer, DB_CRL_ISSUER_SIZE);
	sql_reset(s);
	return err;
}
