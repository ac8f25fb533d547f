/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card's crypto port (applet/crypto.h) on BearSSL 0.6, for a microcontroller: no heap, no OS, constant time where the
 * processor's 32 x 32 multiplication is (Cortex-M4, M7, M33; not M3).
 *
 * Asymmetric algorithms: RSA-1024 to RSA-4096 with the public exponent 65537, P-256, P-384, P-521, X25519. ECDSA is
 * deterministic (RFC 6979), and for P-521 takes digests of at most 64 bytes. An RSA result is checked against the public
 * exponent before it leaves. key_import checks that RSA's numbers belong together; that the factors are prime it tries with a
 * random number only. It has no Ed25519, no SM2 and nothing post-quantum, and remembers no key.
 */
#ifndef COUNTERSIGN_APPLET_PORT_CRYPTO_BEARSSL_H
#define COUNTERSIGN_APPLET_PORT_CRYPTO_BEARSSL_H

#include <bearssl.h>

#include "applet/crypto.h"

/* The device's true random numbers: out is filled with len bytes of full entropy. CS_ERR_CRYPTO where the source does not
 * pass its own tests. */
typedef enum cs_err crypto_entropy_fn(void *ctx, uint8_t *out, size_t len);

struct crypto_bearssl {
	br_hmac_drbg_context drbg; /* SP 800-90A; fresh entropy goes in before each request */
	crypto_entropy_fn *entropy;
	void *entropy_ctx;
};

/* Fills in the table; b is borrowed for its life. CS_ERR_CRYPTO where there is no entropy. */
CS_MUST_CHECK enum cs_err crypto_bearssl_init(struct crypto_bearssl *b, crypto_entropy_fn *entropy, void *entropy_ctx,
					      struct crypto *out);

#endif
