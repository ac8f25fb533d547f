/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Signatures that the card itself makes, with its attestation key.
 */
#ifndef COUNTERSIGN_APPLET_PIV_SIGN_H
#define COUNTERSIGN_APPLET_PIV_SIGN_H

#include "applet/piv_key.h"

/* Appends the signature of a message, as X.509 has it for the key's algorithm (piv_algorithm.h): ECDSA, SM2 (DER) or RSA (PKCS#1
 * v1.5) over the digest that goes with it; Ed25519 and ML-DSA over the message itself. message may lie in out's buffer. CS_ERR_STATE
 * where keys of this algorithm do not sign. */
CS_MUST_CHECK enum cs_err piv_sign_message(const struct card *card, const struct piv_key *key, struct cs_view message,
					   struct cs_writer *out);

#endif
