/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A crypto port that fails once, at a call that is chosen: the store's calls are counted like everybody's, so that a
 * record that cannot be read is among the faults.
 */
#ifndef COUNTERSIGN_TESTS_CRYPTO_FAULT_H
#define COUNTERSIGN_TESTS_CRYPTO_FAULT_H

#include "applet/crypto.h"

/* Puts itself between crypto and whoever calls it. One at a time. */
void crypto_fault_install(struct crypto *crypto);
/* The n-th call from now fails (1: the next), with CS_ERR_CRYPTO; 0: none does. */
void crypto_fault_at(unsigned n);
/* It has. */
bool crypto_fault_happened(void);

#endif
