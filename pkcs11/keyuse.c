/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Using a private key on the card.
 *
 * A key whose PIN policy is "always" is used once for each PIN that was given: by C_Login as the user, which
 * counts for one use, and by C_Login for the context; with the option pin_reuse, any number of times. The PIN
 * goes to the card right before the key is used.
 */
#include "base/secret.h"
#include "pkcs11/operation.h"
#include "pkcs11/token.h"

struct use {
	uint8_t ref;
	enum piv_alg alg;
	bool agree;
	struct cs_view input;
	uint8_t result[CC_PIV_RESULT_MAX];
	size_t result_len;
};

static enum cs_err use_work(struct token *token, void *arg)
{
	struct use *use = arg;
	struct cs_writer w = CS_WRITER_OF(use->result);
	enum cs_err err;

	if (use->agree)
		err = cc_piv_ecdh(token->card, use->ref, use->alg, use->input, &w);
	else
		err = cc_piv_private_op(token->card, use->ref, use->alg, use->input, &w);
	if (err == CS_OK)
		use->result_len = w.len;
	return err;
}

CK_RV key_use(struct token *token, size_t index, bool agree, struct cs_view input, struct cs_writer *out)
{
	enum piv_pin_policy policy = keystore_pin_policy(token, index);
	enum token_need need = policy == PIV_PIN_ALWAYS ? NEED_FRESH : NEED_LOGIN;
	struct use use = {.ref = keystore_ref(index), .agree = agree, .input = input};
	enum cs_err err = keystore_alg(token, index, &use.alg);

	if (err != CS_OK)
		return token_rv(token, err);
	if (policy == PIV_PIN_NEVER)
		need = NEED_NOTHING;
	else if (token->login != LOGIN_USER)
		return CKR_USER_NOT_LOGGED_IN;
	else if (policy == PIV_PIN_ALWAYS && !token->one_use && !token_reuses_pin(token))
		return CKR_USER_NOT_LOGGED_IN;
	err = token_run(token, need, use_work, &use);
	if (policy == PIV_PIN_ALWAYS) {
		token->verified_fresh = false;
		if (err == CS_OK)
			token->one_use = false;
	}
	if (err == CS_OK) {
		cs_write_view(out, cs_view(use.result, use.result_len));
		err = cs_writer_done(out);
	}
	cs_wipe(use.result, sizeof(use.result));
	/* A card that has the key refuses only what it can't compute on. */
	return err == CS_ERR_ARG ? CKR_DATA_INVALID : token_rv(token, err);
}
