/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SM2 signatures (GB/T 32918.2, GB/T 32918.5) of the OpenSSL crypto port. Keys are points and scalars of the
 * curve, as crypto_openssl_ec.c has them.
 */
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "applet/port/crypto_openssl_private.h"

#define SM2_BYTES     32u
#define SM2_POINT_LEN (1u + 2u * SM2_BYTES)

static enum cs_err sm2_sign(const struct key_alg *alg, struct key_cache_slot *slot, struct cs_view in,
			    struct cs_writer *out)
{
	return in.len == PIV_SM2_DIGEST_LEN ? key_ec_sign(alg, slot, in, out) : CS_ERR_MALFORMED;
}

/* a, b and the generator of the curve, as Z has them. */
static bool sm2_curve(uint8_t out[4 * SM2_BYTES])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
	BIGNUM *a = BN_new(), *b = BN_new();
	uint8_t point[SM2_POINT_LEN];
	struct cs_writer w = cs_writer_of(out, 4 * SM2_BYTES);
	bool good = group != NULL && a != NULL && b != NULL &&
		    EC_GROUP_get_curve(group, NULL, a, b, NULL) == 1 &&
		    BN_bn2binpad(a, cs_write_space(&w, SM2_BYTES), SM2_BYTES) == (int)SM2_BYTES &&
		    BN_bn2binpad(b, cs_write_space(&w, SM2_BYTES), SM2_BYTES) == (int)SM2_BYTES &&
		    EC_POINT_point2oct(group, EC_GROUP_get0_generator(group), POINT_CONVERSION_UNCOMPRESSED,
				       point, sizeof(point), NULL) == sizeof(point);

	if (good)
		cs_write_view(&w, cs_view(point + 1, 2 * SM2_BYTES));
	BN_free(a);
	BN_free(b);
	EC_GROUP_free(group);
	return good && cs_writer_done(&w) == CS_OK;
}

/* Z (5.5), then e (6.1, A2). */
enum cs_err crypto_openssl_sm2_digest(void *ctx, struct cs_view point, struct cs_view msg,
				      uint8_t e[PIV_SM2_DIGEST_LEN])
{
	static const char identity[] = "\x00\x80" /* bits */
				       "1234567812345678";
	EVP_MD *sm3 = EVP_MD_fetch(NULL, "SM3", NULL);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t curve[4 * SM2_BYTES], z[PIV_SM2_DIGEST_LEN];
	bool good;

	(void)ctx;
	good = point.len == SM2_POINT_LEN && sm3 != NULL && md != NULL && sm2_curve(curve) &&
	       EVP_DigestInit_ex2(md, sm3, NULL) == 1 &&
	       EVP_DigestUpdate(md, identity, sizeof(identity) - 1) == 1 &&
	       EVP_DigestUpdate(md, curve, sizeof(curve)) == 1 &&
	       EVP_DigestUpdate(md, point.ptr + 1, point.len - 1) == 1 &&
	       EVP_DigestFinal_ex(md, z, NULL) == 1 && EVP_DigestInit_ex2(md, sm3, NULL) == 1 &&
	       EVP_DigestUpdate(md, z, sizeof(z)) == 1 && EVP_DigestUpdate(md, msg.ptr, msg.len) == 1 &&
	       EVP_DigestFinal_ex(md, e, NULL) == 1;
	EVP_MD_CTX_free(md);
	EVP_MD_free(sm3);
	if (!good)
		ERR_clear_error();
	return good ? CS_OK : CS_ERR_CRYPTO;
}

const struct key_kind key_kind_sm2 = {
    .generate = key_ec_generate,
    .import = key_ec_import,
    .load = key_ec_load,
    .sign = sm2_sign,
};
