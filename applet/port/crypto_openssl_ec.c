/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys on curves over prime fields of the OpenSSL crypto port; ECDSA and ECDH on the NIST ones (FIPS 186-5,
 * SP 800-56A).
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>

#include "applet/port/crypto_openssl_private.h"
#include "base/secret.h"
#include "base/tlv.h"

#define EC_BYTES_MAX 66u
#define EC_POINT_MAX (1u + 2u * EC_BYTES_MAX)
#define EC_SIGNATURE_MAX                                                                                     \
	(2u * EC_BYTES_MAX + 9u) /* DER: SEQUENCE of two INTEGERs, each with a zero in front */
#define EC_UNCOMPRESSED 0x04u

static size_t ec_bytes(const struct key_alg *alg)
{
	return (alg->bits + 7) / 8;
}

static size_t ec_point_len(const struct key_alg *alg)
{
	return 1 + 2 * ec_bytes(alg);
}

static void ec_write(const struct key_alg *alg, const BIGNUM *scalar, const uint8_t *point,
		     struct cs_writer *priv, struct cs_writer *pub)
{
	struct cs_view whole = cs_view(point, ec_point_len(alg));

	key_write_bn(priv, PIV_IMPORT_EC_SCALAR, scalar, ec_bytes(alg));
	cs_tlv_write(priv, PIV_TAG_EC_POINT, whole);
	cs_tlv_write(pub, PIV_TAG_EC_POINT, whole);
}

/* In 1 .. order-1; of SM2, whose signatures divide by 1 + d, to order-2 (GB/T 32918.1, 6.1). */
static bool ec_in_range(const struct key_alg *alg, const BIGNUM *scalar, const BIGNUM *order)
{
	BIGNUM *end = BN_dup(order);
	bool in_range = end != NULL && (alg->nid != NID_sm2 || BN_sub_word(end, 1) == 1) &&
			!BN_is_zero(scalar) && BN_cmp(scalar, end) < 0;

	BN_free(end);
	return in_range;
}

/* The point of a scalar; CS_ERR_MALFORMED for one out of range. */
static enum cs_err ec_public(const struct key_alg *alg, const BIGNUM *scalar, uint8_t *point)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(alg->nid);
	EC_POINT *p = group != NULL ? EC_POINT_new(group) : NULL;
	enum cs_err err = CS_ERR_CRYPTO;

	if (p == NULL)
		goto out;
	if (!ec_in_range(alg, scalar, EC_GROUP_get0_order(group))) {
		err = CS_ERR_MALFORMED;
		goto out;
	}
	if (EC_POINT_mul(group, p, scalar, NULL, NULL, NULL) == 1 &&
	    EC_POINT_point2oct(group, p, POINT_CONVERSION_UNCOMPRESSED, point, ec_point_len(alg), NULL) ==
		ec_point_len(alg))
		err = CS_OK;
out:
	EC_POINT_free(p);
	EC_GROUP_free(group);
	return err;
}

enum cs_err key_ec_generate(const struct key_alg *alg, struct cs_writer *priv, struct cs_writer *pub)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", alg->group);
	BIGNUM *scalar = NULL;
	uint8_t point[EC_POINT_MAX];
	enum cs_err err = CS_ERR_CRYPTO;

	if (key != NULL && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1)
		err = ec_public(alg, scalar, point);
	if (err == CS_OK)
		ec_write(alg, scalar, point, priv, pub);
	BN_clear_free(scalar);
	EVP_PKEY_free(key);
	return err;
}

enum cs_err key_ec_import(const struct key_alg *alg, struct cs_view parts, struct cs_writer *priv,
			  struct cs_writer *pub)
{
	struct cs_reader r = cs_reader_of(parts);
	struct cs_view bytes = cs_tlv_expect(&r, PIV_IMPORT_EC_SCALAR);
	BIGNUM *scalar;
	uint8_t point[EC_POINT_MAX];
	enum cs_err err;

	if (cs_reader_done(&r) != CS_OK || bytes.len == 0 || bytes.len > ec_bytes(alg))
		return CS_ERR_MALFORMED;
	scalar = BN_bin2bn(bytes.ptr, (int)bytes.len, NULL);
	if (scalar == NULL)
		return CS_ERR_CRYPTO;
	BN_set_flags(scalar, BN_FLG_CONSTTIME);
	err = ec_public(alg, scalar, point);
	if (err == CS_OK)
		ec_write(alg, scalar, point, priv, pub);
	BN_clear_free(scalar);
	return err;
}

EVP_PKEY *key_ec_load(const struct key_alg *alg, struct cs_view priv)
{
	struct cs_reader r = cs_reader_of(priv);
	struct cs_view bytes = cs_tlv_expect(&r, PIV_IMPORT_EC_SCALAR);
	struct cs_view point = cs_tlv_expect(&r, PIV_TAG_EC_POINT);
	struct key_params p;
	BIGNUM *scalar;

	if (cs_reader_done(&r) != CS_OK || bytes.len != ec_bytes(alg) || point.len != ec_point_len(alg))
		return NULL;
	scalar = BN_bin2bn(bytes.ptr, (int)bytes.len, NULL);
	key_params_init(&p);
	key_params_text(&p, OSSL_PKEY_PARAM_GROUP_NAME, alg->group);
	key_params_bn(&p, OSSL_PKEY_PARAM_PRIV_KEY, scalar);
	key_params_bytes(&p, OSSL_PKEY_PARAM_PUB_KEY, point);
	BN_clear_free(scalar);
	return key_params_make(&p, alg->type, EVP_PKEY_KEYPAIR);
}

enum cs_err key_ec_sign(const struct key_alg *alg, struct key_cache_slot *slot, struct cs_view in,
			struct cs_writer *out)
{
	EVP_PKEY_CTX *ctx = key_context(slot, EVP_PKEY_sign_init);
	uint8_t result[EC_SIGNATURE_MAX];
	size_t len = sizeof(result);

	(void)alg;
	if (ctx == NULL || EVP_PKEY_sign(ctx, result, &len, in.ptr, in.len) != 1)
		return CS_ERR_CRYPTO;
	cs_write_view(out, cs_view(result, len));
	return cs_writer_done(out);
}

/* With no digest named, libcrypto takes the leftmost bits of a longer one and the number of a shorter one
 * (FIPS 186-5, 6.4.1), which is the contract's cutting and extending. */
static enum cs_err ec_sign(const struct key_alg *alg, struct key_cache_slot *slot, struct cs_view in,
			   struct cs_writer *out)
{
	return in.len > 0 ? key_ec_sign(alg, slot, in, out) : CS_ERR_MALFORMED;
}

static EVP_PKEY *ec_peer(const struct key_alg *alg, struct cs_view point)
{
	struct key_params p;

	if (point.len != ec_point_len(alg) || point.ptr[0] != EC_UNCOMPRESSED)
		return NULL;
	key_params_init(&p);
	key_params_text(&p, OSSL_PKEY_PARAM_GROUP_NAME, alg->group);
	key_params_bytes(&p, OSSL_PKEY_PARAM_PUB_KEY, point);
	return key_params_make(&p, "EC", EVP_PKEY_PUBLIC_KEY);
}

/* set_peer validates the point in full: on the curve, not infinity, of the right order. */
static enum cs_err ec_agree(const struct key_alg *alg, struct key_cache_slot *slot, struct cs_view peer,
			    struct cs_writer *out)
{
	EVP_PKEY_CTX *ctx = key_context(slot, EVP_PKEY_derive_init);
	EVP_PKEY *other = ctx != NULL ? ec_peer(alg, peer) : NULL;
	uint8_t secret[EC_BYTES_MAX];
	size_t len = sizeof(secret);
	enum cs_err err = ctx != NULL ? CS_ERR_MALFORMED : CS_ERR_CRYPTO;

	if (other != NULL && EVP_PKEY_derive_set_peer_ex(ctx, other, 1) == 1) {
		err = CS_ERR_CRYPTO;
		if (EVP_PKEY_derive(ctx, secret, &len) == 1 && len == ec_bytes(alg)) {
			cs_write_view(out, cs_view(secret, len));
			err = cs_writer_done(out);
		}
	}
	EVP_PKEY_free(other);
	cs_wipe(secret, sizeof(secret));
	return err;
}

const struct key_kind key_kind_ec = {
    .generate = key_ec_generate,
    .import = key_ec_import,
    .load = key_ec_load,
    .sign = ec_sign,
    .agree = ec_agree,
};
