/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A loop with a small HTTP server: what it does while nobody but a connection that waits has anything to do.
 */
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/front_loop.h"

#define IDLE_MS	    1000
#define PATIENCE_MS 5000 /* for what should not come to be seen not to come */

struct world {
	struct front_exchange *exchange;
	struct front_loops *loops;
	struct front_turn turn;
	struct sockaddr_in address;
	int wait; /* what the last turn returned */
};

static void answer_none(void *call, const struct ipc_reply *reply, enum front_refusal reason)
{
	(void)call;
	(void)reply;
	(void)reason;
}

static enum MHD_Result call_answer(void *ctx, struct MHD_Connection *connection, const char *url,
				   const char *method, const char *version, const char *data,
				   size_t *data_len, void **call_ctx)
{
	struct MHD_Response *response;
	enum MHD_Result rc;

	(void)url;
	(void)method;
	(void)version;
	(void)data;
	(void)data_len;
	/* An answer to the head alone would end the connection. */
	if (*call_ctx == NULL) {
		*call_ctx = ctx;
		return MHD_YES;
	}
	response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	assert_non_null(response);
	rc = MHD_queue_response(connection, 204, response);
	MHD_destroy_response(response);
	return rc;
}

/* A server with room for so many connections. */
static void open_world(struct world *w, unsigned connections)
{
	socklen_t len = sizeof w->address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct MHD_Daemon *daemon;

	memset(w, 0, sizeof *w);
	w->address.sin_family = AF_INET;
	w->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (const struct sockaddr *)&w->address, sizeof w->address), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&w->address, &len), 0);
	assert_int_equal(listen(fd, 8), 0);
	w->exchange = front_exchange_new(1, 1, answer_none);
	assert_non_null(w->exchange);
	w->loops = front_loops_new(w->exchange, 1);
	assert_non_null(w->loops);
	daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, call_answer, w,
				  MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, connections,
				  MHD_OPTION_CONNECTION_TIMEOUT, 60u, MHD_OPTION_END);
	assert_non_null(daemon);
	assert_int_equal(front_loop_add(front_loops_at(w->loops, 0), daemon), CS_OK);
	w->turn = front_loops_turn(w->loops);
	assert_int_equal(w->turn.count, 1);
}

static void close_world(struct world *w)
{
	front_loops_free(w->loops);
	front_exchange_free(w->exchange);
}

/* Turns until the client is answered. False: the loop would not have had another turn but for the look that
 * it takes at all connections now and then. */
static bool answers(struct world *w, int client)
{
	char byte;

	while (recv(client, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 1) {
		struct pollfd fd = {.fd = w->turn.fds[0], .events = POLLIN};
		const bool idle = w->wait >= IDLE_MS;

		if (poll(&fd, 1, idle ? PATIENCE_MS : w->wait) == 0 && idle) {
			return false;
		}
		w->wait = w->turn.turn(w->turn.ctx);
	}
	return true;
}

/* Turns until the loop has nothing to do. */
static void calm(struct world *w)
{
	do {
		struct pollfd fd = {.fd = w->turn.fds[0], .events = POLLIN};

		(void)poll(&fd, 1, w->wait);
		w->wait = w->turn.turn(w->turn.ctx);
	} while (w->wait < IDLE_MS);
}

static int client_open(const struct world *w, const char *request)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&w->address, sizeof w->address), 0);
	assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
	return fd;
}

static const char REQUEST[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

static void who_waits_for_room_is_served_as_soon_as_there_is_some(void **state)
{
	struct world w;
	int first, second, third;

	(void)state;
	open_world(&w, 2);
	first = client_open(&w, "");
	second = client_open(&w, REQUEST);
	third = client_open(&w, REQUEST);
	assert_true(answers(&w, second));
	calm(&w);
	(void)close(first);
	assert_true(answers(&w, third));
	(void)close(second);
	(void)close(third);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_waits_for_room_is_served_as_soon_as_there_is_some),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
