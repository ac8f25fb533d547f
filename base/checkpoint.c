/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The text of a checkpoint, written and read.
 */
#include "base/checkpoint.h"

#include "base/encoding.h"
#include "base/utc.h"

#define CHECKPOINT_TITLE "countersign audit checkpoint 1\n"

static void checkpoint_name(struct cs_writer *w, const char *name)
{
	cs_write_view(w, cs_view_string(name));
	cs_write_u8(w, ' ');
}

static void checkpoint_hex(struct cs_writer *w, const char *name, struct cs_view bytes)
{
	char hex[2 * CS_AUDIT_HASH_LEN + 1];

	cs_hex_encode(bytes, hex);
	checkpoint_name(w, name);
	cs_write_view(w, cs_view_string(hex));
	cs_write_u8(w, '\n');
}

static void checkpoint_number(struct cs_writer *w, const char *name, uint64_t number)
{
	uint8_t digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (uint8_t)('0' + number % 10);
	while ((number /= 10) != 0);
	checkpoint_name(w, name);
	cs_write_view(w, cs_view(digits + at, sizeof(digits) - at));
	cs_write_u8(w, '\n');
}

enum cs_err cs_checkpoint_write(const struct cs_checkpoint *checkpoint, struct cs_writer *w)
{
	if (checkpoint->sequence == 0)
		return CS_ERR_ARG;
	cs_write_view(w, CS_VIEW_TEXT(CHECKPOINT_TITLE));
	checkpoint_hex(w, "installation", CS_VIEW_OF(checkpoint->installation));
	checkpoint_number(w, "entry", checkpoint->sequence);
	checkpoint_hex(w, "hash", CS_VIEW_OF(checkpoint->hash));
	checkpoint_name(w, "time");
	enum cs_err err = cs_utc_write(checkpoint->time_ms, w);
	if (err)
		return err;
	cs_write_u8(w, '\n');
	checkpoint_hex(w, "key", CS_VIEW_OF(checkpoint->key));
	return cs_writer_done(w);
}

/* What stands between the name with its blank and the end of the line. */
static struct cs_view checkpoint_line(struct cs_reader *r, const char *name)
{
	const struct cs_view want = cs_view_string(name);
	const struct cs_view got = cs_read_view(r, want.len);
	struct cs_reader ahead;
	size_t len = 0;

	if (!cs_view_equal(got, want) || cs_read_u8(r) != ' ')
		cs_reader_fail(r);
	for (ahead = *r; cs_reader_more(&ahead) && cs_read_u8(&ahead) != '\n';)
		len++;
	const struct cs_view value = cs_read_view(r, len);
	if (cs_read_u8(r) != '\n')
		cs_reader_fail(r);
	return value;
}

static void checkpoint_read_hex(struct cs_reader *r, const char *name, void *out, size_t len)
{
	const struct cs_view text = checkpoint_line(r, name);
	struct cs_writer w = cs_writer_of(out, len);

	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] >= 'A' && text.ptr[i] <= 'F')
			cs_reader_fail(r);
	if (text.len != 2 * len || cs_hex_decode(text, &w))
		cs_reader_fail(r);
}

static uint64_t checkpoint_read_number(struct cs_reader *r, const char *name)
{
	const struct cs_view text = checkpoint_line(r, name);
	uint64_t number = 0;

	/* 18 digits are more than a log will ever have entries, and fit. */
	if (text.len == 0 || text.len > 18 || text.ptr[0] == '0')
		cs_reader_fail(r);
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			cs_reader_fail(r);
		number = number * 10 + (uint64_t)(text.ptr[i] - '0');
	}
	return number;
}

enum cs_err cs_checkpoint_read(struct cs_view text, struct cs_checkpoint *out)
{
	const struct cs_view title = CS_VIEW_TEXT(CHECKPOINT_TITLE);
	struct cs_reader r = cs_reader_of(text);
	struct cs_checkpoint read = {0};

	if (!cs_view_equal(cs_read_view(&r, title.len), title))
		cs_reader_fail(&r);
	checkpoint_read_hex(&r, "installation", read.installation, sizeof(read.installation));
	read.sequence = checkpoint_read_number(&r, "entry");
	checkpoint_read_hex(&r, "hash", read.hash, sizeof(read.hash));
	if (cs_utc_read(checkpoint_line(&r, "time"), &read.time_ms))
		cs_reader_fail(&r);
	checkpoint_read_hex(&r, "key", read.key, sizeof(read.key));
	enum cs_err err = cs_reader_done(&r);
	if (!err)
		*out = read;
	return err;
}
