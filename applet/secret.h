/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Secrets that only the PIN opens. They are sealed under a random data key, which the store has three times, each
 * time sealed under a key derived from a PIN's block: the user's, the PUK, the SO PIN (pin.h). A channel has the
 * data key while its PIN or SO PIN is verified. Where no data key is at hand, as when the management key alone
 * makes a key, secrets are sealed to the card's own public key, whose private half is under the data key.
 * docs/STORAGE has the formats, docs/THREATS says what it is good for.
 */
#ifndef COUNTERSIGN_APPLET_SECRET_H
#define COUNTERSIGN_APPLET_SECRET_H

#include "applet/card_private.h"

/* What an envelope is longer than what is in it: at most. */
#define SECRET_OVERHEAD	     (1u + SECRET_POINT_LEN + CRYPTO_AEAD_TAG_LEN)
#define SECRET_POINT_LEN     65u /* an uncompressed point of P-256 */
#define SECRET_RECORD_MAX    256u
#define SECRET_CONTEXT_MAX   64u

/* Appends the envelope of plain to sealed. context is what has to be the same at secret_open: begin it with a letter
 * of your own, and leave out where the record lies if it may be moved. channel may be NULL. plain may lie in
 * sealed's buffer, behind what is written there. Needs no PIN. CS_ERR_NO_SPACE, CS_ERR_CRYPTO, and the store's. */
CS_MUST_CHECK enum cs_err secret_seal(struct card *card, const struct channel *channel, struct cs_view context,
				      struct cs_view plain, struct cs_writer *sealed);

/* Opens an envelope where it lies: plain is then a part of sealed, which is the caller's to wipe. What secret_permit
 * says; CS_ERR_CORRUPT for what is not an envelope of this card, this data key and this context. */
CS_MUST_CHECK enum cs_err secret_open(struct card *card, const struct channel *channel, struct cs_view context,
				      uint8_t *sealed, size_t len, struct cs_view *plain);

/* May what the PIN guards be used now? CS_ERR_DENIED: the PIN is not verified; CS_ERR_EXPIRED: it has to be changed
 * before it is good for that. */
CS_MUST_CHECK enum cs_err secret_permit(const struct channel *channel);

/* True if the envelope was sealed to the public key; secret_renew then makes one under the data key of it, where it
 * lies, shorter than before: *len. That saves each later opening a key agreement. Errors as secret_open; the envelope
 * is void after one. */
bool secret_is_provisional(struct cs_view sealed);
CS_MUST_CHECK enum cs_err secret_renew(struct card *card, const struct channel *channel, struct cs_view context,
				       uint8_t *sealed, size_t *len);

/* A new data key, and the record RECORD_SECRET that goes with it, appended to record: for a card that is made. What
 * was sealed before is lost. */
CS_MUST_CHECK enum cs_err secret_make(struct card *card, uint8_t data_key[SECRET_KEY_LEN],
				      struct cs_writer *record);

#endif
