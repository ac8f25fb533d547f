/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CCID, the device's side. Clauses are those of the class's revision 1.1.
 *
 *   work:     NONE --IccPowerOn/Off--> POWER --powered--> NONE
 *                  --XfrBlock, whole APDU--> COMMAND --executed--> NONE
 *
 * Invariants:
 * 1. Each message that comes is answered by one with its bSeq, and each answer to one that began work is sent
 * once: at the end of the work, or, where the host has aborted it, at once and not at its end. A command that
 * ends when half of an Abort has come is answered as aborted, since that half may have called its touch off.
 * A reset of the bus ends all that: nothing that came before it is answered.
 * 2. While work is under way, nothing but Abort is obeyed; and the command stays as it is.
 * 3. Of an APDU that comes in parts the parts are executed together or not at all: an XfrBlock that does not
 * belong to the chain ends it, and so do power and a part that does not arrive whole.
 * 4. Nothing of a response is sent for another command than its own, and none of it stays after a reset.
 */
#include "applet/port/ccid.h"

#include <string.h>

#include "base/secret.h"

/* 6.1, 6.2 */
enum {
	PC_SET_PARAMETERS = 0x61,
	PC_POWER_ON = 0x62,
	PC_POWER_OFF = 0x63,
	PC_SLOT_STATUS = 0x65,
	PC_SECURE = 0x69,
	PC_T0_APDU = 0x6A,
	PC_ESCAPE = 0x6B,
	PC_GET_PARAMETERS = 0x6C,
	PC_RESET_PARAMETERS = 0x6D,
	PC_CLOCK = 0x6E,
	PC_XFR_BLOCK = 0x6F,
	PC_MECHANICAL = 0x71,
	PC_ABORT = 0x72,
	PC_RATE_AND_CLOCK = 0x73,
	RDR_DATA_BLOCK = 0x80,
	RDR_SLOT_STATUS = 0x81,
	RDR_PARAMETERS = 0x82,
	RDR_ESCAPE = 0x83,
	RDR_RATE_AND_CLOCK = 0x84,
	RDR_SLOT_CHANGE = 0x50,
};

/* bStatus (6.2.6): the card, and the command. */
#define ICC_ACTIVE     0x00u
#define ICC_INACTIVE   0x01u
#define ICC_ABSENT     0x02u
#define COMMAND_FAILED 0x40u
#define COMMAND_WAIT   0x80u

/* bError (table 6.2-2). Below 80 it is the place in the message of what was wrong with it. */
#define ERROR_UNSUPPORTED 0x00u
#define ERROR_LENGTH	  0x01u
#define ERROR_SLOT	  0x05u
#define ERROR_PARAMETER	  0x07u /* bPowerSelect, bProtocolNum */
#define ERROR_LEVEL	  0x08u /* wLevelParameter */
#define ERROR_BUSY	  0xE0u
#define ERROR_MUTE	  0xFEu
#define ERROR_ABORTED	  0xFFu

/* wLevelParameter and bChainParameter. */
enum { CHAIN_WHOLE = 0x00, CHAIN_BEGIN = 0x01, CHAIN_END = 0x02, CHAIN_MIDDLE = 0x03, CHAIN_MORE = 0x10 };

#define APDU_HEADER_LEN	 4u
#define POWER_SELECT_MAX 3u /* automatic, 5 V, 3 V, 1.8 V */
#define PROTOCOL_T1	 0x01u

/* 6.2.3, as the card's ATR has them: fastest rate of TA1, LRC, no extra guard time, BWI 4 and CWI 5, no clock
 * stop, IFSC 254, NAD 0. */
static const uint8_t parameters_t1[] = {0x13, 0x10, 0x00, 0x45, 0x00, 0xFE, 0x00};

/* ---- answers ---- */

static uint8_t icc(const struct ccid *c)
{
	return (uint8_t)(c->on ? ICC_ACTIVE : ICC_INACTIVE);
}

static enum ccid_next answer(uint8_t type, uint8_t seq, const uint8_t status[3], struct cs_view data,
			     struct cs_writer *out)
{
	cs_write_u8(out, type);
	for (unsigned shift = 0; shift < 32; shift += 8)
		cs_write_u8(out, (uint8_t)(data.len >> shift));
	cs_write_u8(out, 0);
	cs_write_u8(out, seq);
	cs_write_view(out, cs_view(status, 3));
	cs_write_view(out, data);
	return CCID_SEND;
}

/* last: bChainParameter, bClockStatus or bProtocolNum, as the type has it. */
static enum ccid_next succeed(const struct ccid *c, uint8_t type, uint8_t seq, uint8_t last,
			      struct cs_view data, struct cs_writer *out)
{
	const uint8_t status[3] = {icc(c), 0, last};

	return answer(type, seq, status, data, out);
}

static enum ccid_next fail(const struct ccid *c, uint8_t type, uint8_t seq, uint8_t error,
			   struct cs_writer *out)
{
	uint8_t there = error == ERROR_SLOT ? ICC_ABSENT : icc(c);
	const uint8_t status[3] = {(uint8_t)(COMMAND_FAILED | there), error, 0};

	return answer(type, seq, status, CS_VIEW_EMPTY, out);
}

static enum ccid_next work_begin(struct ccid *c, const struct ccid_header *h, uint8_t type,
				 enum ccid_work work, enum ccid_next next)
{
	c->work = work;
	c->work_seq = h->seq;
	c->work_answer = type;
	c->abandoned = false;
	return next;
}

/* ---- the APDU and its response ---- */

static void command_drop(struct ccid *c)
{
	cs_wipe(c->command, sizeof(c->command));
	c->command_len = 0;
	c->chain = false;
}

static void response_drop(struct ccid *c)
{
	c->rest = CS_VIEW_EMPTY;
	c->fetching = false;
}

static void command_add(struct ccid *c, struct cs_view part)
{
	size_t room = c->command_len < sizeof(c->command) ? sizeof(c->command) - c->command_len : 0;
	size_t taken = part.len < room ? part.len : room;

	if (taken > 0)
		memcpy(c->command + c->command_len, part.ptr, taken);
	c->command_len += part.len;
}

struct cs_view ccid_command(const struct ccid *c)
{
	/* Its Lc says more than is there. */
	static const uint8_t wrong_length[] = {0, 0, 0, 0, 2, 0};

	if (c->command_len < APDU_HEADER_LEN || c->command_len > sizeof(c->command))
		return CS_VIEW_OF(wrong_length);
	return cs_view(c->command, c->command_len);
}

/* The next piece of the response; first: none has been sent. */
static enum ccid_next response_send(struct ccid *c, uint8_t seq, bool first, struct cs_writer *out)
{
	bool all = c->rest.len <= CCID_DATA_MAX;
	struct cs_view piece = cs_view(c->rest.ptr, all ? c->rest.len : CCID_DATA_MAX);
	uint8_t chain;

	if (first)
		chain = all ? CHAIN_WHOLE : CHAIN_BEGIN;
	else
		chain = all ? CHAIN_END : CHAIN_MIDDLE;
	(void)succeed(c, RDR_DATA_BLOCK, seq, chain, piece, out);
	c->fetching = !all;
	c->rest = all ? CS_VIEW_EMPTY : cs_view(c->rest.ptr + piece.len, c->rest.len - piece.len);
	return CCID_SEND;
}

static enum ccid_next transfer(struct ccid *c, const struct ccid_header *h, struct cs_view data,
			       struct cs_writer *out)
{
	unsigned level = h->parameter[1] | (unsigned)h->parameter[2] << 8;
	bool begins = level == CHAIN_WHOLE || level == CHAIN_BEGIN;
	bool goes_on = level == CHAIN_MIDDLE || level == CHAIN_END;

	if (!c->on)
		return fail(c, RDR_DATA_BLOCK, h->seq, ERROR_MUTE, out);
	if (level == CHAIN_MORE && c->fetching && data.len == 0)
		return response_send(c, h->seq, false, out);
	response_drop(c);
	if (!(begins || (goes_on && c->chain))) {
		command_drop(c);
		return fail(c, RDR_DATA_BLOCK, h->seq, ERROR_LEVEL, out);
	}
	if (begins)
		command_drop(c);
	command_add(c, data);
	c->chain = level == CHAIN_BEGIN || level == CHAIN_MIDDLE;
	if (c->chain)
		return succeed(c, RDR_DATA_BLOCK, h->seq, CHAIN_MORE, CS_VIEW_EMPTY, out);
	return work_begin(c, h, RDR_DATA_BLOCK, CCID_WORK_COMMAND, CCID_EXECUTE);
}

/* ---- the other commands ---- */

static enum ccid_next power_on(struct ccid *c, const struct ccid_header *h, struct cs_view data,
			       struct cs_writer *out)
{
	(void)data;
	if (h->parameter[0] > POWER_SELECT_MAX)
		return fail(c, RDR_DATA_BLOCK, h->seq, ERROR_PARAMETER, out);
	return work_begin(c, h, RDR_DATA_BLOCK, CCID_WORK_POWER, CCID_POWER_ON);
}

/* What a host began before it reset the bus is still under way: it waits for that, as for any work. */
static enum ccid_next power_later(struct ccid *c, const struct ccid_header *h)
{
	c->power_next = true;
	c->work_seq = h->seq;
	c->work_answer = RDR_DATA_BLOCK;
	return CCID_IDLE;
}

static enum ccid_next power_off(struct ccid *c, const struct ccid_header *h, struct cs_view data,
				struct cs_writer *out)
{
	(void)data;
	(void)out;
	return work_begin(c, h, RDR_SLOT_STATUS, CCID_WORK_POWER, CCID_POWER_OFF);
}

static enum ccid_next slot_status(struct ccid *c, const struct ccid_header *h, struct cs_view data,
				  struct cs_writer *out)
{
	(void)data;
	return succeed(c, RDR_SLOT_STATUS, h->seq, 0, CS_VIEW_EMPTY, out);
}

static enum ccid_next get_parameters(struct ccid *c, const struct ccid_header *h, struct cs_view data,
				     struct cs_writer *out)
{
	(void)data;
	return succeed(c, RDR_PARAMETERS, h->seq, PROTOCOL_T1, CS_VIEW_OF(parameters_t1), out);
}

/* They say what a wire would need; there is none, so that any of T=1 will do and none changes anything. */
static enum ccid_next set_parameters(struct ccid *c, const struct ccid_header *h, struct cs_view data,
				     struct cs_writer *out)
{
	if (h->parameter[0] != PROTOCOL_T1)
		return fail(c, RDR_PARAMETERS, h->seq, ERROR_PARAMETER, out);
	if (data.len != sizeof(parameters_t1))
		return fail(c, RDR_PARAMETERS, h->seq, ERROR_LENGTH, out);
	return get_parameters(c, h, data, out);
}

static void abort_end(struct ccid *c)
{
	c->abort_asked = c->abort_sent = false;
	command_drop(c);
	response_drop(c);
}

/* Both halves have come (5.3.1, 6.1.13). What is under way cannot be stopped: it is answered for now, and the
 * Abort when it has ended. */
static enum ccid_next abort_now(struct ccid *c, struct cs_writer *out)
{
	if (c->work != CCID_WORK_NONE) {
		if (c->abandoned && !c->power_next)
			return CCID_IDLE;
		c->abandoned = true;
		c->power_next = false;
		return fail(c, c->work_answer, c->work_seq, ERROR_ABORTED, out);
	}
	abort_end(c);
	return succeed(c, RDR_SLOT_STATUS, c->abort_seq, 0, CS_VIEW_EMPTY, out);
}

static enum ccid_next abort_bulk(struct ccid *c, const struct ccid_header *h, struct cs_view data,
				 struct cs_writer *out)
{
	(void)data;
	if (c->abort_asked && c->abort_seq != h->seq)
		return fail(c, RDR_SLOT_STATUS, h->seq, ERROR_ABORTED, out);
	c->abort_sent = true;
	c->abort_seq = h->seq;
	return c->abort_asked ? abort_now(c, out) : CCID_IDLE;
}

bool ccid_abort(struct ccid *c, uint16_t value, enum ccid_next *next, struct cs_writer *out)
{
	uint8_t seq = (uint8_t)(value >> 8);

	*next = CCID_IDLE;
	if ((value & 0xFF) != 0)
		return false;
	/* Another bSeq than the one that came on bulk-OUT: that one was given up. */
	if (c->abort_sent && c->abort_seq != seq)
		c->abort_sent = false;
	c->abort_asked = true;
	c->abort_seq = seq;
	if (c->abort_sent)
		*next = abort_now(c, out);
	return true;
}

bool ccid_fetching(const struct ccid *c)
{
	return c->fetching;
}

bool ccid_aborting(const struct ccid *c)
{
	return c->work != CCID_WORK_NONE && (c->abandoned || c->abort_asked || c->abort_sent);
}

/* ---- messages ---- */

struct row {
	uint8_t type, answer;
	/* NULL: nothing that this reader does. */
	enum ccid_next (*handle)(struct ccid *c, const struct ccid_header *h, struct cs_view data,
				 struct cs_writer *out);
	uint16_t length_max;
};

static const struct row rows[] = {
    {PC_POWER_ON, RDR_DATA_BLOCK, power_on, 0},
    {PC_POWER_OFF, RDR_SLOT_STATUS, power_off, 0},
    {PC_SLOT_STATUS, RDR_SLOT_STATUS, slot_status, 0},
    {PC_XFR_BLOCK, RDR_DATA_BLOCK, transfer, CCID_DATA_MAX},
    {PC_GET_PARAMETERS, RDR_PARAMETERS, get_parameters, 0},
    {PC_RESET_PARAMETERS, RDR_PARAMETERS, get_parameters, 0},
    {PC_SET_PARAMETERS, RDR_PARAMETERS, set_parameters, CCID_DATA_MAX},
    {PC_ABORT, RDR_SLOT_STATUS, abort_bulk, 0},
    {PC_SECURE, RDR_DATA_BLOCK, NULL, CCID_DATA_MAX},
    {PC_ESCAPE, RDR_ESCAPE, NULL, CCID_DATA_MAX},
    {PC_CLOCK, RDR_SLOT_STATUS, NULL, CCID_DATA_MAX},
    {PC_T0_APDU, RDR_SLOT_STATUS, NULL, CCID_DATA_MAX},
    {PC_MECHANICAL, RDR_SLOT_STATUS, NULL, CCID_DATA_MAX},
    {PC_RATE_AND_CLOCK, RDR_RATE_AND_CLOCK, NULL, CCID_DATA_MAX},
};

static const struct row *row_of(uint8_t type)
{
	static const struct row unknown = {0, RDR_SLOT_STATUS, NULL, CCID_DATA_MAX};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].type == type)
			return &rows[i];
	}
	return &unknown;
}

static enum ccid_next handle(struct ccid *c, const struct ccid_header *h, struct cs_view data,
			     struct cs_writer *out)
{
	const struct row *row = row_of(h->type);
	bool is_abort = h->type == PC_ABORT;

	if (h->slot != 0)
		return fail(c, row->answer, h->seq, ERROR_SLOT, out);
	if (c->abort_asked && !is_abort)
		return fail(c, row->answer, h->seq, ERROR_ABORTED, out);
	if (h->type == PC_POWER_ON && c->abandoned && !c->power_next)
		return power_later(c, h);
	if (c->work != CCID_WORK_NONE && !is_abort)
		return fail(c, row->answer, h->seq, ERROR_BUSY, out);
	if (row->handle == NULL)
		return fail(c, row->answer, h->seq, ERROR_UNSUPPORTED, out);
	if (data.len > row->length_max)
		return fail(c, row->answer, h->seq, ERROR_LENGTH, out);
	return row->handle(c, h, data, out);
}

static enum ccid_next refuse_length(struct ccid *c, const struct ccid_header *h, struct cs_writer *out)
{
	uint8_t type = row_of(h->type)->answer;

	if (c->work == CCID_WORK_NONE)
		command_drop(c); /* the part that it was is lost */
	return fail(c, type, h->seq, ERROR_LENGTH, out);
}

size_t ccid_wanted(const struct ccid *c, size_t packet_max)
{
	return ccid_input_wanted(&c->in, packet_max);
}

enum ccid_next ccid_receive(struct ccid *c, struct cs_view packet, bool last, struct cs_writer *out)
{
	enum ccid_piece piece = ccid_input_take(&c->in, packet, last);
	struct ccid_header h = ccid_input_header(&c->in);
	enum ccid_next next;

	if (piece == CCID_PART)
		return CCID_IDLE;
	next = piece == CCID_WHOLE ? handle(c, &h, ccid_input_data(&c->in), out) : refuse_length(c, &h, out);
	ccid_input_end(&c->in);
	return next;
}

/* ---- the card has done what it was to do ---- */

static enum ccid_next work_end(struct ccid *c)
{
	enum ccid_work work = c->work;

	c->work = CCID_WORK_NONE;
	if (work == CCID_WORK_COMMAND)
		command_drop(c);
	return CCID_IDLE;
}

/* Its answer is not wanted: it was given already, or the bus was reset. */
static enum ccid_next abandoned_end(struct ccid *c, struct cs_writer *out)
{
	c->abandoned = false;
	(void)work_end(c);
	if (c->abort_asked && c->abort_sent)
		return abort_now(c, out);
	if (!c->power_next)
		return CCID_IDLE;
	c->power_next = false;
	c->work = CCID_WORK_POWER;
	return CCID_POWER_ON;
}

enum ccid_next ccid_executed(struct ccid *c, struct cs_view response, struct cs_writer *out)
{
	if (c->work != CCID_WORK_COMMAND)
		return CCID_IDLE;
	if (c->abandoned)
		return abandoned_end(c, out);
	(void)work_end(c);
	if (c->abort_asked || c->abort_sent)
		return fail(c, c->work_answer, c->work_seq, ERROR_ABORTED, out);
	c->rest = response;
	return response_send(c, c->work_seq, true, out);
}

enum ccid_next ccid_powered(struct ccid *c, struct cs_view atr, struct cs_writer *out)
{
	if (c->work != CCID_WORK_POWER)
		return CCID_IDLE;
	command_drop(c);
	response_drop(c);
	c->on = atr.len > 0 && !c->abandoned;
	if (c->abandoned)
		return abandoned_end(c, out);
	(void)work_end(c);
	return succeed(c, c->work_answer, c->work_seq, 0, atr, out);
}

enum ccid_next ccid_tick(const struct ccid *c, struct cs_writer *out)
{
	const uint8_t status[3] = {(uint8_t)(COMMAND_WAIT | icc(c)), 1, 0};

	if (c->work == CCID_WORK_NONE || (c->abandoned && !c->power_next))
		return CCID_IDLE;
	return answer(c->work_answer, c->work_seq, status, CS_VIEW_EMPTY, out);
}

void ccid_notice(struct cs_writer *out)
{
	cs_write_u8(out, RDR_SLOT_CHANGE);
	cs_write_u8(out, 0x03); /* there is a card, and there was none */
}

void ccid_init(struct ccid *c)
{
	*c = (struct ccid){.work = CCID_WORK_NONE};
}

void ccid_wipe(struct ccid *c)
{
	cs_wipe(&c->in, sizeof(c->in));
	c->on = c->abort_asked = c->abort_sent = c->power_next = false;
	response_drop(c);
	/* What is being executed is read until it has ended. */
	if (c->work != CCID_WORK_COMMAND)
		command_drop(c);
	c->abandoned = c->work != CCID_WORK_NONE;
}
