/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The AES and HMAC keys that our card holds as CKO_SECRET_KEY objects (secrets.h): made, brought, used, and never given out.
 */
#ifndef COUNTERSIGN_PKCS11_CARD_SECRET_H
#define COUNTERSIGN_PKCS11_CARD_SECRET_H

#include "pkcs11/secret.h"
#include "pkcs11/secrets.h"

/* As attribute_get, of the key at this index of token->secrets. */
CK_RV card_secret_attribute(struct token *token, size_t index, CK_ATTRIBUTE_TYPE type, struct cs_writer *out);
/* Label and ID; CKR_ATTRIBUTE_READ_ONLY for what else would change. */
CK_RV card_secret_set(struct token *token, size_t index, const CK_ATTRIBUTE *attributes, CK_ULONG count);

/* What is to be made. */
struct card_secret_plan {
	const CK_ATTRIBUTE *attributes;
	CK_ULONG count;
	CK_KEY_TYPE type;
	struct cs_view value; /* empty: the card makes one */
	CK_ULONG len;	      /* bytes of it; CK_UNAVAILABLE_INFORMATION where it is only checked: not known yet */
};
/* What the template may say is what the key will be: the refusals below, and session_may_write's, but for those that depend on the
 * value. No command. */
CK_RV card_secret_check(const struct session *session, const struct card_secret_plan *plan);
/* CKR_TEMPLATE_INCONSISTENT: the card has no such keys, or does not keep what the template says. CKR_KEY_SIZE_RANGE.
 * CKR_DEVICE_MEMORY. */
CK_RV card_secret_new(struct session *session, const struct card_secret_plan *plan, CK_OBJECT_HANDLE_PTR out);
CK_RV card_secret_delete(struct token *token, size_t index);

/* Whether the module knows what to do with such a key. */
bool card_secret_known(enum csgn_secret_algorithm algorithm);

/* What secret_key_of says of it. */
struct secret_key card_secret_key(const struct token *token, size_t index);

#endif
