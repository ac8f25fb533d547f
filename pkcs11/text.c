/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Blank-padded texts.
 */
#include "pkcs11/text.h"

#include <string.h>

void text_pad(unsigned char *out, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len > size) {
		len = size;
		/* 10xxxxxx continues a character. */
		while (len > 0 && ((unsigned char)text[len] & 0xC0u) == 0x80u)
			len--;
	}
	memset(out, ' ', size);
	memcpy(out, text, len);
}

/* Bytes that follow a first one, and the least number that so many are for; false: none begins so. */
static bool first_byte(uint8_t byte, unsigned *more, uint32_t *number, uint32_t *least)
{
	static const struct {
		uint8_t mask, bits;
		uint32_t least;
	} forms[] = {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};

	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if ((byte & forms[i].mask) == forms[i].bits) {
			*more = i;
			*number = (uint8_t)(byte & ~forms[i].mask);
			*least = forms[i].least;
			return true;
		}
	}
	return false;
}

bool text_is_utf8(struct cs_view text)
{
	struct cs_reader r = cs_reader_of(text);

	while (cs_reader_more(&r)) {
		uint32_t number, least;
		unsigned more;

		if (!first_byte(cs_read_u8(&r), &more, &number, &least))
			return false;
		for (; more > 0; more--) {
			uint8_t byte = cs_read_u8(&r);

			if ((byte & 0xC0u) != 0x80)
				return false;
			number = number << 6 | (byte & 0x3Fu);
		}
		if (number < least || number > 0x10FFFF || (number >= 0xD800 && number <= 0xDFFF))
			return false;
	}
	return cs_reader_done(&r) == CS_OK;
}
