/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What Google Authenticator shows when accounts are exported: QR codes with
 * otpauth-migration://offline?data=, one a line here. data is base64 of a Protocol Buffers message, read by
 * hand:
 *
 *   payload := 1: account*  2: version  3: codes in the batch  4: which of them, from 0  5: the batch's
 * number account := 1: seed  2: name  3: issuer  4: algorithm  5: digits  6: type  7: counter  8: (an
 * identifier)
 *
 * A batch is taken when all its codes are in the file, each once, in whatever order.
 */
#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "tools/import.h"

#define PAYLOAD_MAX 8192u /* bytes: a QR code holds less than 3,000 */
#define CODES_MAX   64u	  /* of a batch */
#define BATCHES_MAX 512u  /* of a file */

/* ---- Protocol Buffers ---- */

/* A varint, of ten bytes at most. */
static uint64_t proto_varint(struct cs_reader *r)
{
	uint64_t value = 0;
	uint8_t c = 0x80;

	for (unsigned shift = 0; (c & 0x80) != 0; shift += 7) {
		c = cs_read_u8(r);
		if (shift > 63 || (shift == 63 && c > 1)) {
			cs_reader_fail(r);
			return 0;
		}
		value |= (uint64_t)(c & 0x7F) << shift;
	}
	return value;
}

/* A field: its number, and a number or bytes by its kind. Only kinds 0 and 2 are there. */
struct proto_field {
	uint64_t number;
	bool is_bytes;
	uint64_t value;
	struct cs_view bytes;
};

static struct proto_field proto_next(struct cs_reader *r)
{
	struct proto_field field = {0};
	uint64_t key = proto_varint(r), len;

	field.number = key >> 3;
	field.is_bytes = (key & 7) == 2;
	if (field.is_bytes) {
		len = proto_varint(r);
		field.bytes = len <= PAYLOAD_MAX ? cs_read_view(r, (size_t)len) : CS_VIEW_EMPTY;
		if (len > PAYLOAD_MAX)
			cs_reader_fail(r);
	} else if ((key & 7) == 0) {
		field.value = proto_varint(r);
	} else {
		cs_reader_fail(r);
	}
	/* Of what is cut off nothing is looked at: number 0 is nobody's. */
	if (!cs_reader_more(r) && cs_reader_done(r) != CS_OK)
		field.number = 0;
	return field;
}

/* ---- accounts ---- */

/* Name and issuer; the name may have the issuer before it. */
static bool account_text(const struct proto_field *field, struct import_record *record)
{
	struct cs_view text = field->bytes;
	const uint8_t *colon;

	if (field->number == 3)
		return import_text(text, record->label, sizeof record->label);
	colon = text.len > 0 ? memchr(text.ptr, ':', text.len) : NULL;
	if (colon != NULL)
		text = cs_view(colon + 1, text.len - (size_t)(colon + 1 - text.ptr));
	return import_text(import_trim(text), record->user, sizeof record->user);
}

static bool account_seed(struct cs_view seed, struct import_record *record)
{
	if (seed.len > sizeof record->seed)
		return false;
	if (seed.len > 0)
		memcpy(record->seed, seed.ptr, seed.len);
	record->seed_len = seed.len;
	return true;
}

/* Numbers that stand for something else. 0, in all of them: nothing is said. */
static bool account_choice(const struct proto_field *field, struct import_record *record)
{
	static const enum cs_hash hashes[] = {CS_SHA1, CS_SHA1, CS_SHA256, CS_SHA512};
	static const unsigned digits[] = {6, 6, 8};

	switch (field->number) {
	case 4:
		record->hash = field->value < 4 ? hashes[field->value] : 0;
		return field->value < 4;
	case 5:
		record->digits = field->value < 3 ? digits[field->value] : 0;
		return field->value < 3;
	default:
		record->type = field->value == 1 ? IMPORT_HOTP : IMPORT_TOTP;
		return field->value == 1 || field->value == 2;
	}
}

/* NULL, or a phrase of what is wrong with the field. */
static const char *account_field(const struct proto_field *field, struct import_record *record)
{
	static const char *const phrases[] = {"",
					      "a secret that is too long",
					      "a name that is no clean text",
					      "an issuer that is no clean text",
					      "an algorithm that is none of SHA-1, SHA-256, SHA-512",
					      "a number of digits that is neither 6 nor 8",
					      "a type that is neither HOTP nor TOTP",
					      "a counter that is too large"};
	bool good = true;

	if (field->number == 0 || field->number > 7)
		return NULL; /* fields of later versions are passed over, as the format wants it */
	if (field->is_bytes != (field->number <= 3))
		return "a field of another kind";
	if (field->number == 1)
		good = account_seed(field->bytes, record);
	else if (field->number <= 3)
		good = account_text(field, record);
	else if (field->number < 7)
		good = account_choice(field, record);
	else
		record->counter = field->value;
	return good && record->counter <= INT64_MAX ? NULL : phrases[field->number];
}

static enum cs_err account_read(struct import_job *job, unsigned long line, struct cs_view message)
{
	struct cs_reader r = cs_reader_of(message);
	struct import_record record;
	const char *why = NULL;
	enum cs_err err;

	import_record_init(&record, IMPORT_TOTP, line);
	while (why == NULL && cs_reader_more(&r)) {
		struct proto_field field = proto_next(&r);
		why = account_field(&field, &record);
	}
	if (why != NULL)
		err = import_fail(job, CS_ERR_MALFORMED, line, "one of its accounts has %s", why);
	else if (cs_reader_done(&r) != CS_OK)
		err = import_fail(job, CS_ERR_MALFORMED, line, "one of its accounts is cut off");
	else {
		if (record.type == IMPORT_TOTP)
			record.counter = 0;
		err = import_emit(job, &record);
	}
	cs_wipe(&record, sizeof record);
	return err;
}

/* ---- batches ---- */

struct batch {
	uint64_t id, size, index;
};

struct batches {
	size_t count;
	struct {
		uint64_t id, size, seen; /* seen: a bit for each code */
		unsigned long line;
	} rows[BATCHES_MAX];
};

static enum cs_err batch_note(struct import_job *job, unsigned long line, const struct batch *batch,
			      struct batches *batches)
{
	size_t i = 0;

	if (batch->size == 0 || batch->size > CODES_MAX || batch->index >= batch->size)
		return import_fail(job, CS_ERR_MALFORMED, line, "its place in its batch is none");
	while (i < batches->count && batches->rows[i].id != batch->id)
		i++;
	if (i == BATCHES_MAX)
		return import_fail(job, CS_ERR_MALFORMED, line, "there are more than %u batches",
				   BATCHES_MAX);
	if (i == batches->count) {
		batches->count++;
		batches->rows[i].id = batch->id;
		batches->rows[i].size = batch->size;
		batches->rows[i].seen = 0;
		batches->rows[i].line = line;
	}
	if (batches->rows[i].size != batch->size || (batches->rows[i].seen >> batch->index & 1) != 0)
		return import_fail(job, CS_ERR_MALFORMED, line,
				   "code %llu of its batch stands there twice, or the batch has another size",
				   (unsigned long long)batch->index + 1);
	batches->rows[i].seen |= (uint64_t)1 << batch->index;
	return CS_OK;
}

static enum cs_err batches_whole(struct import_job *job, const struct batches *batches)
{
	for (size_t i = 0; i < batches->count; i++)
		for (uint64_t code = 0; code < batches->rows[i].size; code++)
			if ((batches->rows[i].seen >> code & 1) == 0)
				return import_fail(job, CS_ERR_MALFORMED, batches->rows[i].line,
						   "its batch has %llu codes, and code %llu is not there",
						   (unsigned long long)batches->rows[i].size,
						   (unsigned long long)code + 1);
	return CS_OK;
}

static enum cs_err payload_read(struct import_job *job, unsigned long line, struct cs_view payload,
				struct batches *batches)
{
	struct cs_reader r = cs_reader_of(payload);
	struct batch batch = {.id = 0, .size = 1, .index = 0};
	enum cs_err err = CS_OK;

	while (err == CS_OK && cs_reader_more(&r)) {
		struct proto_field field = proto_next(&r);
		if (field.number == 1 && field.is_bytes)
			err = account_read(job, line, field.bytes);
		else if (field.number >= 1 && field.number <= 5 && (field.number == 1 || field.is_bytes))
			err = import_fail(job, CS_ERR_MALFORMED, line, "it has a field of another kind");
		else if (field.number == 3)
			batch.size = field.value;
		else if (field.number == 4)
			batch.index = field.value;
		else if (field.number == 5)
			batch.id = field.value;
	}
	if (err == CS_OK && cs_reader_done(&r) != CS_OK)
		err = import_fail(job, CS_ERR_MALFORMED, line, "its data is cut off, or no Protocol Buffers");
	return err == CS_OK ? batch_note(job, line, &batch, batches) : err;
}

/* ---- the URI ---- */

/* Percent escapes undone; base64 in its other alphabet, too. */
static bool data_unescape(struct cs_view in, struct cs_writer *out)
{
	struct cs_reader r = cs_reader_of(in);

	while (cs_reader_more(&r)) {
		uint8_t c = cs_read_u8(&r);
		struct cs_writer one = cs_writer_of(&c, 1);
		if (c == '%' && cs_hex_decode(cs_read_view(&r, 2), &one) != CS_OK)
			return false;
		cs_write_u8(out, c == '-' ? '+' : c == '_' ? '/' : c);
	}
	return cs_reader_done(&r) == CS_OK && cs_writer_done(out) == CS_OK;
}

static enum cs_err line_read(struct import_job *job, unsigned long number, struct cs_view line,
			     struct batches *batches)
{
	static const char head[] = "otpauth-migration://offline?data=";
	uint8_t text[PAYLOAD_MAX * 4 / 3 + 4], payload[PAYLOAD_MAX];
	struct cs_writer t = CS_WRITER_OF(text), p = CS_WRITER_OF(payload);
	enum cs_err err;

	if (!cs_view_starts_with(line, CS_VIEW_TEXT("otpauth-migration://offline?data=")))
		return import_fail(job, CS_ERR_MALFORMED, number, "it does not begin with %s", head);
	line = cs_view(line.ptr + sizeof head - 1, line.len - (sizeof head - 1));
	if (!data_unescape(line, &t) || cs_base64_decode(cs_writer_view(&t), &p) != CS_OK)
		err = import_fail(job, CS_ERR_MALFORMED, number, "its data is no base64 of at most %u bytes",
				  PAYLOAD_MAX);
	else
		err = payload_read(job, number, cs_writer_view(&p), batches);
	cs_wipe(text, sizeof text);
	cs_wipe(payload, sizeof payload);
	return err;
}

enum cs_err import_migration(struct import_job *job)
{
	struct cs_view rest = import_content(job), line;
	struct batches batches = {.count = 0};
	unsigned long number = 0;
	enum cs_err err = CS_OK;

	while (err == CS_OK && import_line(&rest, &line)) {
		number++;
		line = import_trim(line);
		if (line.len > 0 && line.ptr[0] != '#')
			err = line_read(job, number, line, &batches);
	}
	return err == CS_OK ? batches_whole(job, &batches) : err;
}
