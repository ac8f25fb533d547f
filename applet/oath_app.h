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

/* oath_put.c, oath_generate.c: credentials come. */
app_handler oath_put;
app_handler oath_generate;

/* The data of PUT without a key: name, {type and hash, digits}, options. cred is zero before. CS_ERR_MALFORMED,
 * CS_ERR_UNSUPPORTED. */
struct oath_credential;
CS_MUST_CHECK enum cs_err oath_parse_shape(struct cs_view data, struct oath_credential *cred);

/* oath_manage.c: credentials go, and are listed. */
app_handler oath_delete;
app_handler oath_rename;
app_handler oath_list;
app_handler oath_list_all;

/* oath_calculate.c, oath_ocra.c, oath_check.c: codes. */
app_handler oath_calculate;
app_handler oath_calculate_all;
app_handler oath_ocra;
app_handler oath_check;

/* What stands behind the question in OCRA and CHECK: just what the suite names, in its order. What follows it is left to be read.
 * CS_ERR_MALFORMED. */
struct cs_ocra_suite;
struct cs_ocra_input;
CS_MUST_CHECK enum cs_err oath_ocra_inputs(const struct cs_ocra_suite *suite, struct cs_reader *r, struct cs_ocra_input *in);

/* P2 of the commands that answer codes. */
#define OATH_P2_FULL	  0x00u
#define OATH_P2_TRUNCATED 0x01u

/* Appends 76 with digits and the 31-bit number that is cut from mac; or for P2 00, or without digits, 75 with digits and
 * mac. */
void oath_respond(uint8_t digits, struct cs_view mac, uint8_t p2, struct cs_writer *out);

/* May a code of this credential be made now? PIN, then touch: CS_ERR_DENIED, and what touch_require says. */
CS_MUST_CHECK enum cs_err oath_permit(struct card *card, struct channel *channel, const struct oath_credential *cred);

#endif
