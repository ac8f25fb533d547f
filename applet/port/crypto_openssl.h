/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card's crypto port (applet/crypto.h) on OpenSSL libcrypto, 3.0 or later, default provider.
 *
 * Asymmetric algorithms: RSA-1024, 2048, 3072, 4096 (public exponent 65537, the only one that key_import
 * takes), P-256, P-384, P-521, SM2, Ed25519, X25519, and with libcrypto 3.5 or later ML-DSA and ML-KEM: what the
 * libcrypto at run time has, whatever it was built with. RSA private operations use CRT and blinding, and libcrypto
 * checks the result against the public exponent before it leaves. The last few private keys used stay parsed in
 * memory, so that the next operation with the same key costs the operation alone; keys_forget wipes them.
 */
#ifndef COUNTERSIGN_APPLET_PORT_CRYPTO_OPENSSL_H
#define COUNTERSIGN_APPLET_PORT_CRYPTO_OPENSSL_H

#include "applet/crypto.h"

/* Fills in the table. Its ctx is for one thread at a time. CS_ERR_MEMORY, CS_ERR_CRYPTO where libcrypto lacks
 * an algorithm that no card can do without (SHA-1, SHA-2, HMAC, AES-256-GCM). */
CS_MUST_CHECK enum cs_err crypto_openssl_init(struct crypto *out);

/* Frees what init allocated, wiping cached keys, and empties the table. Takes a table that was never filled
 * (all zeros), too. */
void crypto_openssl_free(struct crypto *crypto);

#endif
