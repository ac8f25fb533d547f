/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The same call again under the same key is answered as the first one was, and done once.
 */
#include <pthread.h>

#include "base/encoding.h"
#include "daemon/chores.h"
#include "daemon/keeper_idempotency.h"
#include "tests/unit/keeper_world.h"

#define DAY 86400u

static struct ipc_request enrolment(const char *key)
{
	struct ipc_request request = ask(IPC_TOKEN_ENROL, world.admin);

	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_TYPE, "hotp");
	if (key)
		with(&request, IPC_TAG_IDEMPOTENCY, key);
	return request;
}

static struct ipc_request verification(const char *code, const char *key)
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, world.application);

	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_CODE, code);
	with(&request, IPC_TAG_IDEMPOTENCY, key);
	return request;
}

/* How many answers lie in the database. */
static void require_kept(unsigned count)
{
	require_rows("kept", count);
}

static unsigned tokens(void)
{
	struct ipc_request request = ask(IPC_TOKEN_LIST, world.admin);
	unsigned count = 0;

	assert_int_equal(one(&request), 200);
	for (const char *at = world.body; (at = strstr(at, "\"token\":")); at++)
		count++;
	return count;
}

static void the_same_call_again_hears_the_same_answer_and_is_done_once(void **state)
{
	struct ipc_request request = enrolment("k1");
	char first[sizeof(world.body)];

	(void)state;
	assert_int_equal(one(&request), 201);
	says("secret=");
	memcpy(first, world.body, sizeof(first));
	/* From elsewhere, and later. */
	with(&request, IPC_TAG_ADDRESS, "192.0.2.1");
	world.now += DAY - 1;
	assert_int_equal(one(&request), 201);
	assert_string_equal(world.body, first);
	require_last_audit("token_enrol", "repeated", "");
	assert_int_equal(tokens(), 1);
	request = enrolment("k2");
	assert_int_equal(one(&request), 201);
	assert_string_not_equal(world.body, first);
	assert_int_equal(tokens(), 2);
}

static void require_digest(const struct ipc_request *request, const char *hex)
{
	uint8_t digest[IDEMPOTENCY_DIGEST_LEN];
	char text[2 * IDEMPOTENCY_DIGEST_LEN + 1];

	assert_int_equal(idempotency_digest(request, digest), CS_OK);
	cs_hex_encode(CS_VIEW_OF(digest), text);
	assert_string_equal(text, hex);
}

/* SHA-256, computed elsewhere, of "token_enrol\0" "LABEL\0" 0000 "TYPE\0" 0004 "hotp" "USER\0" 0005 "alice",
 * and of "rekey\0". */
static void a_request_has_the_same_digest_in_every_version(void **state)
{
	struct ipc_request request = enrolment("k1"), rekey = ask(IPC_REKEY, world.admin);

	(void)state;
	with(&request, IPC_TAG_ADDRESS, "192.0.2.1");
	with(&request, IPC_TAG_LABEL, "");
	require_digest(&request, "28e90bd11ba012cf49faafb90493771ab2ce7909d27731bb0c00c2ea58ff4071");
	require_digest(&rekey, "23d30451cabc0e995a57304e6b36d03473456b8f63789ff2fcd3eea13856e8f6");
}

static void another_call_under_the_same_key_is_refused_and_not_done(void **state)
{
	struct ipc_request request = enrolment("k1"), user = ask(IPC_USER_ADD, world.admin);

	(void)state;
	assert_int_equal(one(&request), 201);
	with(&request, IPC_TAG_LABEL, "other");
	assert_int_equal(one(&request), 422);
	says("\"idempotency_key_reused\"");
	require_last_audit("token_enrol", "refused", "idempotency_key_reused");
	request = enrolment("k1");
	with(&request, IPC_TAG_TYPE, "totp");
	assert_int_equal(one(&request), 422);
	with(&user, IPC_TAG_USER, "bob");
	with(&user, IPC_TAG_IDEMPOTENCY, "k1");
	assert_int_equal(one(&user), 422);
	assert_int_equal(tokens(), 1);
	/* The first one's answer is there all the same. */
	request = enrolment("k1");
	assert_int_equal(one(&request), 201);
}

static void a_key_is_its_callers_own(void **state)
{
	struct ipc_request request = ask(IPC_STAFF_ADD, world.admin);
	char olga[64];

	(void)state;
	with(&request, IPC_TAG_NAME, "olga");
	with(&request, IPC_TAG_ROLE, "operator");
	with(&request, IPC_TAG_IDEMPOTENCY, "k0");
	assert_int_equal(one(&request), 201);
	member("credential", olga, sizeof(olga));
	request = enrolment("k1");
	assert_int_equal(one(&request), 201);
	request.field[IPC_TAG_CREDENTIAL] = cs_view_string(olga);
	assert_int_equal(one(&request), 201);
	assert_int_equal(tokens(), 2);
	/* And he must be one who may, each time. */
	request = ask(IPC_STAFF_DISABLE, world.admin);
	with(&request, IPC_TAG_NAME, "olga");
	assert_int_equal(one(&request), 200);
	request = enrolment("k1");
	request.field[IPC_TAG_CREDENTIAL] = cs_view_string(olga);
	assert_int_equal(one(&request), 401);
}

static void an_application_made_anew_hears_nothing_of_the_one_before(void **state)
{
	struct ipc_request remove = ask(IPC_APP_REMOVE, world.admin), add = ask(IPC_APP_ADD, world.admin);
	struct ipc_request request;
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	request = verification(code_at(0, text), "k1");
	assert_int_equal(one(&request), 200);
	says("\"accepted\":true");
	with(&remove, IPC_TAG_NAME, "web");
	assert_int_equal(one(&remove), 200);
	with(&add, IPC_TAG_NAME, "web");
	assert_int_equal(one(&add), 201);
	member("credential", world.application, sizeof(world.application));
	request = verification(code_at(0, text), "k1");
	assert_int_equal(one(&request), 200);
	says("\"accepted\":false");
}

static void a_day_later_the_key_is_a_new_one(void **state)
{
	struct ipc_request request = enrolment("k1");

	(void)state;
	assert_int_equal(one(&request), 201);
	world.now += DAY;
	assert_int_equal(one(&request), 201);
	assert_int_equal(tokens(), 2);
	require_kept(1);
}

static void what_is_too_old_goes_within_the_hour_though_nobody_calls(void **state)
{
	struct ipc_request request = enrolment("k1");

	(void)state;
	assert_int_equal(one(&request), 201);
	chores_turn(&world.keeper);
	require_kept(1);
	world.now += DAY - 1;
	chores_turn(&world.keeper);
	require_kept(1);
	world.now += 3600 - 1; /* an hour after it last looked */
	chores_turn(&world.keeper);
	require_kept(1);
	world.now += 1;
	chores_turn(&world.keeper);
	require_kept(0);
}

static void seeds_that_were_exported_are_not_kept(void **state)
{
	struct ipc_request request = ask(IPC_USER_EXPORT, world.admin), enrol_it = enrolment(NULL);

	(void)state;
	world.keeper.dual_control = false;
	assert_int_equal(one(&enrol_it), 201);
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_IDEMPOTENCY, "k1");
	assert_int_equal(one(&request), 200);
	says("\"secret\":");
	require_kept(0);
	assert_int_equal(one(&request), 200);
	require_last_audit("user_export", "done", "");
	/* A proposal is an answer as any other. */
	world.keeper.dual_control = true;
	with(&request, IPC_TAG_IDEMPOTENCY, "k2");
	assert_int_equal(one(&request), 202);
	require_kept(1);
}

static void a_code_is_looked_at_once_and_its_answer_heard_twice(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];
	struct ipc_request request;

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	request = verification(code_at(0, text), "k1");
	assert_int_equal(one(&request), 200);
	says("\"accepted\":true");
	assert_int_equal(one(&request), 200);
	says("\"accepted\":true");
	/* Under another key it is a replay. */
	request = verification(code_at(0, text), "k2");
	assert_int_equal(one(&request), 200);
	says("\"accepted\":false");
	/* A wrong one costs one attempt, however often it is sent. */
	request = verification("000000", "k3");
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(one(&request), 200);
		says("\"reason\":\"wrong\"");
	}
	require_verified("alice", code_at(1, text));
}

static void a_refusal_is_kept_like_any_other_answer(void **state)
{
	struct ipc_request request = ask(IPC_USER_ADD, world.admin), remove;

	(void)state;
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_IDEMPOTENCY, "k1");
	assert_int_equal(one(&request), 409);
	assert_int_equal(one(&request), 409);
	require_last_audit("user_add", "repeated", "");
	/* But not who was not allowed to ask. */
	remove = ask(IPC_USER_ADD, world.application);
	with(&remove, IPC_TAG_USER, "bob");
	with(&remove, IPC_TAG_IDEMPOTENCY, "k1");
	assert_int_equal(one(&remove), 403);
	assert_int_equal(one(&remove), 403);
	require_last_audit("user_add", "refused", "forbidden");
}

static void in_one_batch_one_is_done(void **state)
{
	struct ipc_request requests[8];
	char first[4096] = "";

	(void)state;
	for (size_t i = 0; i < 8; i++)
		requests[i] = enrolment("k1");
	struct cs_view replies = run(requests, 8);
	for (size_t i = 0; i < 8; i++) {
		struct ipc_reply reply = next_reply(&replies);
		assert_int_equal(reply.status, 201);
		if (i == 0)
			(void)snprintf(first, sizeof(first), "%.*s", (int)reply.body.len,
				       (const char *)reply.body.ptr);
		assert_true(cs_view_equal(reply.body, cs_view_string(first)));
	}
	assert_int_equal(tokens(), 1);
}

static void what_is_kept_tells_nobody_without_the_sealing_key(void **state)
{
	struct ipc_request request = enrolment("k1");
	char secret[64], sqlite[256], postgresql[256];

	(void)state;
	assert_int_equal(one(&request), 201);
	member("token", secret, sizeof(secret));
	assert_int_equal(one(&request), 201);
	(void)snprintf(sqlite, sizeof(sqlite),
		       "CREATE TABLE one (n INTEGER CHECK (n = 0)); INSERT INTO one SELECT instr(sealed, "
		       "CAST('%s' AS BLOB)) FROM kept",
		       secret);
	(void)snprintf(postgresql, sizeof(postgresql),
		       "CREATE TABLE one (n INTEGER CHECK (n = 0)); INSERT INTO one SELECT position("
		       "convert_to('%s', 'UTF8') IN sealed) FROM kept",
		       secret);
	assert_true(database_execute(&world.database, sqlite, postgresql));
	/* One row's answer is not another key's. */
	assert_true(
	    database_execute(&world.database, "UPDATE kept SET name = 'k2'", "UPDATE kept SET name = 'k2'"));
	request = enrolment("k2");
	assert_int_equal(one(&request), 422);
}

/* ---- two daemons ---- */

struct side {
	struct keeper *keeper;
	struct ipc_request request;
	uint8_t out[65536];
	struct ipc_reply reply;
	bool done;
};

static void *side_run(void *ctx)
{
	struct side *side = ctx;
	struct cs_writer w = CS_WRITER_OF(side->out);
	struct cs_view frame;

	side->done = keeper_batch(side->keeper, &side->request, 1, &w) == CS_OK &&
		     ipc_frame_next(cs_writer_view(&w), IPC_REPLY_MAX, &frame) == CS_OK &&
		     ipc_reply_parse(frame, &side->reply) == CS_OK;
	return NULL;
}

static void of_two_daemons_at_once_one_does_it_and_both_answer_the_same(void **state)
{
	static struct keeper other;
	static struct side sides[2];
	char key[16];

	(void)state;
	world_open_beside(&other);
	for (unsigned round = 0; round < 12; round++) {
		pthread_t threads[2];
		(void)snprintf(key, sizeof(key), "round%u", round);
		for (unsigned i = 0; i < 2; i++) {
			sides[i].keeper = i ? &other : &world.keeper;
			sides[i].request = enrolment(key);
			assert_int_equal(pthread_create(&threads[i], NULL, side_run, &sides[i]), 0);
		}
		for (unsigned i = 0; i < 2; i++)
			assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_true(sides[0].done && sides[1].done);
		assert_int_equal(sides[0].reply.status, 201);
		assert_int_equal(sides[1].reply.status, 201);
		assert_true(cs_view_equal(sides[0].reply.body, sides[1].reply.body));
		assert_int_equal(tokens(), round + 1);
	}
	keeper_close(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(the_same_call_again_hears_the_same_answer_and_is_done_once),
	    IN_WORLD(a_request_has_the_same_digest_in_every_version),
	    IN_WORLD(another_call_under_the_same_key_is_refused_and_not_done),
	    IN_WORLD(a_key_is_its_callers_own),
	    IN_WORLD(an_application_made_anew_hears_nothing_of_the_one_before),
	    IN_WORLD(a_day_later_the_key_is_a_new_one),
	    IN_WORLD(what_is_too_old_goes_within_the_hour_though_nobody_calls),
	    IN_WORLD(seeds_that_were_exported_are_not_kept),
	    IN_WORLD(a_code_is_looked_at_once_and_its_answer_heard_twice),
	    IN_WORLD(a_refusal_is_kept_like_any_other_answer),
	    IN_WORLD(in_one_batch_one_is_done),
	    IN_WORLD(what_is_kept_tells_nobody_without_the_sealing_key),
	    IN_WORLD(of_two_daemons_at_once_one_does_it_and_both_answer_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
