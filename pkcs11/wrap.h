/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys that leave, and keys that come, encrypted.
 */
#ifndef COUNTERSIGN_PKCS11_WRAP_H
#define COUNTERSIGN_PKCS11_WRAP_H

#include "pkcs11/session.h"

/* C_WrapKey: of session secret keys that may leave. What the card holds never does. */
CK_RV wrap_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping,
	       CK_OBJECT_HANDLE key, CK_BYTE_PTR out, CK_ULONG_PTR len);
/* C_UnwrapKey: makes a secret key, in the session or on a card, or a private one on the card. */
CK_RV unwrap_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
		 struct cs_view wrapped, const CK_ATTRIBUTE *attributes, CK_ULONG count,
		 CK_OBJECT_HANDLE_PTR out);

/* The same with CKM_AES_GCM and CK_GCM_MESSAGE_PARAMS (v3.2). */
CK_RV wrap_key_authenticated(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping,
			     CK_OBJECT_HANDLE key, struct cs_view aad, CK_BYTE_PTR out, CK_ULONG_PTR len);
CK_RV unwrap_key_authenticated(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
			       struct cs_view wrapped, struct cs_view aad, const CK_ATTRIBUTE *attributes,
			       CK_ULONG count, CK_OBJECT_HANDLE_PTR out);

#endif
