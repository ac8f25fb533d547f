/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Files of tokens in keeper: staged row by row, live with one commit, taken up where they were broken off;
 * and tokens in stock. On SQLite and on PostgreSQL.
 */
#include "base/encoding.h"
#include "daemon/seal.h"
#include "tests/unit/import_rows.h"

#define OTHER_DIGEST(digit) "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde" #digit

/* A file of one row, which has come and was not refused there and then. */
static void stage_one(const char *users, uint8_t seed_byte, const char *user, const char *serial, char id[32])
{
	assert_int_equal(import_open(1, users, id), 201);
	rows_begin();
	row_add("hotp", seed_byte, user, serial, 0);
	assert_int_equal(import_rows(id, 0), 200);
}

static const char *code_from(uint8_t seed_byte, uint64_t position, char text[CS_OATH_CODE_MAX])
{
	uint8_t secret[20];

	memset(secret, seed_byte, sizeof secret);
	return code_of(CS_VIEW_OF(secret), position, text);
}

static void user_add(const char *name)
{
	struct ipc_request request = ask(IPC_USER_ADD, world.admin);

	with(&request, IPC_TAG_USER, name);
	assert_int_equal(one(&request), 201);
}

static uint16_t assign(const char *token, const char *user)
{
	struct ipc_request request = ask(IPC_TOKEN_ASSIGN, world.admin);

	with(&request, IPC_TAG_TOKEN, token);
	with(&request, IPC_TAG_USER, user);
	return one(&request);
}

static void a_files_tokens_live_with_its_commit_and_not_before(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	user_add("anna");
	assert_int_equal(import_open(2, "known", id), 201);
	says("\"staged\":0");
	rows_begin();
	row_add("hotp", 1, "Anna ", "S1", 7);
	row_add("hotp", 2, NULL, "S2", 0);
	assert_int_equal(import_rows(id, 0), 200);
	says("\"staged\":2");
	says("\"refusals\":[]");
	require_wrong("anna", code_from(1, 7, text));
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 200);
	says("\"state\":\"done\"");
	says("\"assigned\":1");
	says("\"stock\":1");
	require_last_audit("import_commit", "done", "");
	require_wrong("anna", code_from(1, 6, text)); /* the counter came along */
	require_verified("anna", code_from(1, 7, text));
	/* Whose answer was lost asks once more. */
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 200);
	says("\"assigned\":1");
	assert_int_equal(import_open(2, "known", id), 409);
	says("import_done");
	struct ipc_request list = ask(IPC_TOKEN_LIST, world.admin);
	assert_int_equal(one(&list), 200);
	says("\"serial\":\"S1\"");
}

static void a_file_that_was_broken_off_goes_on_where_it_was(void **state)
{
	char id[32], again[32];

	(void)state;
	user_add("anna");
	assert_int_equal(import_open(3, "known", id), 201);
	rows_begin();
	row_add("totp", 1, "anna", NULL, 0);
	assert_int_equal(import_rows(id, 0), 200);
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 409);
	says("import_unfinished");
	keeper_close(&world.keeper);
	world_open();
	assert_int_equal(import_open(3, "known", again), 200);
	assert_string_equal(again, id);
	says("\"staged\":1");
	/* The same rows once more, others out of their order, more than there are. */
	assert_int_equal(import_rows(id, 0), 409);
	says("rows_out_of_step");
	rows_begin();
	row_add("totp", 2, "anna", NULL, 0);
	row_add("totp", 3, "anna", NULL, 0);
	assert_int_equal(import_rows(id, 2), 409);
	assert_int_equal(import_rows(id, 1), 200);
	assert_int_equal(import_rows(id, 3), 409);
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 200);
	says("\"assigned\":3");
}

static void a_known_seed_or_serial_is_refused_with_its_row(void **state)
{
	uint8_t secret[20];
	char id[32], token[32];

	(void)state;
	user_add("anna");
	memset(secret, 1, sizeof secret);
	assert_int_equal(enrol_seed("anna", "hotp", CS_VIEW_OF(secret), token), 201);
	assert_int_equal(on_token(IPC_TOKEN_DISABLE, token), 200);
	assert_int_equal(import_open(5, "known", id), 201);
	rows_begin();
	row_add("hotp", 1, "anna", "S1", 0); /* that of a token, disabled or not */
	row_add("hotp", 2, "anna", "S2", 0);
	row_add("hotp", 2, "anna", "S3", 0); /* twice in the file */
	row_add("hotp", 4, "anna", "S2", 0);
	row_add("hotp", 5, "nobody", "S5", 0);
	assert_int_equal(import_rows(id, 0), 200);
	says("{\"row\":1,\"code\":\"seed_known\"");
	says("{\"row\":3,\"code\":\"seed_known\"");
	says("{\"row\":4,\"code\":\"serial_known\"");
	says("{\"row\":5,\"code\":\"user_not_found\"");
	says("\"refused\":4");
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 409);
	says("import_refused");
	require_last_audit("import_commit", "refused", "import_refused");
	/* Opened again it begins anew. */
	assert_int_equal(import_open(5, "known", id), 201);
	says("\"staged\":0");
	says("\"refused\":0");
}

/* The server takes a while over each row, and answers anything else at once. */
static void what_is_done_with_a_whole_file_may_take_longer_than_an_answer(void **state)
{
	struct db *db = world.keeper.db;
	uint32_t count = 7;
	char id[32];

	(void)state;
	assert_int_equal(import_open(2, "make", id), 201);
	rows_begin();
	row_add("hotp", 1, "anna", NULL, 0);
	row_add("hotp", 2, NULL, NULL, 0);
	assert_int_equal(import_rows(id, 0), 200);
	assert_true(database_execute(
	    &world.database, "SELECT 1",
	    "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(0.1);"
	    " RETURN coalesce(NEW, OLD); END$$;"
	    "CREATE TRIGGER slow BEFORE INSERT ON token FOR EACH ROW EXECUTE FUNCTION slow();"
	    "CREATE TRIGGER slow BEFORE DELETE ON stock FOR EACH ROW EXECUTE FUNCTION slow()"));
	assert_int_equal(db_begin(db), CS_OK);
	const unsigned usual = sql_wait_at_most(db->sql, 1);
	enum cs_err seen = db_import_overtaken(db, id, T0, &count);
	enum cs_err done = db_import_commit(db, id, world.now, &count);
	assert_int_equal(sql_wait_at_most(db->sql, usual), 1);
	assert_int_equal(seen, CS_OK);
	assert_int_equal(done, CS_OK);
	assert_int_equal(count, 1);
	db_rollback(db);
}

static void what_was_enrolled_meanwhile_is_seen_at_the_commit(void **state)
{
	uint8_t secret[20];
	char id[32], token[32];

	(void)state;
	user_add("anna");
	stage_one("known", 9, "anna", NULL, id);
	memset(secret, 9, sizeof secret);
	assert_int_equal(enrol_seed("anna", "hotp", CS_VIEW_OF(secret), token), 201);
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 409);
	says("import_refused");
	assert_int_equal(import_open(1, "known", id), 201);
	assert_int_equal(import_rows(id, 0), 200);
	says("{\"row\":1,\"code\":\"seed_known\"");
}

/* Another daemon on the same database has staged the same seed, or serial number, at the same time, and was
 * first to commit: its token is in stock. */
static void what_came_into_stock_meanwhile_is_seen_at_the_commit(void **state)
{
	static const char *const overtake[] = {
	    "UPDATE stock SET fingerprint = (SELECT o.fingerprint FROM stock o WHERE o.serial = 'S2')",
	    "UPDATE stock SET serial = 'S3' WHERE serial = 'S4'"};
	struct ipc_request other = ask(IPC_IMPORT_OPEN, world.admin);
	char id[32], first[32];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		other.field[IPC_TAG_DIGEST] = cs_view_string(i ? OTHER_DIGEST(1) : OTHER_DIGEST(2));
		with(&other, IPC_TAG_LABEL, "others.csv");
		with_number(&other, IPC_TAG_COUNT_OF, 1, 4);
		assert_int_equal(one(&other), 201);
		member("import", first, sizeof first);
		rows_begin();
		row_add("hotp", (uint8_t)(20 + i), NULL, i ? "S3" : "S1", 0);
		assert_int_equal(import_rows(first, 0), 200);
		assert_int_equal(import_open(1, "none", id), 201);
		rows_begin();
		row_add("hotp", (uint8_t)(30 + i), NULL, i ? "S4" : "S2", 0);
		assert_int_equal(import_rows(id, 0), 200);
		says("\"refused\":0");
		assert_int_equal(sql_execute(world.keeper.db->sql, overtake[i]), CS_OK);
		assert_int_equal(import_call(IPC_IMPORT_COMMIT, first), 200);
		assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 409);
		says("import_refused");
		assert_int_equal(import_call(IPC_IMPORT_DISCARD, id), 200);
	}
}

/* A file of more rows than one transaction discards, all of them staged: users of four each. */
static void great_file(char id[32])
{
	assert_int_equal(import_open(252, "make", id), 201);
	rows_begin();
	for (unsigned i = 0; i < 252; i++) {
		char user[16];
		(void)snprintf(user, sizeof(user), "user%u", i / 4);
		row_add("hotp", (uint8_t)i, user, NULL, 0);
		if (i % 63 != 62)
			continue;
		assert_int_equal(import_rows(id, i - 62), 200);
		rows_begin();
	}
	says("\"staged\":252");
	says("\"refused\":0");
	require_rows("\"user\"", 64); /* and alice */
}

/* Rows of one user, who was made for the first of them, and of whom nothing is left in the end. */
static void a_great_file_is_discarded_some_rows_at_a_time_and_is_none_meanwhile(void **state)
{
	struct ipc_request discard = ask(IPC_IMPORT_DISCARD, world.admin);
	char id[32];

	(void)state;
	great_file(id);
	with(&discard, IPC_TAG_IMPORT, id);
	with(&discard, IPC_TAG_IDEMPOTENCY, "discard"); /* which does not stand against going on */
	assert_int_equal(one(&discard), 200);
	says("\"discarded\":false");
	require_last_audit("import_discard", "partly", "");
	require_rows("stock", 2);
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 409);
	says("import_refused");
	assert_int_equal(one(&discard), 200);
	says("\"discarded\":true");
	require_last_audit("import_discard", "done", "");
	require_rows("stock", 0);
	require_rows("\"user\"", 1);
	require_rows("import", 0);
}

static void a_great_file_that_begins_anew_goes_some_rows_at_a_time_before_it_does(void **state)
{
	char id[32], again[32];

	(void)state;
	great_file(id);
	assert_int_equal(import_open(252, "known", again), 409);
	says("import_discarding");
	require_last_audit("import_open", "partly", "import_discarding");
	require_rows("stock", 2);
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 409);
	says("import_refused");
	assert_int_equal(import_open(252, "make", again), 201); /* not gone on with, either */
	says("\"staged\":0");
	assert_string_not_equal(again, id);
	require_rows("stock", 0);
	require_rows("\"user\"", 1);
	require_rows("import", 1);
}

static void a_user_who_got_a_class_stays_when_the_file_goes(void **state)
{
	struct ipc_request set = ask(IPC_CLASS_SET, world.admin), user = ask(IPC_USER_CLASS, world.admin),
			   users = ask(IPC_USER_LIST, world.admin);
	char id[32];

	(void)state;
	stage_one("make", 1, "zoe", NULL, id);
	with(&set, IPC_TAG_NAME, "staff");
	with(&set, IPC_TAG_FACTORS, "code");
	assert_int_equal(one(&set), 200);
	with(&user, IPC_TAG_USER, "zoe");
	with(&user, IPC_TAG_NAME, "staff");
	assert_int_equal(one(&user), 200);
	assert_int_equal(import_call(IPC_IMPORT_DISCARD, id), 200);
	assert_int_equal(one(&users), 200);
	says("zoe");
}

static void a_user_who_got_an_alias_stays_and_a_row_finds_him_by_it(void **state)
{
	struct ipc_request users = ask(IPC_USER_LIST, world.admin);
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	stage_one("make", 1, "zoe", NULL, id);
	assert_int_equal(give_alias("zoe", "zoe@shop"), 201);
	assert_int_equal(import_call(IPC_IMPORT_DISCARD, id), 200);
	stage_one("make", 1, "ZOE@shop", NULL, id);
	says("\"refused\":0");
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 200);
	require_verified("zoe", code_from(1, 0, text));
	assert_int_equal(one(&users), 200);
	says("\"user\":\"zoe\"");
	assert_null(strstr(world.body, "zoe@shop"));
}

static void users_are_made_with_a_file_and_go_with_it(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];
	struct ipc_request users = ask(IPC_USER_LIST, world.admin);

	(void)state;
	assert_int_equal(import_open(2, "make", id), 201);
	rows_begin();
	row_add("hotp", 1, "zoe", NULL, 0);
	row_add("hotp", 2, "zoe", NULL, 0);
	assert_int_equal(import_rows(id, 0), 200);
	says("\"refused\":0");
	assert_int_equal(import_call(IPC_IMPORT_DISCARD, id), 200);
	assert_int_equal(one(&users), 200);
	assert_null(strstr(world.body, "zoe"));
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 404);
	assert_int_equal(import_open(2, "make", id), 201);
	assert_int_equal(import_rows(id, 0), 200);
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 200);
	require_verified("zoe", code_from(2, 0, text));
	assert_int_equal(import_call(IPC_IMPORT_DISCARD, id), 409);
}

static void a_user_gets_no_more_tokens_than_he_may_have(void **state)
{
	char id[32], token[32];

	(void)state;
	user_add("anna");
	assert_int_equal(enrol("anna", "hotp", token), 201);
	assert_int_equal(import_open(DB_USER_TOKENS_MAX, "known", id), 201);
	rows_begin();
	for (unsigned i = 0; i < DB_USER_TOKENS_MAX; i++)
		row_add("hotp", (uint8_t)(10 + i), "anna", NULL, 0);
	assert_int_equal(import_rows(id, 0), 200);
	says("\"refused\":1");
	says("{\"row\":16,\"code\":\"too_many_tokens\"");
}

static void a_seed_that_was_deleted_is_imported_where_it_stopped(void **state)
{
	char id[32], token[32], text[CS_OATH_CODE_MAX];
	uint8_t secret[2][20];

	(void)state;
	user_add("anna");
	for (uint8_t i = 0; i < 2; i++) {
		memset(secret[i], 1 + i, sizeof(secret[i]));
		assert_int_equal(enrol_seed("anna", "hotp", CS_VIEW_OF(secret[i]), token), 201);
		require_verified("anna", code_from((uint8_t)(1 + i), 6, text));
		assert_int_equal(on_token(IPC_TOKEN_DELETE, token), 200);
	}
	assert_int_equal(import_open(2, "known", id), 201);
	rows_begin();
	row_add("hotp", 1, "anna", NULL, 3);
	row_add("hotp", 2, NULL, "S2", 0);
	assert_int_equal(import_rows(id, 0), 200);
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 200);
	assert_int_equal(assign("S2", "anna"), 200);
	for (uint8_t i = 1; i <= 2; i++) {
		require_wrong("anna", code_from(i, 6, text));
		require_verified("anna", code_from(i, 7, text));
	}
}

static void a_user_whom_a_file_names_is_not_deleted_before_it_is_decided(void **state)
{
	struct ipc_request request = ask(IPC_USER_DELETE, world.admin);
	char id[32];

	(void)state;
	user_add("anna");
	stage_one("known", 1, "anna", NULL, id);
	with(&request, IPC_TAG_USER, "anna");
	assert_int_equal(one(&request), 409);
	says("user_staged");
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 200);
	assert_int_equal(one(&request), 200);
}

static void a_token_in_stock_makes_no_codes_until_it_is_somebodys(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	user_add("anna");
	user_add("bob");
	assert_int_equal(import_open(2, "none", id), 201);
	rows_begin();
	row_add("hotp", 1, "anna", "S1", 5);
	row_add("hotp", 2, "bob", "S2", 0);
	assert_int_equal(import_rows(id, 0), 200);
	assert_int_equal(assign("S1", "bob"), 404); /* it is staged, and no more */
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 200);
	says("\"stock\":2");
	struct ipc_request stock = ask(IPC_STOCK_LIST, world.admin);
	assert_int_equal(one(&stock), 200);
	says("\"serial\":\"S1\"");
	says("\"label\":\"anna\"");
	require_wrong("bob", code_from(1, 5, text));
	assert_int_equal(assign("S1", "nobody"), 404);
	says("user_not_found");
	assert_int_equal(assign("S1", "bob"), 200);
	says("\"user\":\"bob\"");
	require_last_audit("token_assign", "done", "");
	require_verified("bob", code_from(1, 5, text));
	assert_int_equal(assign("S1", "anna"), 404);
	says("stock_not_found");
	assert_int_equal(one(&stock), 200);
	assert_null(strstr(world.body, "\"S1\""));
}

static uint16_t stock_delete(const char *token)
{
	struct ipc_request request = ask(IPC_STOCK_DELETE, world.admin);

	with(&request, IPC_TAG_TOKEN, token);
	return one(&request);
}

/* PostgreSQL takes no half of a character. */
static void a_long_serial_number_is_cut_in_the_log_at_a_characters_beginning(void **state)
{
#define EIGHT "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"
	struct audit_entry entry;
	char id[32];

	(void)state;
	stage_one("none", 1, NULL, "S" EIGHT EIGHT EIGHT "\u00e9\u00e9\u00e9\u00e9\u00e9", id);
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 200);
	assert_int_equal(stock_delete("S" EIGHT EIGHT EIGHT "\u00e9\u00e9\u00e9\u00e9\u00e9"), 200);
	take_last_audit(&entry);
	assert_string_equal(entry.detail, "hotp S" EIGHT EIGHT EIGHT "\u00e9\u00e9\u00e9\u00e9");
#undef EIGHT
}

static void a_token_in_stock_is_deleted_by_serial_number_or_id_and_its_seed_is_nobodys(void **state)
{
	struct ipc_request stock = ask(IPC_STOCK_LIST, world.admin);
	char id[32], token[32], text[CS_OATH_CODE_MAX];

	(void)state;
	user_add("anna");
	assert_int_equal(import_open(2, "none", id), 201);
	rows_begin();
	row_add("hotp", 1, "anna", "S1", 5);
	row_add("hotp", 2, NULL, "S2", 0);
	assert_int_equal(import_rows(id, 0), 200);
	assert_int_equal(stock_delete("S1"), 404); /* it is staged, and no more */
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 200);
	assert_int_equal(stock_delete("S1"), 200);
	says("\"serial\":\"S1\",\"deleted\":true");
	require_last_audit("stock_delete", "done", "");
	struct audit_entry entry;
	take_last_audit(&entry);
	assert_string_equal(entry.detail, "hotp S1");
	assert_true(entry.token[0]);
	assert_int_equal(stock_delete("S1"), 404);
	says("stock_not_found");
	assert_int_equal(assign("S1", "anna"), 404);
	assert_int_equal(one(&stock), 200);
	assert_null(strstr(world.body, "S1"));
	says("S2");
	member("token", token, sizeof(token));
	assert_int_equal(stock_delete(token), 200);
	assert_int_equal(one(&stock), 200);
	says("\"tokens\":[]");
	/* Its seed and its number may come again. */
	struct ipc_request other = ask(IPC_IMPORT_OPEN, world.admin);
	with(&other, IPC_TAG_DIGEST, OTHER_DIGEST(8));
	with(&other, IPC_TAG_LABEL, "other.csv");
	with(&other, IPC_TAG_USERS, "none");
	with_number(&other, IPC_TAG_COUNT_OF, 1, 4);
	assert_int_equal(one(&other), 201);
	member("import", id, sizeof(id));
	rows_begin();
	row_add("hotp", 1, NULL, "S1", 0);
	assert_int_equal(import_rows(id, 0), 200);
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 200);
	assert_int_equal(assign("S1", "anna"), 200);
	/* A token that is somebody's is not in stock. */
	assert_int_equal(stock_delete("S1"), 404);
	require_verified("anna", code_from(1, 0, text));
}

static void a_serial_number_that_looks_like_an_id_is_not_meant_by_it(void **state)
{
	char id[32], stock[32], text[CS_OATH_CODE_MAX];
	struct ipc_request list = ask(IPC_STOCK_LIST, world.admin);
	struct ipc_request other = ask(IPC_IMPORT_OPEN, world.admin);

	(void)state;
	user_add("anna");
	stage_one("none", 1, NULL, "S1", id);
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 200);
	assert_int_equal(one(&list), 200);
	member("token", stock, sizeof(stock));
	with(&other, IPC_TAG_DIGEST, OTHER_DIGEST(7));
	with(&other, IPC_TAG_LABEL, "other.csv");
	with(&other, IPC_TAG_USERS, "none");
	with_number(&other, IPC_TAG_COUNT_OF, 1, 4);
	assert_int_equal(one(&other), 201);
	member("import", id, sizeof(id));
	rows_begin();
	row_add("hotp", 2, NULL, stock, 0);
	assert_int_equal(import_rows(id, 0), 200);
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 200);
	assert_int_equal(assign(stock, "anna"), 200);
	require_verified("anna", code_from(1, 0, text));
	/* Nor once that one is somebody's. */
	assert_int_equal(assign(stock, "anna"), 404);
}

static void a_position_far_ahead_is_refused(void **state)
{
	char id[32];

	(void)state;
	assert_int_equal(import_open(3, "none", id), 201);
	rows_begin();
	row_add("totp", 1, NULL, NULL, T0 / 30 + 10);
	row_add("totp", 2, NULL, NULL, T0 / 30 + 86400 / 30 + 10);
	row_add("hotp", 3, NULL, NULL, (uint64_t)1 << 62);
	assert_int_equal(import_rows(id, 0), 200);
	says("{\"row\":2,\"code\":\"bad_counter\"");
	says("{\"row\":3,\"code\":\"bad_counter\"");
	says("\"refused\":2");
}

static void what_opens_no_import_is_refused(void **state)
{
	struct ipc_request request = ask(IPC_IMPORT_OPEN, world.admin);
	char id[32];

	(void)state;
	assert_int_equal(import_open(0, "known", id), 400);
	says("bad_rows");
	assert_int_equal(import_open(1000001, "known", id), 400);
	with(&request, IPC_TAG_DIGEST, "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef");
	with(&request, IPC_TAG_LABEL, "x");
	with_number(&request, IPC_TAG_COUNT_OF, 1, 4);
	assert_int_equal(one(&request), 400);
	says("bad_digest");
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, "i_0123456789abcdef"), 404);
	says("import_not_found");
	rows_begin();
	row_add("hotp", 1, NULL, NULL, 0);
	assert_int_equal(import_rows("i_0123456789abcdef", 0), 404);
}

/* ---- a realm's seeds, page by page ---- */

/* All of the answer, or, where it is long, its end. */
static uint16_t look(struct ipc_request *request)
{
	struct cs_view replies = run(request, 1);
	struct ipc_reply reply = next_reply(&replies);
	size_t skip = reply.body.len < sizeof(world.body) ? 0 : reply.body.len - (sizeof(world.body) - 1);
	memcpy(world.body, reply.body.ptr + skip, reply.body.len - skip);
	world.body[reply.body.len - skip] = '\0';
	return reply.status;
}

static uint16_t export_realm(const char *credential, const char *realm, enum ipc_tag tag, const char *text)
{
	struct ipc_request request = ask(IPC_REALM_EXPORT, credential);

	with(&request, IPC_TAG_REALMS, realm);
	if (text)
		with(&request, tag, text);
	return look(&request);
}

/* Of the page that was just told; with it the audit log has the approval and the page's number. */
static unsigned seeds_told(void)
{
	struct audit_entry entry;
	unsigned count = 0;

	take_last_audit(&entry);
	assert_string_equal(entry.action, "realm_export");
	assert_string_equal(entry.result, "done");
	const char *comma = strchr(entry.detail, ',');
	assert_non_null(comma);
	assert_int_equal(sscanf(comma + 2, "page %*u, %u seeds", &count), 1);
	return count;
}

static void tokens_of(const char *user, unsigned count)
{
	struct ipc_request add = ask(IPC_USER_ADD, world.admin);
	char id[32];

	with(&add, IPC_TAG_USER, user);
	assert_int_equal(one(&add), 201);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(enrol_seed(user, "hotp", CS_VIEW_EMPTY, id), 201);
}

/* Both pages of realm bank's tokens without their seeds, twice: nothing is used up, and each is in the audit
 * log. */
static void look_at_bank(const char *approval)
{
	char next[64] = "", detail[128];
	struct ipc_request request;
	struct audit_entry entry;

	for (unsigned page = 0; page < 4; page++) {
		request = ask(IPC_REALM_EXPORT, world.admin);
		with(&request, IPC_TAG_REALMS, "bank");
		with(&request, IPC_TAG_SEEDS, "withheld");
		with(&request, IPC_TAG_APPROVAL, approval);
		if (page % 2)
			with(&request, IPC_TAG_AFTER, next);
		assert_int_equal(look(&request), 200);
		assert_null(strstr(world.body, "secret"));
		take_last_audit(&entry);
		assert_string_equal(entry.action, "realm_export");
		assert_string_equal(entry.result, "looked");
		assert_string_equal(entry.user, "bank");
		(void)snprintf(detail, sizeof(detail), "%s, %s%s", approval, page % 2 ? next : "",
			       page % 2 ? ", " : "");
		assert_int_equal(strncmp(entry.detail, detail, strlen(detail)), 0);
		assert_non_null(strstr(entry.detail, " tokens"));
		if (page % 2)
			says("\"next\":null");
		else
			member("next", next, sizeof(next));
	}
	request.field[IPC_TAG_AFTER] = CS_VIEW_TEXT("t_\033[2J"); /* would stand in the log */
	assert_int_equal(look(&request), 400);
}

static void a_realm_s_seeds_are_told_page_by_page_to_who_was_allowed_it(void **state)
{
	char anton[64], id[32], next[256], name[24];
	unsigned told;

	(void)state;
	hire("anton", "administrator", anton);
	for (unsigned i = 0; i < 17; i++) {
		(void)snprintf(name, sizeof(name), i % 2 ? "u%u@bank" : "u%u", i);
		tokens_of(name, DB_USER_TOKENS_MAX);
	}
	assert_int_equal(export_realm(world.admin, "two words", IPC_TAG_APPROVAL, NULL), 400);
	assert_int_equal(export_realm(world.admin, "Bank", IPC_TAG_APPROVAL, NULL), 202);
	says("tell admin the seeds of all tokens of realm bank");
	member("approval", id, sizeof(id));
	assert_int_equal(on_approval(IPC_APPROVAL_GRANT, anton, id), 200);
	assert_int_equal(export_realm(world.admin, "*", IPC_TAG_APPROVAL, id), 409);
	look_at_bank(id);
	assert_int_equal(export_realm(world.admin, "bank", IPC_TAG_APPROVAL, id), 200);
	told = seeds_told();
	member("next", next, sizeof(next));
	assert_int_equal(export_realm(world.admin, "bank", IPC_TAG_APPROVAL, id), 409);
	/* Another administrator's, another realm's, changed: none of it. */
	assert_int_equal(export_realm(anton, "bank", IPC_TAG_AFTER, next), 409);
	says("export_over");
	assert_int_equal(export_realm(world.admin, "*", IPC_TAG_AFTER, next), 409);
	next[10] ^= 1;
	assert_int_equal(export_realm(world.admin, "bank", IPC_TAG_AFTER, next), 409);
	next[10] ^= 1;
	assert_int_equal(export_realm(world.admin, "bank", IPC_TAG_AFTER, next), 200);
	says("\"next\":null");
	assert_null(strstr(world.body, "\"user\":\"u0\""));
	assert_int_equal(told + seeds_told(), 8 * DB_USER_TOKENS_MAX);
	assert_int_equal(export_realm(world.admin, "bank", IPC_TAG_AFTER, next), 409);
	require_last_audit("realm_export", "refused", "export_over");
}

/* The first of three pages of all users' seeds. */
static void export_begin(const char *anton, char next[64])
{
	char approval[32];

	assert_int_equal(export_realm(world.admin, "*", IPC_TAG_APPROVAL, NULL), 202);
	member("approval", approval, sizeof(approval));
	assert_int_equal(on_approval(IPC_APPROVAL_GRANT, anton, approval), 200);
	assert_int_equal(export_realm(world.admin, "*", IPC_TAG_APPROVAL, approval), 200);
	member("next", next, 64);
}

/* What is asked for is refused; the log says so. */
static void require_over(const char *text)
{
	assert_int_equal(export_realm(world.admin, "*", IPC_TAG_AFTER, text), 409);
	require_last_audit("realm_export", "refused", "export_over");
}

static void a_page_of_seeds_is_told_once_and_all_of_them_before_one_end(void **state)
{
	static const char *const none[] = {"00", "e_0123456789abcdef",	  "e_0123456789abcdef.2",
					   ".2", "e_0123456789abcdef.-2", "e_0123456789abcdef.2x"};
	char anton[64], first[64], second[64], name[24];
	struct audit_entry entry;

	(void)state;
	hire("anton", "administrator", anton);
	for (unsigned i = 0; i < 33; i++) {
		(void)snprintf(name, sizeof(name), "u%u", i);
		tokens_of(name, DB_USER_TOKENS_MAX);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		require_over(none[i]);
	export_begin(anton, first);
	take_last_audit(&entry);
	assert_non_null(strstr(entry.detail, ", page 1, 256 seeds"));
	assert_int_equal(strncmp(entry.detail, "a_", 2), 0);
	world.now += 1799;
	assert_int_equal(export_realm(world.admin, "*", IPC_TAG_AFTER, first), 200);
	member("next", second, sizeof(second));
	take_last_audit(&entry);
	assert_non_null(strstr(entry.detail, ", page 2, 256 seeds"));
	assert_int_equal(strncmp(entry.detail, "a_", 2), 0);
	require_over(first);
	world.now += 1; /* the second page has moved nothing */
	require_over(second);

	export_begin(anton, first);
	world.now += 1799;
	assert_int_equal(export_realm(world.admin, "*", IPC_TAG_AFTER, first), 200);
	member("next", second, sizeof(second));
	assert_int_equal(export_realm(world.admin, "*", IPC_TAG_AFTER, second), 200);
	says("\"next\":null");
	require_over(second);
}

static void an_export_with_a_seed_that_does_not_open_names_the_token_and_tells_nothing(void **state)
{
	char anton[64], approval[32];
	struct audit_entry entry;

	(void)state;
	hire("anton", "administrator", anton);
	tokens_of("u0", 3);
	assert_true(database_execute(
	    &world.database, "UPDATE token SET seed = X'02' WHERE id = (SELECT max(id) FROM token)",
	    "UPDATE token SET seed = '\\x02' WHERE id = (SELECT max(id) FROM token)"));
	assert_int_equal(export_realm(world.admin, "*", IPC_TAG_APPROVAL, NULL), 202);
	member("approval", approval, sizeof(approval));
	assert_int_equal(on_approval(IPC_APPROVAL_GRANT, anton, approval), 200);
	assert_int_equal(export_realm(world.admin, "*", IPC_TAG_APPROVAL, approval), 409);
	says("\"seed_unreadable\"");
	assert_null(strstr(world.body, "\"secret\""));
	require_last_audit("realm_export", "refused", "seed_unreadable");
	take_last_audit(&entry);
	says(entry.token);
	assert_int_equal(strncmp(entry.token, "t_", 2), 0);
	assert_null(strstr((const char *)world.keeper.body, "\"secret\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(a_files_tokens_live_with_its_commit_and_not_before),
	    IN_WORLD(a_file_that_was_broken_off_goes_on_where_it_was),
	    IN_WORLD(a_known_seed_or_serial_is_refused_with_its_row),
	    IN_WORLD(what_is_done_with_a_whole_file_may_take_longer_than_an_answer),
	    IN_WORLD(what_was_enrolled_meanwhile_is_seen_at_the_commit),
	    IN_WORLD(what_came_into_stock_meanwhile_is_seen_at_the_commit),
	    IN_WORLD(a_great_file_is_discarded_some_rows_at_a_time_and_is_none_meanwhile),
	    IN_WORLD(a_great_file_that_begins_anew_goes_some_rows_at_a_time_before_it_does),
	    IN_WORLD(a_user_who_got_a_class_stays_when_the_file_goes),
	    IN_WORLD(a_user_who_got_an_alias_stays_and_a_row_finds_him_by_it),
	    IN_WORLD(users_are_made_with_a_file_and_go_with_it),
	    IN_WORLD(a_user_gets_no_more_tokens_than_he_may_have),
	    IN_WORLD(a_seed_that_was_deleted_is_imported_where_it_stopped),
	    IN_WORLD(a_user_whom_a_file_names_is_not_deleted_before_it_is_decided),
	    IN_WORLD(a_token_in_stock_makes_no_codes_until_it_is_somebodys),
	    IN_WORLD(a_long_serial_number_is_cut_in_the_log_at_a_characters_beginning),
	    IN_WORLD(a_token_in_stock_is_deleted_by_serial_number_or_id_and_its_seed_is_nobodys),
	    IN_WORLD(a_serial_number_that_looks_like_an_id_is_not_meant_by_it),
	    IN_WORLD(a_position_far_ahead_is_refused),
	    IN_WORLD(what_opens_no_import_is_refused),
	    IN_WORLD(a_realm_s_seeds_are_told_page_by_page_to_who_was_allowed_it),
	    IN_WORLD(a_page_of_seeds_is_told_once_and_all_of_them_before_one_end),
	    IN_WORLD(an_export_with_a_seed_that_does_not_open_names_the_token_and_tells_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
