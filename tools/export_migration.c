/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What Google Authenticator reads: otpauth-migration://offline?data=, one URI a line, each for one QR code of
 * at most ten accounts (import_migration.c has the message). How many codes a batch has stands in each of
 * them, so that each part of a file is a batch of its own.
 */
#include <openssl/rand.h>
#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "tools/export.h"

#define CODE_ACCOUNTS 10u
#define CODE_BYTES    1800u /* about: with escapes, it is a QR code still */
#define ACCOUNT_REST  32u   /* what an account takes at most beside its seed and texts */
#define ACCOUNT_MAX   (ACCOUNT_REST + IMPORT_SEED_MAX + IMPORT_USER_SIZE + IMPORT_LABEL_SIZE)
#define PAYLOAD_MAX   (CODE_BYTES + ACCOUNT_MAX + 64u)

const char *export_migration_lack(const struct import_record *record)
{
	if (record->digits != 6 && record->digits != 8)
		return "7 digits";
	if (record->type == IMPORT_TOTP && record->period != 30)
		return "a time step other than 30 seconds";
	return export_otpauth_lack(record);
}

/* ---- Protocol Buffers ---- */

static void proto_varint(struct cs_writer *out, uint64_t value)
{
	for (; value > 0x7F; value >>= 7)
		cs_write_u8(out, (uint8_t)(0x80 | (value & 0x7F)));
	cs_write_u8(out, (uint8_t)value);
}

static void proto_number(struct cs_writer *out, unsigned field, uint64_t value)
{
	proto_varint(out, field << 3);
	proto_varint(out, value);
}

static void proto_bytes(struct cs_writer *out, unsigned field, struct cs_view bytes)
{
	proto_varint(out, field << 3 | 2);
	proto_varint(out, bytes.len);
	cs_write_view(out, bytes);
}

static const char *account_name(const struct import_record *record)
{
	return record->user[0] != '\0' ? record->user : record->serial;
}

static size_t account_size(const struct import_record *record)
{
	return ACCOUNT_REST + record->seed_len + strlen(account_name(record)) + strlen(record->label);
}

static enum cs_err account_write(const struct import_record *record, struct cs_writer *out)
{
	uint8_t message[ACCOUNT_MAX];
	struct cs_writer m = CS_WRITER_OF(message);

	proto_bytes(&m, 1, cs_view(record->seed, record->seed_len));
	proto_bytes(&m, 2, cs_view_string(account_name(record)));
	if (record->label[0] != '\0')
		proto_bytes(&m, 3, cs_view_string(record->label));
	proto_number(&m, 4, record->hash == CS_SHA256 ? 2 : record->hash == CS_SHA512 ? 3 : 1);
	proto_number(&m, 5, record->digits == 8 ? 2 : 1);
	proto_number(&m, 6, record->type == IMPORT_HOTP ? 1 : 2);
	if (record->type == IMPORT_HOTP)
		proto_number(&m, 7, record->counter);
	proto_bytes(out, 1, cs_writer_view(&m));
	cs_wipe(message, sizeof message);
	return cs_writer_done(&m);
}

/* ---- codes ---- */

/* The first token that is not in the code that begins with this one. */
static size_t code_end(const struct export_job *job, size_t from)
{
	size_t size = account_size(&job->records[from]), end = from + 1;

	while (end < job->count && end - from < CODE_ACCOUNTS &&
	       size + account_size(&job->records[end]) <= CODE_BYTES)
		size += account_size(&job->records[end++]);
	return end;
}

static size_t codes_count(const struct export_job *job)
{
	size_t count = 0;

	for (size_t i = 0; i < job->count; i = code_end(job, i))
		count++;
	return count;
}

struct batch {
	uint32_t id;
	size_t size, index;
};

static enum cs_err code_write(const struct export_job *job, size_t from, const struct batch *batch,
			      struct cs_writer *out)
{
	uint8_t payload[PAYLOAD_MAX];
	char text[CS_BASE64_SIZE(PAYLOAD_MAX)];
	struct cs_writer p = CS_WRITER_OF(payload);
	size_t end = code_end(job, from);
	enum cs_err err = CS_OK;

	for (size_t i = from; err == CS_OK && i < end; i++)
		err = account_write(&job->records[i], &p);
	proto_number(&p, 2, 1);
	proto_number(&p, 3, batch->size);
	proto_number(&p, 4, batch->index);
	proto_number(&p, 5, batch->id);
	if (err == CS_OK)
		err = cs_writer_done(&p);
	if (err == CS_OK) {
		cs_base64_encode(cs_writer_view(&p), text);
		export_text(out, "otpauth-migration://offline?data=");
		export_uri(out, text);
		cs_write_u8(out, '\n');
	}
	cs_wipe(payload, sizeof payload);
	cs_wipe(text, sizeof text);
	return err;
}

enum cs_err export_migration(const struct export_job *job, struct cs_writer *out)
{
	struct batch batch = {.size = codes_count(job)};
	enum cs_err err = CS_OK;

	if (!export_fits(job, export_migration_lack))
		return CS_ERR_UNSUPPORTED;
	if (RAND_bytes((uint8_t *)&batch.id, sizeof batch.id) != 1)
		return CS_ERR_CRYPTO;
	batch.id &= INT32_MAX; /* it is an int32 there */
	for (size_t i = 0; err == CS_OK && i < job->count; i = code_end(job, i), batch.index++)
		err = code_write(job, i, &batch, out);
	return err != CS_OK ? err : cs_writer_done(out);
}
