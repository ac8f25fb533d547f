/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Algorithms of libcrypto, fetched once. Named by its name, or as EVP_sha256() and its like have it, an algorithm is looked up
 * at each use, which takes longer than to hash an entry of the audit log with it.
 */
#ifndef COUNTERSIGN_DAEMON_ALGORITHM_H
#define COUNTERSIGN_DAEMON_ALGORITHM_H

#include <openssl/evp.h>

#include "base/bytes.h"

#define SHA256_LEN 32u

/* AES-256-GCM and SHA-256; they are libcrypto's until the process ends. NULL: it has none, or memory is short; the next
 * call tries again. Any thread may call. */
const EVP_CIPHER *algorithm_aes_256_gcm(void);
const EVP_MD *algorithm_sha256(void);

/* The SHA-256 of bytes. CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err algorithm_sha256_of(struct cs_view bytes, uint8_t out[SHA256_LEN]);

#endif
