/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Cuts a byte stream into frames.
 */
#include "applet/port/frame.h"

#include <string.h>

#include "base/secret.h"

uint8_t *frame_space(struct frame_reader *in, size_t *room)
{
	*room = sizeof in->buf - in->have;
	return in->buf + in->have;
}

void frame_received(struct frame_reader *in, size_t len)
{
	in->have += len;
}

bool frame_next(const struct frame_reader *in, struct cs_view *frame)
{
	if (in->have < FRAME_HEADER_LEN)
		return false;
	size_t len = (size_t)in->buf[0] << 8 | in->buf[1];
	if (in->have < FRAME_HEADER_LEN + len)
		return false;
	*frame = cs_view(in->buf + FRAME_HEADER_LEN, len);
	return true;
}

void frame_consume(struct frame_reader *in)
{
	struct cs_view frame;
	if (!frame_next(in, &frame))
		return;
	size_t used = FRAME_HEADER_LEN + frame.len;
	size_t rest = in->have - used;
	memmove(in->buf, in->buf + used, rest);
	cs_wipe(in->buf + rest, used);
	in->have = rest;
}

void frame_seal(uint8_t *buf, size_t payload_len)
{
	buf[0] = (uint8_t)(payload_len >> 8);
	buf[1] = (uint8_t)payload_len;
}
