/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a plain card refuses, and what it does not say.
 */
#include "applet/port/plain.h"

#include <string.h>

#include "base/apdu.h"
#include "base/piv.h"
#include "base/sw.h"
#include "base/ykoath.h"

#define CLA_PROPRIETARY 0x80u
#define SELECT_BY_NAME	0x04u

static bool is_select(const struct cs_apdu *cmd)
{
	return cmd->ins == ISO_INS_SELECT && cmd->p1 == SELECT_BY_NAME;
}

/* A name may be selected by its beginning, and be longer than ours. */
static bool names(const struct cs_apdu *cmd, struct cs_view aid)
{
	return is_select(cmd) && cmd->data.len > 0 &&
	       (cs_view_starts_with(cmd->data, aid) || cs_view_starts_with(aid, cmd->data));
}

static bool ours_of_oath(const struct cs_apdu *cmd)
{
	return cmd->ins >= YKOATH_INS_STATUS && cmd->ins <= YKOATH_INS_CHECK;
}

static uint16_t refusal(enum plain which, const struct cs_apdu *cmd)
{
	static const uint8_t own[] = CSGN_AID, piv[] = PIV_AID, oath[] = YKOATH_AID;

	if (cmd->cla & CLA_PROPRIETARY)
		return CS_SW_WRONG_CLA;
	if (names(cmd, CS_VIEW_OF(own)) || (which == PLAIN_OATH && names(cmd, CS_VIEW_OF(piv))) ||
	    (which == PLAIN_PIV && names(cmd, CS_VIEW_OF(oath))))
		return CS_SW_NOT_FOUND;
	return ours_of_oath(cmd) ? CS_SW_WRONG_INS : CS_SW_OK;
}

/* In the answer to SELECT; of the same length, so that nothing else changes. */
static void hide_label(uint8_t *answer, size_t len)
{
	static const char own[] = "Countersign PIV", other[] = "PIV application";
	const size_t size = sizeof(own) - 1;

	_Static_assert(sizeof(own) == sizeof(other), "labels of one length");
	for (size_t i = 0; i + size <= len; i++) {
		if (memcmp(answer + i, own, size) == 0)
			memcpy(answer + i, other, size);
	}
}

void plain_transmit(struct card *card, enum plain which, struct cs_view command, struct cs_writer *out)
{
	size_t before = out->len;
	struct cs_apdu cmd;
	uint16_t sw;

	/* What is no command the card itself refuses. */
	if (cs_apdu_parse(command, &cmd) != CS_OK) {
		card_transmit(card, command, out);
		return;
	}
	sw = refusal(which, &cmd);
	if (sw != CS_SW_OK) {
		cs_write_u16(out, sw);
		return;
	}
	card_transmit(card, command, out);
	if (is_select(&cmd))
		hide_label(out->buf + before, out->len - before);
}
