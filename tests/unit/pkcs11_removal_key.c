/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The operations that make, bring, change and destroy keys of a card, and what those of each kind do.
 */
#include "tests/unit/pkcs11_removal.h"

#include "pkcs11/pkcs11_countersign.h"
#include "tests/lib/p11_foreign.h"
#include "tests/unit/pkcs11_token.h"

#define NEW_ID	11u
#define KEM_LEN 768u

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_BYTE seed[] = "12345678901234567890", iv[16] = {1};
static CK_OBJECT_HANDLE handle, other;
static _Alignas(16) CK_BYTE out[1024];

static CK_BYTE p256[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};

CK_RV removal_find_id(CK_OBJECT_CLASS class, CK_BYTE id, CK_OBJECT_HANDLE *found)
{
	CK_ULONG n = 0;
	CK_RV rv = p11_find(session, class, id, &n, found);

	return rv == CKR_OK && n == 0 ? CKR_OBJECT_HANDLE_INVALID : rv;
}

static CK_RV have(CK_OBJECT_CLASS class, CK_BYTE id)
{
	return removal_find_id(class, id, &handle);
}

static CK_RV have_named(CK_OBJECT_CLASS class, const char *name)
{
	return removal_find(class, name, &handle);
}

static CK_RV have_aes(void)
{
	return have_named(CKO_SECRET_KEY, "aes");
}

/* ---- objects that come and go ---- */

static CK_RV create_secret(void)
{
	return removal_secret(CKK_AES, "another", CK_TRUE, seed, 16, &other);
}

static CK_RV import_private(void)
{
	return p11_bring(session, NEW_ID, &other);
}

static CK_RV import_named(void)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE ec = CKK_EC;
	CK_UTF8CHAR label[] = "brought";
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &ec, sizeof(ec)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_EC_PARAMS, p256, sizeof(p256)},
			    {CKA_VALUE, p11_pkcs8 + P11_PKCS8_LEN - 32, 32},
			    {CKA_LABEL, label, sizeof(label) - 1}};

	return C_CreateObject(session, a, 6, &other);
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

static CK_BYTE sealed_key[sizeof(p11_pkcs8) + 16];
static CK_ULONG sealed_key_len;

/* Sealed by a key of this session, or by one of the card. */
static CK_RV seal_key(void)
{
	CK_MECHANISM m = {CKM_AES_CBC_PAD, iv, sizeof(iv)};
	CK_RV rv = C_EncryptInit(session, &m, handle);

	sealed_key_len = sizeof(sealed_key);
	return rv == CKR_OK ? C_Encrypt(session, p11_pkcs8, sizeof(p11_pkcs8), sealed_key, &sealed_key_len)
			    : rv;
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

/* ---- a signature by a key of each kind ---- */

static const struct kind {
	CK_BYTE id;
	CK_MECHANISM_TYPE makes, signs;
	CK_ULONG set; /* of ML-DSA */
	CK_BYTE params[11];
	CK_ULONG params_len;
} kinds[] = {
    {13, CKM_EC_EDWARDS_KEY_PAIR_GEN, CKM_EDDSA, 0, {0x06, 0x03, 0x2B, 0x65, 0x70}, 5},
    {14, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, CKM_ECDH1_DERIVE, 0, {0x06, 0x03, 0x2B, 0x65, 0x6E}, 5},
    {15,
     CKM_EC_KEY_PAIR_GEN,
     CKM_COUNTERSIGN_SM2,
     0,
     {0x06, 0x08, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D},
     10},
    {16, CKM_ML_DSA_KEY_PAIR_GEN, CKM_ML_DSA, CKP_ML_DSA_44, {0}, 0},
};

static CK_BYTE digest[32] = {0xD1}, signed_by_kind[4627];
static CK_MECHANISM kind_mechanism;
static CK_BYTE kind_id;

static bool has_mechanism(CK_MECHANISM_TYPE type)
{
	CK_MECHANISM_INFO info;

	return C_GetMechanismInfo(0, type, &info) == CKR_OK;
}

static bool mldsa_there;

static bool has_mldsa(void)
{
	return mldsa_there;
}

static bool make_kind(const struct kind *kind)
{
	CK_ULONG set = kind->set;
	CK_BYTE id = kind->id, params[11];
	CK_ATTRIBUTE public = {CKA_EC_PARAMS, params, kind->params_len}, private = {CKA_ID, &id, 1};
	CK_OBJECT_HANDLE public_key, private_key;

	memcpy(params, kind->params, sizeof(params));
	if (kind->params_len == 0)
	public = (CK_ATTRIBUTE){CKA_PARAMETER_SET, &set, sizeof(set)};
	return generate(kind->makes, &public, 1, &private, 1, &public_key, &private_key) == CKR_OK;
}

/* Those that this libcrypto has. */
static bool make_kinds(bool sm2)
{
	mldsa_there = has_mechanism(CKM_ML_DSA);
	if (!mldsa_there)
		print_message("# no ML-DSA: this libcrypto does not have it\n");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].set != 0 && !mldsa_there)
			continue;
		if (kinds[i].signs == CKM_COUNTERSIGN_SM2 && !sm2)
			continue;
		if (!make_kind(&kinds[i]))
			return false;
	}
	return true;
}

static CK_RV have_kind(CK_BYTE id, CK_MECHANISM_TYPE type)
{
	CK_RV rv = have(CKO_PRIVATE_KEY, id);

	kind_id = id;
	kind_mechanism = (CK_MECHANISM){type, NULL, 0};
	return rv == CKR_OK && type != CKM_ECDH1_DERIVE ? C_SignInit(session, &kind_mechanism, handle) : rv;
}

static CK_RV have_eddsa(void)
{
	return have_kind(kinds[0].id, kinds[0].signs);
}

static CK_RV have_x25519(void)
{
	return have_kind(kinds[1].id, kinds[1].signs);
}

static CK_RV have_sm2(void)
{
	return have_kind(kinds[2].id, kinds[2].signs);
}

static CK_RV have_mldsa(void)
{
	return have_kind(kinds[3].id, kinds[3].signs);
}

static CK_RV have_rsa_sign(void)
{
	return have_kind(REMOVAL_RSA_ID, CKM_SHA256_RSA_PKCS);
}

/* What comes out is a signature, or nothing is said to have come out. */
static CK_RV sign_kind(void)
{
	CK_ULONG len = sizeof(signed_by_kind);
	CK_OBJECT_HANDLE key;
	CK_RV rv = C_Sign(session, digest, sizeof(digest), signed_by_kind, &len);

	if (rv != CKR_OK)
		return rv;
	if (removal_find_id(CKO_PUBLIC_KEY, kind_id, &key) != CKR_OK ||
	    C_VerifyInit(session, &kind_mechanism, key) != CKR_OK)
		return CKR_GENERAL_ERROR;
	return C_Verify(session, digest, sizeof(digest), signed_by_kind, len) == CKR_OK ? CKR_OK
											: CKR_GENERAL_ERROR;
}

static CK_RV derive_x25519(void)
{
	static CK_BYTE point[32] = {9};
	CK_ECDH1_DERIVE_PARAMS params = {CKD_NULL, 0, NULL, sizeof(point), point};
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}};
	CK_MECHANISM m = {CKM_ECDH1_DERIVE, &params, sizeof(params)};

	return C_DeriveKey(session, &m, handle, a, 2, &other);
}

/* ---- ML-KEM ---- */

static bool kem_there;
static CK_BYTE encapsulated[KEM_LEN], secret[32];

bool removal_has_kem(void)
{
	return kem_there;
}

static CK_RV have_kem(void)
{
	return have(CKO_PRIVATE_KEY, REMOVAL_KEM_ID);
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
	CK_BYTE id = REMOVAL_KEM_ID;
	CK_ATTRIBUTE public = {CKA_PARAMETER_SET, &set, sizeof(set)}, private = {CKA_ID, &id, 1},
		     value = {CKA_VALUE, secret, sizeof(secret)};
	CK_OBJECT_HANDLE private_key;

	kem_there = has_mechanism(CKM_ML_KEM);
	if (!kem_there) {
		print_message("# no ML-KEM: this libcrypto does not have it\n");
		return true;
	}
	return generate(CKM_ML_KEM_KEY_PAIR_GEN, &public, 1, &private, 1, &handle, &private_key) == CKR_OK &&
	       secret_of(true) == CKR_OK && C_GetAttributeValue(session, other, &value, 1) == CKR_OK;
}

bool removal_keys(void)
{
	return make_kinds(true) && make_kem();
}

/* What a card without it is asked for its key, and refuses, has the PIN sent again. The long ones remain
 * without. */
static bool certify(CK_BYTE id)
{
	return have(CKO_PUBLIC_KEY, id) == CKR_OK && p11_certify(session, id, handle) == CKR_OK;
}

bool removal_foreign_keys(void)
{
	return make_kinds(false) && make_kem() && certify(kinds[0].id) && certify(kinds[1].id);
}

const struct operation_row removal_key_rows[] = {
    ROW("C_CreateObject", "a secret key", START_USER, NULL, create_secret, .pins = 1, .makes = true),
    ROW("C_CreateObject", "a private key", START_USER, NULL, import_private, .pins = 1, .makes = true),
    ROW("C_CreateObject", "a private key with a label", START_USER, NULL, import_named, .pins = 2,
	.makes = true),
    ROW("C_GenerateKey", "AES", START_USER, NULL, generate_aes, .pins = 1, .makes = true),
    ROW("C_DestroyObject", "a secret key", START_USER, have_aes, destroy, .pins = 1),
    ROW("C_SetAttributeValue", "usages of a key", START_USER, have_private, set_usage, .pins = 1),
    ROW("C_SetAttributeValue", "CKA_ID of a key", START_USER, have_rsa, set_id, .pins = 1),
    ROW("C_SetAttributeValue", "of a public key", START_USER, have_public, rename_object, .pins = 1),
    ROW("C_SetAttributeValue", "of a certificate", START_USER, have_certificate, rename_object, .pins = 1),
    ROW("C_SetAttributeValue", "of a secret key", START_USER, have_aes, rename_object, .pins = 1),
    ROW("C_UnwrapKey", "a private key onto the card", START_USER, have_unwrap_private, unwrap_private,
	.pins = 1, .makes = true),
    ROW("C_UnwrapKey", "a private key by AES of the card", START_USER, have_unwrap_private_by_card,
	unwrap_private, .pins = 2, .makes = true),
    ROW("C_DecapsulateKey", "ML-KEM", START_USER, have_kem, decapsulate, .pins = 1, .needs = removal_has_kem),
    ROW("C_Sign", "Ed25519", START_USER, have_eddsa, sign_kind, .pins = 1),
    ROW("C_Sign", "SM2", START_USER, have_sm2, sign_kind, .pins = 1),
    ROW("C_Sign", "RSA", START_USER, have_rsa_sign, sign_kind, .pins = 1),
    ROW("C_Sign", "ML-DSA", START_USER, have_mldsa, sign_kind, .pins = 1, .needs = has_mldsa),
    ROW("C_DeriveKey", "X25519", START_USER, have_x25519, derive_x25519, .pins = 1),
};

const size_t removal_key_row_count = sizeof(removal_key_rows) / sizeof(removal_key_rows[0]);

const struct operation_row removal_foreign_key_rows[] = {
    ROW("C_CreateObject", "a private key", START_ADMIN, NULL, import_private, .pins = 0, .makes = true),
    ROW("C_UnwrapKey", "a private key onto the card", START_ADMIN, have_unwrap_private, unwrap_private,
	.pins = 0, .makes = true),
    ROW("C_DecapsulateKey", "ML-KEM", START_USER, have_kem, decapsulate, .pins = 2, .needs = removal_has_kem),
    ROW("C_Sign", "Ed25519", START_USER, have_eddsa, sign_kind, .pins = 1),
    ROW("C_Sign", "RSA", START_USER, have_rsa_sign, sign_kind, .pins = 1),
    ROW("C_Sign", "ML-DSA", START_USER, have_mldsa, sign_kind, .pins = 2, .needs = has_mldsa),
    ROW("C_DeriveKey", "X25519", START_USER, have_x25519, derive_x25519, .pins = 1),
};

const size_t removal_foreign_key_row_count =
    sizeof(removal_foreign_key_rows) / sizeof(removal_foreign_key_rows[0]);
