/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Making, signing, storing and exporting checkpoints of the audit log: chores.h says when and where.
 *
 *   resting --due: the head is read, the key asked--> signing --it has answered--> stored --files written--> resting
 *      ^                                                 |
 *      +---- the key or the database failed: a minute ---+
 */
#ifndef COUNTERSIGN_DAEMON_CHECKPOINT_H
#define COUNTERSIGN_DAEMON_CHECKPOINT_H

#include "daemon/audit_key.h"
#include "daemon/keeper.h"

struct checkpoint_maker {
	struct audit_key *key;
	char directory[PATH_MAX];
	uint64_t every_entries, every_ms;
	uint8_t installation[CS_CHECKPOINT_INSTALLATION_LEN];
	struct db_checkpoint last; /* sequence 0: there is none */
	struct db_checkpoint next; /* while signing */
	bool signing;
	bool held;	   /* some were not exported yet */
	bool export_fails; /* and the log says so */
	uint64_t not_before_ms, export_not_before_ms;
};

CS_MUST_CHECK enum cs_err checkpoint_open(struct keeper *keeper, const struct config *config,
					  struct checkpoint_maker *out, char error[CONFIG_ERROR_MAX]);
void checkpoint_close(struct checkpoint_maker *maker);

/* Goes on as far as it can without waiting longer than wait_ms for the key. final: whatever has come is due. */
void checkpoint_turn(struct keeper *keeper, struct checkpoint_maker *maker, bool final, int wait_ms);
/* As chores_wait. */
int64_t checkpoint_wait(const struct keeper *keeper, const struct checkpoint_maker *maker);

#endif
