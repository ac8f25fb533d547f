/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The public half of a private key that a program brings, computed before a card gets it.
 */
#ifndef COUNTERSIGN_PKCS11_PUBLIC_HALF_H
#define COUNTERSIGN_PKCS11_PUBLIC_HALF_H

#include "base/bytes.h"
#include "cardclient/piv.h"

/* Its SubjectPublicKeyInfo. RSA: the numbers have to belong together, and the private exponent with them, unless d is empty. CS_ERR_MALFORMED: there is no such key. CS_ERR_UNSUPPORTED: of
 * this algorithm only the card knows it (ML-DSA, ML-KEM). CS_ERR_CRYPTO, CS_ERR_NO_SPACE. */
CS_MUST_CHECK enum cs_err public_half(enum piv_alg alg, const struct cc_piv_private *key, struct cs_view d,
				       struct cs_writer *spki);

#endif
