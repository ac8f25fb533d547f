/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What attempts cost, through keeper: how many wrong codes are looked at, whom they are charged to, whom they
 * lock out and for how long.
 */
#include "daemon/keeper_attempt.h"
#include "daemon/keeper_call.h"
#include "tests/unit/keeper_world.h"

static void verify_from(const char *user, const char *code, const char *client)
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, world.application);

	with(&request, IPC_TAG_USER, user);
	with(&request, IPC_TAG_CODE, code);
	with(&request, IPC_TAG_CLIENT, client);
	assert_int_equal(one(&request), 200);
}

static void wrong_from(const char *user, const char *client)
{
	verify_from(user, "000000", client);
	says("\"reason\":\"wrong\"");
}

static void locked_from(const char *user, const char *client)
{
	verify_from(user, "000000", client);
	says("\"reason\":\"locked\"");
}

static void right_from(uint64_t position, const char *client)
{
	char text[CS_OATH_CODE_MAX];

	verify_from("alice", code_at(position, text), client);
	says("\"accepted\":true");
}

static uint32_t failures_of(const char *id)
{
	struct db_token token;

	assert_int_equal(db_token_find(world.keeper.db, id, &token), CS_OK);
	return token.budget.failures;
}

static uint32_t failures(void)
{
	struct db_user user;

	assert_int_equal(db_user_find(world.keeper.db, "alice", &user), CS_OK);
	return user.budget.failures;
}

static void wrong_codes(struct ipc_request *requests, char (*codes)[8], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(codes[i], 8, "%06u", (unsigned)i);
		requests[i] = ask(IPC_OTP_VERIFY, world.application);
		with(&requests[i], IPC_TAG_USER, i % 2 ? "alice" : " ALICE");
		with(&requests[i], IPC_TAG_CODE, codes[i]);
	}
}

static void of_forty_wrong_codes_in_one_commit_five_are_looked_at(void **state)
{
	struct ipc_request requests[40];
	char codes[40][8], id[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	wrong_codes(requests, codes, 40);
	(void)run(requests, 40);
	assert_int_equal(world.keeper.metrics.evaluations, 5);
	assert_int_equal(world.keeper.metrics.verifications[KEEPER_WRONG], 5);
	assert_int_equal(world.keeper.metrics.verifications[KEEPER_LOCKED], 35);
}

/* Batches of sizes from one to eight, in turn from either of two daemons with one database. */
static void of_forty_wrong_codes_over_two_connections_five_are_looked_at(void **state)
{
	struct ipc_request requests[40];
	static struct keeper beside;
	char codes[40][8], id[32];
	size_t done = 0;

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	world_open_beside(&beside);
	wrong_codes(requests, codes, 40);
	for (size_t turn = 0; done < 40; turn++) {
		size_t count = turn % 8 + 1 < 40 - done ? turn % 8 + 1 : 40 - done;
		(void)run_in(turn % 2 ? &beside : &world.keeper, requests + done, count);
		done += count;
	}
	assert_int_equal(world.keeper.metrics.evaluations + beside.metrics.evaluations, 5);
	assert_int_equal(world.keeper.metrics.verifications[KEEPER_LOCKED] +
			     beside.metrics.verifications[KEEPER_LOCKED],
			 35);
	keeper_close(&beside);
}

static void locks_grow_to_an_hour_and_then_the_owner_gets_through(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];
	uint64_t locked = 60;

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	for (unsigned i = 0; i < 5; i++)
		require_wrong("alice", "000000");
	for (unsigned i = 0; i < 12; i++) {
		require_locked("alice", code_at(0, text));
		world.now += locked - 1;
		require_locked("alice", code_at(0, text));
		world.now += 1;
		if (i < 11)
			require_wrong("alice", "000000");
		locked = locked * 2 < 3600 ? locked * 2 : 3600;
	}
	require_verified("alice", code_at(0, text));
	assert_int_equal(failures(), 0);
	for (unsigned i = 0; i < 5; i++) /* five tries again */
		require_wrong("alice", "000000");
	require_locked("alice", "000000");
}

static void failures_are_forgotten_after_the_window(void **state)
{
	char id[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	for (unsigned day = 0; day < 3; day++) {
		for (unsigned i = 0; i < 4; i++)
			require_wrong("alice", "000000");
		world.now += world.config.tries_window;
	}
	require_wrong("alice", "000000");
	assert_int_equal(failures(), 1);
}

static void one_failure_raises_the_user_and_the_token_that_was_meant_and_nothing_else(void **state)
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, world.application);
	char id[32], id2[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	assert_int_equal(enrol_seed("alice", "totp", CS_VIEW_TEXT("another seed"), id2), 201);
	require_wrong("alice", "000000");
	assert_int_equal(failures(), 1);
	assert_int_equal(failures_of(id) + failures_of(id2), 0);
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_CODE, "000000");
	with(&request, IPC_TAG_TOKEN, id2);
	assert_int_equal(one(&request), 200);
	assert_int_equal(failures(), 2);
	assert_int_equal(failures_of(id), 0);
	assert_int_equal(failures_of(id2), 1);
}

static void a_stranger_locks_a_user_out_nowhere_that_he_is_known(void **state)
{
	char id[32];
	uint64_t position = 0;

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	right_from(position++, "192.0.2.1"); /* known from now on */
	for (unsigned i = 0; i < 5; i++) {
		char stranger[32];
		(void)snprintf(stranger, sizeof(stranger), "198.51.100.%u", i);
		wrong_from("alice", stranger);
	}
	locked_from("alice", "198.51.100.99");
	locked_from("alice", "203.0.113.7"); /* and so is alice, where she never was */
	right_from(position++, "192.0.2.1");
	wrong_from("alice", "192.0.2.1");
	assert_int_equal(failures(), 5); /* what she does at home does not touch the stranger's record */
	world.now += (uint64_t)world.config.known_days * 86400; /* known no longer; the locks are over */
	right_from(position++, "192.0.2.1");
	assert_int_equal(failures(), 0);
}

static void at_a_known_address_there_are_five_tries_as_well(void **state)
{
	char id[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	right_from(0, "192.0.2.1");
	for (unsigned i = 0; i < 5; i++)
		wrong_from("alice", "192.0.2.1");
	locked_from("alice", "192.0.2.1");
	assert_int_equal(failures(), 0);
	right_from(1, "192.0.2.2"); /* from elsewhere nobody has tried yet */
}

static void an_address_is_locked_for_a_day_whoever_it_names(void **state)
{
	char id[32], name[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	for (unsigned i = 0; i < 5; i++) {
		(void)snprintf(name, sizeof(name), "user%u", i);
		wrong_from(name, "198.51.100.9");
	}
	locked_from("alice", "198.51.100.9");
	locked_from("alice", "::ffff:198.51.100.9"); /* the same, as IPv6 has it */
	assert_int_equal(failures(), 0);
	world.now += 86399;
	locked_from("alice", "198.51.100.9");
	world.now += 1;
	right_from(0, "198.51.100.9");
	wrong_from("alice", "198.51.100.9"); /* success has reset it */
}

/* One wrong code each pace seconds from one address, for days: the seconds of them that alice was locked for.
 */
static uint64_t locked_by_one_address(uint64_t pace, unsigned days)
{
	const uint64_t end = world.now + days * (uint64_t)86400;
	uint64_t locked = 0, until = 0;
	struct db_user user;

	for (; world.now < end; world.now += pace) {
		verify_from("alice", "000000", "198.51.100.9");
		assert_int_equal(db_user_find(world.keeper.db, "alice", &user), CS_OK);
		if (user.budget.until > until) /* a lock that has begun just now */
			locked += user.budget.until - world.now;
		until = user.budget.until;
	}
	return locked;
}

static void one_address_at_any_steady_pace_locks_a_user_for_a_minute_a_day_at_most(void **state)
{
	static const uint64_t paces[] = {240, 3600, 4 * 3600, 6 * 3600, 18 * 3600, 86399, 86400, 90000};
	const unsigned days = 14;
	char id[32], fresh[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	for (unsigned i = 0; i < sizeof(paces) / sizeof(paces[0]); i++) {
		assert_in_range(locked_by_one_address(paces[i], days), 0,
				(uint64_t)days * world.config.lock_first);
		world.now += world.config.lock_first;
		(void)snprintf(fresh, sizeof(fresh), "203.0.113.%u", i);
		right_from(i, fresh); /* and she gets in where she never was */
	}
}

/* NULL: it is no address. */
static void canonical(const char *text, const char *want)
{
	char got[CLIENT_ADDRESS_MAX], again[CLIENT_ADDRESS_MAX];

	assert_int_equal(client_address(cs_view_string(text), got), want != NULL);
	if (!want)
		return;
	assert_string_equal(got, want);
	assert_true(client_address(cs_view_string(got), again));
	assert_string_equal(again, got);
}

static void a_network_of_ipv6_is_one_address(void **state)
{
	(void)state;
	canonical("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::");
	canonical("2001:DB8:1:2::", "2001:db8:1:2::");
	canonical("2001:db8:1:3::", "2001:db8:1:3::");
	canonical("::ffff:192.0.2.1", "192.0.2.1");
	canonical("64:ff9b::192.0.2.7", "192.0.2.7");
	canonical("64:ff9b:0:1::192.0.2.7", "64:ff9b:0:1::");
	canonical("fe80::1:2", "fe80::1:2");
	canonical("fec0::1:2", "fec0::");
	canonical("192.0.2.1:80", NULL);
	canonical("localhost", NULL);
	canonical("192.0.2.01", NULL);
	canonical("", NULL);
	struct ipc_request request = ask(IPC_OTP_VERIFY, world.application);
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_CODE, "000000");
	with(&request, IPC_TAG_CLIENT, "here");
	assert_int_equal(one(&request), 400);
	says("bad_client");
}

static void a_mac_address_has_one_form_however_it_is_written(void **state)
{
	static const char *const same[] = {"02-1A-BC-DE-F0-5F", "02:1a:bc:de:f0:5f", "021a.bcDe.f05F",
					   "021ABCDEF05F", "mac:021abcdef05f"};
	static const char *const none[] = {"02-1a-bc-de-f0",
					   "02-1a-bc-de-f0-5f-6",
					   "02-1a-bc-de-f0-5g",
					   "02-1a:bc-de-f0-5f",
					   "021a-bcde-f05f",
					   "02.1a.bc.de.f0.5f",
					   "02-1a-bc-de-f0-5f:guests",
					   "-02-1a-bc-de-f0-5",
					   "mac:02-1a-bc-de-f0-5f",
					   "mac:mac:021abcdef",
					   "mac:",
					   "021abcdef05",
					   "03-1a-bc-de-f0-5f" /* of a group */,
					   "ff-ff-ff-ff-ff-ff",
					   "00-00-00-00-00-00"};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		canonical(same[i], "mac:021abcdef05f");
	canonical("00-00-00-00-00-10", "mac:000000000010");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		canonical(none[i], NULL);
	assert_true(client_address_counts("192.0.2.1") && client_address_counts("2001:db8::"));
	assert_false(client_address_counts("mac:021abcdef05f"));
}

static void a_port_in_brackets_is_no_part_of_an_address(void **state)
{
	static const char *const none[] = {
	    "192.0.2.7[]",     "192.0.2.7[4500", "192.0.2.7[4500]x", "192.0.2.7[123456]",
	    "192.0.2.7[45a0]", "192.0.2.7:4500", "[4500]",	     "02-1a-bc-de-f0-5f[1]",
	    "[192.0.2.7]"};

	(void)state;
	canonical("192.0.2.7[4500]", "192.0.2.7");
	canonical("2001:db8:1:2:3:4:5:6[500]", "2001:db8:1:2::");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		canonical(none[i], NULL);
}

#define HER_STATION "02-1A-BC-DE-F0-5F"

/* Who makes up a MAC address with each try has the user's five, as from nowhere. */
static void of_wrong_codes_from_any_number_of_stations_five_are_looked_at(void **state)
{
	char id[32], station[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	right_from(0, HER_STATION);
	for (unsigned i = 0; i < 40; i++) {
		(void)snprintf(station, sizeof(station), "02-00-00-00-00-%02x", i);
		if (i < 5)
			wrong_from("alice", station);
		else
			locked_from("alice", station);
	}
	assert_int_equal(failures(), 5);
	assert_int_equal(world.keeper.metrics.evaluations, 6);
	right_from(1, "02:1a:bc:de:f0:5f"); /* and she gets in with hers */
}

static void at_a_station_that_was_copied_its_owner_has_five_tries_and_is_locked_nowhere_else(void **state)
{
	char id[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	right_from(0, HER_STATION);
	for (unsigned i = 0; i < 5; i++)
		wrong_from("alice", HER_STATION);
	locked_from("alice", HER_STATION);
	assert_int_equal(failures(), 0);
	right_from(1, "02-00-00-00-00-01");
	world.now += world.config.lock_first;
	right_from(2, HER_STATION);
}

static void a_station_is_locked_for_nobody(void **state)
{
	char id[32], name[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	for (unsigned i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "user%u", i);
		wrong_from(name, HER_STATION);
	}
	require_rows("budget", 20); /* of the names, and none of the station */
	right_from(0, HER_STATION);
	require_rows("known", 1);
}

/* A name that is nobody's is answered like one that is somebody's: first wrong, then locked. */
static void locks_do_not_tell_who_exists(void **state)
{
	char id[32], alice[6][256];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	for (unsigned i = 0; i < 6; i++) {
		verify("alice", "000000");
		(void)snprintf(alice[i], sizeof(alice[i]), "%.255s", world.body);
	}
	for (unsigned i = 0; i < 6; i++) {
		verify(i % 2 ? "nobody" : "NoBody ", "000000");
		assert_string_equal(world.body, alice[i]);
	}
}

static void what_guesses_nothing_is_given_back(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	require_verified("alice", code_at(0, text));
	require_wrong("alice", "000000");
	for (unsigned i = 0; i < 20; i++)
		require_wrong("alice", code_at(0, text));
	require_last_audit("otp_verify", "wrong", "replay");
	assert_int_equal(failures(), 1);
}

static void records_that_are_over_are_purged(void **state)
{
	const struct budget none = {0}, old = {1, T0, 0}, locked = {9, T0, T0 + 100}, young = {1, T0 + 50, 0};
	struct budget found;

	(void)state;
	assert_int_equal(db_budget_set(world.keeper.db, "address:a", &none, &old), CS_OK);
	assert_int_equal(db_budget_set(world.keeper.db, "address:b", &none, &locked), CS_OK);
	assert_int_equal(db_budget_set(world.keeper.db, "address:c", &none, &young), CS_OK);
	assert_int_equal(db_budget_set(world.keeper.db, "address:c", &old, &locked), CS_ERR_BUSY);
	assert_int_equal(db_budget_set(world.keeper.db, "address:c", &none, &locked), CS_ERR_BUSY);
	assert_int_equal(db_budget_purge(world.keeper.db, T0 + 50, T0 + 60), CS_OK);
	assert_int_equal(db_budget_find(world.keeper.db, "address:a", &found), CS_OK);
	assert_int_equal(found.failures, 0);
	assert_int_equal(db_budget_find(world.keeper.db, "address:b", &found), CS_OK);
	assert_int_equal(found.failures, 9);
	assert_int_equal(db_budget_find(world.keeper.db, "address:c", &found), CS_OK);
	assert_int_equal(found.failures, 1);
	world.now += 2 * 86400; /* and an attempt does so by the way */
	require_wrong("alice", "000000");
	assert_int_equal(db_budget_find(world.keeper.db, "address:b", &found), CS_OK);
	assert_int_equal(found.failures, 0);
}

static void of_the_addresses_of_a_user_the_latest_sixteen_are_known(void **state)
{
	struct db_known known;
	char address[32];

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		(void)snprintf(address, sizeof(address), "192.0.2.%u", i);
		assert_int_equal(db_known_seen(world.keeper.db, 1, address, T0 + i), CS_OK);
	}
	for (unsigned i = 0; i < 20; i++) {
		(void)snprintf(address, sizeof(address), "192.0.2.%u", i);
		assert_int_equal(db_known_find(world.keeper.db, 1, address, &known),
				 i < 4 ? CS_ERR_NOT_FOUND : CS_OK);
	}
}

static void a_device_that_changes_its_mac_address_makes_no_ip_address_forgotten(void **state)
{
	struct db_known known;
	char address[32];

	(void)state;
	assert_int_equal(db_known_seen(world.keeper.db, 1, "192.0.2.1", T0), CS_OK);
	for (unsigned i = 1; i <= 20; i++) {
		(void)snprintf(address, sizeof(address), "mac:0211223344%02x", i);
		assert_int_equal(db_known_seen(world.keeper.db, 1, address, T0 + i), CS_OK);
	}
	assert_int_equal(db_known_find(world.keeper.db, 1, "192.0.2.1", &known), CS_OK);
	assert_int_equal(db_known_find(world.keeper.db, 1, "mac:021122334404", &known), CS_ERR_NOT_FOUND);
	assert_int_equal(db_known_find(world.keeper.db, 1, "mac:021122334405", &known), CS_OK);
}

static void lock_numbers(const char *client, char list[KEEPER_LOCK_LIST])
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, NULL);

	with(&request, IPC_TAG_CLIENT, client);
	(void)keeper_lock_numbers(&request, 1, list);
}

static void a_host_has_one_lock_however_its_address_is_written(void **state)
{
	static const char *const same[][2] = {{"192.0.2.7", "::ffff:192.0.2.7"},
					      {"192.0.2.7", "::FFFF:c000:207"},
					      {"2001:db8::1", "2001:DB8:0:0:ffff::2"}};
	char first[KEEPER_LOCK_LIST], second[KEEPER_LOCK_LIST];

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		lock_numbers(same[i][0], first);
		lock_numbers(same[i][1], second);
		assert_int_equal(first[0], '{');
		assert_string_equal(first, second);
	}
	lock_numbers("192.0.2.8", second);
	assert_string_not_equal(first, second);
	lock_numbers("no address", second);
	assert_string_equal(second, "");
	lock_numbers("02-1a-bc-de-f0-5f", second); /* nothing is counted for it */
	assert_string_equal(second, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(of_forty_wrong_codes_in_one_commit_five_are_looked_at),
	    IN_WORLD(of_forty_wrong_codes_over_two_connections_five_are_looked_at),
	    IN_WORLD(locks_grow_to_an_hour_and_then_the_owner_gets_through),
	    IN_WORLD(failures_are_forgotten_after_the_window),
	    IN_WORLD(one_failure_raises_the_user_and_the_token_that_was_meant_and_nothing_else),
	    IN_WORLD(a_stranger_locks_a_user_out_nowhere_that_he_is_known),
	    IN_WORLD(at_a_known_address_there_are_five_tries_as_well),
	    IN_WORLD(an_address_is_locked_for_a_day_whoever_it_names),
	    IN_WORLD(one_address_at_any_steady_pace_locks_a_user_for_a_minute_a_day_at_most),
	    IN_WORLD(a_network_of_ipv6_is_one_address),
	    cmocka_unit_test(a_mac_address_has_one_form_however_it_is_written),
	    cmocka_unit_test(a_port_in_brackets_is_no_part_of_an_address),
	    IN_WORLD(of_wrong_codes_from_any_number_of_stations_five_are_looked_at),
	    IN_WORLD(at_a_station_that_was_copied_its_owner_has_five_tries_and_is_locked_nowhere_else),
	    IN_WORLD(a_station_is_locked_for_nobody),
	    IN_WORLD(locks_do_not_tell_who_exists),
	    IN_WORLD(what_guesses_nothing_is_given_back),
	    IN_WORLD(records_that_are_over_are_purged),
	    IN_WORLD(of_the_addresses_of_a_user_the_latest_sixteen_are_known),
	    IN_WORLD(a_device_that_changes_its_mac_address_makes_no_ip_address_forgotten),
	    cmocka_unit_test(a_host_has_one_lock_however_its_address_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
