/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card management key, 9B: record, and authentication with it (SP 800-73-5 part 2, 3.2.4).
 */
#ifndef COUNTERSIGN_APPLET_PIV_MANAGEMENT_H
#define COUNTERSIGN_APPLET_PIV_MANAGEMENT_H

#include "applet/piv_algorithm.h"

#define PIV_MANAGEMENT_KEY_MAX 32u
#define PIV_MANAGEMENT_RECORD  (3u + PIV_MANAGEMENT_KEY_MAX)

struct piv_management {
	uint8_t algorithm;    /* enum piv_alg */
	uint8_t touch_policy; /* enum piv_touch_policy */
	bool is_default;      /* the factory's */
	uint8_t key[PIV_MANAGEMENT_KEY_MAX];
};

CS_MUST_CHECK enum cs_err piv_management_load(struct card *card, struct piv_management *key);

/* The key as a record's value; returns its view, which borrows record. */
struct cs_view piv_management_record(const struct piv_management *key, uint8_t record[PIV_MANAGEMENT_RECORD]);

/* A new card's key, of the profile's algorithm: the factory's (01 to 08, repeated), or a random one that
 * nobody knows. */
CS_MUST_CHECK enum cs_err piv_management_new(struct card *card, const struct profile *profile,
					     struct piv_management *key);

/* A dynamic authentication template, 7C (SP 800-73-5 part 2, table 7). Views borrow from the command. */
struct piv_template {
	bool has_witness, has_challenge, has_response, has_exponentiation, has_mu;
	struct cs_view witness, challenge, response, exponentiation, mu;
};

/* GENERAL AUTHENTICATE with key 9B. */
CS_MUST_CHECK enum cs_err piv_management_authenticate(struct card *card, struct channel *channel,
						      uint8_t algorithm, const struct piv_template *t,
						      struct cs_writer *out);

#endif
