/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Cards that were made when PIN and PUK were kept as blocks, the PUK was the SO PIN, and keys were sealed by the store
 * alone.
 */
#ifndef COUNTERSIGN_APPLET_PIN_MIGRATE_H
#define COUNTERSIGN_APPLET_PIN_MIGRATE_H

#include "applet/card_private.h"

/* At each start. PIN and PUK stay, with their tries; the SO PIN begins as the PUK is, with its tries; keys that want
 * the PIN are sealed. Whatever interrupts it, the next start goes on. CS_ERR_FULL: there is no room for the new form of
 * the PINs, the card is as it was; keys for which there is none are sealed by a later start. */
CS_MUST_CHECK enum cs_err pin_migrate(struct card *card);

#endif
