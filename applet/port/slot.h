/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One card, and those who use it at the same time: pcscd through vpcd, clients of the socket. Each exchange
 * is atomic, a user may hold the card over several (a transaction), and power belongs to all, as it does in
 * PC/SC: switching it off logs everyone out. When the last user leaves, the card is switched off.
 */
#ifndef COUNTERSIGN_APPLET_PORT_SLOT_H
#define COUNTERSIGN_APPLET_PORT_SLOT_H

#include "applet/card.h"
#include "applet/port/plain.h"
#include "applet/port/presence.h"

/* A frame of one byte. The first four are vpcd's. Two are answered: SLOT_ATR by the ATR, and SLOT_LOSSES by
 * four bytes (big-endian) that say how often the card has lost its security state so far: if they are not
 * those of the last time, someone has reset it or switched it off, and all selections and PINs are gone.
 * Asked directly after SLOT_BEGIN, the answer holds for the whole transaction. A command outside of a
 * transaction is one of its own. SLOT_STATUS and SLOT_TOUCH are answered whoever holds the card, also while a command
 * waits for a touch: one byte, enum slot_status, and behind SLOT_TOUCH_WANTED what it is wanted for; and one byte, 1
 * where the touch was wanted, 0 where it was nobody's. */
enum slot_control {
	SLOT_POWER_OFF = 0x00,
	SLOT_POWER_ON = 0x01, /* nothing changes where it is on */
	SLOT_RESET = 0x02,
	SLOT_ATR = 0x04,
	SLOT_BEGIN = 0x10, /* the others' frames now wait, until SLOT_END or until this user leaves */
	SLOT_END = 0x11,
	SLOT_LOSSES = 0x12,
	SLOT_STATUS = 0x13,
	SLOT_TOUCH = 0x14,
	SLOT_CANCEL = 0x15, /* not answered: the touch that this user's command waits for is called off; else nothing */
};

enum slot_status { SLOT_IDLE = 0, SLOT_TOUCH_WANTED = 1 };

#define SLOT_ANSWER_MAX CARD_RESPONSE_MAX

struct slot {
	struct card *card;	   /* borrowed */
	struct presence *presence; /* borrowed; NULL: nobody can touch this card */
	const void *holder; /* who is in a transaction; NULL: nobody */
	unsigned users;
	uint32_t losses; /* times that the security state was lost */
	enum plain plain; /* the card does as if it were any vendor's */
	bool on;
	bool busy; /* a command is being executed: it waits for a touch, or we would not be asked */
};

/* user is any address that is the user's own for as long as it uses the slot; it is not looked into. */
void slot_init(struct slot *slot, struct card *card, struct presence *presence);
void slot_join(struct slot *slot, const void *user);
void slot_leave(struct slot *slot, const void *user);

/* False where the frame has to wait because another user holds the card, or a command waits for a touch. */
bool slot_ready(const struct slot *slot, const void *user, struct cs_view frame);

/* Executes one frame: a control byte or a command APDU (which switches the card on if it is off). What is to
 * be answered is written to out, which has room for SLOT_ANSWER_MAX bytes; nothing written: no answer.
 * CS_ERR_MALFORMED: an empty frame, or an unknown control byte; CS_ERR_BUSY: see slot_ready. Nothing was done
 * then. */
CS_MUST_CHECK enum cs_err slot_exchange(struct slot *slot, const void *user, struct cs_view frame,
					struct cs_writer *out);

#endif
