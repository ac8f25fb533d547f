/* SPDX-License-Identifier: BSD-2-Clause
 *
 * HMAC by libcrypto. A context for each hash stays made; setting a key in it is all that a call does besides.
 */
#include "daemon/hmac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const hmac_digests[] = {
    [CS_SHA1] = "SHA1", [CS_SHA256] = "SHA256", [CS_SHA384] = "SHA384", [CS_SHA512] = "SHA512"};
#define HMAC_COUNT (sizeof(hmac_digests) / sizeof(hmac_digests[0]))

struct hmac {
	EVP_MAC_CTX *context[HMAC_COUNT];
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
	free(hmac);
}

static enum cs_err hmac_compute(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
				uint8_t *mac)
{
	const struct hmac *hmac = ctx;
	size_t len;

	if (hash < CS_SHA1 || hash >= (enum cs_hash)HMAC_COUNT)
		return CS_ERR_UNSUPPORTED;
	EVP_MAC_CTX *context = hmac->context[hash];
	if (EVP_MAC_init(context, key.ptr, key.len, NULL) != 1 ||
	    EVP_MAC_update(context, msg.ptr, msg.len) != 1 ||
	    EVP_MAC_final(context, mac, &len, cs_hash_size(hash)) != 1)
		return CS_ERR_CRYPTO;
	return CS_OK;
}

struct cs_hmac hmac_port(struct hmac *hmac)
{
	return (struct cs_hmac){.fn = hmac_compute, .ctx = hmac};
}
