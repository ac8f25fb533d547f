/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The stream to keeper, seen from front.
 *
 * 1. A slot is busy from send until answer; its index and sequence number are the request's id, so that a
 * late reply to a call that timed out finds another sequence number and is dropped.
 * 2. stream, slots and outgoing are read and written under the lock only; incoming belongs to the running
 * thread.
 * 3. answer is called without the lock, after the slot was freed.
 * 4. What cannot be written at once stays in outgoing; the running thread is woken, once (told), and sends it
 * when it can.
 *
 *   no stream --link_receive--> streaming --end of stream, error--> no stream (busy slots answered
 * LOST: keeper may have done what they asked for)
 */
#include "daemon/front_exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"
#include "daemon/daemon.h"

#define OUTGOING_MAX	((size_t)1 << 20)
#define OUTGOING_ENOUGH ((size_t)1 << 16) /* not to be kept for a flush */
#define INCOMING_MAX	(2u * IPC_REPLY_MAX)

struct slot {
	void *call; /* NULL: free */
	uint32_t sequence;
	int64_t deadline; /* milliseconds of the monotonic clock */
};

struct front_exchange {
	front_answer_fn *answer;
	int64_t timeout; /* milliseconds; under the lock */
	pthread_mutex_t lock;
	int stream; /* -1: none */
	int wake;   /* eventfd: outgoing waits for the running thread */
	bool told;  /* it has been woken since outgoing was empty */
	bool stopped;
	struct slot *slots;
	size_t slot_count;
	size_t next_slot; /* where the search for a free one begins */
	uint8_t *outgoing;
	size_t outgoing_len;
	uint8_t *incoming;
	size_t incoming_len;
};

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct front_exchange *front_exchange_new(size_t slots, unsigned timeout, front_answer_fn *answer)
{
	struct front_exchange *x = calloc(1, sizeof *x);

	if (x == NULL) {
		return NULL;
	}
	x->answer = answer;
	x->timeout = (int64_t)timeout * 1000;
	x->stream = -1;
	x->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	x->slots = calloc(slots, sizeof *x->slots);
	x->slot_count = slots;
	x->outgoing = malloc(OUTGOING_MAX);
	x->incoming = malloc(INCOMING_MAX);
	if (pthread_mutex_init(&x->lock, NULL) != 0 || x->wake < 0 || x->slots == NULL ||
	    x->outgoing == NULL || x->incoming == NULL) {
		front_exchange_free(x);
		return NULL;
	}
	return x;
}

void front_exchange_free(struct front_exchange *x)
{
	if (x == NULL) {
		return;
	}
	if (x->stream >= 0) {
		(void)close(x->stream);
	}
	if (x->wake >= 0) {
		(void)close(x->wake);
	}
	if (x->outgoing != NULL) {
		cs_wipe(x->outgoing, x->outgoing_len);
	}
	if (x->incoming != NULL) {
		cs_wipe(x->incoming, x->incoming_len);
	}
	free(x->outgoing);
	free(x->incoming);
	free(x->slots);
	(void)pthread_mutex_destroy(&x->lock);
	free(x);
}

void front_exchange_allow(struct front_exchange *x, unsigned timeout)
{
	(void)pthread_mutex_lock(&x->lock);
	x->timeout = (int64_t)timeout * 1000;
	(void)pthread_mutex_unlock(&x->lock);
}

/* ---- under the lock ---- */

/* Sends what there is. False where the stream broke; the running thread will see that too. */
static bool outgoing_flush(struct front_exchange *x)
{
	size_t done = 0;

	while (done < x->outgoing_len) {
		ssize_t n =
		    send(x->stream, x->outgoing + done, x->outgoing_len - done, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
			return false;
		}
		if (n <= 0) {
			break;
		}
		done += (size_t)n;
	}
	cs_wipe(x->outgoing, done);
	memmove(x->outgoing, x->outgoing + done, x->outgoing_len - done);
	x->outgoing_len -= done;
	return true;
}

static struct slot *slot_find(struct front_exchange *x)
{
	for (size_t i = 0; i < x->slot_count; i++) {
		struct slot *slot = &x->slots[(x->next_slot + i) % x->slot_count];

		if (slot->call == NULL) {
			x->next_slot = (x->next_slot + i + 1) % x->slot_count;
			return slot;
		}
	}
	return NULL;
}

static enum front_refusal send_locked(struct front_exchange *x, struct ipc_request *request, void *call)
{
	struct cs_writer w = cs_writer_of(x->outgoing + x->outgoing_len, OUTGOING_MAX - x->outgoing_len);
	struct slot *slot;

	if (x->stream < 0 || x->stopped) {
		return FRONT_UNAVAILABLE;
	}
	slot = slot_find(x);
	if (slot == NULL) {
		return FRONT_BUSY;
	}
	request->id = (uint64_t)(slot->sequence + 1u) << 32 | (uint64_t)(slot - x->slots);
	if (ipc_request_build(request, &w) != CS_OK) {
		return FRONT_BUSY;
	}
	x->outgoing_len += cs_writer_view(&w).len;
	slot->sequence++;
	slot->call = call;
	slot->deadline = now_ms() + x->timeout;
	if (x->outgoing_len >= OUTGOING_ENOUGH) {
		(void)outgoing_flush(x);
	}
	return FRONT_ACCEPTED;
}

enum front_refusal front_exchange_send(struct front_exchange *x, struct ipc_request *request, void *call)
{
	enum front_refusal refusal;

	(void)pthread_mutex_lock(&x->lock);
	refusal = send_locked(x, request, call);
	(void)pthread_mutex_unlock(&x->lock);
	return refusal;
}

void front_exchange_flush(struct front_exchange *x)
{
	(void)pthread_mutex_lock(&x->lock);
	/* A broken stream is not looked at here: the running thread answers all that wait. */
	if (x->outgoing_len > 0 && outgoing_flush(x) && x->outgoing_len > 0 && !x->told) {
		x->told = eventfd_write(x->wake, 1) == 0;
	}
	x->told = x->told && x->outgoing_len > 0;
	(void)pthread_mutex_unlock(&x->lock);
}

/* ---- the running thread ---- */

static void reply_deliver(struct front_exchange *x, const struct ipc_reply *reply)
{
	size_t index = (size_t)(reply->id & 0xFFFFFFFFu);
	void *call = NULL;

	(void)pthread_mutex_lock(&x->lock);
	if (index < x->slot_count && x->slots[index].sequence == (uint32_t)(reply->id >> 32)) {
		call = x->slots[index].call;
		x->slots[index].call = NULL;
	}
	(void)pthread_mutex_unlock(&x->lock);
	if (call != NULL) {
		x->answer(call, reply, FRONT_ACCEPTED);
	}
}

/* Answers what waits, and has waited until before or longer, with reason. */
static void slots_give_up(struct front_exchange *x, int64_t before, enum front_refusal reason)
{
	for (size_t i = 0; i < x->slot_count; i++) {
		void *call = NULL;

		(void)pthread_mutex_lock(&x->lock);
		if (x->slots[i].call != NULL && x->slots[i].deadline <= before) {
			call = x->slots[i].call;
			x->slots[i].call = NULL;
		}
		(void)pthread_mutex_unlock(&x->lock);
		if (call != NULL) {
			x->answer(call, NULL, reason);
		}
	}
}

/* The stream ended, or is replaced by fd (-1: by none yet). */
static void stream_replace(struct front_exchange *x, int fd)
{
	(void)pthread_mutex_lock(&x->lock);
	if (x->stream >= 0) {
		(void)close(x->stream);
	}
	x->stream = -1;
	cs_wipe(x->outgoing, x->outgoing_len);
	x->outgoing_len = 0;
	(void)pthread_mutex_unlock(&x->lock);

	cs_wipe(x->incoming, x->incoming_len);
	x->incoming_len = 0;
	slots_give_up(x, INT64_MAX, FRONT_LOST);

	(void)pthread_mutex_lock(&x->lock);
	x->stream = fd;
	(void)pthread_mutex_unlock(&x->lock);
}

static enum cs_err incoming_deliver(struct front_exchange *x)
{
	size_t done = 0;
	enum cs_err err;
	struct cs_view frame;
	struct ipc_reply reply;

	for (;;) {
		err = ipc_frame_next(cs_view(x->incoming + done, x->incoming_len - done), IPC_REPLY_MAX,
				     &frame);
		if (err != CS_OK) {
			break;
		}
		err = ipc_reply_parse(frame, &reply);
		if (err != CS_OK) {
			break;
		}
		reply_deliver(x, &reply);
		done += frame.len;
	}
	cs_wipe(x->incoming, done);
	memmove(x->incoming, x->incoming + done, x->incoming_len - done);
	x->incoming_len -= done;
	return err == CS_ERR_BUSY ? CS_OK : err;
}

static enum cs_err stream_read(struct front_exchange *x)
{
	ssize_t n =
	    recv(x->stream, x->incoming + x->incoming_len, INCOMING_MAX - x->incoming_len, MSG_DONTWAIT);

	if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) {
		return CS_OK;
	}
	if (n <= 0) {
		stream_replace(x, -1);
		return CS_OK;
	}
	x->incoming_len += (size_t)n;
	return incoming_deliver(x);
}

static bool outgoing_waits(struct front_exchange *x)
{
	bool waits;

	(void)pthread_mutex_lock(&x->lock);
	waits = x->outgoing_len > 0;
	(void)pthread_mutex_unlock(&x->lock);
	return waits;
}

/* One stream after the other comes over the link; false at its end. */
static bool link_read(struct front_exchange *x, int link_fd, front_settings_fn *settings, void *ctx)
{
	int fd = -1;
	enum link_kind kind = link_receive(link_fd, &fd);

	if (kind == LINK_STREAM) {
		stream_replace(x, fd);
	}
	if (kind == LINK_SETTINGS) {
		settings(ctx, link_fd, fd);
	}
	return kind != LINK_END;
}

static void exchange_stop(struct front_exchange *x)
{
	(void)pthread_mutex_lock(&x->lock);
	x->stopped = true;
	(void)pthread_mutex_unlock(&x->lock);
	stream_replace(x, -1);
}

/* What the running thread waits for. */
enum { STOP, LINK, WAKE, STREAM, TURN, COUNT = TURN + (int)FRONT_TURN_FDS };

static void run_wait(struct front_exchange *x, struct pollfd fds[COUNT], const struct front_turn *turn,
		     int64_t wait)
{
	eventfd_t woken;

	fds[WAKE] = (struct pollfd){.fd = x->wake, .events = POLLIN};
	fds[STREAM] = (struct pollfd){.fd = x->stream, .events = POLLIN};
	if (outgoing_waits(x)) {
		fds[STREAM].events |= POLLOUT;
	}
	for (size_t i = 0; i < FRONT_TURN_FDS; i++) {
		fds[TURN + i] = (struct pollfd){.fd = i < turn->count ? turn->fds[i] : -1, .events = POLLIN};
	}
	(void)poll(fds, COUNT, wait > 0 ? (int)wait : 0);
	if (fds[WAKE].revents != 0) {
		(void)eventfd_read(x->wake, &woken);
	}
}

/* Returns the time of the next tick. */
static int64_t run_tick(struct front_exchange *x, int64_t next, front_tick_fn *tick, void *ctx)
{
	if (now_ms() < next) {
		return next;
	}
	slots_give_up(x, now_ms(), FRONT_TIMEOUT);
	tick(ctx);
	return now_ms() + 1000;
}

enum cs_err front_exchange_run(struct front_exchange *x, int link_fd, int stop_fd, front_tick_fn *tick,
			       front_settings_fn *settings, void *ctx, const struct front_turn *turn)
{
	struct pollfd fds[COUNT] = {
	    [STOP] = {.fd = stop_fd, .events = POLLIN}, [LINK] = {.fd = link_fd, .events = POLLIN}};
	int64_t next_tick = now_ms() + 1000;
	enum cs_err err = CS_OK;
	int64_t wait = 0;

	while (err == CS_OK) {
		run_wait(x, fds, turn, wait < next_tick - now_ms() ? wait : next_tick - now_ms());
		if (fds[STOP].revents != 0) {
			break;
		}
		if ((fds[STREAM].revents & POLLOUT) != 0) {
			front_exchange_flush(x);
		}
		if ((fds[STREAM].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
			err = stream_read(x);
		}
		if (fds[LINK].revents != 0 && !link_read(x, link_fd, settings, ctx)) {
			break;
		}
		next_tick = run_tick(x, next_tick, tick, ctx);
		wait = turn->turn(turn->ctx);
	}
	exchange_stop(x);
	return err;
}
