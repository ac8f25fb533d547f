/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Touches, as the host sees them: being told that the card waits for one (docs/PROTOCOL 1.7), and, for a card that is a
 * process, asking it what it waits for and touching it.
 */
#ifndef COUNTERSIGN_CARDCLIENT_TOUCH_H
#define COUNTERSIGN_CARDCLIENT_TOUCH_H

#include "cardclient/card.h"

#define CC_TOUCH_WHY_MAX 64u /* bytes of what a touch is wanted for, with its NUL */

/* Called each time a command was answered "touch the card" (6401), times counting from 0 for one command. It waits a
 * little and returns CS_OK to have the command sent again, or an error for the command to end with. The card's
 * transaction is open meanwhile. */
typedef enum cs_err cc_touch_fn(void *arg, unsigned times);

/* Who is told of touches; NULL: nobody, and 6401 is CS_ERR_TIMEOUT. arg is borrowed for the card's life. */
void cc_card_on_touch(struct cc_card *card, cc_touch_fn *told, void *arg);

/* Has the card tell of the next touches, until another application is selected, and not wait for them in silence. Worth
 * one APDU where a key or credential is known to want a touch. CS_ERR_UNSUPPORTED: this card waits. */
CS_MUST_CHECK enum cs_err cc_touch_tell(struct cc_card *card);

/* What the card of this context waits for now; an empty string: nothing. CS_ERR_UNSUPPORTED: a transport that cannot tell
 * (all but the socket); CS_ERR_NO_CARD; CS_ERR_MALFORMED. */
CS_MUST_CHECK enum cs_err cc_touch_wanted(struct cc_context *ctx, char why[CC_TOUCH_WHY_MAX]);

/* Touches the card of this context. *wanted: it was waiting for it; else nothing has happened. Errors as above. */
CS_MUST_CHECK enum cs_err cc_touch_give(struct cc_context *ctx, bool *wanted);

#endif
