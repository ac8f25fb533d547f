/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What takes a token's place: a temporary password where its user has lost it, another token where it is worn
 * out or leaves. Either is enrolled in the transaction that disables the one before.
 *
 * Invariants:
 *  1. A lost token is disabled whatever becomes of the password.
 *  2. A replacement that is refused has changed nothing, and one that is not leaves one of the two in use.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/decide.h"
#include "daemon/keeper_call.h"

/* What a replacement says in the request, or takes over from the one before. */
struct replacement {
	struct ipc_request request;
	uint8_t digits[1], period[4], count[4];
};

/* The token that the request names, and its user; else it has been refused. */
static enum cs_err replace_find(struct call *call, struct db_token *old, struct db_user *user, bool *found)
{
	enum cs_err err = call_token(call, old);

	*found = !err;
	if (err == CS_ERR_NOT_FOUND)
		return call_refuse(call, CALL_NO_TOKEN);
	if (!err)
		err = db_user_find(call->keeper->db, old->user, user);
	return err == CS_ERR_NOT_FOUND ? CS_ERR_CORRUPT : err;
}

/* The settings of a new token from another request than the call's own. */
static enum call_refusal replace_settings(struct call *call, const struct ipc_request *request,
					  struct db_token *token)
{
	const struct ipc_request *own = call->request;

	call->request = request;
	enum call_refusal refusal = enrol_settings(call, token);
	call->request = own;
	return refusal;
}

/* ---- a lost token ---- */

/* It is of no use any more, and there is no password in its place: the user has as many tokens as he may
 * have. */
static enum cs_err lose_answer(struct call *call, const struct db_token *lost)
{
	struct json_out out = json_out_of(&call->body);

	call->status = 200;
	call_result(call, "done");
	call_reason(call, "no_password");
	json_object_begin(&out, NULL);
	json_text(&out, "token", lost->id);
	json_text(&out, "user", lost->user);
	json_text(&out, "state", "disabled");
	json_object_end(&out);
	return CS_OK;
}

enum cs_err keeper_token_lose(struct call *call)
{
	struct ipc_request request = *call->request;
	struct db_token lost, temporary = {.type = VERIFY_TEMPORARY};
	struct db_user user;
	uint32_t in_use;
	bool found;

	enum cs_err err = replace_find(call, &lost, &user, &found);
	if (err || !found)
		return err;
	request.field[IPC_TAG_TYPE] = cs_view_string(decide_kind(VERIFY_TEMPORARY)->name);
	enum call_refusal refusal = replace_settings(call, &request, &temporary);
	if (refusal != CALL_REFUSAL_COUNT)
		return call_refuse(call, refusal);
	(void)snprintf(temporary.label, sizeof(temporary.label), "instead of %s", lost.id);
	call_detail(call, "lost %s", lost.id);
	/* First of all: who has found the token has nothing. */
	err = db_token_set_state(call->keeper->db, lost.id, DB_TOKEN_DISABLED);
	if (!err)
		err = db_token_in_use(call->keeper->db, user.id, call_now(call), &in_use);
	if (err)
		return err;
	return in_use >= DB_USER_TOKENS_MAX ? lose_answer(call, &lost) : enrol_token(call, &user, &temporary);
}

/* ---- another token ---- */

static void replace_number(struct ipc_request *request, enum ipc_tag tag, uint32_t number, uint8_t *bytes,
			   size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(number >> 8 * (len - 1 - i));
	if (!ipc_has(request, tag))
		request->field[tag] = cs_view(bytes, len);
}

static void replace_text(struct ipc_request *request, enum ipc_tag tag, const char *text)
{
	if (!ipc_has(request, tag) && text[0])
		request->field[tag] = cs_view_string(text);
}

/* A new one of the same type has what the old one had and the request does not say. */
static void replace_like(const struct call *call, const struct db_token *old, struct replacement *out)
{
	const struct cs_view type = cs_view_string(decide_kind(old->type)->name);
	struct ipc_request *request = &out->request;

	*request = *call->request;
	replace_text(request, IPC_TAG_LABEL, old->label);
	if (ipc_has(request, IPC_TAG_TYPE) && !cs_view_equal(ipc_field(request, IPC_TAG_TYPE), type))
		return;
	request->field[IPC_TAG_TYPE] = type;
	if (enrol_takes(old->type, IPC_TAG_DIGITS))
		replace_number(request, IPC_TAG_DIGITS, old->digits, out->digits, sizeof(out->digits));
	if (enrol_takes(old->type, IPC_TAG_HASH))
		replace_text(request, IPC_TAG_HASH, call_hash_name(old->hash));
	if (enrol_takes(old->type, IPC_TAG_PERIOD))
		replace_number(request, IPC_TAG_PERIOD, old->period, out->period, sizeof(out->period));
	if (enrol_takes(old->type, IPC_TAG_COUNT_OF))
		replace_number(request, IPC_TAG_COUNT_OF, old->count, out->count, sizeof(out->count));
	replace_text(request, IPC_TAG_SUITE, old->suite);
	replace_text(request, IPC_TAG_DESTINATION, old->destination);
}

/* The request's PIN; where it says nothing of one, the old token's, where the new one can have one. */
static enum cs_err replace_pin(struct call *call, const struct db_token *old, struct db_token *fresh,
			       enum call_refusal *refusal)
{
	if (!ipc_has(call->request, IPC_TAG_PIN) && decide_kind(fresh->type)->pin) {
		fresh->pin = old->pin;
		fresh->pin_hash_len = old->pin_hash_len;
		memcpy(fresh->pin_hash, old->pin_hash, sizeof(fresh->pin_hash));
	}
	return enrol_pin(call, fresh, refusal);
}

/* Whether there is room for it beside the user's others, and no other one has the seed that was given. */
static enum cs_err replace_room(struct call *call, const struct db_token *old, const struct db_token *fresh,
				bool *refused)
{
	const struct cs_view secret = ipc_field(call->request, IPC_TAG_SECRET);
	struct db_token probe = {.type = fresh->type};
	uint32_t in_use;

	*refused = false;
	enum cs_err err = db_token_in_use(call->keeper->db, old->user_id, call_now(call), &in_use);
	if (err)
		return err;
	if (in_use - (db_token_is_in_use(old, call_now(call)) ? 1u : 0u) >= DB_USER_TOKENS_MAX) {
		*refused = true;
		return call_refuse(call, CALL_TOO_MANY_TOKENS);
	}
	if (!secret.ptr)
		return CS_OK;
	memcpy(probe.id, old->id, sizeof(probe.id));
	probe.fingerprint_len = sizeof(probe.fingerprint);
	err = seal_fingerprint(&call->keeper->key, secret, probe.fingerprint);
	if (!err)
		err = seed_taken(call, &probe, refused);
	return !err && *refused ? call_refuse(call, CALL_SEED_KNOWN) : err;
}

enum cs_err keeper_token_replace(struct call *call)
{
	struct db_token old, fresh = {.state = DB_TOKEN_ACTIVE};
	struct replacement replacement;
	struct db_user user;
	bool found, refused;

	enum cs_err err = replace_find(call, &old, &user, &found);
	if (err || !found)
		return err;
	replace_like(call, &old, &replacement);
	enum call_refusal refusal = replace_settings(call, &replacement.request, &fresh);
	if (refusal == CALL_REFUSAL_COUNT)
		err = replace_pin(call, &old, &fresh, &refusal);
	if (err)
		return err;
	if (refusal != CALL_REFUSAL_COUNT)
		return call_refuse(call, refusal);
	err = replace_room(call, &old, &fresh, &refused);
	if (err || refused)
		return err;
	err = db_token_set_state(call->keeper->db, old.id, DB_TOKEN_DISABLED);
	if (err)
		return err;
	call_detail(call, "in the place of %s", old.id);
	err = enrol_token(call, &user, &fresh);
	return !err && call->status != 201 ? CS_ERR_CORRUPT : err; /* it was looked at above */
}
