/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What RSA keys of any length are tried with, against libcrypto.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "tests/unit/pkcs11_rsa_try.h"

#define session p11_session

#define F4 65537u

struct rsa_key rsa_key_small(void)
{
	return (struct rsa_key){1024,
				"f88eb17c516bd6b04a799d1e679bd04782b37b2fc8812f612baeeaae243c7deb"
				"e721d41773dfc25dfc2ddd8ded05653fa243b9b3caa4426e99a32bf0b80594f1",
				"d363e9815058c5d46449b9db36d81de915525ce511ee8ff7ba47bb2ee405e3b3"
				"55cfe96e1d2c0d52ece10e470c35e1662c51e076a98b531a1736205e692c04e7",
				NULL,
				{0, 0}};
}

/* ---- the keys ---- */

enum { N, E, D, PRIME_1, PRIME_2, EXPONENT_1, EXPONENT_2, COEFFICIENT, NUMBERS };

static const struct number {
	const char *name;
	CK_ATTRIBUTE_TYPE type;
} of_key[NUMBERS] = {
    {OSSL_PKEY_PARAM_RSA_N, CKA_MODULUS},
    {OSSL_PKEY_PARAM_RSA_E, CKA_PUBLIC_EXPONENT},
    {OSSL_PKEY_PARAM_RSA_D, CKA_PRIVATE_EXPONENT},
    {OSSL_PKEY_PARAM_RSA_FACTOR1, CKA_PRIME_1},
    {OSSL_PKEY_PARAM_RSA_FACTOR2, CKA_PRIME_2},
    {OSSL_PKEY_PARAM_RSA_EXPONENT1, CKA_EXPONENT_1},
    {OSSL_PKEY_PARAM_RSA_EXPONENT2, CKA_EXPONENT_2},
    {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, CKA_COEFFICIENT},
};

/* Of the two primes, all the others. */
static void numbers_of(const struct rsa_key *key, BIGNUM *n[NUMBERS])
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p1 = BN_new(), *q1 = BN_new(), *phi = BN_new();

	for (size_t i = 0; i < NUMBERS; i++)
		n[i] = BN_new();
	assert_true(BN_hex2bn(&n[PRIME_1], key->p) > 0 && BN_hex2bn(&n[PRIME_2], key->q) > 0);
	assert_int_equal(BN_set_word(n[E], F4), 1);
	assert_int_equal(BN_mul(n[N], n[PRIME_1], n[PRIME_2], ctx), 1);
	assert_true(BN_copy(p1, n[PRIME_1]) != NULL && BN_sub_word(p1, 1) == 1);
	assert_true(BN_copy(q1, n[PRIME_2]) != NULL && BN_sub_word(q1, 1) == 1);
	assert_int_equal(BN_mul(phi, p1, q1, ctx), 1);
	assert_non_null(BN_mod_inverse(n[D], n[E], phi, ctx));
	assert_int_equal(BN_mod(n[EXPONENT_1], n[D], p1, ctx), 1);
	assert_int_equal(BN_mod(n[EXPONENT_2], n[D], q1, ctx), 1);
	assert_non_null(BN_mod_inverse(n[COEFFICIENT], n[PRIME_2], n[PRIME_1], ctx));
	BN_free(p1);
	BN_free(q1);
	BN_free(phi);
	BN_CTX_free(ctx);
}

static void numbers_free(BIGNUM *n[NUMBERS])
{
	for (size_t i = 0; i < NUMBERS; i++)
		BN_free(n[i]);
}

void rsa_key_make(struct rsa_key *rsa)
{
	BIGNUM *n[NUMBERS];
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params;
	numbers_of(rsa, n);
	for (size_t i = 0; i < NUMBERS; i++)
		assert_int_equal(OSSL_PARAM_BLD_push_BN(build, of_key[i].name, n[i]), 1);
	params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &rsa->key, EVP_PKEY_KEYPAIR, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	numbers_free(n);
}

/* Brought to the token, with all that a key has. */
CK_RV rsa_key_bring(struct rsa_key *key)
{
	BIGNUM *n[NUMBERS];
	CK_BYTE bytes[NUMBERS][K_MAX + 1];
	CK_KEY_TYPE type = CKK_RSA;
	CK_ATTRIBUTE a[1 + NUMBERS] = {{CKA_KEY_TYPE, &type, sizeof(type)}};

	numbers_of(key, n);
	for (size_t i = 0; i < NUMBERS; i++) {
		CK_ULONG len = (CK_ULONG)BN_num_bytes(n[i]);

		assert_in_range(len, 1, sizeof(bytes[i]));
		(void)BN_bn2bin(n[i], bytes[i]);
		a[1 + i] = (CK_ATTRIBUTE){of_key[i].type, bytes[i], len};
	}
	numbers_free(n);
	return p11_import(a, 1 + NUMBERS, &key->pair);
}

CK_OBJECT_HANDLE rsa_key_public(const struct rsa_key *rsa)
{
	BIGNUM *n[NUMBERS];
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_RSA;
	CK_BYTE modulus[K_MAX], e[8];
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_MODULUS, modulus, 0},
			    {CKA_PUBLIC_EXPONENT, e, 0}};
	CK_OBJECT_HANDLE key;

	numbers_of(rsa, n);
	a[2].ulValueLen = (CK_ULONG)BN_bn2bin(n[N], modulus);
	a[3].ulValueLen = (CK_ULONG)BN_bn2bin(n[E], e);
	numbers_free(n);
	assert_int_equal(C_CreateObject(session, a, COUNT(a), &key), CKR_OK);
	return key;
}

#define K(size) rsa_key_len(size)

size_t rsa_key_len(const struct rsa_key *rsa)
{
	return rsa->bits / 8;
}

static CK_BYTE text[] = "what RSA keys of many lengths are tried with";

void rsa_try_told(const struct rsa_key *size)
{
	CK_OBJECT_HANDLE halves[] = {size->pair.public, size->pair.private};

	for (size_t i = 0; i < COUNT(halves); i++) {
		EVP_PKEY *told = p11_public(halves[i]);
		CK_BYTE modulus[K_MAX];
		CK_ATTRIBUTE a = {CKA_MODULUS, modulus, sizeof(modulus)};

		assert_int_equal(EVP_PKEY_eq(told, size->key), 1);
		EVP_PKEY_free(told);
		assert_int_equal(p11_ulong(halves[i], CKA_MODULUS_BITS), size->bits);
		assert_int_equal(C_GetAttributeValue(session, halves[i], &a, 1), CKR_OK);
		assert_int_equal(a.ulValueLen, K(size));
	}
}

/* ---- signatures ---- */

static const struct hash_names {
	CK_MECHANISM_TYPE type;
	CK_RSA_PKCS_MGF_TYPE mgf;
	const char *name;
	CK_ULONG len;
	CK_MECHANISM_TYPE pkcs1, pss;
} hashes[] = {
    {CKM_SHA_1, CKG_MGF1_SHA1, "SHA1", 20, CKM_SHA1_RSA_PKCS, CKM_SHA1_RSA_PKCS_PSS},
    {CKM_SHA224, CKG_MGF1_SHA224, "SHA224", 28, CKM_SHA224_RSA_PKCS, CKM_SHA224_RSA_PKCS_PSS},
    {CKM_SHA256, CKG_MGF1_SHA256, "SHA256", 32, CKM_SHA256_RSA_PKCS, CKM_SHA256_RSA_PKCS_PSS},
    {CKM_SHA384, CKG_MGF1_SHA384, "SHA384", 48, CKM_SHA384_RSA_PKCS, CKM_SHA384_RSA_PKCS_PSS},
    {CKM_SHA512, CKG_MGF1_SHA512, "SHA512", 64, CKM_SHA512_RSA_PKCS, CKM_SHA512_RSA_PKCS_PSS},
};

void rsa_try_pkcs1(const struct rsa_key *size)
{
	CK_BYTE signature[K_MAX], want[K_MAX];

	for (size_t i = 0; i < COUNT(hashes); i++) {
		CK_MECHANISM m = {hashes[i].pkcs1, NULL, 0};
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		CK_ULONG len = 0;
		size_t want_len = sizeof(want);

		assert_int_equal(p11_make(&m, size->pair.private, text, sizeof(text), NULL, &len), CKR_OK);
		assert_int_equal(len, K(size));
		assert_int_equal(C_Sign(session, text, sizeof(text), signature, &len), CKR_OK);
		assert_int_equal(
		    EVP_DigestSignInit_ex(ctx, NULL, hashes[i].name, NULL, NULL, size->key, NULL), 1);
		assert_int_equal(EVP_DigestSign(ctx, want, &want_len, text, sizeof(text)), 1);
		EVP_MD_CTX_free(ctx);
		assert_int_equal(len, want_len);
		assert_memory_equal(signature, want, len);
		assert_int_equal(p11_check(&m, size->pair.public, text, sizeof(text), signature, len),
				 CKR_OK);
		signature[len - 1] ^= 1;
		assert_int_equal(p11_check(&m, size->pair.public, text, sizeof(text), signature, len),
				 CKR_SIGNATURE_INVALID);
		assert_int_equal(p11_check(&m, size->pair.public, text, sizeof(text), signature, len - 1),
				 CKR_SIGNATURE_LEN_RANGE);
	}
}

void rsa_try_longest(const struct rsa_key *size)
{
	CK_MECHANISM m = {CKM_RSA_PKCS, NULL, 0};
	CK_BYTE data[K_MAX], out[K_MAX], back[K_MAX];

	memset(data, 0xA5, sizeof(data));
	CK_ULONG most = K(size) - 11, len = sizeof(out), back_len = sizeof(back);

	assert_int_equal(p11_make(&m, size->pair.private, data, most + 1, out, &len), CKR_DATA_LEN_RANGE);
	assert_int_equal(p11_make(&m, size->pair.private, data, most, out, &len), CKR_OK);
	assert_int_equal(p11_check(&m, size->pair.public, data, most, out, len), CKR_OK);
	assert_int_equal(C_VerifyRecoverInit(session, &m, size->pair.public), CKR_OK);
	assert_int_equal(C_VerifyRecover(session, out, len, back, &back_len), CKR_OK);
	assert_int_equal(back_len, most);
	assert_memory_equal(back, data, most);
	assert_int_equal(C_EncryptInit(session, &m, size->pair.public), CKR_OK);
	assert_int_equal(C_Encrypt(session, data, most + 1, out, &len), CKR_DATA_LEN_RANGE);
	assert_int_equal(C_EncryptInit(session, &m, size->pair.public), CKR_OK);
	assert_int_equal(C_Encrypt(session, data, most, out, &len), CKR_OK);
	assert_int_equal(len, K(size));
	back_len = sizeof(back);
	assert_int_equal(C_DecryptInit(session, &m, size->pair.private), CKR_OK);
	assert_int_equal(C_Decrypt(session, out, len, back, &back_len), CKR_OK);
	assert_int_equal(back_len, most);
	assert_memory_equal(back, data, most);
	assert_int_equal(C_DecryptInit(session, &m, size->pair.private), CKR_OK);
	assert_int_equal(C_Decrypt(session, out, len - 1, back, &back_len), CKR_ENCRYPTED_DATA_LEN_RANGE);
}

static bool pss_accepted(const struct rsa_key *size, const struct hash_names *hash,
			 const struct hash_names *mgf, CK_ULONG salt, const CK_BYTE *signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	bool ok;

	assert_int_equal(EVP_DigestVerifyInit_ex(ctx, &pctx, hash->name, NULL, NULL, size->key, NULL), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md_name(pctx, mgf->name, NULL), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, (int)salt), 1);
	ok = EVP_DigestVerify(ctx, signature, K(size), text, sizeof(text)) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

void rsa_try_pss(const struct rsa_key *size)
{
	CK_BYTE signature[K_MAX];

	for (size_t i = 0; i < COUNT(hashes); i++) {
		const struct hash_names *hash = &hashes[i], *mgf = &hashes[(i + 1) % COUNT(hashes)];
		CK_ULONG most = K(size) - hash->len - 2;
		CK_ULONG salts[] = {0, hash->len < most ? hash->len : 7, most};
		CK_RSA_PKCS_PSS_PARAMS p = {hash->type, mgf->mgf, most + 1};
		CK_MECHANISM m = {hash->pss, &p, sizeof(p)};
		CK_ULONG len = sizeof(signature);

		assert_int_equal(p11_make(&m, size->pair.private, text, sizeof(text), signature, &len),
				 CKR_DATA_LEN_RANGE);
		for (size_t s = 0; s < COUNT(salts); s++) {
			len = sizeof(signature);
			p.sLen = salts[s];
			assert_int_equal(
			    p11_make(&m, size->pair.private, text, sizeof(text), signature, &len), CKR_OK);
			assert_int_equal(len, K(size));
			assert_true(pss_accepted(size, hash, mgf, salts[s], signature));
			assert_int_equal(p11_check(&m, size->pair.public, text, sizeof(text), signature, len),
					 CKR_OK);
		}
	}
}

/* To a power of the key's, as it stands: libcrypto's way there. */
static void raw(const struct rsa_key *size, bool private, const CK_BYTE *in, CK_BYTE *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(size->key, NULL);
	size_t len = K(size);

	assert_int_equal(private ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_encrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
	assert_int_equal(private ? EVP_PKEY_sign(ctx, out, &len, in, K(size))
				 : EVP_PKEY_encrypt(ctx, out, &len, in, K(size)),
			 1);
	EVP_PKEY_CTX_free(ctx);
}

void rsa_try_numbers(const struct rsa_key *size)
{
	CK_MECHANISM m = {CKM_RSA_X_509, NULL, 0};
	CK_BYTE number[K_MAX], out[K_MAX], want[K_MAX], back[K_MAX];

	CK_ULONG len = sizeof(out), back_len = sizeof(back);

	memset(number, 0x5A, K(size));
	raw(size, true, number, want);
	assert_int_equal(p11_make(&m, size->pair.private, number, K(size), out, &len), CKR_OK);
	assert_int_equal(len, K(size));
	assert_memory_equal(out, want, len);
	assert_int_equal(p11_check(&m, size->pair.public, number, K(size), out, len), CKR_OK);
	len = sizeof(out);
	assert_int_equal(C_SignRecoverInit(session, &m, size->pair.private), CKR_OK);
	assert_int_equal(C_SignRecover(session, number, K(size), out, &len), CKR_OK);
	assert_memory_equal(out, want, len);
	assert_int_equal(C_VerifyRecoverInit(session, &m, size->pair.public), CKR_OK);
	assert_int_equal(C_VerifyRecover(session, out, len, back, &back_len), CKR_OK);
	assert_int_equal(back_len, K(size));
	assert_memory_equal(back, number, back_len);
	raw(size, false, number, out);
	assert_int_equal(C_DecryptInit(session, &m, size->pair.private), CKR_OK);
	assert_int_equal(C_Decrypt(session, out, K(size), back, &back_len), CKR_OK);
	assert_int_equal(back_len, K(size));
	assert_memory_equal(back, number, back_len);
	/* No number is as long as the modulus and more than it. */
	memset(number, 0xFF, K(size));
	assert_int_equal(p11_make(&m, size->pair.private, number, K(size), out, &len), CKR_DATA_INVALID);
	assert_int_equal(p11_make(&m, size->pair.private, number, K(size) + 1, out, &len),
			 CKR_DATA_LEN_RANGE);
}

/* ---- encryption ---- */

/* What libcrypto encrypts; false where there is no room for it. */
static bool oaep_encrypt(const struct rsa_key *size, const CK_RSA_PKCS_OAEP_PARAMS *p, const char *hash,
			 const char *mgf, const CK_BYTE *in, size_t in_len, CK_BYTE *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(size->key, NULL);
	size_t len = K(size);
	bool ok;

	assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, hash, NULL), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, mgf, NULL), 1);
	if (p->ulSourceDataLen > 0)
		assert_int_equal(
		    EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, OPENSSL_memdup(p->pSourceData, p->ulSourceDataLen),
						     (int)p->ulSourceDataLen),
		    1);
	ok = EVP_PKEY_encrypt(ctx, out, &len, in, in_len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* Both ways, the longest text that there is room for. */
static void oaep_both_ways(const struct rsa_key *size, CK_MECHANISM *m, const CK_BYTE *cipher, CK_BYTE *plain,
			   CK_ULONG len)
{
	CK_BYTE in[K_MAX], back[K_MAX];
	CK_ULONG in_len = sizeof(in), back_len = sizeof(back);

	memcpy(in, cipher, K(size));
	assert_int_equal(C_DecryptInit(session, m, size->pair.private), CKR_OK);
	assert_int_equal(C_Decrypt(session, in, K(size), back, &back_len), CKR_OK);
	assert_int_equal(back_len, len);
	assert_memory_equal(back, plain, len);
	assert_int_equal(C_EncryptInit(session, m, size->pair.public), CKR_OK);
	assert_int_equal(C_Encrypt(session, plain, len + 1, in, &in_len), CKR_DATA_LEN_RANGE);
	assert_int_equal(C_EncryptInit(session, m, size->pair.public), CKR_OK);
	assert_int_equal(C_Encrypt(session, plain, len, in, &in_len), CKR_OK);
	back_len = sizeof(back);
	assert_int_equal(C_DecryptInit(session, m, size->pair.private), CKR_OK);
	assert_int_equal(C_Decrypt(session, in, in_len, back, &back_len), CKR_OK);
	assert_int_equal(back_len, len);
	assert_memory_equal(back, plain, len);
}

/* What there is no room for, not even of nothing: libcrypto has none either. */
static void oaep_neither_way(const struct rsa_key *size, const struct hash_names *hash,
			     const struct hash_names *mgf, CK_MECHANISM *m)
{
	CK_BYTE plain[K_MAX], cipher[K_MAX];
	CK_ULONG len = sizeof(cipher);

	assert_false(oaep_encrypt(size, m->pParameter, hash->name, mgf->name, plain, 0, cipher));
	assert_int_equal(C_EncryptInit(session, m, size->pair.public), CKR_OK);
	assert_int_equal(C_Encrypt(session, plain, 0, cipher, &len), CKR_DATA_LEN_RANGE);
	memset(cipher, 1, sizeof(cipher));
	len = sizeof(plain);
	assert_int_equal(C_DecryptInit(session, m, size->pair.private), CKR_OK);
	assert_int_equal(C_Decrypt(session, cipher, K(size), plain, &len), CKR_ENCRYPTED_DATA_INVALID);
}

unsigned rsa_try_oaep(const struct rsa_key *size)
{
	static CK_BYTE label[300];
	static const CK_ULONG labels[] = {0, 1, sizeof(label)};
	CK_BYTE plain[K_MAX], cipher[K_MAX];
	unsigned without_room = 0;

	memset(plain, 0xC3, sizeof(plain));
	for (size_t i = 0; i < COUNT(hashes) * COUNT(labels); i++) {
		const struct hash_names *hash = &hashes[i % COUNT(hashes)],
					*mgf = &hashes[(i + 2) % COUNT(hashes)];
		CK_ULONG label_len = labels[i / COUNT(hashes)], len;
		CK_RSA_PKCS_OAEP_PARAMS p = {hash->type, mgf->mgf, CKZ_DATA_SPECIFIED,
					     label_len > 0 ? label : NULL, label_len};
		CK_MECHANISM m = {CKM_RSA_PKCS_OAEP, &p, sizeof(p)};

		if (K(size) < 2 * hash->len + 2) {
			oaep_neither_way(size, hash, mgf, &m);
			without_room++;
			continue;
		}
		len = K(size) - 2 * hash->len - 2;
		assert_true(oaep_encrypt(size, &p, hash->name, mgf->name, plain, len, cipher));
		oaep_both_ways(size, &m, cipher, plain, len);
	}
	return without_room;
}

static CK_RV unwrap(CK_MECHANISM *m, CK_OBJECT_HANDLE key, CK_BYTE *wrapped, CK_ULONG len, CK_BYTE value[32])
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ULONG value_len = 32;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_KEY_TYPE, &type, sizeof(type)},
				   {CKA_VALUE_LEN, &value_len, sizeof(value_len)}};
	/* The others bring its length with them. */
	CK_ULONG count = m->mechanism == CKM_RSA_X_509 ? 3 : 2;
	CK_ATTRIBUTE got = {CKA_VALUE, value, 32};
	CK_OBJECT_HANDLE made;
	CK_RV rv = C_UnwrapKey(session, m, key, wrapped, len, template, count, &made);

	if (rv != CKR_OK)
		return rv;
	assert_int_equal(C_GetAttributeValue(session, made, &got, 1), CKR_OK);
	assert_int_equal(got.ulValueLen, 32);
	return C_DestroyObject(session, made);
}

void rsa_try_wrapping(const struct rsa_key *size)
{
	static const char secret[] = "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf";
	CK_RSA_PKCS_OAEP_PARAMS p = {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0};
	CK_RSA_AES_KEY_WRAP_PARAMS both = {256, &p};
	CK_MECHANISM ms[] = {{CKM_RSA_PKCS, NULL, 0},
			     {CKM_RSA_PKCS_OAEP, &p, sizeof(p)},
			     {CKM_RSA_X_509, NULL, 0},
			     {CKM_RSA_AES_KEY_WRAP, &both, sizeof(both)}};
	CK_OBJECT_HANDLE key = p11_key(CKK_GENERIC_SECRET, secret);
	CK_BYTE wrapped[K_MAX + 40], value[32];

	for (size_t i = 0; i < COUNT(ms); i++) {
		CK_ULONG len = 0, want = K(size) + (i == 3 ? 40 : 0);

		assert_int_equal(C_WrapKey(session, &ms[i], size->pair.public, key, NULL, &len), CKR_OK);
		assert_int_equal(len, want);
		assert_int_equal(C_WrapKey(session, &ms[i], size->pair.public, key, wrapped, &len), CKR_OK);
		assert_int_equal(len, want);
		assert_int_equal(unwrap(&ms[i], size->pair.private, wrapped, len, value), CKR_OK);
		assert_bytes(value, 32, secret);
		assert_int_equal(unwrap(&ms[i], size->pair.private, wrapped, K(size) - 1, value),
				 CKR_WRAPPED_KEY_LEN_RANGE);
	}
}
