/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages of CCID's bulk-OUT pipe, put together from packets (USB Device Class: Smart Card, CCID 1.1, 3.1.3 and 6.1): ten
 * bytes of header, of which four are the length of the data behind it.
 */
#ifndef COUNTERSIGN_APPLET_PORT_CCID_INPUT_H
#define COUNTERSIGN_APPLET_PORT_CCID_INPUT_H

#include "base/bytes.h"

#define CCID_HEADER_LEN	 10u
#define CCID_MESSAGE_MAX 3072u /* dwMaxCCIDMessageLength: the header and the data of one message */
#define CCID_DATA_MAX	 (CCID_MESSAGE_MAX - CCID_HEADER_LEN)

struct ccid_header {
	uint8_t type;
	uint32_t length;
	uint8_t slot, seq, parameter[3];
};

struct ccid_input {
	uint8_t message[CCID_MESSAGE_MAX];
	size_t got;	/* bytes of it */
	size_t discard; /* bytes still to come of one that does not fit */
};

enum ccid_piece {
	CCID_PART,  /* the message has not all come, or there is none */
	CCID_WHOLE, /* header and data are there */
	CCID_BROKEN /* its length is not what came, or more than fits; the header is there */
};

/* How many bytes to ask the pipe for: a packet of this size, or exactly what is missing of the message that has begun. */
size_t ccid_input_wanted(const struct ccid_input *in, size_t packet_max);

/* last: no more of this message comes. Behind CCID_WHOLE and CCID_BROKEN the message is to be ended. */
CS_MUST_CHECK enum ccid_piece ccid_input_take(struct ccid_input *in, struct cs_view packet, bool last);

/* Of the message that is there; the view borrows. */
struct ccid_header ccid_input_header(const struct ccid_input *in);
struct cs_view ccid_input_data(const struct ccid_input *in);

/* Wipes the message; what is to be discarded stays to be discarded. */
void ccid_input_end(struct ccid_input *in);

#endif
