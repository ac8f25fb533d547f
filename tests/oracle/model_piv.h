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

/* A public key as the card tells it: the slot's. */
bool model_learn_public(struct model *m, struct bytes contents, uint8_t slot);
/* AA and AB among params, the profile's and the slot's where they are not there. */
bool model_policies(const struct model *m, struct bytes params, uint8_t slot, struct model_key *key);
/* The status word that refuses the use of a key with these policies, or 9000. */
uint16_t model_key_permit(const struct model_channel *c, const struct model_key *key);

/* Objects 5FC1xx and 5FFFxx. */
bool model_storable(uint32_t tag);
/* For the PIN's holder alone: by the standard, or by its flags. */
bool model_object_private(const struct model *m, uint32_t tag);
/* There from now on, with contents that the card chose. */
void model_object_unknown(struct model *m, uint32_t tag);

/* GENERATE for slot 04. */
void model_sm_generate(struct model *m, const struct model_command *cmd, struct model_answer *a);

/* The generator of P-256, a point that is on the curve for certain. */
bool model_is_generator(struct bytes point);

#endif
