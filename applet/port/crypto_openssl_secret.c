/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys of the OpenSSL crypto port that are one secret of fixed length, of which libcrypto makes the rest: how
 * they come to be, and how those that sign messages whole do it.
 */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "applet/port/crypto_openssl_private.h"
#include "base/secret.h"
#include "base/tlv.h"

#define SECRET_MAX PIV_MLKEM_SEED_LEN

struct cs_view key_secret(const struct key_alg *alg, struct cs_view priv)
{
	struct cs_reader r = cs_reader_of(priv);
	struct cs_view secret = cs_tlv_expect(&r, alg->tag);

	return cs_reader_done(&r) == CS_OK && secret.len == alg->secret_len ? secret : CS_VIEW_EMPTY;
}

/* The blob is what IMPORT brings; the public key is what libcrypto makes of it. */
enum cs_err key_secret_import(const struct key_alg *alg, struct cs_view parts, struct cs_writer *priv,
			      struct cs_writer *pub)
{
	EVP_PKEY *key;
	uint8_t *space;
	size_t len = alg->bits / 8;
	enum cs_err err = CS_ERR_CRYPTO;

	if (key_secret(alg, parts).len == 0)
		return CS_ERR_MALFORMED;
	key = alg->kind->load(alg, parts);
	cs_tlv_write_header(pub, PIV_TAG_EC_POINT, len);
	space = cs_write_space(pub, len);
	if (key != NULL && space != NULL &&
	    EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, space, len, &len) == 1 &&
	    len == alg->bits / 8) {
		cs_write_view(priv, parts);
		err = CS_OK;
	}
	EVP_PKEY_free(key);
	return err;
}

enum cs_err key_secret_generate(const struct key_alg *alg, struct cs_writer *priv, struct cs_writer *pub)
{
	uint8_t parts[2 + SECRET_MAX] = {alg->tag, alg->secret_len};
	enum cs_err err = CS_ERR_CRYPTO;

	if (RAND_priv_bytes(parts + 2, alg->secret_len) == 1)
		err = key_secret_import(alg, cs_view(parts, 2u + alg->secret_len), priv, pub);
	cs_wipe(parts, sizeof(parts));
	return err;
}

/* The signature goes to memory of its own: the message may lie in out's buffer. */
enum cs_err key_sign_message(EVP_PKEY *key, const OSSL_PARAM *params, struct cs_view message,
			     struct cs_writer *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = (size_t)EVP_PKEY_get_size(key);
	uint8_t *signature = OPENSSL_malloc(len);
	enum cs_err err = CS_ERR_CRYPTO;

	if (ctx != NULL && signature != NULL &&
	    EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, key, params) == 1 &&
	    EVP_DigestSign(ctx, signature, &len, message.ptr, message.len) == 1) {
		cs_write_view(out, cs_view(signature, len));
		err = cs_writer_done(out);
	}
	OPENSSL_free(signature);
	EVP_MD_CTX_free(ctx);
	return err;
}
