/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a user's key signs when he logs in with a certificate.
 */
#include "base/login_text.h"

static bool line_write(struct cs_view line, struct cs_writer *out)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.ptr[i] < 0x20 || line.ptr[i] == 0x7F)
			return false;
	cs_write_view(out, line);
	cs_write_u8(out, '\n');
	return true;
}

enum cs_err cs_login_text_write(const struct cs_login_text *text, struct cs_writer *out)
{
	if (!line_write(CS_VIEW_TEXT("countersign login 1"), out) || !line_write(text->issuer, out) ||
	    !line_write(text->application, out) || !line_write(text->user, out) ||
	    !line_write(text->nonce, out))
		return CS_ERR_MALFORMED;
	return cs_writer_done(out);
}
