/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a program says of a new private key is so afterwards, or is refused (PKCS #11 v3.2, 4.1.1): what the
 * key is for, which our card keeps and the module heeds, and what no key on a token can be.
 */
#include "tests/lib/p11_foreign.h"
#include "tests/unit/pkcs11_token.h"

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_BYTE p256[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};

struct pair {
	CK_OBJECT_HANDLE public, private;
};

/* A P-256 pair with one more attribute in each template (NULL: none). */
static CK_RV make_pair(const CK_ATTRIBUTE *public, const CK_ATTRIBUTE *private, struct pair *made)
{
	CK_ATTRIBUTE of_public[2] = {{CKA_EC_PARAMS, p256, sizeof(p256)}},
		     of_private[2] = {{CKA_TOKEN, &yes, 1}};

	if (public != NULL)
		of_public[1] = *public;
	if (private != NULL)
		of_private[1] = *private;
	return generate(CKM_EC_KEY_PAIR_GEN, of_public, public != NULL ? 2 : 1, of_private,
			private != NULL ? 2 : 1, &made->public, &made->private);
}

static CK_RV make_without(CK_ATTRIBUTE_TYPE public, CK_ATTRIBUTE_TYPE private, struct pair *made)
{
	CK_ATTRIBUTE of_public = {public, &no, 1}, of_private = {private, &no, 1};

	return make_pair(public != 0 ? &of_public : NULL, private != 0 ? &of_private : NULL, made);
}

/* What another program finds, that begins now. */
static void begin_anew(void)
{
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
}

static struct pair pair_anew(const struct pair *before)
{
	return (struct pair){.public = fetch_anew(before->public), .private = fetch_anew(before->private)};
}

static CK_RV sign_init(CK_OBJECT_HANDLE key)
{
	CK_MECHANISM m = {CKM_ECDSA_SHA256, NULL, 0};
	CK_RV rv = C_SignInit(session, &m, key);

	if (rv == CKR_OK)
		assert_int_equal(C_SignInit(session, NULL, 0), CKR_OK);
	return rv;
}

static CK_RV verify_init(CK_OBJECT_HANDLE key)
{
	CK_MECHANISM m = {CKM_ECDSA_SHA256, NULL, 0};
	CK_RV rv = C_VerifyInit(session, &m, key);

	if (rv == CKR_OK)
		assert_int_equal(C_VerifyInit(session, NULL, 0), CKR_OK);
	return rv;
}

/* With its own public key. */
static CK_RV derive(const struct pair *pair)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}};
	struct cs_view point = attribute(pair->public, CKA_EC_POINT);
	CK_BYTE copy[67];
	CK_ECDH1_DERIVE_PARAMS params = {CKD_NULL, 0, NULL, sizeof(copy), copy};
	CK_MECHANISM m = {CKM_ECDH1_DERIVE, &params, sizeof(params)};
	CK_OBJECT_HANDLE secret;

	assert_int_equal(point.len, sizeof(copy));
	memcpy(copy, point.ptr, sizeof(copy));
	return C_DeriveKey(session, &m, pair->private, template, 2, &secret);
}

static bool names(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type)
{
	struct cs_view list = attribute(key, CKA_ALLOWED_MECHANISMS);

	for (size_t at = 0; at < list.len; at += sizeof(type)) {
		if (memcmp(list.ptr + at, &type, sizeof(type)) == 0)
			return true;
	}
	return false;
}

static void a_key_does_not_do_what_its_maker_does_not_want(void **state)
{
	struct pair signs, agrees;

	(void)state;
	assert_int_equal(make_without(0, CKA_DERIVE, &signs), CKR_OK);
	assert_int_equal(make_without(CKA_VERIFY, CKA_SIGN, &agrees), CKR_OK);
	/* And no more after the next program has read it from the card. */
	for (int round = 0; round < 2; round++) {
		assert_int_equal(sign_init(signs.private), CKR_OK);
		assert_int_equal(derive(&signs), CKR_KEY_FUNCTION_NOT_PERMITTED);
		assert_int_equal(attribute_bool(signs.private, CKA_DERIVE), CK_FALSE);
		assert_int_equal(attribute_bool(signs.private, CKA_SIGN), CK_TRUE);
		assert_false(names(signs.private, CKM_ECDH1_DERIVE));
		assert_true(names(signs.private, CKM_ECDSA));

		assert_int_equal(sign_init(agrees.private), CKR_KEY_FUNCTION_NOT_PERMITTED);
		assert_int_equal(verify_init(agrees.public), CKR_KEY_FUNCTION_NOT_PERMITTED);
		assert_int_equal(verify_init(signs.public), CKR_OK);
		assert_int_equal(derive(&agrees), CKR_OK);
		assert_int_equal(attribute_bool(agrees.public, CKA_VERIFY), CK_FALSE);
		assert_false(names(agrees.public, CKM_ECDSA));
		begin_anew();
		signs = pair_anew(&signs);
		agrees = pair_anew(&agrees);
	}
}

static void an_rsa_key_keeps_its_uses_apart(void **state)
{
	static const struct {
		CK_RV (*init)(CK_SESSION_HANDLE, CK_MECHANISM_PTR, CK_OBJECT_HANDLE);
		bool private;
		CK_RV want;
	} tries[] = {
	    {C_SignInit, true, CKR_OK},	       {C_SignRecoverInit, true, CKR_KEY_FUNCTION_NOT_PERMITTED},
	    {C_VerifyInit, false, CKR_OK},     {C_VerifyRecoverInit, false, CKR_KEY_FUNCTION_NOT_PERMITTED},
	    {C_EncryptInit, false, CKR_OK},    {C_DecryptInit, true, CKR_KEY_FUNCTION_NOT_PERMITTED},
	    {C_MessageSignInit, true, CKR_OK},
	};
	CK_ULONG bits = 2048, len = 256;
	CK_ATTRIBUTE public[] = {
	    {CKA_MODULUS_BITS, &bits, sizeof(bits)}, {CKA_VERIFY_RECOVER, &no, 1}, {CKA_WRAP, &no, 1}};
	CK_ATTRIBUTE private[] = {{CKA_DECRYPT, &no, 1}, {CKA_UNWRAP, &no, 1}, {CKA_SIGN_RECOVER, &no, 1}};
	CK_MECHANISM m = {CKM_RSA_PKCS, NULL, 0};
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof(class)};
	CK_OBJECT_HANDLE secret;
	CK_BYTE wrapped[256] = {0};
	struct pair rsa;

	(void)state;
	assert_int_equal(
	    generate(CKM_RSA_PKCS_KEY_PAIR_GEN, public, 3, private, 3, &rsa.public, &rsa.private), CKR_OK);
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		assert_int_equal(tries[i].init(session, &m, tries[i].private ? rsa.private : rsa.public),
				 tries[i].want);
		if (tries[i].want == CKR_OK && tries[i].init != C_MessageSignInit)
			assert_int_equal(tries[i].init(session, NULL, 0), CKR_OK);
	}
	assert_int_equal(C_MessageSignFinal(session), CKR_OK);
	assert_int_equal(
	    C_UnwrapKey(session, &m, rsa.private, wrapped, sizeof(wrapped), &template, 1, &secret),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(C_WrapKey(session, &m, rsa.public, rsa.public, wrapped, &len),
			 CKR_KEY_FUNCTION_NOT_PERMITTED);
}

static void a_use_is_given_up_and_taken_back(void **state)
{
	CK_ATTRIBUTE a = {CKA_SIGN, &no, 1}, both[] = {{CKA_DERIVE, &no, 1}, {CKA_DECRYPT, &yes, 1}};
	CK_BYTE name[] = "x";
	CK_ATTRIBUTE label = {CKA_LABEL, name, 1};
	struct pair pair;

	(void)state;
	assert_int_equal(make_pair(NULL, NULL, &pair), CKR_OK);
	assert_int_equal(C_SetAttributeValue(session, pair.private, &a, 1), CKR_OK);
	assert_int_equal(sign_init(pair.private), CKR_KEY_FUNCTION_NOT_PERMITTED);
	/* No use of such a key: then nothing of the template is so. */
	assert_int_equal(C_SetAttributeValue(session, pair.private, both, 2), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(derive(&pair), CKR_OK);
	/* Names are changed without it. */
	assert_int_equal(C_SetAttributeValue(session, pair.private, &label, 1), CKR_OK);
	begin_anew();
	pair = pair_anew(&pair);
	assert_int_equal(sign_init(pair.private), CKR_KEY_FUNCTION_NOT_PERMITTED);
	a.pValue = &yes;
	assert_int_equal(C_SetAttributeValue(session, pair.private, &a, 1), CKR_OK);
	assert_int_equal(sign_init(pair.private), CKR_OK);
	a = (CK_ATTRIBUTE){CKA_VERIFY, &no, 1};
	assert_int_equal(C_SetAttributeValue(session, pair.public, &a, 1), CKR_OK);
	assert_int_equal(verify_init(pair.public), CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(sign_init(pair.private), CKR_OK);
}

static CK_RV import(const CK_ATTRIBUTE *more, CK_OBJECT_HANDLE *key)
{
	static CK_BYTE scalar[32] = {1, 2, 3};
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_ATTRIBUTE template[6] = {{CKA_CLASS, &class, sizeof(class)},
				    {CKA_TOKEN, &yes, 1},
				    {CKA_KEY_TYPE, &type, sizeof(type)},
				    {CKA_EC_PARAMS, p256, sizeof(p256)},
				    {CKA_VALUE, scalar, sizeof(scalar)}};

	if (more != NULL)
		template[5] = *more;
	return C_CreateObject(session, template, more != NULL ? 6 : 5, key);
}

static void an_imported_key_has_its_names_and_uses_at_once(void **state)
{
	CK_BYTE name[] = "an ID of its own";
	CK_ATTRIBUTE id = {CKA_ID, name, 16}, sign = {CKA_SIGN, &no, 1};
	CK_OBJECT_HANDLE key, found[32];

	(void)state;
	assert_int_equal(import(&id, &key), CKR_OK);
	assert_true(cs_view_equal(attribute(key, CKA_ID), cs_view(name, 16)));
	assert_int_equal(find_all(&id, 1, found), 2);
	assert_int_equal(sign_init(key), CKR_OK);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	assert_int_equal(import(&sign, &key), CKR_OK);
	assert_int_equal(sign_init(key), CKR_KEY_FUNCTION_NOT_PERMITTED);
	begin_anew();
	assert_int_equal(sign_init(fetch_anew(key)), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

static void what_no_key_on_the_token_is_is_refused(void **state)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_MECHANISM_TYPE mechanism = CKM_EC_KEY_PAIR_GEN;
	CK_DATE day;
	struct {
		CK_ATTRIBUTE a;
		bool public;
		CK_RV want;
	} wrong[] = {
	    {{CKA_SENSITIVE, &no, 1}, false, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_EXTRACTABLE, &yes, 1}, false, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_WRAP_WITH_TRUSTED, &yes, 1}, false, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_CLASS, &class, sizeof(class)}, false, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_LOCAL, &yes, 1}, false, CKR_ATTRIBUTE_READ_ONLY},
	    {{CKA_ALWAYS_SENSITIVE, &yes, 1}, false, CKR_ATTRIBUTE_READ_ONLY},
	    {{CKA_NEVER_EXTRACTABLE, &yes, 1}, false, CKR_ATTRIBUTE_READ_ONLY},
	    {{CKA_KEY_GEN_MECHANISM, &mechanism, sizeof(mechanism)}, false, CKR_ATTRIBUTE_READ_ONLY},
	    {{CKA_CLASS, &class, sizeof(class)}, true, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_TOKEN, &no, 1}, true, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_PRIVATE, &yes, 1}, true, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_MODIFIABLE, &no, 1}, true, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_START_DATE, &day, sizeof(day)}, true, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_ALLOWED_MECHANISMS, &mechanism, sizeof(mechanism)}, true, CKR_TEMPLATE_INCONSISTENT},
	    {{CKA_TRUSTED, &yes, 1}, true, CKR_ATTRIBUTE_READ_ONLY},
	};
	CK_OBJECT_HANDLE key, found[32];
	struct pair pair;

	(void)state;
	memcpy(&day, "20260101", sizeof(day));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(make_pair(wrong[i].public ? &wrong[i].a : NULL,
					   wrong[i].public ? NULL : &wrong[i].a, &pair),
				 wrong[i].want);
		/* Of an import the class is not said twice. */
		if (!wrong[i].public && wrong[i].a.type != CKA_CLASS)
			assert_int_equal(import(&wrong[i].a, &key), wrong[i].want);
	}
	assert_int_equal(find_class(CKO_PRIVATE_KEY, found), 0);
	assert_int_equal(find_class(CKO_PUBLIC_KEY, found), 0);
}

/* What the standard has where nothing is said. */
static void defaults_may_be_said(void **state)
{
	CK_ATTRIBUTE destroyable = {CKA_DESTROYABLE, &yes, 1}, copyable = {CKA_COPYABLE, &yes, 1};
	CK_OBJECT_HANDLE key;
	struct pair pair;

	(void)state;
	assert_int_equal(make_pair(&destroyable, &copyable, &pair), CKR_OK);
	assert_int_equal(attribute_bool(pair.public, CKA_DESTROYABLE), CK_FALSE);
	assert_int_equal(attribute_bool(pair.private, CKA_COPYABLE), CK_FALSE);
	assert_int_equal(import(&copyable, &key), CKR_OK);
	assert_int_equal(attribute_bool(key, CKA_COPYABLE), CK_FALSE);
	assert_int_equal(attribute_bool(key, CKA_DESTROYABLE), CK_TRUE);
}

/* As several programs write in every template. */
static void what_such_a_key_cannot_do_is_false_whatever_is_said(void **state)
{
	CK_ATTRIBUTE derive = {CKA_DERIVE, &yes, 1}, decrypt = {CKA_DECRYPT, &yes, 1};
	struct pair pair;

	(void)state;
	assert_int_equal(make_pair(&derive, &decrypt, &pair), CKR_OK);
	assert_int_equal(attribute_bool(pair.public, CKA_DERIVE), CK_FALSE);
	assert_int_equal(attribute_bool(pair.private, CKA_DECRYPT), CK_FALSE);
}

static void the_signature_slot_wants_the_pin_once_where_that_is_said(void **state)
{
	CK_BYTE id = 2;
	CK_ATTRIBUTE public = {CKA_EC_PARAMS, p256, sizeof(p256)},
		     private[] = {{CKA_ID, &id, 1}, {CKA_ALWAYS_AUTHENTICATE, &no, 1}};
	struct pair pair;

	(void)state;
	assert_int_equal(generate(CKM_EC_KEY_PAIR_GEN, &public, 1, private, 2, &pair.public, &pair.private),
			 CKR_OK);
	assert_int_equal(attribute_bool(pair.private, CKA_ALWAYS_AUTHENTICATE), CK_FALSE);
	for (int i = 0; i < 3; i++)
		assert_int_equal(p11_sign_by(session, id), CKR_OK);
}

static CK_RV create_public(CK_OBJECT_HANDLE like, CK_BYTE id, CK_BYTE flip, const CK_ATTRIBUTE *more,
			   CK_OBJECT_HANDLE *made)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BYTE point[67];
	CK_ATTRIBUTE template[7] = {{CKA_CLASS, &class, sizeof(class)},	  {CKA_TOKEN, &yes, 1},
				    {CKA_KEY_TYPE, &type, sizeof(type)},  {CKA_EC_PARAMS, p256, sizeof(p256)},
				    {CKA_EC_POINT, point, sizeof(point)}, {CKA_ID, &id, 1}};
	struct cs_view own = attribute(like, CKA_EC_POINT);

	assert_int_equal(own.len, sizeof(point));
	memcpy(point, own.ptr, sizeof(point));
	point[66] ^= flip;
	if (more != NULL)
		template[6] = *more;
	return C_CreateObject(session, template, more != NULL ? 7 : 6, made);
}

static void a_public_key_is_written_to_its_own_pair_only(void **state)
{
	CK_ATTRIBUTE verify = {CKA_VERIFY, &no, 1};
	CK_BYTE id = 1;
	CK_OBJECT_HANDLE made;
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_ATTRIBUTE bare[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_TOKEN, &yes, 1}, {CKA_ID, &id, 1}};
	struct pair pair;

	(void)state;
	assert_int_equal(make_pair(NULL, NULL, &pair), CKR_OK);
	assert_int_equal(create_public(pair.public, 1, 1, NULL, &made), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(create_public(pair.public, 2, 0, NULL, &made), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(C_CreateObject(session, bare, 3, &made), CKR_TEMPLATE_INCOMPLETE);
	assert_int_equal(create_public(pair.public, 1, 0, NULL, &made), CKR_OK);
	assert_int_equal(made, pair.public);
	assert_int_equal(verify_init(made), CKR_OK);
	assert_int_equal(create_public(pair.public, 1, 0, &verify, &made), CKR_OK);
	assert_int_equal(verify_init(made), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

static void another_vendors_card_refuses_what_it_cannot_keep(void **state)
{
	CK_DATE day;
	CK_MECHANISM_TYPE mechanism = CKM_ECDSA;
	CK_ATTRIBUTE unkept[] = {{CKA_START_DATE, &day, sizeof(day)},
				 {CKA_DESTROYABLE, &no, 1},
				 {CKA_MODIFIABLE, &yes, 1},
				 {CKA_ALLOWED_MECHANISMS, &mechanism, sizeof(mechanism)}};
	CK_BYTE name[] = "name";
	CK_ATTRIBUTE kept[] = {
	    {CKA_LABEL, name, 4}, {CKA_DECRYPT, &no, 1}, {CKA_SIGN, &no, 1}, {CKA_MODIFIABLE, &no, 1}};
	struct pair pair;

	(void)state;
	memcpy(&day, "20260101", sizeof(day));
	p11_token_free();
	assert_true(transport_card_make(CSGN_PROFILE_PIV));
	transport_card_make_plain();
	assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
	assert_int_equal(log_in(CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	for (size_t i = 0; i < sizeof(unkept) / sizeof(unkept[0]); i++)
		assert_int_equal(make_pair(NULL, &unkept[i], &pair), CKR_TEMPLATE_INCONSISTENT);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		assert_int_equal(make_pair(NULL, &kept[i], &pair), CKR_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, token_setup, token_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_key_does_not_do_what_its_maker_does_not_want),
	    TEST(an_rsa_key_keeps_its_uses_apart),
	    TEST(a_use_is_given_up_and_taken_back),
	    TEST(an_imported_key_has_its_names_and_uses_at_once),
	    TEST(what_no_key_on_the_token_is_is_refused),
	    TEST(defaults_may_be_said),
	    TEST(what_such_a_key_cannot_do_is_false_whatever_is_said),
	    TEST(the_signature_slot_wants_the_pin_once_where_that_is_said),
	    TEST(a_public_key_is_written_to_its_own_pair_only),
	    TEST(another_vendors_card_refuses_what_it_cannot_keep),
	};

	return cmocka_run_group_tests_name("pkcs11_usage", tests, NULL, NULL);
}
