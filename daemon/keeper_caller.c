/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who asks, and whether he may: before an operation looks at anything, and audited where he may not.
 */
#include <stdio.h>

#include "daemon/keeper_call.h"
#include "daemon/role.h"

/* Whose credential it is. CS_ERR_NOT_FOUND. */
static enum cs_err caller_find(struct call *call)
{
	struct cs_view credential = ipc_field(call->request, IPC_TAG_CREDENTIAL);
	enum credential_kind kind = credential_kind(credential);
	uint8_t hash[CREDENTIAL_HASH_LEN];

	enum cs_err err = kind == CREDENTIAL_NONE ? CS_ERR_NOT_FOUND : credential_hash(credential, hash);
	if (!err)
		err = db_caller_find(call->keeper->db, kind, hash, &call->caller);
	if (err)
		return err;
	if (call->keeper->powers_apart && (call->caller.roles & ROLE_ADMINISTRATOR))
		call->caller.roles = ROLE_ADMINISTRATOR;
	(void)snprintf(call->audit.actor, sizeof(call->audit.actor), "%s:%s", role_title(call->caller.roles),
		       call->caller.name);
	return CS_OK;
}

enum cs_err keeper_authorize(struct call *call, bool *allowed)
{
	*allowed = role_may(0, call->request->op);
	if (*allowed)
		return CS_OK;
	enum cs_err err = caller_find(call);
	if (err && err != CS_ERR_NOT_FOUND)
		return err;
	*allowed = !err && role_may(call->caller.roles, call->request->op);
	if (*allowed)
		return CS_OK;
	call->keeper->metrics.refused++;
	return call_refuse(call, err ? CALL_UNAUTHORIZED : CALL_FORBIDDEN);
}
