/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What keeper stores, as an interface that says nothing of how: users, tokens, applications, administrators,
 * audit. db_*.c implement it over sql.h, which has SQLite for one machine and PostgreSQL for several below it.
 *
 * Changes happen between db_begin and db_commit; when db_commit has answered CS_OK they are on disk, and only
 * then may anyone be told of them. What is found within a transaction by its name or identifier stays as it is for
 * others until the transaction ends. After any error but CS_ERR_NOT_FOUND, CS_ERR_EXISTS and CS_ERR_STATE the
 * transaction is of no further use: db_rollback. These three change nothing, and the transaction goes on.
 *
 * Every function may answer CS_ERR_IO, CS_ERR_FULL (the disk), CS_ERR_CORRUPT or CS_ERR_BUSY (the same again, in a
 * new transaction, may succeed) besides what stands with it.
 * Texts are NUL-terminated UTF-8. Times are Unix seconds. Lists are in order of their keys and begin after
 * the key given.
 */
#ifndef COUNTERSIGN_DAEMON_DB_H
#define COUNTERSIGN_DAEMON_DB_H

#include "daemon/audit.h"
#include "daemon/credential.h"
#include "daemon/seal.h"
#include "daemon/verify.h"

#define DB_USER_SIZE	   129u /* a canonical user name (name.h) with its NUL */
#define DB_NAME_SIZE	   65u	/* an application's or administrator's name */
#define DB_LABEL_SIZE	   129u
#define DB_TOKEN_ID_SIZE   20u /* t_ and 16 hexadecimal digits, with its NUL */
#define DB_SEED_MAX	   64u
#define DB_SEALED_MAX	   (DB_SEED_MAX + SEAL_OVERHEAD)
#define DB_USER_TOKENS_MAX 16u /* tokens that one user may have */

struct db;

/* True where a database is a file, false where it is on a server (sql.h says how places are written). */
bool db_is_file(const char *where);
/* How to call it in a sentence: the path; a server's place may hold a password, and is not told. */
const char *db_place(const char *where);

/* Makes a new database file, mode 0600, or the tables in a server's empty database: the schema and the audit log's
 * first state. CS_ERR_EXISTS. */
CS_MUST_CHECK enum cs_err db_create(const char *where);
/* Opens what db_create made. An older file is migrated after it was copied to FILE.schema-VERSION beside it; a
 * server's older database is CS_ERR_STATE, as other daemons may work with it. CS_ERR_NOT_FOUND;
 * CS_ERR_UNSUPPORTED: its schema is a newer program's, or it is someone else's. */
CS_MUST_CHECK enum cs_err db_open(const char *where, struct db **out);
/* The same, and migrates a server's database too: the operator has saved it, and has said so. */
CS_MUST_CHECK enum cs_err db_open_migrating(const char *where, struct db **out);
void db_close(struct db *db);
/* What the database said to the last failure, for the log. Borrowed until the next call. */
const char *db_error_text(const struct db *db);
/* The server is gone: nothing but db_close is of use any more, and whether a db_commit that failed has changed
 * anything is not known. */
bool db_lost(const struct db *db);

CS_MUST_CHECK enum cs_err db_begin(struct db *db);
CS_MUST_CHECK enum cs_err db_commit(struct db *db);
void db_rollback(struct db *db);
/* Takes locks that no other transaction on the same database has, until this one ends: their numbers, in rising
 * order, as {3,14,159}. A file's transactions have it to themselves anyway. */
CS_MUST_CHECK enum cs_err db_lock(struct db *db, const char *numbers);
/* CS_OK where the database answers a query. */
CS_MUST_CHECK enum cs_err db_ping(struct db *db);

/* ---- users ---- */

struct db_user {
	int64_t id;
	char name[DB_USER_SIZE];
	uint32_t failures; /* wrong codes since the last right one */
	uint64_t created;
};

typedef void db_user_fn(void *ctx, const struct db_user *user);

/* CS_ERR_EXISTS. */
CS_MUST_CHECK enum cs_err db_user_add(struct db *db, const char *name, uint64_t now);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_user_find(struct db *db, const char *name, struct db_user *out);
CS_MUST_CHECK enum cs_err db_user_list(struct db *db, const char *after, uint32_t limit, db_user_fn *each,
				       void *ctx);
/* One failure more, or none at all. */
CS_MUST_CHECK enum cs_err db_user_failed(struct db *db, int64_t id);
CS_MUST_CHECK enum cs_err db_user_cleared(struct db *db, int64_t id);

/* ---- tokens ---- */

enum db_token_state { DB_TOKEN_ACTIVE = 1, DB_TOKEN_DISABLED = 2 };

struct db_token {
	char id[DB_TOKEN_ID_SIZE];
	int64_t user_id;
	char user[DB_USER_SIZE];
	enum verify_type type;
	enum cs_hash hash;
	unsigned digits;
	uint32_t period;
	uint8_t sealed[DB_SEALED_MAX]; /* seal.h; identity: token_identity */
	size_t sealed_len;
	uint64_t next;
	int32_t drift;
	uint32_t failures;
	enum db_token_state state;
	char label[DB_LABEL_SIZE];
	uint64_t created;
};

typedef void db_token_fn(void *ctx, const struct db_token *token);

/* token->user need not be set; the id is a new one. CS_ERR_STATE: the user has DB_USER_TOKENS_MAX tokens. */
CS_MUST_CHECK enum cs_err db_token_add(struct db *db, const struct db_token *token);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_token_find(struct db *db, const char *id, struct db_token *out);
/* All tokens of a user, in order of their ids. */
CS_MUST_CHECK enum cs_err db_token_of_user(struct db *db, int64_t user_id,
					   struct db_token out[DB_USER_TOKENS_MAX], size_t *count);
/* user NULL: everyone's. */
CS_MUST_CHECK enum cs_err db_token_list(struct db *db, const char *user, const char *after, uint32_t limit,
					db_token_fn *each, void *ctx);
/* The guarded update that makes a code good for one time only: sets next and drift and clears the failures of
 * an active token whose next is not above decision->at. CS_ERR_STATE where there is no such token (any more).
 */
CS_MUST_CHECK enum cs_err db_token_accept(struct db *db, const char *id,
					  const struct verify_decision *decision);
CS_MUST_CHECK enum cs_err db_token_failed(struct db *db, const char *id);
/* Sets the state; making it active clears the token's failures. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_token_set_state(struct db *db, const char *id, enum db_token_state state);

/* ---- applications and administrators ---- */

struct db_application {
	char name[DB_NAME_SIZE];
	uint64_t created;
};

typedef void db_application_fn(void *ctx, const struct db_application *application);

/* CS_ERR_EXISTS: the name. */
CS_MUST_CHECK enum cs_err db_application_add(struct db *db, const char *name,
					     const uint8_t credential[CREDENTIAL_HASH_LEN], uint64_t now);
CS_MUST_CHECK enum cs_err db_application_list(struct db *db, const char *after, uint32_t limit,
					      db_application_fn *each, void *ctx);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_application_remove(struct db *db, const char *name);
/* CS_ERR_EXISTS: the name. */
CS_MUST_CHECK enum cs_err db_admin_add(struct db *db, const char *name,
				       const uint8_t credential[CREDENTIAL_HASH_LEN], uint64_t now);
/* Whose credential it is: the name of an application or administrator. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_credential_find(struct db *db, enum ipc_role role,
					     const uint8_t credential[CREDENTIAL_HASH_LEN],
					     char name[DB_NAME_SIZE]);

/* ---- audit ---- */

typedef void db_audit_fn(void *ctx, const struct audit_entry *entry);

/* Sequence number and hash of the last entry; 0 and zeros where there is none. */
CS_MUST_CHECK enum cs_err db_audit_head(struct db *db, uint64_t *sequence, uint8_t hash[AUDIT_HASH_LEN]);
/* Nobody else appends from here on until the transaction ends: who has called it may trust db_audit_head. */
CS_MUST_CHECK enum cs_err db_audit_lock(struct db *db);
/* The entry is chained to the head: audit.c sees to that. */
CS_MUST_CHECK enum cs_err db_audit_append(struct db *db, const struct audit_entry *entry);
CS_MUST_CHECK enum cs_err db_audit_list(struct db *db, uint64_t after, uint32_t limit, db_audit_fn *each,
					void *ctx);

#endif
