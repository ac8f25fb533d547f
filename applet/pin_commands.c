/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The PIN commands of ISO/IEC 7816-4 as PIV uses them.
 */
#include "applet/pin_commands.h"

#include <string.h>

#include "applet/device.h"
#include "applet/lifecycle.h"
#include "applet/pin.h"
#include "applet/pin_rules.h"
#include "applet/pin_session.h"
#include "applet/records.h"
#include "base/secret.h"

#define P1_VERIFY 0x00u
#define P1_LOGOUT 0xFFu

static enum cs_err verify_state(struct card *card, struct channel *channel, enum pin pin)
{
	struct pin_info info;
	enum cs_err err = pin_info(card, pin, &info);

	if (err)
		return err;
	if (pin_session_is(channel, pin))
		return CS_OK;
	if (info.tries_left == 0)
		return CS_ERR_BLOCKED;
	channel->tries_left = info.tries_left;
	return CS_ERR_WRONG;
}

/* A SO PIN that everybody knows is no way in beside a PUK that was blocked (pin_info). */
static enum cs_err officer_open(struct card *card)
{
	struct pin_info so;
	enum cs_err err = pin_info(card, PIN_SO, &so);

	return !err && so.tries_left == 0 ? CS_ERR_BLOCKED : err;
}

/* match is the caller's to wipe. */
static enum cs_err compare(struct card *card, struct channel *channel, enum pin pin, const uint8_t *block,
			   struct pin_match *match)
{
	enum cs_err err = pin == PIN_SO ? officer_open(card) : CS_OK;

	memset(match, 0, sizeof(*match));
	if (!err)
		err = pin_compare(card, pin, block, match);
	channel->tries_left = match->tries_left;
	if (err && err != CS_ERR_MALFORMED)
		pin_session_end(card, channel, pin);
	/* The PUK may have been blocked by this: whoever came in by the factory's SO PIN is out. */
	if (err == CS_ERR_WRONG && pin == PIN_PUK && officer_open(card) != CS_OK)
		pin_revoke(card, NULL, PIN_SO);
	return err;
}

static enum cs_err verify(struct card *card, struct channel *channel, const struct cs_apdu *cmd, enum pin pin)
{
	struct pin_match match;
	enum cs_err err;

	if (cmd->p1 == P1_LOGOUT) {
		if (cmd->data.len)
			return CS_ERR_LENGTH;
		pin_session_end(card, channel, pin);
		return CS_OK;
	}
	if (cmd->p1 != P1_VERIFY)
		return CS_ERR_ARG;
	/* To the hosts of a card that is locked its PIN is blocked. */
	if (pin == PIN_USER && card->lifecycle == CSGN_LOCKED)
		return CS_ERR_BLOCKED;
	if (cmd->data.len == 0)
		return verify_state(card, channel, pin);
	if (cmd->data.len != PIV_PIN_LEN)
		return CS_ERR_LENGTH;
	err = compare(card, channel, pin, cmd->data.ptr, &match);
	if (!err)
		pin_session_begin(channel, pin, &match);
	cs_wipe(&match, sizeof(match));
	return err;
}

enum cs_err pin_command_verify(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			       struct cs_writer *out)
{
	(void)out;
	return cmd->p2 == PIV_REF_PIN ? verify(card, channel, cmd, PIN_USER) : CS_ERR_NOT_FOUND;
}

enum cs_err pin_command_verify_so(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
				  struct cs_writer *out)
{
	if (cmd->p2 == CSGN_REF_SO)
		return verify(card, channel, cmd, PIN_SO);
	return pin_command_verify(card, channel, cmd, out);
}

/* ---- new reference data ---- */

/* What is chosen is looked at before what is known is compared: a bad choice costs no try. Whoever blocks a
 * PIN on purpose sends padding and chooses nothing. */
static enum cs_err choice_check(struct card *card, struct cs_view data)
{
	return pin_is_empty(data.ptr) ? CS_OK : pin_rules(&card->profile, data.ptr + PIV_PIN_LEN);
}

/* A PIN that must be changed is not changed to itself. */
static enum cs_err choice_differs(struct card *card, enum pin pin, struct cs_view data)
{
	struct pin_info info;
	enum cs_err err = pin_info(card, pin, &info);

	if (!err && info.must_change && cs_equal_ct(data.ptr, data.ptr + PIV_PIN_LEN, PIV_PIN_LEN))
		err = CS_ERR_MALFORMED;
	return err;
}

/* A SO PIN that is still the factory's follows the PUK, with the tries that it has: whoever makes a card his
 * own with software that knows of no SO PIN would leave the way to his keys open to everybody. */
static enum cs_err officer_follow(struct card *card, struct pin_value value, struct pin_records *rec,
				  struct store_change changes[PIN_CHANGES], size_t *count)
{
	struct pin_info so;
	enum cs_err err = pin_info(card, PIN_SO, &so);

	if (err || !so.is_default)
		return err;
	value.tries_total = so.tries_total;
	err = pin_set(card, PIN_SO, &value, rec, changes);
	rec->tries[0] = so.tries_left;
	*count += PIN_CHANGES;
	return err;
}

static enum cs_err change_store(struct card *card, const struct channel *channel, enum pin pin,
				const uint8_t *block, struct pin_match *match)
{
	const struct pin_value value = {
	    .block = block, .data_key = match->data_key, .tries_total = match->tries_total};
	struct store_change changes[2 * PIN_CHANGES];
	struct pin_records rec[2];
	size_t count = PIN_CHANGES;
	enum cs_err err = pin_set(card, pin, &value, &rec[0], changes);

	if (!err && pin == PIN_PUK)
		err = officer_follow(card, value, &rec[1], changes + PIN_CHANGES, &count);
	if (!err)
		err = store_apply(&card->store, changes, count);
	if (err)
		return err;
	pin_revoke(card, channel, pin);
	if (count > PIN_CHANGES)
		pin_revoke(card, channel, PIN_SO);
	return CS_OK;
}

static enum cs_err change(struct card *card, struct channel *channel, enum pin pin, struct cs_view data)
{
	struct pin_match match = {0};
	enum cs_err err = choice_check(card, data);

	if (!err)
		err = choice_differs(card, pin, data);
	if (!err)
		err = compare(card, channel, pin, data.ptr, &match);
	if (!err)
		err = change_store(card, channel, pin, data.ptr + PIV_PIN_LEN, &match);
	if (!err && pin == PIN_USER) {
		match.must_change = false;
		pin_session_begin(channel, pin, &match);
		channel->security &= (uint16_t)~SECURITY_PIN_FRESH;
	}
	cs_wipe(&match, sizeof(match));
	return err;
}

enum cs_err pin_command_change(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			       struct cs_writer *out)
{
	(void)out;
	if (cmd->p2 == PIV_REF_PIN)
		return change(card, channel, PIN_USER, cmd->data);
	return cmd->p2 == PIV_REF_PUK ? change(card, channel, PIN_PUK, cmd->data) : CS_ERR_NOT_FOUND;
}

enum cs_err pin_command_change_so(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
				  struct cs_writer *out)
{
	if (cmd->p2 == CSGN_REF_SO)
		return change(card, channel, PIN_SO, cmd->data);
	return pin_command_change(card, channel, cmd, out);
}

/* A user who had no PIN yet has one now: with the PIN the life-cycle's state is stored. */
static enum cs_err issue(struct card *card, enum csgn_lifecycle to, uint8_t device[DEVICE_RECORD_LEN],
			 struct store_change changes[PIN_CHANGES + 1])
{
	size_t count = PIN_CHANGES;
	enum cs_err err;

	if (to != card->lifecycle) {
		device_record(&card->profile, to, device);
		changes[count++] =
		    (struct store_change){.id = RECORD_DEVICE, .value = cs_view(device, DEVICE_RECORD_LEN)};
	}
	err = store_apply(&card->store, changes, count);
	if (!err)
		card->lifecycle = to;
	return err;
}

static enum cs_err unblock_store(struct card *card, const struct channel *channel, const uint8_t *block,
				 const struct pin_match *puk)
{
	struct store_change changes[PIN_CHANGES + 1];
	uint8_t device[DEVICE_RECORD_LEN];
	struct pin_records rec;
	struct pin_info info;
	struct pin_value value = {.block = block, .data_key = puk->data_key};
	enum csgn_lifecycle to;
	enum cs_err err = lifecycle_check(card, channel, LIFECYCLE_UNBLOCK, &to);

	if (!err)
		err = pin_info(card, PIN_USER, &info);
	if (err)
		return err;
	value.tries_total = info.tries_total;
	err = pin_set(card, PIN_USER, &value, &rec, changes);
	return err ? err : issue(card, to, device, changes);
}

enum cs_err pin_command_unblock(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
				struct cs_writer *out)
{
	struct pin_match match = {0};
	enum cs_err err;

	(void)out;
	if (cmd->p2 != PIV_REF_PIN)
		return CS_ERR_NOT_FOUND;
	err = choice_check(card, cmd->data);
	if (!err)
		err = compare(card, channel, PIN_PUK, cmd->data.ptr, &match);
	if (!err)
		err = unblock_store(card, channel, cmd->data.ptr + PIV_PIN_LEN, &match);
	if (!err)
		pin_revoke(card, channel, PIN_USER);
	cs_wipe(&match, sizeof(match));
	return err;
}
