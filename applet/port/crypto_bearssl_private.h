/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of the BearSSL crypto port share: functions as in applet/crypto.h, of which each family of keys has its own.
 */
#ifndef COUNTERSIGN_APPLET_PORT_CRYPTO_BEARSSL_PRIVATE_H
#define COUNTERSIGN_APPLET_PORT_CRYPTO_BEARSSL_PRIVATE_H

#include "applet/port/crypto_bearssl.h"

enum cs_err bearssl_random(void *ctx, uint8_t *out, size_t len);
/* Fresh entropy, and then a generator for BearSSL's functions. */
CS_MUST_CHECK enum cs_err bearssl_reseed(struct crypto_bearssl *b);

/* An algorithm, and what its family does with it. agree or sign is NULL where it has none. */
struct bearssl_alg;
struct bearssl_kind {
	enum cs_err (*generate)(struct crypto_bearssl *b, const struct bearssl_alg *alg, struct cs_writer *priv,
				struct cs_writer *pub);
	enum cs_err (*import)(struct crypto_bearssl *b, const struct bearssl_alg *alg, struct cs_view parts,
			      struct cs_writer *priv, struct cs_writer *pub);
	enum cs_err (*sign)(const struct bearssl_alg *alg, struct cs_view priv, struct cs_view in, struct cs_writer *out);
	enum cs_err (*agree)(const struct bearssl_alg *alg, struct cs_view priv, struct cs_view peer, struct cs_writer *out);
};

struct bearssl_alg {
	enum piv_alg alg;
	const struct bearssl_kind *kind;
	size_t bytes;		   /* of the modulus, or of a coordinate */
	int curve;		   /* BR_EC_..., 0: RSA */
	const br_ec_impl *ec;
	const br_hash_class *hash; /* of ECDSA's nonce; as long as the curve's digests */
};

extern const struct bearssl_kind bearssl_kind_rsa, bearssl_kind_ec, bearssl_kind_x25519;

#endif
