/* SPDX-License-Identifier: BSD-2-Clause
 *
 * HMAC by libcrypto, for tests of what takes one injected.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_BASE_HMAC_H
#define COUNTERSIGN_TESTS_UNIT_BASE_HMAC_H

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/oath.h"

static inline enum cs_err libcrypto_hmac(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
					 uint8_t *mac)
{
	const EVP_MD *md = hash == CS_SHA1     ? EVP_sha1()
			   : hash == CS_SHA256 ? EVP_sha256()
			   : hash == CS_SHA384 ? EVP_sha384()
					       : EVP_sha512();

	(void)ctx;
	return HMAC(md, key.ptr, (int)key.len, msg.ptr, msg.len, mac, NULL) == NULL ? CS_ERR_CRYPTO : CS_OK;
}

#endif
