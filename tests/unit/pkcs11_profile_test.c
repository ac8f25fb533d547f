/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Published conformance: the test cases of PKCS #11 Profiles v3.1 and v3.2, each a test of its name, with its
 * calls in their order and the answers it expects, over the interface that a program gets who asks for none.
 * And what the token says of profiles, as it becomes true and ceases to be.
 *
 * What a conforming provider may answer otherwise (Profiles v3.1, 3.1): texts, versions of library, slot and
 * token, handles, values of keys, the number and order of slots and mechanisms. Beside that this module
 * differs from the examples' answers:
 *   - cryptokiVersion is 3.2 in cases of 3.1 too, since that is what it implements;
 *   - flags say what is true here: a reader's slot is removable, tokens are hardware, and no operation's
 * state can be saved, so that nothing is said of keys for restoring one (CKF_RESTORE_KEY_NOT_NEEDED);
 *   - key sizes and PIN lengths are the card's; a limit of sessions, which the examples do not have;
 *   - on another vendor's card labels are those of its slots.
 */
#include "tests/lib/p11_foreign.h"
#include "tests/unit/pkcs11_token.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <stdlib.h>

static CK_FUNCTION_LIST_3_2_PTR p11;
static CK_SLOT_ID slot;

/* What differs with the card: another vendor's keeps no labels, shows what is in retired slots later, and has
 * a key for each certificate. */
static const struct kind {
	const char *pin, *public_label, *private_label, *first_label;
	CK_BYTE first_id, certificates;
	CK_ULONG keys; /* which come before them */
} ours = {USER_PIN, "testrsa-pub", "testrsa-pri", "Retired Key 1", 5, 5, 0},
  foreign = {P11_PIV_PIN, "PIV Authentication", "PIV Authentication", "PIV Authentication", 1, 4, 5};
static const struct kind *card = &ours;

static void call_initialize(void)
{
	CK_INTERFACE_PTR found;

	assert_int_equal(C_GetInterface(NULL, NULL, &found, 0), CKR_OK);
	p11 = found->pFunctionList;
	assert_int_equal(p11->C_Initialize(NULL), CKR_OK);
}

static void call_get_info(void)
{
	CK_INFO info;

	assert_int_equal(p11->C_GetInfo(&info), CKR_OK);
	assert_int_equal(info.cryptokiVersion.major, 3);
	assert_int_equal(info.cryptokiVersion.minor, 2);
	assert_int_equal(info.flags, 0);
	assert_int_equal(info.libraryDescription[sizeof(info.libraryDescription) - 1], ' ');
}

static void call_get_slot_list(void)
{
	CK_SLOT_ID slots[4];
	CK_ULONG n = 0;

	assert_int_equal(p11->C_GetSlotList(CK_TRUE, NULL, &n), CKR_OK);
	assert_in_range(n, 1, 4);
	assert_int_equal(p11->C_GetSlotList(CK_TRUE, slots, &n), CKR_OK);
	slot = slots[0];
}

static void call_get_slot_and_token_info(void)
{
	static const CK_FLAGS expected =
	    CKF_RNG | CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED | CKF_TOKEN_INITIALIZED;
	CK_SLOT_INFO info;
	CK_TOKEN_INFO token;

	assert_int_equal(p11->C_GetSlotInfo(slot, &info), CKR_OK);
	assert_true(info.flags & CKF_TOKEN_PRESENT);
	assert_int_equal(p11->C_GetTokenInfo(slot, &token), CKR_OK);
	assert_int_equal(token.flags & expected, expected);
	assert_int_equal(token.ulSessionCount, 0);
	assert_int_equal(token.ulRwSessionCount, 0);
	assert_true(token.ulMinPinLen >= 4 && token.ulMaxPinLen <= 255);
	assert_int_equal(token.label[sizeof(token.label) - 1], ' ');
}

static CK_SESSION_HANDLE call_open_session(CK_FLAGS flags)
{
	CK_SESSION_HANDLE handle;

	assert_int_equal(p11->C_OpenSession(slot, flags | CKF_SERIAL_SESSION, NULL, NULL, &handle), CKR_OK);
	return handle;
}

static void call_login(CK_SESSION_HANDLE handle)
{
	CK_UTF8CHAR pin[6];

	memcpy(pin, card->pin, sizeof(pin));
	assert_int_equal(p11->C_Login(handle, CKU_USER, pin, sizeof(pin)), CKR_OK);
}

/* C_FindObjectsInit with {CKA_TOKEN, true}, and so many objects of it, which are there. */
static void call_find_on_token(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE *objects, CK_ULONG count)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE template = {CKA_TOKEN, &yes, 1};
	CK_ULONG n = 0;

	assert_int_equal(p11->C_FindObjectsInit(handle, &template, 1), CKR_OK);
	assert_int_equal(p11->C_FindObjects(handle, objects, count, &n), CKR_OK);
	assert_int_equal(n, count);
}

static void call_close(CK_SESSION_HANDLE handle)
{
	assert_int_equal(p11->C_CloseSession(handle), CKR_OK);
	assert_int_equal(p11->C_CloseAllSessions(slot), CKR_OK);
	assert_int_equal(p11->C_Finalize(NULL), CKR_OK);
}

static void run_baseline(void **state)
{
	CK_SESSION_HANDLE handle;
	CK_OBJECT_HANDLE object;

	(void)state;
	call_initialize();
	call_get_info();
	call_get_slot_list();
	call_get_slot_and_token_info();
	handle = call_open_session(0);
	call_find_on_token(handle, &object, 1);
	assert_int_equal(p11->C_FindObjectsFinal(handle), CKR_OK);
	call_close(handle);
}

static CK_MECHANISM_INFO mechanism_info(CK_MECHANISM_TYPE type)
{
	CK_MECHANISM_INFO info;

	assert_int_equal(p11->C_GetMechanismInfo(slot, type, &info), CKR_OK);
	return info;
}

static bool in_list(const CK_MECHANISM_TYPE *list, CK_ULONG count, CK_MECHANISM_TYPE type)
{
	for (CK_ULONG i = 0; i < count; i++) {
		if (list[i] == type)
			return true;
	}
	return false;
}

static void call_get_mechanisms(void)
{
	static const CK_MECHANISM_TYPE wanted[] = {CKM_SHA512, CKM_RSA_PKCS_KEY_PAIR_GEN, CKM_RSA_PKCS};
	static const CK_FLAGS rsa = CKF_ENCRYPT | CKF_DECRYPT | CKF_SIGN | CKF_VERIFY | CKF_WRAP | CKF_UNWRAP;
	CK_MECHANISM_TYPE list[128];
	CK_MECHANISM_INFO info;
	CK_ULONG n = 0;

	assert_int_equal(p11->C_GetMechanismList(slot, NULL, &n), CKR_OK);
	assert_in_range(n, 3, 128);
	assert_int_equal(p11->C_GetMechanismList(slot, list, &n), CKR_OK);
	for (size_t i = 0; i < 3; i++)
		assert_true(in_list(list, n, wanted[i]));
	info = mechanism_info(CKM_SHA512);
	assert_int_equal(info.flags, CKF_DIGEST);
	assert_int_equal(info.ulMinKeySize, 0);
	assert_int_equal(info.ulMaxKeySize, 0);
	info = mechanism_info(CKM_RSA_PKCS_KEY_PAIR_GEN);
	assert_int_equal(info.flags & ~CKF_HW, CKF_GENERATE_KEY_PAIR);
	info = mechanism_info(CKM_RSA_PKCS);
	assert_int_equal(info.flags & rsa, rsa);
	assert_true(info.ulMinKeySize >= 512 && info.ulMaxKeySize <= 16384);
}

static void run_extended(void **state)
{
	CK_SESSION_HANDLE handle;
	CK_OBJECT_HANDLE object;

	(void)state;
	call_initialize();
	call_get_info();
	call_get_slot_list();
	call_get_slot_and_token_info();
	call_get_mechanisms();
	handle = call_open_session(CKF_RW_SESSION);
	call_login(handle);
	call_find_on_token(handle, &object, 1);
	assert_int_equal(p11->C_FindObjectsFinal(handle), CKR_OK);
	assert_int_equal(p11->C_Logout(handle), CKR_OK);
	call_close(handle);
}

/* The length first, then the value in as much room. */
static void call_get_attribute(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
			       struct cs_view expected)
{
	CK_BYTE value[CERTIFICATE_MAX];
	CK_ATTRIBUTE a = {type, NULL, 0};

	assert_int_equal(p11->C_GetAttributeValue(handle, object, &a, 1), CKR_OK);
	assert_int_equal(a.ulValueLen, expected.len);
	a.pValue = value;
	assert_int_equal(p11->C_GetAttributeValue(handle, object, &a, 1), CKR_OK);
	assert_true(cs_view_equal(cs_view(value, a.ulValueLen), expected));
}

/* The case's token has five objects at least, with the label of the first and the certificate in the second
 * known. */
static void run_certificates(void)
{
	CK_OBJECT_HANDLE objects[10], made;
	CK_SESSION_HANDLE handle;
	CK_BYTE second[CERTIFICATE_MAX];
	struct cs_view der;
	size_t second_len = 0;

	for (CK_BYTE i = 0; i < card->certificates; i++) {
		der = make_certificate("Root CA", CS_VIEW_EMPTY, true);
		assert_int_equal(write_certificate(der, (CK_BYTE)(card->first_id + i), &made), CKR_OK);
		if (i == 1) {
			memcpy(second, der.ptr, der.len);
			second_len = der.len;
		}
	}
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	call_initialize();
	call_get_info();
	call_get_slot_list();
	handle = call_open_session(0);
	call_find_on_token(handle, objects, card->keys + card->certificates);
	call_get_attribute(handle, objects[card->keys], CKA_LABEL, cs_view_string(card->first_label));
	call_get_attribute(handle, objects[card->keys + 1], CKA_VALUE, cs_view(second, second_len));
	assert_int_equal(p11->C_FindObjectsFinal(handle), CKR_OK);
	call_close(handle);
}

static void BL_M_1_31(void **state)
{
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	run_baseline(state);
}

static void EXT_M_1_31(void **state)
{
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	run_extended(state);
}

static void CERT_M_1_31(void **state)
{
	(void)state;
	run_certificates();
}

/* The case's token has an RSA key of 2048 bits with these labels. */
static void make_rsa(void)
{
	CK_ULONG bits = 2048;
	CK_UTF8CHAR public_label[32], private_label[32];
	CK_ATTRIBUTE public[] = {{CKA_MODULUS_BITS, &bits, sizeof(bits)},
				 {CKA_LABEL, public_label, strlen(card->public_label)}};
	CK_ATTRIBUTE private = {CKA_LABEL, private_label, strlen(card->private_label)};
	CK_OBJECT_HANDLE a, b;

	memcpy(public_label, card->public_label, strlen(card->public_label));
	memcpy(private_label, card->private_label, strlen(card->private_label));
	assert_int_equal(generate(CKM_RSA_PKCS_KEY_PAIR_GEN, public, 2, &private, 1, &a, &b), CKR_OK);
}

static CK_OBJECT_HANDLE call_find_key(CK_SESSION_HANDLE handle, CK_OBJECT_CLASS class, const char *label)
{
	CK_BBOOL yes = CK_TRUE;
	CK_UTF8CHAR text[32];
	CK_ATTRIBUTE template[] = {
	    {CKA_TOKEN, &yes, 1}, {CKA_LABEL, text, strlen(label)}, {CKA_CLASS, &class, sizeof(class)}};
	CK_OBJECT_HANDLE object;
	CK_ULONG n = 0;

	memcpy(text, label, strlen(label));
	assert_int_equal(p11->C_FindObjectsInit(handle, template, 3), CKR_OK);
	assert_int_equal(p11->C_FindObjects(handle, &object, 1, &n), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(p11->C_FindObjectsFinal(handle), CKR_OK);
	return object;
}

static EVP_PKEY *key_of(struct cs_view n, struct cs_view e)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *modulus = BN_bin2bn(n.ptr, (int)n.len, NULL), *exponent = BN_bin2bn(e.ptr, (int)e.len, NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params;

	assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus), 1);
	assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent), 1);
	params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_free(modulus);
	BN_free(exponent);
	return key;
}

/* What the case signs: a certification request's info (PKCS #10), of the case's names and the token's key. */
static size_t request_info(EVP_PKEY *key, unsigned char *out, size_t room)
{
	static const char *const names[][2] = {
	    {"C", "AU"}, {"O", "Organization"}, {"OU", "Organization Unit"}, {"CN", "Common Name"}};
	X509_REQ *request = X509_REQ_new();
	X509_NAME *subject = X509_NAME_new();
	int len;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(X509_NAME_add_entry_by_txt(subject, names[i][0], MBSTRING_ASC,
							    (const unsigned char *)names[i][1], -1, -1, 0),
				 1);
	assert_int_equal(X509_REQ_set_subject_name(request, subject), 1);
	assert_int_equal(X509_REQ_set_pubkey(request, key), 1);
	len = i2d_re_X509_REQ_tbs(request, NULL);
	assert_in_range(len, 1, room);
	assert_int_equal(i2d_re_X509_REQ_tbs(request, &out), len);
	X509_NAME_free(subject);
	X509_REQ_free(request);
	return (size_t)len;
}

/* Key and signature are the implementation's own; that one is of the other, OpenSSL says. */
static void check_signature(EVP_PKEY *key, struct cs_view data, struct cs_view signature)
{
	EVP_MD_CTX *verify = EVP_MD_CTX_new();

	assert_int_equal(EVP_DigestVerifyInit(verify, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestVerify(verify, signature.ptr, signature.len, data.ptr, data.len), 1);
	EVP_MD_CTX_free(verify);
}

static void run_authentication(void)
{
	CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
	CK_BYTE n[1024], e[1024], data[512], signature[256];
	CK_ATTRIBUTE numbers[] = {{CKA_MODULUS, n, sizeof(n)}, {CKA_PUBLIC_EXPONENT, e, sizeof(e)}};
	CK_ULONG len = sizeof(signature), data_len;
	CK_SESSION_HANDLE handle;
	CK_OBJECT_HANDLE key;
	EVP_PKEY *public;

	call_initialize();
	call_get_info();
	call_get_slot_list();
	handle = call_open_session(CKF_RW_SESSION);
	call_login(handle);
	key = call_find_key(handle, CKO_PUBLIC_KEY, card->public_label);
	assert_int_equal(p11->C_GetAttributeValue(handle, key, numbers, 2), CKR_OK);
	assert_int_equal(numbers[0].ulValueLen, 256);
	assert_int_equal(numbers[1].ulValueLen, 3);
	public = key_of(cs_view(n, 256), cs_view(e, 3));
	data_len = request_info(public, data, sizeof(data));
	assert_int_equal(data_len, 391); /* as in the case */
	key = call_find_key(handle, CKO_PRIVATE_KEY, card->private_label);
	assert_int_equal(p11->C_SignInit(handle, &mechanism, key), CKR_OK);
	assert_int_equal(p11->C_Sign(handle, data, data_len, signature, &len), CKR_OK);
	assert_int_equal(len, 256);
	check_signature(public, cs_view(data, data_len), cs_view(signature, len));
	EVP_PKEY_free(public);
	assert_int_equal(p11->C_Logout(handle), CKR_OK);
	call_close(handle);
}

static void AUTH_M_1_31(void **state)
{
	(void)state;
	make_rsa();
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	run_authentication();
}

static void AUTH_M_1_32(void **state)
{
	AUTH_M_1_31(state);
}

/* Those of v3.2 have the calls and answers of v3.1's, and the version that the module says. */
static void BL_M_1_32(void **state)
{
	BL_M_1_31(state);
}

static void EXT_M_1_32(void **state)
{
	EXT_M_1_31(state);
}

static void CERT_M_1_32(void **state)
{
	CERT_M_1_31(state);
}

/* ---- on another vendor's card ---- */

static int foreign_setup(void **state)
{
	(void)state;
	card = &foreign;
	if (setenv("XDG_CACHE_HOME", "/dev/null/none", 1) != 0 || !transport_card_make(CSGN_PROFILE_PIV))
		return -1;
	transport_card_make_plain();
	return p11_begin(&transport_card, &session) == CKR_OK && log_in(CKU_SO, P11_MANAGEMENT_KEY) == CKR_OK
		   ? 0
		   : -1;
}

static int foreign_teardown(void **state)
{
	card = &ours;
	return token_teardown(state);
}

static void BL_M_on_another_vendor_s_card(void **state)
{
	BL_M_1_31(state);
}

static void EXT_M_on_another_vendor_s_card(void **state)
{
	EXT_M_1_31(state);
}

static void AUTH_M_on_another_vendor_s_card(void **state)
{
	AUTH_M_1_31(state);
}

static void CERT_M_on_another_vendor_s_card(void **state)
{
	CERT_M_1_31(state);
}

/* ---- what the token says ---- */

static bool claims(CK_PROFILE_ID profile)
{
	CK_OBJECT_CLASS class = CKO_PROFILE;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_PROFILE_ID, &profile, sizeof(profile)}};
	CK_OBJECT_HANDLE found[32];
	CK_ULONG n = find_all(template, 2, found);

	if (n == 1)
		assert_int_equal(attribute_ulong(found[0], CKA_PROFILE_ID), profile);
	assert_in_range(n, 0, 1);
	return n == 1;
}

static void a_provider_is_baseline_and_extended_whatever_the_token(void **state)
{
	(void)state;
	assert_true(claims(CKP_BASELINE_PROVIDER));
	assert_true(claims(CKP_EXTENDED_PROVIDER));
	assert_false(claims(CKP_COMPLETE_PROVIDER));
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_true(claims(CKP_BASELINE_PROVIDER));
	assert_true(claims(CKP_EXTENDED_PROVIDER));
}

static void a_token_authenticates_while_it_has_a_key_and_a_user(void **state)
{
	CK_UTF8CHAR label[32], so[] = SO_PIN;
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_false(claims(CKP_AUTHENTICATION_TOKEN));
	key = make_p256(1);
	assert_true(claims(CKP_AUTHENTICATION_TOKEN));
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_true(claims(CKP_AUTHENTICATION_TOKEN));
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	assert_false(claims(CKP_AUTHENTICATION_TOKEN));
	assert_int_equal(C_CloseSession(session), CKR_OK);
	memset(label, ' ', sizeof(label));
	assert_int_equal(C_InitToken(0, so, 8, label), CKR_OK);
	begin_session(CKF_RW_SESSION);
	assert_false(claims(CKP_AUTHENTICATION_TOKEN));
}

static void certificates_are_public_while_each_is_beside_its_key(void **state)
{
	CK_OBJECT_HANDLE key, own, strange;
	CK_BYTE spki[256];
	CK_TOKEN_INFO info;
	struct cs_view view;

	(void)state;
	assert_true(claims(CKP_PUBLIC_CERTIFICATES_TOKEN)); /* all there are */
	key = make_p256(1);
	(void)make_p256(2);
	view = attribute(key, CKA_PUBLIC_KEY_INFO);
	memcpy(spki, view.ptr, view.len);
	view = make_certificate("Alice", cs_view(spki, view.len), false);
	assert_int_equal(write_certificate(view, 1, &own), CKR_OK);
	assert_true(attribute(own, CKA_VALUE).len > 0);
	assert_true(claims(CKP_PUBLIC_CERTIFICATES_TOKEN));
	assert_int_equal(write_certificate(view, 2, &strange), CKR_OK);
	assert_true(attribute(strange, CKA_VALUE).len > 0);
	assert_false(claims(CKP_PUBLIC_CERTIFICATES_TOKEN));
	/* Where the card has told of it, too. */
	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
	assert_false(claims(CKP_PUBLIC_CERTIFICATES_TOKEN));
	assert_int_equal(C_DestroyObject(session, strange), CKR_OK);
	assert_true(claims(CKP_PUBLIC_CERTIFICATES_TOKEN));
}

/* Another program may give a certificate to the PIN's holder alone. */
static void a_certificate_that_wants_the_pin_is_no_public_one(void **state)
{
	static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08};
	static const uint8_t verify[] = {0x00, 0x20, 0x00, 0x80, 0x08, '4', '8',
					 '2',  '9',  '1',  '3',	 0xFF, 0xFF};
	static const uint8_t hide[] = {0x80, 0x11, 0x00, 0x00, 0x0B, 0x92, 0x03, 0x5F,
				       0xC1, 0x05, 0xA1, 0x04, 0x82, 0x02, 0x00, 0x01};
	CK_OBJECT_HANDLE certificate, found[32];

	(void)state;
	assert_int_equal(write_certificate(make_certificate("Alice", CS_VIEW_EMPTY, false), 1, &certificate),
			 CKR_OK);
	assert_true(claims(CKP_PUBLIC_CERTIFICATES_TOKEN));
	assert_int_equal(transport_card_other(CS_VIEW_OF(select)), 0x9000);
	assert_int_equal(transport_card_other(CS_VIEW_OF(verify)), 0x9000);
	assert_int_equal(transport_card_other(CS_VIEW_OF(hide)), 0x9000);
	transport_card_other_resets();
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
	assert_int_equal(find_class(CKO_CERTIFICATE, found), 0);
	assert_false(claims(CKP_PUBLIC_CERTIFICATES_TOKEN));
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
	assert_int_equal(find_class(CKO_CERTIFICATE, found), 1);
	assert_int_equal(attribute_bool(found[0], CKA_PRIVATE), CK_TRUE);
	assert_true(attribute(found[0], CKA_VALUE).len > 0);
	assert_false(claims(CKP_PUBLIC_CERTIFICATES_TOKEN));
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(find_class(CKO_CERTIFICATE, found), 0);
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
	assert_int_equal(C_DestroyObject(session, certificate), CKR_OK);
	assert_true(claims(CKP_PUBLIC_CERTIFICATES_TOKEN));
}

#define TEST(name)    cmocka_unit_test_setup_teardown(name, token_setup, token_teardown)
#define FOREIGN(name) cmocka_unit_test_setup_teardown(name, foreign_setup, foreign_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(BL_M_1_31),
	    TEST(EXT_M_1_31),
	    TEST(AUTH_M_1_31),
	    TEST(CERT_M_1_31),
	    TEST(BL_M_1_32),
	    TEST(EXT_M_1_32),
	    TEST(AUTH_M_1_32),
	    TEST(CERT_M_1_32),
	    FOREIGN(BL_M_on_another_vendor_s_card),
	    FOREIGN(EXT_M_on_another_vendor_s_card),
	    FOREIGN(AUTH_M_on_another_vendor_s_card),
	    FOREIGN(CERT_M_on_another_vendor_s_card),
	    TEST(a_provider_is_baseline_and_extended_whatever_the_token),
	    TEST(a_token_authenticates_while_it_has_a_key_and_a_user),
	    TEST(certificates_are_public_while_each_is_beside_its_key),
	    TEST(a_certificate_that_wants_the_pin_is_no_public_one),
	};

	return cmocka_run_group_tests_name("pkcs11_profile", tests, NULL, NULL);
}
