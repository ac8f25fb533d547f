/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_DeriveKey by CKM_ECDH1_DERIVE and CKM_ECDH1_COFACTOR_DERIVE (PKCS #11 v3.2, 6.3): each curve, each key
 * derivation function, lengths at and around those of a digest, against what is computed here of libcrypto's
 * digests alone; what the derived key is, and does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/transport_card.h"
#include "tests/unit/pkcs11_agree.h"

#define session p11_session

#define VALUE_MAX 1024u /* bytes of the longest secret key that the module has */

#define P256   "06082a8648ce3d030107"
#define P384   "06052b81040022"
#define P521   "06052b81040023"
#define X25519 "06032b656e"

static struct curve {
	CK_MECHANISM_TYPE generate;
	const char *params;
	size_t len; /* of what is agreed on */
	struct pair pair;
	struct bytes peer;
	uint8_t secret[AGREE_MAX];
} curves[] = {
    {.generate = CKM_EC_KEY_PAIR_GEN, .params = P256, .len = 32},
    {.generate = CKM_EC_KEY_PAIR_GEN, .params = P384, .len = 48},
    {.generate = CKM_EC_KEY_PAIR_GEN, .params = P521, .len = 66},
    {.generate = CKM_EC_MONTGOMERY_KEY_PAIR_GEN, .params = X25519, .len = 32},
};

#define EACH(curve) for (struct curve *curve = curves; (curve) < curves + COUNT(curves); (curve)++)

static const CK_MECHANISM_TYPE mechanisms[] = {CKM_ECDH1_DERIVE, CKM_ECDH1_COFACTOR_DERIVE};

static int make(void **state)
{
	if (p11_session_make(state) != 0)
		return -1;
	EACH(curve)
	{
		if (p11_pair(curve->generate, curve->params, 0, &curve->pair) != CKR_OK ||
		    p11_agree(curve->pair.public, &curve->peer, curve->secret) != curve->len)
			return -1;
	}
	return 0;
}

static CK_ECDH1_DERIVE_PARAMS params_of(struct curve *curve, CK_EC_KDF_TYPE kdf)
{
	return (CK_ECDH1_DERIVE_PARAMS){kdf, 0, NULL, curve->peer.len, curve->peer.at};
}

static void what_is_agreed_on_is_cut_at_its_beginning(void **state)
{
	uint8_t got[AGREE_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(curves) * COUNT(mechanisms); i++) {
		struct curve *curve = &curves[i / COUNT(mechanisms)];
		CK_MECHANISM_TYPE type = mechanisms[i % COUNT(mechanisms)];
		CK_ECDH1_DERIVE_PARAMS p = params_of(curve, CKD_NULL);
		const CK_ULONG lens[] = {1, 16, curve->len - 1, curve->len};
		CK_ULONG len = 0;

		for (size_t l = 0; l < COUNT(lens); l++) {
			assert_int_equal(
			    p11_derive(type, curve->pair.private, &p, lens[l], got, sizeof(got), &len),
			    CKR_OK);
			assert_int_equal(len, lens[l]);
			assert_memory_equal(got, curve->secret + curve->len - len, len);
		}
		assert_int_equal(p11_derive(type, curve->pair.private, &p, 0, got, sizeof(got), &len),
				 CKR_OK);
		assert_int_equal(len, curve->len);
		assert_memory_equal(got, curve->secret, len);
		assert_int_equal(
		    p11_derive(type, curve->pair.private, &p, curve->len + 1, got, sizeof(got), &len),
		    CKR_KEY_SIZE_RANGE);
	}
}

/* ANSI X9.63, 5.6.3: the counter goes behind the secret; SP 800-56A, 5.8.1.1: before it. */
static const struct kdf {
	CK_EC_KDF_TYPE type;
	const char *digest;
	size_t len;
	bool first;
} kdfs[] = {
    {CKD_SHA1_KDF, "SHA1", 20, false},
    {CKD_SHA224_KDF, "SHA224", 28, false},
    {CKD_SHA256_KDF, "SHA256", 32, false},
    {CKD_SHA384_KDF, "SHA384", 48, false},
    {CKD_SHA512_KDF, "SHA512", 64, false},
    {CKD_SHA3_224_KDF, "SHA3-224", 28, false},
    {CKD_SHA3_256_KDF, "SHA3-256", 32, false},
    {CKD_SHA3_384_KDF, "SHA3-384", 48, false},
    {CKD_SHA3_512_KDF, "SHA3-512", 64, false},
    {CKD_SHA1_KDF_SP800, "SHA1", 20, true},
    {CKD_SHA224_KDF_SP800, "SHA224", 28, true},
    {CKD_SHA256_KDF_SP800, "SHA256", 32, true},
    {CKD_SHA384_KDF_SP800, "SHA384", 48, true},
    {CKD_SHA512_KDF_SP800, "SHA512", 64, true},
    {CKD_SHA3_224_KDF_SP800, "SHA3-224", 28, true},
    {CKD_SHA3_256_KDF_SP800, "SHA3-256", 32, true},
    {CKD_SHA3_384_KDF_SP800, "SHA3-384", 48, true},
    {CKD_SHA3_512_KDF_SP800, "SHA3-512", 64, true},
};

/* VALUE_MAX bytes of keying data, of which less is the beginning. */
static void stretch(const struct kdf *kdf, const struct curve *curve, const CK_BYTE *info, size_t info_len,
		    uint8_t *out)
{
	uint8_t in[4 + AGREE_MAX + 64], digest[EVP_MAX_MD_SIZE];

	assert_true(info_len <= 64);
	for (uint32_t n = 1; (n - 1) * kdf->len < VALUE_MAX; n++) {
		const uint8_t counter[] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
					   (uint8_t)n};
		size_t at = (n - 1) * kdf->len, part = VALUE_MAX - at < kdf->len ? VALUE_MAX - at : kdf->len;
		size_t len = 0;

		assert_int_equal(EVP_MD_get_size(EVP_get_digestbyname(kdf->digest)), kdf->len);
		memcpy(in + (kdf->first ? 4 : 0), curve->secret, curve->len);
		memcpy(in + (kdf->first ? 0 : curve->len), counter, 4);
		if (info_len > 0)
			memcpy(in + curve->len + 4, info, info_len);
		assert_int_equal(
		    EVP_Q_digest(NULL, kdf->digest, NULL, in, curve->len + 4 + info_len, digest, &len), 1);
		memcpy(out + at, digest, part);
	}
}

static void each_derivation_function_makes_keys_of_each_length(void **state)
{
	CK_BYTE info[] = "what both sides know", got[VALUE_MAX];
	uint8_t want[VALUE_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(curves) * COUNT(kdfs) * 2; i++) {
		struct curve *curve = &curves[i % COUNT(curves)];
		const struct kdf *kdf = &kdfs[i / COUNT(curves) % COUNT(kdfs)];
		CK_ECDH1_DERIVE_PARAMS p = params_of(curve, kdf->type);
		const CK_ULONG lens[] = {1, kdf->len - 1, kdf->len, kdf->len + 1, VALUE_MAX};
		CK_ULONG len = 0;

		if (i >= COUNT(curves) * COUNT(kdfs)) {
			p.pSharedData = info;
			p.ulSharedDataLen = sizeof(info);
		}
		stretch(kdf, curve, info, p.ulSharedDataLen, want);
		for (size_t l = 0; l < COUNT(lens); l++) {
			assert_int_equal(p11_derive(mechanisms[l % 2], curve->pair.private, &p, lens[l], got,
						    sizeof(got), &len),
					 CKR_OK);
			assert_int_equal(len, lens[l]);
			assert_memory_equal(got, want, len);
		}
		assert_int_equal(p11_derive(mechanisms[i % 2], curve->pair.private, &p, VALUE_MAX + 1, got,
					    sizeof(got), &len),
				 CKR_KEY_SIZE_RANGE);
	}
}

/* RFC 7748, 6.1. */
static void a_key_that_was_brought_agrees_as_its_rfc_has_it(void **state)
{
	static const char bobs[] = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
	struct bytes scalar = hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
		     oid = hex(X25519), peer = hex(bobs);
	CK_KEY_TYPE type = CKK_EC_MONTGOMERY;
	CK_ATTRIBUTE a[] = {{CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_EC_PARAMS, oid.at, oid.len},
			    {CKA_VALUE, scalar.at, scalar.len}};
	CK_ECDH1_DERIVE_PARAMS p = {CKD_NULL, 0, NULL, peer.len, peer.at};
	CK_BYTE got[AGREE_MAX];
	struct pair alice;
	CK_ULONG len = 0;

	(void)state;
	assert_int_equal(p11_import(a, 3, &alice), CKR_OK);
	for (size_t i = 0; i < COUNT(mechanisms); i++) {
		assert_int_equal(p11_derive(mechanisms[i], alice.private, &p, 0, got, sizeof(got), &len),
				 CKR_OK);
		assert_bytes(got, len, "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
	}
	assert_int_equal(C_DestroyObject(session, alice.private), CKR_OK);
}

/* ---- what the key is ---- */

static CK_RV derive_as(struct curve *curve, CK_KEY_TYPE type, CK_ULONG len, const CK_ATTRIBUTE *more,
		       CK_ULONG count, CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_ECDH1_DERIVE_PARAMS p = params_of(curve, CKD_SHA256_KDF);
	CK_MECHANISM m = {CKM_ECDH1_DERIVE, &p, sizeof(p)};
	CK_ATTRIBUTE template[8] = {{CKA_CLASS, &class, sizeof(class)},
				    {CKA_KEY_TYPE, &type, sizeof(type)},
				    {CKA_VALUE_LEN, &len, sizeof(len)}};

	assert_true(count <= 5);
	for (CK_ULONG i = 0; i < count; i++)
		template[3 + i] = more[i];
	return C_DeriveKey(session, &m, curve->pair.private, template, 3 + count, key);
}

/* In the session, and on the card, whose it then is alone. */
static void a_derived_aes_key_encrypts_as_libcrypto_does(void **state)
{
	static const char *const names[] = {"AES-128-ECB", "AES-192-ECB", "AES-256-ECB"};
	CK_MECHANISM ecb = {CKM_AES_ECB, NULL, 0};
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE token = {CKA_TOKEN, &yes, 1};
	CK_BYTE plain[16] = "sixteen bytes", out[32];
	uint8_t keying[VALUE_MAX], want[32];

	(void)state;
	stretch(&kdfs[2], &curves[0], NULL, 0, keying);
	for (size_t i = 0; i < 2 * COUNT(names); i++) {
		CK_ULONG key_len = 16 + 8 * (i / 2), len = sizeof(out);
		EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, names[i / 2], NULL);
		EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
		CK_OBJECT_HANDLE key;
		int n = 0;

		assert_int_equal(EVP_EncryptInit_ex2(ctx, cipher, keying, NULL, NULL), 1);
		assert_int_equal(EVP_EncryptUpdate(ctx, want, &n, plain, sizeof(plain)), 1);
		EVP_CIPHER_CTX_free(ctx);
		EVP_CIPHER_free(cipher);
		assert_int_equal(derive_as(&curves[0], CKK_AES, key_len, &token, i % 2, &key), CKR_OK);
		assert_int_equal(C_EncryptInit(session, &ecb, key), CKR_OK);
		assert_int_equal(C_Encrypt(session, plain, sizeof(plain), out, &len), CKR_OK);
		assert_int_equal(len, sizeof(plain));
		assert_memory_equal(out, want, len);
		assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	}
}

static void a_derived_key_has_a_length_that_its_type_has(void **state)
{
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(derive_as(&curves[0], CKK_AES, 17, NULL, 0, &key), CKR_KEY_SIZE_RANGE);
	assert_int_equal(derive_as(&curves[0], CKK_AES, 0, NULL, 0, &key), CKR_KEY_SIZE_RANGE);
	assert_int_equal(derive_as(&curves[0], CKK_RSA, 32, NULL, 0, &key), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(derive_as(&curves[0], CKK_SHA256_HMAC, 17, NULL, 0, &key), CKR_OK);
	assert_int_equal(p11_ulong(key, CKA_VALUE_LEN), 17);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
}

static CK_BBOOL truth(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = 2;
	CK_ATTRIBUTE a = {type, &value, 1};

	assert_int_equal(C_GetAttributeValue(session, object, &a, 1), CKR_OK);
	return value;
}

/* Always sensitive is what is so, and comes of what always was; and likewise never extractable (6.3.17). */
static void what_was_never_seen_is_so_said_of_the_derived_key_where_it_is_hidden(void **state)
{
	struct bytes scalar = hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
		     oid = hex(P256);
	CK_KEY_TYPE type = CKK_EC;
	CK_ATTRIBUTE a[] = {{CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_EC_PARAMS, oid.at, oid.len},
			    {CKA_VALUE, scalar.at, scalar.len}};
	struct curve brought = curves[0];

	(void)state;
	assert_int_equal(p11_import(a, 3, &brought.pair), CKR_OK);
	for (unsigned i = 0; i < 8; i++) {
		CK_BBOOL sensitive = (i & 1) != 0, extractable = (i & 2) != 0, made = (i & 4) != 0;
		CK_ATTRIBUTE hidden[] = {{CKA_SENSITIVE, &sensitive, 1}, {CKA_EXTRACTABLE, &extractable, 1}};
		CK_OBJECT_HANDLE key;

		assert_int_equal(
		    derive_as(made ? &curves[0] : &brought, CKK_GENERIC_SECRET, 32, hidden, 2, &key), CKR_OK);
		assert_int_equal(truth(key, CKA_SENSITIVE), sensitive);
		assert_int_equal(truth(key, CKA_EXTRACTABLE), extractable);
		assert_int_equal(truth(key, CKA_ALWAYS_SENSITIVE), made && sensitive);
		assert_int_equal(truth(key, CKA_NEVER_EXTRACTABLE), made && !extractable);
		assert_int_equal(truth(key, CKA_LOCAL), CK_FALSE);
		assert_int_equal(p11_ulong(key, CKA_KEY_GEN_MECHANISM), CK_UNAVAILABLE_INFORMATION);
		assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	}
	assert_int_equal(C_DestroyObject(session, brought.pair.private), CKR_OK);
}

static void a_derivation_is_one_command(void **state)
{
	CK_BYTE got[AGREE_MAX];
	CK_ULONG len;

	(void)state;
	EACH(curve)
	{
		CK_ECDH1_DERIVE_PARAMS p = params_of(curve, CKD_SHA512_KDF);
		unsigned before = transport_card_commands();

		assert_int_equal(p11_derive(CKM_ECDH1_COFACTOR_DERIVE, curve->pair.private, &p, 200, got,
					    sizeof(got), &len),
				 CKR_OK);
		assert_int_equal(transport_card_commands(), before + 1);
	}
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(what_is_agreed_on_is_cut_at_its_beginning),
	    TEST(each_derivation_function_makes_keys_of_each_length),
	    TEST(a_key_that_was_brought_agrees_as_its_rfc_has_it),
	    TEST(a_derived_aes_key_encrypts_as_libcrypto_does),
	    TEST(a_derived_key_has_a_length_that_its_type_has),
	    TEST(what_was_never_seen_is_so_said_of_the_derived_key_where_it_is_hidden),
	    TEST(a_derivation_is_one_command),
	};

	return cmocka_run_group_tests_name("pkcs11_derive", tests, make, p11_session_end);
}
