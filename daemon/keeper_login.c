/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Logins: what a user's class wants of him, in the order certificate, password, new password, code; and the
 * assertion that he gave it. The password is looked at before the code, so that nobody spends the codes of a
 * user whose password he does not know; the certificate before both, so that nobody tries a password without
 * the card.
 *
 *   the first one wanted is not there ------------------> next (nothing is charged)
 *   attempt claimed -> certificate or password wrong ---> wrong
 *                   -> right so far, more is wanted ----> next (the attempt is given back)
 *                   -> code wrong ----------------------> wrong
 *                   -> all right -----------------------> accepted: an assertion
 *
 * What Argon2id is wanted for is asked in the same order, and each time before anything is written that
 * cannot be taken back: the call is run again with the answer (keeper_wait.c).
 *
 * Invariants:
 *  1. No assertion leaves without every factor of the user's class, each checked in this call.
 *  2. A name that is nobody's, and a user without a password, cost what a wrong password does, the Argon2id,
 *     too, and get its answer.
 *  3. Who must change his password gets no assertion before he has another one.
 */
#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "daemon/jwt.h"
#include "daemon/keeper_check.h"
#include "daemon/keeper_login.h"
#include "daemon/keeper_proof.h"
#include "daemon/seal.h"

struct login {
	uint8_t stored[PASSWORD_STORED_LEN]; /* what is to be stored for a new password */
	struct db_user user;
	struct db_class row;
	struct attempt attempt;
	struct proof proof;
	bool change; /* a new password is to be stored */
};

/* ---- answers ---- */

static enum cs_err login_wrong(struct call *call, const char *reason)
{
	struct json_out out = json_out_of(&call->body);

	call->keeper->metrics.verifications[KEEPER_WRONG]++;
	call->status = 200;
	call_result(call, "wrong");
	call_reason(call, reason);
	json_object_begin(&out, NULL);
	json_bool(&out, "accepted", false);
	json_text(&out, "reason", "wrong");
	json_object_end(&out);
	return CS_OK;
}

static enum cs_err login_locked(struct call *call, const char *reason, uint64_t wait)
{
	struct json_out out = json_out_of(&call->body);

	call->keeper->metrics.verifications[KEEPER_LOCKED]++;
	call->status = 200;
	call_result(call, "locked");
	call_reason(call, reason);
	json_object_begin(&out, NULL);
	json_bool(&out, "accepted", false);
	json_text(&out, "reason", "locked");
	json_number(&out, "wait", wait);
	json_object_end(&out);
	return CS_OK;
}

/* What a certificate's key is to sign (base/login_text.h). The name is the one that was given: whose alias it
 * is, or whether it is one, nobody is told before he is let in. */
static enum cs_err login_next_certificate(struct call *call, struct json_out *out)
{
	char nonce[PROOF_NONCE_SIZE];
	uint64_t expires;

	enum cs_err err = proof_nonce(call, &expires, nonce);
	if (err)
		return err;
	json_object_begin(out, "certificate");
	json_text(out, "issuer", call->keeper->issuer);
	json_text(out, "application", call_caller(call));
	json_text(out, "user", call->typed);
	json_text(out, "nonce", nonce);
	json_number(out, "expires", expires);
	json_object_end(out);
	return CS_OK;
}

/* What is still wanted. */
static enum cs_err login_next(struct call *call, unsigned factors, bool change)
{
	struct json_out out = json_out_of(&call->body);
	enum cs_err err = CS_OK;

	call->status = 200;
	call_result(call, "next");
	json_object_begin(&out, NULL);
	json_bool(&out, "accepted", false);
	json_array_begin(&out, "next");
	if (factors & LOGIN_CERTIFICATE)
		json_text(&out, NULL, "certificate");
	if (factors & LOGIN_PASSWORD)
		json_text(&out, NULL, "password");
	if (change)
		json_text(&out, NULL, "new_password");
	if (factors & LOGIN_CODE)
		json_text(&out, NULL, "code");
	json_array_end(&out);
	if (factors & LOGIN_CERTIFICATE)
		err = login_next_certificate(call, &out);
	json_object_end(&out);
	return err;
}

/* ---- the assertion ---- */

static void login_claims(const struct call *call, const struct login *login, const char *id, uint64_t expires,
			 struct cs_writer *w)
{
	struct json_out out = json_out_of(w);

	json_object_begin(&out, NULL);
	json_text(&out, "iss", call->keeper->issuer);
	json_text(&out, "sub", login->user.name);
	json_text(&out, "aud", call_caller(call));
	json_number(&out, "iat", call_now(call));
	json_number(&out, "exp", expires);
	json_text(&out, "jti", id);
	json_text(&out, "acr", login_level(login->row.factors));
	json_array_begin(&out, "amr");
	if (login->row.factors & LOGIN_CERTIFICATE)
		json_text(&out, NULL, "pop");
	if (login->row.factors & LOGIN_PASSWORD)
		json_text(&out, NULL, "pwd");
	if (login->row.factors & LOGIN_CODE)
		json_text(&out, NULL, "otp");
	json_array_end(&out);
	json_object_end(&out);
}

/* The assertion's name, and which certificate it is for. */
static void login_detail(struct call *call, const struct login *login, const char *id)
{
	char key[2 * DB_FINGERPRINT_LEN + 1];

	cs_hex_encode(CS_VIEW_OF(login->proof.fingerprint), key);
	if (login->row.factors & LOGIN_CERTIFICATE)
		call_detail(call, "%s, certificate %.16s", id, key);
	else
		call_detail(call, "%s", id);
}

static enum cs_err login_accepted(struct call *call, const struct login *login)
{
	struct json_out out = json_out_of(&call->body);
	const uint64_t expires = call_now(call) + call->keeper->assertion_lifetime;
	uint8_t claims[1024];
	char assertion[2048], id[DB_TOKEN_ID_SIZE];
	struct cs_writer w = CS_WRITER_OF(claims), text = cs_writer_of(assertion, sizeof(assertion) - 1);

	enum cs_err err = call_id_new("a_", id);
	if (err)
		return err;
	login_claims(call, login, id, expires, &w);
	err = cs_writer_done(&w);
	if (!err)
		err = signing_sign(call, cs_writer_view(&w), &text);
	if (err)
		return err;
	assertion[cs_writer_view(&text).len] = '\0';
	call->keeper->metrics.verifications[KEEPER_ACCEPTED]++;
	call->status = 200;
	call_result(call, "accepted");
	call_reason(call, "");
	login_detail(call, login, id);
	json_object_begin(&out, NULL);
	json_bool(&out, "accepted", true);
	json_text(&out, "user", login->user.name);
	json_text(&out, "level", login_level(login->row.factors));
	json_text(&out, "assertion", assertion);
	json_number(&out, "expires", expires);
	json_object_end(&out);
	return CS_OK;
}

/* ---- the factors ---- */

/* Whether the first factor that is looked at has come; without it nothing is charged. */
static bool login_begun(const struct call *call, const struct login *login)
{
	if (login->row.factors & LOGIN_CERTIFICATE)
		return login->proof.state == PROOF_GIVEN || login->proof.state == PROOF_SHOWN;
	return ipc_has(call->request, login->row.factors & LOGIN_PASSWORD ? IPC_TAG_PASSWORD : IPC_TAG_CODE);
}

static bool login_looks_at_password(const struct call *call, const struct login *login)
{
	return (login->row.factors & LOGIN_PASSWORD) && ipc_has(call->request, IPC_TAG_PASSWORD);
}

/* Claims the attempt, and looks at the certificate, where one is wanted; then at the password: without a
 * certificate before it, all that it takes to do so is there before anything is written. user NULL, stored
 * empty: nobody has the name, or no password. wrong: NULL where all is right. */
static enum cs_err login_attempt(struct call *call, struct login *login, const struct db_user *user,
				 struct cs_view stored, bool *granted, const char **wrong)
{
	const struct cs_view password = ipc_field(call->request, IPC_TAG_PASSWORD);
	const bool certificate = (login->row.factors & LOGIN_CERTIFICATE) != 0;
	const bool looks = login_looks_at_password(call, login);
	bool same = true;

	*wrong = NULL;
	enum cs_err err = attempt_look(call, user, call->typed, &login->attempt, granted);
	if (err || !*granted)
		return err;
	if (looks && !certificate)
		err = call_password_ready(call, stored, password);
	if (!err)
		err = attempt_claim(call, &login->attempt);
	if (!err && certificate)
		err = proof_check(call, user, &login->proof, wrong);
	if (!err && !*wrong && looks)
		err = call_password_matches(call, stored, password, &same);
	if (!err && !same)
		*wrong = stored.len ? "wrong_password" : user ? "no_password" : "unknown_user";
	return err;
}

/* What of a proof cannot be looked at, or is left out, is asked for again. */
static enum cs_err login_begin(struct call *call, struct login *login, const struct db_user *user,
			       struct cs_view stored, bool *granted, const char **wrong)
{
	*granted = false;
	*wrong = NULL;
	if (login->row.factors & LOGIN_CERTIFICATE) {
		enum cs_err err = proof_begin(call, user, &login->proof);
		if (err)
			return err == CS_ERR_ARG ? call_refuse(call, CALL_BAD_PROOF) : err;
	}
	if (!login_begun(call, login))
		return login_next(call, login->row.factors, false);
	enum cs_err err = login_attempt(call, login, user, stored, granted, wrong);
	if (err == CS_ERR_ARG)
		return call_refuse(call, CALL_BAD_CLIENT);
	if (!err && !*granted)
		return login_locked(call, attempt_refused_by(&login->attempt), login->attempt.wait);
	if (!err && *wrong)
		err = attempt_close(call, &login->attempt, ATTEMPT_FAILED);
	return err || !*wrong ? err : login_wrong(call, *wrong);
}

/* ---- nobody ---- */

struct nobody {
	struct call *call;
	char *name; /* of the class so far; "": none yet */
	uint8_t most[SEAL_FINGERPRINT_LEN];
	enum cs_err err;
};

/* Each class draws for the name, and the highest one has it: of a class that comes or goes no other one's
 * names are changed. */
static void nobody_draws(void *ctx, const struct db_class *row)
{
	struct nobody *nobody = ctx;
	uint8_t text[sizeof(nobody->call->typed) + DB_NAME_SIZE], drawn[SEAL_FINGERPRINT_LEN];
	struct cs_writer w = CS_WRITER_OF(text);

	cs_write_view(&w, cs_view_string(nobody->call->typed));
	cs_write_u8(&w, 0);
	cs_write_view(&w, cs_view_string(row->name));
	enum cs_err err = cs_writer_done(&w);
	if (!err)
		err = seal_draw(&nobody->call->keeper->key, cs_writer_view(&w), drawn);
	if (err) {
		nobody->err = err;
	} else if (!nobody->name[0] || memcmp(drawn, nobody->most, sizeof(drawn)) > 0) {
		memcpy(nobody->most, drawn, sizeof(drawn));
		(void)snprintf(nobody->name, DB_NAME_SIZE, "%s", row->name);
	}
}

/* Of the classes that users have, the one that a name which is nobody's is treated as: always the same one,
 * so that what is asked for does not tell who exists. */
static enum cs_err nobody_class(struct call *call, char name[DB_NAME_SIZE])
{
	struct nobody nobody = {.call = call, .name = name};

	name[0] = '\0';
	enum cs_err err = db_class_used(call->keeper->db, nobody_draws, &nobody);
	if (!err && !nobody.err && !name[0]) /* there is no user at all */
		(void)snprintf(name, DB_NAME_SIZE, "%s", LOGIN_CLASS_DEFAULT);
	return err ? err : nobody.err;
}

/* A name that is nobody's. */
static enum cs_err login_unknown(struct call *call, struct login *login)
{
	const char *wrong;
	bool granted;

	enum cs_err err = login_begin(call, login, NULL, CS_VIEW_EMPTY, &granted, &wrong);
	if (err || call->status)
		return err;
	err = check_nobody(call);
	return err ? err : login_wrong(call, "unknown_user");
}

static enum cs_err login_code(struct call *call, struct login *login)
{
	struct check_result result;

	enum cs_err err = check_code(call, &login->attempt, &login->user, &result);
	if (err)
		return err;
	if (result.reason != DECIDE_ACCEPTED) {
		err = attempt_close(call, &login->attempt,
				    decide_reason_free(result.reason) ? ATTEMPT_GIVEN_BACK : ATTEMPT_FAILED);
		if (err)
			return err;
		return result.reason == DECIDE_LOCKED ? login_locked(call, "token_locked", result.wait)
						      : login_wrong(call, decide_reason_text(result.reason));
	}
	return CS_OK;
}

/* Stores the new password, where there is one, settles the attempt, and asserts. */
static enum cs_err login_finish(struct call *call, struct login *login)
{
	enum cs_err err = CS_OK;

	if (login->change)
		err =
		    db_user_set_password(call->keeper->db, login->user.id, CS_VIEW_OF(login->stored), false);
	if (!err)
		err = proof_spend(call, &login->proof);
	if (!err)
		err = attempt_close(call, &login->attempt, ATTEMPT_SUCCEEDED);
	return err ? err : login_accepted(call, login);
}

/* The password is right, or not wanted, or has not come yet. */
static enum cs_err login_go_on(struct call *call, struct login *login)
{
	const bool code = (login->row.factors & LOGIN_CODE) != 0;
	const bool change = (login->row.factors & LOGIN_PASSWORD) && login->user.password_change;
	const bool has_code = ipc_has(call->request, IPC_TAG_CODE);
	const bool no_password =
	    (login->row.factors & LOGIN_PASSWORD) && !ipc_has(call->request, IPC_TAG_PASSWORD);
	const bool same = cs_view_equal(ipc_field(call->request, IPC_TAG_PASSWORD),
					ipc_field(call->request, IPC_TAG_NEW_PASSWORD));
	enum cs_err err;

	if (no_password) { /* the certificate is right */
		err = attempt_close(call, &login->attempt, ATTEMPT_GIVEN_BACK);
		return err ? err : login_next(call, login->row.factors & ~LOGIN_CERTIFICATE, false);
	}
	login->change = (login->row.factors & LOGIN_PASSWORD) && ipc_has(call->request, IPC_TAG_NEW_PASSWORD);
	if ((change && !login->change) || (code && !has_code)) {
		err = attempt_close(call, &login->attempt, ATTEMPT_GIVEN_BACK);
		return err ? err
			   : login_next(call, code && !has_code ? LOGIN_CODE : 0, change && !login->change);
	}
	if (login->change && (same || !login_password_good(call, &login->user, IPC_TAG_NEW_PASSWORD))) {
		err = attempt_close(call, &login->attempt, ATTEMPT_GIVEN_BACK);
		return err ? err : call_refuse(call, same ? CALL_SAME_PASSWORD : CALL_BAD_PASSWORD);
	}
	if (login->change) { /* before the code, which is spent then */
		err =
		    call_password_store(call, ipc_field(call->request, IPC_TAG_NEW_PASSWORD), login->stored);
		if (err)
			return err;
	}
	if (code) {
		err = login_code(call, login);
		if (err || call->status)
			return err;
	}
	return login_finish(call, login);
}

static enum cs_err login_known(struct call *call, struct login *login)
{
	const char *wrong;
	bool granted;

	enum cs_err err =
	    login_begin(call, login, &login->user, cs_view(login->user.password, login->user.password_len),
			&granted, &wrong);
	return err || call->status ? err : login_go_on(call, login);
}

/* A class is drawn for every name, and then found: what somebody's login takes is what nobody's does. */
enum cs_err keeper_login(struct call *call)
{
	struct login login = {0};
	char drawn[DB_NAME_SIZE];

	enum cs_err err = call_served_user(call, &login.user);
	const bool nobody = err == CS_ERR_NOT_FOUND;
	if (!err || nobody)
		err = nobody_class(call, drawn);
	if (!err)
		err = db_class_find(call->keeper->db, nobody ? drawn : login.user.class_name, &login.row);
	if (err) {
		err = err == CS_ERR_NOT_FOUND ? CS_ERR_CORRUPT : err;
	} else {
		err = nobody ? login_unknown(call, &login) : login_known(call, &login);
		err = attempt_called_off(call, &login.attempt, err);
	}
	cs_wipe(&login, sizeof(login));
	return err;
}
