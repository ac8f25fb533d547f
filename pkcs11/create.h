/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Objects that the caller brings, and their end.
 */
#ifndef COUNTERSIGN_PKCS11_CREATE_H
#define COUNTERSIGN_PKCS11_CREATE_H

#include "pkcs11/session.h"

/* On the token: certificates, data objects, private keys (imported), and public keys that are there already.
 * In memory (CKA_TOKEN false): certificates, data, public keys and secret keys. */
CK_RV create_object(struct session *session, const CK_ATTRIBUTE *attributes, CK_ULONG count,
		    CK_OBJECT_HANDLE_PTR out);
/* The same for a private key that was unwrapped, whose attributes are among these: CKR_WRAPPED_KEY_INVALID where it is not the one that it
 * says it is. */
struct pkcs8;
CK_RV create_unwrapped(struct session *session, const CK_ATTRIBUTE *attributes, CK_ULONG count, const struct pkcs8 *key,
		       CK_OBJECT_HANDLE_PTR out);
/* The key of a slot, with all that the card keeps of it. */
CK_RV key_delete(struct token *token, size_t index);
CK_RV destroy_object(struct session *session, CK_OBJECT_HANDLE handle);

#endif
