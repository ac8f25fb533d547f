/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Between the files of the oracle's Countersign application.
 */
#ifndef COUNTERSIGN_TESTS_ORACLE_MODEL_CSGN_H
#define COUNTERSIGN_TESTS_ORACLE_MODEL_CSGN_H

#include "tests/oracle/model_piv.h"

/* What has attributes, by one number: a key, a secret key, or the tag of a data object. */
#define MODEL_KEY_OBJECT(slot)	    (0x100u | (slot))
#define MODEL_SECRET_OBJECT(number) (0x200u | (number))

/* Elements; whether they are what a host may bring. */
struct bytes model_attributes(const struct model *m, uint32_t object);
bool model_attributes_read(struct bytes elements, uint16_t *flags);
/* Empty ones: none. */
void model_attributes_set(struct model *m, uint32_t object, struct bytes elements);
void model_attributes_move(struct model *m, uint32_t from, uint32_t to);
uint16_t model_flags(const struct model *m, uint32_t object);

/* The officer, or who has the management key: not a PIN that stands for it. */
bool model_administers(const struct model_channel *c);

/* NULL: there is none of this number; 0: a free place. */
struct model_secret *model_secret(struct model *m, uint8_t number);

model_run model_inventory, model_set_attributes, model_secret_create, model_secret_delete, model_secret_use;
model_run model_initialize_update, model_plain_authenticate, model_set_scp_keys;

#endif
