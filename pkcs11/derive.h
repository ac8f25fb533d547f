/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Secrets that the card agrees on, as session keys.
 */
#ifndef COUNTERSIGN_PKCS11_DERIVE_H
#define COUNTERSIGN_PKCS11_DERIVE_H

#include "pkcs11/session.h"

CK_RV derive_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE base,
		 const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_OBJECT_HANDLE_PTR out);

#endif
