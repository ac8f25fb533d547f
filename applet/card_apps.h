/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The applications that are on the card. SELECT takes the first whose AID begins with what the host sends.
 */
#ifndef COUNTERSIGN_APPLET_CARD_APPS_H
#define COUNTERSIGN_APPLET_CARD_APPS_H

#include "applet/app.h"

extern const struct app *const card_apps[];
extern const size_t card_app_count;

#endif
