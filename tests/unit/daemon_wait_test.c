/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Requests that wait for Argon2id: they hold nobody up, leave no trace while they wait, are refused when
 * there are too many of them, and are decided as if they had not waited.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "tests/unit/keeper_world.h"

#define PASSWORD "correct horse 7"
#define WRONG	 "wrong horse 77"
#define PATIENCE 10000u /* milliseconds */
#define WAIT_MS	 120000 /* of the tests, for what must come */

/* What the workers wait for, where a test says so. */
static struct gate {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	bool closed;
	unsigned arrived; /* that have stood at it */
	unsigned passes;  /* that may go though it is closed */
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER};

static atomic_uint_fast64_t pool_now;

static uint64_t pool_clock(void *ctx)
{
	(void)ctx;
	return atomic_load(&pool_now);
}

static void compute_behind_gate(void *ctx, const uint8_t secret[32], struct hash_work *work)
{
	(void)ctx;
	(void)pthread_mutex_lock(&gate.lock);
	gate.arrived++;
	(void)pthread_cond_broadcast(&gate.moved);
	while (gate.closed && !gate.passes)
		(void)pthread_cond_wait(&gate.moved, &gate.lock);
	gate.passes -= gate.closed;
	(void)pthread_mutex_unlock(&gate.lock);
	hash_work_compute(secret, work);
}

static void gate_set(bool closed)
{
	(void)pthread_mutex_lock(&gate.lock);
	gate.closed = closed;
	gate.arrived = gate.passes = 0;
	(void)pthread_cond_broadcast(&gate.moved);
	(void)pthread_mutex_unlock(&gate.lock);
}

static void gate_pass_one(void)
{
	(void)pthread_mutex_lock(&gate.lock);
	gate.passes++;
	(void)pthread_cond_broadcast(&gate.moved);
	(void)pthread_mutex_unlock(&gate.lock);
}

static void gate_await(unsigned arrived)
{
	(void)pthread_mutex_lock(&gate.lock);
	while (gate.arrived < arrived)
		(void)pthread_cond_wait(&gate.moved, &gate.lock);
	(void)pthread_mutex_unlock(&gate.lock);
}

/* ---- the world, with workers ---- */

static void set_password(const char *user, const char *change)
{
	struct ipc_request request = ask(IPC_USER_PASSWORD, world.admin);

	with(&request, IPC_TAG_USER, user);
	with(&request, IPC_TAG_PASSWORD, PASSWORD);
	with(&request, IPC_TAG_CHANGE, change);
	assert_int_equal(one(&request), 200);
}

static void set_class(const char *factors)
{
	struct ipc_request request = ask(IPC_CLASS_SET, world.admin);

	with(&request, IPC_TAG_NAME, "default");
	with(&request, IPC_TAG_FACTORS, factors);
	assert_int_equal(one(&request), 200);
}

static void workers_start(unsigned workers, unsigned places, bool closed)
{
	const struct hash_settings settings = {.workers = workers,
					       .places = places,
					       .patience = PATIENCE,
					       .secret = world.keeper.password_secret,
					       .clock = {.now = pool_clock},
					       .compute = compute_behind_gate};

	atomic_store(&pool_now, 1000);
	gate_set(closed);
	world.keeper.pool = hash_pool_new(&settings);
	assert_non_null(world.keeper.pool);
}

static struct ipc_request login(const char *user, const char *password, const char *code)
{
	struct ipc_request request = ask(IPC_LOGIN, world.application);

	with(&request, IPC_TAG_USER, user);
	with(&request, IPC_TAG_PASSWORD, password);
	if (code)
		with(&request, IPC_TAG_CODE, code);
	return request;
}

/* Runs a batch and, until all of it has been answered, those of it that come back; how often the answer was
 * what. */
static struct tally {
	unsigned accepted, wrong, locked, next, busy, other;
} tally;

static unsigned tally_take(struct cs_view replies)
{
	unsigned count = 0;

	for (; replies.len; count++) {
		struct ipc_reply reply = next_reply(&replies);
		memcpy(world.body, reply.body.ptr, reply.body.len);
		world.body[reply.body.len] = '\0';
		unsigned *counter = strstr(world.body, "\"accepted\":true")	  ? &tally.accepted
				    : strstr(world.body, "\"reason\":\"wrong\"")  ? &tally.wrong
				    : strstr(world.body, "\"reason\":\"locked\"") ? &tally.locked
				    : strstr(world.body, "\"next\":[")		  ? &tally.next
				    : strstr(world.body, "\"code\":\"busy\"")	  ? &tally.busy
										  : &tally.other;
		++*counter;
	}
	return count;
}

/* Waits for the workers, and runs what has come back as one batch; how many of them were answered. */
static unsigned returned(void)
{
	static struct ipc_request requests[KEEPER_BATCH_MAX];
	struct pollfd fd = {.fd = hash_pool_fd(world.keeper.pool), .events = POLLIN};
	struct hash_ticket *ticket;
	size_t count = 0;

	assert_int_equal(poll(&fd, 1, WAIT_MS), 1);
	while ((ticket = hash_pool_next(world.keeper.pool)) != NULL) {
		world.keeper.tickets[count] = ticket;
		requests[count++] = ticket->request;
	}
	return count ? tally_take(run(requests, count)) : 0;
}

static void run_all(struct ipc_request *requests, size_t count)
{
	unsigned answered = tally_take(run(requests, count));

	while (answered < count)
		answered += returned();
}

static void run_one(struct ipc_request request)
{
	memset(&tally, 0, sizeof(tally));
	run_all(&request, 1);
}

static uint64_t audit_head(void)
{
	uint8_t hash[AUDIT_HASH_LEN];
	uint64_t head;

	assert_int_equal(db_audit_head(world.keeper.db, &head, hash), CS_OK);
	return head;
}

static unsigned failures_of(const char *name)
{
	struct db_user user;

	assert_int_equal(db_user_find(world.keeper.db, name, &user), CS_OK);
	return user.budget.failures;
}

/* ---- the tests: what is decided ---- */

static void a_login_that_waits_has_left_nothing_behind(void **state)
{
	struct ipc_request request = login("alice", WRONG, NULL);

	(void)state;
	set_password("alice", "never");
	workers_start(1, 4, true);
	const uint64_t head = audit_head();
	const uint64_t asked = world.keeper.metrics.requests[IPC_LOGIN];
	assert_int_equal(run(&request, 1).len, 0);
	assert_int_equal(audit_head(), head);
	assert_int_equal(failures_of("alice"), 0);
	assert_int_equal(world.keeper.metrics.requests[IPC_LOGIN], asked);
	assert_int_equal(world.keeper.metrics.passwords, 0);
	assert_int_equal(hash_pool_counts(world.keeper.pool).waiting, 1);
	gate_set(false);
	while (!returned())
		;
	says("\"reason\":\"wrong\"");
	require_last_audit("login", "wrong", "wrong_password");
	assert_int_equal(audit_head(), head + 1);
	assert_int_equal(failures_of("alice"), 1);
	assert_int_equal(world.keeper.metrics.passwords, 1);
	assert_int_equal(hash_pool_counts(world.keeper.pool).waiting, 0);
}

static void of_forty_wrong_passwords_at_once_five_are_looked_at(void **state)
{
	struct ipc_request requests[40];

	(void)state;
	set_password("alice", "never");
	workers_start(2, 64, false);
	for (unsigned i = 0; i < 40; i++)
		requests[i] = login("alice", WRONG, NULL);
	memset(&tally, 0, sizeof(tally));
	run_all(requests, 40);
	assert_int_equal(tally.wrong, 5);
	assert_int_equal(tally.locked, 35);
	assert_int_equal(world.keeper.metrics.passwords, 5);
	run_one(login("alice", PASSWORD, NULL));
	assert_int_equal(tally.locked, 1);
	assert_int_equal(hash_pool_counts(world.keeper.pool).waiting, 0);
}

static void nobody_waits_as_somebody_does(void **state)
{
	static const char *const names[] = {"alice", "nobody"};

	(void)state;
	set_password("alice", "never");
	workers_start(1, 4, true);
	for (unsigned i = 0; i < 2; i++) {
		struct ipc_request request = login(names[i], WRONG, NULL);
		assert_int_equal(run(&request, 1).len, 0);
	}
	assert_int_equal(hash_pool_counts(world.keeper.pool).waiting, 2);
	gate_set(false);
	memset(&tally, 0, sizeof(tally));
	for (unsigned answered = 0; answered < 2;)
		answered += returned();
	assert_int_equal(tally.wrong, 2);
	assert_int_equal(world.keeper.metrics.passwords, 2);
}

static void a_password_that_changes_while_it_is_looked_at_is_looked_at_again(void **state)
{
	struct ipc_request request = login("alice", WRONG, NULL),
			   change = ask(IPC_USER_PASSWORD, world.admin);

	(void)state;
	set_class("password");
	set_password("alice", "never");
	workers_start(1, 4, true);
	assert_int_equal(run(&request, 1).len, 0);
	gate_await(1);
	struct hash_pool *pool = world.keeper.pool;
	world.keeper.pool = NULL; /* another daemon's, so to say */
	with(&change, IPC_TAG_USER, "alice");
	with(&change, IPC_TAG_PASSWORD, WRONG);
	with(&change, IPC_TAG_CHANGE, "never");
	assert_int_equal(one(&change), 200);
	world.keeper.pool = pool;
	gate_set(false);
	assert_int_equal(returned(), 0);
	memset(&tally, 0, sizeof(tally));
	while (!returned())
		;
	assert_int_equal(tally.accepted, 1);
}

/* Password, new password, and a PIN beside the code: three times called off, and decided once. */
static void a_login_that_wants_three_of_them_is_decided_once_and_spends_its_code_once(void **state)
{
	struct ipc_request enrolment = ask(IPC_TOKEN_ENROL, world.admin), request;
	char code[CS_OATH_CODE_MAX], typed[32];

	(void)state;
	set_password("alice", "first");
	with(&enrolment, IPC_TAG_USER, "alice");
	with(&enrolment, IPC_TAG_TYPE, "hotp");
	with(&enrolment, IPC_TAG_PIN, "2580");
	enrolment.field[IPC_TAG_SECRET] = cs_view(seed, 20);
	assert_int_equal(one(&enrolment), 201);
	workers_start(2, 4, false);
	(void)snprintf(typed, sizeof(typed), "2580%s", code_at(0, code));
	request = login("alice", PASSWORD, typed);
	with(&request, IPC_TAG_NEW_PASSWORD, "battery staple 9");
	assert_int_equal(run(&request, 1).len, 0);
	assert_int_equal(returned(), 0);
	assert_int_equal(failures_of("alice"), 0);
	assert_int_equal(returned(), 0);
	assert_int_equal(failures_of("alice"), 0);
	memset(&tally, 0, sizeof(tally));
	assert_int_equal(returned(), 1);
	assert_int_equal(tally.accepted, 1);
	run_one(login("alice", "battery staple 9", typed));
	assert_int_equal(tally.wrong, 1);
	require_last_audit("login", "wrong", "replay");
}

static void a_right_code_serves_for_one_pin_however_many_wait_with_it(void **state)
{
	struct ipc_request enrolment = ask(IPC_TOKEN_ENROL, world.admin), requests[4];
	char code[CS_OATH_CODE_MAX], typed[4][32];

	(void)state;
	with(&enrolment, IPC_TAG_USER, "alice");
	with(&enrolment, IPC_TAG_TYPE, "hotp");
	with(&enrolment, IPC_TAG_PIN, "2580");
	enrolment.field[IPC_TAG_SECRET] = cs_view(seed, 20);
	assert_int_equal(one(&enrolment), 201);
	workers_start(2, 8, false);
	for (unsigned i = 0; i < 4; i++) {
		(void)snprintf(typed[i], sizeof(typed[i]), "%s%s", i < 3 ? "1379" : "2580", code_at(0, code));
		requests[i] = ask(IPC_OTP_VERIFY, world.application);
		with(&requests[i], IPC_TAG_USER, "alice");
		with(&requests[i], IPC_TAG_CODE, typed[i]);
	}
	memset(&tally, 0, sizeof(tally));
	run_all(requests, 3);
	run_all(&requests[3], 1);
	assert_int_equal(tally.wrong, 4);
	assert_int_equal(failures_of("alice"), 1); /* the others were replays */
	(void)snprintf(typed[3], sizeof(typed[3]), "2580%s", code_at(1, code));
	run_all(&requests[3], 1);
	assert_int_equal(tally.accepted, 1);
}

/* ---- the tests: how many may wait, and how long ---- */

static void whoever_finds_every_place_taken_is_told_so_and_nothing_was_done(void **state)
{
	struct ipc_request requests[5];

	(void)state;
	set_password("alice", "never");
	workers_start(1, 3, true);
	const uint64_t head = audit_head();
	for (unsigned i = 0; i < 5; i++)
		requests[i] = login("alice", WRONG, NULL);
	memset(&tally, 0, sizeof(tally));
	assert_int_equal(tally_take(run(requests, 5)), 2);
	assert_int_equal(tally.busy, 2);
	assert_int_equal(world.keeper.metrics.busy, 2);
	assert_int_equal(audit_head(), head);
	assert_int_equal(failures_of("alice"), 0);
	gate_set(false);
	for (unsigned answered = 0; answered < 3;)
		answered += returned();
	assert_int_equal(tally.wrong, 3);
	run_one(login("alice", WRONG, NULL)); /* there is room again */
	assert_int_equal(tally.wrong, 1);
}

/* The next ticket that was computed, waited for. */
static struct hash_ticket *computed(void)
{
	struct pollfd fd = {.fd = hash_pool_fd(world.keeper.pool), .events = POLLIN};
	struct hash_ticket *ticket;

	while ((ticket = hash_pool_next(world.keeper.pool)) == NULL)
		assert_int_equal(poll(&fd, 1, WAIT_MS), 1);
	return ticket;
}

static struct hash_ticket *submitted(uint64_t group)
{
	const struct ipc_request request = login("alice", PASSWORD, NULL);

	struct hash_ticket *ticket = hash_pool_take(world.keeper.pool, &request, group);
	if (ticket) {
		ticket->work[0].make = true;
		ticket->work[0].cost = world.keeper.cost;
		hash_pool_submit(world.keeper.pool, ticket);
	}
	return ticket;
}

static void whoever_sends_many_waits_for_his_own_and_leaves_others_a_place(void **state)
{
	struct hash_ticket *many[6], *others[2], *last;

	(void)state;
	workers_start(1, 8, true);
	for (size_t i = 0; i < 6; i++) {
		many[i] = submitted(1);
		assert_non_null(many[i]);
		if (i == 0)
			gate_await(1); /* so that it is taken, and the others wait */
	}
	assert_null(submitted(1)); /* two places are left, for others */
	for (size_t i = 0; i < 2; i++) {
		others[i] = submitted(2 + i);
		assert_non_null(others[i]);
	}
	assert_null(submitted(4));
	gate_set(false);
	assert_ptr_equal(computed(), many[0]);
	/* One of each group, then what is left of the first. */
	unsigned before[2] = {0, 0};
	bool seen[2] = {false, false};
	for (size_t i = 1; i < 6;) {
		last = computed();
		if (last == many[i])
			i++;
		for (size_t k = 0; k < 2; k++) {
			seen[k] = seen[k] || last == others[k];
			before[k] = seen[k] ? before[k] : (unsigned)i;
		}
	}
	for (size_t k = 0; k < 2; k++) {
		assert_true(seen[k]);
		assert_true(before[k] <= 2); /* of many: the one at work, and at most another one */
		hash_pool_release(world.keeper.pool, others[k]);
	}
	for (size_t i = 0; i < 6; i++)
		hash_pool_release(world.keeper.pool, many[i]);
}

/* A client comes for the first time whenever a worker is free. */
static void whoever_has_several_waiting_is_served_though_new_ones_come_all_the_time(void **state)
{
	struct hash_ticket *many[3], *last = NULL;

	(void)state;
	workers_start(1, 16, true);
	for (size_t i = 0; i < 3; i++) {
		many[i] = submitted(1);
		assert_non_null(many[i]);
		if (i == 0)
			gate_await(1);
	}
	for (unsigned i = 0; last != many[2] && i < 8; i++) {
		(void)submitted(100 + i);
		gate_pass_one();
		last = computed();
		if (last != many[2])
			hash_pool_release(world.keeper.pool, last);
	}
	gate_set(false);
	assert_ptr_equal(last, many[2]);
}

static void bind_application(const char *name, const char *fingerprint)
{
	struct ipc_request add = ask(IPC_APP_ADD, world.admin), bind = ask(IPC_APP_CERTIFICATE, world.admin);

	with(&add, IPC_TAG_NAME, name);
	assert_int_equal(one(&add), 201);
	with(&bind, IPC_TAG_NAME, name);
	with(&bind, IPC_TAG_FINGERPRINT, fingerprint);
	assert_int_equal(one(&bind), 200);
}

static void an_application_that_is_known_by_its_certificate_takes_no_other_ones_places(void **state)
{
	static const uint8_t prints[2][DB_FINGERPRINT_LEN] = {{0xaa}, {0xbb}};
	struct ipc_request requests[8];

	(void)state;
	set_password("alice", "never");
	bind_application("greedy", "aa00000000000000000000000000000000000000000000000000000000000000");
	bind_application("modest", "bb00000000000000000000000000000000000000000000000000000000000000");
	workers_start(1, 8, true);
	for (unsigned i = 0; i < 8; i++) {
		requests[i] = login("alice", WRONG, NULL);
		requests[i].field[IPC_TAG_CREDENTIAL] = CS_VIEW_EMPTY;
		requests[i].field[IPC_TAG_CERTIFICATE] = CS_VIEW_OF(prints[0]);
	}
	memset(&tally, 0, sizeof(tally));
	const unsigned answered = tally_take(run(requests, 8));
	requests[0].field[IPC_TAG_CERTIFICATE] = CS_VIEW_OF(prints[1]);
	const size_t other = run(requests, 1).len; /* 0: it waits */
	gate_set(false);
	assert_int_equal(answered, 2);
	assert_int_equal(tally.busy, 2);
	assert_int_equal(other, 0);
}

static void nobody_computes_for_whoever_has_given_up(void **state)
{
	struct ipc_request requests[3];

	(void)state;
	set_password("alice", "never");
	workers_start(1, 3, true);
	for (unsigned i = 0; i < 3; i++)
		requests[i] = login("alice", WRONG, NULL);
	assert_int_equal(run(requests, 3).len, 0);
	gate_await(1);
	atomic_fetch_add(&pool_now, PATIENCE);
	gate_set(false);
	while (hash_pool_counts(world.keeper.pool).waiting)
		assert_int_equal(returned(), 0); /* not even the one whose computation had begun */
	assert_int_equal(hash_pool_counts(world.keeper.pool).late, 3);
	assert_int_equal(gate.arrived, 0); /* since it was opened */
	assert_int_equal(failures_of("alice"), 0);
}

static void a_database_that_fails_while_they_ask_keeps_no_place(void **state)
{
	struct ipc_request requests[2] = {login("alice", WRONG, NULL), ask(IPC_USER_ADD, world.admin)};

	(void)state;
	set_password("alice", "never");
	workers_start(1, 3, true);
	assert_int_equal(sql_execute(world.keeper.db->sql, "PRAGMA max_page_count = 1"), CS_OK);
	char name[DB_USER_SIZE];
	memset(name, 'n', 120);
	name[120] = '\0';
	with(&requests[1], IPC_TAG_USER, name);
	for (unsigned i = 0; i < 200 && world.keeper.metrics.failed_commits == 0; i++) {
		(void)snprintf(name + 100, 20, "%u", i);
		(void)run(requests, 2);
		hash_pool_forget(world.keeper.pool);
		gate_set(false);
		while (hash_pool_counts(world.keeper.pool).waiting)
			(void)returned();
		gate_set(true);
	}
	assert_true(world.keeper.metrics.failed_commits > 0);
	assert_int_equal(hash_pool_counts(world.keeper.pool).waiting, 0);
	gate_set(false);
}

/* ---- the tests: nobody is held up ---- */

static void *serve(void *link)
{
	static int status;

	status = keeper_serve(&world.keeper, *(int *)link);
	return &status;
}

struct served {
	int link[2], stream[2];
	pthread_t server;
	size_t have;
};

static void served_start(struct served *s)
{
	const struct timeval patience = {.tv_sec = WAIT_MS / 1000};

	memset(s, 0, sizeof(*s));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s->link), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s->stream), 0);
	assert_int_equal(link_send(s->link[0], LINK_STREAM, s->stream[1]), CS_OK);
	(void)close(s->stream[1]);
	(void)setsockopt(s->stream[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	assert_int_equal(pthread_create(&s->server, NULL, serve, &s->link[1]), 0);
}

static void served_end(struct served *s)
{
	void *status;

	(void)close(s->link[0]);
	assert_int_equal(pthread_join(s->server, &status), 0);
	assert_int_equal(*(int *)status, DAEMON_EXIT_DONE);
	(void)close(s->link[1]);
	(void)close(s->stream[0]);
}

static void served_send(const struct served *s, struct ipc_request request, uint64_t id)
{
	uint8_t frame[IPC_REQUEST_MAX];
	struct cs_writer w = CS_WRITER_OF(frame);

	request.id = id;
	assert_int_equal(ipc_request_build(&request, &w), CS_OK);
	assert_int_equal(send(s->stream[0], frame, cs_writer_view(&w).len, 0), cs_writer_view(&w).len);
}

/* The next reply's id; its body is world.body. */
static uint64_t served_next(struct served *s)
{
	struct ipc_reply reply;
	struct cs_view frame;

	while (ipc_frame_next(cs_view(world.out, s->have), IPC_REPLY_MAX, &frame) != CS_OK) {
		ssize_t got = recv(s->stream[0], world.out + s->have, sizeof(world.out) - s->have, 0);
		assert_true(got > 0);
		s->have += (size_t)got;
	}
	assert_int_equal(ipc_reply_parse(frame, &reply), CS_OK);
	memcpy(world.body, reply.body.ptr, reply.body.len);
	world.body[reply.body.len] = '\0';
	s->have -= frame.len;
	memmove(world.out, world.out + frame.len, s->have);
	return reply.id;
}

/* Every worker is busy and every place taken, for as long as the gate is closed: codes are checked all the
 * same. */
static void a_flood_of_logins_holds_up_no_check(void **state)
{
	enum { LOGINS = 16, CHECKS = 50 };
	struct ipc_request check = ask(IPC_OTP_VERIFY, world.application);
	char id[32], text[CS_OATH_CODE_MAX];
	struct served served;
	unsigned busy = 0;

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	workers_start(2, 10, true); /* of which one caller has 8 */
	served_start(&served);
	for (unsigned i = 0; i < LOGINS; i++)
		served_send(&served, login("nobody", WRONG, NULL), i);
	with(&check, IPC_TAG_USER, "alice");
	for (unsigned i = 0; i < CHECKS; i++) {
		with(&check, IPC_TAG_CODE, code_at(i, text));
		served_send(&served, check, 100 + i);
		uint64_t answered = served_next(&served);
		for (; answered < LOGINS; answered = served_next(&served), busy++)
			says("\"code\":\"busy\"");
		assert_int_equal(answered, 100 + i);
		says("\"accepted\":true");
	}
	assert_int_equal(busy, LOGINS - 8);
	gate_set(false);
	for (unsigned i = 0; i < 8; i++) {
		assert_true(served_next(&served) < LOGINS);
		says(i < 5 ? "\"reason\":\"wrong\"" : "\"reason\":\"locked\"");
	}
	served_end(&served);
}

static void what_waited_for_a_front_that_is_gone_is_forgotten(void **state)
{
	int stream[2];
	struct served served;

	(void)state;
	set_password("alice", "never");
	workers_start(1, 4, true);
	served_start(&served);
	for (unsigned i = 0; i < 3; i++)
		served_send(&served, login("alice", WRONG, NULL), i);
	gate_await(1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream), 0);
	(void)close(served.stream[0]);
	served.stream[0] = stream[0];
	assert_int_equal(link_send(served.link[0], LINK_STREAM, stream[1]), CS_OK);
	(void)close(stream[1]);
	served_send(&served, ask(IPC_HEALTH, NULL), 7);
	assert_int_equal(served_next(&served), 7); /* so the first stream is gone for keeper too */
	gate_set(false);
	served_send(&served, login("alice", PASSWORD, NULL), 8);
	assert_int_equal(served_next(&served), 8);
	says("\"next\":[\"code\"]");
	served_end(&served);
	assert_int_equal(failures_of("alice"), 0);
	assert_int_equal(world.keeper.metrics.passwords, 1);
}

static bool nobody_gives_way;

int __real_setpriority(int which, id_t who, int nice);
int __wrap_setpriority(int which, id_t who, int nice);
int __wrap_setpriority(int which, id_t who, int nice)
{
	if (!nobody_gives_way)
		return __real_setpriority(which, who, nice);
	errno = EPERM;
	return -1;
}

static void that_workers_may_not_give_way_is_told_once(void **state)
{
	FILE *log = tmpfile();
	const int before = dup(STDERR_FILENO);
	char text[4096] = "";

	(void)state;
	assert_true(log && before >= 0 && dup2(fileno(log), STDERR_FILENO) >= 0);
	nobody_gives_way = true;
	workers_start(4, 4, false);
	hash_pool_free(world.keeper.pool); /* all of them have run then */
	world.keeper.pool = NULL;
	nobody_gives_way = false;
	assert_true(dup2(before, STDERR_FILENO) >= 0 && close(before) == 0);
	rewind(log);
	assert_true(fread(text, 1, sizeof(text) - 1, log) > 0);
	assert_int_equal(fclose(log), 0);
	const char *told = strstr(text, "threads for Argon2id do not give way (Operation not permitted)");
	assert_non_null(told);
	assert_null(strstr(told + 1, "threads for Argon2id do not give way"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(a_login_that_waits_has_left_nothing_behind),
	    IN_WORLD(of_forty_wrong_passwords_at_once_five_are_looked_at),
	    IN_WORLD(nobody_waits_as_somebody_does),
	    IN_WORLD(a_password_that_changes_while_it_is_looked_at_is_looked_at_again),
	    IN_WORLD(a_login_that_wants_three_of_them_is_decided_once_and_spends_its_code_once),
	    IN_WORLD(a_right_code_serves_for_one_pin_however_many_wait_with_it),
	    IN_WORLD(whoever_finds_every_place_taken_is_told_so_and_nothing_was_done),
	    IN_WORLD(whoever_sends_many_waits_for_his_own_and_leaves_others_a_place),
	    IN_WORLD(whoever_has_several_waiting_is_served_though_new_ones_come_all_the_time),
	    IN_WORLD(an_application_that_is_known_by_its_certificate_takes_no_other_ones_places),
	    IN_WORLD(nobody_computes_for_whoever_has_given_up),
	    IN_SQLITE(a_database_that_fails_while_they_ask_keeps_no_place),
	    IN_WORLD(a_flood_of_logins_holds_up_no_check),
	    IN_SQLITE(that_workers_may_not_give_way_is_told_once),
	    IN_WORLD(what_waited_for_a_front_that_is_gone_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
