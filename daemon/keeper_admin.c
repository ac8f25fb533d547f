/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What administrators change: users, applications.
 */
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "daemon/keeper_call.h"
#include "daemon/name.h"
#include "daemon/role.h"

enum cs_err keeper_user_add(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	char name[DB_USER_SIZE];

	if (name_canonical(ipc_field(call->request, IPC_TAG_USER), sizeof(name) - 1, name))
		return call_refuse(call, CALL_BAD_USER);
	(void)snprintf(call->audit.user, sizeof(call->audit.user), "%s", name);
	enum cs_err err = db_user_add(call->keeper->db, name, call_now(call));
	if (err == CS_ERR_EXISTS)
		return call_refuse(call, CALL_USER_EXISTS);
	if (err)
		return err;
	call->status = 201;
	call_result(call, "done");
	json_object_begin(&out, NULL);
	json_text(&out, "user", name);
	json_object_end(&out);
	return CS_OK;
}

/* ---- applications ---- */

/* Where its lists are those of the request, refused where one is wrong; the others stay. */
static enum cs_err application_lists(struct call *call, struct scope *scope, bool *taken)
{
	static const struct {
		enum ipc_tag tag;
		enum cs_err (*take)(struct cs_view text, struct scope *out, char wrong[SCOPE_WORD_SIZE]);
		enum call_refusal refusal;
	} lists[] = {
	    {IPC_TAG_CALLS, scope_calls, CALL_BAD_CALLS},
	    {IPC_TAG_REALMS, scope_realms, CALL_BAD_REALMS},
	    {IPC_TAG_ADDRESSES, scope_addresses, CALL_BAD_ADDRESSES},
	};
	char wrong[SCOPE_WORD_SIZE];

	*taken = true;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (!ipc_has(call->request, lists[i].tag))
			continue;
		enum cs_err err = lists[i].take(ipc_field(call->request, lists[i].tag), scope, wrong);
		*taken = !err;
		if (err)
			return err == CS_ERR_MALFORMED ? call_refuse_word(call, lists[i].refusal, wrong)
						       : call_refuse(call, lists[i].refusal);
	}
	return CS_OK;
}

enum cs_err keeper_application_add(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	struct db_application application = {.created = call_now(call)};
	char credential[CREDENTIAL_TEXT_SIZE];
	uint8_t hash[CREDENTIAL_HASH_LEN];
	bool taken;

	if (!call_name(call, application.name))
		return call_refuse(call, CALL_BAD_NAME);
	enum cs_err err = application_lists(call, &application.scope, &taken);
	if (err || !taken)
		return err;
	err = credential_new(CREDENTIAL_APPLICATION, credential, hash);
	if (!err)
		err = db_application_add(call->keeper->db, &application, hash);
	if (!err) {
		call->status = 201;
		call_result(call, "done");
		json_object_begin(&out, NULL);
		json_text(&out, "name", application.name);
		json_text(&out, "credential", credential);
		json_object_end(&out);
	}
	cs_wipe(credential, sizeof(credential));
	return err == CS_ERR_EXISTS ? call_refuse(call, CALL_APPLICATION_EXISTS) : err;
}

enum cs_err keeper_application_scope(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	struct db_application application;
	char name[DB_NAME_SIZE];
	bool taken;

	enum cs_err err = call_name(call, name) ? db_application_find(call->keeper->db, name, &application)
						: CS_ERR_NOT_FOUND;
	if (err == CS_ERR_NOT_FOUND)
		return call_refuse(call, CALL_NO_APPLICATION);
	if (!err)
		err = application_lists(call, &application.scope, &taken);
	if (err || !taken)
		return err;
	err = db_application_set_scope(call->keeper->db, name, &application.scope);
	if (err)
		return err;
	call->status = 200;
	call_result(call, "done");
	json_object_begin(&out, NULL);
	json_text(&out, "name", name);
	call_scope(&out, &application.scope);
	json_object_end(&out);
	return CS_OK;
}

enum cs_err keeper_application_rotate(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	char name[DB_NAME_SIZE], credential[CREDENTIAL_TEXT_SIZE];
	uint8_t hash[CREDENTIAL_HASH_LEN];

	if (!call_name(call, name))
		return call_refuse(call, CALL_NO_APPLICATION);
	enum cs_err err = credential_new(CREDENTIAL_APPLICATION, credential, hash);
	if (!err)
		err = db_application_rotate(call->keeper->db, name, hash);
	if (!err) {
		call->status = 200;
		call_result(call, "done");
		json_object_begin(&out, NULL);
		json_text(&out, "name", name);
		json_text(&out, "credential", credential);
		json_object_end(&out);
	}
	cs_wipe(credential, sizeof(credential));
	return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_APPLICATION) : err;
}

enum cs_err keeper_application_remove(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	char name[DB_NAME_SIZE], holder[sizeof(call->audit.actor)];

	if (!call_name(call, name))
		return call_refuse(call, CALL_NO_APPLICATION);
	enum cs_err err = db_application_remove(call->keeper->db, name);
	if (!err) {
		(void)snprintf(holder, sizeof(holder), "%s:%s", role_title(ROLE_APPLICATION), name);
		err = db_kept_forget(call->keeper->db, holder); /* the next one of its name is another one */
	}
	if (err == CS_ERR_NOT_FOUND)
		return call_refuse(call, CALL_NO_APPLICATION);
	if (err)
		return err;
	call->status = 200;
	call_result(call, "done");
	json_object_begin(&out, NULL);
	json_text(&out, "name", name);
	json_bool(&out, "removed", true);
	json_object_end(&out);
	return CS_OK;
}
