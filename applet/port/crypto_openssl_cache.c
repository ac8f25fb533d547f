/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The private keys that the OpenSSL crypto port remembers parsed, with their contexts, so that the next
 * operation with one costs the operation alone.
 *
 * Invariant: after key_cache_clear no key, and nothing made of one, is left in the port.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "applet/port/crypto_openssl_private.h"
#include "base/secret.h"

static void key_cache_drop(struct key_cache_slot *slot)
{
	EVP_PKEY_CTX_free(slot->context);
	EVP_PKEY_free(slot->key);
	OPENSSL_cleanse(slot, sizeof(*slot));
}

void key_cache_clear(struct crypto_openssl *port)
{
	for (size_t i = 0; i < KEY_CACHE_SIZE; i++)
		key_cache_drop(&port->cache[i]);
}

/* Algorithm and blob together name a key: the same blob may be offered for another algorithm. */
static bool key_digest(struct crypto_openssl *port, enum piv_alg alg, struct cs_view priv,
		       uint8_t out[KEY_DIGEST_LEN])
{
	const uint8_t name = (uint8_t)alg;

	return priv.len > 0 && priv.len <= CRYPTO_PRIVATE_MAX &&
	       EVP_DigestInit_ex2(port->digest, port->md[CS_SHA256 - CS_SHA1], NULL) == 1 &&
	       EVP_DigestUpdate(port->digest, &name, 1) == 1 &&
	       EVP_DigestUpdate(port->digest, priv.ptr, priv.len) == 1 &&
	       EVP_DigestFinal_ex(port->digest, out, NULL) == 1;
}

static struct key_cache_slot *key_cache_oldest(struct crypto_openssl *port)
{
	struct key_cache_slot *oldest = &port->cache[0];

	for (size_t i = 1; i < KEY_CACHE_SIZE; i++) {
		if (port->cache[i].used < oldest->used)
			oldest = &port->cache[i];
	}
	return oldest;
}

struct key_cache_slot *key_cache_get(struct crypto_openssl *port, const struct key_alg *alg,
				     struct cs_view priv)
{
	uint8_t digest[KEY_DIGEST_LEN];
	struct key_cache_slot *slot;
	EVP_PKEY *key;

	if (!key_digest(port, alg->alg, priv, digest))
		return NULL;
	port->clock++;
	for (size_t i = 0; i < KEY_CACHE_SIZE; i++) {
		slot = &port->cache[i];
		if (slot->key != NULL && cs_equal_ct(slot->digest, digest, sizeof(digest))) {
			slot->used = port->clock;
			return slot;
		}
	}
	key = alg->kind->load(alg, priv);
	if (key == NULL)
		return NULL;
	slot = key_cache_oldest(port);
	key_cache_drop(slot);
	memcpy(slot->digest, digest, sizeof(digest));
	slot->key = key;
	slot->used = port->clock;
	return slot;
}

EVP_PKEY_CTX *key_context(struct key_cache_slot *slot, int (*init)(EVP_PKEY_CTX *))
{
	EVP_PKEY_CTX *ctx;

	if (slot->context != NULL && slot->init == init)
		return slot->context;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, slot->key, NULL);
	if (ctx == NULL || init(ctx) != 1) {
		EVP_PKEY_CTX_free(ctx);
		return NULL;
	}
	EVP_PKEY_CTX_free(slot->context);
	slot->context = ctx;
	slot->init = init;
	return ctx;
}
