/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Lists that are narrowed: the pages of each hold what is wanted, all of it, once and in order; and a page
 * looks at no more than it may, however little is wanted.
 */
#include "daemon/db_search.h"
#include "daemon/scope.h"
#include "tests/unit/keeper_world.h"

#define KEYS_MAX  12000u
#define FILLED	  10000u /* entries of the audit log, one a second */
#define FILLED_AT (T0 + 100000u)

static struct {
	char keys[KEYS_MAX][32];
	size_t count, pages;
} got;

/* All pages of a list whose rows begin with the member: their keys, in order. */
static void collect(struct ipc_request *request, const char *begins, unsigned limit)
{
	char next[64];

	got.count = got.pages = 0;
	with_number(request, IPC_TAG_LIMIT, limit, 4);
	request->field[IPC_TAG_AFTER] = CS_VIEW_EMPTY;
	for (;;) {
		unsigned rows = 0;
		assert_int_equal(one(request), 200);
		for (const char *at = world.body; (at = strstr(at, begins)) != NULL; at++, rows++) {
			assert_true(got.count < KEYS_MAX);
			char *key = got.keys[got.count++];
			const char *value = at + strlen(begins);
			(void)snprintf(key, sizeof(got.keys[0]), "%.*s", (int)strcspn(value, "\","), value);
		}
		assert_true(rows <= limit);
		assert_true(++got.pages < 4000);
		if (strstr(world.body, "\"next\":null"))
			return;
		member("next", next, sizeof(next));
		with(request, IPC_TAG_AFTER, next);
	}
}

static void require_rising(void)
{
	for (size_t i = 1; i < got.count; i++)
		assert_true(strcmp(got.keys[i - 1], got.keys[i]) < 0);
}

/* ---- users ---- */

#define USERS 40u

static void user_of(unsigned i, char name[24])
{
	static const char *const realms[] = {"", "@bank", "@shop", "@shop@bank", "@"};

	(void)snprintf(name, 24, "u%02u%s", i, realms[i % 5]);
}

static bool is_clerk(unsigned i)
{
	return i % 3 == 0;
}

static void users_make(void)
{
	struct ipc_request class = ask(IPC_CLASS_SET, world.admin), set = ask(IPC_USER_CLASS, world.admin),
			   add = ask(IPC_USER_ADD, world.admin);
	char name[24];

	with(&class, IPC_TAG_NAME, "clerks");
	with(&class, IPC_TAG_FACTORS, "code");
	assert_int_equal(one(&class), 200);
	with(&set, IPC_TAG_NAME, "clerks");
	for (unsigned i = 0; i < USERS; i++) {
		user_of(i, name);
		with(&add, IPC_TAG_USER, name);
		assert_int_equal(one(&add), 201);
		with(&set, IPC_TAG_USER, name);
		if (is_clerk(i))
			assert_int_equal(one(&set), 200);
	}
}

/* Against what applications' scopes say of the same realm. */
static void require_users(const char *realm, const char *class)
{
	struct ipc_request request = ask(IPC_USER_LIST, world.admin);
	struct scope scope = {.realms = ""};
	char name[24], wrong[SCOPE_WORD_SIZE];
	size_t wanted = 0;

	if (realm) {
		with(&request, IPC_TAG_REALMS, realm);
		assert_int_equal(scope_realms(cs_view_string(realm), &scope, wrong), CS_OK);
	}
	if (class)
		with(&request, IPC_TAG_NAME, class);
	collect(&request, "{\"user\":\"", 7);
	require_rising();
	for (unsigned i = 0; i < USERS; i++) {
		user_of(i, name);
		if (!scope_has_user(&scope, name) || (class && is_clerk(i) != (strcmp(class, "clerks") == 0)))
			continue;
		assert_true(wanted < got.count);
		/* Alice, of no realm and the default class, comes first. */
		if (wanted == 0 && strcmp(got.keys[0], "alice") == 0)
			wanted++;
		assert_string_equal(got.keys[wanted++], name);
	}
	assert_int_equal(got.count, wanted);
}

static void users_of_a_realm_and_a_class_come_in_pages_that_meet(void **state)
{
	static const char *const realms[] = {NULL, "bank", "BANK", "shop", "-"};
	static const char *const classes[] = {NULL, "clerks", "default"};
	struct ipc_request request = ask(IPC_USER_LIST, world.admin);

	(void)state;
	users_make();
	for (size_t r = 0; r < sizeof(realms) / sizeof(realms[0]); r++)
		for (size_t c = 0; c < sizeof(classes) / sizeof(classes[0]); c++)
			require_users(realms[r], classes[c]);
	with(&request, IPC_TAG_REALMS, "nowhere");
	collect(&request, "{\"user\":\"", 7);
	assert_int_equal(got.count, 0);
	with(&request, IPC_TAG_REALMS, "bank shop");
	assert_int_equal(one(&request), 400);
	says("bad_realms");
	request = ask(IPC_USER_LIST, world.admin);
	with(&request, IPC_TAG_NAME, "nobodies");
	assert_int_equal(one(&request), 404);
	says("class_not_found");
}

static void a_few_of_a_class_in_a_large_realm_are_found_by_pages_that_end_early(void **state)
{
	struct ipc_request request = ask(IPC_USER_LIST, world.admin);
	static const char many[] =
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
	    " INSERT INTO \"user\" (name, created, class) SELECT 'm' || i || '@big', 1,"
	    " CASE WHEN i IN (7, 1500, 2999) THEN 'clerks' ELSE 'default' END FROM n";

	(void)state;
	users_make();
	assert_int_equal(sql_execute(world.keeper.db->sql, many), CS_OK);
	with(&request, IPC_TAG_REALMS, "big");
	with(&request, IPC_TAG_NAME, "clerks");
	collect(&request, "{\"user\":\"", 100);
	assert_int_equal(got.pages, 3);
	assert_int_equal(got.count, 3);
	assert_string_equal(got.keys[0], "m1500@big");
	assert_string_equal(got.keys[1], "m2999@big");
	assert_string_equal(got.keys[2], "m7@big");
	collect(&request, "{\"user\":\"", 1);
	assert_int_equal(got.count, 3);
	with(&request, IPC_TAG_NAME, "default");
	collect(&request, "{\"user\":\"", 300);
	assert_int_equal(got.count, 2997);
	require_rising();
}

/* ---- tokens ---- */

#define TOKENS 36u

static struct {
	char id[32];
	const char *type;
	bool disabled;
} tokens[TOKENS];

static void tokens_make(void)
{
	static const char *const types[] = {"hotp", "totp", "list", "backup"};
	struct ipc_request add = ask(IPC_USER_ADD, world.admin);
	char name[24], id[32];

	for (unsigned i = 0; i < TOKENS; i++) {
		(void)snprintf(name, sizeof(name), "t%02u", i / 6);
		with(&add, IPC_TAG_USER, name);
		if (i % 6 == 0)
			assert_int_equal(one(&add), 201);
		tokens[i].type = types[i % 4];
		tokens[i].disabled = i % 5 == 0;
		assert_int_equal(enrol_seed(name, tokens[i].type, CS_VIEW_EMPTY, id), 201);
		(void)snprintf(tokens[i].id, sizeof(tokens[i].id), "%s", id);
		if (tokens[i].disabled)
			assert_int_equal(on_token(IPC_TOKEN_DISABLE, id), 200);
	}
}

static void require_tokens(const char *user, const char *type, const char *state)
{
	struct ipc_request request = ask(IPC_TOKEN_LIST, world.admin);
	size_t wanted = 0;

	if (user)
		with(&request, IPC_TAG_USER, user);
	if (type)
		with(&request, IPC_TAG_TYPE, type);
	if (state)
		with(&request, IPC_TAG_STATE, state);
	collect(&request, "{\"token\":\"", 4);
	require_rising();
	for (unsigned i = 0; i < TOKENS; i++)
		if ((!user || (unsigned)(user[2] - '0') == i / 6) &&
		    (!type || strcmp(type, tokens[i].type) == 0) &&
		    (!state || (strcmp(state, "disabled") == 0) == tokens[i].disabled)) {
			bool found = false;
			for (size_t k = 0; k < got.count; k++)
				found = found || strcmp(got.keys[k], tokens[i].id) == 0;
			assert_true(found);
			wanted++;
		}
	assert_int_equal(got.count, wanted);
}

static void tokens_of_a_user_a_type_and_a_state_come_in_pages_that_meet(void **state)
{
	static const char *const users[] = {NULL, "t03"};
	static const char *const types[] = {NULL, "hotp", "totp", "list", "backup", "grid"};
	static const char *const states[] = {NULL, "active", "disabled"};
	struct ipc_request request = ask(IPC_TOKEN_LIST, world.admin);

	(void)state;
	tokens_make();
	for (size_t u = 0; u < 2; u++)
		for (size_t t = 0; t < 6; t++)
			for (size_t s = 0; s < 3; s++)
				require_tokens(users[u], types[t], states[s]);
	with(&request, IPC_TAG_TYPE, "motp");
	assert_int_equal(one(&request), 400);
	says("bad_type");
	request = ask(IPC_TOKEN_LIST, world.admin);
	with(&request, IPC_TAG_STATE, "lost");
	assert_int_equal(one(&request), 400);
	says("bad_state");
}

static void a_token_is_found_by_its_serial_number(void **state)
{
	struct ipc_request request = ask(IPC_TOKEN_LIST, world.admin);
	char text[128];

	(void)state;
	tokens_make();
	for (unsigned i = 0; i < 12; i++) {
		(void)snprintf(text, sizeof(text), "UPDATE token SET serial = 'S%u' WHERE id = '%.31s'", i,
			       tokens[i].id);
		assert_int_equal(sql_execute(world.keeper.db->sql, text), CS_OK);
	}
	with(&request, IPC_TAG_SERIAL, "S8");
	collect(&request, "{\"token\":\"", 7);
	assert_int_equal(got.count, 1);
	assert_string_equal(got.keys[0], tokens[8].id);
	with(&request, IPC_TAG_USER, "t01");
	collect(&request, "{\"token\":\"", 7);
	assert_int_equal(got.count, 1);
	with(&request, IPC_TAG_USER, "t02");
	collect(&request, "{\"token\":\"", 7);
	assert_int_equal(got.count, 0);
	request = ask(IPC_TOKEN_LIST, world.admin);
	with(&request, IPC_TAG_SERIAL, "S8");
	with(&request, IPC_TAG_TYPE, "list");
	collect(&request, "{\"token\":\"", 7);
	assert_int_equal(got.count, 0);
	with(&request, IPC_TAG_SERIAL, "s8");
	collect(&request, "{\"token\":\"", 7);
	assert_int_equal(got.count, 0);
}

/* ---- the audit log ---- */

/* Entry i of the filling: its time is as of a daemon whose clock is five minutes behind, for each tenth. */
static uint64_t filled_at(unsigned i)
{
	return FILLED_AT + i - (i % 10 ? 0 : 300);
}

static void audit_fill(void)
{
	static const char format[] =
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u)"
	    " INSERT INTO audit (sequence, time_ms, actor, action, \"user\", token, result, reason, address,"
	    " detail, previous, hash) SELECT (SELECT max(sequence) FROM audit) + i,"
	    " (CAST(%u AS BIGINT) + i - CASE WHEN i %% 10 = 0 THEN 300 ELSE 0 END) * 1000, 'application:x',"
	    " CASE WHEN i %% 1000 = 7 THEN 'rare' ELSE 'otp_verify' END, 'x' || (i %% 100), '',"
	    " CASE WHEN i %% 2 = 0 THEN 'accepted' ELSE 'wrong' END, '', '', '', %s, %s FROM n";
	char text[1024];
	const bool server = sql_dialect(world.keeper.db->sql) == SQL_POSTGRESQL;
	const char *bytes = server ? "decode(repeat('00', 32), 'hex')" : "zeroblob(32)";

	(void)snprintf(text, sizeof(text), format, FILLED, FILLED_AT, bytes, bytes);
	assert_int_equal(sql_execute(world.keeper.db->sql, text), CS_OK);
}

static size_t require_entries(const char *user, const char *action, const char *result, uint64_t since,
			      unsigned limit)
{
	struct ipc_request request = ask(IPC_AUDIT_LIST, world.admin);
	size_t wanted = 0;

	if (user)
		with(&request, IPC_TAG_USER, user);
	if (action)
		with(&request, IPC_TAG_ACTION, action);
	if (result)
		with(&request, IPC_TAG_RESULT, result);
	if (since)
		with_number(&request, IPC_TAG_SINCE, since, 8);
	collect(&request, "{\"sequence\":", limit);
	for (size_t i = 1; i < got.count; i++)
		assert_true(strtoul(got.keys[i - 1], NULL, 10) < strtoul(got.keys[i], NULL, 10));
	for (unsigned i = 1; i <= FILLED; i++)
		wanted += (!user || strtoul(user + 1, NULL, 10) == i % 100) &&
			  (!action || (strcmp(action, "rare") == 0) == (i % 1000 == 7)) &&
			  (!result || (strcmp(result, "accepted") == 0) == (i % 2 == 0)) &&
			  filled_at(i) >= since;
	assert_int_equal(got.count, wanted);
	return got.pages;
}

static void entries_of_a_user_an_action_a_result_and_a_time_come_in_pages_that_meet(void **state)
{
	(void)state;
	audit_fill();
	assert_int_equal(require_entries("x7", NULL, NULL, 0, 30), 4);
	(void)require_entries("X7", "rare", NULL, 0, 4);
	/* Three windows are looked at, whatever is found. */
	assert_int_equal(require_entries(NULL, "rare", NULL, 0, 100), 3);
	(void)require_entries(NULL, "rare", "wrong", FILLED_AT + 3000, 1);
	(void)require_entries("x8", NULL, "accepted", FILLED_AT + 1, 9);
	(void)require_entries(NULL, NULL, NULL, FILLED_AT + 9500, 7);
	(void)require_entries(NULL, "otp_verify", "wrong", FILLED_AT + 7001, 90);
	assert_int_equal(require_entries("x8", NULL, NULL, FILLED_AT + 9000, 90), 1);
	(void)require_entries("x8", NULL, NULL, FILLED_AT + FILLED + 1, 7);
}

static void a_persons_entries_are_found_by_an_alias_and_others_by_the_name_as_it_is(void **state)
{
	struct ipc_request request = ask(IPC_AUDIT_LIST, world.admin);
	char credential[64];

	(void)state;
	assert_int_equal(give_alias("alice", "ally"), 201);
	require_wrong("alice", "000000");
	with(&request, IPC_TAG_USER, "ALLY");
	with(&request, IPC_TAG_ACTION, "otp_verify");
	collect(&request, "{\"sequence\":", 7);
	assert_int_equal(got.count, 1);
	says("\"user\":\"alice\"");
	/* So is what was tried with it while she was disabled. */
	struct ipc_request disable = ask(IPC_USER_DISABLE, world.admin);
	with(&disable, IPC_TAG_USER, "alice");
	assert_int_equal(one(&disable), 200);
	require_wrong("ally", "000000");
	with(&request, IPC_TAG_USER, "alice");
	collect(&request, "{\"sequence\":", 7);
	assert_int_equal(got.count, 2);
	says("\"reason\":\"user_disabled\"");
	hire("Olga", "operator", credential);
	request = ask(IPC_AUDIT_LIST, world.admin);
	with(&request, IPC_TAG_USER, "Olga");
	collect(&request, "{\"sequence\":", 7);
	assert_int_equal(got.count, 1);
	says("\"action\":\"staff_add\"");
}

/* ---- what a page looks at ---- */

static void every_narrowed_list_goes_by_an_index(void **state)
{
	static const struct {
		enum db_sql statement;
		const char *by;
	} rows[] = {
	    {DB_SQL_USER_SEARCH_REALM, "USING INDEX user_realm (<expr>=? AND name>?)"},
	    {DB_SQL_USER_SEARCH_CLASS, "USING INDEX user_class (class=? AND name>?)"},
	    {DB_SQL_USER_SEARCH_BOTH, "USING INDEX user_realm (<expr>=? AND name>? AND name<?)"},
	    {DB_SQL_USER_SEARCH_END, "INDEX user_realm (<expr>=? AND name>?)"},
	    {DB_SQL_TOKEN_SEARCH, "USING COVERING INDEX token_kind (state=? AND type=? AND id>?)"},
	    {DB_SQL_TOKEN_SEARCH_USER, "USING INDEX token_user (user=? AND id>?)"},
	    {DB_SQL_TOKEN_SEARCH_SERIAL, "USING INDEX token_serial (serial=?)"},
	    {DB_SQL_AUDIT_SEARCH, "USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"},
	    {DB_SQL_AUDIT_AT, "USING INTEGER PRIMARY KEY (rowid>?)"},
	    {DB_SQL_BINDING_LIST_USER, "USING INDEX user_certificate_user (user=?)"},
	    {DB_SQL_ALIAS_LIST_USER, "USING INDEX alias_user (user=? AND name>?)"},
	};
	static char text[8192];
	char detail[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sql *sql;
		struct sql_text explain = {text, NULL};
		bool found = false;
		(void)snprintf(text, sizeof(text), "EXPLAIN QUERY PLAN %s",
			       db_sql_text[rows[i].statement].text);
		assert_int_equal(sql_open(world.database.place, &sql), CS_OK);
		assert_int_equal(sql_prepare(sql, &explain, 1), CS_OK);
		struct sql_statement *s = sql_statement(sql, 0);
		while (sql_step(s) == CS_OK) {
			sql_copy_text(s, 3, detail, sizeof(detail));
			found = found || strstr(detail, rows[i].by);
			/* Only what is bounded itself is gone through. */
			if (strncmp(detail, "SCAN ", 5) == 0 && strncmp(detail, "SCAN k", 6) != 0)
				fail_msg("%s: %s", text, detail);
		}
		sql_close(sql);
		if (!found)
			fail_msg("%s: not %s", text, rows[i].by);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(users_of_a_realm_and_a_class_come_in_pages_that_meet),
	    IN_WORLD(a_few_of_a_class_in_a_large_realm_are_found_by_pages_that_end_early),
	    IN_WORLD(tokens_of_a_user_a_type_and_a_state_come_in_pages_that_meet),
	    IN_WORLD(a_token_is_found_by_its_serial_number),
	    IN_WORLD(entries_of_a_user_an_action_a_result_and_a_time_come_in_pages_that_meet),
	    IN_WORLD(a_persons_entries_are_found_by_an_alias_and_others_by_the_name_as_it_is),
	    IN_SQLITE(every_narrowed_list_goes_by_an_index),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
