/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RSA decryption by the card, encryption for it, and keys that come encrypted.
 */
#ifndef COUNTERSIGN_PKCS11_DECRYPT_H
#define COUNTERSIGN_PKCS11_DECRYPT_H

#include "pkcs11/session.h"

/* kind: OP_DECRYPT or OP_ENCRYPT. */
CK_RV crypt_init(struct session *session, enum operation_kind kind, const CK_MECHANISM *mechanism,
		 CK_OBJECT_HANDLE key);
/* Never yields output: *len becomes 0. out NULL asks for just that, and takes nothing in (v3.2, 5.2). */
CK_RV crypt_update(struct session *session, enum operation_kind kind, struct cs_view part, CK_BYTE_PTR out,
		   CK_ULONG_PTR len);
CK_RV crypt_final(struct session *session, enum operation_kind kind, CK_BYTE_PTR out, CK_ULONG_PTR len);
CK_RV crypt_once(struct session *session, enum operation_kind kind, struct cs_view data, CK_BYTE_PTR out,
		 CK_ULONG_PTR len);

/* C_UnwrapKey: makes a session secret key. */
CK_RV unwrap_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
		 struct cs_view wrapped, const CK_ATTRIBUTE *attributes, CK_ULONG count,
		 CK_OBJECT_HANDLE_PTR out);

#endif
