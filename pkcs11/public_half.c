/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Computing public halves with libcrypto. Invariant: what does not belong together has none.
 */
#include "pkcs11/public_half.h"

#include <limits.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "pkcs11/hash.h"
#include "pkcs11/point.h"
#include "pkcs11/pubkey.h"

/* ---- RSA ---- */

/* Those that are secret are wiped. */
struct rsa {
	BN_CTX *ctx;
	BIGNUM *p, *q, *dp, *dq, *qinv, *d;
	BIGNUM *n, *e, *of_q, *one_less, *product;
};

static BIGNUM *secret_number(struct cs_view bytes)
{
	BIGNUM *n = bytes.len <= INT_MAX ? BN_bin2bn(bytes.ptr, (int)bytes.len, NULL) : NULL;

	if (n != NULL)
		BN_set_flags(n, BN_FLG_CONSTTIME);
	return n;
}

static bool rsa_take(struct rsa *r, OSSL_LIB_CTX *lib, const struct cc_piv_private *key, struct cs_view d)
{
	*r = (struct rsa){.ctx = BN_CTX_new_ex(lib),
			  .p = secret_number(key->p),
			  .q = secret_number(key->q),
			  .dp = secret_number(key->dp),
			  .dq = secret_number(key->dq),
			  .qinv = secret_number(key->qinv),
			  .d = secret_number(d),
			  .n = BN_new(),
			  .e = BN_new(),
			  .of_q = BN_new(),
			  .one_less = BN_new(),
			  .product = BN_new()};
	return r->ctx != NULL && r->p != NULL && r->q != NULL && r->dp != NULL && r->dq != NULL &&
	       r->qinv != NULL && r->d != NULL && r->n != NULL && r->e != NULL && r->of_q != NULL &&
	       r->one_less != NULL && r->product != NULL;
}

static void rsa_free(struct rsa *r)
{
	BIGNUM *numbers[] = {r->p, r->q, r->dp,	  r->dq,       r->qinv,	  r->d,
			     r->n, r->e, r->of_q, r->one_less, r->product};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		BN_clear_free(numbers[i]);
	BN_CTX_free(r->ctx);
}

/* The exponent whose inverse this one is, modulo prime - 1; the private exponent, where it is there, is the
 * same there. */
static bool exponent(struct rsa *r, const BIGNUM *prime, const BIGNUM *inverse, BIGNUM *out)
{
	if (BN_copy(r->one_less, prime) == NULL || BN_sub_word(r->one_less, 1) != 1)
		return false;
	BN_set_flags(r->one_less, BN_FLG_CONSTTIME);
	if (!BN_is_zero(r->d) &&
	    (BN_nnmod(r->product, r->d, r->one_less, r->ctx) != 1 || BN_cmp(r->product, inverse) != 0))
		return false;
	return BN_mod_inverse(out, inverse, r->one_less, r->ctx) != NULL;
}

/* One exponent for both primes, and a coefficient that is the inverse of one in the other. */
static bool rsa_belongs_together(struct rsa *r)
{
	return BN_is_odd(r->p) && BN_is_odd(r->q) && BN_cmp(r->p, r->q) != 0 &&
	       exponent(r, r->p, r->dp, r->e) && exponent(r, r->q, r->dq, r->of_q) &&
	       BN_cmp(r->e, r->of_q) == 0 && BN_cmp(r->qinv, r->p) < 0 &&
	       BN_mod_mul(r->product, r->q, r->qinv, r->p, r->ctx) == 1 && BN_is_one(r->product);
}

/* room: as many bytes as the number has. */
static struct cs_view number_out(const BIGNUM *n, uint8_t *room)
{
	return cs_view(room, (size_t)BN_bn2bin(n, room));
}

static enum cs_err rsa_half(OSSL_LIB_CTX *lib, const struct cc_piv_private *key, struct cs_view d,
			    struct cs_writer *spki)
{
	enum { MODULUS_MAX = 512 };
	uint8_t modulus[MODULUS_MAX], exponent_room[MODULUS_MAX];
	struct rsa r;
	enum cs_err err = rsa_take(&r, lib, key, d) ? CS_OK : CS_ERR_CRYPTO;

	if (err == CS_OK && !rsa_belongs_together(&r))
		err = CS_ERR_MALFORMED;
	if (err == CS_OK && BN_mul(r.n, r.p, r.q, r.ctx) != 1)
		err = CS_ERR_CRYPTO;
	/* No card has room for what is longer. */
	if (err == CS_OK && (BN_num_bytes(r.n) > MODULUS_MAX || BN_num_bytes(r.e) > MODULUS_MAX))
		err = CS_ERR_MALFORMED;
	if (err == CS_OK)
		err = pubkey_write_rsa(number_out(r.n, modulus), number_out(r.e, exponent_room), spki);
	rsa_free(&r);
	return err;
}

/* ---- curves ---- */

/* 0 < scalar < order; the bytes may have zeros before it. */
static bool scalar_fits(const EC_GROUP *group, const BIGNUM *scalar)
{
	return !BN_is_zero(scalar) && BN_cmp(scalar, EC_GROUP_get0_order(group)) < 0;
}

static enum cs_err curve_half(OSSL_LIB_CTX *lib, enum piv_alg alg, struct cs_view bytes,
			      uint8_t room[POINT_MAX], struct cs_view *point)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name_ex(lib, NULL, point_curve(alg));
	EC_POINT *p = group != NULL ? EC_POINT_new(group) : NULL;
	BN_CTX *ctx = BN_CTX_secure_new_ex(lib);
	BIGNUM *scalar = secret_number(bytes);
	enum cs_err err = p != NULL && ctx != NULL && scalar != NULL ? CS_OK : CS_ERR_CRYPTO;
	size_t len = 0;

	if (err == CS_OK && !scalar_fits(group, scalar))
		err = CS_ERR_MALFORMED;
	if (err == CS_OK && EC_POINT_mul(group, p, scalar, NULL, NULL, ctx) == 1)
		len = EC_POINT_point2oct(group, p, POINT_CONVERSION_UNCOMPRESSED, room, POINT_MAX, ctx);
	if (err == CS_OK && len == 0)
		err = CS_ERR_CRYPTO;
	if (err == CS_OK)
		*point = cs_view(room, len);
	BN_clear_free(scalar);
	BN_CTX_free(ctx);
	EC_POINT_free(p);
	EC_GROUP_free(group);
	return err;
}

static enum cs_err bare_half(OSSL_LIB_CTX *lib, enum piv_alg alg, struct cs_view bytes,
			     uint8_t room[POINT_MAX], struct cs_view *point)
{
	const char *name = alg == PIV_ALG_ED25519 ? "ED25519" : "X25519";
	size_t len = POINT_MAX;
	EVP_PKEY *key;
	enum cs_err err = CS_ERR_CRYPTO;

	if (bytes.len != PIV_25519_LEN)
		return CS_ERR_MALFORMED;
	key = EVP_PKEY_new_raw_private_key_ex(lib, name, NULL, bytes.ptr, bytes.len);
	if (key != NULL && EVP_PKEY_get_raw_public_key(key, room, &len) == 1) {
		*point = cs_view(room, len);
		err = CS_OK;
	}
	EVP_PKEY_free(key);
	return err;
}

enum cs_err public_half(enum piv_alg alg, const struct cc_piv_private *key, struct cs_view d,
			struct cs_writer *spki)
{
	OSSL_LIB_CTX *lib = cc_library();
	struct cs_view point = CS_VIEW_EMPTY;
	uint8_t room[POINT_MAX];
	enum cs_err err = CS_ERR_UNSUPPORTED;

	if (lib == NULL)
		return CS_ERR_CRYPTO;
	switch (pubkey_alg_type(alg)) {
	case CKK_RSA:
		return rsa_half(lib, key, d, spki);
	case CKK_EC:
		err = curve_half(lib, alg, key->scalar, room, &point);
		break;
	case CKK_EC_EDWARDS:
	case CKK_EC_MONTGOMERY:
		err = bare_half(lib, alg, key->scalar, room, &point);
		break;
	default:
		break;
	}
	return err == CS_OK ? pubkey_write_raw(alg, point, spki) : err;
}
