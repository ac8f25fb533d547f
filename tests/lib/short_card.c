/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Short commands, and T=0.
 */
#include "tests/lib/short_card.h"

#include <string.h>

#include "base/piv.h"

#define DATA_MAX 255u

bool short_card_extended(struct cs_view command)
{
	return command.len > SHORT_CARD_HEADER + 1 && command.ptr[SHORT_CARD_HEADER] == 0;
}

void short_card_forget(struct short_card *card)
{
	card->from = card->to = 0;
}

static size_t left(const struct short_card *card)
{
	return card->to - card->from;
}

static bool is_fetch(const struct short_card *card, struct cs_view command)
{
	return left(card) > 0 && command.len == SHORT_CARD_HEADER + 1 &&
	       (command.ptr[1] == ISO_INS_GET_RESPONSE ||
		memcmp(command.ptr, card->header, SHORT_CARD_HEADER) == 0);
}

static void take(struct short_card *card, struct cs_view command, const struct cs_writer *answer)
{
	memcpy(card->header, command.ptr, SHORT_CARD_HEADER);
	card->from = 0;
	card->to = answer->len - 2;
	card->sw = (uint16_t)(card->data[card->to] << 8 | card->data[card->to + 1]);
}

static uint16_t says(const struct short_card *card, uint16_t kind)
{
	return (uint16_t)(kind | (left(card) > DATA_MAX ? 0 : left(card)));
}

/* Data goes one way in a command: what is answered to data that came is fetched, and a wrong Le is told. */
static void answer_t0(struct short_card *card, struct cs_view command, struct cs_writer *response)
{
	uint8_t byte = command.len == SHORT_CARD_HEADER + 1 ? command.ptr[SHORT_CARD_HEADER] : 0;
	size_t le = command.len != SHORT_CARD_HEADER + 1 ? 0 : byte == 0 ? 256 : byte;

	if (left(card) > 0 && le == 0) {
		cs_write_u16(response, says(card, 0x6100));
	} else if (left(card) > 0 && le > left(card)) {
		cs_write_u16(response, says(card, 0x6C00));
	} else {
		le = le > left(card) ? 0 : le;
		cs_write_view(response, cs_view(card->data + card->from, le));
		card->from += le;
		cs_write_u16(response, left(card) > 0 ? says(card, 0x6100) : card->sw);
	}
}

enum cs_err short_card_transmit(struct short_card *card,
				enum cs_err (*pass)(void *link, struct cs_view command,
						    struct cs_writer *response),
				void *link, struct cs_view command, struct cs_writer *response)
{
	struct cs_writer w = CS_WRITER_OF(card->data);
	enum cs_err err;

	if (!card->t0 && short_card_extended(command)) {
		card->long_lengths++;
		cs_write_u16(response, 0x6700);
		return CS_OK;
	}
	if (!card->t0)
		return pass(link, command, response);
	if (!is_fetch(card, command)) {
		short_card_forget(card);
		err = pass(link, command, &w);
		if (err != CS_OK)
			return err;
		take(card, command, &w);
	}
	answer_t0(card, command, response);
	return CS_OK;
}
