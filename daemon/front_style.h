/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Doors for programs that exist already. The calls at these paths are otp_verify, challenge_create,
 * challenge_get and auth and nothing else; what differs is how a caller says who he is, how he sends his
 * fields, and how the answer looks:
 *
 *   /validate/check   as privacyIDEA's clients have it: fields in a form, JSON or the query, unknown ones
 * passed over; result.status, result.value, result.authentication /validate/triggerchallenge,
 * /validate/polltransaction the same for challenges; an empty pass at check asks for one too /auth a name and
 * a credential as privacyIDEA's clients send them, for a token that is taken for the credential from then on
 *   /v1/otp/radius    for FreeRADIUS's rlm_rest: JSON in, attributes out; 401 refuses; without a code
 *                     a challenge is made, whose identifier is in State
 *   /v1/otp/status    for nginx's auth_request and its kin: user and code in the header (HTTP Basic), the
 * answer in the status alone: 204 or 401
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_STYLE_H
#define COUNTERSIGN_DAEMON_FRONT_STYLE_H

#include "daemon/front_json.h"

enum front_style {
	FRONT_STYLE_REST,
	FRONT_STYLE_VALIDATE,
	FRONT_STYLE_RADIUS,
	FRONT_STYLE_STATUS,
};

enum front_style front_style_of(const struct front_route *route);

/* The header lines in which a caller may say who he is. Absent ones are empty. */
struct front_credential {
	struct cs_view authorization;
	struct cs_view
	    pi_authorization;	    /* PI-Authorization: privacyIDEA's clients beside another Authorization */
	struct cs_view countersign; /* Countersign-Credential: where Authorization has the user's code */
	struct cs_view idempotency; /* Idempotency-Key */
	struct cs_view client;	    /* Countersign-Client: the address of whoever typed that code */
	struct cs_view
	    open; /* whose he is taken for where he says nothing and the style is VALIDATE; or empty */
};

/* The credential, as style finds it; empty where there is none. Borrows. */
struct cs_view front_style_credential(enum front_style style, const struct front_credential *header);

/* Puts user and code from an Authorization: Basic line (RFC 7617) in, and the client's address, where it is
 * one. FRONT_NO_USER where the line is none. */
CS_MUST_CHECK enum front_refusal front_style_basic(const struct front_credential *header,
						   const struct front_route *route, struct front_request *out,
						   struct front_error *err);

/* Makes a filled request of a style one that keeper takes: a realm goes behind the user's name with an @; an
 * empty identifier of a challenge, or type, is none; an empty code makes it challenge_create. FRONT_ACCEPTED,
 * or what is wrong. */
CS_MUST_CHECK enum front_refusal front_style_settle(struct front_request *request, struct front_error *err);

#define FRONT_STYLE_ANSWER_MAX 2048u

/* Writes the answer that route's style has for the REST one: status and body. now: seconds since 1970, which
 * a client takes from a token's end. It fits FRONT_STYLE_ANSWER_MAX bytes, and may be empty. Returns its
 * status. Only an answer of status 200 with "accepted": true accepts. */
unsigned front_style_answer(const struct front_route *route, unsigned status, struct cs_view body,
			    uint64_t now, struct cs_writer *out);

#endif
