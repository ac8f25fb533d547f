/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How keeper begins where something is missing: without its database it takes break-glass codes of whoever
 * knows one, and so it does that for no other reason.
 */
#include <sys/stat.h>

#include "daemon/break_glass.h"
#include "daemon/keeper_emergency.h"
#include "tests/unit/keeper_world.h"

static struct clock world_clock;
static char code[BREAK_GLASS_CODE_SIZE];

/* A world with a code of alice's, and no keeper that is open. */
static int start_make(void **state)
{
	if (world_make(state))
		return -1;
	struct ipc_request request = ask(IPC_BREAK_GLASS_ISSUE, world.admin);
	with(&request, IPC_TAG_USER, "alice");
	world.config.dual_control = false;
	keeper_reconfigure(&world.keeper, &world.config);
	keeper_break_glass_open(&world.keeper);
	assert_int_equal(one(&request), 201);
	member("code", code, sizeof(code));
	world_clock = world.keeper.clock;
	world.config.checkpoint_directory[0] = '\0'; /* none are exported */
	keeper_close(&world.keeper);
	return 0;
}

static int start_end(void **state)
{
	(void)unlink(world.config.break_glass);
	(void)unlink(world.config.audit_key);
	return world_end(state);
}

static enum cs_err start(void)
{
	return keeper_start(&world.config, world_clock, &world.keeper);
}

/* Where it starts, it has its database. */
static void require_no_emergency(enum cs_err wanted)
{
	assert_int_equal(start(), wanted);
	assert_null(world.keeper.db);
	assert_null(world.keeper.glass);
}

static uint16_t try_code(void)
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, NULL);

	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_CODE, code);
	return one(&request);
}

static void with_all_that_it_needs_it_says_so_and_takes_no_code(void **state)
{
	(void)state;
	assert_int_equal(start(), CS_OK);
	require_last_audit("start", "done", "");
	assert_int_equal(try_code(), 401);
}

static void without_the_key_of_the_audit_log_no_code_is_good(void **state)
{
	(void)state;
	(void)unlink(world.config.audit_key);
	(void)snprintf(world.config.audit_key, sizeof(world.config.audit_key), "%.100s/no-directory",
		       world.config.sealing_key);
	require_no_emergency(CS_ERR_IO);
}

static void where_a_statement_is_refused_no_code_is_good(void **state)
{
	(void)state;
	assert_true(database_execute(
	    &world.database,
	    "CREATE TRIGGER refused BEFORE INSERT ON audit BEGIN SELECT RAISE(FAIL, 'no'); END",
	    "CREATE FUNCTION refused() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'no'; END $$ "
	    "LANGUAGE plpgsql;"
	    "CREATE TRIGGER refused BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION refused()"));
	require_no_emergency(world.database.server ? CS_ERR_IO : CS_ERR_CORRUPT);
}

static void a_table_that_may_not_be_read_opens_to_no_code(void **state)
{
	(void)state;
	assert_true(
	    database_execute(&world.database, "DROP TABLE checkpoint", "DROP TABLE checkpoint CASCADE"));
	require_no_emergency(CS_ERR_IO);
}

static void without_its_database_a_code_is_good(void **state)
{
	char wal[192];

	(void)state;
	(void)snprintf(wal, sizeof(wal), "%s-wal", world.database.place);
	if (world.database.server)
		(void)snprintf(world.config.database, sizeof(world.config.database),
			       "postgresql:host=%s dbname=none", world.database.directory);
	else
		assert_int_equal(mkdir(wal, 0700), 0);
	assert_int_equal(start(), CS_OK);
	assert_null(world.keeper.db);
	assert_int_equal(try_code(), 200);
	says("\"accepted\":true");
	if (!world.database.server)
		assert_int_equal(rmdir(wal), 0);
}

/* An answer as to a request of a transaction whose disk had failed. */
static uint16_t try_code_after_a_failure(void)
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, world.application);
	struct cs_writer w = CS_WRITER_OF(world.out);

	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_CODE, code);
	assert_int_equal(keeper_emergency(&world.keeper, &request, FAILURE_DATABASE, &w), CS_OK);
	struct cs_view replies = cs_writer_view(&w);
	return next_reply(&replies).status;
}

static void who_cannot_be_looked_up_for_others_locks_is_not_let_in(void **state)
{
	static struct keeper other;

	(void)state;
	assert_int_equal(start(), CS_OK);
	world_open_beside(&other);
	assert_int_equal(db_begin(other.db), CS_OK);
	assert_int_equal(sql_execute(world.keeper.db->sql, "PRAGMA busy_timeout = 1"), CS_OK);
	const uint16_t status = try_code_after_a_failure();
	db_rollback(other.db);
	keeper_close(&other);
	assert_int_equal(status, 503);
	assert_int_equal(try_code_after_a_failure(), 200);
}

static void a_look_for_who_asks_that_fails_leaves_no_transaction_open(void **state)
{
	(void)state;
	assert_int_equal(start(), CS_OK);
	assert_true(database_execute(&world.database, "PRAGMA user_version = 9999",
				     "UPDATE schema_version SET version = 9999"));
	assert_int_equal(try_code_after_a_failure(), 503);
	assert_true(database_execute(&world.database, "CREATE TABLE mine (a INTEGER)",
				     "SET lock_timeout = 5000; DROP TABLE schema_version"));
}

#define IN_START(test)                                                                                       \
	{#test, test, start_make, start_end, (void *)(uintptr_t)&on_sqlite},                                 \
	{                                                                                                    \
#test "_on_postgresql", test, start_make, start_end, (void *)(uintptr_t)&on_postgresql       \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_START(with_all_that_it_needs_it_says_so_and_takes_no_code),
	    IN_START(without_the_key_of_the_audit_log_no_code_is_good),
	    IN_START(where_a_statement_is_refused_no_code_is_good),
	    IN_START(a_table_that_may_not_be_read_opens_to_no_code),
	    IN_START(without_its_database_a_code_is_good),
	    {"who_cannot_be_looked_up_for_others_locks_is_not_let_in",
	     who_cannot_be_looked_up_for_others_locks_is_not_let_in, start_make, start_end,
	     (void *)(uintptr_t)&on_sqlite},
	    IN_START(a_look_for_who_asks_that_fails_leaves_no_transaction_open),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
