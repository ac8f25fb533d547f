/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An issuer who gives a card's attestation key a certificate of his own CA, with libcrypto.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_ISSUER_H
#define COUNTERSIGN_TESTS_UNIT_ISSUER_H

#include "tests/unit/algorithm_check.h"

/* Appends a CA certificate (DER) for the key with these elements, as the issuer's CA makes it. */
void issue_certificate(const struct algorithm_row *row, struct cs_view elements, struct cs_writer *w);

/* certificate is signed by the key that the last certificate was issued for, and the chain up to the issuer's CA holds. */
bool issued_chain_verifies(const struct algorithm_row *signer, struct cs_view certificate);

/* Forgets CA and certificate. */
void issuer_free(void);

#endif
