/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The function lists and interfaces of the module: v2.40, v3.0 and v3.2.
 */
#ifndef COUNTERSIGN_PKCS11_INTERFACE_H
#define COUNTERSIGN_PKCS11_INTERFACE_H

#include "pkcs11/pkcs11.h"

/* Of the package. */
CK_VERSION interface_library_version(void);

#endif
