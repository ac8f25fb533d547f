/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates as a factor of logins: what their keys sign and how often it counts, and what all of it costs
 * and tells. Whose they are and what makes them good: daemon_trust_test.
 */
#include "daemon/base64url.h"
#include "daemon/courier.h"
#include "tests/unit/keeper_proof_world.h"

static void certificate_and_password_give_an_assertion_that_says_so(void **state)
{
	struct login login = {.user = "Alice ",
			      .signed_user = "alice",
			      .password = PASSWORD,
			      .certificate = alice_ready("certificate+password"),
			      .key = alice_key};
	uint8_t claims[1024] = {0};
	struct cs_writer w = cs_writer_of(claims, sizeof(claims) - 1);
	char assertion[2048];
	struct audit_entry entry;

	(void)state;
	require_accepted(&login);
	says("\"level\":\"aal2\"");
	member("assertion", assertion, sizeof(assertion));
	const char *body = strchr(assertion, '.') + 1;
	assert_int_equal(base64url_read(cs_view(body, strcspn(body, ".")), &w), CS_OK);
	assert_non_null(strstr((char *)claims, "\"acr\":\"aal2\",\"amr\":[\"pop\",\"pwd\"]"));
	assert_non_null(strstr((char *)claims, "\"sub\":\"alice\",\"aud\":\"web\""));
	take_last_audit(&entry);
	assert_non_null(strstr(entry.detail, ", certificate "));
	X509_free(login.certificate);
}

static void what_is_wanted_next_is_told_step_by_step_and_costs_nothing(void **state)
{
	struct login login = {
	    .user = "alice", .certificate = alice_ready("certificate+password"), .key = alice_key};

	(void)state;
	take_nonce(&login);
	says("\"next\":[\"certificate\",\"password\"],\"certificate\":{\"issuer\":\"countersign\","
	     "\"application\":\"web\",\"user\":\"alice\",\"nonce\":\"");
	send_login(&login);
	assert_string_equal(world.body, "{\"accepted\":false,\"next\":[\"password\"]}");
	login.password = PASSWORD;
	send_login(&login); /* the nonce is good until a login is accepted */
	says("\"accepted\":true");
	assert_int_equal(failures("alice"), 0);
	X509_free(login.certificate);
}

static void certificate_and_code_are_two_factors(void **state)
{
	char id[32], code[CS_OATH_CODE_MAX];
	struct login login = {
	    .user = "alice", .certificate = alice_ready("certificate+code"), .key = alice_key};

	(void)state;
	assert_int_equal(enrol_seed("alice", "hotp", cs_view(seed, 20), id), 201);
	take_nonce(&login);
	says("\"next\":[\"certificate\",\"code\"]");
	send_login(&login);
	assert_string_equal(world.body, "{\"accepted\":false,\"next\":[\"code\"]}");
	login.code = "000000";
	send_login(&login);
	assert_string_equal(world.body, "{\"accepted\":false,\"reason\":\"wrong\"}");
	assert_int_equal(failures("alice"), 1);
	login.code = code_at(0, code);
	send_login(&login);
	says("\"level\":\"aal2\"");
	assert_int_equal(failures("alice"), 0);
	/* The code alone is not enough. */
	struct ipc_request alone = ask(IPC_LOGIN, world.application);
	with(&alone, IPC_TAG_USER, "alice");
	with(&alone, IPC_TAG_CODE, code_at(1, code));
	assert_int_equal(one(&alone), 200);
	says("\"next\":[\"certificate\",\"code\"]");
	X509_free(login.certificate);
}

static void keys_of_every_kind_sign_with_their_own_algorithm_alone(void **state)
{
	static const struct {
		const char *kind, *algorithm, *other;
	} rows[] = {{"P-256", "ES256", "ES384"},
		    {"P-384", "ES384", "ES256"},
		    {"ED25519", "EdDSA", NULL},
		    {"RSA2048", "RS256", NULL},
		    {"RSA2048", "PS256", NULL}};

	(void)state;
	set_class("alice", "certificate+password");
	set_password("alice");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		EVP_PKEY *key = strcmp(rows[i].kind, "RSA2048") == 0 ? rsa_key : pki_key(rows[i].kind);
		struct login login = {.user = "alice",
				      .password = PASSWORD,
				      .certificate = leaf_of(key, CLIENT, NULL, (long)i + 10),
				      .key = key,
				      .algorithm = rows[i].algorithm};
		assert_int_equal(bind_key("alice", login.certificate), i == 4 ? 409 : 201);
		require_accepted(&login);
		if (rows[i].other) {
			login.algorithm = rows[i].other;
			require_refused(&login, "wrong_signature");
		}
		X509_free(login.certificate);
		if (key != rsa_key)
			EVP_PKEY_free(key);
	}
}

static void the_connections_certificate_is_as_good_where_it_is_the_users(void **state)
{
	X509 *certificate = alice_ready("certificate+password"), *other = leaf_of(other_key, CLIENT, NULL, 8);
	struct ipc_request request = ask(IPC_LOGIN, world.application);
	uint8_t chain[4096];
	struct cs_writer w = CS_WRITER_OF(chain);

	(void)state;
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_PASSWORD, PASSWORD);
	pki_der(&w, other);
	pki_der(&w, issuing);
	request.field[IPC_TAG_TLS_CHAIN] = cs_writer_view(&w);
	assert_int_equal(one(&request), 200);
	says("\"next\":[\"certificate\",\"password\"]"); /* it may be the application's own */
	assert_int_equal(failures("alice"), 0);
	w = CS_WRITER_OF(chain);
	pki_der(&w, certificate);
	pki_der(&w, issuing);
	request.field[IPC_TAG_TLS_CHAIN] = cs_writer_view(&w);
	assert_int_equal(one(&request), 200);
	says("\"accepted\":true");
	assert_int_equal(one(&request), 200); /* a connection lives on */
	says("\"accepted\":true");
	world.now += 2 * 86400;
	assert_int_equal(one(&request), 200);
	says("\"next\":[\"certificate\",\"password\"]");
	X509_free(certificate);
	X509_free(other);
}

/* ---- nonces ---- */

static void a_nonce_is_good_for_one_login(void **state)
{
	struct login login = login_of_alice("certificate+password");

	(void)state;
	require_accepted(&login);
	send_login(&login);
	says("\"accepted\":false,\"next\":[\"certificate\",\"password\"]");
	require_last_audit("login", "next", "nonce_used");
	assert_int_equal(failures("alice"), 0);
	struct login later = login;
	world.now += world.config.challenge_lifetime + 1; /* a daemon whose clock is ahead forgets */
	require_accepted(&later);
	world.now -= 2;
	send_login(&login);
	require_last_audit("login", "next", "nonce_used");
	X509_free(login.certificate);
}

static void a_nonce_expires(void **state)
{
	struct login login = login_of_alice("certificate+password");

	(void)state;
	take_nonce(&login);
	world.now += world.config.challenge_lifetime - 1;
	send_login(&login);
	says("\"accepted\":true");
	take_nonce(&login);
	world.now += world.config.challenge_lifetime;
	send_login(&login);
	says("\"accepted\":false,\"next\":[\"certificate\",\"password\"]");
	require_last_audit("login", "next", "nonce_expired");
	X509_free(login.certificate);
}

static void a_nonce_is_of_one_user_and_one_application(void **state)
{
	struct ipc_request add = ask(IPC_APP_ADD, world.admin);
	struct login login = {.user = "alice",
			      .password = PASSWORD,
			      .certificate = alice_ready("certificate+password"),
			      .key = alice_key},
		     bob = {.user = "bob"}, elsewhere = {.user = "alice"};
	char other[64];

	(void)state;
	add_user("bob");
	set_class("bob", "certificate+password");
	with(&add, IPC_TAG_NAME, "vpn");
	assert_int_equal(one(&add), 201);
	member("credential", other, sizeof(other));
	elsewhere.application = other;

	take_nonce(&bob);
	memcpy(login.nonce, bob.nonce, sizeof(login.nonce));
	send_login(&login);
	require_last_audit("login", "wrong", "foreign_nonce");
	take_nonce(&elsewhere);
	memcpy(login.nonce, elsewhere.nonce, sizeof(login.nonce));
	send_login(&login);
	require_last_audit("login", "wrong", "foreign_nonce");
	assert_int_equal(failures("alice"), 2);
	/* What was signed for one application is no signature for another one. */
	memcpy(login.nonce, elsewhere.nonce, sizeof(login.nonce));
	login.application = other;
	send_login(&login);
	require_last_audit("login", "wrong", "wrong_signature");
	login.application = NULL;
	(void)snprintf(login.nonce, sizeof(login.nonce), "no nonce at all");
	send_login(&login);
	require_last_audit("login", "wrong", "foreign_nonce");
	X509_free(login.certificate);
}

static void who_logs_in_by_an_alias_signs_that_and_is_the_user(void **state)
{
	struct login login = login_of_alice("certificate+password"), own = login;

	(void)state;
	assert_int_equal(give_alias("alice", "ally"), 201);
	login.user = "ally";
	take_nonce(&login);
	says("\"user\":\"ally\"");
	assert_null(strstr(world.body, "alice"));
	require_last_audit("login", "next", "");
	/* The nonce is the name's that it was given to. */
	memcpy(own.nonce, login.nonce, sizeof(own.nonce));
	send_login(&own);
	require_last_audit("login", "wrong", "foreign_nonce");
	login.signed_user = "alice";
	require_refused(&login, "wrong_signature");
	assert_int_equal(failures("alice"), 2);
	login.signed_user = NULL;
	require_accepted(&login);
	says("\"user\":\"alice\"");
	assert_int_equal(failures("alice"), 0);
	X509_free(login.certificate);
}

/* ---- what is wrong ---- */

static void wrong_signatures_spend_the_budget_that_codes_do(void **state)
{
	struct login login = {.user = "alice",
			      .password = PASSWORD,
			      .certificate = alice_ready("certificate+password"),
			      .key = other_key};

	(void)state;
	require_refused(&login, "wrong_signature");
	login.key = alice_key;
	login.spoil = true;
	require_refused(&login, "wrong_signature");
	login.spoil = false;
	login.signed_user = "bob";
	require_refused(&login, "wrong_signature");
	assert_int_equal(failures("alice"), 3);
	require_refused(&login, "wrong_signature");
	require_refused(&login, "wrong_signature");
	login.signed_user = NULL;
	take_nonce(&login);
	send_login(&login);
	says("{\"accepted\":false,\"reason\":\"locked\",\"wait\":");
	world.now += 61;
	require_accepted(&login);
	X509_free(login.certificate);
}

static struct courier_message next_event(void)
{
	const struct courier_ask question = {.word = COURIER_NEXT, .hooks = true};
	struct courier_message message;

	assert_int_equal(outbox_answer(&world.keeper, &question, &message), CS_OK);
	return message;
}

static void the_wrong_signature_that_locks_a_user_is_an_event(void **state)
{
	struct login login = login_of_alice("certificate+password");

	(void)state;
	(void)snprintf(world.keeper.hook_urls, sizeof(world.keeper.hook_urls), "https://one.example/");
	(void)snprintf(world.keeper.hook_events, sizeof(world.keeper.hook_events), "user.locked");
	login.spoil = true;
	for (unsigned i = 0; i < world.config.tries; i++) {
		assert_string_equal(next_event().id, "");
		require_refused(&login, "wrong_signature");
	}
	assert_non_null(strstr(next_event().body, "\"event\":\"user.locked\""));
	X509_free(login.certificate);
}

static void no_password_is_tried_without_the_card(void **state)
{
	struct login login = {.user = "alice",
			      .password = "wrong horse 1",
			      .certificate = alice_ready("certificate+password"),
			      .key = other_key};

	(void)state;
	const uint64_t computed = world.keeper.metrics.passwords;
	require_refused(&login, "wrong_signature");
	assert_int_equal(world.keeper.metrics.passwords, computed);
	login.key = alice_key;
	require_refused(&login, "wrong_password");
	assert_int_equal(world.keeper.metrics.passwords, computed + 1);
	X509_free(login.certificate);
}

/* ---- what nobody learns ---- */

static void class_of_everyone(const char *factors)
{
	struct ipc_request standard = ask(IPC_CLASS_SET, world.admin);

	with(&standard, IPC_TAG_NAME, "default");
	with(&standard, IPC_TAG_FACTORS, factors);
	assert_int_equal(one(&standard), 200);
}

/* What is wanted, and a refusal: what was done for it, and what was said. */
static struct work refused(struct login *login, const char *next, char heard[256])
{
	const struct work before = work_now();

	take_nonce(login);
	says(next);
	send_login(login);
	(void)snprintf(heard, 256, "%.255s", world.body);
	return work_since(&before);
}

/* With each second factor, until both are locked. */
static void nobody_hears_what_somebody_hears_and_costs_as_much(void **state)
{
	static const struct {
		const char *factors, *password, *code, *next;
	} rows[] = {{"certificate+password", PASSWORD, NULL, "\"next\":[\"certificate\",\"password\"]"},
		    {"certificate+code", NULL, "000000", "\"next\":[\"certificate\",\"code\"]"}};
	struct login alice = {.user = "alice", .certificate = alice_ready("certificate+password")},
		     nobody = alice;
	char id[32], heard[256], hears[256];

	(void)state;
	nobody.user = "nobody";
	assert_int_equal(enrol_seed("alice", "hotp", cs_view(seed, 20), id), 201);
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		set_class("alice", rows[row].factors);
		class_of_everyone(rows[row].factors);
		alice.password = nobody.password = rows[row].password;
		alice.code = nobody.code = rows[row].code;
		alice.key = other_key;
		for (unsigned i = 0; i < 6; i++) {
			const struct work first = refused(&alice, rows[row].next, heard);
			nobody.key = i % 2 ? alice_key : other_key; /* a right signature tells no more */
			const struct work other = refused(&nobody, rows[row].next, hears);
			assert_string_equal(hears, heard);
			assert_int_equal(strlen(nobody.nonce), strlen(alice.nonce));
			require_same_work(&other, &first);
			assert_int_equal(first.passwords, 0);
		}
		says("locked");
		world.now += world.config.tries_window;
	}
	X509_free(alice.certificate);
}

/* By his name and by an alias; his certificate on the connection says no more. */
static void a_disabled_user_is_nobody_with_his_certificate_and_key(void **state)
{
	static const char *const names[] = {"alice", "ally"};
	struct ipc_request request = ask(IPC_USER_DISABLE, world.admin);
	struct login login = login_of_alice("certificate+password"), nobody = login;
	struct audit_entry entry;
	uint8_t chain[4096];
	struct cs_writer w = CS_WRITER_OF(chain);

	(void)state;
	assert_int_equal(give_alias("alice", "ally"), 201);
	add_user("bob"); /* so that names that are nobody's have this class */
	set_class("bob", "certificate+password");
	with(&request, IPC_TAG_USER, "ally");
	assert_int_equal(one(&request), 200);
	says("\"user\":\"alice\",\"state\":\"disabled\"");
	pki_der(&w, login.certificate);
	pki_der(&w, issuing);
	nobody.user = "nobody";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		login.user = names[i];
		require_refused(&login, "user_disabled");
		take_last_audit(&entry);
		assert_string_equal(entry.user, "alice");
		require_refused(&nobody, "unknown_user");
		request = ask(IPC_LOGIN, world.application);
		with(&request, IPC_TAG_USER, names[i]);
		with(&request, IPC_TAG_PASSWORD, PASSWORD);
		request.field[IPC_TAG_TLS_CHAIN] = cs_writer_view(&w);
		assert_int_equal(one(&request), 200);
		says("{\"accepted\":false,\"next\":[\"certificate\",\"password\"]");
	}
	assert_int_equal(failures("alice"), 0);
	/* As he was before. */
	request = ask(IPC_USER_ENABLE, world.admin);
	with(&request, IPC_TAG_USER, "alice");
	assert_int_equal(one(&request), 200);
	require_accepted(&login);
	X509_free(login.certificate);
}

static void half_a_proof_is_refused_and_costs_nothing(void **state)
{
	struct ipc_request request = ask(IPC_LOGIN, world.application);

	(void)state;
	X509_free(alice_ready("certificate+password"));
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_SIGNATURE, "xx");
	assert_int_equal(one(&request), 400);
	says("bad_proof");
	with(&request, IPC_TAG_CHAIN, "no certificate");
	with(&request, IPC_TAG_NONCE, "xx");
	assert_int_equal(one(&request), 400);
	assert_int_equal(failures("alice"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_PROOF(certificate_and_password_give_an_assertion_that_says_so),
	    IN_PROOF(what_is_wanted_next_is_told_step_by_step_and_costs_nothing),
	    IN_PROOF(certificate_and_code_are_two_factors),
	    IN_PROOF(keys_of_every_kind_sign_with_their_own_algorithm_alone),
	    IN_PROOF(the_connections_certificate_is_as_good_where_it_is_the_users),
	    IN_PROOF(a_nonce_is_good_for_one_login),
	    IN_PROOF(a_nonce_expires),
	    IN_PROOF(a_nonce_is_of_one_user_and_one_application),
	    IN_PROOF(who_logs_in_by_an_alias_signs_that_and_is_the_user),
	    IN_PROOF(wrong_signatures_spend_the_budget_that_codes_do),
	    IN_PROOF(the_wrong_signature_that_locks_a_user_is_an_event),
	    IN_PROOF(no_password_is_tried_without_the_card),
	    IN_PROOF(nobody_hears_what_somebody_hears_and_costs_as_much),
	    IN_PROOF(a_disabled_user_is_nobody_with_his_certificate_and_key),
	    IN_PROOF(half_a_proof_is_refused_and_costs_nothing),
	};

	return cmocka_run_group_tests(tests, proof_group_make, proof_group_end);
}
