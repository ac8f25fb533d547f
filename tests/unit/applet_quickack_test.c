/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A card in a reader of vpcd acknowledges at once what comes. libifdvpcd sends a frame in two pieces, the
 * second one when the first is acknowledged (Nagle): with the kernel's delay, 40 ms later. So the card sets
 * TCP_QUICKACK before it waits and before each read; here the kernel forgets it as often as it can. recv is
 * wrapped (ld --wrap), to look at the socket at the moment of each read.
 */
#include "tests/unit/card_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "applet/port/vpcd.h"

/* ---- the card's end of the connection ---- */

static int card_fd = -1;
static unsigned reads, reads_at_once;

static bool at_once(void)
{
	int on = 0;
	socklen_t len = sizeof on;
	assert_int_equal(getsockopt(card_fd, IPPROTO_TCP, TCP_QUICKACK, &on, &len), 0);
	return on != 0;
}

/* The kernel does so by itself, for instance after an answer. */
static void forget(void)
{
	int off = 0;
	assert_int_equal(setsockopt(card_fd, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off), 0);
	assert_false(at_once());
}

ssize_t __real_recv(int fd, void *buf, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t len, int flags);

ssize_t __wrap_recv(int fd, void *buf, size_t len, int flags)
{
	if (fd == card_fd) {
		reads++;
		reads_at_once += at_once();
	}
	return __real_recv(fd, buf, len, flags);
}

/* ---- a card in a reader ---- */

struct inserted {
	void *fixture;
	struct slot slot;
	struct vpcd vpcd;
	char where[32];
	int listener;
	int reader; /* the reader's end of the connection */
};

static struct inserted in;

/* One turn of the card's loop, the kernel forgetting before the wait and after it. */
static void turn(void)
{
	struct pollfd pfd;
	forget();
	(void)vpcd_poll(&in.vpcd, 0, &pfd);
	if (pfd.events & POLLIN)
		assert_true(at_once());
	assert_int_equal(poll(&pfd, 1, 120000), 1);
	forget();
	vpcd_step(&in.vpcd, 0, pfd.revents);
}

static int insert(void **state)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof addr;
	(void)state;
	if (fixture_setup_piv(&in.fixture))
		return -1;
	struct fixture *f = in.fixture;
	slot_init(&in.slot, &f->card, NULL);
	in.listener = socket(AF_INET, SOCK_STREAM, 0);
	if (in.listener < 0 || bind(in.listener, (struct sockaddr *)&addr, len) < 0 ||
	    getsockname(in.listener, (struct sockaddr *)&addr, &len) < 0 || listen(in.listener, 1) < 0)
		return -1;
	snprintf(in.where, sizeof in.where, "127.0.0.1:%u", (unsigned)ntohs(addr.sin_port));
	if (vpcd_init(&in.vpcd, in.where, &in.slot))
		return -1;
	for (int i = 0; i < 1000 && in.vpcd.state != VPCD_CONNECTED; i++) {
		struct pollfd pfd;
		(void)vpcd_poll(&in.vpcd, 0, &pfd);
		poll(&pfd, 1, 1000);
		vpcd_step(&in.vpcd, 0, pfd.revents);
	}
	in.reader = accept(in.listener, NULL, NULL);
	int on = 1; /* the pieces leave as they are sent */
	if (in.vpcd.state != VPCD_CONNECTED || in.reader < 0 ||
	    setsockopt(in.reader, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0)
		return -1;
	card_fd = link_fd(in.vpcd.link);
	reads = reads_at_once = 0;
	return 0;
}

static int pull(void **state)
{
	(void)state;
	card_fd = -1;
	vpcd_close(&in.vpcd);
	close(in.reader);
	close(in.listener);
	return fixture_teardown(&in.fixture);
}

static void reader_sends(const char *bytes, size_t len)
{
	assert_int_equal(send(in.reader, bytes, len, 0), (ssize_t)len);
}

/* ---- tests ---- */

#define POWER_ON "\0\1\1"
#define ATR	 "\0\1\4"

static void the_card_sets_tcp_quickack_before_it_waits_for_its_reader(void **state)
{
	(void)state;
	struct pollfd pfd;
	for (int i = 0; i < 3; i++) {
		forget();
		(void)vpcd_poll(&in.vpcd, 0, &pfd);
		assert_int_equal(pfd.events, POLLIN);
		assert_true(at_once());
	}
}

static void the_card_sets_tcp_quickack_before_every_read_on_its_vpcd_connection(void **state)
{
	(void)state;
	uint8_t answer[64];
	reader_sends(POWER_ON, 2); /* in two pieces, as libifdvpcd does */
	turn();
	assert_int_equal(reads, 1);
	reader_sends(&POWER_ON[2], 1);
	turn();
	assert_int_equal(reads, 2);
	for (unsigned i = 1; i <= 3; i++) {
		reader_sends(ATR, 3);
		turn();
		assert_int_equal(reads, 2 + i);
		assert_true(recv(in.reader, answer, sizeof answer, 0) > 2);
	}
	assert_int_equal(reads_at_once, reads);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(the_card_sets_tcp_quickack_before_it_waits_for_its_reader, insert,
					    pull),
	    cmocka_unit_test_setup_teardown(
		the_card_sets_tcp_quickack_before_every_read_on_its_vpcd_connection, insert, pull),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
