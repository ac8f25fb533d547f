/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One person, one name.
 */
#include "daemon/name.h"

#include <string.h>

/* Takes one character of UTF-8; fails the reader where there is none (Unicode 15, table 3-7). */
static uint32_t name_character(struct cs_reader *r)
{
	static const uint32_t lowest[] = {0, 0x80, 0x800, 0x10000};
	uint32_t c = cs_read_u8(r);
	unsigned more = c < 0x80		? 0
			: c >= 0xF0 && c < 0xF8 ? 3
			: c >= 0xE0 && c < 0xF0 ? 2
						: c >= 0xC0 && c < 0xE0;

	if (c >= 0x80 && !more)
		cs_reader_fail(r);
	if (more)
		c &= 0x3Fu >> more;
	for (unsigned i = 0; i < more; i++) {
		uint8_t next = cs_read_u8(r);
		if ((next & 0xC0) != 0x80)
			cs_reader_fail(r);
		c = c << 6 | (next & 0x3Fu);
	}
	if (c < lowest[more] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		cs_reader_fail(r);
	return c;
}

static bool name_character_allowed(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} refused[] = {{0x00, 0x1F},	 {0x7F, 0x9F},	   {0xAD, 0xAD},    {0x200B, 0x200F},
		       {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF}};

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (c >= refused[i].first && c <= refused[i].last)
			return false;
	return true;
}

enum cs_err name_check(struct cs_view text)
{
	struct cs_reader r = cs_reader_of(text);

	while (cs_reader_more(&r))
		if (!name_character_allowed(name_character(&r)))
			cs_reader_fail(&r);
	return cs_reader_done(&r);
}

enum cs_err name_canonical(struct cs_view text, size_t max, char *out)
{
	while (text.len && text.ptr[0] == ' ')
		text = cs_view(text.ptr + 1, text.len - 1);
	while (text.len && text.ptr[text.len - 1] == ' ')
		text.len--;
	enum cs_err err = name_check(text);
	if (err)
		return err;
	if (text.len == 0 || text.len > max)
		return CS_ERR_LENGTH;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		out[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	}
	out[text.len] = '\0';
	return CS_OK;
}
