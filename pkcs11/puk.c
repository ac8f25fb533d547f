/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The PUK on the card.
 *
 * Invariants:
 *  1. It is sent once for each call of C_Login, C_InitPIN and C_SetPIN that brought it or needs it, and never
 * to put a card back into the state that another program has disturbed.
 *  2. What the card said last of its tries is what C_GetTokenInfo tells, until the card says something else.
 *  3. It is not changed while the card counts it as verified: there are cards that compare the old value with
 *     nothing then, and a wrong one would take the PUK's place.
 */
#include "pkcs11/puk.h"

#include "pkcs11/pin.h"
#include "pkcs11/token.h"

/* The total is not told: one at least was given that was wrong. */
static void note_tries(struct token *token, enum cs_err err, unsigned left)
{
	if (err == CS_OK)
		token->puk = (struct cc_reference){.reference = PIV_REF_PUK};
	else if (err == CS_ERR_WRONG || err == CS_ERR_BLOCKED)
		token->puk = (struct cc_reference){.reference = PIV_REF_PUK,
						   .flags = CSGN_REFERENCE_SET,
						   .left = (uint8_t)left,
						   .total = (uint8_t)(left + 1)};
}

/* A card that says no word of it has nothing to forget. */
enum cs_err puk_forget(struct token *token)
{
	bool verified = false;
	unsigned tries;
	enum cs_err err = cc_piv_verify_status(token->card, PIV_REF_PUK, &verified, &tries);

	if (err != CS_OK)
		return cc_refused(err) ? CS_OK : err;
	return verified ? token_reset(token) : CS_OK;
}

enum cs_err puk_change(struct token *token, struct cs_view old_puk, struct cs_view new_puk)
{
	unsigned left = 0;
	enum cs_err err = puk_forget(token);

	if (err != CS_OK)
		return err;
	token->at_stake = true;
	err = cc_piv_change(token->card, PIV_REF_PUK, old_puk, new_puk, &left);
	token->at_stake = err != CS_OK;
	note_tries(token, err, left);
	return err;
}

/* A card need not change its PUK by a command (SP 800-73-5 part 2, 3.2.2), or to one that it has had. */
enum cs_err puk_prove(struct token *token, struct cs_view puk)
{
	enum cs_err err = puk_change(token, puk, puk);

	switch (err) {
	case CS_ERR_ARG:
	case CS_ERR_STATE:
	case CS_ERR_NOT_FOUND:
	case CS_ERR_UNSUPPORTED:
		return CS_OK;
	default:
		return err;
	}
}

enum cs_err puk_set_pin(struct token *token, struct cs_view pin)
{
	unsigned left = 0;
	enum cs_err err;

	token->at_stake = true;
	err = cc_piv_unblock(token->card, pin_kept(token->slot_index), pin, &left);
	token->at_stake = err != CS_OK;
	note_tries(token, err, left);
	return err;
}

enum cs_err puk_ask(struct token *token)
{
	struct cc_piv_metadata told;
	enum cs_err err;

	if (token->puk_untold)
		return CS_OK;
	err = cc_piv_metadata(token->card, PIV_REF_PUK, &told);
	token->puk_untold = (cc_refused(err) && err != CS_ERR_CARD) || err == CS_ERR_MALFORMED;
	if (err == CS_OK && told.has_tries)
		token->puk = (struct cc_reference){.reference = PIV_REF_PUK,
						   .flags = CSGN_REFERENCE_SET |
							    (told.is_default ? CSGN_REFERENCE_DEFAULT : 0),
						   .left = (uint8_t)told.tries_left,
						   .total = (uint8_t)told.tries_total};
	return token->puk_untold || err == CS_ERR_CARD ? CS_OK : err;
}
