/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One person, one name: however a user's name is typed, it comes out in one canonical form before anything
 * looks at it, so that neither a lockout nor an account can be split by letter case or blanks (CVE-2025-24806
 * was that).
 */
#ifndef COUNTERSIGN_DAEMON_NAME_H
#define COUNTERSIGN_DAEMON_NAME_H

#include "base/bytes.h"

#define NAME_MAX_LEN 128u

/* The canonical form of text: valid UTF-8 (RFC 3629: shortest forms, no surrogates, up to U+10FFFF), ASCII
 * letters in lower case, blanks cut off both ends. CS_ERR_MALFORMED: not UTF-8, a control character (C0, DEL,
 * C1), or a character that shows as nothing and so makes two names look alike (U+200B to U+200F, U+2028 to
 * U+202E, U+2060 to U+206F, U+FEFF, U+00AD). CS_ERR_LENGTH: nothing left, or more than max bytes. out is
 * NUL-terminated and has room for max + 1 bytes. Other letters are compared byte for byte: é as one character
 * and as two are two names. */
CS_MUST_CHECK enum cs_err name_canonical(struct cs_view text, size_t max, char *out);

/* The same checks and no change: for labels and applications' names. An empty text passes. */
CS_MUST_CHECK enum cs_err name_check(struct cs_view text);

#endif
