/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The response's head, and a JSON reader that keeps the few members that matter here.
 */
#include "pam/reply.h"

#include <string.h>
#include <strings.h>

#define DEPTH_MAX 4u
#define NAME_SIZE 64u

/* ---- the response ---- */

/* The next line without its CR LF. False where there is no whole line. */
static bool line_take(struct cs_view *in, struct cs_view *line)
{
	for (size_t i = 0; i + 1 < in->len; i++)
		if (in->ptr[i] == '\r' && in->ptr[i + 1] == '\n') {
			*line = cs_view(in->ptr, i);
			*in = cs_view(in->ptr + i + 2, in->len - i - 2);
			return true;
		}
	return false;
}

static bool number_read(struct cs_view text, size_t *out)
{
	size_t value = 0;

	if (text.len == 0 || text.len > 7)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		value = value * 10 + (size_t)(text.ptr[i] - '0');
	}
	*out = value;
	return true;
}

static bool status_read(struct cs_view line, unsigned *status)
{
	struct cs_reader r = cs_reader_of(line);
	size_t number;

	if (!cs_view_equal(cs_read_view(&r, 9), CS_VIEW_TEXT("HTTP/1.1 ")) ||
	    !number_read(cs_read_view(&r, 3), &number) || number < 200 || number > 599)
		return false;
	*status = (unsigned)number;
	return !cs_reader_more(&r) || cs_read_u8(&r) == ' ';
}

static struct cs_view blanks_cut(struct cs_view text)
{
	while (text.len > 0 && text.ptr[0] == ' ')
		text = cs_view(text.ptr + 1, text.len - 1);
	while (text.len > 0 && text.ptr[text.len - 1] == ' ')
		text.len--;
	return text;
}

/* One header line; notes Content-Length in *len, once. False where it is wrong, or the body is sent another
 * way. */
static bool header_read(struct cs_view line, size_t *len, bool *known)
{
	const uint8_t *colon = memchr(line.ptr, ':', line.len);

	if (!colon || colon == line.ptr)
		return false;
	size_t name_len = (size_t)(colon - line.ptr);
	const char *name = (const char *)line.ptr;
	if (name_len == 17 && strncasecmp(name, "Transfer-Encoding", 17) == 0)
		return false;
	if (name_len != 14 || strncasecmp(name, "Content-Length", 14) != 0)
		return true;
	if (*known)
		return false;
	*known = true;
	return number_read(blanks_cut(cs_view(colon + 1, line.len - name_len - 1)), len);
}

enum cs_err reply_split(struct cs_view received, unsigned *status, struct cs_view *body)
{
	struct cs_view rest = received, line;
	unsigned number = 0;
	bool known = false;
	size_t len = 0;

	if (!line_take(&rest, &line))
		return CS_ERR_BUSY;
	if (!status_read(line, &number))
		return CS_ERR_MALFORMED;
	for (;;) {
		if (!line_take(&rest, &line))
			return CS_ERR_BUSY;
		if (line.len == 0)
			break;
		if (!header_read(line, &len, &known))
			return CS_ERR_MALFORMED;
	}
	if (!known || rest.len > len) /* what follows the answer to the one question is no answer */
		return CS_ERR_MALFORMED;
	if (rest.len < len)
		return CS_ERR_BUSY;
	*status = number;
	*body = rest;
	return CS_OK;
}

/* ---- JSON ---- */

/* The next byte, or 0 at the end. It is not taken. */
static uint8_t look(const struct cs_reader *r)
{
	struct cs_reader ahead = *r;

	return cs_read_u8(&ahead);
}

/* Skips white space; the byte that follows, or 0 at the end. It is not taken. */
static uint8_t peek(struct cs_reader *r)
{
	for (;;) {
		uint8_t c = look(r);
		if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
			return c;
		(void)cs_read_u8(r);
	}
}

static void expect(struct cs_reader *r, uint8_t wanted)
{
	if (peek(r) != wanted)
		cs_reader_fail(r);
	(void)cs_read_u8(r);
}

/* The four digits of \u. A half of a surrogate pair is refused: the daemon writes UTF-8 as it is. */
static void escape_read(struct cs_reader *r, struct cs_writer *w)
{
	unsigned value = 0;

	for (unsigned i = 0; i < 4; i++) {
		uint8_t c = cs_read_u8(r);
		unsigned digit = c >= '0' && c <= '9'			  ? c - (unsigned)'0'
				 : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20u) - 'a' + 10u
									  : 16u;
		if (digit > 15)
			cs_reader_fail(r);
		value = value << 4 | (digit & 15u);
	}
	if (value == 0 || (value >= 0xD800 && value <= 0xDFFF))
		cs_reader_fail(r);
	if (value < 0x80) {
		cs_write_u8(w, (uint8_t)value);
	} else if (value < 0x800) {
		cs_write_u8(w, (uint8_t)(0xC0 | value >> 6));
		cs_write_u8(w, (uint8_t)(0x80 | (value & 0x3F)));
	} else {
		cs_write_u8(w, (uint8_t)(0xE0 | value >> 12));
		cs_write_u8(w, (uint8_t)(0x80 | (value >> 6 & 0x3F)));
		cs_write_u8(w, (uint8_t)(0x80 | (value & 0x3F)));
	}
}

/* A string's text into w. */
static void text_read(struct cs_reader *r, struct cs_writer *w)
{
	static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";

	expect(r, '"');
	while (cs_reader_more(r)) {
		uint8_t c = cs_read_u8(r);
		if (c == '"')
			return;
		if (c < 0x20)
			break;
		if (c != '\\') {
			cs_write_u8(w, c);
			continue;
		}
		c = cs_read_u8(r);
		if (c == 'u') {
			escape_read(r, w);
			continue;
		}
		size_t i = 0;
		while (escapes[i] && escapes[i] != (char)c)
			i += 2;
		if (!escapes[i])
			break;
		cs_write_u8(w, (uint8_t)escapes[i + 1]);
	}
	cs_reader_fail(r);
}

/* A word of letters, or a number's characters. */
static struct cs_view word_read(struct cs_reader *r)
{
	struct cs_reader start = *r;
	size_t len = 0;

	for (uint8_t c = look(r); c && strchr("abcdefghijklmnopqrstuvwxyz0123456789+-.E", c); c = look(r)) {
		(void)cs_read_u8(r);
		len++;
	}
	if (len == 0)
		cs_reader_fail(r);
	return cs_read_view(&start, len);
}

static bool is_number(struct cs_view word)
{
	return word.len > 0 && ((word.ptr[0] >= '0' && word.ptr[0] <= '9') || word.ptr[0] == '-');
}

/* Whose text it is, by its path; NULL for one that nobody wants. */
static char *wanted(struct reply *out, const char *path)
{
	const struct {
		const char *path;
		char *text;
	} texts[] = {
	    {".reason", out->reason},	{".challenge", out->challenge}, {".question", out->question},
	    {".sent_to", out->sent_to}, {".error.code", out->code},	{".error.message", out->message},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(path, texts[i].path) == 0)
			return texts[i].text;
	return NULL;
}

/* A text that is wanted is kept, with its NUL; another one is passed over. */
static enum cs_err value_text(struct cs_reader *r, const char *path, struct reply *out)
{
	char text[REPLY_TEXT_SIZE];
	struct cs_writer w = cs_writer_of(text, sizeof(text) - 1);
	char *kept = wanted(out, path);

	text_read(r, &w);
	if (!kept)
		return CS_OK;
	if (cs_writer_done(&w))
		return CS_ERR_LENGTH;
	struct cs_view view = cs_writer_view(&w);
	memcpy(kept, text, view.len);
	kept[view.len] = '\0';
	return CS_OK;
}

static enum cs_err value_word(struct cs_reader *r, const char *path, struct reply *out)
{
	struct cs_view word = word_read(r);
	bool yes = cs_view_equal(word, CS_VIEW_TEXT("true"));

	if (strcmp(path, ".accepted") == 0) {
		if (out->told)
			return CS_ERR_MALFORMED;
		out->told = true;
		out->accepted = yes;
	}
	return yes || cs_view_equal(word, CS_VIEW_TEXT("false")) ||
		       cs_view_equal(word, CS_VIEW_TEXT("null")) || is_number(word)
		   ? CS_OK
		   : CS_ERR_MALFORMED;
}

static enum cs_err value_read(struct cs_reader *r, unsigned depth, const char *path, struct reply *out);

/* Members or elements up to the closing bracket. */
static enum cs_err group_read(struct cs_reader *r, unsigned depth, const char *path, struct reply *out)
{
	bool object = cs_read_u8(r) == '{';
	uint8_t end = object ? '}' : ']';
	enum cs_err err = CS_OK;

	if (peek(r) == end)
		return (void)cs_read_u8(r), CS_OK;
	while (!err) {
		char inner[2 * NAME_SIZE + 2];
		struct cs_writer w = cs_writer_of(inner, sizeof(inner) - 1);
		cs_write_view(&w, cs_view_string(path));
		cs_write_u8(&w, object ? '.' : '#');
		if (object) {
			text_read(r, &w);
			expect(r, ':');
		}
		if (cs_writer_done(&w) || r->failed)
			return CS_ERR_MALFORMED;
		inner[cs_writer_view(&w).len] = '\0';
		err = value_read(r, depth + 1, inner, out);
		if (err || peek(r) != ',')
			break;
		(void)cs_read_u8(r);
	}
	expect(r, end);
	return err;
}

static enum cs_err value_read(struct cs_reader *r, unsigned depth, const char *path, struct reply *out)
{
	switch (peek(r)) {
	case '{':
	case '[':
		return depth < DEPTH_MAX ? group_read(r, depth, path, out) : CS_ERR_MALFORMED;
	case '"':
		return value_text(r, path, out);
	default:
		return value_word(r, path, out);
	}
}

enum cs_err reply_parse(unsigned status, struct cs_view body, struct reply *out)
{
	struct cs_reader r = cs_reader_of(body);
	struct reply reply = {.status = status};

	if (peek(&r) != '{')
		return CS_ERR_MALFORMED;
	enum cs_err err = value_read(&r, 0, "", &reply);
	(void)peek(&r);
	if (!err)
		err = cs_reader_done(&r);
	if (!err)
		*out = reply;
	return err;
}
