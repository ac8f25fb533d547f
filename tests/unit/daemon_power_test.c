/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The daemon's SQLite file on a computer that loses power, again and again: what a commit has acknowledged is
 * there afterwards, no position of a token is accepted a second time, and the audit log's chain holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/db_sql.h"
#include "tests/unit/database.h"
#include "tests/unit/power_vfs.h"

#define CUTS   200u
#define TOKENS 8u
#define BATCH  6u /* acceptances in a transaction */

static struct {
	struct database database;
	struct db *db;
	uint64_t next[TOKENS];	   /* the tokens' positions, as acknowledged */
	uint64_t tried[TOKENS];	   /* and as asked for in the transaction that was not */
	uint64_t entries, commits; /* acknowledged */
	const char *settings;	   /* of the connection, beside its own */
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
	token.user_id = user.id;
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

/* A transaction as keeper makes it: some codes accepted, their audit entries, the commit. False: it failed.
 */
static bool transaction(struct test_random *rng)
{
	struct audit_entry entries[BATCH] = {{0}};
	size_t count = 1 + test_random_below(rng, BATCH);
	char id[DB_TOKEN_ID_SIZE];

	memcpy(world.tried, world.next, sizeof(world.tried));
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
		err = audit_append_all(world.db, entries, count);
	if (!err)
		err = db_commit(world.db);
	if (err) {
		db_rollback(world.db);
		return false;
	}
	memcpy(world.next, world.tried, sizeof(world.next));
	world.entries += count;
	world.commits++;
	return true;
}

/* True where nothing acknowledged is missing: each token stands where it was, or where the transaction that
 * was not acknowledged would have brought it. */
static bool nothing_is_lost(void)
{
	struct db_token token;
	uint64_t last = 0, broken = 0;
	char id[DB_TOKEN_ID_SIZE];
	size_t old = 0, new = 0;

	for (size_t i = 0; i < TOKENS; i++) {
		token_name(i, id);
		if (db_token_find(world.db, id, &token))
			return false;
		old += token.next == world.next[i];
		new += token.next == world.tried[i];
	}
	if (audit_check(world.db, 0, &last, &broken) || last < world.entries)
		return false;
	if (new == TOKENS)
		memcpy(world.next, world.tried, sizeof(world.next));
	world.entries = last;
	return old == TOKENS || new == TOKENS;
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
		nothing_is_accepted_again();
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
