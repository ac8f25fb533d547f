/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Personal data that has had its time.
 */
#include "daemon/keeper_purge.h"

#define PURGE_EVERY 3600u
#define PURGE_ROWS  500u /* of each kind in a turn */

static enum cs_err purge_rows(struct keeper *keeper, uint64_t now, bool *more)
{
	uint32_t challenges = 0, addresses = 0;

	enum cs_err err = db_challenge_forget(keeper->db, now - CHALLENGE_KEPT, PURGE_ROWS, &challenges);
	if (!err && now > keeper->known_for)
		err = db_known_forget(keeper->db, now - keeper->known_for, PURGE_ROWS, &addresses);
	*more = challenges == PURGE_ROWS || addresses == PURGE_ROWS;
	return err;
}

void purge_turn(struct keeper *keeper)
{
	const uint64_t now = clock_now(&keeper->clock) / 1000;
	bool more = false;

	if (!keeper->db || now < keeper->personal_purge_after)
		return;
	enum cs_err err = db_begin(keeper->db);
	if (!err)
		err = purge_rows(keeper, now, &more);
	if (!err)
		err = db_commit(keeper->db);
	if (err)
		db_rollback(keeper->db);
	if (err || !more)
		keeper->personal_purge_after = now + PURGE_EVERY;
}
