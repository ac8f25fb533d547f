/* SPDX-License-Identifier: BSD-2-Clause
 *
 * JSON strings (RFC 8259, section 7).
 */
#include "base/json.h"

void cs_json_write_text(struct cs_writer *w, struct cs_view text)
{
	static const char hex[] = "0123456789abcdef";

	cs_write_u8(w, '"');
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		if (c < 0x20) {
			cs_write_view(w, CS_VIEW_TEXT("\\u00"));
			cs_write_u8(w, (uint8_t)hex[c >> 4]);
			cs_write_u8(w, (uint8_t)hex[c & 15]);
			continue;
		}
		if (c == '"' || c == '\\')
			cs_write_u8(w, '\\');
		cs_write_u8(w, c);
	}
	cs_write_u8(w, '"');
}
