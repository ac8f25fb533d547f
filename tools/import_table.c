/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of comma-separated values.
 */
#include "tools/import_table.h"

struct table table_of(struct import_job *job)
{
	return (struct table){.job = job, .rest = import_content(job), .line = 1};
}

/* The next character; -1 at the end. CRLF is one end of a line, as LF is. */
static int table_take(struct table *table)
{
	uint8_t c;

	if (table->rest.len >= 2 && table->rest.ptr[0] == '\r' && table->rest.ptr[1] == '\n')
		table->rest = cs_view(table->rest.ptr + 1, table->rest.len - 1);
	if (table->rest.len == 0)
		return -1;
	c = table->rest.ptr[0];
	table->rest = cs_view(table->rest.ptr + 1, table->rest.len - 1);
	table->line += c == '\n';
	return c;
}

/* Passes over empty lines and remarks. False: that was all. */
static bool table_seek(struct table *table)
{
	struct cs_view rest, line;

	for (;;) {
		rest = table->rest;
		if (!import_line(&rest, &line))
			return false;
		if (import_trim(line).len > 0 && line.ptr[0] != '#')
			return true;
		table->rest = rest;
		table->line++;
	}
}

/* A quoted field, from behind its first quote: what follows its last one. -2: it has no end. */
static int field_quoted(struct table *table, struct cs_writer *w)
{
	for (;;) {
		int c = table_take(table);
		if (c == '"') {
			c = table_take(table);
			if (c != '"')
				return c;
		}
		if (c < 0)
			return -2;
		cs_write_u8(w, (uint8_t)c);
	}
}

/* One field, up to what ends it: a comma, the end of the line, -1 for the file's end. -2: malformed. */
static int field_take(struct table *table, struct cs_writer *w)
{
	int c = table_take(table);

	if (c == '"') {
		c = field_quoted(table, w);
		return c == ',' || c == '\n' || c == -1 ? c : -2;
	}
	for (; c != ',' && c != '\n' && c != -1; c = table_take(table)) {
		if (c == '"')
			return -2;
		cs_write_u8(w, (uint8_t)c);
	}
	return c;
}

enum cs_err table_next(struct table *table, struct table_row *row)
{
	struct cs_writer w = CS_WRITER_OF(row->text);
	int end = ',';

	if (!table_seek(table))
		return CS_ERR_NOT_FOUND;
	row->line = table->line;
	for (row->count = 0; end == ','; row->count++) {
		size_t start = cs_writer_view(&w).len;
		if (row->count == TABLE_FIELDS_MAX)
			return import_fail(table->job, CS_ERR_MALFORMED, row->line,
					   "the line has more than %u fields", TABLE_FIELDS_MAX);
		end = field_take(table, &w);
		if (end == -2)
			return import_fail(table->job, CS_ERR_MALFORMED, row->line,
					   "a quote stands where none may (RFC 4180): around a whole field, "
					   "twice within it");
		if (cs_writer_done(&w) != CS_OK)
			return import_fail(table->job, CS_ERR_MALFORMED, row->line,
					   "the line has more than %u bytes", TABLE_ROW_MAX);
		row->field[row->count] = cs_view(row->text + start, cs_writer_view(&w).len - start);
	}
	return CS_OK;
}
