/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A code against a user's tokens.
 *
 * Invariants:
 *  1. A code that decide.h accepts is answered as accepted only when the guarded update of its token, and of
 *     its challenge, has changed a row.
 *  2. A challenge is answered by the token that it was made for, for its user, and to the application that
 *     asked.
 */
#include "daemon/keeper_check.h"

#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "daemon/log.h"
#include "daemon/password.h"

/* What a code is tried against. */
struct check {
	struct db_token rows[DB_USER_TOKENS_MAX];
	struct verify_token tokens[DB_USER_TOKENS_MAX];
	uint8_t seeds[DB_USER_TOKENS_MAX][DB_SEED_MAX];
	size_t loaded; /* rows read */
	size_t count;  /* rows kept, which have tokens and seeds */
	struct db_challenge row;
	struct verify_challenge challenge;
	bool known; /* the attempt comes from a known address */
};

enum cs_err check_token(struct call *call, const struct db_token *token, bool known,
			uint8_t seed[DB_SEED_MAX], struct verify_token *out)
{
	struct cs_writer w = cs_writer_of(seed, DB_SEED_MAX);
	char identity[TOKEN_IDENTITY_SIZE];

	*out = (struct verify_token){.type = token->type,
				     .hash = token->hash,
				     .digits = token->digits,
				     .period = token->period,
				     .next = token->next,
				     .drift = token->drift,
				     .spent = token->spent,
				     .count = token->count,
				     .expires = token->expires,
				     .suite = cs_view_string(token->suite),
				     .pin = token->pin,
				     .pin_hash = cs_view(token->pin_hash, token->pin_hash_len),
				     .disabled = token->state != DB_TOKEN_ACTIVE,
				     .locked = !known && budget_wait(&token->budget, call_now(call))};
	if (out->disabled)
		return CS_OK;
	enum cs_err err = data_key_open(call->keeper, token_identity(token, identity),
					cs_view(token->sealed, token->sealed_len), &w);
	out->seed = cs_writer_view(&w);
	if (err != CS_ERR_CORRUPT)
		return err;
	out->unreadable = true;
	log_line(
	    LOG_LEVEL_ERROR,
	    "the seed of token %s does not open with this sealing key: it was sealed with another one, or "
	    "changed; the token is refused until it is enrolled anew",
	    token->id);
	return CS_OK;
}

static enum cs_err check_pin(void *ctx, struct cs_view stored, struct cs_view pin, bool *same)
{
	struct call *call = ctx;

	enum cs_err err = stored.len ? call_password_matches(call, stored, pin, same) : CS_ERR_CORRUPT;
	if (err == CS_ERR_CORRUPT || err == CS_ERR_LENGTH) {
		*same = false;
		err = CS_OK;
	}
	return err;
}

struct decide_ports check_ports(struct call *call, struct cs_hmac *hmac)
{
	*hmac = hmac_port(call->keeper->hmac);
	return (struct decide_ports){.hmac = hmac, .pin = check_pin, .ctx = call};
}

/* Loads the challenge that the request names. CS_ERR_NOT_FOUND: the application has asked this user no such
 * one. */
static enum cs_err check_load_challenge(struct call *call, const struct db_user *user, struct check *check)
{
	struct db_challenge *row = &check->row;
	char id[DB_CHALLENGE_ID_SIZE];

	if (!call_text(call, IPC_TAG_CHALLENGE, id, sizeof(id)))
		return CS_ERR_NOT_FOUND;
	enum cs_err err = db_challenge_find(call->keeper->db, id, row);
	if (!err && (row->user_id != user->id || strcmp(row->application, call_caller(call)) != 0))
		err = CS_ERR_NOT_FOUND;
	if (err)
		return err;
	check->challenge = (struct verify_challenge){.id = cs_view_string(row->id),
						     .question = cs_view_string(row->question),
						     .data = cs_view_string(row->data),
						     .expires = row->expires,
						     .spent = row->spent,
						     .mac = cs_view(row->mac, row->mac_len)};
	return CS_OK;
}

/* Keeps the tokens that the attempt can be for: the one that it names, or that its challenge was made for. */
static enum cs_err check_load_tokens(struct call *call, const struct db_user *user, struct check *check)
{
	const struct cs_view named = ipc_field(call->request, IPC_TAG_TOKEN);
	size_t kept = 0;

	enum cs_err err =
	    db_token_of_user(call->keeper->db, user, call_now(call), check->rows, &check->loaded);
	for (size_t i = 0; !err && i < check->loaded; i++) {
		const struct db_token *row = &check->rows[i];
		if (named.ptr && !cs_view_equal(named, cs_view_string(row->id)))
			continue;
		if (check->challenge.id.len && strcmp(check->row.token, row->id) != 0)
			continue;
		if (kept != i)
			check->rows[kept] = *row;
		kept++;
	}
	for (size_t i = 0; !err && i < kept; i++)
		err = check_token(call, &check->rows[i], check->known, check->seeds[i], &check->tokens[i]);
	check->count = kept;
	return err;
}

/* Stores what was decided. The guards may find that token or challenge have been spent: then the code is a
 * replay. */
static enum cs_err check_store(struct call *call, const struct check *check, struct decision *decision)
{
	struct db *db = call->keeper->db;

	if (!decision->store)
		return CS_OK;
	enum cs_err err = db_token_accept(db, check->rows[decision->token].id, &decision->update);
	if (!err && decision->spend)
		err = db_challenge_spend(db, check->row.id);
	if (err == CS_ERR_STATE) {
		decision->reason = decision->spend ? DECIDE_CHALLENGE_OVER : DECIDE_REPLAY;
		return CS_OK;
	}
	return err;
}

/* The token's own record: cleared by its right code, raised where the attempt can have been meant for it
 * alone. */
static enum cs_err check_settle(struct call *call, const struct check *check, size_t target,
				const struct decision *decision)
{
	static const struct budget none;
	const struct db_token *row = &check->rows[decision->token];

	if (decision->reason == DECIDE_ACCEPTED)
		return row->budget.failures ? db_token_budget(call->keeper->db, row->id, &row->budget, &none)
					    : CS_OK;
	if (target == check->count || check->known || decide_reason_free(decision->reason))
		return CS_OK;
	return attempt_token_failed(call, &check->rows[target]);
}

static uint64_t check_wait(const struct call *call, const struct check *check)
{
	uint64_t least = 0;

	for (size_t i = 0; i < check->count; i++) {
		uint64_t wait = budget_wait(&check->rows[i].budget, call_now(call));
		if (check->tokens[i].locked && (!least || wait < least))
			least = wait;
	}
	return least;
}

/* What does not let in costs what a wrong code for so many HOTP tokens does, so that who has fewer, others,
 * or none, and whose name is nobody's, is answered as late. */
#define CHECK_TOKENS_LEAST 3u

static enum cs_err check_in_vain(struct call *call, uint64_t computed_before)
{
	static const uint8_t zeros[20], counter[8];
	struct hmac *const hmac = call->keeper->hmac;
	const struct cs_hmac port = hmac_port(hmac);
	/* of one token: the next code, those of the window, and as many behind it */
	const uint64_t one = 2u * (call->keeper->limits.hotp_window + UINT64_C(1));
	uint8_t mac[CS_HASH_MAX];
	enum cs_err err = CS_OK;

	while (!err && hmac_computed(hmac) - computed_before < CHECK_TOKENS_LEAST * one)
		err = port.fn(port.ctx, CS_SHA1, cs_view(zeros, sizeof(zeros)),
			      cs_view(counter, sizeof(counter)), mac);
	return err;
}

static enum cs_err check_decide(struct call *call, const struct check *check, struct check_result *out)
{
	struct cs_hmac hmac;
	const struct decide_ports ports = check_ports(call, &hmac);
	const struct decide_attempt attempt = {.code = ipc_field(call->request, IPC_TAG_CODE),
					       .data = ipc_field(call->request, IPC_TAG_DATA),
					       .challenge =
						   check->challenge.id.len ? &check->challenge : NULL,
					       .now = call_now(call)};
	const size_t target = decide_target(check->tokens, check->count, &attempt);
	const uint64_t before = hmac_computed(call->keeper->hmac);
	struct decision decision;

	call->keeper->metrics.evaluations++;
	enum cs_err err =
	    decide(&ports, check->tokens, check->count, &call->keeper->limits, &attempt, &decision);
	if (!err && decision.reason != DECIDE_ACCEPTED)
		err = check_in_vain(call, before);
	if (!err)
		err = check_store(call, check, &decision);
	if (err)
		return err;
	if (decision.reason >= DECIDE_REPLAY)
		(void)snprintf(call->audit.token, sizeof(call->audit.token), "%s",
			       check->rows[decision.token].id);
	if (decision.store)
		call_detail(call, "position %llu", (unsigned long long)decision.update.at);
	out->reason = decision.reason;
	out->wait = decision.reason == DECIDE_LOCKED ? check_wait(call, check) : 0;
	return check_settle(call, check, target, &decision);
}

static void check_wipe(struct check *check)
{
	cs_wipe(check->rows, check->loaded * sizeof(check->rows[0]));
	cs_wipe(check->seeds, check->loaded * sizeof(check->seeds[0]));
	cs_wipe(&check->row, sizeof(check->row));
}

enum cs_err check_code(struct call *call, const struct attempt *attempt, const struct db_user *user,
		       struct check_result *out)
{
	struct check check; /* large: only what is used of it is set, and wiped */
	enum cs_err err = CS_OK;

	check.loaded = check.count = 0;
	check.challenge = (struct verify_challenge){.spent = false};
	check.known = attempt->known;
	if (ipc_has(call->request, IPC_TAG_CHALLENGE))
		err = check_load_challenge(call, user, &check);
	if (!err)
		err = check_load_tokens(call, user, &check);
	if (!err)
		err = check_decide(call, &check, out);
	check_wipe(&check);
	if (err != CS_ERR_NOT_FOUND)
		return err;
	*out = (struct check_result){.reason = DECIDE_NO_TOKEN};
	return check_nobody(call); /* as long as who has answered a challenge of his own */
}

enum cs_err check_nobody(struct call *call)
{
	call->keeper->metrics.evaluations++;
	return check_in_vain(call, hmac_computed(call->keeper->hmac));
}
