/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The Countersign application (base/countersign.h): what a PKCS#11 token needs beyond PIV. Its security
 * officer is the PUK's holder.
 *
 *   BLANK --INITIALIZE--> INITIALISED --INIT PIN--> ISSUED        RESET, INITIALIZE: from any state back to
 * these
 */
#include <string.h>

#include "applet/csgn.h"
#include "applet/device.h"
#include "applet/pin.h"
#include "applet/pin_commands.h"
#include "applet/records.h"
#include "applet/touch.h"
#include "base/secret.h"
#include "base/tlv.h"

static const uint8_t aid[] = CSGN_AID;

/* ---- INFO ---- */

static enum cs_err write_pin_state(struct card *card, struct cs_writer *out, uint32_t tag, enum pin pin)
{
	struct pin_info info;
	enum cs_err err = pin_info(card, pin, &info);
	uint8_t state[3];

	if (err)
		return err;
	state[0] = info.set;
	state[1] = info.tries_left;
	state[2] = info.tries_total;
	cs_tlv_write(out, tag, CS_VIEW_OF(state));
	return CS_OK;
}

enum cs_err csgn_info(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
		      struct cs_writer *out)
{
	static const uint8_t version[] = DEVICE_VERSION;
	uint8_t serial[4], label[CSGN_LABEL_MAX];
	struct cs_writer number = CS_WRITER_OF(serial), text = CS_WRITER_OF(label);
	enum cs_err err = store_get(&card->store, RECORD_LABEL, &text);
	size_t mark;

	(void)channel;
	(void)cmd;
	if (err && err != CS_ERR_NOT_FOUND)
		return err;
	cs_write_u32(&number, card->ports.platform->serial);
	cs_tlv_write(out, CSGN_TAG_VERSION, CS_VIEW_OF(version));
	cs_tlv_write(out, CSGN_TAG_SERIAL, CS_VIEW_OF(serial));
	cs_tlv_write_u8(out, CSGN_TAG_PROFILE, card->profile.base);
	cs_tlv_write_u8(out, CSGN_TAG_LIFECYCLE, (uint8_t)card->lifecycle);
	cs_tlv_write(out, CSGN_TAG_LABEL, cs_writer_view(&text));
	err = write_pin_state(card, out, CSGN_TAG_PIN_STATE, PIN_USER);
	if (!err)
		err = write_pin_state(card, out, CSGN_TAG_PUK_STATE, PIN_PUK);
	mark = cs_tlv_begin(out, CSGN_TAG_PROFILE_TEMPLATE);
	profile_write(&card->profile, out);
	cs_tlv_end(out, mark);
	return err;
}

/* ---- CONTENTS ---- */

/* What is where, so that a host need not ask for each place. No flash access: the store's index knows. */
static void write_keys(const struct card *card, struct cs_writer *out)
{
	size_t mark = cs_tlv_begin(out, CSGN_TAG_KEYS);
	uint16_t id = RECORD_KEY_FIRST;

	for (bool more = true; more && store_next(&card->store, id, RECORD_KEY_LAST, &id); id++) {
		cs_write_u8(out, (uint8_t)(id - RECORD_KEY_FIRST));
		more = id < RECORD_KEY_LAST;
	}
	cs_tlv_end(out, mark);
}

static void write_object_range(const struct card *card, struct cs_writer *w, uint16_t first, uint16_t last,
			       uint32_t tag)
{
	uint16_t id = first;

	for (bool more = true; more && store_next(&card->store, id, last, &id); id++) {
		uint32_t object = tag + (uint32_t)(id - first);

		cs_write_u8(w, (uint8_t)(object >> 16));
		cs_write_u16(w, (uint16_t)object);
		more = id < last;
	}
}

static void write_objects(const struct card *card, struct cs_writer *out)
{
	uint8_t list[3 * CSGN_OBJECTS_MAX];
	struct cs_writer w = CS_WRITER_OF(list);

	write_object_range(card, &w, RECORD_OBJECT_FIRST, RECORD_OBJECT_LAST, 0x5FC100);
	write_object_range(card, &w, RECORD_VENDOR_OBJECT_FIRST, RECORD_VENDOR_OBJECT_LAST, 0x5FFF00);
	if (cs_writer_done(&w) == CS_OK)
		cs_tlv_write(out, CSGN_TAG_OBJECTS, cs_writer_view(&w));
}

enum cs_err csgn_contents(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			  struct cs_writer *out)
{
	(void)channel;
	(void)cmd;
	write_keys(card, out);
	write_objects(card, out);
	return CS_OK;
}

/* ---- INITIALIZE, RESET ---- */

/* True if no one's secret stands in the way: the SO has shown his PIN, or it is still the factory's. */
static enum cs_err officer_check(struct card *card, const struct channel *channel)
{
	struct pin_info puk;
	enum cs_err err = pin_info(card, PIN_PUK, &puk);

	if (err)
		return err;
	return (channel->security & SECURITY_SO) || puk.is_default ? CS_OK : CS_ERR_DENIED;
}

/* UTF-8 is the host's affair, and so is what a label means; its length is ours. */
static enum cs_err label_read(struct cs_view data, struct cs_view *label)
{
	enum cs_err err = cs_tlv_find(data, CSGN_TAG_LABEL, label);

	if (err)
		return CS_ERR_MALFORMED;
	return label->len <= CSGN_LABEL_MAX ? CS_OK : CS_ERR_MALFORMED;
}

/* The base kind that 82 names, else the card's profile as it is; then what the template says is otherwise. */
static enum cs_err initialize_profile(const struct card *card, struct cs_view data, struct profile *profile)
{
	struct cs_view value = CS_VIEW_EMPTY;
	enum cs_err err = cs_tlv_find(data, CSGN_TAG_PROFILE, &value);

	*profile = card->profile;
	if (err == CS_OK) {
		if (value.len != 1 ||
		    (value.ptr[0] != CSGN_PROFILE_PIV && value.ptr[0] != CSGN_PROFILE_COUNTERSIGN))
			return CS_ERR_MALFORMED;
		profile_default((enum csgn_profile)value.ptr[0], profile);
	} else if (err != CS_ERR_NOT_FOUND) {
		return CS_ERR_MALFORMED;
	}
	err = cs_tlv_find(data, CSGN_TAG_PROFILE_TEMPLATE, &value);
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_OK : CS_ERR_MALFORMED;
	return profile_read(value, profile);
}

static enum cs_err initialize_read(const struct card *card, struct cs_view data, struct device_plan *plan)
{
	struct cs_view so_pin = CS_VIEW_EMPTY;
	enum cs_err err = label_read(data, &plan->label);

	if (!err)
		err = cs_tlv_find(data, CSGN_TAG_SO_PIN, &so_pin);
	if (!err)
		err = pin_pad(so_pin, plan->so_pin);
	if (err)
		return CS_ERR_MALFORMED;
	err = initialize_profile(card, data, &plan->profile);
	if (err)
		return err;
	return pin_rules(&plan->profile, plan->so_pin);
}

static enum cs_err csgn_initialize(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
				   struct cs_writer *out)
{
	struct device_plan plan = {.scope = DEVICE_WIPE_ALL, .lifecycle = CSGN_INITIALISED};
	enum cs_err err = officer_check(card, channel);

	(void)out;
	if (!err)
		err = initialize_read(card, cmd->data, &plan);
	if (!err)
		err = device_wipe(card, &plan);
	cs_wipe(&plan, sizeof(plan));
	return err;
}

static enum cs_err csgn_reset(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			      struct cs_writer *out)
{
	const struct device_plan plan = {
	    .scope = DEVICE_WIPE_ALL, .profile = card->profile, .lifecycle = CSGN_BLANK};
	struct pin_info pin, puk;
	enum cs_err err = pin_info(card, PIN_USER, &pin);

	(void)cmd;
	(void)out;
	if (!err)
		err = pin_info(card, PIN_PUK, &puk);
	if (err)
		return err;
	if (!(channel->security & SECURITY_SO) && (pin.tries_left || puk.tries_left))
		return CS_ERR_DENIED;
	return device_wipe(card, &plan);
}

/* ---- INIT PIN, SET LABEL ---- */

static enum cs_err csgn_init_pin(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
				 struct cs_writer *out)
{
	struct store_change changes[PIN_CHANGES + 1];
	uint8_t block[PIV_PIN_LEN] = {0}, device[DEVICE_RECORD_LEN];
	struct cs_view typed = CS_VIEW_EMPTY;
	struct pin_records rec;
	struct pin_info info;
	enum cs_err err = cs_tlv_find(cmd->data, CSGN_TAG_USER_PIN, &typed);

	(void)channel;
	(void)out;
	if (err || pin_pad(typed, block) != CS_OK)
		return CS_ERR_MALFORMED;
	err = pin_rules(&card->profile, block);
	if (!err)
		err = pin_info(card, PIN_USER, &info);
	if (!err) {
		pin_set_block(&rec, changes, PIN_USER, block, info.tries_total);
		device_record(&card->profile, CSGN_ISSUED, device);
		changes[PIN_CHANGES] =
		    (struct store_change){.id = RECORD_DEVICE, .value = CS_VIEW_OF(device)};
		err = store_apply(&card->store, changes, PIN_CHANGES + 1);
		cs_wipe(&rec, sizeof(rec));
	}
	if (!err) {
		card->lifecycle = CSGN_ISSUED;
		/* Who knew the old PIN has not shown the new one. */
		pin_revoke(card, NULL, PIN_USER);
	}
	cs_wipe(block, sizeof(block));
	return err;
}

static enum cs_err csgn_set_label(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
				  struct cs_writer *out)
{
	struct cs_view label = CS_VIEW_EMPTY;
	enum cs_err err = label_read(cmd->data, &label);

	(void)channel;
	(void)out;
	return err ? err : store_put(&card->store, RECORD_LABEL, label);
}

/* cla, ins, p1, p2, shortest and longest data, needs, flags, what "not found" is called, handler */
static const struct app_command commands[] = {
    PIN_COMMAND_ROWS(pin_command_verify_so),
    {CSGN_CLA, CSGN_INS_INFO, 0, 0, 0, 0, 0, APP_KEEPS_FRESH, 0, csgn_info},
    {CSGN_CLA, CSGN_INS_CONTENTS, 0, 0, 0, 0, 0, APP_KEEPS_FRESH, 0, csgn_contents},
    TOUCH_MODE_ROW,
    {CSGN_CLA, CSGN_INS_INITIALIZE, 0, 0, 10, 96, 0, 0, 0, csgn_initialize},
    {CSGN_CLA, CSGN_INS_INIT_PIN, 0, 0, 8, 16, SECURITY_SO, 0, 0, csgn_init_pin},
    {CSGN_CLA, CSGN_INS_SET_LABEL, 0, 0, 2, 2 + CSGN_LABEL_MAX, SECURITY_PIN | SECURITY_SO, 0, 0,
     csgn_set_label},
    {CSGN_CLA, CSGN_INS_RESET, 0xDE, 0xAD, 0, 0, 0, 0, 0, csgn_reset},
};

const struct app csgn_app = {
    .aid = {.ptr = aid, .len = sizeof(aid)},
    .aid_min = sizeof(aid),
    .remaining_ins = ISO_INS_GET_RESPONSE,
    .select = csgn_info,
    .commands = commands,
    .command_count = sizeof(commands) / sizeof(commands[0]),
};
