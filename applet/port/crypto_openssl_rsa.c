/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RSA keys of the OpenSSL crypto port. The public exponent is 65537 throughout: it is what SP 800-78-5 (table
 * 2) allows for new keys, and the elements that IMPORT KEY brings do not carry another.
 */
#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "applet/port/crypto_openssl_private.h"
#include "base/secret.h"
#include "base/tlv.h"

#define RSA_EXPONENT	 65537u
#define RSA_EXPONENT_LEN 3u
#define RSA_BYTES_MAX	 512u

/* The CRT form of a private key, in the order of its TLV elements 01 to 05. */
enum { RSA_P, RSA_Q, RSA_DP, RSA_DQ, RSA_QINV, RSA_PART_COUNT };

struct rsa_numbers {
	BN_CTX *ctx;
	BIGNUM *part[RSA_PART_COUNT];
	BIGNUM *n, *e, *d;
};

static void rsa_numbers_free(struct rsa_numbers *r)
{
	for (size_t i = 0; i < RSA_PART_COUNT; i++)
		BN_clear_free(r->part[i]);
	BN_free(r->n);
	BN_free(r->e);
	BN_clear_free(r->d);
	BN_CTX_free(r->ctx);
}

static bool rsa_numbers_init(struct rsa_numbers *r)
{
	*r = (struct rsa_numbers){.ctx = BN_CTX_secure_new(), .n = BN_new(), .e = BN_new(), .d = BN_new()};
	return r->ctx != NULL && r->n != NULL && r->e != NULL && r->d != NULL &&
	       BN_set_word(r->e, RSA_EXPONENT) == 1;
}

static BIGNUM *rsa_secret_number(struct cs_view bytes)
{
	BIGNUM *bn = BN_bin2bn(bytes.ptr, (int)bytes.len, NULL);

	if (bn != NULL)
		BN_set_flags(bn, BN_FLG_CONSTTIME);
	return bn;
}

/* Elements 01 to 05 in any order, each once; others are left to the caller's taste (81 and 82 in a stored
 * key). */
static enum cs_err rsa_numbers_parse(struct rsa_numbers *r, struct cs_view parts, bool stored)
{
	struct cs_reader reader = cs_reader_of(parts);
	struct cs_tlv t;

	while (cs_tlv_read(&reader, &t)) {
		if (stored && (t.tag == PIV_TAG_RSA_MODULUS || t.tag == PIV_TAG_RSA_EXPONENT))
			continue;
		if (t.tag < PIV_IMPORT_P || t.tag > PIV_IMPORT_QINV ||
		    r->part[t.tag - PIV_IMPORT_P] != NULL || t.value.len == 0 || t.value.len > RSA_BYTES_MAX)
			return CS_ERR_MALFORMED;
		r->part[t.tag - PIV_IMPORT_P] = rsa_secret_number(t.value);
		if (r->part[t.tag - PIV_IMPORT_P] == NULL)
			return CS_ERR_CRYPTO;
	}
	if (cs_reader_done(&reader) != CS_OK)
		return CS_ERR_MALFORMED;
	for (size_t i = 0; i < RSA_PART_COUNT; i++) {
		if (r->part[i] == NULL)
			return CS_ERR_MALFORMED;
	}
	return CS_OK;
}

/* n = p q, and d = e^-1 mod (p-1)(q-1). False where libcrypto fails or e has no inverse. */
static bool rsa_numbers_complete(struct rsa_numbers *r)
{
	BIGNUM *p1, *q1, *phi;
	bool good;

	BN_CTX_start(r->ctx);
	p1 = BN_CTX_get(r->ctx);
	q1 = BN_CTX_get(r->ctx);
	phi = BN_CTX_get(r->ctx);
	good = phi != NULL && BN_mul(r->n, r->part[RSA_P], r->part[RSA_Q], r->ctx) == 1 &&
	       BN_sub(p1, r->part[RSA_P], BN_value_one()) == 1 &&
	       BN_sub(q1, r->part[RSA_Q], BN_value_one()) == 1 && BN_mul(phi, p1, q1, r->ctx) == 1;
	if (good) {
		BN_set_flags(phi, BN_FLG_CONSTTIME);
		good = BN_mod_inverse(r->d, r->e, phi, r->ctx) != NULL;
	}
	BN_CTX_end(r->ctx);
	return good;
}

/* exponent * e = 1 (mod prime - 1), and exponent below prime - 1. */
static bool rsa_exponent_fits(const struct rsa_numbers *r, const BIGNUM *exponent, const BIGNUM *prime)
{
	BIGNUM *order, *product;
	bool fits;

	BN_CTX_start(r->ctx);
	order = BN_CTX_get(r->ctx);
	product = BN_CTX_get(r->ctx);
	fits = product != NULL && BN_sub(order, prime, BN_value_one()) == 1 && BN_cmp(exponent, order) < 0 &&
	       BN_mod_mul(product, exponent, r->e, order, r->ctx) == 1 && BN_is_one(product);
	BN_CTX_end(r->ctx);
	return fits;
}

static bool rsa_inverse_fits(const struct rsa_numbers *r)
{
	BIGNUM *product;
	bool fits;

	BN_CTX_start(r->ctx);
	product = BN_CTX_get(r->ctx);
	fits = product != NULL && BN_cmp(r->part[RSA_QINV], r->part[RSA_P]) < 0 &&
	       BN_mod_mul(product, r->part[RSA_QINV], r->part[RSA_Q], r->part[RSA_P], r->ctx) == 1 &&
	       BN_is_one(product);
	BN_CTX_end(r->ctx);
	return fits;
}

/* FIPS 186-5, A.1.3: |p - q| > 2^(bits/2 - 100). Whoever has the product of closer ones has the primes
 * (Fermat). */
static bool rsa_primes_apart(const struct rsa_numbers *r, unsigned bits)
{
	BIGNUM *difference;
	bool apart;

	BN_CTX_start(r->ctx);
	difference = BN_CTX_get(r->ctx);
	apart = difference != NULL && BN_sub(difference, r->part[RSA_P], r->part[RSA_Q]) == 1 &&
		BN_num_bits(difference) > (int)bits / 2 - 100;
	BN_CTX_end(r->ctx);
	return apart;
}

/* What an imported key must be: two primes of half the length, far from each other, whose product has the
 * full one, and CRT numbers that belong to them and to the exponent. The costly primality test comes last. */
static bool rsa_numbers_check(struct rsa_numbers *r, unsigned bits)
{
	const BIGNUM *p = r->part[RSA_P], *q = r->part[RSA_Q];

	return BN_num_bits(p) == (int)bits / 2 && BN_num_bits(q) == (int)bits / 2 &&
	       rsa_primes_apart(r, bits) && BN_is_odd(p) && BN_is_odd(q) && rsa_numbers_complete(r) &&
	       BN_num_bits(r->n) == (int)bits && rsa_exponent_fits(r, r->part[RSA_DP], p) &&
	       rsa_exponent_fits(r, r->part[RSA_DQ], q) && rsa_inverse_fits(r) &&
	       BN_check_prime(p, r->ctx, NULL) == 1 && BN_check_prime(q, r->ctx, NULL) == 1;
}

static void rsa_write(const struct key_alg *alg, const struct rsa_numbers *r, struct cs_writer *priv,
		      struct cs_writer *pub)
{
	size_t len = alg->bits / 8;

	for (uint32_t i = 0; i < RSA_PART_COUNT; i++)
		key_write_bn(priv, PIV_IMPORT_P + i, r->part[i], len / 2);
	key_write_bn(priv, PIV_TAG_RSA_MODULUS, r->n, len);
	key_write_bn(priv, PIV_TAG_RSA_EXPONENT, r->e, RSA_EXPONENT_LEN);
	key_write_bn(pub, PIV_TAG_RSA_MODULUS, r->n, len);
	key_write_bn(pub, PIV_TAG_RSA_EXPONENT, r->e, RSA_EXPONENT_LEN);
}

static enum cs_err rsa_generate(const struct key_alg *alg, struct cs_writer *priv, struct cs_writer *pub)
{
	static const char *const name[RSA_PART_COUNT] = {
	    OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1,
	    OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
	struct rsa_numbers r;
	EVP_PKEY *key = NULL;
	bool good = rsa_numbers_init(&r);

	if (good)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)alg->bits); /* exponent 65537 by default */
	good = key != NULL && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &r.n) == 1 &&
	       EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &r.e) == 1 && BN_is_word(r.e, RSA_EXPONENT);
	for (size_t i = 0; good && i < RSA_PART_COUNT; i++)
		good = EVP_PKEY_get_bn_param(key, name[i], &r.part[i]) == 1;
	if (good)
		rsa_write(alg, &r, priv, pub);
	EVP_PKEY_free(key);
	rsa_numbers_free(&r);
	return good ? CS_OK : CS_ERR_CRYPTO;
}

static enum cs_err rsa_import(const struct key_alg *alg, struct cs_view parts, struct cs_writer *priv,
			      struct cs_writer *pub)
{
	struct rsa_numbers r;
	enum cs_err err = CS_ERR_CRYPTO;

	if (rsa_numbers_init(&r))
		err = rsa_numbers_parse(&r, parts, false);
	if (err == CS_OK && !rsa_numbers_check(&r, alg->bits))
		err = CS_ERR_MALFORMED;
	if (err == CS_OK)
		rsa_write(alg, &r, priv, pub);
	rsa_numbers_free(&r);
	return err;
}

static EVP_PKEY *rsa_key_make(const struct rsa_numbers *r)
{
	static const char *const name[RSA_PART_COUNT] = {
	    OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1,
	    OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
	struct key_params p;

	key_params_init(&p);
	key_params_bn(&p, OSSL_PKEY_PARAM_RSA_N, r->n);
	key_params_bn(&p, OSSL_PKEY_PARAM_RSA_E, r->e);
	key_params_bn(&p, OSSL_PKEY_PARAM_RSA_D, r->d);
	for (size_t i = 0; i < RSA_PART_COUNT; i++)
		key_params_bn(&p, name[i], r->part[i]);
	return key_params_make(&p, "RSA", EVP_PKEY_KEYPAIR);
}

static EVP_PKEY *rsa_load(const struct key_alg *alg, struct cs_view priv)
{
	struct rsa_numbers r;
	EVP_PKEY *key = NULL;

	if (rsa_numbers_init(&r) && rsa_numbers_parse(&r, priv, true) == CS_OK && rsa_numbers_complete(&r) &&
	    BN_num_bits(r.n) == (int)alg->bits)
		key = rsa_key_make(&r);
	rsa_numbers_free(&r);
	return key;
}

static int rsa_sign_init(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1;
}

/* in < n, both public: n is what the host sees, in is what it sent. */
static bool rsa_input_fits(EVP_PKEY *key, struct cs_view in)
{
	BIGNUM *n = NULL, *value = BN_bin2bn(in.ptr, (int)in.len, NULL);
	bool fits = value != NULL && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
		    BN_cmp(value, n) < 0;

	BN_free(n);
	BN_clear_free(value);
	return fits;
}

static enum cs_err rsa_sign(const struct key_alg *alg, struct key_cache_slot *slot, struct cs_view in,
			    struct cs_writer *out)
{
	uint8_t result[RSA_BYTES_MAX];
	size_t len = sizeof(result);
	EVP_PKEY_CTX *ctx;
	bool good;

	if (in.len != alg->bits / 8 || !rsa_input_fits(slot->key, in))
		return CS_ERR_MALFORMED;
	ctx = key_context(slot, rsa_sign_init);
	good = ctx != NULL && EVP_PKEY_sign(ctx, result, &len, in.ptr, in.len) == 1;
	if (good)
		cs_write_view(out, cs_view(result, len));
	cs_wipe(result, sizeof(result)); /* it may be a decrypted session key */
	return good ? cs_writer_done(out) : CS_ERR_CRYPTO;
}

const struct key_kind key_kind_rsa = {
    .generate = rsa_generate,
    .import = rsa_import,
    .load = rsa_load,
    .sign = rsa_sign,
};
