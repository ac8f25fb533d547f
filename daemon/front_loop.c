/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Turns of the HTTP library.
 *
 * 1. resumed is taken back before the daemons run: a connection that was resumed before that is served by
 * this run, and one that is resumed later leaves it set, for the next.
 * 2. The library wants to run again at once for as long as a connection has something to do, and for a peer
 * that has sent the beginning of a handshake and nothing more, too (libmicrohttpd 0.9.75, 1.0). Who makes it
 * run in vain, time and again, is looked at every few milliseconds only.
 * 3. Where a daemon has as many connections as it may, or descriptors are used up, it leaves its listening
 * socket alone until a run after the one that closed a connection: so that one follows at once.
 */
#include "daemon/front_loop.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define IDLE_MS	   1000 /* after which connections are looked at that nothing has happened on */
#define VAIN_MAX   8u	/* turns in vain, one after the other */
#define VAIN_MS	   5
#define LAST_TURNS 4u /* to hand out what was answered at the end: handle, send, and one to spare */

struct front_loop {
	struct front_exchange *exchange;
	struct MHD_Daemon *daemons[FRONT_TURN_FDS];
	unsigned connections[FRONT_TURN_FDS]; /* of each, after its last run */
	int fds[FRONT_TURN_FDS];
	size_t count;
	unsigned long moved;
	unsigned vain; /* turns, one after the other */
	int wake;      /* eventfd */
	atomic_bool resumed, stopping;
	bool started;
	pthread_t thread;
};

struct front_loops {
	size_t count;
	struct front_loop *all[FRONT_LOOPS_MAX];
};

enum cs_err front_loop_add(struct front_loop *loop, struct MHD_Daemon *daemon)
{
	if (loop->count == FRONT_TURN_FDS) {
		MHD_stop_daemon(daemon);
		return CS_ERR_FULL;
	}
	loop->fds[loop->count] = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	loop->daemons[loop->count++] = daemon;
	return CS_OK;
}

unsigned long *front_loop_moved(struct front_loop *loop)
{
	return &loop->moved;
}

void front_loop_resumed(struct front_loop *loop)
{
	atomic_store(&loop->resumed, true);
}

/* Runs one daemon; true: it wants to run again at once. */
static bool daemon_run(struct front_loop *loop, size_t i)
{
	MHD_UNSIGNED_LONG_LONG wait = 1;
	unsigned before = loop->connections[i];

	(void)MHD_run(loop->daemons[i]);
	loop->connections[i] =
	    MHD_get_daemon_info(loop->daemons[i], MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
	if (loop->connections[i] < before) {
		loop->moved++;
		return true;
	}
	return MHD_get_timeout(loop->daemons[i], &wait) == MHD_YES && wait == 0;
}

/* One turn; returns the milliseconds until the next at the latest. */
static int loop_turn(struct front_loop *loop)
{
	const unsigned long before = loop->moved;
	const bool resumed = atomic_exchange(&loop->resumed, false);
	bool more = false;

	for (size_t i = 0; i < loop->count; i++) {
		more = daemon_run(loop, i) || more;
	}
	front_exchange_flush(loop->exchange);
	loop->vain = resumed || loop->moved != before ? 0 : loop->vain + 1;
	if (atomic_load(&loop->resumed)) {
		return 0;
	}
	return !more ? IDLE_MS : loop->vain < VAIN_MAX ? 0 : VAIN_MS;
}

/* ---- a thread of its own ---- */

static void *loop_run(void *ctx)
{
	struct front_loop *loop = ctx;
	int wait = 0;

	while (!atomic_load(&loop->stopping)) {
		struct pollfd fds[FRONT_TURN_FDS + 1] = {{.fd = loop->wake, .events = POLLIN}};
		eventfd_t woken;

		for (size_t i = 0; i < loop->count; i++) {
			fds[i + 1] = (struct pollfd){.fd = loop->fds[i], .events = POLLIN};
		}
		(void)poll(fds, loop->count + 1, wait);
		if (fds[0].revents != 0) {
			(void)eventfd_read(loop->wake, &woken);
		}
		wait = loop_turn(loop);
	}
	return NULL;
}

static struct front_loop *loop_new(struct front_exchange *exchange)
{
	struct front_loop *loop = calloc(1, sizeof *loop);

	if (loop == NULL) {
		return NULL;
	}
	loop->exchange = exchange;
	loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->wake < 0) {
		free(loop);
		return NULL;
	}
	return loop;
}

static void loop_free(struct front_loop *loop)
{
	if (loop->started) {
		atomic_store(&loop->stopping, true);
		(void)eventfd_write(loop->wake, 1);
		(void)pthread_join(loop->thread, NULL);
	}
	for (unsigned i = 0; i < LAST_TURNS; i++) {
		(void)loop_turn(loop);
	}
	for (size_t i = 0; i < loop->count; i++) {
		MHD_stop_daemon(loop->daemons[i]);
	}
	(void)close(loop->wake);
	free(loop);
}

/* ---- all of them ---- */

/* One for each processor, though keeper, whose one thread decides, takes one, too: with two of them two loops
 * keep it busy, and one does not. */
static size_t loops_wanted(size_t threads)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (threads == 0) {
		threads = processors > 1 ? (size_t)processors : 1;
	}
	return threads < FRONT_LOOPS_MAX ? threads : FRONT_LOOPS_MAX;
}

struct front_loops *front_loops_new(struct front_exchange *exchange, size_t threads)
{
	struct front_loops *loops = calloc(1, sizeof *loops);
	const size_t wanted = loops_wanted(threads);

	while (loops != NULL && loops->count < wanted) {
		loops->all[loops->count] = loop_new(exchange);
		if (loops->all[loops->count] == NULL) {
			front_loops_free(loops);
			return NULL;
		}
		loops->count++;
	}
	return loops;
}

void front_loops_free(struct front_loops *loops)
{
	for (size_t i = 0; loops != NULL && i < loops->count; i++) {
		loop_free(loops->all[i]);
	}
	free(loops);
}

size_t front_loops_count(const struct front_loops *loops)
{
	return loops->count;
}

struct front_loop *front_loops_at(const struct front_loops *loops, size_t index)
{
	return loops->all[index];
}

enum cs_err front_loops_start(struct front_loops *loops)
{
	for (size_t i = 1; i < loops->count; i++) {
		struct front_loop *loop = loops->all[i];

		loop->started = pthread_create(&loop->thread, NULL, loop_run, loop) == 0;
		if (!loop->started) {
			return CS_ERR_MEMORY;
		}
	}
	return CS_OK;
}

static int loops_turn(void *ctx)
{
	const struct front_loops *loops = ctx;

	for (size_t i = 1; i < loops->count; i++) {
		if (atomic_load(&loops->all[i]->resumed)) {
			(void)eventfd_write(loops->all[i]->wake, 1);
		}
	}
	return loop_turn(loops->all[0]);
}

struct front_turn front_loops_turn(struct front_loops *loops)
{
	const struct front_loop *first = loops->all[0];
	struct front_turn turn = {.turn = loops_turn, .ctx = loops, .count = first->count};

	for (size_t i = 0; i < first->count; i++) {
		turn.fds[i] = first->fds[i];
	}
	return turn;
}
