/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages out of packets.
 *
 *   none --packet--> part --...--> whole
 *           +--does not fit--> broken; the rest is discarded as it comes, up to its end or a short packet
 */
#include "applet/port/ccid_input.h"

#include <string.h>

#include "base/secret.h"

struct ccid_header ccid_input_header(const struct ccid_input *in)
{
	const uint8_t *b = in->message;

	return (struct ccid_header){
	    .type = b[0],
	    .length = b[1] | (uint32_t)b[2] << 8 | (uint32_t)b[3] << 16 | (uint32_t)b[4] << 24,
	    .slot = b[5],
	    .seq = b[6],
	    .parameter = {b[7], b[8], b[9]},
	};
}

struct cs_view ccid_input_data(const struct ccid_input *in)
{
	return cs_view(in->message + CCID_HEADER_LEN, in->got - CCID_HEADER_LEN);
}

/* Bytes still to come where data_len have come behind the header. */
static size_t missing(const struct ccid_input *in, size_t data_len)
{
	size_t length = ccid_input_header(in).length;

	return length > data_len ? length - data_len : 0;
}

size_t ccid_input_wanted(const struct ccid_input *in, size_t packet_max)
{
	size_t left = in->discard;

	if (left == 0 && in->got < CCID_HEADER_LEN)
		return packet_max;
	if (left == 0)
		left = missing(in, in->got - CCID_HEADER_LEN);
	return left < CCID_MESSAGE_MAX ? left : CCID_MESSAGE_MAX;
}

enum ccid_piece ccid_input_take(struct ccid_input *in, struct cs_view packet, bool last)
{
	size_t came = in->got + packet.len, room = sizeof(in->message) - in->got;
	size_t taken = packet.len < room ? packet.len : room, left;
	uint32_t length;

	if (in->discard > 0) {
		in->discard = last || packet.len >= in->discard ? 0 : in->discard - packet.len;
		return CCID_PART;
	}
	if (taken > 0)
		memcpy(in->message + in->got, packet.ptr, taken);
	in->got += taken;
	if (in->got < CCID_HEADER_LEN) {
		if (last)
			in->got = 0; /* there is no bSeq to answer */
		return CCID_PART;
	}
	length = ccid_input_header(in).length;
	left = missing(in, came - CCID_HEADER_LEN);
	if (length > CCID_DATA_MAX) {
		in->discard = last ? 0 : left;
		return CCID_BROKEN;
	}
	if (left > 0)
		return last ? CCID_BROKEN : CCID_PART;
	return came - CCID_HEADER_LEN > length ? CCID_BROKEN : CCID_WHOLE;
}

void ccid_input_end(struct ccid_input *in)
{
	cs_wipe(in->message, in->got);
	in->got = 0;
}
