/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The port that fails: crypto_fault.h.
 */
#include "tests/unit/crypto_fault.h"

static struct crypto real;
static unsigned countdown;
static bool happened;

static bool fails(void)
{
	if (countdown == 0 || --countdown > 0)
		return false;
	happened = true;
	return true;
}

static enum cs_err fault_random(void *ctx, uint8_t *out, size_t len)
{
	return fails() ? CS_ERR_CRYPTO : real.random(ctx, out, len);
}

static enum cs_err fault_digest(void *ctx, enum cs_hash hash, struct cs_view msg, uint8_t *out)
{
	return fails() ? CS_ERR_CRYPTO : real.digest(ctx, hash, msg, out);
}

static enum cs_err fault_hmac(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
			      uint8_t *mac)
{
	return fails() ? CS_ERR_CRYPTO : real.hmac(ctx, hash, key, msg, mac);
}

static enum cs_err fault_aead_seal(void *ctx, const uint8_t key[CRYPTO_AEAD_KEY_LEN],
				   const uint8_t nonce[CRYPTO_AEAD_NONCE_LEN], struct cs_view aad,
				   struct cs_view plain, uint8_t *sealed)
{
	return fails() ? CS_ERR_CRYPTO : real.aead_seal(ctx, key, nonce, aad, plain, sealed);
}

static enum cs_err fault_aead_open(void *ctx, const uint8_t key[CRYPTO_AEAD_KEY_LEN],
				   const uint8_t nonce[CRYPTO_AEAD_NONCE_LEN], struct cs_view aad,
				   struct cs_view sealed, uint8_t *plain)
{
	return fails() ? CS_ERR_CRYPTO : real.aead_open(ctx, key, nonce, aad, sealed, plain);
}

static enum cs_err fault_block(void *ctx, enum piv_alg cipher, bool encrypt, struct cs_view key,
			       const uint8_t *in, uint8_t *out)
{
	return fails() ? CS_ERR_CRYPTO : real.block(ctx, cipher, encrypt, key, in, out);
}

static enum cs_err fault_key_generate(void *ctx, enum piv_alg alg, struct cs_writer *priv,
				      struct cs_writer *pub)
{
	return fails() ? CS_ERR_CRYPTO : real.key_generate(ctx, alg, priv, pub);
}

static enum cs_err fault_key_agree(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view peer,
				   struct cs_writer *out)
{
	return fails() ? CS_ERR_CRYPTO : real.key_agree(ctx, alg, priv, peer, out);
}

static enum cs_err fault_key_sign(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view in,
				  struct cs_writer *out)
{
	return fails() ? CS_ERR_CRYPTO : real.key_sign(ctx, alg, priv, in, out);
}

void crypto_fault_install(struct crypto *crypto)
{
	real = *crypto;
	crypto->random = fault_random;
	crypto->digest = fault_digest;
	crypto->hmac = fault_hmac;
	crypto->aead_seal = fault_aead_seal;
	crypto->aead_open = fault_aead_open;
	crypto->block = fault_block;
	crypto->key_generate = fault_key_generate;
	crypto->key_agree = fault_key_agree;
	crypto->key_sign = fault_key_sign;
	crypto_fault_at(0);
}

void crypto_fault_at(unsigned n)
{
	countdown = n;
	happened = false;
}

bool crypto_fault_happened(void)
{
	return happened;
}
