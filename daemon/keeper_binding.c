/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which certificates are whose, among users: bound by their keys, so that a renewed certificate is the same
 * one. The list of them is in keeper_list.c.
 */
#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "daemon/keeper_list.h"
#include "daemon/name.h"

#define FINGERPRINT_DIGITS (2u * DB_FINGERPRINT_LEN)

static bool binding_fingerprint(struct call *call, uint8_t out[DB_FINGERPRINT_LEN])
{
	const struct cs_view text = ipc_field(call->request, IPC_TAG_FINGERPRINT);
	struct cs_writer w = cs_writer_of(out, DB_FINGERPRINT_LEN);

	return text.len == FINGERPRINT_DIGITS && !cs_hex_decode(text, &w);
}

static void binding_answer(struct call *call, uint16_t status, const struct db_binding *binding)
{
	struct json_out out = json_out_of(&call->body);
	char text[FINGERPRINT_DIGITS + 1];

	cs_hex_encode(CS_VIEW_OF(binding->fingerprint), text);
	(void)snprintf(call->audit.user, sizeof(call->audit.user), "%s", binding->user);
	call->status = status;
	call_result(call, "done");
	call_detail(call, "%.32s", text);
	json_object_begin(&out, NULL);
	json_text(&out, "certificate", text);
	json_text(&out, "user", binding->user);
	json_text(&out, "label", binding->label);
	json_object_end(&out);
}

enum cs_err keeper_binding_add(struct call *call)
{
	struct db_binding binding = {.created = call_now(call)};
	struct db_user user;

	enum cs_err err = call_user(call, &user);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_USER) : err;
	if (!binding_fingerprint(call, binding.fingerprint))
		return call_refuse(call, CALL_BAD_FINGERPRINT);
	if (!call_text(call, IPC_TAG_LABEL, binding.label, sizeof(binding.label)) ||
	    name_check(cs_view_string(binding.label)))
		return call_refuse(call, CALL_BAD_LABEL);
	binding.user_id = user.id;
	memcpy(binding.user, user.name, sizeof(binding.user));
	err = db_binding_add(call->keeper->db, &binding);
	if (err)
		return err == CS_ERR_EXISTS ? call_refuse(call, CALL_CERTIFICATE_BOUND) : err;
	binding_answer(call, 201, &binding);
	return CS_OK;
}

enum cs_err keeper_binding_remove(struct call *call)
{
	struct db_binding binding;
	uint8_t fingerprint[DB_FINGERPRINT_LEN];

	if (!binding_fingerprint(call, fingerprint))
		return call_refuse(call, CALL_BAD_FINGERPRINT);
	enum cs_err err = db_binding_find(call->keeper->db, fingerprint, &binding);
	if (!err)
		err = db_binding_remove(call->keeper->db, fingerprint);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_BINDING) : err;
	binding_answer(call, 200, &binding);
	return CS_OK;
}

/* Whether names count for a user. Not while a certificate is bound to him: it would be one of many then. */
enum cs_err keeper_user_certificates(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	const struct cs_view what = ipc_field(call->request, IPC_TAG_CERTIFICATES);
	const bool bound_only = cs_view_equal(what, CS_VIEW_TEXT("bound"));
	struct db_user user;
	uint32_t bound = 0;

	enum cs_err err = call_user(call, &user);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_USER) : err;
	if (!bound_only && !cs_view_equal(what, CS_VIEW_TEXT("named")))
		return call_refuse(call, CALL_BAD_CERTIFICATES);
	if (!bound_only)
		err = db_binding_count(call->keeper->db, user.id, &bound);
	if (!err && bound)
		return call_refuse(call, CALL_STILL_BOUND);
	if (!err)
		err = db_user_set_bound_only(call->keeper->db, user.id, bound_only);
	if (err)
		return err;
	call->status = 200;
	call_result(call, "done");
	call_detail(call, "%s", bound_only ? "bound" : "named");
	json_object_begin(&out, NULL);
	json_text(&out, "user", user.name);
	json_text(&out, "certificates", bound_only ? "bound" : "named");
	json_object_end(&out);
	return CS_OK;
}

static void list_binding(void *ctx, const struct db_binding *binding)
{
	struct list *list = ctx;
	char hex[2 * DB_FINGERPRINT_LEN + 1];

	cs_hex_encode(CS_VIEW_OF(binding->fingerprint), hex);
	if (!list_row(list, hex))
		return;
	json_text(&list->out, "certificate", hex);
	json_text(&list->out, "user", binding->user);
	json_text(&list->out, "label", binding->label);
	json_number(&list->out, "created", binding->created);
	json_object_end(&list->out);
}

enum cs_err keeper_binding_list(struct call *call)
{
	uint8_t after[DB_FINGERPRINT_LEN];
	struct cs_writer w = CS_WRITER_OF(after);
	char text[DB_USER_SIZE] = "", name[DB_USER_SIZE];
	const bool named = ipc_has(call->request, IPC_TAG_USER);
	struct list list = {0};
	struct db_user user = {.id = 0};

	if (named && name_canonical(ipc_field(call->request, IPC_TAG_USER), sizeof(name) - 1, name))
		return call_refuse(call, CALL_BAD_USER);
	enum cs_err err = named ? db_user_find(call->keeper->db, name, &user) : CS_OK;
	if (err == CS_ERR_NOT_FOUND)
		user.id = -1; /* nobody has certificates */
	else if (err)
		return err;
	if (cs_hex_decode(ipc_field(call->request, IPC_TAG_AFTER), &w))
		return call_refuse(call, CALL_BAD_AFTER);
	if (!list_begin(call, &list, "certificates", text))
		return CS_OK;
	return list_end(&list, db_binding_list(call->keeper->db, user.id, cs_writer_view(&w), list.limit + 1,
					       list_binding, &list));
}
