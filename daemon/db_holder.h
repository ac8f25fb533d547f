/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The part of db.h that is about who asks: applications and persons with their credentials, what persons approve for each
 * other, and answers that are kept for who asks again. What db.h says of errors and transactions holds here.
 */
#ifndef COUNTERSIGN_DAEMON_DB_HOLDER_H
#define COUNTERSIGN_DAEMON_DB_HOLDER_H

#include "daemon/credential.h"
#include "daemon/scope.h"

#define DB_NAME_SIZE	   65u	/* an application's or administrator's name */
#define DB_TOKEN_ID_SIZE   20u /* t_ and 16 hexadecimal digits, with its NUL */
#define DB_FINGERPRINT_LEN   32u /* of a client certificate's key */

struct db;

/* ---- who holds a credential: applications and persons ---- */

struct db_application {
	char name[DB_NAME_SIZE];
	struct scope scope;
	uint64_t created;
};

typedef void db_application_fn(void *ctx, const struct db_application *application);

/* CS_ERR_EXISTS: the name. */
CS_MUST_CHECK enum cs_err db_application_add(struct db *db, const struct db_application *application,
					     const uint8_t credential[CREDENTIAL_HASH_LEN]);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_application_find(struct db *db, const char *name, struct db_application *out);
CS_MUST_CHECK enum cs_err db_application_set_scope(struct db *db, const char *name,
						   const struct scope *scope);
CS_MUST_CHECK enum cs_err db_application_list(struct db *db, const char *after, uint32_t limit,
					      db_application_fn *each, void *ctx);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_application_remove(struct db *db, const char *name);
/* A new credential, in the place of the one before. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_application_rotate(struct db *db, const char *name,
						const uint8_t credential[CREDENTIAL_HASH_LEN]);

/* A person. */
struct db_staff {
	char name[DB_NAME_SIZE];
	unsigned roles; /* of ROLE_STAFF (role.h) */
	bool disabled;
	uint64_t created;
};

typedef void db_staff_fn(void *ctx, const struct db_staff *staff);

/* CS_ERR_EXISTS: the name. */
CS_MUST_CHECK enum cs_err db_staff_add(struct db *db, const struct db_staff *staff,
				       const uint8_t credential[CREDENTIAL_HASH_LEN]);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_staff_find(struct db *db, const char *name, struct db_staff *out);
CS_MUST_CHECK enum cs_err db_staff_list(struct db *db, const char *after, uint32_t limit, db_staff_fn *each,
					void *ctx);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_staff_set_disabled(struct db *db, const char *name, bool disabled);
/* The client certificate's fingerprint; empty: none. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_staff_set_certificate(struct db *db, const char *name,
						   struct cs_view fingerprint);
CS_MUST_CHECK enum cs_err db_application_set_certificate(struct db *db, const char *name,
							 struct cs_view fingerprint);
CS_MUST_CHECK enum cs_err db_staff_rotate(struct db *db, const char *name,
					  const uint8_t credential[CREDENTIAL_HASH_LEN]);
/* How many administrators there are, and how many of them are not disabled. */
CS_MUST_CHECK enum cs_err db_staff_administrators(struct db *db, uint32_t *all, uint32_t *active);

/* Whose credential it is, and what he may. */
struct db_caller {
	char name[DB_NAME_SIZE];
	unsigned roles;
	struct scope scope; /* an application's */
	uint8_t certificate[DB_FINGERPRINT_LEN];
	size_t certificate_len; /* 0: none */
};

/* What he shows: a credential's hash, or a certificate's fingerprint (of applications alone). */
enum db_caller_by { DB_BY_APPLICATION, DB_BY_STAFF, DB_BY_CERTIFICATE };

/* CS_ERR_NOT_FOUND: nobody's, or of one who is disabled. */
CS_MUST_CHECK enum cs_err db_caller_find(struct db *db, enum db_caller_by by,
					 const uint8_t shown[CREDENTIAL_HASH_LEN],
					 struct db_caller *out);

/* ---- what one administrator has proposed, and another one approves (keeper_approval.h) ---- */

enum db_approval_state { DB_PROPOSED = 1, DB_APPROVED, DB_REFUSED, DB_EXECUTED };

#define DB_SUBJECT_MAX 256u /* of a proposal, with its NUL */

struct db_approval {
	char id[DB_TOKEN_ID_SIZE]; /* a_ and 16 hexadecimal digits */
	char action[32];	   /* an operation's name */
	char subject[DB_SUBJECT_MAX];
	char proposer[DB_NAME_SIZE], approver[DB_NAME_SIZE]; /* approver: who approved or refused; or empty */
	enum db_approval_state state;
	uint64_t created, expires;
};

typedef void db_approval_fn(void *ctx, const struct db_approval *approval);

CS_MUST_CHECK enum cs_err db_approval_add(struct db *db, const struct db_approval *approval);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_approval_find(struct db *db, const char *id, struct db_approval *out);
CS_MUST_CHECK enum cs_err db_approval_list(struct db *db, const char *after, uint32_t limit,
					   db_approval_fn *each, void *ctx);
/* Guarded updates, CS_ERR_STATE where the proposal is not (or no more) as each wants it. Grant: it is open, not
 * expired, and someone else's. */
CS_MUST_CHECK enum cs_err db_approval_grant(struct db *db, const char *id, const char *approver,
					    uint64_t now);
/* Refuse: it is open or approved, not expired; the proposer may, too. */
CS_MUST_CHECK enum cs_err db_approval_refuse(struct db *db, const char *id, const char *by, uint64_t now);
/* Execute: it has this action, subject and proposer, is approved by someone who still is an administrator, and not
 * expired. */
CS_MUST_CHECK enum cs_err db_approval_execute(struct db *db, const struct db_approval *what, uint64_t now);
/* The same, and it stays as it is. */
CS_MUST_CHECK enum cs_err db_approval_look(struct db *db, const struct db_approval *what, uint64_t now);
/* Removes those that were made before. */
CS_MUST_CHECK enum cs_err db_approval_purge(struct db *db, uint64_t before);

/* ---- a realm's seeds on their way out, page by page (keeper_export.c) ---- */

struct db_export {
	char id[DB_TOKEN_ID_SIZE]; /* e_ and 16 hexadecimal digits */
	char holder[80];	   /* who was allowed it, as the audit log has him */
	char realm[SCOPE_WORD_SIZE];
	char approval[DB_TOKEN_ID_SIZE]; /* empty: it took none */
	char place[DB_TOKEN_ID_SIZE];	 /* the last token of the page before */
	uint32_t page;			 /* that is told next */
	uint64_t expires;
};

/* After the first page: page 2 is the next one. */
CS_MUST_CHECK enum cs_err db_export_add(struct db *db, const struct db_export *added);
/* Finds approval and place where id, page, holder and realm are as they stand here, and it has not expired.
 * CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_export_find(struct db *db, struct db_export *found, uint64_t now);
/* The page has been told up to a place. CS_ERR_STATE: by somebody else. */
CS_MUST_CHECK enum cs_err db_export_turn(struct db *db, const struct db_export *told, const char *place);
/* It was the last one. CS_ERR_STATE. */
CS_MUST_CHECK enum cs_err db_export_end(struct db *db, const struct db_export *told);
/* Removes those that expired before. */
CS_MUST_CHECK enum cs_err db_export_purge(struct db *db, uint64_t before);

/* ---- answers that are kept for who asks again (keeper_idempotency.h) ---- */

#define DB_KEPT_MAX	      8448u /* bytes of a sealed answer */
#define DB_KEPT_KEY_SIZE      129u
#define DB_KEPT_IDENTITY_SIZE (80u + DB_KEPT_KEY_SIZE + 1u)

struct db_kept {
	char holder[80]; /* who asked, as the audit log has him */
	char key[DB_KEPT_KEY_SIZE];
	uint8_t sealed[DB_KEPT_MAX]; /* identity: holder and key */
	size_t sealed_len;
	uint64_t created;
};

/* Finds what holder has kept under key after since. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_kept_find(struct db *db, struct db_kept *kept, uint64_t since);
/* In the place of what is there. */
CS_MUST_CHECK enum cs_err db_kept_set(struct db *db, const struct db_kept *kept);
/* Removes all that holder has kept. */
CS_MUST_CHECK enum cs_err db_kept_forget(struct db *db, const char *holder);
/* Removes what was kept at that time, or before. */
CS_MUST_CHECK enum cs_err db_kept_purge(struct db *db, uint64_t before);

#endif
