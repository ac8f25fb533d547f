/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The OpenSSL crypto port's asymmetric side: the table of algorithms, and the entry points, which find the
 * row and hand on to its family.
 */
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "applet/port/crypto_openssl_private.h"
#include "base/secret.h"

static const struct key_alg key_algs[] = {
    {PIV_ALG_RSA1024, &key_kind_rsa, "RSA", 1024, NULL, 0, 0, 0},
    {PIV_ALG_RSA2048, &key_kind_rsa, "RSA", 2048, NULL, 0, 0, 0},
    {PIV_ALG_RSA3072, &key_kind_rsa, "RSA", 3072, NULL, 0, 0, 0},
    {PIV_ALG_RSA4096, &key_kind_rsa, "RSA", 4096, NULL, 0, 0, 0},
    {PIV_ALG_P256, &key_kind_ec, "EC", 256, "P-256", NID_X9_62_prime256v1, PIV_IMPORT_EC_SCALAR, 32},
    {PIV_ALG_P384, &key_kind_ec, "EC", 384, "P-384", NID_secp384r1, PIV_IMPORT_EC_SCALAR, 48},
    {PIV_ALG_P521, &key_kind_ec, "EC", 521, "P-521", NID_secp521r1, PIV_IMPORT_EC_SCALAR, 66},
    {PIV_ALG_SM2, &key_kind_sm2, "SM2", 256, "SM2", NID_sm2, PIV_IMPORT_EC_SCALAR, 32},
    {PIV_ALG_ED25519, &key_kind_ed25519, "ED25519", 8 * 32, NULL, 0, PIV_IMPORT_ED25519, PIV_25519_LEN},
    {PIV_ALG_X25519, &key_kind_x25519, "X25519", 8 * 32, NULL, 0, PIV_IMPORT_X25519, PIV_25519_LEN},
    {PIV_ALG_MLDSA44, &key_kind_mldsa, "ML-DSA-44", 8 * 1312, NULL, 0, PIV_IMPORT_MLDSA, PIV_MLDSA_SEED_LEN},
    {PIV_ALG_MLDSA65, &key_kind_mldsa, "ML-DSA-65", 8 * 1952, NULL, 0, PIV_IMPORT_MLDSA, PIV_MLDSA_SEED_LEN},
    {PIV_ALG_MLDSA87, &key_kind_mldsa, "ML-DSA-87", 8 * 2592, NULL, 0, PIV_IMPORT_MLDSA, PIV_MLDSA_SEED_LEN},
    {PIV_ALG_MLKEM512, &key_kind_mlkem, "ML-KEM-512", 8 * 800, NULL, 0, PIV_IMPORT_MLKEM, PIV_MLKEM_SEED_LEN},
    {PIV_ALG_MLKEM768, &key_kind_mlkem, "ML-KEM-768", 8 * 1184, NULL, 0, PIV_IMPORT_MLKEM,
     PIV_MLKEM_SEED_LEN},
    {PIV_ALG_MLKEM1024, &key_kind_mlkem, "ML-KEM-1024", 8 * 1568, NULL, 0, PIV_IMPORT_MLKEM,
     PIV_MLKEM_SEED_LEN},
};

#define KEY_ALG_COUNT (sizeof(key_algs) / sizeof(key_algs[0]))

_Static_assert(KEY_ALG_COUNT <= KEY_ALGS_MAX, "crypto_openssl.have is too short");

static bool key_alg_present(const struct key_alg *row)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, row->type, NULL);
	EC_GROUP *group = row->nid != 0 ? EC_GROUP_new_by_curve_name(row->nid) : NULL;
	bool present = ctx != NULL && (row->nid == 0 || group != NULL);

	EC_GROUP_free(group);
	EVP_PKEY_CTX_free(ctx);
	return present;
}

void key_algs_probe(struct crypto_openssl *port)
{
	for (size_t i = 0; i < KEY_ALG_COUNT; i++)
		port->have[i] = key_alg_present(&key_algs[i]);
	ERR_clear_error();
}

const struct key_alg *key_alg_find(const struct crypto_openssl *port, enum piv_alg alg)
{
	for (size_t i = 0; i < KEY_ALG_COUNT; i++) {
		if (key_algs[i].alg == alg)
			return port->have[i] ? &key_algs[i] : NULL;
	}
	return NULL;
}

/* ---- new keys ---- */

/* The halves are built here and handed over whole, so that output is untouched where the work fails. */
struct key_pair {
	uint8_t priv[CRYPTO_PRIVATE_MAX];
	uint8_t pub[CRYPTO_PUBLIC_MAX];
};

static enum cs_err key_pair_hand_over(struct cs_writer *from_priv, struct cs_writer *from_pub,
				      struct cs_writer *priv, struct cs_writer *pub)
{
	if (cs_writer_done(from_priv) != CS_OK || cs_writer_done(from_pub) != CS_OK)
		return CS_ERR_CRYPTO;
	cs_write_view(priv, cs_writer_view(from_priv));
	cs_write_view(pub, cs_writer_view(from_pub));
	return cs_writer_done(priv) != CS_OK ? CS_ERR_NO_SPACE : cs_writer_done(pub);
}

enum cs_err crypto_openssl_key_generate(void *ctx, enum piv_alg alg, struct cs_writer *priv,
					struct cs_writer *pub)
{
	const struct key_alg *row = key_alg_find(ctx, alg);
	struct key_pair pair;
	struct cs_writer p = CS_WRITER_OF(pair.priv), q = CS_WRITER_OF(pair.pub);
	enum cs_err err;

	if (row == NULL)
		return CS_ERR_UNSUPPORTED;
	err = row->kind->generate(row, &p, &q);
	if (err == CS_OK)
		err = key_pair_hand_over(&p, &q, priv, pub);
	cs_wipe(&pair, sizeof(pair));
	ERR_clear_error();
	return err;
}

enum cs_err crypto_openssl_key_import(void *ctx, enum piv_alg alg, struct cs_view parts,
				      struct cs_writer *priv, struct cs_writer *pub)
{
	const struct key_alg *row = key_alg_find(ctx, alg);
	struct key_pair pair;
	struct cs_writer p = CS_WRITER_OF(pair.priv), q = CS_WRITER_OF(pair.pub);
	enum cs_err err;

	if (row == NULL)
		return CS_ERR_UNSUPPORTED;
	err = row->kind->import(row, parts, &p, &q);
	if (err == CS_OK)
		err = key_pair_hand_over(&p, &q, priv, pub);
	cs_wipe(&pair, sizeof(pair));
	ERR_clear_error();
	return err;
}

/* ---- their use ---- */

typedef enum cs_err key_operation(const struct key_alg *alg, struct key_cache_slot *slot, struct cs_view in,
				  struct cs_writer *out);

static enum cs_err key_use(struct crypto_openssl *port, const struct key_alg *row, key_operation *operation,
			   struct cs_view priv, struct cs_view in, struct cs_writer *out)
{
	struct key_cache_slot *slot = key_cache_get(port, row, priv);
	enum cs_err err = slot != NULL ? operation(row, slot, in, out) : CS_ERR_CRYPTO;

	if (err != CS_OK)
		ERR_clear_error();
	return err;
}

enum cs_err crypto_openssl_key_sign(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view in,
				    struct cs_writer *out)
{
	const struct key_alg *row = key_alg_find(ctx, alg);

	if (row == NULL || row->kind->sign == NULL)
		return CS_ERR_UNSUPPORTED;
	return key_use(ctx, row, row->kind->sign, priv, in, out);
}

enum cs_err crypto_openssl_key_sign_mu(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view mu,
				       struct cs_writer *out)
{
	const struct key_alg *row = key_alg_find(ctx, alg);

	if (row == NULL || row->kind->sign_mu == NULL)
		return CS_ERR_UNSUPPORTED;
	return key_use(ctx, row, row->kind->sign_mu, priv, mu, out);
}

enum cs_err crypto_openssl_key_agree(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view peer,
				     struct cs_writer *out)
{
	const struct key_alg *row = key_alg_find(ctx, alg);

	if (row == NULL || row->kind->agree == NULL)
		return CS_ERR_UNSUPPORTED;
	return key_use(ctx, row, row->kind->agree, priv, peer, out);
}

enum cs_err crypto_openssl_key_decapsulate(void *ctx, enum piv_alg alg, struct cs_view priv,
					   struct cs_view ciphertext, struct cs_writer *out)
{
	const struct key_alg *row = key_alg_find(ctx, alg);

	if (row == NULL || row->kind->decapsulate == NULL)
		return CS_ERR_UNSUPPORTED;
	return key_use(ctx, row, row->kind->decapsulate, priv, ciphertext, out);
}
