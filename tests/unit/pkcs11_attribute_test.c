/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Attributes: that each object has all of its class, with the values that the standard gives them (PKCS #11
 * v3.2, 4).
 */
#include "tests/unit/pkcs11_token.h"

/* PKCS #11 v3.2, tables of 4.4 to 4.11 and of 6.1 and 6.3. */
#define STORAGE                                                                                              \
	CKA_CLASS, CKA_UNIQUE_ID, CKA_TOKEN, CKA_PRIVATE, CKA_MODIFIABLE, CKA_LABEL, CKA_COPYABLE,           \
	    CKA_DESTROYABLE
#define KEY                                                                                                  \
	STORAGE, CKA_KEY_TYPE, CKA_ID, CKA_START_DATE, CKA_END_DATE, CKA_DERIVE, CKA_LOCAL,                  \
	    CKA_KEY_GEN_MECHANISM, CKA_ALLOWED_MECHANISMS, CKA_OBJECT_VALIDATION_FLAGS

static const CK_ATTRIBUTE_TYPE data_attributes[] = {STORAGE, CKA_APPLICATION, CKA_OBJECT_ID, CKA_VALUE};
static const CK_ATTRIBUTE_TYPE certificate_attributes[] = {STORAGE,
							   CKA_CERTIFICATE_TYPE,
							   CKA_TRUSTED,
							   CKA_CERTIFICATE_CATEGORY,
							   CKA_CHECK_VALUE,
							   CKA_START_DATE,
							   CKA_END_DATE,
							   CKA_PUBLIC_KEY_INFO,
							   CKA_SUBJECT,
							   CKA_ID,
							   CKA_ISSUER,
							   CKA_SERIAL_NUMBER,
							   CKA_VALUE,
							   CKA_URL,
							   CKA_HASH_OF_SUBJECT_PUBLIC_KEY,
							   CKA_HASH_OF_ISSUER_PUBLIC_KEY,
							   CKA_JAVA_MIDP_SECURITY_DOMAIN,
							   CKA_NAME_HASH_ALGORITHM};
static const CK_ATTRIBUTE_TYPE public_attributes[] = {KEY,
						      CKA_SUBJECT,
						      CKA_ENCRYPT,
						      CKA_VERIFY,
						      CKA_VERIFY_RECOVER,
						      CKA_WRAP,
						      CKA_ENCAPSULATE,
						      CKA_TRUSTED,
						      CKA_WRAP_TEMPLATE,
						      CKA_ENCAPSULATE_TEMPLATE,
						      CKA_PUBLIC_KEY_INFO,
						      CKA_EC_PARAMS,
						      CKA_EC_POINT};
static const CK_ATTRIBUTE_TYPE private_attributes[] = {KEY,
						       CKA_SUBJECT,
						       CKA_SENSITIVE,
						       CKA_DECRYPT,
						       CKA_SIGN,
						       CKA_SIGN_RECOVER,
						       CKA_UNWRAP,
						       CKA_DECAPSULATE,
						       CKA_EXTRACTABLE,
						       CKA_ALWAYS_SENSITIVE,
						       CKA_NEVER_EXTRACTABLE,
						       CKA_WRAP_WITH_TRUSTED,
						       CKA_UNWRAP_TEMPLATE,
						       CKA_DERIVE_TEMPLATE,
						       CKA_DECAPSULATE_TEMPLATE,
						       CKA_ALWAYS_AUTHENTICATE,
						       CKA_PUBLIC_KEY_INFO,
						       CKA_EC_PARAMS};
static const CK_ATTRIBUTE_TYPE secret_attributes[] = {KEY,
						      CKA_SENSITIVE,
						      CKA_ENCRYPT,
						      CKA_DECRYPT,
						      CKA_SIGN,
						      CKA_VERIFY,
						      CKA_WRAP,
						      CKA_UNWRAP,
						      CKA_EXTRACTABLE,
						      CKA_ALWAYS_SENSITIVE,
						      CKA_NEVER_EXTRACTABLE,
						      CKA_WRAP_WITH_TRUSTED,
						      CKA_TRUSTED,
						      CKA_WRAP_TEMPLATE,
						      CKA_UNWRAP_TEMPLATE,
						      CKA_DERIVE_TEMPLATE,
						      CKA_VALUE,
						      CKA_VALUE_LEN};
static const CK_ATTRIBUTE_TYPE profile_attributes[] = {CKA_CLASS, CKA_UNIQUE_ID, CKA_PROFILE_ID};

#define HAS_ALL(object, list) has_all(object, list, sizeof(list) / sizeof((list)[0]))

static void has_all(CK_OBJECT_HANDLE object, const CK_ATTRIBUTE_TYPE *types, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CK_ATTRIBUTE a = {types[i], NULL, 0};
		CK_RV rv = C_GetAttributeValue(session, object, &a, 1);

		if (rv != CKR_OK)
			fail_msg("attribute %08lX of object %lX: %08lX", types[i], object, rv);
	}
}

static CK_OBJECT_HANDLE public_of(CK_BYTE id)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_ID, &id, 1}};
	CK_OBJECT_HANDLE found[32];

	assert_int_equal(find_all(template, 2, found), 1);
	return found[0];
}

static CK_OBJECT_HANDLE create_in_session(CK_OBJECT_CLASS class, CK_ATTRIBUTE_TYPE type, struct cs_view value)
{
	CK_BYTE copy[CERTIFICATE_MAX];
	CK_KEY_TYPE key_type = CKK_GENERIC_SECRET;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {type, copy, value.len},
				   {CKA_KEY_TYPE, &key_type, sizeof(key_type)}};
	CK_OBJECT_HANDLE object;

	memcpy(copy, value.ptr, value.len);
	assert_int_equal(C_CreateObject(session, template, class == CKO_SECRET_KEY ? 3 : 2, &object), CKR_OK);
	return object;
}

static void each_object_of_a_token_has_all_attributes_of_its_class(void **state)
{
	CK_OBJECT_HANDLE found[32], key = make_p256(1), certificate;
	CK_ULONG n;

	(void)state;
	assert_int_equal(
	    write_certificate(make_certificate("Alice", attribute(key, CKA_PUBLIC_KEY_INFO), false), 0,
			      &certificate),
	    CKR_OK);
	HAS_ALL(key, private_attributes);
	HAS_ALL(public_of(1), public_attributes);
	HAS_ALL(certificate, certificate_attributes);
	n = find_class(CKO_DATA, found);
	assert_true(n > 0);
	for (CK_ULONG i = 0; i < n; i++)
		HAS_ALL(found[i], data_attributes);
	n = find_class(CKO_PROFILE, found);
	assert_true(n > 0);
	for (CK_ULONG i = 0; i < n; i++)
		HAS_ALL(found[i], profile_attributes);
}

static CK_OBJECT_HANDLE copy_of_public(CK_OBJECT_HANDLE key)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BYTE params[16], point[80];
	CK_ATTRIBUTE template[] = {{CKA_EC_PARAMS, params, sizeof(params)},
				   {CKA_EC_POINT, point, sizeof(point)},
				   {CKA_CLASS, &class, sizeof(class)},
				   {CKA_KEY_TYPE, &type, sizeof(type)}};
	CK_OBJECT_HANDLE copy;

	assert_int_equal(C_GetAttributeValue(session, key, template, 2), CKR_OK);
	assert_int_equal(C_CreateObject(session, template, 4, &copy), CKR_OK);
	return copy;
}

static void each_object_of_a_session_has_all_attributes_of_its_class(void **state)
{
	CK_OBJECT_HANDLE key = make_p256(1), public;
	uint8_t spki[256];
	struct cs_view view = attribute(key, CKA_PUBLIC_KEY_INFO);

	(void)state;
	memcpy(spki, view.ptr, view.len);
	public = copy_of_public(key);
	HAS_ALL(public, public_attributes);
	assert_true(cs_view_equal(attribute(public, CKA_PUBLIC_KEY_INFO), cs_view(spki, view.len)));
	HAS_ALL(create_in_session(CKO_DATA, CKA_VALUE, CS_VIEW_TEXT("note")), data_attributes);
	HAS_ALL(
	    create_in_session(CKO_CERTIFICATE, CKA_VALUE, make_certificate("Alice", CS_VIEW_EMPTY, false)),
	    certificate_attributes);
	HAS_ALL(create_in_session(CKO_SECRET_KEY, CKA_VALUE, CS_VIEW_TEXT("0123456789abcdef")),
		secret_attributes);
}

static void check_certificate(CK_OBJECT_HANDLE object, CK_ULONG category)
{
	assert_true(cs_view_equal(attribute(object, CKA_START_DATE), CS_VIEW_TEXT("20240229")));
	assert_true(cs_view_equal(attribute(object, CKA_END_DATE), CS_VIEW_TEXT("20511231")));
	assert_int_equal(attribute_ulong(object, CKA_CERTIFICATE_CATEGORY), category);
	assert_int_equal(attribute(object, CKA_CHECK_VALUE).len, 3);
	assert_int_equal(attribute_bool(object, CKA_TRUSTED), CK_FALSE);
}

/* Days are the certificate's own; whose it is follows from the key beside it and from what it says of itself.
 */
static void a_certificate_tells_its_days_and_whose_it_is(void **state)
{
	CK_OBJECT_HANDLE key = make_p256(1), object;

	(void)state;
	assert_int_equal(
	    write_certificate(make_certificate("Alice", attribute(key, CKA_PUBLIC_KEY_INFO), false), 0,
			      &object),
	    CKR_OK);
	check_certificate(object, CK_CERTIFICATE_CATEGORY_TOKEN_USER);
	assert_int_equal(write_certificate(make_certificate("Root", CS_VIEW_EMPTY, true), 20, &object),
			 CKR_OK);
	check_certificate(object, CK_CERTIFICATE_CATEGORY_AUTHORITY);
	assert_int_equal(write_certificate(make_certificate("Bob", CS_VIEW_EMPTY, false), 21, &object),
			 CKR_OK);
	check_certificate(object, CK_CERTIFICATE_CATEGORY_OTHER_ENTITY);
	object = create_in_session(CKO_CERTIFICATE, CKA_VALUE, make_certificate("Bob", CS_VIEW_EMPTY, false));
	check_certificate(object, CK_CERTIFICATE_CATEGORY_UNSPECIFIED);
}

static bool allows(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type)
{
	struct cs_view list = attribute(key, CKA_ALLOWED_MECHANISMS);

	assert_int_equal(list.len % sizeof(type), 0);
	for (size_t at = 0; at < list.len; at += sizeof(type)) {
		if (memcmp(list.ptr + at, &type, sizeof(type)) == 0)
			return true;
	}
	return false;
}

static void a_key_allows_what_the_token_can_do_with_it(void **state)
{
	CK_OBJECT_HANDLE key = make_p256(1);

	(void)state;
	assert_true(allows(key, CKM_ECDSA));
	assert_true(allows(key, CKM_ECDH1_DERIVE));
	assert_false(allows(key, CKM_RSA_PKCS));
	assert_false(allows(key, CKM_EC_KEY_PAIR_GEN));
	assert_true(allows(public_of(1), CKM_ECDSA_SHA256));
	assert_false(allows(public_of(1), CKM_ECDH1_DERIVE));
}

static void a_key_made_on_the_card_is_local_and_one_brought_to_it_is_not(void **state)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE params[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07},
		scalar[32] = {1, 2, 3};
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_KEY_TYPE, &type, sizeof(type)},
				   {CKA_TOKEN, &yes, 1},
				   {CKA_EC_PARAMS, params, sizeof(params)},
				   {CKA_VALUE, scalar, sizeof(scalar)}};
	CK_OBJECT_HANDLE made = make_p256(1), brought;

	(void)state;
	assert_int_equal(C_CreateObject(session, template, 5, &brought), CKR_OK);
	assert_int_equal(attribute_bool(made, CKA_LOCAL), CK_TRUE);
	assert_int_equal(attribute_ulong(made, CKA_KEY_GEN_MECHANISM), CKM_EC_KEY_PAIR_GEN);
	assert_int_equal(attribute_bool(made, CKA_NEVER_EXTRACTABLE), CK_TRUE);
	assert_int_equal(attribute_bool(brought, CKA_LOCAL), CK_FALSE);
	assert_int_equal(attribute_ulong(brought, CKA_KEY_GEN_MECHANISM), CK_UNAVAILABLE_INFORMATION);
	assert_int_equal(attribute_bool(brought, CKA_ALWAYS_SENSITIVE), CK_FALSE);
	assert_int_equal(attribute_bool(brought, CKA_NEVER_EXTRACTABLE), CK_FALSE);
	assert_int_equal(attribute_bool(brought, CKA_SENSITIVE), CK_TRUE);
	assert_int_equal(attribute_bool(brought, CKA_EXTRACTABLE), CK_FALSE);
}

struct text {
	char bytes[64];
	size_t len;
};

static struct text unique_id(CK_OBJECT_HANDLE object)
{
	struct cs_view value = attribute(object, CKA_UNIQUE_ID);
	struct text text = {.len = value.len};

	assert_in_range(value.len, 1, sizeof(text.bytes));
	memcpy(text.bytes, value.ptr, value.len);
	return text;
}

static bool same(struct text a, struct text b)
{
	return a.len == b.len && memcmp(a.bytes, b.bytes, a.len) == 0;
}

/* All of a token's and of the session's; and a new key in an old one's slot. */
static void a_unique_id_is_no_other_objects_and_stays(void **state)
{
	CK_OBJECT_HANDLE found[32], key = make_p256(1);
	struct text ids[32], old;
	CK_ULONG n;

	(void)state;
	(void)make_p256(2);
	(void)create_in_session(CKO_DATA, CKA_VALUE, CS_VIEW_TEXT("note"));
	(void)create_in_session(CKO_DATA, CKA_VALUE, CS_VIEW_TEXT("note"));
	n = find_class(CK_UNAVAILABLE_INFORMATION, found);
	assert_in_range(n, 8, 31);
	for (CK_ULONG i = 0; i < n; i++) {
		ids[i] = unique_id(found[i]);
		for (CK_ULONG j = 0; j < i; j++)
			assert_false(same(ids[i], ids[j]));
	}
	old = unique_id(key);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	begin_session(CKF_RW_SESSION);
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
	key = fetch_anew(key);
	assert_true(same(old, unique_id(key)));
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	key = make_p256(1);
	assert_false(same(old, unique_id(key)));
}

static void a_unique_id_is_the_tokens_to_give(void **state)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_UTF8CHAR id[] = "mine";
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_UNIQUE_ID, id, 4}};
	CK_OBJECT_HANDLE object;

	(void)state;
	assert_int_equal(C_CreateObject(session, template, 2, &object), CKR_ATTRIBUTE_READ_ONLY);
	object = create_in_session(CKO_DATA, CKA_VALUE, CS_VIEW_TEXT("note"));
	assert_int_equal(C_SetAttributeValue(session, object, &template[1], 1), CKR_ATTRIBUTE_READ_ONLY);
}

static void a_value_longer_than_any_is_refused_and_stops_no_search(void **state)
{
	static CK_BYTE value[8193];
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_VALUE, value, sizeof(value)}};
	CK_ATTRIBUTE label = {CKA_LABEL, value, sizeof(value)};
	CK_OBJECT_HANDLE object, found[32];

	(void)state;
	assert_int_equal(C_CreateObject(session, template, 2, &object), CKR_ATTRIBUTE_VALUE_INVALID);
	template[1].ulValueLen--;
	assert_int_equal(C_CreateObject(session, template, 2, &object), CKR_OK);
	assert_int_equal(C_SetAttributeValue(session, object, &label, 1), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(find_all(&template[1], 1, found), 1);
	assert_int_equal(find_all(&label, 1, found), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, token_setup, token_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(each_object_of_a_token_has_all_attributes_of_its_class),
	    TEST(each_object_of_a_session_has_all_attributes_of_its_class),
	    TEST(a_certificate_tells_its_days_and_whose_it_is),
	    TEST(a_key_allows_what_the_token_can_do_with_it),
	    TEST(a_key_made_on_the_card_is_local_and_one_brought_to_it_is_not),
	    TEST(a_unique_id_is_no_other_objects_and_stays),
	    TEST(a_unique_id_is_the_tokens_to_give),
	    TEST(a_value_longer_than_any_is_refused_and_stops_no_search),
	};

	return cmocka_run_group_tests_name("pkcs11_attribute", tests, NULL, NULL);
}
