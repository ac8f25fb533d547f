/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Dual control: what one administrator cannot do alone.
 *
 *   a call -----> proposed --another administrator approves--> approved --the same call, with the approval--> executed
 *                    |                                            |
 *                    +---------- refused, by anyone -------------+        (each ends by itself when it expires)
 *
 *  1. Who proposes never approves: the database refuses it, too.
 *  2. What is executed is what was approved: operation, proposer, and subject, a text that names all that matters.
 *  3. An approval is used once: a guarded update, in the transaction of what it lets happen.
 *  4. The proposal, the approval or refusal, and the execution have an audit entry each; the last one names the
 *     approval.
 *
 * An operation that is under dual control takes IPC_TAG_APPROVAL as an optional field, and calls approval_take before
 * it changes anything.
 */
#ifndef COUNTERSIGN_DAEMON_KEEPER_APPROVAL_H
#define COUNTERSIGN_DAEMON_KEEPER_APPROVAL_H

#include "daemon/keeper_call.h"

/* Whether the operation may go on: the configuration does without dual control, or the request has an approval of
 * just this, which is used up then. Else it has been answered: 202 and the proposal where it had no approval, a
 * refusal where the approval is none of this. subject is a sentence for whoever approves, and fits DB_SUBJECT_MAX. */
CS_MUST_CHECK enum cs_err approval_take(struct call *call, const char *subject, bool *granted);
/* The same for what comes before the operation and changes nothing: the approval is good still. */
CS_MUST_CHECK enum cs_err approval_look(struct call *call, const char *subject, bool *granted);

/* The same for what gives power to a person: as long as only one administrator has ever been made there is no second
 * one to ask (keeper_staff.c). */
CS_MUST_CHECK enum cs_err staff_may_give(struct call *call, const char *subject, bool *granted);
/* Locks the persons against other daemons, and finds the one that the call is about. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err staff_find(struct call *call, struct db_staff *out);

/* The members of a proposal. */
void approval_write(struct json_out *out, const struct db_approval *approval, uint64_t now);

#endif
