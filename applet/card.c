/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card from outside: power, ATR, and what lies between a raw command and a whole one: class byte,
 * chaining, and responses that leave in pieces (ISO/IEC 7816-4, 5.3 and 5.4).
 *
 * Invariants:
 * 1. A chain is open only between a piece with the chaining bit and the next piece with the same header; any
 * other command drops it. Its data is wiped when it ends, whichever way.
 * 2. What remains of a response is there only until the next command that does not fetch it.
 * 3. No command runs while an erasure that was begun is not completed.
 */
#include "applet/dispatch.h"

#include <string.h>

#include "applet/device.h"
#include "applet/oath_guard.h"
#include "base/secret.h"

#define CLA_CHANNEL_MASK 0x03u
#define CLA_SM_MASK	 0x0Cu
#define CLA_FURTHER	 0x40u /* further interindustry class: channels 4 to 19 */

/* TA1 13 as contact tokens have it; T=1 offered first, blocks of 254 bytes.
 * Historical bytes: COMPACT-TLV; card capabilities (selection by full and partial name; chaining and extended
 * lengths); issuer data "CSIGN". The last byte makes the exclusive-or of all but the first one zero. */
static const uint8_t atr[] = {0x3B, 0xFB, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x45, 0x80, 0x73,
			      0xC0, 0x21, 0xC0, 0x55, 'C',  'S',  'I',	'G',  'N',  0x34};

struct cs_view card_atr(void)
{
	return CS_VIEW_OF(atr);
}

void card_reset(struct card *card)
{
	for (size_t i = 0; i < CARD_CHANNELS; i++) {
		channel_clear(card, &card->channels[i]);
		card->channels[i].app = NULL;
	}
	cs_wipe(card->command, sizeof(card->command));
	cs_wipe(card->response, sizeof(card->response));
	memset(&card->chain, 0, sizeof(card->chain));
	memset(&card->remaining, 0, sizeof(card->remaining));
	card->touched = false;
}

enum cs_err card_open_as(struct card *card, const struct card_ports *ports, const struct profile *profile)
{
	enum cs_err err;

	memset(card, 0, sizeof(*card));
	card->ports = *ports;
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
	cs_wipe(card, sizeof(*card));
}

/* ---- responses in pieces ---- */

static void remaining_drop(struct card *card)
{
	if (card->remaining.len)
		cs_wipe(card->response, card->remaining.len);
	memset(&card->remaining, 0, sizeof(card->remaining));
}

/* Sends the next piece. Hosts leave Le out where they mean "all" (yubico-piv-tool): then it is as much as the
 * form of the command can ask for. */
static void remaining_send(struct card *card, const struct cs_apdu *cmd, struct cs_writer *out)
{
	struct remaining *rem = &card->remaining;
	size_t most = cmd->ne ? cmd->ne : cmd->extended ? CS_APDU_NE_MAX : CS_APDU_SHORT_NE_MAX;
	size_t left = rem->len - rem->sent;
	size_t now = left < most ? left : most;

	cs_write_view(out, cs_view(card->response + rem->sent, now));
	rem->sent += now;
	left -= now;
	if (left == 0)
		remaining_drop(card);
	cs_write_u16(out, left == 0 ? CS_SW_OK : (uint16_t)(CS_SW_BYTES_LEFT | (left > 0xFF ? 0 : left)));
}

/* True if the command was a request for more, and is answered. */
static bool remaining_serve(struct card *card, const struct channel *channel, const struct cs_apdu *cmd,
			    struct cs_writer *out)
{
	uint8_t ins = channel->app ? channel->app->remaining_ins : ISO_INS_GET_RESPONSE;

	if (cmd->cla != 0x00 || cmd->ins != ins)
		return false;
	if (card->remaining.len == 0)
		cs_write_u16(out, CS_SW_CONDITIONS);
	else if (cmd->p1 != 0 || cmd->p2 != 0)
		cs_write_u16(out, CS_SW_WRONG_P1P2);
	else
		remaining_send(card, cmd, out);
	return true;
}

/* ---- chains ---- */

static void chain_drop(struct card *card)
{
	if (card->chain.len)
		cs_wipe(card->command, card->chain.len);
	memset(&card->chain, 0, sizeof(card->chain));
}

static bool chain_continues(const struct chain *chain, const struct cs_apdu *cmd)
{
	return chain->open && chain->cla == (cmd->cla & ~ISO_CLA_CHAIN) && chain->ins == cmd->ins &&
	       chain->p1 == cmd->p1 && chain->p2 == cmd->p2;
}

static uint16_t chain_append(struct card *card, struct cs_view piece)
{
	struct chain *chain = &card->chain;

	if (piece.len > sizeof(card->command) - chain->len)
		return CS_SW_WRONG_LENGTH;
	if (piece.len)
		memcpy(card->command + chain->len, piece.ptr, piece.len);
	chain->len += piece.len;
	return CS_SW_OK;
}

/* Takes a piece that has the chaining bit. */
static uint16_t chain_take(struct card *card, const struct channel *channel, const struct cs_apdu *cmd)
{
	struct chain *chain = &card->chain;
	uint16_t sw = CS_SW_OK;

	if (!chain->open) {
		sw = dispatch_probe(channel, cmd);
		if (sw != CS_SW_OK)
			return sw;
		*chain = (struct chain){.open = true,
					.cla = (uint8_t)(cmd->cla & ~ISO_CLA_CHAIN),
					.ins = cmd->ins,
					.p1 = cmd->p1,
					.p2 = cmd->p2};
	}
	sw = chain_append(card, cmd->data);
	if (sw != CS_SW_OK)
		chain_drop(card);
	return sw;
}

/* ---- one command ---- */

/* The logical channel that the class byte names; its bits are taken out of the class. */
static uint16_t class_resolve(struct card *card, struct cs_apdu *cmd, struct channel **channel)
{
	size_t number = cmd->cla & CLA_CHANNEL_MASK;

	if (cmd->cla == 0xFF || (cmd->cla & 0xE0) == 0x20)
		return CS_SW_WRONG_CLA;
	if (cmd->cla & CLA_FURTHER)
		return CS_SW_CHANNEL_UNSUPPORTED;
	if (cmd->cla & CLA_SM_MASK)
		return CS_SW_SM_UNSUPPORTED;
	if (number >= CARD_CHANNELS)
		return CS_SW_CHANNEL_UNSUPPORTED;
	cmd->cla &= (uint8_t)~CLA_CHANNEL_MASK;
	*channel = &card->channels[number];
	return CS_SW_OK;
}

/* Runs a whole command; its response stays in card->response until it has been sent. */
static void command_run(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			struct cs_writer *out)
{
	struct cs_writer w = cs_writer_of(card->response, sizeof(card->response) - 2);
	uint16_t sw;

	if (cmd->data.len > CARD_COMMAND_MAX)
		sw = CS_SW_WRONG_LENGTH;
	else
		sw = dispatch(card, channel, cmd, &w);
	if (sw == CS_SW_OK && cs_writer_done(&w) != CS_OK)
		sw = CS_SW_UNKNOWN;
	if (sw == CS_SW_OK && w.len) {
		card->remaining = (struct remaining){.len = w.len};
		remaining_send(card, cmd, out);
		return;
	}
	cs_wipe(card->response, w.len);
	cs_write_u16(out, sw);
}

static void command_take(struct card *card, struct channel *channel, struct cs_apdu *cmd,
			 struct cs_writer *out)
{
	uint16_t sw;

	if (!chain_continues(&card->chain, cmd))
		chain_drop(card);
	if (cmd->cla & ISO_CLA_CHAIN) {
		cs_write_u16(out, chain_take(card, channel, cmd));
		return;
	}
	if (card->chain.open) {
		sw = chain_append(card, cmd->data);
		if (sw != CS_SW_OK) {
			chain_drop(card);
			cs_write_u16(out, sw);
			return;
		}
		cmd->data = cs_view(card->command, card->chain.len);
	}
	command_run(card, channel, cmd, out);
	chain_drop(card);
}

void card_transmit(struct card *card, struct cs_view command, struct cs_writer *out)
{
	struct channel *channel = NULL;
	struct cs_apdu cmd;
	uint16_t sw;

	if (cs_apdu_parse(command, &cmd) != CS_OK) {
		cs_write_u16(out, CS_SW_WRONG_LENGTH);
		return;
	}
	sw = class_resolve(card, &cmd, &channel);
	if (sw == CS_SW_OK && device_settle(card) != CS_OK)
		sw = CS_SW_MEMORY_FAILURE;
	if (sw != CS_SW_OK) {
		cs_write_u16(out, sw);
		return;
	}
	if (remaining_serve(card, channel, &cmd, out))
		return;
	remaining_drop(card);
	command_take(card, channel, &cmd, out);
}
