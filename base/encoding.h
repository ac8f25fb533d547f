/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bytes as text and back: hexadecimal, base32 (RFC 4648, section 6) as otpauth: URIs carry seeds, and base64 (section 4)
 * as XML does.
 */
#ifndef COUNTERSIGN_BASE_ENCODING_H
#define COUNTERSIGN_BASE_ENCODING_H

#include "base/bytes.h"

/* Lower-case hex of in, NUL-terminated; out has room for 2 * in.len + 1 characters. */
void cs_hex_encode(struct cs_view in, char *out);

/* Either case, an even number of digits, nothing else: CS_ERR_MALFORMED. CS_ERR_NO_SPACE from the writer. */
CS_MUST_CHECK enum cs_err cs_hex_decode(struct cs_view text, struct cs_writer *out);

/* Upper-case base32 of in without padding, NUL-terminated; out has room for CS_BASE32_SIZE(in.len) characters. */
#define CS_BASE32_SIZE(len) (((len) * 8u + 4u) / 5u + 1u)
void cs_base32_encode(struct cs_view in, char *out);

/* Either case; padding optional; blanks and hyphens between characters skipped, as people type seeds in groups.
 * CS_ERR_MALFORMED, CS_ERR_NO_SPACE. */
CS_MUST_CHECK enum cs_err cs_base32_decode(struct cs_view text, struct cs_writer *out);

/* Base64 of in with padding, NUL-terminated; out has room for CS_BASE64_SIZE(in.len) characters. */
#define CS_BASE64_SIZE(len) (((len) + 2u) / 3u * 4u + 1u)
void cs_base64_encode(struct cs_view in, char *out);

/* Padding wanted; blanks, tabs and ends of lines skipped, as XML breaks values where it likes. CS_ERR_MALFORMED,
 * CS_ERR_NO_SPACE. */
CS_MUST_CHECK enum cs_err cs_base64_decode(struct cs_view text, struct cs_writer *out);

#endif
