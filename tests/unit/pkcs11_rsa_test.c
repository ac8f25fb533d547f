/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RSA against libcrypto: every digest, mask, label and salt; recovery; wrapping; and paddings that are none,
 * which all answer alike.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "tests/lib/transport_card.h"
#include "tests/unit/pkcs11_session.h"

#define session p11_session

#define K 256u /* bytes of the modulus */

static EVP_PKEY *rsa;
static struct pair pair;

/* A key of libcrypto's, which is brought to the token. */
static int make(void **state)
{
	static const char *const names[] = {OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
					    OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
					    OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
	static const CK_ATTRIBUTE_TYPE types[] = {CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2,
						  CKA_COEFFICIENT};
	CK_BYTE numbers[5][K / 2];
	CK_KEY_TYPE type = CKK_RSA;
	CK_ATTRIBUTE a[6] = {{CKA_KEY_TYPE, &type, sizeof(type)}};

	if (p11_session_make(state) != 0)
		return -1;
	rsa = EVP_RSA_gen(K * 8);
	for (size_t i = 0; i < COUNT(names); i++) {
		BIGNUM *n = NULL;

		if (EVP_PKEY_get_bn_param(rsa, names[i], &n) != 1 ||
		    BN_bn2binpad(n, numbers[i], K / 2) != K / 2)
			return -1;
		BN_free(n);
		a[1 + i] = (CK_ATTRIBUTE){types[i], numbers[i], K / 2};
	}
	return p11_import(a, 6, &pair) == CKR_OK ? 0 : -1;
}

static int end(void **state)
{
	EVP_PKEY_free(rsa);
	return p11_session_end(state);
}

static const struct hash_names {
	CK_MECHANISM_TYPE type;
	CK_RSA_PKCS_MGF_TYPE mgf;
	const char *name;
	CK_ULONG len;
	CK_MECHANISM_TYPE pkcs1, pss; /* CK_UNAVAILABLE_INFORMATION: there is none */
} hashes[] = {
    {CKM_SHA_1, CKG_MGF1_SHA1, "SHA1", 20, CKM_SHA1_RSA_PKCS, CKM_SHA1_RSA_PKCS_PSS},
    {CKM_SHA224, CKG_MGF1_SHA224, "SHA224", 28, CKM_SHA224_RSA_PKCS, CKM_SHA224_RSA_PKCS_PSS},
    {CKM_SHA256, CKG_MGF1_SHA256, "SHA256", 32, CKM_SHA256_RSA_PKCS, CKM_SHA256_RSA_PKCS_PSS},
    {CKM_SHA384, CKG_MGF1_SHA384, "SHA384", 48, CKM_SHA384_RSA_PKCS, CKM_SHA384_RSA_PKCS_PSS},
    {CKM_SHA512, CKG_MGF1_SHA512, "SHA512", 64, CKM_SHA512_RSA_PKCS, CKM_SHA512_RSA_PKCS_PSS},
    {CKM_SHA3_224, CKG_MGF1_SHA3_224, "SHA3-224", 28, CKM_SHA3_224_RSA_PKCS, CKM_SHA3_224_RSA_PKCS_PSS},
    {CKM_SHA3_256, CKG_MGF1_SHA3_256, "SHA3-256", 32, CKM_SHA3_256_RSA_PKCS, CKM_SHA3_256_RSA_PKCS_PSS},
    {CKM_SHA3_384, CKG_MGF1_SHA3_384, "SHA3-384", 48, CKM_SHA3_384_RSA_PKCS, CKM_SHA3_384_RSA_PKCS_PSS},
    {CKM_SHA3_512, CKG_MGF1_SHA3_512, "SHA3-512", 64, CKM_SHA3_512_RSA_PKCS, CKM_SHA3_512_RSA_PKCS_PSS},
    {CKM_SHA512_224, 0, "SHA512-224", 28, CK_UNAVAILABLE_INFORMATION, CK_UNAVAILABLE_INFORMATION},
    {CKM_SHA512_256, 0, "SHA512-256", 32, CK_UNAVAILABLE_INFORMATION, CK_UNAVAILABLE_INFORMATION},
};

#define MASKS 9u /* the digests that have one, and mechanisms of their own */

static void pkcs1_signatures_of_each_digest_are_libcryptos(void **state)
{
	CK_BYTE text[] = "to be signed by RSA";

	(void)state;
	for (size_t i = 0; i < MASKS; i++) {
		CK_MECHANISM m = {hashes[i].pkcs1, NULL, 0};
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		CK_BYTE signature[K], want[K];
		CK_ULONG len = sizeof(signature);
		size_t want_len = sizeof(want);

		assert_int_equal(C_SignInit(session, &m, pair.private), CKR_OK);
		assert_int_equal(C_SignUpdate(session, text, 3), CKR_OK);
		assert_int_equal(C_SignUpdate(session, text + 3, sizeof(text) - 3), CKR_OK);
		assert_int_equal(C_SignFinal(session, signature, &len), CKR_OK);
		assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, hashes[i].name, NULL, NULL, rsa, NULL), 1);
		assert_int_equal(EVP_DigestSign(ctx, want, &want_len, text, sizeof(text)), 1);
		assert_int_equal(len, want_len);
		assert_memory_equal(signature, want, len);
		assert_int_equal(p11_check(&m, pair.public, text, sizeof(text), signature, len), CKR_OK);
		EVP_MD_CTX_free(ctx);
	}
}

static bool pss_accepted(size_t hash, size_t mgf, int salt, const CK_BYTE *text, size_t len,
			 const CK_BYTE *signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	bool ok;

	assert_int_equal(EVP_DigestVerifyInit_ex(ctx, &pctx, hashes[hash].name, NULL, NULL, rsa, NULL), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md_name(pctx, hashes[mgf].name, NULL), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt), 1);
	ok = EVP_DigestVerify(ctx, signature, K, text, len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static void pss_takes_any_digest_mask_and_salt(void **state)
{
	CK_BYTE text[] = "to be signed by RSA", signature[K];

	(void)state;
	for (size_t i = 0; i < MASKS; i++) {
		size_t mgf = (i + 2) % MASKS;
		CK_ULONG most = K - hashes[i].len - 2;
		CK_ULONG salts[] = {0, 1, 20, hashes[i].len, most};

		for (size_t s = 0; s < COUNT(salts); s++) {
			CK_RSA_PKCS_PSS_PARAMS p = {hashes[i].type, hashes[mgf].mgf, salts[s]};
			CK_MECHANISM m = {hashes[i].pss, &p, sizeof(p)};
			CK_ULONG len = sizeof(signature);

			assert_int_equal(p11_make(&m, pair.private, text, sizeof(text), signature, &len),
					 CKR_OK);
			assert_true(pss_accepted(i, mgf, (int)salts[s], text, sizeof(text), signature));
			assert_int_equal(p11_check(&m, pair.public, text, sizeof(text), signature, len),
					 CKR_OK);
			p.sLen = salts[s] + 1;
			assert_int_equal(p11_check(&m, pair.public, text, sizeof(text), signature, len),
					 CKR_SIGNATURE_INVALID);
			p.sLen = most + 1;
			assert_int_equal(p11_make(&m, pair.private, text, sizeof(text), signature, &len),
					 CKR_DATA_LEN_RANGE);
		}
	}
}

/* By CKM_RSA_PKCS_PSS, which is given the digest. */
static void pss_takes_a_truncated_digest(void **state)
{
	CK_BYTE text[] = "to be signed by RSA", signature[K], digest[32];

	(void)state;
	for (size_t i = MASKS; i < COUNT(hashes); i++) {
		CK_RSA_PKCS_PSS_PARAMS p = {hashes[i].type, CKG_MGF1_SHA512, hashes[i].len};
		CK_MECHANISM m = {CKM_RSA_PKCS_PSS, &p, sizeof(p)}, hash = {hashes[i].type, NULL, 0};
		CK_ULONG len = sizeof(signature), digest_len = sizeof(digest);

		assert_int_equal(C_DigestInit(session, &hash), CKR_OK);
		assert_int_equal(C_Digest(session, text, sizeof(text), digest, &digest_len), CKR_OK);
		assert_int_equal(p11_make(&m, pair.private, digest, digest_len, signature, &len), CKR_OK);
		assert_true(pss_accepted(i, 4, (int)hashes[i].len, text, sizeof(text), signature));
		assert_int_equal(p11_check(&m, pair.public, digest, digest_len, signature, len), CKR_OK);
		p.mgf = hashes[i].mgf;
		assert_int_equal(C_SignInit(session, &m, pair.private), CKR_MECHANISM_PARAM_INVALID);
	}
}

/* A message may be empty, and then be nowhere; its parts may be, too. */
static void sign_nothing(CK_MECHANISM *m, CK_BYTE signature[K], bool in_parts)
{
	CK_ULONG len = K;

	assert_int_equal(C_SignInit(session, m, pair.private), CKR_OK);
	if (in_parts) {
		assert_int_equal(C_SignUpdate(session, NULL, 0), CKR_OK);
		assert_int_equal(C_SignFinal(session, signature, &len), CKR_OK);
	} else {
		assert_int_equal(C_Sign(session, NULL, 0, signature, &len), CKR_OK);
	}
	assert_int_equal(len, K);
	assert_int_equal(p11_check(m, pair.public, NULL, 0, signature, len), CKR_OK);
	assert_int_equal(C_VerifyInit(session, m, pair.public), CKR_OK);
	assert_int_equal(C_VerifyUpdate(session, NULL, 0), CKR_OK);
	assert_int_equal(C_VerifyFinal(session, signature, len), CKR_OK);
	signature[K - 1] ^= 1;
	assert_int_equal(p11_check(m, pair.public, NULL, 0, signature, len), CKR_SIGNATURE_INVALID);
	signature[K - 1] ^= 1;
}

static void the_empty_message_is_signed_by_each(void **state)
{
	CK_BYTE signature[K], want[K], none = 0;

	(void)state;
	for (size_t i = 0; i < 2 * MASKS; i++) {
		const struct hash_names *hash = &hashes[i / 2];
		CK_RSA_PKCS_PSS_PARAMS p = {hash->type, hash->mgf, hash->len};
		CK_MECHANISM pkcs1 = {hash->pkcs1, NULL, 0}, pss = {hash->pss, &p, sizeof(p)};
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		size_t want_len = sizeof(want);

		sign_nothing(&pkcs1, signature, i % 2 == 1);
		assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, hash->name, NULL, NULL, rsa, NULL), 1);
		assert_int_equal(EVP_DigestSign(ctx, want, &want_len, &none, 0), 1);
		assert_memory_equal(signature, want, K);
		EVP_MD_CTX_free(ctx);
		sign_nothing(&pss, signature, i % 2 == 1);
		assert_true(pss_accepted(i / 2, i / 2, (int)hash->len, &none, 0, signature));
	}
}

static void oaep_takes_any_digest_mask_and_label(void **state)
{
	CK_BYTE secret[] = "a secret", label[] = "for this purpose", out[K], back[K];

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(hashes) * MASKS; i++) {
		const struct hash_names *hash = &hashes[i % COUNT(hashes)],
					*mgf = &hashes[i / COUNT(hashes) % MASKS];
		CK_ULONG label_len = i < COUNT(hashes) * MASKS ? 0 : sizeof(label);
		CK_RSA_PKCS_OAEP_PARAMS p = {hash->type, mgf->mgf, CKZ_DATA_SPECIFIED,
					     label_len > 0 ? label : NULL, label_len};
		CK_MECHANISM m = {CKM_RSA_PKCS_OAEP, &p, sizeof(p)};
		EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(rsa, NULL);
		CK_ULONG back_len = sizeof(back);
		size_t len = sizeof(out);

		assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, hash->name, NULL), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, mgf->name, NULL), 1);
		if (label_len > 0)
			assert_int_equal(EVP_PKEY_CTX_set0_rsa_oaep_label(
					     ctx, OPENSSL_memdup(label, label_len), (int)label_len),
					 1);
		assert_int_equal(EVP_PKEY_encrypt(ctx, out, &len, secret, sizeof(secret)), 1);
		EVP_PKEY_CTX_free(ctx);
		assert_int_equal(C_DecryptInit(session, &m, pair.private), CKR_OK);
		assert_int_equal(C_Decrypt(session, out, len, back, &back_len), CKR_OK);
		assert_int_equal(back_len, sizeof(secret));
		assert_memory_equal(back, secret, back_len);
		/* And the module's own way there. */
		back_len = sizeof(out);
		assert_int_equal(C_EncryptInit(session, &m, pair.public), CKR_OK);
		assert_int_equal(C_Encrypt(session, secret, sizeof(secret), out, &back_len), CKR_OK);
		assert_int_equal(C_DecryptInit(session, &m, pair.private), CKR_OK);
		assert_int_equal(C_DecryptUpdate(session, out, K / 2, back, &back_len), CKR_OK);
		back_len = sizeof(back);
		assert_int_equal(C_DecryptUpdate(session, out + K / 2, K / 2, back, &back_len), CKR_OK);
		back_len = sizeof(back);
		assert_int_equal(C_DecryptFinal(session, back, &back_len), CKR_OK);
		assert_int_equal(back_len, sizeof(secret));
	}
}

/* The number to the power e, as it stands. */
static void raw_encrypt(const CK_BYTE block[K], CK_BYTE out[K])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(rsa, NULL);
	size_t len = K;

	assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
	assert_int_equal(EVP_PKEY_encrypt(ctx, out, &len, block, K), 1);
	EVP_PKEY_CTX_free(ctx);
}

static CK_RV decrypt_block(CK_MECHANISM *m, const CK_BYTE block[K], CK_BYTE *back, CK_ULONG *len)
{
	CK_BYTE out[K];

	raw_encrypt(block, out);
	assert_int_equal(C_DecryptInit(session, m, pair.private), CKR_OK);
	return C_Decrypt(session, out, K, back, len);
}

/* 00 02 padding 00 text, and what is wrong with it. */
static void paddings_that_are_none_answer_alike(void **state)
{
	static const struct {
		size_t at;
		CK_BYTE value;
	} wrong[] = {{0, 1}, {1, 1}, {1, 3}, {1, 0}, {2, 0}, {9, 0}, {K - 1, 7}};
	CK_RSA_PKCS_OAEP_PARAMS p = {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0};
	CK_MECHANISM pkcs1 = {CKM_RSA_PKCS, NULL, 0}, oaep = {CKM_RSA_PKCS_OAEP, &p, sizeof(p)};
	CK_BYTE block[K], back[K];
	CK_ULONG len = sizeof(back);

	(void)state;
	memset(block, 0x55, sizeof(block));
	block[0] = 0;
	block[1] = 2;
	block[10] = 0;
	assert_int_equal(decrypt_block(&pkcs1, block, back, &len), CKR_OK);
	assert_int_equal(len, K - 11);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		memset(block, 0x55, sizeof(block));
		block[0] = 0;
		block[1] = 2;
		/* The last case has no zero at all behind the padding. */
		block[10] = wrong[i].at == K - 1 ? 0x55 : 0;
		block[wrong[i].at] = wrong[i].value;
		len = sizeof(back);
		assert_int_equal(decrypt_block(&pkcs1, block, back, &len), CKR_ENCRYPTED_DATA_INVALID);
		len = sizeof(back);
		assert_int_equal(decrypt_block(&oaep, block, back, &len), CKR_ENCRYPTED_DATA_INVALID);
	}
	memset(block, 0, sizeof(block));
	assert_int_equal(decrypt_block(&oaep, block, back, &len), CKR_ENCRYPTED_DATA_INVALID);
	assert_int_equal(decrypt_block(&pkcs1, block, back, &len), CKR_ENCRYPTED_DATA_INVALID);
}

static void what_is_no_cipher_text_is_refused_by_its_length(void **state)
{
	CK_MECHANISM m = {CKM_RSA_PKCS, NULL, 0};
	CK_BYTE in[K + 1] = {1}, back[K];
	CK_ULONG len = sizeof(back);

	(void)state;
	assert_int_equal(C_DecryptInit(session, &m, pair.private), CKR_OK);
	assert_int_equal(C_Decrypt(session, in, K - 1, back, &len), CKR_ENCRYPTED_DATA_LEN_RANGE);
	assert_int_equal(C_DecryptInit(session, &m, pair.private), CKR_OK);
	assert_int_equal(C_Decrypt(session, in, K + 1, back, &len), CKR_ENCRYPTED_DATA_LEN_RANGE);
	/* More than the modulus. */
	memset(in, 0xFF, sizeof(in));
	assert_int_equal(C_DecryptInit(session, &m, pair.private), CKR_OK);
	assert_int_equal(C_Decrypt(session, in, K, back, &len), CKR_ENCRYPTED_DATA_INVALID);
	assert_int_equal(C_EncryptInit(session, &m, pair.public), CKR_OK);
	len = sizeof(back);
	assert_int_equal(C_Encrypt(session, in, K - 10, back, &len), CKR_DATA_LEN_RANGE);
}

static void a_plain_text_waits_until_there_is_room_and_the_card_is_asked_once(void **state)
{
	CK_MECHANISM m = {CKM_RSA_PKCS, NULL, 0};
	CK_BYTE secret[] = "a secret", out[K], back[K];
	CK_ULONG len = sizeof(out);
	unsigned before;

	(void)state;
	assert_int_equal(C_EncryptInit(session, &m, pair.public), CKR_OK);
	assert_int_equal(C_Encrypt(session, secret, sizeof(secret), out, &len), CKR_OK);
	assert_int_equal(C_DecryptInit(session, &m, pair.private), CKR_OK);
	before = transport_card_commands();
	assert_int_equal(C_Decrypt(session, out, K, NULL, &len), CKR_OK);
	assert_int_equal(transport_card_commands(), before);
	assert_true(len >= sizeof(secret));
	len = 3;
	assert_int_equal(C_Decrypt(session, out, K, back, &len), CKR_BUFFER_TOO_SMALL);
	assert_int_equal(len, sizeof(secret));
	assert_int_equal(C_Decrypt(session, out, K, back, &len), CKR_OK);
	assert_memory_equal(back, secret, len);
	assert_int_equal(transport_card_commands(), before + 1);
}

static void what_is_signed_with_recovery_is_recovered(void **state)
{
	CK_MECHANISM pkcs1 = {CKM_RSA_PKCS, NULL, 0}, raw = {CKM_RSA_X_509, NULL, 0};
	CK_BYTE text[] = "recover me", signature[K], back[K];
	CK_ULONG len = sizeof(signature), back_len = 0;

	(void)state;
	assert_int_equal(C_SignRecoverInit(session, &pkcs1, pair.private), CKR_OK);
	assert_int_equal(C_Sign(session, text, sizeof(text), signature, &len), CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_SignRecover(session, text, sizeof(text), NULL, &len), CKR_OK);
	assert_int_equal(len, K);
	assert_int_equal(C_SignRecover(session, text, sizeof(text), signature, &len), CKR_OK);
	assert_int_equal(C_VerifyRecoverInit(session, &pkcs1, pair.public), CKR_OK);
	assert_int_equal(C_VerifyRecover(session, signature, len, NULL, &back_len), CKR_OK);
	back_len = sizeof(back);
	assert_int_equal(C_VerifyRecover(session, signature, len, back, &back_len), CKR_OK);
	assert_int_equal(back_len, sizeof(text));
	assert_memory_equal(back, text, back_len);
	signature[9] ^= 1;
	assert_int_equal(C_VerifyRecoverInit(session, &pkcs1, pair.public), CKR_OK);
	back_len = sizeof(back);
	assert_int_equal(C_VerifyRecover(session, signature, len, back, &back_len), CKR_SIGNATURE_INVALID);
	assert_int_equal(p11_make(&raw, pair.private, text, sizeof(text), signature, &len), CKR_OK);
	assert_int_equal(p11_check(&raw, pair.public, text, sizeof(text), signature, len), CKR_OK);
	assert_int_equal(C_VerifyRecoverInit(session, &raw, pair.public), CKR_OK);
	back_len = sizeof(back);
	assert_int_equal(C_VerifyRecover(session, signature, len, back, &back_len), CKR_OK);
	assert_int_equal(back_len, K);
	assert_memory_equal(back + K - sizeof(text), text, sizeof(text));
}

static void a_number_is_encrypted_and_decrypted_as_it_stands(void **state)
{
	CK_MECHANISM m = {CKM_RSA_X_509, NULL, 0};
	CK_BYTE number[] = {1, 2, 3}, out[K], back[K];
	CK_ULONG len = sizeof(out);

	(void)state;
	assert_int_equal(C_EncryptInit(session, &m, pair.public), CKR_OK);
	assert_int_equal(C_Encrypt(session, number, sizeof(number), out, &len), CKR_OK);
	assert_int_equal(C_DecryptInit(session, &m, pair.private), CKR_OK);
	assert_int_equal(C_Decrypt(session, out, len, back, &len), CKR_OK);
	assert_int_equal(len, K);
	assert_memory_equal(back + K - 3, number, 3);
	assert_int_equal(back[0], 0);
}

static void a_session_key_travels_to_the_token_and_decrypts(void **state)
{
	CK_RSA_PKCS_OAEP_PARAMS p = {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0};
	CK_MECHANISM ms[] = {{CKM_RSA_PKCS, NULL, 0}, {CKM_RSA_PKCS_OAEP, &p, sizeof(p)}};
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}};
	CK_OBJECT_HANDLE key = p11_key(CKK_AES, "000102030405060708090a0b0c0d0e0f"), come;
	CK_BYTE iv[16] = {0}, text[] = "of a CMS envelope", wrapped[K], out[64], back[64];
	CK_MECHANISM cbc = {CKM_AES_CBC_PAD, iv, 16};

	(void)state;
	for (size_t i = 0; i < COUNT(ms); i++) {
		CK_ULONG len = sizeof(wrapped), out_len = sizeof(out), back_len = sizeof(back);

		assert_int_equal(C_WrapKey(session, &ms[i], pair.public, key, wrapped, &len), CKR_OK);
		assert_int_equal(len, K);
		assert_int_equal(C_UnwrapKey(session, &ms[i], pair.private, wrapped, len, template, 2, &come),
				 CKR_OK);
		assert_int_equal(C_EncryptInit(session, &cbc, key), CKR_OK);
		assert_int_equal(C_Encrypt(session, text, sizeof(text), out, &out_len), CKR_OK);
		assert_int_equal(C_DecryptInit(session, &cbc, come), CKR_OK);
		assert_int_equal(C_Decrypt(session, out, out_len, back, &back_len), CKR_OK);
		assert_memory_equal(back, text, sizeof(text));
		wrapped[5] ^= 1;
		assert_int_equal(C_UnwrapKey(session, &ms[i], pair.private, wrapped, len, template, 2, &come),
				 CKR_WRAPPED_KEY_INVALID);
		assert_int_equal(
		    C_UnwrapKey(session, &ms[i], pair.private, wrapped, len - 1, template, 2, &come),
		    CKR_WRAPPED_KEY_LEN_RANGE);
		assert_int_equal(C_UnwrapKey(session, &ms[i], pair.public, wrapped, len, template, 2, &come),
				 CKR_KEY_FUNCTION_NOT_PERMITTED);
	}
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(pkcs1_signatures_of_each_digest_are_libcryptos),
	    TEST(pss_takes_any_digest_mask_and_salt),
	    TEST(pss_takes_a_truncated_digest),
	    TEST(the_empty_message_is_signed_by_each),
	    TEST(oaep_takes_any_digest_mask_and_label),
	    TEST(paddings_that_are_none_answer_alike),
	    TEST(what_is_no_cipher_text_is_refused_by_its_length),
	    TEST(a_plain_text_waits_until_there_is_room_and_the_card_is_asked_once),
	    TEST(what_is_signed_with_recovery_is_recovered),
	    TEST(a_number_is_encrypted_and_decrypted_as_it_stands),
	    TEST(a_session_key_travels_to_the_token_and_decrypts),
	};

	return cmocka_run_group_tests_name("pkcs11_rsa", tests, make, end);
}
