/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The PIN commands that PIV and the Countersign application share, on the wire.
 */
#ifndef COUNTERSIGN_CARDCLIENT_PIN_H
#define COUNTERSIGN_CARDCLIENT_PIN_H

#include "cardclient/piv.h"

/* ins (VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER) with one or two PINs, each padded. Errors and
 * tries: as cc_piv_verify. */
CS_MUST_CHECK enum cs_err cc_pin_command(struct cc_card *card, uint8_t ins, uint8_t ref,
					 const struct cs_view *pins, size_t count, unsigned *tries);

#endif
