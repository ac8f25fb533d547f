/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The list of applications: a new one is a row here.
 */
#include "applet/card_apps.h"

const struct app *const card_apps[] = {
    &piv_app,
    &csgn_app,
    &oath_app,
};
const size_t card_app_count = sizeof(card_apps) / sizeof(card_apps[0]);
