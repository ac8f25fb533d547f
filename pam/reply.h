/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the daemon answers: an HTTP/1.1 response (RFC 9112) with a length, whose body is a JSON object. Strict:
 * what is not exactly that is no answer, and no answer lets nobody in.
 */
#ifndef COUNTERSIGN_PAM_REPLY_H
#define COUNTERSIGN_PAM_REPLY_H

#include "base/bytes.h"

#define REPLY_TEXT_SIZE 256u

struct reply {
	unsigned status;
	bool told;			 /* member "accepted" is there */
	bool accepted;			 /* and true */
	char reason[REPLY_TEXT_SIZE];	 /* members of these names; "" where there is none */
	char challenge[REPLY_TEXT_SIZE];
	char question[REPLY_TEXT_SIZE];
	char sent_to[REPLY_TEXT_SIZE];
	char code[REPLY_TEXT_SIZE];	 /* error.code */
	char message[REPLY_TEXT_SIZE];	 /* error.message */
};

/* Whether received holds a whole response. CS_ERR_BUSY: more is to come; CS_ERR_MALFORMED: it never will be
 * one. CS_OK: status and body (borrowed) are set. */
CS_MUST_CHECK enum cs_err reply_split(struct cs_view received, unsigned *status, struct cs_view *body);

/* Reads the members above out of a body, the rest of which is checked and passed over. CS_ERR_MALFORMED where
 * it is not one JSON object, nested 4 deep at most; CS_ERR_LENGTH where a text above is too long. A member "accepted" given twice is malformed. */
CS_MUST_CHECK enum cs_err reply_parse(unsigned status, struct cs_view body, struct reply *out);

#endif
