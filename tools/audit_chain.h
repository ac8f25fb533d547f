/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The chain of an audit log, held against itself and against checkpoints that lie elsewhere: each entry follows from the
 * one before; each entry that a checkpoint names has its hash; the log reaches the last checkpoint; and where it does not
 * begin with entry 1, it says itself, in an entry audit_prune, that retention has removed the ones before.
 *
 * Why a log that begins in the middle is proved by a later checkpoint: its hash covers the hash of the entry before, that
 * one's the one before, and so on to the first that is there.
 */
#ifndef COUNTERSIGN_TOOLS_AUDIT_CHAIN_H
#define COUNTERSIGN_TOOLS_AUDIT_CHAIN_H

#include "base/checkpoint.h"
#include "tools/audit_row.h"

#define AUDIT_FAULT_MAX 256u

/* Signed, and read (tools/audit_checkpoint.h): rising by sequence. */
struct audit_checkpoints {
	struct cs_checkpoint *all;
	size_t count;
};

struct audit_chain {
	const struct audit_checkpoints *checkpoints; /* NULL: none */
	size_t next;				     /* of them */
	bool older;				     /* the log may end before the last of them */
	uint64_t retention_ms;			     /* for which entries must have been kept whole; 0: not asked */
	uint64_t first, last;			     /* numbers; 0: no entry yet */
	uint64_t entries, masked, withheld, confirmed; /* confirmed: checkpoints that were met */
	uint8_t hash[CS_AUDIT_HASH_LEN];	     /* of the last entry; zeros before the first */
	uint64_t time_ms;			     /* of the last entry */
	uint64_t masked_ms;			     /* of the youngest masked one */
	uint64_t masked_number;
	uint64_t pruned, pruned_ms; /* the highest number that is told to be removed, and when it was */
	bool broken;
	uint64_t broken_at;
	char fault[AUDIT_FAULT_MAX]; /* why the entry broken_at does not hold */
};

/* The next entry. True while the chain holds. */
bool audit_chain_take(struct audit_chain *chain, const struct audit_row *row);
/* The entry after the last one is not even one, for this reason. Always false. */
bool audit_chain_break(struct audit_chain *chain, const char *fault);
/* After the last entry: what only the end shows. */
bool audit_chain_end(struct audit_chain *chain);

#endif
