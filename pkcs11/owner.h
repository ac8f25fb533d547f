/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which process initialised the module: asked in every call. Thread-safe.
 */
#ifndef CSGN_PKCS11_OWNER_H
#define CSGN_PKCS11_OWNER_H

#include <stdbool.h>

/* It is this process from now on. Not called by two threads at once. */
void owner_take(void);
/* It is none. */
void owner_leave(void);
/* Whether it is this process: not a child of the one that did, however that was made (fork, _Fork, clone). */
bool owner_is_this(void);

#endif
