/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The audit log's retention: what goes, what stays, that the chain holds all the while, and that a wrong
 * clock makes nothing go. The clock is the test's.
 */
#include <ftw.h>
#include <sys/stat.h>

#include "daemon/audit_class.h"
#include "daemon/chores.h"
#include "tests/unit/keeper_world.h"

#define DAY   86400u
#define NIGHT (2u * 3600u) /* audit_hour's default */

static int tree_remove(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st;
	(void)type;
	(void)place;
	return remove(path);
}

static void open_chores(void)
{
	static char error[CONFIG_ERROR_MAX];

	if (chores_open(&world.keeper, &world.config, error))
		fail_msg("%s", error);
}

/* Does what is due, to its end. */
static void work(void)
{
	for (unsigned turn = 0; turn < 100000; turn++) {
		chores_turn(&world.keeper);
		const int wait = chores_wait(&world.keeper);
		if (wait != 0)
			return;
	}
	fail_msg("the chores do not come to an end");
}

static int chores_make(void **state)
{
	int made = world_make(state);

	if (!made) {
		world.config.audit_decision_days = 90;
		world.config.audit_administration_days = 180;
		world.config.audit_security_days = 365;
		open_chores();
		work();
	}
	return made;
}

static int chores_remove(void **state)
{
	chores_close(&world.keeper);
	(void)nftw(world.config.checkpoint_directory, tree_remove, 8, FTW_DEPTH | FTW_PHYS);
	(void)nftw(world.config.report_directory, tree_remove, 8, FTW_DEPTH | FTW_PHYS);
	(void)unlink(world.config.audit_key);
	return world_end(state);
}

/* ---- looking ---- */

struct count {
	size_t entries, masked, named;
	uint64_t first;
	struct audit_entry last_of; /* the last one of the action asked for */
	const char *action;
};

static void count_one(void *ctx, const struct audit_entry *entry)
{
	struct count *count = ctx;

	if (!count->entries++)
		count->first = entry->sequence;
	count->masked += entry->masked;
	count->named += entry->user[0] != '\0';
	if (count->action && strcmp(entry->action, count->action) == 0)
		count->last_of = *entry;
}

static struct count look(const char *action)
{
	struct count count = {.action = action};

	assert_int_equal(db_audit_list(world.keeper.db, 0, 1000000, count_one, &count), CS_OK);
	return count;
}

static uint64_t root(void)
{
	uint64_t sequence;

	assert_int_equal(db_audit_root(world.keeper.db, &sequence), CS_OK);
	return sequence;
}

static void require_whole(void)
{
	uint64_t last = 0, broken = 0;

	if (audit_check(world.keeper.db, 0, &last, &broken))
		fail_msg("the chain does not hold at %llu", (unsigned long long)broken);
}

/* The first night that begins days from now. */
static void pass(unsigned days)
{
	world.now = (world.now / DAY + days) * DAY + NIGHT;
	work();
}

static void decisions(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		verify("alice", "000000");
}

/* ---- classes ---- */

static void each_entry_has_a_class(void **state)
{
	static const struct {
		const char *actor, *reason;
		enum audit_class class;
	} rows[] = {
	    {"application:web", "", AUDIT_DECISIONS},
	    {"application:web", "replay", AUDIT_DECISIONS},
	    {"application:web", "forbidden", AUDIT_SECURITY},
	    {"unknown", "unauthorized", AUDIT_SECURITY},
	    {"administrator:admin", "", AUDIT_ADMINISTRATION},
	    {"operator:eve", "user_exists", AUDIT_ADMINISTRATION},
	    {"operator:eve", "forbidden", AUDIT_SECURITY},
	    {"countersignd", "", AUDIT_SECURITY},
	    {"countersign", "", AUDIT_SECURITY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct audit_entry entry = {0};
		(void)snprintf(entry.actor, sizeof(entry.actor), "%s", rows[i].actor);
		(void)snprintf(entry.reason, sizeof(entry.reason), "%s", rows[i].reason);
		assert_int_equal(audit_class(&entry), rows[i].class);
	}
}

/* ---- masking ---- */

static void an_entry_loses_the_person_when_its_class_says_so_and_the_chain_holds(void **state)
{
	(void)state;
	decisions(3);
	const struct count before = look(NULL);
	assert_int_equal(before.masked, 0);
	pass(89);
	assert_int_equal(look(NULL).masked, 0);
	pass(2);
	struct count after = look("audit_mask");
	assert_int_equal(after.masked, 3);
	assert_int_equal(after.named, before.named - 3);
	assert_string_equal(after.last_of.reason, "decisions");
	assert_non_null(strstr(after.last_of.detail, "3 entries up to "));
	require_whole();
	pass(91);
	after = look("audit_mask");
	assert_string_equal(after.last_of.reason, "administration");
	assert_int_equal(root(), 0);
	require_whole();
}

static void nothing_is_told_where_nothing_was_done(void **state)
{
	(void)state;
	const size_t before = look(NULL).entries;
	pass(1);
	pass(1);
	assert_int_equal(look(NULL).entries, before);
}

static void many_entries_are_masked_in_many_transactions(void **state)
{
	(void)state;
	decisions(450);
	const uint64_t commits = look("audit_mask").entries;
	pass(91);
	const struct count after = look("audit_mask");
	assert_int_equal(after.masked, 450);
	assert_int_equal(after.entries, commits + 3);
	require_whole();
}

static void a_class_that_is_kept_for_ever_is_not_masked_and_nothing_is_removed(void **state)
{
	(void)state;
	chores_close(&world.keeper);
	world.config.audit_security_days = 0;
	open_chores();
	decisions(2);
	pass(5000);
	const struct count after = look(NULL);
	assert_int_equal(after.first, 1);
	assert_int_equal(after.masked, 2 + 2); /* alice and web were made */
	require_whole();
}

/* ---- removing ---- */

static void what_no_class_keeps_goes_up_to_a_checkpoint_and_the_chain_holds(void **state)
{
	struct count after;

	(void)state;
	decisions(3);
	world.now += 2 * 3600;
	work(); /* a checkpoint of them */
	const uint64_t old = look(NULL).entries;
	decisions(2);
	pass(366);
	after = look("audit_prune");
	assert_true(root() >= old);
	assert_int_equal(after.first, root() + 1);
	assert_int_equal(strtoull(after.last_of.reason, NULL, 10), root());
	require_whole();
	/* Once more, and with a new life of the program. */
	chores_close(&world.keeper);
	open_chores();
	decisions(1);
	pass(366);
	require_whole();
	assert_int_equal(look(NULL).first, root() + 1);
}

static void nothing_goes_that_no_checkpoint_covers(void **state)
{
	struct sql *raw;

	(void)state;
	decisions(3);
	chores_close(&world.keeper);
	/* As if none had ever been made. */
	assert_int_equal(sql_open(world.database.place, &raw), CS_OK);
	assert_int_equal(sql_execute(raw, world.database.server
					      ? "DROP TRIGGER checkpoint_delete ON checkpoint"
					      : "DROP TRIGGER checkpoint_delete"),
			 CS_OK);
	assert_int_equal(sql_execute(raw, "DELETE FROM checkpoint"), CS_OK);
	sql_close(raw);
	world.now += 400 * DAY;
	open_chores();
	work(); /* makes one of the head of 400 days ago, but today */
	assert_int_equal(root(), 0);
	assert_int_equal(look(NULL).first, 1);
	require_whole();
}

static void what_was_half_removed_is_removed_the_next_night(void **state)
{
	(void)state;
	decisions(450);
	world.now += 2 * 3600;
	work();
	decisions(1);
	world.now = (world.now / DAY + 366) * DAY + NIGHT;
	for (unsigned turn = 0; root() == 0; turn++) {
		assert_true(turn < 1000);
		chores_turn(&world.keeper);
	}
	assert_int_equal(look(NULL).first, 1);
	require_whole();
	chores_turn(&world.keeper);
	assert_int_equal(look(NULL).first, 201);
	require_whole();
	chores_close(&world.keeper); /* the program ends here */
	open_chores();
	work();
	assert_int_equal(look(NULL).first, root() + 1);
	require_whole();
}

/* ---- clocks ---- */

static void a_clock_that_was_set_back_makes_nothing_go(void **state)
{
	(void)state;
	decisions(3);
	work();
	const uint64_t right = world.now;
	world.now = 1000 * DAY; /* 1972: a machine without a clock of its own */
	decisions(1);
	work(); /* and a checkpoint that is very old */
	world.now = right;
	decisions(1);
	pass(1);
	const struct count after = look(NULL);
	assert_int_equal(after.first, 1);
	assert_int_equal(after.masked, 0);
	require_whole();
	pass(92);
	assert_int_equal(look(NULL).masked, 5);
	require_whole();
}

static void a_clock_that_ran_ahead_keeps_nothing_for_ever(void **state)
{
	(void)state;
	const uint64_t right = world.now;
	world.now += 10000 * DAY;
	verify("alice", "000000"); /* no chores meanwhile */
	world.now = right;
	decisions(2);
	pass(91);
	assert_int_equal(look(NULL).masked, 3);
	require_whole();
}

/* ---- the database's own guards ---- */

static void the_database_lets_retention_do_no_more_than_that(void **state)
{
	static const char *const never[] = {
	    "UPDATE audit SET \"user\" = ''",
	    "UPDATE audit SET salt = NULL",
	    "UPDATE audit SET \"user\" = '', token = '', address = '', detail = '', salt = NULL, result = ''",
	    "UPDATE audit SET \"user\" = 'bob', token = '', address = '', detail = '', salt = NULL",
	    "UPDATE audit SET \"user\" = '', token = '', address = '', detail = '', salt = NULL, time_ms = 1",
	    ("UPDATE audit SET \"user\" = '', token = '', address = '', detail = '', salt = NULL, commitment "
	     "= hash"),
	    "DELETE FROM audit WHERE sequence = 1",
	    "UPDATE installation SET root = 1000000",
	};
	struct sql *raw;

	(void)state;
	assert_int_equal(sql_open(world.database.place, &raw), CS_OK);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (sql_execute(raw, never[i]) != CS_ERR_CORRUPT)
			fail_msg("%s", never[i]);
	sql_close(raw);
	require_whole();
}

#define BOTH(test)                                                                                           \
	{#test, test, chores_make, chores_remove, (void *)(uintptr_t)&on_sqlite},                            \
	{                                                                                                    \
#test "_on_postgresql", test, chores_make, chores_remove, (void *)(uintptr_t)&on_postgresql  \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_entry_has_a_class),
	    BOTH(an_entry_loses_the_person_when_its_class_says_so_and_the_chain_holds),
	    BOTH(nothing_is_told_where_nothing_was_done),
	    BOTH(many_entries_are_masked_in_many_transactions),
	    BOTH(a_class_that_is_kept_for_ever_is_not_masked_and_nothing_is_removed),
	    BOTH(what_no_class_keeps_goes_up_to_a_checkpoint_and_the_chain_holds),
	    BOTH(nothing_goes_that_no_checkpoint_covers),
	    BOTH(what_was_half_removed_is_removed_the_next_night),
	    BOTH(a_clock_that_was_set_back_makes_nothing_go),
	    BOTH(a_clock_that_ran_ahead_keeps_nothing_for_ever),
	    BOTH(the_database_lets_retention_do_no_more_than_that),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
