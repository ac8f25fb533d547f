/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The words that the command line and JSON have for numbers of the card: slots, algorithms, policies,
 * profiles.
 */
#ifndef COUNTERSIGN_TOOLS_NAMES_H
#define COUNTERSIGN_TOOLS_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/countersign.h"
#include "base/piv.h"

/* NULL for an unknown one. */
const char *name_of_alg(enum piv_alg alg);
/* "unknown" for an unknown one. */
const char *name_of_profile(uint8_t profile);
const char *name_of_lifecycle(uint8_t lifecycle);
const char *name_of_pin_policy(enum piv_pin_policy policy);
const char *name_of_touch_policy(enum piv_touch_policy policy);
/* Of a secret key; "unknown" for an unknown one. */
const char *name_of_secret_algorithm(uint8_t algorithm);
/* Of a bit of enum csgn_usage; NULL for an unknown one. */
const char *name_of_usage(unsigned bit);
/* "authentication" ..., "retired" for 82 to 95. */
const char *name_of_slot(uint8_t slot);

/* False: no such name. Slots are known by hex (9a) and by name, but for the retired ones. */
bool alg_named(const char *name, enum piv_alg *out);
bool slot_named(const char *name, uint8_t *out);
bool pin_policy_named(const char *name, enum piv_pin_policy *out);
bool touch_policy_named(const char *name, enum piv_touch_policy *out);
bool secret_algorithm_named(const char *name, enum csgn_secret_algorithm *out);
/* Names with commas between them. */
bool usages_named(const char *names, uint16_t *out);

#endif
