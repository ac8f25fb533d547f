/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The handlers of the PIV application; piv.c has the table that says what each needs. docs/PROTOCOL describes
 * them.
 */
#ifndef COUNTERSIGN_APPLET_PIV_COMMANDS_H
#define COUNTERSIGN_APPLET_PIV_COMMANDS_H

#include "applet/app.h"

app_handler piv_get_data;
app_handler piv_put_data;
app_handler piv_generate;
app_handler piv_import;
app_handler piv_move_key;
app_handler piv_authenticate;
app_handler piv_set_management_key;
app_handler piv_metadata;
app_handler piv_attest;
app_handler piv_serial;
app_handler piv_version;
app_handler piv_set_retries;
app_handler piv_reset;

#endif
