/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A host that speaks PIV's secure messaging with the card of card_fixture.h, written apart from the card.
 */
#ifndef COUNTERSIGN_TESTS_PIV_SM_HOST_H
#define COUNTERSIGN_TESTS_PIV_SM_HOST_H

#include "tests/unit/card_fixture.h"

#include <openssl/evp.h>

struct host_suite {
	uint8_t id, algorithm;
	const char *group, *hash, *cbc, *ecb;
	size_t coordinate, key_len, nonce_len;
	const char *generate; /* GENERATE for slot 04 */
};

extern const struct host_suite host_suites[2];
#define HOST_CS2 (&host_suites[0])
#define HOST_CS7 (&host_suites[1])

struct host {
	const struct host_suite *suite;
	uint8_t keys[4][32]; /* confirmation, MAC, encryption, R-MAC */
	uint8_t mcv[16], r_mcv[16];
	uint8_t counter; /* of the next command */
	uint8_t data[4096];
	size_t len;
	uint16_t sw; /* what the card says inside */
};

/* Gives the card of profile piv a key of the suite; PIV is selected, and nobody verified. */
void host_prepare(struct fixture *f, const struct host_suite *suite);

/* A key of the moment, and its point. */
EVP_PKEY *host_ephemeral(const struct host_suite *suite, uint8_t point[97], size_t *len);
/* GENERAL AUTHENTICATE with that point; and all of the key establishment, the card's certificate and cryptogram checked. */
uint16_t host_send_establish(struct fixture *f, const struct host_suite *suite, uint8_t control,
			     struct cs_view point);
void host_establish(struct fixture *f, const struct host_suite *suite, struct host *h);

/* The command as it goes over the wire, a view of raw; and what the card answered, into h->data and h->sw. */
struct cs_view host_seal(struct host *h, const struct cs_apdu *cmd, uint8_t raw[5000]);
/* Its two halves, for what no host does: an object 87 of padded bytes, appended to objects; and the command made of the
 * objects, whatever they are, with their right MAC. */
void host_encrypt(const struct host *h, uint8_t indicator, struct cs_view padded, struct cs_writer *objects);
struct cs_view host_protect(struct host *h, const struct cs_apdu *cmd, struct cs_view objects, uint8_t raw[5000]);
void host_open_answer(struct host *h, struct cs_view answer);
/* Both: the status word inside. */
uint16_t host_command(struct fixture *f, struct host *h, uint8_t ins, uint16_t p1p2, struct cs_view data);
uint16_t host_command_hex(struct fixture *f, struct host *h, uint8_t ins, uint16_t p1p2, const char *hex);

#endif
