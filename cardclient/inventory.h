/* SPDX-License-Identifier: BSD-2-Clause
 *
 * INVENTORY (docs/PROTOCOL 6.9): all that a host has to know about one of our cards, in one command, and in a few bytes where
 * it knows it already. Answered with PIV selected too. Errors: those of cc_transmit and cc_sw_error (card.h), and
 * CS_ERR_MALFORMED for an answer that no card of ours gives; CS_ERR_MEMORY.
 */
#ifndef COUNTERSIGN_CARDCLIENT_INVENTORY_H
#define COUNTERSIGN_CARDCLIENT_INVENTORY_H

#include "base/bytes.h"
#include "base/countersign.h"
#include "cardclient/card.h"

#define CC_MARK_LEN       (CSGN_MARK_LEN + 1u)
#define CC_REFERENCES_MAX 4u
#define CC_ALGORITHMS_MAX 48u

/* PIN, PUK or SO PIN. */
struct cc_reference {
	uint8_t reference; /* 80, 81, 83 */
	uint8_t flags;     /* enum csgn_reference_flag */
	uint8_t left, total; /* tries */
};

/* What stands at the beginning. After an answer that says that nothing changed, only what is above the line is filled in. */
struct cc_inventory {
	uint8_t mark[CC_MARK_LEN]; /* to be kept, with what was told */
	uint8_t lifecycle;         /* enum csgn_lifecycle, or one of the future */
	struct cc_reference references[CC_REFERENCES_MAX];
	size_t reference_count;
	bool unchanged;
	/* ---- */
	uint8_t version[3];
	uint32_t serial;
	uint8_t profile;
	char label[CSGN_LABEL_MAX + 1], holder[CSGN_HOLDER_MAX + 1], expiry[CSGN_EXPIRY_LEN + 1];
	uint8_t algorithms[CC_ALGORITHMS_MAX];
	size_t algorithm_count;
	bool oath_locked; /* credentials are there, or not: they are not named */
};

/* An object, a key, a secret key or a credential. Views borrow from the answer: good during the call only. */
struct cc_entry {
	enum csgn_tag kind; /* CSGN_TAG_KEY, _OBJECT, _SECRET, _CREDENTIAL */
	uint32_t id;        /* slot, tag, number */
	uint8_t algorithm, pin_policy, touch_policy, origin; /* KEY, SECRET */
	struct cs_view public_key;                           /* KEY: the contents of 7F49 */
	bool has_contents;                                   /* OBJECT: false where the PIN is wanted first */
	uint16_t length;                                     /* OBJECT: of its contents. SECRET: of the key */
	uint8_t digest[32];                                  /* OBJECT: SHA-256 of them */
	uint16_t usage;                                      /* SECRET: enum csgn_usage */
	uint8_t type_hash, digits, properties;               /* CREDENTIAL */
	struct cs_view name;                                 /* CREDENTIAL */
	struct cs_view unique;                               /* CREDENTIAL: YKOATH_UNIQUE_LEN bytes; empty: none were drawn */
	bool has_attributes;
	struct cs_view label, attribute_id, more;
	uint16_t flags; /* enum csgn_attribute_flag */
};

/* Called for each entry, in the card's order. Anything but CS_OK ends the walk, and is what comes back. */
typedef enum cs_err cc_entry_fn(void *ctx, const struct cc_entry *entry);

/* known: the mark that the host has, or NULL. Nothing is called where out->unchanged. */
CS_MUST_CHECK enum cs_err cc_inventory(struct cc_card *card, const uint8_t *known, struct cc_inventory *out,
				       cc_entry_fn *fn, void *ctx);

/* Parser of one page, which is not trusted. known as above. *cursor: where the next page begins, 0: this is the last. On the
 * first page all of out is written; on a later one only the mark. Unknown elements are skipped. */
CS_MUST_CHECK enum cs_err cc_inventory_parse(struct cs_view page, const uint8_t *known, struct cc_inventory *out,
					     uint16_t *cursor, cc_entry_fn *fn, void *ctx);

#endif
