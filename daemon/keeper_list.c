/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What operators, auditors and administrators read, page by page: {"NAME":[...],"next":KEY|null}. A page ends
 * at the limit, or where the next row might not fit the answer; next is the key to give as after, null at the
 * end.
 */
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "daemon/chores.h"
#include "daemon/decide.h"
#include "daemon/keeper_approval.h"
#include "daemon/keeper_attempt.h"
#include "daemon/keeper_list.h"
#include "daemon/keeper_login.h"
#include "daemon/name.h"

#define LIST_LIMIT_DEFAULT 100u
#define LIST_LIMIT_MAX	   1000u
#define LIST_ROW_MAX	   4096u /* bytes that no row's JSON exceeds */

bool list_begin(struct call *call, struct list *list, const char *name, char after[DB_USER_SIZE])
{
	uint64_t limit = ipc_field_number(call->request, IPC_TAG_LIMIT, LIST_LIMIT_DEFAULT);
	enum call_refusal refusal = CALL_REFUSAL_COUNT;

	if (limit < 1 || limit > LIST_LIMIT_MAX)
		refusal = CALL_BAD_LIMIT;
	else if (!call_text(call, IPC_TAG_AFTER, after, DB_USER_SIZE) || name_check(cs_view_string(after)))
		refusal = CALL_BAD_AFTER;
	if (refusal != CALL_REFUSAL_COUNT)
		return call_refuse(call, refusal) != CS_OK;
	*list = (struct list){.out = json_out_of(&call->body), .call = call, .limit = (uint32_t)limit};
	call->status = 200;
	json_object_begin(&list->out, NULL);
	json_array_begin(&list->out, name);
	return true;
}

bool list_row(struct list *list, const char *key)
{
	if (list->more || list->rows == list->limit ||
	    list->out.w->cap - list->out.w->len < 2u * LIST_ROW_MAX) {
		list->more = true;
		return false;
	}
	list->rows++;
	(void)snprintf(list->last, sizeof(list->last), "%s", key);
	json_object_begin(&list->out, NULL);
	return true;
}

enum cs_err list_end(struct list *list, enum cs_err err)
{
	json_array_end(&list->out);
	if (list->more)
		json_text(&list->out, "next", list->last);
	else
		json_null(&list->out, "next");
	json_object_end(&list->out);
	return err;
}

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
	list_budget(list, &user->budget);
	json_number(&list->out, "created", user->created);
	json_object_end(&list->out);
}

enum cs_err keeper_user_list(struct call *call)
{
	struct list list = {0};
	char after[DB_USER_SIZE] = "";

	if (!list_begin(call, &list, "users", after))
		return CS_OK;
	return list_end(&list, db_user_list(call->keeper->db, after, list.limit + 1, list_user, &list));
}

/* A lock's subject is KIND:ADDRESS APPLICATION. */
static void list_lock(void *ctx, const struct db_lock *lock)
{
	struct list *list = ctx;
	char address[DB_SUBJECT_SIZE];
	const char *colon = strchr(lock->subject, ':'), *blank = strchr(lock->subject, ' ');

	if (!colon || !blank || !list_row(list, lock->subject))
		return;
	(void)snprintf(address, sizeof(address), "%.*s", (int)(blank - colon - 1), colon + 1);
	bool asking = strncmp(lock->subject, ATTEMPT_KIND_ASKING ":", sizeof(ATTEMPT_KIND_ASKING)) == 0;
	json_text(&list->out, "address", address);
	json_text(&list->out, "application", blank + 1);
	json_text(&list->out, "of", asking ? "challenges" : "attempts");
	json_number(&list->out, "failures", lock->budget.failures);
	json_number(&list->out, "wait", budget_wait(&lock->budget, call_now(list->call)));
	json_object_end(&list->out);
}

enum cs_err keeper_lock_list(struct call *call)
{
	struct list list = {0};
	char after[DB_SUBJECT_SIZE] = "";

	if (!list_begin(call, &list, "locks", after))
		return CS_OK;
	return list_end(
	    &list, db_lock_list(call->keeper->db, after, call_now(call), list.limit + 1, list_lock, &list));
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

static void list_import(void *ctx, const struct db_import *import)
{
	struct list *list = ctx;

	if (!list_row(list, import->id))
		return;
	import_write(&list->out, import);
	json_number(&list->out, "created", import->created);
	json_object_end(&list->out);
}

enum cs_err keeper_import_list(struct call *call)
{
	struct list list = {0};
	char after[DB_USER_SIZE] = "";

	if (!list_begin(call, &list, "imports", after))
		return CS_OK;
	return list_end(&list, db_import_list(call->keeper->db, after, list.limit + 1, list_import, &list));
}

static void list_stock(void *ctx, const struct db_stock *stock)
{
	const struct db_token *token = &stock->token;
	const struct decide_kind *kind = decide_kind(token->type);
	struct list *list = ctx;

	if (!list_row(list, token->id))
		return;
	json_text(&list->out, "token", token->id);
	json_text(&list->out, "serial", token->serial);
	json_text(&list->out, "import", stock->import);
	json_text(&list->out, "type", kind ? kind->name : "unknown");
	json_text(&list->out, "algorithm", call_hash_name(token->hash));
	json_number(&list->out, "digits", token->digits);
	if (token->expires)
		json_number(&list->out, "expires", token->expires);
	json_text(&list->out, "label", token->label);
	json_object_end(&list->out);
}

enum cs_err keeper_stock_list(struct call *call)
{
	struct list list = {0};
	char after[DB_USER_SIZE] = "";

	if (!list_begin(call, &list, "tokens", after))
		return CS_OK;
	return list_end(&list, db_stock_list(call->keeper->db, after, list.limit + 1, list_stock, &list));
}

enum cs_err keeper_token_list(struct call *call)
{
	struct list list = {0};
	struct db_user user;
	char after[DB_USER_SIZE] = "";
	bool one = ipc_has(call->request, IPC_TAG_USER);

	if (one) {
		enum cs_err err = call_user(call, &user);
		if (err)
			return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_USER) : err;
	}
	if (!list_begin(call, &list, "tokens", after))
		return CS_OK;
	return list_end(&list, db_token_list(call->keeper->db, one ? user.name : NULL, after, list.limit + 1,
					     list_token, &list));
}

static void list_application(void *ctx, const struct db_application *application)
{
	struct list *list = ctx;

	if (!list_row(list, application->name))
		return;
	json_text(&list->out, "name", application->name);
	call_scope(&list->out, &application->scope);
	json_number(&list->out, "created", application->created);
	json_object_end(&list->out);
}

enum cs_err keeper_application_list(struct call *call)
{
	struct list list = {0};
	char after[DB_USER_SIZE] = "";

	if (!list_begin(call, &list, "applications", after))
		return CS_OK;
	return list_end(
	    &list, db_application_list(call->keeper->db, after, list.limit + 1, list_application, &list));
}

static void list_class(void *ctx, const struct db_class *row)
{
	struct list *list = ctx;

	if (!list_row(list, row->name))
		return;
	json_text(&list->out, "class", row->name);
	json_text(&list->out, "factors", login_factors_text(row->factors));
	json_object_end(&list->out);
}

enum cs_err keeper_class_list(struct call *call)
{
	struct list list = {0};
	char after[DB_USER_SIZE] = "";

	if (!list_begin(call, &list, "classes", after))
		return CS_OK;
	return list_end(&list, db_class_list(call->keeper->db, after, list.limit + 1, list_class, &list));
}

static void list_hex(struct json_out *out, const char *key, struct cs_view bytes)
{
	char hex[2 * AUDIT_HASH_LEN + 1];

	cs_hex_encode(bytes, hex);
	json_text(out, key, hex);
}

static void list_hash(struct json_out *out, const char *key, const uint8_t hash[AUDIT_HASH_LEN])
{
	list_hex(out, key, cs_view(hash, AUDIT_HASH_LEN));
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

/* A sequence number in decimal; an empty text is 0. */
static bool list_sequence(const char *text, uint64_t *out)
{
	uint64_t value = 0;

	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9' || p - text >= 18)
			return false;
		value = value * 10 + (uint64_t)(*p - '0');
	}
	*out = value;
	return true;
}

/* As list_begin, of a list whose keys are sequence numbers. */
static bool list_begin_numbered(struct call *call, struct list *list, const char *name, uint64_t *after)
{
	char text[DB_USER_SIZE] = "";

	*after = 0;
	if (!list_begin(call, list, name, text))
		return false;
	if (list_sequence(text, after))
		return true;
	call->body.len = 0;
	return call_refuse(call, CALL_BAD_AFTER) != CS_OK;
}

enum cs_err keeper_audit_list(struct call *call)
{
	struct list list = {0};
	uint64_t sequence;

	if (!list_begin_numbered(call, &list, "entries", &sequence))
		return CS_OK;
	return list_end(&list, db_audit_list(call->keeper->db, sequence, list.limit + 1, list_audit, &list));
}

static void list_staff(void *ctx, const struct db_staff *staff)
{
	struct list *list = ctx;

	if (!list_row(list, staff->name))
		return;
	json_text(&list->out, "name", staff->name);
	call_roles(&list->out, staff->roles);
	json_text(&list->out, "state", staff->disabled ? "disabled" : "active");
	json_number(&list->out, "created", staff->created);
	json_object_end(&list->out);
}

enum cs_err keeper_staff_list(struct call *call)
{
	struct list list = {0};
	char after[DB_USER_SIZE] = "";

	if (!list_begin(call, &list, "staff", after))
		return CS_OK;
	return list_end(&list, db_staff_list(call->keeper->db, after, list.limit + 1, list_staff, &list));
}

static void list_approval(void *ctx, const struct db_approval *approval)
{
	struct list *list = ctx;

	if (!list_row(list, approval->id))
		return;
	approval_write(&list->out, approval, call_now(list->call));
	json_object_end(&list->out);
}

enum cs_err keeper_approval_list(struct call *call)
{
	struct list list = {0};
	char after[DB_USER_SIZE] = "";

	if (!list_begin(call, &list, "approvals", after))
		return CS_OK;
	return list_end(&list,
			db_approval_list(call->keeper->db, after, list.limit + 1, list_approval, &list));
}

static void list_message(void *ctx, const struct db_message *message)
{
	struct list *list = ctx;
	char masked[DB_DESTINATION_SIZE];

	if (!list_row(list, message->id))
		return;
	call_mask(message->destination, masked);
	json_text(&list->out, "message", message->id);
	json_text(&list->out, "kind", message->kind);
	json_text(&list->out, "user", message->user);
	json_text(&list->out, "sent_to", masked);
	json_text(&list->out, "state", message->dead ? "failed" : "waiting");
	if (message->dead)
		json_text(&list->out, "reason", message->reason);
	json_number(&list->out, "attempts", message->attempts);
	json_number(&list->out, "created", message->created);
	json_number(&list->out, "due", message->due);
	json_number(&list->out, "expires", message->expires);
	json_object_end(&list->out);
}

enum cs_err keeper_outbox_list(struct call *call)
{
	struct list list = {0};
	char after[DB_USER_SIZE] = "";

	if (!list_begin(call, &list, "messages", after))
		return CS_OK;
	return list_end(&list, db_outbox_page(call->keeper->db, after, list.limit + 1, list_message, &list));
}

static void list_checkpoint(void *ctx, const struct db_checkpoint *checkpoint)
{
	struct list *list = ctx;
	unsigned char base64[2 * CS_CHECKPOINT_SIGNATURE_MAX];
	char key[24];

	(void)snprintf(key, sizeof(key), "%" PRIu64, checkpoint->sequence);
	if (!list_row(list, key))
		return;
	(void)EVP_EncodeBlock(base64, checkpoint->signature, (int)checkpoint->signature_len);
	json_number(&list->out, "sequence", checkpoint->sequence);
	json_number(&list->out, "time_ms", checkpoint->time_ms);
	list_hash(&list->out, "hash", checkpoint->hash);
	json_text(&list->out, "text", checkpoint->text);
	json_text(&list->out, "signature", (const char *)base64);
	json_object_end(&list->out);
}

enum cs_err keeper_checkpoint_list(struct call *call)
{
	struct list list = {0};
	uint64_t sequence;

	if (!list_begin_numbered(call, &list, "checkpoints", &sequence))
		return CS_OK;
	return list_end(
	    &list, db_checkpoint_list(call->keeper->db, sequence, list.limit + 1, list_checkpoint, &list));
}

enum cs_err keeper_audit_key(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	uint8_t id[CS_AUDIT_HASH_LEN];
	const char *pem;

	if (!chores_key(call->keeper, id, &pem))
		return call_refuse(call, CALL_NO_AUDIT_KEY);
	call->status = 200;
	json_object_begin(&out, NULL);
	list_hash(&out, "key", id);
	json_text(&out, "pem", pem);
	json_object_end(&out);
	return CS_OK;
}
