/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One HTTP call on its way through front: what has been read of it, what it asks, and its answer. No HTTP
 * library in here: front_http.c feeds it.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_CALL_H
#define COUNTERSIGN_DAEMON_FRONT_CALL_H

#include "daemon/front_form.h"
#include "daemon/front_style.h"
#include "daemon/front_tls.h"

#define FRONT_URI_MAX 2048u
#define FRONT_DRAIN_MAX                                                                                      \
	(1u << 20) /* bytes of a refused body that are read and dropped, for the sake of the answer */

/* An answer's body, in one block that is wiped when freed. */
struct front_body {
	size_t len;
	uint8_t bytes[];
};

struct front_body *front_body_new(struct cs_view content); /* NULL where memory fails */
void front_body_free(void *body);

struct front_call {
	char uri[FRONT_URI_MAX]; /* raw: path, and query after a question mark */
	size_t uri_len;
	struct front_match match; /* borrows from uri */
	struct cs_view query;	  /* borrows from uri */
	struct front_error err;	  /* refusal set: the call is refused, whatever else comes */
	bool options;		  /* answered by Allow alone */
	bool head;		  /* answered without the body */
	bool judged;		  /* front_call_judge has been called */
	bool endless;  /* the body announced is too long even to be dropped: answer before it comes */
	bool sent;     /* on its way to keeper, or back from there */
	uint8_t *body; /* body_cap bytes, made at once: secrets are not moved about */
	size_t body_len, body_cap;
	size_t drained;
	bool form;			   /* the body is a form, ... */
	bool twice;			   /* whose values may be escaped once more than forms are */
	char boundary[FRONT_BOUNDARY_MAX]; /* ... with this one, where there is one */
	size_t boundary_len;
	bool detail;			    /* it came where reasons may be told: front_header.metrics */
	uint64_t started;		    /* microseconds of the monotonic clock */
	unsigned status;		    /* of the answer; 0: none yet */
	struct front_body *reply;	    /* keeper's body */
	enum front_certificate certificate; /* of the connection */
	uint8_t fingerprint[FRONT_TLS_FINGERPRINT_LEN];
	gnutls_session_t session; /* of a certificate that is trusted; borrowed from the connection */
};

/* What judge needs of the header. Absent ones are empty views. */
struct front_header {
	struct cs_view method;
	struct front_credential credential;
	struct cs_view content_type;
	struct cs_view content_length;
	struct cs_view user_agent;
	bool chunked;
	bool metrics_only; /* this listener serves what takes no credential, and nothing else */
	bool metrics;	   /* it serves /metrics, and reasons, which strangers are not to read */
};

/* NULL where memory fails. */
struct front_call *front_call_new(struct cs_view uri);
void front_call_free(struct front_call *call);

/* Finds the route and refuses what the header alone refuses. */
void front_call_judge(struct front_call *call, const struct front_header *header);

/* Takes a piece of the body. False where it is so long that the connection is to be ended unanswered. */
bool front_call_feed(struct front_call *call, struct cs_view piece);

/* Refused for who asks: keeper is sent a request all the same, which names operation, address and reason
 * (IPC_TAG_BARRED), so that the audit log has it. One whose body is too long to be waited for (endless) is
 * not. */
bool front_call_barred(const struct front_call *call);

/* Makes the request of it, with the credential and address. The body is wiped. */
CS_MUST_CHECK enum front_refusal front_call_request(struct front_call *call,
						    const struct front_credential *credential,
						    struct cs_view address, struct front_request *out);

#endif
