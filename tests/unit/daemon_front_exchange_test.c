/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Front's side of the stream, with the test in keeper's place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "daemon/front_exchange.h"

#define CALLS 40u

struct answered {
	unsigned count;
	unsigned status; /* 0: no reply */
	enum front_refusal reason;
	sem_t done;
};

struct fixture {
	struct front_exchange *x;
	int link[2]; /* supervisor's end, front's end */
	int stop[2];
	int keeper; /* keeper's end of the stream */
	pthread_t thread;
	enum cs_err result;
	struct answered calls[CALLS];
};

static void on_answer(void *call, const struct ipc_reply *reply, enum front_refusal reason)
{
	struct answered *a = call;

	a->count++;
	a->status = reply != NULL ? reply->status : 0;
	a->reason = reason;
	(void)sem_post(&a->done);
}

static void on_tick(void *ctx)
{
	(void)ctx;
}

static int on_turn(void *ctx)
{
	(void)ctx;
	return 1000;
}

static void *runner(void *ctx)
{
	struct fixture *f = ctx;

	const struct front_turn turn = {.turn = on_turn};

	f->result = front_exchange_run(f->x, f->link[1], f->stop[1], on_tick, NULL, NULL, &turn);
	return NULL;
}

static enum front_refusal ask(struct fixture *f, unsigned i)
{
	struct ipc_request request = {.op = IPC_HEALTH};

	enum front_refusal refusal = front_exchange_send(f->x, &request, &f->calls[i]);

	front_exchange_flush(f->x);
	return refusal;
}

/* A new stream for front; true once front uses it, for which a call is sent and looked at. */
static void stream_give(struct fixture *f)
{
	int pair[2];
	enum front_refusal refusal;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(link_send(f->link[0], LINK_STREAM, pair[1]), CS_OK);
	(void)close(pair[1]);
	f->keeper = pair[0];
	do {
		refusal = ask(f, CALLS - 1);
	} while (refusal == FRONT_UNAVAILABLE); /* the link is read in another thread */
	assert_int_equal(refusal, FRONT_ACCEPTED);
}

static uint64_t request_take(struct fixture *f)
{
	uint8_t frame[IPC_REQUEST_MAX];
	struct ipc_request request;
	struct cs_view whole;

	assert_int_equal(recv(f->keeper, frame, IPC_HEADER_LEN, MSG_WAITALL), IPC_HEADER_LEN);
	assert_int_equal(ipc_frame_next(cs_view(frame, IPC_HEADER_LEN), IPC_REQUEST_MAX, &whole), CS_OK);
	assert_int_equal(ipc_request_parse(whole, &request), CS_OK);
	return request.id;
}

static void reply_give(struct fixture *f, uint64_t id, uint16_t status)
{
	uint8_t frame[64];
	struct cs_writer w = CS_WRITER_OF(frame);
	struct ipc_reply reply = {.id = id, .status = status, .body = CS_VIEW_TEXT("{}")};

	assert_int_equal(ipc_reply_build(&reply, &w), CS_OK);
	assert_int_equal(write(f->keeper, frame, w.len), (ssize_t)w.len);
}

static void start(struct fixture *f, size_t slots, unsigned timeout)
{
	memset(f, 0, sizeof *f);
	for (size_t i = 0; i < CALLS; i++) {
		assert_int_equal(sem_init(&f->calls[i].done, 0, 0), 0);
	}
	f->x = front_exchange_new(slots, timeout, on_answer);
	assert_non_null(f->x);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, f->link), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, f->stop), 0);
	assert_int_equal(ask(f, 0), FRONT_UNAVAILABLE);
	assert_int_equal(pthread_create(&f->thread, NULL, runner, f), 0);
	stream_give(f);
}

static void finish(struct fixture *f, enum cs_err want)
{
	(void)close(f->link[0]);
	assert_int_equal(pthread_join(f->thread, NULL), 0);
	assert_int_equal(f->result, want);
	(void)close(f->link[1]);
	(void)close(f->stop[0]);
	(void)close(f->stop[1]);
	(void)close(f->keeper);
	front_exchange_free(f->x);
}

static void wait_for(struct fixture *f, unsigned i)
{
	assert_int_equal(sem_wait(&f->calls[i].done), 0);
}

static void replies_find_their_calls_in_any_order(void **state)
{
	struct fixture f;
	uint64_t ids[CALLS];

	(void)state;
	start(&f, CALLS, 60);
	(void)request_take(&f);
	for (unsigned i = 0; i < CALLS - 1; i++) {
		assert_int_equal(ask(&f, i), FRONT_ACCEPTED);
		ids[i] = request_take(&f);
	}
	for (unsigned i = CALLS - 1; i-- > 0;) {
		reply_give(&f, ids[i], (uint16_t)(200 + i));
		reply_give(&f, ids[i], 500); /* a second reply to the same number is nobody's */
	}
	for (unsigned i = 0; i < CALLS - 1; i++) {
		wait_for(&f, i);
		assert_int_equal(f.calls[i].status, 200 + i);
	}
	finish(&f, CS_OK);
	for (unsigned i = 0; i < CALLS; i++) {
		assert_int_equal(f.calls[i].count, 1);
	}
	assert_int_equal(f.calls[CALLS - 1].reason, FRONT_LOST);
}

static void a_lost_keeper_answers_those_who_wait_and_a_new_one_serves_again(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, CALLS, 60);
	(void)request_take(&f);
	(void)close(f.keeper);
	wait_for(&f, CALLS - 1);
	assert_int_equal(f.calls[CALLS - 1].reason, FRONT_LOST);
	stream_give(&f);
	reply_give(&f, request_take(&f), 200);
	wait_for(&f, CALLS - 1);
	assert_int_equal(f.calls[CALLS - 1].status, 200);
	finish(&f, CS_OK);
}

static void no_more_calls_wait_than_there_are_slots(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 2, 60);
	assert_int_equal(ask(&f, 0), FRONT_ACCEPTED);
	assert_int_equal(ask(&f, 1), FRONT_BUSY);
	reply_give(&f, request_take(&f), 200);
	wait_for(&f, CALLS - 1);
	assert_int_equal(ask(&f, 1), FRONT_ACCEPTED);
	finish(&f, CS_OK);
	assert_int_equal(f.calls[1].count, 1);
}

static void a_keeper_that_does_not_answer_is_not_waited_for_for_ever(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 2, 1);
	wait_for(&f, CALLS - 1);
	assert_int_equal(f.calls[CALLS - 1].reason, FRONT_TIMEOUT);
	reply_give(&f, request_take(&f), 200); /* late: dropped */
	finish(&f, CS_OK);
	assert_int_equal(f.calls[CALLS - 1].count, 1);
}

static void a_keeper_that_breaks_the_protocol_ends_the_run(void **state)
{
	static const uint8_t garbage[IPC_HEADER_LEN] = {0xff, 0xff, 0xff, 0xff};
	struct fixture f;

	(void)state;
	start(&f, 2, 60);
	assert_int_equal(write(f.keeper, garbage, sizeof garbage), sizeof garbage);
	wait_for(&f, CALLS - 1);
	finish(&f, CS_ERR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(replies_find_their_calls_in_any_order),
	    cmocka_unit_test(a_lost_keeper_answers_those_who_wait_and_a_new_one_serves_again),
	    cmocka_unit_test(no_more_calls_wait_than_there_are_slots),
	    cmocka_unit_test(a_keeper_that_does_not_answer_is_not_waited_for_for_ever),
	    cmocka_unit_test(a_keeper_that_breaks_the_protocol_ends_the_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
