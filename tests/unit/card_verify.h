/* SPDX-License-Identifier: BSD-2-Clause
 *
 * libcrypto as the judge of what the card's keys do.
 */
#ifndef COUNTERSIGN_TESTS_CARD_VERIFY_H
#define COUNTERSIGN_TESTS_CARD_VERIFY_H

#include "base/bytes.h"

struct public_key; /* an EVP_PKEY */

/* From GENERATE's answer, 7F49; from GET METADATA's; from the elements 81 82 or 86 themselves. Fails the
 * test, never NULL. */
struct public_key *verify_key_of(struct cs_view generated);
struct public_key *verify_key_of_metadata(struct cs_view metadata);
struct public_key *verify_key_of_elements(struct cs_view elements);
void verify_key_free(struct public_key *key);

bool verify_ecdsa(struct public_key *key, struct cs_view digest, struct cs_view signature);
/* result to the public power is block. */
bool verify_rsa_raw(struct public_key *key, struct cs_view block, struct cs_view result);
/* Makes a P-256 key of the host's; point gets its 65 bytes, secret what it agrees on with key. */
void verify_ecdh_peer(struct public_key *key, uint8_t point[65], uint8_t secret[32]);

/* Makes an RSA-2048 key and writes its private parts as IMPORT wants them: 01 p, 02 q, 03 dP, 04 dQ, 05 qInv.
 */
struct public_key *verify_rsa_make(struct cs_writer *parts);

/* certificate (DER) is signed by issuer's key, names it, and certifies key. */
bool verify_certificate(struct cs_view certificate, struct cs_view issuer, struct public_key *key);

/* The chain from certificate over intermediate to root holds: X509_verify_cert with X509_V_FLAG_X509_STRICT. */
bool verify_chain(struct cs_view certificate, struct cs_view intermediate, struct cs_view root);

#endif
