/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Public keys that libcrypto has read, before it verifies with them.
 */
#ifndef COUNTERSIGN_BASE_HOST_PUBLIC_KEY_H
#define COUNTERSIGN_BASE_HOST_PUBLIC_KEY_H

#include <openssl/evp.h>
#include <stdbool.h>

/* Whether its signatures prove anything, since libcrypto takes keys for which anybody signs. True for RSA (PSS, too) with an odd public
 * exponent of 3 or more, EC and SM2 on a curve by name whose point is on it and not the neutral one, Ed25519 as base/ed25519.h has it, and
 * ML-DSA. Others verify nothing: Ed448 and DSA among them, of which libcrypto takes such keys, too. NULL is no key. */
bool cs_public_key_verifies(const EVP_PKEY *key);

#endif
