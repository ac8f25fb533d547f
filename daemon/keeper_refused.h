/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Credentials that nobody has, in the audit log: the first one from an address has an entry of its own, and what else
 * comes from there within a minute is counted in one entry at the minute's end. So whoever sends any text without end
 * writes two entries a minute, and every refusal stands in the log all the same. What is still to be told when keeper is
 * killed is lost; when it ends in order, it is told before.
 */
#ifndef COUNTERSIGN_DAEMON_KEEPER_REFUSED_H
#define COUNTERSIGN_DAEMON_KEEPER_REFUSED_H

#include <stdbool.h>

#include "daemon/audit.h"

#define REFUSED_PLACES 128u   /* addresses at once; all others are counted as one */
#define REFUSED_FOR    60000u /* milliseconds */

struct refused_place {
	char address[sizeof(((struct audit_entry *)0)->address)];
	uint64_t until;
	uint32_t more; /* beyond the first */
};

struct refused {
	struct refused_place places[REFUSED_PLACES + 1u]; /* the last one: all others */
	bool open[REFUSED_PLACES + 1u];
	unsigned count; /* that are open */
};

/* Notes a refusal. True where its entry is to be written; else it was counted. */
bool refused_note(struct refused *refused, const struct audit_entry *entry);

/* Closes what is over by now, all where now is UINT64_MAX: fills out, with room for REFUSED_PLACES + 1, with entries of
 * the time told; how many. */
size_t refused_due(struct refused *refused, uint64_t now_ms, uint64_t time_ms, struct audit_entry *out);

/* When something is due next; UINT64_MAX: nothing is. */
uint64_t refused_next(const struct refused *refused);

#endif
