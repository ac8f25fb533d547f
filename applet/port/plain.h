/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A card that does as if it were any vendor's: PIV and OATH, or one of them, without the Countersign application, without the
 * commands of class 80 that it shares with PIV (and SCP03's), without those of OATH that are our own, without our label. For
 * tests of hosts against a card that is not ours.
 */
#ifndef COUNTERSIGN_APPLET_PORT_PLAIN_H
#define COUNTERSIGN_APPLET_PORT_PLAIN_H

#include "applet/card.h"

/* Which applications it has. */
enum plain { PLAIN_NOT, PLAIN_PIV_AND_OATH, PLAIN_PIV, PLAIN_OATH };

/* As card_transmit; which is not PLAIN_NOT. */
void plain_transmit(struct card *card, enum plain which, struct cs_view command, struct cs_writer *out);

#endif
