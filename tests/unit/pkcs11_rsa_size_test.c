/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RSA of 3072 and 4096 bits: all that is done with a key, against libcrypto (pkcs11_rsa_test has 2048); 1024,
 * which our card does not make and of which a session's public keys may be; and that a mechanism's key sizes
 * are those that can be made, and no other.
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

#include "tests/lib/transport_card.h"
#include "tests/unit/pkcs11_session.h"

#define session p11_session

#define K_MAX 512u /* bytes of the longest modulus */
#define F4    65537u

/* Primes are fixed, since those of 2048 bits are long in being found. */
static struct size {
	unsigned bits;
	const char *p, *q;
	EVP_PKEY *key;
	struct pair pair;
} sizes[] = {
    {3072,
     "f5ad359bff406cbd2bb29f1125d673638fd46eae1fec22bdb0263cd8b06179a7"
     "1458c8f376166f33acd768357e32bd2c42d8fe971f97690a04489c4c6a9d4764"
     "04367741fe7c22391aba7428ca9531aee2fad97ce5fcdcb4529638150c40e6d3"
     "e53cdce253eba8fedd0fc29260c8dff460df841080baac3ae874d3323df9872a"
     "a1d388ce435a655e258de6cb4a973f9a9742111f214a4efca99110da44af9511"
     "2658904a58a014530fb51082cdcc9a79571c3079ff3fa7c61ff87444dad41f6d",
     "cd97b6a461d91bd669b9add15eb4686d779d918e1e16f3b0f8b65622bb83d741"
     "6ac562313a34594746ff2a883412bf4d26d40d83c6665d6f4c88c8bdcf7f2146"
     "1a370655d5bbb3bb2792147d8274c79daf1c9d71efb35d23987602b0f82f1098"
     "23e68874b76c482664c6b6a0507ed048c53fc0b2a6e7942e90f6b68aef915c55"
     "c0d0c641e4439decc102ff58a2336befa35efc301db0aec8693bf33b04810f95"
     "e227bd1e95f0eb871048154488565274f4b4f1478249f8eff835f149b72c860b",
     NULL,
     {0, 0}},
    {4096,
     "dcfdcfeac50cbe6da3deb9135cc7d0f2a3b611ff74e1854b391441132a8b6024"
     "0792fc7e653c6bafb62accb8b32a80dff20194d0649692455bed596efd048194"
     "e91720f53afe99c43f84801ff14d1d4bc68c30414e77c56dac200099980203ff"
     "2387a3154ab92bb3d27fca24ec73bf70ede7e046d9fbf76b0a85a1b776b80fc1"
     "9d612849579b36b4c96dc9f0b6d94da70858cbccfd94c388dd53360d9ae2ba22"
     "537dd32176fed4b708133da8010a64b1ffc73711ac14354e9a2e1d43761f88c7"
     "a17defa965bffa88ac6e5257d7c6bf0352d4438bc3b49e47ea4e707af23e9d87"
     "f75d5e51ff56e5eea6ce33b6bce1b22262f68c397789c8936568d28190fb715b",
     "c06aa6afff2dd2665d6c0951707e9c22ce09012cdbfe42a408ac5c223fe85f24"
     "625097d60e1c8dfb20c50d212e5cb5d14e92f7d84857b598e938630d0f838cb7"
     "3beecfc670b2d6b957bb6fd399a1cfeceb274d7a9bf68a12a44b01dfc2ac9d4e"
     "c72b9b0e7193dfa3d567b1ee7bf595ef5425a51fd36a2fa7b199f2e0d26847d3"
     "7fef1c19c63e94825503807ff9ce2474ef4e4d4ce6d9c0ed86e8973aa7a85611"
     "a7f71efc55410147ac679c524bdb971af105f8cc1417abb844ff93d5fd821c7b"
     "074f6062be97baf9129172bd4cebf7bd06c296ac75303be3f23f68ea2459107b"
     "3025883d74cbe067cae734a1aa4e5843ff8a13de9d54491ad8f4cd8f5e669bd3",
     NULL,
     {0, 0}},
};

/* What no card of ours has, but a public key may be. */
static struct size small = {1024,
			    "f88eb17c516bd6b04a799d1e679bd04782b37b2fc8812f612baeeaae243c7deb"
			    "e721d41773dfc25dfc2ddd8ded05653fa243b9b3caa4426e99a32bf0b80594f1",
			    "d363e9815058c5d46449b9db36d81de915525ce511ee8ff7ba47bb2ee405e3b3"
			    "55cfe96e1d2c0d52ece10e470c35e1662c51e076a98b531a1736205e692c04e7",
			    NULL,
			    {0, 0}};

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
static void numbers_of(const struct size *size, BIGNUM *n[NUMBERS])
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p1 = BN_new(), *q1 = BN_new(), *phi = BN_new();

	for (size_t i = 0; i < NUMBERS; i++)
		n[i] = BN_new();
	assert_true(BN_hex2bn(&n[PRIME_1], size->p) > 0 && BN_hex2bn(&n[PRIME_2], size->q) > 0);
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

static EVP_PKEY *libcryptos(BIGNUM *n[NUMBERS])
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;

	for (size_t i = 0; i < NUMBERS; i++)
		assert_int_equal(OSSL_PARAM_BLD_push_BN(build, of_key[i].name, n[i]), 1);
	params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* Brought to the token, with all that a key has. */
static CK_RV bring(BIGNUM *n[NUMBERS], struct pair *pair)
{
	CK_BYTE bytes[NUMBERS][K_MAX + 1];
	CK_KEY_TYPE type = CKK_RSA;
	CK_ATTRIBUTE a[1 + NUMBERS] = {{CKA_KEY_TYPE, &type, sizeof(type)}};

	for (size_t i = 0; i < NUMBERS; i++) {
		CK_ULONG len = (CK_ULONG)BN_num_bytes(n[i]);

		assert_in_range(len, 1, sizeof(bytes[i]));
		(void)BN_bn2bin(n[i], bytes[i]);
		a[1 + i] = (CK_ATTRIBUTE){of_key[i].type, bytes[i], len};
	}
	return p11_import(a, 1 + NUMBERS, pair);
}

static int make(void **state)
{
	if (p11_session_make(state) != 0)
		return -1;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		BIGNUM *n[NUMBERS];

		numbers_of(&sizes[i], n);
		sizes[i].key = libcryptos(n);
		if (bring(n, &sizes[i].pair) != CKR_OK)
			return -1;
		numbers_free(n);
	}
	return 0;
}

static int end(void **state)
{
	for (size_t i = 0; i < COUNT(sizes); i++)
		EVP_PKEY_free(sizes[i].key);
	return p11_session_end(state);
}

/* Bytes of its modulus. */
#define K(size) ((size)->bits / 8)

#define EACH(size) for (struct size *size = sizes; (size) < sizes + COUNT(sizes); (size)++)

static CK_BYTE text[] = "what RSA keys of many lengths are tried with";

static void a_key_that_was_brought_is_told_as_it_is(void **state)
{
	(void)state;
	EACH(size)
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

static void pkcs1_signatures_are_libcryptos(void **state)
{
	CK_BYTE signature[K_MAX], want[K_MAX];

	(void)state;
	EACH(size)
	{
		for (size_t i = 0; i < COUNT(hashes); i++) {
			CK_MECHANISM m = {hashes[i].pkcs1, NULL, 0};
			EVP_MD_CTX *ctx = EVP_MD_CTX_new();
			CK_ULONG len = 0;
			size_t want_len = sizeof(want);

			assert_int_equal(p11_make(&m, size->pair.private, text, sizeof(text), NULL, &len),
					 CKR_OK);
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
			assert_int_equal(
			    p11_check(&m, size->pair.public, text, sizeof(text), signature, len - 1),
			    CKR_SIGNATURE_LEN_RANGE);
		}
	}
}

static void what_is_padded_may_be_as_long_as_the_key_leaves_room_for(void **state)
{
	CK_MECHANISM m = {CKM_RSA_PKCS, NULL, 0};
	CK_BYTE data[K_MAX], out[K_MAX], back[K_MAX];

	(void)state;
	memset(data, 0xA5, sizeof(data));
	EACH(size)
	{
		CK_ULONG most = K(size) - 11, len = sizeof(out), back_len = sizeof(back);

		assert_int_equal(p11_make(&m, size->pair.private, data, most + 1, out, &len),
				 CKR_DATA_LEN_RANGE);
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
		assert_int_equal(C_Decrypt(session, out, len - 1, back, &back_len),
				 CKR_ENCRYPTED_DATA_LEN_RANGE);
	}
}

static bool pss_accepted(const struct size *size, const struct hash_names *hash, const struct hash_names *mgf,
			 CK_ULONG salt, const CK_BYTE *signature)
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

static void pss_takes_each_salt_that_there_is_room_for(void **state)
{
	CK_BYTE signature[K_MAX];

	(void)state;
	EACH(size)
	{
		for (size_t i = 0; i < COUNT(hashes); i++) {
			const struct hash_names *hash = &hashes[i], *mgf = &hashes[(i + 1) % COUNT(hashes)];
			CK_ULONG most = K(size) - hash->len - 2;
			CK_ULONG salts[] = {0, hash->len < most ? hash->len : 7, most};
			CK_RSA_PKCS_PSS_PARAMS p = {hash->type, mgf->mgf, most + 1};
			CK_MECHANISM m = {hash->pss, &p, sizeof(p)};
			CK_ULONG len = sizeof(signature);

			assert_int_equal(
			    p11_make(&m, size->pair.private, text, sizeof(text), signature, &len),
			    CKR_DATA_LEN_RANGE);
			for (size_t s = 0; s < COUNT(salts); s++) {
				len = sizeof(signature);
				p.sLen = salts[s];
				assert_int_equal(
				    p11_make(&m, size->pair.private, text, sizeof(text), signature, &len),
				    CKR_OK);
				assert_int_equal(len, K(size));
				assert_true(pss_accepted(size, hash, mgf, salts[s], signature));
				assert_int_equal(
				    p11_check(&m, size->pair.public, text, sizeof(text), signature, len),
				    CKR_OK);
			}
		}
	}
}

/* To a power of the key's, as it stands: libcrypto's way there. */
static void raw(const struct size *size, bool private, const CK_BYTE *in, CK_BYTE *out)
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

static void numbers_are_signed_decrypted_and_recovered_as_they_stand(void **state)
{
	CK_MECHANISM m = {CKM_RSA_X_509, NULL, 0};
	CK_BYTE number[K_MAX], out[K_MAX], want[K_MAX], back[K_MAX];

	(void)state;
	EACH(size)
	{
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
		assert_int_equal(p11_make(&m, size->pair.private, number, K(size), out, &len),
				 CKR_DATA_INVALID);
		assert_int_equal(p11_make(&m, size->pair.private, number, K(size) + 1, out, &len),
				 CKR_DATA_LEN_RANGE);
	}
}

/* ---- encryption ---- */

/* What libcrypto encrypts; false where there is no room for it. */
static bool oaep_encrypt(const struct size *size, const CK_RSA_PKCS_OAEP_PARAMS *p, const char *hash,
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
static void oaep_both_ways(const struct size *size, CK_MECHANISM *m, const CK_BYTE *cipher, CK_BYTE *plain,
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

static void oaep_takes_each_digest_and_label(void **state)
{
	static CK_BYTE label[300];
	static const CK_ULONG labels[] = {0, 1, sizeof(label)};
	CK_BYTE plain[K_MAX], cipher[K_MAX];

	(void)state;
	memset(plain, 0xC3, sizeof(plain));
	for (size_t i = 0; i < COUNT(sizes) * COUNT(hashes) * COUNT(labels); i++) {
		const struct size *size = &sizes[i % COUNT(sizes)];
		const struct hash_names *hash = &hashes[i / COUNT(sizes) % COUNT(hashes)],
					*mgf = &hashes[(i / COUNT(sizes) + 2) % COUNT(hashes)];
		CK_ULONG label_len = labels[i / COUNT(sizes) / COUNT(hashes)], len = 0;
		CK_RSA_PKCS_OAEP_PARAMS p = {hash->type, mgf->mgf, CKZ_DATA_SPECIFIED,
					     label_len > 0 ? label : NULL, label_len};
		CK_MECHANISM m = {CKM_RSA_PKCS_OAEP, &p, sizeof(p)};

		len = K(size) - 2 * hash->len - 2;
		assert_true(oaep_encrypt(size, &p, hash->name, mgf->name, plain, len, cipher));
		oaep_both_ways(size, &m, cipher, plain, len);
	}
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

static void keys_are_wrapped_and_unwrapped(void **state)
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

	(void)state;
	EACH(size)
	{
		for (size_t i = 0; i < COUNT(ms); i++) {
			CK_ULONG len = 0, want = K(size) + (i == 3 ? 40 : 0);

			assert_int_equal(C_WrapKey(session, &ms[i], size->pair.public, key, NULL, &len),
					 CKR_OK);
			assert_int_equal(len, want);
			assert_int_equal(C_WrapKey(session, &ms[i], size->pair.public, key, wrapped, &len),
					 CKR_OK);
			assert_int_equal(len, want);
			assert_int_equal(unwrap(&ms[i], size->pair.private, wrapped, len, value), CKR_OK);
			assert_bytes(value, 32, secret);
			assert_int_equal(unwrap(&ms[i], size->pair.private, wrapped, K(size) - 1, value),
					 CKR_WRAPPED_KEY_LEN_RANGE);
		}
	}
}

/* ---- sizes ---- */

static CK_RV generate(CK_ULONG bits, struct pair *pair)
{
	CK_BBOOL yes = CK_TRUE;
	CK_MECHANISM m = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
	CK_ATTRIBUTE public[] = {{CKA_MODULUS_BITS, &bits, sizeof(bits)}}, private[] = {{CKA_TOKEN, &yes, 1}};

	return C_GenerateKeyPair(session, &m, public, 1, private, 1, &pair->public, &pair->private);
}

static void each_mechanism_says_which_sizes_there_are(void **state)
{
	static CK_MECHANISM_TYPE list[256];
	CK_ULONG count = COUNT(list), seen = 0;
	CK_MECHANISM_INFO rsa, info;

	(void)state;
	assert_int_equal(C_GetMechanismInfo(0, CKM_RSA_PKCS, &rsa), CKR_OK);
	assert_int_equal(rsa.ulMinKeySize, 2048);
	assert_int_equal(rsa.ulMaxKeySize, sizes[COUNT(sizes) - 1].bits);
	assert_int_equal(C_GetMechanismList(0, list, &count), CKR_OK);
	for (CK_ULONG i = 0; i < count; i++) {
		/* RSA's numbers are these, and of SHA-3 those that the other hashes' are followed by. */
		bool of_rsa = list[i] <= CKM_SHA1_RSA_PKCS_PSS || list[i] == CKM_RSA_AES_KEY_WRAP ||
			      (list[i] >= CKM_SHA256_RSA_PKCS && list[i] <= CKM_SHA3_224_RSA_PKCS_PSS);

		if (!of_rsa)
			continue;
		seen++;
		assert_int_equal(C_GetMechanismInfo(0, list[i], &info), CKR_OK);
		assert_int_equal(info.ulMinKeySize, rsa.ulMinKeySize);
		assert_int_equal(info.ulMaxKeySize, rsa.ulMaxKeySize);
	}
	assert_int_equal(seen, 24);
}

static void a_key_of_3072_bits_is_made_and_signs(void **state)
{
	CK_MECHANISM m = {CKM_SHA256_RSA_PKCS, NULL, 0};
	CK_BYTE signature[K_MAX];
	CK_ULONG len = sizeof(signature);
	struct pair pair;

	(void)state;
	assert_int_equal(generate(3072, &pair), CKR_OK);
	assert_int_equal(p11_ulong(pair.public, CKA_MODULUS_BITS), 3072);
	assert_int_equal(p11_ulong(pair.private, CKA_KEY_GEN_MECHANISM), CKM_RSA_PKCS_KEY_PAIR_GEN);
	assert_int_equal(p11_make(&m, pair.private, text, sizeof(text), signature, &len), CKR_OK);
	assert_int_equal(len, 384);
	assert_int_equal(p11_check(&m, pair.public, text, sizeof(text), signature, len), CKR_OK);
	assert_int_equal(C_DestroyObject(session, pair.private), CKR_OK);
}

static void sizes_between_and_beyond_are_refused(void **state)
{
	static const CK_ULONG none[] = {1, 512, 1024, 2047, 1536, 2049, 4095, 4097, 8192, 1ul << 40};
	BIGNUM *n[NUMBERS];
	struct pair pair;

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++)
		assert_int_equal(generate(none[i], &pair), CKR_KEY_SIZE_RANGE);
	assert_int_equal(generate(0, &pair), CKR_TEMPLATE_INCOMPLETE);
	numbers_of(&small, n);
	assert_int_equal(bring(n, &pair), CKR_KEY_SIZE_RANGE);
	numbers_free(n);
}

/* One that is not the token's own. */
static CK_OBJECT_HANDLE public_of(BIGNUM *n[NUMBERS])
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_RSA;
	CK_BYTE modulus[K_MAX], e[8];
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_MODULUS, modulus, (CK_ULONG)BN_bn2bin(n[N], modulus)},
			    {CKA_PUBLIC_EXPONENT, e, (CK_ULONG)BN_bn2bin(n[E], e)}};
	CK_OBJECT_HANDLE key;

	assert_int_equal(C_CreateObject(session, a, COUNT(a), &key), CKR_OK);
	return key;
}

static void verify_small(CK_OBJECT_HANDLE public)
{
	CK_MECHANISM m = {CKM_SHA512_RSA_PKCS, NULL, 0};
	CK_BYTE signature[128];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = sizeof(signature);

	assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, "SHA512", NULL, NULL, small.key, NULL), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &len, text, sizeof(text)), 1);
	EVP_MD_CTX_free(ctx);
	assert_int_equal(p11_check(&m, public, text, sizeof(text), signature, len), CKR_OK);
	signature[0] ^= 1;
	assert_int_equal(p11_check(&m, public, text, sizeof(text), signature, len), CKR_SIGNATURE_INVALID);
}

/* Two of SHA-512's digests do not go into 1024 bits. */
static void a_public_key_of_1024_bits_is_used_by_the_module(void **state)
{
	CK_RSA_PKCS_OAEP_PARAMS p = {CKM_SHA512, CKG_MGF1_SHA512, CKZ_DATA_SPECIFIED, NULL, 0};
	CK_MECHANISM m = {CKM_RSA_PKCS_OAEP, &p, sizeof(p)};
	CK_BYTE cipher[K_MAX], back[128];
	CK_ULONG len = sizeof(cipher);
	size_t back_len = sizeof(back);
	CK_OBJECT_HANDLE public;
	EVP_PKEY_CTX *ctx;
	BIGNUM *n[NUMBERS];

	(void)state;
	numbers_of(&small, n);
	small.key = libcryptos(n);
	public = public_of(n);
	numbers_free(n);
	assert_int_equal(p11_ulong(public, CKA_MODULUS_BITS), 1024);
	verify_small(public);
	assert_int_equal(C_EncryptInit(session, &m, public), CKR_OK);
	assert_int_equal(C_Encrypt(session, text, 1, cipher, &len), CKR_DATA_LEN_RANGE);
	p.hashAlg = CKM_SHA256;
	assert_int_equal(C_EncryptInit(session, &m, public), CKR_OK);
	assert_int_equal(C_Encrypt(session, text, sizeof(text), cipher, &len), CKR_OK);
	assert_int_equal(len, 128);
	ctx = EVP_PKEY_CTX_new(small.key, NULL);
	assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, "SHA256", NULL), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, "SHA512", NULL), 1);
	assert_int_equal(EVP_PKEY_decrypt(ctx, back, &back_len, cipher, len), 1);
	EVP_PKEY_CTX_free(ctx);
	assert_int_equal(back_len, sizeof(text));
	assert_memory_equal(back, text, back_len);
	EVP_PKEY_free(small.key);
}

/* Told before the key is used. */
static void a_number_makes_no_key_of_which_the_length_is_not_said(void **state)
{
	CK_MECHANISM m = {CKM_RSA_X_509, NULL, 0};
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_ULONG len = 17;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_KEY_TYPE, &type, sizeof(type)},
				   {CKA_VALUE_LEN, &len, sizeof(len)}};
	CK_BYTE wrapped[384] = {0};
	unsigned commands = transport_card_commands();
	CK_OBJECT_HANDLE made;

	(void)state;
	wrapped[sizeof(wrapped) - 1] = 2;
	assert_int_equal(
	    C_UnwrapKey(session, &m, sizes[0].pair.private, wrapped, sizeof(wrapped), template, 2, &made),
	    CKR_TEMPLATE_INCOMPLETE);
	assert_int_equal(
	    C_UnwrapKey(session, &m, sizes[0].pair.private, wrapped, sizeof(wrapped), template, 3, &made),
	    CKR_KEY_SIZE_RANGE);
	assert_int_equal(transport_card_commands(), commands);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_key_that_was_brought_is_told_as_it_is),
	    TEST(pkcs1_signatures_are_libcryptos),
	    TEST(what_is_padded_may_be_as_long_as_the_key_leaves_room_for),
	    TEST(pss_takes_each_salt_that_there_is_room_for),
	    TEST(numbers_are_signed_decrypted_and_recovered_as_they_stand),
	    TEST(oaep_takes_each_digest_and_label),
	    TEST(keys_are_wrapped_and_unwrapped),
	    TEST(a_number_makes_no_key_of_which_the_length_is_not_said),
	    TEST(each_mechanism_says_which_sizes_there_are),
	    TEST(a_key_of_3072_bits_is_made_and_signs),
	    TEST(sizes_between_and_beyond_are_refused),
	    TEST(a_public_key_of_1024_bits_is_used_by_the_module),
	};

	return cmocka_run_group_tests_name("pkcs11_rsa_size", tests, make, end);
}
