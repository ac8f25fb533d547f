/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What keeper stores and how: sealed seeds, credentials, the database's own guards, the audit log's chain.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/audit.h"
#include "daemon/db.h"
#include "daemon/file.h"
#include "daemon/seal_key.h"
#include "daemon/sql.h"
#include "daemon/role.h"
#include "tests/unit/database.h"

struct place {
	struct database database;
	char file[96];
	struct db *db;
};

static const bool on_sqlite = false, on_postgresql = true;

/* *state says on which database; NULL: it needs none but for files. */
static int place_make(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	const bool *on_server = *state;

	*state = place;
	if (!place || !database_make(on_server && *on_server, &place->database))
		return -1;
	(void)snprintf(place->file, sizeof(place->file), "%s/file", place->database.directory);
	return 0;
}

static int place_make_db(void **state)
{
	if (place_make(state))
		return -1;
	struct place *place = *state;
	return db_create(place->database.place) || db_open(place->database.place, &place->db) ? -1 : 0;
}

static int place_remove(void **state)
{
	struct place *place = *state;

	db_close(place->db);
	(void)unlink(place->file);
	bool removed = database_remove(&place->database);
	free(place);
	return removed ? 0 : -1;
}

/* ---- seal ---- */

static void a_sealed_seed_opens_with_its_key_and_identity_only(void **state)
{
	static const uint8_t seed[] = "12345678901234567890";
	struct seal_key key = {{1, 2, 3}}, other = {{1, 2, 4}};
	uint8_t sealed[64], plain[64];
	struct cs_writer w = CS_WRITER_OF(sealed);

	(void)state;
	assert_int_equal(seal_close(&key, CS_VIEW_TEXT("t_1 of 1"), cs_view(seed, 20), &w), CS_OK);
	struct cs_view whole = cs_writer_view(&w);
	assert_int_equal(whole.len, 20 + SEAL_OVERHEAD);
	struct cs_writer out = CS_WRITER_OF(plain);
	assert_int_equal(seal_open(&key, CS_VIEW_TEXT("t_1 of 1"), whole, &out), CS_OK);
	assert_true(cs_view_equal(cs_writer_view(&out), cs_view(seed, 20)));
	out = CS_WRITER_OF(plain);
	assert_int_equal(seal_open(&key, CS_VIEW_TEXT("t_1 of 2"), whole, &out), CS_ERR_CORRUPT);
	out = CS_WRITER_OF(plain);
	assert_int_equal(seal_open(&other, CS_VIEW_TEXT("t_1 of 1"), whole, &out), CS_ERR_CORRUPT);
}

static void a_sealed_seed_with_any_bit_changed_or_byte_missing_does_not_open(void **state)
{
	struct seal_key key = {{9}};
	uint8_t sealed[64], plain[64];
	struct cs_writer w = CS_WRITER_OF(sealed), out;

	(void)state;
	assert_int_equal(seal_close(&key, CS_VIEW_TEXT("id"), CS_VIEW_TEXT("sixteen bytes ok"), &w), CS_OK);
	size_t len = cs_writer_view(&w).len;
	for (size_t bit = 0; bit < len * 8; bit++) {
		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		out = CS_WRITER_OF(plain);
		assert_int_equal(seal_open(&key, CS_VIEW_TEXT("id"), cs_view(sealed, len), &out),
				 CS_ERR_CORRUPT);
		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t cut = 0; cut < len; cut++) {
		out = CS_WRITER_OF(plain);
		assert_int_equal(seal_open(&key, CS_VIEW_TEXT("id"), cs_view(sealed, cut), &out),
				 CS_ERR_CORRUPT);
	}
}

static void a_key_file_is_made_once_and_read_only_where_nobody_else_may(void **state)
{
	const struct place *place = *state;
	static char error[CONFIG_ERROR_MAX];
	static struct config config;
	struct seal_key key, again;
	struct stat st;

	config_defaults(&config);
	(void)snprintf(config.sealing_key, sizeof(config.sealing_key), "%s", place->file);
	assert_int_equal(seal_key_open(&config, &key, error), CS_ERR_NOT_FOUND);
	assert_int_equal(seal_key_create(&config, error), CS_OK);
	assert_int_equal(seal_key_create(&config, error), CS_ERR_EXISTS);
	assert_int_equal(stat(place->file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(seal_key_open(&config, &key, error), CS_OK);
	assert_int_equal(seal_key_open(&config, &again, error), CS_OK);
	assert_memory_equal(&key, &again, sizeof(key));
	assert_int_equal(chmod(place->file, 0640), 0);
	assert_int_equal(seal_key_open(&config, &key, error), CS_ERR_DENIED);
	assert_int_equal(unlink(place->file), 0);
	assert_int_equal(file_create(place->file, 0600, CS_VIEW_TEXT("0123")), CS_OK);
	assert_int_equal(seal_key_open(&config, &key, error), CS_ERR_MALFORMED);
}

/* ---- credentials ---- */

static void a_credential_says_whose_it_is_and_no_two_are_the_same(void **state)
{
	char admin[CREDENTIAL_TEXT_SIZE], application[CREDENTIAL_TEXT_SIZE];
	uint8_t hash[CREDENTIAL_HASH_LEN], hash2[CREDENTIAL_HASH_LEN];

	(void)state;
	assert_int_equal(credential_new(CREDENTIAL_STAFF, admin, hash), CS_OK);
	assert_int_equal(credential_new(CREDENTIAL_APPLICATION, application, hash2), CS_OK);
	assert_int_equal(strlen(admin), CREDENTIAL_TEXT_LEN);
	assert_int_equal(credential_kind(cs_view_string(admin)), CREDENTIAL_STAFF);
	assert_int_equal(credential_kind(cs_view_string(application)), CREDENTIAL_APPLICATION);
	assert_int_equal(credential_kind(cs_view(admin, CREDENTIAL_TEXT_LEN - 1)), CREDENTIAL_NONE);
	assert_string_not_equal(admin + 4, application + 4);
	assert_memory_not_equal(hash, hash2, sizeof(hash));
	assert_int_equal(
	    strspn(admin + 4, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 43);
}

/* ---- database ---- */

static void add_token(struct db *db, const char *id, struct db_user *user)
{
	struct db_token token = {
	    .type = VERIFY_HOTP, .hash = CS_SHA1, .digits = 6, .period = 30, .state = DB_TOKEN_ACTIVE};

	if (db_user_find(db, "alice", user)) {
		assert_int_equal(db_user_add(db, "alice", 1), CS_OK);
		assert_int_equal(db_user_find(db, "alice", user), CS_OK);
	}
	(void)snprintf(token.id, sizeof(token.id), "%s", id);
	token.user_id = user->id;
	token.sealed_len = 40;
	assert_int_equal(db_token_add(db, &token), CS_OK);
}

static void the_guarded_update_lets_a_position_pass_once(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct verify_decision at5 = {.outcome = VERIFY_ACCEPTED, .at = 5, .next = 6};
	struct verify_decision at3 = {.outcome = VERIFY_ACCEPTED, .at = 3, .next = 4};
	struct db_user user;
	struct db_token token;

	add_token(db, "t_1", &user);
	assert_int_equal(db_token_accept(db, "t_1", &at5), CS_OK);
	assert_int_equal(db_token_accept(db, "t_1", &at5), CS_ERR_STATE);
	assert_int_equal(db_token_accept(db, "t_1", &at3), CS_ERR_STATE);
	assert_int_equal(db_token_find(db, "t_1", &token), CS_OK);
	assert_int_equal(token.next, 6);
	assert_int_equal(db_token_set_state(db, "t_1", DB_TOKEN_DISABLED), CS_OK);
	at5.at = 7;
	at5.next = 8;
	assert_int_equal(db_token_accept(db, "t_1", &at5), CS_ERR_STATE);
}

/* Another connection, which has seen the token t_1 as it was made. */
static struct db *seen_elsewhere(const struct place *place)
{
	struct db *other = NULL;
	struct db_user user;
	struct db_token seen;

	add_token(place->db, "t_1", &user);
	assert_int_equal(db_open(place->database.place, &other), CS_OK);
	assert_int_equal(db_token_find(other, "t_1", &seen), CS_OK);
	return other;
}

static void the_guard_holds_between_two_connections(void **state)
{
	struct place *place = *state;
	struct verify_decision decision = {.outcome = VERIFY_ACCEPTED, .at = 5, .next = 6};
	struct db *other = seen_elsewhere(place);

	assert_int_equal(db_token_accept(place->db, "t_1", &decision), CS_OK);
	assert_int_equal(db_token_accept(other, "t_1", &decision), CS_ERR_STATE);
	db_close(other);
}

/* Codes in no order have a bit each, and no position that moves. */
static void the_guarded_update_lets_a_bit_pass_once(void **state)
{
	struct place *place = *state;
	struct verify_decision third = {.outcome = VERIFY_ACCEPTED, .spends = 1u << 3},
			       fourth = {.outcome = VERIFY_ACCEPTED, .spends = 1u << 4};
	struct db *other = seen_elsewhere(place);

	assert_int_equal(db_token_accept(place->db, "t_1", &third), CS_OK);
	assert_int_equal(db_token_accept(place->db, "t_1", &third), CS_ERR_STATE);
	assert_int_equal(db_token_accept(other, "t_1", &third), CS_ERR_STATE);
	assert_int_equal(db_token_accept(other, "t_1", &fourth), CS_OK);
	assert_int_equal(db_token_accept(place->db, "t_1", &fourth), CS_ERR_STATE);
	db_close(other);
}

static void a_challenge_is_spent_once_whoever_has_seen_it_open(void **state)
{
	struct place *place = *state;
	struct db_challenge challenge = {.id = "c_1", .token = "t_1", .expires = 100, .application = "web"},
			    seen;
	struct db *other;
	struct db_user user;

	add_token(place->db, "t_1", &user);
	challenge.user_id = user.id;
	assert_int_equal(db_challenge_add(place->db, &challenge), CS_OK);
	assert_int_equal(db_open(place->database.place, &other), CS_OK);
	assert_int_equal(db_challenge_find(other, "c_1", &seen), CS_OK);
	assert_false(seen.spent);
	assert_int_equal(db_challenge_spend(place->db, "c_1"), CS_OK);
	assert_int_equal(db_challenge_spend(place->db, "c_1"), CS_ERR_STATE);
	assert_int_equal(db_challenge_spend(other, "c_1"), CS_ERR_STATE);
	db_close(other);
}

static void a_nonce_is_spent_once_whoever_has_seen_it_good(void **state)
{
	static const uint8_t nonce[DB_NONCE_LEN] = {1, 2, 3}, another[DB_NONCE_LEN] = {1, 2, 4};
	struct place *place = *state;
	struct db *other;
	bool spent;

	assert_int_equal(db_open(place->database.place, &other), CS_OK);
	assert_int_equal(db_nonce_spent(other, nonce, &spent), CS_OK);
	assert_false(spent);
	assert_int_equal(db_nonce_spend(place->db, nonce, 100, 1), CS_OK);
	assert_int_equal(db_nonce_spend(place->db, nonce, 100, 1), CS_ERR_EXISTS);
	assert_int_equal(db_nonce_spend(other, nonce, 100, 1), CS_ERR_EXISTS);
	assert_int_equal(db_nonce_spend(other, another, 100, 1), CS_OK);
	db_close(other);
}

static void the_database_itself_refuses_what_must_never_be(void **state)
{
	static const char *const never[] = {
	    "UPDATE token SET next = 5 WHERE id = 't_1'",
	    "UPDATE audit SET result = 'accepted'",
	    "DELETE FROM audit",
	    ("INSERT INTO audit (sequence, time_ms, actor, action, \"user\", token, result, reason, address, "
	     "detail, previous, hash) SELECT sequence + 5, time_ms, actor, action, \"user\", token, result, "
	     "reason, "
	     "address, detail, previous, CAST('' AS %s) FROM audit"),
	};
	struct place *place = *state;
	struct verify_decision decision = {.outcome = VERIFY_ACCEPTED, .at = 5, .next = 6};
	struct audit_entry entry = {.actor = "a", .action = "b", .result = "c"};
	struct db_user user;
	struct sql *raw;
	char text[512];

	add_token(place->db, "t_1", &user);
	assert_int_equal(db_token_accept(place->db, "t_1", &decision), CS_OK);
	assert_int_equal(audit_append(place->db, &entry), CS_OK);
	assert_int_equal(db_ping(place->db), CS_OK);
	assert_int_equal(sql_open(place->database.place, &raw), CS_OK);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		(void)snprintf(text, sizeof(text), i == 3 ? never[3] : "%s",
			       i < 3			? never[i]
			       : place->database.server ? "BYTEA"
							: "BLOB");
		assert_int_equal(sql_execute(raw, text), CS_ERR_CORRUPT);
	}
	sql_close(raw);
}

static void a_user_has_no_more_tokens_than_the_limit(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct db_token tokens[DB_USER_TOKENS_MAX],
	    more = {.id = "t_more", .type = VERIFY_TOTP, .hash = CS_SHA256};
	struct db_user user;
	char id[DB_TOKEN_ID_SIZE];
	size_t count;

	for (unsigned i = 0; i < DB_USER_TOKENS_MAX; i++) {
		(void)snprintf(id, sizeof(id), "t_%02u", i);
		add_token(db, id, &user);
	}
	more.user_id = user.id;
	more.digits = 6;
	more.period = 30;
	more.state = DB_TOKEN_ACTIVE;
	more.sealed_len = 40;
	assert_int_equal(db_token_add(db, &more), CS_ERR_STATE);
	assert_int_equal(db_token_of_user(db, &user, 0, tokens, &count), CS_OK);
	assert_int_equal(count, DB_USER_TOKENS_MAX);
	assert_string_equal(tokens[3].id, "t_03");
	/* One of them less in use: the other one comes in its place, in the order of ids. */
	assert_int_equal(db_token_set_state(db, "t_03", DB_TOKEN_DISABLED), CS_OK);
	assert_int_equal(db_token_add(db, &more), CS_OK);
	assert_int_equal(db_token_of_user(db, &user, 0, tokens, &count), CS_OK);
	assert_int_equal(count, DB_USER_TOKENS_MAX);
	assert_string_equal(tokens[3].id, "t_04");
	assert_string_equal(tokens[DB_USER_TOKENS_MAX - 1].id, "t_more");
}

static void what_was_rolled_back_is_not_there(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	struct db_user user;

	assert_int_equal(db_begin(db), CS_OK);
	assert_int_equal(db_user_add(db, "bob", 1), CS_OK);
	assert_int_equal(db_user_add(db, "bob", 1), CS_ERR_EXISTS);
	db_rollback(db);
	assert_int_equal(db_user_find(db, "bob", &user), CS_ERR_NOT_FOUND);
}

static void a_database_of_someone_else_is_not_taken_for_ours(void **state)
{
	static const char theirs[] = "CREATE TABLE token (a INTEGER)";
	const struct place *place = *state;
	bool server = place->database.server;
	struct db *db;

	assert_int_equal(db_open(place->database.place, &db), server ? CS_ERR_UNSUPPORTED : CS_ERR_NOT_FOUND);
	if (!server)
		assert_int_equal(file_create(place->database.place, 0600, CS_VIEW_EMPTY), CS_OK);
	assert_true(database_execute(&place->database, theirs, theirs));
	assert_int_equal(db_open(place->database.place, &db), CS_ERR_UNSUPPORTED);
	assert_int_equal(db_create(place->database.place), server ? CS_ERR_IO : CS_ERR_EXISTS);
	assert_int_equal(db_open(place->database.place, &db), CS_ERR_UNSUPPORTED);
}

static void a_database_that_is_in_use_is_not_made_again(void **state)
{
	struct place *place = *state;
	uint8_t hash[CREDENTIAL_HASH_LEN] = {1};
	const struct db_staff staff = {.name = "admin", .roles = ROLE_STAFF, .created = 1};
	struct db_caller caller;

	assert_int_equal(db_staff_add(place->db, &staff, hash), CS_OK);
	assert_int_equal(db_create(place->database.place), CS_ERR_EXISTS);
	assert_int_equal(db_caller_find(place->db, DB_BY_STAFF, hash, &caller), CS_OK);
	assert_string_equal(caller.name, "admin");
}

/* No descriptor is left: that is not the file's fault, and another time may do. */
static void a_file_that_no_descriptor_is_left_for_has_not_failed(void **state)
{
	const struct place *place = *state;
	struct rlimit before, none;
	struct db *db = NULL;
	bool gone = true;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){.rlim_cur = 3, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	enum cs_err err = db_open_or_blame(place->database.place, &gone, &db);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(err, CS_ERR_MEMORY);
	assert_false(gone);
}

static void a_database_of_a_newer_version_is_refused(void **state)
{
	const struct place *place = *state;
	struct db *db;

	assert_true(database_execute(&place->database, "PRAGMA user_version = 1000",
				     "UPDATE schema_version SET version = 1000"));
	assert_int_equal(db_open(place->database.place, &db), CS_ERR_UNSUPPORTED);
	assert_int_equal(db_open_migrating(place->database.place, &db), CS_ERR_UNSUPPORTED);
}

/* ---- audit ---- */

static void append(struct db *db, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct audit_entry entry = {
		    .time_ms = i, .actor = "test", .action = "test", .result = "done"};
		assert_int_equal(audit_append(db, &entry), CS_OK);
	}
}

static void the_chain_holds_from_its_first_entry_on(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	uint64_t last = 99, broken;

	assert_int_equal(audit_check(db, 0, &last, &broken), CS_OK);
	assert_int_equal(last, 0);
	append(db, 2500);
	assert_int_equal(audit_check(db, 0, &last, &broken), CS_OK);
	assert_int_equal(last, 2500);
	assert_int_equal(audit_check(db, 1200, &last, &broken), CS_OK);
	assert_int_equal(audit_check_head(db, &last, &broken), CS_OK);
}

#define SALTED 130u /* more than are made at once */

static void take_salt(void *ctx, const struct audit_entry *entry)
{
	uint8_t(*salts)[CS_AUDIT_SALT_LEN] = ctx;

	memcpy(salts[entry->sequence - 1], entry->salt, CS_AUDIT_SALT_LEN);
}

static void entries_that_are_appended_together_have_a_salt_each(void **state)
{
	struct db *db = ((struct place *)*state)->db;
	static struct audit_entry entries[SALTED];
	uint8_t salts[SALTED][CS_AUDIT_SALT_LEN];
	uint64_t last, broken;

	for (size_t i = 0; i < SALTED; i++)
		entries[i] = (struct audit_entry){
		    .time_ms = i, .actor = "test", .action = "test", .user = "alice", .result = "done"};
	assert_int_equal(audit_append_all(db, entries, SALTED), CS_OK);
	assert_int_equal(audit_check(db, 0, &last, &broken), CS_OK);
	assert_int_equal(last, SALTED);
	assert_int_equal(db_audit_list(db, 0, SALTED, take_salt, salts), CS_OK);
	for (size_t i = 0; i < SALTED; i++)
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(salts[i], salts[j], CS_AUDIT_SALT_LEN);
}

/* What someone does who can write the database: without the triggers. */
static void tamper(const struct place *place, const char *sql)
{
	char sqlite[512], postgresql[512];

	(void)snprintf(sqlite, sizeof(sqlite), "DROP TRIGGER audit_update; DROP TRIGGER audit_delete; %s",
		       sql);
	(void)snprintf(postgresql, sizeof(postgresql),
		       "DROP TRIGGER audit_update ON audit; DROP TRIGGER audit_row_delete ON audit; %s", sql);
	assert_true(database_execute(&place->database, sqlite, postgresql));
}

static void require_broken_at(struct place *place, const char *sql, uint64_t where)
{
	uint64_t last, broken = 0;

	append(place->db, 20);
	tamper(place, sql);
	assert_int_equal(audit_check(place->db, 0, &last, &broken), CS_ERR_CORRUPT);
	assert_int_equal(broken, where);
}

static void a_changed_text_breaks_the_chain(void **state)
{
	require_broken_at(*state, "UPDATE audit SET result = 'accepted' WHERE sequence = 7", 7);
}

static void a_changed_time_breaks_the_chain(void **state)
{
	require_broken_at(*state, "UPDATE audit SET time_ms = 99 WHERE sequence = 20", 20);
}

static void a_missing_entry_breaks_the_chain(void **state)
{
	require_broken_at(*state, "DELETE FROM audit WHERE sequence = 9", 9);
}

static void a_first_entry_that_follows_something_else_breaks_the_chain(void **state)
{
	require_broken_at(*state, "UPDATE audit SET previous = hash WHERE sequence = 1", 1);
}

static void an_entry_that_was_swapped_in_breaks_the_chain(void **state)
{
	require_broken_at(
	    *state,
	    "UPDATE audit SET (previous, hash, time_ms) ="
	    " (SELECT previous, hash, time_ms FROM audit WHERE sequence = 4) WHERE sequence = 5",
	    5);
}

#define ON_BOTH(test, setup)                                                                                 \
	{#test, test, setup, place_remove, (void *)(uintptr_t)&on_sqlite},                                   \
	{                                                                                                    \
#test "_on_postgresql", test, setup, place_remove, (void *)(uintptr_t)&on_postgresql         \
	}
#define ON_DB(test) ON_BOTH(test, place_make_db)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_sealed_seed_opens_with_its_key_and_identity_only),
	    cmocka_unit_test(a_sealed_seed_with_any_bit_changed_or_byte_missing_does_not_open),
	    cmocka_unit_test_setup_teardown(a_key_file_is_made_once_and_read_only_where_nobody_else_may,
					    place_make, place_remove),
	    cmocka_unit_test(a_credential_says_whose_it_is_and_no_two_are_the_same),
	    ON_DB(the_guarded_update_lets_a_position_pass_once),
	    ON_DB(the_guard_holds_between_two_connections),
	    ON_DB(the_guarded_update_lets_a_bit_pass_once),
	    ON_DB(a_challenge_is_spent_once_whoever_has_seen_it_open),
	    ON_DB(a_nonce_is_spent_once_whoever_has_seen_it_good),
	    ON_DB(the_database_itself_refuses_what_must_never_be),
	    ON_DB(a_user_has_no_more_tokens_than_the_limit),
	    ON_DB(what_was_rolled_back_is_not_there),
	    ON_BOTH(a_database_of_someone_else_is_not_taken_for_ours, place_make),
	    ON_DB(a_database_that_is_in_use_is_not_made_again),
	    {"a_file_that_no_descriptor_is_left_for_has_not_failed",
	     a_file_that_no_descriptor_is_left_for_has_not_failed, place_make_db, place_remove,
	     (void *)(uintptr_t)&on_sqlite},
	    ON_DB(a_database_of_a_newer_version_is_refused),
	    ON_DB(the_chain_holds_from_its_first_entry_on),
	    ON_DB(entries_that_are_appended_together_have_a_salt_each),
	    ON_DB(a_changed_text_breaks_the_chain),
	    ON_DB(a_changed_time_breaks_the_chain),
	    ON_DB(a_missing_entry_breaks_the_chain),
	    ON_DB(a_first_entry_that_follows_something_else_breaks_the_chain),
	    ON_DB(an_entry_that_was_swapped_in_breaks_the_chain),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
