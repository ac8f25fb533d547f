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
	if (!list->more && list->end[0]) {
		list->more = true;
		memcpy(list->last, list->end, sizeof(list->last));
	}
	json_array_end(&list->out);
	if (list->more)
		json_text(&list->out, "next", list->last);
	else
		json_null(&list->out, "next");
	json_object_end(&list->out);
	return err;
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

void list_hex(struct json_out *out, const char *key, struct cs_view bytes)
{
	char hex[2 * AUDIT_HASH_LEN + 1];

	cs_hex_encode(bytes, hex);
	json_text(out, key, hex);
}

void list_hash(struct json_out *out, const char *key, const uint8_t hash[AUDIT_HASH_LEN])
{
	list_hex(out, key, cs_view(hash, AUDIT_HASH_LEN));
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

bool list_begin_numbered(struct call *call, struct list *list, const char *name, uint64_t *after)
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
