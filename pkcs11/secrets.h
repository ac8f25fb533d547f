/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The AES and HMAC keys that our card holds (docs/PROTOCOL 6.11), as we know them: nothing here is secret.
 */
#ifndef COUNTERSIGN_PKCS11_SECRETS_H
#define COUNTERSIGN_PKCS11_SECRETS_H

#include "base/piv.h"
#include "cardclient/inventory.h"
#include "pkcs11/card_attributes.h"

#define SECRETS_MAX 32u

struct secret {
	bool there;
	enum csgn_secret_algorithm algorithm;
	uint16_t usage; /* enum csgn_usage */
	uint8_t length; /* bytes */
	enum piv_pin_policy pin_policy;
	enum piv_touch_policy touch_policy;
	enum piv_origin origin;
	struct card_attributes attributes;
};

struct secrets {
	struct secret slots[SECRETS_MAX]; /* of key number 1 and up */
};

/* The number that the card gives the key at index, and back: SECRETS_MAX where there is none such. */
uint8_t secrets_number(size_t index);
size_t secrets_index(uint32_t number);

/* An entry of INVENTORY; one that is no secret key is left alone. CS_ERR_MALFORMED. */
CS_MUST_CHECK enum cs_err secrets_take(struct secrets *secrets, const struct cc_entry *entry);

/* After a change of ours on the card. */
void secrets_set(struct secrets *secrets, size_t index, const struct secret *made);
void secrets_drop(struct secrets *secrets, size_t index);

#endif
