/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Public keys that libcrypto has read, before it verifies with them.
 */
#ifndef COUNTERSIGN_BASE_HOST_PUBLIC_KEY_H
#define COUNTERSIGN_BASE_HOST_PUBLIC_KEY_H

#include <openssl/evp.h>
#include <stdbool.h>

/* Whether its signatures prove anything: base/ed25519.h says which keys of Ed25519 do not. Others are libcrypto's to refuse. NULL is no key. */
bool cs_public_key_verifies(const EVP_PKEY *key);

#endif
