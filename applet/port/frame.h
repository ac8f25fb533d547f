/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The frames in which a card and its reader talk over a byte stream, as vpcd has them: two bytes of length
 * (big-endian), then that many bytes. docs/PROTOCOL says what a frame means.
 */
#ifndef COUNTERSIGN_APPLET_PORT_FRAME_H
#define COUNTERSIGN_APPLET_PORT_FRAME_H

#include "base/bytes.h"

#define FRAME_HEADER_LEN 2u
#define FRAME_MAX	 65535u /* bytes of a frame without its header */

/* Bytes that have come in, and are no frame's yet. Zero it to begin. */
struct frame_reader {
	size_t have;
	uint8_t buf[FRAME_HEADER_LEN + FRAME_MAX];
};

/* Where the next bytes from the stream go, and how many fit; never 0 as long as frame_next says no. */
uint8_t *frame_space(struct frame_reader *in, size_t *room);

/* Takes note of len bytes that were put at frame_space; len is at most its room. */
void frame_received(struct frame_reader *in, size_t len);

/* True where a whole frame is there; its contents are borrowed until frame_consume. */
bool frame_next(const struct frame_reader *in, struct cs_view *frame);

/* Drops the frame that frame_next showed, and wipes its bytes. */
void frame_consume(struct frame_reader *in);

/* Puts a header before the payload_len bytes that stand at buf + FRAME_HEADER_LEN. payload_len is at most
 * FRAME_MAX. */
void frame_seal(uint8_t *buf, size_t payload_len);

#endif
