/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Ed25519 (RFC 8032) and X25519 (RFC 7748) keys of the OpenSSL crypto port.
 */
#include "applet/port/crypto_openssl_private.h"
#include "base/secret.h"

static EVP_PKEY *curve25519_load(const struct key_alg *alg, struct cs_view priv)
{
	struct cs_view secret = key_secret(alg, priv);

	if (secret.len == 0)
		return NULL;
	return EVP_PKEY_new_raw_private_key_ex(NULL, alg->type, NULL, secret.ptr, secret.len);
}

static enum cs_err ed25519_sign(const struct key_alg *alg, struct key_cache_slot *slot, struct cs_view in,
				struct cs_writer *out)
{
	(void)alg;
	return key_sign_message(slot->key, NULL, in, out);
}

/* libcrypto refuses a shared secret of zeros, which is what points of low order give (RFC 7748, 6.1). */
static enum cs_err x25519_agree(const struct key_alg *alg, struct key_cache_slot *slot, struct cs_view peer,
				struct cs_writer *out)
{
	uint8_t secret[PIV_25519_LEN];
	size_t len = sizeof(secret);
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *other;
	enum cs_err err = CS_ERR_MALFORMED;

	if (peer.len != PIV_25519_LEN)
		return CS_ERR_MALFORMED;
	ctx = key_context(slot, EVP_PKEY_derive_init);
	other = EVP_PKEY_new_raw_public_key_ex(NULL, alg->type, NULL, peer.ptr, peer.len);
	if (ctx == NULL || other == NULL || EVP_PKEY_derive_set_peer(ctx, other) != 1) {
		err = CS_ERR_CRYPTO;
	} else if (EVP_PKEY_derive(ctx, secret, &len) == 1) {
		cs_write_view(out, cs_view(secret, len));
		err = cs_writer_done(out);
	}
	EVP_PKEY_free(other);
	cs_wipe(secret, sizeof(secret));
	return err;
}

const struct key_kind key_kind_ed25519 = {
    .generate = key_secret_generate,
    .import = key_secret_import,
    .load = curve25519_load,
    .sign = ed25519_sign,
};

const struct key_kind key_kind_x25519 = {
    .generate = key_secret_generate,
    .import = key_secret_import,
    .load = curve25519_load,
    .agree = x25519_agree,
};
