/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Clock and touch of a card that is a process.
 */
#include "applet/port/platform_host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static uint64_t monotonic_ms(void *ctx)
{
	(void)ctx;
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
}

/* Takes one byte from the pipe, within the time. */
static enum cs_err take_touch(int fd)
{
	uint64_t end = monotonic_ms(NULL) + PLATFORM_HOST_TOUCH_MS;
	for (;;) {
		uint8_t byte;
		if (read(fd, &byte, 1) == 1)
			return CS_OK;
		uint64_t now = monotonic_ms(NULL);
		if (now >= end)
			return CS_ERR_TIMEOUT;
		struct pollfd pfd = {.fd = fd, .events = POLLIN};
		if (poll(&pfd, 1, (int)(end - now)) < 0 && errno != EINTR)
			return CS_ERR_CANCELLED;
	}
}

static enum cs_err user_presence(void *ctx, const char *why, bool wait)
{
	(void)wait;
	const struct platform_host *host = ctx;
	if (host->mode == TOUCH_AUTO)
		return CS_OK;
	if (host->mode == TOUCH_NEVER)
		return CS_ERR_TIMEOUT;
	fprintf(stderr, "countersign-card: touch the card to %s\n", why);
	return take_touch(host->fd);
}

static enum cs_err open_pipe(const char *path, int *fd)
{
	struct stat st;
	if (mkfifo(path, 0600) < 0 && errno != EEXIST)
		return CS_ERR_IO;
	/* For reading and writing, so that it never looks closed when the last toucher goes. */
	int got = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (got < 0)
		return CS_ERR_IO;
	if (fstat(got, &st) < 0 || !S_ISFIFO(st.st_mode)) {
		close(got);
		return CS_ERR_EXISTS;
	}
	*fd = got;
	return CS_OK;
}

enum cs_err platform_host_init(struct platform_host *host, const char *touch, struct platform *out)
{
	*host = (struct platform_host){.mode = TOUCH_PIPE, .fd = -1};
	if (strcmp(touch, "auto") == 0)
		host->mode = TOUCH_AUTO;
	else if (strcmp(touch, "never") == 0)
		host->mode = TOUCH_NEVER;
	if (host->mode == TOUCH_PIPE) {
		enum cs_err err = open_pipe(touch, &host->fd);
		if (err)
			return err;
	}
	out->ctx = host;
	out->monotonic_ms = monotonic_ms;
	out->user_presence = user_presence;
	return CS_OK;
}

void platform_host_close(struct platform_host *host)
{
	if (host->fd >= 0)
		close(host->fd);
	host->fd = -1;
}
