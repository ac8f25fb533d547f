/* SPDX-License-Identifier: BSD-2-Clause
 *
 * LinOTP's table Token as mysqldump or pg_dump writes it, with the seeds as they lie there.
 *
 *   LinOtpKeyEnc := hexadecimal of AES-256-CBC under the first 32 bytes of the file encKey, with LinOtpKeyIV,
 * of the seed in hexadecimal | 1 | 2 | zeros up to a whole block
 *
 * The whole dump is read as SQL, so that nothing that stands in a text is taken for a statement: mysqldump's
 * texts have backslashes, pg_dump's have not, and its COPY has lines of its own. Which one it is, the dump's
 * first comment says.
 *
 * A token's user stands there by a number or name of LinOTP's resolver, which is no login name: it is left
 * behind. PINs are hashed in another way than here, and stay behind, too. Nothing vouches for the seeds, but
 * a wrong key is noticed.
 */
#include <jansson.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "tools/import_sql.h"

#define LINOTP_KEY_LEN	  32u
#define LINOTP_COLUMNS	  64u
#define LINOTP_HEAD_MAX	  512u	/* bytes in which a dump says what wrote it */
#define LINOTP_ROW_MAX	  8192u /* bytes of what is wanted of a row */
#define LINOTP_CIPHER_MAX 512u

/* What is wanted of a row. */
enum linotp_field { SERIAL, LABEL, TYPE, INFO, DIGITS, SEED, VECTOR, ACTIVE, COUNT, LINOTP_FIELDS };

static const char *const names[LINOTP_FIELDS] = {[SERIAL] = "LinOtpTokenSerialnumber",
						 [LABEL] = "LinOtpTokenDesc",
						 [TYPE] = "LinOtpTokenType",
						 [INFO] = "LinOtpTokenInfo",
						 [DIGITS] = "LinOtpOtpLen",
						 [SEED] = "LinOtpKeyEnc",
						 [VECTOR] = "LinOtpKeyIV",
						 [ACTIVE] = "LinOtpIsactive",
						 [COUNT] = "LinOtpCount"};

struct dump {
	struct sql_reader sql;
	size_t columns;
	enum linotp_field column[LINOTP_COLUMNS]; /* LINOTP_FIELDS: not wanted */
	unsigned found;				  /* a bit for each field that has a column */
	size_t tokens;
	/* Of the row that is being read. */
	unsigned long row_line;
	size_t used;
	struct cs_view field[LINOTP_FIELDS]; /* into text */
	uint8_t text[LINOTP_ROW_MAX];
};

/* ---- a row ---- */

static bool field_number(struct cs_view text, uint64_t max, uint64_t *out)
{
	return text.len == 0 || import_number(text, max, out);
}

/* hashlib and timeStep stand in a JSON object. */
static bool info_read(struct cs_view text, struct import_record *record)
{
	json_t *info = text.len > 0 ? json_loadb((const char *)text.ptr, text.len, 0, NULL) : NULL;
	const char *hash = json_string_value(json_object_get(info, "hashlib"));
	const json_t *step = json_object_get(info, "timeStep");
	const char *digits = json_string_value(step);
	uint64_t period = json_is_integer(step) && json_integer_value(step) > 0
			      ? (uint64_t)json_integer_value(step)
			      : record->period;
	bool good = (hash == NULL || import_hash(cs_view_string(hash), &record->hash)) &&
		    (digits == NULL || import_number(cs_view_string(digits), UINT32_MAX, &period)) &&
		    period <= UINT32_MAX;

	if (good && record->type == IMPORT_TOTP)
		record->period = (uint32_t)period;
	json_decref(info);
	return good;
}

static bool cbc_open(const uint8_t *key, const uint8_t *vector, struct cs_view in, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0, last = 0;
	bool good = ctx != NULL && EVP_DecryptInit_ex2(ctx, EVP_aes_256_cbc(), key, vector, NULL) == 1 &&
		    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
		    EVP_DecryptUpdate(ctx, out, &len, in.ptr, (int)in.len) == 1 &&
		    EVP_DecryptFinal_ex(ctx, out + len, &last) == 1;

	EVP_CIPHER_CTX_free(ctx);
	return good && (size_t)(len + last) == in.len;
}

/* The seed in hexadecimal, before the last 1 | 2 and zeros. */
static bool seed_take(struct cs_view plain, struct import_record *record)
{
	struct cs_writer w = CS_WRITER_OF(record->seed);
	size_t len = plain.len;

	while (len > 0 && plain.ptr[len - 1] == 0)
		len--;
	if (len < 2 || plain.ptr[len - 1] != 2 || plain.ptr[len - 2] != 1 || plain.len - len >= 16 ||
	    cs_hex_decode(cs_view(plain.ptr, len - 2), &w) != CS_OK)
		return false;
	record->seed_len = cs_writer_view(&w).len;
	return true;
}

static enum cs_err seed_open(struct dump *dump, struct import_record *record)
{
	uint8_t cipher[LINOTP_CIPHER_MAX], plain[LINOTP_CIPHER_MAX], vector[16];
	struct cs_writer c = CS_WRITER_OF(cipher), v = CS_WRITER_OF(vector);

	if (cs_hex_decode(dump->field[SEED], &c) != CS_OK ||
	    cs_hex_decode(dump->field[VECTOR], &v) != CS_OK || cs_writer_view(&v).len != sizeof vector ||
	    cs_writer_view(&c).len == 0 || cs_writer_view(&c).len % 16 != 0)
		return import_fail(dump->sql.job, CS_ERR_MALFORMED, dump->row_line,
				   "LinOtpKeyEnc or LinOtpKeyIV is not what LinOTP writes");
	bool good = cbc_open(dump->sql.job->key.ptr, vector, cs_writer_view(&c), plain) &&
		    seed_take(cs_view(plain, cs_writer_view(&c).len), record);
	cs_wipe(plain, sizeof plain);
	return good ? CS_OK
		    : import_fail(dump->sql.job, CS_ERR_WRONG, dump->row_line,
				  "the seed does not open: the key that encrypts it is another one");
}

static bool is_yes(struct cs_view text)
{
	return import_same(text, "1") || import_same(text, "t") || import_same(text, "true");
}

/* NULL, or a phrase of what is wrong with the row. */
static const char *row_settings(const struct dump *dump, struct import_record *record)
{
	uint64_t digits = record->digits;

	if (!is_yes(dump->field[ACTIVE]))
		return "this token is not active: dump those alone that are (--where 'LinOtpIsactive = 1')";
	if (import_same(dump->field[TYPE], "hmac"))
		record->type = IMPORT_HOTP;
	else if (!import_type(dump->field[TYPE], &record->type) || record->type == IMPORT_OCRA)
		return "its type is neither HMAC nor totp: dump those alone (--where \"LinOtpTokenType IN "
		       "('HMAC', 'totp')\")";
	if (!import_text(dump->field[SERIAL], record->serial, sizeof record->serial) ||
	    !import_text(dump->field[LABEL], record->label, sizeof record->label))
		return "its serial number or description is too long, or no clean text";
	if (!field_number(dump->field[DIGITS], 99, &digits) ||
	    !field_number(dump->field[COUNT], INT64_MAX, &record->counter))
		return "its LinOtpOtpLen or LinOtpCount is no number";
	record->digits = (unsigned)digits;
	return info_read(dump->field[INFO], record)
		   ? NULL
		   : "its LinOtpTokenInfo has a hashlib or timeStep that is none";
}

static enum cs_err row_emit(struct dump *dump)
{
	struct import_record record;
	const char *why;

	import_record_init(&record, IMPORT_HOTP, dump->row_line);
	why =
	    dump->used > sizeof dump->text ? "this token's texts are too long" : row_settings(dump, &record);
	enum cs_err err = why != NULL
			      ? import_fail(dump->sql.job, CS_ERR_MALFORMED, dump->row_line, "%s", why)
			      : seed_open(dump, &record);
	if (err == CS_OK)
		err = import_emit(dump->sql.job, &record);
	cs_wipe(&record, sizeof record);
	dump->tokens++;
	return err;
}

static void row_begin(struct dump *dump)
{
	dump->row_line = dump->sql.line;
	dump->used = 0;
	memset(dump->field, 0, sizeof dump->field);
}

/* A character of a value that is wanted. */
static void row_take(void *ctx, uint8_t c)
{
	struct dump *dump = ctx;

	if (dump->used < sizeof dump->text)
		dump->text[dump->used] = c;
	dump->used += dump->used <= sizeof dump->text;
}

/* What came since start is the column's value. */
static void row_set(struct dump *dump, size_t column, size_t start)
{
	if (dump->column[column] < LINOTP_FIELDS && dump->used <= sizeof dump->text)
		dump->field[dump->column[column]] = cs_view(dump->text + start, dump->used - start);
}

/* ---- columns ---- */

static enum cs_err column_add(struct dump *dump, const char *name)
{
	if (dump->columns == LINOTP_COLUMNS)
		return sql_fail(&dump->sql, "the table Token has too many columns");
	enum linotp_field field = SERIAL;
	while (field < LINOTP_FIELDS && strcmp(names[field], name) != 0)
		field++;
	if (field < LINOTP_FIELDS && (dump->found & 1u << field) != 0)
		return sql_fail(&dump->sql, "a column of the table Token is there twice");
	dump->column[dump->columns++] = field;
	if (field < LINOTP_FIELDS)
		dump->found |= 1u << field;
	return CS_OK;
}

static void columns_forget(struct dump *dump)
{
	dump->columns = 0;
	dump->found = 0;
}

/* The names up to the closing parenthesis; the opening one is read. defined: each with its type and more
 * behind it. */
static enum cs_err columns_read(struct dump *dump, bool defined)
{
	struct sql_token token;
	bool fresh = true;
	int depth = 1;
	enum cs_err err = CS_OK;

	columns_forget(dump);
	while (err == CS_OK && depth > 0) {
		err = sql_next(&dump->sql, &token, NULL, NULL);
		if (err == CS_OK && token.kind == SQL_END)
			err = sql_fail(&dump->sql, "the table's columns have no end");
		depth += sql_signs(&token, '(') ? 1 : sql_signs(&token, ')') ? -1 : 0;
		if (err == CS_OK && fresh && token.kind == SQL_NAME)
			err = column_add(dump, token.word);
		else if (err == CS_OK && fresh && token.kind != SQL_NAME && !defined)
			err = sql_fail(&dump->sql, "a column's name is expected");
		fresh = depth == 1 && sql_signs(&token, ',');
	}
	return err;
}

static enum cs_err columns_need(struct dump *dump)
{
	return dump->found == (1u << LINOTP_FIELDS) - 1
		   ? CS_OK
		   : sql_fail(&dump->sql,
			      "the table Token comes without the names of its columns, or lacks some of "
			      "LinOTP's: dump it with its definition");
}

/* ---- statements ---- */

/* One row of INSERT; its opening parenthesis is read. */
static enum cs_err values_read(struct dump *dump)
{
	struct sql_token token;
	enum cs_err err = CS_OK;
	size_t column = 0;

	row_begin(dump);
	for (bool more = true; err == CS_OK && more; column++) {
		const size_t start = dump->used;
		bool wanted = column < dump->columns && dump->column[column] < LINOTP_FIELDS;
		err = sql_next(&dump->sql, &token, wanted ? row_take : NULL, dump);
		if (sql_is(&token, "_binary") || sql_is(&token, "null"))
			dump->used = start;
		if (err == CS_OK && sql_is(&token, "_binary"))
			err = sql_next(&dump->sql, &token, wanted ? row_take : NULL, dump);
		if (err == CS_OK &&
		    (column == dump->columns || (token.kind != SQL_TEXT && token.kind != SQL_WORD)))
			err = sql_fail(
			    &dump->sql,
			    "a row of the table Token is no list of as many values as it has columns");
		if (err != CS_OK)
			return err;
		row_set(dump, column, start);
		err = sql_next(&dump->sql, &token, NULL, NULL);
		more = sql_signs(&token, ',');
		if (err == CS_OK && !more && !sql_signs(&token, ')'))
			err = sql_fail(&dump->sql, "a row of the table Token has a value that is none");
	}
	if (err == CS_OK && column != dump->columns)
		err = sql_fail(&dump->sql, "a row of the table Token has too few values");
	return err != CS_OK ? err : row_emit(dump);
}

/* Behind the table's name. */
static enum cs_err insert_read(struct dump *dump)
{
	struct sql_token token;

	enum cs_err err = sql_next(&dump->sql, &token, NULL, NULL);
	if (err == CS_OK && sql_signs(&token, '(')) {
		err = columns_read(dump, false);
		if (err == CS_OK)
			err = sql_next(&dump->sql, &token, NULL, NULL);
	}
	if (err == CS_OK && !sql_is(&token, "values"))
		err = sql_fail(&dump->sql, "INSERT is expected to have VALUES");
	if (err == CS_OK)
		err = columns_need(dump);
	while (err == CS_OK && !sql_signs(&token, ';')) {
		err = sql_next(&dump->sql, &token, NULL, NULL);
		if (err == CS_OK && sql_signs(&token, '('))
			err = values_read(dump);
		else if (err == CS_OK && !sql_signs(&token, ',') && !sql_signs(&token, ';'))
			err = sql_fail(&dump->sql, "INSERT has something else than rows");
	}
	return err;
}

/* A line of COPY: fields between tabs, with backslashes. */
static enum cs_err copy_row(struct dump *dump, struct cs_view line)
{
	size_t column = 0, start = 0;

	row_begin(dump);
	for (size_t i = 0; i <= line.len; i++) {
		bool wanted = column < dump->columns && dump->column[column] < LINOTP_FIELDS;
		if (i == line.len || line.ptr[i] == '\t') {
			if (column < dump->columns)
				row_set(dump, column, start);
			column++;
			start = dump->used;
		} else if (line.ptr[i] == '\\' && i + 1 < line.len && line.ptr[i + 1] == 'N') {
			i++; /* NULL */
		} else if (wanted) {
			bool escaped = line.ptr[i] == '\\' && i + 1 < line.len;
			i += escaped;
			row_take(dump, escaped ? sql_backslash(line.ptr[i]) : line.ptr[i]);
		}
	}
	if (column != dump->columns)
		return sql_fail(&dump->sql,
				"a row of the table Token has not as many values as it has columns");
	return row_emit(dump);
}

/* From behind FROM stdin; up to the line that ends the rows. */
static enum cs_err copy_read(struct dump *dump, bool wanted)
{
	struct cs_view line;
	enum cs_err err = wanted ? columns_need(dump) : CS_OK;

	sql_line_skip(&dump->sql);
	while (err == CS_OK) {
		if (!import_line(&dump->sql.rest, &line))
			return sql_fail(&dump->sql, "the rows of a table have no end");
		if (cs_view_equal(line, CS_VIEW_TEXT("\\.")))
			break;
		if (wanted)
			err = copy_row(dump, line);
		dump->sql.line++;
	}
	dump->sql.line++;
	return err;
}

/* The name of a table, behind that of its schema where it has one. */
static enum cs_err table_read(struct dump *dump, struct sql_token *name)
{
	enum cs_err err = sql_next(&dump->sql, name, NULL, NULL);

	if (err == CS_OK && name->kind == SQL_WORD && name->len > 0 && name->word[name->len - 1] == '.')
		err = sql_next(&dump->sql, name, NULL, NULL); /* public. */
	return err;
}

static bool is_tokens(const struct sql_token *name)
{
	return name->kind == SQL_NAME && strcmp(name->word, "Token") == 0;
}

static enum cs_err copy_statement(struct dump *dump)
{
	struct sql_token name, token;

	enum cs_err err = table_read(dump, &name);
	bool wanted = is_tokens(&name);
	if (err == CS_OK)
		err = sql_next(&dump->sql, &token, NULL, NULL);
	if (err == CS_OK && wanted && sql_signs(&token, '('))
		err = columns_read(dump, false);
	while (err == CS_OK && !sql_is(&token, "stdin") && !sql_signs(&token, ';') && token.kind != SQL_END)
		err = sql_next(&dump->sql, &token, NULL, NULL);
	if (err == CS_OK && !sql_is(&token, "stdin"))
		err = sql_fail(&dump->sql, "COPY is expected to come FROM stdin");
	return err != CS_OK ? err : copy_read(dump, wanted);
}

static enum cs_err insert_statement(struct dump *dump)
{
	struct sql_token name, token;

	enum cs_err err = sql_next(&dump->sql, &token, NULL, NULL); /* INTO */
	if (err == CS_OK)
		err = table_read(dump, &name);
	if (err != CS_OK)
		return err;
	return is_tokens(&name) ? insert_read(dump) : sql_statement_skip(&dump->sql);
}

/* CREATE TABLE; any other CREATE is passed over. */
static enum cs_err create_statement(struct dump *dump)
{
	struct sql_token name, token;

	enum cs_err err = sql_next(&dump->sql, &token, NULL, NULL);
	if (err != CS_OK || !sql_is(&token, "table"))
		return err != CS_OK ? err : sql_signs(&token, ';') ? CS_OK : sql_statement_skip(&dump->sql);
	err = table_read(dump, &name);
	if (err == CS_OK)
		err = sql_next(&dump->sql, &token, NULL, NULL);
	if (err == CS_OK && is_tokens(&name) && sql_signs(&token, '('))
		err = columns_read(dump, true);
	return err != CS_OK ? err : sql_statement_skip(&dump->sql);
}

static enum cs_err statement_read(struct dump *dump, const struct sql_token *first)
{
	if (sql_is(first, "create"))
		return create_statement(dump);
	if (sql_is(first, "insert"))
		return insert_statement(dump);
	if (sql_is(first, "copy"))
		return copy_statement(dump);
	if (first->kind == SQL_SIGN && first->sign == '\\') {
		sql_line_skip(&dump->sql); /* a command of psql's, as newer dumps begin and end with */
		return CS_OK;
	}
	return sql_signs(first, ';') ? CS_OK : sql_statement_skip(&dump->sql);
}

/* ---- the file ---- */

static bool head_has(struct cs_view file, const char *text)
{
	return memmem(file.ptr, file.len < LINOTP_HEAD_MAX ? file.len : LINOTP_HEAD_MAX, text,
		      strlen(text)) != NULL;
}

static enum cs_err dump_check(struct dump *dump)
{
	dump->sql.backslashes =
	    head_has(dump->sql.rest, "-- MySQL dump") || head_has(dump->sql.rest, "-- MariaDB dump");
	if (!dump->sql.backslashes && !head_has(dump->sql.rest, "-- PostgreSQL database dump"))
		return sql_fail(&dump->sql,
				"it does not begin as what mysqldump, mariadb-dump or pg_dump writes");
	if (dump->sql.job->key.len != LINOTP_KEY_LEN)
		return import_fail(
		    dump->sql.job, CS_ERR_WRONG, 0,
		    "the seeds are encrypted under the first 32 bytes of LinOTP's file encKey: give them, "
		    "in hexadecimal, as the transport key");
	return CS_OK;
}

enum cs_err import_linotp(struct import_job *job)
{
	struct dump dump = {.sql = {.job = job, .rest = import_content(job), .line = 1}};
	struct sql_token token = {.kind = SQL_WORD};
	enum cs_err err = dump_check(&dump);

	while (err == CS_OK && token.kind != SQL_END) {
		err = sql_next(&dump.sql, &token, NULL, NULL);
		if (err == CS_OK && token.kind != SQL_END)
			err = statement_read(&dump, &token);
	}
	if (err == CS_OK && dump.tokens == 0)
		err = import_fail(job, CS_ERR_MALFORMED, 0, "it has no rows of LinOTP's table Token");
	cs_wipe(&dump, sizeof dump);
	return err;
}
