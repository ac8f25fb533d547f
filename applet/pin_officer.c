/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The security officer's side of PINs.
 */
#include "applet/pin_officer.h"

#include "applet/device.h"
#include "applet/lifecycle.h"
#include "applet/pin_rules.h"
#include "applet/pin_session.h"
#include "applet/records.h"
#include "base/secret.h"
#include "base/tlv.h"

/* ---- INFO ---- */

static void state_write(struct cs_writer *out, uint32_t tag, const struct pin_info *info)
{
	const uint8_t state[3] = {info->set, info->tries_left, info->tries_total};

	cs_tlv_write(out, tag, CS_VIEW_OF(state));
}

enum cs_err pin_officer_info(struct card *card, struct cs_writer *out)
{
	static const uint32_t tags[PIN_COUNT] = {CSGN_TAG_PIN_STATE, CSGN_TAG_PUK_STATE, CSGN_TAG_SO_STATE};
	struct pin_info info[PIN_COUNT];

	for (unsigned i = 0; i < PIN_COUNT; i++) {
		enum cs_err err = pin_info(card, (enum pin)i, &info[i]);

		if (err)
			return err;
		state_write(out, tags[i], &info[i]);
	}
	cs_tlv_write_u8(out, CSGN_TAG_PIN_FLAGS, info[PIN_USER].must_change ? CSGN_PIN_MUST_CHANGE : 0);
	return CS_OK;
}

/* ---- reading ---- */

/* Typed as people do, and obeying the rules. */
static enum cs_err block_read(const struct profile *profile, struct cs_view typed, uint8_t block[PIV_PIN_LEN])
{
	enum cs_err err = pin_pad(typed, block);

	return err ? err : pin_rules(profile, block);
}

enum cs_err pin_officer_stage(struct card *card, const struct profile *profile, struct cs_view data,
			      struct pin_stage *stage)
{
	struct cs_view so = CS_VIEW_EMPTY, puk = CS_VIEW_EMPTY;
	uint8_t so_block[PIV_PIN_LEN], puk_block[PIV_PIN_LEN];
	enum cs_err err = cs_tlv_find(data, CSGN_TAG_SO_PIN, &so);

	if (err)
		return CS_ERR_MALFORMED;
	err = cs_tlv_find(data, CSGN_TAG_PUK, &puk);
	if (err == CS_ERR_NOT_FOUND) {
		puk = so;
		err = CS_OK;
	}
	if (!err)
		err = block_read(profile, so, so_block);
	if (!err)
		err = block_read(profile, puk, puk_block);
	if (!err)
		err = pin_stage(card, profile, so_block, puk_block, stage);
	cs_wipe(so_block, sizeof(so_block));
	cs_wipe(puk_block, sizeof(puk_block));
	return err;
}

/* ---- INIT PIN ---- */

struct first_pin {
	uint8_t block[PIV_PIN_LEN];
	bool must_change;
};

static enum cs_err init_read(struct card *card, struct cs_view data, struct first_pin *first)
{
	struct cs_view typed = CS_VIEW_EMPTY, flags = CS_VIEW_EMPTY;
	enum cs_err err = cs_tlv_find(data, CSGN_TAG_USER_PIN, &typed);

	if (err)
		return CS_ERR_MALFORMED;
	err = cs_tlv_find(data, CSGN_TAG_PIN_FLAGS, &flags);
	if (err == CS_OK && (flags.len != 1 || (flags.ptr[0] & ~CSGN_PIN_MUST_CHANGE)))
		return CS_ERR_MALFORMED;
	if (err && err != CS_ERR_NOT_FOUND)
		return err;
	first->must_change = profile_has(&card->profile, CSGN_RULE_MUST_CHANGE) ||
			     (flags.len && (flags.ptr[0] & CSGN_PIN_MUST_CHANGE));
	return block_read(&card->profile, typed, first->block);
}

static enum cs_err init_store(struct card *card, const struct channel *channel, const struct first_pin *first,
			      enum csgn_lifecycle to)
{
	struct pin_value value = {
	    .block = first->block, .data_key = channel->secret.data_key, .must_change = first->must_change};
	struct store_change changes[PIN_CHANGES + 1];
	uint8_t device[DEVICE_RECORD_LEN];
	struct pin_records rec;
	struct pin_info info;
	enum cs_err err = pin_info(card, PIN_USER, &info);

	if (err)
		return err;
	value.tries_total = info.tries_total;
	err = pin_set(card, PIN_USER, &value, &rec, changes);
	if (err)
		return err;
	device_record(&card->profile, to, device);
	changes[PIN_CHANGES] = (struct store_change){.id = RECORD_DEVICE, .value = CS_VIEW_OF(device)};
	err = store_apply(&card->store, changes, PIN_CHANGES + 1);
	if (!err)
		card->lifecycle = to;
	return err;
}

enum cs_err pin_officer_init_pin(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
				 struct cs_writer *out)
{
	struct first_pin first = {{0}, false};
	enum csgn_lifecycle to;
	enum cs_err err = lifecycle_check(card, channel, LIFECYCLE_INIT_PIN, &to);

	(void)out;
	if (!err)
		err = init_read(card, cmd->data, &first);
	/* An administrator's session stands for the officer, but has not shown what opens the keys. */
	if (!err && !channel->secret.valid)
		err = CS_ERR_DENIED;
	if (!err)
		err = init_store(card, channel, &first, to);
	if (!err)
		pin_revoke(card, NULL, PIN_USER);
	cs_wipe(&first, sizeof(first));
	return err;
}

/* ---- SET LIMITS ---- */

static enum cs_err limits_read(struct cs_view data, struct cs_view *limits)
{
	if (cs_tlv_find(data, CSGN_TAG_LIMITS, limits) != CS_OK || limits->len != PIN_LIMITS_LEN)
		return CS_ERR_MALFORMED;
	for (size_t i = 0; i < PIN_LIMITS_LEN; i++) {
		if (limits->ptr[i] > PIN_TRIES_MAX)
			return CS_ERR_MALFORMED;
	}
	return CS_OK;
}

enum cs_err pin_officer_set_limits(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
				   struct cs_writer *out)
{
	struct store_change changes[PIN_COUNT * PIN_CHANGES];
	struct pin_records rec[PIN_COUNT];
	struct cs_view limits = CS_VIEW_EMPTY;
	enum cs_err err = limits_read(cmd->data, &limits);
	size_t count = 0;

	(void)channel;
	(void)out;
	for (unsigned i = 0; i < PIN_COUNT && !err; i++) {
		if (limits.ptr[i] == 0)
			continue;
		err = pin_set_limit(card, (enum pin)i, limits.ptr[i], &rec[i], changes + count);
		count += PIN_CHANGES;
	}
	return err || count == 0 ? err : store_apply(&card->store, changes, count);
}
