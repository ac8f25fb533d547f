/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Chains and remaining responses.
 *
 * Invariants:
 * 1. A chain is open only between a piece with the chaining bit and the next piece with the same header on
 * the same channel. Another command on that channel drops it; whole commands on other channels leave it
 * alone, since they are executed where they lie. Its data is wiped when it ends, whichever way.
 * 2. A chain that needs the memory of another channel's ends that one. Who lost his is told: his next piece
 * is answered 6985, once. Otherwise the rest of a command would be executed as the whole of one.
 * 3. What remains of a response is there only until the next command that does not fetch it, on any channel;
 * and only the channel whose it is can fetch it.
 */
#include "applet/transfer.h"

#include <string.h>

#include "applet/dispatch.h"
#include "base/secret.h"

/* ---- responses ---- */

static void remaining_drop(struct card *card)
{
	cs_wipe(card->response, card->remaining.len);
	memset(&card->remaining, 0, sizeof(card->remaining));
}

/* Hosts leave Le out where they mean "all" (yubico-piv-tool): then it is as much as the form of the command
 * can ask for. */
static void remaining_send(struct card *card, const struct cs_apdu *cmd, struct cs_writer *out)
{
	struct remaining *rem = &card->remaining;
	size_t most = cmd->ne ? cmd->ne : cmd->extended ? CS_APDU_NE_MAX : CS_APDU_SHORT_NE_MAX;
	size_t left = rem->len - rem->sent;
	size_t now = left < most ? left : most;
	uint16_t sw = rem->sw;

	cs_write_view(out, cs_view(card->response + rem->sent, now));
	rem->sent += now;
	left -= now;
	if (left == 0)
		remaining_drop(card);
	cs_write_u16(out, left == 0 ? sw : (uint16_t)(CS_SW_BYTES_LEFT | (left > 0xFF ? 0 : left)));
}

void transfer_send(struct card *card, const struct channel *channel, const struct cs_apdu *cmd, size_t len,
		   uint16_t sw, struct cs_writer *out)
{
	card->remaining = (struct remaining){.owner = channel, .len = len, .sw = sw};
	remaining_send(card, cmd, out);
}

bool transfer_serve(struct card *card, const struct channel *channel, const struct cs_apdu *cmd,
		    struct cs_writer *out)
{
	uint8_t ins = channel->app ? channel->app->remaining_ins : ISO_INS_GET_RESPONSE;

	/* The pieces of a protected response are not protected themselves; some hosts set the bits all the
	 * same. */
	if ((cmd->cla & (uint8_t)~SM_CLA_MASK) != 0x00 || cmd->ins != ins) {
		remaining_drop(card);
		return false;
	}
	transfer_done(card, channel); /* it is another command than what was begun */
	if (card->remaining.owner != channel)
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
	cs_wipe(card->command, card->chain.len);
	memset(&card->chain, 0, sizeof(card->chain));
}

void transfer_done(struct card *card, const struct channel *channel)
{
	if (card->chain.owner == channel)
		chain_drop(card);
}

void transfer_claim(struct card *card, const struct channel *channel)
{
	struct channel *loser = card->chain.owner;

	if (!loser || loser == channel)
		return;
	loser->lost = card->chain.header;
	loser->has_lost = true;
	chain_drop(card);
}

static struct chain_header header_of(const struct cs_apdu *cmd)
{
	return (struct chain_header){
	    .cla = (uint8_t)(cmd->cla & ~ISO_CLA_CHAIN), .ins = cmd->ins, .p1 = cmd->p1, .p2 = cmd->p2};
}

static bool header_equal(struct chain_header a, struct chain_header b)
{
	return a.cla == b.cla && a.ins == b.ins && a.p1 == b.p1 && a.p2 == b.p2;
}

static uint16_t chain_append(struct card *card, struct cs_view piece)
{
	struct chain *chain = &card->chain;

	if (piece.len > sizeof(card->command) - chain->len) {
		chain_drop(card);
		return CS_SW_WRONG_LENGTH;
	}
	if (piece.len)
		memcpy(card->command + chain->len, piece.ptr, piece.len);
	chain->len += piece.len;
	return CS_SW_OK;
}

/* True, once, where the command goes on with a chain that is gone. */
static bool chain_was_lost(struct channel *channel, const struct cs_apdu *cmd)
{
	bool lost = channel->has_lost && header_equal(channel->lost, header_of(cmd));

	channel->has_lost = false;
	return lost;
}

static uint16_t chain_begin(struct card *card, struct channel *channel, const struct cs_apdu *cmd)
{
	struct cs_apdu plain = *cmd;
	uint16_t sw;

	plain.cla &= (uint8_t)~SM_CLA_MASK;
	sw = dispatch_probe(channel, &plain);
	if (sw != CS_SW_OK)
		return sw;
	transfer_claim(card, channel);
	card->chain = (struct chain){.owner = channel, .header = header_of(cmd)};
	return CS_SW_OK;
}

uint16_t transfer_take(struct card *card, struct channel *channel, struct cs_apdu *cmd, bool *whole)
{
	bool mine = card->chain.owner == channel, piece = (cmd->cla & ISO_CLA_CHAIN) != 0;
	uint16_t sw = CS_SW_OK;

	if (chain_was_lost(channel, cmd))
		return CS_SW_CONDITIONS;
	if (mine && !header_equal(card->chain.header, header_of(cmd))) {
		chain_drop(card);
		mine = false;
	}
	if (piece && !mine)
		sw = chain_begin(card, channel, cmd);
	if (sw == CS_SW_OK && (piece || mine))
		sw = chain_append(card, cmd->data);
	if (sw == CS_SW_OK && mine && !piece)
		cmd->data = cs_view(card->command, card->chain.len);
	*whole = !piece;
	return sw;
}

void transfer_drop(struct card *card, const struct channel *channel)
{
	if (!channel || card->chain.owner == channel)
		chain_drop(card);
	if (!channel || card->remaining.owner == channel)
		remaining_drop(card);
}
