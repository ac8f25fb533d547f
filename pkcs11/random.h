/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Random bytes: the system's, since PIV has no command for them.
 */
#ifndef COUNTERSIGN_PKCS11_RANDOM_H
#define COUNTERSIGN_PKCS11_RANDOM_H

#include "pkcs11/pkcs11.h"

CK_RV random_fill(CK_BYTE_PTR out, CK_ULONG len);

#endif
