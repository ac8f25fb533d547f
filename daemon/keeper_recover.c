/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the audit log could not be told when it happened, told once it takes entries.
 *
 * Invariants:
 *  1. A code that was spent is told once, whenever keeper is killed: the number of its entry is in the file
 * of codes before the entry is committed, and where the two did not both come through, that entry says which.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/break_glass.h"
#include "daemon/keeper_call.h"
#include "daemon/keeper_emergency.h"
#include "daemon/keeper_hook.h"
#include "daemon/log.h"

#define RECOVER_ACTION "break_glass_use"
#define RECOVER_AGAIN  5000u  /* milliseconds, where the database has failed */
#define RECOVER_LATER  60000u /* where the file of codes has */

/* What a transaction tells. */
struct recover {
	size_t records[BREAK_GLASS_RECORDS]; /* whose entries are the last ones of the transaction */
	size_t count;
	size_t before; /* entries before theirs */
	bool without;  /* the file of codes is let alone */
	bool file;     /* it is what has failed */
};

static void recover_is_told(void *ctx, const struct audit_entry *entry)
{
	struct audit_entry *wanted = ctx;

	wanted->masked = strcmp(entry->action, wanted->action) == 0 &&
			 (entry->masked || strcmp(entry->token, wanted->token) == 0);
}

/* Whether the entry that was to tell of a record is there. */
static enum cs_err recover_look(struct keeper *keeper, const struct break_glass_record *record, bool *told)
{
	struct audit_entry wanted = {.action = RECOVER_ACTION};
	enum cs_err err = CS_OK;

	(void)snprintf(wanted.token, sizeof(wanted.token), "%s", record->id);
	if (record->told)
		err = db_audit_list(keeper->db, record->told - 1, 1, recover_is_told, &wanted);
	*told = wanted.masked;
	return err;
}

static void recover_time(uint64_t ms, char out[32])
{
	const time_t at = (time_t)(ms / 1000);
	struct tm tm;

	if (!gmtime_r(&at, &tm) || !strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
		out[0] = '\0';
}

/* Codes that were refused, and who asked with the last of them. */
static void recover_tally(const struct break_glass_record *record, const char *when,
			  struct audit_entry *entry)
{
	char text[128];

	(void)snprintf(entry->actor, sizeof(entry->actor), "%s",
		       record->actor[0] ? record->actor : "unknown");
	(void)snprintf(entry->address, sizeof(entry->address), "%s", record->address);
	(void)snprintf(entry->result, sizeof(entry->result), "wrong");
	(void)snprintf(entry->reason, sizeof(entry->reason), "wrong_code");
	if (record->expires)
		(void)snprintf(text, sizeof(text), "%" PRIu64 " codes, %" PRIu64 " unauthorized, last at %s",
			       record->issued, record->expires, when);
	else
		(void)snprintf(text, sizeof(text), "%" PRIu64 " codes, the last at %s", record->issued, when);
	(void)snprintf(entry->detail, sizeof(entry->detail), "%.63s", text);
}

static void recover_entry(struct keeper *keeper, size_t i)
{
	const struct break_glass_record *record = break_glass_at(keeper->glass, i);
	struct audit_entry *entry = &keeper->entries[keeper->entry_count++];
	char when[32];

	*entry = (struct audit_entry){.time_ms = clock_now(&keeper->clock), .action = RECOVER_ACTION};
	recover_time(record->spent, when);
	if (i == BREAK_GLASS_TALLY) {
		recover_tally(record, when, entry);
		return;
	}
	(void)snprintf(entry->actor, sizeof(entry->actor), "%s", record->actor);
	(void)snprintf(entry->user, sizeof(entry->user), "%s", record->user);
	(void)snprintf(entry->token, sizeof(entry->token), "%s", record->id);
	(void)snprintf(entry->address, sizeof(entry->address), "%s", record->address);
	const bool tried = record->state == BREAK_GLASS_TRIED;
	(void)snprintf(entry->result, sizeof(entry->result), "%s", tried ? "failed" : "accepted");
	(void)snprintf(entry->reason, sizeof(entry->reason), "%s", tried ? "not_confirmed" : "");
	(void)snprintf(entry->detail, sizeof(entry->detail), "used %.20s%s%.29s", when,
		       record->client[0] ? ", client " : "", record->client);
}

/* Makes the entries; those that are there already are only marked. */
static enum cs_err recover_collect(struct keeper *keeper, struct recover *recover)
{
	enum cs_err err = CS_OK;
	bool told;

	if (keeper->start_due)
		keeper->entries[keeper->entry_count++] =
		    (struct audit_entry){.time_ms = clock_now(&keeper->clock),
					 .actor = "countersignd",
					 .action = "start",
					 .result = "done"};
	recover->before = keeper->entry_count;
	for (size_t i = 0; !err && keeper->glass && !recover->without && i < BREAK_GLASS_RECORDS; i++) {
		const struct break_glass_record *record = break_glass_at(keeper->glass, i);
		if (record->state != BREAK_GLASS_SPENT && record->state != BREAK_GLASS_TRIED)
			continue;
		err = recover_look(keeper, record, &told);
		if (!err && told) {
			err = break_glass_told(keeper->glass, i);
			recover->file = err != CS_OK;
		} else if (!err) {
			recover_entry(keeper, i);
			recover->records[recover->count++] = i;
		}
	}
	return err;
}

static enum cs_err recover_transaction(struct keeper *keeper, struct recover *recover)
{
	enum cs_err err = db_begin(keeper->db);
	if (err)
		return err;
	err = recover_collect(keeper, recover);
	if (!err && keeper->entry_count)
		err = hook_and_append(keeper);
	for (size_t i = 0; !err && i < recover->count; i++) {
		err = break_glass_telling(keeper->glass, recover->records[i],
					  keeper->entries[recover->before + i].sequence);
		recover->file = err != CS_OK;
	}
	return err ? err : db_commit(keeper->db);
}

static enum cs_err recover_try(struct keeper *keeper, struct recover *recover)
{
	keeper->entry_count = 0;
	enum cs_err err = recover_transaction(keeper, recover);
	if (err) {
		db_rollback(keeper->db);
		keeper->entry_count = 0;
	}
	return err;
}

bool keeper_recover_due(const struct keeper *keeper)
{
	return keeper->db && (keeper->start_due || (keeper->glass && break_glass_untold(keeper->glass)));
}

enum cs_err keeper_recover(struct keeper *keeper)
{
	struct recover recover = {.count = 0};

	enum cs_err err = recover_try(keeper, &recover);
	/* That a local file fails is no reason to serve without a database that is there. */
	if (err && recover.file) {
		recover = (struct recover){.without = true};
		err = recover_try(keeper, &recover);
	}
	if (err)
		return err;
	if (keeper->entry_count)
		keeper->audit_head = keeper->entries[keeper->entry_count - 1].sequence;
	keeper->metrics.audit_entries += keeper->entry_count;
	keeper->entry_count = 0;
	keeper->start_due = false;
	for (size_t i = 0; i < recover.count; i++)
		if (break_glass_told(keeper->glass, recover.records[i]))
			log_line(LOG_LEVEL_ERROR,
				 "a break-glass code that was used is told, and not marked so");
	return CS_OK;
}

void keeper_recover_turn(struct keeper *keeper)
{
	const uint64_t now = clock_now(&keeper->clock), told = keeper->metrics.audit_entries;

	if (now < keeper->recover_after || !keeper_recover_due(keeper))
		return;
	enum cs_err err = keeper_recover(keeper);
	if (keeper_recover_due(keeper))
		keeper->recover_after = now + (err ? RECOVER_AGAIN : RECOVER_LATER);
	if (!keeper->failing || err || keeper->metrics.audit_entries == told)
		return; /* what has written nothing says nothing of a full disk */
	log_event(LOG_LEVEL_NOTICE, "database_works", "the database takes changes again");
	keeper->failing = false;
}
