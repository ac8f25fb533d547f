/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The loops that serve HTTP: each runs the HTTP library's daemons that it was given, in one thread, and what
 * they have sent to keeper meanwhile leaves together. The first loop is run by the thread of
 * front_exchange_run (a front_turn), each other one by a thread of its own.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_LOOP_H
#define COUNTERSIGN_DAEMON_FRONT_LOOP_H

#include <microhttpd.h>

#include "daemon/front_exchange.h"

#define FRONT_LOOPS_MAX 64u

struct front_loops;
struct front_loop;

/* As many loops as threads, at most FRONT_LOOPS_MAX; 0: one for each processor. NULL where memory or a
 * descriptor fails. */
struct front_loops *front_loops_new(struct front_exchange *exchange, size_t threads);

/* What was answered is still sent, and the daemons are stopped. The exchange's run must have ended. NULL is fine. */
void front_loops_free(struct front_loops *loops);

size_t front_loops_count(const struct front_loops *loops);
struct front_loop *front_loops_at(const struct front_loops *loops, size_t index);

/* The loop owns daemon, one that polls by epoll and has no thread, from now on. CS_ERR_FULL: it has as many as it may,
 * and daemon is stopped. Before front_loops_start. */
CS_MUST_CHECK enum cs_err front_loop_add(struct front_loop *loop, struct MHD_Daemon *daemon);

/* Starts the threads of all loops but the first. */
CS_MUST_CHECK enum cs_err front_loops_start(struct front_loops *loops);

/* The first loop's part in front_exchange_run. It wakes the others for what was answered. */
struct front_turn front_loops_turn(struct front_loops *loops);

/* A connection of the loop's was resumed, by whatever thread; the first loop's next turn wakes it, once for all
 * of them. */
void front_loop_resumed(struct front_loop *loop);

/* Counts what has come, was sent or handled by this loop: a turn without any is in vain. For its thread
 * alone. */
unsigned long *front_loop_moved(struct front_loop *loop);

#endif
