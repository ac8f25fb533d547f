/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Changing the data key (data_key.h) while the daemon serves: what is sealed under a former key is sealed anew, a few rows
 * at a time, each few in a transaction of their own between two batches of requests. Several daemons on one PostgreSQL
 * do it together.
 *
 *   POST /v1/data-keys --> another key seals --rows of former keys, REKEY_STEP at a time--> no row has one: they are removed
 *
 * It may end at any instant: what a transaction has not committed was not done, and whoever comes next goes on, since what
 * is left to do is what the rows themselves say.
 */
#ifndef COUNTERSIGN_DAEMON_REKEY_H
#define COUNTERSIGN_DAEMON_REKEY_H

#include "daemon/keeper.h"

#define REKEY_STEP 64u

struct rekey {
	uint64_t next_ms;
	bool failing; /* and the log says so */
};

/* Does a step where one is due: at the start, when a request has begun a change or asks how far one is (rekey_begun), or when
 * this daemon sees, as it seals something, that another one has changed the keys; then until it has ended. */
void rekey_turn(struct keeper *keeper, struct rekey *rekey);
/* Milliseconds until one is; -1: none is. */
int64_t rekey_wait(const struct keeper *keeper, const struct rekey *rekey);

/* One step of at most limit rows (REKEY_STEP at most), in a transaction; ended: nothing is left to do, or was to be done. */
CS_MUST_CHECK enum cs_err rekey_step(struct keeper *keeper, uint32_t limit, bool *ended);

#endif
