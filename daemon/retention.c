/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The audit log's retention.
 *
 * Invariants:
 *  1. Nothing is masked or goes that is too young for its class, or for any, whatever a checkpoint behind it
 * says.
 *  2. What goes is told in the log before, and the root is a checkpoint that is itself as old.
 */
#include "daemon/retention.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/chores.h"
#include "daemon/log.h"

#define DAY_MS		86400000u
#define RETENTION_RETRY 60000u

/* Taken before any other lock of the transaction, so that one daemon does this at a time. */
#define RETENTION_LOCK "{1129531214}"

/* ---- which entries ---- */

/* What a step has to do with the entries that it reads, in their order. */
struct retention_step {
	enum audit_class class;
	uint64_t cutoff_ms, tomorrow_ms;
	uint64_t mask[RETENTION_STEP]; /* the numbers of those to be masked */
	size_t mask_count;
	uint64_t last; /* the last one that was looked at; 0: none */
	bool stopped;  /* at one that is too young */
	size_t seen;
};

static bool step_too_young(const struct retention_step *step, const struct audit_entry *entry)
{
	return entry->time_ms >= step->cutoff_ms && entry->time_ms < step->tomorrow_ms;
}

static void step_look(void *ctx, const struct audit_entry *entry)
{
	struct retention_step *step = ctx;

	step->stopped = step->stopped || step_too_young(step, entry);
	if (step->stopped)
		return;
	step->seen++;
	step->last = entry->sequence;
	if (step->class != AUDIT_CLASSES && entry->format == 2 && !entry->masked &&
	    audit_class(entry) == step->class)
		step->mask[step->mask_count++] = entry->sequence;
}

/* Looks at the entries after the cursor. AUDIT_CLASSES: none is to be masked. */
static enum cs_err step_read(const struct keeper *keeper, enum audit_class class, uint64_t keep_ms,
			     uint64_t cursor, struct retention_step *out)
{
	const uint64_t now = clock_now(&keeper->clock);

	memset(out, 0, sizeof(*out));
	out->class = class;
	out->cutoff_ms = now > keep_ms ? now - keep_ms : 0;
	out->tomorrow_ms = now + DAY_MS;
	return db_audit_list(keeper->db, cursor, RETENTION_STEP, step_look, out);
}

/* ---- masking ---- */

static void retention_next_class(struct retention *retention)
{
	while (++retention->class < AUDIT_CLASSES && retention->keep_ms[retention->class] == 0)
		;
	if (retention->class < AUDIT_CLASSES)
		return;
	retention->state = RETENTION_SCANNING;
	retention->cursor = 0;
}

static enum cs_err retention_mask(struct keeper *keeper, struct retention *retention)
{
	const enum audit_class class = retention->class;
	struct retention_step step = {0};
	char detail[64];
	uint64_t cursor = 0;

	enum cs_err err = db_retention_cursor(keeper->db, (unsigned)class, &cursor);
	if (!err)
		err = step_read(keeper, class, retention->keep_ms[class], cursor, &step);
	for (size_t i = 0; !err && i < step.mask_count; i++)
		err = db_audit_mask(keeper->db, step.mask[i]);
	if (!err && step.last)
		err = db_retention_move(keeper->db, (unsigned)class, step.last);
	if (!err && step.mask_count) {
		(void)snprintf(detail, sizeof(detail), "%zu entries up to %" PRIu64, step.mask_count,
			       step.last);
		err = chores_tell(keeper, "audit_mask", audit_class_name(class), detail);
	}
	if (!err && (step.stopped || step.seen < RETENTION_STEP))
		retention_next_class(retention);
	return err;
}

/* ---- removing ---- */

/* For how long the longest class is kept; 0: for ever. */
static uint64_t retention_longest(const struct retention *retention)
{
	uint64_t longest = 0;

	for (size_t i = 0; i < AUDIT_CLASSES; i++) {
		if (retention->keep_ms[i] == 0)
			return 0;
		if (retention->keep_ms[i] > longest)
			longest = retention->keep_ms[i];
	}
	return longest;
}

/* The last checkpoint of what may go, itself as old, becomes the root, where it is another one than before.
 */
static enum cs_err retention_root(struct keeper *keeper, uint64_t last, uint64_t cutoff_ms)
{
	struct db_checkpoint checkpoint;
	uint64_t root;
	char reason[24];

	enum cs_err err = db_audit_root(keeper->db, &root);
	if (!err)
		err = db_checkpoint_up_to(keeper->db, last, cutoff_ms, &checkpoint);
	if (err == CS_ERR_NOT_FOUND || (!err && checkpoint.sequence <= root))
		return CS_OK;
	if (!err)
		err = db_audit_root_move(keeper->db, checkpoint.sequence);
	if (err)
		return err;
	(void)snprintf(reason, sizeof(reason), "%" PRIu64, checkpoint.sequence);
	return chores_tell(keeper, "audit_prune", reason, "");
}

/* Looks whether all that a new root would take away is old enough. */
static enum cs_err retention_scan(struct keeper *keeper, struct retention *retention)
{
	const uint64_t longest = retention_longest(retention);
	struct retention_step step = {0};
	uint64_t root;

	enum cs_err err = db_audit_root(keeper->db, &root);
	if (err)
		return err;
	if (retention->cursor < root)
		retention->cursor = root;
	if (longest) {
		err = step_read(keeper, AUDIT_CLASSES, longest, retention->cursor, &step);
		if (err)
			return err;
		if (step.last)
			retention->cursor = step.last;
		if (!step.stopped && step.seen == RETENTION_STEP)
			return CS_OK; /* there is more to look at */
		err = retention_root(keeper, retention->cursor, step.cutoff_ms);
	}
	if (!err)
		retention->state = RETENTION_DELETING;
	return err;
}

static enum cs_err retention_delete(struct keeper *keeper, struct retention *retention)
{
	int64_t removed = 0;
	uint64_t root;

	enum cs_err err = db_audit_root(keeper->db, &root);
	if (!err)
		err = db_audit_remove(keeper->db, root, RETENTION_STEP, &removed);
	if (!err && removed < RETENTION_STEP) {
		err = db_checkpoint_remove(keeper->db, root);
		if (!err)
			retention->state = RETENTION_WAITING;
	}
	return err;
}

/* ---- when ---- */

/* The next time that it is this hour. */
static uint64_t retention_night(const struct retention *retention, uint64_t now)
{
	const uint64_t hour = (uint64_t)retention->hour * 3600000;
	const uint64_t today = now / DAY_MS * DAY_MS + hour;

	return today > now ? today : today + DAY_MS;
}

void retention_open(const struct keeper *keeper, const struct config *config, struct retention *out)
{
	*out = (struct retention){
	    .keep_ms = {[AUDIT_DECISIONS] = (uint64_t)config->audit_decision_days * DAY_MS,
			[AUDIT_ADMINISTRATION] = (uint64_t)config->audit_administration_days * DAY_MS,
			[AUDIT_SECURITY] = (uint64_t)config->audit_security_days * DAY_MS},
	    .hour = config->audit_hour,
	    .next_ms = clock_now(&keeper->clock), /* a night may have been missed */
	};
}

/* One transaction. What it did in memory is undone where it fails. */
static enum cs_err retention_step(struct keeper *keeper, struct retention *retention)
{
	const struct retention before = *retention;

	enum cs_err err = db_begin(keeper->db);
	if (!err)
		err = db_lock(keeper->db, RETENTION_LOCK);
	if (!err && retention->state == RETENTION_MASKING)
		err = retention_mask(keeper, retention);
	else if (!err && retention->state == RETENTION_SCANNING)
		err = retention_scan(keeper, retention);
	else if (!err)
		err = retention_delete(keeper, retention);
	if (!err)
		err = db_commit(keeper->db);
	if (err) {
		db_rollback(keeper->db);
		*retention = before;
	}
	return err;
}

static void retention_begin(struct retention *retention)
{
	retention->state = RETENTION_MASKING;
	retention->class = AUDIT_DECISIONS;
	if (retention->keep_ms[AUDIT_DECISIONS] == 0)
		retention_next_class(retention);
}

void retention_turn(struct keeper *keeper, struct retention *retention)
{
	const uint64_t now = clock_now(&keeper->clock);

	if (now < retention->next_ms)
		return;
	if (retention->state == RETENTION_WAITING)
		retention_begin(retention);
	enum cs_err err = retention_step(keeper, retention);
	if (err) {
		log_line(LOG_LEVEL_ERROR, "the audit log's retention: %s; trying again in a minute",
			 cs_err_text(err));
		retention->next_ms = now + RETENTION_RETRY;
	} else if (retention->state == RETENTION_WAITING) {
		retention->next_ms = retention_night(retention, now);
	}
}

int64_t retention_wait(const struct keeper *keeper, const struct retention *retention)
{
	const uint64_t now = clock_now(&keeper->clock);

	return retention->next_ms > now ? (int64_t)(retention->next_ms - now) : 0;
}
