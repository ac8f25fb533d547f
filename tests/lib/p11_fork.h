/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests of the module: a child of fork that does all that one may, over transport_card. Each process has a copy of the card.
 */
#ifndef COUNTERSIGN_TESTS_P11_FORK_H
#define COUNTERSIGN_TESTS_P11_FORK_H

#include <stdbool.h>

#include "pkcs11/pkcs11.h"

#define P11_CHILD_SECONDS 60u /* one that hangs is ended */

/* In the child; a session of the parent's. The number of the first thing that is wrong, or 0. */
int p11_child(CK_SESSION_HANDLE of_parent);
/* Forks; false where the child found something wrong, which is printed, or did not end by itself. */
bool p11_fork_is_well(CK_SESSION_HANDLE of_parent);

#endif
