/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a command has to show before it is executed.
 *
 *   no session --plain command--> executed plain            no session --protected command--> 6982
 *   session --rightly protected--> executed, answer protected
 *   session --wrongly protected, or plain--> no session, nothing verified, 6982
 *
 * Invariants:
 * 1. While a session is open on a channel nothing is executed there that it does not protect. Plain SELECT,
 * MANAGE CHANNEL and INITIALIZE UPDATE are executed, but end it first.
 * 2. A session that ends takes with it all that was verified on the channel: the PIN that came in it was not
 * meant for whoever sends the next plain command.
 * 3. No command is executed whose MAC was not found right; nothing is decrypted before.
 */
#include "applet/sm.h"

#include <string.h>

#include "applet/channel.h"
#include "applet/piv_sm.h"
#include "applet/records.h"
#include "applet/scp03.h"
#include "applet/transfer.h"
#include "base/piv.h"
#include "base/secret.h"

void sm_end(struct channel *channel)
{
	channel->security &= (uint16_t) ~(SECURITY_SCP | SECURITY_VCI);
	cs_wipe(&channel->sm, sizeof(channel->sm));
}

void sm_end_piv(struct channel *channel)
{
	channel->security &= (uint16_t)~SECURITY_VCI;
	cs_wipe(&channel->sm.piv, sizeof(channel->sm.piv));
}

/* Commands that may follow a session without being part of it. */
static bool begins_anew(const struct cs_apdu *cmd)
{
	return cmd->ins == ISO_INS_SELECT || cmd->ins == ISO_INS_MANAGE_CHANNEL ||
	       cmd->ins == SCP03_INS_INITIALIZE_UPDATE;
}

static uint16_t open_plain(struct card *card, struct channel *channel, const struct cs_apdu *cmd)
{
	channel->sm.scp.pending = false;
	if (!scp03_is_open(channel))
		return CS_SW_OK;
	channel_clear(card, channel);
	return begins_anew(cmd) ? CS_SW_OK : CS_SW_SECURITY_STATUS;
}

static uint16_t open_scp03(struct card *card, struct channel *channel, struct cs_apdu *cmd)
{
	/* Its MAC is made with keys that it is to prove: the handler checks it. */
	if (cmd->ins == SCP03_INS_EXTERNAL_AUTHENTICATE && channel->sm.scp.pending)
		return CS_SW_OK;
	channel->sm.scp.pending = false;
	if (!scp03_is_open(channel))
		return CS_SW_SECURITY_STATUS;
	transfer_claim(card, channel);
	if (scp03_unwrap(card, &channel->sm.scp, cmd) == CS_OK)
		return CS_SW_OK;
	channel_clear(card, channel);
	return CS_SW_SECURITY_STATUS;
}

/* PIV's sessions end with a command that is wrong; those that are plain do not concern them. */
static uint16_t open_piv(struct card *card, struct channel *channel, struct cs_apdu *cmd)
{
	uint16_t sw;

	channel->sm.scp.pending = false;
	if (scp03_is_open(channel)) {
		channel_clear(card, channel);
		return CS_SW_SECURITY_STATUS;
	}
	if (channel->sm.piv.key_len == 0)
		return store_has(&card->store, RECORD_PIV_SM_KEY) ? CS_SW_SM_INCORRECT : CS_SW_SM_UNSUPPORTED;
	transfer_claim(card, channel);
	sw = piv_sm_unwrap(card, &channel->sm.piv, cmd);
	if (sw != CS_SW_OK)
		sm_end(channel);
	return sw;
}

/* Protection of a kind that there is not is none. */
static uint16_t open_unknown(struct card *card, struct channel *channel)
{
	channel->sm.scp.pending = false;
	if (scp03_is_open(channel))
		channel_clear(card, channel);
	return CS_SW_SM_UNSUPPORTED;
}

uint16_t sm_open(struct card *card, struct channel *channel, struct cs_apdu *cmd)
{
	static const enum sm_kind kinds[] = {SM_NONE, SM_SCP03, SM_NONE, SM_PIV};
	uint8_t bits = cmd->cla & SM_CLA_MASK;
	enum sm_kind kind = kinds[bits >> 2];
	uint16_t sw;

	if (bits == SM_CLA_SCP03)
		sw = open_scp03(card, channel, cmd);
	else if (bits == SM_CLA_ISO)
		sw = open_piv(card, channel, cmd);
	else if (bits == 0)
		sw = open_plain(card, channel, cmd);
	else
		sw = open_unknown(card, channel);
	channel->sm.kind = kind;
	cmd->cla &= (uint8_t)~SM_CLA_MASK;
	return sw;
}

static enum cs_err close_piv(struct card *card, struct channel *channel, struct channel_sm *session,
			     uint16_t *sw, size_t *len)
{
	enum cs_err err = piv_sm_wrap(card, &session->piv, *sw, len);

	*sw = CS_SW_OK;
	/* Where the session lives on, the MAC of its next response covers this one. */
	if (!err && channel->sm.piv.key_len)
		memcpy(channel->sm.piv.r_mcv, session->piv.r_mcv, BLOCK_LEN);
	return err;
}

size_t sm_close(struct card *card, struct channel *channel, struct channel_sm *session, uint16_t *sw,
		size_t len)
{
	enum cs_err err = CS_OK;

	if (session->kind == SM_SCP03 && session->scp.level)
		err = scp03_wrap(card, &session->scp, *sw, &len);
	else if (session->kind == SM_PIV)
		err = close_piv(card, channel, session, sw, &len);
	if (!err)
		return len;
	cs_wipe(card->response, len + SM_OVERHEAD);
	*sw = CS_SW_UNKNOWN;
	return 0;
}
