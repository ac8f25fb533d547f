/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the audit log keeps, and for how long: every night, at audit_hour UTC, and at the first chance after a night that
 * was missed, in transactions of a few hundred entries each.
 *
 *  1. An entry of format 2 that is older than its class's days (audit_class.h) loses what tells of a person, and its
 *     salt. Its hash stays as it was, so the chain does not notice. An entry audit_mask tells of it.
 *  2. Entries that are older than every class's days go, from the front: up to a root, which is a signed checkpoint. An
 *     entry audit_prune tells of it before they go; its reason is the root's number. With a class that is kept for ever (0
 *     days) none goes.
 *
 * The clock may have been wrong when an entry was written. One that seems to be of tomorrow or later is taken for as old
 * as those around it; at one that is too young the work stops for this night, whatever a checkpoint behind it says: so a
 * clock that was set back for a while makes nothing go that is to stay.
 *
 *   waiting --night--> masking class by class --> scanning --a root was found--> deleting --> waiting
 */
#ifndef COUNTERSIGN_DAEMON_RETENTION_H
#define COUNTERSIGN_DAEMON_RETENTION_H

#include "daemon/audit_class.h"
#include "daemon/keeper.h"

#define RETENTION_STEP 200u /* entries in one transaction */

enum retention_state { RETENTION_WAITING, RETENTION_MASKING, RETENTION_SCANNING, RETENTION_DELETING };

struct retention {
	uint64_t keep_ms[AUDIT_CLASSES]; /* 0: for ever */
	uint32_t hour;
	enum retention_state state;
	enum audit_class class; /* while masking */
	uint64_t cursor;	/* while scanning: the entry before the next one */
	uint64_t next_ms;	/* while waiting: the next night */
};

void retention_open(const struct keeper *keeper, const struct config *config, struct retention *out);

/* One step, where one is due. */
void retention_turn(struct keeper *keeper, struct retention *retention);
/* Milliseconds until the next step is due. */
int64_t retention_wait(const struct keeper *keeper, const struct retention *retention);

#endif
