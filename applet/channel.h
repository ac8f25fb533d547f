/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Logical channels (ISO/IEC 7816-4, 5.4.1 and 11.1.2): each has its own selection and its own security state. The
 * basic channel, 0, is always open; software that knows no channels uses nothing else.
 */
#ifndef COUNTERSIGN_APPLET_CHANNEL_H
#define COUNTERSIGN_APPLET_CHANNEL_H

#include "applet/card_private.h"

/* MANAGE CHANNEL. P1 00 P2 00: opens the lowest free channel and answers its number (CS_ERR_UNSUPPORTED where none is);
 * P1 00 P2 n: opens that one; P1 80 P2 n: closes it, P2 00 the one the command came on. CS_ERR_ARG for a number that
 * is open already, not open, or not there; the basic channel cannot be closed. */
app_handler channel_manage;

/* Forgets the security state of the channel, its sessions, and what its application keeps there; the selection stays. */
void channel_clear(struct card *card, struct channel *channel);

/* Power on and reset: only the basic channel is open, and nothing is selected there. */
void channels_reset(struct card *card);

/* Takes these bits of enum security from all channels but one (NULL: from all). For whoever changes, blocks or resets
 * what the bits stand for: who has shown the old reference data has not shown the new, and who is about to show it, by the
 * answer to a challenge, has been asked for nothing. */
void channels_forget(struct card *card, const struct channel *except, uint16_t bits);

/* The card was erased: as channel_clear for all; but SCP03 sessions live on where their keys did. */
void channels_forget_all(struct card *card, bool keys_stay);

/* The SCP03 key set was replaced: sessions on all channels but one (NULL: on all) end, as if cleared. */
void channels_end_scp03(struct card *card, const struct channel *except);

#endif
