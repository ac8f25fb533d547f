/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The operations that make, bring, change and destroy keys of a card, and what its one-time passwords and
 * ML-KEM keys do.
 */
#include "tests/unit/pkcs11_removal.h"

#include "pkcs11/pkcs11_countersign.h"
#include "tests/unit/pkcs11_token.h"

#define KEM_ID	    5u
#define NEW_ID	    11u
#define KEM_LEN	    768u
#define HOTP_SECOND "287082" /* RFC 4226, appendix D, of counter 1 */

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_BYTE seed[] = "12345678901234567890", iv[16] = {1};
static CK_OBJECT_HANDLE handle, other;
static _Alignas(16) CK_BYTE out[1024];

/* A key of P-256 as PKCS #8 (RFC 5915, 5958), and its number. */
static CK_BYTE pkcs8[] = {0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
			  0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x04, 0x27,
			  0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20, 0,	  0,	0,    0,    0,	  0,	0,
			  0,	0,    0,    0,	  0,	0,    0,    0,	  0,	0,    0,    0,	  0,	0,
			  0,	0,    0,    0,	  0,	0,    0,    0,	  0,	0,    7};
static CK_BYTE p256[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};

static CK_RV have(CK_OBJECT_CLASS class, CK_BYTE id)
{
	CK_ULONG n = 0;
	CK_RV rv = p11_find(session, class, id, &n, &handle);

	return rv == CKR_OK && n == 0 ? CKR_OBJECT_HANDLE_INVALID : rv;
}

static CK_RV have_named(CK_OBJECT_CLASS class, const char *name)
{
	return removal_find(class, name, &handle);
}

static CK_RV have_aes(void)
{
	return have_named(CKO_SECRET_KEY, "aes");
}

static CK_RV have_otp(void)
{
	return have_named(CKO_OTP_KEY, "hotp");
}

/* ---- objects that come and go ---- */

static CK_RV create_secret(void)
{
	return removal_secret(CKK_AES, "another", CK_TRUE, seed, 16, &other);
}

static CK_RV create_hotp(const char *name)
{
	CK_OBJECT_CLASS class = CKO_OTP_KEY;
	CK_KEY_TYPE type = CKK_HOTP;
	CK_UTF8CHAR label[16];
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_LABEL, label, strlen(name)},
			    {CKA_VALUE, seed, sizeof(seed) - 1}};

	memcpy(label, name, strlen(name));
	return C_CreateObject(session, a, 5, &other);
}

static CK_RV enrol(void)
{
	return create_hotp("another");
}

static CK_RV import_with(CK_ATTRIBUTE_TYPE type, void *value, CK_ULONG len)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE ec = CKK_EC;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &ec, sizeof(ec)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_EC_PARAMS, p256, sizeof(p256)},
			    {CKA_VALUE, pkcs8 + sizeof(pkcs8) - 32, 32},
			    {type, value, len}};

	return C_CreateObject(session, a, 6, &other);
}

static CK_RV import_private(void)
{
	CK_BYTE id = NEW_ID;

	return import_with(CKA_ID, &id, 1);
}

static CK_RV import_named(void)
{
	CK_UTF8CHAR label[] = "brought";

	return import_with(CKA_LABEL, label, sizeof(label) - 1);
}

static CK_RV generate_secret(CK_MECHANISM_TYPE type, CK_ULONG len)
{
	CK_MECHANISM m = {type, NULL, 0};
	CK_UTF8CHAR label[] = "made";
	CK_ATTRIBUTE a[] = {
	    {CKA_TOKEN, &yes, 1}, {CKA_LABEL, label, sizeof(label) - 1}, {CKA_VALUE_LEN, &len, sizeof(len)}};

	return C_GenerateKey(session, &m, a, len > 0 ? 3 : 2, &other);
}

static CK_RV generate_aes(void)
{
	return generate_secret(CKM_AES_KEY_GEN, 32);
}

static CK_RV generate_hotp(void)
{
	return generate_secret(CKM_HOTP_KEY_GEN, 0);
}

static CK_RV destroy(void)
{
	return C_DestroyObject(session, handle);
}

static CK_RV rename_object(void)
{
	CK_UTF8CHAR label[] = "renamed";
	CK_ATTRIBUTE a = {CKA_LABEL, label, sizeof(label) - 1};

	return C_SetAttributeValue(session, handle, &a, 1);
}

static CK_RV have_public(void)
{
	return have(CKO_PUBLIC_KEY, P11_KEY_ONCE);
}

static CK_RV have_private(void)
{
	return have(CKO_PRIVATE_KEY, P11_KEY_ONCE);
}

static CK_RV have_certificate(void)
{
	return have(CKO_CERTIFICATE, P11_KEY_ONCE);
}

static CK_RV set_usage(void)
{
	CK_ATTRIBUTE a = {CKA_DERIVE, &no, 1};

	return C_SetAttributeValue(session, handle, &a, 1);
}

static CK_RV have_rsa(void)
{
	return have(CKO_PRIVATE_KEY, REMOVAL_RSA_ID);
}

static CK_RV set_id(void)
{
	CK_BYTE id[] = "another ID";
	CK_ATTRIBUTE a = {CKA_ID, id, sizeof(id)};

	return C_SetAttributeValue(session, handle, &a, 1);
}

static CK_BYTE sealed_key[sizeof(pkcs8) + 16];
static CK_ULONG sealed_key_len;

/* Sealed by a key of this session, or by one of the card. */
static CK_RV seal_key(void)
{
	CK_MECHANISM m = {CKM_AES_CBC_PAD, iv, sizeof(iv)};
	CK_RV rv = C_EncryptInit(session, &m, handle);

	sealed_key_len = sizeof(sealed_key);
	return rv == CKR_OK ? C_Encrypt(session, pkcs8, sizeof(pkcs8), sealed_key, &sealed_key_len) : rv;
}

static CK_RV have_unwrap_private(void)
{
	CK_RV rv = removal_secret(CKK_AES, "kek", CK_FALSE, seed, 16, &handle);

	return rv == CKR_OK ? seal_key() : rv;
}

static CK_RV have_unwrap_private_by_card(void)
{
	CK_RV rv = have_aes();

	return rv == CKR_OK ? seal_key() : rv;
}

static CK_RV unwrap_private(void)
{
	CK_MECHANISM m = {CKM_AES_CBC_PAD, iv, sizeof(iv)};
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_BYTE id = NEW_ID;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_TOKEN, &yes, 1}, {CKA_ID, &id, 1}};

	return C_UnwrapKey(session, &m, handle, sealed_key, sealed_key_len, a, 3, &other);
}

/* ---- one-time passwords ---- */

static CK_RV have_otp_sign(void)
{
	CK_OTP_PARAMS none = {NULL, 0};
	CK_MECHANISM m = {CKM_HOTP, &none, sizeof(none)};
	CK_RV rv = have_otp();

	return rv == CKR_OK ? C_SignInit(session, &m, handle) : rv;
}

static CK_RV password(CK_RV rv, const char *want)
{
	const CK_OTP_SIGNATURE_INFO *info = (const void *)out;

	for (CK_ULONG i = 0; rv == CKR_OK && i < info->ulCount; i++) {
		if (info->pParams[i].type == CK_OTP_VALUE)
			return info->pParams[i].ulValueLen == strlen(want) &&
				       memcmp(info->pParams[i].pValue, want, strlen(want)) == 0
				   ? CKR_OK
				   : CKR_GENERAL_ERROR;
	}
	return rv == CKR_OK ? CKR_GENERAL_ERROR : rv;
}

static CK_RV otp_sign(void)
{
	CK_ULONG len = sizeof(out);

	return password(C_Sign(session, NULL, 0, out, &len), HOTP_SECOND);
}

/* The code of counter 0, which the card has given. */
static CK_RV have_otp_verify(void)
{
	CK_BYTE counter[8] = {0};
	CK_ULONG length = 6;
	CK_OTP_PARAM params[] = {{CK_OTP_COUNTER, counter, sizeof(counter)},
				 {CK_OTP_OUTPUT_LENGTH, &length, sizeof(length)}};
	CK_OTP_PARAMS all = {params, 2};
	CK_MECHANISM m = {CKM_HOTP, &all, sizeof(all)};
	CK_RV rv = have_otp();

	return rv == CKR_OK ? C_VerifyInit(session, &m, handle) : rv;
}

static CK_RV otp_verify(void)
{
	CK_BYTE code[] = "755224";

	return C_Verify(session, NULL, 0, code, 6);
}

static CK_RV otp_verify_wrong(void)
{
	CK_BYTE code[] = "000000";

	return C_Verify(session, NULL, 0, code, 6);
}

/* ---- ML-KEM ---- */

static bool kem_there;
static CK_BYTE encapsulated[KEM_LEN], secret[32];

static bool has_kem(void)
{
	return kem_there;
}

static CK_RV have_kem(void)
{
	return have(CKO_PRIVATE_KEY, KEM_ID);
}

static CK_RV secret_of(bool encapsulate)
{
	CK_MECHANISM m = {CKM_ML_KEM, NULL, 0};
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ULONG len = KEM_LEN;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}};

	return encapsulate ? C_EncapsulateKey(session, &m, handle, a, 2, encapsulated, &len, &other)
			   : C_DecapsulateKey(session, &m, handle, a, 2, encapsulated, KEM_LEN, &other);
}

static CK_RV decapsulate(void)
{
	CK_ATTRIBUTE a = {CKA_VALUE, out, sizeof(out)};
	CK_RV rv = secret_of(false);

	if (rv == CKR_OK && (C_GetAttributeValue(session, other, &a, 1) != CKR_OK ||
			     a.ulValueLen != sizeof(secret) || memcmp(out, secret, sizeof(secret)) != 0))
		rv = CKR_GENERAL_ERROR;
	return rv;
}

/* ---- all of them ---- */

static bool make_kem(void)
{
	CK_ULONG set = CKP_ML_KEM_512;
	CK_BYTE id = KEM_ID;
	CK_ATTRIBUTE public = {CKA_PARAMETER_SET, &set, sizeof(set)}, private = {CKA_ID, &id, 1},
		     value = {CKA_VALUE, secret, sizeof(secret)};
	CK_MECHANISM_INFO info;
	CK_OBJECT_HANDLE private_key;

	kem_there = C_GetMechanismInfo(0, CKM_ML_KEM, &info) == CKR_OK;
	if (!kem_there) {
		print_message("# no ML-KEM: this libcrypto does not have it\n");
		return true;
	}
	return generate(CKM_ML_KEM_KEY_PAIR_GEN, &public, 1, &private, 1, &handle, &private_key) == CKR_OK &&
	       secret_of(true) == CKR_OK && C_GetAttributeValue(session, other, &value, 1) == CKR_OK;
}

bool removal_keys(void)
{
	CK_ULONG len = sizeof(out);

	return create_hotp("hotp") == CKR_OK && have_otp_sign() == CKR_OK &&
	       C_Sign(session, NULL, 0, out, &len) == CKR_OK && make_kem();
}

const struct operation_row removal_key_rows[] = {
    ROW("C_CreateObject", "a secret key", START_USER, NULL, create_secret, .pins = 1),
    ROW("C_CreateObject", "an HOTP key", START_USER, NULL, enrol, .pins = 1),
    ROW("C_CreateObject", "a private key", START_USER, NULL, import_private, .pins = 1),
    ROW("C_CreateObject", "a private key with a label", START_USER, NULL, import_named, .pins = 2),
    ROW("C_GenerateKey", "AES", START_USER, NULL, generate_aes, .pins = 1),
    ROW("C_GenerateKey", "HOTP", START_USER, NULL, generate_hotp, .pins = 1),
    ROW("C_DestroyObject", "a secret key", START_USER, have_aes, destroy, .pins = 1),
    ROW("C_DestroyObject", "an HOTP key", START_USER, have_otp, destroy, .pins = 1),
    ROW("C_SetAttributeValue", "usages of a key", START_USER, have_private, set_usage, .pins = 1),
    ROW("C_SetAttributeValue", "CKA_ID of a key", START_USER, have_rsa, set_id, .pins = 1),
    ROW("C_SetAttributeValue", "of a public key", START_USER, have_public, rename_object, .pins = 1),
    ROW("C_SetAttributeValue", "of a certificate", START_USER, have_certificate, rename_object, .pins = 1),
    ROW("C_SetAttributeValue", "of a secret key", START_USER, have_aes, rename_object, .pins = 1),
    ROW("C_SetAttributeValue", "of an HOTP key", START_USER, have_otp, rename_object, .pins = 1),
    ROW("C_Sign", "HOTP", START_USER, have_otp_sign, otp_sign, .pins = 1),
    ROW("C_Verify", "HOTP", START_USER, have_otp_verify, otp_verify, .pins = 1),
    ROW("C_Verify", "a wrong HOTP", START_USER, have_otp_verify, otp_verify_wrong,
	.rv = CKR_SIGNATURE_INVALID, .pins = 1, .refuses = true),
    ROW("C_UnwrapKey", "a private key onto the card", START_USER, have_unwrap_private, unwrap_private,
	.pins = 1),
    ROW("C_UnwrapKey", "a private key by AES of the card", START_USER, have_unwrap_private_by_card,
	unwrap_private, .pins = 2),
    ROW("C_DecapsulateKey", "ML-KEM", START_USER, have_kem, decapsulate, .pins = 1, .needs = has_kem),
};

const size_t removal_key_row_count = sizeof(removal_key_rows) / sizeof(removal_key_rows[0]);
