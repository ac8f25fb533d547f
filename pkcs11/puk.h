/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The PUK of another vendor's PIV card, as its security officer's PIN. No command of PIV proves it and does nothing else:
 * it is sent where it does something (SP 800-73-5 part 2, 3.2.2 and 3.2.3), and each time that it is wrong costs a try of, mostly, three. A card
 * may count it as verified from then on, until it is reset.
 */
#ifndef COUNTERSIGN_PKCS11_PUK_H
#define COUNTERSIGN_PKCS11_PUK_H

#include "base/bytes.h"

struct token;

/* Each of these in a transaction, right after PIV was selected; a try may be gone where the answer was lost (token.h, at_stake). */

/* Has the card count the PUK as verified no longer, by a reset if it does. CS_ERR_UNSUPPORTED where it cannot be reset. */
CS_MUST_CHECK enum cs_err puk_forget(struct token *token);
/* Changes the PUK to itself: after any answer, and none, it is what it was. CS_OK also where the card does not take that for a change: then
 * it is not proved, and is called wrong when it is used. CS_ERR_WRONG, CS_ERR_BLOCKED. */
CS_MUST_CHECK enum cs_err puk_prove(struct token *token, struct cs_view puk);
/* Errors as cc_piv_change (piv.h). */
CS_MUST_CHECK enum cs_err puk_change(struct token *token, struct cs_view old_puk, struct cs_view new_puk);
/* A new PIN by the PUK that is kept; the PIN may be blocked. Errors as cc_piv_unblock, of the PUK. */
CS_MUST_CHECK enum cs_err puk_set_pin(struct token *token, struct cs_view pin);

/* Asks a card that has just told as much of its PIN for the tries that the PUK has left: token.puk. What it refuses to tell is no error, and
 * not asked again. */
CS_MUST_CHECK enum cs_err puk_ask(struct token *token);

#endif
