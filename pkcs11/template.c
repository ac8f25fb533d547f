/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading the templates that callers bring: nothing in them is trusted but that pointers point to what
 * lengths say.
 */
#include <limits.h>
#include <string.h>

#include "pkcs11/attribute.h"

CK_RV template_check(const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	if (attributes == NULL && count > 0)
		return CKR_ARGUMENTS_BAD;
	for (CK_ULONG i = 0; i < count; i++) {
		if (attributes[i].ulValueLen > LONG_MAX)
			return CKR_ATTRIBUTE_VALUE_INVALID;
		if (attributes[i].pValue == NULL && attributes[i].ulValueLen > 0)
			return CKR_ARGUMENTS_BAD;
	}
	return CKR_OK;
}

const CK_ATTRIBUTE *template_find(const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_ATTRIBUTE_TYPE type)
{
	for (CK_ULONG i = 0; i < count; i++) {
		if (attributes[i].type == type)
			return &attributes[i];
	}
	return NULL;
}

struct cs_view template_view(const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_ATTRIBUTE_TYPE type)
{
	const CK_ATTRIBUTE *a = template_find(attributes, count, type);

	return a != NULL && a->ulValueLen > 0 ? cs_view(a->pValue, a->ulValueLen) : CS_VIEW_EMPTY;
}

bool template_bool(const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_ATTRIBUTE_TYPE type, bool otherwise)
{
	struct cs_view value = template_view(attributes, count, type);

	return value.len == sizeof(CK_BBOOL) ? value.ptr[0] != CK_FALSE : otherwise;
}

CK_ULONG template_ulong(const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_ATTRIBUTE_TYPE type,
			CK_ULONG otherwise)
{
	struct cs_view value = template_view(attributes, count, type);
	CK_ULONG number;

	if (value.len != sizeof(number))
		return otherwise;
	memcpy(&number, value.ptr, sizeof(number));
	return number;
}
