/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Between a token on a serial line and pcscd: the reader of a computer, which speaks CCID (extended APDUs,
 *chained both ways) in the frames of ccid_serial.h to the token, and the frames of vpcd to pcscd.
 *
 *	relay SOCKET PORT [EVERY [TWICE]]	SOCKET: the serial line, a Unix socket; PORT: vpcd's, on
 *loopback; EVERY: spoils each so manieth byte on the line, both ways (0: none), to see that both ends find
 *each other again; TWICE: sends each message so many times more, to see that the token obeys it once
 *
 * At its end (SIGTERM) it says how many frames had to be sent again.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "applet/card.h"
#include "applet/port/ccid_serial.h"
#include "applet/port/frame.h"

#define ANSWER_MS 5000 /* the token asks for time each second */

/* bMessageType, and bits of bStatus (CCID 1.1, 6.1 and 6.2). */
enum { POWER_ON = 0x62, POWER_OFF = 0x63, XFR_BLOCK = 0x6F };
enum { STATUS_FAILED = 0x40, STATUS_TIME = 0x80 };
/* wLevelParameter and bChainParameter */
enum { CHAIN_WHOLE = 0, CHAIN_BEGINS = 1, CHAIN_ENDS = 2, CHAIN_MIDDLE = 3, CHAIN_EMPTY = 0x10 };

static int line_fd, pcsc_fd;
static unsigned long every, twice, bytes_passed;
static unsigned long again, silences, commands, extensions;
static volatile sig_atomic_t ended;

static struct ccid_serial line;
static uint8_t sent[CCID_SERIAL_FRAME_MAX];
static size_t sent_len;
static uint8_t seq;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void send_all(int fd, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n <= 0)
			die("relay: send");
		bytes += n;
		len -= (size_t)n;
	}
}

static uint8_t spoil(uint8_t byte)
{
	return every > 0 && ++bytes_passed % every == 0 ? byte ^ 0x10 : byte;
}

static void line_send(void)
{
	uint8_t bytes[CCID_SERIAL_FRAME_MAX];

	for (size_t i = 0; i < sent_len; i++)
		bytes[i] = spoil(sent[i]);
	send_all(line_fd, bytes, sent_len);
}

static void ask_again(void)
{
	uint8_t bytes[CCID_SERIAL_OVERHEAD];
	struct cs_writer w = CS_WRITER_OF(bytes);

	again++;
	ccid_serial_write_repeat(&w);
	send_all(line_fd, bytes, sizeof(bytes));
}

/* ---- one message to the token, one back ---- */

/* The next event on the line; asks again where nothing comes. */
static enum ccid_serial_event line_event(void)
{
	static uint8_t bytes[4096];
	static ssize_t have, at;

	for (;;) {
		struct pollfd p = {.fd = line_fd, .events = POLLIN};

		while (at < have) {
			enum ccid_serial_event event = ccid_serial_take(&line, spoil(bytes[at++]), now_ms());

			if (event != CCID_SERIAL_NOTHING)
				return event;
		}
		if (poll(&p, 1, ANSWER_MS) == 0) {
			silences++;
			return CCID_SERIAL_BROKEN;
		}
		at = 0;
		have = recv(line_fd, bytes, sizeof(bytes), 0);
		if (have <= 0)
			die("relay: the token has gone");
	}
}

/* True where the message is the answer to what was sent last, and the last word on it. */
static bool is_answer(struct cs_view m)
{
	if (m.ptr[6] != seq)
		return false;
	extensions += (m.ptr[7] & 0xC0) == STATUS_TIME;
	return (m.ptr[7] & 0xC0) != STATUS_TIME;
}

static struct cs_view exchange(uint8_t type, uint16_t parameter, struct cs_view data)
{
	static uint8_t message[CCID_MESSAGE_MAX];
	struct cs_writer w = CS_WRITER_OF(message), frame = CS_WRITER_OF(sent);
	const uint8_t tail[] = {0, ++seq, 0, (uint8_t)parameter, (uint8_t)(parameter >> 8)};

	cs_write_u8(&w, type);
	for (unsigned i = 0; i < 4; i++)
		cs_write_u8(&w, (uint8_t)(data.len >> 8 * i));
	cs_write_view(&w, CS_VIEW_OF(tail));
	cs_write_view(&w, data);
	ccid_serial_write(&frame, cs_writer_view(&w));
	sent_len = cs_writer_view(&frame).len;
	for (unsigned long i = 0; i <= twice; i++)
		line_send();
	for (bool asked = false;;) {
		switch (line_event()) {
		case CCID_SERIAL_MESSAGE:
			if (is_answer(ccid_serial_message(&line)))
				return ccid_serial_message(&line);
			/* An older one, where we asked: what we sent was lost whole. */
			if (asked && ccid_serial_message(&line).ptr[6] != seq)
				line_send();
			asked = false;
			break;
		case CCID_SERIAL_REPEAT:
			again++;
			line_send();
			break;
		case CCID_SERIAL_BROKEN:
			ask_again();
			asked = true;
			break;
		case CCID_SERIAL_NOTHING:
			break;
		}
	}
}

/* ---- an APDU ---- */

static bool failed(struct cs_view message)
{
	return (message.ptr[7] & 0xC0) == STATUS_FAILED;
}

static struct cs_view data_of(struct cs_view message)
{
	return cs_view(message.ptr + CCID_HEADER_LEN, message.len - CCID_HEADER_LEN);
}

/* Sends it, and yields the first message of the response. */
static struct cs_view command_send(struct cs_view apdu)
{
	bool begun = false;

	while (apdu.len > CCID_DATA_MAX) {
		struct cs_view m = exchange(XFR_BLOCK, begun ? CHAIN_MIDDLE : CHAIN_BEGINS,
					    cs_view(apdu.ptr, CCID_DATA_MAX));

		if (failed(m))
			return m;
		begun = true;
		apdu = cs_view(apdu.ptr + CCID_DATA_MAX, apdu.len - CCID_DATA_MAX);
	}
	return exchange(XFR_BLOCK, begun ? CHAIN_ENDS : CHAIN_WHOLE, apdu);
}

static void transmit(struct cs_view apdu, struct cs_writer *response)
{
	struct cs_view m = command_send(apdu);

	commands++;
	while (!failed(m)) {
		cs_write_view(response, data_of(m));
		if (m.ptr[9] != CHAIN_BEGINS && m.ptr[9] != CHAIN_MIDDLE)
			return;
		m = exchange(XFR_BLOCK, CHAIN_EMPTY, CS_VIEW_EMPTY);
	}
	cs_writer_cut(response, FRAME_HEADER_LEN);
	cs_write_u16(response, 0x6F00);
}

/* ---- what pcscd wants ---- */

enum { VPCD_OFF = 0, VPCD_ON = 1, VPCD_RESET = 2, VPCD_ATR = 4 };

static uint8_t atr[CARD_ATR_MAX];
static size_t atr_len; /* 0: the card is off */

/* To CCID switching on is resetting, too. */
static void reset(void)
{
	struct cs_view m = exchange(POWER_ON, 0, CS_VIEW_EMPTY), got = data_of(m);

	atr_len = failed(m) || got.len > sizeof(atr) ? 0 : got.len;
	memcpy(atr, got.ptr, atr_len);
}

static void control(uint8_t code, struct cs_writer *answer)
{
	if (code == VPCD_OFF && atr_len > 0) {
		(void)exchange(POWER_OFF, 0, CS_VIEW_EMPTY);
		atr_len = 0;
	}
	if (code == VPCD_RESET || (code != VPCD_OFF && atr_len == 0))
		reset();
	if (code == VPCD_ATR)
		cs_write_view(answer, cs_view(atr, atr_len));
}

static void serve(struct cs_view frame)
{
	static uint8_t answer[FRAME_HEADER_LEN + CARD_RESPONSE_MAX];
	struct cs_writer w = CS_WRITER_OF(answer);

	cs_write_u16(&w, 0);
	if (frame.len == 1)
		control(frame.ptr[0], &w);
	else
		transmit(frame, &w);
	if (cs_writer_view(&w).len > FRAME_HEADER_LEN) {
		frame_seal(answer, cs_writer_view(&w).len - FRAME_HEADER_LEN);
		send_all(pcsc_fd, answer, cs_writer_view(&w).len);
	}
}

static int line_open(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		die("relay: the path is too long");
	memcpy(address.sun_path, path, strlen(path));
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		die("relay: the serial line");
	return fd;
}

static int pcsc_open(const char *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	/* pcscd may not have begun to listen. */
	for (unsigned tries = 0; tries < 100; tries++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
			return fd;
		(void)close(fd);
		(void)poll(NULL, 0, 100);
	}
	die("relay: vpcd");
	return -1;
}

int main(int argc, char **argv)
{
	static struct frame_reader in;
	struct sigaction action = {.sa_handler = end};
	struct cs_view frame;

	if (argc < 3)
		return 2;
	(void)sigaction(SIGTERM, &action, NULL);
	line_fd = line_open(argv[1]);
	pcsc_fd = pcsc_open(argv[2]);
	every = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	twice = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
	while (!ended) {
		size_t room;
		uint8_t *space = frame_space(&in, &room);
		ssize_t n = recv(pcsc_fd, space, room, 0);
		int on = 1;

		/* pcscd sends a frame in two pieces, the second when the first is acknowledged. */
		(void)setsockopt(pcsc_fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));

		if (n <= 0)
			break;
		frame_received(&in, (size_t)n);
		while (frame_next(&in, &frame)) {
			serve(frame);
			frame_consume(&in);
		}
	}
	/* How long a board that QEMU plays is silent is the computer's affair, and no fault of the line. */
	printf("%lu commands, %lu broken frames again, %lu asked for after a silence, %lu times more time\n",
	       commands, again - silences, silences, extensions);
	return 0;
}
