/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every algorithm of the card's keys, and libcrypto as the judge of what such a key does.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_ALGORITHM_CHECK_H
#define COUNTERSIGN_TESTS_UNIT_ALGORITHM_CHECK_H

#include <openssl/evp.h>

#include "applet/crypto.h"
#include "base/piv.h"

enum algorithm_use { USE_RSA, USE_ECDSA, USE_SM2, USE_MESSAGE, USE_AGREE, USE_KEM };

struct algorithm_row {
	enum piv_alg alg;
	const char *type, *group; /* libcrypto's names; group of EC and SM2 keys, else NULL */
	enum algorithm_use use;
	uint32_t import_tag; /* RSA: 0 */
	size_t secret_len;   /* of what is imported; RSA: 0 */
	size_t public_len;   /* of 86; RSA: of the modulus */
};

/* NULL behind the last. */
const struct algorithm_row *algorithm_row(size_t index);

/* libcrypto has it: the card then does too. */
bool algorithm_known(const struct algorithm_row *row);

/* The public key in 81 82 or 86. Fails the test where it is none. */
EVP_PKEY *algorithm_public(const struct algorithm_row *row, struct cs_view elements);

/* What the card is to be given to sign message with this key: a padded block, a digest, e, or the message. */
void algorithm_input(const struct algorithm_row *row, const struct crypto *crypto, struct cs_view elements,
		     struct cs_view message, struct cs_writer *input);
/* True if signature is one of message, judged by libcrypto from the message on. */
bool algorithm_verify(const struct algorithm_row *row, EVP_PKEY *key, struct cs_view message,
		      struct cs_view signature);

/* The other side of an agreement or encapsulation with key: what the card is sent, and the secret. */
void algorithm_peer(const struct algorithm_row *row, EVP_PKEY *key, struct cs_writer *sent,
		    struct cs_writer *secret);

/* mu of FIPS 204, 6.2, for a message with an empty context. */
void algorithm_mu(struct cs_view elements, struct cs_view message, uint8_t mu[PIV_MLDSA_MU_LEN]);

#endif
