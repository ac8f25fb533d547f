/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CCID over a serial line, for a device without USB: the messages of the bulk pipes, each in a frame. A pure function of the
 * bytes that come.
 *
 *	03 06 MESSAGE LRC	MESSAGE: header and data as CCID has them (dwLength says where it ends); LRC: XOR of all bytes before it
 *	03 15 16		the frame before this one came broken: send it again
 *
 * The side that has received a broken frame asks for it again, at once; the host also does where no answer comes. Then the device
 * repeats the answer that got lost, and the host sends again what the device has called broken, or what, as far as it can see,
 * never came. That it did come the host cannot always know: so it numbers its messages (bSeq: each has another than the one before
 * it), and the device does not obey one that has the number of the one before it, but repeats what it answered to that
 * (ccid_serial_is_again). So no command is executed twice. Bytes between frames are passed over, and silence within one ends it,
 * so that the two sides find each other again whatever was lost.
 */
#ifndef COUNTERSIGN_APPLET_PORT_CCID_SERIAL_H
#define COUNTERSIGN_APPLET_PORT_CCID_SERIAL_H

#include "applet/port/ccid_input.h"

#define CCID_SERIAL_OVERHEAD  3u /* bytes of a frame beside the message */
#define CCID_SERIAL_FRAME_MAX (CCID_MESSAGE_MAX + CCID_SERIAL_OVERHEAD)
#define CCID_SERIAL_GAP_MS    500u /* silence that ends a frame */

enum ccid_serial_state {
	CCID_SERIAL_HUNT, /* for 03 */
	CCID_SERIAL_CONTROL,
	CCID_SERIAL_BODY,
	CCID_SERIAL_CHECK,	  /* the LRC of a message */
	CCID_SERIAL_REPEAT_CHECK /* that of 03 15 */
};

enum ccid_serial_event {
	CCID_SERIAL_NOTHING,
	CCID_SERIAL_MESSAGE, /* ccid_serial_message has it */
	CCID_SERIAL_REPEAT,  /* the other side wants the last frame again */
	CCID_SERIAL_BROKEN   /* to be answered by ccid_serial_write_repeat */
};

/* Zero it to begin. */
struct ccid_serial {
	enum ccid_serial_state state;
	uint8_t lrc;
	size_t got;
	uint64_t last_ms;
	bool obeyed; /* there was a message, and it was number obeyed_seq */
	uint8_t obeyed_seq;
	uint8_t message[CCID_MESSAGE_MAX];
};

/* now_ms: any clock that does not go back. */
enum ccid_serial_event ccid_serial_take(struct ccid_serial *s, uint8_t byte, uint64_t now_ms);

/* Borrowed until the next byte is taken. */
struct cs_view ccid_serial_message(const struct ccid_serial *s);

/* For the device, once for each message that has come: true where the host has sent it before, so that it is not to be obeyed, but
 * the last answer (no request for time) to be repeated. A host that begins, at whatever number, begins with IccPowerOn,
 * which is obeyed each time. */
CS_MUST_CHECK bool ccid_serial_is_again(struct ccid_serial *s);

void ccid_serial_write(struct cs_writer *out, struct cs_view message);
void ccid_serial_write_repeat(struct cs_writer *out);

#endif
