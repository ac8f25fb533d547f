/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Break-glass codes: what keeper does with them when its database takes nothing, or is not there.
 */
#include "daemon/break_glass_file.h"
#include "daemon/chores.h"
#include "daemon/keeper_emergency.h"
#include "tests/unit/keeper_world.h"

static char error[CONFIG_ERROR_MAX];

static int glass_world_make(void **state)
{
	if (world_make(state))
		return -1;
	world.config.dual_control = false;
	keeper_reconfigure(&world.keeper, &world.config);
	keeper_break_glass_open(&world.keeper);
	assert_non_null(world.keeper.glass);
	return 0;
}

static int glass_world_end(void **state)
{
	(void)unlink(world.config.break_glass);
	return world_end(state);
}

static bool full;

/* A SQLite file that may not grow. */
static void limit_pages(unsigned most)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "PRAGMA max_page_count = %u", most);
	if (world.keeper.db && sql_dialect(world.keeper.db->sql) == SQL_SQLITE)
		assert_int_equal(sql_execute(world.keeper.db->sql, text), CS_OK);
}

static void restart(void)
{
	keeper_close(&world.keeper);
	world_open();
	keeper_break_glass_open(&world.keeper);
	world.keeper.start_due = true;
	if (full)
		limit_pages(1);
}

/* From here on the disk is full for an entry of the audit log, and so for everything. */
static void database_fails(void)
{
	assert_true(database_execute(
	    &world.database,
	    "CREATE TABLE ballast (bytes BLOB);"
	    "CREATE TRIGGER no_room BEFORE INSERT ON audit BEGIN INSERT INTO ballast VALUES "
	    "(zeroblob(4000000)); END",
	    "CREATE FUNCTION no_room() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = "
	    "'53100'; "
	    "END $$ LANGUAGE plpgsql;"
	    "CREATE TRIGGER no_room BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION no_room()"));
	full = true;
	limit_pages(1);
}

static void database_works(void)
{
	full = false;
	limit_pages(1000000);
	assert_true(database_execute(&world.database, "DROP TRIGGER no_room; DROP TABLE ballast",
				     "DROP TRIGGER no_room ON audit; DROP FUNCTION no_room"));
}

/* The statement that tells the audit log is refused, for a reason that is not the disk's; and works again. */
static void database_refuses(bool refuses)
{
	assert_true(database_execute(
	    &world.database,
	    refuses ? "CREATE TRIGGER refused BEFORE INSERT ON audit BEGIN SELECT RAISE(FAIL, 'no'); END"
		    : "DROP TRIGGER refused",
	    refuses ? "CREATE FUNCTION refused() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'no'; END $$ "
		      "LANGUAGE plpgsql;"
		      "CREATE TRIGGER refused BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION refused()"
		    : "DROP TRIGGER refused ON audit; DROP FUNCTION refused"));
}

static uint16_t make_code(const char *user, char code[BREAK_GLASS_CODE_SIZE], char id[32])
{
	struct ipc_request request = ask(IPC_BREAK_GLASS_ISSUE, world.admin);

	with(&request, IPC_TAG_USER, user);
	uint16_t status = one(&request);
	if (status == 201) {
		member("code", code, BREAK_GLASS_CODE_SIZE);
		member("id", id, 32);
	}
	return status;
}

static uint16_t try_code(const char *credential, const char *user, const char *code)
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, credential);

	with(&request, IPC_TAG_USER, user);
	with(&request, IPC_TAG_CODE, code);
	with(&request, IPC_TAG_CLIENT, "2001:db8::17");
	with(&request, IPC_TAG_ADDRESS, "192.0.2.80");
	return one(&request);
}

static void let_in(const char *user, const char *code)
{
	assert_int_equal(try_code(world.application, user, code), 200);
	says("{\"accepted\":true,\"token\":\"g_");
}

static void refused(const char *user, const char *code)
{
	assert_int_equal(try_code(world.application, user, code), 200);
	says("{\"accepted\":false,\"reason\":\"wrong\"}");
}

static unsigned entries_of(const char *action)
{
	char text[1024];
	unsigned count = 0;
	struct ipc_request request = ask(IPC_AUDIT_LIST, world.admin);

	assert_int_equal(one(&request), 200);
	(void)snprintf(text, sizeof(text), "\"action\":\"%s\"", action);
	for (const char *at = world.body; (at = strstr(at, text)) != NULL; at++)
		count++;
	return count;
}

static void a_code_lets_its_user_in_once_while_the_database_takes_nothing_and_is_told_afterwards(void **state)
{
	char code[BREAK_GLASS_CODE_SIZE], id[32];
	struct audit_entry last;
	uint64_t end, broken;

	(void)state;
	assert_int_equal(give_alias("alice", "ally"), 201);
	assert_int_equal(make_code("ALLY", code, id), 201);
	says("\"user\":\"alice\"");
	require_last_audit("break_glass_issue", "done", "");
	/* As long as all is well it is a wrong code like any other. */
	require_wrong("alice", code);
	database_fails();
	assert_int_equal(try_code(world.application, "alice", "123456"), 503);
	says("\"unavailable\"");
	assert_int_equal(try_code("cs_app_nobody", "alice", code), 401);
	assert_int_equal(try_code(world.admin, "alice", code), 403);
	refused("bob", code);
	let_in(" Ally", code);
	says(id);
	refused("alice", code);
	assert_int_equal(keeper_recover(&world.keeper) == CS_OK, 0);
	restart();
	refused("alice", code);
	database_works();
	assert_true(keeper_recover_due(&world.keeper));
	(void)snprintf(world.keeper.hook_urls, sizeof(world.keeper.hook_urls), "https://siem.example/");
	assert_int_equal(keeper_recover(&world.keeper), CS_OK);
	assert_false(keeper_recover_due(&world.keeper));
	struct ipc_request told = ask(IPC_OUTBOX_LIST, world.admin);
	assert_int_equal(one(&told), 200);
	says("\"kind\":\"hook\",\"user\":\"alice\"");
	require_last_audit("break_glass_use", "wrong", "wrong_code");
	take_last_audit(&last);
	assert_string_equal(last.detail, "5 codes, 2 unauthorized, last at 2027-01-15T08:00:00Z");
	assert_int_equal(entries_of("break_glass_use"), 2);
	says("\"actor\":\"application:web\",\"action\":\"break_glass_use\",\"user\":\"alice\"");
	says("\"address\":\"192.0.2.80\"");
	says("used 2027-01-15T08:00:00Z, client 2001:db8::");
	assert_int_equal(audit_check(world.keeper.db, 0, &end, &broken), CS_OK);
	require_wrong("alice", code);
}

static void a_transaction_that_fails_for_another_reason_opens_to_no_code(void **state)
{
	char code[BREAK_GLASS_CODE_SIZE], id[32];

	(void)state;
	assert_int_equal(make_code("alice", code, id), 201);
	database_refuses(true);
	assert_int_equal(try_code(world.application, "alice", code), 503);
	says("\"unavailable\"");
	database_refuses(false);
	assert_int_equal(break_glass_good(world.keeper.glass, T0), 1);
	assert_false(break_glass_untold(world.keeper.glass));
	require_wrong("alice", code);
}

/* SQLite waits for some seconds before it says so. */
static void a_database_that_others_have_locked_opens_to_no_code(void **state)
{
	static struct keeper other;
	char code[BREAK_GLASS_CODE_SIZE], id[32];

	(void)state;
	assert_int_equal(make_code("alice", code, id), 201);
	world_open_beside(&other);
	assert_int_equal(db_begin(other.db), CS_OK);
	assert_int_equal(sql_execute(world.keeper.db->sql, "PRAGMA busy_timeout = 1"), CS_OK);
	assert_int_equal(try_code(world.application, "alice", code), 503);
	db_rollback(other.db);
	keeper_close(&other);
	assert_int_equal(break_glass_good(world.keeper.glass, T0), 1);
	require_wrong("alice", code);
}

/* Done by another daemon on the same database, which has no codes. */
static void elsewhere(enum ipc_op op, const char *user)
{
	static struct keeper other;
	struct ipc_request request = ask(op, world.admin);

	with(&request, IPC_TAG_USER, user);
	world_open_beside(&other);
	struct cs_view replies = run_in(&other, &request, 1);
	assert_int_equal(next_reply(&replies).status, 200);
	keeper_close(&other);
}

static void who_is_disabled_or_deleted_is_let_in_by_no_code_as_long_as_that_can_be_read(void **state)
{
	struct ipc_request bob = ask(IPC_USER_ADD, world.admin);
	char alices[BREAK_GLASS_CODE_SIZE], bobs[BREAK_GLASS_CODE_SIZE], id[32];

	(void)state;
	with(&bob, IPC_TAG_USER, "bob");
	assert_int_equal(one(&bob), 201);
	assert_int_equal(make_code("alice", alices, id), 201);
	assert_int_equal(make_code("bob", bobs, id), 201);
	elsewhere(IPC_USER_DISABLE, "alice");
	elsewhere(IPC_USER_DISABLE, "bob");
	elsewhere(IPC_USER_DELETE, "bob");
	database_fails();
	refused("alice", alices);
	refused("bob", bobs);
	assert_int_equal(break_glass_good(world.keeper.glass, T0), 2);
	assert_int_equal(break_glass_at(world.keeper.glass, BREAK_GLASS_TALLY)->issued, 2);
	database_works();
	elsewhere(IPC_USER_ENABLE, "alice");
	database_fails();
	let_in("alice", alices);
	database_works();
}

static void who_may_ask_is_looked_up_again_after_a_transaction_that_failed(void **state)
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, world.application);
	struct cs_writer w = CS_WRITER_OF(world.out);
	char code[BREAK_GLASS_CODE_SIZE], id[32];

	(void)state;
	assert_int_equal(make_code("alice", code, id), 201);
	database_fails();
	assert_int_equal(try_code(world.application, "alice", "123456"), 503);
	assert_false(world.keeper.caller.is_there);
	assert_int_equal(try_code(world.application, "alice", "BG-AAAA-AAAA-AAAA-AAAA"), 200);
	assert_true(database_execute(&world.database, "DELETE FROM application WHERE name = 'web'",
				     "DELETE FROM application WHERE name = 'web'"));
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_CODE, code);
	assert_int_equal(keeper_emergency(&world.keeper, &request, FAILURE_DATABASE, &w), CS_OK);
	struct cs_view replies = cs_writer_view(&w);
	assert_int_equal(next_reply(&replies).status, 401);
	assert_int_equal(break_glass_good(world.keeper.glass, T0), 1);
	database_works();
}

/* The file's disk fails, the database does not. */
static int no_sync(int fd)
{
	(void)fd;
	return -1;
}

static void a_file_of_codes_that_fails_keeps_no_database_from_serving(void **state)
{
	static const struct break_glass_disk real = {.put = pwrite, .sync = fdatasync},
					     failing = {.put = pwrite, .sync = no_sync};
	char code[BREAK_GLASS_CODE_SIZE], id[32];

	(void)state;
	assert_int_equal(make_code("alice", code, id), 201);
	database_fails();
	let_in("alice", code);
	database_works();
	world.keeper.start_due = true;
	world.keeper.glass->disk = failing;
	assert_int_equal(keeper_recover(&world.keeper), CS_OK);
	require_last_audit("start", "done", "");
	assert_false(world.keeper.start_due);
	assert_true(keeper_recover_due(&world.keeper)); /* of the code */
	require_wrong("alice", "123456");
	world.keeper.glass->disk = real;
	assert_int_equal(keeper_recover(&world.keeper), CS_OK);
	require_last_audit("break_glass_use", "accepted", "");
	assert_int_equal(entries_of("break_glass_use"), 1);
	assert_int_equal(entries_of("start"), 1);
}

static unsigned syncs_tried;

static int no_sync_counted(int fd)
{
	(void)fd;
	syncs_tried++;
	return -1;
}

/* The entry is there, and its file cannot be told so: nothing is committed, and nothing learnt of the
 * database. */
static void a_file_of_codes_that_fails_is_left_alone_for_a_while_and_clears_no_failure(void **state)
{
	static const struct break_glass_disk failing = {.put = pwrite, .sync = no_sync_counted};
	char code[BREAK_GLASS_CODE_SIZE], id[32];
	size_t i;

	(void)state;
	assert_int_equal(make_code("alice", code, id), 201);
	database_fails();
	assert_int_equal(try_code(world.application, "alice", code), 200);
	database_works();
	assert_int_equal(keeper_recover(&world.keeper), CS_OK);
	assert_int_equal(break_glass_find(world.keeper.glass, id, &i), CS_OK);
	((struct break_glass_record *)(uintptr_t)break_glass_at(world.keeper.glass, i))->state =
	    BREAK_GLASS_SPENT;
	world.keeper.glass->disk = failing;
	world.keeper.failing = true;
	for (unsigned turn = 0; turn < 3; turn++) {
		syncs_tried = 0;
		keeper_recover_turn(&world.keeper);
		assert_int_equal(syncs_tried > 0, turn != 1);
		assert_true(world.keeper.failing);
		world.now += turn ? 60 : 5;
	}
	require_wrong("alice", "123456"); /* this is committed */
	assert_false(world.keeper.failing);
}

static void a_code_that_no_disk_confirmed_is_told_as_refused(void **state)
{
	static const struct break_glass_disk real = {.put = pwrite, .sync = fdatasync},
					     failing = {.put = pwrite, .sync = no_sync};
	char code[BREAK_GLASS_CODE_SIZE], id[32];

	(void)state;
	assert_int_equal(make_code("alice", code, id), 201);
	database_fails();
	world.keeper.glass->disk = failing;
	assert_int_equal(try_code(world.application, "alice", code), 503);
	restart();
	refused("alice", code);
	database_works();
	restart();
	world.keeper.glass->disk = real;
	assert_int_equal(keeper_recover(&world.keeper), CS_OK);
	assert_int_equal(entries_of("break_glass_use"), 2);
	says("\"result\":\"failed\",\"reason\":\"not_confirmed\"");
	assert_null(strstr(world.body, "\"action\":\"break_glass_use\",\"result\":\"accepted\""));
}

static void a_code_is_told_once(void **state)
{
	struct ipc_request request = ask(IPC_BREAK_GLASS_ISSUE, world.admin);
	char id[32], first[32];

	(void)state;
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_IDEMPOTENCY, "k1");
	assert_int_equal(one(&request), 201);
	says("\"code\":\"BG-");
	member("id", first, sizeof(first));
	assert_int_equal(one(&request), 201);
	assert_null(strstr(world.body, "BG-"));
	assert_null(strstr(world.body, "code"));
	member("id", id, sizeof(id));
	assert_string_equal(id, first);
	assert_int_equal(break_glass_good(world.keeper.glass, T0), 1);
}

static void what_was_used_is_told_once_wherever_keeper_is_killed(void **state)
{
	char code[BREAK_GLASS_CODE_SIZE], id[32];
	uint8_t hash[AUDIT_HASH_LEN];
	uint64_t head;
	size_t i;

	(void)state;
	assert_int_equal(make_code("alice", code, id), 201);
	database_fails();
	let_in("alice", code);
	database_works();
	assert_int_equal(break_glass_find(world.keeper.glass, id, &i), CS_OK);
	/* Killed before its commit: the number is in the file, and the entry nowhere, or another one there.
	 */
	assert_int_equal(db_audit_head(world.keeper.db, &head, hash), CS_OK);
	assert_int_equal(break_glass_telling(world.keeper.glass, i, head + 1), CS_OK);
	restart();
	assert_int_equal(break_glass_telling(world.keeper.glass, i, head), CS_OK);
	restart();
	assert_int_equal(keeper_recover(&world.keeper), CS_OK);
	assert_int_equal(entries_of("break_glass_use"), 1);
	/* Killed after it: the entry is there, and the file does not know. */
	assert_int_equal(break_glass_at(world.keeper.glass, i)->state, BREAK_GLASS_TOLD);
	struct break_glass_record *record =
	    (struct break_glass_record *)(uintptr_t)break_glass_at(world.keeper.glass, i);
	record->state = BREAK_GLASS_SPENT;
	assert_int_equal(break_glass_telling(world.keeper.glass, i, record->told), CS_OK);
	restart();
	assert_true(break_glass_untold(world.keeper.glass));
	assert_int_equal(keeper_recover(&world.keeper), CS_OK);
	assert_false(break_glass_untold(world.keeper.glass));
	assert_int_equal(entries_of("break_glass_use"), 1);
}

static void a_code_of_a_transaction_that_failed_is_good_for_nobody(void **state)
{
	char code[BREAK_GLASS_CODE_SIZE], id[32];

	(void)state;
	database_fails();
	assert_int_equal(make_code("alice", code, id), 503);
	assert_int_equal(break_glass_good(world.keeper.glass, T0), 0);
	database_works();
}

static void a_code_takes_two_administrators_and_a_revoked_one_is_worthless(void **state)
{
	struct ipc_request request = ask(IPC_BREAK_GLASS_REVOKE, world.admin), list;
	char code[BREAK_GLASS_CODE_SIZE], id[32];

	(void)state;
	world.config.dual_control = true;
	keeper_reconfigure(&world.keeper, &world.config);
	assert_int_equal(make_code("alice", code, id), 202);
	says("\"subject\":\"give admin a break-glass code for user alice, good for 365 days\"");
	assert_int_equal(break_glass_good(world.keeper.glass, T0), 0);
	world.config.dual_control = false;
	keeper_reconfigure(&world.keeper, &world.config);
	assert_int_equal(make_code("nobody", code, id), 404);
	assert_int_equal(make_code("alice", code, id), 201);
	list = ask(IPC_BREAK_GLASS_LIST, world.admin);
	assert_int_equal(one(&list), 200);
	says("\"user\":\"alice\",\"state\":\"issued\"");
	assert_null(strstr(world.body, code));
	with(&request, IPC_TAG_TOKEN, id);
	assert_int_equal(one(&request), 200);
	says("\"state\":\"revoked\"");
	with(&request, IPC_TAG_TOKEN, "g_0");
	assert_int_equal(one(&request), 404);
	database_fails();
	refused("alice", code);
	database_works();
}

static uint16_t propose_code(const char *approval, uint64_t valid)
{
	struct ipc_request request = ask(IPC_BREAK_GLASS_ISSUE, world.admin);

	with(&request, IPC_TAG_USER, "alice");
	with_number(&request, IPC_TAG_VALID, valid, 8);
	if (approval)
		with(&request, IPC_TAG_APPROVAL, approval);
	return one(&request);
}

static void what_two_approve_of_a_code_is_how_long_it_is_good_too(void **state)
{
	static const struct {
		uint64_t valid;
		const char *words;
	} rows[] = {{1, "1 second"},	      {3601, "3601 seconds"},	{180, "3 minutes"},
		    {7200, "2 hours"},	      {90000, "25 hours"},	{86400, "1 day"},
		    {86401, "86401 seconds"}, {316224000, "3660 days"}, {315359999, "315359999 seconds"}};
	char anton[64], id[32], part[64];

	(void)state;
	hire("anton", "administrator", anton);
	world.keeper.dual_control = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(propose_code(NULL, rows[i].valid), 202);
		(void)snprintf(part, sizeof(part), "for user alice, good for %s\"", rows[i].words);
		says(part);
		member("approval", id, sizeof(id));
		assert_int_equal(on_approval(IPC_APPROVAL_GRANT, anton, id), 200);
		assert_int_equal(propose_code(id, rows[i].valid + 1 > 316224000 ? 1 : rows[i].valid + 1),
				 409);
		says("\"not_approved\"");
		assert_int_equal(propose_code(id, rows[i].valid), 201);
		(void)snprintf(part, sizeof(part), "\"expires\":%llu",
			       (unsigned long long)(world.now + rows[i].valid));
		says(part);
	}
}

static void the_list_has_pages(void **state)
{
	struct ipc_request list = ask(IPC_BREAK_GLASS_LIST, world.admin);
	char code[BREAK_GLASS_CODE_SIZE], id[3][32], next[32];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(make_code("alice", code, id[i]), 201);
	with_number(&list, IPC_TAG_LIMIT, 2, 4);
	assert_int_equal(one(&list), 200);
	member("next", next, sizeof(next));
	assert_string_equal(next, id[1]);
	with(&list, IPC_TAG_AFTER, next);
	assert_int_equal(one(&list), 200);
	says(id[2]);
	says("\"next\":null");
	with(&list, IPC_TAG_AFTER, "g_0");
	assert_int_equal(one(&list), 400);
}

static void without_a_database_a_code_is_good_once_and_nothing_else_is(void **state)
{
	struct ipc_request ready = ask(IPC_READY, NULL), metrics = ask(IPC_METRICS, NULL),
			   health = ask(IPC_HEALTH, NULL);
	char code[BREAK_GLASS_CODE_SIZE], id[32];
	const struct clock clock = world.keeper.clock;

	(void)state;
	keeper_close(&world.keeper);
	assert_int_equal(keeper_open_emergency(&world.config, clock, &world.keeper, error),
			 CS_ERR_NOT_FOUND); /* no code: no need for it */
	world_open();
	keeper_break_glass_open(&world.keeper);
	assert_int_equal(make_code("alice", code, id), 201);
	keeper_close(&world.keeper);
	assert_int_equal(keeper_open_emergency(&world.config, clock, &world.keeper, error), CS_OK);
	chores_turn(&world.keeper);
	assert_int_equal(try_code(world.application, "alice", "123456"), 503);
	assert_int_equal(one(&health), 503);
	with(&ready, IPC_TAG_TYPE, "detail");
	assert_int_equal(one(&ready), 503);
	says("it cannot be opened");
	assert_int_equal(one(&metrics), 200);
	says("countersign_break_glass_codes 1\n");
	let_in("alice", code);
	refused("alice", code);
	restart();
	assert_int_equal(keeper_recover(&world.keeper), CS_OK);
	assert_int_equal(entries_of("break_glass_use"), 2);
	says("\"actor\":\"unknown\",\"action\":\"break_glass_use\",\"user\":\"alice\"");
}

#define IN_GLASS_WORLD(test)                                                                                 \
	{#test, test, glass_world_make, glass_world_end, (void *)(uintptr_t)&on_sqlite},                     \
	{                                                                                                    \
#test "_on_postgresql", test, glass_world_make, glass_world_end,                             \
		    (void *)(uintptr_t)&on_postgresql                                                        \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_GLASS_WORLD(
		a_code_lets_its_user_in_once_while_the_database_takes_nothing_and_is_told_afterwards),
	    IN_GLASS_WORLD(a_transaction_that_fails_for_another_reason_opens_to_no_code),
	    {"a_database_that_others_have_locked_opens_to_no_code",
	     a_database_that_others_have_locked_opens_to_no_code, glass_world_make, glass_world_end,
	     (void *)(uintptr_t)&on_sqlite},
	    IN_GLASS_WORLD(who_is_disabled_or_deleted_is_let_in_by_no_code_as_long_as_that_can_be_read),
	    IN_GLASS_WORLD(who_may_ask_is_looked_up_again_after_a_transaction_that_failed),
	    IN_GLASS_WORLD(a_file_of_codes_that_fails_keeps_no_database_from_serving),
	    IN_GLASS_WORLD(a_file_of_codes_that_fails_is_left_alone_for_a_while_and_clears_no_failure),
	    IN_GLASS_WORLD(a_code_that_no_disk_confirmed_is_told_as_refused),
	    IN_GLASS_WORLD(a_code_is_told_once),
	    IN_GLASS_WORLD(what_was_used_is_told_once_wherever_keeper_is_killed),
	    IN_GLASS_WORLD(a_code_of_a_transaction_that_failed_is_good_for_nobody),
	    IN_GLASS_WORLD(a_code_takes_two_administrators_and_a_revoked_one_is_worthless),
	    IN_GLASS_WORLD(what_two_approve_of_a_code_is_how_long_it_is_good_too),
	    IN_GLASS_WORLD(the_list_has_pages),
	    IN_GLASS_WORLD(without_a_database_a_code_is_good_once_and_nothing_else_is),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
