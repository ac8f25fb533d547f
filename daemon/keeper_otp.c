/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One-time passwords: verification and resync. The claim of the attempt, what is decided, and the audit entry
 * stand in one transaction.
 */
#include <stdio.h>

#include "base/secret.h"
#include "daemon/keeper_check.h"

/* Answers, counts and audits. The reason is told in the audit log; the caller learns "wrong" or "locked"
 * alone, and with the latter how long to wait. */
static enum cs_err otp_answer(struct call *call, enum keeper_verification result, const char *reason,
			      uint64_t wait)
{
	static const char *const results[KEEPER_VERIFICATIONS] = {
	    [KEEPER_ACCEPTED] = "accepted",
	    [KEEPER_WRONG] = "wrong",
	    [KEEPER_REPLAY] = "wrong",
	    [KEEPER_LOCKED] = "locked",
	};
	struct json_out out = json_out_of(&call->body);

	call->keeper->metrics.verifications[result]++;
	call_result(call, results[result]);
	call_reason(call, reason);
	call->status = 200;
	json_object_begin(&out, NULL);
	json_bool(&out, "accepted", result == KEEPER_ACCEPTED);
	if (result == KEEPER_ACCEPTED)
		json_text(&out, "token", call->audit.token);
	else
		json_text(&out, "reason", results[result]);
	if (result == KEEPER_LOCKED)
		json_number(&out, "wait", wait);
	json_object_end(&out);
	return CS_OK;
}

/* A user that is not there takes the attempts and the time of one that is. */
static enum cs_err otp_unknown(struct call *call)
{
	struct attempt attempt;
	bool granted;

	enum cs_err err = attempt_open(call, NULL, call->typed, &attempt, &granted);
	if (err == CS_ERR_ARG)
		return call_refuse(call, CALL_BAD_CLIENT);
	if (!err && !granted)
		return otp_answer(call, KEEPER_LOCKED, attempt_refused_by(&attempt), attempt.wait);
	if (!err)
		err = check_nobody(call);
	return err ? err : otp_answer(call, KEEPER_WRONG, "unknown_user", 0);
}

static enum cs_err otp_conclude(struct call *call, struct attempt *attempt, const struct check_result *result)
{
	const enum decide_reason reason = result->reason;

	enum cs_err err = attempt_close(call, attempt,
					reason == DECIDE_ACCEPTED    ? ATTEMPT_SUCCEEDED
					: decide_reason_free(reason) ? ATTEMPT_GIVEN_BACK
								     : ATTEMPT_FAILED);
	if (err)
		return err;
	return otp_answer(call,
			  reason == DECIDE_ACCEPTED ? KEEPER_ACCEPTED
			  : reason == DECIDE_REPLAY ? KEEPER_REPLAY
			  : reason == DECIDE_LOCKED ? KEEPER_LOCKED
						    : KEEPER_WRONG,
			  decide_reason_text(reason), result->wait);
}

enum cs_err keeper_otp_verify(struct call *call)
{
	struct check_result result;
	struct attempt attempt;
	struct db_user user;
	bool granted;

	enum cs_err err = call_served_user(call, &user);
	if (err == CS_ERR_NOT_FOUND)
		return otp_unknown(call);
	if (!err)
		err = attempt_open(call, &user, NULL, &attempt, &granted);
	if (err == CS_ERR_ARG)
		return call_refuse(call, CALL_BAD_CLIENT);
	if (!err && !granted)
		return otp_answer(call, KEEPER_LOCKED, attempt_refused_by(&attempt), attempt.wait);
	if (!err)
		err = attempt_called_off(call, &attempt, check_code(call, &attempt, &user, &result));
	return err ? err : otp_conclude(call, &attempt, &result);
}

/* ---- resync ---- */

static enum cs_err otp_resynced(struct call *call, const struct db_token *token,
				const struct verify_decision *decision)
{
	struct json_out out = json_out_of(&call->body);

	call_result(call, "done");
	call_detail(call, "position %llu", (unsigned long long)decision->at);
	call->status = 200;
	json_object_begin(&out, NULL);
	json_text(&out, "token", token->id);
	json_text(&out, "user", token->user);
	json_bool(&out, "resynced", true);
	json_object_end(&out);
	return CS_OK;
}

/* What the two codes say. CS_ERR_STATE: the token is of no use now. */
static enum cs_err otp_resync_decide(struct call *call, const struct db_token *row,
				     struct verify_decision *out)
{
	const struct cs_hmac hmac = hmac_port(call->keeper->hmac);
	struct verify_token token;
	uint8_t seed[DB_SEED_MAX];

	enum cs_err err = check_token(call, row, true, seed, &token);
	if (!err && (token.disabled || token.unreadable))
		err = CS_ERR_STATE;
	call->keeper->metrics.evaluations++;
	if (!err)
		err = verify_resync(&hmac, &token, &call->keeper->limits,
				    ipc_field(call->request, IPC_TAG_CODE),
				    ipc_field(call->request, IPC_TAG_CODE2), call_now(call), out);
	cs_wipe(seed, sizeof(seed));
	if (!err && out->outcome == VERIFY_ACCEPTED)
		err = db_token_accept(call->keeper->db, row->id, out);
	return err;
}

/* The attempt is granted; it is settled here. */
static enum cs_err otp_resync(struct call *call, struct attempt *attempt, const struct db_token *token)
{
	static const struct budget none;
	struct verify_decision decision;

	enum cs_err err = otp_resync_decide(call, token, &decision);
	if (err == CS_ERR_STATE) {
		err = attempt_close(call, attempt, ATTEMPT_GIVEN_BACK);
		return err ? err : call_refuse(call, CALL_TOKEN_DISABLED);
	}
	if (err)
		return err;
	if (decision.outcome == VERIFY_ACCEPTED) {
		if (token->budget.failures)
			err = db_token_budget(call->keeper->db, token->id, &token->budget, &none);
		if (!err)
			err = attempt_close(call, attempt, ATTEMPT_SUCCEEDED);
		return err ? err : otp_resynced(call, token, &decision);
	}
	err = attempt_token_failed(call, token);
	if (!err)
		err = attempt_close(call, attempt, ATTEMPT_FAILED);
	return err ? err : call_refuse(call, CALL_WRONG_CODES);
}

enum cs_err keeper_token_resync(struct call *call)
{
	struct attempt attempt;
	struct db_token token;
	struct db_user user;
	bool granted;

	enum cs_err err = call_token(call, &token);
	if (err == CS_ERR_NOT_FOUND)
		return call_refuse(call, CALL_NO_TOKEN);
	if (!err)
		err = db_user_find(call->keeper->db, token.user, &user);
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_ERR_CORRUPT : err;
	if (token.state != DB_TOKEN_ACTIVE)
		return call_refuse(call, CALL_TOKEN_DISABLED);
	if (token.type != VERIFY_HOTP && token.type != VERIFY_TOTP)
		return call_refuse(call, CALL_NO_RESYNC);
	if (budget_wait(&token.budget, call_now(call)))
		return call_refuse(call, CALL_LOCKED);
	err = attempt_open(call, &user, NULL, &attempt, &granted);
	if (!err && !granted)
		return call_refuse(call, CALL_LOCKED);
	return err ? err : otp_resync(call, &attempt, &token);
}
