/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The daily report as a text and as HTML: the same lines and tables, from the same rows.
 */
#include "daemon/keeper_alarm.h"
#include "daemon/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/encoding.h"

/* One of both forms: what stands around a title, a line and a table's parts. */
struct form {
	struct cs_writer *out;
	bool html;
};

static void form_raw(const struct form *form, const char *text)
{
	cs_write_view(form->out, cs_view_string(text));
}

void report_escape(struct cs_view text, struct cs_writer *out)
{
	static const struct {
		char character;
		const char *entity;
	} entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};

	for (size_t i = 0; i < text.len; i++) {
		const char *entity = NULL;
		for (size_t e = 0; e < sizeof(entities) / sizeof(entities[0]); e++)
			if ((char)text.ptr[i] == entities[e].character)
				entity = entities[e].entity;
		if (entity)
			cs_write_view(out, cs_view_string(entity));
		else
			cs_write_u8(out, text.ptr[i]);
	}
}

/* Padded to width in a text. */
static void form_cell(const struct form *form, const char *text, int width)
{
	if (form->html) {
		form_raw(form, "<td>");
		report_escape(cs_view_string(text), form->out);
		form_raw(form, "</td>");
		return;
	}
	form_raw(form, "  ");
	form_raw(form, text);
	for (int len = (int)strlen(text); len < width; len++)
		cs_write_u8(form->out, ' ');
}

static void form_number(const struct form *form, uint64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), form->html ? "%" PRIu64 : "%10" PRIu64, number);
	form_cell(form, text, 10);
}

static void form_title(const struct form *form, const char *text)
{
	form_raw(form, form->html ? "<h2>" : "\n");
	form_raw(form, text);
	form_raw(form, form->html ? "</h2>\n" : "\n");
}

__attribute__((format(printf, 2, 3))) static void form_line(const struct form *form, const char *format, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	form_raw(form, form->html ? "<p>" : "  ");
	if (form->html)
		report_escape(cs_view_string(text), form->out);
	else
		form_raw(form, text);
	form_raw(form, form->html ? "</p>\n" : "\n");
}

static void form_table(const struct form *form, const struct report_table *table, const char *const names[6],
		       bool decisions)
{
	if (table->count == 0) {
		form_line(form, "none");
		return;
	}
	form_raw(form, form->html ? "<table>\n<tr>" : "");
	for (size_t i = 0; i < 6 && names[i]; i++)
		form_cell(form, names[i], i == 0 ? 30 : i == 1 ? 20 : 10);
	form_raw(form, form->html ? "</tr>\n" : "\n");
	for (size_t i = 0; i < table->count; i++) {
		const struct report_row *row = &table->rows[i];
		form_raw(form, form->html ? "<tr>" : "");
		form_cell(form, row->who, 30);
		form_cell(form, row->what, 20);
		form_number(form, row->accepted);
		if (decisions) {
			form_number(form, row->wrong);
			form_number(form, row->locked);
		}
		form_number(form, row->refused);
		form_raw(form, form->html ? "</tr>\n" : "\n");
	}
	form_raw(form, form->html ? "</table>\n" : "");
}

static void report_checkpoints(const struct form *form, const struct report_counts *counts)
{
	char time[CS_UTC_LEN + 1], hex[2 * AUDIT_HASH_LEN + 1];
	struct cs_writer w = cs_writer_of(time, CS_UTC_LEN);

	form_title(form, "Checkpoints of the audit log");
	if (counts->checkpoint.sequence == 0) {
		form_line(form, "none has ever been made");
		return;
	}
	time[cs_utc_write(counts->checkpoint.time_ms, &w) ? 0 : CS_UTC_LEN] = '\0';
	cs_hex_encode(CS_VIEW_OF(counts->checkpoint.hash), hex);
	form_line(form, "the last one: entry %" PRIu64 ", of %s", counts->checkpoint.sequence, time);
	form_line(form, "its hash: %s", hex);
	form_line(form, "entries since then: %" PRIu64,
		  counts->head > counts->checkpoint.sequence ? counts->head - counts->checkpoint.sequence
							     : 0);
}

/* A moment of Unix seconds, 0 for none. */
static void report_moment(const struct form *form, const char *what, const char *does, uint64_t when)
{
	char time[CS_UTC_LEN + 1];
	struct cs_writer w = cs_writer_of(time, CS_UTC_LEN);

	if (!when)
		return;
	time[cs_utc_write(when * 1000, &w) ? 0 : CS_UTC_LEN] = '\0';
	form_line(form, "%s %s: %s", what, does, time);
}

static void report_body(const struct form *form, const struct report_counts *counts)
{
	static const char *const decided[6] = {"application", "kind",	"accepted",
					       "wrong",	      "locked", "refused"};
	static const char *const done[6] = {"who", "what", "done", "refused", NULL, NULL};

	form_title(form, "Decisions");
	form_table(form, &counts->decisions, decided, true);
	form_title(form, "What persons did");
	form_table(form, &counts->actions, done, false);
	form_title(form, "Security");
	form_line(form, "calls with an unknown credential: %" PRIu64, counts->unauthorized);
	form_line(form, "calls that the credential is not for: %" PRIu64, counts->forbidden);
	form_line(form, "starts of a daemon: %" PRIu64, counts->starts);
	form_line(form, "older states brought back: %" PRIu64, counts->restored);
	report_checkpoints(form, counts);
	form_title(form, "To come");
	form_line(form, "tokens that expire within 30 days: %" PRIu64, counts->expiring);
	for (enum keeper_end end = 0; end < KEEPER_ENDS; end++)
		report_moment(form, keeper_alarm_title(end), "ends", counts->ends[end]);
	report_moment(form, "the key that signs assertions", "was made", counts->signing_key);
	report_moment(form, "the data key that seals seeds", "was made", counts->data_key);
}

static void report_head(const struct report_counts *counts, char installation[64], char title[64])
{
	cs_hex_encode(CS_VIEW_OF(counts->installation), installation);
	(void)snprintf(title, 64, "Countersign: report of %s (UTC)", counts->day);
}

void report_write_text(const struct report_counts *counts, struct cs_writer *out)
{
	const struct form form = {out, false};
	char installation[64], title[64];

	report_head(counts, installation, title);
	form_raw(&form, title);
	form_raw(&form, "\n");
	form_line(&form, "installation %s", installation);
	form_line(&form, "entries of the audit log: %" PRIu64, counts->entries);
	report_body(&form, counts);
}

void report_write_html(const struct report_counts *counts, struct cs_writer *out)
{
	const struct form form = {out, true};
	char installation[64], title[64];

	report_head(counts, installation, title);
	form_raw(&form,
		 "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
		 "'unsafe-inline'\">\n<title>");
	form_raw(&form, title);
	form_raw(
	    &form,
	    "</title>\n<style>body{font-family:sans-serif}td{padding:0 1em}</style>\n</head>\n<body>\n<h1>");
	form_raw(&form, title);
	form_raw(&form, "</h1>\n");
	form_line(&form, "installation %s", installation);
	form_line(&form, "entries of the audit log: %" PRIu64, counts->entries);
	report_body(&form, counts);
	form_raw(&form, "</body>\n</html>\n");
}
