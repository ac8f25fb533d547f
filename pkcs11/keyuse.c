/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Using a key on the card.
 *
 * A key whose PIN policy is "always" is used once for each PIN that was given: by C_Login as the user, which
 * counts for one use by whichever session comes first, and by C_Login for the context, for one by the session
 * that it was typed in; with the option pin_reuse, any number of times. The PIN goes to the card right before
 * the key is used.
 *
 * Invariants:
 *  1. Without the user's login no key is used but one that wants no PIN.
 *  2. One PIN is one use of a key that wants it each time, unless pin_reuse is set; what fails uses up none,
 * and no session uses up what was typed in another.
 *  3. No key is used but the one that was meant: not what took its place.
 */
#include "base/secret.h"
#include "pkcs11/operation.h"
#include "pkcs11/secret.h"
#include "pkcs11/session.h"
#include "pkcs11/token.h"

struct use {
	uint8_t ref;
	enum piv_alg alg;
	enum key_how how;
	struct cs_view input;
	uint8_t *buffer; /* CC_PIV_RESULT_MAX bytes */
	struct cs_writer result;
};

static enum cs_err use_work(struct token *token, void *arg)
{
	struct use *use = arg;
	struct cs_writer *w = &use->result;

	/* Nothing of a try before this one. */
	cs_wipe(use->buffer, w->len);
	*w = cs_writer_of(use->buffer, CC_PIV_RESULT_MAX);
	switch (use->how) {
	case KEY_AGREE:
		return cc_piv_ecdh(token->card, use->ref, use->alg, use->input, w);
	case KEY_SIGN_MU:
		return cc_piv_sign_mu(token->card, use->ref, use->alg, use->input, w);
	case KEY_DECAPSULATE:
		return cc_piv_decapsulate(token->card, use->ref, use->alg, use->input, w);
	default:
		return cc_piv_private_op(token->card, use->ref, use->alg, use->input, w);
	}
}

static bool typed_here(const struct token *token)
{
	return token->caller->pin_typed == token->logins;
}

static bool pin_left(const struct token *token)
{
	return typed_here(token) || token->one_use || token_reuses_pin(token);
}

static void pin_spend(struct token *token)
{
	if (typed_here(token))
		token->caller->pin_typed = 0;
	else
		token->one_use = false;
}

/* Runs work on a key of this PIN policy. */
static CK_RV run(struct token *token, const struct meant *key, enum piv_pin_policy policy, token_work *work,
		 void *arg)
{
	enum token_need need = policy == PIV_PIN_ALWAYS ? NEED_FRESH : NEED_LOGIN;
	enum cs_err err;

	if (policy == PIV_PIN_NEVER)
		need = NEED_NOTHING;
	else if (token->login != LOGIN_USER)
		return CKR_USER_NOT_LOGGED_IN;
	else if (policy == PIV_PIN_ALWAYS && !pin_left(token))
		return CKR_USER_NOT_LOGGED_IN;
	token->meant = key;
	err = token_run_lone(token, need, work, arg);
	token->meant = NULL;
	/* The PIN was not given just before any more, whichever key it is. One that was typed on the reader
	 * cannot be sent again: as long as the card takes it, it is good. */
	if (policy == PIV_PIN_ALWAYS || !token->by_pad)
		token->verified_fresh = false;
	if (policy == PIV_PIN_ALWAYS && err == CS_OK)
		pin_spend(token);
	/* A card that has the key refuses only what it can't compute on. */
	return err == CS_ERR_ARG ? CKR_DATA_INVALID : token_rv(token, err);
}

CK_RV key_use(struct token *token, const struct meant *key, enum key_how how, struct cs_view input,
	      struct cs_writer *out)
{
	size_t index = key->object.index;
	uint8_t result[CC_PIV_RESULT_MAX];
	struct use use = {.ref = keystore_ref(index), .how = how, .input = input, .buffer = result};
	enum cs_err err = keystore_details(token, index);
	CK_RV rv;

	if (err == CS_OK)
		err = keystore_alg(token, index, &use.alg);
	if (err == CS_OK)
		err = place_still(token, key);
	if (err != CS_OK)
		return token_rv(token, err);
	rv = run(token, key, keystore_pin_policy(token, index), use_work, &use);
	if (rv == CKR_OK) {
		cs_write_view(out, cs_writer_view(&use.result));
		rv = token_rv(token, cs_writer_done(out));
	}
	cs_wipe(result, use.result.len);
	return rv;
}

struct secret_work {
	const struct card_key *key;
	uint8_t how;
	const struct cc_secret_use *use;
};

static size_t written(const struct cs_writer *w)
{
	return w != NULL ? w->len : 0;
}

static void take_back(struct cs_writer *w, size_t len)
{
	if (w != NULL)
		cs_writer_cut(w, len);
}

static enum cs_err secret_work(struct token *token, void *arg)
{
	const struct secret_work *work = arg;
	const struct cc_secret_use *use = work->use;
	size_t text = written(use->text_out), mac = written(use->mac_out), iv = written(use->iv_out);
	enum cs_err err = cc_csgn_secret_use(token->card, work->key->number, work->how, use);

	if (err != CS_OK) {
		take_back(use->text_out, text);
		take_back(use->mac_out, mac);
		take_back(use->iv_out, iv);
	}
	return err;
}

CK_RV secret_use(struct token *token, const struct card_key *key, uint8_t how,
		 const struct cc_secret_use *use)
{
	struct secret_work work = {key, how, use};
	enum cs_err err = place_still(token, &key->meant);

	return err == CS_OK ? run(token, &key->meant, key->pin, secret_work, &work) : token_rv(token, err);
}
