/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A keeper whose sealing key is not its database's, and rows whose sealed part was changed.
 */
#include "daemon/seal_key.h"
#include "tests/unit/keeper_world.h"

#define NO_CHECK "DELETE FROM key_check"

static struct seal_key right_key;

/* Another key in the key's file. */
static void key_replace(void)
{
	static char error[CONFIG_ERROR_MAX];

	right_key = world.keeper.key;
	keeper_close(&world.keeper);
	assert_int_equal(unlink(world.config.sealing_key), 0);
	assert_int_equal(seal_key_create(&world.config, error), CS_OK);
}

static void key_restore(void)
{
	FILE *file = fopen(world.config.sealing_key, "w");

	assert_non_null(file);
	for (size_t i = 0; i < SEAL_KEY_LEN; i++)
		(void)fprintf(file, "%02x", right_key.bytes[i]);
	assert_true(fputc('\n', file) == '\n' && fclose(file) == 0);
}

static void require_refused(void)
{
	static char error[CONFIG_ERROR_MAX];
	struct keeper keeper;

	assert_int_equal(keeper_open(&world.config, world.keeper.clock, &keeper, error), CS_ERR_DENIED);
	assert_non_null(strstr(error, world.config.sealing_key));
	assert_non_null(strstr(error, "was made with another one"));
}

static void change(const char *both)
{
	assert_true(database_execute(&world.database, both, both));
}

static void damage(const char *table, const char *column, const char *where)
{
	char sqlite[256], postgresql[256];

	(void)snprintf(sqlite, sizeof(sqlite), "UPDATE %s SET %s = zeroblob(48) %s", table, column, where);
	(void)snprintf(postgresql, sizeof(postgresql),
		       "UPDATE %s SET %s = decode(repeat('00', 48), 'hex') %s", table, column, where);
	assert_true(database_execute(&world.database, sqlite, postgresql));
}

static void a_keeper_with_another_sealing_key_does_not_start(void **state)
{
	(void)state;
	key_replace();
	require_refused();
	key_restore();
	world_open();
}

static void a_database_without_a_check_value_takes_the_key_that_opens_its_seeds_and_no_other(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	change(NO_CHECK);
	key_replace();
	require_refused();
	key_restore();
	world_open();
	require_verified("alice", code_at(0, text));
	key_replace();
	require_refused();
	key_restore();
	world_open();
}

static void one_seed_that_was_damaged_does_not_make_the_right_key_a_wrong_one(void **state)
{
	struct ipc_request other = ask(IPC_TOKEN_ENROL, world.admin);
	char id[32], where[64];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	with(&other, IPC_TAG_USER, "alice");
	with(&other, IPC_TAG_TYPE, "totp");
	assert_int_equal(one(&other), 201);
	(void)snprintf(where, sizeof(where), "WHERE id = '%s'", id);
	damage("token", "seed", where);
	change(NO_CHECK);
	keeper_close(&world.keeper);
	world_open();
}

static void a_seed_that_does_not_open_costs_its_user_no_attempt(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	damage("token", "seed", "");
	for (uint32_t i = 0; i < 2 * world.config.tries; i++) {
		require_wrong("alice", code_at(0, text));
		require_last_audit("otp_verify", "wrong", "seed_unreadable");
	}
	assert_int_equal(resync(id, code_at(0, text), "287082"), 409);
	assert_int_equal(on_token(IPC_TOKEN_DISABLE, id), 200);
	assert_int_equal(enrol("alice", "hotp", id), 201);
	require_verified("alice", code_at(0, text));
}

static struct ipc_request login_request(void)
{
	struct ipc_request request = ask(IPC_LOGIN, world.application);

	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_PASSWORD, "correct horse 7");
	return request;
}

static void login_prepare(void)
{
	struct ipc_request password = ask(IPC_USER_PASSWORD, world.admin),
			   class_set = ask(IPC_CLASS_SET, world.admin);

	with(&password, IPC_TAG_USER, "alice");
	with(&password, IPC_TAG_PASSWORD, "correct horse 7");
	with(&password, IPC_TAG_CHANGE, "never");
	with(&class_set, IPC_TAG_NAME, "default");
	with(&class_set, IPC_TAG_FACTORS, "password");
	assert_int_equal(one(&password), 200);
	assert_int_equal(one(&class_set), 200);
}

static void a_signing_key_that_does_not_open_is_replaced_and_no_other_request_pays_for_it(void **state)
{
	struct ipc_request requests[2];
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	login_prepare();
	requests[1] = login_request();
	assert_int_equal(one(&requests[1]), 200);
	says("\"assertion\":\"");
	damage("signing_key", "sealed", "");
	world.now++;
	requests[0] = ask(IPC_OTP_VERIFY, world.application);
	with(&requests[0], IPC_TAG_USER, "alice");
	with(&requests[0], IPC_TAG_CODE, code_at(0, text));
	struct cs_view replies = run(requests, 2);
	assert_int_equal(next_reply(&replies).status, 200);
	assert_int_equal(next_reply(&replies).status, 200);
	/* The new one is the one that signs from now on. */
	assert_int_equal(one(&requests[1]), 200);
	says("\"assertion\":\"");
	struct ipc_request keys = ask(IPC_JWKS, NULL);
	assert_int_equal(one(&keys), 200);
	const char *first = strstr(world.body, "\"kid\"");
	assert_non_null(first);
	first = strstr(first + 1, "\"kid\"");
	assert_non_null(first);
	assert_null(strstr(first + 1, "\"kid\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(a_keeper_with_another_sealing_key_does_not_start),
	    IN_WORLD(a_database_without_a_check_value_takes_the_key_that_opens_its_seeds_and_no_other),
	    IN_WORLD(one_seed_that_was_damaged_does_not_make_the_right_key_a_wrong_one),
	    IN_WORLD(a_seed_that_does_not_open_costs_its_user_no_attempt),
	    IN_WORLD(a_signing_key_that_does_not_open_is_replaced_and_no_other_request_pays_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
