/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Lines on standard error, one write each.
 */
#include "daemon/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *log_process = "countersignd";

void log_name(const char *name)
{
	log_process = name;
}

void log_line(enum log_level level, const char *format, ...)
{
	char line[2048];
	int saved = errno, head = 0;
	va_list ap;

	if (getenv("JOURNAL_STREAM"))
		head = snprintf(line, sizeof(line), "<%d>", (int)level);
	head += snprintf(line + head, sizeof(line) - (size_t)head, "%s: ", log_process);
	va_start(ap, format);
	int body = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, format, ap);
	va_end(ap);
	if (body < 0)
		body = 0;
	size_t len = (size_t)head + (size_t)body;
	if (len > sizeof(line) - 2)
		len = sizeof(line) - 2;
	for (size_t i = (size_t)head; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7F)
			line[i] = '?';
	line[len++] = '\n';
	/* Nobody is left to tell that standard error is closed. */
	if (write(STDERR_FILENO, line, len) < 0)
		errno = saved;
	errno = saved;
}
