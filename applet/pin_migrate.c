/* SPDX-License-Identifier: BSD-2-Clause
 *
 *   blocks in records --references, data key, all in one change--> keys bare --each key sealed--> done
 *
 * RECORD_UNSEALED is there in the middle state.
 */
#include "applet/pin_migrate.h"

#include <string.h>

#include "applet/device.h"
#include "applet/piv_key.h"
#include "applet/records.h"
#include "base/secret.h"

/* A reference as it was: block, flags, tries in all. */
#define OLD_LEN	       (PIV_PIN_LEN + 2u)
#define OLD_FLAG_UNSET 0x02u

struct old_pin {
	bool set;
	uint8_t block[PIV_PIN_LEN];
	uint8_t tries_left, tries_total;
};

static enum cs_err old_load(struct card *card, uint16_t reference, uint16_t tries, struct old_pin *old)
{
	uint8_t bytes[OLD_LEN];
	struct cs_writer w = CS_WRITER_OF(bytes), t = cs_writer_of(&old->tries_left, 1);
	enum cs_err err = store_get(&card->store, reference, &w);

	if (!err)
		err = store_get(&card->store, tries, &t);
	if (err || w.len != OLD_LEN || t.len != 1)
		return err ? err : CS_ERR_CORRUPT;
	memcpy(old->block, bytes, PIV_PIN_LEN);
	old->set = (bytes[PIV_PIN_LEN] & OLD_FLAG_UNSET) == 0;
	old->tries_total = bytes[PIV_PIN_LEN + 1];
	cs_wipe(bytes, sizeof(bytes));
	return CS_OK;
}

/* The new records of one reference, with the tries that the old one had left. */
static enum cs_err convert(struct card *card, enum pin pin, const struct old_pin *old,
			   const uint8_t data_key[SECRET_KEY_LEN], struct pin_records *rec,
			   struct store_change changes[PIN_CHANGES])
{
	const struct pin_value value = {
	    .block = old->block, .data_key = data_key, .tries_total = old->tries_total};
	enum cs_err err = CS_OK;

	if (old->set)
		err = pin_set(card, pin, &value, rec, changes);
	else
		pin_set_none(rec, changes, pin, old->tries_total);
	rec->tries[0] = old->tries_left;
	return err;
}

#define CHANGES (PIN_COUNT * PIN_CHANGES + 2u)
_Static_assert(CHANGES <= STORE_APPLY_MAX, "the new form of the PINs is one change of the store");

static enum cs_err references_convert(struct card *card, const struct old_pin old[PIN_COUNT])
{
	uint8_t data_key[SECRET_KEY_LEN] = {0}, secret[SECRET_RECORD_MAX];
	struct cs_writer record = CS_WRITER_OF(secret);
	struct store_change changes[CHANGES];
	struct pin_records rec[PIN_COUNT];
	enum cs_err err = secret_make(card, data_key, &record);

	for (unsigned i = 0; i < PIN_COUNT && !err; i++)
		err = convert(card, (enum pin)i, &old[i], data_key, &rec[i], changes + i * PIN_CHANGES);
	cs_wipe(data_key, sizeof(data_key));
	if (err)
		return err;
	changes[CHANGES - 2] = (struct store_change){.id = RECORD_SECRET, .value = cs_writer_view(&record)};
	changes[CHANGES - 1] = (struct store_change){.id = RECORD_UNSEALED, .value = CS_VIEW_TEXT("1")};
	return store_apply(&card->store, changes, CHANGES);
}

static enum cs_err references_migrate(struct card *card)
{
	struct old_pin old[PIN_COUNT] = {{0}};
	enum cs_err err = old_load(card, RECORD_PIN, RECORD_PIN_TRIES, &old[PIN_USER]);

	if (!err)
		err = old_load(card, RECORD_PUK, RECORD_PUK_TRIES, &old[PIN_PUK]);
	old[PIN_SO] = old[PIN_PUK];
	if (!err)
		err = references_convert(card, old);
	cs_wipe(old, sizeof(old));
	return err;
}

/* ---- keys ---- */

static enum cs_err keys_seal(struct card *card)
{
	uint16_t id = RECORD_KEY_FIRST;
	bool all = true;

	for (; store_next(&card->store, id, RECORD_KEY_LAST, &id); id++) {
		enum cs_err err = piv_key_seal(card, (uint8_t)(id - RECORD_KEY_FIRST));

		if (err == CS_ERR_FULL)
			all = false;
		else if (err)
			return err;
	}
	return all ? store_delete(&card->store, RECORD_UNSEALED) : CS_OK;
}

enum cs_err pin_migrate(struct card *card)
{
	enum cs_err err = CS_OK;

	/* A card that was terminated has neither. */
	if (!store_has(&card->store, RECORD_SECRET) && store_has(&card->store, RECORD_PIN))
		err = references_migrate(card);
	if (!err && store_has(&card->store, RECORD_UNSEALED))
		err = keys_seal(card);
	return err;
}
