/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the crypto port's tests share: bytes from hex, and keys made, imported, used, and verified by
 * libcrypto.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_CRYPTO_FIXTURE_H
#define COUNTERSIGN_TESTS_UNIT_CRYPTO_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "applet/port/crypto_openssl.h"
#include "base/encoding.h"
#include "base/tlv.h"

static struct crypto port;

struct bytes {
	uint8_t data[CRYPTO_PUBLIC_MAX]; /* longer than any private key */
	size_t len;
};

static inline struct bytes hex(const char *text)
{
	struct bytes b;
	struct cs_writer w = CS_WRITER_OF(b.data);

	assert_int_equal(cs_hex_decode(cs_view_string(text), &w), CS_OK);
	b.len = cs_writer_view(&w).len;
	return b;
}

static inline struct cs_view view(const struct bytes *b)
{
	return cs_view(b->data, b->len);
}

static inline void assert_hex(const uint8_t *got, size_t len, const char *want)
{
	struct bytes b = hex(want);

	assert_int_equal(len, b.len);
	assert_memory_equal(got, b.data, len);
}

static inline enum cs_err import(enum piv_alg alg, const struct bytes *parts, struct bytes *priv,
				 struct bytes *pub)
{
	struct cs_writer w = CS_WRITER_OF(priv->data), v = CS_WRITER_OF(pub->data);
	enum cs_err err = port.key_import(port.ctx, alg, view(parts), &w, &v);

	priv->len = cs_writer_view(&w).len;
	pub->len = cs_writer_view(&v).len;
	return err;
}

static inline enum cs_err sign(enum piv_alg alg, const struct bytes *priv, struct cs_view in,
			       struct bytes *out)
{
	struct cs_writer w = CS_WRITER_OF(out->data);
	enum cs_err err = port.key_sign(port.ctx, alg, view(priv), in, &w);

	out->len = cs_writer_view(&w).len;
	return err;
}

static inline EVP_PKEY *public_key(const char *type, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	return key;
}

static inline bool verifies(EVP_PKEY *key, bool rsa, struct cs_view digest, const struct bytes *signature)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool good;

	assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
	if (rsa) {
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING), 1);
		assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()), 1);
	}
	good = EVP_PKEY_verify(ctx, signature->data, signature->len, digest.ptr, digest.len) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return good;
}

static inline void generate(enum piv_alg alg, struct bytes *priv, struct bytes *pub)
{
	struct cs_writer w = CS_WRITER_OF(priv->data), v = CS_WRITER_OF(pub->data);

	assert_int_equal(port.key_generate(port.ctx, alg, &w, &v), CS_OK);
	priv->len = cs_writer_view(&w).len;
	pub->len = cs_writer_view(&v).len;
	assert_true(pub->len <= CRYPTO_PUBLIC_MAX);
}

/* What a generated key is stored as, without 81 and 82, is what import takes: both must name the same key. */
static inline void assert_imports_as(enum piv_alg alg, const struct bytes *priv, const struct bytes *pub)
{
	struct bytes parts, priv2, pub2;
	struct cs_writer w = CS_WRITER_OF(parts.data);
	struct cs_reader r = cs_reader_of(view(priv));
	struct cs_tlv t;

	while (cs_tlv_read(&r, &t)) {
		if (t.tag <= PIV_IMPORT_EC_SCALAR)
			cs_tlv_write(&w, t.tag, t.value);
	}
	parts.len = cs_writer_view(&w).len;
	assert_int_equal(import(alg, &parts, &priv2, &pub2), CS_OK);
	assert_true(cs_view_equal(view(priv), view(&priv2)));
	assert_true(cs_view_equal(view(pub), view(&pub2)));
}

static inline int begin(void **state)
{
	(void)state;
	return crypto_openssl_init(&port) == CS_OK ? 0 : -1;
}

static inline int end(void **state)
{
	(void)state;
	crypto_openssl_free(&port);
	crypto_openssl_free(&port); /* an empty table is taken, too */
	return 0;
}

#endif
