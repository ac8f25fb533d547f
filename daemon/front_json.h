/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From what a caller sent (path segment, query, JSON body) to the fields of a request to keeper, as the
 * route's row says. Strict: nothing unknown, nothing twice, nothing of another type, length or range than the
 * row allows.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_JSON_H
#define COUNTERSIGN_DAEMON_FRONT_JSON_H

#include "daemon/front_error.h"
#include "daemon/front_route.h"

#define FRONT_BODY_MAX	65536u /* bytes of a body */
#define FRONT_DEPTH_MAX 8u     /* nested arrays and objects of a body */

struct front_input {
	struct cs_view segment;	 /* escaped, as front_route_find gives it */
	struct cs_view query;	 /* escaped, without its question mark */
	struct cs_view body;	 /* empty: none was sent */
	bool form;		 /* the body is a form: application/x-www-form-urlencoded, or ... */
	struct cs_view boundary; /* ... multipart/form-data with this one */
	bool twice;		 /* values of query and form may be escaped once more */
	bool lenient; /* fields of the body may stand in the query too, and unknown ones are passed over */
};

/* Makes jansson's allocations ones that are wiped before they are freed: call once, before anything else
 * here. */
void front_json_init(void);

#define FRONT_STORE_MAX IPC_REQUEST_MAX /* bytes: all fields of a request, which fit its frame */

/* A request to keeper and the bytes its fields borrow. It may hold secrets: front_request_wipe when it is
 * sent. */
struct front_request {
	struct ipc_request ipc;
	struct cs_writer store; /* over bytes */
	bool in_row;		/* fields go into the store with their tags, one behind the other */
	uint8_t bytes[FRONT_STORE_MAX];
};

void front_request_init(struct front_request *request, enum ipc_op op);
void front_request_wipe(struct front_request *request);

/* Puts a copy of value in as the field tag. */
void front_request_put(struct front_request *request, enum ipc_tag tag, struct cs_view value);

/* Puts value in as the field that route takes in its body by that name. FRONT_ACCEPTED, or what is wrong. */
CS_MUST_CHECK enum front_refusal front_request_text(struct front_request *request,
						    const struct front_route *route, const char *name,
						    struct cs_view value, struct front_error *err);

/* Fills in the fields that route takes from in, beside those that are there already (CREDENTIAL and ADDRESS
 * are the caller's to put). FRONT_ACCEPTED, or what is wrong, also in err; the request is then no good. */
CS_MUST_CHECK enum front_refusal front_request_fill(struct front_request *request,
						    const struct front_route *route,
						    const struct front_input *in, struct front_error *err);

#endif
