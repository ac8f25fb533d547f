/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Touches, told to the person at the terminal.
 */
#ifndef COUNTERSIGN_TOOLS_TOUCH_H
#define COUNTERSIGN_TOOLS_TOUCH_H

#include "cardclient/touch.h"

/* A cc_touch_fn: says once that the card wants to be touched, and waits 100 ms. */
enum cs_err touch_told(void *arg, unsigned times);

/* Before a command that is known to want a touch, the application being selected: has the card tell when it waits. Where the
 * card cannot tell, the person is told now. */
CS_MUST_CHECK enum cs_err touch_prepare(struct cc_card *card);

#endif
