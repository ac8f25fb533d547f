/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One question to the daemon over its Unix socket, and its answer: one connection, one HTTP request, a time limit
 * for the whole.
 */
#ifndef COUNTERSIGN_PAM_EXCHANGE_H
#define COUNTERSIGN_PAM_EXCHANGE_H

#include "pam/reply.h"

struct question {
	const char *socket;	   /* path */
	const char *path;	   /* "/v1/otp/verify" */
	struct cs_view credential; /* printable ASCII without blanks */
	struct cs_view body;	   /* JSON */
	unsigned timeout;	   /* seconds */
};

/* CS_ERR_IO: no daemon at the socket (errno says why), or it ended the connection unanswered (errno is 0);
 * CS_ERR_TIMEOUT; CS_ERR_MALFORMED: what came is no answer; CS_ERR_LENGTH: the question, or a text of the answer,
 * is too long. A question that failed may have been heard: whoever asks again asks something else. */
CS_MUST_CHECK enum cs_err exchange(const struct question *question, struct reply *out);

#endif
