/* SPDX-License-Identifier: BSD-2-Clause
 *
 * base64url without padding (RFC 4648, section 5), as credentials and JSON Web Tokens have it.
 */
#ifndef COUNTERSIGN_DAEMON_BASE64URL_H
#define COUNTERSIGN_DAEMON_BASE64URL_H

#include "base/bytes.h"

#define BASE64URL_LEN(len) (((len) * 8u + 5u) / 6u) /* characters */

/* In its one form: no padding, and zero bits behind the last byte. CS_ERR_MALFORMED; CS_ERR_NO_SPACE. */
CS_MUST_CHECK enum cs_err base64url_read(struct cs_view text, struct cs_writer *out);

void base64url_write(struct cs_writer *w, struct cs_view in);

#endif
