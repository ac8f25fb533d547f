/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A card as the daemon sees it: statements of seeds that it has sealed, right ones and wrong ones.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_SEALED_CARD_H
#define COUNTERSIGN_TESTS_UNIT_SEALED_CARD_H

#include <openssl/x509.h>

#include "base/sealed_seed.h"

/* What it says; sealed_card_statement fills in the rest. */
struct sealed_card {
	uint32_t serial;
	const char *name, *suite; /* suite NULL: none */
	uint8_t type_hash, digits, properties;
	uint64_t counter;
	EVP_PKEY *key;	   /* of its attestation */
	X509 *certificate; /* of that key, or not */
	uint8_t version;   /* of the statement; 0: the one there is */
};

/* A seed for whoever has the point (P-256, uncompressed), sealed; the seed itself to seed, YKOATH_KEY_MAX bytes of room. */
void sealed_card_statement(const struct sealed_card *card, struct cs_view server, struct cs_writer *out,
			   struct cs_writer *seed);

#endif
