/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What an operator reads. Under systemd each line is an entry of the journal with fields: MESSAGE, PRIORITY,
 * SYSLOG_IDENTIFIER=countersignd, COUNTERSIGN_PROCESS, and for what a program may wait for, COUNTERSIGN_EVENT.
 * Elsewhere it is a line on standard error, with the name of the process. Never a secret, a code or a
 * credential.
 */
#ifndef COUNTERSIGN_DAEMON_LOG_H
#define COUNTERSIGN_DAEMON_LOG_H

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_NOTICE = 5, LOG_LEVEL_INFO = 6 };

/* The process's name in every line from now on; kept by reference. "countersignd" until set. Looks for the
 * journal, too: a process calls it before it locks itself in. */
void log_name(const char *name);

/* What is less than this is not said from now on; everything until it is set. */
void log_level_set(unsigned least);
unsigned log_level(void);

/* One line; the newline is added. Control characters in the text come out as '?'. Safe from several threads.
 */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, of an event: one of the words that countersignd(8) lists. */
void log_event(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
