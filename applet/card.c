/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card from outside: power, ATR, and the way of a command from its class byte (ISO/IEC 7816-4, 5.4.1)
 * through transfer.c, which makes it whole, to dispatch.c, and of the response back. No command runs while an
 * erasure that was begun is not completed.
 */
#include "applet/card.h"

#include <string.h>

#include "applet/channel.h"
#include "applet/device.h"
#include "applet/dispatch.h"
#include "applet/oath_guard.h"
#include "applet/piv_key.h"
#include "applet/transfer.h"
#include "base/secret.h"

#define CLA_CHANNEL_MASK 0x03u
/* First interindustry class, and the proprietary classes that are built like it: 00 to 1F, 80 to 9F. */
#define CLA_KIND_MASK  0x60u
#define CLA_KIND_FIRST 0x00u
/* Further interindustry class, 40 to 7F: channels 4 to 19. */
#define CLA_FURTHER_MASK 0xC0u
#define CLA_FURTHER	 0x40u

/* TA1 13 as contact tokens have it; T=1 offered first, blocks of 254 bytes.
 * Historical bytes: COMPACT-TLV; card capabilities (selection by full and partial name; chaining, extended
 * lengths, channel numbers given by either side, four channels); issuer data "CSIGN". The last byte makes the
 * exclusive-or of all but the first one zero. */
static const uint8_t atr[] = {0x3B, 0xFB, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x45, 0x80, 0x73,
			      0xC0, 0x21, 0xDB, 0x55, 'C',  'S',  'I',	'G',  'N',  0x2F};

struct cs_view card_atr(void)
{
	return CS_VIEW_OF(atr);
}

void card_reset(struct card *card)
{
	channels_reset(card);
	transfer_drop(card, NULL);
	piv_keys_forget(card);
	card->touched = false;
}

enum cs_err card_open_as(struct card *card, const struct card_ports *ports, const struct profile *profile)
{
	enum cs_err err;

	memset(card, 0, sizeof(*card));
	card->ports = *ports;
	channels_reset(card);
	err = store_open(&card->store, ports->flash, ports->crypto, ports->platform->device_key);
	oath_guard_start(card);
	if (!err)
		err = device_open(card, profile);
	if (err)
		card_close(card);
	return err;
}

enum cs_err card_open(struct card *card, const struct card_ports *ports, enum csgn_profile base)
{
	struct profile profile;

	profile_default(base, &profile);
	return card_open_as(card, ports, &profile);
}

void card_close(struct card *card)
{
	if (card->ports.crypto)
		piv_keys_forget(card);
	cs_wipe(card, sizeof(*card));
}

/* ---- one command ---- */

/* The logical channel that the class byte names; its bits are taken out of the class. */
static uint16_t class_resolve(struct card *card, struct cs_apdu *cmd, struct channel **channel)
{
	struct channel *named = &card->channels[cmd->cla & CLA_CHANNEL_MASK];

	if ((cmd->cla & CLA_FURTHER_MASK) == CLA_FURTHER)
		return CS_SW_CHANNEL_UNSUPPORTED;
	if ((cmd->cla & CLA_KIND_MASK) != CLA_KIND_FIRST)
		return CS_SW_WRONG_CLA;
	if (!named->open)
		return CS_SW_CHANNEL_UNSUPPORTED;
	cmd->cla &= (uint8_t)~CLA_CHANNEL_MASK;
	*channel = named;
	return CS_SW_OK;
}

/* Executes a whole command. What it answers is in card->response, *len bytes; the answer has the protection
 * that the command had. */
static uint16_t command_execute(struct card *card, struct channel *channel, struct cs_apdu *cmd, size_t *len)
{
	struct cs_writer w;
	struct channel_sm session;
	uint16_t sw = CS_SW_WRONG_LENGTH;

	if (cmd->data.len <= CARD_COMMAND_MAX)
		sw = sm_open(card, channel, cmd);
	if (sw != CS_SW_OK)
		return sw;
	session = channel->sm;
	w = cs_writer_of(card->response, CARD_RESPONSE_MAX - 2 - (session.kind == SM_NONE ? 0 : SM_OVERHEAD));
	sw = dispatch(card, channel, cmd, &w);
	if (sw == CS_SW_OK && cs_writer_done(&w) != CS_OK)
		sw = CS_SW_UNKNOWN;
	if (sw == CS_SW_OK)
		*len = w.len;
	else
		cs_wipe(card->response, w.len);
	*len = sm_close(card, channel, &session, &sw, *len);
	cs_wipe(&session, sizeof(session));
	return sw;
}

static void command_run(struct card *card, struct channel *channel, struct cs_apdu *cmd,
			struct cs_writer *out)
{
	size_t len = 0;
	uint16_t sw = command_execute(card, channel, cmd, &len);

	/* A command that was encrypted has been decrypted there. */
	if (cmd->data.ptr == card->command)
		cs_wipe(card->command, cmd->data.len);
	transfer_done(card, channel);
	if (len)
		transfer_send(card, channel, cmd, len, sw, out);
	else
		cs_write_u16(out, sw);
}

void card_transmit(struct card *card, struct cs_view command, struct cs_writer *out)
{
	struct channel *channel = NULL;
	struct cs_apdu cmd;
	bool whole = false;
	uint16_t sw;

	if (cs_apdu_parse(command, &cmd) != CS_OK) {
		cs_write_u16(out, CS_SW_WRONG_LENGTH);
		return;
	}
	sw = class_resolve(card, &cmd, &channel);
	if (sw == CS_SW_OK && device_settle(card) != CS_OK)
		sw = CS_SW_MEMORY_FAILURE;
	if (sw == CS_SW_OK) {
		if (transfer_serve(card, channel, &cmd, out))
			return;
		sw = transfer_take(card, channel, &cmd, &whole);
	}
	if (sw != CS_SW_OK || !whole)
		cs_write_u16(out, sw);
	else
		command_run(card, channel, &cmd, out);
}
