/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What programs are known to ask of a module and no other test does: each named after the program that was
 * seen to. docs/COMPATIBILITY says which test holds what else.
 */
#include "tests/unit/pkcs11_token.h"

#include <pthread.h>

#include "cardclient/backend.h"

static CK_BYTE data[] = "data";

static CK_OBJECT_HANDLE make_rsa(void)
{
	CK_ULONG bits = 2048;
	CK_ATTRIBUTE public = {CKA_MODULUS_BITS, &bits, sizeof(bits)};
	CK_OBJECT_HANDLE a, b;

	assert_int_equal(generate(CKM_RSA_PKCS_KEY_PAIR_GEN, &public, 1, NULL, 0, &a, &b), CKR_OK);
	return b;
}

static CK_OBJECT_HANDLE public_half(CK_OBJECT_HANDLE private)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	struct cs_view id = attribute(private, CKA_ID);
	CK_BYTE bytes[64];
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_ID, bytes, id.len}};
	CK_OBJECT_HANDLE found[32];

	memcpy(bytes, id.ptr, id.len);
	assert_int_equal(find_all(template, 2, found), 1);
	return found[0];
}

static void firefox_signs_in_three_parts_with_pss(void **state)
{
	CK_RSA_PKCS_PSS_PARAMS params = {CKM_SHA256, CKG_MGF1_SHA256, 32};
	CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS_PSS, &params, sizeof(params)};
	CK_OBJECT_HANDLE key = make_rsa();
	CK_BYTE signature[256], whole[3 * sizeof(data)];
	CK_ULONG len = sizeof(signature);

	(void)state;
	assert_int_equal(C_SignInit(session, &mechanism, key), CKR_OK);
	for (size_t i = 0; i < 3; i++) {
		memcpy(whole + i * sizeof(data), data, sizeof(data));
		assert_int_equal(C_SignUpdate(session, data, sizeof(data)), CKR_OK);
	}
	assert_int_equal(C_SignFinal(session, signature, &len), CKR_OK);
	assert_int_equal(C_VerifyInit(session, &mechanism, public_half(key)), CKR_OK);
	assert_int_equal(C_Verify(session, whole, sizeof(whole), signature, len), CKR_OK);
}

static void java_asks_about_each_mechanism_that_is_listed(void **state)
{
	CK_MECHANISM_TYPE list[256];
	CK_MECHANISM_INFO info;
	CK_ULONG n = 256, signs = 0;

	(void)state;
	assert_int_equal(C_GetMechanismList(0, list, &n), CKR_OK);
	for (CK_ULONG i = 0; i < n; i++) {
		assert_int_equal(C_GetMechanismInfo(0, list[i], &info), CKR_OK);
		assert_true(info.ulMinKeySize <= info.ulMaxKeySize);
		for (CK_ULONG j = 0; j < i; j++)
			assert_int_not_equal(list[i], list[j]);
		/* pkcs11-tool says of a key whose mechanisms the card does not do: "Signatures: not
		 * implemented". */
		signs += (info.flags & (CKF_SIGN | CKF_HW)) == (CKF_SIGN | CKF_HW) ? 1 : 0;
	}
	assert_true(signs > 10);
	assert_int_equal(C_GetMechanismInfo(0, CKM_VENDOR_DEFINED | 0x7777, &info), CKR_MECHANISM_INVALID);
}

/* Java takes what is not done by hardware for what it had better do itself. */
static void what_the_card_does_is_said_to_be_done_by_hardware(void **state)
{
	static const struct {
		CK_MECHANISM_TYPE type;
		CK_FLAGS does;
	} rows[] = {
	    {CKM_RSA_PKCS, CKF_SIGN | CKF_DECRYPT},
	    {CKM_RSA_X_509, CKF_SIGN | CKF_DECRYPT},
	    {CKM_RSA_PKCS_OAEP, CKF_DECRYPT},
	    {CKM_RSA_PKCS_PSS, CKF_SIGN},
	    {CKM_SHA256_RSA_PKCS, CKF_SIGN},
	    {CKM_SHA512_RSA_PKCS_PSS, CKF_SIGN},
	    {CKM_ECDSA, CKF_SIGN},
	    {CKM_ECDSA_SHA384, CKF_SIGN},
	    {CKM_EDDSA, CKF_SIGN},
	    {CKM_ECDH1_DERIVE, CKF_DERIVE},
	    {CKM_ECDH1_COFACTOR_DERIVE, CKF_DERIVE},
	    {CKM_RSA_PKCS_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR},
	    {CKM_EC_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR},
	    {CKM_EC_EDWARDS_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR},
	    {CKM_EC_MONTGOMERY_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR},
	};
	CK_MECHANISM_INFO info;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(C_GetMechanismInfo(0, rows[i].type, &info), CKR_OK);
		assert_int_equal(info.flags & (rows[i].does | CKF_HW), rows[i].does | CKF_HW);
	}
}

static void assert_signs(CK_OBJECT_HANDLE key, CK_MECHANISM *m, CK_ULONG len)
{
	CK_BYTE text[64] = "what is signed", signature[256];
	CK_ULONG made = sizeof(signature);
	CK_OBJECT_HANDLE public = public_half(key);

	assert_int_equal(C_SignInit(session, m, key), CKR_OK);
	assert_int_equal(C_Sign(session, text, len, signature, &made), CKR_OK);
	assert_int_equal(C_VerifyInit(session, m, public), CKR_OK);
	assert_int_equal(C_Verify(session, text, len, signature, made), CKR_OK);
	text[0] ^= 1;
	assert_int_equal(C_VerifyInit(session, m, public), CKR_OK);
	assert_int_equal(C_Verify(session, text, len, signature, made), CKR_SIGNATURE_INVALID);
}

/* Those of SunPKCS11's Signature services that are made of one mechanism each, and NONEwithECDSA. */
static void java_has_its_signature_algorithms(void **state)
{
	static const struct {
		CK_MECHANISM_TYPE rsa, ecdsa, pss, hash;
		CK_RSA_PKCS_MGF_TYPE mgf;
		CK_ULONG len;
	} rows[] = {
	    {CKM_SHA1_RSA_PKCS, CKM_ECDSA_SHA1, CKM_SHA1_RSA_PKCS_PSS, CKM_SHA_1, CKG_MGF1_SHA1, 20},
	    {CKM_SHA224_RSA_PKCS, CKM_ECDSA_SHA224, CKM_SHA224_RSA_PKCS_PSS, CKM_SHA224, CKG_MGF1_SHA224, 28},
	    {CKM_SHA256_RSA_PKCS, CKM_ECDSA_SHA256, CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, 32},
	    {CKM_SHA384_RSA_PKCS, CKM_ECDSA_SHA384, CKM_SHA384_RSA_PKCS_PSS, CKM_SHA384, CKG_MGF1_SHA384, 48},
	    {CKM_SHA512_RSA_PKCS, CKM_ECDSA_SHA512, CKM_SHA512_RSA_PKCS_PSS, CKM_SHA512, CKG_MGF1_SHA512, 64},
	};
	CK_OBJECT_HANDLE rsa = make_rsa(), ec = make_p256(3);
	CK_MECHANISM plain = {CKM_ECDSA, NULL, 0}, raw = {CKM_RSA_PKCS, NULL, 0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CK_RSA_PKCS_PSS_PARAMS params = {rows[i].hash, rows[i].mgf, rows[i].len};
		CK_MECHANISM with_rsa = {rows[i].rsa, NULL, 0}, with_ecdsa = {rows[i].ecdsa, NULL, 0},
			     with_pss = {rows[i].pss, &params, sizeof(params)},
			     bare_pss = {CKM_RSA_PKCS_PSS, &params, sizeof(params)};

		assert_signs(rsa, &with_rsa, 40);
		assert_signs(rsa, &with_pss, 40);
		assert_signs(rsa, &bare_pss, rows[i].len);
		assert_signs(ec, &with_ecdsa, 40);
		assert_signs(ec, &plain, rows[i].len);
	}
	assert_signs(rsa, &raw, 51);
}

static void gnutls_asks_for_the_size_before_each_signature(void **state)
{
	CK_MECHANISM mechanism = {CKM_ECDSA_SHA256, NULL, 0};
	CK_OBJECT_HANDLE key = make_p256(1);
	CK_BYTE signature[64];
	unsigned before;

	(void)state;
	assert_int_equal(p11_sign(session, key, signature), CKR_OK);
	before = transport_card_commands();
	for (int i = 0; i < 3; i++) {
		CK_ULONG len = 0;

		assert_int_equal(C_SignInit(session, &mechanism, key), CKR_OK);
		assert_int_equal(C_Sign(session, data, sizeof(data), NULL, &len), CKR_OK);
		assert_int_equal(len, 64);
		len = 63; /* one byte less is not enough */
		assert_int_equal(C_Sign(session, data, sizeof(data), signature, &len), CKR_BUFFER_TOO_SMALL);
		assert_int_equal(len, 64);
		assert_int_equal(C_Sign(session, data, sizeof(data), signature, &len), CKR_OK);
	}
	assert_int_equal(transport_card_commands() - before, 3);
}

static void nothing_is_a_message_too(void **state)
{
	CK_MECHANISM mechanism = {CKM_ECDSA_SHA256, NULL, 0};
	CK_OBJECT_HANDLE key = make_p256(1);
	CK_BYTE signature[64];
	CK_ULONG len = sizeof(signature);

	(void)state;
	assert_int_equal(C_SignInit(session, &mechanism, key), CKR_OK);
	assert_int_equal(C_Sign(session, NULL, 0, signature, &len), CKR_OK);
	assert_int_equal(C_VerifyInit(session, &mechanism, public_half(key)), CKR_OK);
	assert_int_equal(C_Verify(session, NULL, 0, signature, len), CKR_OK);
}

static void libp11_asks_the_private_key_for_its_point(void **state)
{
	CK_OBJECT_HANDLE key = make_p256(1);
	CK_BYTE point[80];
	struct cs_view view = attribute(key, CKA_EC_POINT);

	(void)state;
	memcpy(point, view.ptr, view.len);
	assert_true(cs_view_equal(cs_view(point, view.len), attribute(public_half(key), CKA_EC_POINT)));
}

static CK_OBJECT_HANDLE found_by(CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	CK_OBJECT_HANDLE found[32];

	assert_int_equal(find_all(attributes, count, found), 1);
	return found[0];
}

static void libp11_finds_the_public_key_by_the_private_one_s_id(void **state)
{
	CK_OBJECT_HANDLE keys[] = {make_rsa(), make_p256(0), make_p256(0)};

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct cs_view info = attribute(keys[i], CKA_PUBLIC_KEY_INFO);
		CK_BYTE copy[512];

		assert_in_range(info.len, 1, sizeof(copy));
		memcpy(copy, info.ptr, info.len);
		assert_true(cs_view_equal(attribute(public_half(keys[i]), CKA_PUBLIC_KEY_INFO),
					  cs_view(copy, info.len)));
	}
}

static void keep(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, CK_BYTE *bytes, CK_ATTRIBUTE *out)
{
	struct cs_view value = attribute(object, type);

	memcpy(bytes, value.ptr, value.len);
	*out = (CK_ATTRIBUTE){type, bytes, value.len};
}

/* Before a login; and all of a slot by one CKA_ID. */
static void nss_finds_certificates_by_what_it_knows_of_them(void **state)
{
	CK_OBJECT_HANDLE key = make_p256(1), certificate, found[32];
	CK_BYTE bytes[6][CERTIFICATE_MAX];
	CK_OBJECT_CLASS class = CKO_CERTIFICATE, trust = 0xCE534353UL;
	CK_ATTRIBUTE a[6], of_class = {CKA_CLASS, &class, sizeof(class)},
			   unknown = {CKA_CLASS, &trust, sizeof(trust)};

	(void)state;
	assert_int_equal(
	    write_certificate(make_certificate("Alice", attribute(key, CKA_PUBLIC_KEY_INFO), false), 0,
			      &certificate),
	    CKR_OK);
	assert_int_equal(write_certificate(make_certificate("Root", CS_VIEW_EMPTY, true), 0, &found[0]),
			 CKR_OK);
	keep(certificate, CKA_ISSUER, bytes[0], &a[0]);
	keep(certificate, CKA_SERIAL_NUMBER, bytes[1], &a[1]);
	keep(certificate, CKA_SUBJECT, bytes[2], &a[2]);
	keep(certificate, CKA_VALUE, bytes[3], &a[3]);
	keep(certificate, CKA_LABEL, bytes[4], &a[4]);
	keep(certificate, CKA_ID, bytes[5], &a[5]);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(found_by(a, 2), certificate);
	assert_int_equal(found_by(&a[3], 1), certificate);
	for (size_t i = 2; i < 6; i++) {
		CK_ATTRIBUTE both[] = {of_class, a[i]};

		assert_int_equal(found_by(both, 2), certificate);
	}
	class = CKO_PUBLIC_KEY;
	assert_true(
	    cs_view_equal(attribute(found_by(&of_class, 1), CKA_ID), cs_view(bytes[5], a[5].ulValueLen)));
	assert_int_equal(find_all(&unknown, 1, found), 0);
}

/* ---- what is held while a person thinks ---- */

static int depth;

static enum cs_err counted_begin(void *link)
{
	enum cs_err err = transport_card.begin(link);

	depth += err == CS_OK ? 1 : 0;
	return err;
}

static void counted_end(void *link)
{
	depth--;
	transport_card.end(link);
}

static void *ask_from_another_thread(void *arg)
{
	CK_SESSION_INFO info;

	*(CK_RV *)arg = C_GetSessionInfo(session, &info);
	return NULL;
}

/* Chromium shows its second dialog there; another program has the card meanwhile, and another thread the
 * module. */
static void between_sign_init_and_sign_nothing_is_held(void **state)
{
	static struct cc_backend counted;
	static const uint8_t select_oath[] = {0x00, 0xA4, 0x04, 0x00, 0x07, 0xA0,
					      0x00, 0x00, 0x05, 0x27, 0x21, 0x01};
	CK_MECHANISM mechanism = {CKM_ECDSA_SHA256, NULL, 0};
	CK_OBJECT_HANDLE key = make_p256(2);
	CK_BYTE signature[64];
	CK_ULONG len = sizeof(signature);
	CK_RV rv = CKR_GENERAL_ERROR;
	pthread_t thread;

	(void)state;
	counted = transport_card;
	counted.begin = counted_begin;
	counted.end = counted_end;
	depth = 0;
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&counted, &session), CKR_OK);
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
	key = fetch_anew(key);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(C_SignInit(session, &mechanism, key), CKR_OK);
		assert_int_equal(depth, 0);
		assert_int_equal(pthread_create(&thread, NULL, ask_from_another_thread, &rv), 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_int_equal(rv, CKR_OK);
		assert_int_equal(transport_card_other(CS_VIEW_OF(select_oath)) & 0xF000, 0x9000 & 0xF000);
		assert_int_equal(log_in(CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OK);
		assert_int_equal(C_Sign(session, data, sizeof(data), signature, &len), CKR_OK);
		assert_int_equal(depth, 0);
	}
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

/* Cryptenroll gives up at the first token that it cannot open. */
static CK_RV sign_with(CK_OBJECT_HANDLE key)
{
	CK_BYTE signature[64];

	return p11_sign(session, key, signature);
}

/* Firefox, ssh, Java, systemd-cryptenroll, wpa_supplicant and pam_p11 log in once, look around, use other
 * keys, and sign then: the login waits for that one use. */
static void what_comes_between_a_login_and_a_signature_uses_up_no_pin(void **state)
{
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE params[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07}, random[16];
	CK_ATTRIBUTE curve = {CKA_EC_PARAMS, params, sizeof(params)},
		     each = {CKA_ALWAYS_AUTHENTICATE, &yes, 1};
	CK_OBJECT_HANDLE once = make_p256(1), always, public, certificate, found[32];
	CK_SESSION_HANDLE second;

	(void)state;
	assert_int_equal(generate(CKM_EC_KEY_PAIR_GEN, &curve, 1, &each, 1, &public, &always), CKR_OK);
	assert_int_equal(
	    write_certificate(make_certificate("Ada", attribute(public, CKA_PUBLIC_KEY_INFO), false), 0,
			      &certificate),
	    CKR_OK);
	/* What was made was made under this login: a new one, of a process that begins. */
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
	assert_true(find_class(CK_UNAVAILABLE_INFORMATION, found) > 4);
	once = fetch_anew(once);
	always = fetch_anew(always);
	assert_true(attribute(fetch_anew(certificate), CKA_VALUE).len > 0);
	assert_int_equal(C_GenerateRandom(session, random, sizeof(random)), CKR_OK);
	assert_int_equal(sign_with(once), CKR_OK);
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &second), CKR_OK);
	assert_int_equal(C_CloseSession(second), CKR_OK);
	assert_int_equal(sign_with(always), CKR_OK);
	assert_int_equal(sign_with(always), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(sign_with(once), CKR_OK);
	assert_int_equal(attribute_bool(always, CKA_ALWAYS_AUTHENTICATE), CK_TRUE);
}

static void a_token_that_is_not_initialised_has_sessions(void **state)
{
	CK_TOKEN_INFO info;
	CK_OBJECT_HANDLE found[32];

	(void)state;
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_true(transport_card_make(CSGN_PROFILE_COUNTERSIGN));
	assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
	assert_false(info.flags & CKF_TOKEN_INITIALIZED);
	assert_int_equal(find_class(CKO_PRIVATE_KEY, found), 0);
	assert_int_equal(C_CloseSession(session), CKR_OK);
}

static void retired_keys_are_as_good_as_others(void **state)
{
	(void)state;
	(void)make_p256(24);
	assert_int_equal(p11_sign_by(session, 24), CKR_OK);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
	assert_int_equal(p11_sign_by(session, 24), CKR_OK);
}

static void old_functions_say_that_they_are(void **state)
{
	CK_BYTE seed[8] = {0};
	CK_SESSION_INFO info;

	(void)state;
	assert_int_equal(C_GetFunctionStatus(session), CKR_FUNCTION_NOT_PARALLEL);
	assert_int_equal(C_CancelFunction(session), CKR_FUNCTION_NOT_PARALLEL);
	assert_int_equal(C_SeedRandom(session, seed, sizeof(seed)), CKR_RANDOM_SEED_NOT_SUPPORTED);
	assert_int_equal(C_GetSessionInfo(0, &info), CKR_SESSION_HANDLE_INVALID);
	assert_int_equal(C_GetSessionInfo(session + 1, &info), CKR_SESSION_HANDLE_INVALID);
	assert_int_equal(C_GetSessionInfo(~0UL, &info), CKR_SESSION_HANDLE_INVALID);
}

static void random_bytes_are_as_many_as_were_asked_for_and_others_each_time(void **state)
{
	CK_BYTE first[65] = {0}, second[64] = {0}, none[64] = {0};

	(void)state;
	assert_int_equal(C_GenerateRandom(session, first, 64), CKR_OK);
	assert_int_equal(C_GenerateRandom(session, second, 64), CKR_OK);
	assert_memory_not_equal(first, none, 64);
	assert_memory_not_equal(first, second, 64);
	assert_int_equal(first[64], 0);
	assert_int_equal(C_GenerateRandom(session, first, 0), CKR_OK);
}

/* No token of ours is validated, so nothing was done by the rules of a validation. */
static void no_operation_was_a_validated_one(void **state)
{
	CK_FLAGS flags = ~0UL;

	(void)state;
	assert_int_equal(C_GetSessionValidationFlags(session, CKS_LAST_VALIDATION_OK, &flags), CKR_OK);
	assert_int_equal(flags, 0);
	assert_int_equal(C_GetSessionValidationFlags(session, CKS_LAST_VALIDATION_OK + 1, &flags),
			 CKR_ARGUMENTS_BAD);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, token_setup, token_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(firefox_signs_in_three_parts_with_pss),
	    TEST(java_asks_about_each_mechanism_that_is_listed),
	    TEST(what_the_card_does_is_said_to_be_done_by_hardware),
	    TEST(java_has_its_signature_algorithms),
	    TEST(gnutls_asks_for_the_size_before_each_signature),
	    TEST(nothing_is_a_message_too),
	    TEST(libp11_asks_the_private_key_for_its_point),
	    TEST(libp11_finds_the_public_key_by_the_private_one_s_id),
	    TEST(nss_finds_certificates_by_what_it_knows_of_them),
	    TEST(between_sign_init_and_sign_nothing_is_held),
	    TEST(what_comes_between_a_login_and_a_signature_uses_up_no_pin),
	    TEST(a_token_that_is_not_initialised_has_sessions),
	    TEST(retired_keys_are_as_good_as_others),
	    TEST(old_functions_say_that_they_are),
	    TEST(random_bytes_are_as_many_as_were_asked_for_and_others_each_time),
	    TEST(no_operation_was_a_validated_one),
	};

	return cmocka_run_group_tests_name("pkcs11_compat", tests, NULL, NULL);
}
