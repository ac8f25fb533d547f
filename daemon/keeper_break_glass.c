/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Break-glass codes: made for a user by two administrators, listed, revoked. What spends them is
 * keeper_emergency.c.
 */
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "daemon/break_glass.h"
#include "daemon/keeper_approval.h"
#include "daemon/keeper_emergency.h"

#define GLASS_VALID	31536000u  /* seconds, where nothing is said: a year */
#define GLASS_VALID_MAX 316224000u /* ten years */

static void glass_members(struct json_out *out, const struct break_glass_record *record, uint64_t now)
{
	static const char *const states[] = {[BREAK_GLASS_ISSUED] = "issued",
					     [BREAK_GLASS_SPENT] = "spent",
					     [BREAK_GLASS_TOLD] = "spent",
					     [BREAK_GLASS_TRIED] = "spent",
					     [BREAK_GLASS_REVOKED] = "revoked"};
	const bool over = record->state == BREAK_GLASS_ISSUED && record->expires <= now;

	json_text(out, "id", record->id);
	json_text(out, "user", record->user);
	json_text(out, "state", over ? "expired" : states[record->state]);
	json_number(out, "issued", record->issued);
	json_number(out, "expires", record->expires);
	if (record->spent)
		json_number(out, "spent", record->spent / 1000);
}

static void glass_answer(struct call *call, size_t i)
{
	struct json_out out = json_out_of(&call->body);

	call->status = 200;
	json_object_begin(&out, NULL);
	glass_members(&out, break_glass_at(call->keeper->glass, i), call_now(call));
	json_object_end(&out);
}

/* ---- issuing ---- */

/* What two administrators approve of, in the largest unit in which it is a whole number. */
static void glass_subject(const struct call *call, const struct db_user *user, uint64_t valid,
			  char out[DB_SUBJECT_MAX])
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
	size_t i = 0;

	while (valid % units[i].seconds)
		i++;
	const unsigned long long count = valid / units[i].seconds;
	(void)snprintf(out, DB_SUBJECT_MAX, "give %s a break-glass code for user %s, good for %llu %s%s",
		       call_caller(call), user->name, count, units[i].name, count == 1 ? "" : "s");
}

/* The answer; without the code: as it is kept for whoever asks again. */
static void glass_issued(struct cs_writer *w, const char *id, const char *user, const char *code,
			 uint64_t expires)
{
	struct json_out out = json_out_of(w);

	json_object_begin(&out, NULL);
	json_text(&out, "id", id);
	json_text(&out, "user", user);
	if (code)
		json_text(&out, "code", code);
	json_number(&out, "expires", expires);
	json_object_end(&out);
}

static enum cs_err glass_issue(struct call *call, const struct db_user *user, uint64_t expires)
{
	struct cs_writer again = cs_writer_of((uint8_t *)call->again, sizeof(call->again) - 1);
	char code[BREAK_GLASS_CODE_SIZE], id[DB_TOKEN_ID_SIZE];

	enum cs_err err = call_id_new("g_", id);
	if (!err)
		err = break_glass_issue(call->keeper->glass, id, user->name, call_now(call), expires, code);
	if (err)
		return err;
	(void)snprintf(call->audit.token, sizeof(call->audit.token), "%s", id);
	call_result(call, "done");
	call->status = 201;
	glass_issued(&call->body, id, user->name, code, expires);
	glass_issued(&again, id, user->name, NULL, expires);
	cs_wipe(code, sizeof(code));
	return cs_writer_done(&again);
}

enum cs_err keeper_break_glass_issue(struct call *call)
{
	const uint64_t valid = ipc_field_number(call->request, IPC_TAG_VALID, GLASS_VALID);
	char subject[DB_SUBJECT_MAX];
	struct db_user user;
	bool granted;

	if (!call->keeper->glass)
		return call_refuse(call, CALL_NO_BREAK_GLASS);
	if (!valid || valid > GLASS_VALID_MAX)
		return call_refuse(call, CALL_BAD_VALID);
	enum cs_err err = call_user(call, &user);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_USER) : err;
	if (user.disabled)
		return call_refuse(call, CALL_USER_DISABLED);
	if (!break_glass_room(call->keeper->glass, call_now(call)))
		return call_refuse(call, CALL_BREAK_GLASS_FULL);
	glass_subject(call, &user, valid, subject);
	err = approval_take(call, subject, &granted);
	return err || !granted ? err : glass_issue(call, &user, call_now(call) + valid);
}

/* ---- the others ---- */

static bool glass_is_listed(const struct break_glass_record *record)
{
	return record->state != BREAK_GLASS_UNUSED && record->state != BREAK_GLASS_DAMAGED;
}

/* Where a page begins: behind the code of this identifier. False where there is none. */
static bool glass_page(const struct call *call, size_t *first)
{
	char after[BREAK_GLASS_ID_SIZE];

	*first = 0;
	if (!ipc_has(call->request, IPC_TAG_AFTER))
		return true;
	if (!call_text(call, IPC_TAG_AFTER, after, sizeof(after)) ||
	    break_glass_find(call->keeper->glass, after, first))
		return false;
	++*first;
	return true;
}

static void glass_list(struct call *call, size_t first, uint64_t limit)
{
	struct json_out out = json_out_of(&call->body);
	const char *last = NULL, *next = NULL;

	json_object_begin(&out, NULL);
	json_array_begin(&out, "codes");
	for (size_t i = first; i < BREAK_GLASS_CODES && !next; i++) {
		const struct break_glass_record *record = break_glass_at(call->keeper->glass, i);
		if (!glass_is_listed(record))
			continue;
		if (limit-- == 0) {
			next = last;
			break;
		}
		json_object_begin(&out, NULL);
		glass_members(&out, record, call_now(call));
		json_object_end(&out);
		last = record->id;
	}
	json_array_end(&out);
	if (next)
		json_text(&out, "next", next);
	else
		json_null(&out, "next");
	json_object_end(&out);
}

enum cs_err keeper_break_glass_list(struct call *call)
{
	const uint64_t limit = ipc_field_number(call->request, IPC_TAG_LIMIT, 100);
	size_t first;

	if (!call->keeper->glass)
		return call_refuse(call, CALL_NO_BREAK_GLASS);
	if (!limit || limit > 1000)
		return call_refuse(call, CALL_BAD_LIMIT);
	if (!glass_page(call, &first))
		return call_refuse(call, CALL_BAD_AFTER);
	call->status = 200;
	glass_list(call, first, limit);
	return CS_OK;
}

enum cs_err keeper_break_glass_revoke(struct call *call)
{
	char id[DB_TOKEN_ID_SIZE];
	size_t i;

	if (!call->keeper->glass)
		return call_refuse(call, CALL_NO_BREAK_GLASS);
	if (!call_text(call, IPC_TAG_TOKEN, id, sizeof(id)) || break_glass_find(call->keeper->glass, id, &i))
		return call_refuse(call, CALL_NO_BREAK_GLASS_CODE);
	(void)snprintf(call->audit.token, sizeof(call->audit.token), "%s", id);
	(void)snprintf(call->audit.user, sizeof(call->audit.user), "%s",
		       break_glass_at(call->keeper->glass, i)->user);
	enum cs_err err = break_glass_revoke(call->keeper->glass, i);
	if (err == CS_ERR_STATE)
		return call_refuse(call, CALL_BREAK_GLASS_SPENT);
	if (err)
		return err;
	call_result(call, "done");
	glass_answer(call, i);
	return CS_OK;
}
