/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A logical channel of the caller's own (card.h): MANAGE CHANNEL, and which number goes into the class bytes.
 */
#include "base/piv.h"
#include "base/sw.h"
#include "cardclient/private.h"

#define P1_OPEN	    0x00u
#define P1_CLOSE    0x80u
#define CHANNEL_MAX 3u /* of the first interindustry class */

unsigned cc_card_channel(const struct cc_card *card)
{
	return card->channel;
}

enum cs_err cc_channel_open(struct cc_card *card)
{
	const struct cs_apdu cmd = {.ins = ISO_INS_MANAGE_CHANNEL, .p1 = P1_OPEN, .ne = 1};
	uint8_t number = 0;
	struct cs_writer w = cs_writer_of(&number, 1);
	enum cs_err err;

	if (card->channel)
		return CS_ERR_EXISTS;
	if (cc_scp03_is_open(card))
		return CS_ERR_STATE; /* it is the other channel's */
	card->channel_lost = false;
	err = cc_command(card, &cmd, &w);
	if (err)
		return err;
	if (cs_writer_view(&w).len != 1 || number == 0 || number > CHANNEL_MAX)
		return CS_ERR_MALFORMED;
	card->channel = number;
	return CS_OK;
}

enum cs_err cc_channel_close(struct cc_card *card)
{
	const struct cs_apdu cmd = {.ins = ISO_INS_MANAGE_CHANNEL, .p1 = P1_CLOSE, .p2 = card->channel};

	if (card->channel_lost) {
		card->channel_lost = false;
		return CS_OK;
	}
	if (card->channel == 0)
		return CS_ERR_STATE;
	cc_scp03_close(card);
	/* On the basic channel, whatever the other one is in the middle of. */
	card->channel = 0;
	return cc_command(card, &cmd, NULL);
}
