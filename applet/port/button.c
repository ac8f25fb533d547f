/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where touches come from.
 */
#include "applet/port/button.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENTS_MAX 16u /* that are told at once */

/* All of it a number of at most so much. */
static bool number(const char *text, unsigned long most, unsigned long *value)
{
	if (text[0] == '\0' || strlen(text) > 9 || text[strspn(text, "0123456789")] != '\0')
		return false;
	*value = strtoul(text, NULL, 10);
	return *value <= most;
}

/* ---- a named pipe ---- */

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

/* ---- a descriptor ---- */

/* A file is at its end at once, and always readable. */
static bool can_be_waited_for(mode_t mode)
{
	return !S_ISREG(mode) && !S_ISDIR(mode) && !S_ISBLK(mode) && !S_ISLNK(mode);
}

static enum cs_err take_over(const char *text, int *fd)
{
	unsigned long n;
	struct stat st;
	if (!number(text, 999999, &n))
		return CS_ERR_MALFORMED;
	int flags = fcntl((int)n, F_GETFL);
	if (flags < 0 || fstat((int)n, &st) < 0)
		return CS_ERR_NOT_FOUND;
	if ((flags & O_ACCMODE) == O_WRONLY || !can_be_waited_for(st.st_mode))
		return CS_ERR_EXISTS;
	if (fcntl((int)n, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl((int)n, F_SETFD, FD_CLOEXEC) < 0)
		return CS_ERR_IO;
	*fd = (int)n;
	return CS_OK;
}

/* ---- a GPIO line ---- */

bool button_line_parse(const char *text, char chip[BUTTON_CHIP_MAX], uint32_t *line)
{
	const char *slash = strchr(text, '/');
	unsigned long n;
	if (!slash || slash == text || text[0] == '.' || !number(slash + 1, UINT32_MAX, &n))
		return false;
	int len = (int)(slash - text);
	bool bare = strspn(text, "0123456789") == (size_t)len;
	int got = snprintf(chip, BUTTON_CHIP_MAX, "/dev/%s%.*s", bare ? "gpiochip" : "", len, text);
	*line = (uint32_t)n;
	return got > 0 && (size_t)got < BUTTON_CHIP_MAX;
}

void button_line_request(uint32_t line, struct gpio_v2_line_request *request)
{
	struct gpio_v2_line_config_attribute debounce = {
	    .attr = {.id = GPIO_V2_LINE_ATTR_ID_DEBOUNCE, .debounce_period_us = BUTTON_DEBOUNCE_US},
	    .mask = 1 /* the first line of the request */
	};
	memset(request, 0, sizeof *request);
	request->offsets[0] = line;
	request->num_lines = 1;
	snprintf(request->consumer, sizeof request->consumer, "countersign-card");
	request->config.flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_ACTIVE_LOW |
				GPIO_V2_LINE_FLAG_BIAS_PULL_UP | GPIO_V2_LINE_FLAG_EDGE_RISING;
	request->config.attrs[0] = debounce;
	request->config.num_attrs = 1;
	request->event_buffer_size = EVENTS_MAX;
	request->fd = -1;
}

/* What the chip's refusal of a line means. */
static enum cs_err line_error(void)
{
	switch (errno) {
	case EBUSY:
		return CS_ERR_BUSY;
	case EINVAL:
		return CS_ERR_NOT_FOUND;
	case ENOTTY:
		return CS_ERR_EXISTS;
	default:
		return CS_ERR_IO;
	}
}

static enum cs_err open_line(const char *text, int *fd)
{
	char chip[BUTTON_CHIP_MAX];
	struct gpio_v2_line_request request;
	uint32_t line;
	enum cs_err err = CS_OK;
	if (!button_line_parse(text, chip, &line))
		return CS_ERR_MALFORMED;
	int chip_fd = open(chip, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (chip_fd < 0)
		return errno == ENOENT ? CS_ERR_NOT_FOUND : errno == EACCES ? CS_ERR_DENIED : CS_ERR_IO;
	button_line_request(line, &request);
	if (ioctl(chip_fd, GPIO_V2_GET_LINE_IOCTL, &request) < 0)
		err = line_error();
	close(chip_fd);
	if (err)
		return err;
	int flags = fcntl(request.fd, F_GETFL);
	if (flags < 0 || fcntl(request.fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		close(request.fd);
		return CS_ERR_IO;
	}
	*fd = request.fd;
	return CS_OK;
}

/* ---- all of them ---- */

enum cs_err button_open(const char *how, struct button *b)
{
	*b = BUTTON_NONE;
	if (strncmp(how, "fd:", 3) == 0)
		return take_over(how + 3, &b->fd);
	if (strncmp(how, "gpio:", 5) == 0)
		return open_line(how + 5, &b->fd);
	return open_pipe(how, &b->fd);
}

void button_close(struct button *b)
{
	if (b->fd >= 0)
		close(b->fd);
	*b = BUTTON_NONE;
}

/* True: there was something. A descriptor at its end is none any more. */
static bool drain(struct button *b)
{
	/* A GPIO line is read in whole events only. */
	struct gpio_v2_line_event events[EVENTS_MAX];
	bool some = false;
	for (size_t turns = 0; b->fd >= 0 && turns < 1024; turns++) {
		ssize_t got = read(b->fd, events, sizeof events);
		if (got > 0) {
			some = true;
		} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
			fputs("countersign-card: --touch: the button has gone\n", stderr);
			button_close(b);
			break;
		} else if (errno == EAGAIN) {
			break;
		}
	}
	return some;
}

bool button_take(struct button *b, uint64_t now_ms)
{
	uint64_t last_ms = b->last_ms;
	bool heard = b->heard;
	if (b->fd < 0 || !drain(b))
		return false;
	b->heard = true;
	b->last_ms = now_ms;
	return !heard || now_ms - last_ms >= BUTTON_SILENCE_MS;
}
