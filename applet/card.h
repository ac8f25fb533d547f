/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card core as its host ports see it: power it, give it a command APDU, take the response APDU.
 */
#ifndef COUNTERSIGN_APPLET_CARD_H
#define COUNTERSIGN_APPLET_CARD_H

#include "applet/crypto.h"
#include "applet/platform.h"
#include "applet/store.h"
#include "base/apdu.h"
#include "base/countersign.h"

#define CARD_ATR_MAX      33u
#define CARD_COMMAND_MAX  8192u          /* command data that the card takes, over a chain or extended */
/* Response data and SW that card_transmit can yield. The longest is OATH's CALCULATE ALL: 255 credentials with names of 64
 * bytes and whole HMAC-SHA-512 responses are 33915 bytes. */
#define CARD_RESPONSE_MAX (33920u + 2u)

struct card; /* in card_private.h, so that the caller can give it storage; its fields are the core's */

struct card_ports {
	const struct platform *platform;
	const struct crypto *crypto;
	const struct flash *flash;
};

/* Opens the store, and makes a blank card ready for use as the given profile where the flash is blank (keys and
 * certificate for attestation, default PINs of the profile, CHUID, CCC). ports are borrowed for the card's life.
 * Errors: those of store_open, CS_ERR_FULL, CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err card_open(struct card *card, const struct card_ports *ports, enum csgn_profile profile);

struct profile; /* profile.h */
/* The same, for a blank card whose profile is not just one of the named ones. */
CS_MUST_CHECK enum cs_err card_open_as(struct card *card, const struct card_ports *ports, const struct profile *profile);

/* Power on or reset: every channel's security state and selection is forgotten. */
void card_reset(struct card *card);

/* Answer to reset, borrowed, constant. */
struct cs_view card_atr(void);

/* Executes one command. out has room for CARD_RESPONSE_MAX bytes; at least a status word is always written. */
void card_transmit(struct card *card, struct cs_view command, struct cs_writer *out);

/* Wipes the card's memory; the flash stays as it is. */
void card_close(struct card *card);

#endif
