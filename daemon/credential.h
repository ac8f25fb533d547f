/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bearer credentials: a prefix that says whose it is, and 32 random bytes in base64url (RFC 4648, section 5)
 * without padding. Shown once when made; what is stored is their SHA-256, which suffices for 256 random bits.
 */
#ifndef COUNTERSIGN_DAEMON_CREDENTIAL_H
#define COUNTERSIGN_DAEMON_CREDENTIAL_H

#include "base/bytes.h"

#define CREDENTIAL_TEXT_LEN  47u /* csa_ or csp_ and 43 characters */
#define CREDENTIAL_TEXT_SIZE (CREDENTIAL_TEXT_LEN + 1u)
#define CREDENTIAL_HASH_LEN  32u

enum credential_kind { CREDENTIAL_NONE = 0, CREDENTIAL_APPLICATION, CREDENTIAL_STAFF };

/* Makes one (a person's, of whatever role: csa_, an application's: csp_). The caller wipes text.
 * CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err credential_new(enum credential_kind kind, char text[CREDENTIAL_TEXT_SIZE],
					 uint8_t hash[CREDENTIAL_HASH_LEN]);

/* Whose credential this text claims to be, by prefix and length. */
enum credential_kind credential_kind(struct cs_view text);

/* What is stored of it, and looked up by. CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err credential_hash(struct cs_view text, uint8_t hash[CREDENTIAL_HASH_LEN]);

#endif
