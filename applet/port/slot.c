/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who may use the card now, and what a control byte does.
 *
 * Invariants: (1) a command runs only where no other user holds the card, and no other command runs; (2) on
 * is false only while the card's security state is the one after a reset; (3) without users the card is off
 * and nobody holds it.
 */
#include "applet/port/slot.h"

void slot_init(struct slot *slot, struct card *card, struct presence *presence)
{
	*slot = (struct slot){.card = card, .presence = presence};
}

static void reset(struct slot *slot, bool on)
{
	card_reset(slot->card);
	slot->losses++;
	slot->on = on;
}

void slot_join(struct slot *slot, const void *user)
{
	(void)user;
	slot->users++;
}

void slot_leave(struct slot *slot, const void *user)
{
	if (slot->holder == user)
		slot->holder = NULL;
	if (--slot->users == 0)
		reset(slot, false);
}

bool slot_ready(const struct slot *slot, const void *user, struct cs_view frame)
{
	/* The ATR is constant, and vpcd asks for it to see whether the card is still there. */
	if (frame.len == 1 && (frame.ptr[0] == SLOT_ATR || frame.ptr[0] == SLOT_STATUS ||
			       frame.ptr[0] == SLOT_TOUCH || frame.ptr[0] == SLOT_CANCEL))
		return true;
	return !slot->busy && (slot->holder == NULL || slot->holder == user);
}

static void write_status(const struct slot *slot, struct cs_writer *out)
{
	const char *why = slot->presence ? presence_wanted(slot->presence) : NULL;
	cs_write_u8(out, why ? SLOT_TOUCH_WANTED : SLOT_IDLE);
	if (why)
		cs_write_view(out, cs_view_string(why));
}

static enum cs_err control(struct slot *slot, const void *user, uint8_t code, struct cs_writer *out)
{
	switch (code) {
	case SLOT_POWER_OFF:
		reset(slot, false);
		return CS_OK;
	case SLOT_POWER_ON:
		slot->on = true;
		return CS_OK;
	case SLOT_RESET:
		reset(slot, true);
		return CS_OK;
	case SLOT_ATR:
		cs_write_view(out, card_atr());
		return cs_writer_done(out);
	case SLOT_BEGIN:
		slot->holder = user;
		return CS_OK;
	case SLOT_END:
		slot->holder = NULL; /* of this user, or else slot_ready had said no */
		return CS_OK;
	case SLOT_LOSSES:
		cs_write_u32(out, slot->losses);
		return cs_writer_done(out);
	case SLOT_STATUS:
		write_status(slot, out);
		return cs_writer_done(out);
	case SLOT_TOUCH:
		cs_write_u8(out, slot->presence && presence_touch(slot->presence));
		return cs_writer_done(out);
	case SLOT_CANCEL: /* where a command does wait, the link has taken it */
		return CS_OK;
	default:
		return CS_ERR_MALFORMED;
	}
}

enum cs_err slot_exchange(struct slot *slot, const void *user, struct cs_view frame, struct cs_writer *out)
{
	if (frame.len == 0)
		return CS_ERR_MALFORMED;
	if (!slot_ready(slot, user, frame))
		return CS_ERR_BUSY;
	if (frame.len == 1)
		return control(slot, user, frame.ptr[0], out);
	slot->on = true;
	slot->busy = true;
	if (slot->plain != PLAIN_NOT)
		plain_transmit(slot->card, slot->plain, frame, out);
	else
		card_transmit(slot->card, frame, out);
	slot->busy = false;
	return CS_OK;
}
