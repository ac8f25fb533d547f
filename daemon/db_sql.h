/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files that implement db.h share: the numbers of the statements (db_statement.c), the schema's versions
 * (db_schema.c), and the connection (sql.h).
 */
#ifndef COUNTERSIGN_DAEMON_DB_SQL_H
#define COUNTERSIGN_DAEMON_DB_SQL_H

#include "daemon/db.h"
#include "daemon/sql.h"

enum db_sql {
	DB_SQL_PING,
	DB_SQL_LOCK,
	DB_SQL_USER_ADD,
	DB_SQL_USER_FIND,
	DB_SQL_USER_LIST,
	DB_SQL_USER_CLEARED,
	DB_SQL_USER_BUDGET,
	DB_SQL_USER_SET_PASSWORD,
	DB_SQL_USER_SET_CLASS,
	DB_SQL_CLASS_FIND,
	DB_SQL_CLASS_SET,
	DB_SQL_CLASS_LIST,
	DB_SQL_SIGNING_KEY_ADD,
	DB_SQL_SIGNING_KEYS,
	DB_SQL_SIGNING_KEY_PURGE,
	DB_SQL_KEY_CHECK_ADD,
	DB_SQL_KEY_CHECK_FIND,
	DB_SQL_TOKEN_ADD,
	DB_SQL_TOKEN_FIND,
	DB_SQL_TOKEN_OF_USER,
	DB_SQL_TOKEN_LIST,
	DB_SQL_TOKEN_LIST_USER,
	DB_SQL_TOKEN_ACCEPT,
	DB_SQL_TOKEN_BUDGET,
	DB_SQL_TOKEN_SET_STATE,
	DB_SQL_TOKEN_SET_PIN,
	DB_SQL_TOKEN_TWIN,
	DB_SQL_TOKEN_UNMARKED,
	DB_SQL_TOKEN_MARK,
	DB_SQL_TOKEN_LEVEL,
	DB_SQL_BUDGET_FIND,
	DB_SQL_BUDGET_ADD,
	DB_SQL_BUDGET_SET,
	DB_SQL_BUDGET_REMOVE,
	DB_SQL_BUDGET_PURGE,
	DB_SQL_LOCK_LIST,
	DB_SQL_LOCK_LIFT,
	DB_SQL_KNOWN_FIND,
	DB_SQL_KNOWN_BUDGET,
	DB_SQL_KNOWN_SEEN,
	DB_SQL_KNOWN_KEEP,
	DB_SQL_CHALLENGE_ADD,
	DB_SQL_CHALLENGE_FIND,
	DB_SQL_CHALLENGE_SPEND,
	DB_SQL_CHALLENGE_OPEN,
	DB_SQL_CHALLENGE_COUNT,
	DB_SQL_CHALLENGE_PURGE,
	DB_SQL_OUTBOX_ADD,
	DB_SQL_OUTBOX_LIST,
	DB_SQL_OUTBOX_REMOVE,
	DB_SQL_APPLICATION_ADD,
	DB_SQL_APPLICATION_LIST,
	DB_SQL_APPLICATION_REMOVE,
	DB_SQL_APPLICATION_FIND,
	DB_SQL_APPLICATION_ROTATE,
	DB_SQL_STAFF_ADD,
	DB_SQL_STAFF_CALLER,
	DB_SQL_STAFF_FIND,
	DB_SQL_STAFF_LIST,
	DB_SQL_STAFF_SET_DISABLED,
	DB_SQL_STAFF_ROTATE,
	DB_SQL_STAFF_ADMINISTRATORS,
	DB_SQL_APPROVAL_ADD,
	DB_SQL_APPROVAL_FIND,
	DB_SQL_APPROVAL_LIST,
	DB_SQL_APPROVAL_GRANT,
	DB_SQL_APPROVAL_REFUSE,
	DB_SQL_APPROVAL_EXECUTE,
	DB_SQL_APPROVAL_PURGE,
	DB_SQL_AUDIT_LOCK,
	DB_SQL_AUDIT_HEAD,
	DB_SQL_AUDIT_APPEND,
	DB_SQL_AUDIT_LIST,
	DB_SQL_AUDIT_ROOT,
	DB_SQL_INSTALLATION_ADD,
	DB_SQL_INSTALLATION_FIND,
	DB_SQL_CHECKPOINT_ADD,
	DB_SQL_CHECKPOINT_FIND,
	DB_SQL_CHECKPOINT_LAST,
	DB_SQL_CHECKPOINT_LIST,
	DB_SQL_CHECKPOINT_HELD,
	DB_SQL_CHECKPOINT_EXPORTED,
	DB_SQL_COUNT
};

struct db {
	struct sql *sql;
};

extern const struct sql_text db_sql_text[DB_SQL_COUNT];

/* Signed checkpoints, retention (db_schema_audit.c): one migration. */
extern const char db_schema_audit_sqlite[], db_schema_audit_postgresql[];

/* Brings a database of version from, 0 for an empty one, to version to, in the transaction that is open. */
CS_MUST_CHECK enum cs_err db_schema_migrate(struct sql *sql, int64_t from, int64_t to);
/* The version that this program works with. */
int64_t db_schema_version(void);

/* The statement, ready to be bound and run. */
static inline struct sql_statement *db_statement(struct db *db, enum db_sql sql)
{
	return sql_statement(db->sql, sql);
}

/* Runs a statement that is to change one row: otherwise where it changed none. */
CS_MUST_CHECK enum cs_err db_run_one(struct sql_statement *statement, enum cs_err otherwise);

#endif
