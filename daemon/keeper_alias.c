/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Other names of users. Whatever names a user may do so by an alias (call_user): all that is decided, counted
 * and audited then is decided, counted and audited of the user, under his name.
 */
#include <stdio.h>

#include "daemon/keeper_list.h"
#include "daemon/name.h"

/* False: it is no name. */
static bool alias_name(const struct call *call, char out[DB_USER_SIZE])
{
	return name_canonical(ipc_field(call->request, IPC_TAG_ALIAS), DB_USER_SIZE - 1, out) == CS_OK;
}

static void alias_answer(struct call *call, uint16_t status, const struct db_alias *alias)
{
	struct json_out out = json_out_of(&call->body);

	(void)snprintf(call->audit.user, sizeof(call->audit.user), "%s", alias->user);
	call->status = status;
	call_result(call, "done");
	call_detail(call, "%s", alias->name);
	json_object_begin(&out, NULL);
	json_text(&out, "alias", alias->name);
	json_text(&out, "user", alias->user);
	json_object_end(&out);
}

enum cs_err keeper_alias_add(struct call *call)
{
	struct db_alias alias = {.created = call_now(call)};
	struct db_user user;
	uint32_t count = 0;

	if (!alias_name(call, alias.name))
		return call_refuse(call, CALL_BAD_ALIAS);
	enum cs_err err = call_user(call, &user);
	if (!err)
		err = db_alias_count(call->keeper->db, user.id, &count);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_USER) : err;
	if (count >= DB_USER_ALIASES_MAX)
		return call_refuse(call, CALL_TOO_MANY_ALIASES);
	alias.user_id = user.id;
	(void)snprintf(alias.user, sizeof(alias.user), "%s", user.name);
	err = db_alias_add(call->keeper->db, &alias);
	if (err)
		return err == CS_ERR_EXISTS ? call_refuse(call, CALL_NAME_TAKEN) : err;
	alias_answer(call, 201, &alias);
	return CS_OK;
}

enum cs_err keeper_alias_remove(struct call *call)
{
	struct db_alias alias;
	char name[DB_USER_SIZE];

	if (!alias_name(call, name))
		return call_refuse(call, CALL_BAD_ALIAS);
	enum cs_err err = db_alias_find(call->keeper->db, name, &alias);
	if (!err)
		err = db_alias_remove(call->keeper->db, name);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_ALIAS) : err;
	alias_answer(call, 200, &alias);
	return CS_OK;
}

static void list_alias(void *ctx, const struct db_alias *alias)
{
	struct list *list = ctx;

	if (!list_row(list, alias->name))
		return;
	json_text(&list->out, "alias", alias->name);
	json_text(&list->out, "user", alias->user);
	json_number(&list->out, "created", alias->created);
	json_object_end(&list->out);
}

enum cs_err keeper_alias_list(struct call *call)
{
	struct list list = {0};
	struct db_user user = {.id = 0};
	char after[DB_USER_SIZE] = "";

	if (ipc_has(call->request, IPC_TAG_USER)) {
		enum cs_err err = call_user(call, &user);
		if (err)
			return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_USER) : err;
	}
	if (!list_begin(call, &list, "aliases", after))
		return CS_OK;
	return list_end(&list,
			db_alias_list(call->keeper->db, user.id, after, list.limit + 1, list_alias, &list));
}
