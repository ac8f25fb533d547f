/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Connecting to a token and running commands on it.
 *
 * Invariants:
 *  1. selected, verified and verified_fresh say what the card held after our last command; they are dropped
 * when the card's generation moves, and never trusted after a refusal.
 *  2. A PIN is sent right after a SELECT in the same transaction, so that no other application's PIN tries
 * are spent.
 *  3. A kept PIN that the card calls wrong is forgotten at once: it costs one try, once.
 *  4. A PIN is sent once for each time that a person gave it or a key was used: what went wrong with it sent
 * is told, not tried again, since nobody knows whether the card has seen it.
 *  5. Outside of a transaction one command is sent, no PIN, and a refusal of it says but that a transaction
 * is needed.
 *  6. Where another program was seen to have used the card no key is used before the card was asked whether
 * it is still the one that was meant.
 */
#include "pkcs11/token.h"

#include <stdlib.h>

#include "base/secret.h"
#include "base/sw.h"
#include "pkcs11/learn.h"
#include "pkcs11/otp_card.h"
#include "pkcs11/otp_store.h"
#include "pkcs11/pin.h"
#include "pkcs11/presence.h"

void token_state_lost(struct token *token)
{
	token->selected = TOKEN_APP_UNKNOWN;
	token->verified = false;
	token->verified_fresh = false;
}

static void disturbed(struct token *token)
{
	token_state_lost(token);
	token->stale = true;
	token->disturbances++;
}

static void state_settle(struct token *token)
{
	uint32_t now = cc_card_generation(token->card);

	if (now != token->generation)
		disturbed(token);
	token->generation = now;
}

static enum cs_err select_app(struct token *token, enum token_app app)
{
	enum cs_err err;

	token_state_lost(token);
	if (app == TOKEN_APP_PIV)
		err = cc_piv_select(token->card, NULL);
	else
		err = cc_csgn_select(token->card, NULL);
	/* It had the application when it was opened, and is that card no longer; no object is missing, and no
	 * PIN. */
	if (cc_refused(err))
		return CS_ERR_CARD;
	if (err != CS_OK)
		return err;
	token->selected = app;
	token->sure = true;
	return CS_OK;
}

bool token_terminated(const struct token *token)
{
	return token->ours && token->csgn.lifecycle == CSGN_TERMINATED;
}

enum cs_err token_refusal(struct token *token, enum cs_err err)
{
	struct cc_csgn_info info;
	enum cs_err told;

	if (err != CS_ERR_STATE || !token->ours)
		return err;
	told = cc_csgn_info(token->card, &info);
	if (cc_refused(told)) {
		token_state_lost(token);
		told = cc_csgn_select(token->card, &info);
	}
	if (told != CS_OK || info.lifecycle != CSGN_TERMINATED)
		return err;
	token->csgn.lifecycle = info.lifecycle;
	token->stale = true;
	return CS_ERR_CARD;
}

enum cs_err token_reset(struct token *token)
{
	enum cs_err err = cc_card_reset(token->card);

	if (err != CS_OK)
		return err;
	/* It was ours: nobody has come in between. */
	token->generation = cc_card_generation(token->card);
	return select_app(token, TOKEN_APP_PIV);
}

enum cs_err token_leave_piv(struct token *token)
{
	return select_app(token, TOKEN_APP_CSGN);
}

static bool must_verify(const struct token *token, enum token_app app, enum token_need need)
{
	if (need == NEED_NOTHING || token->login == LOGIN_NONE || token->login == LOGIN_SO_PUK)
		return false;
	if ((token->login == LOGIN_SO_PIN) != (app == TOKEN_APP_CSGN))
		return false;
	return !token->verified || (need == NEED_FRESH && !token->verified_fresh);
}

static enum cs_err prepare(struct token *token, enum token_app app, enum token_need need)
{
	enum cs_err err = CS_OK;

	if (token->selected != app || must_verify(token, app, need))
		err = select_app(token, app);
	token->trusting = need != NEED_NOTHING && token->verified;
	if (err == CS_OK && must_verify(token, app, need)) {
		token->trusting = false;
		err = token_reverify(token);
	}
	/* Without a PIN to send again the card's word is all there is. */
	if (err == CS_OK && must_verify(token, app, need))
		err = CS_ERR_DENIED;
	return err;
}

/* The key that is to be used need not be there any more. */
static bool doubtful(struct token *token)
{
	if (token->meant == NULL)
		return false;
	return token->ours ? token->stale : place_doubtful(token, token->meant->object);
}

/* Nothing may come between the PIN and the use of a key on another vendor's card; ours tells more after it.
 */
static enum cs_err prepare_doubtful(struct token *token, enum token_app app, enum token_need need)
{
	const struct meant *meant = token->meant;
	enum cs_err err = CS_OK;

	token->meant = NULL;
	if (!token->ours) {
		err = keystore_ask_anew(token, meant->object.index);
		/* See keyuse.c. */
		token->verified_fresh = token->verified_fresh && token->by_pad;
	}
	/* The transaction is still the one in which the card has answered. */
	if (err == CS_OK)
		token->sure = token->selected == app;
	if (err == CS_OK)
		err = prepare(token, app, need);
	if (err == CS_OK && token->ours)
		err = learn_inventory(token);
	token->meant = meant;
	if (err != CS_OK)
		return err;
	err = place_still(token, meant);
	if (err == CS_OK && !token->ours && place_hides(token, meant->object))
		return CS_ERR_NOT_FOUND;
	if (err == CS_OK || err == CS_ERR_NOT_FOUND)
		place_asked(token, meant->object);
	return err;
}

/* The card refused, and it may be that it is not in the state that we believed it in. */
static bool worth_repeating(const struct token *token, enum cs_err err)
{
	if (token->at_stake)
		return false;
	switch (err) {
	case CS_ERR_REMOVED:
		return cc_card_present(token->card) && !token->held;
	/* An answer that anyone gets does not say that the PIN is still proved: a wrong one of another
	 * program's, or its logout, ends that and nothing else. */
	case CS_ERR_DENIED:
		return !token->sure || (token->trusting && !token->by_pad);
	case CS_ERR_ARG:
	case CS_ERR_MALFORMED:
	case CS_ERR_LENGTH:
	case CS_ERR_NOT_FOUND:
	case CS_ERR_STATE:
	case CS_ERR_UNSUPPORTED:
	case CS_ERR_CARD:
		return !token->sure;
	default:
		return false;
	}
}

static enum cs_err ready(struct token *token, enum token_app app, enum token_need need)
{
	return doubtful(token) ? prepare_doubtful(token, app, need) : prepare(token, app, need);
}

/* Not where the card that is held was reset: another program may have come in between. */
static bool held_still(const struct token *token)
{
	return !token->held || cc_card_generation(token->card) == token->held_generation;
}

static enum cs_err run(struct token *token, enum token_app app, enum token_need need, token_work *work,
		       void *arg)
{
	enum cs_err err = token->oath_alone ? CS_ERR_UNSUPPORTED : cc_begin(token->card);

	if (err != CS_OK)
		return err;
	state_settle(token);
	token->sure = token->at_stake = token->trusting = false;
	err = held_still(token) ? ready(token, app, need) : CS_ERR_REMOVED;
	if (err == CS_OK)
		err = work(token, arg);
	if (worth_repeating(token, err)) {
		state_settle(token);
		disturbed(token);
		err = ready(token, app, need);
		if (err == CS_OK)
			err = work(token, arg);
	}
	err = token_refusal(token, err);
	token->sure = false;
	cc_end(token->card);
	return err;
}

enum cs_err token_run_lone(struct token *token, enum token_need need, token_work *work, void *arg)
{
	enum cs_err err;

	if (token->held || token->selected != TOKEN_APP_PIV || need == NEED_FRESH || doubtful(token) ||
	    must_verify(token, TOKEN_APP_PIV, need) || cc_card_generation(token->card) != token->generation)
		return token_run(token, need, work, arg);
	token->sure = token->at_stake = token->trusting = false;
	cc_card_lone(token->card, true);
	err = work(token, arg);
	cc_card_lone(token->card, false);
	token->sure = false;
	if (err == CS_ERR_BUSY)
		return token_run(token, need, work, arg);
	if (!worth_repeating(token, err))
		return err;
	disturbed(token);
	return token_run(token, need, work, arg);
}

enum cs_err token_run(struct token *token, enum token_need need, token_work *work, void *arg)
{
	return run(token, TOKEN_APP_PIV, need, work, arg);
}

enum cs_err token_run_csgn(struct token *token, token_work *work, void *arg)
{
	if (!token->ours)
		return CS_ERR_UNSUPPORTED;
	return run(token, TOKEN_APP_CSGN, NEED_LOGIN, work, arg);
}

void token_sure(struct token *token)
{
	token->sure = true;
}

static enum cs_err refresh_work(struct token *token, void *arg)
{
	enum cs_err err = learn_inventory(token);

	(void)arg;
	if (err == CS_OK)
		token_sure(token);
	return err;
}

/* INVENTORY is answered in either application: nobody's state is lost for it. It tells the officer what it
 * tells anyone, so that no SO PIN is sent for it. A card that another program has terminated lets its own
 * application be selected alone. */
enum cs_err token_refresh(struct token *token, enum token_need need)
{
	enum token_app app = token->selected == TOKEN_APP_CSGN ? TOKEN_APP_CSGN : TOKEN_APP_PIV;
	enum token_need needed = app == TOKEN_APP_CSGN ? NEED_NOTHING : need;
	enum cs_err err = token->ours ? run(token, app, needed, refresh_work, NULL) : CS_OK;

	if (err == CS_ERR_CARD && app == TOKEN_APP_PIV && token->selected == TOKEN_APP_UNKNOWN)
		err = run(token, TOKEN_APP_CSGN, NEED_NOTHING, refresh_work, NULL);
	return err;
}

enum cs_err token_current(struct token *token)
{
	if (!token->stale && !(token->login == LOGIN_USER &&
			       (datastore_untold(&token->data) || keystore_untold(&token->keys))))
		return CS_OK;
	return token_refresh(token, NEED_LOGIN);
}

static enum cs_err identify_oath(struct token *token)
{
	token->oath_alone = true;
	keystore_all_told(&token->keys);
	datastore_none(&token->data);
	return otp_store_meet(token);
}

/* What refuses the name, in whatever words, but for those of a card that has failed. */
static bool has_no_piv(const struct token *token, enum cs_err err)
{
	return cc_refused(err) && cc_card_sw(token->card) != CS_SW_UNKNOWN;
}

static enum cs_err identify(struct token *token)
{
	enum cs_err err = cc_piv_select(token->card, &token->piv);

	if (has_no_piv(token, err))
		return identify_oath(token);
	if (err != CS_OK)
		return err;
	token->selected = TOKEN_APP_PIV;
	if (token->piv.family == CC_FAMILY_COUNTERSIGN) {
		cc_card_set_extended(token->card, true);
		err = learn_inventory(token);
		token->ours = err == CS_OK;
		if (err != CS_ERR_UNSUPPORTED)
			return err;
	}
	presence_recall(token);
	return cc_card_present(token->card) ? CS_OK : CS_ERR_REMOVED;
}

enum cs_err token_open(struct cc_context *context, const char *reader, size_t slot_index, struct token **out)
{
	struct token *token = calloc(1, sizeof(*token));
	enum cs_err err;

	if (token == NULL)
		return CS_ERR_MEMORY;
	token->slot_index = slot_index;
	err = cc_connect(context, reader, &token->card);
	if (err == CS_OK)
		err = cc_begin(token->card);
	if (err == CS_OK) {
		err = identify(token);
		cc_end(token->card);
	}
	if (err != CS_OK) {
		cc_disconnect(token->card);
		free(token);
		return err;
	}
	token->generation = cc_card_generation(token->card);
	*out = token;
	return CS_OK;
}

static void token_free(struct token *token)
{
	pin_forget(token->slot_index);
	otp_forget(token);
	memory_objects_free(token, NULL);
	keystore_free(&token->keys);
	datastore_free(&token->data);
	otps_free(&token->otps);
	cs_wipe(token, sizeof(*token));
	free(token);
}

void token_close(struct token *token)
{
	if (token == NULL)
		return;
	if (token->login != LOGIN_NONE && cc_card_present(token->card))
		token_logout(token);
	if (!token->ours && cc_card_present(token->card))
		presence_keep(token);
	cc_disconnect(token->card);
	token_free(token);
}

void token_forget(struct token *token)
{
	if (token == NULL)
		return;
	cc_card_forget(token->card);
	token_free(token);
}

bool token_present(const struct token *token)
{
	return cc_card_present(token->card);
}

/* The list need name no more than the cipher suite of secure messaging (SP 800-73-5 part 2, 3.1.1): of keys
 * it is believed where it names an algorithm of one. */
static bool lists_keys(const struct cc_piv_info *info)
{
	for (size_t i = 0; i < info->algorithm_count; i++) {
		if (cc_piv_algorithm((enum piv_alg)info->algorithms[i]) != NULL)
			return true;
	}
	return false;
}

static bool among(const uint8_t *algs, size_t count, enum piv_alg alg)
{
	for (size_t i = 0; i < count; i++) {
		if (algs[i] == alg)
			return true;
	}
	return false;
}

/* The reference token of this version has more than the standard's, and no list. */
static bool since_5_7(struct token *token)
{
	if (token->piv.family != CC_FAMILY_REFERENCE || token_named(token) != CS_OK)
		return false;
	return token->version[0] > 5 || (token->version[0] == 5 && token->version[1] >= 7);
}

bool token_has_alg(struct token *token, enum piv_alg alg)
{
	/* What cards that list none have. */
	static const uint8_t unlisted[] = {PIV_ALG_RSA1024, PIV_ALG_RSA2048, PIV_ALG_P256, PIV_ALG_P384};
	static const uint8_t later[] = {PIV_ALG_RSA3072, PIV_ALG_RSA4096, PIV_ALG_ED25519, PIV_ALG_X25519};
	const struct cc_piv_info *info = &token->piv;

	if (token->oath_alone)
		return false;
	if (lists_keys(info))
		return among(info->algorithms, info->algorithm_count, alg);
	return among(unlisted, sizeof(unlisted), alg) ||
	       (among(later, sizeof(later), alg) && since_5_7(token));
}

bool token_answer_lost(enum cs_err err)
{
	return err == CS_ERR_IO || err == CS_ERR_REMOVED || err == CS_ERR_MALFORMED || err == CS_ERR_NO_SPACE;
}

CK_RV token_rv(const struct token *token, enum cs_err err)
{
	static const CK_RV values[CS_ERR_COUNT] = {
	    [CS_OK] = CKR_OK,
	    [CS_ERR_ARG] = CKR_FUNCTION_FAILED,
	    [CS_ERR_MALFORMED] = CKR_DEVICE_ERROR,
	    [CS_ERR_LENGTH] = CKR_DATA_LEN_RANGE,
	    [CS_ERR_NO_SPACE] = CKR_DEVICE_ERROR,
	    [CS_ERR_FULL] = CKR_DEVICE_MEMORY,
	    [CS_ERR_NOT_FOUND] = CKR_KEY_HANDLE_INVALID,
	    [CS_ERR_EXISTS] = CKR_TEMPLATE_INCONSISTENT,
	    [CS_ERR_DENIED] = CKR_USER_NOT_LOGGED_IN,
	    [CS_ERR_WRONG] = CKR_PIN_INCORRECT,
	    [CS_ERR_BLOCKED] = CKR_PIN_LOCKED,
	    [CS_ERR_STATE] = CKR_FUNCTION_FAILED,
	    [CS_ERR_UNSUPPORTED] = CKR_FUNCTION_NOT_SUPPORTED,
	    [CS_ERR_NO_READER] = CKR_TOKEN_NOT_PRESENT,
	    [CS_ERR_NO_CARD] = CKR_TOKEN_NOT_PRESENT,
	    [CS_ERR_REMOVED] = CKR_DEVICE_REMOVED,
	    [CS_ERR_BUSY] = CKR_DEVICE_ERROR,
	    [CS_ERR_TIMEOUT] = CKR_FUNCTION_REJECTED,
	    [CS_ERR_CANCELLED] = CKR_FUNCTION_CANCELED,
	    [CS_ERR_CARD] = CKR_DEVICE_ERROR,
	    [CS_ERR_IO] = CKR_DEVICE_ERROR,
	    [CS_ERR_CORRUPT] = CKR_DEVICE_ERROR,
	    [CS_ERR_ROLLBACK] = CKR_DEVICE_ERROR,
	    [CS_ERR_CRYPTO] = CKR_FUNCTION_FAILED,
	    [CS_ERR_MEMORY] = CKR_HOST_MEMORY,
	    [CS_ERR_EXPIRED] = CKR_PIN_EXPIRED,
	};

	if (err != CS_OK && token != NULL && !cc_card_present(token->card))
		return CKR_DEVICE_REMOVED;
	/* Another program reset it, and what was to be done was not done, or nobody knows. */
	if (err == CS_ERR_REMOVED && token != NULL)
		return CKR_DEVICE_ERROR;
	return (unsigned)err < CS_ERR_COUNT ? values[err] : CKR_GENERAL_ERROR;
}
