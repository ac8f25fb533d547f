/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Between the files of the oracle's PIV application.
 */
#ifndef COUNTERSIGN_TESTS_ORACLE_MODEL_PIV_H
#define COUNTERSIGN_TESTS_ORACLE_MODEL_PIV_H

#include "tests/oracle/model.h"

model_run model_get_data, model_put_data;
model_run model_authenticate, model_set_management;

/* The chain that the card makes for F9: its certificate and the root's. */
void model_attestation_new(struct model *m, struct model_object chain[2]);

/* The profile's factory key of 9B; in the countersign profile nobody knows it. */
void model_management_new(struct model *m);

#endif
