/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The pre-shared key of a token file, as hexadecimal digits.
 */
#include "tools/transport_key.h"

#include "base/encoding.h"

bool transport_key_get(const struct cli *cli, struct cs_writer *out, enum cli_status *status)
{
	struct secret text;
	bool good = secret_get(cli, SECRET_TRANSPORT_KEY, &text, status);

	if (good && (cs_hex_decode(secret_view(&text), out) != CS_OK ||
		     (cs_writer_view(out).len != 16 && cs_writer_view(out).len != 24 &&
		      cs_writer_view(out).len != 32))) {
		*status =
		    cli_fail(cli, CLI_USAGE, "usage",
			     "the transport key is no AES key: 32, 48 or 64 hexadecimal digits are one");
		good = false;
	}
	secret_wipe(&text);
	return good;
}
