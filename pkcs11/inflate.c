/* SPDX-License-Identifier: BSD-2-Clause
 *
 * gzip by zlib.
 */
#include "pkcs11/inflate.h"

#define ZLIB_CONST
#include <zlib.h>

#define WINDOW_ANY_HEADER (32 + MAX_WBITS) /* zlib's own number for "gzip or zlib, whichever it is" */

enum cs_err gzip_inflate(struct cs_view packed, struct cs_writer *out)
{
	z_stream z = {.next_in = packed.ptr, .avail_in = (uInt)packed.len};
	int result;

	if (out->failed || packed.len > UINT32_MAX / 2)
		return CS_ERR_NO_SPACE;
	if (inflateInit2(&z, WINDOW_ANY_HEADER) != Z_OK)
		return CS_ERR_MEMORY;
	z.next_out = out->buf + out->len;
	z.avail_out = (uInt)(out->cap - out->len);
	result = inflate(&z, Z_FINISH);
	(void)inflateEnd(&z);
	if (result != Z_STREAM_END)
		return z.avail_out == 0 ? CS_ERR_NO_SPACE : CS_ERR_MALFORMED;
	(void)cs_write_space(out, (size_t)z.total_out);
	return cs_writer_done(out);
}
