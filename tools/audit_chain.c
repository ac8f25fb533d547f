/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The chain of an audit log.
 *
 * Invariants:
 *  1. Each entry that was taken follows from the one before, and is what was hashed.
 *  2. No entry that a checkpoint names is another one, and the log reaches the last of them.
 *  3. What is missing at the front is told by the log, and a checkpoint anchors what is left.
 */
#include "tools/audit_chain.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utc.h"

#define DAY_MS 86400000u

__attribute__((format(printf, 3, 4))) static bool chain_broken(struct audit_chain *chain, uint64_t at,
							       const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(chain->fault, sizeof chain->fault, format, ap);
	va_end(ap);
	chain->broken = true;
	chain->broken_at = at;
	return false;
}

bool audit_chain_break(struct audit_chain *chain, const char *fault)
{
	return chain_broken(chain, chain->last + 1, "%s", fault);
}

static void chain_time(uint64_t ms, char text[CS_UTC_LEN + 1])
{
	struct cs_writer w = cs_writer_of(text, CS_UTC_LEN);

	text[cs_utc_write(ms, &w) == CS_OK ? CS_UTC_LEN : 0] = '\0';
}

/* A checkpoint of this entry, or of the one before the first. */
static bool chain_confirm(struct audit_chain *chain, uint64_t sequence, const uint8_t hash[CS_AUDIT_HASH_LEN])
{
	const struct audit_checkpoints *set = chain->checkpoints;

	while (set != NULL && chain->next < set->count && set->all[chain->next].sequence < sequence) {
		chain->next++;
	}
	for (; set != NULL && chain->next < set->count && set->all[chain->next].sequence == sequence;
	     chain->next++) {
		if (memcmp(set->all[chain->next].hash, hash, CS_AUDIT_HASH_LEN) != 0) {
			return chain_broken(
			    chain, sequence,
			    "it is not the entry of this number that a checkpoint was made of: the log "
			    "was rewritten, or an older state was brought back");
		}
		chain->confirmed++;
	}
	return true;
}

/* "audit_prune" of the daemon's own: its reason is the number up to which entries are gone. */
static void chain_note_prune(struct audit_chain *chain, const struct audit_row *row)
{
	const struct cs_view reason = row->fields.reason;
	uint64_t number = 0;

	if (!cs_view_equal(row->fields.action, CS_VIEW_TEXT("audit_prune")) ||
	    !cs_view_equal(row->fields.actor, CS_VIEW_TEXT("countersignd")) || reason.len > 18) {
		return;
	}
	for (size_t i = 0; i < reason.len; i++) {
		if (reason.ptr[i] < '0' || reason.ptr[i] > '9') {
			return;
		}
		number = number * 10 + (uint64_t)(reason.ptr[i] - '0');
	}
	if (number > chain->pruned) {
		chain->pruned = number;
		chain->pruned_ms = row->fields.time_ms;
	}
}

static bool chain_follows(struct audit_chain *chain, const struct audit_row *row)
{
	const uint64_t sequence = row->fields.sequence;
	static const uint8_t zeros[CS_AUDIT_HASH_LEN];

	if (sequence == 0) {
		return audit_chain_break(chain, "there is no entry 0");
	}
	if (chain->first == 0 && sequence > 1) {
		/* Whether that may be is for the end to say; its previous hash may be a checkpoint's. */
		chain->last = sequence - 1;
		return chain_confirm(chain, sequence - 1, row->fields.previous);
	}
	if (sequence <= chain->last) {
		return audit_chain_break(chain, "another entry stands in its place: they are out of order");
	}
	if (sequence != chain->last + 1) {
		return audit_chain_break(chain, "entries are missing before it");
	}
	if (memcmp(row->fields.previous, chain->first == 0 ? zeros : chain->hash, CS_AUDIT_HASH_LEN) != 0) {
		return audit_chain_break(chain, "it does not follow from the entry before it");
	}
	return true;
}

bool audit_chain_take(struct audit_chain *chain, const struct audit_row *row)
{
	if (chain->broken || !chain_follows(chain, row)) {
		return false;
	}
	const char *fault = audit_row_fault(row);
	if (fault != NULL) {
		return audit_chain_break(chain, fault);
	}
	if (chain->first == 0) {
		chain->first = row->fields.sequence;
	}
	chain->last = row->fields.sequence;
	chain->time_ms = row->fields.time_ms;
	chain->entries++;
	chain->masked += row->masked;
	chain->withheld += row->withheld;
	if (row->masked && row->fields.time_ms >= chain->masked_ms) {
		chain->masked_ms = row->fields.time_ms;
		chain->masked_number = row->fields.sequence;
	}
	memcpy(chain->hash, row->stored, sizeof chain->hash);
	chain_note_prune(chain, row);
	return chain_confirm(chain, chain->last, chain->hash);
}

/* Whether what is missing at the front was removed by the daemon, and late enough. */
static bool chain_end_front(struct audit_chain *chain)
{
	const struct audit_checkpoints *set = chain->checkpoints;

	if (chain->first > 1 && chain->pruned < chain->first - 1) {
		return chain_broken(
		    chain, chain->first - 1,
		    "it and what was before it are missing, and no entry of the log says that retention "
		    "removed them");
	}
	if (set != NULL && chain->first > 1 && chain->confirmed == 0) {
		return chain_broken(
		    chain, chain->first,
		    "the log begins with it, and none of the checkpoints is of this part of the log: give "
		    "the others too");
	}
	for (size_t i = 0; set != NULL && chain->retention_ms != 0 && i < set->count; i++) {
		const uint64_t made = set->all[i].time_ms;

		if (set->all[i].sequence == chain->pruned && chain->first > 1 &&
		    (chain->pruned_ms < made || chain->pruned_ms - made < chain->retention_ms)) {
			return chain_broken(chain, chain->pruned,
					    "it was removed when it was %" PRIu64 " days old",
					    chain->pruned_ms < made ? 0 : (chain->pruned_ms - made) / DAY_MS);
		}
	}
	return true;
}

bool audit_chain_end(struct audit_chain *chain)
{
	const struct audit_checkpoints *set = chain->checkpoints;
	char when[CS_UTC_LEN + 1];

	if (chain->broken || !chain_end_front(chain)) {
		return false;
	}
	if (!chain->older && set != NULL && set->count > 0 &&
	    set->all[set->count - 1].sequence > chain->last) {
		chain_time(set->all[set->count - 1].time_ms, when);
		return chain_broken(chain, chain->last + 1,
				    "the log ends before it, but a checkpoint of %s knows entry %" PRIu64
				    ": the end was cut off",
				    when, set->all[set->count - 1].sequence);
	}
	const uint64_t age = chain->time_ms > chain->masked_ms ? chain->time_ms - chain->masked_ms : 0;
	if (chain->retention_ms != 0 && chain->masked != 0 && age < chain->retention_ms) {
		return chain_broken(chain, chain->masked_number,
				    "it was masked when it was at most %" PRIu64 " days old", age / DAY_MS);
	}
	return true;
}
