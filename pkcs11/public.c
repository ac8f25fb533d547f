/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Public-key operations in libcrypto.
 */
#include "pkcs11/public.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/host/public_key.h"
#include "pkcs11/attribute.h"
#include "pkcs11/operation.h"
#include "pkcs11/sign.h"

typedef int starter(EVP_PKEY_CTX *ctx);

bool public_has(CK_KEY_TYPE type)
{
	OSSL_LIB_CTX *lib = cc_library();
	EVP_PKEY_CTX *ctx = NULL;

	if (lib != NULL)
		ctx = EVP_PKEY_CTX_new_from_name(lib, type == CKK_ML_KEM ? "ML-KEM-768" : "ML-DSA-65", NULL);
	EVP_PKEY_CTX_free(ctx);
	return ctx != NULL;
}

static bool is_sound(const EVP_PKEY *key)
{
	return cs_public_key_verifies(key) || EVP_PKEY_is_a(key, "ML-KEM-512") ||
	       EVP_PKEY_is_a(key, "ML-KEM-768") || EVP_PKEY_is_a(key, "ML-KEM-1024");
}

/* The object's key; NULL with *rv set. */
static EVP_PKEY *read_key(struct token *token, struct object object, CK_RV *rv)
{
	uint8_t buffer[PUBKEY_SPKI_MAX];
	OSSL_LIB_CTX *lib = cc_library();
	const unsigned char *der;
	EVP_PKEY *key = NULL;
	struct cs_view spki;

	*rv = lib != NULL ? attribute_public_key(token, object, buffer, &spki) : CKR_FUNCTION_FAILED;
	if (*rv != CKR_OK)
		return NULL;
	der = spki.ptr;
	key = d2i_PUBKEY_ex(NULL, &der, (long)spki.len, lib, NULL);
	if (key != NULL && !is_sound(key)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	*rv = key != NULL ? CKR_OK : CKR_PUBLIC_KEY_INVALID;
	return key;
}

/* A context for the operation's key, begun; NULL with *rv set. */
static EVP_PKEY_CTX *start(struct token *token, const struct operation *op, starter *begin, CK_RV *rv)
{
	EVP_PKEY *key = read_key(token, op->key.object, rv);
	EVP_PKEY_CTX *ctx = NULL;

	if (key == NULL)
		return NULL;
	ctx = EVP_PKEY_CTX_new_from_pkey(cc_library(), key, NULL);
	EVP_PKEY_free(key);
	if (ctx != NULL && begin(ctx) != 1) {
		EVP_PKEY_CTX_free(ctx);
		ctx = NULL;
	}
	*rv = ctx != NULL ? CKR_OK : CKR_FUNCTION_FAILED;
	return ctx;
}

static int padding_of(const struct operation *op)
{
	switch (op->mechanism->scheme) {
	case SCHEME_PKCS1:
		return RSA_PKCS1_PADDING;
	case SCHEME_PSS:
		return RSA_PKCS1_PSS_PADDING;
	case SCHEME_OAEP:
	case SCHEME_RSA_AES:
		return RSA_PKCS1_OAEP_PADDING;
	default:
		return RSA_NO_PADDING;
	}
}

static bool set_pss(EVP_PKEY_CTX *ctx, const struct operation *op)
{
	OSSL_PARAM params[2] = {OSSL_PARAM_END, OSSL_PARAM_END};
	char name[16];

	memcpy(name, op->hash->name, strlen(op->hash->name) + 1);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, name, 0);
	return EVP_PKEY_CTX_set_params(ctx, params) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, op->mgf->name, NULL) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, (int)op->salt_len) == 1;
}

static bool set_oaep(EVP_PKEY_CTX *ctx, const struct operation *op)
{
	void *label;

	if (EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, op->hash->name, NULL) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, op->mgf->name, NULL) != 1)
		return false;
	if (op->label.len == 0)
		return true;
	label = OPENSSL_memdup(op->label.bytes, op->label.len);
	if (label == NULL)
		return false;
	if (EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, label, (int)op->label.len) == 1)
		return true;
	OPENSSL_free(label);
	return false;
}

static bool set_padding(EVP_PKEY_CTX *ctx, const struct operation *op)
{
	if (op->mechanism->key_type != CKK_RSA)
		return true;
	if (EVP_PKEY_CTX_set_rsa_padding(ctx, padding_of(op)) != 1)
		return false;
	if (op->mechanism->scheme == SCHEME_PSS)
		return set_pss(ctx, op);
	return padding_of(op) != RSA_PKCS1_OAEP_PADDING || set_oaep(ctx, op);
}

/* Right-aligned in size bytes, as a number is; block has PKCS1_MODULUS_MAX, which no modulus is longer than.
 */
static struct cs_view widen(const struct operation *op, struct cs_view message, uint8_t *block, size_t size)
{
	if (op->mechanism->scheme != SCHEME_RAW || message.len >= size || size > PKCS1_MODULUS_MAX)
		return message;
	memset(block, 0, size);
	if (message.len > 0)
		memcpy(block + size - message.len, message.ptr, message.len);
	return cs_view(block, size);
}

/* Of algorithms that hash by themselves; ML-DSA is given mu. */
static CK_RV verify_message(struct token *token, const struct operation *op, struct cs_view message,
			    struct cs_view signature)
{
	static const uint8_t nothing[1];
	int external_mu = 1;
	OSSL_PARAM params[2] = {OSSL_PARAM_construct_int("mu", &external_mu), OSSL_PARAM_END};
	bool ml_dsa = op->mechanism->key_type == CKK_ML_DSA;
	EVP_MD_CTX *ctx = NULL;
	CK_RV rv;
	EVP_PKEY *key = read_key(token, op->key.object, &rv);

	if (key == NULL)
		return rv;
	ctx = EVP_MD_CTX_new();
	if (ctx == NULL ||
	    EVP_DigestVerifyInit_ex(ctx, NULL, NULL, cc_library(), NULL, key, ml_dsa ? params : NULL) != 1)
		rv = CKR_FUNCTION_FAILED;
	else if (EVP_DigestVerify(ctx, signature.ptr, signature.len, message.len > 0 ? message.ptr : nothing,
				  message.len) != 1)
		rv = CKR_SIGNATURE_INVALID;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return rv;
}

CK_RV public_verify(struct token *token, const struct operation *op, struct cs_view message,
		    struct cs_view signature)
{
	uint8_t der[160], block[PKCS1_MODULUS_MAX];
	struct cs_writer w = CS_WRITER_OF(der);
	static const uint8_t nothing[1];
	EVP_PKEY_CTX *ctx;
	CK_RV rv = CKR_OK;

	if (op->mechanism->scheme == SCHEME_PSS && message.len != op->hash->len)
		return CKR_DATA_LEN_RANGE;
	if (op->mechanism->scheme == SCHEME_SM2 && message.len != PIV_SM2_DIGEST_LEN)
		return CKR_DATA_LEN_RANGE;
	if (op->mechanism->scheme == SCHEME_EDDSA || op->mechanism->key_type == CKK_ML_DSA)
		return verify_message(token, op, message, signature);
	message = widen(op, message, block, signature.len);
	if (signature_in_der(op->mechanism->scheme)) {
		if (ecdsa_to_der(signature, &w) != CS_OK)
			return CKR_SIGNATURE_INVALID;
		signature = cs_writer_view(&w);
	}
	ctx = start(token, op, EVP_PKEY_verify_init, &rv);
	if (rv != CKR_OK)
		return rv;
	if (!set_padding(ctx, op))
		rv = CKR_FUNCTION_FAILED;
	else if (EVP_PKEY_verify(ctx, signature.ptr, signature.len, message.len > 0 ? message.ptr : nothing,
				 message.len) != 1)
		rv = CKR_SIGNATURE_INVALID;
	EVP_PKEY_CTX_free(ctx);
	return rv;
}

CK_RV public_recover(struct token *token, const struct operation *op, struct cs_view signature, uint8_t *out,
		     size_t *len)
{
	CK_RV rv;
	size_t size = PKCS1_MODULUS_MAX;
	EVP_PKEY_CTX *ctx = start(token, op, EVP_PKEY_verify_recover_init, &rv);

	if (rv != CKR_OK)
		return rv;
	if (!set_padding(ctx, op))
		rv = CKR_FUNCTION_FAILED;
	else if (EVP_PKEY_verify_recover(ctx, out, &size, signature.ptr, signature.len) != 1)
		rv = CKR_SIGNATURE_INVALID;
	EVP_PKEY_CTX_free(ctx);
	*len = size;
	return rv;
}

CK_RV public_encrypt(struct token *token, const struct operation *op, struct cs_view message, uint8_t *out,
		     size_t *len)
{
	uint8_t block[PKCS1_MODULUS_MAX];
	static const uint8_t nothing[1];
	CK_RV rv;
	size_t size = PKCS1_MODULUS_MAX;
	EVP_PKEY_CTX *ctx = start(token, op, EVP_PKEY_encrypt_init, &rv);

	if (rv != CKR_OK)
		return rv;
	message = widen(op, message, block, *len);
	if (!set_padding(ctx, op))
		rv = CKR_FUNCTION_FAILED;
	else if (EVP_PKEY_encrypt(ctx, out, &size, message.len > 0 ? message.ptr : nothing, message.len) != 1)
		rv = CKR_DATA_LEN_RANGE;
	EVP_PKEY_CTX_free(ctx);
	*len = size;
	return rv;
}

CK_RV public_encapsulate(struct token *token, struct object object, uint8_t *ciphertext, size_t size,
			 uint8_t secret[PUBLIC_SECRET_LEN])
{
	CK_RV rv;
	EVP_PKEY *key = read_key(token, object, &rv);
	size_t len = size, secret_len = PUBLIC_SECRET_LEN;
	EVP_PKEY_CTX *ctx = NULL;

	if (key == NULL)
		return rv;
	ctx = EVP_PKEY_CTX_new_from_pkey(cc_library(), key, NULL);
	EVP_PKEY_free(key);
	if (ctx == NULL || EVP_PKEY_encapsulate_init(ctx, NULL) != 1 ||
	    EVP_PKEY_encapsulate(ctx, ciphertext, &len, secret, &secret_len) != 1 || len != size ||
	    secret_len != PUBLIC_SECRET_LEN)
		rv = CKR_FUNCTION_FAILED;
	EVP_PKEY_CTX_free(ctx);
	return rv;
}
