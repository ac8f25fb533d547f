/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Message-based operations (v3.0): one key and mechanism for many messages, each whole or in parts.
 *
 * Encrypting and decrypting is AES-GCM, with its nonce and tag in CK_GCM_MESSAGE_PARAMS. Parts are kept, and come
 * out with the last one, so that no plain text leaves before its tag was found right.
 *
 *   none --init--> ready --begin--> in a message --next, last part--> ready --final--> none
 *                   '--- a whole message ---'
 */
#ifndef COUNTERSIGN_PKCS11_MESSAGE_H
#define COUNTERSIGN_PKCS11_MESSAGE_H

#include "pkcs11/session.h"

/* kind: one of OP_MESSAGE_*. mechanism NULL ends what is active. */
CK_RV message_init(struct session *session, enum operation_kind kind, const CK_MECHANISM *mechanism,
		   CK_OBJECT_HANDLE key);
CK_RV message_final(struct session *session, enum operation_kind kind);

/* params: CK_GCM_MESSAGE_PARAMS for encrypting and decrypting, nothing for signatures. */
CK_RV message_begin(struct session *session, enum operation_kind kind, struct cs_view params,
		    struct cs_view aad);

CK_RV message_sign(struct session *session, struct cs_view params, struct cs_view data, CK_BYTE_PTR signature,
		   CK_ULONG_PTR len);
/* len NULL: more is to come. */
CK_RV message_sign_next(struct session *session, struct cs_view params, struct cs_view data,
			CK_BYTE_PTR signature, CK_ULONG_PTR len);
CK_RV message_verify(struct session *session, struct cs_view params, struct cs_view data,
		     struct cs_view signature);
/* signature.ptr NULL: more is to come. */
CK_RV message_verify_next(struct session *session, struct cs_view params, struct cs_view data,
			  struct cs_view signature);

/* One whole message, encrypted or decrypted as op has it; the nonce and tag are the parameters'. */
CK_RV message_crypt(struct session *session, struct operation *op, struct cs_view params, struct cs_view aad,
		    struct cs_view text, struct buffer *out);
CK_RV message_crypt_once(struct session *session, enum operation_kind kind, struct cs_view params,
			 struct cs_view aad, struct cs_view text, CK_BYTE_PTR out, CK_ULONG_PTR len);
CK_RV message_crypt_next(struct session *session, enum operation_kind kind, struct cs_view params,
			 struct cs_view text, bool last, CK_BYTE_PTR out, CK_ULONG_PTR len);

#endif
