/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The credentials of the card.
 */
#include "pkcs11/otps.h"

#include <stdlib.h>
#include <string.h>

static struct cs_view name_of(const struct otp *otp)
{
	return cs_view(otp->name, otp->name_len);
}

size_t otps_find(const struct otps *otps, struct cs_view name)
{
	for (size_t i = 0; i < otps->count; i++) {
		if (otps->slots[i].there && cs_view_equal(name_of(&otps->slots[i]), name))
			return i;
	}
	return otps->count;
}

/* Where it was before it was deleted, so that a credential that comes and goes takes one place. */
static size_t place_of(const struct otps *otps, const struct otp *otp)
{
	for (size_t i = 0; i < otps->count; i++) {
		if (cs_view_equal(name_of(&otps->slots[i]), name_of(otp)))
			return i;
	}
	return otps->count;
}

enum cs_err otps_set(struct otps *otps, const struct otp *made, size_t *index)
{
	size_t place = place_of(otps, made);
	struct otp *grown;

	if (made->name_len == 0 || made->name_len > OTPS_NAME_MAX)
		return CS_ERR_LENGTH;
	if (place == OTPS_MAX)
		return CS_ERR_FULL;
	if (place == otps->count) {
		grown = realloc(otps->slots, (otps->count + 1) * sizeof(*grown));
		if (grown == NULL)
			return CS_ERR_MEMORY;
		otps->slots = grown;
		otps->count++;
	}
	otps->slots[place] = *made;
	otps->slots[place].there = true;
	*index = place;
	return CS_OK;
}

void otps_drop(struct otps *otps, size_t index)
{
	otps->slots[index].there = false;
}

enum cs_err otps_take(struct otps *otps, const struct cc_entry *entry)
{
	struct otp otp = {.type_hash = entry->type_hash,
			  .digits = entry->digits,
			  .properties = entry->properties,
			  .name_len = entry->name.len};
	size_t index;

	if (entry->kind != CSGN_TAG_CREDENTIAL)
		return CS_OK;
	if (entry->name.len > sizeof(otp.name))
		return CS_ERR_MALFORMED;
	memcpy(otp.name, entry->name.ptr, entry->name.len);
	return otps_set(otps, &otp, &index);
}

static enum cs_err copy_all(const struct otps *from, struct otps *to)
{
	enum cs_err err = CS_OK;
	size_t index;

	for (size_t i = 0; err == CS_OK && i < from->count; i++) {
		err = otps_set(to, &from->slots[i], &index);
		if (err == CS_OK)
			to->slots[index].there = from->slots[i].there;
	}
	return err;
}

enum cs_err otps_replace(struct otps *now, struct otps *fresh)
{
	struct otps all = {.locked = fresh->locked};
	enum cs_err err = copy_all(now, &all);

	for (size_t i = 0; i < all.count; i++)
		all.slots[i].there = false;
	if (err == CS_OK)
		err = copy_all(fresh, &all);
	if (err != CS_OK) {
		otps_free(&all);
		return err;
	}
	otps_free(fresh);
	otps_free(now);
	*now = all;
	return CS_OK;
}

void otps_free(struct otps *otps)
{
	free(otps->slots);
	memset(otps, 0, sizeof(*otps));
}
