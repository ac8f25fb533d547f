/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Entries of the audit log, from JSON and from databases.
 */
#include "tools/audit_row.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/encoding.h"

/* The texts of an entry, in their order on the wire, under their names in JSON and in the database. */
static const char *const text_names[CS_AUDIT_TEXTS] = {"actor",	 "action", "user",    "token",
						       "result", "reason", "address", "detail"};
static const char no_hashes[] = "its hashes are missing";

static void texts_set(struct cs_audit_entry *entry, const struct cs_view texts[CS_AUDIT_TEXTS])
{
	entry->actor = texts[0];
	entry->action = texts[1];
	entry->user = texts[2];
	entry->token = texts[3];
	entry->result = texts[4];
	entry->reason = texts[5];
	entry->address = texts[6];
	entry->detail = texts[7];
}

/* ---- JSON ---- */

/* Exactly len bytes in hexadecimal. */
static bool hex_read(const json_t *object, const char *name, void *out, size_t len)
{
	const char *hex = json_string_value(json_object_get(object, name));
	struct cs_writer w = cs_writer_of(out, len);

	return hex != NULL && cs_hex_decode(cs_view_string(hex), &w) == CS_OK &&
	       cs_writer_view(&w).len == len;
}

/* A number that is none, or below zero, is none that an entry has. */
static bool number_read(const json_t *object, const char *name, uint64_t *out)
{
	const json_t *number = json_object_get(object, name);
	const json_int_t value = json_integer_value(number);

	*out = (uint64_t)value;
	return json_is_integer(number) && value >= 0;
}

/* Every text but those of a person, where these are masked. */
static bool texts_read(const json_t *object, struct audit_row *row)
{
	struct cs_view texts[CS_AUDIT_TEXTS];
	bool good = true;

	for (size_t i = 0; i < CS_AUDIT_TEXTS; i++) {
		const json_t *text = json_object_get(object, text_names[i]);

		texts[i] = cs_view(json_string_value(text), json_string_length(text));
		good = good && (text == NULL || json_is_string(text)) && texts[i].len <= CS_AUDIT_TEXT_MAX;
	}
	texts_set(&row->fields, texts);
	return good;
}

const char *audit_row_of_json(const json_t *object, struct audit_row *out)
{
	const json_t *format = json_object_get(object, "format");
	const json_int_t number = format != NULL ? json_integer_value(format) : 1;

	memset(out, 0, sizeof *out);
	if (number != 1 && number != 2) {
		return "it is of a format that this program does not know";
	}
	out->format = (unsigned)number;
	if (!number_read(object, "sequence", &out->fields.sequence) ||
	    !number_read(object, "time_ms", &out->fields.time_ms)) {
		return "it has no number or no time";
	}
	if (!hex_read(object, "previous", out->fields.previous, CS_AUDIT_HASH_LEN) ||
	    !hex_read(object, "hash", out->stored, CS_AUDIT_HASH_LEN) ||
	    (number == 2 && !hex_read(object, "commitment", out->commitment, CS_AUDIT_HASH_LEN))) {
		return no_hashes;
	}
	out->masked = number == 2 && json_object_get(object, "salt") == NULL;
	if (number == 2 && !out->masked && !hex_read(object, "salt", out->salt, CS_AUDIT_SALT_LEN)) {
		return no_hashes;
	}
	out->withheld = number == 1 && json_is_true(json_object_get(object, "withheld"));
	return texts_read(object, out) ? NULL : "a text of it is none, or too long";
}

const char *audit_row_of_line(struct cs_view line, json_t **object, struct audit_row *out)
{
	*object = json_loadb((const char *)line.ptr, line.len, JSON_REJECT_DUPLICATES, NULL);
	return json_is_object(*object) ? audit_row_of_json(*object, out) : "its line is not a JSON object";
}

static json_t *hex_json(const uint8_t *bytes, size_t len)
{
	char hex[2 * CS_AUDIT_HASH_LEN + 1];

	cs_hex_encode(cs_view(bytes, len), hex);
	return json_string(hex);
}

/* An empty text may be at no place. */
static json_t *text_json(struct cs_view text)
{
	return text.len > 0 ? json_stringn((const char *)text.ptr, text.len) : json_string("");
}

json_t *audit_row_json(const struct audit_row *row, bool masked)
{
	const struct cs_audit_entry *entry = &row->fields;
	const struct cs_view texts[CS_AUDIT_TEXTS] = {entry->actor,   entry->action, entry->user,
						      entry->token,   entry->result, entry->reason,
						      entry->address, entry->detail};
	static const bool personal[CS_AUDIT_TEXTS] = {false, false, true, true, false, false, true, true};
	const bool hide = masked || row->masked, withhold = row->withheld || (masked && row->format == 1);
	json_t *object = json_object();
	int failed = json_object_set_new(object, "sequence", json_integer((json_int_t)entry->sequence)) |
		     json_object_set_new(object, "time_ms", json_integer((json_int_t)entry->time_ms)) |
		     json_object_set_new(object, "format", json_integer((json_int_t)row->format));

	for (size_t i = 0; i < CS_AUDIT_TEXTS && !withhold; i++) {
		if (!hide || !personal[i]) {
			failed |= json_object_set_new(object, text_names[i], text_json(texts[i]));
		}
	}
	if (withhold) {
		failed |= json_object_set_new(object, "withheld", json_true());
	}
	if (row->format == 2) {
		failed |=
		    json_object_set_new(object, "commitment", hex_json(row->commitment, CS_AUDIT_HASH_LEN));
	}
	if (row->format == 2 && !hide) {
		failed |= json_object_set_new(object, "salt", hex_json(row->salt, CS_AUDIT_SALT_LEN));
	}
	failed |= json_object_set_new(object, "previous", hex_json(entry->previous, CS_AUDIT_HASH_LEN)) |
		  json_object_set_new(object, "hash", hex_json(row->stored, CS_AUDIT_HASH_LEN));
	if (failed != 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* ---- databases ---- */

static bool column_copy(struct cs_view bytes, void *out, size_t len)
{
	if (bytes.ptr == NULL || bytes.len != len) {
		return false;
	}
	memcpy(out, bytes.ptr, len);
	return true;
}

const char *audit_row_of_columns(const struct audit_columns *columns, struct audit_row *out)
{
	memset(out, 0, sizeof *out);
	out->format = columns->format;
	out->fields.sequence = columns->sequence;
	out->fields.time_ms = columns->time_ms;
	texts_set(&out->fields, columns->texts);
	out->masked = out->format == 2 && columns->salt.ptr == NULL;
	if (!column_copy(columns->previous, out->fields.previous, CS_AUDIT_HASH_LEN) ||
	    !column_copy(columns->hash, out->stored, CS_AUDIT_HASH_LEN) ||
	    (out->format == 2 && !column_copy(columns->commitment, out->commitment, CS_AUDIT_HASH_LEN)) ||
	    (out->format == 2 && !out->masked && !column_copy(columns->salt, out->salt, CS_AUDIT_SALT_LEN))) {
		return no_hashes;
	}
	return NULL;
}

/* ---- SQLite ---- */

#define ROW_COLUMNS                                                                                          \
	"sequence, time_ms, actor, action, user, token, result, reason, address, detail, previous, hash"

int audit_row_prepare(sqlite3 *db, sqlite3_stmt **rows)
{
	int rc = sqlite3_prepare_v2(
	    db, "SELECT " ROW_COLUMNS ", format, salt, commitment FROM audit ORDER BY sequence", -1, rows,
	    NULL);

	return rc != SQLITE_ERROR
		   ? rc
		   : sqlite3_prepare_v2(db,
					"SELECT " ROW_COLUMNS ", 1, NULL, NULL FROM audit ORDER BY sequence",
					-1, rows, NULL);
}

static struct cs_view column_bytes(sqlite3_stmt *rows, int column)
{
	const void *bytes = sqlite3_column_blob(rows, column);

	return cs_view(bytes, bytes != NULL ? (size_t)sqlite3_column_bytes(rows, column) : 0);
}

const char *audit_row_of_sqlite(sqlite3_stmt *rows, struct audit_row *out)
{
	struct audit_columns columns = {
	    .sequence = (uint64_t)sqlite3_column_int64(rows, 0),
	    .time_ms = (uint64_t)sqlite3_column_int64(rows, 1),
	    .format = (unsigned)sqlite3_column_int(rows, 12),
	    .previous = column_bytes(rows, 10),
	    .hash = column_bytes(rows, 11),
	    .salt = column_bytes(rows, 13),
	    .commitment = column_bytes(rows, 14),
	};

	for (size_t i = 0; i < CS_AUDIT_TEXTS; i++) {
		columns.texts[i] = column_bytes(rows, 2 + (int)i);
	}
	return audit_row_of_columns(&columns, out);
}

/* ---- hashing ---- */

static bool row_digest(struct cs_writer *w, enum cs_err err, uint8_t hash[CS_AUDIT_HASH_LEN])
{
	unsigned len = 0;

	return err == CS_OK && EVP_Digest(w->buf, w->len, hash, &len, EVP_sha256(), NULL) == 1 &&
	       len == CS_AUDIT_HASH_LEN;
}

const char *audit_row_fault(const struct audit_row *row)
{
	static const char other[] = "its content is not what was hashed when it was written";
	uint8_t bytes[CS_AUDIT_ENTRY_MAX], hash[CS_AUDIT_HASH_LEN];
	struct cs_writer w = CS_WRITER_OF(bytes);

	if (row->withheld) {
		return NULL;
	}
	if (row->format == 2 && !row->masked) {
		if (!row_digest(&w, cs_audit_encode_personal(&row->fields, row->salt, &w), hash) ||
		    memcmp(hash, row->commitment, sizeof hash) != 0) {
			return other;
		}
		w = CS_WRITER_OF(bytes);
	}
	if (!row_digest(&w,
			row->format == 2 ? cs_audit_encode_open(&row->fields, row->commitment, &w)
					 : cs_audit_encode(&row->fields, &w),
			hash)) {
		return "it cannot be hashed";
	}
	return memcmp(hash, row->stored, sizeof hash) == 0 ? NULL : other;
}
