/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Making the daily report: chores.h says when.
 */
#include "daemon/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/audit_class.h"
#include "daemon/decide.h"
#include "daemon/file.h"
#include "daemon/log.h"

#define REPORT_RETRY_MS 60000u
#define REPORT_SKEW_MS	3600000u /* entries so long after a day's end may stand among those of the day */
#define REPORT_AHEAD_S	(30u * 86400u)

/* ---- counting ---- */

/* The row of this name; the last one is for all that found no place. */
static struct report_row *report_row(struct report_table *table, const char *who, const char *what)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->rows[i].who, who) == 0 && strcmp(table->rows[i].what, what) == 0)
			return &table->rows[i];
	if (table->count == REPORT_ROWS)
		return &table->rows[REPORT_ROWS - 1];
	struct report_row *row = &table->rows[table->count++];
	const bool others = table->count == REPORT_ROWS;
	(void)snprintf(row->who, sizeof(row->who), "%s", others ? "others" : who);
	(void)snprintf(row->what, sizeof(row->what), "%s", others ? "" : what);
	return row;
}

struct report_count {
	struct db *db;
	struct report *report;
	size_t seen;
	bool over; /* an entry well after the day */
	enum cs_err err;
};

/* The kind of the token that an entry is about; else the call's name. */
static enum cs_err report_kind(struct db *db, const struct audit_entry *entry, const char **kind)
{
	unsigned type = 0;

	*kind = entry->action;
	if (!entry->token[0])
		return CS_OK;
	enum cs_err err = db_token_type(db, entry->token, &type);
	if (err == CS_ERR_NOT_FOUND)
		return CS_OK;
	const struct decide_kind *row = err ? NULL : decide_kind((enum verify_type)type);
	if (row)
		*kind = row->name;
	return err;
}

static void report_result(struct report_row *row, const char *result)
{
	row->accepted += strcmp(result, "accepted") == 0 || strcmp(result, "done") == 0;
	row->wrong += strcmp(result, "wrong") == 0;
	row->locked += strcmp(result, "locked") == 0;
	row->refused += strcmp(result, "refused") == 0;
}

static enum cs_err report_entry(struct db *db, struct report_counts *counts, const struct audit_entry *entry)
{
	const char *colon = strchr(entry->actor, ':'), *kind;
	enum cs_err err = CS_OK;

	counts->entries++;
	counts->unauthorized += strcmp(entry->reason, "unauthorized") == 0;
	counts->forbidden += strcmp(entry->reason, "forbidden") == 0;
	switch (audit_class(entry)) {
	case AUDIT_DECISIONS:
		err = report_kind(db, entry, &kind);
		if (!err)
			report_result(report_row(&counts->decisions, colon ? colon + 1 : "", kind),
				      entry->result);
		break;
	case AUDIT_ADMINISTRATION:
		report_result(report_row(&counts->actions, entry->actor, entry->action), entry->result);
		break;
	case AUDIT_SECURITY:
	case AUDIT_CLASSES:
		counts->starts += strcmp(entry->action, "start") == 0;
		counts->restored += strcmp(entry->action, "restored") == 0;
		break;
	}
	return err;
}

static void report_count(void *ctx, const struct audit_entry *entry)
{
	struct report_count *run = ctx;
	const uint64_t start = run->report->day_ms;

	run->over = run->over || entry->time_ms >= start + CS_UTC_DAY_MS + REPORT_SKEW_MS;
	if (run->over || run->err)
		return;
	run->seen++;
	run->report->cursor = entry->sequence;
	if (entry->time_ms >= start && entry->time_ms < start + CS_UTC_DAY_MS)
		run->err = report_entry(run->db, run->report->counts, entry);
}

/* ---- from day to day ---- */

static void report_day(uint64_t day_ms, char day[CS_UTC_DAY_LEN + 1])
{
	char time[CS_UTC_LEN];
	struct cs_writer w = CS_WRITER_OF(time);

	(void)memset(time, '0', sizeof(time));
	if (cs_utc_write(day_ms, &w))
		(void)memset(time, '0', sizeof(time));
	memcpy(day, time, CS_UTC_DAY_LEN);
	day[CS_UTC_DAY_LEN] = '\0';
}

static void report_first(void *ctx, const struct audit_entry *entry)
{
	*(uint64_t *)ctx = entry->time_ms;
}

/* The first of the last days that has no report, and is not from before the log. CS_ERR_NOT_FOUND: each has
 * one. */
static enum cs_err report_next_day(struct keeper *keeper, struct report *report, uint64_t now)
{
	const uint64_t today = now / CS_UTC_DAY_MS * CS_UTC_DAY_MS;
	char day[CS_UTC_DAY_LEN + 1];
	uint64_t first = now;
	bool there = true;

	enum cs_err err = db_audit_list(keeper->db, 0, 1, report_first, &first);
	if (err)
		return err;
	for (uint64_t back = REPORT_DAYS; back > 0; back--) {
		if (today < back * CS_UTC_DAY_MS || today - (back - 1) * CS_UTC_DAY_MS <= first)
			continue;
		report->day_ms = today - back * CS_UTC_DAY_MS;
		report_day(report->day_ms, day);
		err = db_report_there(keeper->db, day, &there);
		if (err || !there)
			return err;
	}
	return CS_ERR_NOT_FOUND;
}

/* Counting begins at the last checkpoint from before the day: what stands before it is older. */
static enum cs_err report_begin(struct keeper *keeper, struct report *report, uint64_t now)
{
	struct db_checkpoint before;

	enum cs_err err = report_next_day(keeper, report, now);
	if (err)
		return err;
	memset(report->counts, 0, sizeof(*report->counts));
	report_day(report->day_ms, report->counts->day);
	err = db_checkpoint_up_to(keeper->db, INT64_MAX, report->day_ms, &before);
	if (err && err != CS_ERR_NOT_FOUND)
		return err;
	report->cursor = err ? 0 : before.sequence;
	report->counted = false;
	report->state = REPORT_COUNTING;
	return CS_OK;
}

/* Nothing but a number is known of an entry that does not come: the day is over when the log is. */
static enum cs_err report_step(struct keeper *keeper, struct report *report, bool *whole)
{
	struct report_count run = {.db = keeper->db, .report = report};

	enum cs_err err = db_audit_list(keeper->db, report->cursor, REPORT_STEP, report_count, &run);
	*whole = run.over || run.seen < REPORT_STEP;
	return err ? err : run.err;
}

static enum cs_err report_end(struct keeper *keeper, struct report *report, uint64_t now)
{
	struct report_counts *counts = report->counts;
	struct db_report *made = report->made;
	struct cs_writer text = cs_writer_of(made->text, sizeof(made->text) - 1);
	struct cs_writer html = cs_writer_of(made->html, sizeof(made->html) - 1);
	uint8_t hash[AUDIT_HASH_LEN];

	enum cs_err err = db_checkpoint_last(keeper->db, &counts->checkpoint);
	if (err == CS_ERR_NOT_FOUND)
		err = CS_OK;
	if (!err)
		err = db_audit_head(keeper->db, &counts->head, hash);
	if (!err)
		err = db_installation(keeper->db, counts->installation);
	if (!err)
		err =
		    db_token_expiring(keeper->db, now / 1000, now / 1000 + REPORT_AHEAD_S, &counts->expiring);
	if (err)
		return err;
	memcpy(counts->ends, keeper->alarm.ends, sizeof(counts->ends));
	counts->signing_key = keeper->alarm.signing_key;
	counts->data_key = keeper->alarm.data_key;
	report_write_text(counts, &text);
	report_write_html(counts, &html);
	err = cs_writer_done(&text);
	if (!err)
		err = cs_writer_done(&html);
	if (err)
		return err;
	memcpy(made->day, counts->day, sizeof(made->day));
	made->text[cs_writer_view(&text).len] = '\0';
	made->html[cs_writer_view(&html).len] = '\0';
	err = audit_key_ask(report->key, cs_writer_view(&text));
	if (!err)
		report->state = REPORT_SIGNING_TEXT;
	return err;
}

/* ---- files ---- */

static enum cs_err report_file(const struct report *report, const char *end, struct cs_view contents)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/report-%s.%s", report->directory, report->made->day, end) >=
	    (int)sizeof(path))
		return CS_ERR_LENGTH;
	enum cs_err err = file_create(path, 0640, contents);
	return err == CS_ERR_EXISTS ? CS_OK : err;
}

/* The signatures come first: who finds a report finds its signature. */
static void report_export(const struct report *report)
{
	const struct db_report *made = report->made;
	enum cs_err err = CS_OK;

	if (mkdir(report->directory, 0750) != 0 && errno != EEXIST)
		err = CS_ERR_IO;
	if (!err)
		err = report_file(report, "txt.sig", cs_view(made->text_signature, made->text_signature_len));
	if (!err)
		err =
		    report_file(report, "html.sig", cs_view(made->html_signature, made->html_signature_len));
	if (!err)
		err = report_file(report, "txt", cs_view_string(made->text));
	if (!err)
		err = report_file(report, "html", cs_view_string(made->html));
	if (err)
		log_line(LOG_LEVEL_ERROR, "%s: the report of %s is not there: %s; the server tells it",
			 report->directory, made->day, cs_err_text(err));
}

static enum cs_err report_store(struct keeper *keeper, struct report *report)
{
	enum cs_err err = db_begin(keeper->db);

	if (!err)
		err = db_report_add(keeper->db, report->made);
	if (!err)
		err = db_commit(keeper->db);
	if (err) {
		db_rollback(keeper->db);
		return err;
	}
	report_export(report);
	report->state = REPORT_WAITING;
	return CS_OK;
}

static enum cs_err report_signed(struct keeper *keeper, struct report *report)
{
	const bool text = report->state == REPORT_SIGNING_TEXT;
	struct db_report *made = report->made;

	enum cs_err err = audit_key_take(report->key, 0, text ? made->text_signature : made->html_signature,
					 text ? &made->text_signature_len : &made->html_signature_len);
	if (err)
		return err;
	if (!text)
		return report_store(keeper, report);
	report->state = REPORT_SIGNING_HTML;
	return audit_key_ask(report->key, cs_view_string(made->html));
}

/* ---- turns ---- */

enum cs_err report_open(const struct keeper *keeper, const struct config *config, struct audit_key *key,
			struct report *out)
{
	*out = (struct report){.key = key, .hour = config->audit_hour, .next_ms = clock_now(&keeper->clock)};
	memcpy(out->directory, config->report_directory, sizeof(out->directory));
	out->counts = calloc(1, sizeof(*out->counts));
	out->made = calloc(1, sizeof(*out->made));
	if (out->counts && out->made)
		return CS_OK;
	report_close(out);
	return CS_ERR_MEMORY;
}

void report_close(struct report *report)
{
	free(report->counts);
	free(report->made);
	memset(report, 0, sizeof(*report));
}

bool report_signing(const struct report *report)
{
	return report->state == REPORT_SIGNING_TEXT || report->state == REPORT_SIGNING_HTML;
}

/* A day is over an hour before it is counted, so that what was on its way is there. */
static uint64_t report_night(const struct report *report, uint64_t now)
{
	const uint64_t hour = (uint64_t)(report->hour > 0 ? report->hour : 1) * 3600000;
	const uint64_t today = now / CS_UTC_DAY_MS * CS_UTC_DAY_MS + hour;

	return today > now ? today : today + CS_UTC_DAY_MS;
}

static enum cs_err report_go_on(struct keeper *keeper, struct report *report, uint64_t now, bool busy)
{
	bool whole = false;

	if (report_signing(report))
		return report_signed(keeper, report);
	if (report->state == REPORT_WAITING)
		return report_begin(keeper, report, now);
	enum cs_err err = CS_OK;
	if (!report->counted)
		err = report_step(keeper, report, &whole);
	report->counted = report->counted || (!err && whole);
	return !err && report->counted && !busy ? report_end(keeper, report, now) : err;
}

void report_turn(struct keeper *keeper, struct report *report, bool busy)
{
	const uint64_t now = clock_now(&keeper->clock);

	if (now < report->next_ms)
		return;
	enum cs_err err = report_go_on(keeper, report, now, busy);
	if (err == CS_ERR_BUSY && report_signing(report))
		return;
	if (err == CS_ERR_NOT_FOUND && report->state == REPORT_WAITING) {
		report->next_ms = report_night(report, now);
	} else if (err) {
		log_line(LOG_LEVEL_ERROR, "the report of %s: %s; trying again in a minute",
			 report->counts->day, cs_err_text(err));
		report->state = REPORT_WAITING;
		report->next_ms = now + REPORT_RETRY_MS;
	}
}

int64_t report_wait(const struct keeper *keeper, const struct report *report)
{
	const uint64_t now = clock_now(&keeper->clock);

	if ((report_signing(report) || report->counted) && audit_key_fd(report->key) >= 0)
		return -1;
	return report->next_ms > now ? (int64_t)(report->next_ms - now) : 0;
}
