/* SPDX-License-Identifier: BSD-2-Clause
 *
 * privacyIDEA's /auth: a name and a credential in the place of a password, for a token that stands for them.
 */
#include <string.h>

#include "daemon/auth_token.h"
#include "daemon/keeper_call.h"
#include "daemon/role.h"

enum cs_err keeper_auth(struct call *call)
{
	const struct cs_view credential = ipc_field(call->request, IPC_TAG_CREDENTIAL);
	struct auth_token token = {.issued = call_now(call),
				   .expires = call_now(call) + AUTH_TOKEN_LIFETIME,
				   .kind = credential_kind(credential)};
	struct json_out out = json_out_of(&call->body);
	char name[DB_NAME_SIZE], text[AUTH_TOKEN_MAX + 1];
	struct cs_writer w = cs_writer_of(text, AUTH_TOKEN_MAX);

	/* A token makes no other token: it would go on for ever. */
	if (!call_name(call, name) || strcmp(name, call_caller(call)) != 0 || token.kind == CREDENTIAL_NONE) {
		call->keeper->metrics.refused++;
		return call_refuse(call, CALL_UNAUTHORIZED);
	}
	enum cs_err err = credential_hash(credential, token.hash);
	if (!err)
		err = auth_token_make(&call->keeper->key, &token, name, &w);
	if (err)
		return err;
	text[cs_writer_view(&w).len] = '\0';
	call->status = 200;
	call_result(call, "done");
	json_object_begin(&out, NULL);
	json_text(&out, "auth_token", text);
	json_text(&out, "name", name);
	json_text(&out, "role", role_title(call->caller.roles));
	json_number(&out, "expires", token.expires);
	json_object_end(&out);
	return CS_OK;
}
