/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A whole command and a whole response over APDUs of any size: chaining or extended length on the way there,
 * 61xx and 6Cxx on the way back (ISO/IEC 7816-4, 5.3).
 */
#include "base/piv.h"
#include "base/sw.h"
#include "cardclient/private.h"

/* A card that says "more" without end is cut off: 64 KiB in the smallest pieces that make sense. */
#define MORE_MAX 1024u

/* Sends all of cmd but its last piece, which is left in *last. */
static enum cs_err send_pieces(struct cc_card *card, const struct cs_apdu *cmd, struct cs_apdu *last,
			       struct cs_response *response, bool *refused)
{
	struct cs_view rest = cmd->data;

	*refused = false;
	while (!last->extended && rest.len > CS_APDU_SHORT_DATA_MAX) {
		struct cs_apdu piece = {
		    .cla = cmd->cla | ISO_CLA_CHAIN, .ins = cmd->ins, .p1 = cmd->p1, .p2 = cmd->p2};
		piece.data = cs_view(rest.ptr, CS_APDU_SHORT_DATA_MAX);
		rest = cs_view(rest.ptr + CS_APDU_SHORT_DATA_MAX, rest.len - CS_APDU_SHORT_DATA_MAX);
		enum cs_err err = cc_card_apdu(card, &piece, response);
		if (err)
			return err;
		if (response->sw != CS_SW_OK) {
			*refused = true;
			return CS_OK;
		}
	}
	last->data = rest;
	return CS_OK;
}

static uint32_t short_ne(uint32_t ne)
{
	return ne > CS_APDU_SHORT_NE_MAX ? CS_APDU_SHORT_NE_MAX : ne;
}

/* Once more with the length that the card wants, if that is its complaint. */
static enum cs_err send_last(struct cc_card *card, struct cs_apdu *cmd, struct cs_response *response)
{
	enum cs_err err = cc_card_apdu(card, cmd, response);
	if (err || (response->sw & 0xFF00u) != CS_SW_WRONG_LE || cmd->ne == 0 || card->lone)
		return err;
	uint32_t right = response->sw & 0xFFu;
	cmd->ne = right == 0 ? CS_APDU_SHORT_NE_MAX : right;
	return cc_card_apdu(card, cmd, response);
}

static bool says_more(uint16_t sw)
{
	return (sw & 0xFF00u) == CS_SW_BYTES_LEFT || (sw & 0xFF00u) == CS_SW_WRONG_LE;
}

/* A proprietary class (80) is the command's, not GET RESPONSE's. Where the card says "more" beside no data,
 * that is T=0's way to hand out what is answered to data (ISO/IEC 7816-3, 12.2.4), whatever the application
 * has for long answers. */
static struct cs_apdu fetch(uint8_t cla, uint8_t more_ins, const struct cs_response *response, bool had_data)
{
	uint32_t left = response->sw & 0xFFu;
	uint8_t ins = had_data ? more_ins : ISO_INS_GET_RESPONSE;

	return (struct cs_apdu){.cla = cla & (ins == ISO_INS_GET_RESPONSE ? 0x03u : (uint8_t)~ISO_CLA_CHAIN),
				.ins = ins,
				.ne = left == 0 ? CS_APDU_SHORT_NE_MAX : left};
}

/* Takes the data of this response, and fetches what the card says is left. */
static enum cs_err take_all(struct cc_card *card, uint8_t cla, uint8_t more_ins, struct cs_response *response,
			    struct cs_writer *resp)
{
	enum cs_err err = CS_OK;

	if (card->lone && says_more(response->sw)) {
		card->in_pieces = true;
		cc_card_wipe_response(card, response);
		return CS_ERR_BUSY;
	}
	for (unsigned i = 0; !err; i++) {
		bool had_data = response->data.len > 0;

		if (resp != NULL)
			cs_write_view(resp, response->data);
		else if (response->data.len > 0)
			err = CS_ERR_NO_SPACE;
		cc_card_wipe_response(card, response);
		if (err || (response->sw & 0xFF00u) != CS_SW_BYTES_LEFT)
			break;
		if (i == MORE_MAX)
			return CS_ERR_MALFORMED;
		struct cs_apdu more = fetch(cla, more_ins, response, had_data);

		err = send_last(card, &more, response);
	}
	return err;
}

bool cc_goes_extended(const struct cc_card *card, size_t data_len, uint32_t ne)
{
	return card->extended && (data_len > CS_APDU_SHORT_DATA_MAX || ne > CS_APDU_SHORT_NE_MAX);
}

/* All of the command, and what the card says to its last piece. */
static enum cs_err send_all(struct cc_card *card, const struct cs_apdu *cmd, struct cs_response *response)
{
	bool refused;
	struct cs_apdu last = *cmd;

	if (!last.extended)
		last.extended = cc_goes_extended(card, cmd->data.len, cmd->ne);
	bool several =
	    !last.extended && (cmd->data.len > CS_APDU_SHORT_DATA_MAX || cmd->ne > CS_APDU_SHORT_NE_MAX);
	if (card->lone && (several || card->in_pieces))
		return CS_ERR_BUSY;
	if (!last.extended)
		last.ne = short_ne(cmd->ne);
	enum cs_err err = send_pieces(card, cmd, &last, response, &refused);
	if (!err && !refused)
		err = send_last(card, &last, response);
	return err;
}

enum cs_err cc_exchange(struct cc_card *card, const struct cs_apdu *cmd, uint8_t more_ins,
			struct cs_writer *resp, uint16_t *sw)
{
	struct cs_response response = {.sw = 0};
	enum cs_err err = send_all(card, cmd, &response);

	if (!err)
		err = take_all(card, cmd->cla, more_ins, &response, resp);
	if (!err && resp != NULL)
		err = cs_writer_done(resp);
	if (!err)
		*sw = response.sw;
	return err;
}

/* Again and again, while the card waits to be touched and the caller has the patience. */
static enum cs_err exchange(struct cc_card *card, const struct cs_apdu *cmd, uint8_t more_ins,
			    struct cs_writer *resp, uint16_t *sw)
{
	enum cs_err err = CS_OK;

	for (unsigned times = 0; !err; times++) {
		if (card->scp03 != NULL)
			err = cc_scp03_exchange(card, cmd, more_ins, resp, sw);
		else
			err = cc_exchange(card, cmd, more_ins, resp, sw);
		if (err || *sw != CS_SW_TOUCH_WANTED || card->on_touch == NULL)
			break;
		err = card->on_touch(card->on_touch_arg, times);
	}
	return err;
}

enum cs_err cc_transmit_more(struct cc_card *card, const struct cs_apdu *cmd, uint8_t more_ins,
			     struct cs_writer *resp, uint16_t *sw)
{
	struct cs_apdu any_form = *cmd;

	if (cmd->data.len > CS_APDU_DATA_MAX || cmd->ne > CS_APDU_NE_MAX || (resp == NULL && cmd->ne > 0))
		return CS_ERR_ARG;
	enum cs_err err = cc_begin(card);
	if (err)
		return err;
	any_form.extended = false;
	err = exchange(card, &any_form, more_ins, resp, sw);
	cc_end(card);
	return err;
}

enum cs_err cc_transmit(struct cc_card *card, const struct cs_apdu *cmd, struct cs_writer *resp, uint16_t *sw)
{
	return cc_transmit_more(card, cmd, ISO_INS_GET_RESPONSE, resp, sw);
}

enum cs_err cc_command(struct cc_card *card, const struct cs_apdu *cmd, struct cs_writer *resp)
{
	uint16_t sw;
	enum cs_err err = cc_transmit(card, cmd, resp, &sw);
	return err ? err : cc_sw_error(sw);
}

struct sw_row {
	uint16_t sw;
	enum cs_err err;
};

static const struct sw_row sw_rows[] = {
    {CS_SW_OK, CS_OK},
    {CS_SW_TOUCH_WANTED, CS_ERR_TIMEOUT},
    {CS_SW_MEMORY_FAILURE, CS_ERR_IO},
    {CS_SW_WRONG_LENGTH, CS_ERR_LENGTH},
    {CS_SW_CHANNEL_UNSUPPORTED, CS_ERR_UNSUPPORTED},
    {CS_SW_SM_UNSUPPORTED, CS_ERR_UNSUPPORTED},
    {CS_SW_CHAINING_UNSUPPORTED, CS_ERR_UNSUPPORTED},
    {CS_SW_SECURITY_STATUS, CS_ERR_DENIED},
    {CS_SW_BLOCKED, CS_ERR_BLOCKED},
    {CS_SW_REFERENCE_UNUSABLE, CS_ERR_EXPIRED},
    {CS_SW_CONDITIONS, CS_ERR_STATE},
    {CS_SW_WRONG_DATA, CS_ERR_ARG},
    {CS_SW_FUNCTION_UNSUPPORTED, CS_ERR_UNSUPPORTED},
    {CS_SW_NOT_FOUND, CS_ERR_NOT_FOUND},
    {CS_SW_NO_SPACE, CS_ERR_FULL},
    {CS_SW_WRONG_P1P2, CS_ERR_UNSUPPORTED},
    {CS_SW_REFERENCE_NOT_FOUND, CS_ERR_NOT_FOUND},
    {CS_SW_WRONG_INS, CS_ERR_UNSUPPORTED},
    {CS_SW_WRONG_CLA, CS_ERR_UNSUPPORTED},
};

enum cs_err cc_sw_error(uint16_t sw)
{
	if ((sw & 0xFFF0u) == CS_SW_TRIES_LEFT)
		return sw == CS_SW_TRIES_LEFT ? CS_ERR_BLOCKED : CS_ERR_WRONG;
	for (size_t i = 0; i < sizeof sw_rows / sizeof sw_rows[0]; i++) {
		if (sw_rows[i].sw == sw)
			return sw_rows[i].err;
	}
	return CS_ERR_CARD;
}

bool cc_refused(enum cs_err err)
{
	switch (err) {
	case CS_ERR_ARG:
	case CS_ERR_LENGTH:
	case CS_ERR_NOT_FOUND:
	case CS_ERR_DENIED:
	case CS_ERR_STATE:
	case CS_ERR_UNSUPPORTED:
	case CS_ERR_EXPIRED:
	case CS_ERR_CARD:
		return true;
	default:
		return false;
	}
}
