/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Entries of the journal, or lines on standard error, one write each.
 */
#include "daemon/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/journal.h"

#define LOG_TEXT_MAX 2048

static const char *log_process = "countersignd";
static int log_journal = -1;
static atomic_uint log_least = LOG_LEVEL_INFO;

void log_name(const char *name)
{
	log_process = name;
	if (log_journal < 0)
		log_journal = journal_open(JOURNAL_SOCKET);
}

void log_level_set(unsigned least)
{
	atomic_store(&log_least, least);
}

unsigned log_level(void)
{
	return atomic_load(&log_least);
}

static bool log_to_journal(enum log_level level, const char *event, struct cs_view text)
{
	const char priority = (char)('0' + (int)level);
	const struct journal_field fields[] = {
	    {"MESSAGE", text},
	    {"PRIORITY", cs_view(&priority, 1)},
	    {"SYSLOG_IDENTIFIER", CS_VIEW_TEXT("countersignd")},
	    {"COUNTERSIGN_PROCESS", cs_view_string(log_process)},
	    {"COUNTERSIGN_EVENT", cs_view_string(event ? event : "")},
	};

	return journal_send(log_journal, fields, event ? 5 : 4);
}

/* Nobody is left to tell that standard error is closed. */
static void log_to_stderr(enum log_level level, struct cs_view text)
{
	char line[LOG_TEXT_MAX + 64];
	int len = getenv("JOURNAL_STREAM") ? snprintf(line, sizeof(line), "<%d>%s: %.*s\n", (int)level,
						      log_process, (int)text.len, (const char *)text.ptr)
					   : snprintf(line, sizeof(line), "%s: %.*s\n", log_process,
						      (int)text.len, (const char *)text.ptr);

	if (len > 0)
		(void)!write(STDERR_FILENO, line,
			     (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1);
}

__attribute__((format(printf, 3, 0))) static void log_write(enum log_level level, const char *event,
							    const char *format, va_list ap)
{
	char text[LOG_TEXT_MAX];
	int saved = errno;

	if ((unsigned)level > atomic_load(&log_least))
		return;
	int len = vsnprintf(text, sizeof(text), format, ap);

	if (len < 0)
		len = 0;
	if ((size_t)len >= sizeof(text))
		len = (int)sizeof(text) - 1;
	for (int i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
			text[i] = '?';
	struct cs_view view = cs_view(text, (size_t)len);
	if (log_journal < 0 || !log_to_journal(level, event, view))
		log_to_stderr(level, view);
	errno = saved;
}

void log_line(enum log_level level, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_write(level, NULL, format, ap);
	va_end(ap);
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_write(level, event, format, ap);
	va_end(ap);
}
