/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a server does with a seed that a card sealed to its key (base/sealed_seed.h; docs/PROTOCOL, 7.6): check who made
 * it, then open it.
 */
#ifndef COUNTERSIGN_BASE_HOST_SEALED_SEED_H
#define COUNTERSIGN_BASE_HOST_SEALED_SEED_H

#include <openssl/evp.h>

#include "base/sealed_seed.h"

/* Whether the statement is signed by the certificate that came with it, the certificate is an attestation key's (a CA's, which those
 * of the keys that it attests are not) and tells the same serial number where it tells one, and is anchor (DER) or was signed by it. CS_ERR_WRONG: not so. CS_ERR_MALFORMED: a certificate that
 * does not parse; no anchor at all, too. */
CS_MUST_CHECK enum cs_err cs_sealed_seed_verify(const struct cs_sealed_seed *seed, struct cs_view anchor);

/* The same, but whoever made the certificate is not looked at: the file is whole, and no more. Anybody can make one that is. */
CS_MUST_CHECK enum cs_err cs_sealed_seed_intact(const struct cs_sealed_seed *seed);

/* What the token is known by that is enrolled with it: the card's serial number and, as a card has many credentials, 8 bytes of the
 * ephemeral key; in hex. */
#define CS_SEALED_SEED_NUMBER_SIZE 26u
void cs_sealed_seed_number(const struct cs_sealed_seed *seed, char out[CS_SEALED_SEED_NUMBER_SIZE]);

/* Curve and public key of a server, as GENERATE takes them; point has room for CS_SEALED_SEED_POINT_MAX bytes.
 * CS_ERR_UNSUPPORTED for a key that is neither of P-256 nor X25519. */
CS_MUST_CHECK enum cs_err cs_sealed_seed_server(EVP_PKEY *key, enum cs_sealed_seed_curve *curve, struct cs_writer *point);

/* The seed, appended to out, which the caller wipes. CS_ERR_WRONG: sealed to another key, or changed since. Says nothing of who
 * made it: verify first. */
CS_MUST_CHECK enum cs_err cs_sealed_seed_open(const struct cs_sealed_seed *seed, EVP_PKEY *server, struct cs_writer *out);

#endif
