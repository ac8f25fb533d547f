/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What keeper still does when the database takes nothing: it lets those in who have a break-glass code
 * (break_glass.h), and refuses everything that it could not store. What it did is told in the audit log as
 * soon as that takes entries again.
 *
 * Two hours are like that. A transaction fails, and the database is to blame (db_broken: its disk is full or
 * broken): its requests are answered here, and who asks is still looked up. A commit whose writes or sync
 * failed is undone for now, but may be there after a crash: who asked is told that nobody knows. Where it
 * failed for another reason (others' locks, memory, libcrypto) no code is good. Or there is no database at
 * all when keeper starts (its server is gone, a full disk has no room to open the file): then nobody's
 * credential can be looked up, and a code is good for whoever knows it; keeper serves so for EMERGENCY_MS,
 * and ends, to be started anew and look again. It does so only where there is a code to be used, and where it
 * is the database that cannot be had: not a token of another key, nor a lock, nor a statement that is
 * refused.
 */
#ifndef COUNTERSIGN_DAEMON_KEEPER_EMERGENCY_H
#define COUNTERSIGN_DAEMON_KEEPER_EMERGENCY_H

#include "daemon/keeper.h"

#define EMERGENCY_MS 10000

/* Why a transaction failed. */
enum failure {
	FAILURE_OTHER,	  /* locks, memory: no code is good */
	FAILURE_DATABASE, /* it takes nothing, or is not there: codes are good */
	FAILURE_COMMIT,	  /* the same, of its commit: whether that is stored is not known */
};

/* Opens the file of codes where it is not open; goes on without it, saying so once, where it cannot be had: a
 * keeper that was killed a moment ago may still have it. */
void keeper_break_glass_open(struct keeper *keeper);

/* Opens all that keeper works with, and says in the audit log that it serves; or, where there is no database
 * to be had and a code to be used without one, what that takes. Why it could not is logged. Leaves nothing
 * open on failure. */
CS_MUST_CHECK enum cs_err keeper_start(const struct config *config, struct clock clock, struct keeper *out);

/* keeper without a database. CS_ERR_NOT_FOUND: there is no code that anybody could use; CS_ERR_BUSY:
 * another process has them, maybe for a moment. Leaves nothing open on failure. */
CS_MUST_CHECK enum cs_err keeper_open_emergency(const struct config *config, struct clock clock,
						struct keeper *out, char error[CONFIG_ERROR_MAX]);

/* Appends the answer to a request of a transaction that failed. Every refusal of a code is logged at once and
 * counted in their file, for the audit log. */
CS_MUST_CHECK enum cs_err keeper_emergency(struct keeper *keeper, const struct ipc_request *request,
					   enum failure why, struct cs_writer *out);

/* Tells in the audit log what is to be told since keeper started, or the database failed: that it serves, and
 * what codes were used. In a transaction of its own; errors as the database's. Where the file of codes fails,
 * and not the database, what it has to tell stays due. */
CS_MUST_CHECK enum cs_err keeper_recover(struct keeper *keeper);
bool keeper_recover_due(const struct keeper *keeper);
/* The same where it is due, now and then, and not at once again where that failed. */
void keeper_recover_turn(struct keeper *keeper);

#endif
