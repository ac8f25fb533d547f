/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The OATH application: its table of commands. Unlocked (SECURITY_APP) is who validated the access code since
 * SELECT, or everyone where none is set.
 */
#include "applet/oath_app.h"

#include "applet/pin_commands.h"
#include "applet/touch.h"

static const uint8_t aid[] = {0xA0, 0x00, 0x00, 0x05, 0x27, 0x21, 0x01, 0x01};

/* What the protocol says where a name or the access code is not there. */
#define NO_SUCH CS_SW_REFERENCE_UNUSABLE

static const struct app_command commands[] = {
    /* CLA, INS, P1, P2, data from, to, needs, flags, not found, handler */
    {0x00, YKOATH_INS_PUT, 0, 0, 1, APP_DATA_MAX, SECURITY_APP, 0, NO_SUCH, oath_put},
    {0x00, YKOATH_INS_DELETE, 0, 0, 1, APP_DATA_MAX, SECURITY_APP, 0, NO_SUCH, oath_delete},
    {0x00, YKOATH_INS_SET_CODE, 0, 0, 1, APP_DATA_MAX, SECURITY_APP, 0, NO_SUCH, oath_set_code},
    {0x00, YKOATH_INS_RESET, 0xDE, 0xAD, 0, 0, 0, 0, NO_SUCH, oath_reset},
    {0x00, YKOATH_INS_RENAME, 0, 0, 1, APP_DATA_MAX, SECURITY_APP, 0, NO_SUCH, oath_rename},
    {0x00, YKOATH_INS_STATUS, 0, 0, 0, 0, 0, 0, NO_SUCH, oath_status},
    {0x00, YKOATH_INS_LIST_ALL, 0, 0, 0, 0, SECURITY_APP, 0, NO_SUCH, oath_list_all},
    {0x00, YKOATH_INS_GENERATE, 0, 0, 1, APP_DATA_MAX, SECURITY_APP, 0, NO_SUCH, oath_generate},
    {0x00, YKOATH_INS_OCRA, 0, APP_ANY, 1, APP_DATA_MAX, SECURITY_APP, 0, NO_SUCH, oath_ocra},
    {0x00, YKOATH_INS_CHECK, 0, 0, 1, APP_DATA_MAX, SECURITY_APP, 0, NO_SUCH, oath_check},
    {0x00, YKOATH_INS_UNBLOCK, 0, 0, 0, 0, SECURITY_SO, 0, NO_SUCH, oath_unblock},
    {0x00, YKOATH_INS_LIST, 0, 0, 0, 0, SECURITY_APP, 0, NO_SUCH, oath_list},
    {0x00, YKOATH_INS_CALCULATE, 0, APP_ANY, 1, APP_DATA_MAX, SECURITY_APP, 0, NO_SUCH, oath_calculate},
    {0x00, YKOATH_INS_VALIDATE, 0, 0, 1, APP_DATA_MAX, 0, 0, NO_SUCH, oath_validate},
    {0x00, YKOATH_INS_CALCULATE_ALL, 0, APP_ANY, 1, APP_DATA_MAX, SECURITY_APP, 0, NO_SUCH,
     oath_calculate_all},
    TOUCH_MODE_ROW,
    PIN_COMMAND_ROW(ISO_INS_VERIFY, APP_ANY, APP_ANY, 0, PIV_PIN_LEN, APP_KEEPS_FRESH, pin_command_verify_so),
};

const struct app oath_app = {
    .aid = {aid, sizeof aid},
    .aid_min = YKOATH_AID_LEN,
    .remaining_ins = YKOATH_INS_SEND_REMAINING,
    .select = oath_select,
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
};
