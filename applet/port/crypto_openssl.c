/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The OpenSSL crypto port: its table, and what needs no key pair: random, digests, HMAC, AES-256-GCM, single
 * blocks.
 */
#include <limits.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include "applet/port/crypto_openssl.h"
#include "applet/port/crypto_openssl_private.h"
#include "base/secret.h"

#define HASH_COUNT 4u

static const char *const hash_name[HASH_COUNT] = {"SHA1", "SHA256", "SHA384", "SHA512"};

struct block_cipher {
	enum piv_alg alg;
	const char *name;
	unsigned key_len;
	unsigned block_len;
};

static const struct block_cipher block_ciphers[] = {
    {PIV_ALG_3DES, "DES-EDE3-ECB", 24, 8},
    {PIV_ALG_AES128, "AES-128-ECB", 16, 16},
    {PIV_ALG_AES192, "AES-192-ECB", 24, 16},
    {PIV_ALG_AES256, "AES-256-ECB", 32, 16},
};

static bool hash_known(enum cs_hash hash)
{
	return hash >= CS_SHA1 && hash <= CS_SHA512;
}

/* libcrypto's length arguments are int. */
static bool fits_int(size_t len)
{
	return len <= INT_MAX - CRYPTO_AEAD_TAG_LEN;
}

static enum cs_err port_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	return fits_int(len) && RAND_bytes(out, (int)len) == 1 ? CS_OK : CS_ERR_CRYPTO;
}

static enum cs_err port_digest(void *ctx, enum cs_hash hash, struct cs_view msg, uint8_t *out)
{
	struct crypto_openssl *port = ctx;

	if (!hash_known(hash))
		return CS_ERR_ARG;
	return EVP_Digest(msg.ptr, msg.len, out, NULL, port->md[hash - CS_SHA1], NULL) == 1 ? CS_OK
											    : CS_ERR_CRYPTO;
}

/* Works on a copy of the keyless context, so that no key stays behind in it. */
static enum cs_err port_hmac(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
			     uint8_t *mac)
{
	struct crypto_openssl *port = ctx;
	EVP_MAC_CTX *work;
	uint8_t result[CS_HASH_MAX];
	size_t len = 0;
	bool good;

	if (!hash_known(hash))
		return CS_ERR_ARG;
	work = EVP_MAC_CTX_dup(port->mac[hash - CS_SHA1]);
	good = work != NULL &&
	       EVP_MAC_init(work, key.len > 0 ? key.ptr : (const uint8_t *)"", key.len, NULL) == 1 &&
	       (msg.len == 0 || EVP_MAC_update(work, msg.ptr, msg.len) == 1) &&
	       EVP_MAC_final(work, result, &len, sizeof(result)) == 1 && len == cs_hash_size(hash);
	EVP_MAC_CTX_free(work);
	if (good)
		memcpy(mac, result, len);
	cs_wipe(result, sizeof(result));
	return good ? CS_OK : CS_ERR_CRYPTO;
}

/* One call of EVP_CipherUpdate; a zero-length one is left out, because its NULL would mean something else. */
static bool cipher_update(EVP_CIPHER_CTX *c, uint8_t *out, struct cs_view in)
{
	int len = 0;

	return in.len == 0 || EVP_CipherUpdate(c, out, &len, in.ptr, (int)in.len) == 1;
}

static enum cs_err port_aead_seal(void *ctx, const uint8_t key[CRYPTO_AEAD_KEY_LEN],
				  const uint8_t nonce[CRYPTO_AEAD_NONCE_LEN], struct cs_view aad,
				  struct cs_view plain, uint8_t *sealed)
{
	struct crypto_openssl *port = ctx;
	EVP_CIPHER_CTX *c;
	uint8_t rest[CRYPTO_BLOCK_MAX];
	int len = 0;
	bool good;

	if (!fits_int(plain.len) || !fits_int(aad.len))
		return CS_ERR_ARG;
	c = EVP_CIPHER_CTX_new();
	good = c != NULL && EVP_CipherInit_ex2(c, port->gcm, key, nonce, 1, NULL) == 1 &&
	       cipher_update(c, NULL, aad) && cipher_update(c, sealed, plain) &&
	       EVP_CipherFinal_ex(c, rest, &len) == 1 &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, CRYPTO_AEAD_TAG_LEN, sealed + plain.len) == 1;
	EVP_CIPHER_CTX_free(c);
	return good ? CS_OK : CS_ERR_CRYPTO;
}

/* On a wrong tag what was decrypted is wiped again: nobody may use it. */
static enum cs_err port_aead_open(void *ctx, const uint8_t key[CRYPTO_AEAD_KEY_LEN],
				  const uint8_t nonce[CRYPTO_AEAD_NONCE_LEN], struct cs_view aad,
				  struct cs_view sealed, uint8_t *plain)
{
	struct crypto_openssl *port = ctx;
	EVP_CIPHER_CTX *c;
	uint8_t tag[CRYPTO_AEAD_TAG_LEN], rest[CRYPTO_BLOCK_MAX];
	int len = 0;
	size_t plain_len;
	bool good, match;

	if (sealed.len < CRYPTO_AEAD_TAG_LEN)
		return CS_ERR_CORRUPT;
	if (!fits_int(sealed.len) || !fits_int(aad.len))
		return CS_ERR_ARG;
	plain_len = sealed.len - CRYPTO_AEAD_TAG_LEN;
	memcpy(tag, sealed.ptr + plain_len, sizeof(tag));
	c = EVP_CIPHER_CTX_new();
	good = c != NULL && EVP_CipherInit_ex2(c, port->gcm, key, nonce, 0, NULL) == 1 &&
	       cipher_update(c, NULL, aad) && cipher_update(c, plain, cs_view(sealed.ptr, plain_len)) &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, (int)sizeof(tag), tag) == 1;
	match = good && EVP_CipherFinal_ex(c, rest, &len) == 1;
	EVP_CIPHER_CTX_free(c);
	if (!match) {
		cs_wipe(plain, plain_len);
		ERR_clear_error();
	}
	return match ? CS_OK : good ? CS_ERR_CORRUPT : CS_ERR_CRYPTO;
}

static enum cs_err block_run(const struct block_cipher *row, bool encrypt, struct cs_view key,
			     const uint8_t *in, uint8_t *out)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, row->name, NULL);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint8_t result[2 * CRYPTO_BLOCK_MAX];
	int len = 0;
	bool good = cipher != NULL && c != NULL &&
		    EVP_CipherInit_ex2(c, cipher, key.ptr, NULL, encrypt ? 1 : 0, NULL) == 1 &&
		    EVP_CIPHER_CTX_set_padding(c, 0) == 1 &&
		    EVP_CipherUpdate(c, result, &len, in, (int)row->block_len) == 1 &&
		    len == (int)row->block_len;

	if (good)
		memcpy(out, result, row->block_len);
	cs_wipe(result, sizeof(result));
	EVP_CIPHER_CTX_free(c);
	EVP_CIPHER_free(cipher);
	return good ? CS_OK : CS_ERR_CRYPTO;
}

static enum cs_err port_block(void *ctx, enum piv_alg cipher, bool encrypt, struct cs_view key,
			      const uint8_t *in, uint8_t *out)
{
	(void)ctx;
	for (size_t i = 0; i < sizeof(block_ciphers) / sizeof(block_ciphers[0]); i++) {
		if (block_ciphers[i].alg != cipher)
			continue;
		if (key.len != block_ciphers[i].key_len)
			return CS_ERR_ARG;
		return block_run(&block_ciphers[i], encrypt, key, in, out);
	}
	return CS_ERR_UNSUPPORTED;
}

static bool port_supports(void *ctx, enum piv_alg alg)
{
	return key_alg_find(ctx, alg) != NULL;
}

static void port_keys_forget(void *ctx)
{
	key_cache_clear(ctx);
}

static const struct crypto port_table = {
    .random = port_random,
    .digest = port_digest,
    .hmac = port_hmac,
    .aead_seal = port_aead_seal,
    .aead_open = port_aead_open,
    .block = port_block,
    .supports = port_supports,
    .key_generate = crypto_openssl_key_generate,
    .key_import = crypto_openssl_key_import,
    .key_sign = crypto_openssl_key_sign,
    .key_sign_mu = crypto_openssl_key_sign_mu,
    .key_agree = crypto_openssl_key_agree,
    .key_decapsulate = crypto_openssl_key_decapsulate,
    .sm2_digest = crypto_openssl_sm2_digest,
    .keys_forget = port_keys_forget,
};

static EVP_MAC_CTX *hmac_context(const char *digest)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	char name[8];
	OSSL_PARAM params[2];

	EVP_MAC_free(mac);
	if (ctx == NULL)
		return NULL;
	(void)OPENSSL_strlcpy(name, digest, sizeof(name)); /* the parameter's type takes no const */
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
	params[1] = OSSL_PARAM_construct_end();
	if (EVP_MAC_CTX_set_params(ctx, params) != 1) {
		EVP_MAC_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static bool port_fetch(struct crypto_openssl *port)
{
	for (size_t i = 0; i < HASH_COUNT; i++) {
		port->md[i] = EVP_MD_fetch(NULL, hash_name[i], NULL);
		port->mac[i] = hmac_context(hash_name[i]);
		if (port->md[i] == NULL || port->mac[i] == NULL)
			return false;
	}
	port->gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	port->digest = EVP_MD_CTX_new();
	key_algs_probe(port);
	return port->gcm != NULL && port->digest != NULL;
}

static void port_free(struct crypto_openssl *port)
{
	key_cache_clear(port);
	for (size_t i = 0; i < HASH_COUNT; i++) {
		EVP_MD_free(port->md[i]);
		EVP_MAC_CTX_free(port->mac[i]);
	}
	EVP_CIPHER_free(port->gcm);
	EVP_MD_CTX_free(port->digest);
	OPENSSL_clear_free(port, sizeof(*port));
}

enum cs_err crypto_openssl_init(struct crypto *out)
{
	struct crypto_openssl *port = OPENSSL_zalloc(sizeof(*port));

	if (port == NULL)
		return CS_ERR_MEMORY;
	if (!port_fetch(port)) {
		port_free(port);
		return CS_ERR_CRYPTO;
	}
	*out = port_table;
	out->ctx = port;
	return CS_OK;
}

void crypto_openssl_free(struct crypto *crypto)
{
	if (crypto->ctx == NULL)
		return;
	port_free(crypto->ctx);
	*crypto = (struct crypto){.ctx = NULL};
}
