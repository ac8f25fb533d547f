/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a host keeps with an object (a key, a data object, a secret key): label, ID, flags, as PKCS#11 has them; so that
 * it needs no file of its own beside the card. One record for each object, which goes, and moves, with the object.
 */
#ifndef COUNTERSIGN_APPLET_ATTRIBUTE_H
#define COUNTERSIGN_APPLET_ATTRIBUTE_H

#include "applet/card_private.h"

/* The record of the attributes of the object in this record; 0 where it can have none. */
uint16_t attribute_record(uint16_t object);

/* The elements of enum csgn_attribute_tag as a host brings them: each at most once, none that is not known, each of a
 * length that is allowed. CS_ERR_MALFORMED. */
CS_MUST_CHECK enum cs_err attribute_check(struct cs_view elements, uint16_t *flags);

/* The object's elements, appended to out; nothing where it has none. */
CS_MUST_CHECK enum cs_err attribute_read(struct card *card, uint16_t object, struct cs_writer *out);
/* The object's flags (enum csgn_attribute_flag); 0 where it has none. */
CS_MUST_CHECK enum cs_err attribute_flags(struct card *card, uint16_t object, uint16_t *flags);

/* May the contents of the object be replaced while its attributes stay? Those of a trusted one by the officer and the
 * administrator alone: CS_ERR_DENIED. */
CS_MUST_CHECK enum cs_err attribute_permit_contents(struct card *card, const struct channel *channel,
						    uint16_t object);

/* May an object be made with these flags? Trust is the officer's and the administrator's to give: CS_ERR_DENIED. */
CS_MUST_CHECK enum cs_err attribute_permit_new(const struct channel *channel, uint16_t flags);

/* What follows appends changes for a content_apply and yields how many. elements, and buf, are borrowed. */

/* The object's attributes become these; empty ones remove the record. */
size_t attribute_put(const struct card *card, uint16_t object, struct cs_view elements,
		     struct store_change *changes);
/* The object goes. At most one change. */
size_t attribute_remove(const struct card *card, uint16_t object, struct store_change *changes);
/* The object moves. At most two changes. */
CS_MUST_CHECK enum cs_err attribute_move(struct card *card, uint16_t from, uint16_t to,
					 uint8_t buf[CSGN_ATTRIBUTES_MAX], struct store_change *changes,
					 size_t *count);

#endif
