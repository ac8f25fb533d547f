/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The handlers of the OATH application (docs/PROTOCOL, section 7), for the table in oath_app.c. Contract:
 * app_handler.
 */
#ifndef COUNTERSIGN_APPLET_OATH_APP_H
#define COUNTERSIGN_APPLET_OATH_APP_H

#include "applet/card_private.h"

/* oath_access.c: the access code, which locks the application, its tries, and the salt that hosts derive it
 * with. */
app_handler oath_select;
app_handler oath_set_code;
app_handler oath_validate;
app_handler oath_status;
app_handler oath_unblock;
app_handler oath_reset;

/* oath_manage.c: credentials come, go, and are listed. */
app_handler oath_put;
app_handler oath_delete;
app_handler oath_rename;
app_handler oath_list;

/* oath_calculate.c: codes. */
app_handler oath_calculate;
app_handler oath_calculate_all;

#endif
