/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a host may do to a token in the middle of a command, on a real bus: upset, with a token of the
 * countersign profile there that waits for touches, and that has no keys. Prints TAP.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/lib/ccid_line.h"

#define TOUCH_S 14 /* less than a touch is waited for */
#define TRIES	4  /* on a computer that is so slow that this proves nothing */

static struct ccid_line line;
static uint8_t answer[4000];
static unsigned tests;

static void tap(bool ok, const char *what)
{
	printf("%s %u - %s\n", ok ? "ok" : "not ok", ++tests, what);
	fflush(stdout);
}

static long now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static bool is_well(const struct cs_writer *w)
{
	return w->len >= 2 && w->buf[w->len - 2] == 0x90 && w->buf[w->len - 1] == 0x00;
}

static bool command(struct cs_view bytes)
{
	struct cs_writer w = CS_WRITER_OF(answer);

	return ccid_line_exchange(&line, bytes, &w) && is_well(&w);
}

static const uint8_t select_piv[] = {0, 0xA4, 4, 0, 5, 0xA0, 0, 0, 3, 8};
static const uint8_t change_pin[] = {0,	   0x24, 0,   0x80, 16,	 '1', '2', '3', '4',  '5', '6',
				     0xFF, 0xFF, '1', '3',  '5', '7', '9', '2', 0xFF, 0xFF};
static const uint8_t verify[] = {0, 0x20, 0, 0x80, 8, '1', '3', '5', '7', '9', '2', 0xFF, 0xFF};
/* in 9A, RSA-2048; in 9C, P-256 with a touch for each use */
static const uint8_t generate_rsa[] = {0, 0x47, 0, 0x9A, 0, 0, 5, 0xAC, 3, 0x80, 1, 0x07, 0, 0};
static const uint8_t generate_touch[] = {0, 0x47, 0,	0x9C, 11, 0xAC, 9, 0x80,
					 1, 0x11, 0xAA, 1,    1,  0xAB, 1, 2};
static const uint8_t sign[] = {0, 0x87, 0x11, 0x9C, 38, 0x7C, 36, 0x82, 0, 0x81, 32, [42] = 0};

static bool ready(void)
{
	return ccid_line_power_on(&line) && command(CS_VIEW_OF(select_piv)) && command(CS_VIEW_OF(verify));
}

static bool aborted(void)
{
	return ccid_line_send(&line, CS_VIEW_OF(sign)) && ccid_line_abort(&line);
}

static bool reset_meanwhile(void)
{
	return ccid_line_send(&line, CS_VIEW_OF(sign)) && ccid_line_reset(&line) && ready();
}

/* Before the touch has been waited for: what waits for that takes as long in each try. */
static bool at_once(bool (*what)(void))
{
	for (unsigned i = 0; i < TRIES; i++) {
		long begun = now_s(), took;
		bool done = what();
		took = now_s() - begun;
		if (took < TOUCH_S)
			return done;
		printf("# it took %ld s\n", took);
		if (!ccid_line_reset(&line) || !ready())
			return false;
	}
	return false;
}

int main(void)
{
	if (!ccid_line_usbfs(&line, "2702") || !ccid_line_power_on(&line) ||
	    !command(CS_VIEW_OF(select_piv)) || !command(CS_VIEW_OF(change_pin)) ||
	    !command(CS_VIEW_OF(verify)) || !command(CS_VIEW_OF(generate_touch))) {
		puts("Bail out! no token, or it refuses");
		return EXIT_FAILURE;
	}
	tap(at_once(aborted),
	    "a command that waits for a touch is aborted, at once, not when the touch has been waited for");
	tap(ready(), "and the card is there for the next");
	tap(at_once(reset_meanwhile),
	    "the bus is reset while a command waits for a touch, and the card is there at once");
	tap(ccid_line_send(&line, CS_VIEW_OF(generate_rsa)) && ccid_line_reset(&line),
	    "the bus is reset while a key is made");
	tap(ready(), "and the card is there when that has ended");
	tap(ccid_line_send(&line, CS_VIEW_OF(generate_rsa)) && ccid_line_abort(&line) && ready(),
	    "a key that is being made is aborted");
	printf("1..%u\n", tests);
	return EXIT_SUCCESS;
}
