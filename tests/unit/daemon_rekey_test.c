/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The data key is changed while codes are verified: nothing is lost, whoever is killed, and two daemons
 * agree.
 */
#include "tests/unit/random.h" /* before what names a seed */

#include "tests/unit/keeper_world.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/secret.h"
#include "daemon/keeper_call.h"
#include "daemon/rekey.h"

#define TOKENS 160u
#define KILLS  20u
#define STEPS  1000000u /* in which a change ends, if it does */

static char anton[64];

static void begin(void)
{
	if (!anton[0])
		hire("anton", "administrator", anton);
	assert_int_equal(approved(IPC_REKEY, anton), 201);
	says("\"state\":\"running\"");
	require_last_audit("rekey", "done", "");
}

static void go_on(struct keeper *keeper, uint32_t rows)
{
	bool ended = false;

	for (unsigned i = 0; !ended && i < STEPS; i++) {
		enum cs_err err = rekey_step(keeper, rows, &ended);
		if (err != CS_ERR_BUSY)
			assert_int_equal(err, CS_OK);
	}
	assert_true(ended);
}

/* ---- what is there ---- */

struct seeds {
	struct keeper *keeper;
	char id[TOKENS + 1][32];
	uint8_t plain[TOKENS + 1][DB_SEED_MAX];
	uint8_t head[TOKENS + 1][DATA_KEY_HEAD]; /* of what is sealed */
	struct db_token tokens[TOKENS + 1];
	size_t count;
};

static void seeds_collect(void *ctx, const struct db_token *token)
{
	struct seeds *seeds = ctx;

	assert_true(seeds->count < sizeof(seeds->id) / sizeof(seeds->id[0]));
	seeds->tokens[seeds->count++] = *token;
}

/* All seeds, opened. */
static void seeds_read(struct keeper *keeper, struct seeds *out)
{
	char identity[TOKEN_IDENTITY_SIZE];

	memset(out, 0, sizeof(*out));
	assert_int_equal(db_begin(keeper->db), CS_OK);
	assert_int_equal(db_token_list(keeper->db, NULL, "", TOKENS + 1, seeds_collect, out), CS_OK);
	for (size_t i = 0; i < out->count; i++) {
		struct cs_writer w = CS_WRITER_OF(out->plain[i]);
		struct cs_view sealed = cs_view(out->tokens[i].sealed, out->tokens[i].sealed_len);
		memcpy(out->id[i], out->tokens[i].id, sizeof(out->tokens[i].id));
		memcpy(out->head[i], sealed.ptr, DATA_KEY_HEAD);
		assert_int_equal(data_key_open(keeper, token_identity(&out->tokens[i], identity), sealed, &w),
				 CS_OK);
	}
	db_rollback(keeper->db);
}

static void require_same_seeds(const struct seeds *before, const struct seeds *after)
{
	assert_int_equal(before->count, after->count);
	for (size_t i = 0; i < before->count; i++) {
		assert_string_equal(before->id[i], after->id[i]);
		assert_memory_equal(before->plain[i], after->plain[i], DB_SEED_MAX);
	}
}

static void require_sealed_under(const struct seeds *seeds, uint32_t number)
{
	uint8_t head[DATA_KEY_HEAD];

	(void)data_key_head(number, head);
	for (size_t i = 0; i < seeds->count; i++)
		assert_memory_equal(seeds->head[i], head, sizeof(head));
}

/* The only one that is there. */
static void require_one_key(uint32_t number)
{
	struct db_data_key keys[DB_DATA_KEYS_MAX];
	size_t count;

	assert_int_equal(db_data_keys(world.keeper.db, keys, &count), CS_OK);
	assert_int_equal(count, 1);
	assert_int_equal(keys[0].number, number);
	assert_true(keys[0].finished != 0);
}

static uint16_t get_keys(void)
{
	struct ipc_request request = ask(IPC_DATA_KEY_LIST, world.admin);

	return one(&request);
}

static struct seeds before, after;

/* ---- tests ---- */

static void two_administrators_have_everything_sealed_under_another_key(void **state)
{
	struct ipc_request request = ask(IPC_REKEY, world.admin), jwks = ask(IPC_JWKS, NULL);
	char id[32], other[32], text[CS_OATH_CODE_MAX];

	(void)state;
	anton[0] = '\0';
	assert_int_equal(enrol("alice", "hotp", id), 201);
	assert_int_equal(enrol_seed("alice", "totp", CS_VIEW_EMPTY, other), 201);
	assert_int_equal(one(&jwks), 200);
	seeds_read(&world.keeper, &before);
	assert_int_equal(get_keys(), 200);
	says("{\"current\":0,\"keys\":[],\"state\":\"none\"}");
	begin();
	says("\"current\":1");
	says("\"total\":3,\"done\":0");
	assert_int_equal(one(&request), 409);
	says("\"rekey_runs\"");
	/* Both keys are good meanwhile. */
	require_verified("alice", code_at(0, text));
	go_on(&world.keeper, 1);
	require_last_audit("rekey_end", "done", "");
	assert_int_equal(get_keys(), 200);
	says("\"state\":\"done\",\"total\":3,\"done\":3,\"unreadable\":0");
	seeds_read(&world.keeper, &after);
	require_same_seeds(&before, &after);
	require_sealed_under(&after, 1);
	require_verified("alice", code_at(1, text));
	/* Again: now there is a key to be removed. */
	begin();
	says("\"current\":2");
	go_on(&world.keeper, REKEY_STEP);
	require_one_key(2);
	seeds_read(&world.keeper, &after);
	require_same_seeds(&before, &after);
	require_sealed_under(&after, 2);
	keeper_close(&world.keeper);
	world_open();
	require_verified("alice", code_at(2, text));
}

static void add_users(unsigned count)
{
	char name[16], id[32];

	for (unsigned i = 0; i < count; i++) {
		struct ipc_request user = ask(IPC_USER_ADD, world.admin);
		(void)snprintf(name, sizeof(name), "u%u", i);
		with(&user, IPC_TAG_USER, name);
		assert_int_equal(one(&user), 201);
		for (unsigned k = 0; k < DB_USER_TOKENS_MAX; k++)
			assert_int_equal(enrol_seed(name, "hotp", CS_VIEW_EMPTY, id), 201);
	}
}

/* A daemon's process: a step for each byte that it gets, and a byte back when it has committed it. */
static void child_goes_on(int fd)
{
	static struct keeper keeper;
	static char error[CONFIG_ERROR_MAX];
	bool ended = false;
	char byte;

	if (keeper_open(&world.config, world.keeper.clock, &keeper, error))
		_exit(1);
	while (!ended && read(fd, &byte, 1) == 1) {
		enum cs_err err = rekey_step(&keeper, 2, &ended);
		if ((err && err != CS_ERR_BUSY) || write(fd, &byte, 1) != 1)
			_exit(1);
	}
	_exit(2);
}

/* Kills it in the step after so many, wherever it is then. */
static void kill_after(unsigned steps)
{
	int pair[2], status;
	char byte = 0;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid_t pid = fork();
	if (pid == 0) {
		(void)close(pair[0]);
		child_goes_on(pair[1]);
	}
	(void)close(pair[1]);
	for (unsigned i = 0; i < steps; i++) {
		assert_int_equal(write(pair[0], &byte, 1), 1);
		assert_int_equal(read(pair[0], &byte, 1), 1);
	}
	assert_int_equal(write(pair[0], &byte, 1), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)close(pair[0]);
	assert_true(WIFSIGNALED(status));
}

static void a_daemon_that_is_killed_twenty_times_meanwhile_loses_nothing(void **state)
{
	struct test_random random = test_random_start();
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	anton[0] = '\0';
	add_users(TOKENS / DB_USER_TOKENS_MAX);
	assert_int_equal(enrol("alice", "hotp", id), 201);
	begin();
	go_on(&world.keeper, REKEY_STEP);
	seeds_read(&world.keeper, &before);
	require_sealed_under(&before, 1);
	begin();
	for (unsigned i = 0; i < KILLS; i++) {
		keeper_close(&world.keeper);
		kill_after((unsigned)test_random_below(&random, 4));
		world_open();
		require_verified("alice", code_at(i, text));
	}
	assert_int_equal(get_keys(), 200);
	says("\"state\":\"running\"");
	seeds_read(&world.keeper, &after); /* under the one key and the other */
	require_same_seeds(&before, &after);
	go_on(&world.keeper, REKEY_STEP);
	require_one_key(2);
	seeds_read(&world.keeper, &after);
	require_same_seeds(&before, &after);
	require_sealed_under(&after, 2);
}

static void another_daemon_opens_what_was_sealed_under_a_key_that_it_has_not_seen(void **state)
{
	static struct keeper other;
	char id[32], second[32], text[CS_OATH_CODE_MAX];
	struct ipc_request enrols = ask(IPC_TOKEN_ENROL, world.admin),
			   verifies = ask(IPC_OTP_VERIFY, world.application);

	(void)state;
	anton[0] = '\0';
	assert_int_equal(enrol("alice", "hotp", id), 201);
	begin();
	go_on(&world.keeper, 1);
	world_open_beside(&other); /* knows key 1 */
	begin();
	go_on(&world.keeper, 1);
	/* Key 1 is gone, and the token is sealed under key 2. */
	with(&verifies, IPC_TAG_USER, "alice");
	with(&verifies, IPC_TAG_CODE, code_at(0, text));
	struct cs_view replies = run_in(&other, &verifies, 1);
	struct ipc_reply reply = next_reply(&replies);
	assert_non_null(memmem(reply.body.ptr, reply.body.len, "\"accepted\":true", 15));
	assert_int_equal(other.data_keys.count, 1);
	/* It seals under the one that another daemon has made in this moment, and finishes what that one has
	 * begun. */
	begin();
	with(&enrols, IPC_TAG_USER, "alice");
	with(&enrols, IPC_TAG_TYPE, "totp");
	replies = run_in(&other, &enrols, 1);
	reply = next_reply(&replies);
	assert_int_equal(reply.status, 201);
	go_on(&other, 1);
	seeds_read(&world.keeper, &after);
	assert_int_equal(after.count, 2);
	require_sealed_under(&after, 3);
	require_one_key(3);
	assert_int_equal(enrol_seed("alice", "totp", CS_VIEW_EMPTY, second), 201);
	keeper_close(&other);
}

static void a_key_that_was_rolled_back_seals_nothing(void **state)
{
	static struct keeper other;
	uint8_t bytes[64], plain[64];
	struct cs_writer w = CS_WRITER_OF(bytes), out = CS_WRITER_OF(plain);
	struct db_data_key key;

	(void)state;
	world_open_beside(&other);
	assert_int_equal(db_begin(world.keeper.db), CS_OK);
	assert_int_equal(data_key_renew(&world.keeper, 1, &key), CS_OK);
	assert_int_equal(data_key_close(&world.keeper, CS_VIEW_TEXT("id"), CS_VIEW_TEXT("plain"), &w), CS_OK);
	db_rollback(world.keeper.db);
	/* Another daemon's has the same number. */
	assert_int_equal(db_begin(other.db), CS_OK);
	assert_int_equal(data_key_renew(&other, 1, &key), CS_OK);
	assert_int_equal(key.number, 1);
	assert_int_equal(db_commit(other.db), CS_OK);
	w = CS_WRITER_OF(bytes);
	assert_int_equal(db_begin(world.keeper.db), CS_OK);
	assert_int_equal(data_key_close(&world.keeper, CS_VIEW_TEXT("id"), CS_VIEW_TEXT("plain"), &w), CS_OK);
	db_rollback(world.keeper.db);
	assert_int_equal(db_begin(other.db), CS_OK);
	assert_int_equal(data_key_open(&other, CS_VIEW_TEXT("id"), cs_writer_view(&w), &out), CS_OK);
	assert_true(cs_view_equal(cs_writer_view(&out), CS_VIEW_TEXT("plain")));
	db_rollback(other.db);
	keeper_close(&other);
}

static void a_seed_that_does_not_open_is_set_aside_and_told(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];
	struct audit_entry entry;

	(void)state;
	anton[0] = '\0';
	assert_int_equal(enrol("alice", "hotp", id), 201);
	assert_true(database_execute(&world.database, "UPDATE token SET seed = X'0102030405060708'",
				     "UPDATE token SET seed = '\\x0102030405060708'"));
	begin();
	go_on(&world.keeper, REKEY_STEP);
	require_one_key(1);
	assert_int_equal(get_keys(), 200);
	says("\"total\":1,\"done\":0,\"unreadable\":1");
	take_last_audit(&entry);
	assert_non_null(strstr(entry.detail, "1 did not open"));
	require_wrong("alice", code_at(0, text));
	memset(&after, 0, sizeof(after));
	assert_int_equal(db_token_list(world.keeper.db, NULL, "", 2, seeds_collect, &after), CS_OK);
	assert_int_equal(after.tokens[0].sealed_len, 9);
	assert_memory_equal(after.tokens[0].sealed, "\3\1\2\3\4\5\6\7\10", 9);
}

/* A blob as both databases read it in SQL. */
static void set_seed(struct cs_view bytes)
{
	char hex[2 * (DB_SEED_MAX + DATA_KEY_OVERHEAD + 1) + 1] = "", sqlite[512], server[512];

	assert_true(bytes.len < sizeof(hex) / 2);
	for (size_t i = 0; i < bytes.len; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", bytes.ptr[i]);
	(void)snprintf(sqlite, sizeof(sqlite), "UPDATE token SET seed = X'%s'", hex);
	(void)snprintf(server, sizeof(server), "UPDATE token SET seed = '\\x%s'", hex);
	assert_true(database_execute(&world.database, sqlite, server));
}

static size_t keys_count(void)
{
	struct db_data_key keys[DB_DATA_KEYS_MAX];
	size_t count;

	assert_int_equal(db_data_keys(world.keeper.db, keys, &count), CS_OK);
	return count;
}

static void the_key_of_a_seed_that_was_set_aside_stays_and_another_change_tries_it_again(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];
	uint8_t good[DB_SEED_MAX + DATA_KEY_OVERHEAD + 1] = {DB_SET_ASIDE};

	(void)state;
	anton[0] = '\0';
	assert_int_equal(enrol("alice", "hotp", id), 201);
	begin();
	go_on(&world.keeper, REKEY_STEP);
	seeds_read(&world.keeper, &before);
	struct db_token *token = &before.tokens[0];
	memcpy(good + 1, token->sealed, token->sealed_len);
	const size_t len = token->sealed_len;
	token->sealed[len - 1] ^= 1;
	set_seed(cs_view(token->sealed, len));
	for (unsigned change = 0; change < 3; change++) {
		begin();
		says("\"total\":1,");
		go_on(&world.keeper, REKEY_STEP);
		assert_int_equal(keys_count(), 2); /* the seed's and the newest */
		require_wrong("alice", code_at(0, text));
	}
	/* Someone repairs the row. */
	set_seed(cs_view(good, len + 1));
	begin();
	go_on(&world.keeper, REKEY_STEP);
	require_one_key(5);
	require_verified("alice", code_at(0, text));
}

/* One more former key that stays: its token's seed does not open. */
static void spoil(const char *id)
{
	char text[256];

	(void)snprintf(text, sizeof(text),
		       "INSERT INTO spoilt SELECT id, seed FROM token WHERE id = '%s';"
		       "UPDATE token SET seed = substr(seed, 1, length(seed) - 1) WHERE id = '%s'",
		       id, id);
	assert_true(database_execute(&world.database, text, text));
	begin();
	go_on(&world.keeper, REKEY_STEP);
}

static void so_many_former_keys_that_there_is_no_room_for_another_go_when_their_seeds_are_back(void **state)
{
	(void)state;
	anton[0] = '\0';
	add_users(DB_DATA_KEYS_MAX / DB_USER_TOKENS_MAX + 1);
	begin();
	go_on(&world.keeper, REKEY_STEP);
	seeds_read(&world.keeper, &before);
	assert_true(before.count >= DB_DATA_KEYS_MAX);
	assert_true(database_execute(&world.database, "CREATE TABLE spoilt (id TEXT, seed BLOB)",
				     "CREATE TABLE spoilt (id TEXT, seed BYTEA)"));
	for (size_t i = 1; i < DB_DATA_KEYS_MAX; i++)
		spoil(before.id[i]);
	assert_int_equal(keys_count(), DB_DATA_KEYS_MAX);
	begin();
	go_on(&world.keeper, REKEY_STEP);
	assert_int_equal(keys_count(), DB_DATA_KEYS_MAX); /* none is lost */
	const char *restore = "UPDATE token SET seed = (SELECT seed FROM spoilt WHERE spoilt.id = token.id)"
			      " WHERE id IN (SELECT id FROM spoilt)";
	assert_true(database_execute(&world.database, restore, restore));
	begin();
	go_on(&world.keeper, REKEY_STEP);
	require_one_key(DB_DATA_KEYS_MAX);
	seeds_read(&world.keeper, &after);
	require_same_seeds(&before, &after);
	require_sealed_under(&after, DB_DATA_KEYS_MAX);
}

/* ---- two daemons at once ---- */

static void whoever_changes_keys_waits_for_who_seals(void **state)
{
	static struct keeper other;
	uint8_t bytes[64];
	struct cs_writer w = CS_WRITER_OF(bytes);
	struct db_data_key key;

	(void)state;
	world_open_beside(&other);
	assert_int_equal(db_begin(other.db), CS_OK);
	assert_int_equal(data_key_close(&other, CS_VIEW_TEXT("id"), CS_VIEW_TEXT("plain"), &w), CS_OK);
	assert_int_equal(sql_execute(world.keeper.db->sql, "SET lock_timeout = 100"), CS_OK);
	assert_int_equal(db_begin(world.keeper.db), CS_OK);
	assert_int_not_equal(data_key_renew(&world.keeper, 1, &key), CS_OK);
	db_rollback(world.keeper.db);
	db_rollback(other.db);
	assert_int_equal(db_begin(world.keeper.db), CS_OK);
	assert_int_equal(data_key_renew(&world.keeper, 1, &key), CS_OK);
	db_rollback(world.keeper.db);
	keeper_close(&other);
}

static void a_key_stays_as_long_as_a_row_that_someone_has_locked_has_it(void **state)
{
	static struct keeper other;
	char id[32], text[CS_OATH_CODE_MAX];
	struct db_token token;
	bool ended;

	(void)state;
	anton[0] = '\0';
	assert_int_equal(enrol("alice", "hotp", id), 201);
	begin();
	go_on(&world.keeper, REKEY_STEP);
	begin();
	world_open_beside(&other);
	assert_int_equal(db_begin(other.db), CS_OK);
	assert_int_equal(db_token_find(other.db, id, &token), CS_OK);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(rekey_step(&world.keeper, REKEY_STEP, &ended), CS_OK);
		assert_false(ended);
	}
	db_rollback(other.db);
	keeper_close(&other);
	go_on(&world.keeper, REKEY_STEP);
	require_one_key(2);
	require_verified("alice", code_at(0, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(two_administrators_have_everything_sealed_under_another_key),
	    IN_WORLD(a_daemon_that_is_killed_twenty_times_meanwhile_loses_nothing),
	    IN_WORLD(another_daemon_opens_what_was_sealed_under_a_key_that_it_has_not_seen),
	    IN_WORLD(a_key_that_was_rolled_back_seals_nothing),
	    IN_WORLD(a_seed_that_does_not_open_is_set_aside_and_told),
	    IN_WORLD(the_key_of_a_seed_that_was_set_aside_stays_and_another_change_tries_it_again),
	    IN_WORLD(so_many_former_keys_that_there_is_no_room_for_another_go_when_their_seeds_are_back),
	    IN_POSTGRESQL(whoever_changes_keys_waits_for_who_seals),
	    IN_POSTGRESQL(a_key_stays_as_long_as_a_row_that_someone_has_locked_has_it),
	};

	return cmocka_run_group_tests_name("daemon_rekey", tests, NULL, database_server_end);
}
