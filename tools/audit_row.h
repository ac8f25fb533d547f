/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One entry of the audit log as a source has it: the server's answer and an exported log (JSON, one object an entry), or
 * a row of the daemon's database; and back into JSON. Its hash is computed again from what is there (base/audit.h).
 */
#ifndef COUNTERSIGN_TOOLS_AUDIT_ROW_H
#define COUNTERSIGN_TOOLS_AUDIT_ROW_H

#include <jansson.h>
#include <sqlite3.h>

#include "base/audit.h"

struct audit_row {
	unsigned format;
	bool masked;   /* of format 2, without its personal texts and its salt */
	bool withheld; /* of format 1, without any text: a masked export has it so, and its hash cannot be computed */
	struct cs_audit_entry fields; /* texts are borrowed from the source's object or row */
	uint8_t salt[CS_AUDIT_SALT_LEN], commitment[CS_AUDIT_HASH_LEN];
	uint8_t stored[CS_AUDIT_HASH_LEN]; /* the hash that stands with it */
};

/* NULL, or what is wrong with the object: "its hashes are missing". */
const char *audit_row_of_json(const json_t *object, struct audit_row *out);

/* A line of an exported log, without its newline: yields the object too, which the row borrows from; the caller's, also
 * where something is wrong, but for NULL. */
const char *audit_row_of_line(struct cs_view line, json_t **object, struct audit_row *out);

/* What a database has of an entry. Where the row has NULL, ptr is NULL. */
struct audit_columns {
	uint64_t sequence, time_ms;
	unsigned format;
	struct cs_view texts[CS_AUDIT_TEXTS]; /* actor, action, user, token, result, reason, address, detail */
	struct cs_view previous, hash, salt, commitment;
};
const char *audit_row_of_columns(const struct audit_columns *columns, struct audit_row *out);

/* A statement over the table audit, in order of the entries: newer schemas have more columns, and rows of older ones are of
 * format 1. SQLite's result code. */
int audit_row_prepare(sqlite3 *db, sqlite3_stmt **rows);
const char *audit_row_of_sqlite(sqlite3_stmt *rows, struct audit_row *out);

/* As the server has it in /v1/audit; masked: without what tells of a person, and without the salt that would let someone
 * find it by trying; a row of format 1 is withheld whole then. The caller's; NULL: out of memory. */
json_t *audit_row_json(const struct audit_row *row, bool masked);

/* NULL, or why what stands there is not what was hashed when it was written. */
const char *audit_row_fault(const struct audit_row *row);

#endif
