/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who asks, and whether he may: before an operation looks at anything, and audited where he may not.
 */
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "daemon/auth_token.h"
#include "daemon/keeper_call.h"
#include "daemon/name.h"
#include "daemon/role.h"

/* What a credential is looked up by: its own hash, or the one that a token holds. CS_ERR_NOT_FOUND: it is
 * neither. */
static enum cs_err caller_hash(const struct call *call, struct cs_view credential, enum credential_kind *kind,
			       uint8_t hash[CREDENTIAL_HASH_LEN])
{
	struct auth_token token;

	*kind = credential_kind(credential);
	if (*kind != CREDENTIAL_NONE)
		return credential_hash(credential, hash);
	enum cs_err err = auth_token_open(&call->keeper->key, credential, call_now(call), &token);
	if (err)
		return err;
	*kind = token.kind;
	memcpy(hash, token.hash, CREDENTIAL_HASH_LEN);
	return CS_OK;
}

/* Who shows it. Requests of one batch are often one application's, and who that is is read once for them. */
static enum cs_err caller_row(struct call *call, enum db_caller_by by,
			      const uint8_t shown[CREDENTIAL_HASH_LEN])
{
	struct caller_kept *kept = &call->keeper->caller;

	if (!kept->is_there || kept->by != by || !cs_equal_ct(kept->shown, shown, sizeof(kept->shown))) {
		kept->is_there = false;
		enum cs_err err = db_caller_find(call->keeper->db, by, shown, &kept->row);
		if (err)
			return err;
		kept->by = by;
		memcpy(kept->shown, shown, sizeof(kept->shown));
		kept->is_there = true;
	}
	call->caller = kept->row;
	return CS_OK;
}

void keeper_caller_forget(struct keeper *keeper)
{
	keeper->caller.is_there = false;
}

/* Whose credential it is, or, without one, whose certificate. CS_ERR_NOT_FOUND. */
static enum cs_err caller_find(struct call *call)
{
	struct cs_view credential = ipc_field(call->request, IPC_TAG_CREDENTIAL);
	struct cs_view certificate = ipc_field(call->request, IPC_TAG_CERTIFICATE);
	uint8_t hash[CREDENTIAL_HASH_LEN];
	enum credential_kind kind;
	enum cs_err err;

	if (!credential.ptr && certificate.len == DB_FINGERPRINT_LEN) {
		err = caller_row(call, DB_BY_CERTIFICATE, certificate.ptr);
	} else {
		err = caller_hash(call, credential, &kind, hash);
		if (!err)
			err = caller_row(call, kind == CREDENTIAL_STAFF ? DB_BY_STAFF : DB_BY_APPLICATION,
					 hash);
	}
	if (err)
		return err;
	if (call->keeper->powers_apart && (call->caller.roles & ROLE_ADMINISTRATOR))
		call->caller.roles = ROLE_ADMINISTRATOR;
	(void)snprintf(call->audit.actor, sizeof(call->audit.actor), "%s:%s", role_title(call->caller.roles),
		       call->caller.name);
	return CS_OK;
}

/* A person who has a certificate calls with it; without one he calls where none is wanted. */
static enum call_refusal caller_certificate(const struct call *call)
{
	const struct cs_view shown = ipc_field(call->request, IPC_TAG_CERTIFICATE);
	const struct db_caller *caller = &call->caller;

	if (!(caller->roles & ROLE_STAFF))
		return CALL_REFUSAL_COUNT;
	if (!caller->certificate_len)
		return call->keeper->staff_certificates ? CALL_NO_CERTIFICATE : CALL_REFUSAL_COUNT;
	return cs_view_equal(shown, cs_view(caller->certificate, caller->certificate_len))
		   ? CALL_REFUSAL_COUNT
		   : CALL_WRONG_CERTIFICATE;
}

/* What gives somebody a credential, a break-glass code or seeds, says which certificate is his, or approves
 * of what takes two, is not for who shows a token: whoever has got hold of one would have for good what ends
 * within the hour. */
static bool caller_wants_credential(const struct call *call)
{
	static const enum ipc_op lasting[] = {
	    IPC_STAFF_ADD,	   IPC_STAFF_ROTATE,	IPC_STAFF_CERTIFICATE, IPC_APP_ADD,
	    IPC_APP_ROTATE,	   IPC_APP_CERTIFICATE, IPC_CERTIFICATE_ADD,   IPC_USER_CERTIFICATES,
	    IPC_BREAK_GLASS_ISSUE, IPC_APPROVAL_GRANT,	IPC_USER_EXPORT,       IPC_REALM_EXPORT};
	const struct cs_view shown = ipc_field(call->request, IPC_TAG_CREDENTIAL);

	if (!shown.ptr || credential_kind(shown) != CREDENTIAL_NONE)
		return false;
	for (size_t i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++)
		if (call->request->op == lasting[i])
			return true;
	return false;
}

/* What stands against the call, of whoever it is that asks; CALL_REFUSAL_COUNT where nothing does. */
static enum call_refusal caller_refusal(const struct call *call)
{
	const struct scope *scope = &call->caller.scope;
	enum call_refusal refusal = caller_certificate(call);
	if (refusal != CALL_REFUSAL_COUNT)
		return refusal;
	if (!scope_has_address(scope, call->audit.address))
		return CALL_ADDRESS_REFUSED;
	if (!role_may(call->caller.roles, call->request->op))
		return CALL_FORBIDDEN;
	if (caller_wants_credential(call))
		return CALL_CREDENTIAL_WANTED;
	if (!scope_has_call(scope, call->request->op))
		return CALL_CALL_REFUSED;
	return CALL_REFUSAL_COUNT;
}

/* The name that was given, and the name of the user that it stands for, are of the caller's realms. What is
 * no name is nobody's, and the operation's to refuse; a disabled user is nobody here, too. */
static enum cs_err caller_realm(const struct call *call, enum call_refusal *refusal)
{
	const struct scope *scope = &call->caller.scope;
	const struct cs_view given = ipc_field(call->request, IPC_TAG_USER);
	char name[DB_USER_SIZE];
	struct db_user user;

	if (!given.ptr || !scope->realms[0] || name_canonical(given, sizeof(name) - 1, name))
		return CS_OK;
	if (!scope_has_user(scope, name)) {
		*refusal = CALL_REALM_REFUSED;
		return CS_OK;
	}
	enum cs_err err = db_user_find(call->keeper->db, name, &user);
	if (!err && !user.disabled && !scope_has_user(scope, user.name))
		*refusal = CALL_REALM_REFUSED;
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err keeper_authorize(struct call *call, bool *allowed)
{
	const struct cs_view barred = ipc_field(call->request, IPC_TAG_BARRED);
	enum call_refusal refusal = CALL_UNAUTHORIZED;
	enum cs_err err = CS_ERR_NOT_FOUND;

	*allowed = role_may(0, call->request->op);
	if (*allowed)
		return CS_OK;
	if (!barred.ptr || ipc_has(call->request, IPC_TAG_CREDENTIAL))
		err = caller_find(call);
	if (err && err != CS_ERR_NOT_FOUND)
		return err;
	if (barred.ptr)
		refusal = cs_view_equal(barred, CS_VIEW_TEXT("certificate")) ? CALL_UNTRUSTED_CERTIFICATE
									     : CALL_UNAUTHORIZED;
	else if (!err)
		refusal = caller_refusal(call);
	if (refusal == CALL_REFUSAL_COUNT)
		err = caller_realm(call, &refusal);
	if (err && err != CS_ERR_NOT_FOUND)
		return err;
	*allowed = refusal == CALL_REFUSAL_COUNT;
	if (*allowed)
		return CS_OK;
	call->keeper->metrics.refused++;
	return call_refuse(call, refusal);
}
