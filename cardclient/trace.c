/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The header-only trace (trace.h). Each line goes out in one write to a file opened for appending, so that
 * lines of several threads and processes do not mix.
 */
#include "cardclient/trace.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct cc_trace {
	int fd;
};

struct cc_trace *cc_trace_new(const char *path)
{
	const char *environment = secure_getenv("COUNTERSIGN_TRACE");
	if (environment != NULL && environment[0] != '\0')
		path = environment;
	if (path == NULL || path[0] == '\0')
		return NULL;
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	if (fd < 0)
		return NULL;
	struct cc_trace *trace = malloc(sizeof *trace);
	if (trace == NULL) {
		close(fd);
		return NULL;
	}
	trace->fd = fd;
	return trace;
}

void cc_trace_free(struct cc_trace *trace)
{
	if (trace == NULL)
		return;
	close(trace->fd);
	free(trace);
}

static double milliseconds_since(const struct timespec *started)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - started->tv_sec) * 1e3 + (double)(now.tv_nsec - started->tv_nsec) / 1e6;
}

static void trace_line(struct cc_trace *trace, const char *text)
{
	char line[256];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	int len = snprintf(line, sizeof line, "%lld.%06ld %ld %s\n", (long long)now.tv_sec,
			   now.tv_nsec / 1000, (long)getpid(), text);
	if (len > 0 && (size_t)len < sizeof line && write(trace->fd, line, (size_t)len) < 0)
		return; /* a trace never stops work */
}

void cc_trace_apdu(struct cc_trace *trace, unsigned card, const struct cs_apdu *cmd, enum cs_err result,
		   uint16_t sw, size_t resp_len, const struct timespec *started)
{
	char text[192], outcome[96];

	if (trace == NULL)
		return;
	if (result == CS_OK)
		snprintf(outcome, sizeof outcome, "%04X %zu %.1fms", sw, resp_len,
			 milliseconds_since(started));
	else
		snprintf(outcome, sizeof outcome, "%s", cs_err_text(result));
	snprintf(text, sizeof text, "%u %02X %02X %02X %02X Lc=%zu Le=%u -> %s", card, cmd->cla, cmd->ins,
		 cmd->p1, cmd->p2, cmd->data.len, (unsigned)cmd->ne, outcome);
	trace_line(trace, text);
}

void cc_trace_note(struct cc_trace *trace, unsigned card, const char *what, enum cs_err why)
{
	char text[192];

	if (trace == NULL)
		return;
	snprintf(text, sizeof text, "%u %.128s -> %s", card, what, cs_err_text(why));
	trace_line(trace, text);
}

void cc_trace_refusal(struct cc_trace *trace, const char *reader, enum cs_err why)
{
	char text[192];

	if (trace == NULL)
		return;
	snprintf(text, sizeof text, "- %.128s -> %s", reader, cs_err_text(why));
	trace_line(trace, text);
}
