/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Names and values as queries and forms have them: application/x-www-form-urlencoded, and multipart/form-data
 * (RFC 7578) as curl and so every client written in PHP sends it. Views borrow from what is read.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_FORM_H
#define COUNTERSIGN_DAEMON_FRONT_FORM_H

#include "base/bytes.h"

#define FRONT_BOUNDARY_MAX 70u /* characters: RFC 2046, 5.1.1 */

/* Percent escapes undone, strictly; with plus, + is a blank. False for what is malformed or has a NUL, which
 * no text of ours contains. */
CS_MUST_CHECK bool front_form_unescape(struct cs_view in, bool plus, struct cs_writer *out);

/* Percent escapes undone in place; what is none is left as it is. The length then, or more than len where
 * there is a NUL. */
size_t front_form_unescape_again(uint8_t *text, size_t len);

/* Whether privacyIDEA would undo escapes of this User-Agent's values a second time: it does unless it knows
 * better, as most of its clients escape what they then put into a form. */
bool front_form_escapes_twice(struct cs_view user_agent);

/* The boundary that a Content-Type of multipart/form-data names; empty where it names none that may be one.
 */
struct cs_view front_form_boundary(struct cs_view content_type);

struct front_pairs {
	struct cs_view rest;
	struct cs_view boundary; /* empty: name=value pairs with & between them */
	bool malformed; /* a multipart body that is none: after front_pairs_next has returned false */
};

/* The next pair, escaped where there is no boundary. False after the last. */
CS_MUST_CHECK bool front_pairs_next(struct front_pairs *pairs, struct cs_view *name, struct cs_view *value);

#endif
