/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A card that does as if it were any vendor's: PIV and OATH, without the Countersign application, without the commands of
 * class 80 that it shares with PIV (and SCP03's), without our label. For tests of hosts against a card that is not ours.
 */
#ifndef COUNTERSIGN_APPLET_PORT_PLAIN_H
#define COUNTERSIGN_APPLET_PORT_PLAIN_H

#include "applet/card.h"

/* As card_transmit. */
void plain_transmit(struct card *card, struct cs_view command, struct cs_writer *out);

#endif
