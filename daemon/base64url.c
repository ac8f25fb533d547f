/* SPDX-License-Identifier: BSD-2-Clause
 *
 * base64url.
 */
#include "daemon/base64url.h"

void base64url_write(struct cs_writer *w, struct cs_view in)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < in.len; i++) {
		bits = (bits << 8 | in.ptr[i]) & 0xFFFFu;
		have += 8;
		while (have >= 6) {
			have -= 6;
			cs_write_u8(w, (uint8_t)alphabet[bits >> have & 0x3F]);
		}
	}
	if (have)
		cs_write_u8(w, (uint8_t)alphabet[bits << (6 - have) & 0x3F]);
}

static unsigned digit_of(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0') + 52;
	return c == '-' ? 62 : c == '_' ? 63 : 64;
}

enum cs_err base64url_read(struct cs_view text, struct cs_writer *out)
{
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = digit_of(text.ptr[i]);
		if (digit > 63)
			return CS_ERR_MALFORMED;
		bits = (bits << 6 | digit) & 0xFFFFu;
		have += 6;
		if (have >= 8) {
			have -= 8;
			cs_write_u8(out, (uint8_t)(bits >> have & 0xFFu));
		}
	}
	if (have >= 6 || (bits & ((1u << have) - 1u)))
		return CS_ERR_MALFORMED;
	return cs_writer_done(out);
}
