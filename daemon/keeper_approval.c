/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Proposals, and who decides them.
 */
#include "daemon/keeper_approval.h"

#include <stdio.h>
#include <string.h>

#include "daemon/name.h"

#define APPROVAL_KEPT                                                                                        \
	(90u * 86400u) /* seconds that a proposal can be looked up; the audit log has it longer */

void approval_write(struct json_out *out, const struct db_approval *approval, uint64_t now)
{
	static const char *const states[] = {[DB_PROPOSED] = "proposed",
					     [DB_APPROVED] = "approved",
					     [DB_REFUSED] = "refused",
					     [DB_EXECUTED] = "executed"};
	bool open = approval->state == DB_PROPOSED || approval->state == DB_APPROVED;

	json_text(out, "approval", approval->id);
	json_text(out, "action", approval->action);
	json_text(out, "subject", approval->subject);
	json_text(out, "proposer", approval->proposer);
	if (approval->approver[0])
		json_text(out, approval->state == DB_REFUSED ? "refused_by" : "approved_by",
			  approval->approver);
	json_text(out, "state", open && approval->expires <= now ? "expired" : states[approval->state]);
	json_number(out, "expires", approval->expires);
}

static void approval_answer(struct call *call, uint16_t status, const struct db_approval *approval)
{
	struct json_out out = json_out_of(&call->body);

	call->status = status;
	json_object_begin(&out, NULL);
	approval_write(&out, approval, call_now(call));
	json_object_end(&out);
}

/* What this call would be approved as. */
static void approval_of_call(const struct call *call, const char *subject, struct db_approval *out)
{
	memset(out, 0, sizeof(*out));
	(void)snprintf(out->action, sizeof(out->action), "%s", call->audit.action);
	(void)snprintf(out->subject, sizeof(out->subject), "%s", subject);
	(void)snprintf(out->proposer, sizeof(out->proposer), "%s", call_caller(call));
	out->state = DB_PROPOSED;
	out->created = call_now(call);
	out->expires = out->created + call->keeper->approval_lifetime;
}

static enum cs_err approval_propose(struct call *call, struct db_approval *approval)
{
	enum cs_err err = call_id_new("a_", approval->id);
	if (!err)
		err = db_approval_purge(call->keeper->db, approval->created > APPROVAL_KEPT
							      ? approval->created - APPROVAL_KEPT
							      : 0);
	if (!err)
		err = db_approval_add(call->keeper->db, approval);
	if (err)
		return err;
	call_result(call, "proposed");
	call_detail(call, "%s", approval->id);
	approval_answer(call, 202, approval);
	return CS_OK;
}

static enum cs_err approval_use(struct call *call, const char *subject, bool spend, bool *granted)
{
	struct db_approval approval;

	*granted = !call->keeper->dual_control;
	if (*granted)
		return CS_OK;
	if (strlen(subject) >= sizeof(approval.subject))
		return CS_ERR_LENGTH;
	approval_of_call(call, subject, &approval);
	if (!ipc_has(call->request, IPC_TAG_APPROVAL))
		return approval_propose(call, &approval);
	if (!call_text(call, IPC_TAG_APPROVAL, approval.id, sizeof(approval.id)) ||
	    name_check(cs_view_string(approval.id)))
		return call_refuse(call, CALL_NOT_APPROVED);
	enum cs_err err = spend ? db_approval_execute(call->keeper->db, &approval, approval.created)
				: db_approval_look(call->keeper->db, &approval, approval.created);
	if (err == CS_ERR_STATE)
		return call_refuse(call, CALL_NOT_APPROVED);
	if (err)
		return err;
	*granted = true;
	call_detail(call, "%s", approval.id);
	return CS_OK;
}

enum cs_err approval_take(struct call *call, const char *subject, bool *granted)
{
	return approval_use(call, subject, true, granted);
}

enum cs_err approval_look(struct call *call, const char *subject, bool *granted)
{
	return approval_use(call, subject, false, granted);
}

/* ---- deciding ---- */

/* Finds the proposal. CS_ERR_NOT_FOUND. */
static enum cs_err approval_find(struct call *call, struct db_approval *out)
{
	char id[DB_TOKEN_ID_SIZE];

	if (!call_text(call, IPC_TAG_APPROVAL, id, sizeof(id)) || name_check(cs_view_string(id)))
		return CS_ERR_NOT_FOUND;
	call_detail(call, "%s", id);
	return db_approval_find(call->keeper->db, id, out);
}

static enum cs_err approval_decide(struct call *call, bool grant)
{
	struct db_approval approval;

	enum cs_err err = keeper_lock_staff(call->keeper);
	if (!err)
		err = approval_find(call, &approval);
	if (err == CS_ERR_NOT_FOUND)
		return call_refuse(call, CALL_NO_APPROVAL);
	if (err)
		return err;
	if (grant && strcmp(approval.proposer, call_caller(call)) == 0)
		return call_refuse(call, CALL_OWN_APPROVAL);
	err = grant ? db_approval_grant(call->keeper->db, approval.id, call_caller(call), call_now(call))
		    : db_approval_refuse(call->keeper->db, approval.id, call_caller(call), call_now(call));
	if (err == CS_ERR_STATE)
		return call_refuse(call, CALL_APPROVAL_OVER);
	if (err)
		return err;
	approval.state = grant ? DB_APPROVED : DB_REFUSED;
	(void)snprintf(approval.approver, sizeof(approval.approver), "%s", call_caller(call));
	call_result(call, "done");
	approval_answer(call, 200, &approval);
	return CS_OK;
}

enum cs_err keeper_approval_grant(struct call *call)
{
	return approval_decide(call, true);
}

enum cs_err keeper_approval_refuse(struct call *call)
{
	return approval_decide(call, false);
}
