/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who may call what: every route with every role, against a table of the test's own; and what takes two
 * administrators.
 */
#include "daemon/front_route.h"
#include "daemon/role.h"
#include "tests/unit/keeper_world.h"

/* For each route, who may: p an application, o an operator, u an auditor, a an administrator, * anyone. */
static const struct {
	const char *method, *path, *who;
} expected[] = {
    {"POST", "/v1/otp/verify", "p"},
    {"POST", "/v1/otp/radius", "p"},
    {"GET", "/v1/otp/status", "p"},
    {"POST", "/validate/check", "p"},
    {"GET", "/validate/check", "p"},
    {"POST", "/validate/triggerchallenge", "p"},
    {"GET", "/validate/triggerchallenge", "p"},
    {"GET", "/validate/polltransaction", "p"},
    {"GET", "/validate/polltransaction/{}", "p"},
    {"POST", "/v1/challenges", "p"},
    {"GET", "/v1/challenges/{}", "p"},
    {"POST", "/v1/login", "p"},
    {"POST", "/auth", "poua"},
    {"POST", "/v1/users", "o"},
    {"GET", "/v1/users", "ou"},
    {"POST", "/v1/users/{}/password", "o"},
    {"POST", "/v1/users/{}/class", "o"},
    {"POST", "/v1/aliases", "o"},
    {"GET", "/v1/aliases", "ou"},
    {"DELETE", "/v1/aliases/{}", "o"},
    {"POST", "/v1/users/{}/disable", "o"},
    {"POST", "/v1/users/{}/enable", "o"},
    {"DELETE", "/v1/users/{}", "o"},
    {"POST", "/v1/tokens", "o"},
    {"GET", "/v1/enrolment-key", "o"},
    {"GET", "/v1/tokens", "ou"},
    {"POST", "/v1/tokens/{}/disable", "o"},
    {"POST", "/v1/tokens/{}/enable", "o"},
    {"POST", "/v1/tokens/{}/resync", "o"},
    {"POST", "/v1/tokens/{}/lose", "o"},
    {"POST", "/v1/tokens/{}/pin", "o"},
    {"POST", "/v1/tokens/{}/expire", "o"},
    {"POST", "/v1/tokens/{}/replace", "o"},
    {"DELETE", "/v1/tokens/{}", "o"},
    {"POST", "/v1/certificates", "o"},
    {"GET", "/v1/certificates", "ou"},
    {"DELETE", "/v1/certificates/{}", "o"},
    {"GET", "/v1/locks", "ou"},
    {"POST", "/v1/locks/lift", "o"},
    {"POST", "/v1/imports", "o"},
    {"POST", "/v1/users/{}/export", "a"},
    {"POST", "/v1/break-glass", "a"},
    {"GET", "/v1/break-glass", "au"},
    {"DELETE", "/v1/break-glass/{}", "a"},
    {"GET", "/v1/imports", "ou"},
    {"POST", "/v1/imports/{}/rows", "o"},
    {"POST", "/v1/imports/{}/commit", "o"},
    {"DELETE", "/v1/imports/{}", "o"},
    {"GET", "/v1/stock", "ou"},
    {"GET", "/v1/outbox", "ou"},
    {"POST", "/v1/outbox/{}/retry", "o"},
    {"POST", "/v1/stock/{}/assign", "o"},
    {"DELETE", "/v1/stock/{}", "o"},
    {"POST", "/v1/users/{}/certificates", "a"},
    {"POST", "/v1/applications", "a"},
    {"GET", "/v1/applications", "au"},
    {"DELETE", "/v1/applications/{}", "a"},
    {"POST", "/v1/applications/{}/rotate", "a"},
    {"POST", "/v1/applications/{}/scope", "a"},
    {"POST", "/v1/classes", "a"},
    {"GET", "/v1/classes", "aou"},
    {"POST", "/v1/staff", "a"},
    {"GET", "/v1/staff", "au"},
    {"POST", "/v1/staff/{}/rotate", "aou"},
    {"POST", "/v1/staff/{}/certificate", "aou"},
    {"POST", "/v1/applications/{}/certificate", "a"},
    {"POST", "/v1/staff/{}/disable", "a"},
    {"POST", "/v1/staff/{}/enable", "a"},
    {"GET", "/v1/approvals", "au"},
    {"POST", "/v1/approvals/{}/approve", "a"},
    {"POST", "/v1/approvals/{}/refuse", "a"},
    {"GET", "/v1/audit", "u"},
    {"GET", "/v1/audit/checkpoints", "u"},
    {"GET", "/v1/audit/key", "u"},
    {"GET", "/v1/reports/{}", "u"},
    {"POST", "/v1/realms/{}/export", "a"},
    {"POST", "/v1/data-keys", "a"},
    {"GET", "/v1/data-keys", "au"},
    {"POST", "/v1/signing-keys/rotate", "a"},
    {"GET", "/.well-known/jwks.json", "*"},
    {"GET", "/healthz", "*"},
    {"GET", "/readyz", "*"},
    {"GET", "/metrics", "*"},
};

static const char *who_may(const struct front_route *route)
{
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		if (strcmp(expected[i].method, route->method) == 0 &&
		    strcmp(expected[i].path, route->path) == 0)
			return expected[i].who;
	fail_msg("%s %s: who may call it is not known to this test", route->method, route->path);
	return "";
}

/* ---- persons ---- */

static uint16_t list_users(const char *credential)
{
	struct ipc_request request = ask(IPC_USER_LIST, credential);

	return one(&request);
}

static uint16_t list_applications(const char *credential)
{
	struct ipc_request request = ask(IPC_APP_LIST, credential);

	return one(&request);
}

/* ---- the table ---- */

struct holder {
	char letter;
	const char *name;
	char credential[64];
};

static void check_route(const struct front_route *route, struct holder *holder)
{
	struct ipc_request request = ask(route->op, holder->credential);
	const char *who = who_may(route);
	bool may = strchr(who, holder->letter) != NULL;

	if (who[0] == '*') {
		assert_false(route->credential);
		return;
	}
	assert_true(route->credential);
	/* Whoever may have another credential gets his own. */
	bool own =
	    route->op == IPC_STAFF_ROTATE || route->op == IPC_STAFF_CERTIFICATE || route->op == IPC_AUTH;
	with(&request, IPC_TAG_NAME, own ? holder->name : "nobody at all");
	uint16_t status = one(&request);
	if ((status != 403) != may)
		fail_msg("%s %s by %s: %u", route->method, route->path, holder->name, status);
	assert_int_not_equal(status, 401);
	if (!may)
		require_last_audit(ipc_rule(route->op)->name, "refused", "forbidden");
	if (route->op == IPC_STAFF_ROTATE && status == 200)
		member("credential", holder->credential, sizeof(holder->credential));
}

static void every_route_is_for_the_roles_that_the_table_says_and_for_no_others(void **state)
{
	struct holder holders[] = {
	    {'p', "web", ""}, {'o', "olga", ""}, {'u', "ursula", ""}, {'a', "anton", ""}};
	size_t count;
	const struct front_route *routes = front_routes(&count);

	(void)state;
	memcpy(holders[0].credential, world.application, sizeof(world.application));
	hire("olga", "operator", holders[1].credential);
	hire("ursula", "auditor", holders[2].credential);
	hire("anton", "administrator", holders[3].credential);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; routes[i].op && j < sizeof(holders) / sizeof(holders[0]); j++)
			check_route(&routes[i], &holders[j]);
}

static void every_operation_has_a_row_and_a_route_or_is_nobodys(void **state)
{
	size_t count;
	const struct front_route *routes = front_routes(&count);

	(void)state;
	assert_int_equal(role_of_call(0), 0);
	assert_int_equal(role_of_call(IPC_OP_COUNT), 0);
	for (unsigned op = 1; op < IPC_OP_COUNT; op++) {
		bool reached = false;
		for (size_t i = 0; i < count; i++)
			reached = reached || routes[i].op == op;
		assert_true(reached);
		assert_true(role_of_call(op) != 0);
		/* What is for anyone is for nobody in particular, and no application has a person's calls. */
		assert_true(!(role_of_call(op) & ROLE_ANYONE) || role_of_call(op) == ROLE_ANYONE);
		assert_true(!(role_of_call(op) & ROLE_APPLICATION) || role_of_call(op) == ROLE_APPLICATION ||
			    op == IPC_AUTH);
		assert_false(role_may(0, op) && role_of_call(op) != ROLE_ANYONE);
	}
}

static void the_first_administrator_has_all_roles_unless_powers_are_apart(void **state)
{
	(void)state;
	assert_int_equal(list_users(world.admin), 200);
	assert_int_equal(list_applications(world.admin), 200);
	world.keeper.powers_apart = true;
	assert_int_equal(list_users(world.admin), 403);
	assert_int_equal(list_applications(world.admin), 200);
}

/* ---- persons come and go ---- */

static void a_disabled_person_is_nobody_until_enabled(void **state)
{
	char olga[64];

	(void)state;
	hire("olga", "operator", olga);
	assert_int_equal(list_users(olga), 200);
	assert_int_equal(staff(IPC_STAFF_DISABLE, world.admin, "olga", NULL, NULL), 200);
	require_last_audit("staff_disable", "done", "");
	assert_int_equal(list_users(olga), 401);
	assert_int_equal(staff(IPC_STAFF_ENABLE, world.admin, "olga", NULL, NULL), 200);
	assert_int_equal(list_users(olga), 200);
	assert_int_equal(staff(IPC_STAFF_DISABLE, world.admin, "nobody", NULL, NULL), 404);
	assert_int_equal(staff(IPC_STAFF_ADD, world.admin, "olga", "auditor", NULL), 409);
	says("\"staff_exists\"");
	assert_int_equal(staff(IPC_STAFF_ADD, world.admin, "otto", "king", NULL), 400);
	says("\"bad_role\"");
}

static void the_last_administrator_stays(void **state)
{
	char anton[64];

	(void)state;
	assert_int_equal(staff(IPC_STAFF_DISABLE, world.admin, "admin", NULL, NULL), 409);
	says("\"last_administrator\"");
	hire("anton", "administrator", anton);
	assert_int_equal(staff(IPC_STAFF_DISABLE, anton, "admin", NULL, NULL), 200);
	assert_int_equal(staff(IPC_STAFF_DISABLE, anton, "admin", NULL, NULL), 200);
	assert_int_equal(staff(IPC_STAFF_DISABLE, anton, "anton", NULL, NULL), 409);
	assert_int_equal(list_users(world.admin), 401);
}

static void a_new_credential_ends_the_one_before(void **state)
{
	char olga[64], fresh[64];
	struct ipc_request request = ask(IPC_APP_ROTATE, world.admin);

	(void)state;
	hire("olga", "operator", olga);
	assert_int_equal(staff(IPC_STAFF_ROTATE, olga, "admin", NULL, NULL), 403);
	assert_int_equal(staff(IPC_STAFF_ROTATE, olga, "nobody", NULL, NULL), 403);
	assert_int_equal(staff(IPC_STAFF_ROTATE, olga, "olga", NULL, NULL), 200);
	member("credential", fresh, sizeof(fresh));
	assert_int_equal(list_users(olga), 401);
	assert_int_equal(list_users(fresh), 200);
	with(&request, IPC_TAG_NAME, "web");
	assert_int_equal(one(&request), 200);
	member("credential", fresh, sizeof(fresh));
	request = ask(IPC_OTP_VERIFY, world.application);
	assert_int_equal(one(&request), 401);
	memcpy(world.application, fresh, sizeof(fresh));
	require_wrong("alice", "000000");
	request = ask(IPC_APP_ROTATE, world.admin);
	with(&request, IPC_TAG_NAME, "nobody");
	assert_int_equal(one(&request), 404);
}

/* ---- dual control ---- */

/* Anton proposes to make mallory an administrator. */
static void propose(const char *anton, char id[32])
{
	assert_int_equal(staff(IPC_STAFF_ADD, anton, "mallory", "administrator", NULL), 202);
	says("\"state\":\"proposed\"");
	says("\"subject\":\"make mallory administrator\"");
	require_last_audit("staff_add", "proposed", "");
	member("approval", id, 32);
}

static void what_two_must_do_one_cannot_do_alone(void **state)
{
	char anton[64], id[32];

	(void)state;
	hire("anton", "administrator", anton);
	propose(anton, id);
	assert_int_equal(staff(IPC_STAFF_ADD, anton, "mallory", "administrator", id), 409);
	says("\"not_approved\"");
	assert_int_equal(on_approval(IPC_APPROVAL_GRANT, anton, id), 403);
	says("\"own_approval\"");
	require_last_audit("approval_grant", "refused", "own_approval");
	assert_int_equal(on_approval(IPC_APPROVAL_GRANT, world.admin, id), 200);
	says("\"state\":\"approved\"");
	/* Another call, another person, another subject: not that. */
	assert_int_equal(staff(IPC_STAFF_ADD, anton, "mallory", "all", id), 409);
	assert_int_equal(staff(IPC_STAFF_ADD, anton, "eve", "administrator", id), 409);
	assert_int_equal(staff(IPC_STAFF_ROTATE, anton, "admin", NULL, id), 409);
	assert_int_equal(staff(IPC_STAFF_ADD, world.admin, "mallory", "administrator", id), 409);
	assert_int_equal(staff(IPC_STAFF_ADD, anton, "mallory", "administrator", id), 201);
	require_last_audit("staff_add", "done", "");
	/* Once. */
	assert_int_equal(staff(IPC_STAFF_ADD, anton, "mallory", "administrator", id), 409);
	assert_int_equal(staff(IPC_STAFF_ROTATE, anton, "mallory", NULL, id), 409);
	assert_int_equal(on_approval(IPC_APPROVAL_GRANT, world.admin, id), 409);
	says("\"approval_over\"");
	assert_int_equal(on_approval(IPC_APPROVAL_GRANT, world.admin, "a_0000000000000000"), 404);
}

static void whoever_disables_the_others_is_still_not_alone(void **state)
{
	char anton[64], id[32];

	(void)state;
	hire("anton", "administrator", anton);
	assert_int_equal(staff(IPC_STAFF_DISABLE, anton, "admin", NULL, NULL), 200);
	propose(anton, id);
	assert_int_equal(on_approval(IPC_APPROVAL_GRANT, anton, id), 403);
	assert_int_equal(staff(IPC_STAFF_ENABLE, anton, "admin", NULL, NULL), 202);
	assert_int_equal(staff(IPC_STAFF_ROTATE, anton, "admin", NULL, NULL), 202);
	assert_int_equal(list_users(world.admin), 401);
}

static void a_proposal_expires_and_can_be_refused(void **state)
{
	char anton[64], id[32];

	(void)state;
	hire("anton", "administrator", anton);
	propose(anton, id);
	world.now += world.config.approval_lifetime;
	assert_int_equal(on_approval(IPC_APPROVAL_GRANT, world.admin, id), 409);
	propose(anton, id);
	assert_int_equal(on_approval(IPC_APPROVAL_GRANT, world.admin, id), 200);
	world.now += world.config.approval_lifetime;
	assert_int_equal(staff(IPC_STAFF_ADD, anton, "mallory", "administrator", id), 409);
	propose(anton, id);
	assert_int_equal(on_approval(IPC_APPROVAL_GRANT, world.admin, id), 200);
	assert_int_equal(on_approval(IPC_APPROVAL_REFUSE, anton, id), 200);
	says("\"refused_by\":\"anton\"");
	assert_int_equal(staff(IPC_STAFF_ADD, anton, "mallory", "administrator", id), 409);
}

static void the_approval_of_someone_who_lost_his_power_is_none(void **state)
{
	char anton[64], bert[64], id[32];

	(void)state;
	hire("anton", "administrator", anton);
	world.keeper.dual_control = false;
	assert_int_equal(staff(IPC_STAFF_ADD, anton, "bert", "administrator", NULL), 201);
	member("credential", bert, sizeof(bert));
	world.keeper.dual_control = true;
	propose(anton, id);
	assert_int_equal(on_approval(IPC_APPROVAL_GRANT, bert, id), 200);
	assert_int_equal(staff(IPC_STAFF_DISABLE, world.admin, "bert", NULL, NULL), 200);
	assert_int_equal(staff(IPC_STAFF_ADD, anton, "mallory", "administrator", id), 409);
}

static void an_approval_that_two_daemons_use_at_once_is_used_once(void **state)
{
	struct ipc_request request;
	static struct keeper other;
	char anton[64], id[32];

	(void)state;
	hire("anton", "administrator", anton);
	propose(anton, id);
	assert_int_equal(on_approval(IPC_APPROVAL_GRANT, world.admin, id), 200);
	world_open_beside(&other);
	request = ask(IPC_STAFF_ADD, anton);
	with(&request, IPC_TAG_NAME, "mallory");
	with(&request, IPC_TAG_ROLE, "administrator");
	with(&request, IPC_TAG_APPROVAL, id);
	struct cs_view replies = run_in(&other, &request, 1);
	assert_int_equal(next_reply(&replies).status, 201);
	assert_int_equal(one(&request), 409);
	keeper_close(&other);
}

static void the_lists_tell_persons_and_proposals(void **state)
{
	char anton[64], id[32];
	struct ipc_request request = ask(IPC_STAFF_LIST, world.admin);

	(void)state;
	hire("anton", "administrator", anton);
	propose(anton, id);
	assert_int_equal(one(&request), 200);
	says("{\"name\":\"admin\",\"roles\":[\"administrator\",\"operator\",\"auditor\"],\"state\":"
	     "\"active\"");
	says("{\"name\":\"anton\",\"roles\":[\"administrator\"],\"state\":\"active\"");
	request = ask(IPC_APPROVAL_LIST, world.admin);
	assert_int_equal(one(&request), 200);
	says("\"action\":\"staff_add\",\"subject\":\"make mallory administrator\",\"proposer\":\"anton\","
	     "\"state\":\"proposed\"");
	world.now += world.config.approval_lifetime;
	assert_int_equal(one(&request), 200);
	says("\"state\":\"expired\"");
}

static uint16_t take_certificate(const char *credential, const char *name, const char *certificate)
{
	struct ipc_request request = ask(IPC_STAFF_CERTIFICATE, credential);
	static uint8_t shown[DB_FINGERPRINT_LEN]; /* of the connection: all zeros */

	request.field[IPC_TAG_CERTIFICATE] = CS_VIEW_OF(shown);
	with(&request, IPC_TAG_NAME, name);
	with(&request, IPC_TAG_FINGERPRINT, certificate);
	return one(&request);
}

static void nobody_gives_himself_his_first_certificate(void **state)
{
	static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000",
			  ones[] = "1111111111111111111111111111111111111111111111111111111111111111";
	char olga[64], anton[64];

	(void)state;
	hire("olga", "operator", olga);
	assert_int_equal(take_certificate(olga, "olga", zeros), 403);
	says("first_certificate");
	require_last_audit("staff_certificate", "refused", "first_certificate");
	hire("anton", "administrator", anton);
	assert_int_equal(take_certificate(anton, "anton", zeros), 202);
	assert_int_equal(take_certificate(world.admin, "admin", zeros), 202);
	assert_int_equal(take_certificate(world.admin, "olga", zeros), 202);
	/* Who has one goes on from there by himself. */
	world.keeper.dual_control = false;
	assert_int_equal(take_certificate(world.admin, "olga", zeros), 200);
	world.keeper.dual_control = true;
	assert_int_equal(take_certificate(olga, "olga", ones), 200);
	assert_int_equal(take_certificate(olga, "olga", zeros), 401);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(every_route_is_for_the_roles_that_the_table_says_and_for_no_others),
	    cmocka_unit_test(every_operation_has_a_row_and_a_route_or_is_nobodys),
	    IN_WORLD(the_first_administrator_has_all_roles_unless_powers_are_apart),
	    IN_WORLD(a_disabled_person_is_nobody_until_enabled),
	    IN_WORLD(the_last_administrator_stays),
	    IN_WORLD(a_new_credential_ends_the_one_before),
	    IN_WORLD(what_two_must_do_one_cannot_do_alone),
	    IN_WORLD(whoever_disables_the_others_is_still_not_alone),
	    IN_WORLD(a_proposal_expires_and_can_be_refused),
	    IN_WORLD(the_approval_of_someone_who_lost_his_power_is_none),
	    IN_WORLD(an_approval_that_two_daemons_use_at_once_is_used_once),
	    IN_WORLD(the_lists_tell_persons_and_proposals),
	    IN_WORLD(nobody_gives_himself_his_first_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
