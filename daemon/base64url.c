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
