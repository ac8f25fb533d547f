/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Public keys, with libcrypto.
 */
#include "base/host/public_key.h"

#include "base/ed25519.h"

bool cs_public_key_verifies(const EVP_PKEY *key)
{
	uint8_t bytes[CS_ED25519_LEN];
	size_t len = sizeof bytes;

	if (key == NULL)
		return false;
	if (!EVP_PKEY_is_a(key, "ED25519"))
		return true;
	return EVP_PKEY_get_raw_public_key(key, bytes, &len) == 1 && cs_ed25519_verifies(bytes);
}
