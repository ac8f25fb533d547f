/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What an operator reads: lines on standard error, each with the priority prefix that systemd understands
 * when it collects them, and the name of the process. Never a secret, a code or a credential.
 */
#ifndef COUNTERSIGN_DAEMON_LOG_H
#define COUNTERSIGN_DAEMON_LOG_H

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_NOTICE = 5, LOG_LEVEL_INFO = 6 };

/* The process's name in every line from now on; kept by reference. "countersignd" until set. */
void log_name(const char *name);

/* One line; the newline is added. Control characters in the text come out as '?'. Safe from several threads.
 */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
