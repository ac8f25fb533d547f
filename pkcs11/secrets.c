/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The secret keys of the card.
 */
#include "pkcs11/secrets.h"

#include <string.h>

#include "pkcs11/card_secret.h"

uint8_t secrets_number(size_t index)
{
	return (uint8_t)(index + 1);
}

size_t secrets_index(uint32_t number)
{
	return number >= 1 && number <= SECRETS_MAX ? number - 1 : SECRETS_MAX;
}

enum cs_err secrets_take(struct secrets *secrets, const struct cc_entry *entry)
{
	size_t index = secrets_index(entry->id);
	struct secret secret = {.there = true,
				.algorithm = (enum csgn_secret_algorithm)entry->algorithm,
				.usage = entry->usage,
				.length = (uint8_t)entry->length,
				.pin_policy = (enum piv_pin_policy)entry->pin_policy,
				.touch_policy = (enum piv_touch_policy)entry->touch_policy,
				.origin = (enum piv_origin)entry->origin};
	enum cs_err err;

	/* A number beyond ours, or another algorithm, is a later card's. */
	if (entry->kind != CSGN_TAG_SECRET || index == SECRETS_MAX || !card_secret_known(secret.algorithm))
		return CS_OK;
	err = card_attributes_take(&secret.attributes, entry);
	if (err == CS_OK)
		secrets_set(secrets, index, &secret);
	return err;
}

void secrets_set(struct secrets *secrets, size_t index, const struct secret *made)
{
	secrets->slots[index] = *made;
}

void secrets_drop(struct secrets *secrets, size_t index)
{
	memset(&secrets->slots[index], 0, sizeof(secrets->slots[index]));
}
