/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From a parsed command to its handler, and from enum cs_err to a status word: the one place for each.
 */
#ifndef COUNTERSIGN_APPLET_DISPATCH_H
#define COUNTERSIGN_APPLET_DISPATCH_H

#include "applet/card_private.h"

/* The status word for err. row may be NULL (no row was found); channel supplies the tries for CS_ERR_WRONG.
 */
uint16_t dispatch_sw(enum cs_err err, const struct app_command *row, const struct channel *channel);

/* CS_OK's status word if a command with this header could run, else the word that refuses it. Used for the
 * first piece of a chain, so that a card does not collect data for nothing. */
uint16_t dispatch_probe(const struct channel *channel, const struct cs_apdu *cmd);

/* Checks and runs a whole command. What it answers is appended to out, the status word returned. */
uint16_t dispatch(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
		  struct cs_writer *out);

/* True if the channel's state satisfies the mask (any one bit of it; 0: always), the profile's rules
 * included. */
bool security_satisfied(const struct card *card, const struct channel *channel, uint16_t needs);

#endif
