/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Other names of users: a name is one user's, and whoever is named by an alias is the user. That there is one
 * budget, and that a realm holds for both names, is in daemon_policy_test and daemon_scope_test; of
 * certificates in daemon_proof_test, and of two daemons at once in daemon_race_test.
 */
#include "daemon/keeper_login.h"
#include "tests/unit/keeper_world.h"

static uint16_t of_user(enum ipc_op op, const char *user)
{
	struct ipc_request request = ask(op, world.admin);

	with(&request, IPC_TAG_USER, user);
	return one(&request);
}

static uint16_t take_alias(const char *alias)
{
	struct ipc_request request = ask(IPC_ALIAS_REMOVE, world.admin);

	with(&request, IPC_TAG_ALIAS, alias);
	return one(&request);
}

static void require_audited(const char *action, const char *result, const char *user)
{
	struct audit_entry last;

	take_last_audit(&last);
	assert_string_equal(last.action, action);
	assert_string_equal(last.result, result);
	assert_string_equal(last.user, user);
}

static void whoever_is_named_by_an_alias_is_the_user_in_every_call(void **state)
{
	struct ipc_request password = ask(IPC_USER_PASSWORD, world.admin),
			   set = ask(IPC_USER_CLASS, world.admin), class = ask(IPC_CLASS_SET, world.admin),
			   login = ask(IPC_LOGIN, world.application),
			   challenge = ask(IPC_CHALLENGE_CREATE, world.application),
			   ocra = ask(IPC_TOKEN_ENROL, world.admin);
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(give_alias(" ALICE", " Ally@Example.org "), 201);
	says("{\"alias\":\"ally@example.org\",\"user\":\"alice\"}");
	require_audited("alias_add", "done", "alice");
	assert_int_equal(enrol("ALLY@example.org", "hotp", id), 201);
	require_audited("token_enrol", "done", "alice");
	require_verified("ally@example.org", code_at(0, text));
	require_audited("otp_verify", "accepted", "alice");
	require_wrong("alice", text);
	assert_int_equal(of_user(IPC_TOKEN_LIST, "ally@example.org"), 200);
	says("\"user\":\"alice\"");
	says(id);

	with(&password, IPC_TAG_USER, "ally@example.org");
	with(&password, IPC_TAG_PASSWORD, "correct horse 7");
	with(&password, IPC_TAG_CHANGE, "never");
	assert_int_equal(one(&password), 200);
	with(&class, IPC_TAG_NAME, "clerks");
	with(&class, IPC_TAG_FACTORS, "password");
	assert_int_equal(one(&class), 200);
	with(&set, IPC_TAG_USER, "ally@example.org");
	with(&set, IPC_TAG_NAME, "clerks");
	assert_int_equal(one(&set), 200);
	says("\"user\":\"alice\"");
	with(&login, IPC_TAG_USER, "Ally@example.org");
	with(&login, IPC_TAG_PASSWORD, "correct horse 7");
	assert_int_equal(one(&login), 200);
	says("\"accepted\":true,\"user\":\"alice\"");
	require_audited("login", "accepted", "alice");

	with(&ocra, IPC_TAG_USER, "ally@example.org");
	with(&ocra, IPC_TAG_TYPE, "ocra");
	with(&ocra, IPC_TAG_SUITE, "OCRA-1:HOTP-SHA1-6:QN08");
	assert_int_equal(one(&ocra), 201);
	with(&challenge, IPC_TAG_USER, " Ally@example.org");
	assert_int_equal(one(&challenge), 201);
	/* Whoever asks has proved nothing: he hears no other name than the one that he knows. */
	says("\"user\":\"ally@example.org\"");
	assert_null(strstr(world.body, "alice"));
	require_audited("challenge_create", "done", "alice");
}

static void a_name_is_a_users_or_an_alias_and_one_users(void **state)
{
	static const char *const none[] = {"", "   ", "a\nb", "\xff"};

	(void)state;
	assert_int_equal(of_user(IPC_USER_ADD, "bob"), 201);
	assert_int_equal(give_alias("alice", "ally"), 201);
	assert_int_equal(give_alias("alice", "BOB"), 409);
	says("\"name_taken\"");
	require_audited("alias_add", "refused", "alice");
	assert_int_equal(give_alias("alice", "Alice"), 409);
	assert_int_equal(give_alias("alice", "Ally "), 409);
	assert_int_equal(give_alias("bob", "ally"), 409);
	assert_int_equal(of_user(IPC_USER_ADD, " ALLY"), 409);
	says("\"user_exists\"");
	assert_int_equal(give_alias("nobody", "somebody"), 404);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_int_equal(give_alias("alice", none[i]), 400);
		says("\"bad_alias\"");
	}
	/* Nor does anyone else who writes there make a name both. */
	assert_true(database_execute(&world.database,
				     "INSERT INTO user (name, created) VALUES ('ally', 1); INSERT INTO alias "
				     "(name, user, created) SELECT "
				     "'bob', id, 1 FROM user WHERE name = 'alice'",
				     "INSERT INTO \"user\" (name, created) VALUES ('ally', 1); INSERT INTO "
				     "alias (name, \"user\", created) "
				     "SELECT 'bob', id, 1 FROM \"user\" WHERE name = 'alice'"));
	assert_false(database_execute(&world.database, "UPDATE user SET name = 'ally' WHERE name = 'bob'",
				      "UPDATE \"user\" SET name = 'ally' WHERE name = 'bob'"));
	assert_false(database_execute(&world.database, "UPDATE alias SET name = 'bob'",
				      "UPDATE alias SET name = 'bob'"));
	struct ipc_request users = ask(IPC_USER_LIST, world.admin),
			   aliases = ask(IPC_ALIAS_LIST, world.admin);
	assert_int_equal(one(&users), 200);
	assert_null(strstr(world.body, "ally"));
	assert_int_equal(one(&aliases), 200);
	says("{\"aliases\":[{\"alias\":\"ally\",\"user\":\"alice\",\"created\":1800000000}],\"next\":null}");
}

static void an_alias_that_is_taken_away_is_nobodys_name(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	assert_int_equal(give_alias("alice", "ally"), 201);
	assert_int_equal(take_alias("ALLY"), 200);
	says("{\"alias\":\"ally\",\"user\":\"alice\"}");
	require_audited("alias_remove", "done", "alice");
	assert_int_equal(take_alias("ally"), 404);
	says("\"alias_not_found\"");
	assert_int_equal(take_alias("alice"), 404);
	require_wrong("ally", code_at(0, text));
	require_last_audit("otp_verify", "wrong", "unknown_user");
	require_audited("otp_verify", "wrong", "ally");
	require_verified("alice", text);
	/* It may be another one's then, or a user's. */
	assert_int_equal(of_user(IPC_USER_ADD, "ally"), 201);
	assert_int_equal(give_alias("ally", "alice2"), 201);
}

static void a_users_aliases_are_listed_page_by_page_and_are_sixteen_at_most(void **state)
{
	struct ipc_request list = ask(IPC_ALIAS_LIST, world.admin);
	char name[16], next[16];
	unsigned seen = 0;

	(void)state;
	assert_int_equal(of_user(IPC_USER_ADD, "bob"), 201);
	assert_int_equal(give_alias("bob", "m"), 201);
	for (unsigned i = 0; i < DB_USER_ALIASES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "%c", 'a' + i + (i > 11));
		assert_int_equal(give_alias("alice", name), 201);
	}
	assert_int_equal(give_alias("alice", "zz"), 409);
	says("\"too_many_aliases\"");
	with(&list, IPC_TAG_USER, "Q"); /* an alias of hers */
	with_number(&list, IPC_TAG_LIMIT, 5, 4);
	for (;;) {
		assert_int_equal(one(&list), 200);
		for (const char *at = world.body; (at = strstr(at, "\"user\":\"alice\"")) != NULL; at++)
			seen++;
		assert_null(strstr(world.body, "bob"));
		if (strstr(world.body, "\"next\":null"))
			break;
		member("next", next, sizeof(next));
		with(&list, IPC_TAG_AFTER, next);
	}
	assert_int_equal(seen, DB_USER_ALIASES_MAX);
	with(&list, IPC_TAG_USER, "nobody");
	assert_int_equal(one(&list), 404);
}

static void aliases_go_with_their_user(void **state)
{
	struct ipc_request list = ask(IPC_ALIAS_LIST, world.admin);

	(void)state;
	assert_int_equal(of_user(IPC_USER_ADD, "bob"), 201);
	assert_int_equal(give_alias("bob", "rob"), 201);
	assert_int_equal(sql_execute(world.keeper.db->sql, "DELETE FROM \"user\" WHERE name = 'bob'"), CS_OK);
	assert_int_equal(one(&list), 200);
	says("{\"aliases\":[],\"next\":null}");
	assert_int_equal(of_user(IPC_USER_ADD, "rob"), 201);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(whoever_is_named_by_an_alias_is_the_user_in_every_call),
	    IN_WORLD(a_name_is_a_users_or_an_alias_and_one_users),
	    IN_WORLD(an_alias_that_is_taken_away_is_nobodys_name),
	    IN_WORLD(a_users_aliases_are_listed_page_by_page_and_are_sixteen_at_most),
	    IN_WORLD(aliases_go_with_their_user),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
