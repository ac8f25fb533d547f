/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One-time passwords: verification and resync. What is decided here, what it costs the user's budget, and the
 * audit entry stand in one transaction.
 */
#include <stdio.h>

#include "base/secret.h"
#include "daemon/keeper_call.h"
#include "daemon/log.h"

/* What became of a code against a user's tokens. */
struct otp_trial {
	enum verify_outcome outcome;
	struct verify_decision decision;
	const struct db_token *token; /* that accepted it, or knew the replay; NULL */
	size_t active, usable;	      /* tokens not disabled, and of these not locked */
};

static enum cs_err otp_seed_open(struct call *call, const struct db_token *token, struct cs_writer *seed)
{
	char identity[TOKEN_IDENTITY_SIZE];

	enum cs_err err = seal_open(&call->keeper->key, token_identity(token, identity),
				    cs_view(token->sealed, token->sealed_len), seed);
	if (err == CS_ERR_CORRUPT)
		log_line(LOG_LEVEL_ERROR,
			 "the seed of token %s does not open with this sealing key: it was sealed with "
			 "another one, or "
			 "changed; the token is refused until it is enrolled anew",
			 token->id);
	return err;
}

/* The decision for one token; codes has one code, or two for a resync. A seed that does not open accepts
 * nothing. */
static enum cs_err otp_decide(struct call *call, const struct db_token *token, struct cs_view code,
			      const struct cs_view *code2, struct verify_decision *out)
{
	const struct cs_hmac hmac = hmac_port(call->keeper->hmac);
	struct verify_token known = {.type = token->type,
				     .hash = token->hash,
				     .digits = token->digits,
				     .period = token->period,
				     .next = token->next,
				     .drift = token->drift};
	uint8_t seed[DB_SEED_MAX];
	struct cs_writer w = CS_WRITER_OF(seed);

	*out = (struct verify_decision){.outcome = VERIFY_WRONG};
	enum cs_err err = otp_seed_open(call, token, &w);
	known.seed = cs_writer_view(&w);
	if (!err && code2)
		err = verify_resync(&hmac, &known, &call->keeper->limits, code, *code2, call_now(call), out);
	else if (!err)
		err = verify_code(&hmac, &known, &call->keeper->limits, code, call_now(call), out);
	cs_wipe(seed, sizeof(seed));
	return err == CS_ERR_CORRUPT ? CS_OK : err;
}

/* Stores what was accepted. The guard may find that the position is spent: then the code is a replay. */
static enum cs_err otp_store(struct call *call, const struct db_token *token,
			     struct verify_decision *decision)
{
	if (decision->outcome != VERIFY_ACCEPTED)
		return CS_OK;
	enum cs_err err = db_token_accept(call->keeper->db, token->id, decision);
	if (err != CS_ERR_STATE)
		return err;
	decision->outcome = VERIFY_REPLAY;
	return CS_OK;
}

static enum cs_err otp_try_all(struct call *call, const struct db_token *tokens, size_t count,
			       struct otp_trial *trial)
{
	const struct cs_view code = ipc_field(call->request, IPC_TAG_CODE);
	struct verify_decision decision;

	for (size_t i = 0; i < count; i++) {
		if (tokens[i].state != DB_TOKEN_ACTIVE)
			continue;
		trial->active++;
		if (tokens[i].failures >= call->keeper->max_failures)
			continue;
		trial->usable++;
		if (trial->outcome == VERIFY_ACCEPTED)
			continue;
		enum cs_err err = otp_decide(call, &tokens[i], code, NULL, &decision);
		if (!err)
			err = otp_store(call, &tokens[i], &decision);
		if (err)
			return err;
		if (decision.outcome <= trial->outcome)
			continue;
		trial->outcome = decision.outcome;
		trial->decision = decision;
		trial->token = &tokens[i];
	}
	return CS_OK;
}

/* Answers, counts and audits. reason is told in the audit log; the caller learns "wrong" or "locked" alone.
 */
static enum cs_err otp_answer(struct call *call, enum keeper_verification result, const char *reason)
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
	json_object_end(&out);
	return CS_OK;
}

/* Spends one of the user's tries, and of the only token's where there is just one that it can have been meant
 * for. */
static enum cs_err otp_spend(struct call *call, const struct db_user *user, const struct db_token *only)
{
	enum cs_err err = db_user_failed(call->keeper->db, user->id);

	if (!err && only)
		err = db_token_failed(call->keeper->db, only->id);
	call_detail(call, "failure %u of %u", (unsigned)user->failures + 1,
		    (unsigned)call->keeper->max_failures);
	return err;
}

static const struct db_token *otp_only_active(const struct db_token *tokens, size_t count, size_t active)
{
	for (size_t i = 0; active == 1 && i < count; i++)
		if (tokens[i].state == DB_TOKEN_ACTIVE)
			return &tokens[i];
	return NULL;
}

static enum cs_err otp_conclude(struct call *call, const struct db_user *user, const struct db_token *tokens,
				size_t count, const struct otp_trial *trial)
{
	enum cs_err err = CS_OK;

	if (trial->token)
		(void)snprintf(call->audit.token, sizeof(call->audit.token), "%s", trial->token->id);
	if (trial->outcome == VERIFY_ACCEPTED) {
		call_detail(call, "position %llu", (unsigned long long)trial->decision.at);
		if (user->failures)
			err = db_user_cleared(call->keeper->db, user->id);
		return err ? err : otp_answer(call, KEEPER_ACCEPTED, "");
	}
	if (trial->outcome == VERIFY_REPLAY)
		return otp_answer(call, KEEPER_REPLAY, "replay");
	if (trial->active && !trial->usable)
		return otp_answer(call, KEEPER_LOCKED, "token_locked");
	if (!trial->active)
		return otp_answer(call, KEEPER_WRONG, count ? "token_disabled" : "no_token");
	err = otp_spend(call, user, otp_only_active(tokens, count, trial->active));
	return err ? err : otp_answer(call, KEEPER_WRONG, "wrong_code");
}

/* A user that is not there takes the time of one that is: a token with a seed of zeros is tried. */
static enum cs_err otp_unknown(struct call *call)
{
	static const uint8_t zeros[20];
	const struct verify_token nobody = {
	    .type = VERIFY_HOTP, .hash = CS_SHA1, .digits = 6, .seed = {zeros, sizeof(zeros)}, .next = 1000};
	const struct cs_hmac hmac = hmac_port(call->keeper->hmac);
	struct verify_decision ignored;

	enum cs_err err = verify_code(&hmac, &nobody, &call->keeper->limits,
				      ipc_field(call->request, IPC_TAG_CODE), call_now(call), &ignored);
	return err ? err : otp_answer(call, KEEPER_WRONG, "unknown_user");
}

enum cs_err keeper_otp_verify(struct call *call)
{
	struct db_token tokens[DB_USER_TOKENS_MAX];
	struct otp_trial trial = {.outcome = VERIFY_WRONG};
	struct db_user user;
	size_t count;

	enum cs_err err = call_user(call, &user);
	if (err == CS_ERR_NOT_FOUND)
		return otp_unknown(call);
	if (!err && user.failures >= call->keeper->max_failures)
		return otp_answer(call, KEEPER_LOCKED, "user_locked");
	if (!err)
		err = db_token_of_user(call->keeper->db, user.id, tokens, &count);
	if (!err)
		err = otp_try_all(call, tokens, count, &trial);
	return err ? err : otp_conclude(call, &user, tokens, count, &trial);
}

/* ---- resync ---- */

static enum cs_err otp_resynced(struct call *call, const struct db_token *token, const struct db_user *user,
				const struct verify_decision *decision)
{
	struct json_out out = json_out_of(&call->body);
	enum cs_err err = CS_OK;

	if (user->failures)
		err = db_user_cleared(call->keeper->db, user->id);
	if (err)
		return err;
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

enum cs_err keeper_token_resync(struct call *call)
{
	const struct cs_view code = ipc_field(call->request, IPC_TAG_CODE);
	const struct cs_view code2 = ipc_field(call->request, IPC_TAG_CODE2);
	struct verify_decision decision;
	struct db_token token;
	struct db_user user;

	enum cs_err err = call_token(call, &token);
	if (err == CS_ERR_NOT_FOUND)
		return call_refuse(call, CALL_NO_TOKEN);
	if (!err)
		err = db_user_find(call->keeper->db, token.user, &user);
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_ERR_CORRUPT : err;
	if (token.state != DB_TOKEN_ACTIVE)
		return call_refuse(call, CALL_TOKEN_DISABLED);
	if (user.failures >= call->keeper->max_failures || token.failures >= call->keeper->max_failures)
		return call_refuse(call, CALL_LOCKED);
	err = otp_decide(call, &token, code, &code2, &decision);
	if (!err)
		err = otp_store(call, &token, &decision);
	if (!err && decision.outcome == VERIFY_ACCEPTED)
		return otp_resynced(call, &token, &user, &decision);
	if (!err)
		err = otp_spend(call, &user, &token);
	return err ? err : call_refuse(call, CALL_WRONG_CODES);
}
