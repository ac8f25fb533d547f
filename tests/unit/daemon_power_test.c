/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The daemon's SQLite file on a computer that loses power, again and again: what a commit has acknowledged is
 * there afterwards, no position of a token is accepted a second time, nothing that is good once is good again
 * (backup codes, challenges, nonces of logins, tries), answers that were kept are there, and the audit log's
 * chain holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/db_holder.h"
#include "daemon/db_sql.h"
#include "tests/unit/database.h"
#include "tests/unit/power_vfs.h"

#define CUTS   200u
#define TOKENS 8u
#define BATCH  6u   /* acceptances in a transaction */
#define CODES  64u  /* of a list */
#define LATEST 256u /* transactions that are looked at after each cut; at the end all are */

static struct {
	struct database database;
	struct db *db;
	uint64_t next[TOKENS];	   /* the tokens' positions, as acknowledged */
	uint64_t tried[TOKENS];	   /* and as asked for in the transaction that was not */
	uint32_t done, doing;	   /* transactions: acknowledged; and with the one that was not */
	uint64_t entries, commits; /* acknowledged */
	int64_t alice;
	const char *settings; /* of the connection, beside its own */
} world;

static void token_name(size_t i, char id[DB_TOKEN_ID_SIZE])
{
	(void)snprintf(id, DB_TOKEN_ID_SIZE, "t_%zu", i);
}

static int world_make(void **state)
{
	struct db_token token = {
	    .type = VERIFY_HOTP, .hash = CS_SHA1, .digits = 6, .period = 30, .state = DB_TOKEN_ACTIVE};
	struct db_user user;

	(void)state;
	memset(&world, 0, sizeof(world));
	if (!database_make(false, &world.database) || db_create(world.database.place) ||
	    db_open(world.database.place, &world.db) || db_user_add(world.db, "alice", 1) ||
	    db_user_find(world.db, "alice", &user))
		return -1;
	world.alice = token.user_id = user.id;
	token.sealed_len = 40;
	for (size_t i = 0; i < TOKENS; i++) {
		token_name(i, token.id);
		if (db_token_add(world.db, &token))
			return -1;
	}
	db_close(world.db);
	world.db = NULL;
	return 0;
}

static int world_end(void **state)
{
	(void)state;
	db_close(world.db);
	power_vfs_end();
	return database_remove(&world.database) ? 0 : -1;
}

/* ---- what is good once: one of each kind in each transaction, known by the transaction's number ---- */

/* A code of a list; a list begins with a user of its own. */
static enum cs_err code_spend(uint32_t number, bool first)
{
	struct db_token list = {.type = VERIFY_LIST,
				.hash = CS_SHA1,
				.digits = 8,
				.period = 30,
				.state = DB_TOKEN_ACTIVE,
				.sealed_len = 40};
	struct verify_decision decision = {.outcome = VERIFY_ACCEPTED,
					   .spends = UINT64_C(1) << number % CODES};
	struct db_user user;
	char name[32];

	(void)snprintf(name, sizeof(name), "owner%u", number / CODES);
	(void)snprintf(list.id, sizeof(list.id), "t_l%u", number / CODES);
	if (first && number % CODES == 0) {
		enum cs_err err = db_user_add(world.db, name, 1);
		if (!err)
			err = db_user_find(world.db, name, &user);
		list.user_id = err ? 0 : user.id;
		if (!err)
			err = db_token_add(world.db, &list);
		if (err)
			return err;
	}
	return db_token_accept(world.db, list.id, &decision);
}

static void challenge_name(uint32_t number, char id[DB_CHALLENGE_ID_SIZE])
{
	(void)snprintf(id, DB_CHALLENGE_ID_SIZE, "c_%u", number);
}

/* Asks one, and takes the answer to the one before. */
static enum cs_err challenge_spend(uint32_t number)
{
	struct db_challenge next = {.user_id = world.alice, .created = 1, .expires = 1000};
	char id[DB_CHALLENGE_ID_SIZE];

	challenge_name(number, next.id);
	token_name(0, next.token);
	enum cs_err err = db_challenge_add(world.db, &next);
	if (err || !number)
		return err;
	challenge_name(number - 1, id);
	return db_challenge_spend(world.db, id);
}

static enum cs_err nonce_spend(uint32_t number)
{
	uint8_t nonce[DB_NONCE_LEN] = {0};

	memcpy(nonce, &number, sizeof(number));
	return db_nonce_spend(world.db, nonce, 1000, 1);
}

static struct budget budget_after(uint32_t claims)
{
	return (struct budget){.failures = claims, .last = claims, .until = claims};
}

static enum cs_err claim(uint32_t number)
{
	const struct budget before = budget_after(number), after = budget_after(number + 1);

	return db_user_budget(world.db, world.alice, &before, &after);
}

static void kept_make(uint32_t number, struct db_kept *kept)
{
	memset(kept, 0, sizeof(*kept));
	(void)snprintf(kept->holder, sizeof(kept->holder), "test");
	(void)snprintf(kept->key, sizeof(kept->key), "%u", number);
	kept->sealed_len = 100;
	memset(kept->sealed, (int)(number % 251), kept->sealed_len);
	kept->created = 2;
}

static enum cs_err spend_all(uint32_t number)
{
	struct db_kept kept;

	kept_make(number, &kept);
	enum cs_err err = code_spend(number, true);
	if (!err)
		err = challenge_spend(number);
	if (!err)
		err = nonce_spend(number);
	if (!err)
		err = claim(number);
	return err ? err : db_kept_set(world.db, &kept);
}

/* Of the transactions that were acknowledged, from one on. */
static void nothing_is_free_again(uint32_t from)
{
	char id[DB_CHALLENGE_ID_SIZE];
	struct db_kept kept, found;
	struct db_challenge open;

	for (uint32_t number = from; number < world.done; number++) {
		assert_int_equal(code_spend(number, false), CS_ERR_STATE);
		assert_int_equal(nonce_spend(number), CS_ERR_EXISTS);
		challenge_name(number, id);
		assert_int_equal(db_challenge_find(world.db, id, &open), CS_OK);
		assert_int_equal(open.spent, number + 1 < world.done);
		if (open.spent)
			assert_int_equal(db_challenge_spend(world.db, id), CS_ERR_STATE);
		kept_make(number, &kept);
		found = kept;
		memset(found.sealed, 0xff, found.sealed_len);
		assert_int_equal(db_kept_find(world.db, &found, 1), CS_OK);
		assert_int_equal(found.sealed_len, kept.sealed_len);
		assert_memory_equal(found.sealed, kept.sealed, kept.sealed_len);
	}
	if (world.done)
		assert_int_equal(claim(world.done - 1), CS_ERR_BUSY);
}

/* A transaction as keeper makes it: some codes accepted, what is good once, their audit entries, the commit.
 * False: it failed. */
static bool transaction(struct test_random *rng)
{
	struct audit_entry entries[BATCH] = {{0}};
	size_t count = 1 + test_random_below(rng, BATCH);
	char id[DB_TOKEN_ID_SIZE];

	memcpy(world.tried, world.next, sizeof(world.tried));
	world.doing = world.done + 1;
	enum cs_err err = db_begin(world.db);
	for (size_t i = 0; !err && i < count; i++) {
		size_t token = test_random_below(rng, TOKENS);
		struct verify_decision decision = {.outcome = VERIFY_ACCEPTED, .at = world.tried[token]};
		decision.next = ++world.tried[token];
		token_name(token, id);
		(void)snprintf(entries[i].token, sizeof(entries[i].token), "%s", id);
		(void)snprintf(entries[i].actor, sizeof(entries[i].actor), "test");
		err = db_token_accept(world.db, id, &decision);
	}
	if (!err)
		err = spend_all(world.done);
	if (!err)
		err = audit_append_all(world.db, entries, count);
	if (!err)
		err = db_commit(world.db);
	if (err) {
		db_rollback(world.db);
		return false;
	}
	memcpy(world.next, world.tried, sizeof(world.next));
	world.done = world.doing;
	world.entries += count;
	world.commits++;
	return true;
}

/* True where nothing acknowledged is missing: each token, and what is counted against alice, stands where it
 * was, or where the transaction that was not acknowledged would have brought it. */
static bool nothing_is_lost(void)
{
	struct db_token token;
	uint64_t last = 0, broken = 0;
	char id[DB_TOKEN_ID_SIZE];
	struct db_user alice;

	if (db_user_find(world.db, "alice", &alice))
		return false;
	size_t old = alice.budget.failures == world.done, new = alice.budget.failures == world.doing;
	for (size_t i = 0; i < TOKENS; i++) {
		token_name(i, id);
		if (db_token_find(world.db, id, &token))
			return false;
		old += token.next == world.next[i];
		new += token.next == world.tried[i];
	}
	if (audit_check(world.db, 0, &last, &broken) || last < world.entries)
		return false;
	if (new == TOKENS + 1) {
		memcpy(world.next, world.tried, sizeof(world.next));
		world.done = world.doing;
	}
	world.entries = last;
	return old == TOKENS + 1 || new == TOKENS + 1;
}

static void nothing_is_accepted_again(void)
{
	char id[DB_TOKEN_ID_SIZE];

	for (size_t i = 0; i < TOKENS; i++) {
		if (!world.next[i])
			continue;
		struct verify_decision again = {
		    .outcome = VERIFY_ACCEPTED, .at = world.next[i] - 1, .next = world.next[i]};
		token_name(i, id);
		assert_int_equal(db_token_accept(world.db, id, &again), CS_ERR_STATE);
	}
}

/* Of what the latest transactions accepted and spent. */
static void nothing_is_good_twice(uint32_t latest)
{
	nothing_is_accepted_again();
	nothing_is_free_again(world.done > latest ? world.done - latest : 0);
}

/* Works until power goes, and looks what is there when it is back. False: something acknowledged is missing.
 */
static bool cut(struct test_random *rng)
{
	/* Mostly somewhere among commits; now and then within what opening does (the log is played back). */
	power_vfs_cut_at((unsigned)test_random_below(rng, test_random_below(rng, 4) ? 600 : 12));
	if (db_open(world.database.place, &world.db) == CS_OK) {
		bool set = !world.settings || sql_execute(world.db->sql, world.settings) == CS_OK;
		while (set && transaction(rng))
			;
		db_close(world.db);
		world.db = NULL;
	}
	assert_true(power_vfs_is_off());
	power_vfs_restore(rng);
	if (db_open(world.database.place, &world.db))
		return false;
	bool whole = nothing_is_lost();
	if (whole)
		nothing_is_good_twice(LATEST);
	db_close(world.db);
	world.db = NULL;
	return whole;
}

static void two_hundred_power_cuts_lose_nothing_acknowledged_and_accept_nothing_twice(void **state)
{
	struct test_random rng = test_random_start();

	(void)state;
	/* The log is brought into the database often, so that cuts fall there too. */
	world.settings = "PRAGMA wal_autocheckpoint = 40";
	for (unsigned i = 0; i < CUTS; i++)
		assert_true(cut(&rng));
	assert_int_equal(db_open(world.database.place, &world.db), CS_OK);
	nothing_is_good_twice(world.done);
	printf("# %llu commits, %llu audit entries\n", (unsigned long long)world.commits,
	       (unsigned long long)world.entries);
}

/* The test of the test. */
static void a_file_that_is_not_synced_would_be_found_out(void **state)
{
	struct test_random rng = test_random_start();
	unsigned whole = 0;

	(void)state;
	world.settings = "PRAGMA synchronous = OFF";
	while (whole < CUTS && cut(&rng))
		whole++;
	assert_true(whole < CUTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		two_hundred_power_cuts_lose_nothing_acknowledged_and_accept_nothing_twice, world_make,
		world_end),
	    cmocka_unit_test_setup_teardown(a_file_that_is_not_synced_would_be_found_out, world_make,
					    world_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
