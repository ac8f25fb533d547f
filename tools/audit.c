/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign audit verify: fetches the daemon's audit log page by page, or reads it from the database file,
 * hashes every entry again, and says where the chain first breaks.
 */
#include <inttypes.h>
#include <openssl/evp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/encoding.h"
#include "tools/audit.h"
#include "tools/progress.h"
#include "tools/server_http.h"
#include "tools/verbs.h"

struct chain {
	uint64_t entries;			 /* that held, one after the other from 1 */
	uint8_t last[CS_AUDIT_HASH_LEN];	 /* hash of the last of them; zeros before the first */
	uint8_t entry_bytes[CS_AUDIT_ENTRY_MAX]; /* scratch */
	const char *broken;			 /* why the entry after them does not hold; NULL: it does */
};

/* The texts of an entry, in their order on the wire, under their names in JSON and in the database. */
static const char *const text_names[CS_AUDIT_TEXTS] = {"actor",	 "action", "user",    "token",
						       "result", "reason", "address", "detail"};

static void texts_set(struct cs_audit_entry *entry, const struct cs_view texts[CS_AUDIT_TEXTS])
{
	entry->actor = texts[0];
	entry->action = texts[1];
	entry->user = texts[2];
	entry->token = texts[3];
	entry->result = texts[4];
	entry->reason = texts[5];
	entry->address = texts[6];
	entry->detail = texts[7];
}

static bool entry_hash(const struct cs_audit_entry *entry, struct cs_writer w,
		       uint8_t hash[CS_AUDIT_HASH_LEN])
{
	unsigned len = 0;

	return cs_audit_encode(entry, &w) == CS_OK &&
	       EVP_Digest(w.buf, w.len, hash, &len, EVP_sha256(), NULL) == 1 && len == CS_AUDIT_HASH_LEN;
}

static const char *entry_fault(struct chain *chain, const struct cs_audit_entry *entry, struct cs_view stored,
			       uint8_t hash[CS_AUDIT_HASH_LEN])
{
	if (entry->sequence != chain->entries + 1) {
		return "entries are missing before it";
	}
	if (memcmp(entry->previous, chain->last, CS_AUDIT_HASH_LEN) != 0) {
		return "it does not follow from the entry before it";
	}
	if (!entry_hash(entry, CS_WRITER_OF(chain->entry_bytes), hash)) {
		return "it cannot be hashed";
	}
	if (!cs_view_equal(stored, cs_view(hash, CS_AUDIT_HASH_LEN))) {
		return "its content is not what was hashed when it was written";
	}
	return NULL;
}

/* True while the chain holds. stored is the hash that stands with the entry. */
static bool chain_take(struct chain *chain, const struct cs_audit_entry *entry, struct cs_view stored)
{
	uint8_t hash[CS_AUDIT_HASH_LEN];

	chain->broken = entry_fault(chain, entry, stored, hash);
	if (chain->broken == NULL) {
		chain->entries++;
		memcpy(chain->last, hash, sizeof hash);
	}
	return chain->broken == NULL;
}

/* ---- from the server ---- */

static bool hash_read(const json_t *row, const char *name, uint8_t hash[CS_AUDIT_HASH_LEN])
{
	const char *hex = json_string_value(json_object_get(row, name));
	struct cs_writer w = cs_writer_of(hash, CS_AUDIT_HASH_LEN);

	return hex != NULL && cs_hex_decode(cs_view_string(hex), &w) == CS_OK &&
	       cs_writer_view(&w).len == CS_AUDIT_HASH_LEN;
}

static bool json_take(struct chain *chain, const json_t *row)
{
	struct cs_audit_entry entry = {
	    .sequence = (uint64_t)json_integer_value(json_object_get(row, "sequence")),
	    .time_ms = (uint64_t)json_integer_value(json_object_get(row, "time_ms")),
	};
	struct cs_view texts[CS_AUDIT_TEXTS];
	uint8_t stored[CS_AUDIT_HASH_LEN];

	for (size_t i = 0; i < CS_AUDIT_TEXTS; i++) {
		const json_t *text = json_object_get(row, text_names[i]);

		texts[i] = cs_view(json_string_value(text), json_string_length(text));
	}
	texts_set(&entry, texts);
	if (!hash_read(row, "previous", entry.previous) || !hash_read(row, "hash", stored)) {
		chain->broken = "its hashes are missing";
		return false;
	}
	return chain_take(chain, &entry, CS_VIEW_OF(stored));
}

static enum cli_status server_take(const struct cli *cli, struct chain *chain)
{
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	char *after = NULL;

	while (server != NULL && status == CLI_DONE && chain->broken == NULL) {
		json_t *page = NULL;
		char *next = NULL;
		json_t *row;
		size_t i;

		status = server_page(server, "/v1/audit", after, &page, &next);
		free(after);
		after = next;
		json_array_foreach(json_object_get(page, "entries"), i, row)
		{
			if (!json_take(chain, row)) {
				break;
			}
		}
		json_decref(page);
		if (after == NULL) {
			break;
		}
	}
	free(after);
	server_close(server);
	return status;
}

/* ---- from the file ---- */

static struct cs_view column_bytes(sqlite3_stmt *rows, int column)
{
	const void *bytes = sqlite3_column_blob(rows, column);

	return cs_view(bytes, bytes != NULL ? (size_t)sqlite3_column_bytes(rows, column) : 0);
}

static bool row_take(struct chain *chain, sqlite3_stmt *rows)
{
	struct cs_audit_entry entry = {
	    .sequence = (uint64_t)sqlite3_column_int64(rows, 0),
	    .time_ms = (uint64_t)sqlite3_column_int64(rows, 1),
	};
	struct cs_view texts[CS_AUDIT_TEXTS];
	struct cs_view previous;

	for (size_t i = 0; i < CS_AUDIT_TEXTS; i++) {
		texts[i] = column_bytes(rows, 2 + (int)i);
	}
	texts_set(&entry, texts);
	previous = column_bytes(rows, 2 + (int)CS_AUDIT_TEXTS);
	if (previous.len != CS_AUDIT_HASH_LEN) {
		chain->broken = "its hashes are missing";
		return false;
	}
	memcpy(entry.previous, previous.ptr, CS_AUDIT_HASH_LEN);
	return chain_take(chain, &entry, column_bytes(rows, 3 + (int)CS_AUDIT_TEXTS));
}

static enum cli_status file_take(const struct cli *cli, const char *path, const char *name,
				 struct chain *chain)
{
	static const char query[] =
	    "SELECT sequence, time_ms, actor, action, user, token, result, reason, address, detail,"
	    " previous, hash FROM audit ORDER BY sequence";
	enum cli_status status = CLI_DONE;
	sqlite3_stmt *rows = NULL;
	sqlite3 *db = NULL;
	int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL);

	if (rc == SQLITE_OK) {
		rc = sqlite3_prepare_v2(db, query, -1, &rows, NULL);
	}
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(rows);
		if (rc == SQLITE_ROW && !row_take(chain, rows)) {
			rc = SQLITE_DONE;
		}
	}
	if (rc != SQLITE_DONE) {
		status = cli_fail(cli, CLI_USAGE, "no_database", "%s: %s; name the daemon's database file",
				  name, db != NULL ? sqlite3_errmsg(db) : "out of memory");
	}
	(void)sqlite3_finalize(rows);
	(void)sqlite3_close(db);
	return status;
}

/* ---- the verb ---- */

static enum cli_status chain_result(const struct cli *cli, const struct chain *chain)
{
	if (chain->broken == NULL) {
		return CLI_DONE;
	}
	return cli_fail(cli, CLI_REFUSED, "audit_broken",
			"the audit log was tampered with or damaged: entry %" PRIu64
			": %s; compare it with a backup",
			chain->entries + 1, chain->broken);
}

enum cli_status audit_check_file(const struct cli *cli, const char *path, const char *name,
				 struct audit_sum *out)
{
	struct chain chain = {.entries = 0};
	enum cli_status status = file_take(cli, path, name, &chain);

	if (status == CLI_DONE) {
		status = chain_result(cli, &chain);
	}
	out->entries = chain.entries;
	memcpy(out->last, chain.last, sizeof out->last);
	return status;
}

static bool entry_insert(sqlite3 *db, const struct cs_audit_entry *entry,
			 const uint8_t hash[CS_AUDIT_HASH_LEN])
{
	static const char query[] =
	    "INSERT INTO audit (sequence, time_ms, actor, action, user, token, result, reason, address, "
	    "detail,"
	    " previous, hash) VALUES (?1, ?2, ?3, ?4, '', '', ?5, '', '', ?6, ?7, ?8)";
	const struct cs_view texts[] = {entry->actor, entry->action, entry->result, entry->detail};
	sqlite3_stmt *insert = NULL;
	bool done = sqlite3_prepare_v2(db, query, -1, &insert, NULL) == SQLITE_OK &&
		    sqlite3_bind_int64(insert, 1, (sqlite3_int64)entry->sequence) == SQLITE_OK &&
		    sqlite3_bind_int64(insert, 2, (sqlite3_int64)entry->time_ms) == SQLITE_OK;

	for (int i = 0; done && i < 4; i++) {
		done = sqlite3_bind_text(insert, 3 + i, (const char *)texts[i].ptr, (int)texts[i].len,
					 SQLITE_STATIC) == SQLITE_OK;
	}
	done = done &&
	       sqlite3_bind_blob(insert, 7, entry->previous, CS_AUDIT_HASH_LEN, SQLITE_STATIC) == SQLITE_OK &&
	       sqlite3_bind_blob(insert, 8, hash, CS_AUDIT_HASH_LEN, SQLITE_STATIC) == SQLITE_OK &&
	       sqlite3_step(insert) == SQLITE_DONE;
	(void)sqlite3_finalize(insert);
	return done;
}

enum cli_status audit_append_file(const struct cli *cli, const char *path, const char *name,
				  const char *action, const char *detail, struct audit_sum *sum)
{
	struct cs_audit_entry entry = {.sequence = sum->entries + 1,
				       .time_ms = (uint64_t)time(NULL) * 1000,
				       .actor = CS_VIEW_TEXT("countersign"),
				       .action = cs_view_string(action),
				       .result = CS_VIEW_TEXT("done"),
				       .detail = cs_view_string(detail)};
	uint8_t bytes[CS_AUDIT_ENTRY_MAX], hash[CS_AUDIT_HASH_LEN];
	enum cli_status status = CLI_DONE;
	sqlite3 *db = NULL;

	memcpy(entry.previous, sum->last, CS_AUDIT_HASH_LEN);
	if (!entry_hash(&entry, CS_WRITER_OF(bytes), hash) ||
	    sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
	    !entry_insert(db, &entry, hash)) {
		status = cli_fail(cli, CLI_USAGE, "copy_failed", "%s: its audit log takes no entry: %s", name,
				  db != NULL ? sqlite3_errmsg(db) : "it cannot be opened");
	} else {
		sum->entries++;
		memcpy(sum->last, hash, sizeof hash);
	}
	(void)sqlite3_close(db);
	return status;
}

static void verify_text(const json_t *data)
{
	(void)printf("the audit log is whole: %" JSON_INTEGER_FORMAT " entries, the last with the hash %s\n",
		     json_integer_value(json_object_get(data, "entries")),
		     json_string_value(json_object_get(data, "hash")));
}

static enum cli_status audit_verify(struct cli *cli)
{
	const char *path = cli_value(cli, "database");
	char hex[2 * CS_AUDIT_HASH_LEN + 1];
	struct chain chain = {.entries = 0};
	enum cli_status status;

	progress_begin("hashing the audit log again");
	status = path != NULL ? file_take(cli, path, path, &chain) : server_take(cli, &chain);
	progress_end();
	if (status == CLI_DONE) {
		status = chain_result(cli, &chain);
	}
	if (status != CLI_DONE) {
		return status;
	}
	cs_hex_encode(CS_VIEW_OF(chain.last), hex);
	return cli_print(cli, json_pack("{s:I,s:s}", "entries", (json_int_t)chain.entries, "hash", hex),
			 verify_text);
}

static const struct cli_option verify_options[] = {
    {"database", "FILE", "read the daemon's SQLite file instead of asking the server"},
    {.name = NULL},
};

const struct cli_verb cli_audit_verbs[] = {
    {"audit", "verify", audit_verify, CLI_SHARED_SERVER, verify_options, "", 0, 0,
     "Check that no entry of the server's audit log was changed or taken out"},
    {.noun = NULL},
};
