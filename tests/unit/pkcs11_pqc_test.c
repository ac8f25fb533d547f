/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ML-DSA and ML-KEM on the card, against libcrypto. Where that has neither (before OpenSSL 3.5) the card of
 * these tests has neither, and the module has to say so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/err.h>

#include "tests/lib/transport_card.h"
#include "tests/unit/pkcs11_session.h"

#define session	 p11_session
#define CKM_NONE CK_UNAVAILABLE_INFORMATION

static const struct set {
	CK_ULONG number, public_len, signature_len;
	const char *name;
} sets[] = {{CKP_ML_DSA_44, 1312, 2420, "ML-DSA-44"},
	    {CKP_ML_DSA_65, 1952, 3309, "ML-DSA-65"},
	    {CKP_ML_DSA_87, 2592, 4627, "ML-DSA-87"}};

static const struct kem {
	CK_ULONG number, public_len, ciphertext_len;
	const char *name;
} kems[] = {{CKP_ML_KEM_512, 800, 768, "ML-KEM-512"},
	    {CKP_ML_KEM_768, 1184, 1088, "ML-KEM-768"},
	    {CKP_ML_KEM_1024, 1568, 1568, "ML-KEM-1024"}};

static struct pair signers[COUNT(sets)], agreers[COUNT(kems)];
static bool there;

static bool has_it(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "ML-DSA-44", NULL);

	EVP_PKEY_CTX_free(ctx);
	return ctx != NULL;
}

static int make(void **state)
{
	if (p11_session_make(state) != 0)
		return -1;
	for (size_t i = 0; there && i < COUNT(sets); i++) {
		if (p11_pair(CKM_ML_DSA_KEY_PAIR_GEN, "", sets[i].number, &signers[i]) != CKR_OK ||
		    p11_pair(CKM_ML_KEM_KEY_PAIR_GEN, "", kems[i].number, &agreers[i]) != CKR_OK)
			return -1;
	}
	return 0;
}

static bool listed(CK_MECHANISM_TYPE type)
{
	CK_MECHANISM_TYPE all[256];
	CK_ULONG n = COUNT(all);

	assert_int_equal(C_GetMechanismList(0, all, &n), CKR_OK);
	for (CK_ULONG i = 0; i < n; i++) {
		if (all[i] == type)
			return true;
	}
	return false;
}

static void the_module_has_what_the_card_has(void **state)
{
	static const CK_MECHANISM_TYPE types[] = {CKM_ML_DSA_KEY_PAIR_GEN, CKM_ML_DSA,
						  CKM_HASH_ML_DSA,	   CKM_HASH_ML_DSA_SHA512,
						  CKM_ML_KEM_KEY_PAIR_GEN, CKM_ML_KEM};
	CK_MECHANISM_INFO info;
	struct pair pair;

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		assert_int_equal(listed(types[i]), there);
		assert_int_equal(C_GetMechanismInfo(0, types[i], &info),
				 there ? CKR_OK : CKR_MECHANISM_INVALID);
	}
	if (!there) {
		assert_int_equal(p11_pair(CKM_ML_DSA_KEY_PAIR_GEN, "", CKP_ML_DSA_44, &pair),
				 CKR_PARAMETER_SET_NOT_SUPPORTED);
		return;
	}
	assert_int_equal(C_GetMechanismInfo(0, CKM_ML_DSA, &info), CKR_OK);
	assert_int_equal(info.ulMinKeySize, 1312);
	assert_int_equal(info.ulMaxKeySize, 2592);
	assert_int_equal(info.flags & (CKF_SIGN | CKF_VERIFY), CKF_SIGN | CKF_VERIFY);
	assert_int_equal(C_GetMechanismInfo(0, CKM_ML_KEM, &info), CKR_OK);
	assert_int_equal(info.ulMinKeySize, 800);
	assert_int_equal(info.ulMaxKeySize, 1568);
	assert_int_equal(info.flags & (CKF_ENCAPSULATE | CKF_DECAPSULATE), CKF_ENCAPSULATE | CKF_DECAPSULATE);
	assert_int_equal(p11_pair(CKM_ML_DSA_KEY_PAIR_GEN, "", 4, &pair), CKR_PARAMETER_SET_NOT_SUPPORTED);
}

/* raw: data is M' of FIPS 204, and not the message. */
static bool libcrypto_accepts(CK_OBJECT_HANDLE public, const CK_BYTE *data, size_t len, const char *context,
			      bool raw, const CK_BYTE *signature, size_t signature_len)
{
	EVP_PKEY *key = p11_public(public);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int encoding = raw ? 0 : 1;
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_int("message-encoding", &encoding),
	    OSSL_PARAM_construct_octet_string("context-string", (void *)(uintptr_t)context, strlen(context)),
	    OSSL_PARAM_END};
	bool ok;

	assert_int_equal(EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, key, params), 1);
	ok = EVP_DigestVerify(ctx, signature, signature_len, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok;
}

static void a_signature_is_what_libcrypto_and_the_module_accept(void **state)
{
	CK_BYTE text[] = "a message", signature[5000];
	CK_MECHANISM m = {CKM_ML_DSA, NULL, 0};

	(void)state;
	for (size_t i = 0; i < COUNT(sets); i++) {
		CK_ULONG len = sizeof(signature);
		CK_BYTE value[2592];
		CK_ATTRIBUTE a = {CKA_VALUE, value, sizeof(value)};
		unsigned before;

		assert_int_equal(p11_ulong(signers[i].private, CKA_PARAMETER_SET), sets[i].number);
		assert_int_equal(C_GetAttributeValue(session, signers[i].public, &a, 1), CKR_OK);
		assert_int_equal(a.ulValueLen, sets[i].public_len);
		assert_int_equal(C_SignInit(session, &m, signers[i].private), CKR_OK);
		before = transport_card_commands();
		assert_int_equal(C_Sign(session, text, sizeof(text), NULL, &len), CKR_OK);
		assert_int_equal(len, sets[i].signature_len);
		assert_int_equal(transport_card_commands(), before);
		assert_int_equal(C_Sign(session, text, sizeof(text), signature, &len), CKR_OK);
		assert_true(
		    libcrypto_accepts(signers[i].public, text, sizeof(text), "", false, signature, len));
		assert_int_equal(p11_check(&m, signers[i].public, text, sizeof(text), signature, len),
				 CKR_OK);
		assert_int_equal(p11_check(&m, signers[i].public, text, 1, signature, len),
				 CKR_SIGNATURE_INVALID);
		for (CK_ULONG at = 0; at < len; at += len / 7) {
			signature[at] ^= 0x10;
			assert_int_equal(p11_check(&m, signers[i].public, text, sizeof(text), signature, len),
					 CKR_SIGNATURE_INVALID);
			signature[at] ^= 0x10;
		}
		assert_int_equal(p11_check(&m, signers[i].public, text, sizeof(text), signature, len - 1),
				 CKR_SIGNATURE_LEN_RANGE);
	}
}

static void a_message_may_be_longer_than_a_command_and_come_in_parts(void **state)
{
	enum { LONG = 100000 };
	CK_BYTE *text = calloc(1, LONG), signature[5000];
	CK_MECHANISM m = {CKM_ML_DSA, NULL, 0};
	CK_ULONG len = sizeof(signature);

	(void)state;
	assert_int_equal(C_SignInit(session, &m, signers[1].private), CKR_OK);
	for (CK_ULONG at = 0; at < LONG; at += 12345)
		assert_int_equal(C_SignUpdate(session, text + at, LONG - at < 12345 ? LONG - at : 12345),
				 CKR_OK);
	assert_int_equal(C_SignFinal(session, signature, &len), CKR_OK);
	assert_true(libcrypto_accepts(signers[1].public, text, LONG, "", false, signature, len));
	assert_int_equal(C_VerifySignatureInit(session, &m, signers[1].public, signature, len), CKR_OK);
	assert_int_equal(C_VerifySignatureUpdate(session, text, LONG / 2), CKR_OK);
	assert_int_equal(C_VerifySignatureUpdate(session, text + LONG / 2, LONG / 2), CKR_OK);
	assert_int_equal(C_VerifySignatureFinal(session), CKR_OK);
	free(text);
}

static void a_context_is_signed_with_the_message(void **state)
{
	CK_BYTE context[256] = "in the matter of", text[] = "text", signature[5000];
	CK_SIGN_ADDITIONAL_CONTEXT p = {CKH_HEDGE_REQUIRED, context, 16};
	CK_MECHANISM m = {CKM_ML_DSA, &p, sizeof(p)}, none = {CKM_ML_DSA, NULL, 0};
	CK_ULONG len = sizeof(signature);

	(void)state;
	assert_int_equal(p11_make(&m, signers[0].private, text, sizeof(text), signature, &len), CKR_OK);
	assert_true(libcrypto_accepts(signers[0].public, text, sizeof(text), "in the matter of", false,
				      signature, len));
	assert_int_equal(p11_check(&m, signers[0].public, text, sizeof(text), signature, len), CKR_OK);
	assert_int_equal(p11_check(&none, signers[0].public, text, sizeof(text), signature, len),
			 CKR_SIGNATURE_INVALID);
	p.hedgeVariant = CKH_DETERMINISTIC_REQUIRED;
	assert_int_equal(C_SignInit(session, &m, signers[0].private), CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(p11_check(&m, signers[0].public, text, sizeof(text), signature, len), CKR_OK);
	p = (CK_SIGN_ADDITIONAL_CONTEXT){CKH_HEDGE_PREFERRED, context, 255};
	assert_int_equal(C_SignInit(session, &m, signers[0].private), CKR_OK);
	assert_int_equal(C_SignInit(session, NULL, 0), CKR_OK);
	p.ulContextLen = 256;
	assert_int_equal(C_SignInit(session, &m, signers[0].private), CKR_MECHANISM_PARAM_INVALID);
	p = (CK_SIGN_ADDITIONAL_CONTEXT){CKH_HEDGE_PREFERRED, NULL, 1};
	assert_int_equal(C_VerifyInit(session, &m, signers[0].public), CKR_MECHANISM_PARAM_INVALID);
	m.ulParameterLen = 3;
	assert_int_equal(C_SignInit(session, &m, signers[0].private), CKR_MECHANISM_PARAM_INVALID);
}

static const struct {
	CK_MECHANISM_TYPE type, hash;
	const char *name;
	CK_BYTE oid_last;
} hashed[] = {
    {CKM_HASH_ML_DSA_SHA224, CKM_SHA224, "SHA224", 4},
    {CKM_HASH_ML_DSA_SHA256, CKM_SHA256, "SHA256", 1},
    {CKM_HASH_ML_DSA_SHA384, CKM_SHA384, "SHA384", 2},
    {CKM_HASH_ML_DSA_SHA512, CKM_SHA512, "SHA512", 3},
    {CKM_HASH_ML_DSA_SHA3_224, CKM_SHA3_224, "SHA3-224", 7},
    {CKM_HASH_ML_DSA_SHA3_256, CKM_SHA3_256, "SHA3-256", 8},
    {CKM_HASH_ML_DSA_SHA3_384, CKM_SHA3_384, "SHA3-384", 9},
    {CKM_HASH_ML_DSA_SHA3_512, CKM_SHA3_512, "SHA3-512", 10},
    {CKM_HASH_ML_DSA_SHAKE128, CKM_NONE, "SHAKE128", 11},
    {CKM_HASH_ML_DSA_SHAKE256, CKM_NONE, "SHAKE256", 12},
};

/* M' of FIPS 204, algorithm 4: 1, the context, the name of the digest, the digest. */
static size_t encode(size_t i, const char *context, const CK_BYTE *text, size_t len, CK_BYTE *out,
		     CK_BYTE **digest, unsigned *digest_len)
{
	static const CK_BYTE oid[] = {0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02};
	size_t at = 2 + strlen(context);

	out[0] = 1;
	out[1] = (CK_BYTE)strlen(context);
	memcpy(out + 2, context, strlen(context));
	memcpy(out + at, oid, sizeof(oid));
	at += sizeof(oid);
	out[at++] = hashed[i].oid_last;
	*digest = out + at;
	if (hashed[i].hash == CKM_NONE) {
		EVP_MD_CTX *shake = EVP_MD_CTX_new();

		*digest_len = hashed[i].type == CKM_HASH_ML_DSA_SHAKE128 ? 32 : 64;
		assert_int_equal(EVP_DigestInit_ex(shake, EVP_get_digestbyname(hashed[i].name), NULL), 1);
		assert_int_equal(EVP_DigestUpdate(shake, text, len), 1);
		assert_int_equal(EVP_DigestFinalXOF(shake, out + at, *digest_len), 1);
		EVP_MD_CTX_free(shake);
		return at + *digest_len;
	}
	assert_int_equal(
	    EVP_Digest(text, len, out + at, digest_len, EVP_get_digestbyname(hashed[i].name), NULL), 1);
	return at + *digest_len;
}

static void each_digest_is_signed_with_its_name(void **state)
{
	CK_BYTE context[] = "context", text[] = "a message to be digested", signature[5000], encoded[128],
		*digest;
	CK_SIGN_ADDITIONAL_CONTEXT p = {CKH_HEDGE_PREFERRED, context, 7};
	unsigned digest_len;

	(void)state;
	for (size_t i = 0; i < COUNT(hashed); i++) {
		size_t encoded_len = encode(i, "context", text, sizeof(text), encoded, &digest, &digest_len);
		CK_HASH_SIGN_ADDITIONAL_CONTEXT named = {CKH_HEDGE_PREFERRED, context, 7, hashed[i].hash};
		CK_MECHANISM m = {hashed[i].type, &p, sizeof(p)},
			     by_hash = {CKM_HASH_ML_DSA, &named, sizeof(named)};
		CK_ULONG len = sizeof(signature);

		assert_int_equal(C_SignInit(session, &m, signers[0].private), CKR_OK);
		assert_int_equal(C_SignUpdate(session, text, 5), CKR_OK);
		assert_int_equal(C_SignUpdate(session, text + 5, sizeof(text) - 5), CKR_OK);
		assert_int_equal(C_SignFinal(session, signature, &len), CKR_OK);
		assert_true(
		    libcrypto_accepts(signers[0].public, encoded, encoded_len, "", true, signature, len));
		assert_int_equal(p11_check(&m, signers[0].public, text, sizeof(text), signature, len),
				 CKR_OK);
		if (hashed[i].hash == CKM_NONE) {
			/* No name to give it by itself. */
			named.hash = hashed[i].type;
			assert_int_equal(C_SignInit(session, &by_hash, signers[0].private),
					 CKR_MECHANISM_PARAM_INVALID);
			continue;
		}
		assert_int_equal(p11_check(&by_hash, signers[0].public, digest, digest_len, signature, len),
				 CKR_OK);
		assert_int_equal(p11_make(&by_hash, signers[0].private, digest, digest_len, signature, &len),
				 CKR_OK);
		assert_int_equal(p11_check(&m, signers[0].public, text, sizeof(text), signature, len),
				 CKR_OK);
		assert_int_equal(
		    p11_make(&by_hash, signers[0].private, digest, digest_len - 1, signature, &len),
		    CKR_DATA_LEN_RANGE);
		named.hash = CKM_SHA_1;
		assert_int_equal(C_SignInit(session, &by_hash, signers[0].private),
				 CKR_MECHANISM_PARAM_INVALID);
	}
}

static CK_RV import_seed(CK_KEY_TYPE type, CK_ULONG set, CK_BYTE *seed, CK_ULONG len, struct pair *pair)
{
	CK_ATTRIBUTE a[] = {{CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_PARAMETER_SET, &set, sizeof(set)},
			    {CKA_SEED, seed, len}};

	return p11_import(a, len > 0 ? 3 : 2, pair);
}

/* The key that libcrypto makes of the seed is the one that the token has. */
static void assert_same_key(CK_OBJECT_HANDLE public, const char *name, CK_BYTE *seed, size_t len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
	OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string("seed", seed, len), OSSL_PARAM_END};
	EVP_PKEY *made = NULL, *got = p11_public(public);

	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_params(ctx, params), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &made), 1);
	assert_int_equal(EVP_PKEY_eq(made, got), 1);
	EVP_PKEY_free(made);
	EVP_PKEY_free(got);
	EVP_PKEY_CTX_free(ctx);
}

static void a_seed_that_is_imported_makes_the_key_that_libcrypto_makes_of_it(void **state)
{
	CK_BYTE seed[64], text[] = "text", signature[5000];
	CK_MECHANISM m = {CKM_ML_DSA, NULL, 0};
	struct pair pair;

	(void)state;
	for (size_t i = 0; i < sizeof(seed); i++)
		seed[i] = (CK_BYTE)(i * 7);
	for (size_t i = 0; i < COUNT(sets); i++) {
		CK_ULONG len = sizeof(signature);

		assert_int_equal(import_seed(CKK_ML_DSA, sets[i].number, seed, 32, &pair), CKR_OK);
		assert_same_key(pair.public, sets[i].name, seed, 32);
		assert_int_equal(p11_make(&m, pair.private, text, sizeof(text), signature, &len), CKR_OK);
		assert_true(libcrypto_accepts(pair.public, text, sizeof(text), "", false, signature, len));
		assert_int_equal(C_DestroyObject(session, pair.private), CKR_OK);
		assert_int_equal(import_seed(CKK_ML_KEM, kems[i].number, seed, 64, &pair), CKR_OK);
		assert_same_key(pair.public, kems[i].name, seed, 64);
		assert_int_equal(C_DestroyObject(session, pair.private), CKR_OK);
	}
	assert_int_equal(import_seed(CKK_ML_DSA, CKP_ML_DSA_44, seed, 31, &pair),
			 CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(import_seed(CKK_ML_DSA, CKP_ML_DSA_44, seed, 0, &pair), CKR_TEMPLATE_INCOMPLETE);
	assert_int_equal(import_seed(CKK_ML_KEM, 9, seed, 64, &pair), CKR_PARAMETER_SET_NOT_SUPPORTED);
}

static void assert_value(CK_OBJECT_HANDLE key, const CK_BYTE *want)
{
	CK_BYTE value[64];
	CK_ATTRIBUTE a = {CKA_VALUE, value, sizeof(value)};

	assert_int_equal(C_GetAttributeValue(session, key, &a, 1), CKR_OK);
	assert_int_equal(a.ulValueLen, 32);
	assert_memory_equal(value, want, 32);
}

/* As pkcs11-provider 1.2 has it: no CKA_VALUE_LEN. */
static CK_OBJECT_CLASS secret_class = CKO_SECRET_KEY;
static CK_KEY_TYPE secret_type = CKK_GENERIC_SECRET;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_ATTRIBUTE secret_template[] = {{CKA_CLASS, &secret_class, sizeof(secret_class)},
					 {CKA_KEY_TYPE, &secret_type, sizeof(secret_type)},
					 {CKA_SENSITIVE, &no, 1},
					 {CKA_EXTRACTABLE, &yes, 1},
					 {CKA_TOKEN, &no, 1}};

static void libcrypto_encapsulates_and_the_card_decapsulates(void **state)
{
	CK_MECHANISM m = {CKM_ML_KEM, NULL, 0};

	(void)state;
	for (size_t i = 0; i < COUNT(kems); i++) {
		EVP_PKEY *key = p11_public(agreers[i].public);
		EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
		CK_BYTE ciphertext[1568], secret[32];
		size_t len = sizeof(ciphertext), secret_len = sizeof(secret);
		CK_OBJECT_HANDLE got;

		assert_int_equal(EVP_PKEY_encapsulate_init(ctx, NULL), 1);
		assert_int_equal(EVP_PKEY_encapsulate(ctx, ciphertext, &len, secret, &secret_len), 1);
		assert_int_equal(len, kems[i].ciphertext_len);
		assert_int_equal(C_DecapsulateKey(session, &m, agreers[i].private, secret_template, 5,
						  ciphertext, len, &got),
				 CKR_OK);
		assert_value(got, secret);
		assert_int_equal(C_DecapsulateKey(session, &m, agreers[i].private, secret_template, 5,
						  ciphertext, len - 1, &got),
				 CKR_WRAPPED_KEY_LEN_RANGE);
		/* Not made for the key: another secret, and no error (FIPS 203, 6.3). */
		ciphertext[0] ^= 1;
		assert_int_equal(C_DecapsulateKey(session, &m, agreers[i].private, secret_template, 5,
						  ciphertext, len, &got),
				 CKR_OK);
		EVP_PKEY_CTX_free(ctx);
		EVP_PKEY_free(key);
	}
}

static void the_module_encapsulates_for_keys_that_are_brought_to_it(void **state)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_ML_KEM;
	CK_MECHANISM m = {CKM_ML_KEM, NULL, 0};

	(void)state;
	for (size_t i = 0; i < COUNT(kems); i++) {
		CK_ULONG set = kems[i].number, len = 0;
		CK_BYTE value[1568], ciphertext[1568], secret[64];
		CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
					   {CKA_KEY_TYPE, &type, sizeof(type)},
					   {CKA_PARAMETER_SET, &set, sizeof(set)},
					   {CKA_VALUE, value, sizeof(value)}};
		CK_ATTRIBUTE made = {CKA_VALUE, secret, sizeof(secret)};
		CK_OBJECT_HANDLE key, one, other = 0;

		assert_int_equal(C_GetAttributeValue(session, agreers[i].public, template + 3, 1), CKR_OK);
		assert_int_equal(template[3].ulValueLen, kems[i].public_len);
		assert_int_equal(C_CreateObject(session, template, 4, &key), CKR_OK);
		assert_int_equal(C_EncapsulateKey(session, &m, key, secret_template, 5, NULL, &len, &other),
				 CKR_OK);
		assert_int_equal(len, kems[i].ciphertext_len);
		assert_int_equal(other, 0);
		len--;
		assert_int_equal(
		    C_EncapsulateKey(session, &m, key, secret_template, 5, ciphertext, &len, &other),
		    CKR_BUFFER_TOO_SMALL);
		assert_int_equal(
		    C_EncapsulateKey(session, &m, key, secret_template, 5, ciphertext, &len, &other), CKR_OK);
		assert_int_equal(C_GetAttributeValue(session, other, &made, 1), CKR_OK);
		assert_int_equal(C_DecapsulateKey(session, &m, agreers[i].private, secret_template, 5,
						  ciphertext, len, &one),
				 CKR_OK);
		assert_value(one, secret);
		assert_int_equal(C_EncapsulateKey(session, &m, agreers[i].private, secret_template, 5,
						  ciphertext, &len, &one),
				 CKR_KEY_FUNCTION_NOT_PERMITTED);
	}
	assert_int_equal(C_DecapsulateKey(session, &m, signers[0].private, secret_template, 5,
					  secret_template[0].pValue, 8, &(CK_OBJECT_HANDLE){0}),
			 CKR_KEY_TYPE_INCONSISTENT);
}

static CK_FLAGS flags_of(CK_MECHANISM_TYPE type)
{
	CK_MECHANISM_INFO info;

	assert_int_equal(C_GetMechanismInfo(0, type, &info), CKR_OK);
	return info.flags;
}

/* Which is given the message, since nobody knows that it would take mu. The last test: the card stays so. */
static void nothing_is_a_message_too(void **state)
{
	CK_BYTE signature[5000], encoded[128], *digest, none[1] = {0xA5};
	CK_MECHANISM m = {CKM_ML_DSA, NULL, 0};
	unsigned digest_len;

	(void)state;
	for (size_t i = 0; i < COUNT(sets); i++) {
		CK_ULONG len = sizeof(signature);

		assert_int_equal(p11_make(&m, signers[i].private, NULL, 0, signature, &len), CKR_OK);
		assert_true(libcrypto_accepts(signers[i].public, none, 0, "", false, signature, len));
		assert_int_equal(p11_check(&m, signers[i].public, NULL, 0, signature, len), CKR_OK);
		assert_int_equal(p11_check(&m, signers[i].public, none, 1, signature, len),
				 CKR_SIGNATURE_INVALID);
		len = sizeof(signature);
		assert_int_equal(C_SignInit(session, &m, signers[i].private), CKR_OK);
		assert_int_equal(C_SignFinal(session, signature, &len), CKR_OK);
		assert_true(libcrypto_accepts(signers[i].public, none, 0, "", false, signature, len));
		assert_int_equal(C_VerifyInit(session, &m, signers[i].public), CKR_OK);
		assert_int_equal(C_VerifyFinal(session, signature, len), CKR_OK);
	}
	for (size_t i = 0; i < COUNT(hashed); i++) {
		CK_MECHANISM of = {hashed[i].type, NULL, 0};
		size_t encoded_len = encode(i, "", none, 0, encoded, &digest, &digest_len);
		CK_ULONG len = sizeof(signature);

		assert_int_equal(p11_make(&of, signers[0].private, NULL, 0, signature, &len), CKR_OK);
		assert_true(
		    libcrypto_accepts(signers[0].public, encoded, encoded_len, "", true, signature, len));
		assert_int_equal(p11_check(&of, signers[0].public, NULL, 0, signature, len), CKR_OK);
		assert_int_equal(p11_check(&of, signers[0].public, none, 1, signature, len),
				 CKR_SIGNATURE_INVALID);
	}
}

static void another_vendors_card_signs_the_message_itself(void **state)
{
	static CK_BYTE text[8183], context[] = "context";
	CK_SIGN_ADDITIONAL_CONTEXT p = {CKH_HEDGE_PREFERRED, context, sizeof(context)};
	CK_MECHANISM m = {CKM_ML_DSA, NULL, 0}, with = {CKM_ML_DSA, &p, sizeof(p)},
		     hash = {CKM_HASH_ML_DSA_SHA256, NULL, 0};
	CK_BYTE signature[5000];
	CK_ULONG len = sizeof(signature), n = 0;
	CK_OBJECT_HANDLE private = 0, public = 0;

	(void)state;
	assert_true(flags_of(CKM_HASH_ML_DSA_SHA256) & CKF_SIGN);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	transport_card_make_plain();
	assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, 3, &n, &private), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, 3, &n, &public), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(p11_ulong(private, CKA_KEY_TYPE), CKK_ML_DSA);
	assert_int_equal(p11_make(&m, private, text, 8000, signature, &len), CKR_OK);
	assert_true(libcrypto_accepts(public, text, 8000, "", false, signature, len));
	assert_int_equal(p11_check(&m, public, text, 8000, signature, len), CKR_OK);
	assert_int_equal(p11_make(&m, private, NULL, 0, signature, &len), CKR_OK);
	assert_true(libcrypto_accepts(public, text, 0, "", false, signature, len));
	assert_int_equal(p11_make(&m, private, text, sizeof(text), signature, &len), CKR_DATA_LEN_RANGE);
	assert_int_equal(C_SignInit(session, &with, private), CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(C_VerifyInit(session, &with, public), CKR_OK);
	assert_int_equal(C_SignInit(session, &hash, private), CKR_MECHANISM_INVALID);
	assert_int_equal(flags_of(CKM_HASH_ML_DSA_SHA256) & (CKF_SIGN | CKF_VERIFY), CKF_VERIFY);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(the_module_has_what_the_card_has),
	    TEST(a_signature_is_what_libcrypto_and_the_module_accept),
	    TEST(a_message_may_be_longer_than_a_command_and_come_in_parts),
	    TEST(a_context_is_signed_with_the_message),
	    TEST(each_digest_is_signed_with_its_name),
	    TEST(a_seed_that_is_imported_makes_the_key_that_libcrypto_makes_of_it),
	    TEST(libcrypto_encapsulates_and_the_card_decapsulates),
	    TEST(the_module_encapsulates_for_keys_that_are_brought_to_it),
	    TEST(nothing_is_a_message_too),
	    TEST(another_vendors_card_signs_the_message_itself),
	};

	static const struct CMUnitTest without[] = {TEST(the_module_has_what_the_card_has)};

	there = has_it();
	if (there)
		return cmocka_run_group_tests_name("pkcs11_pqc", tests, make, p11_session_end);
	print_message("# %zu of %zu tests are left out: this libcrypto has no ML-DSA and ML-KEM\n",
		      COUNT(tests) - 1, COUNT(tests));
	return cmocka_run_group_tests_name("pkcs11_pqc", without, make, p11_session_end);
}
