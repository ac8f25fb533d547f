/* SPDX-License-Identifier: BSD-2-Clause
 *
 * HTTP over libmicrohttpd: one call is read, translated, sent to keeper while its connection is suspended,
 * and answered. Connections whose peer is too slow are ended.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_HTTP_H
#define COUNTERSIGN_DAEMON_FRONT_HTTP_H

#include <netinet/in.h>

#include "daemon/config.h"
#include "daemon/front_exchange.h"
#include "daemon/front_local.h"

struct front_http;

/* What one listener serves. */
enum front_scope {
	FRONT_SCOPE_API,     /* all but /metrics */
	FRONT_SCOPE_METRICS, /* /metrics, and what else takes no credential */
	FRONT_SCOPE_LOCAL    /* all, on a Unix socket */
};

struct front_listener {
	const char *client_ca; /* PEM; NULL: clients are asked for no certificate */
	int fd; /* a bound, listening socket; the HTTP server owns it from front_http_listen on */
	enum front_scope scope;
	bool tls;			 /* with the certificate of front_settings.h; else plain HTTP */
	const struct front_local *local; /* FRONT_SCOPE_LOCAL: who may connect; borrowed */
};

/* Borrows config for its life. NULL where memory or a descriptor fails. */
struct front_http *front_http_new(const struct config *config);

/* The calls that wait for keeper. */
struct front_exchange *front_http_exchange(struct front_http *http);

/* Makes ready to serve. There are front_settings. CS_ERR_IO where the HTTP library refuses. */
CS_MUST_CHECK enum cs_err front_http_listen(struct front_http *http, const struct front_listener *listener);

/* All listeners stand: starts the threads beside that of front_exchange_run, and says what that one does for the HTTP
 * library. From now on what the library has to say is about peers, and is dropped. */
CS_MUST_CHECK enum cs_err front_http_serve(struct front_http *http, struct front_turn *turn);

/* Ends connections that took too long: a front_tick_fn, ctx being the front_http. */
void front_http_tick(void *ctx);

/* Takes new settings, and says on the link what became of them: a front_settings_fn, ctx being the
 * front_http. */
void front_http_settings(void *ctx, int link_fd, int fd);

/* Stops to serve and frees all. The exchange's run must have ended. NULL is fine. */
void front_http_free(struct front_http *http);

#endif
