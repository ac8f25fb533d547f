/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Between the files of the oracle's OATH application.
 */
#ifndef COUNTERSIGN_TESTS_ORACLE_MODEL_OATH_H
#define COUNTERSIGN_TESTS_ORACLE_MODEL_OATH_H

#include "tests/oracle/model.h"

#define MODEL_SUITE_OTHER 255u /* an OCRASuite, if it is one, that the model does not know */

model_run model_calculate, model_calculate_all, model_ocra, model_check;

struct model_credential *model_credential(struct model *m, struct bytes name);
/* What the card says it drew when it was made: false where it said something else before. */
bool model_unique_learn(struct model_credential *cred, struct bytes unique);

/* The number of a suite that the model knows, or MODEL_SUITE_OTHER. */
uint8_t model_ocra_suite(struct bytes text);

#endif
