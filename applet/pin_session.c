/* SPDX-License-Identifier: BSD-2-Clause
 *
 *   none --begin(PIN)--> user --begin(SO)--> both --end(PIN)--> officer --end(SO)--> none     data key: in
 * all but none
 *
 * Invariants:
 * 1. A channel has the data key while, and only while, its PIN or its SO PIN is verified; when the last of
 * them ends, it is wiped.
 * 2. When a channel's data key goes, or its PIN is verified no longer, so do the keys that the crypto port
 * has parsed.
 * 3. A PIN that must be changed first is known as such as long as it is verified.
 */
#include "applet/pin_session.h"

#include <string.h>

#include "applet/piv_key.h"
#include "base/secret.h"

static const uint16_t session_bits[PIN_COUNT] = {
    [PIN_USER] = SECURITY_PIN | SECURITY_PIN_FRESH,
    [PIN_PUK] = 0,
    [PIN_SO] = SECURITY_SO,
};

void pin_session_begin(struct channel *channel, enum pin pin, const struct pin_match *match)
{
	channel->security |= session_bits[pin];
	memcpy(channel->secret.data_key, match->data_key, SECRET_KEY_LEN);
	channel->secret.valid = true;
	if (pin == PIN_USER)
		channel->secret.pin_expired = match->must_change;
}

void pin_session_clear(struct card *card, struct channel *channel)
{
	channel->security &= (uint16_t) ~(SECURITY_PIN | SECURITY_PIN_FRESH | SECURITY_SO);
	if (channel->secret.valid)
		piv_keys_forget(card);
	cs_wipe(&channel->secret, sizeof(channel->secret));
}

void pin_session_end(struct card *card, struct channel *channel, enum pin pin)
{
	bool was = pin_session_is(channel, pin);

	channel->security &= (uint16_t)~session_bits[pin];
	if (!(channel->security & SECURITY_PIN))
		channel->secret.pin_expired = false;
	if (!(channel->security & (SECURITY_PIN | SECURITY_SO)))
		pin_session_clear(card, channel);
	else if (was)
		piv_keys_forget(card);
}

void pin_revoke(struct card *card, const struct channel *except, enum pin pin)
{
	for (size_t i = 0; i < CARD_CHANNELS; i++) {
		if (&card->channels[i] != except)
			pin_session_end(card, &card->channels[i], pin);
	}
}

bool pin_session_is(const struct channel *channel, enum pin pin)
{
	return (channel->security & session_bits[pin]) != 0;
}
