/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The life-cycle as a table.
 *
 *   BLANK --INITIALIZE--> INITIALISED --INIT PIN, UNBLOCK--> ISSUED <--LOCK, UNLOCK--> LOCKED
 *     ^                        |                               |                         |
 *     '-------- RESET ---------+-------------------------------'                         |
 *   any of these --TERMINATE--> TERMINATED <---------------------------------------------'
 *
 * Invariants:
 * 1. The state changes only by a row of the table, or by the completion of an erasure that such a row began.
 * 2. A state that a command or an application does not name in its flags does not have it: LOCKED and
 * TERMINATED are closed to what is new until someone opens them.
 * 3. Nothing leads out of TERMINATED.
 */
#include "applet/lifecycle.h"

#include "applet/channel.h"
#include "applet/content.h"
#include "applet/device.h"
#include "applet/pin.h"
#include "applet/records.h"

#define FROM(state) (1u << (state))
#define FROM_OPEN   (FROM(CSGN_BLANK) | FROM(CSGN_INITIALISED) | FROM(CSGN_ISSUED))
#define SAME	    ((enum csgn_lifecycle)0)

/* Any one of a row's suffices. */
enum who {
	WHO_ANYONE = 0x01,     /* the command itself brings what it needs */
	WHO_SO = 0x02,	       /* the officer, verified; or the administrator in a session (scp03.h) */
	WHO_MANAGEMENT = 0x04, /* 9B authenticated; a PIN does not stand for it here */
	WHO_FACTORY = 0x08,    /* the SO PIN is still the factory's: nobody owns the card yet */
	WHO_NOBODY = 0x10,     /* PIN and PUK are both blocked: nobody can open the card any more */
};

struct lifecycle_row {
	enum lifecycle_event event;
	uint8_t from, who;
	enum csgn_lifecycle to;
};

static const struct lifecycle_row rows[] = {
    {LIFECYCLE_INITIALIZE, FROM_OPEN, WHO_SO | WHO_FACTORY, CSGN_INITIALISED},
    {LIFECYCLE_INIT_PIN, FROM_OPEN, WHO_SO, CSGN_ISSUED},
    {LIFECYCLE_UNBLOCK, FROM(CSGN_BLANK), WHO_ANYONE, CSGN_BLANK},
    {LIFECYCLE_UNBLOCK, FROM(CSGN_INITIALISED) | FROM(CSGN_ISSUED), WHO_ANYONE, CSGN_ISSUED},
    {LIFECYCLE_PERSONALISE, FROM_OPEN, WHO_SO, SAME},
    {LIFECYCLE_LOCK, FROM(CSGN_ISSUED), WHO_SO | WHO_MANAGEMENT, CSGN_LOCKED},
    {LIFECYCLE_UNLOCK, FROM(CSGN_LOCKED), WHO_SO | WHO_MANAGEMENT, CSGN_ISSUED},
    {LIFECYCLE_RESET, FROM_OPEN, WHO_SO | WHO_NOBODY, CSGN_BLANK},
    {LIFECYCLE_PIV_RESET, FROM_OPEN, WHO_NOBODY, CSGN_BLANK},
    {LIFECYCLE_TERMINATE, FROM_OPEN | FROM(CSGN_LOCKED), WHO_SO | WHO_MANAGEMENT, CSGN_TERMINATED},
};

static enum cs_err who_is_there(struct card *card, const struct channel *channel, uint8_t *who)
{
	struct pin_info pin, puk, so;
	enum cs_err err = pin_info(card, PIN_USER, &pin);

	if (!err)
		err = pin_info(card, PIN_PUK, &puk);
	if (!err)
		err = pin_info(card, PIN_SO, &so);
	if (err)
		return err;
	*who = WHO_ANYONE;
	if (channel->security & (SECURITY_SO | SECURITY_SCP))
		*who |= WHO_SO;
	if (channel->security & SECURITY_MANAGEMENT)
		*who |= WHO_MANAGEMENT;
	if (so.is_default)
		*who |= WHO_FACTORY;
	if (pin.tries_left == 0 && puk.tries_left == 0)
		*who |= WHO_NOBODY;
	return CS_OK;
}

enum cs_err lifecycle_check(struct card *card, const struct channel *channel, enum lifecycle_event event,
			    enum csgn_lifecycle *to)
{
	uint8_t who = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum cs_err err;

		if (rows[i].event != event || !(rows[i].from & FROM(card->lifecycle)))
			continue;
		err = who_is_there(card, channel, &who);
		if (err)
			return err;
		if (!(rows[i].who & who))
			return CS_ERR_DENIED;
		*to = rows[i].to == SAME ? card->lifecycle : rows[i].to;
		return CS_OK;
	}
	return CS_ERR_STATE;
}

enum cs_err lifecycle_move(struct card *card, const struct channel *channel, enum lifecycle_event event)
{
	uint8_t device[DEVICE_RECORD_LEN];
	enum csgn_lifecycle to;
	enum cs_err err = lifecycle_check(card, channel, event, &to);

	if (err)
		return err;
	device_record(&card->profile, to, device);
	/* What a locked card tells is less. */
	err = content_put(card, RECORD_DEVICE, CS_VIEW_OF(device));
	if (err)
		return err;
	card->lifecycle = to;
	if (to == CSGN_LOCKED)
		channels_forget_all(card, false);
	return CS_OK;
}

bool lifecycle_allows(const struct card *card, uint8_t flags)
{
	switch (card->lifecycle) {
	case CSGN_LOCKED:
		return (flags & APP_WHEN_LOCKED) != 0;
	case CSGN_TERMINATED:
		return (flags & APP_WHEN_TERMINATED) != 0;
	default:
		return true;
	}
}
