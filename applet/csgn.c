/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The Countersign application (base/countersign.h): what a PKCS#11 token needs beyond PIV. Its security
 * officer is the SO PIN's holder. Here is the table of its commands.
 */
#include "applet/csgn.h"

#include "applet/pin_commands.h"
#include "applet/scp03.h"
#include "applet/pin_officer.h"
#include "applet/touch.h"

static const uint8_t aid[] = CSGN_AID;

/* cla, ins, p1, p2, shortest and longest data, needs, flags, what "not found" is called, handler */
static const struct app_command commands[] = {
    PIN_COMMAND_ROWS(pin_command_verify_so, pin_command_change_so),
    CSGN_SHARED_ROWS,
    TOUCH_MODE_ROW,
    SCP03_ROWS,
    {CSGN_CLA, CSGN_INS_SET_SCP_KEYS, 0, 0, 39, 71, SECURITY_SO, 0, 0, scp03_set_keys},
    {CSGN_CLA, CSGN_INS_INITIALIZE, 0, 0, 10, 96, 0, 0, 0, csgn_initialize},
    {CSGN_CLA, CSGN_INS_INIT_PIN, 0, 0, 8, 16, SECURITY_SO, 0, 0, pin_officer_init_pin},
    {CSGN_CLA, CSGN_INS_SET_LIMITS, 0, 0, 5, 16, SECURITY_SO, 0, 0, pin_officer_set_limits},
    {CSGN_CLA, CSGN_INS_SET_LABEL, 0, 0, 2, 2 + CSGN_LABEL_MAX, SECURITY_PIN | SECURITY_SO, 0, 0,
     csgn_set_label},
    {CSGN_CLA, CSGN_INS_RESET, 0xDE, 0xAD, 0, 0, 0, 0, 0, csgn_reset},
    {CSGN_CLA, CSGN_INS_PERSONALISE, 0, 0, 2, 96, SECURITY_SO, 0, 0, csgn_personalise},
};

const struct app csgn_app = {
    .aid = {.ptr = aid, .len = sizeof(aid)},
    .aid_min = sizeof(aid),
    .remaining_ins = ISO_INS_GET_RESPONSE,
    .select = csgn_info,
    .commands = commands,
    .command_count = sizeof(commands) / sizeof(commands[0]),
    .flags = APP_WHEN_LOCKED | APP_WHEN_TERMINATED,
};
