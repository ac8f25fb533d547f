/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The audit log: who asked for what, about whom, from where, and how it came out; every refusal too. Entries
 * are numbered without gaps from 1, and each carries the SHA-256 of the bytes of the one before
 * (base/audit.h; the first one carries zeros), so that none can be changed or taken out of the middle unseen.
 * An entry is committed together with what it tells of, or neither is. Never in it: codes, seeds,
 * credentials.
 */
#ifndef COUNTERSIGN_DAEMON_AUDIT_H
#define COUNTERSIGN_DAEMON_AUDIT_H

#include "base/audit.h"

#define AUDIT_HASH_LEN CS_AUDIT_HASH_LEN

/* An entry as it is stored; the texts as struct cs_audit_entry has them. */
struct audit_entry {
	unsigned format; /* base/audit.h; what is appended is of format 2 */
	bool masked;	 /* user, token, address and detail have been taken out, and the salt with them */
	uint64_t sequence;
	uint64_t time_ms;
	char actor[80];	  /* application:NAME, administrator:NAME, unknown, countersignd */
	char action[32];  /* an operation's name (ipc_rule), or init, start */
	char user[129];	  /* canonical, or the application's name that it is about */
	char token[32];	  /* the token's identifier */
	char result[32];  /* done, partly, looked, proposed, accepted, wrong, locked, refused, failed */
	char reason[32];  /* why not: replay, unknown_user, unauthorized, ... */
	char address[65]; /* the client's */
	char detail[64];  /* as "position 17" */
	bool locks;	  /* not in the log: the user is locked from now on (keeper_hook.h) */
	bool locks_token; /* the same of the token that is named */
	uint8_t salt[CS_AUDIT_SALT_LEN];
	uint8_t commitment[AUDIT_HASH_LEN];
	uint8_t previous[AUDIT_HASH_LEN];
	uint8_t hash[AUDIT_HASH_LEN];
};

struct db;

/* SHA-256 of the entry's bytes, in its format. CS_ERR_CORRUPT: the personal texts are there, and are not those of the
 * commitment; CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err audit_hash(const struct audit_entry *entry, uint8_t hash[AUDIT_HASH_LEN]);

/* Gives each entry its sequence number, salt and commitment, the hash before and its own, and appends it in the transaction that is
 * open. From then on until the transaction ends, everyone else who appends waits, in other daemons too: so this
 * comes last in a transaction, once for all that it has to tell. Errors as in db.h. */
CS_MUST_CHECK enum cs_err audit_append_all(struct db *db, struct audit_entry *entries, size_t count);
CS_MUST_CHECK enum cs_err audit_append(struct db *db, struct audit_entry *entry);

/* Checks that the entries after the one numbered after (0: all that retention has left) are numbered without gaps and
 * chained; yields the last one's number. CS_ERR_CORRUPT: broken holds the number at which it does not hold. */
CS_MUST_CHECK enum cs_err audit_check(struct db *db, uint64_t after, uint64_t *last, uint64_t *broken);

/* The check at the start: the last entries, as many as take no time (10000). */
CS_MUST_CHECK enum cs_err audit_check_head(struct db *db, uint64_t *last, uint64_t *broken);

#endif
