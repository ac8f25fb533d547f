/* SPDX-License-Identifier: BSD-2-Clause
 *
 * That an object of each class and kind of key, on the token and in a session, has its complete template
 * (tests/unit/pkcs11_template_check.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/x509.h>

#include "pkcs11/pkcs11_countersign.h"
#include "tests/unit/pkcs11_session.h"
#include "tests/unit/pkcs11_template_check.h"

#define session p11_session

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static CK_BBOOL truth(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = 2;
	CK_ATTRIBUTE a = {type, &value, 1};

	assert_int_equal(C_GetAttributeValue(session, object, &a, 1), CKR_OK);
	return value;
}

static bool allows(CK_OBJECT_HANDLE object, CK_MECHANISM_TYPE type)
{
	CK_MECHANISM_TYPE list[128];
	CK_ATTRIBUTE a = {CKA_ALLOWED_MECHANISMS, list, sizeof(list)};

	assert_int_equal(C_GetAttributeValue(session, object, &a, 1), CKR_OK);
	for (size_t i = 0; i < a.ulValueLen / sizeof(list[0]); i++) {
		if (list[i] == type)
			return true;
	}
	return false;
}

static size_t length(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_ATTRIBUTE a = {type, NULL, 0};

	assert_int_equal(C_GetAttributeValue(session, object, &a, 1), CKR_OK);
	return a.ulValueLen;
}

/* ---- key pairs ---- */

static const struct kind {
	const char *name;
	CK_MECHANISM_TYPE generate;
	const char *params;
	CK_ULONG set;
	CK_KEY_TYPE type;
	CK_MECHANISM_TYPE private_does, public_does; /* CK_UNAVAILABLE_INFORMATION: nothing */
} kinds[] = {
    {"RSA", CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 2048, CKK_RSA, CKM_SHA256_RSA_PKCS, CKM_RSA_PKCS_OAEP},
    {"P-256", CKM_EC_KEY_PAIR_GEN, "06082a8648ce3d030107", 0, CKK_EC, CKM_ECDH1_DERIVE, CKM_ECDSA_SHA256},
    {"P-384", CKM_EC_KEY_PAIR_GEN, "06052b81040022", 0, CKK_EC, CKM_ECDSA_SHA384, CKM_ECDSA_SHA384},
    {"P-521", CKM_EC_KEY_PAIR_GEN, "06052b81040023", 0, CKK_EC, CKM_ECDSA, CKM_ECDSA},
    {"SM2", CKM_EC_KEY_PAIR_GEN, "06082a811ccf5501822d", 0, CKK_EC, CKM_COUNTERSIGN_SM2_SM3,
     CKM_COUNTERSIGN_SM2},
    {"Ed25519", CKM_EC_EDWARDS_KEY_PAIR_GEN, "06032b6570", 0, CKK_EC_EDWARDS, CKM_EDDSA, CKM_EDDSA},
    {"X25519", CKM_EC_MONTGOMERY_KEY_PAIR_GEN, "06032b656e", 0, CKK_EC_MONTGOMERY, CKM_ECDH1_COFACTOR_DERIVE,
     CK_UNAVAILABLE_INFORMATION},
    {"ML-DSA-65", CKM_ML_DSA_KEY_PAIR_GEN, "", CKP_ML_DSA_65, CKK_ML_DSA, CKM_ML_DSA, CKM_ML_DSA},
    {"ML-KEM-768", CKM_ML_KEM_KEY_PAIR_GEN, "", CKP_ML_KEM_768, CKK_ML_KEM, CKM_ML_KEM, CKM_ML_KEM},
};

static CK_RV make_pair(const struct kind *kind, struct pair *pair)
{
	CK_MECHANISM m = {kind->generate, NULL, 0};
	CK_ULONG bits = kind->set;
	CK_ATTRIBUTE public = {CKA_MODULUS_BITS, &bits, sizeof(bits)}, private = {CKA_TOKEN, &yes, 1};

	if (kind->params != NULL)
		return p11_pair(kind->generate, kind->params, kind->set, pair);
	return C_GenerateKeyPair(session, &m, &public, 1, &private, 1, &pair->public, &pair->private);
}

static void check_values(const struct kind *kind, const struct pair *pair)
{
	const CK_OBJECT_HANDLE halves[] = {pair->private, pair->public};

	for (size_t i = 0; i < COUNT(halves); i++) {
		CK_MECHANISM_TYPE does = i == 0 ? kind->private_does : kind->public_does;
		EVP_PKEY *told = p11_public(halves[i]);

		EVP_PKEY_free(told);
		assert_int_equal(p11_ulong(halves[i], CKA_KEY_TYPE), kind->type);
		assert_int_equal(truth(halves[i], CKA_LOCAL), CK_TRUE);
		assert_int_equal(p11_ulong(halves[i], CKA_KEY_GEN_MECHANISM), kind->generate);
		assert_int_equal(length(halves[i], CKA_START_DATE) + length(halves[i], CKA_END_DATE), 0);
		assert_int_equal(truth(halves[i], CKA_TOKEN), CK_TRUE);
		assert_false(allows(halves[i], kind->generate));
		assert_true(does == CK_UNAVAILABLE_INFORMATION || allows(halves[i], does));
	}
	assert_int_equal(truth(pair->private, CKA_ALWAYS_AUTHENTICATE), CK_FALSE);
	assert_int_equal(truth(pair->private, CKA_SENSITIVE) + truth(pair->private, CKA_ALWAYS_SENSITIVE) +
			     truth(pair->private, CKA_NEVER_EXTRACTABLE),
			 3);
	assert_int_equal(truth(pair->private, CKA_EXTRACTABLE), CK_FALSE);
	assert_int_equal(truth(pair->private, CKA_DERIVE),
			 kind->type == CKK_EC_MONTGOMERY || strncmp(kind->name, "P-", 2) == 0);
	assert_int_equal(truth(pair->private, CKA_DECAPSULATE), kind->type == CKK_ML_KEM);
	assert_int_equal(truth(pair->public, CKA_ENCRYPT), kind->type == CKK_RSA);
}

/* The same public key, as an object of the session. */
static CK_OBJECT_HANDLE in_session(const struct kind *kind, CK_OBJECT_HANDLE public)
{
	static CK_BYTE values[3][4096];
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = kind->type;
	struct template t = template_of_kind(type, false);
	CK_ATTRIBUTE a[8];
	CK_ULONG n = 0;
	CK_OBJECT_HANDLE made;

	for (size_t i = 0; i < t.count; i++) {
		/* It follows from the modulus. */
		if (t.rows[i].type != CKA_MODULUS_BITS)
			a[n++] = (CK_ATTRIBUTE){t.rows[i].type, values[i], sizeof(values[i])};
	}
	assert_int_equal(C_GetAttributeValue(session, public, a, n), CKR_OK);
	a[n++] = (CK_ATTRIBUTE){CKA_CLASS, &class, sizeof(class)};
	a[n++] = (CK_ATTRIBUTE){CKA_KEY_TYPE, &type, sizeof(type)};
	assert_int_equal(C_CreateObject(session, a, n, &made), CKR_OK);
	return made;
}

static const CK_ATTRIBUTE_TYPE public_uses[] = {CKA_ENCRYPT, CKA_VERIFY,      CKA_VERIFY_RECOVER,
						CKA_WRAP,    CKA_ENCAPSULATE, CKA_TRUSTED};

static void check_in_session(const struct kind *kind, const struct pair *pair)
{
	struct template t = template_of_half(kind->type, false);
	CK_OBJECT_HANDLE copy = in_session(kind, pair->public);
	EVP_PKEY *of[2] = {p11_public(pair->public), p11_public(copy)};

	template_is_whole(copy, &t);
	assert_int_equal(EVP_PKEY_eq(of[0], of[1]), 1);
	EVP_PKEY_free(of[0]);
	EVP_PKEY_free(of[1]);
	assert_int_equal(truth(copy, CKA_TOKEN), CK_FALSE);
	assert_int_equal(truth(copy, CKA_LOCAL), CK_FALSE);
	assert_int_equal(p11_ulong(copy, CKA_KEY_GEN_MECHANISM), CK_UNAVAILABLE_INFORMATION);
	/* What it may be used for is what such a key can do. */
	for (size_t i = 0; i < COUNT(public_uses); i++)
		assert_int_equal(truth(copy, public_uses[i]), truth(pair->public, public_uses[i]));
	assert_int_equal(C_DestroyObject(session, copy), CKR_OK);
}

static void both_halves_of_each_kind_of_key_have_all_that_is_theirs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct template private = template_of_half(kinds[i].type, true),
				public = template_of_half(kinds[i].type, false);
		CK_MECHANISM_INFO info;
		struct pair pair;

		if (C_GetMechanismInfo(0, kinds[i].generate, &info) != CKR_OK) {
			print_message("# no %s: the card does not have it with this libcrypto\n",
				      kinds[i].name);
			continue;
		}
		assert_int_equal(make_pair(&kinds[i], &pair), CKR_OK);
		template_is_whole(pair.private, &private);
		template_is_whole(pair.public, &public);
		check_values(&kinds[i], &pair);
		check_in_session(&kinds[i], &pair);
		assert_int_equal(C_DestroyObject(session, pair.private), CKR_OK);
	}
}

static void a_key_that_wants_the_pin_each_time_says_so(void **state)
{
	CK_OBJECT_HANDLE once, always;
	CK_ULONG n;

	(void)state;
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, P11_KEY_ONCE, &n, &once), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, P11_KEY_ALWAYS, &n, &always), CKR_OK);
	assert_int_equal(truth(once, CKA_ALWAYS_AUTHENTICATE), CK_FALSE);
	assert_int_equal(truth(always, CKA_ALWAYS_AUTHENTICATE), CK_TRUE);
	assert_int_equal(truth(always, CKA_PRIVATE), CK_TRUE);
}

/* ---- secret keys ---- */

static const struct secret_kind {
	CK_KEY_TYPE type;
	CK_MECHANISM_TYPE generate, does;
	bool on_card; /* too */
} secret_kinds[] = {
    {CKK_AES, CKM_AES_KEY_GEN, CKM_AES_GCM, true},
    {CKK_SHA_1_HMAC, CKM_SHA_1_KEY_GEN, CKM_SHA_1_HMAC, true},
    {CKK_SHA224_HMAC, CKM_SHA224_KEY_GEN, CKM_SHA224_HMAC, false},
    {CKK_SHA256_HMAC, CKM_SHA256_KEY_GEN, CKM_SHA256_HMAC, true},
    {CKK_SHA384_HMAC, CKM_SHA384_KEY_GEN, CKM_SHA384_HMAC_GENERAL, true},
    {CKK_SHA512_HMAC, CKM_SHA512_KEY_GEN, CKM_SHA512_HMAC, true},
    {CKK_SHA512_256_HMAC, CKM_SHA512_256_KEY_GEN, CKM_SHA512_256_HMAC, false},
    {CKK_SHA3_256_HMAC, CKM_SHA3_256_KEY_GEN, CKM_SHA3_256_HMAC, false},
    {CKK_GENERIC_SECRET, CKM_GENERIC_SECRET_KEY_GEN, CKM_SHA512_HMAC, false},
};

static CK_OBJECT_HANDLE make_secret(const struct secret_kind *kind, bool brought, CK_BBOOL *token)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = kind->type;
	CK_ULONG len = 32;
	CK_BYTE value[32] = {1, 2, 3};
	CK_MECHANISM m = {kind->generate, NULL, 0};
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_TOKEN, token, 1},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_VALUE_LEN, &len, sizeof(len)}};
	CK_OBJECT_HANDLE made = 0;

	if (brought)
		a[3] = (CK_ATTRIBUTE){CKA_VALUE, value, sizeof(value)};
	assert_int_equal(
	    brought ? C_CreateObject(session, a, 4, &made) : C_GenerateKey(session, &m, a, 4, &made), CKR_OK);
	return made;
}

static void check_secret(const struct secret_kind *kind, bool brought, CK_BBOOL *token)
{
	bool on_card = *token == CK_TRUE;
	struct template t = template_of_secret(on_card, brought || !on_card);
	CK_OBJECT_HANDLE made = make_secret(kind, brought, token);

	template_is_whole(made, &t);
	assert_int_equal(p11_ulong(made, CKA_KEY_TYPE), kind->type);
	assert_int_equal(p11_ulong(made, CKA_VALUE_LEN), 32);
	assert_int_equal(truth(made, CKA_LOCAL), !brought);
	assert_int_equal(p11_ulong(made, CKA_KEY_GEN_MECHANISM),
			 brought ? CK_UNAVAILABLE_INFORMATION : kind->generate);
	assert_true(allows(made, kind->does));
	assert_int_equal(truth(made, CKA_SENSITIVE), on_card);
	assert_int_equal(truth(made, CKA_EXTRACTABLE), !on_card);
	assert_int_equal(truth(made, CKA_ALWAYS_SENSITIVE), on_card && !brought);
	assert_int_equal(truth(made, CKA_NEVER_EXTRACTABLE), on_card && !brought);
	assert_int_equal(truth(made, CKA_ENCRYPT), kind->type == CKK_AES);
	assert_int_equal(length(made, CKA_START_DATE) + length(made, CKA_END_DATE), 0);
	assert_int_equal(C_DestroyObject(session, made), CKR_OK);
}

static void a_secret_key_of_each_kind_has_all_that_is_its(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(secret_kinds); i++) {
		for (int brought = 0; brought < 2; brought++) {
			check_secret(&secret_kinds[i], brought != 0, &no);
			if (secret_kinds[i].on_card)
				check_secret(&secret_kinds[i], brought != 0, &yes);
		}
	}
}

/* ---- the others ---- */

static CK_OBJECT_HANDLE make_otp(CK_KEY_TYPE type, const char *label)
{
	CK_OBJECT_CLASS class = CKO_OTP_KEY;
	CK_BYTE text[32], seed[20] = {9};
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_LABEL, text, strlen(label)},
			    {CKA_VALUE, seed, sizeof(seed)}};
	CK_OBJECT_HANDLE made;

	memcpy(text, label, strlen(label));
	assert_int_equal(C_CreateObject(session, a, COUNT(a), &made), CKR_OK);
	return made;
}

/* Those of secret keys are theirs too (6.53.6). The counter is the card's alone, where it counts. */
static void a_key_of_one_time_passwords_has_all_that_is_its(void **state)
{
	static const CK_KEY_TYPE types[] = {CKK_HOTP, CKK_COUNTERSIGN_TOTP};

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		struct template t = template_of_otp();
		CK_OBJECT_HANDLE made = make_otp(types[i], i == 0 ? "Bank:alice" : "Shop:alice");

		/* Empty where there is none. */
		if (types[i] != CKK_HOTP) {
			struct attribute *last = &t.rows[t.count - 1];

			for (size_t j = 0; j < t.count; j++) {
				if (t.rows[j].type == CKA_OTP_COUNTER)
					t.rows[j] = *last;
			}
			t.count--;
			assert_int_equal(length(made, CKA_OTP_COUNTER), 0);
		}
		template_has_all(made, &t);
		assert_int_equal(p11_ulong(made, CKA_CLASS), CKO_OTP_KEY);
		assert_int_equal(truth(made, CKA_LOCAL), CK_FALSE);
		assert_int_equal(p11_ulong(made, CKA_KEY_GEN_MECHANISM), CK_UNAVAILABLE_INFORMATION);
		assert_true(allows(made, i == 0 ? CKM_HOTP : CKM_COUNTERSIGN_TOTP));
		assert_int_equal(C_DestroyObject(session, made), CKR_OK);
	}
}

static CK_OBJECT_HANDLE make_data(CK_BBOOL *token)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BYTE value[] = "a note";
	CK_ATTRIBUTE a[] = {
	    {CKA_CLASS, &class, sizeof(class)}, {CKA_TOKEN, token, 1}, {CKA_VALUE, value, sizeof(value)}};
	CK_OBJECT_HANDLE made;

	assert_int_equal(C_CreateObject(session, a, COUNT(a), &made), CKR_OK);
	return made;
}

static CK_ULONG find(CK_OBJECT_CLASS class, CK_OBJECT_HANDLE found[64])
{
	CK_ATTRIBUTE a = {CKA_CLASS, &class, sizeof(class)};
	CK_ULONG n = 0;

	assert_int_equal(C_FindObjectsInit(session, &a, 1), CKR_OK);
	assert_int_equal(C_FindObjects(session, found, 64, &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(session), CKR_OK);
	return n;
}

/* PIV's containers among them. */
static void each_data_object_has_all_that_is_its(void **state)
{
	struct template t = template_of_class(CKO_DATA);
	CK_OBJECT_HANDLE found[64], made[2] = {make_data(&yes), make_data(&no)};
	CK_ULONG n = find(CKO_DATA, found);

	(void)state;
	assert_true(n > 2);
	for (CK_ULONG i = 0; i < n; i++)
		template_is_whole(found[i], &t);
	for (size_t i = 0; i < COUNT(made); i++)
		assert_int_equal(C_DestroyObject(session, made[i]), CKR_OK);
}

/* Of the key once, valid for a minute of 2026. */
static CK_ULONG make_der(CK_BYTE der[1024])
{
	unsigned char *out = der;
	EVP_PKEY *signer = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	int len;

	assert_int_equal(ASN1_TIME_set_string(X509_getm_notBefore(x), "260101000000Z"), 1);
	assert_int_equal(ASN1_TIME_set_string(X509_getm_notAfter(x), "260101000100Z"), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 7), 1);
	assert_int_equal(X509_set_pubkey(x, signer), 1);
	assert_true(X509_sign(x, signer, EVP_sha256()) > 0);
	len = i2d_X509(x, NULL);
	assert_in_range(len, 1, 1024);
	(void)i2d_X509(x, &out);
	X509_free(x);
	EVP_PKEY_free(signer);
	return (CK_ULONG)len;
}

static void a_certificate_has_all_that_is_its(void **state)
{
	struct template t = template_of_class(CKO_CERTIFICATE);
	CK_BYTE der[1024];
	CK_ULONG len = make_der(der);

	(void)state;
	for (int i = 0; i < 2; i++) {
		CK_OBJECT_CLASS class = CKO_CERTIFICATE;
		CK_CERTIFICATE_TYPE type = CKC_X_509;
		CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
				    {CKA_CERTIFICATE_TYPE, &type, sizeof(type)},
				    {CKA_TOKEN, i == 0 ? &yes : &no, 1},
				    {CKA_VALUE, der, len}};
		CK_OBJECT_HANDLE made;
		EVP_PKEY *told;

		assert_int_equal(C_CreateObject(session, a, COUNT(a), &made), CKR_OK);
		template_is_whole(made, &t);
		told = p11_public(made);
		EVP_PKEY_free(told);
		assert_int_equal(length(made, CKA_START_DATE), sizeof(CK_DATE));
		assert_int_equal(length(made, CKA_END_DATE), sizeof(CK_DATE));
		assert_int_equal(C_DestroyObject(session, made), CKR_OK);
	}
}

static void a_profile_has_all_that_is_its_and_there_are_no_objects_of_other_classes(void **state)
{
	static const CK_OBJECT_CLASS none[] = {CKO_HW_FEATURE, CKO_DOMAIN_PARAMETERS, CKO_MECHANISM,
					       CKO_VALIDATION, CKO_TRUST};
	struct template t = template_of_class(CKO_PROFILE);
	CK_OBJECT_HANDLE found[64];
	CK_ULONG n = find(CKO_PROFILE, found);

	(void)state;
	assert_true(n > 0);
	for (CK_ULONG i = 0; i < n; i++)
		template_is_whole(found[i], &t);
	for (size_t i = 0; i < COUNT(none); i++)
		assert_int_equal(find(none[i], found), 0);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(both_halves_of_each_kind_of_key_have_all_that_is_theirs),
	    TEST(a_key_that_wants_the_pin_each_time_says_so),
	    TEST(a_secret_key_of_each_kind_has_all_that_is_its),
	    TEST(a_key_of_one_time_passwords_has_all_that_is_its),
	    TEST(each_data_object_has_all_that_is_its),
	    TEST(a_certificate_has_all_that_is_its),
	    TEST(a_profile_has_all_that_is_its_and_there_are_no_objects_of_other_classes),
	};

	return cmocka_run_group_tests_name("pkcs11_template", tests, p11_session_make, p11_session_end);
}
