/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The audit log in a database file of the daemon's: checked where it lies, and one entry more.
 */
#include <openssl/evp.h>
#include <sqlite3.h>
#include <string.h>
#include <time.h>

#include "tools/audit.h"
#include "tools/audit_source.h"

enum cli_status audit_sum_chain(const struct cli *cli, struct audit_chain *chain, struct audit_sum *out)
{
	enum cli_status status = audit_chain_end(chain) ? CLI_DONE : audit_chain_told(cli, chain);

	out->entries = chain->entries;
	out->last = chain->last;
	memcpy(out->hash, chain->hash, sizeof out->hash);
	return status;
}

bool audit_sum_entry(const struct audit_sum *sum, const char *action, const char *detail,
		     struct cs_audit_entry *out, uint8_t hash[CS_AUDIT_HASH_LEN])
{
	const struct cs_audit_entry entry = {.sequence = sum->last + 1,
					     .time_ms = (uint64_t)time(NULL) * 1000,
					     .actor = CS_VIEW_TEXT("countersign"),
					     .action = cs_view_string(action),
					     .result = CS_VIEW_TEXT("done"),
					     .detail = cs_view_string(detail)};
	uint8_t bytes[CS_AUDIT_ENTRY_MAX];
	struct cs_writer w = CS_WRITER_OF(bytes);

	*out = entry;
	memcpy(out->previous, sum->hash, CS_AUDIT_HASH_LEN);
	return cs_audit_encode(out, &w) == CS_OK &&
	       EVP_Digest(w.buf, w.len, hash, NULL, EVP_sha256(), NULL) == 1;
}

void audit_sum_add(struct audit_sum *sum, const uint8_t hash[CS_AUDIT_HASH_LEN])
{
	sum->entries++;
	sum->last++;
	memcpy(sum->hash, hash, CS_AUDIT_HASH_LEN);
}

/* ---- SQLite ---- */

enum cli_status audit_check_file(const struct cli *cli, const char *path, const char *name,
				 struct audit_sum *out)
{
	struct audit_chain chain = {.checkpoints = NULL};
	enum cli_status status = audit_walk_database(cli, path, name, audit_chain_step, &chain);

	return status != CLI_DONE ? status : audit_sum_chain(cli, &chain, out);
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
	enum cli_status status = CLI_DONE;
	struct cs_audit_entry entry;
	uint8_t hash[CS_AUDIT_HASH_LEN];
	sqlite3 *db = NULL;

	if (!audit_sum_entry(sum, action, detail, &entry, hash) ||
	    sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
	    !entry_insert(db, &entry, hash)) {
		status = cli_fail(cli, CLI_USAGE, "copy_failed", "%s: its audit log takes no entry: %s", name,
				  db != NULL ? sqlite3_errmsg(db) : "it cannot be opened");
	} else {
		audit_sum_add(sum, hash);
	}
	(void)sqlite3_close(db);
	return status;
}
