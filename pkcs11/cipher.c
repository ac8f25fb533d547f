/* SPDX-License-Identifier: BSD-2-Clause
 *
 * AES, block by block: by libcrypto with keys in memory, by the card with its own. Chaining and padding are
 * done here for both.
 */
#include "pkcs11/cipher.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "pkcs11/operation.h"
#include "pkcs11/token.h"

#define BLOCK	     CIPHER_BLOCK
#define CARD_AT_ONCE 4096u /* bytes of text in one command to the card, whole blocks */

struct cipher {
	enum scheme mode;
	bool decrypt;
	EVP_CIPHER_CTX *ctx;  /* the key in memory */
	struct card_key card; /* or on the card */
	uint8_t iv[BLOCK];    /* of the next block; the next counter */
	uint8_t rest[BLOCK];  /* text that fills no block yet; of CTR: key stream that is left */
	size_t rest_len;
	uint64_t blocks_left; /* of CTR, before the counter comes round */
};

bool cipher_scheme(enum scheme scheme)
{
	switch (scheme) {
	case SCHEME_ECB:
	case SCHEME_CBC:
	case SCHEME_CBC_PAD:
	case SCHEME_CTR:
	case SCHEME_GCM:
	case SCHEME_KEY_WRAP:
	case SCHEME_KEY_WRAP_PAD:
		return true;
	default:
		return false;
	}
}

void cipher_free(struct cipher *cipher)
{
	if (cipher == NULL)
		return;
	if (cipher->ctx != NULL && cc_library_alive())
		EVP_CIPHER_CTX_free(cipher->ctx);
	cs_wipe(cipher, sizeof(*cipher));
	free(cipher);
}

/* ---- beginning ---- */

static CK_RV take_bytes(struct buffer *to, const void *bytes, CK_ULONG len, size_t max)
{
	CK_RV rv;

	if (bytes == NULL && len > 0)
		return CKR_MECHANISM_PARAM_INVALID;
	rv = buffer_append(to, cs_view(bytes, len), max);
	return rv == CKR_DATA_LEN_RANGE ? CKR_MECHANISM_PARAM_INVALID : rv;
}

static CK_RV gcm_params(struct operation *op, const CK_MECHANISM *m, bool by_card)
{
	CK_GCM_PARAMS params;
	CK_RV rv;

	if (m->pParameter == NULL || m->ulParameterLen != sizeof(params))
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(&params, m->pParameter, sizeof(params));
	op->mac_len = gcm_tag_bytes(params.ulTagBits);
	if (op->mac_len == 0 || params.ulIvLen == 0)
		return CKR_MECHANISM_PARAM_INVALID;
	if (by_card && !gcm_card_takes(params.ulIvLen, op->mac_len))
		return CKR_MECHANISM_PARAM_INVALID;
	rv = take_bytes(&op->iv, params.pIv, params.ulIvLen, GCM_IV_MAX);
	return rv == CKR_OK ? take_bytes(&op->label, params.pAAD, params.ulAADLen, CIPHER_DATA_MAX) : rv;
}

/* How many blocks the counter counts before it comes round: its low bits are what counts. */
static uint64_t counter_room(const uint8_t *block, CK_ULONG bits)
{
	uint64_t count = 0, limit;

	if (bits >= 64)
		return UINT64_MAX;
	for (size_t i = 8; i < BLOCK; i++)
		count = count << 8 | block[i];
	limit = UINT64_C(1) << bits;
	return limit - (count & (limit - 1));
}

static CK_RV counter_params(struct cipher *c, const CK_MECHANISM *m)
{
	CK_AES_CTR_PARAMS params;

	if (m->pParameter == NULL || m->ulParameterLen != sizeof(params))
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(&params, m->pParameter, sizeof(params));
	if (params.ulCounterBits == 0 || params.ulCounterBits > 8 * BLOCK)
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(c->iv, params.cb, BLOCK);
	c->blocks_left = counter_room(params.cb, params.ulCounterBits);
	return CKR_OK;
}

static CK_RV block_params(struct cipher *c, const CK_MECHANISM *m)
{
	if (c->mode == SCHEME_CTR)
		return counter_params(c, m);
	if (c->mode == SCHEME_ECB)
		return m->ulParameterLen == 0 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
	if (m->pParameter == NULL || m->ulParameterLen != BLOCK)
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(c->iv, m->pParameter, BLOCK);
	return CKR_OK;
}

/* Chaining is ours, so that all libcrypto is asked for is the block, or a row of chained ones. */
static const char *cipher_name(enum scheme mode, size_t key_len)
{
	static const char *const names[3][3] = {{"AES-128-ECB", "AES-192-ECB", "AES-256-ECB"},
						{"AES-128-CBC", "AES-192-CBC", "AES-256-CBC"},
						{"AES-128-CTR", "AES-192-CTR", "AES-256-CTR"}};
	size_t row = mode == SCHEME_ECB ? 0 : mode == SCHEME_CTR ? 2 : 1;

	return names[row][(key_len - 16) / 8];
}

static CK_RV library_begin(struct cipher *c, const struct secret_key *key)
{
	OSSL_LIB_CTX *lib = cc_library();
	EVP_CIPHER *kind = NULL;
	bool ok;

	if (!secret_length_ok(CKK_AES, key->value.len))
		return CKR_KEY_SIZE_RANGE;
	if (lib != NULL)
		kind = EVP_CIPHER_fetch(lib, cipher_name(c->mode, key->value.len), NULL);
	c->ctx = kind != NULL ? EVP_CIPHER_CTX_new() : NULL;
	ok = c->ctx != NULL &&
	     EVP_CipherInit_ex2(c->ctx, kind, key->value.ptr, c->mode == SCHEME_ECB ? NULL : c->iv,
				c->decrypt ? 0 : 1, NULL) == 1 &&
	     EVP_CIPHER_CTX_set_padding(c->ctx, 0) == 1;
	EVP_CIPHER_free(kind);
	return ok ? CKR_OK : CKR_FUNCTION_FAILED;
}

static CK_RV wrap_params(struct operation *op, const CK_MECHANISM *m)
{
	size_t len = op->mechanism->scheme == SCHEME_KEY_WRAP ? 8 : 4;

	if (m->ulParameterLen == 0)
		return CKR_OK;
	return m->ulParameterLen == len ? take_bytes(&op->iv, m->pParameter, len, len)
					: CKR_MECHANISM_PARAM_INVALID;
}

CK_RV cipher_begin(struct operation *op, const CK_MECHANISM *mechanism, const struct secret_key *key,
		   bool decrypt)
{
	enum scheme mode = op->mechanism->scheme;
	struct cipher *c;
	CK_RV rv;

	op->data_max = CIPHER_DATA_MAX;
	if (mode == SCHEME_GCM)
		return gcm_params(op, mechanism, key->card.number != 0);
	if (mode == SCHEME_KEY_WRAP || mode == SCHEME_KEY_WRAP_PAD)
		return key->card.number == 0 ? wrap_params(op, mechanism) : CKR_KEY_FUNCTION_NOT_PERMITTED;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return CKR_HOST_MEMORY;
	op->cipher = c;
	c->mode = mode;
	c->decrypt = decrypt;
	c->card = key->card;
	rv = block_params(c, mechanism);
	return rv == CKR_OK && key->card.number == 0 ? library_begin(c, key) : rv;
}

/* ---- blocks ---- */

static void count_up(uint8_t *counter, size_t blocks)
{
	for (size_t i = BLOCK; i-- > 0 && blocks > 0;) {
		blocks += counter[i];
		counter[i] = (uint8_t)blocks;
		blocks >>= 8;
	}
}

static CK_RV card_piece(struct token *token, struct cipher *c, struct cs_view in, uint8_t *out)
{
	struct cs_writer w = cs_writer_of(out, in.len);
	struct cc_secret_use use = {.text = in, .text_out = &w};
	uint8_t how = c->mode == SCHEME_ECB   ? CSGN_USE_ECB
		      : c->mode == SCHEME_CTR ? CSGN_USE_CTR
					      : CSGN_USE_CBC;
	CK_RV rv;

	if (c->mode != SCHEME_ECB)
		use.iv = cs_view(c->iv, BLOCK);
	/* Of CTR both ways are one; the card is told which, for the usage of the key. */
	rv = secret_use(token, &c->card, c->decrypt ? how | CSGN_USE_INVERSE : how, &use);
	if (rv == CKR_OK && w.len != in.len)
		rv = CKR_DEVICE_ERROR;
	if (rv == CKR_OK && c->mode == SCHEME_CTR)
		count_up(c->iv, in.len / BLOCK);
	else if (rv == CKR_OK && c->mode != SCHEME_ECB)
		memcpy(c->iv, c->decrypt ? in.ptr + in.len - BLOCK : out + in.len - BLOCK, BLOCK);
	return rv;
}

/* in: whole blocks; out has as many bytes. */
static CK_RV blocks(struct token *token, struct cipher *c, struct cs_view in, uint8_t *out)
{
	CK_RV rv = CKR_OK;
	int len;

	while (rv == CKR_OK && in.len > 0) {
		size_t n = in.len < CARD_AT_ONCE ? in.len : CARD_AT_ONCE;

		if (c->ctx == NULL)
			rv = card_piece(token, c, cs_view(in.ptr, n), out);
		else if (!cc_library_alive() || EVP_CipherUpdate(c->ctx, out, &len, in.ptr, (int)n) != 1 ||
			 (size_t)len != n)
			rv = CKR_FUNCTION_FAILED;
		in.ptr += n;
		in.len -= n;
		out += n;
	}
	return rv;
}

/* ---- parts ---- */

/* Text that is held back: decryption with padding does not know yet whether a block is the last. */
static size_t held(const struct cipher *c, size_t have)
{
	if (c->mode == SCHEME_CBC_PAD && c->decrypt && have > 0 && have % BLOCK == 0)
		return BLOCK;
	return have % BLOCK;
}

size_t cipher_yields(const struct operation *op, size_t len, bool last)
{
	const struct cipher *c = op->cipher;
	size_t have;

	switch (op->mechanism->scheme) {
	case SCHEME_GCM:
		have = op->data.len + len;
		if (!last)
			return 0;
		if (!op->decrypts)
			return have + op->mac_len;
		return have > op->mac_len ? have - op->mac_len : 0;
	case SCHEME_KEY_WRAP:
	case SCHEME_KEY_WRAP_PAD:
		have = op->data.len + len;
		if (!last)
			return 0;
		if (op->decrypts)
			return have > 8 ? have - 8 : 0;
		return (have + 7) / 8 * 8 + 8;
	case SCHEME_CTR:
		return len;
	default:
		have = c->rest_len + len;
		if (last && c->mode == SCHEME_CBC_PAD && !c->decrypt)
			return have + BLOCK - have % BLOCK;
		return last ? have : have - held(c, have);
	}
}

/* CTR: the key stream that a block has left over serves the next part. */
static CK_RV counter_run(struct token *token, struct cipher *c, struct cs_view in, uint8_t *out)
{
	size_t need = in.len > c->rest_len ? (in.len - c->rest_len + BLOCK - 1) / BLOCK : 0;
	size_t n = in.len < c->rest_len ? in.len : c->rest_len;
	uint8_t last[BLOCK] = {0}, stream[BLOCK];
	CK_RV rv;

	if (need > c->blocks_left)
		return CKR_DATA_LEN_RANGE;
	c->blocks_left -= c->blocks_left == UINT64_MAX ? 0 : need;
	for (size_t i = 0; i < n; i++)
		out[i] = in.ptr[i] ^ c->rest[BLOCK - c->rest_len + i];
	c->rest_len -= n;
	in = cs_view(in.ptr + n, in.len - n);
	out += n;
	n = in.len / BLOCK * BLOCK;
	rv = blocks(token, c, cs_view(in.ptr, n), out);
	if (rv != CKR_OK || n == in.len)
		return rv;
	rv = blocks(token, c, CS_VIEW_OF(last), stream);
	for (size_t i = 0; rv == CKR_OK && i < in.len - n; i++)
		out[n + i] = in.ptr[n + i] ^ stream[i];
	memcpy(c->rest, stream, BLOCK);
	c->rest_len = BLOCK - (in.len - n);
	cs_wipe(stream, sizeof(stream));
	return rv;
}

/* Fills the block that was begun, then the whole ones; what is left waits. */
static CK_RV block_run(struct token *token, struct cipher *c, struct cs_view in, uint8_t *out)
{
	size_t have = c->rest_len + in.len, ready = have - held(c, have), first, n;
	CK_RV rv = CKR_OK;

	if (ready > 0 && c->rest_len > 0) {
		first = BLOCK - c->rest_len;
		memcpy(c->rest + c->rest_len, in.ptr, first);
		in = cs_view(in.ptr + first, in.len - first);
		rv = blocks(token, c, CS_VIEW_OF(c->rest), out);
		c->rest_len = 0;
		ready -= BLOCK;
		out += BLOCK;
	}
	n = ready;
	if (rv == CKR_OK && n > 0)
		rv = blocks(token, c, cs_view(in.ptr, n), out);
	if (rv == CKR_OK && in.len > n) {
		memcpy(c->rest + c->rest_len, in.ptr + n, in.len - n);
		c->rest_len += in.len - n;
	}
	return rv;
}

CK_RV cipher_run(struct token *token, struct operation *op, struct cs_view part, struct buffer *out)
{
	size_t yields = cipher_yields(op, part.len, false);
	uint8_t *space;
	CK_RV rv;

	if (op->cipher == NULL)
		return buffer_append(&op->data, part, op->data_max);
	rv = buffer_space(out, yields, &space);
	if (rv != CKR_OK || part.len == 0)
		return rv;
	if (op->cipher->mode == SCHEME_CTR)
		return counter_run(token, op->cipher, part, space);
	return block_run(token, op->cipher, part, space);
}

/* ---- the end ---- */

/* The length without padding, or 0 where the padding is wrong: which byte of it is, no time tells. */
static size_t unpadded(const uint8_t *block)
{
	unsigned pad = block[BLOCK - 1], bad = 0;

	bad |= (unsigned)(pad == 0) | (unsigned)(pad > BLOCK);
	for (unsigned i = 0; i < BLOCK; i++) {
		unsigned inside = (unsigned)(BLOCK - i <= pad);

		bad |= inside & (unsigned)(block[i] != pad);
	}
	return CS_PUBLIC(bad) != 0 ? BLOCK + 1 : BLOCK - pad;
}

static CK_RV padded_end(struct token *token, struct cipher *c, struct buffer *out)
{
	uint8_t block[BLOCK];
	size_t len = BLOCK;
	CK_RV rv;

	if (c->decrypt && c->rest_len != BLOCK)
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	if (!c->decrypt)
		memset(c->rest + c->rest_len, (int)(BLOCK - c->rest_len), BLOCK - c->rest_len);
	rv = blocks(token, c, CS_VIEW_OF(c->rest), block);
	if (rv == CKR_OK && c->decrypt)
		len = unpadded(block);
	if (rv == CKR_OK && len > BLOCK)
		rv = CKR_ENCRYPTED_DATA_INVALID;
	if (rv == CKR_OK)
		rv = buffer_append(out, cs_view(block, len), SIZE_MAX);
	cs_wipe(block, sizeof(block));
	return rv;
}

static CK_RV gcm_end(struct token *token, struct operation *op, const struct secret_key *key,
		     struct buffer *out)
{
	struct gcm gcm = {.decrypt = op->decrypts,
			  .iv = buffer_view(&op->iv),
			  .aad = buffer_view(&op->label),
			  .text = buffer_view(&op->data),
			  .tag_len = op->mac_len};
	CK_RV rv;

	if (gcm.decrypt && gcm.text.len < gcm.tag_len)
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	if (gcm.decrypt) {
		gcm.text.len -= gcm.tag_len;
		memcpy(gcm.tag, gcm.text.ptr + gcm.text.len, gcm.tag_len);
	}
	rv = gcm_run(token, key, &gcm, out);
	if (rv == CKR_OK && !gcm.decrypt)
		rv = buffer_append(out, cs_view(gcm.tag, gcm.tag_len), SIZE_MAX);
	/* What this function has always answered for it; CKR_AEAD_DECRYPT_FAILED is the message functions'.
	 */
	return rv == CKR_AEAD_DECRYPT_FAILED ? CKR_ENCRYPTED_DATA_INVALID : rv;
}

CK_RV cipher_end(struct token *token, struct operation *op, struct buffer *out)
{
	struct cipher *c = op->cipher;
	struct key_wrap wrap = {op->decrypts, op->mechanism->scheme == SCHEME_KEY_WRAP_PAD,
				buffer_view(&op->iv), buffer_view(&op->data)};
	struct secret_key key;
	CK_RV rv;

	if (c != NULL && c->mode == SCHEME_CBC_PAD)
		return padded_end(token, c, out);
	if (c != NULL && c->mode != SCHEME_CTR && c->rest_len > 0)
		return c->decrypt ? CKR_ENCRYPTED_DATA_LEN_RANGE : CKR_DATA_LEN_RANGE;
	if (c != NULL)
		return CKR_OK;
	rv = operation_secret(token, op, &key);
	if (rv == CKR_OK)
		rv = op->mechanism->scheme == SCHEME_GCM ? gcm_end(token, op, &key, out)
							 : keywrap_run(&key, &wrap, out);
	return rv;
}
