/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the parsers share, and the table of formats.
 */
#include "tools/import.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/secret.h"

static const struct import_format formats[] = {
    {"csv", "a table with a line of column names at its head", import_csv},
    {"oath-csv", "serial,seed,type,digits,period: LinOTP's and privacyIDEA's", import_oath_csv},
    {"otpauth", "otpauth: URIs, one a line", import_otpauth},
    {"migration", "otpauth-migration: URIs of Google Authenticator, one a line", import_migration},
    {"pskc", "Portable Symmetric Key Container (RFC 6030)", import_pskc},
    {"privacyidea", "what pi-tokenjanitor exports of privacyIDEA", import_privacyidea},
    {"linotp", "what mysqldump or pg_dump writes of LinOTP's table Token", import_linotp},
};

#define FORMAT_COUNT (sizeof formats / sizeof formats[0])

const struct import_format *import_formats(size_t *count)
{
	*count = FORMAT_COUNT;
	return formats;
}

const struct import_format *import_format(const char *name)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

enum cs_err import_fail(struct import_job *job, enum cs_err err, unsigned long line, const char *format, ...)
{
	va_list ap;

	job->fault.line = line;
	va_start(ap, format);
	(void)vsnprintf(job->fault.what, sizeof job->fault.what, format, ap);
	va_end(ap);
	return err;
}

enum cs_err import_plain(struct import_job *job, unsigned long line)
{
	if (!job->encrypted)
		return CS_OK;
	return import_fail(
	    job, CS_ERR_MALFORMED, line,
	    "it is not encrypted, though a transport key or passphrase was given for it: nothing "
	    "vouches for its seeds");
}

/* ---- records ---- */

void import_record_init(struct import_record *record, enum import_type type, unsigned long line)
{
	*record =
	    (struct import_record){.line = line, .type = type, .hash = CS_SHA1, .digits = 6, .period = 30};
}

static bool field_good(const char *text, size_t cap)
{
	const char *end = memchr(text, '\0', cap);
	char copy[IMPORT_USER_SIZE];

	return end != NULL && import_text(cs_view(text, (size_t)(end - text)), copy, cap);
}

static bool suite_good(const struct import_record *record)
{
	struct cs_ocra_suite suite;

	if (record->type != IMPORT_OCRA)
		return record->suite[0] == '\0';
	return cs_ocra_suite_parse(cs_view_string(record->suite), &suite) == CS_OK;
}

bool import_record_good(const struct import_record *record, char what[IMPORT_FAULT_SIZE])
{
	const char *why =
	    record->type < IMPORT_HOTP || record->type > IMPORT_OCRA ? "the type is none of hotp, totp, ocra"
	    : record->hash != CS_SHA1 && record->hash != CS_SHA256 && record->hash != CS_SHA512
		? "the algorithm is none of SHA1, SHA256, SHA512"
	    : record->digits < 6 || record->digits > 8		 ? "the number of digits is none of 6, 7, 8"
	    : record->period < 10 || record->period > 300	 ? "the period is not 10 to 300 seconds"
	    : record->counter > (uint64_t)INT64_MAX >> 1	 ? "the counter is too large"
	    : !field_good(record->serial, sizeof record->serial) ? "the serial number is no clean text"
	    : !field_good(record->user, sizeof record->user)	 ? "the user is no clean text"
	    : !field_good(record->label, sizeof record->label)	 ? "the label is no clean text"
	    : !field_good(record->suite, sizeof record->suite) || !suite_good(record)
		? "the OCRA suite is none"
		: NULL;

	if (why != NULL) {
		(void)snprintf(what, IMPORT_FAULT_SIZE, "%s", why);
		return false;
	}
	if (record->seed_len < IMPORT_SEED_MIN || record->seed_len > IMPORT_SEED_MAX) {
		(void)snprintf(what, IMPORT_FAULT_SIZE,
			       "the seed has %zu bytes: %u to %u are needed (RFC 4226, section 4, R6)",
			       record->seed_len, IMPORT_SEED_MIN, IMPORT_SEED_MAX);
		return false;
	}
	return true;
}

enum cs_err import_emit(struct import_job *job, struct import_record *record)
{
	char what[IMPORT_FAULT_SIZE];
	enum cs_err err = CS_OK;

	if (!import_record_good(record, what))
		err = import_fail(job, CS_ERR_MALFORMED, record->line, "%s", what);
	else if (!job->take(job->ctx, record))
		err = CS_ERR_CANCELLED;
	cs_wipe(record, sizeof *record);
	return err;
}

/* ---- texts ---- */

/* The length of the UTF-8 character that p begins with; 0: it is none. */
static size_t utf8_length(const uint8_t *p, size_t left)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t least;
	} forms[] = {{0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};

	if (p[0] < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		uint32_t point = p[0] & (uint8_t)~forms[i].mask;
		if ((p[0] & forms[i].mask) != forms[i].lead)
			continue;
		for (size_t j = 1; j <= i + 1; j++) {
			if (j >= left || (p[j] & 0xC0) != 0x80)
				return 0;
			point = point << 6 | (p[j] & 0x3Fu);
		}
		return point < forms[i].least || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)
			   ? 0
			   : i + 2;
	}
	return 0;
}

bool import_utf8(struct cs_view text)
{
	size_t at = 0, len = 1;

	while (at < text.len && (len = utf8_length(text.ptr + at, text.len - at)) > 0)
		at += len;
	return len > 0;
}

bool import_text(struct cs_view text, char *out, size_t cap)
{
	if (text.len >= cap || !import_utf8(text))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < 0x20 || text.ptr[i] == 0x7F)
			return false;
	if (text.len > 0)
		memcpy(out, text.ptr, text.len);
	out[text.len] = '\0';
	return true;
}

bool import_number(struct cs_view text, uint64_t max, uint64_t *out)
{
	uint64_t sum = 0;

	if (text.len == 0 || text.len > 19)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		sum = sum * 10 + (uint64_t)(text.ptr[i] - '0');
	}
	if (sum > max)
		return false;
	*out = sum;
	return true;
}

bool import_same(struct cs_view text, const char *word)
{
	return text.len == strlen(word) &&
	       (text.len == 0 || strncasecmp((const char *)text.ptr, word, text.len) == 0);
}

bool import_hash(struct cs_view name, enum cs_hash *out)
{
	static const struct {
		const char *name;
		enum cs_hash hash;
	} rows[] = {
	    {"SHA1", CS_SHA1},		{"SHA-1", CS_SHA1},	     {"HMAC-SHA1", CS_SHA1},
	    {"HMAC-SHA-1", CS_SHA1},	{"SHA256", CS_SHA256},	     {"SHA-256", CS_SHA256},
	    {"HMAC-SHA256", CS_SHA256}, {"HMAC-SHA-256", CS_SHA256}, {"SHA512", CS_SHA512},
	    {"SHA-512", CS_SHA512},	{"HMAC-SHA512", CS_SHA512},  {"HMAC-SHA-512", CS_SHA512},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (import_same(name, rows[i].name)) {
			*out = rows[i].hash;
			return true;
		}
	}
	return false;
}

bool import_type(struct cs_view name, enum import_type *out)
{
	static const struct {
		const char *name;
		enum import_type type;
	} rows[] = {{"hotp", IMPORT_HOTP}, {"totp", IMPORT_TOTP}, {"ocra", IMPORT_OCRA}};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (import_same(name, rows[i].name)) {
			*out = rows[i].type;
			return true;
		}
	}
	return false;
}

struct cs_view import_trim(struct cs_view text)
{
	while (text.len > 0 && strchr(" \t\r\n", text.ptr[0]) != NULL && text.ptr[0] != '\0')
		text = cs_view(text.ptr + 1, text.len - 1);
	while (text.len > 0 && strchr(" \t\r\n", text.ptr[text.len - 1]) != NULL &&
	       text.ptr[text.len - 1] != '\0')
		text.len--;
	return text;
}

/* ---- times ---- */

/* A number of exactly len digits off the reader. */
static int time_digits(struct cs_reader *r, size_t len)
{
	uint64_t value = 0;

	if (!import_number(cs_read_view(r, len), 9999, &value))
		cs_reader_fail(r);
	return (int)value;
}

static void time_sign(struct cs_reader *r, char sign)
{
	if (cs_read_u8(r) != (uint8_t)sign)
		cs_reader_fail(r);
}

/* Behind the seconds: a fraction, which is dropped, and the zone, in seconds east of Greenwich. */
static int time_zone(struct cs_reader *r)
{
	uint8_t c = cs_reader_more(r) ? cs_read_u8(r) : 'Z';
	int hours, minutes;

	if (c == '.') {
		do
			c = cs_reader_more(r) ? cs_read_u8(r) : 'Z';
		while (c >= '0' && c <= '9');
	}
	if (c == 'Z')
		return 0;
	if (c != '+' && c != '-')
		cs_reader_fail(r);
	hours = time_digits(r, 2);
	time_sign(r, ':');
	minutes = time_digits(r, 2);
	if (hours > 14 || minutes > 59)
		cs_reader_fail(r);
	return (c == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
}

bool import_time(struct cs_view text, uint64_t *out)
{
	struct cs_reader r = cs_reader_of(text);
	struct tm tm = {.tm_isdst = 0}, back;
	int east = 0;
	time_t when;

	tm.tm_year = time_digits(&r, 4) - 1900;
	time_sign(&r, '-');
	tm.tm_mon = time_digits(&r, 2) - 1;
	time_sign(&r, '-');
	tm.tm_mday = time_digits(&r, 2);
	if (cs_reader_more(&r)) {
		time_sign(&r, 'T');
		tm.tm_hour = time_digits(&r, 2);
		time_sign(&r, ':');
		tm.tm_min = time_digits(&r, 2);
		time_sign(&r, ':');
		tm.tm_sec = time_digits(&r, 2);
		east = time_zone(&r);
	}
	back = tm;
	when = timegm(&back);
	/* timegm carries what is too large over into the next field: 31 February is no date. */
	if (cs_reader_done(&r) != CS_OK || tm.tm_year < 70 || back.tm_mon != tm.tm_mon ||
	    back.tm_mday != tm.tm_mday || back.tm_hour != tm.tm_hour || back.tm_min != tm.tm_min ||
	    back.tm_sec != tm.tm_sec || when - east <= 0)
		return false;
	*out = (uint64_t)(when - east);
	return true;
}

/* ---- lines ---- */

struct cs_view import_content(const struct import_job *job)
{
	static const uint8_t mark[] = {0xEF, 0xBB, 0xBF};
	struct cs_view file = job->file;

	if (cs_view_starts_with(file, CS_VIEW_OF(mark)))
		file = cs_view(file.ptr + sizeof mark, file.len - sizeof mark);
	return file;
}

bool import_line(struct cs_view *rest, struct cs_view *line)
{
	const uint8_t *end;
	size_t len;

	if (rest->len == 0)
		return false;
	end = memchr(rest->ptr, '\n', rest->len);
	len = end != NULL ? (size_t)(end - rest->ptr) : rest->len;
	*line = cs_view(rest->ptr, len);
	*rest = end != NULL ? cs_view(end + 1, rest->len - len - 1) : CS_VIEW_EMPTY;
	if (line->len > 0 && line->ptr[line->len - 1] == '\r')
		line->len--;
	return true;
}
