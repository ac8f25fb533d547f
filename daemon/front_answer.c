/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Body, headers and status of an answer, in the style of its route.
 */
#include "daemon/front_answer.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/front_metrics.h"
#include "daemon/front_openapi.h"
#include "daemon/front_style.h"

static struct front_body *metrics_body(const struct front_body *keepers)
{
	size_t cap = keepers->len + FRONT_METRICS_MAX;
	struct front_body *whole = malloc(sizeof *whole + cap);
	struct cs_writer w;

	if (whole == NULL) {
		return NULL;
	}
	w = cs_writer_of(whole->bytes, cap);
	cs_write_view(&w, cs_view(keepers->bytes, keepers->len));
	front_metrics_write(&w);
	whole->len = cs_writer_view(&w).len;
	return whole;
}

static struct front_body *openapi_body(void)
{
	struct front_body *body = malloc(sizeof *body + FRONT_OPENAPI_MAX);
	struct cs_writer w;

	if (body == NULL) {
		return NULL;
	}
	w = cs_writer_of(body->bytes, FRONT_OPENAPI_MAX);
	front_openapi_write(&w);
	body->len = cs_writer_view(&w).len;
	return body;
}

/* The REST answer: keeper's, or the one that tells err. */
static struct front_body *rest_body(struct front_call *call)
{
	uint8_t text[FRONT_ERROR_BODY_MAX];
	struct cs_writer w = CS_WRITER_OF(text);
	struct front_body *body = call->reply;

	call->reply = NULL;
	if (body == NULL && call->err.refusal == FRONT_ACCEPTED && call->match.route != NULL &&
	    call->match.route->op == 0) {
		call->status = 200;
		return strcmp(call->match.route->path, FRONT_PATH_LIVE) == 0
			   ? front_body_new(CS_VIEW_TEXT("{\"status\":\"ok\"}"))
			   : openapi_body();
	}
	if (body != NULL) {
		return body;
	}
	call->status = front_error_status(&call->err);
	front_error_body(&call->err, &w);
	return front_body_new(cs_writer_view(&w));
}

static enum front_style style_of(const struct front_call *call)
{
	return call->match.route != NULL ? front_style_of(call->match.route) : FRONT_STYLE_REST;
}

static bool is_metrics(const struct front_call *call)
{
	return call->match.route != NULL && call->match.route->op == IPC_METRICS && call->status == 200;
}

static uint64_t now_s(void)
{
	struct timespec t = {0};

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec;
}

/* The body to send, which the caller owns; sets the status. NULL where memory fails. */
static struct front_body *answer_body(struct front_call *call)
{
	uint8_t text[FRONT_STYLE_ANSWER_MAX];
	struct cs_writer w = CS_WRITER_OF(text);
	struct front_body *rest, *body;

	if (call->options) {
		call->status = 204;
		return front_body_new(CS_VIEW_EMPTY);
	}
	rest = rest_body(call);
	if (rest == NULL || (!is_metrics(call) && style_of(call) == FRONT_STYLE_REST)) {
		return rest;
	}
	if (is_metrics(call)) {
		body = metrics_body(rest);
	} else {
		call->status = front_style_answer(call->match.route, call->status,
						  cs_view(rest->bytes, rest->len), now_s(), &w);
		body = front_body_new(cs_writer_view(&w));
	}
	front_body_free(rest);
	return body;
}

static void header_add(struct MHD_Response *response, const char *name, const char *text)
{
	(void)MHD_add_response_header(response, name, text);
}

static void headers_add(struct MHD_Response *response, const struct front_call *call, size_t len)
{
	if (len > 0) {
		header_add(response, "Content-Type",
			   is_metrics(call) ? "text/plain; version=0.0.4" : "application/json");
	}
	header_add(response, "Cache-Control", "no-store");
	if (call->options || call->status == 405) {
		header_add(response, "Allow", call->match.allow);
	}
	if (call->status == 401) {
		header_add(response, "WWW-Authenticate",
			   style_of(call) == FRONT_STYLE_STATUS
			       ? "Basic realm=\"one-time password\", charset=\"UTF-8\""
			       : "Bearer");
	}
	if (call->status == 503 || call->status == 429) {
		header_add(response, "Retry-After", "1");
	}
}

struct MHD_Response *front_answer_make(struct front_call *call, bool *body_follows)
{
	struct front_body *body = answer_body(call);
	struct MHD_Response *response;

	if (body == NULL) {
		return NULL;
	}
	response = MHD_create_response_from_buffer_with_free_callback_cls(body->len, body->bytes,
									  front_body_free, body);
	if (response == NULL) {
		front_body_free(body);
		return NULL;
	}
	headers_add(response, call, body->len);
	*body_follows = body->len > 0 && !call->head;
	return response;
}
