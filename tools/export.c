/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The bare formats: tables and URIs.
 */
#include "tools/export.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/encoding.h"
#include "base/secret.h"

void export_text(struct cs_writer *out, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	int len = vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof text)
		cs_writer_fail(out);
	else
		cs_write_view(out, cs_view(text, (size_t)len));
	cs_wipe(text, sizeof text);
}

void export_time(struct cs_writer *out, uint64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL || tm.tm_year + 1900 > 9999)
		cs_writer_fail(out);
	else
		export_text(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
			    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

const char *export_hash(enum cs_hash hash)
{
	return hash == CS_SHA256 ? "SHA256" : hash == CS_SHA512 ? "SHA512" : "SHA1";
}

const char *export_hash_small(enum cs_hash hash)
{
	return hash == CS_SHA256 ? "sha256" : hash == CS_SHA512 ? "sha512" : "sha1";
}

void export_uri(struct cs_writer *out, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (const char *p = text; *p != '\0'; p++) {
		if (strchr(plain, *p) != NULL)
			cs_write_u8(out, (uint8_t)*p);
		else
			export_text(out, "%%%02X", (unsigned char)*p);
	}
}

void export_escaped(struct cs_writer *out, const char *text, const char *special)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (strchr(special, *p) != NULL)
			cs_write_u8(out, '\\');
		cs_write_u8(out, (uint8_t)*p);
	}
}

/* ---- what a format has no place for ---- */

bool export_fits(const struct export_job *job, export_lack_fn *lack)
{
	bool fits = true;

	for (size_t i = 0; fits && i < job->count; i++)
		fits = lack(&job->records[i]) == NULL;
	return fits;
}

const char *export_otpauth_lack(const struct import_record *record)
{
	if (record->type == IMPORT_OCRA)
		return "OCRA";
	/* What stands before a colon is the issuer to who reads it, escaped or not. */
	return strchr(record->user, ':') != NULL ? "a user with a colon in the name" : NULL;
}

static size_t characters(const char *text)
{
	size_t count = 0;

	for (const char *p = text; *p != '\0'; p++)
		count += ((uint8_t)*p & 0xC0) != 0x80; /* UTF-8 goes on with such bytes */
	return count;
}

/* The columns have 40 and 80 characters, and 31 bits. */
const char *export_table_lack(const struct import_record *record)
{
	if (record->type == IMPORT_OCRA)
		return "OCRA";
	if (record->serial[0] == '\0')
		return "a token without a serial number";
	if (characters(record->serial) > 40)
		return "a serial number of more than 40 characters";
	if (characters(record->label) > 80)
		return "a label of more than 80 characters";
	return record->counter > INT32_MAX ? "a counter above 2147483647" : NULL;
}

/* ---- csv ---- */

/* A field, always in quotes. */
static void csv_field(struct cs_writer *out, const char *text)
{
	cs_write_u8(out, '"');
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '"')
			cs_write_u8(out, '"');
		cs_write_u8(out, (uint8_t)*p);
	}
	cs_write_u8(out, '"');
	cs_write_u8(out, ',');
}

enum cs_err export_csv(const struct export_job *job, struct cs_writer *out)
{
	static const char *const types[] = {
	    [IMPORT_HOTP] = "hotp", [IMPORT_TOTP] = "totp", [IMPORT_OCRA] = "ocra"};
	char secret[CS_BASE32_SIZE(IMPORT_SEED_MAX)];

	if (!job->begun)
		export_text(
		    out, "serial,user,label,suite,type,secret,algorithm,digits,period,counter,expires\r\n");
	for (size_t i = 0; i < job->count; i++) {
		const struct import_record *record = &job->records[i];
		csv_field(out, record->serial);
		csv_field(out, record->user);
		csv_field(out, record->label);
		csv_field(out, record->suite);
		cs_base32_encode(cs_view(record->seed, record->seed_len), secret);
		export_text(out, "%s,%s,%s,%u,%u,%llu,", types[record->type], secret,
			    export_hash(record->hash), record->digits, (unsigned)record->period,
			    (unsigned long long)record->counter);
		if (record->expires > 0)
			export_time(out, record->expires);
		export_text(out, "\r\n");
	}
	cs_wipe(secret, sizeof secret);
	return cs_writer_done(out);
}

/* ---- otpauth ---- */

enum cs_err export_otpauth(const struct export_job *job, struct cs_writer *out)
{
	char secret[CS_BASE32_SIZE(IMPORT_SEED_MAX)];

	if (!export_fits(job, export_otpauth_lack))
		return CS_ERR_UNSUPPORTED;
	for (size_t i = 0; i < job->count; i++) {
		const struct import_record *record = &job->records[i];
		export_text(out, "otpauth://%s/", record->type == IMPORT_HOTP ? "hotp" : "totp");
		export_uri(out, record->user[0] != '\0' ? record->user : record->serial);
		cs_base32_encode(cs_view(record->seed, record->seed_len), secret);
		export_text(out, "?secret=%s&algorithm=%s&digits=%u", secret, export_hash(record->hash),
			    record->digits);
		if (record->type == IMPORT_HOTP)
			export_text(out, "&counter=%llu", (unsigned long long)record->counter);
		else
			export_text(out, "&period=%u", (unsigned)record->period);
		if (record->label[0] != '\0') {
			export_text(out, "&issuer=");
			export_uri(out, record->label);
		}
		cs_write_u8(out, '\n');
	}
	cs_wipe(secret, sizeof secret);
	return cs_writer_done(out);
}
