/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Signed assertions: JSON Web Tokens (RFC 7519) with ES256 (RFC 7518, 3.4), and the public keys that they are
 * checked with, as a JWK Set (RFC 7517).
 */
#ifndef COUNTERSIGN_DAEMON_JWT_H
#define COUNTERSIGN_DAEMON_JWT_H

#include "daemon/json_out.h"

#define JWT_PRIVATE_MAX 192u /* bytes of a private key in DER */
#define JWT_PUBLIC_LEN	65u  /* 04, x and y: SEC 1, 2.3.3 */

/* A new P-256 key: its private half as DER, which the caller wipes, and its public point. CS_ERR_CRYPTO,
 * CS_ERR_NO_SPACE. */
CS_MUST_CHECK enum cs_err jwt_key_new(struct cs_writer *private_key, uint8_t public_key[JWT_PUBLIC_LEN]);

/* Writes header, claims (a JSON object) and signature, parted by dots. kid is the key's name in the set.
 * CS_ERR_CRYPTO where private_key is none of ours. */
CS_MUST_CHECK enum cs_err jwt_sign(struct cs_view private_key, const char *kid, struct cs_view claims,
				   struct cs_writer *out);

/* One member of "keys". */
void jwt_key_json(struct json_out *out, const char *kid, const uint8_t public_key[JWT_PUBLIC_LEN]);

#endif
