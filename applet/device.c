/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Makes and erases the card.
 *
 *   blank flash --device_open--> wipe recorded --content erased, made anew--> made
 *   made --device_wipe--> wipe recorded --...--> made
 *
 * Invariants:
 * 1. RECORD_WIPE holds all that is needed to complete the erasure, which may be done again from its start.
 * 2. The change that writes RECORD_DEVICE is the one that removes RECORD_WIPE.
 * 3. While RECORD_WIPE is there no command runs.
 */
#include "applet/device.h"

#include <string.h>

#include "applet/dispatch.h"
#include "applet/piv.h"
#include "applet/records.h"
#include "base/secret.h"

#define DEVICE_FORMAT  1u
#define WIPE_MAX       (3u + PIV_PIN_LEN + CSGN_LABEL_MAX)
#define TOUCH_CACHE_MS 15000u

void device_record(enum csgn_profile profile, enum csgn_lifecycle lifecycle,
		   uint8_t record[DEVICE_RECORD_LEN])
{
	record[0] = DEVICE_FORMAT;
	record[1] = (uint8_t)profile;
	record[2] = (uint8_t)lifecycle;
}

static enum cs_err device_load(struct card *card)
{
	uint8_t record[DEVICE_RECORD_LEN];
	struct cs_writer w = CS_WRITER_OF(record);
	enum cs_err err = store_get(&card->store, RECORD_DEVICE, &w);

	if (err)
		return err;
	if (w.len != sizeof(record) || record[0] != DEVICE_FORMAT)
		return CS_ERR_CORRUPT;
	card->profile = record[1] == CSGN_PROFILE_PIV ? CSGN_PROFILE_PIV : CSGN_PROFILE_COUNTERSIGN;
	card->lifecycle = (enum csgn_lifecycle)record[2];
	return CS_OK;
}

/* ---- the plan as a record: scope, profile, life-cycle, SO PIN, label ---- */

static enum cs_err plan_store(struct card *card, const struct device_plan *plan)
{
	uint8_t record[WIPE_MAX];
	struct cs_writer w = CS_WRITER_OF(record);
	enum cs_err err;

	cs_write_u8(&w, (uint8_t)plan->scope);
	cs_write_u8(&w, (uint8_t)plan->profile);
	cs_write_u8(&w, (uint8_t)plan->lifecycle);
	cs_write_view(&w, CS_VIEW_OF(plan->so_pin));
	cs_write_view(&w, plan->label);
	err = cs_writer_done(&w);
	if (!err)
		err = store_put(&card->store, RECORD_WIPE, cs_writer_view(&w));
	cs_wipe(record, sizeof(record));
	return err;
}

/* plan->label borrows from record. */
static enum cs_err plan_load(struct card *card, uint8_t record[WIPE_MAX], struct device_plan *plan)
{
	struct cs_writer w = cs_writer_of(record, WIPE_MAX);
	enum cs_err err = store_get(&card->store, RECORD_WIPE, &w);
	struct cs_reader r;

	if (err)
		return err;
	r = cs_reader_of(cs_writer_view(&w));
	plan->scope = (enum device_scope)cs_read_u8(&r);
	plan->profile = (enum csgn_profile)cs_read_u8(&r);
	plan->lifecycle = (enum csgn_lifecycle)cs_read_u8(&r);
	cs_read_copy(&r, plan->so_pin, sizeof(plan->so_pin));
	plan->label = cs_read_rest(&r);
	return cs_reader_done(&r) == CS_OK ? CS_OK : CS_ERR_CORRUPT;
}

/* ---- erasing ---- */

static enum cs_err device_finish(struct card *card, const struct device_plan *plan)
{
	uint8_t record[DEVICE_RECORD_LEN] = {0};
	const struct store_change changes[] = {
	    {.id = RECORD_DEVICE, .value = CS_VIEW_OF(record)},
	    {.id = RECORD_WIPE, .remove = true},
	};

	device_record(plan->profile, plan->lifecycle, record);
	return store_apply(&card->store, changes, 2);
}

static enum cs_err device_execute(struct card *card, const struct device_plan *plan)
{
	uint16_t last = plan->scope == DEVICE_WIPE_PIV ? RECORD_VENDOR_OBJECT_LAST : RECORD_CONTENT_LAST;
	enum cs_err err = store_delete_range(&card->store, RECORD_CONTENT_FIRST, last);

	if (!err)
		err = piv_make(card, plan);
	if (!err && plan->label.len)
		err = store_put(&card->store, RECORD_LABEL, plan->label);
	if (!err)
		err = device_finish(card, plan);
	return err;
}

static enum cs_err device_complete(struct card *card)
{
	uint8_t record[WIPE_MAX];
	struct device_plan plan = {0};
	enum cs_err err = plan_load(card, record, &plan);

	for (size_t i = 0; i < CARD_CHANNELS; i++)
		channel_clear(card, &card->channels[i]);
	card->touched = false;
	if (!err)
		err = device_execute(card, &plan);
	if (!err)
		err = device_load(card);
	cs_wipe(record, sizeof(record));
	cs_wipe(&plan, sizeof(plan));
	return err;
}

enum cs_err device_wipe(struct card *card, const struct device_plan *plan)
{
	enum cs_err err = plan_store(card, plan);

	return err ? err : device_complete(card);
}

enum cs_err device_settle(struct card *card)
{
	return store_has(&card->store, RECORD_WIPE) ? device_complete(card) : CS_OK;
}

enum cs_err device_open(struct card *card, enum csgn_profile profile)
{
	const struct device_plan plan = {
	    .scope = DEVICE_WIPE_ALL, .profile = profile, .lifecycle = CSGN_BLANK};
	enum cs_err err;

	if (store_has(&card->store, RECORD_WIPE))
		return device_complete(card);
	err = device_load(card);
	return err == CS_ERR_NOT_FOUND ? device_wipe(card, &plan) : err;
}

/* ---- touch ---- */

enum cs_err device_touch(struct card *card, enum piv_touch_policy policy, const char *why)
{
	const struct platform *p = card->ports.platform;
	enum cs_err err;

	if (policy != PIV_TOUCH_ALWAYS && policy != PIV_TOUCH_CACHED)
		return CS_OK;
	if (!p->user_presence)
		return CS_ERR_STATE;
	if (policy == PIV_TOUCH_CACHED && card->touched &&
	    p->monotonic_ms(p->ctx) - card->touched_ms < TOUCH_CACHE_MS)
		return CS_OK;
	err = p->user_presence(p->ctx, why);
	if (err)
		return err;
	card->touched = true;
	card->touched_ms = p->monotonic_ms(p->ctx);
	return CS_OK;
}
