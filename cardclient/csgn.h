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
	char holder[CSGN_HOLDER_MAX + 1], expiry[CSGN_EXPIRY_LEN + 1]; /* "" without one */
};

/* CS_ERR_NOT_FOUND: not one of our cards. info may be NULL. Lets the card be spoken to in extended length. */
CS_MUST_CHECK enum cs_err cc_csgn_select(struct cc_card *card, struct cc_csgn_info *info);

/* What SELECT told, as it is now. */
CS_MUST_CHECK enum cs_err cc_csgn_info(struct cc_card *card, struct cc_csgn_info *info);

struct cc_csgn_issue {
	struct cs_view so_pin;
	struct cs_view puk;   /* empty: it begins as the SO PIN does */
	struct cs_view label; /* at most CSGN_LABEL_MAX bytes */
	enum csgn_profile profile;
	struct cs_view otherwise; /* elements of enum csgn_profile_tag: what is not as the profile has it; empty: nothing */
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

/* Card holder (UTF-8, at most CSGN_HOLDER_MAX bytes) and expiry (CSGN_EXPIRY_LEN digits: year, month, day); NULL: as it is; empty:
 * none. SO PIN first. CS_ERR_ARG also for what is no date. */
CS_MUST_CHECK enum cs_err cc_csgn_personalise(struct cc_card *card, const struct cs_view *holder,
					      const struct cs_view *expiry);

/* SO PIN first, or with PIV selected the management key. CS_ERR_STATE: not in this state of the card's life. Terminating
 * is for good. */
CS_MUST_CHECK enum cs_err cc_csgn_lock(struct cc_card *card);
CS_MUST_CHECK enum cs_err cc_csgn_unlock(struct cc_card *card);
CS_MUST_CHECK enum cs_err cc_csgn_terminate(struct cc_card *card);

/* What follows is answered with PIV selected too. */

/* Label and ID: at most CSGN_ATTRIBUTE_TEXT_MAX bytes; more: CSGN_ATTRIBUTE_MORE_MAX. Empty ones are not there. */
struct cc_attributes {
	struct cs_view label, id, more;
	uint16_t flags; /* enum csgn_attribute_flag */
};

/* All that the object (slot, number of a secret key, tag of a data object) has from now on. With contents the data object is
 * written at the same time. PIN, SO PIN or management key first. CS_ERR_NOT_FOUND: no such object. */
CS_MUST_CHECK enum cs_err cc_csgn_set_attributes(struct cc_card *card, uint32_t object,
						 const struct cc_attributes *attributes,
						 const struct cs_view *contents);

/* A secret key to be made: 0 and empty where the card chooses. */
struct cc_secret {
	enum csgn_secret_algorithm algorithm;
	uint8_t number;	    /* 0: a free one */
	struct cs_view key; /* to be imported; empty: the card makes one */
	uint8_t length;	    /* of an HMAC key that the card makes */
	uint16_t usage;	    /* enum csgn_usage */
	uint8_t pin_policy, touch_policy;
	const struct cc_attributes *attributes; /* may be NULL */
};

/* Needs what a new private key needs. CS_ERR_STATE: the number is in use. CS_ERR_FULL. */
CS_MUST_CHECK enum cs_err cc_csgn_secret_create(struct cc_card *card, const struct cc_secret *secret, uint8_t *number);
CS_MUST_CHECK enum cs_err cc_csgn_secret_delete(struct cc_card *card, uint8_t number);

/* What goes in, and where what comes out is appended (NULL: to nowhere). */
struct cc_secret_use {
	struct cs_view iv, aad, text, mac;
	struct cs_writer *iv_out, *text_out, *mac_out;
};

/* how: enum csgn_use. CS_ERR_ARG: a MAC or tag that is wrong too. CS_ERR_STATE: not a usage of the key. */
CS_MUST_CHECK enum cs_err cc_csgn_secret_use(struct cc_card *card, uint8_t number, uint8_t how,
					     const struct cc_secret_use *use);

/* Parser of the untrusted answer to SELECT and INFO. Unknown elements are skipped. */
CS_MUST_CHECK enum cs_err cc_csgn_parse_info(struct cs_view answer, struct cc_csgn_info *out);

#endif
