/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_CopyObject.
 */
#ifndef COUNTERSIGN_PKCS11_COPY_H
#define COUNTERSIGN_PKCS11_COPY_H

#include "pkcs11/session.h"

/* A copy in the session, or (CKA_TOKEN true in the template) on the token, with what the template says changed in it.
 * CKR_ACTION_PROHIBITED: it is not copyable, as private keys on the card are not. CKR_ATTRIBUTE_READ_ONLY. */
CK_RV copy_object(struct session *session, CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE *attributes, CK_ULONG count,
		  CK_OBJECT_HANDLE_PTR out);

#endif
