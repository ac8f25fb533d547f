/* SPDX-License-Identifier: BSD-2-Clause
 *
 * GCM (SP 800-38D) over one whole message.
 */
#include <openssl/evp.h>
#include <string.h>

#include "base/secret.h"
#include "pkcs11/cipher.h"
#include "pkcs11/token.h"

#define CARD_IV	  12u
#define CARD_TEXT 8000u /* bytes of text and additional data that one command takes beside the rest */

size_t gcm_tag_bytes(CK_ULONG bits)
{
	static const uint8_t known[] = {128, 120, 112, 104, 96, 64, 32};

	for (size_t i = 0; i < sizeof(known); i++) {
		if (known[i] == bits)
			return bits / 8;
	}
	return 0;
}

bool gcm_card_takes(size_t iv_len, size_t tag_len)
{
	return iv_len == CARD_IV && tag_len == GCM_TAG_MAX;
}

static const char *gcm_name(size_t key_len)
{
	return key_len == 16 ? "AES-128-GCM" : key_len == 24 ? "AES-192-GCM" : "AES-256-GCM";
}

static EVP_CIPHER_CTX *start(const struct secret_key *key, const struct gcm *gcm)
{
	OSSL_LIB_CTX *lib = cc_library();
	EVP_CIPHER *kind = lib != NULL ? EVP_CIPHER_fetch(lib, gcm_name(key->value.len), NULL) : NULL;
	EVP_CIPHER_CTX *ctx = kind != NULL ? EVP_CIPHER_CTX_new() : NULL;
	int dir = gcm->decrypt ? 0 : 1;

	if (ctx != NULL && (EVP_CipherInit_ex2(ctx, kind, NULL, NULL, dir, NULL) != 1 ||
			    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)gcm->iv.len, NULL) != 1 ||
			    EVP_CipherInit_ex2(ctx, NULL, key->value.ptr, gcm->iv.ptr, dir, NULL) != 1)) {
		EVP_CIPHER_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_CIPHER_free(kind);
	return ctx;
}

/* out has gcm->text.len bytes. */
static CK_RV library_run(EVP_CIPHER_CTX *ctx, struct gcm *gcm, uint8_t *out)
{
	uint8_t nothing[1];
	int len = 0, last = 0;

	if (gcm->aad.len > 0 && EVP_CipherUpdate(ctx, NULL, &len, gcm->aad.ptr, (int)gcm->aad.len) != 1)
		return CKR_FUNCTION_FAILED;
	len = 0;
	if (gcm->text.len > 0 && EVP_CipherUpdate(ctx, out, &len, gcm->text.ptr, (int)gcm->text.len) != 1)
		return CKR_FUNCTION_FAILED;
	if (gcm->decrypt && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)gcm->tag_len, gcm->tag) != 1)
		return CKR_FUNCTION_FAILED;
	if (EVP_CipherFinal_ex(ctx, nothing, &last) != 1)
		return gcm->decrypt ? CKR_AEAD_DECRYPT_FAILED : CKR_FUNCTION_FAILED;
	if (!gcm->decrypt &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)gcm->tag_len, gcm->tag) != 1)
		return CKR_FUNCTION_FAILED;
	return (size_t)len == gcm->text.len ? CKR_OK : CKR_FUNCTION_FAILED;
}

static CK_RV card_run(struct token *token, const struct card_key *key, struct gcm *gcm, uint8_t *out)
{
	struct cs_writer text = cs_writer_of(out, gcm->text.len), tag = CS_WRITER_OF(gcm->tag);
	struct cc_secret_use use = {
	    .iv = gcm->iv, .aad = gcm->aad, .text = gcm->text, .text_out = &text, .mac_out = &tag};
	CK_RV rv;

	if (!gcm_card_takes(gcm->iv.len, gcm->tag_len))
		return CKR_MECHANISM_PARAM_INVALID;
	if (gcm->text.len > CARD_TEXT || gcm->aad.len > CARD_TEXT - gcm->text.len)
		return CKR_DATA_LEN_RANGE;
	if (gcm->decrypt) {
		use.mac = CS_VIEW_OF(gcm->tag);
		use.mac_out = NULL;
	}
	rv = secret_use(token, key, gcm->decrypt ? CSGN_USE_GCM | CSGN_USE_INVERSE : CSGN_USE_GCM, &use);
	if (rv == CKR_DATA_INVALID && gcm->decrypt)
		return CKR_AEAD_DECRYPT_FAILED;
	if (rv == CKR_OK && (text.len != gcm->text.len || (!gcm->decrypt && tag.len != GCM_TAG_MAX)))
		return CKR_DEVICE_ERROR;
	return rv;
}

CK_RV gcm_run(struct token *token, const struct secret_key *key, struct gcm *gcm, struct buffer *out)
{
	size_t before = out->len;
	EVP_CIPHER_CTX *ctx;
	uint8_t *space;
	CK_RV rv;

	if (key->card.number == 0 && !secret_length_ok(CKK_AES, key->value.len))
		return CKR_KEY_SIZE_RANGE;
	if (gcm->text.len > CIPHER_DATA_MAX || gcm->aad.len > CIPHER_DATA_MAX)
		return CKR_DATA_LEN_RANGE;
	rv = buffer_space(out, gcm->text.len, &space);
	if (rv != CKR_OK)
		return rv;
	if (key->card.number != 0) {
		rv = card_run(token, &key->card, gcm, space);
	} else {
		ctx = start(key, gcm);
		rv = ctx != NULL ? library_run(ctx, gcm, space) : CKR_FUNCTION_FAILED;
		EVP_CIPHER_CTX_free(ctx);
	}
	if (rv != CKR_OK)
		buffer_cut(out, before);
	return rv;
}
