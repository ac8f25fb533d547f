/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two GnuTLS sessions over a socket pair, the server's through a front_wire: what the socket is asked, and
 * what comes out when it takes and gives little at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/front_wire.h"

static int wire_fd = -1; /* the server's end, whose calls are counted and cut */
static unsigned receives, sends;
static unsigned little; /* 0: the socket is as it is; else a seed of what it takes and gives */

static unsigned draw(unsigned below)
{
	little = little * 1103515245u + 12345u;
	return (little >> 16) % below;
}

/* In the C library's place: the server's socket takes and gives little, and often nothing. */
ssize_t recv(int fd, void *data, size_t len, int flags)
{
	if (fd == wire_fd) {
		receives++;
		if (little != 0 && draw(3) == 0) {
			errno = EAGAIN;
			return -1;
		}
		len = little != 0 && len > 7 ? 1 + draw(7) : len;
	}
	return syscall(SYS_recvfrom, fd, data, len, flags, NULL, NULL);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	uint8_t all[40000];
	size_t len = 0;

	if (fd != wire_fd) {
		return syscall(SYS_sendmsg, fd, message, flags);
	}
	sends++;
	if (little != 0 && draw(3) == 0) {
		errno = EAGAIN;
		return -1;
	}
	for (size_t i = 0; i < message->msg_iovlen; i++) {
		assert_true(message->msg_iov[i].iov_len <= sizeof all - len);
		memcpy(all + len, message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
		len += message->msg_iov[i].iov_len;
	}
	len = little != 0 && len > 300 ? 1 + draw(300) : len;
	return syscall(SYS_sendto, fd, all, len, flags, NULL, 0);
}

struct world {
	int pair[2]; /* client's end, server's end */
	gnutls_anon_client_credentials_t client_credentials;
	gnutls_anon_server_credentials_t server_credentials;
	gnutls_session_t client, server;
	struct front_wire *wire;
	unsigned long moved;
};

static void session_open(gnutls_session_t *session, unsigned flags, void *credentials)
{
	assert_int_equal(gnutls_init(session, flags | GNUTLS_NONBLOCK), 0);
	assert_int_equal(
	    gnutls_priority_set_direct(*session, "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ANON-ECDH", NULL),
	    0);
	assert_int_equal(gnutls_credentials_set(*session, GNUTLS_CRD_ANON, credentials), 0);
}

static void open_world(struct world *w)
{
	int client = GNUTLS_E_AGAIN, server = GNUTLS_E_AGAIN;

	memset(w, 0, sizeof *w);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, w->pair), 0);
	assert_int_equal(gnutls_anon_allocate_client_credentials(&w->client_credentials), 0);
	assert_int_equal(gnutls_anon_allocate_server_credentials(&w->server_credentials), 0);
	session_open(&w->client, GNUTLS_CLIENT, w->client_credentials);
	session_open(&w->server, GNUTLS_SERVER, w->server_credentials);
	gnutls_transport_set_int(w->client, w->pair[0]);
	wire_fd = w->pair[1];
	w->wire = front_wire_new(w->server, w->pair[1], &w->moved);
	assert_non_null(w->wire);
	do {
		client = client != 0 ? gnutls_handshake(w->client) : 0;
		server = server != 0 ? gnutls_handshake(w->server) : 0;
		assert_true(client == 0 || client == GNUTLS_E_AGAIN);
		assert_true(server == 0 || server == GNUTLS_E_AGAIN);
	} while (client != 0 || server != 0);
	receives = sends = 0;
	w->moved = 0;
}

static void close_world(struct world *w)
{
	gnutls_deinit(w->client);
	gnutls_deinit(w->server);
	front_wire_free(w->wire);
	gnutls_anon_free_client_credentials(w->client_credentials);
	gnutls_anon_free_server_credentials(w->server_credentials);
	(void)close(w->pair[0]);
	(void)close(w->pair[1]);
	wire_fd = -1;
	little = 0;
}

static bool has_come(const struct world *w)
{
	uint8_t byte;

	return syscall(SYS_recvfrom, w->pair[0], &byte, 1, MSG_PEEK, NULL, NULL) == 1;
}

static void reads(gnutls_session_t session, const char *text)
{
	char got[64] = "";

	assert_int_equal(gnutls_record_recv(session, got, sizeof got), strlen(text));
	assert_string_equal(got, text);
}

static void a_head_leaves_with_the_body_that_follows_it(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	front_wire_hold(w.wire);
	assert_int_equal(gnutls_record_send(w.server, "head", 4), 4);
	assert_false(has_come(&w));
	assert_int_equal(gnutls_record_send(w.server, "body", 4), 4);
	assert_int_equal(sends, 1);
	reads(w.client, "head");
	reads(w.client, "body");
	/* What was not said to be a head waits for nothing. */
	assert_int_equal(gnutls_record_send(w.server, "more", 4), 4);
	reads(w.client, "more");
	assert_int_equal(sends, 2);
	assert_int_equal(w.moved, 2);
	close_world(&w);
}

static void a_head_that_is_too_long_to_keep_does_not_wait(void **state)
{
	char head[2000], got[2000];
	struct world w;

	(void)state;
	open_world(&w);
	memset(head, 'h', sizeof head);
	front_wire_hold(w.wire);
	assert_int_equal(gnutls_record_send(w.server, head, sizeof head), sizeof head);
	assert_int_equal(gnutls_record_recv(w.client, got, sizeof got), sizeof got);
	assert_memory_equal(got, head, sizeof head);
	assert_int_equal(gnutls_record_send(w.server, "body", 4), 4);
	reads(w.client, "body");
	close_world(&w);
}

static void records_that_have_come_are_received_at_once(void **state)
{
	unsigned long moved;
	struct world w;
	char got[8];

	(void)state;
	open_world(&w);
	assert_int_equal(gnutls_record_send(w.client, "one", 3), 3);
	assert_int_equal(gnutls_record_send(w.client, "two", 3), 3);
	assert_int_equal(gnutls_record_send(w.client, "three", 5), 5);
	reads(w.server, "one");
	moved = w.moved;
	reads(w.server, "two");
	/* Whose turn it is to read what has come already is not in vain. */
	assert_true(w.moved > moved);
	moved = w.moved;
	reads(w.server, "three");
	assert_true(w.moved > moved);
	moved = w.moved;
	assert_int_equal(receives, 1);
	/* That nothing more is there is the socket's word: an edge between two reads would be lost otherwise.
	 */
	assert_int_equal(gnutls_record_recv(w.server, got, sizeof got), GNUTLS_E_AGAIN);
	assert_int_equal(receives, 2);
	assert_int_equal(w.moved, moved);
	assert_int_equal(gnutls_record_send(w.client, "four", 4), 4);
	reads(w.server, "four");
	assert_int_equal(gnutls_bye(w.client, GNUTLS_SHUT_WR), 0);
	assert_int_equal(gnutls_record_recv(w.server, got, sizeof got), 0);
	close_world(&w);
}

/* Sends an answer, as often as the socket would block; the client takes what has come. */
static void answer_pass(struct world *w, const uint8_t *head, size_t head_len, const uint8_t *body,
			size_t body_len)
{
	uint8_t got[24000];
	size_t sent = 0, come = 0;
	bool head_sent = false;

	front_wire_hold(w->wire);
	while (come < head_len + body_len) {
		ssize_t n = head_sent ? 0 : gnutls_record_send(w->server, head, head_len);

		if (n > 0) {
			assert_int_equal(n, head_len);
			head_sent = true;
		}
		n = head_sent && sent < body_len ? gnutls_record_send(w->server, body + sent, body_len - sent)
						 : 0;
		assert_true(n >= 0 || n == GNUTLS_E_AGAIN);
		sent += n > 0 ? (size_t)n : 0;
		n = gnutls_record_recv(w->client, got + come, sizeof got - come);
		assert_true(n > 0 || n == GNUTLS_E_AGAIN);
		come += n > 0 ? (size_t)n : 0;
	}
	assert_memory_equal(got, head, head_len);
	assert_memory_equal(got + head_len, body, body_len);
}

static void a_socket_that_takes_and_gives_little_loses_nothing_and_keeps_the_order(void **state)
{
	const char *given = getenv("COUNTERSIGN_TEST_SEED");
	const unsigned seed = given != NULL ? (unsigned)strtoul(given, NULL, 10) : (unsigned)getpid() + 1u;
	uint8_t head[500], body[20000], got[sizeof body];
	struct world w;

	(void)state;
	print_message("COUNTERSIGN_TEST_SEED=%u\n", seed);
	open_world(&w);
	little = seed;
	for (size_t i = 0; i < sizeof body; i++) {
		body[i] = (uint8_t)(i * 7 + i / 251);
	}
	memset(head, 'h', sizeof head);
	for (unsigned round = 0; round < 60; round++) {
		const size_t body_len = 1 + draw(round % 10 == 9 ? sizeof body : 400);
		const size_t asked = 1 + draw(2000);
		size_t come = 0;

		assert_int_equal(gnutls_record_send(w.client, body, asked), asked);
		while (come < asked) {
			ssize_t n = gnutls_record_recv(w.server, got + come, sizeof got - come);

			assert_true(n > 0 || n == GNUTLS_E_AGAIN);
			come += n > 0 ? (size_t)n : 0;
		}
		assert_memory_equal(got, body, asked);
		answer_pass(&w, head, 1 + draw(sizeof head), body, body_len);
	}
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_head_leaves_with_the_body_that_follows_it),
	    cmocka_unit_test(a_head_that_is_too_long_to_keep_does_not_wait),
	    cmocka_unit_test(records_that_have_come_are_received_at_once),
	    cmocka_unit_test(a_socket_that_takes_and_gives_little_loses_nothing_and_keeps_the_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
