/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Pulls a USB token in the middle of each kind of command, and looks at what is left.
 *
 *   usb_pull CARD-PROGRAM IMAGE FIRST ROUNDS keep|issue|keyboard [UDC PRODUCT]
 *
 * keep: what a card's user does (pull_rows, pull_more). issue: who issues it (pull_issue, and at last
 * pull_last). keyboard: while it types. Over USB/IP, on this computer; with UDC on that device port, which
 * countersign-gadget has set up.
 *
 * In each round a command of the table runs once to its end, which says how long it takes, and then again and
 * again until the token is pulled, at a random time: the plug (the card goes on), the whole token (SIGKILL),
 * or the process that faces the host (SIGKILL, upon which the card ends by itself); then all of the card is
 * compared with the model (usb_pull_model.c). FIRST is the number of the first round: several at once, each
 * at a port of its own, share the rounds so. ROUNDS 0: each kind three times. Prints TAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/integration/usb_pull.h"
#include "tests/lib/keypad.h"
#include "tests/lib/process_child.h"
#include "tests/lib/usb_card.h"

#define PLUG_US	 300000000u /* for a token to be there */
#define TOUCH_MS 1000	    /* for a touch to be heard, before the next */
#define DIGITS	 6	    /* of a code */
#define LOOK_MS	 500	    /* how often at least it is looked for */
#define AGAIN_MS 2	    /* and where nobody says when */
#define ROWS_MAX 64u
#define GADGETS	 "/sys/kernel/config/usb_gadget/countersign-"

struct ccid_line pull_line = {.fd = -1};
struct test_random pull_rng;

static struct usb_card card; /* its udc NULL: USB/IP */
static const char *product;  /* idProduct as sysfs has it */
static pid_t card_pid;
static int news = -1; /* the kernel's words on devices */
static int button = -1;
static unsigned touches;

static unsigned tests, failures;
static const char *under_way = "the new card"; /* for who reads why it ended */

static void tap(bool ok, const char *what)
{
	printf("%s %u - %s\n", ok ? "ok" : "not ok", ++tests, what);
	failures += !ok;
}

_Noreturn void pull_die(const char *what)
{
	printf("Bail out! %s: %s: %s\n", under_way, what, strerror(errno));
	exit(1);
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void pause_us(uint64_t us)
{
	struct timespec ts = {.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};

	nanosleep(&ts, NULL);
}

/* ---- the token ---- */

static void udc_write(const char *text)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), GADGETS "%s/UDC", card.udc);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, text, strlen(text)) < 0 && errno != EBUSY)
		pull_die("UDC");
	close(fd);
}

static void card_start(void)
{
	card_pid = usb_card_start(&card);
	if (card_pid < 0)
		pull_die("fork");
	card.init = false;
}

static void news_open(void)
{
	struct sockaddr_nl all = {.nl_family = AF_NETLINK, .nl_groups = 1};

	news = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	if (news < 0 || bind(news, (struct sockaddr *)&all, sizeof(all)) < 0)
		pull_die("netlink");
}

/* Whether it is of our token: PRODUCT=VID/PID/.. of a USB device, or of its interfaces. */
static bool news_ours(void)
{
	char word[4096], ours[16];
	ssize_t len;
	bool found = false;

	snprintf(ours, sizeof(ours), "/%s/", product);
	while ((len = recv(news, word, sizeof(word), 0)) > 0)
		found |= memmem(word, (size_t)len, ours, strlen(ours)) != NULL;
	return found;
}

/* Until it is worth to look again. */
static void news_wait(void)
{
	struct pollfd p = {.fd = news, .events = POLLIN};

	while (poll(&p, 1, news < 0 ? AGAIN_MS : LOOK_MS) > 0 && !news_ours())
		;
}

/* The process that faced the host ends with the card, a little later, and has its place until then. */
static void card_again(void)
{
	static uint64_t last;

	if (now_us() - last > 100000 && waitpid(card_pid, NULL, WNOHANG) == card_pid) {
		last = now_us();
		card_start();
	}
}

/* As soon as the token is there. */
static void connect_token(void)
{
	uint64_t end = now_us() + PLUG_US;

	for (ccid_line_close(&pull_line); now_us() < end; news_wait()) {
		if ((card.udc ? ccid_line_usbfs(&pull_line, product)
			      : ccid_line_usbip(&pull_line, card.port)) &&
		    ccid_line_power_on(&pull_line))
			return;
		ccid_line_close(
		    &pull_line); /* none, or the one that was pulled, of which the host does not know */
		card_again();
	}
	pull_die("the token does not come up");
}

/* ---- its button, and its keyboard ---- */

void pull_touch(void)
{
	if (button < 0)
		button = open(card.button, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (button < 0 || write(button, "x", 1) != 1)
		pull_die("the button");
	touches++;
}

unsigned pull_touches(void)
{
	return card.keyboard ? touches : 0;
}

/* The kernel's keyboard of the token; -1: the token was pulled. */
static int keyboard_open(void)
{
	int fd;

	while ((fd = keypad_open(product)) < 0 && ccid_line_power_on(&pull_line))
		news_wait();
	return fd;
}

/* A code, whole: where one was being typed already, its end is passed over. Whoever is not heard touches
 * again: he may have been too early for a token that did not know yet that the host listens. */
bool pull_typed(uint32_t *number)
{
	struct pollfd p = {.fd = keyboard_open(), .events = POLLIN};
	unsigned digits = 0;
	char key = '?';

	for (int wait = 0; p.fd >= 0 && key != '\0' && (key != 'E' || digits != DIGITS); wait = TOUCH_MS) {
		if (key == 'E')
			digits = 0;
		key = '?';
		if (poll(&p, 1, wait) == 0)
			pull_touch();
		else
			key = keypad_read(p.fd);
		if (key < '0' || key > '9')
			continue;
		*number = (digits == 0 ? 0 : *number * 10) + (uint32_t)(key - '0');
		digits++;
	}
	if (p.fd >= 0)
		close(p.fd);
	return key == 'E';
}

/* ---- pulling ---- */

/* The last one not at a device port, where Linux 6.1 may then wait for itself: applet/port/usb_port.c. */
enum pull { PULL_PLUG, PULL_TOKEN, PULL_USB, PULLS };

static const char *const pull_names[PULLS] = {"by its plug", "killed", "killed at the host's side"};

static void pull_now(enum pull what, pid_t usb)
{
	if (what != PULL_PLUG)
		kill(what == PULL_TOKEN ? card_pid : usb, SIGKILL);
	else if (card.udc)
		udc_write("\n");
	else
		shutdown(pull_line.fd, SHUT_RDWR);
}

/* A process that pulls later. */
static pid_t puller_start(enum pull what, uint64_t us)
{
	pid_t usb = what == PULL_USB ? process_child(card_pid) : -1, pid;

	if (usb == 0)
		pull_die("nobody faces the host");
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		pull_die("fork");
	if (pid == 0) {
		pause_us(us);
		pull_now(what, usb);
		_exit(0);
	}
	return pid;
}

/* The card is there again, or still. */
static void put_back(enum pull what)
{
	int status;

	if (what == PULL_PLUG) {
		if (card.udc)
			udc_write(card.udc);
	} else {
		if (waitpid(card_pid, &status, 0) != card_pid)
			pull_die("card");
		if (what == PULL_TOKEN ? !WIFSIGNALED(status) : !WIFEXITED(status))
			pull_wrong.refused++;
		card_start();
	}
	connect_token();
}

static unsigned pulled[PULLS];
static bool issuing;

static void look_over(void)
{
	if (issuing)
		pull_issue_check();
	else
		pull_check();
}

/* How many commands came to their end before the pull. */
static unsigned round_of(const struct pull_row *row, enum pull what)
{
	uint64_t begin = now_us(), took;
	unsigned ran = 0;
	pid_t puller;

	under_way = row->name;
	if (!row->run())
		pull_die("the line broke");
	took = now_us() - begin;
	puller = puller_start(what, test_random_below(&pull_rng, (size_t)(2 * took + 200)));
	while (row->run())
		ran++;
	waitpid(puller, NULL, 0);
	put_back(what);
	look_over();
	pulled[what]++;
	return ran;
}

/* A command that can be run but once, of which nobody knows how long it takes. */
static void round_of_last(const struct pull_row *row)
{
	enum pull what = (enum pull)test_random_below(&pull_rng, card.udc ? PULL_USB : PULLS);
	pid_t puller = puller_start(what, test_random_below(&pull_rng, 4000));

	under_way = row->name;
	(void)row->run();
	waitpid(puller, NULL, 0);
	put_back(what);
	look_over();
	if (!row->run())
		pull_die("the line broke");
	look_over();
	pulled[what]++;
	printf("# %s: pulled once\n", row->name);
}

static void rounds_of(const struct pull_row *rows, size_t count, unsigned first, unsigned rounds)
{
	unsigned times[ROWS_MAX] = {0}, ran[ROWS_MAX] = {0}, all = 0, pulls = card.udc ? PULL_USB : PULLS;

	for (unsigned i = first; i < first + rounds; i++) {
		times[i % count]++;
		ran[i % count] += round_of(&rows[i % count], (enum pull)((i % count + i / count) % pulls));
	}
	for (size_t i = 0; i < count; i++) {
		if (times[i] > 0)
			printf("# %s: pulled %u times, behind %u that came to their end\n", rows[i].name,
			       times[i], ran[i]);
		all += times[i] > 0;
	}
	if (issuing)
		round_of_last(&pull_last);
	for (size_t i = 0; i < pulls; i++)
		printf("# pulled %u times %s\n", pulled[i], pull_names[i]);
	tap(all == (rounds < count ? rounds : count),
	    "the token was pulled in each kind of command that is listed");
}

static void rounds_of_all(unsigned first, unsigned rounds)
{
	static struct pull_row rows[ROWS_MAX];
	size_t count = pull_rows_count + pull_more_count;

	if (count > ROWS_MAX)
		pull_die("too many kinds");
	memcpy(rows, pull_rows, pull_rows_count * sizeof(rows[0]));
	memcpy(rows + pull_rows_count, pull_more, pull_more_count * sizeof(rows[0]));
	rounds_of(rows, count, first, rounds > 0 ? rounds : (unsigned)count * PULLS);
}

static void start(int argc, char **argv)
{
	static char pipe[200];

	if (argc != 6 && argc != 8)
		exit(2);
	issuing = strcmp(argv[5], "issue") == 0;
	snprintf(pipe, sizeof(pipe), "%s.button", argv[2]);
	card = (struct usb_card){.program = argv[1], .image = argv[2], .button = pipe, .init = true};
	if (argc > 7) {
		card.udc = argv[6];
		product = argv[7];
		news_open();
	} else
		card.port = usb_card_port();
	card.keyboard = strcmp(argv[5], "keyboard") == 0 ? PULL_CREDENTIAL : NULL;
	pull_rng = test_random_start();
}

int main(int argc, char **argv)
{
	unsigned first, rounds;
	int status = 0;

	start(argc, argv);
	first = (unsigned)strtoul(argv[3], NULL, 10);
	rounds = (unsigned)strtoul(argv[4], NULL, 10);
	card_start();
	connect_token();
	if (issuing)
		pull_issue_prepare();
	else
		pull_prepare();
	if (card.keyboard)
		rounds_of(&pull_keyboard, 1, first, rounds);
	else if (issuing)
		rounds_of(pull_issue, pull_issue_count, first,
			  rounds > 0 ? rounds : (unsigned)pull_issue_count * PULLS);
	else
		rounds_of_all(first, rounds);
	tap(pull_wrong.tries == 0, "a try of PIN or PUK that was spent never comes back");
	tap(pull_wrong.counter == 0, "an HOTP counter never goes back");
	tap(pull_wrong.store == 0, "PIN, PUK, objects, keys and credential are the old ones or the new ones");
	tap(pull_wrong.refused == 0, "no command was refused, and no card ended otherwise than it should");
	ccid_line_close(&pull_line);
	kill(card_pid, SIGTERM);
	waitpid(card_pid, &status, 0);
	tap(WIFEXITED(status) && WEXITSTATUS(status) == 0, "at last it ends when asked to");
	printf("1..%u\n", tests);
	return failures != 0;
}
