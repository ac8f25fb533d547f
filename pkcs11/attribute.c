/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading, comparing and changing the attributes of an object.
 */
#include "pkcs11/attribute.h"

#include <string.h>

#include "base/secret.h"
#include "pkcs11/naming.h"
#include "pkcs11/point.h"
#include "pkcs11/token.h"

CK_RV attribute_match(struct token *token, struct object object, const CK_ATTRIBUTE *attributes, size_t count,
		      bool *match)
{
	uint8_t value[ATTRIBUTE_MAX];

	*match = true;
	for (size_t i = 0; *match && i < count; i++) {
		struct cs_writer w = CS_WRITER_OF(value);
		struct cs_view want = cs_view(attributes[i].pValue, attributes[i].ulValueLen);
		CK_RV rv = attribute_get(token, object, attributes[i].type, &w);

		/* Longer than any that could be asked for: no match either. */
		if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE ||
		    cs_writer_done(&w) != CS_OK)
			*match = false;
		else if (rv != CKR_OK)
			return rv;
		else
			*match = cs_view_equal(cs_writer_view(&w), want);
	}
	return CKR_OK;
}

/* One attribute of C_GetAttributeValue (PKCS #11 v3.2, 5.7.5): its length is told, or made "unavailable". */
static CK_RV attribute_value(struct token *token, struct object object, CK_ATTRIBUTE *attribute)
{
	uint8_t value[ATTRIBUTE_MAX];
	struct cs_writer w = CS_WRITER_OF(value);
	CK_RV rv = attribute_get(token, object, attribute->type, &w);

	if (rv == CKR_OK && attribute->pValue != NULL && attribute->ulValueLen < w.len)
		rv = CKR_BUFFER_TOO_SMALL;
	if (rv == CKR_OK) {
		if (attribute->pValue != NULL && w.len > 0)
			memcpy(attribute->pValue, value, w.len);
		attribute->ulValueLen = w.len;
	} else {
		attribute->ulValueLen = CK_UNAVAILABLE_INFORMATION;
	}
	cs_wipe(value, w.len);
	return rv;
}

static bool goes_on(CK_RV rv)
{
	return rv == CKR_OK || rv == CKR_ATTRIBUTE_SENSITIVE || rv == CKR_ATTRIBUTE_TYPE_INVALID ||
	       rv == CKR_BUFFER_TOO_SMALL;
}

CK_RV attribute_values(struct session *session, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_PTR attributes,
		       CK_ULONG count)
{
	struct object object;
	CK_RV rv, result;

	if (!template_count_ok(attributes, count))
		return CKR_ARGUMENTS_BAD;
	rv = object_resolve(session->slot, handle, &object);
	if (rv != CKR_OK)
		return rv;
	result = CKR_OK;
	for (CK_ULONG i = 0; i < count; i++) {
		rv = attribute_value(session->slot->token, object, &attributes[i]);
		if (!goes_on(rv))
			return rv;
		if (rv != CKR_OK)
			result = rv;
	}
	return result;
}

CK_RV attribute_permits(struct token *token, struct object object, CK_ATTRIBUTE_TYPE type)
{
	uint8_t value[sizeof(CK_ULONG)];
	struct cs_writer w = CS_WRITER_OF(value);
	CK_RV rv = attribute_get(token, object, type, &w);

	/* An object without the attribute says no; a card that does not answer says nothing. */
	if (rv != CKR_OK && rv != CKR_ATTRIBUTE_TYPE_INVALID)
		return rv;
	return rv == CKR_OK && w.len == sizeof(CK_BBOOL) && value[0] != CK_FALSE ? CKR_OK
										 : CKR_ACTION_PROHIBITED;
}

bool attribute_is_true(struct token *token, struct object object, CK_ATTRIBUTE_TYPE type)
{
	return attribute_permits(token, object, type) == CKR_OK;
}

CK_RV attribute_allows(struct token *token, struct object object, CK_MECHANISM_TYPE type)
{
	const struct memory_object *memory;
	const CK_ATTRIBUTE *list;

	if (object.kind == OBJECT_PRIVATE)
		return naming_allows(token, object, type) ? CKR_OK : CKR_MECHANISM_INVALID;
	memory = object.kind == OBJECT_MEMORY ? memory_object_find(token, object.index) : NULL;
	list = memory != NULL ? memory_object_attribute(memory, CKA_ALLOWED_MECHANISMS) : NULL;
	if (list == NULL)
		return CKR_OK;
	for (size_t at = 0; at + sizeof(type) <= list->ulValueLen; at += sizeof(type)) {
		if (memcmp((const uint8_t *)list->pValue + at, &type, sizeof(type)) == 0)
			return CKR_OK;
	}
	return CKR_MECHANISM_INVALID;
}

CK_RV attribute_object_size(struct session *session, CK_OBJECT_HANDLE handle, CK_ULONG_PTR size)
{
	struct object object;
	CK_RV rv;

	if (size == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = object_resolve(session->slot, handle, &object);
	/* The card does not tell what an object takes. */
	if (rv == CKR_OK)
		*size = CK_UNAVAILABLE_INFORMATION;
	return rv;
}

static enum cs_err write_point(enum piv_alg alg, struct cs_view given, struct cs_writer *spki)
{
	uint8_t room[POINT_MAX];
	struct cs_view point;
	enum cs_err err = point_read(alg, given, room, &point);

	return err == CS_OK ? pubkey_write_raw(alg, point, spki) : err;
}

CK_RV template_public_key(const CK_ATTRIBUTE *a, CK_ULONG n, struct cs_writer *spki)
{
	CK_KEY_TYPE type = template_ulong(a, n, CKA_KEY_TYPE, CKK_VENDOR_DEFINED);
	CK_ULONG set = template_ulong(a, n, CKA_PARAMETER_SET, 0);
	enum piv_alg alg = pubkey_curve(template_view(a, n, CKA_EC_PARAMS));
	enum cs_err err = CS_ERR_UNSUPPORTED;

	if (template_ulong(a, n, CKA_CLASS, CKO_DATA) != CKO_PUBLIC_KEY)
		return CKR_KEY_TYPE_INCONSISTENT;
	if (type == CKK_RSA)
		err = pubkey_write_rsa(template_view(a, n, CKA_MODULUS),
				       template_view(a, n, CKA_PUBLIC_EXPONENT), spki);
	else if (type == CKK_ML_DSA || type == CKK_ML_KEM)
		err = pubkey_write_raw(pubkey_parameter_set(type, set), template_view(a, n, CKA_VALUE), spki);
	else if (alg != 0 && pubkey_alg_type(alg) == type)
		err = write_point(alg, template_view(a, n, CKA_EC_POINT), spki);
	return err == CS_OK ? CKR_OK : CKR_KEY_TYPE_INCONSISTENT;
}

CK_RV attribute_public_key(struct token *token, struct object object, uint8_t *spki, struct cs_view *view)
{
	struct cs_writer w = cs_writer_of(spki, PUBKEY_SPKI_MAX);
	const struct memory_object *memory;
	enum cs_err err;
	CK_RV rv;

	if (object.kind == OBJECT_PUBLIC || object.kind == OBJECT_PRIVATE) {
		err = keystore_spki(token, object.index, view);
		return token_rv(token, err);
	}
	if (object.kind != OBJECT_MEMORY)
		return CKR_KEY_TYPE_INCONSISTENT;
	/* Destroyed since the operation began. */
	memory = memory_object_find(token, object.index);
	if (memory == NULL)
		return CKR_KEY_HANDLE_INVALID;
	rv = template_public_key(memory->attributes, memory->count, &w);
	if (rv == CKR_OK)
		*view = cs_writer_view(&w);
	return rv;
}
