/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The BearSSL crypto port's symmetric side, random numbers, and the table of asymmetric algorithms.
 */
#include "applet/port/crypto_bearssl_private.h"

#include <string.h>

#include "base/secret.h"

#define GHASH_LEN 16u
#define DES_BLOCK 8u

/* ---- random numbers ---- */

enum cs_err bearssl_reseed(struct crypto_bearssl *b)
{
	uint8_t seed[32];
	enum cs_err err = b->entropy(b->entropy_ctx, seed, sizeof(seed));

	if (err == CS_OK)
		br_hmac_drbg_update(&b->drbg, seed, sizeof(seed));
	cs_wipe(seed, sizeof(seed));
	return err == CS_OK ? CS_OK : CS_ERR_CRYPTO;
}

enum cs_err bearssl_random(void *ctx, uint8_t *out, size_t len)
{
	struct crypto_bearssl *b = ctx;
	enum cs_err err = bearssl_reseed(b);

	if (err == CS_OK)
		br_hmac_drbg_generate(&b->drbg, out, len);
	return err;
}

/* ---- digests ---- */

static const br_hash_class *hash_class(enum cs_hash hash)
{
	switch (hash) {
	case CS_SHA1:
		return &br_sha1_vtable;
	case CS_SHA256:
		return &br_sha256_vtable;
	case CS_SHA384:
		return &br_sha384_vtable;
	case CS_SHA512:
		return &br_sha512_vtable;
	}
	return NULL;
}

static enum cs_err digest(void *ctx, enum cs_hash hash, struct cs_view msg, uint8_t *out)
{
	const br_hash_class *class = hash_class(hash);
	br_hash_compat_context state;

	(void)ctx;
	if (class == NULL)
		return CS_ERR_CRYPTO;
	class->init(&state.vtable);
	if (msg.len > 0)
		class->update(&state.vtable, msg.ptr, msg.len);
	class->out(&state.vtable, out);
	cs_wipe(&state, sizeof(state));
	return CS_OK;
}

static enum cs_err hmac(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg, uint8_t *mac)
{
	const br_hash_class *class = hash_class(hash);
	br_hmac_key_context k;
	br_hmac_context state;

	(void)ctx;
	if (class == NULL)
		return CS_ERR_CRYPTO;
	br_hmac_key_init(&k, class, key.len > 0 ? key.ptr : (const uint8_t *)"", key.len);
	br_hmac_init(&state, &k, 0);
	if (msg.len > 0)
		br_hmac_update(&state, msg.ptr, msg.len);
	(void)br_hmac_out(&state, mac);
	cs_wipe(&k, sizeof(k));
	cs_wipe(&state, sizeof(state));
	return CS_OK;
}

/* ---- AES-256-GCM (SP 800-38D), so that a text is only decrypted when its tag is good ---- */

static void gcm_tag(const br_aes_ct_ctr_keys *aes, const uint8_t *nonce, struct cs_view aad,
		    struct cs_view sealed, uint8_t tag[GHASH_LEN])
{
	static const uint8_t zero[CRYPTO_AEAD_NONCE_LEN];
	uint8_t h[GHASH_LEN] = {0}, lengths[GHASH_LEN];
	struct cs_writer w = CS_WRITER_OF(lengths);

	(void)br_aes_ct_ctr_run(aes, zero, 0, h, sizeof(h));
	memset(tag, 0, GHASH_LEN);
	br_ghash_ctmul(tag, h, aad.ptr, aad.len);
	br_ghash_ctmul(tag, h, sealed.ptr, sealed.len);
	cs_write_u64(&w, 8 * (uint64_t)aad.len);
	cs_write_u64(&w, 8 * (uint64_t)sealed.len);
	br_ghash_ctmul(tag, h, lengths, sizeof(lengths));
	(void)br_aes_ct_ctr_run(aes, nonce, 1, tag, GHASH_LEN);
	cs_wipe(h, sizeof(h));
}

static enum cs_err aead_seal(void *ctx, const uint8_t key[CRYPTO_AEAD_KEY_LEN],
			     const uint8_t nonce[CRYPTO_AEAD_NONCE_LEN], struct cs_view aad,
			     struct cs_view plain, uint8_t *sealed)
{
	br_aes_ct_ctr_keys aes;

	(void)ctx;
	br_aes_ct_ctr_init(&aes, key, CRYPTO_AEAD_KEY_LEN);
	if (plain.len > 0)
		memmove(sealed, plain.ptr, plain.len);
	(void)br_aes_ct_ctr_run(&aes, nonce, 2, sealed, plain.len);
	gcm_tag(&aes, nonce, aad, cs_view(sealed, plain.len), sealed + plain.len);
	cs_wipe(&aes, sizeof(aes));
	return CS_OK;
}

static enum cs_err aead_open(void *ctx, const uint8_t key[CRYPTO_AEAD_KEY_LEN],
			     const uint8_t nonce[CRYPTO_AEAD_NONCE_LEN], struct cs_view aad,
			     struct cs_view sealed, uint8_t *plain)
{
	br_aes_ct_ctr_keys aes;
	uint8_t tag[GHASH_LEN];
	enum cs_err err = CS_ERR_CORRUPT;
	size_t len;

	(void)ctx;
	if (sealed.len < CRYPTO_AEAD_TAG_LEN)
		return CS_ERR_CORRUPT;
	len = sealed.len - CRYPTO_AEAD_TAG_LEN;
	br_aes_ct_ctr_init(&aes, key, CRYPTO_AEAD_KEY_LEN);
	gcm_tag(&aes, nonce, aad, cs_view(sealed.ptr, len), tag);
	if (cs_equal_ct(tag, sealed.ptr + len, CRYPTO_AEAD_TAG_LEN)) {
		memmove(plain, sealed.ptr, len);
		(void)br_aes_ct_ctr_run(&aes, nonce, 2, plain, len);
		err = CS_OK;
	}
	cs_wipe(&aes, sizeof(aes));
	return err;
}

/* ---- one block of ECB: CBC from an IV of zeros is that ---- */

static bool block_key_fits(enum piv_alg cipher, size_t len)
{
	return (cipher == PIV_ALG_3DES && len == 24) || (cipher == PIV_ALG_AES128 && len == 16) ||
	       (cipher == PIV_ALG_AES192 && len == 24) || (cipher == PIV_ALG_AES256 && len == 32);
}

static void aes_block(bool encrypt, struct cs_view key, uint8_t *block)
{
	uint8_t iv[CRYPTO_BLOCK_MAX] = {0};
	union {
		br_aes_ct_cbcenc_keys enc;
		br_aes_ct_cbcdec_keys dec;
	} k;

	if (encrypt) {
		br_aes_ct_cbcenc_init(&k.enc, key.ptr, key.len);
		br_aes_ct_cbcenc_run(&k.enc, iv, block, CRYPTO_BLOCK_MAX);
	} else {
		br_aes_ct_cbcdec_init(&k.dec, key.ptr, key.len);
		br_aes_ct_cbcdec_run(&k.dec, iv, block, CRYPTO_BLOCK_MAX);
	}
	cs_wipe(&k, sizeof(k));
}

static void des_block(bool encrypt, struct cs_view key, uint8_t *block)
{
	uint8_t iv[DES_BLOCK] = {0};
	union {
		br_des_ct_cbcenc_keys enc;
		br_des_ct_cbcdec_keys dec;
	} k;

	if (encrypt) {
		br_des_ct_cbcenc_init(&k.enc, key.ptr, key.len);
		br_des_ct_cbcenc_run(&k.enc, iv, block, DES_BLOCK);
	} else {
		br_des_ct_cbcdec_init(&k.dec, key.ptr, key.len);
		br_des_ct_cbcdec_run(&k.dec, iv, block, DES_BLOCK);
	}
	cs_wipe(&k, sizeof(k));
}

static enum cs_err block(void *ctx, enum piv_alg cipher, bool encrypt, struct cs_view key, const uint8_t *in,
			 uint8_t *out)
{
	uint8_t text[CRYPTO_BLOCK_MAX];
	size_t len = cipher == PIV_ALG_3DES ? DES_BLOCK : CRYPTO_BLOCK_MAX;

	(void)ctx;
	if (!block_key_fits(cipher, key.len))
		return CS_ERR_UNSUPPORTED;
	memcpy(text, in, len);
	if (cipher == PIV_ALG_3DES)
		des_block(encrypt, key, text);
	else
		aes_block(encrypt, key, text);
	memcpy(out, text, len);
	cs_wipe(text, sizeof(text));
	return CS_OK;
}

/* ---- asymmetric keys ---- */

static const struct bearssl_alg algs[] = {
    {PIV_ALG_RSA1024, &bearssl_kind_rsa, 128, 0, NULL, NULL},
    {PIV_ALG_RSA2048, &bearssl_kind_rsa, 256, 0, NULL, NULL},
    {PIV_ALG_RSA3072, &bearssl_kind_rsa, 384, 0, NULL, NULL},
    {PIV_ALG_RSA4096, &bearssl_kind_rsa, 512, 0, NULL, NULL},
    {PIV_ALG_P256, &bearssl_kind_ec, 32, BR_EC_secp256r1, &br_ec_p256_m31, &br_sha256_vtable},
    {PIV_ALG_P384, &bearssl_kind_ec, 48, BR_EC_secp384r1, &br_ec_prime_i31, &br_sha384_vtable},
    {PIV_ALG_P521, &bearssl_kind_ec, 66, BR_EC_secp521r1, &br_ec_prime_i31, &br_sha512_vtable},
    {PIV_ALG_X25519, &bearssl_kind_x25519, PIV_25519_LEN, BR_EC_curve25519, &br_ec_c25519_i31, NULL},
};

static const struct bearssl_alg *alg_find(enum piv_alg alg)
{
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		if (algs[i].alg == alg)
			return &algs[i];
	}
	return NULL;
}

static bool supports(void *ctx, enum piv_alg alg)
{
	(void)ctx;
	return alg_find(alg) != NULL;
}

static enum cs_err key_generate(void *ctx, enum piv_alg alg, struct cs_writer *priv, struct cs_writer *pub)
{
	const struct bearssl_alg *row = alg_find(alg);

	return row != NULL ? row->kind->generate(ctx, row, priv, pub) : CS_ERR_UNSUPPORTED;
}

static enum cs_err key_import(void *ctx, enum piv_alg alg, struct cs_view parts, struct cs_writer *priv,
			      struct cs_writer *pub)
{
	const struct bearssl_alg *row = alg_find(alg);

	return row != NULL ? row->kind->import(ctx, row, parts, priv, pub) : CS_ERR_UNSUPPORTED;
}

static enum cs_err key_sign(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view in,
			    struct cs_writer *out)
{
	const struct bearssl_alg *row = alg_find(alg);

	(void)ctx;
	return row != NULL && row->kind->sign != NULL ? row->kind->sign(row, priv, in, out)
						      : CS_ERR_UNSUPPORTED;
}

static enum cs_err key_agree(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view peer,
			     struct cs_writer *out)
{
	const struct bearssl_alg *row = alg_find(alg);

	(void)ctx;
	return row != NULL && row->kind->agree != NULL ? row->kind->agree(row, priv, peer, out)
						       : CS_ERR_UNSUPPORTED;
}

static enum cs_err key_sign_mu(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view mu,
			       struct cs_writer *out)
{
	(void)ctx, (void)alg, (void)priv, (void)mu, (void)out;
	return CS_ERR_UNSUPPORTED;
}

static enum cs_err key_decapsulate(void *ctx, enum piv_alg alg, struct cs_view priv,
				   struct cs_view ciphertext, struct cs_writer *out)
{
	(void)ctx, (void)alg, (void)priv, (void)ciphertext, (void)out;
	return CS_ERR_UNSUPPORTED;
}

enum cs_err crypto_bearssl_init(struct crypto_bearssl *b, crypto_entropy_fn *entropy, void *entropy_ctx,
				struct crypto *out)
{
	enum cs_err err;

	b->entropy = entropy;
	b->entropy_ctx = entropy_ctx;
	br_hmac_drbg_init(&b->drbg, &br_sha256_vtable, "", 0);
	err = bearssl_reseed(b);
	if (err != CS_OK)
		return err;
	*out = (struct crypto){
	    .ctx = b,
	    .random = bearssl_random,
	    .digest = digest,
	    .hmac = hmac,
	    .aead_seal = aead_seal,
	    .aead_open = aead_open,
	    .block = block,
	    .supports = supports,
	    .key_generate = key_generate,
	    .key_import = key_import,
	    .key_sign = key_sign,
	    .key_sign_mu = key_sign_mu,
	    .key_agree = key_agree,
	    .key_decapsulate = key_decapsulate,
	};
	return CS_OK;
}
