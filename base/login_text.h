/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a user's key signs when he logs in with a certificate (POST /v1/login): the one source for countersignd and
 * for who signs.
 *
 *   countersign login 1 | issuer | application | user | nonce      each followed by a line feed
 *
 * The first line keeps the signature from being one of anything else. None of the others can hold a line feed, so
 * two logins never have one text. Issuer, application, user and nonce are those of the server's answer.
 */
#ifndef COUNTERSIGN_BASE_LOGIN_TEXT_H
#define COUNTERSIGN_BASE_LOGIN_TEXT_H

#include "base/bytes.h"

#define CS_LOGIN_TEXT_MAX 1024u

struct cs_login_text {
	struct cs_view issuer, application, user, nonce;
};

/* CS_ERR_NO_SPACE; CS_ERR_MALFORMED: one of them has a control character (below U+0020, or U+007F) in it. */
CS_MUST_CHECK enum cs_err cs_login_text_write(const struct cs_login_text *text, struct cs_writer *out);

#endif
