/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Secrets that the card agrees on, as session keys.
 */
#ifndef COUNTERSIGN_PKCS11_DERIVE_H
#define COUNTERSIGN_PKCS11_DERIVE_H

#include "pkcs11/session.h"

CK_RV derive_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE base,
		 const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_OBJECT_HANDLE_PTR out);

/* A session secret key of this value and template; CKA_VALUE_LEN cuts the value, of which the last bytes stay
 * (PKCS #11 v3.2, 6.3.19). Readable unless the template says that it is sensitive or not extractable. */
CK_RV secret_key_new(struct session *session, struct cs_view value, const CK_ATTRIBUTE *attributes,
		     CK_ULONG count, CK_OBJECT_HANDLE_PTR out);

#endif
