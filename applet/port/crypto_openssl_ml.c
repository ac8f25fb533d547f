/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ML-DSA (FIPS 204) and ML-KEM (FIPS 203) keys of the OpenSSL crypto port, where libcrypto is 3.5 or later. A
 * key is its seed. Parameters have their names spelled out, because older headers do not know them.
 */
#include <openssl/core_names.h>

#include "applet/port/crypto_openssl_private.h"
#include "base/secret.h"

#define PARAM_SEED "seed" /* OSSL_PKEY_PARAM_ML_DSA_SEED, OSSL_PKEY_PARAM_ML_KEM_SEED */
#define PARAM_MU   "mu"	  /* OSSL_SIGNATURE_PARAM_MU */

#define MLKEM_SECRET_LEN 32u

static EVP_PKEY *ml_load(const struct key_alg *alg, struct cs_view priv)
{
	struct key_params p;

	key_params_init(&p);
	key_params_bytes(&p, PARAM_SEED, key_secret(alg, priv));
	return key_params_make(&p, alg->type, EVP_PKEY_KEYPAIR);
}

/* Hedged (FIPS 204, 3.4) and with an empty context, which are libcrypto's defaults. */
static enum cs_err mldsa_sign(const struct key_alg *alg, struct key_cache_slot *slot, struct cs_view in,
			      struct cs_writer *out)
{
	(void)alg;
	return key_sign_message(slot->key, NULL, in, out);
}

static enum cs_err mldsa_sign_mu(const struct key_alg *alg, struct key_cache_slot *slot, struct cs_view mu,
				 struct cs_writer *out)
{
	int yes = 1;
	const OSSL_PARAM params[] = {OSSL_PARAM_construct_int(PARAM_MU, &yes), OSSL_PARAM_construct_end()};

	(void)alg;
	if (mu.len != PIV_MLDSA_MU_LEN)
		return CS_ERR_MALFORMED;
	return key_sign_message(slot->key, params, mu, out);
}

static int decapsulate_init(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_decapsulate_init(ctx, NULL);
}

/* The length is all that can be wrong with a ciphertext (FIPS 203, 7.3). */
static enum cs_err mlkem_decapsulate(const struct key_alg *alg, struct key_cache_slot *slot,
				     struct cs_view in, struct cs_writer *out)
{
	EVP_PKEY_CTX *ctx = key_context(slot, decapsulate_init);
	uint8_t secret[MLKEM_SECRET_LEN];
	size_t len = sizeof(secret);
	enum cs_err err = ctx != NULL ? CS_ERR_MALFORMED : CS_ERR_CRYPTO;

	(void)alg;
	if (ctx != NULL && EVP_PKEY_decapsulate(ctx, secret, &len, in.ptr, in.len) == 1) {
		cs_write_view(out, cs_view(secret, len));
		err = cs_writer_done(out);
	}
	cs_wipe(secret, sizeof(secret));
	return err;
}

const struct key_kind key_kind_mldsa = {
    .generate = key_secret_generate,
    .import = key_secret_import,
    .load = ml_load,
    .sign = mldsa_sign,
    .sign_mu = mldsa_sign_mu,
};

const struct key_kind key_kind_mlkem = {
    .generate = key_secret_generate,
    .import = key_secret_import,
    .load = ml_load,
    .decapsulate = mlkem_decapsulate,
};
