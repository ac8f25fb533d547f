/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Lists that are narrowed: users, tokens, the audit log. A page may end before its limit, with no row at all,
 * where few rows are wanted (db_search.h): next is null at the list's end alone.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/db_search.h"
#include "daemon/decide.h"
#include "daemon/keeper_list.h"
#include "daemon/name.h"

/* What a record of attempts says now. */
static void list_budget(struct list *list, const struct budget *budget)
{
	const uint64_t now = call_now(list->call);
	const uint64_t wait = budget_wait(budget, now);

	json_number(&list->out, "failures", budget_failures(budget, &list->call->keeper->user_rule, now));
	json_bool(&list->out, "locked", wait != 0);
	if (wait)
		json_number(&list->out, "wait", wait);
}

static void list_user(void *ctx, const struct db_user *user)
{
	struct list *list = ctx;

	if (!list_row(list, user->name))
		return;
	json_text(&list->out, "user", user->name);
	json_text(&list->out, "class", user->class_name);
	json_bool(&list->out, "password", user->password_len != 0);
	json_text(&list->out, "certificates", user->bound_only ? "bound" : "named");
	json_text(&list->out, "state", user->disabled ? "disabled" : "active");
	list_budget(list, &user->budget);
	json_number(&list->out, "created", user->created);
	json_object_end(&list->out);
}

/* A realm, in its form: "" for -, users without one. False: it is none. */
static bool search_realm(const struct call *call, char realm[SCOPE_WORD_SIZE])
{
	char wrong[SCOPE_WORD_SIZE];
	struct scope scope;

	if (scope_realms(ipc_field(call->request, IPC_TAG_REALMS), &scope, wrong) || !scope.realms[0] ||
	    strchr(scope.realms, ' ') || strlen(scope.realms) >= SCOPE_WORD_SIZE)
		return false;
	memcpy(realm, scope.realms, SCOPE_WORD_SIZE);
	if (strcmp(realm, "-") == 0)
		realm[0] = '\0';
	return true;
}

enum cs_err keeper_user_list(struct call *call)
{
	struct list list = {0};
	struct db_user_filter filter = {0};
	struct db_class class;
	char after[DB_USER_SIZE] = "", realm[SCOPE_WORD_SIZE], name[DB_NAME_SIZE], end[DB_USER_SIZE];

	if (ipc_has(call->request, IPC_TAG_REALMS)) {
		if (!search_realm(call, realm))
			return call_refuse(call, CALL_BAD_REALMS);
		filter.realm = realm;
	}
	if (ipc_has(call->request, IPC_TAG_NAME)) {
		enum cs_err err = call_text(call, IPC_TAG_NAME, name, sizeof(name))
				      ? db_class_find(call->keeper->db, name, &class)
				      : CS_ERR_NOT_FOUND;
		if (err)
			return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_CLASS) : err;
		filter.class_name = name;
	}
	if (!list_begin(call, &list, "users", after))
		return CS_OK;
	enum cs_err err =
	    db_user_search(call->keeper->db, &filter, after, list.limit + 1, list_user, &list, end);
	(void)snprintf(list.end, sizeof(list.end), "%s", end);
	return list_end(&list, err);
}

static void list_token(void *ctx, const struct db_token *token)
{
	struct list *list = ctx;
	const struct decide_kind *kind = decide_kind(token->type);
	const uint64_t left = token->count > token->next ? token->count - token->next : 0;

	if (!list_row(list, token->id))
		return;
	json_text(&list->out, "token", token->id);
	json_text(&list->out, "user", token->user);
	json_text(&list->out, "type", kind ? kind->name : "unknown");
	if (token->type == VERIFY_HOTP || token->type == VERIFY_TOTP) {
		json_text(&list->out, "algorithm", call_hash_name(token->hash));
		json_number(&list->out, "digits", token->digits);
	}
	if (token->type == VERIFY_HOTP || token->type == VERIFY_OCRA)
		json_number(&list->out, "counter", token->next);
	if (token->type == VERIFY_TOTP) {
		json_number(&list->out, "period", token->period);
		json_signed(&list->out, "drift", token->drift);
	}
	if (token->suite[0])
		json_text(&list->out, "suite", token->suite);
	if (token->destination[0])
		json_text(&list->out, "destination", token->destination);
	if (token->type == VERIFY_BACKUP)
		json_number(&list->out, "left", token->count - (unsigned)__builtin_popcountll(token->spent));
	else if (token->type == VERIFY_LIST || token->type == VERIFY_TEMPORARY)
		json_number(&list->out, "left", left);
	if (token->expires)
		json_number(&list->out, "expires", token->expires);
	if (token->serial[0])
		json_text(&list->out, "serial", token->serial);
	json_bool(&list->out, "pin", token->pin != VERIFY_NO_PIN);
	json_text(&list->out, "state", token->state == DB_TOKEN_ACTIVE ? "active" : "disabled");
	list_budget(list, &token->budget);
	json_text(&list->out, "label", token->label);
	json_number(&list->out, "created", token->created);
	json_object_end(&list->out);
}

/* What narrows the list, but for the user; CALL_REFUSAL_COUNT where all is right. */
static enum call_refusal search_tokens(const struct call *call, struct db_token_filter *filter,
				       char serial[DB_SERIAL_SIZE])
{
	const struct cs_view type = ipc_field(call->request, IPC_TAG_TYPE);
	const struct cs_view state = ipc_field(call->request, IPC_TAG_STATE);

	if (type.ptr)
		filter->type = decide_kind_named(type);
	if (type.ptr && !filter->type)
		return CALL_BAD_TYPE;
	if (state.ptr)
		filter->state = cs_view_equal(state, CS_VIEW_TEXT("active"))	 ? DB_TOKEN_ACTIVE
				: cs_view_equal(state, CS_VIEW_TEXT("disabled")) ? DB_TOKEN_DISABLED
										 : 0;
	if (state.ptr && !filter->state)
		return CALL_BAD_STATE;
	if (!ipc_has(call->request, IPC_TAG_SERIAL))
		return CALL_REFUSAL_COUNT;
	filter->serial = serial;
	return call_text(call, IPC_TAG_SERIAL, serial, DB_SERIAL_SIZE) && serial[0] &&
		       !name_check(cs_view_string(serial))
		   ? CALL_REFUSAL_COUNT
		   : CALL_BAD_SERIAL;
}

enum cs_err keeper_token_list(struct call *call)
{
	struct list list = {0};
	struct db_token_filter filter = {0};
	struct db_user user;
	char after[DB_USER_SIZE] = "", serial[DB_SERIAL_SIZE];

	if (ipc_has(call->request, IPC_TAG_USER)) {
		enum cs_err err = call_user(call, &user);
		if (err)
			return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_USER) : err;
		filter.user_id = user.id;
	}
	enum call_refusal refusal = search_tokens(call, &filter, serial);
	if (refusal != CALL_REFUSAL_COUNT)
		return call_refuse(call, refusal);
	if (!list_begin(call, &list, "tokens", after))
		return CS_OK;
	return list_end(&list,
			db_token_search(call->keeper->db, &filter, after, list.limit + 1, list_token, &list));
}

static void list_audit(void *ctx, const struct audit_entry *entry)
{
	struct list *list = ctx;
	char key[24];

	(void)snprintf(key, sizeof(key), "%" PRIu64, entry->sequence);
	if (!list_row(list, key))
		return;
	json_number(&list->out, "sequence", entry->sequence);
	json_number(&list->out, "time_ms", entry->time_ms);
	json_text(&list->out, "actor", entry->actor);
	json_text(&list->out, "action", entry->action);
	json_text(&list->out, "user", entry->user);
	json_text(&list->out, "token", entry->token);
	json_text(&list->out, "result", entry->result);
	json_text(&list->out, "reason", entry->reason);
	json_text(&list->out, "address", entry->address);
	json_text(&list->out, "detail", entry->detail);
	json_number(&list->out, "format", entry->format);
	if (entry->format == 2) {
		list_hex(&list->out, "commitment", CS_VIEW_OF(entry->commitment));
		if (!entry->masked)
			list_hex(&list->out, "salt", CS_VIEW_OF(entry->salt));
	}
	list_hash(&list->out, "previous", entry->previous);
	list_hash(&list->out, "hash", entry->hash);
	json_object_end(&list->out);
}

/* What narrows the list. The user is looked for as he was typed, as other calls have other names in his
 * place, and by his own name. False: it is none. */
struct search_audit {
	struct db_audit_filter filter;
	char typed[DB_USER_SIZE], user[DB_USER_SIZE], action[32], result[32];
};

static enum cs_err search_audit_user(struct call *call, struct search_audit *search)
{
	struct db_user user;

	if (!ipc_has(call->request, IPC_TAG_USER))
		return CS_OK;
	if (!call_text(call, IPC_TAG_USER, search->typed, sizeof(search->typed)))
		return CS_ERR_ARG;
	enum cs_err err = call_user(call, &user);
	(void)snprintf(search->user, sizeof(search->user), "%s", err ? call->typed : user.name);
	search->filter.user = search->typed;
	search->filter.name = search->user;
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err keeper_audit_list(struct call *call)
{
	struct search_audit search = {.filter = {0}};
	struct list list = {0};
	uint64_t sequence, end;

	enum cs_err err = search_audit_user(call, &search);
	if (err)
		return err == CS_ERR_ARG ? call_refuse(call, CALL_BAD_USER) : err;
	/* What is too long or no word is in no entry. */
	if (ipc_has(call->request, IPC_TAG_ACTION))
		search.filter.action = call_text(call, IPC_TAG_ACTION, search.action, sizeof(search.action))
					   ? search.action
					   : "?";
	if (ipc_has(call->request, IPC_TAG_RESULT))
		search.filter.result = call_text(call, IPC_TAG_RESULT, search.result, sizeof(search.result))
					   ? search.result
					   : "?";
	search.filter.since_ms = ipc_field_number(call->request, IPC_TAG_SINCE, 0) * 1000;
	if (!list_begin_numbered(call, &list, "entries", &sequence))
		return CS_OK;
	err = db_audit_search(call->keeper->db, &search.filter, sequence, list.limit + 1, list_audit, &list,
			      &end);
	if (end)
		(void)snprintf(list.end, sizeof(list.end), "%" PRIu64, end);
	return list_end(&list, err);
}
