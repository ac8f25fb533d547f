/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A reader's own PIN pad (PC/SC part 10, "IFDs with Secure PIN Entry Capabilities", revision 2.02.09): what is typed on it goes to the
 * card, and no program sees it. The reader puts the digits into the command that it is given, 6 to 8 of them, padded as PIV has it.
 *
 * Each call waits for the person, as long as the reader does (30 seconds as a rule), with the reader busy. Errors, beside those of
 * cc_transmit: CS_ERR_UNSUPPORTED: there is no pad, or a session of secure messaging is open, which the pad can't speak;
 * CS_ERR_CANCELLED: by the person; CS_ERR_TIMEOUT: nobody typed; CS_ERR_LENGTH: too few digits, or too many; in these the card was sent
 * nothing.
 */
#ifndef COUNTERSIGN_CARDCLIENT_PINPAD_H
#define COUNTERSIGN_CARDCLIENT_PINPAD_H

#include "cardclient/card.h"

/* Whether the reader has one that verifies PINs. The reader is asked once. */
bool cc_pinpad_present(struct cc_card *card);

/* VERIFY. CS_ERR_WRONG with *tries left (may be NULL), CS_ERR_BLOCKED: as cc_piv_verify (piv.h). */
CS_MUST_CHECK enum cs_err cc_pinpad_verify(struct cc_card *card, uint8_t ref, unsigned *tries);

/* CHANGE REFERENCE DATA: the old one, the new one twice. CS_ERR_ARG: the new ones differ, or the card refuses it by its rules. */
CS_MUST_CHECK enum cs_err cc_pinpad_change(struct cc_card *card, uint8_t ref, unsigned *tries);

#endif
