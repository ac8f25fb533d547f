/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Proves of pin_session.c: whatever begins and ends on a channel, in whatever state that keeps the
 * invariant, a channel has a data key if and only if its PIN or its SO PIN is verified; and where none
 * of them is, the key's bytes are gone and the crypto port has forgotten what it had parsed.
 *
 * Sources: base/secret.c
 *
 * Options: --unwind 5
 */
#include "applet/pin_session.c"
#include "tests/proof/proof.h"

static struct card card;
static bool forgotten;

void piv_keys_forget(struct card *c)
{
	assert(c == &card);
	forgotten = true;
}

/* Which byte of a key is looked at: any one. */
static size_t at;

static bool holds(const struct channel *channel)
{
	bool verified = (channel->security & (SECURITY_PIN | SECURITY_SO)) != 0;

	if (channel->secret.valid != verified)
		return false;
	if (channel->secret.pin_expired && !(channel->security & SECURITY_PIN))
		return false;
	return verified || channel->secret.data_key[at] == 0;
}

static void any_channel(struct channel *channel)
{
	struct channel_secret any;

	channel->security = nondet_u16();
	channel->secret = any;
	channel->secret.valid = nondet_bool();
	channel->secret.pin_expired = nondet_bool();
	assume(holds(channel));
}

int main(void)
{
	struct channel *channel = &card.channels[0];
	struct pin_match match;
	enum pin pin = (enum pin)(nondet_u8() % PIN_COUNT);
	bool had;

	at = nondet_size();
	assume(at < SECRET_KEY_LEN);
	match.must_change = nondet_bool();
	for (size_t i = 0; i < CARD_CHANNELS; i++)
		any_channel(&card.channels[i]);
	had = channel->secret.valid;
	switch (nondet_u8() % 4) {
	case 0:
		assume(pin != PIN_PUK); /* the PUK opens nothing: no caller begins a session of it */
		pin_session_begin(channel, pin, &match);
		assert(pin_session_is(channel, pin));
		assert(pin != PIN_USER || channel->secret.pin_expired == match.must_change);
		break;
	case 1:
		pin_session_end(&card, channel, pin);
		assert(!pin_session_is(channel, pin));
		break;
	case 2:
		pin_session_clear(&card, channel);
		assert(!channel->secret.valid);
		break;
	default:
		pin_revoke(&card, nondet_bool() ? channel : NULL, pin);
		break;
	}
	for (size_t i = 0; i < CARD_CHANNELS; i++)
		assert(holds(&card.channels[i]));
	assert(!had || channel->secret.valid || forgotten);
	return 0;
}
