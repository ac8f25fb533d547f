/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The audit log's checkpoints and retention in the database: a part of db.h, whose rules and errors hold here too.
 */
#ifndef COUNTERSIGN_DAEMON_DB_CHECKPOINT_H
#define COUNTERSIGN_DAEMON_DB_CHECKPOINT_H

#include "base/checkpoint.h"
#include "daemon/audit.h"

struct db;

/* ---- checkpoints of the audit log (db_checkpoint.c) ---- */

struct db_checkpoint {
	uint64_t sequence, time_ms;
	uint8_t hash[AUDIT_HASH_LEN]; /* of the entry sequence */
	char text[CS_CHECKPOINT_TEXT_MAX + 1];
	uint8_t signature[CS_CHECKPOINT_SIGNATURE_MAX];
	size_t signature_len;
};

typedef void db_checkpoint_fn(void *ctx, const struct db_checkpoint *checkpoint);

/* The number of the last entry that retention has given up; 0: none. A checkpoint of it is there. */
CS_MUST_CHECK enum cs_err db_audit_root(struct db *db, uint64_t *sequence);
/* The database's name in checkpoints, made when it is first asked for. */
CS_MUST_CHECK enum cs_err db_installation(struct db *db, uint8_t id[CS_CHECKPOINT_INSTALLATION_LEN]);
/* Where another daemon has made one of the same entry, that one stays. */
CS_MUST_CHECK enum cs_err db_checkpoint_add(struct db *db, const struct db_checkpoint *checkpoint);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_checkpoint_find(struct db *db, uint64_t sequence, struct db_checkpoint *out);
CS_MUST_CHECK enum cs_err db_checkpoint_last(struct db *db, struct db_checkpoint *out);
CS_MUST_CHECK enum cs_err db_checkpoint_list(struct db *db, uint64_t after, uint32_t limit,
					     db_checkpoint_fn *each, void *ctx);
/* The oldest ones that were not exported yet, and the mark that one was. */
CS_MUST_CHECK enum cs_err db_checkpoint_held(struct db *db, uint32_t limit, db_checkpoint_fn *each,
					     void *ctx);
CS_MUST_CHECK enum cs_err db_checkpoint_exported(struct db *db, uint64_t sequence);
/* The last one of an entry up to this one, made before that time. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_checkpoint_up_to(struct db *db, uint64_t sequence, uint64_t before_ms,
					      struct db_checkpoint *out);
/* Removes the exported ones of entries before this one, which must be the root or before it. */
CS_MUST_CHECK enum cs_err db_checkpoint_remove(struct db *db, uint64_t before);

/* ---- daily reports (db_report.c) ---- */

#define DB_REPORT_TEXT_SIZE 65536u
#define DB_REPORT_HTML_SIZE 262144u

struct db_report {
	char day[11]; /* 2027-01-15 */
	char text[DB_REPORT_TEXT_SIZE], html[DB_REPORT_HTML_SIZE];
	uint8_t text_signature[CS_CHECKPOINT_SIGNATURE_MAX], html_signature[CS_CHECKPOINT_SIGNATURE_MAX];
	size_t text_signature_len, html_signature_len;
};

CS_MUST_CHECK enum cs_err db_report_there(struct db *db, const char *day, bool *there);
/* Where another daemon has made the day's, that one stays. */
CS_MUST_CHECK enum cs_err db_report_add(struct db *db, const struct db_report *report);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_report_find(struct db *db, const char *day, struct db_report *out);
/* The type of a token, without a lock. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_token_type(struct db *db, const char *id, unsigned *type);
/* How many active tokens expire between the two times. */
CS_MUST_CHECK enum cs_err db_token_expiring(struct db *db, uint64_t from, uint64_t to, uint64_t *count);

/* ---- the audit log's retention (db_retention.c) ---- */

/* The last entry that was looked at for its class (audit_class.h); 0: none. */
CS_MUST_CHECK enum cs_err db_retention_cursor(struct db *db, unsigned class, uint64_t *sequence);
CS_MUST_CHECK enum cs_err db_retention_move(struct db *db, unsigned class, uint64_t sequence);
/* Takes the personal texts and the salt out of an entry of format 2. */
CS_MUST_CHECK enum cs_err db_audit_mask(struct db *db, uint64_t sequence);
/* Gives the entries up to this one up; a checkpoint of it must be there. CS_ERR_STATE: nobody has asked for
 * db_installation yet. */
CS_MUST_CHECK enum cs_err db_audit_root_move(struct db *db, uint64_t sequence);
/* Removes the first entries up to the root, at most limit. */
CS_MUST_CHECK enum cs_err db_audit_remove(struct db *db, uint64_t root, uint32_t limit, int64_t *removed);

#endif
