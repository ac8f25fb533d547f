/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Touches of a card that is a process: where they come from, and how the other users are served while one is
 * awaited.
 */
#include "tests/unit/card_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applet/port/platform_host.h"
#include "applet/port/socket.h"

/* ---- where touches come from ---- */

static char directory[] = "/tmp/countersign-test-XXXXXX";
static char path[200], other_path[200];
static uint64_t clock_ms;

static uint64_t now(void *ctx)
{
	(void)ctx;
	return clock_ms;
}

static int directory_setup(void **state)
{
	(void)state;
	memcpy(directory + sizeof directory - 7, "XXXXXX", 6);
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof path, "%s/one", directory);
	snprintf(other_path, sizeof other_path, "%s/two", directory);
	clock_ms = 1000000;
	return 0;
}

static int directory_teardown(void **state)
{
	(void)state;
	unlink(path);
	unlink(other_path);
	return rmdir(directory);
}

/* A card with a pipe for its button; the finger's end of it. */
static int press_through_pipe(struct presence *p)
{
	int fd;
	assert_int_equal(presence_init(p, path, NULL, now), CS_OK);
	fd = open(path, O_WRONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	return fd;
}

static void press(int fd, size_t times)
{
	for (size_t i = 0; i < times; i++)
		assert_int_equal(write(fd, "x", 1), 1);
}

static void a_touch_in_the_pipe_answers_what_is_asked(void **state)
{
	(void)state;
	struct presence p;
	int fd = press_through_pipe(&p);
	assert_int_equal(presence_ask(&p, "test", false), CS_ERR_BUSY);
	press(fd, 1);
	assert_int_equal(presence_ask(&p, "test", true), CS_OK);
	assert_int_equal(presence_ask(&p, "test", false), CS_ERR_BUSY);
	clock_ms += BUTTON_SILENCE_MS;
	press(fd, 1);
	assert_int_equal(presence_ask(&p, "test", false), CS_OK);
	close(fd);
	presence_close(&p);
}

static void a_touch_that_was_in_the_pipe_before_answers_nothing(void **state)
{
	(void)state;
	struct presence p;
	int fd = press_through_pipe(&p);
	press(fd, 2);
	clock_ms += 60000;
	assert_int_equal(presence_ask(&p, "test", false), CS_ERR_BUSY);
	assert_int_equal(presence_ask(&p, "test", false), CS_ERR_BUSY);
	presence_end(&p);
	/* nor one made between two questions */
	clock_ms += 60000;
	press(fd, 1);
	assert_int_equal(presence_ask(&p, "other", false), CS_ERR_BUSY);
	clock_ms += BUTTON_SILENCE_MS;
	press(fd, 1);
	assert_int_equal(presence_ask(&p, "other", false), CS_OK);
	close(fd);
	presence_close(&p);
}

static void a_contact_that_bounces_is_one_touch(void **state)
{
	(void)state;
	struct presence p;
	int fd = press_through_pipe(&p);
	assert_int_equal(presence_ask(&p, "test", false), CS_ERR_BUSY);
	press(fd, 3);
	assert_int_equal(presence_ask(&p, "test", false), CS_OK);
	/* It bounces on while the next command asks. */
	assert_int_equal(presence_ask(&p, "next", false), CS_ERR_BUSY);
	for (int i = 0; i < 4; i++) {
		clock_ms += BUTTON_SILENCE_MS - 1;
		press(fd, 1);
		assert_int_equal(presence_ask(&p, "next", false), CS_ERR_BUSY);
	}
	clock_ms += BUTTON_SILENCE_MS;
	press(fd, 1);
	assert_int_equal(presence_ask(&p, "next", false), CS_OK);
	close(fd);
	presence_close(&p);
}

/* ---- buttons ---- */

static void how_to(char *how, size_t size, int fd)
{
	snprintf(how, size, "fd:%d", fd);
}

static void a_descriptor_is_a_button_until_it_ends(void **state)
{
	(void)state;
	struct button b;
	char how[20];
	int pair[2];
	assert_int_equal(pipe(pair), 0);
	how_to(how, sizeof how, pair[0]);
	assert_int_equal(button_open(how, &b), CS_OK);
	assert_int_equal(b.fd, pair[0]);
	assert_int_equal(fcntl(b.fd, F_GETFD), FD_CLOEXEC);
	assert_false(button_take(&b, clock_ms));
	press(pair[1], 1);
	assert_true(button_take(&b, clock_ms));
	assert_false(button_take(&b, clock_ms + 1000));
	press(pair[1], 1);
	close(pair[1]);
	assert_true(button_take(&b, clock_ms + 1000));
	assert_int_equal(b.fd, -1); /* and is polled for no more */
	assert_false(button_take(&b, clock_ms + 2000));
}

static void what_no_touch_can_come_from_is_no_button(void **state)
{
	static const char *const wrong[] = {"fd:", "fd:x", "fd:-1", "fd:3x", "fd: 3", "fd:99999999999"};
	(void)state;
	struct button b;
	char how[20];
	int pair[2];
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(button_open(wrong[i], &b), CS_ERR_MALFORMED);
	assert_int_equal(button_open("fd:999", &b), CS_ERR_NOT_FOUND);
	assert_int_equal(pipe(pair), 0);
	how_to(how, sizeof how, pair[1]); /* the end that is written to */
	assert_int_equal(button_open(how, &b), CS_ERR_EXISTS);
	close(pair[0]);
	close(pair[1]);
	int fd = open(path, O_CREAT | O_RDWR, 0600);
	how_to(how, sizeof how, fd);
	assert_int_equal(button_open(how, &b), CS_ERR_EXISTS);
	assert_int_equal(b.fd, -1);
	close(fd);
}

static void a_gpio_line_is_named_by_its_chip_and_number(void **state)
{
	static const char *const wrong[] = {
	    "",		"17",	       "gpiochip0",    "gpiochip0/", "/17",
	    "../tty/1", "gpiochip0/x", "gpiochip0/-1", "a/b/1",	     "gpiochip0/4294967296"};
	char chip[BUTTON_CHIP_MAX], longest[100] = "";
	struct button b;
	uint32_t line;
	(void)state;
	assert_true(button_line_parse("gpiochip4/17", chip, &line));
	assert_string_equal(chip, "/dev/gpiochip4");
	assert_int_equal(line, 17);
	assert_true(button_line_parse("0/3", chip, &line));
	assert_string_equal(chip, "/dev/gpiochip0");
	assert_int_equal(line, 3);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_false(button_line_parse(wrong[i], chip, &line));
	memset(longest, 'c', BUTTON_CHIP_MAX - strlen("/dev/"));
	memcpy(longest + strlen(longest), "/1", 3);
	assert_false(button_line_parse(longest, chip, &line));
	assert_true(button_line_parse(longest + 1, chip, &line));
	assert_int_equal(button_open("gpio:17", &b), CS_ERR_MALFORMED);
	assert_int_equal(button_open("gpio:no-such-chip/17", &b), CS_ERR_NOT_FOUND);
	assert_int_equal(button_open("gpio:null/17", &b), CS_ERR_EXISTS);
}

static void a_gpio_line_is_asked_for_pulled_up_debounced_and_with_its_presses_told(void **state)
{
	struct gpio_v2_line_request r;
	(void)state;
	memset(&r, 0xA5, sizeof r); /* the kernel refuses what is not zero and has no meaning */
	button_line_request(17, &r);
	assert_int_equal(r.num_lines, 1);
	assert_int_equal(r.offsets[0], 17);
	assert_string_equal(r.consumer, "countersign-card");
	/* include/uapi/linux/gpio.h: active low 1 << 1, input 1 << 2, rising edge 1 << 4, pull-up 1 << 8 */
	assert_int_equal(r.config.flags, 0x116);
	assert_int_equal(r.config.num_attrs, 1);
	assert_int_equal(r.config.attrs[0].attr.id, 3); /* debounce */
	assert_int_equal(r.config.attrs[0].attr.debounce_period_us, 20000);
	assert_int_equal(r.config.attrs[0].mask, 1);
	for (size_t i = 0; i < sizeof r.padding / sizeof r.padding[0]; i++)
		assert_int_equal(r.padding[i], 0);
	for (size_t i = 0; i < sizeof r.config.padding / sizeof r.config.padding[0]; i++)
		assert_int_equal(r.config.padding[i], 0);
	assert_int_equal(r.config.attrs[0].attr.padding, 0);
	assert_int_equal(r.config.attrs[1].mask, 0);
	assert_int_equal(sizeof(struct gpio_v2_line_event), 48);
}

static void a_touch_is_always_there_or_never_as_one_likes(void **state)
{
	(void)state;
	struct presence p;
	struct platform platform = {.serial = 5};
	assert_int_equal(presence_init(&p, "auto", NULL, platform_host_ms), CS_OK);
	platform_host_init(&p, &platform);
	assert_int_equal(platform.serial, 5);
	assert_int_equal(platform.user_presence(platform.ctx, "test", true), CS_OK);
	assert_int_equal(presence_init(&p, "never", NULL, platform_host_ms), CS_OK);
	assert_int_equal(platform.user_presence(platform.ctx, "test", false), CS_ERR_TIMEOUT);
	uint64_t before = platform.monotonic_ms(platform.ctx);
	assert_true(platform.monotonic_ms(platform.ctx) >= before);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(presence_init(&p, path, NULL, now), CS_ERR_EXISTS);
}

static void a_touch_that_nobody_asked_for_is_nobodys(void **state)
{
	(void)state;
	struct presence p;
	assert_int_equal(presence_init(&p, "ask", NULL, now), CS_OK);
	assert_false(presence_touch(&p));
	assert_null(presence_wanted(&p));
	assert_int_equal(presence_ask(&p, "test", false), CS_ERR_BUSY);
	assert_string_equal(presence_wanted(&p), "test");
	assert_true(presence_touch(&p));
	presence_end(&p);
	assert_false(presence_touch(&p));
	assert_int_equal(presence_ask(&p, "test", false), CS_ERR_BUSY);
	assert_true(presence_touch(&p));
	assert_int_equal(presence_ask(&p, "test", false), CS_OK);
	assert_null(presence_wanted(&p));
	assert_int_equal(presence_ask(&p, "test", false), CS_ERR_BUSY);
}

static void asking_ends_after_fifteen_seconds(void **state)
{
	(void)state;
	struct presence p;
	assert_int_equal(presence_init(&p, "ask", NULL, now), CS_OK);
	for (unsigned ms = 0; ms < PRESENCE_WAIT_MS; ms += 1000) {
		assert_int_equal(presence_ask(&p, "test", false), CS_ERR_BUSY);
		clock_ms += 1000;
	}
	assert_null(presence_wanted(&p));
	assert_false(presence_touch(&p));
	assert_int_equal(presence_ask(&p, "test", false), CS_ERR_TIMEOUT);
}

static void a_host_that_stopped_asking_asks_anew(void **state)
{
	(void)state;
	struct presence p;
	assert_int_equal(presence_init(&p, "ask", NULL, now), CS_OK);
	assert_int_equal(presence_ask(&p, "one", false), CS_ERR_BUSY);
	assert_true(presence_touch(&p));
	clock_ms += PRESENCE_GAP_MS + 1;
	assert_int_equal(presence_ask(&p, "two", false), CS_ERR_BUSY);
	assert_string_equal(presence_wanted(&p), "two");
}

static void the_person_is_told_by_a_program(void **state)
{
	(void)state;
	struct presence p;
	char script[700];
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0700), copy;
	snprintf(script, sizeof script, "#!/bin/sh\nprintf '%%s|' \"$@\" >%s.new && mv %s.new %s\n",
		 other_path, other_path, other_path);
	assert_int_equal(write(fd, script, strlen(script)), (ssize_t)strlen(script));
	close(fd);
	assert_int_equal(presence_init(&p, "ask", path, now), CS_OK);
	assert_int_equal(presence_ask(&p, "use a private key", false), CS_ERR_BUSY);
	/* With SIGCHLD ignored, wait returns when the last child has gone. */
	assert_int_equal(wait(NULL), -1);
	copy = open(other_path, O_RDONLY);
	assert_true(copy >= 0);
	memset(script, 0, sizeof script);
	assert_true(read(copy, script, sizeof script - 1) > 0);
	assert_string_equal(script, "Countersign|Touch the card to use a private key|");
	close(copy);
}

/* ---- others are served meanwhile ---- */

/* A 9E key that wants each touch, and its use. */
#define GENERATE "0047009E 0B AC09 800111 AA0101 AB0102 00"
#define SIGN	 "0087119E 26 7C24 8200 8120 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F 00"

struct desk {
	struct fixture *f;
	struct presence presence;
	struct slot slot;
	struct socket_port port;
	int asker, other; /* the clients' ends; -1 */
	void (*meanwhile)(struct desk *d);
	unsigned attended;
};

static struct desk desk;

static int dial(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	assert_int_equal(connect(fd, (const struct sockaddr *)&addr, sizeof addr), 0);
	return fd;
}

/* One turn of a loop over the socket, without waiting. */
static void turn(struct desk *d)
{
	struct pollfd pfds[1 + SOCKET_CLIENTS_MAX];
	bool block = true;
	size_t count = socket_poll(&d->port, pfds, &block);
	assert_true(poll(pfds, count, 0) >= 0);
	socket_step(&d->port, pfds, count);
}

static void say(int fd, const char *hex)
{
	uint8_t frame[300] = {0};
	struct cs_view bytes = fixture_hex(hex, frame + 2, sizeof frame - 2);
	frame[1] = (uint8_t)bytes.len;
	assert_int_equal(send(fd, frame, 2 + bytes.len, 0), (ssize_t)(2 + bytes.len));
}

/* What has come for the client, its header dropped; 0: nothing. */
static size_t hear(int fd, uint8_t *out, size_t max)
{
	uint8_t frame[300];
	ssize_t got = recv(fd, frame, sizeof frame, MSG_DONTWAIT);
	if (got <= 2)
		return 0;
	assert_int_equal(got, 2 + frame[1]);
	assert_true(frame[1] <= max);
	memcpy(out, frame + 2, frame[1]);
	return frame[1];
}

static void attend(void *ctx, int fd, int timeout_ms)
{
	struct desk *d = ctx;
	assert_int_equal(fd, -1);
	assert_true(timeout_ms > 0);
	assert_true(d->attended++ < 10);
	d->meanwhile(d);
}

static int desk_setup(void **state)
{
	void *f;
	if (directory_setup(state) || fixture_setup_piv(&f))
		return -1;
	memset(&desk, 0, sizeof desk);
	desk.f = f;
	assert_int_equal(presence_init(&desk.presence, "ask", NULL, now), CS_OK);
	fixture_expect(desk.f, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(desk.f);
	fixture_expect(desk.f, GENERATE, CS_SW_OK);
	platform_host_init(&desk.presence, &desk.f->platform);
	desk.f->platform.monotonic_ms = now;
	desk.presence.attend = attend;
	desk.presence.ctx = &desk;
	slot_init(&desk.slot, &desk.f->card, &desk.presence);
	assert_int_equal(socket_open(&desk.port, path, &desk.slot), CS_OK);
	desk.asker = dial();
	turn(&desk);
	desk.other = dial();
	turn(&desk);
	*state = &desk;
	return 0;
}

static int desk_teardown(void **state)
{
	void *f = desk.f;
	(void)state;
	close(desk.asker);
	close(desk.other);
	socket_close(&desk.port);
	if (fixture_teardown(&f))
		return -1;
	return directory_teardown(state);
}

/* The asker's command, executed; its answer. */
static size_t ask(struct desk *d, void (*meanwhile)(struct desk *d), uint8_t *out, size_t max)
{
	d->meanwhile = meanwhile;
	say(d->asker, SIGN);
	turn(d);
	return hear(d->asker, out, max);
}

static void other_looks_and_touches(struct desk *d)
{
	uint8_t answer[64];
	say(d->other, "13");
	turn(d);
	assert_int_equal(hear(d->other, answer, sizeof answer), 1 + strlen("use a private key"));
	assert_int_equal(answer[0], SLOT_TOUCH_WANTED);
	assert_memory_equal(answer + 1, "use a private key", strlen("use a private key"));
	say(d->other, "14");
	turn(d);
	assert_int_equal(hear(d->other, answer, sizeof answer), 1);
	assert_int_equal(answer[0], 1);
}

static void another_client_sees_what_is_wanted_and_touches(void **state)
{
	struct desk *d = *state;
	uint8_t answer[100];
	assert_true(ask(d, other_looks_and_touches, answer, sizeof answer) > 70);
	assert_int_equal(d->attended, 1);
	say(d->other, "13");
	turn(d);
	assert_int_equal(hear(d->other, answer, sizeof answer), 1);
	assert_int_equal(answer[0], SLOT_IDLE);
	say(d->other, "14");
	turn(d);
	assert_int_equal(hear(d->other, answer, sizeof answer), 1);
	assert_int_equal(answer[0], 0);
}

static void other_commands_then_touches(struct desk *d)
{
	uint8_t answer[64];
	if (d->attended == 1) {
		say(d->other, "00F8000000");
		turn(d);
		assert_int_equal(hear(d->other, answer, sizeof answer), 0);
	} else {
		assert_true(presence_touch(&d->presence));
	}
}

static void other_commands_wait_for_the_touch(void **state)
{
	struct desk *d = *state;
	uint8_t answer[100];
	assert_true(ask(d, other_commands_then_touches, answer, sizeof answer) > 70);
	turn(d);
	assert_int_equal(hear(d->other, answer, sizeof answer), 6);
}

static void asker_leaves(struct desk *d)
{
	close(d->asker);
	d->asker = dup(d->other);
	turn(d);
}

static void who_goes_away_is_not_touched_for(void **state)
{
	struct desk *d = *state;
	uint8_t answer[100];
	(void)ask(d, asker_leaves, answer, sizeof answer);
	assert_int_equal(d->attended, 1);
	assert_null(presence_wanted(&d->presence));
	turn(d);
	assert_int_equal(d->slot.users, 1);
}

static void asker_thinks_better_of_it(struct desk *d)
{
	say(d->other, "15"); /* is not his to call off */
	turn(d);
	assert_false(d->presence.cancelled);
	say(d->asker, "15");
	turn(d);
}

static void who_calls_his_touch_off_is_refused_at_once(void **state)
{
	struct desk *d = *state;
	uint8_t answer[100];
	assert_int_equal(ask(d, asker_thinks_better_of_it, answer, sizeof answer), 2);
	assert_memory_equal(answer, "\x69\x85", 2);
	assert_int_equal(d->attended, 1);
	/* it was read, and nothing of it is left */
	say(d->asker, "15");
	turn(d);
	say(d->asker, "00F8000000");
	turn(d);
	assert_int_equal(hear(d->asker, answer, sizeof answer), 6);
}

static void nobody_does_anything(struct desk *d)
{
	turn(d);
}

static void a_touch_called_off_in_the_same_breath_is_not_waited_for(void **state)
{
	struct desk *d = *state;
	uint8_t answer[100];
	d->meanwhile = nobody_does_anything;
	say(d->asker, SIGN);
	say(d->asker, "15");
	turn(d);
	assert_int_equal(hear(d->asker, answer, sizeof answer), 2);
	assert_memory_equal(answer, "\x69\x85", 2);
	assert_int_equal(d->attended, 1);
	turn(d);
	say(d->asker, "00F8000000");
	turn(d);
	assert_int_equal(hear(d->asker, answer, sizeof answer), 6);
}

static void asker_goes_on_talking(struct desk *d)
{
	if (d->attended == 1) {
		say(d->asker, "00F8000000");
		say(d->asker, "15");
		turn(d);
		turn(d);
		assert_int_equal(link_events(d->port.clients[0]) & POLLIN,
				 0); /* nor is it asked for again and again */
	} else {
		assert_true(presence_touch(&d->presence));
	}
}

static void what_else_the_asker_sends_waits_its_turn(void **state)
{
	struct desk *d = *state;
	uint8_t answer[100];
	assert_true(ask(d, asker_goes_on_talking, answer, sizeof answer) > 70);
	turn(d);
	assert_int_equal(hear(d->asker, answer, sizeof answer), 6);
	turn(d);
}

static void other_goes_and_two_come(struct desk *d)
{
	if (d->attended > 1) {
		presence_touch(&d->presence);
		return;
	}
	close(d->other);
	turn(d);
	d->other = dial();
	turn(d);
	int third = dial();
	turn(d);
	close(third);
	turn(d);
}

static void clients_come_and_go_meanwhile(void **state)
{
	struct desk *d = *state;
	uint8_t answer[100];
	assert_true(ask(d, other_goes_and_two_come, answer, sizeof answer) > 70);
	turn(d);
	assert_int_equal(d->slot.users, 2);
	assert_int_equal(d->port.count, 2);
	say(d->other, "13");
	turn(d);
	assert_int_equal(hear(d->other, answer, sizeof answer), 1);
}

static void time_passes(struct desk *d)
{
	(void)d;
	clock_ms += 5000;
}

static void without_a_touch_the_command_is_refused_at_last(void **state)
{
	struct desk *d = *state;
	uint8_t answer[100];
	assert_int_equal(ask(d, time_passes, answer, sizeof answer), 2);
	assert_memory_equal(answer, "\x69\x85", 2);
	assert_int_equal(d->attended, 3);
}

#define FILES_TEST(name) cmocka_unit_test_setup_teardown(name, directory_setup, directory_teardown)
#define DESK_TEST(name)	 cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    FILES_TEST(a_touch_in_the_pipe_answers_what_is_asked),
	    FILES_TEST(a_touch_that_was_in_the_pipe_before_answers_nothing),
	    FILES_TEST(a_contact_that_bounces_is_one_touch),
	    FILES_TEST(a_descriptor_is_a_button_until_it_ends),
	    FILES_TEST(what_no_touch_can_come_from_is_no_button),
	    FILES_TEST(a_gpio_line_is_named_by_its_chip_and_number),
	    FILES_TEST(a_gpio_line_is_asked_for_pulled_up_debounced_and_with_its_presses_told),
	    FILES_TEST(a_touch_is_always_there_or_never_as_one_likes),
	    FILES_TEST(a_touch_that_nobody_asked_for_is_nobodys),
	    FILES_TEST(asking_ends_after_fifteen_seconds),
	    FILES_TEST(a_host_that_stopped_asking_asks_anew),
	    FILES_TEST(the_person_is_told_by_a_program),
	    DESK_TEST(another_client_sees_what_is_wanted_and_touches),
	    DESK_TEST(other_commands_wait_for_the_touch),
	    DESK_TEST(who_goes_away_is_not_touched_for),
	    DESK_TEST(who_calls_his_touch_off_is_refused_at_once),
	    DESK_TEST(a_touch_called_off_in_the_same_breath_is_not_waited_for),
	    DESK_TEST(what_else_the_asker_sends_waits_its_turn),
	    DESK_TEST(clients_come_and_go_meanwhile),
	    DESK_TEST(without_a_touch_the_command_is_refused_at_last),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
