/* SPDX-License-Identifier: BSD-2-Clause
 *
 * HKDF (RFC 5869) with SHA-256, over an HMAC that the caller supplies: card and host derive keys with the same lines.
 */
#ifndef COUNTERSIGN_BASE_HKDF_H
#define COUNTERSIGN_BASE_HKDF_H

#include "base/oath.h"

#define CS_HKDF_INFO_MAX 128u
#define CS_HKDF_LEN_MAX  8160u /* 255 blocks (RFC 5869, 2.3) */

/* len bytes of key to out, from the input key material ikm. CS_ERR_ARG above the limits; the HMAC's errors; out is then
 * wiped. */
CS_MUST_CHECK enum cs_err cs_hkdf(const struct cs_hmac *hmac, struct cs_view salt, struct cs_view ikm, struct cs_view info,
    uint8_t *out, size_t len);

#endif
