/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which blocks may become a PIN, a PUK or a SO PIN.
 */
#ifndef COUNTERSIGN_APPLET_PIN_RULES_H
#define COUNTERSIGN_APPLET_PIN_RULES_H

#include "applet/card_private.h"

/* May this block become a PIN? Always: 6 to 8 bytes, then padding; at least as many as the profile asks for. With
 * CSGN_RULE_NO_TRIVIAL_PIN: printable ASCII, no factory's value, and nothing trivial. Trivial are, of n characters: fewer than three different ones;
 * each the same step of -1, 0 or 1 from the one before, where 0 follows 9 (345678, 098765, abcdef); pairs that do so
 * (112233); a group that repeats (123123, 4711 4711). CS_ERR_MALFORMED if not. */
CS_MUST_CHECK enum cs_err pin_rules(const struct profile *profile, const uint8_t block[PIV_PIN_LEN]);

#endif
