/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two daemons on one PostgreSQL, at once: what one has written and not committed, the other one waits for, or
 * is held to afterwards. The test is the first one; the second runs in a thread until it waits for a lock.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "daemon/keeper_call.h"
#include "daemon/seal.h"
#include "tests/unit/import_rows.h"
#include "tests/unit/keeper_proof_world.h"

static struct other {
	struct keeper keeper;
	struct ipc_request request;
	pthread_t thread;
	uint8_t out[65536];
	struct ipc_reply reply;
	atomic_bool over;
	bool done;
} other;

static void *other_runs(void *arg)
{
	struct cs_writer w = CS_WRITER_OF(other.out);
	struct cs_view frame;

	(void)arg;
	other.done = keeper_batch(&other.keeper, &other.request, 1, &w) == CS_OK &&
		     ipc_frame_next(cs_writer_view(&w), IPC_REPLY_MAX, &frame) == CS_OK &&
		     ipc_reply_parse(frame, &other.reply) == CS_OK;
	atomic_store(&other.over, true);
	return NULL;
}

/* Until it waits for a lock, or has come to an end without one. */
static void other_begins(void)
{
	static const struct sql_text texts[] = {{"SELECT count(*) FROM pg_locks WHERE NOT granted", NULL}};
	struct sql *sql;
	int64_t waiting = 0;

	atomic_store(&other.over, false);
	assert_int_equal(sql_open(world.database.place, &sql), CS_OK);
	assert_int_equal(sql_prepare(sql, texts, 1), CS_OK);
	assert_int_equal(pthread_create(&other.thread, NULL, other_runs, NULL), 0);
	while (!waiting && !atomic_load(&other.over)) {
		struct sql_statement *s = sql_statement(sql, 0);
		assert_int_equal(sql_step(s), CS_OK);
		waiting = sql_number(s, 0);
		sql_reset(s);
	}
	sql_close(sql);
}

/* The first one commits; what the other one answers. */
static uint16_t other_ends(void)
{
	assert_int_equal(db_commit(world.keeper.db), CS_OK);
	assert_int_equal(pthread_join(other.thread, NULL), 0);
	assert_true(other.done);
	return other.reply.status;
}

static void other_of_user(enum ipc_op op, const char *user)
{
	other.request = ask(op, op == IPC_OTP_VERIFY ? world.application : world.admin);
	with(&other.request, IPC_TAG_USER, user);
}

static void other_enrols(const char *user)
{
	other_of_user(IPC_TOKEN_ENROL, user);
	with(&other.request, IPC_TAG_TYPE, "hotp");
	other.request.field[IPC_TAG_SECRET] = cs_view(seed, 20);
}

static uint16_t of_user(enum ipc_op op, const char *user)
{
	struct ipc_request request = ask(op, world.admin);

	with(&request, IPC_TAG_USER, user);
	return one(&request);
}

static void begin(void)
{
	world_open_beside(&other.keeper);
	assert_int_equal(db_begin(world.keeper.db), CS_OK);
}

static int race_end(void **state)
{
	keeper_close(&other.keeper);
	memset(&other, 0, sizeof(other));
	return world_end(state);
}

/* ---- the seed of a token that ends ---- */

static void enrol_for_a_minute(char id[32])
{
	struct ipc_request request = ask(IPC_TOKEN_ENROL, world.admin);

	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_TYPE, "hotp");
	request.field[IPC_TAG_SECRET] = cs_view(seed, 20);
	with_number(&request, IPC_TAG_VALID, 60, 4);
	assert_int_equal(one(&request), 201);
	member("token", id, 32);
	assert_int_equal(of_user(IPC_USER_ADD, "bob"), 201);
}

static void a_seed_enrolled_while_its_last_code_is_taken_does_not_take_it_again(void **state)
{
	const struct verify_decision taken = {.outcome = VERIFY_ACCEPTED, .at = 5, .next = 6};
	char id[32], text[CS_OATH_CODE_MAX];
	struct db_user alice;

	(void)state;
	enrol_for_a_minute(id);
	begin();
	assert_int_equal(db_user_find(world.keeper.db, "alice", &alice), CS_OK);
	assert_int_equal(db_token_accept(world.keeper.db, id, &taken), CS_OK);
	world.now += 60;
	other_enrols("bob");
	other_begins();
	assert_int_equal(other_ends(), 201);
	require_wrong("bob", code_at(5, text));
	require_verified("bob", code_at(6, text));
}

static uint64_t a_minute_ago(void *ctx)
{
	(void)ctx;
	return (world.now - 60) * 1000;
}

/* The other one's clock is slow: to it the token has not ended. */
static void a_code_taken_while_its_seed_is_enrolled_is_taken_for_both(void **state)
{
	struct db_token token;
	struct db_user bob;
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	enrol_for_a_minute(id);
	world.now += 60;
	assert_int_equal(db_token_find(world.keeper.db, id, &token), CS_OK);
	begin();
	other.keeper.clock.now = a_minute_ago;
	assert_int_equal(db_user_find(world.keeper.db, "bob", &bob), CS_OK);
	assert_int_equal(keeper_lock_seed(&world.keeper, cs_view(token.fingerprint, token.fingerprint_len)),
			 CS_OK);
	(void)snprintf(token.id, sizeof(token.id), "t_0123456789abcdef");
	token.user_id = bob.id;
	token.expires = 0;
	assert_int_equal(db_token_add(world.keeper.db, &token), CS_OK);
	other_of_user(IPC_OTP_VERIFY, "alice");
	with(&other.request, IPC_TAG_CODE, code_at(5, text));
	other_begins();
	assert_int_equal(other_ends(), 200);
	assert_non_null(memmem(other.reply.body.ptr, other.reply.body.len, "\"accepted\":true", 15));
	struct db_token after;
	assert_int_equal(db_token_find(world.keeper.db, token.id, &after), CS_OK);
	assert_int_equal(after.next, 6);
}

/* ---- users and tokens that go ---- */

static void a_user_who_is_being_deleted_gets_no_token_by_any_name(void **state)
{
	struct db_user alice;

	(void)state;
	assert_int_equal(give_alias("alice", "ally"), 201);
	begin();
	assert_int_equal(db_user_find(world.keeper.db, "alice", &alice), CS_OK);
	assert_int_equal(db_user_delete(world.keeper.db, &alice), CS_OK);
	other_enrols("ally");
	other_begins();
	assert_false(atomic_load(&other.over));
	assert_int_equal(other_ends(), 404);
	require_rows("token", 0);
}

static void a_token_enrolled_while_its_user_is_being_deleted_goes_with_him(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];
	struct db_token token;
	struct db_user alice;

	(void)state;
	assert_int_equal(give_alias("alice", "ally"), 201);
	assert_int_equal(enrol("alice", "hotp", id), 201);
	require_verified("alice", code_at(4, text));
	begin();
	assert_int_equal(db_user_find(world.keeper.db, "alice", &alice), CS_OK);
	assert_int_equal(db_token_find(world.keeper.db, id, &token), CS_OK);
	assert_int_equal(db_token_delete(world.keeper.db, id), CS_OK);
	(void)snprintf(token.id, sizeof(token.id), "t_0123456789abcdef");
	token.next = 0;
	assert_int_equal(db_token_add(world.keeper.db, &token), CS_OK);
	other_of_user(IPC_USER_DELETE, "ally");
	other_begins();
	assert_false(atomic_load(&other.over));
	assert_int_equal(other_ends(), 200);
	require_rows("token", 0);
	/* What it had spent is known still. */
	assert_int_equal(of_user(IPC_USER_ADD, "bob"), 201);
	assert_int_equal(enrol("bob", "hotp", id), 201);
	require_wrong("bob", code_at(4, text));
	require_verified("bob", code_at(5, text));
}

static void a_seed_enrolled_while_its_token_is_being_deleted_goes_on_where_that_was(void **state)
{
	const struct verify_decision taken = {.outcome = VERIFY_ACCEPTED, .at = 5, .next = 6};
	char id[32], text[CS_OATH_CODE_MAX];
	struct db_token token;

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	assert_int_equal(of_user(IPC_USER_ADD, "bob"), 201);
	begin();
	assert_int_equal(db_token_find(world.keeper.db, id, &token), CS_OK);
	assert_int_equal(db_token_accept(world.keeper.db, id, &taken), CS_OK);
	assert_int_equal(db_token_set_state(world.keeper.db, id, DB_TOKEN_DISABLED), CS_OK);
	assert_int_equal(db_token_delete(world.keeper.db, id), CS_OK);
	other_enrols("bob");
	other_begins();
	assert_int_equal(other_ends(), 201);
	require_wrong("bob", code_at(5, text));
	require_verified("bob", code_at(6, text));
}

/* ---- files of tokens ---- */

/* A row that is staged: a token for alice, whose seed is 20 bytes of 7. */
static void stage(char id[32])
{
	assert_int_equal(import_open(1, "known", id), 201);
	rows_begin();
	row_add("hotp", 7, "alice", NULL, 0);
	assert_int_equal(import_rows(id, 0), 200);
}

static void other_enrols_the_files_seed(const char *user)
{
	static uint8_t same[20];

	memset(same, 7, sizeof(same));
	other_enrols(user);
	other.request.field[IPC_TAG_SECRET] = CS_VIEW_OF(same);
}

/* As the commit of a file does, up to its own commit. */
static void commit_begins(const char *id)
{
	struct ipc_request request = ask(IPC_IMPORT_COMMIT, world.admin);
	uint32_t count = 0;

	with(&request, IPC_TAG_IMPORT, id);
	begin();
	assert_int_equal(keeper_lock(&world.keeper, &request, 1), CS_OK);
	assert_int_equal(keeper_lock_enrolments(&world.keeper), CS_OK);
	assert_int_equal(db_import_commit(world.keeper.db, id, world.now, &count), CS_OK);
	assert_int_equal(count, 1);
}

static void a_code_is_verified_while_a_file_is_committed(void **state)
{
	char id[32], token[32], text[CS_OATH_CODE_MAX];

	(void)state;
	stage(id);
	assert_int_equal(enrol("alice", "hotp", token), 201);
	commit_begins(id);
	other_of_user(IPC_OTP_VERIFY, "alice");
	with(&other.request, IPC_TAG_CODE, code_at(5, text));
	other_begins();
	assert_true(atomic_load(&other.over));
	assert_int_equal(other_ends(), 200);
	assert_non_null(memmem(other.reply.body.ptr, other.reply.body.len, "\"accepted\":true", 15));
}

static void who_may_not_commit_a_file_waits_for_nobody(void **state)
{
	struct ipc_request held = ask(IPC_OTP_VERIFY, world.application);
	char id[32];

	(void)state;
	stage(id);
	with(&held, IPC_TAG_USER, "alice");
	begin();
	assert_int_equal(keeper_lock(&world.keeper, &held, 1), CS_OK);
	assert_int_equal(keeper_lock_enrolments(&world.keeper), CS_OK);
	other.request = ask(IPC_IMPORT_COMMIT, "nobody's");
	with(&other.request, IPC_TAG_IMPORT, id);
	other_begins();
	assert_true(atomic_load(&other.over));
	assert_int_equal(other_ends(), 401);
}

static void a_files_seed_is_not_enrolled_while_it_is_committed(void **state)
{
	char id[32];

	(void)state;
	stage(id);
	assert_int_equal(of_user(IPC_USER_ADD, "bob"), 201);
	commit_begins(id);
	other_enrols_the_files_seed("bob");
	other_begins();
	assert_int_equal(pthread_join(other.thread, NULL), 0);
	assert_true(other.done);
	assert_int_equal(other.reply.status, 503);
	assert_false(other.keeper.failing);
	assert_int_equal(db_commit(world.keeper.db), CS_OK);
	assert_int_equal(pthread_create(&other.thread, NULL, other_runs, NULL), 0);
	assert_int_equal(pthread_join(other.thread, NULL), 0);
	assert_int_equal(other.reply.status, 409);
	require_rows("token", 1);
}

static void a_code_beside_enrolments_is_verified_while_a_file_is_committed(void **state)
{
	static const uint16_t expected[] = {503, 503, 503, 200};
	struct ipc_request requests[4];
	char id[32], token[32], text[CS_OATH_CODE_MAX];
	struct cs_writer w = CS_WRITER_OF(other.out);
	struct cs_view all, frame;
	struct ipc_reply reply;

	(void)state;
	stage(id);
	assert_int_equal(enrol("alice", "hotp", token), 201);
	assert_int_equal(of_user(IPC_USER_ADD, "bob"), 201);
	commit_begins(id);
	other_enrols_the_files_seed("bob");
	requests[0] = requests[1] = requests[2] = other.request;
	other_of_user(IPC_OTP_VERIFY, "alice");
	with(&other.request, IPC_TAG_CODE, code_at(5, text));
	requests[3] = other.request;
	assert_int_equal(keeper_batch(&other.keeper, requests, 4, &w), CS_OK);
	all = cs_writer_view(&w);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(ipc_frame_next(all, IPC_REPLY_MAX, &frame), CS_OK);
		assert_int_equal(ipc_reply_parse(frame, &reply), CS_OK);
		assert_int_equal(reply.status, expected[i]);
		all = cs_view(all.ptr + frame.len, all.len - frame.len);
	}
	assert_non_null(memmem(reply.body.ptr, reply.body.len, "\"accepted\":true", 15));
	assert_false(other.keeper.failing);
	assert_int_equal(db_commit(world.keeper.db), CS_OK);
}

static void a_file_waits_for_who_enrols_its_seed_and_is_refused(void **state)
{
	struct db_token token = {.type = VERIFY_HOTP,
				 .hash = CS_SHA1,
				 .digits = 6,
				 .period = 30,
				 .state = DB_TOKEN_ACTIVE,
				 .id = "t_0123456789abcdef",
				 .sealed_len = 48,
				 .fingerprint_len = SEAL_FINGERPRINT_LEN};
	uint8_t same[20];
	struct db_user bob;
	char id[32];

	(void)state;
	stage(id);
	assert_int_equal(of_user(IPC_USER_ADD, "bob"), 201);
	memset(same, 7, sizeof(same));
	assert_int_equal(seal_fingerprint(&world.keeper.key, CS_VIEW_OF(same), token.fingerprint), CS_OK);
	begin();
	assert_int_equal(db_user_find(world.keeper.db, "bob", &bob), CS_OK);
	token.user_id = bob.id;
	token.created = world.now;
	assert_int_equal(keeper_lock_seed(&world.keeper, CS_VIEW_OF(token.fingerprint)), CS_OK);
	assert_int_equal(db_token_add(world.keeper.db, &token), CS_OK);
	other.request = ask(IPC_IMPORT_COMMIT, world.admin);
	with(&other.request, IPC_TAG_IMPORT, id);
	other_begins();
	assert_false(atomic_load(&other.over));
	assert_int_equal(other_ends(), 409);
	require_rows("token", 1);
}

/* ---- stock ---- */

/* Given away or deleted by one, and no more by the other. */
static void a_token_in_stock_goes_one_way(void **state)
{
	char id[32];
	struct db_stock stock;

	(void)state;
	assert_int_equal(import_open(1, "none", id), 201);
	rows_begin();
	row_add("hotp", 7, NULL, "S1", 0);
	assert_int_equal(import_rows(id, 0), 200);
	assert_int_equal(import_call(IPC_IMPORT_COMMIT, id), 200);
	begin();
	assert_int_equal(db_stock_find(world.keeper.db, "S1", &stock), CS_OK);
	assert_int_equal(db_stock_remove(world.keeper.db, stock.token.id), CS_OK);
	other_of_user(IPC_TOKEN_ASSIGN, "alice");
	with(&other.request, IPC_TAG_TOKEN, "S1");
	other_begins();
	assert_false(atomic_load(&other.over));
	assert_int_equal(other_ends(), 404);
	require_rows("token", 0);
}

/* ---- who was made for a file that is discarded ---- */

static void who_gets_another_name_while_his_file_is_discarded_stays(void **state)
{
	struct db_alias alias = {.name = "ally", .created = T0};
	struct db_user carol;
	char id[32];

	(void)state;
	assert_int_equal(import_open(1, "make", id), 201);
	rows_begin();
	row_add("hotp", 7, "carol", NULL, 0);
	assert_int_equal(import_rows(id, 0), 200);
	begin();
	assert_int_equal(db_user_find(world.keeper.db, "carol", &carol), CS_OK);
	alias.user_id = carol.id;
	assert_int_equal(db_alias_add(world.keeper.db, &alias), CS_OK);
	other.request = ask(IPC_IMPORT_DISCARD, world.admin);
	with(&other.request, IPC_TAG_IMPORT, id);
	other_begins();
	assert_false(atomic_load(&other.over));
	assert_int_equal(other_ends(), 200);
	require_rows("stock", 0);
	assert_int_equal(db_user_find(world.keeper.db, "ally", &carol), CS_OK);
	assert_string_equal(carol.name, "carol");
}

/* ---- a name that is given twice ---- */

static void a_name_that_is_given_twice_at_once_is_one_of_the_two(void **state)
{
	struct db_user user;
	struct db_alias alias;

	(void)state;
	begin();
	assert_int_equal(db_user_add(world.keeper.db, "both", T0), CS_OK);
	other_of_user(IPC_ALIAS_ADD, "alice");
	with(&other.request, IPC_TAG_ALIAS, "both");
	other_begins();
	assert_false(atomic_load(&other.over));
	assert_int_equal(other_ends(), 409);
	assert_int_equal(db_user_find(world.keeper.db, "both", &user), CS_OK);
	assert_string_equal(user.name, "both");
	assert_int_equal(db_alias_find(world.keeper.db, "both", &alias), CS_ERR_NOT_FOUND);
}

/* The same, the alias first: to a user who is being added, and to another one's alias. */
static void a_name_that_is_an_alias_meanwhile_is_nobody_elses(void **state)
{
	static const enum ipc_op ops[] = {IPC_USER_ADD, IPC_ALIAS_ADD};
	static const char *const names[] = {"both", "ally"};
	struct db_user alice, user;
	struct db_alias alias = {.created = T0};

	(void)state;
	assert_int_equal(of_user(IPC_USER_ADD, "bob"), 201);
	world_open_beside(&other.keeper);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(db_begin(world.keeper.db), CS_OK);
		assert_int_equal(db_user_find(world.keeper.db, "alice", &alice), CS_OK);
		alias.user_id = alice.id;
		(void)snprintf(alias.name, sizeof(alias.name), "%s", names[i]);
		assert_int_equal(db_alias_add(world.keeper.db, &alias), CS_OK);
		other_of_user(ops[i], ops[i] == IPC_USER_ADD ? names[i] : "bob");
		if (ops[i] == IPC_ALIAS_ADD)
			with(&other.request, IPC_TAG_ALIAS, names[i]);
		other_begins();
		assert_false(atomic_load(&other.over));
		assert_int_equal(other_ends(), 409);
		assert_int_equal(db_user_find(world.keeper.db, names[i], &user), CS_OK);
		assert_string_equal(user.name, "alice");
	}
	require_rows("\"user\"", 2);
	require_rows("alias", 2);
}

/* ---- the nonce of a login ---- */

/* The nonce of the one login that there was, which nobody knows any more. */
static uint64_t nonce_forgotten(uint8_t nonce[DB_NONCE_LEN])
{
	static const struct sql_text texts[] = {{"SELECT id, expires FROM login_nonce", NULL}};
	struct sql *sql;

	assert_int_equal(sql_open(world.database.place, &sql), CS_OK);
	assert_int_equal(sql_prepare(sql, texts, 1), CS_OK);
	struct sql_statement *s = sql_statement(sql, 0);
	assert_int_equal(sql_step(s), CS_OK);
	assert_int_equal(sql_bytes(s, 0).len, DB_NONCE_LEN);
	memcpy(nonce, sql_bytes(s, 0).ptr, DB_NONCE_LEN);
	const uint64_t expires = (uint64_t)sql_number(s, 1);
	sql_close(sql);
	assert_true(database_execute(&world.database, NULL, "DELETE FROM login_nonce"));
	return expires;
}

/* The other one has found the nonce good when the first one has spent it. */
static void a_nonce_that_two_daemons_are_shown_at_once_is_good_for_one(void **state)
{
	struct login login = login_of_alice("certificate+password");
	uint8_t nonce[DB_NONCE_LEN];

	(void)state;
	require_accepted(&login);
	const uint64_t expires = nonce_forgotten(nonce);
	begin();
	assert_int_equal(db_nonce_spend(world.keeper.db, nonce, expires, world.now), CS_OK);
	other.request = login_request(&login);
	other_begins();
	assert_false(atomic_load(&other.over));
	assert_int_equal(other_ends(), 200);
	assert_null(memmem(other.reply.body.ptr, other.reply.body.len, "\"accepted\":true", 15));
	assert_non_null(memmem(other.reply.body.ptr, other.reply.body.len, "\"accepted\":false", 16));
	require_last_audit("login", "next", "nonce_used");
	X509_free(login.certificate);
}

static int race_proof_end(void **state)
{
	keeper_close(&other.keeper);
	memset(&other, 0, sizeof(other));
	return proof_end(state);
}

#define RACE(test)                                                                                           \
	{                                                                                                    \
#test, test, world_make, race_end, (void *)(uintptr_t)&on_postgresql                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RACE(a_seed_enrolled_while_its_last_code_is_taken_does_not_take_it_again),
	    RACE(a_code_taken_while_its_seed_is_enrolled_is_taken_for_both),
	    RACE(a_user_who_is_being_deleted_gets_no_token_by_any_name),
	    RACE(a_token_enrolled_while_its_user_is_being_deleted_goes_with_him),
	    RACE(a_seed_enrolled_while_its_token_is_being_deleted_goes_on_where_that_was),
	    RACE(a_token_in_stock_goes_one_way),
	    RACE(who_gets_another_name_while_his_file_is_discarded_stays),
	    RACE(a_name_that_is_given_twice_at_once_is_one_of_the_two),
	    RACE(a_name_that_is_an_alias_meanwhile_is_nobody_elses),
	    RACE(a_code_is_verified_while_a_file_is_committed),
	    RACE(who_may_not_commit_a_file_waits_for_nobody),
	    RACE(a_files_seed_is_not_enrolled_while_it_is_committed),
	    RACE(a_code_beside_enrolments_is_verified_while_a_file_is_committed),
	    RACE(a_file_waits_for_who_enrols_its_seed_and_is_refused),
	    {"a_nonce_that_two_daemons_are_shown_at_once_is_good_for_one",
	     a_nonce_that_two_daemons_are_shown_at_once_is_good_for_one, proof_make, race_proof_end,
	     (void *)(uintptr_t)&on_postgresql},
	};

	return cmocka_run_group_tests(tests, proof_group_make, proof_group_end);
}
