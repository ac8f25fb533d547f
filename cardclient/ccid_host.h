/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The host's side of CCID (USB Device Class: Smart Card, CCID, revision 1.1): messages for one slot of a reader that takes whole
 * APDUs. A pure function: what came from the bulk-IN pipe goes in, what is to go to the bulk-OUT pipe comes out. No OS, no memory
 * but the struct and what the caller lends.
 *
 *	ccid_host_status / _power_on / _power_off / _transfer(h, ..., out)    begins an exchange: send what is in out, and read
 *	err = ccid_host_receive(h, message, out, &next)                       a message has come
 *	  CCID_SEND  send what is in out, and read
 *	  CCID_READ  read on: it was another exchange's, or the reader asks for time (ccid_host_patience)
 *	  CCID_DONE  the exchange has ended; err says how
 *
 * Each exchange's messages carry numbers that the one before did not; an answer to another number, slot or kind of message is
 * left over from someone who gave up, and is passed over.
 */
#ifndef COUNTERSIGN_CARDCLIENT_CCID_HOST_H
#define COUNTERSIGN_CARDCLIENT_CCID_HOST_H

#include "base/bytes.h"

#define CCID_HOST_HEADER_LEN  10u
/* No extended APDU needs more: longer messages are not used where a reader offers them. */
#define CCID_HOST_MESSAGE_MAX (CCID_HOST_HEADER_LEN + 65544u)

enum ccid_host_next { CCID_HOST_SEND, CCID_HOST_READ, CCID_HOST_DONE };

/* bmICCStatus. */
enum ccid_host_icc { CCID_HOST_ACTIVE = 0, CCID_HOST_INACTIVE = 1, CCID_HOST_ABSENT = 2 };

struct ccid_host {
	uint8_t slot, seq; /* seq: of the message that was sent last */
	size_t message_max;
	/* the exchange */
	uint8_t answer;		    /* type of the message that is to come */
	bool transfer;		    /* it is an APDU's */
	bool sent_part, fetching;   /* of an APDU, more is to be sent; of a response, more is to come */
	bool was_off;		    /* the card, by the last answer before the exchange */
	struct cs_view rest;	    /* of the APDU; borrowed */
	struct cs_writer *response; /* borrowed; NULL: none is wanted */
	uint8_t icc;		    /* as the last answer said it */
	uint8_t patience;
};

/* message_max: the reader's; seq: any number, best another than the last program's. */
void ccid_host_init(struct ccid_host *h, uint8_t slot, size_t message_max, uint8_t seq);

/* out has room for message_max bytes; everything borrowed stays until the exchange has ended. voltage: 0 automatic, 1: 5 V, 2: 3 V,
 * 3: 1.8 V; the ATR is appended to atr. The response is appended to response, SW and all; command is an APDU. */
void ccid_host_status(struct ccid_host *h, struct cs_writer *out);
void ccid_host_power_on(struct ccid_host *h, uint8_t voltage, struct cs_writer *atr, struct cs_writer *out);
void ccid_host_power_off(struct ccid_host *h, struct cs_writer *out);
void ccid_host_transfer(struct ccid_host *h, struct cs_view command, struct cs_writer *response, struct cs_writer *out);
/* Gives up what is under way: to be sent after the control pipe's ABORT with the value that ccid_host_abort_value says. Ends when the
 * reader says that nothing is under way any more. */
void ccid_host_abort(struct ccid_host *h, struct cs_writer *out);
uint16_t ccid_host_abort_value(const struct ccid_host *h);

/* message: what one read of the pipe brought, at least the header; of any content. At CCID_HOST_DONE, and only there, other results
 * than CS_OK; those of a transfer mean what struct cc_backend says of transmit:
 *   CS_ERR_STATE     the card was not powered when the command came, which was not executed
 *   CS_ERR_REMOVED   the card is gone or mute, or has lost its power since, or what it sent was garbled on the way
 *   CS_ERR_BUSY      the slot is busy with what another program began
 *   CS_ERR_CANCELLED, CS_ERR_TIMEOUT, CS_ERR_UNSUPPORTED, CS_ERR_NO_READER (no such slot), CS_ERR_IO (the rest)
 *   CS_ERR_NO_SPACE  the answer is longer than the writer takes; it was read to its end
 *   CS_ERR_MALFORMED the reader broke the rules of chaining */
CS_MUST_CHECK enum cs_err ccid_host_receive(struct ccid_host *h, struct cs_view message, struct cs_writer *out,
					    enum ccid_host_next *next);

/* How many bytes of the message whose beginning is here are still to come. */
size_t ccid_host_missing(struct cs_view begun);

/* After CCID_HOST_READ: times the usual time to wait now; 0: it was no request for time. */
unsigned ccid_host_patience(const struct ccid_host *h);

#endif
