/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Seeds at rest.
 */
#include "daemon/seal.h"

#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/secret.h"
#include "daemon/algorithm.h"

#define SEAL_NONCE_LEN 12u
#define SEAL_TAG_LEN   16u

enum cs_err seal_random(void *out, size_t len)
{
	return RAND_bytes(out, (int)len) == 1 ? CS_OK : CS_ERR_CRYPTO;
}

void seal_key_wipe(struct seal_key *key)
{
	cs_wipe(key, sizeof(*key));
}

/* Runs in through the cipher, both ways, up to its end. */
static bool seal_run(EVP_CIPHER_CTX *ctx, bool sealing, const struct seal_key *key, const uint8_t *nonce,
		     struct cs_view identity, struct cs_view in, uint8_t *out)
{
	const EVP_CIPHER *gcm = algorithm_aes_256_gcm();
	int len;

	return gcm && EVP_CipherInit_ex2(ctx, gcm, key->bytes, nonce, sealing, NULL) == 1 &&
	       EVP_CipherUpdate(ctx, NULL, &len, identity.ptr, (int)identity.len) == 1 &&
	       EVP_CipherUpdate(ctx, out, &len, in.ptr, (int)in.len) == 1 && len == (int)in.len;
}

/* The tag of what is sealed; out may be where plain is. */
static bool seal_tag(const struct seal_key *key, const uint8_t *nonce, struct cs_view identity,
		     struct cs_view plain, uint8_t *out, uint8_t tag[SEAL_TAG_LEN])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len;

	bool done = ctx && seal_run(ctx, true, key, nonce, identity, plain, out) &&
		    EVP_CipherFinal_ex(ctx, out + plain.len, &len) == 1 &&
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_LEN, tag) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return done;
}

enum cs_err seal_close(const struct seal_key *key, struct cs_view identity, struct cs_view plain,
		       struct cs_writer *out)
{
	uint8_t nonce[SEAL_NONCE_LEN], tag[SEAL_TAG_LEN] = {0};

	enum cs_err err = seal_random(nonce, sizeof(nonce));
	if (err)
		return err;
	cs_write_u8(out, SEAL_VERSION);
	cs_write_view(out, CS_VIEW_OF(nonce));
	uint8_t *cipher = cs_write_space(out, plain.len);
	uint8_t *end = cs_write_space(out, SEAL_TAG_LEN);
	if (!cipher || !end)
		return CS_ERR_NO_SPACE;
	bool done = seal_tag(key, nonce, identity, plain, cipher, tag);
	for (size_t i = 0; i < SEAL_TAG_LEN; i++)
		end[i] = tag[i];
	return done ? CS_OK : CS_ERR_CRYPTO;
}

/* What is sealed, without its version. */
struct sealed {
	struct cs_view nonce, cipher;
	uint8_t tag[SEAL_TAG_LEN];
};

/* libcrypto would not end it. It says the same of a tag that does not fit and of an error of its own, so the
 * tag is made of what was deciphered: only one that is another tag tells that the value is not what was
 * sealed. */
static enum cs_err seal_judge(const struct seal_key *key, struct cs_view identity,
			      const struct sealed *sealed, uint8_t *plain)
{
	uint8_t tag[SEAL_TAG_LEN];

	if (!seal_tag(key, sealed->nonce.ptr, identity, cs_view(plain, sealed->cipher.len), plain, tag) ||
	    cs_equal_ct(tag, sealed->tag, sizeof(tag)))
		return CS_ERR_CRYPTO;
	return CS_ERR_CORRUPT;
}

static enum cs_err seal_decipher(const struct seal_key *key, struct cs_view identity, struct sealed *sealed,
				 uint8_t *plain)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len;

	bool ready = ctx && seal_run(ctx, false, key, sealed->nonce.ptr, identity, sealed->cipher, plain) &&
		     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_LEN, sealed->tag) == 1;
	bool whole = ready && EVP_CipherFinal_ex(ctx, plain + sealed->cipher.len, &len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (whole)
		return CS_OK;
	enum cs_err err = ready ? seal_judge(key, identity, sealed, plain) : CS_ERR_CRYPTO;
	cs_wipe(plain, sealed->cipher.len);
	return err;
}

enum cs_err seal_open(const struct seal_key *key, struct cs_view identity, struct cs_view sealed,
		      struct cs_writer *out)
{
	struct cs_reader r = cs_reader_of(sealed);
	struct sealed parts;

	if (sealed.len < SEAL_OVERHEAD || cs_read_u8(&r) != SEAL_VERSION)
		return CS_ERR_CORRUPT;
	parts.nonce = cs_read_view(&r, SEAL_NONCE_LEN);
	parts.cipher = cs_read_view(&r, sealed.len - SEAL_OVERHEAD);
	cs_read_copy(&r, parts.tag, sizeof(parts.tag));
	if (cs_reader_done(&r))
		return CS_ERR_CORRUPT;
	uint8_t *plain = cs_write_space(out, parts.cipher.len);
	return plain ? seal_decipher(key, identity, &parts, plain) : CS_ERR_NO_SPACE;
}

/* HMAC of text under a key that is derived for the purpose. */
static enum cs_err seal_hmac(const struct seal_key *key, struct cs_view purpose, struct cs_view text,
			     uint8_t out[SEAL_FINGERPRINT_LEN])
{
	uint8_t derived[SEAL_FINGERPRINT_LEN];
	unsigned size = 0;

	bool done = HMAC(EVP_sha256(), key->bytes, SEAL_KEY_LEN, purpose.ptr, purpose.len, derived, &size) &&
		    HMAC(EVP_sha256(), derived, sizeof(derived), text.ptr, text.len, out, &size) &&
		    size == SEAL_FINGERPRINT_LEN;
	cs_wipe(derived, sizeof(derived));
	return done ? CS_OK : CS_ERR_CRYPTO;
}

enum cs_err seal_fingerprint(const struct seal_key *key, struct cs_view seed,
			     uint8_t out[SEAL_FINGERPRINT_LEN])
{
	while (seed.len && seed.ptr[seed.len - 1] == 0)
		seed.len--;
	return seal_hmac(key, CS_VIEW_TEXT("countersign seed fingerprint 1"), seed, out);
}

enum cs_err seal_draw(const struct seal_key *key, struct cs_view text, uint8_t out[SEAL_FINGERPRINT_LEN])
{
	return seal_hmac(key, CS_VIEW_TEXT("countersign draw 1"), text, out);
}
