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
	DB_SQL_STANDING,
	DB_SQL_LOCK,
	DB_SQL_USER_ADD,
	DB_SQL_USER_FIND,
	DB_SQL_USER_LIST,
	DB_SQL_ALIAS_ADD,
	DB_SQL_ALIAS_FIND,
	DB_SQL_ALIAS_COUNT,
	DB_SQL_ALIAS_LIST,
	DB_SQL_ALIAS_LIST_USER,
	DB_SQL_ALIAS_REMOVE,
	DB_SQL_USER_CLEARED,
	DB_SQL_USER_BUDGET,
	DB_SQL_USER_SET_PASSWORD,
	DB_SQL_USER_SET_CLASS,
	DB_SQL_USER_SET_BOUND_ONLY,
	DB_SQL_CLASS_FIND,
	DB_SQL_CLASS_SET,
	DB_SQL_CLASS_LIST,
	DB_SQL_CLASS_USED,
	DB_SQL_SIGNING_KEY_ADD,
	DB_SQL_SIGNING_KEYS,
	DB_SQL_SIGNING_KEY_PURGE,
	DB_SQL_KEY_CHECK_ADD,
	DB_SQL_KEY_CHECK_FIND,
	DB_SQL_DATA_KEY_NOW,
	DB_SQL_DATA_KEY_HOLD,
	DB_SQL_DATA_KEY_ALONE,
	DB_SQL_DATA_KEY_CHANGE,
	DB_SQL_DATA_KEYS,
	DB_SQL_DATA_KEY_ADD,
	DB_SQL_DATA_KEY_PROGRESS,
	DB_SQL_DATA_KEY_FINISH,
	DB_SQL_DATA_KEY_AGAIN,
	DB_SQL_DATA_KEY_REMOVE,
	DB_SQL_RESEAL_STOCK,
	DB_SQL_RESEAL_STOCK_SET,
	DB_SQL_RESEAL_TOKEN,
	DB_SQL_RESEAL_TOKEN_SET,
	DB_SQL_RESEAL_SIGNING,
	DB_SQL_RESEAL_SIGNING_SET,
	DB_SQL_RESEAL_COUNT,
	DB_SQL_RESEAL_LEFT,
	DB_SQL_ASIDE_LEFT,
	DB_SQL_ASIDE_STOCK,
	DB_SQL_ASIDE_TOKEN,
	DB_SQL_ASIDE_SIGNING,
	DB_SQL_TOKEN_ADD,
	DB_SQL_TOKEN_FIND,
	DB_SQL_TOKEN_OF_USER,
	DB_SQL_TOKEN_IN_USE,
	DB_SQL_TOKEN_LIST,
	DB_SQL_TOKEN_LIST_USER,
	DB_SQL_TOKEN_ACCEPT,
	DB_SQL_TOKEN_BUDGET,
	DB_SQL_TOKEN_SET_STATE,
	DB_SQL_TOKEN_SET_PIN,
	DB_SQL_TOKEN_SET_EXPIRES,
	DB_SQL_TOKEN_DELETE,
	DB_SQL_TOKEN_CHALLENGES_REMOVE,
	DB_SQL_TOKEN_TWIN,
	DB_SQL_TOKEN_UNMARKED,
	DB_SQL_TOKEN_MARK,
	DB_SQL_TOKEN_LEVEL,
	DB_SQL_BINDING_ADD,
	DB_SQL_BINDING_FIND,
	DB_SQL_BINDING_COUNT,
	DB_SQL_BINDING_LIST,
	DB_SQL_BINDING_LIST_USER,
	DB_SQL_BINDING_REMOVE,
	DB_SQL_NONCE_ADD,
	DB_SQL_NONCE_FIND,
	DB_SQL_NONCE_PURGE,
	DB_SQL_IMPORT_ADD,
	DB_SQL_IMPORT_FIND,
	DB_SQL_IMPORT_FIND_DIGEST,
	DB_SQL_IMPORT_SET,
	DB_SQL_IMPORT_LIST,
	DB_SQL_IMPORT_REMOVE,
	DB_SQL_IMPORT_STOCK_REMOVE,
	DB_SQL_IMPORT_USERS_REMOVE,
	DB_SQL_IMPORT_KNOWN,
	DB_SQL_IMPORT_OVERFULL,
	DB_SQL_IMPORT_TOKENS,
	DB_SQL_IMPORT_ASSIGNED_REMOVE,
	DB_SQL_IMPORT_DONE,
	DB_SQL_STOCK_ADD,
	DB_SQL_STOCK_SEED_KNOWN,
	DB_SQL_STOCK_SERIAL_KNOWN,
	DB_SQL_STOCK_USER_COUNT,
	DB_SQL_STOCK_FIND,
	DB_SQL_STOCK_LIST,
	DB_SQL_STOCK_REMOVE,
	DB_SQL_TOKEN_EXPIRING,
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
	DB_SQL_CHALLENGE_FORGET,
	DB_SQL_KNOWN_FORGET,
	DB_SQL_OUTBOX_ADD,
	DB_SQL_OUTBOX_LIST,
	DB_SQL_OUTBOX_REMOVE,
	DB_SQL_OUTBOX_PAGE,
	DB_SQL_OUTBOX_FIGURES,
	DB_SQL_OUTBOX_DUE,
	DB_SQL_OUTBOX_HOOK,
	DB_SQL_OUTBOX_EXPIRED,
	DB_SQL_OUTBOX_FIND,
	DB_SQL_OUTBOX_TAKE,
	DB_SQL_OUTBOX_PUT_OFF,
	DB_SQL_OUTBOX_BURY,
	DB_SQL_OUTBOX_REVIVE,
	DB_SQL_OUTBOX_EMPTY,
	DB_SQL_OUTBOX_PURGE,
	DB_SQL_APPLICATION_ADD,
	DB_SQL_APPLICATION_LIST,
	DB_SQL_APPLICATION_REMOVE,
	DB_SQL_APPLICATION_FIND,
	DB_SQL_APPLICATION_CALLER,
	DB_SQL_CERTIFICATE_CALLER,
	DB_SQL_APPLICATION_SET_CERTIFICATE,
	DB_SQL_STAFF_SET_CERTIFICATE,
	DB_SQL_APPLICATION_SET_SCOPE,
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
	DB_SQL_EXPORT_ADD,
	DB_SQL_EXPORT_FIND,
	DB_SQL_EXPORT_TURN,
	DB_SQL_EXPORT_END,
	DB_SQL_EXPORT_PURGE,
	DB_SQL_KEPT_FIND,
	DB_SQL_KEPT_SET,
	DB_SQL_KEPT_PURGE,
	DB_SQL_KEPT_FORGET,
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
	DB_SQL_CHECKPOINT_UP_TO,
	DB_SQL_CHECKPOINT_REMOVE,
	DB_SQL_REPORT_THERE,
	DB_SQL_REPORT_ADD,
	DB_SQL_REPORT_FIND,
	DB_SQL_TOKEN_TYPE,
	DB_SQL_RETENTION_FIND,
	DB_SQL_RETENTION_SET,
	DB_SQL_AUDIT_MASK,
	DB_SQL_AUDIT_ROOT_MOVE,
	DB_SQL_AUDIT_REMOVE,
	DB_SQL_USER_SEARCH_REALM,
	DB_SQL_USER_SEARCH_CLASS,
	DB_SQL_USER_SEARCH_BOTH,
	DB_SQL_USER_SEARCH_END,
	DB_SQL_TOKEN_SEARCH,
	DB_SQL_TOKEN_SEARCH_USER,
	DB_SQL_TOKEN_SEARCH_SERIAL,
	DB_SQL_AUDIT_SEARCH,
	DB_SQL_AUDIT_AT,
	DB_SQL_COUNT
};

struct db {
	struct sql *sql;
	bool key_held; /* the transaction holds the current data key: what db_data_key_now has said */
	uint32_t key_number;
	int64_t key_version;
};

extern const struct sql_text db_sql_text[DB_SQL_COUNT];

/* Signed checkpoints, retention (db_schema_audit.c): one migration. */
extern const char db_schema_audit_sqlite[], db_schema_audit_postgresql[];
/* What deleted tokens have spent (db_schema_spent.c). */
extern const char db_schema_spent_sqlite[], db_schema_spent_postgresql[];

/* Other names of users (db_schema_alias.c): one migration. */
extern const char db_schema_alias_sqlite[], db_schema_alias_postgresql[];

/* Indexes of lists (db_schema_search.c): one migration, the same for both. */
extern const char db_schema_search[];

/* A row of a statement with the columns that all such have. */
CS_MUST_CHECK enum cs_err db_user_row(struct sql_statement *s, struct db_user *out);
CS_MUST_CHECK enum cs_err db_token_row(struct sql_statement *s, struct db_token *out);
CS_MUST_CHECK enum cs_err db_audit_row(struct sql_statement *s, struct audit_entry *out);

/* Brings a database of version from, 0 for an empty one, to version to, in the transaction that is open. */
CS_MUST_CHECK enum cs_err db_schema_migrate(struct sql *sql, int64_t from, int64_t to);
/* The same, to the newest, in a transaction of its own; where another program was first, from the version that it has left. */
CS_MUST_CHECK enum cs_err db_migrate(struct sql *sql, int64_t from);
/* The version that this program works with. */
int64_t db_schema_version(void);

/* The statement, ready to be bound and run. */
static inline struct sql_statement *db_statement(struct db *db, enum db_sql sql)
{
	return sql_statement(db->sql, sql);
}

/* Runs a statement that is to change one row: otherwise where it changed none. */
CS_MUST_CHECK enum cs_err db_run_one(struct sql_statement *statement, enum cs_err otherwise);
/* Runs one that takes a time and how many rows; how many it was. */
CS_MUST_CHECK enum cs_err db_run_slice(struct sql_statement *statement, uint64_t time, uint32_t limit, uint32_t *count);

#endif
