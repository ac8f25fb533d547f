/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Asks for touches.
 *
 *   none --a command needs one, mode "wait"--> the device waits --touched--> done
 *   none --a command needs one, mode "tell"--> asked: 6401 --the same again--> touched: done
 *                                                 |  \--the same again--> 6401
 *                                                 \-- time is over: 6985; touch_forget; another channel's
 * command, when this one has not asked again for 2 s --> none
 *
 * Invariants:
 * 1. A touch serves the one command that asked for it, on its channel: another one there asks anew. Only a
 * "cached" policy is content with an earlier one, which any channel may have had.
 * 2. While a channel is asked for (card->touch_asker), no other channel's command takes the touch; and it is
 * asked for as long as it asks.
 */
#include "applet/touch.h"

#include <string.h>

#define TOUCH_CACHE_MS 15000u
#define TOUCH_GAP_MS   2000u /* who does not ask again for longer has given up */

bool touch_possible(const struct card *card)
{
	return card->ports.platform->user_presence != NULL;
}

static bool touch_is_cached(const struct card *card)
{
	const struct platform *p = card->ports.platform;

	return card->touched && p->monotonic_ms(p->ctx) - card->touched_ms < TOUCH_CACHE_MS;
}

/* Which command it is that runs: the person was told what the touch is for. */
static enum cs_err command_name(const struct card *card, uint8_t name[TOUCH_NAME_LEN])
{
	const struct crypto *crypto = card->ports.crypto;
	const struct cs_apdu *cmd = card->running;
	const uint8_t header[] = {cmd->cla, cmd->ins, cmd->p1, cmd->p2};

	return crypto->hmac(crypto->ctx, CS_SHA256, CS_VIEW_OF(header), cmd->data, name);
}

static enum cs_err touch_ask(struct card *card, struct channel *channel, const char *why)
{
	const struct platform *p = card->ports.platform;
	uint8_t name[TOUCH_NAME_LEN];
	enum cs_err err = command_name(card, name);

	if (err)
		return err;
	if (card->touch_asker == channel && memcmp(card->touch_name, name, sizeof(name)) != 0)
		touch_forget(card, channel);
	if (card->touch_asker && p->monotonic_ms(p->ctx) - card->touch_asked_ms > TOUCH_GAP_MS)
		touch_forget(card, card->touch_asker);
	/* One who waits cannot wait for the other: that other's command would never be repeated meanwhile. */
	if (card->touch_asker && card->touch_asker != channel)
		return CS_ERR_BUSY;
	card->touch_asker = channel;
	memcpy(card->touch_name, name, sizeof(name));
	err = p->user_presence(p->ctx, why, !channel->touch_tell);
	card->touch_asked_ms = p->monotonic_ms(p->ctx);
	if (err != CS_ERR_BUSY)
		card->touch_asker = NULL;
	return err;
}

enum cs_err touch_require(struct card *card, struct channel *channel, enum piv_touch_policy policy,
			  const char *why)
{
	const struct platform *p = card->ports.platform;
	enum cs_err err;

	if (policy != PIV_TOUCH_ALWAYS && policy != PIV_TOUCH_CACHED)
		return CS_OK;
	if (!touch_possible(card))
		return CS_ERR_STATE;
	if (policy == PIV_TOUCH_CACHED && touch_is_cached(card))
		return CS_OK;
	err = touch_ask(card, channel, why);
	if (err)
		return err;
	card->touched = true;
	card->touched_ms = p->monotonic_ms(p->ctx);
	return CS_OK;
}

void touch_forget(struct card *card, const struct channel *channel)
{
	const struct platform *p = card->ports.platform;

	if (card->touch_asker != channel)
		return;
	card->touch_asker = NULL;
	if (p->user_presence_end)
		p->user_presence_end(p->ctx);
}

enum cs_err touch_mode(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
		       struct cs_writer *out)
{
	(void)out;
	if (cmd->p1 != CSGN_TOUCH_WAIT && cmd->p1 != CSGN_TOUCH_TELL)
		return CS_ERR_ARG;
	touch_forget(card, channel);
	channel->touch_tell = cmd->p1 == CSGN_TOUCH_TELL;
	return CS_OK;
}
