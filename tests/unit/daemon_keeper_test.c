/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keeper's decisions through its batches, on a database of its own and a clock that the test moves.
 */
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "daemon/role.h"
#include "tests/unit/keeper_world.h"

static void an_hotp_code_is_accepted_once_and_audited(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	require_verified(" ALICE ", code_at(0, text));
	says(id);
	require_last_audit("otp_verify", "accepted", "");
	require_wrong("alice", code_at(0, text));
	require_last_audit("otp_verify", "wrong", "replay");
	require_verified("alice", code_at(5, text));
	require_wrong("alice", code_at(4, text));
	require_verified("alice", code_at(6 + 10, text));
	require_wrong("alice", code_at(17 + 11, text));
	require_last_audit("otp_verify", "wrong", "wrong_code");
	require_wrong("nobody", code_at(17, text));
	require_last_audit("otp_verify", "wrong", "unknown_user");
}

static void the_same_code_two_hundred_times_in_one_batch_is_accepted_once(void **state)
{
	struct ipc_request requests[200];
	char id[32], text[CS_OATH_CODE_MAX];
	unsigned accepted = 0;

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	code_at(3, text);
	for (size_t i = 0; i < 200; i++) {
		requests[i] = ask(IPC_OTP_VERIFY, world.application);
		with(&requests[i], IPC_TAG_USER, "alice");
		with(&requests[i], IPC_TAG_CODE, text);
	}
	struct cs_view replies = run(requests, 200);
	for (size_t i = 0; i < 200; i++) {
		struct ipc_reply reply = next_reply(&replies);
		assert_int_equal(reply.id, i);
		accepted += cs_view_starts_with(reply.body, CS_VIEW_TEXT("{\"accepted\":true"));
	}
	assert_int_equal(accepted, 1);
	assert_int_equal(world.keeper.metrics.verifications[KEEPER_REPLAY], 199);
	require_verified("alice", code_at(4, text)); /* and nobody was locked out */
}

static void no_wrong_code_is_looked_at_beyond_the_limit_even_within_one_batch(void **state)
{
	struct ipc_request requests[41];
	char id[32], codes[41][8], text[CS_OATH_CODE_MAX];
	unsigned wrong = 0, locked = 0;

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	for (size_t i = 0; i < 41; i++) {
		(void)snprintf(codes[i], sizeof(codes[i]), "%06u", (unsigned)i);
		requests[i] = ask(IPC_OTP_VERIFY, world.application);
		with(&requests[i], IPC_TAG_USER, i % 2 ? "alice" : "ALICE");
		with(&requests[i], IPC_TAG_CODE, codes[i]);
	}
	with(&requests[40], IPC_TAG_CODE, code_at(0, text)); /* the right one comes last, too late */
	struct cs_view replies = run(requests, 41);
	for (size_t i = 0; i < 41; i++) {
		struct ipc_reply reply = next_reply(&replies);
		wrong += cs_view_equal(reply.body, CS_VIEW_TEXT("{\"accepted\":false,\"reason\":\"wrong\"}"));
		locked += cs_view_equal(
		    reply.body, CS_VIEW_TEXT("{\"accepted\":false,\"reason\":\"locked\",\"wait\":60}"));
	}
	assert_int_equal(wrong, 5);
	assert_int_equal(locked, 36);
	assert_int_equal(world.keeper.metrics.evaluations, 5);
}

static void a_lock_survives_a_restart_and_ends_when_an_administrator_enables_the_token(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	for (unsigned i = 0; i < 5; i++)
		require_wrong("alice", "000000");
	keeper_close(&world.keeper);
	world_open();
	require_locked("alice", code_at(0, text));
	assert_int_equal(resync(id, code_at(0, text), "287082"), 409);
	says("\"locked\"");
	assert_int_equal(on_token(IPC_TOKEN_ENABLE, id), 200);
	require_verified("alice", code_at(0, text));
}

static void a_right_code_clears_the_failures(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 4; i++)
			require_wrong("alice", "000000");
		require_verified("alice", code_at(round, text));
	}
}

static void a_wrong_code_against_two_tokens_is_one_attempt_and_locks_neither_token(void **state)
{
	struct ipc_request request = ask(IPC_TOKEN_LIST, world.admin);
	char id[32], id2[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	assert_int_equal(enrol_seed("alice", "totp", CS_VIEW_TEXT("another seed"), id2), 201);
	for (unsigned i = 0; i < 4; i++)
		require_wrong("alice", "000000");
	assert_int_equal(one(&request), 200);
	assert_null(strstr(world.body, "\"failures\":4"));
	require_verified("alice", code_at(0, text));
	require_verified("alice", code_of(CS_VIEW_TEXT("another seed"), T0 / 30, text));
}

static void a_totp_code_lives_for_its_window_and_once(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];
	uint64_t step = T0 / 30;

	(void)state;
	assert_int_equal(enrol("alice", "totp", id), 201);
	require_wrong("alice", code_at(step - 2, text));
	require_wrong("alice", code_at(step + 2, text));
	require_verified("alice", code_at(step - 1, text));
	require_wrong("alice", code_at(step - 1, text));
	require_verified("alice", code_at(step, text));
	world.now += 60;
	require_wrong("alice", code_at(step, text));
	require_verified("alice", code_at(step + 2, text));
	world.now -= 60; /* the clock is set back: nothing is accepted again */
	require_wrong("alice", code_at(step, text));
	require_wrong("alice", code_at(step + 1, text));
}

static void a_token_whose_clock_runs_fast_is_followed(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "totp", id), 201);
	for (unsigned i = 1; i <= 20; i++) {
		world.now += 86400;
		require_verified("alice", code_at(world.now / 30 + i, text));
	}
	world.now += 86400;
	require_verified("alice",
			 code_at(world.now / 30 + 21, text)); /* within the window, but learnt no more */
	world.now += 86400;
	require_wrong("alice", code_at(world.now / 30 + 22, text));
}

static void a_resync_brings_a_token_back_and_never_takes_it_back(void **state)
{
	char id[32], a[CS_OATH_CODE_MAX], b[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	require_wrong("alice", code_at(500, a));
	assert_int_equal(resync(id, code_at(500, a), code_at(501, b)), 200);
	require_wrong("alice", code_at(501, a));
	assert_int_equal(resync(id, code_at(100, a), code_at(101, b)), 409);
	says("\"wrong_codes\"");
	assert_int_equal(resync(id, code_at(500, a), code_at(501, b)), 409);
	require_verified("alice", code_at(502, a));
}

static void wrong_resyncs_spend_the_same_budget(void **state)
{
	char id[32], a[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(resync(id, "000000", "000001"), 409);
	says("\"wrong_codes\"");
	assert_int_equal(resync(id, "000000", "000001"), 409);
	says("\"locked\"");
	require_locked("alice", code_at(0, a));
}

static void a_disabled_token_accepts_nothing(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	assert_int_equal(on_token(IPC_TOKEN_DISABLE, id), 200);
	require_wrong("alice", code_at(0, text));
	require_last_audit("otp_verify", "wrong", "token_disabled");
	assert_int_equal(resync(id, code_at(0, text), "287082"), 409);
	assert_int_equal(on_token(IPC_TOKEN_ENABLE, id), 200);
	require_verified("alice", code_at(0, text));
	assert_int_equal(on_token(IPC_TOKEN_DISABLE, "t_0000000000000000"), 404);
}

static void a_credential_opens_only_its_own_role_and_every_refusal_is_audited(void **state)
{
	char stranger[] = "csa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

	(void)state;
	for (unsigned op = 1; op < IPC_OP_COUNT; op++) {
		if (role_may(0, op) || op == IPC_AUTH) /* whoever has a credential may exchange it */
			continue;
		struct ipc_request request =
		    ask((enum ipc_op)op, role_may(ROLE_APPLICATION, op) ? world.admin : world.application);
		assert_int_equal(one(&request), 403);
		require_last_audit(ipc_rule(op)->name, "refused", "forbidden");
		world.now += 60; /* else it is counted with the one before: daemon_refused_test */
		request = ask((enum ipc_op)op, stranger);
		assert_int_equal(one(&request), 401);
		require_last_audit(ipc_rule(op)->name, "refused", "unauthorized");
		request = ask((enum ipc_op)op, "x");
		assert_int_equal(one(&request), 401);
	}
}

static void a_removed_application_is_nobody(void **state)
{
	struct ipc_request request = ask(IPC_APP_REMOVE, world.admin);

	(void)state;
	with(&request, IPC_TAG_NAME, "web");
	assert_int_equal(one(&request), 200);
	assert_int_equal(one(&request), 404);
	request = ask(IPC_OTP_VERIFY, world.application);
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_CODE, "123456");
	assert_int_equal(one(&request), 401);
}

static void whose_credential_is_replaced_within_a_batch_is_nobody_in_the_rest_of_it(void **state)
{
	struct ipc_request requests[] = {ask(IPC_USER_LIST, world.admin), ask(IPC_STAFF_ROTATE, world.admin),
					 ask(IPC_USER_LIST, world.admin)};
	const size_t count = sizeof(requests) / sizeof(requests[0]);
	static const uint16_t statuses[] = {200, 200, 401};

	(void)state;
	with(&requests[1], IPC_TAG_NAME, "admin");
	struct cs_view replies = run(requests, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(next_reply(&replies).status, statuses[i]);
}

static void what_is_remembered_of_a_caller_is_not_taken_for_another_one_s(void **state)
{
	struct ipc_request requests[] = {
	    ask(IPC_OTP_VERIFY, world.application),
	    ask(IPC_OTP_VERIFY, world.application),
	    ask(IPC_OTP_VERIFY, "csp_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
	    ask(IPC_OTP_VERIFY, world.admin),
	    ask(IPC_USER_LIST, world.application),
	    ask(IPC_OTP_VERIFY, world.application)};
	const size_t count = sizeof(requests) / sizeof(requests[0]);
	static const uint16_t statuses[] = {200, 200, 401, 403, 403, 200};

	(void)state;
	for (size_t i = 0; i < count; i++) {
		if (requests[i].op != IPC_OTP_VERIFY)
			continue;
		with(&requests[i], IPC_TAG_USER, "alice");
		with(&requests[i], IPC_TAG_CODE, "123456");
	}
	struct cs_view replies = run(requests, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(next_reply(&replies).status, statuses[i]);
}

static void lists_come_in_pages_that_meet_without_gap_or_overlap(void **state)
{
	static const uint8_t limit[] = {0, 0, 0, 7};
	char name[16], after[129] = "";
	unsigned rows = 0, pages = 0;

	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		struct ipc_request request = ask(IPC_USER_ADD, world.admin);
		(void)snprintf(name, sizeof(name), "user%02u", i);
		with(&request, IPC_TAG_USER, name);
		assert_int_equal(one(&request), 201);
	}
	do {
		struct ipc_request request = ask(IPC_USER_LIST, world.admin);
		request.field[IPC_TAG_LIMIT] = CS_VIEW_OF(limit);
		if (after[0])
			with(&request, IPC_TAG_AFTER, after);
		assert_int_equal(one(&request), 200);
		for (const char *at = world.body; (at = strstr(at, "{\"user\":")); at++)
			rows++;
		pages++;
		if (strstr(world.body, "\"next\":null"))
			break;
		member("next", after, sizeof(after));
	} while (pages < 20);
	assert_int_equal(rows, 51);
	assert_int_equal(pages, 8);
}

static void settings_that_cannot_be_are_refused_one_by_one(void **state)
{
	static const uint8_t five[] = {5}, nine[] = {9}, short_period[] = {0, 0, 0, 9},
			     huge[] = {0x40, 0, 0, 0, 0, 0, 0, 0};
	static const struct {
		const char *type;
		enum ipc_tag tag;
		struct cs_view value;
		const char *code;
	} wrong[] = {
	    {"motp", IPC_TAG_DIGITS, {NULL, 0}, "bad_type"},
	    {"hotp", IPC_TAG_HASH, {(const uint8_t *)"MD5", 3}, "bad_algorithm"},
	    {"hotp", IPC_TAG_DIGITS, {five, 1}, "bad_digits"},
	    {"hotp", IPC_TAG_DIGITS, {nine, 1}, "bad_digits"},
	    {"totp", IPC_TAG_PERIOD, {short_period, 4}, "bad_period"},
	    {"hotp", IPC_TAG_COUNTER, {huge, 8}, "bad_counter"},
	    {"totp", IPC_TAG_COUNTER, {huge, 8}, "bad_counter"},
	    {"hotp", IPC_TAG_LABEL, {(const uint8_t *)"a\nb", 3}, "bad_label"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct ipc_request request = ask(IPC_TOKEN_ENROL, world.admin);
		with(&request, IPC_TAG_USER, "alice");
		with(&request, IPC_TAG_TYPE, wrong[i].type);
		request.field[wrong[i].tag] = wrong[i].value;
		assert_int_equal(one(&request), 400);
		says(wrong[i].code);
	}
	char id[32];
	assert_int_equal(enrol("nobody", "hotp", id), 404);
}

static void a_seed_made_here_is_told_once_and_stored_sealed(void **state)
{
	struct ipc_request request = ask(IPC_TOKEN_ENROL, world.admin);
	char otpauth[1024], id[32];
	struct db_token token;

	(void)state;
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_TYPE, "totp");
	with(&request, IPC_TAG_HASH, "SHA256");
	assert_int_equal(one(&request), 201);
	member("otpauth", otpauth, sizeof(otpauth));
	member("token", id, sizeof(id));
	assert_non_null(strstr(otpauth, "otpauth://totp/Countersign:alice?secret="));
	assert_non_null(strstr(otpauth, "&algorithm=SHA256&digits=6&period=30"));
	assert_int_equal(db_token_find(world.keeper.db, id, &token), CS_OK);
	assert_int_equal(token.sealed_len, 32 + SEAL_OVERHEAD);
	request = ask(IPC_TOKEN_LIST, world.admin);
	assert_int_equal(one(&request), 200);
	assert_null(strstr(world.body, "secret"));
}

static void the_chain_of_everything_that_was_asked_holds(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];
	uint64_t last, broken, before;
	uint8_t hash[AUDIT_HASH_LEN];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	assert_int_equal(db_audit_head(world.keeper.db, &before, hash), CS_OK);
	for (unsigned i = 0; i < 50; i++)
		require_verified("alice", code_at(i, text));
	assert_int_equal(audit_check(world.keeper.db, 0, &last, &broken), CS_OK);
	assert_int_equal(last, before + 50);
}

static void a_transaction_that_cannot_be_committed_answers_503_to_all_and_changes_nothing(void **state)
{
	struct ipc_request requests[2];
	char id[32], text[CS_OATH_CODE_MAX], text2[CS_OATH_CODE_MAX];
	struct db_user alice;
	struct db *other;

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	code_at(0, text);
	code_at(1, text2);
	for (size_t i = 0; i < 2; i++) {
		requests[i] = ask(IPC_OTP_VERIFY, world.application);
		with(&requests[i], IPC_TAG_USER, "alice");
		with(&requests[i], IPC_TAG_CODE, i ? text2 : text);
	}
	/* Another connection holds a lock for longer than keeper waits. */
	assert_int_equal(sql_execute(world.keeper.db->sql, world.database.server ? "SET lock_timeout = 20"
										 : "PRAGMA busy_timeout = 0"),
			 CS_OK);
	assert_int_equal(db_open(world.config.database, &other), CS_OK);
	assert_int_equal(db_begin(other), CS_OK);
	assert_int_equal(db_user_find(other, "alice", &alice), CS_OK);
	struct cs_view replies = run(requests, 2);
	for (size_t i = 0; i < 2; i++) {
		struct ipc_reply reply = next_reply(&replies);
		assert_int_equal(reply.status, 503);
		assert_int_equal(reply.id, i);
	}
	db_rollback(other);
	db_close(other);
	assert_int_equal(world.keeper.metrics.failed_commits, 1);
	require_verified("alice", text);
	require_verified("alice", text2);
}

/* Whatever the audit log is to be told of bob is refused, once his request was run and others beside it. */
static void poison(bool begins)
{
	assert_true(database_execute(
	    &world.database,
	    begins ? "CREATE TRIGGER poison BEFORE INSERT ON audit WHEN NEW.\"user\" = 'bob'"
		     " BEGIN SELECT RAISE(FAIL, 'poison'); END"
		   : "DROP TRIGGER poison",
	    begins ? "CREATE FUNCTION poison() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$ "
		     "LANGUAGE plpgsql;"
		     "CREATE TRIGGER poison BEFORE INSERT ON audit FOR EACH ROW WHEN (NEW.\"user\" = 'bob')"
		     " EXECUTE FUNCTION poison()"
		   : "DROP TRIGGER poison ON audit; DROP FUNCTION poison"));
}

/* Others hold their locks the other way round whenever the audit log is told; how often that was is kept
 * outside of transactions. */
static void requests_that_others_locks_always_stand_against_do_not_take_many_tries_each(void **state)
{
	struct ipc_request requests[6];

	(void)state;
	assert_true(database_execute(
	    &world.database, NULL,
	    "CREATE SEQUENCE tries;"
	    "CREATE FUNCTION deadlock() RETURNS trigger AS $$ BEGIN PERFORM nextval('tries');"
	    " RAISE EXCEPTION 'locked' USING ERRCODE = '40P01'; END $$ LANGUAGE plpgsql;"
	    "CREATE TRIGGER deadlock BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION deadlock()"));
	for (size_t i = 0; i < 6; i++) {
		requests[i] = ask(IPC_OTP_VERIFY, world.application);
		with(&requests[i], IPC_TAG_USER, "alice");
		with(&requests[i], IPC_TAG_CODE, "000000");
	}
	struct cs_view replies = run(requests, 6);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(next_reply(&replies).status, 503);
	/* Eight of the batch, and eight each of two of them. */
	assert_true(database_execute(&world.database, NULL,
				     "DO $$ BEGIN IF (SELECT last_value FROM tries) <> 24 THEN"
				     " RAISE EXCEPTION 'other'; END IF; END $$"));
}

static void a_request_that_fails_takes_no_other_one_of_its_batch_with_it(void **state)
{
	static const char *const users[] = {"alice", "bob", "carol", "alice"};
	struct ipc_request requests[4], user = ask(IPC_USER_ADD, world.admin);
	char id[32], text[CS_OATH_CODE_MAX];
	uint64_t before, last, broken;

	(void)state;
	with(&user, IPC_TAG_USER, "bob");
	assert_int_equal(one(&user), 201);
	with(&user, IPC_TAG_USER, "carol");
	assert_int_equal(one(&user), 201);
	assert_int_equal(enrol("alice", "hotp", id), 201);
	assert_int_equal(enrol_seed("carol", "hotp", CS_VIEW_TEXT("another seed of carol"), id), 201);
	assert_int_equal(enrol_seed("bob", "hotp", CS_VIEW_TEXT("another seed, of bob's"), id), 201);
	poison(true);
	assert_int_equal(audit_check(world.keeper.db, 0, &before, &broken), CS_OK);
	for (size_t i = 0; i < 4; i++) {
		requests[i] = ask(IPC_OTP_VERIFY, world.application);
		with(&requests[i], IPC_TAG_USER, users[i]);
		with(&requests[i], IPC_TAG_CODE, i % 3 ? "000000" : code_at(0, text));
	}
	struct cs_view replies = run(requests, 4);
	for (size_t i = 0; i < 4; i++) {
		struct ipc_reply reply = next_reply(&replies);
		assert_int_equal(reply.id, i);
		assert_int_equal(reply.status, i == 1 ? 503 : 200);
		assert_true(i == 1 || (memmem(reply.body.ptr, reply.body.len, "\"accepted\":true", 15) !=
				       NULL) == (i == 0));
	}
	assert_int_equal(audit_check(world.keeper.db, 0, &last, &broken), CS_OK);
	assert_int_equal(last, before + 3);
	assert_int_equal(world.keeper.metrics.failed_commits, 1);
	assert_false(world.keeper.failing);
	poison(false);
	require_verified("alice", code_at(1, text));
}

static void limit_pages(const char *pragma)
{
	assert_int_equal(sql_execute(world.keeper.db->sql, pragma), CS_OK);
}

static void a_full_disk_gives_no_free_tries_and_spends_no_code(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];
	uint64_t last, broken, position = 0;
	uint16_t status = 200;

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	limit_pages("PRAGMA max_page_count = 1"); /* SQLite takes the number of pages there are */
	while (status == 200 && position < 1000) {
		struct ipc_request request = ask(IPC_OTP_VERIFY, world.application);
		with(&request, IPC_TAG_USER, "alice");
		with(&request, IPC_TAG_CODE, code_at(position, text));
		status = one(&request);
		position += status == 200;
	}
	assert_int_equal(status, 503);
	for (unsigned i = 0; i < 30; i++) {
		struct ipc_request request = ask(IPC_OTP_VERIFY, world.application);
		with(&request, IPC_TAG_USER, "alice");
		with(&request, IPC_TAG_CODE, "000000");
		assert_int_equal(one(&request), 503);
	}
	limit_pages("PRAGMA max_page_count = 100000");
	require_verified("alice", code_at(position, text));
	require_wrong("alice", text);
	assert_int_equal(audit_check(world.keeper.db, 0, &last, &broken), CS_OK);
}

/* ---- the loop ---- */

/* A thousand users whose names double in JSON, so that a page of the audit log is large. */
static void add_wordy_users(void)
{
	static struct ipc_request requests[500];
	static char names[500][DB_USER_SIZE];

	for (unsigned batch = 0; batch < 2; batch++) {
		for (unsigned i = 0; i < 500; i++) {
			memset(names[i], '"', 120);
			(void)snprintf(names[i] + 120, 8, "%u", batch * 500 + i);
			requests[i] = ask(IPC_USER_ADD, world.admin);
			with(&requests[i], IPC_TAG_USER, names[i]);
		}
		(void)run(requests, 500);
	}
}

static int client_fd; /* front's end of the stream */

static void *serve(void *link)
{
	static int status;

	status = keeper_serve(&world.keeper, *(int *)link);
	return &status;
}

/* Reads replies until there are wanted ones, or none comes for two minutes; how many there were. */
static unsigned count_replies(int fd, unsigned wanted)
{
	const struct timeval patience = {.tv_sec = 120};
	unsigned found = 0;
	size_t have = 0;
	ssize_t got;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	while (found < wanted && (got = recv(fd, world.out + have, sizeof(world.out) - have, 0)) > 0) {
		struct cs_view frame;
		have += (size_t)got;
		while (ipc_frame_next(cs_view(world.out, have), IPC_REPLY_MAX, &frame) == CS_OK) {
			have -= frame.len;
			memmove(world.out, world.out + frame.len, have);
			found++;
		}
	}
	return found;
}

/* Has keeper answer what is sent all at once; how many of the wanted answers came. late: nothing is read
 * before all are there, which needs room for them. */
static unsigned served(struct cs_view frames, unsigned wanted, bool late)
{
	int link[2], stream[2];
	struct pollfd hung_up;
	pthread_t server;
	void *status;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, link), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream), 0);
	client_fd = stream[0];
	assert_int_equal(send(stream[0], frames.ptr, frames.len, 0), frames.len);
	assert_int_equal(link_send(link[0], LINK_STREAM, stream[1]), CS_OK);
	(void)close(stream[1]);
	if (late)
		assert_int_equal(shutdown(stream[0], SHUT_WR), 0);
	assert_int_equal(pthread_create(&server, NULL, serve, &link[1]), 0);
	hung_up = (struct pollfd){.fd = stream[0]};
	if (late)
		assert_int_equal(poll(&hung_up, 1, 120000), 1);
	unsigned answered = count_replies(stream[0], wanted);
	(void)close(link[0]);
	assert_int_equal(pthread_join(server, &status), 0);
	(void)close(link[1]);
	(void)close(stream[0]);
	assert_int_equal(*(int *)status, DAEMON_EXIT_DONE);
	return answered;
}

static void requests_that_waited_for_room_are_answered_without_another_one_arriving(void **state)
{
	enum { PAGES = 12 };
	static const uint8_t limit[] = {0, 0, 1000 >> 8, 1000 & 0xFF};
	uint8_t frames[PAGES * 256];
	struct cs_writer w = CS_WRITER_OF(frames);

	(void)state;
	add_wordy_users();
	for (unsigned i = 0; i < PAGES; i++) {
		struct ipc_request request = ask(IPC_AUDIT_LIST, world.admin);
		request.id = i;
		request.field[IPC_TAG_LIMIT] = CS_VIEW_OF(limit);
		assert_int_equal(ipc_request_build(&request, &w), CS_OK);
	}
	assert_int_equal(served(cs_writer_view(&w), PAGES, false), PAGES);
}

/* The world's time, and whether, when it is asked for behind the first batch, that one's answers have been
 * sent. Keeper's thread has all of it until it has ended. */
static struct watch {
	struct clock clock; /* the world's own */
	uint64_t commits;   /* before the first batch */
	bool unsent;
} watch;

static uint64_t watch_now(void *ctx)
{
	int sent = 0;

	(void)ctx;
	if (world.keeper.metrics.commits == watch.commits + 1 &&
	    (ioctl(client_fd, FIONREAD, &sent) != 0 || sent == 0))
		watch.unsent = true;
	return clock_now(&watch.clock);
}

static void the_commit_of_a_file_is_a_batch_of_its_own_behind_which_no_answer_waits(void **state)
{
	static const enum ipc_op ops[] = {IPC_READY, IPC_READY, IPC_IMPORT_COMMIT, IPC_READY, IPC_READY};
	enum { COUNT = sizeof(ops) / sizeof(ops[0]) };
	uint8_t frames[COUNT * 256];
	struct cs_writer w = CS_WRITER_OF(frames);
	const struct keeper_metrics before = world.keeper.metrics;

	(void)state;
	for (unsigned i = 0; i < COUNT; i++) {
		struct ipc_request request = ask(ops[i], ops[i] == IPC_READY ? NULL : world.admin);
		if (ops[i] == IPC_IMPORT_COMMIT)
			with(&request, IPC_TAG_IMPORT, "i_0123456789abcdef");
		request.id = i;
		assert_int_equal(ipc_request_build(&request, &w), CS_OK);
	}
	watch = (struct watch){.clock = world.keeper.clock, .commits = before.commits};
	world.keeper.clock = (struct clock){.now = watch_now, .ctx = NULL};
	unsigned answered = served(cs_writer_view(&w), COUNT, true);
	world.keeper.clock = watch.clock;
	assert_int_equal(answered, COUNT);
	assert_int_equal(world.keeper.metrics.batches[0] - before.batches[0], 1);
	assert_int_equal(world.keeper.metrics.batches[1] - before.batches[1], 2);
	assert_false(watch.unsent);
}

static void readiness_is_told_with_reasons_where_they_may_be_told(void **state)
{
	struct ipc_request request = ask(IPC_READY, NULL);

	(void)state;
	assert_int_equal(one(&request), 200);
	assert_string_equal(world.body, "{\"status\":\"ok\"}");
	with(&request, IPC_TAG_TYPE, "detail");
	assert_int_equal(one(&request), 200);
	says("\"sealing_key\":{\"status\":\"ok\"}");
	if (world.keeper.shared)
		says("no synchronous standby is configured");
	else
		says("\"standby\":{\"status\":\"ok\"}");
	world.keeper.disk_free = UINT64_MAX;
	assert_int_equal(one(&request), 503);
	says("\"disk\":{\"status\":\"failed\",\"reason\":\"");
	world.keeper.disk_free = 0;
	world.keeper.failing = true; /* which no call that only reads changes */
	assert_int_equal(one(&request), 503);
	assert_int_equal(one(&request), 503);
	says("\"database\":{\"status\":\"failed\"");
	assert_int_equal(enrol("alice", "hotp", (char[32]){0}), 201);
	assert_int_equal(one(&request), 200);
}

/* pg_is_in_recovery is one of the test's own, which is found before PostgreSQL's. */
static void a_server_that_is_a_standby_is_not_ready(void **state)
{
	struct ipc_request request = ask(IPC_READY, NULL);

	(void)state;
	with(&request, IPC_TAG_TYPE, "detail");
	keeper_close(&world.keeper);
	assert_true(database_execute(&world.database, NULL,
				     "CREATE FUNCTION public.pg_is_in_recovery() RETURNS boolean LANGUAGE sql"
				     " AS 'SELECT true'; ALTER ROLE countersign SET search_path = public, "
				     "pg_catalog"));
	world_open();
	assert_true(database_execute(&world.database, NULL, "ALTER ROLE countersign RESET search_path"));
	assert_int_equal(one(&request), 503);
	says("\"standby\":{\"status\":\"failed\",\"reason\":\"the server is a standby, and takes no "
	     "changes\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(an_hotp_code_is_accepted_once_and_audited),
	    IN_WORLD(readiness_is_told_with_reasons_where_they_may_be_told),
	    IN_WORLD(the_same_code_two_hundred_times_in_one_batch_is_accepted_once),
	    IN_WORLD(no_wrong_code_is_looked_at_beyond_the_limit_even_within_one_batch),
	    IN_WORLD(a_lock_survives_a_restart_and_ends_when_an_administrator_enables_the_token),
	    IN_WORLD(a_right_code_clears_the_failures),
	    IN_WORLD(a_wrong_code_against_two_tokens_is_one_attempt_and_locks_neither_token),
	    IN_WORLD(a_totp_code_lives_for_its_window_and_once),
	    IN_WORLD(a_token_whose_clock_runs_fast_is_followed),
	    IN_WORLD(a_resync_brings_a_token_back_and_never_takes_it_back),
	    IN_WORLD(wrong_resyncs_spend_the_same_budget),
	    IN_WORLD(a_disabled_token_accepts_nothing),
	    IN_WORLD(a_credential_opens_only_its_own_role_and_every_refusal_is_audited),
	    IN_WORLD(a_removed_application_is_nobody),
	    IN_WORLD(whose_credential_is_replaced_within_a_batch_is_nobody_in_the_rest_of_it),
	    IN_WORLD(what_is_remembered_of_a_caller_is_not_taken_for_another_one_s),
	    IN_WORLD(lists_come_in_pages_that_meet_without_gap_or_overlap),
	    IN_WORLD(settings_that_cannot_be_are_refused_one_by_one),
	    IN_WORLD(a_seed_made_here_is_told_once_and_stored_sealed),
	    IN_WORLD(the_chain_of_everything_that_was_asked_holds),
	    IN_SQLITE(a_full_disk_gives_no_free_tries_and_spends_no_code),
	    IN_WORLD(a_request_that_fails_takes_no_other_one_of_its_batch_with_it),
	    IN_POSTGRESQL(a_server_that_is_a_standby_is_not_ready),
	    IN_POSTGRESQL(requests_that_others_locks_always_stand_against_do_not_take_many_tries_each),
	    IN_WORLD(a_transaction_that_cannot_be_committed_answers_503_to_all_and_changes_nothing),
	    IN_WORLD(requests_that_waited_for_room_are_answered_without_another_one_arriving),
	    IN_WORLD(the_commit_of_a_file_is_a_batch_of_its_own_behind_which_no_answer_waits),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
