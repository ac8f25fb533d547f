/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Views, readers and writers.
 */
#include "base/bytes.h"

#include <string.h>

struct cs_view cs_view_string(const char *text)
{
	return cs_view(text, strlen(text));
}

bool cs_view_equal(struct cs_view a, struct cs_view b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool cs_view_starts_with(struct cs_view whole, struct cs_view prefix)
{
	return whole.len >= prefix.len && cs_view_equal(cs_view(whole.ptr, prefix.len), prefix);
}

/* ---- reader ---- */

struct cs_reader cs_reader_of(struct cs_view in)
{
	return (struct cs_reader){.ptr = in.ptr, .left = in.len};
}

void cs_reader_fail(struct cs_reader *r)
{
	r->failed = true;
	r->left = 0;
}

struct cs_view cs_read_view(struct cs_reader *r, size_t len)
{
	if (r->failed || len > r->left) {
		cs_reader_fail(r);
		return CS_VIEW_EMPTY;
	}
	/* An empty view too says where it stands, so that who copies or measures from it never holds NULL. */
	struct cs_view out = cs_view(r->ptr, len);
	if (len > 0) { /* a reader of an empty view may hold NULL, to which nothing may be added */
		r->ptr += len;
		r->left -= len;
	}
	return out;
}

static uint64_t read_integer(struct cs_reader *r, size_t len)
{
	struct cs_view bytes = cs_read_view(r, len);
	uint64_t value = 0;

	for (size_t i = 0; i < bytes.len; i++)
		value = value << 8 | bytes.ptr[i];
	return value;
}

uint8_t cs_read_u8(struct cs_reader *r)
{
	return (uint8_t)read_integer(r, 1);
}

uint16_t cs_read_u16(struct cs_reader *r)
{
	return (uint16_t)read_integer(r, 2);
}

uint32_t cs_read_u32(struct cs_reader *r)
{
	return (uint32_t)read_integer(r, 4);
}

uint64_t cs_read_u64(struct cs_reader *r)
{
	return read_integer(r, 8);
}

struct cs_view cs_read_rest(struct cs_reader *r)
{
	return cs_read_view(r, r->left);
}

void cs_read_copy(struct cs_reader *r, void *dst, size_t len)
{
	struct cs_view bytes = cs_read_view(r, len);

	if (len == 0)
		return;
	if (r->failed)
		memset(dst, 0, len);
	else
		memcpy(dst, bytes.ptr, len);
}

bool cs_reader_more(const struct cs_reader *r)
{
	return !r->failed && r->left > 0;
}

enum cs_err cs_reader_done(const struct cs_reader *r)
{
	return r->failed || r->left > 0 ? CS_ERR_MALFORMED : CS_OK;
}

/* ---- writer ---- */

struct cs_writer cs_writer_of(void *buf, size_t cap)
{
	return (struct cs_writer){.buf = buf, .cap = cap};
}

void cs_writer_fail(struct cs_writer *w)
{
	w->failed = true;
}

uint8_t *cs_write_space(struct cs_writer *w, size_t len)
{
	if (w->failed || len > w->cap - w->len) {
		cs_writer_fail(w);
		return NULL;
	}
	uint8_t *space = w->buf == NULL ? NULL : w->buf + w->len;
	w->len += len;
	return space;
}

static void write_integer(struct cs_writer *w, uint64_t value, size_t len)
{
	uint8_t *dst = cs_write_space(w, len);

	if (dst == NULL)
		return;
	for (size_t i = len; i > 0; i--) {
		dst[i - 1] = (uint8_t)value;
		value >>= 8;
	}
}

void cs_write_u8(struct cs_writer *w, uint8_t value)
{
	write_integer(w, value, 1);
}

void cs_write_u16(struct cs_writer *w, uint16_t value)
{
	write_integer(w, value, 2);
}

void cs_write_u32(struct cs_writer *w, uint32_t value)
{
	write_integer(w, value, 4);
}

void cs_write_u64(struct cs_writer *w, uint64_t value)
{
	write_integer(w, value, 8);
}

void cs_write_view(struct cs_writer *w, struct cs_view bytes)
{
	uint8_t *dst = cs_write_space(w, bytes.len);

	if (dst != NULL && bytes.len > 0)
		memcpy(dst, bytes.ptr, bytes.len);
}

void cs_write_fill(struct cs_writer *w, uint8_t value, size_t count)
{
	uint8_t *dst = cs_write_space(w, count);

	if (dst != NULL && count > 0)
		memset(dst, value, count);
}

void cs_writer_cut(struct cs_writer *w, size_t len)
{
	if (len > w->len)
		cs_writer_fail(w);
	else
		w->len = len;
}

struct cs_view cs_writer_view(const struct cs_writer *w)
{
	return w->failed ? CS_VIEW_EMPTY : cs_view(w->buf, w->len);
}

enum cs_err cs_writer_done(const struct cs_writer *w)
{
	return w->failed ? CS_ERR_NO_SPACE : CS_OK;
}
