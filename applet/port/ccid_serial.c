/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames of CCID messages on a serial line.
 *
 *	HUNT --03--> CONTROL --06--> BODY --all of the message--> CHECK --> HUNT: MESSAGE or BROKEN
 *	                     --15--> REPEAT_CHECK --> HUNT: REPEAT or BROKEN
 */
#include "applet/port/ccid_serial.h"

#define SYNC	 0x03u
#define MESSAGE	 0x06u
#define REPEAT	 0x15u
#define POWER_ON 0x62u /* bMessageType */
#define SEQ_AT	 6u    /* bSeq */

static size_t message_length(const struct ccid_serial *s)
{
	return CCID_HEADER_LEN + ((size_t)s->message[1] | (size_t)s->message[2] << 8 |
				  (size_t)s->message[3] << 16 | (size_t)s->message[4] << 24);
}

static enum ccid_serial_event control(struct ccid_serial *s, uint8_t byte)
{
	if (byte == SYNC) /* the one before it was noise */
		return CCID_SERIAL_NOTHING;
	s->lrc = SYNC ^ byte;
	s->got = 0;
	if (byte == MESSAGE)
		s->state = CCID_SERIAL_BODY;
	else
		s->state = byte == REPEAT ? CCID_SERIAL_REPEAT_CHECK : CCID_SERIAL_HUNT;
	return CCID_SERIAL_NOTHING;
}

static enum ccid_serial_event body(struct ccid_serial *s, uint8_t byte)
{
	s->message[s->got++] = byte;
	s->lrc ^= byte;
	if (s->got < CCID_HEADER_LEN)
		return CCID_SERIAL_NOTHING;
	if (message_length(s) > CCID_MESSAGE_MAX) {
		s->state = CCID_SERIAL_HUNT;
		return CCID_SERIAL_BROKEN;
	}
	if (s->got == message_length(s))
		s->state = CCID_SERIAL_CHECK;
	return CCID_SERIAL_NOTHING;
}

static enum ccid_serial_event check(struct ccid_serial *s, uint8_t byte, enum ccid_serial_event good)
{
	s->state = CCID_SERIAL_HUNT;
	return byte == s->lrc ? good : CCID_SERIAL_BROKEN;
}

enum ccid_serial_event ccid_serial_take(struct ccid_serial *s, uint8_t byte, uint64_t now_ms)
{
	if (now_ms - s->last_ms >= CCID_SERIAL_GAP_MS)
		s->state = CCID_SERIAL_HUNT;
	s->last_ms = now_ms;
	switch (s->state) {
	case CCID_SERIAL_HUNT:
		if (byte == SYNC)
			s->state = CCID_SERIAL_CONTROL;
		return CCID_SERIAL_NOTHING;
	case CCID_SERIAL_CONTROL:
		return control(s, byte);
	case CCID_SERIAL_BODY:
		return body(s, byte);
	case CCID_SERIAL_CHECK:
		return check(s, byte, CCID_SERIAL_MESSAGE);
	case CCID_SERIAL_REPEAT_CHECK:
		return check(s, byte, CCID_SERIAL_REPEAT);
	}
	return CCID_SERIAL_NOTHING;
}

struct cs_view ccid_serial_message(const struct ccid_serial *s)
{
	return cs_view(s->message, s->got);
}

bool ccid_serial_is_again(struct ccid_serial *s)
{
	uint8_t seq = s->message[SEQ_AT];
	bool again = s->obeyed && s->obeyed_seq == seq && s->message[0] != POWER_ON;

	s->obeyed = true;
	s->obeyed_seq = seq;
	return again;
}

void ccid_serial_write(struct cs_writer *out, struct cs_view message)
{
	uint8_t lrc = SYNC ^ MESSAGE;

	for (size_t i = 0; i < message.len; i++)
		lrc ^= message.ptr[i];
	cs_write_u8(out, SYNC);
	cs_write_u8(out, MESSAGE);
	cs_write_view(out, message);
	cs_write_u8(out, lrc);
}

void ccid_serial_write_repeat(struct cs_writer *out)
{
	cs_write_u8(out, SYNC);
	cs_write_u8(out, REPEAT);
	cs_write_u8(out, SYNC ^ REPEAT);
}
