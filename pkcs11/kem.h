/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Key encapsulation (v3.2): ML-KEM, encapsulated by libcrypto for any public key, decapsulated by the card.
 */
#ifndef COUNTERSIGN_PKCS11_KEM_H
#define COUNTERSIGN_PKCS11_KEM_H

#include "pkcs11/session.h"

CK_RV encapsulate_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
		      const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_BYTE_PTR ciphertext, CK_ULONG_PTR len,
		      CK_OBJECT_HANDLE_PTR out);
CK_RV decapsulate_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
		      struct cs_view ciphertext, const CK_ATTRIBUTE *attributes, CK_ULONG count,
		      CK_OBJECT_HANDLE_PTR out);

#endif
