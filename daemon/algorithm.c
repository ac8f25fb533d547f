/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Algorithms of libcrypto, fetched once.
 */
#include "daemon/algorithm.h"

#include <stdatomic.h>

static _Atomic(EVP_CIPHER *) kept_cipher;
static _Atomic(EVP_MD *) kept_digest;

const EVP_CIPHER *algorithm_aes_256_gcm(void)
{
	EVP_CIPHER *kept = atomic_load(&kept_cipher);

	if (kept)
		return kept;
	EVP_CIPHER *made = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	if (made && !atomic_compare_exchange_strong(&kept_cipher, &kept, made)) {
		EVP_CIPHER_free(made); /* another thread was quicker */
		return kept;
	}
	return made;
}

const EVP_MD *algorithm_sha256(void)
{
	EVP_MD *kept = atomic_load(&kept_digest);

	if (kept)
		return kept;
	EVP_MD *made = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	if (made && !atomic_compare_exchange_strong(&kept_digest, &kept, made)) {
		EVP_MD_free(made);
		return kept;
	}
	return made;
}

enum cs_err algorithm_sha256_of(struct cs_view bytes, uint8_t out[SHA256_LEN])
{
	const EVP_MD *digest = algorithm_sha256();

	return digest && EVP_Digest(bytes.ptr, bytes.len, out, NULL, digest, NULL) == 1 ? CS_OK
											: CS_ERR_CRYPTO;
}
