/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is on a token after something went wrong while it was made: each object that shows is whole.
 */
#include "tests/unit/pkcs11_removal.h"

#include "tests/unit/pkcs11_token.h"

#define OBJECTS_MAX 64u

/* Has a value that is not empty, or is (CKA_SENSITIVE) there all the same. */
static bool has(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	static CK_BYTE value[4096];
	CK_ATTRIBUTE a = {type, value, sizeof(value)};

	return C_GetAttributeValue(session, object, &a, 1) == CKR_OK && a.ulValueLen > 0;
}

/* What it signs is right by the public half: where it is an EC key that signs. */
static bool signs(CK_OBJECT_HANDLE private, CK_OBJECT_HANDLE public)
{
	CK_BYTE signature[64];

	if (attribute_ulong(private, CKA_KEY_TYPE) != CKK_EC || attribute(private, CKA_EC_PARAMS).len != 10 ||
	    attribute(private, CKA_EC_PARAMS).ptr[9] != 0x07)
		return true;
	return p11_sign(session, private, signature) == CKR_OK &&
	       p11_verify(session, public, signature) == CKR_OK;
}

static bool is_pair(CK_OBJECT_HANDLE private)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	struct cs_view id = attribute(private, CKA_ID);
	CK_BYTE copy[256];
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_ID, copy, id.len}};
	CK_OBJECT_HANDLE public[32];

	if (id.len > sizeof(copy))
		return false;
	memcpy(copy, id.ptr, id.len);
	return find_all(a, 2, public) == 1 && has(public[0], CKA_PUBLIC_KEY_INFO) &&
	       signs(private, public[0]);
}

static bool is_whole(CK_OBJECT_HANDLE object, CK_OBJECT_CLASS class)
{
	switch (class) {
	case CKO_DATA:
	case CKO_CERTIFICATE:
		return has(object, CKA_VALUE);
	case CKO_PUBLIC_KEY:
		return has(object, CKA_PUBLIC_KEY_INFO);
	case CKO_PRIVATE_KEY:
		return is_pair(object);
	case CKO_SECRET_KEY:
		return has(object, CKA_VALUE_LEN);
	case CKO_OTP_KEY:
		return has(object, CKA_OTP_FORMAT) && has(object, CKA_LABEL);
	default:
		return true;
	}
}

/* Data of another vendor's card are shown to who asks for them alone. */
static CK_RV all_of_class(CK_OBJECT_CLASS class, CK_OBJECT_HANDLE found[OBJECTS_MAX], CK_ULONG *n)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE a[] = {{CKA_TOKEN, &yes, 1}, {CKA_CLASS, &class, sizeof(class)}};
	CK_RV rv = C_FindObjectsInit(session, a, 2);

	if (rv == CKR_OK)
		rv = C_FindObjects(session, found, OBJECTS_MAX, n);
	return rv == CKR_OK ? C_FindObjectsFinal(session) : rv;
}

bool removal_survey(struct removal_survey *out)
{
	CK_OBJECT_HANDLE found[OBJECTS_MAX];

	memset(out, 0, sizeof(*out));
	for (CK_OBJECT_CLASS class = 0; class < REMOVAL_CLASSES; class ++) {
		CK_ULONG n = 0;

		assert_int_equal(all_of_class(class, found, &n), CKR_OK);
		assert_in_range(n, 0, OBJECTS_MAX - 1);
		out->count[class] = (unsigned)n;
		for (CK_ULONG i = 0; i < n; i++) {
			if (!is_whole(found[i], class))
				return false;
		}
	}
	return true;
}

bool removal_same(const struct removal_survey *a, const struct removal_survey *b)
{
	return memcmp(a->count, b->count, sizeof(a->count)) == 0;
}
