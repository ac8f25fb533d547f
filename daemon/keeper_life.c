/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The life of a token: in use or not, when it expires, its end.
 *
 * Invariants:
 *  1. What a seed has spent outlives its tokens: a deleted one leaves its position behind
 * (db_schema_spent.c), and no token of its seed begins before that.
 *  2. A token that comes back into use, as it is enabled or its end is moved, is held to what holds for a new
 * one: no other one that is in use has its seed, and its user has room for it.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/decide.h"
#include "daemon/keeper_call.h"

/* ---- in use or not ---- */

/* Whether the token may be as it is now to be; else it has been refused. was: as it is stored, in use. */
static enum cs_err token_may_return(struct call *call, const struct db_token *token, bool was, bool *may)
{
	uint32_t in_use = 0;
	bool taken = false;

	*may = was || !db_token_is_in_use(token, call_now(call));
	if (*may)
		return CS_OK;
	enum cs_err err = seed_taken(call, token, &taken);
	if (!err && taken)
		return call_refuse(call, CALL_SEED_KNOWN);
	if (!err)
		err = db_token_in_use(call->keeper->db, token->user_id, call_now(call), &in_use);
	if (!err && in_use >= DB_USER_TOKENS_MAX)
		return call_refuse(call, CALL_TOO_MANY_TOKENS);
	*may = !err;
	return err;
}

static enum cs_err token_set_state(struct call *call, enum db_token_state state)
{
	struct json_out out = json_out_of(&call->body);
	struct db_token token;
	bool may;

	enum cs_err err = call_token(call, &token);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_TOKEN) : err;
	const bool was = db_token_is_in_use(&token, call_now(call));
	token.state = state;
	err = token_may_return(call, &token, was, &may);
	if (err || !may)
		return err;
	err = db_token_set_state(call->keeper->db, token.id, state);
	if (!err && state == DB_TOKEN_ACTIVE)
		err = db_user_cleared(call->keeper->db, token.user_id);
	if (err)
		return err;
	call->status = 200;
	call_result(call, "done");
	json_object_begin(&out, NULL);
	json_text(&out, "token", token.id);
	json_text(&out, "user", token.user);
	json_text(&out, "state", state == DB_TOKEN_ACTIVE ? "active" : "disabled");
	json_object_end(&out);
	return CS_OK;
}

enum cs_err keeper_token_disable(struct call *call)
{
	return token_set_state(call, DB_TOKEN_DISABLED);
}

enum cs_err keeper_token_enable(struct call *call)
{
	return token_set_state(call, DB_TOKEN_ACTIVE);
}

/* ---- when a token expires ---- */

static enum cs_err expire_answer(struct call *call, const struct db_token *token)
{
	struct json_out out = json_out_of(&call->body);

	call->status = 200;
	call_result(call, "done");
	if (token->expires)
		call_detail(call, "expires %llu", (unsigned long long)token->expires);
	else
		call_detail(call, "does not expire");
	json_object_begin(&out, NULL);
	json_text(&out, "token", token->id);
	json_text(&out, "user", token->user);
	if (token->expires)
		json_number(&out, "expires", token->expires);
	json_object_end(&out);
	return CS_OK;
}

enum cs_err keeper_token_expire(struct call *call)
{
	const uint64_t expires = ipc_field_number(call->request, IPC_TAG_EXPIRES, 0);
	struct db_token token;
	bool may;

	enum cs_err err = call_token(call, &token);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_TOKEN) : err;
	if (expires > call_now(call) + ENROL_VALID_MAX || (!expires && token.type == VERIFY_TEMPORARY))
		return call_refuse(call, CALL_BAD_EXPIRES);
	const bool was = db_token_is_in_use(&token, call_now(call));
	token.expires = expires;
	err = token_may_return(call, &token, was, &may);
	if (!err && may)
		err = db_token_set_expires(call->keeper->db, token.id, expires);
	return err || !may ? err : expire_answer(call, &token);
}

/* ---- its end ---- */

enum cs_err keeper_token_delete(struct call *call)
{
	struct json_out out = json_out_of(&call->body);
	struct db_token token;

	enum cs_err err = call_token(call, &token);
	if (!err)
		err = db_token_delete(call->keeper->db, token.id);
	if (err == CS_ERR_STATE)
		return call_refuse(call, CALL_SEED_UNMARKED);
	if (err)
		return err == CS_ERR_NOT_FOUND ? call_refuse(call, CALL_NO_TOKEN) : err;
	call->status = 200;
	call_result(call, "done");
	call_detail(call, "%s", decide_kind(token.type)->name);
	json_object_begin(&out, NULL);
	json_text(&out, "token", token.id);
	json_text(&out, "user", token.user);
	json_bool(&out, "deleted", true);
	json_object_end(&out);
	return CS_OK;
}
