/* SPDX-License-Identifier: BSD-2-Clause
 *
 * base64url without padding (RFC 4648, section 5), as credentials and JSON Web Tokens have it.
 */
#ifndef COUNTERSIGN_DAEMON_BASE64URL_H
#define COUNTERSIGN_DAEMON_BASE64URL_H

#include "base/bytes.h"

#define BASE64URL_LEN(len) (((len) * 8u + 5u) / 6u) /* characters */

void base64url_write(struct cs_writer *w, struct cs_view in);

#endif
