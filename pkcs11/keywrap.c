/* SPDX-License-Identifier: BSD-2-Clause
 *
 * AES key wrapping (RFC 3394), and with padding (RFC 5649).
 */
#include <openssl/evp.h>

#include "pkcs11/cipher.h"

static const char *wrap_name(size_t key_len, bool padded)
{
	static const char *const names[3][2] = {{"AES-128-WRAP", "AES-128-WRAP-PAD"},
						{"AES-192-WRAP", "AES-192-WRAP-PAD"},
						{"AES-256-WRAP", "AES-256-WRAP-PAD"}};

	return names[(key_len - 16) / 8][padded ? 1 : 0];
}

CK_RV keywrap_length(const struct key_wrap *wrap)
{
	size_t len = wrap->text.len, least = wrap->padded ? 1 : 16;

	if (wrap->unwrap)
		return len % 8 == 0 && len >= (wrap->padded ? 16u : 24u) ? CKR_OK
									 : CKR_ENCRYPTED_DATA_LEN_RANGE;
	return len >= least && (wrap->padded || len % 8 == 0) ? CKR_OK : CKR_DATA_LEN_RANGE;
}

static EVP_CIPHER_CTX *start(const struct secret_key *key, const struct key_wrap *wrap)
{
	OSSL_LIB_CTX *lib = cc_library();
	EVP_CIPHER *kind =
	    lib != NULL ? EVP_CIPHER_fetch(lib, wrap_name(key->value.len, wrap->padded), NULL) : NULL;
	EVP_CIPHER_CTX *ctx = kind != NULL ? EVP_CIPHER_CTX_new() : NULL;

	if (ctx != NULL)
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (ctx != NULL &&
	    EVP_CipherInit_ex2(ctx, kind, key->value.ptr, wrap->iv.len > 0 ? wrap->iv.ptr : NULL,
			       wrap->unwrap ? 0 : 1, NULL) != 1) {
		EVP_CIPHER_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_CIPHER_free(kind);
	return ctx;
}

CK_RV keywrap_run(const struct secret_key *key, const struct key_wrap *wrap, struct buffer *out)
{
	size_t before = out->len;
	EVP_CIPHER_CTX *ctx;
	uint8_t *space;
	int len = 0;
	CK_RV rv;

	if (!secret_length_ok(CKK_AES, key->value.len))
		return CKR_KEY_SIZE_RANGE;
	rv = keywrap_length(wrap);
	if (rv == CKR_OK)
		rv = buffer_space(out, wrap->text.len + 16, &space);
	if (rv != CKR_OK)
		return rv;
	ctx = start(key, wrap);
	if (ctx == NULL)
		rv = CKR_FUNCTION_FAILED;
	else if (EVP_CipherUpdate(ctx, space, &len, wrap->text.ptr, (int)wrap->text.len) != 1 || len <= 0)
		rv = wrap->unwrap ? CKR_ENCRYPTED_DATA_INVALID : CKR_FUNCTION_FAILED;
	EVP_CIPHER_CTX_free(ctx);
	buffer_cut(out, rv == CKR_OK ? before + (size_t)len : before);
	return rv;
}
