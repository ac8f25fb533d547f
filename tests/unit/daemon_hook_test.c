/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Web hooks: which events there are and who wants them, what stands in them, that they go one after the
 * other, and how they are signed.
 */
#include "daemon/courier.h"
#include "daemon/keeper_hook.h"
#include "tests/unit/keeper_world.h"

#define URL   "https://one.example/events"
#define OTHER "https://two.example/"

static void hooks_to(const char *urls, const char *events)
{
	(void)snprintf(world.keeper.hook_urls, sizeof(world.keeper.hook_urls), "%s", urls);
	(void)snprintf(world.keeper.hook_events, sizeof(world.keeper.hook_events), "%s", events);
}

static struct courier_message courier_says(enum courier_word word, const char *id, bool hooks)
{
	struct courier_ask question = {.word = word, .hooks = hooks, .reason = "status_500"};
	struct courier_message message;

	(void)snprintf(question.id, sizeof(question.id), "%s", id);
	assert_int_equal(outbox_answer(&world.keeper, &question, &message), CS_OK);
	return message;
}

static struct courier_message next(void)
{
	return courier_says(COURIER_NEXT, "", true);
}

static void require_event(const struct courier_message *message, const char *url, const char *event)
{
	char part[96];

	assert_string_equal(message->kind, "hook");
	assert_string_equal(message->destination, url);
	(void)snprintf(part, sizeof(part), "{\"id\":\"%s\",\"event\":\"%s\",\"time\":", message->id, event);
	assert_non_null(strstr(message->body, part));
}

static void an_event_is_stored_with_what_happened_for_each_url(void **state)
{
	char token[32];

	(void)state;
	hooks_to(URL " " OTHER, "token");
	assert_int_equal(enrol("alice", "hotp", token), 201);
	struct courier_message first = next(), second = next(), none = next();
	require_event(&first, URL, "token.enrolled");
	require_event(&second, OTHER, "token.enrolled");
	assert_string_equal(none.id, "");
	assert_non_null(strstr(first.body, "\"user\":\"alice\""));
	assert_non_null(strstr(first.body, token));
	assert_null(strstr(first.body, "secret"));
}

static void what_is_refused_or_not_wanted_is_no_event(void **state)
{
	char token[32];

	(void)state;
	hooks_to(URL, "user token.lost");
	assert_int_equal(enrol("alice", "hotp", token), 201);
	assert_int_equal(on_token(IPC_TOKEN_DISABLE, "t_0000000000000000"), 404);
	assert_string_equal(next().id, "");
	struct courier_message lost;
	assert_int_equal(on_token(IPC_TOKEN_LOSE, token), 201);
	lost = next();
	require_event(&lost, URL, "token.lost");
}

static void events_of_one_url_go_one_after_the_other(void **state)
{
	char token[32];

	(void)state;
	hooks_to(URL, "");
	assert_int_equal(enrol("alice", "hotp", token), 201);
	assert_int_equal(on_token(IPC_TOKEN_DISABLE, token), 200);
	struct courier_message first = next();
	require_event(&first, URL, "token.enrolled");
	assert_string_equal(next().id, "");
	(void)courier_says(COURIER_FAILED, first.id, false);
	assert_string_equal(next().id, "");
	world.now += 5;
	struct courier_message again = next();
	assert_string_equal(again.id, first.id);
	assert_string_equal(again.body, first.body);
	(void)courier_says(COURIER_SENT, first.id, false);
	struct courier_message second = next();
	require_event(&second, URL, "token.disabled");
	(void)courier_says(COURIER_SENT, second.id, false);
	assert_string_equal(next().id, "");
}

static void an_event_is_tried_for_a_day_and_codes_go_before_it(void **state)
{
	char token[32];

	(void)state;
	hooks_to(URL, "token.enrolled");
	assert_int_equal(enrol("alice", "hotp", token), 201);
	assert_string_equal(courier_says(COURIER_NEXT, "", false).id, "");
	for (unsigned i = 0; i < 20; i++) {
		struct courier_message message = next();
		assert_string_not_equal(message.id, "");
		(void)courier_says(COURIER_FAILED, message.id, false);
		world.now += 900;
	}
	world.now = T0 + 86400;
	assert_string_equal(next().id, "");
	outbox_tend(&world.keeper);
	require_last_audit("message", "failed", "expired");
	assert_string_equal(next().id, ""); /* nobody is told of that */
}

static void the_attempt_that_locks_a_user_is_an_event_and_no_other(void **state)
{
	char token[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", token), 201);
	hooks_to(URL, "");
	for (unsigned i = 0; i < world.config.tries - 1; i++)
		require_wrong("alice", "000000");
	assert_string_equal(next().id, "");
	require_wrong("alice", "000000");
	require_locked("alice", "000000");
	struct courier_message message = next();
	require_event(&message, URL, "user.locked");
	(void)courier_says(COURIER_SENT, message.id, false);
	assert_string_equal(next().id, "");
}

/* The one event there is: of a lock, of alice, or of that token of hers alone. */
static void require_told_of_a_lock(const char *token)
{
	char named[64];
	struct courier_message message = next();

	require_event(&message, URL, "user.locked");
	assert_non_null(strstr(message.body, "\"user\":\"alice\""));
	(void)snprintf(named, sizeof(named), "\"token\":\"%s\"", token ? token : "");
	assert_int_equal(strstr(message.body, token ? named : "\"token\"") != NULL, token != NULL);
	(void)courier_says(COURIER_SENT, message.id, false);
	assert_string_equal(next().id, "");
}

static void wrong_password(const char *user)
{
	struct ipc_request request = ask(IPC_LOGIN, world.application);

	with(&request, IPC_TAG_USER, user);
	with(&request, IPC_TAG_PASSWORD, "no password of hers");
	assert_int_equal(one(&request), 200);
	says("\"reason\":\"wrong\"");
}

static void the_wrong_password_that_locks_a_user_is_an_event(void **state)
{
	char token[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", token), 201);
	hooks_to(URL, "user");
	for (unsigned i = 0; i < world.config.tries; i++) { /* of nobody, nothing is told */
		wrong_password("mallory");
		assert_string_equal(next().id, "");
	}
	for (unsigned i = 0; i < world.config.tries; i++) {
		assert_string_equal(next().id, "");
		wrong_password("alice");
	}
	require_told_of_a_lock(NULL);
}

static void the_resync_that_locks_a_user_is_an_event(void **state)
{
	char token[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", token), 201);
	hooks_to(URL, "user");
	for (unsigned i = 0; i < world.config.tries; i++) {
		assert_string_equal(next().id, "");
		assert_int_equal(resync(token, "000000", "000001"), 409);
	}
	assert_int_equal(resync(token, "000000", "000001"), 409);
	says("locked");
	require_told_of_a_lock(NULL);
}

static void verify_token(const char *token, const char *code, const char *part)
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, world.application);

	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_CODE, code);
	with(&request, IPC_TAG_TOKEN, token);
	assert_int_equal(one(&request), 200);
	says(part);
}

/* Her other token clears what stands against her, and not what stands against the one that is guessed at. */
static void the_attempt_that_locks_a_token_alone_is_an_event(void **state)
{
	static const uint8_t other_seed[20] = "another token's seed";
	char token[32], other[32], text[CS_OATH_CODE_MAX];
	struct audit_entry entry;
	struct db_user user;

	(void)state;
	assert_int_equal(enrol("alice", "hotp", token), 201);
	assert_int_equal(enrol_seed("alice", "hotp", CS_VIEW_OF(other_seed), other), 201);
	hooks_to(URL, "user");
	for (unsigned i = 0; i < world.config.tries - 1; i++)
		verify_token(token, "000000", "\"reason\":\"wrong\"");
	verify_token(other, code_of(CS_VIEW_OF(other_seed), 0, text), "\"accepted\":true");
	assert_string_equal(next().id, "");
	verify_token(token, "000000", "\"reason\":\"wrong\"");
	assert_null(strstr(world.body, token)); /* whoever guesses does not hear which */
	require_last_audit("otp_verify", "wrong", "wrong_code");
	take_last_audit(&entry);
	assert_string_equal(entry.token, token);
	verify_token(token, code_at(0, text), "\"reason\":\"locked\"");
	assert_int_equal(db_user_find(world.keeper.db, "alice", &user), CS_OK);
	assert_int_equal(user.budget.failures, 1);
	require_told_of_a_lock(token);
}

static void lists_of_events_have_names_and_families(void **state)
{
	(void)state;
	assert_true(hook_wanted("", "token.lost"));
	assert_true(hook_wanted("user.locked token", "token.lost"));
	assert_true(hook_wanted("token.lost", "token.lost"));
	assert_false(hook_wanted("token.los tok user", "token.lost"));
	assert_true(hook_list_valid(""));
	assert_true(hook_list_valid("  token  user.locked alarm.raised "));
	assert_false(hook_list_valid("token,user"));
	assert_false(hook_list_valid("token.stolen"));
	assert_null(courier_hook_urls_fault("https://a.example/ http://127.0.0.1:1/"));
	assert_non_null(courier_hook_urls_fault("https://a.example/ ftp://b.example/"));
	assert_true(courier_hook_known("https://a/ https://b/", "https://b/"));
	assert_false(courier_hook_known("https://a/ https://b/", "https://b"));
	assert_false(courier_hook_known("https://a/ https://b/", "https://a/ https://b/"));
}

static void a_url_has_no_user_and_password(void **state)
{
	static const char *const with[] = {"https://ada:secret@a.example/",
					   "https://ada@a.example",
					   "http://ok.example/ https://a:b@c.example/",
					   "https://a\\@b.example/",
					   "https://a:b@?c",
					   "https://@a.example/"},
				 *const without[] = {"https://a.example/@ada", "https://a.example?mail=a@b",
						     "https://a.example/ http://[::1]:8080/#@"};

	(void)state;
	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++) {
		const char *fault = courier_hook_urls_fault(with[i]);
		assert_non_null(fault);
		assert_non_null(strstr(fault, "user and password"));
		assert_null(strstr(fault, "secret"));
	}
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		assert_null(courier_hook_urls_fault(without[i]));
}

/* An entry as the calls make it, and the event that it is. */
static void exports_keys_certificates_and_emergencies_are_events(void **state)
{
	static const struct {
		struct audit_entry entry;
		const char *event;
	} rows[] = {
	    {{.action = "realm_export", .result = "done", .detail = "a_1, page 1, 256 seeds"},
	     "realm.exported"},
	    {{.action = "realm_export", .result = "done", .detail = "a_1, page 11, 256 seeds"}, NULL},
	    {{.action = "realm_export", .result = "proposed", .detail = "a_1"}, NULL},
	    {{.action = "break_glass_issue", .result = "done"}, "break_glass.issued"},
	    {{.action = "break_glass_revoke", .result = "done"}, "break_glass.revoked"},
	    {{.action = "break_glass_use", .result = "accepted"}, "break_glass.used"},
	    {{.action = "break_glass_use", .result = "wrong"}, "break_glass.refused"},
	    {{.action = "rekey", .result = "done"}, "key.data_changed"},
	    {{.action = "signing_key_rotate", .result = "done"}, "key.signing_changed"},
	    {{.action = "certificate_add", .result = "done"}, "certificate.bound"},
	    {{.action = "certificate_remove", .result = "done"}, "certificate.unbound"},
	    {{.action = "alias_add", .result = "done"}, "alias.added"},
	    {{.action = "alias_remove", .result = "done"}, "alias.removed"},
	    {{.action = "user_certificates", .result = "done"}, "user.certificates_set"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *event = hook_event(&rows[i].entry);
		if (!rows[i].event)
			assert_null(event);
		else
			assert_string_equal(event, rows[i].event);
	}
}

/* By calls: what stands in them. */
static void exports_and_certificates_are_told_of(void **state)
{
	struct ipc_request add = ask(IPC_USER_ADD, world.admin), bind = ask(IPC_CERTIFICATE_ADD, world.admin),
			   export = ask(IPC_REALM_EXPORT, world.admin);
	char anton[64], id[32];

	(void)state;
	hire("anton", "administrator", anton);
	with(&add, IPC_TAG_USER, "carol");
	assert_int_equal(one(&add), 201);
	hooks_to(URL, "");
	with(&bind, IPC_TAG_USER, "carol");
	with(&bind, IPC_TAG_FINGERPRINT, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	assert_int_equal(one(&bind), 201);
	struct courier_message message = next();
	require_event(&message, URL, "certificate.bound");
	assert_non_null(strstr(message.body, "\"user\":\"carol\"}"));
	(void)courier_says(COURIER_SENT, message.id, false);

	with(&export, IPC_TAG_REALMS, "*");
	assert_int_equal(one(&export), 202);
	member("approval", id, sizeof(id));
	assert_int_equal(on_approval(IPC_APPROVAL_GRANT, anton, id), 200);
	with(&export, IPC_TAG_APPROVAL, id);
	assert_int_equal(one(&export), 200);
	message = next();
	require_event(&message, URL, "realm.exported");
	assert_non_null(strstr(message.body, "\"realm\":\"*\"}"));
}

/* The page is made for people: one line for each event, and none for what is none. */
static void the_manual_has_each_event(void **state)
{
	static const char mark[] = ".It Ql ";
	const char *top = getenv("top_srcdir");
	char path[256], line[512], *dot;
	unsigned listed = 0, known = 0;
	FILE *page;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/docs/man/countersignd.conf.5", top ? top : "..");
	page = fopen(path, "re");
	if (!page)
		fail_msg("%s is not there: run me as make check does", path);
	while (fgets(line, sizeof(line), page)) {
		line[strcspn(line, "\n")] = '\0';
		dot = strchr(line + 1, '.');
		if (strncmp(line, mark, sizeof(mark) - 1) != 0 || !dot)
			continue;
		listed++;
		for (size_t n = 0; hook_event_name(n); n++)
			known += strcmp(hook_event_name(n), line + sizeof(mark) - 1) == 0;
	}
	(void)fclose(page);
	size_t count = 0;
	while (hook_event_name(count))
		count++;
	assert_int_equal(listed, count);
	assert_int_equal(known, count);
}

/* Of openssl dgst -sha256 -hmac. */
static void a_signature_is_the_hmac_of_time_and_body(void **state)
{
	char signature[COURIER_SIGNATURE_MAX], body[COURIER_BODY_MAX + 64];

	(void)state;
	assert_true(
	    courier_hook_sign("0123456789abcdef0123456789abcdef", 1800000000, "{\"id\":\"m_1\"}", signature));
	assert_string_equal(
	    signature, "t=1800000000,v1=25fea3e7a91631a92ff66bd452402dc94d2cd350640caa9b24a709e085091d76");
	memset(body, 'a', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	assert_false(courier_hook_sign("secret", 1, body, signature));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(an_event_is_stored_with_what_happened_for_each_url),
	    IN_WORLD(what_is_refused_or_not_wanted_is_no_event),
	    IN_WORLD(events_of_one_url_go_one_after_the_other),
	    IN_WORLD(an_event_is_tried_for_a_day_and_codes_go_before_it),
	    IN_WORLD(the_attempt_that_locks_a_user_is_an_event_and_no_other),
	    IN_WORLD(the_wrong_password_that_locks_a_user_is_an_event),
	    IN_WORLD(the_resync_that_locks_a_user_is_an_event),
	    IN_WORLD(the_attempt_that_locks_a_token_alone_is_an_event),
	    cmocka_unit_test(lists_of_events_have_names_and_families),
	    cmocka_unit_test(a_url_has_no_user_and_password),
	    cmocka_unit_test(exports_keys_certificates_and_emergencies_are_events),
	    IN_WORLD(exports_and_certificates_are_told_of),
	    cmocka_unit_test(the_manual_has_each_event),
	    cmocka_unit_test(a_signature_is_the_hmac_of_time_and_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
