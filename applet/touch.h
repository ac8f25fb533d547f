/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The user's presence: what a touch policy asks for, and how the host is told that the card waits for it.
 */
#ifndef COUNTERSIGN_APPLET_TOUCH_H
#define COUNTERSIGN_APPLET_TOUCH_H

#include "applet/card_private.h"

/* The user's presence, for a touch policy: CS_OK, CS_ERR_TIMEOUT, CS_ERR_CANCELLED, CS_ERR_STATE where nobody
 * can touch the device; CS_ERR_BUSY (6401) where the touch is still wanted and this channel has asked to be
 * told rather than to wait, or where another channel is waiting for one. PIV_TOUCH_CACHED is content with a
 * touch within the last 15 seconds. why: a short English phrase ("use a private key"), static. To be called
 * after all else that a command needs has been found in order, and before it changes anything: the host
 * repeats a command that was answered 6401 as it was. */
CS_MUST_CHECK enum cs_err touch_require(struct card *card, struct channel *channel,
					enum piv_touch_policy policy, const char *why);

/* The channel asks for nothing any more: it is closed, reset, or has another application. */
void touch_forget(struct card *card, const struct channel *channel);

/* Whether a touch policy other than "never" can be kept on this device. */
bool touch_possible(const struct card *card);

/* TOUCH MODE (80 60 mode 00), a row for every application's table: mode 00 waits, 01 tells. */
app_handler touch_mode;

#define TOUCH_MODE_ROW                                                                                       \
	{                                                                                                    \
		.cla = CSGN_CLA, .ins = CSGN_INS_TOUCH_MODE, .p1 = APP_ANY, .flags = APP_KEEPS_FRESH | APP_WHEN_LOCKED,      \
		.handler = touch_mode                                                                        \
	}

#endif
