/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The life of tokens and users, through keeper: when tokens expire, what takes their place; users whom no
 * door knows for a time; the deletion of both.
 */
#include "daemon/db_outbox.h"
#include "daemon/keeper_call.h"
#include "tests/unit/keeper_world.h"

static struct ipc_request about(enum ipc_op op, const char *id)
{
	struct ipc_request request = ask(op, world.admin);

	with(&request, IPC_TAG_TOKEN, id);
	return request;
}

static uint16_t expire(const char *id, uint64_t at)
{
	struct ipc_request request = about(IPC_TOKEN_EXPIRE, id);

	with_number(&request, IPC_TAG_EXPIRES, at, 8);
	return one(&request);
}

/* A token made there; the id of the new one. */
static uint16_t replace(const char *id, char fresh[32])
{
	struct ipc_request request = about(IPC_TOKEN_REPLACE, id);
	const uint16_t status = one(&request);

	if (status == 201)
		member("token", fresh, 32);
	return status;
}

static unsigned tokens_listed(void)
{
	struct ipc_request request = ask(IPC_TOKEN_LIST, world.admin);
	unsigned count = 0;

	assert_int_equal(one(&request), 200);
	for (const char *at = world.body; (at = strstr(at, "\"token\":")); at++)
		count++;
	return count;
}

/* ---- when a token expires ---- */

static void a_token_ends_when_it_was_said_and_goes_on_when_that_is_moved(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	assert_int_equal(expire(id, world.now + 100), 200);
	says("\"expires\":1800000100");
	require_last_audit("token_expire", "done", "");
	require_verified("alice", code_at(0, text));
	world.now += 99;
	require_verified("alice", code_at(1, text));
	world.now += 1;
	require_wrong("alice", code_at(2, text));
	require_last_audit("otp_verify", "wrong", "token_expired");
	assert_int_equal(expire(id, world.now + 100), 200);
	require_verified("alice", code_at(2, text));
	assert_int_equal(expire(id, world.now), 200);
	require_wrong("alice", code_at(3, text));
	assert_int_equal(expire(id, 0), 200);
	assert_null(strstr(world.body, "expires"));
	world.now += (uint64_t)20 * 366 * 86400;
	require_verified("alice", code_at(3, text));
}

static void an_end_that_cannot_be_is_refused(void **state)
{
	struct ipc_request request = ask(IPC_TOKEN_ENROL, world.admin);
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(expire("t_0000000000000000", 0), 404);
	assert_int_equal(enrol("alice", "hotp", id), 201);
	assert_int_equal(expire(id, world.now + ENROL_VALID_MAX), 200);
	assert_int_equal(expire(id, world.now + ENROL_VALID_MAX + 1), 400);
	says("bad_expires");
	assert_int_equal(expire(id, UINT64_MAX), 400);
	require_verified("alice", code_at(0, text));
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_TYPE, "temporary");
	assert_int_equal(one(&request), 201);
	member("token", id, sizeof(id));
	assert_int_equal(expire(id, 0), 400);
	says("bad_expires");
	assert_int_equal(expire(id, world.now + 86400), 200);
}

static void a_token_that_is_over_returns_as_a_new_one_would_come(void **state)
{
	struct ipc_request other = ask(IPC_TOKEN_ENROL, world.admin);
	char id[32], twin[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	require_verified("alice", code_at(0, text));
	assert_int_equal(expire(id, world.now), 200);
	assert_int_equal(enrol("alice", "hotp", twin), 201);
	assert_int_equal(expire(id, 0), 409);
	says("seed_known");
	require_last_audit("token_expire", "refused", "seed_known");
	/* Disabled, it may have any end; it is looked at when it is enabled. */
	assert_int_equal(on_token(IPC_TOKEN_DISABLE, id), 200);
	assert_int_equal(expire(id, 0), 200);
	assert_int_equal(on_token(IPC_TOKEN_ENABLE, id), 409);
	says("seed_known");
	assert_int_equal(on_token(IPC_TOKEN_DISABLE, twin), 200);
	assert_int_equal(expire(id, world.now), 200);
	assert_int_equal(on_token(IPC_TOKEN_ENABLE, id), 200); /* and is over still */
	with(&other, IPC_TAG_USER, "alice");
	with(&other, IPC_TAG_TYPE, "backup");
	for (unsigned i = 0; i < DB_USER_TOKENS_MAX; i++)
		assert_int_equal(one(&other), 201);
	assert_int_equal(expire(id, 0), 409);
	says("too_many_tokens");
	require_wrong("alice", code_at(1, text));
}

/* ---- what takes a token's place ---- */

static void a_token_is_replaced_by_one_like_it_and_is_of_no_use_any_more(void **state)
{
	struct ipc_request request = ask(IPC_TOKEN_ENROL, world.admin),
			   list = ask(IPC_TOKEN_LIST, world.admin);
	static const uint8_t fresh_seed[20] = "another seed of 20 b";
	char id[32], fresh[32], text[CS_OATH_CODE_MAX], with_pin[32];

	(void)state;
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_TYPE, "hotp");
	with(&request, IPC_TAG_LABEL, "desk");
	with(&request, IPC_TAG_PIN, "7391x");
	request.field[IPC_TAG_SECRET] = cs_view(seed, 20);
	assert_int_equal(one(&request), 201);
	member("token", id, sizeof(id));
	(void)snprintf(with_pin, sizeof(with_pin), "7391x%s", code_at(0, text));
	require_verified("alice", with_pin);
	request = about(IPC_TOKEN_REPLACE, id);
	request.field[IPC_TAG_SECRET] = CS_VIEW_OF(fresh_seed);
	assert_int_equal(one(&request), 201);
	require_last_audit("token_replace", "done", "");
	member("token", fresh, sizeof(fresh));
	assert_string_not_equal(id, fresh);
	(void)snprintf(with_pin, sizeof(with_pin), "7391x%s", code_at(1, text));
	require_wrong("alice", with_pin);
	require_wrong("alice", code_of(CS_VIEW_OF(fresh_seed), 0, text)); /* the PIN is his, and stays */
	(void)snprintf(with_pin, sizeof(with_pin), "7391x%s", code_of(CS_VIEW_OF(fresh_seed), 0, text));
	require_verified("alice", with_pin);
	assert_int_equal(one(&list), 200);
	assert_non_null(strstr(world.body, "\"label\":\"desk\""));
	assert_int_equal(tokens_listed(), 2);
	struct ipc_request pinned = about(IPC_TOKEN_REPLACE, fresh);
	with(&pinned, IPC_TAG_PIN, "8402y");
	pinned.field[IPC_TAG_SECRET] = cs_view(seed, 20); /* it comes back, and goes on where it was */
	assert_int_equal(one(&pinned), 201);
	(void)snprintf(with_pin, sizeof(with_pin), "8402y%s", code_at(0, text));
	require_wrong("alice", with_pin);
	(void)snprintf(with_pin, sizeof(with_pin), "8402y%s", code_at(1, text));
	require_verified("alice", with_pin);
}

static void a_token_is_replaced_by_one_of_another_kind(void **state)
{
	struct ipc_request request;
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	request = about(IPC_TOKEN_REPLACE, id);
	with(&request, IPC_TAG_TYPE, "sms");
	assert_int_equal(one(&request), 400);
	says("bad_destination");
	require_verified("alice", code_at(0, text));
	with(&request, IPC_TAG_DESTINATION, "+491701234567");
	assert_int_equal(one(&request), 201);
	member("token", id, sizeof(id));
	require_wrong("alice", code_at(1, text));
	assert_int_equal(replace(id, id), 201); /* whose number goes over */
	struct ipc_request list = ask(IPC_TOKEN_LIST, world.admin);
	assert_int_equal(one(&list), 200);
	const char *at = strstr(world.body, id);
	assert_non_null(at);
	assert_non_null(strstr(at, "\"destination\":\"+491701234567\""));
}

static void a_replacement_that_is_refused_has_changed_nothing(void **state)
{
	struct ipc_request user = ask(IPC_USER_ADD, world.admin), other = ask(IPC_TOKEN_ENROL, world.admin),
			   request;
	static const uint8_t bobs[20] = "bob has this seed...";
	char id[32], fresh[32], text[CS_OATH_CODE_MAX];

	(void)state;
	with(&user, IPC_TAG_USER, "bob");
	assert_int_equal(one(&user), 201);
	assert_int_equal(enrol_seed("bob", "hotp", CS_VIEW_OF(bobs), fresh), 201);
	assert_int_equal(enrol("alice", "hotp", id), 201);
	request = about(IPC_TOKEN_REPLACE, id);
	request.field[IPC_TAG_SECRET] = CS_VIEW_OF(bobs);
	assert_int_equal(one(&request), 409);
	says("seed_known");
	require_verified("alice", code_at(0, text));
	request = about(IPC_TOKEN_REPLACE, id);
	with(&request, IPC_TAG_PIN, "1234");
	assert_int_equal(one(&request), 400);
	require_verified("alice", code_at(1, text));
	assert_int_equal(replace("t_0000000000000000", fresh), 404);
	/* One of sixteen is replaced; a seventeenth that is out of use is not. */
	with(&other, IPC_TAG_USER, "alice");
	with(&other, IPC_TAG_TYPE, "backup");
	for (unsigned i = 1; i < DB_USER_TOKENS_MAX; i++)
		assert_int_equal(one(&other), 201);
	assert_int_equal(replace(id, fresh), 201);
	assert_int_equal(replace(id, fresh), 409);
	says("too_many_tokens");
	require_wrong("alice", code_at(2, text));
}

/* ---- deletion ---- */

static void a_deleted_token_is_not_there_any_more_and_is_told_of(void **state)
{
	struct ipc_request request, challenge = ask(IPC_CHALLENGE_CREATE, world.application);
	char id[32], asked[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	request = about(IPC_TOKEN_DELETE, id);
	with(&request, IPC_TAG_IDEMPOTENCY, "once");
	assert_int_equal(one(&request), 200);
	says("\"deleted\":true");
	require_last_audit("token_delete", "done", "");
	assert_int_equal(one(&request), 200); /* the same request: the same answer */
	request.field[IPC_TAG_IDEMPOTENCY] = CS_VIEW_EMPTY;
	assert_int_equal(one(&request), 404);
	says("token_not_found");
	assert_int_equal(tokens_listed(), 0);
	require_wrong("alice", code_at(0, text));
	require_last_audit("otp_verify", "wrong", "no_token");
	/* One that is asked something goes with what it was asked. */
	request = ask(IPC_TOKEN_ENROL, world.admin);
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_TYPE, "grid");
	assert_int_equal(one(&request), 201);
	member("token", id, sizeof(id));
	with(&challenge, IPC_TAG_USER, "alice");
	assert_int_equal(one(&challenge), 201);
	member("challenge", asked, sizeof(asked));
	assert_int_equal(on_token(IPC_TOKEN_DELETE, id), 200);
	challenge = ask(IPC_CHALLENGE_GET, world.application);
	with(&challenge, IPC_TAG_CHALLENGE, asked);
	assert_int_equal(one(&challenge), 404);
}

static void a_token_whose_seed_cannot_be_known_again_is_not_deleted(void **state)
{
	char id[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	assert_true(database_execute(&world.database, "UPDATE token SET fingerprint = NULL",
				     "UPDATE token SET fingerprint = NULL"));
	assert_int_equal(on_token(IPC_TOKEN_DELETE, id), 409);
	says("seed_unmarked");
	assert_int_equal(tokens_listed(), 1);
}

/* ---- users ---- */

static uint16_t on_user(enum ipc_op op, const char *name)
{
	struct ipc_request request = ask(op, world.admin);

	with(&request, IPC_TAG_USER, name);
	return one(&request);
}

static const char WORD[] = "correct horse battery";

/* alice with a token, a password, a certificate of hers and an address that is known for her; her token's id.
 */
static void furnish(char id[32])
{
	struct ipc_request request = ask(IPC_USER_PASSWORD, world.admin);
	char text[CS_OATH_CODE_MAX];

	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_PASSWORD, WORD);
	with(&request, IPC_TAG_CHANGE, "never");
	assert_int_equal(one(&request), 200);
	request = ask(IPC_CERTIFICATE_ADD, world.admin);
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_FINGERPRINT,
	     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	assert_int_equal(one(&request), 201);
	assert_int_equal(enrol("alice", "hotp", id), 201);
	request = ask(IPC_OTP_VERIFY, world.application);
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_CODE, code_at(0, text));
	with(&request, IPC_TAG_CLIENT, "192.0.2.1");
	assert_int_equal(one(&request), 200);
	says("\"accepted\":true");
}

/* What application web asks of a user, at a door. code NULL: a login with a password alone. */
static struct ipc_request at_door(enum ipc_op op, const char *name, const char *code, const char *client)
{
	struct ipc_request request = ask(op, world.application);

	with(&request, IPC_TAG_USER, name);
	if (op == IPC_LOGIN)
		with(&request, IPC_TAG_PASSWORD, WORD);
	if (op != IPC_CHALLENGE_CREATE && code)
		with(&request, IPC_TAG_CODE, code);
	if (client)
		with(&request, IPC_TAG_CLIENT, client);
	return request;
}

/* Two users get the same answer, for the same work; the first one's entry is of alice, and says why. */
static void require_alike(enum ipc_op op, const char *name, const char *nobody, const char *code,
			  const char *client)
{
	struct ipc_request first = at_door(op, name, code, client), other = at_door(op, nobody, code, client);
	const struct keeper_metrics before = world.keeper.metrics;
	struct audit_entry entry;
	static char body[sizeof(world.body)];

	const uint16_t status = one(&first);
	take_last_audit(&entry);
	const struct keeper_metrics between = world.keeper.metrics;
	memcpy(body, world.body, sizeof(body));
	assert_int_equal(one(&other), status);
	assert_string_equal(world.body, body);
	assert_int_equal(world.keeper.metrics.evaluations - between.evaluations,
			 between.evaluations - before.evaluations);
	assert_int_equal(world.keeper.metrics.passwords - between.passwords,
			 between.passwords - before.passwords);
	assert_string_equal(entry.reason, "user_disabled");
	assert_string_equal(entry.user, "alice");
}

static void a_disabled_user_is_nobody_at_every_door_until_enabled(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];
	struct ipc_request request;

	(void)state;
	furnish(id);
	assert_int_equal(give_alias("alice", "ally"), 201);
	assert_int_equal(on_user(IPC_USER_DISABLE, "Alice"), 200);
	says("\"state\":\"disabled\"");
	require_last_audit("user_disable", "done", "");
	(void)code_at(1, text);
	for (unsigned i = 0; i < 2; i++) {
		const char *name = i ? "ally" : "alice", *nobody = i ? "noally" : "nobody";
		require_alike(IPC_CHALLENGE_CREATE, name, nobody, NULL, NULL);
		require_alike(IPC_LOGIN, name, nobody, NULL, NULL);
		require_alike(IPC_LOGIN, name, nobody, text, NULL);
		require_alike(IPC_OTP_VERIFY, name, nobody, text, NULL);
		/* Until the name is locked, and no address is known any more. */
		for (unsigned j = 0; j < 8; j++)
			require_alike(IPC_OTP_VERIFY, name, nobody, text, NULL);
		says("\"reason\":\"locked\"");
		require_last_audit("otp_verify", "locked", "unknown_user");
		require_alike(IPC_OTP_VERIFY, name, nobody, text, "192.0.2.1");
	}
	assert_int_equal(on_user(IPC_USER_ENABLE, "alice"), 200);
	says("\"state\":\"active\"");
	request = at_door(IPC_LOGIN, "alice", text, "192.0.2.1");
	assert_int_equal(one(&request), 200);
	says("\"accepted\":true");
	require_verified("alice", code_at(2, text));
	assert_int_equal(on_user(IPC_USER_DISABLE, "nobody"), 404);
	assert_int_equal(on_user(IPC_USER_ENABLE, "nobody"), 404);
}

static void a_disabled_users_challenge_is_there_no_more(void **state)
{
	struct ipc_request request = ask(IPC_TOKEN_ENROL, world.admin);
	char asked[32];

	(void)state;
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_TYPE, "grid");
	assert_int_equal(one(&request), 201);
	request = at_door(IPC_CHALLENGE_CREATE, "alice", NULL, NULL);
	assert_int_equal(one(&request), 201);
	member("challenge", asked, sizeof(asked));
	assert_int_equal(on_user(IPC_USER_DISABLE, "alice"), 200);
	request = ask(IPC_CHALLENGE_GET, world.application);
	with(&request, IPC_TAG_CHALLENGE, asked);
	assert_int_equal(one(&request), 404);
}

static void count_message(void *ctx, const struct db_message *message)
{
	unsigned *counts = ctx;

	counts[strcmp(message->kind, "hook") == 0]++;
}

static void a_deleted_user_leaves_nothing_but_what_was_spent_and_told(void **state)
{
	struct ipc_request request = ask(IPC_TOKEN_ENROL, world.admin),
			   list = ask(IPC_USER_LIST, world.admin);
	unsigned counts[2] = {0};
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	(void)snprintf(world.keeper.hook_urls, sizeof(world.keeper.hook_urls), "https://hooks.example.org/");
	(void)snprintf(world.keeper.hook_events, sizeof(world.keeper.hook_events), "user.deleted");
	furnish(id);
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_TYPE, "sms");
	with(&request, IPC_TAG_DESTINATION, "+491701234567");
	assert_int_equal(one(&request), 201);
	request = at_door(IPC_CHALLENGE_CREATE, "alice", NULL, NULL);
	assert_int_equal(one(&request), 201);
	assert_int_equal(on_user(IPC_USER_DELETE, "alice"), 200);
	says("\"deleted\":true");
	require_last_audit("user_delete", "done", "");
	assert_int_equal(on_user(IPC_USER_DELETE, "alice"), 404);
	assert_int_equal(one(&list), 200);
	assert_null(strstr(world.body, "alice"));
	assert_int_equal(tokens_listed(), 0);
	assert_int_equal(db_outbox_page(world.keeper.db, "", 10, count_message, counts), CS_OK);
	assert_int_equal(counts[0], 0); /* the code on its way to her */
	assert_int_equal(counts[1], 1); /* the event that she is gone */
	require_wrong("alice", code_at(1, text));
	require_last_audit("otp_verify", "wrong", "unknown_user");
	/* Another one of her name has nothing of hers, and her seed goes on where it was. */
	assert_int_equal(on_user(IPC_USER_ADD, "alice"), 201);
	assert_int_equal(one(&list), 200);
	says("\"password\":false");
	assert_int_equal(enrol("alice", "hotp", id), 201);
	require_wrong("alice", code_at(0, text));
	require_verified("alice", code_at(1, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(a_token_ends_when_it_was_said_and_goes_on_when_that_is_moved),
	    IN_WORLD(an_end_that_cannot_be_is_refused),
	    IN_WORLD(a_token_that_is_over_returns_as_a_new_one_would_come),
	    IN_WORLD(a_token_is_replaced_by_one_like_it_and_is_of_no_use_any_more),
	    IN_WORLD(a_token_is_replaced_by_one_of_another_kind),
	    IN_WORLD(a_replacement_that_is_refused_has_changed_nothing),
	    IN_WORLD(a_deleted_token_is_not_there_any_more_and_is_told_of),
	    IN_WORLD(a_token_whose_seed_cannot_be_known_again_is_not_deleted),
	    IN_WORLD(a_disabled_user_is_nobody_at_every_door_until_enabled),
	    IN_WORLD(a_disabled_users_challenge_is_there_no_more),
	    IN_WORLD(a_deleted_user_leaves_nothing_but_what_was_spent_and_told),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
