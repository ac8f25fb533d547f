/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Opens, closes and clears logical channels.
 *
 *   closed --MANAGE CHANNEL open--> open, nothing verified --SELECT, VERIFY ...--> open --close, reset-->
 * closed
 *
 * Invariants:
 * 1. A channel that is not open has no selection, no security state, no chain and no response: opening finds
 * it clean, because closing wiped it.
 * 2. Opening hands on no security state. ISO/IEC 7816-4 says that a channel opened from another than the
 * basic one "should" get its opener's; a verified PIN would then be one MANAGE CHANNEL away from everybody.
 * The selection is handed on, as the standard has it.
 */
#include "applet/channel.h"

#include "applet/pin_session.h"
#include "applet/touch.h"
#include "applet/transfer.h"
#include "base/secret.h"

#define P1_OPEN	 0x00u
#define P1_CLOSE 0x80u

static void channel_forget(struct card *card, struct channel *channel)
{
	touch_forget(card, channel);
	channel->touch_tell = false;
	channel->security &= SECURITY_SCP;
	channel->tries_left = 0;
	cs_wipe(&channel->management, sizeof(channel->management));
	cs_wipe(&channel->oath, sizeof(channel->oath));
	pin_session_clear(card, channel);
}

void channel_clear(struct card *card, struct channel *channel)
{
	channel_forget(card, channel);
	sm_end(channel);
}

static void channel_close(struct card *card, struct channel *channel)
{
	channel_clear(card, channel);
	transfer_drop(card, channel);
	cs_wipe(channel, sizeof(*channel));
}

void channels_reset(struct card *card)
{
	for (size_t i = 0; i < CARD_CHANNELS; i++)
		channel_close(card, &card->channels[i]);
	card->channels[0].open = true;
}

void channels_forget(struct card *card, const struct channel *except, uint16_t bits)
{
	for (size_t i = 0; i < CARD_CHANNELS; i++) {
		struct channel *channel = &card->channels[i];

		if (channel == except)
			continue;
		channel->security &= (uint16_t)~bits;
		/* What the old key was asked, the answer to it, would stand for the new one. */
		if (bits & SECURITY_MANAGEMENT)
			cs_wipe(&channel->management, sizeof(channel->management));
	}
}

void channels_forget_all(struct card *card, bool keys_stay)
{
	for (size_t i = 0; i < CARD_CHANNELS; i++) {
		channel_forget(card, &card->channels[i]);
		sm_end_piv(&card->channels[i]);
		if (!keys_stay)
			sm_end(&card->channels[i]);
	}
}

void channels_end_scp03(struct card *card, const struct channel *except)
{
	for (size_t i = 0; i < CARD_CHANNELS; i++) {
		struct channel *channel = &card->channels[i];

		if (channel != except && (channel->sm.scp.level || channel->sm.scp.pending))
			channel_clear(card, channel);
	}
}

static enum cs_err open_numbered(struct card *card, const struct channel *from, size_t number)
{
	struct channel *channel = &card->channels[number];

	if (channel->open)
		return CS_ERR_ARG;
	channel->open = true;
	if (from != &card->channels[0])
		channel->app = from->app;
	return CS_OK;
}

static enum cs_err open_any(struct card *card, const struct channel *from, struct cs_writer *out)
{
	for (size_t i = 1; i < CARD_CHANNELS; i++) {
		if (open_numbered(card, from, i) == CS_OK) {
			cs_write_u8(out, (uint8_t)i);
			return CS_OK;
		}
	}
	return CS_ERR_UNSUPPORTED;
}

enum cs_err channel_manage(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			   struct cs_writer *out)
{
	size_t number = cmd->p2;

	if (number >= CARD_CHANNELS)
		return CS_ERR_ARG;
	if (cmd->p1 == P1_OPEN)
		return number ? open_numbered(card, channel, number) : open_any(card, channel, out);
	if (number)
		channel = &card->channels[number];
	if (cmd->p1 != P1_CLOSE || !channel->open || channel == &card->channels[0])
		return CS_ERR_ARG;
	channel_close(card, channel);
	return CS_OK;
}
