/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys and operations of every algorithm, on libcrypto's side.
 */
#include "tests/unit/algorithm_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/tlv.h"

static const char sm2_identity[] = "1234567812345678";

static const struct algorithm_row rows[] = {
    {PIV_ALG_RSA2048, "RSA", NULL, USE_RSA, 0, 0, 256},
    {PIV_ALG_RSA3072, "RSA", NULL, USE_RSA, 0, 0, 384},
    {PIV_ALG_RSA4096, "RSA", NULL, USE_RSA, 0, 0, 512},
    {PIV_ALG_P256, "EC", "P-256", USE_ECDSA, PIV_IMPORT_EC_SCALAR, 32, 65},
    {PIV_ALG_P384, "EC", "P-384", USE_ECDSA, PIV_IMPORT_EC_SCALAR, 48, 97},
    {PIV_ALG_P521, "EC", "P-521", USE_ECDSA, PIV_IMPORT_EC_SCALAR, 66, 133},
    {PIV_ALG_SM2, "SM2", "SM2", USE_SM2, PIV_IMPORT_EC_SCALAR, 32, 65},
    {PIV_ALG_ED25519, "ED25519", NULL, USE_MESSAGE, PIV_IMPORT_ED25519, 32, 32},
    {PIV_ALG_X25519, "X25519", NULL, USE_AGREE, PIV_IMPORT_X25519, 32, 32},
    {PIV_ALG_MLDSA44, "ML-DSA-44", NULL, USE_MESSAGE, PIV_IMPORT_MLDSA, 32, 1312},
    {PIV_ALG_MLDSA65, "ML-DSA-65", NULL, USE_MESSAGE, PIV_IMPORT_MLDSA, 32, 1952},
    {PIV_ALG_MLDSA87, "ML-DSA-87", NULL, USE_MESSAGE, PIV_IMPORT_MLDSA, 32, 2592},
    {PIV_ALG_MLKEM512, "ML-KEM-512", NULL, USE_KEM, PIV_IMPORT_MLKEM, 64, 800},
    {PIV_ALG_MLKEM768, "ML-KEM-768", NULL, USE_KEM, PIV_IMPORT_MLKEM, 64, 1184},
    {PIV_ALG_MLKEM1024, "ML-KEM-1024", NULL, USE_KEM, PIV_IMPORT_MLKEM, 64, 1568},
};

const struct algorithm_row *algorithm_row(size_t index)
{
	return index < sizeof(rows) / sizeof(rows[0]) ? &rows[index] : NULL;
}

bool algorithm_known(const struct algorithm_row *row)
{
	EVP_KEYMGMT *keys = EVP_KEYMGMT_fetch(NULL, row->type, NULL);
	bool known = keys != NULL;

	EVP_KEYMGMT_free(keys);
	ERR_clear_error();
	return known;
}

/* ---- keys ---- */

static EVP_PKEY *key_from(const char *type, OSSL_PARAM_BLD *build)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *rsa_public(struct cs_view elements)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	struct cs_view n, e;
	BIGNUM *modulus, *exponent;
	EVP_PKEY *key;

	assert_int_equal(cs_tlv_find(elements, PIV_TAG_RSA_MODULUS, &n), CS_OK);
	assert_int_equal(cs_tlv_find(elements, PIV_TAG_RSA_EXPONENT, &e), CS_OK);
	modulus = BN_bin2bn(n.ptr, (int)n.len, NULL);
	exponent = BN_bin2bn(e.ptr, (int)e.len, NULL);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent);
	key = key_from("RSA", build);
	BN_free(modulus);
	BN_free(exponent);
	return key;
}

EVP_PKEY *algorithm_public(const struct algorithm_row *row, struct cs_view elements)
{
	OSSL_PARAM_BLD *build;
	struct cs_view point;

	if (row->use == USE_RSA)
		return rsa_public(elements);
	assert_int_equal(cs_tlv_find(elements, PIV_TAG_EC_POINT, &point), CS_OK);
	assert_int_equal(point.len, row->public_len);
	build = OSSL_PARAM_BLD_new();
	if (row->group)
		OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, row->group, 0);
	OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.ptr, point.len);
	return key_from(row->type, build);
}

/* ---- signatures ---- */

static struct cs_view sha256(struct cs_view message, uint8_t digest[32])
{
	assert_int_equal(EVP_Digest(message.ptr, message.len, digest, NULL, EVP_sha256(), NULL), 1);
	return cs_view(digest, 32);
}

void algorithm_input(const struct algorithm_row *row, const struct crypto *crypto, struct cs_view elements,
		     struct cs_view message, struct cs_writer *input)
{
	static const uint8_t info[] = {0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
				       0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
	uint8_t digest[32];
	struct cs_view point;

	switch (row->use) {
	case USE_RSA:
		cs_write_u16(input, 0x0001);
		cs_write_fill(input, 0xFF, row->public_len - 3 - sizeof(info) - sizeof(digest));
		cs_write_u8(input, 0);
		cs_write_view(input, CS_VIEW_OF(info));
		cs_write_view(input, sha256(message, digest));
		break;
	case USE_ECDSA:
		cs_write_view(input, sha256(message, digest));
		break;
	case USE_SM2:
		assert_int_equal(cs_tlv_find(elements, PIV_TAG_EC_POINT, &point), CS_OK);
		assert_int_equal(crypto->sm2_digest(crypto->ctx, point, message, digest), CS_OK);
		cs_write_view(input, CS_VIEW_OF(digest));
		break;
	default:
		cs_write_view(input, message);
	}
	assert_int_equal(cs_writer_done(input), CS_OK);
}

bool algorithm_verify(const struct algorithm_row *row, EVP_PKEY *key, struct cs_view message,
		      struct cs_view signature)
{
	const char *digest = row->use == USE_MESSAGE ? NULL : row->use == USE_SM2 ? "SM3" : "SHA256";
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pkey_ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	bool ok;

	EVP_MD_CTX_set_pkey_ctx(ctx, pkey_ctx);
	if (row->use == USE_SM2)
		assert_int_equal(EVP_PKEY_CTX_set1_id(pkey_ctx, sm2_identity, sizeof(sm2_identity) - 1), 1);
	assert_int_equal(EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL, key, NULL), 1);
	ok = EVP_DigestVerify(ctx, signature.ptr, signature.len, message.ptr, message.len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_CTX_free(pkey_ctx);
	ERR_clear_error();
	return ok;
}

void algorithm_mu(struct cs_view elements, struct cs_view message, uint8_t mu[PIV_MLDSA_MU_LEN])
{
	EVP_MD *shake = EVP_MD_fetch(NULL, "SHAKE256", NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t tr[64];
	struct cs_view key;

	assert_int_equal(cs_tlv_find(elements, PIV_TAG_EC_POINT, &key), CS_OK);
	assert_int_equal(EVP_DigestInit_ex2(ctx, shake, NULL), 1);
	assert_int_equal(EVP_DigestUpdate(ctx, key.ptr, key.len), 1);
	assert_int_equal(EVP_DigestFinalXOF(ctx, tr, sizeof(tr)), 1);
	assert_int_equal(EVP_DigestInit_ex2(ctx, shake, NULL), 1);
	assert_int_equal(EVP_DigestUpdate(ctx, tr, sizeof(tr)), 1);
	assert_int_equal(EVP_DigestUpdate(ctx, "\0\0", 2), 1); /* pure, and the length of the context */
	assert_int_equal(EVP_DigestUpdate(ctx, message.ptr, message.len), 1);
	assert_int_equal(EVP_DigestFinalXOF(ctx, mu, PIV_MLDSA_MU_LEN), 1);
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(shake);
}

/* ---- agreement ---- */

static void peer_agree(const struct algorithm_row *row, EVP_PKEY *key, struct cs_writer *sent,
		       struct cs_writer *secret)
{
	EVP_PKEY *mine = EVP_PKEY_Q_keygen(NULL, NULL, row->type, row->group);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, mine, NULL);
	uint8_t bytes[133];
	size_t len = 0;

	assert_int_equal(
	    EVP_PKEY_get_octet_string_param(mine, OSSL_PKEY_PARAM_PUB_KEY, bytes, sizeof(bytes), &len), 1);
	cs_write_view(sent, cs_view(bytes, len));
	len = sizeof(bytes);
	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(ctx, key), 1);
	assert_int_equal(EVP_PKEY_derive(ctx, bytes, &len), 1);
	cs_write_view(secret, cs_view(bytes, len));
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(mine);
}

static void peer_encapsulate(EVP_PKEY *key, struct cs_writer *sent, struct cs_writer *secret)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	uint8_t ciphertext[1568], bytes[32];
	size_t len = sizeof(ciphertext), secret_len = sizeof(bytes);

	assert_int_equal(EVP_PKEY_encapsulate_init(ctx, NULL), 1);
	assert_int_equal(EVP_PKEY_encapsulate(ctx, ciphertext, &len, bytes, &secret_len), 1);
	cs_write_view(sent, cs_view(ciphertext, len));
	cs_write_view(secret, cs_view(bytes, secret_len));
	EVP_PKEY_CTX_free(ctx);
}

void algorithm_peer(const struct algorithm_row *row, EVP_PKEY *key, struct cs_writer *sent,
		    struct cs_writer *secret)
{
	if (row->use == USE_KEM)
		peer_encapsulate(key, sent, secret);
	else
		peer_agree(row, key, sent, secret);
	assert_int_equal(cs_writer_done(sent), CS_OK);
	assert_int_equal(cs_writer_done(secret), CS_OK);
}
