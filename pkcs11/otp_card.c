/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The way to the OATH application.
 *
 * Invariants:
 *  1. All of it happens in one transaction: what was selected, opened and verified there is nobody else's to
 * use or to disturb, and nothing of it is believed afterwards.
 *  2. A password or PIN that the card calls wrong is forgotten at once: it costs one try, once.
 */
#include "pkcs11/otp_card.h"

#include "base/secret.h"
#include "pkcs11/pin.h"
#include "pkcs11/slot.h"
#include "pkcs11/token.h"

/* A channel of its own where the card has one free; else the basic one, which is PIV's no more. */
static enum cs_err enter(struct token *token)
{
	enum cs_err err = token->ours ? cc_channel_open(token->card) : CS_ERR_UNSUPPORTED;

	if (err != CS_ERR_UNSUPPORTED)
		return err;
	token_state_lost(token);
	return CS_OK;
}

static void leave(struct token *token)
{
	/* Where nothing was opened this says so, and sends nothing; what goes wrong with it is no matter of
	 * the caller's. */
	enum cs_err err = cc_channel_close(token->card);

	(void)err;
}

static enum cs_err validate(struct token *token, const struct cc_oath_info *info, const uint8_t *code)
{
	enum cs_err err;

	token->at_stake = info->locked;
	err = cc_oath_validate(token->card, info, code);
	token->at_stake = err != CS_OK;
	return err;
}

static enum cs_err unlock(struct token *token, const struct cc_oath_info *info)
{
	struct cs_view code = pin_kept(PIN_OATH(token->slot_index));
	enum cs_err err;

	if (!info->locked)
		return CS_OK;
	if (code.len != YKOATH_CODE_LEN)
		return CS_ERR_DENIED;
	err = validate(token, info, code.ptr);
	if (err != CS_ERR_WRONG && err != CS_ERR_BLOCKED)
		return err;
	otp_forget(token);
	token_password_lost(token);
	return CS_ERR_DENIED;
}

static enum cs_err run_once(struct token *token, enum otp_need need, otp_work *work, void *arg)
{
	struct cc_oath_info info;
	enum cs_err err = cc_oath_select(token->card, &info);

	if (err == CS_OK && need != OTP_NEED_SELECTED)
		err = unlock(token, &info);
	if (err == CS_OK && need == OTP_NEED_PIN)
		err = token_prove_user(token);
	return err == CS_OK ? work(token, &info, arg) : err;
}

enum cs_err otp_run(struct token *token, enum otp_need need, otp_work *work, void *arg)
{
	enum cs_err err = cc_begin(token->card);

	if (err != CS_OK)
		return err;
	/* A reset by another program undoes all of it: once more, unless a PIN or password was on its way, of
	 * which nobody knows whether it has cost a try, or a change, of which nobody knows whether it was
	 * made. */
	for (int i = 0; i < 2; i++) {
		uint32_t generation = cc_card_generation(token->card);

		token->at_stake = token->changing = false;
		err = enter(token);
		if (err == CS_OK)
			err = run_once(token, need, work, arg);
		leave(token);
		if (err == CS_OK || token->at_stake || token->changing ||
		    generation == cc_card_generation(token->card) || !token_present(token))
			break;
	}
	err = token_refusal(token, err);
	token->at_stake = token->changing = false;
	cc_end(token->card);
	return err;
}

/* ---- the password ---- */

struct opening {
	struct cs_view password;
	uint8_t code[YKOATH_CODE_LEN];
};

static enum cs_err try_password(struct token *token, const struct cc_oath_info *info, void *arg)
{
	struct opening *opening = arg;
	enum cs_err err;

	if (!info->locked)
		return CS_ERR_EXPIRED;
	err = cc_oath_derive(opening->password, cs_view(info->salt, info->salt_len), opening->code);
	return err == CS_OK ? validate(token, info, opening->code) : err;
}

CK_RV otp_login(struct token *token, struct cs_view password)
{
	struct opening opening = {.password = password};
	enum cs_err err;

	if (password.len == 0 || password.len > OTP_PASSWORD_MAX)
		return CKR_PIN_INCORRECT;
	err = otp_run(token, OTP_NEED_SELECTED, try_password, &opening);
	if (err == CS_OK)
		err = pin_keep(PIN_OATH(token->slot_index), CS_VIEW_OF(opening.code));
	cs_wipe(&opening, sizeof(opening));
	switch (err) {
	case CS_ERR_EXPIRED:
		return CKR_USER_PIN_NOT_INITIALIZED;
	case CS_ERR_BUSY:
		return CKR_FUNCTION_REJECTED;
	case CS_ERR_NOT_FOUND:
	case CS_ERR_UNSUPPORTED:
		return CKR_FUNCTION_NOT_SUPPORTED;
	default:
		return token_rv(token, err);
	}
}

void otp_forget(struct token *token)
{
	pin_forget(PIN_OATH(token->slot_index));
}

bool otp_logged_in(const struct token *token)
{
	return pin_kept(PIN_OATH(token->slot_index)).len > 0;
}

static enum cs_err selected_alone(struct token *token, const struct cc_oath_info *info, void *arg)
{
	(void)token;
	(void)info;
	(void)arg;
	return CS_OK;
}

static enum cs_err piv_alone(struct token *token, void *arg)
{
	(void)token;
	(void)arg;
	return CS_OK;
}

/* What was opened on a channel of its own ended with that; on the basic one it ends with the selection of
 * another application, and of its own where there is no other. */
static enum cs_err lock(struct token *token)
{
	if (token->oath_alone)
		return otp_run(token, OTP_NEED_SELECTED, selected_alone, NULL);
	return token_run(token, NEED_NOTHING, piv_alone, NULL);
}

void otp_logout(struct token *token)
{
	bool opened = otp_logged_in(token);
	enum cs_err err;

	otp_forget(token);
	err = opened && token_present(token) ? lock(token) : CS_OK;
	if (err == CS_OK)
		return;
	token_state_lost(token);
	cc_card_note(token->card, "logout", err);
}
