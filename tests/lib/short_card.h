/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A card that takes no lengths of two bytes, made of one that does: over T=1, where it says 6700 to them, and over T=0, which has no Le
 * beside data, and where what is answered to data is fetched (ISO/IEC 7816-3, 12.2).
 */
#ifndef COUNTERSIGN_TESTS_SHORT_CARD_H
#define COUNTERSIGN_TESTS_SHORT_CARD_H

#include <stdbool.h>

#include "applet/card.h"

#define SHORT_CARD_HEADER 4u

struct short_card {
	bool t0;
	unsigned long_lengths; /* commands that had them */
	/* Of T=0: what the card has said to the command with this header, and has not handed out. */
	uint8_t header[SHORT_CARD_HEADER], data[CARD_RESPONSE_MAX];
	size_t from, to;
	uint16_t sw;
};

/* 00 where Lc would be. */
bool short_card_extended(struct cs_view command);
/* One command; pass takes it to the card, and its errors are returned. */
CS_MUST_CHECK enum cs_err short_card_transmit(struct short_card *card,
					      enum cs_err (*pass)(void *link, struct cs_view command, struct cs_writer *response),
					      void *link, struct cs_view command, struct cs_writer *response);
/* The card was reset, or another command came in between: nothing is left to be fetched. */
void short_card_forget(struct short_card *card);

#endif
