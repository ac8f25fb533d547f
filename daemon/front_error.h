/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What front itself refuses, as callers see it: an HTTP status, a stable code and a sentence, in the body
 *   {"error":{"code":"snake_case","message":"A sentence."}}
 * Keeper makes its own bodies of the same shape.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_ERROR_H
#define COUNTERSIGN_DAEMON_FRONT_ERROR_H

#include <stddef.h>

#include "base/bytes.h"

enum front_refusal {
	FRONT_ACCEPTED = 0,
	FRONT_BAD_PATH,	       /* 400: an escape in the path or query is wrong */
	FRONT_NOT_FOUND,       /* 404 */
	FRONT_METHOD,	       /* 405, with Allow */
	FRONT_NO_CREDENTIAL,   /* 401, with WWW-Authenticate */
	FRONT_BAD_CERTIFICATE, /* 401: the client's certificate is not one to trust */
	FRONT_NO_USER,	       /* 401: no user and code in the header */
	FRONT_BAD_KEY,	       /* 400: an Idempotency-Key that is none */
	FRONT_MEDIA_TYPE,      /* 415 */
	FRONT_TOO_LARGE,       /* 413 */
	FRONT_BODY_UNWANTED,   /* 400: a body where none belongs */
	FRONT_BAD_JSON,	       /* 400: not one JSON object of modest depth; names the place */
	FRONT_BAD_FORM,	       /* 400: no multipart/form-data */
	FRONT_UNKNOWN_MEMBER,  /* 400; names it */
	FRONT_MISSING_MEMBER,  /* 400; names it */
	FRONT_BAD_MEMBER,      /* 400: wrong type, length or range; names it */
	FRONT_UNAVAILABLE,     /* 503: keeper is not there, with Retry-After */
	FRONT_LOST,	       /* 503: keeper went away with the call */
	FRONT_BUSY,	       /* 503: too many requests wait already */
	FRONT_TIMEOUT,	       /* 503: keeper took too long */
	FRONT_REFUSAL_COUNT
};

#define FRONT_DETAIL_MAX 96u /* bytes of a detail that is shown; longer ones are cut */

/* Why a call is refused; detail is the member's name or the place, NUL-terminated, "" where there is none. */
struct front_error {
	enum front_refusal refusal;
	char detail[FRONT_DETAIL_MAX + 1u];
};

/* Fills err; detail is cut to FRONT_DETAIL_MAX bytes, and bytes that are not printable ASCII become '?'. */
void front_error_set(struct front_error *err, enum front_refusal refusal, struct cs_view detail);

unsigned front_error_status(const struct front_error *err);

#define FRONT_ERROR_BODY_MAX 512u

/* Writes the JSON body, which always fits FRONT_ERROR_BODY_MAX bytes. */
void front_error_body(const struct front_error *err, struct cs_writer *out);

#endif
