/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Makes and erases the card.
 *
 *   blank flash --device_open--> wipe recorded --content erased, made anew--> made
 *   made --device_wipe--> wipe recorded --...--> made
 *
 * Invariants:
 * 1. RECORD_WIPE holds all that is needed to complete the erasure, which may be done again from its start. It
 * is always there and always of the same length, so that a card without room can be erased (on a card of the
 * first format until there was room to lengthen it: device_upgrade).
 * 2. The change that writes RECORD_DEVICE is the one that says DEVICE_WIPE_NONE in RECORD_WIPE.
 * 3. While RECORD_WIPE says something else (card->wipe_pending) no command runs.
 */
#include "applet/device.h"

#include <string.h>

#include "applet/channel.h"
#include "applet/content.h"
#include "applet/oath_credential.h"
#include "applet/pin_migrate.h"
#include "applet/piv.h"
#include "applet/piv_key.h"
#include "applet/records.h"
#include "base/secret.h"

#define DEVICE_FORMAT 2u
#define PINS_LEN      (2u * PIN_REFERENCE_LEN + 1u + SECRET_RECORD_MAX)
#define WIPE_LEN      (3u + PROFILE_RECORD_LEN + CSGN_LABEL_MAX + PINS_LEN)

/* The first format knew a profile by its base alone: format, base, life-cycle. */
#define DEVICE_FORMAT_BASE 1u
#define DEVICE_LEN_BASE	   3u
#define WIPE_LEN_BASE	   (4u + PIV_PIN_LEN + CSGN_LABEL_MAX)

void device_record(const struct profile *profile, enum csgn_lifecycle lifecycle,
		   uint8_t record[DEVICE_RECORD_LEN])
{
	struct cs_writer w = cs_writer_of(record, DEVICE_RECORD_LEN);

	cs_write_u8(&w, DEVICE_FORMAT);
	cs_write_u8(&w, (uint8_t)lifecycle);
	profile_save(profile, &w);
}

/* Profile and life-cycle as record says, in the present format or the first one. */
static enum cs_err device_read(struct card *card, struct cs_view record)
{
	struct cs_reader r = cs_reader_of(record);
	uint8_t format = cs_read_u8(&r), lifecycle;
	struct profile profile;
	enum cs_err err = CS_OK;

	if (format == DEVICE_FORMAT_BASE) {
		profile_default((enum csgn_profile)cs_read_u8(&r), &profile);
		lifecycle = cs_read_u8(&r);
	} else {
		lifecycle = cs_read_u8(&r);
		err = profile_load(&r, &profile);
	}
	if (err || format == 0 || format > DEVICE_FORMAT || cs_reader_done(&r) != CS_OK)
		return CS_ERR_CORRUPT;
	card->profile = profile;
	card->lifecycle = (enum csgn_lifecycle)lifecycle;
	return CS_OK;
}

static enum cs_err device_load(struct card *card)
{
	uint8_t record[DEVICE_RECORD_LEN];
	struct cs_writer w = CS_WRITER_OF(record);
	enum cs_err err = store_get(&card->store, RECORD_DEVICE, &w);

	return err ? err : device_read(card, cs_writer_view(&w));
}

/* ---- the plan as a record: scope, life-cycle, profile, length of the label, label, zeros, staged PINs ----
 */

static enum cs_err plan_write(const struct device_plan *plan, uint8_t record[WIPE_LEN])
{
	struct cs_writer w = cs_writer_of(record, WIPE_LEN);

	cs_write_u8(&w, (uint8_t)plan->scope);
	cs_write_u8(&w, (uint8_t)plan->lifecycle);
	profile_save(&plan->profile, &w);
	cs_write_u8(&w, (uint8_t)plan->label.len);
	cs_write_view(&w, plan->label);
	if (plan->label.len <= CSGN_LABEL_MAX)
		cs_write_fill(&w, 0, CSGN_LABEL_MAX - plan->label.len);
	cs_write_view(&w, CS_VIEW_OF(plan->pins.so));
	cs_write_view(&w, CS_VIEW_OF(plan->pins.puk));
	cs_write_u8(&w, plan->pins.secret_len);
	cs_write_view(&w, CS_VIEW_OF(plan->pins.secret));
	return cs_writer_done(&w);
}

static enum cs_err plan_store(struct card *card, const struct device_plan *plan)
{
	uint8_t record[WIPE_LEN];
	enum cs_err err = plan_write(plan, record);

	if (!err)
		err = store_put(&card->store, RECORD_WIPE, CS_VIEW_OF(record));
	cs_wipe(record, sizeof(record));
	return err;
}

/* The first format has the SO PIN as a block, which is the PUK too. */
static enum cs_err plan_read_base(struct card *card, struct cs_reader *r, struct device_plan *plan)
{
	uint8_t so_pin[PIV_PIN_LEN];
	enum cs_err err = CS_OK;

	profile_default((enum csgn_profile)cs_read_u8(r), &plan->profile);
	plan->lifecycle = (enum csgn_lifecycle)cs_read_u8(r);
	cs_read_copy(r, so_pin, sizeof(so_pin));
	plan->label = cs_read_view(r, cs_read_u8(r));
	(void)cs_read_rest(r);
	if (plan->lifecycle != CSGN_BLANK)
		err = pin_stage(card, &plan->profile, so_pin, so_pin, &plan->pins);
	cs_wipe(so_pin, sizeof(so_pin));
	return err;
}

static enum cs_err plan_read_staged(struct cs_reader *r, struct device_plan *plan)
{
	struct cs_reader label;
	enum cs_err err;

	plan->lifecycle = (enum csgn_lifecycle)cs_read_u8(r);
	err = profile_load(r, &plan->profile);
	plan->label.len = cs_read_u8(r);
	label = cs_reader_of(cs_read_view(r, CSGN_LABEL_MAX));
	plan->label = cs_read_view(&label, plan->label.len);
	cs_read_copy(r, plan->pins.so, sizeof(plan->pins.so));
	cs_read_copy(r, plan->pins.puk, sizeof(plan->pins.puk));
	plan->pins.secret_len = cs_read_u8(r);
	cs_read_copy(r, plan->pins.secret, sizeof(plan->pins.secret));
	return err;
}

/* plan->label borrows from record. */
static enum cs_err plan_read(struct card *card, struct cs_view record, struct device_plan *plan)
{
	struct cs_reader r = cs_reader_of(record);
	enum cs_err err;

	plan->scope = (enum device_scope)cs_read_u8(&r);
	if (plan->scope == DEVICE_WIPE_NONE)
		return CS_OK;
	if (record.len == WIPE_LEN_BASE)
		err = plan_read_base(card, &r, plan);
	else
		err = plan_read_staged(&r, plan);
	if (!err && cs_reader_done(&r) != CS_OK)
		err = CS_ERR_CORRUPT;
	return err;
}

static enum cs_err plan_load(struct card *card, uint8_t record[WIPE_LEN], struct device_plan *plan)
{
	struct cs_writer w = cs_writer_of(record, WIPE_LEN);
	enum cs_err err = store_get(&card->store, RECORD_WIPE, &w);

	return err ? err : plan_read(card, cs_writer_view(&w), plan);
}

/* ---- erasing ---- */

static enum cs_err device_store(struct card *card, const struct profile *profile,
				enum csgn_lifecycle lifecycle)
{
	static const uint8_t nothing[WIPE_LEN];
	uint8_t record[DEVICE_RECORD_LEN] = {0};
	const struct store_change changes[] = {
	    {.id = RECORD_DEVICE, .value = CS_VIEW_OF(record)},
	    {.id = RECORD_WIPE, .value = CS_VIEW_OF(nothing)},
	};

	device_record(profile, lifecycle, record);
	return content_apply(card, changes, 2);
}

static bool plan_keeps_sm(const struct device_plan *plan)
{
	return plan->scope == DEVICE_WIPE_PIV_ISSUE || plan->scope == DEVICE_WIPE_ISSUE;
}

static enum cs_err device_erase(struct card *card, const struct device_plan *plan)
{
	bool piv = plan->scope == DEVICE_WIPE_PIV || plan->scope == DEVICE_WIPE_PIV_ISSUE;
	enum cs_err err = store_delete_range(&card->store, RECORD_CONTENT_FIRST, RECORD_SM_FIRST - 1);

	if (!err && !plan_keeps_sm(plan))
		err = store_delete_range(&card->store, RECORD_SM_FIRST, RECORD_SM_LAST);
	if (!err)
		err = store_delete_range(&card->store, RECORD_SM_LAST + 1,
					 piv ? RECORD_VENDOR_OBJECT_LAST : RECORD_CONTENT_LAST);
	if (!err && piv)
		err = store_delete_range(&card->store, RECORD_CSGN_FIRST, RECORD_CSGN_LAST);
	if (!err && piv)
		err = oath_delete_bound(&card->store);
	if (!err && plan->scope == DEVICE_WIPE_FOR_GOOD)
		err = store_delete_range(&card->store, RECORD_ATTESTATION_KEY, RECORD_ATTESTATION_LAST);
	return err;
}

static enum cs_err device_execute(struct card *card, const struct device_plan *plan)
{
	enum cs_err err;

	piv_keys_forget(card);
	err = device_erase(card, plan);
	if (!err && plan->scope != DEVICE_WIPE_FOR_GOOD)
		err = piv_make(card, plan);
	if (!err && plan->label.len)
		err = store_put(&card->store, RECORD_LABEL, plan->label);
	content_renew(card);
	if (!err)
		err = device_store(card, &plan->profile, plan->lifecycle);
	return err;
}

static enum cs_err device_complete(struct card *card)
{
	uint8_t record[WIPE_LEN];
	struct device_plan plan = {0};
	enum cs_err err = plan_load(card, record, &plan);

	channels_forget_all(card, plan_keeps_sm(&plan));
	card->touched = false;
	if (!err)
		err = device_execute(card, &plan);
	if (!err)
		err = device_load(card);
	if (!err)
		card->wipe_pending = false;
	cs_wipe(record, sizeof(record));
	cs_wipe(&plan, sizeof(plan));
	return err;
}

enum cs_err device_wipe(struct card *card, const struct device_plan *plan)
{
	enum cs_err err = plan_store(card, plan);

	if (err)
		return err;
	card->wipe_pending = true;
	return device_complete(card);
}

enum cs_err device_settle(struct card *card)
{
	return card->wipe_pending ? device_complete(card) : CS_OK;
}

/* A card of the first format gets the longer records at once, while nothing depends on it; where there is no
 * room, it stays as it is, and is asked again at its next start. */
static enum cs_err device_upgrade(struct card *card)
{
	uint8_t record[DEVICE_RECORD_LEN];
	struct cs_writer w = CS_WRITER_OF(record);
	enum cs_err err = store_get(&card->store, RECORD_DEVICE, &w);

	if (!err && w.len == DEVICE_LEN_BASE)
		err = device_store(card, &card->profile, card->lifecycle);
	return err == CS_ERR_FULL ? CS_OK : err;
}

enum cs_err device_open(struct card *card, const struct profile *profile)
{
	const struct device_plan new_card = {
	    .scope = DEVICE_WIPE_ALL, .profile = *profile, .lifecycle = CSGN_BLANK};
	uint8_t record[WIPE_LEN] = {0};
	struct device_plan plan = {0};
	enum cs_err err = content_open(card);

	if (!err)
		err = plan_load(card, record, &plan);
	if (err == CS_ERR_NOT_FOUND)
		err = store_has(&card->store, RECORD_DEVICE) ? CS_ERR_CORRUPT : device_wipe(card, &new_card);
	else if (!err && plan.scope != DEVICE_WIPE_NONE)
		err = device_complete(card);
	else if (!err)
		err = device_load(card);
	if (!err)
		err = device_upgrade(card);
	if (!err)
		err = pin_migrate(card);
	cs_wipe(record, sizeof(record));
	cs_wipe(&plan, sizeof(plan));
	return err;
}
