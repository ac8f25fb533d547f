/* SPDX-License-Identifier: BSD-2-Clause
 *
 * HMAC for tests of what takes one injected, and digests: libcrypto's, or the test double's where there is no libcrypto.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_BASE_HMAC_H
#define COUNTERSIGN_TESTS_UNIT_BASE_HMAC_H

#include "base/oath.h"

#ifdef COUNTERSIGN_CRYPTO_DOUBLE
#include "tests/cortex-m/crypto_double.h"

#define libcrypto_hmac	 crypto_double_hmac
#define libcrypto_digest crypto_double_digest
#else
#include <openssl/evp.h>
#include <openssl/hmac.h>

static inline const EVP_MD *libcrypto_md(enum cs_hash hash)
{
	return hash == CS_SHA1	   ? EVP_sha1()
	       : hash == CS_SHA256 ? EVP_sha256()
	       : hash == CS_SHA384 ? EVP_sha384()
				   : EVP_sha512();
}

static inline enum cs_err libcrypto_hmac(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
					 uint8_t *mac)
{
	(void)ctx;
	return HMAC(libcrypto_md(hash), key.ptr, (int)key.len, msg.ptr, msg.len, mac, NULL) == NULL
		   ? CS_ERR_CRYPTO
		   : CS_OK;
}

static inline enum cs_err libcrypto_digest(void *ctx, enum cs_hash hash, struct cs_view msg, uint8_t *digest)
{
	(void)ctx;
	return EVP_Digest(msg.ptr, msg.len, digest, NULL, libcrypto_md(hash), NULL) == 1 ? CS_OK
											  : CS_ERR_CRYPTO;
}
#endif

#endif
