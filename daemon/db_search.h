/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Lists that are narrowed, in order of their keys as all lists (db.h). A member that is NULL or 0 narrows nothing. Of the
 * database's rows no more are looked at than fit the 5 ms that a page may take, however few of them are wanted: where that
 * ends a page before its limit, end gets the key that the next one begins after, and else nothing.
 */
#ifndef COUNTERSIGN_DAEMON_DB_SEARCH_H
#define COUNTERSIGN_DAEMON_DB_SEARCH_H

#include "daemon/db.h"

struct db_user_filter {
	const char *realm; /* in its canonical form; "" for users without one */
	const char *class_name;
};

/* end: of DB_USER_SIZE bytes, "" where the page ends with its limit or the last user. */
CS_MUST_CHECK enum cs_err db_user_search(struct db *db, const struct db_user_filter *filter, const char *after,
					 uint32_t limit, db_user_fn *each, void *ctx, char end[DB_USER_SIZE]);

struct db_token_filter {
	int64_t user_id;
	unsigned type;	/* verify.h */
	unsigned state; /* enum db_token_state */
	const char *serial;
};

CS_MUST_CHECK enum cs_err db_token_search(struct db *db, const struct db_token_filter *filter,
					  const char *after, uint32_t limit, db_token_fn *each, void *ctx);

struct db_audit_filter {
	const char *user, *name; /* either of them; both or none is given */
	const char *action, *result;
	uint64_t since_ms; /* daemons whose clocks differ by ten minutes or more may hide entries of the first minutes */
};

/* How many entries a page looks at. */
#define DB_AUDIT_WINDOW 4096u

/* end: 0 as above. */
CS_MUST_CHECK enum cs_err db_audit_search(struct db *db, const struct db_audit_filter *filter, uint64_t after,
					  uint32_t limit, db_audit_fn *each, void *ctx, uint64_t *end);

#endif
