/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Checks with libcrypto.
 */
#include "tests/unit/card_verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/piv.h"
#include "base/tlv.h"

static EVP_PKEY *pkey(struct public_key *key)
{
	return (EVP_PKEY *)key;
}

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

static EVP_PKEY *key_from_rsa(struct cs_view n, struct cs_view e)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *modulus = BN_bin2bn(n.ptr, (int)n.len, NULL), *exponent = BN_bin2bn(e.ptr, (int)e.len, NULL);
	EVP_PKEY *key;

	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent);
	key = key_from("RSA", build);
	BN_free(modulus);
	BN_free(exponent);
	return key;
}

static EVP_PKEY *key_from_point(struct cs_view point)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();

	OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
	OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.ptr, point.len);
	return key_from("EC", build);
}

struct public_key *verify_key_of_elements(struct cs_view elements)
{
	struct cs_view n, e, point;

	if (cs_tlv_find(elements, PIV_TAG_EC_POINT, &point) == CS_OK)
		return (struct public_key *)key_from_point(point);
	assert_int_equal(cs_tlv_find(elements, PIV_TAG_RSA_MODULUS, &n), CS_OK);
	assert_int_equal(cs_tlv_find(elements, PIV_TAG_RSA_EXPONENT, &e), CS_OK);
	return (struct public_key *)key_from_rsa(n, e);
}

struct public_key *verify_key_of(struct cs_view generated)
{
	struct cs_reader r = cs_reader_of(generated);
	struct cs_view elements = cs_tlv_expect(&r, PIV_TAG_PUBLIC_KEY);

	assert_int_equal(cs_reader_done(&r), CS_OK);
	return verify_key_of_elements(elements);
}

struct public_key *verify_key_of_metadata(struct cs_view metadata)
{
	struct cs_view elements;

	assert_int_equal(cs_tlv_find(metadata, PIV_META_PUBLIC_KEY, &elements), CS_OK);
	return verify_key_of_elements(elements);
}

void verify_key_free(struct public_key *key)
{
	EVP_PKEY_free(pkey(key));
}

bool verify_ecdsa(struct public_key *key, struct cs_view digest, struct cs_view signature)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey(key), NULL);
	bool ok = EVP_PKEY_verify_init(ctx) == 1 &&
		  EVP_PKEY_verify(ctx, signature.ptr, signature.len, digest.ptr, digest.len) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

bool verify_rsa_raw(struct public_key *key, struct cs_view block, struct cs_view result)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey(key), NULL);
	uint8_t out[512];
	size_t len = sizeof(out);
	bool ok = EVP_PKEY_encrypt_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
		  EVP_PKEY_encrypt(ctx, out, &len, result.ptr, result.len) == 1 && len == block.len &&
		  memcmp(out, block.ptr, len) == 0;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

void verify_ecdh_peer(struct public_key *key, uint8_t point[65], uint8_t secret[32])
{
	EVP_PKEY *mine = EVP_EC_gen("P-256");
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(mine, NULL);
	size_t len = 0;

	assert_int_equal(EVP_PKEY_get_octet_string_param(mine, OSSL_PKEY_PARAM_PUB_KEY, point, 65, &len), 1);
	assert_int_equal(len, 65);
	len = 32;
	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(ctx, pkey(key)), 1);
	assert_int_equal(EVP_PKEY_derive(ctx, secret, &len), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(mine);
}

struct public_key *verify_rsa_make(struct cs_writer *parts)
{
	static const char *const names[] = {OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
					    OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
					    OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
	EVP_PKEY *key = EVP_RSA_gen(2048);

	assert_non_null(key);
	for (uint32_t i = 0; i < 5; i++) {
		uint8_t bytes[128];
		BIGNUM *bn = NULL;

		assert_int_equal(EVP_PKEY_get_bn_param(key, names[i], &bn), 1);
		assert_int_equal(BN_bn2binpad(bn, bytes, sizeof(bytes)), sizeof(bytes));
		cs_tlv_write(parts, PIV_IMPORT_P + i, CS_VIEW_OF(bytes));
		BN_clear_free(bn);
	}
	return (struct public_key *)key;
}

static X509 *certificate_of(struct cs_view der)
{
	const uint8_t *p = der.ptr;
	X509 *x = d2i_X509(NULL, &p, (long)der.len);

	assert_non_null(x);
	assert_ptr_equal(p, der.ptr + der.len);
	return x;
}

bool verify_certificate(struct cs_view certificate, struct cs_view issuer, struct public_key *key)
{
	X509 *x = certificate_of(certificate), *ca = certificate_of(issuer);
	bool ok = X509_verify(x, X509_get0_pubkey(ca)) == 1 && X509_check_issued(ca, x) == X509_V_OK &&
		  EVP_PKEY_eq(X509_get0_pubkey(x), pkey(key)) == 1;

	X509_free(x);
	X509_free(ca);
	return ok;
}

bool verify_chain(struct cs_view certificate, struct cs_view intermediate, struct cs_view root)
{
	X509 *x = certificate_of(certificate), *between = certificate_of(intermediate),
	     *top = certificate_of(root);
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *untrusted = sk_X509_new_null();
	bool ok;

	assert_int_equal(X509_STORE_add_cert(store, top), 1);
	assert_true(sk_X509_push(untrusted, between) > 0);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, x, untrusted), 1);
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT);
	ok = X509_verify_cert(ctx) == 1;
	if (!ok)
		print_message("# chain: %s\n", X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_free(untrusted);
	X509_free(x);
	X509_free(between);
	X509_free(top);
	return ok;
}
