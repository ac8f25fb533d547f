/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Making key pairs on the card.
 */
#ifndef COUNTERSIGN_PKCS11_GENERATE_H
#define COUNTERSIGN_PKCS11_GENERATE_H

#include "pkcs11/session.h"

/* The two templates of C_GenerateKeyPair. */
struct key_templates {
	const CK_ATTRIBUTE *public;
	CK_ULONG public_count;
	const CK_ATTRIBUTE *private;
	CK_ULONG private_count;
};

/* CKA_ID in either template (one byte, 1 to 24) names the PIV slot; without one the first empty slot is
 * taken. A slot that has a key is not overwritten: CKR_TEMPLATE_INCONSISTENT; destroy that key first. */
CK_RV generate_key_pair(struct session *session, const CK_MECHANISM *mechanism,
			const struct key_templates *templates, CK_OBJECT_HANDLE_PTR public_key,
			CK_OBJECT_HANDLE_PTR private_key);

/* The PIV slot for a new key with this CKA_ID (empty: any). */
CK_RV generate_slot(struct token *token, struct cs_view id, size_t *index);

/* CKR_SESSION_READ_ONLY, CKR_USER_NOT_LOGGED_IN, or CKR_OK where the session may write to the token. */
CK_RV session_may_write(const struct session *session);

#endif
