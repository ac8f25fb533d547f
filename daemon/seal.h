/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Seeds at rest: sealed with AES-256-GCM (NIST SP 800-38D) under the key of the sealing key file. What is
 * sealed is bound to an identity (token and user), so that a sealed seed that is moved to another row does
 * not open.
 *
 *   sealed := u8 version (1) | 12 random bytes of nonce | ciphertext, as long as the seed | 16 bytes of tag
 *
 * Where the key itself is kept, daemon/seal_key.h says.
 */
#ifndef COUNTERSIGN_DAEMON_SEAL_H
#define COUNTERSIGN_DAEMON_SEAL_H

#include "base/bytes.h"

#define SEAL_VERSION  1u
#define SEAL_KEY_LEN  32u
#define SEAL_FINGERPRINT_LEN 32u
#define SEAL_OVERHEAD (1u + 12u + 16u)

struct seal_key {
	uint8_t bytes[SEAL_KEY_LEN];
};

/* Random bytes from libcrypto's generator. CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err seal_random(void *out, size_t len);

void seal_key_wipe(struct seal_key *key);

/* Writes the sealed form, plain.len + SEAL_OVERHEAD bytes. CS_ERR_CRYPTO, CS_ERR_NO_SPACE. */
CS_MUST_CHECK enum cs_err seal_close(const struct seal_key *key, struct cs_view identity,
				     struct cs_view plain, struct cs_writer *out);
/* Writes the plain bytes, which the caller wipes. CS_ERR_CORRUPT where it is not what seal_close made for
 * this key and identity, and never because something else failed: whoever hears it may give the value up.
 * CS_ERR_CRYPTO: libcrypto failed, and may not do so the next time; CS_ERR_NO_SPACE. */
CS_MUST_CHECK enum cs_err seal_open(const struct seal_key *key, struct cs_view identity,
				    struct cs_view sealed, struct cs_writer *out);

/* What tells that two seeds are one, to who has the sealing key alone: HMAC-SHA-256 under a key derived from it.
 * Zeros at a seed's end are left out, as HMAC pads its key with them: with or without, its codes are the same.
 * CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err seal_fingerprint(const struct seal_key *key, struct cs_view seed,
					   uint8_t out[SEAL_FINGERPRINT_LEN]);

/* A number that hangs on text, and that nobody without the key can tell: SEAL_FINGERPRINT_LEN bytes. CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err seal_draw(const struct seal_key *key, struct cs_view text,
				    uint8_t out[SEAL_FINGERPRINT_LEN]);

#endif
