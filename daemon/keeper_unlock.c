/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Lifting the locks of addresses.
 */
#include <stdio.h>

#include "daemon/keeper_attempt.h"
#include "daemon/keeper_call.h"

/* Of one kind, at one application, or at all where there is no name: their subjects begin with KIND:ADDRESS
 * and a blank, which a ! follows. No name has a control character. */
static enum cs_err lock_lift_kind(struct call *call, const char *kind, const char *address, const char *name,
				  int64_t *sum)
{
	char first[DB_SUBJECT_SIZE], end[DB_SUBJECT_SIZE];
	int64_t lifted = 0;

	(void)snprintf(first, sizeof(first), "%s:%s %s", kind, address, name);
	(void)snprintf(end, sizeof(end), name[0] ? "%s:%s %s\001" : "%s:%s!%s", kind, address, name);
	enum cs_err err = db_lock_lift(call->keeper->db, first, end, &lifted);
	*sum += lifted;
	return err;
}

enum cs_err keeper_lock_lift(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	char address[CLIENT_ADDRESS_MAX], name[DB_NAME_SIZE] = "";
	int64_t lifted = 0;

	if (!client_address(ipc_field(call->request, IPC_TAG_CLIENT), address))
		return call_refuse(call, CALL_BAD_CLIENT);
	if (ipc_has(call->request, IPC_TAG_NAME) && !call_name(call, name))
		return call_refuse(call, CALL_BAD_NAME);
	enum cs_err err = lock_lift_kind(call, ATTEMPT_KIND_TRIES, address, name, &lifted);
	if (!err)
		err = lock_lift_kind(call, ATTEMPT_KIND_ASKING, address, name, &lifted);
	if (err)
		return err;
	if (!lifted)
		return call_refuse(call, CALL_NO_LOCK);
	call->status = 200;
	call_result(call, "done");
	json_object_begin(&out, NULL);
	json_text(&out, "address", address);
	if (name[0])
		json_text(&out, "application", name);
	json_number(&out, "lifted", (uint64_t)lifted);
	json_object_end(&out);
	return CS_OK;
}
