/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a credential is exchanged for at /auth: a JSON Web Token with HS256 (RFC 7519, RFC 7518 3.2), good for an hour, as
 * privacyIDEA's clients expect one. Its key is derived from the sealing key, so that every daemon on one database takes
 * it, and no other program can make one; assertions about users (jwt.h) are signed by another key with another algorithm.
 * It holds the hash of the credential that it was made for, and stands for that one: when the credential is rotated,
 * removed or disabled, so is the token.
 */
#ifndef COUNTERSIGN_DAEMON_AUTH_TOKEN_H
#define COUNTERSIGN_DAEMON_AUTH_TOKEN_H

#include "daemon/credential.h"
#include "daemon/seal.h"

#define AUTH_TOKEN_MAX	    768u /* characters */
#define AUTH_TOKEN_LIFETIME 3600u

struct auth_token {
	uint64_t issued, expires;
	enum credential_kind kind;
	uint8_t hash[CREDENTIAL_HASH_LEN];
};

/* Whether a credential has the shape of one. */
bool auth_token_like(struct cs_view text);

/* name: the holder's, told to the client. CS_ERR_CRYPTO, CS_ERR_NO_SPACE. */
CS_MUST_CHECK enum cs_err auth_token_make(const struct seal_key *key, const struct auth_token *token,
					  const char *name, struct cs_writer *out);
/* CS_ERR_NOT_FOUND: not one of ours, or over by now. CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err auth_token_open(const struct seal_key *key, struct cs_view text, uint64_t now,
					  struct auth_token *out);

#endif
