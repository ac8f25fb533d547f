/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card's life-cycle: which event leads from which state to which, and who may bring it about. lifecycle.c has
 * the table; a command that is such an event asks it and nothing else.
 */
#ifndef COUNTERSIGN_APPLET_LIFECYCLE_H
#define COUNTERSIGN_APPLET_LIFECYCLE_H

#include "applet/card_private.h"

enum lifecycle_event {
	LIFECYCLE_INITIALIZE,  /* INITIALIZE */
	LIFECYCLE_INIT_PIN,    /* INIT PIN */
	LIFECYCLE_UNBLOCK,     /* RESET RETRY COUNTER, which brings the PUK */
	LIFECYCLE_PERSONALISE, /* PERSONALISE: card holder, expiry */
	LIFECYCLE_LOCK,
	LIFECYCLE_UNLOCK,
	LIFECYCLE_RESET,     /* RESET of the Countersign application */
	LIFECYCLE_PIV_RESET, /* RESET of the PIV application */
	LIFECYCLE_TERMINATE,
	LIFECYCLE_EVENTS
};

/* May the event take place now, on this channel? *to is the state that it leads to, which may be the present one.
 * CS_ERR_STATE: not from this state. CS_ERR_DENIED: not by whoever this is. */
CS_MUST_CHECK enum cs_err lifecycle_check(struct card *card, const struct channel *channel,
					  enum lifecycle_event event, enum csgn_lifecycle *to);

/* What an event whose whole effect is the new state does: asks the table, stores, and ends every security state and session
 * where the card is locked. */
CS_MUST_CHECK enum cs_err lifecycle_move(struct card *card, const struct channel *channel,
					 enum lifecycle_event event);

/* Whether a command or application with these flags (enum app_flag) is there in the present state. */
bool lifecycle_allows(const struct card *card, uint8_t flags);

#endif
