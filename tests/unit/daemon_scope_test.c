/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What an application's credential is good for.
 */
#include <arpa/inet.h>

#include "base/encoding.h"
#include "daemon/scope.h"
#include "tests/unit/keeper_world.h"

static struct scope scope;
static char wrong[SCOPE_WORD_SIZE];

static void addresses(const char *text)
{
	assert_int_equal(scope_addresses(cs_view_string(text), &scope, wrong), CS_OK);
}

static void a_network_has_its_addresses_and_no_others(void **state)
{
	static const struct {
		const char *list, *address;
		bool in;
	} rows[] = {
	    {"", "192.0.2.1", true},
	    {"192.0.2.1", "192.0.2.1", true},
	    {"192.0.2.1", "192.0.2.2", false},
	    {"192.0.2.0/24", "192.0.2.255", true},
	    {"192.0.2.0/24", "192.0.3.0", false},
	    {"192.0.2.128/25", "192.0.2.127", false},
	    {"192.0.2.128/25", "192.0.2.128", true},
	    {"10.0.0.0/8 2001:db8::/32", "10.255.255.255", true},
	    {"10.0.0.0/8 2001:db8::/32", "2001:db8:ffff::1", true},
	    {"10.0.0.0/8 2001:db8::/32", "2001:db9::", false},
	    {"2001:db8::/33", "2001:db8:8000::", false},
	    {"0.0.0.0/0", "203.0.113.9", true},
	    {"0.0.0.0/0", "2001:db8::1", false},
	    /* One address, two ways to write it. */
	    {"192.0.2.0/24", "::ffff:192.0.2.7", true},
	    {"192.0.2.0/24", "::ffff:c000:307", false},
	    {"::ffff:192.0.2.0/120", "192.0.2.7", true},
	    {"::ffff:192.0.2.7", "192.0.2.7", true},
	    {"::/0", "2001:db8::1", true},
	    {"::/0", "192.0.2.1", false},
	    {"::/0", "::ffff:192.0.2.1", false},
	    {"::ffff:0.0.0.0/96", "192.0.2.1", true},
	    /* 192.0.2.1 in an IPv6 address that is not mapped is another one. */
	    {"192.0.2.1", "::192.0.2.1", false},
	    {"192.0.2.1", "64:ff9b::192.0.2.1", false},
	    {"local", "", true},
	    {"local", "127.0.0.1", false},
	    {"127.0.0.1", "", false},
	    {"local 127.0.0.1", "127.0.0.1", true},
	    {"0.0.0.0/0 ::/0", "no address", false},
	    {"0.0.0.0/0 ::/0", "192.0.2.1 ", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		addresses(rows[i].list);
		if (scope_has_address(&scope, rows[i].address) != rows[i].in)
			fail_msg("%s in %s", rows[i].address, rows[i].list);
	}
}

static void every_prefix_cuts_where_it_says(void **state)
{
	char text[64];

	(void)state;
	for (unsigned prefix = 1; prefix <= 128; prefix++) {
		char inside[64], outside[64];
		uint8_t bytes[16] = {0};
		/* The first bit behind the prefix's last one turned, and that last one turned. */
		(void)snprintf(text, sizeof(text), "::/%u", prefix);
		addresses(text);
		bytes[(prefix - 1) / 8] = (uint8_t)(0x80u >> (prefix - 1) % 8);
		assert_non_null(inet_ntop(AF_INET6, bytes, outside, sizeof(outside)));
		assert_false(scope_has_address(&scope, outside));
		if (prefix < 128) {
			memset(bytes, 0, sizeof(bytes));
			bytes[prefix / 8] = (uint8_t)(0x80u >> prefix % 8);
			assert_non_null(inet_ntop(AF_INET6, bytes, inside, sizeof(inside)));
			assert_true(scope_has_address(&scope, inside));
		}
	}
}

static void what_is_no_list_is_refused_and_named(void **state)
{
	static const char *const bad_addresses[] = {"192.0.2",
						    "192.0.2.1/33",
						    "192.0.2.1/24",
						    "192.0.2.0/",
						    "192.0.2.0/024",
						    "192.0.2.0/-1",
						    "192.0.2.0/24/24",
						    "2001:db8::/129",
						    "2001:db8::1/64",
						    "example.com",
						    "[::1]",
						    "127.1",
						    "/8",
						    "LOCAL"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad_addresses) / sizeof(bad_addresses[0]); i++) {
		assert_int_equal(scope_addresses(cs_view_string(bad_addresses[i]), &scope, wrong),
				 CS_ERR_MALFORMED);
		assert_string_equal(wrong, bad_addresses[i]);
	}
	assert_int_equal(scope_calls(CS_VIEW_TEXT("verify everything"), &scope, wrong), CS_ERR_MALFORMED);
	assert_string_equal(wrong, "everything");
	assert_int_equal(scope_realms(CS_VIEW_TEXT("alice@bank"), &scope, wrong), CS_ERR_MALFORMED);
}

static void a_list_is_stored_in_one_form(void **state)
{
	char many[2048];
	size_t len = 0;

	(void)state;
	addresses("  192.0.2.1   10.0.0.0/8 192.0.2.1 ");
	assert_string_equal(scope.addresses, "192.0.2.1 10.0.0.0/8");
	assert_int_equal(scope_realms(CS_VIEW_TEXT("Bank  BANK shop -"), &scope, wrong), CS_OK);
	assert_string_equal(scope.realms, "bank shop -");
	assert_int_equal(scope_calls(CS_VIEW_TEXT("login challenge login"), &scope, wrong), CS_OK);
	assert_string_equal(scope.calls, "login challenge");
	for (unsigned i = 0; i < 120; i++)
		len += (size_t)snprintf(many + len, sizeof(many) - len, "192.0.2.%u ", i);
	assert_int_equal(scope_addresses(cs_view(many, len), &scope, wrong), CS_ERR_LENGTH);
}

static void a_realm_is_what_stands_behind_the_last_at_sign(void **state)
{
	(void)state;
	memset(&scope, 0, sizeof(scope));
	assert_true(scope_has_user(&scope, "alice"));
	assert_int_equal(scope_realms(CS_VIEW_TEXT("bank"), &scope, wrong), CS_OK);
	assert_true(scope_has_user(&scope, "alice@bank"));
	assert_true(scope_has_user(&scope, "alice@shop@bank"));
	assert_false(scope_has_user(&scope, "alice@bank@shop"));
	assert_false(scope_has_user(&scope, "alice@banks"));
	assert_false(scope_has_user(&scope, "alice@ban"));
	assert_false(scope_has_user(&scope, "alice"));
	assert_false(scope_has_user(&scope, "bank"));
	assert_false(scope_has_user(&scope, "alice@"));
	assert_int_equal(scope_realms(CS_VIEW_TEXT("-"), &scope, wrong), CS_OK);
	assert_true(scope_has_user(&scope, "alice"));
	assert_true(scope_has_user(&scope, "alice@"));
	assert_false(scope_has_user(&scope, "alice@bank"));
}

/* ---- in keeper ---- */

static uint16_t set(enum ipc_op op, const char *name, const char *calls, const char *realms, const char *list)
{
	struct ipc_request request = ask(op, world.admin);

	with(&request, IPC_TAG_NAME, name);
	if (calls)
		with(&request, IPC_TAG_CALLS, calls);
	if (realms)
		with(&request, IPC_TAG_REALMS, realms);
	if (list)
		with(&request, IPC_TAG_ADDRESSES, list);
	return one(&request);
}

static const uint8_t shop_key[DB_FINGERPRINT_LEN] = {0x5A, 0x01};

/* A call by its credential; NULL: by shop's certificate. */
static struct ipc_request ask_as(enum ipc_op op, const char *credential)
{
	struct ipc_request request = ask(op, credential);

	if (!credential)
		request.field[IPC_TAG_CERTIFICATE] = CS_VIEW_OF(shop_key);
	return request;
}

static uint16_t verify_from(const char *credential, const char *user, const char *address)
{
	struct ipc_request request = ask_as(IPC_OTP_VERIFY, credential);

	with(&request, IPC_TAG_USER, user);
	with(&request, IPC_TAG_CODE, "000000");
	if (address)
		with(&request, IPC_TAG_ADDRESS, address);
	return one(&request);
}

/* shop's calls, by its credential, or by its certificate. */
static void require_held_to_scope(const char *shop)
{
	struct ipc_request request;

	assert_int_equal(verify_from(shop, "alice", "192.0.2.7"), 200);
	assert_int_equal(verify_from(shop, "bob@BANK", "::ffff:192.0.2.7"), 200);
	assert_int_equal(verify_from(shop, "alice", NULL), 200);
	assert_int_equal(verify_from(shop, "alice", "198.51.100.1"), 403);
	says("\"address_not_allowed\"");
	require_last_audit("otp_verify", "refused", "address_not_allowed");
	assert_int_equal(verify_from(shop, "alice@shop", "192.0.2.7"), 403);
	says("\"realm_not_allowed\"");
	require_last_audit("otp_verify", "refused", "realm_not_allowed");
	request = ask_as(IPC_LOGIN, shop);
	with(&request, IPC_TAG_USER, "alice");
	assert_int_equal(one(&request), 403);
	says("\"call_not_allowed\"");
	require_last_audit("login", "refused", "call_not_allowed");
	request = ask_as(IPC_CHALLENGE_GET, shop);
	with(&request, IPC_TAG_CHALLENGE, "c_1");
	assert_int_equal(one(&request), 403);
	/* The address comes first: who has the credential elsewhere learns nothing else. */
	with(&request, IPC_TAG_ADDRESS, "198.51.100.1");
	assert_int_equal(one(&request), 403);
	says("\"address_not_allowed\"");
	request = ask_as(IPC_USER_LIST, shop);
	with(&request, IPC_TAG_ADDRESS, "198.51.100.1");
	assert_int_equal(one(&request), 403);
	says("\"address_not_allowed\"");
}

static void make_shop(char credential[64])
{
	assert_int_equal(set(IPC_APP_ADD, "shop", "verify", "Bank -", "192.0.2.0/24 local"), 201);
	member("credential", credential, 64);
}

static void an_application_is_held_to_its_scope_and_every_refusal_is_audited(void **state)
{
	char shop[64];

	(void)state;
	make_shop(shop);
	require_held_to_scope(shop);
}

static void an_application_with_a_certificate_is_held_to_its_scope_as_well(void **state)
{
	struct ipc_request request = ask(IPC_APP_CERTIFICATE, world.admin);
	char shop[64], hex[2 * DB_FINGERPRINT_LEN + 1];

	(void)state;
	make_shop(shop);
	assert_int_equal(verify_from(NULL, "alice", "192.0.2.7"), 401);
	cs_hex_encode(CS_VIEW_OF(shop_key), hex);
	with(&request, IPC_TAG_NAME, "shop");
	with(&request, IPC_TAG_FINGERPRINT, hex);
	assert_int_equal(one(&request), 200);
	require_held_to_scope(NULL);
	/* What is changed is so for both. */
	assert_int_equal(set(IPC_APP_SCOPE, "shop", "", "", ""), 200);
	assert_int_equal(verify_from(NULL, "alice@shop", "198.51.100.1"), 200);
	assert_int_equal(set(IPC_APP_SCOPE, "shop", "login", NULL, NULL), 200);
	assert_int_equal(verify_from(NULL, "alice", NULL), 403);
	says("\"call_not_allowed\"");
}

static void an_alias_is_of_the_realms_of_its_user_too(void **state)
{
	struct ipc_request add = ask(IPC_USER_ADD, world.admin);
	char bank[64], id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	with(&add, IPC_TAG_USER, "ada@bank");
	assert_int_equal(one(&add), 201);
	assert_int_equal(enrol("ada@bank", "hotp", id), 201);
	assert_int_equal(give_alias("alice", "alice@bank"), 201);
	assert_int_equal(give_alias("ada@bank", "lovelace@bank"), 201);
	assert_int_equal(give_alias("ada@bank", "lovelace@shop"), 201);
	assert_int_equal(set(IPC_APP_ADD, "bank", NULL, "bank", NULL), 201);
	member("credential", bank, sizeof(bank));
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(verify_from(bank, "alice@bank", NULL), 403);
		says("\"realm_not_allowed\"");
		require_last_audit("otp_verify", "refused", "realm_not_allowed");
		assert_int_equal(verify_from(bank, "lovelace@shop", NULL), 403);
		says("\"realm_not_allowed\"");
	}
	/* Of both names' realms: as the user's own name, and an attempt of his. */
	assert_int_equal(verify_from(bank, "Lovelace@Bank", NULL), 200);
	says("{\"accepted\":false,\"reason\":\"wrong\"}");
	struct db_user row;
	assert_int_equal(db_user_find(world.keeper.db, "ada@bank", &row), CS_OK);
	assert_int_equal(row.budget.failures, 1);
	assert_int_equal(verify_from(bank, "nobody@bank", NULL), 200);
	require_verified("lovelace@shop", code_at(0, text));
	assert_int_equal(db_user_find(world.keeper.db, "alice", &row), CS_OK);
	assert_int_equal(row.budget.failures, 0);
	/* Of who is disabled nobody learns that the name was an alias. */
	struct ipc_request disable = ask(IPC_USER_DISABLE, world.admin);
	with(&disable, IPC_TAG_USER, "alice");
	assert_int_equal(one(&disable), 200);
	assert_int_equal(verify_from(bank, "alice@bank", NULL), 200);
	says("{\"accepted\":false,\"reason\":\"wrong\"}");
	require_last_audit("otp_verify", "wrong", "user_disabled");
}

static void a_refused_call_spends_no_attempt(void **state)
{
	char shop[64], id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	assert_int_equal(set(IPC_APP_ADD, "shop", NULL, "elsewhere", NULL), 201);
	member("credential", shop, sizeof(shop));
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(verify_from(shop, "alice", NULL), 403);
	require_verified("alice", code_at(0, text));
}

static void a_scope_is_changed_member_by_member(void **state)
{
	(void)state;
	assert_int_equal(set(IPC_APP_SCOPE, "web", NULL, "bank", NULL), 200);
	says("\"calls\":\"\",\"realms\":\"bank\",\"addresses\":\"\"");
	assert_int_equal(verify_from(world.application, "alice", NULL), 403);
	assert_int_equal(set(IPC_APP_SCOPE, "web", NULL, NULL, "10.0.0.0/8"), 200);
	says("\"realms\":\"bank\",\"addresses\":\"10.0.0.0/8\"");
	assert_int_equal(set(IPC_APP_SCOPE, "web", NULL, "", ""), 200);
	assert_int_equal(verify_from(world.application, "alice", NULL), 200);
	assert_int_equal(set(IPC_APP_SCOPE, "nobody", NULL, "", ""), 404);
	assert_int_equal(set(IPC_APP_SCOPE, "web", "all", NULL, NULL), 400);
	says("\"bad_calls\"");
	assert_int_equal(set(IPC_APP_SCOPE, "web", NULL, "a@b", NULL), 400);
	says("\"bad_realms\"");
	assert_int_equal(set(IPC_APP_SCOPE, "web", NULL, NULL, "10.1.0.0/8"), 400);
	says("\"bad_addresses\"");
	assert_int_equal(set(IPC_APP_ADD, "other", NULL, NULL, "10.1.0.0/8"), 400);
	struct ipc_request request = ask(IPC_APP_LIST, world.admin);
	assert_int_equal(one(&request), 200);
	says("{\"name\":\"web\",\"calls\":\"\",\"realms\":\"\",\"addresses\":\"\",\"created\":");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_network_has_its_addresses_and_no_others),
	    cmocka_unit_test(every_prefix_cuts_where_it_says),
	    cmocka_unit_test(what_is_no_list_is_refused_and_named),
	    cmocka_unit_test(a_list_is_stored_in_one_form),
	    cmocka_unit_test(a_realm_is_what_stands_behind_the_last_at_sign),
	    IN_WORLD(an_application_is_held_to_its_scope_and_every_refusal_is_audited),
	    IN_WORLD(an_application_with_a_certificate_is_held_to_its_scope_as_well),
	    IN_WORLD(an_alias_is_of_the_realms_of_its_user_too),
	    IN_WORLD(a_refused_call_spends_no_attempt),
	    IN_WORLD(a_scope_is_changed_member_by_member),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
