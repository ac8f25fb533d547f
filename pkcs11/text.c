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
