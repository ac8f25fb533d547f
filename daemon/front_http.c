/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Libmicrohttpd's callbacks.
 *
 *   request line --call_begin--> reading --last byte--> refused -------------------------> answered
 *                                          \--> suspended (keeper decides) --resume--> /
 *
 * 1. Between suspend and resume no thread of the HTTP library touches the call; the exchange's thread owns
 * it, writes status and reply (or err), and resumes as the last thing it does with it.
 * 2. An answer is queued exactly once for each call, by call_answer.
 * 3. A peer's deadline runs whenever it is the peer's turn: to send a request, or to take an answer.
 */
#include "daemon/front_http.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"
#include "daemon/daemon.h"
#include "daemon/front_answer.h"
#include "daemon/front_loop.h"
#include "daemon/front_metrics.h"
#include "daemon/front_peer.h"
#include "daemon/front_settings.h"
#include "daemon/log.h"

#define IDLE_SECONDS  60u /* that a connection may be open between two calls */
#define HEADER_MEMORY (size_t)16384
#define LISTENERS_MAX (FRONT_LOOPS_MAX + 2u)

struct listener {
	struct front_http *http;
	struct front_loop *loop;
	enum front_scope scope;
	const struct front_local *local;
	bool certificates; /* clients are asked for theirs */
};

/* The HTTP side of a call. */
struct http_call {
	struct front_call *call;
	struct front_loop *loop;
	struct MHD_Connection *connection;
	struct cs_view address; /* the peer's, borrowed from it; empty where it has none */
};

struct front_http {
	const struct config *config;
	struct front_exchange *exchange;
	struct front_peers *peers;
	struct listener listeners[LISTENERS_MAX];
	size_t listener_count;
	struct front_loops *loops;
	char priorities[48]; /* GnuTLS's words for: TLS 1.3 and nothing else */
	atomic_bool
	    serving; /* what the library logs from here on is the peers' doing, and not worth a line each */
};

static uint64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static struct front_peer *peer_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info != NULL ? info->socket_context : NULL;
}

/* Someone at the local door who may not use it. */
static bool is_stranger(const struct listener *listener, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return listener->local != NULL &&
	       (info == NULL || !front_local_allows(listener->local, info->connect_fd));
}

static struct cs_view header_of(struct MHD_Connection *connection, const char *name)
{
	const char *text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

	return text != NULL ? cs_view_string(text) : CS_VIEW_EMPTY;
}

/* ---- the answer ---- */

static enum MHD_Result call_answer(struct front_http *http, struct MHD_Connection *connection,
				   struct front_call *call)
{
	unsigned op = call->sent ? call->match.route->op : 0;
	bool body_follows = false;
	struct MHD_Response *response = front_answer_make(call, &body_follows);
	enum MHD_Result rc;

	if (response == NULL) {
		return MHD_NO;
	}
	front_peer_allow(http->peers, peer_of(connection), front_settings_now()->request_timeout);
	if (body_follows) {
		front_peer_hold(peer_of(connection));
	}
	front_metrics_call(op, call->status, now_us() - call->started);
	rc = MHD_queue_response(connection, call->status, response);
	MHD_destroy_response(response);
	return rc;
}

/* ---- to keeper and back ---- */

/* Where he may say who he is. */
static struct front_credential credential_of(const struct http_call *http_call)
{
	struct MHD_Connection *connection = http_call->connection;

	return (struct front_credential){
	    .authorization = header_of(connection, "Authorization"),
	    .pi_authorization = header_of(connection, "PI-Authorization"),
	    .countersign = header_of(connection, "Countersign-Credential"),
	    .client = header_of(connection, "Countersign-Client"),
	    .idempotency = header_of(connection, "Idempotency-Key"),
	    .open = front_open_credential(&front_settings_now()->open, http_call->address),
	};
}

/* The exchange's answer: see invariant 1. */
static void call_resume(void *ctx, const struct ipc_reply *reply, enum front_refusal reason)
{
	struct http_call *http_call = ctx;
	struct front_call *call = http_call->call;
	struct front_loop *loop = http_call->loop;

	/* What front had refused before is answered in its own words, now that keeper has written it down. */
	if (reply != NULL && front_call_barred(call) && reply->status == 401) {
		reason = FRONT_ACCEPTED;
	} else if (reply != NULL) {
		call->status = reply->status;
		call->reply = front_body_new(reply->body);
		reason = call->reply == NULL ? FRONT_BUSY : FRONT_ACCEPTED;
	}
	if (reason != FRONT_ACCEPTED) {
		front_error_set(&call->err, reason, CS_VIEW_EMPTY);
	}
	MHD_resume_connection(http_call->connection);
	/* The call is the loop's again, which may have answered and freed it by now. */
	front_loop_resumed(loop);
}

/* Turns the call into a request and sends it. True: the connection is suspended; false: the call is to be
 * answered. */
static bool call_send(struct front_http *http, struct http_call *http_call)
{
	struct MHD_Connection *connection = http_call->connection;
	struct front_call *call = http_call->call;
	struct front_request request;
	struct front_credential credential;
	enum front_refusal refusal;

	credential = credential_of(http_call);
	refusal = front_call_request(call, &credential, http_call->address, &request);
	if (refusal == FRONT_ACCEPTED) {
		call->sent = true;
		front_peer_allow(http->peers, peer_of(connection), 0);
		MHD_suspend_connection(connection);
		refusal = front_exchange_send(http->exchange, &request.ipc, http_call);
		if (refusal != FRONT_ACCEPTED) {
			call_resume(http_call, NULL, refusal);
		}
		refusal = FRONT_ACCEPTED;
	}
	front_request_wipe(&request);
	return refusal == FRONT_ACCEPTED;
}

/* ---- callbacks ---- */

static void *call_begin(void *ctx, const char *uri, struct MHD_Connection *connection)
{
	struct listener *listener = ctx;
	struct front_http *http = listener->http;
	struct http_call *http_call;

	/* His connection was ended when it came, but what he had sent by then is read. */
	if (peer_of(connection) == NULL || is_stranger(listener, connection)) {
		return NULL;
	}
	http_call = calloc(1, sizeof *http_call);
	if (http_call == NULL) {
		return NULL;
	}
	http_call->loop = listener->loop;
	http_call->connection = connection;
	http_call->address = front_peer_address(peer_of(connection));
	http_call->call = front_call_new(cs_view_string(uri));
	if (http_call->call == NULL) {
		free(http_call);
		return NULL;
	}
	front_peer_allow(http->peers, peer_of(connection), front_settings_now()->request_timeout);
	return http_call;
}

static void call_certificate(const struct listener *listener, struct http_call *http_call)
{
	const union MHD_ConnectionInfo *info =
	    listener->certificates
		? MHD_get_connection_info(http_call->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)
		: NULL;

	if (info != NULL) {
		http_call->call->certificate =
		    front_tls_certificate(info->tls_session, http_call->call->fingerprint);
		http_call->call->session = info->tls_session;
	}
}

static void call_judge(const struct listener *listener, struct http_call *http_call, const char *method)
{
	struct MHD_Connection *connection = http_call->connection;
	struct front_header header = {
	    .method = cs_view_string(method),
	    .credential = credential_of(http_call),
	    .content_type = header_of(connection, "Content-Type"),
	    .content_length = header_of(connection, "Content-Length"),
	    .user_agent = header_of(connection, "User-Agent"),
	    .chunked = header_of(connection, "Transfer-Encoding").len > 0,
	    .metrics_only = listener->scope == FRONT_SCOPE_METRICS,
	    .metrics = listener->scope != FRONT_SCOPE_API,
	};

	call_certificate(listener, http_call);
	front_call_judge(http_call->call, &header);
}

static enum MHD_Result call_continue(void *ctx, struct MHD_Connection *connection, const char *url,
				     const char *method, const char *version, const char *data,
				     size_t *data_len, void **call_ctx)
{
	struct listener *listener = ctx;
	struct http_call *http_call = *call_ctx;
	struct front_call *call;

	(void)url;
	(void)version;
	++*front_loop_moved(listener->loop);
	if (http_call == NULL) {
		return MHD_NO;
	}
	call = http_call->call;
	if (!call->judged) {
		call_judge(listener, http_call, method);
		return call->endless ? call_answer(listener->http, connection, call) : MHD_YES;
	}
	if (*data_len > 0) {
		bool go_on = front_call_feed(call, cs_view(data, *data_len));

		*data_len = 0;
		return go_on ? MHD_YES : MHD_NO;
	}
	if (!call->sent && !call->options &&
	    (call->err.refusal == FRONT_ACCEPTED || front_call_barred(call)) && call->match.route->op != 0 &&
	    call_send(listener->http, http_call)) {
		return MHD_YES;
	}
	return call_answer(listener->http, connection, call);
}

static void call_end(void *ctx, struct MHD_Connection *connection, void **call_ctx,
		     enum MHD_RequestTerminationCode how)
{
	struct listener *listener = ctx;
	struct http_call *http_call = *call_ctx;

	(void)how;
	if (http_call != NULL) {
		front_call_free(http_call->call);
		free(http_call);
		*call_ctx = NULL;
	}
	front_peer_allow(listener->http->peers, peer_of(connection), IDLE_SECONDS);
}

/* NULL where memory fails: what comes from there is not served. */
static struct front_peer *peer_add(const struct listener *listener, struct MHD_Connection *connection)
{
	struct front_peers *peers = listener->http->peers;
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	const int fd = info != NULL ? info->connect_fd : -1;
	struct front_peer *peer;

	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	peer = front_peer_add(peers, fd, listener->scope, info != NULL ? info->client_addr : NULL,
			      front_settings_now()->request_timeout);
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	if (peer != NULL && info != NULL && info->tls_session != NULL) {
		front_peer_tls(peer, info->tls_session, front_loop_moved(listener->loop));
	}
	return peer;
}

static void connection_notify(void *ctx, struct MHD_Connection *connection, void **peer_ctx,
			      enum MHD_ConnectionNotificationCode what)
{
	const struct listener *listener = ctx;
	struct front_http *http = listener->http;

	front_metrics_connection(what == MHD_CONNECTION_NOTIFY_STARTED);
	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		front_peer_remove(http->peers, *peer_ctx);
		*peer_ctx = NULL;
		return;
	}
	*peer_ctx = peer_add(listener, connection);
	if (is_stranger(listener, connection)) {
		front_metrics_stranger();
		front_peer_end(*peer_ctx);
	}
}

/* The library's escapes are left alone: paths and queries are read raw, strictly, in front_json.c. */
static size_t unescape_nothing(void *ctx, struct MHD_Connection *connection, char *text)
{
	(void)ctx;
	(void)connection;
	return strlen(text);
}

__attribute__((format(printf, 2, 0))) static void library_log(void *ctx, const char *format, va_list args)
{
	struct front_http *http = ctx;
	char line[256];

	if (!atomic_load(&http->serving) && vsnprintf(line, sizeof line, format, args) > 0) {
		line[strcspn(line, "\n")] = '\0';
		log_line(LOG_LEVEL_ERROR, "HTTP library: %s", line);
	}
}

/* ---- life ---- */

struct front_http *front_http_new(const struct config *config)
{
	struct front_http *http = calloc(1, sizeof *http);

	if (http == NULL) {
		return NULL;
	}
	front_json_init();
	http->config = config;
	(void)snprintf(http->priorities, sizeof http->priorities, "NORMAL:-VERS-ALL:+VERS-TLS1.3");
	http->peers = front_peers_new(config->connections_address);
	http->exchange = front_exchange_new(config->connections_max, config->request_timeout, call_resume);
	if (http->exchange != NULL) {
		http->loops = front_loops_new(http->exchange, config->front_threads);
	}
	if (http->peers == NULL || http->loops == NULL) {
		front_http_free(http);
		return NULL;
	}
	return http;
}

struct front_exchange *front_http_exchange(struct front_http *http)
{
	return http->exchange;
}

/* Options that depend on the listener, in the library's array form. */
#define OPTIONS_MAX 8u

static void options_fill(struct front_http *http, const struct front_listener *what,
			 struct MHD_OptionItem options[OPTIONS_MAX])
{
	size_t n = 0;

	if (what->tls) {
		gnutls_certificate_retrieve_function2 *retrieve = front_settings_certificate;

		options[n] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_CERT_CALLBACK, 0, NULL};
		memcpy(&options[n++].ptr_value, &retrieve, sizeof retrieve); /* a function's, for C */
		options[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, http->priorities};
	}
	if (what->client_ca != NULL) {
		options[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0,
						       (void *)(uintptr_t)what->client_ca};
	}
	options[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
}

/* Of all connections this loop's part. */
static unsigned connections_of(const struct front_http *http, const struct front_listener *what, size_t loop)
{
	const size_t max = http->config->connections_max;

	if (what->scope != FRONT_SCOPE_API) {
		return (unsigned)max;
	}
	const size_t loops = front_loops_count(http->loops);

	return (unsigned)(max / loops + (loop < max % loops ? 1 : 0));
}

static enum cs_err loop_listen(struct front_http *http, const struct front_listener *what, size_t loop,
			       int fd)
{
	struct listener *listener = &http->listeners[http->listener_count];
	struct MHD_OptionItem options[OPTIONS_MAX];
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	struct MHD_Daemon *daemon;

	if (http->listener_count == LISTENERS_MAX) {
		return CS_ERR_FULL;
	}
	*listener = (struct listener){.http = http,
				      .loop = front_loops_at(http->loops, loop),
				      .scope = what->scope,
				      .local = what->local,
				      .certificates = what->client_ca != NULL};
	options_fill(http, what, options);
	daemon = MHD_start_daemon(
	    what->tls ? flags | MHD_USE_TLS : flags, 0, NULL, NULL, call_continue, listener,
	    MHD_OPTION_EXTERNAL_LOGGER, library_log, http, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_URI_LOG_CALLBACK, call_begin, listener, MHD_OPTION_UNESCAPE_CALLBACK, unescape_nothing,
	    NULL, MHD_OPTION_NOTIFY_COMPLETED, call_end, listener, MHD_OPTION_NOTIFY_CONNECTION,
	    connection_notify, listener, MHD_OPTION_CONNECTION_LIMIT, connections_of(http, what, loop),
	    MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADER_MEMORY,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
	if (daemon == NULL) {
		return CS_ERR_IO;
	}
	http->listener_count++;
	return front_loop_add(listener->loop, daemon);
}

enum cs_err front_http_listen(struct front_http *http, const struct front_listener *what)
{
	const size_t loops = what->scope == FRONT_SCOPE_API ? front_loops_count(http->loops) : 1;
	enum cs_err err = CS_OK;

	for (size_t i = 0; err == CS_OK && i < loops; i++) {
		int fd = i + 1 < loops ? fcntl(what->fd, F_DUPFD_CLOEXEC, 0) : what->fd;

		err = fd >= 0 ? loop_listen(http, what, i, fd) : CS_ERR_IO;
	}
	return err;
}

void front_http_settings(void *ctx, int link_fd, int fd)
{
	struct front_http *http = ctx;
	enum cs_err err = front_settings_take(fd);

	if (err == CS_OK) {
		front_exchange_allow(http->exchange, front_settings_now()->request_timeout);
	}
	/* A supervisor that is gone is noticed where the link is read. */
	(void)!link_say(link_fd, err == CS_OK ? LINK_SETTLED : LINK_KEPT);
}

enum cs_err front_http_serve(struct front_http *http, struct front_turn *turn)
{
	atomic_store(&http->serving, true);
	*turn = front_loops_turn(http->loops);
	return front_loops_start(http->loops);
}

void front_http_tick(void *ctx)
{
	struct front_http *http = ctx;

	front_peers_expire(http->peers);
	front_settings_tick();
}

void front_http_free(struct front_http *http)
{
	if (http == NULL) {
		return;
	}
	front_loops_free(http->loops);
	front_exchange_free(http->exchange);
	front_peers_free(http->peers);
	free(http);
}
