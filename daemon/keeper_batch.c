/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keeper's batches: one transaction, its audit entries, the answers.
 *
 * Invariants:
 *  1. An answer leaves only after the commit of the transaction that it was made in.
 *  2. Every request that changes something, or is refused, has one audit entry in that transaction.
 *  3. The counters in metrics of verifications and audit entries count what was committed.
 *  4. A request that cannot be decided takes no other one of its batch with it.
 *  5. That another daemon commits a file, and enrolments wait, is no failure of the database
 * (keeper->failing).
 */
#include <stdio.h>
#include <string.h>

#include "daemon/break_glass.h"
#include "daemon/keeper_call.h"
#include "daemon/keeper_emergency.h"
#include "daemon/keeper_hook.h"
#include "daemon/log.h"

#define KEEPER_TELL_AGAIN 5000u /* milliseconds, where the database has failed */
#define KEEPER_TRIES	  8u	/* of a transaction that others' locks stood against */
#define KEEPER_WAITS	  2u	/* for others' locks, until they time out, of a batch's requests one by one */

/* Every request of a transaction that failed hears so, but, where the database is to blame, for what needs
 * none. */
static enum cs_err keeper_unavailable(struct keeper *keeper, const struct ipc_request *requests, size_t count,
				      enum failure failure, struct cs_writer *out)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < count; i++)
		err = keeper_emergency(keeper, &requests[i], failure, out);
	return err;
}

static void keeper_count_batch(struct keeper_metrics *m, size_t count)
{
	size_t bucket = 0;

	while (bucket < KEEPER_BATCH_BUCKETS - 1 && count > (size_t)1 << bucket)
		bucket++;
	m->batches[bucket]++;
	m->batch_requests += count;
	m->commits++;
}

/* Why a transaction failed; kept before it is rolled back. */
struct fault {
	enum failure failure;
	char why[256];
};

/* A disk that is full (CS_ERR_FULL) has not taken the record that makes a commit of what is before it; of one
 * that fails nobody knows what it has. */
static void fault_take(struct fault *fault, const struct db *db, enum cs_err err, bool committing)
{
	fault->failure = !db_broken(db)			  ? FAILURE_OTHER
			 : committing && err == CS_ERR_IO ? FAILURE_COMMIT
							  : FAILURE_DATABASE;
	(void)snprintf(fault->why, sizeof(fault->why), "%s", db_error_text(db));
}

/* One transaction: the requests, what they have to tell, the commit. */
static enum cs_err keeper_transaction(struct keeper *keeper, const struct ipc_request *requests, size_t count,
				      bool *committing, struct cs_writer *out)
{
	*committing = false;
	enum cs_err err = db_begin(keeper->db);
	if (err)
		return err == CS_ERR_BUSY ? CS_ERR_TIMEOUT : err; /* it has been waited for */
	keeper_caller_forget(keeper);
	err = keeper_lock(keeper, requests, count);
	keeper->entry_count = refused_due(&keeper->refused, clock_now(&keeper->clock),
					  clock_now(&keeper->clock), keeper->entries);
	keeper->metrics.audit_entries += keeper->entry_count;
	for (size_t i = 0; !err && i < count; i++)
		err = keeper_request(keeper, i, &requests[i], out);
	if (!err)
		err = hook_and_append(keeper);
	*committing = !err;
	if (!err)
		err = db_commit(keeper->db);
	if (!err && keeper->entry_count)
		keeper->audit_head = keeper->entries[keeper->entry_count - 1].sequence;
	return err;
}

/* Says once that the database fails. */
static void keeper_log_failing(struct keeper *keeper, enum cs_err err, const char *why)
{
	if (!keeper->failing)
		log_event(LOG_LEVEL_ERROR, "database_fails",
			  "the database takes no changes, and callers are answered 503: %s (%s)",
			  cs_err_text(err), why);
	keeper->failing = true;
}

/* A transaction that has only read says nothing of a full disk. */
static void keeper_log_working(struct keeper *keeper)
{
	if (!keeper->failing || keeper->entry_count == 0)
		return;
	log_event(LOG_LEVEL_NOTICE, "database_works", "the database takes changes again");
	keeper->failing = false;
	if (keeper_recover_due(keeper) && keeper_recover(keeper))
		keeper_log_failing(keeper, CS_ERR_IO, db_error_text(keeper->db));
}

/* The transaction, again where others' locks stood against it. What it has changed of keeper is as before
 * where it failed. */
static enum cs_err keeper_try(struct keeper *keeper, const struct ipc_request *requests, size_t count,
			      struct fault *fault, struct cs_writer *out)
{
	const struct keeper_metrics before = keeper->metrics;
	const struct cs_writer start = *out;
	enum cs_err err = CS_ERR_BUSY;
	bool committing = false;
	unsigned tries = 0;

	keeper->refused_before = keeper->refused;
	for (; err == CS_ERR_BUSY && tries < KEEPER_TRIES; tries++) {
		wait_begin(keeper, count);
		err = keeper_transaction(keeper, requests, count, &committing, out);
		if (err) {
			fault_take(fault, keeper->db, err, committing);
			db_rollback(keeper->db);
			keeper_caller_forget(keeper);
			keeper->metrics = before;
			keeper->refused = keeper->refused_before;
			*out = start;
		}
		if (keeper->glass)
			break_glass_settle(keeper->glass, !err);
	}
	if (err)
		return err;
	wait_end(keeper, count, true);
	keeper_count_batch(&keeper->metrics, count);
	keeper->metrics.repeated += tries - 1;
	keeper_log_working(keeper);
	return CS_OK;
}

/* How the requests of a batch fare that are tried one by one. */
struct apart {
	struct fault fault; /* of the last that failed */
	enum cs_err err;
	unsigned decided, failed;
	unsigned held_off; /* of those that failed: kept from enrolling, keeper_lock.h */
	unsigned waited;   /* for others' locks, until that timed out, or both ways time and again */
};

/* One of them, whose ticket is the first. CS_OK where it was answered. */
static enum cs_err keeper_apart(struct keeper *keeper, const struct ipc_request *request, struct apart *apart,
				struct cs_writer *out)
{
	const bool tried = apart->waited < KEEPER_WAITS;
	const unsigned before = keeper->held_off;

	enum cs_err err = tried ? keeper_try(keeper, request, 1, &apart->fault, out) : CS_ERR_TIMEOUT;
	apart->decided += !err;
	if (!err)
		return CS_OK;
	wait_end(keeper, 1, false);
	if (db_lost(keeper->db) || err == CS_ERR_NO_SPACE)
		return db_lost(keeper->db) ? CS_ERR_IO : err;
	if (tried)
		log_line(LOG_LEVEL_ERROR, "a request (%s) cannot be decided, and is answered 503: %s (%s)",
			 ipc_rule(request->op)->name, cs_err_text(err), apart->fault.why);
	const bool held_off = keeper->held_off > before;
	apart->held_off += held_off;
	apart->waited += !held_off && (err == CS_ERR_TIMEOUT || err == CS_ERR_BUSY);
	apart->failed++;
	apart->err = err;
	return keeper_unavailable(keeper, request, 1, apart->fault.failure, out);
}

/* One of the requests has failed for a reason of its own: each gets a transaction of its own, so that the
 * others are decided. Others' locks are not waited for again and again. */
static enum cs_err keeper_one_by_one(struct keeper *keeper, const struct ipc_request *requests, size_t count,
				     struct cs_writer *out)
{
	struct hash_ticket *tickets[KEEPER_BATCH_MAX];
	struct apart apart = {.err = CS_OK};
	enum cs_err err = CS_OK;

	memcpy(tickets, keeper->tickets, sizeof(tickets));
	memset(keeper->tickets, 0, sizeof(keeper->tickets));
	for (size_t i = 0; i < count; i++) {
		keeper->tickets[0] = tickets[i];
		if (err)
			wait_end(keeper, 1, false);
		else
			err = keeper_apart(keeper, &requests[i], &apart, out);
	}
	keeper->metrics.failed_commits += apart.failed > 0;
	if (!apart.decided && apart.failed > apart.held_off)
		keeper_log_failing(keeper, apart.err, apart.fault.why);
	return err;
}

/* Whether one of the requests may be to blame. A file that others have locked is locked for all. */
static bool keeper_is_ones(const struct keeper *keeper, enum cs_err err, const struct fault *fault)
{
	return fault->failure == FAILURE_OTHER && !db_lost(keeper->db) && err != CS_ERR_NO_SPACE &&
	       (err != CS_ERR_TIMEOUT || keeper->shared);
}

enum cs_err keeper_batch(struct keeper *keeper, const struct ipc_request *requests, size_t count,
			 struct cs_writer *out)
{
	struct fault fault = {.failure = FAILURE_OTHER};

	if (!keeper->db)
		return keeper_unavailable(keeper, requests, count, FAILURE_DATABASE, out);
	keeper->held_off = 0;
	enum cs_err err = keeper_try(keeper, requests, count, &fault, out);
	if (!err)
		return CS_OK;
	if (keeper_is_ones(keeper, err, &fault) && count > 1)
		return keeper_one_by_one(keeper, requests, count, out);
	if (count > 0 && keeper->held_off)
		log_line(LOG_LEVEL_ERROR,
			 "a request (%s) is answered 503: another daemon commits a file of tokens",
			 ipc_rule(requests[0].op)->name);
	else
		keeper_log_failing(keeper, err, fault.why);
	wait_end(keeper, count, false);
	if (db_lost(keeper->db))
		return CS_ERR_IO;
	if (err == CS_ERR_NO_SPACE)
		return err;
	keeper->metrics.failed_commits++;
	return keeper_unavailable(keeper, requests, count, fault.failure, out);
}

enum cs_err keeper_tell(struct keeper *keeper, bool last)
{
	struct cs_writer none = cs_writer_of(keeper->body, 0);

	for (size_t i = 0; last && i <= REFUSED_PLACES; i++)
		keeper->refused.places[i].until = 0;
	if (!keeper->refused.count)
		return CS_OK;
	enum cs_err err = keeper_batch(keeper, NULL, 0, &none);
	for (size_t i = 0; keeper->failing && i <= REFUSED_PLACES; i++) /* not over and over */
		keeper->refused.places[i].until += KEEPER_TELL_AGAIN;
	return err;
}

int keeper_tell_in(const struct keeper *keeper)
{
	const uint64_t next = refused_next(&keeper->refused), now = clock_now(&keeper->clock);

	if (next == UINT64_MAX)
		return -1;
	return next <= now ? 0 : next - now < REFUSED_FOR ? (int)(next - now) : (int)REFUSED_FOR;
}
