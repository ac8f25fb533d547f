/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A session of the module, step by step: all that sends commands to a card.
 */
#include "tests/fuzz/p11_session.h"

#include <stdlib.h>
#include <string.h>

#include "pkcs11/pkcs11_countersign.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/p11_session_parts.h"
#include "tests/lib/p11_foreign.h"
#include "tests/lib/p11_token.h"

#define OBJECTS_MAX 64u
#define VALUE_MAX   9000u
#define USED_MAX    12u /* objects that a step uses */

static CK_SESSION_HANDLE session;
static CK_OBJECT_HANDLE objects[OBJECTS_MAX];
static CK_ULONG object_count;

CK_RV p11_session_checked(CK_RV rv)
{
	FUZZ_REQUIRE(rv != CKR_GENERAL_ERROR && rv != CKR_ARGUMENTS_BAD && rv != CKR_HOST_MEMORY);
	return rv;
}

#define checked p11_session_checked

static void look_at_token(void)
{
	CK_MECHANISM_TYPE mechanisms[256];
	CK_MECHANISM_INFO mechanism;
	CK_TOKEN_INFO info;
	CK_ULONG n = 256;

	(void)checked(C_GetTokenInfo(0, &info));
	if (checked(C_GetMechanismList(0, mechanisms, &n)) != CKR_OK)
		return;
	FUZZ_REQUIRE(n <= 256);
	for (CK_ULONG i = 0; i < n; i++)
		(void)checked(C_GetMechanismInfo(0, mechanisms[i], &mechanism));
}

static void find_objects(void)
{
	object_count = 0;
	if (checked(C_FindObjectsInit(session, NULL, 0)) != CKR_OK)
		return;
	(void)checked(C_FindObjects(session, objects, OBJECTS_MAX, &object_count));
	FUZZ_REQUIRE(object_count <= OBJECTS_MAX);
	(void)checked(C_FindObjectsFinal(session));
}

static void find_certificates(void)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_BYTE subject[] = {0x30, 0x00};
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_SUBJECT, subject, sizeof(subject)}};

	if (checked(C_FindObjectsInit(session, template, 2)) == CKR_OK)
		(void)checked(C_FindObjectsFinal(session));
}

static void read_objects(void)
{
	static const CK_ATTRIBUTE_TYPE types[] = {CKA_CLASS,
						  CKA_LABEL,
						  CKA_ID,
						  CKA_VALUE,
						  CKA_SUBJECT,
						  CKA_ISSUER,
						  CKA_SERIAL_NUMBER,
						  CKA_START_DATE,
						  CKA_MODULUS,
						  CKA_EC_PARAMS,
						  CKA_EC_POINT,
						  CKA_PUBLIC_KEY_INFO,
						  CKA_KEY_TYPE,
						  CKA_UNIQUE_ID,
						  CKA_APPLICATION,
						  CKA_ALLOWED_MECHANISMS};
	static CK_BYTE value[VALUE_MAX];

	for (CK_ULONG i = 0; i < object_count; i++) {
		for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++) {
			CK_ATTRIBUTE a = {types[k], value, sizeof(value)};
			CK_RV rv = checked(C_GetAttributeValue(session, objects[i], &a, 1));

			FUZZ_REQUIRE(rv != CKR_OK || a.ulValueLen <= sizeof(value));
		}
	}
}

static void log_in(void)
{
	(void)checked(p11_login(session, CKU_USER, P11_USER_PIN));
}

static void log_out(void)
{
	(void)checked(C_Logout(session));
}

static void sign_with(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type)
{
	CK_MECHANISM m = {type, NULL, 0};
	CK_BYTE data[32] = {1}, *out = malloc(1024);
	CK_ULONG len = 1024;

	FUZZ_REQUIRE(out != NULL);
	if (checked(C_SignInit(session, &m, key)) == CKR_OK &&
	    checked(C_Sign(session, data, sizeof(data), out, &len)) == CKR_OK)
		FUZZ_REQUIRE(len <= 1024);
	free(out);
}

static void decrypt_with(CK_OBJECT_HANDLE key)
{
	CK_MECHANISM m = {CKM_RSA_PKCS, NULL, 0};
	CK_BYTE data[256] = {1}, out[512];
	CK_ULONG len = sizeof(out);

	if (checked(C_DecryptInit(session, &m, key)) == CKR_OK &&
	    checked(C_Decrypt(session, data, sizeof(data), out, &len)) == CKR_OK)
		FUZZ_REQUIRE(len <= sizeof(out));
}

static void derive_with(CK_OBJECT_HANDLE key)
{
	/* The generator of P-256. */
	static CK_BYTE point[65] = {0x04, 0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC,
				    0xE6, 0xE5, 0x63, 0xA4, 0x40, 0xF2, 0x77, 0x03, 0x7D, 0x81, 0x2D,
				    0xEB, 0x33, 0xA0, 0xF4, 0xA1, 0x39, 0x45, 0xD8, 0x98, 0xC2, 0x96,
				    0x4F, 0xE3, 0x42, 0xE2, 0xFE, 0x1A, 0x7F, 0x9B, 0x8E, 0xE7, 0xEB,
				    0x4A, 0x7C, 0x0F, 0x9E, 0x16, 0x2B, 0xCE, 0x33, 0x57, 0x6B, 0x31,
				    0x5E, 0xCE, 0xCB, 0xB6, 0x40, 0x68, 0x37, 0xBF, 0x51, 0xF5};
	CK_ECDH1_DERIVE_PARAMS params = {CKD_NULL, 0, NULL, sizeof(point), point};
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}};
	CK_MECHANISM m = {CKM_ECDH1_DERIVE, &params, sizeof(params)};
	CK_OBJECT_HANDLE made;

	(void)checked(C_DeriveKey(session, &m, key, a, 2, &made));
}

static void use_keys(void)
{
	for (CK_ULONG i = 0; i < object_count && i < USED_MAX; i++) {
		CK_OBJECT_CLASS class = CKO_DATA;
		CK_ATTRIBUTE a = {CKA_CLASS, &class, sizeof(class)};

		if (C_GetAttributeValue(session, objects[i], &a, 1) != CKR_OK || class != CKO_PRIVATE_KEY)
			continue;
		sign_with(objects[i], CKM_ECDSA_SHA256);
		sign_with(objects[i], CKM_SHA256_RSA_PKCS);
		sign_with(objects[i], CKM_EDDSA);
		decrypt_with(objects[i]);
		derive_with(objects[i]);
	}
}

static void write_objects(void)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE value[300] = {1};
	CK_ATTRIBUTE a[] = {
	    {CKA_CLASS, &class, sizeof(class)}, {CKA_TOKEN, &yes, 1}, {CKA_VALUE, value, sizeof(value)}};
	CK_OBJECT_HANDLE made;

	if (checked(C_CreateObject(session, a, 3, &made)) == CKR_OK)
		(void)checked(C_DestroyObject(session, made));
	(void)checked(p11_generate(session, 7, &made));
}

/* ---- secret keys, one-time passwords, keys that come ---- */

static CK_BBOOL yes = CK_TRUE;
static CK_BYTE iv[16] = {1}, nonce[12] = {2}, seed[] = "12345678901234567890";

static CK_ULONG class_of(CK_OBJECT_HANDLE object)
{
	CK_OBJECT_CLASS class = CK_UNAVAILABLE_INFORMATION;
	CK_ATTRIBUTE a = {CKA_CLASS, &class, sizeof(class)};

	return C_GetAttributeValue(session, object, &a, 1) == CKR_OK ? class : CK_UNAVAILABLE_INFORMATION;
}

static CK_RV bring_secret(CK_KEY_TYPE type, CK_BBOOL token, CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_BYTE value[32] = {1};
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &token, 1},
			    {CKA_VALUE, value, sizeof(value)}};

	return checked(C_CreateObject(session, a, 4, key));
}

static void bring_password(CK_KEY_TYPE type)
{
	CK_OBJECT_CLASS class = CKO_OTP_KEY;
	CK_UTF8CHAR label[] = "brought";
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_LABEL, label, 7},
			    {CKA_VALUE, seed, sizeof(seed) - 1}};
	CK_OBJECT_HANDLE made;

	/* No two have one name. */
	label[0] = type == CKK_HOTP ? 'h' : 't';
	(void)checked(C_CreateObject(session, a, 5, &made));
}

static void bring_private(void)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BYTE params[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07}, id[] = "brought";
	CK_BYTE scalar[32] = {1};
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_ID, id, sizeof(id)},
			    {CKA_EC_PARAMS, params, sizeof(params)},
			    {CKA_VALUE, scalar, sizeof(scalar)}};
	CK_OBJECT_HANDLE made;

	(void)checked(C_CreateObject(session, a, 6, &made));
}

static void bring_keys(void)
{
	CK_OBJECT_HANDLE made;

	(void)bring_secret(CKK_AES, CK_TRUE, &made);
	(void)bring_secret(CKK_SHA256_HMAC, CK_TRUE, &made);
	bring_password(CKK_HOTP);
	bring_password(CKK_COUNTERSIGN_TOTP);
	bring_private();
}

static void generate_pair(CK_MECHANISM_TYPE type, CK_ATTRIBUTE_TYPE kind, CK_ULONG value)
{
	CK_UTF8CHAR label[] = "made";
	CK_BYTE id[] = "an ID";
	CK_MECHANISM m = {type, NULL, 0};
	CK_ATTRIBUTE public = {kind, &value, sizeof(value)};
	CK_ATTRIBUTE private[] = {
	    {CKA_TOKEN, &yes, 1}, {CKA_LABEL, label, sizeof(label) - 1}, {CKA_ID, id, sizeof(id)}};
	CK_OBJECT_HANDLE a, b;

	(void)checked(C_GenerateKeyPair(session, &m, &public, 1, private, 3, &a, &b));
}

static void generate_keys(void)
{
	static const CK_MECHANISM_TYPE types[] = {CKM_AES_KEY_GEN, CKM_SHA256_KEY_GEN, CKM_HOTP_KEY_GEN,
						  CKM_COUNTERSIGN_TOTP_KEY_GEN};
	CK_ULONG len = 32;
	CK_UTF8CHAR label[] = "made";
	CK_ATTRIBUTE a[] = {
	    {CKA_TOKEN, &yes, 1}, {CKA_LABEL, label, sizeof(label) - 1}, {CKA_VALUE_LEN, &len, sizeof(len)}};
	CK_OBJECT_HANDLE made;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		CK_MECHANISM m = {types[i], NULL, 0};

		label[0] = (CK_UTF8CHAR)('a' + i);
		(void)checked(C_GenerateKey(session, &m, a, i == 0 ? 3 : 2, &made));
	}
	generate_pair(CKM_RSA_PKCS_KEY_PAIR_GEN, CKA_MODULUS_BITS, 2048);
	generate_pair(CKM_ML_KEM_KEY_PAIR_GEN, CKA_PARAMETER_SET, CKP_ML_KEM_768);
	generate_pair(CKM_ML_DSA_KEY_PAIR_GEN, CKA_PARAMETER_SET, CKP_ML_DSA_44);
}

/* Both ways; what comes out fits into what was said to be there. */
static void crypt_with(CK_OBJECT_HANDLE key, CK_MECHANISM *m)
{
	CK_BYTE data[48] = {1}, out[80];
	CK_ULONG len = sizeof(out), rest;

	if (checked(C_EncryptInit(session, m, key)) == CKR_OK &&
	    checked(C_Encrypt(session, data, sizeof(data), out, &len)) == CKR_OK)
		FUZZ_REQUIRE(len <= sizeof(out));
	len = sizeof(out);
	if (checked(C_DecryptInit(session, m, key)) == CKR_OK &&
	    checked(C_DecryptUpdate(session, data, sizeof(data), out, &len)) == CKR_OK) {
		FUZZ_REQUIRE(len <= sizeof(data));
		rest = sizeof(out) - len;
		(void)checked(C_DecryptFinal(session, out + len, &rest));
	}
	(void)C_SessionCancel(session, CKF_ENCRYPT | CKF_DECRYPT);
}

static void messages_with(CK_OBJECT_HANDLE key)
{
	CK_BYTE tag[16] = {0}, data[40] = {1}, out[40];
	CK_GCM_MESSAGE_PARAMS p = {nonce, sizeof(nonce), 0, CKG_GENERATE, tag, 128};
	CK_MECHANISM m = {CKM_AES_GCM, NULL, 0};
	CK_ULONG len = sizeof(out);

	if (checked(C_MessageEncryptInit(session, &m, key)) == CKR_OK)
		(void)checked(C_EncryptMessage(session, &p, sizeof(p), iv, 5, data, sizeof(data), out, &len));
	len = sizeof(out);
	if (checked(C_MessageDecryptInit(session, &m, key)) == CKR_OK)
		(void)checked(C_DecryptMessage(session, &p, sizeof(p), iv, 5, data, sizeof(data), out, &len));
	FUZZ_REQUIRE(len <= sizeof(out));
	(void)C_SessionCancel(session, CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT);
}

static void mac_with(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type)
{
	CK_MECHANISM m = {type, NULL, 0};
	CK_BYTE data[32] = {1}, mac[32] = {0};

	sign_with(key, type);
	if (checked(C_VerifyInit(session, &m, key)) == CKR_OK)
		(void)checked(C_Verify(session, data, sizeof(data), mac, type == CKM_SHA256_HMAC ? 32 : 16));
}

static void use_secrets(void)
{
	CK_GCM_PARAMS gcm = {nonce, sizeof(nonce), 96, iv, sizeof(iv), 128};
	CK_AES_CTR_PARAMS ctr = {32, {0}};
	CK_MECHANISM mechanisms[] = {{CKM_AES_ECB, NULL, 0},
				     {CKM_AES_CBC, iv, sizeof(iv)},
				     {CKM_AES_CBC_PAD, iv, sizeof(iv)},
				     {CKM_AES_CTR, &ctr, sizeof(ctr)},
				     {CKM_AES_GCM, &gcm, sizeof(gcm)}};

	for (CK_ULONG i = 0, used = 0; i < object_count && used < USED_MAX; i++) {
		if (class_of(objects[i]) != CKO_SECRET_KEY)
			continue;
		used++;
		for (size_t k = 0; k < sizeof(mechanisms) / sizeof(mechanisms[0]); k++)
			crypt_with(objects[i], &mechanisms[k]);
		messages_with(objects[i]);
		mac_with(objects[i], CKM_SHA256_HMAC);
		mac_with(objects[i], CKM_AES_CMAC);
	}
}

static void password_with(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type)
{
	CK_BYTE question[] = "12345678", code[] = "755224", counter[8] = {0};
	CK_ULONG length = 6, len = 1024;
	CK_OTP_PARAM asked = {CK_OTP_CHALLENGE, question, 8},
		     given[] = {{CK_OTP_COUNTER, counter, sizeof(counter)},
				{CK_OTP_OUTPUT_LENGTH, &length, sizeof(length)}};
	CK_OTP_PARAMS signs = {&asked, type == CKM_COUNTERSIGN_OCRA ? 1 : 0}, verifies = {given, 2};
	CK_MECHANISM m = {type, &signs, sizeof(signs)};
	CK_BYTE *out = malloc(len);

	FUZZ_REQUIRE(out != NULL);
	if (checked(C_SignInit(session, &m, key)) == CKR_OK &&
	    checked(C_Sign(session, NULL, 0, out, &len)) == CKR_OK)
		FUZZ_REQUIRE(len <= 1024);
	free(out);
	m.pParameter = &verifies;
	if (checked(C_VerifyInit(session, &m, key)) == CKR_OK)
		(void)checked(C_Verify(session, NULL, 0, code, 6));
	(void)C_SessionCancel(session, CKF_SIGN | CKF_VERIFY);
}

static void use_passwords(void)
{
	for (CK_ULONG i = 0, used = 0; i < object_count && used < USED_MAX; i++) {
		if (class_of(objects[i]) != CKO_OTP_KEY)
			continue;
		used++;
		password_with(objects[i], CKM_HOTP);
		password_with(objects[i], CKM_COUNTERSIGN_TOTP);
		password_with(objects[i], CKM_COUNTERSIGN_OCRA);
	}
}

static void encapsulate_with(CK_OBJECT_HANDLE key)
{
	static CK_BYTE text[1568];
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}};
	CK_MECHANISM m = {CKM_ML_KEM, NULL, 0};
	CK_ULONG len = sizeof(text);
	CK_OBJECT_HANDLE made;

	(void)checked(C_EncapsulateKey(session, &m, key, a, 2, text, &len, &made));
	(void)checked(C_DecapsulateKey(session, &m, key, a, 2, text, 1088, &made));
}

static void use_kem(void)
{
	for (CK_ULONG i = 0, used = 0; i < object_count && used < USED_MAX; i++) {
		if (class_of(objects[i]) != CKO_PUBLIC_KEY && class_of(objects[i]) != CKO_PRIVATE_KEY)
			continue;
		used++;
		encapsulate_with(objects[i]);
	}
}

/* Of a private key of P-256 (PKCS #8), sealed by a key of the session; and of whatever it is, by each key. */
static void unwrap_keys(void)
{
	CK_BYTE plain[67] = {0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
			     0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03,
			     0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20, 7};
	CK_BYTE sealed[256];
	CK_ULONG len = sizeof(sealed);
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY, secret = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_ATTRIBUTE private[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_TOKEN, &yes, 1}},
		     other[] = {{CKA_CLASS, &secret, sizeof(secret)}, {CKA_KEY_TYPE, &type, sizeof(type)}};
	CK_MECHANISM m = {CKM_AES_CBC_PAD, iv, sizeof(iv)}, rsa = {CKM_RSA_PKCS, NULL, 0};
	CK_OBJECT_HANDLE kek, made;

	if (bring_secret(CKK_AES, CK_FALSE, &kek) != CKR_OK || C_EncryptInit(session, &m, kek) != CKR_OK ||
	    C_Encrypt(session, plain, sizeof(plain), sealed, &len) != CKR_OK)
		return;
	(void)checked(C_UnwrapKey(session, &m, kek, sealed, len, private, 2, &made));
	for (CK_ULONG i = 0, used = 0; i < object_count && used < USED_MAX; i++) {
		if (class_of(objects[i]) != CKO_SECRET_KEY && class_of(objects[i]) != CKO_PRIVATE_KEY)
			continue;
		used++;
		(void)checked(C_UnwrapKey(session, &m, objects[i], sealed, len, private, 2, &made));
		(void)checked(C_UnwrapKey(session, &rsa, objects[i], sealed, 256, other, 2, &made));
		len = sizeof(sealed);
		(void)checked(C_WrapKey(session, &m, objects[i], kek, sealed, &len));
		len = 80;
	}
}

static void change_objects(void)
{
	CK_UTF8CHAR label[] = "changed";
	CK_BYTE id[] = "changed too";
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE changes[] = {
	    {CKA_LABEL, label, sizeof(label) - 1}, {CKA_ID, id, sizeof(id)}, {CKA_DERIVE, &no, 1}};
	CK_OBJECT_HANDLE made;

	for (CK_ULONG i = 0; i < object_count && i < USED_MAX; i++) {
		for (size_t k = 0; k < sizeof(changes) / sizeof(changes[0]); k++)
			(void)checked(C_SetAttributeValue(session, objects[i], &changes[k], 1));
		(void)checked(C_CopyObject(session, objects[i], changes, 1, &made));
	}
}

/* ---- signatures that bring their data, keys that are sealed with what belongs to them ---- */

static void recover_with(CK_OBJECT_HANDLE key, CK_OBJECT_CLASS class)
{
	CK_MECHANISM m = {CKM_RSA_PKCS, NULL, 0};
	CK_BYTE data[256] = {1}, *out = malloc(600);
	CK_ULONG len = 600;

	FUZZ_REQUIRE(out != NULL);
	if (class == CKO_PRIVATE_KEY && checked(C_SignRecoverInit(session, &m, key)) == CKR_OK &&
	    checked(C_SignRecover(session, data, 32, out, &len)) == CKR_OK)
		FUZZ_REQUIRE(len <= 600);
	len = 600;
	if (class == CKO_PUBLIC_KEY && checked(C_VerifyRecoverInit(session, &m, key)) == CKR_OK &&
	    checked(C_VerifyRecover(session, data, sizeof(data), out, &len)) == CKR_OK)
		FUZZ_REQUIRE(len <= 600);
	free(out);
	(void)C_SessionCancel(session, CKF_SIGN_RECOVER | CKF_VERIFY_RECOVER);
}

static void recover_keys(void)
{
	for (CK_ULONG i = 0; i < object_count && i < 2 * USED_MAX; i++)
		recover_with(objects[i], class_of(objects[i]));
}

static void seal_with(CK_OBJECT_HANDLE key, CK_OBJECT_HANDLE leaves)
{
	CK_BYTE tag[16] = {0}, *out = malloc(64);
	CK_GCM_MESSAGE_PARAMS p = {nonce, sizeof(nonce), 0, CKG_NO_GENERATE, tag, 128};
	CK_MECHANISM m = {CKM_AES_GCM, &p, sizeof(p)};
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ATTRIBUTE a = {CKA_KEY_TYPE, &type, sizeof(type)};
	CK_ULONG len = 64;
	CK_OBJECT_HANDLE made;

	FUZZ_REQUIRE(out != NULL);
	if (checked(C_WrapKeyAuthenticated(session, &m, key, leaves, iv, 5, out, &len)) == CKR_OK)
		FUZZ_REQUIRE(len <= 64);
	else
		memset(out, 1, 64);
	(void)checked(C_UnwrapKeyAuthenticated(session, &m, key, out, 32, &a, 1, iv, 5, &made));
	free(out);
}

static void seal_keys(void)
{
	CK_OBJECT_HANDLE leaves;

	if (bring_secret(CKK_AES, CK_FALSE, &leaves) != CKR_OK)
		return;
	for (CK_ULONG i = 0, used = 0; i < object_count && used < USED_MAX; i++) {
		if (class_of(objects[i]) != CKO_SECRET_KEY)
			continue;
		used++;
		seal_with(objects[i], leaves);
	}
}

/* The signature first, then the data at once, and in parts. */
static void check_with(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type, CK_ULONG len)
{
	CK_MECHANISM m = {type, NULL, 0};
	CK_BYTE data[32] = {1}, signature[256] = {2};

	if (checked(C_VerifySignatureInit(session, &m, key, signature, len)) == CKR_OK)
		(void)checked(C_VerifySignature(session, data, sizeof(data)));
	if (checked(C_VerifySignatureInit(session, &m, key, signature, len)) == CKR_OK &&
	    checked(C_VerifySignatureUpdate(session, data, sizeof(data))) == CKR_OK)
		(void)checked(C_VerifySignatureFinal(session));
	(void)C_SessionCancel(session, CKF_VERIFY);
}

static void check_signatures(void)
{
	for (CK_ULONG i = 0; i < object_count && i < 2 * USED_MAX; i++) {
		CK_OBJECT_CLASS class = class_of(objects[i]);

		if (class == CKO_SECRET_KEY) {
			check_with(objects[i], CKM_SHA256_HMAC, 32);
			check_with(objects[i], CKM_AES_CMAC, 16);
		} else if (class == CKO_PUBLIC_KEY) {
			check_with(objects[i], CKM_ECDSA_SHA256, 64);
			check_with(objects[i], CKM_SHA256_RSA_PKCS, 256);
		}
	}
}

/* The password is the user's PIN. */
static void open_oath(void)
{
	CK_UTF8CHAR password[] = P11_USER_PIN, name[] = CK_COUNTERSIGN_OATH_USER;

	(void)checked(C_LoginUser(session, CKU_CONTEXT_SPECIFIC, password, sizeof(password) - 1, name,
				  sizeof(name) - 1));
	bring_password(CKK_HOTP);
	bring_password(CKK_COUNTERSIGN_TOTP);
	find_objects();
	read_objects();
	use_passwords();
}

/* Whether the reader is taken to have one: to ask it for a PIN where it has none is the host's fault. */
static bool has_pad(void)
{
	CK_TOKEN_INFO info;

	return checked(C_GetTokenInfo(0, &info)) == CKR_OK &&
	       (info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
}

static void use_pad(void)
{
	look_at_token();
	(void)checked(C_Login(session, CKU_USER, NULL, 0));
	find_objects();
	use_keys();
	(void)checked(C_Login(session, CKU_CONTEXT_SPECIFIC, NULL, 0));
	use_keys();
	if (has_pad())
		(void)checked(C_SetPIN(session, NULL, 0, NULL, 0));
	use_keys();
	(void)C_Logout(session);
	(void)checked(C_Login(session, CKU_SO, NULL, 0));
}

/* Keys of all classes. */
static void with_keys(void (*use)(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key))
{
	for (CK_ULONG i = 0, used = 0; i < object_count && used < USED_MAX; i++) {
		CK_OBJECT_CLASS class = class_of(objects[i]);

		if (class != CKO_SECRET_KEY && class != CKO_PRIVATE_KEY && class != CKO_PUBLIC_KEY)
			continue;
		used++;
		use(session, objects[i]);
	}
}

static void use_parts(void)
{
	with_keys(p11_parts_with);
	with_keys(p11_two_ways_with);
}

static void use_messages(void)
{
	with_keys(p11_messages_with);
}

static void use_slots(void)
{
	CK_SLOT_ID slots[4];
	CK_SLOT_INFO info;
	CK_ULONG n = 4;

	(void)checked(C_GetSlotList(CK_TRUE, slots, &n));
	FUZZ_REQUIRE(n <= 4);
	(void)checked(C_GetSlotInfo(0, &info));
	log_in();
	(void)checked(C_CloseSession(session));
	if (checked(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session)) == CKR_OK)
		find_objects();
	(void)checked(C_GetSlotInfo(0, &info));
}

/* ---- the end ---- */

static void destroy_objects(void)
{
	for (CK_ULONG i = 0; i < object_count && i < 3; i++)
		(void)checked(C_DestroyObject(session, objects[i]));
}

static void change_pin(void)
{
	CK_UTF8CHAR was[] = P11_USER_PIN, pin[] = P11_USER_PIN;

	(void)checked(C_SetPIN(session, was, 6, pin, 6));
}

/* By the SO PIN, which is the PUK where the card is another vendor's, and by the management key. */
static void be_officer(void)
{
	CK_UTF8CHAR pin[] = P11_USER_PIN, so[] = P11_SO_PIN, key[] = P11_MANAGEMENT_KEY;

	(void)C_Logout(session);
	if (checked(p11_login(session, CKU_SO, P11_SO_PIN)) == CKR_OK) {
		(void)checked(C_InitPIN(session, pin, 6));
		(void)checked(C_SetPIN(session, so, sizeof(so) - 1, so, sizeof(so) - 1));
	}
	(void)C_Logout(session);
	if (checked(C_Login(session, CKU_SO, key, sizeof(key) - 1)) == CKR_OK)
		(void)checked(C_SetPIN(session, key, sizeof(key) - 1, key, sizeof(key) - 1));
	(void)C_Logout(session);
}

static void init_token(void)
{
	CK_UTF8CHAR label[32], pin[] = P11_SO_PIN;

	memset(label, ' ', sizeof(label));
	(void)C_CloseAllSessions(0);
	(void)checked(C_InitToken(0, pin, sizeof(pin) - 1, label));
	(void)p11_open(&session);
}

void p11_session_run(uint32_t steps)
{
	static void (*const all[])(void) = {
	    look_at_token, find_objects, read_objects,	   find_certificates, log_in,	    find_objects,
	    read_objects,  use_keys,	 bring_keys,	   generate_keys,     find_objects, use_secrets,
	    use_passwords, use_kem,	 unwrap_keys,	   change_objects,    find_objects, read_objects,
	    write_objects, change_pin,	 log_out,	   destroy_objects,   be_officer,   init_token,
	    recover_keys,  seal_keys,	 check_signatures, open_oath,	      use_pad,	    use_parts,
	    use_messages,  use_slots};

	FUZZ_REQUIRE(C_Initialize(NULL) == CKR_OK);
	if (checked(p11_open(&session)) == CKR_OK) {
		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
			if ((steps & 1u << i) != 0)
				all[i]();
		}
	}
	FUZZ_REQUIRE(C_Finalize(NULL) == CKR_OK);
}
