/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Daily reports in the database, and what they say of tokens.
 */
#include <string.h>

#include "daemon/db_sql.h"

enum cs_err db_report_there(struct db *db, const char *day, bool *there)
{
	struct sql_statement *s = db_statement(db, DB_SQL_REPORT_THERE);

	sql_bind_text(s, 1, day);
	enum cs_err err = sql_step(s);
	sql_reset(s);
	if (err && err != CS_ERR_NOT_FOUND)
		return err;
	*there = !err;
	return CS_OK;
}

enum cs_err db_report_add(struct db *db, const struct db_report *report)
{
	struct sql_statement *s = db_statement(db, DB_SQL_REPORT_ADD);

	sql_bind_text(s, 1, report->day);
	sql_bind_text(s, 2, report->text);
	sql_bind_bytes(s, 3, cs_view(report->text_signature, report->text_signature_len));
	sql_bind_text(s, 4, report->html);
	sql_bind_bytes(s, 5, cs_view(report->html_signature, report->html_signature_len));
	return sql_run(s, NULL);
}

static enum cs_err report_bytes(struct cs_view bytes, uint8_t out[CS_CHECKPOINT_SIGNATURE_MAX], size_t *len)
{
	if (bytes.len > CS_CHECKPOINT_SIGNATURE_MAX)
		return CS_ERR_CORRUPT;
	if (bytes.len)
		memcpy(out, bytes.ptr, bytes.len);
	*len = bytes.len;
	return CS_OK;
}

enum cs_err db_report_find(struct db *db, const char *day, struct db_report *out)
{
	struct sql_statement *s = db_statement(db, DB_SQL_REPORT_FIND);

	sql_bind_text(s, 1, day);
	enum cs_err err = sql_step(s);
	if (!err) {
		sql_copy_text(s, 0, out->day, sizeof(out->day));
		sql_copy_text(s, 1, out->text, sizeof(out->text));
		err = report_bytes(sql_bytes(s, 2), out->text_signature, &out->text_signature_len);
		sql_copy_text(s, 3, out->html, sizeof(out->html));
	}
	if (!err)
		err = report_bytes(sql_bytes(s, 4), out->html_signature, &out->html_signature_len);
	sql_reset(s);
	return err;
}

enum cs_err db_token_type(struct db *db, const char *id, unsigned *type)
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_TYPE);

	sql_bind_text(s, 1, id);
	enum cs_err err = sql_step(s);
	if (!err)
		*type = (unsigned)sql_number(s, 0);
	sql_reset(s);
	return err;
}

enum cs_err db_token_expiring(struct db *db, uint64_t from, uint64_t to, uint64_t *count)
{
	struct sql_statement *s = db_statement(db, DB_SQL_TOKEN_EXPIRING);

	sql_bind_number(s, 1, (int64_t)from);
	sql_bind_number(s, 2, (int64_t)to);
	enum cs_err err = sql_step(s);
	if (!err)
		*count = (uint64_t)sql_number(s, 0);
	sql_reset(s);
	return err;
}
