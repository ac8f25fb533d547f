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
#include "daemon/budget.h"
#include "daemon/data_key.h"
#include "daemon/db_checkpoint.h"
#include "daemon/db_holder.h"
#include "daemon/jwt.h"
#include "daemon/password.h"
#include "daemon/seal.h"
#include "daemon/verify.h"

#define DB_USER_SIZE	   129u /* a canonical user name (name.h) with its NUL */
#define DB_LABEL_SIZE	   129u
#define DB_SEED_MAX	   64u
#define DB_SEALED_MAX	   (DB_SEED_MAX + DATA_KEY_OVERHEAD)
#define DB_USER_TOKENS_MAX 16u /* tokens in use that one user may have: active, and not over */
#define DB_USER_ALIASES_MAX 16u /* other names that one user may have */
#define DB_USER_KNOWN_MAX  16u /* addresses that are known for one user: the latest, and as many MAC addresses */

#define DB_DIGEST_SIZE	     65u /* SHA-256 in hexadecimal, with its NUL */
#define DB_SERIAL_SIZE	     65u /* a token's serial number */
#define DB_SUITE_SIZE	     (CS_OCRA_SUITE_MAX + 1u)
#define DB_DESTINATION_SIZE  255u
#define DB_CHALLENGE_ID_SIZE DB_TOKEN_ID_SIZE /* c_ and 16 hexadecimal digits */
#define DB_DATA_SIZE	     (VERIFY_DATA_MAX + 1u)
#define DB_SIGNING_KEYS_MAX  16u /* of them that are shown */
#define DB_SUBJECT_SIZE	     (DB_USER_SIZE + 16u)
#define DB_MESSAGE_TEXT_MAX  1024u /* bytes of a message: a code, or an event */
#define DB_MESSAGE_MAX	     1152u /* sealed */

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
/* The same, and says of a failure whether what holds the database is to blame: the server is gone, its disk has failed. */
CS_MUST_CHECK enum cs_err db_open_or_blame(const char *where, bool *gone, struct db **out);
/* The same, and migrates a server's database too: the operator has saved it, and has said so. */
CS_MUST_CHECK enum cs_err db_open_migrating(const char *where, struct db **out);
/* The same, beside a daemon that may be at work: an older file is CS_ERR_STATE too, and is left as it is. */
CS_MUST_CHECK enum cs_err db_open_beside(const char *where, struct db **out);
void db_close(struct db *db);
/* What the database said to the last failure, for the log. Borrowed until the next call. */
const char *db_error_text(const struct db *db);
/* The server is gone, or another version of this program has migrated the database: nothing but db_close is of use any more, and whether a db_commit that failed has changed
 * anything is not known. */
bool db_lost(const struct db *db);
/* Since db_begin its disk has failed, or is full: a request or others' locks are not the reason. */
bool db_broken(const struct db *db);
/* Whether what failed with err did so for one of these two reasons, and might go well another time. */
bool db_failed(const struct db *db, enum cs_err err);

CS_MUST_CHECK enum cs_err db_begin(struct db *db);
CS_MUST_CHECK enum cs_err db_commit(struct db *db);
void db_rollback(struct db *db);
/* Takes locks that no other transaction on the same database has, until this one ends: their numbers, in rising
 * order, as {3,14,159}. A file's transactions have it to themselves anyway. */
CS_MUST_CHECK enum cs_err db_lock(struct db *db, const char *numbers);
/* Of these, many transactions may have the first one at a time, or one alone the second: those that enrol, and the one that
 * stops them. None that enrols waits long for it (CS_ERR_TIMEOUT), as in its daemon others wait behind it. */
CS_MUST_CHECK enum cs_err db_enrolments_lock(struct db *db);
CS_MUST_CHECK enum cs_err db_enrolments_stop(struct db *db);
/* CS_OK where the database answers a query. */
CS_MUST_CHECK enum cs_err db_ping(struct db *db);

/* What a server has: two copies; is itself the standby; no synchronous standby; one that is away. A file: the first. */
enum db_standing { DB_STANDING_GOOD, DB_STANDING_STANDBY, DB_STANDING_ALONE, DB_STANDING_WAITS };
CS_MUST_CHECK enum cs_err db_standing(struct db *db, enum db_standing *out);

/* ---- users ---- */

struct db_user {
	int64_t id;
	char name[DB_USER_SIZE];
	struct budget budget;
	uint64_t created;
	char class_name[DB_NAME_SIZE];
	uint8_t password[PASSWORD_STORED_LEN];
	size_t password_len;  /* 0: none has been set */
	bool password_change; /* it must be changed with the next login */
	bool bound_only;      /* no name in a certificate makes it his */
	bool disabled;	      /* no door knows him */
};

typedef void db_user_fn(void *ctx, const struct db_user *user);

/* CS_ERR_EXISTS: the name is a user's or an alias. */
CS_MUST_CHECK enum cs_err db_user_add(struct db *db, const char *name, uint64_t now);
/* By his name or an alias; out->name is his name. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_user_find(struct db *db, const char *name, struct db_user *out);
CS_MUST_CHECK enum cs_err db_user_list(struct db *db, const char *after, uint32_t limit, db_user_fn *each,
				       void *ctx);
CS_MUST_CHECK enum cs_err db_user_cleared(struct db *db, int64_t id);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_user_set_password(struct db *db, int64_t id, struct cs_view stored, bool change);
CS_MUST_CHECK enum cs_err db_user_set_class(struct db *db, int64_t id, const char *class_name);
CS_MUST_CHECK enum cs_err db_user_set_bound_only(struct db *db, int64_t id, bool bound_only);

/* Where he is disabled, his challenges go. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_user_set_disabled(struct db *db, int64_t id, bool disabled);
/* Removes him, and all that is his: tokens (db_token_delete), challenges, certificates, known addresses, messages but
 * events. CS_ERR_EXISTS: a file that is being imported names him; CS_ERR_STATE: a token is not to be deleted. */
CS_MUST_CHECK enum cs_err db_user_delete(struct db *db, const struct db_user *user);

/* ---- other names of users ---- */

struct db_alias {
	char name[DB_USER_SIZE];
	int64_t user_id;
	char user[DB_USER_SIZE];
	uint64_t created;
};

typedef void db_alias_fn(void *ctx, const struct db_alias *alias);

/* user need not be set. CS_ERR_EXISTS: the name is a user's or an alias. */
CS_MUST_CHECK enum cs_err db_alias_add(struct db *db, const struct db_alias *alias);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_alias_find(struct db *db, const char *name, struct db_alias *out);
/* How many a user has. */
CS_MUST_CHECK enum cs_err db_alias_count(struct db *db, int64_t user, uint32_t *out);
/* user 0: everyone's. */
CS_MUST_CHECK enum cs_err db_alias_list(struct db *db, int64_t user, const char *after, uint32_t limit,
					db_alias_fn *each, void *ctx);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_alias_remove(struct db *db, const char *name);

/* ---- classes of users: what a login wants of them ---- */

struct db_class {
	char name[DB_NAME_SIZE];
	unsigned factors; /* keeper_login.h */
};

typedef void db_class_fn(void *ctx, const struct db_class *row);

/* CS_ERR_NOT_FOUND. "default" is there from the beginning. */
CS_MUST_CHECK enum cs_err db_class_find(struct db *db, const char *name, struct db_class *out);
/* Makes or changes it. */
CS_MUST_CHECK enum cs_err db_class_set(struct db *db, const struct db_class *row);
CS_MUST_CHECK enum cs_err db_class_list(struct db *db, const char *after, uint32_t limit, db_class_fn *each,
					void *ctx);

/* Those that users have. */
CS_MUST_CHECK enum cs_err db_class_used(struct db *db, db_class_fn *each, void *ctx);

/* ---- certificates of users, and what they signed ---- */

struct db_binding {
	uint8_t fingerprint[DB_FINGERPRINT_LEN]; /* of the certificate's key; one user's */
	int64_t user_id;
	char user[DB_USER_SIZE];
	char label[DB_LABEL_SIZE];
	uint64_t created;
};

typedef void db_binding_fn(void *ctx, const struct db_binding *binding);

/* From now on the user is bound_only. user need not be set. CS_ERR_EXISTS: the key is bound. */
CS_MUST_CHECK enum cs_err db_binding_add(struct db *db, const struct db_binding *binding);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_binding_find(struct db *db, const uint8_t fingerprint[DB_FINGERPRINT_LEN],
					  struct db_binding *out);
/* How many keys are bound to the user. */
CS_MUST_CHECK enum cs_err db_binding_count(struct db *db, int64_t user, uint32_t *out);
/* user 0: everyone's. after: a fingerprint, or empty. */
CS_MUST_CHECK enum cs_err db_binding_list(struct db *db, int64_t user, struct cs_view after,
					  uint32_t limit, db_binding_fn *each, void *ctx);
/* CS_ERR_NOT_FOUND. The user stays bound_only. */
CS_MUST_CHECK enum cs_err db_binding_remove(struct db *db, const uint8_t fingerprint[DB_FINGERPRINT_LEN]);

#define DB_NONCE_LEN 16u

/* A nonce of a login that was answered with an assertion: good once. CS_ERR_EXISTS: it was spent before. Those that
 * expired before now are forgotten. */
CS_MUST_CHECK enum cs_err db_nonce_spend(struct db *db, const uint8_t nonce[DB_NONCE_LEN], uint64_t expires,
					 uint64_t now);
CS_MUST_CHECK enum cs_err db_nonce_spent(struct db *db, const uint8_t nonce[DB_NONCE_LEN], bool *spent);

/* ---- revocation lists of the CAs of such certificates (login_list.h) ---- */

#define DB_CRLS_MAX	  256u
#define DB_CRL_SCOPE_LEN  32u
#define DB_CRL_NUMBER_LEN 20u /* big-endian; RFC 5280, 5.2.3, has none that are longer */

#define DB_CRL_ISSUER_SIZE 256u /* with its NUL */

struct db_crl {
	uint8_t scope[DB_CRL_SCOPE_LEN]; /* a hash of what the numbers are counted for */
	char issuer[DB_CRL_ISSUER_SIZE]; /* for those who read it */
	uint8_t number[DB_CRL_NUMBER_LEN];
};

/* The highest that counted. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_crl_find(struct db *db, const uint8_t scope[DB_CRL_SCOPE_LEN],
				      uint8_t number[DB_CRL_NUMBER_LEN]);
/* CS_ERR_STATE: a higher one counted; CS_ERR_EXISTS: those of DB_CRLS_MAX others are there. */
CS_MUST_CHECK enum cs_err db_crl_set(struct db *db, const struct db_crl *crl);
/* All of an issuer; how many. */
CS_MUST_CHECK enum cs_err db_crl_forget(struct db *db, const char *issuer, int64_t *count);
/* In place of an issuer, or of "", the next one. CS_ERR_NOT_FOUND: it was the last. */
CS_MUST_CHECK enum cs_err db_crl_next(struct db *db, char issuer[DB_CRL_ISSUER_SIZE]);

/* ---- keys that assertions are signed with ---- */

struct db_signing_key {
	char id[DB_TOKEN_ID_SIZE]; /* k_ and 16 hexadecimal digits */
	uint8_t sealed[JWT_PRIVATE_MAX + DATA_KEY_OVERHEAD]; /* data_key.h; identity: the id */
	size_t sealed_len;
	uint8_t public_key[JWT_PUBLIC_LEN];
	uint64_t created;
};

CS_MUST_CHECK enum cs_err db_signing_key_add(struct db *db, const struct db_signing_key *key);
/* Those that were made after since, the newest first. */
CS_MUST_CHECK enum cs_err db_signing_keys(struct db *db, uint64_t since,
					  struct db_signing_key out[DB_SIGNING_KEYS_MAX], size_t *count);
CS_MUST_CHECK enum cs_err db_signing_key_purge(struct db *db, uint64_t before);

/* The one that cards seal seeds to (keeper_sealed.h); its id begins with e_. CS_ERR_NOT_FOUND; CS_ERR_EXISTS. */
CS_MUST_CHECK enum cs_err db_enrolment_key_find(struct db *db, struct db_signing_key *out);
CS_MUST_CHECK enum cs_err db_enrolment_key_add(struct db *db, const struct db_signing_key *key);
CS_MUST_CHECK enum cs_err db_enrolment_key_remove(struct db *db);

/* ---- budgets (budget.h) ---- */

/* Each writes after where before still stands; CS_ERR_BUSY where it does not. */
CS_MUST_CHECK enum cs_err db_user_budget(struct db *db, int64_t id, const struct budget *before,
					 const struct budget *after);
CS_MUST_CHECK enum cs_err db_token_budget(struct db *db, const char *id, const struct budget *before,
					  const struct budget *after);
/* Of any other subject: "address:192.0.2.1 web", "name:nobody". One without failures has no row. */
CS_MUST_CHECK enum cs_err db_budget_find(struct db *db, const char *subject, struct budget *out);
CS_MUST_CHECK enum cs_err db_budget_set(struct db *db, const char *subject, const struct budget *before,
					const struct budget *after);
struct db_lock {
	char subject[DB_SUBJECT_SIZE];
	struct budget budget;
};
typedef void db_lock_fn(void *ctx, const struct db_lock *lock);

/* The subjects of addresses ("address:", "asking:") whose lock lasts beyond now, in their order after the one named. */
CS_MUST_CHECK enum cs_err db_lock_list(struct db *db, const char *after, uint64_t now, uint32_t limit,
				       db_lock_fn *each, void *ctx);
/* Forgets what is counted against subjects from first on and before end. */
CS_MUST_CHECK enum cs_err db_lock_lift(struct db *db, const char *first, const char *end, int64_t *lifted);
/* Removes the rows of subjects whose last failure was before, and whose lock is over by now. */
CS_MUST_CHECK enum cs_err db_budget_purge(struct db *db, uint64_t before, uint64_t now);

/* An address that a user has succeeded from, and what he may do from there. */
struct db_known {
	struct budget budget;
	uint64_t seen; /* when */
};

/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_known_find(struct db *db, int64_t user, const char *address,
					struct db_known *out);
CS_MUST_CHECK enum cs_err db_known_budget(struct db *db, int64_t user, const char *address,
					  const struct budget *before, const struct budget *after);
/* Notes a success, with a new budget; of a user's addresses the DB_USER_KNOWN_MAX latest stay. */
CS_MUST_CHECK enum cs_err db_known_seen(struct db *db, int64_t user, const char *address, uint64_t now);
/* Removes limit of those last seen at the time or before, or as many as there are; how many. */
CS_MUST_CHECK enum cs_err db_known_forget(struct db *db, uint64_t seen, uint32_t limit, uint32_t *count);

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
	uint8_t sealed[DB_SEALED_MAX]; /* data_key.h; identity: token_identity */
	size_t sealed_len;
	uint64_t next;
	int32_t drift;
	struct budget budget;
	enum db_token_state state;
	char label[DB_LABEL_SIZE];
	uint64_t created;
	/* What verify.h has under the same names. */
	uint64_t spent;
	uint32_t count;
	uint64_t expires;
	char suite[DB_SUITE_SIZE];
	char destination[DB_DESTINATION_SIZE]; /* where codes are sent */
	enum verify_pin pin;
	uint8_t pin_hash[PASSWORD_STORED_LEN];
	size_t pin_hash_len;
	uint8_t fingerprint[SEAL_FINGERPRINT_LEN]; /* of the seed (seal.h) */
	size_t fingerprint_len;			   /* 0: it has not been marked yet */
	char serial[DB_SERIAL_SIZE];		   /* "" where it has none; no two tokens have the same */
};

typedef void db_token_fn(void *ctx, const struct db_token *token);

/* Whether it can take codes at that time: active, and not over. */
bool db_token_is_in_use(const struct db_token *token, uint64_t now);

/* token->user need not be set; the id is a new one. Where tokens with the same seed and settings, there or deleted, have
 * been used further than token->next, so has the new one. CS_ERR_STATE: the user has DB_USER_TOKENS_MAX in use, as of
 * token->created. */
CS_MUST_CHECK enum cs_err db_token_add(struct db *db, const struct db_token *token);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_token_find(struct db *db, const char *id, struct db_token *out);
/* The tokens of a user, in order of their ids: all that are in use by now, and of the others as many as there is room
 * for. */
CS_MUST_CHECK enum cs_err db_token_of_user(struct db *db, const struct db_user *user, uint64_t now,
					   struct db_token out[DB_USER_TOKENS_MAX], size_t *count);
/* How many a user has in use by now. */
CS_MUST_CHECK enum cs_err db_token_in_use(struct db *db, int64_t user_id, uint64_t now, uint32_t *out);
/* user NULL: everyone's. */
CS_MUST_CHECK enum cs_err db_token_list(struct db *db, const char *user, const char *after, uint32_t limit,
					db_token_fn *each, void *ctx);
/* Nobody takes a code of the tokens of a seed, in use or not, until the transaction ends; whoever was about to has done so. */
CS_MUST_CHECK enum cs_err db_token_hold(struct db *db, struct cs_view fingerprint);
/* An active token, not over by now, that could take the codes of this one, as it has the same seed.
 * CS_ERR_NOT_FOUND: none. */
CS_MUST_CHECK enum cs_err db_token_twin(struct db *db, const struct db_token *token, uint64_t now,
					char twin[DB_TOKEN_ID_SIZE]);
/* Tokens without a fingerprint, which older versions enrolled. */
CS_MUST_CHECK enum cs_err db_token_unmarked(struct db *db, const char *after, struct db_token *out,
					    size_t cap, size_t *count);
/* Gives such a one its fingerprint; those with the same seed and settings are all where the foremost is. */
CS_MUST_CHECK enum cs_err db_token_mark(struct db *db, const char *id, struct cs_view fingerprint);
/* The guarded update that makes a code good for one time only: sets next and drift and adds to spent, of an
 * active token whose next is not above decision->at, and none of whose bits in decision->spends is set.
 * CS_ERR_STATE where there is no such token (any more). Other tokens with the same seed and settings, anyone's,
 * get next too: a trigger of the database sees to it, whoever writes. */
CS_MUST_CHECK enum cs_err db_token_accept(struct db *db, const char *id,
					  const struct verify_decision *decision);
/* Sets the state; making it active clears the token's failures. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_token_set_state(struct db *db, const char *id, enum db_token_state state);

/* Unix seconds; 0: never. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_token_set_expires(struct db *db, const char *id, uint64_t expires);
/* Removes it and its challenges. What its seed has spent stays: a token of that seed begins there, whenever it is added.
 * CS_ERR_STATE: it has a seed that can be given again, and no fingerprint to know it by. */
CS_MUST_CHECK enum cs_err db_token_delete(struct db *db, const char *id);
/* pin and pin_hash. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_token_set_pin(struct db *db, const struct db_token *token);

/* ---- imports, and tokens in stock (db_import.c) ---- */

/* What becomes of a user that a row of the file names. */
enum db_import_users {
	DB_IMPORT_USERS_KNOWN = 1, /* he must be there, or the row is refused */
	DB_IMPORT_USERS_MADE = 2,  /* he is made where he is not there */
	DB_IMPORT_USERS_NONE = 3,  /* all tokens go into stock */
};

/* A file on its way in: its rows are staged, in their order and many at a time, and live with one commit. */
struct db_import {
	char id[DB_TOKEN_ID_SIZE]; /* i_ and 16 hexadecimal digits */
	char digest[DB_DIGEST_SIZE]; /* SHA-256 of the file, in hexadecimal: by it an import is taken up again */
	char name[DB_LABEL_SIZE];  /* the file's, for people */
	enum db_import_users users;
	uint32_t rows;	  /* of the file */
	uint32_t staged;  /* of them that have come, those refused included */
	uint32_t refused; /* with any of them there is no commit */
	bool done;
	uint32_t assigned; /* of a done one: rows that became tokens of users */
	uint64_t created;
};

typedef void db_import_fn(void *ctx, const struct db_import *import);

/* CS_ERR_EXISTS: the digest is that of another one. */
CS_MUST_CHECK enum cs_err db_import_add(struct db *db, const struct db_import *import);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_import_find(struct db *db, const char *id, struct db_import *out);
CS_MUST_CHECK enum cs_err db_import_find_digest(struct db *db, const char *digest, struct db_import *out);
/* Sets staged and refused. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_import_set(struct db *db, const struct db_import *import);
CS_MUST_CHECK enum cs_err db_import_list(struct db *db, const char *after, uint32_t limit, db_import_fn *each,
					 void *ctx);
/* Removes some rows of an import that is not done, and their users, where those were made for it and are nobody else's.
 * all: none is left, and the import is gone; else it is one that can no longer be committed. */
CS_MUST_CHECK enum cs_err db_import_discard(struct db *db, struct db_import *import, bool *all);
/* How many of its rows can no longer become tokens, as others have enrolled the same seeds or serial numbers since they
 * were staged, or filled up a user. */
CS_MUST_CHECK enum cs_err db_import_overtaken(struct db *db, const char *id, uint64_t now, uint32_t *count);
/* The one commit: rows with a user become tokens in use, the others stock. */
CS_MUST_CHECK enum cs_err db_import_commit(struct db *db, const char *id, uint64_t now, uint32_t *assigned);

/* A token that nobody has. Its seed is sealed for the user that it is staged for, or for user 0. */
struct db_stock {
	char import[DB_TOKEN_ID_SIZE];
	bool made_user; /* its user was made for it */
	struct db_token token; /* user_id 0: for anyone; of a row that is read, always */
};

typedef void db_stock_fn(void *ctx, const struct db_stock *stock);

/* CS_ERR_EXISTS: the id. */
CS_MUST_CHECK enum cs_err db_stock_add(struct db *db, const struct db_stock *stock);
/* Whether any token, in stock or not, in use or not, staged or not, has the seed, or the serial number. */
CS_MUST_CHECK enum cs_err db_stock_seed_known(struct db *db, struct cs_view fingerprint, bool *known);
CS_MUST_CHECK enum cs_err db_stock_serial_known(struct db *db, const char *serial, bool *known);
/* The same of the seed, or of one that a deleted token had. */
CS_MUST_CHECK enum cs_err db_seed_seen(struct db *db, struct cs_view fingerprint, bool *seen);
/* A user's tokens that are in use by now, and those staged for him. */
CS_MUST_CHECK enum cs_err db_stock_user_count(struct db *db, int64_t user, uint64_t now, uint32_t *out);
/* One of a done import, by its id or its serial number. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_stock_find(struct db *db, const char *key, struct db_stock *out);
CS_MUST_CHECK enum cs_err db_stock_list(struct db *db, const char *after, uint32_t limit, db_stock_fn *each,
					void *ctx);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_stock_remove(struct db *db, const char *id);

/* ---- challenges ---- */

struct db_challenge {
	char id[DB_CHALLENGE_ID_SIZE];
	int64_t user_id;
	char token[DB_TOKEN_ID_SIZE];
	char question[VERIFY_QUESTION_MAX + 1];
	char data[DB_DATA_SIZE];
	uint8_t mac[VERIFY_MAC_LEN]; /* of a code that was sent */
	size_t mac_len;		     /* 0: none was */
	uint64_t created, expires;
	bool spent;
	char application[DB_NAME_SIZE]; /* that asked for it */
	bool known;			/* from an address that is known for the user */
};

CS_MUST_CHECK enum cs_err db_challenge_add(struct db *db, const struct db_challenge *challenge);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_challenge_find(struct db *db, const char *id, struct db_challenge *out);
/* The guarded update that makes it good once. CS_ERR_STATE. */
CS_MUST_CHECK enum cs_err db_challenge_spend(struct db *db, const char *id);
/* The newest of a token that can still be answered, for the application and with the data that out has. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_challenge_open(struct db *db, uint64_t now, struct db_challenge *out);
/* Asks what question has, for one that is open; CS_ERR_BUSY: it is not any more. */
CS_MUST_CHECK enum cs_err db_challenge_set_question(struct db *db, const struct db_challenge *challenge);
/* How many a token has had since then from known addresses, or from all others. */
CS_MUST_CHECK enum cs_err db_challenge_count(struct db *db, const char *token, bool known, uint64_t since,
					      uint32_t *out);
/* Removes those of a user that expired before. */
CS_MUST_CHECK enum cs_err db_challenge_purge(struct db *db, int64_t user, uint64_t before);
/* The same of all users, limit of them or as many as there are; how many. */
CS_MUST_CHECK enum cs_err db_challenge_forget(struct db *db, uint64_t before, uint32_t limit, uint32_t *count);

/* ---- what tells the right sealing key from a wrong one ---- */

/* The first one stays: where there is one already, nothing is changed. */
CS_MUST_CHECK enum cs_err db_key_check_add(struct db *db, struct cs_view sealed);
/* CS_ERR_NOT_FOUND: there is none yet. */
CS_MUST_CHECK enum cs_err db_key_check_find(struct db *db, struct cs_writer *out);

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
