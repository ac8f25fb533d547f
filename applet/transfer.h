/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Commands that come in pieces (chains, ISO/IEC 7816-4, 5.3.3) and responses that leave in pieces (5.3.4). The card has
 * memory for one of each, whichever channel it is on; transfer.c says who has to yield.
 */
#ifndef COUNTERSIGN_APPLET_TRANSFER_H
#define COUNTERSIGN_APPLET_TRANSFER_H

#include "applet/card_private.h"

/* Takes a piece, or a whole command. CS_SW_OK with *whole true: cmd->data is all of the command's, to be executed, and
 * then transfer_done. CS_SW_OK with *whole false: more is to come. Else the status word that refuses it. */
uint16_t transfer_take(struct card *card, struct channel *channel, struct cs_apdu *cmd, bool *whole);
/* The command was executed: its chain, if it came in one, is forgotten. */
void transfer_done(struct card *card, const struct channel *channel);

/* The card's buffer for commands, for a channel that is to execute one out of it: a chain that another channel has begun
 * there is ended. */
void transfer_claim(struct card *card, const struct channel *channel);

/* True if the command asked for what is left of a response, and was answered. Any other command on any channel drops
 * what is left. */
bool transfer_serve(struct card *card, const struct channel *channel, const struct cs_apdu *cmd,
		    struct cs_writer *out);
/* Sends the first piece of the len bytes in card->response, or all of it. sw is the status word after the last one. */
void transfer_send(struct card *card, const struct channel *channel, const struct cs_apdu *cmd, size_t len,
		   uint16_t sw, struct cs_writer *out);

/* Forgets what is under way on the channel; NULL: on all. */
void transfer_drop(struct card *card, const struct channel *channel);

#endif
