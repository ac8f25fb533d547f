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

struct otp *otps_at(const struct otps *otps, size_t index)
{
	return index < otps->count && otps->slots[index].there ? &otps->slots[index] : NULL;
}

static void sealed_free(struct otp *otp)
{
	free(otp->sealed);
	otp->sealed = NULL;
	otp->sealed_len = 0;
}

static bool same_shape(const struct otp *a, const struct otp *b)
{
	return a->type_hash == b->type_hash && a->digits == b->digits && a->properties == b->properties;
}

/* Another one of the same name and shape was drawn another number. */
static bool maybe_same(const struct otp *a, const struct otp *b)
{
	bool told = a->has_unique && b->has_unique;

	return same_shape(a, b) && !(told && memcmp(a->unique, b->unique, sizeof(a->unique)) != 0);
}

/* Into a place that there is room for. */
static void put(struct otps *otps, size_t place, const struct otp *made)
{
	struct otp *slot = &otps->slots[place];
	struct otp old = {.there = false};

	if (place < otps->count)
		old = *slot;
	else
		otps->count++;
	*slot = *made;
	slot->there = true;
	if (slot->sealed != NULL || !maybe_same(&old, made)) {
		sealed_free(&old);
	} else {
		slot->sealed = old.sealed;
		slot->sealed_len = old.sealed_len;
	}
}

static enum cs_err reserve(struct otps *otps, size_t count)
{
	struct otp *grown;

	if (count > OTPS_MAX)
		return CS_ERR_FULL;
	grown = realloc(otps->slots, (count > 0 ? count : 1) * sizeof(*grown));
	if (grown == NULL)
		return CS_ERR_MEMORY;
	otps->slots = grown;
	return CS_OK;
}

enum cs_err otps_set(struct otps *otps, const struct otp *made, size_t *index)
{
	size_t place = place_of(otps, made);
	enum cs_err err = CS_OK;

	if (made->name_len == 0 || made->name_len > YKOATH_NAME_MAX)
		return CS_ERR_LENGTH;
	if (place == otps->count)
		err = reserve(otps, otps->count + 1);
	if (err != CS_OK)
		return err;
	put(otps, place, made);
	*index = place;
	return CS_OK;
}

void otps_rename(struct otps *otps, size_t index, struct cs_view name)
{
	struct otp *otp = &otps->slots[index];

	/* One that had the name and is gone has no claim to it. */
	for (size_t i = 0; i < otps->count; i++) {
		if (i != index && cs_view_equal(name_of(&otps->slots[i]), name))
			otps->slots[i].name_len = 0;
	}
	memcpy(otp->name, name.ptr, name.len);
	otp->name_len = name.len;
}

void otps_drop(struct otps *otps, size_t index)
{
	otps->slots[index].there = false;
	sealed_free(&otps->slots[index]);
}

enum cs_err otps_take(struct otps *otps, const struct cc_entry *entry)
{
	struct otp otp = {.type_hash = entry->type_hash,
			  .digits = entry->digits,
			  .properties = entry->properties,
			  .has_unique = entry->unique.len == sizeof(otp.unique),
			  .name_len = entry->name.len};
	size_t index;

	if (otp.has_unique)
		memcpy(otp.unique, entry->unique.ptr, sizeof(otp.unique));
	if (entry->kind != CSGN_TAG_CREDENTIAL)
		return CS_OK;
	if (entry->name.len > sizeof(otp.name))
		return CS_ERR_MALFORMED;
	memcpy(otp.name, entry->name.ptr, entry->name.len);
	return otps_set(otps, &otp, &index);
}

/* Places that fresh has beyond those of now. */
static size_t additional(const struct otps *now, const struct otps *fresh)
{
	size_t n = 0;

	for (size_t i = 0; i < fresh->count; i++)
		n += place_of(now, &fresh->slots[i]) == now->count ? 1 : 0;
	return n;
}

enum cs_err otps_replace(struct otps *now, struct otps *fresh)
{
	enum cs_err err = reserve(now, now->count + additional(now, fresh));

	if (err != CS_OK)
		return err;
	for (size_t i = 0; i < now->count; i++)
		now->slots[i].there = false;
	for (size_t i = 0; i < fresh->count; i++)
		put(now, place_of(now, &fresh->slots[i]), &fresh->slots[i]);
	for (size_t i = 0; i < now->count; i++) {
		if (!now->slots[i].there)
			sealed_free(&now->slots[i]);
	}
	now->locked = fresh->locked;
	/* What was fresh's own is now's. */
	free(fresh->slots);
	*fresh = (struct otps){.count = 0};
	return CS_OK;
}

void otps_free(struct otps *otps)
{
	for (size_t i = 0; i < otps->count; i++)
		sealed_free(&otps->slots[i]);
	free(otps->slots);
	memset(otps, 0, sizeof(*otps));
}
