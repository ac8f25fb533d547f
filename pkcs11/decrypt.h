/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Decryption by the card, encryption for it, and both with secret keys.
 */
#ifndef COUNTERSIGN_PKCS11_DECRYPT_H
#define COUNTERSIGN_PKCS11_DECRYPT_H

#include "pkcs11/session.h"

/* kind: OP_DECRYPT or OP_ENCRYPT. */
CK_RV crypt_init(struct session *session, enum operation_kind kind, const CK_MECHANISM *mechanism,
		 CK_OBJECT_HANDLE key);
/* RSA yields nothing before the end, and so does what authenticates (cipher.h). *taken: the part was taken in, not
 * only its output's length told (v3.2, 5.2). */
CK_RV crypt_update(struct session *session, enum operation_kind kind, struct cs_view part, CK_BYTE_PTR out,
		   CK_ULONG_PTR len, bool *taken);
CK_RV crypt_final(struct session *session, enum operation_kind kind, CK_BYTE_PTR out, CK_ULONG_PTR len);
CK_RV crypt_once(struct session *session, enum operation_kind kind, struct cs_view data, CK_BYTE_PTR out,
		 CK_ULONG_PTR len);

/* Makes op->result of all that the operation was given, and data. */
CK_RV crypt_result(struct session *session, struct operation *op, struct cs_view data);

#endif
