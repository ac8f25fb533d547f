/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Complete templates, as the standard's tables have them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/pkcs11_session.h"
#include "tests/unit/pkcs11_template_check.h"

/* ---- the tables ---- */

#define NUMBER_OF(type)                                                                                      \
	{                                                                                                    \
		type, ULONG                                                                                  \
	}
#define TRUTH_OF(type)                                                                                       \
	{                                                                                                    \
		type, BOOL                                                                                   \
	}
#define DATE_OF(type)                                                                                        \
	{                                                                                                    \
		type, DATE                                                                                   \
	}
#define BYTES_OF(type)                                                                                       \
	{                                                                                                    \
		type, BYTES                                                                                  \
	}

static const struct attribute common[] = {NUMBER_OF(CKA_CLASS), BYTES_OF(CKA_UNIQUE_ID)};

static const struct attribute storage[] = {TRUTH_OF(CKA_TOKEN),	     TRUTH_OF(CKA_PRIVATE),
					   TRUTH_OF(CKA_MODIFIABLE), BYTES_OF(CKA_LABEL),
					   TRUTH_OF(CKA_COPYABLE),   TRUTH_OF(CKA_DESTROYABLE)};

static const struct attribute data[] = {BYTES_OF(CKA_APPLICATION), BYTES_OF(CKA_OBJECT_ID),
					BYTES_OF(CKA_VALUE)};

static const struct attribute certificate[] = {NUMBER_OF(CKA_CERTIFICATE_TYPE),
					       TRUTH_OF(CKA_TRUSTED),
					       NUMBER_OF(CKA_CERTIFICATE_CATEGORY),
					       BYTES_OF(CKA_CHECK_VALUE),
					       DATE_OF(CKA_START_DATE),
					       DATE_OF(CKA_END_DATE),
					       BYTES_OF(CKA_PUBLIC_KEY_INFO),
					       BYTES_OF(CKA_SUBJECT),
					       BYTES_OF(CKA_ID),
					       BYTES_OF(CKA_ISSUER),
					       BYTES_OF(CKA_SERIAL_NUMBER),
					       BYTES_OF(CKA_VALUE),
					       BYTES_OF(CKA_URL),
					       BYTES_OF(CKA_HASH_OF_SUBJECT_PUBLIC_KEY),
					       BYTES_OF(CKA_HASH_OF_ISSUER_PUBLIC_KEY),
					       NUMBER_OF(CKA_JAVA_MIDP_SECURITY_DOMAIN),
					       NUMBER_OF(CKA_NAME_HASH_ALGORITHM)};

static const struct attribute key[] = {NUMBER_OF(CKA_KEY_TYPE),
				       BYTES_OF(CKA_ID),
				       DATE_OF(CKA_START_DATE),
				       DATE_OF(CKA_END_DATE),
				       TRUTH_OF(CKA_DERIVE),
				       TRUTH_OF(CKA_LOCAL),
				       NUMBER_OF(CKA_KEY_GEN_MECHANISM),
				       {CKA_ALLOWED_MECHANISMS, LIST},
				       NUMBER_OF(CKA_OBJECT_VALIDATION_FLAGS)};

static const struct attribute public_key[] = {
    BYTES_OF(CKA_SUBJECT),	  TRUTH_OF(CKA_ENCRYPT),       TRUTH_OF(CKA_VERIFY),
    TRUTH_OF(CKA_VERIFY_RECOVER), TRUTH_OF(CKA_WRAP),	       TRUTH_OF(CKA_ENCAPSULATE),
    TRUTH_OF(CKA_TRUSTED),	  BYTES_OF(CKA_WRAP_TEMPLATE), BYTES_OF(CKA_ENCAPSULATE_TEMPLATE),
    BYTES_OF(CKA_PUBLIC_KEY_INFO)};

static const struct attribute private_key[] = {BYTES_OF(CKA_SUBJECT),
					       TRUTH_OF(CKA_SENSITIVE),
					       TRUTH_OF(CKA_DECRYPT),
					       TRUTH_OF(CKA_SIGN),
					       TRUTH_OF(CKA_SIGN_RECOVER),
					       TRUTH_OF(CKA_UNWRAP),
					       TRUTH_OF(CKA_DECAPSULATE),
					       TRUTH_OF(CKA_EXTRACTABLE),
					       TRUTH_OF(CKA_ALWAYS_SENSITIVE),
					       TRUTH_OF(CKA_NEVER_EXTRACTABLE),
					       TRUTH_OF(CKA_WRAP_WITH_TRUSTED),
					       TRUTH_OF(CKA_ALWAYS_AUTHENTICATE),
					       BYTES_OF(CKA_UNWRAP_TEMPLATE),
					       BYTES_OF(CKA_DERIVE_TEMPLATE),
					       BYTES_OF(CKA_DECAPSULATE_TEMPLATE),
					       BYTES_OF(CKA_PUBLIC_KEY_INFO)};

static const struct attribute secret_key[] = {TRUTH_OF(CKA_SENSITIVE),
					      TRUTH_OF(CKA_ENCRYPT),
					      TRUTH_OF(CKA_DECRYPT),
					      TRUTH_OF(CKA_SIGN),
					      TRUTH_OF(CKA_VERIFY),
					      TRUTH_OF(CKA_WRAP),
					      TRUTH_OF(CKA_UNWRAP),
					      TRUTH_OF(CKA_EXTRACTABLE),
					      TRUTH_OF(CKA_ALWAYS_SENSITIVE),
					      TRUTH_OF(CKA_NEVER_EXTRACTABLE),
					      TRUTH_OF(CKA_WRAP_WITH_TRUSTED),
					      TRUTH_OF(CKA_TRUSTED),
					      BYTES_OF(CKA_WRAP_TEMPLATE),
					      BYTES_OF(CKA_UNWRAP_TEMPLATE),
					      BYTES_OF(CKA_DERIVE_TEMPLATE),
					      BYTES_OF(CKA_VALUE),
					      NUMBER_OF(CKA_VALUE_LEN)};

/* It is of a key that was brought, and of a key in a session. */
static const struct attribute checked[] = {BYTES_OF(CKA_CHECK_VALUE)};

static const struct attribute otp_key[] = {NUMBER_OF(CKA_OTP_FORMAT),
					   NUMBER_OF(CKA_OTP_LENGTH),
					   TRUTH_OF(CKA_OTP_USER_FRIENDLY_MODE),
					   NUMBER_OF(CKA_OTP_CHALLENGE_REQUIREMENT),
					   NUMBER_OF(CKA_OTP_TIME_REQUIREMENT),
					   NUMBER_OF(CKA_OTP_COUNTER_REQUIREMENT),
					   NUMBER_OF(CKA_OTP_PIN_REQUIREMENT),
					   BYTES_OF(CKA_OTP_COUNTER),
					   BYTES_OF(CKA_OTP_TIME),
					   BYTES_OF(CKA_OTP_USER_IDENTIFIER),
					   BYTES_OF(CKA_OTP_SERVICE_IDENTIFIER),
					   BYTES_OF(CKA_OTP_SERVICE_LOGO),
					   BYTES_OF(CKA_OTP_SERVICE_LOGO_TYPE)};

static const struct attribute profile[] = {NUMBER_OF(CKA_PROFILE_ID)};

static const struct attribute rsa_public[] = {BYTES_OF(CKA_MODULUS), NUMBER_OF(CKA_MODULUS_BITS),
					      BYTES_OF(CKA_PUBLIC_EXPONENT)};
/* CKA_MODULUS_BITS is of the public half in the standard; programs ask the private one for it. */
static const struct attribute rsa_private[] = {
    NUMBER_OF(CKA_MODULUS_BITS),    BYTES_OF(CKA_MODULUS),    BYTES_OF(CKA_PUBLIC_EXPONENT),
    BYTES_OF(CKA_PRIVATE_EXPONENT), BYTES_OF(CKA_PRIME_1),    BYTES_OF(CKA_PRIME_2),
    BYTES_OF(CKA_EXPONENT_1),	    BYTES_OF(CKA_EXPONENT_2), BYTES_OF(CKA_COEFFICIENT)};
static const struct attribute ec_public[] = {BYTES_OF(CKA_EC_PARAMS), BYTES_OF(CKA_EC_POINT)};
static const struct attribute ec_private[] = {BYTES_OF(CKA_EC_PARAMS), BYTES_OF(CKA_VALUE)};
static const struct attribute set_public[] = {NUMBER_OF(CKA_PARAMETER_SET), BYTES_OF(CKA_VALUE)};
static const struct attribute set_private[] = {NUMBER_OF(CKA_PARAMETER_SET), BYTES_OF(CKA_VALUE),
					       BYTES_OF(CKA_SEED)};

/* Of which kinds of keys the attributes tell; no other object has them. */
static const CK_ATTRIBUTE_TYPE of_some_keys[] = {
    CKA_MODULUS,	  CKA_MODULUS_BITS, CKA_PUBLIC_EXPONENT, CKA_PRIVATE_EXPONENT, CKA_PRIME_1,
    CKA_PRIME_2,	  CKA_EXPONENT_1,   CKA_EXPONENT_2,	 CKA_COEFFICIENT,      CKA_EC_PARAMS,
    CKA_PARAMETER_SET,	  CKA_SEED,	    CKA_VALUE_LEN,	 CKA_OTP_FORMAT,       CKA_PROFILE_ID,
    CKA_CERTIFICATE_TYPE, CKA_APPLICATION};

/* Never told, as long as the key is sensitive or not extractable. */
static const CK_ATTRIBUTE_TYPE secrets[] = {
    CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2,
    CKA_COEFFICIENT,	  CKA_SEED,    CKA_VALUE,   CKA_OTP_COUNTER};

static void add(struct template *t, const struct attribute *rows, size_t count)
{
	assert_true(t->count + count <= TEMPLATE_MAX);
	memcpy(t->rows + t->count, rows, count * sizeof(*rows));
	t->count += count;
}

#define ADD(t, table) add(t, table, COUNT(table))

static bool in(const CK_ATTRIBUTE_TYPE *list, size_t count, CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i] == type)
			return true;
	}
	return false;
}

static bool has(const struct template *t, CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < t->count; i++) {
		if (t->rows[i].type == type)
			return true;
	}
	return false;
}

/* ---- what is asked of each object ---- */

static void check_shape(const struct attribute *row, const CK_ATTRIBUTE *a)
{
	const CK_BYTE *value = a->pValue;
	bool fits = true;

	switch (row->shape) {
	case BOOL:
		fits = a->ulValueLen == sizeof(CK_BBOOL) && value[0] <= CK_TRUE;
		break;
	case ULONG:
		fits = a->ulValueLen == sizeof(CK_ULONG);
		break;
	case DATE:
		fits = a->ulValueLen == 0 || a->ulValueLen == sizeof(CK_DATE);
		break;
	case LIST:
		fits = a->ulValueLen % sizeof(CK_MECHANISM_TYPE) == 0;
		break;
	default:
		break;
	}
	if (!fits)
		fail_msg("attribute %#lx is %lu bytes long", row->type, a->ulValueLen);
}

static bool is_secret(const struct template *t, CK_ATTRIBUTE_TYPE type)
{
	return t->hidden && in(secrets, COUNT(secrets), type);
}

/* Lengths first, and then values, as programs do; each in one call for all. */
void template_has_all(CK_OBJECT_HANDLE object, const struct template *t)
{
	static CK_BYTE values[TEMPLATE_MAX][4096];
	CK_ATTRIBUTE a[TEMPLATE_MAX];
	CK_RV want = CKR_OK;

	for (size_t i = 0; i < t->count; i++) {
		a[i] = (CK_ATTRIBUTE){t->rows[i].type, NULL, 0};
		if (is_secret(t, t->rows[i].type))
			want = CKR_ATTRIBUTE_SENSITIVE;
	}
	for (int round = 0; round < 2; round++) {
		CK_RV rv = C_GetAttributeValue(p11_session, object, a, t->count);

		for (size_t i = 0; i < t->count; i++) {
			bool told = a[i].ulValueLen != CK_UNAVAILABLE_INFORMATION;

			if (told == is_secret(t, a[i].type))
				fail_msg("attribute %#lx of %#lx is %s", a[i].type, object,
					 told ? "told" : "not told");
			if (round == 1 && told)
				check_shape(&t->rows[i], &a[i]);
			assert_true(!told || a[i].ulValueLen <= sizeof(values[i]));
			a[i].pValue = told ? values[i] : NULL;
		}
		assert_int_equal(rv, want);
	}
}

static void has_no_other(CK_OBJECT_HANDLE object, const struct template *t)
{
	for (size_t i = 0; i < COUNT(of_some_keys); i++) {
		CK_ATTRIBUTE a = {of_some_keys[i], NULL, 0};
		CK_RV rv;

		if (has(t, of_some_keys[i]))
			continue;
		rv = C_GetAttributeValue(p11_session, object, &a, 1);
		if (rv != CKR_ATTRIBUTE_TYPE_INVALID)
			fail_msg("attribute %#lx of %#lx: %#lx", of_some_keys[i], object, rv);
		assert_int_equal(a.ulValueLen, CK_UNAVAILABLE_INFORMATION);
	}
}

void template_is_whole(CK_OBJECT_HANDLE object, const struct template *t)
{
	template_has_all(object, t);
	has_no_other(object, t);
}
/* ---- of what ---- */

struct template template_of_kind(CK_KEY_TYPE type, bool private)
{
	struct template t = {.hidden = private};

	if (type == CKK_RSA && private)
		ADD(&t, rsa_private);
	else if (type == CKK_RSA)
		ADD(&t, rsa_public);
	else if (type == CKK_ML_DSA || type == CKK_ML_KEM)
		add(&t, private ? set_private : set_public, private ? COUNT(set_private) : COUNT(set_public));
	else
		add(&t, private ? ec_private : ec_public, COUNT(ec_public));
	return t;
}

struct template template_of_half(CK_KEY_TYPE type, bool private)
{
	struct template t = template_of_kind(type, private);

	ADD(&t, common);
	ADD(&t, storage);
	ADD(&t, key);
	if (private)
		ADD(&t, private_key);
	else
		ADD(&t, public_key);
	return t;
}

struct template template_of_secret(bool hidden, bool has_check_value)
{
	struct template t = {.hidden = hidden};

	ADD(&t, common);
	ADD(&t, storage);
	ADD(&t, key);
	ADD(&t, secret_key);
	if (has_check_value)
		ADD(&t, checked);
	return t;
}

struct template template_of_otp(void)
{
	struct template t = template_of_secret(true, false);

	ADD(&t, otp_key);
	return t;
}

struct template template_of_class(CK_OBJECT_CLASS class)
{
	struct template t = {.hidden = false};

	ADD(&t, common);
	if (class == CKO_PROFILE) {
		ADD(&t, profile);
		return t;
	}
	ADD(&t, storage);
	if (class == CKO_DATA)
		ADD(&t, data);
	else
		ADD(&t, certificate);
	return t;
}
