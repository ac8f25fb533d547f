/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Claiming and settling attempts.
 *
 * Invariants:
 *  1. An attempt is granted only when every charge of it is written; where one is refused, none is.
 *  2. A failure raises the records it was charged to, and no other one of the user.
 *  3. What was charged to a user at a known address does not touch the user's own record, nor the address's.
 */
#include "daemon/keeper_attempt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ATTEMPT_PURGE_EVERY 600u   /* seconds */
#define ATTEMPT_NOTED_FOR   86400u /* seconds that a success at a known address is not noted again */

static enum cs_err attempt_write(struct call *call, const struct attempt *attempt,
				 const struct attempt_charge *charge, const struct budget *before,
				 const struct budget *after)
{
	struct db *db = call->keeper->db;

	if (charge->of == ATTEMPT_OF_USER)
		return db_user_budget(db, attempt->user_id, before, after);
	if (charge->of == ATTEMPT_OF_KNOWN)
		return db_known_budget(db, attempt->user_id, attempt->address, before, after);
	return db_budget_set(db, charge->subject, before, after);
}

/* Adds a charge, read from where it is kept. */
static enum cs_err attempt_subject(struct call *call, struct attempt *attempt, const char *kind,
				   const char *subject, const struct budget_rule *rule)
{
	struct attempt_charge *charge = &attempt->charges[attempt->count++];

	charge->of = ATTEMPT_OF_SUBJECT;
	charge->rule = rule;
	(void)snprintf(charge->subject, sizeof(charge->subject), "%s:%s", kind, subject);
	return db_budget_find(call->keeper->db, charge->subject, &charge->before);
}

/* An address, a space, an application's name: leaves a subject room for its kind. */
#define PLACE_SIZE (CLIENT_ADDRESS_MAX + DB_NAME_SIZE)

static void attempt_place(const struct call *call, const struct attempt *attempt, char out[PLACE_SIZE])
{
	(void)snprintf(out, PLACE_SIZE, "%s %s", attempt->address, call_caller(call));
}

/* The same of the client's address at this application, where there is one that counts. */
static enum cs_err attempt_address_charge(struct call *call, struct attempt *attempt, const char *kind,
					  const struct budget_rule *rule)
{
	char place[PLACE_SIZE];

	if (!attempt->address[0] || !client_address_counts(attempt->address))
		return CS_OK;
	attempt_place(call, attempt, place);
	return attempt_subject(call, attempt, kind, place, rule);
}

/* Whether the user has succeeded from the address lately; it is charged then. */
static enum cs_err attempt_known(struct call *call, struct attempt *attempt)
{
	struct attempt_charge *charge = &attempt->charges[0];
	struct db_known known;

	if (!attempt->user_id || !attempt->address[0])
		return CS_OK;
	enum cs_err err = db_known_find(call->keeper->db, attempt->user_id, attempt->address, &known);
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_OK : err;
	attempt->seen = known.seen;
	attempt->known = known.seen + call->keeper->known_for > call_now(call);
	if (!attempt->known)
		return CS_OK;
	charge->of = ATTEMPT_OF_KNOWN;
	charge->rule = &call->keeper->user_rule;
	charge->before = known.budget;
	attempt->count = 1;
	return CS_OK;
}

static enum cs_err attempt_charges(struct call *call, const struct db_user *user, const char *name,
				   struct attempt *attempt)
{
	enum cs_err err = attempt_known(call, attempt);

	if (err || attempt->known)
		return err;
	if (user) {
		struct attempt_charge *charge = &attempt->charges[attempt->count++];
		charge->of = ATTEMPT_OF_USER;
		charge->rule = &call->keeper->user_rule;
		charge->before = user->budget;
	} else {
		err = attempt_subject(call, attempt, "name", name, &call->keeper->user_rule);
	}
	if (!err)
		err = attempt_address_charge(call, attempt, ATTEMPT_KIND_TRIES, &call->keeper->address_rule);
	return err;
}

/* Removes now and then what is over, so that a flood of addresses or names leaves nothing for good. */
static enum cs_err attempt_purge(struct call *call)
{
	struct keeper *keeper = call->keeper;
	const uint64_t now = call_now(call);
	uint64_t kept = keeper->asking_rule.window;

	kept = keeper->user_rule.window > kept ? keeper->user_rule.window : kept;
	kept = keeper->address_rule.window > kept ? keeper->address_rule.window : kept;

	if (now < keeper->purge_after)
		return CS_OK;
	keeper->purge_after = now + ATTEMPT_PURGE_EVERY;
	return db_budget_purge(keeper->db, now > kept ? now - kept : 0, now);
}

/* Begins an attempt from the request's CLIENT. CS_ERR_ARG: that is no address. */
static enum cs_err attempt_begin(struct call *call, const struct db_user *user, struct attempt *out)
{
	memset(out, 0, sizeof(*out));
	out->user_id = user ? user->id : 0;
	if (ipc_has(call->request, IPC_TAG_CLIENT) &&
	    !client_address(ipc_field(call->request, IPC_TAG_CLIENT), out->address))
		return CS_ERR_ARG;
	return attempt_purge(call);
}

/* What its charges come to, and whether all of them may be. */
static bool attempt_weigh(const struct call *call, struct attempt *out)
{
	const uint64_t now = call_now(call);
	bool granted = true;

	for (unsigned i = 0; i < out->count; i++) {
		struct attempt_charge *charge = &out->charges[i];
		uint64_t wait = budget_wait(&charge->before, now);
		granted = budget_claim(&charge->before, charge->rule, now, &charge->after) && granted;
		out->refused = wait > out->wait ? i : out->refused;
		out->wait = wait > out->wait ? wait : out->wait;
	}
	return granted;
}

enum cs_err attempt_look(struct call *call, const struct db_user *user, const char *name, struct attempt *out,
			 bool *granted)
{
	enum cs_err err = attempt_begin(call, user, out);

	if (!err)
		err = attempt_charges(call, user, name, out);
	*granted = !err && attempt_weigh(call, out);
	return err;
}

const char *attempt_refused_by(const struct attempt *attempt)
{
	const struct attempt_charge *charge = &attempt->charges[attempt->refused];

	if (charge->of == ATTEMPT_OF_SUBJECT &&
	    strncmp(charge->subject, ATTEMPT_KIND_TRIES ":", sizeof(ATTEMPT_KIND_TRIES)) == 0)
		return "address_locked";
	return charge->of == ATTEMPT_OF_USER	? "user_locked"
	       : charge->of == ATTEMPT_OF_KNOWN ? "known_address_locked"
						: "unknown_user";
}

enum cs_err attempt_claim(struct call *call, struct attempt *attempt)
{
	const struct attempt_charge *first = &attempt->charges[0];
	enum cs_err err = CS_OK;

	for (unsigned i = 0; !err && i < attempt->count; i++)
		err = attempt_write(call, attempt, &attempt->charges[i], &attempt->charges[i].before,
				    &attempt->charges[i].after);
	attempt->claimed = !err;
	if (!err)
		call_detail(call, "attempt %u of %u", (unsigned)first->after.failures,
			    (unsigned)first->rule->tries);
	return err;
}

enum cs_err attempt_open(struct call *call, const struct db_user *user, const char *name, struct attempt *out,
			 bool *granted)
{
	enum cs_err err = attempt_look(call, user, name, out, granted);

	return !err && *granted ? attempt_claim(call, out) : err;
}

enum cs_err attempt_ask(struct call *call, const struct db_user *user, const char *name, struct attempt *out,
			bool *granted)
{
	enum cs_err err = attempt_begin(call, user, out);

	*granted = false;
	if (!err)
		err = attempt_known(call, out);
	out->count = 0; /* nothing was guessed at */
	if (!err && !user && name[0])
		err = attempt_subject(call, out, "asked", name, &call->keeper->asked_rule);
	if (!err && !out->known)
		err = attempt_address_charge(call, out, ATTEMPT_KIND_ASKING, &call->keeper->asking_rule);
	*granted = !err && attempt_weigh(call, out);
	return !err && *granted && out->count ? attempt_claim(call, out) : err;
}

/* A challenge was answered: who asks for one at this address means to. */
static enum cs_err attempt_answered(struct call *call, const struct attempt *attempt)
{
	static const struct budget none;
	char place[DB_SUBJECT_SIZE], subject[DB_SUBJECT_SIZE + sizeof(ATTEMPT_KIND_ASKING)];
	struct budget before;

	if (!ipc_has(call->request, IPC_TAG_CHALLENGE) || !attempt->address[0] || attempt->known ||
	    !client_address_counts(attempt->address))
		return CS_OK;
	attempt_place(call, attempt, place);
	(void)snprintf(subject, sizeof(subject), "%s:%s", ATTEMPT_KIND_ASKING, place);
	enum cs_err err = db_budget_find(call->keeper->db, subject, &before);
	return err ? err : db_budget_set(call->keeper->db, subject, &before, &none);
}

enum cs_err attempt_called_off(struct call *call, struct attempt *attempt, enum cs_err err)
{
	if (err != CALL_WAITS || !attempt->claimed)
		return err;
	enum cs_err undone = attempt_close(call, attempt, ATTEMPT_GIVEN_BACK);
	return undone ? undone : err;
}

enum cs_err attempt_close(struct call *call, struct attempt *attempt, enum attempt_end end)
{
	static const struct budget none;
	enum cs_err err = CS_OK;

	attempt->claimed = false;
	if (end == ATTEMPT_FAILED) {
		const struct attempt_charge *first = &attempt->charges[0];
		call->audit.locks |= attempt->count && first->of != ATTEMPT_OF_SUBJECT &&
				     budget_wait(&first->after, call_now(call)) > 0;
		return CS_OK;
	}
	for (unsigned i = 0; !err && i < attempt->count; i++) {
		const struct attempt_charge *charge = &attempt->charges[i];
		err = attempt_write(call, attempt, charge, &charge->after,
				    end == ATTEMPT_SUCCEEDED ? &none : &charge->before);
	}
	if (!err && end == ATTEMPT_SUCCEEDED)
		err = attempt_answered(call, attempt);
	bool noted = attempt->seen + ATTEMPT_NOTED_FOR > call_now(call);
	if (!err && end == ATTEMPT_SUCCEEDED && attempt->user_id && attempt->address[0] && !noted)
		err = db_known_seen(call->keeper->db, attempt->user_id, attempt->address, call_now(call));
	return err;
}

enum cs_err attempt_token_failed(struct call *call, const struct db_token *token)
{
	struct budget after;

	if (!budget_claim(&token->budget, &call->keeper->user_rule, call_now(call), &after))
		return CS_OK;
	if (budget_wait(&after, call_now(call)) > 0) {
		call->audit.locks_token = true;
		(void)snprintf(call->audit.token, sizeof(call->audit.token), "%s", token->id);
	}
	return db_token_budget(call->keeper->db, token->id, &token->budget, &after);
}
