/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Typed commands of the Countersign application (base/countersign.h; docs/PROTOCOL). Only our cards have it.
 *
 * Every function but cc_csgn_select needs the application selected on the card. Besides its own errors each
 * returns those of cc_transmit and cc_sw_error (card.h). PINs: 1 to 8 bytes here, the card's rules decide;
 * CS_ERR_ARG for other lengths (nothing was sent) and where the card refuses one by its rules (6A80).
 */
#ifndef COUNTERSIGN_CARDCLIENT_CSGN_H
#define COUNTERSIGN_CARDCLIENT_CSGN_H

#include "base/bytes.h"
#include "base/countersign.h"
#include "cardclient/card.h"

struct cc_pin_state {
	bool set;
	unsigned left, total; /* tries */
};

struct cc_csgn_info {
	uint8_t version[3];
	uint32_t serial;
	uint8_t profile;		/* enum csgn_profile, or one of the future */
	uint8_t lifecycle;		/* enum csgn_lifecycle, likewise */
	char label[CSGN_LABEL_MAX + 1]; /* UTF-8, "" without one */
	struct cc_pin_state pin, puk, so;
	uint8_t pin_flags; /* enum csgn_pin_flag */
};

/* CS_ERR_NOT_FOUND: not one of our cards. info may be NULL. Lets the card be spoken to in extended length. */
CS_MUST_CHECK enum cs_err cc_csgn_select(struct cc_card *card, struct cc_csgn_info *info);

/* What SELECT told, as it is now. */
CS_MUST_CHECK enum cs_err cc_csgn_info(struct cc_card *card, struct cc_csgn_info *info);

/* PIV slots that have a key, and PIV data objects that have content. */
struct cc_csgn_contents {
	uint8_t keys[CSGN_KEYS_MAX];
	size_t key_count;
	uint32_t objects[CSGN_OBJECTS_MAX];
	size_t object_count;
};

/* Answered with PIV selected too. CS_ERR_NOT_FOUND: there is more than fits. */
CS_MUST_CHECK enum cs_err cc_csgn_contents(struct cc_card *card, struct cc_csgn_contents *out);

struct cc_csgn_issue {
	struct cs_view so_pin;
	struct cs_view puk;   /* empty: it begins as the SO PIN does */
	struct cs_view label; /* at most CSGN_LABEL_MAX bytes */
	enum csgn_profile profile;
};

/* Erases the card and issues it anew. On a card that is initialised already so_pin must be the one it has, or
 * the SO PIN be verified: CS_ERR_WRONG with *tries left (may be NULL), CS_ERR_BLOCKED. */
CS_MUST_CHECK enum cs_err cc_csgn_initialize(struct cc_card *card, const struct cc_csgn_issue *issue,
					     unsigned *tries);

/* Sets the user PIN, and its tries to full; must_change: it opens no private key until its user has changed
 * it. SO PIN first (cc_csgn_verify with CSGN_REF_SO), else CS_ERR_DENIED. */
CS_MUST_CHECK enum cs_err cc_csgn_init_pin(struct cc_card *card, struct cs_view user_pin, bool must_change);

/* Other retry limits, 1 to 15 tries each, or 0: as it is. No PIN changes, and no try is given. SO PIN first. */
struct cc_csgn_limits {
	uint8_t pin, puk, so;
};
CS_MUST_CHECK enum cs_err cc_csgn_set_limits(struct cc_card *card, const struct cc_csgn_limits *limits);

/* PIN or SO PIN first. */
CS_MUST_CHECK enum cs_err cc_csgn_set_label(struct cc_card *card, struct cs_view label);

/* Back to blank. SO PIN first, or PIN and PUK both blocked; else CS_ERR_DENIED. */
CS_MUST_CHECK enum cs_err cc_csgn_reset(struct cc_card *card);

/* ref: PIV_REF_PIN, or CSGN_REF_SO for the security officer. As cc_piv_verify (piv.h). */
CS_MUST_CHECK enum cs_err cc_csgn_verify(struct cc_card *card, uint8_t ref, struct cs_view pin,
					 unsigned *tries);

/* ref: CSGN_REF_SO, or what cc_piv_change takes; else as that. */
CS_MUST_CHECK enum cs_err cc_csgn_change(struct cc_card *card, uint8_t ref, struct cs_view old_pin,
					 struct cs_view new_pin, unsigned *tries);

/* Parser of the untrusted answer to SELECT and INFO. Unknown elements are skipped. */
CS_MUST_CHECK enum cs_err cc_csgn_parse_info(struct cs_view answer, struct cc_csgn_info *out);

#endif
