/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Users out of use for a time, and for good.
 *
 * Invariants:
 *  1. A disabled user is to every door what a name is that nobody has (call_served_user), break-glass codes
 * of this daemon's included.
 *  2. Of a deleted user nothing stays but the audit log, events that are on their way, what his seeds have
 * spent, and, sealed, for a day, answers that are kept for who asks again (keeper_idempotency.h).
 */
#include <string.h>

#include "daemon/break_glass.h"
#include "daemon/keeper_call.h"

/* The codes that this daemon would take for him while the database is away. It is done before the rest is on
 * the disk: where that fails, they are gone all the same. */
static enum cs_err user_revoke_codes(struct call *call, const struct db_user *user)
{
	struct break_glass *glass = call->keeper->glass;
	enum cs_err err = CS_OK;

	for (size_t i = 0; glass && !err && i < BREAK_GLASS_CODES; i++) {
		const struct break_glass_record *record = break_glass_at(glass, i);
		if (record->state == BREAK_GLASS_ISSUED && strcmp(record->user, user->name) == 0)
			err = break_glass_revoke(glass, i);
	}
	return err;
}

enum cs_err call_user_done(struct call *call, const struct db_user *user, const char *name, const char *value)
{
	struct json_out out = json_out_of(&call->body);

	call->status = 200;
	call_result(call, "done");
	json_object_begin(&out, NULL);
	json_text(&out, "user", user->name);
	json_text(&out, name, value);
	json_object_end(&out);
	return CS_OK;
}

static enum cs_err user_set_disabled(struct call *call, bool disabled)
{
	struct db_user user;

	enum cs_err err = call_user(call, &user);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_USER) : err;
	if (disabled)
		err = user_revoke_codes(call, &user);
	if (!err)
		err = db_user_set_disabled(call->keeper->db, user.id, disabled);
	return err ? err : call_user_done(call, &user, "state", disabled ? "disabled" : "active");
}

enum cs_err keeper_user_disable(struct call *call)
{
	return user_set_disabled(call, true);
}

enum cs_err keeper_user_enable(struct call *call)
{
	return user_set_disabled(call, false);
}

enum cs_err keeper_user_delete(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	struct db_user user;

	enum cs_err err = call_user(call, &user);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_USER) : err;
	err = db_user_delete(call->keeper->db, &user);
	if (err == CS_ERR_EXISTS || err == CS_ERR_STATE)
		return call_refuse(call, err == CS_ERR_EXISTS ? CALL_USER_STAGED : CALL_SEED_UNMARKED);
	if (!err)
		err = user_revoke_codes(call, &user);
	if (err)
		return err;
	call->status = 200;
	call_result(call, "done");
	json_object_begin(&out, NULL);
	json_text(&out, "user", user.name);
	json_bool(&out, "deleted", true);
	json_object_end(&out);
	return CS_OK;
}
