/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who is logged in. The user's PIN is PIV's; where there is no PIV, the password of OATH. The security
 * officer's is the SO PIN on our card, the PUK on others, and on any PIV card the management key in
 * hexadecimal (which is longer than any SO PIN or PUK, so that they are told apart).
 *
 * Invariants:
 *  1. A login that has ended, by whom ever, has left no PIN behind, here or proved on the card.
 *  2. A PIN of an impossible length, or none where the reader has no pad, is a wrong one and is not sent.
 *  3. A PIN that is given for the next use of a key and found blocked ends the login.
 *  4. Nobody is logged in beside someone else.
 */
#include "pkcs11/token.h"

#include "base/encoding.h"
#include "base/secret.h"
#include "cardclient/pinpad.h"
#include "pkcs11/otp_card.h"
#include "pkcs11/pin.h"
#include "pkcs11/puk.h"
#include "pkcs11/session.h"
#include "pkcs11/settings.h"

#define MANAGEMENT_KEY_HEX_MIN 32u

/* What is no key of this card is a wrong one; an answer of the card that is none is no such thing. */
static enum cs_err authenticate(struct token *token, struct cs_view hex)
{
	uint8_t key[CC_PIV_MANAGEMENT_MAX];
	struct cs_writer w = CS_WRITER_OF(key);
	enum piv_alg alg;
	enum cs_err err = cs_hex_decode(hex, &w) == CS_OK ? CS_OK : CS_ERR_WRONG;

	if (err == CS_OK)
		err = cc_piv_management_alg(token->card, &alg);
	if (err == CS_OK)
		err = cc_piv_authenticate(token->card, alg, cs_writer_view(&w));
	cs_wipe(key, sizeof(key));
	return err == CS_ERR_ARG ? CS_ERR_WRONG : err;
}

/* Too few digits, or too many, are a wrong PIN to the caller; the reader has not sent them. */
static enum cs_err prove_by_pad(struct token *token, enum login login)
{
	enum cs_err err;

	token->at_stake = true;
	err = cc_pinpad_verify(token->card, login == LOGIN_SO_PIN ? CSGN_REF_SO : PIV_REF_PIN, NULL);
	token->at_stake = err != CS_OK;
	return err == CS_ERR_LENGTH ? CS_ERR_WRONG : err;
}

/* An impossible length is a wrong PIN to the caller, and is not sent. */
static enum cs_err prove(struct token *token, enum login login, struct cs_view pin)
{
	enum cs_err err;

	if (login == LOGIN_SO_KEY)
		return authenticate(token, pin);
	if (pin.ptr == NULL && login != LOGIN_SO_PUK)
		return prove_by_pad(token, login);
	if (pin.len < PIV_PIN_LEN_MIN || pin.len > PIV_PIN_LEN)
		return CS_ERR_WRONG;
	if (login == LOGIN_SO_PUK)
		return puk_prove(token, pin);
	token->at_stake = true;
	if (login == LOGIN_SO_PIN)
		err = cc_csgn_verify(token->card, CSGN_REF_SO, pin, NULL);
	else
		err = cc_piv_verify(token->card, pin, NULL);
	token->at_stake = err != CS_OK;
	/* Some cards say so of what is no PIN of theirs (6A80). */
	return err == CS_ERR_ARG ? CS_ERR_WRONG : err;
}

/* The card no longer knows of it, and there is nothing to prove it with. */
static void login_lost(struct token *token)
{
	pin_forget(token->slot_index);
	token->login = LOGIN_NONE;
	token->by_pad = false;
}

/* Nobody is asked to type again what was no wish of theirs: the login ends unless the card still knows of it.
 */
static enum cs_err still_verified(struct token *token)
{
	bool verified = false;
	unsigned tries = CC_TRIES_UNKNOWN;
	enum cs_err err = cc_piv_verify_status(
	    token->card, token->login == LOGIN_SO_PIN ? CSGN_REF_SO : PIV_REF_PIN, &verified, &tries);

	if (err != CS_OK)
		return err;
	token->verified = verified;
	if (!verified)
		login_lost(token);
	return verified ? CS_OK : CS_ERR_DENIED;
}

/* The kept one; what the card calls wrong is forgotten. Where none is kept, none is asked for. */
static enum cs_err prove_kept(struct token *token)
{
	struct cs_view kept = pin_kept(token->slot_index);
	enum cs_err err = kept.len > 0 ? prove(token, token->login, kept) : CS_ERR_WRONG;

	if (err != CS_ERR_WRONG && err != CS_ERR_BLOCKED)
		return err;
	login_lost(token);
	return CS_ERR_DENIED;
}

enum cs_err token_prove_user(struct token *token)
{
	if (token->login != LOGIN_USER || token->oath_alone)
		return CS_ERR_DENIED;
	return token->by_pad ? prove_by_pad(token, LOGIN_USER) : prove_kept(token);
}

enum cs_err token_reverify(struct token *token)
{
	enum cs_err err;

	if (token->by_pad)
		return still_verified(token);
	err = prove_kept(token);
	if (err == CS_OK)
		token->verified = token->verified_fresh = true;
	return err;
}

struct attempt {
	enum login login;
	struct cs_view pin;
};

static enum cs_err attempt_work(struct token *token, void *arg)
{
	const struct attempt *attempt = arg;

	return prove(token, attempt->login, attempt->pin);
}

static void note_tries(struct token *token, enum login login, enum cs_err err)
{
	if (login == LOGIN_USER && err == CS_ERR_BLOCKED)
		token_pin_blocked(token);
	else if (login == LOGIN_USER && err == CS_OK)
		token->pin_blocked = false;
}

/* Proves the PIN on a freshly selected application, without touching the login that is. */
static enum cs_err try_login(struct token *token, struct attempt *attempt)
{
	enum cs_err err;

	token->selected = TOKEN_APP_UNKNOWN;
	if (attempt->login == LOGIN_SO_PIN)
		err = token_run_csgn(token, attempt_work, attempt);
	else
		err = token_run(token, NEED_NOTHING, attempt_work, attempt);
	token->verified = token->verified_fresh = err == CS_OK;
	note_tries(token, attempt->login, err);
	return err;
}

/* What was proved is kept for the next time, if it went through our hands. */
static enum cs_err keep(struct token *token, const struct attempt *attempt)
{
	token->by_pad = attempt->pin.ptr == NULL;
	if (!token->by_pad)
		return pin_keep(token->slot_index, attempt->pin);
	pin_forget(token->slot_index);
	return CS_OK;
}

/* A card says of a PIN that is not set what it says of one that is blocked. */
static CK_RV refused(struct token *token, const struct attempt *attempt, enum cs_err err)
{
	struct cc_reference pin;

	if (err != CS_ERR_BLOCKED || attempt->login != LOGIN_USER || !token->ours)
		return token_rv(token, err);
	if (token_refresh(token, NEED_NOTHING) != CS_OK)
		return CKR_PIN_LOCKED;
	pin = token_reference(token, PIV_REF_PIN);
	return (pin.flags & CSGN_REFERENCE_SET) != 0 ? CKR_PIN_LOCKED : CKR_USER_PIN_NOT_INITIALIZED;
}

/* Of a login that is over; what the card holds can be read again (v3.2, C_Logout). */
static void forget_private(struct token *token)
{
	memory_objects_free_private(token);
	datastore_forget_private(token);
}

static CK_RV login_new(struct token *token, struct attempt *attempt)
{
	enum cs_err err = try_login(token, attempt);

	if (err == CS_OK)
		err = keep(token, attempt);
	if (err != CS_OK)
		return refused(token, attempt, err);
	/* The one before may have ended by itself, in the midst of something. */
	forget_private(token);
	token->login = attempt->login;
	token->logins++;
	token->one_use = attempt->login == LOGIN_USER;
	/* Another program may have set it since we asked. */
	if (attempt->login == LOGIN_USER)
		token_has_pin(token);
	return CKR_OK;
}

/* The PIN once more, for the session's next use of a key that wants it each time. */
static CK_RV login_again(struct token *token, struct cs_view pin)
{
	struct attempt attempt = {LOGIN_USER, pin};
	enum cs_err err;

	if (token->login != LOGIN_USER)
		return CKR_USER_NOT_LOGGED_IN;
	err = try_login(token, &attempt);
	if (err == CS_OK)
		err = keep(token, &attempt);
	/* PKCS #11 v3.2, 4.9: that ends the login. */
	if (err == CS_ERR_BLOCKED)
		token_logout(token);
	if (err != CS_OK)
		return token_rv(token, err);
	/* Typed on the reader, it can't be sent once more for the session that it was typed in before. */
	if (pin.ptr == NULL)
		token->logins++;
	token->caller->pin_typed = token->logins;
	/* Who types it each time leaves none behind for who does not. */
	token->one_use = false;
	return CKR_OK;
}

/* There is no officer, and no key that wants it each time. */
static CK_RV login_by_password(struct token *token, CK_USER_TYPE user, struct cs_view password)
{
	CK_RV rv;

	if (user == CKU_CONTEXT_SPECIFIC)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (user != CKU_USER)
		return CKR_USER_TYPE_INVALID;
	if (token->login != LOGIN_NONE)
		return CKR_USER_ALREADY_LOGGED_IN;
	rv = otp_login(token, password);
	if (rv == CKR_OK)
		token->login = LOGIN_USER;
	return rv;
}

/* By the length of what he brings. */
static enum login officer_by(const struct token *token, struct cs_view pin)
{
	if (pin.len >= MANAGEMENT_KEY_HEX_MIN)
		return LOGIN_SO_KEY;
	return token->ours ? LOGIN_SO_PIN : LOGIN_SO_PUK;
}

CK_RV token_login(struct token *token, CK_USER_TYPE user, struct cs_view pin)
{
	struct attempt attempt = {LOGIN_USER, pin};

	if (user > CKU_CONTEXT_SPECIFIC)
		return CKR_USER_TYPE_INVALID;
	if (token->oath_alone)
		return login_by_password(token, user, pin);
	if (pin.len > PIN_MAX || (pin.len == 0 && (pin.ptr != NULL || !cc_pinpad_present(token->card))))
		return CKR_PIN_INCORRECT;
	if (user == CKU_CONTEXT_SPECIFIC)
		return login_again(token, pin);
	if (user == CKU_SO)
		attempt.login = officer_by(token, pin);
	if (token->login != LOGIN_NONE && (token->login == LOGIN_USER) != (user == CKU_USER))
		return CKR_USER_ANOTHER_ALREADY_LOGGED_IN;
	if (token->login != LOGIN_NONE)
		return CKR_USER_ALREADY_LOGGED_IN;
	return login_new(token, &attempt);
}

bool token_officer(const struct token *token)
{
	return token->login == LOGIN_SO_PIN || token->login == LOGIN_SO_PUK || token->login == LOGIN_SO_KEY;
}

void token_password_lost(struct token *token)
{
	if (!token->oath_alone || token->login == LOGIN_NONE)
		return;
	token->login = LOGIN_NONE;
	forget_private(token);
}

/* It has GET METADATA, and has not refused to tell of the PIN. */
static bool metadata_tells(const struct token *token)
{
	return token->pin_told || (token->keys.metadata_told && !token->pin_untold);
}

/* Where VERIFY alone tells of tries, after a logout it tells all there are if none was lost: not by our
 * belief, which another program's wrong PIN may have ended, but by the card's word right before. */
static enum cs_err none_lost(struct token *token, bool *none)
{
	unsigned tries = CC_TRIES_UNKNOWN;
	bool asks = token->verified && !token->pin_tries_all && !metadata_tells(token);
	enum cs_err err = asks ? cc_piv_verify_status(token->card, PIV_REF_PIN, none, &tries) : CS_OK;

	return cc_refused(err) ? CS_OK : err;
}

/* Another vendor's card may not know the command (SP 800-73-4 brought it), or take it for the question
 * whether the PIN is verified: so that is asked. */
static enum cs_err forget_pin(struct token *token, bool *verified)
{
	unsigned tries = CC_TRIES_UNKNOWN;
	bool none = false;
	enum cs_err err = token->ours ? CS_OK : none_lost(token, &none);

	if (err == CS_OK)
		err = cc_piv_logout(token->card);
	*verified = err != CS_ERR_WRONG && err != CS_ERR_BLOCKED;
	if (err != CS_OK || token->ours)
		return err;
	err = cc_piv_verify_status(token->card, PIV_REF_PIN, verified, &tries);
	if (err == CS_OK)
		token_tries_seen(token, tries, none);
	return err;
}

/* Our card forgets the SO PIN when PIV is selected, as token_run has done, and the management key with PIV's
 * selection. */
static enum cs_err logout_of_ours(struct token *token, enum login was)
{
	bool proved;

	if (was == LOGIN_USER)
		return forget_pin(token, &proved);
	return was == LOGIN_SO_KEY ? token_leave_piv(token) : CS_OK;
}

/* A management key that was proved no command makes another vendor's card forget, nor does selecting PIV once
 * more (SP 800-73-5 part 2, 3.1.1), and which other application it has nobody knows: it is reset, which all
 * programs notice. */
static enum cs_err logout_work(struct token *token, void *arg)
{
	const enum login *was = arg;
	bool proved = true;
	enum cs_err err;

	if (token->ours)
		return logout_of_ours(token, *was);
	if (*was == LOGIN_SO_PUK)
		return puk_forget(token);
	err = *was == LOGIN_USER ? forget_pin(token, &proved) : CS_OK;
	/* It may be another application that has refused. */
	if (!proved || err == CS_ERR_REMOVED || (err != CS_OK && !token->sure))
		return err;
	err = token_reset(token);
	return err == CS_ERR_UNSUPPORTED ? CS_OK : err;
}

void token_pin_unprove(struct token *token)
{
	enum login was = LOGIN_USER;
	enum cs_err err = logout_work(token, &was);

	if (err == CS_OK)
		return;
	token->selected = TOKEN_APP_UNKNOWN;
	cc_card_note(token->card, "logout", err);
}

void token_logout(struct token *token)
{
	enum login was = token->login;
	enum cs_err err = CS_OK;

	token->login = LOGIN_NONE;
	token->one_use = token->by_pad = false;
	pin_forget(token->slot_index);
	forget_private(token);
	otp_logout(token);
	if (was == LOGIN_SO_PIN || was == LOGIN_SO_KEY)
		token->selected = TOKEN_APP_UNKNOWN;
	if (was != LOGIN_NONE && !token->oath_alone)
		err = token_run(token, NEED_NOTHING, logout_work, &was);
	if (err != CS_OK) {
		token->selected = TOKEN_APP_UNKNOWN;
		cc_card_note(token->card, "logout", err);
	}
	token->verified = token->verified_fresh = false;
}

CK_RV token_may_write(const struct token *token)
{
	/* Whoever he is, there is no place for what he brings. */
	if (token->oath_alone)
		return CKR_TEMPLATE_INCONSISTENT;
	if (token->login == LOGIN_SO_KEY)
		return CKR_OK;
	if (token->login == LOGIN_USER && token->ours && token->csgn.profile != CSGN_PROFILE_PIV)
		return CKR_OK;
	return CKR_USER_NOT_LOGGED_IN;
}

bool token_reuses_pin(const struct token *token)
{
	return settings_now()->pin_reuse && !token->by_pad;
}
