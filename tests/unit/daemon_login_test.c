/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Logins through keeper: what each class wants, in which order, what it costs, and what the assertion says to
 * whoever checks it with the keys that are shown.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "daemon/base64url.h"
#include "tests/unit/keeper_world.h"

#define PASSWORD "correct horse 7"

static void set_password(const char *password, const char *change)
{
	struct ipc_request request = ask(IPC_USER_PASSWORD, world.admin);

	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_PASSWORD, password);
	if (change)
		with(&request, IPC_TAG_CHANGE, change);
	assert_int_equal(one(&request), 200);
}

static void set_class(const char *name, const char *factors)
{
	struct ipc_request class_set = ask(IPC_CLASS_SET, world.admin),
			   user_class = ask(IPC_USER_CLASS, world.admin);

	with(&class_set, IPC_TAG_NAME, name);
	with(&class_set, IPC_TAG_FACTORS, factors);
	assert_int_equal(one(&class_set), 200);
	with(&user_class, IPC_TAG_USER, "alice");
	with(&user_class, IPC_TAG_NAME, name);
	assert_int_equal(one(&user_class), 200);
}

static uint16_t login(const char *user, const char *password, const char *code, const char *new_password)
{
	struct ipc_request request = ask(IPC_LOGIN, world.application);

	with(&request, IPC_TAG_USER, user);
	if (password)
		with(&request, IPC_TAG_PASSWORD, password);
	if (code)
		with(&request, IPC_TAG_CODE, code);
	if (new_password)
		with(&request, IPC_TAG_NEW_PASSWORD, new_password);
	return one(&request);
}

static void require_login(const char *password, const char *code, const char *new_password, const char *part)
{
	assert_int_equal(login("alice", password, code, new_password), 200);
	says(part);
}

/* ---- checking an assertion ---- */

static size_t decode(const char *text, size_t len, uint8_t *out)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t made = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		int v = c >= 'A' && c <= 'Z'   ? c - 'A'
			: c >= 'a' && c <= 'z' ? c - 'a' + 26
			: c >= '0' && c <= '9' ? c - '0' + 52
			: c == '-'	       ? 62
			: c == '_'	       ? 63
					       : -1;
		assert_true(v >= 0);
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[made++] = (uint8_t)(bits >> have);
		}
	}
	return made;
}

/* The key of world.body, a set of them, that has the name. */
static EVP_PKEY *shown_key(const char *kid)
{
	uint8_t point[65] = {4};
	char name[80], x[64], y[64];
	EVP_PKEY *key = NULL;
	const char *row = world.body;

	(void)snprintf(name, sizeof(name), "\"kid\":\"%s\"", kid);
	row = strstr(row, name);
	if (!row || sscanf(row + strlen(name), ",\"x\":\"%63[^\"]\",\"y\":\"%63[^\"]\"", x, y) != 2)
		return NULL;
	assert_int_equal(decode(x, strlen(x), point + 1), 32);
	assert_int_equal(decode(y, strlen(y), point + 33), 32);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	char group[] = "P-256";
	OSSL_PARAM parameters[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
	    OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
	    OSSL_PARAM_construct_end()};
	assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
	assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters), 1);
	EVP_PKEY_CTX_free(context);
	return key;
}

/* Checks the assertion of the last answer against the keys that are shown now; yields header and claims.
 * False where no key of that name is shown. */
static bool check_assertion(const char *assertion, char header[512], char claims[2048])
{
	const char *dot = strchr(assertion, '.'), *dot2 = strchr(dot + 1, '.');
	struct ipc_request request = ask(IPC_JWKS, NULL);
	uint8_t signature[128], bytes[2048];
	unsigned char der[128], *end = der;
	char kid[64];

	header[decode(assertion, (size_t)(dot - assertion), (uint8_t *)header)] = '\0';
	size_t len = decode(dot + 1, (size_t)(dot2 - dot - 1), bytes);
	memcpy(claims, bytes, len);
	claims[len] = '\0';
	assert_int_equal(decode(dot2 + 1, strlen(dot2 + 1), signature), 64);
	assert_int_equal(sscanf(strstr(header, "\"kid\":\""), "\"kid\":\"%63[^\"]\"", kid), 1);
	assert_int_equal(one(&request), 200);
	EVP_PKEY *key = shown_key(kid);
	if (!key)
		return false;
	ECDSA_SIG *parsed = ECDSA_SIG_new();
	assert_int_equal(
	    ECDSA_SIG_set0(parsed, BN_bin2bn(signature, 32, NULL), BN_bin2bn(signature + 32, 32, NULL)), 1);
	int der_len = i2d_ECDSA_SIG(parsed, &end);
	ECDSA_SIG_free(parsed);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestVerify(context, der, (size_t)der_len, (const unsigned char *)assertion,
					  (size_t)(dot2 - assertion)),
			 1);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return true;
}

/* ---- the tests ---- */

static void password_and_code_give_an_assertion_that_can_be_checked(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX], assertion[2048], header[512], claims[2048];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	set_password(PASSWORD, "never");
	require_login(PASSWORD, code_at(0, text), NULL,
		      "{\"accepted\":true,\"user\":\"alice\",\"level\":\"aal2\"");
	member("assertion", assertion, sizeof(assertion));
	require_last_audit("login", "accepted", "");
	assert_true(check_assertion(assertion, header, claims));
	assert_non_null(strstr(header, "{\"alg\":\"ES256\",\"typ\":\"JWT\""));
	assert_non_null(
	    strstr(claims, "{\"iss\":\"countersign\",\"sub\":\"alice\",\"aud\":\"web\",\"iat\":1800000000,"
			   "\"exp\":1800000900,\"jti\":\"a_"));
	assert_non_null(strstr(claims, "\"acr\":\"aal2\",\"amr\":[\"pwd\",\"otp\"]}"));
	require_login(PASSWORD, code_at(0, text), NULL, "\"reason\":\"wrong\"");
	require_last_audit("login", "wrong", "replay");
}

static void every_pair_of_class_and_factors_is_answered_as_it_should_be(void **state)
{
	static const char *const classes[] = {"password", "code", "password+code"};
	static const char *const passwords[] = {NULL, PASSWORD, "wrong horse 77"};
	char id[32], text[CS_OATH_CODE_MAX];
	uint64_t position = 0;

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	set_password(PASSWORD, "never");
	for (unsigned c = 0; c < 3; c++)
		for (unsigned p = 0; p < 3; p++)
			for (unsigned o = 0; o < 3; o++) {
				set_class(classes[c], classes[c]);
				bool password = c != 1, code = c != 0;
				const char *typed = o == 0   ? NULL
						    : o == 1 ? code_at(position, text)
							     : "000000";
				bool gone = false;
				const char *part;
				if (password && p == 0)
					part = code ? "\"next\":[\"password\",\"code\"]"
						    : "\"next\":[\"password\"]";
				else if (password && p == 2)
					part = "\"reason\":\"wrong\"";
				else if (code && o == 0)
					part = "\"next\":[\"code\"]";
				else if (code && o == 2)
					part = "\"reason\":\"wrong\"";
				else
					part = "\"accepted\":true", gone = code;
				require_login(passwords[p], typed, NULL, part);
				position += gone; /* else the code is as good as it was */
				assert_int_equal(on_token(IPC_TOKEN_ENABLE, id), 200);
			}
	assert_int_equal(position, 4);
}

static void an_initial_password_must_be_changed_before_anything_is_asserted(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	set_password(PASSWORD, NULL);
	require_login(PASSWORD, NULL, NULL, "\"next\":[\"new_password\",\"code\"]");
	require_login(PASSWORD, code_at(0, text), NULL, "\"next\":[\"new_password\"]");
	assert_int_equal(login("alice", PASSWORD, code_at(0, text), "1234567890"), 400);
	says("bad_password");
	assert_int_equal(login("alice", PASSWORD, code_at(0, text), "i am alice, really"), 400);
	assert_int_equal(login("alice", PASSWORD, code_at(0, text), PASSWORD), 400);
	says("same_password");
	require_login(PASSWORD, "000000", "battery staple 9", "\"reason\":\"wrong\"");
	require_login("battery staple 9", code_at(0, text), NULL, "\"reason\":\"wrong\""); /* not changed */
	require_login(PASSWORD, code_at(0, text), "battery staple 9", "\"accepted\":true");
	require_login(PASSWORD, code_at(1, text), NULL, "\"reason\":\"wrong\"");
	require_login("battery staple 9", code_at(1, text), NULL, "\"accepted\":true");
}

/* Not the clock is looked at, but what the time is made of. */
/* What the name is asked for first. */
static void wanted(unsigned name, char next[64])
{
	char user[16];

	(void)snprintf(user, sizeof(user), "who%u", name);
	assert_int_equal(login(user, NULL, NULL, NULL), 200);
	const char *at = strstr(world.body, "\"next\":");
	assert_non_null(at);
	(void)snprintf(next, 64, "%.*s", (int)strcspn(at, "]"), at);
}

static void nobody_is_of_a_class_that_users_have_and_stays_in_it(void **state)
{
	struct ipc_request user = ask(IPC_USER_ADD, world.admin), class_set = ask(IPC_CLASS_SET, world.admin);
	static char before[64][64], after[64];
	unsigned both = 0, one_alone = 0, moved = 0;

	(void)state;
	with(&user, IPC_TAG_USER, "carol");
	assert_int_equal(one(&user), 201);
	with(&class_set, IPC_TAG_NAME, "empty");
	with(&class_set, IPC_TAG_FACTORS, "code");
	assert_int_equal(one(&class_set), 200);
	set_class("staff", "password");
	for (unsigned i = 0; i < 64; i++) {
		wanted(i, before[i]);
		if (strcmp(before[i], "\"next\":[\"password\",\"code\"") == 0)
			both++;
		else if (strcmp(before[i], "\"next\":[\"password\"") == 0)
			one_alone++;
		world.now += 3600;
	}
	assert_int_equal(both + one_alone, 64); /* nobody is of a class that nobody has */
	assert_true(both && one_alone);
	with(&user, IPC_TAG_USER, "dora");
	assert_int_equal(one(&user), 201);
	user = ask(IPC_USER_CLASS, world.admin);
	with(&user, IPC_TAG_USER, "dora");
	with(&user, IPC_TAG_NAME, "empty");
	assert_int_equal(one(&user), 200);
	for (unsigned i = 0; i < 64; i++) {
		wanted(i, after);
		if (strcmp(after, before[i]) == 0)
			continue;
		assert_string_equal(after, "\"next\":[\"code\"");
		moved++;
	}
	assert_in_range(moved, 1, 63);
}

static void nobody_costs_what_somebody_costs_and_hears_the_same(void **state)
{
	static const char *const names[] = {"alice", "nobody", "carol"}; /* carol has no password */
	struct ipc_request user = ask(IPC_USER_ADD, world.admin);
	static char answers[3][8][512];

	(void)state;
	with(&user, IPC_TAG_USER, "carol");
	assert_int_equal(one(&user), 201);
	set_password(PASSWORD, "never");
	for (unsigned n = 0; n < 3; n++) {
		uint64_t before = world.keeper.metrics.passwords;
		assert_int_equal(login(names[n], NULL, NULL, NULL), 200);
		(void)snprintf(answers[n][0], sizeof(answers[n][0]), "%.511s", world.body);
		assert_int_equal(world.keeper.metrics.passwords - before, 0);
		for (unsigned i = 1; i < 8; i++) {
			assert_int_equal(login(names[n], "wrong horse 77", "000000", NULL), 200);
			(void)snprintf(answers[n][i], sizeof(answers[n][i]), "%.511s", world.body);
		}
		assert_int_equal(world.keeper.metrics.passwords - before, 5);
	}
	for (unsigned i = 0; i < 8; i++) {
		assert_string_equal(answers[0][i], answers[1][i]);
		assert_string_equal(answers[0][i], answers[2][i]);
	}
}

static unsigned draws;

enum cs_err __real_seal_draw(const struct seal_key *key, struct cs_view text,
			     uint8_t out[SEAL_FINGERPRINT_LEN]);
enum cs_err __wrap_seal_draw(const struct seal_key *key, struct cs_view text,
			     uint8_t out[SEAL_FINGERPRINT_LEN]);
enum cs_err __wrap_seal_draw(const struct seal_key *key, struct cs_view text,
			     uint8_t out[SEAL_FINGERPRINT_LEN])
{
	draws++;
	return __real_seal_draw(key, text, out);
}

/* It takes some microseconds for each class, which are told apart where there is no Argon2id. */
static void a_class_is_drawn_for_somebody_as_for_nobody(void **state)
{
	static const char *const names[] = {"alice", "nobody", "alice", "nobody"};
	struct ipc_request user = ask(IPC_USER_ADD, world.admin);

	(void)state;
	with(&user, IPC_TAG_USER, "carol");
	assert_int_equal(one(&user), 201);
	set_class("clerks", "code"); /* alice is one; carol stays where everyone is */
	for (unsigned n = 0; n < 4; n++) {
		draws = 0;
		assert_int_equal(login(names[n], NULL, n < 2 ? NULL : "000000", NULL), 200);
		assert_int_equal(draws, 2);
	}
}

static void where_a_code_is_all_nobody_costs_and_hears_what_somebody_does(void **state)
{
	static const char *const names[] = {"alice", "nobody"};
	static char answers[2][4][512];
	char id[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	set_class("default", "code");
	for (unsigned n = 0; n < 2; n++) {
		struct keeper_metrics before = world.keeper.metrics;
		for (unsigned i = 0; i < 4; i++) {
			assert_int_equal(
			    login(names[n], i & 1 ? "wrong horse 77" : NULL, i & 2 ? "000000" : NULL, NULL),
			    200);
			(void)snprintf(answers[n][i], sizeof(answers[n][i]), "%.511s", world.body);
		}
		assert_int_equal(world.keeper.metrics.passwords - before.passwords, 0);
		assert_int_equal(
		    world.keeper.metrics.verifications[KEEPER_WRONG] - before.verifications[KEEPER_WRONG], 2);
	}
	for (unsigned i = 0; i < 4; i++)
		assert_string_equal(answers[0][i], answers[1][i]);
}

static void passwords_and_codes_spend_one_budget(void **state)
{
	struct ipc_request requests[40];
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	set_password(PASSWORD, "never");
	for (unsigned i = 0; i < 40; i++) {
		requests[i] = ask(i % 2 ? IPC_LOGIN : IPC_OTP_VERIFY, world.application);
		with(&requests[i], IPC_TAG_USER, "alice");
		with(&requests[i], IPC_TAG_CODE, "000000");
		if (i % 2)
			with(&requests[i], IPC_TAG_PASSWORD, "wrong horse 77");
	}
	(void)run(requests, 40);
	assert_int_equal(world.keeper.metrics.evaluations + world.keeper.metrics.passwords, 5);
	require_login(PASSWORD, code_at(0, text), NULL, "\"reason\":\"locked\",\"wait\":60");
	world.now += 60;
	require_login(PASSWORD, code_at(0, text), NULL, "\"accepted\":true");
}

static void what_is_asked_first_costs_nothing_and_clears_nothing(void **state)
{
	struct db_user user;

	(void)state;
	set_password(PASSWORD, "never");
	require_login("wrong horse 77", NULL, NULL, "\"reason\":\"wrong\"");
	for (unsigned i = 0; i < 20; i++)
		require_login(PASSWORD, NULL, NULL, "\"next\":[\"code\"]");
	assert_int_equal(db_user_find(world.keeper.db, "alice", &user), CS_OK);
	assert_int_equal(user.budget.failures, 1);
}

/* Logs in and has the assertion checked; which key signed is header. */
static void assert_again(char assertion[2048], char header[512])
{
	char claims[2048];

	require_login(PASSWORD, NULL, NULL, "\"level\":\"aal1\"");
	member("assertion", assertion, 2048);
	assert_true(check_assertion(assertion, header, claims));
}

static unsigned keys_shown(void)
{
	struct ipc_request request = ask(IPC_JWKS, NULL);
	unsigned count = 0;

	assert_int_equal(one(&request), 200);
	for (const char *at = world.body; (at = strstr(at, "\"kid\"")) != NULL; at++)
		count++;
	return count;
}

static void keys_take_turns_and_each_is_shown_before_it_signs_and_while_its_assertions_live(void **state)
{
	static char first[2048], last[2048], next[2048];
	char header[512], first_key[512], claims[2048];

	(void)state;
	set_password(PASSWORD, "never");
	set_class("staff", "password");
	assert_int_equal(keys_shown(), 1); /* made for whoever asks before anyone logs in */
	require_last_audit("jwks", "done", "");
	assert_int_equal(keys_shown(), 1);
	assert_again(first, first_key);
	world.now = T0 + 30 * 86400 - 1;
	assert_int_equal(keys_shown(), 1);
	world.now = T0 + 30 * 86400;
	assert_int_equal(keys_shown(), 2); /* the next one, a day before */
	world.now = T0 + 31 * 86400 - 1;
	assert_again(last, header);
	assert_string_equal(header, first_key);
	world.now = T0 + 31 * 86400;
	assert_again(next, header);
	assert_string_not_equal(header, first_key);
	world.now = T0 + 31 * 86400 + 900 - 1;
	assert_int_equal(keys_shown(), 2);
	assert_true(check_assertion(last, header, claims));
	world.now += 1;
	assert_int_equal(keys_shown(), 1);
	assert_false(check_assertion(last, header, claims));
	assert_true(check_assertion(next, header, claims));
	world.now = T0 + 60 * 86400;
	assert_int_equal(keys_shown(), 2); /* the third one, of which the first has made room */
}

/* Nobody has logged in for long: the old key signs until the new one has been shown for its day. */
static void after_a_long_pause_no_key_signs_that_was_not_shown(void **state)
{
	static char assertion[2048];
	char header[512], first_key[512];

	(void)state;
	set_password(PASSWORD, "never");
	set_class("staff", "password");
	assert_again(assertion, first_key);
	world.now += 365 * 86400;
	assert_again(assertion, header);
	assert_string_equal(header, first_key);
	assert_int_equal(keys_shown(), 2);
	world.now += 86400;
	assert_again(assertion, header);
	assert_string_not_equal(header, first_key);
}

/* A signing key is in wrong hands: whoever reads the keys takes nothing of it from now on. */
static void a_rotated_signing_key_is_gone_at_once_and_two_administrators_do_that(void **state)
{
	static char before[2048], after[2048];
	char header[512], first_key[512], claims[2048], other[64];
	struct ipc_request request = ask(IPC_SIGNING_ROTATE, world.admin);

	(void)state;
	set_password(PASSWORD, "never");
	set_class("staff", "password");
	hire("anton", "administrator", other);
	world.now = T0 + 30 * 86400;
	assert_again(before, first_key);
	world.now += 30 * 86400; /* the next one is shown already */
	assert_again(before, first_key);
	assert_int_equal(keys_shown(), 2);
	assert_int_equal(one(&request), 202);
	assert_true(check_assertion(before, header, claims));
	assert_int_equal(approved(IPC_SIGNING_ROTATE, other), 200);
	says("\"kid\"");
	require_last_audit("signing_key_rotate", "done", "");
	assert_int_equal(keys_shown(), 1);
	assert_false(check_assertion(before, header, claims));
	assert_again(after, header);
	assert_string_not_equal(header, first_key);
	assert_true(check_assertion(after, header, claims));
}

static void private_keys_lie_sealed(void **state)
{
	struct db_signing_key keys[DB_SIGNING_KEYS_MAX];
	uint8_t opened[JWT_PRIVATE_MAX];
	struct cs_writer w = CS_WRITER_OF(opened);
	size_t count;

	(void)state;
	set_password(PASSWORD, "never");
	set_class("staff", "password");
	require_login(PASSWORD, NULL, NULL, "\"accepted\":true");
	assert_int_equal(db_signing_keys(world.keeper.db, 0, keys, &count), CS_OK);
	assert_int_equal(count, 1);
	assert_int_equal(seal_open(&world.keeper.key, CS_VIEW_TEXT("k_0"),
				   cs_view(keys[0].sealed, keys[0].sealed_len), &w),
			 CS_ERR_CORRUPT);
	w = CS_WRITER_OF(opened);
	assert_int_equal(seal_open(&world.keeper.key, cs_view_string(keys[0].id),
				   cs_view(keys[0].sealed, keys[0].sealed_len), &w),
			 CS_OK);
}

static void classes_are_listed_and_what_they_cannot_be_is_refused(void **state)
{
	struct ipc_request request = ask(IPC_CLASS_LIST, world.admin), set = ask(IPC_CLASS_SET, world.admin),
			   user = ask(IPC_USER_CLASS, world.admin), list = ask(IPC_USER_LIST, world.admin);

	(void)state;
	set_class("staff", "code");
	assert_int_equal(one(&request), 200);
	says("[{\"class\":\"default\",\"factors\":\"password+code\"},{\"class\":\"staff\",\"factors\":"
	     "\"code\"}]");
	with(&set, IPC_TAG_NAME, "x");
	with(&set, IPC_TAG_FACTORS, "certificate");
	assert_int_equal(one(&set), 400);
	says("bad_factors");
	with(&user, IPC_TAG_USER, "alice");
	with(&user, IPC_TAG_NAME, "x");
	assert_int_equal(one(&user), 404);
	says("class_not_found");
	assert_int_equal(one(&list), 200);
	says("\"class\":\"staff\",\"password\":false");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(password_and_code_give_an_assertion_that_can_be_checked),
	    IN_WORLD(every_pair_of_class_and_factors_is_answered_as_it_should_be),
	    IN_WORLD(an_initial_password_must_be_changed_before_anything_is_asserted),
	    IN_WORLD(nobody_is_of_a_class_that_users_have_and_stays_in_it),
	    IN_WORLD(nobody_costs_what_somebody_costs_and_hears_the_same),
	    IN_WORLD(a_class_is_drawn_for_somebody_as_for_nobody),
	    IN_WORLD(where_a_code_is_all_nobody_costs_and_hears_what_somebody_does),
	    IN_WORLD(passwords_and_codes_spend_one_budget),
	    IN_WORLD(what_is_asked_first_costs_nothing_and_clears_nothing),
	    IN_WORLD(keys_take_turns_and_each_is_shown_before_it_signs_and_while_its_assertions_live),
	    IN_WORLD(after_a_long_pause_no_key_signs_that_was_not_shown),
	    IN_WORLD(a_rotated_signing_key_is_gone_at_once_and_two_administrators_do_that),
	    IN_WORLD(private_keys_lie_sealed),
	    IN_WORLD(classes_are_listed_and_what_they_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
