/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Queries and forms taken apart.
 */
#include "daemon/front_form.h"

#include <string.h>
#include <strings.h>

#include "base/encoding.h"

/* ---- escapes ---- */

/* The byte that two hexadecimal digits stand for. */
static bool hex_byte(struct cs_view digits, uint8_t *out)
{
	struct cs_writer one = cs_writer_of(out, 1);

	return digits.len == 2 && cs_hex_decode(digits, &one) == CS_OK && cs_writer_view(&one).len == 1;
}

bool front_form_unescape(struct cs_view in, bool plus, struct cs_writer *out)
{
	struct cs_reader r = cs_reader_of(in);

	while (cs_reader_more(&r)) {
		uint8_t c = cs_read_u8(&r);

		if (c == '%') {
			if (!hex_byte(cs_read_view(&r, 2), &c)) {
				return false;
			}
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (c == '\0') {
			return false;
		}
		cs_write_u8(out, c);
	}
	return cs_reader_done(&r) == CS_OK && cs_writer_done(out) == CS_OK;
}

size_t front_form_unescape_again(uint8_t *text, size_t len)
{
	size_t to = 0;

	for (size_t from = 0; from < len; from++) {
		uint8_t c = text[from];

		if (c == '%' && len - from > 2 && hex_byte(cs_view(text + from + 1, 2), &c)) {
			from += 2;
		}
		if (c == '\0') {
			return len + 1;
		}
		text[to++] = c;
	}
	return to;
}

static bool is_agent_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '-';
}

bool front_form_escapes_twice(struct cs_view user_agent)
{
	static const char *const once[] = {"privacyidea-cp", "privacyidea-ldap-proxy", "simplesamlphp"};
	size_t len = 0;

	while (len < user_agent.len && is_agent_char(user_agent.ptr[len])) {
		len++;
	}
	for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) {
		if (len == strlen(once[i]) && strncasecmp((const char *)user_agent.ptr, once[i], len) == 0) {
			return false;
		}
	}
	return len > 0 || user_agent.len == 0;
}

/* ---- multipart/form-data ---- */

/* Where text begins in in; in.len where it does not stand there. */
static size_t find(struct cs_view in, struct cs_view text)
{
	const uint8_t *at = in.len >= text.len ? memmem(in.ptr, in.len, text.ptr, text.len) : NULL;

	return at != NULL ? (size_t)(at - in.ptr) : in.len;
}

static struct cs_view skip(struct cs_view in, size_t len)
{
	return cs_view(in.ptr + len, in.len - len);
}

struct cs_view front_form_boundary(struct cs_view content_type)
{
	static const char name[] = "boundary=";
	size_t at = 0, len = 0;

	while (at < content_type.len &&
	       (content_type.len - at < sizeof name - 1 ||
		strncasecmp((const char *)content_type.ptr + at, name, sizeof name - 1) != 0)) {
		at++;
	}
	if (at == content_type.len) {
		return CS_VIEW_EMPTY;
	}
	content_type = skip(content_type, at + sizeof name - 1);
	bool quoted = content_type.len > 0 && content_type.ptr[0] == '"';

	content_type = skip(content_type, quoted ? 1 : 0);
	while (len < content_type.len && content_type.ptr[len] != '"' &&
	       (quoted || (content_type.ptr[len] != ';' && content_type.ptr[len] != ' '))) {
		len++;
	}
	return len <= FRONT_BOUNDARY_MAX ? cs_view(content_type.ptr, len) : CS_VIEW_EMPTY;
}

/* Past the boundary that rest begins with: 1 where a part follows, 0 where none does, -1 where it is
 * malformed. */
static int boundary_pass(struct front_pairs *pairs)
{
	struct cs_view rest = pairs->rest;

	if (!cs_view_starts_with(rest, CS_VIEW_TEXT("--")) ||
	    !cs_view_starts_with(skip(rest, 2), pairs->boundary)) {
		return -1;
	}
	rest = skip(rest, 2 + pairs->boundary.len);
	if (cs_view_starts_with(rest, CS_VIEW_TEXT("--"))) {
		return 0;
	}
	if (!cs_view_starts_with(rest, CS_VIEW_TEXT("\r\n"))) {
		return -1;
	}
	pairs->rest = skip(rest, 2);
	return 1;
}

/* What a line of a part's header names it: Content-Disposition: form-data; name="user". Empty where it is
 * another line. */
static struct cs_view line_name(struct cs_view line)
{
	static const char field[] = "Content-Disposition:";

	if (line.len < sizeof field - 1 ||
	    strncasecmp((const char *)line.ptr, field, sizeof field - 1) != 0) {
		return CS_VIEW_EMPTY;
	}
	const struct cs_view before = CS_VIEW_TEXT(" name=\"");
	size_t at = find(line, before);

	if (at == line.len) {
		return CS_VIEW_EMPTY;
	}
	line = skip(line, at + before.len);
	return cs_view(line.ptr, find(line, CS_VIEW_TEXT("\"")));
}

/* A part's header, up to the empty line; false where there is no such, or no name. */
static bool header_pass(struct cs_view *rest, struct cs_view *name)
{
	struct cs_view found = CS_VIEW_EMPTY;

	for (;;) {
		size_t len = find(*rest, CS_VIEW_TEXT("\r\n"));

		if (len == rest->len) {
			return false;
		}
		struct cs_view one = line_name(cs_view(rest->ptr, len));

		found = one.len > 0 ? one : found;
		*rest = skip(*rest, len + 2);
		if (len == 0) {
			*name = found;
			return found.len > 0;
		}
	}
}

/* A part's content, up to the line that has the boundary. */
static bool content_pass(struct front_pairs *pairs, struct cs_view *content)
{
	struct cs_view rest = pairs->rest;
	size_t len = 0;

	for (;;) {
		len += find(skip(rest, len), CS_VIEW_TEXT("\r\n--"));
		if (len == rest.len) {
			return false;
		}
		if (cs_view_starts_with(skip(rest, len + 4), pairs->boundary)) {
			*content = cs_view(rest.ptr, len);
			pairs->rest = skip(rest, len + 2);
			return true;
		}
		len += 4;
	}
}

static bool part_next(struct front_pairs *pairs, struct cs_view *name, struct cs_view *value)
{
	int follows = boundary_pass(pairs);

	if (follows > 0 && (!header_pass(&pairs->rest, name) || !content_pass(pairs, value))) {
		follows = -1;
	}
	pairs->malformed = follows < 0;
	return follows > 0;
}

/* ---- both ---- */

/* The part of *list up to the next separator; *list becomes what follows it. */
static struct cs_view split_off(struct cs_view *list, char separator)
{
	size_t len = find(*list, cs_view(&separator, 1));
	struct cs_view part = cs_view(list->ptr, len);

	*list = skip(*list, len < list->len ? len + 1 : len);
	return part;
}

bool front_pairs_next(struct front_pairs *pairs, struct cs_view *name, struct cs_view *value)
{
	if (pairs->boundary.len > 0) {
		return part_next(pairs, name, value);
	}
	if (pairs->rest.len == 0) {
		return false;
	}
	*value = split_off(&pairs->rest, '&');
	*name = split_off(value, '=');
	return true;
}
