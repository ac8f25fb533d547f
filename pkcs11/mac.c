/* SPDX-License-Identifier: BSD-2-Clause
 *
 * MACs by libcrypto, and by the card with its own keys.
 */
#include "pkcs11/mac.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

#include "base/secret.h"
#include "pkcs11/operation.h"

#define CMAC_LEN     16u
#define CARD_MAC_MIN 8u
#define CARD_TEXT    8000u /* bytes of text that one command takes beside the rest */

/* The whole MAC's length. */
static size_t whole(const struct operation *op)
{
	return op->mechanism->scheme == SCHEME_CMAC ? CMAC_LEN : op->hash->len;
}

/* CK_MAC_GENERAL_PARAMS of the mechanisms that cut the MAC; the others have none. */
static CK_RV take_length(struct operation *op, const CK_MECHANISM *m)
{
	CK_MAC_GENERAL_PARAMS wanted;

	op->mac_len = whole(op);
	if (!op->mechanism->general)
		return m->ulParameterLen == 0 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
	if (m->pParameter == NULL || m->ulParameterLen != sizeof(wanted))
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(&wanted, m->pParameter, sizeof(wanted));
	if (wanted == 0 || wanted > op->mac_len)
		return CKR_MECHANISM_PARAM_INVALID;
	op->mac_len = wanted;
	return CKR_OK;
}

static const char *cmac_cipher(size_t key_len)
{
	return key_len == 16 ? "AES-128-CBC" : key_len == 24 ? "AES-192-CBC" : "AES-256-CBC";
}

static CK_RV start(struct operation *op, const struct secret_key *key)
{
	bool cmac = op->mechanism->scheme == SCHEME_CMAC;
	const char *name = cmac ? cmac_cipher(key->value.len) : op->hash->name;
	OSSL_LIB_CTX *lib = cc_library();
	EVP_MAC *mac = lib != NULL ? EVP_MAC_fetch(lib, cmac ? "CMAC" : "HMAC", NULL) : NULL;
	OSSL_PARAM params[2] = {OSSL_PARAM_END, OSSL_PARAM_END};
	char text[16];

	memcpy(text, name, strlen(name) + 1);
	params[0] =
	    OSSL_PARAM_construct_utf8_string(cmac ? OSSL_MAC_PARAM_CIPHER : OSSL_MAC_PARAM_DIGEST, text, 0);
	op->mac = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac);
	if (op->mac == NULL || EVP_MAC_init(op->mac, key->value.ptr, key->value.len, params) != 1)
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

CK_RV mac_begin(struct operation *op, const CK_MECHANISM *mechanism, const struct secret_key *key)
{
	CK_RV rv;

	if (op->mechanism->hash != CKM_NONE)
		op->hash = hash_by_mechanism(op->mechanism->hash);
	rv = take_length(op, mechanism);
	if (rv != CKR_OK || key->card.number == 0)
		return rv == CKR_OK ? start(op, key) : rv;
	op->data_max = CARD_TEXT;
	/* The card checks no MAC that is shorter (docs/PROTOCOL 6.11). */
	return op->mac_len >= CARD_MAC_MIN ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
}

CK_RV mac_again(struct operation *op)
{
	return cc_library_alive() && EVP_MAC_init(op->mac, NULL, 0, NULL) == 1 ? CKR_OK : CKR_FUNCTION_FAILED;
}

CK_RV mac_update(struct operation *op, struct cs_view part)
{
	if (part.len == 0)
		return CKR_OK;
	return cc_library_alive() && EVP_MAC_update(op->mac, part.ptr, part.len) == 1 ? CKR_OK
										      : CKR_FUNCTION_FAILED;
}

static uint8_t card_use(const struct operation *op)
{
	return op->mechanism->scheme == SCHEME_CMAC ? CSGN_USE_CMAC : CSGN_USE_HMAC;
}

static CK_RV card_make(struct token *token, struct operation *op, uint8_t *out)
{
	struct cs_writer w = cs_writer_of(out, MAC_MAX);
	struct cc_secret_use use = {.text = buffer_view(&op->data), .mac_out = &w};
	struct secret_key key;
	CK_RV rv = operation_secret(token, op, &key);

	if (rv == CKR_OK)
		rv = secret_use(token, &key.card, card_use(op), &use);
	return rv == CKR_OK && w.len != whole(op) ? CKR_DEVICE_ERROR : rv;
}

static CK_RV card_check(struct token *token, struct operation *op, struct cs_view mac)
{
	struct cc_secret_use use = {.text = buffer_view(&op->data), .mac = mac};
	struct secret_key key;
	CK_RV rv = operation_secret(token, op, &key);

	if (rv == CKR_OK)
		rv = secret_use(token, &key.card, card_use(op) | CSGN_USE_INVERSE, &use);
	return rv == CKR_DATA_INVALID ? CKR_SIGNATURE_INVALID : rv;
}

CK_RV mac_make(struct token *token, struct operation *op, uint8_t *out)
{
	size_t len = 0;

	if (op->mac == NULL)
		return card_make(token, op, out);
	if (!cc_library_alive() || EVP_MAC_final(op->mac, out, &len, MAC_MAX) != 1 || len != whole(op))
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

CK_RV mac_check(struct token *token, struct operation *op, struct cs_view mac)
{
	uint8_t made[MAC_MAX];
	CK_RV rv;

	if (mac.len != op->mac_len)
		return CKR_SIGNATURE_LEN_RANGE;
	if (op->mac == NULL)
		return card_check(token, op, mac);
	rv = mac_make(token, op, made);
	if (rv == CKR_OK && !cs_equal_ct(made, mac.ptr, mac.len))
		rv = CKR_SIGNATURE_INVALID;
	cs_wipe(made, sizeof(made));
	return rv;
}

void mac_free(EVP_MAC_CTX *ctx)
{
	if (ctx != NULL && cc_library_alive())
		EVP_MAC_CTX_free(ctx);
}
