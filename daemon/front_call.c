/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One HTTP call: judged by its header, fed with its body, turned into a request.
 */
#include "daemon/front_call.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/secret.h"

#define IDEMPOTENCY_MAX 128u
#define CHAIN_MAX	12288u /* bytes of certificates */

struct front_body *front_body_new(struct cs_view content)
{
	struct front_body *body = malloc(sizeof *body + content.len);

	if (body != NULL) {
		body->len = content.len;
		if (content.len > 0) {
			memcpy(body->bytes, content.ptr, content.len);
		}
	}
	return body;
}

void front_body_free(void *ptr)
{
	struct front_body *body = ptr;

	if (body != NULL) {
		cs_wipe(body->bytes, body->len);
		free(body);
	}
}

static uint64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

struct front_call *front_call_new(struct cs_view uri)
{
	struct front_call *call = calloc(1, sizeof *call);

	if (call == NULL) {
		return NULL;
	}
	call->started = now_us();
	if (uri.len > sizeof call->uri) {
		front_error_set(&call->err, FRONT_BAD_PATH, CS_VIEW_TEXT("its 2048th byte"));
		return call;
	}
	if (uri.len > 0)
		memcpy(call->uri, uri.ptr, uri.len);
	call->uri_len = uri.len;
	return call;
}

static void body_drop(struct front_call *call)
{
	if (call->body != NULL) {
		cs_wipe(call->body, call->body_cap);
		free(call->body);
	}
	call->body = NULL;
	call->body_len = 0;
	call->body_cap = 0;
}

void front_call_free(struct front_call *call)
{
	if (call != NULL) {
		body_drop(call);
		front_body_free(call->reply);
		free(call);
	}
}

/* ---- the header ---- */

/* The media type, with parameters or without. */
static bool is_type(struct cs_view type, const char *name)
{
	size_t len = strlen(name);

	if (type.len < len || strncasecmp((const char *)type.ptr, name, len) != 0) {
		return false;
	}
	return type.len == len || type.ptr[len] == ';' || type.ptr[len] == ' ';
}

/* Bytes that the header announces; more than any limit for what does not parse. */
static size_t body_announced(const struct front_header *header)
{
	size_t len = 0;

	if (header->chunked) {
		return FRONT_BODY_MAX;
	}
	for (size_t i = 0; i < header->content_length.len && len <= FRONT_DRAIN_MAX; i++) {
		uint8_t digit = header->content_length.ptr[i];

		if (digit < '0' || digit > '9') {
			return FRONT_DRAIN_MAX + 1u;
		}
		len = len * 10 + (size_t)(digit - '0');
	}
	return len;
}

static void uri_split(struct front_call *call, struct cs_view *path)
{
	const char *mark = memchr(call->uri, '?', call->uri_len);
	size_t len = mark != NULL ? (size_t)(mark - call->uri) : call->uri_len;

	*path = cs_view(call->uri, len);
	if (mark != NULL) {
		call->query = cs_view(mark + 1, call->uri_len - len - 1);
	}
}

/* Whether the body is a form, and how its values are written. */
static void form_judge(struct front_call *call, const struct front_header *header)
{
	call->twice = front_form_escapes_twice(header->user_agent);
	if (is_type(header->content_type, "multipart/form-data")) {
		const struct cs_view boundary = front_form_boundary(header->content_type);

		memcpy(call->boundary, boundary.len > 0 ? boundary.ptr : (const uint8_t *)"", boundary.len);
		call->boundary_len = boundary.len;
		call->form = boundary.len > 0;
	} else {
		call->form = is_type(header->content_type, "application/x-www-form-urlencoded");
	}
}

static bool in_scope(const struct front_match *match, const struct front_header *header)
{
	if (header->metrics_only && (match->route == NULL || match->route->credential)) {
		return false;
	}
	return header->metrics || !match->metrics;
}

static enum front_refusal header_judge(struct front_call *call, const struct front_header *header,
				       size_t body)
{
	const struct front_route *route = call->match.route;

	if (call->match.allow[0] == '\0' || !in_scope(&call->match, header)) {
		return FRONT_NOT_FOUND;
	}
	if (route == NULL) {
		return FRONT_METHOD;
	}
	if (route->credential && call->certificate == FRONT_CERTIFICATE_REFUSED) {
		return FRONT_BAD_CERTIFICATE;
	}
	if (route->credential && !front_route_tells(route) && call->certificate == FRONT_CERTIFICATE_NONE &&
	    front_style_credential(front_style_of(route), &header->credential).len == 0) {
		return FRONT_NO_CREDENTIAL;
	}
	if (body > FRONT_BODY_MAX) {
		return FRONT_TOO_LARGE;
	}
	if (front_style_of(route) == FRONT_STYLE_VALIDATE) {
		form_judge(call, header);
	}
	if (body > 0 && !call->form && !is_type(header->content_type, "application/json")) {
		return FRONT_MEDIA_TYPE;
	}
	return FRONT_ACCEPTED;
}

void front_call_judge(struct front_call *call, const struct front_header *header)
{
	size_t body = body_announced(header);
	enum front_refusal refusal;
	struct cs_view path;

	call->judged = true;
	call->head = cs_view_equal(header->method, CS_VIEW_TEXT("HEAD"));
	call->endless = body > FRONT_DRAIN_MAX;
	if (call->err.refusal != FRONT_ACCEPTED) {
		return;
	}
	uri_split(call, &path);
	front_route_find(header->method, path, &call->match);
	call->options = cs_view_equal(header->method, CS_VIEW_TEXT("OPTIONS")) &&
			call->match.allow[0] != '\0' && (header->metrics || !call->match.metrics);
	if (call->options) {
		return;
	}
	refusal = header_judge(call, header, body);
	if (refusal != FRONT_ACCEPTED) {
		front_error_set(&call->err, refusal,
				refusal == FRONT_METHOD ? cs_view_string(call->match.allow) : CS_VIEW_EMPTY);
		return;
	}
	call->body_cap = body;
	call->detail = header->metrics;
}

bool front_call_feed(struct front_call *call, struct cs_view piece)
{
	if (call->err.refusal == FRONT_ACCEPTED && !call->options) {
		if (call->body == NULL && call->body_cap > 0) {
			call->body = malloc(call->body_cap);
		}
		if (call->body != NULL && piece.len <= call->body_cap - call->body_len) {
			memcpy(call->body + call->body_len, piece.ptr, piece.len);
			call->body_len += piece.len;
			return true;
		}
		body_drop(call);
		front_error_set(&call->err, FRONT_TOO_LARGE, CS_VIEW_EMPTY);
	}
	call->drained += piece.len;
	return call->drained <= FRONT_DRAIN_MAX;
}

/* ---- the request ---- */

/* Who asks: his credential, his certificate, or both. */
static void put_caller(const struct front_call *call, struct cs_view credential, struct front_request *out)
{
	if (credential.len > 0 && !front_route_tells(call->match.route)) {
		front_request_put(out, IPC_TAG_CREDENTIAL, credential);
	}
	if (call->certificate == FRONT_CERTIFICATE_TRUSTED) {
		front_request_put(out, IPC_TAG_CERTIFICATE, CS_VIEW_OF(call->fingerprint));
	}
}

/* The connection's certificate may be the user's who logs in. */
static void put_chain(const struct front_call *call, struct front_request *out)
{
	uint8_t chain[CHAIN_MAX];
	struct cs_writer w = CS_WRITER_OF(chain);

	if (call->certificate != FRONT_CERTIFICATE_TRUSTED || call->match.route->op != IPC_LOGIN) {
		return;
	}
	front_tls_chain(call->session, &w);
	if (cs_writer_view(&w).len > 0) {
		front_request_put(out, IPC_TAG_TLS_CHAIN, cs_writer_view(&w));
	}
}

/* The Idempotency-Key: a string of RFC 8941 without escapes, or the same without its quotation marks. */
static enum front_refusal put_key(const struct front_route *route, struct cs_view key,
				  struct front_request *out, struct front_error *err)
{
	bool quoted = key.len >= 2 && key.ptr[0] == '"' && key.ptr[key.len - 1] == '"';

	if (key.ptr == NULL || !front_route_repeats(route)) {
		return FRONT_ACCEPTED;
	}
	if (quoted) {
		key = cs_view(key.ptr + 1, key.len - 2);
	}
	bool good = key.len > 0 && key.len <= IDEMPOTENCY_MAX;

	for (size_t i = 0; i < key.len && good; i++) {
		good = key.ptr[i] > 0x20 && key.ptr[i] < 0x7f && key.ptr[i] != '"' && key.ptr[i] != '\\';
	}
	if (!good) {
		front_error_set(err, FRONT_BAD_KEY, CS_VIEW_EMPTY);
		return FRONT_BAD_KEY;
	}
	front_request_put(out, IPC_TAG_IDEMPOTENCY, key);
	return FRONT_ACCEPTED;
}

bool front_call_barred(const struct front_call *call)
{
	return call->err.refusal == FRONT_NO_CREDENTIAL || call->err.refusal == FRONT_BAD_CERTIFICATE;
}

/* What keeper is to know of a call that is barred: which one, where from, why, and whose credential came with
 * it. */
static void put_barred(const struct front_call *call, struct cs_view credential, struct cs_view address,
		       struct front_request *out)
{
	front_request_init(out, call->match.route->op);
	if (address.len > 0) {
		front_request_put(out, IPC_TAG_ADDRESS, address);
	}
	if (credential.len > 0) {
		front_request_put(out, IPC_TAG_CREDENTIAL, credential);
	}
	front_request_put(out, IPC_TAG_BARRED,
			  call->err.refusal == FRONT_BAD_CERTIFICATE ? CS_VIEW_TEXT("certificate")
								     : CS_VIEW_TEXT("credential"));
}

enum front_refusal front_call_request(struct front_call *call, const struct front_credential *credential,
				      struct cs_view address, struct front_request *out)
{
	const struct front_route *route = call->match.route;
	enum front_style style = front_style_of(route);
	struct front_input in = {
	    .segment = call->match.segment,
	    .query = call->query,
	    .body = cs_view(call->body, call->body_len),
	    .form = call->form,
	    .boundary = cs_view(call->boundary, call->boundary_len),
	    .twice = call->twice,
	    .lenient = style == FRONT_STYLE_VALIDATE,
	};
	enum front_refusal refusal;

	if (front_call_barred(call)) {
		put_barred(call, front_style_credential(style, credential), address, out);
		body_drop(call);
		return FRONT_ACCEPTED;
	}
	front_request_init(out, route->op);
	if (route->credential) {
		put_caller(call, front_style_credential(style, credential), out);
	}
	put_chain(call, out);
	if (address.len > 0) {
		front_request_put(out, IPC_TAG_ADDRESS, address);
	}
	if (call->detail && route->op == IPC_READY) {
		front_request_put(out, IPC_TAG_TYPE, CS_VIEW_TEXT("detail"));
	}
	refusal = style == FRONT_STYLE_STATUS ? front_style_basic(credential, route, out, &call->err)
					      : put_key(route, credential->idempotency, out, &call->err);
	if (refusal == FRONT_ACCEPTED) {
		refusal = front_request_fill(out, route, &in, &call->err);
	}
	if (refusal == FRONT_ACCEPTED && style != FRONT_STYLE_REST) {
		refusal = front_style_settle(out, &call->err);
	}
	body_drop(call);
	return refusal;
}
