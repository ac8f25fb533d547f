/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The progress line (progress.h): a thread that wakes once a second until it is told to stop.
 */
#include "tools/progress.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t stop_cond;
static pthread_t thread;
static bool running, stopped;

static void *progress_run(void *arg)
{
	const char *what = arg;
	unsigned seconds = 0;
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	pthread_mutex_lock(&lock);
	while (!stopped) {
		next.tv_sec++;
		while (!stopped && pthread_cond_timedwait(&stop_cond, &lock, &next) != ETIMEDOUT)
			;
		if (!stopped)
			fprintf(stderr, "\r%s ... %u s", what, ++seconds);
	}
	pthread_mutex_unlock(&lock);
	if (seconds > 0)
		fputs("\r\033[K", stderr);
	return NULL;
}

void progress_begin(const char *what)
{
	pthread_condattr_t attr;

	if (!isatty(STDERR_FILENO))
		return;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&stop_cond, &attr);
	pthread_condattr_destroy(&attr);
	stopped = false;
	/* The thread only reads what; pthread's parameter has no const. */
	union {
		const char *in;
		void *out;
	} arg = {.in = what};
	/* Signals are for the thread that works. */
	sigset_t all, before;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	running = pthread_create(&thread, NULL, progress_run, arg.out) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void progress_end(void)
{
	if (!running)
		return;
	pthread_mutex_lock(&lock);
	stopped = true;
	pthread_cond_signal(&stop_cond);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	pthread_cond_destroy(&stop_cond);
	running = false;
}
