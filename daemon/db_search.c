/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Lists that are narrowed, in the database.
 */
#include "daemon/db_search.h"

#include "daemon/db_sql.h"

#define USER_WINDOW 1024u   /* users of a realm that a page looks at, of which it wants those of a class */
#define CLOCKS_MS   600000u /* that daemons' clocks may differ by */

/* ---- users ---- */

static enum cs_err user_rows(struct sql_statement *s, db_user_fn *each, void *ctx)
{
	struct db_user row;
	enum cs_err err = CS_OK;

	while (!err && (err = sql_step(s)) == CS_OK) {
		err = db_user_row(s, &row);
		if (!err)
			each(ctx, &row);
	}
	sql_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

/* The last user of a realm that the page looks at; "" where it looks at all that are left. */
static enum cs_err user_window(struct db *db, const char *realm, const char *after, char end[DB_USER_SIZE])
{
	struct sql_statement *s = db_statement(db, DB_SQL_USER_SEARCH_END);

	end[0] = '\0';
	sql_bind_text(s, 1, after);
	sql_bind_number(s, 2, USER_WINDOW - 1);
	sql_bind_text(s, 3, realm);
	enum cs_err err = sql_step(s);
	if (!err)
		sql_copy_text(s, 0, end, DB_USER_SIZE);
	sql_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

/* What is behind every name: U+10FFFF more often than one has room for. */
#define LAST8 "\xF4\x8F\xBF\xBF\xF4\x8F\xBF\xBF\xF4\x8F\xBF\xBF\xF4\x8F\xBF\xBF"
static const char user_last[] = LAST8 LAST8 LAST8 LAST8 LAST8 LAST8 LAST8 LAST8 LAST8;
_Static_assert(sizeof(user_last) > DB_USER_SIZE, "longer than any name");

static enum cs_err user_search_both(struct db *db, const struct db_user_filter *filter, const char *after,
				    uint32_t limit, db_user_fn *each, void *ctx, char end[DB_USER_SIZE])
{
	enum cs_err err = user_window(db, filter->realm, after, end);
	if (err)
		return err;
	struct sql_statement *s = db_statement(db, DB_SQL_USER_SEARCH_BOTH);
	sql_bind_text(s, 1, after);
	sql_bind_number(s, 2, limit);
	sql_bind_text(s, 3, filter->realm);
	sql_bind_text(s, 4, filter->class_name);
	sql_bind_text(s, 5, end[0] ? end : user_last);
	return user_rows(s, each, ctx);
}

enum cs_err db_user_search(struct db *db, const struct db_user_filter *filter, const char *after,
			   uint32_t limit, db_user_fn *each, void *ctx, char end[DB_USER_SIZE])
{
	end[0] = '\0';
	if (!filter->realm && !filter->class_name)
		return db_user_list(db, after, limit, each, ctx);
	if (filter->realm && filter->class_name)
		return user_search_both(db, filter, after, limit, each, ctx, end);
	struct sql_statement *s =
	    db_statement(db, filter->realm ? DB_SQL_USER_SEARCH_REALM : DB_SQL_USER_SEARCH_CLASS);
	sql_bind_text(s, 1, after);
	sql_bind_number(s, 2, limit);
	sql_bind_text(s, 3, filter->realm ? filter->realm : filter->class_name);
	return user_rows(s, each, ctx);
}

/* ---- tokens ---- */

static enum db_sql token_statement(const struct db_token_filter *filter)
{
	return filter->user_id	? DB_SQL_TOKEN_SEARCH_USER
	       : filter->serial ? DB_SQL_TOKEN_SEARCH_SERIAL
				: DB_SQL_TOKEN_SEARCH;
}

enum cs_err db_token_search(struct db *db, const struct db_token_filter *filter, const char *after,
			    uint32_t limit, db_token_fn *each, void *ctx)
{
	struct db_token row;
	enum cs_err err = CS_OK;

	if (!filter->user_id && !filter->type && !filter->state && !filter->serial)
		return db_token_list(db, NULL, after, limit, each, ctx);
	struct sql_statement *s = db_statement(db, token_statement(filter));
	sql_bind_text(s, 1, after);
	sql_bind_number(s, 2, limit);
	sql_bind_number(s, 3, filter->type);
	sql_bind_number(s, 4, filter->state);
	if (filter->user_id) {
		sql_bind_number(s, 5, filter->user_id);
		sql_bind_text(s, 6, filter->serial ? filter->serial : "");
	} else if (filter->serial) {
		sql_bind_text(s, 5, filter->serial);
	}
	while (!err && (err = sql_step(s)) == CS_OK) {
		err = db_token_row(s, &row);
		if (!err)
			each(ctx, &row);
	}
	sql_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

/* ---- the audit log ---- */

/* The first entry from a number on, and its time. CS_ERR_NOT_FOUND. */
static enum cs_err audit_at(struct db *db, uint64_t from, uint64_t *sequence, uint64_t *time_ms)
{
	struct sql_statement *s = db_statement(db, DB_SQL_AUDIT_AT);

	sql_bind_number(s, 1, (int64_t)from);
	enum cs_err err = sql_step(s);
	if (!err) {
		*sequence = (uint64_t)sql_number(s, 0);
		*time_ms = (uint64_t)sql_number(s, 1);
	}
	sql_reset(s);
	return err;
}

/* The first number after one, up to the head, from which on entries are of a time or later: as times rise
 * with numbers, but for clocks that differ. */
static enum cs_err audit_since(struct db *db, uint64_t since_ms, uint64_t head, uint64_t *after)
{
	const uint64_t from_ms = since_ms > CLOCKS_MS ? since_ms - CLOCKS_MS : 0;
	uint64_t low = *after + 1, high = head + 1, sequence, time_ms;
	enum cs_err err = CS_OK;

	while (!err && low < high) {
		const uint64_t middle = low + (high - low) / 2;
		err = audit_at(db, middle, &sequence, &time_ms);
		if (!err && time_ms >= from_ms)
			high = middle;
		else if (!err)
			low = sequence + 1;
	}
	*after = low - 1;
	return err;
}

/* Where a page begins, and where it ends at the latest. */
static enum cs_err audit_window(struct db *db, uint64_t since_ms, uint64_t *after, uint64_t *end)
{
	uint8_t hash[AUDIT_HASH_LEN];
	uint64_t head, first, time_ms;

	*end = 0;
	enum cs_err err = db_audit_head(db, &head, hash);
	if (!err && *after < head)
		err = audit_at(db, *after + 1, &first, &time_ms); /* those before are gone */
	if (err || *after >= head)
		return err;
	*after = first - 1;
	if (since_ms)
		err = audit_since(db, since_ms, head, after);
	if (!err && head - *after > DB_AUDIT_WINDOW)
		*end = *after + DB_AUDIT_WINDOW;
	return err;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

enum cs_err db_audit_search(struct db *db, const struct db_audit_filter *filter, uint64_t after,
			    uint32_t limit, db_audit_fn *each, void *ctx, uint64_t *end)
{
	struct audit_entry row;

	*end = 0;
	if (!filter->user && !filter->action && !filter->result && !filter->since_ms)
		return db_audit_list(db, after, limit, each, ctx);
	enum cs_err err = audit_window(db, filter->since_ms, &after, end);
	if (err)
		return err;
	struct sql_statement *s = db_statement(db, DB_SQL_AUDIT_SEARCH);
	sql_bind_number(s, 1, (int64_t)after);
	sql_bind_number(s, 2, limit);
	sql_bind_number(s, 3, *end ? (int64_t)*end : INT64_MAX);
	sql_bind_number(s, 4, (int64_t)filter->since_ms);
	sql_bind_text(s, 5, or_empty(filter->user));
	sql_bind_text(s, 6, or_empty(filter->name));
	sql_bind_text(s, 7, or_empty(filter->action));
	sql_bind_text(s, 8, or_empty(filter->result));
	while (!err && (err = sql_step(s)) == CS_OK) {
		err = db_audit_row(s, &row);
		if (!err)
			each(ctx, &row);
	}
	sql_reset(s);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}
