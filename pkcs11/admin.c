/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_InitToken, C_InitPIN and C_SetPIN.
 */
#include "pkcs11/admin.h"

#include "base/encoding.h"
#include "base/secret.h"
#include "cardclient/pinpad.h"
#include "pkcs11/pin.h"
#include "pkcs11/puk.h"
#include "pkcs11/token.h"

#define LABEL_LEN 32u

static bool pin_length(struct cs_view pin)
{
	return pin.len >= PIV_PIN_LEN_MIN && pin.len <= PIV_PIN_LEN;
}

/* 6A80: the card's rules do not like the new PIN. */
static CK_RV pin_rv(const struct token *token, enum cs_err err)
{
	return err == CS_ERR_ARG ? CKR_PIN_INVALID : token_rv(token, err);
}

/* Each of these sends a PIN that is compared, or that makes the same one wrong the next time: not to be
 * repeated where nobody knows whether the card has seen it. */
static enum cs_err initialize_work(struct token *token, void *arg)
{
	const struct cc_csgn_issue *issue = arg;
	enum cs_err err;

	token->at_stake = true;
	err = cc_csgn_initialize(token->card, issue, NULL);
	token->at_stake = err != CS_OK;
	return err;
}

CK_RV admin_init_token(struct slot *slot, struct cs_view so_pin, const CK_UTF8CHAR *label)
{
	struct token *token = slot->token;
	struct cc_csgn_issue issue = {.so_pin = so_pin,
				      .label = cs_view(label, LABEL_LEN),
				      .profile = (enum csgn_profile)token->csgn.profile};
	enum cs_err err;
	CK_RV rv;

	if (slot->sessions != NULL)
		return CKR_SESSION_EXISTS;
	if (!token->ours)
		return CKR_FUNCTION_NOT_SUPPORTED;
	if (!pin_length(so_pin))
		return token->csgn.lifecycle == CSGN_BLANK ? CKR_PIN_LEN_RANGE : CKR_PIN_INCORRECT;
	while (issue.label.len > 0 && issue.label.ptr[issue.label.len - 1] == ' ')
		issue.label.len--;
	err = token_run_csgn(token, initialize_work, &issue);
	rv = pin_rv(token, err);
	/* Nothing that we knew of the card holds any more. */
	if (rv == CKR_OK)
		slot_close_token(slot);
	return rv;
}

static enum cs_err init_pin_work(struct token *token, void *arg)
{
	const struct cs_view *pin = arg;

	return cc_csgn_init_pin(token->card, *pin, false);
}

static enum cs_err unblock_work(struct token *token, void *arg)
{
	const struct cs_view *pin = arg;

	return puk_set_pin(token, *pin);
}

/* A PUK that is no longer the card's, or was never proved to be, is wrong once. */
static enum cs_err init_pin_by_puk(struct token *token, struct cs_view pin)
{
	enum cs_err err;

	token->selected = TOKEN_APP_UNKNOWN;
	err = token_run(token, NEED_NOTHING, unblock_work, &pin);
	if (err == CS_ERR_WRONG || err == CS_ERR_BLOCKED)
		token_logout(token);
	return err;
}

CK_RV admin_init_pin(struct session *session, struct cs_view pin)
{
	struct token *token = session->slot->token;
	enum cs_err err;

	if (token->login == LOGIN_SO_KEY)
		return CKR_FUNCTION_NOT_SUPPORTED;
	if (!token_officer(token))
		return CKR_USER_NOT_LOGGED_IN;
	if (!pin_length(pin))
		return CKR_PIN_LEN_RANGE;
	if (token->login == LOGIN_SO_PUK)
		err = init_pin_by_puk(token, pin);
	else
		err = token_run_csgn(token, init_pin_work, &pin);
	if (err == CS_OK)
		token_has_pin(token);
	return pin_rv(token, err);
}

struct change {
	uint8_t ref;
	struct cs_view old_pin, new_pin;
};

/* A card counts a PIN that was changed as verified (SP 800-73-5 part 2, 3.2.2), of which nobody has logged in
 * with it wants to know. */
static enum cs_err changed(struct token *token, uint8_t ref, enum cs_err err)
{
	if (ref == PIV_REF_PIN && err == CS_ERR_BLOCKED)
		token_pin_blocked(token);
	if (err == CS_OK && (token_reference(token, ref).flags & CSGN_REFERENCE_MUST_CHANGE) != 0)
		token->stale = true;
	if (ref == PIV_REF_PIN && err == CS_OK && token->login == LOGIN_NONE)
		token_pin_unprove(token);
	return err;
}

/* PIV and our own application take the same command; ref says which of them knows the reference. */
static enum cs_err change_work(struct token *token, void *arg)
{
	const struct change *change = arg;
	enum cs_err err;

	if (change->ref == PIV_REF_PUK)
		return puk_change(token, change->old_pin, change->new_pin);
	token->at_stake = true;
	err = cc_csgn_change(token->card, change->ref, change->old_pin, change->new_pin, NULL);
	token->at_stake = err != CS_OK;
	return changed(token, change->ref, err);
}

/* The card said that the old PIN still is the one, or was sent nothing. */
static bool unchanged(const struct token *token, enum cs_err err, bool by_pad)
{
	switch (err) {
	case CS_ERR_WRONG:
	case CS_ERR_BLOCKED:
	case CS_ERR_ARG:
	case CS_ERR_LENGTH:
		return true;
	case CS_ERR_CANCELLED:
	case CS_ERR_TIMEOUT:
		return by_pad || !token->at_stake;
	default:
		return !token->at_stake;
	}
}

/* What is kept follows the change; new_pin is nowhere where it was typed on the reader. Where the answer was
 * lost the PIN may be the old one, or the new: none is sent again, and who wants to use a key logs in. */
static enum cs_err follow_change(struct token *token, enum cs_err err, struct cs_view new_pin)
{
	bool by_pad = new_pin.ptr == NULL;

	if (token->login == LOGIN_NONE || (err != CS_OK && unchanged(token, err, by_pad)))
		return err;
	if (err == CS_OK && by_pad)
		pin_forget(token->slot_index);
	else if (err == CS_OK)
		err = pin_keep(token->slot_index, new_pin);
	token->by_pad = by_pad;
	if (err != CS_OK)
		token_logout(token);
	return err;
}

static CK_RV change_pin(struct token *token, uint8_t ref, struct cs_view old_pin, struct cs_view new_pin)
{
	struct change change = {ref, old_pin, new_pin};
	enum cs_err err;

	if (!pin_length(old_pin))
		return CKR_PIN_INCORRECT;
	if (!pin_length(new_pin))
		return CKR_PIN_LEN_RANGE;
	/* Right after a SELECT, as a PIN always is sent. */
	token->selected = TOKEN_APP_UNKNOWN;
	token->at_stake = false;
	if (ref == CSGN_REF_SO)
		err = token_run_csgn(token, change_work, &change);
	else
		err = token_run(token, NEED_NOTHING, change_work, &change);
	err = follow_change(token, err, new_pin);
	return pin_rv(token, err);
}

static enum cs_err pad_work(struct token *token, void *arg)
{
	const uint8_t *ref = arg;
	enum cs_err err;

	token->at_stake = true;
	err = cc_pinpad_change(token->card, *ref, NULL);
	token->at_stake = err != CS_OK;
	return changed(token, *ref, err);
}

/* Both are typed on the reader. What we kept of an old one is no longer right. */
static CK_RV change_by_pad(struct token *token, uint8_t ref)
{
	enum cs_err err;

	token->selected = TOKEN_APP_UNKNOWN;
	token->at_stake = false;
	if (ref == CSGN_REF_SO)
		err = token_run_csgn(token, pad_work, &ref);
	else
		err = token_run(token, NEED_NOTHING, pad_work, &ref);
	err = follow_change(token, err, CS_VIEW_EMPTY);
	return err == CS_ERR_LENGTH ? CKR_PIN_LEN_RANGE : pin_rv(token, err);
}

static enum cs_err set_key_work(struct token *token, void *arg)
{
	const struct cs_view *key = arg;
	enum piv_alg alg;
	enum cs_err err = cc_piv_management_alg(token->card, &alg);

	if (err == CS_OK)
		err = cc_piv_set_management_key(token->card, alg, *key, false);
	return err;
}

static CK_RV change_management_key(struct token *token, struct cs_view old_hex, struct cs_view new_hex)
{
	struct cs_view kept = pin_kept(token->slot_index);
	uint8_t key[CC_PIV_MANAGEMENT_MAX];
	struct cs_writer w = CS_WRITER_OF(key);
	struct cs_view view;
	enum cs_err err = CS_OK;

	if (old_hex.len != kept.len || !cs_equal_ct(old_hex.ptr, kept.ptr, kept.len))
		return CKR_PIN_INCORRECT;
	if (cs_hex_decode(new_hex, &w) != CS_OK)
		err = CS_ERR_ARG;
	view = cs_writer_view(&w);
	if (err == CS_OK)
		err = token_run(token, NEED_LOGIN, set_key_work, &view);
	if (err == CS_OK)
		err = pin_keep(token->slot_index, new_hex);
	cs_wipe(key, sizeof(key));
	return pin_rv(token, err);
}

CK_RV admin_set_pin(struct session *session, struct cs_view old_pin, struct cs_view new_pin)
{
	struct token *token = session->slot->token;

	if (!session_is_rw(session))
		return CKR_SESSION_READ_ONLY;
	if (token->oath_alone)
		return CKR_FUNCTION_NOT_SUPPORTED;
	if (old_pin.ptr == NULL && new_pin.ptr == NULL && token->login != LOGIN_SO_KEY &&
	    token->login != LOGIN_SO_PUK && cc_pinpad_present(token->card))
		return change_by_pad(token, token->login == LOGIN_SO_PIN ? CSGN_REF_SO : PIV_REF_PIN);
	if (old_pin.ptr == NULL || new_pin.ptr == NULL)
		return CKR_ARGUMENTS_BAD;
	switch (token->login) {
	case LOGIN_SO_KEY:
		return change_management_key(token, old_pin, new_pin);
	case LOGIN_SO_PIN:
		return change_pin(token, CSGN_REF_SO, old_pin, new_pin);
	case LOGIN_SO_PUK:
		return change_pin(token, PIV_REF_PUK, old_pin, new_pin);
	default:
		return change_pin(token, PIV_REF_PIN, old_pin, new_pin);
	}
}
