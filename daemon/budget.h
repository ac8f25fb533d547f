/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The budget of attempts, as a pure function. An attempt is claimed before the code is looked at: the claim
 * counts it as a failure, and is stored by an update that the database guards with what was read. A success
 * sets the record back to nothing.
 *
 * Of a run of failures the first tries cost nothing but themselves; with the last of them, and with every
 * further one, a lock begins: delay seconds, then twice, four times ... that, up to delay_max. While a lock
 * lasts no claim is granted, nothing is counted, and the lock does not grow: whoever hammers at it gains no
 * look and makes nobody wait longer. A run ends with a success, or window seconds after its last failure.
 *
 * What has a record: a token, a user, a client's address, and a user at an address from which he has
 * succeeded before. keeper_attempt.h says which of them an attempt is charged to, docs/THREATS why.
 */
#ifndef COUNTERSIGN_DAEMON_BUDGET_H
#define COUNTERSIGN_DAEMON_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct budget {
	uint32_t failures;    /* in this run, claims that have not ended otherwise among them */
	uint64_t last, until; /* Unix seconds: of the last failure; of the lock's end, 0: none */
};

struct budget_rule {
	uint32_t tries;		   /* not 0 */
	uint32_t window;	   /* seconds */
	uint32_t delay, delay_max; /* seconds */
};

/* Whether an attempt may be made now; out is what to store then. A clock that went back ends no lock and
 * forgets no failure. */
bool budget_claim(const struct budget *record, const struct budget_rule *rule, uint64_t now,
		  struct budget *out);

/* Seconds until a claim would be granted; 0: now. */
uint64_t budget_wait(const struct budget *record, uint64_t now);

/* Failures as of now: 0 where the run has ended by itself. */
uint32_t budget_failures(const struct budget *record, const struct budget_rule *rule, uint64_t now);

#endif
