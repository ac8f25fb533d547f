/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Public keys of a card for libcrypto (card_key.h).
 */
#include "tools/card_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *build)
{
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	bool ok = params != NULL && ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
		  EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return ok ? key : NULL;
}

static EVP_PKEY *rsa_public(const struct cc_piv_public *key)
{
	EVP_PKEY *out = NULL;
	BIGNUM *n = BN_bin2bn(key->modulus, (int)key->modulus_len, NULL);
	BIGNUM *e = BN_bin2bn(key->exponent, (int)key->exponent_len, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	if (n != NULL && e != NULL && build != NULL &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		out = from_params("RSA", build);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	BN_free(e);
	return out;
}

/* libcrypto's names of key type and curve. The types that it learnt with 3.5 are not there before. */
static const struct key_type {
	enum piv_alg alg;
	const char *type, *group;
} key_types[] = {
    {PIV_ALG_P256, "EC", "P-256"},	    {PIV_ALG_P384, "EC", "P-384"},
    {PIV_ALG_P521, "EC", "P-521"},	    {PIV_ALG_SM2, "SM2", "SM2"},
    {PIV_ALG_ED25519, "ED25519", NULL},	    {PIV_ALG_X25519, "X25519", NULL},
    {PIV_ALG_MLDSA44, "ML-DSA-44", NULL},   {PIV_ALG_MLDSA65, "ML-DSA-65", NULL},
    {PIV_ALG_MLDSA87, "ML-DSA-87", NULL},   {PIV_ALG_MLKEM512, "ML-KEM-512", NULL},
    {PIV_ALG_MLKEM768, "ML-KEM-768", NULL}, {PIV_ALG_MLKEM1024, "ML-KEM-1024", NULL},
};

static EVP_PKEY *point_public(const struct key_type *row, const struct cc_piv_public *key)
{
	EVP_PKEY *out = NULL;
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	bool ok = build != NULL &&
		  (row->group == NULL ||
		   OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, row->group, 0) == 1);

	if (ok &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, key->point, key->point_len) == 1)
		out = from_params(row->type, build);
	OSSL_PARAM_BLD_free(build);
	return out;
}

EVP_PKEY *card_key_public(const struct cc_piv_public *key)
{
	for (size_t i = 0; i < sizeof key_types / sizeof key_types[0]; i++) {
		if (key_types[i].alg == key->alg)
			return point_public(&key_types[i], key);
	}
	return cc_piv_alg_is_rsa(key->alg) ? rsa_public(key) : NULL;
}

/* NIST's name, or libcrypto's short one. */
static int curve_nid(const char *name)
{
	int nid = EC_curve_nist2nid(name);

	return nid != NID_undef ? nid : OBJ_sn2nid(name);
}

static bool same_group(const EVP_PKEY *key, const char *group)
{
	char name[64];
	size_t len = 0;

	return EVP_PKEY_get_group_name(key, name, sizeof name, &len) == 1 &&
	       curve_nid(name) == curve_nid(group);
}

bool card_key_algorithm(const EVP_PKEY *key, enum piv_alg *alg)
{
	const struct cc_piv_algorithm *row;

	for (size_t i = 0; i < sizeof key_types / sizeof key_types[0]; i++) {
		const struct key_type *type = &key_types[i];

		if (EVP_PKEY_is_a(key, type->type) && (type->group == NULL || same_group(key, type->group))) {
			*alg = type->alg;
			return true;
		}
	}
	for (size_t i = 0; (row = cc_piv_algorithm_row(i)) != NULL; i++) {
		if (row->kind == CC_KIND_RSA && EVP_PKEY_is_a(key, "RSA") &&
		    EVP_PKEY_get_bits(key) == (int)row->bits) {
			*alg = row->alg;
			return true;
		}
	}
	return false;
}

char *card_key_pem(EVP_PKEY *key)
{
	char *data, *text = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	if (bio != NULL && PEM_write_bio_PUBKEY(bio, key) == 1) {
		long len = BIO_get_mem_data(bio, &data);
		text = strndup(data, (size_t)len);
	}
	BIO_free(bio);
	return text;
}
