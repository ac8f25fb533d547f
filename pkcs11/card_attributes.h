/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What one of our cards keeps of an object for PKCS #11 (docs/PROTOCOL 6.10), as we know it.
 */
#ifndef COUNTERSIGN_PKCS11_CARD_ATTRIBUTES_H
#define COUNTERSIGN_PKCS11_CARD_ATTRIBUTES_H

#include "cardclient/csgn.h"
#include "cardclient/inventory.h"

/* All zero: the object has none. */
struct card_attributes {
	uint16_t flags; /* enum csgn_attribute_flag */
	uint8_t label_len, id_len, more_len;
	uint8_t label[CSGN_ATTRIBUTE_TEXT_MAX], id[CSGN_ATTRIBUTE_TEXT_MAX], more[CSGN_ATTRIBUTE_MORE_MAX];
};

/* All that the object has from now on; NULL: nothing. CS_ERR_LENGTH: longer than a card keeps; out is then as it was. */
CS_MUST_CHECK enum cs_err card_attributes_keep(struct card_attributes *out, const struct cc_attributes *from);
/* The same from INVENTORY. CS_ERR_MALFORMED. */
CS_MUST_CHECK enum cs_err card_attributes_take(struct card_attributes *out, const struct cc_entry *entry);
/* Views borrow from kept. */
struct cc_attributes card_attributes_view(const struct card_attributes *kept);

#endif
