/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A crypto port for tests where there is no libcrypto: real digests and HMACs (FIPS 180-4, RFC 2104), and for the rest
 * functions of the same shape that protect nothing. P-256 and P-384 are all it "supports"; there is no key agreement.
 */
#ifndef COUNTERSIGN_TESTS_CORTEX_M_CRYPTO_DOUBLE_H
#define COUNTERSIGN_TESTS_CORTEX_M_CRYPTO_DOUBLE_H

#include "applet/crypto.h"

struct crypto_double {
	uint32_t drawn; /* blocks of "random" bytes so far: each run draws the same ones */
};

/* These two are the real ones, and take no notice of ctx. */
cs_hmac_fn crypto_double_hmac;
enum cs_err crypto_double_digest(void *ctx, enum cs_hash hash, struct cs_view msg, uint8_t *out);

/* Fills in the table; d is borrowed for its life. */
void crypto_double_init(struct crypto_double *d, struct crypto *out);

#endif
