/* SPDX-License-Identifier: BSD-2-Clause
 *
 * HMAC (RFC 2104) over libcrypto's digests. The two digests that have taken a key's pads in stay as they are,
 * and each message continues copies of them: a verification asks for many codes of one seed, and libcrypto's
 * own HMAC takes half as long again for each, and twice as long for a new key.
 */
#include "daemon/hmac.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

#define HMAC_KEY_MAX   64u /* a longer one is not remembered, and taken in at each call */
#define HMAC_BLOCK_MAX 128u
#define HMAC_SIZE_MAX  64u

static const char *const hmac_digests[] = {
    [CS_SHA1] = "SHA1", [CS_SHA256] = "SHA2-256", [CS_SHA384] = "SHA2-384", [CS_SHA512] = "SHA2-512"};
#define HMAC_COUNT (sizeof(hmac_digests) / sizeof(hmac_digests[0]))

struct hmac {
	EVP_MD *digest[HMAC_COUNT];
	EVP_MD_CTX *inner, *outer; /* have taken in the key's pads */
	EVP_MD_CTX *work;
	enum cs_hash hash; /* of these two */
	uint8_t key[HMAC_KEY_MAX];
	size_t key_len; /* 0: none is known */
	uint64_t computed;
};

struct hmac *hmac_new(void)
{
	struct hmac *hmac = calloc(1, sizeof(*hmac));

	if (!hmac)
		return NULL;
	hmac->inner = EVP_MD_CTX_new();
	hmac->outer = EVP_MD_CTX_new();
	hmac->work = EVP_MD_CTX_new();
	bool whole = hmac->inner && hmac->outer && hmac->work;
	for (size_t i = CS_SHA1; whole && i < HMAC_COUNT; i++) {
		hmac->digest[i] = EVP_MD_fetch(NULL, hmac_digests[i], NULL);
		whole = hmac->digest[i] != NULL;
	}
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
		EVP_MD_free(hmac->digest[i]);
	EVP_MD_CTX_free(hmac->inner);
	EVP_MD_CTX_free(hmac->outer);
	EVP_MD_CTX_free(hmac->work);
	cs_wipe(hmac->key, sizeof(hmac->key));
	free(hmac);
}

/* Whether the pads taken in are this key's. */
static bool hmac_has(const struct hmac *hmac, enum cs_hash hash, struct cs_view key)
{
	return key.len && hmac->hash == hash && hmac->key_len == key.len &&
	       CS_PUBLIC(cs_equal_ct(hmac->key, key.ptr, key.len));
}

/* A digest that has taken in the block, each byte of which is XORed with pad. */
static bool hmac_pad(EVP_MD_CTX *context, const EVP_MD *digest, const uint8_t *block, size_t size,
		     uint8_t pad)
{
	uint8_t padded[HMAC_BLOCK_MAX];

	for (size_t i = 0; i < size; i++)
		padded[i] = block[i] ^ pad;
	bool done =
	    EVP_DigestInit_ex2(context, digest, NULL) == 1 && EVP_DigestUpdate(context, padded, size) == 1;
	cs_wipe(padded, sizeof(padded));
	return done;
}

/* Takes the key in: itself, or, where it is longer than a block, its digest. */
static bool hmac_take(struct hmac *hmac, const EVP_MD *digest, struct cs_view key)
{
	const size_t size = (size_t)EVP_MD_get_block_size(digest);
	uint8_t block[HMAC_BLOCK_MAX] = {0};
	bool done = size <= sizeof(block);

	if (done && key.len > size)
		done = EVP_Digest(key.ptr, key.len, block, NULL, digest, NULL) == 1;
	else if (done && key.len)
		memcpy(block, key.ptr, key.len);
	done = done && hmac_pad(hmac->inner, digest, block, size, 0x36) &&
	       hmac_pad(hmac->outer, digest, block, size, 0x5C);
	cs_wipe(block, sizeof(block));
	return done;
}

/* Has the key's pads taken in. */
static bool hmac_begin(struct hmac *hmac, enum cs_hash hash, struct cs_view key)
{
	if (hmac_has(hmac, hash, key))
		return true;
	cs_wipe(hmac->key, hmac->key_len);
	hmac->key_len = 0;
	if (!hmac_take(hmac, hmac->digest[hash], key))
		return false;
	if (key.len && key.len <= HMAC_KEY_MAX) {
		memcpy(hmac->key, key.ptr, key.len);
		hmac->key_len = key.len;
		hmac->hash = hash;
	}
	return true;
}

/* Continues a copy of begun by msg. */
static bool hmac_continue(EVP_MD_CTX *work, const EVP_MD_CTX *begun, struct cs_view msg, uint8_t *out)
{
	return EVP_MD_CTX_copy_ex(work, begun) == 1 && EVP_DigestUpdate(work, msg.ptr, msg.len) == 1 &&
	       EVP_DigestFinal_ex(work, out, NULL) == 1;
}

static enum cs_err hmac_compute(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
				uint8_t *mac)
{
	uint8_t digest[HMAC_SIZE_MAX];
	struct hmac *hmac = ctx;

	if (hash < CS_SHA1 || hash >= (enum cs_hash)HMAC_COUNT)
		return CS_ERR_UNSUPPORTED;
	hmac->computed++;
	bool done = hmac_begin(hmac, hash, key) && hmac_continue(hmac->work, hmac->inner, msg, digest) &&
		    hmac_continue(hmac->work, hmac->outer, cs_view(digest, cs_hash_size(hash)), mac);
	cs_wipe(digest, sizeof(digest));
	return done ? CS_OK : CS_ERR_CRYPTO;
}

uint64_t hmac_computed(const struct hmac *hmac)
{
	return hmac->computed;
}

struct cs_hmac hmac_port(struct hmac *hmac)
{
	return (struct cs_hmac){.fn = hmac_compute, .ctx = hmac};
}
