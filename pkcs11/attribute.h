/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The attributes of objects. A table says which object has which attribute and where its value comes from;
 * what needs the card is asked of it when the value is.
 */
#ifndef COUNTERSIGN_PKCS11_ATTRIBUTE_H
#define COUNTERSIGN_PKCS11_ATTRIBUTE_H

#include "base/bytes.h"
#include "pkcs11/object.h"
#include "pkcs11/pubkey.h"
#include "pkcs11/session.h"

#define ATTRIBUTE_MAX 8192u /* bytes of the longest value of an object */

/* Appends the value. CKR_ATTRIBUTE_TYPE_INVALID: the object has no such attribute; CKR_ATTRIBUTE_SENSITIVE;
 * an error of the card. */
CK_RV attribute_get(struct token *token, struct object object, CK_ATTRIBUTE_TYPE type, struct cs_writer *out);

/* True if the object has each attribute with just this value. */
CK_RV attribute_match(struct token *token, struct object object, const CK_ATTRIBUTE *attributes, size_t count,
		      bool *match);

/* A boolean attribute that the object has, and is true. */
/* CKR_OK where it is true, CKR_ACTION_PROHIBITED where not, or why the card does not tell. */
CK_RV attribute_permits(struct token *token, struct object object, CK_ATTRIBUTE_TYPE type);
bool attribute_is_true(struct token *token, struct object object, CK_ATTRIBUTE_TYPE type);

/* CKR_MECHANISM_INVALID: whoever made the key named the mechanisms that it may be used with, and this is none of them. */
CK_RV attribute_allows(struct token *token, struct object object, CK_MECHANISM_TYPE type);

/* C_GetAttributeValue and C_SetAttributeValue. */
CK_RV attribute_values(struct session *session, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_PTR attributes,
		       CK_ULONG count);
CK_RV attribute_set_values(struct session *session, CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE *attributes,
			   CK_ULONG count);
/* Whether the standard lets this attribute be changed, a boolean one to this value, once the object is there. */
bool attribute_may_change(CK_ATTRIBUTE_TYPE type, bool to);
CK_RV attribute_object_size(struct session *session, CK_OBJECT_HANDLE handle, CK_ULONG_PTR size);

/* The public half of a key object, of any kind. view borrows from spki or the token; spki has PUBKEY_SPKI_MAX
 * bytes. CKR_KEY_TYPE_INCONSISTENT where the object is no public or private key. */
CK_RV attribute_public_key(struct token *token, struct object object, uint8_t *spki, struct cs_view *view);

/* The same of what a public key's attributes say. */
CK_RV template_public_key(const CK_ATTRIBUTE *attributes, CK_ULONG count, struct cs_writer *spki);

/* ---- templates of the caller ---- */

#define TEMPLATE_MAX 1024u /* attributes: several times what the standard has types */

/* Whether there is something to point to, and the count is one that a template can have. */
bool template_count_ok(const CK_ATTRIBUTE *attributes, CK_ULONG count);
/* CKR_ARGUMENTS_BAD where a pointer is missing or the count is none, CKR_ATTRIBUTE_VALUE_INVALID where a length is no
 * length, or not that of the boolean or number that the attribute has, or there is a template in the template. */
CK_RV template_check(const CK_ATTRIBUTE *attributes, CK_ULONG count);
/* NULL where the template does not have it. */
const CK_ATTRIBUTE *template_find(const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_ATTRIBUTE_TYPE type);
/* Whether an attribute is there more than once: which of the two is meant, nobody knows. */
bool template_repeats(const CK_ATTRIBUTE *attributes, CK_ULONG count);
/* Empty, false, and the default given, where the template does not have it or has another size. */
struct cs_view template_view(const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_ATTRIBUTE_TYPE type);
bool template_bool(const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_ATTRIBUTE_TYPE type, bool otherwise);
CK_ULONG template_ulong(const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_ATTRIBUTE_TYPE type,
			CK_ULONG otherwise);

#endif
