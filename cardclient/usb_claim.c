/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Waiting for whoever has the interface. That it is let go of is an event of the kernel's (unbind); who waits
 * has a turn, a lock on the device's node, so that a program that has one command after the other lets the
 * next one in between. The lock is advisory, and anyone who can read the node can hold it: it is waited for
 * TURN_MS, not longer; and who has waited so long for it once does without it for TURNLESS_MS.
 */
#include <linux/netlink.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cardclient/usb.h"

#define LOOK_MS	    500 /* then it is looked at who has it: pcscd and scdaemon never give it back */
#define STEP_MS	    20	/* at most, where nothing tells of it */
#define TURN_MS	    2000
#define TURNLESS_MS (5 * 60 * 1000)

uint64_t usb_now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static bool take_turn(const struct usb_device *d)
{
	return flock(d->fd, LOCK_EX | LOCK_NB) == 0;
}

/* Becomes readable when an interface of any device is let go; -1: nothing tells. */
static int watch_releases(void)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK, .nl_groups = 1};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&kernel, sizeof(kernel)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void await_release(int watch)
{
	struct pollfd fd = {.fd = watch, .events = POLLIN};
	char event[4096];

	(void)poll(&fd, 1, STEP_MS);
	while (watch >= 0 && recv(watch, event, sizeof(event), 0) > 0)
		;
}

/* Whoever has it lets go of it soon, or keeps it. */
static bool worth_waiting(const char *node, uint64_t waited, unsigned ms, bool *looked)
{
	if (waited >= ms)
		return false;
	if (*looked || waited < LOOK_MS)
		return true;
	*looked = true;
	return !usb_kept(&usb_system, node);
}

/* Whether it may be claimed: this one has the turn, or nobody's counts. */
static bool has_turn(struct usb_device *d, uint64_t waited, bool *turn)
{
	uint64_t now = usb_now_ms();

	*turn = *turn || take_turn(d);
	if (!*turn && waited >= TURN_MS)
		d->turnless_until_ms = now + TURNLESS_MS;
	return *turn || now < d->turnless_until_ms;
}

/* Who waits has the turn, so that a program that has one command after the other lets the next one in
 * between. */
enum cs_err usb_claim_wait(struct usb_device *d, const char *node, unsigned ms)
{
	uint64_t began = usb_now_ms(), waited = 0;
	bool turn = false, looked = false;
	enum cs_err err = has_turn(d, 0, &turn) || ms == 0 ? usb_claim(d) : CS_ERR_BUSY;
	int watch = err == CS_ERR_BUSY && ms > 0 ? watch_releases() : -1;

	while (err == CS_ERR_BUSY && worth_waiting(node, waited, ms, &looked)) {
		await_release(watch);
		waited = usb_now_ms() - began;
		if (has_turn(d, waited, &turn))
			err = usb_claim(d);
	}
	if (watch >= 0)
		close(watch);
	if (turn)
		(void)flock(d->fd, LOCK_UN);
	return err;
}
