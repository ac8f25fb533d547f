/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Another program, found in PATH, that writes what this one reads. What it complains of is kept.
 */
#ifndef COUNTERSIGN_TOOLS_PROGRAM_H
#define COUNTERSIGN_TOOLS_PROGRAM_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#define PROGRAM_SAID_MAX 256u

struct program {
	pid_t pid;
	FILE *out;   /* its standard output */
	FILE *said; /* its standard error: read when it has ended */
};

/* arguments: the program's name first, NULL last. Its standard input is empty. 0, or errno: ENOENT where there is no
 * such program. It is killed where the thread that calls ends before it does. One at a time. */
int program_start(struct program *program, const char *const arguments[]);

/* Waits until it ends; what it still writes is read and dropped, or, where it is not wanted any more, it is ended.
 * True: with status 0. said, if not NULL, gets its complaint, in one line. */
bool program_end(struct program *program, bool wanted, char said[PROGRAM_SAID_MAX]);

/* For a handler of a signal that ends this process: kills the program that is at work, if there is one, and waits until it
 * is gone. */
void program_stop(void);

#endif
