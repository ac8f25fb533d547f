/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the card holds for its hosts, and the mark that says whether it is still what a host saw last. Whatever changes
 * something that INVENTORY tells goes through these functions, which change the mark with it, or just before: a host
 * that finds the mark it knows has nothing to read. PIN tries and HOTP counters have no part in it.
 *
 * The mark is a counter, which goes up with each change for the life of the card, and a tag, which is drawn anew with
 * the first change after each start and with each erasure: so a card whose memory was put back to an older state,
 * and then changed, has no mark that it had before.
 */
#ifndef COUNTERSIGN_APPLET_CONTENT_H
#define COUNTERSIGN_APPLET_CONTENT_H

#include "applet/card_private.h"

/* Changes in one content_apply: the mark takes one of the store's. */
#define CONTENT_APPLY_MAX (STORE_APPLY_MAX - 1u)

/* Loads the mark; makes it on a card that has none yet. Before anything else of this file. */
CS_MUST_CHECK enum cs_err content_open(struct card *card);

/* The mark alone, before a change that another transaction makes: a mark too many harms nobody. */
CS_MUST_CHECK enum cs_err content_touch(struct card *card);

/* As store_apply, store_put, store_delete and store_delete_range. */
CS_MUST_CHECK enum cs_err content_apply(struct card *card, const struct store_change *changes, size_t count);
CS_MUST_CHECK enum cs_err content_put(struct card *card, uint16_t id, struct cs_view value);
CS_MUST_CHECK enum cs_err content_delete(struct card *card, uint16_t id);
CS_MUST_CHECK enum cs_err content_delete_range(struct card *card, uint16_t first, uint16_t last);

/* The tag is drawn anew with the next change. */
void content_renew(struct card *card);

void content_mark(const struct card *card, uint8_t mark[CSGN_MARK_LEN]);

#endif
