/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The oracle's own readers and writers, and what it asks of libcrypto.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "tests/oracle/model.h"

static bool take(struct bytes *in, uint8_t *byte)
{
	if (in->n == 0)
		return false;
	*byte = in->p[0];
	in->p++;
	in->n--;
	return true;
}

static bool take_tag(struct bytes *in, uint32_t *tag)
{
	uint8_t byte;

	if (!take(in, &byte))
		return false;
	*tag = byte;
	for (int i = 0; i < 2 && (i > 0 || (*tag & 0x1F) == 0x1F); i++) {
		if (!take(in, &byte))
			return false;
		*tag = *tag << 8 | byte;
		if (!(byte & 0x80))
			return true;
	}
	return *tag <= 0xFF;
}

static bool take_length(struct bytes *in, size_t *len)
{
	uint8_t byte, more;

	if (!take(in, &byte))
		return false;
	*len = byte;
	if (byte < 0x80)
		return true;
	if (byte == 0x80 || byte > 0x83)
		return false;
	for (*len = 0; byte > 0x80; byte--) {
		if (!take(in, &more))
			return false;
		*len = *len << 8 | more;
	}
	return true;
}

int model_tlv_next(struct bytes *in, uint32_t *tag, struct bytes *value)
{
	size_t len;

	if (in->n == 0)
		return 0;
	if (!take_tag(in, tag) || !take_length(in, &len) || len > in->n)
		return -1;
	*value = (struct bytes){in->p, len};
	in->p += len;
	in->n -= len;
	return 1;
}

int model_tlv_find(struct bytes in, uint32_t tag, struct bytes *value)
{
	struct bytes v;
	uint32_t t;
	int got;

	while ((got = model_tlv_next(&in, &t, &v)) == 1) {
		if (t == tag) {
			*value = v;
			return 1;
		}
	}
	return got;
}

bool model_tlv_take(struct bytes *in, uint32_t tag, struct bytes *value)
{
	uint32_t t;

	return model_tlv_next(in, &t, value) == 1 && t == tag;
}

void model_put(struct model_answer *a, const void *p, size_t n)
{
	if (n > sizeof(a->data) - a->len)
		abort();
	if (n)
		memcpy(a->data + a->len, p, n);
	a->len += n;
	a->exact = true;
}

void model_put_tlv(struct model_answer *a, uint32_t tag, const void *p, size_t n)
{
	uint8_t header[6];
	size_t len = 0;

	if (tag > 0xFFFF)
		header[len++] = (uint8_t)(tag >> 16);
	if (tag > 0xFF)
		header[len++] = (uint8_t)(tag >> 8);
	header[len++] = (uint8_t)tag;
	if (n > 0xFF)
		header[len++] = 0x82, header[len++] = (uint8_t)(n >> 8);
	else if (n > 0x7F)
		header[len++] = 0x81;
	header[len++] = (uint8_t)n;
	model_put(a, header, len);
	model_put(a, p, n);
}

/* FNV-1a: the model compares, it does not protect. Never 0. */
uint64_t model_digest(struct bytes b)
{
	uint64_t h = 0xCBF29CE484222325u;

	for (size_t i = 0; i < b.n; i++)
		h = (h ^ b.p[i]) * 0x100000001B3u;
	return h ? h : 1;
}

bool model_same(struct bytes a, const void *p, size_t n)
{
	return a.n == n && (n == 0 || memcmp(a.p, p, n) == 0);
}

size_t model_hmac(uint8_t hash, struct bytes key, struct bytes message, uint8_t out[64])
{
	const EVP_MD *md = hash == YKOATH_HASH_SHA1	? EVP_sha1()
			   : hash == YKOATH_HASH_SHA256 ? EVP_sha256()
							: EVP_sha512();
	unsigned len = 0;

	if (!HMAC(md, key.p, (int)key.n, message.p, message.n, out, &len))
		abort();
	return len;
}

static const char *cipher_name(uint8_t algorithm)
{
	switch (algorithm) {
	case PIV_ALG_3DES:
		return "DES-EDE3-ECB";
	case PIV_ALG_AES128:
		return "AES-128-ECB";
	case PIV_ALG_AES192:
		return "AES-192-ECB";
	default:
		return "AES-256-ECB";
	}
}

void model_block(uint8_t algorithm, bool encrypt, const uint8_t *key, const uint8_t *in, uint8_t *out)
{
	static EVP_CIPHER *ciphers[PIV_ALG_AES256 + 1];
	static EVP_CIPHER_CTX *ctx;
	int len = 0;

	if (!ctx)
		ctx = EVP_CIPHER_CTX_new();
	if (!ciphers[algorithm])
		ciphers[algorithm] = EVP_CIPHER_fetch(NULL, cipher_name(algorithm), NULL);
	if (!ctx || !EVP_CipherInit_ex2(ctx, ciphers[algorithm], key, NULL, encrypt, NULL) ||
	    !EVP_CIPHER_CTX_set_padding(ctx, 0) ||
	    !EVP_CipherUpdate(ctx, out, &len, in, (int)model_block_len(algorithm)))
		abort();
}

size_t model_block_len(uint8_t algorithm)
{
	return algorithm == PIV_ALG_3DES ? 8 : 16;
}

size_t model_cipher_key_len(uint8_t algorithm)
{
	switch (algorithm) {
	case PIV_ALG_3DES:
	case PIV_ALG_AES192:
		return 24;
	case PIV_ALG_AES128:
		return 16;
	case PIV_ALG_AES256:
		return 32;
	default:
		return 0;
	}
}
