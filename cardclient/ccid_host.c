/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CCID, the host's side. Clauses are those of the class's revision 1.1.
 *
 *   transfer:  send part (level 1, 3) --answer 10--> ... --> send end (level 0, 2) --answer--> [fetch more
 * (level 10) --answer-->]...
 *
 * Invariants:
 * 1. An answer counts only where slot, bSeq and type are those of the message sent last.
 * 2. Of a response that comes in parts nothing is kept where a part is refused.
 * 3. That a card is off after a command says nothing of when it went off: it is said not to have executed it
 * only where it was off before, by the reader's own word, or the reader says that it did not pass it on.
 */
#include "cardclient/ccid_host.h"

/* 6.1, 6.2 */
enum {
	PC_POWER_ON = 0x62,
	PC_POWER_OFF = 0x63,
	PC_SLOT_STATUS = 0x65,
	PC_XFR_BLOCK = 0x6F,
	PC_ABORT = 0x72,
	RDR_DATA_BLOCK = 0x80,
	RDR_SLOT_STATUS = 0x81,
};

/* wLevelParameter and bChainParameter. */
enum { CHAIN_WHOLE = 0x00, CHAIN_BEGIN = 0x01, CHAIN_END = 0x02, CHAIN_MIDDLE = 0x03, CHAIN_MORE = 0x10 };

/* bStatus (6.2.6) */
#define ICC_MASK     0x03u
#define COMMAND_MASK 0xC0u
#define COMMAND_OK   0x00u
#define COMMAND_WAIT 0x80u

#define ERROR_SLOT     0x05u
#define ERROR_PROTOCOL 0xF3u
#define ERROR_MUTE     0xFEu

struct header {
	uint8_t type;
	uint32_t length;
	uint8_t slot, seq, status, error, chain;
};

static uint32_t length_of(struct cs_view message)
{
	const uint8_t *b = message.ptr;

	return b[1] | (uint32_t)b[2] << 8 | (uint32_t)b[3] << 16 | (uint32_t)b[4] << 24;
}

static struct header header_of(struct cs_view message)
{
	const uint8_t *b = message.ptr;

	return (struct header){.type = b[0],
			       .length = length_of(message),
			       .slot = b[5],
			       .seq = b[6],
			       .status = b[7],
			       .error = b[8],
			       .chain = b[9]};
}

void ccid_host_init(struct ccid_host *h, uint8_t slot, size_t message_max, uint8_t seq)
{
	*h = (struct ccid_host){.slot = slot, .message_max = message_max, .seq = seq};
}

static void write_message(struct ccid_host *h, uint8_t type, uint8_t first, unsigned level,
			  struct cs_view data, struct cs_writer *out)
{
	h->seq++;
	h->patience = 0;
	cs_write_u8(out, type);
	for (unsigned shift = 0; shift < 32; shift += 8)
		cs_write_u8(out, (uint8_t)(data.len >> shift));
	cs_write_u8(out, h->slot);
	cs_write_u8(out, h->seq);
	cs_write_u8(out, first);
	cs_write_u8(out, (uint8_t)level);
	cs_write_u8(out, (uint8_t)(level >> 8));
	cs_write_view(out, data);
}

static void begin(struct ccid_host *h, uint8_t answer, struct cs_writer *response)
{
	h->answer = answer;
	h->response = response;
	h->transfer = h->sent_part = h->fetching = false;
	h->was_off = h->icc == CCID_HOST_INACTIVE;
	h->rest = CS_VIEW_EMPTY;
}

void ccid_host_status(struct ccid_host *h, struct cs_writer *out)
{
	begin(h, RDR_SLOT_STATUS, NULL);
	write_message(h, PC_SLOT_STATUS, 0, 0, CS_VIEW_EMPTY, out);
}

void ccid_host_power_on(struct ccid_host *h, uint8_t voltage, struct cs_writer *atr, struct cs_writer *out)
{
	begin(h, RDR_DATA_BLOCK, atr);
	write_message(h, PC_POWER_ON, voltage, 0, CS_VIEW_EMPTY, out);
}

void ccid_host_power_off(struct ccid_host *h, struct cs_writer *out)
{
	begin(h, RDR_SLOT_STATUS, NULL);
	write_message(h, PC_POWER_OFF, 0, 0, CS_VIEW_EMPTY, out);
}

void ccid_host_abort(struct ccid_host *h, struct cs_writer *out)
{
	begin(h, RDR_SLOT_STATUS, NULL);
	write_message(h, PC_ABORT, 0, 0, CS_VIEW_EMPTY, out);
}

uint16_t ccid_host_abort_value(const struct ccid_host *h)
{
	/* The number that ccid_host_abort is going to use. */
	return (uint16_t)(h->slot | (uint8_t)(h->seq + 1u) << 8);
}

/* The next piece of the APDU; first: none has been sent. */
static void send_piece(struct ccid_host *h, bool first, struct cs_writer *out)
{
	size_t room = h->message_max - CCID_HOST_HEADER_LEN;
	bool all = h->rest.len <= room;
	struct cs_view piece = cs_view(h->rest.ptr, all ? h->rest.len : room);
	unsigned level;

	if (first)
		level = all ? CHAIN_WHOLE : CHAIN_BEGIN;
	else
		level = all ? CHAIN_END : CHAIN_MIDDLE;
	h->rest = all ? CS_VIEW_EMPTY : cs_view(h->rest.ptr + room, h->rest.len - room);
	h->sent_part = !all;
	write_message(h, PC_XFR_BLOCK, 0, level, piece, out);
}

void ccid_host_transfer(struct ccid_host *h, struct cs_view command, struct cs_writer *response,
			struct cs_writer *out)
{
	begin(h, RDR_DATA_BLOCK, response);
	h->transfer = true;
	h->rest = command;
	send_piece(h, true, out);
}

size_t ccid_host_missing(struct cs_view begun)
{
	if (begun.len < CCID_HOST_HEADER_LEN)
		return CCID_HOST_HEADER_LEN - begun.len;
	size_t whole = CCID_HOST_HEADER_LEN + (size_t)length_of(begun);
	return whole > begun.len ? whole - begun.len : 0;
}

unsigned ccid_host_patience(const struct ccid_host *h)
{
	return h->patience;
}

/* ---- what a reader complains of ---- */

/* Table 6.2-2, beside ICC_MUTE. The link's end of it is that of PC/SC: what a driver calls a broken line is
 * there a card that is gone. */
static const struct {
	uint8_t error;
	enum cs_err err;
} error_rows[] = {
    {0xFF, CS_ERR_CANCELLED},	    /* CMD_ABORTED */
    {0xFE, CS_ERR_REMOVED},	    /* ICC_MUTE */
    {0xFD, CS_ERR_REMOVED},	    /* XFR_PARITY_ERROR */
    {0xFC, CS_ERR_REMOVED},	    /* XFR_OVERRUN */
    {0xFB, CS_ERR_REMOVED},	    /* HW_ERROR */
    {0xF8, CS_ERR_REMOVED},	    /* BAD_ATR_TS */
    {0xF7, CS_ERR_REMOVED},	    /* BAD_ATR_TCK */
    {0xF6, CS_ERR_UNSUPPORTED},	    /* ICC_PROTOCOL_NOT_SUPPORTED */
    {0xF5, CS_ERR_UNSUPPORTED},	    /* ICC_CLASS_NOT_SUPPORTED */
    {0xF4, CS_ERR_REMOVED},	    /* PROCEDURE_BYTE_CONFLICT */
    {ERROR_PROTOCOL, CS_ERR_STATE}, /* DEACTIVATED_PROTOCOL */
    {0xF2, CS_ERR_BUSY},	    /* BUSY_WITH_AUTO_SEQUENCE */
    {0xF0, CS_ERR_TIMEOUT},	    /* PIN_TIMEOUT */
    {0xEF, CS_ERR_CANCELLED},	    /* PIN_CANCELLED */
    {0xE0, CS_ERR_BUSY},	    /* CMD_SLOT_BUSY */
    {ERROR_SLOT, CS_ERR_NO_READER},
    {0x00, CS_ERR_UNSUPPORTED}, /* command not supported */
};

static enum cs_err refusal(const struct ccid_host *h, uint8_t error)
{
	if (h->icc == CCID_HOST_ABSENT && error != ERROR_SLOT)
		return CS_ERR_REMOVED;
	if (h->transfer && h->was_off && h->icc == CCID_HOST_INACTIVE && error == ERROR_MUTE)
		return CS_ERR_STATE;
	/* Once an answer has begun to come, the command was executed, whatever the reader says then; and what
	 * is no command of the card's has not been kept from it. */
	if ((h->fetching || !h->transfer) && error == ERROR_PROTOCOL)
		return CS_ERR_REMOVED;
	for (size_t i = 0; i < sizeof(error_rows) / sizeof(error_rows[0]); i++) {
		if (error_rows[i].error == error)
			return error_rows[i].err;
	}
	return CS_ERR_IO;
}

/* ---- answers ---- */

static enum cs_err end(enum cs_err err, enum ccid_host_next *next)
{
	*next = CCID_HOST_DONE;
	return err;
}

static void keep(const struct ccid_host *h, struct cs_view data)
{
	if (h->response != NULL)
		cs_write_view(h->response, data);
}

static enum cs_err kept(const struct ccid_host *h, enum ccid_host_next *next)
{
	return end(h->response != NULL ? cs_writer_done(h->response) : CS_OK, next);
}

static enum cs_err take_response(struct ccid_host *h, uint8_t chain, struct cs_view data,
				 struct cs_writer *out, enum ccid_host_next *next)
{
	bool begins = chain == CHAIN_WHOLE || chain == CHAIN_BEGIN;
	bool ends = chain == CHAIN_WHOLE || chain == CHAIN_END;

	/* The first part begins, all others go on; and a part that promises more brings something. */
	if (begins == h->fetching || (chain != CHAIN_MIDDLE && !begins && !ends) || (!ends && data.len == 0))
		return end(CS_ERR_MALFORMED, next);
	keep(h, data);
	if (ends)
		return kept(h, next);
	h->fetching = true;
	write_message(h, PC_XFR_BLOCK, 0, CHAIN_MORE, CS_VIEW_EMPTY, out);
	*next = CCID_HOST_SEND;
	return CS_OK;
}

static enum cs_err take_data(struct ccid_host *h, uint8_t chain, struct cs_view data, struct cs_writer *out,
			     enum ccid_host_next *next)
{
	if (!h->transfer) {
		keep(h, data);
		return kept(h, next);
	}
	if (!h->sent_part)
		return take_response(h, chain, data, out, next);
	if (chain != CHAIN_MORE || data.len > 0)
		return end(CS_ERR_MALFORMED, next);
	send_piece(h, false, out);
	*next = CCID_HOST_SEND;
	return CS_OK;
}

enum cs_err ccid_host_receive(struct ccid_host *h, struct cs_view message, struct cs_writer *out,
			      enum ccid_host_next *next)
{
	*next = CCID_HOST_READ;
	h->patience = 0;
	if (message.len < CCID_HOST_HEADER_LEN)
		return CS_OK;
	struct header header = header_of(message);
	struct cs_view data = cs_view(message.ptr + CCID_HOST_HEADER_LEN, message.len - CCID_HOST_HEADER_LEN);
	if (header.length != data.len || header.type != h->answer || header.slot != h->slot ||
	    header.seq != h->seq)
		return CS_OK;
	h->icc = header.status & ICC_MASK;
	switch (header.status & COMMAND_MASK) {
	case COMMAND_OK:
		return take_data(h, header.chain, data, out, next);
	case COMMAND_WAIT:
		h->patience = header.error > 0 ? header.error : 1;
		return CS_OK;
	default:
		return end(refusal(h, header.error), next);
	}
}
