/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table that LinOTP and privacyIDEA import and vendors deliver: no line of names, and the fields
 *
 *   serial, seed in hexadecimal, type, digits, period of TOTP (or counter of HOTP, or suite of OCRA)
 *
 * of which the first two must be there. A seed's length says its algorithm, as it does there: 20 bytes SHA-1,
 * 32 SHA-256, 64 SHA-512.
 */
#include "base/encoding.h"
#include "base/secret.h"
#include "tools/import_table.h"

static bool oath_seed(struct cs_view text, struct import_record *record)
{
	struct cs_writer w = CS_WRITER_OF(record->seed);
	bool good = cs_hex_decode(text, &w) == CS_OK;

	record->seed_len = cs_writer_view(&w).len;
	record->hash = record->seed_len == 32 ? CS_SHA256 : record->seed_len == 64 ? CS_SHA512 : CS_SHA1;
	return good;
}

/* The last field, which is another one for each type. */
static bool oath_last(struct cs_view text, struct import_record *record)
{
	struct cs_ocra_suite suite;
	uint64_t period = 0;

	switch (record->type) {
	case IMPORT_HOTP:
		return import_number(text, INT64_MAX, &record->counter);
	case IMPORT_TOTP:
		if (!import_number(text, UINT32_MAX, &period))
			return false;
		record->period = (uint32_t)period;
		return true;
	default:
		if (!import_text(text, record->suite, sizeof record->suite) ||
		    cs_ocra_suite_parse(cs_view_string(record->suite), &suite) != CS_OK)
			return false;
		record->hash = suite.hash;
		return true;
	}
}

/* The field's phrase for the fault; NULL: it is good. */
static const char *oath_field(size_t index, struct cs_view text, struct import_record *record)
{
	uint64_t digits = 0;

	switch (index) {
	case 0:
		return text.len > 0 && import_text(text, record->serial, sizeof record->serial)
			   ? NULL
			   : "a serial number of at most 64 bytes";
	case 1:
		return oath_seed(text, record) ? NULL : "a seed in hexadecimal, of at most 64 bytes";
	case 2:
		return text.len == 0 || import_type(text, &record->type) ? NULL : "hotp, totp or ocra";
	case 3:
		if (text.len > 0 && !import_number(text, 99, &digits))
			return "a number of digits";
		record->digits = text.len > 0 ? (unsigned)digits : record->digits;
		return NULL;
	case 4:
		return text.len == 0 || oath_last(text, record)
			   ? NULL
			   : "a period, a counter or a suite, by the type";
	default:
		return text.len == 0 ? NULL : "nothing";
	}
}

static enum cs_err oath_row(struct import_job *job, const struct table_row *row)
{
	struct import_record record;
	enum cs_err err = CS_OK;

	import_record_init(&record, IMPORT_HOTP, row->line);
	if (row->count < 2)
		err = import_fail(job, CS_ERR_MALFORMED, row->line,
				  "a line has a serial number and a seed at least");
	for (size_t i = 0; err == CS_OK && i < row->count; i++) {
		const char *wants = oath_field(i, import_trim(row->field[i]), &record);
		if (wants != NULL)
			err =
			    import_fail(job, CS_ERR_MALFORMED, row->line, "field %zu wants %s", i + 1, wants);
	}
	if (err == CS_OK)
		err = import_emit(job, &record);
	cs_wipe(&record, sizeof record);
	return err;
}

enum cs_err import_oath_csv(struct import_job *job)
{
	struct table table = table_of(job);
	struct table_row row;
	enum cs_err err;

	while ((err = table_next(&table, &row)) == CS_OK) {
		err = oath_row(job, &row);
		if (err != CS_OK)
			break;
	}
	cs_wipe(&row, sizeof row);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}
