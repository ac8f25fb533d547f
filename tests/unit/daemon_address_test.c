/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Addresses of clients, through keeper: each application locks them for itself, who asks for challenges is
 * counted, and operators see and lift what is locked.
 */
#include "daemon/db_outbox.h"
#include "tests/unit/keeper_world.h"

#define HERE  "192.0.2.1"
#define THERE "198.51.100.9"

static char vpn[64]; /* another application's credential */

static void second_application(void)
{
	struct ipc_request request = ask(IPC_APP_ADD, world.admin);

	with(&request, IPC_TAG_NAME, "vpn");
	assert_int_equal(one(&request), 201);
	member("credential", vpn, sizeof(vpn));
}

static void verify_at(const char *application, const char *user, const char *code, const char *client,
		      const char *part)
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, application);

	with(&request, IPC_TAG_USER, user);
	with(&request, IPC_TAG_CODE, code);
	with(&request, IPC_TAG_CLIENT, client);
	assert_int_equal(one(&request), 200);
	says(part);
}

/* Five names that nobody has: no user's record is touched. */
static void lock_address(const char *application, const char *client)
{
	char name[32];

	for (unsigned i = 0; i < 5; i++) {
		(void)snprintf(name, sizeof(name), "nobody%u of %s", i, client);
		verify_at(application, name, "000000", client, "\"reason\":\"wrong\"");
	}
}

static void right(const char *application, uint64_t position, const char *client)
{
	char text[CS_OATH_CODE_MAX];

	verify_at(application, "alice", code_at(position, text), client, "\"accepted\":true");
}

static void require_locked_at(const char *application, const char *client)
{
	verify_at(application, "alice", "000000", client, "\"reason\":\"locked\"");
}

static uint16_t lift(const char *address, const char *application)
{
	struct ipc_request request = ask(IPC_LOCK_LIFT, world.admin);

	with(&request, IPC_TAG_CLIENT, address);
	if (application)
		with(&request, IPC_TAG_NAME, application);
	return one(&request);
}

static void require_locks(const char *rows)
{
	struct ipc_request request = ask(IPC_LOCK_LIST, world.admin);
	char all[2048];

	assert_int_equal(one(&request), 200);
	(void)snprintf(all, sizeof(all), "{\"locks\":[%s],\"next\":null}", rows);
	assert_string_equal(world.body, all);
}

#define LOCK(address, application)                                                                           \
	"{\"address\":\"" address "\",\"application\":\"" application                                        \
	"\",\"of\":\"attempts\",\"failures\":5,\"wait\":86400}"

/* ---- locks ---- */

static void an_application_locks_an_address_for_itself_alone(void **state)
{
	char id[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	second_application();
	lock_address(vpn, HERE);
	require_locked_at(vpn, HERE);
	right(world.application, 0, HERE);
}

static void the_audit_log_tells_whose_record_refused_and_who_had_typed(void **state)
{
	struct audit_entry last;
	char id[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	lock_address(world.application, THERE);
	require_locked_at(world.application, THERE);
	require_last_audit("otp_verify", "locked", "address_locked");
	for (unsigned i = 0; i < 5; i++)
		require_wrong("alice", "000000");
	require_locked("alice", "000000");
	require_last_audit("otp_verify", "locked", "user_locked");
	assert_int_equal(on_token(IPC_TOKEN_ENABLE, id), 200);
	right(world.application, 0, HERE);
	for (unsigned i = 0; i < 5; i++)
		verify_at(world.application, "alice", "000000", "::ffff:" HERE, "\"reason\":\"wrong\"");
	require_locked_at(world.application, HERE);
	require_last_audit("otp_verify", "locked", "known_address_locked");
	take_last_audit(&last);
	assert_string_equal(last.detail, "client " HERE);
	verify_at(world.application, "alice", "000000", "2001:db8:1:2:3:4:5:6", "\"reason\":\"wrong\"");
	take_last_audit(&last);
	assert_string_equal(last.detail, "attempt 1 of 5, client 2001:db8:1:2::");
	verify("nobody", "000000");
	take_last_audit(&last);
	assert_null(strstr(last.detail, "client"));
}

static void locks_are_listed_and_lifted_one_by_one_or_all_of_an_address(void **state)
{
	char id[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	second_application();
	require_locks("");
	lock_address(vpn, HERE);
	lock_address(world.application, HERE);
	lock_address(world.application, THERE);
	require_locks(LOCK(HERE, "vpn") "," LOCK(HERE, "web") "," LOCK(THERE, "web"));
	assert_int_equal(lift(HERE, "web"), 200);
	says("{\"address\":\"192.0.2.1\",\"application\":\"web\",\"lifted\":1}");
	require_last_audit("lock_lift", "done", "");
	require_locks(LOCK(HERE, "vpn") "," LOCK(THERE, "web"));
	require_locked_at(vpn, HERE);
	right(world.application, 0, HERE);
	lock_address(world.application, "203.0.113.7");
	assert_int_equal(lift("::ffff:" HERE, NULL), 200);
	require_locks(LOCK(THERE, "web") "," LOCK("203.0.113.7", "web"));
	assert_int_equal(lift(HERE, NULL), 404);
	says("lock_not_found");
	assert_int_equal(lift("192.0.2.", NULL), 400);
	assert_int_equal(lift("192.0.2.10", NULL), 404);
	assert_int_equal(lift(THERE, "we"), 404);
	assert_int_equal(lift(THERE, "web"), 200);
	world.now += 86400;
	require_locks(""); /* it is over */
}

/* ---- challenges ---- */

static void enrol_sms(const char *user)
{
	struct ipc_request request = ask(IPC_TOKEN_ENROL, world.admin);

	with(&request, IPC_TAG_USER, user);
	with(&request, IPC_TAG_TYPE, "sms");
	with(&request, IPC_TAG_DESTINATION, "+491701234567");
	assert_int_equal(one(&request), 201);
}

static uint16_t challenge_at(const char *application, const char *user, const char *client)
{
	struct ipc_request request = ask(IPC_CHALLENGE_CREATE, application);

	with(&request, IPC_TAG_USER, user);
	if (client)
		with(&request, IPC_TAG_CLIENT, client);
	return one(&request);
}

static void strangers_who_ask_without_end_keep_nobody_from_being_asked_where_he_is_known(void **state)
{
	char id[32], client[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	enrol_sms("alice");
	right(world.application, 0, HERE); /* known from now on */
	for (unsigned i = 0; i < 10; i++) {
		(void)snprintf(client, sizeof(client), "198.51.100.%u", i);
		assert_int_equal(challenge_at(world.application, "alice", client), 201);
	}
	world.now += world.config.challenge_lifetime;
	assert_int_equal(challenge_at(world.application, "alice", "198.51.100.99"), 429);
	assert_int_equal(challenge_at(world.application, "alice", NULL), 429);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(challenge_at(world.application, "alice", HERE), 201);
	world.now += world.config.challenge_lifetime;
	assert_int_equal(challenge_at(world.application, "alice", HERE), 429);
}

static void a_station_asks_as_nobody_does_but_where_it_is_known(void **state)
{
	char id[32], station[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	enrol_sms("alice");
	world.keeper.asking_rule.tries = 3;
	right(world.application, 0, "02-1A-BC-DE-F0-5F");
	for (unsigned i = 0; i < 10; i++) { /* the token's share for strangers, be it one station or many */
		(void)snprintf(station, sizeof(station), "02-00-00-00-00-%02x", i / 5);
		assert_int_equal(challenge_at(world.application, "alice", station), 201);
	}
	world.now += world.config.challenge_lifetime;
	assert_int_equal(challenge_at(world.application, "alice", "02-00-00-00-00-99"), 429);
	assert_int_equal(challenge_at(world.application, "alice", "021a.bcde.f05f"), 201);
	require_locks("");
}

static void an_address_asks_so_often_at_an_application_whomever_it_names(void **state)
{
	struct ipc_request user = ask(IPC_USER_ADD, world.admin);

	(void)state;
	with(&user, IPC_TAG_USER, "bob");
	assert_int_equal(one(&user), 201);
	second_application();
	enrol_sms("alice");
	world.keeper.asking_rule.tries = 3;
	assert_int_equal(challenge_at(world.application, "alice", THERE), 201);
	assert_int_equal(challenge_at(world.application, "nobody", THERE), 404);
	assert_int_equal(challenge_at(world.application, "bob", THERE), 409);
	world.now += world.config.challenge_lifetime;
	assert_int_equal(challenge_at(world.application, "alice", THERE), 429);
	says("too_many_challenges");
	assert_int_equal(challenge_at(world.application, "nobody", THERE), 429);
	assert_int_equal(challenge_at(vpn, "alice", THERE), 201);
	assert_int_equal(challenge_at(world.application, "alice", HERE), 201);
	require_locks(
	    "{\"address\":\"198.51.100.9\",\"application\":\"web\",\"of\":\"challenges\",\"failures\":3,"
	    "\"wait\":3420}");
	assert_int_equal(lift(THERE, NULL), 200);
	says("\"lifted\":2"); /* at vpn it had asked once */
	assert_int_equal(challenge_at(world.application, "alice", THERE), 201);
	assert_int_equal(challenge_at(world.application, "alice", "here"), 400);
	says("bad_client");
}

static void take_message(void *ctx, const struct db_message *message)
{
	*(struct db_message *)ctx = *message;
}

static void whoever_answers_may_go_on_asking(void **state)
{
	struct ipc_request answer = ask(IPC_OTP_VERIFY, world.application);
	struct db_message message;
	char id[32], code[16];

	(void)state;
	enrol_sms("alice");
	world.keeper.asking_rule.tries = 2;
	world.keeper.known_for = 0; /* else it is known from its first success on */
	for (unsigned i = 0; i < 5; i++) {
		struct cs_writer w = cs_writer_of(code, sizeof(code) - 1);
		assert_int_equal(challenge_at(world.application, "alice", HERE), 201);
		member("challenge", id, sizeof(id));
		assert_int_equal(db_outbox_page(world.keeper.db, "", 10, take_message, &message), CS_OK);
		assert_int_equal(seal_open(&world.keeper.key, cs_view_string(message.id),
					   cs_view(message.sealed, message.sealed_len), &w),
				 CS_OK);
		code[cs_writer_view(&w).len] = '\0';
		with(&answer, IPC_TAG_USER, "alice");
		with(&answer, IPC_TAG_CODE, code);
		with(&answer, IPC_TAG_CHALLENGE, id);
		with(&answer, IPC_TAG_CLIENT, HERE);
		assert_int_equal(one(&answer), 200);
		says("\"accepted\":true");
		assert_int_equal(db_outbox_remove(world.keeper.db, message.id), CS_OK);
	}
	require_locks("");
}

static void a_name_that_is_nobodys_is_asked_for_as_often_as_somebodys(void **state)
{
	(void)state;
	enrol_sms("alice");
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(challenge_at(world.application, "alice", NULL), 201);
		assert_int_equal(challenge_at(world.application, "nobody", NULL), 404);
	}
	world.now += world.config.challenge_lifetime;
	assert_int_equal(challenge_at(world.application, "alice", NULL), 429);
	assert_int_equal(challenge_at(world.application, "NoBody ", NULL), 429);
	world.now += 3600;
	assert_int_equal(challenge_at(world.application, "alice", NULL), 201);
	assert_int_equal(challenge_at(world.application, "nobody", NULL), 404);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(an_application_locks_an_address_for_itself_alone),
	    IN_WORLD(the_audit_log_tells_whose_record_refused_and_who_had_typed),
	    IN_WORLD(locks_are_listed_and_lifted_one_by_one_or_all_of_an_address),
	    IN_WORLD(strangers_who_ask_without_end_keep_nobody_from_being_asked_where_he_is_known),
	    IN_WORLD(a_station_asks_as_nobody_does_but_where_it_is_known),
	    IN_WORLD(an_address_asks_so_often_at_an_application_whomever_it_names),
	    IN_WORLD(whoever_answers_may_go_on_asking),
	    IN_WORLD(a_name_that_is_nobodys_is_asked_for_as_often_as_somebodys),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
