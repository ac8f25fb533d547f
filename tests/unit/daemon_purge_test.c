/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What tells of persons goes when it has had its time, whoever calls or does not.
 */
#include "daemon/chores.h"
#include "daemon/keeper_purge.h"
#include "tests/unit/keeper_world.h"

#define HOUR 3600u

static void grid_enrol(char id[32])
{
	assert_int_equal(enrol_seed("alice", "grid", CS_VIEW_EMPTY, id), 201);
}

static void challenge(const char *data, char id[32])
{
	struct ipc_request request = ask(IPC_CHALLENGE_CREATE, world.application);

	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_DATA, data);
	assert_int_equal(one(&request), 201);
	member("challenge", id, 32);
}

static uint16_t challenge_look(const char *id)
{
	struct ipc_request request = ask(IPC_CHALLENGE_GET, world.application);

	with(&request, IPC_TAG_CHALLENGE, id);
	return one(&request);
}

static void a_challenge_and_its_data_go_a_day_after_it_expired(void **state)
{
	char token[32], first[32], second[32];

	(void)state;
	grid_enrol(token);
	challenge("900 EUR to Bob", first);
	world.now += 2 * HOUR;
	challenge("100 EUR to Eve", second);
	world.now += world.keeper.challenge_lifetime + CHALLENGE_KEPT - 2 * HOUR;
	chores_turn(&world.keeper);
	require_rows("challenge", 2);
	world.now += HOUR; /* after it last looked */
	chores_turn(&world.keeper);
	require_rows("challenge", 1);
	assert_int_equal(challenge_look(first), 404);
	assert_int_equal(challenge_look(second), 200);
	says("expired");
	world.now += 2 * HOUR;
	chores_turn(&world.keeper);
	require_rows("challenge", 0);
}

static void verify_from(const char *address, uint64_t position)
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, world.application);
	char text[CS_OATH_CODE_MAX];

	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_CODE, code_at(position, text));
	with(&request, IPC_TAG_CLIENT, address);
	assert_int_equal(one(&request), 200);
	says("\"accepted\":true");
}

static void an_address_that_is_not_known_any_more_is_forgotten(void **state)
{
	char id[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	verify_from("192.0.2.1", 0);
	world.now += 2 * HOUR;
	verify_from("192.0.2.2", 1);
	chores_turn(&world.keeper);
	require_rows("known", 2);
	world.now += world.keeper.known_for - 2 * HOUR - 1;
	chores_turn(&world.keeper);
	require_rows("known", 2);
	world.now += HOUR;
	chores_turn(&world.keeper);
	require_rows("known", 1);
	assert_true(database_execute(&world.database,
				     "CREATE TABLE none (n INTEGER CHECK (n = 0)); INSERT INTO none"
				     " SELECT count(*) FROM known WHERE address = '192.0.2.1'",
				     "DO $$BEGIN IF EXISTS (SELECT 1 FROM known WHERE address = '192.0.2.1')"
				     " THEN RAISE EXCEPTION 'there'; END IF; END$$"));
	world.now += 2 * HOUR;
	chores_turn(&world.keeper);
	require_rows("known", 0);
}

/* Of 1,200 that are too old a turn takes some, and the next ones the others, with no hour between them. */
static void what_is_much_goes_little_by_little(void **state)
{
	char id[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	verify_from("192.0.2.1", 0);
	assert_true(database_execute(
	    &world.database,
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)"
	    " INSERT INTO known (\"user\", address, seen) SELECT (SELECT min(id) FROM \"user\"), i, 1 FROM n",
	    "INSERT INTO known (\"user\", address, seen)"
	    " SELECT (SELECT min(id) FROM \"user\"), i, 1 FROM generate_series(1, 1200) AS n(i)"));
	chores_turn(&world.keeper);
	require_rows("known", 701);
	chores_turn(&world.keeper);
	require_rows("known", 201);
	chores_turn(&world.keeper);
	require_rows("known", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(a_challenge_and_its_data_go_a_day_after_it_expired),
	    IN_WORLD(an_address_that_is_not_known_any_more_is_forgotten),
	    IN_WORLD(what_is_much_goes_little_by_little),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
