/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Front's side of the stream to keeper: many calls wait at once, each for the reply that bears its number.
 * Any thread may send, many calls at once; one thread, that of front_exchange_run, receives, counts the time
 * and hands answers out.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_EXCHANGE_H
#define COUNTERSIGN_DAEMON_FRONT_EXCHANGE_H

#include "daemon/front_error.h"
#include "daemon/ipc.h"

/* How a call that was sent ends, exactly once, in the thread of front_exchange_run and without any lock held:
 * with keeper's reply (body borrowed for the time of this function), or reply NULL and the reason. */
typedef void front_answer_fn(void *call, const struct ipc_reply *reply, enum front_refusal reason);

/* Called about once a second by front_exchange_run. */
typedef void front_tick_fn(void *ctx);

/* Called when the supervisor sends settings, as fd, which it closes; it answers over link_fd. */
typedef void front_settings_fn(void *ctx, int link_fd, int fd);

/* What else the thread of front_exchange_run does: turn is called whenever one of fds is readable, after
 * answers were handed out, and when the milliseconds that it returned last are over. */
#define FRONT_TURN_FDS 3u
struct front_turn {
	int fds[FRONT_TURN_FDS];
	size_t count;
	int (*turn)(void *ctx);
	void *ctx;
};

struct front_exchange;

/* slots: calls that may wait at once; timeout: seconds that one waits. NULL where memory or a descriptor
 * fails. */
struct front_exchange *front_exchange_new(size_t slots, unsigned timeout, front_answer_fn *answer);
void front_exchange_free(struct front_exchange *x);

/* Seconds that calls wait from now on. */
void front_exchange_allow(struct front_exchange *x, unsigned timeout);

/* Takes request (its id is given here) on behalf of call; it leaves with the next front_exchange_flush.
 * FRONT_ACCEPTED: answer will be called; FRONT_UNAVAILABLE, FRONT_BUSY: it will not. */
CS_MUST_CHECK enum front_refusal front_exchange_send(struct front_exchange *x, struct ipc_request *request,
						     void *call);

/* Sends what was taken, by whatever thread. */
void front_exchange_flush(struct front_exchange *x);

/* Receives until the link ends or stop_fd becomes readable: then CS_OK, and every waiting call has been
 * answered and later ones are refused. CS_ERR_MALFORMED: keeper broke the protocol. New streams come over
 * link_fd (daemon/daemon.h). */
CS_MUST_CHECK enum cs_err front_exchange_run(struct front_exchange *x, int link_fd, int stop_fd,
					     front_tick_fn *tick, front_settings_fn *settings, void *ctx,
					     const struct front_turn *turn);

#endif
