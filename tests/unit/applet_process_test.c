/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How a card that is a process meets its users: frames, links that share the slot, the Unix socket, vpcd.
 */
#include "tests/unit/card_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applet/port/frame.h"
#include "applet/port/socket.h"
#include "applet/port/vpcd.h"

/* ---- frames ---- */

static void feed(struct frame_reader *in, const uint8_t *bytes, size_t len, size_t piece)
{
	for (size_t at = 0; at < len;) {
		size_t room, n = len - at < piece ? len - at : piece;
		uint8_t *space = frame_space(in, &room);
		assert_true(n <= room);
		memcpy(space, bytes + at, n);
		frame_received(in, n);
		at += n;
	}
}

static void frames_are_found_in_whatever_pieces_they_come(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {0, 1, 4, 0, 0, 0, 3, 'a', 'b', 'c', 0};
	static struct frame_reader in;
	for (size_t piece = 1; piece <= sizeof bytes; piece++) {
		struct cs_view frame;
		memset(&in, 0, sizeof in);
		feed(&in, bytes, sizeof bytes, piece);
		assert_true(frame_next(&in, &frame));
		assert_true(cs_view_equal(frame, CS_VIEW_TEXT("\4")));
		frame_consume(&in);
		assert_true(frame_next(&in, &frame));
		assert_int_equal(frame.len, 0);
		frame_consume(&in);
		assert_true(frame_next(&in, &frame));
		assert_true(cs_view_equal(frame, CS_VIEW_TEXT("abc")));
		frame_consume(&in);
		assert_false(frame_next(&in, &frame));
		assert_int_equal(in.have, 1);
	}
}

static void the_longest_frame_fits_and_leaves_nothing_behind(void **state)
{
	(void)state;
	static uint8_t bytes[FRAME_HEADER_LEN + FRAME_MAX];
	static struct frame_reader in;
	struct cs_view frame;
	size_t room;
	memset(bytes, 0xA5, sizeof bytes);
	frame_seal(bytes, FRAME_MAX);
	memset(&in, 0, sizeof in);
	feed(&in, bytes, sizeof bytes, 1000);
	assert_true(frame_next(&in, &frame));
	assert_int_equal(frame.len, FRAME_MAX);
	(void)frame_space(&in, &room);
	assert_int_equal(room, 0);
	frame_consume(&in);
	for (size_t i = 0; i < sizeof in.buf; i++)
		assert_int_equal(in.buf[i], 0);
}

/* ---- users on links ---- */

#define USERS 2u

struct users {
	struct fixture *f;
	struct slot slot;
	int peer[USERS]; /* their ends */
	struct link *link[USERS];
};

static struct users users;

static int users_setup(void **state)
{
	void *f;
	if (fixture_setup_piv(&f))
		return -1;
	users.f = f;
	slot_init(&users.slot, &users.f->card, NULL);
	for (size_t i = 0; i < USERS; i++) {
		int fd[2];
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) < 0)
			return -1;
		users.peer[i] = fd[0];
		users.link[i] = link_new(fd[1], false, &users.slot);
		if (!users.link[i])
			return -1;
	}
	*state = &users;
	return 0;
}

static void leave(size_t i)
{
	if (users.link[i])
		close(users.peer[i]);
	link_free(users.link[i]);
	users.link[i] = NULL;
}

static int users_teardown(void **state)
{
	void *f = users.f;
	(void)state;
	leave(0);
	leave(1);
	return fixture_teardown(&f);
}

static void say(size_t i, const char *hex)
{
	uint8_t frame[300];
	struct cs_view bytes = fixture_hex(hex, frame + FRAME_HEADER_LEN, sizeof frame - FRAME_HEADER_LEN);
	frame_seal(frame, bytes.len);
	assert_int_equal(send(users.peer[i], frame, FRAME_HEADER_LEN + bytes.len, 0),
			 (ssize_t)(FRAME_HEADER_LEN + bytes.len));
}

/* Lets the link do all it can. */
static enum cs_err pump(struct link *link)
{
	struct pollfd pfd = {.fd = link_fd(link)};
	for (;;) {
		pfd.events = link_events(link);
		int ready = poll(&pfd, 1, 0);
		if (ready <= 0 && !link_runnable(link))
			return CS_OK;
		enum cs_err err = link_step(link, ready > 0 ? pfd.revents : 0);
		if (err)
			return err;
	}
}

/* The next answer, in hex; "" if there is none. */
static const char *heard(size_t i)
{
	static char text[600];
	uint8_t frame[300];
	ssize_t n = recv(users.peer[i], frame, FRAME_HEADER_LEN, MSG_DONTWAIT);
	if (n <= 0)
		return "";
	size_t len = (size_t)frame[0] << 8 | frame[1];
	assert_int_equal(recv(users.peer[i], frame, len, 0), (ssize_t)len);
	for (size_t k = 0; k < len; k++)
		snprintf(text + 2 * k, 3, "%02X", frame[k]);
	return text;
}

static const char *ask(size_t i, const char *hex)
{
	say(i, hex);
	assert_int_equal(pump(users.link[i]), CS_OK);
	return heard(i);
}

/* The status word of what was asked. */
static const char *sw_of(size_t i, const char *hex)
{
	const char *answer = ask(i, hex);
	size_t len = strlen(answer);
	return len >= 4 ? answer + len - 4 : answer;
}

#define BEGIN  "10"
#define END    "11"
#define LOSSES "12"

static void control_bytes_are_those_of_vpcd(void **state)
{
	(void)state;
	assert_string_equal(ask(0, "01"), "");
	assert_int_equal(strncmp(ask(0, "04"), "3B", 2), 0);
	assert_string_equal(sw_of(0, SELECT_PIV), "9000");
	assert_string_equal(sw_of(0, VERIFY_PIN), "9000");
	assert_string_equal(ask(0, "01"), "");
	assert_string_equal(sw_of(0, "00200080"), "9000");
	assert_string_equal(ask(0, "02"), "");
	assert_string_equal(sw_of(0, "00200080"), "6D00");
}

static void a_frame_that_is_none_ends_the_connection(void **state)
{
	(void)state;
	say(0, "03");
	assert_int_equal(pump(users.link[0]), CS_ERR_MALFORMED);
	say(1, "");
	assert_int_equal(pump(users.link[1]), CS_ERR_MALFORMED);
}

static void a_command_too_short_or_too_long_is_answered_by_6700(void **state)
{
	(void)state;
	static uint8_t frame[FRAME_HEADER_LEN + FRAME_MAX];
	assert_string_equal(ask(0, "00A4"), "6700");
	frame_seal(frame, FRAME_MAX);
	for (size_t at = 0; at < sizeof frame;) {
		ssize_t n = send(users.peer[0], frame + at, sizeof frame - at, MSG_DONTWAIT);
		if (n > 0)
			at += (size_t)n;
		assert_int_equal(pump(users.link[0]), CS_OK);
	}
	assert_string_equal(heard(0), "6700");
	assert_string_equal(sw_of(0, SELECT_PIV), "9000");
}

static void in_a_transaction_the_others_wait(void **state)
{
	(void)state;
	assert_string_equal(ask(0, BEGIN), "");
	assert_string_equal(sw_of(0, SELECT_PIV), "9000");
	assert_string_equal(ask(1, SELECT_CSGN), "");
	assert_int_equal(link_events(users.link[1]), 0);
	assert_string_equal(sw_of(0, VERIFY_PIN), "9000");
	assert_string_equal(ask(0, END), "");
	assert_true(link_runnable(users.link[1]));
	assert_int_equal(pump(users.link[1]), CS_OK);
	assert_int_not_equal(strlen(heard(1)), 0);
}

static void who_waits_may_still_ask_for_the_atr(void **state)
{
	(void)state;
	assert_string_equal(ask(0, BEGIN), "");
	assert_int_equal(strncmp(ask(1, "04"), "3B", 2), 0);
}

static void who_goes_away_ends_its_transaction(void **state)
{
	(void)state;
	assert_string_equal(ask(0, BEGIN), "");
	assert_string_equal(ask(1, SELECT_PIV), "");
	leave(0);
	assert_int_equal(pump(users.link[1]), CS_OK);
	assert_int_not_equal(strlen(heard(1)), 0);
}

static void power_off_logs_everyone_out_and_is_counted(void **state)
{
	(void)state;
	char before[9];
	assert_string_equal(sw_of(0, SELECT_PIV), "9000");
	assert_string_equal(sw_of(0, VERIFY_PIN), "9000");
	assert_string_equal(sw_of(1, "00200080"), "9000");
	snprintf(before, sizeof before, "%s", ask(1, LOSSES));
	assert_string_equal(ask(1, LOSSES), before);
	assert_string_equal(ask(0, "00"), "");
	assert_string_not_equal(ask(1, LOSSES), before);
	assert_string_equal(sw_of(1, "00200080"), "6D00");
	assert_string_equal(sw_of(1, SELECT_PIV), "9000");
	assert_string_equal(sw_of(1, "00200080"), "63C3");
}

static void the_card_is_off_when_the_last_user_has_gone(void **state)
{
	(void)state;
	assert_string_equal(sw_of(0, SELECT_PIV), "9000");
	assert_string_equal(sw_of(0, VERIFY_PIN), "9000");
	leave(0);
	assert_int_not_equal(users.f->card.channels[0].security, 0);
	leave(1);
	assert_int_equal(users.f->card.channels[0].security, 0);
	assert_false(users.slot.on);
}

static void who_does_not_read_stops_only_itself(void **state)
{
	(void)state;
	int small = 1;
	assert_int_equal(setsockopt(link_fd(users.link[0]), SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
	for (int i = 0; i < 1000 && link_events(users.link[0]) != POLLOUT; i++) {
		say(0, SELECT_PIV);
		assert_int_equal(pump(users.link[0]), CS_OK);
	}
	assert_int_equal(link_events(users.link[0]), POLLOUT);
	assert_string_equal(sw_of(1, SELECT_PIV), "9000");
	while (*heard(0) != '\0' || link_events(users.link[0]) == POLLOUT)
		assert_int_equal(pump(users.link[0]), CS_OK);
	assert_string_equal(sw_of(0, SELECT_PIV), "9000");
}

static void a_peer_that_closes_is_noticed(void **state)
{
	(void)state;
	shutdown(users.peer[0], SHUT_RDWR);
	assert_int_equal(pump(users.link[0]), CS_ERR_REMOVED);
}

/* ---- the Unix socket ---- */

static char directory[] = "/tmp/countersign-test-XXXXXX";
static char path[200];

static int directory_setup(void **state)
{
	memcpy(directory + sizeof directory - 7, "XXXXXX", 6);
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof path, "%s/socket", directory);
	return users_setup(state);
}

static int directory_teardown(void **state)
{
	unlink(path);
	return rmdir(directory) < 0 ? -1 : users_teardown(state);
}

static void the_socket_is_its_owners_and_removed_at_the_end(void **state)
{
	(void)state;
	static struct socket_port port;
	struct stat st;
	assert_int_equal(socket_open(&port, path, &users.slot), CS_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	socket_close(&port);
	assert_int_equal(stat(path, &st), -1);
}

static void a_socket_that_is_served_is_left_alone_and_a_dead_one_replaced(void **state)
{
	(void)state;
	static struct socket_port port, other;
	struct stat st;
	assert_int_equal(socket_open(&port, path, &users.slot), CS_OK);
	assert_int_equal(socket_open(&other, path, &users.slot), CS_ERR_EXISTS);
	close(port.fd); /* as SIGKILL leaves it */
	assert_int_equal(socket_open(&other, path, &users.slot), CS_OK);
	port.fd = dup(0);
	port.ino = other.ino + 1; /* a socket file that is not there any more */
	socket_close(&port);
	assert_int_equal(stat(path, &st), 0);
	socket_close(&other);
}

static void what_is_no_socket_is_not_touched(void **state)
{
	(void)state;
	static struct socket_port port;
	char longer[300];
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(socket_open(&port, path, &users.slot), CS_ERR_EXISTS);
	assert_int_equal(access(path, F_OK), 0);
	memset(longer, 'x', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	assert_int_equal(socket_open(&port, longer, &users.slot), CS_ERR_LENGTH);
	assert_int_equal(socket_open(&port, "", &users.slot), CS_ERR_LENGTH);
}

/* ---- vpcd ---- */

/* A reader on a port of the kernel's choice; its address as vpcd_init takes it. */
static int reader_open(char where[32])
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof addr;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	snprintf(where, 32, "127.0.0.1:%u", (unsigned)ntohs(addr.sin_port));
	return fd;
}

/* Turns until the state is reached. */
static void turn_until(struct vpcd *v, uint64_t now, enum vpcd_state wanted)
{
	for (int i = 0; i < 1000 && v->state != wanted; i++) {
		struct pollfd pfd;
		(void)vpcd_poll(v, now, &pfd);
		poll(&pfd, 1, pfd.fd < 0 ? 0 : 1000);
		vpcd_step(v, now, pfd.revents);
	}
	assert_int_equal(v->state, wanted);
}

static void without_a_reader_it_tries_again_less_and_less_often(void **state)
{
	(void)state;
	char where[32];
	struct vpcd v;
	struct pollfd pfd;
	uint64_t now = 0;
	int before = 0;
	int fd = reader_open(where); /* bound, but not listening */
	assert_int_equal(vpcd_init(&v, where, &users.slot), CS_OK);
	for (int i = 0; i < 12; i++) {
		now = v.next_ms;
		(void)vpcd_poll(&v, now, &pfd);
		turn_until(&v, now, VPCD_WAITING);
		int wait = vpcd_poll(&v, now, &pfd);
		assert_in_range(wait, before, 1000);
		before = wait;
	}
	assert_int_equal(before, 1000);
	assert_int_equal(listen(fd, 1), 0);
	turn_until(&v, v.next_ms, VPCD_CONNECTED);
	vpcd_close(&v);
	close(fd);
}

static void a_reader_that_comes_back_finds_the_card_again(void **state)
{
	(void)state;
	char where[32];
	struct vpcd v;
	uint8_t atr[64];
	int fd = reader_open(where);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(vpcd_init(&v, where, &users.slot), CS_OK);
	for (int i = 0; i < 2; i++) {
		turn_until(&v, v.next_ms, VPCD_CONNECTED);
		int peer = accept(fd, NULL, NULL);
		assert_int_equal(send(peer, "\0\1\4", 3, 0), 3);
		struct pollfd pfd, mine = {.fd = peer, .events = POLLIN};
		while (poll(&mine, 1, 0) == 0) {
			(void)vpcd_poll(&v, 0, &pfd);
			poll(&pfd, 1, 1000);
			vpcd_step(&v, 0, pfd.revents);
		}
		assert_true(recv(peer, atr, sizeof atr, 0) > 2);
		assert_int_equal(atr[2], 0x3B);
		close(peer);
		turn_until(&v, 0, VPCD_WAITING);
	}
	vpcd_close(&v);
	close(fd);
}

static void a_pulled_card_stays_away_until_it_is_inserted(void **state)
{
	(void)state;
	char where[32];
	struct vpcd v;
	struct pollfd pfd;
	int fd = reader_open(where);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(vpcd_init(&v, where, &users.slot), CS_OK);
	turn_until(&v, 0, VPCD_CONNECTED);
	vpcd_pull(&v);
	assert_int_equal(vpcd_poll(&v, 100000, &pfd), -1);
	assert_int_equal(pfd.fd, -1);
	vpcd_insert(&v);
	turn_until(&v, 0, VPCD_CONNECTED);
	vpcd_close(&v);
	close(fd);
}

static void an_address_that_is_none_is_refused(void **state)
{
	(void)state;
	static const char *const malformed[] = {"", ":35963", "host:", "[::1", "[::1]x", "[]:1"};
	struct vpcd v;
	for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++)
		assert_int_equal(vpcd_init(&v, malformed[i], &users.slot), CS_ERR_MALFORMED);
	assert_int_equal(vpcd_init(&v, "127.0.0.1:port", &users.slot), CS_ERR_NOT_FOUND);
	assert_int_equal(vpcd_init(&v, "127.0.0.1", &users.slot), CS_OK);
	assert_int_equal(ntohs(((struct sockaddr_in *)(void *)&v.addr.where)->sin_port), 35963);
	assert_int_equal(vpcd_init(&v, "[::1]:5", &users.slot), CS_OK);
	assert_int_equal(v.addr.where.ss_family, AF_INET6);
}

#define USERS_TEST(name) cmocka_unit_test_setup_teardown(name, users_setup, users_teardown)
#define FILES_TEST(name) cmocka_unit_test_setup_teardown(name, directory_setup, directory_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frames_are_found_in_whatever_pieces_they_come),
	    cmocka_unit_test(the_longest_frame_fits_and_leaves_nothing_behind),
	    USERS_TEST(control_bytes_are_those_of_vpcd),
	    USERS_TEST(a_frame_that_is_none_ends_the_connection),
	    USERS_TEST(a_command_too_short_or_too_long_is_answered_by_6700),
	    USERS_TEST(in_a_transaction_the_others_wait),
	    USERS_TEST(who_waits_may_still_ask_for_the_atr),
	    USERS_TEST(who_goes_away_ends_its_transaction),
	    USERS_TEST(power_off_logs_everyone_out_and_is_counted),
	    USERS_TEST(the_card_is_off_when_the_last_user_has_gone),
	    USERS_TEST(who_does_not_read_stops_only_itself),
	    USERS_TEST(a_peer_that_closes_is_noticed),
	    FILES_TEST(the_socket_is_its_owners_and_removed_at_the_end),
	    FILES_TEST(a_socket_that_is_served_is_left_alone_and_a_dead_one_replaced),
	    FILES_TEST(what_is_no_socket_is_not_touched),
	    USERS_TEST(without_a_reader_it_tries_again_less_and_less_often),
	    USERS_TEST(a_reader_that_comes_back_finds_the_card_again),
	    USERS_TEST(a_pulled_card_stays_away_until_it_is_inserted),
	    USERS_TEST(an_address_that_is_none_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
