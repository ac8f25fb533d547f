/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keeper's batches on a computer that loses power, again and again, at any write or sync: of a commit, of
 * bringing the log into the database, of playing the log back. What was answered before the cut is so after
 * it: codes that were accepted are refused, tokens are enrolled, disabled and deleted, guesses are counted,
 * answers under an Idempotency-Key come again, and the audit log's chain has an entry for each answer, in
 * their order. A batch that was not answered is there whole, or not at all; what of it had a key is asked for
 * again, and is done once.
 *
 * COUNTERSIGN_TEST_CUTS changes the number of cuts.
 */
#include "daemon/log.h"
#include "tests/unit/keeper_power.h"
#include "tests/unit/power_vfs.h"

#define CUTS	 200u
#define BATCHES	 40u   /* after which the power goes anyhow */
#define TOLD_MAX 4096u /* answers between two cuts */

static struct {
	struct power_model model;
	struct power_act acts[POWER_ACTS];    /* of the batch */
	struct power_act unheard[POWER_ACTS]; /* of the one that was not answered */
	size_t unheard_count;
	bool said_undone;		    /* ... but with a 503 that said that nothing was changed */
	struct power_act again[POWER_ACTS]; /* those of it that have a key */
	size_t again_count;
	struct told {
		const char *action, *result;
	} told[TOLD_MAX]; /* answers since base */
	size_t told_count;
	uint64_t base; /* the last audit entry that was looked at, */
	uint8_t base_hash[AUDIT_HASH_LEN];
	struct clock clock;
	const char *settings; /* of the connection, beside its own */
	unsigned answers, cut_batches, unheard_batches;
	unsigned checkpoints; /* that were cut: after a commit, or as keeper closes */
} run_of;

/* ---- batches ---- */

static bool batch_is_off(const struct power_act *acts, size_t count)
{
	if (!power_vfs_is_off())
		return power_fault(&run_of.model, "a batch of %zu was not stored, and the power is on",
				   count);
	memmove(run_of.unheard, acts, count * sizeof(acts[0]));
	run_of.unheard_count = count;
	run_of.cut_batches++;
	run_of.said_undone = false;
	return false;
}

static bool batch_reply(const struct power_act *act, const struct ipc_request *request,
			const struct ipc_reply *reply)
{
	if (reply->body.len >= sizeof(world.body) || run_of.told_count == TOLD_MAX)
		return power_fault(&run_of.model, "%s: an answer too many, or too long", act->user);
	memcpy(world.body, reply->body.ptr, reply->body.len);
	world.body[reply->body.len] = '\0';
	run_of.told[run_of.told_count++] = (struct told){ipc_rule(request->op)->name, power_result(act)};
	run_of.answers++;
	return power_answered(&run_of.model, act, reply->status);
}

/* The same of a batch that was answered 503, which says whether it may have been stored all the same. */
static bool batch_is_refused(const struct power_act *acts, size_t count, const struct ipc_reply *reply)
{
	static const char undone[] = "nothing was changed", unknown[] = "not known";
	const bool off = batch_is_off(acts, count);

	run_of.said_undone = memmem(reply->body.ptr, reply->body.len, undone, sizeof(undone) - 1) != NULL;
	if (run_of.said_undone ==
	    (memmem(reply->body.ptr, reply->body.len, unknown, sizeof(unknown) - 1) != NULL))
		return power_fault(&run_of.model, "a 503 does not say what was changed");
	return off;
}

/* False where it was not answered, or not as it has to be. */
static bool batch(const struct power_act *acts, size_t count)
{
	static struct ipc_request requests[POWER_ACTS];
	struct cs_writer w = CS_WRITER_OF(world.out);
	bool good = true;

	for (size_t i = 0; i < count; i++) {
		requests[i] = power_request(&acts[i]);
		requests[i].id = i;
	}
	if (keeper_batch(&world.keeper, requests, count, &w))
		return batch_is_off(acts, count);
	struct cs_view replies = cs_writer_view(&w);
	for (size_t i = 0; good && i < count; i++) {
		const struct ipc_reply reply = next_reply(&replies);
		if (reply.status == 503)
			return i ? power_fault(&run_of.model, "a batch was stored in part")
				 : batch_is_refused(acts, count, &reply);
		good = batch_reply(&acts[i], &requests[i], &reply);
	}
	run_of.checkpoints += power_vfs_is_off();
	return good;
}

/* ---- after a cut ---- */

struct look {
	uint64_t sequence;
	size_t count;
	bool same_base, good;
	struct audit_entry unheard[POWER_ACTS];
};

static void look_entry(void *ctx, const struct audit_entry *entry)
{
	struct look *look = ctx;
	const char *action = "", *result = "";

	if (entry->sequence == run_of.base) {
		look->same_base = memcmp(entry->hash, run_of.base_hash, AUDIT_HASH_LEN) == 0;
		return;
	}
	const size_t n = look->count++;
	look->sequence = entry->sequence;
	if (n < run_of.told_count) {
		action = run_of.told[n].action;
		result = run_of.told[n].result;
	} else if (n - run_of.told_count < run_of.unheard_count) {
		const struct power_act *act = &run_of.unheard[n - run_of.told_count];
		look->unheard[n - run_of.told_count] = *entry;
		action = ipc_rule(power_request(act).op)->name;
		result = power_result(act);
	}
	if (strcmp(entry->action, action) != 0 || strcmp(entry->result, result) != 0)
		look->good =
		    power_fault(&run_of.model, "audit entry %llu tells of %s, %s (%s); %s, %s was answered",
				(unsigned long long)entry->sequence, entry->action, entry->result,
				entry->reason, action, result);
}

/* Of the batch that was not answered: whether it is there. What has a key is to be asked for again. */
static bool look_unheard(const struct look *look)
{
	const size_t count = look->count - run_of.told_count;

	if (count != 0 && count != run_of.unheard_count)
		return power_fault(&run_of.model, "%zu of %zu requests of a batch are there", count,
				   run_of.unheard_count);
	if (count && run_of.said_undone)
		return power_fault(&run_of.model,
				   "a batch is there of which it was said that nothing was changed");
	run_of.unheard_batches += count != 0;
	run_of.again_count = 0;
	for (size_t i = 0; i < run_of.unheard_count; i++) {
		struct power_act *act = &run_of.unheard[i];
		if (act->key[0] && !act->body) {
			act->repeated = act->repeated || count != 0;
			run_of.again[run_of.again_count++] = *act;
		} else if (count && !act->body) {
			power_unheard(act, &look->unheard[i]);
		}
	}
	return true;
}

/* What was told is in the audit log, in its order, and nothing else but the batch that was not answered. */
static bool look_at_log(void)
{
	static struct look look;
	uint64_t last, broken;

	memset(&look, 0, sizeof(look));
	look.good = true;
	look.sequence = run_of.base;
	if (audit_check(world.keeper.db, 0, &last, &broken))
		return power_fault(&run_of.model, "the audit log's chain does not hold");
	if (db_audit_list(world.keeper.db, run_of.base - 1, TOLD_MAX + POWER_ACTS, look_entry, &look) ||
	    !look.good)
		return power_fault(&run_of.model, "the audit log cannot be read");
	if (!look.same_base || last != look.sequence || look.count < run_of.told_count)
		return power_fault(
		    &run_of.model, "the audit log ends at %llu; %zu answers after %llu were given",
		    (unsigned long long)last, run_of.told_count, (unsigned long long)run_of.base);
	if (!look_unheard(&look) || db_audit_head(world.keeper.db, &run_of.base, run_of.base_hash))
		return power_fault(&run_of.model, "the audit log has no head");
	run_of.told_count = run_of.unheard_count = 0;
	return true;
}

/* Callers who have heard nothing ask again; then everything that was spent is tried, and what was answered
 * under a key asked for. */
static bool ask_again(void)
{
	const size_t count = run_of.again_count;

	if (count) {
		if (!batch(run_of.again, count))
			return false;
		run_of.again_count = 0;
	}
	const size_t tried = power_again(&run_of.model, run_of.acts);
	return power_holds(&run_of.model) && (!tried || batch(run_of.acts, tried));
}

static bool serve(struct test_random *rng, unsigned batches)
{
	if (run_of.settings && sql_execute(world.keeper.db->sql, run_of.settings))
		return power_vfs_is_off() || power_fault(&run_of.model, "no settings");
	if (!look_at_log() || !ask_again())
		return false;
	while (batches-- > 0) {
		const size_t count = power_acts(&run_of.model, rng, run_of.acts);
		if (!batch(run_of.acts, count))
			return false;
		world.now += test_random_below(rng, 20);
	}
	return true;
}

/* Keeper opens what the last cut has left, and works until power goes. False: something is not as it has to
 * be. */
static bool cut(struct test_random *rng)
{
	static const size_t reach[] = {8, 60, 500, 500};
	static char error[CONFIG_ERROR_MAX];

	const unsigned at = (unsigned)test_random_below(rng, reach[test_random_below(rng, 4)]);
	if (test_random_below(rng, 4))
		power_vfs_cut_at(at);
	else
		power_vfs_cut_at_sync(at);
	if (keeper_open(&world.config, run_of.clock, &world.keeper, error) == CS_OK)
		(void)serve(rng, test_random_below(rng, 8) ? BATCHES : 2);
	else if (!power_vfs_is_off())
		(void)power_fault(&run_of.model, "keeper does not open: %s", error);
	const bool on = !power_vfs_is_off();
	keeper_close(&world.keeper); /* which may be where it goes, or it goes right after */
	run_of.checkpoints += on && power_vfs_is_off();
	power_vfs_restore(rng);
	return !run_of.model.fault[0];
}

/* ---- the tests ---- */

static int run_make(void **state)
{
	if (world_make(state))
		return -1;
	memset(&run_of, 0, sizeof(run_of));
	run_of.clock = world.keeper.clock;
	world.config.tries = 1000000; /* what is counted is looked at; nobody is locked out */
	world.config.tries_window = 100000000;
	world.config.challenges_hour = 1000000;
	world.config.challenge_lifetime = 1000000;
	return 0;
}

static int run_end(void **state)
{
	keeper_close(&world.keeper);
	power_vfs_end();
	return world_end(state);
}

static void begin(struct test_random *rng, const char *settings)
{
	power_begin(&run_of.model, rng);
	run_of.settings = settings;
	assert_int_equal(db_audit_head(world.keeper.db, &run_of.base, run_of.base_hash), CS_OK);
	keeper_close(&world.keeper);
	log_level_set(0); /* it says at each cut that the database fails */
}

static unsigned cuts(void)
{
	const char *given = getenv("COUNTERSIGN_TEST_CUTS");

	return given ? (unsigned)strtoul(given, NULL, 10) : CUTS;
}

static void whatever_keeper_has_answered_is_so_after_each_of_two_hundred_power_cuts(void **state)
{
	struct test_random rng = test_random_start();

	(void)state;
	/* The log is brought into the database often, so that cuts fall there too. */
	begin(&rng, "PRAGMA wal_autocheckpoint = 40");
	for (unsigned i = 0; i < cuts(); i++)
		if (!cut(&rng))
			fail_msg("cut %u: %s", i, run_of.model.fault);
	world_open();
	run_of.settings = NULL;
	if (!serve(&rng, 1))
		fail_msg("at the end: %s", run_of.model.fault);
	printf("# %u answers; %u batches were cut, %u of them are there; %u checkpoints were cut\n",
	       run_of.answers, run_of.cut_batches, run_of.unheard_batches, run_of.checkpoints);
	assert_true(cuts() < CUTS || (run_of.unheard_batches > 0 && run_of.checkpoints > 0));
}

/* The test of the test. */
static void a_keeper_whose_file_is_not_synced_would_be_found_out(void **state)
{
	struct test_random rng = test_random_start();
	unsigned whole = 0;

	(void)state;
	begin(&rng, "PRAGMA synchronous = OFF");
	while (whole < CUTS && cut(&rng))
		whole++;
	printf("# after %u cuts: %s\n", whole, run_of.model.fault);
	assert_true(whole < CUTS);
}

#define ON_A_CUT_POWER(test)                                                                                 \
	{                                                                                                    \
#test, test, run_make, run_end, (void *)(uintptr_t)&on_sqlite                                \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    ON_A_CUT_POWER(whatever_keeper_has_answered_is_so_after_each_of_two_hundred_power_cuts),
	    ON_A_CUT_POWER(a_keeper_whose_file_is_not_synced_would_be_found_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
