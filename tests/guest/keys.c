/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the kernel has of the token's keyboard, read from its event device.
 *
 * keys SECONDS: waits for the device, says "ready", and then the keys that were pressed until Enter (until
 * NumLock behind it, where that was pressed before) or until the time is over: digits of the keypad as they
 * are, N for NumLock, E for the keypad's Enter, ? for any other.
 *
 * keys numlock on|off: switches the console's NumLock.
 *
 * keys led: says whether the keyboard's lamp is lit, on or off.
 *
 * keys clock: has the kernel call its clock synchronised.
 */
#include <fcntl.h>
#include <linux/input.h>
#include <linux/kd.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/keypad.h"

#define CONSOLE	      "/dev/tty0"
#define CONSOLE_NUM   0x02 /* K_NUMLOCK of the console's flags */
#define AFTER_ENTER_S 2	   /* what would be too much */

static time_t now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static int listen_for(int seconds)
{
	time_t end = now() + seconds;
	bool switched = false, entered = false;
	struct pollfd p = {.fd = -1, .events = POLLIN};
	struct input_event event;

	while ((p.fd = keypad_open(NULL)) < 0 && now() < end)
		(void)poll(NULL, 0, 100);
	if (p.fd < 0)
		return 1;
	puts("ready");
	while (now() < end && poll(&p, 1, (int)(end - now()) * 1000) > 0) {
		if (read(p.fd, &event, sizeof(event)) != (ssize_t)sizeof(event))
			break;
		if (event.type != EV_KEY || event.value != 1)
			continue;
		putchar(keypad_letter(event.code));
		if (event.code == KEY_NUMLOCK && entered)
			break;
		switched |= event.code == KEY_NUMLOCK;
		entered |= event.code == KEY_KPENTER;
		if (event.code == KEY_KPENTER && !switched)
			end = now() + AFTER_ENTER_S;
	}
	putchar('\n');
	return 0;
}

static int numlock(bool on)
{
	int fd = open(CONSOLE, O_RDWR | O_CLOEXEC);

	return fd >= 0 && ioctl(fd, KDSKBLED, on ? CONSOLE_NUM : 0) == 0 ? 0 : 1;
}

static int led(void)
{
	unsigned char lamps[LED_MAX / 8 + 1] = {0};
	int fd = keypad_open(NULL);

	if (fd < 0 || ioctl(fd, EVIOCGLED(sizeof(lamps)), lamps) < 0)
		return 1;
	puts(lamps[LED_NUML / 8] & 1 << LED_NUML % 8 ? "on" : "off");
	return 0;
}

/* For some hours: the error that the kernel assumes grows. */
static int synchronise(void)
{
	struct timex t = {.modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR};

	return adjtimex(&t) >= 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	(void)setvbuf(stdout, NULL, _IONBF, 0);
	if (argc == 3 && strcmp(argv[1], "numlock") == 0)
		return numlock(strcmp(argv[2], "on") == 0);
	if (argc == 2 && strcmp(argv[1], "led") == 0)
		return led();
	if (argc == 2 && strcmp(argv[1], "clock") == 0)
		return synchronise();
	return argc == 2 ? listen_for((int)strtol(argv[1], NULL, 10)) : 2;
}
