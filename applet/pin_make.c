/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The first PINs, each set with the data key that all of them open. They come to be in one change of the
 * store.
 */
#include "applet/pin_make.h"

#include <string.h>

#include "applet/records.h"
#include "base/secret.h"

#define MAKE_CHANGES (PIN_COUNT * PIN_CHANGES + 1u)

enum cs_err pin_stage(struct card *card, const struct profile *profile, const uint8_t so[PIV_PIN_LEN],
		      const uint8_t puk[PIV_PIN_LEN], struct pin_stage *stage)
{
	uint8_t data_key[SECRET_KEY_LEN] = {0};
	const struct pin_value new_so = {.block = so, .data_key = data_key, .tries_total = profile->so_tries};
	const struct pin_value new_puk = {
	    .block = puk, .data_key = data_key, .tries_total = profile->puk_tries};
	struct cs_writer record = CS_WRITER_OF(stage->secret);
	enum cs_err err = secret_make(card, data_key, &record);

	if (!err)
		err = pin_reference(card, PIN_SO, &new_so, stage->so);
	if (!err)
		err = pin_reference(card, PIN_PUK, &new_puk, stage->puk);
	stage->secret_len = (uint8_t)record.len;
	cs_wipe(data_key, sizeof(data_key));
	return err;
}

enum cs_err pin_make_staged(struct card *card, const struct profile *profile, const struct pin_stage *stage)
{
	struct store_change changes[MAKE_CHANGES];
	struct pin_records rec[PIN_COUNT];

	memcpy(rec[PIN_PUK].reference, stage->puk, sizeof(stage->puk));
	memcpy(rec[PIN_SO].reference, stage->so, sizeof(stage->so));
	pin_set_none(&rec[PIN_USER], changes, PIN_USER, profile->pin_tries);
	pin_set_reference(&rec[PIN_PUK], changes + PIN_CHANGES, PIN_PUK);
	pin_set_reference(&rec[PIN_SO], changes + 2 * PIN_CHANGES, PIN_SO);
	changes[MAKE_CHANGES - 1] =
	    (struct store_change){.id = RECORD_SECRET, .value = cs_view(stage->secret, stage->secret_len)};
	return store_apply(&card->store, changes, MAKE_CHANGES);
}

enum cs_err pin_set_factory(struct card *card, const struct profile *profile, enum pin pin,
			    const uint8_t data_key[SECRET_KEY_LEN], uint8_t tries_total,
			    struct pin_records *rec, struct store_change changes[PIN_CHANGES])
{
	const struct pin_value value = {.block = pin_factory(pin),
					.data_key = data_key,
					.tries_total = tries_total,
					.must_change =
					    pin == PIN_USER && profile_has(profile, CSGN_RULE_MUST_CHANGE)};

	return pin_set(card, pin, &value, rec, changes);
}

enum cs_err pin_make_factory(struct card *card, const struct profile *profile)
{
	const uint8_t tries[PIN_COUNT] = {profile->pin_tries, profile->puk_tries, profile->so_tries};
	uint8_t data_key[SECRET_KEY_LEN] = {0}, secret[SECRET_RECORD_MAX];
	struct cs_writer record = CS_WRITER_OF(secret);
	struct store_change changes[MAKE_CHANGES];
	struct pin_records rec[PIN_COUNT];
	enum cs_err err = secret_make(card, data_key, &record);

	for (unsigned i = 0; i < PIN_COUNT && !err; i++)
		err = pin_set_factory(card, profile, (enum pin)i, data_key, tries[i], &rec[i],
				      changes + i * PIN_CHANGES);
	cs_wipe(data_key, sizeof(data_key));
	if (err)
		return err;
	changes[MAKE_CHANGES - 1] =
	    (struct store_change){.id = RECORD_SECRET, .value = cs_writer_view(&record)};
	return store_apply(&card->store, changes, MAKE_CHANGES);
}
