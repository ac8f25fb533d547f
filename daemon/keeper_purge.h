/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What tells of persons and is of no use any longer: challenges, a day after they expired, with the data of transactions that
 * they were bound to; addresses that users have succeeded from, when known_days are over.
 */
#ifndef COUNTERSIGN_DAEMON_KEEPER_PURGE_H
#define COUNTERSIGN_DAEMON_KEEPER_PURGE_H

#include "daemon/keeper.h"

#define CHALLENGE_KEPT 86400u /* seconds that a challenge can still be asked about, after it expired */

/* Removes it, within the hour, a little at a time, each in a transaction of its own. What fails is done in the next hour. */
void purge_turn(struct keeper *keeper);

#endif
