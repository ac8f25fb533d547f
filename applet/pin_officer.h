/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the Countersign application has to do with PINs: INIT PIN and SET LIMITS, the parts of INITIALIZE and INFO.
 */
#ifndef COUNTERSIGN_APPLET_PIN_OFFICER_H
#define COUNTERSIGN_APPLET_PIN_OFFICER_H

#include "applet/app.h"
#include "applet/pin_make.h"

#define PIN_LIMITS_LEN 3u /* B2: PIN, PUK, SO PIN, as in enum pin */

/* 91 user PIN, [B3 flags]. SO first. */
app_handler pin_officer_init_pin;
/* B2 limits. SO first. */
app_handler pin_officer_set_limits;

/* 90 SO PIN and [B1 PUK] of INITIALIZE's data, staged; without B1 the PUK begins as the SO PIN does.
 * CS_ERR_MALFORMED, also where the profile's rules are not kept; CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err pin_officer_stage(struct card *card, const struct profile *profile, struct cs_view data,
					    struct pin_stage *stage);

/* 85, 86, B0: states; B3: flags of the user PIN. */
CS_MUST_CHECK enum cs_err pin_officer_info(struct card *card, struct cs_writer *out);

#endif
