/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tokens that stand for a credential for an hour.
 */
#include "daemon/auth_token.h"
#include "daemon/base64url.h"
#include "tests/unit/keeper_world.h"

static uint16_t log_in(const char *name, const char *credential, char token[AUTH_TOKEN_MAX + 1])
{
	struct ipc_request request = ask(IPC_AUTH, credential);

	with(&request, IPC_TAG_NAME, name);
	uint16_t status = one(&request);
	if (status == 200)
		member("auth_token", token, AUTH_TOKEN_MAX + 1);
	return status;
}

static uint16_t list_users(const char *credential)
{
	struct ipc_request request = ask(IPC_USER_LIST, credential);

	return one(&request);
}

static uint16_t verify_with(const char *credential)
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, credential);

	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_CODE, "000000");
	return one(&request);
}

static void a_token_stands_for_its_credential_for_an_hour(void **state)
{
	char token[AUTH_TOKEN_MAX + 1], app[AUTH_TOKEN_MAX + 1];

	(void)state;
	assert_int_equal(log_in("admin", world.admin, token), 200);
	says("\"role\":\"administrator\"");
	require_last_audit("auth", "done", "");
	assert_int_equal(log_in("web", world.application, app), 200);
	assert_int_equal(list_users(token), 200);
	assert_int_equal(verify_with(app), 200);
	/* And for nothing else. */
	assert_int_equal(verify_with(token), 403);
	assert_int_equal(list_users(app), 403);
	world.now += AUTH_TOKEN_LIFETIME - 1;
	assert_int_equal(list_users(token), 200);
	world.now += 1;
	assert_int_equal(list_users(token), 401);
	assert_int_equal(verify_with(app), 401);
}

static void who_is_not_who_he_says_gets_none(void **state)
{
	char token[AUTH_TOKEN_MAX + 1], other[AUTH_TOKEN_MAX + 1];

	(void)state;
	assert_int_equal(log_in("web", world.admin, token), 401);
	require_last_audit("auth", "refused", "unauthorized");
	assert_int_equal(log_in("admin", world.application, token), 401);
	assert_int_equal(log_in("Admin", world.admin, token), 401);
	assert_int_equal(log_in("admin", "csa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", token), 401);
	/* A token makes no token. */
	assert_int_equal(log_in("admin", world.admin, token), 200);
	assert_int_equal(log_in("admin", token, other), 401);
}

static void a_token_ends_with_its_credential(void **state)
{
	char token[AUTH_TOKEN_MAX + 1], app[AUTH_TOKEN_MAX + 1];
	struct ipc_request request = ask(IPC_APP_ROTATE, world.admin);

	(void)state;
	assert_int_equal(log_in("web", world.application, app), 200);
	with(&request, IPC_TAG_NAME, "web");
	assert_int_equal(one(&request), 200);
	assert_int_equal(verify_with(app), 401);
	assert_int_equal(log_in("admin", world.admin, token), 200);
	request = ask(IPC_STAFF_ROTATE, world.admin);
	with(&request, IPC_TAG_NAME, "admin");
	assert_int_equal(one(&request), 200);
	assert_int_equal(list_users(token), 401);
}

/* A call with what it says of whom, under the tag that is that call's. */
struct lasting {
	enum ipc_op op;
	enum ipc_tag whom;
	const char *name;
	enum ipc_tag tag;
	const char *text; /* NULL: no more is said */
	uint16_t status;  /* with the credential itself */
};

/* For what else it is, the token is good. */
static void refused_to_a_token(const struct lasting *row, const char *token, const char *credential)
{
	struct ipc_request request = ask(row->op, token);

	with(&request, row->whom, row->name);
	if (row->text)
		with(&request, row->tag, row->text);
	assert_int_equal(one(&request), 403);
	says("\"credential_wanted\"");
	require_last_audit(ipc_rule(row->op)->name, "refused", "credential_wanted");
	assert_int_equal(list_users(token), 200);
	request.field[IPC_TAG_CREDENTIAL] = cs_view_string(credential);
	assert_int_equal(one(&request), row->status);
}

/* One's own credentials, others', those of applications, and what users log in with that no seed or password
 * is wanted for: each would be good when the hour is over. */
static void a_token_makes_and_changes_no_credential(void **state)
{
	static const char key[] = "1111111111111111111111111111111111111111111111111111111111111111";
	static const struct lasting rows[] = {
	    {IPC_STAFF_ADD, IPC_TAG_NAME, "anton", IPC_TAG_ROLE, "administrator", 201},
	    {IPC_STAFF_ROTATE, IPC_TAG_NAME, "olga", 0, NULL, 202},
	    {IPC_STAFF_CERTIFICATE, IPC_TAG_NAME, "admin", IPC_TAG_FINGERPRINT, key, 202},
	    {IPC_STAFF_CERTIFICATE, IPC_TAG_NAME, "admin", IPC_TAG_FINGERPRINT, "none", 200},
	    {IPC_APP_ADD, IPC_TAG_NAME, "shop", 0, NULL, 201},
	    {IPC_APP_ROTATE, IPC_TAG_NAME, "web", 0, NULL, 200},
	    {IPC_APP_CERTIFICATE, IPC_TAG_NAME, "web", IPC_TAG_FINGERPRINT, key, 200},
	    {IPC_USER_CERTIFICATES, IPC_TAG_USER, "alice", IPC_TAG_CERTIFICATES, "named", 200},
	    {IPC_BREAK_GLASS_ISSUE, IPC_TAG_USER, "alice", 0, NULL, 409}, /* this daemon has none */
	    {IPC_USER_EXPORT, IPC_TAG_USER, "alice", 0, NULL, 202},
	    {IPC_REALM_EXPORT, IPC_TAG_REALMS, "default", 0, NULL, 202},
	    {IPC_STAFF_ROTATE, IPC_TAG_NAME, "admin", 0, NULL, 200},
	};
	/* What an operator may. */
	static const struct lasting operator_rows[] = {
	    {IPC_CERTIFICATE_ADD, IPC_TAG_USER, "alice", IPC_TAG_FINGERPRINT, key, 201},
	    {IPC_STAFF_ROTATE, IPC_TAG_NAME, "olga", 0, NULL, 200},
	};
	char token[AUTH_TOKEN_MAX + 1], olga[64], own[AUTH_TOKEN_MAX + 1], id[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	hire("olga", "operator", olga);
	assert_int_equal(log_in("admin", world.admin, token), 200);
	assert_int_equal(log_in("olga", olga, own), 200);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refused_to_a_token(&rows[i], token, world.admin);
	for (size_t i = 0; i < sizeof(operator_rows) / sizeof(operator_rows[0]); i++)
		refused_to_a_token(&operator_rows[i], own, olga);
	assert_int_equal(list_users(own), 401);
}

/* What takes two is no less than what one may. */
static void a_token_approves_of_nothing(void **state)
{
	char anton[64], id[32], token[AUTH_TOKEN_MAX + 1];

	(void)state;
	hire("anton", "administrator", anton);
	struct ipc_request add = ask(IPC_STAFF_ADD, world.admin);
	with(&add, IPC_TAG_NAME, "berta");
	with(&add, IPC_TAG_ROLE, "administrator");
	assert_int_equal(one(&add), 202);
	member("approval", id, sizeof(id));
	assert_int_equal(log_in("anton", anton, token), 200);
	assert_int_equal(on_approval(IPC_APPROVAL_GRANT, token, id), 403);
	says("\"credential_wanted\"");
	assert_int_equal(on_approval(IPC_APPROVAL_GRANT, anton, id), 200);
}

static void no_bit_of_a_token_can_be_changed(void **state)
{
	char token[AUTH_TOKEN_MAX + 1], changed[AUTH_TOKEN_MAX + 2];
	struct auth_token out;

	(void)state;
	assert_int_equal(log_in("admin", world.admin, token), 200);
	const size_t len = strlen(token);
	assert_int_equal(auth_token_open(&world.keeper.key, cs_view_string(token), world.now, &out), CS_OK);
	assert_int_equal(out.kind, CREDENTIAL_STAFF);
	assert_int_equal(out.expires, world.now + AUTH_TOKEN_LIFETIME);
	for (size_t i = 0; i < len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(changed, token, len + 1);
			changed[i] = (char)(changed[i] ^ (1 << bit));
			assert_int_not_equal(
			    auth_token_open(&world.keeper.key, cs_view(changed, len), world.now, &out),
			    CS_OK);
		}
	}
	for (size_t i = 0; i < len; i++)
		assert_int_not_equal(auth_token_open(&world.keeper.key, cs_view(token, i), world.now, &out),
				     CS_OK);
	(void)snprintf(changed, sizeof(changed), "%sA", token);
	assert_int_not_equal(auth_token_open(&world.keeper.key, cs_view_string(changed), world.now, &out),
			     CS_OK);
	/* Another installation's key. */
	struct seal_key other = world.keeper.key;
	other.bytes[31] ^= 1;
	assert_int_equal(auth_token_open(&other, cs_view_string(token), world.now, &out), CS_ERR_NOT_FOUND);
}

static void a_name_is_in_it_and_changes_nothing(void **state)
{
	/* A name that looks like claims, of the greatest length once it is escaped. */
	static const char name[] = "\",\"exp\":9999999999,\"kind\":\"person\","
				   "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"";
	const struct auth_token token = {
	    .issued = 5, .expires = 10, .kind = CREDENTIAL_APPLICATION, .hash = {7}};
	uint8_t text[AUTH_TOKEN_MAX];
	struct cs_writer w = CS_WRITER_OF(text);
	struct auth_token out;

	(void)state;
	assert_true(sizeof(name) - 1 == 64);
	assert_int_equal(auth_token_make(&world.keeper.key, &token, name, &w), CS_OK);
	assert_int_equal(auth_token_open(&world.keeper.key, cs_writer_view(&w), 9, &out), CS_OK);
	assert_int_equal(out.expires, 10);
	assert_int_equal(out.kind, CREDENTIAL_APPLICATION);
	assert_memory_equal(out.hash, token.hash, sizeof(out.hash));
	assert_int_equal(auth_token_open(&world.keeper.key, cs_writer_view(&w), 10, &out), CS_ERR_NOT_FOUND);
}

static void base64url_is_read_in_one_form_only(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {{"", true},	     {"AA", true},   {"AB", false},   {"A", false},
		    {"AAA", true},   {"AAB", false}, {"AAAA", true},  {"__-_", true},
		    {"AA==", false}, {"A A", false}, {"AA+A", false}, {"AAAAA", false}};
	uint8_t bytes[16];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cs_writer w = CS_WRITER_OF(bytes);
		assert_int_equal(base64url_read(cs_view_string(rows[i].text), &w) == CS_OK, rows[i].good);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(a_token_stands_for_its_credential_for_an_hour),
	    IN_WORLD(who_is_not_who_he_says_gets_none),
	    IN_WORLD(a_token_ends_with_its_credential),
	    IN_WORLD(a_token_makes_and_changes_no_credential),
	    IN_WORLD(a_token_approves_of_nothing),
	    IN_WORLD(no_bit_of_a_token_can_be_changed),
	    IN_WORLD(a_name_is_in_it_and_changes_nothing),
	    cmocka_unit_test(base64url_is_read_in_one_form_only),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
