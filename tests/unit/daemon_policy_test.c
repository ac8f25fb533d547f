/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Attempts and logins, as they are promised: one budget for all doors, for all ways to write a name, with the
 * limits and windows of the configuration; and the same work for a name that is nobody's.
 */
#include "daemon/front_route.h"
#include "daemon/hmac.h"
#include "tests/unit/keeper_world.h"

#define HERE "192.0.2.1"

static char token_id[32];

static void user_add(const char *user)
{
	struct ipc_request request = ask(IPC_USER_ADD, world.admin);

	with(&request, IPC_TAG_USER, user);
	assert_int_equal(one(&request), 201);
}

static void set_class(const char *name, const char *factors)
{
	struct ipc_request set = ask(IPC_CLASS_SET, world.admin);

	with(&set, IPC_TAG_NAME, name);
	with(&set, IPC_TAG_FACTORS, factors);
	assert_int_equal(one(&set), 200);
}

static uint32_t failures(const char *user)
{
	struct db_user row;

	assert_int_equal(db_user_find(world.keeper.db, user, &row), CS_OK);
	return row.budget.failures;
}

static uint64_t evaluations(void)
{
	return world.keeper.metrics.evaluations;
}

/* ---- every door ---- */

/* Whoever sends one of these is told whether it is right. */
static bool tells_of_secrets(const struct front_route *route)
{
	static const enum ipc_tag secrets[] = {IPC_TAG_CODE, IPC_TAG_CODE2, IPC_TAG_PASSWORD,
					       IPC_TAG_SIGNATURE};

	for (size_t i = 0; i < route->field_count; i++)
		for (size_t n = 0; n < sizeof(secrets) / sizeof(secrets[0]); n++)
			if (route->fields[i].tag == secrets[n])
				return route->op != IPC_USER_PASSWORD; /* that sets one */
	return false;
}

/* Two codes for a token, or one for a user: wrong ones. */
static void knock(const struct front_route *route)
{
	const bool resync = route->op == IPC_TOKEN_RESYNC;
	struct ipc_request request = ask(route->op, resync ? world.admin : world.application);

	if (route->op != IPC_OTP_VERIFY && route->op != IPC_LOGIN && !resync)
		fail_msg("%s %s tells of secrets, and this test does not know how it is asked", route->method,
			 route->path);
	with(&request, resync ? IPC_TAG_TOKEN : IPC_TAG_USER, resync ? token_id : "alice");
	with(&request, IPC_TAG_CODE, "000000");
	if (resync)
		with(&request, IPC_TAG_CODE2, "000001");
	(void)one(&request);
}

static void every_door_spends_the_same_budget_and_is_shut_when_it_is_spent(void **state)
{
	unsigned doors = 0;
	size_t count;
	const struct front_route *routes = front_routes(&count);

	(void)state;
	set_class("default", "code");
	assert_int_equal(enrol("alice", "hotp", token_id), 201);
	world.keeper.user_rule.tries = 1000;
	for (size_t i = 0; i < count; i++) {
		if (!tells_of_secrets(&routes[i]))
			continue;
		knock(&routes[i]);
		if (failures("alice") != ++doors)
			fail_msg("%s %s spends nothing of it", routes[i].method, routes[i].path);
	}
	assert_int_equal(doors, 7);
	world.keeper.user_rule.tries = doors + 1;
	require_wrong("alice", "000000");
	const uint64_t looked_at = evaluations();
	for (size_t i = 0; i < count; i++) {
		if (!tells_of_secrets(&routes[i]))
			continue;
		knock(&routes[i]);
		assert_non_null(strstr(world.body, "locked"));
	}
	assert_int_equal(evaluations(), looked_at);
	assert_int_equal(failures("alice"), doors + 1);
}

/* ---- whose it is ---- */

static void a_user_has_one_budget_however_his_name_is_typed_and_a_realm_is_part_of_it(void **state)
{
	static const char *const typed[] = {"bob@bank", " Bob@Bank", "Rob", "bob@BANK", " ROB@shop"};
	struct audit_entry last;

	(void)state;
	user_add("bob@bank");
	user_add("bob");
	user_add("bob@shop");
	assert_int_equal(give_alias("bob@bank", "rob"), 201);
	assert_int_equal(give_alias("bob@bank", "Rob@Shop"), 201);
	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		require_wrong(typed[i], "000000");
		assert_int_equal(failures("bob@bank"), i + 1);
		take_last_audit(&last);
		assert_string_equal(last.user, "bob@bank");
	}
	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		require_locked(typed[i], "000000");
		take_last_audit(&last);
		assert_string_equal(last.user, "bob@bank");
	}
	require_wrong("bob", "000000");
	require_wrong("bob@shop", "000000");
	/* So has a name that is nobody's. */
	for (unsigned i = 0; i < 5; i++)
		require_wrong(i & 1 ? "Nobody@Bank" : "nobody@bank ", "000000");
	require_locked("NOBODY@bank", "000000");
}

static void a_success_gives_all_tries_back_to_the_user_and_the_token(void **state)
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, world.application);
	struct db_token token;
	char text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", token_id), 201);
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_TOKEN, token_id);
	with(&request, IPC_TAG_CODE, "000000");
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(one(&request), 200);
	assert_int_equal(failures("alice"), 4);
	assert_int_equal(db_token_find(world.keeper.db, token_id, &token), CS_OK);
	assert_int_equal(token.budget.failures, 4);
	with(&request, IPC_TAG_CODE, code_at(0, text));
	assert_int_equal(one(&request), 200);
	says("\"accepted\":true");
	assert_int_equal(failures("alice"), 0);
	assert_int_equal(db_token_find(world.keeper.db, token_id, &token), CS_OK);
	assert_int_equal(token.budget.failures, 0);
}

/* ---- how many, how long ---- */

static void waits(const char *user, unsigned seconds)
{
	char part[32];

	require_locked(user, "000000");
	(void)snprintf(part, sizeof(part), "\"wait\":%u}", seconds);
	says(part);
}

static void without_a_word_there_are_five_tries_growing_locks_and_a_day_for_addresses(void **state)
{
	static struct config defaults;

	(void)state;
	config_defaults(&defaults);
	assert_int_equal(defaults.tries, 5);
	assert_int_equal(defaults.tries_window, 86400);
	assert_int_equal(defaults.lock_first, 60);
	assert_int_equal(defaults.lock_max, 3600);
	assert_int_equal(defaults.address_tries, 5);
	assert_int_equal(defaults.address_window, 86400);
	assert_int_equal(defaults.address_lock, 86400);
	assert_int_equal(defaults.known_days, 90);
	assert_int_equal(defaults.assertion_lifetime, 900);
	assert_int_equal(defaults.password_min, 10);
}

static void limits_windows_and_locks_are_those_of_the_configuration(void **state)
{
	(void)state;
	world.config.tries = 3;
	world.config.tries_window = 600;
	world.config.lock_first = 30;
	world.config.lock_max = 45;
	keeper_close(&world.keeper);
	world_open();
	for (unsigned i = 0; i < 3; i++)
		require_wrong("alice", "000000");
	waits("alice", 30);
	world.now += 30;
	require_wrong("alice", "000000");
	waits("alice", 45); /* twice as long, but for the most that there is */
	world.now += 600;
	for (unsigned i = 0; i < 3; i++)
		require_wrong("alice", "000000");
	waits("alice", 30);
}

static void verify_here(const char *user)
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, world.application);

	with(&request, IPC_TAG_USER, user);
	with(&request, IPC_TAG_CODE, "000000");
	with(&request, IPC_TAG_CLIENT, HERE);
	assert_int_equal(one(&request), 200);
}

static void an_addresss_limit_window_and_lock_are_those_of_the_configuration(void **state)
{
	(void)state;
	world.config.address_tries = 2;
	world.config.address_window = 100;
	world.config.address_lock = 700;
	keeper_close(&world.keeper);
	world_open();
	verify_here("a");
	world.now += 100; /* it is forgotten */
	verify_here("b");
	says("\"reason\":\"wrong\"");
	verify_here("c");
	says("\"reason\":\"wrong\"");
	verify_here("d");
	says("\"reason\":\"locked\",\"wait\":700}");
	world.now += 699;
	verify_here("d");
	says("\"reason\":\"locked\",\"wait\":1}");
	world.now += 1;
	verify_here("d");
	says("\"reason\":\"wrong\"");
}

/* ---- the work for a name that is nobody's ---- */

static const char *challenge_named; /* NULL: none */

static void ask_somebody(enum ipc_op op, const char *user, const char *password, struct work *work,
			 char answer[512])
{
	struct ipc_request request = ask(op, world.application);
	const struct work before = work_now();

	with(&request, IPC_TAG_USER, user);
	with(&request, IPC_TAG_CODE, "000000");
	if (challenge_named)
		with(&request, IPC_TAG_CHALLENGE, challenge_named);
	if (password)
		with(&request, IPC_TAG_PASSWORD, password);
	assert_int_equal(one(&request), 200);
	*work = work_since(&before);
	(void)snprintf(answer, 512, "%.511s", world.body);
}

/* One that has made codes: those behind its position are looked at, too. */
static void enrol_used(void)
{
	struct ipc_request request = ask(IPC_TOKEN_ENROL, world.admin);

	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_TYPE, "hotp");
	request.field[IPC_TAG_SECRET] = cs_view(seed, 20);
	with_number(&request, IPC_TAG_COUNTER, 1000, 8);
	assert_int_equal(one(&request), 201);
}

/* Alice has a token and a password, bob has neither, nobody is nobody. Until all are locked, and then. */
static void who_is_nobody_costs_as_many_codes_passwords_and_commits_and_hears_the_same(void **state)
{
	static const char *const names[] = {"alice", "bob", "nobody"};
	static const struct {
		enum ipc_op op;
		const char *factors, *password;
	} doors[] = {{IPC_OTP_VERIFY, "code", NULL},
		     {IPC_LOGIN, "code", NULL},
		     {IPC_LOGIN, "password", "wrong horse 77"},
		     {IPC_LOGIN, "password+code", "wrong horse 77"}};
	struct ipc_request set = ask(IPC_USER_PASSWORD, world.admin);
	struct work first, other;
	char heard[512], hears[512];

	(void)state;
	enrol_used();
	user_add("bob");
	with(&set, IPC_TAG_USER, "alice");
	with(&set, IPC_TAG_PASSWORD, "correct horse 7");
	assert_int_equal(one(&set), 200);
	for (size_t d = 0; d < sizeof(doors) / sizeof(doors[0]); d++) {
		set_class("default", doors[d].factors);
		for (unsigned i = 0; i < 7; i++) {
			ask_somebody(doors[d].op, names[0], doors[d].password, &first, heard);
			for (size_t n = 1; n < 3; n++) {
				ask_somebody(doors[d].op, names[n], doors[d].password, &other, hears);
				assert_string_equal(hears, heard);
				require_same_work(&other, &first);
			}
		}
		world.now += world.config.tries_window;
	}
}

/* Bob's token is disabled; alice's was never asked. */
static void who_has_no_token_to_answer_with_costs_as_many_codes_as_nobody(void **state)
{
	static const struct {
		const char *user, *challenge;
	} others[] = {{"bob", NULL}, {"alice", "c_0123456789abcdef"}};
	char heard[512], hears[512], id[32];
	struct work first, other;

	(void)state;
	enrol_used();
	user_add("bob");
	assert_int_equal(enrol_seed("bob", "hotp", CS_VIEW_TEXT("another seed, of bob's"), id), 201);
	assert_int_equal(on_token(IPC_TOKEN_DISABLE, id), 200);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		challenge_named = others[i].challenge;
		ask_somebody(IPC_OTP_VERIFY, "nobody", NULL, &first, heard);
		ask_somebody(IPC_OTP_VERIFY, others[i].user, NULL, &other, hears);
		challenge_named = NULL;
		assert_true(first.hmacs > 0);
		assert_int_equal(other.hmacs, first.hmacs);
		assert_int_equal(other.codes, first.codes);
		assert_string_equal(hears, heard);
	}
}

/* Of an authenticator app, of a token that made codes before, of three, and of none: the same to whoever
 * guesses. */
static void up_to_three_tokens_of_any_kind_cost_as_many_codes_as_nobody(void **state)
{
	static const struct {
		const char *user, *type;
		unsigned tokens;
	} users[] = {{"carol", "totp", 1}, {"dave", "hotp", 3}, {"erin", "backup", 1}, {"frank", "hotp", 0}};
	char heard[512], hears[512], id[32], secret[32];
	struct work first, other;

	(void)state;
	ask_somebody(IPC_OTP_VERIFY, "nobody", NULL, &first, heard);
	for (size_t u = 0; u < sizeof(users) / sizeof(users[0]); u++) {
		user_add(users[u].user);
		for (unsigned i = 0; i < users[u].tokens; i++) {
			(void)snprintf(secret, sizeof(secret), "the seed %u of %s", i, users[u].user);
			assert_int_equal(enrol_seed(users[u].user, users[u].type,
						    strcmp(users[u].type, "backup") == 0
							? CS_VIEW_EMPTY
							: cs_view_string(secret),
						    id),
					 201);
		}
		ask_somebody(IPC_OTP_VERIFY, users[u].user, NULL, &other, hears);
		assert_string_equal(hears, heard);
		require_same_work(&other, &first);
	}
}

/* ---- windows ---- */

/* As a daemon has it whose configuration has this line and no other one. */
static void configure(const char *line)
{
	static struct config config;
	char error[CONFIG_ERROR_MAX];

	if (config_parse(cs_view_string(line), "FILE", &config, error))
		fail_msg("%s", error);
	keeper_reconfigure(&world.keeper, &config);
}

static void how_far_ahead_an_hotp_code_may_be_is_configured(void **state)
{
	static const struct {
		const char *line;
		uint64_t window;
	} rows[] = {{"", 10}, {"hotp_window = 0", 0}, {"hotp_window = 3", 3}, {"hotp_window = 100", 100}};
	char text[CS_OATH_CODE_MAX];
	uint64_t next = 0;

	(void)state;
	assert_int_equal(enrol("alice", "hotp", token_id), 201);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		configure(rows[i].line);
		require_wrong("alice", code_at(next + rows[i].window + 1, text));
		require_verified("alice", code_at(next + rows[i].window, text));
		next += rows[i].window + 1;
	}
}

static void how_far_a_totp_code_may_be_off_is_configured(void **state)
{
	static const struct {
		const char *line;
		uint64_t window;
	} rows[] = {{"totp_window = 0", 0}, {"", 1}, {"totp_window = 3", 3}, {"totp_window = 10", 10}};
	char text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "totp", token_id), 201);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world.now += 3600;
		const uint64_t step = world.now / 30, window = rows[i].window;
		configure(rows[i].line);
		require_wrong("alice", code_at(step - window - 1, text));
		require_wrong("alice", code_at(step + window + 1, text));
		require_verified("alice", code_at(step - window, text));
		world.now += 3600; /* and its clock is right again */
		require_verified("alice", code_at(world.now / 30, text));
	}
}

/* Two codes of a row, the second of which is ahead of the position given. */
static uint16_t resync_at(uint64_t from, uint64_t ahead)
{
	char first[CS_OATH_CODE_MAX], second[CS_OATH_CODE_MAX];

	return resync(token_id, code_at(from + ahead - 1, first), code_at(from + ahead, second));
}

static void how_far_a_resync_goes_is_configured(void **state)
{
	static const struct {
		const char *line;
		uint64_t window;
	} rows[] = {{"resync_window = 5", 5}, {"", 1000}, {"resync_window = 10000", 10000}};
	uint64_t next = 0;

	(void)state;
	assert_int_equal(enrol("alice", "hotp", token_id), 201);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		configure(rows[i].line);
		assert_int_equal(resync_at(next, rows[i].window + 1), 409);
		says("\"wrong_codes\"");
		assert_int_equal(resync_at(next, rows[i].window), 200);
		next += rows[i].window + 1;
	}
}

static void how_far_a_clock_may_be_off_is_configured(void **state)
{
	static const struct {
		const char *line;
		uint64_t limit;
	} rows[] = {{"totp_drift_limit = 3", 3}, {"", 20}, {"totp_drift_limit = 100", 100}};
	char text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "totp", token_id), 201);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world.now += 86400;
		configure(rows[i].line);
		assert_int_equal(resync_at(world.now / 30, rows[i].limit + 1), 409);
		assert_int_equal(resync_at(world.now / 30, rows[i].limit), 200);
	}
	/* No more than that is learnt. */
	configure("totp_drift_limit = 2");
	world.now += 86400;
	assert_int_equal(resync_at(world.now / 30, 1), 200);
	for (uint64_t off = 2; off <= 3; off++) {
		world.now += 86400;
		require_verified("alice", code_at(world.now / 30 + off, text));
	}
	world.now += 86400;
	require_wrong("alice", code_at(world.now / 30 + 4, text));
}

/* The line of the list in the last body. */
static void list_line(unsigned n, char out[CS_OATH_CODE_MAX])
{
	const char *at = strstr(world.body, "\"codes\":[\"");

	assert_non_null(at);
	for (at += 10; n; n--) {
		at = strstr(at, "\",\"");
		assert_non_null(at);
		at += 3;
	}
	(void)snprintf(out, CS_OATH_CODE_MAX, "%.*s", (int)strcspn(at, "\""), at);
}

static void how_many_lines_of_a_list_may_be_left_out_is_configured(void **state)
{
	static const struct {
		const char *line;
		unsigned window;
	} rows[] = {{"list_window = 0", 0}, {"", 2}, {"list_window = 5", 5}, {"list_window = 20", 20}};
	struct ipc_request list = ask(IPC_TOKEN_ENROL, world.admin);
	char lines[40][CS_OATH_CODE_MAX];
	unsigned next = 0;

	(void)state;
	with(&list, IPC_TAG_USER, "alice");
	with(&list, IPC_TAG_TYPE, "list");
	with_number(&list, IPC_TAG_COUNT_OF, 40, 4);
	assert_int_equal(one(&list), 201);
	for (unsigned n = 0; n < 40; n++)
		list_line(n, lines[n]);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		configure(rows[i].line);
		require_wrong("alice", lines[next + rows[i].window + 1]);
		require_verified("alice", lines[next + rows[i].window]);
		next += rows[i].window + 1;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(every_door_spends_the_same_budget_and_is_shut_when_it_is_spent),
	    IN_WORLD(a_user_has_one_budget_however_his_name_is_typed_and_a_realm_is_part_of_it),
	    IN_WORLD(a_success_gives_all_tries_back_to_the_user_and_the_token),
	    cmocka_unit_test(without_a_word_there_are_five_tries_growing_locks_and_a_day_for_addresses),
	    IN_WORLD(limits_windows_and_locks_are_those_of_the_configuration),
	    IN_WORLD(an_addresss_limit_window_and_lock_are_those_of_the_configuration),
	    IN_WORLD(how_far_ahead_an_hotp_code_may_be_is_configured),
	    IN_WORLD(how_far_a_totp_code_may_be_off_is_configured),
	    IN_WORLD(how_far_a_resync_goes_is_configured),
	    IN_WORLD(how_far_a_clock_may_be_off_is_configured),
	    IN_WORLD(how_many_lines_of_a_list_may_be_left_out_is_configured),
	    IN_WORLD(who_is_nobody_costs_as_many_codes_passwords_and_commits_and_hears_the_same),
	    IN_WORLD(who_has_no_token_to_answer_with_costs_as_many_codes_as_nobody),
	    IN_WORLD(up_to_three_tokens_of_any_kind_cost_as_many_codes_as_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
