/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Attestation: a certificate for a key that was generated on this card, signed with the card's own key F9.
 * docs/PROTOCOL has the contents.
 */
#ifndef COUNTERSIGN_APPLET_PIV_ATTESTATION_H
#define COUNTERSIGN_APPLET_PIV_ATTESTATION_H

#include "applet/card_private.h"

/* Makes key F9, its certificate in object 5FFF01, and the root that signs it, whose certificate is in 5FFF02 and whose
 * key is thrown away. */
CS_MUST_CHECK enum cs_err piv_attestation_make(struct card *card);

#endif
