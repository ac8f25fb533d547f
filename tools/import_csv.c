/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tables with a line of column names at their head, in any order; countersign(1) lists them.
 */
#include <stddef.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "tools/import_table.h"

/* What a column's text becomes. An empty field says nothing, in any column. */
typedef bool column_fn(struct cs_view text, struct import_record *record);

static bool set_serial(struct cs_view text, struct import_record *record)
{
	return import_text(text, record->serial, sizeof record->serial);
}

static bool set_user(struct cs_view text, struct import_record *record)
{
	return import_text(text, record->user, sizeof record->user);
}

static bool set_label(struct cs_view text, struct import_record *record)
{
	return import_text(text, record->label, sizeof record->label);
}

static bool set_suite(struct cs_view text, struct import_record *record)
{
	return import_text(text, record->suite, sizeof record->suite);
}

static bool set_type(struct cs_view text, struct import_record *record)
{
	return import_type(text, &record->type);
}

static bool set_hash(struct cs_view text, struct import_record *record)
{
	return import_hash(text, &record->hash);
}

static bool set_digits(struct cs_view text, struct import_record *record)
{
	uint64_t value = 0;
	bool good = import_number(text, 99, &value);

	record->digits = (unsigned)value;
	return good;
}

static bool set_period(struct cs_view text, struct import_record *record)
{
	uint64_t value = 0;
	bool good = import_number(text, UINT32_MAX, &value);

	record->period = (uint32_t)value;
	return good;
}

static bool set_counter(struct cs_view text, struct import_record *record)
{
	return import_number(text, INT64_MAX, &record->counter);
}

static bool set_starts(struct cs_view text, struct import_record *record)
{
	return import_time(text, &record->starts);
}

static bool set_expires(struct cs_view text, struct import_record *record)
{
	return import_time(text, &record->expires);
}

typedef enum cs_err decode_fn(struct cs_view text, struct cs_writer *out);

static bool set_seed(struct cs_view text, struct import_record *record, decode_fn *decode)
{
	struct cs_writer w = CS_WRITER_OF(record->seed);

	if (record->seed_len > 0 || decode(text, &w) != CS_OK)
		return false;
	record->seed_len = cs_writer_view(&w).len;
	return true;
}

static bool set_base32(struct cs_view text, struct import_record *record)
{
	return set_seed(text, record, cs_base32_decode);
}

static bool set_hex(struct cs_view text, struct import_record *record)
{
	return set_seed(text, record, cs_hex_decode);
}

static bool set_base64(struct cs_view text, struct import_record *record)
{
	return set_seed(text, record, cs_base64_decode);
}

static const struct column {
	const char *name;
	column_fn *set;
	const char *wants; /* for the fault */
} columns[] = {
    {"serial", set_serial, "at most 64 bytes of text"},
    {"user", set_user, "at most 128 bytes of text"},
    {"label", set_label, "at most 128 bytes of text"},
    {"type", set_type, "hotp, totp or ocra"},
    {"secret", set_base32, "base32 of at most 64 bytes, and the row's only secret"},
    {"secret_hex", set_hex, "hexadecimal of at most 64 bytes, and the row's only secret"},
    {"secret_base64", set_base64, "base64 of at most 64 bytes, and the row's only secret"},
    {"algorithm", set_hash, "SHA1, SHA256 or SHA512"},
    {"digits", set_digits, "6, 7 or 8"},
    {"period", set_period, "10 to 300 seconds"},
    {"counter", set_counter, "a number"},
    {"suite", set_suite, "an OCRA suite"},
    {"starts", set_starts, "a time such as 2030-12-31T00:00:00Z"},
    {"expires", set_expires, "a time such as 2030-12-31T00:00:00Z"},
};

#define COLUMN_COUNT (sizeof columns / sizeof columns[0])

/* Which column of ours each field is. */
struct csv_head {
	size_t count;
	const struct column *column[TABLE_FIELDS_MAX];
};

static const struct column *column_named(struct cs_view name)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		if (import_same(name, columns[i].name))
			return &columns[i];
	return NULL;
}

static bool head_has(const struct csv_head *head, const char *name)
{
	for (size_t i = 0; i < head->count; i++)
		if (head->column[i] == column_named(cs_view_string(name)))
			return true;
	return false;
}

static enum cs_err head_read(struct import_job *job, const struct table_row *row, struct csv_head *head)
{
	for (head->count = 0; head->count < row->count; head->count++) {
		const struct column *column = column_named(import_trim(row->field[head->count]));
		if (column == NULL)
			return import_fail(job, CS_ERR_MALFORMED, row->line,
					   "column %zu has a name that is none of ours", head->count + 1);
		if (head_has(head, column->name))
			return import_fail(job, CS_ERR_MALFORMED, row->line,
					   "the column %s stands there twice", column->name);
		head->column[head->count] = column;
	}
	if (!head_has(head, "secret") && !head_has(head, "secret_hex") && !head_has(head, "secret_base64"))
		return import_fail(job, CS_ERR_MALFORMED, row->line,
				   "the first line names no column secret, secret_hex or secret_base64");
	return CS_OK;
}

static enum cs_err row_read(struct import_job *job, const struct table_row *row, const struct csv_head *head)
{
	struct import_record record;
	enum cs_err err = CS_OK;

	import_record_init(&record, IMPORT_TOTP, row->line);
	if (row->count != head->count)
		return import_fail(job, CS_ERR_MALFORMED, row->line,
				   "the line has %zu fields, the first one %zu", row->count, head->count);
	for (size_t i = 0; err == CS_OK && i < row->count; i++) {
		struct cs_view text = import_trim(row->field[i]);
		if (text.len > 0 && !head->column[i]->set(text, &record))
			err = import_fail(job, CS_ERR_MALFORMED, row->line, "the column %s wants %s",
					  head->column[i]->name, head->column[i]->wants);
	}
	if (err == CS_OK)
		err = import_emit(job, &record);
	cs_wipe(&record, sizeof record);
	return err;
}

enum cs_err import_csv(struct import_job *job)
{
	struct table table = table_of(job);
	struct csv_head head;
	struct table_row row;

	enum cs_err err = table_next(&table, &row);
	if (err == CS_ERR_NOT_FOUND)
		return import_fail(job, CS_ERR_MALFORMED, 0, "there is nothing in it");
	if (err == CS_OK)
		err = head_read(job, &row, &head);
	while (err == CS_OK && (err = table_next(&table, &row)) == CS_OK)
		err = row_read(job, &row, &head);
	cs_wipe(&row, sizeof row);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}
