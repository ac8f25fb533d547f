/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the PIV application gives the rest of the card.
 */
#ifndef COUNTERSIGN_APPLET_PIV_H
#define COUNTERSIGN_APPLET_PIV_H

#include "applet/device.h"

/* Writes a new card's PINs, management key and objects, and the attestation key with its certificate if there
 * is none. May be called again after it was interrupted. */
CS_MUST_CHECK enum cs_err piv_make(struct card *card, const struct device_plan *plan);

#endif
