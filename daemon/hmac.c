/* SPDX-License-Identifier: BSD-2-Clause
 *
 * HMAC by libcrypto. A context for each hash stays made. The key of the last call stays in it, as a
 * verification asks for many codes of one seed, and setting a key takes a third of the time of such a code.
 */
#include "daemon/hmac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

#define HMAC_KEY_MAX 64u /* a longer one is set for each call */

static const char *const hmac_digests[] = {
    [CS_SHA1] = "SHA1", [CS_SHA256] = "SHA256", [CS_SHA384] = "SHA384", [CS_SHA512] = "SHA512"};
#define HMAC_COUNT (sizeof(hmac_digests) / sizeof(hmac_digests[0]))

struct hmac {
	EVP_MAC_CTX *context[HMAC_COUNT];
	enum cs_hash hash; /* of the context whose key is this one */
	uint8_t key[HMAC_KEY_MAX];
	size_t key_len; /* 0: none is known */
	uint64_t computed;
};

/* A context for the digest, without a key; NULL. */
static EVP_MAC_CTX *hmac_context(EVP_MAC *mac, const char *digest)
{
	char name[16];
	OSSL_PARAM params[2] = {OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end()};

	(void)snprintf(name, sizeof(name), "%s", digest);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
	EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
	if (context && EVP_MAC_CTX_set_params(context, params) != 1) {
		EVP_MAC_CTX_free(context);
		return NULL;
	}
	return context;
}

struct hmac *hmac_new(void)
{
	struct hmac *hmac = calloc(1, sizeof(*hmac));
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	bool whole = hmac && mac;

	for (size_t i = CS_SHA1; whole && i < HMAC_COUNT; i++) {
		hmac->context[i] = hmac_context(mac, hmac_digests[i]);
		whole = hmac->context[i] != NULL;
	}
	EVP_MAC_free(mac);
	if (whole)
		return hmac;
	hmac_free(hmac);
	return NULL;
}

void hmac_free(struct hmac *hmac)
{
	if (!hmac)
		return;
	for (size_t i = 0; i < HMAC_COUNT; i++)
		EVP_MAC_CTX_free(hmac->context[i]);
	cs_wipe(hmac->key, sizeof(hmac->key));
	free(hmac);
}

/* Whether the context has this key already. */
static bool hmac_has(const struct hmac *hmac, enum cs_hash hash, struct cs_view key)
{
	return key.len && hmac->hash == hash && hmac->key_len == key.len &&
	       CS_PUBLIC(cs_equal_ct(hmac->key, key.ptr, key.len));
}

/* Makes the context ready for a message under the key. */
static bool hmac_begin(struct hmac *hmac, enum cs_hash hash, struct cs_view key)
{
	EVP_MAC_CTX *context = hmac->context[hash];

	if (hmac_has(hmac, hash, key))
		return EVP_MAC_init(context, NULL, 0, NULL) == 1;
	cs_wipe(hmac->key, hmac->key_len);
	hmac->key_len = 0;
	if (EVP_MAC_init(context, key.ptr, key.len, NULL) != 1)
		return false;
	if (key.len && key.len <= HMAC_KEY_MAX) {
		memcpy(hmac->key, key.ptr, key.len);
		hmac->key_len = key.len;
		hmac->hash = hash;
	}
	return true;
}

static enum cs_err hmac_compute(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
				uint8_t *mac)
{
	struct hmac *hmac = ctx;
	size_t len;

	if (hash < CS_SHA1 || hash >= (enum cs_hash)HMAC_COUNT)
		return CS_ERR_UNSUPPORTED;
	hmac->computed++;
	EVP_MAC_CTX *context = hmac->context[hash];
	if (!hmac_begin(hmac, hash, key) || EVP_MAC_update(context, msg.ptr, msg.len) != 1 ||
	    EVP_MAC_final(context, mac, &len, cs_hash_size(hash)) != 1)
		return CS_ERR_CRYPTO;
	return CS_OK;
}

uint64_t hmac_computed(const struct hmac *hmac)
{
	return hmac->computed;
}

struct cs_hmac hmac_port(struct hmac *hmac)
{
	return (struct cs_hmac){.fn = hmac_compute, .ctx = hmac};
}
