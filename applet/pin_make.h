/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PIN, PUK and SO PIN of a card that is made: the factory's, or those that INITIALIZE brought. The latter are staged
 * in the record that plans the erasure, in the form that the finished card has them: no block is ever written down.
 */
#ifndef COUNTERSIGN_APPLET_PIN_MAKE_H
#define COUNTERSIGN_APPLET_PIN_MAKE_H

#include "applet/pin.h"
#include "applet/secret.h"

struct pin_stage {
	uint8_t so[PIN_REFERENCE_LEN], puk[PIN_REFERENCE_LEN];
	uint8_t secret_len;
	uint8_t secret[SECRET_RECORD_MAX]; /* RECORD_SECRET */
};

/* From blocks, with the profile's tries and a new data key. CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err pin_stage(struct card *card, const struct profile *profile,
				    const uint8_t so[PIV_PIN_LEN], const uint8_t puk[PIV_PIN_LEN],
				    struct pin_stage *stage);

/* The factory's values with the profile's tries, and a new data key. */
CS_MUST_CHECK enum cs_err pin_make_factory(struct card *card, const struct profile *profile);
/* SO PIN and PUK as staged; the user's PIN is still to be set. */
CS_MUST_CHECK enum cs_err pin_make_staged(struct card *card, const struct profile *profile,
					  const struct pin_stage *stage);

/* The factory's value of one, as pin_set; the user's PIN is to be changed where the profile says so. */
CS_MUST_CHECK enum cs_err pin_set_factory(struct card *card, const struct profile *profile, enum pin pin,
					  const uint8_t data_key[SECRET_KEY_LEN], uint8_t tries_total,
					  struct pin_records *rec, struct store_change changes[PIN_CHANGES]);

#endif
