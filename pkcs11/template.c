/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading the templates that callers bring: nothing in them is trusted but that pointers point to what
 * lengths say.
 */
#include <limits.h>
#include <string.h>

#include "pkcs11/attribute.h"
#include "pkcs11/pkcs11_countersign.h"

bool template_count_ok(const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	return count == 0 || (attributes != NULL && count <= TEMPLATE_MAX);
}

/* Those whose value is a CK_BBOOL, and those whose is a CK_ULONG; a value of another length would be none,
 * and leave to whoever reads it what it means. */
static const CK_ATTRIBUTE_TYPE booleans[] = {CKA_TOKEN,
					     CKA_PRIVATE,
					     CKA_TRUSTED,
					     CKA_SENSITIVE,
					     CKA_ENCRYPT,
					     CKA_DECRYPT,
					     CKA_WRAP,
					     CKA_UNWRAP,
					     CKA_SIGN,
					     CKA_SIGN_RECOVER,
					     CKA_VERIFY,
					     CKA_VERIFY_RECOVER,
					     CKA_DERIVE,
					     CKA_ENCAPSULATE,
					     CKA_DECAPSULATE,
					     CKA_EXTRACTABLE,
					     CKA_LOCAL,
					     CKA_NEVER_EXTRACTABLE,
					     CKA_ALWAYS_SENSITIVE,
					     CKA_MODIFIABLE,
					     CKA_COPYABLE,
					     CKA_DESTROYABLE,
					     CKA_ALWAYS_AUTHENTICATE,
					     CKA_WRAP_WITH_TRUSTED,
					     CKA_OTP_USER_FRIENDLY_MODE,
					     CKA_COUNTERSIGN_OTP_TOUCH,
					     CKA_RESET_ON_INIT,
					     CKA_HAS_RESET};
static const CK_ATTRIBUTE_TYPE numbers[] = {CKA_CLASS,
					    CKA_KEY_TYPE,
					    CKA_CERTIFICATE_TYPE,
					    CKA_MODULUS_BITS,
					    CKA_VALUE_LEN,
					    CKA_KEY_GEN_MECHANISM,
					    CKA_CERTIFICATE_CATEGORY,
					    CKA_PARAMETER_SET,
					    CKA_OTP_FORMAT,
					    CKA_OTP_LENGTH,
					    CKA_OTP_TIME_INTERVAL,
					    CKA_OTP_CHALLENGE_REQUIREMENT,
					    CKA_OTP_TIME_REQUIREMENT,
					    CKA_OTP_COUNTER_REQUIREMENT,
					    CKA_OTP_PIN_REQUIREMENT,
					    CKA_COUNTERSIGN_OTP_HASH,
					    CKA_PROFILE_ID,
					    CKA_JAVA_MIDP_SECURITY_DOMAIN,
					    CKA_NAME_HASH_ALGORITHM,
					    CKA_MECHANISM_TYPE,
					    CKA_HW_FEATURE_TYPE,
					    CKA_OBJECT_VALIDATION_FLAGS,
					    CKA_VALIDATION_TYPE,
					    CKA_VALIDATION_LEVEL,
					    CKA_VALIDATION_FLAG,
					    CKA_VALIDATION_AUTHORITY_TYPE,
					    CKA_TRUST_SERVER_AUTH,
					    CKA_TRUST_CLIENT_AUTH,
					    CKA_TRUST_CODE_SIGNING,
					    CKA_TRUST_EMAIL_PROTECTION,
					    CKA_TRUST_IPSEC_IKE,
					    CKA_TRUST_TIME_STAMPING,
					    CKA_TRUST_OCSP_SIGNING,
					    CKA_PRIME_BITS,
					    CKA_SUBPRIME_BITS,
					    CKA_VALUE_BITS};

static bool among(CK_ATTRIBUTE_TYPE type, const CK_ATTRIBUTE_TYPE *types, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (types[i] == type)
			return true;
	}
	return false;
}

/* A template in a template is the caller's pointers, which are no value to keep or to compare with; and
 * nobody here would heed it. Empty ones say nothing. */
static bool length_ok(const CK_ATTRIBUTE *attribute)
{
	if (among(attribute->type, booleans, sizeof(booleans) / sizeof(booleans[0])))
		return attribute->ulValueLen == sizeof(CK_BBOOL);
	if (among(attribute->type, numbers, sizeof(numbers) / sizeof(numbers[0])))
		return attribute->ulValueLen == sizeof(CK_ULONG);
	switch (attribute->type) {
	case CKA_WRAP_TEMPLATE:
	case CKA_UNWRAP_TEMPLATE:
	case CKA_DERIVE_TEMPLATE:
	case CKA_ENCAPSULATE_TEMPLATE:
	case CKA_DECAPSULATE_TEMPLATE:
		return attribute->ulValueLen == 0;
	case CKA_ALLOWED_MECHANISMS:
		return attribute->ulValueLen <= LONG_MAX &&
		       attribute->ulValueLen % sizeof(CK_MECHANISM_TYPE) == 0;
	case CKA_START_DATE:
	case CKA_END_DATE:
		return attribute->ulValueLen == 0 || attribute->ulValueLen == sizeof(CK_DATE);
	default:
		return attribute->ulValueLen <= LONG_MAX;
	}
}

CK_RV template_check(const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	if (!template_count_ok(attributes, count))
		return CKR_ARGUMENTS_BAD;
	for (CK_ULONG i = 0; i < count; i++) {
		if (!length_ok(&attributes[i]))
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

bool template_repeats(const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	for (CK_ULONG i = 0; i < count; i++) {
		if (template_find(attributes, i, attributes[i].type) != NULL)
			return true;
	}
	return false;
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
