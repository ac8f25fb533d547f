/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The attributes that a card keeps.
 */
#include "pkcs11/card_attributes.h"

#include <string.h>

static uint8_t keep(struct cs_view from, uint8_t *to)
{
	if (from.len > 0)
		memcpy(to, from.ptr, from.len);
	return (uint8_t)from.len;
}

enum cs_err card_attributes_keep(struct card_attributes *out, const struct cc_attributes *from)
{
	if (from != NULL && (from->label.len > sizeof(out->label) || from->id.len > sizeof(out->id) ||
			     from->more.len > sizeof(out->more)))
		return CS_ERR_LENGTH;
	memset(out, 0, sizeof(*out));
	if (from == NULL)
		return CS_OK;
	out->flags = from->flags;
	out->label_len = keep(from->label, out->label);
	out->id_len = keep(from->id, out->id);
	out->more_len = keep(from->more, out->more);
	return CS_OK;
}

enum cs_err card_attributes_take(struct card_attributes *out, const struct cc_entry *entry)
{
	const struct cc_attributes told = {
	    .label = entry->label, .id = entry->attribute_id, .more = entry->more, .flags = entry->flags};

	return card_attributes_keep(out, entry->has_attributes ? &told : NULL) == CS_OK ? CS_OK
											: CS_ERR_MALFORMED;
}

struct cc_attributes card_attributes_view(const struct card_attributes *kept)
{
	return (struct cc_attributes){.label = cs_view(kept->label, kept->label_len),
				      .id = cs_view(kept->id, kept->id_len),
				      .more = cs_view(kept->more, kept->more_len),
				      .flags = kept->flags};
}
