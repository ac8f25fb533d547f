/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The PIN commands of ISO/IEC 7816-4 as PIV uses them.
 */
#include "applet/pin_commands.h"

#include "applet/device.h"
#include "applet/lifecycle.h"
#include "applet/pin.h"
#include "applet/records.h"
#include "base/secret.h"

#define P1_VERIFY 0x00u
#define P1_LOGOUT 0xFFu

static enum cs_err verify_state(struct card *card, struct channel *channel, enum pin pin, uint16_t bits)
{
	struct pin_info info;
	enum cs_err err = pin_info(card, pin, &info);

	if (err)
		return err;
	if (channel->security & bits)
		return CS_OK;
	if (info.tries_left == 0)
		return CS_ERR_BLOCKED;
	channel->tries_left = info.tries_left;
	return CS_ERR_WRONG;
}

/* bits are what success sets and failure clears. */
static enum cs_err verify(struct card *card, struct channel *channel, const struct cs_apdu *cmd, enum pin pin,
			  uint16_t bits)
{
	enum cs_err err;

	if (cmd->p1 == P1_LOGOUT) {
		if (cmd->data.len)
			return CS_ERR_LENGTH;
		channel->security &= (uint16_t)~bits;
		return CS_OK;
	}
	if (cmd->p1 != P1_VERIFY)
		return CS_ERR_ARG;
	/* To the hosts of a card that is locked its PIN is blocked. */
	if (pin == PIN_USER && card->lifecycle == CSGN_LOCKED)
		return CS_ERR_BLOCKED;
	if (cmd->data.len == 0)
		return verify_state(card, channel, pin, bits);
	if (cmd->data.len != PIV_PIN_LEN)
		return CS_ERR_LENGTH;
	err = pin_compare(card, pin, cmd->data.ptr, &channel->tries_left);
	if (!err)
		channel->security |= bits;
	else if (err != CS_ERR_MALFORMED)
		channel->security &= (uint16_t)~bits;
	return err;
}

enum cs_err pin_command_verify(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			       struct cs_writer *out)
{
	(void)out;
	if (cmd->p2 != PIV_REF_PIN)
		return CS_ERR_NOT_FOUND;
	return verify(card, channel, cmd, PIN_USER, SECURITY_PIN | SECURITY_PIN_FRESH);
}

enum cs_err pin_command_verify_so(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
				  struct cs_writer *out)
{
	if (cmd->p2 == PIV_REF_PUK)
		return verify(card, channel, cmd, PIN_PUK, SECURITY_SO);
	return pin_command_verify(card, channel, cmd, out);
}

/* The new reference data are looked at before the old are compared: a bad choice costs no try. */
static enum cs_err change(struct card *card, struct channel *channel, enum pin pin, struct cs_view data)
{
	const uint8_t *block = data.ptr + PIV_PIN_LEN;
	struct store_change changes[PIN_CHANGES];
	struct pin_records rec;
	struct pin_info info;
	enum cs_err err = pin_is_empty(data.ptr) ? CS_OK : pin_rules(&card->profile, block);

	if (!err)
		err = pin_compare(card, pin, data.ptr, &channel->tries_left);
	if (!err)
		err = pin_info(card, pin, &info);
	if (err)
		return err;
	pin_set_block(&rec, changes, pin, block, info.tries_total);
	err = store_apply(&card->store, changes, PIN_CHANGES);
	if (!err)
		pin_revoke(card, channel, pin);
	cs_wipe(&rec, sizeof(rec));
	return err;
}

enum cs_err pin_command_change(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			       struct cs_writer *out)
{
	enum pin pin = cmd->p2 == PIV_REF_PUK ? PIN_PUK : PIN_USER;
	uint16_t bits = pin == PIN_PUK ? SECURITY_SO : SECURITY_PIN | SECURITY_PIN_FRESH;
	enum cs_err err;

	(void)out;
	if (cmd->p2 != PIV_REF_PIN && cmd->p2 != PIV_REF_PUK)
		return CS_ERR_NOT_FOUND;
	err = change(card, channel, pin, cmd->data);
	if (err && err != CS_ERR_MALFORMED)
		channel->security &= (uint16_t)~bits;
	else if (!err && pin == PIN_USER)
		channel->security |= SECURITY_PIN;
	return err;
}

/* A user who had no PIN yet has one now. */
static size_t issue(struct card *card, const struct channel *channel, uint8_t device[DEVICE_RECORD_LEN],
		    struct store_change *change)
{
	enum csgn_lifecycle to;

	if (lifecycle_check(card, channel, LIFECYCLE_UNBLOCK, &to) != CS_OK || to == card->lifecycle)
		return 0;
	device_record(&card->profile, to, device);
	*change = (struct store_change){.id = RECORD_DEVICE, .value = cs_view(device, DEVICE_RECORD_LEN)};
	return 1;
}

static enum cs_err unblock(struct card *card, struct channel *channel, struct cs_view data)
{
	const uint8_t *block = data.ptr + PIV_PIN_LEN;
	struct store_change changes[PIN_CHANGES + 1];
	uint8_t device[DEVICE_RECORD_LEN];
	struct pin_records rec;
	struct pin_info info;
	size_t count = PIN_CHANGES;
	enum cs_err err = pin_is_empty(data.ptr) ? CS_OK : pin_rules(&card->profile, block);

	if (!err)
		err = pin_compare(card, PIN_PUK, data.ptr, &channel->tries_left);
	if (!err)
		err = pin_info(card, PIN_USER, &info);
	if (err)
		return err;
	pin_set_block(&rec, changes, PIN_USER, block, info.tries_total);
	count += issue(card, channel, device, &changes[PIN_CHANGES]);
	err = store_apply(&card->store, changes, count);
	if (!err)
		pin_revoke(card, channel, PIN_USER);
	if (!err && count > PIN_CHANGES)
		card->lifecycle = CSGN_ISSUED;
	cs_wipe(&rec, sizeof(rec));
	return err;
}

enum cs_err pin_command_unblock(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
				struct cs_writer *out)
{
	enum cs_err err;

	(void)out;
	if (cmd->p2 != PIV_REF_PIN)
		return CS_ERR_NOT_FOUND;
	err = unblock(card, channel, cmd->data);
	if (err && err != CS_ERR_MALFORMED)
		channel->security &= (uint16_t)~SECURITY_SO;
	return err;
}
