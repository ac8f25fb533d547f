/* SPDX-License-Identifier: BSD-2-Clause
 *
 * BER-TLV elements, read and written. No recursion: a caller descends by making a reader of a value.
 */
#include "base/tlv.h"

#include <string.h>

#define TAG_BYTES_MAX	3u
#define TAG_MORE_FOLLOW 0x1Fu /* low bits of a first tag byte: the number is in the next bytes */
#define TAG_CONTINUES	0x80u /* in a later tag byte: another one follows */
#define LENGTH_LONG	0x80u /* in a first length byte: the low bits count the bytes that follow */
#define LENGTH_LONG_MAX 3u
#define VALUE_LEN_MAX	0xFFFFFFu

static uint32_t read_tag(struct cs_reader *r)
{
	uint8_t byte = cs_read_u8(r);
	uint32_t tag = byte;

	if ((byte & TAG_MORE_FOLLOW) != TAG_MORE_FOLLOW)
		return tag;
	for (unsigned i = 1; i < TAG_BYTES_MAX; i++) {
		byte = cs_read_u8(r);
		tag = tag << 8 | byte;
		if ((byte & TAG_CONTINUES) == 0)
			return tag;
	}
	cs_reader_fail(r);
	return 0;
}

static size_t read_length(struct cs_reader *r)
{
	uint8_t first = cs_read_u8(r);

	if ((first & LENGTH_LONG) == 0)
		return first;
	unsigned count = first & ~LENGTH_LONG;
	if (count == 0 || count > LENGTH_LONG_MAX) {
		cs_reader_fail(r);
		return 0;
	}
	size_t len = 0;
	for (unsigned i = 0; i < count; i++)
		len = len << 8 | cs_read_u8(r);
	return len;
}

bool cs_tlv_read(struct cs_reader *r, struct cs_tlv *out)
{
	if (!cs_reader_more(r))
		return false;
	uint32_t tag = read_tag(r);
	size_t len = read_length(r);
	struct cs_view value = cs_read_view(r, len);
	if (r->failed)
		return false;
	*out = (struct cs_tlv){.tag = tag, .value = value};
	return true;
}

struct cs_view cs_tlv_expect(struct cs_reader *r, uint32_t tag)
{
	struct cs_tlv element;

	if (!cs_tlv_read(r, &element) || element.tag != tag) {
		cs_reader_fail(r);
		return CS_VIEW_EMPTY;
	}
	return element.value;
}

enum cs_err cs_tlv_find(struct cs_view in, uint32_t tag, struct cs_view *value)
{
	struct cs_reader r = cs_reader_of(in);
	struct cs_tlv element;

	while (cs_tlv_read(&r, &element)) {
		if (element.tag == tag) {
			*value = element.value;
			return CS_OK;
		}
	}
	return cs_reader_done(&r) == CS_OK ? CS_ERR_NOT_FOUND : CS_ERR_MALFORMED;
}

static size_t tag_size(uint32_t tag)
{
	return tag > 0xFFFFu ? 3u : tag > 0xFFu ? 2u : 1u;
}

static size_t length_size(size_t len)
{
	return len > 0xFFFFu ? 4u : len > 0xFFu ? 3u : len > 0x7Fu ? 2u : 1u;
}

size_t cs_tlv_size(uint32_t tag, size_t value_len)
{
	return tag_size(tag) + length_size(value_len) + value_len;
}

static void write_low_bytes(struct cs_writer *w, size_t value, size_t count)
{
	while (count-- > 0)
		cs_write_u8(w, (uint8_t)(value >> 8 * count));
}

static void write_length(struct cs_writer *w, size_t len)
{
	if (len > VALUE_LEN_MAX) {
		cs_writer_fail(w);
		return;
	}
	size_t long_bytes = length_size(len) - 1;
	if (long_bytes > 0)
		cs_write_u8(w, (uint8_t)(LENGTH_LONG | long_bytes));
	write_low_bytes(w, len, long_bytes > 0 ? long_bytes : 1);
}

void cs_tlv_write_header(struct cs_writer *w, uint32_t tag, size_t value_len)
{
	write_low_bytes(w, tag, tag_size(tag));
	write_length(w, value_len);
}

void cs_tlv_write(struct cs_writer *w, uint32_t tag, struct cs_view value)
{
	cs_tlv_write_header(w, tag, value.len);
	cs_write_view(w, value);
}

void cs_tlv_write_u8(struct cs_writer *w, uint32_t tag, uint8_t value)
{
	cs_tlv_write_header(w, tag, 1);
	cs_write_u8(w, value);
}

size_t cs_tlv_begin(struct cs_writer *w, uint32_t tag)
{
	write_low_bytes(w, tag, tag_size(tag));
	size_t mark = w->len;
	cs_write_u8(w, 0); /* the length, if one byte is enough for it */
	return mark;
}

void cs_tlv_end(struct cs_writer *w, size_t mark)
{
	if (w->failed)
		return;
	size_t start = mark + 1;
	size_t value_len = w->len - start;
	size_t extra = length_size(value_len) - 1;

	if (cs_write_space(w, extra) == NULL)
		return;
	memmove(w->buf + start + extra, w->buf + start, value_len);
	struct cs_writer length = cs_writer_of(w->buf + mark, 1 + extra);
	write_length(&length, value_len);
	if (length.failed)
		cs_writer_fail(w);
}
