/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CKA_UNIQUE_ID (PKCS #11 v3.2, 4.4.1): the card, the object's place, and what names the object there, since
 * the place may be another's later. Invariants:
 *   1. What took the place of another has another one.
 *   2. So has what is on another card.
 */
#include <stdio.h>

#include "pkcs11/attribute_get.h"
#include "pkcs11/hash.h"
#include "pkcs11/naming.h"
#include "pkcs11/token.h"

#define DIGEST_SHOWN 16u /* bytes: no two objects have them alike */

/* Of PIV's containers the place is the name. What is written to another vendor's card cannot be changed
 * there, so that its contents name it. */
static enum cs_err data_identity(struct token *token, struct object object, struct cs_view *out)
{
	struct data_view data;
	enum cs_err err;

	if (object.index < DATASTORE_PIV)
		return CS_OK;
	if (token->ours) {
		*out = naming_of(token, object).unique;
		return CS_OK;
	}
	err = datastore_get(token, object.index, &data);
	if (err == CS_OK)
		*out = data.value;
	return err;
}

static enum cs_err identity(struct token *token, struct object object, struct cs_view *out)
{
	enum cs_err err = CS_OK;

	*out = CS_VIEW_EMPTY;
	switch (object.kind) {
	case OBJECT_CERTIFICATE:
		return keystore_certificate(token, object.index, out);
	case OBJECT_DATA:
		return data_identity(token, object, out);
	case OBJECT_PUBLIC:
	case OBJECT_PRIVATE:
		err = keystore_spki(token, object.index, out);
		return err == CS_ERR_NOT_FOUND ? CS_OK : err;
	default:
		return CS_OK;
	}
}

CK_RV put_unique_id(const struct token *token, struct object object, struct cs_view of, struct cs_writer *out)
{
	uint8_t digest[HASH_MAX];
	char text[64];
	int len;

	if (hash_digest(hash_by_mechanism(CKM_SHA256), &of, 1, digest) != CS_OK)
		return CKR_FUNCTION_FAILED;
	len = snprintf(text, sizeof(text), "%08X-%07lX-", (unsigned)token->serial, object_place(object));
	for (size_t i = 0; i < DIGEST_SHOWN; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%02X", digest[i]);
	return put_view(cs_view(text, (size_t)len), out);
}

CK_RV get_unique_id(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	struct cs_view of;
	enum cs_err err = token_named(token);

	(void)arg;
	if (err == CS_OK)
		err = identity(token, object, &of);
	return err == CS_OK ? put_unique_id(token, object, of, out) : token_rv(token, err);
}
