/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Texts as PKCS #11 has them: a fixed size, padded with blanks, no NUL.
 */
#ifndef COUNTERSIGN_PKCS11_TEXT_H
#define COUNTERSIGN_PKCS11_TEXT_H

#include "base/bytes.h"

/* Writes text, cut between UTF-8 characters if it is too long, and blanks. */
void text_pad(unsigned char *out, size_t size, const char *text);

/* Whether these are characters of UTF-8 (RFC 3629), as CKA_LABEL has to be. */
bool text_is_utf8(struct cs_view text);

#endif
