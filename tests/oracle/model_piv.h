/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Between the files of the oracle's PIV application.
 */
#ifndef COUNTERSIGN_TESTS_ORACLE_MODEL_PIV_H
#define COUNTERSIGN_TESTS_ORACLE_MODEL_PIV_H

#include "tests/oracle/model.h"

model_run model_get_data, model_put_data;
model_run model_authenticate, model_set_management;

/* The profile's factory key of 9B; in the countersign profile nobody knows it. */
void model_management_new(struct model *m);

#endif
