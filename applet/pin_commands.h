/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VERIFY, CHANGE REFERENCE DATA and RESET RETRY COUNTER (SP 800-73-5 part 2, 3.2.1 to 3.2.3), which the PIV
 * and the Countersign application share.
 */
#ifndef COUNTERSIGN_APPLET_PIN_COMMANDS_H
#define COUNTERSIGN_APPLET_PIN_COMMANDS_H

#include "applet/app.h"

/* P1 00 with 8 bytes: verify; without data: state; P1 FF without data: log out. P2 80: the PIN. */
app_handler pin_command_verify;
/* The same, and P2 83, the SO PIN, whose verification sets SECURITY_SO. */
app_handler pin_command_verify_so;
/* Old and new block. P2 80 or 81. After 80 the PIN is verified. */
app_handler pin_command_change;
/* The same, and P2 83. */
app_handler pin_command_change_so;
/* PUK and new PIN. P2 80. */
app_handler pin_command_unblock;

#define PIN_COMMAND_ROW(INS, P1, P2, MIN, MAX, FLAGS, HANDLER)                                               \
	{                                                                                                    \
		.cla = 0x00, .ins = (INS), .p1 = (P1), .p2 = (P2), .min_len = (MIN), .max_len = (MAX),       \
		.flags = (FLAGS), .not_found = CS_SW_REFERENCE_NOT_FOUND, .handler = (HANDLER)               \
	}
/* The rows of all three, given the application's own VERIFY and CHANGE. */
#define PIN_COMMAND_ROWS(VERIFY, CHANGE)                                                                     \
	PIN_COMMAND_ROW(ISO_INS_VERIFY, APP_ANY, APP_ANY, 0, PIV_PIN_LEN,                          \
			APP_KEEPS_FRESH | APP_WHEN_LOCKED, VERIFY),                                          \
	    PIN_COMMAND_ROW(ISO_INS_CHANGE_REFERENCE_DATA, 0, APP_ANY, 2 * PIV_PIN_LEN, 2 * PIV_PIN_LEN, 0,  \
			    CHANGE),                                                                         \
	    PIN_COMMAND_ROW(ISO_INS_RESET_RETRY_COUNTER, 0, APP_ANY, 2 * PIV_PIN_LEN, 2 * PIV_PIN_LEN, 0,    \
			    pin_command_unblock)

#endif
